//! `/v1/carriers/{tenant}/{carrier}`: what carriers have seen of parcels.

use app::dispatch::door::{BODY_BYTES_MAX, HearCarriers};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::Problem;
use runtime::http::{Origin, Segments, raw_body};
use serde_json::json;
use std::sync::Arc;

/// Notes what a carrier has seen.
pub async fn take(
    State(hear): State<Arc<HearCarriers>>,
    Segments((tenant, carrier)): Segments<(String, String)>,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    let headers = super::headers(&request);
    let body = raw_body(request, BODY_BYTES_MAX).await?;
    let heard = hear.run(&tenant, &carrier, &headers, &body, &origin.correlation).await?;
    tracing::info!(trace_id = %origin.correlation, tenant, carrier, ?heard, "a carrier has news");
    let body = json!({ "parcels": heard.parcels, "news": heard.news, "unknown": heard.unknown });
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}
