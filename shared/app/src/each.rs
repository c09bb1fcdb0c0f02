//! A message for each shop that wants something done by the clock, so that no shop waits for another's.

use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Queue, TenantStore};
use crate::tenant::TenantConfig;
use domain::ids::TenantId;
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::Serialize;

/// Shops looked up at once.
const AT_ONCE: usize = 16;

/// Sends what `wanted` says for each shop; those for whom that was anything.
///
/// # Errors
/// `Retryable`: the next tick asks for all again.
pub(crate) async fn ask_each<M: Serialize + Sync + Send>(
    (tenants, queue): (&dyn TenantStore, &dyn Queue),
    wanted: impl AsyncFn(&TenantId, &TenantConfig) -> Result<Vec<M>>,
) -> Result<Vec<TenantId>> {
    let wanted = &wanted;
    let asked = stream::iter(tenants.all().await?).map(|tenant| async move {
        let Some(config) = tenants.config(&tenant).await? else { return Ok::<_, Error>(None) };
        let messages = wanted(&tenant, &config).await?;
        for message in &messages {
            json::send(queue, message).await?;
        }
        Ok((!messages.is_empty()).then_some(tenant))
    });
    let asked: Vec<Option<TenantId>> = asked.buffered(AT_ONCE).try_collect().await?;
    Ok(asked.into_iter().flatten().collect())
}
