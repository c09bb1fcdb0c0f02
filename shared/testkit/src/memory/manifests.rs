use super::outbox::write_outbox;
use super::{MemoryWorld, State};
use app::TenantScope;
use app::ports::{ManifestPage, ManifestStore, PageKey, PortError, PortResult};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::ManifestId;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, Pile, WaitingParcel};
use jiff::Timestamp;

/// [`ManifestStore`] in memory.
#[derive(Clone)]
pub struct MemoryManifests(pub(super) MemoryWorld);

/// A parcel's place on the piles.
pub(super) type Place = (String, String, String);

fn place(parcel: &WaitingParcel) -> Place {
    (parcel.carrier.as_str().to_owned(), parcel.location.to_string(), parcel.number.to_string())
}

fn publish_with(state: &mut State, scope: &TenantScope, events: &[Envelope], now: Timestamp) {
    if let Some(first) = events.first() {
        write_outbox(state, scope, &first.subject, first.aggregateversion, Some(&first.id), events, now);
    }
}

impl MemoryWorld {
    /// Every manifest of a shop, oldest first.
    pub fn all_manifests(&self, scope: &TenantScope) -> Vec<Manifest> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.manifests.values()).cloned().collect()
    }

    /// Everything that lies on a pile.
    pub fn all_waiting(&self, scope: &TenantScope) -> Vec<WaitingParcel> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.piles.values()).cloned().collect()
    }
}

#[async_trait]
impl ManifestStore for MemoryManifests {
    async fn lay(&self, scope: &TenantScope, parcel: &WaitingParcel, _: Timestamp) -> PortResult<()> {
        self.0.lock().shop_mut(scope).piles.insert(place(parcel), parcel.clone());
        Ok(())
    }

    async fn waiting(&self, scope: &TenantScope, carrier: CarrierName, limit: usize) -> PortResult<Vec<WaitingParcel>> {
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.piles.values());
        Ok(all.filter(|parcel| parcel.carrier == carrier).take(limit).cloned().collect())
    }

    async fn take(&self, scope: &TenantScope, parcels: &[WaitingParcel]) -> PortResult<()> {
        let mut state = self.0.lock();
        let piles = &mut state.shop_mut(scope).piles;
        parcels.iter().for_each(|parcel| drop(piles.remove(&place(parcel))));
        Ok(())
    }

    async fn open(&self, scope: &TenantScope) -> PortResult<Vec<(Pile, ManifestId)>> {
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.manifests.values());
        let mut open: Vec<_> = all.filter(|one| one.state.is_open()).map(|one| (one.pile.clone(), one.id.clone())).collect();
        open.sort();
        Ok(open)
    }

    async fn add(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let known = &mut state.shop_mut(scope).manifests;
        if let Some(known) = known.get(&manifest.id) {
            return Ok(known == manifest);
        }
        if known.values().any(|one| one.state.is_open() && one.pile == manifest.pile) {
            return Ok(false);
        }
        known.insert(manifest.id.clone(), manifest.clone());
        publish_with(&mut state, scope, publish, now);
        Ok(true)
    }

    async fn load(&self, scope: &TenantScope, id: &ManifestId) -> PortResult<Option<Manifest>> {
        Ok(self.0.lock().shop(scope).and_then(|shop| shop.manifests.get(id)).cloned())
    }

    async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> PortResult<ManifestPage> {
        if after.is_some_and(|after| ManifestId::parse(&after.0).is_err()) {
            return Err(PortError::Fatal("not a page key of this list".into()));
        }
        let state = self.0.lock();
        let all = state.shop(scope).into_iter().flat_map(|shop| shop.manifests.values().rev());
        let mut manifests: Vec<Manifest> =
            all.filter(|one| after.is_none_or(|after| one.id.as_str() < after.0.as_str())).take(limit + 1).cloned().collect();
        let more = manifests.len() > limit;
        manifests.truncate(limit);
        let next = manifests.last().filter(|_| more).map(|one| PageKey(one.id.to_string()));
        Ok(ManifestPage { manifests, next })
    }

    async fn save(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let known = &mut state.shop_mut(scope).manifests;
        match known.get(&manifest.id) {
            Some(known) if known == manifest => return Ok(true),
            Some(known) if known.version + 1 == manifest.version => {}
            _ => return Ok(false),
        }
        known.insert(manifest.id.clone(), manifest.clone());
        publish_with(&mut state, scope, publish, now);
        Ok(true)
    }
}
