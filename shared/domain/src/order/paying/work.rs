//! What is to be done about an order's money, and when somebody has to look.

use super::{ATTEMPTS_MAX, CAPTURE_AGAIN_AFTER, Paying};
use crate::money::Money;
use crate::order::saga::{Rest, Step};
use crate::order::{Order, OrderStatus};
use crate::payment::{AUTHORIZATION_TIMEOUT, By, Captures, Kind, Operation, PaymentMethod, Provider, RETRY_AFTER, Retry, State, Wish};
use jiff::{SignedDuration, Timestamp};

/// An operation without an answer is looked up again after this.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(5);
/// Between two times that somebody is sent to look, if nothing came of the first; twice as long each time.
const WOKEN_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// For so long nobody says again that a provider is away.
pub(super) const AWAY_FOR: SignedDuration = SignedDuration::from_mins(5);
/// After this an operation whose provider cannot say what became of it counts as come to nothing.
pub const UNKNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Times that somebody is sent to look without anything coming of it: about eleven days.
const WAKES_MAX: u8 = 10;

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MoneyWork {
    /// Ask the provider for an operation that is written down. It may have been asked for: the same key makes that harmless.
    Call {
        /// Its number.
        n: u32,
    },
    /// Ask the provider what became of an operation.
    LookUp {
        /// Its number.
        n: u32,
    },
    /// Ask the provider what went back of a capture.
    Returned {
        /// The capture.
        n: u32,
    },
    /// Write an operation down.
    Begin(Wanted),
}

/// What is wanted of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A promise of the whole amount; of whom has to be chosen.
    Authorize {
        /// Who wants it.
        by: By,
    },
    /// Something of which the ledger says at whom.
    Of(Wish),
}

fn after(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}

impl Paying {
    fn authorizations(&self) -> impl DoubleEndedIterator<Item = &Operation> {
        self.ledger.operations().iter().filter(|one| one.kind == Kind::Authorize)
    }

