//! What carriers have seen of parcels, and what that means for the order.
//!
//! A carrier speaks of one parcel. An order of several has left when all of it has, and has arrived when all of it has; so a carrier's
//! word is noted with its parcel, and what follows for the order is said as one fact about the whole.

use super::{Consignment, FulfilEvent};
use crate::ids::{EventId, FulfilmentId, SourceId};
use crate::order::fact::{Claim, Fact, StatusClaim};
use crate::order::status::{FulfilmentStatus, OrderStatus, Track, TrackingStatus};
use crate::order::watch::{Quiet, WatchRules};
use crate::order::{Order, OrderEvent};
use crate::shipping::rates::CarrierName;
use crate::shipping::{Followed, Incident};
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// Longest name of a place that is kept, in characters.
const PLACE_CHARS_MAX: usize = 80;
/// Longest word of a carrier that is kept, in characters.
const CODE_CHARS_MAX: usize = 40;
/// A second wish to ask within this is the first.
pub(super) const ASKED_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// Who was sent to ask this long ago has asked.
const ASKING_TIME: SignedDuration = SignedDuration::from_mins(20);

/// A parcel on its way, as its carrier says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnItsWay {
    /// Whose.
    pub carrier: CarrierName,
    /// Where it stands, and when it is asked about.
    #[serde(flatten)]
    pub followed: Followed,
    /// The carrier's own word for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Town and country of the last scan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// The day it should arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Date>,
    /// What keeps it, as long as something does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
    /// Longest time between two of its scans, in seconds.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub longest_gap_s: i64,
    /// Seconds that 95 of 100 orders of its lane went without a scan at most, if that was known when its label was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_gap_s: Option<i64>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for it")]
const fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

/// What a carrier says of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sighting {
    /// Its own word, as its vocabulary reads it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// When.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    /// Town and country.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// What it says of why it does not get on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incident: Option<Incident>,
    /// The day it should arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<Date>,
    /// It has told us by itself.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pushed: bool,
}

impl Sighting {
    fn trimmed(&self) -> Sighting {
        let short = |text: &Option<String>, most| text.as_ref().map(|text| text.chars().take(most).collect());
        Sighting { code: short(&self.code, CODE_CHARS_MAX), place: short(&self.place, PLACE_CHARS_MAX), ..self.clone() }
    }
}

impl OnItsWay {
    pub(super) const fn new(carrier: CarrierName, since: Timestamp, usual_gap_s: Option<i64>) -> OnItsWay {
        OnItsWay {
            carrier,
            followed: Followed::new(since),
            code: None,
            place: None,
            expected: None,
            incident: None,
            longest_gap_s: 0,
            usual_gap_s,
        }
    }

    /// Seconds between its last scan and a moment.
    fn gap_s(&self, at: Timestamp) -> Option<i64> {
        Some(at.duration_since(self.followed.scanned_at?).as_secs())
    }

    /// It waits to be scanned.
    pub fn quiet(&self) -> Option<Quiet> {
        Some(Quiet { since: self.followed.quiet_since()?, usual_s: self.usual_gap_s })
    }

    /// What its carrier's own word claims.
    fn reading(&self) -> Option<Claim> {
        Some(self.carrier.vocabulary().read(self.code.as_deref()?)?.claim)
    }

    /// Whether its carrier was to be asked lately and has said nothing new since.
    fn is_being_asked(&self, now: Timestamp) -> bool {
        self.followed.in_vain > 0 && self.followed.asked_at.is_some_and(|asked| now.duration_since(asked) < ASKING_TIME)
    }

    pub(super) fn after(&mut self, status: TrackingStatus, seen: &Sighting, at: Timestamp) {
        let scanned = seen.at.max(self.followed.scanned_at);
        self.longest_gap_s = self.longest_gap_s.max(scanned.and_then(|at| self.gap_s(at)).unwrap_or(0));
        self.followed = self.followed.asked(at, Some((status, scanned)));
        self.followed.pushed |= seen.pushed;
        self.code = seen.code.clone().or_else(|| self.code.take());
        self.place = seen.place.clone().or_else(|| self.place.take());
        self.expected = seen.expected.or(self.expected);
        // A reason that was told is one until it gets on.
        self.incident = if is_kept(status) { seen.incident.or(self.incident) } else { None };
    }
}

impl Order {
    /// Parcels whose carriers are to be asked now.
    pub fn parcels_to_ask(&self, now: Timestamp) -> impl Iterator<Item = &Consignment> {
        self.consignments.iter().filter(move |one| one.way.as_ref().is_some_and(|way| way.is_being_asked(now)))
    }

