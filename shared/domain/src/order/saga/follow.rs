//! What follows from whatever happens to an order: people's answers, and how it stands.

use super::{Ended, Rest, SagaEvent, Step, StockMove};
use crate::order::cancelling::called_off;
use crate::order::desk::Desk;
use crate::order::event::OrderEvent;
use crate::order::paying::MoneyEvent;
use crate::order::review::{ReviewEvent, ReviewKind, ReviewOutcome};
use crate::order::{Order, OrderStatus};
use crate::shipping::fulfilment::Share;
use jiff::{SignedDuration, Timestamp};

/// So long people have to look what is left of an order that was called off half-way.
const LOOK_WITHIN: SignedDuration = SignedDuration::from_hours(24);

fn asks_for_rest(order: &Order, (kind, of_exception): (ReviewKind, bool)) -> bool {
    kind == ReviewKind::InventoryOverride && !of_exception && order.saga.as_ref().is_some_and(|saga| saga.rest == Some(Rest::Unknown))
}

/// What follows for an order about which a person has said yes; the review may have been of something that was reported to be wrong.
pub(in crate::order) fn approved(order: &Order, (kind, of_exception): (ReviewKind, bool), now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Desk::of(order, now);
    if asks_for_rest(order, (kind, of_exception)) {
        way.goes(SagaEvent::Rest { rest: Rest::Left });
        return way.events;
    }
    let Some(saga) = order.running().filter(|_| order.held_back_by().is_empty()) else { return Vec::new() };
    // Who was put on hold by somebody else, for another reason, stays there.
    if let Some(before) = saga.paused {
        way.moves(before, "approved", false);
    }
    if saga.step == Step::Review
        && let Some(step) = way.behind(saga.step)
    {
        way.goes(SagaEvent::Entered { step });
    }
    way.events
}

/// What follows for an order about which a person has said no.
pub(in crate::order) fn rejected(order: &Order, (kind, of_exception): (ReviewKind, bool), now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Desk::of(order, now);
    if asks_for_rest(order, (kind, of_exception)) {
        way.goes(SagaEvent::Rest { rest: Rest::Kept });
        let kept = order.set_aside();
        let count = |lines: &[Share]| lines.iter().map(|one| one.quantity).fold(0, u32::saturating_add);
        // If that is all of it, nobody knows what has left: a person sees to the money.
        if order.has_left() && count(&kept) < count(&order.not_left()) {
            called_off(order, kept, None).into_iter().for_each(|event| way.happens(event));
        }
    } else if kind.decides_order() {
        way.moves(OrderStatus::Cancelled, &format!("rejected in review: {}", kind.text().to_lowercase()), true);
    } else if kind == ReviewKind::Qc {
        way.moves(OrderStatus::OnHold, "it did not pass the check", false);
    }
    way.events
}

