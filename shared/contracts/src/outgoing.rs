//! What others are told by webhook: our events as they are, and milestones by the names that shops know.
//!
//! Nothing here names a customer: a webhook says what happened to which order, and the API says the rest to whoever may know it.

use crate::order::v1::{StatusChanged, TrackChanged};
use crate::{Envelope, Payload};
use domain::ids::EventId;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// An order has come to a point that a shop waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Milestone {
    /// The order's number.
    pub order_id: String,
    /// What it was before, on the same track.
    pub from: String,
    /// What it is now.
    pub to: String,
    /// Where the order can be read, below the API's address.
    pub path: String,
}

/// An endpoint is tried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Test {
    /// Says so.
    pub message: String,
}

/// Type of the event that a test sends.
pub const TEST: &str = "webhook.test";

/// Points of an order's way, by the order track ([`Payload::OrderStatusChanged`]) or its payment.
const BY_STATUS: [(&str, &str); 10] = [
    ("processing", "order.confirmed"),
    ("on_hold", "order.on_hold"),
    ("partially_shipped", "order.partially_shipped"),
    ("shipped", "order.shipped"),
    ("delivered", "order.delivered"),
    ("return_requested", "order.return_requested"),
    ("returned", "order.returned"),
    ("completed", "order.completed"),
    ("cancelled", "order.cancelled"),
    ("failed", "order.failed"),
];
const BY_PAYMENT: [(&str, &str); 3] =
    [("captured", "order.paid"), ("partially_refunded", "order.partially_refunded"), ("refunded", "order.refunded")];

/// Events that are told as they are.
pub const AS_THEY_ARE: [&str; 33] = [
    "order.placed.v1",
    "order.status_changed.v1",
    "order.payment_changed.v1",
    "order.fulfilment_changed.v1",
    "order.tracking_changed.v1",
    "order.delay_changed.v1",
    "order.eta_changed.v1",
    "order.lines_cancelled.v1",
    "order.attention_raised.v1",
    "order.sla_changed.v1",
    "order.exceptions_changed.v1",
    "order.rated.v1",
    "order.contact_erased.v1",
    "saga.ended.v1",
    "payment.settled.v1",
    "payment.returned.v1",
    "payment.failed.v1",
    "parcel.label_bought.v1",
    "parcel.label_failed.v1",
    "parcel.label_voided.v1",
    "manifest.closed.v1",
    "return.opened.v1",
    "return.decided.v1",
    "return.received.v1",
    "return.replaced.v1",
    "review.opened.v1",
    "review.decided.v1",
    "stock.low.v1",
    "stock.reorder_suggested.v1",
    "stock.moved.v1",
    "stock.counted.v1",
    "purchase.changed.v1",
    "price.changed.v1",
];

/// Every type that an endpoint can be told of.
pub fn types() -> impl Iterator<Item = &'static str> {
    BY_STATUS.iter().chain(&BY_PAYMENT).map(|(_, kind)| *kind).chain(AS_THEY_ARE)
}

/// One type of event that an endpoint can be told of.
#[derive(Debug, Clone, Serialize)]
pub struct EventType {
    /// Its name, as `type` has it.
    pub name: &'static str,
    /// What it says, in a line.
    pub description: String,
    /// JSON Schema of its `data`.
    pub schema: Value,
}

/// All of them with their schemas.
pub fn catalogue() -> Vec<EventType> {
    let mut known: std::collections::HashMap<&str, Value> =
        Payload::schemas().into_iter().map(|(kind, schema)| (kind, schema.into())).collect();
    let milestone: Value = schemars::schema_for!(Milestone).into();
    let mut all: Vec<EventType> = types()
        .map(|name| {
            let as_it_is = known.remove(name);
            let says = match &as_it_is {
                Some(schema) => schema["description"].as_str().unwrap_or_default().to_owned(),
                None => format!("Of an order: {}.", name.trim_start_matches("order.").replace('_', " ")),
            };
            EventType { name, description: says, schema: as_it_is.unwrap_or_else(|| milestone.clone()) }
        })
        .collect();
    let says = "Somebody tries the endpoint out: it hears this without having asked for it.".into();
    all.push(EventType { name: TEST, description: says, schema: schemars::schema_for!(Test).into() });
    all
}

