//! What is wrong with orders, and working on it.

use super::Answer;
use super::orders::{fault, order_id, page_size, run};
use super::window::Window;
use crate::body::Json;
use crate::desk::Desk;
use crate::view::{ExceptionFigures, ExceptionList, OrderException};
use app::Error;
use app::analytics::Span;
use app::apply::Alongside;
use app::exceptions::{BULK_MAX, Board, Figures, Filter, each};
use app::ports::{ExceptionEntry, ExceptionsOf};
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::exception::{Bucket, ExceptionRules, Reason, Severity};
use domain::ids::{ExceptionId, OrderId};
use domain::order::{Command, ExceptionCommand, Fault, Order};
use runtime::http::{Caller, Origin, Params, Segments};
use runtime::problem::Problem;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Longest name of somebody who works on one, in characters.
const NAME_CHARS_MAX: usize = 128;

/// Which exceptions.
#[derive(Debug, Default, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
#[serde(deny_unknown_fields)]
pub struct ExceptionParams {
    /// "open" (default): the most urgent first; "ended": the latest first, which takes no filter.
    pub state: Option<String>,
    /// Only with this code, such as "PICK_DELAY".
    pub code: Option<String>,
    /// Only "low", "medium", "high" or "critical".
    pub severity: Option<String>,
    /// Only "critical_urgent", "high_impact", "sla_risk" or "standard".
    pub bucket: Option<String>,
    /// Only those that this person works on; "me", or "nobody".
    pub assigned_to: Option<String>,
    /// 1 to 200, default 50.
    pub limit: Option<String>,
    /// The `next_cursor` of the previous page.
    pub cursor: Option<String>,
}

/// A word of a list, or the fault that it is none.
fn word<T>(field: &str, said: Option<&String>, read: impl Fn(&str) -> Option<T>, known: &[&str]) -> Result<Option<T>, Fault> {
    let unknown = || Fault::new(field, "unknown", format!("one of: {}", known.join(", ")));
    said.map(|word| read(word).ok_or_else(unknown)).transpose()
}

fn code(said: &str) -> Result<Reason, Fault> {
    let known: Vec<&str> = Reason::ALL.iter().map(|reason| reason.code()).collect();
    Reason::of(said).ok_or_else(|| Fault::new("code", "unknown", format!("one of: {}", known.join(", "))))
}

impl ExceptionParams {
    fn filter(&self, me: &str) -> Result<Filter, Fault> {
        let severities = Severity::WORST_FIRST.map(Severity::as_str);
        Ok(Filter {
            reason: self.code.as_deref().map(code).transpose()?,
            severity: word("severity", self.severity.as_ref(), Severity::from_word, &severities)?,
            bucket: word("bucket", self.bucket.as_ref(), Bucket::from_word, &Bucket::ALL.map(Bucket::as_str))?,
            assigned: self.assigned_to.as_deref().map(|who| match who {
                "me" => me.to_owned(),
                "nobody" => String::new(),
                who => who.to_owned(),
            }),
        })
    }

    /// What a cursor is bound to.
    fn purpose(&self) -> String {
        format!("exceptions-open-{:?}-{:?}-{:?}-{:?}", self.code, self.severity, self.bucket, self.assigned_to)
    }
}

/// Lists what is wrong with orders, the most urgent first; or what was, the latest first.
#[cfg_attr(test, utoipa::path(get, path = "/v1/exceptions", tag = "exceptions", params(ExceptionParams),
    responses((status = 200, description = "A page", body = ExceptionList), (status = 422, description = "A bad filter, limit or cursor"))))]
pub async fn list(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<ExceptionParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (scope, now) = (&admitted.scope, desk.clock.now());
    let limit = page_size(params.limit.as_deref())?;
    let (entries, next, purpose, as_of) = match params.state.as_deref() {
        None | Some("open") => {
            let filter = params.filter(&admitted.identity.principal).map_err(|fault| Error::Invalid(vec![fault]))?;
            let purpose = params.purpose();
            let after = desk.cursors.after(scope, &purpose, params.cursor.as_deref())?;
            let board = Board::load(&*desk.exceptions, scope, &filter, (after.as_ref(), limit), now).await?;
            (board.entries, board.next, purpose, board.as_of)
        }
        Some("ended") => {
            let purpose = "exceptions-ended".to_owned();
            let after = desk.cursors.after(scope, &purpose, params.cursor.as_deref())?;
            let page = desk.exceptions.page(scope, ExceptionsOf::Ended, after.as_ref(), limit).await.map_err(Error::from)?;
            (page.exceptions, page.next, purpose, now)
        }
        Some(_) => return Err(fault("state", "unknown_state", "open or ended").into()),
    };
    let next_cursor = desk.cursors.next(scope, &purpose, next.as_ref())?;
    let exceptions = entries.iter().map(|entry| OrderException::of(entry, as_of)).collect();
    Ok(axum::Json(ExceptionList { exceptions, as_of, next_cursor }).into_response())
}

