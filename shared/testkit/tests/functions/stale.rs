//! An order store that answers its first read of an order as of a moment that has passed.

use app::TenantScope;
use app::ports::{Commit, CommitError, Dossier, OrderQuery, OrderStore, Page, PageKey, PortResult};
use async_trait::async_trait;
use domain::ids::{OrderId, SourceId};
use domain::order::Order;
use std::sync::Mutex;
use testkit::memory::MemoryOrders;

pub struct Stale {
    orders: MemoryOrders,
    first: Mutex<Option<Option<Order>>>,
}

impl Stale {
    /// The first read finds this instead.
    pub fn reading_first(orders: MemoryOrders, first: Option<Order>) -> Stale {
        Stale { orders, first: Mutex::new(Some(first)) }
    }
}

#[async_trait]
impl OrderStore for Stale {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        let first = self.first.lock().unwrap().take();
        match first {
            Some(first) => Ok(first),
            None => self.orders.load(scope, id).await,
        }
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        self.orders.find(scope, channel, external_id).await
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        self.orders.dossier(scope, id, limit).await
    }
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        self.orders.commit(scope, commit).await
    }
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: jiff::Timestamp) -> PortResult<bool> {
        self.orders.reschedule(scope, id, version, due).await
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.orders.forget_words(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        self.orders.page(scope, query, after, limit).await
    }
}
