//! Orders that are picked together.

use app::picking::{PickBatch, Picked, Queue, Sum, Taken};
use domain::order::Track;
use domain::shipping::Batch;
use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

/// A batch that nobody has taken yet.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct NextBatch {
    /// Where its orders lie.
    pub location: String,
    /// When the place closes on the day on which they leave, if the shop has said how it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub collected_at: Option<Timestamp>,
    /// At most 50, the most urgent first.
    pub orders: Vec<String>,
}

impl From<&Batch> for NextBatch {
    fn from(batch: &Batch) -> NextBatch {
        let orders = batch.orders.iter().map(ToString::to_string).collect();
        NextBatch { location: batch.zone.clone(), collected_at: batch.cut_off, orders }
    }
}

/// What waits to be picked, and the batches that were taken last.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PickQueue {
    /// The next batches, at most 20, the most urgent first.
    pub next: Vec<NextBatch>,
    /// How many orders wait, by place.
    pub waiting: BTreeMap<String, usize>,
    /// More orders are at work than are looked at, which is 10,000, the latest first.
    pub more: bool,
    /// Batches that were taken, newest first, at most 50.
    pub taken: Vec<TakenBatch>,
}

/// A batch that was taken.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct TakenBatch {
    /// Its name.
    pub id: String,
    /// Where its orders lie.
    pub location: String,
    /// How many orders it was to hold.
    pub orders: usize,
    /// Who took it.
    pub taken_by: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub taken_at: Timestamp,
}

impl From<&Taken> for TakenBatch {
    fn from(taken: &Taken) -> TakenBatch {
        TakenBatch {
            id: taken.id.to_string(),
            location: taken.location.to_string(),
            orders: taken.orders.len(),
            taken_by: taken.taken_by.clone(),
            taken_at: taken.taken_at,
        }
    }
}

impl PickQueue {
    /// Of both.
    pub fn of(queue: &Queue, taken: &[Taken]) -> PickQueue {
        let taken = taken.iter().map(TakenBatch::from).collect();
        PickQueue { next: queue.next.iter().map(NextBatch::from).collect(), waiting: queue.waiting.clone(), more: queue.more, taken }
    }
}

/// So much of something.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PickedLine {
    /// Unit.
    pub sku: String,
    /// As people call it.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
}

/// An order of a batch.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PickedOrder {
    /// Number.
    pub order_id: String,
    /// Its parcel's name within it.
    pub parcel: String,
    /// How far that is: picking, packed, labelled ...
    pub status: &'static str,
    /// What goes into it.
    pub lines: Vec<PickedLine>,
}

impl From<&Picked> for PickedOrder {
    fn from(picked: &Picked) -> PickedOrder {
        let line = |(sku, name, quantity): &(String, String, u32)| PickedLine { sku: sku.clone(), name: name.clone(), quantity: *quantity };
        PickedOrder {
            order_id: picked.order.to_string(),
            parcel: picked.parcel.to_string(),
            status: picked.status.as_str(),
            lines: picked.lines.iter().map(line).collect(),
        }
    }
}

/// What to fetch for all of a batch's orders.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ToFetch {
    /// Unit.
    pub sku: String,
    /// As people call it.
    pub name: String,
    /// Pieces, for all orders together.
    pub quantity: u32,
    /// For so many orders.
    pub orders: u32,
}

impl From<&Sum> for ToFetch {
    fn from(sum: &Sum) -> ToFetch {
        ToFetch { sku: sum.sku.clone(), name: sum.name.clone(), quantity: sum.quantity, orders: sum.orders }
    }
}

/// A batch that somebody has taken.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BatchView {
    /// Its name.
    pub id: String,
    /// Where its orders lie.
    pub location: String,
    /// When the place closes on the day on which they leave, if the shop has said how it works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub collected_at: Option<Timestamp>,
    /// Who took it.
    pub taken_by: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub taken_at: Timestamp,
    /// Its orders, the most urgent first. One that somebody else was faster with is not among them.
    pub orders: Vec<PickedOrder>,
    /// What to fetch for those that are not packed yet, by unit.
    pub to_fetch: Vec<ToFetch>,
}

impl From<&PickBatch> for BatchView {
    fn from(batch: &PickBatch) -> BatchView {
        BatchView {
            id: batch.id.to_string(),
            location: batch.location.to_string(),
            collected_at: batch.collected_at,
            taken_by: batch.taken_by.clone(),
            taken_at: batch.taken_at,
            orders: batch.orders.iter().map(PickedOrder::from).collect(),
            to_fetch: batch.to_fetch.iter().map(ToFetch::from).collect(),
        }
    }
}
