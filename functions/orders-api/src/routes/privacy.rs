//! A customer's rights.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use app::privacy::{address, customer_key};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use runtime::http::{Caller, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whose data.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The customer's address.
    pub email: String,
}

/// Whose data, and from where on.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportOf {
    /// The customer's address.
    pub email: String,
    /// The `next_cursor` of the previous part.
    pub cursor: Option<String>,
}

/// What is held about an address, or a part of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Exported {
    /// Orders with their histories and messages.
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    pub orders: Vec<serde_json::Value>,
    /// More orders exist than one answer holds.
    pub more: bool,
    /// Send it as `cursor` with the same address for the rest; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Everything held about an address, in parts if it is much.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/export", tag = "privacy", request_body = ExportOf,
    responses((status = 200, description = "Orders, histories and messages", body = Exported))))]
pub async fn export(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(of): Json<ExportOf>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let email = address(&of.email)?;
    let bound = format!("export:{}", customer_key(admitted.scope.tenant(), &email).0);
    let after = of.cursor.as_deref().map(|cursor| desk.cursors.open(&admitted.scope, &bound, cursor)).transpose()?;
    let export = desk.privacy.export(&admitted.identity, &email, after).await?;
    let next_cursor = export.next.as_ref().map(|key| desk.cursors.seal(&admitted.scope, &bound, key)).transpose()?;
    Ok(axum::Json(Exported { orders: export.orders, more: next_cursor.is_some(), next_cursor }).into_response())
}

/// Forgets an address. Amounts, dates and statuses stay; safe to repeat.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/erase", tag = "privacy", request_body = Subject,
    responses((status = 200, description = "What was forgotten", body = Object))))]
pub async fn erase(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(subject): Json<Subject>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let email = address(&subject.email)?;
    let erased = desk.privacy.erase(&admitted.identity, &admitted.config, &email, &origin.correlation).await?;
    Ok(axum::Json(erased).into_response())
}
