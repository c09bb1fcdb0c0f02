//! What the use cases need from the world. One trait per thing; no default methods, so that a missing
//! ability does not compile. Every store call takes a [`TenantScope`].

use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{EventId, OrderId, SourceId, TenantId};
use domain::order::{Label, Order, OrderStatus, Recorded};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A dependency's answer when it did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PortError {
    /// Throttled, timed out, unreachable: the same call may work later.
    #[error("{0}")]
    Retryable(String),
    /// Refused for good: a bug, a missing right, a bad address.
    #[error("{0}")]
    Fatal(String),
}

impl From<PortError> for crate::Error {
    fn from(error: PortError) -> Self {
        match error {
            PortError::Retryable(why) => crate::Error::Retryable(why),
            PortError::Fatal(why) => crate::Error::Fatal(why),
        }
    }
}

/// What ports return.
pub type PortResult<T> = Result<T, PortError>;

/// The time.
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// Fresh names and secrets.
pub trait Random: Send + Sync {
    /// 64 random bits from a cryptographic source.
    fn u64(&self) -> u64;
    /// 32 random bytes from a cryptographic source.
    fn secret(&self) -> [u8; 32];
}

// ---------------------------------------------------------------------------------------------- orders

/// The orders of a tenant.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// An order by number.
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>>;
    /// An order's number by the channel's own id. Strongly consistent.
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>>;
    /// An order with its newest `limit` commits (oldest first) and its messages: one query.
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>>;
    /// All of it or nothing: head (guarded by version), history, reference, outbox row, once-record.
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError>;
    /// Replaces what people wrote or were sent about an order (notes in its history, texts and recipients of
    /// its messages) by `[erased]`. Safe to repeat.
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()>;
    /// Summaries, newest first.
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page>;
}

/// One step of an order: everything that becomes true together.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// The order after it. Its version is `before_version + 1`.
    pub order: &'a Order,
    /// The version it must have now; 0 = it must not exist.
    pub before_version: u64,
    /// The history entry.
    pub recorded: &'a Recorded,
    /// What to publish; one outbox row. May be empty.
    pub publish: &'a [Envelope],
    /// A once-record that becomes done with it.
    pub once: Option<OnceDone<'a>>,
    /// The inbox entry that becomes done with it.
    pub inbox: Option<&'a InboxKey>,
}

/// Why a commit did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The order exists already, or has another version. Load and decide again.
    #[error("the order has changed")]
    Conflict,
    /// The channel's own id belongs to another order.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// The once-record is done already or belongs to somebody else: the effect has happened, or will.
    #[error("done already")]
    OnceTaken,
    /// The inbox entry is done already.
    #[error("inbox entry is done already")]
    InboxDone,
    /// The store did not answer well. It may or may not have happened; the guards make a retry safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// An order with what happened to it and what was sent about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The order.
    pub order: Order,
    /// Its newest commits, oldest first.
    pub history: Vec<Recorded>,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
}

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderQuery {
    /// All, by the time of the last change.
    All,
    /// Those with this status, by the time of the last change.
    Status(OrderStatus),
    /// Those that are somebody's work, by the time of the next deadline, most urgent first.
    Open,
    /// One customer's, by the time they were placed.
    Customer(CustomerKey),
}

/// A customer without their address: SHA-256 of tenant and case-folded e-mail, in hex.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomerKey(pub String);

/// Where a page ended: opaque to everyone but the store that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey(pub String);

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub orders: Vec<OrderSummary>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// What a list shows of an order. Lives in the indexes, so it is small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// Number.
    pub id: OrderId,
    /// Status.
    pub status: OrderStatus,
    /// The word people see.
    pub label: Label,
    /// Customer's name; none after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Where it came from.
    pub channel: SourceId,
    /// Minor units.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: domain::money::Currency,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last moved.
    pub status_since: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// The promised day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<jiff::civil::Date>,
}

impl OrderSummary {
    /// The summary of an order.
    pub fn of(order: &Order) -> OrderSummary {
        OrderSummary {
            id: order.id.clone(),
            status: order.tracks.status,
            label: order.label(),
            customer: order.contact.as_ref().map(|contact| contact.name.clone()),
            channel: order.channel.clone(),
            total_minor: order.totals.total_minor,
            currency: order.totals.currency,
            placed_at: order.placed_at,
            status_since: order.status_since,
            updated_at: order.updated_at,
            eta: order.tracks.eta,
        }
    }
}

// ------------------------------------------------------------------------------------- doing things once

/// Names one effect that must happen once: scope (route or consumer, with the principal) and key, hashed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OnceKey(pub String);

impl OnceKey {
    /// For one route or consumer, one principal and one key of theirs.
    pub fn new(route: &str, principal: &str, key: &str) -> OnceKey {
        use sha2::{Digest, Sha256};
        let mut hash = Sha256::new();
        for part in [route, principal, key] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        OnceKey(hex::encode(hash.finalize()))
    }
}

