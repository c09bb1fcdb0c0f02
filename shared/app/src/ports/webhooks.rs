//! Webhooks to others: the addresses that are told, and what was told them.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use crate::tenant::Secret;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{EventId, TenantId, WebhookEndpointId};
use domain::webhook::{EventFilter, Health, Heard};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What deliveries are signed with.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SigningKey {
    /// whsec_...
    pub secret: Secret,
    /// It signs until then, beside the one that took its place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// An address of somebody's that is told what happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WebhookEndpoint {
    /// Names it.
    pub id: WebhookEndpointId,
    /// Where.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it wants to be told of.
    pub events: Vec<EventFilter>,
    /// What is signed with: the newest first, never none.
    pub keys: Vec<SigningKey>,
    /// How it is.
    pub health: Health,
    /// When it was made.
    pub created_at: Timestamp,
    /// How often somebody has asked for a replay.
    #[serde(default)]
    pub replays: u32,
    /// Changes so far; the optimistic lock.
    pub version: u64,
}

impl WebhookEndpoint {
    /// Does it want events of this type?
    pub fn wants(&self, kind: &str) -> bool {
        self.events.iter().any(|filter| filter.wants(kind))
    }

    /// What is signed with now.
    pub fn signing(&self, now: Timestamp) -> impl Iterator<Item = &Secret> {
        self.keys.iter().filter(move |key| key.until.is_none_or(|until| now < until)).map(|key| &key.secret)
    }
}

/// Names a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct DeliveryKey {
    /// To whom.
    pub endpoint: WebhookEndpointId,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// What the other side tells repetitions by.
    pub id: EventId,
}

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum DeliveryState {
    /// It is tried again.
    Waiting {
        /// Then.
        next_at: Timestamp,
    },
    /// It was taken.
    Delivered,
    /// It was tried as often as the schedule says.
    Failed,
    /// Its endpoint is off, or gone.
    Held,
}

impl DeliveryState {
    /// As it is written.
    pub const fn as_str(&self) -> &'static str {
        match self {
            DeliveryState::Waiting { .. } => "waiting",
            DeliveryState::Delivered => "delivered",
            DeliveryState::Failed => "failed",
            DeliveryState::Held => "held",
        }
    }
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// HTTP status of the answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why there was no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

/// Something that an endpoint is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// Names it, with its endpoint and time.
    pub id: EventId,
    /// To whom.
    pub endpoint: WebhookEndpointId,
    /// When what it tells of happened.
    pub at: Timestamp,
    /// Type of the event.
    pub kind: String,
    /// What it is about: an order's number, a SKU.
    pub subject: String,
    /// What is signed and sent.
    pub body: String,
    /// What became of it.
    pub state: DeliveryState,
    /// How often it was begun again.
    #[serde(default)]
    pub round: u32,
    /// Tries since it was begun, or begun again.
    pub tried: u32,
    /// The last tries, oldest first; at most [`Delivery::TRIES_KEPT`].
    pub tries: Vec<Try>,
    /// Changes so far; the optimistic lock.
    pub version: u64,
}

impl Delivery {
    /// So many tries are remembered.
    pub const TRIES_KEPT: usize = 16;
    /// How long it is kept after what it tells of.
    pub const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

    /// Its name.
    pub fn key(&self) -> DeliveryKey {
        DeliveryKey { endpoint: self.endpoint.clone(), at: self.at, id: self.id.clone() }
    }
}

/// A delivery whose time has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueDelivery {
    /// When it was due.
    pub due: Timestamp,
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub key: DeliveryKey,
}

/// Which deliveries to one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryQuery {
    /// To whom.
    pub endpoint: WebhookEndpointId,
    /// The earliest, included.
    pub from: Timestamp,
    /// The latest, included.
    pub to: Timestamp,
    /// Newest first.
    pub newest_first: bool,
    /// Those behind this one, in that order.
    pub after: Option<(Timestamp, EventId)>,
}

/// Endpoints, and what was told them.
#[async_trait]
pub trait WebhookStore: Send + Sync {
    /// All endpoints of a tenant, oldest first.
    async fn endpoints(&self, scope: &TenantScope) -> PortResult<Vec<WebhookEndpoint>>;
    /// One.
    async fn endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<Option<WebhookEndpoint>>;
    /// Adds one. False if there are `most` already.
    async fn add_endpoint(&self, scope: &TenantScope, endpoint: &WebhookEndpoint, most: usize) -> PortResult<bool>;
    /// Saves one if its version is still `before`, and publishes in the same transaction. False if it is not.
    async fn save_endpoint(
        &self,
        scope: &TenantScope,
        endpoint: &WebhookEndpoint,
        before: u64,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
    /// Removes one. What was told it stays until it is forgotten.
    async fn remove_endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<()>;
    /// A delivery.
    async fn delivery(&self, scope: &TenantScope, key: &DeliveryKey) -> PortResult<Option<Delivery>>;
    /// Saves a delivery if its version is still `before` (0: it is new). False if it is not. It is forgotten [`Delivery::KEPT`]
    /// after what it tells of, or two days after its next try.
    async fn save_delivery(&self, scope: &TenantScope, delivery: &Delivery, before: u64) -> PortResult<bool>;
    /// Deliveries, at most `limit`; fewer says that there are no more.
    async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> PortResult<Vec<Delivery>>;
    /// Deliveries of all tenants that wait and were due at `now`, the longest due first; at most `limit`, and where the next page begins.
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueDelivery>, Option<PageKey>)>;
}

/// What came of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Called {
    /// What was heard.
    pub heard: Heard,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// What is told, and what it is signed with.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    /// Where.
    pub url: &'a str,
    /// What the other side tells repetitions by.
    pub id: &'a EventId,
    /// The body.
    pub body: &'a str,
    /// One signature each.
    pub keys: &'a [&'a Secret],
}

/// Calls others' addresses.
#[async_trait]
pub trait WebhookCaller: Send + Sync {
    /// Asks an endpoint to take a delivery, signed as Standard Webhooks are. It always comes to an end, and always to an answer.
    async fn call(&self, call: Call<'_>) -> Called;
}
