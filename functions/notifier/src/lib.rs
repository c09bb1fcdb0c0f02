//! The notify queue: events become messages to customers and teams.

use app::notify::Notify;
use app::ports::Parking;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use runtime::batch::{Outcome, events};
use runtime::measured::Measured;

/// Handles a batch.
///
/// `until` is when the function is stopped: what is not begun by then comes again.
pub async fn handle(notify: &Notify, parking: &dyn Parking, event: SqsEvent, until: Timestamp) -> SqsBatchResponse {
    events(event, parking, |event| async move {
        let told = notify.run(&event, until).await;
        if let Ok(told) = &told {
            if told.sent > 0 {
                let took = notify.clock.now().duration_since(event.time);
                Measured::EventToMessage.say(i64::try_from(took.as_millis()).unwrap_or(i64::MAX).max(0), notify.clock.now());
            }
            tracing::info!(trace_id = %event.correlationid, tenant = %event.tenant, event_id = %event.id, sent = told.sent, "notified");
        }
        Outcome::from(told.map(drop))
    })
    .await
}
