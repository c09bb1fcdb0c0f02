//! An order: its four tracks, the commands it takes and the events that happened to it.
//!
//! [`decide`] turns a command into events or a [`Rejection`]; [`Order::evolve`] applies events. Both are
//! pure. Nothing else changes an order.

pub mod alias;
pub mod arrival;
pub mod cancelling;
mod carriers;
pub mod clocks;
pub mod command;
pub mod decide;
mod desk;
pub mod event;
pub mod exceptions;
pub mod fact;
pub mod fulfilling;
pub mod journey;
pub mod label;
pub mod outlook;
pub mod paying;
pub mod photo;
pub mod placement;
pub mod progress;
mod recorded;
pub mod rejection;
pub mod returning;
pub mod review;
pub mod ruled;
pub mod saga;
pub mod status;
pub mod timers;
pub mod watch;

#[cfg(test)]
mod matrix;
#[cfg(test)]
mod stories;
#[cfg(test)]
pub(crate) mod testing;

use crate::exception::Reason;
pub use crate::ids::DecisionId;
pub use alias::Vocabulary;
pub use arrival::{Basis, Calibration, Expected, Month, Ways};
pub use cancelling::CancelRefusal;
pub use clocks::{Hold, Milestone, Milestones, SlaClock, SlaEvent, SlaState};
pub use command::{Actor, ChangeStatus, Command, CorrectStatus, Role};
pub use decide::decide;
pub use event::{Cause, OrderEvent};
pub use exceptions::{Exception, ExceptionCommand, ExceptionEvent, ExceptionStatus};
pub use fact::{Claim, Delay, Fact, FactLog, Heard, StatusClaim, Tracks};
pub use fulfilling::{
    Begins, Carriage, Consignment, FulfilCommand, FulfilEvent, LabelCommand, LabelEvent, LabelOutcome, LabelState, LabelWish, LabelWork,
    OnItsWay, ParcelLabel, Sighting,
};
pub use journey::{Journey, Lane, Stage, Stages};
pub use label::Label;
pub use paying::{Means, MoneyCommand, MoneyEvent, MoneyWork, PayPlan, PayRules, Paying};
pub use photo::{Photo, PhotoKind};
pub use placement::{Contact, Fault, Line, LineKind, Placement, Totals};
pub use recorded::{ERASED, Recorded};
pub use rejection::Rejection;
pub use returning::{
    Arrived, Refunded, Replacement, Return, ReturnCommand, ReturnEvent, ReturnKind, ReturnLine, ReturnReason, ReturnRefusal, ReturnState,
};
pub use review::{Review, ReviewCommand, ReviewEvent, ReviewKind, ReviewOutcome};
pub use ruled::{Ruled, Verdict};
pub use saga::{Saga, SagaCommand, SagaEvent, SagaRules};
pub use status::{FulfilmentStatus, OrderStatus, PaymentStatus, Track, TrackingStatus};
pub use timers::{Cancelled, Timer, Wake};
pub use watch::{Concern, Deadline, Pressing, Quiet, WatchRules, Watched};

