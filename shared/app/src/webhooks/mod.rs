//! Webhooks to others: what happens is told the addresses that want to know, once each as far as they say what they have.
//!
//! A first try is made before anything is written: whoever dies in between is given the event again by the queue, and the other side
//! tells the repetition by its id. What was not taken is kept with the time of its next try; a message on the queue brings it back,
//! and an index that is looked at each minute brings back what the queue has lost.

mod endpoints;
mod replay;

pub use endpoints::{Change, ENDPOINTS_MAX, Endpoints, NewEndpoint, OLD_KEY_SIGNS};

use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Call, Clock, Delivery, DeliveryKey, DeliveryState, Queue, Try, WebhookCaller, WebhookEndpoint, WebhookStore};
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::outgoing::Outgoing;
use contracts::queue::{WebhookAsked, WebhookWork};
use contracts::{Envelope, Payload, hook};
use domain::ids::{CorrelationId, WebhookEndpointId};
use domain::webhook::{Heard, Next, OffBecause, next};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::sync::Arc;

/// Deliveries on their way at once, for one event: all that there can be, so that no endpoint waits for another. An event is told as it is and
/// as the point of an order's way that it is.
const AT_ONCE: usize = 2 * ENDPOINTS_MAX;
/// Deliveries that a sweep or a replay looks at in one go, and those at work.
const PAGE: usize = 100;
const LOOKS_AT_ONCE: usize = 16;
/// The longest that a queue keeps a message from being seen. What waits longer is brought back by the index.
const QUEUE_WAITS_MAX: SignedDuration = SignedDuration::from_mins(15);
/// The index brings back what the queue should have brought back so long ago.
const OVERDUE_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// What was brought back is not brought back again for so long: it may stand in a long queue.
const BROUGHT_BACK_EVERY: SignedDuration = SignedDuration::from_mins(15);
/// After this a sweep begins no new page; the next one goes on.
const WORKING_TIME: SignedDuration = SignedDuration::from_secs(40);
/// Tries at writing down what came of a call, and how an endpoint is by that: others write at the same time.
const TRIES_AT_SAVING: usize = 4;

/// Tells endpoints.
#[derive(Clone)]
pub struct Deliver {
    /// Endpoints and deliveries.
    pub store: Arc<dyn WebhookStore>,
    /// Who calls them.
    pub caller: Arc<dyn WebhookCaller>,
    /// Where what is to be done later waits.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Sent {
    /// Deliveries that were taken.
    pub taken: usize,
    /// Those that were not, and are tried again, kept or given up.
    pub not_taken: usize,
    /// Those that had been tried before, or are somebody else's.
    pub passed_over: usize,
    /// Those that are tried anew.
    pub begun_again: usize,
}

impl Sent {
    fn add(&mut self, other: Sent) {
        self.taken += other.taken;
        self.not_taken += other.not_taken;
        self.passed_over += other.passed_over;
        self.begun_again += other.begun_again;
    }

    fn of(state: &DeliveryState) -> Sent {
        if *state == DeliveryState::Delivered { Sent { taken: 1, ..Sent::default() } } else { Sent { not_taken: 1, ..Sent::default() } }
    }

    const PASSED_OVER: Sent = Sent { taken: 0, not_taken: 0, passed_over: 1, begun_again: 0 };
    const BEGUN_AGAIN: Sent = Sent { taken: 0, not_taken: 0, passed_over: 0, begun_again: 1 };
}

