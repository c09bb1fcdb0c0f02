//! How a rule has done so far.

use serde::{Deserialize, Serialize};

/// How often a rule moved orders on, and how often people overruled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TrackRecord {
    /// Orders it moved.
    pub decided: u64,
    /// Of them, those that were undone, corrected or disagreed with.
    pub overruled: u64,
}

impl TrackRecord {
    /// A rule nobody knows yet is believed as one that was right 19 times of 20.
    const BELIEVED: (u64, u64) = (19, 20);

    /// Percent: the share that people let stand, drawn towards 95 while there are few (the mean of a Beta(19, 1) prior
    /// after what was seen).
    pub fn confidence(&self) -> u8 {
        let kept = self.decided.saturating_sub(self.overruled);
        let (right, of) = Self::BELIEVED;
        let percent = (kept.saturating_add(right)).saturating_mul(100) / self.decided.saturating_add(of);
        u8::try_from(percent).unwrap_or(100)
    }

    pub(super) fn in_words(&self) -> String {
        match self.decided {
            0 => "no such decision was made here before".to_owned(),
            decided => format!("of {decided} such decisions here, people overruled {}", self.overruled),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-05, S1-73
    #[test]
    fn confidence_follows_what_people_do() {
        let of = |decided, overruled| TrackRecord { decided, overruled }.confidence();
        assert_eq!(of(0, 0), 95);
        assert_eq!(of(1_000, 0), 99);
        assert_eq!(of(100, 8), 92);
        assert_eq!(of(20, 20), 47, "twenty of twenty were wrong");
        assert_eq!(of(u64::MAX, u64::MAX), 0);
        assert!((0..200).map(|wrong| of(200, wrong)).is_sorted_by(|a, b| a >= b));
    }
}
