//! What of an order comes back, or is to.
//!
//! A [`Return`] is announced, perhaps agreed to, and closed by what really arrived: what can be sold again goes back on the shelf with that
//! commit, and what it was paid with may go back with it. Together returns never hold more of a line than has left.

#[cfg(test)]
mod tests;
mod worth;

pub use worth::worth_of;

use super::event::{Cause, OrderEvent};
use super::placement::LineKind;
use super::rejection::Rejection;
use super::saga::{Allocation, SagaEvent};
use super::status::{OrderStatus, Track};
use super::{FulfilmentStatus, Order, paying};
use crate::ids::ReturnId;
use crate::money::Money;
use crate::order::paying::MoneyCommand;
use crate::payment::LedgerRejection;
pub use crate::shipping::fulfilment::ReturnReason;
use crate::shipping::fulfilment::Share;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Returns of one order.
pub const RETURNS_MAX: usize = 20;
/// Lines of one return.
pub const LINES_MAX: usize = 50;
/// Characters of what people write to it.
pub const NOTE_CHARS_MAX: usize = 500;

/// What is wanted for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnKind {
    /// The money.
    Refund,
    /// Something else in its place: the money stays.
    Exchange,
}

impl ReturnKind {
    /// Both.
    pub const ALL: [ReturnKind; 2] = [ReturnKind::Refund, ReturnKind::Exchange];

    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            ReturnKind::Refund => "refund",
            ReturnKind::Exchange => "exchange",
        }
    }
}

/// So many of a line, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReturnLine {
    /// The line's place in the order.
    pub line: usize,
    /// How many.
    pub quantity: u32,
    /// Why.
    pub reason: ReturnReason,
}

/// What arrived of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// The line's place in the order.
    pub line: usize,
    /// How many.
    pub quantity: u32,
    /// They can be sold again.
    pub sellable: bool,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReturnState {
    /// Somebody wants to send it back.
    Requested,
    /// They may.
    Approved,
    /// They may not.
    Refused,
    /// They have thought better of it, or it never came.
    Withdrawn,
    /// It is here.
    Received,
}

impl ReturnState {
    /// On the wire.
    pub const fn code(self) -> &'static str {
        match self {
            ReturnState::Requested => "requested",
            ReturnState::Approved => "approved",
            ReturnState::Refused => "refused",
            ReturnState::Withdrawn => "withdrawn",
            ReturnState::Received => "received",
        }
    }

    /// Something is still to come of it.
    pub const fn is_open(self) -> bool {
        matches!(self, ReturnState::Requested | ReturnState::Approved)
    }
}

/// What of an order comes back together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Return {
    /// Its name within the order.
    pub id: ReturnId,
    /// What is wanted for it.
    pub kind: ReturnKind,
    /// What was announced.
    pub lines: Vec<ReturnLine>,
    /// How far it is.
    pub state: ReturnState,
    /// What arrived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub arrived: Vec<Arrived>,
    /// What goes back for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refund: Option<Money>,
    /// When it was announced.
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
}

impl Return {
    /// Something of it is here because something else had been packed than was ordered.
    pub fn shows_packing_fault(&self) -> bool {
        let is_here = |line: &ReturnLine| self.arrived.iter().any(|one| one.line == line.line);
        self.lines.iter().any(|line| line.reason.is_packing_fault() && is_here(line))
    }

    /// How many of a line it holds: announced, or arrived.
    fn of_line(&self, line: usize) -> u32 {
        let announced = || self.lines.iter().filter(|one| one.line == line).map(|one| one.quantity);
        let arrived = || self.arrived.iter().filter(|one| one.line == line).map(|one| one.quantity);
        match self.state {
            ReturnState::Requested | ReturnState::Approved => announced().fold(0, u32::saturating_add),
            ReturnState::Received => arrived().fold(0, u32::saturating_add),
            ReturnState::Refused | ReturnState::Withdrawn => 0,
        }
    }
}

