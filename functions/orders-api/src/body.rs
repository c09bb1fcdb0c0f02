//! JSON bodies, read with every fault at once.
//!
//! `serde` stops at the first thing it cannot read, and reads a list where an object belongs. The schema that
//! `/openapi.json` shows of the same type says all that is wrong, so that a person with a hundred rows mends them
//! in one go. The schemas are read from that document, once, when the first body comes.

use crate::openapi::DOCUMENT;
use crate::routes::{
    batches, bulk, cancellations, decisions, exceptions, exports, fulfilments, imports, keys, labels, manifests, notify, orders, payments,
    prices, privacy, purchases, quotes, reports, returns, reviews, rules, stock, webhooks,
};
use crate::view;
use app::Error;
use axum::extract::{FromRequest, Request};
use domain::order::Fault;
use jiff::{Timestamp, civil::Date};
use runtime::Problem;
use runtime::http::{BODY_BYTES_MAX, parse, raw_body};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::sync::LazyLock;

/// Says nothing.
static NONE: Value = Value::Null;
/// Longest name of a field that is repeated in an answer, in characters.
const NAME_CHARS_MAX: usize = 40;

/// The schemas of the OpenAPI document by name.
static SCHEMAS: LazyLock<Map<String, Value>> = LazyLock::new(|| {
    let mut document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
    match document["components"]["schemas"].take() {
        Value::Object(schemas) => schemas,
        _ => Map::new(),
    }
});

/// What is read as a body.
pub trait Described: DeserializeOwned {
    /// Its schema's name in the OpenAPI document.
    const SCHEMA: &'static str;
}

macro_rules! described {
    ($($of:ident::$name:ident),* $(,)?) => {
        $(impl Described for $of::$name {
            const SCHEMA: &'static str = stringify!($name);
        })*

        #[cfg(test)]
        const DESCRIBED: &[&str] = &[$(stringify!($name)),*];
    };
}

described!(
    view::NewOrder,
    bulk::BulkWish,
    decisions::ReplayWish,
    decisions::Review,
    decisions::Undo,
    imports::Import,
    notify::FollowUpWish,
    notify::MessageWish,
    keys::NewKeyBody,
    orders::Move,
    orders::Correction,
    orders::StatusUpdate,
    fulfilments::NewFulfilment,
    labels::NewLabel,
    manifests::ManifestOutcome,
    manifests::NewManifests,
    fulfilments::FulfilmentStep,
    payments::NewRefund,
    view::PaymentMeans,
    privacy::ExportOf,
    privacy::Reopened,
    privacy::Subject,
    exports::ExportWanted,
    prices::ListedPrices,
    reports::ReportWanted,
    cancellations::Cancellation,
    returns::NewReturn,
    returns::ReturnStep,
    exceptions::ExceptionAct,
    exceptions::ExceptionActs,
    exceptions::NewException,
    reviews::NewReview,
    reviews::ReviewDecision,
    rules::NewRules,
    rules::PreviewOf,
    stock::Adjustment,
    stock::NewCount,
    purchases::GoodsReceipt,
    batches::BatchWanted,
    quotes::QuoteWanted,
    purchases::DraftLines,
    purchases::NewPurchaseOrder,
    webhooks::NewWebhookEndpoint,
    webhooks::Replay,
    webhooks::WebhookEndpointChange,
);

/// A body of at most [`BODY_BYTES_MAX`].
#[derive(Debug, Clone)]
pub struct Json<T>(pub T);

impl<T: Described, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        Ok(Json(read(&raw_body(request, BODY_BYTES_MAX).await?)?))
    }
}

/// Reads a body.
///
/// # Errors
/// `Invalid` with every fault, at most [`Fault::LISTED_MAX`] of them.
pub fn read<T: Described>(raw: &[u8]) -> Result<T, Error> {
    let value: Value = parse(raw)?;
    let read = parse(raw);
    let mut against = Against { named: &SCHEMAS, faults: Vec::new(), more: 0 };
    against.check(against.named.get(T::SCHEMA).unwrap_or(&NONE), &value, "");
    // What no schema can say (a key that comes twice) `serde` has said.
    if against.faults.is_empty() { read } else { Err(Error::Invalid(against.listed())) }
}

