//! Language models.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
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

/// Names what a model was asked, within a tenant: a hash of all of it and of the version of the settings, so that other settings are another question.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordingKey(pub String);

impl WordingKey {
    /// For a prompt under settings of a version.
    pub fn of(settings_version: u64, prompt: &Prompt) -> WordingKey {
        let mut hash = Sha256::new();
        hash.update(settings_version.to_be_bytes());
        for part in [prompt.system.as_str(), prompt.user.as_str()].into_iter().chain(prompt.fields.iter().copied()) {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        WordingKey(hex::encode(hash.finalize()))
    }
}

/// What a model has made of facts, kept for a while, so that nobody waits and pays for the same words twice. Only what was checked against
/// those facts is kept, and only where the facts hold nothing of a person's.
#[async_trait]
pub trait WordingStore: Send + Sync {
    /// Words that are kept and have not expired.
    async fn kept(&self, scope: &TenantScope, key: &WordingKey, now: Timestamp) -> PortResult<Option<String>>;
    /// Keeps words until then, in place of others by that name.
    async fn keep(&self, scope: &TenantScope, key: &WordingKey, words: &str, until: Timestamp) -> PortResult<()>;
}
