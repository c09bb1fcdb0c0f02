//! Orders to which something is to happen: a sparse index of all tenants' orders, by when.

use super::due::DueIndex;
use super::{Dynamo, Index, Table, keys};
use app::ports::{DueTimer, PageKey, PortResult, TimerIndex};
use async_trait::async_trait;
use jiff::Timestamp;

const DUE: DueIndex =
    DueIndex { what: "list timers", table: Table::Orders, index: Index::Gsi4, shards: keys::TIMER_SHARDS, partition: keys::timers };

/// [`TimerIndex`] in the orders table.
#[derive(Clone)]
pub struct DynamoTimers(pub(super) Dynamo);

#[async_trait]
impl TimerIndex for DynamoTimers {
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueTimer>, Option<PageKey>)> {
        let read = |place: &str| keys::timer_of(place).map(|(at, tenant, order)| DueTimer { tenant, order, at });
        DUE.due(&self.0, now, after, limit, read).await
    }
}