    /// Attempts of a kind that came to nothing.
    fn failed(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Operation> {
        let failed = |one: &&Operation| matches!(one.state, State::Declined { .. } | State::Cancelled);
        self.ledger.operations().iter().filter(move |one| one.kind == kind).filter(failed)
    }

    /// Providers that were away since the customer last tried: the next one is asked. A new try begins with all of them.
    pub fn tried(&self) -> Vec<Provider> {
        if self.again {
            return Vec::new();
        }
        let all: Vec<&Operation> = self.authorizations().collect();
        let since = all.iter().rposition(|one| one.by == By::Customer).unwrap_or(0);
        let away = |one: &&&Operation| matches!(one.state, State::Cancelled) && one.released.is_none();
        all.get(since..).unwrap_or_default().iter().filter(away).map(|one| one.provider).collect()
    }

    /// When an open operation has to be looked up.
    fn look_at(&self, one: &Operation) -> Timestamp {
        let looked = self.looked.get(&one.n).copied();
        match one.state {
            State::Unknown => looked.map_or(one.since, |looked| after(looked, LOOK_AGAIN_AFTER)),
            _ => after(looked.map_or(one.since, |looked| looked.max(one.since)), AUTHORIZATION_TIMEOUT),
        }
    }

    /// A capture that is wanted now, or when.
    fn capture(&self, order: &Order, now: Timestamp) -> Option<(Timestamp, Wish)> {
        let authorization = self.ledger.live_authorization(now)?;
        let counted = self.ledger.operations().iter().filter(|one| matches!(one.kind, Kind::Capture { .. }));
        let counted: i64 = counted.map(|one| if one.state.is_open() { one.amount.minor } else { one.done_minor() }).sum();
        let due = self.ledger.total().minor.saturating_sub(counted).min(self.ledger.open_to_capture(now).minor);
        // Who takes all or nothing takes what was called off, too, and gives it back.
        let is_whole = authorization.provider.captures() == Captures::Whole && due > 0;
        let due = if is_whole { authorization.done_minor() } else { due };
        let kind = Kind::Capture { of: authorization.n };
        let failed: Vec<&Operation> = self.failed(kind).collect();
        if due <= 0 || failed.len() >= ATTEMPTS_MAX || order.awaits_word_of_rest() {
            return None;
        }
        let by_time = || {
            let hours = i64::from(self.rules.capture_after_h);
            (hours > 0 && order.tracks.status != OrderStatus::OnHold).then(|| after(authorization.since, SignedDuration::from_hours(hours)))
        };
        let wanted = if order.has_left() || self.capture { Some(authorization.since) } else { by_time() };
        let again = failed.last().map(|last| match last.state {
            State::Declined { soft: false, .. } => None,
            _ => Some(after(last.since, CAPTURE_AGAIN_AFTER)),
        });
        let at = match again {
            None => wanted?,
            Some(again) => wanted?.max(again?),
        };
        Some((at, Wish::Capture { of: authorization.n, amount: Money::new(due, self.ledger.total().currency) }))
    }

    /// Taking the money was tried as often and as late as it makes sense, and it is not all there.
    fn capture_failed(&self, order: &Order, now: Timestamp) -> bool {
        // Whoever has what they ordered need not confirm any more, and mostly does not.
        let unconfirmed = |one: &Operation| {
            one.state == State::RequiresAction && after(one.since, SignedDuration::from_secs(i64::from(self.rules.unpaid_after_s))) <= now
        };
        let open = self.ledger.operations().iter().any(|one| self.ledger.is_open(one) && !unconfirmed(one));
        !open
            && !order.awaits_word_of_rest()
            && self.ledger.captured().minor < self.ledger.total().minor
            && self.capture(order, now).is_none()
    }

    /// What goes back of an order that was called off, and when: what was refused is asked for again later.
    fn gives_back(&self, order: &Order, now: Timestamp) -> Option<(Timestamp, Wish)> {
        let again = |kind: Kind| {
            let failed: Vec<&Operation> = self.failed(kind).filter(|one| !self.spares.contains(&one.n)).collect();
            let pause = |last: &&Operation| after(last.since, CAPTURE_AGAIN_AFTER);
            (failed.len() < ATTEMPTS_MAX).then(|| failed.last().map_or(Timestamp::MIN, pause))
        };
        if let Some(wish @ Wish::Void { of }) = self.void(now) {
            return again(Kind::Void { of }).map(|at| (at, wish));
        }
        let (of, amount) = self.to_return(order)?;
        again(Kind::Refund { of }).map(|at| (at, Wish::Refund { of, amount }))
    }

    /// What was taken for lines that are called off, and has not gone back.
    fn taken_too_much(&self) -> i64 {
        let captures = || self.ledger.operations().iter().filter(|one| matches!(one.kind, Kind::Capture { .. }) && one.done_minor() > 0);
        // Who takes all or nothing has taken what nobody owed any more.
        let is_whole = captures().any(|one| one.provider.captures() == Captures::Whole);
        if self.elsewhere || !(self.rules.refund_cancelled || is_whole) || self.ledger.captured().minor <= self.ledger.total().minor {
            return 0;
        }
        // Whatever has gone back before, for whatever reason: no more is kept than is owed, and no less.
        self.ledger.refundable().minor.saturating_sub(self.ledger.total().minor).max(0)
    }

    /// What of that goes back next, and when: what was refused is asked for again later.
    fn spare(&self) -> Option<(Timestamp, Wish)> {
        let (of, amount) = self.ledger.refund_plan(Money::new(self.taken_too_much(), self.ledger.total().currency))?.into_iter().next()?;
        // Another amount is another wish.
        let is_this = |one: &&Operation| self.spares.contains(&one.n) && one.amount == amount;
        let failed: Vec<&Operation> = self.failed(Kind::Refund { of }).filter(is_this).collect();
        let taken = self.ledger.operation(of).map_or(Timestamp::MIN, |capture| capture.since);
        let at = failed.last().map_or(taken, |last| after(last.since, CAPTURE_AGAIN_AFTER));
        (failed.len() < ATTEMPTS_MAX).then_some((at, Wish::Refund { of, amount }))
    }

    /// What was taken of an order that was called off before anything of it had left, and is to go back.
    fn to_return(&self, order: &Order) -> Option<(u32, Money)> {
        let nothing_left = order.saga.as_ref().is_none_or(|saga| saga.left.is_empty() && !saga.partly);
        if !self.rules.refund_cancelled || !nothing_left || order.has_come_back() || self.elsewhere {
            return None;
        }
        self.ledger.refund_plan(self.ledger.refundable())?.into_iter().next()
    }

    /// A promise that is to be given back.
    fn void(&self, now: Timestamp) -> Option<Wish> {
        let is_captured = |of: u32| self.ledger.operations().iter().any(|one| one.kind == Kind::Capture { of } && one.done_minor() > 0);
        let may = |one: &&Operation| {
            // What we take is taken for good: the provider gives the rest of the promise back with it.
            if is_captured(one.n) {
                return false;
            }
            let tried = self.failed(Kind::Void { of: one.n }).count();
            // What nobody has confirmed is not always the provider's to call off: it ends by itself there.
            let most = if matches!(one.state, State::Ok { .. }) { ATTEMPTS_MAX } else { 1 };
            tried < most && self.ledger.begin(Wish::Void { of: one.n }, now).is_ok()
        };
        self.authorizations().find(may).map(|one| Wish::Void { of: one.n })
    }
}

impl Order {
    /// How it is paid, if its money is asked for at providers.
    pub(in crate::order) fn governed(&self) -> Option<&Paying> {
        self.paying.as_deref().filter(|paying| paying.governs())
    }

