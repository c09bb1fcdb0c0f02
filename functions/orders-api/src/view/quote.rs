//! What carriage would cost, and when it would come.

use app::quotes::Quoted;
use domain::shipping::rates::Considered;
use domain::shipping::warehouse::Ranked;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

/// Why a place stands where it stands, in points; the fewer the better.
#[derive(Debug, Clone, Copy, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PlaceScore {
    /// 0 for whom it is the one, 50 for others of its country, 100 abroad.
    pub distance: u32,
    /// Two for each percent of the pieces that it does not have.
    pub stock: u32,
    /// One for each half hour until it opens, at most 100.
    pub hours: u32,
}

/// A place that could send it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PlaceView {
    /// Which.
    pub location: String,
    /// All of its points.
    pub points: u32,
    /// Why.
    pub why: PlaceScore,
}

impl From<&Ranked> for PlaceView {
    fn from(ranked: &Ranked) -> PlaceView {
        let score = ranked.score;
        let why = PlaceScore { distance: score.distance, stock: score.stock, hours: score.hours };
        PlaceView { location: ranked.id.to_string(), points: score.total(), why }
    }
}

/// An offer.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OfferView {
    /// fedex, ups, usps or dhl.
    pub carrier: &'static str,
    /// standard, express or overnight.
    pub service: &'static str,
    /// Decimal.
    pub price: String,
    /// Of the price list.
    pub currency: String,
    /// The day it should come.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub arrives: Date,
}

impl From<&Considered> for OfferView {
    fn from(one: &Considered) -> OfferView {
        let quote = &one.quote;
        OfferView {
            carrier: quote.carrier.as_str(),
            service: quote.service.as_str(),
            price: quote.price.decimal(),
            currency: quote.price.currency.code().to_owned(),
            arrives: quote.arrives,
        }
    }
}

/// From where, for how much, until when.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ShippingQuote {
    /// From where it would leave, if the shop has said where it sends from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The day it would leave.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub leaves: Date,
    /// Ordered by then, it leaves on that day; where the shop has said how its places work.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub order_by: Option<Timestamp>,
    /// Grams, with its packaging.
    pub weight_g: u32,
    /// The first of the offers is there by the day that was asked for, if it was; none of them, if it is not.
    pub in_time: bool,
    /// By the shop's price list (shipping.tariff in the settings; none without it) and by price; the first is the cheapest that comes in time, or else the one that comes soonest.
    pub offers: Vec<OfferView>,
    /// All places that could send it, the best first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub places: Vec<PlaceView>,
}

impl From<&Quoted> for ShippingQuote {
    fn from(quoted: &Quoted) -> ShippingQuote {
        ShippingQuote {
            from: quoted.from.as_ref().map(ToString::to_string),
            leaves: quoted.leaves,
            order_by: quoted.ships.as_ref().map(|ships| ships.cut_off),
            weight_g: quoted.weight_g,
            in_time: quoted.choice.keeps_promise,
            offers: quoted.choice.considered.iter().map(OfferView::from).collect(),
            places: quoted.ranked.iter().map(PlaceView::from).collect(),
        }
    }
}
