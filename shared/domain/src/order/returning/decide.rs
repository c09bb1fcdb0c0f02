//! What is done about what comes back, and what is refused.

use super::{Arrived, LINES_MAX, NOTE_CHARS_MAX, RETURNS_MAX};
use super::{Refunded, Return, ReturnCommand, ReturnEvent, ReturnKind, ReturnLine, ReturnRefusal, ReturnState, worth_of};
use crate::ids::ReturnId;
use crate::money::Money;
use crate::order::desk::Desk;
use crate::order::event::{Cause, OrderEvent};
use crate::order::paying::{self, MoneyCommand};
use crate::order::rejection::Rejection;
use crate::order::saga::{HOLD_MAX, SagaEvent};
use crate::order::{Order, OrderStatus, PaymentStatus};
use crate::payment::pan::contains_pan;
use crate::payment::{Kind, Ledger, LedgerRejection, Operation, PaymentMethod};
use jiff::Timestamp;

/// The order follows where its returns lead. That it stands as delivered again is no news for whoever has it.
fn closed(mut desk: Desk, notify: bool) -> Vec<OrderEvent> {
    let way = desk.order.led_back_to().unwrap_or_default();
    if let Some((to, via)) = way.split_last() {
        let (from, cause) = (desk.order.tracks.status, Cause::Asked { note: None });
        let (via, notify) = (via.to_vec(), notify && *to != OrderStatus::Delivered);
        desk.happens(OrderEvent::StatusChanged { from, to: *to, via, cause, decided: true, notify });
    }
    desk.events
}

/// Events of a command.
pub(in crate::order) fn give_back(order: &Order, command: &ReturnCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let mut desk = Desk::of(order, now);
    match command {
        ReturnCommand::Open { kind, lines, approved, note, notify } => {
            may_open(order, lines)?;
            let id = ReturnId::parse(&format!("r{}", order.returns.len() + 1)).map_err(|_| Rejection::NoSuchReturn)?;
            let note = note_of(order, note.as_deref())?;
            let event = ReturnEvent::Opened { id, kind: *kind, lines: lines.clone(), approved: *approved, note };
            desk.happens(OrderEvent::Return { event });
            Ok(closed(desk, *notify))
        }
        ReturnCommand::Decide { id, state, note, notify } => {
            let one = order.return_of(id).ok_or(Rejection::NoSuchReturn)?;
            if one.state == *state {
                return Ok(Vec::new());
            }
            open(one)?;
            let is_off = matches!(state, ReturnState::Refused | ReturnState::Withdrawn);
            if is_off && one.replacement.as_ref().is_some_and(|replacement| replacement.by.is_none()) {
                return Err(ReturnRefusal::BeingReplaced(id.clone()).into());
            }
            let note = note_of(order, note.as_deref())?;
            desk.happens(OrderEvent::Return { event: ReturnEvent::Decided { id: id.clone(), state: *state, note } });
            Ok(closed(desk, *notify))
        }
        ReturnCommand::Replace { .. } | ReturnCommand::Replaced { .. } | ReturnCommand::CannotReplace { .. } | ReturnCommand::Wake => {
            super::exchange::replace(order, command, now)
        }
        ReturnCommand::Receive { id, arrived, refund, notify } => {
            let one = order.return_of(id).ok_or(Rejection::NoSuchReturn)?;
            open(one)?;
            let all = || {
                one.lines.iter().map(|line| Arrived { line: line.line, quantity: line.quantity, sellable: line.reason.resells() }).collect()
            };
            let arrived: Vec<Arrived> = arrived.clone().unwrap_or_else(all);
            announced(one, &arrived)?;
            let (refund, shipping_minor) = refund_of(order, one, &arrived, *refund, now)?;
            let stock = order.shelved(&arrived);
            if stock.len() > HOLD_MAX {
                return Err(ReturnRefusal::TooScattered.into());
            }
            desk.happens(OrderEvent::Return { event: ReturnEvent::Received { id: id.clone(), arrived, refund, shipping_minor } });
            if !stock.is_empty() {
                desk.happens(OrderEvent::Saga { event: SagaEvent::Returned { stock } });
            }
            // Whoever collects the money gives it back; elsewhere the event says how much it is.
            if let Some(amount) = refund.filter(|_| order.governed().is_some()) {
                let command = MoneyCommand::Refund { amount: Some(amount), reason: Some(format!("return {id}")), seen: None };
                desk.all_happen(paying::money(&desk.order, &command, now)?);
            }
            Ok(closed(desk, *notify))
        }
    }
}

fn open(one: &Return) -> Result<(), Rejection> {
    if one.state.is_open() { Ok(()) } else { Err(ReturnRefusal::Over { id: one.id.clone(), state: one.state }.into()) }
}

/// Of a customer who is forgotten nothing is written down any more.
pub(in crate::order) fn note_of(order: &Order, note: Option<&str>) -> Result<Option<String>, Rejection> {
    let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else { return Ok(None) };
    let shown = |c: char| !c.is_control() || c == '\n';
    if order.contact.is_none() {
        return Ok(None);
    }
    if note.chars().count() <= NOTE_CHARS_MAX && note.chars().all(shown) && !contains_pan(note) {
        Ok(Some(note.to_owned()))
    } else {
        Err(Rejection::BadText)
    }
}

