//! The dispatch queue: labels are bought and given back, carriers are asked where parcels are, and told what they collect. The clock asks for
//! the manifests of each shop whose carrier comes.

use app::dispatch::Dispatch;
use app::dispatch::collection::Collection;
use app::ports::Parking;
use aws_lambda_events::sqs::SqsEvent;
use domain::ids::CorrelationId;
use jiff::Timestamp;
use runtime::batch::{Outcome, events};
use serde_json::{Value, json};

/// What the function does.
#[derive(Clone)]
pub struct Jobs {
    /// Labels, and where parcels are.
    pub dispatch: Dispatch,
    /// What carriers collect.
    pub collection: Collection,
}

/// Handles a batch (`Records`) or a schedule's tick (anything else). `until` is when it has to be done.
///
/// # Errors
/// If a tick could not ask for every shop's manifests: the next one does.
pub async fn handle(
    jobs: &Jobs,
    parking: &dyn Parking,
    event: Value,
    until: Option<Timestamp>,
    correlation: CorrelationId,
) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_none() {
        let shops = jobs.collection.by_the_clock(&correlation).await?;
        tracing::info!(trace_id = %correlation, shops = shops.len(), "shops whose carriers come");
        return Ok(json!({ "shops": shops }));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = events(event, parking, |event| async move {
        let (trace_id, tenant, event_id) = (&event.correlationid, &event.tenant, &event.id);
        let parcels = jobs.dispatch.run(&event, until).await;
        let outcome = match parcels {
            Ok(commits) => jobs.collection.run(&event, until).await.map(|manifest| (commits, manifest)),
            Err(error) => Err(error),
        };
        if let Ok((commits, manifest)) = &outcome {
            tracing::info!(%trace_id, %tenant, %event_id, commits, ?manifest, "parcels");
        }
        Outcome::from(outcome.map(drop))
    })
    .await;
    Ok(serde_json::to_value(response)?)
}
