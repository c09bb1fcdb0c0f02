//! Figures and the files made of them.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::EventId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// How long it is remembered that an event was counted. Longer than a queue and its dead-letter queue keep it
/// (18 days) and than the bus's archive can replay it (`ArchiveDays` of the template, at most 40).
pub const COUNTED_KEPT: SignedDuration = SignedDuration::from_hours(45 * 24);

/// A change to one counter of a read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Which series ("label", "day").
    pub series: String,
    /// Which point of it ("Shipped", "2025-08-09").
    pub point: String,
    /// Which number of the point ("orders", "revenue:EUR").
    pub field: String,
    /// By how much.
    pub by: i64,
}

/// A point of a series: its numbers by field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Point {
    /// Which.
    pub point: String,
    /// Its numbers.
    pub fields: std::collections::BTreeMap<String, i64>,
}

/// Points that one event may touch: each is a write of one transaction, which has a hundred.
pub const POINTS_MAX: usize = 60;

/// Read models that are counted up by events, each event once.
#[async_trait]
pub trait MetricStore: Send + Sync {
    /// Applies the deltas of one event. False if that event was counted before.
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool>;
    /// The points of a series from `from` to `to`, both included, in order.
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>>;
}

/// A finished file.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores it under a key; the tenant is put in front of it.
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String>;
    /// Loads it.
    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>>;
    /// The keys that start with a prefix, newest first.
    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>>;
    /// A link that works for a while without signing in.
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String>;
    /// Deletes it. Whether it was there is not told, so that it is safe to repeat.
    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()>;
}
