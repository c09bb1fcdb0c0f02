//! How a shop does: how fast and how well, what it earns by that, and what its stock does.

use super::Answer;
use super::orders::fault;
use super::window::Window;
use crate::desk::{Admitted, Desk};
use crate::view::{LevelView, Measured};
use app::Error;
use app::analytics::{self, Share, Span};
use app::stock::SHELF_DAYS_MAX;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::Currency;
use domain::order::Track;
use domain::sla::{Day, Sla};
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

/// How often a service level is kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct ServiceLevel {
    /// What was due: done in time, too late, or not at all.
    pub n: i64,
    /// Not done in time.
    pub breached: i64,
    /// In time / due.
    pub in_time: Measured,
    /// Where that is going; none of fewer than seven days or fifty orders.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trend: Option<SlaTrend>,
    /// Day by day.
    pub days: Vec<SlaDay>,
}

/// Where a service level is going.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SlaTrend {
    /// "better", "worse", or "steady": no more than chance makes it.
    pub direction: &'static str,
    /// Percentage points a week.
    #[cfg_attr(test, schema(example = "-1.4"))]
    pub points_per_week: String,
    /// Orders that it rests on.
    pub n: i64,
}

/// What was due on a day.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SlaDay {
    /// In UTC.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// In time.
    pub kept: i64,
    /// Not.
    pub breached: i64,
}

/// How often service levels are kept.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SlaFigures {
    /// First day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Today.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// By name: "pick", "pack", "scan", "ship", "carrier", "delivery". Those that something was due of.
    pub sla: BTreeMap<&'static str, ServiceLevel>,
    /// When this was counted.
    pub as_of: String,
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

/// What the stock does.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct InventoryFigures {
    /// First day.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Today.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// Places (a SKU at a location) by how much is left there: enough, low, reorder.
    pub places: BTreeMap<&'static str, usize>,
    /// There are more places than were counted.
    pub places_truncated: bool,
    /// Where the least is left; 20 at most.
    pub low: Vec<LevelView>,
    /// What sells most; 20 at most.
    pub turnover: Vec<Sold>,
    /// What is free and did not sell; the most first, 20 at most.
    pub idle: Vec<LevelView>,
    /// Shelves of which the books were right / shelves that were counted. The target is 0.995.
    pub accuracy: Measured,
    /// When this was counted.
    pub as_of: String,
}

/// Something that sells.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Sold {
    /// Unit.
    pub sku: String,
    /// Pieces that left in these days, by UTC.
    pub sold: i64,
    /// Pieces on the shelves of all locations now.
    pub on_hand: i64,
    /// Ordered with suppliers, or drafted, and not here yet.
    pub on_order: i64,
    /// Whole days that what is there lasts at this pace.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cover_days: Option<u64>,
    /// `sold * 365 / (days * on_hand)`: how often a year what is there would be sold. Not there if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "12.50"))]
    pub turns_per_year: Option<String>,
}

fn share(share: Share, formula: &'static str) -> Measured {
    Measured::share(share.part, share.of, 3, formula)
}

/// Hundredths as a decimal: "1.50".
pub(super) fn hundredths(hundredths: i64) -> String {
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

/// Tenths as a decimal: "-1.5".
fn tenths(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    format!("{sign}{}.{}", tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10)
}

/// Figures of single SKUs do not go back further.
pub(super) fn of_shelf_days(window: &Window) -> Result<(), Error> {
    if window.days()? > SHELF_DAYS_MAX {
        return Err(fault("days", "out_of_range", format!("1 to {SHELF_DAYS_MAX}")));
    }
    Ok(())
}

/// Who may read figures, and of which days.
pub(super) async fn asked(desk: &Desk, caller: Caller, origin: &Origin, window: &Window) -> Answer<(Admitted, Span)> {
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

/// Reads how often orders are as far as they have to be.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/sla", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the read model", body = SlaFigures), (status = 422, description = "A bad window"))))]
pub async fn sla(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let (admitted, span) = asked(&desk, caller, &origin, &window).await?;
    let level = |(sla, days): (Sla, Vec<Day>)| {
        let kept = analytics::in_time(&days);
        let trend = domain::sla::trend(&days).map(|trend| SlaTrend {
            direction: trend.direction.as_str(),
            points_per_week: tenths(trend.per_week_tenths),
            n: trend.n,
        });
        let days = days.iter().map(|day| SlaDay { day: day.day, kept: day.kept, breached: day.missed }).collect();
        let in_time = share(kept, "in time / due");
        (sla.as_str(), ServiceLevel { n: kept.of, breached: kept.of - kept.part, in_time, trend, days })
    };
    let found = analytics::service_levels(&*desk.metrics, &admitted.scope, &span).await?;
    let sla = found.into_iter().map(level).collect();
    Ok(axum::Json(SlaFigures { from: span.first, to: span.last, sla, as_of: desk.clock.now().to_string() }).into_response())
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

/// Reads what the stock does: what is short, what sells and how long it lasts, what lies idle, how good the books are.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/inventory", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the levels and the read model, of at most 90 days", body = InventoryFigures), (status = 422, description = "A bad window"))))]
pub async fn inventory(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let (admitted, span) = asked(&desk, caller, &origin, &window).await?;
    of_shelf_days(&window)?;
    let found = app::stock::inventory(&*desk.stock.stock, &*desk.metrics, &admitted.scope, &span).await?;
    let sold = |seller: app::stock::Seller| Sold {
        sku: seller.sku,
        sold: seller.sold,
        on_hand: seller.on_hand,
        on_order: seller.on_order,
        cover_days: seller.cover_days,
        turns_per_year: seller.turns.map(hundredths),
    };
    let figures = InventoryFigures {
        from: span.first,
        to: span.last,
        places: found.places.iter().map(|(grade, places)| (grade.as_str(), *places)).collect(),
        places_truncated: found.more,
        low: found.low.into_iter().map(LevelView::from).collect(),
        turnover: found.sellers.into_iter().map(sold).collect(),
        idle: found.idle.into_iter().map(LevelView::from).collect(),
        accuracy: share(found.accuracy, "shelves as the books say / shelves counted"),
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}
