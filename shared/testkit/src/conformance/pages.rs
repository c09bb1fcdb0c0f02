//! Lists of orders.

use super::samples::{email, moved, number, placed_by, then};
use super::{Ports, Stage, eventually};
use app::TenantScope;
use app::ports::{OrderQuery, OrderSummary, PageKey};
use app::privacy::customer_key;
use domain::order::{Order, OrderEvent, OrderStatus, Track, WatchRules, Watched};
use jiff::tz::TimeZone;
use std::collections::{BTreeMap, BTreeSet};

const ORDERS: usize = 60;

/// Sixty orders of two customers, five of each status, placed a second apart and changed in another order.
async fn sixty(ports: &Ports, stage: &Stage) -> BTreeMap<String, Order> {
    let mut orders = BTreeMap::new();
    for at in 0..ORDERS {
        let id = format!("{}", 1_000 + at);
        let address = if at % 3 == 0 { "Eve@example.com" } else { "anna@example.com" };
        let first = placed_by(&stage.ours, &id, address, None, stage.after(at as i64));
        ports.orders.commit(&stage.ours, first.commit()).await.unwrap();
        let status = OrderStatus::ALL[at % 12];
        // Two orders a second, so that times alone do not tell orders apart.
        let changed_at = stage.after(100 + ((at * 37) % ORDERS / 2) as i64);
        let next = moved(&stage.ours, &first.order, status, None, changed_at);
        ports.orders.commit(&stage.ours, next.commit()).await.unwrap();
        orders.insert(id, next.order);
    }
    orders
}

async fn all_pages(ports: &Ports, scope: &TenantScope, query: &OrderQuery, limit: usize) -> Vec<OrderSummary> {
    let mut found = Vec::new();
    let mut after: Option<PageKey> = None;
    loop {
        let page = ports.orders.page(scope, query, after.as_ref(), limit).await.unwrap();
        assert!(page.orders.len() <= limit);
        assert!(page.next.is_none() || page.orders.len() == limit, "only the last page may be short");
        assert!(after.is_none() || !page.orders.is_empty(), "no page leads to nothing");
        found.extend(page.orders);
        assert!(found.len() <= 10 * ORDERS, "pages go round in a circle");
        after = page.next;
        if after.is_none() {
            return found;
        }
    }
}

async fn listed(ports: &Ports, scope: &TenantScope, query: &OrderQuery, limit: usize, expected: &[OrderSummary]) {
    let read = || all_pages(ports, scope, query, limit);
    let found = eventually(read, |found| found.len() == expected.len()).await;
    let ids = |list: &[OrderSummary]| list.iter().map(|summary| summary.id.to_string()).collect::<Vec<_>>().join(" ");
    assert_eq!(ids(&found), ids(expected), "{query:?} by {limit}");
    assert_eq!(found, expected);
}

fn newest_first(orders: impl Iterator<Item = Order>, key: impl Fn(&Order) -> jiff::Timestamp) -> Vec<OrderSummary> {
    let mut orders: Vec<Order> = orders.collect();
    orders.sort_by_key(|order| std::cmp::Reverse((key(order), order.id.clone())));
    orders.iter().map(OrderSummary::of).collect()
}

// req: S1-74
/// Other rules move an order among the open ones, unless it has changed meanwhile or is none of them.
pub async fn an_order_is_rescheduled(ports: &Ports) {
    let stage = Stage::set();
    let (scope, soon) = (&stage.ours, stage.after(60));
    let first = placed_by(scope, "1", "eve@example.com", None, stage.after(0));
    ports.orders.commit(scope, first.commit()).await.unwrap();
    let query = OrderQuery::Due(stage.after(61));
    listed(ports, scope, &query, 5, &[]).await;
    let go = |version: u64| async move { ports.orders.reschedule(scope, &number("1"), version, soon).await.unwrap() };
    assert!(!go(2).await, "another version");
    assert!(go(1).await);
    listed(ports, scope, &query, 5, &[OrderSummary::of(&first.order)]).await;
    assert_eq!(ports.orders.load(scope, &number("1")).await.unwrap().as_ref(), Some(&first.order));
    let closed = moved(scope, &first.order, OrderStatus::Cancelled, None, stage.after(2));
    ports.orders.commit(scope, closed.commit()).await.unwrap();
    assert!(!go(2).await, "nobody's work any more");
    assert!(!ports.orders.reschedule(scope, &number("404"), 1, soon).await.unwrap());
    listed(ports, scope, &query, 5, &[]).await;
}

