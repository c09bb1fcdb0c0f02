//! Prices: what the shop says of them, what would be better, who accepts that, and what it would have meant.

mod daily;
mod past;

pub use daily::{DailyPrices, Looked};
pub use past::{Past, past};

use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, OnceKey, PageKey, PricePage, PriceStore};
use crate::publish::{amount, envelope};
use crate::scope::TenantScope;
use contracts::{Envelope, Payload, stock};
use domain::ids::{CorrelationId, EventId, Sku};
use domain::order::Fault;
use domain::price::{Listed, PriceTag};
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Who has accepted what nobody did.
pub const PRICE_RULE: &str = "auto-price";
/// Prices that are listed at once.
pub const LISTED_MAX: usize = 100;
/// Under which name it is remembered that a day's prices were looked at.
pub(crate) fn daily_key(day: Date) -> OnceKey {
    OnceKey::new("prices", "daily", &day.to_string())
}

/// Tries, if somebody else changes it meanwhile.
const TRIES: usize = 5;

/// What is decided about a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PriceDecision {
    /// It is offered for that from now on.
    Accept,
    /// It stays as it is.
    Dismiss,
}

/// The use case.
#[derive(Clone)]
pub struct Prices {
    /// Price tags.
    pub store: Arc<dyn PriceStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Prices {
    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn load(&self, scope: &TenantScope, sku: &Sku) -> Result<PriceTag> {
        self.store.load(scope, sku).await?.ok_or(Error::NotFound("price"))
    }

    /// Part of the list of those with a proposal, or of those without, by SKU.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> Result<PricePage> {
        Ok(self.store.page(scope, waiting, after, limit).await?)
    }

    /// What the shop says of something's price. The same again changes nothing; another list price is what it is offered for from now on.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn list(&self, context: Context<'_>, sku: &Sku, listed: Listed) -> Result<PriceTag> {
        let by = context.by.actor.in_words();
        for _ in 0..TRIES {
            let now = self.clock.now();
            let before = self.store.load(context.scope, sku).await?;
            let next = match &before {
                None => PriceTag::new(sku.clone(), listed, &by, now),
                Some(known) => match known.list(listed, &by, now) {
                    Some(next) => next,
                    None => return Ok(known.clone()),
                },
            };
            if self.save(context.scope, &context.by.correlation, before.as_ref(), &next, "listed").await? {
                return Ok(next);
            }
        }
        Err(Error::Retryable(format!("the price of {sku} changes all the time")))
    }

    /// Decides about what is proposed.
    ///
    /// # Errors
    /// `NotFound`, `Stale` if it is not the version that was seen, `Invalid` if nothing is proposed, or what is proposed is not within the shop's
    /// rules any longer.
    pub async fn decide(&self, context: Context<'_>, sku: &Sku, if_version: Option<u64>, what: PriceDecision) -> Result<PriceTag> {
        let by = context.by.actor.in_words();
        for _ in 0..TRIES {
            let known = self.load(context.scope, sku).await?;
            if if_version.is_some_and(|seen| seen != known.version) {
                return Err(Error::Stale { current: known.version });
            }
            let (rules, now) = (&context.config.pricing, self.clock.now());
            if what == PriceDecision::Accept && known.proposal.is_some() && !(rules.enabled && known.is_within(rules)) {
                let rule = "it was proposed under other rules than those of now; dismiss it, or wait for the next look";
                return Err(Error::Invalid(vec![Fault::new("sku", "rules_changed", rule)]));
            }
            let next = match what {
                PriceDecision::Accept => known.accept(&by, now),
                PriceDecision::Dismiss => known.dismiss(&by, now),
            };
            let nothing = || Fault::new("sku", "nothing_proposed", "no price is proposed for it; look at it again");
            let next = next.ok_or_else(|| Error::Invalid(vec![nothing()]))?;
            if self.save(context.scope, &context.by.correlation, Some(&known), &next, "accepted").await? {
                return Ok(next);
            }
        }
        Err(Error::Retryable(format!("the price of {sku} changes all the time")))
    }

    /// Stores a tag; what it is offered for is news if that changes. False if somebody else changed it meanwhile.
    async fn save(
        &self,
        scope: &TenantScope,
        correlation: &CorrelationId,
        before: Option<&PriceTag>,
        next: &PriceTag,
        cause: &str,
    ) -> Result<bool> {
        let offered = |tag: &PriceTag| (tag.currency, tag.price_minor);
        let news = before.is_none_or(|before| offered(before) != offered(next)).then(|| changed(scope, correlation, before, next, cause));
        Ok(self.store.save(scope, next, news.as_slice(), self.clock.now()).await?)
    }
}

fn changed(scope: &TenantScope, correlation: &CorrelationId, before: Option<&PriceTag>, tag: &PriceTag, cause: &str) -> Envelope {
    let payload = Payload::PriceChanged(stock::v1::PriceChanged {
        sku: tag.sku.to_string(),
        price: amount(tag.price_minor, tag.currency),
        list: amount(tag.list_minor, tag.currency),
        before: before.map(|before| amount(before.price_minor, before.currency)),
        cause: cause.to_owned(),
    });
    let event = envelope(scope.tenant(), &format!("price:{}", tag.sku), tag.version, 0, tag.updated_at, correlation, payload);
    // Whatever a shop calls its goods, no two have events of one name.
    let named = hex::encode(Sha256::digest(tag.sku.as_str()));
    Envelope { id: EventId::of_event(scope.tenant(), &format!("price:{}", &named[..40]), tag.version, 0), ..event }
}
