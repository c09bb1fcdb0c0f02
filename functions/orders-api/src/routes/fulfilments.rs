//! What of an order is sent together: work on it, handing it over, and where it is.

use super::Answer;
use super::asked::Asked;
use super::lines::{LineItem, shares};
use super::orders::{fault, if_match, order_id, run};
use crate::body::Json;
use crate::desk::Desk;
use crate::view::OrderTracking;
use app::Error;
use app::apply::Alongside;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::ids::{FulfilmentId, LocationId};
use domain::order::placement::limits;
use domain::order::{Begins, Carriage, Command, FulfilCommand, Order};
use domain::shipping::fulfilment::{Ask, Step};
use runtime::http::{Caller, Origin, Segments};
use serde::Deserialize;
use std::sync::Arc;

/// What is to be sent together.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewFulfilment {
    /// Which lines, and how many of each; everything that is open if it is not given.
    pub items: Option<Vec<LineItem>>,
    /// From where; where it was set aside, if that is one place, else "main".
    #[cfg_attr(test, schema(example = "ny"))]
    pub warehouse: Option<String>,
    /// By whom it goes, with its number.
    #[cfg_attr(test, schema(example = "UPS"))]
    pub carrier: Option<String>,
    /// The carrier's number of the parcel.
    #[cfg_attr(test, schema(example = "1Z999AA10123456784"))]
    pub tracking_number: Option<String>,
    /// It has left. Default true; false begins work on it.
    pub shipped: Option<bool>,
    /// It is packed and has not left: a label can be bought for it.
    pub packed: Option<bool>,
    /// Whether the customer is told if that moves the order. Default true.
    pub notify_customer: Option<bool>,
}

/// Sends all or a part of an order, or begins work on it. What is sent twice is refused; what moves the order moves it in the same step.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/fulfill", tag = "fulfilment", request_body = NewFulfilment,
    params(("id" = String, Path, description = "Order number"), ("If-Match" = Option<String>, Header, description = "Only if the order still has this version"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours: sending the same again sends no second parcel")),
    responses((status = 201, description = "What is sent, and what is still open", body = OrderTracking), (status = 404, description = "No such order"), (status = 409, description = "Nothing is open, more than is open, or it is not worked on"), (status = 422, description = "Every fault, or the key was used for something else"))))]
pub async fn create(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let (asked, body): (Asked, NewFulfilment) = Asked::read(&desk, (caller, origin), (&id, "fulfill"), request).await?;
    if asked.is_done(&desk).await? {
        return Ok(shown(&asked.order, StatusCode::CREATED));
    }
    let config = &asked.admitted.config;
    let from =
        body.warehouse.as_deref().map(LocationId::parse).transpose().map_err(|why| fault("warehouse", "bad_location", why.to_string()))?;
    let begins = match (body.packed.unwrap_or(false), body.shipped) {
        (true, Some(true)) => {
            return Err(fault("packed", "contradiction", "what has left is packed: send one of packed and shipped").into());
        }
        (true, _) => Begins::Packed,
        (false, Some(false)) => Begins::ToPick,
        (false, _) => Begins::Left,
    };
    let (carriage, followed) = config.shipping.follow(carriage(body.carrier, body.tracking_number)?);
    let command = FulfilCommand::Open {
        ask: ask(&asked.order, body.items.as_deref())?,
        from,
        carriage,
        followed,
        begins,
        checked_bps: config.workflow.checked_bps,
        notify: body.notify_customer.unwrap_or(true),
    };
    let applied = asked.run(&desk, &Command::Fulfil(command)).await?;
    Ok(shown(&applied.order, StatusCode::CREATED))
}

