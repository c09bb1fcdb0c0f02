//! Watching over open orders: those whose time has come move on by themselves where the shop wants it, those that need a
//! person are raised once, and the team hears of them together.
//!
//! A schedule that fires twice, late or at once with itself changes nothing: an order is raised once for a deadline, and
//! each digest hangs on the one before it.

use crate::apply::{Alongside, Applied};
use crate::attention::Case;
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Claim, OnceDone, OnceKey, OnceStore, OrderQuery, OrderStore, OrderSummary, PageKey, Queue, ReportStore, TenantStore};
use crate::progress::AutoProgress;
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::Payload;
use contracts::job::v1::{AttentionDigest, NeedsAttention};
use contracts::queue::WatchAsked;
use domain::ids::{CorrelationId, OrderId, TenantId};
use domain::order::progress::{self, Mode};
use domain::order::{Actor, Command};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// A run is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// After this no new page is begun; another run goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(120);
/// How long a digest is known to have been sent.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Where a shop's memory is kept.
const MEMORY: &str = "jobs/watch.json";
/// Rows of a page.
const PAGE: usize = 200;
/// Orders at once.
const AT_ONCE: usize = 16;
/// Orders named in a digest.
const NAMED_MAX: usize = 10;

/// The use case.
#[derive(Clone)]
pub struct WatchOrders {
    /// Orders, and the rules that move them on.
    pub auto: AutoProgress,
    /// What was done, and what is being done.
    pub once: Arc<dyn OnceStore>,
    /// What is remembered of a shop.
    pub files: Arc<dyn ReportStore>,
    /// Rules.
    pub tenants: Arc<dyn TenantStore>,
}

/// What a run did for one tenant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ran {
    /// Orders that found another place, because the rules have changed.
    pub rescheduled: usize,
    /// Orders that moved on.
    pub progressed: usize,
    /// Orders that were raised.
    pub raised: usize,
    /// Orders that need a person now, as far as they were looked at.
    pub waiting: usize,
    /// There was no more time: somebody should go on.
    pub more: bool,
}

/// What became of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watch {
    /// There is no such tenant.
    None,
    /// Another run is at it.
    Busy,
    /// It was done.
    Ran(Ran),
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Memory {
    /// The rules that the index of open orders is kept by.
    rules: String,
    /// Other rules that are on their way into it, and how far they have come.
    target: String,
    reached: Option<PageKey>,
    /// Until when the team has heard of orders.
    told_until: Option<Timestamp>,
}

/// One run.
struct Round<'a> {
    watch: &'a WatchOrders,
    scope: &'a TenantScope,
    config: &'a TenantConfig,
    by: Provenance,
    until: Timestamp,
}

/// What a run has found.
#[derive(Default)]
struct Found {
    progressed: usize,
    raised: usize,
    waiting: usize,
    /// Orders that the team has not heard of.
    news: Vec<Case>,
    /// When the last of them was raised: by another machine's clock, that may be later than now.
    raised_until: Option<Timestamp>,
    /// The last that could not be looked at. It keeps nobody else from being.
    broken: Option<Error>,
}

impl Found {
    fn count(&mut self, looked: Result<Looked>) {
        match looked {
            Ok(Looked::Progressed) => self.progressed += 1,
            Ok(Looked::Waits { case, raised, news }) => {
                self.waiting += 1;
                self.raised += usize::from(raised);
                self.raised_until = self.raised_until.max(news);
                self.news.extend(news.map(|_| *case));
            }
            Ok(Looked::Well) => {}
            Err(why) => self.broken = Some(why),
        }
    }
}

/// What became of one order.
enum Looked {
    Progressed,
    /// It needs a person.
    Waits {
        case: Box<Case>,
        /// By this run.
        raised: bool,
        /// When it was raised, if the team has not heard of it since.
        news: Option<Timestamp>,
    },
    Well,
}

/// Sends a shop to be watched.
///
/// # Errors
/// `Retryable`.
pub async fn ask(queue: &dyn Queue, tenant: &TenantId, correlation: &CorrelationId) -> Result<()> {
    let message = WatchAsked { v: WatchAsked::VERSION, tenant: tenant.clone(), correlation: correlation.clone() };
    json::send(queue, &message).await
}

impl WatchOrders {
    fn now(&self) -> Timestamp {
        self.auto.apply.clock.now()
    }

    fn orders(&self) -> &dyn OrderStore {
        &*self.auto.apply.orders
    }

    /// Sends every shop to be watched, each by a run of its own.
    ///
    /// # Errors
    /// `Retryable`: the next tick sends all of them.
    pub async fn all(&self, queue: &dyn Queue, correlation: &CorrelationId) -> Result<usize> {
        let tenants = self.tenants.all().await?;
        let sent = stream::iter(&tenants).map(|tenant| ask(queue, tenant, correlation)).buffer_unordered(AT_ONCE);
        sent.try_collect::<()>().await?;
        Ok(tenants.len())
    }

