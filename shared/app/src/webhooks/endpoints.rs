//! Endpoints: made, changed, tried out, and sent again what they have missed.

use super::{TRIES_AT_SAVING, asked, begun, try_asked};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Clock, Delivery, DeliveryQuery, Queue, Random, SigningKey, WebhookEndpoint, WebhookStore};
use crate::scope::TenantScope;
use crate::tenant::Secret;
use contracts::outgoing::{Outgoing, types};
use contracts::queue::{Replayed, WebhookWork};
use domain::ids::{CorrelationId, EventId, WebhookEndpointId};
use domain::order::Fault;
use domain::webhook::{EventFilter, Health, is_callable};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Endpoints of a tenant.
pub const ENDPOINTS_MAX: usize = 16;
/// A key that was replaced signs for so long beside the new one.
pub const OLD_KEY_SIGNS: SignedDuration = SignedDuration::from_hours(24);
/// Keys that sign at once: each is a signature in a header.
const KEYS_MAX: usize = 3;
/// Filters of an endpoint.
const FILTERS_MAX: usize = 50;
/// Characters of a description.
const DESCRIPTION_MAX: usize = 120;
/// Characters of an address.
const URL_MAX: usize = 500;

/// The use case.
#[derive(Clone)]
pub struct Endpoints {
    store: Arc<dyn WebhookStore>,
    /// Who tells them.
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    /// Where a test double is; it may be told, too.
    double: Option<String>,
}

/// An endpoint to be made.
#[derive(Debug, Clone, Default)]
pub struct NewEndpoint {
    /// Where.
    pub url: String,
    /// What it is for.
    pub description: String,
    /// What it wants to be told of: names, "order.*", "*".
    pub events: Vec<String>,
}

/// What is to change.
#[derive(Debug, Clone, Default)]
pub struct Change {
    /// Where.
    pub url: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// What it wants to be told of.
    pub events: Option<Vec<String>>,
    /// On or off.
    pub enabled: Option<bool>,
}

fn description_of(text: &str, faults: &mut Vec<Fault>) -> String {
    let text = text.trim();
    if text.chars().count() > DESCRIPTION_MAX || text.chars().any(char::is_control) {
        faults.push(Fault::new("description", "bad_text", format!("at most {DESCRIPTION_MAX} printable characters")));
    }
    text.to_owned()
}

fn filters_of(texts: &[String], faults: &mut Vec<Fault>) -> Vec<EventFilter> {
    if texts.is_empty() || texts.len() > FILTERS_MAX {
        faults.push(Fault::new("events", "bad_count", format!("1 to {FILTERS_MAX} of GET /v1/event-types, \"order.*\", or \"*\"")));
    }
    let mut filters = Vec::new();
    for (at, text) in texts.iter().enumerate().take(FILTERS_MAX) {
        match EventFilter::parse(text, types()) {
            Some(filter) if filters.contains(&filter) => {}
            Some(filter) => filters.push(filter),
            None => faults.push(Fault::new(format!("events[{at}]"), "unknown_event", "GET /v1/event-types lists all there are")),
        }
    }
    filters
}

