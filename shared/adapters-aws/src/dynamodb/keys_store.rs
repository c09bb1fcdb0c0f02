//! API keys, by their hash.

use super::item::{Write, json, to_json};
use super::{Dynamo, Query, Table, keys};
use app::TenantScope;
use app::ports::{ApiKey, KeyStore, PortResult};
use async_trait::async_trait;
use domain::ids::TenantId;

/// [`KeyStore`] in the ops table. Reads are consistent: a revoked key stops at once.
#[derive(Clone)]
pub struct DynamoKeys(pub(super) Dynamo);

#[async_trait]
impl KeyStore for DynamoKeys {
    async fn key(&self, tenant: &TenantId, hash: &str) -> PortResult<Option<ApiKey>> {
        let row = self.0.get("load an API key", Table::Ops, keys::api_key(tenant, hash)).await?;
        row.map(|row| json(&row, "doc")).transpose()
    }

    async fn keys(&self, scope: &TenantScope) -> PortResult<Vec<ApiKey>> {
        let rows = self.0.query_all("list the API keys", Table::Ops, Query::of(keys::api_keys(scope.tenant()))).await?;
        let mut keys: Vec<ApiKey> = rows.iter().map(|row| json(row, "doc")).collect::<PortResult<_>>()?;
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    async fn save(&self, scope: &TenantScope, key: &ApiKey) -> PortResult<()> {
        let write = Write::put(keys::api_key(scope.tenant(), &key.hash)).text("doc", to_json("an API key", key)?);
        self.0.write("save an API key", Table::Ops, &write).await?;
        Ok(())
    }
}
