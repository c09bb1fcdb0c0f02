//! One thing that was asked of a provider, and what became of it.
//!
//! News of an operation comes twice, late and out of order: by the provider's answer, by its webhook and by asking
//! again. Taking it in is therefore a join: of two states the further one holds, of two that are equally far the one
//! that a fixed rule prefers. Whatever the order, the result is the same.

use super::key::PaymentKey;
use super::provider::Provider;
use crate::ids::ProviderReference;
use crate::money::Money;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is asked. What hangs on another operation says on which, by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// To promise the amount.
    Authorize,
    /// To take a promised amount.
    Capture {
        /// The authorization.
        of: u32,
    },
    /// To give a promise back.
    Void {
        /// The authorization.
        of: u32,
    },
    /// To give back what was taken.
    Refund {
        /// The capture.
        of: u32,
    },
}

impl Kind {
    /// Every kind's word.
    pub const WORDS: [&'static str; 4] = ["authorize", "capture", "void", "refund"];

    /// In keys and for people.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Authorize => Kind::WORDS[0],
            Kind::Capture { .. } => Kind::WORDS[1],
            Kind::Void { .. } => Kind::WORDS[2],
            Kind::Refund { .. } => Kind::WORDS[3],
        }
    }
}

/// Who wants an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The customer, who may try another card at once.
    Customer,
    /// The clock, after a decline that may pass.
    Clock,
    /// The shop, by its people or its own steps.
    Shop,
}

/// Where an operation stands, by how much is known.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum State {
    /// Written down; the provider is being asked. It may have happened.
    Sent,
    /// No answer came. It may have happened; the provider has to be asked.
    Unknown,
    /// The customer has to confirm it (3-D Secure, a PayPal login).
    RequiresAction,
    /// The provider is at it.
    Pending,
    /// It was called off, or never reached the provider.
    Cancelled,
    /// The provider or the bank said no.
    Declined {
        /// The provider's word for why.
        code: String,
        /// Another try later may succeed.
        soft: bool,
    },
    /// It happened.
    Ok {
        /// For how much, by the provider's word.
        amount: Money,
    },
}

impl State {
    /// How much is known. Later news of less is no news.
    pub(super) const fn rank(&self) -> u8 {
        match self {
            State::Sent => 0,
            State::Unknown => 1,
            State::RequiresAction => 2,
            State::Pending => 3,
            State::Cancelled => 4,
            State::Declined { .. } => 5,
            // Above a decline: a provider that says both has the money.
            State::Ok { .. } => 6,
        }
    }

    /// Nobody can say yet whether it will have happened.
    pub const fn is_open(&self) -> bool {
        self.rank() <= 3
    }

    /// For people and for counting.
    pub const fn word(&self) -> &'static str {
        match self {
            State::Sent => "sent",
            State::Unknown => "unknown",
            State::RequiresAction => "requires_action",
            State::Pending => "pending",
            State::Cancelled => "cancelled",
            State::Declined { .. } => "declined",
            State::Ok { .. } => "ok",
        }
    }
}

/// News of an operation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "outcome")]
pub enum Outcome {
    /// No answer came.
    Unknown,
    /// The customer has to confirm it.
    RequiresAction {
        /// The provider's name for it, if it has one yet.
        reference: Option<ProviderReference>,
    },
    /// The provider is at it.
    Pending {
        /// Its name for it.
        reference: Option<ProviderReference>,
    },
    /// It was called off, or never reached the provider.
    Cancelled,
    /// It was declined.
    Declined {
        /// The provider's word for why. Longer ones are cut.
        code: String,
        /// Another try later may succeed.
        soft: bool,
        /// The provider's name for it, if it has one.
        reference: Option<ProviderReference>,
    },
    /// It happened.
    Ok {
        /// The provider's name for it.
        reference: ProviderReference,
        /// For how much.
        amount: Money,
        /// Until when the promise holds, if the provider says so.
        expires_at: Option<Timestamp>,
    },
    /// A promise ended by itself or by somebody at the provider's.
    Released(Release),
}

impl Outcome {
    /// The provider's name for what it is about, if it says one.
    pub const fn reference(&self) -> Option<&ProviderReference> {
        match self {
            Outcome::RequiresAction { reference } | Outcome::Pending { reference } | Outcome::Declined { reference, .. } => {
                reference.as_ref()
            }
            Outcome::Ok { reference, .. } => Some(reference),
            Outcome::Unknown | Outcome::Cancelled | Outcome::Released(_) => None,
        }
    }
}

/// How a promise ended without an operation of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Release {
    /// Given back.
    Voided,
    /// Run out.
    Expired,
}

/// That a promise ended, and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// How.
    pub how: Release,
}

/// What news changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// Something of the operation.
    Changed,
    /// Nothing: it was known, or says less than is known.
    Unchanged,
}

