//! Both sides, compared every hour: what has changed in Saleor becomes news here, what has left or was called off here is told there, and where
//! they have gone ways that exclude each other a person is asked. Webhooks bring the same news sooner; what they bring twice is heard once.

use super::memory::{Memory, Open, Walk};
use super::{BadOrder, CommerceOrder, ENDPOINT, channel};
use crate::commerce::take::{Stuck, TakeIn, Taken, Took, in_words};
use crate::context::{Context, Provenance};
use crate::each::ask_each;
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{
    Claim, OnceDone, OnceKey, OnceStore, OrderQuery, OutboxStore, Queue, ReportStore, SaleorApi, SaleorDossier, SaleorError, TenantStore,
};
use crate::scope::TenantScope;
use crate::tenant::{SaleorSettings, TenantConfig};
use crate::trouble::Job;
use contracts::queue::SheetAsked;
use domain::ids::{CorrelationId, OrderId, TenantId};
use domain::order::{Actor, Order};
use domain::saleor::{Parcel, Standing, TheirStatus, compare, is_worth_telling, parcels, unnumbered};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

pub use super::memory::{OpenOrder, SaleorStatus};

/// A run is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// After this nothing new is begun; the next run goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(200);
/// Pages of Saleor's that one run reads.
const PAGES_MAX: usize = 40;
/// Orders of ours that one page of the list has, and pages that one run reads.
const WALKED_PAGE: usize = 100;
/// See [`WALKED_PAGE`].
const WALKED_PAGES_MAX: usize = 40;
/// Orders that one run looks up in Saleor.
const LOOKED_UP_MAX: usize = 200;
/// How far back the first run looks.
const LOOK_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);
/// What was changed in a transaction that lasted so long may show later than it says; so it is looked at once more.
const OVERLAP: SignedDuration = SignedDuration::from_mins(5);
/// How long it is known what was told.
const TOLD_KEPT: SignedDuration = SignedDuration::from_hours(400 * 24);
/// How long nobody tells again what may have been told: until it has been looked up.
const TELLING: SignedDuration = SignedDuration::from_mins(10);
/// So long Saleor is left alone if it has too many requests and does not say how long; and at most.
const THROTTLED: SignedDuration = SignedDuration::from_mins(1);
/// See [`THROTTLED`]: what a queue can hold something back for.
const THROTTLED_MAX: SignedDuration = SignedDuration::from_mins(15);
/// As alerts name the work.
const JOB: Job<'_> = Job { name: "Saleor sync", subject: "job:saleor" };
/// As alerts name what waits for a person.
const CONFLICTS: Job<'_> = Job { name: "orders that differ between here and Saleor", subject: "job:saleor-conflicts" };

/// The use case.
#[derive(Clone)]
pub struct SyncSaleor {
    /// Saleor.
    pub api: Arc<dyn SaleorApi>,
    /// Takes in what it says.
    pub take: TakeIn,
    /// Remembers how far it has come.
    pub files: Arc<dyn ReportStore>,
    /// One run at a time; and what was told.
    pub once: Arc<dyn OnceStore>,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Which Saleor.
    pub tenants: Arc<dyn TenantStore>,
    /// Where what is left over waits.
    pub queue: Arc<dyn Queue>,
}

/// What a run did for one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synced {
    /// It has no Saleor, or none that is switched on.
    None,
    /// Another run is at it.
    Busy,
    /// It was compared, or could not be: see the status.
    Ran(SaleorStatus),
}

/// Why a run ends before it is done.
enum Stop {
    /// Saleor does not do its part.
    Theirs(SaleorError),
    /// We do not.
    Ours(Error),
}

impl From<SaleorError> for Stop {
    fn from(error: SaleorError) -> Stop {
        Stop::Theirs(error)
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Ours(error)
    }
}

impl From<crate::ports::PortError> for Stop {
    fn from(error: crate::ports::PortError) -> Stop {
        Stop::Ours(error.into())
    }
}