    /// It may be worked on: its money is promised, or comes by itself, or is somebody else's business.
    pub fn is_promised(&self) -> bool {
        use crate::order::PaymentStatus as P;
        let Some(paying) = self.paying.as_deref().filter(|paying| paying.collects) else { return true };
        let total = paying.ledger.total().minor;
        let stands = match self.tracks.payment {
            P::Captured | P::PartiallyCaptured | P::PartiallyRefunded => true,
            P::Authorized => paying.method != PaymentMethod::BankTransfer,
            _ => false,
        };
        match paying.method {
            PaymentMethod::CashOnDelivery => true,
            _ if total <= 0 => true,
            PaymentMethod::BankTransfer => stands,
            _ => stands && paying.ledger.authorized().minor >= total,
        }
    }

    fn is_at_authorize(&self) -> bool {
        self.running().is_some_and(|saga| saga.step == Step::Authorize)
    }

    /// Until when it waits for its money, if it does. It begins anew with each attempt, and while the clock tries again it has no end.
    pub fn pay_until(&self) -> Option<Timestamp> {
        let saga = self.running().filter(|saga| saga.step == Step::Authorize)?;
        let paying = self.paying.as_deref().filter(|paying| paying.collects)?;
        if self.is_promised() || self.tracks.status == OrderStatus::OnHold || !self.held_back_by().is_empty() {
            return None;
        }
        if paying.method == PaymentMethod::BankTransfer {
            return Some(after(saga.since, SignedDuration::from_hours(i64::from(paying.rules.transfer_within_h))));
        }
        let last = paying.authorizations().last().map(|one| one.began_at.max(one.since));
        // Time that it was on hold does not count.
        let begun = saga.since.max(self.status_since);
        let from = last.map_or(begun, |last| last.max(begun));
        let until = after(from, SignedDuration::from_secs(i64::from(paying.rules.unpaid_after_s)));
        // It is not the customer who keeps it waiting while nobody is there to be asked.
        let until = paying.away.map_or(until, |away| until.max(after(away.at, WOKEN_AGAIN_AFTER.saturating_mul(2))));
        match paying.ledger.retry() {
            Retry::At(at) if paying.token => Some(until.max(after(at, RETRY_AFTER))),
            _ => Some(until),
        }
    }