fn may_open(order: &Order, lines: &[ReturnLine]) -> Result<(), Rejection> {
    if !order.has_left() {
        return Err(ReturnRefusal::NotOut(order.tracks.status).into());
    }
    if lines.is_empty() || lines.len() > LINES_MAX || lines.iter().any(|one| one.quantity == 0) {
        return Err(ReturnRefusal::Empty.into());
    }
    let returnable = order.returnable();
    for one in lines {
        let open = returnable.get(one.line).copied().unwrap_or(0);
        let asked: u64 = lines.iter().filter(|other| other.line == one.line).map(|other| u64::from(other.quantity)).sum();
        if asked > u64::from(open) {
            return Err(ReturnRefusal::TooMany { line: one.line, asked, open }.into());
        }
    }
    if order.returns.len() >= RETURNS_MAX {
        return Err(ReturnRefusal::TooMuch.into());
    }
    Ok(())
}

fn announced(one: &Return, arrived: &[Arrived]) -> Result<(), Rejection> {
    // Some of a line may be good, and some of it not.
    if arrived.len() > 2 * LINES_MAX || arrived.iter().any(|one| one.quantity == 0) {
        return Err(ReturnRefusal::Empty.into());
    }
    for this in arrived {
        let announced = one.lines.iter().filter(|line| line.line == this.line).map(|line| line.quantity).fold(0, u32::saturating_add);
        let asked: u64 = arrived.iter().filter(|other| other.line == this.line).map(|other| u64::from(other.quantity)).sum();
        if asked > u64::from(announced) {
            return Err(ReturnRefusal::NotAnnounced { line: this.line, asked, announced }.into());
        }
    }
    Ok(())
}

/// What goes back for what has arrived, and how much of that is for sending: at most what there is to give back.
fn refund_of(order: &Order, one: &Return, arrived: &[Arrived], wish: Refunded, now: Timestamp) -> Result<(Option<Money>, i64), Rejection> {
    if wish != Refunded::Nothing && one.kind == ReturnKind::Exchange {
        return Err(ReturnRefusal::ExchangeRefunds.into());
    }
    let before = order.gone();
    let mut after = before.clone();
    for one in arrived {
        after.iter_mut().skip(one.line).take(1).for_each(|back| *back = back.saturating_add(one.quantity));
    }
    let left = left_to_give(order);
    let lines = || worth_of(order, &after).saturating_sub(worth_of(order, &before));
    let (goods, shipping) = match wish {
        Refunded::Nothing => return Ok((None, 0)),
        Refunded::Amount(amount) if amount.currency != order.totals.currency => {
            return Err(LedgerRejection::WrongCurrency(order.totals.currency).into());
        }
        Refunded::Amount(amount) if amount.minor <= 0 => return Err(LedgerRejection::NotPositive.into()),
        // Whoever names an amount hears that there is less.
        Refunded::Amount(amount) if amount.minor > left => {
            return Err(LedgerRejection::MoreThanCaptured(Money::new(left, order.totals.currency)).into());
        }
        Refunded::Amount(amount) => return Ok((Some(amount), 0)),
        Refunded::Lines | Refunded::WithShipping if is_nothing_owed(order) => return Ok((None, 0)),
        Refunded::Lines => (lines(), 0),
        Refunded::WithShipping => {
            let given: i64 = order.returns.iter().map(|one| one.shipping_minor).fold(0, i64::saturating_add);
            (lines(), order.totals.shipping_minor.saturating_sub(given).max(0))
        }
    };
    let wanted = goods.saturating_add(shipping);
    if wanted > left && order.governed().is_some_and(|paying| is_being_taken(&paying.ledger, now)) {
        return Err(ReturnRefusal::MoneyNotTaken.into());
    }
    let minor = wanted.min(left);
    let refund = (minor > 0).then(|| Money::new(minor, order.totals.currency));
    Ok((refund, minor.saturating_sub(goods).max(0)))
}

/// There is money that may still be taken, or of which nobody knows yet whether it was.
fn is_being_taken(ledger: &Ledger, now: Timestamp) -> bool {
    let is_open = |one: &Operation| matches!(one.kind, Kind::Capture { .. }) && ledger.is_open(one);
    let is_due = ledger.captured().minor < ledger.total().minor && ledger.open_to_capture(now).minor > 0;
    is_due || ledger.operations().iter().any(is_open)
}

/// How much there is to give back, in minor units. Where the money is not ours to move, what returns have said before counts as given.
fn left_to_give(order: &Order) -> i64 {
    use PaymentStatus as P;
    if let Some(paying) = order.governed() {
        return paying.ledger.refundable().minor;
    }
    if matches!(order.tracks.payment, P::Voided | P::Expired | P::Failed | P::Chargeback) || !order.is_promised() {
        return 0;
    }
    let given = order.returns.iter().filter_map(|one| one.refund).map(|money| money.minor).fold(0, i64::saturating_add);
    order.owed().minor.saturating_sub(given).max(0)
}

/// Nothing goes back unless somebody names an amount: another system says that it has gone back there, or who did not take the parcel has
/// not paid the driver.
fn is_nothing_owed(order: &Order) -> bool {
    let paying = order.paying.as_deref();
    let is_cash = paying.is_some_and(|paying| paying.method == PaymentMethod::CashOnDelivery);
    let is_elsewhere = order.tracks.payment == PaymentStatus::Refunded || paying.is_some_and(|paying| paying.elsewhere);
    is_elsewhere || (is_cash && matches!(order.tracks.status, OrderStatus::Shipped | OrderStatus::Returned))
}
