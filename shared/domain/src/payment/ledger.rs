//! The money ledger of one order.

use super::key::PaymentKey;
use super::operation::{By, DisputeState, Kind, Operation, Outcome, Outside, OutsideKind, Release, Settled, State};
use super::provider::{Captures, Provider};
use crate::ids::{OrderId, ProviderReference, TenantId};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

mod figures;
mod rules;
#[cfg(test)]
mod tests;

/// How long a promise holds unless the provider says otherwise.
pub const AUTHORIZATION_LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// After this the provider is asked what became of an operation that nobody has heard of.
pub const AUTHORIZATION_TIMEOUT: SignedDuration = SignedDuration::from_secs(900);
/// Between a soft decline and the clock's next try.
pub const RETRY_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Tries by the clock after the customer's own.
pub const RETRIES_MAX: usize = 3;

/// What somebody wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// To have an amount promised.
    Authorize {
        /// By whom.
        provider: Provider,
        /// How much.
        amount: Money,
        /// Who wants it.
        by: By,
    },
    /// To take what was promised.
    Capture {
        /// The authorization.
        of: u32,
        /// How much of it.
        amount: Money,
    },
    /// To give a promise back.
    Void {
        /// The authorization.
        of: u32,
    },
    /// To give money back.
    Refund {
        /// The capture.
        of: u32,
        /// How much of it.
        amount: Money,
    },
}

/// Why an operation may not begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum LedgerRejection {
    /// Nothing, or less.
    #[error("the amount must be more than nothing")]
    NotPositive,
    /// Not what this order is paid in.
    #[error("the order is paid in {0}")]
    WrongCurrency(crate::money::Currency),
    /// More would be promised than the order costs.
    #[error("the order's total leaves {0} to be authorized")]
    MoreThanTotal(Money),
    /// More than is left of the authorization.
    #[error("{0} is left to capture")]
    MoreThanAuthorized(Money),
    /// More than is left of the capture.
    #[error("{0} is left to refund")]
    MoreThanCaptured(Money),
    /// This provider only takes the whole amount.
    #[error("this provider captures the whole of {0} or nothing")]
    OnlyWhole(Money),
    /// Another operation on the same money has not ended; wait for it, or ask the provider.
    #[error("operation {0} is still open")]
    StillOpen(u32),
    /// There is no such operation, it is of another kind, or it has not happened.
    #[error("operation {0} is nothing that this could be done to")]
    NoSuchOperation(u32),
    /// The promise has run out or was given back.
    #[error("authorization {0} does not hold any more")]
    NotLive(u32),
    /// The money was given back for good, by us or by the cardholder's bank; a new order is a new promise.
    #[error("the payment of this order is closed")]
    Closed,
    /// The clock may not try: it was a hard decline, or there was none.
    #[error("the clock may not try this again")]
    NoRetry,
    /// The clock is early.
    #[error("not before {0}")]
    TooSoon(Timestamp),
    /// Somebody tries one card after the other.
    #[error("too many attempts to pay for this order")]
    TooManyAttempts,
    /// The ledger is full.
    #[error("too many operations on this order's money")]
    Full,
}

/// Why news was refused. It is somebody's mistake, and changes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SettleRejection {
    /// Nothing of that number was asked.
    #[error("there is no operation {0}")]
    NoSuchOperation(u32),
    /// The amount is in another currency than the order.
    #[error("the order is paid in {0}")]
    WrongCurrency(crate::money::Currency),
    /// An amount below nothing, or beyond what an order can cost.
    #[error("the amount is out of range")]
    OutOfRange,
    /// Only promises end by themselves.
    #[error("operation {0} is no authorization")]
    NotAnAuthorization(u32),
    /// The number is taken by another operation.
    #[error("operation {0} is another one")]
    Taken(u32),
    /// The ledger is full.
    #[error("too many operations on this order's money")]
    Full,
}

/// Whether the clock tries a declined authorization again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// There is nothing to try, or no use in it.
    Never,
    /// From then on.
    At(Timestamp),
    /// It was tried often enough: the payment has failed.
    Exhausted,
}

/// Where the ledger and its own rules disagree, because a provider says so. A person has to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Discrepancy {
    /// A provider moved another amount than it was asked to.
    #[error("operation {0} moved another amount than was asked for")]
    OtherAmount(u32),
    /// More is promised than the order costs: one of several promises has to be given back.
    #[error("more is promised or taken than the order costs")]
    AuthorizedMoreThanTotal,
    /// More was taken than promised.
    #[error("more was taken than was promised")]
    CapturedMoreThanAuthorized,
    /// More was given back, or lost to disputes, than taken.
    #[error("more went back, or was lost to disputes, than was taken")]
    ReturnedMoreThanCaptured,
}

