//! Webhooks to others: endpoints in one partition of their tenant's, deliveries in one of their endpoint's, by time.

use super::due::DueIndex;
use super::item::{Row, Write, document, json, key_row, text_opt, to_json};
use super::{Dynamo, Index, Query, Range, Table, Transacted, Written, keys, outbox};
use app::TenantScope;
use app::ports::{Delivery, DeliveryKey, DeliveryQuery, DeliveryState, DueDelivery, PageKey, PortResult, WebhookEndpoint, WebhookStore};
use async_trait::async_trait;
use contracts::Envelope;
use contracts::stored::Stored;
use domain::ids::WebhookEndpointId;
use jiff::{SignedDuration, Timestamp};

/// How long a delivery is kept after a try that is still to come.
const WAITS: SignedDuration = SignedDuration::from_hours(48);

/// [`WebhookStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoWebhooks(pub(super) Dynamo);

const DUE: DueIndex = DueIndex {
    what: "list webhooks that are due",
    table: Table::Ops,
    index: Index::Gsi1,
    shards: keys::DELIVERY_SHARDS,
    partition: keys::due_deliveries,
};

/// Whether a write happened. One whose answer was lost is refused when the SDK sends it again, and finds what it wrote.
fn happened(written: Written, document: &str) -> bool {
    match written {
        Written::Done(_) => true,
        Written::Refused(Some(row)) => text_opt(&row, "doc") == Some(document),
        Written::Refused(None) => false,
    }
}

/// New, or still as it was.
fn guarded(write: Write, before: u64) -> Write {
    if before == 0 { write.when("attribute_not_exists(PK)") } else { write.when("#version = :before").number(":before", before) }
}

#[async_trait]
impl WebhookStore for DynamoWebhooks {
    async fn endpoints(&self, scope: &TenantScope) -> PortResult<Vec<WebhookEndpoint>> {
        let rows = self.0.query_all("list webhook endpoints", Table::Ops, Query::of(keys::webhook_endpoints(scope))).await?;
        let mut endpoints: Vec<WebhookEndpoint> =
            rows.iter().map(|row| self::document(row, Stored::Endpoint)).collect::<PortResult<_>>()?;
        endpoints.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(endpoints)
    }

    async fn endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<Option<WebhookEndpoint>> {
        let row = self.0.get("load a webhook endpoint", Table::Ops, keys::webhook_endpoint(scope, id)).await?;
        row.map(|row| self::document(&row, Stored::Endpoint)).transpose()
    }

    async fn add_endpoint(&self, scope: &TenantScope, endpoint: &WebhookEndpoint, most: usize) -> PortResult<bool> {
        let document = to_json("a webhook endpoint", endpoint)?;
        let row = Write::put(keys::webhook_endpoint(scope, &endpoint.id))
            .document(Stored::Endpoint, &document)
            .number("version", endpoint.version);
        let count = Write::update(keys::webhook_endpoint_count(scope), "ADD #endpoints :one").number(":one", 1);
        let count = count.when("attribute_not_exists(#endpoints) OR #endpoints < :most").number(":most", most);
        let writes = [(Table::Ops, guarded(row, 0)), (Table::Ops, count)];
        Ok(match self.0.transact("add a webhook endpoint", &writes).await? {
            Transacted::Done => true,
            // Whoever lost the answer finds what they wrote.
            Transacted::Refused(rows) => rows.into_iter().next().flatten().is_some_and(|row| text_opt(&row, "doc") == Some(&document)),
        })
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
        let document = to_json("a webhook endpoint", endpoint)?;
        let write = Write::put(keys::webhook_endpoint(scope, &endpoint.id))
            .document(Stored::Endpoint, &document)
            .number("version", endpoint.version);
        let write = guarded(write, before);
        let Some(row) = outbox::loose_row(scope, publish, now)? else {
            return Ok(happened(self.0.write(what, Table::Ops, &write).await?, &document));
        };
        let writes = [(Table::Ops, write), (Table::Outbox, row)];
        Ok(match self.0.transact(what, &writes).await? {
            Transacted::Done => true,
            Transacted::Refused(rows) => rows.into_iter().next().flatten().is_some_and(|row| text_opt(&row, "doc") == Some(&document)),
        })
    }

    async fn remove_endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<()> {
        let row = Write::delete(keys::webhook_endpoint(scope, id)).when("attribute_exists(PK)");
        let count = Write::update(keys::webhook_endpoint_count(scope), "ADD #endpoints :less").number(":less", -1);
        // Refused, it was gone before, and is not counted twice.
        self.0.transact("remove a webhook endpoint", &[(Table::Ops, row), (Table::Ops, count)]).await?;
        Ok(())
    }

    async fn delivery(&self, scope: &TenantScope, key: &DeliveryKey) -> PortResult<Option<Delivery>> {
        let row = self.0.get("load a delivery", Table::Ops, keys::delivery(scope, key)).await?;
        row.map(|row| json(&row, "doc")).transpose()
    }

    async fn save_delivery(&self, scope: &TenantScope, delivery: &Delivery, before: u64) -> PortResult<bool> {
        let key = delivery.key();
        let document = to_json("a delivery", delivery)?;
        let mut write = Write::put(keys::delivery(scope, &key)).text("doc", &document).number("version", delivery.version);
        let kept_until = delivery.at + Delivery::KEPT;
        if let DeliveryState::Waiting { next_at } = delivery.state {
            let place = keys::due_delivery(scope, &key, next_at);
            write = write.text("GSI1PK", place.pk).text("GSI1SK", place.sk).expires("ttl", kept_until.max(next_at + WAITS));
        } else {
            write = write.expires("ttl", kept_until);
        }
        Ok(happened(self.0.write("save a delivery", Table::Ops, &guarded(write, before)).await?, &document))
    }

    async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> PortResult<Vec<Delivery>> {
        let pk = keys::deliveries(scope, &query.endpoint);
        // DynamoDB refuses a range that ends before it begins, and a page that begins outside of it.
        let is_outside = query.after.as_ref().is_some_and(|(at, _)| *at < query.from || *at > query.to);
        if keys::stamp(query.from) > keys::stamp(query.to) || is_outside {
            return Ok(Vec::new());
        }
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

    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueDelivery>, Option<PageKey>)> {
        DUE.due(&self.0, now, after, limit, keys::due_of).await
    }
}
