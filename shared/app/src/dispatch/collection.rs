//! The worker behind manifests, and the clock that asks for them.
//!
//! What goes is written onto the manifest and taken from its pile before the carrier is asked, and that it is going to be asked is committed
//! before. What was certainly not done is tried again; a try that nobody has heard the end of is never followed by another: a person looks.

use super::by_rule;
use super::manifests::{LOOKED_AT_MAX, Manifests, key};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{
    CarrierError, CarrierResult, Carriers, Document, Manifested, OnceDone, OnceKey, OnceStore, OrderStore, ReportStore, TenantStore,
};
use crate::scope::TenantScope;
use contracts::{Envelope, Payload};
use domain::ids::{CorrelationId, ManifestId, TenantId};
use domain::shipping::manifest::{ASKING_TAKES, Closing, Fate, Manifest, ManifestState, PARCELS_MAX, WaitingParcel};
use futures::stream::{self, StreamExt};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Orders looked up at once, and shops.
const AT_ONCE: usize = 16;
/// Orders that are looked up for one manifest.
const LOADED_MAX: usize = 3 * PARCELS_MAX;
/// Longest time that looking a pile through and asking a carrier take.
const COLLECTING_TIME: SignedDuration = SignedDuration::from_secs(50);
/// How long it is remembered that a day's manifests were asked for.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(48);

/// The use case.
#[derive(Clone)]
pub struct Collection {
    /// Manifests, and asking for them.
    pub manifests: Manifests,
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Carriers.
    pub carriers: Arc<dyn Carriers>,
    /// Where papers lie.
    pub files: Arc<dyn ReportStore>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// What was asked for by the clock.
    pub once: Arc<dyn OnceStore>,
}

impl Collection {
    /// Makes the manifest that an event asks for; how far it is then. `until` is when that has to be done.
    ///
    /// # Errors
    /// `Retryable`: the message comes again.
    pub async fn run(&self, event: &Envelope, until: Option<Timestamp>) -> Result<Option<ManifestState>> {
        let Payload::ManifestDue(due) = &event.payload else { return Ok(None) };
        let id = ManifestId::parse(&due.manifest_id).map_err(|why| Error::Fatal(why.to_string()))?;
        let scope = TenantScope::of_own_message(&event.tenant);
        let config = self.tenants.config(&event.tenant).await?.unwrap_or_default();
        let by = by_rule(&event.correlationid);
        let context = Context { scope: &scope, config: &config, by: &by };
        let Some(known) = self.manifests.store.load(&scope, &id).await? else { return Ok(None) };
        let now = self.manifests.clock.now();
        if until.is_some_and(|until| now + COLLECTING_TIME > until) {
            return Err(Error::Retryable("no time is left to ask a carrier".into()));
        }
        let goes = match known.state {
            ManifestState::Asking if now < known.since + ASKING_TAKES => {
                return Err(Error::Retryable("somebody is asking the carrier".into()));
            }
            ManifestState::Asking => {
                // Nor may they have come as far as the pile.
                self.manifests.store.take(&scope, &known.parcels).await?;
                let why = "whoever asked the carrier did not come back".to_owned();
                return self.end(context, &known, Closing::Unsure { why }).await;
            }
            ManifestState::Asked if known.parcels.is_empty() => self.look_through(context, &known).await?,
            ManifestState::Asked => known.parcels.clone(),
            ManifestState::GivingBack | ManifestState::Keeping => {
                return Ok(Some(self.manifests.finish(&scope, &known, &context.by.correlation).await?.state));
            }
            // Done, or a person's.
            ManifestState::Unsure | ManifestState::Failed | ManifestState::Empty => return Ok(Some(known.state)),
            ManifestState::Made | ManifestState::NotNeeded => {
                self.next_of(context, &known).await?;
                return Ok(Some(known.state));
            }
        };
        if goes.is_empty() {
            return self.end(context, &known, Closing::Empty).await;
        }
        let asking = known.asking(goes, self.manifests.clock.now());
        if !self.manifests.store.save(&scope, &asking, &[], now).await? {
            return Err(Error::Retryable("somebody else has set about it".into()));
        }
        if let Err(error) = self.manifests.store.take(&scope, &asking.parcels).await {
            return self.put_off(&scope, &asking, Error::from(error)).await;
        }
        let how = match self.asked(context, &asking).await {
            Err(CarrierError::Retryable(why)) => return self.put_off(&scope, &asking, Error::Retryable(why)).await,
            Err(CarrierError::Unknown(why)) => Closing::Unsure { why },
            Err(CarrierError::Rejected { message, .. }) => {
                let back = asking.given_back(message, self.manifests.clock.now());
                if !self.manifests.store.save(&scope, &back, &[], now).await? {
                    return Err(Error::Retryable("it was changed meanwhile".into()));
                }
                return Ok(Some(self.manifests.finish(&scope, &back, &context.by.correlation).await?.state));
            }
            Ok(Manifested::NotNeeded) => Closing::NotNeeded,
            Ok(Manifested::Made { number, document }) => Closing::Made { number, file: self.kept(&scope, &asking.id, document).await },
        };
        self.end(context, &asking, how).await
    }

