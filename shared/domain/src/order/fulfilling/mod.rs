//! What of an order is sent together, and how far the work on it is.
//!
//! A [`Consignment`] is the work on a part of an order ([`Fulfilment`]) with the carrier's number of its parcel. Several share an order;
//! together they never send more of a line than was ordered. Where they lead, the order goes in the same commit: packed and labelled as a
//! whole it is ready to ship, with the first that leaves partly shipped, with the last shipped, and with
//! the last that arrives delivered.

mod command;
mod event;
pub mod following;
pub mod labels;
mod picking;

#[cfg(test)]
mod tests;

pub use command::{Begins, FulfilCommand};
pub use event::FulfilEvent;
pub use following::{OnItsWay, Sighting};
pub use labels::{LabelCommand, LabelEvent, LabelOutcome, LabelState, LabelWish, LabelWork, ParcelLabel};

use super::Order;
use super::cancelling::called_off;
use super::event::{Cause, OrderEvent};
use super::placement::Line;
use super::rejection::Rejection;
use super::status::{FulfilmentStatus, OrderStatus, Track, TrackingStatus};
use crate::ids::{FulfilmentId, LocationId, OrderId, TrackingNumber};
use crate::shipping::fulfilment::{Fulfilment, Refusal, Share, Step, open, parts};
use crate::shipping::manifest::WaitingParcel;
use crate::shipping::rates::CarrierName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Who buys labels and asks carriers.
pub const RULE: &str = "dispatch";
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

    /// As its carrier writes it, so that it can be asked: without spaces and dashes, in capitals. None if it has no such number.
    pub fn as_carrier_writes(&self) -> Option<Carriage> {
        let number: String = self.number.chars().filter(|c| !matches!(c, ' ' | '-')).map(|c| c.to_ascii_uppercase()).collect();
        let number = TrackingNumber::parse(&number).ok()?;
        Some(Carriage { carrier: self.carrier.clone(), number: number.to_string() })
    }

    /// By a carrier that we buy labels of.
    pub fn of(carrier: CarrierName, number: &TrackingNumber) -> Option<Carriage> {
        Carriage::parse(carrier.title(), number.as_str())
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
    /// Labels that were bought for it, or are to be; the latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<ParcelLabel>,
    /// What its carrier says, if it is one that we ask.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub way: Option<OnItsWay>,
    /// How often it has left and come to nobody: one that was lost may be packed and sent again, with other pieces.
    #[serde(default, skip_serializing_if = "is_never")]
    pub lost: u32,
    /// When it was begun.
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_never(times: &u32) -> bool {
    *times == 0
}

impl Consignment {
    /// The carrier has it, or has had it.
    pub fn has_left(&self) -> bool {
        use FulfilmentStatus as F;
        matches!(self.work.status, F::Shipped | F::Delivered | F::Returned)
    }

    /// How often its pieces were taken from the shelf.
    pub fn departures(&self) -> u32 {
        self.lost.saturating_add(u32::from(self.has_left()))
    }

    /// By which it waits for its carrier with one of its labels; none if that was never bought.
    pub fn waiting(&self, order: &OrderId, label: &ParcelLabel) -> Option<WaitingParcel> {
        let quote = label.quote.as_ref()?;
        Some(WaitingParcel {
            carrier: quote.carrier,
            service: quote.service,
            location: self.work.from.clone(),
            order: order.clone(),
            parcel: self.work.id.clone(),
            reference: label.reference.clone(),
            number: label.number.clone()?,
            leaves: label.leaves?,
        })
    }

    fn went(&mut self, event: &FulfilEvent, at: Timestamp) {
        let was_away = self.has_left();
        self.happened(event, at);
        self.lost = self.lost.saturating_add(u32::from(was_away && !self.has_left()));
    }

    fn happened(&mut self, event: &FulfilEvent, at: Timestamp) {
        match event {
            FulfilEvent::Stepped { step, .. } => {
                if let Ok(work) = self.work.after(*step) {
                    (self.work, self.since) = (work, at);
                }
            }
            FulfilEvent::Handed { carriage, followed, usual_gap_s, .. } => {
                let is_new = self.carriage.as_ref() != Some(carriage);
                self.carriage = Some(carriage.clone());
                if is_new {
                    self.way = followed.map(|carrier| OnItsWay::new(carrier, at, *usual_gap_s));
                }
            }
            FulfilEvent::Label { reference, event, .. } => {
                match (event, self.labels.iter_mut().find(|label| label.reference == *reference)) {
                    (LabelEvent::Asked { wish }, None) => self.labels.push(ParcelLabel::new(reference.clone(), *wish, at)),
                    (event, Some(label)) => label.after(event, at),
                    (_, None) => {}
                }
            }
            FulfilEvent::Seen { status, work, seen, .. } => {
                self.way.iter_mut().for_each(|way| way.after(*status, seen, at));
                if self.work.status != *work {
                    (self.work.status, self.since) = (*work, at);
                }
            }
            FulfilEvent::Opened { .. } | FulfilEvent::Polled { .. } => {}
        }
    }
}

impl Order {
    /// A consignment by name.
    pub fn consignment(&self, id: &FulfilmentId) -> Option<&Consignment> {
        self.consignments.iter().find(|one| one.work.id == *id)
    }

    /// Its lines, with as many of each as are to be sent.
    fn to_send(&self) -> Vec<Line> {
        self.lines.iter().zip(self.wanted()).map(|(line, quantity)| Line { quantity, ..line.clone() }).collect()
    }

    fn works(&self) -> Vec<Fulfilment> {
        self.consignments.iter().map(|one| one.work.clone()).collect()
    }

    /// How many of each line are in no consignment yet.
    pub fn open_to_send(&self) -> Vec<u32> {
        open(&self.to_send(), &self.works())
    }

    pub(super) fn fulfilled(&mut self, event: &FulfilEvent, at: Timestamp) {
        match event {
            FulfilEvent::Opened { work } => {
                self.consignments.push(Consignment {
                    work: work.clone(),
                    carriage: None,
                    labels: Vec::new(),
                    way: None,
                    lost: 0,
                    opened_at: at,
                    since: at,
                });
            }
            FulfilEvent::Polled { ids } => {
                let ways = self.consignments.iter_mut().filter(|one| ids.contains(&one.work.id)).filter_map(|one| one.way.as_mut());
                ways.for_each(|way| way.followed = way.followed.asked(at, None));
            }
            FulfilEvent::Stepped { id, .. }
            | FulfilEvent::Handed { id, .. }
            | FulfilEvent::Label { id, .. }
            | FulfilEvent::Seen { id, .. } => {
                self.consignments.iter_mut().filter(|one| one.work.id == *id).for_each(|one| one.went(event, at));
            }
        }
    }

    /// When somebody has to see to its parcels, by time alone.
    pub fn parcels_due(&self) -> Option<Timestamp> {
        self.labels_due().into_iter().chain(self.carriers_due()).min()
    }

    /// Nothing of it is to be sent any more that is in no consignment. Of an order that is closed as shipped the rest was called off.
    fn is_all_in(&self) -> bool {
        let is_closed = self.tracks.status.has_shipped() && self.tracks.status != OrderStatus::PartiallyShipped;
        is_closed || self.open_to_send().iter().all(|open| *open == 0)
    }

    /// Where its consignments lead the order; nothing if they do not.
    fn led_to(&self) -> Option<OrderStatus> {
        let active = || self.consignments.iter().filter(|one| one.work.status != FulfilmentStatus::Cancelled);
        let all_in = self.is_all_in();
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
        let further = from.rank().zip(to.rank()).is_none_or(|(from, to)| to > from);
        (further && from != to).then_some(to)
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
        FulfilCommand::Open { ask, from, carriage, followed, begins, checked_bps, notify } => {
            if let Err(why) = may_work(order) {
                // Where everything has left, saying so is the better answer.
                let all_left = order.tracks.status.has_shipped() && order.open_to_send().iter().all(|open| *open == 0);
                let all_left = all_left && !order.consignments.is_empty() && matches!(why, Rejection::NotToFulfil { .. });
                return Err(if all_left { Rejection::Fulfilment(Refusal::NothingOpen) } else { why });
            }
            let parts = parts(&order.to_send(), &order.works(), ask).map_err(Rejection::Fulfilment)?;
            let work = begun(order, parts, from.clone(), *begins, *checked_bps)?;
            let id = work.id.clone();
            happens(&mut after, FulfilEvent::Opened { work });
            if let Some(carriage) = carriage {
                happens(&mut after, FulfilEvent::Handed { id, carriage: carriage.clone(), followed: *followed, usual_gap_s: None });
            }
            *notify
        }
        FulfilCommand::Pick { batch, from, checked_bps } => {
            let Some(work) = picking::picked(order, batch, from, *checked_bps)? else { return Ok(events) };
            happens(&mut after, FulfilEvent::Opened { work });
            false
        }
        FulfilCommand::Label { id, command } => {
            let one = order.consignment(id).ok_or(Rejection::NoSuchFulfilment)?;
            if matches!(command, LabelCommand::Ask { .. }) {
                may_work(order)?;
            }
            let follows = labels::label(order, one, command, now)?;
            let steps = follows.iter().any(|event| matches!(event, FulfilEvent::Stepped { .. }));
            follows.into_iter().for_each(|event| happens(&mut after, event));
            // Paper alone moves nothing.
            if !steps {
                return Ok(events);
            }
            false
        }
        FulfilCommand::See { id, seen } => {
            let one = order.consignment(id).ok_or(Rejection::NoSuchFulfilment)?;
            return Ok(following::seen(one, seen, now).map(|event| saw(order, id, event, now)).unwrap_or_default());
        }
        FulfilCommand::Poll { id } => {
            let one = order.consignment(id).ok_or(Rejection::NoSuchFulfilment)?;
            let way = one.way.as_ref().ok_or(Rejection::NotFollowed)?;
            let just_asked = way.followed.asked_at.is_some_and(|asked| now.duration_since(asked) < following::ASKED_AGAIN_AFTER);
            if way.followed.next_poll().is_some() && !just_asked {
                happens(&mut after, FulfilEvent::Polled { ids: vec![id.clone()] });
            }
            return Ok(events);
        }
        FulfilCommand::Wake => return Ok(woken(order, now)),
        FulfilCommand::Step { id, step, carriage, followed, notify } => {
            let one = order.consignment(id).ok_or(Rejection::NoSuchFulfilment)?;
            // What has left is followed to its end, whatever else becomes of the order.
            if !one.has_left() && !matches!(step, Step::Deliver | Step::TakeBack | Step::Cancel) {
                may_work(order)?;
            }
            one.work.after(*step).map_err(Rejection::Fulfilment)?;
            if let Some(carriage) = carriage.as_ref().filter(|carriage| one.carriage.as_ref() != Some(carriage)) {
                happens(
                    &mut after,
                    FulfilEvent::Handed { id: id.clone(), carriage: carriage.clone(), followed: *followed, usual_gap_s: None },
                );
            }
            happens(&mut after, FulfilEvent::Stepped { id: id.clone(), step: *step });
            *notify
        }
    };
    if events.is_empty() {
        return Ok(events);
    }
    if let Some(to) = no_carrier_says(&after, command) {
        let moved = OrderEvent::TrackingChanged { from: after.tracks.tracking, to };
        after.evolve(&moved, now);
        events.push(moved);
    }
    events.extend(led(&after, (notify, matches!(command, FulfilCommand::Label { .. })), now));
    Ok(events)
}

/// Where its parcels lead an order, now that it stands as it does. A label (`by_label`) silences nobody who said something before it.
pub(super) fn led(order: &Order, (notify, by_label): (bool, bool), now: Timestamp) -> Vec<OrderEvent> {
    let (mut after, mut events) = (order.clone(), Vec::new());
    if let Some(to) = moved_stage(&after) {
        let moved = OrderEvent::FulfilmentChanged { from: after.tracks.fulfilment, to };
        after.evolve(&moved, now);
        events.push(moved);
    }
    // People go declared steps; what carriers see has happened, by whatever way.
    let goes = |to: &OrderStatus| after.tracks.status.rank().is_some() && after.tracks.status.can_become(*to);
    if let Some(to) = after.led_to().filter(goes) {
        let from = after.tracks.status;
        let notify = notify && to != OrderStatus::ReadyToShip;
        let (rule, reason) = (RULE.to_owned(), "every parcel has its label".to_owned());
        let cause =
            if by_label { Cause::Rule { rule, reason, confidence: 100, note: None, decision: None } } else { Cause::Asked { note: None } };
        events.push(OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: !by_label, notify });
    }
    events
}

