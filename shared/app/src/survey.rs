//! What customers say of their orders: one vote an order, by a link that only its mail holds.

use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{Limit, RateBuckets, TenantStore};
use crate::scope::TenantScope;
use crate::tenant::Secret;
use domain::ids::{CorrelationId, OrderId, SourceId, TenantId};
use domain::order::{Actor, Command, Order};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha256;
use std::sync::Arc;
use subtle::ConstantTimeEq;

const SURVEY: &str = "survey";
const TRACK: &str = "track";
/// Votes and looks from one network.
const LOOKS: Limit = Limit { count: 60, window: SignedDuration::from_mins(1) };

/// Makes and checks the links that only a customer has.
#[derive(Debug, Clone)]
pub struct CustomerLinks {
    key: Secret,
}

impl CustomerLinks {
    /// Signed with this key; what is signed says what it is for.
    pub fn new(key: Secret) -> CustomerLinks {
        CustomerLinks { key }
    }

    fn seal(&self, purpose: &str, tenant: &TenantId, order: &OrderId) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()) else { return String::new() };
        for part in [purpose, tenant.as_str(), order.as_str()] {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part.as_bytes());
        }
        // A short one, because it stands in text messages; nobody tries 2^64 of them.
        hex::encode(&mac.finalize().into_bytes()[..8])
    }

    /// Where the customer of an order says how it was, under an address.
    pub fn survey(&self, base: &str, tenant: &TenantId, order: &OrderId) -> String {
        self.link(SURVEY, base, tenant, order)
    }

    /// Where they see how far it has come.
    pub fn track(&self, base: &str, tenant: &TenantId, order: &OrderId) -> String {
        self.link(TRACK, base, tenant, order)
    }

    fn link(&self, purpose: &str, base: &str, tenant: &TenantId, order: &OrderId) -> String {
        format!("{}/{purpose}/{tenant}/{order}/{}", base.trim_end_matches('/'), self.seal(purpose, tenant, order))
    }

    /// Whose order a link is about. A wrong one is about nothing.
    fn open(&self, purpose: &str, tenant: &str, order: &str, seal: &str) -> Option<(TenantScope, OrderId)> {
        let (tenant, order) = (TenantId::parse(tenant).ok()?, OrderId::parse(order).ok()?);
        let expected = self.seal(purpose, &tenant, &order);
        let same: bool = expected.as_bytes().ct_eq(seal.as_bytes()).into();
        same.then(|| (TenantScope::of_own_message(&tenant), order))
    }
}

/// The use case.
#[derive(Clone)]
pub struct Survey {
    /// Links.
    pub links: CustomerLinks,
    /// The way into an order.
    pub apply: Apply,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// Limits.
    pub buckets: Arc<dyn RateBuckets>,
}

/// What a visitor of a link sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The shop's name.
    pub shop: String,
    /// The order's number.
    pub order: OrderId,
    /// What they said, if they did.
    pub rating: Option<u8>,
    /// The customer's language, else the shop's.
    pub locale: String,
}

/// What a visitor of a tracking link may be shown of.
#[derive(Debug, Clone, PartialEq)]
pub struct Tracked {
    /// The shop's name.
    pub shop: String,
    /// The customer's language, else the shop's.
    pub locale: String,
    /// The day it is in the shop.
    pub today: jiff::civil::Date,
    /// The order; its customer's data is nobody's who has found a link.
    pub order: Order,
}

impl Survey {
    /// What is asked.
    ///
    /// # Errors
    /// `NotFound` for a link that is not ours, `RateLimited`, `Retryable`.
    pub async fn look(&self, network: &str, link: (&str, &str, &str)) -> Result<Asked> {
        self.run(network, link, None).await
    }

    /// Takes a vote. The first one stands; whoever votes again sees what they said.
    ///
    /// # Errors
    /// As [`Survey::look`], and `Rejected` for a score that is none.
    pub async fn vote(&self, network: &str, link: (&str, &str, &str), score: u8, correlation: &CorrelationId) -> Result<Asked> {
        self.run(network, link, Some((score, correlation))).await
    }

    /// How far an order has come, for its customer.
    ///
    /// # Errors
    /// As [`Survey::look`].
    pub async fn track(&self, network: &str, (tenant, order, seal): (&str, &str, &str)) -> Result<Tracked> {
        let now = self.apply.clock.now();
        self.buckets.take_unverified(&format!("survey:{network}"), 1, LOOKS, now).await?.or_wait()?;
        let (scope, id) = self.links.open(TRACK, tenant, order, seal).ok_or(Error::NotFound("order"))?;
        let config = self.tenants.config(scope.tenant()).await?.ok_or(Error::NotFound("order"))?;
        let order = self.apply.orders.load(&scope, &id).await?.ok_or(Error::NotFound("order"))?;
        let theirs = order.contact.as_ref().and_then(|contact| contact.locale.clone());
        Ok(Tracked {
            shop: config.shop_name.clone(),
            locale: theirs.unwrap_or_else(|| config.locale.clone()),
            today: config.today(now),
            order,
        })
    }

    async fn run(&self, network: &str, (tenant, order, seal): (&str, &str, &str), vote: Option<(u8, &CorrelationId)>) -> Result<Asked> {
        let now = self.apply.clock.now();
        self.buckets.take_unverified(&format!("survey:{network}"), 1, LOOKS, now).await?.or_wait()?;
        let (scope, id) = self.links.open(SURVEY, tenant, order, seal).ok_or(Error::NotFound("survey"))?;
        let config = self.tenants.config(scope.tenant()).await?.ok_or(Error::NotFound("survey"))?;
        let order = match vote {
            None => self.apply.orders.load(&scope, &id).await?.ok_or(Error::NotFound("survey"))?,
            Some((score, correlation)) => {
                let source = SourceId::parse("survey").map_err(|why| Error::Fatal(why.to_string()))?;
                let by = Provenance { actor: Actor::Source { source }, correlation: correlation.clone() };
                let context = Context { scope: &scope, config: &config, by: &by };
                self.apply.run(context, &id, &Command::Rate { score }, Alongside::default()).await?.order
            }
        };
        let theirs = order.contact.as_ref().and_then(|contact| contact.locale.clone());
        Ok(Asked { shop: config.shop_name, order: id, rating: order.rating, locale: theirs.unwrap_or(config.locale) })
    }
}
