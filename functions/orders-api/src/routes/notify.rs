//! Writing to a customer on a person's word: now, or later.

use super::Answer;
use super::orders::{fault, idempotency_key_if_any, if_match, order_id, run, tagged};
use crate::body::Json;
use crate::desk::{Admitted, Desk};
use app::Error;
use app::apply::Alongside;
use app::notify::{Saying, customer_message};
use app::tenant::FollowUpRules;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{OrderId, TimerId};
use domain::notify::MessageKind;
use domain::order::progress::ProgressRules;
use domain::order::{Command, Rejection, Timer, Wake};
use domain::pii::mask_email;
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{HeaderMap, StatusCode};
use runtime::http::{Caller, Origin, Segments};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// What the customer is about to read.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Notified {
    /// Order number.
    pub order_id: String,
    /// What the message is about.
    #[cfg_attr(test, schema(example = "status"))]
    pub kind: &'static str,
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
    let wish = (MessageKind::Status, None);
    told(&desk, &admitted, &order_id(&id)?, wish, with).await
}

async fn told(
    desk: &Desk,
    admitted: &Admitted,
    id: &OrderId,
    (kind, text): (MessageKind, Option<String>),
    with: Alongside<'_>,
) -> Answer<Response> {
    let command = Command::Notify { enabled: admitted.config.notify.email, kind, text: text.clone() };
    let applied = run(desk, admitted, id, &command, with).await?;
    let order = &applied.order;
    let saying = Saying { kind, text: text.as_deref(), survey: None };
    let content = customer_message(order, &admitted.config, saying, desk.clock.now());
    let (to, content) = content.ok_or(Error::Rejected(Rejection::NoAddress))?;
    let notified = Notified {
        kind: kind.code(),
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

/// A message to a customer.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct MessageWish {
    /// Order number.
    pub order_id: String,
    /// "confirmation", "processing", "shipped", "delivered", "delay" or "custom". What does not hold of the order is not said.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(example = "delay"))]
    pub kind: String,
    /// For "custom": 1 to 1000 characters, between a greeting and your shop's name.
    pub message: Option<String>,
}

/// Sends a customer a message of a kind: at most one reminder ("delay") in 24 hours.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/notify", tag = "orders", request_body = MessageWish,
    responses((status = 202, description = "On its way", body = Notified), (status = 400, description = "No such type"), (status = 404, description = "No such order"),
              (status = 409, description = "It would not be true, there is no address on file, or messages are switched off"), (status = 422, description = "A text that cannot be sent"))))]
pub async fn send(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<MessageWish>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let known = || MessageKind::ASKED.map(MessageKind::code).join(", ");
    let kind = MessageKind::asked(&body.kind).ok_or_else(|| fault("type", "unknown_type", format!("one of: {}", known())))?;
    if kind != MessageKind::Custom && body.message.is_some() {
        return Err(fault("message", "not_allowed", "only a custom message has words of its own").into());
    }
    told(&desk, &admitted, &order_id(&body.order_id)?, (kind, body.message), Alongside::default()).await
}

/// A follow-up.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct FollowUpWish {
    /// Order number.
    pub order_id: String,
    /// In how many hours: 0 (within a minute) to 8760. Default 72.
    pub delay_hours: Option<u32>,
    /// What is said, 1 to 1000 characters; ours, if you say nothing.
    pub message: Option<String>,
}

/// A follow-up that is to be sent.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct FollowUpSet {
    /// Order number.
    pub order_id: String,
    /// Its name: DELETE it under /v1/orders/{id}/followups/.
    pub followup_id: String,
    /// When it is sent; later, if that is in the customer's quiet hours.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub scheduled_for: Timestamp,
}

/// Has a customer written to later. It is cancelled by itself if the money goes back or the order comes to nothing.
///
/// The same `Idempotency-Key` for an order is the same follow-up.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/schedule-followup", tag = "orders", request_body = FollowUpWish,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters; the same key is the same follow-up")),
    responses((status = 201, description = "It will be sent", body = FollowUpSet), (status = 404, description = "No such order"),
              (status = 409, description = "No address on file, or eight follow-ups already"), (status = 422, description = "A delay or text that cannot be"))))]
pub async fn schedule(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<FollowUpWish>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let hours = body.delay_hours.unwrap_or(FollowUpRules::default().after_delivered_h);
    if hours > ProgressRules::HOURS_MAX {
        return Err(fault("delay_hours", "out_of_range", format!("0 to {}", ProgressRules::HOURS_MAX)).into());
    }
    let key = idempotency_key_if_any(&headers)?;
    // The name of the follow-up follows from the key, so that the same key names the same one.
    let named = key.unwrap_or_else(|| origin.correlation.to_string());
    let name = hex::encode(&Sha256::digest(format!("{} {named}", admitted.identity.principal))[..8]);
    let timer_id = TimerId::parse(&name).map_err(|why| Error::Fatal(why.to_string()))?;
    let id = order_id(&body.order_id)?;
    let at = desk.clock.now() + SignedDuration::from_hours(i64::from(hours));
    let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let at = match order.timer(&timer_id) {
        Some(known) => known.at,
        None => {
            let timer = Timer { id: timer_id, at, wake: Wake::FollowUp { text: body.message } };
            run(&desk, &admitted, &id, &Command::Set { timer }, Alongside::default()).await?;
            at
        }
    };
    let set = FollowUpSet { order_id: id.to_string(), followup_id: name, scheduled_for: at };
    Ok((StatusCode::CREATED, axum::Json(set)).into_response())
}

/// Cancels a follow-up.
#[cfg_attr(test, utoipa::path(delete, path = "/v1/orders/{id}/followups/{followup_id}", tag = "orders",
    params(("id" = String, Path, description = "Order number"), ("followup_id" = String, Path, description = "The follow-up")),
    responses((status = 204, description = "It will not be sent"), (status = 404, description = "No such order or follow-up"))))]
pub async fn cancel(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, timer)): Segments<(String, String)>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let timer = TimerId::parse(&timer).map_err(|_| Error::NotFound("follow-up"))?;
    run(&desk, &admitted, &order_id(&id)?, &Command::Cancel { timer }, Alongside::default()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
