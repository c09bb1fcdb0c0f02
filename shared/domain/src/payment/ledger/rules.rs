//! What may begin: every operation that is open counts as if it had succeeded.

use super::{Ledger, LedgerRejection, Retry};
use crate::money::Money;
use crate::order::Track;
use crate::payment::operation::{By, Kind, Operation, State};
use crate::payment::provider::Captures;
use jiff::Timestamp;

impl Ledger {
    pub(super) fn may_authorize(&self, amount: Money, by: By, now: Timestamp) -> Result<(), LedgerRejection> {
        if self.authorizations().count() >= Self::MAX_AUTHORIZATIONS {
            return Err(LedgerRejection::TooManyAttempts);
        }
        if let Some(open) = self.authorizations().find(|one| self.is_open(one)) {
            return Err(LedgerRejection::StillOpen(open.n));
        }
        if self.status(now).next().is_empty() || self.authorizations().any(|one| self.was_given_back(one)) {
            return Err(LedgerRejection::Closed);
        }
        let left = self.total.minor.saturating_sub(self.bound(now)).max(0);
        if amount.minor > left {
            return Err(LedgerRejection::MoreThanTotal(self.money(left)));
        }
        match (by, self.retry()) {
            (By::Customer | By::Shop, _) => Ok(()),
            (By::Clock, Retry::At(at)) if at <= now => Ok(()),
            (By::Clock, Retry::At(at)) => Err(LedgerRejection::TooSoon(at)),
            (By::Clock, Retry::Never | Retry::Exhausted) => Err(LedgerRejection::NoRetry),
        }
    }

    pub(super) fn may_capture(&self, of: u32, amount: Money, now: Timestamp) -> Result<&Operation, LedgerRejection> {
        let authorization = self.happened(of, |kind| kind == Kind::Authorize)?;
        if let Some(void) = self.voids_of(of).find(|void| void.state.is_open()) {
            return Err(LedgerRejection::StillOpen(void.n));
        }
        if !self.is_live(authorization, now) {
            return Err(LedgerRejection::NotLive(of));
        }
        let left = self.left_of(authorization);
        if amount.minor > left {
            return Err(LedgerRejection::MoreThanAuthorized(self.money(left)));
        }
        if authorization.provider.captures() == Captures::Whole && amount.minor != authorization.done_minor() {
            return Err(LedgerRejection::OnlyWhole(self.money(authorization.done_minor())));
        }
        Ok(authorization)
    }

    pub(super) fn may_void(&self, of: u32, now: Timestamp) -> Result<&Operation, LedgerRejection> {
        let authorization = self.operation(of).filter(|one| one.kind == Kind::Authorize).ok_or(LedgerRejection::NoSuchOperation(of))?;
        let open = self.captures_of(of).chain(self.voids_of(of)).find(|one| one.state.is_open());
        if let Some(open) = open {
            return Err(LedgerRejection::StillOpen(open.n));
        }
        match authorization.state {
            // Whether there is anything to give back has to be asked first.
            State::Sent | State::Unknown => Err(LedgerRejection::StillOpen(of)),
            State::RequiresAction | State::Pending if !self.is_ended(authorization) => Ok(authorization),
            State::Ok { .. } if self.is_live(authorization, now) && self.left_of(authorization) > 0 => Ok(authorization),
            _ => Err(LedgerRejection::NotLive(of)),
        }
    }

    pub(super) fn may_refund(&self, of: u32, amount: Money) -> Result<&Operation, LedgerRejection> {
        let capture = self.happened(of, |kind| matches!(kind, Kind::Capture { .. }))?;
        let left = self.refundable_of(capture);
        if amount.minor > left { Err(LedgerRejection::MoreThanCaptured(self.money(left))) } else { Ok(capture) }
    }

    pub(super) fn sound(&self, amount: Money) -> Result<(), LedgerRejection> {
        if amount.currency != self.total.currency {
            return Err(LedgerRejection::WrongCurrency(self.total.currency));
        }
        if amount.minor <= 0 { Err(LedgerRejection::NotPositive) } else { Ok(()) }
    }

    fn happened(&self, n: u32, is_kind: impl Fn(Kind) -> bool) -> Result<&Operation, LedgerRejection> {
        let found = self.operation(n).filter(|one| is_kind(one.kind) && matches!(one.state, State::Ok { .. }));
        found.ok_or(LedgerRejection::NoSuchOperation(n))
    }
}
