//! A customer's rights.

use super::Answer;
use super::orders::order_id;
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::privacy::{Whose, address};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::Fault;
use runtime::http::{Caller, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Whose data: exactly one of the two.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// The customer's address.
    pub email: Option<String>,
    /// The number of one of their orders, if there is no address: all of their orders are meant, found by its address, else
    /// by its phone, else by its first chat.
    pub order_id: Option<String>,
}

/// Whose data, by exactly one of `email` and `order_id`, and from where on.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportOf {
    /// The customer's address.
    pub email: Option<String>,
    /// The number of one of their orders, if there is no address: all of their orders are meant, found by its address, else
    /// by its phone, else by its first chat.
    pub order_id: Option<String>,
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
    /// Send it as `cursor` with the same address or number for the rest; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

fn whose(email: Option<&str>, order: Option<&str>) -> Result<Whose, Error> {
    match (email, order) {
        (Some(email), None) => Ok(Whose::Email(address(email)?)),
        (None, Some(number)) => Ok(Whose::Order(order_id(number)?)),
        (None, None) => Err(Error::Invalid(vec![Fault::new("email", "required", "must be given, or order_id")])),
        (Some(_), Some(_)) => Err(Error::Invalid(vec![Fault::new("order_id", "one_of", "give email or order_id, not both")])),
    }
}

/// Everything held about a customer, in parts if it is much.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/export", tag = "privacy", request_body = ExportOf,
    responses((status = 200, description = "Orders, histories and messages", body = Exported), (status = 404, description = "No such order"))))]
pub async fn export(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(of): Json<ExportOf>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let whose = whose(of.email.as_deref(), of.order_id.as_deref())?;
    let bound = format!("export:{}", whose.name(admitted.scope.tenant()));
    let after = desk.cursors.after(&admitted.scope, &bound, of.cursor.as_deref())?;
    let export = desk.privacy.export(&admitted.identity, &whose, after).await?;
    let next_cursor = desk.cursors.next(&admitted.scope, &bound, export.next.as_ref())?;
    Ok(axum::Json(Exported { orders: export.orders, more: next_cursor.is_some(), next_cursor }).into_response())
}

/// Forgets a customer. Amounts, dates and statuses stay, and where they are not to be written to; safe to repeat.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/erase", tag = "privacy", request_body = Subject,
    responses((status = 200, description = "What was forgotten", body = Object), (status = 404, description = "No such order"))))]
pub async fn erase(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(subject): Json<Subject>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let whose = whose(subject.email.as_deref(), subject.order_id.as_deref())?;
    let erased = desk.privacy.erase(&admitted.identity, &admitted.config, &whose, &origin.correlation).await?;
    Ok(axum::Json(erased).into_response())
}

/// An address that may be written to again.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Reopened {
    /// email, sms, whatsapp, telegram, instagram, facebook or push.
    pub channel: String,
    /// Who they are there: an e-mail address, a phone number, the platform's id.
    pub address: String,
}

/// What was known of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WasRefused {
    /// Nobody was to be written to there.
    pub was_refused: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Takes back that nobody is to be written to at an address: its mailbox works again, or whoever has it wants messages again
/// and cannot say START. Safe to repeat.
#[cfg_attr(test, utoipa::path(post, path = "/v1/privacy/reopen", tag = "privacy", request_body = Reopened,
    responses((status = 200, description = "Whether it had been refused, and why", body = WasRefused))))]
pub async fn reopen(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(of): Json<Reopened>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "admin", |scopes| scopes.admin).await?;
    let reason = desk.privacy.reopen(&admitted.identity, &of.channel, &of.address).await?;
    Ok(axum::Json(WasRefused { was_refused: reason.is_some(), reason }).into_response())
}
