//! Shops' own sheets: read on a schedule where they are switched on, on demand for one shop; and files that they upload.

use app::ports::Parking;
use app::sheet::file::ImportFile;
use app::sheet::sync::{SyncSheet, Synced};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::{BadMessage, SheetAsked};
use domain::ids::{CorrelationId, TenantId};
use runtime::batch::{Outcome, sqs};
use serde_json::{Value, json};

/// Handles a queue batch (`Records`: shops that asked) or a schedule's tick (anything else).
///
/// # Errors
/// If the tenants can't be listed: the schedule fires again.
pub async fn handle(
    sync: &SyncSheet,
    import: &ImportFile,
    parking: &dyn Parking,
    event: Value,
    correlation: CorrelationId,
) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_none() {
        let done = sync.all(&correlation).await?;
        let rows: Vec<Value> = done.iter().map(|(tenant, synced)| describe(tenant, synced)).collect();
        tracing::info!(trace_id = %correlation, sheets = rows.len(), "sheets read");
        return Ok(json!({ "sheets": rows }));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs(event, parking, |body| async move {
        let asked = match SheetAsked::read(&body) {
            Ok(asked) => asked,
            // A later release wrote it: keep it until this function is deployed as well.
            Err(why @ BadMessage::TooNew(_)) => return Outcome::Retry(why.to_string()),
            Err(why @ BadMessage::Unreadable(_)) => return Outcome::Park(why.to_string()),
        };
        if let Some(file) = &asked.file {
            let read = import.run(&asked.tenant, file, &asked.correlation).await;
            tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, file = file.id, ok = read.is_ok(), "file read");
            return Outcome::from(read.map(drop));
        }
        match sync.one(&asked.tenant, true, &asked.correlation).await {
            // The run that is at it may have begun before what the shop wants to see was typed.
            Ok(Synced::Busy) => Outcome::Retry("another run is reading the sheet".to_owned()),
            synced => {
                tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, ?synced, "sheet read on demand");
                Outcome::from(synced.map(drop))
            }
        }
    })
    .await;
    Ok(serde_json::to_value(response)?)
}

fn describe(tenant: &TenantId, synced: &app::Result<Synced>) -> Value {
    match synced {
        Ok(Synced::None) => json!({ "tenant": tenant, "sheet": false }),
        Ok(Synced::Busy) => json!({ "tenant": tenant, "busy": true }),
        Ok(Synced::Ran(status)) => json!({
            "tenant": tenant, "orders": status.orders, "placed": status.placed, "updated": status.updated,
            "waiting": status.waiting, "refused": status.refused_total, "error": status.error,
        }),
        Err(why) => json!({ "tenant": tenant, "failed": why.to_string() }),
    }
}
