//! What people have to decide about orders.

use super::Answer;
use super::orders::{fault, order_id, page_size, run};
use crate::body::{self, Json};
use crate::desk::{Admitted, Desk};
use crate::view::{OrderReview, ReviewList};
use app::Error;
use app::apply::Alongside;
use app::ports::{ReviewEntry, ReviewsOf};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::ids::{OrderId, ReviewId};
use domain::order::review::WORDS_MAX;
use domain::order::{Command, Order, ReviewCommand, ReviewKind};
use jiff::{SignedDuration, Timestamp};
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Params, Segments, raw_body};
use serde::Deserialize;
use std::sync::Arc;

/// Which reviews.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReviewParams {
    /// "open" (default): the one that is due first before others; "decided": the latest first.
    pub state: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists what people have to decide, or have decided.
#[cfg_attr(test, utoipa::path(get, path = "/v1/reviews", tag = "reviews", params(ReviewParams),
    responses((status = 200, description = "A page", body = ReviewList), (status = 422, description = "A bad state, limit or cursor"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<ReviewParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (which, purpose) = match params.state.as_deref() {
        None | Some("open") => (ReviewsOf::Open, "reviews-open"),
        Some("decided") => (ReviewsOf::Decided, "reviews-decided"),
        Some(_) => return Err(fault("state", "unknown_state", "open or decided").into()),
    };
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, purpose, params.cursor.as_deref())?;
    let page = desk.reviews.page(&admitted.scope, which, after.as_ref(), limit).await.map_err(Error::from)?;
    let next_cursor = desk.cursors.next(&admitted.scope, purpose, page.next.as_ref())?;
    Ok(axum::Json(ReviewList { reviews: page.reviews.iter().map(OrderReview::of).collect(), next_cursor }).into_response())
}

/// Something for a person to decide.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReview {
    /// "CS_ESCALATION", "QC", "FRAUD", "HIGH_VALUE" or "INVENTORY_OVERRIDE".
    #[serde(rename = "type")]
    pub kind: String,
    /// Why; 1 to 1,000 characters, kept in the order's timeline.
    pub reason: String,
    /// By when; by default after the shop's own time for reviews.
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub due_at: Option<Timestamp>,
}

/// Has a person decide about an order. But for CS_ESCALATION nothing leaves the house before; FRAUD, HIGH_VALUE and INVENTORY_OVERRIDE
/// call the order off if the answer is no.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/reviews", tag = "reviews", request_body = NewReview, params(("id" = String, Path, description = "Order number")),
    responses((status = 201, description = "The review; the one that is open, if there is one of this type", body = OrderReview), (status = 404, description = "No such order"), (status = 409, description = "There are too many"), (status = 422, description = "Every fault"))))]
pub async fn open(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<NewReview>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let kind = ReviewKind::of(&body.kind).ok_or_else(|| {
        let known: Vec<&str> = ReviewKind::ALL.iter().map(|kind| kind.code()).collect();
        fault("type", "unknown_type", format!("one of: {}", known.join(", ")))
    })?;
    let now = desk.clock.now();
    let hours = i64::from(admitted.config.workflow.review_within_h);
    let due_at = body.due_at.unwrap_or_else(|| now.checked_add(SignedDuration::from_hours(hours)).unwrap_or(now));
    if due_at <= now || due_at > now.checked_add(SignedDuration::from_hours(24 * 366)).unwrap_or(Timestamp::MAX) {
        return Err(fault("due_at", "out_of_range", "within a year from now").into());
    }
    let command = Command::Review(ReviewCommand::Open { kind, note: body.reason, due_at });
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, Alongside::default()).await?;
    let opened = applied.order.open_reviews().find(|review| review.kind == kind).ok_or(Error::NotFound("review"))?;
    Ok((StatusCode::CREATED, axum::Json(OrderReview::of(&ReviewEntry::of(&applied.order, opened)))).into_response())
}

/// Takes a review on, so that nobody else decides it for half an hour.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/reviews/{review_id}/claim", tag = "reviews",
    params(("id" = String, Path, description = "Order number"), ("review_id" = String, Path, description = "The review")),
    responses((status = 200, description = "The review", body = OrderReview), (status = 404, description = "No such order or review"), (status = 409, description = "It is decided, or somebody else works on it"))))]
pub async fn claim(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, review)): Segments<(String, String)>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let (id, review) = named(&id, &review)?;
    let command = ReviewCommand::Claim { id: review.clone(), by: admitted.identity.principal.clone() };
    answer(&desk, &admitted, &id, &review, command).await
}

/// What somebody decides.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReviewDecision {
    /// Yes.
    pub approve: bool,
    /// Why; at most 1,000 characters, kept in the order's timeline.
    pub comment: Option<String>,
}

/// Decides a review: the order goes on, or is called off and has given back what it held. The same answer given twice is one answer.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/reviews/{review_id}/decide", tag = "reviews", request_body = ReviewDecision,
    params(("id" = String, Path, description = "Order number"), ("review_id" = String, Path, description = "The review")),
    responses((status = 200, description = "The review as it is now", body = OrderReview), (status = 404, description = "No such order or review"), (status = 409, description = "It is decided otherwise, somebody else works on it, or another person has to approve it"))))]
pub async fn decide(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, review)): Segments<(String, String)>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let body: ReviewDecision = body::read(&raw_body(request, BODY_BYTES_MAX).await?)?;
    let comment = body.comment.filter(|comment| !comment.trim().is_empty());
    if comment.as_ref().is_some_and(|comment| comment.chars().count() > WORDS_MAX) {
        return Err(fault("comment", "too_long", format!("at most {WORDS_MAX} characters")).into());
    }
    let (id, review) = named(&id, &review)?;
    let by = admitted.identity.principal.clone();
    let command = ReviewCommand::Decide { id: review.clone(), approve: body.approve, by, comment };
    answer(&desk, &admitted, &id, &review, command).await
}

fn named(id: &str, review: &str) -> Result<(OrderId, ReviewId), Error> {
    Ok((order_id(id)?, ReviewId::parse(review).map_err(|_| Error::NotFound("review"))?))
}

async fn answer(desk: &Desk, admitted: &Admitted, id: &OrderId, review: &ReviewId, command: ReviewCommand) -> Answer<Response> {
    let applied = run(desk, admitted, id, &Command::Review(command), Alongside::default()).await?;
    let order: &Order = &applied.order;
    let review = order.review(review).ok_or(Error::NotFound("review"))?;
    Ok(axum::Json(OrderReview::of(&ReviewEntry::of(order, review))).into_response())
}
