use super::MemoryWorld;
use app::TenantScope;
use app::ports::{
    Allowance, ApiKey, COUNTED_KEPT, Delta, KeyStore, Limit, MetricStore, Point, PortError, PortResult, RateBuckets, ReportStore,
    TenantStore, WordingKey, WordingStore,
};
use app::tenant::TenantConfig;
use async_trait::async_trait;
use domain::ids::{EventId, TenantId};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;

pub(super) struct Bucket {
    used: u32,
    ends: Timestamp,
}

/// [`RateBuckets`] in memory.
#[derive(Clone)]
pub struct MemoryBuckets(pub(super) MemoryWorld);

#[async_trait]
impl RateBuckets for MemoryBuckets {
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        Ok(take_from(&mut self.0.lock().shop_mut(scope).buckets, bucket, amount, limit, now))
    }

    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        Ok(take_from(&mut self.0.lock().unverified, bucket, amount, limit, now))
    }

    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()> {
        if let Some(known) = self.0.lock().shop_mut(scope).buckets.get_mut(bucket).filter(|known| known.ends > now && known.used >= amount)
        {
            known.used -= amount;
        }
        Ok(())
    }
}

fn take_from(buckets: &mut HashMap<String, Bucket>, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> Allowance {
    // Zero takes nothing, opens no window and asks for room for one.
    let room = amount.max(1);
    if room > limit.count {
        return Allowance::Denied { retry_after: limit.window };
    }
    match buckets.get_mut(bucket) {
        Some(known) if known.ends > now => {
            if known.used > limit.count - room {
                return Allowance::Denied { retry_after: known.ends.duration_since(now) };
            }
            known.used += amount;
            Allowance::Allowed { left: limit.count - known.used }
        }
        _ => {
            if amount > 0 {
                buckets.insert(bucket.to_owned(), Bucket { used: amount, ends: now + limit.window });
            }
            Allowance::Allowed { left: limit.count - amount }
        }
    }
}

/// [`TenantStore`] in memory.
#[derive(Clone)]
pub struct MemoryTenants(pub(super) MemoryWorld);

#[async_trait]
impl TenantStore for MemoryTenants {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        Ok(self.0.lock().shops.get(tenant).and_then(|shop| shop.config.clone()))
    }

    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        let mut state = self.0.lock();
        let known = &mut state.shop_mut(scope).config;
        if known.as_ref().map_or(0, |config| config.version) != before_version {
            return Ok(false);
        }
        *known = Some(TenantConfig { version: before_version + 1, ..config.clone() });
        Ok(true)
    }

    async fn all(&self) -> PortResult<Vec<TenantId>> {
        let state = self.0.lock();
        let mut tenants: Vec<TenantId> =
            state.shops.iter().filter(|(_, shop)| shop.config.is_some()).map(|(tenant, _)| tenant.clone()).collect();
        tenants.sort();
        Ok(tenants)
    }
}

/// [`KeyStore`] in memory.
#[derive(Clone)]
pub struct MemoryKeys(pub(super) MemoryWorld);

#[async_trait]
impl KeyStore for MemoryKeys {
    async fn key(&self, tenant: &TenantId, hash: &str) -> PortResult<Option<ApiKey>> {
        Ok(self.0.lock().shops.get(tenant).and_then(|shop| shop.keys.get(hash).cloned()))
    }

    async fn keys(&self, scope: &TenantScope) -> PortResult<Vec<ApiKey>> {
        let state = self.0.lock();
        let mut keys: Vec<ApiKey> = state.shop(scope).into_iter().flat_map(|shop| shop.keys.values()).cloned().collect();
        keys.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        Ok(keys)
    }

    async fn save(&self, scope: &TenantScope, key: &ApiKey) -> PortResult<()> {
        self.0.lock().shop_mut(scope).keys.insert(key.hash.clone(), key.clone());
        Ok(())
    }

    async fn used(&self, tenant: &TenantId, hash: &str, day: Date) -> PortResult<()> {
        let mut state = self.0.lock();
        if let Some(key) = state.shops.get_mut(tenant).and_then(|shop| shop.keys.get_mut(hash)) {
            key.last_used_on = key.last_used_on.max(Some(day));
        }
        Ok(())
    }
}