/// What happened to a return.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum ReturnEvent {
    /// It was announced.
    Opened {
        /// Its name.
        id: ReturnId,
        /// What is wanted for it.
        kind: ReturnKind,
        /// What is to come.
        lines: Vec<ReturnLine>,
        /// It may come, without anybody being asked.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        approved: bool,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Somebody has said whether it may come, or that it will not.
    Decided {
        /// Which.
        id: ReturnId,
        /// How it stands by that.
        state: ReturnState,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// It is here.
    Received {
        /// Which.
        id: ReturnId,
        /// What of it.
        arrived: Vec<Arrived>,
        /// What goes back for it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        refund: Option<Money>,
    },
}

impl ReturnEvent {
    /// Which return it is about.
    pub const fn id(&self) -> &ReturnId {
        match self {
            ReturnEvent::Opened { id, .. } | ReturnEvent::Decided { id, .. } | ReturnEvent::Received { id, .. } => id,
        }
    }

    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            ReturnEvent::Opened { .. } => "return_opened",
            ReturnEvent::Decided { .. } => "return_decided",
            ReturnEvent::Received { .. } => "return_received",
        }
    }

    /// As a timeline shows it.
    pub fn in_words(&self) -> String {
        let why = |note: &Option<String>| note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
        match self {
            ReturnEvent::Opened { id, kind, lines, approved, note } => {
                let what: Vec<String> =
                    lines.iter().map(|one| format!("{} of line {} ({})", one.quantity, one.line + 1, one.reason.text())).collect();
                let agreed = if *approved { ", agreed to" } else { "" };
                format!("Return {id} for {}{agreed}: {}{}", kind.code(), what.join(", "), why(note))
            }
            ReturnEvent::Decided { id, state, note } => format!("Return {id} is {}{}", state.code(), why(note)),
            ReturnEvent::Received { id, arrived, refund } => {
                let condition = |sellable: bool| if sellable { "as good as new" } else { "not to be sold again" };
                let what: Vec<String> =
                    arrived.iter().map(|one| format!("{} of line {}, {}", one.quantity, one.line + 1, condition(one.sellable))).collect();
                let back = refund.map(|money| format!("; {} {} goes back", money.decimal(), money.currency)).unwrap_or_default();
                let nothing = if what.is_empty() { "nothing" } else { "" };
                format!("Return {id} is here: {}{nothing}{back}", what.join("; "))
            }
        }
    }

    /// What people wrote in it.
    pub(super) fn words(&mut self) -> Option<&mut String> {
        match self {
            ReturnEvent::Opened { note, .. } | ReturnEvent::Decided { note, .. } => note.as_mut(),
            ReturnEvent::Received { .. } => None,
        }
    }
}

