//! Cycle counts: what lies on a shelf, held against what the books say.

/// What a count of one thing at one place found. Pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// By the books: free to promise and promised together.
    pub expected: i64,
    /// By hand.
    pub counted: i64,
    /// What the books were corrected by.
    pub corrected: i64,
}

impl Found {
    /// Corrects the books, as far as that is possible: what is promised to orders stays promised, so no more than what is free can go.
    pub fn of(available: i64, reserved: i64, counted: u32) -> Found {
        let (expected, counted) = (available.saturating_add(reserved), i64::from(counted));
        Found { expected, counted, corrected: counted.saturating_sub(expected).max(-available) }
    }

    /// The books were right.
    pub const fn matched(&self) -> bool {
        self.expected == self.counted
    }

    /// Pieces that are promised to orders and are not there: a person has to decide who goes without.
    pub const fn missing(&self) -> i64 {
        (self.expected + self.corrected) - self.counted
    }
}

/// How good the books are: what was found as they say, of all that was counted, in thousandths. None if nothing was counted.
pub fn accuracy(matched: i64, counted: i64) -> Option<i64> {
    (counted > 0).then(|| matched.clamp(0, counted) * 1_000 / counted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A count of 1,000 things of which 5 are not as the books say: 99.5 %.
    // req: S2-43
    #[test]
    fn accuracy_of_a_thousand() {
        let found = (0..1_000u32).map(|n| Found::of(i64::from(n % 7), 3, n % 7 + 3 + u32::from(n % 200 == 0)));
        let matched = found.filter(Found::matched).count();
        assert_eq!(accuracy(matched as i64, 1_000), Some(995));
        assert_eq!(accuracy(0, 0), None);
        assert_eq!(accuracy(7, 7), Some(1_000));
    }

    #[test]
    fn what_is_promised_stays_promised() {
        assert_eq!(Found::of(5, 3, 8), Found { expected: 8, counted: 8, corrected: 0 });
        assert_eq!(Found::of(5, 3, 10).corrected, 2);
        assert_eq!(Found::of(5, 3, 4).corrected, -4);
        let short = Found::of(5, 3, 1);
        assert_eq!((short.corrected, short.missing()), (-5, 2), "three are promised and one is there");
        assert_eq!(Found::of(0, 0, 0).missing(), 0);
    }

    proptest! {
        #[test]
        fn books_end_as_counted_but_for_what_is_promised(available in 0..10_000i64, reserved in 0..10_000i64, counted in 0..20_000u32) {
            let found = Found::of(available, reserved, counted);
            prop_assert!(available + found.corrected >= 0);
            prop_assert_eq!(available + reserved + found.corrected - found.missing(), i64::from(counted));
            prop_assert_eq!(found.missing() > 0, i64::from(counted) < reserved);
        }
    }
}
