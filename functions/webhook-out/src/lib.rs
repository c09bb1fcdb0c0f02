//! Webhooks to others: what happens is told the addresses that want to know, and told again those that did not take it.

use app::ports::Parking;
use app::webhooks::{Deliver, Sent};
use aws_lambda_events::sqs::SqsEvent;
use contracts::queue::WebhookAsked;
use domain::ids::CorrelationId;
use runtime::batch::{Outcome, of_event, sqs_together};
use serde_json::{Value, json};

/// Handles a queue batch (`Records`: events, and what is to be done for endpoints) or a schedule's tick (anything else), which
/// brings back what the queue has lost or could not keep.
///
/// # Errors
/// If a tick can't read the index: the schedule fires again.
pub async fn handle(
    deliver: &Deliver,
    parking: &dyn Parking,
    event: Value,
    correlation: CorrelationId,
) -> Result<Value, lambda_runtime::Error> {
    if event.get("Records").is_none() {
        let brought_back = deliver.sweep(&correlation).await?;
        tracing::info!(trace_id = %correlation, brought_back, "webhooks that had waited");
        return Ok(json!({ "brought_back": brought_back }));
    }
    let event: SqsEvent = serde_json::from_value(event)?;
    let response = sqs_together(event, parking, |body| async move {
        if WebhookAsked::is_meant(&body) {
            return match WebhookAsked::read(&body) {
                Ok(asked) => outcome(deliver.asked(&asked).await, &asked.correlation),
                Err(bad) => Outcome::from(bad),
            };
        }
        of_event(&body, |event| async move { outcome(deliver.event(&event).await, &event.correlationid) }).await
    })
    .await;
    Ok(serde_json::to_value(response)?)
}

fn outcome(sent: app::Result<Sent>, correlation: &CorrelationId) -> Outcome {
    if let Ok(sent) = &sent
        && *sent != Sent::default()
    {
        tracing::info!(trace_id = %correlation, ?sent, "webhooks");
    }
    Outcome::from(sent.map(drop))
}
