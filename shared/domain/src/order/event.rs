//! What happened to an order. Append-only, and free of personal data: names and addresses live on the
//! order's head, where they can be erased without touching the history.

use super::clocks::SlaEvent;
use super::exceptions::ExceptionEvent;
use super::fact::{Fact, Heard, Tracks};
use super::fulfilling::FulfilEvent;
use super::label::Label;
use super::paying::MoneyEvent;
use super::photo::PhotoKind;
use super::placement::{Line, Totals};
use super::returning::ReturnEvent;
use super::review::ReviewEvent;
use super::saga::SagaEvent;
use super::status::{FulfilmentStatus, OrderStatus, PaymentStatus, TrackingStatus};
use super::timers::{Cancelled, Timer, Wake};
use super::watch::Deadline;
use crate::ids::{DecisionId, OrderId, PhotoId, SourceId, TimerId};
use crate::money::Money;
use crate::notify::{Channel, MessageKind};
use crate::shipping::ShippingMethod;
use crate::shipping::fulfilment::Share;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

const fn told() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_told(notify: &bool) -> bool {
    *notify
}

/// Why a status moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Cause {
    /// A person asked for it.
    Asked {
        /// Their reason, if they gave one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A source said so.
    Fact {
        /// Which.
        source: SourceId,
    },
    /// A rule moved it.
    Rule {
        /// The rule's name.
        rule: String,
        /// The evidence, as shown to people.
        reason: String,
        /// 0 to 100.
        confidence: u8,
        /// What the person wrote who asked the rules, if somebody did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
        /// The decision, as the ledger has it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        decision: Option<DecisionId>,
    },
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "type")]
pub enum OrderEvent {
    /// It was placed.
    Placed {
        /// Its number.
        id: OrderId,
        /// Where.
        channel: SourceId,
        /// The channel's own id.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        external_id: Option<String>,
        /// What was ordered.
        lines: Vec<Line>,
        /// What it costs.
        totals: Totals,
        /// Where to.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        country: Option<String>,
        /// Where whoever pays lives.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        billing_country: Option<String>,
        /// How the customer wants to have it, if they chose.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        shipping_method: Option<ShippingMethod>,
        /// How it stood when we first heard of it.
        tracks: Tracks,
        /// When the customer placed it; an import may be years later.
        placed_at: Timestamp,
        /// Whether the customer is to be told (an import of old orders tells nobody).
        notify: bool,
    },
    /// A source said something.
    FactHeard {
        /// What.
        fact: Fact,
        /// Whether it came in time to matter.
        heard: Heard,
        /// Whether the customer is to be told of what follows from it.
        #[serde(default = "told", skip_serializing_if = "is_told")]
        notify: bool,
    },
    /// The order track moved, over declared moves.
    StatusChanged {
        /// From.
        from: OrderStatus,
        /// To.
        to: OrderStatus,
        /// The moves in between that were implied, without both ends.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        via: Vec<OrderStatus>,
        /// Why.
        cause: Cause,
        /// A person or a rule decided: older facts no longer count.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        decided: bool,
        /// Whether the customer is to be told.
        notify: bool,
    },
    /// A manager overruled the transition table.
    StatusCorrected {
        /// From.
        from: OrderStatus,
        /// To.
        to: OrderStatus,
        /// The reason they had to give.
        reason: String,
        /// The rule's decision that is overruled with it, if a rule had moved the order where it was.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        overrules: Option<DecisionId>,
    },
    /// A person took back what a rule had done moments before. The rule leaves the order alone until somebody moves it.
    StatusUndone {
        /// From.
        from: OrderStatus,
        /// To: where it was before the rule moved it.
        to: OrderStatus,
        /// The decision that is overruled with it.
        decision: DecisionId,
        /// Why, if they said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// A late fact changed what must have happened. The new state follows from all facts in their order,
    /// but no declared move leads there from what we believed; somebody should look.
    Reconciled {
        /// What we believed.
        from: OrderStatus,
        /// What follows from all facts.
        to: OrderStatus,
        /// Whose word changed it.
        source: SourceId,
    },
    /// The payment track moved.
    PaymentChanged {
        /// From.
        from: PaymentStatus,
        /// To.
        to: PaymentStatus,
    },
    /// The fulfilment track moved.
    FulfilmentChanged {
        /// From.
        from: FulfilmentStatus,
        /// To.
        to: FulfilmentStatus,
    },
    /// The tracking track moved.
    TrackingChanged {
        /// From.
        from: TrackingStatus,
        /// To.
        to: TrackingStatus,
    },
    /// It is late.
    DelayNoticed {
        /// Since when.
        since: Timestamp,
    },
    /// It is no longer late.
    DelayCleared,
    /// The promised day changed.
    EtaChanged {
        /// From.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<Date>,
        /// To.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<Date>,
    },
    /// Somebody asked that the customer be told where it stands, whatever they were told before.
    NotifyRequested {
        /// The word it had then.
        label: Label,
        /// What of.
        #[serde(default, skip_serializing_if = "MessageKind::is_status")]
        kind: MessageKind,
        /// In words of the shop's own.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// Nobody has asked for it: a message had to wait, and the shop's rules say whether it is sent.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        waited: bool,
        /// A message was lost: by which channels it is not to go again.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        not_by: Vec<Channel>,
        /// A rule wants it, or it was lost: nobody is there to answer for the hour.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_rule: bool,
    },
    /// Something is to happen later; what has the same name no longer is.
    TimerSet {
        /// What, and when.
        timer: Timer,
    },
    /// Its time has come.
    TimerFired {
        /// Which.
        id: TimerId,
    },
    /// It is not to happen any more.
    TimersCancelled {
        /// Which.
        ids: Vec<TimerId>,
        /// Why.
        why: Cancelled,
    },
    /// The customer said how it was.
    Rated {
        /// 1 (bad) to 5 (very good).
        score: u8,
    },
    /// Nothing happened for too long, or something went wrong: a person is to look.
    AttentionRaised {
        /// What for, and since when; nothing that was raised before.
        concerns: Vec<Deadline>,
    },
    /// A message has reached the customer: the first about this order, or one that others waited behind. All of them stand
    /// with the messages.
    CustomerTold {
        /// How: "email".
        channel: String,
    },
    /// A message that had gone out did not reach the customer.
    NotReached {
        /// By which channel it went.
        channel: Channel,
        /// Another message has.
        told: bool,
    },
    /// The customer wrote back.
    Replied {
        /// By which channel.
        channel: Channel,
        /// What; "[erased]" once they are forgotten.
        text: String,
        /// For the first time about this order.
        first: bool,
    },
    /// A picture of it was stored.
    PhotoAdded {
        /// What it shows.
        kind: PhotoKind,
        /// Which; leads nowhere once the customer is forgotten.
        photo: PhotoId,
    },
    /// A person judged what a rule had decided, without changing it.
    DecisionJudged {
        /// Which.
        decision: DecisionId,
        /// They would have done the same.
        agrees: bool,
        /// What they wrote.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Something happened on its way from a cart to a parcel.
    Saga {
        /// What.
        event: SagaEvent,
    },
    /// Something happened to what of it is sent together.
    Fulfilment {
        /// What.
        event: FulfilEvent,
    },
    /// A part of it is not sent any more.
    LinesCancelled {
        /// How many of which lines.
        lines: Vec<Share>,
        /// What it costs less for that.
        less: Money,
        /// Why, if they said so; "[erased]" once the customer is forgotten.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        note: Option<String>,
    },
    /// Something of it comes back, or is to.
    Return {
        /// What.
        event: ReturnEvent,
    },
    /// Something happened to its money.
    Money {
        /// What.
        event: MoneyEvent,
    },
    /// Something happened to what a person has to decide about it.
    Review {
        /// What.
        event: ReviewEvent,
    },
    /// Something happened to its clocks.
    Sla {
        /// What.
        event: SlaEvent,
    },
    /// Something is wrong with it, or was done about that.
    Exceptions {
        /// What, one after another.
        changes: Vec<ExceptionEvent>,
    },
    /// The customer's data was erased at their request.
    ContactErased,
}

impl OrderEvent {
    /// A note of our own that changes nothing of the order.
    pub const fn is_aside(&self) -> bool {
        if let Self::Fulfilment { event } = self {
            return event.is_aside();
        }
        matches!(
            self,
            Self::AttentionRaised { .. }
                | Self::CustomerTold { .. }
                | Self::NotReached { .. }
                | Self::Replied { .. }
                | Self::PhotoAdded { .. }
                | Self::DecisionJudged { .. }
                | Self::TimerSet { .. }
                | Self::TimerFired { .. }
                | Self::TimersCancelled { .. }
                | Self::Saga { .. }
                | Self::Money { .. }
                | Self::Review { .. }
                | Self::Sla { .. }
                | Self::Exceptions { .. }
        )
    }

    /// It moves the order track.
    pub const fn moves(&self) -> bool {
        matches!(self, Self::StatusChanged { .. } | Self::StatusCorrected { .. } | Self::StatusUndone { .. } | Self::Reconciled { .. })
    }

    /// By it the order comes to a status, or through it.
    pub fn enters(&self, status: OrderStatus) -> bool {
        match self {
            Self::StatusChanged { to, via, .. } => *to == status || via.contains(&status),
            Self::StatusCorrected { to, .. } | Self::StatusUndone { to, .. } | Self::Reconciled { to, .. } => *to == status,
            _ => false,
        }
    }

    /// The decision of a rule that it judges.
    pub const fn judges(&self) -> Option<&DecisionId> {
        match self {
            Self::StatusUndone { decision, .. } | Self::DecisionJudged { decision, .. } => Some(decision),
            Self::StatusCorrected { overrules, .. } => overrules.as_ref(),
            _ => None,
        }
    }

    /// The event's short name, as in `order.status_changed.v1`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Placed { .. } => "placed",
            Self::FactHeard { .. } => "fact_heard",
            Self::StatusChanged { .. } => "status_changed",
            Self::StatusCorrected { .. } => "status_corrected",
            Self::StatusUndone { .. } => "status_undone",
            Self::DecisionJudged { .. } => "decision_judged",
            Self::Reconciled { .. } => "reconciled",
            Self::PaymentChanged { .. } => "payment_changed",
            Self::FulfilmentChanged { .. } => "fulfilment_changed",
            Self::TrackingChanged { .. } => "tracking_changed",
            Self::DelayNoticed { .. } => "delayed",
            Self::DelayCleared => "delay_cleared",
            Self::EtaChanged { .. } => "eta_changed",
            Self::NotifyRequested { .. } => "notify_requested",
            Self::TimerSet { .. } => "timer_set",
            Self::TimerFired { .. } => "timer_fired",
            Self::TimersCancelled { .. } => "timers_cancelled",
            Self::Rated { .. } => "rated",
            Self::AttentionRaised { .. } => "attention_raised",
            Self::CustomerTold { .. } => "customer_told",
            Self::NotReached { .. } => "customer_not_reached",
            Self::Replied { .. } => "customer_replied",
            Self::PhotoAdded { .. } => "photo_added",
            Self::Saga { event } => event.name(),
            Self::Fulfilment { event } => event.name(),
            Self::LinesCancelled { .. } => "lines_cancelled",
            Self::Return { event } => event.name(),
            Self::Money { event } => event.name(),
            Self::Review { event } => event.name(),
            Self::Sla { .. } => "sla_clocked",
            Self::Exceptions { .. } => "exceptions_changed",
            Self::ContactErased => "contact_erased",
        }
    }
}

