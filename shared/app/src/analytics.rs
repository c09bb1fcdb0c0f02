//! How fast and how well things go in a shop, and what it earns by them. From the read model: cost and time do not depend on the number of orders.

use crate::error::Result;
use crate::measure::{DAYS, HABITS, LEFT, MOVES, RATINGS, RECEIPTS, SLAS, confirmed_in, payments_of};
use crate::ports::{MetricStore, Point};
use crate::scope::TenantScope;
use domain::money::{Currency, Money};
use domain::order::{OrderStatus, Track};
use domain::sla::{Day, Sla};
use domain::spread;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::collections::BTreeMap;

/// From this score on, of 1 to 5, a customer is satisfied.
const SATISFIED_FROM: u8 = 4;

/// Days of a shop, up to now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first of them.
    pub first: Date,
    /// Today.
    pub last: Date,
    /// Seconds since the first of them began.
    pub seconds: i64,
}

impl Span {
    /// The last so many days, today included.
    pub fn back(days: u16, now: Timestamp, zone: &TimeZone) -> Span {
        let last = now.to_zoned(zone.clone()).date();
        let first = last.saturating_sub((i64::from(days) - 1).max(0).days());
        let began = first.to_zoned(zone.clone()).map_or(now, |began| began.timestamp());
        Span { first, last, seconds: now.duration_since(began).as_secs().max(0) }
    }

    /// The months that they lie in, as points begin.
    fn months(&self) -> (String, String) {
        (self.first.strftime("%Y-%m").to_string(), format!("{}/~", self.last.strftime("%Y-%m")))
    }
}

/// A part of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Share {
    /// The part.
    pub part: i64,
    /// Of how many.
    pub of: i64,
}

/// How long orders stay in a status before they leave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stay {
    /// Which.
    pub status: OrderStatus,
    /// Orders that left it.
    pub left: i64,
    /// Seconds that half of them, 95 % and 99 % left within; none of fewer than [`spread::COUNTED_MIN`].
    pub within_s: [Option<i64>; 3],
}

/// How long orders took from being placed to being confirmed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Confirmed {
    /// How many.
    pub orders: i64,
    /// Milliseconds that half of them, 95 % and 99 % took at most, within 1 %; none of fewer than [`domain::sketch::COUNTED_MIN`].
    pub within_ms: [Option<i64>; 3],
}

/// How fast and how well things go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Performance {
    /// Orders that went through the workflow. Of the months that the days lie in.
    pub confirmed: Confirmed,
    /// By status, in the order an order meets them. Of the months that the days lie in.
    pub stays: Vec<Stay>,
    /// Orders whose payment was promised, by the provider that was asked.
    pub payments: BTreeMap<String, Share>,
    /// Messages to customers that arrived, of those of which providers say what became of them. Of the months that the days lie in.
    pub messages: Share,
    /// Moves of orders that nobody had to make.
    pub automated: Share,
}

/// What came in, in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revenue {
    /// What the orders are worth.
    pub total: Money,
    /// How many they are.
    pub orders: i64,
}

impl Revenue {
    /// What an order is worth, on average; none of no orders.
    pub fn per_order(&self) -> Option<Money> {
        (self.orders > 0).then(|| self.total.per(self.orders))
    }

    /// What an hour of these days so far has brought.
    pub fn per_hour(&self, span: &Span) -> Money {
        self.total.per((span.seconds / 3_600).max(1))
    }
}

/// What a shop earns, and what its customers think of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Business {
    /// Orders placed.
    pub orders: i64,
    /// Pieces in them.
    pub units: i64,
    /// What they are worth.
    pub revenue: BTreeMap<Currency, Revenue>,
    /// Answers to "how was it?" of 4 or 5.
    pub satisfied: Share,
    /// Orders of which something came back, of those that left.
    pub returned: Share,
}

fn sum<'a>(points: impl IntoIterator<Item = &'a Point>, field: &str) -> i64 {
    points.into_iter().filter_map(|point| point.fields.get(field)).fold(0, |sum, by| sum.saturating_add(*by))
}

