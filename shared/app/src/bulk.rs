//! The same step for many orders at once. Each order's step is a message of its own, carried out beside the others and
//! exactly once; its result is kept in the transaction that makes it true, so whoever asks sees what has become of each.

use crate::apply::{Alongside, CONFLICT_TRIES};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Clock, OnceDone, OnceKey, OnceStore, Outcome, Queue, Random, TenantStore};
use crate::progress::{self, AutoProgress};
use crate::scope::{Identity, TenantScope};
use contracts::queue::{BulkAction, StepAsked};
use domain::ids::{CorrelationId, OrderId};
use domain::order::{Cause, ChangeStatus, Command, Fault, Order, OrderStatus, Track};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::sync::Arc;

/// Orders of one job.
pub const ORDERS_MAX: usize = 100;
/// Above this somebody has to say that they mean it.
pub const UNCONFIRMED_MAX: usize = 20;
/// Longest number that is looked for.
const NUMBER_CHARS_MAX: usize = 128;
/// How long a job's results are kept.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Messages, and results, at once.
const AT_ONCE: usize = 16;

/// What somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wish {
    /// Numbers as they were given: one that could not be an order's is not found.
    pub orders: Vec<String>,
    /// What is done to each.
    pub action: BulkAction,
    /// Whether their customers are told.
    pub notify: bool,
}

/// What became of one order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepResult {
    /// Its number.
    pub order_id: String,
    /// It was done, now or before.
    pub success: bool,
    /// Its status before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub old_status: Option<String>,
    /// Its status after.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub new_status: Option<String>,
    /// Why not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// A job as it is kept. Its name may be used again once it is forgotten; its nonce is never.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Job {
    nonce: String,
    wish: Wish,
}

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobStatus {
    /// What was wanted.
    pub wish: Wish,
    /// What has become of each order; none yet, where its turn has not come.
    pub results: Vec<Option<StepResult>>,
    name: String,
    nonce: String,
}

impl JobStatus {
    /// Every order had its turn.
    pub fn is_done(&self) -> bool {
        self.results.iter().all(Option::is_some)
    }
}

/// Starts jobs, and knows how they stand.
#[derive(Clone)]
pub struct Bulk {
    /// Jobs and results.
    pub once: Arc<dyn OnceStore>,
    /// Steps.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Ids of jobs that nobody named.
    pub random: Arc<dyn Random>,
}

fn faults(wish: &Wish, confirmed: bool) -> Vec<Fault> {
    let (mut faults, mut seen) = (Vec::new(), HashSet::new());
    match wish.orders.len() {
        0 => faults.push(Fault::new("order_ids", "required", "1 to 100 order numbers")),
        many if many > ORDERS_MAX => {
            return vec![Fault::new("order_ids", "too_many_orders", format!("Maximum {ORDERS_MAX} orders per bulk operation"))];
        }
        many if many > UNCONFIRMED_MAX && !confirmed => {
            let why = format!("{many} orders: send \"confirm\": true if you mean them all");
            faults.push(Fault::new("confirm", "confirm_required", why));
        }
        _ => {}
    }
    for (at, number) in wish.orders.iter().enumerate() {
        let field = || format!("order_ids[{at}]");
        if number.trim().is_empty() || number.chars().count() > NUMBER_CHARS_MAX {
            faults.push(Fault::new(field(), "bad_number", format!("1 to {NUMBER_CHARS_MAX} characters")));
        } else if !seen.insert(plain(number)) {
            faults.push(Fault::new(field(), "duplicate", "it stands here twice"));
        }
    }
    faults
}

/// A number as orders have it: "#1001" and "1001" are one.
fn plain(number: &str) -> String {
    OrderId::written(number).map_or_else(|_| number.trim().to_owned(), |id| id.to_string())
}

