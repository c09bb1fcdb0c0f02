//! The ledger of decisions: what rules decided, how they have done, and what others would have.

use super::Answer;
use super::orders::{fault, note, order_id, page_size, run, tagged};
use crate::body::{self, Json};
use crate::desk::Desk;
use crate::view::{Accuracy, LedgerEntry, LedgerPage, Measured, OrderView, ReplayView, ReplayedRules, RuleAccuracy};
use app::Error;
use app::apply::Alongside;
use app::ledger::{self, try_rules};
use app::measure::MOVES;
use app::progress::habits;
use app::tenant::TenantConfig;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use domain::ids::DecisionId;
use domain::order::progress::ProgressRules;
use domain::order::{Command, Fault, OrderStatus, Track};
use jiff::{SignedDuration, ToSpan};
use runtime::http::{BODY_BYTES_MAX, Caller, Origin, Params, Segments, raw_body};
use serde::Deserialize;
use std::sync::Arc;

/// Decisions about one order that are shown, the newest.
const OF_ORDER_MAX: usize = 50;
/// Days that rules are tried on.
const REPLAY_DAYS: i64 = 30;

/// Which part of the ledger.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct LedgerParams {
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// Lists what rules decided, the newest first, with all they looked at.
#[cfg_attr(test, utoipa::path(get, path = "/v1/decisions", tag = "decisions", params(LedgerParams),
    responses((status = 200, description = "A page", body = LedgerPage), (status = 422, description = "A bad limit or cursor"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<LedgerParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let limit = page_size(params.limit.as_deref())?;
    let after = desk.cursors.after(&admitted.scope, "decisions", params.cursor.as_deref())?;
    let page = desk.auto.decisions.page(&admitted.scope, None, after.as_ref(), limit).await.map_err(Error::from)?;
    let next_cursor = desk.cursors.next(&admitted.scope, "decisions", page.next.as_ref())?;
    Ok(axum::Json(LedgerPage { decisions: page.decisions.iter().map(LedgerEntry::of).collect(), next_cursor }).into_response())
}

/// Lists what rules decided about an order, the newest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/decisions", tag = "decisions", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "The newest 50", body = LedgerPage), (status = 404, description = "No such order"))))]
pub async fn of_order(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let id = order_id(&id)?;
    desk.orders.load(&admitted.scope, &id).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    let decisions = desk.auto.decisions.of_order(&admitted.scope, &id, OF_ORDER_MAX).await.map_err(Error::from)?;
    Ok(axum::Json(LedgerPage { decisions: decisions.iter().map(LedgerEntry::of).collect(), next_cursor: None }).into_response())
}

/// Draws twenty decisions of the last whole week (Monday to Sunday, shop time) that moved an order and that nobody has judged.
///
/// The same ones whenever it is asked. Judge them with /v1/orders/{id}/decisions/{decision_id}/review: that is what accuracy is measured by.
#[cfg_attr(test, utoipa::path(get, path = "/v1/decisions/sample", tag = "decisions",
    responses((status = 200, description = "At most twenty", body = LedgerPage))))]
pub async fn review_queue(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (from, until) = app::ledger::last_week(&admitted.config, desk.clock.now());
    let decisions = ledger::review(&*desk.auto.decisions, &admitted.scope, from, until).await?.sample;
    Ok(axum::Json(LedgerPage { decisions: decisions.iter().map(LedgerEntry::of).collect(), next_cursor: None }).into_response())
}

/// Over how long.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct AccuracyParams {
    /// This month and how many before it: 1 to 24 months in all, default 3.
    pub months: Option<String>,
}

/// Measures how rules have done: what people undid, corrected or disagreed with. No number without what it rests on.
#[cfg_attr(test, utoipa::path(get, path = "/v1/decisions/accuracy", tag = "decisions", params(AccuracyParams),
    responses((status = 200, description = "Rule by rule", body = Accuracy), (status = 422, description = "A bad number of months"))))]
pub async fn accuracy(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<AccuracyParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let months = match params.months.as_deref().map(str::parse::<i32>) {
        None => 3,
        Some(Ok(months)) if (1..=24).contains(&months) => months,
        Some(_) => return Err(fault("months", "out_of_range", "1 to 24").into()),
    };
    let now = desk.clock.now();
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let first = today.first_of_month().saturating_sub((months - 1).months());
    let since = first.strftime("%Y-%m").to_string();
    let habits = habits(&*desk.metrics, &admitted.scope, &since).await?;
    let moves = desk.metrics.series(&admitted.scope, MOVES, &first.to_string(), "~").await.map_err(Error::from)?;
    let sum = |field: &str| moves.iter().filter_map(|point| point.fields.get(field)).sum::<i64>();
    let (automated, manual) = (sum("automated"), sum("manual"));
    let rule = |from: OrderStatus| {
        let (to, _) = admitted.config.progress.step(from)?;
        Some(RuleAccuracy::of(from, to, &habits.get(from.as_str()).cloned().unwrap_or_default()))
    };
    let accuracy = Accuracy {
        since,
        as_of: now,
        rules: OrderStatus::ALL.iter().copied().filter_map(rule).collect(),
        auto_progress_rate: Measured::share(automated, automated + manual, 3, "automated / all status changes"),
    };
    Ok(axum::Json(accuracy).into_response())
}

