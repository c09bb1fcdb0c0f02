//! What goes out and comes in over REST. Amounts are decimal strings, unknown fields are refused.

use app::attention::{Case, hours};
use app::ports::{Dossier, Message, MessageState, OrderSummary};
use domain::money::Money;
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Basis, Cause, Order, OrderEvent, OrderStatus, Track};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// A new order.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// The shop's own order number; one is made if it has none.
    #[cfg_attr(test, schema(example = "1001"))]
    pub number: Option<String>,
    /// The channel's own id, if it differs from the number. Unique per channel.
    pub external_id: Option<String>,
    /// Where it was placed. Default "api".
    #[cfg_attr(test, schema(example = "instagram"))]
    pub channel: Option<String>,
    /// ISO 4217.
    #[cfg_attr(test, schema(example = "USD"))]
    pub currency: String,
    /// Who ordered.
    pub customer: NewCustomer,
    /// ISO 3166-1 alpha-2.
    #[cfg_attr(test, schema(example = "PL"))]
    pub country: Option<String>,
    /// What was ordered.
    pub items: Vec<NewItem>,
    /// Decimal, default 0.
    #[cfg_attr(test, schema(example = "9.99"))]
    pub shipping: Option<String>,
    /// Decimal, default 0.
    pub tax: Option<String>,
    /// Decimal, default 0.
    pub discount: Option<String>,
    /// What you think it comes to. Refused with both numbers if we make it something else.
    #[cfg_attr(test, schema(example = "69.97"))]
    pub total: Option<String>,
    /// When the customer placed it; default now.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub placed_at: Option<Timestamp>,
    /// The promised day.
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub eta: Option<Date>,
}

/// Who ordered.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCustomer {
    /// As they write it.
    #[cfg_attr(test, schema(example = "John Smith"))]
    pub name: String,
    /// Needed for mail and for "where is my order".
    #[cfg_attr(test, schema(example = "john.smith@example.com"))]
    pub email: Option<String>,
    /// Digits with an optional leading +.
    pub phone: Option<String>,
    /// BCP 47.
    pub locale: Option<String>,
}

/// A position.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewItem {
    /// The shop's stock-keeping unit.
    #[cfg_attr(test, schema(example = "MUG-BLUE"))]
    pub sku: String,
    /// What people call it.
    #[serde(default)]
    #[cfg_attr(test, schema(example = "Blue mug"))]
    pub name: String,
    /// 1 to 100,000.
    #[cfg_attr(test, schema(example = 2))]
    pub quantity: i64,
    /// Decimal, each.
    #[cfg_attr(test, schema(example = "29.99"))]
    pub unit_price: String,
    /// What you think the position comes to.
    pub total_price: Option<String>,
    /// Needs no parcel.
    #[serde(default)]
    pub digital: bool,
}

impl NewOrder {
    /// As the rules check it.
    pub fn into_draft(self) -> Draft {
        let line = |item: NewItem| DraftLine {
            sku: item.sku,
            name: item.name,
            quantity: item.quantity,
            unit_price: item.unit_price,
            total_price: item.total_price,
            digital: item.digital,
        };
        Draft {
            number: self.number,
            external_id: self.external_id,
            currency: self.currency,
            customer_name: self.customer.name,
            email: self.customer.email,
            phone: self.customer.phone,
            locale: self.customer.locale,
            country: self.country,
            lines: self.items.into_iter().map(line).collect(),
            shipping: self.shipping,
            tax: self.tax,
            discount: self.discount,
            total: self.total,
            placed_at: self.placed_at,
            eta: self.eta,
        }
    }
}

/// The answer to a new order. It repeats no personal data, because it is kept to be given again.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct CreatedOrder {
    /// Its number.
    #[cfg_attr(test, schema(example = "ORD-20250809-7K3M9QXA"))]
    pub order_id: String,
    /// Its status.
    #[cfg_attr(test, schema(example = "pending"))]
    pub status: &'static str,
    /// What is to be paid.
    #[cfg_attr(test, schema(example = "69.97"))]
    pub total: String,
    /// ISO 4217.
    pub currency: String,
    /// For `If-Match`.
    pub version: u64,
}

impl CreatedOrder {
    /// Of an order.
    pub fn of(order: &Order) -> CreatedOrder {
        CreatedOrder {
            order_id: order.id.to_string(),
            status: order.tracks.status.as_str(),
            total: order.totals.total().decimal(),
            currency: order.totals.currency.to_string(),
            version: order.revision(),
        }
    }
}

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
    /// Address; none if unknown or erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Positions.
    pub items: Vec<ItemView>,
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
    /// Pieces.
    pub quantity: u32,
    /// Decimal, each.
    pub unit_price: String,
}

impl OrderView {
    /// Of an order, on a day in the shop.
    pub fn of(order: &Order, today: Date) -> OrderView {
        let tracks = &order.tracks;
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
            email: order.contact.as_ref().and_then(|contact| contact.email.as_ref()).map(|email| email.expose().to_owned()),
            items: order
                .lines
                .iter()
                .map(|line| ItemView {
                    sku: line.sku.clone(),
                    name: line.name.clone(),
                    quantity: line.quantity,
                    unit_price: price(line.unit_price_minor),
                })
                .collect(),
        }
    }
}

