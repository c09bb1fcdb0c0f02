//! What may be a little old, for use cases that run often and decide nothing by it that must hold at once.
//!
//! `ask` reads settings so: language, time zone and the language model's budget. Whoever checks a key, a signature or a
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
pub const AGE_MAX: SignedDuration = SignedDuration::from_secs(60);
/// Tenants of which something is kept in one process.
const TENANTS_MAX: usize = 100;

struct Kept<T> {
    value: T,
    read_at: Timestamp,
}

/// Something of each tenant, for a while. A process that serves very many tenants reads the others' each time.
pub struct Recent<T> {
    age_max: SignedDuration,
    kept: Mutex<HashMap<TenantId, Kept<T>>>,
}

impl<T: Clone> Recent<T> {
    /// Nothing older than this.
    pub fn new(age_max: SignedDuration) -> Recent<T> {
        Recent { age_max, kept: Mutex::default() }
    }

    fn kept(&self) -> MutexGuard<'_, HashMap<TenantId, Kept<T>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A clock that was set back makes nothing younger.
    fn is_fresh(&self, kept: &Kept<T>, now: Timestamp) -> bool {
        kept.read_at <= now && now.duration_since(kept.read_at) < self.age_max
    }

    /// What is kept of a tenant, if it is young enough.
    pub fn get(&self, tenant: &TenantId, now: Timestamp) -> Option<T> {
        self.kept().get(tenant).filter(|kept| self.is_fresh(kept, now)).map(|kept| kept.value.clone())
    }

    /// Keeps it.
    pub fn keep(&self, tenant: &TenantId, value: T, now: Timestamp) {
        let mut kept = self.kept();
        if kept.len() >= TENANTS_MAX {
            kept.retain(|_, other| self.is_fresh(other, now));
        }
        if kept.len() < TENANTS_MAX {
            kept.insert(tenant.clone(), Kept { value, read_at: now });
        }
    }

    /// Forgets it.
    pub fn forget(&self, tenant: &TenantId) {
        self.kept().remove(tenant);
    }
}

/// A [`TenantStore`] that reads a tenant's settings at most every [`AGE_MAX`].
pub struct RecentSettings {
    store: Arc<dyn TenantStore>,
    clock: Arc<dyn Clock>,
    recent: Recent<Option<TenantConfig>>,
}

impl RecentSettings {
    /// Over this store.
    pub fn new(store: Arc<dyn TenantStore>, clock: Arc<dyn Clock>) -> RecentSettings {
        RecentSettings { store, clock, recent: Recent::new(AGE_MAX) }
    }
}

#[async_trait]
impl TenantStore for RecentSettings {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        let now = self.clock.now();
        if let Some(config) = self.recent.get(tenant, now) {
            return Ok(config);
        }
        let config = self.store.config(tenant).await?;
        self.recent.keep(tenant, config.clone(), now);
        Ok(config)
    }

    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        let saved = self.store.save(scope, config, before_version).await;
        self.recent.forget(scope.tenant());
        saved
    }

    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.store.all().await
    }
}
