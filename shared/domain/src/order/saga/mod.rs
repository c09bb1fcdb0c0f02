//! An order's way from a cart to a parcel, step by step, and back if it has to.
//!
//! The steps are data ([`Table`]); where an order stands among them, and what it has set aside, is part of the order and moves with
//! its commits. What a step needs to know comes as [`Facts`]; [`proceed`] goes as far as they lead. Whatever else happens to an
//! order, [`follow`] draws the consequences in the same commit: an order that is called off has given back what it held the
//! moment it is called off, and there is no moment at which stock is held for nobody.

mod allocate;
mod follow;
mod shelf;
mod state;
mod table;
mod way;

pub(super) use follow::{approved, follow, nudge, rejected};
pub(super) use shelf::note_down;
pub(super) use way::proceed;

pub use allocate::{Short, Supply, allocate, better};
pub use table::{Row, Runs, Step, Table, Undo};

use super::{Order, OrderStatus};
use crate::fraud::{Assessment, FraudAdvice, FraudRules, Past};
use crate::ids::LocationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How a review ends that asks what to do about too little stock.
pub(super) const SHORT: &str = "are free";
/// The rule's name, as histories have it.
pub const RULE: &str = "saga";
/// What one commit sets aside or gives back: each takes up to three of the hundred writes of a transaction.
pub const HOLD_MAX: usize = 28;

/// How a shop wants its orders taken through.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SagaRules {
    /// Orders that are placed here are taken through; without it they wait for people and for what other systems say.
    pub enabled: bool,
    /// What is suspicious.
    pub fraud: FraudRules,
    /// Whole units of the order's currency: a person looks at what is worth more. 0 = never.
    pub high_value_over: u32,
    /// Two people have to approve what is worth more. 0 = one is enough.
    pub four_eyes_over: u32,
    /// So long people have for a review, in hours.
    pub review_within_h: u32,
    /// What nobody has decided by then is called off, instead of being shown to the team.
    pub reject_overdue: bool,
    /// Stock is set aside, of whatever stock is kept.
    pub reserve_stock: bool,
    /// Of ten thousand parcels so many are checked before they leave.
    pub checked_bps: u32,
}

impl Default for SagaRules {
    fn default() -> Self {
        SagaRules {
            enabled: false,
            fraud: FraudRules::default(),
            high_value_over: 1_000,
            four_eyes_over: 0,
            review_within_h: 24,
            reject_overdue: false,
            reserve_stock: true,
            checked_bps: 0,
        }
    }
}

impl SagaRules {
    /// Longest time for a review, in hours: thirty days.
    pub const REVIEW_HOURS_MAX: u32 = 720;

    fn is_over(order: &Order, limit: u32) -> bool {
        let total = order.totals.total();
        limit > 0 && total.minor > i64::from(limit).saturating_mul(total.currency.minor_per_major())
    }
}

/// So many pieces of something, somewhere, set aside for an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Allocation {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How many.
    pub quantity: u32,
}

/// What is free somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Free {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How many.
    pub available: i64,
}

/// How a saga ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Everything was done.
    Completed,
    /// Everything was taken back.
    Compensated,
    /// Nobody but a person can help.
    NeedsHuman,
}

impl Ended {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            Ended::Completed => "completed",
            Ended::Compensated => "compensated",
            Ended::NeedsHuman => "needs_human",
        }
    }
}

/// Where an order stands on its way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Saga {
    /// The version of the table it began with.
    pub table: u16,
    /// The step it is at.
    pub step: Step,
    /// Since when.
    pub since: Timestamp,
    /// When the step is begun again, if it has not happened by then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// What speaks against it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assessment: Option<Assessment>,
    /// What is set aside for it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub held: Vec<Allocation>,
    /// What has left the shelf with it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left: Vec<Allocation>,
    /// Where it was when it was put on hold for people to decide; nothing once anything else has moved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<OrderStatus>,
    /// Part of it has left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub partly: bool,
    /// What became of the rest of an order that was called off when part of it had left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Rest>,
    /// How it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// What became of what was set aside for an order that was called off when part of it had left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rest {
    /// Somebody has to look.
    Unknown,
    /// All of it has left.
    Left,
    /// All of it is still there.
    Kept,
}

/// What happened on the way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum SagaEvent {
    /// It begins, or begins anew.
    Began {
        /// The version of the table.
        table: u16,
    },
    /// Points were added up that speak against it.
    Screened {
        /// What was found.
        assessment: Assessment,
    },
    /// It has come to a step.
    Entered {
        /// Which.
        step: Step,
    },
    /// Stock was set aside.
    Held {
        /// What, where.
        stock: Vec<Allocation>,
        /// As the shop's adviser proposed, because it needs fewer parcels.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        advised: bool,
    },
    /// Stock was given back.
    Released {
        /// What, where.
        stock: Vec<Allocation>,
    },
    /// What was set aside has left.
    Shipped {
        /// What, from where.
        stock: Vec<Allocation>,
    },
    /// What left without having been set aside is taken off the shelf.
    Taken {
        /// What, from where.
        stock: Vec<Allocation>,
    },
    /// What had left is back on the shelf: it had not left after all.
    Returned {
        /// What, where.
        stock: Vec<Allocation>,
    },
    /// What became of the rest.
    Rest {
        /// That.
        rest: Rest,
    },
    /// It was over, and is not.
    Reopened {
        /// From which step it goes on.
        step: Step,
    },
    /// A step took too long, and is begun again.
    Nudged {
        /// Which.
        step: Step,
    },
    /// It is over.
    Ended {
        /// How.
        how: Ended,
    },
}

