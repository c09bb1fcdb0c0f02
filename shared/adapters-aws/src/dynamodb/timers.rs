//! Orders to which something is to happen: a sparse index of all tenants' orders, by when.

use super::item::text;
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, keys};
use crate::error::corrupt;
use app::ports::{DueTimer, PageKey, PortError, PortResult, TimerIndex};
use async_trait::async_trait;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// [`TimerIndex`] in the orders table.
#[derive(Clone)]
pub struct DynamoTimers(pub(super) Dynamo);

impl DynamoTimers {
    async fn shard(&self, shard: u64, now: Timestamp, after: Option<&str>, limit: usize) -> PortResult<(Vec<String>, bool)> {
        let until = keys::before(now);
        let range = match after {
            None => Range::Below(until),
            Some(after) if after >= until.as_str() => return Ok((Vec::new(), false)),
            Some(after) => Range::Between(keys::behind(after), until),
        };
        let query = Query { range, limit: Some(limit), ..Query::index(Index::Gsi4, keys::timers(shard)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list timers", Table::Orders, query).await?;
        let places = rows.iter().map(|row| text(row, sk_name).map(str::to_owned)).collect::<PortResult<Vec<_>>>()?;
        Ok((places, last.is_some()))
    }
}

#[async_trait]
impl TimerIndex for DynamoTimers {
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueTimer>, Option<PageKey>)> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let place = after.map(|after| after.0.as_str());
        let shards = stream::iter(0..keys::TIMER_SHARDS).map(|shard| self.shard(shard, now, place, limit)).buffered(AT_ONCE);
        let shards: Vec<(Vec<String>, bool)> = shards.try_collect().await?;
        let more = shards.iter().any(|(_, more)| *more);
        let mut places: Vec<String> = shards.into_iter().flat_map(|(places, _)| places).collect();
        places.sort_unstable();
        let cut = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| cut || more).map(|place| PageKey(place.clone()));
        let due = places.iter().map(|place| {
            let (at, tenant, order) = keys::timer_of(place).ok_or_else(|| corrupt("GSI4SK"))?;
            Ok(DueTimer { tenant, order, at })
        });
        Ok((due.collect::<PortResult<Vec<_>>>()?, next))
    }
}
