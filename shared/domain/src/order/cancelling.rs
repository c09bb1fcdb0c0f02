//! What of an order is called off, piece by piece, while the rest of it goes on.
//!
//! What has left comes back ([`super::returning`]), and what is in a parcel is called off with the parcel; all else can be called off by line. The
//! order keeps its lines as they were placed and says how many of each are not sent. What they had cost is neither taken nor kept, what was
//! set aside for them is given back, and where only what has left is left the order closes as shipped.

use super::Order;
use super::command::ChangeStatus;
use super::decide::{change_status, news};
use super::desk::Desk;
use super::event::{Cause, OrderEvent};
use super::fulfilling;
use super::placement::{Contact, LineKind};
use super::rejection::Rejection;
use super::returning::{note_of, worth_of};
use super::review::{Review, ReviewEvent, ReviewKind, ReviewOutcome};
use super::saga;
use super::status::OrderStatus;
use crate::money::Money;
use crate::notify::MessageKind;
use crate::shipping::fulfilment::Share;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Lines that are called off at once.
pub const LINES_MAX: usize = 100;

/// Why it is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CancelRefusal {
    /// It has left, or has ended.
    #[error("an order that is {0} has nothing to call off; what has left can come back as a return")]
    NothingToCancel(OrderStatus),
    /// More than is open.
    #[error(
        "line {line}: {asked} to call off, {open} can; what is in a parcel is called off with the parcel, and what has left comes back as a return"
    )]
    TooMany {
        /// The line's place in the order.
        line: usize,
        /// What was asked for.
        asked: u64,
        /// What is still here, and in no parcel.
        open: u32,
    },
    /// Nothing is in it.
    #[error("1 to {LINES_MAX} lines are called off at once, each with a quantity of at least 1")]
    Empty,
}

impl Order {
    /// How many of each line are called off.
    pub fn cancelled(&self) -> Vec<u32> {
        let mut cancelled = self.cancelled.clone();
        cancelled.resize(self.lines.len(), 0);
        cancelled
    }

    /// How many of each line are to be sent, or were.
    pub fn wanted(&self) -> Vec<u32> {
        self.lines.iter().zip(self.cancelled()).map(|(line, off)| line.quantity.saturating_sub(off)).collect()
    }

    /// Its parcels' pieces that are to be sent, or were, by unit.
    pub(super) fn wanted_units(&self) -> BTreeMap<&str, u32> {
        let mut wanted: BTreeMap<&str, u32> = BTreeMap::new();
        for (line, quantity) in self.lines.iter().zip(self.wanted()).filter(|(line, _)| line.kind != LineKind::Digital) {
            let sum = wanted.entry(&line.sku).or_default();
            *sum = sum.saturating_add(quantity);
        }
        wanted
    }

    /// What it costs less than it did, because of what was called off.
    pub fn spared(&self) -> Money {
        Money::new(worth_of(self, &self.cancelled()), self.totals.currency)
    }

    /// What it costs now.
    pub fn owed(&self) -> Money {
        let minor = self.totals.total_minor.saturating_sub(self.spared().minor).max(0);
        Money::new(minor, self.totals.currency)
    }

    /// How many of each line can still be called off by themselves. What is digital is delivered when the order is confirmed.
    pub fn cancellable(&self) -> Vec<u32> {
        use OrderStatus as S;
        let status = self.tracks.status;
        if !matches!(status, S::Pending | S::OnHold | S::Processing | S::ReadyToShip | S::PartiallyShipped) {
            return vec![0; self.lines.len()];
        }
        let is_checked = || self.running().is_some_and(|saga| saga.step < saga::Step::Dispatch);
        let is_early = status == S::Pending || (status == S::OnHold && is_checked());
        let open = |((line, sendable), wanted): ((&super::Line, u32), u32)| match line.kind {
            LineKind::Physical => sendable,
            LineKind::Digital if is_early => wanted,
            LineKind::Digital => 0,
        };
        self.lines.iter().zip(self.open_to_send()).zip(self.wanted()).map(open).collect()
    }

    /// Takes in what was called off.
    pub(super) fn lines_cancelled(&mut self, lines: &[Share]) {
        let mut cancelled = self.cancelled();
        for one in lines {
            cancelled.iter_mut().skip(one.line).take(1).for_each(|off| *off = off.saturating_add(one.quantity));
        }
        self.cancelled = cancelled;
        let owed = self.owed();
        if let Some(paying) = &mut self.paying {
            // Less of the same currency is always in range.
            let _ = paying.ledger.set_total(owed);
        }
    }

    /// What is in no parcel that has left. Only a guess where nobody has said what is in its parcels.
    pub(super) fn not_left(&self) -> Vec<Share> {
        let mut open = self.wanted();
        let left = self.consignments.iter().filter(|one| one.has_left());
        for part in left.flat_map(|one| &one.work.parts) {
            open.iter_mut().skip(part.line).take(1).for_each(|open| *open = open.saturating_sub(part.quantity));
        }
        let physical = |line: usize| self.lines.get(line).is_some_and(|line| line.kind == LineKind::Physical);
        let shares = open.into_iter().enumerate().map(|(line, quantity)| Share { line, quantity });
        shares.filter(|share| share.quantity > 0 && physical(share.line)).collect()
    }

