//! A shop's Saleor: who signs its webhooks, and its GraphQL API.

use super::PortResult;
use crate::saleor::{BadOrder, CommerceOrder};
use crate::tenant::SaleorSettings;
use async_trait::async_trait;
use domain::saleor::{Parcel, TheirLine, TheirParcel};
use jiff::{SignedDuration, Timestamp};

/// Knows by which keys a Saleor signs.
#[async_trait]
pub trait SaleorKeys: Send + Sync {
    /// Whether this Saleor has signed this body (`Saleor-Signature`: a detached JWS).
    ///
    /// # Errors
    /// `Retryable` if its keys could not be read: nobody can say.
    async fn is_signed(&self, account: &SaleorSettings, signature: &str, body: &[u8], now: Timestamp) -> PortResult<bool>;
}

/// Why Saleor did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SaleorError {
    /// Too many requests: it wants to be left alone, for so long if it says.
    #[error("Saleor has too many requests")]
    Throttled(Option<SignedDuration>),
    /// Nothing was done, and the same call may work later.
    #[error("{0}")]
    Retryable(String),
    /// Nobody knows whether it was done.
    #[error("{0}")]
    Unknown(String),
    /// Somebody has to act: a token that was taken back, a right that is missing, a step that Saleor does not allow.
    #[error("{0}")]
    Refused(String),
}

/// Some of the orders that have changed there.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SaleorPage {
    /// Those that can be read, and what is wrong with the others; the least recently changed first.
    pub orders: Vec<Result<CommerceOrder, BadOrder>>,
    /// Where to go on; none at the end.
    pub next: Option<String>,
}

/// An order there, with what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaleorDossier {
    /// The order; what is wrong with it, if it cannot be read.
    pub order: Result<CommerceOrder, BadOrder>,
    /// What of its lines was sent, and can be.
    pub lines: Vec<TheirLine>,
    /// What it was sent in.
    pub parcels: Vec<TheirParcel>,
}

/// Saleor's GraphQL API.
#[async_trait]
pub trait SaleorApi: Send + Sync {
    /// Orders that have changed since, from where an earlier page ended.
    async fn changed(&self, account: &SaleorSettings, since: Timestamp, after: Option<&str>) -> Result<SaleorPage, SaleorError>;
    /// An order by its id there.
    async fn order(&self, account: &SaleorSettings, id: &str) -> Result<Option<SaleorDossier>, SaleorError>;
    /// A parcel of an order has left.
    async fn fulfil(&self, account: &SaleorSettings, id: &str, parcel: &Parcel) -> Result<(), SaleorError>;
    /// An order was called off.
    async fn cancel(&self, account: &SaleorSettings, id: &str) -> Result<(), SaleorError>;
    /// The carrier's number of a parcel that is known there.
    async fn number(&self, account: &SaleorSettings, parcel: &str, number: &str) -> Result<(), SaleorError>;
}
