use super::MemoryWorld;
use app::TenantScope;
use app::ports::{DecisionPage, DecisionRecord, DecisionStore, PageKey, PortError, PortResult};
use async_trait::async_trait;
use domain::ids::{DecisionId, OrderId};
use jiff::Timestamp;

/// [`DecisionStore`] in memory.
#[derive(Clone)]
pub struct MemoryDecisions(pub(super) MemoryWorld);

fn place(decision: &DecisionRecord) -> String {
    format!("{:.9}#{}#{}", decision.at, decision.order, decision.id)
}

#[async_trait]
impl DecisionStore for MemoryDecisions {
    async fn record(&self, scope: &TenantScope, decision: &DecisionRecord) -> PortResult<bool> {
        let mut state = self.0.lock();
        let key = (decision.order.clone(), decision.id.clone());
        let kept = &mut state.shop_mut(scope).decisions;
        let new = !kept.contains_key(&key);
        kept.entry(key).or_insert_with(|| decision.clone());
        Ok(new)
    }

    async fn decision(&self, scope: &TenantScope, order: &OrderId, id: &DecisionId) -> PortResult<Option<DecisionRecord>> {
        let state = self.0.lock();
        Ok(state.shop(scope).and_then(|shop| shop.decisions.get(&(order.clone(), id.clone())).cloned()))
    }

    async fn of_order(&self, scope: &TenantScope, order: &OrderId, limit: usize) -> PortResult<Vec<DecisionRecord>> {
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.decisions.values());
        let mut theirs: Vec<DecisionRecord> = all.filter(|decision| decision.order == *order).cloned().collect();
        theirs.sort_by(|a, b| b.id.cmp(&a.id));
        theirs.truncate(limit);
        theirs.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(theirs)
    }

    async fn page(
        &self,
        scope: &TenantScope,
        before: Option<Timestamp>,
        after: Option<&PageKey>,
        limit: usize,
    ) -> PortResult<DecisionPage> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.decisions.values());
        let mut rows: Vec<(String, &DecisionRecord)> = all.map(|decision| (place(decision), decision)).collect();
        rows.retain(|(place, decision)| after.is_none_or(|after| *place < after.0) && before.is_none_or(|before| decision.at < before));
        rows.sort_by(|a, b| b.0.cmp(&a.0));
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(place, _)| PageKey(place.clone()));
        Ok(DecisionPage { decisions: rows.into_iter().map(|(_, decision)| decision.clone()).collect(), next })
    }
}
