//! The outbox's stream, and the sweep of what it missed.

use adapters_aws::from_stream_image;
use app::relay::Relay;
use aws_lambda_events::dynamodb::Event as StreamEvent;
use runtime::batch::{Outcome, stream};
use serde_json::{Value, json};

/// Handles a stream batch (`Records`) or a sweep (`{"sweep": true}`, on a schedule).
pub async fn handle(relay: &Relay, event: Value) -> Result<Value, lambda_runtime::Error> {
    if event.get("sweep").is_some() {
        let swept = relay.sweep().await?;
        tracing::info!(published = swept.published, failed = swept.failed, "swept");
        return Ok(json!({ "published": swept.published, "failed": swept.failed }));
    }
    let event: StreamEvent = serde_json::from_value(event)?;
    let response = stream(event, |record| async move {
        if record.event_name != "INSERT" {
            return Outcome::Done;
        }
        match from_stream_image(&record.change.new_image) {
            Ok(row) => Outcome::from(relay.publish(&row).await),
            Err(why) => Outcome::Retry(format!("unreadable outbox row: {why}")),
        }
    })
    .await;
    Ok(serde_json::to_value(response)?)
}
