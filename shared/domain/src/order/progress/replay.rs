//! What rules would have done with an order that has a past.
//!
//! Only what the order itself knew counts: age, payment, label or scan, value, and that a person had undone a step.
//! What was in stock then, how sure the rule would have been and what a model would have said is not known any more.

use super::{ProgressRules, due};
use crate::order::{Order, OrderStatus, Recorded};
use jiff::Timestamp;

/// What really became of an order after the moment at which rules would have moved it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// It went that way, at this moment.
    Went {
        /// When.
        at: Timestamp,
    },
    /// It went somewhere else: the rules would have been wrong.
    Elsewhere {
        /// There.
        to: OrderStatus,
    },
    /// It is still where it was.
    Open,
}

/// A step that rules would have taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// From.
    pub from: OrderStatus,
    /// To.
    pub to: OrderStatus,
    /// When they would have taken it.
    pub at: Timestamp,
    /// What really happened then.
    pub then: Then,
}

/// The steps that these rules would have taken between two moments, over a whole history.
pub fn replay(history: &[Recorded], rules: &ProgressRules, from: Timestamp, until: Timestamp) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut open: Option<Step> = None;
    let mut order: Option<Order> = None;
    for (index, commit) in history.iter().enumerate() {
        order = match order.take() {
            None => Order::replay(&history[..1]),
            Some(mut order) => {
                order.apply_commit(&commit.events, commit.at);
                Some(order)
            }
        };
        let Some(order) = &order else { return Vec::new() };
        let status = order.tracks.status;
        // Packed, it is still to leave.
        let stays = |step: &Step| step.from == status || (step.to, status) == (OrderStatus::Shipped, OrderStatus::ReadyToShip);
        if let Some(step) = open.take_if(|step| !stays(step)) {
            steps.push(Step { then: went(step, status, commit.at), ..step });
        }
        let end = history.get(index + 1).map_or(until, |next| next.at);
        if open.is_none()
            && let (Some(at), Some((to, _))) = (due(order, rules), rules.step(status))
        {
            let at = at.max(commit.at);
            if at < end && at >= from {
                open = Some(Step { from: status, to, at, then: Then::Open });
            }
        }
    }
    steps.extend(open);
    steps
}

fn went(step: Step, status: OrderStatus, at: Timestamp) -> Then {
    let back = matches!(status, OrderStatus::Pending | OrderStatus::OnHold | OrderStatus::Cancelled | OrderStatus::Failed);
    if back || (step.to == OrderStatus::Shipped && status == OrderStatus::Processing) {
        Then::Elsewhere { to: status }
    } else {
        Then::Went { at }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::matrix::order_in;
    use crate::order::{Actor, Cause, FulfilmentStatus, OrderEvent, PaymentStatus};

    fn at(hour: i64) -> Timestamp {
        "2025-08-01T00:00:00Z".parse::<Timestamp>().unwrap() + jiff::SignedDuration::from_hours(hour)
    }

    fn history(events: Vec<(i64, OrderEvent)>) -> Vec<Recorded> {
        let recorded = |(index, (hour, event)): (usize, (i64, OrderEvent))| Recorded {
            seal: None,
            version: index as u64 + 1,
            at: at(hour),
            actor: Actor::Rule { name: "r".into() },
            correlation: crate::ids::CorrelationId::parse("c").unwrap(),
            events: vec![event],
        };
        events.into_iter().enumerate().map(recorded).collect()
    }

    fn placed() -> OrderEvent {
        let order = order_in(OrderStatus::Pending);
        OrderEvent::Placed {
            id: order.id,
            channel: order.channel,
            external_id: None,
            lines: order.lines,
            totals: order.totals,
            country: None,
            billing_country: None,
            shipping_method: None,
            tracks: order.tracks,
            placed_at: at(0),
            notify: true,
        }
    }

    fn paid() -> OrderEvent {
        OrderEvent::PaymentChanged { from: PaymentStatus::Pending, to: PaymentStatus::Captured }
    }

    fn moved(from: OrderStatus, to: OrderStatus) -> OrderEvent {
        OrderEvent::StatusChanged { from, to, via: Vec::new(), cause: Cause::Asked { note: None }, decided: true, notify: false }
    }

    // req: S1-74
    #[test]
    fn other_rules_are_tried_on_what_really_happened() {
        let (pending, processing, cancelled) = (OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Cancelled);
        let day = ProgressRules { pending_after_h: 24, ..ProgressRules::default() };
        let quick = ProgressRules { pending_after_h: 4, ..day };
        let slow = vec![(0, placed()), (2, paid()), (30, moved(pending, processing))];
        let step = |hour, then| Step { from: pending, to: processing, at: at(hour), then };
        assert_eq!(replay(&history(slow.clone()), &day, at(0), at(100)), [step(24, Then::Went { at: at(30) })]);
        assert_eq!(replay(&history(slow.clone()), &quick, at(0), at(100)), [step(4, Then::Went { at: at(30) })]);
        // Paid late: not before it was.
        let late = vec![(0, placed()), (28, paid()), (30, moved(pending, cancelled))];
        assert_eq!(replay(&history(late), &day, at(0), at(100)), [step(28, Then::Elsewhere { to: cancelled })]);
        // Never paid, gone before its time, before the window, still there.
        assert_eq!(replay(&history(vec![(0, placed())]), &day, at(0), at(100)), []);
        assert_eq!(replay(&history(vec![(0, placed()), (1, paid()), (23, moved(pending, processing))]), &day, at(0), at(100)), []);
        assert_eq!(replay(&history(slow), &day, at(25), at(100)), []);
        assert_eq!(replay(&history(vec![(0, placed()), (1, paid())]), &day, at(0), at(100)), [step(24, Then::Open)]);
        assert_eq!(replay(&[], &day, at(0), at(100)), []);
        // Packed in between, and shipped later than the rules would have.
        let (packed, shipped) = (OrderStatus::ReadyToShip, OrderStatus::Shipped);
        let labelled = OrderEvent::FulfilmentChanged { from: FulfilmentStatus::Pending, to: FulfilmentStatus::Labelled };
        let mut sent = vec![(0, placed()), (1, moved(pending, processing)), (2, labelled), (30, moved(processing, packed))];
        let step = |then| Step { from: packed, to: shipped, at: at(49), then };
        assert_eq!(replay(&history(sent.clone()), &day, at(0), at(100)), [step(Then::Open)]);
        sent.push((60, moved(packed, shipped)));
        assert_eq!(replay(&history(sent.clone()), &day, at(0), at(100)), [step(Then::Went { at: at(60) })]);
        let hasty = ProgressRules { processing_after_h: 10, ..day };
        let step = Step { from: processing, to: shipped, at: at(11), then: Then::Went { at: at(60) } };
        assert_eq!(replay(&history(sent), &hasty, at(0), at(100)), [step]);
    }
}
