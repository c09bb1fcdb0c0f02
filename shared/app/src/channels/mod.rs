//! What comes back by a shop's lines to its customers: receipts for messages, and what customers write.
//!
//! At the door ([`Listen`]) it is proved who speaks, and each receipt and reply is stored by itself; behind the queue
//! ([`Heard`]) it becomes part of its message or its order.

mod heard;
mod meta;
mod ses;
mod telegram;
mod twilio;

pub use heard::{Heard, HeardAs};

use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Allowance, Clock, InboxEntry, InboxKey, InboxState, InboxStore, Limit, Queue, RateBuckets, Received, TenantStore};
use crate::pseudonym::Pseudonyms;
use crate::scope::TenantScope;
use crate::signature::Headers;
use crate::tenant::{Account, Lines, Secret};
use contracts::queue::HookReceived;
use domain::ids::{CorrelationId, TenantId};
use domain::notify::{Channel, wish};
use futures::{StreamExt, TryStreamExt, stream};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Receipts and replies taken from one request. Meta sends at most 1,000; of more nothing is promised.
const ITEMS_MAX: usize = 2_000;
/// Of them, stored at once.
const STORED_AT_ONCE: usize = 32;
/// Largest request of a platform's, in bytes.
pub const BODY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// What one address may write. More is nobody's question about an order, and would make its history endless.
const REPLIES: Limit = Limit { count: 50, window: SignedDuration::from_hours(24) };
/// Longest reference that a message is sent with: order, event and recipient.
const REFERENCE_BYTES_MAX: usize = 300;
/// Longest text of a reply that is kept, in characters.
const TEXT_CHARS_MAX: usize = 1_000;

/// What a platform reports.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Incoming {
    /// What became of a message.
    Receipt {
        /// The reference it was sent with.
        about: String,
        /// What.
        state: ReceiptState,
        /// The platform's id for the message.
        provider_id: String,
        /// Why it was not delivered.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A customer writes.
    Reply {
        /// Who, as the platform calls them.
        from: String,
        /// What.
        text: String,
        /// The platform's id for it.
        id: String,
    },
}

/// What became of a message, as far as anybody needs to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptState {
    /// It has arrived.
    Delivered,
    /// It was read.
    Opened,
    /// It could not be delivered.
    Bounced,
}

/// A request as it came in.
#[derive(Debug, Clone, Copy)]
pub struct Knock<'a> {
    /// Path and query, as they were called.
    pub path: &'a str,
    /// Headers.
    pub headers: &'a Headers,
    /// The raw body.
    pub body: &'a [u8],
}

impl Knock<'_> {
    fn query(&self, name: &str) -> Option<String> {
        field(self.path.split_once('?')?.1, name)
    }
}

/// A field of a query.
fn field(query: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes()).find(|field| field.0 == name).map(|field| field.1.into_owned())
}

/// The door.
#[derive(Clone)]
pub struct Listen {
    /// Lines and their secrets.
    pub tenants: Arc<dyn TenantStore>,
    /// Where what comes in is kept.
    pub inbox: Arc<dyn InboxStore>,
    /// Who does the work.
    pub queue: Arc<dyn Queue>,
    /// How much one of them may write.
    pub buckets: Arc<dyn RateBuckets>,
    /// What stands for addresses.
    pub pseudonyms: Pseudonyms,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The address by which platforms know us; some sign it.
    pub base: String,
}

/// The name under which a line's receipts and replies stand in the inbox. No endpoint of a shop's has such a name.
pub fn endpoint_of(channel: Channel) -> String {
    format!("@{}", channel.name())
}

/// The channel whose receipts and replies stand under a name.
pub fn channel_of(endpoint: &str) -> Option<Channel> {
    Channel::of_customer(endpoint.strip_prefix('@')?)
}

impl Listen {
    /// Takes in what a platform reports; how many things that were.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown line and a bad signature alike, `Invalid` for a body that is not the platform's,
    /// `Retryable`: nothing was promised, send it again.
    pub async fn run(&self, tenant: &str, channel: &str, knock: Knock<'_>, correlation: &CorrelationId) -> Result<usize> {
        let (scope, lines, channel) = self.line(tenant, channel).await?;
        let account = lines.account(channel).ok_or(Error::Unauthenticated)?;
        if !self.is_genuine(account, &knock) {
            return Err(Error::Unauthenticated);
        }
        let incoming = match account {
            Account::Sms(_) => twilio::read(knock.body, knock.query("about").as_deref()),
            Account::Whatsapp(number) => meta::whatsapp(knock.body, &number.phone_number_id)?,
            Account::Instagram(page) => meta::messenger(knock.body, "instagram", page.account_id.as_deref())?,
            Account::Facebook(page) => meta::messenger(knock.body, "page", Some(&page.page_id))?,
            Account::Telegram(_) => telegram::read(knock.body)?,
            // Nobody writes back by a push.
            Account::Push(_) => Vec::new(),
        };
        let count = incoming.len();
        if count > ITEMS_MAX {
            return Err(Error::Retryable(format!("{count} receipts and replies at once; at most {ITEMS_MAX} are taken")));
        }
        let keep = |incoming: Incoming| {
            let scope = &scope;
            async move { self.keep(scope, channel, &incoming, correlation).await }
        };
        stream::iter(incoming).map(keep).buffer_unordered(STORED_AT_ONCE).try_collect::<()>().await?;
        Ok(count)
    }

