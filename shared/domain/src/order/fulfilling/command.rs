//! What can be asked of what is sent together.

use super::labels::LabelCommand;
use super::{Carriage, Sighting};
use crate::ids::{BatchId, FulfilmentId, LocationId};
use crate::shipping::fulfilment::{Ask, Step};
use crate::shipping::rates::CarrierName;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FulfilCommand {
    /// Begin work on a part of the order, or note that it is done.
    Open {
        /// On what.
        ask: Ask,
        /// Where; "main" if nobody says.
        from: Option<LocationId>,
        /// By whom it goes.
        carriage: Option<Carriage>,
        /// The carrier that is asked where it is, if the shop has an account with it.
        followed: Option<CarrierName>,
        /// How far it is.
        begins: Begins,
        /// Of ten thousand so many are checked before they leave.
        checked_bps: u32,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
    /// Go a step.
    Step {
        /// Which.
        id: FulfilmentId,
        /// What was done.
        step: Step,
        /// By whom it goes, if that is known now.
        carriage: Option<Carriage>,
        /// The carrier that is asked where it is, if the shop has an account with it.
        followed: Option<CarrierName>,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
    /// Somebody goes for all that is open, with other orders.
    Pick {
        /// With which.
        batch: BatchId,
        /// Where it lies.
        from: LocationId,
        /// Of ten thousand so many are checked before they leave.
        checked_bps: u32,
    },
    /// See to a label of it.
    Label {
        /// Of which parcel.
        id: FulfilmentId,
        /// What.
        command: LabelCommand,
    },
    /// Take in what its carrier says.
    See {
        /// Which.
        id: FulfilmentId,
        /// What.
        seen: Sighting,
    },
    /// Ask its carrier now where it is.
    Poll {
        /// Which.
        id: FulfilmentId,
    },
    /// Do what time alone makes due, and send somebody to look.
    Wake,
}

/// How far a parcel is when it is first heard of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begins {
    /// Nothing is done yet.
    ToPick,
    /// It is packed.
    Packed,
    /// It has left.
    Left,
}
