use super::MemoryWorld;
use app::ports::{DueTimer, PageKey, PortError, PortResult, TimerIndex};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`TimerIndex`] in memory.
#[derive(Clone)]
pub struct MemoryTimers(pub(super) MemoryWorld);

fn place(due: &DueTimer) -> String {
    format!("{:.9}#{}#{}", due.at, due.tenant, due.order)
}

#[async_trait]
impl TimerIndex for MemoryTimers {
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueTimer>, Option<PageKey>)> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let state = self.0.lock();
        let orders = state.shops.iter().flat_map(|(tenant, shop)| shop.orders.values().map(move |stored| (tenant, stored)));
        let timers = orders.filter_map(|(tenant, stored)| {
            let at = stored.timer.filter(|at| *at < now)?;
            Some(DueTimer { tenant: tenant.clone(), order: stored.order.id.clone(), at })
        });
        let mut due: Vec<DueTimer> = timers.filter(|due| after.is_none_or(|after| place(due) > after.0)).collect();
        due.sort_by_key(place);
        let more = due.len() > limit;
        due.truncate(limit);
        let next = due.last().filter(|_| more).map(|last| PageKey(place(last)));
        Ok((due, next))
    }
}
