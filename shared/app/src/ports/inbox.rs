//! The inbox: webhooks as they came in.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Names an inbox entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InboxKey {
    /// Which endpoint.
    pub endpoint: String,
    /// The sender's id, if it was signed; else the hash of what was signed.
    pub id: String,
}

/// A webhook as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxEntry {
    /// Its name.
    pub key: InboxKey,
    /// SHA-256 of the raw body, hex.
    pub body_hash: String,
    /// The raw body.
    pub body: String,
    /// When.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: InboxState,
}

/// What became of an inbox entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum InboxState {
    /// Stored, not applied yet.
    Received,
    /// Applied.
    Done,
    /// Waits for a person.
    Parked {
        /// Machine-readable.
        code: String,
        /// What to do.
        reason: String,
    },
}

/// The answer to storing a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// New.
    New,
    /// The same one again.
    Again(InboxState),
    /// The same id with another body.
    Different,
}

/// Webhooks as they came in: stored before they are acknowledged, kept for replay.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Stores a new entry.
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received>;
    /// Loads one.
    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>>;
    /// Sets a state, unless it is done already. Also publishes, in the same transaction. False if it was
    /// done already.
    async fn settle(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        state: &InboxState,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
    /// Entries that wait for a person, oldest first.
    async fn parked(&self, scope: &TenantScope, after: Option<&InboxEntry>, limit: usize) -> PortResult<Vec<InboxEntry>>;
    /// Forgets the bodies of these entries; what became of them stays. How many had one.
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize>;
    /// Puts another body in the place of one that is there and not empty. False if there was none.
    async fn replace_body(&self, scope: &TenantScope, key: &InboxKey, body: &str) -> PortResult<bool>;
}