    /// What is still set aside, as lines of the order, the last first.
    pub(super) fn set_aside(&self) -> Vec<Share> {
        let mut held: BTreeMap<&str, u32> = BTreeMap::new();
        for one in self.saga.iter().flat_map(|saga| &saga.held) {
            let sum = held.entry(&one.sku).or_default();
            *sum = sum.saturating_add(one.quantity);
        }
        let mut shares = Vec::new();
        for (at, (line, wanted)) in self.lines.iter().zip(self.wanted()).enumerate().rev() {
            let Some(here) = held.get_mut(line.sku.as_str()) else { continue };
            let quantity = wanted.min(*here);
            *here -= quantity;
            if quantity > 0 {
                shares.push(Share { line: at, quantity });
            }
        }
        shares
    }
}

/// That lines are called off, with what the order costs less for it; nothing if none are.
pub(super) fn called_off(order: &Order, lines: Vec<Share>, note: Option<String>) -> Option<OrderEvent> {
    if lines.is_empty() {
        return None;
    }
    let mut after = order.clone();
    after.lines_cancelled(&lines);
    let minor = after.spared().minor.saturating_sub(order.spared().minor).max(0);
    Some(OrderEvent::LinesCancelled { lines, less: Money::new(minor, order.totals.currency), note })
}

/// Events of the command.
pub(super) fn cancel_lines(
    order: &Order,
    lines: &[Share],
    (note, notify): (Option<&str>, bool),
    now: Timestamp,
) -> Result<Vec<OrderEvent>, Rejection> {
    let lines = may_cancel(order, lines)?;
    let note = note_of(order, note)?;
    let mut after = order.clone();
    after.lines_cancelled(&lines);
    if after.wanted().iter().all(|wanted| *wanted == 0) {
        let (to, cause) = (OrderStatus::Cancelled, Cause::Asked { note });
        return change_status(order, &ChangeStatus { to, implied_steps: false, cause, notify });
    }
    let mut desk = Desk::of(order, now);
    desk.all_happen(called_off(order, lines, note));
    asks_stock_again(&mut desk);
    desk.all_happen(fulfilling::led(&desk.order, (notify, false), now));
    let (before, after) = (order.label(), desk.order.label());
    let hears = before != after && news(Some(before), after, &desk.events).is_some();
    let is_reachable = desk.order.contact.as_ref().is_some_and(Contact::is_reachable);
    // Who hears that all that is left has left hears with that what it is.
    if notify && !hears && is_reachable {
        let (label, kind) = (desk.order.label(), MessageKind::Changed);
        desk.happens(OrderEvent::NotifyRequested { label, kind, text: None, waited: false, not_by: Vec::new(), by_rule: false });
    }
    Ok(desk.events)
}

/// What people were asked about was an order of more: there may be enough of what is left of it.
fn asks_stock_again(desk: &mut Desk) {
    let is_rest = desk.order.saga.as_ref().is_some_and(|saga| saga.rest.is_some());
    // Who has stopped it for another reason has said so in words of their own.
    let of_stock = |review: &&Review| review.kind == ReviewKind::InventoryOverride && review.reason.ends_with(saga::SHORT);
    let open = desk.order.open_reviews().find(|review| !is_rest && of_stock(review));
    let Some(id) = open.map(|review| review.id.clone()) else { return };
    let event = ReviewEvent::Decided { id, outcome: ReviewOutcome::Withdrawn, by: None, comment: None };
    desk.happens(OrderEvent::Review { event });
    desk.all_happen(saga::approved(&desk.order, (ReviewKind::InventoryOverride, false), desk.now));
}

/// What is called off, each line once.
fn may_cancel(order: &Order, lines: &[Share]) -> Result<Vec<Share>, Rejection> {
    let open = order.cancellable();
    if open.iter().all(|open| *open == 0) {
        return Err(CancelRefusal::NothingToCancel(order.tracks.status).into());
    }
    if lines.is_empty() || lines.len() > LINES_MAX || lines.iter().any(|one| one.quantity == 0) {
        return Err(CancelRefusal::Empty.into());
    }
    let mut sums: BTreeMap<usize, u64> = BTreeMap::new();
    lines.iter().for_each(|one| *sums.entry(one.line).or_default() += u64::from(one.quantity));
    let checked = sums.into_iter().map(|(line, asked)| {
        let open = open.get(line).copied().unwrap_or(0);
        let quantity = u32::try_from(asked).ok().filter(|asked| *asked <= open);
        quantity.map(|quantity| Share { line, quantity }).ok_or_else(|| CancelRefusal::TooMany { line, asked, open }.into())
    });
    checked.collect()
}

#[cfg(test)]
mod tests;
