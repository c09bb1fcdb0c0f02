//! Webhooks that wait for somebody, and their replay.

use super::Answer;
use crate::desk::Desk;
use app::parked::Waiting;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Params, Segments};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A webhook that waits.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ParkedHook {
    /// Which endpoint.
    pub endpoint: String,
    /// Its id.
    pub id: String,
    /// When it came.
    pub received_at: String,
    /// Machine-readable.
    #[cfg_attr(test, schema(example = "unknown_order"))]
    pub code: String,
    /// What to do.
    pub reason: String,
    /// What somebody wrote who was written to about no order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Written>,
}

/// A message of somebody whom nobody has written to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Written {
    /// By which channel.
    #[cfg_attr(test, schema(example = "whatsapp"))]
    pub channel: &'static str,
    /// Who, as the platform calls them.
    #[cfg_attr(test, schema(example = "48600100200"))]
    pub from: String,
    /// What.
    pub text: String,
}

/// Which of those that wait.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct InboxParams {
    /// Those that came in after this one: its endpoint, a slash and its id.
    #[cfg_attr(test, param(example = "order-status/msg_2Lh9"))]
    pub after: Option<String>,
}

/// Lists webhooks that were accepted and could not be applied, oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/inbox", tag = "webhooks", params(InboxParams),
    responses((status = 200, description = "At most 100", body = Vec<ParkedHook>), (status = 404, description = "There is none to come after"))))]
pub async fn parked(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<InboxParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let row = |waiting: Waiting| ParkedHook {
        endpoint: waiting.key.endpoint,
        id: waiting.key.id,
        received_at: waiting.received_at.to_string(),
        code: waiting.code,
        reason: waiting.reason,
        message: waiting.written.map(|said| Written { channel: said.channel.name(), from: said.from, text: said.text }),
    };
    let waiting = match params.after.as_deref() {
        None => desk.parked.list(&admitted.scope).await?,
        Some(after) => {
            let (endpoint, id) = after.split_once('/').ok_or(app::Error::NotFound("webhook"))?;
            desk.parked.behind(&admitted.scope, endpoint, id).await?
        }
    };
    let rows: Vec<ParkedHook> = waiting.into_iter().map(row).collect();
    Ok(axum::Json(rows).into_response())
}

/// Queues a stored webhook again, for example after its order was imported. What was applied stays applied.
#[cfg_attr(test, utoipa::path(post, path = "/v1/inbox/{endpoint}/{id}/replay", tag = "webhooks",
    params(("endpoint" = String, Path, description = "Endpoint"), ("id" = String, Path, description = "Inbox id")),
    responses((status = 202, description = "Queued"), (status = 404, description = "No such webhook"))))]
pub async fn replay(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((endpoint, id)): Segments<(String, String)>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    desk.parked.replay(&admitted.scope, &endpoint, &id, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// Dismisses what waits and is about nothing: it waits no longer, and what it said is forgotten.
#[cfg_attr(test, utoipa::path(delete, path = "/v1/inbox/{endpoint}/{id}", tag = "webhooks",
    params(("endpoint" = String, Path, description = "Endpoint"), ("id" = String, Path, description = "Inbox id")),
    responses((status = 204, description = "Dismissed, or settled before"), (status = 404, description = "No such webhook"))))]
pub async fn dismiss(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((endpoint, id)): Segments<(String, String)>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    desk.parked.dismiss(&admitted.scope, &endpoint, &id).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}
