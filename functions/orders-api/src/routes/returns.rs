//! What of an order comes back: announced, agreed to, received, and what goes back for it.

use super::Answer;
use super::asked::Asked;
use super::lines::line_of;
use super::orders::{fault, order_id};
use super::payments::may_move_money;
use crate::desk::Desk;
use crate::view::OrderReturns;
use app::{Error, exchange};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::ids::ReturnId;
use domain::money::{Currency, Money};
use domain::order::{Arrived, Command, Line, LineKind, Order, Refunded, ReturnCommand, ReturnKind, ReturnLine, ReturnReason, ReturnState};
use runtime::http::{Caller, Origin, Segments};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is to come back together.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReturn {
    /// Which lines, how many of each, and why.
    pub items: Vec<NewReturnItem>,
    /// "refund" (default), or "exchange", whose money stays.
    #[cfg_attr(test, schema(example = "refund"))]
    pub kind: Option<String>,
    /// It may come, without anybody being asked.
    pub approved: Option<bool>,
    /// What the customer wrote; forgotten with them.
    pub note: Option<String>,
    /// Whether the customer is told if that moves the order. Default true.
    pub notify_customer: Option<bool>,
}

/// So many of a line, and why.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct NewReturnItem {
    /// The unit, if only one line of the order has it.
    pub sku: Option<String>,
    /// The line's place in the order, from 0.
    pub line: Option<usize>,
    /// How many.
    pub quantity: u32,
    /// "wrong_item", "missing_item", "wrong_quantity", "damaged", "defective", "not_as_described", "changed_mind", "late", "undeliverable" or
    /// "other".
    #[cfg_attr(test, schema(example = "changed_mind"))]
    pub reason: String,
}

/// What becomes of a return.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReturnStep {
    /// "approve", "refuse", "withdraw", "receive" or, of an exchange, "replace".
    #[cfg_attr(test, schema(example = "receive"))]
    pub step: String,
    /// Of "receive": what arrived; all that was announced if it is not given.
    pub arrived: Option<Vec<ArrivedLine>>,
    /// Of "receive": what goes back. "lines" (default; what was paid for them, with their share of tax and discount), "lines_and_shipping" (the
    /// shipping once) or "none". Anything but "none" needs a manager. An exchange gives nothing back, nor does what another system has refunded.
    #[cfg_attr(test, schema(example = "lines"))]
    pub refund: Option<String>,
    /// Of "receive", and a manager: exactly so much goes back, decimal in the order's currency.
    #[cfg_attr(test, schema(example = "10.00"))]
    pub refund_amount: Option<String>,
    /// Of "replace": what is sent in its place, as an order of its own that costs nothing; as much of the same, if it is not given.
    pub items: Option<Vec<ReplacementItem>>,
    /// Why, of any other step; forgotten with the customer.
    pub note: Option<String>,
    /// Whether the customer is told if that moves the order. Default true.
    pub notify_customer: Option<bool>,
}

/// What is sent in the place of something.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplacementItem {
    /// The unit; it need not be one of the order.
    #[cfg_attr(test, schema(example = "MUG-L"))]
    pub sku: String,
    /// What people call it; as the order does, if it has it.
    pub name: Option<String>,
    /// How many.
    pub quantity: u32,
}

/// What arrived of a line.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ArrivedLine {
    /// The unit, if only one line of the order has it.
    pub sku: Option<String>,
    /// The line's place in the order, from 0.
    pub line: Option<usize>,
    /// How many.
    pub quantity: u32,
    /// They can be sold again: they go back on the shelf they came from. Default: unless they were announced as broken, or as something else
    /// than was ordered.
    pub sellable: Option<bool>,
}

/// Announces that something comes back. Together returns never hold more of a line than has left.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/returns", tag = "returns", request_body = NewReturn,
    params(("id" = String, Path, description = "Order number"), ("If-Match" = Option<String>, Header, description = "Only if the order still has this version"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours: sending the same again opens no second return")),
    responses((status = 201, description = "Its returns, and what can still come back", body = OrderReturns), (status = 404, description = "No such order"), (status = 409, description = "It has not left, or more than has left"), (status = 422, description = "Every fault, or the key was used for something else"))))]
