//! The daily report, the daily export and the daily look at prices: on a schedule for every tenant whose hour has come, or on demand for one.

mod documents;

pub use documents::Printed;

use app::export::{Export, Exported, PART_ROWS};
use app::ports::{Parking, PriceStore, StockStore};
use app::prices::{DailyPrices, Looked, Prices};
use app::report::{Made, Report, Wanted};
use app::{Error, TenantScope};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::{ReportAsked, Wished};
use domain::ids::{CorrelationId, TenantId};
use jiff::civil::Date;
use runtime::batch::{Outcome, sqs};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the function does.
#[derive(Clone)]
pub struct Jobs {
    /// What a day was, for people.
    pub report: Report,
    /// The same for machines.
    pub export: Export,
    /// What would be a better price.
    pub prices: DailyPrices,
}

impl Jobs {
    /// Over the report's ports, and those of what is sold.
    pub fn of(report: Report, store: Arc<dyn PriceStore>, stock: Arc<dyn StockStore>) -> Jobs {
        let prices = DailyPrices {
            prices: Prices { store, clock: report.clock.clone() },
            stock,
            metrics: report.metrics.clone(),
            once: report.once.clone(),
            reports: report.reports.clone(),
            outbox: report.outbox.clone(),
            tenants: report.tenants.clone(),
        };
        let export = Export {
            orders: report.orders.clone(),
            metrics: report.metrics.clone(),
            reports: report.reports.clone(),
            once: report.once.clone(),
            outbox: report.outbox.clone(),
            tenants: report.tenants.clone(),
            clock: report.clock.clone(),
            part_rows: PART_ROWS,
        };
        Jobs { report, export, prices }
    }
}

/// What the function is invoked with. A schedule's own fields are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Run {
    /// One tenant instead of all that are due.
    pub tenant: Option<TenantId>,
    /// A day other than today; needs a tenant. One that is over is shown as it ended.
    pub day: Option<Date>,
    /// The orders as they are, measured against this day; needs a tenant.
    pub as_of: Option<Date>,
    /// Make it anew even if it was made.
    pub again: bool,
}

/// Handles a queue batch (`Records`: shops that asked), a schedule's tick, or a request from the command line.
///
/// # Errors
/// If a report could not be made, or the request is none: the invoker hears of it.
pub async fn handle(jobs: &Jobs, parking: &dyn Parking, event: Value, correlation: CorrelationId) -> Result<Value, lambda_runtime::Error> {
    // What reads objects would also read a list, and an empty one asks for everything.
    if !event.is_object() {
        return Err("not a report request: it must be an object".into());
    }
    if event.get("Records").is_some() {
        return asked(jobs, parking, event).await;
    }
    let run: Run = serde_json::from_value(event).map_err(|why| format!("not a report request: {why}"))?;
    if run.as_of.is_some() && run.day.is_some() {
        return Err("not a report request: either a day, or as_of".into());
    }
    let outcomes = match run.tenant {
        None => return due(jobs, &correlation).await,
        Some(tenant) => {
            let made =
                made(&jobs.report, &tenant, (run.day, run.as_of), if run.again { Again::Yes } else { Again::No }, &correlation).await?;
            vec![(tenant, made)]
        }
    };
    let rows: Vec<Value> = outcomes.iter().map(|(tenant, made)| describe(tenant, made)).collect();
    tracing::info!(trace_id = %correlation, reports = rows.len(), "reports");
    Ok(json!({ "reports": rows }))
}

/// Everything that is due. What goes wrong with one of them keeps nobody from the others.
async fn due(jobs: &Jobs, correlation: &CorrelationId) -> Result<Value, lambda_runtime::Error> {
    let reports = jobs.report.due(correlation).await;
    let exports = jobs.export.due(correlation).await;
    let prices = jobs.prices.due(correlation).await?;
    let exports = exports?;
    let reports: Vec<Value> = reports?.iter().map(|(tenant, made)| describe(tenant, made)).collect();
    tracing::info!(trace_id = %correlation, reports = reports.len(), exports = exports.len(), prices = prices.len(), "due");
    let exports: Vec<Value> = exports.iter().map(|(tenant, made)| json!({ "tenant": tenant, "export": told(made) })).collect();
    let prices: Vec<Value> = prices.iter().map(|(tenant, found)| looked(tenant, found)).collect();
    Ok(json!({ "reports": reports, "exports": exports, "prices": prices }))
}

/// Who asks for a report wants today's figures, so it is made anew.
async fn asked(jobs: &Jobs, parking: &dyn Parking, event: Value) -> Result<Value, lambda_runtime::Error> {
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs(event, parking, |body| async move {
        let asked = match ReportAsked::read(&body) {
            Ok(asked) => asked,
            Err(bad) => return Outcome::from(bad),
        };
        match (asked.what, asked.day) {
            (Wished::Export, Some(day)) => return exported(&jobs.export, &asked.tenant, day, &asked.correlation).await,
            (Wished::Prices, _) => return priced(&jobs.prices, &asked.tenant, &asked.correlation).await,
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

async fn exported(export: &Export, tenant: &TenantId, day: Date, correlation: &CorrelationId) -> Outcome {
    let made = async {
        let config = export.tenants.config(tenant).await?.ok_or(Error::NotFound("tenant"))?;
        export.now(&TenantScope::of_own_message(tenant), &config, day, correlation).await
    };
    let made = made.await;
    tracing::info!(trace_id = %correlation, tenant = %tenant, %day, made = ?made.as_ref().map(told), "export on demand");
    match made {
        Ok(Exported::Busy) => Outcome::Retry("another run is making it".to_owned()),
        made => Outcome::from(made.map(drop)),
    }
}

async fn priced(prices: &DailyPrices, tenant: &TenantId, correlation: &CorrelationId) -> Outcome {
    let found = async {
        let config = prices.tenants.config(tenant).await?.ok_or(Error::NotFound("tenant"))?;
        prices.look(&TenantScope::of_own_message(tenant), &config, correlation).await
    };
    let found = found.await;
    tracing::info!(trace_id = %correlation, tenant = %tenant, found = ?found.as_ref().map(|found| looked(tenant, found)), "prices on demand");
    Outcome::from(found.map(drop))
}

/// Whether a report that is made is made anew.
#[derive(Clone, Copy)]
enum Again {
    Yes,
    No,
    /// A wish for today that waited until the day was over no longer is: what the day has left stays.
    IfToday,
}

async fn made(
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

fn describe(tenant: &TenantId, made: &Made) -> Value {
    match made {
        Made::Report { key, summary } => json!({ "tenant": tenant, "made": key, "summary": summary }),
        Made::Before { key } => json!({ "tenant": tenant, "made_before": key }),
        Made::Busy => json!({ "tenant": tenant, "busy": true }),
        Made::NotDue => json!({ "tenant": tenant, "not_due": true }),
        Made::Failed { reason } => json!({ "tenant": tenant, "failed": reason }),
    }
}

fn told(made: &Exported) -> Value {
    match made {
        Exported::Made { day, orders, figures } => json!({ "day": day, "orders": orders, "figures": figures }),
        Exported::Busy => json!({ "busy": true }),
        Exported::Failed { reason } => json!({ "failed": reason }),
    }
}

fn looked(tenant: &TenantId, found: &Looked) -> Value {
    json!({ "tenant": tenant, "looked_at": found.looked, "accepted": found.accepted, "waiting": found.waiting })
}
