//! The notify queue: events become messages to customers and teams.

use app::notify::Notify;
use app::ports::Parking;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use jiff::Timestamp;
use runtime::batch::{Outcome, sqs};
use runtime::bus::{Read, read};

/// Handles a batch.
///
/// `until` is when the function is stopped: what is not begun by then comes again.
pub async fn handle(notify: &Notify, parking: &dyn Parking, event: SqsEvent, until: Timestamp) -> SqsBatchResponse {
    sqs(event, parking, |body| async move {
        let event = match read(&body) {
            Read::Ours(event) => event,
            Read::Unknown(kind) => {
                tracing::info!(kind, "an event of a later release; nothing to tell");
                return Outcome::Done;
            }
            Read::Unreadable(why) => return Outcome::Park(why),
        };
        let told = notify.run(&event, until).await;
        if let Ok(told) = &told {
            tracing::info!(trace_id = %event.correlationid, tenant = %event.tenant, event_id = %event.id, sent = told.sent, "notified");
        }
        Outcome::from(told.map(drop))
    })
    .await
}
