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

/// The duration in seconds that this share of them, in percent, is within; none if there are fewer than [`COUNTED_MIN`].
/// Within a bound they count as evenly spread.
pub fn quantile(counters: &BTreeMap<String, i64>, percent: u8) -> Option<i64> {
    let mut counts: Vec<(i64, i64)> = counters
        .iter()
        .filter_map(|(name, count)| Some((name.strip_prefix(PREFIX)?.parse::<i64>().ok()?, *count)))
        .filter(|(_, count)| *count > 0)
        .collect();
    counts.sort_unstable();
    let total: i64 = counts.iter().map(|(_, count)| count).sum();
    if total < COUNTED_MIN {
        return None;
    }
    let mut left = total.saturating_mul(i64::from(percent.min(100)));
    for (bound, count) in counts {
        let here = count.saturating_mul(100);
        if left <= here {
            let below = BOUNDS.into_iter().rev().find(|other| *other < bound).unwrap_or(0);
            return Some(below + (bound - below).saturating_mul(left) / here);
        }
        left -= here;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(durations: impl IntoIterator<Item = i64>) -> BTreeMap<String, i64> {
        let mut counters = BTreeMap::from([("left".to_owned(), 7)]);
        for seconds in durations {
            *counters.entry(field(seconds)).or_default() += 1;
        }
        counters
    }

    // req: S1-05, S1-70
    #[test]
    fn quantiles_are_exact_to_a_bound() {
        assert_eq!(quantile(&counted([3_600; 19]), 50), None, "too few");
        assert_eq!(quantile(&counted([3_600; 20]), 100), Some(3_600));
        // A minute each, up to a hundred hours.
        let even = counted((1..=6_000).map(|minute| minute * 60));
        for (percent, true_s) in [(10, 36_000), (50, 180_000), (90, 324_000)] {
            let found = quantile(&even, percent).unwrap();
            assert!((found - true_s).abs() < true_s / 20, "{percent} %: {found} of {true_s}");
        }
        assert!((0..=100).map(|percent| quantile(&even, percent)).is_sorted());
    }

    #[test]
    fn nothing_is_too_short_or_too_long() {
        assert_eq!((field(-5), field(0), field(900), field(901)), ("within:900".into(), field(1), field(1), "within:1800".into()));
        assert_eq!(field(i64::MAX), "within:7776000");
    }
}
