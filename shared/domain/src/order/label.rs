//! The one word a person sees.
//!
//! An order has four tracks (order, payment, fulfilment, tracking); showing four words answers nobody's
//! question. [`Label`] is derived from them by exactly one function, [`super::Tracks::label`].

use serde::{Deserialize, Serialize};

/// What a customer or an operator reads as "the status". Derived, never stored as the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Label {
    /// Placed, nothing has happened yet.
    Received,
    /// Waiting for a person or a missing fact.
    OnHold,
    /// Being prepared.
    Processing,
    /// Packed and labelled, not yet handed over.
    ReadyToShip,
    /// Some lines are on their way.
    PartlyShipped,
    /// Handed to the carrier.
    Shipped,
    /// The carrier has scanned it on the way.
    InTransit,
    /// On the last vehicle.
    OutForDelivery,
    /// Waiting at a pick-up point.
    ReadyForPickup,
    /// Late: by the carrier's word, the shop's word or the calendar.
    Delayed,
    /// The carrier tried and failed.
    DeliveryFailed,
    /// Handed over.
    Delivered,
    /// Closed.
    Completed,
    /// The customer wants to send it back.
    ReturnRequested,
    /// Came back.
    Returned,
    /// Called off.
    Cancelled,
    /// The money went back.
    Refunded,
    /// Could not be carried out.
    Failed,
}

impl Label {
    /// Every label, in the order an order usually meets them.
    pub const ALL: [Label; 18] = [
        Label::Received,
        Label::OnHold,
        Label::Processing,
        Label::ReadyToShip,
        Label::PartlyShipped,
        Label::Shipped,
        Label::InTransit,
        Label::OutForDelivery,
        Label::ReadyForPickup,
        Label::Delayed,
        Label::DeliveryFailed,
        Label::Delivered,
        Label::Completed,
        Label::ReturnRequested,
        Label::Returned,
        Label::Cancelled,
        Label::Refunded,
        Label::Failed,
    ];

    /// The English words, in title case as the shops' sheets write them ("In Transit").
    pub const fn text(self) -> &'static str {
        match self {
            Label::Received => "Received",
            Label::OnHold => "On Hold",
            Label::Processing => "Processing",
            Label::ReadyToShip => "Ready To Ship",
            Label::PartlyShipped => "Partly Shipped",
            Label::Shipped => "Shipped",
            Label::InTransit => "In Transit",
            Label::OutForDelivery => "Out For Delivery",
            Label::ReadyForPickup => "Ready For Pickup",
            Label::Delayed => "Delayed",
            Label::DeliveryFailed => "Delivery Failed",
            Label::Delivered => "Delivered",
            Label::Completed => "Completed",
            Label::ReturnRequested => "Return Requested",
            Label::Returned => "Returned",
            Label::Cancelled => "Cancelled",
            Label::Refunded => "Refunded",
            Label::Failed => "Failed",
        }
    }
}

impl super::Tracks {
    /// The one word for these tracks. The calendar has no say here: an order whose promised day has passed
    /// is late, but only a source's word makes it "Delayed" in reports (see [`super::Order::days_late`]).
    pub fn label(&self) -> Label {
        use super::{OrderStatus as S, PaymentStatus, TrackingStatus as T};
        if self.payment == PaymentStatus::Refunded {
            return Label::Refunded;
        }
        if self.delayed.is_some() && self.status.is_open() && self.status != S::OnHold {
            return Label::Delayed;
        }
        match self.status {
            S::Pending => Label::Received,
            S::OnHold => Label::OnHold,
            S::Processing => Label::Processing,
            S::ReadyToShip => Label::ReadyToShip,
            S::PartiallyShipped => Label::PartlyShipped,
            S::Shipped => match self.tracking {
                T::InTransit | T::OnHold => Label::InTransit,
                T::DeliveryDelayed => Label::Delayed,
                T::OutForDelivery => Label::OutForDelivery,
                T::ReadyForPickup => Label::ReadyForPickup,
                T::DeliveryFailed => Label::DeliveryFailed,
                T::Delivered => Label::Delivered,
                T::ReturnToSender => Label::Returned,
                T::Unknown | T::Pending | T::PickedUp | T::Cancelled | T::Expired => Label::Shipped,
            },
            S::Delivered => Label::Delivered,
            S::Completed => Label::Completed,
            S::ReturnRequested => Label::ReturnRequested,
            S::Returned => Label::Returned,
            S::Cancelled => Label::Cancelled,
            S::Failed => Label::Failed,
        }
    }
}