impl Endpoints {
    /// Over these.
    pub fn new(store: Arc<dyn WebhookStore>, queue: Arc<dyn Queue>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Endpoints {
        Endpoints { store, queue, clock, random, double: None }
    }

    /// With a test double that may be told, too.
    #[must_use]
    pub fn with_double(self, double: Option<String>) -> Endpoints {
        Endpoints { double, ..self }
    }

    fn url_of(&self, text: &str, faults: &mut Vec<Fault>) -> String {
        let text = text.trim();
        let is_double = self.double.as_deref().is_some_and(|base| text.starts_with(&format!("{base}/")));
        if text.len() > URL_MAX || !(is_double || is_callable(text)) {
            let hint = format!("https:// and a name on the open net, without a password or #, at most {URL_MAX} characters");
            faults.push(Fault::new("url", "bad_url", hint));
        }
        text.to_owned()
    }

    fn new_key(&self) -> Secret {
        use base64::Engine;
        Secret::new(format!("whsec_{}", base64::engine::general_purpose::STANDARD.encode(self.random.secret())))
    }

    /// Makes one. Its secret is in the answer, and shown nowhere else.
    ///
    /// # Errors
    /// `Invalid`, `Retryable`.
    pub async fn make(&self, scope: &TenantScope, wanted: &NewEndpoint) -> Result<WebhookEndpoint> {
        let mut faults = Vec::new();
        let url = self.url_of(&wanted.url, &mut faults);
        let description = description_of(&wanted.description, &mut faults);
        let events = filters_of(&wanted.events, &mut faults);
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let now = self.clock.now();
        let id = WebhookEndpointId::parse(&format!("whe_{:016x}", self.random.u64())).map_err(|why| Error::Fatal(why.to_string()))?;
        let keys = vec![SigningKey { secret: self.new_key(), until: None }];
        let endpoint =
            WebhookEndpoint { id, url, description, events, keys, health: Health::default(), created_at: now, replays: 0, version: 1 };
        if self.store.add_endpoint(scope, &endpoint, ENDPOINTS_MAX).await? {
            return Ok(endpoint);
        }
        let why = format!("there are {ENDPOINTS_MAX} endpoints; remove one that nobody reads");
        Err(Error::Invalid(vec![Fault::new("", "too_many", why)]))
    }

    /// All of them, oldest first.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn list(&self, scope: &TenantScope) -> Result<Vec<WebhookEndpoint>> {
        Ok(self.store.endpoints(scope).await?)
    }