/// What was asked of providers for one order, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    tenant: TenantId,
    order: OrderId,
    total: Money,
    operations: Vec<Operation>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    outside: Vec<Outside>,
}

impl Ledger {
    /// Operations that a ledger holds.
    pub const MAX_OPERATIONS: usize = 128;
    /// Authorizations among them: three retries each for a few cards.
    pub const MAX_AUTHORIZATIONS: usize = 20;
    /// Refunds and disputes from outside that a ledger holds.
    pub const MAX_OUTSIDE: usize = 64;

    /// An empty one, for an order of this total.
    pub fn new(tenant: TenantId, order: OrderId, total: Money) -> Ledger {
        Ledger { tenant, order, total, operations: Vec::new(), outside: Vec::new() }
    }

    /// What the order costs.
    pub fn total(&self) -> Money {
        self.total
    }

    /// The order costs something else now: lines were called off, or a rebate was given. What was promised before stays promised.
    pub fn set_total(&mut self, total: Money) -> Result<(), SettleRejection> {
        in_range(total, self.total.currency)?;
        self.total = total;
        Ok(())
    }

    /// Every operation, oldest first.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// What happened without our asking.
    pub fn outside(&self) -> &[Outside] {
        &self.outside
    }

    /// One operation.
    pub fn operation(&self, n: u32) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.n == n)
    }

    /// The operation of this key.
    pub fn operation_of(&self, key: &PaymentKey) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.key == *key)
    }

    /// Whether this may begin now, and as which operation. It has to be recorded, and stored, before the provider is asked.
    pub fn begin(&self, wish: Wish, now: Timestamp) -> Result<Operation, LedgerRejection> {
        if self.operations.len() >= Self::MAX_OPERATIONS {
            return Err(LedgerRejection::Full);
        }
        let (kind, provider, amount, by) = match wish {
            Wish::Authorize { provider, amount, by } => {
                self.sound(amount)?;
                self.may_authorize(amount, by, now)?;
                (Kind::Authorize, provider, amount, by)
            }
            Wish::Capture { of, amount } => {
                self.sound(amount)?;
                let authorization = self.may_capture(of, amount, now)?;
                (Kind::Capture { of }, authorization.provider, amount, By::Shop)
            }
            Wish::Void { of } => {
                let authorization = self.may_void(of, now)?;
                (Kind::Void { of }, authorization.provider, self.money(self.left_of(authorization)), By::Shop)
            }
            Wish::Refund { of, amount } => {
                self.sound(amount)?;
                let capture = self.may_refund(of, amount)?;
                (Kind::Refund { of }, capture.provider, amount, By::Shop)
            }
        };
        // Numbers have no gaps, and the list has a limit, so this fits.
        let n = self.operations.len() as u32 + 1;
        let key = PaymentKey::of(&self.tenant, &self.order, kind, n);
        let state = State::Sent;
        Ok(Operation {
            n,
            kind,
            provider,
            amount,
            key,
            by,
            began_at: now,
            state,
            since: now,
            expires_at: None,
            released: None,
            named: None,
        })
    }

    /// Writes an operation down as it began. A second time changes nothing.
    pub fn record(&mut self, operation: Operation) -> Result<Settled, SettleRejection> {
        let n = operation.n;
        if let Some(known) = self.operation(n) {
            let is_same = known.key == operation.key && known.amount == operation.amount && known.provider == operation.provider;
            return if is_same { Ok(Settled::Unchanged) } else { Err(SettleRejection::Taken(n)) };
        }
        if self.operations.len() >= Self::MAX_OPERATIONS {
            return Err(SettleRejection::Full);
        }
        self.operations.push(operation);
        Ok(Settled::Changed)
    }

    /// Takes in what became of an operation.
    pub fn settle(&mut self, n: u32, outcome: &Outcome, at: Timestamp) -> Result<Settled, SettleRejection> {
        let currency = self.total.currency;
        if let Outcome::Ok { amount, .. } = outcome {
            in_range(*amount, currency)?;
        }
        let operation = self.operations.iter_mut().find(|operation| operation.n == n).ok_or(SettleRejection::NoSuchOperation(n))?;
        if matches!(outcome, Outcome::Released(_)) && operation.kind != Kind::Authorize {
            return Err(SettleRejection::NotAnAuthorization(n));
        }
        Ok(operation.hear(outcome, at))
    }

    /// Takes in what happened at the provider's without our asking. News of a refund that we know as our own is kept, and not counted.
    pub fn hear(&mut self, news: Outside) -> Result<Settled, SettleRejection> {
        in_range(news.amount, self.total.currency)?;
        if self.operation(news.of).is_none_or(|capture| !matches!(capture.kind, Kind::Capture { .. })) {
            return Err(SettleRejection::NoSuchOperation(news.of));
        }
        let is_refund = |kind| kind == OutsideKind::Refund;
        let place = |one: &Outside| (one.provider, one.reference.clone(), is_refund(one.kind), one.of);
        match self.outside.binary_search_by_key(&place(&news), place) {
            Ok(at) => {
                let known = &mut self.outside[at];
                let before = known.clone();
                known.kind = known.kind.max(news.kind);
                known.amount.minor = known.amount.minor.max(news.amount.minor);
                known.at = known.at.min(news.at);
                Ok(if *known == before { Settled::Unchanged } else { Settled::Changed })
            }
            Err(_) if self.outside.len() >= Self::MAX_OUTSIDE => Err(SettleRejection::Full),
            Err(at) => {
                self.outside.insert(at, news);
                Ok(Settled::Changed)
            }
        }
    }

    /// The newest promise that holds and has something left.
    pub fn live_authorization(&self, now: Timestamp) -> Option<&Operation> {
        self.authorizations().rfind(|one| self.is_live(one, now) && self.left_of(one) > 0)
    }

    /// When a promise runs out.
    pub fn expires_at(&self, authorization: &Operation) -> Timestamp {
        authorization.expires_at.unwrap_or_else(|| after(authorization.since, AUTHORIZATION_LIFETIME))
    }

    /// The authorization that an operation hangs on; itself, if it is one.
    pub fn root_of(&self, operation: &Operation) -> Option<&Operation> {
        match operation.kind {
            Kind::Authorize => self.operation(operation.n),
            Kind::Capture { of } | Kind::Void { of } => self.operation(of).filter(|one| one.kind == Kind::Authorize),
            Kind::Refund { of } => match self.operation(of)?.kind {
                Kind::Capture { of } => self.operation(of).filter(|one| one.kind == Kind::Authorize),
                _ => None,
            },
        }
    }

    /// Operations that news of a provider's may be about: the one of this key, those with one of these names, and whatever is open of the same
    /// money, because what is said of a payment settles its captures, too. A provider's name may consist of several, with slashes between.
    pub fn concerned(&self, provider: Provider, key: Option<&PaymentKey>, names: &[ProviderReference]) -> Vec<u32> {
        let is_named = |one: &Operation| {
            let parts =
                |reference: &ProviderReference| reference.as_str().split('/').any(|part| names.iter().any(|name| name.as_str() == part));
            key == Some(&one.key) || one.reference().is_some_and(|reference| names.contains(reference) || parts(reference))
        };
        let ours = || self.operations.iter().filter(|one| one.provider == provider);
        let roots: Vec<u32> = ours().filter(|one| is_named(one)).filter_map(|one| self.root_of(one)).map(|root| root.n).collect();
        let hangs_on_one = |one: &Operation| self.root_of(one).is_some_and(|root| roots.contains(&root.n));
        ours().filter(|one| is_named(one) || (self.is_open(one) && hangs_on_one(one))).map(|one| one.n).collect()
    }

    /// Operations that the provider has to be asked about: those without an answer, and those that have been open for too long. An authorization that
    /// still waits for its customer then is to be called off, by a void.
    pub fn to_ask(&self, now: Timestamp) -> Vec<&Operation> {
        let is_due = |operation: &&Operation| match operation.state {
            State::Unknown => !self.is_ended(operation),
            _ => self.is_open(operation) && after(operation.since, AUTHORIZATION_TIMEOUT) <= now,
        };
        self.operations.iter().filter(is_due).collect()
    }

    /// When something is next due by time alone: to ask, to try again, or because a promise runs out.
    pub fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let asked = self.operations.iter().filter(|one| self.is_open(one)).map(|one| match one.state {
            State::Unknown => one.since,
            _ => after(one.since, AUTHORIZATION_TIMEOUT),
        });
        let expiring = self.authorizations().filter(|one| self.is_live(one, now) && self.left_of(one) > 0).map(|one| self.expires_at(one));
        let again = match self.retry() {
            Retry::At(at) => Some(at),
            Retry::Never | Retry::Exhausted => None,
        };
        asked.chain(expiring).chain(again).min()
    }

    /// Whether the clock tries the last authorization again.
    pub fn retry(&self) -> Retry {
        let Some(last) = self.authorizations().last() else { return Retry::Never };
        if !matches!(last.state, State::Declined { soft: true, .. }) {
            return Retry::Never;
        }
        let retries = self.authorizations().rev().take_while(|one| one.by == By::Clock).count();
        if retries >= RETRIES_MAX { Retry::Exhausted } else { Retry::At(after(last.since, RETRY_AFTER)) }
    }

    fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.total.currency)
    }

    fn authorizations(&self) -> impl DoubleEndedIterator<Item = &Operation> {
        self.operations.iter().filter(|one| one.kind == Kind::Authorize)
    }

    fn captures(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|one| matches!(one.kind, Kind::Capture { .. }))
    }

    fn captures_of(&self, n: u32) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |one| one.kind == Kind::Capture { of: n })
    }

    fn voids_of(&self, n: u32) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(move |one| one.kind == Kind::Void { of: n })
    }

    fn refunds(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|one| matches!(one.kind, Kind::Refund { .. }))
    }

    /// Refunds of the provider's own pages. One that is an operation of ours has its reference.
    fn refunds_from_outside(&self) -> impl Iterator<Item = &Outside> {
        let is_ours =
            |one: &Outside| self.refunds().any(|refund| refund.provider == one.provider && refund.reference() == Some(&one.reference));
        self.outside.iter().filter(move |one| one.kind == OutsideKind::Refund && !is_ours(one))
    }

    /// Whether a promise was given back, by us or at the provider's.
    fn is_voided(&self, authorization: &Operation) -> bool {
        let by_us = self.voids_of(authorization.n).any(|void| matches!(void.state, State::Ok { .. }));
        by_us || authorization.released.is_some_and(|released| released.how == Release::Voided)
    }

    /// Whether a promise that was made was given back, which the customer can rely on.
    fn was_given_back(&self, authorization: &Operation) -> bool {
        authorization.done_minor() > 0 && self.is_voided(authorization)
    }

    /// Whether somebody ended it, whatever its own state says.
    fn is_ended(&self, operation: &Operation) -> bool {
        operation.kind == Kind::Authorize && (operation.released.is_some() || self.is_voided(operation))
    }

    /// Whether nobody can say yet what will have become of an operation.
    pub fn is_open(&self, operation: &Operation) -> bool {
        operation.state.is_open() && !self.is_ended(operation)
    }

    /// Whether a promise holds.
    fn is_live(&self, authorization: &Operation, now: Timestamp) -> bool {
        let promised = matches!(authorization.state, State::Ok { .. });
        promised && !self.is_ended(authorization) && now < self.expires_at(authorization)
    }

    /// What is left of a promise, counting captures that may still happen.
    fn left_of(&self, authorization: &Operation) -> i64 {
        let counted = sum(self.captures_of(authorization.n).map(Operation::counted_minor));
        if counted > 0 && authorization.provider.captures() != Captures::Many {
            return 0;
        }
        promised(authorization).saturating_sub(counted).max(0)
    }

    /// What has been taken or may still be, however what is open ends: a capture that comes to nothing leaves its promise as it was.
    fn bound(&self, now: Timestamp) -> i64 {
        let taken = sum(self.captures().map(Operation::done_minor));
        let may_be = |one: &Operation| {
            let open = sum(self.captures_of(one.n).filter(|on| self.is_open(on)).map(|on| on.amount.minor));
            match (self.is_live(one, now), open > 0) {
                (true, true) => promised(one).saturating_sub(sum(self.captures_of(one.n).map(Operation::done_minor))).max(open),
                (true, false) => self.left_of(one),
                (false, _) => open,
            }
        };
        taken.saturating_add(sum(self.authorizations().map(may_be)))
    }

    /// What came back of a capture, and what the cardholder contests of it.
    fn returned_of(&self, capture: &Operation, minor: impl Fn(&Operation) -> i64) -> i64 {
        let ours = sum(self.refunds().filter(|one| one.kind == Kind::Refund { of: capture.n }).map(minor));
        let theirs = sum(self.refunds_from_outside().filter(|one| one.of == capture.n).map(|one| one.amount.minor));
        let lost = |one: &&Outside| matches!(one.kind, OutsideKind::Dispute(DisputeState::Opened | DisputeState::Lost));
        let disputed = sum(self.outside.iter().filter(|one| one.of == capture.n).filter(lost).map(|one| one.amount.minor));
        ours.saturating_add(theirs).saturating_add(disputed)
    }

    fn refundable_of(&self, capture: &Operation) -> i64 {
        capture.done_minor().saturating_sub(self.returned_of(capture, Operation::counted_minor)).max(0)
    }
}

/// How much of a promise may be taken: nobody was shown more than was asked for, so no more is.
fn promised(authorization: &Operation) -> i64 {
    match authorization.state {
        State::Ok { amount } => amount.minor.min(authorization.amount.minor),
        _ => authorization.amount.minor,
    }
}

fn in_range(amount: Money, currency: crate::money::Currency) -> Result<(), SettleRejection> {
    if amount.currency != currency {
        return Err(SettleRejection::WrongCurrency(currency));
    }
    if (0..=Money::MAX_MINOR).contains(&amount.minor) { Ok(()) } else { Err(SettleRejection::OutOfRange) }
}

fn sum(parts: impl Iterator<Item = i64>) -> i64 {
    parts.fold(0, i64::saturating_add)
}

fn after(at: Timestamp, duration: SignedDuration) -> Timestamp {
    at.checked_add(duration).unwrap_or(Timestamp::MAX)
}
