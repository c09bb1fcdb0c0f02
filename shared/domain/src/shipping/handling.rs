//! What somebody has to mind who takes something into their hands.

use serde::{Deserialize, Serialize};

/// A property of what is ordered. It makes work take longer ([`crate::sla`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Handling {
    /// Larger than what fits a belt.
    Oversized,
    /// Dangerous goods.
    Hazmat,
    /// It breaks easily.
    Fragile,
}

impl Handling {
    /// Every one.
    pub const ALL: [Handling; 3] = [Handling::Oversized, Handling::Hazmat, Handling::Fragile];

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Handling::Oversized => "oversized",
            Handling::Hazmat => "hazmat",
            Handling::Fragile => "fragile",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Handling> {
        Handling::ALL.into_iter().find(|handling| handling.as_str() == word)
    }
}
