//! Orders with suppliers.

use domain::stock::Proposal;
use domain::stock::purchase::{PurchaseLine, PurchaseOrder};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// A line of a purchase order.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PurchaseLineView {
    /// Unit.
    pub sku: String,
    /// Pieces that are ordered.
    pub quantity: u32,
    /// Pieces that have come.
    pub received: u32,
    /// Pieces still to come.
    pub outstanding: u32,
    /// Why the shop's rule ordered it: {quantity, point (at so many or fewer more is ordered), safety, up_to, available, on_order}.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<Object>))]
    pub why: Option<Proposal>,
}

/// A purchase order.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PurchaseView {
    /// The shop's number of it.
    pub id: String,
    /// draft, ordered, received or cancelled.
    pub status: &'static str,
    /// Where the goods are to come.
    pub location: String,
    /// With whom.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub supplier: Option<String>,
    /// What is ordered.
    pub lines: Vec<PurchaseLineView>,
    /// When it was drafted.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub created_at: Timestamp,
    /// By whom.
    pub created_by: String,
    /// Who approved it, or called it off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decided_by: Option<String>,
    /// When the goods should be here.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub expected_on: Option<Date>,
    /// GoodsReceipt notes that were booked.
    pub deliveries: Vec<String>,
    /// Changes so far; the ETag.
    pub version: u64,
}

impl From<&PurchaseOrder> for PurchaseView {
    fn from(order: &PurchaseOrder) -> PurchaseView {
        let line = |line: &PurchaseLine| PurchaseLineView {
            sku: line.sku.to_string(),
            quantity: line.quantity,
            received: line.received,
            outstanding: if order.status.is_open() { line.outstanding() } else { 0 },
            why: line.why,
        };
        PurchaseView {
            id: order.id.to_string(),
            status: order.status.as_str(),
            location: order.location.to_string(),
            supplier: order.supplier.clone(),
            lines: order.lines.iter().map(line).collect(),
            created_at: order.created_at,
            created_by: order.created_by.clone(),
            decided_by: order.decided_by.clone(),
            expected_on: order.expected_on,
            deliveries: order.receipts.iter().map(|receipt| receipt.reference.to_string()).collect(),
            version: order.version,
        }
    }
}

/// A page of purchase orders.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PurchaseList {
    /// The latest first.
    pub purchase_orders: Vec<PurchaseView>,
    /// For the next page; not there on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
