//! How much was promised, taken and given back, and what that is called.

use super::{Discrepancy, Ledger, sum};
use crate::money::Money;
use crate::order::PaymentStatus;
use crate::payment::operation::{DisputeState, Kind, Operation, OutsideKind, State};
use jiff::Timestamp;

impl Ledger {
    /// What was taken.
    pub fn captured(&self) -> Money {
        self.money(sum(self.captures().map(Operation::done_minor)))
    }

    /// What was given back, by us or at the provider's.
    pub fn refunded(&self) -> Money {
        let ours = sum(self.refunds().map(Operation::done_minor));
        self.money(ours.saturating_add(sum(self.refunds_from_outside().map(|refund| refund.amount.minor))))
    }

    /// What was promised, whatever became of it.
    pub fn authorized(&self) -> Money {
        self.money(sum(self.authorizations().map(Operation::done_minor)))
    }

    /// What may still be taken of all promises that hold.
    pub fn open_to_capture(&self, now: Timestamp) -> Money {
        self.money(sum(self.authorizations().filter(|one| self.is_live(one, now)).map(|one| self.left_of(one))))
    }

    /// What may still be given back.
    pub fn refundable(&self) -> Money {
        self.money(sum(self.captures().map(|capture| self.refundable_of(capture))))
    }

    /// Which captures a refund of this amount comes from, newest first; none if it is more than may be given back.
    pub fn refund_plan(&self, amount: Money) -> Option<Vec<(u32, Money)>> {
        if amount.currency != self.total.currency || amount.minor <= 0 {
            return None;
        }
        let mut left = amount.minor;
        let mut plan = Vec::new();
        for capture in self.operations.iter().rev().filter(|operation| matches!(operation.kind, Kind::Capture { .. })) {
            let part = self.refundable_of(capture).min(left);
            if part > 0 {
                plan.push((capture.n, self.money(part)));
                left -= part;
            }
        }
        (left == 0).then_some(plan)
    }

    /// Where the money stands, in one word. It is `failed` after each declined attempt; whether for good, [`Ledger::retry`] says.
    pub fn status(&self, now: Timestamp) -> PaymentStatus {
        let (captured, refunded) = (self.captured().minor, self.refunded().minor);
        if captured > 0 {
            return self.status_of_taken(captured, refunded, now);
        }
        let Some(last) = self.authorizations().last() else { return PaymentStatus::Pending };
        // A promise that runs out while it is being taken or given back has not run out yet.
        let is_underway =
            |one: &Operation| one.done_minor() > 0 && self.captures_of(one.n).chain(self.voids_of(one.n)).any(|on| on.state.is_open());
        if self.authorizations().any(|one| self.is_live(one, now) || is_underway(one)) {
            return PaymentStatus::Authorized;
        }
        match &last.state {
            State::Ok { .. } if self.is_voided(last) => PaymentStatus::Voided,
            State::Ok { .. } => PaymentStatus::Expired,
            State::Cancelled | State::Declined { .. } => PaymentStatus::Failed,
            _ if self.is_ended(last) => PaymentStatus::Failed,
            State::RequiresAction => PaymentStatus::RequiresAction,
            State::Sent | State::Unknown | State::Pending => PaymentStatus::Pending,
        }
    }

    /// What a person has to look at.
    pub fn discrepancies(&self, now: Timestamp) -> Vec<Discrepancy> {
        let is_void = |one: &Operation| matches!(one.kind, Kind::Void { .. });
        let other = |one: &&Operation| matches!(one.state, State::Ok { amount } if amount.minor != one.amount.minor) && !is_void(one);
        let mut found: Vec<_> = self.operations.iter().filter(other).map(|one| Discrepancy::OtherAmount(one.n)).collect();
        // One promise may be of more than the order costs, where lines of it were called off since: what is left of it ends by itself.
        let is_used =
            |one: &&Operation| self.is_live(one, now) && self.left_of(one) > 0 || self.captures_of(one.n).any(|on| on.done_minor() > 0);
        let several = self.authorizations().filter(is_used).count() > 1;
        if several && self.captured().minor.saturating_add(self.open_to_capture(now).minor) > self.total.minor {
            found.push(Discrepancy::AuthorizedMoreThanTotal);
        }
        if self.authorizations().any(|one| sum(self.captures_of(one.n).map(Operation::done_minor)) > one.done_minor()) {
            found.push(Discrepancy::CapturedMoreThanAuthorized);
        }
        if self.captures().any(|capture| self.returned_of(capture, Operation::done_minor) > capture.done_minor()) {
            found.push(Discrepancy::ReturnedMoreThanCaptured);
        }
        found
    }

    fn status_of_taken(&self, captured: i64, refunded: i64, now: Timestamp) -> PaymentStatus {
        // What is left of a promise when all that is owed was taken ends by itself.
        let is_owed = captured < self.total.minor;
        let more_may_come = is_owed && self.authorizations().any(|one| self.is_live(one, now) && self.left_of(one) > 0)
            || self.captures().any(|one| self.is_open(one));
        if refunded >= captured && !more_may_come {
            return PaymentStatus::Refunded;
        }
        let disputes = || {
            self.outside.iter().filter_map(|one| match one.kind {
                OutsideKind::Dispute(state) => Some(state),
                OutsideKind::Refund => None,
            })
        };
        if disputes().any(|state| state == DisputeState::Lost) {
            return PaymentStatus::Chargeback;
        }
        if disputes().any(|state| state == DisputeState::Opened) {
            return PaymentStatus::Disputed;
        }
        if refunded > 0 {
            return PaymentStatus::PartiallyRefunded;
        }
        // What was given back on purpose is not waited for; what ran out is missing.
        let rest_is_gone = !more_may_come && self.authorizations().any(|one| self.was_given_back(one));
        if captured >= self.total.minor || rest_is_gone { PaymentStatus::Captured } else { PaymentStatus::PartiallyCaptured }
    }
}
