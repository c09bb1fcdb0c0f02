//! What the rules would have proposed for a shop's goods in weeks that are over.

use super::Prices;
use crate::analytics::Span;
use crate::error::Result;
use crate::ports::MetricStore;
use crate::scope::TenantScope;
use crate::stock::demand;
use crate::tenant::TenantConfig;
use domain::ids::Sku;
use domain::money::Currency;
use domain::price::{Backtest, PriceTag, SEEN_DAYS, Sold, backtest};
use jiff::ToSpan;
use jiff::tz::TimeZone;
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

/// Goes through the whole weeks of some days, today left out: it is not over.
///
/// # Errors
/// `Retryable`.
pub async fn past(prices: &Prices, metrics: &dyn MetricStore, scope: &TenantScope, config: &TenantConfig, span: &Span) -> Result<Past> {
    let mut tags: BTreeMap<Sku, PriceTag> = BTreeMap::new();
    let mut more = false;
    'lists: for waiting in [true, false] {
        let mut after = None;
        loop {
            let page = prices.page(scope, waiting, after.as_ref(), PAGE).await?;
            for tag in page.tags {
                // What has moved to the other list meanwhile stands in both.
                if tags.len() == PRICES_MAX && !tags.contains_key(&tag.sku) {
                    more = true;
                    break 'lists;
                }
                tags.insert(tag.sku.clone(), tag);
            }
            after = page.next;
            if after.is_none() {
                break;
            }
        }
    }
    // What is sold is counted by days of UTC.
    let yesterday = prices.clock.now().to_zoned(TimeZone::UTC).date().saturating_sub(1.day());
    let (first, last) = (span.first, span.last.min(yesterday));
    let sold = demand::between(metrics, scope, (first.saturating_sub(i64::from(SEEN_DAYS).days()), last), None).await?;
    let mut by_currency: BTreeMap<Currency, Vec<Sold<'_>>> = BTreeMap::new();
    for tag in tags.values() {
        let Some(days) = sold.get(tag.sku.as_str()) else { continue };
        let one = Sold { days, list_minor: tag.list_minor, cost_minor: tag.cost_minor };
        by_currency.entry(tag.currency).or_default().push(one);
    }
    let found = |(currency, sold)| (currency, backtest(sold, (first, last), &config.pricing));
    Ok(Past { by_currency: by_currency.into_iter().map(found).collect(), more })
}
