//! What shops ask for, and what the schedule asks for them: a message each, so that none waits for another's.

use crate::Jobs;
use app::export::{Export, Exported};
use app::ports::Parking;
use app::prices::DailyPrices;
use app::report::{Made, Report, Wanted};
use app::{Error, TenantScope};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::{ReportAsked, Wished};
use domain::ids::{CorrelationId, TenantId};
use jiff::civil::Date;
use runtime::batch::{Outcome, sqs};
use serde_json::Value;

/// Who asks for a report wants today's figures, so it is made anew.
pub async fn batch(jobs: &Jobs, parking: &dyn Parking, event: Value) -> Result<Value, lambda_runtime::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs(event, parking, |body| async move {
        let asked = match ReportAsked::read(&body) {
            Ok(asked) => asked,
            Err(bad) => return Outcome::from(bad),
        };
        match (asked.what, asked.day) {
            (Wished::Export, Some(day)) => return exported(&jobs.export, &asked, day).await,
            (Wished::Prices, day) => return priced(&jobs.prices, &asked, day).await,
            _ => {}
        }
        let made = made(&jobs.report, &asked.tenant, (asked.day, None), Again::IfToday, &asked.correlation).await;
        tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, ok = made.is_ok(), "report on demand");
        match made {
            Ok(Made::Busy) => Outcome::Retry("another run is making it".to_owned()),
            made => Outcome::from(made.map(drop)),
        }
    })
    .await;
    Ok(serde_json::to_value(response)?)
}

async fn exported(export: &Export, asked: &ReportAsked, day: Date) -> Outcome {
    let ReportAsked { tenant, correlation, scheduled, .. } = asked;
    let made = async {
        let config = export.tenants.config(tenant).await?.ok_or(Error::NotFound("tenant"))?;
        let scope = TenantScope::of_own_message(tenant);
        if *scheduled { export.daily(&scope, &config, day, correlation).await } else { export.now(&scope, &config, day).await }
    };
    let made = made.await;
    tracing::info!(trace_id = %correlation, tenant = %tenant, %day, scheduled, ?made, "export");
    match made {
        Ok(Exported::Busy) if !scheduled => Outcome::Retry("another run is making it".to_owned()),
        made => Outcome::from(made.map(drop)),
    }
}

async fn priced(prices: &DailyPrices, asked: &ReportAsked, day: Option<Date>) -> Outcome {
    let ReportAsked { tenant, correlation, scheduled, .. } = asked;
    let looked = async {
        let config = prices.tenants.config(tenant).await?.ok_or(Error::NotFound("tenant"))?;
        let scope = TenantScope::of_own_message(tenant);
        match day.filter(|_| *scheduled) {
            Some(day) => prices.daily(&scope, &config, day, correlation).await,
            None => prices.look(&scope, &config, correlation).await.map(Some),
        }
    };
    let looked = looked.await;
    let counts = looked.as_ref().ok().and_then(Option::as_ref).map(|found| (found.looked, found.accepted, found.waiting));
    tracing::info!(trace_id = %correlation, tenant = %tenant, scheduled, ok = looked.is_ok(), ?counts, "prices: looked at, accepted, waiting");
    Outcome::from(looked.map(drop))
}

/// Whether a report that is made is made anew.
#[derive(Clone, Copy)]
pub enum Again {
    /// Always.
    Yes,
    /// Never.
    No,
    /// A wish for today that waited until the day was over no longer is: what the day has left stays.
    IfToday,
}

/// A report of one tenant.
pub async fn made(
    report: &Report,
    tenant: &TenantId,
    (day, as_of): (Option<Date>, Option<Date>),
    again: Again,
    correlation: &CorrelationId,
) -> Result<Made, Error> {
    let config = report.tenants.config(tenant).await?.ok_or(Error::NotFound("tenant"))?;
    let today = config.today(report.clock.now());
    let wanted = as_of.map_or_else(|| Wanted::of(day.unwrap_or(today), today), Wanted::AsOf);
    let scope = TenantScope::of_own_message(tenant);
    let again = match again {
        Again::Yes => true,
        Again::No => false,
        Again::IfToday => matches!(wanted, Wanted::AsOf(_)),
    };
    if again { report.now(&scope, &config, wanted, correlation).await } else { report.daily(&scope, &config, wanted, correlation).await }
}
