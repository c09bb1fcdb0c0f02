//! What waits to be published. The outbox is one for all tenants, so these look for their own rows among others.

use super::samples::{placed, then};
use super::{Ports, Stage};
use app::TenantScope;
use app::ports::{OutboxKey, OutboxRow};
use contracts::Envelope;
use domain::order::OrderEvent;
use jiff::Timestamp;

async fn rows(ports: &Ports, scope: &TenantScope, before: Timestamp) -> Vec<OutboxRow> {
    let rows = ports.outbox.waiting(before, 100_000).await.unwrap();
    assert!(rows.iter().map(|row| &row.key.place).is_sorted(), "oldest first");
    rows.into_iter().filter(|row| row.events.iter().all(|event| event.tenant == *scope.tenant())).collect()
}

// req: X-05
/// One row a commit, oldest first, until it is published.
pub async fn rows_come_oldest_first_and_leave_when_published(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let mut expected: Vec<Vec<Envelope>> = Vec::new();
    let first = placed(scope, "1001", stage.now);
    ports.orders.commit(scope, first.commit()).await.unwrap();
    expected.push(first.publish.clone());
    let mut order = first.order;
    // Several commits within one millisecond still come in the order of their versions.
    for at in 1..12 {
        let event = if at % 2 == 1 { OrderEvent::DelayNoticed { since: stage.now } } else { OrderEvent::DelayCleared };
        let next = then(scope, &order, vec![event], stage.after(i64::from(at >= 9)));
        ports.orders.commit(scope, next.commit()).await.unwrap();
        assert!(!next.publish.is_empty());
        expected.push(next.publish.clone());
        order = next.order;
    }
    let waiting = rows(ports, scope, stage.after(5)).await;
    assert_eq!(waiting.iter().map(|row| row.events.clone()).collect::<Vec<_>>(), expected);
    let shards: std::collections::BTreeSet<&str> = waiting.iter().map(|row| row.key.shard.as_str()).collect();
    assert_eq!(shards.len(), 1, "one aggregate's rows are in one shard, so that their stream keeps the order");
    assert_eq!(rows(ports, scope, stage.now).await, [], "nothing is older than now");
    assert_eq!(rows(ports, scope, stage.after(1)).await.len(), 9);
    assert!(ports.outbox.waiting(stage.after(5), 3).await.unwrap().len() <= 3);

    let gone: Vec<OutboxKey> = waiting[..7].iter().map(|row| row.key.clone()).collect();
    for _ in 0..2 {
        assert_eq!(ports.outbox.published(&gone).await, Ok(()));
        let left = rows(ports, scope, stage.after(5)).await;
        assert_eq!(left.iter().map(|row| row.events.clone()).collect::<Vec<_>>(), expected[7..]);
    }
    // A commit that publishes nothing leaves no row.
    let silent = then(scope, &order, vec![OrderEvent::DelayCleared], stage.after(2));
    let commit = app::ports::Commit { publish: &[], ..silent.commit() };
    ports.orders.commit(scope, commit).await.unwrap();
    assert_eq!(rows(ports, scope, stage.after(5)).await.len(), expected.len() - 7);
    let all: Vec<OutboxKey> = rows(ports, scope, stage.after(5)).await.into_iter().map(|row| row.key).collect();
    assert_eq!(ports.outbox.published(&all).await, Ok(()));
    assert_eq!(rows(ports, scope, stage.after(5)).await, []);
}

// req: X-05
/// The same order number, version and moment of two tenants are two rows; all of them come in one order.
pub async fn rows_of_all_tenants_come_together(ports: &Ports) {
    let stage = Stage::set();
    for at in 0..64i64 {
        for scope in [&stage.ours, &stage.theirs] {
            let step = placed(scope, &format!("{}", 1_000 + at), stage.after(at * 29 % 64));
            ports.orders.commit(scope, step.commit()).await.unwrap();
        }
    }
    for scope in [&stage.ours, &stage.theirs] {
        let waiting = rows(ports, scope, stage.after(100)).await;
        let numbers: std::collections::BTreeSet<&str> = waiting.iter().map(|row| row.events[0].subject.as_str()).collect();
        assert_eq!((waiting.len(), numbers.len()), (64, 64));
        let times: Vec<Timestamp> = waiting.iter().map(|row| row.events[0].time).collect();
        assert!(times.is_sorted());
        let keys: Vec<OutboxKey> = waiting.iter().map(|row| row.key.clone()).collect();
        assert_eq!(ports.outbox.published(&keys).await, Ok(()));
        assert_eq!(rows(ports, scope, stage.after(100)).await, []);
    }
}

// req: X-05
/// Two things that happened to no order in the same millisecond are two rows; the same thing twice is one.
pub async fn loose_events_of_one_moment_stay_apart(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let one = placed(scope, "1001", stage.now).publish;
    let two: Vec<Envelope> = one.iter().map(|event| Envelope { id: id(&format!("{}x", event.id)), ..event.clone() }).collect();
    for events in [&one, &two, &one] {
        assert_eq!(ports.outbox.add(scope, events, stage.now).await, Ok(()));
    }
    assert_eq!(ports.outbox.add(scope, &[], stage.now).await, Ok(()));
    let waiting = rows(ports, scope, stage.after(1)).await;
    assert_eq!(waiting.iter().map(|row| row.events.clone()).collect::<Vec<_>>(), [one, two]);
    let keys: Vec<OutboxKey> = waiting.into_iter().map(|row| row.key).collect();
    assert_eq!(ports.outbox.published(&keys).await, Ok(()));
}

fn id(text: &str) -> domain::ids::EventId {
    domain::ids::EventId::parse(text).expect("a good id")
}
