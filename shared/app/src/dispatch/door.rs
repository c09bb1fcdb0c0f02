//! The door for carriers' pushes: verify the raw bytes, find the parcels, note what was seen.
//!
//! A push is noted with its parcel before it is answered. The same one twice changes nothing, and one that is late moves nothing back.

use super::saw;
use crate::apply::Apply;
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{Carriers, ManifestStore, PushError, TenantStore, Tracked, parcel_channel, parcel_name};
use crate::scope::TenantScope;
use crate::signature::Headers;
use domain::ids::{CorrelationId, FulfilmentId, OrderId, SourceId, TenantId};
use domain::order::{Actor, Sighting};
use domain::shipping::{CarrierName, Incident};
use std::sync::Arc;

/// Largest push, in bytes: carriers tell of a hundred parcels at most.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;

/// The use case.
#[derive(Clone)]
pub struct HearCarriers {
    /// The way into an order.
    pub apply: Apply,
    /// Accounts.
    pub tenants: Arc<dyn TenantStore>,
    /// Who knows the carriers' signatures.
    pub carriers: Arc<dyn Carriers>,
    /// What waits for carriers.
    pub manifests: Arc<dyn ManifestStore>,
}

/// What became of a push.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heard {
    /// Parcels that it speaks of.
    pub parcels: usize,
    /// Those of which it had news.
    pub news: usize,
    /// Those that are no order's of the shop.
    pub unknown: usize,
}

impl HearCarriers {
    /// Takes a push in.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown shop, an unknown carrier and a bad signature alike; `Invalid` if it is the carrier's and cannot be
    /// read; `Retryable`: send it again.
    pub async fn run(&self, tenant: &str, carrier: &str, headers: &Headers, body: &[u8], correlation: &CorrelationId) -> Result<Heard> {
        let tenant = TenantId::parse(tenant).map_err(|_| Error::Unauthenticated)?;
        let name = CarrierName::from_word(carrier).ok_or(Error::Unauthenticated)?;
        let config = self.tenants.config(&tenant).await?.unwrap_or_default();
        let account = config.shipping.account(name).ok_or(Error::Unauthenticated)?;
        let pushed = self.carriers.of(name).read_push(account, headers, body).map_err(|error| match error {
            PushError::NotTheirs => Error::Unauthenticated,
            PushError::Unreadable(why) => {
                tracing::error!(trace_id = %correlation, %tenant, carrier, why, "a carrier's push cannot be read");
                Error::Invalid(vec![domain::order::Fault::new("", "unreadable", why)])
            }
        })?;
        // The signature proves that the shop's own carrier speaks.
        let scope = TenantScope::of_own_message(&tenant);
        let source = SourceId::parse(&format!("carrier-{}", name.as_str())).map_err(|why| Error::Fatal(why.to_string()))?;
        let by = Provenance { actor: Actor::Source { source }, correlation: correlation.clone() };
        let context = Context { scope: &scope, config: &config, by: &by };
        let mut heard = Heard::default();
        for tracked in pushed {
            heard.parcels += 1;
            match self.parcel(&scope, &tracked).await? {
                Some((order, parcel)) => {
                    let seen = sighting(&tracked, true);
                    heard.news += usize::from(saw((&self.apply, &*self.manifests), context, &order, &parcel, seen).await?);
                }
                None => heard.unknown += 1,
            }
        }
        Ok(heard)
    }

    async fn parcel(&self, scope: &TenantScope, tracked: &Tracked) -> Result<Option<(OrderId, FulfilmentId)>> {
        let Some(channel) = parcel_channel() else { return Ok(None) };
        let name = parcel_name(tracked.carrier, tracked.tracking_number.as_str());
        let Some(id) = self.apply.orders.find(scope, &channel, &name).await? else { return Ok(None) };
        let Some(order) = self.apply.orders.load(scope, &id).await? else { return Ok(None) };
        let is_it = |one: &&domain::order::Consignment| {
            one.way.as_ref().is_some_and(|way| way.carrier == tracked.carrier)
                && one.carriage.as_ref().is_some_and(|carriage| carriage.number == tracked.tracking_number.as_str())
        };
        Ok(order.consignments.iter().find(is_it).map(|one| (id, one.work.id.clone())))
    }
}

/// What a carrier says of a parcel, as its order notes it.
pub fn sighting(tracked: &Tracked, pushed: bool) -> Sighting {
    if let (Some(code), None) = (&tracked.code, tracked.status()) {
        tracing::error!(carrier = tracked.carrier.as_str(), code, "a carrier uses a word that nobody knows: it is kept, and moves nothing");
    }
    Sighting {
        incident: tracked.scans.first().and_then(|scan| Incident::read(&scan.text)),
        place: tracked.scans.first().map(|scan| scan.place.clone()).filter(|place| !place.is_empty()),
        code: tracked.code.clone(),
        at: tracked.at,
        expected: tracked.expected,
        pushed,
    }
}
