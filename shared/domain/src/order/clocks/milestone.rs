//! When an order came how far, by everything that was said of it.

use crate::order::Order;
use crate::order::event::{Cause, OrderEvent};
use crate::order::fact::{Claim, Heard, StatusClaim};
use crate::order::status::{FulfilmentStatus as F, OrderStatus as S, PaymentStatus as P, Track, TrackingStatus as T};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order that is older than this when we first hear of it has no clocks: nobody here was asked to be quick.
const HEARD_WITHIN: SignedDuration = SignedDuration::from_hours(24);

/// A point on the way of an order that clocks start or stop at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Milestone {
    /// Its money is there, or promised.
    Paid,
    /// Somebody has begun to work on it; where nobody says anything of its money, that is when it may be.
    Begun,
    /// Everything of it is picked.
    Picked,
    /// Everything of it is packed.
    Packed,
    /// All of it is with its carrier, or on its manifest.
    HandedOver,
    /// All of it is delivered.
    Delivered,
}

impl Milestone {
    const WORK: [Milestone; 4] = [Milestone::Picked, Milestone::Packed, Milestone::HandedOver, Milestone::Delivered];

    fn of_status(status: S) -> Option<Milestone> {
        match status {
            S::Processing => Some(Milestone::Begun),
            S::ReadyToShip => Some(Milestone::Packed),
            S::Shipped => Some(Milestone::HandedOver),
            S::Delivered | S::Completed | S::ReturnRequested => Some(Milestone::Delivered),
            _ => None,
        }
    }

    fn of_payment(payment: P) -> Option<Milestone> {
        matches!(payment, P::Authorized | P::PartiallyCaptured | P::Captured).then_some(Milestone::Paid)
    }

    fn of_fulfilment(stage: F) -> Option<Milestone> {
        match stage {
            F::Picked => Some(Milestone::Picked),
            F::Packed | F::Labelled => Some(Milestone::Packed),
            F::Shipped => Some(Milestone::HandedOver),
            F::Delivered => Some(Milestone::Delivered),
            _ => None,
        }
    }

    fn of_tracking(tracking: T) -> Option<Milestone> {
        match tracking {
            T::PickedUp | T::InTransit | T::OutForDelivery | T::ReadyForPickup | T::DeliveryFailed | T::ReturnToSender => {
                Some(Milestone::HandedOver)
            }
            T::Delivered => Some(Milestone::Delivered),
            _ => None,
        }
    }

    /// What a source's word says that an order has come to. Where its parcels are known one by one, a carrier's word is about one of them, and what it
    /// means for all is in the other tracks.
    fn of_claim(claim: &Claim, in_parcels: bool) -> impl Iterator<Item = Milestone> {
        let status = if let Some(StatusClaim::Is(status)) = claim.status { Milestone::of_status(status) } else { None };
        let payment = claim.payment.and_then(Milestone::of_payment);
        let fulfilment = claim.fulfilment.and_then(Milestone::of_fulfilment);
        let tracking = claim.tracking.filter(|_| !in_parcels).and_then(Milestone::of_tracking);
        let manifested = claim.manifested.then_some(Milestone::HandedOver);
        status.into_iter().chain(payment).chain(fulfilment).chain(tracking).chain(manifested)
    }
}

/// The earliest word of each: the order in which words come does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Milestones(BTreeMap<Milestone, Timestamp>);

impl Milestones {
    /// Is none known?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When it was reached at the latest: what comes after it implies it.
    pub fn reached(&self, milestone: Milestone) -> Option<Timestamp> {
        let after = Milestone::WORK.into_iter().filter(|later| *later >= milestone).chain([milestone]);
        after.filter_map(|later| self.0.get(&later)).min().copied()
    }

    /// When a clock starts there; none if nobody has said that it was reached.
    pub fn start(&self, milestone: Milestone) -> Option<Timestamp> {
        if milestone == Milestone::Paid {
            // Whoever begins before there is money has begun: what is paid at the door, or later, is no less urgent.
            return [Milestone::Paid, Milestone::Begun].into_iter().filter_map(|one| self.0.get(&one)).min().copied();
        }
        self.0.get(&milestone).and_then(|_| self.reached(milestone))
    }

