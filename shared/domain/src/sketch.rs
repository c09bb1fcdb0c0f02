//! Durations as counts in buckets that never change and are narrow enough for a percentile: what is read lies within 1 % of what was measured.
//!
//! As in DDSketch a bucket is as wide as a share of where it lies, so counts of any number of days and machines add up. Here it is 1/128 to 1/64: the six
//! bits after a number's first one say which, so there is no logarithm and no float, and every machine puts a duration into the same one. Its middle is at
//! most 1/128 away. [`crate::spread`] is the coarse sister of this: 24 bounds, which are columns of one row.

use std::collections::BTreeMap;

/// Buckets from one power of two to the next.
const STEPS_LOG2: u32 = 6;
/// Beyond ninety days everything is alike.
const MS_MAX: i64 = 90 * 86_400_000;
/// Fewer say nothing.
pub const COUNTED_MIN: i64 = 20;

/// A bucket: whole milliseconds from the first on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bucket {
    from_ms: i64,
}

impl Bucket {
    /// The one that a duration is counted in. Nothing takes less than no time.
    pub fn of(ms: i64) -> Bucket {
        let ms = ms.clamp(0, MS_MAX);
        let width = Bucket { from_ms: ms }.width_ms();
        Bucket { from_ms: ms / width * width }
    }

    /// Its name: where it begins, in milliseconds.
    pub fn name(self) -> String {
        self.from_ms.to_string()
    }

    /// Reads a name; none if no bucket is called so.
    pub fn parse(name: &str) -> Option<Bucket> {
        let from_ms = name.parse().ok()?;
        Some(Bucket::of(from_ms)).filter(|bucket| bucket.from_ms == from_ms)
    }

    const fn width_ms(self) -> i64 {
        let bits = i64::BITS - self.from_ms.leading_zeros();
        1 << bits.saturating_sub(STEPS_LOG2 + 1)
    }

    /// The middle of it, which stands for all that is counted in it.
    const fn middle_ms(self) -> i64 {
        self.from_ms + (self.width_ms() - 1) / 2
    }
}

/// Counts of durations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sketch(BTreeMap<Bucket, i64>);

impl Sketch {
    /// Counts some more. A count that is not positive is none.
    pub fn add(&mut self, bucket: Bucket, count: i64) {
        if count > 0 {
            let sum = self.0.entry(bucket).or_default();
            *sum = sum.saturating_add(count);
        }
    }

    /// How many were counted.
    pub fn total(&self) -> i64 {
        self.0.values().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// The duration in milliseconds that this share of them, in percent, took at most: that of the one at this rank, within 1 %. None of fewer than
    /// [`COUNTED_MIN`].
    pub fn quantile(&self, percent: u8) -> Option<i64> {
        let total = self.total();
        if total < COUNTED_MIN {
            return None;
        }
        let rank = ((i128::from(total) * i128::from(percent.min(100)) + 99) / 100).max(1);
        let mut before = 0_i128;
        self.0.iter().find_map(|(bucket, count)| {
            before += i128::from(*count);
            (before >= rank).then(|| bucket.middle_ms())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // req: S2-92
    #[test]
    fn a_bucket_is_where_it_says_and_as_narrow_as_it_must_be() {
        assert_eq!((Bucket::of(-5).name(), Bucket::of(0).name(), Bucket::of(127).name()), ("0".into(), "0".into(), "127".into()));
        assert_eq!((Bucket::of(128), Bucket::of(129)), (Bucket { from_ms: 128 }, Bucket { from_ms: 128 }), "two milliseconds from here on");
        assert_eq!(Bucket::of(i64::MAX), Bucket::of(MS_MAX));
        assert_eq!(
            (Bucket::parse("128"), Bucket::parse("129"), Bucket::parse("-1"), Bucket::parse("x")),
            (Some(Bucket::of(128)), None, None, None)
        );
        let all = (0..40).flat_map(|bit| (0..128).map(move |step| (1_i64 << bit).saturating_mul(step)));
        let names: std::collections::BTreeSet<Bucket> = all.map(Bucket::of).collect();
        assert!(names.len() < 1_800, "a month has at most {} counters", names.len());
    }

    proptest! {
        // req: S2-92
        #[test]
        fn what_is_read_is_within_one_percent(ms in 0..=MS_MAX) {
            let bucket = Bucket::of(ms);
            prop_assert!((bucket.middle_ms() - ms).abs() * 100 <= ms);
            prop_assert_eq!(Bucket::parse(&bucket.name()), Some(bucket));
        }

        // req: S2-92
        #[test]
        fn machines_add_up(durations in prop::collection::vec(0..MS_MAX, 20..200), machines in 1_usize..5) {
            let mut one = Sketch::default();
            let mut many = vec![BTreeMap::<String, i64>::new(); machines];
            for (at, ms) in durations.iter().enumerate() {
                one.add(Bucket::of(*ms), 1);
                *many[at % machines].entry(Bucket::of(*ms).name()).or_default() += 1;
            }
            let mut together = Sketch::default();
            many.iter().flatten().for_each(|(name, count)| together.add(Bucket::parse(name).unwrap(), *count));
            prop_assert_eq!(&together, &one);
            let quantiles: Vec<i64> = (0..=100).filter_map(|percent| one.quantile(percent)).collect();
            prop_assert!(quantiles.len() == 101 && quantiles.is_sorted());
        }
    }

    #[test]
    fn of_too_few_nothing_is_said() {
        let mut sketch = Sketch::default();
        sketch.add(Bucket::of(700), 19);
        sketch.add(Bucket::of(9), -3);
        assert_eq!((sketch.total(), sketch.quantile(50)), (19, None));
        sketch.add(Bucket::of(700), i64::MAX);
        assert_eq!((sketch.total(), sketch.quantile(99)), (i64::MAX, Some(699)));
    }
}
