//! Sparse indexes of all tenants', by when something is due, over several partitions: what of them is due, oldest first.

use super::item::text;
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, keys};
use app::ports::{PageKey, PortError, PortResult};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// An index.
pub(super) struct DueIndex {
    /// What is done, for people.
    pub what: &'static str,
    /// Whose.
    pub table: Table,
    /// Which.
    pub index: Index,
    /// Partitions.
    pub shards: u64,
    /// The key of one.
    pub partition: fn(u64) -> String,
}

/// Places in a partition, and whether the store has more.
type Places = (Vec<String>, bool);

impl DueIndex {
    /// What is due, at most so much, and where to go on. `read` tells what a place, which is the sort key, stands for. One that cannot be read
    /// keeps nobody else waiting.
    pub async fn due<T>(
        &self,
        dynamo: &Dynamo,
        now: Timestamp,
        after: Option<&PageKey>,
        limit: usize,
        read: impl Fn(&str) -> Option<T>,
    ) -> PortResult<(Vec<T>, Option<PageKey>)> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let after = after.map(|after| after.0.as_str());
        let shards = stream::iter(0..self.shards).map(|shard| self.shard(dynamo, shard, now, after, limit)).buffered(AT_ONCE);
        let shards: Vec<Places> = shards.try_collect().await?;
        let more = shards.iter().any(|(_, more)| *more);
        let mut places: Vec<String> = shards.into_iter().flat_map(|(places, _)| places).collect();
        places.sort_unstable();
        let cut = places.len() > limit;
        places.truncate(limit);
        let next = places.last().filter(|_| cut || more).map(|place| PageKey(place.clone()));
        let due = places.iter().filter_map(|place| {
            let due = read(place);
            if due.is_none() {
                tracing::error!(place, index = self.what, "a place in an index cannot be read");
            }
            due
        });
        Ok((due.collect(), next))
    }

    async fn shard(&self, dynamo: &Dynamo, shard: u64, now: Timestamp, after: Option<&str>, limit: usize) -> PortResult<Places> {
        let until = keys::before(now);
        let range = match after {
            None => Range::Below(until),
            Some(after) if after >= until.as_str() => return Ok((Vec::new(), false)),
            Some(after) => Range::Between(keys::behind(after), until),
        };
        let query = Query { range, limit: Some(limit), ..Query::index(self.index, (self.partition)(shard)) };
        let sk_name = query.sk_name;
        let (rows, last) = dynamo.query(self.what, self.table, query).await?;
        let places = rows.iter().map(|row| text(row, sk_name).map(str::to_owned)).collect::<PortResult<Vec<_>>>()?;
        Ok((places, last.is_some()))
    }
}
