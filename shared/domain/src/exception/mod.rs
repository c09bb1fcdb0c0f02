//! What can go wrong with an order, as work for people: reasons, how bad each is, and which comes first.
//!
//! What is wrong with one order is its own ([`crate::order::exceptions`]).

mod code;
mod patterns;
mod priority;
mod rules;

pub use code::{Reason, Severity, Traits};
pub use patterns::{Cluster, Patterns, Peak, PlaceKind, RECURS_OVER, RESOLUTION_MIN_PERCENT, Seen, patterns};
pub use priority::{Bucket, SLA_RISK_AFTER, age_points, bucket, priority};
pub use rules::ExceptionRules;

#[cfg(test)]
mod tests;
