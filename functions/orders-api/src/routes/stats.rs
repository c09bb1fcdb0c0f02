//! Figures for dashboards, from the read model: cost and time do not depend on the number of orders.

use super::Answer;
use super::window::Window;
use crate::desk::Desk;
use crate::view::Measured;
use app::Error;
use app::measure::{DAYS, LABELS, LEFT, RATINGS, RECEIPTS, TOLD};
use app::progress::habits;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use jiff::ToSpan;
use runtime::http::{Caller, Origin, Params};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Figures.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Stats {
    /// Orders there are.
    pub total_orders: i64,
    /// By the word people see.
    pub orders_by_label: BTreeMap<String, i64>,
    /// One entry a day, oldest first, days without orders included.
    pub days: Vec<Day>,
    /// When this was counted.
    pub as_of: String,
}

/// A day in the shop.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Day {
    /// Date.
    pub day: String,
    /// Orders placed.
    pub orders: i64,
    /// Revenue in minor units, by currency.
    pub revenue_minor: BTreeMap<String, i64>,
}

/// Reads the figures.
#[cfg_attr(test, utoipa::path(get, path = "/v1/stats", tag = "figures", params(Window),
    responses((status = 200, description = "Figures from the read model", body = Stats))))]
pub async fn stats(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let days = window.days()?;
    let now = desk.clock.now();
    let today = admitted.config.today(now);
    let first = today.saturating_sub((i64::from(days) - 1).days());
    let labels = desk.metrics.series(&admitted.scope, LABELS, "", "~").await.map_err(Error::from)?;
    let points = desk.metrics.series(&admitted.scope, DAYS, &first.to_string(), &today.to_string()).await.map_err(Error::from)?;
    let orders_by_label: BTreeMap<String, i64> = labels
        .into_iter()
        .map(|point| (point.point, point.fields.get("orders").copied().unwrap_or(0)))
        .filter(|(_, orders)| *orders != 0)
        .collect();
    let by_day: BTreeMap<String, _> = points.into_iter().map(|point| (point.point, point.fields)).collect();
    let day_rows = (0..days).map(|back| {
        let day = first.saturating_add(i64::from(back).days()).to_string();
        let fields = by_day.get(&day);
        let revenue = fields.into_iter().flatten().filter_map(|(field, minor)| Some((field.strip_prefix("revenue:")?.to_owned(), *minor)));
        Day { orders: fields.and_then(|fields| fields.get("orders")).copied().unwrap_or(0), revenue_minor: revenue.collect(), day }
    });
    let days = day_rows.collect();
    Ok(axum::Json(Stats { total_orders: orders_by_label.values().sum(), orders_by_label, days, as_of: now.to_string() }).into_response())
}

/// Figures of all orders, each measured, with what it rests on.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderStats {
    /// Orders there are.
    pub total_orders: i64,
    /// By the word people see.
    pub orders_by_status: BTreeMap<String, i64>,
    /// Share of each word.
    pub status_distribution: BTreeMap<String, Measured>,
    /// Placed in the last seven days of the shop, today included.
    pub recent_orders_7days: i64,
    /// Orders whose customers have heard of them.
    pub orders_with_notifications: i64,
    /// Their share.
    pub notification_rate: Measured,
    /// Orders whose customers have written back / orders whose customers were told.
    pub response_rate: Measured,
    /// Messages that arrived / messages of which providers say what became of them, in the last 90 days.
    pub delivery_rate: Measured,
    /// The same by channel and by what the message was about.
    pub deliveries: Vec<Delivery>,
    /// Hours from new to shipped, on average: the mean time in pending plus the mean time in processing.
    pub processing_hours: Measured,
    /// What customers said of their orders in the last 90 days: 1 to 5, on average.
    pub satisfaction: Measured,
    /// Of the orders that arrived in these three months: the share that came by their P90, as their lane had it when they left.
    pub eta_p90_held: Measured,
    /// By their P50; half, if lanes say what is true.
    pub eta_p50_held: Measured,
    /// Orders that left in the last 90 days, less those of which a return of these days says that they were packed wrong / orders that left.
    pub fulfilment_accuracy: Measured,
    /// Orders of which something came back in the last 90 days / orders that left.
    pub return_rate: Measured,
    /// When this was counted.
    pub as_of: String,
}

/// What became of messages of one kind on one channel, as providers say.
#[derive(Debug, Default, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Delivery {
    /// "email", "sms" and so on.
    pub channel: String,
    /// "status", "shipped", "follow_up" and so on.
    pub kind: String,
    /// Arrived.
    pub delivered: i64,
    /// Read, of those.
    pub opened: i64,
    /// Came back.
    pub bounced: i64,
}

