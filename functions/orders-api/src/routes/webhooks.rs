//! Webhooks to others: which events there are, who is told, what became of it, and telling it again.

use super::Answer;
use super::orders::{fault, page_size};
use crate::body::Json;
use crate::desk::{Admitted, Desk};
use app::Error;
use app::ports::{Delivery, DeliveryQuery, DeliveryState, PageKey, WebhookEndpoint};
use app::webhooks::{Change, NewEndpoint};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::queue::Replayed;
use domain::ids::EventId;
use jiff::Timestamp;
use lambda_http::http::{StatusCode, header};
use runtime::http::{Caller, Origin, Params, Segments};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// The catalogue: generated from the events' types by `make generate`, committed, and held by a test.
const EVENT_TYPES: &str = include_str!("../../../../events/webhooks.json");

/// Lists every type of event that an endpoint can be told of, with the JSON Schema of its `data`.
#[cfg_attr(test, utoipa::path(get, path = "/v1/event-types", tag = "webhooks",
    responses((status = 200, description = "All of them", body = Object))))]
pub async fn event_types(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], EVENT_TYPES).into_response())
}

/// An endpoint to be made.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewWebhookEndpoint {
    /// Where. It must begin with https:// and lead to the open net.
    #[cfg_attr(test, schema(example = "https://shop.example/orderflow"))]
    pub url: String,
    /// What it is for.
    #[serde(default)]
    #[cfg_attr(test, schema(example = "The shop's own back office"))]
    pub description: String,
    /// What it wants to be told of: names from GET /v1/event-types, "order.*" for all that begin so, or "*".
    #[cfg_attr(test, schema(example = json!(["order.shipped", "order.delivered"])))]
    pub events: Vec<String>,
}

/// What is to change of an endpoint. What is not said stays.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct WebhookEndpointChange {
    /// Where.
    #[serde(default)]
    pub url: Option<String>,
    /// What it is for.
    #[serde(default)]
    pub description: Option<String>,
    /// What it wants to be told of.
    #[serde(default)]
    pub events: Option<Vec<String>>,
    /// On or off.
    #[serde(default)]
    pub enabled: Option<bool>,
}

/// Which deliveries are to be sent again.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Replay {
    /// Of what happened since then, included (RFC 3339).
    #[cfg_attr(test, schema(value_type = String, format = DateTime, example = "2026-11-20T00:00:00Z"))]
    pub from: Timestamp,
    /// And until then, included; default: until now.
    #[serde(default)]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub to: Option<Timestamp>,
    /// Those too that were taken: their ids are the same, so whoever still has them knows.
    #[serde(default)]
    pub all: bool,
}

/// An endpoint.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WebhookEndpointView {
    /// Its id.
    #[cfg_attr(test, schema(example = "whe_91c0a3c2f4d85b17"))]
    pub id: String,
    /// Where.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it wants to be told of.
    pub events: Vec<String>,
    /// Is it told anything?
    pub enabled: bool,
    /// Why it is not: asked, gone (it answered 410) or failing (it has taken nothing for five days).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off_because: Option<&'static str>,
    /// It has taken nothing since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// When it was made.
    pub created_at: String,
    /// What deliveries are signed with; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl WebhookEndpointView {
    fn of(endpoint: &WebhookEndpoint) -> WebhookEndpointView {
        WebhookEndpointView {
            id: endpoint.id.to_string(),
            url: endpoint.url.clone(),
            description: endpoint.description.clone(),
            events: endpoint.events.iter().map(|filter| filter.as_str().to_owned()).collect(),
            enabled: endpoint.health.is_on(),
            off_because: endpoint.health.off.map(|(_, why)| why.as_str()),
            failing_since: endpoint.health.failing_since.map(|at| at.to_string()),
            created_at: endpoint.created_at.to_string(),
            secret: None,
        }
    }

    /// With the newest of its secrets, once.
    fn with_secret(endpoint: &WebhookEndpoint) -> WebhookEndpointView {
        let secret = endpoint.keys.first().map(|key| key.secret.expose().to_owned());
        WebhookEndpointView { secret, ..WebhookEndpointView::of(endpoint) }
    }
}

