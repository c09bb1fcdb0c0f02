//! The index of what is to happen to orders.

use super::samples::{placed, then};
use super::{Ports, Stage, eventually, patiently};
use app::ports::DueTimer;
use domain::ids::TimerId;
use domain::order::{Order, OrderEvent, Timer, Wake};
use jiff::{SignedDuration, Timestamp};

/// All that is due of these two shops; others may use the store, too.
async fn due(ports: &Ports, stage: &Stage, now: Timestamp) -> Vec<(String, String, Timestamp)> {
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = patiently(|| ports.timers.due(now, after.as_ref(), 2)).await;
        assert!(page.len() <= 2 && page.is_sorted_by_key(|due| due.at), "{page:?}");
        let ours = page.into_iter().filter(|due| due.tenant == *stage.ours.tenant() || due.tenant == *stage.theirs.tenant());
        found.extend(ours.map(|DueTimer { tenant, order, at }| (tenant.to_string(), order.to_string(), at)));
        after = next;
        if after.is_none() {
            return found;
        }
    }
}

fn set(id: &str, at: Timestamp) -> OrderEvent {
    OrderEvent::TimerSet { timer: Timer { id: TimerId::parse(id).unwrap(), at, wake: Wake::tell(None) } }
}

/// An order is due when the first of its timers is, after it and not at it, and no longer when it has none.
pub async fn an_order_stands_where_its_first_timer_is_due(ports: &Ports) {
    let stage = Stage::set();
    // Long ago, so that nobody else's are before ours.
    let at = |minutes: i64| "2001-01-01T00:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes);
    let mut orders: Vec<Order> = Vec::new();
    for (scope, id, minute) in [(&stage.ours, "T-1", 3), (&stage.ours, "T-2", 1), (&stage.theirs, "T-1", 2), (&stage.ours, "T-3", 5)] {
        let first = placed(scope, id, stage.now);
        ports.orders.commit(scope, first.commit()).await.unwrap();
        let step = then(scope, &first.order, vec![set("a", at(minute)), set("b", at(minute + 7))], stage.after(1));
        ports.orders.commit(scope, step.commit()).await.unwrap();
        orders.push(step.order);
    }
    let (ours, theirs) = (stage.ours.tenant().to_string(), stage.theirs.tenant().to_string());
    let row = |tenant: &str, id: &str, minute: i64| (tenant.to_owned(), id.to_owned(), at(minute));
    let expected = [row(&ours, "T-2", 1), row(&theirs, "T-1", 2), row(&ours, "T-1", 3)];
    let until = at(5);
    assert_eq!(eventually(|| due(ports, &stage, until), |found| found.len() >= 3).await, expected, "T-3 is due after this moment");
    let fired = then(&stage.ours, &orders[1], vec![OrderEvent::TimerFired { id: TimerId::parse("a").unwrap() }], stage.after(2));
    ports.orders.commit(&stage.ours, fired.commit()).await.unwrap();
    let gone = eventually(|| due(ports, &stage, until), |found| found.len() == 2).await;
    assert_eq!(gone, expected[1..], "the other of its timers is due later");
    let last = then(&stage.ours, &fired.order, vec![OrderEvent::TimerFired { id: TimerId::parse("b").unwrap() }], stage.after(3));
    ports.orders.commit(&stage.ours, last.commit()).await.unwrap();
    let later = eventually(|| due(ports, &stage, at(99)), |found| found.len() == 3).await;
    assert!(later.iter().all(|(_, id, _)| id != "T-2"), "{later:?}");
}
