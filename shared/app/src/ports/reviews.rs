//! What people have to decide, of all of a shop's orders.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::OrderId;
use domain::money::Currency;
use domain::order::{Order, Review};
use serde::{Deserialize, Serialize};

/// A review with what a list shows of its order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReviewEntry {
    /// Of which order.
    pub order: OrderId,
    /// What is to be decided, or was.
    pub review: Review,
    /// What the order comes to, in minor units.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// Points that speak against it, 0 to 100, if they were added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
}

impl ReviewEntry {
    /// A review of an order.
    pub fn of(order: &Order, review: &Review) -> ReviewEntry {
        ReviewEntry {
            order: order.id.clone(),
            review: review.clone(),
            total_minor: order.totals.total_minor,
            currency: order.totals.currency,
            score: order.saga.as_ref().and_then(|saga| saga.assessment.as_ref()).map(|found| found.score),
        }
    }
}

/// Which reviews.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReviewsOf {
    /// Still to be decided, the one that is due first before others.
    Open,
    /// Decided, the latest first.
    Decided,
}

/// Part of a list of reviews.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReviewPage {
    /// The rows.
    pub reviews: Vec<ReviewEntry>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// The list of reviews. Commits keep it: a review is part of its order, and its row changes with it.
#[async_trait]
pub trait ReviewStore: Send + Sync {
    /// Part of the list.
    async fn page(&self, scope: &TenantScope, which: ReviewsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ReviewPage>;
}
