//! What of an order is called off by line, while the rest of it goes on.

use super::Answer;
use super::asked::Asked;
use super::lines::{LineItem, shares};
use super::orders::tagged;
use crate::desk::Desk;
use crate::view::OrderView;
use axum::extract::{Request, State};
use axum::response::Response;
use domain::order::cancelling::LINES_MAX;
use domain::order::{Command, Order};
use runtime::http::{Caller, Origin, Segments};
use serde::Deserialize;
use std::sync::Arc;

/// What is not to be sent any more.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Cancellation {
    /// Which lines, and how many of each.
    pub items: Vec<LineItem>,
    /// Why; forgotten with the customer.
    pub note: Option<String>,
    /// Whether the customer is told. Default true.
    pub notify_customer: Option<bool>,
}

/// Calls off a part of an order, also when another part has left. What it had cost is not taken, or goes back; what was set aside for it is free
/// again. All that is left of an order at once is the same as cancelling it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/cancellations", tag = "orders", request_body = Cancellation,
    params(("id" = String, Path, description = "Order number"), ("If-Match" = Option<String>, Header, description = "Only if the order still has this version"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours: sending the same again calls off nothing more")),
    responses((status = 200, description = "The order, with what of each line is called off and what it costs now", body = OrderView), (status = 404, description = "No such order"), (status = 409, description = "It has left or has ended, or more than is still here and in no parcel"), (status = 422, description = "Every fault, or the key was used for something else"))))]
pub async fn create(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let (asked, body): (Asked, Cancellation) = Asked::read(&desk, (caller, origin), (&id, "cancellations"), request).await?;
    if asked.is_done(&desk).await? {
        return Ok(shown(&desk, &asked, &asked.order));
    }
    let lines = shares(&asked.order, &body.items, LINES_MAX, "")?;
    let command = Command::CancelLines { lines, note: body.note, notify: body.notify_customer.unwrap_or(true) };
    let applied = asked.run(&desk, &command).await?;
    Ok(shown(&desk, &asked, &applied.order))
}

fn shown(desk: &Desk, asked: &Asked, order: &Order) -> Response {
    tagged(order.revision(), axum::Json(OrderView::of(order, &asked.admitted.config, desk.clock.now())))
}