    /// One.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn load(&self, scope: &TenantScope, id: &str) -> Result<WebhookEndpoint> {
        let none = || Error::NotFound("webhook endpoint");
        let id = WebhookEndpointId::parse(id).map_err(|_| none())?;
        self.store.endpoint(scope, &id).await?.ok_or_else(none)
    }

    /// Changes one as `edit` says. Somebody else may change it at the same time: then once more.
    async fn edit(&self, scope: &TenantScope, id: &str, edit: impl Fn(&mut WebhookEndpoint) -> Result<()>) -> Result<WebhookEndpoint> {
        for _ in 0..TRIES_AT_SAVING {
            let known = self.load(scope, id).await?;
            let mut endpoint = known.clone();
            edit(&mut endpoint)?;
            if endpoint == known {
                return Ok(endpoint);
            }
            endpoint.version = known.version + 1;
            if self.store.save_endpoint(scope, &endpoint, known.version, &[], self.clock.now()).await? {
                return Ok(endpoint);
            }
        }
        Err(Error::Retryable("the endpoint changes all the time".into()))
    }

    /// Changes one. On again, it is as if it had never failed; what it has missed is sent when it is asked for.
    ///
    /// # Errors
    /// `Invalid`, `NotFound`, `Retryable`.
    pub async fn change(&self, scope: &TenantScope, id: &str, change: &Change) -> Result<WebhookEndpoint> {
        let mut faults = Vec::new();
        let url = change.url.as_deref().map(|text| self.url_of(text, &mut faults));
        let description = change.description.as_deref().map(|text| description_of(text, &mut faults));
        let events = change.events.as_deref().map(|texts| filters_of(texts, &mut faults));
        if !faults.is_empty() {
            return Err(Error::Invalid(faults));
        }
        let now = self.clock.now();
        let edit = |endpoint: &mut WebhookEndpoint| {
            if let Some(url) = url.as_ref().filter(|url| **url != endpoint.url) {
                endpoint.url.clone_from(url);
                endpoint.health = endpoint.health.moved(now);
            }
            endpoint.description = description.clone().unwrap_or_else(|| endpoint.description.clone());
            endpoint.events = events.clone().unwrap_or_else(|| endpoint.events.clone());
            endpoint.health = change.enabled.map_or(endpoint.health, |on| endpoint.health.switched(on, now));
            Ok(())
        };
        self.edit(scope, id, edit).await
    }

    /// Gives it a new secret, first of its keys. The old ones sign beside it, each for a day.
    ///
    /// # Errors
    /// `Invalid` if too many sign, `NotFound`, `Retryable`.
    pub async fn rotate(&self, scope: &TenantScope, id: &str) -> Result<WebhookEndpoint> {
        let (secret, now) = (self.new_key(), self.clock.now());
        let edit = |endpoint: &mut WebhookEndpoint| {
            let ends: Vec<Timestamp> = endpoint.keys.iter().filter_map(|key| key.until.filter(|until| now < *until)).collect();
            if let Some(first) = ends.iter().min().filter(|_| ends.len() + 1 >= KEYS_MAX) {
                // To drop one would silence whoever still verifies by it.
                let why = format!("{} secrets sign already, one of them until {first:.0}; give it another one then", ends.len() + 1);
                return Err(Error::Invalid(vec![Fault::new("", "too_many_secrets", why)]));
            }
            let good = std::mem::take(&mut endpoint.keys).into_iter().filter(|key| key.until.is_none_or(|until| now < until));
            let old = good.map(|key| SigningKey { until: key.until.or(Some(now + OLD_KEY_SIGNS)), ..key });
            let new = SigningKey { secret: secret.clone(), until: None };
            endpoint.keys = std::iter::once(new).chain(old).collect();
            Ok(())
        };
        self.edit(scope, id, edit).await
    }

    /// Removes one.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn remove(&self, scope: &TenantScope, id: &str) -> Result<()> {
        let endpoint = self.load(scope, id).await?;
        Ok(self.store.remove_endpoint(scope, &endpoint.id).await?)
    }

    /// Tries one out: it is told so, as it would be told anything. The delivery says what came of it.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` if it is off, `Retryable`.
    pub async fn test(&self, scope: &TenantScope, id: &str, correlation: &CorrelationId) -> Result<Delivery> {
        let endpoint = self.on(scope, id).await?;
        let now = self.clock.now();
        let name = format!("{}:test:{:016x}", scope.tenant(), self.random.u64());
        let name = EventId::parse(&name).map_err(|why| Error::Fatal(why.to_string()))?;
        let mut delivery = begun(&endpoint.id, &Outgoing::test(name, now), now);
        delivery.version = 1;
        if !self.store.save_delivery(scope, &delivery, 0).await? {
            return Err(Error::Retryable("the name of a test was taken".into()));
        }
        json::send(&*self.queue, &try_asked(scope, &delivery, correlation)).await?;
        Ok(delivery)
    }

    /// Has the deliveries of a time sent again.
    ///
    /// # Errors
    /// `NotFound`, `Invalid` if it is off or the time is none, `Retryable`.
    pub async fn replay(
        &self,
        scope: &TenantScope,
        id: &str,
        (from, to): (Timestamp, Option<Timestamp>),
        which: Replayed,
        correlation: &CorrelationId,
    ) -> Result<()> {
        self.on(scope, id).await?;
        let (from, to) = self.span(from, to.unwrap_or(self.clock.now()))?;
        // One at a time: who asks anew ends what was asked for before.
        let counted = |endpoint: &mut WebhookEndpoint| {
            endpoint.replays = endpoint.replays.wrapping_add(1);
            Ok(())
        };
        let endpoint = self.edit(scope, id, counted).await?;
        let work = WebhookWork::Replay { from, to, which, run: endpoint.replays, after: None };
        json::send(&*self.queue, &asked(scope, &endpoint.id, work, correlation)).await
    }

    /// The part of a time of which there are deliveries.
    ///
    /// # Errors
    /// `Invalid` if it ends before it begins.
    pub fn span(&self, from: Timestamp, to: Timestamp) -> Result<(Timestamp, Timestamp)> {
        if to < from {
            return Err(Error::Invalid(vec![Fault::new("to", "out_of_range", "not before from")]));
        }
        let now = self.clock.now();
        let first = now - Delivery::KEPT;
        // An event may be dated by a clock that is a little ahead.
        let last = now + SignedDuration::from_hours(1);
        Ok((from.clamp(first, last), to.clamp(first, last)))
    }

    async fn on(&self, scope: &TenantScope, id: &str) -> Result<WebhookEndpoint> {
        let endpoint = self.load(scope, id).await?;
        if endpoint.health.is_on() {
            return Ok(endpoint);
        }
        Err(Error::Invalid(vec![Fault::new("", "is_off", "the endpoint is off; switch it on first: PATCH with {\"enabled\": true}")]))
    }

    /// Deliveries to one.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> Result<Vec<Delivery>> {
        Ok(self.store.deliveries(scope, query, limit).await?)
    }
}
