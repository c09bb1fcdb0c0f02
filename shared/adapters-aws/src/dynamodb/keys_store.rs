//! API keys, by their hash.

use super::item::{Row, Write, document, text_opt, to_json};
use super::{Dynamo, Query, Table, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{ApiKey, KeyStore, PortError, PortResult};
use async_trait::async_trait;
use contracts::stored::Stored;
use domain::ids::TenantId;
use jiff::civil::Date;
use std::time::Duration;

/// How long somebody who is let in waits for the note that they were.
const NOTED_WITHIN: Duration = Duration::from_millis(250);

/// [`KeyStore`] in the ops table. Reads are consistent: a revoked key stops at once.
#[derive(Clone)]
pub struct DynamoKeys(pub(super) Dynamo);

fn key_of(row: &Row) -> PortResult<ApiKey> {
    let day = text_opt(row, "used_on").map(|day| day.parse().map_err(|_| corrupt("used_on")));
    Ok(ApiKey { last_used_on: day.transpose()?, ..document(row, Stored::ApiKey)? })
}

#[async_trait]
impl KeyStore for DynamoKeys {
    async fn key(&self, tenant: &TenantId, hash: &str) -> PortResult<Option<ApiKey>> {
        let row = self.0.get("load an API key", Table::Ops, keys::api_key(tenant, hash)).await?;
        row.as_ref().map(key_of).transpose()
    }

    async fn keys(&self, scope: &TenantScope) -> PortResult<Vec<ApiKey>> {
        let rows = self.0.query_all("list the API keys", Table::Ops, Query::of(keys::api_keys(scope.tenant()))).await?;
        let mut keys: Vec<ApiKey> = rows.iter().map(key_of).collect::<PortResult<_>>()?;
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    async fn save(&self, scope: &TenantScope, key: &ApiKey) -> PortResult<()> {
        let write = Write::put(keys::api_key(scope.tenant(), &key.hash)).document(Stored::ApiKey, to_json("an API key", key)?);
        let write = key.last_used_on.iter().fold(write, |write, day| write.text("used_on", day.to_string()));
        self.0.write("save an API key", Table::Ops, &write).await?;
        Ok(())
    }

    async fn used(&self, tenant: &TenantId, hash: &str, day: Date) -> PortResult<()> {
        let what = "note that an API key was used";
        let note = Write::update(keys::api_key(tenant, hash), "SET #used_on = :day")
            .when("attribute_exists(PK) AND (attribute_not_exists(#used_on) OR #used_on < :day)")
            .text(":day", day.to_string());
        let note = tokio::time::timeout(NOTED_WITHIN, self.0.write(what, Table::Ops, &note)).await;
        note.map_err(|_| PortError::Retryable(format!("{what}: not within {} ms", NOTED_WITHIN.as_millis())))?.map(drop)
    }
}
