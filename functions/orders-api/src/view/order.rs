//! An order, and lists of them.

use super::{Address, OrderException, OrderReview, PhotoName, SlaView, WorkflowView};
use app::ports::OrderSummary;
use app::tenant::TenantConfig;
use domain::money::Money;
use domain::order::{Order, Timer, Track, Wake};
use domain::shipping::{ShippingMethod, address};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// A row of a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderRow {
    /// Number.
    pub order_id: String,
    /// Status.
    pub status: &'static str,
    /// The word people see.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: &'static str,
    /// Name; none after erasure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Where it was placed.
    pub channel: String,
    /// Decimal.
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// When it was placed.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub placed_at: Timestamp,
    /// When anything last changed.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
    /// The promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub eta: Option<Date>,
}

impl OrderRow {
    /// Of a summary.
    pub fn of(summary: &OrderSummary) -> OrderRow {
        OrderRow {
            order_id: summary.id.to_string(),
            status: summary.status.as_str(),
            label: summary.label.text(),
            customer: summary.customer.clone(),
            channel: summary.channel.to_string(),
            total: Money::new(summary.total_minor, summary.currency).decimal(),
            currency: summary.currency.to_string(),
            placed_at: summary.placed_at,
            updated_at: summary.updated_at,
            eta: summary.eta,
        }
    }
}

/// A page of a list.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderList {
    /// The rows.
    pub orders: Vec<OrderRow>,
    /// Send it as `cursor` with the same filter; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// An order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderView {
    /// What lists show.
    #[serde(flatten)]
    pub row: OrderRow,
    /// For `If-Match`; also the `ETag`.
    pub version: u64,
    /// The four tracks.
    pub tracks: TracksView,
    /// Progress as customers see it, in percent.
    pub progress: u8,
    /// Where a person may move it now.
    pub allowed: Vec<&'static str>,
    /// Days past the promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_late: Option<u32>,
    /// What the goods come to; decimal, as all amounts.
    pub subtotal: String,
    /// On top.
    pub tax: String,
    /// On top.
    pub shipping: String,
    /// Taken off.
    pub discount: String,
    /// What it costs less because of lines that were called off since; `total` is what it cost as it was placed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cancelled: Option<String>,
    /// What it costs now.
    pub owed: String,
    /// Address; none if unknown or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Where the parcel goes, ISO 3166-1 alpha-2; what is left of an address that was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// How the customer wants to have it, if they chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "express"))]
    pub shipping_method: Option<&'static str>,
    /// When it leaves, as long as it is being prepared and where the shop has said how its places work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub leaves_at: Option<Timestamp>,
    /// That day, where it leaves from.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub leaves_on: Option<Date>,
    /// Where the parcel goes; none if nobody said so, or it was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shipping_address: Option<Address>,
    /// How a postal office would write it, if that differs: "did you mean?" Whoever asked for it decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub did_you_mean: Option<Address>,
    /// What of it is possible and should be looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub address_doubts: Vec<String>,
    /// Where the bill goes, if that is another place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub billing_address: Option<Address>,
    /// Positions.
    pub items: Vec<ItemView>,
    /// What is to be sent later.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub followups: Vec<FollowUpView>,
    /// What the customer said of it: 1 to 5.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Where it stands on its way through checks and stock, if the shop has that done here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub workflow: Option<WorkflowView>,
    /// By when it has to be how far, and what became of that, where the shop runs clocks.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sla: Vec<SlaView>,
    /// What people have to decide about it, or had to, oldest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<OrderReview>,
    /// What is wrong with it, or was, the latest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<OrderException>,
    /// Its photos, oldest first; /v1/orders/{id}/photos has links to them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<PhotoName>,
}

/// Something that is to be sent later.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FollowUpView {
    /// DELETE it under /v1/orders/{id}/followups/. "after-delivery" is the shop's own rule, "morning" what waits for the end
    /// of quiet hours.
    pub followup_id: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub scheduled_for: Timestamp,
    /// In the shop's own words, if it has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl FollowUpView {
    fn of(timer: &Timer) -> FollowUpView {
        let message = match &timer.wake {
            Wake::FollowUp { text } => text.clone(),
            Wake::Tell { .. } => None,
        };
        FollowUpView { followup_id: timer.id.to_string(), scheduled_for: timer.at, message }
    }
}