/// Sums months up.
fn deliveries(points: &[app::ports::Point]) -> Vec<Delivery> {
    let mut by: BTreeMap<(String, String), Delivery> = BTreeMap::new();
    for point in points {
        let mut parts = point.point.splitn(3, '/').skip(1);
        let (Some(channel), Some(kind)) = (parts.next(), parts.next()) else { continue };
        let row = by.entry((channel.to_owned(), kind.to_owned())).or_default();
        (row.channel, row.kind) = (channel.to_owned(), kind.to_owned());
        let of = |field: &str| point.fields.get(field).copied().unwrap_or(0);
        row.delivered += of("delivered");
        row.opened += of("opened");
        row.bounced += of("bounced");
    }
    by.into_values().collect()
}

/// Reads the figures of all orders. No number without what it rests on.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/stats", tag = "figures",
    responses((status = 200, description = "Figures from the read model", body = OrderStats))))]
pub async fn orders(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let (scope, now) = (&admitted.scope, desk.clock.now());
    let today = admitted.config.today(now);
    let (labels, told) = tokio::join!(desk.metrics.series(scope, LABELS, "", "~"), desk.metrics.series(scope, TOLD, "all", "all"));
    let back = |days: i64| today.saturating_sub(days.days()).to_string();
    let (week, quarter, upto) = (back(6), back(89), today.to_string());
    let (days, ratings, gone) = tokio::join!(
        desk.metrics.series(scope, DAYS, &week, &upto),
        desk.metrics.series(scope, RATINGS, &quarter, "~"),
        desk.metrics.series(scope, LEFT, &quarter, "~")
    );
    let gone = gone.map_err(Error::from)?;
    let habits = habits(&*desk.metrics, scope, &back(89)[..7]).await?;
    let held = app::arrival::calibration(&*desk.metrics, scope, now).await?;
    let sum = |points: &[app::ports::Point], field: &str| points.iter().filter_map(|point| point.fields.get(field)).sum::<i64>();
    let (left, returns, faults) = (sum(&gone, "left"), sum(&gone, "returns"), sum(&gone, "faults"));
    let orders_by_status: BTreeMap<String, i64> = labels
        .map_err(Error::from)?
        .into_iter()
        .map(|point| (point.point, point.fields.get("orders").copied().unwrap_or(0)))
        .filter(|(_, orders)| *orders > 0)
        .collect();
    let total = orders_by_status.values().sum::<i64>();
    let told = told.map_err(Error::from)?;
    let (replied, told) = (sum(&told, "replied"), sum(&told, "orders"));
    let receipts = desk.metrics.series(scope, RECEIPTS, &back(89)[..7], "~").await.map_err(Error::from)?;
    let deliveries = deliveries(&receipts);
    let (arrived, came_back): (i64, i64) = deliveries.iter().fold((0, 0), |sum, row| (sum.0 + row.delivered, sum.1 + row.bounced));
    let ratings = ratings.map_err(Error::from)?;
    let votes = sum(&ratings, "votes");
    let stay = |status: &str| habits.get(status).map(|habit| (habit.left_s, i64::try_from(habit.left).unwrap_or(i64::MAX)));
    let (pending, processing) = (stay("pending").unwrap_or_default(), stay("processing").unwrap_or_default());
    let mean = |(seconds, left): (i64, i64)| if left > 0 { seconds / left } else { 0 };
    let shipped = processing.1;
    let distribution =
        |(label, orders): (&String, &i64)| (label.clone(), Measured::share(*orders, total, 3, "orders with this word / all"));
    let stats = OrderStats {
        total_orders: total,
        status_distribution: orders_by_status.iter().map(distribution).collect(),
        orders_by_status,
        recent_orders_7days: sum(&days.map_err(Error::from)?, "orders"),
        orders_with_notifications: told,
        notification_rate: Measured::share(told, total, 3, "orders whose customer was told / all orders"),
        response_rate: Measured::share(replied, told, 3, "orders whose customer wrote back / orders whose customer was told"),
        delivery_rate: Measured::share(
            arrived,
            arrived + came_back,
            3,
            "delivered / (delivered + bounced), by providers' receipts, 90 days",
        ),
        deliveries,
        processing_hours: Measured::share(
            (mean(pending) + mean(processing)).saturating_mul(shipped),
            shipped.saturating_mul(3_600),
            1,
            "mean hours in pending + mean hours in processing",
        )
        .resting_on(shipped),
        satisfaction: Measured::share(sum(&ratings, "score"), votes, 2, "sum of scores / votes, 90 days"),
        eta_p90_held: Measured::share(held.by_p90, held.orders, 3, "arrived by the P90 known when it left / arrived, 3 months"),
        eta_p50_held: Measured::share(held.by_p50, held.orders, 3, "arrived by the P50 known when it left / arrived, 3 months"),
        fulfilment_accuracy: Measured::share(
            (left - faults).max(0),
            left,
            3,
            "left, less those that a return says were packed wrong / left, 90 days",
        ),
        return_rate: Measured::share(returns, left, 3, "orders of which something came back / orders that left, 90 days"),
        as_of: now.to_string(),
    };
    Ok(axum::Json(stats).into_response())
}
