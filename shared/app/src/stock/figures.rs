//! How a shop's stock does: what there is little of, what sells and how long it lasts, what lies idle, how good the books are.

use super::demand;
use crate::analytics::{Share, Span};
use crate::error::Result;
use crate::measure::COUNTED;
use crate::ports::{MetricStore, StockLevel, StockPlace, StockStore};
use crate::scope::TenantScope;
use domain::stock::{Demand, StockGrade};
use futures::stream::{self, StreamExt, TryStreamExt};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// Days back that these figures go: what was sold of each SKU on each of them is added up here.
pub const SHELF_DAYS_MAX: u16 = 90;

/// Places that are looked through for what lies idle.
const PLACES_MAX: usize = 5_000;
/// Rows of a list.
const LISTED: usize = 20;
/// Levels read at once.
const AT_ONCE: usize = 8;

/// Something that sells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// What.
    pub sku: String,
    /// Pieces that left.
    pub sold: i64,
    /// Pieces on the shelves, of all locations.
    pub on_hand: i64,
    /// Pieces that are ordered with suppliers.
    pub on_order: i64,
    /// Days that what is there lasts at this pace.
    pub cover_days: Option<u64>,
    /// How often a year what is there now would be sold at this pace, in hundredths; none if nothing is there.
    pub turns: Option<i64>,
}

/// How the stock does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inventory {
    /// Places (a SKU at a location) by how much is left there.
    pub places: BTreeMap<StockGrade, usize>,
    /// There are more places than were looked at.
    pub more: bool,
    /// Where the least is left.
    pub low: Vec<StockLevel>,
    /// What sells most.
    pub sellers: Vec<Seller>,
    /// What lies there and did not sell.
    pub idle: Vec<StockLevel>,
    /// Shelves of which the books were right, of those that were counted.
    pub accuracy: Share,
}

/// Reads how the stock does.
///
/// # Errors
/// `Retryable`.
pub async fn inventory(stock: &dyn StockStore, metrics: &dyn MetricStore, scope: &TenantScope, span: &Span) -> Result<Inventory> {
    let sold = demand::between(metrics, scope, (span.first, span.last), None).await?;
    let places = stock.places(scope, PLACES_MAX).await?;
    let mut grades: BTreeMap<StockGrade, usize> = BTreeMap::new();
    places.iter().for_each(|place| *grades.entry(place.grade).or_default() += 1);
    let more = places.len() == PLACES_MAX;
    let few = places.iter().filter(|place| place.grade > StockGrade::Enough).take(LISTED).cloned().collect();
    // What is sold out lies nowhere: some more are looked at than are shown.
    let quiet = places.into_iter().filter(|place| !sold.contains_key(&place.sku)).take(3 * LISTED).collect();
    let low = levels(stock, scope, few).await?;
    let mut idle = levels(stock, scope, quiet).await?;
    idle.retain(|level| level.available > 0);
    idle.sort_by(|a, b| b.available.cmp(&a.available).then_with(|| a.sku.cmp(&b.sku)));
    idle.truncate(LISTED);
    let counted = metrics.series(scope, COUNTED, &span.first.to_string(), &span.last.to_string()).await?;
    let sum = |field: &str| counted.iter().filter_map(|point| point.fields.get(field)).fold(0i64, |sum, by| sum.saturating_add(*by));
    Ok(Inventory {
        more,
        places: grades,
        low,
        sellers: sellers(stock, scope, &sold, span).await?,
        idle,
        accuracy: Share { part: sum("matched"), of: sum("lines") },
    })
}

async fn levels(stock: &dyn StockStore, scope: &TenantScope, places: Vec<StockPlace>) -> Result<Vec<StockLevel>> {
    let read = stream::iter(places).map(|place| async move { stock.level(scope, &place.sku, &place.location).await });
    let found: Vec<Option<StockLevel>> = read.buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

async fn sellers(
    stock: &dyn StockStore,
    scope: &TenantScope,
    sold: &BTreeMap<String, BTreeMap<jiff::civil::Date, i64>>,
    span: &Span,
) -> Result<Vec<Seller>> {
    let sums = sold.iter().map(|(sku, days)| (days.values().fold(0i64, |sum, by| sum.saturating_add(*by)), sku));
    // The most first; of those alike, by name.
    let most: BTreeSet<_> = sums.map(|(sum, sku)| (Reverse(sum), sku.clone())).collect();
    let days = i64::from((span.last - span.first).get_days()) + 1;
    stream::iter(most.into_iter().take(LISTED))
        .map(|(Reverse(sum), sku)| async move {
            let levels = stock.levels(scope, &sku).await?;
            let on_hand = levels.iter().map(StockLevel::on_hand).sum::<i64>();
            let demand = Demand::of([u32::try_from(sum).unwrap_or(u32::MAX)], u32::try_from(days).unwrap_or(1));
            let turns = (on_hand > 0).then(|| sum.saturating_mul(365 * 100) / (days * on_hand));
            let on_order = levels.iter().map(|level| level.on_order).sum();
            Ok(Seller { sku, sold: sum, on_hand, on_order, cover_days: demand.cover_days(on_hand), turns })
        })
        .buffered(AT_ONCE)
        .try_collect()
        .await
}
