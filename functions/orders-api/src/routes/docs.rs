//! Health and documentation, without signing in.

use axum::response::{Html, IntoResponse, Response};
use lambda_http::http::{HeaderValue, header};
use serde_json::json;

/// Says that the function answers.
#[cfg_attr(test, utoipa::path(get, path = "/health", tag = "service", responses((status = 200, description = "It answers", body = Object))))]
pub async fn health() -> Response {
    axum::Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") })).into_response()
}

/// The OpenAPI document.
pub async fn openapi() -> Response {
    let mut response = crate::openapi::DOCUMENT.into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("public, max-age=300"));
    response
}

/// The reference for people.
pub async fn page() -> Response {
    let mut response = Html(crate::openapi::page()).into_response();
    let policy = HeaderValue::from_static("default-src 'none'; style-src 'self' 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'");
    response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}
