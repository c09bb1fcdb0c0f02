//! Bugs to be found: each breaks one promise in one place. A simulator that cannot find them proves nothing.

use super::ports::Ports;
use crate::memory::MemoryWorld;
use app::TenantScope;
use app::ports::*;
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{EventId, OrderId, SourceId, TenantId};
use domain::order::{Order, OrderEvent};
use jiff::Timestamp;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! bugs {
    ($($name:ident = $text:literal;)+) => {
        /// A planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $(#[doc = $text] $name,)+ }

        impl Bug {
            /// Every bug.
            pub const ALL: &'static [Bug] = &[$(Bug::$name,)+];
            /// What is broken.
            pub const fn text(self) -> &'static str { match self { $(Bug::$name => $text,)+ } }
        }
    };
}

bugs! {
    VersionUnchecked = "a commit is not conditional on the order's version";
    ConflictIgnored = "a lost race counts as success";
    OnceNotWritten = "the once-record is not written with the order";
    AnswerNotKept = "the once-record is written without the answer";
    OnceExpiresAtOnce = "the once-record expires at once";
    InboxNotSettled = "the inbox entry is not settled with the commit";
    StepsForgotten = "the history forgets implied steps";
    HistoryShortened = "the history keeps one event of each commit";
    OutboxSkipped = "now and then a commit leaves its outbox row out";
    BusEntriesIgnored = "entries that PutEvents refused count as published";
    RemovedBeforePublished = "outbox rows are removed before they are published";
    NeverSwept = "the sweep finds nothing";
    CountedAgain = "events are counted without looking whether they were";
    AlwaysSend = "a message's claim always says: send it";
    ClaimNotStored = "a message is sent without its claim being stored";
    DeadClaimSentAgain = "a message whose sender died is sent again";
    AcknowledgedUnstored = "a webhook is acknowledged although storing it failed";
    NotQueuedAgain = "a webhook that was stored but not queued counts as done";
    ArrivalTime = "a fact counts from when it arrived, not from when it happened";
    ForeignBody = "the inbox looks an entry up without the tenant";
    ForeignSettings = "settings are cached without the tenant";
    FailuresSwallowed = "a batch reports nothing although records failed";
    ParkedSilently = "a parked webhook is published nowhere";
    SendsToEverybody = "a mail goes to the last customer's address";
}

impl Bug {
    /// Plants it in the stores, below the faults.
    #[must_use]
    pub fn below(self, mut ports: Ports, memory: &MemoryWorld, shops: &[TenantScope]) -> Ports {
        match self {
            Bug::VersionUnchecked
            | Bug::OnceNotWritten
            | Bug::AnswerNotKept
            | Bug::OnceExpiresAtOnce
            | Bug::InboxNotSettled
            | Bug::OutboxSkipped
            | Bug::StepsForgotten
            | Bug::HistoryShortened => {
                ports.orders = Arc::new(BadOrders { inner: ports.orders, bug: self, memory: memory.clone(), drawn: AtomicU64::new(0) });
            }
            Bug::CountedAgain => ports.metrics = Arc::new(CountsAgain { inner: ports.metrics, calls: AtomicU64::new(0) }),
            Bug::ArrivalTime | Bug::ForeignBody | Bug::ParkedSilently => {
                ports.inbox = Arc::new(BadInbox { inner: ports.inbox, bug: self, shops: shops.to_vec() });
            }
            Bug::NeverSwept => ports.outbox = Arc::new(NeverSwept(ports.outbox)),
            Bug::AlwaysSend | Bug::ClaimNotStored | Bug::DeadClaimSentAgain => {
                ports.messages = Arc::new(BadMessages { inner: ports.messages, bug: self });
            }
            Bug::ForeignSettings => ports.tenants = Arc::new(ForeignSettings { inner: ports.tenants, shops: shops.to_vec() }),
            _ => {}
        }
        ports
    }

