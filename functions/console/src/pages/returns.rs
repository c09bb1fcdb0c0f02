//! What of an order comes back, on its page: announced, agreed to, received.

use super::payment::may_move_money;
use super::{back, order_href, to_change};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Fields, Posted};
use crate::format::{count, moment};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::apply::Alongside;
use app::{Context, Error, exchange};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::ids::ReturnId;
use domain::money::Money;
use domain::order::paying::Paying;
use domain::order::returning::{LINES_MAX, NOTE_CHARS_MAX};
use domain::order::{
    Arrived, Command, Line, LineKind, Order, Refunded, Rejection, Return, ReturnCommand, ReturnKind, ReturnLine, ReturnReason, ReturnState,
};
use jiff::Timestamp;
use maud::{Markup, html};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Its returns, and a form for another; nothing if there are none and none can be.
pub fn section(order: &Order, visitor: &Visitor) -> Markup {
    let returnable = order.returnable();
    let may_open = visitor.may_write() && order.tracks.status.has_shipped() && returnable.iter().any(|open| *open > 0);
    if order.returns.is_empty() && !may_open {
        return html! {};
    }
    html! {
        section class="card" id="returns" aria-labelledby="returns-title" {
            div class="card-head" { h2 id="returns-title" { "Returns" } span class="count" { (order.returns.len()) } }
            @if order.returns.is_empty() { p class="muted" { "Nothing has come back." } }
            @for one in &order.returns { (row(order, one, visitor)) }
            @if may_open { (opening(order, &returnable, visitor)) }
        }
    }
}

fn sku(order: &Order, line: usize) -> &str {
    order.lines.get(line).map_or("", |line| line.sku.as_str())
}

fn row(order: &Order, one: &Return, visitor: &Visitor) -> Markup {
    let class = match one.state {
        ReturnState::Received | ReturnState::Approved => "state good",
        ReturnState::Refused => "state bad",
        ReturnState::Requested | ReturnState::Withdrawn => "state",
    };
    html! {
        div class="reviewed" {
            p { strong { "Return " (one.id) } " for " (one.kind.code()) " " span class=(class) { (one.state.code()) } }
            p {
                @for line in &one.lines { span class="line" { (count(i64::from(line.quantity))) " × " (sku(order, line.line)) ", " (line.reason.text()) } " " }
            }
            @if one.state == ReturnState::Received {
                p class="muted" {
                    "Arrived: "
                    @for (at, arrived) in one.arrived.iter().enumerate() {
                        @if at > 0 { ", " }
                        (count(i64::from(arrived.quantity))) " × " (sku(order, arrived.line)) @if !arrived.sellable { " (not to be sold again)" }
                    }
                    @if one.arrived.is_empty() { "nothing" }
                    @if one.kind == ReturnKind::Refund && one.refund.is_none() { " · nothing goes back" }
                    @if let Some(refund) = one.refund { " · " (refund.to_string()) " goes back" @if !is_ours(order) { ", where it was paid: OrderFlow does not move it" } }
                }
            }
            @if let Some(replacement) = &one.replacement {
                p {
                    "In its place: "
                    @for line in &replacement.lines { span class="line" { (count(i64::from(line.quantity))) " × " (line.sku) } " " }
                    @match &replacement.by {
                        Some(by) => { "as order " a href=(order_href(by)) { (by) } },
                        None => span class="muted" { "is being placed" },
                    }
                }
            }
            p class="muted" { (moment(one.since, &visitor.zone())) }
            @if visitor.may_write() && one.state.is_open() { (deciding(order, one, visitor)) }
            @if visitor.may_write() && may_replace(order, one) { (replacing(order, one, visitor)) }
        }
    }
}

/// Something else is owed for it, and nobody has sent it.
fn may_replace(order: &Order, one: &Return) -> bool {
    let is_agreed = matches!(one.state, ReturnState::Approved | ReturnState::Received);
    one.kind == ReturnKind::Exchange && is_agreed && one.replacement.is_none() && order.contact.is_some()
}

/// As much of the same, or something else: an order of its own that costs nothing.
fn replacing(order: &Order, one: &Return, visitor: &Visitor) -> Markup {
    let same = order.same_again(one);
    html! {
        details class="asking" {
            summary { "Send something in its place" }
            form class="replacing" method="post" action={ (order_href(&order.id)) "/returns" } {
                (token(visitor))
                input type="hidden" name="return" value=(one.id);
                fieldset class="arrived" {
                    legend { "What is sent, at no charge" }
                    @for at in 0..(same.len() + 1).min(LINES_MAX) {
                        @let line = same.get(at);
                        p class="quantity" {
                            label {
                                span class="visually-hidden" { "Pieces of item " (at + 1) }
                                input type="number" name={ "pieces-" (at) } min="0" value=(line.map_or(0, |line| line.quantity));
                            }
                            label { span { " × " } span class="visually-hidden" { "SKU of item " (at + 1) } input type="text" name={ "sku-" (at) } maxlength="64" placeholder="another SKU" value=(line.map_or("", |line| line.sku.as_str())); }
                        }
                    }
                }
                div class="row" { button class="button primary" type="submit" name="do" value="replace" { (icons::BOX.beside()) "Place the order" } }
            }
        }
    }
}

