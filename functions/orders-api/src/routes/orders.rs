//! Orders: place, list, read, move.

use super::Answer;
use crate::body::{self, Json};
use crate::desk::{Admitted, Desk};
use crate::view::{CreatedOrder, DecisionView, NewOrder, OrderList, OrderProgress, OrderRow, OrderView, Timeline};
use app::apply::{Alongside, Applied};
use app::notify::{Saying, customer_message};
use app::photos::links;
use app::place::{Idempotency, KEY_KEPT_FOR};
use app::ports::{Dossier, OnceDone, OnceKey, OrderQuery, is_our_channel};
use app::progress::Wish;
use app::{Error, TenantScope};
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::ids::{OrderId, SourceId};
use domain::order::decide::UNDO_WITHIN;
use domain::order::{Cause, ChangeStatus, Command, CorrectStatus, Fault, OrderStatus, Track, Vocabulary};
use jiff::Timestamp;
use lambda_http::http::{HeaderMap, HeaderValue, StatusCode, header};
use runtime::Problem;
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Params, Segments, raw_body};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

const TIMELINE_MAX: usize = 200;
const NOTE_CHARS_MAX: usize = 500;

pub(super) fn fault(field: &str, code: &str, message: impl Into<String>) -> Error {
    Error::Invalid(vec![Fault::new(field, code, message)])
}

/// A number from a path. One that could not be an order's is simply not there.
pub(super) fn order_id(text: &str) -> Result<OrderId, Error> {
    OrderId::parse(text).map_err(|_| Error::NotFound("order"))
}

pub(super) fn status(word: &str) -> Result<OrderStatus, Error> {
    let known = || OrderStatus::ALL.iter().map(|status| status.as_str()).collect::<Vec<_>>().join(", ");
    OrderStatus::from_word(word).ok_or_else(|| fault("status", "unknown_status", format!("one of: {}", known())))
}

pub(super) fn note(text: Option<String>) -> Result<Option<String>, Error> {
    match text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()) {
        Some(text) if text.chars().count() > NOTE_CHARS_MAX => {
            Err(fault("note", "too_long", format!("at most {NOTE_CHARS_MAX} characters")))
        }
        other => Ok(other),
    }
}

/// `If-Match: "7"` or `W/"7"`; `*` means whatever there is.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let text = match headers.get_all(header::IF_MATCH).iter().collect::<Vec<_>>().as_slice() {
        [] => return Ok(None),
        [one] => one.to_str().unwrap_or_default().trim(),
        _ => "",
    };
    if text == "*" {
        return Ok(None);
    }
    let inner = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let version = inner.parse().ok().filter(|_| inner.bytes().all(|b| b.is_ascii_digit()));
    version.map(Some).ok_or_else(|| fault("If-Match", "bad_version", "one ETag of the order you read, for example \"7\""))
}

/// Places an order.
///
/// Sending the same `Idempotency-Key` with the same body again gives the same answer and no second order.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders", tag = "orders", request_body = NewOrder,
    params(("Idempotency-Key" = String, Header, description = "1 to 200 printable characters, kept for 48 hours")),
    responses((status = 201, description = "Placed", body = CreatedOrder), (status = 409, description = "The number is taken"),
              (status = 422, description = "Every fault of the input, or a reused key"))))]
pub async fn create(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, request: Request) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let key = idempotency_key(request.headers())?;
    let raw = raw_body(request, BODY_BYTES_MAX).await?;
    let new: NewOrder = body::read(&raw)?;
    let channel = new.channel.clone().unwrap_or_else(|| "api".to_owned());
    let channel = SourceId::parse(&channel).map_err(|why| fault("channel", "bad_channel", why.to_string()))?;
    if is_our_channel(&channel) {
        return Err(fault("channel", "bad_channel", "this name is ours; take another one").into());
    }
    let idempotency = once("POST /v1/orders", &admitted, &key, &raw);
    let respond = |order: &domain::order::Order| serde_json::to_string(&CreatedOrder::of(order)).unwrap_or_default();
    let draft = new.into_draft();
    let placed = desk.place.run(admitted.context(), &draft, &channel, &idempotency, respond).await?;
    let mut response = (StatusCode::CREATED, placed.response).into_response();
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if placed.replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn once(route: &str, admitted: &Admitted, key: &str, raw: &[u8]) -> Idempotency {
    Idempotency { key: OnceKey::new(route, &admitted.identity.principal, key), request_hash: hex::encode(Sha256::digest(raw)) }
}

/// What a request is known by, if it comes again.
pub(super) fn idempotency(headers: &HeaderMap, admitted: &Admitted, route: &str, raw: &[u8]) -> Result<Idempotency, Error> {
    Ok(once(route, admitted, &idempotency_key(headers)?, raw))
}