    fn followed(&self) -> impl Iterator<Item = (&Consignment, &OnItsWay)> {
        // What was called off before it left goes nowhere.
        let goes = |one: &&Consignment| one.work.status != FulfilmentStatus::Cancelled && (one.has_left() || !self.is_called_off());
        self.consignments.iter().filter(goes).filter_map(|one| Some((one, one.way.as_ref()?)))
    }

    /// Of its parcels that wait to be scanned, the one that counts as stuck first.
    pub(in crate::order) fn quiet(&self) -> Option<Quiet> {
        let hours = WatchRules::DEFAULT.stuck_after_h;
        self.followed().filter_map(|(_, way)| way.quiet()).min_by_key(|quiet| quiet.until(hours))
    }

    /// Who carries all of it, if that is one carrier.
    pub(in crate::order) fn carrier(&self) -> Option<CarrierName> {
        let mut carriers = self.followed().map(|(_, way)| way.carrier);
        let first = carriers.next()?;
        carriers.all(|other| other == first).then_some(first)
    }

    /// The longest time between two scans of one of its parcels, in seconds; none if no parcel was scanned twice.
    pub(in crate::order) fn longest_gap_s(&self) -> Option<i64> {
        self.followed().map(|(_, way)| way.longest_gap_s).max().filter(|gap_s| *gap_s > 0)
    }

    /// When a carrier is to be asked next, or a parcel counts as lost sight of.
    pub(super) fn carriers_due(&self) -> Option<Timestamp> {
        self.followed().filter_map(|(_, way)| way.followed.next_poll().or_else(|| way.followed.expires_at())).min()
    }

    /// Parcels whose carriers are to be asked.
    pub(super) fn carriers_to_ask(&self, now: Timestamp) -> Vec<FulfilmentId> {
        let due = self.followed().filter(|(_, way)| way.followed.next_poll().is_some_and(|next| next <= now));
        due.map(|(one, _)| one.work.id.clone()).collect()
    }

    /// Parcels that nobody has heard of for thirty days.
    pub(super) fn lost_sight_of(&self, now: Timestamp) -> Vec<FulfilmentId> {
        self.followed().filter(|(_, way)| way.followed.has_expired(now)).map(|(one, _)| one.work.id.clone()).collect()
    }

    /// Where the whole of it is, by the parcel that is furthest behind: it has arrived when all of it has, and what became of one of
    /// several that does not arrive is nothing that could be said of the whole.
    fn whereabouts(&self, latest: &FulfilmentId) -> Option<TrackingStatus> {
        let active = self.consignments.iter().filter(|one| one.work.status != FulfilmentStatus::Cancelled).count();
        let is_all = self.is_all_in() && active == self.followed().count();
        let mut stand = self.followed().map(|(one, way)| (way.followed.status, one.work.id != *latest));
        if is_all && active == 1 {
            return stand.next().map(|(status, _)| status);
        }
        let goes_on = |(status, _): &(TrackingStatus, bool)| status.rank().is_some() && *status != TrackingStatus::Delivered;
        let behind = self.followed().map(|(one, way)| (way.followed.status, one.work.id != *latest)).filter(goes_on);
        let behind = behind.min_by_key(|(status, other)| (status.rank(), *other)).map(|(status, _)| status);
        let arrived = is_all && stand.all(|(status, _)| status == TrackingStatus::Delivered);
        behind.or(arrived.then_some(TrackingStatus::Delivered))
    }

    /// The last day on which a part of it should arrive, if nobody has promised one: an estimate moves no promise.
    fn first_promise(&self) -> Option<Date> {
        let none_yet = self.tracks.eta.is_none();
        self.followed().filter(|_| none_yet).filter_map(|(_, way)| way.expected).max()
    }

    /// Late if any of its parcels is; in time if the latest word says so and no other parcel is late.
    fn is_late(&self, latest: &OnItsWay) -> Option<bool> {
        let late = |way: &OnItsWay| way.reading().and_then(|claim| claim.delayed);
        let goes_on = self.followed().filter(|(_, way)| way.followed.status != TrackingStatus::Delivered);
        if goes_on.map(|(_, way)| late(way)).any(|late| late == Some(true)) { Some(true) } else { late(latest).filter(|late| !late) }
    }
}

/// Does something keep a parcel that stands so?
const fn is_kept(status: TrackingStatus) -> bool {
    use TrackingStatus as T;
    matches!(status, T::DeliveryDelayed | T::OnHold | T::DeliveryFailed | T::ReadyForPickup | T::ReturnToSender)
}

