//! What happens to what is sent together.

use super::labels::LabelEvent;
use super::{Carriage, Sighting};
use crate::ids::{FulfilmentId, LabelReference};
use crate::order::status::{FulfilmentStatus, TrackingStatus};
use crate::shipping::fulfilment::{Fulfilment, Step};
use crate::shipping::rates::CarrierName;
use serde::{Deserialize, Serialize};

/// What happened to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum FulfilEvent {
    /// Work on a part of the order begins; or somebody has done it already.
    Opened {
        /// The work.
        work: Fulfilment,
    },
    /// It is a step further.
    Stepped {
        /// Which.
        id: FulfilmentId,
        /// What was done.
        step: Step,
    },
    /// It goes by somebody.
    Handed {
        /// Which.
        id: FulfilmentId,
        /// By whom.
        carriage: Carriage,
        /// The carrier that is asked where it is, if it is one that we ask.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        followed: Option<CarrierName>,
        /// Seconds that 95 of 100 orders of its lane went without a scan at most, if that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        usual_gap_s: Option<i64>,
    },
    /// Something happened to a label of it.
    Label {
        /// Which parcel.
        id: FulfilmentId,
        /// Which label.
        reference: LabelReference,
        /// What.
        event: LabelEvent,
    },
    /// Their carriers are to be asked where they are.
    Polled {
        /// Which.
        ids: Vec<FulfilmentId>,
    },
    /// Its carrier has seen it.
    Seen {
        /// Which.
        id: FulfilmentId,
        /// Where it stands.
        status: TrackingStatus,
        /// How far the work on it is by that.
        work: FulfilmentStatus,
        /// What the carrier says.
        seen: Sighting,
    },
}

impl FulfilEvent {
    /// A note of our own that changes nothing of the order.
    pub const fn is_aside(&self) -> bool {
        match self {
            FulfilEvent::Label { event, .. } => event.is_aside(),
            FulfilEvent::Polled { .. } => true,
            FulfilEvent::Opened { .. } | FulfilEvent::Stepped { .. } | FulfilEvent::Handed { .. } | FulfilEvent::Seen { .. } => false,
        }
    }

    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            FulfilEvent::Opened { .. } => "fulfilment_opened",
            FulfilEvent::Stepped { .. } => "fulfilment_stepped",
            FulfilEvent::Handed { .. } => "fulfilment_handed",
            FulfilEvent::Label { event, .. } => event.name(),
            FulfilEvent::Polled { .. } => "carrier_asked",
            FulfilEvent::Seen { .. } => "parcel_seen",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        match self {
            FulfilEvent::Opened { work } if work.status == FulfilmentStatus::Shipped => {
                format!("Parcel {} has left {}", work.id, work.from)
            }
            FulfilEvent::Opened { work } if work.status == FulfilmentStatus::Packed => {
                format!("Parcel {} is packed at {}", work.id, work.from)
            }
            FulfilEvent::Opened { work } => match &work.batch {
                Some(batch) => format!("Parcel {} is picked at {} with batch {batch}", work.id, work.from),
                None => format!("Parcel {} is being made up at {}", work.id, work.from),
            },
            FulfilEvent::Label { id, event, .. } => event.in_words(id),
            FulfilEvent::Polled { ids } => {
                let ids: Vec<&str> = ids.iter().map(FulfilmentId::as_str).collect();
                format!("The carrier is asked where parcel {} is", ids.join(", "))
            }
            FulfilEvent::Seen { id, status, seen, .. } => Self::seen_in_words(id, *status, seen),
            FulfilEvent::Handed { id, carriage, .. } => format!("Parcel {id} goes by {} as {}", carriage.carrier, carriage.number),
            FulfilEvent::Stepped { id, step } => match step {
                Step::Scan { line, quantity } => format!("Parcel {id}: {quantity} of line {} picked", line + 1),
                Step::Check { good: true } => format!("Parcel {id} passed its check"),
                Step::Check { good: false } => format!("Parcel {id} did not pass its check"),
                Step::Label => format!("Parcel {id} is labelled"),
                Step::HandOver => format!("Parcel {id} has left"),
                other => format!("Parcel {id}: {}", other.word().replace('_', " ")),
            },
        }
    }
}
