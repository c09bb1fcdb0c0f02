//! The dispatch queue: labels are bought and given back, and carriers are asked where parcels are.

use app::dispatch::Dispatch;
use app::ports::Parking;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use runtime::batch::{Outcome, events};

/// Handles a batch. `until` is when it has to be done.
pub async fn handle(dispatch: &Dispatch, parking: &dyn Parking, event: SqsEvent, until: Option<Timestamp>) -> SqsBatchResponse {
    events(event, parking, |event| async move {
        let commits = dispatch.run(&event, until).await;
        if let Ok(commits) = &commits {
            tracing::info!(trace_id = %event.correlationid, tenant = %event.tenant, event_id = %event.id, commits, "parcels");
        }
        Outcome::from(commits.map(drop))
    })
    .await
}
