//! What a decision looks at.

use super::Gate;
use crate::money::{Currency, Money};
use crate::order::{FulfilmentStatus, Order, OrderStatus, PaymentStatus, TrackingStatus};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether what was ordered is there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "stock")]
pub enum Stock {
    /// Nobody has looked.
    #[default]
    Unasked,
    /// No stock is kept here of anything in the order.
    Untracked,
    /// Of everything that stock is kept of.
    Enough,
    /// Too little of something.
    Short {
        /// Of this.
        sku: String,
        /// So much is free.
        available: i64,
        /// So much was ordered.
        ordered: i64,
    },
}

impl Stock {
    /// Whether it lets an order pass; none if stock has no say.
    pub(super) fn gate(&self) -> Option<Gate> {
        match self {
            Stock::Unasked | Stock::Untracked => None,
            Stock::Enough => Some(Gate::new("stock", true, "everything is in stock".to_owned())),
            Stock::Short { sku, available, ordered } => {
                Some(Gate::new("stock", false, format!("{sku}: {available} in stock of {ordered} ordered")))
            }
        }
    }
}

/// Everything a decision looks at. No personal data: it is kept, and a language model may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Features {
    /// Order track.
    pub status: OrderStatus,
    /// Payment track.
    pub payment: PaymentStatus,
    /// Fulfilment track.
    pub fulfilment: FulfilmentStatus,
    /// Tracking track.
    pub tracking: TrackingStatus,
    /// Seconds since it was placed.
    pub age_s: i64,
    /// Seconds in this status; since its work began, if it is ready to ship.
    pub in_state_s: i64,
    /// Changes so far.
    pub changes: u64,
    /// Positions.
    pub lines: usize,
    /// Pieces.
    pub units: u64,
    /// Minor units.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: Currency,
    /// Known to be late.
    pub delayed: bool,
    /// A person has undone this very step.
    pub kept_by_person: bool,
    /// It is being checked and set aside, or people have to decide something about it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub in_workflow: bool,
    /// Whether what was ordered is there.
    #[serde(flatten)]
    pub stock: Stock,
    /// Seconds after which half of this shop's orders have left this status; none if too few have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_s: Option<i64>,
}

impl Features {
    /// Of an order, now. What the order does not know, its stock and its shop's habits, comes beside it.
    pub fn of(order: &Order, stock: Stock, usual_s: Option<i64>, now: Timestamp) -> Features {
        let tracks = &order.tracks;
        Features {
            status: tracks.status,
            payment: tracks.payment,
            fulfilment: tracks.fulfilment,
            tracking: tracks.tracking,
            age_s: now.duration_since(order.placed_at).as_secs(),
            in_state_s: now.duration_since(order.in_work_since.unwrap_or(order.status_since)).as_secs(),
            changes: order.revision(),
            lines: order.lines.len(),
            units: order.lines.iter().map(|line| u64::from(line.quantity)).sum(),
            total_minor: order.totals.total_minor,
            currency: order.totals.currency,
            delayed: tracks.delayed.is_some(),
            kept_by_person: order.kept_by_person,
            in_workflow: order.is_in_workflow() || !order.held_back_by().is_empty(),
            stock,
            usual_s,
        }
    }

    pub(super) fn total(&self) -> String {
        format!("{} {}", Money::new(self.total_minor, self.currency).decimal(), self.currency.code())
    }

    pub(super) fn in_words(&self) -> String {
        let counted = |number: u64, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
        let late = if self.delayed { ", known to be late" } else { "" };
        let lines = counted(u64::try_from(self.lines).unwrap_or(u64::MAX), "line");
        format!("{lines}, {}, {}, placed {} ago{late}", counted(self.units, "piece"), self.total(), super::hours(self.age_s))
    }
}