    /// The carrier has certainly done nothing: it is asked when the message comes again. Where that cannot be written down, nobody will know so.
    async fn put_off(&self, scope: &TenantScope, asking: &Manifest, why: Error) -> Result<Option<ManifestState>> {
        let now = self.manifests.clock.now();
        self.manifests.store.save(scope, &asking.put_off(now), &[], now).await?;
        Err(why)
    }

    /// What of a pile goes on the manifest's day. What does not belong there any more is taken from it.
    async fn look_through(&self, context: Context<'_>, manifest: &Manifest) -> Result<Vec<WaitingParcel>> {
        let carrier = manifest.pile.carrier;
        let waiting = self.manifests.store.waiting(context.scope, carrier, LOOKED_AT_MAX).await?;
        let of_pile = waiting.into_iter().filter(|one| one.pile() == manifest.pile && one.leaves <= manifest.day);
        let mut looked = stream::iter(of_pile)
            .map(|one| async move {
                let order = self.orders.load(context.scope, &one.order).await?;
                let fate = one.fate(order.as_ref(), manifest.day);
                Ok::<_, Error>((one, fate))
            })
            .buffered(AT_ONCE);
        let (mut fates, mut goes) = (Vec::new(), 0);
        while let Some(found) = looked.next().await {
            let (one, fate) = found?;
            goes += usize::from(fate == Fate::Goes);
            fates.push((one, fate));
            if goes == PARCELS_MAX || fates.len() == LOADED_MAX {
                break;
            }
        }
        drop(looked);
        let of_fate = |fate: Fate| fates.iter().filter(move |one| one.1 == fate).map(|one| one.0.clone()).collect::<Vec<_>>();
        self.manifests.store.take(context.scope, &of_fate(Fate::Gone)).await?;
        Ok(of_fate(Fate::Goes))
    }

    async fn asked(&self, context: Context<'_>, manifest: &Manifest) -> CarrierResult<Manifested> {
        let wanted = manifest.wanted();
        if wanted.is_empty() {
            return Ok(Manifested::NotNeeded);
        }
        let (shipping, carrier) = (&context.config.shipping, manifest.pile.carrier);
        let account = shipping.account(carrier).ok_or_else(|| {
            let why = format!("the shop has no account with {} any more: settings, shipping.accounts", carrier.title());
            CarrierError::rejected("not_configured", why)
        })?;
        let location = manifest.pile.location.as_ref().or_else(|| manifest.parcels.first().map(|one| &one.location));
        let from = location.and_then(|location| shipping.origin(location)).and_then(crate::tenant::Origin::party);
        let nowhere = || CarrierError::rejected("not_configured", "the shop has not said where it sends from: settings, shipping.origins");
        self.carriers.of(carrier).manifest(account, &from.ok_or_else(nowhere)?, manifest.day, &wanted).await
    }