/// What goes back for what has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunded {
    /// Nothing.
    Nothing,
    /// What was paid for it: with its share of tax and discount.
    Lines,
    /// That, and what it cost to send it.
    WithShipping,
    /// So much.
    Amount(Money),
}

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReturnCommand {
    /// Announce it.
    Open {
        /// What is wanted for it.
        kind: ReturnKind,
        /// What is to come.
        lines: Vec<ReturnLine>,
        /// It may come, without anybody being asked.
        approved: bool,
        /// What they wrote.
        note: Option<String>,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
    /// Say whether it may come, or that it will not.
    Decide {
        /// Which.
        id: ReturnId,
        /// Approved, refused or withdrawn.
        state: ReturnState,
        /// What they wrote.
        note: Option<String>,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
    /// Take in what arrived.
    Receive {
        /// Which.
        id: ReturnId,
        /// What of it; all that was announced, as good as new, if nobody says.
        arrived: Option<Vec<Arrived>>,
        /// What goes back for it.
        refund: Refunded,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
}

/// Why a return is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnRefusal {
    /// Nothing is there to come back.
    #[error("an order that is {0} has nothing to send back; what has not left is called off instead")]
    NotOut(OrderStatus),
    /// More than has left, or is on its way back.
    #[error("line {line}: {asked} to come back, {open} can")]
    TooMany {
        /// The line's place in the order.
        line: usize,
        /// What was asked for.
        asked: u64,
        /// What has left and is in no return.
        open: u32,
    },
    /// It is over.
    #[error("return {id} is {}: nothing more comes of it; open another one", .state.code())]
    Over {
        /// Which.
        id: ReturnId,
        /// How it stands.
        state: ReturnState,
    },
    /// More than was announced.
    #[error("line {line}: {asked} arrived, {announced} were announced; open another return for the rest")]
    NotAnnounced {
        /// The line's place in the order.
        line: usize,
        /// What is said to have arrived.
        asked: u64,
        /// What was announced.
        announced: u32,
    },
    /// Nothing is in it.
    #[error("a return has 1 to {LINES_MAX} lines, each with a quantity of at least 1")]
    Empty,
    /// What stays is not given back.
    #[error("the money of an exchange stays; refund nothing, or make it a return for refund")]
    ExchangeRefunds,
    /// Nobody could look through more.
    #[error("an order has at most {RETURNS_MAX} returns")]
    TooMuch,
}

impl Order {
    /// A return by name.
    pub fn return_of(&self, id: &ReturnId) -> Option<&Return> {
        self.returns.iter().find(|one| one.id == *id)
    }

    /// How many of each line have left, and not come back by the carrier.
    fn out(&self) -> Vec<u32> {
        let by_parcel = self.consignments.iter().any(|one| one.work.status != FulfilmentStatus::Cancelled);
        let mut out: Vec<u32> = vec![0; self.lines.len()];
        if by_parcel {
            let gone = |status| matches!(status, FulfilmentStatus::Shipped | FulfilmentStatus::Delivered);
            for Share { line, quantity } in self.consignments.iter().filter(|one| gone(one.work.status)).flat_map(|one| &one.work.parts) {
                out.iter_mut().skip(*line).take(1).for_each(|out| *out = out.saturating_add(*quantity));
            }
        } else if self.has_left() {
            let physical = self.lines.iter().map(|line| if line.kind == LineKind::Digital { 0 } else { line.quantity });
            out = physical.collect();
        }
        out
    }

    /// How many of each line can still come back.
    pub fn returnable(&self) -> Vec<u32> {
        let held = |line: usize| self.returns.iter().map(|one| one.of_line(line)).fold(0, u32::saturating_add);
        self.out().into_iter().enumerate().map(|(line, out)| out.saturating_sub(held(line))).collect()
    }

    /// How many of each line have come back.
    pub fn come_back(&self) -> Vec<u32> {
        let received = || self.returns.iter().filter(|one| one.state == ReturnState::Received);
        (0..self.lines.len()).map(|line| received().map(|one| one.of_line(line)).fold(0, u32::saturating_add)).collect()
    }

    pub(super) fn came_back(&mut self, event: &ReturnEvent, at: Timestamp) {
        if let ReturnEvent::Opened { id, kind, lines, approved, .. } = event {
            let state = if *approved { ReturnState::Approved } else { ReturnState::Requested };
            let (id, lines) = (id.clone(), lines.clone());
            self.returns.push(Return { id, kind: *kind, lines, state, arrived: Vec::new(), refund: None, opened_at: at, since: at });
            return;
        }
        let Some(one) = self.returns.iter_mut().find(|one| one.id == *event.id()) else { return };
        one.since = at;
        match event {
            ReturnEvent::Opened { .. } => {}
            ReturnEvent::Decided { state, .. } => one.state = *state,
            ReturnEvent::Received { arrived, refund, .. } => {
                (one.state, one.arrived, one.refund) = (ReturnState::Received, arrived.clone(), *refund);
            }
        }
    }

    /// Where its returns lead it: somebody wants to send something back, nobody does any more, or all of it is here.
    fn led_back_to(&self) -> Option<OrderStatus> {
        let from = self.tracks.status;
        let is_open = self.returns.iter().any(|one| one.state.is_open());
        let back = self.come_back();
        let is_back = back.iter().zip(self.out()).all(|(back, out)| *back >= out) && back.iter().any(|back| *back > 0);
        let to = match (is_open, is_back) {
            (true, _) if from == OrderStatus::Shipped => return None,
            (true, _) => OrderStatus::ReturnRequested,
            (false, true) => OrderStatus::Returned,
            (false, false) if from == OrderStatus::ReturnRequested => OrderStatus::Delivered,
            (false, false) => return None,
        };
        (to != from && from.can_become(to)).then_some(to)
    }

    /// Where of what left with it so much is put back on the shelf: where it came from.
    fn shelved(&self, arrived: &[Arrived]) -> Vec<Allocation> {
        let mut left: Vec<Allocation> = self.saga.iter().flat_map(|saga| saga.left.iter().cloned()).collect();
        let mut back: Vec<Allocation> = Vec::new();
        for one in arrived.iter().filter(|one| one.sellable) {
            let Some(line) = self.lines.get(one.line) else { continue };
            let mut open = one.quantity;
            for from in left.iter_mut().filter(|from| from.sku == line.sku) {
                let taken = open.min(from.quantity);
                (open, from.quantity) = (open - taken, from.quantity - taken);
                match back.iter_mut().find(|known| known.sku == from.sku && known.location == from.location) {
                    _ if taken == 0 => {}
                    Some(known) => known.quantity = known.quantity.saturating_add(taken),
                    None => back.push(Allocation { quantity: taken, ..from.clone() }),
                }
            }
        }
        back
    }
}

/// An order with what has happened to it in this commit.
struct Desk {
    order: Order,
    events: Vec<OrderEvent>,
    now: Timestamp,
}

impl Desk {
    fn happens(&mut self, event: OrderEvent) {
        self.order.evolve(&event, self.now);
        self.events.push(event);
    }

    /// The order follows where its returns lead.
    fn close(mut self, notify: bool) -> Vec<OrderEvent> {
        if let Some(to) = self.order.led_back_to() {
            let (from, cause) = (self.order.tracks.status, Cause::Asked { note: None });
            self.happens(OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: true, notify });
        }
        self.events
    }
}

/// Events of a command.
pub(super) fn give_back(order: &Order, command: &ReturnCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let mut desk = Desk { order: order.clone(), events: Vec::new(), now };
    match command {
        ReturnCommand::Open { kind, lines, approved, note, notify } => {
            may_open(order, lines)?;
            let id = ReturnId::parse(&format!("r{}", order.returns.len() + 1)).map_err(|_| Rejection::NoSuchReturn)?;
            let note = note_of(note.as_deref())?;
            let event = ReturnEvent::Opened { id, kind: *kind, lines: lines.clone(), approved: *approved, note };
            desk.happens(OrderEvent::Return { event });
            Ok(desk.close(*notify))
        }
        ReturnCommand::Decide { id, state, note, notify } => {
            let one = order.return_of(id).ok_or(Rejection::NoSuchReturn)?;
            if one.state == *state {
                return Ok(Vec::new());
            }
            open(one)?;
            let note = note_of(note.as_deref())?;
            desk.happens(OrderEvent::Return { event: ReturnEvent::Decided { id: id.clone(), state: *state, note } });
            Ok(desk.close(*notify))
        }
        ReturnCommand::Receive { id, arrived, refund, notify } => {
            let one = order.return_of(id).ok_or(Rejection::NoSuchReturn)?;
            open(one)?;
            let all = || one.lines.iter().map(|line| Arrived { line: line.line, quantity: line.quantity, sellable: true }).collect();
            let arrived: Vec<Arrived> = arrived.clone().unwrap_or_else(all);
            announced(one, &arrived)?;
            let refund = refund_of(order, one, &arrived, *refund)?;
            let stock = order.shelved(&arrived);
            desk.happens(OrderEvent::Return { event: ReturnEvent::Received { id: id.clone(), arrived, refund } });
            if !stock.is_empty() {
                desk.happens(OrderEvent::Saga { event: SagaEvent::Returned { stock } });
            }
            // Whoever collects the money gives it back; elsewhere the event says how much it is.
            if let Some(amount) = refund.filter(|_| order.governed().is_some()) {
                let command = MoneyCommand::Refund { amount: Some(amount), reason: Some(format!("return {id}")), seen: None };
                for event in paying::money(&desk.order, &command, now)? {
                    desk.happens(event);
                }
            }
            Ok(desk.close(*notify))
        }
    }
}

fn open(one: &Return) -> Result<(), Rejection> {
    if one.state.is_open() { Ok(()) } else { Err(ReturnRefusal::Over { id: one.id.clone(), state: one.state }.into()) }
}

fn note_of(note: Option<&str>) -> Result<Option<String>, Rejection> {
    let Some(note) = note.map(str::trim).filter(|note| !note.is_empty()) else { return Ok(None) };
    let shown = |c: char| !c.is_control() || c == '\n';
    if note.chars().count() <= NOTE_CHARS_MAX && note.chars().all(shown) { Ok(Some(note.to_owned())) } else { Err(Rejection::BadText) }
}

fn may_open(order: &Order, lines: &[ReturnLine]) -> Result<(), Rejection> {
    if !order.has_left() || order.tracks.status == OrderStatus::Returned {
        return Err(ReturnRefusal::NotOut(order.tracks.status).into());
    }
    if lines.is_empty() || lines.len() > LINES_MAX || lines.iter().any(|one| one.quantity == 0) {
        return Err(ReturnRefusal::Empty.into());
    }
    let returnable = order.returnable();
    for one in lines {
        let open = returnable.get(one.line).copied().unwrap_or(0);
        let asked: u64 = lines.iter().filter(|other| other.line == one.line).map(|other| u64::from(other.quantity)).sum();
        if asked > u64::from(open) {
            return Err(ReturnRefusal::TooMany { line: one.line, asked, open }.into());
        }
    }
    if order.returns.len() >= RETURNS_MAX {
        return Err(ReturnRefusal::TooMuch.into());
    }
    Ok(())
}

fn announced(one: &Return, arrived: &[Arrived]) -> Result<(), Rejection> {
    if arrived.len() > 2 * LINES_MAX || arrived.iter().any(|one| one.quantity == 0) {
        return Err(ReturnRefusal::Empty.into());
    }
    for this in arrived {
        let announced = one.lines.iter().filter(|line| line.line == this.line).map(|line| line.quantity).fold(0, u32::saturating_add);
        let asked: u64 = arrived.iter().filter(|other| other.line == this.line).map(|other| u64::from(other.quantity)).sum();
        if asked > u64::from(announced) {
            return Err(ReturnRefusal::NotAnnounced { line: this.line, asked, announced }.into());
        }
    }
    Ok(())
}

/// What goes back for what has arrived: at most what there is to give back.
fn refund_of(order: &Order, one: &Return, arrived: &[Arrived], wish: Refunded) -> Result<Option<Money>, Rejection> {
    if wish != Refunded::Nothing && one.kind == ReturnKind::Exchange {
        return Err(ReturnRefusal::ExchangeRefunds.into());
    }
    let before = order.come_back();
    let mut after = before.clone();
    for one in arrived {
        after.iter_mut().skip(one.line).take(1).for_each(|back| *back = back.saturating_add(one.quantity));
    }
    let left = order.governed().map_or(order.totals.total_minor, |paying| paying.ledger.refundable().minor);
    let lines = || worth_of(order, &after).saturating_sub(worth_of(order, &before));
    let minor = match wish {
        Refunded::Nothing => return Ok(None),
        Refunded::Amount(amount) if amount.currency != order.totals.currency => {
            return Err(LedgerRejection::WrongCurrency(order.totals.currency).into());
        }
        Refunded::Amount(amount) if amount.minor <= 0 => return Err(LedgerRejection::NotPositive.into()),
        // Whoever names an amount hears that there is less.
        Refunded::Amount(amount) if amount.minor > left => {
            return Err(LedgerRejection::MoreThanCaptured(Money::new(left, order.totals.currency)).into());
        }
        Refunded::Amount(amount) => return Ok(Some(amount)),
        Refunded::Lines => lines(),
        Refunded::WithShipping => lines().saturating_add(order.totals.shipping_minor),
    };
    let minor = minor.min(left);
    Ok((minor > 0).then(|| Money::new(minor, order.totals.currency)))
}
