//! How much is left of something, when that is little, what is ordered anew, and what a count finds.

pub mod count;
pub mod purchase;
pub mod reorder;

pub use reorder::{Demand, Proposal, ReorderRules};

use serde::{Deserialize, Serialize};

/// When little is left, at one location.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct StockRules {
    /// So many pieces that are free to promise, or fewer, are few.
    pub low_at: u32,
    /// So many, or fewer, are to be reordered. At most `low_at`.
    pub reorder_at: u32,
    /// How it is ordered anew.
    pub reorder: ReorderRules,
}

impl Default for StockRules {
    fn default() -> Self {
        StockRules { low_at: 10, reorder_at: 5, reorder: ReorderRules::default() }
    }
}

/// How much is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StockGrade {
    /// Enough.
    #[default]
    Enough,
    /// Few.
    Low,
    /// So few that more should be ordered.
    Reorder,
}

impl StockGrade {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            StockGrade::Enough => "enough",
            StockGrade::Low => "low",
            StockGrade::Reorder => "reorder",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<StockGrade> {
        [StockGrade::Enough, StockGrade::Low, StockGrade::Reorder].into_iter().find(|grade| grade.as_str() == word)
    }
}

impl StockRules {
    /// What a number of pieces means.
    pub fn grade(&self, available: i64) -> StockGrade {
        if available <= i64::from(self.reorder_at) {
            StockGrade::Reorder
        } else if available <= i64::from(self.low_at) {
            StockGrade::Low
        } else {
            StockGrade::Enough
        }
    }

    /// The least and the most of a grade.
    pub fn range(&self, grade: StockGrade) -> (i64, i64) {
        let (low, reorder) = (i64::from(self.low_at.max(self.reorder_at)), i64::from(self.reorder_at));
        match grade {
            StockGrade::Enough => (low + 1, i64::MAX),
            StockGrade::Low => (reorder + 1, low),
            StockGrade::Reorder => (i64::MIN, reorder),
        }
    }

    /// The limits that are crossed downwards from one grade to another, the higher first.
    pub fn crossed(&self, from: StockGrade, to: StockGrade) -> Vec<(StockGrade, u32)> {
        let limits = [(StockGrade::Low, self.low_at), (StockGrade::Reorder, self.reorder_at)];
        limits.into_iter().filter(|(grade, _)| from < *grade && *grade <= to).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S1-38
    #[test]
    fn each_limit_is_crossed_once() {
        use StockGrade::{Enough, Low, Reorder};
        let rules = StockRules::default();
        for (available, grade) in [(11, Enough), (10, Low), (6, Low), (5, Reorder), (0, Reorder), (-1, Reorder)] {
            assert_eq!(rules.grade(available), grade, "{available}");
            let (least, most) = rules.range(grade);
            assert!((least..=most).contains(&available), "{available}");
        }
        assert_eq!(rules.crossed(Enough, Low), [(Low, 10)]);
        assert_eq!(rules.crossed(Low, Reorder), [(Reorder, 5)]);
        assert_eq!(rules.crossed(Enough, Reorder), [(Low, 10), (Reorder, 5)], "both at once");
        for (from, to) in [(Low, Low), (Reorder, Low), (Reorder, Enough), (Enough, Enough)] {
            assert_eq!(rules.crossed(from, to), [], "{from:?} {to:?}");
        }
        assert_eq!([Enough, Low, Reorder].map(|grade| StockGrade::from_word(grade.as_str())), [Some(Enough), Some(Low), Some(Reorder)]);
    }
}
