//! Language models.

use super::PortResult;
use async_trait::async_trait;
use std::collections::BTreeMap;

/// A language model behind an OpenAI-compatible address. Optional everywhere: without one, rules and
/// templates answer.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Has a prompt answered: the fields it knew, by name. Every failure is the same to the caller: use the template.
    async fn complete(&self, prompt: &Prompt) -> PortResult<Fields>;

    /// Whether asking it now is known to be in vain.
    fn rests(&self) -> bool {
        false
    }
}

/// What a model said, field by field.
pub type Fields = BTreeMap<&'static str, String>;

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The rules.
    pub system: String,
    /// The data.
    pub user: String,
    /// The fields of the answer, each text or nothing: no other answer is one.
    pub fields: &'static [&'static str],
    /// Upper bound of the answer.
    pub max_tokens: u32,
}
