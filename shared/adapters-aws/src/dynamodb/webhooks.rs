//! Webhooks to others: endpoints in one partition of their tenant's, deliveries in one of their endpoint's, by time.

use super::item::{Row, Write, json, key_row, text, to_json};
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, Transacted, Written, keys, outbox};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{Delivery, DeliveryKey, DeliveryQuery, DeliveryState, DueDelivery, PortResult, WebhookEndpoint, WebhookStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::WebhookEndpointId;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};

/// How long a delivery is kept after what it tells of.
const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

/// [`WebhookStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoWebhooks(pub(super) Dynamo);

/// New, or still as it was.
fn guarded(write: Write, before: u64) -> Write {
    if before == 0 { write.when("attribute_not_exists(PK)") } else { write.when("#version = :before").number(":before", before) }
}

#[async_trait]
impl WebhookStore for DynamoWebhooks {
    async fn endpoints(&self, scope: &TenantScope) -> PortResult<Vec<WebhookEndpoint>> {
        let rows = self.0.query_all("list webhook endpoints", Table::Ops, Query::of(keys::webhook_endpoints(scope))).await?;
        let mut endpoints: Vec<WebhookEndpoint> = rows.iter().map(|row| json(row, "doc")).collect::<PortResult<_>>()?;
        endpoints.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(endpoints)
    }

    async fn endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<Option<WebhookEndpoint>> {
        let row = self.0.get("load a webhook endpoint", Table::Ops, keys::webhook_endpoint(scope, id)).await?;
        row.map(|row| json(&row, "doc")).transpose()
    }

    async fn save_endpoint(
        &self,
        scope: &TenantScope,
        endpoint: &WebhookEndpoint,
        before: u64,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let what = "save a webhook endpoint";
        let write = Write::put(keys::webhook_endpoint(scope, &endpoint.id))
            .text("doc", to_json("a webhook endpoint", endpoint)?)
            .number("version", endpoint.version);
        let write = guarded(write, before);
        let Some(row) = outbox::loose_row(scope, publish, now)? else {
            return Ok(matches!(self.0.write(what, Table::Ops, &write).await?, Written::Done(_)));
        };
        let writes = [(Table::Ops, write), (Table::Outbox, row)];
        Ok(matches!(self.0.transact(what, &writes).await?, Transacted::Done))
    }

    async fn remove_endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<()> {
        self.0.write("remove a webhook endpoint", Table::Ops, &Write::delete(keys::webhook_endpoint(scope, id))).await?;
        Ok(())
    }

    async fn delivery(&self, scope: &TenantScope, key: &DeliveryKey) -> PortResult<Option<Delivery>> {
        let row = self.0.get("load a delivery", Table::Ops, keys::delivery(scope, key)).await?;
        row.map(|row| json(&row, "doc")).transpose()
    }

    async fn save_delivery(&self, scope: &TenantScope, delivery: &Delivery, before: u64) -> PortResult<bool> {
        let key = delivery.key();
        let mut write = Write::put(keys::delivery(scope, &key))
            .text("doc", to_json("a delivery", delivery)?)
            .number("version", delivery.version)
            .expires("ttl", delivery.at + KEPT);
        if let DeliveryState::Waiting { next_at } = delivery.state {
            let place = keys::due_delivery(scope, &key, next_at);
            write = write.text("GSI1PK", place.pk).text("GSI1SK", place.sk);
        }
        Ok(matches!(self.0.write("save a delivery", Table::Ops, &guarded(write, before)).await?, Written::Done(_)))
    }

    async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> PortResult<Vec<Delivery>> {
        let pk = keys::deliveries(scope, &query.endpoint);
        // No id holds a character above this one.
        let range = Range::Between(keys::stamp(query.from), format!("{}#~", keys::stamp(query.to)));
        let key_of = |(at, id): &(Timestamp, _)| {
            let key = DeliveryKey { endpoint: query.endpoint.clone(), at: *at, id: Clone::clone(id) };
            key_row(keys::delivery(scope, &key))
        };
        let mut start: Option<Row> = query.after.as_ref().map(key_of);
        let mut found = Vec::new();
        loop {
            let limit = Some((limit - found.len()).max(1));
            let page = Query { range: range.clone(), limit, start, ascending: !query.newest_first, ..Query::of(pk.clone()) };
            let (rows, last) = self.0.query("list deliveries", Table::Ops, page).await?;
            for row in &rows {
                found.push(json(row, "doc")?);
            }
            start = last;
            if start.is_none() || limit.is_some_and(|limit| rows.len() >= limit) {
                return Ok(found);
            }
        }
    }

    async fn due(&self, now: Timestamp, limit: usize) -> PortResult<Vec<DueDelivery>> {
        let shard = |shard: u64| async move {
            let range = Range::Below(keys::stamp(now));
            let query = Query { range, limit: Some(limit), ..Query::index(Index::Gsi1, keys::due_deliveries(shard)) };
            let sk_name = query.sk_name;
            let (rows, _) = self.0.query("list webhooks that are due", Table::Ops, query).await?;
            rows.iter().map(|row| keys::due_of(text(row, sk_name)?).ok_or_else(|| corrupt("GSI1SK"))).collect::<PortResult<Vec<_>>>()
        };
        let shards: Vec<Vec<DueDelivery>> = stream::iter(0..keys::DELIVERY_SHARDS).map(shard).buffered(AT_ONCE).try_collect().await?;
        let mut due: Vec<DueDelivery> = shards.into_iter().flatten().collect();
        due.sort_by_key(|due| due.due);
        due.truncate(limit);
        Ok(due)
    }
}
