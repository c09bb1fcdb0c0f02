//! `POST /v1/hooks/{tenant}/{endpoint}`, `/v1/channels/{tenant}/{channel}`, `/v1/payments/{tenant}/{provider}` and
//! `/v1/carriers/{tenant}/{carrier}`: verify, store, queue, answer.

mod carriers;
mod lines;
mod payments;

use app::channels::Listen;
use app::commerce::Commerce;
use app::commerce::door::Heard;
use app::dispatch::door::HearCarriers;
use app::payments::door::HearPayments;
use app::receive::BODY_BYTES_MAX;
use app::saleor::door::HearSaleor;
use app::shopify::door::{self as shopify, HearShopify};
use app::signature::Headers;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing::post};
use lambda_http::http::StatusCode;
use runtime::Problem;
use runtime::http::{Origin, Segments, raw_body};
use serde_json::json;
use std::sync::Arc;

/// A request's headers, as signatures are checked over them.
fn headers(request: &Request) -> Headers {
    let text = |value: &lambda_http::http::HeaderValue| value.to_str().unwrap_or_default().to_owned();
    Headers(request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect())
}

/// Who hears what comes in under `/v1/hooks`. Saleor's door leads to the one for all other webhooks.
#[derive(Clone)]
pub struct Hooks {
    /// Saleor's.
    pub saleor: HearSaleor,
    /// Shopify's.
    pub shopify: HearShopify,
}

/// The routes.
pub fn router(hooks: Arc<Hooks>, listen: Arc<Listen>, payments: Arc<HearPayments>, carriers: Arc<HearCarriers>) -> Router {
    let channels = Router::new().route("/v1/channels/{tenant}/{channel}", post(lines::take).get(lines::confirm)).with_state(listen);
    let plain = Router::new()
        .route("/v1/hooks/{tenant}/{endpoint}", post(take))
        .route("/v1/hooks/{endpoint}", post(take_by_header))
        .with_state(hooks);
    let payments = Router::new().route("/v1/payments/{tenant}/{provider}", post(payments::take)).with_state(payments);
    let carriers = Router::new().route("/v1/carriers/{tenant}/{carrier}", post(carriers::take)).with_state(carriers);
    plain.merge(channels).merge(payments).merge(carriers)
}

/// For senders whose address is fixed: the tenant comes in `x-tenant-id`. It is a claim like the one in the
/// path; the signature proves it.
async fn take_by_header(
    hear: State<Arc<Hooks>>,
    Segments(endpoint): Segments<String>,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    let tenant = request.headers().get("x-tenant-id").and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    take(hear, Segments((tenant, endpoint)), origin, request).await
}

async fn take(
    State(hear): State<Arc<Hooks>>,
    Segments((tenant, endpoint)): Segments<(String, String)>,
    origin: Origin,
    request: Request,
) -> Result<Response, Problem> {
    let headers = headers(&request);
    let shopify = match Commerce::of_endpoint(&endpoint) {
        Some(Commerce::Shopify) => hear.shopify.account(&tenant).await?,
        _ => None,
    };
    let Heard { receipt, ignored } = match shopify {
        Some(account) => {
            let body = raw_body(request, shopify::BODY_BYTES_MAX).await?;
            hear.shopify.run(&account, &headers, &body, &origin.correlation).await?
        }
        None => {
            let body = raw_body(request, BODY_BYTES_MAX).await?;
            hear.saleor.run(&tenant, &endpoint, &headers, &body, &origin.correlation).await?
        }
    };
    tracing::info!(trace_id = %origin.correlation, tenant, endpoint, event_id = receipt.event_id, again = receipt.again, ignored, "webhook stored");
    let mut body = json!({ "event_id": receipt.event_id, "duplicate": receipt.again });
    if let Some(kind) = ignored {
        body["ignored"] = json!(kind);
    }
    Ok((StatusCode::ACCEPTED, axum::Json(body)).into_response())
}