/// A payment provider of ours moves its money.
fn is_ours(order: &Order) -> bool {
    order.paying.as_deref().is_some_and(Paying::governs)
}

fn given_back(order: &Order) -> Option<Money> {
    let refunded = order.paying.as_deref().filter(|paying| paying.governs())?.ledger.refunded();
    (refunded.minor > 0).then_some(refunded)
}

fn deciding(order: &Order, one: &Return, visitor: &Visitor) -> Markup {
    let field = |name: &str, line: usize| format!("{name}-{line}");
    let mut lines: Vec<usize> = one.lines.iter().map(|line| line.line).collect();
    lines.sort_unstable();
    lines.dedup();
    let announced = |at: usize| one.lines.iter().filter(|line| line.line == at).map(|line| line.quantity).sum::<u32>();
    html! {
        form class="row" method="post" action={ (order_href(&order.id)) "/returns" } {
            (token(visitor))
            input type="hidden" name="return" value=(one.id);
            @if one.state == ReturnState::Requested { button class="button" type="submit" name="do" value="approve" { "Agree" } }
            button class="button" type="submit" name="do" value="withdraw" { "It does not come" }
            button class="button danger" type="submit" name="do" value="refuse" data-confirm={ "Return " (one.id) ": really refuse it?" } { "Refuse" }
        }
        details class="asking" {
            summary { "It is here" }
            form method="post" action={ (order_href(&order.id)) "/returns" } {
                (token(visitor))
                input type="hidden" name="return" value=(one.id);
                fieldset class="arrived" {
                    legend { "What arrived" }
                    @for line in lines {
                        @let most = announced(line);
                        @let good = if one.resells(line) { most } else { 0 };
                        p class="quantity" {
                            label { input type="number" name=(field("good", line)) min="0" max=(most) value=(good); span { " × " (sku(order, line)) ", as good as new" } }
                            label { input type="number" name=(field("bad", line)) min="0" max=(most) value=(most - good); span { " not to be sold again" } }
                        }
                    }
                }
                @if one.kind == ReturnKind::Refund && !may_move_money(visitor) {
                    p class="muted" { "What was paid for it goes back when a manager says so." }
                }
                @if one.kind == ReturnKind::Refund && may_move_money(visitor) {
                    @if let Some(given) = given_back(order) { p class="muted" { (given) " of it has gone back already." } }
                    label for={ "refund-" (one.id) } { "What goes back" }
                    select id={ "refund-" (one.id) } name="refund" {
                        option value="lines" { "What was paid for them" }
                        option value="lines_and_shipping" { "That, and what it cost to send them" }
                        option value="none" { "Nothing" }
                    }
                }
                label class="check" { input type="checkbox" name="notify" value="on" checked; span { "Tell the customer" } }
                div class="row" { button class="button primary" type="submit" name="do" value="receive" { (icons::RETURNED.beside()) "It is here" } }
            }
        }
    }
}

fn opening(order: &Order, returnable: &[u32], visitor: &Visitor) -> Markup {
    let lines = || order.lines.iter().enumerate().filter(|(line, _)| returnable.get(*line).is_some_and(|open| *open > 0));
    html! {
        details class="asking" {
            summary { "Something comes back" }
            form id="return-form" method="post" action={ (order_href(&order.id)) "/returns" } {
                (token(visitor))
                input type="hidden" name="seen" value=(order.returns.len());
                fieldset class="arrived" {
                    legend { "What comes back" }
                    @for (at, line) in lines().take(LINES_MAX) {
                        @let most = returnable.get(at).copied().unwrap_or(0);
                        label class="quantity" {
                            input type="number" name={ "line-" (at) } min="0" max=(most) value=(if lines().count() == 1 { most } else { 0 });
                            span { "of " (most) " × " (line.sku) }
                        }
                    }
                }
                label for="return-reason" { "Why" }
                select id="return-reason" name="reason" {
                    @for reason in ReturnReason::ALL { option value=(reason.code()) selected[reason == ReturnReason::ChangedMind] { (reason.text()) } }
                }
                label for="return-kind" { "For" }
                select id="return-kind" name="kind" {
                    option value="refund" { "the money" }
                    option value="exchange" { "something else in its place" }
                }
                label for="return-note" { "What they wrote " span class="muted" { "(if anything)" } }
                textarea id="return-note" name="note" rows="2" maxlength=(NOTE_CHARS_MAX) {}
                label class="check" { input type="checkbox" name="approved" value="on" checked; span { "It may come" } }
                label class="check" { input type="checkbox" name="notify" value="on" checked; span { "Tell the customer" } }
                div class="row" { button class="button primary" type="submit" { (icons::BACK.beside()) "Open a return" } }
            }
        }
    }
}