pub async fn create(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments(id): Segments<String>,
    request: Request,
) -> Answer<Response> {
    let (asked, body): (Asked, NewReturn) = Asked::read(&desk, (caller, origin), (&id, "returns"), request).await?;
    if asked.is_done(&desk).await? {
        return Ok(shown(&asked.order, StatusCode::CREATED));
    }
    let order = &asked.order;
    let kind = match body.kind.as_deref() {
        None => ReturnKind::Refund,
        Some(word) => ReturnKind::ALL
            .into_iter()
            .find(|kind| kind.code() == word)
            .ok_or_else(|| fault("kind", "unknown_kind", "refund or exchange"))?,
    };
    let line = |(at, item): (usize, &NewReturnItem)| {
        let words = || ReturnReason::ALL.map(ReturnReason::code).join(", ");
        let line = line_of(order, &format!("items[{at}]"), item.line, item.sku.as_deref())?;
        let reason = ReturnReason::from_word(&item.reason)
            .ok_or_else(|| fault(&format!("items[{at}].reason"), "unknown_reason", format!("one of: {}", words())))?;
        Ok(ReturnLine { line, quantity: item.quantity, reason })
    };
    let lines = body.items.iter().enumerate().map(line).collect::<Result<Vec<ReturnLine>, Error>>()?;
    let command = ReturnCommand::Open {
        kind,
        lines,
        approved: body.approved.unwrap_or(false),
        note: body.note,
        notify: body.notify_customer.unwrap_or(true),
    };
    let applied = asked.run(&desk, &Command::Return(command)).await?;
    Ok(shown(&applied.order, StatusCode::CREATED))
}

/// Shows what of an order comes back, or has, and what still can.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/returns", tag = "returns", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "Its returns", body = OrderReturns), (status = 404, description = "No such order"))))]
pub async fn list(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let order = desk.orders.load(&admitted.scope, &order_id(&id)?).await.map_err(Error::from)?.ok_or(Error::NotFound("order"))?;
    Ok(shown(&order, StatusCode::OK))
}

/// Goes a step with a return. What arrives and can be sold again is back on its shelf with that step, and the refund is on its way.
#[cfg_attr(test, utoipa::path(post, path = "/v1/orders/{id}/returns/{return}", tag = "returns", request_body = ReturnStep,
    params(("id" = String, Path, description = "Order number"), ("return" = String, Path, description = "Its name within the order"),
           ("If-Match" = Option<String>, Header, description = "Only if the order still has this version"),
           ("Idempotency-Key" = Option<String>, Header, description = "1 to 200 printable characters, kept for 48 hours: sending the same again answers how it stands")),
    responses((status = 200, description = "Its returns, and what can still come back", body = OrderReturns), (status = 403, description = "Giving money back needs a manager"), (status = 404, description = "No such order or return"), (status = 409, description = "It is over, more than was announced, or the money does not allow it"), (status = 422, description = "Every fault, or the key was used for something else"))))]
pub async fn step(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Segments((id, name)): Segments<(String, String)>,
    request: Request,
) -> Answer<Response> {
    let name = ReturnId::parse(&name).map_err(|_| Error::NotFound("return"))?;
    let (asked, body): (Asked, ReturnStep) = Asked::read(&desk, (caller, origin), (&id, &format!("returns/{name}")), request).await?;
    if asked.is_done(&desk).await? {
        return Ok(shown(&asked.order, StatusCode::OK));
    }
    let order = &asked.order;
    fits(&body)?;
    let notify = body.notify_customer.unwrap_or(true);
    let decide = |state| ReturnCommand::Decide { id: name.clone(), state, note: body.note.clone(), notify };
    let command = match body.step.as_str() {
        "approve" => decide(ReturnState::Approved),
        "refuse" => decide(ReturnState::Refused),
        "withdraw" => decide(ReturnState::Withdrawn),
        "receive" => {
            let arrived = body.arrived.as_deref().map(|lines| arrived(order, &name, lines)).transpose()?;
            let refund = refund(order, &name, &body)?;
            if refund != Refunded::Nothing {
                may_move_money(&asked.admitted)?;
            }
            ReturnCommand::Receive { id: name, arrived, refund, notify }
        }
        "replace" => {
            let lines = body.items.as_deref().map(|items| replacement(order, items));
            if let Some(lines) = &lines {
                exchange::sound(order, &name, lines, desk.clock.now())?;
            }
            ReturnCommand::Replace { id: name, lines }
        }
        _ => return Err(fault("step", "unknown_step", "approve, refuse, withdraw, receive or replace").into()),
    };
    let applied = asked.run(&desk, &Command::Return(command)).await?;
    Ok(shown(&applied.order, StatusCode::OK))
}

