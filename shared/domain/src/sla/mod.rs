//! How fast an order has to go: the service levels of a shop or of the clients of a 3PL, each with its own name.
//!
//! Here are the targets and how a deadline follows from one. What runs for an order, and what became of it, is its own
//! ([`crate::order::clocks`]).

mod compliance;
mod factor;
mod hours;
mod rules;

pub use compliance::{Day, Direction, Trend, trend};
pub use factor::{Factor, FactorPercents, PERCENT_MAX, stretched};
pub use hours::Hours;
pub use rules::{CarrierDays, DayRange, SlaRules};

use crate::order::clocks::Milestone;
use serde::{Deserialize, Serialize};

/// A service level of an order. Promised days ([`crate::order::Concern::Overdue`]) and orders that nobody begins with
/// ([`crate::order::Concern::PendingTooLong`]) are two more, and are watched whether or not any of these is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sla {
    /// Paid, until it is picked.
    Pick,
    /// Picked, until it is packed.
    Pack,
    /// Picked, until the warehouse says anything more of it: beyond that a scan is missing rather than a hand.
    Scan,
    /// Packed, until its carrier has it.
    Ship,
    /// With its carrier, until it is delivered.
    Carrier,
    /// Paid, until it is delivered.
    Delivery,
}

impl Sla {
    /// Every one, in the order in which an order meets them.
    pub const ALL: [Sla; 6] = [Sla::Pick, Sla::Pack, Sla::Scan, Sla::Ship, Sla::Carrier, Sla::Delivery];

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Sla::Pick => "pick",
            Sla::Pack => "pack",
            Sla::Scan => "scan",
            Sla::Ship => "ship",
            Sla::Carrier => "carrier",
            Sla::Delivery => "delivery",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<Sla> {
        Sla::ALL.into_iter().find(|sla| sla.as_str() == word)
    }

    /// For people: what has to be done in time.
    pub const fn text(self) -> &'static str {
        match self {
            Sla::Pick => "Picking",
            Sla::Pack => "Packing",
            Sla::Scan => "Next scan",
            Sla::Ship => "Handing over",
            Sla::Carrier => "Carriage",
            Sla::Delivery => "Delivery",
        }
    }

    /// Where its clock starts.
    pub const fn from(self) -> Milestone {
        match self {
            Sla::Pick | Sla::Delivery => Milestone::Paid,
            Sla::Pack | Sla::Scan => Milestone::Picked,
            Sla::Ship => Milestone::Packed,
            Sla::Carrier => Milestone::HandedOver,
        }
    }

    /// Where it stops.
    pub const fn to(self) -> Milestone {
        match self {
            Sla::Pick => Milestone::Picked,
            Sla::Pack | Sla::Scan => Milestone::Packed,
            Sla::Ship => Milestone::HandedOver,
            Sla::Carrier | Sla::Delivery => Milestone::Delivered,
        }
    }

    /// It is work in the house: circumstances make it take longer, and working hours count.
    pub const fn is_work(self) -> bool {
        matches!(self, Sla::Pick | Sla::Pack | Sla::Scan | Sla::Ship)
    }

    /// It does not run while the order is on hold. What a carrier has goes on.
    pub const fn pauses(self) -> bool {
        !matches!(self, Sla::Carrier)
    }
}

impl std::fmt::Display for Sla {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests;
