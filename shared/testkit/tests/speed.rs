//! How fast the twins are. `cargo test -p testkit --release --test speed -- --ignored --nocapture`

#![allow(clippy::disallowed_methods, reason = "measures time")]

use app::TenantScope;
use app::ports::{InboxEntry, InboxKey, InboxState, InboxStore, OrderStore, OutboxStore};
use domain::ids::TenantId;
use domain::order::OrderEvent;
use jiff::{SignedDuration, Timestamp};
use std::time::Instant;
use testkit::conformance::samples;
use testkit::memory::MemoryWorld;

#[tokio::test]
#[ignore = "measures"]
async fn deliveries_a_second() {
    const ORDERS: usize = 1_000;
    const DELIVERIES: usize = 200_000;
    let world = MemoryWorld::new();
    let (orders, inbox, outbox) = (world.orders(), world.inbox(), world.outbox());
    let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
    let start = Timestamp::from_second(1_754_733_600).unwrap();
    for at in 0..ORDERS {
        orders.commit(&scope, samples::placed(&scope, &format!("{at}"), start).commit()).await.unwrap();
    }
    let ids: Vec<_> = (0..ORDERS).map(|at| samples::number(&format!("{at}"))).collect();
    let mut in_domain = std::time::Duration::ZERO;
    let begun = Instant::now();
    for at in 0..DELIVERIES {
        let now = start + SignedDuration::from_millis(at as i64);
        let key = InboxKey { endpoint: "shop".into(), id: format!("w{at}") };
        let entry =
            InboxEntry { key: key.clone(), body_hash: "h".into(), body: "{}".into(), received_at: now, state: InboxState::Received };
        inbox.receive(&scope, &entry).await.unwrap();
        inbox.load(&scope, &key).await.unwrap().unwrap();
        let order = orders.load(&scope, &ids[at % ORDERS]).await.unwrap().unwrap();
        let deciding = Instant::now();
        let event = if order.tracks.delayed.is_some() { OrderEvent::DelayCleared } else { OrderEvent::DelayNoticed { since: now } };
        let step = samples::then(&scope, &order, vec![event], now);
        in_domain += deciding.elapsed();
        orders.commit(&scope, step.with(None, Some(&key))).await.unwrap();
        for row in world.take_stream(10) {
            outbox.published(std::slice::from_ref(&row.key)).await.unwrap();
        }
    }
    let took = begun.elapsed();
    let stores = DELIVERIES as f64 / (took - in_domain).as_secs_f64();
    println!("{:.0} deliveries a second, {stores:.0} without deciding", DELIVERIES as f64 / took.as_secs_f64());
}
