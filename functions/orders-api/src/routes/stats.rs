//! Figures for dashboards, from the read model: cost and time do not depend on the number of orders.

use super::Answer;
use crate::desk::Desk;
use app::Error;
use app::measure::{DAYS, LABELS};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::order::Fault;
use jiff::ToSpan;
use runtime::http::{Caller, Origin, Params};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Window.
#[derive(Debug, Deserialize)]
#[cfg_attr(test, derive(utoipa::IntoParams))]
pub struct StatsParams {
    /// Days back, today included: 1 to 365, default 30.
    pub days: Option<u16>,
}

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
#[cfg_attr(test, utoipa::path(get, path = "/v1/stats", tag = "figures", params(StatsParams),
    responses((status = 200, description = "Figures from the read model", body = Stats))))]
pub async fn stats(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(params): Params<StatsParams>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let days = params.days.unwrap_or(30);
    if !(1..=365).contains(&days) {
        return Err(Error::Invalid(vec![Fault::new("days", "out_of_range", "1 to 365")]).into());
    }
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
