//! What goes wrong between a use case and the world: throttling, lost replies, and death between any two
//! calls. Every port is wrapped in [`Faulty`], and every call asks the one [`Faults`] plan what happens to it.

use super::cost::Call;
use super::rng::Rng;
use app::TenantScope;
use app::ports::*;
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{EventId, OrderId, SourceId, TenantId};
use domain::order::Order;
use jiff::{SignedDuration, Timestamp};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Draw {
    /// It works.
    Go,
    /// Refused before anything happened; the caller is told.
    Throttle,
    /// It happened; the caller is told that it failed.
    LostReply,
    /// The process dies before it happens.
    CrashBefore,
    /// It happened and the process dies before it hears of it.
    CrashAfter,
}

impl Draw {
    /// Everything that can go wrong.
    pub const FAULTS: [Draw; 4] = [Draw::Throttle, Draw::LostReply, Draw::CrashBefore, Draw::CrashAfter];
}

/// How often what goes wrong, per mille of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Throttled.
    pub throttle: u32,
    /// Replies lost.
    pub lost: u32,
    /// Processes killed (half of them before the call's effect, half after).
    pub crash: u32,
    /// Entries of a `PutEvents` call refused one by one.
    pub bus_entry: u32,
    /// Mails and posts refused for good.
    pub refused: u32,
    /// Mails and posts of whose fate the provider says nothing; half of them went out.
    pub unknown: u32,
}

struct Plan {
    rng: Rng,
    rates: Rates,
    /// Faults at given calls, counted from the plan's start; first things first.
    script: Vec<(u64, Draw)>,
    calls: u64,
    injected: u64,
    counts: [u64; Call::COUNT],
    items: [u64; Call::COUNT],
    mail_tags: Vec<u32>,
    post_tags: Vec<u32>,
}

/// The plan, shared by all ports of a world.
pub struct Faults {
    plan: Mutex<Plan>,
    interleaved: AtomicBool,
    yielded: AtomicBool,
    tag: AtomicU32,
}

impl Faults {
    /// A plan in which nothing goes wrong yet.
    pub fn new(rng: Rng) -> Arc<Faults> {
        let plan = Plan {
            rng,
            rates: Rates::default(),
            script: Vec::new(),
            calls: 0,
            injected: 0,
            counts: [0; Call::COUNT],
            items: [0; Call::COUNT],
            mail_tags: Vec::new(),
            post_tags: Vec::new(),
        };
        Arc::new(Faults {
            plan: Mutex::new(plan),
            interleaved: AtomicBool::new(false),
            yielded: AtomicBool::new(false),
            tag: AtomicU32::new(u32::MAX),
        })
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, this often.
    pub fn set_rates(&self, rates: Rates) {
        self.plan().rates = rates;
    }

    /// From now on nothing goes wrong.
    pub fn off(&self) {
        let mut plan = self.plan();
        plan.rates = Rates::default();
        plan.script.clear();
    }

    /// Exactly these faults, each at the n-th call from now (the first is 0).
    pub fn script(&self, faults: impl IntoIterator<Item = (u64, Draw)>) {
        let mut plan = self.plan();
        let from = plan.calls;
        plan.script = faults.into_iter().map(|(call, draw)| (from + call, draw)).collect();
        plan.script.sort_by_key(|(call, _)| std::cmp::Reverse(*call));
    }

    /// Scripted faults that no call has met yet.
    pub fn unmet(&self) -> usize {
        self.plan().script.len()
    }

    /// Calls of all ports so far.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Faults so far.
    pub fn injected(&self) -> u64 {
        self.plan().injected
    }

    /// Calls by kind, and the items they wrote or carried.
    pub fn counts(&self) -> ([u64; Call::COUNT], [u64; Call::COUNT]) {
        let plan = self.plan();
        (plan.counts, plan.items)
    }

    /// Whether every call gives way to the other invocations first.
    pub fn interleave(&self, on: bool) {
        self.interleaved.store(on, Ordering::Relaxed);
    }

    /// Did the future that has just been polled give way (rather than die)?
    pub fn take_yielded(&self) -> bool {
        self.yielded.swap(false, Ordering::Relaxed)
    }

    /// The event that the running invocation is about; mails and posts are booked under it.
    pub fn set_tag(&self, tag: u32) {
        self.tag.store(tag, Ordering::Relaxed);
    }

    /// The events under which mails went out, in the order they did.
    pub fn mail_tags(&self) -> Vec<u32> {
        self.plan().mail_tags.clone()
    }

    /// The events under which posts went out, in the order they did.
    pub fn post_tags(&self) -> Vec<u32> {
        self.plan().post_tags.clone()
    }

    fn draw(&self, call: Call, items: u64) -> Draw {
        let mut plan = self.plan();
        let at = plan.calls;
        plan.calls += 1;
        plan.counts[call as usize] += 1;
        plan.items[call as usize] += items;
        if plan.script.last().is_some_and(|(scripted, _)| *scripted <= at) {
            plan.injected += 1;
            return plan.script.pop().map_or(Draw::Go, |(_, draw)| draw);
        }
        let rates = plan.rates;
        let any = rates.throttle + rates.lost + rates.crash;
        if any == 0 {
            return Draw::Go;
        }
        let drawn = plan.rng.below(2000) as u32;
        if drawn >= 2 * any {
            return Draw::Go;
        }
        plan.injected += 1;
        match drawn {
            _ if drawn < 2 * rates.throttle => Draw::Throttle,
            _ if drawn < 2 * (rates.throttle + rates.lost) => Draw::LostReply,
            _ if drawn < 2 * (rates.throttle + rates.lost) + rates.crash => Draw::CrashBefore,
            _ => Draw::CrashAfter,
        }
    }

    fn chance(&self, rate: impl Fn(&Rates) -> u32) -> bool {
        let mut plan = self.plan();
        let rate = rate(&plan.rates);
        let hit = rate > 0 && plan.rng.per_mille(rate);
        plan.injected += u64::from(hit);
        hit
    }

    async fn turn(&self) {
        if self.interleaved.load(Ordering::Relaxed) {
            GiveWay { faults: self, given: false }.await;
        }
    }

    fn book_mail(&self) {
        let tag = self.tag.load(Ordering::Relaxed);
        self.plan().mail_tags.push(tag);
    }

    fn book_post(&self) {
        let tag = self.tag.load(Ordering::Relaxed);
        self.plan().post_tags.push(tag);
    }
}

struct GiveWay<'a> {
    faults: &'a Faults,
    given: bool,
}

