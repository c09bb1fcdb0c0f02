//! The same step for many orders.

use super::Answer;
use super::orders::{fault, idempotency_key_if_any};
use crate::body::Json;
use crate::desk::Desk;
use app::Error;
use app::TenantScope;
use app::bulk::{JobStatus, StepResult, Wish};
use app::ports::{Allowance, Limit};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use contracts::queue::BulkAction;
use jiff::SignedDuration;
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, header};
use runtime::http::{Caller, Origin, Params, Segments};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Whoever waits is answered after this, done or not.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// Between two looks, at first and at last.
const LOOK_EVERY: Duration = Duration::from_millis(150);
const LOOK_EVERY_MAX: Duration = Duration::from_secs(1);
/// Answers of one shop that wait.
const WAITS: Limit = Limit { count: 10, window: SignedDuration::from_mins(1) };

/// What is to be done to which orders.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BulkWish {
    /// 1 to 100 order numbers.
    pub order_ids: Vec<String>,
    /// "progress" (the rules may move it on), "fulfill" (it is complete) or "cancel".
    #[cfg_attr(test, schema(example = "progress"))]
    pub action: String,
    /// Whether customers are told. Default true.
    pub notify_customers: Option<bool>,
    /// That more than 20 orders are meant.
    pub confirm: Option<bool>,
}

/// How a job stands.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BulkJob {
    /// For `GET /v1/orders/bulk-action/{job_id}`.
    pub job_id: String,
    /// What is done: "progress", "fulfill" or "cancel".
    #[cfg_attr(test, schema(value_type = String))]
    pub action: BulkAction,
    /// Orders.
    pub total: usize,
    /// Done to so many.
    pub successful: usize,
    /// Refused by so many; their results say why.
    pub failed: usize,
    /// So many have not had their turn yet.
    pub pending: usize,
    /// Order by order, those that had their turn.
    pub results: Vec<BulkResult>,
}

/// What became of an order.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BulkResult {
    /// Its number.
    pub order_id: String,
    /// It was done.
    pub success: bool,
    /// Its status before; none if there is no such order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub old_status: Option<String>,
    /// Its status after.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_status: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl From<StepResult> for BulkResult {
    fn from(StepResult { order_id, success, old_status, new_status, reason }: StepResult) -> BulkResult {
        BulkResult { order_id, success, old_status, new_status, reason }
    }
}

impl BulkJob {
    fn of(job_id: String, status: JobStatus) -> BulkJob {
        let (action, total) = (status.wish.action, status.results.len());
        let results: Vec<BulkResult> = status.results.into_iter().flatten().map(BulkResult::from).collect();
        let successful = results.iter().filter(|result| result.success).count();
        let (failed, pending) = (results.len() - successful, total - results.len());
        BulkJob { job_id, action, total, successful, failed, pending, results }
    }
}

/// How long the answer may wait for the results.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct BulkParams {
    /// Seconds, 0 to 25: the answer comes when all is done, after 10 seconds at the latest.
    pub wait: Option<String>,
}

/// Does one thing to up to 100 orders, each on its own and exactly once.
///
/// Each order is carried out behind a queue, beside the others. The same `Idempotency-Key` with the same wish is the same job.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/bulk-action", tag = "orders", request_body = BulkWish,
    params(("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters; the same key is the same job"), BulkParams),
    responses((status = 200, description = "Done, with every result", body = BulkJob), (status = 202, description = "Begun", body = BulkJob),
              (status = 400, description = "More than 100 orders"), (status = 422, description = "Every fault, or more than 20 orders without confirm"))))]
pub async fn start(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<BulkParams>,
    headers: HeaderMap,
    Json(body): Json<BulkWish>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let key = idempotency_key_if_any(&headers)?;
    let wait = seconds(params.wait.as_deref())?;
    let action = match body.action.as_str() {
        "progress" => BulkAction::Progress,
        "fulfill" => BulkAction::Fulfill,
        "cancel" => BulkAction::Cancel,
        _ => return Err(fault("action", "unknown_action", "progress, fulfill or cancel").into()),
    };
    let wish = Wish { orders: body.order_ids, action, notify: body.notify_customers.unwrap_or(true) };
    let confirmed = (body.confirm.unwrap_or(false), key.as_deref());
    let job = desk.bulk.start(&admitted.identity, &wish, confirmed, &origin.correlation).await?;
    let standing = stands(&desk, &admitted.scope, job, wait).await?;
    let status = if standing.pending == 0 { StatusCode::OK } else { StatusCode::ACCEPTED };
    let place = format!("/v1/orders/bulk-action/{}", standing.job_id);
    let mut response = (status, axum::Json(standing)).into_response();
    if let Ok(place) = HeaderValue::from_str(&place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    Ok(response)
}

/// Reads how a job stands. Jobs are kept for a week.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/bulk-action/{job_id}", tag = "orders", params(("job_id" = String, Path, description = "The job"), BulkParams),
    responses((status = 200, description = "How it stands", body = BulkJob), (status = 404, description = "No such job"))))]
pub async fn read(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(job): Segments<String>,
    Params(params): Params<BulkParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let wait = seconds(params.wait.as_deref())?;
    Ok(axum::Json(stands(&desk, &admitted.scope, job, wait).await?).into_response())
}

async fn stands(desk: &Desk, scope: &TenantScope, job: String, wait: Duration) -> Result<BulkJob, Error> {
    let mut status = desk.bulk.status(scope, &job).await?;
    // Whoever waits holds an instance of the function; too many get their answer at once.
    let may_wait = wait > Duration::ZERO
        && matches!(desk.buckets.take(scope, "bulk-wait", 1, WAITS, desk.clock.now()).await, Ok(Allowance::Allowed { .. }));
    let until = Instant::now() + if may_wait { wait.min(WAIT_MAX) } else { Duration::ZERO };
    let mut pause = LOOK_EVERY;
    while !status.is_done() && Instant::now() < until {
        sleep(pause).await;
        pause = (pause * 3 / 2).min(LOOK_EVERY_MAX);
        desk.bulk.look_again(scope, &mut status).await?;
    }
    Ok(BulkJob::of(job, status))
}

fn seconds(text: Option<&str>) -> Result<Duration, Error> {
    let read = |text: &str| text.parse::<u64>().ok().filter(|seconds| *seconds <= 25);
    let seconds = text.map(|text| read(text).ok_or_else(|| fault("wait", "out_of_range", "0 to 25"))).transpose()?;
    Ok(Duration::from_secs(seconds.unwrap_or(0)))
}
