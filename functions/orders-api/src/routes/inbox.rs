//! Webhooks that wait for somebody, and their replay.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::ports::{InboxKey, InboxState};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::queue::HookReceived;
use domain::ids::{EventId, SourceId};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Segments};
use serde::Serialize;
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
}

/// Lists webhooks that were accepted and could not be applied, oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/inbox", tag = "webhooks", responses((status = 200, description = "At most 100", body = Vec<ParkedHook>))))]
pub async fn parked(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let entries = desk.inbox.parked(&admitted.scope, 100).await.map_err(Error::from)?;
    let rows: Vec<ParkedHook> = entries
        .into_iter()
        .filter_map(|entry| match entry.state {
            InboxState::Parked { code, reason } => Some(ParkedHook {
                endpoint: entry.key.endpoint,
                id: entry.key.id,
                received_at: entry.received_at.to_string(),
                code,
                reason,
            }),
            _ => None,
        })
        .collect();
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
    // What could be no entry's name is not there; a store need not be asked.
    if SourceId::parse(&endpoint).is_err() || EventId::parse(&id).is_err() {
        return Err(Error::NotFound("webhook").into());
    }
    let key = InboxKey { endpoint, id };
    desk.inbox.load(&admitted.scope, &key).await.map_err(Error::from)?.ok_or(Error::NotFound("webhook"))?;
    let message = HookReceived {
        v: HookReceived::VERSION,
        tenant: admitted.scope.tenant().clone(),
        endpoint: key.endpoint,
        inbox_id: key.id,
        correlation: origin.correlation.clone(),
    };
    app::json::send(&*desk.hooks, &message).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
