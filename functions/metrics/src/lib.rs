//! The metrics queue: events are counted into read models, each once.

use app::measure::Measure;
use app::ports::Parking;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use runtime::batch::{Outcome, sqs};
use runtime::bus::{Read, read};

/// Handles a batch.
pub async fn handle(measure: &Measure, parking: &dyn Parking, event: SqsEvent) -> SqsBatchResponse {
    sqs(event, parking, |body| async move {
        match read(&body) {
            Read::Ours(event) => Outcome::from(measure.run(&event).await.map(drop)),
            Read::Unknown(_) => Outcome::Done,
            Read::Unreadable(why) => Outcome::Park(why),
        }
    })
    .await
}