impl Bulk {
    /// Starts a job; its id. The same key with the same wish is the same job, and sends again what may have been lost.
    ///
    /// # Errors
    /// `Forbidden`, `Invalid` with all faults, `KeyReused`, `Retryable`.
    pub async fn start(
        &self,
        identity: &Identity,
        wish: &Wish,
        (confirmed, key): (bool, Option<&str>),
        correlation: &CorrelationId,
    ) -> Result<String> {
        identity.require("write", |scopes| scopes.write)?;
        let faults = faults(wish, confirmed);
        if !faults.is_empty() {
            return Err(Error::Invalid(Fault::listed(faults, 0)));
        }
        let scope = TenantScope::of(identity);
        let job = match key {
            Some(key) => OnceKey::new("bulk job", &identity.principal, key).0[..32].to_owned(),
            None => hex::encode(&self.random.secret()[..16]),
        };
        let wish = Wish { orders: wish.orders.iter().map(|number| plain(number)).collect(), ..wish.clone() };
        let hash = hex::encode(Sha256::digest(json::text(&wish)?.as_bytes()));
        let (now, of_job) = (self.clock.now(), of_job(&job));
        let mut ours = Job { nonce: hex::encode(&self.random.secret()[..8]), wish };
        let kept = json::text(&ours)?;
        let done = OnceDone { key: &of_job, request_hash: &hash, response: &kept, fence: None, expires_at: now + KEPT_FOR };
        if !self.once.complete(&scope, done, &[], now).await? {
            match self.once.done(&scope, &of_job, now).await? {
                Some((known, kept)) if known == hash => ours = read_job(&kept)?,
                _ => return Err(Error::KeyReused),
            }
        }
        let Job { nonce, wish } = ours;
        let send = |order: &String| {
            let message = StepAsked {
                v: StepAsked::VERSION,
                tenant: identity.tenant.clone(),
                job: job.clone(),
                nonce: nonce.clone(),
                order: order.clone(),
                action: wish.action,
                notify: wish.notify,
                actor: identity.actor(),
                correlation: correlation.clone(),
            };
            async move { json::send(&*self.queue, &message).await }
        };
        stream::iter(&wish.orders).map(send).buffer_unordered(AT_ONCE).try_collect::<()>().await?;
        Ok(job)
    }

    /// How a job stands.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn status(&self, scope: &TenantScope, job: &str) -> Result<JobStatus> {
        let (_, kept) = self.once.done(scope, &of_job(job), self.clock.now()).await?.ok_or(Error::NotFound("job"))?;
        let Job { nonce, wish } = read_job(&kept)?;
        let mut status = JobStatus { results: vec![None; wish.orders.len()], wish, name: job.to_owned(), nonce };
        self.look_again(scope, &mut status).await?;
        Ok(status)
    }

    /// Looks at the orders whose turn had not come.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn look_again(&self, scope: &TenantScope, status: &mut JobStatus) -> Result<()> {
        let now = self.clock.now();
        let keys = status.results.iter().zip(&status.wish.orders).enumerate().filter(|(_, (result, _))| result.is_none());
        let keys: Vec<(usize, OnceKey)> = keys.map(|(at, (_, order))| (at, of_step(&status.name, &status.nonce, order))).collect();
        let read = |(at, key): (usize, OnceKey)| async move {
            let done = self.once.done(scope, &key, now).await?;
            let result = done.map(|(_, result)| serde_json::from_str::<StepResult>(&result)).transpose();
            result.map(|result| (at, result)).map_err(|_| Error::Fatal("a result cannot be read".into()))
        };
        let found: Vec<(usize, Option<StepResult>)> = stream::iter(keys).map(read).buffer_unordered(AT_ONCE).try_collect().await?;
        for (at, result) in found {
            status.results[at] = result;
        }
        Ok(())
    }
}

/// Carries out steps.
#[derive(Clone)]
pub struct Steps {
    /// Orders, and the rules that move them on.
    pub auto: AutoProgress,
    /// Results.
    pub once: Arc<dyn OnceStore>,
    /// Rules.
    pub tenants: Arc<dyn TenantStore>,
}

impl Steps {
    /// Carries one out, unless it was.
    ///
    /// # Errors
    /// `Retryable`: leave it on the queue.
    pub async fn run(&self, asked: &StepAsked) -> Result<StepResult> {
        let scope = TenantScope::of_own_message(&asked.tenant);
        let key = of_step(&asked.job, &asked.nonce, &asked.order);
        let clock = &self.auto.apply.clock;
        if let Some((_, result)) = self.once.done(&scope, &key, clock.now()).await? {
            return serde_json::from_str(&result).map_err(|_| Error::Fatal("a result cannot be read".into()));
        }
        let config = self.tenants.config(&asked.tenant).await?.unwrap_or_default();
        for _ in 0..CONFLICT_TRIES {
            let order = match OrderId::written(&asked.order) {
                Ok(id) => self.auto.apply.orders.load(&scope, &id).await?,
                Err(_) => None,
            };
            let by = Provenance { actor: asked.actor.clone(), correlation: asked.correlation.clone() };
            let context = Context { scope: &scope, config: &config, by: &by };
            let settled = match (order, asked.action) {
                (None, _) => self.refused(&scope, asked, None, "there is no such order".to_owned(), &key).await,
                (Some(order), BulkAction::Progress) => self.progress(context, asked, &order, &key).await,
                (Some(order), BulkAction::Fulfill) => self.change(context, asked, (&order, OrderStatus::Completed), &key).await,
                (Some(order), BulkAction::Cancel) => self.change(context, asked, (&order, OrderStatus::Cancelled), &key).await,
            };
            match settled {
                // Somebody changed it between our look and our step: look again.
                Err(Error::Stale { .. }) => {}
                settled => return settled,
            }
        }
        Err(Error::Retryable(format!("order {} changes all the time", asked.order)))
    }