/// What follows from how an order stands: what it no longer needs is given back, what has left has left, what was to be decided
/// is not any more. `rest_off` if what had not left of it was called off, `stocked` if stock has moved in this commit.
pub(in crate::order) fn follow(order: &Order, (rest_off, stocked): (bool, bool), now: Timestamp) -> Vec<OrderEvent> {
    let mut way = Desk::of(order, now);
    if order.is_given_up(now) {
        let why = "nobody has paid in time".to_owned();
        way.moves(OrderStatus::Cancelled, &why, true);
        way.happens(OrderEvent::Money { event: MoneyEvent::GaveUp { why } });
    }
    let order = &way.order.clone();
    let (called_off, has_left) = (order.is_called_off(), order.has_left());
    let unknown = order.saga.as_ref().is_some_and(|saga| saga.rest == Some(Rest::Unknown));
    if (called_off || has_left) && !unknown {
        let open = order.open_reviews().filter(|review| review.kind.holds_back());
        for id in open.map(|review| review.id.clone()).collect::<Vec<_>>() {
            let event = ReviewEvent::Decided { id, outcome: ReviewOutcome::Withdrawn, by: None, comment: None };
            way.happens(OrderEvent::Review { event });
        }
    }
    let Some(saga) = order.saga.as_ref() else { return way.events };
    // What is in no parcel that has left is not sent, where somebody knows what is.
    let is_known = order.consignments.iter().any(|one| one.departures() > 0);
    let asks = !is_known && (called_off || rest_off);
    if saga.partly && saga.rest.is_none() && !saga.held.is_empty() && asks {
        way.goes(SagaEvent::Rest { rest: Rest::Unknown });
        let due = now.checked_add(LOOK_WITHIN).unwrap_or(Timestamp::MAX);
        let why = "part of it had left when the rest was called off: has all that was set aside left the shelf?";
        way.asks(ReviewKind::InventoryOverride, why.to_owned(), (1, due));
        if way.order.running().is_some() {
            way.goes(SagaEvent::Ended { how: Ended::NeedsHuman });
        }
        return way.events;
    }
    // One commit moves each place once: what has just been moved is settled by the worker's next.
    if let Some((how, stock)) = way.order.settlement().filter(|_| !stocked) {
        way.goes(match how {
            StockMove::Release => SagaEvent::Released { stock },
            StockMove::Return => SagaEvent::Returned { stock },
            _ => SagaEvent::Shipped { stock },
        });
    }
    if way.order.settlement().is_some() {
        return way.events;
    }
    let goes_on = !called_off && !has_left && order.tracks.status != OrderStatus::PartiallyShipped;
    let looked_at = saga.assessment.is_some();
    if way.order.was_over() && goes_on && saga.rest.is_none() {
        way.goes(SagaEvent::Reopened { step: if looked_at { Step::Reserve } else { Step::Screen } });
    } else if way.order.running().is_some_and(|saga| {
        let pending = saga.step >= Step::Confirm && order.tracks.status == OrderStatus::Pending;
        // It has not left after all: what went back on the shelf is set aside again.
        pending || (saga.step == Step::Capture && goes_on)
    }) {
        // Tried again, or put back: it is set aside and confirmed once more.
        way.goes(SagaEvent::Entered { step: Step::Reserve });
    }
    let decided = way.order.running().is_some_and(|saga| saga.step == Step::Review) && way.order.held_back_by().is_empty();
    if decided && goes_on && order.tracks.status != OrderStatus::OnHold {
        // What was to be decided was withdrawn when it seemed to have left.
        way.goes(SagaEvent::Entered { step: Step::Reserve });
    }
    let promised = way.order.running().is_some_and(|saga| saga.step == Step::Authorize) && way.order.is_promised();
    let may_go_on =
        matches!(way.order.tracks.status, OrderStatus::Pending | OrderStatus::Processing) && way.order.held_back_by().is_empty();
    if promised && may_go_on && way.confirms() {
        way.goes(SagaEvent::Entered { step: Step::Dispatch });
    }
    let running = way.order.running().map(|saga| saga.step);
    if running.is_some_and(|step| step > Step::Reserve) && has_left && way.order.has_failed_to_capture(now) {
        let due = now.checked_add(LOOK_WITHIN).unwrap_or(Timestamp::MAX);
        way.asks(ReviewKind::CsEscalation, "it has left, and its money could not be taken".to_owned(), (1, due));
        if way.order.running().is_some() {
            way.goes(SagaEvent::Ended { how: Ended::NeedsHuman });
        }
        return way.events;
    }
    let last = order.paying.as_ref().and_then(|paying| paying.ledger.operations().last()).map(|last| last.since);
    let asked =
        order.reviews.iter().any(|review| review.kind == ReviewKind::CsEscalation && last.is_none_or(|last| review.opened_at >= last));
    if !asked && way.order.has_failed_to_return(now) {
        let due = now.checked_add(LOOK_WITHIN).unwrap_or(Timestamp::MAX);
        let why = if called_off {
            "it is called off, and its money could not be given back"
        } else {
            "a part of it is called off, and what was taken for it could not be given back"
        };
        way.asks(ReviewKind::CsEscalation, why.to_owned(), (1, due));
    }
    let settled = way.order.saga.as_ref().is_some_and(|saga| {
        saga.ended == Some(Ended::NeedsHuman) && saga.held.is_empty() && matches!(saga.rest, Some(Rest::Left | Rest::Kept))
    });
    let how = match running {
        Some(_) if called_off => Some(Ended::Compensated),
        // What left before anything was set aside is taken off the shelf by a worker, who knows what is there.
        Some(step) if has_left && step > Step::Reserve && way.order.has_to_capture(now) => {
            if step != Step::Capture {
                way.goes(SagaEvent::Entered { step: Step::Capture });
            }
            None
        }
        Some(step) if has_left && step > Step::Reserve => Some(Ended::Completed),
        None if settled => Some(if called_off { Ended::Compensated } else { Ended::Completed }),
        _ => None,
    };
    if let Some(how) = how {
        way.goes(SagaEvent::Ended { how });
    }
    way.events
}

/// Begins a step again whose time is up.
pub(in crate::order) fn nudge(order: &Order, now: Timestamp) -> Vec<OrderEvent> {
    let late = order.saga_due().is_some_and(|due| due <= now);
    let step = order.saga_work().filter(|_| late);
    step.map(|step| OrderEvent::Saga { event: SagaEvent::Nudged { step } }).into_iter().collect()
}
