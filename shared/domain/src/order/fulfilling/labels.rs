//! Labels that are bought for a parcel: what is wanted, which offer was taken, and what became of it.
//!
//! No carrier promises that a label is bought once. So a try is written down before the carrier is asked; one that nobody has heard the
//! end of is left alone until the carrier can say by its reference whether it was sold ([`SETTLES_AFTER`]). A label that is not wanted any
//! more is given back.

mod deciding;

pub(super) use deciding::label;

use super::{Consignment, FulfilEvent};
use crate::ids::{FulfilmentId, LabelReference, TenantId, TrackingNumber};
use crate::money::Money;
use crate::order::Order;
use crate::order::status::FulfilmentStatus;
use crate::shipping::rates::{CarrierName, Quote, Service};
use crate::shipping::weight::ParcelSize;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// So long after a purchase that was not answered it is tried again: carriers find a label by its reference only after minutes, and
/// one that is not found is bought.
pub const SETTLES_AFTER: SignedDuration = SignedDuration::from_mins(30);
/// Labels of one parcel, those that were given back among them.
pub const LABELS_MAX: usize = 10;
/// Labels of one order, which is kept in one row.
pub const ORDER_LABELS_MAX: usize = 100;
/// Attempts at buying one, and at giving one back, before a person has to look: the last comes some hours after the first.
pub const ATTEMPTS_MAX: u8 = 9;
/// The first pause after a try that came to nothing; each is twice as long as the one before.
const PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The worker comes at once; somebody looks in case it did not.
pub(super) const WOKEN_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Longest explanation that is kept, in characters.
const WHY_CHARS_MAX: usize = 200;
/// Lines that explain a choice; an offer of each carrier and service has one.
pub(super) const WHY_LINES_MAX: usize = 12;

/// What label is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct LabelWish {
    /// Of whom; of the cheapest that keeps the promise, if nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carrier: Option<CarrierName>,
    /// How fast; fast enough for the promise, if nobody says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<Service>,
    /// Grams, with its packaging.
    pub weight_g: u32,
    /// The outside of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<ParcelSize>,
}

/// Where a label stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabelState {
    /// It is to be bought.
    Wanted,
    /// A carrier is being asked, or was, and nobody has heard what became of it.
    Trying,
    /// It is ours.
    Bought,
    /// It cannot be had, or cannot be given back: a person has to look.
    Failed,
    /// It was given back, or never bought, and nobody wants it.
    Voided,
}

impl LabelState {
    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wanted => "wanted",
            Self::Trying => "trying",
            Self::Bought => "bought",
            Self::Failed => "failed",
            Self::Voided => "voided",
        }
    }
}

/// A label of a parcel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParcelLabel {
    /// What the carrier knows it by.
    pub reference: LabelReference,
    /// What is wanted.
    pub wish: LabelWish,
    /// Where it stands.
    pub state: LabelState,
    /// Since when.
    pub since: Timestamp,
    /// How often somebody has set about buying it, or giving it back.
    #[serde(default)]
    pub attempts: u8,
    /// The carrier of its quote may have sold it: nobody has heard how a try ended.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
    /// Not before then, if a try came to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub not_before: Option<Timestamp>,
    /// The offer that was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// The day the parcel leaves, as the carrier was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaves: Option<Date>,
    /// Why that offer, a line each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Carriers that did not want to carry it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<CarrierName>,
    /// Why it failed, or is put off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// The carrier's number of the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<TrackingNumber>,
    /// What it costs, if the carrier has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// The file to print; none if the carrier has sold it and cannot print it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// When somebody was last sent to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub woken_at: Option<Timestamp>,
}

