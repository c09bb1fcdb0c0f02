//! Batches that fail record by record.
//!
//! A handler sees one record at a time. What it cannot do yet goes back to the queue, what it can never do
//! is parked with its reason, and a panic in one record is that record's failure alone.

use crate::bus::{Read, read};
use app::Error;
use app::ports::Parking;
use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use contracts::Envelope;
use contracts::queue::BadMessage;
use futures::FutureExt;
use futures::future::join_all;
use std::panic::AssertUnwindSafe;

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Done.
    Done,
    /// Try again later.
    Retry(String),
    /// Never: park it.
    Park(String),
}

impl From<BadMessage> for Outcome {
    fn from(bad: BadMessage) -> Outcome {
        match bad {
            // A later release wrote it: keep it until this function is deployed as well.
            BadMessage::TooNew(_) => Outcome::Retry(bad.to_string()),
            BadMessage::Unreadable(_) => Outcome::Park(bad.to_string()),
        }
    }
}

impl From<Result<(), Error>> for Outcome {
    fn from(result: Result<(), Error>) -> Outcome {
        match result {
            Ok(()) => Outcome::Done,
            Err(error) if error.is_retryable() => Outcome::Retry(error.to_string()),
            Err(error) => Outcome::Park(error.to_string()),
        }
    }
}

async fn guarded(work: impl Future<Output = Outcome>) -> Outcome {
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(outcome) => outcome,
        // Panics are bugs, and bugs are mended by a deploy: keep the record on the queue meanwhile.
        Err(_) => Outcome::Retry("the handler panicked".to_owned()),
    }
}

/// Runs an SQS batch. The answer names exactly the records that are to come again.
pub async fn sqs<F, Fut>(event: SqsEvent, parking: &dyn Parking, handle: F) -> SqsBatchResponse
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let mut response = SqsBatchResponse::default();
    for record in event.records {
        if let Some(comes_again) = one(record, parking, &handle).await {
            response.add_failure(comes_again);
        }
    }
    response
}

/// Runs an SQS batch, all of its records at the same time: for work that is mostly waiting for others.
pub async fn sqs_together<F, Fut>(event: SqsEvent, parking: &dyn Parking, handle: F) -> SqsBatchResponse
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let mut response = SqsBatchResponse::default();
    let done = join_all(event.records.into_iter().map(|record| one(record, parking, &handle))).await;
    for comes_again in done.into_iter().flatten() {
        response.add_failure(comes_again);
    }
    response
}

/// Runs a record; its id, if it is to come again.
async fn one<F, Fut>(record: SqsMessage, parking: &dyn Parking, handle: &F) -> Option<String>
where
    F: Fn(String) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let body = record.body.unwrap_or_default();
    let message_id = record.message_id.unwrap_or_default();
    let outcome = match guarded(handle(body.clone())).await {
        Outcome::Park(reason) => {
            tracing::error!(message_id, reason, "parked");
            // If it cannot be parked it must not be lost: leave it on the queue, whose redrive policy
            // parks it in the end.
            match parking.park(&body, &reason).await {
                Ok(()) => Outcome::Done,
                Err(why) => Outcome::Retry(format!("could not park it: {why}")),
            }
        }
        other => other,
    };
    let Outcome::Retry(reason) = outcome else { return None };
    tracing::warn!(message_id, reason, "comes again");
    // An answer with an id that Lambda does not know fails the whole batch, which is still safe:
    // every consumer of ours does its effect once.
    Some(message_id)
}

/// Runs a batch of a queue behind the bus: each record is an event. One of a later release is none of this one's business.
pub async fn events<F, Fut>(event: SqsEvent, parking: &dyn Parking, handle: F) -> SqsBatchResponse
where
    F: Fn(Box<Envelope>) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let handle = &handle;
    sqs(event, parking, |body| async move { of_event(&body, handle).await }).await
}

/// Handles a record that is an event.
pub async fn of_event<F, Fut>(body: &str, handle: F) -> Outcome
where
    F: FnOnce(Box<Envelope>) -> Fut,
    Fut: Future<Output = Outcome>,
{
    match read(body) {
        Read::Ours(event) => handle(event).await,
        Read::Unknown(kind) => {
            tracing::info!(kind, "an event of a later release; nothing to do");
            Outcome::Done
        }
        Read::Unreadable(why) => Outcome::Park(why),
    }
}