/// A once-record that becomes done inside a commit. It must not be done yet; if `fence` is given it must
/// still be ours.
#[derive(Debug, Clone, Copy)]
pub struct OnceDone<'a> {
    /// Which.
    pub key: &'a OnceKey,
    /// Hash of the request, to tell a replay from a reuse.
    pub request_hash: &'a str,
    /// The answer to give again.
    pub response: &'a str,
    /// Our claim's fence, if we claimed it before an outside effect.
    pub fence: Option<u64>,
    /// When it may be forgotten.
    pub expires_at: Timestamp,
}

/// The answer to a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Claim {
    /// Ours until the lease ends; completing and releasing need this fence.
    Mine {
        /// Grows with every claim.
        fence: u64,
    },
    /// Done before; here is the answer.
    Done {
        /// Hash of the request that was answered.
        request_hash: String,
        /// The answer.
        response: String,
    },
    /// Somebody else is at it.
    Busy {
        /// Until then at the latest.
        until: Timestamp,
    },
}

/// Records of what was done, so that it is done once.
#[async_trait]
pub trait OnceStore: Send + Sync {
    /// A record that is done and not expired.
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>>;
    /// Claims it before an outside effect. An expired record or lease counts as none.
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim>;
    /// Marks our claim done. False if it is no longer ours.
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>) -> PortResult<bool>;
    /// Gives our claim back. False if it is no longer ours.
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool>;
}

// ------------------------------------------------------------------------------------------------ inbox

/// Names an inbox entry.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InboxKey {
    /// Which endpoint.
    pub endpoint: String,
    /// The sender's id, if it was signed; else the hash of what was signed.
    pub id: String,
}

/// A webhook as it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboxEntry {
    /// Its name.
    pub key: InboxKey,
    /// SHA-256 of the raw body, hex.
    pub body_hash: String,
    /// The raw body.
    pub body: String,
    /// When.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: InboxState,
}

/// What became of an inbox entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum InboxState {
    /// Stored, not applied yet.
    Received,
    /// Applied.
    Done,
    /// Waits for a person.
    Parked {
        /// Machine-readable.
        code: String,
        /// What to do.
        reason: String,
    },
}

/// The answer to storing a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// New.
    New,
    /// The same one again.
    Again(InboxState),
    /// The same id with another body.
    Different,
}

/// Webhooks as they came in: stored before they are acknowledged, kept for replay.
#[async_trait]
pub trait InboxStore: Send + Sync {
    /// Stores a new entry.
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received>;
    /// Loads one.
    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>>;
    /// Sets a state, unless it is done already. Also publishes, in the same transaction. False if it was
    /// done already.
    async fn settle(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        state: &InboxState,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
    /// Entries that wait for a person, oldest first.
    async fn parked(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<InboxEntry>>;
    /// Forgets the bodies of these entries; what became of them stays.
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<()>;
}

// ----------------------------------------------------------------------------------------------- outbox

/// Events of one commit, waiting to be published.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutboxRow {
    /// Where the store keeps it; opaque.
    pub key: OutboxKey,
    /// The events.
    pub events: Vec<Envelope>,
}

/// Where the store keeps an outbox row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OutboxKey {
    /// Partition.
    pub shard: String,
    /// Time, tenant, aggregate and version: oldest first.
    pub place: String,
}

/// Rows leave only after every event of theirs was accepted by the bus.
#[async_trait]
pub trait OutboxStore: Send + Sync {
    /// Publishes something that belongs to no order's commit (a refused webhook, a finished job).
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()>;
    /// Rows older than `before`, oldest first, of all tenants: the sweeper's view.
    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>>;
    /// Removes rows that were published.
    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()>;
}

/// The event bus.
#[async_trait]
pub trait Bus: Send + Sync {
    /// Publishes events; one result per event, in order. The outer error means none was accepted.
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>>;
}

/// One of our queues.
#[async_trait]
pub trait Queue: Send + Sync {
    /// Sends a message.
    async fn send(&self, body: &str) -> PortResult<()>;
}

/// Where records go that no retry can help: the queue's own dead-letter queue, with the reason.
#[async_trait]
pub trait Parking: Send + Sync {
    /// Parks a record.
    async fn park(&self, body: &str, reason: &str) -> PortResult<()>;
}

// ---------------------------------------------------------------------------------------------- messages

/// A message to a customer or a team, as the order remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// What it hangs on: event, channel and recipient, so that it is sent once.
    pub id: MessageId,
    /// When it was first tried.
    pub at: Timestamp,
    /// Who gets it, masked.
    pub to: String,
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
}

// ---------------------------------------------------------------------------------- limits, keys, settings

