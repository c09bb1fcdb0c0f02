//! What is to happen to an order at a moment, unless something else happens first.
//!
//! Timers belong to the order: they are set, run and cancelled by its events, so that none outlives what it was for, and
//! one that fires twice does nothing the second time. When the first of them is due is the order's place in an index.

use super::event::OrderEvent;
use super::{Order, OrderStatus, PaymentStatus};
use crate::ids::TimerId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Timers of one order.
pub const TIMERS_MAX: usize = 8;
/// Longest text of a follow-up, in characters.
pub const TEXT_CHARS_MAX: usize = 1_000;
/// The timer of a follow-up that the shop's own rule has set.
pub const AFTER_DELIVERY: &str = "after-delivery";
/// The timer of a message that waits for the morning.
pub const MORNING: &str = "morning";

/// What is to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "wake")]
pub enum Wake {
    /// The customer is told how it stands then: a message had to wait.
    Tell,
    /// The customer is asked how it was.
    FollowUp {
        /// In words of the shop's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

/// Something that is to happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Its name among the timers of its order.
    pub id: TimerId,
    /// When.
    pub at: Timestamp,
    /// What.
    #[serde(flatten)]
    pub wake: Wake,
}

/// Why a timer was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cancelled {
    /// A person has cancelled it.
    Asked,
    /// The money went back.
    Refunded,
    /// The order came to nothing.
    OrderCancelled,
    /// The customer is not content.
    Returned,
    /// There is nobody to write to any more.
    Erased,
    /// They have been told meanwhile.
    Overtaken,
}

impl Cancelled {
    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            Cancelled::Asked => "cancelled",
            Cancelled::Refunded => "the money went back",
            Cancelled::OrderCancelled => "the order came to nothing",
            Cancelled::Returned => "it is coming back",
            Cancelled::Erased => "there is nobody to write to",
            Cancelled::Overtaken => "told meanwhile",
        }
    }
}

impl Order {
    /// When the first of its timers is due.
    pub fn next_timer(&self) -> Option<Timestamp> {
        self.timers.iter().map(|timer| timer.at).min()
    }

    /// A timer by name.
    pub fn timer(&self, id: &TimerId) -> Option<&Timer> {
        self.timers.iter().find(|timer| timer.id == *id)
    }

    /// Why nobody is to be asked how it was.
    fn no_follow_up(&self) -> Option<Cancelled> {
        let refunded = matches!(self.tracks.payment, PaymentStatus::Refunded | PaymentStatus::Chargeback | PaymentStatus::Disputed);
        if self.contact.is_none() {
            return Some(Cancelled::Erased);
        }
        match self.tracks.status {
            OrderStatus::Cancelled | OrderStatus::Failed => Some(Cancelled::OrderCancelled),
            OrderStatus::ReturnRequested | OrderStatus::Returned => Some(Cancelled::Returned),
            _ if refunded => Some(Cancelled::Refunded),
            _ => None,
        }
    }

    /// What cancels the timers that have lost their reason.
    pub(super) fn idle_timers(&self) -> Option<OrderEvent> {
        let why = self.no_follow_up()?;
        let idle = |timer: &&Timer| why == Cancelled::Erased || matches!(timer.wake, Wake::FollowUp { .. });
        let ids: Vec<TimerId> = self.timers.iter().filter(idle).map(|timer| timer.id.clone()).collect();
        (!ids.is_empty()).then_some(OrderEvent::TimersCancelled { ids, why })
    }

    /// The follow-up that a shop's rule sets when an order has arrived: once, and only where the customer can be asked.
    pub fn follow_up(&self, before: &Order, after_h: u32, now: Timestamp) -> Option<OrderEvent> {
        let arrived = |order: &Order| matches!(order.tracks.status, OrderStatus::Delivered | OrderStatus::Completed);
        let id = TimerId::parse(AFTER_DELIVERY).ok()?;
        let known = self.timer(&id).is_some() || self.followed_up;
        if known || arrived(before) || !arrived(self) || self.no_follow_up().is_some() || self.timers.len() >= TIMERS_MAX {
            return None;
        }
        self.contact.as_ref()?.email.as_ref()?;
        let at = now.checked_add(SignedDuration::from_hours(i64::from(after_h))).ok()?;
        Some(OrderEvent::TimerSet { timer: Timer { id, at, wake: Wake::FollowUp { text: None } } })
    }
}