impl Future for GiveWay<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.given {
            return Poll::Ready(());
        }
        self.given = true;
        self.faults.yielded.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}

/// Errors that a broken connection can look like.
trait Broken {
    fn throttled() -> Self;
    fn lost() -> Self;
}

impl Broken for PortError {
    fn throttled() -> Self {
        PortError::Retryable("throttled".to_owned())
    }
    fn lost() -> Self {
        PortError::Retryable("the reply was lost".to_owned())
    }
}

impl Broken for CommitError {
    fn throttled() -> Self {
        CommitError::Port(PortError::throttled())
    }
    fn lost() -> Self {
        CommitError::Port(PortError::lost())
    }
}

impl Broken for SendError {
    fn throttled() -> Self {
        SendError::NotSent("throttled".to_owned())
    }
    fn lost() -> Self {
        SendError::Unknown("the reply was lost".to_owned())
    }
}

/// A port whose calls meet the plan.
pub struct Faulty<P: ?Sized> {
    port: Arc<P>,
    faults: Arc<Faults>,
}

impl<P: ?Sized> Faulty<P> {
    /// Wraps a port.
    pub fn new(port: Arc<P>, faults: &Arc<Faults>) -> Faulty<P> {
        Faulty { port, faults: faults.clone() }
    }
}

macro_rules! meet {
    ($self:ident, $call:ident, $items:expr, $effect:expr) => {{
        $self.faults.turn().await;
        match $self.faults.draw(Call::$call, $items as u64) {
            Draw::Go => $effect.await,
            Draw::Throttle => Err(Broken::throttled()),
            Draw::LostReply => {
                let _ = $effect.await;
                Err(Broken::lost())
            }
            // A dead process never comes back to its future; whoever polls it sees it pending and drops it.
            Draw::CrashBefore => std::future::pending().await,
            Draw::CrashAfter => {
                let _ = $effect.await;
                std::future::pending().await
            }
        }
    }};
}

#[async_trait]
impl OrderStore for Faulty<dyn OrderStore> {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        meet!(self, OrderLoad, 1, self.port.load(scope, id))
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        meet!(self, OrderFind, 1, self.port.find(scope, channel, external_id))
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        meet!(self, OrderDossier, 1, self.port.dossier(scope, id, limit))
    }
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        let reference = commit.before_version == 0 && commit.order.external_id.is_some();
        let beside = [!commit.publish.is_empty(), commit.once.is_some(), commit.inbox.is_some(), reference];
        let items = 2 + beside.iter().filter(|there| **there).count();
        meet!(self, OrderCommit, items, self.port.commit(scope, commit.clone()))
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        self.port.forget_words(scope, id).await
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        meet!(self, OrderPage, 1, self.port.page(scope, query, after, limit))
    }
}

#[async_trait]
impl OnceStore for Faulty<dyn OnceStore> {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        meet!(self, OnceDone, 1, self.port.done(scope, key, now))
    }
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim> {
        meet!(self, OnceClaim, 1, self.port.claim(scope, key, request_hash, now, lease))
    }
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>) -> PortResult<bool> {
        meet!(self, OnceComplete, 1, self.port.complete(scope, done))
    }
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        meet!(self, OnceComplete, 1, self.port.release(scope, key, fence))
    }
}