    /// It has waited long enough, and nothing is underway that could still bring the money, but for what could not be called off. If that
    /// comes after all, it goes back: the order is called off.
    pub(in crate::order) fn is_given_up(&self, now: Timestamp) -> bool {
        let may_end = matches!(self.tracks.status, OrderStatus::Pending | OrderStatus::Processing);
        let late = may_end && self.pay_until().is_some_and(|until| until <= now);
        let holds_up = |paying: &Paying, one: &Operation| {
            let voids = || paying.ledger.operations().iter().filter(|void| void.kind == Kind::Void { of: one.n });
            let left_alone = match (one.kind, &one.state) {
                // Nobody can find out what became of it: it is not waited for longer than a day.
                (_, State::Unknown) => after(one.since, UNKNOWN_FOR) <= now,
                (_, State::Sent) => false,
                (Kind::Authorize, _) => voids().next().is_some(),
                (Kind::Void { .. }, _) => true,
                _ => false,
            };
            paying.ledger.is_open(one) && !left_alone
        };
        late && self.paying.as_deref().is_none_or(|paying| !paying.ledger.operations().iter().any(|one| holds_up(paying, one)))
    }

    /// Whether money has still to be taken of an order that has left.
    pub(in crate::order) fn has_to_capture(&self, now: Timestamp) -> bool {
        self.governed()
            .is_some_and(|paying| paying.ledger.captured().minor < paying.ledger.total().minor && !self.has_failed_to_capture(now))
    }

    /// It has left, and its money could not be taken.
    pub(in crate::order) fn has_failed_to_capture(&self, now: Timestamp) -> bool {
        self.has_left() && self.governed().is_some_and(|paying| paying.capture_failed(self, now))
    }

    /// Part of it had left when it was called off, and a person has to say whether the rest had.
    fn awaits_word_of_rest(&self) -> bool {
        self.saga.as_ref().is_some_and(|saga| saga.rest == Some(Rest::Unknown))
    }

    /// It is called off, or lines of it are, money of it was to go back, and nobody takes that any more.
    pub(in crate::order) fn has_failed_to_return(&self, now: Timestamp) -> bool {
        let Some(paying) = self.governed() else { return false };
        let open = paying.ledger.operations().iter().any(|one| paying.ledger.is_open(one));
        if open {
            return false;
        }
        if !self.is_called_off() {
            return paying.taken_too_much() > 0 && paying.spare().is_none();
        }
        paying.to_return(self).is_some() && paying.gives_back(self, now).is_none()
    }

    /// What is to be done about its money now, if anything is.
    pub fn money_work(&self, now: Timestamp) -> Option<MoneyWork> {
        let paying = self.governed()?;
        let operations = paying.ledger.operations();
        if let Some(sent) = operations.iter().find(|one| one.state == State::Sent && paying.ledger.is_open(one)) {
            return Some(MoneyWork::Call { n: sent.n });
        }
        if let Some(n) = paying.reported.first() {
            return Some(MoneyWork::LookUp { n: *n });
        }
        if let Some(n) = paying.returns.first() {
            return Some(MoneyWork::Returned { n: *n });
        }
        if let Some(late) = operations.iter().find(|one| paying.ledger.is_open(one) && paying.look_at(one) <= now) {
            return Some(MoneyWork::LookUp { n: late.n });
        }
        if self.is_called_off() {
            let back = paying.gives_back(self, now).filter(|(at, _)| *at <= now);
            return back.map(|(_, wish)| MoneyWork::Begin(Wanted::Of(wish)));
        }
        if let Some((_, wish)) = paying.spare().filter(|(at, _)| *at <= now) {
            return Some(MoneyWork::Begin(Wanted::Of(wish)));
        }
        if let Some((_, wish)) = paying.capture(self, now).filter(|(at, _)| *at <= now) {
            return Some(MoneyWork::Begin(Wanted::Of(wish)));
        }
        if !self.is_at_authorize() || self.is_promised() {
            return None;
        }
        if self.pay_until().is_some_and(|until| until <= now) {
            return paying.void(now).map(|wish| MoneyWork::Begin(Wanted::Of(wish)));
        }
        self.wants_authorization(paying, now).map(|by| MoneyWork::Begin(Wanted::Authorize { by }))
    }

