//! An audit entry for every change, and no way to alter one unseen.

use crate::house::House;
use crate::rest::{get, order, post};
use app::audit::{Finding, verify};
use app::ports::OrderStore;
use domain::ids::OrderId;
use domain::order::{Actor, Order, OrderEvent, Recorded};
use serde_json::json;

/// An order with a past: placed, checked by hand with a note, shipped, and its customer erased.
async fn told() -> (House, Order, Vec<Recorded>) {
    let house = House::new().await;
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "k1")], order("7001")).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    for (status, note) in [("processing", "rang Ann on 555 0100"), ("ready_to_ship", "packed"), ("shipped", "by van")] {
        let moved = post(&house, "/v1/orders/7001/status", &[], json!({ "status": status, "note": note })).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    house.settle().await;
    let dossier = house.world.orders().dossier(&house.scope, &OrderId::parse("7001").unwrap(), 100).await.unwrap().unwrap();
    (house, dossier.order, dossier.history)
}

/// A commit for every version, and every one of them sealed.
// req: S2-89
#[tokio::test]
async fn complete() {
    let (house, order, history) = told().await;
    assert_eq!(history.iter().map(|recorded| recorded.version).collect::<Vec<_>>(), (1..=order.version).collect::<Vec<_>>());
    let mut seals: Vec<&str> = history.iter().map(|recorded| recorded.seal.as_deref().unwrap()).collect();
    assert_eq!(order.seal.as_deref(), seals.last().copied());
    seals.sort_unstable();
    seals.dedup();
    assert_eq!(seals.len(), history.len(), "no two are alike");
    let found = get(&house, "/v1/orders/7001/audit").await;
    assert_eq!(
        found.body,
        json!({ "order_id": "7001", "intact": true, "findings": [], "commits": history.len(), "whole": true, "sealed_from": 1, "seal": order.seal })
    );
    assert_eq!(get(&house, "/v1/orders/7002/audit").await.status, 404);
}

/// The customer is forgotten, and what people wrote of them: the seals hold as before.
// req: S2-89
#[tokio::test]
async fn erasure_breaks_no_seal() {
    let (house, _, before) = told().await;
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "email": "ann@example.com" })).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    let dossier = house.world.orders().dossier(&house.scope, &OrderId::parse("7001").unwrap(), 100).await.unwrap().unwrap();
    assert!(
        serde_json::to_string(&before).unwrap().contains("555 0100")
            && !serde_json::to_string(&dossier.history).unwrap().contains("555 0100")
    );
    let found = get(&house, "/v1/orders/7001/audit").await;
    assert_eq!((&found.body["intact"], &found.body["findings"]), (&json!(true), &json!([])));
}

/// Whatever is altered, left out, put in or moved is found.
// req: S2-89
#[tokio::test]
async fn chain_verifies() {
    let (_, order, history) = told().await;
    assert_eq!(verify(&order, &history).unwrap().findings, []);
    let found = |order: &Order, history: &[Recorded]| verify(order, history).unwrap().findings;
    let last = history.len() - 1;
    for at in 0..history.len() {
        let altered = |change: fn(&mut Recorded)| {
            let mut other = history.clone();
            change(&mut other[at]);
            other
        };
        let version = history[at].version;
        let is_altered = [Finding::Altered { version }];
        assert_eq!(found(&order, &altered(|one| one.actor = Actor::Rule { name: "somebody".into() })), is_altered);
        assert_eq!(found(&order, &altered(|one| one.at += jiff::SignedDuration::from_secs(1))), is_altered);
        assert_eq!(found(&order, &altered(|one| drop(one.events.pop()))), is_altered);
        assert_eq!(found(&order, &altered(|one| one.events.push(OrderEvent::ContactErased))), is_altered);
        assert_eq!(found(&order, &altered(|one| one.seal = Some("AAAAAAAAAAAAAAAAAAAAAA".into()))), is_altered);
        if at > 0 {
            assert_eq!(found(&order, &altered(|one| one.seal = None)), is_altered, "seals do not end");
            let mut swapped = history.clone();
            swapped.swap(at - 1, at);
            assert!(!found(&order, &swapped).is_empty(), "{at}");
        }
        let mut fewer = history.clone();
        fewer.remove(at);
        let gone = match at {
            0 => vec![],
            at if at == last => vec![Finding::Head],
            at => vec![Finding::Gap { after: at as u64 }],
        };
        if at > 0 {
            assert_eq!(found(&order, &fewer), gone, "{at}");
        }
        let mut more = history.clone();
        more.insert(at, history[at].clone());
        assert!(!found(&order, &more).is_empty(), "{at}");
    }
    let mut head = order.clone();
    head.totals.total_minor -= 1;
    assert_eq!(found(&head, &history), [Finding::NotReplayed], "the order itself was altered");
    head.seal = None;
    assert_eq!(found(&head, &history), [Finding::Head]);
    // One from before there were seals says so, and is not called altered.
    let old: Vec<Recorded> = history.iter().map(|one| Recorded { seal: None, ..one.clone() }).collect();
    let audit = verify(&Order { seal: None, ..order.clone() }, &old).unwrap();
    assert_eq!((audit.findings, audit.sealed_from), (vec![], None));
    // What is not read from the beginning is checked as far as it goes.
    let audit = verify(&order, &history[2..]).unwrap();
    assert_eq!((audit.findings, audit.whole), (vec![], false));
}