impl OrderEvent {
    /// The event as a timeline shows it.
    pub fn in_words(&self) -> String {
        match self {
            Self::Placed { channel, .. } => format!("Placed by {channel}"),
            Self::FactHeard { fact, heard, .. } => {
                let late = match heard {
                    Heard::InOrder => "",
                    Heard::Late => ", after something newer",
                    Heard::Superseded => ", too old to change anything",
                };
                format!("{} reported news{late}", fact.source)
            }
            Self::StatusChanged { from, to, via, cause, .. } => {
                let passing = if via.is_empty() { String::new() } else { format!(" (by way of {})", list(via)) };
                let why = match cause {
                    Cause::Asked { note: Some(note) } => format!(": {note}"),
                    Cause::Asked { note: None } => String::new(),
                    Cause::Fact { source } => format!(", says {source}"),
                    Cause::Rule { reason, note: Some(note), .. } => format!(", by rule: {reason} (asked: {note})"),
                    Cause::Rule { reason, note: None, .. } => format!(", by rule: {reason}"),
                };
                format!("{from} to {to}{passing}{why}")
            }
            Self::StatusCorrected { from, to, reason, .. } => format!("Corrected from {from} to {to}: {reason}"),
            Self::StatusUndone { from, to, note, .. } => {
                let why = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                format!("{from} back to {to}, undoing what a rule had done{why}")
            }
            Self::DecisionJudged { agrees, note, .. } => {
                let why = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                format!("{} with the rule that moved it{why}", if *agrees { "Agreed" } else { "Disagreed" })
            }
            Self::Reconciled { from, to, source } => {
                format!("{from} turned out to be {to} after a late word from {source}; please check")
            }
            Self::PaymentChanged { from, to } => format!("Payment {from} to {to}"),
            Self::FulfilmentChanged { from, to } => format!("Warehouse {from} to {to}"),
            Self::TrackingChanged { from, to } => format!("Parcel {from} to {to}"),
            Self::DelayNoticed { .. } => "Known to be late".to_owned(),
            Self::DelayCleared => "No longer late".to_owned(),
            Self::EtaChanged { from: Some(from), to: Some(to) } => format!("Promised day moved from {from} to {to}"),
            Self::EtaChanged { to: Some(to), .. } => format!("Promised for {to}"),
            Self::EtaChanged { .. } => "Promised day withdrawn".to_owned(),
            Self::NotifyRequested { label, kind, text, .. } => match (kind, text) {
                (MessageKind::Status, _) => format!("Customer to be told: {}", label.text()),
                (kind, None) => format!("Customer to be told: {}", kind.text()),
                (kind, Some(text)) => format!("Customer to be told ({}): {text}", kind.text()),
            },
            Self::TimerSet { timer } => match &timer.wake {
                Wake::Tell { .. } => format!("Customer to be told at {:.0}", timer.at),
                Wake::FollowUp { text: None } => format!("Customer to be asked how it was at {:.0}", timer.at),
                Wake::FollowUp { text: Some(text) } => format!("Follow-up at {:.0}: {text}", timer.at),
            },
            Self::TimerFired { .. } => "The time for it has come".to_owned(),
            Self::TimersCancelled { why, .. } => format!("Nothing is sent later: {}", why.text()),
            Self::Rated { score } => format!("Customer rated it {score} of 5"),
            Self::AttentionRaised { concerns } => {
                let names: Vec<&str> = concerns.iter().map(|held| held.concern.text()).collect();
                format!("Needs a person: {}", names.join(", "))
            }
            Self::CustomerTold { channel } => format!("Customer told by {channel}"),
            Self::NotReached { channel, .. } => format!("A message by {} did not reach the customer", channel.title()),
            Self::Replied { channel, text, .. } => format!("Customer wrote by {}: {text}", channel.title()),
            Self::PhotoAdded { kind, .. } => format!("Photo of {kind}"),
            Self::Saga { event } => event.in_words(),
            Self::Fulfilment { event } => event.in_words(),
            Self::LinesCancelled { lines, less, note } => {
                let what: Vec<String> = lines.iter().map(|one| format!("{} of line {}", one.quantity, one.line + 1)).collect();
                let why = note.as_ref().map(|note| format!(": {note}")).unwrap_or_default();
                format!("Called off: {} ({} {} less){why}", what.join(", "), less.decimal(), less.currency)
            }
            Self::Return { event } => event.in_words(),
            Self::Money { event } => event.in_words(),
            Self::Review { event } => event.in_words(),
            Self::Sla { event } => event.in_words(),
            Self::Exceptions { changes } => changes.iter().map(ExceptionEvent::in_words).collect::<Vec<_>>().join("; "),
            Self::ContactErased => "Customer's data erased".to_owned(),
        }
    }
}

fn list(statuses: &[OrderStatus]) -> String {
    statuses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
