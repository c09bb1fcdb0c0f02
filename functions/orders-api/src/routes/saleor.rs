//! The shop's Saleor: how both sides stand, and comparing them now.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::saleor::sync::{SaleorStatus, SyncSaleor};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin};
use std::sync::Arc;

/// How both sides stood when they were last compared: what was taken in, what was told, and which orders differ in ways that a person has to decide.
#[cfg_attr(test, utoipa::path(get, path = "/v1/saleor", tag = "imports",
    responses((status = 200, description = "How it stands", body = Object), (status = 404, description = "No Saleor is set up"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    admitted.config.saleor.as_ref().ok_or(Error::NotFound("saleor"))?;
    let status: SaleorStatus = SyncSaleor::status(&*desk.reports, &admitted.scope).await?;
    Ok(axum::Json(status).into_response())
}

/// Has both sides compared now, before the hour is over. Look at `/v1/saleor` for what became of it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/saleor/sync", tag = "imports",
    responses((status = 202, description = "Queued"), (status = 404, description = "No Saleor is switched on"))))]
pub async fn sync(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    SyncSaleor::ask(&*desk.sheets, &admitted.scope, &admitted.config, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