/// The provider's name for an operation, and how far the news that brought it was: PayPal's order becomes an authorization.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Named {
    rank: u8,
    reference: ProviderReference,
}

/// Longest code of a decline that is kept, in characters.
const CODE_CHARS_MAX: usize = 80;

/// One operation of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operation {
    /// Its number in the ledger, from 1.
    pub n: u32,
    /// What is asked.
    pub kind: Kind,
    /// Of whom.
    pub provider: Provider,
    /// For how much.
    pub amount: Money,
    /// Our name for it, which is the idempotency key.
    pub key: PaymentKey,
    /// Who wanted it.
    pub by: By,
    /// When it was written down.
    pub began_at: Timestamp,
    /// Where it stands.
    pub state: State,
    /// Since when it stands there, by the earliest news of it.
    pub since: Timestamp,
    /// Until when a promise holds, if the provider has said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// Set if a promise ended without an operation of ours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released: Option<Released>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) named: Option<Named>,
}

impl Operation {
    /// The provider's name for it, once it has one.
    pub fn reference(&self) -> Option<&ProviderReference> {
        self.named.as_ref().map(|named| &named.reference)
    }

    /// The amount that it moved or promised, by the provider's word; nothing unless it happened.
    pub fn done_minor(&self) -> i64 {
        match &self.state {
            State::Ok { amount } => amount.minor,
            _ => 0,
        }
    }

    /// The amount that has to be counted on: what happened, or what may still.
    pub(super) fn counted_minor(&self) -> i64 {
        if self.state.is_open() { self.amount.minor } else { self.done_minor() }
    }

    /// Takes news in.
    pub(super) fn hear(&mut self, outcome: &Outcome, at: Timestamp) -> Settled {
        let before = self.clone();
        match outcome {
            Outcome::Unknown => self.join(State::Unknown, None, at),
            Outcome::RequiresAction { reference } => self.join(State::RequiresAction, reference.as_ref(), at),
            Outcome::Pending { reference } => self.join(State::Pending, reference.as_ref(), at),
            Outcome::Cancelled => self.join(State::Cancelled, None, at),
            Outcome::Declined { code, soft, reference } => {
                let code = code.chars().take(CODE_CHARS_MAX).collect();
                self.join(State::Declined { code, soft: *soft }, reference.as_ref(), at);
            }
            Outcome::Ok { reference, amount, expires_at } => {
                self.join(State::Ok { amount: *amount }, Some(reference), at);
                self.expires_at = earliest(self.expires_at, *expires_at);
            }
            Outcome::Released(how) => self.released = earliest(self.released, Some(Released { at, how: *how })),
        }
        if *self == before { Settled::Unchanged } else { Settled::Changed }
    }

    fn join(&mut self, state: State, reference: Option<&ProviderReference>, at: Timestamp) {
        let rank = state.rank();
        let named = reference.map(|reference| Named { rank, reference: reference.clone() });
        self.named = self.named.take().max(named);
        if rank > self.state.rank() {
            (self.state, self.since) = (state, at);
            return;
        }
        if rank < self.state.rank() {
            return;
        }
        match (&mut self.state, state) {
            // Of two amounts the larger is believed to be gone; that they differ is shown.
            (State::Ok { amount }, State::Ok { amount: other }) => {
                amount.minor = amount.minor.max(other.minor);
                self.since = self.since.min(at);
            }
            (State::Declined { code, soft }, State::Declined { code: other, soft: other_soft }) => {
                if (at, &other, other_soft) < (self.since, &*code, *soft) {
                    (*code, *soft, self.since) = (other, other_soft, at);
                }
            }
            _ => self.since = self.since.min(at),
        }
    }
}

fn earliest<T: Ord>(one: Option<T>, other: Option<T>) -> Option<T> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}

/// What happened to the money that we did not ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutsideKind {
    /// Somebody gave it back at the provider's own pages.
    Refund,
    /// The cardholder contests it.
    Dispute(DisputeState),
}

impl OutsideKind {
    /// On the wire and for people.
    pub const fn word(self) -> &'static str {
        match self {
            OutsideKind::Refund => "refund",
            OutsideKind::Dispute(DisputeState::Opened) => "dispute",
            OutsideKind::Dispute(DisputeState::Won) => "dispute won",
            OutsideKind::Dispute(DisputeState::Lost) => "dispute lost",
        }
    }
}

/// Where a dispute stands. What is lost stays lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DisputeState {
    /// The money is held.
    Opened,
    /// The shop keeps it.
    Won,
    /// The cardholder has it back.
    Lost,
}

/// A refund or a dispute that began at the provider's.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Outside {
    /// Whose word it is.
    pub provider: Provider,
    /// The provider's name for it.
    pub reference: ProviderReference,
    /// The capture that it is about, by its number.
    pub of: u32,
    /// What happened.
    pub kind: OutsideKind,
    /// To how much.
    pub amount: Money,
    /// Since when, by the earliest news of it.
    pub at: Timestamp,
}
