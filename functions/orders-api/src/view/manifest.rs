//! What carriers collect.

use app::dispatch::manifests::Standing;
use domain::shipping::manifest::{Manifest, WaitingParcel};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// Parcels that wait for a carrier at a place.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PileView {
    /// fedex, ups, usps or dhl.
    pub carrier: &'static str,
    /// Where they lie. FedEx closes an account's day wherever its parcels are, so nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// Parcels that can go today.
    pub parcels: usize,
    /// Those of them of which the carrier wants to be told before it collects.
    pub wanted: usize,
    /// Parcels that leave on a later day.
    pub later: usize,
    /// The manifest that is being made.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open: Option<String>,
}

impl From<&Standing> for PileView {
    fn from(standing: &Standing) -> PileView {
        PileView {
            carrier: standing.pile.carrier.as_str(),
            location: standing.pile.location.as_ref().map(ToString::to_string),
            parcels: standing.parcels,
            wanted: standing.wanted,
            later: standing.later,
            open: standing.open.as_ref().map(ToString::to_string),
        }
    }
}

/// A parcel on a manifest.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ManifestParcel {
    /// The order's number.
    pub order_id: String,
    /// The parcel's name within the order.
    pub parcel: String,
    /// The carrier's number of it.
    pub tracking_number: String,
    /// standard, express or overnight.
    pub service: &'static str,
    /// Where it lies.
    pub location: String,
}

impl From<&WaitingParcel> for ManifestParcel {
    fn from(one: &WaitingParcel) -> ManifestParcel {
        ManifestParcel {
            order_id: one.order.to_string(),
            parcel: one.parcel.to_string(),
            tracking_number: one.number.to_string(),
            service: one.service.as_str(),
            location: one.location.to_string(),
        }
    }
}

/// A manifest.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ManifestView {
    /// Its name.
    pub id: String,
    /// fedex, ups, usps or dhl.
    pub carrier: &'static str,
    /// Where the parcels lie; everywhere, if nothing is said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// asked, asking, made, not_needed (the carrier has known since the labels were bought), empty, failed (its parcels wait for another),
    /// unsure (a person has to look at the carrier's site, and settle it), or giving_back or keeping (it is being settled).
    pub status: &'static str,
    /// The day on which they are collected.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// How many parcels are on it.
    pub count: usize,
    /// Which; only where one manifest is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parcels: Option<Vec<ManifestParcel>>,
    /// The carrier's number for it, if it gives one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// Where to print it, for 15 minutes; only where one manifest is read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Why it failed, or is unsure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
    /// Who wanted it.
    pub asked_by: String,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub asked_at: Timestamp,
    /// Since when it stands as it does.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub since: Timestamp,
}

impl From<&Manifest> for ManifestView {
    fn from(manifest: &Manifest) -> ManifestView {
        ManifestView {
            id: manifest.id.to_string(),
            carrier: manifest.pile.carrier.as_str(),
            location: manifest.pile.location.as_ref().map(ToString::to_string),
            status: manifest.state.as_str(),
            day: manifest.day,
            count: manifest.parcels.len(),
            parcels: None,
            number: manifest.number.clone(),
            url: None,
            problem: manifest.problem.clone(),
            asked_by: manifest.asked_by.clone(),
            asked_at: manifest.asked_at,
            since: manifest.since,
        }
    }
}

/// Manifests that were asked for.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct AskedManifests {
    /// One of each pile; none, if nothing waits that could go today.
    pub manifests: Vec<ManifestView>,
}

/// A page of manifests, the latest first, and what waits.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ManifestList {
    /// What waits, by carrier and place. At most 10,000 parcels are counted.
    pub waiting: Vec<PileView>,
    /// The manifests, without their parcels.
    pub manifests: Vec<ManifestView>,
    /// Where the next page begins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
