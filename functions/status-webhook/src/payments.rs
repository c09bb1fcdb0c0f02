//! `/v1/payments/{tenant}/{provider}`: what payment providers report.

use app::payments::BODY_BYTES_MAX;
use app::payments::door::HearPayments;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use runtime::Problem;
use runtime::http::{Origin, Segments, raw_body};
use serde_json::json;
use std::sync::Arc;

/// Has looked up what a provider reports.
pub async fn take(
    State(hear): State<Arc<HearPayments>>,
    Segments((tenant, provider)): Segments<(String, String)>,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    let headers = super::headers(&request);
    let body = raw_body(request, BODY_BYTES_MAX).await?;
    let told = hear.run(&tenant, &provider, &headers, &body, &origin.correlation).await?;
    tracing::info!(trace_id = %origin.correlation, tenant, provider, ?told, "a payment provider has news");
    let body = json!({ "events": told.events, "orders": told.orders, "unknown": told.unknown });
    // PayU takes nothing but a 200 for an answer.
    Ok((StatusCode::OK, axum::Json(body)).into_response())
}