    fn note(&mut self, milestone: Milestone, at: Timestamp) {
        let known = self.0.entry(milestone).or_insert(at);
        *known = at.min(*known);
    }

    /// What an order has come to without our having noted it, because its clocks were not run then: some time before.
    pub fn cover(&mut self, before: &Order) {
        let tracks = &before.tracks;
        let tracking = Some(tracks.tracking).filter(|_| before.consignments.is_empty()).and_then(Milestone::of_tracking);
        let stands = Milestone::of_status(tracks.status).into_iter().chain(Milestone::of_fulfilment(tracks.fulfilment)).chain(tracking);
        for milestone in stands.filter(|one| *one >= Milestone::Picked) {
            if self.reached(milestone).is_none() {
                self.note(milestone, before.status_since);
            }
        }
    }

    /// What a commit says of them. `before` and `after` are the order as it stood and stands with it.
    pub fn heard(&mut self, (before, after): (Option<&Order>, &Order), events: &[OrderEvent], now: Timestamp) {
        let in_parcels = !after.consignments.is_empty();
        // What goes back is handed over to the shop, which is no delivery.
        let goes_back = before.is_some_and(|before| before.tracks.tracking == T::ReturnToSender);
        // What follows from a source's word happened when the source says so.
        let by_word = events.iter().any(|event| matches!(event, OrderEvent::FactHeard { .. }));
        for event in events {
            match event {
                OrderEvent::Placed { tracks, placed_at, .. } if now.duration_since(*placed_at) <= HEARD_WITHIN => {
                    let is_new = matches!(tracks.status, S::Pending | S::Processing);
                    Milestone::of_payment(tracks.payment).filter(|_| is_new).into_iter().for_each(|paid| self.note(paid, *placed_at));
                }
                // What comes too late to count counts for nothing here either.
                OrderEvent::FactHeard { heard: Heard::Superseded, .. } => {}
                OrderEvent::FactHeard { fact, .. } if goes_back && fact.claim.tracking == Some(T::Delivered) => {}
                OrderEvent::FactHeard { fact, .. } => {
                    Milestone::of_claim(&fact.claim, in_parcels).for_each(|milestone| self.note(milestone, fact.occurred_at));
                    // Of an order that had left in part the rest was called off: with that all of it has.
                    let rest_off = fact.claim.status == Some(StatusClaim::Is(S::Cancelled)) && after.tracks.status == S::Shipped;
                    if rest_off && before.is_some_and(|before| before.tracks.status == S::PartiallyShipped) {
                        self.note(Milestone::HandedOver, fact.occurred_at);
                    }
                }
                OrderEvent::StatusChanged { to, cause, .. } if !matches!(cause, Cause::Fact { .. }) => {
                    Milestone::of_status(*to).into_iter().for_each(|milestone| self.note(milestone, now));
                }
                OrderEvent::StatusCorrected { to, .. } | OrderEvent::StatusUndone { to, .. } => self.put_at(*to, now),
                OrderEvent::PaymentChanged { to, .. } if !by_word => {
                    Milestone::of_payment(*to).into_iter().for_each(|milestone| self.note(milestone, now));
                }
                OrderEvent::FulfilmentChanged { to, .. } if !by_word => {
                    Milestone::of_fulfilment(*to).into_iter().for_each(|milestone| self.note(milestone, now));
                }
                _ => {}
            }
        }
        // Money that is collected here moves the track when its operation is settled.
        if Milestone::of_payment(after.tracks.payment).is_some() && events.iter().any(|event| matches!(event, OrderEvent::Money { .. })) {
            self.note(Milestone::Paid, now);
        }
    }

    /// A person says that it was here all along: what lies further on was never reached.
    fn put_at(&mut self, status: S, now: Timestamp) {
        let Some(rank) = status.rank() else { return };
        let is_before = |reached: S| reached.rank().is_some_and(|reached| rank < reached);
        self.0.retain(|milestone, _| match milestone {
            Milestone::Paid => true,
            Milestone::Begun | Milestone::Picked => !is_before(S::Processing),
            Milestone::Packed => !is_before(S::ReadyToShip),
            Milestone::HandedOver => !is_before(S::Shipped),
            Milestone::Delivered => !is_before(S::Delivered),
        });
        Milestone::of_status(status).into_iter().for_each(|milestone| self.note(milestone, now));
    }
}
