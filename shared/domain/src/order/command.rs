//! What can be asked of an order, and by whom.

use super::event::Cause;
use super::exceptions::ExceptionCommand;
use super::fact::Fact;
use super::fulfilling::FulfilCommand;
use super::paying::MoneyCommand;
use super::photo::PhotoKind;
use super::placement::Placement;
use super::returning::ReturnCommand;
use super::review::ReviewCommand;
use super::saga::SagaCommand;
use super::status::OrderStatus;
use super::timers::{Cancelled, Timer};
use super::watch::WatchRules;
use crate::ids::{DecisionId, PhotoId, SourceId, TimerId};
use crate::notify::{Channel, MessageKind};
use crate::shipping::fulfilment::Share;
use crate::sla::SlaRules;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What somebody may do. Ordered from the least to the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees their own orders.
    Customer,
    /// Sees everything, changes nothing.
    Readonly,
    /// A machine with an API key; its scopes say what it may do.
    Service,
    /// Runs orders.
    Operator,
    /// Runs orders and overrules the transition table.
    Manager,
    /// Also manages settings and keys.
    Admin,
    /// Everything.
    Owner,
}

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Actor {
    /// A signed-in person or an API key, by its id (never a name or an address).
    Principal {
        /// Subject of the token, or id of the key.
        id: String,
        /// With this role.
        role: Role,
    },
    /// A message from outside.
    Source {
        /// Which endpoint.
        source: SourceId,
    },
    /// A rule of ours.
    Rule {
        /// Its name.
        name: String,
    },
}

impl Actor {
    /// The actor as a timeline shows it.
    pub fn in_words(&self) -> String {
        match self {
            Actor::Principal { id, .. } => id.clone(),
            Actor::Source { source } => format!("webhook {source}"),
            Actor::Rule { name } => format!("rule {name}"),
        }
    }

    /// No person was involved.
    pub fn is_automatic(&self) -> bool {
        !matches!(self, Actor::Principal { role, .. } if *role != Role::Service)
    }
}

/// Move the order track one declared step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeStatus {
    /// Where to.
    pub to: OrderStatus,
    /// Steps in between may be implied (the one-status vocabulary's "fulfilled" of a shipped order).
    pub implied_steps: bool,
    /// Who asks for it and why.
    pub cause: Cause,
    /// Whether the customer is to be told.
    pub notify: bool,
}

/// Overrule the transition table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorrectStatus {
    /// Where to.
    pub to: OrderStatus,
    /// Why; required.
    pub reason: String,
    /// By whom; a manager or above.
    pub role: Role,
}

/// Everything that can be asked of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Place it.
    Place(Box<Placement>),
    /// Hear a fact.
    Hear {
        /// The fact.
        fact: Fact,
        /// Whether the customer is to be told of what follows from it.
        notify: bool,
    },
    /// Move it.
    Change(ChangeStatus),
    /// Correct it.
    Correct(CorrectStatus),
    /// Take back what a rule has just done.
    Undo {
        /// Why, if they say so.
        note: Option<String>,
    },
    /// Say whether a rule was right.
    Judge {
        /// To which decision.
        decision: DecisionId,
        /// They would have done the same.
        agrees: bool,
        /// What they write.
        note: Option<String>,
    },
    /// Tell the customer where it stands now.
    Notify {
        /// The ways to customers that the shop has open; none: it sends no messages at all.
        by: Vec<Channel>,
        /// What of.
        kind: MessageKind,
        /// In words of the shop's own, where they are what is to be said.
        text: Option<String>,
    },
    /// Have something happen later.
    Set {
        /// What, and when.
        timer: Timer,
    },
    /// Have it not happen.
    Cancel {
        /// Which.
        timer: TimerId,
        /// Why.
        why: Cancelled,
    },
    /// Do what is to happen, if its time has come.
    Wake {
        /// Which.
        timer: TimerId,
    },
    /// The customer says how it was: 1 to 5.
    Rate {
        /// That.
        score: u8,
    },
    /// The customer writes back.
    Reply {
        /// By which channel.
        channel: Channel,
        /// What.
        text: String,
    },
    /// A picture of it has been stored.
    AddPhoto {
        /// What it shows.
        kind: PhotoKind,
        /// Which.
        photo: PhotoId,
    },
    /// Have a person look, if it needs one.
    Raise {
        /// By the shop's rules.
        rules: WatchRules,
        /// Where days end.
        zone: TimeZone,
    },
    /// Look what time has done to its clocks.
    Tick {
        /// By the shop's rules.
        rules: Box<SlaRules>,
        /// Where days begin and end.
        zone: TimeZone,
        /// Orders that were placed in the hours that matter.
        placed: BTreeMap<Timestamp, u64>,
    },
    /// A message has reached the customer.
    Told {
        /// How.
        channel: String,
    },
    /// A message that had gone out did not reach the customer.
    Lost {
        /// By which channel it went.
        channel: Channel,
        /// What of.
        kind: MessageKind,
        /// Channels that have lost messages about it, this one among them.
        not_by: Vec<Channel>,
        /// Another way is open: say it again, by that.
        again: bool,
        /// Another message has reached them.
        told: bool,
    },
    /// Take it on its way.
    Saga(SagaCommand),
    /// See to what of it is sent together.
    Fulfil(FulfilCommand),
    /// Call off a part of it.
    CancelLines {
        /// How many of which lines.
        lines: Vec<Share>,
        /// Why, if they say so.
        note: Option<String>,
        /// Whether the customer is told.
        notify: bool,
    },
    /// See to what of it comes back.
    Return(ReturnCommand),
    /// See to its money.
    Money(MoneyCommand),
    /// Have a person decide, or decide.
    Review(ReviewCommand),
    /// See to what is wrong with it.
    Exception(ExceptionCommand),
    /// Forget who ordered it.
    EraseContact,
}
