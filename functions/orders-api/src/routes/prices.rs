//! What things cost, and what would be better.

use super::Answer;
use super::orders::{fault, if_match, page_size, tagged};
use crate::body::Json;
use crate::desk::Desk;
use crate::view::{PriceList, PriceView};
use app::Error;
use app::prices::{LISTED_MAX, PriceDecision};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::ids::Sku;
use domain::money::{Currency, Money};
use domain::order::Fault;
use domain::price::{LIST_MAX, Listed, Said};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Params, Segments};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Which prices.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PriceParams {
    /// "proposed" (default): those with another price that waits to be decided; "settled": the others.
    pub state: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// What one thing costs.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListedPrice {
    /// Unit.
    #[cfg_attr(test, schema(example = "MUG"))]
    pub sku: String,
    /// What you list it at, in major units.
    #[cfg_attr(test, schema(example = "29.99"))]
    pub list: String,
    /// What it costs you; nothing below is proposed. Left out, what is known stays; null takes it away.
    #[serde(default, deserialize_with = "named")]
    #[cfg_attr(test, schema(value_type = Option<String>, example = "14.50"))]
    pub cost: Named,
    /// What others ask for it. Left out, what is known stays; null takes it away.
    #[serde(default, deserialize_with = "named")]
    #[cfg_attr(test, schema(value_type = Option<String>, example = "31.90"))]
    pub market: Named,
}

/// A field that may be left out, and may be null, which is something else.
#[derive(Debug, Default)]
pub enum Named {
    /// It is left out.
    #[default]
    No,
    /// It is null, or it is this.
    As(Option<String>),
}

fn named<'de, D: Deserializer<'de>>(field: D) -> Result<Named, D::Error> {
    Option::deserialize(field).map(Named::As)
}

/// What things cost.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ListedPrices {
    /// ISO 4217.
    #[cfg_attr(test, schema(example = "EUR"))]
    pub currency: String,
    /// 1 to 100, each SKU once.
    pub prices: Vec<ListedPrice>,
}

fn unit(text: &str) -> Result<Sku, Error> {
    Sku::parse(text).map_err(|_| Error::NotFound("price"))
}

fn sums(prices: &[ListedPrice], currency: Currency, faults: &mut Vec<Fault>) -> Vec<(Sku, Listed)> {
    if !(1..=LISTED_MAX).contains(&prices.len()) {
        faults.push(Fault::new("prices", "out_of_range", format!("1 to {LISTED_MAX} prices")));
    }
    let mut seen = BTreeSet::new();
    let mut read = Vec::new();
    for (at, price) in prices.iter().enumerate().take(LISTED_MAX) {
        let mut sum = |name: &str, text: &str, least: i64| {
            let parsed = Money::parse(text, currency).ok().filter(|money| (least..=LIST_MAX).contains(&money.minor));
            if parsed.is_none() {
                let rule = format!("an amount in {currency} such as 29.99, {} 0", if least > 0 { "above" } else { "at least" });
                faults.push(Fault::new(format!("prices[{at}].{name}"), "bad_amount", rule));
            }
            parsed
        };
        let list = sum("list", &price.list, 1);
        let mut said = |name: &str, named: &Named, least: i64| match named {
            Named::No => Said::Unsaid,
            Named::As(None) => Said::Nothing,
            Named::As(Some(text)) => sum(name, text, least).map_or(Said::Unsaid, Said::Amount),
        };
        let (cost, market) = (said("cost", &price.cost, 0), said("market", &price.market, 1));
        match Sku::parse(&price.sku) {
            Err(why) => faults.push(Fault::new(format!("prices[{at}].sku"), "bad_sku", why.to_string())),
            Ok(sku) if !seen.insert(sku.clone()) => {
                faults.push(Fault::new(format!("prices[{at}].sku"), "duplicate", "each SKU once"));
            }
            Ok(sku) => {
                if let Some(list) = list {
                    read.push((sku, Listed { list, cost, market }));
                }
            }
        }
    }
    read
}

