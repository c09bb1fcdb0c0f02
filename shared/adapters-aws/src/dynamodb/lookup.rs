//! What a question needs: heads of orders and the buckets that guard them, in one `BatchGetItem`.

use super::item::json;
use super::{Dynamo, Table, buckets, keys};
use app::TenantScope;
use app::ports::{Limit, Looked, Lookup, PortResult};
use async_trait::async_trait;
use domain::ids::OrderId;
use jiff::Timestamp;

/// [`Lookup`] over the orders and the ops table.
#[derive(Clone)]
pub struct DynamoLookup(pub(super) Dynamo);

#[async_trait]
impl Lookup for DynamoLookup {
    async fn look(&self, scope: &TenantScope, orders: &[OrderId], buckets: &[String], limit: Limit, now: Timestamp) -> PortResult<Looked> {
        let heads: Vec<keys::Key> = orders.iter().map(|id| keys::head(scope, id)).collect();
        let rates: Vec<keys::Key> = buckets.iter().map(|bucket| keys::bucket(scope, bucket)).collect();
        let rows = self.0.get_each("look an order up", &[(Table::Orders, &heads), (Table::Ops, &rates)]).await?;
        let order = |key| rows.get(key).map(|row| json(row, "doc")).transpose();
        let allowance = |key| buckets::room(rows.get(key), limit, now);
        Ok(Looked {
            orders: heads.iter().map(order).collect::<PortResult<_>>()?,
            allowances: rates.iter().map(allowance).collect::<PortResult<_>>()?,
        })
    }
}