/// What a person thinks of a decision.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Review {
    /// They would have done the same.
    pub agrees: bool,
    /// Why; kept in the order's history.
    pub note: Option<String>,
}

/// Judges a decision that moved an order, without changing the order. A judgement stands.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/decisions/{decision_id}/review", tag = "decisions", request_body = Review,
    params(("id" = String, Path, description = "Order number"), ("decision_id" = String, Path, description = "The decision")),
    responses((status = 200, description = "The decision, judged", body = LedgerEntry), (status = 404, description = "No such order or decision"), (status = 409, description = "It was judged otherwise before"))))]
pub async fn review(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, decision)): Segments<(String, String)>,
    Json(body): Json<Review>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let id = order_id(&id)?;
    let decision = DecisionId::parse(&decision).map_err(|_| Error::NotFound("decision"))?;
    let command = Command::Judge { decision: decision.clone(), agrees: body.agrees, note: note(body.note)? };
    run(&desk, &admitted, &id, &command, Alongside::default()).await?;
    let entry = desk.auto.decisions.decision(&admitted.scope, &id, &decision).await.map_err(Error::from)?;
    Ok(axum::Json(LedgerEntry::of(&entry.ok_or(Error::NotFound("decision"))?)).into_response())
}

/// Why it is undone.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Undo {
    /// Kept in the order's history.
    pub note: Option<String>,
}

/// Takes back what a rule did in the last fifteen minutes. The customer is not told, and rules leave the order alone until somebody moves it.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/undo", tag = "decisions", request_body = Undo, params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "The order as it was before", body = OrderView), (status = 409, description = "No rule moved it last, or too long ago"))))]
pub async fn undo(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let raw = raw_body(request, BODY_BYTES_MAX).await?;
    let body: Undo = if raw.trim_ascii().is_empty() { Undo::default() } else { body::read(&raw)? };
    let command = Command::Undo { note: note(body.note)? };
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, Alongside::default()).await?;
    let view = OrderView::of(&applied.order, &admitted.config, desk.clock.now());
    Ok(tagged(applied.order.revision(), axum::Json(view)))
}

/// Rules to be tried.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayWish {
    /// As in the settings, under `progress`; what is left out stays as it is.
    #[cfg_attr(test, schema(value_type = Object))]
    pub rules: serde_json::Map<String, serde_json::Value>,
}

/// Tries other rules on what orders really went through in the last thirty days, beside the rules of today. Nothing changes.
#[cfg_attr(test, utoipa::path(post, path = "/v1/decisions/replay", tag = "decisions", request_body = ReplayWish,
    responses((status = 200, description = "What both would have done", body = ReplayView), (status = 422, description = "Rules that could not be saved either"))))]
pub async fn replay(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<ReplayWish>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let current = admitted.config.progress;
    let proposed = changed(&admitted.config, body.rules)?;
    let now = desk.clock.now();
    let window = (now - SignedDuration::from_hours(24 * REPLAY_DAYS), now);
    let replayed = try_rules(&*desk.orders, &admitted.scope, &[current, proposed], window).await?;
    let lines = |at: usize| replayed.lines.get(at).cloned().unwrap_or_default();
    let view = ReplayView {
        orders: replayed.orders,
        more: replayed.more,
        current: ReplayedRules::of(current, &lines(0)),
        proposed: ReplayedRules::of(proposed, &lines(1)),
        not_replayed: "stock, confidence and second opinions as they were then",
    };
    Ok(axum::Json(view).into_response())
}

/// The rules of today with some of them changed.
fn changed(config: &TenantConfig, changes: serde_json::Map<String, serde_json::Value>) -> Result<ProgressRules, Error> {
    let mut rules = serde_json::to_value(config.progress).unwrap_or_default();
    for (name, value) in changes {
        match rules.get_mut(&name) {
            Some(rule) => *rule = value,
            None => {
                let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
                return Err(fault(&format!("rules.{name}"), "unknown_field", "is no rule; leave it out"));
            }
        }
    }
    let progress = serde_json::from_value(rules).map_err(|why| fault("rules", "bad_value", why.to_string()))?;
    let faults: Vec<Fault> = TenantConfig { progress, ..config.clone() }.faults();
    let faults: Vec<Fault> = faults.into_iter().filter(|fault| fault.field.starts_with("progress.")).collect();
    if faults.is_empty() { Ok(progress) } else { Err(Error::Invalid(faults)) }
}
