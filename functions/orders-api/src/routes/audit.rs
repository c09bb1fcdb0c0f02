//! Whether an order's history is as it was written.

use super::Answer;
use super::orders::order_id;
use crate::desk::Desk;
use app::audit::{self, Finding};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use runtime::http::{Caller, Origin, Segments};
use serde::Serialize;
use std::sync::Arc;

/// What an audit found.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderAudit {
    /// The order's number.
    pub order_id: String,
    /// Nothing is wrong with what was read.
    pub intact: bool,
    /// What is wrong, where it is first seen.
    pub findings: Vec<String>,
    /// Commits that were read: the last 2,000 at most.
    pub commits: usize,
    /// All of them were read, from the first one on.
    pub whole: bool,
    /// The first version that is sealed; older ones were made before there were seals.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sealed_from: Option<u64>,
    /// The last seal. Kept elsewhere, it shows that nobody has sealed another history since.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// Checks that an order's history has no gaps, that no commit of it was altered, and that it leads to the order as it stands.
///
/// Each commit is sealed with the one before: actor, time, cause and what happened. What people wrote is not part of it, for it can be erased.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/audit", tag = "orders", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "What was found", body = OrderAudit), (status = 404, description = "No such order"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let id = order_id(&id)?;
    let found = audit::audit(&*desk.orders, &admitted.scope, &id).await?;
    let audit = OrderAudit {
        order_id: id.to_string(),
        intact: found.findings.is_empty(),
        findings: found.findings.iter().map(Finding::in_words).collect(),
        commits: found.commits,
        whole: found.whole,
        sealed_from: found.sealed_from,
        seal: found.seal,
    };
    Ok(axum::Json(audit).into_response())
}
