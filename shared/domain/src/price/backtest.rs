//! What the rules would have proposed in weeks that are over, and what that would have meant if customers mind prices so much.

use super::propose::{Signals, priced};
use super::{PriceRules, WORTH_BPS};
use jiff::ToSpan;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// By how many percent fewer (in hundredths) is sold for each percent more that it costs: how much customers mind prices is not known, so
/// each is reckoned.
pub const ELASTICITIES: [i64; 4] = [50, 100, 150, 200];

/// What it would have meant for money, if customers mind prices so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effect {
    /// See [`ELASTICITIES`].
    pub elasticity: i64,
    /// What would have been taken, in minor units.
    pub revenue_minor: i128,
    /// What of that is more than the goods' cost, of those whose cost is known.
    pub margin_minor: i128,
}

/// What the rules would have done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backtest {
    /// Weeks of SKUs that were looked at: those in which something was sold, or in the five weeks before.
    pub weeks: u32,
    /// Those with a higher price than the list price.
    pub up: u32,
    /// Those with a lower one.
    pub down: u32,
    /// Those whose price the bounds held.
    pub held: u32,
    /// The changes, without their signs, together, in basis points of the list price.
    pub moved_bps: u64,
    /// What was sold at the list price, in minor units.
    pub revenue_minor: i128,
    /// What of that is more than the goods' cost, of those whose cost is known.
    pub margin_minor: i128,
    /// What it would have been.
    pub effects: [Effect; 4],
}

impl Default for Backtest {
    fn default() -> Self {
        let effects = ELASTICITIES.map(|elasticity| Effect { elasticity, revenue_minor: 0, margin_minor: 0 });
        Backtest { weeks: 0, up: 0, down: 0, held: 0, moved_bps: 0, revenue_minor: 0, margin_minor: 0, effects }
    }
}

/// Something that was sold.
#[derive(Debug, Clone, Copy)]
pub struct Sold<'a> {
    /// Pieces on each day.
    pub days: &'a BTreeMap<Date, i64>,
    /// The list price, in minor units.
    pub list_minor: i64,
    /// What it costs the shop.
    pub cost_minor: Option<i64>,
}

/// Goes through the weeks between two days, the last of them included, as the rules would have seen them: by what was sold until then. What lay on the shelves
/// and what others asked then is not kept, so neither counts; prices count for the week that they would have been offered in.
pub fn backtest<'a>(sold: impl IntoIterator<Item = Sold<'a>>, (first, last): (Date, Date), rules: &PriceRules) -> Backtest {
    let mut found = Backtest::default();
    for one in sold {
        let mut monday = first;
        while monday.saturating_add(6.days()) <= last {
            week(&mut found, &one, monday, rules);
            monday = monday.saturating_add(7.days());
        }
    }
    found
}

fn week(found: &mut Backtest, one: &Sold<'_>, begins: Date, rules: &PriceRules) {
    let pieces = |from: i64, until: i64| -> i64 {
        let (from, until) = (begins.saturating_add(from.days()), begins.saturating_add(until.days()));
        one.days.range(from..until).map(|(_, pieces)| *pieces).fold(0, i64::saturating_add)
    };
    let signals = Signals { week: pieces(-7, 0), before: pieces(-35, -7), available: None, lead_days: 0, seen_days: 0 };
    let sold = pieces(0, 7).max(0);
    if sold == 0 && signals.week == 0 && signals.before == 0 {
        return;
    }
    let why = signals.reasons(one.list_minor, None);
    let (price, held) = priced((one.list_minor, one.cost_minor), &why, rules).unwrap_or((one.list_minor, false));
    let is_worth_it = i128::from((price - one.list_minor).abs()) * 10_000 >= i128::from(WORTH_BPS) * i128::from(one.list_minor);
    let price = if is_worth_it { price } else { one.list_minor };
    let change = price - one.list_minor;
    found.weeks += 1;
    found.up += u32::from(change > 0);
    found.down += u32::from(change < 0);
    found.held += u32::from(held && change != 0);
    let bps = i128::from(change) * 10_000 / i128::from(one.list_minor.max(1));
    found.moved_bps += u64::try_from(bps.abs()).unwrap_or(0);
    let (sold, list, price) = (i128::from(sold), i128::from(one.list_minor), i128::from(price));
    found.revenue_minor += sold * list;
    found.margin_minor += one.cost_minor.map_or(0, |cost| sold * (list - i128::from(cost)));
    for effect in &mut found.effects {
        // So many pieces, in ten-thousandths: each percent more costs so many percent of them.
        let pieces = sold * (10_000 - bps * i128::from(effect.elasticity) / 100).max(0);
        effect.revenue_minor += pieces * price / 10_000;
        effect.margin_minor += one.cost_minor.map_or(0, |cost| pieces * (price - i128::from(cost)) / 10_000);
    }
}
