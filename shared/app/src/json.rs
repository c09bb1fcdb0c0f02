//! What use cases keep and send as JSON.

use crate::error::{Error, Result};
use crate::ports::{Queue, ReportStore};
use crate::scope::TenantScope;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// As text.
///
/// # Errors
/// `Fatal` for what JSON cannot say, which none of ours is.
pub fn text(what: &impl Serialize) -> Result<String> {
    serde_json::to_string(what).map_err(|why| Error::Fatal(why.to_string()))
}

/// Puts a message on a queue.
///
/// # Errors
/// `Retryable`.
pub async fn send(queue: &dyn Queue, message: &impl Serialize) -> Result<()> {
    Ok(queue.send(&text(message)?).await?)
}

/// A document that is kept among a tenant's files. One that cannot be read counts as not kept: what is kept here is a
/// memory, and whoever has lost theirs looks again.
///
/// # Errors
/// `Retryable`.
pub async fn recall<T: DeserializeOwned>(files: &dyn ReportStore, scope: &TenantScope, key: &str) -> Result<Option<T>> {
    Ok(files.get(scope, key).await?.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Keeps a document among a tenant's files.
///
/// # Errors
/// `Retryable`.
pub async fn remember(files: &dyn ReportStore, scope: &TenantScope, key: &str, what: &impl Serialize) -> Result<()> {
    files.put(scope, key, text(what)?.into_bytes(), "application/json").await?;
    Ok(())
}
