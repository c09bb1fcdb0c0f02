//! From values to tenths of a pixel.

use std::fmt;

/// A length or position in tenths of a pixel; shown as "12.3".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Tenths(pub(super) i128);

impl Tenths {
    pub(super) const fn pixels(pixels: i128) -> Tenths {
        Tenths(pixels * 10)
    }
}

impl std::ops::Add for Tenths {
    type Output = Tenths;
    fn add(self, other: Tenths) -> Tenths {
        Tenths(self.0 + other.0)
    }
}

impl std::ops::Sub for Tenths {
    type Output = Tenths;
    fn sub(self, other: Tenths) -> Tenths {
        Tenths(self.0 - other.0)
    }
}

impl fmt::Display for Tenths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, tenth) = (self.0.unsigned_abs() / 10, self.0.unsigned_abs() % 10);
        if tenth == 0 { write!(f, "{sign}{whole}") } else { write!(f, "{sign}{whole}.{tenth}") }
    }
}

/// Maps `low..=high` onto `0..=length`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: i128,
    pub(super) high: i128,
    pub(super) length: Tenths,
}

impl Scale {
    pub(super) fn place(&self, value: i128) -> Tenths {
        let span = self.high - self.low;
        if span == 0 {
            // One value only: in the middle, neither high nor low.
            return Tenths(self.length.0 / 2);
        }
        Tenths((value.clamp(self.low, self.high) - self.low) * self.length.0 / span)
    }
}

/// About four steps of 1, 2 or 5 times a power of ten that cover the values and zero.
pub(super) fn ticks(low: i128, high: i128) -> Vec<i128> {
    let (low, high) = (low.min(0), high.max(0));
    let rough = ((high - low) / 4).max(1);
    let mut power = 1;
    while power * 10 <= rough {
        power *= 10;
    }
    let step = [1, 2, 5, 10].into_iter().map(|times| times * power).find(|step| *step >= rough).unwrap_or(power * 10);
    let (first, last) = (low.div_euclid(step), -(-high).div_euclid(step));
    (first..=last.max(first + 1)).map(|times| times * step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ticks_are_round() {
        assert_eq!(ticks(0, 10), [0, 2, 4, 6, 8, 10]);
        assert_eq!(ticks(3, 97), [0, 50, 100]);
        assert_eq!(ticks(-30, 97), [-50, 0, 50, 100]);
        assert_eq!(ticks(0, 0), [0, 1]);
        assert_eq!(ticks(-3, -1), [-3, -2, -1, 0]);
    }

    proptest! {
        #[test]
        fn ticks_cover_the_values_and_are_few(a: i64, b: i64) {
            let (low, high) = (i128::from(a.min(b)), i128::from(a.max(b)));
            let ticks = ticks(low, high);
            prop_assert!(ticks.len() >= 2 && ticks.len() <= 7, "{ticks:?}");
            prop_assert!(ticks[0] <= low && low <= high && high <= ticks[ticks.len() - 1]);
            prop_assert!(ticks.contains(&0));
        }

        #[test]
        fn places_stay_inside(a: i64, b: i64, value: i64) {
            let scale = Scale { low: a.min(b).into(), high: a.max(b).into(), length: Tenths::pixels(300) };
            let place = scale.place(value.into());
            prop_assert!(place >= Tenths(0) && place <= scale.length);
        }
    }
}
