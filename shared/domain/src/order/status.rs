//! The four tracks of an order and the moves each allows, as data.
//!
//! Payment, stock and transport words do not belong in one enum: an order can be shipped and refunded at
//! once. So there are four orthogonal tracks, each with a transition table, and one derived [`super::Label`].

use serde::{Deserialize, Serialize};

/// A track: a closed set of words and the moves between them.
pub trait Track: Copy + Eq + std::fmt::Debug + 'static {
    /// Every word.
    const ALL: &'static [Self];
    /// The wire word.
    fn as_str(self) -> &'static str;
    /// Where it may go in one declared move.
    fn next(self) -> &'static [Self];
    /// Its place on the way forward; `None` for words off that way (cancelled, failed, on hold), which are
    /// never passed through unsaid.
    fn rank(self) -> Option<u8>;

    /// Reads a wire word.
    fn from_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|status| status.as_str() == word)
    }

    /// Is this one declared move?
    fn can_become(self, to: Self) -> bool {
        self.next().contains(&to)
    }

    /// The shortest way to `to` over declared moves, without `self`, with `to`. Between the ends it only
    /// passes words that lie strictly further on: a sheet that jumps from "Received" to "Delivered" implies
    /// that the order was shipped, but nothing implies that it was on hold, or went back.
    fn way_to(self, to: Self) -> Option<Vec<Self>> {
        if self.can_become(to) {
            return Some(vec![to]);
        }
        let (from_rank, to_rank) = (self.rank().map_or(-1, i16::from), i16::from(to.rank()?));
        let between = |word: &Self| word.rank().is_some_and(|rank| i16::from(rank) > from_rank && i16::from(rank) < to_rank);
        let mut ways: Vec<Vec<Self>> = vec![vec![self]];
        let mut seen = vec![self];
        while !ways.is_empty() {
            let mut longer = Vec::new();
            for way in ways {
                let last = *way.last()?;
                for step in last.next() {
                    if *step == to {
                        let mut found = way[1..].to_vec();
                        found.push(to);
                        return Some(found);
                    }
                    if between(step) && !seen.contains(step) {
                        seen.push(*step);
                        let mut onward = way.clone();
                        onward.push(*step);
                        longer.push(onward);
                    }
                }
            }
            ways = longer;
        }
        None
    }
}

macro_rules! track {
    ($(#[$doc:meta])* $name:ident { $($(#[$wdoc:meta])* $word:ident = $text:literal, $rank:expr => [$($to:ident),* $(,)?];)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name { $($(#[$wdoc])* #[serde(rename = $text)] $word,)+ }

        impl Track for $name {
            const ALL: &'static [Self] = &[$(Self::$word),+];
            fn as_str(self) -> &'static str { match self { $(Self::$word => $text,)+ } }
            fn next(self) -> &'static [Self] { match self { $(Self::$word => &[$(Self::$to),*],)+ } }
            fn rank(self) -> Option<u8> { match self { $(Self::$word => $rank,)+ } }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.write_str(self.as_str()) }
        }
    };
}

track! {
    /// Where the order stands as an order.
    OrderStatus {
        /// Placed; nobody has touched it.
        Pending = "pending", Some(0) => [OnHold, Processing, Cancelled, Failed];
        /// Waits for a person or a missing fact.
        OnHold = "on_hold", None => [Pending, Processing, Cancelled, Failed];
        /// Being prepared.
        Processing = "processing", Some(2) => [ReadyToShip, PartiallyShipped, Shipped, OnHold, Cancelled, Failed];
        /// Packed and labelled.
        ReadyToShip = "ready_to_ship", Some(3) => [PartiallyShipped, Shipped, OnHold, Cancelled];
        /// Some lines have left. Cancelling the rest closes it as shipped, with cancelled lines.
        PartiallyShipped = "partially_shipped", Some(4) => [Shipped, OnHold, Cancelled];
        /// Everything that will leave has left.
        Shipped = "shipped", Some(5) => [Delivered, Returned];
        /// Handed over.
        Delivered = "delivered", Some(6) => [Completed, ReturnRequested];
        /// Closed; may still come back inside the return window.
        Completed = "completed", Some(7) => [ReturnRequested];
        /// The customer wants to send it back.
        ReturnRequested = "return_requested", Some(8) => [Returned, Delivered];
        /// Came back.
        Returned = "returned", Some(9) => [Completed];
        /// Called off. Final.
        Cancelled = "cancelled", None => [];
        /// Could not be carried out; may be tried again.
        Failed = "failed", None => [Pending, Cancelled];
    }
}