/// A value held against its schema.
struct Against {
    named: &'static Map<String, Value>,
    /// At most [`Fault::LISTED_MAX`].
    faults: Vec<Fault>,
    /// How many more there are: a megabyte of input can have a million.
    more: usize,
}

impl Against {
    fn fault(&mut self, field: &str, code: &str, message: &str) {
        if self.faults.len() < Fault::LISTED_MAX {
            self.faults.push(Fault::new(field, code, message));
        } else {
            self.more += 1;
        }
    }

    fn listed(self) -> Vec<Fault> {
        Fault::listed(self.faults, self.more)
    }

    fn check(&mut self, schema: &'static Value, value: &Value, at: &str) {
        let Some(schema) = self.plain(schema, value) else { return };
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
            _ => return,
        };
        if !types.iter().any(|kind| is_a(kind, value)) {
            let wanted = types.iter().find(|kind| **kind != "null").copied().unwrap_or_default();
            let code = if value.is_null() { "required" } else { "wrong_type" };
            return self.fault(at, code, wanted_words(wanted));
        }
        match value {
            Value::Object(fields) => self.object(schema, fields, at),
            Value::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    self.check(&schema["items"], item, &format!("{at}[{index}]"));
                }
            }
            Value::String(text) => match schema["format"].as_str() {
                Some("date") if text.parse::<Date>().is_err() => self.fault(at, "bad_date", "a date such as 2025-08-10"),
                Some("date-time") if text.parse::<Timestamp>().is_err() => {
                    self.fault(at, "bad_time", "a time such as 2025-08-10T09:30:00Z")
                }
                _ => {}
            },
            _ => {}
        }
    }

    fn object(&mut self, schema: &'static Value, fields: &Map<String, Value>, at: &str) {
        let inside = |name: &str| {
            let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS_MAX).collect();
            if at.is_empty() { name } else { format!("{at}.{name}") }
        };
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !fields.contains_key(name) {
                self.fault(&inside(name), "required", "must be given");
            }
        }
        for (name, value) in fields {
            match schema["properties"].get(name) {
                Some(property) => self.check(property, value, &inside(name)),
                None if schema["additionalProperties"] == false => {
                    self.fault(&inside(name), "unknown_field", "is no field of this; leave it out")
                }
                None => self.check(&schema["additionalProperties"], value, &inside(name)),
            }
        }
    }

    /// Without references and alternatives: an optional object is "null or that".
    fn plain(&self, schema: &'static Value, value: &Value) -> Option<&'static Value> {
        let schema = match schema["$ref"].as_str() {
            Some(path) => self.named.get(path.rsplit('/').next()?)?,
            None => schema,
        };
        match schema["oneOf"].as_array() {
            Some(either) => {
                let branch = either.iter().find(|branch| (branch["type"] == "null") == value.is_null())?;
                self.plain(branch, value)
            }
            None => Some(schema),
        }
    }
}

fn is_a(kind: &str, value: &Value) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    }
}

