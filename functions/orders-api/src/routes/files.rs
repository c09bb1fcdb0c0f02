//! Files of orders: uploaded, looked at or taken in behind a queue.

use super::Answer;
use crate::desk::Desk;
use app::sheet::file::{FILE_BYTES_MAX, FileStatus, status, upload};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use contracts::queue::FileOptions;
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Params, Segments, raw_body};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How the file is to be read.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct FileParams {
    /// Only look, and list every row with something wrong.
    #[serde(default)]
    pub dry_run: bool,
    /// Currency of rows that have none, ISO 4217.
    pub currency: Option<String>,
    /// Of a workbook; the first, if nothing is said.
    pub worksheet: Option<String>,
}

/// An upload.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Uploaded {
    /// Ask for it under `/v1/imports/files/{id}`. The same file read in the same way has the same.
    pub id: String,
}

/// Takes a file of orders: CSV, TSV or XLSX, at most 4 MB, as the body itself. A second import of the same rows changes
/// nothing; a dry run changes nothing either and lists every row with something wrong.
#[cfg_attr(test, utoipa::path(post, path = "/v1/imports/files", tag = "imports", params(FileParams),
    request_body(content = String, content_type = "application/octet-stream"),
    responses((status = 202, description = "Kept; it is read in a moment", body = Uploaded), (status = 413, description = "More than 4 MB: use orderctl import"),
              (status = 422, description = "Every fault"))))]
pub async fn take(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<FileParams>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let bytes = raw_body(request, FILE_BYTES_MAX).await?;
    let options =
        FileOptions { dry_run: params.dry_run, currency: params.currency.unwrap_or_else(|| "EUR".into()), worksheet: params.worksheet };
    let id = upload((&*desk.reports, &*desk.sheets), &admitted.identity, bytes.to_vec(), options, &origin.correlation).await?;
    Ok((StatusCode::ACCEPTED, axum::Json(Uploaded { id })).into_response())
}

/// How an uploaded file stands: orders in it, what became of them, rows to correct.
#[cfg_attr(test, utoipa::path(get, path = "/v1/imports/files/{id}", tag = "imports", params(("id" = String, Path, description = "Of the upload")),
    responses((status = 200, description = "How it stands; `done` when nothing more will happen", body = Object), (status = 404, description = "No such upload"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let status: FileStatus = status(&*desk.reports, &admitted.scope, &id).await?;
    Ok(axum::Json(status).into_response())
}