use crate::ids::{OrderId, SourceId};
use crate::notify::MessageKind;
use crate::shipping::ShippingMethod;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// An order as it stands. What happened to it is its history, a list of [`Recorded`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The number people quote.
    pub id: OrderId,
    /// Commits so far; the optimistic lock.
    pub version: u64,
    /// How many of them were asides: notes of our own that change nothing of the order.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub asides: u64,
    /// The seal of its latest commit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
    /// Where it was placed ("api", "sheet", "instagram").
    pub channel: SourceId,
    /// The channel's own id, where it is not the number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Who to write to. The only personal data of an order; `None` after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<Contact>,
    /// What was ordered.
    pub lines: Vec<Line>,
    /// What it cost as it was placed; [`Order::owed`] is what it costs.
    pub totals: Totals,
    /// How many of each line are called off; none if it is empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cancelled: Vec<u32>,
    /// Where to, for tax, carriers and regional figures: ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Where whoever pays lives: ISO 3166-1 alpha-2.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub billing_country: Option<String>,
    /// How the customer wants to have it, if they chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shipping_method: Option<ShippingMethod>,
    /// The four tracks.
    pub tracks: Tracks,
    /// What the outside world said since a person last decided.
    pub log: FactLog,
    /// The latest wish that the customer be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub notify_wish: Option<NotifyWish>,
    /// The customer is to be told of it, and no message has reached them yet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
    /// A message has reached them.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub told: bool,
    /// They have written back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replied: bool,
    /// Concerns that were raised, each with what it rested on. The same one is not raised again, whatever becomes of the rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub raised: BTreeMap<Concern, Timestamp>,
    /// When one was last raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_at: Option<Timestamp>,
    /// The latest steps that rules took, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ruled: Vec<Ruled>,
    /// A person has undone a rule's step: rules leave it alone until somebody moves it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub kept_by_person: bool,
    /// When it has come how far, if its clocks are run.
    #[serde(default, skip_serializing_if = "Milestones::is_empty")]
    pub milestones: Milestones,
    /// When it was on hold, if its clocks are run.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub holds: Vec<Hold>,
    /// By when it has to be how far.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<SlaClock>,
    /// What is to happen to it later.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// The shop's rule has had the customer asked how it was, or will.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub followed_up: bool,
    /// The customer is being asked how it was, or was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// What the customer said to that: 1 to 5.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rating: Option<u8>,
    /// Pictures of it, oldest first, at most [`photo::PHOTOS_MAX`]; none once its customer is forgotten.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub photos: Vec<Photo>,
    /// Where it stands on its way from a cart to a parcel, if it is taken there by us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saga: Option<Saga>,
    /// What of it is sent together.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consignments: Vec<Consignment>,
    /// What of it comes back, or has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub returns: Vec<Return>,
    /// How it is paid, if anybody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paying: Option<Box<Paying>>,
    /// What people have to decide about it, or had to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reviews: Vec<Review>,
    /// What is wrong with it, or was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub exceptions: Vec<Exception>,
    /// How many there were of each reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub exception_numbers: BTreeMap<Reason, u32>,
    /// When the customer placed it.
    pub placed_at: Timestamp,
    /// When the order track last moved.
    pub status_since: Timestamp,
    /// When work on it began, if it has been packed since: to be packed does not make its work begin anew.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_work_since: Option<Timestamp>,
    /// When it entered each stage of its way.
    #[serde(default, skip_serializing_if = "Stages::is_empty")]
    pub stages: Stages,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// When there was last news of it, if something else has changed since: a wish that the customer be told, an erasure,
    /// what came too late to count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_at: Option<Timestamp>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_none_yet(count: &u64) -> bool {
    *count == 0
}

/// Somebody wanted the customer to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotifyWish {
    /// The word the order had.
    pub label: Label,
    /// What of.
    #[serde(default)]
    pub kind: MessageKind,
    /// In which words of the shop's own, as a number that tells one text from another.
    #[serde(default, skip_serializing_if = "is_none_yet")]
    pub words: u64,
    /// When.
    pub at: Timestamp,
}

impl Order {
    /// The word people see.
    pub fn label(&self) -> Label {
        self.tracks.label()
    }

    /// Every line is digital, so nothing needs shipping.
    pub fn all_digital(&self) -> bool {
        let mut sent = self.lines.iter().zip(self.wanted()).filter(|(_, wanted)| *wanted > 0).map(|(line, _)| line).peekable();
        sent.peek().is_some() && sent.all(|line| line.kind == LineKind::Digital)
    }

    /// Days past the promised day, for an order that has not arrived; `None` when it is not late.
    pub fn days_late(&self, today: Date) -> Option<u32> {
        let eta = self.tracks.eta?;
        if !self.tracks.status.is_awaited() || eta >= today {
            return None;
        }
        let span = eta.until(today).ok()?;
        u32::try_from(span.get_days()).ok()
    }

    /// Where a person may move it now.
    pub fn allowed(&self) -> Vec<OrderStatus> {
        let mut allowed = self.tracks.status.next().to_vec();
        if self.all_digital() && self.tracks.status == OrderStatus::Processing {
            allowed.push(OrderStatus::Delivered);
        }
        // While people decide it can only wait or end.
        if !self.held_back_by().is_empty() {
            allowed.retain(|to| matches!(to, OrderStatus::OnHold | OrderStatus::Cancelled | OrderStatus::Failed));
        }
        allowed
    }

