//! The saga queue: orders go on their way, and little that is left of something is said.

use app::ports::Parking;
use app::saga::Sagas;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use runtime::batch::{Outcome, events};

/// Handles a batch. `until` is when it has to be done.
pub async fn handle(sagas: &Sagas, parking: &dyn Parking, event: SqsEvent, until: Option<Timestamp>) -> SqsBatchResponse {
    events(event, parking, |event| async move {
        let went = sagas.run(&event, until).await;
        if let Ok(went) = &went {
            tracing::info!(trace_id = %event.correlationid, tenant = %event.tenant, event_id = %event.id, ?went, "saga");
        }
        Outcome::from(went.map(drop))
    })
    .await
}
