//! Committed events that did not reach the bus: what the relay's sweep does each minute, now, for more rows, and
//! telling why where it fails.

use super::Options;
use crate::Failed;
use adapters_aws::{Aws, Dynamo, EventBridgeBus, Tables};
use app::ports::OutboxRow;
use app::relay::{Relay, SWEEP_AFTER};
use futures::stream::{self, StreamExt};
use runtime::system::SystemClock;
use std::sync::Arc;

/// Rows that are published at the same time.
const AT_ONCE: usize = 8;
/// Rows that are printed.
const SHOWN_MAX: usize = 20;

/// Publishes what is stuck and says so. Fails if anything stays.
pub async fn run(aws: &Arc<Aws>, table: &str, bus: &str, options: &Options) -> Result<(), Failed> {
    let db = Dynamo::new(aws.clone(), Tables { outbox: table.to_owned(), ..Tables::default() });
    let bus = EventBridgeBus::new(aws.clone(), bus);
    let relay = Relay { outbox: Arc::new(db.outbox()), bus: Arc::new(bus), clock: Arc::new(SystemClock) };
    for line in sweep(&relay, options).await? {
        println!("{line}");
    }
    Ok(())
}

async fn sweep(relay: &Relay, options: &Options) -> Result<Vec<String>, Failed> {
    let stuck = relay.outbox.waiting(relay.clock.now() - SWEEP_AFTER, options.limit).await?;
    let mut lines = Vec::new();
    for row in stuck.iter().take(SHOWN_MAX) {
        lines.push(shown(row));
    }
    if stuck.len() > SHOWN_MAX {
        lines.push(format!("... and {} more", stuck.len() - SHOWN_MAX));
    }
    if options.dry_run {
        lines.push(format!("{} row(s) of the outbox wait longer than a minute; none published", stuck.len()));
        return Ok(lines);
    }
    let results: Vec<app::Result<()>> = stream::iter(stuck.iter().map(|row| relay.publish(row))).buffered(AT_ONCE).collect().await;
    let failed: Vec<String> =
        stuck.iter().zip(&results).filter_map(|(row, result)| Some(format!("{}: {}", shown(row), result.as_ref().err()?))).collect();
    let published = stuck.len() - failed.len();
    if failed.is_empty() {
        lines.push(format!("{published} row(s) of the outbox published"));
        return Ok(lines);
    }
    let shown = failed[..failed.len().min(SHOWN_MAX)].join("\n");
    let stay = format!("{published} row(s) published, {} stay and are tried again each minute", failed.len());
    Err(format!("{stay}:\n{shown}\nmend what they say, then run this again").into())
}

/// A row as an operator knows it.
fn shown(row: &OutboxRow) -> String {
    let Some(first) = row.events.first() else { return row.key.place.clone() };
    let types: Vec<&str> = row.events.iter().map(|event| event.payload.detail_type()).collect();
    format!("{}  {} {}  {}", first.time, first.tenant, first.subject, types.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::redrive::Queue;
    use app::TenantScope;
    use app::ports::{Clock, OutboxStore};
    use domain::ids::TenantId;
    use jiff::SignedDuration;
    use testkit::conformance::samples;
    use testkit::memory::{FakeClock, MemoryWorld};

    async fn world() -> (MemoryWorld, Relay) {
        let (world, clock) = (MemoryWorld::new(), FakeClock::default());
        let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
        for (number, age_s) in [("1001", 3600), ("1002", 61), ("1003", 1)] {
            let at = clock.now() - SignedDuration::from_secs(age_s);
            world.outbox().add(&scope, &samples::placed(&scope, number, at).publish, at).await.unwrap();
        }
        let relay = Relay { outbox: Arc::new(world.outbox()), bus: Arc::new(world.bus()), clock: Arc::new(clock) };
        (world, relay)
    }

    fn options(dry_run: bool) -> Options {
        Options { queue: Queue::Outbox, dry_run, limit: 100 }
    }

    // req: X-07
    #[tokio::test]
    async fn what_is_stuck_goes_out_and_what_is_new_is_left_to_the_relay() {
        let (world, relay) = world().await;
        let shown = sweep(&relay, &options(true)).await.unwrap();
        assert_eq!(shown.last().unwrap(), "2 row(s) of the outbox wait longer than a minute; none published");
        assert!(shown[0].contains("demo 1001  order.placed.v1"), "{shown:?}");
        assert_eq!(world.published().len(), 0);
        let done = sweep(&relay, &options(false)).await.unwrap();
        assert_eq!(done.last().unwrap(), "2 row(s) of the outbox published");
        let mut subjects: Vec<String> = world.published().into_iter().map(|event| event.subject).collect();
        subjects.dedup();
        assert_eq!(subjects, ["1001", "1002"]);
        assert_eq!(sweep(&relay, &options(false)).await.unwrap(), ["0 row(s) of the outbox published"]);
    }

    #[tokio::test]
    async fn what_the_bus_refuses_stays_and_says_why() {
        let (world, relay) = world().await;
        world.script_bus([Some("the bus is gone".to_owned())]);
        let why = sweep(&relay, &options(false)).await.unwrap_err().to_string();
        assert!(why.starts_with("1 row(s) published, 1 stay") && why.contains("demo 1001") && why.contains("the bus is gone"), "{why}");
        assert_eq!(sweep(&relay, &options(false)).await.unwrap().last().unwrap(), "1 row(s) of the outbox published");
    }
}
