//! What of an order is sent together, and where it is.

use super::parcel::{LabelView, ParcelView};
use domain::order::{Consignment, Order, Track};
use domain::shipping::fulfilment::Check;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// What is sent together.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FulfilmentView {
    /// Its name within the order: "p1".
    pub id: String,
    /// From where.
    pub location: String,
    /// "pending", "allocated", "picking", "picked", "packed", "qc_failed", "labelled", "shipped", "delivered", "failed", "cancelled" or "returned".
    pub status: &'static str,
    /// "not_drawn", "due", "passed" or "failed".
    pub check: &'static str,
    /// What.
    pub items: Vec<FulfilmentItem>,
    /// By whom it goes.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "UPS"))]
    pub carrier: Option<String>,
    /// The carrier's number of the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "1Z999AA10123456784"))]
    pub tracking_number: Option<String>,
    /// Its label, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<LabelView>,
    /// What its carrier says, if the shop has an account with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parcel: Option<ParcelView>,
    /// When it was begun.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
}

/// So many of a line.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FulfilmentItem {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// Its unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
    /// How many of them have been picked.
    pub picked: u32,
}

/// Where an order's parcels are.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderTracking {
    /// The order's number.
    pub order_id: String,
    /// The word people see.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: &'static str,
    /// What carriers say, in one vocabulary: "unknown", "pending", "picked_up", "in_transit", "out_for_delivery", "ready_for_pickup",
    /// "delivery_delayed", "on_hold", "delivery_failed", "delivered", "return_to_sender", "cancelled" or "expired".
    pub status: &'static str,
    /// It is known to be late.
    pub delayed: bool,
    /// The promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub eta: Option<Date>,
    /// What is sent together, the first first.
    pub shipments: Vec<FulfilmentView>,
    /// How many of each line are in no shipment yet.
    pub open: Vec<OpenItem>,
}

/// What is in no shipment yet.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OpenItem {
    /// The line's place in the order, from 0.
    pub line: usize,
    /// Its unit.
    pub sku: String,
    /// How many.
    pub quantity: u32,
}

impl FulfilmentView {
    /// Of an order's consignment.
    pub fn of(order: &Order, one: &Consignment) -> FulfilmentView {
        let sku = |line: usize| order.lines.get(line).map(|line| line.sku.clone()).unwrap_or_default();
        let picked = one.work.picked.iter().copied().chain(std::iter::repeat(0));
        let items = one.work.parts.iter().zip(picked);
        FulfilmentView {
            id: one.work.id.to_string(),
            location: one.work.from.to_string(),
            status: one.work.status.as_str(),
            check: match one.work.check {
                Check::NotDrawn => "not_drawn",
                Check::Due => "due",
                Check::Passed => "passed",
                Check::Failed => "failed",
            },
            items: items
                .map(|(part, picked)| FulfilmentItem { line: part.line, sku: sku(part.line), quantity: part.quantity, picked })
                .collect(),
            carrier: one.carriage.as_ref().map(|carriage| carriage.carrier.clone()),
            tracking_number: one.carriage.as_ref().map(|carriage| carriage.number.clone()),
            label: one.label().map(LabelView::of),
            parcel: one.way.as_ref().map(ParcelView::of),
            opened_at: one.opened_at,
            since: one.since,
        }
    }
}

impl OrderTracking {
    /// Of an order.
    pub fn of(order: &Order) -> OrderTracking {
        let open = order.open_to_send().into_iter().enumerate().filter(|(_, quantity)| *quantity > 0);
        let sku = |line: usize| order.lines.get(line).map(|line| line.sku.clone()).unwrap_or_default();
        OrderTracking {
            order_id: order.id.to_string(),
            label: order.label().text(),
            status: order.tracks.tracking.as_str(),
            delayed: order.tracks.delayed.is_some(),
            eta: order.tracks.eta,
            shipments: order.consignments.iter().map(|one| FulfilmentView::of(order, one)).collect(),
            open: open.map(|(line, quantity)| OpenItem { line, sku: sku(line), quantity }).collect(),
        }
    }
}
