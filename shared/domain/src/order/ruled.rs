//! The steps that rules took on an order, and what people thought of them.

use super::{Cause, Order, OrderStatus};
use crate::ids::DecisionId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a person thought of a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// They took it back at once.
    Undone,
    /// They corrected the status it led to.
    Corrected,
    /// They would have done something else.
    Disagreed,
    /// They would have done the same.
    Agreed,
}

impl Verdict {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Verdict::Undone => "undone",
            Verdict::Corrected => "corrected",
            Verdict::Disagreed => "disagreed",
            Verdict::Agreed => "agreed",
        }
    }

    /// The rule was right.
    pub const fn agrees(self) -> bool {
        matches!(self, Verdict::Agreed)
    }
}

/// A step that a rule took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ruled {
    /// The decision, as the ledger has it.
    pub decision: DecisionId,
    /// From.
    pub from: OrderStatus,
    /// When.
    pub at: Timestamp,
    /// 0 to 100.
    pub confidence: u8,
    /// The order is still where it led.
    pub stands: bool,
    /// What a person thought of it: the latest that overruled it, else the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
}

/// Steps that an order remembers.
const REMEMBERED: usize = 8;

impl Order {
    /// The rule's step that led where the order stands.
    pub fn standing(&self) -> Option<&Ruled> {
        self.ruled.iter().find(|ruled| ruled.stands)
    }

    pub(super) fn remember_rule(&mut self, from: OrderStatus, cause: &Cause, at: Timestamp) {
        let Cause::Rule { confidence, decision: Some(decision), .. } = cause else { return };
        if self.ruled.len() == REMEMBERED {
            self.ruled.remove(0);
        }
        self.ruled.push(Ruled { decision: decision.clone(), from, at, confidence: *confidence, stands: true, verdict: None });
    }

    pub(super) fn judged(&mut self, decision: Option<&DecisionId>, verdict: Verdict) {
        if let Some(ruled) = self.ruled.iter_mut().find(|ruled| Some(&ruled.decision) == decision) {
            ruled.verdict = Some(verdict);
        }
    }

    /// What people overruled for the first time between then and now.
    pub fn overruled_since<'a>(&'a self, before: &'a Order) -> impl Iterator<Item = &'a Ruled> {
        let overruled = |ruled: &Ruled| ruled.verdict.is_some_and(|verdict| !verdict.agrees());
        let known = move |ruled: &Ruled| before.ruled.iter().any(|old| old.decision == ruled.decision && overruled(old));
        self.ruled.iter().filter(move |ruled| overruled(ruled) && !known(ruled))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::matrix::order_in;
    use crate::order::progress::{Features, ProgressRules, Stock, TrackRecord, consider, due};
    use crate::order::{ChangeStatus, Command, CorrectStatus, PaymentStatus, Rejection, Role, decide};
    use jiff::SignedDuration;

    fn at(minutes: i64) -> Timestamp {
        "2025-08-09T10:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
    }

    fn apply(order: &mut Order, command: &Command, minutes: i64) -> Result<usize, Rejection> {
        let events = decide(Some(order), command, at(minutes))?;
        order.apply_commit(&events, at(minutes));
        Ok(events.len())
    }

    fn id(text: &str) -> DecisionId {
        DecisionId::parse(text).unwrap()
    }

    /// Pending and paid for, then moved on by a rule in minute 0.
    fn moved_by_rule() -> Order {
        let mut order = order_in(OrderStatus::Pending);
        order.tracks.payment = PaymentStatus::Captured;
        let seen = Features::of(&order, Stock::Untracked, None, order.status_since + SignedDuration::from_hours(24));
        let decision = consider(&seen, &ProgressRules::default(), TrackRecord::default(), None);
        apply(&mut order, &Command::Change(decision.as_change(id("d1"), None, true).unwrap()), 0).unwrap();
        order
    }

    const UNDO: Command = Command::Undo { note: None };

    // req: S1-03
    #[test]
    fn a_rules_step_can_be_undone_for_a_quarter_of_an_hour() {
        let mut order = moved_by_rule();
        assert_eq!(decide(Some(&order), &UNDO, at(16)), Err(Rejection::UndoTooLate));
        assert_eq!(apply(&mut order, &UNDO, 15), Ok(1));
        assert_eq!(
            (order.tracks.status, order.kept_by_person, order.ruled[0].verdict),
            (OrderStatus::Pending, true, Some(Verdict::Undone))
        );
        assert_eq!(order.tracks.payment, PaymentStatus::Captured, "nothing else is undone");
        // The rule leaves it alone however long it waits, until somebody has moved it.
        assert_eq!(due(&order, &ProgressRules::default()), None);
        assert_eq!(apply(&mut order, &UNDO, 15), Err(Rejection::NothingToUndo));
        let to = |to| ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: false };
        apply(&mut order, &Command::Change(to(OrderStatus::OnHold)), 20).unwrap();
        apply(&mut order, &Command::Change(to(OrderStatus::Pending)), 21).unwrap();
        assert!(due(&order, &ProgressRules::default()).is_some());
    }

