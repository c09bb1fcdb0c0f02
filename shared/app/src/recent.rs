//! Settings that may be a little old, for use cases that run often and decide nothing by them that must hold at once.
//!
//! Only `ask` uses it: language, time zone and the language model's budget. Whoever checks a key, a signature or a
//! limit reads the settings themselves, so that what was revoked is revoked.

use crate::ports::{Clock, PortResult, TenantStore};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use async_trait::async_trait;
use domain::ids::TenantId;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How old settings may be.
pub const AGE_MAX: SignedDuration = SignedDuration::from_secs(30);
/// Tenants whose settings are kept in one process.
const TENANTS_MAX: usize = 100;

struct Kept {
    config: Option<TenantConfig>,
    read_at: Timestamp,
}

impl Kept {
    /// A clock that was set back makes nothing younger.
    fn is_fresh(&self, now: Timestamp) -> bool {
        self.read_at <= now && now.duration_since(self.read_at) < AGE_MAX
    }
}

/// A [`TenantStore`] that reads a tenant's settings at most every [`AGE_MAX`].
pub struct RecentSettings {
    store: Arc<dyn TenantStore>,
    clock: Arc<dyn Clock>,
    kept: Mutex<HashMap<TenantId, Kept>>,
}

impl RecentSettings {
    /// Over this store.
    pub fn new(store: Arc<dyn TenantStore>, clock: Arc<dyn Clock>) -> RecentSettings {
        RecentSettings { store, clock, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TenantId, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl TenantStore for RecentSettings {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        let now = self.clock.now();
        if let Some(kept) = self.kept().get(tenant).filter(|kept| kept.is_fresh(now)) {
            return Ok(kept.config.clone());
        }
        let config = self.store.config(tenant).await?;
        let mut kept = self.kept();
        if kept.len() >= TENANTS_MAX {
            kept.retain(|_, other| other.is_fresh(now));
        }
        // A process that serves so many tenants at once reads the others' settings each time.
        if kept.len() < TENANTS_MAX {
            kept.insert(tenant.clone(), Kept { config: config.clone(), read_at: now });
        }
        Ok(config)
    }

    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        let saved = self.store.save(scope, config, before_version).await;
        self.kept().remove(scope.tenant());
        saved
    }

    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.store.all().await
    }
}
