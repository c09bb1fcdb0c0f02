//! What is known of the addresses of customers. What stands for them is made with a key: nobody can be written to by what stands
//! here, and no number is found by trying all there are.

use super::item::{Row, Write, number, text_opt};
use super::{Dynamo, Table, Written, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{ADDRESS_KNOWN_FOR, Address, AddressStore, PortResult, Reached};
use async_trait::async_trait;
use domain::ids::OrderId;
use jiff::Timestamp;

/// Of a row that expires, or of none.
const PASSING: &str = "attribute_not_exists(#refused) AND attribute_not_exists(#answers_from)";
/// No later wish is known.
const LATEST: &str = "(attribute_not_exists(#wished_at) OR #wished_at <= :at)";

/// [`AddressStore`] in the ops table. What was refused, here or where they answer from, is kept for good: such a row does not
/// expire.
#[derive(Clone)]
pub struct DynamoAddresses(pub(super) Dynamo);

fn refused(row: &Row) -> Option<String> {
    text_opt(row, "refused").map(str::to_owned)
}

/// Where whoever has this address answers from, if it is from another.
fn other(row: &Row, address: &Address) -> Option<Address> {
    text_opt(row, "answers_from").map(|key| Address { channel: address.channel, key: key.to_owned() })
}

#[async_trait]
impl AddressStore for DynamoAddresses {
    async fn reached(&self, scope: &TenantScope, address: &Address, now: Timestamp) -> PortResult<Reached> {
        let row = self.row(scope, address).await?;
        if row.contains_key("ttl") && number::<i64>(&row, "ttl")? <= now.as_second() {
            return Ok(Reached::default());
        }
        let order = text_opt(&row, "order").map(OrderId::parse).transpose().map_err(|_| corrupt("order"))?;
        if let (None, Some(other)) = (refused(&row), other(&row, address)) {
            return Ok(Reached { refused: refused(&self.row(scope, &other).await?), order });
        }
        Ok(Reached { refused: refused(&row), order })
    }

    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        let change = |change: &str| Write::update(keys::address(scope, address), change).text(":order", order.as_str());
        let passing = change("SET #order = :order, #ttl = :ttl").expires(":ttl", now + ADDRESS_KNOWN_FOR).when(PASSING);
        match self.0.write("remember an address", Table::Ops, &passing).await? {
            Written::Done(_) => Ok(()),
            Written::Refused(_) => self.0.write("remember an address", Table::Ops, &change("SET #order = :order")).await.map(drop),
        }
    }

    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()> {
        let change = "SET #answers_from = :other REMOVE #ttl";
        let write = Write::update(keys::address(scope, address), change).text(":other", &other.key);
        self.0.write("remember an address", Table::Ops, &write).await.map(drop)
    }

    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()> {
        let Some(why) = why else { return self.reopen(scope, address, at).await };
        let change = "SET #refused = :refused, #wished_at = :at REMOVE #ttl";
        let write = Write::update(keys::address(scope, address), change).text(":refused", why).moment(":at", at);
        self.0.write("settle an address", Table::Ops, &write.when(LATEST)).await.map(drop)
    }

    async fn forget(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        let row = self.row(scope, address).await?;
        let mut is_refused = row.contains_key("refused");
        if let Some(other) = other(&row, address) {
            let refused = self.row(scope, &other).await?.contains_key("refused");
            self.forget_at(scope, (&other, refused), order, now).await?;
            is_refused |= refused;
        }
        self.forget_at(scope, (address, is_refused), order, now).await
    }
}

impl DynamoAddresses {
    async fn row(&self, scope: &TenantScope, address: &Address) -> PortResult<Row> {
        let row = self.0.get("look up an address", Table::Ops, keys::address(scope, address)).await?;
        Ok(row.unwrap_or_default())
    }

    async fn reopen(&self, scope: &TenantScope, address: &Address, at: Timestamp) -> PortResult<()> {
        let passing = |address: &Address| {
            let write = Write::update(keys::address(scope, address), "SET #wished_at = :at, #ttl = :ttl REMOVE #refused");
            let write = write.moment(":at", at).expires(":ttl", at + ADDRESS_KNOWN_FOR);
            write.when(format!("{LATEST} AND attribute_not_exists(#answers_from)"))
        };
        let written = self.0.write("settle an address", Table::Ops, &passing(address)).await?;
        let Written::Refused(Some(row)) = written else { return Ok(()) };
        let Some(other) = other(&row, address) else { return Ok(()) };
        let lasting = Write::update(keys::address(scope, address), "SET #wished_at = :at REMOVE #refused").moment(":at", at);
        self.0.write("settle an address", Table::Ops, &lasting.when(LATEST)).await?;
        self.0.write("settle an address", Table::Ops, &passing(&other)).await.map(drop)
    }

    /// A row in which nothing is refused is left to be dropped; one in which something is stays, whoever refused it meanwhile.
    async fn forget_at(
        &self,
        scope: &TenantScope,
        (address, is_refused): (&Address, bool),
        order: &OrderId,
        now: Timestamp,
    ) -> PortResult<()> {
        let change = |change: &str| Write::update(keys::address(scope, address), change).text(":order", order.as_str());
        let what = "forget an address";
        if !is_refused {
            let gone = change("SET #ttl = :now REMOVE #order, #answers_from").expires(":now", now);
            let gone = gone.when("#order = :order AND attribute_not_exists(#refused)");
            match self.0.write(what, Table::Ops, &gone).await? {
                Written::Refused(Some(row)) if row.contains_key("refused") => {}
                Written::Done(_) | Written::Refused(_) => return Ok(()),
            }
        }
        self.0.write(what, Table::Ops, &change("REMOVE #order").when("#order = :order")).await.map(drop)
    }
}
