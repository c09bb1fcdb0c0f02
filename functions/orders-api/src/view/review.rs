//! What people have to decide, and how an order stands on its way.

use app::ports::ReviewEntry;
use domain::money::Money;
use domain::order::{Order, Saga};
use jiff::Timestamp;
use serde::Serialize;

/// Something that a person has to decide, or has decided.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderReview {
    /// Of which order.
    pub order_id: String,
    /// Its name among the reviews of that order.
    #[cfg_attr(test, schema(example = "fraud-1"))]
    pub review_id: String,
    /// "HIGH_VALUE", "FRAUD", "QC", "INVENTORY_OVERRIDE" or "CS_ESCALATION".
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(example = "FRAUD"))]
    pub kind: &'static str,
    /// "normal", "high" or "urgent".
    pub priority: &'static str,
    /// Why, in our words; what a person wrote stands in the order's timeline.
    pub reason: String,
    /// What the order comes to, decimal.
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// Points that speak against the order, 0 to 100, if they were added up.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u8>,
    /// Since when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub opened_at: Timestamp,
    /// By when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// Its time was up, and the team was told.
    pub overdue: bool,
    /// So many different people have to say yes.
    pub needs: u8,
    /// Who has.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub approved_by: Vec<String>,
    /// Who took it on; after half an hour others may decide it too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<String>,
    /// "approved", "rejected" or "withdrawn", once it is decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision: Option<&'static str>,
    /// Whose decision it was; nobody's if its time was up or it was withdrawn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reviewed_by: Option<String>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub reviewed_at: Option<Timestamp>,
}

impl OrderReview {
    /// Of a row of the list.
    pub fn of(entry: &ReviewEntry) -> OrderReview {
        let review = &entry.review;
        let decided = review.decided.as_ref();
        OrderReview {
            order_id: entry.order.to_string(),
            review_id: review.id.to_string(),
            kind: review.kind.code(),
            priority: review.priority.code(),
            reason: review.reason.clone(),
            total: Money::new(entry.total_minor, entry.currency).decimal(),
            currency: entry.currency.to_string(),
            score: entry.score,
            opened_at: review.opened_at,
            due_at: review.due_at,
            overdue: review.overdue,
            needs: review.needs,
            approved_by: review.approvals.clone(),
            assigned_to: review.claimed.as_ref().map(|claim| claim.by.clone()),
            decision: decided.map(|decided| decided.outcome.code()),
            reviewed_by: decided.and_then(|decided| decided.by.clone()),
            reviewed_at: decided.map(|decided| decided.at),
        }
    }

    /// All of an order, the oldest first.
    pub fn all(order: &Order) -> Vec<OrderReview> {
        order.reviews.iter().map(|review| OrderReview::of(&ReviewEntry::of(order, review))).collect()
    }
}

/// Part of the list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReviewList {
    /// The reviews.
    pub reviews: Vec<OrderReview>,
    /// Send it as `cursor` with the same state; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Where an order stands on its way through checks and stock.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WorkflowView {
    /// "screen", "review", "reserve", "confirm" or "dispatch".
    pub step: &'static str,
    /// Since when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
    /// "completed", "compensated" or "needs_human", once it is over.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<&'static str>,
    /// What speaks against the order, if that was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fraud: Option<FraudView>,
    /// What is set aside for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<HeldView>,
}

/// What speaks against an order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FraudView {
    /// 0 to 100.
    pub score: u8,
    /// "low", "medium", "high" or "critical".
    pub level: &'static str,
    /// Every point of it. They may add up to more than 100.
    pub points: Vec<FraudPointView>,
}

/// Points and why.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FraudPointView {
    /// "large", "very_large", "country_mismatch", "velocity", "risky_country", "unusual_hour" or "lost_before".
    pub signal: &'static str,
    /// What it counts.
    pub points: u8,
    /// In words.
    pub reason: String,
}

/// Stock that is set aside.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct HeldView {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How many.
    pub quantity: u32,
}

impl WorkflowView {
    /// Of a saga.
    pub fn of(saga: &Saga) -> WorkflowView {
        WorkflowView {
            step: saga.step.code(),
            since: saga.since,
            ended: saga.ended.map(|ended| ended.code()),
            fraud: saga.assessment.as_ref().map(|found| FraudView {
                score: found.score,
                level: found.level().code(),
                points: found
                    .points
                    .iter()
                    .map(|point| FraudPointView { signal: point.signal.code(), points: point.points, reason: point.reason.clone() })
                    .collect(),
            }),
            held: saga
                .held
                .iter()
                .map(|held| HeldView { sku: held.sku.clone(), location: held.location.clone(), quantity: held.quantity })
                .collect(),
        }
    }
}
