//! Counters.
//!
//! The shard is part of the partition key: rows that share a partition key share its 1,000 writes a second
//! however their sort keys differ. An event's shard follows from its id, so a series is the sum of all shards.

use super::item::{Row, Write};
use super::{Dynamo, Query, Range, Table, Transacted, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{COUNTED_KEPT, Delta, MetricStore, POINTS_MAX, Point, PortError, PortResult};
use async_trait::async_trait;
use domain::ids::EventId;
use futures::future::try_join_all;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Counters begin with this, so that no field can be mistaken for another attribute.
const FIELD: &str = "f:";

/// [`MetricStore`] in the metrics table.
#[derive(Clone)]
pub struct DynamoMetrics(pub(super) Dynamo);

fn add(scope: &TenantScope, shard: u64, series: &str, point: &str, fields: &BTreeMap<&str, i64>) -> Write {
    let terms: Vec<String> = (0..fields.len()).map(|at| format!("#f{at} :f{at}")).collect();
    let mut write = Write::update(keys::point(scope, series, shard, point), format!("ADD {}", terms.join(", ")));
    for (at, (field, by)) in fields.iter().enumerate() {
        write = write.named(&format!("#f{at}"), format!("{FIELD}{field}")).number(&format!(":f{at}"), by);
    }
    write
}

#[async_trait]
impl MetricStore for DynamoMetrics {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        let mut points: BTreeMap<(&str, &str), BTreeMap<&str, i64>> = BTreeMap::new();
        for delta in deltas {
            let sum = points.entry((&delta.series, &delta.point)).or_default().entry(&delta.field).or_default();
            *sum = sum.saturating_add(delta.by);
        }
        if points.len() > POINTS_MAX {
            return Err(PortError::Fatal(format!("an event may change {POINTS_MAX} points, not {}", points.len())));
        }
        let until = now + COUNTED_KEPT;
        let seen = Write::put(keys::counted(scope, event))
            .moment("expires_at", until)
            .expires("ttl", until)
            .when("attribute_not_exists(PK) OR #expires_at <= :now")
            .moment(":now", now);
        let mut writes = vec![(Table::Metrics, seen)];
        let shard = keys::shard(event.as_str(), keys::METRIC_SHARDS);
        for ((series, point), fields) in &points {
            writes.push((Table::Metrics, add(scope, shard, series, point, fields)));
        }
        Ok(matches!(self.0.transact("count an event", &writes).await?, Transacted::Done))
    }

    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        if from > to {
            return Ok(Vec::new());
        }
        // A key condition takes no empty text; nothing sorts before a blank among what points are made of.
        let from = if from.is_empty() { " " } else { from };
        let shards = (0..keys::METRIC_SHARDS).map(|shard| {
            let range = Range::Between(from.to_owned(), to.to_owned());
            let query = Query { range, ..Query::of(keys::series(scope, series, shard)) };
            self.0.query_all("read a series", Table::Metrics, query)
        });
        let mut points: BTreeMap<String, BTreeMap<String, i64>> = BTreeMap::new();
        for row in try_join_all(shards).await?.iter().flatten() {
            add_row(&mut points, row)?;
        }
        Ok(points.into_iter().map(|(point, fields)| Point { point, fields }).collect())
    }
}

fn add_row(points: &mut BTreeMap<String, BTreeMap<String, i64>>, row: &Row) -> PortResult<()> {
    let fields = points.entry(super::item::text(row, "SK")?.to_owned()).or_default();
    for (name, value) in row {
        if let Some(field) = name.strip_prefix(FIELD) {
            // The table counts wider than we do: a sum that no longer fits stays at the limit instead of hiding the rest.
            let number = value.as_n().ok().and_then(|digits| digits.parse::<i128>().ok()).ok_or_else(|| corrupt("counter"))?;
            let sum = fields.entry(field.to_owned()).or_default();
            *sum = i64::try_from(i128::from(*sum).saturating_add(number)).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX });
        }
    }
    Ok(())
}
