//! Prices.

use domain::money::Money;
use domain::price::{PriceProposal, PriceTag, Reason};
use jiff::Timestamp;
use serde::Serialize;

/// Another price that waits to be decided.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ProposalView {
    /// What it would be offered for, in major units.
    #[cfg_attr(test, schema(example = "31.19"))]
    pub price: String,
    /// What speaks for it: {reason: "demand", bps, pace} (the last week's sales in percent of the pace of the four weeks before), {reason: "stock", bps, cover_days},
    /// {reason: "market", bps, others: "dearer" or "cheaper"}. `bps` is what each moves the list price by, in basis points.
    #[cfg_attr(test, schema(value_type = Vec<Object>))]
    pub why: Vec<Reason>,
    /// It would have moved further, were it not for the bounds: a tenth of the list price, or the cost.
    pub held: bool,
    /// When it was proposed.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

/// What something costs. Amounts are in major units of the currency.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PriceView {
    /// Unit.
    pub sku: String,
    /// ISO 4217.
    pub currency: String,
    /// What the shop lists it at; proposals stay within a tenth of it.
    #[cfg_attr(test, schema(example = "29.99"))]
    pub list: String,
    /// What it is offered for now. Orders that are placed keep the price they were placed at.
    pub price: String,
    /// What it costs the shop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// What others ask.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub market: Option<String>,
    /// Another price that waits to be decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proposal: Option<ProposalView>,
    /// Who decided last.
    pub decided_by: String,
    /// When it last changed.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub updated_at: Timestamp,
    /// Changes so far; the ETag.
    pub version: u64,
}

impl From<&PriceTag> for PriceView {
    fn from(tag: &PriceTag) -> PriceView {
        let decimal = |minor: i64| Money::new(minor, tag.currency).decimal();
        let proposal = |found: &PriceProposal| ProposalView {
            price: decimal(found.price_minor),
            why: found.why.clone(),
            held: found.held,
            at: found.at,
        };
        PriceView {
            sku: tag.sku.to_string(),
            currency: tag.currency.to_string(),
            list: decimal(tag.list_minor),
            price: decimal(tag.price_minor),
            cost: tag.cost_minor.map(decimal),
            market: tag.market_minor.map(decimal),
            proposal: tag.proposal.as_ref().map(proposal),
            decided_by: tag.decided_by.clone(),
            updated_at: tag.updated_at,
            version: tag.version,
        }
    }
}

/// A page of prices.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PriceList {
    /// By SKU.
    pub prices: Vec<PriceView>,
    /// For the next page; none at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