/// One try of a delivery.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct TryView {
    /// When.
    pub at: String,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something that an endpoint was told.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeliveryView {
    /// As `webhook-id` had it.
    pub id: String,
    /// When what it tells of happened.
    pub at: String,
    /// Type of the event.
    #[serde(rename = "type")]
    #[cfg_attr(test, schema(example = "order.shipped"))]
    pub kind: String,
    /// What it is about: an order's number, a SKU.
    pub subject: String,
    /// waiting, delivered, failed or held.
    #[cfg_attr(test, schema(example = "delivered"))]
    pub state: &'static str,
    /// When it is tried next.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// The last 16 tries, oldest first.
    pub tries: Vec<TryView>,
    /// What was signed and sent.
    #[cfg_attr(test, schema(value_type = Object))]
    pub body: Value,
}

impl DeliveryView {
    fn of(delivery: &Delivery) -> DeliveryView {
        let tries = delivery.tries.iter().map(|one| TryView {
            at: one.at.to_string(),
            took_ms: one.took_ms,
            status: one.status,
            why: one.why.clone(),
        });
        DeliveryView {
            id: delivery.id.to_string(),
            at: delivery.at.to_string(),
            kind: delivery.kind.clone(),
            subject: delivery.subject.clone(),
            state: delivery.state.as_str(),
            next_at: if let DeliveryState::Waiting { next_at } = delivery.state { Some(next_at.to_string()) } else { None },
            tries: tries.collect(),
            body: serde_json::from_str(&delivery.body).unwrap_or_default(),
        }
    }
}

/// A page of deliveries.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct DeliveryPage {
    /// Newest first.
    pub deliveries: Vec<DeliveryView>,
    /// Where the next page begins; none, if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

async fn admit(desk: &Desk, caller: Caller, origin: &Origin) -> Result<Admitted, Error> {
    desk.admit(caller.0, origin, "admin", |scopes| scopes.admin).await
}

/// Lists the endpoints, oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/webhook-endpoints", tag = "webhooks",
    responses((status = 200, description = "All of them", body = Vec<WebhookEndpointView>))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let endpoints = desk.webhooks.list(&admitted.scope).await?;
    Ok(axum::Json(endpoints.iter().map(WebhookEndpointView::of).collect::<Vec<_>>()).into_response())
}

/// Makes an endpoint, at most 16. Its secret (whsec_...) is in this answer and nowhere else.
///
/// It is told by [Standard Webhooks](https://www.standardwebhooks.com/): verify `webhook-signature` over the raw body, answer 2xx within
/// 30 seconds, and tell repetitions by `webhook-id`. What is not taken is tried again after 5 s, 5 min, 30 min, 2 h, 5 h, 10 h and 10 h.
/// An endpoint that answers 410, or takes nothing for five days, is switched off.
#[cfg_attr(test, utoipa::path(post, path = "/v1/webhook-endpoints", tag = "webhooks", request_body = NewWebhookEndpoint,
    responses((status = 201, description = "The endpoint with its secret", body = WebhookEndpointView), (status = 422, description = "Every fault of it"))))]
pub async fn create(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Json(body): Json<NewWebhookEndpoint>,
) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let wanted = NewEndpoint { url: body.url, description: body.description, events: body.events };
    let endpoint = desk.webhooks.make(&admitted.scope, &wanted).await?;
    Ok((StatusCode::CREATED, axum::Json(WebhookEndpointView::with_secret(&endpoint))).into_response())
}

/// Reads an endpoint and how it is.
#[cfg_attr(test, utoipa::path(get, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 200, description = "The endpoint", body = WebhookEndpointView), (status = 404, description = "No such endpoint"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let endpoint = desk.webhooks.load(&admitted.scope, &id).await?;
    Ok(axum::Json(WebhookEndpointView::of(&endpoint)).into_response())
}

/// Changes an endpoint. Switched on again it is as if it had never failed; what it has missed is sent by a replay.
#[cfg_attr(test, utoipa::path(patch, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", request_body = WebhookEndpointChange,
    params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 200, description = "The endpoint now", body = WebhookEndpointView), (status = 404, description = "No such endpoint"), (status = 422, description = "Every fault of it"))))]
pub async fn change(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<WebhookEndpointChange>,
) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let change = Change { url: body.url, description: body.description, events: body.events, enabled: body.enabled };
    let endpoint = desk.webhooks.change(&admitted.scope, &id, &change).await?;
    Ok(axum::Json(WebhookEndpointView::of(&endpoint)).into_response())
}

