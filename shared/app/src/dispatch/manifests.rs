//! Manifests: what carriers are to collect, asked for by a person or by the clock.
//!
//! Whoever asks writes down that one is wanted, and the worker hears of it ([`super::collection`]). One of a pile is open at a time, so asking
//! twice is asking once.

use crate::context::Context;
use crate::error::{Error, Result};
use crate::ports::{Clock, ManifestPage, ManifestStore, PageKey, ReportStore};
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::parcel::v1;
use contracts::{Envelope, Payload, job};
use domain::ids::{CorrelationId, LocationId, ManifestId};
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Closing, Manifest, ManifestState, Pile, is_wanted};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parcels of a carrier that are looked at. What is beyond waits for the next manifest.
pub const LOOKED_AT_MAX: usize = 10_000;
/// Parcels laid back at once.
const AT_ONCE: usize = 16;

/// What waits for a carrier at a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Which.
    pub pile: Pile,
    /// Parcels that can go today.
    pub parcels: usize,
    /// Those of them of which the carrier wants to be told.
    pub wanted: usize,
    /// Parcels that leave on a later day.
    pub later: usize,
    /// The manifest that is being made.
    pub open: Option<ManifestId>,
}

/// The use case.
#[derive(Clone)]
pub struct Manifests {
    /// What waits, and what was told.
    pub store: Arc<dyn ManifestStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Manifests {
    /// What waits, by carrier and place; of each carrier at most [`LOOKED_AT_MAX`] parcels are counted.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn standing(&self, context: Context<'_>) -> Result<Vec<Standing>> {
        self.standing_of(context, &CarrierName::ALL).await
    }

    async fn standing_of(&self, context: Context<'_>, carriers: &[CarrierName]) -> Result<Vec<Standing>> {
        let (now, zone) = (self.clock.now(), context.zone());
        let mut piles: BTreeMap<Pile, Standing> = BTreeMap::new();
        let new = |pile: Pile| Standing { pile, parcels: 0, wanted: 0, later: 0, open: None };
        for carrier in carriers {
            for one in self.store.waiting(context.scope, *carrier, LOOKED_AT_MAX).await? {
                let pile = piles.entry(one.pile()).or_insert_with_key(|pile| new(pile.clone()));
                let goes = one.leaves <= context.config.shipping.day_at(&one.location, now, &zone);
                pile.parcels += usize::from(goes);
                pile.later += usize::from(!goes);
                pile.wanted += usize::from(goes && is_wanted(one.carrier, one.service));
            }
        }
        let open = self.store.open(context.scope).await?;
        for (pile, id) in open.into_iter().filter(|(pile, _)| carriers.contains(&pile.carrier)) {
            piles.entry(pile).or_insert_with_key(|pile| new(pile.clone())).open = Some(id);
        }
        Ok(piles.into_values().collect())
    }

    /// Wants a manifest of each pile that has something for today, of a carrier or of all, at a place or at all. One that is being made is that
    /// one; if it stands still, somebody is sent to it once more.
    ///
    /// # Errors
    /// `Retryable`: ask again, it is asked for once.
    pub async fn ask(&self, context: Context<'_>, carrier: Option<CarrierName>, location: Option<&LocationId>) -> Result<Vec<Manifest>> {
        let carriers = carrier.map_or_else(|| CarrierName::ALL.to_vec(), |carrier| vec![carrier]);
        let is_meant = |pile: &Pile| pile.location.as_ref().is_none_or(|place| location.is_none_or(|location| location == place));
        let mut asked = Vec::new();
        for standing in self.standing_of(context, &carriers).await?.into_iter().filter(|one| is_meant(&one.pile)) {
            match standing.open {
                Some(open) => {
                    if let Some(open) = self.store.load(context.scope, &open).await? {
                        asked.push(self.nudged(context, open).await?);
                    }
                }
                None if standing.parcels > 0 => asked.push(self.want(context, standing.pile).await?),
                None => {}
            }
        }
        Ok(asked)
    }

    async fn nudged(&self, context: Context<'_>, open: Manifest) -> Result<Manifest> {
        let now = self.clock.now();
        let Some(again) = open.nudged(now) else { return Ok(open) };
        let due = due(context.scope, &again, now, &context.by.correlation);
        // Whoever was faster has sent somebody, too.
        Ok(if self.store.save(context.scope, &again, &[due], now).await? { again } else { open })
    }

    async fn want(&self, context: Context<'_>, pile: Pile) -> Result<Manifest> {
        let now = self.clock.now();
        let day = pile.location.as_ref().map(|place| context.config.shipping.day_at(place, now, &context.zone()));
        let day = day.unwrap_or_else(|| context.config.today(now));
        let wanted = Manifest::asked(pile.clone(), day, context.by.actor.in_words(), now).map_err(|why| Error::Fatal(why.to_string()))?;
        if self.store.add(context.scope, &wanted, &[due(context.scope, &wanted, now, &context.by.correlation)], now).await? {
            return Ok(wanted);
        }
        // Somebody else wanted it a moment ago.
        let open = self.store.open(context.scope).await?;
        let theirs = open.into_iter().find(|(open, _)| *open == pile).map(|(_, id)| id);
        let theirs = theirs.ok_or_else(|| Error::Retryable(format!("a manifest of {} has just been made", pile.in_words())))?;
        self.load(context.scope, &theirs).await
    }

