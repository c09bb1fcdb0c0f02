//! How an order is paid, on its page: what was asked of providers, and taking and giving back.

use super::{back, order_href, to_change};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::{moment, money, words};
use crate::icons;
use crate::layout::token;
use crate::visitor::Visitor;
use app::apply::Alongside;
use app::{Context, Error};
use axum::extract::{Path, State};
use axum::response::Response;
use domain::money::Money;
use domain::order::paying::REASON_CHARS_MAX;
use domain::order::{Command, MoneyCommand, Order, Paying, PaymentStatus, Rejection, Role};
use domain::payment::{Kind, Operation, State as Stands, may_refund};
use maud::{Markup, html};
use std::sync::Arc;

/// How it is paid; nothing if nobody said so.
pub fn section(order: &Order, visitor: &Visitor) -> Markup {
    let Some(paying) = order.paying.as_deref() else { return html! {} };
    let ledger = &paying.ledger;
    let zone = visitor.zone();
    let shown = |sum: Money| money(sum.minor, sum.currency);
    html! {
        section class="card payment" id="payment" aria-labelledby="payment-title" {
            div class="card-head" { h2 id="payment-title" { "Payment" } (standing(order.tracks.payment)) }
            dl class="facts" {
                dt { "By" } dd { (paying.method.word().replace('_', " ")) @if !paying.collects { span class="muted" { " (collected elsewhere)" } } }
                dt { "To pay" } dd { (shown(ledger.total())) }
                @if ledger.captured().minor > 0 { dt { "Taken" } dd { (shown(ledger.captured())) } }
                @if ledger.refunded().minor > 0 { dt { "Given back" } dd { (shown(ledger.refunded())) } }
                @if let Some(until) = order.pay_until() { dt { "Waits until" } dd { (moment(until, &zone)) } }
            }
            @if paying.awaits_customer() { p class="because" { "The customer has to confirm it at the provider’s." } }
            @if !ledger.operations().is_empty() {
                ol class="operations" { @for one in ledger.operations() { (operation(one, &zone)) } }
            }
            @for one in ledger.outside() {
                p class="because" { (one.provider.title()) " reports a " (one.kind.word()) " of " (shown(one.amount)) ", " (moment(one.at, &zone)) }
            }
            @for odd in ledger.discrepancies(visitor.now) { p class="state bad" { (icons::WARNING.beside()) (odd) } }
            @if visitor.may_write() && paying.governs() { (forms(order, paying, visitor)) }
        }
    }
}

fn standing(status: PaymentStatus) -> Markup {
    use PaymentStatus as P;
    let class = match status {
        P::Authorized | P::Captured | P::PartiallyCaptured => "state good",
        P::Failed | P::Expired | P::Disputed | P::Chargeback => "state bad",
        _ => "state",
    };
    html! { span class=(class) { (words(status).to_lowercase()) } }
}

fn operation(one: &Operation, zone: &jiff::tz::TimeZone) -> Markup {
    let (class, said) = match &one.state {
        Stands::Ok { .. } => ("state good", "done".to_owned()),
        Stands::Declined { code, soft } => ("state bad", format!("declined: {code}{}", if *soft { ", may pass" } else { "" })),
        Stands::Cancelled => ("state", "came to nothing".to_owned()),
        Stands::Unknown => ("state bad", "no answer, is looked up".to_owned()),
        Stands::Sent => ("state", "being asked".to_owned()),
        Stands::RequiresAction => ("state", "waits for the customer".to_owned()),
        Stands::Pending => ("state", "underway".to_owned()),
    };
    let what = match one.kind {
        Kind::Authorize => "Authorize",
        Kind::Capture { .. } => "Capture",
        Kind::Void { .. } => "Give back",
        Kind::Refund { .. } => "Refund",
    };
    html! {
        li {
            p { strong { (what) } " " (money(one.amount.minor, one.amount.currency)) " " span class=(class) { (said) } }
            p class="muted" {
                (one.provider.title()) ", " (moment(one.since, zone))
                @if let Some(reference) = one.reference() { " · " code { (reference) } }
            }
        }
    }
}

pub(super) fn may_move_money(visitor: &Visitor) -> bool {
    visitor.identity.role >= Role::Manager
}

fn forms(order: &Order, paying: &Paying, visitor: &Visitor) -> Markup {
    let ledger = &paying.ledger;
    let open = !paying.to_check().is_empty();
    let to_capture = ledger.open_to_capture(visitor.now).minor > 0 && !order.is_called_off();
    let refundable = ledger.refundable();
    let to_refund = refundable.minor > 0 && may_refund(order.tracks.status, order.tracks.payment);
    let action = format!("{}/payment", order_href(&order.id));
    html! {
        @if open || (to_capture && may_move_money(visitor)) {
            form class="row" method="post" action=(action) {
                (token(visitor))
                @if open { button class="button" type="submit" name="do" value="check" { "Ask now" } }
                @if to_capture && may_move_money(visitor) { button class="button" type="submit" name="do" value="capture" { "Take it now" } }
            }
        }
        @if to_refund && may_move_money(visitor) {
            details class="asking" {
                summary { "Refund" }
                form id="refund-form" method="post" action=(action) {
                    (token(visitor))
                    input type="hidden" name="seen" value=(ledger.operations().len());
                    input type="hidden" name="do" value="refund";
                    label for="refund-amount" { "How much, in " (refundable.currency.code()) " (at most " (refundable.decimal()) ")" }
                    input id="refund-amount" name="amount" inputmode="decimal" required value=(refundable.decimal());
                    label for="refund-why" { "Why" }
                    textarea id="refund-why" name="reason" rows="2" maxlength=(REASON_CHARS_MAX) {}
                    button class="button danger" type="submit" data-confirm={ "Order " (order.id) ": really give money back?" } { (icons::BACK.beside()) "Give back" }
                }
            }
        }
    }
}

/// `POST /console/orders/{id}/payment`: asks a provider now, takes the money now, or gives some back.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    let order = to_change(console, visitor, id).await?;
    let id = &order.id;
    let paying = order.paying.as_deref().ok_or(Error::NotFound("payment"))?;
    let command = match fields.get("do") {
        Some("check") => MoneyCommand::Report { operations: paying.to_check(), captures: Vec::new() },
        _ if !may_move_money(visitor) => return Err(Error::Forbidden { needs: "a manager's role" }),
        Some("capture") => MoneyCommand::Capture,
        _ => {
            let amount = fields.get("amount").map(|text| Money::parse(text, order.totals.currency));
            let (Some(Ok(amount)), Some(Ok(seen))) = (amount, fields.get("seen").map(str::parse)) else {
                return Ok(back(id, Flash::BadAmount));
            };
            MoneyCommand::Refund { amount: Some(amount), reason: fields.get("reason").map(str::to_owned), seen: Some(seen) }
        }
    };
    let context = Context { scope: &visitor.scope, config: &visitor.config, by: &visitor.provenance() };
    let flash = match console.auto.apply.run(context, id, &Command::Money(command), Alongside::default()).await {
        Ok(_) => Flash::MoneyAsked,
        Err(Error::Rejected(Rejection::MoneyMoved) | Error::Stale { .. }) => Flash::Stale,
        Err(Error::Rejected(Rejection::BadReason)) => Flash::BadAmount,
        Err(Error::Rejected(_)) => Flash::MoneyRefused,
        Err(error) => return Err(error),
    };
    Ok(back(id, flash))
}
