//! Prices of what a shop sells: what it lists them at, what it offers them for, and what would be better, within bounds.
//!
//! A proposal is only ever about what is offered from now on. What was ordered keeps the price it was ordered at: an order holds its own.

mod backtest;
mod propose;

pub use backtest::{Backtest, ELASTICITIES, Effect, Sold, backtest};
pub use propose::{Market, Reason, SEEN_DAYS, Signals};

use crate::ids::Sku;
use crate::money::{Currency, Money};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The most that a price may be moved away from its list price, in basis points: a tenth.
pub const GUARDRAIL_BPS: u32 = 1_000;
/// What is less than this of the list price, in basis points, is not worth another price tag.
pub const WORTH_BPS: i64 = 100;
/// A price that was turned down is not proposed again for so long.
pub const DISMISSED_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The dearest list price, in minor units: what is reckoned with prices stays a number.
pub const LIST_MAX: i64 = 1_000_000_000_000;

/// Whether prices are proposed, and who accepts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PriceRules {
    /// The flag: off, nothing is proposed.
    pub enabled: bool,
    /// The most that a price moves away from its list price, in basis points; at most [`GUARDRAIL_BPS`].
    pub max_change_bps: u32,
    /// Proposals that move the price by no more than this, in basis points of the list price, are accepted by themselves; 0 = a person
    /// accepts each.
    pub accept_up_to_bps: u32,
}

impl Default for PriceRules {
    fn default() -> Self {
        PriceRules { enabled: false, max_change_bps: GUARDRAIL_BPS, accept_up_to_bps: 0 }
    }
}

/// The price next to the wanted one that is no further from the list price than that, in basis points, and never further than a tenth.
/// Both bounds are rounded towards the list price.
pub fn within_guardrail(list_minor: i64, wanted_minor: i64, max_change_bps: u32) -> i64 {
    let list = list_minor.clamp(0, LIST_MAX);
    let room = list * i64::from(max_change_bps.min(GUARDRAIL_BPS)) / 10_000;
    wanted_minor.clamp(list - room, list + room)
}

/// Another price for something, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceProposal {
    /// What it would be offered for, in minor units.
    pub price_minor: i64,
    /// What speaks for it; what each would move the list price by.
    pub why: Vec<Reason>,
    /// It would have moved further, were it not for the bounds.
    pub held: bool,
    /// When.
    pub at: Timestamp,
}

/// What something costs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceTag {
    /// What.
    pub sku: Sku,
    /// ISO 4217.
    pub currency: Currency,
    /// What the shop lists it at, in minor units; what every proposal is held against, so that many small ones do not add up.
    pub list_minor: i64,
    /// What it costs the shop. Nothing below is proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_minor: Option<i64>,
    /// What others ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub market_minor: Option<i64>,
    /// What it is offered for now.
    pub price_minor: i64,
    /// What is proposed, and waits to be accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<PriceProposal>,
    /// Prices that were turned down within [`DISMISSED_FOR`], and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub dismissed: Vec<(i64, Timestamp)>,
    /// Who decided last: "api-key:…", "auto-price".
    pub decided_by: String,
    /// Saves so far; the optimistic lock.
    pub version: u64,
    /// When the shop first said what it costs.
    pub known_since: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a shop says of a price.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listed {
    /// See [`PriceTag`].
    pub list: Money,
    /// See [`PriceTag`].
    pub cost: Said,
    /// See [`PriceTag`].
    pub market: Said,
}

/// What a shop says of an amount that it need not say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Said {
    /// Nothing: what is known stays.
    #[default]
    Unsaid,
    /// There is none, or it is not known any longer.
    Nothing,
    /// So much.
    Amount(Money),
}

impl Said {
    /// What is known then.
    fn or_known(self, known: Option<i64>) -> Option<i64> {
        match self {
            Said::Unsaid => known,
            Said::Nothing => None,
            Said::Amount(money) => Some(money.minor),
        }
    }
}

