//! The outbox, the bus and the queues: how events leave.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Events of one commit, waiting to be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Where the store keeps it; opaque.
    pub key: OutboxKey,
    /// The events.
    pub events: Vec<Envelope>,
}

/// Where the store keeps an outbox row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutboxKey {
    /// Partition.
    pub shard: String,
    /// Time, tenant, aggregate and version: oldest first.
    pub place: String,
}

/// Rows leave only after every event of theirs was accepted by the bus.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Publishes something that belongs to no order's commit (a refused webhook, a finished job).
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()>;
    /// Rows older than `before`, oldest first, of all tenants: the sweeper's view.
    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>>;
    /// Removes rows that were published.
    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()>;
}

/// The event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes events; one result per event, in order. The outer error means none was accepted.
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>>;
}

/// One of our queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a message.
    async fn send(&self, body: &str) -> PortResult<()>;
    /// Sends a message that nobody sees for so long; at most 15 minutes.
    async fn send_after(&self, body: &str, wait: SignedDuration) -> PortResult<()>;
}

/// Where records go that no retry can help: the queue's own dead-letter queue, with the reason.
#[async_trait]
pub trait Parking: Send + Sync {
    /// Parks a record.
    async fn park(&self, body: &str, reason: &str) -> PortResult<()>;
}
