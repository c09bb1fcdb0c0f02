//! Messages to customers and teams, and what sends them.

use super::PortResult;
use crate::scope::TenantScope;
use crate::tenant::{Account, TeamLine};
use async_trait::async_trait;
use domain::ids::{EventId, OrderId, TenantId};
use domain::notify::{Channel, MessageKind};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// A message to a customer or a team, as the order remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it hangs on: event, channel and recipient, so that it is sent once.
    pub id: MessageId,
    /// When it was first tried.
    pub at: Timestamp,
    /// Who gets it, masked.
    pub to: String,
    /// What it is about.
    #[serde(default)]
    pub kind: MessageKind,
    /// What it says, for the timeline.
    pub text: String,
    /// What became of it.
    pub state: MessageState,
    /// Attempts so far; the fence.
    pub attempts: u32,
}

/// Names a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MessageId {
    /// The event it tells of.
    pub event: EventId,
    /// "email", "slack".
    pub channel: String,
    /// What stands for the recipient, 16 hex digits: the key of their [`Address`].
    pub recipient: String,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum MessageState {
    /// About to be sent. If this is all we know after the lease, nobody knows whether it went out.
    Sending {
        /// The sender is presumed dead after this.
        lease_until: Timestamp,
    },
    /// The provider has it.
    Sent {
        /// Its id for it.
        provider_id: String,
    },
    /// The provider said no, nothing went out; will be tried again.
    Failed {
        /// Why.
        reason: String,
    },
    /// The provider says that it has arrived.
    Delivered {
        /// Its id for it.
        provider_id: String,
    },
    /// Somebody has read it, the provider says.
    Opened {
        /// Its id for it.
        provider_id: String,
    },
    /// It could not be delivered, the provider says.
    Bounced {
        /// Why.
        reason: String,
    },
    /// The provider said no for good: nothing went out this way, and nothing will.
    Refused {
        /// Why.
        reason: String,
    },
    /// We decided not to send.
    Suppressed {
        /// Why.
        reason: String,
    },
    /// The sender died in the act. Not repeated by itself; shown to a person.
    Unknown,
}

impl MessageState {
    /// As far as anybody knows, whoever it is for has it.
    pub const fn is_told(&self) -> bool {
        matches!(self, MessageState::Sent { .. } | MessageState::Delivered { .. } | MessageState::Opened { .. })
    }

    /// On the wire, and for people.
    pub const fn word(&self) -> &'static str {
        match self {
            MessageState::Sending { .. } => "sending",
            MessageState::Sent { .. } => "sent",
            MessageState::Delivered { .. } => "delivered",
            MessageState::Opened { .. } => "opened",
            MessageState::Bounced { .. } => "bounced",
            MessageState::Failed { .. } => "failed",
            MessageState::Refused { .. } => "refused",
            MessageState::Suppressed { .. } => "suppressed",
            MessageState::Unknown => "unknown",
        }
    }

    /// Why it did not get there, if it did not.
    pub fn reason(&self) -> Option<&str> {
        match self {
            MessageState::Failed { reason }
            | MessageState::Refused { reason }
            | MessageState::Suppressed { reason }
            | MessageState::Bounced { reason } => Some(reason),
            _ => None,
        }
    }

    /// Whether a provider can have seen it. Whoever answered that it has failed may have been wrong.
    pub const fn was_handed_over(&self) -> bool {
        !matches!(self, MessageState::Refused { .. } | MessageState::Suppressed { .. })
    }

    /// Whether a receipt may follow: they come twice, and in any order, and what says less says nothing new.
    pub fn may_become(&self, receipt: &MessageState) -> bool {
        let rank = |state: &MessageState| match state {
            MessageState::Sending { .. } | MessageState::Unknown | MessageState::Failed { .. } => 1,
            MessageState::Sent { .. } => 2,
            MessageState::Delivered { .. } => 3,
            MessageState::Bounced { .. } => 4,
            MessageState::Opened { .. } => 5,
            // It was never handed over.
            MessageState::Refused { .. } | MessageState::Suppressed { .. } => 6,
        };
        (2..=5).contains(&rank(receipt)) && rank(self) < rank(receipt)
    }
}

/// What became of claiming a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MessageClaim {
    /// Send it; report with this attempt number.
    Send {
        /// The fence.
        attempt: u32,
    },
    /// It is settled.
    Settled(MessageState),
    /// Somebody else is at it until then.
    Busy {
        /// Until then.
        until: Timestamp,
    },
}

/// The messages of an order.
#[async_trait]
pub trait MessageStore: Send + Sync {
    /// Claims a message before it is sent. Never claimed, or failed: ours. Sending with a live lease: busy.
    /// Sending with a dead lease: it becomes [`MessageState::Unknown`] and is settled.
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim>;
    /// Reports what became of our attempt. False if it is no longer ours.
    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, state: &MessageState) -> PortResult<bool>;
    /// Takes a provider's receipt, if the message has not come further: [`MessageState::may_become`]. The message as it is then;
    /// none if there is no such message, or it was never handed over.
    async fn receipt(&self, scope: &TenantScope, subject: &str, id: &MessageId, state: &MessageState) -> PortResult<Option<Message>>;
}

