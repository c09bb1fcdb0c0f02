//! Finished reports, and having one made now.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::report::filed;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use jiff::civil::Date;
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Files of one answer: a month of both reports.
const LISTED_MAX: usize = 62;

/// A finished file.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ReportRow {
    /// "daily", the workbook, or "delayed", the list of delayed orders.
    #[cfg_attr(test, schema(example = "daily"))]
    pub report: &'static str,
    /// Its day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// Its name.
    #[cfg_attr(test, schema(example = "daily/2025-08-09.xlsx"))]
    pub name: String,
    /// A link that works for 15 minutes.
    pub url: String,
}

/// Lists the newest reports with links that work for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/reports", tag = "reports", responses((status = 200, description = "Newest first, at most 62", body = Vec<ReportRow>))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let mut rows = Vec::new();
    for filed in filed(&*desk.reports, &admitted.scope, LISTED_MAX).await? {
        let url = desk.reports.link(&admitted.scope, &filed.key, SignedDuration::from_mins(15)).await.map_err(Error::from)?;
        rows.push(ReportRow { report: filed.report, day: filed.day, name: filed.key, url });
    }
    Ok(axum::Json(rows).into_response())
}

/// Which day.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReportWanted {
    /// A day of the last year; none is today.
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date, example = "2025-08-10"))]
    pub day: Option<Date>,
}

/// Has the reports of today made now, anew if they were made before, or those of a past day that has none. Today counts
/// every order as it stands now, a past day as it stood when that day ended. People are told again only if a report
/// says something else.
#[cfg_attr(test, utoipa::path(post, path = "/v1/reports", tag = "reports", request_body = ReportWanted,
    responses((status = 202, description = "Queued; look at the list in a moment"), (status = 422, description = "Not such a day, or a past one that has its report"), (status = 429, description = "At most two a minute"))))]
pub async fn make(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(wanted): Json<ReportWanted>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    desk.wishes.report(&admitted.scope, &admitted.config, wanted.day, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
