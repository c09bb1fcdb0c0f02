//! Events and messages that leave too early, too often or for the wrong place.

use super::Bug;
use app::TenantScope;
use app::ports::*;
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{OrderId, TenantId};
use jiff::Timestamp;
use std::sync::Arc;
use testkit::memory::MemoryWorld;

pub(super) struct HopefulBus(pub(super) Arc<dyn Bus>);

#[async_trait]
impl Bus for HopefulBus {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        Ok(self.0.publish(events).await?.into_iter().map(|_| Ok(())).collect())
    }
}

pub(super) struct EagerBus {
    pub(super) inner: Arc<dyn Bus>,
    pub(super) outbox: Arc<dyn OutboxStore>,
    pub(super) memory: MemoryWorld,
}

#[async_trait]
impl Bus for EagerBus {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        let ours = |row: &OutboxRow| row.events.first().map(|event| &event.id) == events.first().map(|event| &event.id);
        let keys: Vec<OutboxKey> = self.memory.outbox_rows().into_iter().filter(ours).map(|row| row.key).collect();
        self.outbox.published(&keys).await?;
        self.inner.publish(events).await
    }
}

pub(super) struct NeverSwept(pub(super) Arc<dyn OutboxStore>);

#[async_trait]
impl OutboxStore for NeverSwept {
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()> {
        self.0.add(scope, events, now).await
    }
    async fn waiting(&self, _: Timestamp, _: usize) -> PortResult<Vec<OutboxRow>> {
        Ok(Vec::new())
    }
    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()> {
        self.0.published(keys).await
    }
}

pub(super) struct BadMessages {
    pub(super) inner: Arc<dyn MessageStore>,
    pub(super) bug: Bug,
}

#[async_trait]
impl MessageStore for BadMessages {
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim> {
        if self.bug == Bug::ClaimNotStored {
            return Ok(MessageClaim::Send { attempt: 1 });
        }
        let claim = self.inner.claim(scope, subject, message, now).await?;
        Ok(match (self.bug, claim) {
            (Bug::AlwaysSend, _) | (Bug::DeadClaimSentAgain, MessageClaim::Settled(MessageState::Unknown)) => {
                MessageClaim::Send { attempt: 1 }
            }
            (_, claim) => claim,
        })
    }
    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, state: &MessageState) -> PortResult<bool> {
        self.inner.settle(scope, subject, id, attempt, state).await
    }
    async fn receipt(&self, scope: &TenantScope, subject: &str, id: &MessageId, state: &MessageState) -> PortResult<Option<Message>> {
        self.inner.receipt(scope, subject, id, state).await
    }
}

pub(super) struct ForeignSettings {
    pub(super) inner: Arc<dyn TenantStore>,
    pub(super) shops: Vec<TenantScope>,
}

#[async_trait]
impl TenantStore for ForeignSettings {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        let cached = self.shops.first().map_or(tenant, |scope| scope.tenant());
        self.inner.config(cached).await
    }
    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        self.inner.save(scope, config, before_version).await
    }
    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.inner.all().await
    }
}

pub(super) struct LastAddress {
    pub(super) inner: Arc<dyn Mailer>,
    pub(super) last: std::sync::Mutex<Option<domain::email::Email>>,
}

#[async_trait]
impl Mailer for LastAddress {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let last = self.last.lock().expect("no panics").replace(mail.to.clone());
        self.inner.send(&Mail { to: last.unwrap_or_else(|| mail.to.clone()), ..mail.clone() }).await
    }
}

pub(super) struct NeverForgets(pub(super) Arc<dyn AddressStore>);

#[async_trait]
impl AddressStore for NeverForgets {
    async fn reached(&self, scope: &TenantScope, address: &Address, now: Timestamp) -> PortResult<Reached> {
        self.0.reached(scope, address, now).await
    }
    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        self.0.about(scope, address, order, now).await
    }
    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()> {
        self.0.answers_from(scope, address, other).await
    }
    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()> {
        self.0.refuse(scope, address, why, at).await
    }
    async fn forget(&self, _: &TenantScope, _: &Address, _: &OrderId, _: Timestamp) -> PortResult<()> {
        Ok(())
    }
}
