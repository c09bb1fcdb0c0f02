//! When more of something is to be ordered, and how much: from what lies there, what was sold, and how long a delivery takes.

use super::StockRules;
use serde::{Deserialize, Serialize};

/// How stock is ordered anew, at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ReorderRules {
    /// Whether purchase orders are drafted by themselves. A person approves each.
    pub auto: bool,
    /// What is ordered fills the shelf up to so many pieces.
    pub max_stock: u32,
    /// Days after which a delivery usually comes.
    pub lead_days: u16,
    /// Days after which it comes at the latest. At least `lead_days`.
    pub lead_days_max: u16,
}

impl Default for ReorderRules {
    fn default() -> Self {
        ReorderRules { auto: false, max_stock: 100, lead_days: 7, lead_days_max: 14 }
    }
}

/// What was sold of something over some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Demand {
    /// Days, those on which nothing was sold included.
    pub days: u32,
    /// Pieces.
    pub sold: u64,
    /// The squares of what was sold each day, together.
    squares: u128,
}

impl Demand {
    /// Of these days: what was sold on those on which something was, out of so many.
    pub fn of(sold: impl IntoIterator<Item = u32>, days: u32) -> Demand {
        sold.into_iter().fold(Demand { days, ..Demand::default() }, |demand, pieces| Demand {
            sold: demand.sold.saturating_add(u64::from(pieces)),
            squares: demand.squares.saturating_add(u128::from(pieces) * u128::from(pieces)),
            ..demand
        })
    }

    /// What so many days need, at the pace of these, rounded up.
    pub fn over(&self, days: u16) -> u64 {
        if self.days == 0 { 0 } else { self.sold.saturating_mul(u64::from(days)).div_ceil(u64::from(self.days)) }
    }

    /// What is kept on top because days are not alike: in 19 of 20 deliveries that take so many days it is enough. `1.645 · σ · √days`, σ being the
    /// standard deviation of a day's sales; rounded up. Fewer than two days say nothing.
    pub fn safety(&self, days: u16) -> u64 {
        let n = u128::from(self.days);
        if n < 2 {
            return 0;
        }
        let spread = (n.saturating_mul(self.squares)).saturating_sub(u128::from(self.sold) * u128::from(self.sold));
        // The square of 1.645, in millionths.
        let square = spread.saturating_mul(u128::from(days)).saturating_mul(2_706_025).div_ceil(n * (n - 1) * 1_000_000);
        let root = square.isqrt();
        u64::try_from(if root * root < square { root + 1 } else { root }).unwrap_or(u64::MAX)
    }

    /// Days that so many pieces last at this pace, rounded down; none if nothing is sold.
    pub fn cover_days(&self, pieces: i64) -> Option<u64> {
        let pieces = u64::try_from(pieces).unwrap_or(0);
        (self.sold > 0).then(|| pieces.saturating_mul(u64::from(self.days)) / self.sold)
    }
}

/// What is to be ordered of something, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// Pieces.
    pub quantity: u32,
    /// At so many or fewer, those on their way included, more is ordered.
    pub point: u32,
    /// Those among them that are kept because days are not alike.
    pub safety: u32,
    /// Pieces that the shelf is filled up to.
    pub up_to: u32,
    /// Pieces that are free to promise.
    pub available: i64,
    /// Pieces that are on their way already.
    pub on_order: i64,
}

fn pieces(many: u64) -> u32 {
    u32::try_from(many).unwrap_or(u32::MAX)
}

