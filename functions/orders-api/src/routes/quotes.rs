//! What carriage would cost, before an order is placed.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use crate::view::ShippingQuote;
use app::Error;
use app::quotes::{Asked, ITEMS_MAX, Item};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::Sku;
use domain::order::Fault;
use jiff::civil::Date;
use runtime::http::{Caller, Origin};
use serde::Deserialize;
use std::sync::Arc;

/// So much of something.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuotedItem {
    /// Unit.
    #[cfg_attr(test, schema(example = "MUG"))]
    pub sku: String,
    /// Pieces.
    #[cfg_attr(test, schema(example = 3))]
    pub quantity: u32,
    /// Grams each; 500, if nobody says.
    pub weight_g: Option<u32>,
}

/// What would be sent, and where to.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuoteWanted {
    /// ISO 3166-1 alpha-2.
    #[cfg_attr(test, schema(example = "US"))]
    pub country: String,
    /// State or province, as its post writes it.
    #[cfg_attr(test, schema(example = "CA"))]
    pub region: Option<String>,
    /// 1 to 50 items.
    pub items: Vec<QuotedItem>,
    /// The day by which it has to be there, YYYY-MM-DD.
    pub by: Option<String>,
}

/// Says from where something would be sent, when it would leave and until when it has to be ordered for that, and what carriage costs by the shop's
/// price list: what a checkout shows. Nothing is asked of any carrier, and nothing is set aside.
#[cfg_attr(test, utoipa::path(post, path = "/v1/shipping-quotes", tag = "fulfilment", request_body = QuoteWanted,
    responses((status = 200, description = "The offers", body = ShippingQuote), (status = 422, description = "Every fault"))))]
pub async fn quote(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<QuoteWanted>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let mut faults = Vec::new();
    let mut items = Vec::new();
    for (at, item) in body.items.iter().enumerate().take(ITEMS_MAX + 1) {
        match Sku::parse(&item.sku) {
            Ok(sku) if item.quantity > 0 => items.push(Item { sku, quantity: item.quantity, weight_g: item.weight_g }),
            Ok(_) => faults.push(Fault::new(format!("items[{at}].quantity"), "out_of_range", "at least 1")),
            Err(why) => faults.push(Fault::new(format!("items[{at}].sku"), "bad_sku", why.to_string())),
        }
    }
    let by = body.by.as_deref().map(str::parse::<Date>).transpose();
    let by = by.map_err(|_| faults.push(Fault::new("by", "bad_date", "YYYY-MM-DD")));
    let (Ok(by), true) = (by, faults.is_empty()) else { return Err(Error::Invalid(faults).into()) };
    let asked = Asked { country: body.country, region: body.region, items, by };
    let quoted = desk.floor.quotes.quote(admitted.context(), &asked).await?;
    Ok(axum::Json(ShippingQuote::from(&quoted)).into_response())
}
