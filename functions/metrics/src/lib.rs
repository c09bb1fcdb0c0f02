//! The metrics queue: events are counted into read models, each once.

use app::measure::Measure;
use app::ports::Parking;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent};
use runtime::batch::{Outcome, events};

/// Handles a batch.
pub async fn handle(measure: &Measure, parking: &dyn Parking, event: SqsEvent) -> SqsBatchResponse {
    events(event, parking, |event| async move { Outcome::from(measure.run(&event).await.map(drop)) }).await
}
