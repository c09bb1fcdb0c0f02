//! Circumstances under which work may take longer.

use serde::{Deserialize, Serialize};

/// Together they stretch a target to no more than this, in percent of it.
pub const PERCENT_MAX: u32 = 300;

/// Why a target is longer than usual.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Factor {
    /// Its clock started on a day of the week that is not worked.
    Weekend,
    /// Its clock started on a holiday.
    Holiday,
    /// More orders than usual were placed in that hour.
    Busy,
    /// Its clock started in a season that the shop has named.
    Peak,
    /// Something of it is oversized.
    Oversized,
    /// Something of it is dangerous.
    Hazmat,
    /// Something of it breaks easily.
    Fragile,
}

impl Factor {
    /// Every one.
    pub const ALL: [Factor; 7] =
        [Factor::Weekend, Factor::Holiday, Factor::Busy, Factor::Peak, Factor::Oversized, Factor::Hazmat, Factor::Fragile];

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Factor::Weekend => "weekend",
            Factor::Holiday => "holiday",
            Factor::Busy => "busy",
            Factor::Peak => "peak",
            Factor::Oversized => "oversized",
            Factor::Hazmat => "hazmat",
            Factor::Fragile => "fragile",
        }
    }
}

/// How much longer each makes work, in percent of the target: 150 is half as long again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FactorPercents {
    /// See [`Factor::Weekend`].
    pub weekend: u32,
    /// See [`Factor::Holiday`].
    pub holiday: u32,
    /// See [`Factor::Busy`].
    pub busy: u32,
    /// See [`Factor::Peak`].
    pub peak: u32,
    /// See [`Factor::Oversized`].
    pub oversized: u32,
    /// See [`Factor::Hazmat`].
    pub hazmat: u32,
    /// See [`Factor::Fragile`].
    pub fragile: u32,
}

impl Default for FactorPercents {
    fn default() -> Self {
        FactorPercents { weekend: 150, holiday: 200, busy: 130, peak: 140, oversized: 150, hazmat: 200, fragile: 120 }
    }
}

impl FactorPercents {
    /// Of one.
    pub const fn of(&self, factor: Factor) -> u32 {
        match factor {
            Factor::Weekend => self.weekend,
            Factor::Holiday => self.holiday,
            Factor::Busy => self.busy,
            Factor::Peak => self.peak,
            Factor::Oversized => self.oversized,
            Factor::Hazmat => self.hazmat,
            Factor::Fragile => self.fragile,
        }
    }
}

/// So many seconds, stretched by each of the factors and by no more than [`PERCENT_MAX`] in all; whole seconds, rounded down.
pub fn stretched(seconds: i64, factors: &[Factor], percents: &FactorPercents) -> i64 {
    // At most seven factors of at most 300: no more than 3^7 times the seconds of a year, a hundred times over for each.
    let (mut top, mut bottom) = (1_i128, 1_i128);
    for factor in factors {
        top *= i128::from(percents.of(*factor));
        bottom *= 100;
    }
    let capped = (top * 100).min(i128::from(PERCENT_MAX) * bottom);
    i64::try_from(i128::from(seconds) * capped / (bottom * 100)).unwrap_or(i64::MAX)
}
