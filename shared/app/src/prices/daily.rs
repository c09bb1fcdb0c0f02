//! Looking at every price once a day: what would be better, and what the shop's rule accepts of that.

use super::{PRICE_RULE, Prices, daily_key};
use crate::error::Result;
use crate::json;
use crate::ports::{Claim, MetricStore, OnceDone, OnceStore, OutboxStore, ReportStore, StockStore, TenantStore};
use crate::publish::envelope;
use crate::report::PRICES;
use crate::scope::TenantScope;
use crate::stock::demand;
use crate::tenant::TenantConfig;
use contracts::Payload;
use contracts::job::v1::ReportReady;
use domain::ids::CorrelationId;
use domain::money::Money;
use domain::price::{PriceTag, Reason, SEEN_DAYS, Signals};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use serde_json::json;
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

/// A run is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// How long "this day's prices were looked at" is remembered.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);
/// Price tags read at once.
const PAGE: usize = 100;
/// Those of them that are looked at at the same time.
const AT_ONCE: usize = 8;
/// Proposals that a run's file names.
const NAMED_MAX: usize = 100;

/// The use case.
#[derive(Clone)]
pub struct DailyPrices {
    /// Price tags.
    pub prices: Prices,
    /// What is left of it.
    pub stock: Arc<dyn StockStore>,
    /// What was sold.
    pub metrics: Arc<dyn MetricStore>,
    /// What was done today.
    pub once: Arc<dyn OnceStore>,
    /// Files.
    pub reports: Arc<dyn ReportStore>,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
}

/// What a run found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Prices.
    pub looked: usize,
    /// Those that the shop's rule has changed.
    pub accepted: usize,
    /// Those with a proposal that waits for a person.
    pub waiting: usize,
    /// The first of them.
    named: Vec<PriceTag>,
}

/// The key of what a day's run found.
fn key(day: Date) -> String {
    format!("prices/{day}.json")
}