// req: X-03
/// Whatever the size of the pages, each list has each of its orders once and in order.
pub async fn every_order_stands_in_every_list_once(ports: &Ports) {
    let stage = Stage::set();
    let orders = sixty(ports, &stage).await;
    let all = || orders.values().cloned();
    for limit in [1, 7, 60, 100] {
        listed(ports, &stage.ours, &OrderQuery::All, limit, &newest_first(all(), |order| order.updated_at)).await;
    }
    for status in OrderStatus::ALL {
        let expected = newest_first(all().filter(|order| order.tracks.status == *status), |order| order.updated_at);
        assert_eq!(expected.len(), 5);
        listed(ports, &stage.ours, &OrderQuery::Status(*status), 2, &expected).await;
    }
    let due = |order: &Order| Watched::of(order).due(&WatchRules::default(), &TimeZone::UTC).expect("an open order");
    let mut open = newest_first(all().filter(|order| order.tracks.status.is_open()), due);
    open.reverse();
    assert_eq!(open.len(), 40);
    for limit in [6, 50] {
        listed(ports, &stage.ours, &OrderQuery::Open, limit, &open).await;
    }
    // A moment at which some of them need a person, one of them not quite.
    let moment = all().filter(|order| order.tracks.status.is_open()).map(|order| due(&order)).max().expect("open orders");
    let now_due = newest_first(all().filter(|order| order.tracks.status.is_open() && due(order) < moment), due);
    assert!(now_due.len() > 5 && now_due.len() < 40, "{}", now_due.len());
    for limit in [2, 50] {
        listed(ports, &stage.ours, &OrderQuery::Due(moment), limit, &now_due.iter().rev().cloned().collect::<Vec<_>>()).await;
    }
    listed(ports, &stage.ours, &OrderQuery::Due(stage.after(-1_000_000)), 5, &[]).await;
    let eve = customer_key(stage.ours.tenant(), &email("eve@EXAMPLE.com"));
    let hers = newest_first(all().enumerate().filter(|(at, _)| at % 3 == 0).map(|(_, order)| order), |order| order.placed_at);
    assert_eq!(hers.len(), 20);
    listed(ports, &stage.ours, &OrderQuery::Customer(eve), 3, &hers).await;
    let nobody = OrderQuery::Customer(customer_key(stage.ours.tenant(), &email("nobody@example.com")));
    listed(ports, &stage.ours, &nobody, 3, &[]).await;
}

// req: X-03
/// Somebody reads page by page while orders move: what stood still is seen exactly once, what moved away to the
/// front is not seen twice.
pub async fn pages_hold_while_orders_move(ports: &Ports) {
    let stage = Stage::set();
    let orders = sixty(ports, &stage).await;
    listed(ports, &stage.ours, &OrderQuery::All, 60, &newest_first(orders.values().cloned(), |order| order.updated_at)).await;
    let (mut found, mut after): (Vec<String>, Option<PageKey>) = (Vec::new(), None);
    let mut moving = orders.values().step_by(7);
    let mut touched = BTreeSet::new();
    loop {
        let page = ports.orders.page(&stage.ours, &OrderQuery::All, after.as_ref(), 7).await.unwrap();
        found.extend(page.orders.iter().map(|summary| summary.id.to_string()));
        after = page.next;
        if after.is_none() {
            break;
        }
        if let Some(order) = moving.next() {
            let to = if order.tracks.status == OrderStatus::Shipped { OrderStatus::Delivered } else { OrderStatus::Shipped };
            let next = moved(&stage.ours, order, to, None, stage.after(10_000));
            ports.orders.commit(&stage.ours, next.commit()).await.unwrap();
            touched.insert(order.id.to_string());
        }
    }
    let distinct: BTreeSet<&String> = found.iter().collect();
    assert_eq!(distinct.len(), found.len(), "somebody is there twice: {found:?}");
    for id in orders.keys().filter(|id| !touched.contains(*id)) {
        assert!(distinct.contains(id), "{id} stood still and was missed");
    }
}