/// Runs a DynamoDB stream batch. Lambda starts again from the first record named; the records after it in
/// this batch are done again then, which is harmless.
pub async fn stream<F, Fut>(event: StreamEvent, handle: F) -> DynamoDbEventResponse
where
    F: Fn(EventRecord) -> Fut,
    Fut: Future<Output = Outcome>,
{
    let mut response = DynamoDbEventResponse::default();
    for record in event.records {
        let sequence_number = record.change.sequence_number.clone().unwrap_or_default();
        match guarded(handle(record)).await {
            Outcome::Done => {}
            // There is nothing that reading a stream record again cannot mend or a person must not see:
            // the mapping's on-failure queue takes what keeps failing.
            Outcome::Retry(reason) | Outcome::Park(reason) => {
                tracing::warn!(sequence_number, reason, "comes again");
                let mut failure = DynamoDbBatchItemFailure::default();
                failure.item_identifier = Some(sequence_number);
                response.batch_item_failures.push(failure);
                return response;
            }
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::ports::{PortError, PortResult};
    use async_trait::async_trait;
    use futures::executor::block_on;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Lot(Mutex<Vec<(String, String)>>, bool);

    #[async_trait]
    impl Parking for Lot {
        async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
            if self.1 {
                return Err(PortError::Retryable("full".into()));
            }
            self.0.lock().unwrap().push((body.into(), reason.into()));
            Ok(())
        }
    }

    fn batch(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
        let mut event = SqsEvent::default();
        for (n, body) in bodies.into_iter().enumerate() {
            let mut message = SqsMessage::default();
            message.message_id = Some(format!("m{n}"));
            message.body = Some(body);
            event.records.push(message);
        }
        event
    }

    async fn handle(body: String) -> Outcome {
        match body.as_str() {
            "retry" => Outcome::Retry("later".into()),
            "park" => Outcome::Park("never".into()),
            "panic" => panic!("a bug"),
            _ => Outcome::Done,
        }
    }

    fn failed(response: &SqsBatchResponse) -> Vec<String> {
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect()
    }

    /// Invariant I11: for every subset of bad records among ten, exactly those come again.
    // req: X-06
    #[test]
    fn exactly_the_bad_records_come_again() {
        std::panic::set_hook(Box::new(|_| {}));
        for mask in 0u32..1 << 10 {
            for bad in ["retry", "panic"] {
                let bodies = (0..10).map(|n| if mask & (1 << n) != 0 { bad.to_owned() } else { "ok".to_owned() });
                let response = block_on(sqs(batch(bodies), &Lot::default(), handle));
                let expected: Vec<String> = (0..10).filter(|n| mask & (1 << n) != 0).map(|n| format!("m{n}")).collect();
                assert_eq!(failed(&response), expected, "{bad} {mask:010b}");
                let bodies = (0..10).map(|n| if mask & (1 << n) != 0 { bad.to_owned() } else { "ok".to_owned() });
                let response = block_on(sqs_together(batch(bodies), &Lot::default(), handle));
                assert_eq!(failed(&response), expected, "together: {bad} {mask:010b}");
            }
        }
        let _ = std::panic::take_hook();
    }

    // req: X-07
    #[test]
    fn what_no_retry_can_help_is_parked_with_its_reason() {
        let lot = Lot::default();
        let response = block_on(sqs(batch(["park".to_owned(), "ok".to_owned()]), &lot, handle));
        assert_eq!(failed(&response), Vec::<String>::new());
        assert_eq!(*lot.0.lock().unwrap(), [("park".to_owned(), "never".to_owned())]);
        let full = Lot(Mutex::default(), true);
        let response = block_on(sqs(batch(["park".to_owned()]), &full, handle));
        assert_eq!(failed(&response), ["m0"], "what cannot be parked stays on the queue");
    }

    #[test]
    fn an_empty_batch_is_answered_not_with_null() {
        let response = block_on(sqs(SqsEvent::default(), &Lot::default(), handle));
        assert_eq!(serde_json::to_string(&response).unwrap(), r#"{"batchItemFailures":[]}"#);
    }

    #[test]
    fn a_stream_stops_at_the_first_failure() {
        let mut event = StreamEvent::default();
        for n in 0..4 {
            let mut record = EventRecord::default();
            record.change.sequence_number = Some(n.to_string());
            event.records.push(record);
        }
        let handle = |record: EventRecord| async move {
            if record.change.sequence_number.as_deref() >= Some("2") { Outcome::Retry("bus".into()) } else { Outcome::Done }
        };
        let response = block_on(stream(event, handle));
        let failed: Vec<_> = response.batch_item_failures.iter().map(|failure| failure.item_identifier.clone()).collect();
        assert_eq!(failed, [Some("2".to_owned())]);
    }
}
