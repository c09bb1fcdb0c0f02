//! Ports that remember what was asked of them, and let others go first: every call is a point at which
//! callers interleave.

use app::ports::*;
use app::{TenantScope, ports};
use async_trait::async_trait;
use domain::ids::{OrderId, SourceId};
use domain::order::Order;
use jiff::Timestamp;
use std::sync::{Arc, Mutex};

/// What was asked, in order.
#[derive(Clone, Default)]
pub struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }

    async fn note(&self, call: &str) {
        self.0.lock().unwrap().push(call.to_owned());
        tokio::task::yield_now().await;
    }
}

/// A port under watch.
pub struct Watched<P: ?Sized> {
    pub port: Arc<P>,
    pub log: Log,
}

#[async_trait]
impl OrderStore for Watched<dyn OrderStore> {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        self.log.note("orders.load").await;
        self.port.load(scope, id).await
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        self.log.note("orders.find").await;
        self.port.find(scope, channel, external_id).await
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        self.log.note("orders.dossier").await;
        self.port.dossier(scope, id, limit).await
    }
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        self.log.note("orders.commit").await;
        self.port.commit(scope, commit).await
    }
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        self.log.note("orders.reschedule").await;
        self.port.reschedule(scope, id, version, due).await
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.log.note("orders.forget_words").await;
        self.port.forget_words(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<ports::Page> {
        self.log.note("orders.page").await;
        self.port.page(scope, query, after, limit).await
    }
}

#[async_trait]
impl RateBuckets for Watched<dyn RateBuckets> {
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        self.log.note(&format!("buckets.take {}", bucket.split(':').next().unwrap())).await;
        self.port.take(scope, bucket, amount, limit, now).await
    }
    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        self.log.note("buckets.take_unverified").await;
        self.port.take_unverified(bucket, amount, limit, now).await
    }
    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()> {
        self.log.note(&format!("buckets.give_back {}", bucket.split(':').next().unwrap())).await;
        self.port.give_back(scope, bucket, amount, now).await
    }
}

#[async_trait]
impl TenantStore for Watched<dyn TenantStore> {
    async fn config(&self, tenant: &domain::ids::TenantId) -> PortResult<Option<app::tenant::TenantConfig>> {
        self.log.note("tenants.config").await;
        self.port.config(tenant).await
    }
    async fn save(&self, scope: &TenantScope, config: &app::tenant::TenantConfig, before_version: u64) -> PortResult<bool> {
        self.log.note("tenants.save").await;
        self.port.save(scope, config, before_version).await
    }
    async fn all(&self) -> PortResult<Vec<domain::ids::TenantId>> {
        self.log.note("tenants.all").await;
        self.port.all().await
    }
}
