//! What carriers collect: the parcels that wait for one, and the manifest that its driver takes along.
//!
//! A parcel lies on its carrier's pile from the moment its label is bought until a manifest takes it. One manifest of a pile is made at a
//! time, so no parcel is on two. What a carrier refuses goes back onto the pile. No carrier makes a manifest once however often it is asked,
//! so none is asked twice: where nobody knows what became of one, a person says so.

use super::rates::{CarrierName, Service};
use crate::ids::{BadId, FulfilmentId, LabelReference, LocationId, ManifestId, OrderId, TrackingNumber};
use crate::order::{LabelState, Order, TrackingStatus};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Parcels on one manifest. USPS takes as many, FedEx asks for none by name.
pub const PARCELS_MAX: usize = 1_000;
/// So long after somebody has set about asking the carrier nobody is at it any more: the longest a worker may take, and some.
pub const ASKING_TAKES: SignedDuration = SignedDuration::from_mins(2);
/// A manifest that has stood still for so long may be settled by a person.
pub const STANDS_STILL_AFTER: SignedDuration = SignedDuration::from_mins(15);

/// Whether a carrier wants to be told before it collects. The others, and FedEx of its Express parcels, have known since the label was bought.
pub const fn is_wanted(carrier: CarrierName, service: Service) -> bool {
    match carrier {
        CarrierName::Usps => true,
        CarrierName::Fedex => matches!(service, Service::Standard),
        CarrierName::Ups | CarrierName::Dhl => false,
    }
}

/// What is collected together.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Pile {
    /// By whom.
    pub carrier: CarrierName,
    /// From where. FedEx closes an account's day, wherever its parcels are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<LocationId>,
}

impl Pile {
    /// The one that what lies somewhere is on.
    pub fn of(carrier: CarrierName, location: &LocationId) -> Pile {
        Pile { carrier, location: (carrier != CarrierName::Fedex).then(|| location.clone()) }
    }

    /// As people call it: "USPS at main".
    pub fn in_words(&self) -> String {
        match &self.location {
            Some(location) => format!("{} at {location}", self.carrier.title()),
            None => self.carrier.title().to_owned(),
        }
    }
}

/// A parcel that waits for its carrier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingParcel {
    /// By whom it goes.
    pub carrier: CarrierName,
    /// How fast.
    pub service: Service,
    /// Where it lies.
    pub location: LocationId,
    /// Whose it is.
    pub order: OrderId,
    /// Which of the order's parcels.
    pub parcel: FulfilmentId,
    /// Which of the parcel's labels.
    pub reference: LabelReference,
    /// What the carrier calls it.
    pub number: TrackingNumber,
    /// The day it leaves, as the carrier was told.
    pub leaves: Date,
}

/// What becomes of a parcel on a pile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// The carrier gets it now.
    Goes,
    /// Not yet.
    Stays,
    /// It does not belong there any more: its label was given back, or the carrier has it.
    Gone,
}

impl WaitingParcel {
    /// The pile it is on.
    pub fn pile(&self) -> Pile {
        Pile::of(self.carrier, &self.location)
    }

    /// What becomes of it when the carrier collects on a day, as its order stands.
    pub fn fate(&self, order: Option<&Order>, day: Date) -> Fate {
        let label = || {
            let one = order?.consignment(&self.parcel)?;
            Some((order?, one, one.label_of(&self.reference)?))
        };
        let Some((order, one, label)) = label() else { return Fate::Stays };
        let announced = |status| matches!(status, TrackingStatus::Unknown | TrackingStatus::Pending);
        let has_it = one.way.as_ref().is_some_and(|way| way.carrier == self.carrier && !announced(way.followed.status));
        match label.state {
            // It is put onto the pile before its order knows of it.
            LabelState::Wanted | LabelState::Trying => Fate::Stays,
            LabelState::Bought if label.number.as_ref() == Some(&self.number) && !has_it => {
                // What nobody wants any more leaves the pile when it is given back.
                if order.wants_label(one, label) && self.leaves <= day { Fate::Goes } else { Fate::Stays }
            }
            LabelState::Bought | LabelState::Failed | LabelState::Voided => Fate::Gone,
        }
    }
}

/// How far a manifest is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ManifestState {
    /// Somebody wants it.
    Asked,
    /// The carrier is being asked, or was, and nobody has heard what became of it.
    Asking,
    /// The carrier has it.
    Made,
    /// The carrier has known of everything on it since the labels were bought.
    NotNeeded,
    /// Nothing was there to collect.
    Empty,
    /// The carrier does not make it; its parcels wait for another.
    Failed,
    /// The carrier may have made it: a person has to look.
    Unsure,
    /// The carrier has not made it: its parcels are on their way back to the pile.
    GivingBack,
    /// Somebody has said that the carrier has it: its parcels leave the pile.
    Keeping,
}

