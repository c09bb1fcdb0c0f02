//! Limits, keys and settings: who may do how much.

use super::PortResult;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use async_trait::async_trait;
use domain::ids::TenantId;
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

/// Counts attempts.
#[async_trait]
pub trait RateBuckets: Send + Sync {
    /// Takes `amount`, at least 1, from a bucket if no more than the limit is taken with it.
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
