//! The ledger of decisions: each beside its order, and all of a shop in one index.
//!
//! A shop makes some decisions a minute, so one partition of the index holds them all.

use super::item::{Row, Write, json, text, text_opt, to_json};
use super::{Dynamo, Index, Query, Range, Table, Written, keys};
use app::TenantScope;
use app::ports::{DecisionPage, DecisionRecord, DecisionStore, Judgement, PageKey, PortError, PortResult};
use async_trait::async_trait;
use domain::ids::{DecisionId, OrderId};
use jiff::Timestamp;

/// [`DecisionStore`] in the orders table.
#[derive(Clone)]
pub struct DynamoDecisions(pub(super) Dynamo);

/// A new entry.
pub(super) fn entry(scope: &TenantScope, decision: &DecisionRecord) -> PortResult<Write> {
    let listed = keys::decision_row(scope, &decision.order, &decision.id, decision.at);
    let entry = Write::put(keys::decision(scope, &decision.order, &decision.id))
        .text("summary", to_json("a decision", decision)?)
        .text("GSI3PK", listed.pk)
        .text("GSI3SK", listed.sk);
    Ok(entry.when("attribute_not_exists(PK)"))
}

/// What a person thought of an entry.
pub(super) fn judged(scope: &TenantScope, order: &OrderId, id: &DecisionId, judgement: &Judgement) -> PortResult<Write> {
    let change = Write::update(keys::decision(scope, order, id), "SET #verdict = :verdict");
    Ok(change.when("attribute_exists(PK)").text(":verdict", to_json("a judgement", judgement)?))
}

fn record_of(row: &Row) -> PortResult<DecisionRecord> {
    let judgement = text_opt(row, "verdict").map(|_| json::<Judgement>(row, "verdict")).transpose()?;
    Ok(DecisionRecord { judgement, ..json(row, "summary")? })
}

#[async_trait]
impl DecisionStore for DynamoDecisions {
    async fn record(&self, scope: &TenantScope, decision: &DecisionRecord) -> PortResult<bool> {
        let written = self.0.write("keep a decision", Table::Orders, &entry(scope, decision)?).await?;
        Ok(matches!(written, Written::Done(_)))
    }

    async fn decision(&self, scope: &TenantScope, order: &OrderId, id: &DecisionId) -> PortResult<Option<DecisionRecord>> {
        let row = self.0.get("read a decision", Table::Orders, keys::decision(scope, order, id)).await?;
        row.as_ref().map(record_of).transpose()
    }

    async fn of_order(&self, scope: &TenantScope, order: &OrderId, limit: usize) -> PortResult<Vec<DecisionRecord>> {
        let query = Query {
            range: Range::Prefix(keys::DECISION_PREFIX.to_owned()),
            ascending: false,
            limit: Some(limit),
            ..Query::of(keys::order_partition(scope, order.as_str()))
        };
        let (rows, _) = self.0.query("read an order's decisions", Table::Orders, query).await?;
        let mut decisions = rows.iter().map(record_of).collect::<PortResult<Vec<_>>>()?;
        decisions.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
        Ok(decisions)
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
        let first = before.map(keys::before);
        let below = after.map(|after| after.0.clone()).or(first);
        let range = below.map_or(Range::Whole, Range::Below);
        let query = Query { range, ascending: false, limit: Some(limit), ..Query::index(Index::Gsi3, keys::decisions(scope)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list decisions", Table::Orders, query).await?;
        let decisions = rows.iter().map(record_of).collect::<PortResult<Vec<_>>>()?;
        let place = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        Ok(DecisionPage { decisions, next: place.map(|place| PageKey(place.to_owned())) })
    }
}