/// Nobody has heard of it for thirty days.
pub(super) fn lost(one: &Consignment) -> Option<FulfilEvent> {
    let can = one.way.as_ref()?.followed.status.can_become(TrackingStatus::Expired);
    let event = FulfilEvent::Seen {
        id: one.work.id.clone(),
        status: TrackingStatus::Expired,
        work: one.work.status,
        seen: Sighting { code: None, at: None, place: None, incident: None, expected: None, pushed: false },
    };
    can.then_some(event)
}

/// A carrier's word of a parcel: what is noted with it; nothing if that is not new.
pub(super) fn seen(one: &Consignment, seen: &Sighting, now: Timestamp) -> Option<FulfilEvent> {
    let way = one.way.as_ref()?;
    // A scan from the future would make all that come after it late ones.
    let seen = Sighting { at: seen.at.map(|at| at.min(now)), ..seen.trimmed() };
    let before = &way.followed;
    let said = seen.code.as_deref().and_then(|code| way.carrier.vocabulary().read(code)).and_then(|reading| reading.claim.tracking);
    // Older than what is known, it can only be a word that was late.
    let is_late = seen.at.is_some() && seen.at < before.scanned_at;
    let status = said.filter(|to| !is_late && before.status.can_become(*to)).unwrap_or(before.status);
    let is_new = status != before.status
        || (!is_late && seen.at > before.scanned_at)
        || (!is_late && seen.expected.is_some() && seen.expected != way.expected)
        || (!is_late && seen.code.is_some() && seen.code != way.code && said.is_none());
    let work = carried(one, status);
    is_new.then(|| FulfilEvent::Seen { id: one.work.id.clone(), status, work, seen })
}

/// How far the work on a parcel is that a carrier has at this stage: what it has scanned has left, whoever forgot to say so.
fn carried(one: &Consignment, status: TrackingStatus) -> FulfilmentStatus {
    use {FulfilmentStatus as F, TrackingStatus as T};
    let to = match status {
        T::Unknown | T::Pending | T::Cancelled | T::Expired => return one.work.status,
        T::Delivered => F::Delivered,
        _ => F::Shipped,
    };
    match one.work.status {
        F::Cancelled | F::Returned | F::Delivered => one.work.status,
        _ => to,
    }
}

/// What a carrier's word of a parcel means for the order, once it is noted.
pub(super) fn fact(
    order: &Order,
    latest: &Consignment,
    led_to: Option<OrderStatus>,
    stage: Option<FulfilmentStatus>,
    now: Timestamp,
) -> Option<Fact> {
    let way = latest.way.as_ref()?;
    let claim = Claim {
        status: led_to.map(StatusClaim::Is),
        payment: None,
        fulfilment: stage,
        tracking: order.whereabouts(&latest.work.id),
        delayed: order.is_late(way),
        eta: order.first_promise(),
        manifested: false,
        exception: None,
    };
    // Each commit says it once; its time is ours, because it is about the whole: after the last decision, by whoever's clock that was made.
    let occurred_at = order.log.decided_at.map_or(now, |decided| now.max(decided + SignedDuration::from_millis(1)));
    let id = EventId::parse(&format!("parcels-{}", order.version + 1)).ok()?;
    let source = SourceId::parse(&format!("carrier-{}", way.carrier.as_str())).ok()?;
    Some(Fact { id, source, sequence: None, occurred_at, claim })
}

impl FulfilEvent {
    pub(super) fn seen_in_words(id: &FulfilmentId, status: TrackingStatus, seen: &Sighting) -> String {
        let place = seen.place.as_ref().filter(|place| !place.is_empty()).map(|place| format!(", {place}")).unwrap_or_default();
        let word = seen.code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
        let why = seen.incident.filter(|_| is_kept(status)).map(|incident| format!(", {}", incident.text())).unwrap_or_default();
        format!("Parcel {id}: {}{why}{place}{word}", status.as_str().replace('_', " "))
    }
}

/// Events of the order that follow from a fact.
pub(super) fn hear(order: &Order, fact: &Fact, now: Timestamp) -> Vec<OrderEvent> {
    // What it claims is what holds already, most of the time: there is nothing to hear.
    let changes = {
        let mut after = order.tracks;
        after.apply(&fact.claim, now, order.all_digital());
        after != order.tracks
    };
    // It is refused only from the future, and its time is ours.
    if changes { crate::order::decide::hear(order, fact, true, now.max(fact.occurred_at)).unwrap_or_default() } else { Vec::new() }
}
