//! Sheets that live elsewhere.

use crate::tenant::Secret;
use async_trait::async_trait;
use domain::sheet::Table;
use serde::{Deserialize, Serialize};

/// Which sheet, and as whom we read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SheetSettings {
    /// From its address: `https://docs.google.com/spreadsheets/d/{this}/edit`.
    pub spreadsheet_id: String,
    /// Name of the worksheet; the first, if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worksheet: Option<String>,
    /// The service account's key as its provider hands it out: JSON. The sheet must be shared with its address.
    pub service_account: Secret,
    /// Read every few minutes; else only on demand.
    pub enabled: bool,
    /// Currency of rows that have none, ISO 4217.
    pub currency: String,
}

/// Why a sheet could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SheetError {
    /// Too many requests, a time-out, a broken line: the same call may work later.
    #[error("{0}")]
    Retryable(String),
    /// Somebody has to act: a revoked key, a sheet that isn't shared, a worksheet that isn't there.
    #[error("{0}")]
    Refused(String),
}

/// Reads sheets. There is no way to write one.
#[async_trait]
pub trait SheetSource: Send + Sync {
    /// The whole worksheet.
    async fn read(&self, sheet: &SheetSettings) -> Result<Table, SheetError>;
}
