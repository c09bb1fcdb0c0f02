//! The daily report: on a schedule for every tenant whose hour has come, or on demand for one.

use app::TenantScope;
use app::report::{Made, Report};
use domain::ids::{CorrelationId, TenantId};
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value, json};

/// What the function is invoked with. A schedule's own fields are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Run {
    /// One tenant instead of all that are due.
    pub tenant: Option<TenantId>,
    /// A day other than today; needs a tenant.
    pub day: Option<Date>,
    /// Make it anew even if it was made.
    pub again: bool,
}

/// Handles an invocation; says what became of each tenant.
pub async fn handle(report: &Report, event: Value, correlation: CorrelationId) -> Result<Value, lambda_runtime::Error> {
    // What reads objects would also read a list, and an empty one asks for everything.
    if !event.is_object() {
        return Err("not a report request: it must be an object".into());
    }
    let run: Run = serde_json::from_value(event).map_err(|why| format!("not a report request: {why}"))?;
    let outcomes = match run.tenant {
        None => report.due(&correlation).await?,
        Some(tenant) => {
            let config = report.tenants.config(&tenant).await?.ok_or("there is no such tenant")?;
            let day = run.day.unwrap_or_else(|| config.today(report.clock.now()));
            let made = report.daily(&TenantScope::of_own_message(&tenant), &config, day, run.again, &correlation).await?;
            vec![(tenant, made)]
        }
    };
    let rows: Vec<Value> = outcomes.iter().map(|(tenant, made)| describe(tenant, made)).collect();
    tracing::info!(trace_id = %correlation, reports = rows.len(), "reports");
    Ok(json!({ "reports": rows }))
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