/// Why an event cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum Untellable {
    /// It cannot be written down.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// It has no name to be told by.
    #[error("a name of {0} cannot be made")]
    Name(String),
}

/// One thing that endpoints may be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// The same for ever: what the other side tells repetitions by.
    pub id: EventId,
    /// Its type.
    pub kind: String,
    /// What it is about: an order's number, a SKU.
    pub subject: String,
    /// When it happened.
    pub at: Timestamp,
    /// The body that is signed and sent.
    pub body: String,
}

impl Outgoing {
    fn new(id: EventId, kind: &str, subject: &str, at: Timestamp, data: Value) -> Outgoing {
        let body = serde_json::json!({ "type": kind, "timestamp": at.to_string(), "data": data }).to_string();
        Outgoing { id, kind: kind.to_owned(), subject: subject.to_owned(), at, body }
    }

    /// A test of an endpoint.
    pub fn test(id: EventId, at: Timestamp) -> Outgoing {
        let message = "OrderFlow can reach this endpoint, and this is what its messages look like.";
        Outgoing::new(id, TEST, "test", at, serde_json::json!({ "message": message }))
    }

    /// Is there anything to tell of an event? Whatever has a milestone is told as it is, too.
    pub fn is_offered(event: &Envelope) -> bool {
        AS_THEY_ARE.contains(&event.payload.detail_type())
    }

    /// What an event tells: itself, and the point that an order has come to.
    ///
    /// # Errors
    /// One that is too long to be named, or that JSON has no words for.
    pub fn of(event: &Envelope) -> Result<Vec<Outgoing>, Untellable> {
        let kind = event.payload.detail_type();
        let mut told = Vec::new();
        if Outgoing::is_offered(event) {
            let mut payload = serde_json::to_value(&event.payload)?;
            told.push(Outgoing::new(event.id.clone(), kind, &event.subject, event.time, payload["data"].take()));
        }
        if let Some((name, order_id, from, to)) = milestone(&event.payload) {
            let id = EventId::parse(&format!("{}:{name}", event.id)).map_err(|_| Untellable::Name(name.to_owned()))?;
            let data = Milestone { path: format!("/v1/orders/{order_id}"), order_id: order_id.into(), from: from.into(), to: to.into() };
            told.push(Outgoing::new(id, name, &event.subject, event.time, serde_json::to_value(data)?));
        }
        Ok(told)
    }
}

