//! An order that comes from Shopify: what its words mean here.
//!
//! Its Admin API knows no single status: an order was called off or not, some, all or nothing of it was sent, and each parcel may say where it
//! is (<https://shopify.dev/docs/api/admin-rest/latest/resources/order>). That makes five words, of which each follows the ones before.

use crate::commerce::is_at_home;
use crate::order::{Claim, OrderStatus, PaymentStatus, Track, TrackingStatus, Tracks, Vocabulary};
use jiff::Timestamp;

/// Where an order stands in Shopify.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TheirStatus {
    /// Nothing of it has been sent.
    Open,
    /// Some of it has.
    Partial,
    /// All of it has.
    Fulfilled,
    /// All of it has, and every parcel has arrived.
    Delivered,
    /// Called off.
    Cancelled,
}

impl TheirStatus {
    /// Every status.
    pub const ALL: [TheirStatus; 5] = [Self::Open, Self::Partial, Self::Fulfilled, Self::Delivered, Self::Cancelled];

    /// As it is kept.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Partial => "partial",
            Self::Fulfilled => "fulfilled",
            Self::Delivered => "delivered",
            Self::Cancelled => "cancelled",
        }
    }

    /// Reads it. Unknown words are not guessed.
    pub fn from_word(word: &str) -> Option<TheirStatus> {
        Self::ALL.into_iter().find(|status| status.as_str() == word)
    }

    /// What Shopify's fields come to. None for a word of fulfilment that is not known.
    pub fn of(is_cancelled: bool, fulfilment: Option<&str>, parcels: &[TrackingStatus]) -> Option<TheirStatus> {
        let has_arrived = !parcels.is_empty() && parcels.iter().all(|parcel| *parcel == TrackingStatus::Delivered);
        match fulfilment.unwrap_or_default() {
            _ if is_cancelled => Some(Self::Cancelled),
            // What was taken back into stock was never sent.
            "" | "unfulfilled" | "restocked" | "not_eligible" => Some(Self::Open),
            "partial" => Some(Self::Partial),
            "fulfilled" if has_arrived => Some(Self::Delivered),
            "fulfilled" => Some(Self::Fulfilled),
            _ => None,
        }
    }

    fn claim(self) -> Claim {
        // Shopify itself has no word for what has arrived.
        let vocabulary = if self == Self::Delivered { Vocabulary::Orderflow } else { Vocabulary::Shopify };
        vocabulary.read(self.as_str()).map(|reading| Claim { delayed: None, ..reading.claim }).unwrap_or_default()
    }

    /// How an order stands here that is first heard of so.
    pub fn birth(self, at: Timestamp) -> Tracks {
        let mut tracks = Tracks::default();
        tracks.apply(&self.claim(), at, false);
        tracks
    }
}

/// What Shopify claims about an order that stands so here: it moves it forward, and never back to where Shopify still sees it. Nothing follows
/// from an order that is open there.
pub fn claim(ours: OrderStatus, theirs: TheirStatus) -> Claim {
    let is_news = match theirs {
        TheirStatus::Open => false,
        TheirStatus::Partial => is_at_home(ours),
        TheirStatus::Fulfilled => is_at_home(ours) || ours == OrderStatus::PartiallyShipped,
        TheirStatus::Delivered => is_at_home(ours) || matches!(ours, OrderStatus::PartiallyShipped | OrderStatus::Shipped),
        // Of what has partly left the rest is not called off unasked: that is for a person to decide.
        TheirStatus::Cancelled => is_at_home(ours) || ours == OrderStatus::Failed,
    };
    if is_news { theirs.claim() } else { Claim::default() }
}

/// Where the money stands, by `financial_status`. None if it says nothing of what was promised or taken.
pub fn payment(word: &str) -> Option<PaymentStatus> {
    Some(match word {
        "authorized" => PaymentStatus::Authorized,
        "paid" => PaymentStatus::Captured,
        "partially_paid" => PaymentStatus::PartiallyCaptured,
        "partially_refunded" => PaymentStatus::PartiallyRefunded,
        "refunded" => PaymentStatus::Refunded,
        "voided" => PaymentStatus::Voided,
        "expired" => PaymentStatus::Expired,
        _ => return None,
    })
}

/// Where an order's parcels are, as one word. None is said to have arrived before all of it has: the others speak, and the one that is
/// furthest behind for them.
pub fn whereabouts(theirs: TheirStatus, parcels: &[TrackingStatus]) -> Option<TrackingStatus> {
    if theirs == TheirStatus::Delivered {
        return Some(TrackingStatus::Delivered);
    }
    let under_way = parcels.iter().copied().filter(|parcel| !matches!(parcel, TrackingStatus::Unknown | TrackingStatus::Delivered));
    under_way.min_by_key(|parcel| TrackingStatus::ALL.iter().position(|one| one == parcel))
}