    // req: S1-03
    #[test]
    fn what_has_gone_on_since_cannot_be_undone() {
        let mut order = moved_by_rule();
        let on = ChangeStatus { to: OrderStatus::Shipped, implied_steps: false, cause: Cause::Asked { note: None }, notify: false };
        apply(&mut order, &Command::Change(on), 1).unwrap();
        assert_eq!(apply(&mut order, &UNDO, 2), Err(Rejection::NothingToUndo));
        assert_eq!(order_in(OrderStatus::Shipped).standing(), None, "moved by nobody we know");
    }

    // req: S1-73
    #[test]
    fn what_people_overrule_is_counted_once() {
        let mut order = moved_by_rule();
        let judge = |agrees| Command::Judge { decision: id("d1"), agrees, note: None };
        let before = order.clone();
        assert_eq!(apply(&mut order, &judge(false), 100), Ok(1));
        assert_eq!(order.overruled_since(&before).count(), 1);
        assert_eq!((order.revision(), order.version), (before.revision(), before.version + 1), "nothing of the order has changed");
        assert_eq!(apply(&mut order, &judge(false), 101), Ok(0), "the same again");
        assert_eq!(apply(&mut order, &judge(true), 101), Err(Rejection::JudgedBefore));
        assert_eq!(
            apply(&mut order, &Command::Judge { decision: id("d2"), agrees: true, note: None }, 101),
            Err(Rejection::NoSuchDecision)
        );
        let known = order.clone();
        let correct = CorrectStatus { to: OrderStatus::Pending, reason: "picked too early".into(), role: Role::Manager };
        apply(&mut order, &Command::Correct(correct), 102).unwrap();
        assert_eq!((order.ruled[0].verdict, order.overruled_since(&known).count()), (Some(Verdict::Corrected), 0));
        // A correction of what a person did overrules no rule.
        let last = CorrectStatus { to: OrderStatus::Shipped, reason: "it had left".into(), role: Role::Manager };
        let events = decide(Some(&order), &Command::Correct(last), at(103)).unwrap();
        assert_eq!(events[0].judges(), None);
    }

    #[test]
    fn only_the_latest_steps_are_remembered() {
        let mut order = order_in(OrderStatus::Pending);
        for number in 0..20 {
            let cause = |decision| Cause::Rule { rule: "r".into(), reason: "r".into(), confidence: 90, note: None, decision };
            order.moved_to(OrderStatus::Processing, at(number));
            order.remember_rule(OrderStatus::Pending, &cause(Some(id(&format!("d{number}")))), at(number));
            order.remember_rule(OrderStatus::Pending, &cause(None), at(number));
        }
        assert_eq!((order.ruled.len(), order.standing().map(|ruled| ruled.decision.as_str())), (REMEMBERED, Some("d19")));
        assert_eq!(order.ruled.iter().filter(|ruled| ruled.stands).count(), 1);
    }
}
