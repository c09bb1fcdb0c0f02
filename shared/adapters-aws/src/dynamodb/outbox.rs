//! What waits to be published: one row a commit, first published from the table's stream, swept up if that
//! missed one.

use super::item::{Row, Write, json, text, to_json};
use super::{AT_ONCE, Dynamo, Query, Range, Table, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{OutboxKey, OutboxRow, OutboxStore, PortError, PortResult};
use async_trait::async_trait;
use contracts::Envelope;
use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

/// Rows leave when they are published. This is only so that a row nobody could ever publish does not stay for
/// ever; it is twice as long as the dead-letter queues keep theirs, and the sweeper raises an alarm long before.
const KEPT: SignedDuration = SignedDuration::from_hours(28 * 24);
/// A row takes 400 KB.
const EVENTS_BYTES_MAX: usize = 380 * 1024;

/// The row of an order's commit; none if there is nothing to publish.
pub(super) fn commit_row(scope: &TenantScope, order: &str, version: u64, events: &[Envelope], now: Timestamp) -> PortResult<Option<Write>> {
    if events.is_empty() { Ok(None) } else { row(keys::outbox(scope, order, version, now), events, now).map(Some) }
}

/// A row that hangs on no order; none if there is nothing to publish.
pub(super) fn loose_row(scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<Option<Write>> {
    let Some(first) = events.first() else { return Ok(None) };
    let key = keys::outbox_loose(scope, &first.subject, first.aggregateversion, now, &first.id);
    row(key, events, now).map(Some)
}

fn row(key: keys::Key, events: &[Envelope], now: Timestamp) -> PortResult<Write> {
    let events = to_json("the events", events)?;
    if events.len() > EVENTS_BYTES_MAX {
        return Err(PortError::Fatal(format!("the events of one commit are larger than {EVENTS_BYTES_MAX} bytes")));
    }
    Ok(Write::put(key).text("events", events).expires("ttl", now + KEPT))
}

/// Reads the `NewImage` of a record of the outbox table's stream (anything that serialises as DynamoDB JSON).
///
/// # Errors
/// `Fatal` if it is not a row of ours.
pub fn from_stream_image(image: &impl serde::Serialize) -> PortResult<OutboxRow> {
    let image = serde_json::to_value(image).map_err(|_| corrupt("stream image"))?;
    let attribute = |name: &str| image[name]["S"].as_str().ok_or_else(|| corrupt(name));
    let events = serde_json::from_str(attribute("events")?).map_err(|_| corrupt("events"))?;
    let key = OutboxKey { shard: attribute("PK")?.to_owned(), place: attribute("SK")?.to_owned() };
    Ok(OutboxRow { key, events })
}

fn row_of(row: &Row) -> PortResult<OutboxRow> {
    let key = OutboxKey { shard: text(row, "PK")?.to_owned(), place: text(row, "SK")?.to_owned() };
    Ok(OutboxRow { key, events: json(row, "events")? })
}

/// [`OutboxStore`] in its own table.
#[derive(Clone)]
pub struct DynamoOutbox(pub(super) Dynamo);

#[async_trait]
impl OutboxStore for DynamoOutbox {
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()> {
        if let Some(row) = loose_row(scope, events, now)? {
            self.0.write("add to the outbox", Table::Outbox, &row).await?;
        }
        Ok(())
    }

    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>> {
        let end = keys::outbox_time(before);
        let shards = (0..keys::OUTBOX_SHARDS).map(|shard| {
            let range = Range::Below(end.clone());
            let query = Query { range, limit: Some(limit.max(1)), ..Query::of(keys::outbox_shard(shard)) };
            self.0.query("sweep the outbox", Table::Outbox, query)
        });
        let mut rows: Vec<OutboxRow> = Vec::new();
        let found: Vec<(Vec<Row>, Option<Row>)> = stream::iter(shards).buffered(AT_ONCE).try_collect().await?;
        for row in found.iter().flat_map(|(rows, _)| rows) {
            match row_of(row) {
                Ok(row) => rows.push(row),
                // One that cannot be read (a later release wrote it) must not keep the others from leaving. The
                // stream has put it aside with an alarm; here it waits until it can be read or its time is up.
                Err(why) => tracing::error!(place = text(row, "SK").unwrap_or("-"), %why, "an outbox row cannot be read"),
            }
        }
        rows.sort_by(|a, b| a.key.place.cmp(&b.key.place));
        rows.truncate(limit);
        Ok(rows)
    }

    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()> {
        for keys in keys.chunks(AT_ONCE) {
            try_join_all(keys.iter().map(|key| async move {
                let write = Write::delete(keys::Key { pk: key.shard.clone(), sk: key.place.clone() });
                self.0.write("remove from the outbox", Table::Outbox, &write).await
            }))
            .await?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: X-05
    #[test]
    fn a_stream_image_becomes_a_row() {
        let image = serde_json::json!({
            "PK": {"S": "OUTBOX7"}, "SK": {"S": "1754733600000-shop-1001-1"}, "events": {"S": "[]"}, "ttl": {"N": "1"}
        });
        let row = from_stream_image(&image).unwrap();
        assert_eq!((row.key.shard.as_str(), row.events.len()), ("OUTBOX7", 0));
        assert!(from_stream_image(&serde_json::json!({"PK": {"S": "x"}})).is_err());
    }
}
