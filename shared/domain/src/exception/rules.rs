//! How a shop works on what goes wrong.

use crate::money::Money;
use crate::order::Fault;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// How a shop wants what goes wrong to be worked on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExceptionRules {
    /// What goes wrong with orders becomes an exception.
    pub enabled: bool,
    /// Minutes after which the team hears of one that nobody has taken on. 0 = never.
    pub team_after_min: u32,
    /// Minutes after which the customer hears that it takes longer, if it may be known and is still open. 0 = never.
    pub customer_after_min: u32,
    /// Hours within which one has to be resolved, and taken on.
    pub respond_within_h: u32,
    /// Whole units of the order's currency: what is worth more comes earlier. 0 = worth does not matter.
    pub valuable_over: u32,
}

impl Default for ExceptionRules {
    fn default() -> Self {
        ExceptionRules { enabled: false, team_after_min: 30, customer_after_min: 60, respond_within_h: 4, valuable_over: 500 }
    }
}

impl ExceptionRules {
    /// Longest time that can be set, in minutes: thirty days.
    pub const MINUTES_MAX: u32 = 43_200;
    /// Longest response time, in hours: thirty days.
    pub const HOURS_MAX: u32 = 720;
    /// So many times the limit counts double.
    const VERY: i64 = 5;

    /// Everything that is wrong with them.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (field, minutes) in [("team_after_min", self.team_after_min), ("customer_after_min", self.customer_after_min)] {
            if minutes > ExceptionRules::MINUTES_MAX {
                faults.push(Fault::new(format!("exceptions.{field}"), "out_of_range", "0 to 43200 minutes"));
            }
        }
        if !(1..=ExceptionRules::HOURS_MAX).contains(&self.respond_within_h) {
            faults.push(Fault::new("exceptions.respond_within_h", "out_of_range", "1 to 720 hours"));
        }
        faults
    }

    /// How long one may stay open.
    pub fn respond_within(&self) -> SignedDuration {
        SignedDuration::from_hours(i64::from(self.respond_within_h))
    }

    /// What the worth of its order counts: nothing, ten, or twenty points.
    pub fn worth_points(&self, total: Money) -> u8 {
        let limit = i64::from(self.valuable_over).saturating_mul(total.currency.minor_per_major());
        match total.minor {
            _ if self.valuable_over == 0 => 0,
            minor if minor > limit.saturating_mul(ExceptionRules::VERY) => 20,
            minor if minor > limit => 10,
            _ => 0,
        }
    }
}
