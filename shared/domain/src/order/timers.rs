//! What is to happen to an order at a moment, unless something else happens first.
//!
//! Timers belong to the order: they are set, run and cancelled by its events, so that none outlives what it was for, and
//! one that fires twice does nothing the second time. When the first of them is due is the order's place in an index.

use super::event::OrderEvent;
use super::{Label, Order, OrderStatus, PaymentStatus};
use crate::ids::TimerId;
use crate::notify::{Channel, MessageKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Follow-ups of one order that people may set; those of rules come beside them.
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
    Tell {
        /// Unless it is this word again, which they know.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        unless: Option<Label>,
        /// What of.
        #[serde(default, skip_serializing_if = "MessageKind::is_status")]
        kind: MessageKind,
        /// By which channels it is not to go: they have lost it.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_by: Vec<Channel>,
    },
    /// The customer is asked how it was.
    FollowUp {
        /// In words of the shop's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
}

impl Wake {
    /// How it stands then, by any way.
    pub const fn tell(unless: Option<Label>) -> Wake {
        Wake::Tell { unless, kind: MessageKind::Status, not_by: Vec::new() }
    }
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
    /// They have been told meanwhile, or there is nothing to tell any more.
    Overtaken,
    /// It has not arrived after all.
    NotArrived,
    /// The shop does not ask any more.
    SwitchedOff,
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
            Cancelled::NotArrived => "it has not arrived after all",
            Cancelled::SwitchedOff => "the shop does not ask any more",
        }
    }
}

impl Order {
    /// When the first of its timers is due, its saga has to be looked for, its money or its parcels have to be seen to, or the time for a review is up.
    pub fn next_timer(&self) -> Option<Timestamp> {
        let reviews = self.open_reviews().filter(|review| !review.overdue).map(|review| review.due_at);
        self.timers
            .iter()
            .map(|timer| timer.at)
            .chain(self.saga_due())
            .chain(self.money_due())
            .chain(self.parcels_due())
            .chain(self.replacement_due())
            .chain(self.clocks_due())
            .chain(self.exceptions_due())
            .chain(reviews)
            .min()
    }

    /// A timer by name.
    pub fn timer(&self, id: &TimerId) -> Option<&Timer> {
        self.timers.iter().find(|timer| timer.id == *id)
    }

    /// Follow-ups that people have set.
    pub(super) fn set_by_people(&self) -> usize {
        self.timers.iter().filter(|timer| !matches!(timer.id.as_str(), AFTER_DELIVERY | MORNING)).count()
    }

    fn has_arrived(&self) -> bool {
        matches!(self.tracks.status, OrderStatus::Delivered | OrderStatus::Completed)
    }

    /// Why nobody is to be asked how it was.
    pub fn no_follow_up(&self) -> Option<Cancelled> {
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
        let cancels = |why: Cancelled, idle: &dyn Fn(&Timer) -> bool| {
            let ids: Vec<TimerId> = self.timers.iter().filter(|timer| idle(timer)).map(|timer| timer.id.clone()).collect();
            (!ids.is_empty()).then_some(OrderEvent::TimersCancelled { ids, why })
        };
        match self.no_follow_up() {
            Some(why) => cancels(why, &|timer| why == Cancelled::Erased || matches!(timer.wake, Wake::FollowUp { .. })),
            // A delivery that is taken back; the real one will ask.
            None if !self.has_arrived() => cancels(Cancelled::NotArrived, &|timer| timer.id.as_str() == AFTER_DELIVERY),
            None => None,
        }
    }

    /// The follow-up that a shop's rule sets when an order has arrived: once, and only where the customer can be asked.
    pub fn follow_up(&self, before: &Order, after_h: u32, now: Timestamp) -> Option<OrderEvent> {
        let id = TimerId::parse(AFTER_DELIVERY).ok()?;
        let known = self.timer(&id).is_some() || self.followed_up;
        if known || before.has_arrived() || !self.has_arrived() || self.no_follow_up().is_some() {
            return None;
        }
        self.contact.as_ref().filter(|contact| contact.is_reachable())?;
        let at = now.checked_add(SignedDuration::from_hours(i64::from(after_h))).ok()?;
        Some(OrderEvent::TimerSet { timer: Timer { id, at, wake: Wake::FollowUp { text: None } } })
    }
}