/// Why a message did not go out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// Nothing went out and trying again makes sense.
    #[error("{0}")]
    NotSent(String),
    /// Nothing went out and never will.
    #[error("{0}")]
    Refused(String),
    /// Nothing went out, and whoever it is for wants nothing more this way.
    #[error("{0}")]
    Unwanted(String),
    /// It may have gone out.
    #[error("{0}")]
    Unknown(String),
}

/// A file that goes along with a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What the recipient sees it called.
    pub name: String,
    /// Such as `application/pdf`.
    pub content_type: &'static str,
    /// The file.
    pub bytes: Arc<Vec<u8>>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Attachment").field("name", &self.name).field("bytes", &self.bytes.len()).finish_non_exhaustive()
    }
}

/// Turns a mail with files into one MIME message (RFC 5322).
pub type Compose = dyn Fn(&Mail) -> Result<Vec<u8>, String> + Send + Sync;

/// An e-mail.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// The shop's sender.
    pub from: String,
    /// The recipient.
    pub to: domain::email::Email,
    /// Subject line; no line breaks.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// When it is sent.
    pub date: Timestamp,
    /// Names it among all mails, so that the same mail made again is the same message.
    pub reference: String,
    /// Files, together at most [`Mail::FILES_BYTES_MAX`].
    pub files: Vec<Attachment>,
    /// What SES is to give back with what becomes of it, if anybody wants to know: whose it is, and which message.
    pub receipts: Option<MailReceipts>,
}

/// Names a mail to whoever gives receipts for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailReceipts {
    /// Whose.
    pub tenant: TenantId,
    /// Which message.
    pub about: String,
}

impl Mail {
    /// In base64 they are a third longer, and a message is at most ten megabytes.
    pub const FILES_BYTES_MAX: usize = 7_000_000;
}

impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail").field("to", &self.to).field("subject", &self.subject).finish_non_exhaustive()
    }
}

/// Sends e-mail.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Sends one; the provider's id for it.
    async fn send(&self, mail: &Mail) -> Result<String, SendError>;
}

/// A short message.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// Who gets it, as the platform calls them.
    pub to: &'a str,
    /// Where a headline is shown beside it.
    pub title: &'a str,
    /// What it says.
    pub text: &'a str,
    /// ISO 639-1.
    pub language: &'a str,
    /// Comes back with receipts, where the platform gives any.
    pub reference: &'a str,
    /// Where receipts are to go, on platforms that are told so with each message.
    pub receipts: Option<&'a str>,
}

/// A short message that a platform has taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// The platform's id for it.
    pub id: String,
    /// How the platform calls them when they write back, if it says so: WhatsApp leaves digits out of some countries' numbers.
    pub known_as: Option<String>,
}

/// Sends short messages.
#[async_trait]
pub trait Texter: Send + Sync {
    /// Sends one from an account.
    async fn text(&self, account: Account<'_>, text: Text<'_>) -> Result<Taken, SendError>;
}

/// Somebody on a channel without their address: [`crate::pseudonym::Pseudonyms`] makes it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// On which.
    pub channel: Channel,
    /// What stands for them, as in the names of messages to them.
    pub key: String,
}

/// What is known of an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reached {
    /// Why nobody is to be written to there, if it is so.
    pub refused: Option<String>,
    /// The order that it was last written to about.
    pub order: Option<OrderId>,
}

/// How long it is known what an address was written to about, after the last time. What was refused is known for good.
pub const ADDRESS_KNOWN_FOR: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What is known of the addresses of a tenant's customers.
#[async_trait]
pub trait AddressStore: Send + Sync {
    /// Reads it.
    async fn reached(&self, scope: &TenantScope, address: &Address, now: Timestamp) -> PortResult<Reached>;
    /// Remembers that it is written to about an order, for [`ADDRESS_KNOWN_FOR`].
    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()>;
    /// Remembers that whoever is written to there answers from another address: who is refused there is refused here.
    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()>;
    /// Nobody is to be written to there any more, or they are again, also where they answer from, since a moment. What was
    /// wished before the last wish that is known changes nothing: wishes come late, and twice.
    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()>;
    /// Forgets that it, and where they answer from, was written to about this order, if that is what is known. Of an address
    /// that has refused nothing, nothing stays.
    async fn forget(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()>;
}

/// Posts to a team's chat.
#[async_trait]
pub trait TeamChat: Send + Sync {
    /// Posts text by a team's line. The reference is the same however often it is posted.
    async fn post(&self, line: TeamLine<'_>, reference: &str, text: &str) -> Result<(), SendError>;
    /// Posts a file with a comment to a channel, as a bot with this token; the chat's id for the file.
    async fn upload(&self, token: &secrecy::SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError>;
}