/// Where a parcel is that has left the shelf and that no carrier has: it waits for its customer, or the shop's own courier has it.
fn no_carrier_says(after: &Order, command: &FulfilCommand) -> Option<TrackingStatus> {
    use FulfilCommand as C;
    let has_left = matches!(command, C::Step { step: Step::HandOver, .. } | C::Open { begins: Begins::Left, .. });
    let method = after.shipping_method.filter(|method| has_left && method.service().is_none())?;
    let is_ours = after.consignments.iter().all(|one| one.carriage.is_none());
    let to = method.handed_over();
    (is_ours && to != TrackingStatus::Delivered && after.tracks.tracking.can_become(to)).then_some(to)
}

/// A carrier has seen a parcel: that is noted, and what it means for the order is one fact.
fn saw(order: &Order, id: &FulfilmentId, event: FulfilEvent, now: Timestamp) -> Vec<OrderEvent> {
    let mut after = order.clone();
    let event = OrderEvent::Fulfilment { event };
    after.evolve(&event, now);
    let latest = after.consignment(id);
    let fact = latest.and_then(|latest| following::fact(&after, latest, after.led_to(), moved_stage(&after), now));
    let follows = fact.map(|fact| following::hear(&after, &fact, now)).unwrap_or_default();
    std::iter::once(event).chain(follows).collect()
}

