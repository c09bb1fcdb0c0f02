//! What follows from a command about an order's money.

use super::work::{AWAY_FOR, MoneyWork, Wanted};
use super::{Means, MoneyCommand, MoneyEvent, Paying, REASON_CHARS_MAX};
use crate::money::Money;
use crate::order::desk::Desk;
use crate::order::event::OrderEvent;
use crate::order::rejection::Rejection;
use crate::order::{Order, PaymentStatus};
use crate::payment::pan::contains_pan;
use crate::payment::{By, Kind, LedgerRejection, Operation, Outcome, Outside, Provider, Settled, Wish, may_refund};
use jiff::Timestamp;

/// Captures that one refund comes from, at most: a commit has ten events, and what is taken in with a return is up to three of them.
const PARTS_MAX: usize = 4;

impl Desk {
    fn notes(&mut self, event: MoneyEvent) {
        self.happens(OrderEvent::Money { event });
    }

    /// The payment track says what the ledger says.
    fn close(mut self) -> Vec<OrderEvent> {
        self.events.extend(restated(&self.order, self.now));
        self.events
    }
}

/// The payment track, if its ledger says something else.
pub(in crate::order) fn restated(order: &Order, now: Timestamp) -> Option<OrderEvent> {
    let stands = order.governed().filter(|paying| !paying.ledger.operations().is_empty())?;
    let (from, to) = (order.tracks.payment, stands.ledger.status(now));
    (from != to).then_some(OrderEvent::PaymentChanged { from, to })
}

/// Events of a command.
pub(in crate::order) fn money(order: &Order, command: &MoneyCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let mut till = Desk::of(order, now);
    if *command == MoneyCommand::Wake {
        if order.money_due().is_some_and(|due| due <= now) {
            till.notes(MoneyEvent::Woken);
        }
        return Ok(till.close());
    }
    let paying = order.governed().ok_or(Rejection::NotCollected)?;
    match command {
        MoneyCommand::Wake => {}
        MoneyCommand::Begin { wish, why } => {
            // What was wanted a moment ago may have happened, or not be wanted any more.
            if !is_wanted(order, wish, now) {
                return Ok(Vec::new());
            }
            let operation = paying.ledger.begin(*wish, now)?;
            let spares = matches!(wish, Wish::Refund { .. }) && !order.is_called_off();
            till.notes(MoneyEvent::Began { operation: Box::new(operation), why: why.clone(), spares });
        }
        MoneyCommand::NoProvider { why } => {
            if matches!(order.money_work(now), Some(MoneyWork::Begin(Wanted::Authorize { .. }))) {
                till.notes(MoneyEvent::NoProvider { why: why.clone() });
            }
        }
        MoneyCommand::Away => {
            // Whoever comes again within moments says nothing new.
            let known = paying.away.is_some_and(|away| now.duration_since(away.at).abs() < AWAY_FOR);
            if !known && paying.may_wait(now) && order.money_work(now).is_some() {
                till.notes(MoneyEvent::Away);
            }
        }
        MoneyCommand::Settle { n, outcome, url, client_secret } => {
            let means = Means { url: url.clone(), client_secret: client_secret.clone(), ..Means::default() };
            settle(&mut till, paying, (*n, outcome), means)?;
        }
        MoneyCommand::Looked { n } => {
            let waits = |one: &Operation| one.state.is_open() || paying.reported.contains(n);
            if paying.ledger.operation(*n).is_some_and(waits) {
                till.notes(MoneyEvent::Looked { n: *n });
            }
        }
        MoneyCommand::Returned { capture, news } => returned(&mut till, paying, *capture, news),
        MoneyCommand::Report { operations, captures } => report(&mut till, paying, operations, captures),
        MoneyCommand::TryAgain { means } => {
            if let Some(open) = paying.ledger.operations().iter().find(|one| one.kind == Kind::Authorize && paying.ledger.is_open(one)) {
                return Err(LedgerRejection::StillOpen(open.n).into());
            }
            if order.pay_until().is_none() {
                return Err(Rejection::NothingToPay);
            }
            // What the ledger does not allow is said at once.
            paying.ledger.begin(Wish::Authorize { provider: Provider::Sim, amount: paying.ledger.total(), by: By::Customer }, now)?;
            if !paying.again {
                let known = order.contact.as_ref().and_then(|contact| contact.means.as_deref().cloned());
                let merged = means.clone().over(known);
                till.notes(MoneyEvent::Retried { token: merged.token.is_some(), means: Some(Box::new(merged)) });
            }
        }
        MoneyCommand::Capture => {
            let is_taken = paying.ledger.captured().minor >= paying.ledger.total().minor;
            if paying.ledger.live_authorization(now).is_none() || order.is_called_off() || is_taken {
                return Err(Rejection::NothingToCapture);
            }
            if !paying.capture {
                till.notes(MoneyEvent::CaptureAsked);
            }
        }
        MoneyCommand::Refund { seen: Some(seen), .. } if *seen != paying.ledger.operations().len() => return Err(Rejection::MoneyMoved),
        MoneyCommand::Refund { amount, reason, .. } => refund(&mut till, paying, *amount, reason.as_deref())?,
    }
    Ok(till.close())
}

