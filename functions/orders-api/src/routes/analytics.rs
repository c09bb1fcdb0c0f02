//! How a shop does: how fast and how well, and what it earns by that.

use super::Answer;
use super::orders::fault;
use crate::desk::{Admitted, Desk};
use crate::view::Measured;
use app::Error;
use app::analytics::{self, Share, Span};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::Currency;
use domain::order::Track;
use jiff::civil::Date;
use runtime::http::{Caller, Origin, Params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Window.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub struct AnalyticsParams {
    /// Days back, today included: 1 to 365, default 30.
    pub days: Option<u16>,
}

/// How long orders stay in a status before they leave it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Stay {
    /// Orders that left it.
    pub n: i64,
    /// Seconds that half of them left within; none of fewer than 20. Exact to the width of a bound (a quarter of an hour, an hour, a day).
    pub p50_s: Option<i64>,
    /// That 95 % left within.
    pub p95_s: Option<i64>,
    /// That 99 % left within.
    pub p99_s: Option<i64>,
}

/// How fast and how well things go.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PerformanceFigures {
    /// First day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Today.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// By status. Of the months that the days lie in.
    pub stays: BTreeMap<&'static str, Stay>,
    /// Orders whose payment was promised / orders that somebody tried to pay, by provider.
    pub payments: BTreeMap<String, Measured>,
    /// Messages that arrived / messages of which providers say what became of them. Of the months that the days lie in.
    pub messages: Measured,
    /// Moves that nobody had to make / all moves.
    pub automated: Measured,
    /// When this was counted.
    pub as_of: String,
}

/// What a shop earns, and what its customers think of it.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct BusinessFigures {
    /// First day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Today.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// Orders placed.
    pub orders: i64,
    /// Pieces in them.
    pub units: i64,
    /// Orders / minutes of these days so far.
    pub orders_per_minute: Measured,
    /// By currency, in its major unit.
    pub revenue: BTreeMap<String, Earned>,
    /// Answers of 4 or 5 / answers to "how was it?".
    pub customer_satisfaction: Measured,
    /// Orders of which something came back / orders that left.
    pub return_rate: Measured,
    /// When this was counted.
    pub as_of: String,
}

/// What came in, in one currency.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Earned {
    /// Of all orders, cancelled ones included.
    pub total: Measured,
    /// Of an order, on average.
    pub average_order_value: Measured,
    /// Of an hour of these days so far.
    pub per_hour: Measured,
}

fn share(share: Share, formula: &'static str) -> Measured {
    Measured::share(share.part, share.of, 3, formula)
}

fn span(params: &AnalyticsParams, desk: &Desk, admitted: &Admitted) -> Result<Span, Error> {
    let days = params.days.unwrap_or(30);
    if !(1..=365).contains(&days) {
        return Err(fault("days", "out_of_range", "1 to 365"));
    }
    Ok(Span::back(days, desk.clock.now(), &admitted.config.zone()))
}

/// Reads how fast and how well things go.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/performance", tag = "figures", params(AnalyticsParams),
    responses((status = 200, description = "Figures from the read model", body = PerformanceFigures), (status = 422, description = "A bad window"))))]
pub async fn performance(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<AnalyticsParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let span = span(&params, &desk, &admitted)?;
    let found = analytics::performance(&*desk.metrics, &admitted.scope, &span).await?;
    let stay = |stay: &analytics::Stay| {
        let [p50_s, p95_s, p99_s] = stay.within_s;
        (stay.status.as_str(), Stay { n: stay.left, p50_s, p95_s, p99_s })
    };
    let paid = |(provider, paid): (&String, &Share)| (provider.clone(), share(*paid, "orders promised / orders tried"));
    let figures = PerformanceFigures {
        from: span.first,
        to: span.last,
        stays: found.stays.iter().map(stay).collect(),
        payments: found.payments.iter().map(paid).collect(),
        messages: share(found.messages, "delivered / (delivered + bounced), by providers' receipts"),
        automated: share(found.automated, "moves by rules / all moves"),
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}

/// Reads what the shop earns, and what its customers think of it.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/business", tag = "figures", params(AnalyticsParams),
    responses((status = 200, description = "Figures from the read model", body = BusinessFigures), (status = 422, description = "A bad window"))))]
pub async fn business(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(params): Params<AnalyticsParams>,
) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let span = span(&params, &desk, &admitted)?;
    let found = analytics::business(&*desk.metrics, &admitted.scope, &span).await?;
    let (minutes, hours) = ((span.seconds / 60).max(1), (span.seconds / 3_600).max(1));
    let earned = |(currency, revenue): (&Currency, &analytics::Revenue)| {
        let digits = currency.exponent();
        let major = |n: i64, formula| {
            Measured::share(revenue.minor, n.saturating_mul(10_i64.saturating_pow(digits)), digits, formula).resting_on(revenue.orders)
        };
        let earned = Earned {
            total: major(1, "sum of order totals"),
            average_order_value: major(revenue.orders, "sum of order totals / orders"),
            per_hour: major(hours, "sum of order totals / hours of these days so far"),
        };
        (currency.to_string(), earned)
    };
    let figures = BusinessFigures {
        from: span.first,
        to: span.last,
        orders: found.orders,
        units: found.units,
        orders_per_minute: Measured::share(found.orders, minutes, 4, "orders / minutes of these days so far").resting_on(found.orders),
        revenue: found.revenue.iter().map(earned).collect(),
        customer_satisfaction: share(found.satisfied, "answers of 4 or 5 / answers"),
        return_rate: share(found.returned, "orders of which something came back / orders that left"),
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}
