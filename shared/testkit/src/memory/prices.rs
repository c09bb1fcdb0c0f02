use super::MemoryWorld;
use super::outbox::write_outbox;
use app::TenantScope;
use app::ports::{PageKey, PortResult, PricePage, PriceStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::Sku;
use domain::price::PriceTag;
use jiff::Timestamp;

/// [`PriceStore`] in memory.
#[derive(Clone)]
pub struct MemoryPrices(pub(super) MemoryWorld);

impl MemoryWorld {
    /// Every price of a shop.
    pub fn price_tags(&self, scope: &TenantScope) -> Vec<PriceTag> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.prices.values()).cloned().collect()
    }
}

#[async_trait]
impl PriceStore for MemoryPrices {
    async fn load(&self, scope: &TenantScope, sku: &Sku) -> PortResult<Option<PriceTag>> {
        Ok(self.0.lock().shop(scope).and_then(|shop| shop.prices.get(sku)).cloned())
    }

    async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PricePage> {
        let state = self.0.lock();
        let tags = state.shop(scope).into_iter().flat_map(|shop| shop.prices.values());
        let mut tags: Vec<PriceTag> = tags
            .filter(|tag| tag.proposal.is_some() == waiting)
            .filter(|tag| after.is_none_or(|after| tag.sku.as_str() > after.0.as_str()))
            .take(limit + 1)
            .cloned()
            .collect();
        let more = tags.len() > limit;
        tags.truncate(limit);
        let next = tags.last().filter(|_| more).map(|tag| PageKey(tag.sku.to_string()));
        Ok(PricePage { tags, next })
    }

    async fn save(&self, scope: &TenantScope, tag: &PriceTag, events: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let shop = state.shop_mut(scope);
        if shop.prices.get(&tag.sku).map_or(0, |known| known.version) != tag.version.saturating_sub(1) {
            return Ok(false);
        }
        shop.prices.insert(tag.sku.clone(), tag.clone());
        if let Some(first) = events.first() {
            write_outbox(&mut state, scope, &first.subject, first.aggregateversion, Some(&first.id), events, now);
        }
        Ok(true)
    }
}
