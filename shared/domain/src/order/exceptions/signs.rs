//! What of an order's state shows that something is wrong.

use crate::exception::Reason;
use crate::order::fulfilling::Consignment;
use crate::order::fulfilling::labels::LabelState;
use crate::order::review::ReviewKind;
use crate::order::status::{FulfilmentStatus, OrderStatus, PaymentStatus, TrackingStatus};
use crate::order::watch::{Concern, WatchRules, Watched};
use crate::order::{Order, SlaState};
use crate::payment::{Kind, Operation, State};
use crate::shipping::Incident;
use crate::sla::Sla;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// That it is late, whoever says so.
const LATE: &str = "late";

/// Something that shows an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sign {
    /// Its name: the same sign is the same trouble.
    pub key: String,
    /// Of what it is one.
    pub reason: Reason,
    /// In words; nothing in them names a customer.
    pub why: String,
}

impl Sign {
    fn new(reason: Reason, key: String, why: impl Into<String>) -> Sign {
        Sign { key, reason, why: why.into() }
    }
}

/// Everything that shows that something is wrong with an order now.
pub(super) fn signs(order: &Order, rules: &WatchRules, zone: &TimeZone, now: Timestamp) -> Vec<Sign> {
    if order.tracks.status == OrderStatus::Cancelled {
        return Vec::new();
    }
    let mut signs: Vec<Sign> = clocks(order).chain(concerns(order, rules, zone, now)).collect();
    let of_parcels: Vec<Sign> =
        order.consignments.iter().filter(|parcel| parcel.work.status != FulfilmentStatus::Cancelled).flat_map(parcel).collect();
    // Parcels that are followed speak for themselves.
    let followed = order.consignments.iter().any(|parcel| parcel.way.is_some());
    if order.tracks.tracking == TrackingStatus::DeliveryFailed && !followed {
        signs.push(Sign::new(Reason::CustomerUnavailable, "delivery_failed".to_owned(), "the carrier could not hand it over"));
    }
    signs.extend(of_parcels);
    signs.extend(money(order));
    signs.extend(stock(order));
    signs
}

fn clocks(order: &Order) -> impl Iterator<Item = Sign> {
    let late = order.clocks.iter().filter(|clock| clock.is_running() && clock.state() == SlaState::Missed);
    late.map(|clock| {
        let reason = match clock.sla {
            Sla::Pick => Reason::PickDelay,
            Sla::Pack => Reason::PackDelay,
            Sla::Scan => Reason::MissingScan,
            Sla::Ship => Reason::CarrierIssue,
            Sla::Carrier | Sla::Delivery => Reason::DeliveryDelay,
        };
        let why = format!("{} was due {}", clock.sla.text().to_lowercase(), clock.due_at.strftime("%Y-%m-%d %H:%M UTC"));
        // However many things say that it is late, that is one trouble.
        let key = if reason == Reason::DeliveryDelay { LATE.to_owned() } else { format!("sla:{}@{}", clock.sla, clock.started_at) };
        Sign::new(reason, key, why)
    })
}

/// What has been raised, as long as it holds. Missed clocks show themselves.
fn concerns(order: &Order, rules: &WatchRules, zone: &TimeZone, now: Timestamp) -> impl Iterator<Item = Sign> {
    let raised = |held: &crate::order::Deadline| order.raised.get(&held.concern) == Some(&held.basis);
    let held = if order.raised.is_empty() { Vec::new() } else { Watched::of(order).concerns(rules, zone, now) };
    held.into_iter().filter(move |held| raised(held)).filter_map(|held| {
        let (reason, why) = match held.concern {
            Concern::Failed => (Reason::Other, "it could not be carried out"),
            Concern::Overdue => (Reason::DeliveryDelay, "the promised day has passed"),
            Concern::Delayed => (Reason::DeliveryDelay, "it is reported late"),
            Concern::ParcelStuck => (Reason::CarrierIssue, "nobody has scanned a parcel of it for longer than usual"),
            Concern::PendingTooLong => (Reason::StalePending, "nobody has begun with it"),
            Concern::ProcessingTooLong => (Reason::StaleProcessing, "no news of it in processing"),
            Concern::Stale => (Reason::Other, "no news of it"),
            Concern::NoCustomerContact => (Reason::NoCustomerContact, "its customer has heard nothing"),
            Concern::DeliveryFailed | Concern::SlaMissed => return None,
        };
        let key = if reason == Reason::DeliveryDelay { LATE.to_owned() } else { format!("{}@{}", held.concern.code(), held.basis) };
        Some(Sign::new(reason, key, why))
    })
}

