//! What of an order comes back, or is to.
//!
//! A [`Return`] is announced, perhaps agreed to, and closed by what really arrived: what can be sold again goes back on the shelf with that
//! commit, and what it was paid with may go back with it. Together returns never hold more of a line than has left.

mod decide;
pub mod exchange;
mod state;
#[cfg(test)]
mod tests;
mod worth;

pub(super) use decide::{give_back, note_of};
pub use exchange::Replacement;
pub use worth::worth_of;

use super::placement::Line;
use super::saga::HOLD_MAX;
use super::status::OrderStatus;
use crate::ids::{OrderId, ReturnId};
use crate::money::Money;
pub use crate::shipping::fulfilment::ReturnReason;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Returns of one order.
pub const RETURNS_MAX: usize = 20;
/// Lines of one return: all that it puts back on shelves is moved in one commit.
pub const LINES_MAX: usize = HOLD_MAX;
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
    /// How much of that is what it had cost to send the order, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub shipping_minor: i64,
    /// What is sent in its place, or was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<Replacement>,
    /// When it was announced.
    pub opened_at: Timestamp,
    /// Since when it stands as it does.
    pub since: Timestamp,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
const fn is_zero(minor: &i64) -> bool {
    *minor == 0
}

impl Return {
    /// Something of it is here.
    pub fn holds_anything(&self) -> bool {
        self.state == ReturnState::Received && !self.arrived.is_empty()
    }

    /// Something else had been packed than was ordered. What was missing does not have to come back for that.
    pub fn shows_packing_fault(&self) -> bool {
        let is_here = |line: &ReturnLine| line.reason == ReturnReason::MissingItem || self.arrived.iter().any(|one| one.line == line.line);
        self.state == ReturnState::Received && self.lines.iter().any(|line| line.reason.is_packing_fault() && is_here(line))
    }

    /// What of a line arrives can be sold again, as far as the reasons say: what is broken, or is something else than was ordered, cannot.
    pub fn resells(&self, line: usize) -> bool {
        self.lines.iter().filter(|one| one.line == line).all(|one| one.reason.resells())
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
        /// How much of that is what it had cost to send the order, in minor units.
        #[serde(default, skip_serializing_if = "is_zero")]
        shipping_minor: i64,
    },
    /// Something is to be sent in its place.
    ReplacementAsked {
        /// Which.
        id: ReturnId,
        /// What; it costs nothing.
        lines: Vec<Line>,
    },
    /// An order was placed that replaces it.
    Replaced {
        /// Which.
        id: ReturnId,
        /// By which order.
        by: OrderId,
    },
    /// Nothing can be sent in its place.
    NotReplaced {
        /// Which.
        id: ReturnId,
        /// Why not.
        why: String,
    },
    /// Its replacement takes too long: somebody is sent to place it.
    ReplacementLate {
        /// Which.
        id: ReturnId,
    },
}

impl ReturnEvent {
    /// Which return it is about.
    pub const fn id(&self) -> &ReturnId {
        match self {
            ReturnEvent::Opened { id, .. }
            | ReturnEvent::Decided { id, .. }
            | ReturnEvent::Received { id, .. }
            | ReturnEvent::ReplacementAsked { id, .. }
            | ReturnEvent::Replaced { id, .. }
            | ReturnEvent::NotReplaced { id, .. }
            | ReturnEvent::ReplacementLate { id } => id,
        }
    }

    /// Its short name.
    pub const fn name(&self) -> &'static str {
        match self {
            ReturnEvent::Opened { .. } => "return_opened",
            ReturnEvent::Decided { .. } => "return_decided",
            ReturnEvent::Received { .. } => "return_received",
            ReturnEvent::ReplacementAsked { .. } => "replacement_asked",
            ReturnEvent::Replaced { .. } => "return_replaced",
            ReturnEvent::NotReplaced { .. } => "return_not_replaced",
            ReturnEvent::ReplacementLate { .. } => "replacement_late",
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
            ReturnEvent::ReplacementAsked { id, lines } => {
                let what: Vec<String> = lines.iter().map(|line| format!("{} {}", line.quantity, line.sku)).collect();
                format!("To be sent in the place of return {id}: {}", what.join(", "))
            }
            ReturnEvent::Replaced { id, by } => format!("Return {id} is replaced by order {by}"),
            ReturnEvent::NotReplaced { id, why } => format!("Nothing can be sent in the place of return {id}: {why}"),
            ReturnEvent::ReplacementLate { id } => format!("What is sent in the place of return {id} takes too long and is begun again"),
            ReturnEvent::Decided { id, state, note } => format!("Return {id} is {}{}", state.code(), why(note)),
            ReturnEvent::Received { id, arrived, refund, .. } => {
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
            ReturnEvent::Received { .. }
            | ReturnEvent::ReplacementAsked { .. }
            | ReturnEvent::Replaced { .. }
            | ReturnEvent::NotReplaced { .. }
            | ReturnEvent::ReplacementLate { .. } => None,
        }
    }
}

/// What goes back for what has come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refunded {
    /// Nothing.
    Nothing,
    /// What was paid for it: with its share of tax and discount. Nothing, if another system has given the money back.
    Lines,
    /// That, and what it cost to send the order, once.
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
        /// What of it; all that was announced, in the state that its reasons let expect, if nobody says.
        arrived: Option<Vec<Arrived>>,
        /// What goes back for it.
        refund: Refunded,
        /// Whether the customer is told if that moves the order.
        notify: bool,
    },
    /// Send something in its place.
    Replace {
        /// Which.
        id: ReturnId,
        /// What; as much of the same, if nobody says.
        lines: Option<Vec<Line>>,
    },
    /// Note which order that is.
    Replaced {
        /// Which.
        id: ReturnId,
        /// That.
        by: OrderId,
    },
    /// Note that it cannot be.
    CannotReplace {
        /// Which.
        id: ReturnId,
        /// Why not.
        why: String,
    },
    /// Send somebody to look, if a replacement takes too long.
    Wake,
}

/// Why a return is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReturnRefusal {
    /// Nothing is there to come back.
    #[error(
        "an order that is {0} has nothing to send back; what has not left is called off instead, and a part can come back when all has left"
    )]
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
    /// Money goes back for it.
    #[error("return {0} is for the money: nothing is sent in its place; refund nothing and place an order, or open an exchange")]
    NoExchange(ReturnId),
    /// Nobody has said yet that it may come.
    #[error("return {0} is not agreed to yet: approve it first")]
    NotAgreed(ReturnId),
    /// Something else is sent in its place.
    #[error("something else is sent in the place of return {0} already; place an order for the rest")]
    Replaced(ReturnId),
    /// It is being placed.
    #[error("what is sent in the place of return {0} is being placed; try again in a moment, or cancel that order")]
    BeingReplaced(ReturnId),
    /// There is nobody to send anything to.
    #[error("its customer was forgotten: nobody knows where anything could be sent")]
    Forgotten,
    /// What stays is not given back.
    #[error("the money of an exchange stays; refund nothing, or make it a return for refund")]
    ExchangeRefunds,
    /// What has not been taken cannot be given back, and would be taken afterwards.
    #[error("its money has not been taken yet; try again when it has, or take it in with refund none")]
    MoneyNotTaken,
    /// One commit moves so much.
    #[error("what arrives goes back to more than {HOLD_MAX} places; withdraw this return and open two")]
    TooScattered,
    /// Nobody could look through more.
    #[error("an order has at most {RETURNS_MAX} returns")]
    TooMuch,
}