/// `POST /console/orders/{id}/returns`: opens one, or goes a step with one.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let visitor = &posted.visitor;
    let order = to_change(console, visitor, id).await?;
    let id = &order.id;
    let command = match command(&order, posted, console.clock.now()) {
        Ok(Some(command)) => command,
        Ok(None) => return Ok(back(id, Flash::Stale)),
        Err(Error::Invalid(_)) => return Ok(back(id, Flash::BadReturn)),
        Err(why) => return Err(why),
    };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let with = Alongside { if_version: Some(order.revision()), ..Alongside::default() };
    let flash = match console.auto.apply.run(context, id, &Command::Return(command), with).await {
        Ok(_) => Flash::ReturnSaved,
        Err(Error::Stale { .. }) => Flash::Stale,
        Err(Error::Rejected(Rejection::NotRefundable { .. } | Rejection::Money(_))) => Flash::MoneyRefused,
        Err(Error::Rejected(_)) => Flash::BadReturn,
        Err(error) => return Err(error),
    };
    Ok(back(id, flash))
}

/// The items of the form, as lines that cost nothing.
fn replacement(order: &Order, fields: &Fields) -> Vec<Line> {
    let named = |sku: &str| order.lines.iter().find(|line| line.sku == sku).map(|line| line.name.clone()).unwrap_or_default();
    let line = |at: usize| {
        let pieces = fields.get(&format!("pieces-{at}"))?.parse().unwrap_or(u32::MAX);
        let sku = fields.get(&format!("sku-{at}"))?.trim().to_owned();
        (pieces > 0).then(|| Line {
            name: named(&sku),
            sku,
            quantity: pieces,
            unit_price_minor: 0,
            kind: LineKind::Physical,
            handling: BTreeSet::new(),
        })
    };
    (0..=LINES_MAX).filter_map(line).collect()
}

/// What is wanted; none if whoever wants it looks at an old page.
fn command(order: &Order, posted: &Posted, now: Timestamp) -> Result<Option<ReturnCommand>, Error> {
    let fields = &posted.fields;
    let number = |name: &str| fields.get(name).map_or(0, |text| text.parse().unwrap_or(u32::MAX));
    let notify = fields.ticked("notify");
    let Some(name) = fields.get("return") else {
        if fields.get("seen") != Some(order.returns.len().to_string().as_str()) {
            return Ok(None);
        }
        let reason = fields.get("reason").and_then(ReturnReason::from_word).unwrap_or(ReturnReason::Other);
        let kind = if fields.get("kind") == Some("exchange") { ReturnKind::Exchange } else { ReturnKind::Refund };
        let lines = (0..order.lines.len()).map(|line| ReturnLine { line, quantity: number(&format!("line-{line}")), reason });
        let note = fields.get("note").map(|note| note.replace("\r\n", "\n"));
        let lines = lines.filter(|line| line.quantity > 0).collect();
        return Ok(Some(ReturnCommand::Open { kind, lines, approved: fields.ticked("approved"), note, notify }));
    };
    let id = ReturnId::parse(name).map_err(|_| Error::NotFound("return"))?;
    let decide = |state| ReturnCommand::Decide { id: id.clone(), state, note: None, notify: true };
    Ok(Some(match fields.get("do").unwrap_or_default() {
        "replace" => {
            let lines = replacement(order, fields);
            exchange::sound(order, &id, &lines, now)?;
            ReturnCommand::Replace { id, lines: Some(lines) }
        }
        "approve" => decide(ReturnState::Approved),
        "refuse" => decide(ReturnState::Refused),
        "withdraw" => decide(ReturnState::Withdrawn),
        "receive" => {
            let arrived = (0..order.lines.len()).flat_map(|line| {
                [("good", true), ("bad", false)].map(|(name, sellable)| Arrived {
                    line,
                    quantity: number(&format!("{name}-{line}")),
                    sellable,
                })
            });
            let arrived = Some(arrived.filter(|one| one.quantity > 0).collect());
            let refund = match fields.get("refund") {
                Some("lines" | "lines_and_shipping") if !may_move_money(&posted.visitor) => {
                    return Err(Error::Forbidden { needs: "a manager's role" });
                }
                Some("lines") => Refunded::Lines,
                Some("lines_and_shipping") => Refunded::WithShipping,
                _ => Refunded::Nothing,
            };
            ReturnCommand::Receive { id, arrived, refund, notify }
        }
        _ => return Err(Error::NotFound("step")),
    }))
}
