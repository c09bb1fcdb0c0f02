//! Finished reports.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use runtime::http::{Caller, Origin};
use serde::Serialize;
use std::sync::Arc;

/// A finished file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReportRow {
    /// Its name.
    #[cfg_attr(test, schema(example = "daily/2025-08-09.xlsx"))]
    pub name: String,
    /// A link that works for 15 minutes.
    pub url: String,
}

/// Lists the newest reports with links that work for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/reports", tag = "reports", responses((status = 200, description = "Newest first, at most 31", body = Vec<ReportRow>))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let keys = desk.reports.list(&admitted.scope, "daily/", 62).await.map_err(Error::from)?;
    let mut rows = Vec::new();
    for name in keys.into_iter().filter(|key| key.ends_with(".xlsx")).take(31) {
        let url = desk.reports.link(&admitted.scope, &name, SignedDuration::from_mins(15)).await.map_err(Error::from)?;
        rows.push(ReportRow { name, url });
    }
    Ok(axum::Json(rows).into_response())
}
