//! What of an order is sent together, and how far the work on it is.
//!
//! A [`Consignment`] is the work on a part of an order ([`Fulfilment`]) with the carrier's number of its parcel. Several share an order;
//! together they never send more of a line than was ordered. Where they lead, the order goes in the same commit: packed and labelled as a
//! whole it is ready to ship, with the first that leaves partly shipped, with the last shipped, and with
//! the last that arrives delivered.

#[cfg(test)]
mod tests;

use super::Order;
use super::event::{Cause, OrderEvent};
use super::rejection::Rejection;
use super::status::{FulfilmentStatus, OrderStatus, Track};
use crate::ids::{FulfilmentId, LocationId};
use crate::shipping::fulfilment::{Ask, Fulfilment, Refusal, Share, Step, open, parts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Longest name of a carrier, and number of a parcel, in characters.
pub const CARRIER_CHARS_MAX: usize = 40;
/// See [`CARRIER_CHARS_MAX`].
pub const NUMBER_CHARS_MAX: usize = 64;
/// Where it is sent from if nobody says.
const MAIN: &str = "main";

/// By whom a parcel goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Carriage {
    /// Whose name people know: "UPS", "InPost".
    pub carrier: String,
    /// The carrier's number of the parcel.
    pub number: String,
}

impl Carriage {
    /// Both, if they can be shown.
    pub fn parse(carrier: &str, number: &str) -> Option<Carriage> {
        let (carrier, number) = (carrier.trim(), number.trim());
        let named = (1..=CARRIER_CHARS_MAX).contains(&carrier.chars().count()) && !carrier.chars().any(char::is_control);
        let numbered = (1..=NUMBER_CHARS_MAX).contains(&number.len()) && number.bytes().all(|b| b.is_ascii_graphic() || b == b' ');
        (named && numbered).then(|| Carriage { carrier: carrier.to_owned(), number: number.to_owned() })
    }
}

/// What is sent together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consignment {
    /// The work on it.
    #[serde(flatten)]
    pub work: Fulfilment,
    /// By whom it goes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub carriage: Option<Carriage>,
    /// When it was begun.
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
}

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
    },
}

impl FulfilEvent {
    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            FulfilEvent::Opened { .. } => "fulfilment_opened",
            FulfilEvent::Stepped { .. } => "fulfilment_stepped",
            FulfilEvent::Handed { .. } => "fulfilment_handed",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        match self {
            FulfilEvent::Opened { work } if work.status == FulfilmentStatus::Shipped => {
                format!("Parcel {} has left {}", work.id, work.from)
            }
            FulfilEvent::Opened { work } => format!("Parcel {} is being made up at {}", work.id, work.from),
            FulfilEvent::Handed { id, carriage } => format!("Parcel {id} goes by {} as {}", carriage.carrier, carriage.number),
            FulfilEvent::Stepped { id, step } => match step {
                Step::Scan { line, quantity } => format!("Parcel {id}: {quantity} of line {} picked", line + 1),
                Step::Check { good: true } => format!("Parcel {id} passed its check"),
                Step::Check { good: false } => format!("Parcel {id} did not pass its check"),
                other => format!("Parcel {id}: {}", other.word().replace('_', " ")),
            },
        }
    }
}

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
        /// It has left already.
        has_left: bool,
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
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
}

impl Consignment {
    /// The carrier has it, or has had it.
    pub fn has_left(&self) -> bool {
        use FulfilmentStatus as F;
        matches!(self.work.status, F::Shipped | F::Delivered | F::Returned)
    }
}

impl Order {
    /// A consignment by name.
    pub fn consignment(&self, id: &FulfilmentId) -> Option<&Consignment> {
        self.consignments.iter().find(|one| one.work.id == *id)
    }

    fn works(&self) -> Vec<Fulfilment> {
        self.consignments.iter().map(|one| one.work.clone()).collect()
    }

    /// How many of each line are in no consignment yet.
    pub fn open_to_send(&self) -> Vec<u32> {
        open(&self.lines, &self.works())
    }

    pub(super) fn fulfilled(&mut self, event: &FulfilEvent, at: Timestamp) {
        match event {
            FulfilEvent::Opened { work } => {
                self.consignments.push(Consignment { work: work.clone(), carriage: None, opened_at: at, since: at });
            }
            FulfilEvent::Stepped { id, step } => {
                if let Some(one) = self.consignments.iter_mut().find(|one| one.work.id == *id)
                    && let Ok(work) = one.work.after(*step)
                {
                    (one.work, one.since) = (work, at);
                }
            }
            FulfilEvent::Handed { id, carriage } => {
                self.consignments.iter_mut().filter(|one| one.work.id == *id).for_each(|one| one.carriage = Some(carriage.clone()));
            }
        }
    }

    /// Where its consignments lead the order; nothing if they do not.
    fn led_to(&self) -> Option<OrderStatus> {
        let active = || self.consignments.iter().filter(|one| one.work.status != FulfilmentStatus::Cancelled);
        let all_in = self.open_to_send().iter().all(|open| *open == 0);
        let all_labelled = active().all(|one| one.has_left() || one.work.status == FulfilmentStatus::Labelled);
        let all_there = active().all(|one| one.work.status == FulfilmentStatus::Delivered) && all_in;
        let to = match (active().any(Consignment::has_left), active().all(Consignment::has_left) && all_in) {
            (true, true) if all_there => OrderStatus::Delivered,
            (_, true) if active().next().is_some() => OrderStatus::Shipped,
            (true, _) => OrderStatus::PartiallyShipped,
            _ if all_in && all_labelled && active().next().is_some() => OrderStatus::ReadyToShip,
            _ => return None,
        };
        let from = self.tracks.status;
        let further = from.rank().zip(to.rank()).is_some_and(|(from, to)| to > from);
        (further && from.can_become(to)).then_some(to)
    }
}