/// So many per window, counted from the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub count: u32,
    /// In how long.
    pub window: SignedDuration,
}

/// The answer of a bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Allowance {
    /// Go on; so many are left.
    Allowed {
        /// Left in this window.
        left: u32,
    },
    /// Enough.
    Denied {
        /// Until the window ends.
        retry_after: SignedDuration,
    },
}

/// Counts attempts.
#[async_trait]
pub trait RateBuckets: Send + Sync {
    /// Takes `amount` from a bucket if no more than the limit is taken with it. An `amount` of zero takes
    /// nothing and asks whether one more would be allowed.
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance>;
}

/// A tenant's settings.
#[async_trait]
pub trait TenantStore: Send + Sync {
    /// Loads them. The tenant is not verified yet: a webhook names it before its signature proves it.
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>>;
    /// Saves them if the version is the one we loaded (0 = none yet). False if somebody else was faster.
    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool>;
    /// All tenants, for schedules.
    async fn all(&self) -> PortResult<Vec<TenantId>>;
}

/// An API key as we keep it: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ApiKey {
    /// Public id, for lists and audit.
    pub id: String,
    /// SHA-256 of the key, hex.
    pub hash: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub scopes: crate::scope::Scopes,
    /// The role it acts with.
    pub role: domain::order::Role,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was revoked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// The API keys of a tenant.
#[async_trait]
pub trait KeyStore: Send + Sync {
    /// A key by its hash. The tenant is the one the key itself names; the hash proves it.
    async fn key(&self, tenant: &TenantId, hash: &str) -> PortResult<Option<ApiKey>>;
    /// All keys of a tenant.
    async fn keys(&self, scope: &TenantScope) -> PortResult<Vec<ApiKey>>;
    /// Adds or replaces a key.
    async fn save(&self, scope: &TenantScope, key: &ApiKey) -> PortResult<()>;
}

/// Checks a signed token (JWT) and says whose it is.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The identity a token proves; `None` for any token that does not.
    async fn verify(&self, token: &str, now: Timestamp) -> PortResult<Option<crate::scope::Identity>>;
}

// ------------------------------------------------------------------------------------ figures and reports

/// A change to one counter of a read model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delta {
    /// Which series ("label", "day").
    pub series: String,
    /// Which point of it ("Shipped", "2025-08-09").
    pub point: String,
    /// Which number of the point ("orders", "revenue:EUR").
    pub field: String,
    /// By how much.
    pub by: i64,
}

/// A point of a series: its numbers by field.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Point {
    /// Which.
    pub point: String,
    /// Its numbers.
    pub fields: std::collections::BTreeMap<String, i64>,
}

/// Read models that are counted up by events, each event once.
#[async_trait]
pub trait MetricStore: Send + Sync {
    /// Applies the deltas of one event. False if that event was counted before.
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool>;
    /// The points of a series from `from` to `to`, both included, in order.
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>>;
}

/// A finished file.
#[async_trait]
pub trait ReportStore: Send + Sync {
    /// Stores it under a key; the tenant is put in front of it.
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String>;
    /// Loads it.
    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>>;
    /// The keys that start with a prefix, newest first.
    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>>;
    /// A link that works for a while without signing in.
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String>;
}

// -------------------------------------------------------------------------------------------------- stock

/// Stock of one SKU at one location. `available + reserved = on hand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Free to promise; never negative.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
}

/// What became of a reservation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reserved {
    /// Held for the order.
    Held,
    /// Held for this order before; nothing changed.
    Again,
    /// Not enough; nothing changed.
    Short {
        /// What is free.
        available: i64,
    },
}

/// Stock, changed by single conditional writes only.
#[async_trait]
pub trait StockStore: Send + Sync {
    /// One level.
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>>;
    /// All levels of a SKU.
    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>>;
    /// Adds to (or takes from) what is free, once per reference. `None` if it would go below zero.
    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>>;
    /// Holds a quantity for an order, once.
    async fn reserve(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        order: &OrderId,
        quantity: u32,
        now: Timestamp,
    ) -> PortResult<Reserved>;
    /// Gives a hold back, once. False if there was none.
    async fn release(&self, scope: &TenantScope, sku: &str, location: &str, order: &OrderId, now: Timestamp) -> PortResult<bool>;
}

// ----------------------------------------------------------------------------------------------- language

/// A language model behind an OpenAI-compatible address. Optional everywhere: without one, rules and
/// templates answer.
#[async_trait]
pub trait Llm: Send + Sync {
    /// Completes a prompt. Every failure is the same to the caller: use the template.
    async fn complete(&self, prompt: &Prompt) -> PortResult<String>;
}

/// What a model is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prompt {
    /// The rules.
    pub system: String,
    /// The data.
    pub user: String,
    /// Upper bound of the answer.
    pub max_tokens: u32,
}