/// It has been carried out: whoever asks again is shown how it stands.
pub(super) async fn is_done(desk: &Desk, admitted: &Admitted, once: &Idempotency) -> Result<bool, Error> {
    match desk.place.once.done(&admitted.scope, &once.key, desk.clock.now()).await? {
        Some((hash, _)) if hash != once.request_hash => Err(Error::KeyReused),
        found => Ok(found.is_some()),
    }
}

/// That it is carried out, to be noted in the same commit.
pub(super) fn doing<'a>(desk: &Desk, once: &'a Idempotency) -> OnceDone<'a> {
    let expires_at = desk.clock.now() + KEY_KEPT_FOR;
    OnceDone { key: &once.key, request_hash: &once.request_hash, response: "{}", fence: None, expires_at }
}

/// The key, where it is not required.
pub(super) fn idempotency_key_if_any(headers: &HeaderMap) -> Result<Option<String>, Error> {
    if headers.contains_key("idempotency-key") { idempotency_key(headers).map(Some) } else { Ok(None) }
}

fn idempotency_key(headers: &HeaderMap) -> Result<String, Error> {
    let keys: Vec<_> = headers.get_all("idempotency-key").iter().collect();
    let text = match keys.as_slice() {
        [one] => one.to_str().unwrap_or_default().trim(),
        _ => "",
    };
    if text.is_empty() || text.len() > 200 {
        return Err(fault("Idempotency-Key", "required", "send one header of 1 to 200 printable characters, new for every order"));
    }
    Ok(text.to_owned())
}

/// How many a page of a list holds: 50, unless it is said.
///
/// # Errors
/// `Invalid` outside 1 to 200.
pub(super) fn page_size(limit: Option<&str>) -> Result<usize, Error> {
    const DEFAULT: usize = 50;
    const MAX: usize = 200;
    match limit.map(str::parse::<usize>) {
        None => Ok(DEFAULT),
        Some(Ok(limit)) if (1..=MAX).contains(&limit) => Ok(limit),
        Some(_) => Err(fault("limit", "out_of_range", format!("1 to {MAX}"))),
    }
}

/// Filters of the list.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// Only this status.
    pub status: Option<String>,
    /// Only orders that are somebody's work, those first that need a person soonest.
    pub open: Option<bool>,
    /// Only this customer's, by address.
    pub email: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists orders, the latest change first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders", tag = "orders", params(ListParams),
    responses((status = 200, description = "A page", body = OrderList), (status = 422, description = "A bad filter, limit or cursor"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<ListParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (filter, query) = filter(&admitted, &params)?;
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, &filter, params.cursor.as_deref())?;
    let page = desk.orders.page(&admitted.scope, &query, after.as_ref(), limit).await.map_err(Error::from)?;
    let next_cursor = desk.cursors.next(&admitted.scope, &filter, page.next.as_ref())?;
    Ok(axum::Json(OrderList { orders: page.orders.iter().map(OrderRow::of).collect(), next_cursor }).into_response())
}

fn filter(admitted: &Admitted, params: &ListParams) -> Result<(String, OrderQuery), Error> {
    match (&params.status, params.open.unwrap_or(false), &params.email) {
        (None, false, None) => Ok(("all".into(), OrderQuery::All)),
        (Some(word), false, None) => Ok((format!("status:{word}"), OrderQuery::Status(status(word)?))),
        (None, true, None) => Ok(("open".into(), OrderQuery::Open)),
        (None, false, Some(email)) => {
            let email = app::privacy::address(email)?;
            let key = app::privacy::customer_key(admitted.scope.tenant(), &email);
            Ok((format!("customer:{}", key.0), OrderQuery::Customer(key)))
        }
        _ => Err(fault("query", "bad_query", "use one of status, open and email at a time")),
    }
}

/// Which state of an order.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ReadParams {
    /// As it was at this moment, such as 2025-08-10T09:30:00Z; who it is for is still as it is now.
    #[cfg_attr(test, param(format = DateTime))]
    pub at: Option<String>,
}

/// Reads an order as it is, or as it was.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}", tag = "orders", params(("id" = String, Path, description = "Order number"), ReadParams),
    responses((status = 200, description = "The order; its version in ETag, if it is as it is now", body = OrderView), (status = 404, description = "No such order, or not yet"),
              (status = 422, description = "No moment, one to come, or an order that has changed more than 1,000 times"))))]