    /// Watches over one shop's orders.
    ///
    /// # Errors
    /// `Retryable`, after every order had its turn: what was done stays done.
    pub async fn one(&self, tenant: &TenantId, correlation: &CorrelationId) -> Result<Watch> {
        let Some(config) = self.tenants.config(tenant).await? else { return Ok(Watch::None) };
        let scope = TenantScope::of_own_message(tenant);
        let (key, now) = (OnceKey::new("watch", "run", ""), self.now());
        let Claim::Mine { fence } = self.once.claim(&scope, &key, "", now, LEASE).await? else { return Ok(Watch::Busy) };
        let by = Provenance { actor: Actor::Rule { name: "stale-orders".to_owned() }, correlation: correlation.clone() };
        let round = Round { watch: self, scope: &scope, config: &config, by, until: now + WORKING_TIME };
        let ran = round.run().await;
        self.once.release(&scope, &key, fence).await?;
        ran.map(Watch::Ran)
    }
}

impl Round<'_> {
    fn context(&self) -> Context<'_> {
        Context { scope: self.scope, config: self.config, by: &self.by }
    }

    fn is_late(&self) -> bool {
        self.watch.now() >= self.until
    }

    async fn run(&self) -> Result<Ran> {
        // A memory that is lost is made again: orders find their places, and are not raised twice.
        let mut memory: Memory = json::recall(&*self.watch.files, self.scope, MEMORY).await?.unwrap_or_default();
        let mut ran = Ran::default();
        let rules = fingerprint(self.config);
        if memory.rules != rules {
            if memory.target != rules {
                // Whatever was half done was done by rules that are no longer.
                memory = Memory { rules: String::new(), target: rules.clone(), reached: None, ..memory };
            }
            ran.rescheduled = self.reschedule(&mut memory).await?;
            ran.more = memory.reached.is_some();
            if !ran.more {
                memory.rules = rules;
            }
            self.remember(&memory).await?;
            if ran.more {
                return Ok(ran);
            }
        }
        let told_until = self.told_until(memory.told_until).await?;
        if told_until != memory.told_until {
            memory.told_until = told_until;
            self.remember(&memory).await?;
        }
        let mut found = Found::default();
        let mut after = None;
        loop {
            let now = self.watch.now();
            let page = self.watch.orders().page(self.scope, &OrderQuery::Due(now), after.as_ref(), PAGE).await?;
            let mut looks = stream::iter(page.orders).map(|order| self.look_twice(order, told_until, now)).buffered(AT_ONCE);
            while let Some(looked) = looks.next().await {
                found.count(looked);
            }
            after = page.next;
            ran.more = after.is_some() && self.is_late();
            if after.is_none() || ran.more {
                break;
            }
        }
        (ran.progressed, ran.raised, ran.waiting) = (found.progressed, found.raised, found.waiting);
        // A run that goes on tells of all of them at its end, and looks again at what is broken.
        if ran.more {
            return Ok(ran);
        }
        if !found.news.is_empty() {
            memory.told_until = Some(self.tell(told_until.max(found.raised_until), found.news, (told_until, ran.waiting)).await?);
            self.remember(&memory).await?;
        }
        found.broken.map_or(Ok(ran), Err)
    }

    async fn remember(&self, memory: &Memory) -> Result<()> {
        json::remember(&*self.watch.files, self.scope, MEMORY, memory).await
    }

    /// Perhaps only the answer was lost: then the order is raised, and the second look finds that the team is to hear of it.
    async fn look_twice(&self, order: OrderSummary, told_until: Option<Timestamp>, now: Timestamp) -> Result<Looked> {
        match self.look(order.clone(), told_until, now).await {
            Err(error) => {
                tracing::warn!(trace_id = %self.by.correlation, tenant = %self.scope.tenant(), %error, "an order is looked at once more");
                self.look(order, told_until, now).await
            }
            looked => looked,
        }
    }

    /// Lets the rules of today decide on an order whose time has come.
    async fn look(&self, order: OrderSummary, told_until: Option<Timestamp>, now: Timestamp) -> Result<Looked> {
        let by_itself = self.config.progress.mode != Mode::Off && self.config.progress.step(order.status).is_some();
        if by_itself && self.progresses(&order, now).await? {
            return Ok(Looked::Progressed);
        }
        let (rules, zone) = (self.config.watch_rules(), self.config.zone());
        let concerns = order.watched().concerns(&rules, &zone, now);
        if concerns.is_empty() {
            return Ok(Looked::Well);
        }
        let known = concerns.iter().all(|held| order.raised.get(&held.concern) == Some(&held.basis));
        let case = Box::new(Case { order, concerns });
        if known {
            let news = case.order.raised_at.filter(|raised| Some(*raised) > told_until);
            return Ok(Looked::Waits { case, raised: false, news });
        }
        let applied = self.apply(&case.order.id, &Command::Raise { rules, zone }, Alongside::default()).await?;
        let raised = applied.as_ref().is_some_and(|applied| !applied.events.is_empty());
        // Lists follow their orders within moments: a run before this one may have raised it.
        let news = applied.and_then(|applied| applied.order.raised_at).filter(|at| raised || Some(*at) > told_until);
        Ok(Looked::Waits { case, raised, news })
    }

    async fn progresses(&self, order: &OrderSummary, now: Timestamp) -> Result<bool> {
        let Some(order) = self.watch.orders().load(self.scope, &order.id).await? else { return Ok(false) };
        // It may be here because it waits too long; whether the rules could move it is known from how it stands.
        if progress::due(&order, &self.config.progress).is_none_or(|due| now < due) {
            return Ok(false);
        }
        Ok(unless_gone(self.watch.auto.by_itself(self.context(), &order).await)?.is_some_and(|progressed| progressed.moved()))
    }

    /// What became of a command; none if the order has changed or gone meanwhile: the next run sees it as it is then.
    async fn apply(&self, id: &OrderId, command: &Command, with: Alongside<'_>) -> Result<Option<Applied>> {
        unless_gone(self.watch.auto.apply.run(self.context(), id, command, with).await)
    }

    /// Finds every open order its place by other rules than it was put there by.
    async fn reschedule(&self, memory: &mut Memory) -> Result<usize> {
        let mut moved = 0;
        loop {
            let page = self.watch.orders().page(self.scope, &OrderQuery::Open, memory.reached.as_ref(), PAGE).await?;
            let one = |order: OrderSummary| async move {
                // Whoever changes the order now puts it where it belongs by the new rules.
                let Some(order) = self.watch.orders().load(self.scope, &order.id).await? else { return Ok(false) };
                let Some(due) = self.config.due(&order) else { return Ok(false) };
                Ok::<bool, Error>(self.watch.orders().reschedule(self.scope, &order.id, order.version, due).await?)
            };
            for place in stream::iter(page.orders).map(one).buffer_unordered(AT_ONCE).collect::<Vec<_>>().await {
                match place {
                    Ok(found) => moved += usize::from(found),
                    // It keeps its old place, and whoever changes it next puts it right.
                    Err(error) => tracing::warn!(trace_id = %self.by.correlation, tenant = %self.scope.tenant(), %error, "not rescheduled"),
                }
            }
            memory.reached = page.next;
            if memory.reached.is_none() || self.is_late() {
                return Ok(moved);
            }
        }
    }

    /// Until when the team has heard: a run that died may have told them and not remembered it.
    async fn told_until(&self, mut known: Option<Timestamp>) -> Result<Option<Timestamp>> {
        while let Some((_, until)) = self.watch.once.done(self.scope, &digest_after(known), self.watch.now()).await? {
            known = Some(until.parse().map_err(|_| Error::Fatal("a digest was sent at no time".into()))?);
        }
        Ok(known)
    }

    /// Tells the team, in the transaction that makes it known that they were told.
    async fn tell(
        &self,
        heard: Option<Timestamp>,
        mut news: Vec<Case>,
        (told_until, waiting): (Option<Timestamp>, usize),
    ) -> Result<Timestamp> {
        let now = self.watch.now();
        let key = digest_after(told_until);
        news.sort_by_key(|case| case.concerns.first().map(|held| (held.concern, held.at)));
        let today = self.config.today(now);
        let named = |case: &Case| NeedsAttention {
            order_id: case.order.id.to_string(),
            reasons: case.concerns.iter().map(|held| case.words(held.concern, now, today)).collect(),
        };
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let digest =
            AttentionDigest { new: count(news.len()), waiting: count(waiting), orders: news.iter().take(NAMED_MAX).map(named).collect() };
        // Later than the last time, and than any of them was raised, whatever the clocks say: the next digest hangs on it.
        let until = heard.map_or(now, |heard| now.max(heard + SignedDuration::from_millis(1)));
        let moment = u64::try_from(until.as_millisecond()).unwrap_or(0);
        let digest = Payload::AttentionDigest(digest);
        let event = envelope(self.scope.tenant(), "job:attention", moment, 0, now, &self.by.correlation, digest);
        let done = OnceDone { key: &key, request_hash: "", response: &until.to_string(), fence: None, expires_at: now + KEPT_FOR };
        if !self.watch.once.complete(self.scope, done, &[event], now).await? {
            return Err(Error::Retryable("another run has told the team".into()));
        }
        Ok(until)
    }
}

/// None where the order has changed or gone meanwhile.
fn unless_gone<T>(done: Result<T>) -> Result<Option<T>> {
    match done {
        Ok(done) => Ok(Some(done)),
        Err(Error::Stale { .. } | Error::NotFound(_) | Error::Rejected(_)) => Ok(None),
        Err(why) => Err(why),
    }
}

fn digest_after(told_until: Option<Timestamp>) -> OnceKey {
    OnceKey::new("watch", "digest", &told_until.map_or_else(String::new, |at| at.to_string()))
}

/// The rules that an order's place among the open ones depends on.
fn fingerprint(config: &TenantConfig) -> String {
    let rules = serde_json::json!([config.watch_rules().named(), config.progress, config.time_zone, config.sla.enabled]);
    hex::encode(&Sha256::digest(rules.to_string().as_bytes())[..8])
}
