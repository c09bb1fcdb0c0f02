//! Messages to customers and teams, and what sends them.

use super::PortResult;
use crate::scope::TenantScope;
use async_trait::async_trait;
use domain::ids::EventId;
use domain::notify::MessageKind;
use jiff::Timestamp;
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
    /// First 16 hex digits of the recipient's hash.
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
    /// The provider said no for good, or we decided not to send.
    Suppressed {
        /// Why.
        reason: String,
    },
    /// The sender died in the act. Not repeated by itself; shown to a person.
    Unknown,
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

/// Posts to a team's chat.
#[async_trait]
pub trait TeamChat: Send + Sync {
    /// Posts text to an incoming-webhook address.
    async fn post(&self, webhook: &secrecy::SecretString, text: &str) -> Result<(), SendError>;
    /// Posts a file with a comment to a channel, as a bot with this token; the chat's id for the file.
    async fn upload(&self, token: &secrecy::SecretString, channel: &str, file: &Attachment, comment: &str) -> Result<String, SendError>;
}