/// Name, order, from and to. What is put right or taken back is no point of an order's way: nor is that an order stands as delivered again
/// because what was to come back does not, or has come in part.
fn milestone(payload: &Payload) -> Option<(&'static str, &str, &str, &str)> {
    let is_taken_back =
        |from: &str, to: &str, cause: &str| matches!(cause, "corrected" | "undone") || (from, to) == ("return_requested", "delivered");
    let named = |names: &[(&str, &'static str)], to: &str| names.iter().find(|(word, _)| *word == to).map(|(_, name)| *name);
    match payload {
        Payload::OrderStatusChanged(StatusChanged { order_id, from, to, cause, .. }) if !is_taken_back(from, to, cause) => {
            Some((named(&BY_STATUS, to)?, order_id, from, to))
        }
        Payload::OrderPaymentChanged(TrackChanged { order_id, from, to }) => Some((named(&BY_PAYMENT, to)?, order_id, from, to)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::{OrderStatus, PaymentStatus, Track};

    fn event(kind: &str, data: &Value) -> Envelope {
        let text = serde_json::json!({ "specversion": "1.0", "id": "demo:1001:3:0", "source": "orderflow.orders", "subject": "1001",
            "time": "2025-08-09T10:00:00Z", "tenant": "demo", "aggregateversion": 3, "correlationid": "c1", "type": kind, "data": data });
        serde_json::from_value(text).unwrap()
    }

    fn moved(from: &str, to: &str, cause: &str) -> Vec<Outgoing> {
        let data = serde_json::json!({ "order_id": "1001", "from": from, "to": to, "cause": cause, "automated": false });
        Outgoing::of(&event("order.status_changed.v1", &data)).unwrap()
    }

    // req: S2-73
    #[test]
    fn an_order_that_has_shipped_is_told_twice_under_names_of_its_own() {
        let told = moved("processing", "shipped", "asked");
        let named: Vec<(&str, &str)> = told.iter().map(|one| (one.kind.as_str(), one.id.as_str())).collect();
        assert_eq!(named, [("order.status_changed.v1", "demo:1001:3:0"), ("order.shipped", "demo:1001:3:0:order.shipped")]);
        let body: Value = serde_json::from_str(&told[1].body).unwrap();
        let data = serde_json::json!({ "order_id": "1001", "from": "processing", "to": "shipped", "path": "/v1/orders/1001" });
        assert_eq!(body, serde_json::json!({ "type": "order.shipped", "timestamp": "2025-08-09T10:00:00Z", "data": data }));
        for (cause, told) in [("corrected", 1), ("undone", 1), ("fact", 2), ("rule", 2), ("reconciled", 2)] {
            assert_eq!(moved("delivered", "shipped", cause).len(), told, "{cause}");
        }
        assert_eq!(moved("processing", "ready_to_ship", "asked").len(), 1, "no point that anybody waits for");
        assert_eq!(moved("return_requested", "delivered", "asked").len(), 1, "they have had it all the time");
        assert_eq!(moved("return_requested", "returned", "asked").len(), 2);
        let paid = |to: &str| {
            Outgoing::of(&event("order.payment_changed.v1", &serde_json::json!({ "order_id": "1", "from": "paid", "to": to }))).unwrap()
        };
        assert_eq!(
            paid("refunded").iter().map(|one| one.kind.as_str()).collect::<Vec<_>>(),
            ["order.payment_changed.v1", "order.refunded"]
        );
    }

    // req: S2-73
    #[test]
    fn milestones_are_states_that_there_are() {
        for (word, _) in BY_STATUS {
            assert!(OrderStatus::from_word(word).is_some(), "{word}");
        }
        for (word, _) in BY_PAYMENT {
            assert!(PaymentStatus::from_word(word).is_some(), "{word}");
        }
        for name in ["order.confirmed", "order.shipped", "order.delivered", "order.refunded"] {
            assert!(types().any(|kind| kind == name), "{name}");
        }
    }

    /// What `GET /v1/event-types` answers.
    // req: S2-74
    #[test]
    fn the_committed_catalogue_is_the_generated_one() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/webhooks.json");
        let text = serde_json::to_string_pretty(&serde_json::json!({ "event_types": catalogue() })).unwrap() + "\n";
        if std::env::var_os("UPDATE_SCHEMAS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert!(std::fs::read_to_string(&path).unwrap_or_default() == text, "events/webhooks.json has drifted: run `make generate`");
    }

    /// Everything in the catalogue has a schema that the events keep, and the rule in the template lets it through.
    // req: S2-74
    #[test]
    fn the_catalogue_is_whole() {
        let catalogue = catalogue();
        assert_eq!(catalogue.len(), types().count() + 1);
        for entry in &catalogue {
            assert!(entry.schema["type"] == "object" && entry.description.ends_with('.'), "{}: {}", entry.name, entry.description);
        }
        let samples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../template.yaml");
        let template = std::fs::read_to_string(samples).unwrap();
        let rule = template.split("  WebhooksRule:\n").nth(1).unwrap().split("      Targets:").next().unwrap();
        let listed: Vec<&str> = rule.lines().filter_map(|line| line.trim().strip_prefix("- ")).collect();
        assert_eq!(listed, AS_THEY_ARE, "the detail types of WebhooksRule");
    }
}
