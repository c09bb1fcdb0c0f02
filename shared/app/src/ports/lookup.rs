//! What a question about an order is checked against.

use super::{Allowance, Limit, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::OrderId;
use domain::order::Order;
use jiff::Timestamp;

/// What one look found.
#[derive(Debug, Clone, PartialEq)]
pub struct Looked {
    /// The orders with the numbers that were asked for, each in its place; none where there is no such order.
    pub orders: Vec<Option<Order>>,
    /// Whether one more would be allowed, bucket by bucket.
    pub allowances: Vec<Allowance>,
}

/// Orders and rate buckets in one round trip, because a customer waits for it.
#[async_trait]
pub trait Lookup: Send + Sync {
    /// Reads these orders and looks into these buckets, all as of the last write. Looking takes nothing and opens no
    /// window. At most 100 of both together.
    async fn look(&self, scope: &TenantScope, orders: &[OrderId], buckets: &[String], limit: Limit, now: Timestamp) -> PortResult<Looked>;
}