track! {
    /// Where the money stands.
    PaymentStatus {
        /// Nothing has been promised yet.
        Pending = "pending", Some(0) => [RequiresAction, Authorized, Captured, Failed, Expired, Voided];
        /// The customer must confirm (3-D Secure and the like).
        RequiresAction = "requires_action", None => [Pending, Authorized, Captured, Failed, Expired, Voided];
        /// Promised by the issuer.
        Authorized = "authorized", Some(2) => [PartiallyCaptured, Captured, Voided, Expired, Failed];
        /// Part of it taken.
        PartiallyCaptured = "partially_captured", None => [Captured, PartiallyRefunded, Refunded, Disputed];
        /// Taken.
        Captured = "captured", Some(4) => [PartiallyRefunded, Refunded, Disputed];
        /// The promise was given back. Final.
        Voided = "voided", None => [];
        /// The promise ran out.
        Expired = "expired", None => [Pending, Authorized];
        /// Refused.
        Failed = "failed", None => [Pending, RequiresAction, Authorized, Captured];
        /// Part of it given back.
        PartiallyRefunded = "partially_refunded", Some(5) => [Refunded, Disputed];
        /// All of it given back.
        Refunded = "refunded", Some(6) => [];
        /// The cardholder contests it.
        Disputed = "disputed", None => [PartiallyCaptured, Captured, PartiallyRefunded, Refunded, Chargeback];
        /// The dispute was lost. Final.
        Chargeback = "chargeback", None => [];
    }
}

track! {
    /// Where the work in the warehouse stands.
    FulfilmentStatus {
        /// Not started.
        Pending = "pending", Some(0) => [Allocated, Cancelled, Failed];
        /// Stock is set aside.
        Allocated = "allocated", Some(1) => [Picking, Cancelled, Failed];
        /// Being picked.
        Picking = "picking", Some(2) => [Picked, Cancelled, Failed];
        /// Picked.
        Picked = "picked", Some(3) => [Packed, QcFailed, Cancelled, Failed];
        /// Packed.
        Packed = "packed", Some(4) => [Labelled, QcFailed, Cancelled, Failed];
        /// Did not pass the check.
        QcFailed = "qc_failed", None => [Picking, Packed, Cancelled];
        /// A label is on it; nobody has collected it.
        Labelled = "labelled", Some(5) => [Shipped, Cancelled, Failed];
        /// Handed to the carrier.
        Shipped = "shipped", Some(6) => [Delivered, Returned, Failed];
        /// Handed over.
        Delivered = "delivered", Some(7) => [Returned];
        /// Could not be carried out; may be tried again.
        Failed = "failed", None => [Pending, Cancelled];
        /// Called off. Final.
        Cancelled = "cancelled", None => [];
        /// Came back. Final.
        Returned = "returned", None => [];
    }
}

track! {
    /// What the carrier says, in one vocabulary. A printed label is still `pending`.
    TrackingStatus {
        /// No word yet, or one we do not know (the raw code is kept).
        Unknown = "unknown", Some(0) => [Pending, PickedUp, InTransit, DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Cancelled, Expired];
        /// Announced.
        Pending = "pending", Some(1) => [PickedUp, InTransit, DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Cancelled, Expired];
        /// Collected.
        PickedUp = "picked_up", Some(2) => [InTransit, DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Cancelled, Expired];
        /// Moving.
        InTransit = "in_transit", Some(3) => [DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Expired];
        /// Moving, late.
        DeliveryDelayed = "delivery_delayed", Some(3) => [InTransit, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Expired];
        /// Standing still.
        OnHold = "on_hold", Some(3) => [InTransit, DeliveryDelayed, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Expired];
        /// On the last vehicle.
        OutForDelivery = "out_for_delivery", Some(3) => [InTransit, DeliveryDelayed, OnHold, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender, Expired];
        /// Waiting at a pick-up point.
        ReadyForPickup = "ready_for_pickup", Some(3) => [InTransit, DeliveryDelayed, OnHold, OutForDelivery, DeliveryFailed, Delivered, ReturnToSender, Expired];
        /// An attempt failed.
        DeliveryFailed = "delivery_failed", Some(3) => [InTransit, DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, Delivered, ReturnToSender, Expired];
        /// Handed over. Final.
        Delivered = "delivered", Some(4) => [];
        /// On its way back, or back. Final.
        ReturnToSender = "return_to_sender", None => [];
        /// The label was voided. Final.
        Cancelled = "cancelled", None => [];
        /// Thirty days without a scan; a late scan revives it.
        Expired = "expired", None => [InTransit, DeliveryDelayed, OnHold, OutForDelivery, ReadyForPickup, DeliveryFailed, Delivered, ReturnToSender];
    }
}

impl OrderStatus {
    /// No move is declared from here.
    pub fn is_final(self) -> bool {
        self.next().is_empty()
    }

