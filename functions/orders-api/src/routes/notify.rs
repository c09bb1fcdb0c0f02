//! Writing to a customer on a person's word: now, or later.

use super::Answer;
use super::orders::{fault, idempotency_key_if_any, if_match, order_id, run, tagged};
use crate::body::Json;
use crate::desk::{Admitted, Desk};
use app::Error;
use app::apply::Alongside;
use app::notify::{Saying, customer_message};
use app::ports::{OnceDone, OnceKey};
use app::tenant::FollowUpRules;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{OrderId, TimerId};
use domain::notify::MessageKind;
use domain::order::progress::ProgressRules;
use domain::order::{Cancelled, Command, Order, Rejection, Timer, Wake};
use jiff::{SignedDuration, Timestamp};
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode};
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
    pub kind: String,
    /// The word it has now.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: String,
    /// False: the same was asked for less than a minute ago, and is sent once.
    pub requested: bool,
    /// By which way.
    #[cfg_attr(test, schema(example = "email"))]
    pub channel: String,
    /// To whom, masked.
    #[cfg_attr(test, schema(example = "j***@example.com"))]
    pub to: String,
    /// The subject line, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
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
    let command = Command::Notify { by: admitted.config.notify.open(), kind: MessageKind::Status, text: None };
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, with).await?;
    let notified = notified(&applied.order, &admitted, (MessageKind::Status, None), desk.clock.now())?;
    let notified = Notified { requested: !applied.events.is_empty(), ..notified };
    Ok(tagged(applied.order.revision(), (StatusCode::ACCEPTED, axum::Json(notified))))
}

/// What the customer is about to read.
fn notified(order: &Order, admitted: &Admitted, (kind, text): (MessageKind, Option<&str>), now: Timestamp) -> Result<Notified, Error> {
    let content = customer_message(order, &admitted.config, Saying { kind, text, link: None }, now);
    let nobody = if admitted.config.notify.open().is_empty() { Rejection::MessagesOff } else { Rejection::NoAddress };
    let (way, content) = content.ok_or(Error::Rejected(nobody))?;
    Ok(Notified {
        order_id: order.id.to_string(),
        kind: kind.code().to_owned(),
        label: order.label().text().to_owned(),
        requested: true,
        channel: way.channel.name().to_owned(),
        to: way.masked(),
        subject: content.subject().map(str::to_owned),
        text: content.text().to_owned(),
    })
}

/// A request that is carried out once for each `Idempotency-Key`, if it has one.
struct Once {
    key: Option<(OnceKey, String)>,
    request_hash: String,
}

/// How long an answer is kept to be given again.
const ANSWER_KEPT: SignedDuration = SignedDuration::from_hours(48);

impl Once {
    fn of(admitted: &Admitted, route: &str, headers: &HeaderMap, request: &impl Serialize) -> Result<Once, Error> {
        let text = idempotency_key_if_any(headers)?;
        let key = text.map(|text| (OnceKey::new(route, &admitted.identity.principal, &text), text));
        let request = serde_json::to_vec(request).map_err(|why| Error::Fatal(why.to_string()))?;
        Ok(Once { key, request_hash: hex::encode(Sha256::digest(&request)) })
    }

    /// What names the request among others.
    fn name(&self, origin: &Origin) -> String {
        self.key.as_ref().map_or_else(|| origin.correlation.to_string(), |(key, _)| key.0.clone())
    }

    /// What is kept of the answer that was given before.
    async fn known(&self, desk: &Desk, admitted: &Admitted) -> Result<Option<serde_json::Value>, Error> {
        let Some((key, _)) = &self.key else { return Ok(None) };
        let Some((hash, kept)) = desk.bulk.once.done(&admitted.scope, key, desk.clock.now()).await? else { return Ok(None) };
        if hash != self.request_hash {
            return Err(Error::KeyReused);
        }
        serde_json::from_str(&kept).map(Some).map_err(|why| Error::Fatal(why.to_string()))
    }

