//! Labels of parcels, and what carriers say of them.

use domain::order::{OnItsWay, ParcelLabel, Track};
use domain::shipping::Incident;
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// A label of a parcel.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LabelView {
    /// What the carrier knows it by.
    #[cfg_attr(test, schema(example = "1001-p1-ced4f45f-1"))]
    pub reference: String,
    /// "wanted", "trying", "bought", "failed" or "voided".
    pub status: &'static str,
    /// "fedex", "ups", "usps" or "dhl", once an offer was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub carrier: Option<&'static str>,
    /// "standard", "express" or "overnight".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service: Option<&'static str>,
    /// The carrier's number of the parcel.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking_number: Option<String>,
    /// What it costs, or was offered for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "8.84 USD"))]
    pub price: Option<String>,
    /// Grams that the carrier was told.
    pub weight_g: u32,
    /// Why this offer was taken, a line an offer.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub why: Vec<String>,
    /// Why it failed, waits, or is void.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

impl LabelView {
    /// Of a label.
    pub fn of(label: &ParcelLabel) -> LabelView {
        let quote = label.quote.as_ref();
        LabelView {
            reference: label.reference.to_string(),
            status: label.state.as_str(),
            carrier: quote.map(|quote| quote.carrier.as_str()),
            service: quote.map(|quote| quote.service.as_str()),
            tracking_number: label.number.as_ref().map(ToString::to_string),
            price: label.price.or_else(|| quote.map(|quote| quote.price)).map(|price| price.to_string()),
            weight_g: label.wish.weight_g,
            why: label.why.clone(),
            problem: label.problem.clone(),
        }
    }
}

/// A label, and where it can be printed.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct LabelLink {
    /// It.
    #[serde(flatten)]
    pub label: LabelView,
    /// Its file; whoever has the link can read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Until when the link works.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub url_valid_until: Option<Timestamp>,
}

impl LabelLink {
    /// Of a label.
    pub fn of(label: &ParcelLabel, url: Option<String>, until: Timestamp) -> LabelLink {
        LabelLink { label: LabelView::of(label), url_valid_until: url.as_ref().map(|_| until), url }
    }
}

/// What a carrier says of a parcel.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ParcelView {
    /// In one vocabulary for all carriers, as the `status` of the whole.
    #[cfg_attr(test, schema(example = "in_transit"))]
    pub status: &'static str,
    /// The carrier's own word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What keeps it, as long as something does: "carrier_…", "retailer_…", "consignee_…", "customs_…" or "weather".
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "consignee_not_available"))]
    pub incident: Option<&'static str>,
    /// Town and country of the last scan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<String>,
    /// When it was last scanned.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub scanned_at: Option<Timestamp>,
    /// The day it should arrive.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub expected: Option<Date>,
    /// When the carrier is asked again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub next_asked_at: Option<Timestamp>,
}

impl ParcelView {
    /// Of a parcel on its way.
    pub fn of(way: &OnItsWay) -> ParcelView {
        ParcelView {
            status: way.followed.status.as_str(),
            code: way.code.clone(),
            incident: way.incident.map(Incident::as_str),
            place: way.place.clone(),
            scanned_at: way.followed.scanned_at,
            expected: way.expected,
            next_asked_at: way.followed.next_poll(),
        }
    }
}
