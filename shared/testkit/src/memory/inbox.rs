use super::outbox::write_outbox;
use super::{MemoryWorld, shop_mut};
use app::TenantScope;
use app::ports::{InboxEntry, InboxKey, InboxState, InboxStore, PortResult, Received};
use async_trait::async_trait;
use contracts::Envelope;
use jiff::{SignedDuration, Timestamp};

/// How long an entry is kept after it came in or was last settled.
pub(super) const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

pub(super) struct StoredEntry {
    pub entry: InboxEntry,
    pub expires_at: Timestamp,
}

/// [`InboxStore`] in memory.
#[derive(Clone)]
pub struct MemoryInbox(pub(super) MemoryWorld);

#[async_trait]
impl InboxStore for MemoryInbox {
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received> {
        let mut state = self.0.lock();
        let inbox = &mut state.shop_mut(scope).inbox;
        match inbox.get(&entry.key) {
            Some(known) if known.expires_at > entry.received_at => {
                let same = known.entry.body_hash == entry.body_hash;
                Ok(if same { Received::Again(known.entry.state.clone()) } else { Received::Different })
            }
            _ => {
                inbox.insert(entry.key.clone(), StoredEntry { entry: entry.clone(), expires_at: entry.received_at + KEPT });
                Ok(Received::New)
            }
        }
    }

    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>> {
        let state = self.0.lock();
        Ok(state.shop(scope).and_then(|shop| shop.inbox.get(key)).map(|stored| stored.entry.clone()))
    }

    async fn settle(&self, scope: &TenantScope, key: &InboxKey, to: &InboxState, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let state = &mut *state;
        match shop_mut(&mut state.shops, scope).inbox.get_mut(key) {
            Some(stored) if stored.entry.state != InboxState::Done => {
                stored.entry.state = to.clone();
                stored.expires_at = now + KEPT;
            }
            _ => return Ok(false),
        }
        if let Some(first) = publish.first() {
            write_outbox(state, scope, &first.subject, first.aggregateversion, Some(&first.id), publish, now);
        }
        Ok(true)
    }

    async fn parked(&self, scope: &TenantScope, after: Option<&InboxEntry>, limit: usize) -> PortResult<Vec<InboxEntry>> {
        let state = self.0.lock();
        let mut parked: Vec<InboxEntry> = state
            .shop(scope)
            .into_iter()
            .flat_map(|shop| shop.inbox.values())
            .filter(|stored| matches!(stored.entry.state, InboxState::Parked { .. }))
            .filter(|stored| after.is_none_or(|after| (after.received_at, &after.key) < (stored.entry.received_at, &stored.entry.key)))
            .map(|stored| stored.entry.clone())
            .collect();
        parked.sort_by(|a, b| (a.received_at, &a.key).cmp(&(b.received_at, &b.key)));
        parked.truncate(limit);
        Ok(parked)
    }

    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        let mut state = self.0.lock();
        let inbox = &mut state.shop_mut(scope).inbox;
        let mut forgotten = 0;
        for key in keys {
            if let Some(stored) = inbox.get_mut(key).filter(|stored| !stored.entry.body.is_empty()) {
                stored.entry.body.clear();
                forgotten += 1;
            }
        }
        Ok(forgotten)
    }

    async fn replace_body(&self, scope: &TenantScope, key: &InboxKey, body: &str) -> PortResult<bool> {
        let mut state = self.0.lock();
        let known = state.shop_mut(scope).inbox.get_mut(key).filter(|stored| !stored.entry.body.is_empty());
        Ok(known.map(|stored| body.clone_into(&mut stored.entry.body)).is_some())
    }
}