fn parcel(parcel: &Consignment) -> impl Iterator<Item = Sign> {
    let id = &parcel.work.id;
    let label = parcel.label().filter(|label| label.state == LabelState::Failed).map(|label| {
        let why = label.problem.as_deref().unwrap_or("a label cannot be had");
        Sign::new(Reason::CarrierIssue, format!("label:{}", label.reference), format!("parcel {id}: {why}"))
    });
    let way = parcel.way.as_ref();
    // The carrier's own reason says more than that it is not handed over; and it is one until the parcel gets on.
    let kept = way.and_then(|way| match (way.incident, way.followed.status) {
        (Some(incident), _) => Some((of_incident(incident), incident.as_str(), incident.text())),
        (None, TrackingStatus::DeliveryFailed) => Some((Reason::CustomerUnavailable, "failed", "the carrier could not hand it over")),
        (None, TrackingStatus::ReturnToSender) => Some((Reason::CustomerUnavailable, "back", "it goes back")),
        (None, TrackingStatus::Expired) => Some((Reason::CarrierIssue, "expired", "nobody has heard of it for thirty days")),
        _ => None,
    });
    let kept = kept.map(|(reason, what, why)| Sign::new(reason, format!("parcel:{id}:{what}"), format!("parcel {id}: {why}")));
    label.into_iter().chain(kept)
}

/// What a carrier's reason means for the shop.
pub(super) const fn of_incident(incident: Incident) -> Reason {
    use Incident as I;
    match incident {
        I::CarrierDamagedParcel => Reason::DamagedPackage,
        I::CarrierParcelLost => Reason::CarrierIssue,
        I::ConsigneeIncorrectAddress | I::RetailerIncorrectData => Reason::AddressError,
        I::ConsigneeRefused | I::ConsigneeNotAvailable | I::ConsigneeBusinessClosed | I::ConsigneeAccessRestricted => {
            Reason::CustomerUnavailable
        }
        I::RetailerPackagingIssue | I::CustomsDutiesUnpaid | I::CustomsDocumentation => Reason::Other,
        I::CarrierSortingError | I::CarrierVehicleIssue | I::CarrierNotEnoughTime | I::CustomsDelay | I::Weather => Reason::DeliveryDelay,
    }
}

/// A try that is still on its way mends nothing yet: what was declined is so until it is promised or paid.
fn money(order: &Order) -> Option<Sign> {
    let paying = order.paying.as_ref();
    let waits = matches!(order.tracks.payment, PaymentStatus::Failed | PaymentStatus::Pending | PaymentStatus::RequiresAction);
    let declined = |one: &Operation| one.kind == Kind::Authorize && matches!(one.state, State::Declined { .. });
    let was_declined = waits && paying.is_some_and(|paying| paying.ledger.operations().iter().any(declined));
    let nobody = paying.is_some_and(|paying| paying.nobody);
    let why = if nobody { "no payment provider takes it" } else { "the payment was declined" };
    let failed = order.tracks.payment == PaymentStatus::Failed || was_declined || nobody;
    (failed && !order.is_called_off()).then(|| Sign::new(Reason::PaymentFailed, "payment".to_owned(), why))
}

/// What is short is for people to decide. What was told to be somewhere else is no shortage.
fn stock(order: &Order) -> Option<Sign> {
    let review = order.open_reviews().find(|review| review.kind == ReviewKind::InventoryOverride && review.exception.is_none())?;
    Some(Sign::new(Reason::InventoryShortage, format!("review:{}", review.id), review.reason.clone()))
}
