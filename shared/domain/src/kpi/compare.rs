//! Today beside other days.

use super::{DailyKpi, Percent};
use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

/// The few numbers of a day that are worth keeping to compare later days with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Headline {
    /// The day.
    pub as_of: Date,
    /// All orders.
    pub total: u64,
    /// Share of orders whose status says "delayed".
    pub delayed_pct: Percent,
    /// Orders awaited past their promised day.
    pub sla_missed: u64,
}

impl From<&DailyKpi> for Headline {
    fn from(kpi: &DailyKpi) -> Headline {
        Headline { as_of: kpi.as_of, total: kpi.total, delayed_pct: kpi.delayed_pct, sla_missed: kpi.sla_missed }
    }
}

/// The two days a report is compared with, each if it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Comparison {
    /// The day before.
    pub yesterday: Option<Headline>,
    /// The same weekday a week before: shops breathe by the week, so this is the fairer one.
    pub same_weekday: Option<Headline>,
}

impl Comparison {
    /// Picks the two days that belong to `as_of` out of earlier reports, in whatever sequence they come.
    pub fn pick<I: IntoIterator<Item = Headline>>(as_of: Date, earlier: I) -> Comparison {
        let before = |days: i64| as_of.checked_sub(days.days()).ok();
        let (yesterday, week_ago) = (before(1), before(7));
        let mut picked = Comparison::default();
        for headline in earlier {
            if Some(headline.as_of) == yesterday {
                picked.yesterday = Some(headline);
            } else if Some(headline.as_of) == week_ago {
                picked.same_weekday = Some(headline);
            }
        }
        picked
    }
}
