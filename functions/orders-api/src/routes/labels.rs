//! Labels of parcels, and asking carriers where parcels are.

use super::Answer;
use super::asked::Asked;
use super::orders::{fault, order_id, run};
use crate::desk::{Admitted, Desk};
use crate::view::{LabelLink, OrderTracking};
use app::Error;
use app::apply::Alongside;
use app::dispatch::{LINK_VALID_FOR, link};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::ids::FulfilmentId;
use domain::order::{Command, FulfilCommand, LabelCommand, LabelWish, Order};
use domain::shipping::weight::{Piece, parcel_g};
use domain::shipping::{CarrierName, ParcelSize, Service};
use runtime::http::{Caller, Origin, Segments};
use serde::Deserialize;
use std::sync::Arc;

/// Which label is wanted.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewLabel {
    /// "fedex", "ups", "usps" or "dhl"; the cheapest in time of those that the shop has an account with, if nobody says.
    #[cfg_attr(test, schema(example = "ups"))]
    pub carrier: Option<String>,
    /// "standard", "express" or "overnight"; fast enough for the promised day, if nobody says.
    #[cfg_attr(test, schema(example = "express"))]
    pub service: Option<String>,
    /// Grams, with its packaging; 500 a piece and 200 for the box, if nobody has weighed it.
    pub weight_g: Option<u32>,
    /// The outside of it.
    pub size: Option<LabelSize>,
    /// Also if it has one, which is then given back.
    #[serde(default)]
    pub again: bool,
}

/// The outside of a parcel, in millimetres.
#[derive(Debug, Clone, Copy, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LabelSize {
    /// Length.
    pub length_mm: u32,
    /// Width.
    pub width_mm: u32,
    /// Height.
    pub height_mm: u32,
}

/// Has a label bought for a packed parcel. A second call is the same label, unless another one is asked `again`.
///
/// The carrier is asked right after the answer. The tracking shows what becomes of it, and `GET` on the same address where to print it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/fulfilments/{fulfilment}/labels", tag = "fulfilment", request_body = NewLabel,
    params(("id" = String, Path, description = "Order number"), ("fulfilment" = String, Path, description = "Its name within the order"),
           ("If-Match" = Option<String>, Header, description = "Only if the order still has this version"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours: sending the same again asks for no other label")),
    responses((status = 202, description = "It is being bought, or was", body = OrderTracking), (status = 404, description = "No such order or fulfilment"), (status = 409, description = "It is not packed, has failed its check, or the order has no shipping address"), (status = 422, description = "Every fault, or the key was used for something else"))))]
pub async fn create(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, fulfilment)): Segments<(String, String)>,
    request: Request,
) -> Answer<Response> {
    let what = format!("fulfilments/{fulfilment}/labels");
    let (asked, body): (Asked, NewLabel) = Asked::read(&desk, (caller, origin), (&id, &what), request).await?;
    let order = &asked.order;
    let part = part_of(order, &fulfilment)?;
    if asked.is_done(&desk).await? {
        return Ok((StatusCode::ACCEPTED, axum::Json(OrderTracking::of(order))).into_response());
    }
    let tenant = asked.admitted.scope.tenant().clone();
    let command = LabelCommand::Ask { wish: wish(order, &part, &body)?, tenant, again: body.again };
    let applied = asked.run(&desk, &Command::Fulfil(FulfilCommand::Label { id: part, command })).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(OrderTracking::of(&applied.order))).into_response())
}

/// Shows the latest label of a parcel, with a link to print it that works for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/fulfilments/{fulfilment}/labels", tag = "fulfilment",
    params(("id" = String, Path, description = "Order number"), ("fulfilment" = String, Path, description = "Its name within the order")),
    responses((status = 200, description = "It; without a link as long as it is not bought", body = LabelLink), (status = 404, description = "No such order or fulfilment, or no label was asked for"))))]
pub async fn read(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, fulfilment)): Segments<(String, String)>,
) -> Answer<Response> {
    // It names the customer and where they live.
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let (order, part) = found(&desk, &admitted, (&id, &fulfilment)).await?;
    let label = order.consignment(&part).and_then(|one| one.label()).ok_or(Error::NotFound("label"))?;
    let url = link(&*desk.reports, &admitted.scope, &order.id, label).await?;
    Ok(axum::Json(LabelLink::of(label, url, desk.clock.now() + LINK_VALID_FOR)).into_response())
}

/// Asks the carrier now where a parcel is; without it that is done by the clock.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/fulfilments/{fulfilment}/track", tag = "fulfilment",
    params(("id" = String, Path, description = "Order number"), ("fulfilment" = String, Path, description = "Its name within the order")),
    responses((status = 202, description = "The carrier is asked right after this answer", body = OrderTracking), (status = 404, description = "No such order or fulfilment"), (status = 409, description = "It goes by nobody that the shop has an account with"))))]
pub async fn track(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, fulfilment)): Segments<(String, String)>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let (order, part) = found(&desk, &admitted, (&id, &fulfilment)).await?;
    let command = Command::Fulfil(FulfilCommand::Poll { id: part });
    let applied = run(&desk, &admitted, &order.id, &command, Alongside::default()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(OrderTracking::of(&applied.order))).into_response())
}

async fn found(desk: &Desk, admitted: &Admitted, (id, fulfilment): (&str, &str)) -> Result<(Order, FulfilmentId), Error> {
    let order = desk.orders.load(&admitted.scope, &order_id(id)?).await?.ok_or(Error::NotFound("order"))?;
    let part = part_of(&order, fulfilment)?;
    Ok((order, part))
}

fn part_of(order: &Order, name: &str) -> Result<FulfilmentId, Error> {
    let part = FulfilmentId::parse(name).ok().filter(|part| order.consignment(part).is_some());
    part.ok_or(Error::NotFound("fulfilment"))
}

fn wish(order: &Order, part: &FulfilmentId, body: &NewLabel) -> Result<LabelWish, Error> {
    let carrier =
        |word: &str| CarrierName::from_word(word).ok_or_else(|| fault("carrier", "unknown_carrier", "one of: fedex, ups, usps, dhl"));
    let service =
        |word: &str| Service::from_word(word).ok_or_else(|| fault("service", "unknown_service", "one of: standard, express, overnight"));
    let weight_g = match body.weight_g {
        Some(grams) => grams,
        None => {
            let parts = order.consignment(part).into_iter().flat_map(|one| &one.work.parts);
            let pieces: Vec<Piece> = parts.map(|part| Piece { quantity: part.quantity, weight_g: None }).collect();
            parcel_g(&pieces).map_err(|why| fault("weight_g", "required", why.to_string()))?
        }
    };
    let size = body.size.map(|size| ParcelSize { length_mm: size.length_mm, width_mm: size.width_mm, height_mm: size.height_mm });
    if let Some(Err(why)) = size.map(|size| size.dimensional_g(domain::shipping::weight::CM3_PER_KG)) {
        return Err(fault("size", "bad_size", why.to_string()));
    }
    Ok(LabelWish {
        carrier: body.carrier.as_deref().map(carrier).transpose()?,
        service: body.service.as_deref().map(service).transpose()?,
        weight_g,
        size,
    })
}