/// What happened to a label.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "label")]
pub enum LabelEvent {
    /// It is to be bought.
    Asked {
        /// What.
        wish: LabelWish,
    },
    /// A carrier is asked next.
    Trying {
        /// By this offer.
        quote: Quote,
        /// The day it leaves.
        leaves: Date,
        /// Why this one, a line each.
        why: Vec<String>,
    },
    /// It is tried again.
    PutOff {
        /// Why.
        why: String,
        /// An earlier try may have bought it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        unsure: bool,
    },
    /// The carrier does not want to; another is looked for.
    Refused {
        /// Who.
        carrier: CarrierName,
        /// Why.
        why: String,
    },
    /// It is ours.
    Bought {
        /// The carrier's number of the parcel.
        number: TrackingNumber,
        /// What it costs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        price: Option<Money>,
        /// The file to print; none if the carrier cannot print it again.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    /// A person has to look.
    Failed {
        /// Why.
        why: String,
    },
    /// It was given back, or never bought.
    Voided {
        /// How.
        how: String,
    },
    /// It is time for somebody to look.
    Woken,
}

impl LabelEvent {
    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Asked { .. } => "label_asked",
            Self::Trying { .. } => "label_trying",
            Self::PutOff { .. } => "label_put_off",
            Self::Refused { .. } => "label_refused",
            Self::Bought { .. } => "label_bought",
            Self::Failed { .. } => "label_failed",
            Self::Voided { .. } => "label_voided",
            Self::Woken => "label_woken",
        }
    }

    /// A note of our own that changes nothing of the parcel.
    pub const fn is_aside(&self) -> bool {
        matches!(self, Self::Trying { .. } | Self::PutOff { .. } | Self::Refused { .. } | Self::Woken)
    }

    /// As a timeline shows it, of a parcel.
    pub(super) fn in_words(&self, parcel: &FulfilmentId) -> String {
        match self {
            Self::Asked { wish } => {
                let by = wish.carrier.map_or("whoever is best", CarrierName::title);
                format!("Label wanted for parcel {parcel} of {} g, by {by}", wish.weight_g)
            }
            Self::Trying { quote, .. } => {
                format!("{} is asked for a label for parcel {parcel}: {}, {}", quote.carrier.title(), quote.service.as_str(), quote.price)
            }
            Self::PutOff { why, .. } => format!("Label for parcel {parcel}: {why}; again later"),
            Self::Refused { carrier, why } => format!("{} does not take parcel {parcel}: {why}", carrier.title()),
            Self::Bought { number, price, .. } => {
                let price = price.map(|price| format!(" for {price}")).unwrap_or_default();
                format!("Label for parcel {parcel} bought{price}: {number}")
            }
            Self::Failed { why } => format!("Label for parcel {parcel}: {why}"),
            Self::Voided { how } => format!("Label for parcel {parcel} is void: {how}"),
            Self::Woken => format!("Time to see to the label for parcel {parcel}"),
        }
    }
}

/// What became of asking a carrier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelOutcome {
    /// It was sold.
    Bought {
        /// The carrier's number of the parcel.
        number: TrackingNumber,
        /// What it costs.
        price: Option<Money>,
        /// The file to print.
        file: String,
        /// The carrier can be asked where it is, or tells.
        followed: bool,
        /// Seconds that 95 of 100 orders of its lane went without a scan at most, if that is known.
        usual_gap_s: Option<i64>,
    },
    /// It was sold by a try whose answer was lost, and cannot be printed again.
    Lost {
        /// The carrier's number of the parcel.
        number: TrackingNumber,
    },
    /// Nothing was done now, and the same may work later.
    Away {
        /// Why.
        why: String,
        /// An earlier try may have bought it.
        unsure: bool,
    },
    /// Nothing was done now, and nothing will be.
    Refused {
        /// Why.
        why: String,
        /// An earlier try may have bought it.
        unsure: bool,
    },
    /// It is void, or was never sold.
    Voided {
        /// How.
        how: String,
    },
}

/// What can be asked about labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelCommand {
    /// Buy one.
    Ask {
        /// What.
        wish: LabelWish,
        /// Whose order it is: part of what the carrier knows the label by.
        tenant: TenantId,
        /// Also if there is one, which is then given back.
        again: bool,
    },
    /// Write down that a carrier is asked next.
    Try {
        /// Which label.
        reference: LabelReference,
        /// By this offer.
        quote: Quote,
        /// The day it leaves.
        leaves: Date,
        /// Why this one.
        why: Vec<String>,
    },
    /// Take in what became of it.
    Settle {
        /// Which label.
        reference: LabelReference,
        /// What.
        outcome: LabelOutcome,
    },
}