/// Where a parcel is, by `shipment_status` of its fulfilment. A printed label is still [`TrackingStatus::Pending`].
pub fn tracking(word: &str) -> TrackingStatus {
    match word {
        "label_printed" | "label_purchased" | "confirmed" | "carrier_picked_up_pending" => TrackingStatus::Pending,
        "carrier_picked_up" | "picked_up" => TrackingStatus::PickedUp,
        "in_transit" => TrackingStatus::InTransit,
        "delayed" => TrackingStatus::DeliveryDelayed,
        "out_for_delivery" => TrackingStatus::OutForDelivery,
        "ready_for_pickup" => TrackingStatus::ReadyForPickup,
        "attempted_delivery" | "failure" => TrackingStatus::DeliveryFailed,
        "delivered" => TrackingStatus::Delivered,
        _ => TrackingStatus::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    /// The ruling of the status conflicts: fulfilled is sent, not arrived; what is open waits.
    // req: S2-17
    #[test]
    fn what_their_fields_come_to() {
        use OrderStatus as O;
        use TrackingStatus as T;
        for (cancelled, fulfilment, parcels, ours) in [
            (false, None, &[][..], O::Pending),
            (false, Some("restocked"), &[], O::Pending),
            (false, Some("partial"), &[T::InTransit], O::PartiallyShipped),
            (false, Some("fulfilled"), &[], O::Shipped),
            (false, Some("fulfilled"), &[T::Delivered, T::InTransit], O::Shipped),
            (false, Some("fulfilled"), &[T::Delivered, T::Delivered], O::Delivered),
            (true, Some("partial"), &[], O::Cancelled),
            (true, None, &[], O::Cancelled),
        ] {
            let theirs = TheirStatus::of(cancelled, fulfilment, parcels).unwrap();
            assert_eq!(theirs.birth(AT).status, ours, "{theirs:?}");
            assert_eq!(TheirStatus::from_word(theirs.as_str()), Some(theirs));
        }
        assert_eq!(TheirStatus::of(false, Some("teleported"), &[]), None);
        assert_eq!(TheirStatus::from_word("FULFILLED"), None);
    }

    // req: S2-17
    #[test]
    fn both_sides_as_people_read_them() {
        let mut out = format!("{:<18} {:<12} {}\n", "here", "in Shopify", "becomes here");
        for ours in OrderStatus::ALL {
            for theirs in TheirStatus::ALL {
                let mut tracks = Tracks { status: *ours, ..Tracks::default() };
                tracks.apply(&claim(*ours, theirs), AT, false);
                let moved = tracks.status != *ours;
                assert!(!moved || ours.way_to(tracks.status).is_some(), "{ours} by {theirs:?} to {}", tracks.status);
                // Heard once more it changes nothing more.
                let once = tracks;
                tracks.apply(&claim(once.status, theirs), AT, false);
                assert_eq!(tracks, once, "{ours} by {theirs:?}, twice");
                out += &format!("{:<18} {:<12} {}\n", ours.as_str(), theirs.as_str(), if moved { tracks.status.as_str() } else { "." });
            }
        }
        insta::assert_snapshot!("both_sides", out);
    }

    // req: S2-17
    #[test]
    fn money_and_parcels_in_their_words() {
        use PaymentStatus as P;
        for (word, ours) in [("paid", Some(P::Captured)), ("pending", None), ("partially_refunded", Some(P::PartiallyRefunded)), ("", None)]
        {
            assert_eq!(payment(word), ours, "{word}");
        }
        assert_eq!(tracking("label_printed"), TrackingStatus::Pending);
        assert_eq!(tracking("failure"), TrackingStatus::DeliveryFailed);
        assert_eq!(tracking("beamed"), TrackingStatus::Unknown);
    }

    // req: S3-46
    #[test]
    fn nothing_has_arrived_before_all_of_it_has() {
        use TrackingStatus as T;
        for (theirs, parcels, says) in [
            (TheirStatus::Fulfilled, &[T::Delivered, T::Unknown][..], None),
            (TheirStatus::Partial, &[T::Delivered], None),
            (TheirStatus::Fulfilled, &[T::Delivered, T::OutForDelivery, T::InTransit], Some(T::InTransit)),
            (TheirStatus::Fulfilled, &[T::Pending, T::InTransit], Some(T::Pending)),
            (TheirStatus::Delivered, &[T::Delivered, T::Delivered], Some(T::Delivered)),
            (TheirStatus::Open, &[], None),
        ] {
            assert_eq!(whereabouts(theirs, parcels), says, "{theirs:?} {parcels:?}");
        }
    }
}