impl ManifestState {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Asking => "asking",
            Self::Made => "made",
            Self::NotNeeded => "not_needed",
            Self::Empty => "empty",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
            Self::GivingBack => "giving_back",
            Self::Keeping => "keeping",
        }
    }

    /// Something can still become of it; no other of its pile is made meanwhile.
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Made | Self::NotNeeded | Self::Empty | Self::Failed)
    }
}

/// A manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Which.
    pub id: ManifestId,
    /// Of what.
    #[serde(flatten)]
    pub pile: Pile,
    /// How far it is.
    pub state: ManifestState,
    /// The day on which they are collected.
    pub day: Date,
    /// What is on it; nothing before somebody has looked at the pile.
    #[serde(default)]
    pub parcels: Vec<WaitingParcel>,
    /// The carrier's number for it, if it gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// The file to print, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// Why it failed, or is unsure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Who wanted it.
    pub asked_by: String,
    /// When.
    pub asked_at: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
    /// Changes so far; the optimistic lock.
    pub version: u64,
}

/// What became of asking a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Closing {
    /// It has it.
    Made {
        /// Its number for it.
        number: Option<String>,
        /// The file to print.
        file: Option<String>,
    },
    /// It does not need one.
    NotNeeded,
    /// Nothing is there to collect.
    Empty,
    /// It makes none.
    Failed {
        /// Why.
        why: String,
    },
    /// Nobody knows.
    Unsure {
        /// Why.
        why: String,
    },
}

/// Why a manifest is not settled by hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ManifestRefusal {
    /// Nobody has to say anything of it.
    #[error("the manifest is {}: nothing is to be settled", .0.as_str())]
    Closed(ManifestState),
    /// It may still come to an end by itself.
    #[error("the carrier is being asked: wait a quarter of an hour, and settle it if it still stands like this")]
    Busy,
    /// No carrier can have it.
    #[error("no carrier was asked for it: it cannot have been made")]
    NeverAsked,
}

impl Manifest {
    /// One that somebody wants.
    ///
    /// # Errors
    /// No name can be made of it, which is so of no moment of ours.
    pub fn asked(pile: Pile, day: Date, by: String, now: Timestamp) -> Result<Manifest, BadId> {
        let place = pile.location.as_ref().map(|location| format!("-{location}")).unwrap_or_default();
        let moment = now.strftime("%Y%m%dT%H%M%S");
        let id = format!("{moment}{:03}Z-{}{place}", now.subsec_millisecond().max(0), pile.carrier.as_str());
        Ok(Manifest {
            id: ManifestId::parse(&id)?,
            pile,
            state: ManifestState::Asked,
            day,
            parcels: Vec::new(),
            number: None,
            file: None,
            problem: None,
            asked_by: by,
            asked_at: now,
            since: now,
            version: 1,
        })
    }

    fn next(&self, state: ManifestState, now: Timestamp) -> Manifest {
        Manifest { state, since: now, version: self.version + 1, ..self.clone() }
    }

    /// The carrier is asked next, for these.
    #[must_use]
    pub fn asking(&self, parcels: Vec<WaitingParcel>, now: Timestamp) -> Manifest {
        Manifest { parcels, ..self.next(ManifestState::Asking, now) }
    }

    /// The carrier did nothing, and the same may work later.
    #[must_use]
    pub fn put_off(&self, now: Timestamp) -> Manifest {
        self.next(ManifestState::Asked, now)
    }

    /// The carrier has answered, or will not.
    #[must_use]
    pub fn closed(&self, how: Closing, now: Timestamp) -> Manifest {
        let next = |state| Manifest { problem: None, ..self.next(state, now) };
        match how {
            Closing::Made { number, file } => Manifest { number, file, ..next(ManifestState::Made) },
            Closing::NotNeeded => next(ManifestState::NotNeeded),
            Closing::Empty => next(ManifestState::Empty),
            Closing::Failed { why } => Manifest { problem: Some(why), ..next(ManifestState::Failed) },
            Closing::Unsure { why } => Manifest { problem: Some(why), ..next(ManifestState::Unsure) },
        }
    }

    /// The carrier makes none: what is on it goes back before it is closed.
    #[must_use]
    pub fn given_back(&self, why: String, now: Timestamp) -> Manifest {
        Manifest { problem: Some(why), ..self.next(ManifestState::GivingBack, now) }
    }

    /// A person has looked, and says what became of it. The pile is made to agree before it is closed; who says the same again goes on with
    /// that.
    ///
    /// # Errors
    /// Nobody is needed, or it cannot be so.
    pub fn settled(&self, made: bool, by: &str, now: Timestamp) -> Result<Manifest, ManifestRefusal> {
        let stands_still = now.duration_since(self.since) >= STANDS_STILL_AFTER;
        match (self.state, made) {
            (ManifestState::Keeping, true) | (ManifestState::GivingBack, false) => return Ok(self.clone()),
            (ManifestState::Unsure, _) => {}
            (ManifestState::Asked, true) => return Err(ManifestRefusal::NeverAsked),
            (ManifestState::Asked | ManifestState::Asking, _) if stands_still => {}
            (ManifestState::Asked | ManifestState::Asking, _) => return Err(ManifestRefusal::Busy),
            (other, _) => return Err(ManifestRefusal::Closed(other)),
        }
        if made {
            return Ok(Manifest { problem: None, ..self.next(ManifestState::Keeping, now) });
        }
        Ok(self.given_back(format!("{by} says that the carrier has not made it"), now))
    }

