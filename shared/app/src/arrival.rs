//! What is known of how long orders take to their customers.

use crate::error::Result;
use crate::measure::LANES;
use crate::ports::MetricStore;
use crate::scope::TenantScope;
use domain::order::{Calibration, Month, Order, Ways};
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

/// Whether a shop's orders came when their lanes had said, over the last three months.
///
/// # Errors
/// `Retryable`.
pub async fn calibration(metrics: &dyn MetricStore, scope: &TenantScope, now: Timestamp) -> Result<Calibration> {
    Ok(ways(metrics, scope, Ways::held_since(now)).await?.calibration(now))
}