    /// Still somebody's work: not delivered, closed, called off or back.
    pub fn is_open(self) -> bool {
        !matches!(self, Self::Delivered | Self::Completed | Self::Returned | Self::Cancelled)
    }

    /// Does somebody wait for it to arrive? Who wants to send it back has it.
    pub fn is_awaited(self) -> bool {
        self.is_open() && self != Self::ReturnRequested
    }

    /// Has it left the house?
    pub fn has_shipped(self) -> bool {
        matches!(self, Self::PartiallyShipped | Self::Shipped | Self::Delivered | Self::Completed | Self::ReturnRequested | Self::Returned)
    }

    /// Has the customer got it, or had it?
    pub fn has_arrived(self) -> bool {
        matches!(self, Self::Delivered | Self::Completed | Self::ReturnRequested | Self::Returned)
    }

    /// Progress in percent as customers see it; `None` of it is earned by a cancelled or failed order.
    pub fn percent(self) -> u8 {
        match self {
            Self::Pending | Self::OnHold => 25,
            Self::Processing => 50,
            Self::ReadyToShip | Self::PartiallyShipped => 60,
            Self::Shipped => 75,
            Self::Delivered | Self::Completed => 100,
            Self::ReturnRequested => 100,
            Self::Returned | Self::Cancelled | Self::Failed => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table<T: Track>() -> String {
        T::ALL
            .iter()
            .map(|from| {
                let to: Vec<_> = from.next().iter().map(|to| to.as_str()).collect();
                format!("{:<20} -> {}\n", from.as_str(), if to.is_empty() { "(final)".into() } else { to.join(", ") })
            })
            .collect()
    }

    // req: S1-02
    #[test]
    fn transition_matrix() {
        insta::assert_snapshot!("order_transitions", table::<OrderStatus>());
        insta::assert_snapshot!("payment_transitions", table::<PaymentStatus>());
        insta::assert_snapshot!("fulfilment_transitions", table::<FulfilmentStatus>());
        insta::assert_snapshot!("tracking_transitions", table::<TrackingStatus>());
    }

    // req: S2-20
    #[test]
    fn every_state_reaches_an_end() {
        fn check<T: Track>(end: impl Fn(T) -> bool) {
            for from in T::ALL {
                let mut reached = vec![*from];
                let mut at = 0;
                while at < reached.len() {
                    for to in reached[at].next() {
                        if !reached.contains(to) {
                            reached.push(*to);
                        }
                    }
                    at += 1;
                }
                assert!(reached.iter().any(|status| end(*status)), "{from:?} is a dead end");
            }
        }
        check::<OrderStatus>(|s| !s.is_open());
        check::<PaymentStatus>(|s| {
            matches!(s, PaymentStatus::Captured | PaymentStatus::Refunded | PaymentStatus::Voided | PaymentStatus::Chargeback)
        });
        check::<FulfilmentStatus>(|s| s.next().is_empty() || s == FulfilmentStatus::Delivered);
        check::<TrackingStatus>(|s| s.next().is_empty());
    }

    #[test]
    fn ways_use_declared_moves_and_never_go_back() {
        fn check<T: Track>() {
            for from in T::ALL {
                for to in T::ALL {
                    let Some(way) = from.way_to(*to) else { continue };
                    let mut at = *from;
                    for step in &way {
                        assert!(at.can_become(*step), "{from:?} to {to:?}: {at:?} -> {step:?} is not declared");
                        at = *step;
                    }
                    assert_eq!(at, *to);
                    assert!(way.len() == 1 || from.rank().map_or(-1, i16::from) < to.rank().map_or(-1, i16::from));
                }
            }
        }
        check::<OrderStatus>();
        check::<PaymentStatus>();
        check::<FulfilmentStatus>();
        check::<TrackingStatus>();
        use OrderStatus::*;
        assert_eq!(Pending.way_to(Delivered), Some(vec![Processing, Shipped, Delivered]));
        assert_eq!(Delivered.way_to(Returned), Some(vec![ReturnRequested, Returned]));
        assert_eq!(Completed.way_to(Delivered), None, "a later 'delivered' does not reopen a closed order");
        assert_eq!(Processing.way_to(Pending), None, "not through on_hold");
        assert_eq!(Cancelled.way_to(Shipped), None);
    }

    #[test]
    fn words_round_trip() {
        fn check<T: Track + Serialize + serde::de::DeserializeOwned>() {
            for status in T::ALL {
                assert_eq!(T::from_word(status.as_str()), Some(*status));
                let json = serde_json::to_string(status).unwrap();
                assert_eq!(json, format!("\"{}\"", status.as_str()));
                assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *status);
            }
        }
        check::<OrderStatus>();
        check::<PaymentStatus>();
        check::<FulfilmentStatus>();
        check::<TrackingStatus>();
    }
}
