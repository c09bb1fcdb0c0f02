//! What happens in warehouses and at carriers.

use super::Answer;
use super::orders::fault;
use crate::desk::Desk;
use app::ingest::BODY_BYTES_MAX;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, raw_body};
use serde::Serialize;
use std::sync::Arc;

/// Something that happened to an order. Fields of your own may stand beside these; they are not kept.
#[cfg(test)]
#[derive(utoipa::ToSchema)]
#[allow(dead_code)]
pub struct IngestEvent {
    /// Your name for it: what is told again under it counts once.
    #[schema(example = "wms-000123")]
    event_id: String,
    /// order_created, order_paid, order_fulfilled, fulfillment_update, order_cancelled; pick_started, pick_completed, pack_started, pack_completed, ship_label_printed, label_created,
    /// manifested, exception_reported; pickup_scheduled, picked_up, shipment_dispatched, package_shipped, in_transit, out_for_delivery, delivered, delivery_failed, returned. What is
    /// none of these waits in the inbox.
    #[schema(example = "pick_completed")]
    event_type: String,
    /// The order's number.
    #[schema(example = "1001")]
    order_id: String,
    /// When it happened; events may come in any order.
    #[schema(example = "2025-08-11T09:00:00Z")]
    occurred_at: String,
    /// Who says so: event ids are one's own. "events", if nobody says.
    #[schema(example = "wms-berlin")]
    source: Option<String>,
    /// Your version counter of the order, if you have one.
    sequence: Option<u64>,
}

/// That it is stored.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct IngestReceipt {
    /// Its name in the inbox.
    #[cfg_attr(test, schema(example = "wms-berlin:wms-000123"))]
    pub event_id: String,
    /// It had come before.
    pub duplicate: bool,
}

/// Takes in what happened in a warehouse or at a carrier. Stored before it is answered, and applied within moments.
#[cfg_attr(test, utoipa::path(post, path = "/v1/ingest/events", tag = "webhooks", request_body = IngestEvent,
    responses((status = 202, description = "Stored", body = IngestReceipt), (status = 409, description = "This source has told something else under this id"),
        (status = 413, description = "Larger than 1 MiB"), (status = 422, description = "Every fault"))))]
pub async fn take(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, request: Request) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    // The key says whose it is. A header that says otherwise is a sender that is set up wrong.
    let claimed = request.headers().get("x-tenant-id").map(|value| value.to_str().unwrap_or_default().to_owned());
    if claimed.is_some_and(|claimed| claimed != admitted.scope.tenant().as_str()) {
        return Err(
            fault("x-tenant-id", "wrong_tenant", "this key is of another tenant: leave the header out, or use that tenant's key").into()
        );
    }
    let body = raw_body(request, BODY_BYTES_MAX).await?;
    let receipt = desk.receive.event(&admitted.scope, &body, &origin.correlation).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(IngestReceipt { event_id: receipt.event_id, duplicate: receipt.again })).into_response())
}