pub async fn read(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Params(params): Params<ReadParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (id, now) = (order_id(&id)?, desk.clock.now());
    if let Some(text) = params.at {
        let at: Timestamp = text.parse().map_err(|_| fault("at", "bad_time", "a time such as 2025-08-10T09:30:00Z"))?;
        if at > now {
            return Err(fault("at", "in_the_future", "nobody knows yet; leave it out for the order as it is").into());
        }
        let dossier = desk.orders.dossier(&admitted.scope, &id, Dossier::PAST_MAX).await.map_err(Error::from)?;
        let dossier = dossier.ok_or(Error::NotFound("order"))?;
        let order = dossier.at(at).map_err(|unread| fault("at", "too_many_changes", unread.to_string()))?;
        let order = order.ok_or(Error::NotFound("order at that time"))?;
        return Ok(axum::Json(OrderView::of(&order, &admitted.config, at)).into_response());
    }
    let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    Ok(tagged(order.revision(), axum::Json(OrderView::of(&order, &admitted.config, now))))
}

pub(super) fn tagged(version: u64, body: impl IntoResponse) -> Response {
    let mut response = body.into_response();
    if let Ok(tag) = HeaderValue::from_str(&format!("\"{version}\"")) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// Reads an order with what happened to it and what was sent about it.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/timeline", tag = "orders", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "The order, its newest 200 changes and its messages", body = Timeline), (status = 404, description = "No such order"))))]
pub async fn timeline(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let dossier = desk.orders.dossier(&admitted.scope, &order_id(&id)?, TIMELINE_MAX).await.map_err(Error::from)?;
    let dossier = dossier.ok_or(Error::NotFound("order"))?;
    let now = desk.clock.now();
    let photos = links(&*desk.reports, &admitted.scope, &dossier.order, now).await?;
    Ok(tagged(dossier.order.revision(), axum::Json(Timeline::of(&dossier, (&admitted.config, now), &photos))))
}

/// Reads how far an order has come, what comes next and when it should arrive.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/progress", tag = "orders", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "Progress, its newest 200 changes and its messages", body = OrderProgress), (status = 404, description = "No such order"))))]
pub async fn progress(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let dossier = desk.orders.dossier(&admitted.scope, &order_id(&id)?, TIMELINE_MAX).await.map_err(Error::from)?;
    let dossier = dossier.ok_or(Error::NotFound("order"))?;
    let (order, now) = (&dossier.order, desk.clock.now());
    let ways = app::arrival::known(&*desk.metrics, &admitted.scope, order, now).await?;
    let expected = order.expected(now, &admitted.config.zone(), &ways);
    let photos = links(&*desk.reports, &admitted.scope, order, now).await?;
    Ok(tagged(order.revision(), axum::Json(OrderProgress::of(&dossier, admitted.config.today(now), expected, &photos))))
}

/// A move.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Where to.
    #[cfg_attr(test, schema(example = "processing"))]
    pub status: String,
    /// Why; shown in the timeline.
    pub note: Option<String>,
    /// Whether the customer is told. Default true.
    pub notify: Option<bool>,
}

/// Moves an order one declared step.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/status", tag = "orders", request_body = Move,
    params(("id" = String, Path, description = "Order number"), ("If-Match" = Option<String>, Header, description = "Only if the order still has this ETag")),
    responses((status = 200, description = "The order now", body = OrderView), (status = 409, description = "Not allowed, with what is; or changed meanwhile"))))]
pub async fn change(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    headers: HeaderMap,
    Json(body): Json<Move>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let change = ChangeStatus {
        to: status(&body.status)?,
        implied_steps: false,
        cause: Cause::Asked { note: note(body.note)? },
        notify: body.notify.unwrap_or(true),
    };
    let with = Alongside { if_version: if_match(&headers)?, ..Alongside::default() };
    let applied = run(&desk, &admitted, &order_id(&id)?, &Command::Change(change), with).await?;
    let view = OrderView::of(&applied.order, &admitted.config, desk.clock.now());
    Ok(tagged(applied.order.revision(), axum::Json(view)))
}

pub(super) async fn run(desk: &Desk, admitted: &Admitted, id: &OrderId, command: &Command, with: Alongside<'_>) -> Result<Applied, Error> {
    desk.apply.run(admitted.context(), id, command, with).await
}

/// A correction.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Correction {
    /// What it really is.
    pub status: String,
    /// Why; required.
    pub reason: String,
}

/// Overrules the transition table. Managers only, with a reason, in the history for ever.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/correct", tag = "orders", request_body = Correction,
    params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "The order now", body = OrderView), (status = 403, description = "Needs a manager"))))]
pub async fn correct(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<Correction>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let correction = CorrectStatus { to: status(&body.status)?, reason: body.reason, role: admitted.identity.role };
    let applied = run(&desk, &admitted, &order_id(&id)?, &Command::Correct(correction), Alongside::default()).await?;
    let view = OrderView::of(&applied.order, &admitted.config, desk.clock.now());
    Ok(tagged(applied.order.revision(), axum::Json(view)))
}