/// What time alone makes due: somebody is sent to look at labels, to ask carriers, and what nobody has seen for thirty days is lost.
fn woken(order: &Order, now: Timestamp) -> Vec<OrderEvent> {
    let lost = order.lost_sight_of(now).into_iter().find_map(|id| {
        let event = following::lost(order.consignment(&id)?)?;
        Some(saw(order, &id, event, now))
    });
    let mut events: Vec<OrderEvent> = lost.unwrap_or_default();
    let ids = order.carriers_to_ask(now);
    let polled = (!ids.is_empty()).then_some(FulfilEvent::Polled { ids });
    let labels = order.labels_overdue(now).into_iter().take(1);
    events.extend(labels.chain(polled).map(|event| OrderEvent::Fulfilment { event }));
    events
}

fn moved_stage(order: &Order) -> Option<FulfilmentStatus> {
    stage(order).filter(|to| *to != order.tracks.fulfilment && order.tracks.fulfilment.way_to(*to).is_some())
}

/// The stage of the part that is furthest behind, as long as any is worked on.
fn stage(order: &Order) -> Option<FulfilmentStatus> {
    let active = order.consignments.iter().map(|one| one.work.status).filter(|status| *status != FulfilmentStatus::Cancelled);
    if !order.is_all_in() {
        return None;
    }
    active.filter(|status| status.rank().is_some()).min_by_key(|status| status.rank())
}