impl SagaEvent {
    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            SagaEvent::Began { .. } => "workflow_began",
            SagaEvent::Screened { .. } => "screened",
            SagaEvent::Entered { .. } => "workflow_step",
            SagaEvent::Held { .. } => "stock_held",
            SagaEvent::Released { .. } => "stock_released",
            SagaEvent::Shipped { .. } => "stock_shipped",
            SagaEvent::Taken { .. } => "stock_taken",
            SagaEvent::Returned { .. } => "stock_returned",
            SagaEvent::Rest { .. } => "stock_rest",
            SagaEvent::Reopened { .. } => "workflow_reopened",
            SagaEvent::Nudged { .. } => "workflow_nudged",
            SagaEvent::Ended { .. } => "workflow_ended",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let what = |stock: &[Allocation]| {
            let first: Vec<String> = stock.iter().take(3).map(|a| format!("{} {} at {}", a.quantity, a.sku, a.location)).collect();
            let more = if stock.len() > 3 { format!(" and {} more", stock.len() - 3) } else { String::new() };
            format!("{}{more}", first.join(", "))
        };
        match self {
            SagaEvent::Began { .. } => "On its way through checks and stock".to_owned(),
            SagaEvent::Screened { assessment } if assessment.points.is_empty() => "Checked: nothing speaks against it".to_owned(),
            SagaEvent::Screened { assessment } => {
                let why: Vec<&str> = assessment.points.iter().map(|point| point.reason.as_str()).collect();
                format!("Checked: {} points ({}): {}", assessment.score, assessment.level().code(), why.join("; "))
            }
            SagaEvent::Entered { step } => step.text().to_owned(),
            SagaEvent::Held { stock, advised: false } => format!("Set aside: {}", what(stock)),
            SagaEvent::Held { stock, advised: true } => format!("Set aside as the adviser proposed: {}", what(stock)),
            SagaEvent::Released { stock } => format!("Given back: {}", what(stock)),
            SagaEvent::Shipped { stock } => format!("Left the shelf: {}", what(stock)),
            SagaEvent::Taken { stock } => format!("Left the shelf, without having been set aside: {}", what(stock)),
            SagaEvent::Returned { stock } => format!("Back on the shelf: {}", what(stock)),
            SagaEvent::Rest { rest: Rest::Unknown } => "Part of it had left when it was called off".to_owned(),
            SagaEvent::Rest { rest: Rest::Left } => "All that was set aside has left".to_owned(),
            SagaEvent::Rest { rest: Rest::Kept } => "All that was set aside is still there".to_owned(),
            SagaEvent::Reopened { step } => format!("Not over after all: {}", step.text()),
            SagaEvent::Nudged { step } => format!("{} took too long and is begun again", step.text()),
            SagaEvent::Ended { how: Ended::Completed } => "Everything is done".to_owned(),
            SagaEvent::Ended { how: Ended::Compensated } => "Everything is taken back".to_owned(),
            SagaEvent::Ended { how: Ended::NeedsHuman } => "A person has to take over".to_owned(),
        }
    }
}

/// What a change of stock is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StockMove {
    /// Set aside.
    Hold,
    /// Given back.
    Release,
    /// Gone, having been set aside.
    Ship,
    /// Gone, without having been set aside.
    Take,
    /// Not gone after all.
    Return,
}

impl StockMove {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            StockMove::Hold => "held",
            StockMove::Release => "released",
            StockMove::Ship => "shipped",
            StockMove::Take => "taken",
            StockMove::Return => "returned",
        }
    }
}

impl SagaEvent {
    /// What it does to stock. The commit that records it does it.
    pub fn stock(&self) -> Option<(StockMove, &[Allocation])> {
        match self {
            SagaEvent::Held { stock, .. } => Some((StockMove::Hold, stock)),
            SagaEvent::Released { stock } => Some((StockMove::Release, stock)),
            SagaEvent::Shipped { stock } => Some((StockMove::Ship, stock)),
            SagaEvent::Taken { stock } => Some((StockMove::Take, stock)),
            SagaEvent::Returned { stock } => Some((StockMove::Return, stock)),
            _ => None,
        }
    }
}

/// What a worker has looked up; none of what it did not have to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What is known of the customer.
    pub past: Option<Past>,
    /// What is free of what the order still needs.
    pub levels: Option<Vec<Free>>,
    /// From where it should be sent, the best place first; where nothing is said, by name.
    pub ranking: Vec<LocationId>,
    /// What the shop's adviser thinks of the order, if it has one that has answered.
    pub advice: Option<FraudAdvice>,
    /// From where it would send what, if it has said that. It is followed only if it needs fewer parcels than we do.
    pub proposed: Option<Vec<Allocation>>,
}

/// What can be asked of a saga.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SagaCommand {
    /// Go on, as far as that leads.
    Proceed {
        /// What is known.
        facts: Facts,
        /// How the shop wants it.
        rules: SagaRules,
    },
    /// Begin the step again, if its time is up.
    Nudge,
}

#[cfg(test)]
mod tests;
