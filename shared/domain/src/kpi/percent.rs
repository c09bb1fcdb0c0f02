//! A percentage with one decimal, computed without floats.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;

/// A share between 0.0 % and 100.0 %, kept as tenths of a percent. On the wire it is the string "21.4".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Percent(u16);

impl Percent {
    /// No share at all; also the share of an empty whole.
    pub const ZERO: Percent = Percent(0);
    const FULL: u16 = 1_000;

    /// `part` of `whole`, rounded to one decimal, ties to the even tenth (1 of 16 is 6.2 %, 3 of 16 is
    /// 18.8 %). An empty whole gives 0.0 %; a part larger than its whole gives 100.0 %.
    pub fn of(part: u64, whole: u64) -> Percent {
        if whole == 0 {
            return Percent::ZERO;
        }
        let whole = u128::from(whole);
        let scaled = u128::from(part).min(whole) * u128::from(Self::FULL);
        let (tenths, rest) = (scaled / whole, scaled % whole);
        let up = rest * 2 > whole || (rest * 2 == whole && tenths % 2 == 1);
        Percent(u16::try_from(tenths + u128::from(up)).unwrap_or(Self::FULL))
    }

    /// Tenths of a percent, 0 to 1,000.
    pub const fn tenths(self) -> u16 {
        self.0
    }

    fn parse(text: &str) -> Option<Percent> {
        let (whole, tenth) = text.split_once('.')?;
        let digits = |part: &str| !part.is_empty() && part.len() <= 3 && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || tenth.len() != 1 || !digits(tenth) {
            return None;
        }
        let tenths = whole.parse::<u16>().ok()? * 10 + tenth.parse::<u16>().ok()?;
        (tenths <= Self::FULL).then_some(Percent(tenths))
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0 / 10, self.0 % 10)
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Percent::parse(&text).ok_or_else(|| serde::de::Error::custom("expected a percentage such as \"21.4\""))
    }
}
