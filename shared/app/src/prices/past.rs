//! What the rules would have proposed for a shop's goods in weeks that are over.

use super::Prices;
use crate::analytics::Span;
use crate::error::Result;
use crate::ports::MetricStore;
use crate::scope::TenantScope;
use crate::stock::demand;
use crate::tenant::TenantConfig;
use domain::money::Currency;
use domain::price::{Backtest, PriceTag, Sold, backtest};
use jiff::ToSpan;
use std::collections::BTreeMap;

/// Prices that are looked at.
const PRICES_MAX: usize = 1_000;
/// Those of them that are read at once.
const PAGE: usize = 200;

/// What would have been.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Past {
    /// By currency.
    pub by_currency: BTreeMap<Currency, Backtest>,
    /// There are more prices than were looked at.
    pub more: bool,
}

/// Goes through the whole weeks of some days.
///
/// # Errors
/// `Retryable`.
pub async fn past(prices: &Prices, metrics: &dyn MetricStore, scope: &TenantScope, config: &TenantConfig, span: &Span) -> Result<Past> {
    let mut tags: Vec<PriceTag> = Vec::new();
    let mut more = false;
    for waiting in [true, false] {
        let mut after = None;
        loop {
            let page = prices.page(scope, waiting, after.as_ref(), PAGE).await?;
            tags.extend(page.tags);
            after = page.next;
            more |= tags.len() >= PRICES_MAX && after.is_some();
            if after.is_none() || tags.len() >= PRICES_MAX {
                break;
            }
        }
    }
    tags.truncate(PRICES_MAX);
    let sold = demand::between(metrics, scope, (span.first.saturating_sub(35.days()), span.last), None).await?;
    let mut by_currency: BTreeMap<Currency, Vec<Sold<'_>>> = BTreeMap::new();
    for tag in &tags {
        let Some(days) = sold.get(tag.sku.as_str()) else { continue };
        let one = Sold { days, list_minor: tag.list_minor, cost_minor: tag.cost_minor };
        by_currency.entry(tag.currency).or_default().push(one);
    }
    let found = |(currency, sold)| (currency, backtest(sold, (span.first, span.last), &config.pricing));
    Ok(Past { by_currency: by_currency.into_iter().map(found).collect(), more })
}
