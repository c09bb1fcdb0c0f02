//! The event bus.

use crate::clients::Aws;
use crate::error::port_error;
use app::ports::{Bus, PortError, PortResult};
use async_trait::async_trait;
use aws_sdk_eventbridge::primitives::DateTime;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use contracts::Envelope;
use std::sync::Arc;

/// Entries a call takes.
const ENTRIES_MAX: usize = 10;
/// Bytes a call takes.
const BYTES_MAX: usize = 256 * 1024;
/// What an entry counts beside its texts: its time.
const TIME_BYTES: usize = 14;

/// [`Bus`] on EventBridge.
#[derive(Clone)]
pub struct EventBridgeBus {
    aws: Arc<Aws>,
    name: String,
}

struct Entry {
    at: usize,
    bytes: usize,
    entry: PutEventsRequestEntry,
}

impl EventBridgeBus {
    /// The bus with this name.
    pub fn new(aws: Arc<Aws>, name: impl Into<String>) -> EventBridgeBus {
        EventBridgeBus { aws, name: name.into() }
    }

    fn entry(&self, at: usize, event: &Envelope) -> Result<Entry, String> {
        let detail = serde_json::to_string(event).map_err(|why| format!("cannot be written as JSON: {why}"))?;
        let (source, kind) = (event.payload.source(), event.payload.detail_type());
        let bytes = TIME_BYTES + source.len() + kind.len() + detail.len();
        if bytes > BYTES_MAX {
            return Err(format!("{bytes} bytes are more than the bus takes"));
        }
        let entry = PutEventsRequestEntry::builder()
            .event_bus_name(&self.name)
            .time(DateTime::from_secs(event.time.as_second()))
            .source(source)
            .detail_type(kind)
            .detail(detail)
            .build();
        Ok(Entry { at, bytes, entry })
    }

    async fn put(&self, chunk: &[Entry]) -> PortResult<Vec<Result<(), String>>> {
        let entries = chunk.iter().map(|entry| entry.entry.clone()).collect();
        let sent = self.aws.eventbridge().await.put_events().set_entries(Some(entries)).send().await;
        let answer = sent.map_err(|error| port_error("publish events", &error))?;
        let results: Vec<Result<(), String>> = answer
            .entries()
            .iter()
            .map(|result| match (result.event_id(), result.error_code()) {
                (Some(_), None) => Ok(()),
                (_, code) => Err(code.unwrap_or("no event id").to_owned()),
            })
            .collect();
        if results.len() != chunk.len() {
            return Err(PortError::Retryable(format!("publish events: {} answers to {} entries", results.len(), chunk.len())));
        }
        Ok(results)
    }
}

/// In order, as many to a call as it takes.
fn chunks(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut chunks: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        match chunks.last_mut() {
            Some(last) if last.len() < ENTRIES_MAX && bytes + entry.bytes <= BYTES_MAX => {
                bytes += entry.bytes;
                last.push(entry);
            }
            _ => {
                bytes = entry.bytes;
                chunks.push(vec![entry]);
            }
        }
    }
    chunks
}

#[async_trait]
impl Bus for EventBridgeBus {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        let mut results: Vec<Result<(), String>> = vec![Err("not sent".to_owned()); events.len()];
        let mut entries = Vec::with_capacity(events.len());
        for (at, event) in events.iter().enumerate() {
            match self.entry(at, event) {
                Ok(entry) => entries.push(entry),
                Err(why) => results[at] = Err(why),
            }
        }
        for (number, chunk) in chunks(entries).iter().enumerate() {
            match self.put(chunk).await {
                Ok(answers) => chunk.iter().zip(answers).for_each(|(entry, answer)| results[entry.at] = answer),
                // Nothing was accepted yet, so the call as a whole failed.
                Err(error) if number == 0 => return Err(error),
                Err(error) => {
                    chunk.iter().for_each(|entry| results[entry.at] = Err(error.to_string()));
                    break;
                }
            }
        }
        Ok(results)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(at: usize, bytes: usize) -> Entry {
        Entry { at, bytes, entry: PutEventsRequestEntry::builder().build() }
    }

    // req: X-02
    #[test]
    fn calls_are_filled_in_order_and_never_overfilled() {
        let many = chunks((0..23).map(|at| entry(at, 100)).collect());
        assert_eq!(many.iter().map(Vec::len).collect::<Vec<_>>(), [10, 10, 3]);
        let large = chunks((0..5).map(|at| entry(at, 100 * 1024)).collect());
        assert_eq!(large.iter().map(Vec::len).collect::<Vec<_>>(), [2, 2, 1]);
        assert!(large.concat_order().is_sorted());
    }

    trait Order {
        fn concat_order(&self) -> Vec<usize>;
    }

    impl Order for Vec<Vec<Entry>> {
        fn concat_order(&self) -> Vec<usize> {
            self.iter().flatten().map(|entry| entry.at).collect()
        }
    }
}
