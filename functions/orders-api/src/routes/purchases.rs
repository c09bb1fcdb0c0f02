//! Orders with suppliers.

use super::Answer;
use super::orders::{fault, if_match, page_size, tagged};
use crate::body::{self, Json};
use crate::desk::Desk;
use crate::view::{PurchaseList, PurchaseView};
use app::Error;
use app::stock::NewPurchase;
use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::ids::{EventId, LocationId, PurchaseId, Sku};
use domain::order::Fault;
use domain::stock::purchase::{PurchaseCommand, PurchaseOrder};
use lambda_http::http::StatusCode;
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Params, Segments, raw_body};
use serde::Deserialize;
use std::sync::Arc;

/// Which purchase orders.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct PurchaseParams {
    /// "open" (default): drafts and those on their way; "closed": received and cancelled ones.
    pub state: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// So much of something.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct QuantityOf {
    /// Unit.
    #[cfg_attr(test, schema(example = "MUG"))]
    pub sku: String,
    /// Pieces.
    #[cfg_attr(test, schema(example = 95))]
    pub quantity: u32,
}

/// A purchase order to be drafted.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewPurchaseOrder {
    /// Your number of it. The same one twice is one purchase order.
    #[cfg_attr(test, schema(example = "PO-2026-0117"))]
    pub id: String,
    /// Where the goods are to come.
    #[cfg_attr(test, schema(example = "main"))]
    pub location: String,
    /// With whom.
    pub supplier: Option<String>,
    /// How much of what: 1 to 25 lines, each SKU once.
    pub lines: Vec<QuantityOf>,
}

/// How much of what a draft is to order.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct DraftLines {
    /// Lines that change, or are new; 0 pieces removes one. Others stay.
    pub lines: Vec<QuantityOf>,
}

/// A delivery.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct GoodsReceipt {
    /// The delivery note. The same one twice is booked once.
    #[cfg_attr(test, schema(example = "dn-4711"))]
    pub reference: String,
    /// How much of what has come; nothing, if nothing more will.
    pub lines: Vec<QuantityOf>,
    /// Nothing more will come: what is missing is not on its way any longer.
    #[serde(default)]
    pub last: bool,
}

fn shown(order: &PurchaseOrder) -> Response {
    tagged(order.version, axum::Json(PurchaseView::from(order)))
}

fn number(text: &str) -> Result<PurchaseId, Error> {
    PurchaseId::parse(text).map_err(|_| Error::NotFound("purchase order"))
}

/// At least so many lines.
fn lines(lines: &[QuantityOf], least: usize, faults: &mut Vec<Fault>) -> Vec<(Sku, u32)> {
    let mut read = Vec::new();
    for (at, line) in lines.iter().enumerate().take(PurchaseOrder::LINES_MAX + 1) {
        match Sku::parse(&line.sku) {
            Ok(sku) => read.push((sku, line.quantity)),
            Err(why) => faults.push(Fault::new(format!("lines[{at}].sku"), "bad_sku", why.to_string())),
        }
    }
    if !(least..=PurchaseOrder::LINES_MAX).contains(&lines.len()) {
        faults.push(Fault::new("lines", "out_of_range", format!("{least} to {} lines", PurchaseOrder::LINES_MAX)));
    }
    read
}

fn sound<T>(value: T, faults: Vec<Fault>) -> Result<T, Error> {
    if faults.is_empty() { Ok(value) } else { Err(Error::Invalid(faults)) }
}

/// Lists orders with suppliers.
#[cfg_attr(test, utoipa::path(get, path = "/v1/purchase-orders", tag = "inventory", params(PurchaseParams),
    responses((status = 200, description = "A page", body = PurchaseList), (status = 422, description = "A bad state, limit or cursor"))))]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<PurchaseParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (open, purpose) = match params.state.as_deref() {
        None | Some("open") => (true, "purchases-open"),
        Some("closed") => (false, "purchases-closed"),
        Some(_) => return Err(fault("state", "unknown_state", "open or closed").into()),
    };
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, purpose, params.cursor.as_deref())?;
    let page = desk.purchases.page(&admitted.scope, open, after.as_ref(), limit).await?;
    let next_cursor = desk.cursors.next(&admitted.scope, purpose, page.next.as_ref())?;
    Ok(axum::Json(PurchaseList { purchase_orders: page.orders.iter().map(PurchaseView::from).collect(), next_cursor }).into_response())
}

/// Drafts an order with a supplier. What it orders counts as on its way from now on, so that the shop's rule does not order it again.
#[cfg_attr(test, utoipa::path(post, path = "/v1/purchase-orders", tag = "inventory", request_body = NewPurchaseOrder,
    responses((status = 201, description = "The draft", body = PurchaseView), (status = 422, description = "Every fault; or another one has this number"))))]