/// What of an order is not sent any more because the rest of it was called off: as much as one commit holds.
pub(super) fn rest_called_off(order: &Order) -> Vec<OrderEvent> {
    const AT_ONCE: usize = 4;
    let rest = order.consignments.iter().filter(|one| !one.has_left() && one.work.after(Step::Cancel).is_ok()).take(AT_ONCE);
    let off = |one: &Consignment| FulfilEvent::Stepped { id: one.work.id.clone(), step: Step::Cancel };
    // Where nobody knows what was in the parcels that have left, a person is asked first.
    let knows = order.consignments.iter().any(Consignment::has_left);
    let lines = knows.then(|| called_off(order, order.not_left(), None)).flatten();
    rest.map(|one| OrderEvent::Fulfilment { event: off(one) }).chain(lines).collect()
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
    if may { Ok(()) } else { Err(Rejection::NotToFulfil { status }) }
}

fn begun(order: &Order, parts: Vec<Share>, from: Option<LocationId>, begins: Begins, checked_bps: u32) -> Result<Fulfilment, Rejection> {
    let bad = |_| Rejection::NoSuchFulfilment;
    let id = FulfilmentId::parse(&format!("p{}", order.consignments.len() + 1)).map_err(bad)?;
    let from = match from {
        Some(from) => from,
        None => picking::home(order, &parts).map_or_else(|| LocationId::parse(MAIN).map_err(bad), Ok)?,
    };
    let drawn = crate::shipping::fulfilment::is_drawn(order.id.as_str(), &id, checked_bps);
    let work = Fulfilment::new(id, from, parts, drawn);
    let status = match begins {
        Begins::ToPick => return Ok(work),
        Begins::Left if drawn => return Err(Rejection::Fulfilment(Refusal::CheckDue)),
        Begins::Packed => FulfilmentStatus::Packed,
        Begins::Left => FulfilmentStatus::Shipped,
    };
    let picked = work.parts.iter().map(|part| part.quantity).collect();
    Ok(Fulfilment { picked, status, ..work })
}
