//! What is to happen to orders at a moment: each minute, those whose moment has come.
//!
//! A tick that fires twice, late or beside itself changes nothing: a timer is an order's own, and gone when it has run.

use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::measure::placed_in;
use crate::ports::{DueTimer, MetricStore, TenantStore, TimerIndex};
use crate::scope::TenantScope;
use domain::ids::CorrelationId;
use domain::order::timers::AFTER_DELIVERY;
use domain::order::{
    Actor, Cancelled, Command, ExceptionCommand, FulfilCommand, MoneyCommand, Order, OrderEvent, ReturnCommand, ReviewCommand, SagaCommand,
    Timer,
};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::sync::Arc;

/// After this no new page is begun; the next tick goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(40);
/// Orders read at once.
const PAGE: usize = 200;
/// Orders at work.
const AT_ONCE: usize = 16;

/// The use case.
#[derive(Clone)]
pub struct RunTimers {
    /// What is due.
    pub index: Arc<dyn TimerIndex>,
    /// The way into an order.
    pub apply: Apply,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// How many orders were placed in an hour.
    pub metrics: Arc<dyn MetricStore>,
}

/// What a tick did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Ran {
    /// Timers that ran.
    pub fired: usize,
    /// Those that wait for the morning where their customer is.
    pub postponed: usize,
    /// Orders that could not be looked after now; the next tick tries again.
    pub failed: usize,
    /// There was no more time.
    pub more: bool,
}

enum Done {
    Fired,
    Postponed,
    Cancelled,
}

impl RunTimers {
    /// Runs what is due.
    ///
    /// # Errors
    /// `Retryable` if nobody knows what is due: the next tick is a minute away.
    pub async fn run(&self, correlation: &CorrelationId) -> Result<Ran> {
        let until = self.apply.clock.now() + WORKING_TIME;
        let (mut ran, mut after) = (Ran::default(), None);
        loop {
            let now = self.apply.clock.now();
            let (due, next) = self.index.due(now, after.as_ref(), PAGE).await?;
            let mut looks = stream::iter(due).map(|due| self.look(due, correlation)).buffer_unordered(AT_ONCE);
            while let Some(looked) = looks.next().await {
                match looked {
                    Ok(done) => {
                        ran.fired += done.iter().filter(|done| matches!(done, Done::Fired)).count();
                        ran.postponed += done.iter().filter(|done| matches!(done, Done::Postponed)).count();
                    }
                    // One order that cannot be looked after keeps nobody else from being.
                    Err(error) => {
                        ran.failed += 1;
                        tracing::warn!(trace_id = %correlation, %error, "a timer waits for the next tick");
                    }
                }
            }
            after = next;
            ran.more = after.is_some() && self.apply.clock.now() >= until;
            if after.is_none() || ran.more {
                return Ok(ran);
            }
        }
    }

    /// What its saga waits for too long is begun again, its money and its parcels are seen to, and what nobody has decided in time is said.
    async fn wake_saga(&self, context: Context<'_>, order: &Order, now: Timestamp) -> Result<Vec<Done>> {
        let late = order.saga_due().filter(|due| *due <= now).map(|_| Command::Saga(SagaCommand::Nudge));
        let unpaid = order.money_due().filter(|due| *due <= now).map(|_| Command::Money(MoneyCommand::Wake));
        let parcels = order.parcels_due().filter(|due| *due <= now).map(|_| Command::Fulfil(FulfilCommand::Wake));
        let unsent = order.replacement_due().filter(|due| *due <= now).map(|_| Command::Return(ReturnCommand::Wake));
        let overdue = order.open_reviews().filter(|review| review.due_at <= now && !review.overdue);
        let clocks = self.clocks(context, order, now).await?;
        let wrong = order
            .exceptions_due()
            .filter(|due| *due <= now)
            .map(|_| Command::Exception(ExceptionCommand::Tick { rules: Box::new(context.config.exceptions.clone()) }));
        let reject = context.config.workflow.reject_overdue;
        let expire = overdue.map(|review| Command::Review(ReviewCommand::Expire { id: review.id.clone(), reject }));
        let mut done = Vec::new();
        for command in late.into_iter().chain(unpaid).chain(parcels).chain(unsent).chain(clocks).chain(wrong).chain(expire) {
            match self.apply.run(context, &order.id, &command, Alongside::default()).await {
                Ok(applied) if applied.events.is_empty() => {}
                Ok(_) => done.push(Done::Fired),
                Err(Error::NotFound(_) | Error::Rejected(_)) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(done)
    }

    /// What time has done to its clocks, if it has done anything.
    async fn clocks(&self, context: Context<'_>, order: &Order, now: Timestamp) -> Result<Option<Command>> {
        if order.clocks_due().is_none_or(|due| now < due) {
            return Ok(None);
        }
        let rules = &context.config.sla;
        let hours = order.hours_to_look_at(rules, now);
        let placed = placed_in(&*self.metrics, context.scope, &hours).await?;
        Ok(Some(Command::Tick { rules: Box::new(rules.clone()), zone: context.zone(), placed }))
    }

    async fn look(&self, due: DueTimer, correlation: &CorrelationId) -> Result<Vec<Done>> {
        let scope = TenantScope::of_own_message(&due.tenant);
        let Some(config) = self.tenants.config(&due.tenant).await? else { return Ok(Vec::new()) };
        let by = Provenance { actor: Actor::Rule { name: "timers".to_owned() }, correlation: correlation.clone() };
        let context = Context { scope: &scope, config: &config, by: &by };
        let Some(order) = self.apply.orders.load(&scope, &due.order).await? else { return Ok(Vec::new()) };
        let now = self.apply.clock.now();
        let quiet = config.quiet_until(&order, now, None);
        let mut done = self.wake_saga(context, &order, now).await?;
        for timer in order.timers.iter().filter(|timer| timer.at <= now) {
            let by_rule = timer.id.as_str() == AFTER_DELIVERY;
            let (command, what) = match quiet {
                // The shop does not ask any more.
                _ if by_rule && !config.follow_up.enabled => {
                    (Command::Cancel { timer: timer.id.clone(), why: Cancelled::SwitchedOff }, Done::Cancelled)
                }
                Some(until) => (Command::Set { timer: Timer { at: until, ..timer.clone() } }, Done::Postponed),
                None => (Command::Wake { timer: timer.id.clone() }, Done::Fired),
            };
            match self.apply.run(context, &due.order, &command, Alongside::default()).await {
                Ok(applied) if applied.events.is_empty() => {}
                Ok(applied) => {
                    let fired = applied.events.iter().any(|event| matches!(event, OrderEvent::TimerFired { .. }));
                    done.push(if matches!(what, Done::Fired) && !fired { Done::Cancelled } else { what });
                }
                // It has gone meanwhile, or has nobody to write to.
                Err(Error::NotFound(_) | Error::Rejected(_)) => {}
                Err(why) => return Err(why),
            }
        }
        Ok(done)
    }
}
