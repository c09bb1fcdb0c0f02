//! A shop whose orders come from Shopify: its webhooks ([`door`]), what they say of an order ([`order`]), and what its customers wish to become of
//! their data ([`wish`]). How an order of theirs becomes one of ours is [`crate::commerce`]'s.

pub mod door;
pub mod order;
pub mod wish;

pub use order::Node;
pub use wish::{Wish, WishKind};

use crate::commerce::{BadOrder, CommerceOrder};
use crate::loose::{Loose, unreadable};
use domain::order::Fault;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// What Shopify calls its orders everywhere.
const ORDER_NAME: &str = "gid://shopify/Order/";

/// What a webhook tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// How an order stands.
    Order(Box<CommerceOrder>),
    /// An order that was placed to try the shop out.
    TestOrder,
    /// What is to become of somebody's data, and of which shop's.
    Wish(Wish, Option<String>),
    /// Something that no order here follows from.
    Else,
}

/// By what a body holds, not by the topic in its header: the header is not signed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Shape {
    admin_graphql_api_id: Option<Loose>,
    test: Option<bool>,
    shop_domain: Option<String>,
    shop_id: Option<IgnoredAny>,
    customer: Option<IgnoredAny>,
    data_request: Option<IgnoredAny>,
    orders_requested: Option<Vec<Option<Loose>>>,
    orders_to_redact: Option<Vec<Option<Loose>>>,
}

fn whole(why: impl Into<String>) -> BadOrder {
    let faults = vec![Fault::new("", "bad_json", format!("the body must be one JSON object: {}", why.into()))];
    BadOrder { id: None, number: None, updated_at: None, faults }
}

fn text(body: &[u8]) -> Result<&str, BadOrder> {
    std::str::from_utf8(body).map_err(|_| whole("it is not UTF-8"))
}

/// Reads a webhook's body. All the faults at once.
///
/// # Errors
/// What is wrong with it.
pub fn read(body: &[u8]) -> Result<Told, BadOrder> {
    let text = text(body)?;
    // What reads objects would also read a list, field by field.
    if !text.trim_start().starts_with('{') {
        return Err(whole("it is none"));
    }
    let shape: Shape = serde_json::from_str(text).map_err(|why| whole(unreadable(&why)))?;
    let name = Loose::text(&shape.admin_graphql_api_id).ok().flatten();
    if name.is_some_and(|name| name.starts_with(ORDER_NAME)) {
        if shape.test == Some(true) {
            return Ok(Told::TestOrder);
        }
        return read_order(body).map(Told::Order);
    }
    let kind = match &shape {
        Shape { data_request: Some(_), .. } | Shape { orders_requested: Some(_), .. } => Some(WishKind::DataRequest),
        Shape { orders_to_redact: Some(_), .. } => Some(WishKind::CustomerRedact),
        Shape { shop_id: Some(_), shop_domain: Some(_), customer: None, .. } => Some(WishKind::ShopRedact),
        _ => None,
    };
    let Some(kind) = kind else { return Ok(Told::Else) };
    let listed = shape.orders_to_redact.or(shape.orders_requested).unwrap_or_default();
    let orders = listed.iter().filter_map(|id| Loose::text(id).ok().flatten()).collect();
    Ok(Told::Wish(Wish { privacy: kind, orders }, shape.shop_domain))
}

/// Reads an order, also one that was placed to try the shop out.
///
/// # Errors
/// What is wrong with it.
pub fn read_order(body: &[u8]) -> Result<Box<CommerceOrder>, BadOrder> {
    let node: Node = serde_json::from_str(text(body)?).map_err(|why| whole(unreadable(&why)))?;
    node.read().map(Box::new)
}
