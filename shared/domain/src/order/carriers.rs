//! What carriers say of a parcel, as their own interfaces write it.
//!
//! Sources: UPS Track API (`type` of an activity's status), FedEx Track API (`derivedCode`), USPS Tracking (`statusCategory`), DHL
//! Shipment Tracking Unified (`statusCode`), InPost ShipX (`status`), AfterShip (`tag`, for the carriers that are not here).
//! What a carrier does not document is not guessed: such a word waits for a person.

use super::alias::{DELAYED, DELIVERED, NOTHING, Reading, Row, SHIPPED, status, tracked, worked};
use super::status::{FulfilmentStatus as F, OrderStatus as S, TrackingStatus as T};

const QUIET: Reading = Reading::of(NOTHING);
const LABELLED: Reading = Reading::of(tracked(worked(status(S::ReadyToShip), F::Labelled), T::Pending));
/// The label was withdrawn; what becomes of the order is the shop's to say.
const VOIDED: Reading = Reading::of(tracked(NOTHING, T::Cancelled));
const PICKED_UP: Reading = Reading::of(tracked(SHIPPED, T::PickedUp));
const MOVING: Reading = Reading::of(tracked(SHIPPED, T::InTransit));
const OUT: Reading = Reading::of(tracked(SHIPPED, T::OutForDelivery));
const READY: Reading = Reading::of(tracked(SHIPPED, T::ReadyForPickup));
const ATTEMPTED: Reading = Reading::of(tracked(SHIPPED, T::DeliveryFailed));
const HELD: Reading = Reading::of(tracked(SHIPPED, T::OnHold));
/// It is on its way back. It has come back when the shop says so.
const GOING_BACK: Reading = Reading::of(tracked(NOTHING, T::ReturnToSender));
const LOST_SIGHT_OF: Reading = Reading::of(tracked(NOTHING, T::Expired));
const ARRIVED: Reading = Reading::of(DELIVERED);

pub(super) const UPS: &[Row] = &[
    ("m", LABELLED),
    ("mp", LABELLED),
    ("mv", VOIDED),
    ("p", PICKED_UP),
    ("i", MOVING),
    ("o", OUT),
    ("ot", OUT),
    ("x", DELAYED),
    ("rs", GOING_BACK),
    ("d", ARRIVED),
];

pub(super) const FEDEX: &[Row] = &[
    ("oc", LABELLED),
    ("ca", VOIDED),
    ("pu", PICKED_UP),
    ("it", MOVING),
    ("ix", MOVING),
    ("ar", MOVING),
    ("dp", MOVING),
    ("od", OUT),
    ("ad", OUT),
    ("ed", OUT),
    ("hl", READY),
    ("de", ATTEMPTED),
    ("se", HELD),
    ("cd", HELD),
    ("dy", DELAYED),
    ("dd", DELAYED),
    ("rs", GOING_BACK),
    ("dl", ARRIVED),
];

pub(super) const USPS: &[Row] = &[
    ("pre_shipment", LABELLED),
    ("accepted", PICKED_UP),
    ("in_transit", MOVING),
    ("out_for_delivery", OUT),
    ("available_for_pickup", READY),
    ("delivery_attempt", ATTEMPTED),
    ("alert", HELD),
    ("delivered_to_agent", ARRIVED),
    ("delivered", ARRIVED),
];

pub(super) const DHL: &[Row] =
    &[("pre_transit", LABELLED), ("transit", MOVING), ("failure", ATTEMPTED), ("unknown", QUIET), ("delivered", ARRIVED)];

pub(super) const INPOST: &[Row] = &[
    ("created", QUIET),
    ("offers_prepared", QUIET),
    ("offer_selected", QUIET),
    ("confirmed", LABELLED),
    ("canceled", VOIDED),
    ("dispatched_by_sender", PICKED_UP),
    ("dispatched_by_sender_to_pok", PICKED_UP),
    ("collected_from_sender", PICKED_UP),
    ("taken_by_courier", PICKED_UP),
    ("taken_by_courier_from_pok", PICKED_UP),
    ("adopted_at_source_branch", MOVING),
    ("sent_from_source_branch", MOVING),
    ("adopted_at_sorting_center", MOVING),
    ("sent_from_sorting_center", MOVING),
    ("adopted_at_target_branch", MOVING),
    ("delay_in_delivery", DELAYED),
    ("out_for_delivery", OUT),
    ("out_for_delivery_to_address", OUT),
    ("ready_to_pickup", READY),
    ("ready_to_pickup_from_pok", READY),
    ("pickup_reminder_sent", READY),
    ("avizo", ATTEMPTED),
    ("undelivered", ATTEMPTED),
    ("rejected_by_receiver", GOING_BACK),
    ("returned_to_sender", GOING_BACK),
    ("delivered", ARRIVED),
];

