use super::{MemoryWorld, State};
use app::TenantScope;
use app::ports::{Bus, OutboxKey, OutboxRow, OutboxStore, PortResult, Queue};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::EventId;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// Writes one row, to the table and to its stream. `add`ed rows carry their first event's id as well: they
/// hang on no order's version that would keep two of them apart.
pub(super) fn write_outbox(
    state: &mut State,
    scope: &TenantScope,
    aggregate: &str,
    version: u64,
    id: Option<&EventId>,
    events: &[Envelope],
    now: Timestamp,
) {
    let mut place = format!("{:013}#{}#{aggregate}#{version:010}", now.as_millisecond(), scope.tenant());
    if let Some(id) = id {
        place.push('#');
        place.push_str(id.as_str());
    }
    let key = OutboxKey { shard: String::new(), place };
    let row = Arc::new(OutboxRow { key: key.clone(), events: events.to_vec() });
    state.stream.push_back(row.clone());
    state.outbox.insert(key, row);
}

/// [`OutboxStore`] in memory.
#[derive(Clone)]
pub struct MemoryOutbox(pub(super) MemoryWorld);

#[async_trait]
impl OutboxStore for MemoryOutbox {
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()> {
        if let Some(first) = events.first() {
            write_outbox(&mut self.0.lock(), scope, &first.subject, first.aggregateversion, Some(&first.id), events, now);
        }
        Ok(())
    }

    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>> {
        let end = OutboxKey { shard: String::new(), place: format!("{:013}", before.as_millisecond()) };
        Ok(self.0.lock().outbox.range(..end).take(limit).map(|(_, row)| (**row).clone()).collect())
    }

    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()> {
        let mut state = self.0.lock();
        for key in keys {
            state.outbox.remove(key);
        }
        Ok(())
    }
}

/// [`Bus`] in memory.
#[derive(Clone)]
pub struct MemoryBus(pub(super) MemoryWorld);

#[async_trait]
impl Bus for MemoryBus {
    async fn publish(&self, events: &[Envelope]) -> PortResult<Vec<Result<(), String>>> {
        let mut state = self.0.lock();
        let mut results = Vec::with_capacity(events.len());
        for event in events {
            match state.bus_refusals.pop_front().flatten() {
                Some(why) => results.push(Err(why)),
                None => {
                    state.bus.push(event.clone());
                    results.push(Ok(()));
                }
            }
        }
        Ok(results)
    }
}

/// [`Queue`] in memory.
#[derive(Clone)]
pub struct MemoryQueue(pub(super) MemoryWorld);

#[async_trait]
impl Queue for MemoryQueue {
    async fn send(&self, body: &str) -> PortResult<()> {
        self.0.lock().queue.push_back(body.to_owned());
        Ok(())
    }

    /// Nobody waits in memory: what is asked for too early must be harmless.
    async fn send_after(&self, body: &str, _: SignedDuration) -> PortResult<()> {
        self.send(body).await
    }
}
