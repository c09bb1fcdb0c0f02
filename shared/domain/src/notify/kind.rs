//! What a message to a customer is about.

use crate::order::Label;
use serde::{Deserialize, Serialize};

/// What a message is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Where the order stands, whatever that is.
    #[default]
    Status,
    /// We have the order.
    Confirmation,
    /// Work on it has begun.
    Processing,
    /// It has left.
    Shipped,
    /// It has arrived.
    Delivered,
    /// It is late, and not forgotten: a reminder, at most one a day.
    Delay,
    /// A part of it is called off.
    Changed,
    /// What the shop writes.
    Custom,
    /// How was it?
    FollowUp,
}

impl MessageKind {
    /// Those that a person can ask for.
    pub const ASKED: [MessageKind; 6] = [
        MessageKind::Confirmation,
        MessageKind::Processing,
        MessageKind::Shipped,
        MessageKind::Delivered,
        MessageKind::Delay,
        MessageKind::Custom,
    ];

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            MessageKind::Status => "status",
            MessageKind::Confirmation => "confirmation",
            MessageKind::Processing => "processing",
            MessageKind::Shipped => "shipped",
            MessageKind::Delivered => "delivered",
            MessageKind::Delay => "delay",
            MessageKind::Changed => "changed",
            MessageKind::Custom => "custom",
            MessageKind::FollowUp => "follow_up",
        }
    }

    /// From a store.
    pub fn of_code(code: &str) -> Option<MessageKind> {
        let others = [MessageKind::Status, MessageKind::FollowUp, MessageKind::Changed];
        MessageKind::ASKED.into_iter().chain(others).find(|kind| kind.code() == code)
    }

    /// From the wire: what a person can ask for.
    pub fn asked(code: &str) -> Option<MessageKind> {
        MessageKind::ASKED.into_iter().find(|kind| kind.code() == code)
    }

    /// For people.
    pub const fn text(self) -> &'static str {
        match self {
            MessageKind::Status => "where it stands",
            MessageKind::Confirmation => "we have the order",
            MessageKind::Processing => "work on it has begun",
            MessageKind::Shipped => "it has left",
            MessageKind::Delivered => "it has arrived",
            MessageKind::Delay => "it is late",
            MessageKind::Changed => "a part of it is called off",
            MessageKind::Custom => "in the shop's words",
            MessageKind::FollowUp => "how was it?",
        }
    }

    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
    pub(crate) const fn is_status(&self) -> bool {
        matches!(self, MessageKind::Status)
    }

    /// What it is about where the order stands.
    pub const fn at(self, label: Label) -> MessageKind {
        match self {
            MessageKind::Status => MessageKind::of(label),
            kind => kind,
        }
    }

    /// What a message at this status is about.
    pub const fn of(label: Label) -> MessageKind {
        match label {
            Label::Received => MessageKind::Confirmation,
            Label::Processing | Label::ReadyToShip => MessageKind::Processing,
            Label::PartlyShipped | Label::Shipped | Label::InTransit | Label::OutForDelivery | Label::ReadyForPickup => {
                MessageKind::Shipped
            }
            Label::Delivered | Label::Completed => MessageKind::Delivered,
            Label::Delayed => MessageKind::Delay,
            Label::OnHold
            | Label::DeliveryFailed
            | Label::ReturnRequested
            | Label::Returned
            | Label::Cancelled
            | Label::Refunded
            | Label::Failed => MessageKind::Status,
        }
    }

    /// May it be said of an order with this word?
    pub fn is_true_of(self, label: Label) -> bool {
        let over = matches!(
            label,
            Label::Delivered
                | Label::Completed
                | Label::ReturnRequested
                | Label::Returned
                | Label::Cancelled
                | Label::Refunded
                | Label::Failed
        );
        match self {
            MessageKind::Status | MessageKind::Custom | MessageKind::FollowUp => true,
            MessageKind::Confirmation => !matches!(label, Label::Cancelled | Label::Refunded | Label::Failed),
            MessageKind::Delay | MessageKind::Changed => !over,
            MessageKind::Shipped => MessageKind::of(label) == MessageKind::Shipped,
            MessageKind::Processing | MessageKind::Delivered => MessageKind::of(label) == self,
        }
    }
}