/// What is to be done about a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelWork {
    /// Buy it.
    Buy,
    /// Ask whether it was sold; nobody wants it any more.
    FindOut,
    /// Give it back.
    Void,
}

impl ParcelLabel {
    pub(super) fn new(reference: LabelReference, wish: LabelWish, since: Timestamp) -> ParcelLabel {
        ParcelLabel {
            reference,
            wish,
            state: LabelState::Wanted,
            since,
            attempts: 0,
            unsure: false,
            not_before: None,
            quote: None,
            leaves: None,
            why: Vec::new(),
            refused: Vec::new(),
            problem: None,
            number: None,
            price: None,
            file: None,
            woken_at: None,
        }
    }

    pub(super) fn after(&mut self, event: &LabelEvent, at: Timestamp) {
        let before = self.state;
        match event {
            LabelEvent::Asked { .. } => {}
            LabelEvent::Trying { quote, leaves, why } => {
                (self.state, self.not_before, self.problem) = (LabelState::Trying, None, None);
                (self.quote, self.leaves, self.why) = (Some(quote.clone()), Some(*leaves), why.clone());
                (self.attempts, self.unsure) = (self.attempts.saturating_add(1), true);
                // Each try has its own time.
                self.since = at;
            }
            LabelEvent::PutOff { why, unsure } => {
                // A try has been counted when it began.
                if self.state != LabelState::Trying || self.put_off_before(at) {
                    self.attempts = self.attempts.saturating_add(1);
                }
                if self.state != LabelState::Bought {
                    (self.state, self.unsure) = (LabelState::Wanted, *unsure);
                }
                self.problem = Some(why.clone());
                let pause = PAUSE.checked_mul(1 << self.attempts.saturating_sub(1).min(8)).unwrap_or(PAUSE);
                self.not_before = Some(after(at, pause));
            }
            LabelEvent::Refused { carrier, why } => {
                (self.state, self.not_before) = (LabelState::Wanted, None);
                // It has sold nothing, so the next carrier's is a first try.
                (self.unsure, self.quote, self.problem) = (false, None, Some(why.clone()));
                self.refused.push(*carrier);
            }
            LabelEvent::Bought { number, price, file } => {
                (self.state, self.not_before, self.problem) = (LabelState::Bought, None, None);
                (self.attempts, self.unsure) = (0, false);
                (self.number, self.price, self.file) = (Some(number.clone()), *price, file.clone());
            }
            LabelEvent::Failed { why } => (self.state, self.problem) = (LabelState::Failed, Some(why.clone())),
            LabelEvent::Voided { how } => {
                (self.state, self.problem) = (LabelState::Voided, Some(how.clone()));
                self.why.clear();
            }
            LabelEvent::Woken => {
                self.woken_at = Some(at);
                return;
            }
        }
        self.woken_at = None;
        if self.state != before {
            self.since = at;
        }
    }

    /// What is to be done about it, and from when on.
    fn work(&self, is_wanted: bool) -> Option<(Timestamp, LabelWork)> {
        let ready = self.not_before.unwrap_or(Timestamp::MIN);
        let settled = || after(self.since, SETTLES_AFTER);
        match (self.state, is_wanted) {
            (LabelState::Wanted, true) => Some((ready, LabelWork::Buy)),
            (LabelState::Trying, true) => Some((settled(), LabelWork::Buy)),
            (LabelState::Trying, false) => Some((ready.max(settled()), LabelWork::FindOut)),
            (LabelState::Bought, false) => Some((ready, LabelWork::Void)),
            (LabelState::Wanted, false) if self.unsure => Some((ready, LabelWork::FindOut)),
            _ => None,
        }
    }

    /// A try of unknown end is older than an invocation lasts: whoever puts it off has made another attempt.
    fn put_off_before(&self, now: Timestamp) -> bool {
        now.duration_since(self.since) >= SETTLES_AFTER
    }

