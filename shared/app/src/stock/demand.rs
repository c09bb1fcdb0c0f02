//! What was sold of something, counted as it leaves.

use crate::error::Result;
use crate::measure::delta;
use crate::ports::{Delta, MetricStore};
use crate::scope::TenantScope;
use contracts::stock::v1::Moved;
use domain::stock::Demand;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// Pieces of a SKU that left, by month: point "2025-08/MUG", a field for each day, "09".
pub const SOLD: &str = "sold";

/// Whole days by which demand is judged: weeks, so that each day of the week counts alike.
pub const DEMAND_DAYS: u32 = 28;

/// What a movement adds to the figures. What comes back does not make it unsold: it says nothing of what customers want.
pub fn sold(moved: &Moved, at: Timestamp) -> Vec<Delta> {
    if !matches!(moved.how.as_str(), "shipped" | "taken") {
        return Vec::new();
    }
    let (month, day) = (at.strftime("%Y-%m"), at.strftime("%d").to_string());
    moved.lines.iter().map(|line| delta(SOLD, &format!("{month}/{}", line.sku), day.as_str(), i64::from(line.quantity))).collect()
}

/// What was sold of each SKU on each day from one to another, both included; of one SKU, if one is named.
pub(crate) async fn between(
    metrics: &dyn MetricStore,
    scope: &TenantScope,
    (first, last): (Date, Date),
    only: Option<&str>,
) -> Result<BTreeMap<String, BTreeMap<Date, i64>>> {
    let mut found: BTreeMap<String, BTreeMap<Date, i64>> = BTreeMap::new();
    let mut month = first.first_of_month();
    while month <= last {
        let name = month.strftime("%Y-%m");
        let (from, to) = match only {
            Some(sku) => (format!("{name}/{sku}"), format!("{name}/{sku}")),
            None => (format!("{name}/"), format!("{name}/~")),
        };
        for point in metrics.series(scope, SOLD, &from, &to).await? {
            let Some((_, sku)) = point.point.split_once('/') else { continue };
            let days = point.fields.into_iter().filter_map(|(day, pieces)| {
                let day = Date::new(month.year(), month.month(), day.parse().ok()?).ok()?;
                (first <= day && day <= last).then_some((day, pieces))
            });
            let mut days = days.peekable();
            if days.peek().is_some() {
                let known = found.entry(sku.to_owned()).or_default();
                days.for_each(|(day, pieces)| *known.entry(day).or_default() += pieces);
            }
        }
        month = month.saturating_add(1.month());
    }
    Ok(found)
}

/// The demand for one SKU over the last whole days, by UTC.
pub(super) async fn of(metrics: &dyn MetricStore, scope: &TenantScope, sku: &str, now: Timestamp) -> Result<Demand> {
    let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
    let days = (today.saturating_sub(i64::from(DEMAND_DAYS).days()), today.saturating_sub(1.day()));
    let sold = between(metrics, scope, days, Some(sku)).await?.remove(sku).unwrap_or_default();
    Ok(Demand::of(sold.into_values().map(|pieces| u32::try_from(pieces.max(0)).unwrap_or(u32::MAX)), DEMAND_DAYS))
}