    /// Lets the rules move an order on.
    async fn progress(&self, context: Context<'_>, asked: &StepAsked, order: &Order, key: &OnceKey) -> Result<StepResult> {
        let before = order.tracks.status;
        // If it moves, this is where to.
        let next = context.config.progress.step(before).map_or(before, |(next, _)| next);
        let result = done(asked, before, next);
        let response = json::text(&result)?;
        let wish = progress::Wish { note: None, notify: asked.notify, once: Some(self.once(key, &response)) };
        let progressed = match self.auto.run(context, order, wish).await {
            Err(Error::Rejected(why)) => return self.refused(context.scope, asked, Some(order), why.to_string(), key).await,
            progressed => progressed?,
        };
        if progressed.entry.outcome != Outcome::Moved {
            return self.refused(context.scope, asked, Some(order), progressed.entry.decision.reason, key).await;
        }
        // If another delivery has carried it out, it knows what came of it.
        if progressed.moved() { Ok(result) } else { self.settle(context.scope, key, result).await }
    }

    /// Moves an order where a person wants it.
    async fn change(
        &self,
        context: Context<'_>,
        asked: &StepAsked,
        (order, to): (&Order, OrderStatus),
        key: &OnceKey,
    ) -> Result<StepResult> {
        let before = order.tracks.status;
        // What has left cannot be called off; see `decide`.
        let rest_only = before == OrderStatus::PartiallyShipped && to == OrderStatus::Cancelled;
        let result = done(asked, before, if rest_only { OrderStatus::Shipped } else { to });
        if before == to {
            return self.settle(context.scope, key, result).await;
        }
        let response = json::text(&result)?;
        let with = Alongside { once: Some(self.once(key, &response)), if_version: Some(order.revision()), ..Alongside::default() };
        let implied_steps = asked.action == BulkAction::Fulfill;
        let change = ChangeStatus { to, implied_steps, cause: Cause::Asked { note: None }, notify: asked.notify };
        match self.auto.apply.run(context, &order.id, &Command::Change(change), with).await {
            // Another delivery has carried it out, and knows what came of it.
            Ok(applied) if applied.events.is_empty() => self.settle(context.scope, key, result).await,
            Ok(_) => Ok(result),
            Err(Error::Rejected(why)) => self.refused(context.scope, asked, Some(order), why.to_string(), key).await,
            Err(why) => Err(why),
        }
    }

    fn once<'a>(&self, key: &'a OnceKey, response: &'a str) -> OnceDone<'a> {
        let expires_at = self.auto.apply.clock.now() + KEPT_FOR;
        OnceDone { key, request_hash: "", response, fence: None, expires_at }
    }

    async fn refused(
        &self,
        scope: &TenantScope,
        asked: &StepAsked,
        order: Option<&Order>,
        reason: String,
        key: &OnceKey,
    ) -> Result<StepResult> {
        let old_status = order.map(|order| order.tracks.status.as_str().to_owned());
        let result = StepResult { order_id: asked.order.clone(), success: false, old_status, new_status: None, reason: Some(reason) };
        self.settle(scope, key, result).await
    }

    /// Keeps the result of a step that changes nothing; the one that is there, if somebody was faster.
    async fn settle(&self, scope: &TenantScope, key: &OnceKey, result: StepResult) -> Result<StepResult> {
        let now = self.auto.apply.clock.now();
        let response = json::text(&result)?;
        if self.once.complete(scope, self.once(key, &response), &[], now).await? {
            return Ok(result);
        }
        let known = self.once.done(scope, key, now).await?.and_then(|(_, known)| serde_json::from_str(&known).ok());
        known.ok_or_else(|| Error::Retryable("another delivery is carrying the step out".into()))
    }
}

fn done(asked: &StepAsked, before: OrderStatus, after: OrderStatus) -> StepResult {
    let word = |status: OrderStatus| Some(status.as_str().to_owned());
    StepResult { order_id: asked.order.clone(), success: true, old_status: word(before), new_status: word(after), reason: None }
}

fn of_job(job: &str) -> OnceKey {
    OnceKey::new("bulk", "", job)
}

fn of_step(job: &str, nonce: &str, order: &str) -> OnceKey {
    OnceKey::new("bulk step", &format!("{job} {nonce}"), order)
}

fn read_job(kept: &str) -> Result<Job> {
    serde_json::from_str(kept).map_err(|_| Error::Fatal("a job cannot be read".into()))
}