impl StockRules {
    /// What to order of something; none if what is free and what is on its way last until a delivery comes.
    ///
    /// The limit `reorder_at` always counts; what was sold can only raise it, to what the usual time of a delivery needs and what is kept for the
    /// longest. The shelf is filled up to `max_stock`, or, if that is no more than the limit so raised, for another delivery's time beyond it.
    pub fn propose(&self, available: i64, on_order: i64, demand: &Demand) -> Option<Proposal> {
        let ReorderRules { max_stock, lead_days, lead_days_max, .. } = self.reorder;
        let (needed, safety) = (demand.over(lead_days), demand.safety(lead_days_max.max(lead_days)));
        let point = pieces(needed.saturating_add(safety)).max(self.reorder_at);
        let have = available.saturating_add(on_order);
        if have > i64::from(point) {
            return None;
        }
        let up_to = if max_stock > point { max_stock } else { point.saturating_add(pieces(needed).max(1)) };
        let quantity = u32::try_from(i64::from(up_to).saturating_sub(have)).unwrap_or(u32::MAX);
        Some(Proposal { quantity, point, safety: pieces(safety), up_to, available, on_order })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn quantity(available: i64, on_order: i64, demand: &Demand) -> Option<u32> {
        StockRules::default().propose(available, on_order, demand).map(|proposal| proposal.quantity)
    }

    /// Filled up to 100; ordered at 5, and not at 6.
    // req: S2-40
    #[test]
    fn the_shelf_is_filled_up() {
        let none = Demand::default();
        assert_eq!([6, 5, 1, 0].map(|available| quantity(available, 0, &none)), [None, Some(95), Some(99), Some(100)]);
        assert_eq!(quantity(5, 95, &none), None, "it is on its way");
        assert_eq!(quantity(0, 5, &none), Some(95));
    }

    /// Four a day, every day: a week needs 28. Two and six in turns: 13 more are kept for two weeks.
    // req: S2-40
    #[test]
    fn what_sells_is_ordered_earlier() {
        let even = Demand::of([4; 28], 28);
        assert_eq!((even.over(7), even.safety(14)), (28, 0));
        assert_eq!((quantity(29, 0, &even), quantity(28, 0, &even)), (None, Some(72)));
        let uneven = Demand::of([2, 6].repeat(14), 28);
        // Σx² = 560, so σ² = (28 · 560 − 112²) / (28 · 27) = 4.148; 1.645 · √(4.148 · 14) = 12.54.
        assert_eq!((uneven.over(7), uneven.safety(14)), (28, 13));
        let proposal = StockRules::default().propose(41, 0, &uneven).unwrap();
        assert_eq!(proposal, Proposal { quantity: 59, point: 41, safety: 13, up_to: 100, available: 41, on_order: 0 });
        assert_eq!(quantity(42, 0, &uneven), None);
        // What sells faster than the shelf holds: another week beyond the limit.
        let fast = Demand::of([20; 28], 28);
        assert_eq!(StockRules::default().propose(140, 0, &fast).map(|proposal| (proposal.point, proposal.up_to)), Some((140, 280)));
        assert_eq!((even.cover_days(28), even.cover_days(-1), Demand::default().cover_days(9)), (Some(7), Some(0), None));
    }

    /// As good as floating point, without it.
    // req: S2-40
    #[test]
    fn what_is_kept_is_as_the_formula_says() {
        let days: Vec<u32> = (0..90u32).map(|day| (day * 37) % 11).collect();
        let mean = days.iter().map(|sold| f64::from(*sold)).sum::<f64>() / 90.0;
        let variance = days.iter().map(|sold| (f64::from(*sold) - mean).powi(2)).sum::<f64>() / 89.0;
        let formula = (1.645 * variance.sqrt() * 14.0_f64.sqrt()).ceil();
        assert_eq!(Demand::of(days, 90).safety(14), formula as u64);
    }

    proptest! {
        #[test]
        fn an_order_always_reaches_beyond_the_limit(
            available in -10..100_000i64, on_order in 0..100_000i64, sold in proptest::collection::vec(0..u32::MAX, 0..60),
            max_stock: u32, lead_days: u16, lead_days_max: u16, reorder_at in 0..1_000u32,
        ) {
            let reorder = ReorderRules { auto: true, max_stock, lead_days, lead_days_max };
            let rules = StockRules { low_at: 1_000, reorder_at, reorder };
            let demand = Demand::of(sold, 60);
            if let Some(proposal) = rules.propose(available, on_order, &demand) {
                prop_assert!(proposal.quantity > 0 && proposal.point >= reorder_at);
                let then = available + on_order + i64::from(proposal.quantity);
                prop_assert!(then > i64::from(proposal.point) || proposal.up_to == u32::MAX || proposal.point == u32::MAX);
            }
        }
    }
}
