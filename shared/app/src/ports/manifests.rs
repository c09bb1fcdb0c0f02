//! What carriers collect: the parcels that wait for them, and the manifests they were told.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::ManifestId;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, Pile, WaitingParcel};
use jiff::{SignedDuration, Timestamp};

/// So long a parcel waits to be collected; a label is no good for longer.
pub const WAITS_FOR: SignedDuration = SignedDuration::from_hours(60 * 24);

/// Part of the list of manifests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestPage {
    /// The latest first.
    pub manifests: Vec<Manifest>,
    /// Where the next page begins, if there is one.
    pub next: Option<PageKey>,
}

/// What carriers collect.
#[async_trait]
pub trait ManifestStore: Send + Sync {
    /// Puts a parcel onto its carrier's pile. Safe to repeat. It is forgotten [`WAITS_FOR`] after `now`.
    async fn lay(&self, scope: &TenantScope, parcel: &WaitingParcel, now: Timestamp) -> PortResult<()>;
    /// What waits for a carrier, at most `limit`; by location and number.
    async fn waiting(&self, scope: &TenantScope, carrier: CarrierName, limit: usize) -> PortResult<Vec<WaitingParcel>>;
    /// Takes parcels from their piles. Safe to repeat.
    async fn take(&self, scope: &TenantScope, parcels: &[WaitingParcel]) -> PortResult<()>;
    /// The manifests that are open, one of a pile at most.
    async fn open(&self, scope: &TenantScope) -> PortResult<Vec<(Pile, ManifestId)>>;
    /// Adds one that is asked for, and publishes in the same transaction. False if one of its pile is open; then nothing happened.
    async fn add(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool>;
    /// One of them.
    async fn load(&self, scope: &TenantScope, id: &ManifestId) -> PortResult<Option<Manifest>>;
    /// Part of all of them, the latest first.
    async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> PortResult<ManifestPage>;
    /// Saves one if nobody has changed it since the version before, and publishes in the same transaction. One that is not open any more
    /// makes room for another of its pile. False if somebody has.
    async fn save(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool>;
}
