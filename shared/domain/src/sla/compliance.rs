//! How often service levels are kept, and where that is going.

use jiff::civil::Date;

/// Fewer judged clocks than this are no trend.
const JUDGED_MIN: i64 = 50;
/// A slope counts from so many of its standard errors on: chance alone makes that of one in twenty.
const ERRORS_MIN: f64 = 2.0;
/// Days in which something was judged, at least.
const DAYS_MIN: usize = 7;

/// What became of the clocks that were due on a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Day {
    /// Which.
    pub day: Date,
    /// In time.
    pub kept: i64,
    /// Too late, or still not done when its time was up.
    pub missed: i64,
}

impl Day {
    const fn judged(&self) -> i64 {
        self.kept + self.missed
    }
}

/// Where it is going.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// More is in time than before.
    Better,
    /// Less is.
    Worse,
    /// Neither, as far as so few say.
    Steady,
}

impl Direction {
    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Direction::Better => "better",
            Direction::Worse => "worse",
            Direction::Steady => "steady",
        }
    }
}

/// A line through the shares of some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Trend {
    /// Clocks that it rests on.
    pub n: i64,
    /// By how much the share of what is in time changes in a week, in tenths of a percentage point.
    pub per_week_tenths: i64,
    /// Whether that is more than chance.
    pub direction: Direction,
}

/// The trend of some days: weighted least squares of the share in time over days, each day by how many clocks it judged. Nothing of fewer than
/// seven days, or of fewer than fifty clocks.
pub fn trend(days: &[Day]) -> Option<Trend> {
    let judged: Vec<&Day> = days.iter().filter(|day| day.judged() > 0).collect();
    let n: i64 = judged.iter().map(|day| day.judged()).sum();
    let first = judged.iter().map(|day| day.day).min()?;
    if judged.len() < DAYS_MIN || n < JUDGED_MIN {
        return None;
    }
    #[expect(clippy::cast_precision_loss, reason = "counts of a day, and days of some years")]
    let points: Vec<(f64, f64, f64)> = judged
        .iter()
        .map(|day| {
            let age = first.until(day.day).map_or(0, |span| span.get_days());
            (f64::from(age), day.kept as f64 / day.judged() as f64, day.judged() as f64)
        })
        .collect();
    let weight: f64 = points.iter().map(|(_, _, w)| w).sum();
    let mean = |of: &dyn Fn(&(f64, f64, f64)) -> f64| points.iter().map(|point| point.2 * of(point)).sum::<f64>() / weight;
    let (x, y) = (mean(&|point| point.0), mean(&|point| point.1));
    let spread: f64 = points.iter().map(|(at, _, w)| w * (at - x) * (at - x)).sum();
    if spread <= 0.0 {
        return None;
    }
    let slope = points.iter().map(|(at, share, w)| w * (at - x) * (share - y)).sum::<f64>() / spread;
    // Each clock is kept or not: that alone makes shares differ. Days that differ by more than that widen it.
    let chance = (y * (1.0 - y) / spread).sqrt();
    #[expect(clippy::cast_precision_loss, reason = "at most some hundred days")]
    let freedom = (points.len() - 2).max(1) as f64;
    let residual: f64 = points.iter().map(|(at, share, w)| w * (share - y - slope * (at - x)).powi(2)).sum();
    let error = chance.max((residual / freedom / spread).sqrt());
    let direction = match slope {
        slope if slope.abs() < ERRORS_MIN * error || slope == 0.0 => Direction::Steady,
        slope if slope > 0.0 => Direction::Better,
        _ => Direction::Worse,
    };
    #[expect(clippy::cast_possible_truncation, reason = "a share changes by less than a thousand points a week")]
    let per_week_tenths = (slope * 7.0 * 1_000.0).round() as i64;
    Some(Trend { n, per_week_tenths, direction })
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::ToSpan;
    use jiff::civil::date;

    /// Eight weeks of 40 a day, of which so many are kept.
    fn weeks(kept: impl Fn(i64) -> i64) -> Vec<Day> {
        let day = |n: i64| Day { day: date(2025, 6, 2).saturating_add(n.days()), kept: kept(n), missed: 40 - kept(n) };
        (0..56).map(day).collect()
    }

    // req: S4-45
    #[test]
    fn eight_weeks_say_where_it_is_going() {
        let better = trend(&weeks(|n| 20 + n / 4)).unwrap();
        assert_eq!((better.n, better.direction), (2_240, Direction::Better));
        assert!((40..=46).contains(&better.per_week_tenths), "a quarter of 40 in 56 days is some 4.4 points a week: {better:?}");
        let worse = trend(&weeks(|n| 34 - n / 4)).unwrap();
        assert_eq!((worse.direction, worse.per_week_tenths.signum()), (Direction::Worse, -1));
        let wobbly = trend(&weeks(|n| 30 + (n * 7919 % 5) - 2)).unwrap();
        assert_eq!(wobbly.direction, Direction::Steady, "{wobbly:?}");
        assert_eq!(trend(&weeks(|_| 40)).unwrap().direction, Direction::Steady, "always in time");
    }

    #[test]
    fn few_are_no_trend() {
        assert_eq!(trend(&[]), None);
        assert_eq!(trend(&weeks(|n| 20 + n / 4)[..6]), None);
        let thin: Vec<Day> = weeks(|_| 1).into_iter().map(|day| Day { kept: 0, missed: 0, ..day }).collect();
        assert_eq!(trend(&thin), None);
        let one_a_day: Vec<Day> = weeks(|_| 1).into_iter().take(20).map(|day| Day { missed: 1, ..day }).collect();
        assert_eq!(trend(&one_a_day), None, "forty clocks");
    }
}