fn is_wanted(order: &Order, wish: &Wish, now: Timestamp) -> bool {
    match (order.money_work(now), wish) {
        (Some(MoneyWork::Begin(Wanted::Authorize { by: wanted })), Wish::Authorize { by, .. }) => wanted == *by,
        (Some(MoneyWork::Begin(Wanted::Of(wanted))), wish) => wanted == *wish,
        _ => false,
    }
}

fn settle(till: &mut Desk, paying: &Paying, (n, outcome): (u32, &Outcome), means: Means) -> Result<(), Rejection> {
    let mut ledger = paying.ledger.clone();
    let changed = ledger.settle(n, outcome, till.now).map_err(Rejection::PaymentNews)?;
    let is_open = paying.ledger.operation(n).is_some_and(|one| one.state.is_open());
    let known = till.order.contact.as_ref().and_then(|contact| contact.means.as_ref()).and_then(|means| means.url.as_ref());
    // Where the customer confirms is news, too.
    let elsewhere = paying.awaits_customer() && means.url.is_some() && means.url.as_ref() != known && till.order.contact.is_some();
    if changed == Settled::Changed || elsewhere {
        let means = (means != Means::default()).then(|| Box::new(means));
        till.notes(MoneyEvent::Settled { n, outcome: outcome.clone(), means });
    } else if is_open || paying.reported.contains(&n) {
        till.notes(MoneyEvent::Looked { n });
    }
    Ok(())
}

fn returned(till: &mut Desk, paying: &Paying, capture: u32, news: &[Outside]) {
    let mut ledger = paying.ledger.clone();
    let is_new = |one: &&Outside| one.of == capture && ledger.hear((*one).clone()) == Ok(Settled::Changed);
    let news: Vec<Outside> = news.iter().filter(is_new).cloned().collect();
    if !news.is_empty() || paying.returns.contains(&capture) {
        till.notes(MoneyEvent::Returned { capture, news });
    }
}

fn report(till: &mut Desk, paying: &Paying, operations: &[u32], captures: &[u32]) {
    let is_capture = |n: u32| paying.ledger.operation(n).is_some_and(|one| matches!(one.kind, Kind::Capture { .. }));
    let new = |known: &[u32], n: &u32| paying.ledger.operation(*n).is_some() && !known.contains(n);
    let operations: Vec<u32> = operations.iter().copied().filter(|n| new(&paying.reported, n)).collect();
    let captures: Vec<u32> = captures.iter().copied().filter(|n| is_capture(*n) && new(&paying.returns, n)).collect();
    if !operations.is_empty() || !captures.is_empty() {
        till.notes(MoneyEvent::Reported { operations, captures });
    }
}

fn refund(till: &mut Desk, paying: &Paying, amount: Option<Money>, reason: Option<&str>) -> Result<(), Rejection> {
    let (status, payment) = (till.order.tracks.status, till.order.tracks.payment);
    if !may_refund(status, payment) {
        return Err(Rejection::NotRefundable { status, payment });
    }
    let short = |reason: &str| (1..=REASON_CHARS_MAX).contains(&reason.trim().chars().count());
    let plain = |reason: &str| short(reason) && !reason.chars().any(char::is_control) && !contains_pan(reason);
    if reason.is_some_and(|reason| !plain(reason)) {
        return Err(Rejection::BadReason);
    }
    let left = paying.ledger.refundable();
    let amount = amount.unwrap_or(left);
    if amount.currency != left.currency {
        return Err(LedgerRejection::WrongCurrency(left.currency).into());
    }
    if amount.minor <= 0 {
        return Err(LedgerRejection::NotPositive.into());
    }
    let plan = paying.ledger.refund_plan(amount).ok_or(LedgerRejection::MoreThanCaptured(left))?;
    if plan.len() > PARTS_MAX {
        return Err(LedgerRejection::Full.into());
    }
    till.notes(MoneyEvent::RefundAsked { amount, reason: reason.map(str::to_owned) });
    for (of, amount) in plan {
        let ledger = till.order.governed().map(|paying| &paying.ledger);
        let operation = ledger.ok_or(Rejection::NotCollected)?.begin(Wish::Refund { of, amount }, till.now)?;
        till.notes(MoneyEvent::Began { operation: Box::new(operation), why: Vec::new(), spares: false });
    }
    Ok(())
}

/// What a fact's word on the money counts for: nothing, where providers are asked.
pub(in crate::order) fn collected(order: &Order) -> Option<PaymentStatus> {
    order.governed().map(|_| order.tracks.payment)
}