/// Reads how exceptions are worked on, what recurs, and what is at risk.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/exceptions", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the read model", body = ExceptionFigures), (status = 422, description = "A bad window"))))]
pub async fn figures(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (zone, now) = (admitted.config.zone(), desk.clock.now());
    let span = Span::back(window.days()?, now, &zone);
    let found = Figures::load(&*desk.metrics, &admitted.scope, &span, &zone).await?;
    Ok(axum::Json(ExceptionFigures::of(&found, &span, now)).into_response())
}

/// Something that somebody has found to be wrong.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewException {
    /// What, such as "DAMAGED_PACKAGE".
    pub code: String,
    /// In their words; at most 1,000 characters, kept in the order's timeline.
    pub note: Option<String>,
}

/// Says that something is wrong with an order. One of a code is open at a time: said again, it is that one, and soon after its end it is taken up again.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/exceptions", tag = "exceptions", request_body = NewException, params(("id" = String, Path, description = "Order number")),
    responses((status = 201, description = "The exception that is open", body = OrderException), (status = 404, description = "No such order"), (status = 409, description = "Exceptions are switched off"), (status = 422, description = "Every fault"))))]
pub async fn open(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    Json(body): Json<NewException>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let reason = code(&body.code).map_err(|fault| Error::Invalid(vec![fault]))?;
    let (by, rules) = (admitted.identity.principal.clone(), Box::new(admitted.config.exceptions.clone()));
    let command = Command::Exception(ExceptionCommand::Open { reason, note: body.note, by, rules });
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, Alongside::default()).await?;
    // Of an order that has ended nothing more is open.
    let opened = applied.order.exceptions.iter().rfind(|exception| exception.reason == reason).ok_or(Error::NotFound("exception"))?;
    let entry = ExceptionEntry::of(&applied.order, opened);
    Ok((StatusCode::CREATED, axum::Json(OrderException::of(&entry, desk.clock.now()))).into_response())
}

/// What is done about one.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionAct {
    /// "acknowledge", "assign", "start", "note", "resolve", "reopen" (within 48 hours) or "close".
    pub action: String,
    /// What they write; at most 1,000 characters, kept in the order's timeline.
    pub note: Option<String>,
    /// Who is to work on it, of "assign": "me", or a person's subject; nobody in particular, if it is left out.
    pub to: Option<String>,
}

impl ExceptionAct {
    fn command(&self, by: &str, rules: &ExceptionRules) -> Result<impl Fn(&ExceptionId) -> ExceptionCommand + Sync, Error> {
        let known = ["acknowledge", "assign", "start", "note", "resolve", "reopen", "close"];
        if !known.contains(&self.action.as_str()) {
            return Err(fault("action", "unknown_action", format!("one of: {}", known.join(", "))));
        }
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:|@".contains(c);
        let named = |to: &String| (1..=NAME_CHARS_MAX).contains(&to.len()) && to.chars().all(plain);
        if self.to.as_ref().is_some_and(|to| !named(to)) {
            return Err(fault("to", "bad_name", "1 to 128 letters, digits and - _ . : | @"));
        }
        let (action, note, by, rules) = (self.action.clone(), self.note.clone(), by.to_owned(), Box::new(rules.clone()));
        let to = self.to.as_ref().map(|to| if to == "me" { by.clone() } else { to.clone() });
        Ok(move |id: &ExceptionId| {
            let (id, by, note) = (id.clone(), by.clone(), note.clone());
            match action.as_str() {
                "acknowledge" => ExceptionCommand::Acknowledge { id, by },
                "assign" => ExceptionCommand::Assign { id, to: to.clone(), by },
                "start" => ExceptionCommand::Start { id, by },
                "note" => ExceptionCommand::Note { id, by, note: note.unwrap_or_default() },
                "resolve" => ExceptionCommand::Resolve { id, by, note },
                "reopen" => ExceptionCommand::Reopen { id, by, note, rules: rules.clone() },
                _ => ExceptionCommand::Close { id, by },
            }
        })
    }
}