impl Deliver {
    /// Tells every endpoint that wants to know of an event.
    ///
    /// # Errors
    /// `Retryable` if something could not be written down; what was is not told again by this.
    pub async fn event(&self, event: &Envelope) -> Result<Sent> {
        if !Outgoing::is_offered(event) {
            return Ok(Sent::default());
        }
        let scope = TenantScope::of_own_message(&event.tenant);
        let endpoints = self.store.endpoints(&scope).await?;
        if endpoints.is_empty() {
            return Ok(Sent::default());
        }
        let told = Outgoing::of(event).map_err(|why| Error::Fatal(format!("event {} cannot be told: {why}", event.id)))?;
        let wanted = endpoints.iter().flat_map(|endpoint| told.iter().map(move |one| (endpoint, one)));
        let wanted = wanted.filter(|(endpoint, one)| endpoint.wants(&one.kind) && endpoint.health.is_kept_for(self.clock.now()));
        let mut tries = stream::iter(wanted.collect::<Vec<_>>())
            .map(|(endpoint, one)| self.first(&scope, &endpoint.id, one, &event.correlationid))
            .buffer_unordered(AT_ONCE);
        let (mut sent, mut result): (Sent, Result<()>) = (Sent::default(), Ok(()));
        while let Some(tried) = tries.next().await {
            match tried {
                Ok(one) => sent.add(one),
                Err(why) => {
                    tracing::warn!(trace_id = %event.correlationid, tenant = %event.tenant, event_id = %event.id, %why, "a webhook was not told");
                    // What can be done later decides: parked, it would be done by nobody.
                    if !matches!(&result, Err(known) if known.is_retryable()) {
                        result = Err(why);
                    }
                }
            }
        }
        result.map(|()| sent)
    }