/// What happened to an order, and what was sent about it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Timeline {
    /// The order as it stands.
    pub order: OrderView,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// Messages, oldest first.
    pub messages: Vec<MessageView>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Entry {
    /// Version after it.
    pub version: u64,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What, machine-readable.
    pub event: &'static str,
    /// What, in words.
    pub text: String,
    /// Who.
    pub actor: String,
    /// No person was involved.
    pub automated: bool,
    /// Finds the logs.
    pub trace_id: String,
}

/// A message.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MessageView {
    /// "email", "slack".
    pub channel: String,
    /// Masked.
    pub to: String,
    /// What it says.
    pub text: String,
    /// "sending", "sent", "failed", "suppressed", "unknown".
    pub state: String,
    /// Why, if it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl MessageView {
    /// Of a message.
    pub fn of(message: &Message) -> MessageView {
        let (state, reason) = match &message.state {
            MessageState::Sending { .. } => ("sending", None),
            MessageState::Sent { .. } => ("sent", None),
            MessageState::Failed { reason } => ("failed", Some(reason.clone())),
            MessageState::Suppressed { reason } => ("suppressed", Some(reason.clone())),
            MessageState::Unknown => ("unknown", Some("the sender died in the act; it may have gone out".to_owned())),
        };
        MessageView {
            channel: message.id.channel.clone(),
            to: message.to.clone(),
            text: message.text.clone(),
            state: state.to_owned(),
            reason,
            at: message.at,
        }
    }
}

impl Timeline {
    /// Of a dossier.
    pub fn of(dossier: &Dossier, today: Date) -> Timeline {
        Timeline {
            order: OrderView::of(&dossier.order, today),
            timeline: entries(dossier),
            messages: dossier.messages.iter().map(MessageView::of).collect(),
        }
    }
}

/// How far an order has come.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderProgress {
    /// Number.
    pub order_id: String,
    /// The channel's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Status.
    pub status: &'static str,
    /// The word people see.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: &'static str,
    /// In percent.
    pub progress: u8,
    /// The next step of an order that goes well; none where it ends or a person decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_status: Option<&'static str>,
    /// Where a person may move it now.
    pub allowed: Vec<&'static str>,
    /// The day it should arrive; none if it has, or will not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<EtaView>,
    /// Days past the promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_late: Option<u32>,
    /// What happened, oldest first; at most the newest 200 changes.
    pub timeline: Vec<Entry>,
    /// Messages, oldest first.
    pub notifications: Vec<MessageView>,
}

/// The day an order should arrive.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct EtaView {
    /// In the shop's time zone.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// What it rests on: "promise" of the shop or its carrier, or "usual_days".
    #[cfg_attr(test, schema(value_type = String, example = "promise"))]
    pub basis: Basis,
}

impl OrderProgress {
    /// Of a dossier.
    pub fn of(dossier: &Dossier, today: Date) -> OrderProgress {
        let order = &dossier.order;
        OrderProgress {
            order_id: order.id.to_string(),
            external_id: order.external_id.clone(),
            status: order.tracks.status.as_str(),
            label: order.label().text(),
            progress: order.percent(),
            next_status: order.tracks.status.usual_next().map(Track::as_str),
            allowed: order.allowed().into_iter().map(Track::as_str).collect(),
            eta: order.expected(today).map(|expected| EtaView { day: expected.day, basis: expected.basis }),
            days_late: order.days_late(today),
            timeline: entries(dossier),
            notifications: dossier.messages.iter().map(MessageView::of).collect(),
        }
    }
}

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

impl CaseView {
    /// Of a case, now.
    pub fn of(case: &Case, now: Timestamp, today: Date) -> CaseView {
        let order = &case.order;
        let by_rule = matches!(order.status, OrderStatus::Pending | OrderStatus::Processing);
        CaseView {
            row: OrderRow::of(order),
            age_hours: hours(case.age(now)).parse().unwrap_or_else(|_| 0.into()),
            reasons: case
                .concerns
                .iter()
                .map(|held| ReasonView { code: held.concern.code(), text: case.words(held.concern, now, today), since: held.at })
                .collect(),
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

/// What happened, in the versions that people know: our own asides are in the one before them.
fn entries(dossier: &Dossier) -> Vec<Entry> {
    let shown = dossier.history.iter().filter(|commit| commit.is_aside()).count();
    let mut asides = dossier.order.asides.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
    let mut entries = Vec::new();
    for commit in &dossier.history {
        asides += u64::from(commit.is_aside());
        entries.extend(commit.events.iter().map(|event| Entry {
            version: commit.version.saturating_sub(asides),
            at: commit.at,
            event: event.name(),
            text: event.in_words(),
            actor: commit.actor.in_words(),
            automated: commit.actor.is_automatic() || matches!(event, OrderEvent::StatusChanged { cause: Cause::Rule { .. }, .. }),
            trace_id: commit.correlation.to_string(),
        }));
    }
    entries
}