pub(super) const AFTERSHIP: &[Row] = &[
    ("pending", QUIET),
    ("inforeceived", LABELLED),
    ("intransit", MOVING),
    ("outfordelivery", OUT),
    ("availableforpickup", READY),
    ("attemptfail", ATTEMPTED),
    ("exception", HELD),
    ("expired", LOST_SIGHT_OF),
    ("delivered", ARRIVED),
];

#[cfg(test)]
mod tests {
    use crate::order::{OrderStatus as S, TrackingStatus as T, Tracks, Vocabulary};
    use jiff::Timestamp;

    /// The codes as the carriers send them.
    // req: S1-40, S2-63
    #[test]
    fn normalise_table() {
        use Vocabulary::{Aftership, Dhl, Fedex, Inpost, Ups, Usps};
        for (carrier, code, order, parcel) in [
            (Ups, "MP", S::ReadyToShip, T::Pending),
            (Ups, "P", S::Shipped, T::PickedUp),
            (Ups, "I", S::Shipped, T::InTransit),
            (Ups, "OT", S::Shipped, T::OutForDelivery),
            (Ups, "D", S::Delivered, T::Delivered),
            (Fedex, "OC", S::ReadyToShip, T::Pending),
            (Fedex, "PU", S::Shipped, T::PickedUp),
            (Fedex, "IT", S::Shipped, T::InTransit),
            (Fedex, "OD", S::Shipped, T::OutForDelivery),
            (Fedex, "HL", S::Shipped, T::ReadyForPickup),
            (Fedex, "DE", S::Shipped, T::DeliveryFailed),
            (Fedex, "DL", S::Delivered, T::Delivered),
            (Usps, "Pre-Shipment", S::ReadyToShip, T::Pending),
            (Usps, "Delivery Attempt", S::Shipped, T::DeliveryFailed),
            (Usps, "Delivered to Agent", S::Delivered, T::Delivered),
            (Dhl, "pre-transit", S::ReadyToShip, T::Pending),
            (Dhl, "transit", S::Shipped, T::InTransit),
            (Dhl, "delivered", S::Delivered, T::Delivered),
            (Inpost, "ready_to_pickup", S::Shipped, T::ReadyForPickup),
            (Inpost, "avizo", S::Shipped, T::DeliveryFailed),
            (Aftership, "InfoReceived", S::ReadyToShip, T::Pending),
            (Aftership, "OutForDelivery", S::Shipped, T::OutForDelivery),
        ] {
            let tracks = carrier.birth(code, Timestamp::UNIX_EPOCH).unwrap();
            assert_eq!((tracks.status, tracks.tracking), (order, parcel), "{carrier:?} {code}");
        }
        // What is late or goes back leaves the order where it is.
        for (carrier, code, parcel) in [(Ups, "X", T::DeliveryDelayed), (Ups, "RS", T::ReturnToSender), (Fedex, "DY", T::DeliveryDelayed)] {
            let mut tracks = carrier.birth("D", Timestamp::UNIX_EPOCH).unwrap_or(Tracks::default());
            tracks = Tracks { status: S::Shipped, tracking: T::InTransit, ..tracks };
            tracks.apply(&carrier.read(code).unwrap().claim, Timestamp::UNIX_EPOCH, false);
            assert_eq!((tracks.status, tracks.tracking), (S::Shipped, parcel), "{carrier:?} {code}");
        }
        // What has gone back is handed over to the shop: nobody's order is complete by that.
        for (carrier, back, delivered) in [(Ups, "RS", "D"), (Fedex, "RS", "DL"), (Inpost, "returned_to_sender", "delivered")] {
            let mut tracks = Tracks { status: S::Shipped, tracking: T::InTransit, ..Tracks::default() };
            for code in [back, delivered] {
                tracks.apply(&carrier.read(code).unwrap().claim, Timestamp::UNIX_EPOCH, false);
            }
            assert_eq!((tracks.status, tracks.tracking), (S::Shipped, T::ReturnToSender), "{carrier:?}");
        }
        for carrier in [Ups, Fedex, Usps, Dhl, Inpost, Aftership] {
            assert_eq!(carrier.read("no such code"), None);
            assert_eq!(carrier.word_for(&Tracks::default()), None, "carriers are listened to");
            let words = carrier.words();
            assert!(words.iter().all(|word| words.iter().filter(|other| other == &word).count() == 1), "{carrier:?}");
        }
    }
}