    /// One of them.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn load(&self, scope: &TenantScope, id: &ManifestId) -> Result<Manifest> {
        self.store.load(scope, id).await?.ok_or(Error::NotFound("manifest"))
    }

    /// Part of all of them, the latest first.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> Result<ManifestPage> {
        Ok(self.store.page(scope, after, limit).await?)
    }

    /// A person says what became of one of which nobody knows, or that stands still. If it was not made, its parcels wait for another.
    ///
    /// # Errors
    /// `Manifest` if nobody is needed; `Stale` if somebody else has changed it.
    pub async fn settle(&self, context: Context<'_>, id: &ManifestId, made: bool) -> Result<Manifest> {
        let known = self.load(context.scope, id).await?;
        if known.state == if made { ManifestState::Made } else { ManifestState::Failed } {
            return Ok(known);
        }
        let now = self.clock.now();
        let settled = known.settled(made, &context.by.actor.in_words(), now)?;
        if settled != known && !self.store.save(context.scope, &settled, &[], now).await? {
            let current = self.load(context.scope, id).await?.version;
            return Err(Error::Stale { current });
        }
        self.finish(context.scope, &settled, &context.by.correlation).await
    }

    /// Makes the pile agree with what was decided of a manifest, and closes it. The decision stands before that, and the pile is closed as long as
    /// the manifest is open, so that whoever dies here, or is beside somebody else, leaves nothing that another could take.
    pub(super) async fn finish(&self, scope: &TenantScope, decided: &Manifest, correlation: &CorrelationId) -> Result<Manifest> {
        let now = self.clock.now();
        let how = match decided.state {
            ManifestState::GivingBack => {
                let laid = stream::iter(decided.parcels.clone()).map(|parcel| async move { self.store.lay(scope, &parcel, now).await });
                laid.buffer_unordered(AT_ONCE).try_collect::<Vec<()>>().await?;
                Closing::Failed { why: decided.problem.clone().unwrap_or_default() }
            }
            ManifestState::Keeping => {
                self.store.take(scope, &decided.parcels).await?;
                Closing::Made { number: decided.number.clone(), file: decided.file.clone() }
            }
            _ => return Ok(decided.clone()),
        };
        let closed = decided.closed(how, now);
        if self.close(scope, &closed, correlation).await? { Ok(closed) } else { self.load(scope, &closed.id).await }
    }

    /// Stores what a manifest has come to, and says so. False if somebody else has changed it.
    pub(super) async fn close(&self, scope: &TenantScope, closed: &Manifest, correlation: &CorrelationId) -> Result<bool> {
        let now = self.clock.now();
        let told = |(index, payload)| told(scope, closed, index, now, correlation, payload);
        let news: Vec<Envelope> = news(closed).into_iter().enumerate().map(told).collect();
        Ok(self.store.save(scope, closed, &news, now).await?)
    }
}

fn due(scope: &TenantScope, manifest: &Manifest, now: Timestamp, correlation: &CorrelationId) -> Envelope {
    let due = Payload::ManifestDue(v1::ManifestDue { manifest_id: manifest.id.to_string() });
    told(scope, manifest, 0, now, correlation, due)
}

/// What is told of it as it stands.
fn news(manifest: &Manifest) -> Vec<Payload> {
    let failed = |why: &Option<String>| {
        let reason = why.clone().unwrap_or_default();
        Payload::JobFailed(job::v1::JobFailed { job: format!("manifest of {}", manifest.pile.in_words()), reason })
    };
    let closed = || {
        Payload::ManifestClosed(v1::ManifestClosed {
            manifest_id: manifest.id.to_string(),
            carrier: manifest.pile.carrier.as_str().to_owned(),
            location: manifest.pile.location.as_ref().map(LocationId::to_string),
            day: manifest.day.to_string(),
            state: manifest.state.as_str().to_owned(),
            parcels: u32::try_from(manifest.parcels.len()).unwrap_or(u32::MAX),
            number: manifest.number.clone(),
        })
    };
    match manifest.state {
        ManifestState::Asked | ManifestState::Asking | ManifestState::GivingBack | ManifestState::Keeping | ManifestState::Empty => {
            Vec::new()
        }
        ManifestState::Made | ManifestState::NotNeeded => vec![closed()],
        ManifestState::Failed => vec![closed(), failed(&manifest.problem)],
        ManifestState::Unsure => {
            let why = manifest.problem.as_deref().unwrap_or_default();
            vec![failed(&Some(format!(
                "{why}: look at the carrier's site whether it has one, and settle it under Manifests in the console"
            )))]
        }
    }
}

fn told(scope: &TenantScope, manifest: &Manifest, index: usize, now: Timestamp, correlation: &CorrelationId, payload: Payload) -> Envelope {
    envelope(scope.tenant(), &format!("job:manifest-{}", manifest.id), manifest.version, index, now, correlation, payload)
}

/// Where a manifest's paper lies.
pub(super) fn key(manifest: &ManifestId, extension: &str) -> String {
    format!("manifests/{manifest}.{extension}")
}

/// A link to a manifest's paper; none if there is none.
///
/// # Errors
/// `Retryable`.
pub async fn link(files: &dyn ReportStore, scope: &TenantScope, manifest: &Manifest) -> Result<Option<String>> {
    match &manifest.file {
        Some(file) => Ok(Some(files.link(scope, file, super::LINK_VALID_FOR).await?)),
        None => Ok(None),
    }
}
