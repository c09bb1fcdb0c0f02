use super::outbox::write_outbox;
use super::{MemoryWorld, State};
use app::TenantScope;
use app::ports::{PageKey, PortError, PortResult, PurchasePage, PurchaseStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::PurchaseId;
use domain::stock::purchase::{PurchaseOrder, Supply};
use jiff::Timestamp;

/// [`PurchaseStore`] in memory.
#[derive(Clone)]
pub struct MemoryPurchases(pub(super) MemoryWorld);

fn place(order: &PurchaseOrder) -> String {
    format!("{:.9}#{}", order.created_at, order.id)
}

fn of<'a>(state: &'a State, scope: &TenantScope) -> impl Iterator<Item = &'a PurchaseOrder> {
    state.shop(scope).into_iter().flat_map(|shop| shop.purchases.values())
}

impl MemoryWorld {
    /// Every purchase order of a shop.
    pub fn purchase_orders(&self, scope: &TenantScope) -> Vec<PurchaseOrder> {
        of(&self.lock(), scope).cloned().collect()
    }
}

#[async_trait]
impl PurchaseStore for MemoryPurchases {
    async fn load(&self, scope: &TenantScope, id: &PurchaseId) -> PortResult<Option<PurchaseOrder>> {
        Ok(self.0.lock().shop(scope).and_then(|shop| shop.purchases.get(id)).cloned())
    }

    async fn page(&self, scope: &TenantScope, open: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PurchasePage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this list".into()));
        }
        let state = self.0.lock();
        let mut rows: Vec<_> =
            of(&state, scope).filter(|order| order.status.is_open() == open).map(|order| (place(order), order)).collect();
        rows.retain(|row| after.is_none_or(|after| row.0 < after.0));
        rows.sort_by(|a, b| b.0.cmp(&a.0));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| PageKey(row.0.clone()));
        Ok(PurchasePage { orders: rows.into_iter().map(|row| row.1.clone()).collect(), next })
    }

    async fn save(
        &self,
        scope: &TenantScope,
        order: &PurchaseOrder,
        supplies: &[Supply],
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let mut state = self.0.lock();
        let shop = state.shop_mut(scope);
        if shop.purchases.get(&order.id).map_or(0, |known| known.version) != order.version.saturating_sub(1) {
            return Ok(false);
        }
        let reference = order.receipts.last().map(|receipt| format!("{}/{}", order.id, receipt.reference)).unwrap_or_default();
        for supply in supplies {
            shop.stock.entry((supply.sku.to_string(), order.location.to_string())).or_default().supply(supply, &reference);
        }
        shop.purchases.insert(order.id.clone(), order.clone());
        if let Some(first) = events.first() {
            write_outbox(&mut state, scope, &first.subject, first.aggregateversion, Some(&first.id), events, now);
        }
        Ok(true)
    }
}
