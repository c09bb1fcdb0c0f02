//! How long something takes, as counts within bounds that never change, so that counts of any number of days and
//! machines add up. Quantiles are read from them, exact to the width of a bound.

use std::collections::BTreeMap;

/// Upper bounds in seconds: a quarter of an hour to ninety days. Beyond the last, everything is alike.
const BOUNDS: [i64; 24] = [
    900, 1_800, 3_600, 7_200, 10_800, 14_400, 21_600, 28_800, 43_200, 64_800, 86_400, 108_000, 129_600, 172_800, 216_000, 259_200, 345_600,
    432_000, 604_800, 864_000, 1_209_600, 1_814_400, 2_592_000, 7_776_000,
];
/// Fewer say nothing.
pub const COUNTED_MIN: i64 = 20;

const PREFIX: &str = "within:";

/// The counter that a duration is counted by.
pub fn field(seconds: i64) -> String {
    let bound = BOUNDS.into_iter().find(|bound| seconds <= *bound).or_else(|| BOUNDS.last().copied()).unwrap_or(0);
    format!("{PREFIX}{bound}")
}

/// A counter that is not empty: what it counts lies beyond one bound and within the next.
struct Counted {
    beyond_s: i64,
    within_s: i64,
    count: i128,
}

impl Counted {
    /// Its share of what lies beyond this, in thousandths of orders. Within a bound they count as evenly spread.
    fn beyond(&self, seconds: i64) -> i128 {
        let width = self.within_s - self.beyond_s;
        let left = (self.within_s - seconds.max(self.beyond_s)).clamp(0, width);
        self.count * 1_000 * i128::from(left) / i128::from(width.max(1))
    }
}

fn counted(counters: &BTreeMap<String, i64>) -> Vec<Counted> {
    let mut counts: Vec<(i64, i64)> = counters
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix(PREFIX)?.parse::<i64>().ok()?, *count)))
        .filter(|(_, count)| *count > 0)
        .collect();
    counts.sort_unstable();
    let below = |bound: i64| BOUNDS.into_iter().rev().find(|other| *other < bound).unwrap_or(0);
    counts.into_iter().map(|(bound, count)| Counted { beyond_s: below(bound), within_s: bound, count: i128::from(count) }).collect()
}

/// How many were counted.
pub fn total(counters: &BTreeMap<String, i64>) -> i64 {
    let total = counted(counters).iter().map(|counted| counted.count).sum::<i128>();
    i64::try_from(total).unwrap_or(i64::MAX)
}

/// The duration in seconds that this share of them, in percent, is within; none if there are fewer than [`COUNTED_MIN`].
/// Within a bound they count as evenly spread.
pub fn quantile(counters: &BTreeMap<String, i64>, percent: u8) -> Option<i64> {
    quantile_beyond(counters, percent, 0)
}

/// The same of those that took longer than `beyond_s` seconds: never less than that. None if there are fewer than
/// [`COUNTED_MIN`] in all, or if not one of them took so long.
pub fn quantile_beyond(counters: &BTreeMap<String, i64>, percent: u8, beyond_s: i64) -> Option<i64> {
    let counted = counted(counters);
    let longer: i128 = counted.iter().map(|counted| counted.beyond(beyond_s)).sum();
    if counted.iter().map(|counted| counted.count).sum::<i128>() < i128::from(COUNTED_MIN) || longer < 1_000 {
        return None;
    }
    let mut left = longer * i128::from(percent.min(100));
    for counted in counted {
        let here = counted.beyond(beyond_s) * 100;
        if here > 0 && left <= here {
            let from = counted.beyond_s.max(beyond_s);
            let further = i128::from(counted.within_s - from) * left / here;
            return Some(from.saturating_add(i64::try_from(further).unwrap_or(i64::MAX)));
        }
        left -= here;
    }
    None
}

/// How many of them took at most so many seconds, in thousandths.
pub fn within(counters: &BTreeMap<String, i64>, seconds: i64) -> i64 {
    let within = counted(counters).iter().map(|counted| counted.count * 1_000 - counted.beyond(seconds)).sum::<i128>();
    i64::try_from(within).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counting(durations: impl IntoIterator<Item = i64>) -> BTreeMap<String, i64> {
        let mut counters = BTreeMap::from([("left".to_owned(), 7)]);
        for seconds in durations {
            *counters.entry(field(seconds)).or_default() += 1;
        }
        counters
    }

    // req: S1-05, S1-70
    #[test]
    fn quantiles_are_exact_to_a_bound() {
        assert_eq!(quantile(&counting([3_600; 19]), 50), None, "too few");
        assert_eq!(quantile(&counting([3_600; 20]), 100), Some(3_600));
        // A minute each, up to a hundred hours.
        let even = counting((1..=6_000).map(|minute| minute * 60));
        for (percent, true_s) in [(10, 36_000), (50, 180_000), (90, 324_000)] {
            let found = quantile(&even, percent).unwrap();
            assert!((found - true_s).abs() < true_s / 20, "{percent} %: {found} of {true_s}");
        }
        assert!((0..=100).map(|percent| quantile(&even, percent)).is_sorted());
    }

    // req: S1-12
    #[test]
    fn what_took_longer_has_quantiles_of_its_own() {
        // An hour each, up to a hundred.
        let even = counting((1..=100).map(|hour| hour * 3_600));
        let beyond = |percent, hours: i64| quantile_beyond(&even, percent, hours * 3_600).map(|seconds| seconds / 3_600);
        assert_eq!((beyond(50, -5), beyond(50, 0), beyond(50, 48)), (Some(50), Some(50), Some(74)));
        assert_eq!((beyond(0, 48), beyond(90, 48)), (Some(48), Some(94)));
        for elapsed in [0, 1, 3_599, 3_600, 86_399, 86_400, 86_401, 300_000] {
            let quantiles: Vec<i64> = [0, 50, 90, 100].iter().filter_map(|percent| quantile_beyond(&even, *percent, elapsed)).collect();
            assert!(quantiles.len() == 4 && quantiles.is_sorted() && quantiles[0] >= elapsed, "{elapsed}: {quantiles:?}");
        }
        assert_eq!(quantile_beyond(&even, 50, 432_000), None, "nobody waited longer");
        assert_eq!(quantile_beyond(&counting([i64::MAX; 30]), 50, i64::MAX), None);
        assert_eq!((total(&even), within(&even, 0), within(&even, i64::MAX)), (100, 0, 100_000));
        assert_eq!(within(&even, 86_400), 24_000);
        assert!((within(&even, 75 * 3_600) - 75_000).abs() <= 1_000, "evenly spread within a bound");
    }

    #[test]
    fn nothing_is_too_short_or_too_long() {
        assert_eq!((field(-5), field(0), field(900), field(901)), ("within:900".into(), field(1), field(1), "within:1800".into()));
        assert_eq!(field(i64::MAX), "within:7776000");
    }
}