    /// Whether it stands, or may come to.
    pub const fn is_live(&self) -> bool {
        matches!(self.state, LabelState::Wanted | LabelState::Trying | LabelState::Bought)
    }
}

impl Consignment {
    /// The label that people look at: the latest, or the one that can be used where another came to nothing.
    pub fn label(&self) -> Option<&ParcelLabel> {
        self.labels.last().filter(|latest| latest.is_live()).or_else(|| self.usable()).or(self.labels.last())
    }

    /// The label that can be stuck onto it.
    fn usable(&self) -> Option<&ParcelLabel> {
        self.labels.iter().rfind(|label| label.state == LabelState::Bought && label.file.is_some())
    }

    /// A label by what the carrier knows it by.
    pub fn label_of(&self, reference: &LabelReference) -> Option<&ParcelLabel> {
        self.labels.iter().find(|label| label.reference == *reference)
    }

    /// Whether a label is wanted: of a parcel that has left the one that it goes by, else the one that can be used and the one that is to
    /// take its place.
    pub(super) fn wants(&self, label: &ParcelLabel, order_is_off: bool) -> bool {
        let is = |other: &ParcelLabel| other.reference == label.reference;
        let goes_by_it =
            self.carriage.as_ref().zip(label.number.as_ref()).is_some_and(|(carriage, number)| carriage.number == number.as_str());
        if self.work.status == FulfilmentStatus::Cancelled {
            return false;
        }
        if self.has_left() {
            return label.state == LabelState::Bought && goes_by_it;
        }
        let is_usable = self.usable().is_some_and(is) && (goes_by_it || self.carriage.is_none());
        let is_coming = label.state != LabelState::Bought && self.labels.last().is_some_and(is);
        !order_is_off && (is_usable || is_coming)
    }
}

impl Order {
    pub(super) fn label_works(&self) -> impl Iterator<Item = (&Consignment, &ParcelLabel, Timestamp, LabelWork)> {
        let off = self.is_called_off();
        let labels = self.consignments.iter().flat_map(|one| one.labels.iter().map(move |label| (one, label)));
        labels.filter_map(move |(one, label)| label.work(one.wants(label, off)).map(|(at, work)| (one, label, at, work)))
    }

    /// Whether a label of a parcel is to be used, or is not to be given back at least.
    pub fn wants_label(&self, one: &Consignment, label: &ParcelLabel) -> bool {
        one.wants(label, self.is_called_off())
    }

    /// The next thing that is to be done about a label of its parcels now.
    pub fn label_work(&self, now: Timestamp) -> Option<(&Consignment, &ParcelLabel, LabelWork)> {
        self.label_works().find(|(_, _, at, _)| *at <= now).map(|(one, label, _, work)| (one, label, work))
    }

    /// When somebody has to see to its labels, by time alone.
    pub(super) fn labels_due(&self) -> Option<Timestamp> {
        let due = |(one, label, at, _): (&Consignment, &ParcelLabel, Timestamp, LabelWork)| {
            let seen = label.woken_at.unwrap_or_else(|| label.since.max(one.since).max(self.status_since));
            if at > seen { at } else { after(seen, WOKEN_AGAIN_AFTER) }
        };
        self.label_works().map(due).min()
    }

    /// Labels that somebody has to see to now.
    pub(super) fn labels_overdue(&self, now: Timestamp) -> Vec<FulfilEvent> {
        let is_due =
            |at: Timestamp, label: &ParcelLabel| at <= now && label.woken_at.is_none_or(|woken| after(woken, WOKEN_AGAIN_AFTER) <= now);
        self.label_works()
            .filter(|(_, label, at, _)| is_due(*at, label))
            .map(|(one, label, _, _)| happens(one, label, LabelEvent::Woken))
            .collect()
    }
}

fn happens(one: &Consignment, label: &ParcelLabel, event: LabelEvent) -> FulfilEvent {
    FulfilEvent::Label { id: one.work.id.clone(), reference: label.reference.clone(), event }
}

fn after(at: Timestamp, time: SignedDuration) -> Timestamp {
    at.checked_add(time).unwrap_or(Timestamp::MAX)
}