/// Lists prices, by SKU.
#[cfg_attr(test, utoipa::path(get, path = "/v1/prices", tag = "prices", params(PriceParams),
    responses((status = 200, description = "A page", body = PriceList), (status = 422, description = "A bad state, limit or cursor"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<PriceParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (waiting, purpose) = match params.state.as_deref() {
        None | Some("proposed") => (true, "prices-proposed"),
        Some("settled") => (false, "prices-settled"),
        Some(_) => return Err(fault("state", "unknown_state", "proposed or settled").into()),
    };
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, purpose, params.cursor.as_deref())?;
    let page = desk.prices.page(&admitted.scope, waiting, after.as_ref(), limit).await?;
    let next_cursor = desk.cursors.next(&admitted.scope, purpose, page.next.as_ref())?;
    Ok(axum::Json(PriceList { prices: page.tags.iter().map(PriceView::from).collect(), next_cursor }).into_response())
}

/// Says what things cost: what you list them at, what they cost you, what others ask. Another list price is what it is offered for from now on; the same
/// one leaves an accepted price as it is, and what waits is looked at anew if anything changes. Each is stored by itself; the same again changes nothing.
#[cfg_attr(test, utoipa::path(put, path = "/v1/prices", tag = "prices", request_body = ListedPrices,
    responses((status = 200, description = "As they are now", body = PriceList), (status = 422, description = "Every fault; nothing is stored"))))]
pub async fn write(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<ListedPrices>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let mut faults = Vec::new();
    let Ok(currency) = Currency::parse(&body.currency) else {
        return Err(fault("currency", "unknown_currency", "three letters such as EUR").into());
    };
    let listed = sums(&body.prices, currency, &mut faults);
    if !faults.is_empty() {
        return Err(Error::Invalid(faults).into());
    }
    let mut prices = Vec::new();
    for (sku, listed) in listed {
        prices.push(PriceView::from(&desk.prices.list(admitted.context(), &sku, listed).await?));
    }
    Ok(axum::Json(PriceList { prices, next_cursor: None }).into_response())
}

/// Has every price looked at now, instead of tomorrow morning: what is proposed then stands in the list.
#[cfg_attr(test, utoipa::path(post, path = "/v1/price-proposals", tag = "prices",
    responses((status = 202, description = "Queued; look at the list in a moment"), (status = 422, description = "pricing.enabled is off"), (status = 429, description = "At most two a minute"))))]
pub async fn look(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    desk.wishes.prices(&admitted.scope, &admitted.config, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Reads what one thing costs.
#[cfg_attr(test, utoipa::path(get, path = "/v1/prices/{sku}", tag = "prices", params(("sku" = String, Path, description = "Unit")),
    responses((status = 200, description = "Its price", body = PriceView), (status = 404, description = "No price is known of it"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(sku): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    Ok(shown(&desk.prices.load(&admitted.scope, &unit(&sku)?).await?))
}

fn shown(tag: &domain::price::PriceTag) -> Response {
    tagged(tag.version, axum::Json(PriceView::from(tag)))
}

async fn decided(desk: &Desk, (caller, origin): (Caller, Origin), sku: &str, headers: &HeaderMap, what: PriceDecision) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let (sku, seen) = (unit(sku)?, if_match(headers)?);
    Ok(shown(&desk.prices.decide(admitted.context(), &sku, seen, what).await?))
}

/// Accepts what is proposed: it is offered for that from now on. What was ordered keeps its price.
#[cfg_attr(test, utoipa::path(post, path = "/v1/prices/{sku}/accept", tag = "prices",
    params(("sku" = String, Path, description = "Unit"), ("If-Match" = Option<String>, Header, description = "Only if it is the version you read")),
    responses((status = 200, description = "As it is now", body = PriceView), (status = 404, description = "No price is known of it"), (status = 409, description = "It has changed"), (status = 422, description = "Nothing is proposed, or it was under other rules than those of now"))))]
pub async fn accept(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(sku): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    decided(&desk, (caller, origin), &sku, &headers, PriceDecision::Accept).await
}

/// Turns down what is proposed. The same price is not proposed again for a week.
#[cfg_attr(test, utoipa::path(post, path = "/v1/prices/{sku}/dismiss", tag = "prices",
    params(("sku" = String, Path, description = "Unit"), ("If-Match" = Option<String>, Header, description = "Only if it is the version you read")),
    responses((status = 200, description = "As it is now", body = PriceView), (status = 404, description = "No price is known of it"), (status = 409, description = "It has changed"), (status = 422, description = "Nothing is proposed"))))]
pub async fn dismiss(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(sku): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    decided(&desk, (caller, origin), &sku, &headers, PriceDecision::Dismiss).await
}