// req
/// A closed order is nobody's work; an erased one is nobody's order.
pub async fn closed_and_erased_orders_leave_their_lists(ports: &Ports) {
    let stage = Stage::set();
    let scope = &stage.ours;
    let first = placed_by(scope, "1001", "anna@example.com", None, stage.now);
    ports.orders.commit(scope, first.commit()).await.unwrap();
    let hers = OrderQuery::Customer(customer_key(scope.tenant(), &email("anna@example.com")));
    let expected = [OrderSummary::of(&first.order)];
    for query in [&OrderQuery::Open, &hers, &OrderQuery::All, &OrderQuery::Status(OrderStatus::Pending)] {
        listed(ports, scope, query, 5, &expected).await;
    }
    let closed = moved(scope, &first.order, OrderStatus::Delivered, None, stage.after(1));
    ports.orders.commit(scope, closed.commit()).await.unwrap();
    listed(ports, scope, &OrderQuery::Open, 5, &[]).await;
    listed(ports, scope, &OrderQuery::Status(OrderStatus::Pending), 5, &[]).await;
    listed(ports, scope, &OrderQuery::Status(OrderStatus::Delivered), 5, &[OrderSummary::of(&closed.order)]).await;
    let erased = then(scope, &closed.order, vec![OrderEvent::ContactErased], stage.after(2));
    ports.orders.commit(scope, erased.commit()).await.unwrap();
    listed(ports, scope, &hers, 5, &[]).await;
    let left =
        eventually(|| all_pages(ports, scope, &OrderQuery::All, 5), |found| found.iter().all(|summary| summary.customer.is_none())).await;
    assert_eq!(left, [OrderSummary::of(&erased.order)]);
    // An order that is opened again is somebody's work again.
    let reopened = moved(scope, &erased.order, OrderStatus::ReturnRequested, None, stage.after(3));
    ports.orders.commit(scope, reopened.commit()).await.unwrap();
    listed(ports, scope, &OrderQuery::Open, 5, &[OrderSummary::of(&reopened.order)]).await;
}

// req: X-03
/// No list shows another tenant's orders, not even with a place in our list.
pub async fn lists_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    for at in 0..3 {
        let step = placed_by(&stage.ours, &format!("{at}"), "anna@example.com", None, stage.after(at));
        ports.orders.commit(&stage.ours, step.commit()).await.unwrap();
    }
    let page = || async { ports.orders.page(&stage.ours, &OrderQuery::All, None, 2).await.unwrap() };
    let ours = eventually(page, |page| page.next.is_some()).await;
    let by_us = customer_key(stage.ours.tenant(), &email("anna@example.com"));
    let by_them = customer_key(stage.theirs.tenant(), &email("anna@example.com"));
    assert_ne!(by_us, by_them);
    for query in [OrderQuery::All, OrderQuery::Open, OrderQuery::Customer(by_us), OrderQuery::Customer(by_them)] {
        for after in [None, ours.next.as_ref()] {
            let page = ports.orders.page(&stage.theirs, &query, after, 10).await.unwrap();
            assert!(page.orders.is_empty() && page.next.is_none());
        }
    }
    let nonsense = PageKey("nonsense".into());
    assert!(ports.orders.page(&stage.ours, &OrderQuery::All, Some(&nonsense), 2).await.is_err());
    assert_eq!(ports.orders.load(&stage.theirs, &number("0")).await, Ok(None));
}
