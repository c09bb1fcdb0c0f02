//! Figures, stock and once-records that do not add up.

use super::Bug;
use app::TenantScope;
use app::measure::LABELS;
use app::ports::*;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{EventId, ManifestId, Sku};
use domain::price::PriceTag;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, Pile, WaitingParcel};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

pub(super) struct CountsAgain {
    pub(super) inner: Arc<dyn MetricStore>,
    pub(super) calls: AtomicU64,
}

#[async_trait]
impl MetricStore for CountsAgain {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let fresh = EventId::parse(&format!("{event}:{call}")).unwrap_or_else(|_| event.clone());
        self.inner.count(scope, &fresh, deltas, now).await
    }
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        self.inner.series(scope, series, from, to).await
    }
}

/// Keeps photos that are deleted, or does not keep those that are stored.
pub(super) struct BadFiles {
    pub(super) inner: Arc<dyn ReportStore>,
    pub(super) bug: Bug,
}

#[async_trait]
impl ReportStore for BadFiles {
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String> {
        if self.bug == Bug::PhotosUnstored && key.starts_with("photos/") {
            return Ok(key.to_owned());
        }
        let first = bytes.iter().position(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let shortened = self.bug == Bug::ExportShortened && key.starts_with("export/orders/");
        let bytes = if shortened { bytes[first..].to_vec() } else { bytes };
        self.inner.put(scope, key, bytes, content_type).await
    }
    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
        self.inner.get(scope, key).await
    }
    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
        self.inner.list(scope, prefix, limit).await
    }
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
        self.inner.link(scope, key, valid_for).await
    }
    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
        if self.bug == Bug::PhotosKept { Ok(()) } else { self.inner.delete(scope, key).await }
    }
}

/// Counts every order of a label under each of its currencies.
pub(super) struct EveryCurrency(pub(super) Arc<dyn MetricStore>);

#[async_trait]
impl MetricStore for EveryCurrency {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        self.0.count(scope, event, deltas, now).await
    }
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        let mut points = self.0.series(scope, series, from, to).await?;
        for point in points.iter_mut().filter(|_| series == LABELS) {
            let all = point.fields.get("orders").copied().unwrap_or(0);
            point.fields.iter_mut().filter(|(field, _)| field.starts_with("orders:")).for_each(|(_, orders)| *orders = all);
        }
        Ok(points)
    }
}

/// A pile from which nothing is taken.
pub(super) struct StickyPile(pub(super) Arc<dyn ManifestStore>);

#[async_trait]
impl ManifestStore for StickyPile {
    async fn lay(&self, scope: &TenantScope, parcel: &WaitingParcel, now: Timestamp) -> PortResult<()> {
        self.0.lay(scope, parcel, now).await
    }
    async fn waiting(&self, scope: &TenantScope, carrier: CarrierName, limit: usize) -> PortResult<Vec<WaitingParcel>> {
        self.0.waiting(scope, carrier, limit).await
    }
    async fn take(&self, _: &TenantScope, _: &[WaitingParcel]) -> PortResult<()> {
        Ok(())
    }
    async fn open(&self, scope: &TenantScope) -> PortResult<Vec<(Pile, ManifestId)>> {
        self.0.open(scope).await
    }
    async fn add(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        self.0.add(scope, manifest, publish, now).await
    }
    async fn load(&self, scope: &TenantScope, id: &ManifestId) -> PortResult<Option<Manifest>> {
        self.0.load(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> PortResult<ManifestPage> {
        self.0.page(scope, after, limit).await
    }
    async fn save(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        self.0.save(scope, manifest, publish, now).await
    }
}

/// Stock whose movements are not told apart.
pub(super) struct LooseStock {
    pub(super) inner: Arc<dyn StockStore>,
    pub(super) calls: AtomicU64,
}

#[async_trait]
impl StockStore for LooseStock {
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>> {
        self.inner.level(scope, sku, location).await
    }
    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>> {
        self.inner.levels(scope, sku).await
    }
    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let fresh = format!("{reference}:{call}");
        self.inner.adjust(scope, sku, location, by, &fresh, now).await
    }
    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        to: (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        self.inner.grade(scope, level, to, events, now).await
    }
    async fn page(&self, scope: &TenantScope, grade: Option<StockGrade>, after: Option<&PageKey>, limit: usize) -> PortResult<StockPage> {
        self.inner.page(scope, grade, after, limit).await
    }
    async fn places(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<StockPlace>> {
        self.inner.places(scope, limit).await
    }
    async fn count(
        &self,
        scope: &TenantScope,
        shelf: (&str, &str),
        counted: u32,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<(Found, StockLevel)> {
        self.inner.count(scope, shelf, counted, reference, now).await
    }
}

/// Tells the team of a report, then marks the day done.
pub(super) struct ToldFirst {
    pub(super) inner: Arc<dyn OnceStore>,
    pub(super) outbox: Arc<dyn OutboxStore>,
}

#[async_trait]
impl OnceStore for ToldFirst {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        self.inner.done(scope, key, now).await
    }
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim> {
        self.inner.claim(scope, key, request_hash, now, lease).await
    }
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        self.outbox.add(scope, publish, now).await?;
        self.inner.complete(scope, done, &[], now).await
    }
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        self.inner.release(scope, key, fence).await
    }
}

/// Every claim is for another key, so that it is always to be had.
pub(super) struct AskedAgain {
    pub(super) inner: Arc<dyn OnceStore>,
    pub(super) calls: AtomicU64,
}

#[async_trait]
impl OnceStore for AskedAgain {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        self.inner.done(scope, key, now).await
    }
    async fn claim(&self, _: &TenantScope, _: &OnceKey, _: &str, _: Timestamp, _: SignedDuration) -> PortResult<Claim> {
        Ok(Claim::Mine { fence: self.calls.fetch_add(1, Ordering::Relaxed) })
    }
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let fresh = OnceKey(format!("{}:{}", done.key.0, done.fence.unwrap_or_default()));
        self.inner.complete(scope, OnceDone { key: &fresh, fence: None, ..done }, publish, now).await
    }
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        self.inner.release(scope, key, fence).await
    }
}

/// Saves prices without the events that say so.
pub(super) struct PriceUnsaid(pub(super) Arc<dyn PriceStore>);

#[async_trait]
impl PriceStore for PriceUnsaid {
    async fn load(&self, scope: &TenantScope, sku: &Sku) -> PortResult<Option<PriceTag>> {
        self.0.load(scope, sku).await
    }
    async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PricePage> {
        self.0.page(scope, waiting, after, limit).await
    }
    async fn save(&self, scope: &TenantScope, tag: &PriceTag, _: &[Envelope], now: Timestamp) -> PortResult<bool> {
        self.0.save(scope, tag, &[], now).await
    }
}