    /// It stands still, and somebody is sent once more.
    #[must_use]
    pub fn nudged(&self, now: Timestamp) -> Option<Manifest> {
        let waits = matches!(self.state, ManifestState::Asked | ManifestState::Asking | ManifestState::GivingBack);
        (waits && now.duration_since(self.since) >= STANDS_STILL_AFTER).then(|| self.next(self.state, now))
    }

    /// The parcels that the carrier has to be told of.
    pub fn wanted(&self) -> Vec<TrackingNumber> {
        self.parcels.iter().filter(|one| is_wanted(one.carrier, one.service)).map(|one| one.number.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const NOW: Timestamp = Timestamp::constant(1_764_347_400, 123_000_000);

    fn place(name: &str) -> LocationId {
        LocationId::parse(name).unwrap()
    }

    fn asked() -> Manifest {
        Manifest::asked(Pile::of(CarrierName::Usps, &place("main")), date(2025, 11, 28), "ada".into(), NOW).unwrap()
    }

    // req: S2-68
    #[test]
    fn who_wants_one() {
        use Service::{Express, Overnight, Standard};
        for (carrier, expected) in [
            (CarrierName::Usps, [true, true, true]),
            (CarrierName::Fedex, [true, false, false]),
            (CarrierName::Ups, [false; 3]),
            (CarrierName::Dhl, [false; 3]),
        ] {
            assert_eq!([Standard, Express, Overnight].map(|service| is_wanted(carrier, service)), expected, "{carrier:?}");
        }
    }

    #[test]
    fn an_account_of_fedex_is_closed_as_a_whole() {
        assert_eq!(Pile::of(CarrierName::Fedex, &place("ny")), Pile::of(CarrierName::Fedex, &place("la")));
        assert_ne!(Pile::of(CarrierName::Usps, &place("ny")), Pile::of(CarrierName::Usps, &place("la")));
        assert_eq!(Pile::of(CarrierName::Usps, &place("ny")).in_words(), "USPS at ny");
    }

    #[test]
    fn names_are_in_the_order_of_time() {
        assert_eq!(asked().id.as_str(), "20251128T163000123Z-usps-main");
        let longest =
            Manifest::asked(Pile::of(CarrierName::Usps, &place(&"x".repeat(32))), date(2025, 11, 28), "ada".into(), Timestamp::MAX);
        assert!(longest.is_ok());
        let later = Manifest::asked(asked().pile, date(2025, 11, 28), "ada".into(), NOW + SignedDuration::from_millis(1)).unwrap();
        assert!(later.id > asked().id);
    }

    #[test]
    fn a_person_settles_what_nobody_knows() {
        let now = NOW + SignedDuration::from_mins(1);
        let unsure = asked().asking(Vec::new(), NOW).closed(Closing::Unsure { why: "no answer".into() }, now);
        assert!(unsure.state.is_open());
        let kept = unsure.settled(true, "ada", now).unwrap();
        assert_eq!((kept.state, kept.problem.clone(), kept.version), (ManifestState::Keeping, None, 4));
        assert_eq!(kept.settled(true, "bob", now), Ok(kept.clone()), "who says the same goes on with it");
        assert_eq!(kept.settled(false, "bob", now), Err(ManifestRefusal::Closed(ManifestState::Keeping)));
        let back = unsure.settled(false, "ada", now).unwrap();
        assert_eq!((back.state, back.problem.as_deref()), (ManifestState::GivingBack, Some("ada says that the carrier has not made it")));
        let made = kept.closed(Closing::Made { number: None, file: None }, now);
        assert_eq!(made.settled(true, "ada", now), Err(ManifestRefusal::Closed(ManifestState::Made)));
        assert_eq!(asked().settled(false, "ada", NOW), Err(ManifestRefusal::Busy));
        assert_eq!(asked().settled(true, "ada", NOW + STANDS_STILL_AFTER), Err(ManifestRefusal::NeverAsked));
        assert!(asked().settled(false, "ada", NOW + STANDS_STILL_AFTER).is_ok());
    }

    #[test]
    fn what_stands_still_is_nudged() {
        assert_eq!(asked().nudged(NOW), None);
        let again = asked().nudged(NOW + STANDS_STILL_AFTER).unwrap();
        assert_eq!((again.state, again.version), (ManifestState::Asked, 2));
        let unsure = asked().closed(Closing::Unsure { why: "no answer".into() }, NOW);
        assert_eq!(unsure.nudged(NOW + STANDS_STILL_AFTER), None, "that is a person's");
    }
}
