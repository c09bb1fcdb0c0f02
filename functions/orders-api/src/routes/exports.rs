//! The daily export for analyses: its files, and having a day exported anew.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::export::exported;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use jiff::civil::Date;
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Files of one answer.
const LISTED_MAX: usize = 200;
/// How long a link works.
const LINK_VALID_FOR: SignedDuration = SignedDuration::from_mins(15);

/// A file of JSON Lines.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ExportRow {
    /// Its day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// "orders" (events/exports/orders.v1.json) or "figures" (events/exports/figures.v1.json).
    #[cfg_attr(test, schema(example = "orders"))]
    pub table: &'static str,
    /// Its name among the tenant's files.
    #[cfg_attr(test, schema(example = "export/orders/day=2025-08-09/part-00000.jsonl"))]
    pub name: String,
    /// A link that works for 15 minutes.
    pub url: String,
}

/// Which of them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct Which {
    /// Of this day only; none is this month and the last.
    #[cfg_attr(test, param(value_type = Option<String>, format = Date))]
    pub day: Option<Date>,
}

/// Lists the files of the daily export with links that work for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/exports", tag = "reports", params(Which), responses((status = 200, description = "The newest day first, at most 200", body = Vec<ExportRow>))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(which): Params<Which>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let today = admitted.config.today(desk.wishes.clock.now());
    let mut rows = Vec::new();
    for file in exported(&*desk.reports, &admitted.scope, (today, which.day), LISTED_MAX).await? {
        let url = desk.reports.link(&admitted.scope, &file.key, LINK_VALID_FOR).await.map_err(Error::from)?;
        rows.push(ExportRow { day: file.day, table: file.table, name: file.key, url });
    }
    Ok(axum::Json(rows).into_response())
}

/// Which day.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExportWanted {
    /// A day of the last year; of today what there is so far.
    #[cfg_attr(test, schema(value_type = String, format = Date, example = "2025-08-09"))]
    pub day: Date,
}

/// Has a day exported, anew if it was: the orders that changed on it, as they stood when it ended or now, and its figures. With
/// the setting `export.daily` every day is exported by itself when it is over.
#[cfg_attr(test, utoipa::path(post, path = "/v1/exports", tag = "reports", request_body = ExportWanted,
    responses((status = 202, description = "Queued; look at the list in a moment"), (status = 422, description = "Not such a day"), (status = 429, description = "At most two a minute"))))]
pub async fn make(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(wanted): Json<ExportWanted>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    desk.wishes.export(&admitted.scope, &admitted.config, wanted.day, &origin.correlation).await?;
    Ok(StatusCode::ACCEPTED.into_response())
}
