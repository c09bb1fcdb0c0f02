//! Orders that need a person.

use super::OrderRow;
use app::attention::{Case, hours};
use domain::order::{Deadline, OrderStatus};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// An order that needs a person.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CaseView {
    /// What lists show.
    #[serde(flatten)]
    pub row: OrderRow,
    /// How long it has waited, in hours with one decimal: a pending order since it was placed, any other since its last news.
    #[cfg_attr(test, schema(value_type = f64, example = 72.5))]
    pub age_hours: serde_json::Number,
    /// Why, the most urgent first.
    pub reasons: Vec<ReasonView>,
    /// What can be done about it here: "progress", "notify".
    pub actions: Vec<&'static str>,
}

/// Why an order needs a person.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReasonView {
    /// Machine-readable.
    #[cfg_attr(test, schema(example = "pending_too_long"))]
    pub code: &'static str,
    /// In words.
    #[cfg_attr(test, schema(example = "Nobody has begun for 72.5 h"))]
    pub text: String,
    /// Since when it holds.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
}

impl ReasonView {
    /// Of a case, now: the most urgent first.
    pub fn all(case: &Case, now: Timestamp, today: Date) -> Vec<ReasonView> {
        let reason = |held: &Deadline| ReasonView { code: held.concern.code(), text: case.words(held.concern, now, today), since: held.at };
        case.concerns.iter().map(reason).collect()
    }
}

impl CaseView {
    /// Of a case, now.
    pub fn of(case: &Case, now: Timestamp, today: Date) -> CaseView {
        let order = &case.order;
        let by_rule = matches!(order.status, OrderStatus::Pending | OrderStatus::Processing);
        CaseView {
            row: OrderRow::of(order),
            age_hours: hours(case.age(now)).parse().unwrap_or_else(|_| 0.into()),
            reasons: ReasonView::all(case, now, today),
            actions: [("progress", by_rule), ("notify", order.customer.is_some())]
                .into_iter()
                .filter_map(|(action, possible)| possible.then_some(action))
                .collect(),
        }
    }
}

/// Orders that need a person.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AttentionList {
    /// As of when.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub as_of: Timestamp,
    /// Those first that have needed one longest. A page may be short although there are more.
    pub orders: Vec<CaseView>,
    /// Send it as `cursor` with the same filter; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
