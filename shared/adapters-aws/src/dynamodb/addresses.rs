//! What is known of the addresses of customers. They are hashed: nobody can be written to by what stands here.

use super::item::{Row, Write, text_opt};
use super::{Dynamo, Table, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{Address, AddressStore, PortResult, Reached};
use async_trait::async_trait;
use domain::ids::OrderId;
use jiff::Timestamp;

/// [`AddressStore`] in the ops table. What was refused is kept for good.
#[derive(Clone)]
pub struct DynamoAddresses(pub(super) Dynamo);

#[async_trait]
impl AddressStore for DynamoAddresses {
    async fn reached(&self, scope: &TenantScope, address: &Address) -> PortResult<Reached> {
        let row = self.0.get("look up an address", Table::Ops, keys::address(scope, address)).await?.unwrap_or_default();
        let order = text_opt(&row, "order").map(OrderId::parse).transpose().map_err(|_| corrupt("order"))?;
        let refused = |row: &Row| text_opt(row, "refused").map(str::to_owned);
        if let (None, Some(other)) = (refused(&row), text_opt(&row, "answers_from")) {
            let other = Address { channel: address.channel, key: other.to_owned() };
            let other = self.0.get("look up an address", Table::Ops, keys::address(scope, &other)).await?.unwrap_or_default();
            return Ok(Reached { refused: refused(&other), order });
        }
        Ok(Reached { refused: refused(&row), order })
    }

    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId) -> PortResult<()> {
        let write = Write::update(keys::address(scope, address), "SET #order = :order").text(":order", order.as_str());
        self.0.write("remember an address", Table::Ops, &write).await.map(drop)
    }

    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()> {
        let write = Write::update(keys::address(scope, address), "SET #answers_from = :other").text(":other", &other.key);
        self.0.write("remember an address", Table::Ops, &write).await.map(drop)
    }

    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()> {
        let key = keys::address(scope, address);
        let write = match why {
            Some(why) => Write::update(key, "SET #refused = :refused, #wished_at = :at").text(":refused", why),
            None => Write::update(key, "SET #wished_at = :at REMOVE #refused"),
        };
        let write = write.when("attribute_not_exists(#wished_at) OR #wished_at <= :at").moment(":at", at);
        self.0.write("settle an address", Table::Ops, &write).await.map(drop)
    }
}
