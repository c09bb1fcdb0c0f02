//! What speaks for another price: how it sells, how long it lasts, what others ask.

use super::{PriceProposal, PriceRules, PriceTag, WORTH_BPS, within_guardrail};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Days by which it is judged how something sells.
pub const SEEN_DAYS: u16 = 35;
/// Pieces that have to be sold in them before a week of them says anything.
const SOLD_MIN: i64 = 10;
/// More days of stock than this are many.
const LONG_DAYS: u64 = 90;
/// The most that what others ask moves a price by, in basis points.
const MARKET_MAX: i64 = 400;

/// What is known of something that is sold.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Signals {
    /// Pieces that were sold in the last week.
    pub week: i64,
    /// Pieces that were sold in the four weeks before it.
    pub before: i64,
    /// Pieces that are free to promise, of all locations; none if that is not known.
    pub available: Option<i64>,
    /// Days after which a delivery usually comes.
    pub lead_days: u16,
    /// Days for which it could have been sold: fewer than [`SEEN_DAYS`] for what is new, none where nothing is ever counted as sold.
    pub seen_days: u16,
}

/// How a price stands to what others ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Market {
    /// Others ask more.
    Dearer,
    /// Others ask less.
    Cheaper,
}

/// Something that speaks for another price; `bps` is what it moves the list price by, in basis points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "reason")]
pub enum Reason {
    /// It sells better or worse than it did.
    Demand {
        /// By how much.
        bps: i64,
        /// The last week's pace, in percent of that of the four weeks before.
        pace: i64,
    },
    /// What is there will not last until more comes, or lasts very long.
    Stock {
        /// By how much.
        bps: i64,
        /// Days that it lasts; none if nothing is sold.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        cover_days: Option<u64>,
    },
    /// Others ask another price.
    Market {
        /// By how much.
        bps: i64,
        /// More or less.
        others: Market,
    },
}

impl Reason {
    /// What it moves the list price by, in basis points.
    pub const fn bps(&self) -> i64 {
        match self {
            Reason::Demand { bps, .. } | Reason::Stock { bps, .. } | Reason::Market { bps, .. } => *bps,
        }
    }
}

impl Signals {
    /// What they speak for.
    pub fn reasons(&self, list_minor: i64, market_minor: Option<i64>) -> Vec<Reason> {
        [self.demand(), self.stock(), market(list_minor, market_minor)].into_iter().flatten().collect()
    }

    fn demand(&self) -> Option<Reason> {
        let (week, before) = (self.week.max(0), self.before.max(0));
        if before == 0 || week.saturating_add(before) < SOLD_MIN {
            return None;
        }
        let pace = week.saturating_mul(400) / before;
        let bps = match pace {
            150.. => 400,
            120..150 => 200,
            ..=50 => -400,
            51..=80 => -200,
            _ => return None,
        };
        Some(Reason::Demand { bps, pace })
    }

    /// What is sold out has no price that would help.
    fn stock(&self) -> Option<Reason> {
        let available = self.available.filter(|pieces| *pieces > 0)?;
        let sold = self.week.max(0).saturating_add(self.before.max(0));
        let is_new = self.seen_days < SEEN_DAYS;
        if sold == 0 {
            return (!is_new).then_some(Reason::Stock { bps: -300, cover_days: None });
        }
        let cover = u64::try_from(available.saturating_mul(i64::from(SEEN_DAYS)) / sold).unwrap_or(0);
        let bps = match cover {
            days if days < u64::from(self.lead_days) => 300,
            // It has sold for a part of these days only, so it sells faster than that.
            _ if is_new => return None,
            days if days > 2 * LONG_DAYS => -500,
            days if days > LONG_DAYS => -300,
            _ => return None,
        };
        Some(Reason::Stock { bps, cover_days: Some(cover) })
    }
}

/// Half of the way to what others ask.
fn market(list_minor: i64, market_minor: Option<i64>) -> Option<Reason> {
    let gap = i128::from(market_minor?) - i128::from(list_minor);
    let bps = i64::try_from(gap * 5_000 / i128::from(list_minor.max(1))).unwrap_or(MARKET_MAX).clamp(-MARKET_MAX, MARKET_MAX);
    let others = if bps > 0 { Market::Dearer } else { Market::Cheaper };
    (bps != 0).then_some(Reason::Market { bps, others })
}

/// A price that these signals speak for, if it is worth another tag.
pub(super) fn propose(tag: &PriceTag, signals: &Signals, rules: &PriceRules, at: Timestamp) -> Option<PriceProposal> {
    let why = signals.reasons(tag.list_minor, tag.market_minor);
    let (price_minor, held) = priced((tag.list_minor, tag.cost_minor), &why, rules)?;
    let change = (i128::from(price_minor) - i128::from(tag.price_minor)).abs();
    let is_worth_it = change * 10_000 >= i128::from(WORTH_BPS) * i128::from(tag.list_minor) && change > 0;
    (is_worth_it && price_minor > 0).then_some(PriceProposal { price_minor, why, held, at })
}

/// The price that reasons speak for, and whether the bounds have held it. None if no price within the bounds reaches the cost: to sell
/// below it is the shop's own decision.
pub(super) fn priced((list_minor, cost_minor): (i64, Option<i64>), why: &[Reason], rules: &PriceRules) -> Option<(i64, bool)> {
    let wanted = moved(list_minor, why.iter().map(Reason::bps).sum());
    let dear_enough = cost_minor.map_or(wanted, |cost| wanted.max(cost));
    let price_minor = within_guardrail(list_minor, dear_enough, rules.max_change_bps);
    let covers_cost = cost_minor.is_none_or(|cost| cost <= list_minor && cost <= price_minor);
    covers_cost.then_some((price_minor, price_minor != wanted))
}

/// A price moved by basis points, rounded half away from zero.
fn moved(list_minor: i64, bps: i64) -> i64 {
    let by = i128::from(list_minor) * i128::from(bps);
    let half = if by < 0 { -5_000 } else { 5_000 };
    let by = i64::try_from((by + half) / 10_000).unwrap_or(0);
    list_minor.saturating_add(by)
}