/// A move in the words of single-status shop systems.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct StatusUpdate {
    /// Order number.
    pub order_id: String,
    /// pending, processing, shipped, delivered, fulfilled, cancelled; or one of ours.
    pub new_status: String,
    /// Whether the customer is told. Default true.
    pub notify_customer: Option<bool>,
    /// Why.
    pub note: Option<String>,
    /// Accepted for compatibility: messages are always worded by template.
    pub auto_message: Option<bool>,
}

/// What the move led to.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct StatusUpdated {
    /// Always true; refusals are problems.
    pub success: bool,
    /// Order number.
    pub order_id: String,
    /// The channel's own id.
    pub external_id: Option<String>,
    /// Before.
    pub old_status: &'static str,
    /// Now.
    pub new_status: &'static str,
    /// A message to the customer is on its way.
    pub notification_sent: bool,
    /// What they will read.
    pub notification_message: Option<String>,
    /// When.
    pub timestamp: String,
}

/// Moves an order in the words of single-status shop systems.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/update-status", tag = "orders", request_body = StatusUpdate,
    responses((status = 200, description = "Moved", body = StatusUpdated), (status = 409, description = "Not allowed, with what is"))))]
pub async fn update_status(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    headers: HeaderMap,
    Json(body): Json<StatusUpdate>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let word = body.new_status.trim().to_lowercase();
    let to = if word == "fulfilled" { OrderStatus::Completed } else { status(&word)? };
    let notify = body.notify_customer.unwrap_or(true);
    // "Fulfilled" is the last word of that vocabulary and implies the delivery before it.
    let implied_steps = Vocabulary::Shop.read(&word).is_some() && to == OrderStatus::Completed;
    let change = ChangeStatus { to, implied_steps, cause: Cause::Asked { note: note(body.note)? }, notify };
    let with = Alongside { if_version: if_match(&headers)?, ..Alongside::default() };
    let applied = run(&desk, &admitted, &order_id(&body.order_id)?, &Command::Change(change), with).await?;
    let order = &applied.order;
    let told = notify && !applied.events.is_empty();
    let message = customer_message(order, &admitted.config, Saying::default(), desk.clock.now())
        .filter(|_| told && admitted.config.notify.rules.at(order.label()).email);
    let text = message.map(|(_, content)| content.text().to_owned());
    let updated = StatusUpdated {
        success: true,
        order_id: order.id.to_string(),
        external_id: order.external_id.clone(),
        old_status: applied.before.tracks.status.as_str(),
        new_status: order.tracks.status.as_str(),
        notification_sent: text.is_some(),
        notification_message: text,
        timestamp: order.updated_at.to_string(),
    };
    Ok(tagged(order.revision(), axum::Json(updated)))
}

/// The same under the tenant's own path. A path that names somebody else's tenant names nothing.
pub async fn update_status_of(
    desk: State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(tenant): Segments<String>,
    headers: HeaderMap,
    body: Json<StatusUpdate>,
) -> Answer<Response> {
    if TenantScope::of(&caller.0).tenant().as_str() != tenant {
        return Err(Problem::new("not-found", "Not found", StatusCode::NOT_FOUND, "Project not found or access denied"));
    }
    update_status(desk, caller, origin, headers, body).await
}

/// Parameters of an automatic step.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct ProgressParams {
    /// Why now; kept with the decision.
    pub reason: Option<String>,
    /// Whether the customer is told. Default true.
    pub notify: Option<bool>,
}

/// What the rules decided.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Progressed {
    /// Moved?
    pub progressed: bool,
    /// No person decided.
    pub automated: bool,
    /// Before.
    pub old_status: &'static str,
    /// Now.
    pub new_status: &'static str,
    /// The decision with all it looked at.
    pub decision: DecisionView,
    /// Its name in the ledger, if it is kept there.
    pub decision_id: String,
    /// Until when POST undo takes it back; none if it did not move.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub undo_until: Option<Timestamp>,
}

/// Lets the rules decide whether an order moves on now.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/auto-progress", tag = "orders", params(("id" = String, Path, description = "Order number"), ProgressParams),
    responses((status = 200, description = "The decision with its evidence, carried out or not", body = Progressed), (status = 404, description = "No such order"))))]
pub async fn auto_progress(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    params: Params<ProgressParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let id = order_id(&id)?;
    let order = desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let wish = Wish { note: note(params.0.reason)?, notify: params.0.notify.unwrap_or(true), once: None };
    let done = desk.auto.run(admitted.context(), &order, wish).await?;
    let undoable = done.order.standing().filter(|ruled| ruled.decision == done.entry.id);
    let progressed = Progressed {
        progressed: done.moved(),
        automated: true,
        old_status: done.before.as_str(),
        new_status: done.order.tracks.status.as_str(),
        decision: DecisionView::of(&done.entry.decision),
        decision_id: done.entry.id.to_string(),
        undo_until: undoable.map(|ruled| ruled.at + UNDO_WITHIN),
    };
    Ok(axum::Json(progressed).into_response())
}