/// Removes an endpoint. What was told it is forgotten 35 days after it happened.
#[cfg_attr(test, utoipa::path(delete, path = "/v1/webhook-endpoints/{id}", tag = "webhooks", params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 204, description = "Removed"), (status = 404, description = "No such endpoint"))))]
pub async fn remove(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    desk.webhooks.remove(&admitted.scope, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// Gives an endpoint a new secret. For a day deliveries carry a signature by the old one as well; at most three sign at once.
#[cfg_attr(test, utoipa::path(post, path = "/v1/webhook-endpoints/{id}/secret", tag = "webhooks", params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 200, description = "The endpoint with its new secret", body = WebhookEndpointView), (status = 404, description = "No such endpoint"), (status = 422, description = "Three sign already"))))]
pub async fn rotate(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let endpoint = desk.webhooks.rotate(&admitted.scope, &id).await?;
    Ok(axum::Json(WebhookEndpointView::with_secret(&endpoint)).into_response())
}

/// Tries an endpoint out with an event of type webhook.test. Its deliveries say what came of it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/webhook-endpoints/{id}/test", tag = "webhooks", params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 202, description = "The delivery, on its way", body = DeliveryView), (status = 404, description = "No such endpoint"), (status = 422, description = "It is off"))))]
pub async fn test(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let delivery = desk.webhooks.test(&admitted.scope, &id, &origin.correlation).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(DeliveryView::of(&delivery))).into_response())
}

/// Sends again what happened in a time and was not taken; or all of it. Who asks anew ends what was asked for before.
#[cfg_attr(test, utoipa::path(post, path = "/v1/webhook-endpoints/{id}/replay", tag = "webhooks", request_body = Replay,
    params(("id" = String, Path, description = "Endpoint id")),
    responses((status = 202, description = "Begun"), (status = 404, description = "No such endpoint"), (status = 422, description = "It is off, or the time is none"))))]
pub async fn replay(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<Replay>,
) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let which = if body.all { Replayed::All } else { Replayed::Undelivered };
    desk.webhooks.replay(&admitted.scope, &id, (body.from, body.to), which, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Which deliveries.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct DeliveryParams {
    /// Of what happened since then (RFC 3339).
    pub from: Option<String>,
    /// Of what happened until then.
    pub to: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists what an endpoint was told in the last 35 days, newest first, each with its last 16 tries.
#[cfg_attr(test, utoipa::path(get, path = "/v1/webhook-endpoints/{id}/deliveries", tag = "webhooks",
    params(("id" = String, Path, description = "Endpoint id"), DeliveryParams),
    responses((status = 200, description = "A page", body = DeliveryPage), (status = 404, description = "No such endpoint"), (status = 422, description = "A bad time, limit or cursor"))))]
pub async fn deliveries(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Params(params): Params<DeliveryParams>,
) -> Answer<Response> {
    let admitted = admit(&desk, caller, &origin).await?;
    let limit = page_size(params.limit.as_deref())?;
    let moment = |name: &'static str, text: Option<&str>, default: Timestamp| match text.map(str::parse) {
        None => Ok(default),
        Some(Ok(at)) => Ok(at),
        Some(Err(_)) => Err(fault(name, "bad_time", "such as 2026-11-20T00:00:00Z")),
    };
    let from = moment("from", params.from.as_deref(), Timestamp::MIN)?;
    let to = moment("to", params.to.as_deref(), Timestamp::MAX)?;
    let (from, to) = desk.webhooks.span(from, to)?;
    let endpoint = desk.webhooks.load(&admitted.scope, &id).await?.id;
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let filter = format!("deliveries:{endpoint}:{}:{}", text(&params.from), text(&params.to));
    let after = desk.cursors.after(&admitted.scope, &filter, params.cursor.as_deref())?;
    let after = after.as_ref().map(place).transpose()?;
    let query = DeliveryQuery { endpoint, from, to, newest_first: true, after };
    let found = desk.webhooks.deliveries(&admitted.scope, &query, limit).await?;
    let last = found.last().filter(|_| found.len() == limit).map(|last| PageKey(format!("{}#{}", last.at, last.id)));
    let next_cursor = desk.cursors.next(&admitted.scope, &filter, last.as_ref())?;
    Ok(axum::Json(DeliveryPage { deliveries: found.iter().map(DeliveryView::of).collect(), next_cursor }).into_response())
}

/// Where a page begins: behind this delivery.
fn place(key: &PageKey) -> Result<(Timestamp, EventId), Error> {
    let read = |(at, id): (&str, &str)| Some((at.parse().ok()?, EventId::parse(id).ok()?));
    key.0.split_once('#').and_then(read).ok_or_else(|| fault("cursor", "bad_cursor", "begin with the first page again"))
}
