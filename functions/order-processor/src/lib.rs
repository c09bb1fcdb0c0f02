//! The hooks queue: stored webhooks become facts of orders.

use app::ports::Parking;
use app::process::Process;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use contracts::queue::{BadMessage, HookReceived};
use runtime::batch::{Outcome, sqs};

/// Handles a batch.
pub async fn handle(process: &Process, parking: &dyn Parking, event: SqsEvent) -> SqsBatchResponse {
    sqs(event, parking, |body| async move {
        let message = match HookReceived::read(&body) {
            Ok(message) => message,
            // A later release wrote it: keep it until this function is deployed as well.
            Err(why @ BadMessage::TooNew(_)) => return Outcome::Retry(why.to_string()),
            Err(why @ BadMessage::Unreadable(_)) => return Outcome::Park(why.to_string()),
        };
        let processed = process.run(&message).await;
        if let Ok(processed) = &processed {
            tracing::info!(trace_id = %message.correlation, tenant = %message.tenant, inbox_id = message.inbox_id, ?processed, "webhook processed");
        }
        Outcome::from(processed.map(drop))
    })
    .await
}
