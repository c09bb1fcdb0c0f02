//! Limits, keys and settings: who may do how much.

use super::PortResult;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use async_trait::async_trait;
use domain::ids::TenantId;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

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

impl Allowance {
    /// Goes on, or says when to come back.
    ///
    /// # Errors
    /// `TooMany`, with at least one second to wait.
    pub fn or_wait(self) -> crate::Result<()> {
        match self {
            Allowance::Allowed { .. } => Ok(()),
            Allowance::Denied { retry_after } => {
                Err(crate::Error::TooMany { retry_after_s: u64::try_from(retry_after.as_secs()).unwrap_or(0).max(1) })
            }
        }
    }
}

/// Counts attempts.
#[async_trait]
pub trait RateBuckets: Send + Sync {
    /// Takes `amount` from a bucket if no more than the limit is taken with it. An `amount` of zero takes
    /// nothing and asks whether one more would be allowed.
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance>;
    /// The same for whoever has not proved yet whose they are, by what can be seen of them (their address on
    /// the net). These buckets are no tenant's.
    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance>;
    /// Gives back what was taken in the window that is open now. Nothing happens if that window has ended, or if
    /// less than that was taken in it.
    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()>;
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
    /// The last day (UTC) on which it was used. It stands beside the document, for it changes by itself.
    #[serde(skip)]
    pub last_used_on: Option<Date>,
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
    /// Notes that a key was used on a day, unless that day or a later one is noted already. It makes no key that is not there.
    /// Whoever is let in waits for it, so it gives up soon.
    async fn used(&self, tenant: &TenantId, hash: &str, day: Date) -> PortResult<()>;
}

/// Checks a signed token (JWT) and says whose it is.
#[async_trait]
pub trait TokenVerifier: Send + Sync {
    /// The identity a token proves; `None` for any token that does not.
    async fn verify(&self, token: &str, now: Timestamp) -> PortResult<Option<crate::scope::Identity>>;
}
