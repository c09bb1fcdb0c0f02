use super::MemoryWorld;
use super::outbox::write_outbox;
use app::TenantScope;
use app::ports::{Delivery, DeliveryKey, DeliveryQuery, DeliveryState, DueDelivery, PageKey, PortResult, WebhookEndpoint, WebhookStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::WebhookEndpointId;
use jiff::Timestamp;

/// [`WebhookStore`] in memory.
#[derive(Clone)]
pub struct MemoryWebhooks(pub(super) MemoryWorld);

#[async_trait]
impl WebhookStore for MemoryWebhooks {
    async fn endpoints(&self, scope: &TenantScope) -> PortResult<Vec<WebhookEndpoint>> {
        let state = self.0.lock();
        let mut endpoints: Vec<WebhookEndpoint> = state.shop(scope).into_iter().flat_map(|shop| shop.endpoints.values()).cloned().collect();
        endpoints.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(endpoints)
    }

    async fn endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<Option<WebhookEndpoint>> {
        Ok(self.0.lock().shop(scope).and_then(|shop| shop.endpoints.get(id)).cloned())
    }

    async fn add_endpoint(&self, scope: &TenantScope, endpoint: &WebhookEndpoint, most: usize) -> PortResult<bool> {
        let mut state = self.0.lock();
        let endpoints = &mut state.shop_mut(scope).endpoints;
        if let Some(known) = endpoints.get(&endpoint.id) {
            return Ok(known == endpoint);
        }
        let fits = endpoints.len() < most;
        if fits {
            endpoints.insert(endpoint.id.clone(), endpoint.clone());
        }
        Ok(fits)
    }

    async fn save_endpoint(
        &self,
        scope: &TenantScope,
        endpoint: &WebhookEndpoint,
        before: u64,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let mut state = self.0.lock();
        let state = &mut *state;
        let endpoints = &mut state.shop_mut(scope).endpoints;
        let known = endpoints.get(&endpoint.id);
        if known.map_or(0, |known| known.version) != before {
            // Written before, by this very call.
            return Ok(known == Some(endpoint));
        }
        endpoints.insert(endpoint.id.clone(), endpoint.clone());
        if let Some(first) = publish.first() {
            write_outbox(state, scope, &first.subject, first.aggregateversion, Some(&first.id), publish, now);
        }
        Ok(true)
    }

    async fn remove_endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<()> {
        self.0.lock().shop_mut(scope).endpoints.remove(id);
        Ok(())
    }

    async fn delivery(&self, scope: &TenantScope, key: &DeliveryKey) -> PortResult<Option<Delivery>> {
        Ok(self.0.lock().shop(scope).and_then(|shop| shop.deliveries.get(key)).cloned())
    }

    async fn save_delivery(&self, scope: &TenantScope, delivery: &Delivery, before: u64) -> PortResult<bool> {
        let mut state = self.0.lock();
        let deliveries = &mut state.shop_mut(scope).deliveries;
        let known = deliveries.get(&delivery.key());
        if known.map_or(0, |known| known.version) != before {
            // Written before, by this very call.
            return Ok(known == Some(delivery));
        }
        deliveries.insert(delivery.key(), delivery.clone());
        Ok(true)
    }

    async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> PortResult<Vec<Delivery>> {
        let state = self.0.lock();
        let Some(shop) = state.shop(scope) else { return Ok(Vec::new()) };
        // As DynamoDB has it: a page does not begin outside of what is asked for.
        if query.after.as_ref().is_some_and(|(at, _)| *at < query.from || *at > query.to) {
            return Ok(Vec::new());
        }
        let all = shop.deliveries.values().filter(|one| one.endpoint == query.endpoint && one.at >= query.from && one.at <= query.to);
        let mut found: Vec<&Delivery> = all.collect();
        found.sort_by_key(|one| (one.at, &one.id));
        if query.newest_first {
            found.reverse();
        }
        let behind = |one: &&&Delivery| {
            query.after.as_ref().is_none_or(|(at, id)| {
                let (place, after) = ((one.at, &one.id), (*at, id));
                if query.newest_first { place < after } else { place > after }
            })
        };
        Ok(found.iter().filter(behind).take(limit).map(|one| (*one).clone()).collect())
    }

    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueDelivery>, Option<PageKey>)> {
        let state = self.0.lock();
        let all = state.shops.iter().flat_map(|(tenant, shop)| shop.deliveries.iter().map(move |(key, one)| (tenant, key, one)));
        let mut due: Vec<DueDelivery> = all
            .filter_map(|(tenant, key, one)| match one.state {
                DeliveryState::Waiting { next_at } if next_at < now => {
                    Some(DueDelivery { due: next_at, tenant: tenant.clone(), key: key.clone() })
                }
                _ => None,
            })
            .collect();
        let place = |one: &DueDelivery| format!("{:.9}#{}#{}#{:.9}#{}", one.due, one.tenant, one.key.endpoint, one.key.at, one.key.id);
        due.retain(|one| after.is_none_or(|after| place(one) > after.0));
        due.sort_by_key(place);
        let more = due.len() > limit;
        due.truncate(limit);
        let next = due.last().filter(|_| more).map(|last| PageKey(place(last)));
        Ok((due, next))
    }
}