/// Nobody says what another step would have done.
fn fits(body: &ReturnStep) -> Result<(), Error> {
    if body.items.is_some() && body.step != "replace" {
        return Err(fault("items", "not_of_this_step", "goes with the step replace"));
    }
    let others = [("arrived", body.arrived.is_some()), ("refund", body.refund.is_some()), ("refund_amount", body.refund_amount.is_some())];
    let (is_receive, is_replace) = (body.step == "receive", body.step == "replace");
    if let (true, Some(_)) = (is_replace, &body.note) {
        return Err(fault("note", "not_of_this_step", "goes with approve, refuse and withdraw"));
    }
    let stray = if is_receive { body.note.as_ref().map(|_| "note") } else { others.into_iter().find(|(_, is)| *is).map(|(name, _)| name) };
    match stray {
        None => Ok(()),
        Some(field) if is_receive => Err(fault(field, "not_of_this_step", "goes with approve, refuse and withdraw")),
        Some(field) => Err(fault(field, "not_of_this_step", "goes with the step receive")),
    }
}

/// Lines of an order that costs nothing.
fn replacement(order: &Order, items: &[ReplacementItem]) -> Vec<Line> {
    let known = |sku: &str| order.lines.iter().find(|line| line.sku == sku).map(|line| line.name.clone());
    let line = |item: &ReplacementItem| Line {
        sku: item.sku.clone(),
        name: item.name.clone().or_else(|| known(&item.sku)).unwrap_or_default(),
        quantity: item.quantity,
        unit_price_minor: 0,
        kind: LineKind::Physical,
        handling: BTreeSet::new(),
    };
    items.iter().map(line).collect()
}

fn arrived(order: &Order, name: &ReturnId, lines: &[ArrivedLine]) -> Result<Vec<Arrived>, Error> {
    let known = order.return_of(name);
    let one = |(at, item): (usize, &ArrivedLine)| {
        let line = line_of(order, &format!("arrived[{at}]"), item.line, item.sku.as_deref())?;
        let sellable = item.sellable.unwrap_or_else(|| known.is_none_or(|known| known.resells(line)));
        Ok(Arrived { line, quantity: item.quantity, sellable })
    };
    lines.iter().enumerate().map(one).collect()
}

/// An exchange gives nothing back unless somebody says so, and then hears why not.
fn refund(order: &Order, name: &ReturnId, body: &ReturnStep) -> Result<Refunded, Error> {
    let is_exchange = order.return_of(name).is_some_and(|one| one.kind == ReturnKind::Exchange);
    match (body.refund.as_deref(), body.refund_amount.as_deref()) {
        (Some(_), Some(_)) => Err(fault("refund_amount", "contradiction", "send one of refund and refund_amount")),
        (None, Some(amount)) => amount_of(amount, order.totals.currency).map(Refunded::Amount),
        (None, None) if is_exchange => Ok(Refunded::Nothing),
        (None, None) | (Some("lines"), None) => Ok(Refunded::Lines),
        (Some("lines_and_shipping"), None) => Ok(Refunded::WithShipping),
        (Some("none"), None) => Ok(Refunded::Nothing),
        (Some(_), None) => Err(fault("refund", "unknown_refund", "lines, lines_and_shipping or none")),
    }
}

fn amount_of(text: &str, currency: Currency) -> Result<Money, Error> {
    Money::parse(text, currency).map_err(|why| fault("refund_amount", "bad_amount", why.to_string()))
}

fn shown(order: &Order, status: StatusCode) -> Response {
    (status, axum::Json(OrderReturns::of(order))).into_response()
}