    /// Stores the paper. The carrier has the manifest whatever becomes of it here: it can be printed at its site.
    async fn kept(&self, scope: &TenantScope, id: &ManifestId, document: Option<Document>) -> Option<String> {
        let document = document?;
        let (extension, content_type) = document.format.on_file();
        let file = key(id, extension);
        let kept = self.files.put(scope, &file, Arc::unwrap_or_clone(document.bytes), content_type).await;
        kept.inspect_err(|error| tracing::error!(manifest = %id, %error, "a manifest's paper could not be stored")).ok().map(|_| file)
    }

    async fn end(&self, context: Context<'_>, manifest: &Manifest, how: Closing) -> Result<Option<ManifestState>> {
        let closed = manifest.closed(how, self.manifests.clock.now());
        if !self.manifests.close(context.scope, &closed, &context.by.correlation).await? {
            return Err(Error::Retryable("it was changed meanwhile".into()));
        }
        self.next_of(context, &closed).await?;
        Ok(Some(closed.state))
    }

    /// What had no room on a manifest goes onto the next.
    async fn next_of(&self, context: Context<'_>, closed: &Manifest) -> Result<()> {
        if matches!(closed.state, ManifestState::Made | ManifestState::NotNeeded) && closed.parcels.len() == PARCELS_MAX {
            self.manifests.ask(context, Some(closed.pile.carrier), closed.pile.location.as_ref()).await?;
        }
        Ok(())
    }

    /// Asks for the manifests of each carrier whose hour has come in a shop, once a day; the shops.
    ///
    /// # Errors
    /// The first, after every other shop had its turn: the next tick asks for all again.
    pub async fn by_the_clock(&self, correlation: &CorrelationId) -> Result<Vec<TenantId>> {
        let (mut asked, mut first) = (Vec::new(), None);
        let mut shops = stream::iter(self.tenants.all().await?)
            .map(|tenant| async move {
                let came = self.hour_of(&tenant, correlation).await;
                (tenant, came)
            })
            .buffered(AT_ONCE);
        while let Some((tenant, came)) = shops.next().await {
            match came {
                Ok(true) => asked.push(tenant),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(trace_id = %correlation, %tenant, %error, "manifests were not asked for");
                    first = first.or(Some(error));
                }
            }
        }
        first.map_or(Ok(asked), Err)
    }

    async fn hour_of(&self, tenant: &TenantId, correlation: &CorrelationId) -> Result<bool> {
        let Some(config) = self.tenants.config(tenant).await? else { return Ok(false) };
        let (scope, by) = (TenantScope::of_own_message(tenant), by_rule(correlation));
        let context = Context { scope: &scope, config: &config, by: &by };
        let now = self.manifests.clock.now();
        let local = now.to_zoned(config.zone());
        let mut any = false;
        for account in config.shipping.accounts.iter().filter(|account| account.manifest_at.is_some_and(|at| local.time() >= at)) {
            let once = OnceKey::new("manifests", account.carrier.as_str(), &local.date().to_string());
            if self.once.done(&scope, &once, now).await?.is_some() {
                continue;
            }
            let asked = self.manifests.ask(context, Some(account.carrier), None).await?;
            any |= !asked.is_empty();
            // As long as one of before is open, today's is still to come.
            if asked.iter().any(|manifest| manifest.asked_at.to_zoned(config.zone()).date() < local.date()) {
                continue;
            }
            let done = OnceDone { key: &once, request_hash: "", response: "", fence: None, expires_at: now + KEPT_FOR };
            // Another tick that has done the same has asked for the same.
            self.once.complete(&scope, done, &[], now).await?;
        }
        Ok(any)
    }
}