    /// Applies one event.
    pub fn evolve(&mut self, event: &OrderEvent, at: Timestamp) {
        match event {
            OrderEvent::Placed { .. } => {}
            OrderEvent::FactHeard { fact, heard, .. } => {
                if *heard != Heard::Superseded {
                    let refunded = fact.claim.status == Some(StatusClaim::Refunded);
                    self.paying.iter_mut().filter(|_| refunded).for_each(|paying| paying.elsewhere = true);
                    let digital = self.all_digital();
                    self.log.insert(fact.clone(), digital);
                }
            }
            OrderEvent::StatusChanged { from, to, decided, cause, .. } => {
                self.moved_to(*to, at);
                self.stages.moved(*to, at);
                self.remember_rule(*from, cause, at);
                if !to.is_open() {
                    self.tracks.delayed = None;
                }
                if *decided {
                    self.log = FactLog::starting_at(self.tracks, Some(at));
                } else if matches!(cause, Cause::Rule { .. }) {
                    // A step of ours silences nothing that was said before it and comes after it.
                    self.log.rebase(self.tracks);
                    if *to == OrderStatus::OnHold {
                        self.saga.iter_mut().for_each(|saga| saga.paused = Some(*from));
                    }
                }
            }
            OrderEvent::StatusCorrected { to, overrules, .. } => {
                self.judged(overrules.as_ref(), Verdict::Corrected);
                self.moved_to(*to, at);
                self.stages.put_at(*to);
                self.log = FactLog::starting_at(self.tracks, Some(at));
            }
            OrderEvent::StatusUndone { to, decision, .. } => {
                self.judged(Some(decision), Verdict::Undone);
                self.moved_to(*to, at);
                self.stages.put_at(*to);
                self.kept_by_person = true;
                self.log = FactLog::starting_at(self.tracks, Some(at));
            }
            OrderEvent::Reconciled { to, .. } => {
                self.moved_to(*to, at);
                self.stages.put_at(*to);
            }
            OrderEvent::PaymentChanged { to, .. } => self.tracks.payment = *to,
            OrderEvent::FulfilmentChanged { to, .. } => self.tracks.fulfilment = *to,
            OrderEvent::TrackingChanged { to, .. } => {
                self.tracks.tracking = *to;
                // The next failure is another one.
                self.raised.remove(&Concern::DeliveryFailed);
            }
            OrderEvent::DelayNoticed { since } => self.tracks.delayed = Some(Delay { since: *since }),
            OrderEvent::DelayCleared => self.tracks.delayed = None,
            OrderEvent::EtaChanged { to, .. } => self.tracks.eta = *to,
            OrderEvent::NotifyRequested { label, kind, text, .. } => {
                self.notify_wish = Some(NotifyWish { label: *label, kind: *kind, words: decide::fingerprint(text.as_deref()), at });
                self.asked |= *kind == MessageKind::FollowUp;
            }
            OrderEvent::Rated { score } => self.rating = Some(*score),
            OrderEvent::ContactErased => {
                self.contact = None;
                self.paying.iter_mut().for_each(|paying| paying.token = false);
                self.untold = false;
                // What it said is forgotten, and nobody can be told again.
                self.notify_wish = None;
                // A label with their address may be in a picture.
                self.photos.clear();
            }
            OrderEvent::AttentionRaised { concerns } => {
                self.raised.extend(concerns.iter().map(|held| (held.concern, held.basis)));
                self.raised_at = Some(at);
                return;
            }
            OrderEvent::DecisionJudged { decision, agrees, .. } => {
                self.judged(Some(decision), if *agrees { Verdict::Agreed } else { Verdict::Disagreed });
                return;
            }
            OrderEvent::TimerSet { timer } => {
                self.timers.retain(|other| other.id != timer.id);
                self.timers.push(timer.clone());
                self.followed_up |= timer.id.as_str() == timers::AFTER_DELIVERY;
                return;
            }
            OrderEvent::TimerFired { id } => {
                self.timers.retain(|timer| timer.id != *id);
                return;
            }
            OrderEvent::TimersCancelled { ids, why } => {
                self.timers.retain(|timer| !ids.contains(&timer.id));
                self.followed_up &= *why != Cancelled::NotArrived;
                return;
            }
            OrderEvent::Replied { .. } => {
                self.replied = true;
                return;
            }
            OrderEvent::NotReached { told, .. } => {
                self.untold |= !told;
                return;
            }
            OrderEvent::PhotoAdded { kind, photo } => {
                self.photos.push(Photo { kind: *kind, name: photo.clone(), at });
                return;
            }
            OrderEvent::Saga { event } => {
                self.went(event, at);
                return;
            }
            OrderEvent::Review { event } => {
                self.reviewed(event, at);
                return;
            }
            OrderEvent::Sla { event } => {
                self.ran(event);
                return;
            }
            OrderEvent::Exceptions { changes } => {
                changes.iter().for_each(|change| self.excepted(change, at));
                return;
            }
            OrderEvent::Fulfilment { event } => {
                self.fulfilled(event, at);
                if event.is_aside() {
                    return;
                }
            }
            OrderEvent::LinesCancelled { lines, .. } => self.lines_cancelled(lines),
            OrderEvent::Return { event } => self.came_back(event, at),
            OrderEvent::Money { event } => {
                self.paid(event, at);
                return;
            }
            // What we say is no news of the order.
            OrderEvent::CustomerTold { .. } => {
                self.untold = false;
                self.told = true;
                return;
            }
        }
        let is_news = !matches!(
            event,
            OrderEvent::NotifyRequested { .. }
                | OrderEvent::Rated { .. }
                | OrderEvent::ContactErased
                | OrderEvent::FactHeard { heard: Heard::Superseded, .. }
        );
        self.news_at = if is_news { None } else { Some(self.last_news()) };
        self.updated_at = at;
    }

