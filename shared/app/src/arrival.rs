//! What is known of how long orders take to their customers.

use crate::error::Result;
use crate::measure::LANES;
use crate::ports::MetricStore;
use crate::scope::TenantScope;
use domain::order::{Calibration, Lane, Month, Order, Ways};
use domain::shipping::CarrierName;
use jiff::Timestamp;

async fn ways(metrics: &dyn MetricStore, scope: &TenantScope, since: Month) -> Result<Ways> {
    let mut ways = Ways::default();
    for point in metrics.series(scope, LANES, &since.to_string(), "~").await? {
        ways.add(&point.point, point.fields);
    }
    Ok(ways)
}

/// What [`Order::expected`] needs to know of a shop's lanes. Nothing is read for an order that has been promised for a day,
/// or that nobody expects.
///
/// # Errors
/// `Retryable`.
pub async fn known(metrics: &dyn MetricStore, scope: &TenantScope, order: &Order, now: Timestamp) -> Result<Ways> {
    if order.asks_its_lane() { ways(metrics, scope, Ways::since(now)).await } else { Ok(Ways::default()) }
}

/// Seconds that 95 of 100 orders by this carrier to this country went without a scan at most; none if too few have come that way.
///
/// # Errors
/// `Retryable`.
pub async fn usual_gap_s(
    metrics: &dyn MetricStore,
    scope: &TenantScope,
    (country, carrier): (Option<&str>, CarrierName),
    now: Timestamp,
) -> Result<Option<i64>> {
    let lane = Lane::new(country, Some(carrier.as_str()));
    Ok(ways(metrics, scope, Ways::since(now)).await?.usual_gap_s(&lane, now))
}

/// Whether a shop's orders came when their lanes had said, over the last three months.
///
/// # Errors
/// `Retryable`.
pub async fn calibration(metrics: &dyn MetricStore, scope: &TenantScope, now: Timestamp) -> Result<Calibration> {
    Ok(ways(metrics, scope, Ways::held_since(now)).await?.calibration(now))
}
