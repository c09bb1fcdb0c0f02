//! The shop's own sheet: how it stands, and reading it now.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::sheet::SheetStatus;
use app::sheet::sync::SyncSheet;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin};
use std::sync::Arc;

/// How the sheet stands since it was last read: orders in it, rows to correct, what is wrong with it.
#[cfg_attr(test, utoipa::path(get, path = "/v1/sheet", tag = "imports",
    responses((status = 200, description = "How it stands", body = Object), (status = 404, description = "No sheet is set up"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    admitted.config.sheet.as_ref().ok_or(Error::NotFound("sheet"))?;
    let status: SheetStatus = SyncSheet::status(&*desk.reports, &admitted.scope).await?;
    Ok(axum::Json(status).into_response())
}

/// Has the sheet read now, also if it is switched off. Look at `/v1/sheet` for what became of it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/sheet/sync", tag = "imports",
    responses((status = 202, description = "Queued"), (status = 404, description = "No sheet is set up"))))]
pub async fn sync(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    SyncSheet::ask(&*desk.sheets, &admitted.scope, &admitted.config, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