/// One run, for one shop.
struct Run<'a> {
    sync: &'a SyncSaleor,
    context: Context<'a>,
    account: &'a SaleorSettings,
    until: Timestamp,
    memory: Memory,
}

impl SyncSaleor {
    /// Has every Saleor compared that is switched on, each by a run of its own.
    ///
    /// # Errors
    /// `Retryable`: the next hour asks for all again, and comparing twice changes nothing.
    pub async fn all(&self, correlation: &CorrelationId) -> Result<Vec<TenantId>> {
        let wanted = async |tenant: &TenantId, config: &TenantConfig| {
            let account = config.saleor.as_ref().filter(|account| account.enabled && account.token.is_some());
            Ok(account.map(|_| SheetAsked::saleor(tenant, true, correlation)).into_iter().collect())
        };
        ask_each((&*self.tenants, &*self.queue), wanted).await
    }

    /// Has a tenant's Saleor compared now, behind a queue.
    ///
    /// # Errors
    /// `NotFound` if none is switched on, `Retryable`.
    pub async fn ask(queue: &dyn Queue, scope: &TenantScope, config: &TenantConfig, correlation: &CorrelationId) -> Result<()> {
        config.saleor.as_ref().filter(|account| account.enabled).ok_or(Error::NotFound("saleor"))?;
        json::send(queue, &SheetAsked::saleor(scope.tenant(), false, correlation)).await
    }

    /// How both sides stand.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn status(files: &dyn ReportStore, scope: &TenantScope) -> Result<SaleorStatus> {
        Ok(Memory::load(files, scope).await?.status())
    }

    /// Compares one tenant's.
    ///
    /// # Errors
    /// `Retryable` if our own stores fail. A Saleor that cannot be asked is no error but a status.
    pub async fn one(&self, tenant: &TenantId, correlation: &CorrelationId) -> Result<Synced> {
        let Some(config) = self.tenants.config(tenant).await? else { return Ok(Synced::None) };
        let Some(account) = config.saleor.as_ref().filter(|account| account.enabled) else { return Ok(Synced::None) };
        let scope = TenantScope::of_own_message(tenant);
        let (key, now) = (OnceKey::new(ENDPOINT, "sync", ""), self.take.apply.clock.now());
        let Claim::Mine { fence } = self.once.claim(&scope, &key, "", now, LEASE).await? else { return Ok(Synced::Busy) };
        let by = Provenance { actor: Actor::Source { source: channel()? }, correlation: correlation.clone() };
        let context = Context { scope: &scope, config: &config, by: &by };
        let ran = self.run(context, account).await;
        self.once.release(&scope, &key, fence).await?;
        Ok(Synced::Ran(ran?))
    }

    async fn run(&self, context: Context<'_>, account: &SaleorSettings) -> Result<SaleorStatus> {
        let clock = &self.take.apply.clock;
        let (scope, correlation) = (context.scope, &context.by.correlation);
        let mut memory = Memory::load(&*self.files, scope).await?;
        memory.begin();
        let mut run = Run { sync: self, context, account, until: clock.now() + WORKING_TIME, memory };
        let ended = run.go().await;
        let Run { mut memory, .. } = run;
        let mut wait = SignedDuration::ZERO;
        let error = match ended {
            Ok(()) => None,
            Err(Stop::Ours(error)) => {
                // What it has come to is not lost; the message comes again.
                memory.save(&*self.files, scope).await?;
                return Err(error);
            }
            Err(Stop::Theirs(SaleorError::Throttled(asked))) => {
                wait = asked.unwrap_or(THROTTLED).clamp(THROTTLED, THROTTLED_MAX);
                tracing::info!(trace_id = %correlation, tenant = %scope.tenant(), wait_s = wait.as_secs(), "Saleor wants to be left alone");
                memory.more = true;
                None
            }
            Err(Stop::Theirs(error)) => Some(error.to_string()),
        };
        let now = clock.now();
        memory.at = Some(now);
        let stands = (scope, &*self.outbox);
        memory.trouble = JOB.tell(stands, memory.trouble.take(), error.clone(), now, correlation).await?;
        if error.is_none() {
            memory.differs = CONFLICTS.tell(stands, memory.differs.take(), memory.conflicts(), now, correlation).await?;
        }
        memory.error = error;
        memory.save(&*self.files, scope).await?;
        // Only a run that has come on asks for the next: one that does not is for the next hour.
        if memory.error.is_none() && memory.more && memory.has_come_on() {
            self.queue.send_after(&json::text(&SheetAsked::saleor(scope.tenant(), true, correlation))?, wait).await?;
        }
        Ok(memory.status())
    }
}

