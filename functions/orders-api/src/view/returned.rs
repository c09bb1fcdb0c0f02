//! What of an order comes back, or has.

use domain::order::{Order, Return};
use jiff::Timestamp;
use serde::Serialize;

/// What comes back together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReturnView {
    /// Its name within the order: "r1".
    pub id: String,
    /// "refund" or "exchange".
    pub kind: &'static str,
    /// "requested", "approved", "refused", "withdrawn" or "received".
    pub state: &'static str,
    /// What was announced.
    pub items: Vec<ReturnedItem>,
    /// What arrived.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<ArrivedItem>,
    /// What goes back for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "10.26 EUR"))]
    pub refund: Option<String>,
    /// What is sent in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<ReplacementView>,
    /// When it was announced.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
}

/// What is sent in the place of something.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReplacementView {
    /// As which order; none until it is placed, a moment later.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "1001-r1"))]
    pub order_id: Option<String>,
    /// What.
    pub items: Vec<ReplacedItem>,
}

/// So many of a unit.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReplacedItem {
    /// The unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

/// So many of a line, and why.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReturnedItem {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// Its unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// Why.
    #[cfg_attr(test, schema(example = "changed_mind"))]
    pub reason: &'static str,
}

/// What arrived of a line.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ArrivedItem {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// Its unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// They can be sold again.
    pub sellable: bool,
}

/// What can still come back of a line.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Returnable {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// Its unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

/// An order's returns.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderReturns {
    /// The order's number.
    pub order_id: String,
    /// How the order stands.
    #[cfg_attr(test, schema(example = "return_requested"))]
    pub status: String,
    /// Its returns, the first first.
    pub returns: Vec<ReturnView>,
    /// What has left and is in no return.
    pub returnable: Vec<Returnable>,
}

fn sku(order: &Order, line: usize) -> String {
    order.lines.get(line).map(|line| line.sku.clone()).unwrap_or_default()
}

impl ReturnView {
    fn of(order: &Order, one: &Return) -> ReturnView {
        let announced = one.lines.iter().map(|line| ReturnedItem {
            line: line.line,
            sku: sku(order, line.line),
            quantity: line.quantity,
            reason: line.reason.code(),
        });
        let arrived = one.arrived.iter().map(|arrived| ArrivedItem {
            line: arrived.line,
            sku: sku(order, arrived.line),
            quantity: arrived.quantity,
            sellable: arrived.sellable,
        });
        ReturnView {
            id: one.id.to_string(),
            kind: one.kind.code(),
            state: one.state.code(),
            items: announced.collect(),
            arrived: arrived.collect(),
            refund: one.refund.map(|money| money.to_string()),
            replacement: one.replacement.as_ref().map(|replacement| ReplacementView {
                order_id: replacement.by.as_ref().map(ToString::to_string),
                items: replacement.lines.iter().map(|line| ReplacedItem { sku: line.sku.clone(), quantity: line.quantity }).collect(),
            }),
            opened_at: one.opened_at,
            since: one.since,
        }
    }
}

impl OrderReturns {
    /// Of an order.
    pub fn of(order: &Order) -> OrderReturns {
        let open = order.returnable().into_iter().enumerate().filter(|(_, quantity)| *quantity > 0);
        OrderReturns {
            order_id: order.id.to_string(),
            status: order.tracks.status.to_string(),
            returns: order.returns.iter().map(|one| ReturnView::of(order, one)).collect(),
            returnable: open.map(|(line, quantity)| Returnable { line, sku: sku(order, line), quantity }).collect(),
        }
    }
}