/// [`WordingStore`] in memory.
#[derive(Clone)]
pub struct MemoryWordings(pub(super) MemoryWorld);

#[async_trait]
impl WordingStore for MemoryWordings {
    async fn kept(&self, scope: &TenantScope, key: &WordingKey, now: Timestamp) -> PortResult<Option<String>> {
        let state = self.0.lock();
        let kept = state.shop(scope).and_then(|shop| shop.wordings.get(key));
        Ok(kept.filter(|(_, until)| *until > now).map(|(words, _)| words.clone()))
    }

    async fn keep(&self, scope: &TenantScope, key: &WordingKey, words: &str, until: Timestamp) -> PortResult<()> {
        self.0.lock().shop_mut(scope).wordings.insert(key.clone(), (words.to_owned(), until));
        Ok(())
    }
}

/// [`MetricStore`] in memory.
#[derive(Clone)]
pub struct MemoryMetrics(pub(super) MemoryWorld);

#[async_trait]
impl MetricStore for MemoryMetrics {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let shop = state.shop_mut(scope);
        if shop.counted.get(event).is_some_and(|until| now < *until) {
            return Ok(false);
        }
        shop.counted.insert(event.clone(), now + COUNTED_KEPT);
        for delta in deltas {
            let series = match shop.series.get_mut(&delta.series) {
                Some(series) => series,
                None => shop.series.entry(delta.series.clone()).or_default(),
            };
            let fields = match series.get_mut(&delta.point) {
                Some(fields) => fields,
                None => series.entry(delta.point.clone()).or_default(),
            };
            match fields.get_mut(&delta.field) {
                Some(sum) => *sum = sum.saturating_add(delta.by),
                None => {
                    fields.insert(delta.field.clone(), delta.by);
                }
            }
        }
        Ok(true)
    }

    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        let state = self.0.lock();
        let points = state.shop(scope).and_then(|shop| shop.series.get(series)).into_iter().flatten();
        let inside = points.filter(|(point, _)| point.as_str() >= from && point.as_str() <= to);
        Ok(inside.map(|(point, fields)| Point { point: point.clone(), fields: fields.clone() }).collect())
    }
}

pub(super) struct Report {
    bytes: Vec<u8>,
    stored: u64,
}

/// [`ReportStore`] in memory.
#[derive(Clone)]
pub struct MemoryReports(pub(super) MemoryWorld);

fn checked(key: &str) -> PortResult<&str> {
    let climbs = key.split('/').any(|part| part.is_empty() || part == "." || part == "..");
    if climbs { Err(PortError::Fatal("a report's key must be a plain path".into())) } else { Ok(key) }
}

#[async_trait]
impl ReportStore for MemoryReports {
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, _content_type: &str) -> PortResult<String> {
        let mut state = self.0.lock();
        state.reports_stored += 1;
        let stored = state.reports_stored;
        state.shop_mut(scope).reports.insert(checked(key)?.to_owned(), Report { bytes, stored });
        Ok(format!("{}/{key}", scope.tenant()))
    }

    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
        let state = self.0.lock();
        Ok(state.shop(scope).and_then(|shop| shop.reports.get(key)).map(|report| report.bytes.clone()))
    }

    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
        let state = self.0.lock();
        let mut found: Vec<(u64, &String)> = state
            .shop(scope)
            .into_iter()
            .flat_map(|shop| &shop.reports)
            .filter(|(key, _)| key.starts_with(prefix))
            .map(|(key, report)| (report.stored, key))
            .collect();
        found.sort_by(|a, b| b.cmp(a));
        Ok(found.into_iter().take(limit).map(|(_, key)| key.clone()).collect())
    }

    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
        Ok(format!("memory://reports/{}/{}?valid_for={}", scope.tenant(), checked(key)?, valid_for.as_secs()))
    }

    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
        self.0.lock().shop_mut(scope).reports.remove(checked(key)?);
        Ok(())
    }
}