    /// Does what a message of ours asks for.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn asked(&self, asked: &WebhookAsked) -> Result<Sent> {
        let scope = TenantScope::of_own_message(&asked.tenant);
        match &asked.work {
            WebhookWork::Try { at, id, round, tried } => {
                let key = DeliveryKey { endpoint: asked.endpoint.clone(), at: *at, id: id.clone() };
                let Some(delivery) = self.store.delivery(&scope, &key).await? else { return Ok(Sent::PASSED_OVER) };
                let waits = matches!(delivery.state, DeliveryState::Waiting { .. });
                if !waits || (delivery.round, delivery.tried) != (*round, *tried) {
                    return Ok(Sent::PASSED_OVER);
                }
                self.try_it(&scope, delivery, &asked.correlation).await
            }
            WebhookWork::Replay { .. } => self.replay(&scope, asked).await,
        }
    }

    async fn first(&self, scope: &TenantScope, endpoint: &WebhookEndpointId, one: &Outgoing, correlation: &CorrelationId) -> Result<Sent> {
        let delivery = begun(endpoint, one, self.clock.now());
        if self.store.delivery(scope, &delivery.key()).await?.is_some() {
            return Ok(Sent::PASSED_OVER);
        }
        self.try_it(scope, delivery, correlation).await
    }

    /// Calls, and writes down what came of it. The endpoint is read anew: it may have been mended, or switched off, a moment ago.
    async fn try_it(&self, scope: &TenantScope, delivery: Delivery, correlation: &CorrelationId) -> Result<Sent> {
        let began = self.clock.now();
        let Some(endpoint) = self.store.endpoint(scope, &delivery.endpoint).await? else {
            return self.hold(scope, delivery, correlation).await;
        };
        if !endpoint.health.is_on() {
            let is_kept = endpoint.health.is_kept_for(began) || delivery.version > 0;
            return if is_kept { self.hold(scope, delivery, correlation).await } else { Ok(Sent::PASSED_OVER) };
        }
        let keys: Vec<_> = endpoint.signing(began).collect();
        let called = self.caller.call(Call { url: &endpoint.url, id: &delivery.id, body: &delivery.body, keys: &keys }).await;
        let (status, why) = match &called.heard {
            Heard::Answer { status, .. } => (Some(*status), None),
            Heard::Nothing(why) => (None, Some(why.clone())),
        };
        let one = Try { at: began, took_ms: called.took_ms, status, why };
        let (now, next) = (self.clock.now(), next(delivery.tried + 1, &called.heard));
        // Whoever says that they are gone is believed before anything else is written.
        if next == Next::Gone {
            self.note(scope, &endpoint, next, (began, now), correlation).await?;
        }
        let state = match next {
            Next::Taken => DeliveryState::Delivered,
            Next::Again { after } => DeliveryState::Waiting { next_at: now + after },
            Next::Exhausted => DeliveryState::Failed,
            Next::Gone => DeliveryState::Held,
        };
        let Some(delivery) = self.came_of(scope, delivery, one, &state).await? else { return Ok(Sent::PASSED_OVER) };
        if next == Next::Gone {
            return self.unless_it_is_on(scope, delivery, correlation).await;
        }
        self.note(scope, &endpoint, next, (began, now), correlation).await?;
        if let Next::Again { after } = next
            && after <= QUEUE_WAITS_MAX
        {
            self.bring_back(scope, &delivery, after, correlation).await;
        }
        tracing::info!(trace_id = %correlation, tenant = %scope.tenant(), endpoint = %endpoint.id, event_id = %delivery.id,
            state = delivery.state.as_str(), tries = delivery.tried, took_ms = called.took_ms, "webhook");
        Ok(Sent::of(&delivery.state))
    }

    /// Writes down a try. None if somebody else has tried it, or begun it again, since.
    async fn came_of(&self, scope: &TenantScope, known: Delivery, one: Try, state: &DeliveryState) -> Result<Option<Delivery>> {
        let (round, tried) = (known.round, known.tried);
        let mut delivery = known;
        for _ in 0..TRIES_AT_SAVING {
            let before = delivery.version;
            delivery.version += 1;
            delivery.tried += 1;
            delivery.tries.push(one.clone());
            let surplus = delivery.tries.len().saturating_sub(Delivery::TRIES_KEPT);
            delivery.tries.drain(..surplus);
            delivery.state = state.clone();
            if self.store.save_delivery(scope, &delivery, before).await? {
                return Ok(Some(delivery));
            }
            match self.store.delivery(scope, &delivery.key()).await? {
                // Only the time of its next try has changed.
                Some(newer) if (newer.round, newer.tried) == (round, tried) => delivery = newer,
                _ => return Ok(None),
            }
        }
        Err(Error::Retryable("a delivery changes all the time".into()))
    }

    /// Keeps it until somebody asks for it.
    async fn hold(&self, scope: &TenantScope, mut delivery: Delivery, correlation: &CorrelationId) -> Result<Sent> {
        let before = delivery.version;
        delivery.version += 1;
        delivery.state = DeliveryState::Held;
        if !self.store.save_delivery(scope, &delivery, before).await? {
            return Ok(Sent::PASSED_OVER);
        }
        self.unless_it_is_on(scope, delivery, correlation).await
    }

    /// What is held is begun again if its endpoint is on: somebody may have switched it on, or given it another address, at this moment, and
    /// asked already for what it has missed.
    async fn unless_it_is_on(&self, scope: &TenantScope, delivery: Delivery, correlation: &CorrelationId) -> Result<Sent> {
        let endpoint = self.store.endpoint(scope, &delivery.endpoint).await?;
        if endpoint.is_some_and(|endpoint| endpoint.health.is_on()) {
            return self.begin_again(scope, delivery, correlation).await;
        }
        Ok(Sent::of(&DeliveryState::Held))
    }

    /// Writes down how an endpoint is after a try, if that has changed; and says so if it is told nothing more.
    async fn note(
        &self,
        scope: &TenantScope,
        known: &WebhookEndpoint,
        next: Next,
        (began, now): (Timestamp, Timestamp),
        correlation: &CorrelationId,
    ) -> Result<()> {
        let mut endpoint = known.clone();
        for _ in 0..TRIES_AT_SAVING {
            let health = endpoint.health.after(next, began, now);
            if health == endpoint.health {
                return Ok(());
            }
            let before = endpoint.version;
            let off = health.off;
            (endpoint.health, endpoint.version) = (health, before + 1);
            let news: Vec<Envelope> = off.map(|(_, why)| disabled(scope, &endpoint, why, now, correlation)).into_iter().collect();
            if self.store.save_endpoint(scope, &endpoint, before, &news, now).await? {
                return Ok(());
            }
            // Somebody else was faster; perhaps they have written the same.
            match self.store.endpoint(scope, &known.id).await? {
                Some(newer) => endpoint = newer,
                None => return Ok(()),
            }
        }
        Err(Error::Retryable("a webhook endpoint changes all the time".into()))
    }

    /// Has a delivery tried after a while. The index brings back what could not be sent here.
    async fn bring_back(&self, scope: &TenantScope, delivery: &Delivery, after: SignedDuration, correlation: &CorrelationId) {
        let asked = try_asked(scope, delivery, correlation);
        let sent = match json::text(&asked) {
            Ok(body) => self.queue.send_after(&body, after).await.map_err(Error::from),
            Err(why) => Err(why),
        };
        if let Err(why) = sent {
            tracing::warn!(trace_id = %correlation, %why, "a webhook waits for the index");
        }
    }

    /// Brings back what has waited longer than it should: what waits longer than a queue can, and what a queue has lost.
    ///
    /// # Errors
    /// `Retryable` if nobody knows what waits: the next sweep is a minute away.
    pub async fn sweep(&self, correlation: &CorrelationId) -> Result<usize> {
        let until = self.clock.now() + WORKING_TIME;
        let (mut brought, mut after) = (0, None);
        loop {
            let now = self.clock.now();
            let (due, next) = self.store.due(now - OVERDUE_AFTER, after.as_ref(), PAGE).await?;
            let mut looks = stream::iter(due)
                .map(|due| async move {
                    let scope = TenantScope::of_own_message(&due.tenant);
                    self.look(&scope, &due.key, now, correlation).await
                })
                .buffer_unordered(LOOKS_AT_ONCE);
            while let Some(looked) = looks.next().await {
                match looked {
                    Ok(is_back) => brought += usize::from(is_back),
                    Err(error) => tracing::warn!(trace_id = %correlation, %error, "a webhook waits for a later sweep"),
                }
            }
            after = next;
            if after.is_none() || self.clock.now() >= until {
                return Ok(brought);
            }
        }
    }

    async fn look(&self, scope: &TenantScope, key: &DeliveryKey, now: Timestamp, correlation: &CorrelationId) -> Result<bool> {
        let Some(mut delivery) = self.store.delivery(scope, key).await? else { return Ok(false) };
        // The index may be behind.
        if !matches!(delivery.state, DeliveryState::Waiting { next_at } if next_at <= now - OVERDUE_AFTER) {
            return Ok(false);
        }
        let before = delivery.version;
        delivery.version += 1;
        delivery.state = DeliveryState::Waiting { next_at: now + BROUGHT_BACK_EVERY };
        if !self.store.save_delivery(scope, &delivery, before).await? {
            return Ok(false);
        }
        json::send(&*self.queue, &try_asked(scope, &delivery, correlation)).await?;
        Ok(true)
    }
}

