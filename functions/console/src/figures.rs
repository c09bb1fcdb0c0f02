//! Figures for the dashboard, from the read model: cost and time do not depend on the number of orders.

use app::measure::{DAYS, LABELS};
use app::ports::{MetricStore, Point};
use app::{Error, TenantScope};
use domain::money::Currency;
use domain::order::Label;
use jiff::ToSpan;
use jiff::civil::Date;
use render::svg::DayPoint;
use std::collections::BTreeMap;

/// Days in the charts, today included.
pub const DAYS_SHOWN: i64 = 30;

/// Orders now, by the word people see.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels(BTreeMap<Label, i64>);

impl Labels {
    /// Reads them.
    pub async fn load(metrics: &dyn MetricStore, scope: &TenantScope) -> Result<Labels, Error> {
        let points = metrics.series(scope, LABELS, "", "~").await?;
        let read = |point: &Point| {
            let label = Label::ALL.into_iter().find(|label| label.text() == point.point)?;
            Some((label, point.fields.get("orders").copied().unwrap_or(0)))
        };
        // Events may be counted out of order, so a figure can dip below zero for a moment.
        Ok(Labels(points.iter().filter_map(read).filter(|(_, orders)| *orders > 0).collect()))
    }

    /// All orders.
    pub fn total(&self) -> i64 {
        self.0.values().sum()
    }

    /// Those with this word.
    pub fn of(&self, label: Label) -> i64 {
        self.0.get(&label).copied().unwrap_or(0)
    }

    /// Those that there are, in the order an order meets them.
    pub fn each(&self) -> impl Iterator<Item = (Label, i64)> {
        self.0.iter().map(|(label, orders)| (*label, *orders))
    }
}

/// Revenue in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revenue {
    /// ISO 4217.
    pub currency: Currency,
    /// Of the whole time, in minor units.
    pub total_minor: i64,
    /// A point a day.
    pub days: Vec<DayPoint>,
}

/// The last days.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Days {
    /// Orders placed, a point a day.
    pub orders: Vec<DayPoint>,
    /// Revenue, the currency with most orders' days first.
    pub revenue: Vec<Revenue>,
}

impl Days {
    /// Reads them.
    pub async fn load(metrics: &dyn MetricStore, scope: &TenantScope, today: Date) -> Result<Days, Error> {
        let first = today.saturating_sub((DAYS_SHOWN - 1).days());
        let points = metrics.series(scope, DAYS, &first.to_string(), &today.to_string()).await?;
        let by_day: BTreeMap<String, Point> = points.into_iter().map(|point| (point.point.clone(), point)).collect();
        let days: Vec<Date> = (0..DAYS_SHOWN).map(|offset| first.saturating_add(offset.days())).collect();
        let course = |field: &str| -> Vec<DayPoint> {
            let value = |day: &Date| by_day.get(&day.to_string()).and_then(|point| point.fields.get(field)).copied().unwrap_or(0);
            days.iter().map(|day| DayPoint { day: *day, value: value(day) }).collect()
        };
        let mut currencies: BTreeMap<String, usize> = BTreeMap::new();
        for code in by_day.values().flat_map(|point| point.fields.keys()).filter_map(|field| field.strip_prefix("revenue:")) {
            *currencies.entry(code.to_owned()).or_default() += 1;
        }
        let mut currencies: Vec<(String, usize)> = currencies.into_iter().collect();
        currencies.sort_by_key(|(code, days)| (std::cmp::Reverse(*days), code.clone()));
        let revenue = currencies.iter().filter_map(|(code, _)| {
            let currency = Currency::parse(code).ok()?;
            let days = course(&format!("revenue:{code}"));
            let total_minor = days.iter().fold(0i64, |sum, day| sum.saturating_add(day.value));
            Some(Revenue { currency, total_minor, days })
        });
        Ok(Days { orders: course("orders"), revenue: revenue.collect() })
    }
}
