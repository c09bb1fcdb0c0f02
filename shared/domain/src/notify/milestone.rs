//! Milestones of an order that is run here: what its letter says beside where it stands.

use crate::money::Money;
use crate::order::{Label, Order, PaymentStatus, ReviewKind};

/// What is known of an order that is run here, and of none that is only followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// What it costs.
    pub total: Money,
    /// The money is promised or taken.
    pub is_paid: bool,
    /// What has gone back.
    pub refunded: Money,
    /// Not all of it is in stock, and it waits for that.
    pub waits_for_stock: bool,
}

impl Run {
    /// Of an order; none of one that another system runs.
    pub fn of(order: &Order) -> Option<Run> {
        order.saga.as_ref()?;
        let total = order.owed();
        let nothing = Money { minor: 0, ..total };
        Some(Run {
            total,
            is_paid: matches!(order.tracks.payment, PaymentStatus::Authorized | PaymentStatus::PartiallyCaptured | PaymentStatus::Captured),
            refunded: order.paying.as_ref().map_or(nothing, |paying| paying.ledger.refunded()),
            waits_for_stock: order.open_reviews().any(|review| review.kind == ReviewKind::InventoryOverride && review.exception.is_none()),
        })
    }
}

/// A milestone with a letter of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Milestone {
    /// We have the order.
    Confirmed {
        /// What it costs.
        total: Money,
    },
    /// Its money is promised or taken, and work on it has begun.
    Paid {
        /// How much.
        total: Money,
    },
    /// It has left.
    Shipped,
    /// It has arrived.
    Delivered,
    /// The money has gone back.
    Refunded {
        /// How much; none if it did not go through us.
        amount: Option<Money>,
    },
    /// It was called off.
    Cancelled,
    /// Something in it is not in stock.
    Backordered,
}

impl Milestone {
    /// Of an order at a status; none where a status is all there is to say.
    pub fn at(label: Label, run: Option<Run>) -> Option<Milestone> {
        let run = run?;
        match label {
            Label::Received => Some(Milestone::Confirmed { total: run.total }),
            Label::Processing if run.is_paid => Some(Milestone::Paid { total: run.total }),
            Label::Shipped => Some(Milestone::Shipped),
            Label::Delivered => Some(Milestone::Delivered),
            Label::Refunded => Some(Milestone::Refunded { amount: Some(run.refunded).filter(|amount| amount.minor > 0) }),
            Label::Cancelled => Some(Milestone::Cancelled),
            Label::OnHold if run.waits_for_stock => Some(Milestone::Backordered),
            _ => None,
        }
    }
}
