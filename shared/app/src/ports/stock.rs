//! Stock levels and holds.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use domain::stock::StockGrade;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Stock of one SKU at one location. `available + reserved = on hand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Free to promise; never negative.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// How much that was, when it was last looked at.
    pub grade: StockGrade,
    /// So often that has changed; the fence.
    pub grades: u64,
}

/// Stock, changed by single conditional writes only: by hand here, and with the commits of orders
/// ([`super::OrderStore::commit`]), which set it aside, give it back and send it.
#[async_trait]
pub trait StockStore: Send + Sync {
    /// One level.
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>>;
    /// All levels of a SKU.
    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>>;
    /// Adds to (or takes from) what is free, once per reference. `None` if it would go below zero.
    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>>;
    /// Marks a level with another grade, together with the events that say so, if it was not marked since it was read and what
    /// is free is still between the least and the most of that grade. False if not.
    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        to: (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
}
