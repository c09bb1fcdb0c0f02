//! How a shop does: how fast and how well, and what it earns by that.

use super::Answer;
use super::window::Window;
use crate::desk::{Admitted, Desk};
use crate::view::Measured;
use app::analytics::{self, Share, Span};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::Currency;
use domain::order::Track;
use jiff::civil::Date;
use runtime::http::{Caller, Origin, Params};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

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

/// How long orders took from being placed to being confirmed.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Confirmed {
    /// Orders that were.
    pub n: i64,
    /// Milliseconds that half of them took at most, within 1 %; none of fewer than 20.
    pub p50_ms: Option<i64>,
    /// That 95 % took at most.
    pub p95_ms: Option<i64>,
    /// That 99 % took at most.
    pub p99_ms: Option<i64>,
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
    /// From placed to confirmed, of orders that go through the workflow. Of the months that the days lie in.
    pub confirmed: Confirmed,
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
    /// By currency.
    pub revenue: BTreeMap<String, Earned>,
    /// Answers of 4 or 5 / answers to "how was it?".
    pub customer_satisfaction: Measured,
    /// Orders of which something came back / orders that left.
    pub return_rate: Measured,
    /// When this was counted.
    pub as_of: String,
}

/// What came in, in one currency. Amounts are in its major unit.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Earned {
    /// In how many orders.
    pub orders: i64,
    /// What they are worth, cancelled ones included.
    pub total: String,
    /// `total / orders`; none of no orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub average_order_value: Option<String>,
    /// `total / hours of these days so far`.
    pub per_hour: String,
}

fn share(share: Share, formula: &'static str) -> Measured {
    Measured::share(share.part, share.of, 3, formula)
}

/// Who may read figures, and of which days.
async fn asked(desk: &Desk, caller: Caller, origin: &Origin, window: &Window) -> Answer<(Admitted, Span)> {
    let admitted = desk.admit(caller.0, origin, "read", |scopes| scopes.read).await?;
    let span = Span::back(window.days()?, desk.clock.now(), &admitted.config.zone());
    Ok((admitted, span))
}

/// Reads how fast and how well things go.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/performance", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the read model", body = PerformanceFigures), (status = 422, description = "A bad window"))))]
pub async fn performance(
    State(desk): State<Arc<Desk>>,
    caller: Caller,
    origin: Origin,
    Params(window): Params<Window>,
) -> Answer<Response> {
    let (admitted, span) = asked(&desk, caller, &origin, &window).await?;
    let found = analytics::performance(&*desk.metrics, &admitted.scope, &span).await?;
    let stay = |stay: &analytics::Stay| {
        let [p50_s, p95_s, p99_s] = stay.within_s;
        (stay.status.as_str(), Stay { n: stay.left, p50_s, p95_s, p99_s })
    };
    let paid = |(provider, paid): (&String, &Share)| (provider.clone(), share(*paid, "orders promised / orders tried"));
    let [p50_ms, p95_ms, p99_ms] = found.confirmed.within_ms;
    let figures = PerformanceFigures {
        from: span.first,
        to: span.last,
        confirmed: Confirmed { n: found.confirmed.orders, p50_ms, p95_ms, p99_ms },
        stays: found.stays.iter().map(stay).collect(),
        payments: found.payments.iter().map(paid).collect(),
        messages: share(found.messages, "delivered / (delivered + bounced), by providers' receipts"),
        automated: share(found.automated, "moves by rules / all moves"),
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}

/// Reads what the shop earns, and what its customers think of it.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/business", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the read model", body = BusinessFigures), (status = 422, description = "A bad window"))))]
pub async fn business(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let (admitted, span) = asked(&desk, caller, &origin, &window).await?;
    let found = analytics::business(&*desk.metrics, &admitted.scope, &span).await?;
    let earned = |(currency, revenue): (&Currency, &analytics::Revenue)| {
        let earned = Earned {
            orders: revenue.orders,
            total: revenue.total.decimal(),
            average_order_value: revenue.per_order().map(|each| each.decimal()),
            per_hour: revenue.per_hour(&span).decimal(),
        };
        (currency.to_string(), earned)
    };
    let figures = BusinessFigures {
        from: span.first,
        to: span.last,
        orders: found.orders,
        units: found.units,
        orders_per_minute: Measured::share(found.orders, (span.seconds / 60).max(1), 4, "orders / minutes of these days so far")
            .resting_on(found.orders),
        revenue: found.revenue.iter().map(earned).collect(),
        customer_satisfaction: share(found.satisfied, "answers of 4 or 5 / answers"),
        return_rate: share(found.returned, "orders of which something came back / orders that left"),
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}
