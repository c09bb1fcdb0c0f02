//! Orders with suppliers: a document each, changed together with the levels it changes.

use super::item::{Write, json, text, to_json};
use super::outbox::loose_row;
use super::stock::first;
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, Transacted, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{PageKey, PortError, PortResult, PurchasePage, PurchaseStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::PurchaseId;
use domain::stock::purchase::{PurchaseOrder, Supply};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// [`PurchaseStore`] in the inventory table.
#[derive(Clone)]
pub struct DynamoPurchases(pub(super) Dynamo);

#[async_trait]
impl PurchaseStore for DynamoPurchases {
    async fn load(&self, scope: &TenantScope, id: &PurchaseId) -> PortResult<Option<PurchaseOrder>> {
        let row = self.0.get("read a purchase order", Table::Inventory, keys::purchase(scope, id)).await?;
        row.map(|row| json(&row, "document")).transpose()
    }

    async fn page(&self, scope: &TenantScope, open: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PurchasePage> {
        if after.is_some_and(|after| keys::purchase_of(&after.0).is_none()) {
            return Err(PortError::Fatal("not a page key of this list".into()));
        }
        let range = after.map_or(Range::Whole, |after| Range::Below(after.0.clone()));
        let query = Query { range, ascending: false, limit: Some(limit), ..Query::index(Index::Gsi1, keys::purchases(scope, open)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list purchase orders", Table::Inventory, query).await?;
        let next = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        let next = next.map(|place| PageKey(place.to_owned()));
        let read = |row| keys::purchase_of(text(row, sk_name)?).ok_or_else(|| corrupt("GSI1SK"));
        let ids = rows.iter().map(read).collect::<PortResult<Vec<_>>>()?;
        let orders: Vec<Option<PurchaseOrder>> =
            stream::iter(ids).map(|id| async move { self.load(scope, &id).await }).buffered(AT_ONCE).try_collect().await?;
        // The list follows within moments: what was just settled stands in the other one.
        Ok(PurchasePage { orders: orders.into_iter().flatten().filter(|order| order.status.is_open() == open).collect(), next })
    }

    async fn save(
        &self,
        scope: &TenantScope,
        order: &PurchaseOrder,
        supplies: &[Supply],
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let listed = keys::purchase_row(scope, &order.id, order.status.is_open(), order.created_at);
        let row = Write::put(keys::purchase(scope, &order.id))
            .text("document", to_json("a purchase order", order)?)
            .number("version", order.version)
            .text("GSI1PK", listed.pk)
            .text("GSI1SK", listed.sk);
        let before = order.version.saturating_sub(1);
        let row = if before == 0 { row.when("attribute_not_exists(PK)") } else { row.when("#version = :before").number(":before", before) };
        let mut writes = vec![(Table::Inventory, row)];
        for supply in supplies {
            let level = first(scope, supply.sku.as_str(), order.location.as_str(), "#available :arrived, #on_order :more");
            writes.push((Table::Inventory, level.number(":arrived", supply.arrived).number(":more", supply.on_order)));
            if let (Some(receipt), true) = (order.receipts.last(), supply.arrived > 0) {
                let reference = format!("{}/{}", order.id, receipt.reference);
                let moved = Write::put(keys::movement(scope, supply.sku.as_str(), order.location.as_str(), &reference));
                writes.push((Table::Inventory, moved.number("by", supply.arrived).moment("at", now).when("attribute_not_exists(PK)")));
            }
        }
        writes.extend(loose_row(scope, events, now)?.map(|row| (Table::Outbox, row)));
        match self.0.transact("save a purchase order", &writes).await? {
            Transacted::Done => Ok(true),
            Transacted::Refused(failed) if failed.first().is_some_and(Option::is_some) => Ok(false),
            Transacted::Refused(_) => Err(PortError::Fatal(format!("a delivery of {} was booked by another name", order.id))),
        }
    }
}
