//! Stock levels, and counting them.

use super::Answer;
use super::orders::{fault, page_size};
use crate::body::Json;
use crate::desk::Desk;
use crate::view::{CountResult, CountedLine, LevelList, LevelView};
use app::Error;
use app::stock::CountedShelf;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::{EventId, LocationId, Sku};
use domain::order::Fault;
use domain::stock::StockGrade;
use lambda_http::http::StatusCode;
use runtime::Problem;
use runtime::http::{Caller, Origin, Params, Segments};
use serde::Deserialize;
use std::sync::Arc;

fn sku(text: &str) -> Result<Sku, Error> {
    Sku::parse(text).map_err(|_| Error::NotFound("sku"))
}

/// Which levels.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct LevelParams {
    /// Only these: enough, low or reorder.
    pub grade: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists what there is, the least first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/inventory", tag = "inventory", params(LevelParams),
    responses((status = 200, description = "A page", body = LevelList), (status = 422, description = "A bad grade, limit or cursor"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<LevelParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let of = |word: &str| StockGrade::from_word(word).ok_or_else(|| fault("grade", "unknown_grade", "enough, low or reorder"));
    let grade = params.grade.as_deref().map(of).transpose()?;
    let purpose = format!("stock-{}", grade.map_or("all", StockGrade::as_str));
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, &purpose, params.cursor.as_deref())?;
    let page = desk.stock.stock.page(&admitted.scope, grade, after.as_ref(), limit).await.map_err(Error::from)?;
    let next_cursor = desk.cursors.next(&admitted.scope, &purpose, page.next.as_ref())?;
    Ok(axum::Json(LevelList { levels: page.levels.into_iter().map(LevelView::from).collect(), next_cursor }).into_response())
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

/// A shelf that was counted.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CountLine {
    /// Unit.
    pub sku: String,
    /// Where.
    #[cfg_attr(test, schema(example = "main"))]
    pub location: String,
    /// Pieces that lie there, promised ones included.
    pub counted: u32,
}

/// A cycle count.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewCount {
    /// Names the count. The same one twice corrects nothing the second time, and says the same again.
    #[cfg_attr(test, schema(example = "2026-w48"))]
    pub reference: String,
    /// The shelves, 1 to 500.
    pub lines: Vec<CountLine>,
}

/// Counts shelves: the books are corrected by what lies there, but for what is promised to orders.
///
/// The count is held against the books as they are when it is sent; send it before goods move on.
#[cfg_attr(test, utoipa::path(post, path = "/v1/inventory-counts", tag = "inventory", request_body = NewCount,
    responses((status = 200, description = "What was found", body = CountResult), (status = 422, description = "Every fault"))))]
pub async fn count(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<NewCount>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let mut faults = Vec::new();
    let reference = EventId::parse(&body.reference).map_err(|why| faults.push(Fault::new("reference", "bad_reference", why.to_string())));
    let mut shelves = Vec::with_capacity(body.lines.len().min(app::stock::COUNT_LINES_MAX));
    for (at, line) in body.lines.iter().take(app::stock::COUNT_LINES_MAX + 1).enumerate() {
        let sku = Sku::parse(&line.sku).map_err(|why| faults.push(Fault::new(format!("lines[{at}].sku"), "bad_sku", why.to_string())));
        let place = LocationId::parse(&line.location);
        let place = place.map_err(|why| faults.push(Fault::new(format!("lines[{at}].location"), "bad_location", why.to_string())));
        if let (Ok(sku), Ok(location)) = (sku, place) {
            shelves.push(CountedShelf { sku, location, counted: line.counted });
        }
    }
    let Ok(reference) = reference.and_then(|reference| if faults.is_empty() { Ok(reference) } else { Err(()) }) else {
        return Err(Error::Invalid(faults).into());
    };
    let counted = desk.count.run(admitted.context(), &reference, &shelves).await?;
    let matched = counted.iter().filter(|one| one.found.matched()).count();
    let number = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
    let accuracy = domain::stock::count::accuracy(number(matched), number(counted.len()));
    let lines = counted.into_iter().map(CountedLine::from).collect();
    let result = CountResult { reference: body.reference, matched, accuracy_per_mille: accuracy.unwrap_or(0), lines };
    Ok(axum::Json(result).into_response())
}
