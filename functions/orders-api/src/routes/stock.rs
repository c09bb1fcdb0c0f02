//! Stock levels.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::ports::StockLevel;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{EventId, Sku};
use domain::order::Fault;
use lambda_http::http::StatusCode;
use runtime::Problem;
use runtime::http::{Caller, Origin, Segments};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A level.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LevelView {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Free to promise.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// On the shelf: available + reserved.
    pub on_hand: i64,
    /// How much that is by the shop's limits: enough, low or reorder.
    #[cfg_attr(test, schema(example = "enough"))]
    pub grade: &'static str,
}

impl From<StockLevel> for LevelView {
    fn from(level: StockLevel) -> LevelView {
        LevelView {
            on_hand: level.available + level.reserved,
            sku: level.sku,
            location: level.location,
            available: level.available,
            reserved: level.reserved,
            grade: level.grade.as_str(),
        }
    }
}

fn sku(text: &str) -> Result<Sku, Error> {
    Sku::parse(text).map_err(|_| Error::NotFound("sku"))
}

/// Reads the levels of a SKU at all locations.
#[cfg_attr(test, utoipa::path(get, path = "/v1/inventory/{sku}", tag = "inventory", params(("sku" = String, Path, description = "Stock-keeping unit")),
    responses((status = 200, description = "Levels by location", body = Vec<LevelView>))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(text): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let levels = desk.stock.stock.levels(&admitted.scope, sku(&text)?.as_str()).await.map_err(Error::from)?;
    Ok(axum::Json(levels.into_iter().map(LevelView::from).collect::<Vec<_>>()).into_response())
}

/// A movement.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Adjustment {
    /// Where.
    #[cfg_attr(test, schema(example = "main"))]
    pub location: String,
    /// How many came (or, negative, left).
    pub by: i64,
    /// Names the movement: a delivery note, a count. The same one twice moves nothing the second time.
    pub reference: String,
}

/// Adds to or takes from what is free. When that falls to one of the shop's limits, the team is told.
#[cfg_attr(test, utoipa::path(post, path = "/v1/inventory/{sku}/adjust", tag = "inventory", request_body = Adjustment,
    params(("sku" = String, Path, description = "Stock-keeping unit")),
    responses((status = 200, description = "The level now", body = LevelView), (status = 409, description = "It would go below zero"))))]
pub async fn adjust(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(text): Segments<String>,
    Json(body): Json<Adjustment>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let sku = sku(&text)?;
    let mut faults = Vec::new();
    if EventId::parse(&body.reference).is_err() {
        faults.push(Fault::new("reference", "bad_reference", "1 to 160 letters, digits, dashes, dots, colons and underscores"));
    }
    if domain::ids::SourceId::parse(&body.location).is_err() {
        faults.push(Fault::new("location", "bad_location", "1 to 32 lower-case letters, digits and dashes"));
    }
    if body.by == 0 || body.by.unsigned_abs() > 1_000_000_000 {
        faults.push(Fault::new("by", "out_of_range", "not 0, at most a billion either way"));
    }
    if !faults.is_empty() {
        return Err(Error::Invalid(faults).into());
    }
    let level = desk.stock.adjust(admitted.context(), (sku.as_str(), &body.location), body.by, &body.reference).await?;
    let short = || {
        Problem::new(
            "out-of-stock",
            "Not enough stock",
            StatusCode::CONFLICT,
            "there is not that much free; read the level and adjust by less",
        )
    };
    Ok(axum::Json(LevelView::from(level.ok_or_else(short)?)).into_response())
}
