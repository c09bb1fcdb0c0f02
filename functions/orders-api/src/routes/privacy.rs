//! A customer's rights.

use super::Answer;
use crate::desk::Desk;
use app::privacy::address;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use runtime::http::{Caller, Json, Origin};
use serde::Deserialize;
use std::sync::Arc;

/// Whose data.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The customer's address.
    pub email: String,
}

/// Everything held about an address.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/export", tag = "privacy", request_body = Subject,
    responses((status = 200, description = "Orders, histories and messages", body = Object))))]
pub async fn export(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(subject): Json<Subject>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let export = desk.privacy.export(&admitted.identity, &address(&subject.email)?).await?;
    Ok(axum::Json(export).into_response())
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
