//! The daily report, the daily export and the daily look at prices: on a schedule for every tenant whose hour has come, or on demand for one.

mod asked;
mod documents;

pub use documents::Printed;

use app::export::{BYTES_MAX, Export, PART_ROWS};
use app::morning::Morning;
use app::ports::{Parking, PriceStore, Queue, StockStore};
use app::prices::{DailyPrices, Prices};
use app::report::{Made, Report};
use asked::{Again, made};
use domain::ids::{CorrelationId, TenantId};
use jiff::civil::Date;
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
    /// Who wants which of them.
    pub morning: Morning,
}

impl Jobs {
    /// Over the report's ports, those of what is sold, and the function's own queue.
    pub fn of(report: Report, store: Arc<dyn PriceStore>, stock: Arc<dyn StockStore>, queue: Arc<dyn Queue>) -> Jobs {
        let (tenants, once, clock) = (report.tenants.clone(), report.once.clone(), report.clock.clone());
        let morning = Morning { tenants, once, queue, clock };
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
            bytes_max: BYTES_MAX,
        };
        Jobs { report, export, prices, morning }
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
        return asked::batch(jobs, parking, event).await;
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

/// Makes the reports that are due, and asks for everything else that is: each a message of its own.
async fn due(jobs: &Jobs, correlation: &CorrelationId) -> Result<Value, lambda_runtime::Error> {
    // Whatever becomes of the reports, and however long they take: the others are asked for.
    let (reports, asked) = futures::join!(jobs.report.due(correlation), jobs.morning.ask(correlation));
    let (reports, asked) = (reports?, asked?);
    let reports: Vec<Value> = reports.iter().map(|(tenant, made)| describe(tenant, made)).collect();
    tracing::info!(trace_id = %correlation, reports = reports.len(), asked = asked.len(), "due");
    Ok(json!({ "reports": reports, "asked": asked }))
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