    /// Plants it in how the use cases see the stores, above the faults.
    #[must_use]
    pub fn above(self, mut ports: Ports, memory: &MemoryWorld, shops: &[TenantScope]) -> Ports {
        match self {
            Bug::ConflictIgnored => {
                ports.orders = Arc::new(BadOrders { inner: ports.orders, bug: self, memory: memory.clone(), drawn: AtomicU64::new(0) });
            }
            Bug::BusEntriesIgnored => ports.bus = Arc::new(HopefulBus(ports.bus)),
            Bug::RemovedBeforePublished => {
                ports.bus = Arc::new(EagerBus { inner: ports.bus, outbox: ports.outbox.clone(), memory: memory.clone() });
            }
            Bug::AcknowledgedUnstored | Bug::NotQueuedAgain => {
                ports.inbox = Arc::new(BadInbox { inner: ports.inbox, bug: self, shops: shops.to_vec() });
            }
            Bug::SendsToEverybody => ports.mailer = Arc::new(LastAddress { inner: ports.mailer, last: std::sync::Mutex::default() }),
            _ => {}
        }
        ports
    }
}

struct BadOrders {
    inner: Arc<dyn OrderStore>,
    bug: Bug,
    memory: MemoryWorld,
    drawn: AtomicU64,
}

#[async_trait]
impl OrderStore for BadOrders {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        self.inner.load(scope, id).await
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        self.inner.find(scope, channel, external_id).await
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        self.inner.dossier(scope, id, limit).await
    }
    async fn commit(&self, scope: &TenantScope, mut commit: Commit<'_>) -> Result<(), CommitError> {
        let mut order = commit.order.clone();
        let mut recorded = commit.recorded.clone();
        match self.bug {
            Bug::VersionUnchecked if commit.before_version > 0 => {
                let current = self.memory.order(scope, &order.id).map_or(0, |order| order.version);
                order.version = current + 1;
                recorded.version = current + 1;
                commit.before_version = current;
            }
            Bug::OnceNotWritten => commit.once = None,
            Bug::OnceExpiresAtOnce => {
                commit.once = commit.once.map(|done| OnceDone { expires_at: commit.recorded.at, ..done });
            }
            Bug::InboxNotSettled => commit.inbox = None,
            Bug::AnswerNotKept => commit.once = commit.once.map(|done| OnceDone { response: "", ..done }),
            Bug::HistoryShortened => recorded.events.truncate(1),
            Bug::StepsForgotten => {
                for event in &mut recorded.events {
                    if let OrderEvent::StatusChanged { via, .. } = event {
                        via.clear();
                    }
                }
            }
            Bug::OutboxSkipped if self.drawn.fetch_add(1, Ordering::Relaxed) % 29 == 28 => commit.publish = &[],
            _ => {}
        }
        let commit = Commit { order: &order, recorded: &recorded, ..commit };
        match self.inner.commit(scope, commit).await {
            Err(CommitError::Conflict) if self.bug == Bug::ConflictIgnored => Ok(()),
            other => other,
        }
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.inner.forget_words(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        self.inner.page(scope, query, after, limit).await
    }
}

struct BadInbox {
    inner: Arc<dyn InboxStore>,
    bug: Bug,
    shops: Vec<TenantScope>,
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
    async fn parked(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<InboxEntry>> {
        self.inner.parked(scope, limit).await
    }
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        self.inner.forget_bodies(scope, keys).await
    }
}

struct CountsAgain {
    inner: Arc<dyn MetricStore>,
    calls: AtomicU64,
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

struct HopefulBus(Arc<dyn Bus>);

#[async_trait]
impl Bus for HopefulBus {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        Ok(self.0.publish(events).await?.into_iter().map(|_| Ok(())).collect())
    }
}

struct EagerBus {
    inner: Arc<dyn Bus>,
    outbox: Arc<dyn OutboxStore>,
    memory: MemoryWorld,
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

struct NeverSwept(Arc<dyn OutboxStore>);

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

struct BadMessages {
    inner: Arc<dyn MessageStore>,
    bug: Bug,
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
}

struct ForeignSettings {
    inner: Arc<dyn TenantStore>,
    shops: Vec<TenantScope>,
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

struct LastAddress {
    inner: Arc<dyn Mailer>,
    last: std::sync::Mutex<Option<domain::email::Email>>,
}

#[async_trait]
impl Mailer for LastAddress {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        let last = self.last.lock().expect("no panics").replace(mail.to.clone());
        self.inner.send(&Mail { to: last.unwrap_or_else(|| mail.to.clone()), ..mail.clone() }).await
    }
}

/// How long every planted bug may stay hidden, in seeds.
pub const SEEDS_MAX: u64 = 200;