pub async fn create(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<NewPurchaseOrder>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let mut faults = Vec::new();
    let id = PurchaseId::parse(&body.id).map_err(|why| faults.push(Fault::new("id", "bad_id", why.to_string())));
    let place = LocationId::parse(&body.location);
    let place = place.map_err(|why| faults.push(Fault::new("location", "bad_location", why.to_string())));
    let lines = lines(&body.lines, 1, &mut faults);
    let (Ok(id), Ok(location)) = (id, place) else { return Err(Error::Invalid(faults).into()) };
    let wanted = sound(NewPurchase { id, location, supplier: body.supplier, lines }, faults)?;
    let made = desk.purchases.make(admitted.context(), wanted).await?;
    Ok((StatusCode::CREATED, shown(&made)).into_response())
}

/// Reads one.
#[cfg_attr(test, utoipa::path(get, path = "/v1/purchase-orders/{id}", tag = "inventory", params(("id" = String, Path, description = "The shop's number of it")),
    responses((status = 200, description = "The purchase order", body = PurchaseView), (status = 404, description = "No such purchase order"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    Ok(shown(&desk.purchases.load(&admitted.scope, &number(&id)?).await?))
}

/// Changes what a draft orders.
#[cfg_attr(test, utoipa::path(post, path = "/v1/purchase-orders/{id}/lines", tag = "inventory", request_body = DraftLines,
    params(("id" = String, Path, description = "The shop's number of it"), ("If-Match" = Option<String>, Header, description = "Only if it is the version you read")),
    responses((status = 200, description = "The draft", body = PurchaseView), (status = 409, description = "It is no draft any more, or has changed"), (status = 422, description = "Every fault"))))]
pub async fn change(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let seen = if_match(request.headers())?;
    let body: DraftLines = body::read(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let mut faults = Vec::new();
    let lines = lines(&body.lines, 1, &mut faults);
    let command = PurchaseCommand::Set(sound(lines, faults)?);
    Ok(shown(&desk.purchases.settle(admitted.context(), &number(&id)?, seen, &command).await?))
}

/// What is decided about one.
enum Decision {
    Approve,
    Cancel,
}

async fn decided(desk: &Desk, (caller, origin): (Caller, Origin), id: &str, headers: &HeaderMap, what: Decision) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let (id, seen) = (number(id)?, if_match(headers)?);
    let order = match what {
        Decision::Approve => desk.purchases.approve(admitted.context(), &id, seen).await?,
        Decision::Cancel => desk.purchases.cancel(admitted.context(), &id, seen).await?,
    };
    Ok(shown(&order))
}

/// Approves a draft: it is ordered, and expected after the shop's usual time. Sending it to the supplier is yours.
#[cfg_attr(test, utoipa::path(post, path = "/v1/purchase-orders/{id}/approve", tag = "inventory",
    params(("id" = String, Path, description = "The shop's number of it"), ("If-Match" = Option<String>, Header, description = "Only if it is the version you read")),
    responses((status = 200, description = "It is ordered", body = PurchaseView), (status = 409, description = "It is no draft, orders nothing, or has changed"))))]
pub async fn approve(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    decided(&desk, (caller, origin), &id, &headers, Decision::Approve).await
}

/// Calls one off. What has come stays; what has not is not on its way any longer.
#[cfg_attr(test, utoipa::path(post, path = "/v1/purchase-orders/{id}/cancel", tag = "inventory",
    params(("id" = String, Path, description = "The shop's number of it"), ("If-Match" = Option<String>, Header, description = "Only if it is the version you read")),
    responses((status = 200, description = "It is cancelled", body = PurchaseView), (status = 409, description = "It was received, or has changed"))))]
pub async fn cancel(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    decided(&desk, (caller, origin), &id, &headers, Decision::Cancel).await
}

/// Books a delivery: what has come is free to promise at once.
#[cfg_attr(test, utoipa::path(post, path = "/v1/purchase-orders/{id}/receive", tag = "inventory", request_body = GoodsReceipt,
    params(("id" = String, Path, description = "The shop's number of it")),
    responses((status = 200, description = "As it is now", body = PurchaseView), (status = 409, description = "It is not ordered"), (status = 422, description = "Every fault, or something that was not ordered with it"))))]
pub async fn receive(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<GoodsReceipt>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let mut faults = Vec::new();
    let reference = EventId::parse(&body.reference).map_err(|why| faults.push(Fault::new("reference", "bad_reference", why.to_string())));
    let lines = lines(&body.lines, usize::from(!body.last), &mut faults);
    let Ok(reference) = reference else { return Err(Error::Invalid(faults).into()) };
    let command = sound(PurchaseCommand::Receive { reference, lines, last: body.last }, faults)?;
    Ok(shown(&desk.purchases.settle(admitted.context(), &number(&id)?, None, &command).await?))
}