/// A delivery that nobody has tried yet.
fn begun(endpoint: &WebhookEndpointId, one: &Outgoing, now: Timestamp) -> Delivery {
    Delivery {
        id: one.id.clone(),
        endpoint: endpoint.clone(),
        at: one.at,
        kind: one.kind.clone(),
        subject: one.subject.clone(),
        body: one.body.clone(),
        state: DeliveryState::Waiting { next_at: now },
        round: 0,
        tried: 0,
        tries: Vec::new(),
        version: 0,
    }
}

fn try_asked(scope: &TenantScope, delivery: &Delivery, correlation: &CorrelationId) -> WebhookAsked {
    let work = WebhookWork::Try { at: delivery.at, id: delivery.id.clone(), round: delivery.round, tried: delivery.tried };
    asked(scope, &delivery.endpoint, work, correlation)
}

fn asked(scope: &TenantScope, endpoint: &WebhookEndpointId, work: WebhookWork, correlation: &CorrelationId) -> WebhookAsked {
    let (tenant, endpoint, correlation) = (scope.tenant().clone(), endpoint.clone(), correlation.clone());
    WebhookAsked { v: WebhookAsked::VERSION, tenant, endpoint, work, correlation }
}

fn disabled(scope: &TenantScope, endpoint: &WebhookEndpoint, why: OffBecause, now: Timestamp, correlation: &CorrelationId) -> Envelope {
    let payload = Payload::WebhookDisabled(hook::v1::EndpointDisabled {
        endpoint: endpoint.id.to_string(),
        description: endpoint.description.clone(),
        why: why.as_str().to_owned(),
        failing_since: endpoint.health.failing_since,
    });
    envelope(scope.tenant(), &format!("hook:{}", endpoint.id), endpoint.version, 0, now, correlation, payload)
}