/// What was done to a part of an order.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FulfilmentStep {
    /// "allocate", "start_picking", "scan", "pack", "check", "repack", "pick_again", "label", "hand_over", "deliver", "take_back", "fail", "retry" or "cancel".
    #[cfg_attr(test, schema(example = "scan"))]
    pub step: String,
    /// Of "scan": the line's place in the order.
    pub line: Option<usize>,
    /// Of "scan": how many. Default 1.
    pub quantity: Option<u32>,
    /// Of "check": it is good.
    pub good: Option<bool>,
    /// By whom it goes, with its number.
    pub carrier: Option<String>,
    /// The carrier's number of the parcel.
    pub tracking_number: Option<String>,
    /// Whether the customer is told if that moves the order. Default true.
    pub notify_customer: Option<bool>,
}

/// Goes a step with a part of an order: picked piece by piece, packed, checked, labelled, handed over.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/fulfilments/{fulfilment}", tag = "fulfilment", request_body = FulfilmentStep,
    params(("id" = String, Path, description = "Order number"), ("fulfilment" = String, Path, description = "Its name within the order")),
    responses((status = 200, description = "What is sent, and what is still open", body = OrderTracking), (status = 404, description = "No such order or fulfilment"), (status = 409, description = "Not from where it stands; the detail says what is possible"), (status = 422, description = "Every fault"))))]
pub async fn step(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, fulfilment)): Segments<(String, String)>,
    headers: HeaderMap,
    Json(body): Json<FulfilmentStep>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let id = order_id(&id)?;
    let part = FulfilmentId::parse(&fulfilment).map_err(|_| Error::NotFound("fulfilment"))?;
    let step = match body.step.as_str() {
        "scan" => Step::Scan {
            line: body.line.ok_or_else(|| fault("line", "required", "the line's place in the order, from 0"))?,
            quantity: body.quantity.unwrap_or(1),
        },
        "check" => Step::Check { good: body.good.ok_or_else(|| fault("good", "required", "true or false"))? },
        word => Step::PLAIN.into_iter().find(|step| step.word() == word).ok_or_else(|| {
            let words: Vec<&str> = Step::PLAIN.iter().map(|step| step.word()).collect();
            fault("step", "unknown_step", format!("one of: scan, check, {}", words.join(", ")))
        })?,
    };
    let (carriage, followed) = admitted.config.shipping.follow(carriage(body.carrier, body.tracking_number)?);
    let command = FulfilCommand::Step { id: part, step, carriage, followed, notify: body.notify_customer.unwrap_or(true) };
    let with = Alongside { if_version: if_match(&headers)?, ..Alongside::default() };
    let applied = run(&desk, &admitted, &id, &Command::Fulfil(command), with).await?;
    Ok(shown(&applied.order, StatusCode::OK))
}

/// Shows where an order's parcels are.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/tracking", tag = "fulfilment", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "Its parcels", body = OrderTracking), (status = 404, description = "No such order"))))]
pub async fn tracking(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let order = desk.orders.load(&admitted.scope, &order_id(&id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    Ok(shown(&order, StatusCode::OK))
}

fn carriage(carrier: Option<String>, number: Option<String>) -> Result<Option<Carriage>, Error> {
    match (carrier, number) {
        (None, None) => Ok(None),
        (Some(carrier), Some(number)) => match Carriage::parse(&carrier, &number) {
            Some(carriage) => Ok(Some(carriage)),
            None => Err(fault("tracking_number", "bad_number", "a carrier of 1 to 40 characters and a number of 1 to 64")),
        },
        (Some(_), None) => Err(fault("tracking_number", "required", "a carrier comes with its number of the parcel")),
        (None, Some(_)) => Err(fault("carrier", "required", "a number comes with its carrier")),
    }
}

fn ask(order: &Order, items: Option<&[LineItem]>) -> Result<Ask, Error> {
    let Some(items) = items else { return Ok(Ask::Everything) };
    shares(order, items, limits::LINES_MAX, ", or none at all for everything").map(Ask::Parts)
}

fn shown(order: &Order, status: StatusCode) -> Response {
    (status, axum::Json(OrderTracking::of(order))).into_response()
}
