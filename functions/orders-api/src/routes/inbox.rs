//! Webhooks that wait for somebody, and their replay.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::channels::{Incoming, channel_of};
use app::ports::{InboxEntry, InboxKey, InboxState};
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

impl Written {
    fn of(entry: &InboxEntry) -> Option<Written> {
        let channel = channel_of(&entry.key.endpoint)?;
        match serde_json::from_str(&entry.body) {
            Ok(Incoming::Reply { from, text, .. }) => Some(Written { channel: channel.name(), from, text }),
            _ => None,
        }
    }
}

/// Lists webhooks that were accepted and could not be applied, oldest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/inbox", tag = "webhooks", responses((status = 200, description = "At most 100", body = Vec<ParkedHook>))))]
pub async fn parked(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let entries = desk.inbox.parked(&admitted.scope, 100).await.map_err(Error::from)?;
    let row = |entry: InboxEntry| {
        let message = Written::of(&entry);
        let InboxState::Parked { code, reason } = entry.state else { return None };
        let (endpoint, id) = (entry.key.endpoint, entry.key.id);
        Some(ParkedHook { endpoint, id, received_at: entry.received_at.to_string(), code, reason, message })
    };
    let rows: Vec<ParkedHook> = entries.into_iter().filter_map(row).collect();
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
    let is_endpoint = SourceId::parse(&endpoint).is_ok() || channel_of(&endpoint).is_some();
    if !is_endpoint || EventId::parse(&id).is_err() {
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