/// The four tracks.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct TracksView {
    /// Order.
    pub order: &'static str,
    /// Payment.
    pub payment: &'static str,
    /// Warehouse.
    pub fulfilment: &'static str,
    /// Carrier.
    pub tracking: &'static str,
    /// Known to be late.
    pub delayed: bool,
}

/// A position.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ItemView {
    /// Unit.
    pub sku: String,
    /// Name.
    pub name: String,
    /// Pieces, as they were ordered.
    pub quantity: u32,
    /// So many of them are called off.
    pub cancelled: u32,
    /// So many can still be, by /v1/orders/{id}/cancellations.
    pub cancellable: u32,
    /// Decimal, each.
    pub unit_price: String,
    /// What is to be minded about it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub handling: Vec<&'static str>,
}

impl OrderView {
    /// Of an order, in a shop.
    pub fn of(order: &Order, config: &TenantConfig, now: Timestamp) -> OrderView {
        let (today, ships) = (config.today(now), config.shipping.ships(order));
        let tracks = &order.tracks;
        let written = order.contact.as_ref().and_then(|contact| contact.address.as_ref());
        let checked = written.and_then(|address| address::check(address).ok());
        let price = |minor: i64| Money::new(minor, order.totals.currency).decimal();
        OrderView {
            row: OrderRow::of(&OrderSummary::of(order)),
            version: order.revision(),
            tracks: TracksView {
                order: tracks.status.as_str(),
                payment: tracks.payment.as_str(),
                fulfilment: tracks.fulfilment.as_str(),
                tracking: tracks.tracking.as_str(),
                delayed: tracks.delayed.is_some(),
            },
            progress: order.percent(),
            allowed: order.allowed().into_iter().map(Track::as_str).collect(),
            days_late: order.days_late(today),
            subtotal: price(order.totals.subtotal_minor),
            tax: price(order.totals.tax_minor),
            shipping: price(order.totals.shipping_minor),
            discount: price(order.totals.discount_minor),
            cancelled: Some(order.spared().minor).filter(|minor| *minor > 0).map(price),
            owed: price(order.owed().minor),
            followups: order.timers.iter().map(FollowUpView::of).collect(),
            rating: order.rating,
            workflow: order.saga.as_ref().map(WorkflowView::of),
            sla: order.clocks.iter().map(|clock| SlaView::of(clock, now)).collect(),
            reviews: OrderReview::all(order),
            exceptions: OrderException::all(order, now),
            photos: order.photos.iter().map(PhotoName::of).collect(),
            email: order.contact.as_ref().and_then(|contact| contact.email.as_ref()).map(|email| email.expose().to_owned()),
            country: order.country.clone(),
            shipping_method: order.shipping_method.map(ShippingMethod::as_str),
            leaves_at: ships.as_ref().map(|ships| ships.at),
            leaves_on: ships.map(|ships| ships.day),
            shipping_address: written.map(Address::of),
            did_you_mean: checked.as_ref().and_then(|checked| checked.did_you_mean.as_ref()).map(Address::of),
            address_doubts: checked.map(|checked| checked.doubts.into_iter().map(|doubt| doubt.message).collect()).unwrap_or_default(),
            billing_address: order.contact.as_ref().and_then(|contact| contact.billing_address.as_ref()).map(Address::of),
            items: order
                .lines
                .iter()
                .zip(order.cancelled().into_iter().zip(order.cancellable()))
                .map(|(line, (cancelled, cancellable))| ItemView {
                    sku: line.sku.clone(),
                    name: line.name.clone(),
                    quantity: line.quantity,
                    cancelled,
                    cancellable,
                    unit_price: price(line.unit_price_minor),
                    handling: line.handling.iter().map(|handling| handling.as_str()).collect(),
                })
                .collect(),
        }
    }
}
