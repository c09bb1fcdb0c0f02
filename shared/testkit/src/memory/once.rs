use super::MemoryWorld;
use super::outbox::write_outbox;
use app::TenantScope;
use app::ports::{Claim, OnceDone, OnceKey, OnceStore, PortResult};
use async_trait::async_trait;
use contracts::Envelope;
use jiff::{SignedDuration, Timestamp};

#[derive(Debug)]
pub(super) struct OnceRecord {
    /// Outlives releasing and expiry, so that a claimant from before can never pass for the present one.
    fence: u64,
    state: OnceState,
}

#[derive(Debug)]
enum OnceState {
    Free,
    InProgress { lease_until: Timestamp },
    Done { request_hash: String, response: String, expires_at: Timestamp },
}

impl OnceRecord {
    fn is_mine(&self, fence: u64) -> bool {
        matches!(self.state, OnceState::InProgress { .. }) && self.fence == fence
    }

    fn is_free(&self, now: Timestamp) -> bool {
        match self.state {
            OnceState::Free => true,
            OnceState::InProgress { lease_until } => lease_until <= now,
            OnceState::Done { expires_at, .. } => expires_at <= now,
        }
    }

    pub(super) fn finish(record: &mut Option<OnceRecord>, done: OnceDone<'_>) {
        let fence = record.as_ref().map_or(0, |record| record.fence);
        let state =
            OnceState::Done { request_hash: done.request_hash.to_owned(), response: done.response.to_owned(), expires_at: done.expires_at };
        *record = Some(OnceRecord { fence, state });
    }
}

/// May this become done? With a fence: only our claim. Without: only what is nobody's.
pub(super) fn may_finish(record: Option<&OnceRecord>, fence: Option<u64>, now: Timestamp) -> bool {
    match (record, fence) {
        (None, None) => true,
        (None, Some(_)) => false,
        (Some(record), Some(fence)) => record.is_mine(fence),
        (Some(record), None) => record.is_free(now),
    }
}

/// [`OnceStore`] in memory.
#[derive(Clone)]
pub struct MemoryOnce(pub(super) MemoryWorld);

#[async_trait]
impl OnceStore for MemoryOnce {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        let state = self.0.lock();
        let record = state.shop(scope).and_then(|shop| shop.once.get(key));
        Ok(match record.map(|record| &record.state) {
            Some(OnceState::Done { request_hash, response, expires_at }) if now < *expires_at => {
                Some((request_hash.clone(), response.clone()))
            }
            _ => None,
        })
    }

    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        _request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim> {
        let mut state = self.0.lock();
        let once = &mut state.shop_mut(scope).once;
        let fence = match once.get(key) {
            None => 1,
            Some(record) if record.is_free(now) => record.fence + 1,
            Some(OnceRecord { state: OnceState::Done { request_hash, response, .. }, .. }) => {
                return Ok(Claim::Done { request_hash: request_hash.clone(), response: response.clone() });
            }
            Some(OnceRecord { state: OnceState::InProgress { lease_until }, .. }) => return Ok(Claim::Busy { until: *lease_until }),
            Some(OnceRecord { state: OnceState::Free, fence }) => fence + 1,
        };
        once.insert(key.clone(), OnceRecord { fence, state: OnceState::InProgress { lease_until: now + lease } });
        Ok(Claim::Mine { fence })
    }

    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let mut state = self.0.lock();
        let once = &mut state.shop_mut(scope).once;
        if !may_finish(once.get(done.key), done.fence, now) {
            return Ok(false);
        }
        let mut record = once.remove(done.key);
        OnceRecord::finish(&mut record, done);
        once.extend(record.map(|record| (done.key.clone(), record)));
        if let Some(first) = publish.first() {
            write_outbox(&mut state, scope, &first.subject, first.aggregateversion, Some(&first.id), publish, now);
        }
        Ok(true)
    }

    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        let mut state = self.0.lock();
        match state.shop_mut(scope).once.get_mut(key) {
            Some(record) if record.is_mine(fence) => {
                record.state = OnceState::Free;
                Ok(true)
            }
            _ => Ok(false),
        }
    }
}