#[async_trait]
impl InboxStore for Faulty<dyn InboxStore> {
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received> {
        meet!(self, InboxReceive, 1, self.port.receive(scope, entry))
    }
    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>> {
        meet!(self, InboxLoad, 1, self.port.load(scope, key))
    }
    async fn settle(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        state: &InboxState,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let items = 1 + usize::from(!publish.is_empty());
        meet!(self, InboxSettle, items, self.port.settle(scope, key, state, publish, now))
    }
    async fn parked(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<InboxEntry>> {
        self.port.parked(scope, limit).await
    }
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        self.port.forget_bodies(scope, keys).await
    }
}

#[async_trait]
impl OutboxStore for Faulty<dyn OutboxStore> {
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()> {
        meet!(self, OutboxAdd, 1, self.port.add(scope, events, now))
    }
    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>> {
        meet!(self, OutboxWaiting, 1, self.port.waiting(before, limit))
    }
    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()> {
        meet!(self, OutboxPublished, keys.len(), self.port.published(keys))
    }
}

#[async_trait]
impl Bus for Faulty<dyn Bus> {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        let some_refused = self.faults.chance(|rates| rates.bus_entry);
        if !some_refused {
            return meet!(self, BusPublish, events.len(), self.port.publish(events));
        }
        let mut results = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            // At least one is refused, and not always the same one.
            if at == event.id.as_str().len() % events.len() || self.faults.chance(|_| 300) {
                results.push(Err("InternalFailure".to_owned()));
            } else {
                results.extend(self.port.publish(std::slice::from_ref(event)).await?);
            }
        }
        meet!(self, BusPublish, events.len(), std::future::ready(PortResult::Ok(std::mem::take(&mut results))))
    }
}

#[async_trait]
impl Queue for Faulty<dyn Queue> {
    async fn send(&self, body: &str) -> PortResult<()> {
        meet!(self, QueueSend, 1, self.port.send(body))
    }
}

#[async_trait]
impl Parking for Faulty<dyn Parking> {
    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        meet!(self, Park, 1, self.port.park(body, reason))
    }
}

#[async_trait]
impl MessageStore for Faulty<dyn MessageStore> {
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim> {
        meet!(self, MessageClaim, 1, self.port.claim(scope, subject, message, now))
    }
    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, state: &MessageState) -> PortResult<bool> {
        meet!(self, MessageSettle, 1, self.port.settle(scope, subject, id, attempt, state))
    }
}

impl Faulty<dyn Mailer> {
    async fn out(&self, mail: &Mail) -> Result<String, SendError> {
        self.faults.book_mail();
        self.port.send(mail).await
    }
}

#[async_trait]
impl Mailer for Faulty<dyn Mailer> {
    async fn send(&self, mail: &Mail) -> Result<String, SendError> {
        if self.faults.chance(|rates| rates.refused) {
            return Err(SendError::Refused("the address bounced before".to_owned()));
        }
        if self.faults.chance(|rates| rates.unknown) {
            if self.faults.chance(|_| 500) {
                self.out(mail).await?;
            }
            return Err(SendError::Unknown("timed out".to_owned()));
        }
        meet!(self, MailSend, 1, self.out(mail))
    }
}

impl Faulty<dyn TeamChat> {
    async fn out(&self, webhook: &secrecy::SecretString, text: &str) -> Result<(), SendError> {
        self.faults.book_post();
        self.port.post(webhook, text).await
    }
}

#[async_trait]
impl TeamChat for Faulty<dyn TeamChat> {
    async fn post(&self, webhook: &secrecy::SecretString, text: &str) -> Result<(), SendError> {
        if self.faults.chance(|rates| rates.refused) {
            return Err(SendError::Refused("no such channel".to_owned()));
        }
        if self.faults.chance(|rates| rates.unknown) {
            if self.faults.chance(|_| 500) {
                self.out(webhook, text).await?;
            }
            return Err(SendError::Unknown("timed out".to_owned()));
        }
        meet!(self, ChatPost, 1, self.out(webhook, text))
    }
}

#[async_trait]
impl RateBuckets for Faulty<dyn RateBuckets> {
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        meet!(self, BucketTake, 1, self.port.take(scope, bucket, amount, limit, now))
    }
    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        meet!(self, BucketTake, 1, self.port.take_unverified(bucket, amount, limit, now))
    }
    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()> {
        self.port.give_back(scope, bucket, amount, now).await
    }
}

#[async_trait]
impl TenantStore for Faulty<dyn TenantStore> {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        meet!(self, TenantConfig, 1, self.port.config(tenant))
    }
    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        self.port.save(scope, config, before_version).await
    }
    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.port.all().await
    }
}

#[async_trait]
impl MetricStore for Faulty<dyn MetricStore> {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        meet!(self, MetricCount, 1 + deltas.len(), self.port.count(scope, event, deltas, now))
    }
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        self.port.series(scope, series, from, to).await
    }
}