impl PriceTag {
    /// A new tag: it is offered for what it is listed at.
    pub fn new(sku: Sku, listed: Listed, by: &str, now: Timestamp) -> PriceTag {
        PriceTag {
            sku,
            currency: listed.list.currency,
            list_minor: listed.list.minor,
            cost_minor: listed.cost.or_known(None),
            market_minor: listed.market.or_known(None),
            price_minor: listed.list.minor,
            proposal: None,
            dismissed: Vec::new(),
            decided_by: by.to_owned(),
            version: 1,
            known_since: now,
            updated_at: now,
        }
    }

    fn next(&self, now: Timestamp) -> PriceTag {
        PriceTag { version: self.version + 1, updated_at: now, ..self.clone() }
    }

    /// What the shop says of it now. Another list price is what it is offered for; the same one leaves that. What is unsaid stays, but for amounts of another
    /// currency. None if nothing changes.
    pub fn list(&self, listed: Listed, by: &str, now: Timestamp) -> Option<PriceTag> {
        let same_money = listed.list.currency == self.currency;
        let known = |minor: Option<i64>| minor.filter(|_| same_money);
        let (cost_minor, market_minor) = (listed.cost.or_known(known(self.cost_minor)), listed.market.or_known(known(self.market_minor)));
        // What waits was reckoned with what was known then.
        let next = PriceTag { cost_minor, market_minor, proposal: None, ..self.next(now) };
        if !same_money || listed.list.minor != self.list_minor {
            let (currency, list_minor) = (listed.list.currency, listed.list.minor);
            let (dismissed, decided_by) = (Vec::new(), by.to_owned());
            return Some(PriceTag { currency, list_minor, price_minor: list_minor, dismissed, decided_by, ..next });
        }
        ((cost_minor, market_minor) != (self.cost_minor, self.market_minor)).then_some(next)
    }

    /// What follows from these signals: a proposal, another one, or none any longer. None if it stays as it is.
    pub fn look(&self, signals: &Signals, rules: &PriceRules, now: Timestamp) -> Option<PriceTag> {
        let was_dismissed = |price: i64| self.dismissals(now).any(|(minor, _)| *minor == price);
        let found = propose::propose(self, signals, rules, now).filter(|found| !was_dismissed(found.price_minor));
        match (&self.proposal, &found) {
            (None, None) => None,
            (Some(known), Some(found)) if known.price_minor == found.price_minor => None,
            _ => Some(PriceTag { proposal: found, ..self.next(now) }),
        }
    }

    /// It is offered for what is proposed. None if nothing is.
    pub fn accept(&self, by: &str, now: Timestamp) -> Option<PriceTag> {
        let proposal = self.proposal.as_ref()?;
        Some(PriceTag { price_minor: proposal.price_minor, proposal: None, decided_by: by.to_owned(), ..self.next(now) })
    }

    /// What is proposed is turned down. None if nothing is.
    pub fn dismiss(&self, by: &str, now: Timestamp) -> Option<PriceTag> {
        let proposal = self.proposal.as_ref()?;
        let mut dismissed: Vec<(i64, Timestamp)> = self.dismissals(now).copied().collect();
        dismissed.push((proposal.price_minor, now));
        Some(PriceTag { proposal: None, dismissed, decided_by: by.to_owned(), ..self.next(now) })
    }

    /// What was turned down so lately that it still counts.
    fn dismissals(&self, now: Timestamp) -> impl Iterator<Item = &(i64, Timestamp)> {
        self.dismissed.iter().filter(move |(_, at)| now < *at + DISMISSED_FOR)
    }

    /// Whether what is proposed is still within the shop's bounds.
    pub fn is_within(&self, rules: &PriceRules) -> bool {
        self.proposal
            .as_ref()
            .is_some_and(|proposal| within_guardrail(self.list_minor, proposal.price_minor, rules.max_change_bps) == proposal.price_minor)
    }

    /// Whether the shop's rule accepts what is proposed. Where a person has turned a price down lately, a person decides.
    pub fn accepts_by_itself(&self, rules: &PriceRules, now: Timestamp) -> bool {
        let Some(proposal) = self.proposal.as_ref().filter(|_| self.dismissals(now).next().is_none()) else { return false };
        let moved = (i128::from(proposal.price_minor) - i128::from(self.price_minor)).abs() * 10_000;
        moved <= i128::from(rules.accept_up_to_bps) * i128::from(self.list_minor)
    }
}

#[cfg(test)]
mod tests;