    fn moved_to(&mut self, to: OrderStatus, at: Timestamp) {
        let is_packed = (self.tracks.status, to) == (OrderStatus::Processing, OrderStatus::ReadyToShip);
        self.in_work_since = is_packed.then_some(self.status_since);
        self.tracks.status = to;
        self.status_since = at;
        self.saga_moved(to);
        self.raised.remove(&Concern::Failed);
        self.kept_by_person = false;
        for ruled in &mut self.ruled {
            ruled.stands = false;
        }
    }

    /// When there was last news of it.
    pub fn last_news(&self) -> Timestamp {
        self.news_at.unwrap_or(self.updated_at)
    }

    /// A new order from its first event. The contact is not part of the history; it comes beside it.
    pub fn born(event: &OrderEvent, contact: Option<Contact>, at: Timestamp) -> Option<Order> {
        let OrderEvent::Placed {
            id,
            channel,
            external_id,
            lines,
            totals,
            country,
            billing_country,
            shipping_method,
            tracks,
            placed_at,
            notify,
        } = event
        else {
            return None;
        };
        Some(Order {
            id: id.clone(),
            version: 0,
            asides: 0,
            channel: channel.clone(),
            external_id: external_id.clone(),
            contact,
            lines: lines.clone(),
            totals: *totals,
            cancelled: Vec::new(),
            country: country.clone(),
            billing_country: billing_country.clone(),
            shipping_method: *shipping_method,
            tracks: *tracks,
            log: FactLog::starting_at(*tracks, None),
            notify_wish: None,
            untold: *notify,
            told: false,
            replied: false,
            raised: BTreeMap::new(),
            raised_at: None,
            ruled: Vec::new(),
            kept_by_person: false,
            milestones: Milestones::default(),
            holds: Vec::new(),
            clocks: Vec::new(),
            timers: Vec::new(),
            followed_up: false,
            seal: None,
            asked: false,
            rating: None,
            photos: Vec::new(),
            saga: None,
            consignments: Vec::new(),
            returns: Vec::new(),
            paying: None,
            reviews: Vec::new(),
            exceptions: Vec::new(),
            exception_numbers: BTreeMap::new(),
            placed_at: *placed_at,
            status_since: at,
            in_work_since: None,
            stages: Stages::born(tracks.status, *placed_at, at),
            updated_at: at,
            news_at: None,
        })
    }

    /// A new order from the events of its first commit. The contact comes beside them.
    pub fn placed(events: &[OrderEvent], contact: Option<Contact>, at: Timestamp) -> Option<Order> {
        let (first, rest) = events.split_first()?;
        let mut order = Order::born(first, contact, at)?;
        rest.iter().for_each(|event| order.evolve(event, at));
        order.version = 1;
        Some(order)
    }

    /// An order from its whole history: what the head must equal, contact aside.
    pub fn replay(history: &[Recorded]) -> Option<Order> {
        let (first, rest) = history.split_first()?;
        let mut order = Order::placed(&first.events, None, first.at)?;
        for commit in rest {
            order.apply_commit(&commit.events, commit.at);
        }
        order.seal = history.last().and_then(|last| last.seal.clone());
        Some(order)
    }

    /// Applies the events of one commit and counts it.
    pub fn apply_commit(&mut self, events: &[OrderEvent], at: Timestamp) {
        for event in events {
            self.evolve(event, at);
        }
        self.version += 1;
        self.asides += u64::from(!events.is_empty() && events.iter().all(OrderEvent::is_aside));
    }

    /// What whoever has read the order knows of it: they need not read it again because we noted that their message
    /// arrived. This is what `If-Match` is held against.
    pub fn revision(&self) -> u64 {
        self.version.saturating_sub(self.asides)
    }
}
