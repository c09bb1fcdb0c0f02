//! What models have said, for an hour.

use super::item::{Write, moment, text};
use super::{Dynamo, Table, keys};
use app::TenantScope;
use app::ports::{PortResult, WordingKey, WordingStore};
use async_trait::async_trait;
use jiff::Timestamp;

/// [`WordingStore`] in the ops table: half a unit to look, one to keep.
#[derive(Clone)]
pub struct DynamoWordings(pub(super) Dynamo);

#[async_trait]
impl WordingStore for DynamoWordings {
    async fn kept(&self, scope: &TenantScope, key: &WordingKey, now: Timestamp) -> PortResult<Option<String>> {
        let row = self.0.get("look for a wording", Table::Ops, keys::wording(scope, key)).await?;
        let Some(row) = row else { return Ok(None) };
        // The table drops rows late.
        Ok(if moment(&row, "expires_at")? > now { Some(text(&row, "words")?.to_owned()) } else { None })
    }

    async fn keep(&self, scope: &TenantScope, key: &WordingKey, words: &str, until: Timestamp) -> PortResult<()> {
        let keep = Write::update(keys::wording(scope, key), "SET #words = :words, #expires_at = :until, #ttl = :ttl")
            .text(":words", words)
            .moment(":until", until)
            .expires(":ttl", until);
        self.0.write("keep a wording", Table::Ops, &keep).await.map(drop)
    }
}
