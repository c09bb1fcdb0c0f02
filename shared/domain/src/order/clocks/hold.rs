//! Times at which an order was on hold: they are nobody's.

use crate::order::Order;
use crate::order::event::{Cause, OrderEvent};
use crate::order::status::OrderStatus;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Of an order that is put on hold more often only the latest count.
const HOLDS_MAX: usize = 20;

/// A time on hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Since when.
    pub from: Timestamp,
    /// Until when; not over yet, if it is not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// The holds of an order with what a commit says of them.
pub(super) fn holds((before, after): (Option<&Order>, &Order), events: &[OrderEvent], now: Timestamp) -> Vec<Hold> {
    let mut holds = after.holds.clone();
    let is_held = |order: &Order| order.tracks.status == OrderStatus::OnHold;
    let (was, is) = (before.is_some_and(is_held), is_held(after));
    if was == is {
        return holds;
    }
    // What follows from a source's word happened when the source says so.
    let by_word = events.iter().any(|event| matches!(event, OrderEvent::StatusChanged { cause: Cause::Fact { .. }, .. }));
    let said = events.iter().find_map(|event| if let OrderEvent::FactHeard { fact, .. } = event { Some(fact.occurred_at) } else { None });
    let at = said.filter(|_| by_word).unwrap_or(now);
    match holds.last_mut().filter(|last| last.until.is_none()) {
        Some(last) => last.until = Some(at.max(last.from)),
        None if is => holds.push(Hold { from: at, until: None }),
        // It was held before anybody noted that.
        None => holds.extend(before.map(|before| Hold { from: before.status_since, until: Some(at.max(before.status_since)) })),
    }
    let many = holds.len().saturating_sub(HOLDS_MAX);
    holds.drain(..many);
    holds
}

/// How much later something is due by them that was started, would be due, and was done at these moments. A hold counts that begins before it is due;
/// one that is not over counts when it is.
pub(super) fn held(holds: &[Hold], start: Timestamp, due: Timestamp, ended: Option<Timestamp>) -> SignedDuration {
    let mut held = SignedDuration::ZERO;
    for hold in holds {
        let from = hold.from.max(start);
        let Some(until) = hold.until.into_iter().chain(ended).min() else { continue };
        let is_in_time = due.checked_add(held).is_ok_and(|due| from <= due);
        if is_in_time && until > from {
            held = held.saturating_add(until.duration_since(from));
        }
    }
    held
}