/// Events of a command.
pub(super) fn fulfil(order: &Order, command: &FulfilCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let mut after = order.clone();
    let mut events = Vec::new();
    let mut happens = |after: &mut Order, event: FulfilEvent| {
        let event = OrderEvent::Fulfilment { event };
        after.evolve(&event, now);
        events.push(event);
    };
    let notify = match command {
        FulfilCommand::Open { ask, from, carriage, has_left, checked_bps, notify } => {
            may_work(order)?;
            let parts = parts(&order.lines, &order.works(), ask).map_err(Rejection::Fulfilment)?;
            let work = begun(order, parts, from.clone(), *has_left, *checked_bps)?;
            let id = work.id.clone();
            happens(&mut after, FulfilEvent::Opened { work });
            if let Some(carriage) = carriage {
                happens(&mut after, FulfilEvent::Handed { id, carriage: carriage.clone() });
            }
            *notify
        }
        FulfilCommand::Step { id, step, carriage, notify } => {
            let one = order.consignment(id).ok_or(Rejection::NoSuchFulfilment)?;
            // What has left is followed to its end, whatever else becomes of the order.
            if !matches!(step, Step::Deliver | Step::TakeBack | Step::Cancel) {
                may_work(order)?;
            }
            one.work.after(*step).map_err(Rejection::Fulfilment)?;
            if let Some(carriage) = carriage.as_ref().filter(|carriage| one.carriage.as_ref() != Some(carriage)) {
                happens(&mut after, FulfilEvent::Handed { id: id.clone(), carriage: carriage.clone() });
            }
            happens(&mut after, FulfilEvent::Stepped { id: id.clone(), step: *step });
            *notify
        }
    };
    let stage = stage(&after).filter(|to| *to != after.tracks.fulfilment && after.tracks.fulfilment.way_to(*to).is_some());
    if let Some(to) = stage {
        let moved = OrderEvent::FulfilmentChanged { from: after.tracks.fulfilment, to };
        after.evolve(&moved, now);
        events.push(moved);
    }
    if let Some(to) = after.led_to() {
        let (from, cause) = (after.tracks.status, Cause::Asked { note: None });
        let notify = notify && to != OrderStatus::ReadyToShip;
        events.push(OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: true, notify });
    }
    Ok(events)
}

/// The stage of the part that is furthest behind, as long as any is worked on.
fn stage(order: &Order) -> Option<FulfilmentStatus> {
    let active = order.consignments.iter().map(|one| one.work.status).filter(|status| *status != FulfilmentStatus::Cancelled);
    if order.open_to_send().iter().any(|open| *open > 0) {
        return None;
    }
    active.filter(|status| status.rank().is_some()).min_by_key(|status| status.rank())
}

fn may_work(order: &Order) -> Result<(), Rejection> {
    let held_back = order.held_back_by();
    if !held_back.is_empty() {
        return Err(Rejection::UnderReview { kinds: held_back });
    }
    if order.is_in_workflow() {
        return Err(Rejection::StillChecked);
    }
    let status = order.tracks.status;
    let may = matches!(status, OrderStatus::Processing | OrderStatus::ReadyToShip | OrderStatus::PartiallyShipped);
    // Where everything has left, saying so is the better answer.
    let everything_left = status.has_shipped() && order.open_to_send().iter().all(|open| *open == 0) && !order.consignments.is_empty();
    if may || everything_left { Ok(()) } else { Err(Rejection::NotToFulfil { status }) }
}

fn begun(order: &Order, parts: Vec<Share>, from: Option<LocationId>, has_left: bool, checked_bps: u32) -> Result<Fulfilment, Rejection> {
    let bad = |_| Rejection::NoSuchFulfilment;
    let id = FulfilmentId::parse(&format!("p{}", order.consignments.len() + 1)).map_err(bad)?;
    let from = match from {
        Some(from) => from,
        None => home(order, &parts).map_or_else(|| LocationId::parse(MAIN).map_err(bad), Ok)?,
    };
    let drawn = crate::shipping::fulfilment::is_drawn(order.id.as_str(), &id, checked_bps);
    let work = Fulfilment::new(id, from, parts, drawn);
    if !has_left {
        return Ok(work);
    }
    if drawn {
        return Err(Rejection::Fulfilment(Refusal::CheckDue));
    }
    let picked = work.parts.iter().map(|part| part.quantity).collect();
    Ok(Fulfilment { picked, status: FulfilmentStatus::Shipped, ..work })
}

/// Where what is sent was set aside, if that is one place.
fn home(order: &Order, parts: &[Share]) -> Option<LocationId> {
    let skus: Vec<&str> = parts.iter().filter_map(|part| order.lines.get(part.line)).map(|line| line.sku.as_str()).collect();
    let mut places: Vec<&str> = order
        .saga
        .iter()
        .flat_map(|saga| &saga.held)
        .filter(|held| skus.contains(&held.sku.as_str()))
        .map(|held| held.location.as_str())
        .collect();
    places.sort_unstable();
    places.dedup();
    match places.as_slice() {
        [one] => LocationId::parse(one).ok(),
        _ => None,
    }
}