    /// Carries it out and keeps `kept` of the answer in the same commit; nothing personal may be in it. False if it was
    /// carried out before, or changes nothing.
    async fn run(&self, desk: &Desk, admitted: &Admitted, id: &OrderId, command: &Command, kept: &impl Serialize) -> Result<bool, Error> {
        let kept = serde_json::to_string(kept).map_err(|why| Error::Fatal(why.to_string()))?;
        let expires_at = desk.clock.now() + ANSWER_KEPT;
        let done =
            self.key.as_ref().map(|(key, _)| OnceDone { key, request_hash: &self.request_hash, response: &kept, fence: None, expires_at });
        let applied = run(desk, admitted, id, command, Alongside { once: done, ..Alongside::default() }).await?;
        Ok(!applied.events.is_empty())
    }
}

fn replayed(answer: impl IntoResponse) -> Response {
    let mut response = answer.into_response();
    response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    response
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
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours; the same key is the same message")),
    responses((status = 202, description = "On its way", body = Notified), (status = 400, description = "No such type"), (status = 404, description = "No such order"),
              (status = 409, description = "It would not be true, there is no address on file, or messages are switched off"), (status = 422, description = "A text that cannot be sent"))))]
pub async fn send(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<MessageWish>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let known = || MessageKind::ASKED.map(MessageKind::code).join(", ");
    let kind = MessageKind::asked(&body.kind).ok_or_else(|| fault("type", "unknown_type", format!("one of: {}", known())))?;
    if kind != MessageKind::Custom && body.message.is_some() {
        return Err(fault("message", "not_allowed", "only a custom message has words of its own").into());
    }
    let id = order_id(&body.order_id)?;
    let once = Once::of(&admitted, "POST /v1/orders/notify", &headers, &(id.as_str(), kind.code(), &body.message))?;
    let known = once.known(&desk, &admitted).await?.is_some();
    let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let answer = notified(&order, &admitted, (kind, body.message.as_deref()), desk.clock.now())?;
    if known {
        return Ok(replayed((StatusCode::ACCEPTED, axum::Json(answer))));
    }
    let command = Command::Notify { by: admitted.config.notify.open(), kind, text: body.message };
    // What they read has their name in it: only that it was done is kept.
    let requested = once.run(&desk, &admitted, &id, &command, &()).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Notified { requested, ..answer })).into_response())
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
/// The same `Idempotency-Key` is the same follow-up for 48 hours, also when it has been sent.
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
    let id = order_id(&body.order_id)?;
    let once = Once::of(&admitted, "POST /v1/orders/schedule-followup", &headers, &(id.as_str(), hours, &body.message))?;
    if let Some(known) = once.known(&desk, &admitted).await? {
        return Ok(replayed((StatusCode::CREATED, axum::Json(known))));
    }
    // The key names the follow-up, so that a race of two requests with one key sets one.
    let name = hex::encode(&Sha256::digest(once.name(&origin))[..8]);
    let timer_id = TimerId::parse(&name).map_err(|why| Error::Fatal(why.to_string()))?;
    let at = desk.clock.now() + SignedDuration::from_hours(i64::from(hours));
    let answer = FollowUpSet { order_id: id.to_string(), followup_id: name, scheduled_for: at };
    let timer = Timer { id: timer_id, at, wake: Wake::FollowUp { text: body.message } };
    if !once.run(&desk, &admitted, &id, &Command::Set { timer }, &answer).await?
        && let Some(known) = once.known(&desk, &admitted).await?
    {
        return Ok(replayed((StatusCode::CREATED, axum::Json(known))));
    }
    Ok((StatusCode::CREATED, axum::Json(answer)).into_response())
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
    run(&desk, &admitted, &order_id(&id)?, &Command::Cancel { timer, why: Cancelled::Asked }, Alongside::default()).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
