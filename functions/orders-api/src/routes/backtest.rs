//! What prices that rules propose would have meant in weeks that are over.

use super::Answer;
use super::analytics::{asked, hundredths, of_shelf_days};
use super::window::Window;
use crate::desk::Desk;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::money::{Currency, Money};
use domain::price::{Backtest, Effect};
use jiff::civil::Date;
use runtime::http::{Caller, Origin, Params};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the shop's pricing rules would have done, in one currency. Amounts are in its major unit.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PricesThen {
    /// Weeks of SKUs that were looked at.
    pub weeks: u32,
    /// Those that would have been offered dearer than listed.
    pub up: u32,
    /// Those that would have been cheaper.
    pub down: u32,
    /// Those whose price the bounds would have held.
    pub held: u32,
    /// By how much the others would have moved on average, in percent of the list price.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(example = "3.12"))]
    pub mean_change_pct: Option<String>,
    /// What was sold, at the list prices of today.
    pub revenue: String,
    /// What of that is more than cost, of what has a cost.
    pub margin: String,
    /// What it would have been, by how much customers mind prices.
    pub would_have_been: Vec<PriceEffect>,
}

/// What it would have been, if each percent more keeps so many percent of the pieces from being sold.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PriceEffect {
    /// Percent fewer pieces for each percent more: "0.5" customers hardly mind, "2" they mind a lot. Which of them holds for your goods is not known here.
    #[cfg_attr(test, schema(example = "1.5"))]
    pub elasticity: String,
    /// What would have been taken.
    pub revenue: String,
    /// What of that is more than cost, of what has a cost.
    pub margin: String,
}

/// What proposed prices would have meant.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct PriceBacktest {
    /// First day of the first week.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub from: Date,
    /// Today.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub to: Date,
    /// By currency.
    pub currencies: BTreeMap<String, PricesThen>,
    /// There are more prices than the 1,000 that were looked at.
    pub truncated: bool,
    /// When this was counted.
    pub as_of: String,
}

/// Goes through whole weeks that are over, as the pricing rules would have seen them by what was sold until then, and says what their prices would have meant.
/// What lay on the shelves and what others asked then is not kept, so only the pace of sales counts.
#[cfg_attr(test, utoipa::path(get, path = "/v1/analytics/prices", tag = "figures", params(Window),
    responses((status = 200, description = "The backtest, of at most 90 days", body = PriceBacktest), (status = 422, description = "A bad window"))))]
pub async fn read(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Params(window): Params<Window>) -> Answer<Response> {
    let (admitted, span) = asked(&desk, caller, &origin, &window).await?;
    of_shelf_days(&window)?;
    let found = app::prices::past(&desk.prices, &*desk.metrics, &admitted.scope, &admitted.config, &span).await?;
    let then = |(currency, found): (&Currency, &Backtest)| {
        let decimal = |minor: i128| Money::new(i64::try_from(minor).unwrap_or(i64::MAX), *currency).decimal();
        let effect = |effect: &Effect| PriceEffect {
            elasticity: hundredths(effect.elasticity),
            revenue: decimal(effect.revenue_minor),
            margin: decimal(effect.margin_minor),
        };
        let moved = u64::from(found.up + found.down);
        let mean = (moved > 0).then(|| hundredths(i64::try_from(found.moved_bps / moved).unwrap_or(i64::MAX)));
        let Backtest { weeks, up, down, held, .. } = *found;
        let would_have_been = found.effects.iter().map(effect).collect();
        let (revenue, margin) = (decimal(found.revenue_minor), decimal(found.margin_minor));
        (currency.to_string(), PricesThen { weeks, up, down, held, mean_change_pct: mean, revenue, margin, would_have_been })
    };
    let figures = PriceBacktest {
        from: span.first,
        to: span.last,
        currencies: found.by_currency.iter().map(then).collect(),
        truncated: found.more,
        as_of: desk.clock.now().to_string(),
    };
    Ok(axum::Json(figures).into_response())
}
