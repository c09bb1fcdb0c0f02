//! Prices: a document for each thing that is sold.

use super::item::{Write, json, text, to_json};
use super::outbox::loose_row;
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, Transacted, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{PageKey, PortResult, PricePage, PriceStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::Sku;
use domain::price::PriceTag;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

/// [`PriceStore`] in the inventory table.
#[derive(Clone)]
pub struct DynamoPrices(pub(super) Dynamo);

#[async_trait]
impl PriceStore for DynamoPrices {
    async fn load(&self, scope: &TenantScope, sku: &Sku) -> PortResult<Option<PriceTag>> {
        let row = self.0.get("read a price", Table::Inventory, keys::price(scope, sku)).await?;
        row.map(|row| json(&row, "document")).transpose()
    }

    async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PricePage> {
        let range = after.map_or(Range::Whole, |after| Range::Above(after.0.clone()));
        let query = Query { range, limit: Some(limit), ..Query::index(Index::Gsi1, keys::prices(scope, waiting)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list prices", Table::Inventory, query).await?;
        let next = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        let next = next.map(|place| PageKey(place.to_owned()));
        let read = |row| Sku::parse(&keys::text_of(text(row, sk_name)?)).map_err(|_| corrupt("GSI1SK"));
        let skus = rows.iter().map(read).collect::<PortResult<Vec<_>>>()?;
        let tags: Vec<Option<PriceTag>> =
            stream::iter(skus).map(|sku| async move { self.load(scope, &sku).await }).buffered(AT_ONCE).try_collect().await?;
        // The list follows within moments: what was just decided stands in the other one.
        Ok(PricePage { tags: tags.into_iter().flatten().filter(|tag| tag.proposal.is_some() == waiting).collect(), next })
    }

    async fn save(&self, scope: &TenantScope, tag: &PriceTag, events: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let listed = keys::price_row(scope, &tag.sku, tag.proposal.is_some());
        let row = Write::put(keys::price(scope, &tag.sku))
            .text("document", to_json("a price", tag)?)
            .number("version", tag.version)
            .text("GSI1PK", listed.pk)
            .text("GSI1SK", listed.sk);
        let before = tag.version.saturating_sub(1);
        let row = if before == 0 { row.when("attribute_not_exists(PK)") } else { row.when("#version = :before").number(":before", before) };
        let mut writes = vec![(Table::Inventory, row)];
        writes.extend(loose_row(scope, events, now)?.map(|row| (Table::Outbox, row)));
        match self.0.transact("save a price", &writes).await? {
            Transacted::Done => Ok(true),
            Transacted::Refused(_) => Ok(false),
        }
    }
}
