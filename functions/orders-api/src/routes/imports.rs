//! Imports: orders as they stand elsewhere, row by row, as often as you like.

use super::Answer;
use crate::body::Json;
use crate::desk::Desk;
use crate::view::NewOrder;
use app::Error;
use app::import::ImportRow;
use app::place::Imported;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ids::SourceId;
use domain::order::{Fault, Vocabulary};
use runtime::http::{Caller, Origin};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Rows of one request.
pub const ROWS_MAX: usize = 100;

/// A batch of rows.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Import {
    /// Where they come from.
    #[cfg_attr(test, schema(example = "sheet"))]
    pub channel: String,
    /// Whose status words they use: sheet, shop, workflow, sales, saleor, shopify, orderflow, or a carrier's: ups, fedex, usps, dhl, inpost, aftership.
    #[cfg_attr(test, schema(value_type = String, example = "sheet"))]
    pub vocabulary: Vocabulary,
    /// At most 100.
    pub rows: Vec<Row>,
}

/// One order as it stands elsewhere.
#[derive(Debug, Clone, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Row {
    /// In the words of the vocabulary.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub status: String,
    /// The order. Its number is required: it is what makes the import repeatable.
    pub order: NewOrder,
}

/// What became of the rows.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ImportResult {
    /// New orders.
    pub placed: usize,
    /// Known orders with news.
    pub updated: usize,
    /// Known orders without.
    pub unchanged: usize,
    /// Rows that were refused, with all their faults.
    pub refused: Vec<RefusedRow>,
}

/// A row that was refused.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct RefusedRow {
    /// Position in the request, from 0.
    pub row: usize,
    /// Its number, if it had one.
    pub number: Option<String>,
    /// Everything wrong with it.
    #[cfg_attr(test, schema(value_type = Vec<serde_json::Value>))]
    pub errors: Vec<Fault>,
}

/// Imports up to 100 orders. A second run of the same rows changes nothing.
///
/// Rows of different orders are taken in at the same time, rows of one order in their order.
#[cfg_attr(test, utoipa::path(post, path = "/v1/imports/orders", tag = "imports", request_body = Import,
    responses((status = 200, description = "What became of each row", body = ImportResult), (status = 422, description = "Nothing was imported"))))]
pub async fn orders(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(import): Json<Import>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    if import.rows.len() > ROWS_MAX {
        return Err(Error::Invalid(vec![Fault::new("rows", "too_many", format!("at most {ROWS_MAX} rows a request"))]).into());
    }
    let channel =
        SourceId::parse(&import.channel).map_err(|why| Error::Invalid(vec![Fault::new("channel", "bad_channel", why.to_string())]))?;
    let rows: Vec<ImportRow> =
        import.rows.into_iter().map(|Row { status, order }| ImportRow { status, draft: order.into_draft() }).collect();
    let outcomes = desk.place.import_all(admitted.context(), &rows, import.vocabulary, &channel).await?;
    let mut result = ImportResult::default();
    for (row, (outcome, ImportRow { draft, .. })) in outcomes.into_iter().zip(rows).enumerate() {
        match outcome {
            Ok(Imported::Placed) => result.placed += 1,
            Ok(Imported::Updated) => result.updated += 1,
            Ok(Imported::Unchanged) => result.unchanged += 1,
            Err(errors) => result.refused.push(RefusedRow { row, number: draft.number, errors }),
        }
    }
    Ok(axum::Json(result).into_response())
}