impl DailyPrices {
    /// Looks at a shop's prices because it is morning there, once a day. None if that is done, or somebody is at it.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn daily(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        day: Date,
        correlation: &CorrelationId,
    ) -> Result<Option<Looked>> {
        let (once, now) = (daily_key(day), self.prices.clock.now());
        let Claim::Mine { fence } = self.once.claim(scope, &once, "", now, LEASE).await? else { return Ok(None) };
        let looked = async {
            let found = self.look(scope, config, correlation).await?;
            let events = self.told(scope, day, &found, correlation).await?;
            Ok((found, events))
        };
        match looked.await {
            Ok((found, events)) => {
                let done = OnceDone { key: &once, request_hash: "", response: "", fence: Some(fence), expires_at: now + KEPT_FOR };
                self.once.complete(scope, done, &events, self.prices.clock.now()).await?;
                Ok(Some(found))
            }
            Err(error) => {
                let given_back = self.once.release(scope, &once, fence).await;
                tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), ?given_back, "prices could not be looked at");
                Err(error)
            }
        }
    }

    /// Looks at every price of a shop now. One that has switched it off meanwhile has none looked at.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn look(&self, scope: &TenantScope, config: &TenantConfig, correlation: &CorrelationId) -> Result<Looked> {
        if !config.pricing.enabled {
            return Ok(Looked::default());
        }
        let today = self.prices.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let last = today.saturating_sub(1.day());
        let sold = demand::between(&*self.metrics, scope, (today.saturating_sub(i64::from(SEEN_DAYS).days()), last), None).await?;
        let (mut found, mut seen) = (Looked::default(), HashSet::new());
        for waiting in [true, false] {
            let mut after = None;
            loop {
                let page = self.prices.page(scope, waiting, after.as_ref(), PAGE).await?;
                // Who has moved to the other list is met there again.
                let fresh: Vec<PriceTag> = page.tags.into_iter().filter(|tag| seen.insert(tag.sku.clone())).collect();
                let mut tags = stream::iter(fresh).map(|tag| self.one(scope, config, tag, (&sold, today), correlation)).buffered(AT_ONCE);
                while let Some((tag, accepted)) = tags.try_next().await? {
                    found.looked += 1;
                    found.accepted += usize::from(accepted);
                    found.waiting += usize::from(tag.proposal.is_some());
                    if tag.proposal.is_some() && found.named.len() < NAMED_MAX {
                        found.named.push(tag);
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok(found)
    }

    /// A price as it is after it was looked at, and whether the shop's rule has changed it.
    async fn one(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        tag: PriceTag,
        (sold, today): (&BTreeMap<String, BTreeMap<Date, i64>>, Date),
        correlation: &CorrelationId,
    ) -> Result<(PriceTag, bool)> {
        let levels = self.stock.levels(scope, tag.sku.as_str()).await?;
        let available = (!levels.is_empty()).then(|| levels.iter().map(|level| level.available).sum());
        let days = sold.get(tag.sku.as_str());
        let pieces = |from: i64, until: i64| -> i64 {
            let (from, until) = (today.saturating_sub(from.days()), today.saturating_sub(until.days()));
            days.map_or(0, |days| days.range(from..until).map(|(_, pieces)| *pieces).fold(0, i64::saturating_add))
        };
        let lead_days = config.stock.reorder.lead_days;
        let (rules, now) = (&config.pricing, self.prices.clock.now());
        // Where nothing at all is counted as sold, goods leave by another way than ours.
        let age = now.duration_since(tag.known_since).as_hours() / 24;
        let seen_days = if sold.is_empty() { 0 } else { u16::try_from(age.clamp(0, i64::from(SEEN_DAYS))).unwrap_or(SEEN_DAYS) };
        let signals = Signals { week: pieces(7, 0), before: pieces(i64::from(SEEN_DAYS), 7), available, lead_days, seen_days };
        let looked = tag.look(&signals, rules, now);
        let next = looked.as_ref().unwrap_or(&tag);
        let (next, accepted) = match next.accept(PRICE_RULE, now).filter(|_| next.accepts_by_itself(rules, now)) {
            Some(next) => (PriceTag { version: tag.version + 1, ..next }, true),
            None if looked.is_none() => return Ok((tag, false)),
            None => (next.clone(), false),
        };
        // Whoever changed it meanwhile knows better; it is looked at again tomorrow.
        let saved = self.prices.save(scope, correlation, Some(&tag), &next, "rule").await?;
        Ok(if saved { (next, accepted) } else { (tag, false) })
    }

    /// What the team is told of a run, if there is anything to be told.
    async fn told(&self, scope: &TenantScope, day: Date, found: &Looked, correlation: &CorrelationId) -> Result<Vec<contracts::Envelope>> {
        if found.waiting == 0 && found.accepted == 0 {
            return Ok(Vec::new());
        }
        let row = |tag: &PriceTag| {
            let decimal = |minor| Money::new(minor, tag.currency).decimal();
            let proposal = tag.proposal.as_ref();
            let why: Vec<&Reason> = proposal.iter().flat_map(|proposal| &proposal.why).collect();
            let proposed = proposal.map(|proposal| decimal(proposal.price_minor));
            json!({ "sku": tag.sku, "currency": tag.currency, "list": decimal(tag.list_minor), "price": decimal(tag.price_minor),
                    "proposed": proposed, "why": why })
        };
        let rows: Vec<_> = found.named.iter().map(row).collect();
        let filed = json!({ "looked_at": found.looked, "accepted": found.accepted, "waiting": found.waiting, "proposals": rows });
        json::remember(&*self.reports, scope, &key(day), &filed).await?;
        let summary = format!(
            "*Prices* of {} SKUs were looked at: the rule changed {}, {} wait to be decided: `GET /v1/prices?state=proposed`",
            found.looked, found.accepted, found.waiting
        );
        let ready = ReportReady { report: PRICES.into(), day, key: key(day), summary, orders: None };
        let now = self.prices.clock.now();
        Ok(vec![envelope(scope.tenant(), &format!("report:{PRICES}:{day}"), 1, 0, now, correlation, Payload::ReportReady(ready))])
    }
}
