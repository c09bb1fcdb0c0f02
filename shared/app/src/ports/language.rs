//! Language models.

use super::PortResult;
use async_trait::async_trait;

/// A language model behind an OpenAI-compatible address. Optional everywhere: without one, rules and
/// templates answer.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Completes a prompt. Every failure is the same to the caller: use the template.
    async fn complete(&self, prompt: &Prompt) -> PortResult<String>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The rules.
    pub system: String,
    /// The data.
    pub user: String,
    /// Upper bound of the answer.
    pub max_tokens: u32,
}
