//! The body of a webhook: what the subscription in docs/saleor.md asks for. Saleor sends the fields of the event itself, or, for a
//! subscription of one kind of event, `{"data": {"orderCreated": {...}}}`.

use super::order::Node;
use crate::commerce::{BadOrder, CommerceOrder};
use crate::loose::unreadable;
use domain::order::Fault;
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::BTreeMap;

/// Longest name of an event that is kept, in characters.
const KIND_CHARS_MAX: usize = 64;

/// What a webhook tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// How an order stands.
    Order(Box<CommerceOrder>),
    /// Something that no order here follows from, by its name: products, stock, customers.
    Else(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Event {
    #[serde(rename = "__typename")]
    kind: Option<String>,
    order: Option<Node>,
    product: Option<IgnoredAny>,
    product_variant: Option<IgnoredAny>,
    data: Option<BTreeMap<String, Option<Inner>>>,
    errors: Option<Vec<IgnoredAny>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Inner {
    order: Option<Node>,
}

fn whole(code: &str, why: impl Into<String>) -> BadOrder {
    BadOrder { id: None, number: None, updated_at: None, faults: vec![Fault::new("", code, why)] }
}

/// Reads a webhook's body. All the faults at once.
///
/// # Errors
/// What is wrong with it, for whoever has written the subscription.
pub fn read(body: &[u8]) -> Result<Told, BadOrder> {
    let text = std::str::from_utf8(body).map_err(|_| whole("bad_json", "the body must be one JSON object: it is not UTF-8"))?;
    // What reads objects would also read a list, field by field.
    if !text.trim_start().starts_with('{') {
        return Err(whole("bad_json", "the body must be one JSON object"));
    }
    let event: Event =
        serde_json::from_str(text).map_err(|why| whole("bad_json", format!("the body must be one JSON object: {}", unreadable(&why))))?;
    if event.errors.is_some_and(|errors| !errors.is_empty()) {
        let hint = "Saleor could not fill all fields of the payload: give the app the permission MANAGE_ORDERS";
        return Err(whole("incomplete", hint));
    }
    let (name, node) = match event.data {
        Some(data) => {
            let mut fields = data.into_iter();
            let (name, inner) = fields.next().unwrap_or_default();
            (Some(name), inner.and_then(|inner| inner.order))
        }
        None => (event.kind, event.order),
    };
    if let Some(node) = node {
        return Ok(Told::Order(Box::new(node.read()?)));
    }
    let is_product = event.product.is_some() || event.product_variant.is_some();
    let kind = name.or_else(|| is_product.then(|| "product".to_owned())).unwrap_or_default();
    let is_of_an_order = ["order", "fulfillment", "draftorder"].iter().any(|begins| kind.to_lowercase().starts_with(begins));
    if kind.is_empty() || is_of_an_order {
        let faults = vec![Fault::new("order", "required", "use the subscription of docs/saleor.md")];
        return Err(BadOrder { id: None, number: None, updated_at: None, faults });
    }
    Ok(Told::Else(kind.chars().filter(char::is_ascii_alphanumeric).take(KIND_CHARS_MAX).collect()))
}
