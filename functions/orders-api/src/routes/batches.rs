//! Orders that are picked together.

use super::Answer;
use super::orders::idempotency_key_if_any;
use crate::body;
use crate::desk::Desk;
use crate::view::{BatchView, PickQueue};
use app::Error;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{BatchId, LocationId};
use domain::order::Fault;
use lambda_http::http::StatusCode;
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Segments, raw_body};
use serde::Deserialize;
use std::sync::Arc;

/// Batches listed.
const LISTED_MAX: usize = 50;

/// Of which orders.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchWanted {
    /// Where they lie; wherever the most urgent does, if nobody says.
    #[cfg_attr(test, schema(example = "main"))]
    pub location: Option<String>,
}

/// Shows what waits to be picked, as the batches that it would be taken in, and the batches that were taken last. At most 10,000 orders at work are looked at, the latest first.
///
/// A batch has at most 50 orders of one place that leave on one day. An order's turn is a moment: at once for overnight and same day, an hour later for express, three
/// for those above 500, five for the others; and two hours before its place closes on the day it leaves. So what has waited goes before what is urgent and came later.
#[cfg_attr(test, utoipa::path(get, path = "/v1/pick-batches", tag = "fulfilment", responses((status = 200, description = "Both", body = PickQueue))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let queue = desk.floor.picking.queue(admitted.context()).await?;
    let taken = desk.floor.picking.taken(&admitted.scope, LISTED_MAX).await?;
    Ok(axum::Json(PickQueue::of(&queue, &taken)).into_response())
}

/// Takes the next batch: work on its orders begins, and what to fetch for all of them is said by unit.
#[cfg_attr(test, utoipa::path(post, path = "/v1/pick-batches", tag = "fulfilment", request_body = BatchWanted,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters: sending the same again for the same place is the same batch, finished if it was not")),
    responses((status = 201, description = "The batch", body = BatchView), (status = 204, description = "Nothing waits"), (status = 422, description = "Every fault"))))]
pub async fn create(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, request: Request) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let key = idempotency_key_if_any(request.headers())?;
    let wanted: BatchWanted = body::read(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let location = wanted.location.as_deref().map(LocationId::parse).transpose();
    let location = location.map_err(|why| Error::Invalid(vec![Fault::new("location", "bad_location", why.to_string())]))?;
    let wish = key.map(|key| format!("{}/{key}", admitted.identity.principal));
    let taken = desk.floor.picking.take(admitted.context(), location.as_ref(), wish.as_deref()).await?;
    Ok(match taken {
        Some(batch) => (StatusCode::CREATED, axum::Json(BatchView::from(&batch))).into_response(),
        None => StatusCode::NO_CONTENT.into_response(),
    })
}

/// Reads a batch, as its orders stand now.
#[cfg_attr(test, utoipa::path(get, path = "/v1/pick-batches/{id}", tag = "fulfilment", params(("id" = String, Path, description = "Its name")),
    responses((status = 200, description = "The batch", body = BatchView), (status = 404, description = "No such batch"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let id = BatchId::parse(&id).map_err(|_| Error::NotFound("batch"))?;
    Ok(axum::Json(BatchView::from(&desk.floor.picking.read(&admitted.scope, &id).await?)).into_response())
}