/// Reads how fast and how well things went.
///
/// # Errors
/// `Retryable`.
pub async fn performance(metrics: &dyn MetricStore, scope: &TenantScope, span: &Span) -> Result<Performance> {
    let (from, to) = span.months();
    // Days of the shop and of the clock begin at different times.
    let first = span.first.to_string();
    let (habits, receipts, moves, payments, confirmed) = futures::join!(
        metrics.series(scope, HABITS, &from, &to),
        metrics.series(scope, RECEIPTS, &from, &to),
        metrics.series(scope, MOVES, &first, "~"),
        payments_of(metrics, scope, span.first, span.last.saturating_add(1.day())),
        confirmed_in(metrics, scope, &from, &to)
    );
    let mut counters: BTreeMap<&str, BTreeMap<String, i64>> = BTreeMap::new();
    let habits = habits?;
    for point in &habits {
        let Some((_, status)) = point.point.split_once('/') else { continue };
        let sums = counters.entry(status).or_default();
        for (field, by) in &point.fields {
            *sums.entry(field.clone()).or_default() += by;
        }
    }
    let stay = |status: OrderStatus| {
        let counters = counters.get(status.as_str())?;
        let left = spread::total(counters);
        (left > 0).then(|| Stay { status, left, within_s: [50, 95, 99].map(|percent| spread::quantile(counters, percent)) })
    };
    let paid = |sums: &BTreeMap<String, i64>| {
        let of = |field: &str| sums.get(field).copied().unwrap_or(0);
        Share { part: of("succeeded"), of: of("tried") }
    };
    let (receipts, moves, confirmed) = (receipts?, moves?, confirmed?);
    let (arrived, bounced) = (sum(&receipts, "delivered"), sum(&receipts, "bounced"));
    let (automated, manual) = (sum(&moves, "automated"), sum(&moves, "manual"));
    Ok(Performance {
        confirmed: Confirmed { orders: confirmed.total(), within_ms: [50, 95, 99].map(|percent| confirmed.quantile(percent)) },
        stays: OrderStatus::ALL.iter().copied().filter_map(stay).collect(),
        payments: payments?.iter().map(|(provider, sums)| (provider.clone(), paid(sums))).collect(),
        messages: Share { part: arrived, of: arrived + bounced },
        automated: Share { part: automated, of: automated + manual },
    })
}

/// Reads what came in.
///
/// # Errors
/// `Retryable`.
pub async fn business(metrics: &dyn MetricStore, scope: &TenantScope, span: &Span) -> Result<Business> {
    let (first, last) = (span.first.to_string(), span.last.to_string());
    let (days, ratings, gone) = futures::join!(
        metrics.series(scope, DAYS, &first, &last),
        metrics.series(scope, RATINGS, &first, "~"),
        metrics.series(scope, LEFT, &first, "~")
    );
    let (days, ratings, gone) = (days?, ratings?, gone?);
    let mut revenue: BTreeMap<Currency, Revenue> = BTreeMap::new();
    for day in &days {
        let sums = day.fields.iter().filter_map(|(field, minor)| Some((Currency::parse(field.strip_prefix("revenue:")?).ok()?, *minor)));
        let sums: Vec<(Currency, i64)> = sums.collect();
        for (currency, minor) in &sums {
            // Days that were counted before orders were counted by currency, too.
            let all = sum([day], "orders");
            let orders = day.fields.get(&format!("orders:{currency}")).copied().unwrap_or(if sums.len() == 1 { all } else { 0 });
            let row = revenue.entry(*currency).or_insert(Revenue { total: Money::zero(*currency), orders: 0 });
            (row.total.minor, row.orders) = (row.total.minor.saturating_add(*minor), row.orders.saturating_add(orders));
        }
    }
    let satisfied = (SATISFIED_FROM..=5).map(|score| sum(&ratings, &format!("score:{score}"))).sum();
    Ok(Business {
        orders: sum(&days, "orders"),
        units: sum(&days, "units"),
        revenue,
        satisfied: Share { part: satisfied, of: sum(&ratings, "votes") },
        returned: Share { part: sum(&gone, "returns"), of: sum(&gone, "left") },
    })
}

/// What became of each service level over some days, those first that an order meets first; none of those that nothing was due of.
///
/// # Errors
/// `Retryable`.
pub async fn service_levels(metrics: &dyn MetricStore, scope: &TenantScope, span: &Span) -> Result<Vec<(Sla, Vec<Day>)>> {
    let points = metrics.series(scope, SLAS, &span.first.to_string(), &format!("{}/~", span.last)).await?;
    let mut found: BTreeMap<Sla, Vec<Day>> = BTreeMap::new();
    for point in &points {
        let Some((day, sla)) = point.point.split_once('/') else { continue };
        let (Ok(day), Some(sla)) = (day.parse(), Sla::from_word(sla)) else { continue };
        let (kept, missed) = (sum([point], "kept"), sum([point], "missed"));
        if kept > 0 || missed > 0 {
            found.entry(sla).or_default().push(Day { day, kept, missed });
        }
    }
    Ok(found.into_iter().collect())
}

/// In time, of all that was due.
pub fn in_time(days: &[Day]) -> Share {
    let (kept, missed) = days.iter().fold((0, 0), |(kept, missed), day| (kept + day.kept, missed + day.missed));
    Share { part: kept, of: kept + missed }
}
