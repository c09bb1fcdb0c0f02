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
use domain::shipping::manifest::{Manifest, ManifestState, Pile, is_wanted};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Parcels that are looked at when piles are counted. What is beyond waits for the next manifest.
pub const LOOKED_AT_MAX: usize = 10_000;

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
    /// What waits, by carrier and place; at most [`LOOKED_AT_MAX`] parcels are counted.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn standing(&self, context: Context<'_>) -> Result<Vec<Standing>> {
        let today = context.config.today(self.clock.now());
        let (waiting, open) = futures::try_join!(self.store.waiting(context.scope, None, LOOKED_AT_MAX), self.store.open(context.scope))?;
        let new = |pile: Pile| Standing { pile, parcels: 0, wanted: 0, later: 0, open: None };
        let mut piles: BTreeMap<Pile, Standing> = BTreeMap::new();
        for one in &waiting {
            let pile = piles.entry(one.pile()).or_insert_with_key(|pile| new(pile.clone()));
            let goes = one.leaves <= today;
            pile.parcels += usize::from(goes);
            pile.later += usize::from(!goes);
            pile.wanted += usize::from(goes && is_wanted(one.carrier, one.service));
        }
        for (pile, id) in open {
            piles.entry(pile).or_insert_with_key(|pile| new(pile.clone())).open = Some(id);
        }
        Ok(piles.into_values().collect())
    }

    /// Wants a manifest of each pile that has something for today, of a carrier or of all, at a place or at all. One that is being made is that
    /// one.
    ///
    /// # Errors
    /// `Retryable`: ask again, it is asked for once.
    pub async fn ask(&self, context: Context<'_>, carrier: Option<CarrierName>, location: Option<&LocationId>) -> Result<Vec<Manifest>> {
        let is_meant = |pile: &Pile| {
            let here = pile.location.as_ref().is_none_or(|place| location.is_none_or(|location| location == place));
            carrier.is_none_or(|carrier| carrier == pile.carrier) && here
        };
        let mut asked = Vec::new();
        for standing in self.standing(context).await?.into_iter().filter(|one| is_meant(&one.pile)) {
            match standing.open {
                Some(open) => asked.extend(self.store.load(context.scope, &open).await?),
                None if standing.parcels > 0 => asked.push(self.want(context, standing.pile).await?),
                None => {}
            }
        }
        Ok(asked)
    }

    async fn want(&self, context: Context<'_>, pile: Pile) -> Result<Manifest> {
        let now = self.clock.now();
        let wanted = Manifest::asked(pile.clone(), context.config.today(now), context.by.actor.in_words(), now);
        let wanted = wanted.map_err(|why| Error::Fatal(why.to_string()))?;
        let due = Payload::ManifestDue(v1::ManifestDue { manifest_id: wanted.id.to_string() });
        if self.store.add(context.scope, &wanted, &[told(context.scope, &wanted, 0, now, &context.by.correlation, due)], now).await? {
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
    /// `Manifest` if nobody is needed; `Stale` if it has changed.
    pub async fn settle(&self, context: Context<'_>, id: &ManifestId, made: bool) -> Result<Manifest> {
        let known = self.load(context.scope, id).await?;
        if !known.state.is_open() && made == matches!(known.state, ManifestState::Made) {
            return Ok(known);
        }
        let settled = known.settled(made, &context.by.actor.in_words(), self.clock.now())?;
        if self.close(context.scope, &settled, &context.by.correlation).await? {
            Ok(settled)
        } else {
            let current = self.load(context.scope, id).await?.version;
            Err(Error::Stale { current })
        }
    }

    /// Stores what a manifest has come to, and says so. The parcels of one that failed are back on their pile before that. False if somebody else
    /// has changed it.
    pub(super) async fn close(&self, scope: &TenantScope, closed: &Manifest, correlation: &CorrelationId) -> Result<bool> {
        let now = self.clock.now();
        match closed.state {
            ManifestState::Failed => {
                for parcel in &closed.parcels {
                    self.store.lay(scope, parcel, now).await?;
                }
            }
            _ => self.store.take(scope, &closed.parcels).await?,
        }
        let news: Vec<Envelope> =
            news(closed).into_iter().enumerate().map(|(index, payload)| told(scope, closed, index, now, correlation, payload)).collect();
        let saved = self.store.save(scope, closed, &news, now).await?;
        if !saved && closed.state == ManifestState::Failed {
            // Somebody else has said what became of it: only what has failed waits again.
            let stands = self.load(scope, &closed.id).await?.state;
            if stands != ManifestState::Failed {
                self.store.take(scope, &closed.parcels).await?;
            }
        }
        Ok(saved)
    }
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
        ManifestState::Asked | ManifestState::Asking | ManifestState::Empty => Vec::new(),
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

/// A manifest's paper, with the name of its file; none if there is none.
///
/// # Errors
/// `Retryable`.
pub async fn paper(files: &dyn ReportStore, scope: &TenantScope, manifest: &Manifest) -> Result<Option<(String, Vec<u8>)>> {
    let Some(file) = &manifest.file else { return Ok(None) };
    let name = file.rsplit('/').next().unwrap_or_default().to_owned();
    Ok(files.get(scope, file).await?.map(|bytes| (name, bytes)))
}

/// A link to it.
///
/// # Errors
/// `Retryable`.
pub async fn link(files: &dyn ReportStore, scope: &TenantScope, manifest: &Manifest) -> Result<Option<String>> {
    match &manifest.file {
        Some(file) => Ok(Some(files.link(scope, file, super::LINK_VALID_FOR).await?)),
        None => Ok(None),
    }
}
