//! Hours in which somebody works.

use crate::shipping::Calendar;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Days that are looked through for so much working time: more than the longest target at an hour a day would take is a target
/// that is never missed.
const SEARCHED_DAYS_MAX: usize = 3 * 366;

/// From when to when a worked day is worked, by the shop's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hours {
    /// Work begins.
    pub opens: Time,
    /// It ends; later the same day.
    pub closes: Time,
}

impl Hours {
    /// The moment at which so many seconds have been worked since another. None if that is not within three years.
    pub fn after(&self, start: Timestamp, seconds: i64, days: &Calendar, zone: &TimeZone) -> Option<Timestamp> {
        let mut left = SignedDuration::from_secs(seconds);
        let mut day = start.to_zoned(zone.clone()).date();
        for _ in 0..SEARCHED_DAYS_MAX {
            if days.works_on(day) {
                // Where the clocks change, a day has as many hours as it has.
                let moment = |time: Time| day.to_datetime(time).to_zoned(zone.clone()).map(|zoned| zoned.timestamp()).ok();
                let (opens, closes) = (moment(self.opens)?.max(start), moment(self.closes)?);
                let open = closes.duration_since(opens);
                if open.is_positive() {
                    if left <= open {
                        return opens.checked_add(left).ok();
                    }
                    left -= open;
                }
            }
            day = day.tomorrow().ok()?;
        }
        None
    }
}
