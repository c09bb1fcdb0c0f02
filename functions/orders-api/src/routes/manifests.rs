//! What carriers collect, and the manifests they are told.

use super::Answer;
use super::orders::page_size;
use crate::body::Json;
use crate::desk::{Admitted, Desk};
use crate::view::{AskedManifests, ManifestList, ManifestParcel, ManifestView, PileView};
use app::Error;
use app::dispatch::manifests::link;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{LocationId, ManifestId};
use domain::order::Fault;
use domain::shipping::CarrierName;
use domain::shipping::manifest::Manifest;
use lambda_http::http::StatusCode;
use runtime::http::{Caller, Origin, Params, Segments};
use serde::Deserialize;
use std::sync::Arc;

/// Which page.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ManifestParams {
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Of which parcels.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewManifests {
    /// "fedex", "ups", "usps" or "dhl"; each that something waits for, if nobody says.
    #[cfg_attr(test, schema(example = "usps"))]
    pub carrier: Option<String>,
    /// Where they lie; everywhere, if nobody says. FedEx closes an account's day wherever its parcels are.
    #[cfg_attr(test, schema(example = "main"))]
    pub location: Option<String>,
}

/// What a person has found out.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ManifestOutcome {
    /// Whether the carrier has it. If it has not, its parcels wait for another.
    pub made: bool,
}

fn named(text: &str) -> Result<ManifestId, Error> {
    ManifestId::parse(text).map_err(|_| Error::NotFound("manifest"))
}

async fn shown(desk: &Desk, admitted: &Admitted, manifest: &Manifest) -> Answer<Response> {
    let url = link(&*desk.reports, &admitted.scope, manifest).await?;
    let parcels = Some(manifest.parcels.iter().map(ManifestParcel::from).collect());
    Ok(axum::Json(ManifestView { url, parcels, ..ManifestView::from(manifest) }).into_response())
}

/// Lists manifests, and counts the parcels that wait for one.
#[cfg_attr(test, utoipa::path(get, path = "/v1/manifests", tag = "fulfilment", params(ManifestParams),
    responses((status = 200, description = "A page, and what waits", body = ManifestList), (status = 422, description = "A bad limit or cursor"))))]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<ManifestParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, "manifests", params.cursor.as_deref())?;
    let waiting = desk.floor.manifests.standing(admitted.context()).await?;
    let page = desk.floor.manifests.page(&admitted.scope, after.as_ref(), limit).await?;
    let list = ManifestList {
        waiting: waiting.iter().map(PileView::from).collect(),
        manifests: page.manifests.iter().map(ManifestView::from).collect(),
        next_cursor: desk.cursors.next(&admitted.scope, "manifests", page.next.as_ref())?,
    };
    Ok(axum::Json(list).into_response())
}

/// Has carriers told what they collect today: every parcel whose label is bought and that no manifest has.
///
/// The carrier is asked right after the answer; `GET` shows what becomes of it. While one is being made, asking again is that one.
#[cfg_attr(test, utoipa::path(post, path = "/v1/manifests", tag = "fulfilment", request_body = NewManifests,
    responses((status = 202, description = "They are being made; none, if nothing waits", body = AskedManifests), (status = 422, description = "Every fault"))))]
pub async fn create(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<NewManifests>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let mut faults = Vec::new();
    let carrier = body.carrier.as_deref().and_then(|word| {
        let known = CarrierName::from_word(word);
        if known.is_none() {
            faults.push(Fault::new("carrier", "unknown_carrier", "fedex, ups, usps or dhl"));
        }
        known
    });
    let location = body.location.as_deref().map(LocationId::parse).transpose();
    let location = location.map_err(|why| faults.push(Fault::new("location", "bad_location", why.to_string())));
    let (Ok(location), true) = (location, faults.is_empty()) else { return Err(Error::Invalid(faults).into()) };
    let asked = desk.floor.manifests.ask(admitted.context(), carrier, location.as_ref()).await?;
    let asked = AskedManifests { manifests: asked.iter().map(ManifestView::from).collect() };
    Ok((StatusCode::ACCEPTED, axum::Json(asked)).into_response())
}

/// Reads one with its parcels, and a link to print it that works for 15 minutes.
#[cfg_attr(test, utoipa::path(get, path = "/v1/manifests/{id}", tag = "fulfilment", params(("id" = String, Path, description = "Its name")),
    responses((status = 200, description = "The manifest", body = ManifestView), (status = 404, description = "No such manifest"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let manifest = desk.floor.manifests.load(&admitted.scope, &named(&id)?).await?;
    shown(&desk, &admitted, &manifest).await
}

/// Says what became of one of which nobody knows, or that has stood still for a quarter of an hour.
#[cfg_attr(test, utoipa::path(post, path = "/v1/manifests/{id}/settle", tag = "fulfilment", request_body = ManifestOutcome,
    params(("id" = String, Path, description = "Its name")),
    responses((status = 200, description = "As it is now", body = ManifestView), (status = 404, description = "No such manifest"), (status = 409, description = "Nobody is needed, or it has changed"), (status = 422, description = "Every fault"))))]
pub async fn settle(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<ManifestOutcome>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let settled = desk.floor.manifests.settle(admitted.context(), &named(&id)?, body.made).await?;
    shown(&desk, &admitted, &settled).await
}
