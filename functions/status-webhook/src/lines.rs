//! `/v1/channels/{tenant}/{channel}`: receipts and replies of the platforms by which a shop writes to its customers.

use app::channels::{BODY_BYTES_MAX, Knock, Listen};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use lambda_http::http::StatusCode;
use lambda_http::http::header::CONTENT_TYPE;
use runtime::Problem;
use runtime::http::{Origin, Segments, raw_body};
use std::sync::Arc;

/// Answers Meta's question whether this is the address of whoever knows the token.
pub async fn confirm(
    State(listen): State<Arc<Listen>>,
    Segments((tenant, channel)): Segments<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    let query = request.uri().query().unwrap_or_default();
    Ok(listen.confirm(&tenant, &channel, query).await?.into_response())
}

/// Takes in receipts and replies.
pub async fn take(
    State(listen): State<Arc<Listen>>,
    Segments((tenant, channel)): Segments<(String, String)>,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    let headers = super::headers(&request);
    let path = request.uri().path_and_query().map_or_else(String::new, ToString::to_string);
    let body = raw_body(request, BODY_BYTES_MAX).await?;
    let count = listen.run(&tenant, &channel, Knock { path: &path, headers: &headers, body: &body }, &origin.correlation).await?;
    tracing::info!(trace_id = %origin.correlation, tenant, channel, count, "receipts and replies stored");
    // Twilio reads the answer to a text message as what is to be said to it: nothing, from here.
    Ok((StatusCode::OK, [(CONTENT_TYPE, "text/xml")], "<Response/>").into_response())
}
