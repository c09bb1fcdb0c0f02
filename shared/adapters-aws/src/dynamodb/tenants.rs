//! Tenants' settings.

use super::item::{Write, document, text, to_json};
use super::{Dynamo, Query, Table, Transacted, Written, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{PortResult, TenantStore};
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::stored::Stored;
use domain::ids::TenantId;

/// [`TenantStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoTenants(pub(super) Dynamo);

#[async_trait]
impl TenantStore for DynamoTenants {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        let row = self.0.get("load the settings", Table::Ops, keys::config(tenant)).await?;
        row.map(|row| document(&row, Stored::Settings)).transpose()
    }

    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        let tenant = scope.tenant();
        let version = before_version + 1;
        let doc = to_json("the settings", &TenantConfig { version, ..config.clone() })?;
        let save = Write::put(keys::config(tenant)).number("version", version).document(Stored::Settings, doc);
        if before_version > 0 {
            let save = save.when("#version = :before").number(":before", before_version);
            return Ok(matches!(self.0.write("save the settings", Table::Ops, &save).await?, Written::Done(_)));
        }
        // A new tenant also enters the list that schedules go by.
        let save = save.when("attribute_not_exists(PK)");
        let listed = Write::put(keys::tenant(tenant)).text("tenant", tenant.as_str());
        let writes = [(Table::Ops, save), (Table::Ops, listed)];
        Ok(matches!(self.0.transact("save the settings", &writes).await?, Transacted::Done))
    }

    async fn all(&self) -> PortResult<Vec<TenantId>> {
        let rows = self.0.query_all("list the tenants", Table::Ops, Query::of(keys::TENANTS.to_owned())).await?;
        rows.iter().map(|row| TenantId::parse(text(row, "tenant")?).map_err(|_| corrupt("tenant"))).collect()
    }
}