    /// Answers Meta's question whether this is the address of whoever knows the token: with its challenge.
    ///
    /// # Errors
    /// `Unauthenticated`.
    pub async fn confirm(&self, tenant: &str, channel: &str, query: &str) -> Result<String> {
        let of = |name: &str| field(query, name).unwrap_or_default();
        let (mode, token, challenge) = (of("hub.mode"), of("hub.verify_token"), of("hub.challenge"));
        let (_, lines, channel) = self.line(tenant, channel).await?;
        let known = match lines.account(channel) {
            Some(Account::Whatsapp(number)) => number.verify_token.as_ref(),
            Some(Account::Instagram(page) | Account::Facebook(page)) => page.verify_token.as_ref(),
            _ => None,
        };
        let plain = !challenge.is_empty()
            && challenge.len() <= 200
            && challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if mode != "subscribe" || !plain || known.is_none_or(|known| *known != Secret::new(token)) {
            return Err(Error::Unauthenticated);
        }
        Ok(challenge)
    }

    async fn line(&self, tenant: &str, channel: &str) -> Result<(TenantScope, Lines, Channel)> {
        let tenant = TenantId::parse(tenant).map_err(|_| Error::Unauthenticated)?;
        let channel = Channel::of_customer(channel).ok_or(Error::Unauthenticated)?;
        let config = self.tenants.config(&tenant).await?.ok_or(Error::Unauthenticated)?;
        // The signature proves that the tenant's own line speaks; nothing is done before it is checked.
        Ok((TenantScope::of_own_message(&tenant), config.notify.lines, channel))
    }

    fn is_genuine(&self, account: Account<'_>, knock: &Knock<'_>) -> bool {
        match account {
            Account::Sms(account) => {
                let url = format!("{}{}", self.base.trim_end_matches('/'), knock.path);
                let tokens = std::iter::once(&account.auth_token).chain(&account.old_auth_token);
                tokens.into_iter().any(|token| twilio::is_signed(token, &url, knock.headers, knock.body))
            }
            Account::Whatsapp(number) => meta::is_signed(&[&number.app_secret, &number.old_app_secret], knock.headers, knock.body),
            Account::Instagram(page) | Account::Facebook(page) => {
                meta::is_signed(&[&page.app_secret, &page.old_app_secret], knock.headers, knock.body)
            }
            Account::Telegram(bot) => {
                let given = knock.headers.one("x-telegram-bot-api-secret-token");
                let secrets = bot.webhook_secret.iter().chain(&bot.old_webhook_secret);
                given.is_some_and(|given| secrets.into_iter().any(|secret| *secret == Secret::new(given)))
            }
            Account::Push(_) => false,
        }
    }

    /// A wish for no more messages is never one too many to be kept to.
    async fn is_too_much(&self, scope: &TenantScope, channel: Channel, from: &str, text: &str) -> Result<bool> {
        if wish(channel, text).is_some() {
            return Ok(false);
        }
        let bucket = format!("writes:{}:{}", channel.name(), self.pseudonyms.address(scope.tenant(), channel, from).key);
        Ok(matches!(self.buckets.take(scope, &bucket, 1, REPLIES, self.clock.now()).await?, Allowance::Denied { .. }))
    }

    async fn keep(&self, scope: &TenantScope, channel: Channel, incoming: &Incoming, correlation: &CorrelationId) -> Result<()> {
        let body = json::text(incoming)?;
        let body_hash = hex::encode(Sha256::digest(&body));
        // The platform's id stands in the body: the same report is the same entry, however often it comes.
        let key = InboxKey { endpoint: endpoint_of(channel), id: body_hash.clone() };
        let entry = InboxEntry { key: key.clone(), body_hash, body, received_at: self.clock.now(), state: InboxState::Received };
        match self.inbox.receive(scope, &entry).await? {
            Received::Again(InboxState::Done | InboxState::Parked { .. }) => return Ok(()),
            // Counted once, however often the platform repeats it.
            Received::New => {
                if let Incoming::Reply { from, text, .. } = incoming
                    && self.is_too_much(scope, channel, from, text).await?
                {
                    tracing::warn!(trace_id = %correlation, channel = channel.name(), "a customer writes too much; a message is not kept");
                    self.inbox.forget_bodies(scope, std::slice::from_ref(&key)).await?;
                    self.inbox.settle(scope, &key, &InboxState::Done, &[], self.clock.now()).await?;
                    return Ok(());
                }
            }
            Received::Again(InboxState::Received) | Received::Different => {}
        }
        let message = HookReceived::stored(scope.tenant(), &key.endpoint, &key.id, correlation);
        json::send(&*self.queue, &message).await
    }
}

/// A text as it is kept.
fn kept(text: &str) -> String {
    text.chars().take(TEXT_CHARS_MAX).collect()
}

/// A reference of ours that comes back; none if it is longer than any.
fn reference(text: &str) -> Option<String> {
    (text.len() <= REFERENCE_BYTES_MAX).then(|| text.to_owned())
}

/// A short word of a platform's, for people.
fn brief(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(120).collect()
}
