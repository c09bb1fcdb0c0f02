//! Webhooks that are kept wrongly.

use super::Bug;
use app::TenantScope;
use app::ports::*;
use async_trait::async_trait;
use contracts::Envelope;
use jiff::Timestamp;
use std::sync::Arc;

pub(super) struct BadInbox {
    pub(super) inner: Arc<dyn InboxStore>,
    pub(super) bug: Bug,
    pub(super) shops: Vec<TenantScope>,
}

#[async_trait]
impl InboxStore for BadInbox {
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received> {
        match self.inner.receive(scope, entry).await {
            Err(_) if self.bug == Bug::AcknowledgedUnstored => Ok(Received::New),
            Ok(Received::Again(_)) if self.bug == Bug::NotQueuedAgain => Ok(Received::Again(InboxState::Done)),
            other => other,
        }
    }
    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>> {
        if self.bug == Bug::ForeignBody {
            for shop in &self.shops {
                if let Some(entry) = self.inner.load(shop, key).await? {
                    return Ok(Some(entry));
                }
            }
        }
        let entry = self.inner.load(scope, key).await?;
        Ok(entry.map(|mut entry| {
            if self.bug == Bug::ArrivalTime {
                entry.body = entry.body.replace("occurredAt", "happenedAt");
            }
            entry
        }))
    }
    async fn settle(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        state: &InboxState,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let publish = if self.bug == Bug::ParkedSilently { &[] } else { publish };
        self.inner.settle(scope, key, state, publish, now).await
    }
    async fn parked(&self, scope: &TenantScope, after: Option<&InboxEntry>, limit: usize) -> PortResult<Vec<InboxEntry>> {
        self.inner.parked(scope, after, limit).await
    }
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        if self.bug == Bug::BodiesKept { Ok(keys.len()) } else { self.inner.forget_bodies(scope, keys).await }
    }
    async fn replace_body(&self, scope: &TenantScope, key: &InboxKey, body: &str) -> PortResult<bool> {
        if self.bug == Bug::BodiesKept { Ok(true) } else { self.inner.replace_body(scope, key, body).await }
    }
}
