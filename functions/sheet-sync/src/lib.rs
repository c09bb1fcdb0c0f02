//! Where shops keep their orders themselves: sheets and Saleors, read on a schedule where they are switched on, on demand for one shop; and files
//! that they upload.

use app::ports::Parking;
use app::saleor::sync::{self as saleor, SyncSaleor};
use app::sheet::file::ImportFile;
use app::sheet::sync::{SyncSheet, Synced};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::SheetAsked;
use domain::ids::CorrelationId;
use runtime::batch::{Outcome, sqs};
use serde_json::{Value, json};

/// Handles a queue batch (`Records`: what is to be read), the tick of each hour (`{"hourly": true}`), which has Saleors compared, or that of every
/// five minutes (anything else), which has sheets read. Ticks fill the queue.
///
/// # Errors
/// If a tick can't list the tenants or reach the queue: the schedule fires again.
pub async fn handle(
    sync: &SyncSheet,
    import: &ImportFile,
    saleor: &SyncSaleor,
    parking: &dyn Parking,
    event: Value,
    correlation: CorrelationId,
) -> Result<Value, lambda_runtime::Error> {
    if event.get("hourly") == Some(&Value::Bool(true)) {
        let asked = saleor.all(&correlation).await?;
        tracing::info!(trace_id = %correlation, saleors = asked.len(), "Saleors to be compared");
        return Ok(json!({ "saleors": asked }));
    }
    if event.get("Records").is_none() {
        let asked = sync.all(&*import.queue, &correlation).await?;
        tracing::info!(trace_id = %correlation, sheets = asked.len(), "sheets to be read");
        return Ok(json!({ "sheets": asked }));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs(event, parking, |body| async move {
        let asked = match SheetAsked::read(&body) {
            Ok(asked) => asked,
            Err(bad) => return Outcome::from(bad),
        };
        if let Some(file) = &asked.file {
            let read = import.run(&asked.tenant, file, &asked.correlation).await;
            tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, file = file.id, ok = read.is_ok(), "file read");
            return Outcome::from(read.map(drop));
        }
        if asked.saleor {
            return match saleor.one(&asked.tenant, &asked.correlation).await {
                // The run that is at it may have passed by what the shop wants to see.
                Ok(saleor::Synced::Busy) if !asked.scheduled => Outcome::Retry("another run is comparing".to_owned()),
                synced => {
                    if let Ok(saleor::Synced::Ran(status)) = &synced {
                        let error = status.error.as_deref().unwrap_or("none");
                        let (read, placed, updated) = (status.read, status.placed, status.updated);
                        let (told, open, waiting) = (status.told, status.open_total, status.waiting);
                        tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, read, placed, updated, told, open, waiting, error, "Saleor");
                    }
                    Outcome::from(synced.map(drop))
                }
            };
        }
        match sync.one(&asked.tenant, !asked.scheduled, &asked.correlation).await {
            // The run that is at it may have begun before what the shop wants to see was typed.
            Ok(Synced::Busy) if !asked.scheduled => Outcome::Retry("another run is reading the sheet".to_owned()),
            synced => {
                let synced = synced.inspect(|synced| tracing::info!(trace_id = %asked.correlation, tenant = %asked.tenant, scheduled = asked.scheduled, run = describe(synced), "sheet"));
                Outcome::from(synced.map(drop))
            }
        }
    })
    .await;
    Ok(serde_json::to_value(response)?)
}

fn describe(synced: &Synced) -> String {
    match synced {
        Synced::None => "none that is switched on".to_owned(),
        Synced::Busy => "busy".to_owned(),
        Synced::Ran(status) => format!(
            "{} orders, {} placed, {} updated, {} refused, {} waiting, error: {}",
            status.orders,
            status.placed,
            status.updated,
            status.refused_total,
            status.waiting,
            status.error.as_deref().unwrap_or("none")
        ),
    }
}
