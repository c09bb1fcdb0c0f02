//! How exceptions are worked on, counted as things happen: nothing of it reads orders.

use crate::analytics::{Share, Span};
use crate::error::Result;
use crate::measure::{EXCEPTION_HOURS, EXCEPTION_PLACES, EXCEPTION_RESPONSES, EXCEPTIONS, EXCEPTIONS_NOW};
use crate::ports::{MetricStore, Point};
use crate::scope::TenantScope;
use domain::exception::{PlaceKind, Reason, Seen, Severity};
use domain::money::{Currency, Money};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{ToSpan, civil::Date};
use std::collections::BTreeMap;

/// How fast people are, by the days that answers were due.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Response {
    /// Of all that had to be seen, what was seen in time.
    pub seen: Share,
    /// Of all that had to be resolved, what was resolved in time.
    pub resolved: Share,
}

/// What is at risk of the orders that something is wrong with now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risk {
    /// Of which currency.
    pub currency: Currency,
    /// Such orders, each by the worst of what is wrong with it.
    pub orders: BTreeMap<Severity, i64>,
    /// What they cost together.
    pub worth: Money,
    /// What of that is at risk: 80, 50, 20 or 5 percent of each.
    pub at_risk: Money,
}

/// What became of exceptions over some days.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Figures {
    /// What was opened, when and where, and how many were resolved.
    pub seen: Seen,
    /// How those ended that did: "person", "by_itself", "overtaken", "reviewed".
    pub how: BTreeMap<String, i64>,
    /// Seconds from beginning to end of those that ended, together.
    pub resolved_s: i64,
    /// How fast people were.
    pub response: Response,
    /// What is open now, by severity.
    pub open: BTreeMap<Severity, i64>,
    /// What is at risk now, by currency.
    pub risk: Vec<Risk>,
}

fn field(point: &Point, name: &str) -> i64 {
    point.fields.get(name).copied().unwrap_or(0)
}

impl Figures {
    /// Reads them. Hours and days of the week are the shop's.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn load(metrics: &dyn MetricStore, scope: &TenantScope, span: &Span, zone: &TimeZone) -> Result<Figures> {
        let (first, last) = (span.first.to_string(), format!("{}/~", span.last));
        let mut found = Figures::default();
        for point in metrics.series(scope, EXCEPTIONS, &first, &last).await? {
            found.seen.resolved += field(&point, "resolved");
            found.resolved_s += field(&point, "resolved_s");
            for (name, n) in &point.fields {
                match name.split_once(':') {
                    Some(("how", how)) => *found.how.entry(how.to_owned()).or_default() += n,
                    Some(("opened", code)) => {
                        if let Some(reason) = Reason::of(code) {
                            *found.seen.opened.entry(reason).or_default() += n;
                        }
                    }
                    _ => {}
                }
            }
        }
        found.hours(metrics, scope, span, zone).await?;
        found.places(metrics, scope, (&first, &last)).await?;
        for point in metrics.series(scope, EXCEPTION_RESPONSES, &first, &last).await? {
            let share = |good: &str, bad: &str| (field(&point, good), field(&point, good) + field(&point, bad));
            let add = |share: &mut Share, (part, of): (i64, i64)| (share.part, share.of) = (share.part + part, share.of + of);
            add(&mut found.response.seen, share("seen", "unseen"));
            add(&mut found.response.resolved, share("kept", "missed"));
        }
        found.now(metrics, scope).await?;
        Ok(found)
    }

    /// Points are hours of UTC: one more on each side holds all of the shop's days.
    async fn hours(&mut self, metrics: &dyn MetricStore, scope: &TenantScope, span: &Span, zone: &TimeZone) -> Result<()> {
        let day = |day: Date, by: i64| day.saturating_add(by.days());
        let (first, last) = (day(span.first, -1).to_string(), format!("{}~", day(span.last, 1)));
        for point in metrics.series(scope, EXCEPTION_HOURS, &first, &last).await? {
            let Ok(at) = format!("{}:00:00", point.point).parse::<DateTime>() else { continue };
            let Ok(at) = at.to_zoned(TimeZone::UTC).map(|at| at.with_time_zone(zone.clone())) else { continue };
            if at.date() < span.first || at.date() > span.last {
                continue;
            }
            let opened = field(&point, "opened");
            let weekday = usize::try_from(at.weekday().to_monday_zero_offset()).unwrap_or(0);
            self.seen.hours[usize::try_from(at.hour()).unwrap_or(0) % 24] += opened;
            self.seen.days[weekday % 7] += opened;
        }
        let mut each = span.first;
        while each <= span.last {
            self.seen.weeks[usize::try_from(each.weekday().to_monday_zero_offset()).unwrap_or(0) % 7] += 1;
            each = match each.tomorrow() {
                Ok(next) => next,
                Err(_) => break,
            };
        }
        Ok(())
    }

    async fn places(&mut self, metrics: &dyn MetricStore, scope: &TenantScope, (first, last): (&str, &str)) -> Result<()> {
        for point in metrics.series(scope, EXCEPTION_PLACES, first, last).await? {
            let mut parts = point.point.splitn(3, '/').skip(1);
            let Some((kind, name)) = parts.next().and_then(PlaceKind::from_word).zip(parts.next()) else { continue };
            for (code, n) in &point.fields {
                if let Some(reason) = Reason::of(code) {
                    *self.seen.places.entry((kind, name.to_owned())).or_default().entry(reason).or_default() += n;
                }
            }
        }
        Ok(())
    }

    async fn now(&mut self, metrics: &dyn MetricStore, scope: &TenantScope) -> Result<()> {
        let mut risks: BTreeMap<String, Risk> = BTreeMap::new();
        for point in metrics.series(scope, EXCEPTIONS_NOW, "all", "all").await? {
            for (name, n) in point.fields.iter().filter(|(_, n)| **n != 0) {
                let mut parts = name.splitn(3, ':');
                let (what, severity) = (parts.next(), parts.next().and_then(Severity::from_word));
                let currency = parts.next().and_then(|code| Currency::parse(code).ok());
                match (what, severity, currency) {
                    (Some("open"), Some(severity), None) => *self.open.entry(severity).or_default() += n,
                    (Some(what), Some(severity), Some(currency)) => {
                        let zero = Money { minor: 0, currency };
                        let new = Risk { currency, orders: BTreeMap::new(), worth: zero, at_risk: zero };
                        let risk = risks.entry(currency.to_string()).or_insert(new);
                        if what == "orders" {
                            *risk.orders.entry(severity).or_default() += n;
                        } else {
                            risk.worth.minor = risk.worth.minor.saturating_add(*n);
                            let share = n.saturating_mul(severity.at_risk_percent()) / 100;
                            risk.at_risk.minor = risk.at_risk.minor.saturating_add(share);
                        }
                    }
                    _ => {}
                }
            }
        }
        self.seen.open = self.open.values().sum();
        self.risk = risks.into_values().collect();
        Ok(())
    }
}
