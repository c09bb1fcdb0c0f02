//! Orders that are stored wrongly, or not as they are read.

use super::Bug;
use crate::story::{Chunk, Sheet};
use app::apply::{Alongside, Apply};
use app::ports::*;
use app::tenant::TenantConfig;
use app::{Context, Provenance, TenantScope};
use async_trait::async_trait;
use domain::ids::{EventId, OrderId, SourceId};
use domain::order::saga::StockMove;
use domain::order::{Claim, Command, Contact, Fact, Order, OrderEvent};
use jiff::Timestamp;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use testkit::memory::MemoryWorld;

pub(super) struct BadOrders {
    inner: Arc<dyn OrderStore>,
    bug: Bug,
    memory: MemoryWorld,
    drawn: AtomicU64,
    /// The next order that is looked for is not found.
    blind: AtomicBool,
    contacts: Mutex<HashMap<(TenantScope, OrderId), Contact>>,
}

impl BadOrders {
    pub(super) fn new(inner: Arc<dyn OrderStore>, bug: Bug, memory: &MemoryWorld) -> BadOrders {
        let (drawn, blind, contacts) = (AtomicU64::new(0), AtomicBool::new(false), Mutex::default());
        BadOrders { inner, bug, memory: memory.clone(), drawn, blind, contacts }
    }

    /// The contact that the order had when it was first stored.
    fn first_contact(&self, scope: &TenantScope, order: &Order) -> Option<Contact> {
        let mut contacts = self.contacts.lock().expect("no panics");
        let key = (scope.clone(), order.id.clone());
        match &order.contact {
            Some(contact) => Some(contacts.entry(key).or_insert_with(|| contact.clone()).clone()),
            None => contacts.get(&key).cloned(),
        }
    }
}

#[async_trait]
impl OrderStore for BadOrders {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        if self.blind.swap(false, Ordering::Relaxed) { Ok(None) } else { self.inner.load(scope, id).await }
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
            Bug::TimersForgotten => commit.timer = None,
            Bug::DecisionUnwritten => commit.decision = None,
            Bug::JudgementUnwritten => commit.judged = None,
            Bug::AnswerNotKept => commit.once = commit.once.map(|done| OnceDone { response: "", ..done }),
            Bug::HistoryShortened => recorded.events.truncate(1),
            Bug::StepsForgotten => {
                for event in &mut recorded.events {
                    if let OrderEvent::StatusChanged { via, .. } = event {
                        via.clear();
                    }
                }
            }
            Bug::PlacedOver if commit.before_version == 0 => {
                let current = self.memory.order(scope, &order.id).map_or(0, |order| order.version);
                order.version = current + 1;
                recorded.version = current + 1;
                commit.before_version = current;
            }
            Bug::ContactRevived => {
                let contact = self.first_contact(scope, &order);
                let erases = recorded.events.iter().any(|event| matches!(event, OrderEvent::ContactErased));
                order.contact = contact.filter(|_| !erases);
            }
            Bug::OutboxSkipped if self.drawn.fetch_add(1, Ordering::Relaxed) % 29 == 28 => commit.publish = &[],
            _ => {}
        }
        let at = recorded.at;
        let commit = Commit { order: &order, recorded: &recorded, ..commit };
        let settled = self.inner.commit(scope, commit).await;
        let again = match self.bug {
            Bug::HeldTwice => Some((StockMove::Hold, -1)),
            Bug::ReleasedTwice => Some((StockMove::Release, 1)),
            _ => None,
        };
        if let (Some((which, sign)), Ok(())) = (again, &settled) {
            for (_, what) in recorded.stock().filter(|(how, _)| *how == which) {
                let (by, drawn) = (sign * i64::from(what.quantity), self.drawn.fetch_add(1, Ordering::Relaxed));
                self.memory.stock().adjust(scope, &what.sku, &what.location, by, &format!("again-{drawn}"), at).await?;
            }
        }
        match settled {
            Err(CommitError::Conflict) if self.bug == Bug::ConflictIgnored => Ok(()),
            Err(CommitError::ExternalIdTaken) => {
                self.blind.store(self.bug == Bug::OwnReferenceForeign, Ordering::Relaxed);
                Err(CommitError::ExternalIdTaken)
            }
            other => other,
        }
    }
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        self.inner.reschedule(scope, id, version, due).await
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        if self.bug == Bug::WordsKept { Ok(()) } else { self.inner.forget_words(scope, id).await }
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        self.inner.page(scope, query, after, limit).await
    }
}

/// Answers with what it read first.
pub(super) struct ReadOnce {
    inner: Arc<dyn OrderStore>,
    read: Mutex<HashMap<(TenantScope, OrderId), Order>>,
}

impl ReadOnce {
    pub(super) fn new(inner: Arc<dyn OrderStore>) -> ReadOnce {
        ReadOnce { inner, read: Mutex::default() }
    }
}

#[async_trait]
impl OrderStore for ReadOnce {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        let key = (scope.clone(), id.clone());
        let known = self.read.lock().expect("no panics").get(&key).cloned();
        if known.is_some() {
            return Ok(known);
        }
        let order = self.inner.load(scope, id).await?;
        self.read.lock().expect("no panics").extend(order.clone().map(|order| (key, order)));
        Ok(order)
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        self.inner.find(scope, channel, external_id).await
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        self.inner.dossier(scope, id, limit).await
    }
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        self.inner.commit(scope, commit).await
    }
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        self.inner.reschedule(scope, id, version, due).await
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.inner.forget_words(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        self.inner.page(scope, query, after, limit).await
    }
}

/// Hears every row of a sheet once more, each time as something new.
pub(crate) async fn hear_again(apply: &Apply, chunk: &Chunk, now: Timestamp) {
    let (scope, config) = (TenantScope::of(&chunk.client), TenantConfig::default());
    let source = SourceId::parse(Sheet::CHANNEL).expect("a slug");
    let by = Provenance { actor: chunk.client.actor(), correlation: chunk.correlation.clone() };
    for number in &chunk.numbers {
        let id = EventId::parse(&format!("import:{}:{number}", chunk.correlation)).expect("a token");
        let fact = Fact { id, source: source.clone(), sequence: None, occurred_at: now, claim: Claim::default() };
        let context = Context { scope: &scope, config: &config, by: &by };
        // Rows that are not in, or not now, are heard the next time.
        let _ = apply.run(context, number, &Command::Hear { fact, notify: false }, Alongside::default()).await;
    }
}
