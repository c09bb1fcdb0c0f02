//! What waits to be published: one row a commit, first published from the table's stream, swept up if that
//! missed one.
//!
//! The events of one commit say most things about themselves in the same words, and a row is billed by the kilobyte,
//! twice in a transaction. So the first event stands there whole and every other one only as far as it differs from it
//! ([`pack`]): an order that is placed with everything filled in stays under one kilobyte.

use super::item::{Row, Write, text, to_json};
use super::{AT_ONCE, Dynamo, Query, Range, Table, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{OutboxKey, OutboxRow, OutboxStore, PortError, PortResult};
use async_trait::async_trait;
use contracts::Envelope;
use futures::future::try_join_all;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

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
    let events = pack(events)?;
    if events.len() > EVENTS_BYTES_MAX {
        return Err(PortError::Fatal(format!("the events of one commit are larger than {EVENTS_BYTES_MAX} bytes")));
    }
    Ok(Write::put(key).text("events", events).expires("ttl", now + KEPT))
}

/// A list of objects; in all but the first, what the first says too is left out, and `null` stands for what only the
/// first says.
fn pack(events: &[Envelope]) -> PortResult<String> {
    let mut packed: Vec<Map<String, Value>> = Vec::with_capacity(events.len());
    for event in events {
        let Ok(Value::Object(mut event)) = serde_json::to_value(event) else {
            return Err(PortError::Fatal("the events cannot be written as JSON".into()));
        };
        if let Some(first) = packed.first() {
            let only_first: Vec<String> = first.keys().filter(|name| !event.contains_key(*name)).cloned().collect();
            event.retain(|name, value| first.get(name) != Some(value));
            event.extend(only_first.into_iter().map(|name| (name, Value::Null)));
        }
        packed.push(event);
    }
    to_json("the events", &packed)
}

fn unpack(text: &str) -> PortResult<Vec<Envelope>> {
    let mut packed: Vec<Map<String, Value>> = serde_json::from_str(text).map_err(|_| corrupt("events"))?;
    if let Some((first, others)) = packed.split_first_mut() {
        for event in others {
            for (name, value) in &*first {
                if !event.contains_key(name) {
                    event.insert(name.clone(), value.clone());
                }
            }
        }
    }
    packed.into_iter().map(|event| serde_json::from_value(Value::Object(event)).map_err(|_| corrupt("events"))).collect()
}

/// Reads the `NewImage` of a record of the outbox table's stream (anything that serialises as DynamoDB JSON).
///
/// # Errors
/// `Fatal` if it is not a row of ours.
pub fn from_stream_image(image: &impl serde::Serialize) -> PortResult<OutboxRow> {
    let image = serde_json::to_value(image).map_err(|_| corrupt("stream image"))?;
    let attribute = |name: &str| image[name]["S"].as_str().ok_or_else(|| corrupt(name));
    let events = unpack(attribute("events")?)?;
    let key = OutboxKey { shard: attribute("PK")?.to_owned(), place: attribute("SK")?.to_owned() };
    Ok(OutboxRow { key, events })
}

fn row_of(row: &Row) -> PortResult<OutboxRow> {
    let key = OutboxKey { shard: text(row, "PK")?.to_owned(), place: text(row, "SK")?.to_owned() };
    Ok(OutboxRow { key, events: unpack(text(row, "events")?)? })
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
    use domain::ids::TenantId;
    use testkit::conformance::samples;

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

    // req: X-05
    #[test]
    fn events_come_out_as_they_went_in() {
        let scope = TenantScope::of_own_message(&TenantId::parse("shop").unwrap());
        let placed = samples::placed(&scope, "1001", Timestamp::UNIX_EPOCH);
        let other = samples::placed(&scope, "1002", Timestamp::UNIX_EPOCH + KEPT);
        let caused = |event: &Envelope| Envelope { causationid: Some(event.id.clone()), ..event.clone() };
        let [first, second] = &placed.publish[..] else { panic!("placed, and a label") };
        let cases: [&[Envelope]; 5] = [
            &[],
            std::slice::from_ref(first),
            &placed.publish,
            &[caused(first), second.clone(), caused(second)],
            &[first.clone(), caused(second), other.publish[0].clone()],
        ];
        for events in cases {
            let packed = pack(events).unwrap();
            assert_eq!(unpack(&packed).unwrap(), events, "{packed}");
            assert!(packed.len() <= serde_json::to_string(events).unwrap().len(), "{packed}");
        }
        let whole = serde_json::to_string(&placed.publish).unwrap();
        assert_eq!(unpack(&whole).unwrap(), placed.publish, "what was not packed is read as it stands");
        assert!(unpack("{}").is_err() && unpack("[1]").is_err() && unpack("[{}]").is_err());
    }
}