    fn wants_authorization(&self, paying: &Paying, now: Timestamp) -> Option<By> {
        let waits = self.tracks.status == OrderStatus::OnHold || !self.held_back_by().is_empty();
        let open = paying.ledger.operations().iter().any(|one| paying.ledger.is_open(one));
        if waits || open || paying.nobody {
            return None;
        }
        if paying.again {
            return Some(By::Customer);
        }
        match paying.authorizations().last() {
            None => Some(By::Customer),
            // The provider was away: the next one is asked.
            Some(last) if matches!(last.state, State::Cancelled) && last.released.is_none() => Some(By::Shop),
            Some(_) => match paying.ledger.retry() {
                Retry::At(at) if at <= now && paying.token => Some(By::Clock),
                _ => None,
            },
        }
    }

    /// When somebody has to see to its money, by time alone.
    pub fn money_due(&self) -> Option<Timestamp> {
        let paying = self.paying.as_deref().filter(|paying| paying.collects)?;
        // What is due is said from the beginning of time, so that nothing is missed; what has been is not due again.
        let early = Timestamp::MIN;
        let open = paying.ledger.operations().iter().filter(|one| paying.ledger.is_open(one)).map(|one| paying.look_at(one)).min();
        let unpaid = self.pay_until();
        let retry = match paying.ledger.retry() {
            Retry::At(at) if self.is_at_authorize() && paying.token => Some(at),
            _ => None,
        };
        let live = paying.ledger.live_authorization(early);
        let runs_out =
            live.map(|one| paying.ledger.expires_at(one)).filter(|_| self.tracks.payment == crate::order::PaymentStatus::Authorized);
        let capture = if self.is_called_off() { None } else { paying.capture(self, early).map(|(at, _)| at) };
        // The worker comes at once; somebody looks in case it did not.
        let seen = paying.woken.map_or(self.status_since, |(at, _)| at);
        let back = if self.is_called_off() { paying.gives_back(self, seen) } else { None };
        let rest = back.map(|(at, _)| at.max(after(self.status_since, WOKEN_AGAIN_AFTER)));
        let spare = if self.is_called_off() { None } else { paying.spare().map(|(at, _)| after(at, WOKEN_AGAIN_AFTER)) };
        let reported = paying.reported_at.map(|at| after(at, WOKEN_AGAIN_AFTER));
        // Whoever was away is asked again after a while, for whatever they are wanted.
        let again = paying.away.map(|away| after(away.at, WOKEN_AGAIN_AFTER));
        let begins = again.filter(|at| self.is_at_authorize() && !self.is_promised() && self.wants_authorization(paying, *at).is_some());
        let due = [open, unpaid, retry, runs_out, capture, rest, spare, reported, begins].into_iter().flatten().min()?;
        let due = again.map_or(due, |again| due.max(again));
        match paying.woken {
            None => Some(due),
            Some((_, times)) if times >= WAKES_MAX => None,
            Some((at, times)) => {
                let pause = WOKEN_AGAIN_AFTER.checked_mul(1 << (times.saturating_sub(1)).min(12)).unwrap_or(SignedDuration::MAX);
                Some(due.max(after(at, pause)))
            }
        }
    }
}
