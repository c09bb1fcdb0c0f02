//! Days on which somebody works.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Which days of a week are worked, and which days of a year are not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Calendar {
    /// Monday first.
    pub worked: [bool; 7],
    /// Days that are not worked whatever their weekday.
    pub holidays: BTreeSet<Date>,
}

impl Default for Calendar {
    fn default() -> Self {
        Calendar { worked: [true, true, true, true, true, false, false], holidays: BTreeSet::new() }
    }
}

impl Calendar {
    /// Days that are looked through for the next one that is worked: more than the longest holiday, and a year of them is a
    /// calendar on which nobody works.
    const SEARCHED_DAYS_MAX: usize = 366;

    /// Works every day of the year.
    pub fn every_day() -> Calendar {
        Calendar { worked: [true; 7], holidays: BTreeSet::new() }
    }

    /// Is this day worked?
    pub fn works_on(&self, day: Date) -> bool {
        let weekday = usize::try_from(day.weekday().to_monday_zero_offset()).unwrap_or(0);
        self.worked[weekday] && !self.holidays.contains(&day)
    }

    /// The first day after this one that is worked; none within a year.
    pub fn next_after(&self, day: Date) -> Option<Date> {
        std::iter::successors(day.tomorrow().ok(), |day| day.tomorrow().ok()).take(Self::SEARCHED_DAYS_MAX).find(|day| self.works_on(*day))
    }

    /// So many worked days later. Zero days later is that day, worked or not.
    pub fn add(&self, day: Date, days: u8) -> Option<Date> {
        (0..days).try_fold(day, |day, _| self.next_after(day))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn weekends_and_holidays_are_not_worked() {
        let calendar = Calendar { holidays: BTreeSet::from([date(2025, 12, 25)]), ..Calendar::default() };
        for (day, next) in [
            (date(2025, 8, 8), date(2025, 8, 11)),
            (date(2025, 8, 9), date(2025, 8, 11)),
            (date(2025, 12, 24), date(2025, 12, 26)),
            (date(2025, 8, 11), date(2025, 8, 12)),
        ] {
            assert_eq!(calendar.next_after(day), Some(next), "{day}");
        }
        assert_eq!(calendar.add(date(2025, 12, 23), 2), Some(date(2025, 12, 26)));
        assert_eq!(calendar.add(date(2025, 8, 9), 0), Some(date(2025, 8, 9)));
        assert_eq!(Calendar { worked: [false; 7], ..Calendar::default() }.next_after(date(2025, 8, 8)), None);
        assert_eq!(Calendar::every_day().next_after(Date::MAX), None, "time ends");
    }
}