/// Does something about an exception. What is so already is no fault.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/exceptions/{exception_id}", tag = "exceptions", request_body = ExceptionAct,
    params(("id" = String, Path, description = "Order number"), ("exception_id" = String, Path, description = "The exception")),
    responses((status = 200, description = "The exception as it is now", body = OrderException), (status = 404, description = "No such order or exception"), (status = 409, description = "It does not go there from where it is, waits for a review, or another of its code is open"), (status = 422, description = "Every fault"))))]
pub async fn act(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, exception)): Segments<(String, String)>,
    Json(body): Json<ExceptionAct>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let exception = ExceptionId::parse(&exception).map_err(|_| Error::NotFound("exception"))?;
    let command = Command::Exception(body.command(&admitted.identity.principal, &admitted.config.exceptions)?(&exception));
    let applied = run(&desk, &admitted, &order_id(&id)?, &command, Alongside::default()).await?;
    let exception = applied.order.exception(&exception).ok_or(Error::NotFound("exception"))?;
    Ok(axum::Json(OrderException::of(&ExceptionEntry::of(&applied.order, exception), desk.clock.now())).into_response())
}

/// The same about many.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionActs {
    /// "acknowledge", "assign", "start", "note", "resolve", "reopen" or "close".
    pub action: String,
    /// What they write.
    pub note: Option<String>,
    /// Who is to work on them, of "assign".
    pub to: Option<String>,
    /// Which: 1 to 100.
    pub exceptions: Vec<ExceptionName>,
}

/// One of them.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ExceptionName {
    /// Of which order.
    pub order_id: String,
    /// Which.
    pub exception_id: String,
}

/// What became of each, in the order that was asked for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ExceptionsDone {
    /// One for each.
    pub results: Vec<ExceptionDone>,
}

/// What became of one.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ExceptionDone {
    /// Of which order.
    pub order_id: String,
    /// Which.
    pub exception_id: String,
    /// How it stands now, if it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
    /// Why it was not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// Does the same about up to a hundred exceptions, each by itself: one that cannot be done keeps no other from being.
#[cfg_attr(test, utoipa::path(post, path = "/v1/exceptions/bulk-action", tag = "exceptions", request_body = ExceptionActs,
    responses((status = 200, description = "What became of each", body = ExceptionsDone), (status = 422, description = "Every fault"))))]
pub async fn many(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Json(body): Json<ExceptionActs>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "write", |scopes| scopes.write).await?;
    let ExceptionActs { action, note, to, exceptions } = body;
    if !(1..=BULK_MAX).contains(&exceptions.len()) {
        return Err(fault("exceptions", "out_of_range", format!("1 to {BULK_MAX}")).into());
    }
    let parse = |name: &ExceptionName| {
        let order = OrderId::parse(&name.order_id).map_err(|why| Fault::new("exceptions.order_id", "bad_number", why.to_string()))?;
        let exception = ExceptionId::parse(&name.exception_id);
        Ok((order, exception.map_err(|why| Fault::new("exceptions.exception_id", "bad_id", why.to_string()))?))
    };
    let targets = exceptions
        .iter()
        .map(parse)
        .collect::<Result<Vec<(OrderId, ExceptionId)>, Fault>>()
        .map_err(|fault| Error::Invalid(vec![fault]))?;
    let act = ExceptionAct { action, note, to };
    let command = act.command(&admitted.identity.principal, &admitted.config.exceptions)?;
    let acts = targets.iter().map(|(order, exception)| (order.clone(), command(exception))).collect();
    let done = each(&desk.apply, admitted.context(), acts).await;
    let result = |((order, exception), done): (&(OrderId, ExceptionId), Result<Order, Error>)| {
        let (status, error) = match done {
            Ok(order) => (order.exception(exception).map(|exception| exception.status.as_str()), None),
            Err(error) => (None, Some(Problem::from(error).detail)),
        };
        ExceptionDone { order_id: order.to_string(), exception_id: exception.to_string(), status, error }
    };
    Ok(axum::Json(ExceptionsDone { results: targets.iter().zip(done).map(result).collect() }).into_response())
}
