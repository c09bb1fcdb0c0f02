//! Telling a customer where their order stands, on a person's word.

use super::Answer;
use super::orders::{if_match, order_id, run, tagged};
use crate::desk::Desk;
use app::Error;
use app::apply::Alongside;
use app::notify::customer_message;
use axum::extract::State;
use axum::response::Response;
use domain::order::{Command, Rejection};
use domain::pii::mask_email;
use lambda_http::http::{HeaderMap, StatusCode};
use runtime::http::{Caller, Origin, Segments};
use serde::Serialize;
use std::sync::Arc;

/// What the customer is about to read.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Notified {
    /// Order number.
    pub order_id: String,
    /// The word it has now.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: &'static str,
    /// False: the same was asked for less than a minute ago, and is sent once.
    pub requested: bool,
    /// By which way.
    #[cfg_attr(test, schema(example = "email"))]
    pub channel: &'static str,
    /// To whom, masked.
    #[cfg_attr(test, schema(example = "j***@example.com"))]
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The text, as the order stands now.
    pub text: String,
}

/// Tells the customer where the order stands now, whatever they were told before.
///
/// The message is sent behind a queue; the timeline shows who asked for it and what became of it. The same
/// wish within a minute is one wish, so a retry after a lost reply writes to nobody twice.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/notify", tag = "orders",
    params(("id" = String, Path, description = "Order number"), ("If-Match" = Option<String>, Header, description = "Only if the order still has this ETag")),
    responses((status = 202, description = "On its way", body = Notified), (status = 404, description = "No such order"),
              (status = 409, description = "No address on file, messages switched off, or the order changed meanwhile"))))]
pub async fn notify(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    headers: HeaderMap,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let with = Alongside { if_version: if_match(&headers)?, ..Alongside::default() };
    let command = Command::Notify { enabled: admitted.config.notify.email };
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, with).await?;
    let order = &applied.order;
    let (to, content) = customer_message(order, &admitted.config, desk.clock.now()).ok_or(Error::Rejected(Rejection::NoAddress))?;
    let notified = Notified {
        order_id: order.id.to_string(),
        label: order.label().text(),
        requested: !applied.events.is_empty(),
        channel: "email",
        to: mask_email(to.expose()),
        subject: content.subject,
        text: content.text,
    };
    Ok(tagged(order.revision(), (StatusCode::ACCEPTED, axum::Json(notified))))
}