impl Run<'_> {
    fn now(&self) -> Timestamp {
        self.sync.take.apply.clock.now()
    }

    /// There is no time to begin anything.
    fn is_late(&self) -> bool {
        self.now() >= self.until
    }

    async fn go(&mut self) -> std::result::Result<(), Stop> {
        // What waits since an earlier run, and may be mended.
        let strangers = self.memory.strangers(LOOKED_UP_MAX);
        self.listen().await?;
        self.walk().await?;
        self.look_up(strangers).await
    }

    /// Takes in what has changed there.
    async fn listen(&mut self) -> std::result::Result<(), Stop> {
        let mut page = match self.memory.page.take() {
            Some(page) => page,
            None => (self.memory.heard_to.unwrap_or(self.now() - LOOK_BACK) - OVERLAP, None),
        };
        for _ in 0..PAGES_MAX {
            if self.is_late() {
                (self.memory.page, self.memory.more) = (Some(page), true);
                return Ok(());
            }
            let asked = self.sync.api.changed(self.account, page.0, page.1.as_deref()).await;
            let got = match asked {
                Ok(got) => got,
                Err(error) => {
                    // The next run goes on here, not from the beginning; unless the place is what Saleor does not like.
                    let keeps = page.1.is_some() && !matches!(error, SaleorError::Refused(_));
                    self.memory.page = keeps.then_some(page);
                    return Err(error.into());
                }
            };
            for order in got.orders {
                let changed = match &order {
                    Ok(theirs) => Some(theirs.updated_at),
                    Err(bad) => bad.updated_at,
                };
                self.memory.read += 1;
                self.hear(order).await?;
                self.memory.heard_to = self.memory.heard_to.max(changed);
            }
            self.memory.came_on();
            match got.next {
                // A page that was there before would never end.
                Some(next) if page.1.as_ref() != Some(&next) => page.1 = Some(next),
                _ => return Ok(()),
            }
        }
        (self.memory.page, self.memory.more) = (Some(page), true);
        Ok(())
    }

    /// Takes in one order; it is to be looked up if both sides do not agree then.
    async fn hear(&mut self, order: std::result::Result<CommerceOrder, BadOrder>) -> std::result::Result<(), Stop> {
        let theirs = match order {
            Ok(theirs) => theirs,
            Err(BadOrder { id, number, faults, .. }) => {
                let name = number.map(|number| format!("{}{number}", self.account.number_prefix)).or_else(|| id.clone());
                self.stranger(&name.unwrap_or_default(), id, "unknown", &format!("it cannot be read: {}", in_words(&faults)));
                return Ok(());
            }
        };
        let name = theirs.number_here(&self.account.number_prefix);
        match self.sync.take.run(self.context, self.account.into(), &theirs, None).await? {
            Err(Stuck { reason, .. }) => self.stranger(&name, Some(theirs.id), &theirs.status, &reason),
            Ok(Took { what, order }) => {
                self.memory.placed += usize::from(what == Taken::Placed);
                self.memory.updated += usize::from(what == Taken::Updated);
                let status = TheirStatus::from_word(&theirs.status);
                match status.map(|status| compare(order.tracks.status, status)) {
                    Some(Standing::Agrees) => self.memory.close(&order.id),
                    _ => self.memory.look_up(&order.id),
                }
            }
        }
        Ok(())
    }

    /// Finds what has changed here, the latest first, down to where an earlier run began.
    async fn walk(&mut self) -> std::result::Result<(), Stop> {
        let channel = channel()?;
        let mut walk = match self.memory.walk.take() {
            Some(walk) => walk,
            None => {
                let began = self.now();
                Walk { after: None, down_to: self.memory.told_to.unwrap_or(began - LOOK_BACK) - OVERLAP, began }
            }
        };
        for _ in 0..WALKED_PAGES_MAX {
            if self.is_late() {
                break;
            }
            let orders = &self.sync.take.apply.orders;
            let page = orders.page(self.context.scope, &OrderQuery::All, walk.after.as_ref(), WALKED_PAGE).await?;
            let recent = |at: Timestamp| at >= walk.down_to;
            for summary in page.orders.iter().filter(|summary| recent(summary.updated_at)) {
                if summary.channel == channel && is_worth_telling(summary.status) {
                    self.memory.look_up(&summary.id);
                }
            }
            let is_end = page.orders.last().is_none_or(|last| !recent(last.updated_at));
            match page.next.filter(|_| !is_end) {
                Some(next) => walk.after = Some(next),
                None => {
                    self.memory.told_to = Some(walk.began);
                    return Ok(());
                }
            }
            self.memory.came_on();
        }
        (self.memory.walk, self.memory.more) = (Some(walk), true);
        Ok(())
    }

    /// Looks up what is to be told, or differs.
    async fn look_up(&mut self, strangers: Vec<(String, String)>) -> std::result::Result<(), Stop> {
        for (name, id) in strangers.into_iter().filter(|(name, _)| self.memory.is_open(name)).collect::<Vec<_>>() {
            if self.is_late() {
                break;
            }
            let found = self.sync.api.order(self.account, &id).await?;
            let known = self.memory.take(&name);
            let Some(found) = found else { continue };
            if let Err(stop) = self.hear(found.order).await {
                known.into_iter().for_each(|known| self.memory.open(&name, known));
                return Err(stop);
            }
            self.memory.known_since(&name, known.map(|known| known.since));
        }
        let mut unknown = 0;
        for id in self.memory.wanted(LOOKED_UP_MAX) {
            if self.is_late() {
                break;
            }
            if self.settle(&id).await? {
                self.memory.came_on();
            } else {
                unknown += 1;
            }
        }
        self.memory.more |= self.memory.waiting() > unknown;
        Ok(())
    }

    /// Brings one order to where both sides agree, if that is possible; false if nobody knows yet whether it was.
    async fn settle(&mut self, id: &OrderId) -> std::result::Result<bool, Stop> {
        let scope = self.context.scope;
        let order = self.sync.take.apply.orders.load(scope, id).await?;
        let named = order.filter(|order| order.channel.as_str() == ENDPOINT).and_then(|order| {
            let external = order.external_id.clone()?;
            Some((order, external))
        });
        let Some((order, external)) = named else {
            self.memory.close(id);
            return Ok(true);
        };
        let Some(found) = self.sync.api.order(self.account, &external).await? else {
            self.open(id.as_str(), &order, "not there", "Saleor has no such order any more");
            return Ok(true);
        };
        let SaleorDossier { order: theirs, lines, parcels: sent } = found;
        let theirs = match theirs {
            Ok(theirs) => theirs,
            Err(bad) => {
                self.open(id.as_str(), &order, "unknown", &format!("it cannot be read: {}", in_words(&bad.faults)));
                return Ok(true);
            }
        };
        // What it says now may be newer than what was heard.
        let took = match self.sync.take.run(self.context, self.account.into(), &theirs, None).await? {
            Ok(took) => took,
            Err(Stuck { reason, .. }) => {
                self.open(id.as_str(), &order, &theirs.status, &reason);
                return Ok(true);
            }
        };
        self.memory.updated += usize::from(took.what == Taken::Updated);
        let (order, status) = (took.order, TheirStatus::from_word(&theirs.status));
        let done = match status.map(|status| compare(order.tracks.status, status)) {
            None => Err("OrderFlow does not know this status yet".to_owned()),
            Some(Standing::Conflict(why)) => Err(why.to_owned()),
            Some(Standing::TellCancelled) => self.tell(id, "cancelled", Errand::Cancel(&external)).await?,
            Some(Standing::TellSent) => {
                let mut done = Ok(Said::Told);
                for parcel in &parcels(&order, &lines) {
                    done = self.tell(id, &format!("sent:{}", parcel.name), Errand::Send(&external, parcel)).await?;
                    if !matches!(done, Ok(Said::Told)) {
                        break;
                    }
                }
                done
            }
            Some(Standing::Agrees) => match unnumbered(&order, &sent) {
                Some((parcel, number)) => self.tell(id, &format!("number:{number}"), Errand::Number(parcel, &number)).await?,
                None => Ok(Said::Told),
            },
        };
        match done {
            Ok(Said::Told) => self.memory.close(id),
            // The next run looks it up.
            Ok(Said::Unknown) => return Ok(false),
            Err(why) => self.open(id.as_str(), &order, &theirs.status, &why),
        }
        Ok(true)
    }

    /// Tells Saleor one thing, once. What was told and is not so there any more was taken back by somebody: it is not told again.
    async fn tell(&mut self, id: &OrderId, what: &str, errand: Errand<'_>) -> std::result::Result<std::result::Result<Said, String>, Stop> {
        let (scope, once, now) = (self.context.scope, &self.sync.once, self.now());
        let key = OnceKey::new(ENDPOINT, id.as_str(), what);
        let fence = match once.claim(scope, &key, "", now, TELLING).await? {
            Claim::Mine { fence } => fence,
            Claim::Done { .. } => return Ok(Err(format!("it was told there ({what}), and has been taken back there since"))),
            Claim::Busy { .. } => return Ok(Ok(Said::Unknown)),
        };
        let (api, account) = (&self.sync.api, self.account);
        let told = match errand {
            Errand::Cancel(order) => api.cancel(account, order).await,
            Errand::Send(order, parcel) => api.fulfil(account, order, parcel).await,
            Errand::Number(parcel, number) => api.number(account, parcel, number).await,
        };
        match told {
            Ok(()) => {
                let done = OnceDone { key: &key, request_hash: "", response: "", fence: Some(fence), expires_at: now + TOLD_KEPT };
                once.complete(scope, done, &[], self.now()).await?;
                self.memory.told += 1;
                tracing::info!(trace_id = %self.context.by.correlation, tenant = %scope.tenant(), order = %id, what, "told Saleor");
                Ok(Ok(Said::Told))
            }
            Err(SaleorError::Unknown(why)) => {
                // Nobody tells it again before it has been looked up: the claim is left to run out.
                tracing::warn!(trace_id = %self.context.by.correlation, tenant = %scope.tenant(), order = %id, what, why, "told Saleor, perhaps");
                Ok(Ok(Said::Unknown))
            }
            Err(error) => {
                once.release(scope, &key, fence).await?;
                match error {
                    SaleorError::Refused(why) => Ok(Err(why)),
                    other => Err(other.into()),
                }
            }
        }
    }

    /// A person has to see to an order of ours.
    fn open(&mut self, name: &str, ours: &Order, there: &str, why: &str) {
        let open = Open { here: Some(ours.tracks.status), id: None, there: there.to_owned(), why: why.to_owned(), since: self.now() };
        self.memory.open(name, open);
    }

    /// A person has to see to an order that is not here.
    fn stranger(&mut self, name: &str, id: Option<String>, there: &str, why: &str) {
        self.memory.open(name, Open { here: None, id, there: there.to_owned(), why: why.to_owned(), since: self.now() });
    }
}

/// What is to be told.
enum Errand<'a> {
    /// The order was called off.
    Cancel(&'a str),
    /// A parcel of the order has left.
    Send(&'a str, &'a Parcel),
    /// A parcel that is known there has a number.
    Number(&'a str, &'a str),
}

/// Whether it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    /// It was.
    Told,
    /// Nobody knows.
    Unknown,
}