fn wanted_words(kind: &str) -> &'static str {
    match kind {
        "string" => "must be text",
        "integer" => "must be a whole number that fits 64 bits",
        "number" => "must be a number",
        "boolean" => "must be true or false",
        "array" => "must be a list",
        _ => "must be an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes::imports::Import;
    use crate::view::NewOrder;
    use serde_json::json;

    #[track_caller]
    fn faults<T: Described>(body: &str) -> Vec<String> {
        match read::<T>(body.as_bytes()) {
            Err(Error::Invalid(faults)) => faults.iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect(),
            _ => panic!("{body}"),
        }
    }

    fn order() -> Value {
        json!({ "currency": "USD", "customer": { "name": "Ann" }, "items": [{ "sku": "MUG", "quantity": 2, "unit_price": "29.99" }] })
    }

    #[test]
    fn every_body_has_a_schema() {
        for name in DESCRIBED {
            assert_eq!(SCHEMAS.get(*name).map(|schema| &schema["type"]), Some(&json!("object")), "{name}");
        }
    }

    #[test]
    fn every_fault_has_its_place() {
        assert!(read::<NewOrder>(format!("\u{feff}{}", order()).as_bytes()).is_ok());
        let bad = json!({
            "currency": 7, "customer": { "name": null, "vip": true }, "shipping": 9.99, "placed_at": "yesterday", "eta": "2025-02-30", "paid": true,
            "items": [{ "quantity": "2", "unit_price": 29.99 }, 7, { "sku": "A", "quantity": 9_223_372_036_854_775_808u64, "unit_price": "1", "digital": "no" }]
        });
        let mut found = faults::<NewOrder>(&bad.to_string());
        found.sort();
        assert_eq!(
            found,
            [
                "currency wrong_type",
                "customer.name required",
                "customer.vip unknown_field",
                "eta bad_date",
                "items[0].quantity wrong_type",
                "items[0].sku required",
                "items[0].unit_price wrong_type",
                "items[1] wrong_type",
                "items[2].digital wrong_type",
                "items[2].quantity wrong_type",
                "paid unknown_field",
                "placed_at bad_time",
                "shipping wrong_type",
            ]
        );
        assert_eq!(faults::<NewOrder>("{}"), ["currency required", "customer required", "items required"]);
        for (body, code) in
            [("[]", " wrong_type"), ("null", " required"), ("\"x\"", " wrong_type"), ("", " bad_json"), ("{} {}", " bad_json")]
        {
            assert_eq!(faults::<NewOrder>(body), [code], "{body}");
        }
    }

    #[test]
    fn a_list_is_no_object() {
        let order = r#"["5001",null,"web","USD",["Ann"],null,[["MUG","Mug",1,"1"]]]"#;
        assert_eq!(faults::<NewOrder>(order), [" wrong_type"]);
        let inside = json!({ "currency": "USD", "customer": ["Ann"], "items": [["MUG", "Mug", 1, "1"]] });
        assert_eq!(faults::<NewOrder>(&inside.to_string()), ["customer wrong_type", "items[0] wrong_type"]);
    }

    #[test]
    fn rows_say_which_they_are() {
        let rows = json!([{ "status": "Shipped", "order": order() }, { "status": 1, "order": {}, "paid": true }, null]);
        let found = faults::<Import>(&json!({ "channel": "sheet", "vocabulary": "sheet", "rows": rows }).to_string());
        assert_eq!(
            found,
            [
                "rows[1].order.currency required",
                "rows[1].order.customer required",
                "rows[1].order.items required",
                "rows[1].paid unknown_field",
                "rows[1].status wrong_type",
                "rows[2] required"
            ]
        );
        let odd = json!({ "channel": "sheet", "vocabulary": "klingon", "rows": [] }).to_string();
        assert_eq!(faults::<Import>(&odd), ["vocabulary wrong_type"], "what the schema does not say");
    }

    #[test]
    fn a_key_that_comes_twice_is_refused_wherever_it_stands() {
        let good = order().to_string();
        for (once, twice, fault) in [
            ("{\"currency\":\"USD\"", "{\"currency\":\"EUR\",\"currency\":\"USD\"", "currency duplicate"),
            ("\"name\":\"Ann\"", "\"name\":\"Eve\",\"name\":\"Ann\"", "customer.name duplicate"),
            ("\"sku\":\"MUG\"", "\"sku\":\"MUG\",\"sku\":\"CUP\"", "items[0].sku duplicate"),
        ] {
            assert!(good.contains(once), "{good}");
            assert_eq!(faults::<NewOrder>(&good.replace(once, twice)), [fault]);
        }
    }

    #[test]
    fn the_answer_is_not_many_times_larger_than_the_question() {
        let many = json!({ "currency": "USD", "customer": { "name": "Ann" }, "items": vec![json!({}); 300_000] }).to_string();
        assert!(many.len() < BODY_BYTES_MAX);
        assert_eq!(faults::<NewOrder>(&many).len(), Fault::LISTED_MAX + 1);
        let name = "x".repeat(500_000);
        let Err(Error::Invalid(faults)) = read::<NewOrder>(json!({ name: 1 }).to_string().as_bytes()) else { panic!("accepted") };
        assert!(faults.iter().all(|fault| fault.field.len() <= NAME_CHARS_MAX && fault.message.len() < 100));
        for deep in ["[".repeat(100_000), "{\"items\":".repeat(10_000), format!("{{\"x\":{}}}", "[".repeat(400_000))] {
            assert_eq!(self::faults::<NewOrder>(&deep), [" bad_json"]);
        }
    }
}
