//! Webhooks as they came in.

use super::samples::placed;
use super::{Ports, Stage, eventually, patiently, race};
use app::ports::{InboxEntry, InboxKey, InboxState, Received};

fn key(id: &str) -> InboxKey {
    InboxKey { endpoint: "shop".into(), id: id.into() }
}

fn entry(stage: &Stage, id: &str, body: &str, after: i64) -> InboxEntry {
    let body_hash = format!("hash of {body}");
    InboxEntry { key: key(id), body_hash, body: body.into(), received_at: stage.after(after), state: InboxState::Received }
}

fn parked(code: &str) -> InboxState {
    InboxState::Parked { code: code.into(), reason: "import it, then replay".into() }
}

// req: X-03
/// The id says which, the body says whether it is the same.
pub async fn a_webhook_is_new_again_or_different(ports: &Ports) {
    let stage = Stage::set();
    let (scope, inbox) = (&stage.ours, &ports.inbox);
    let first = entry(&stage, "w#1", "{\"a\":1}", 0);
    assert_eq!(inbox.load(scope, &first.key).await, Ok(None));
    assert_eq!(inbox.receive(scope, &first).await, Ok(Received::New));
    assert_eq!(inbox.load(scope, &first.key).await, Ok(Some(first.clone())));
    assert_eq!(inbox.receive(scope, &entry(&stage, "w#1", "{\"a\":1}", 1)).await, Ok(Received::Again(InboxState::Received)));
    assert_eq!(inbox.receive(scope, &entry(&stage, "w#1", "{\"a\":2}", 1)).await, Ok(Received::Different));
    assert_eq!(inbox.load(scope, &first.key).await, Ok(Some(first)), "what came first stays");
    let elsewhere = InboxEntry { key: InboxKey { endpoint: "shop#w".into(), id: "1".into() }, ..entry(&stage, "", "x", 0) };
    assert_eq!(inbox.receive(scope, &elsewhere).await, Ok(Received::New), "another endpoint's id is another id");
    let day = 24 * 3600;
    assert_eq!(inbox.receive(scope, &entry(&stage, "w#1", "{\"a\":1}", 30 * day)).await, Ok(Received::Again(InboxState::Received)));
    assert_eq!(inbox.receive(scope, &entry(&stage, "w#1", "{\"a\":2}", 40 * day)).await, Ok(Received::New), "nobody repeats that late");
}

// req: X-03
/// A state may change until it is done.
pub async fn settling_ends_with_done(ports: &Ports) {
    let stage = Stage::set();
    let (scope, inbox) = (&stage.ours, &ports.inbox);
    let first = entry(&stage, "w1", "{}", 0);
    inbox.receive(scope, &first).await.unwrap();
    for state in [parked("unknown_order"), InboxState::Received, parked("unknown_status"), InboxState::Done] {
        assert_eq!(inbox.settle(scope, &first.key, &state, &[], stage.after(1)).await, Ok(true), "{state:?}");
        assert_eq!(inbox.load(scope, &first.key).await.unwrap().unwrap().state, state);
        assert_eq!(inbox.receive(scope, &first).await, Ok(Received::Again(state)));
    }
    for state in [parked("unknown_order"), InboxState::Received, InboxState::Done] {
        assert_eq!(inbox.settle(scope, &first.key, &state, &[], stage.after(2)).await, Ok(false), "{state:?}");
    }
    assert_eq!(inbox.load(scope, &first.key).await.unwrap().unwrap().state, InboxState::Done);
    assert_eq!(inbox.settle(scope, &key("never received"), &InboxState::Done, &[], stage.now).await, Ok(false));
    assert_eq!(inbox.load(scope, &key("never received")).await, Ok(None));
}

// req: X-05
/// What parking has to say is said if and only if it happened.
pub async fn settling_publishes_with_it(ports: &Ports) {
    let stage = Stage::set();
    let (scope, inbox) = (&stage.ours, &ports.inbox);
    let first = entry(&stage, "w1", "{}", 0);
    inbox.receive(scope, &first).await.unwrap();
    let news = placed(scope, "1001", stage.now).publish;
    assert_eq!(inbox.settle(scope, &first.key, &parked("unknown_order"), &news[..1], stage.after(1)).await, Ok(true));
    assert_eq!(inbox.settle(scope, &first.key, &InboxState::Done, &[], stage.after(2)).await, Ok(true));
    assert_eq!(inbox.settle(scope, &first.key, &parked("late"), &news[1..], stage.after(3)).await, Ok(false));
    let rows = ports.outbox.waiting(stage.after(10), 100_000).await.unwrap();
    let events: Vec<_> = rows.iter().flat_map(|row| &row.events).filter(|event| event.tenant == *scope.tenant()).collect();
    assert_eq!(events, [&news[0]]);
}

// req: X-03
/// What waits for a person, oldest first, until it is settled.
pub async fn parked_entries_wait_oldest_first(ports: &Ports) {
    let stage = Stage::set();
    let (scope, inbox) = (&stage.ours, &ports.inbox);
    for (id, after) in [("c", 3), ("a", 1), ("d", 4), ("b", 2), ("e", 5)] {
        inbox.receive(scope, &entry(&stage, id, "{}", after)).await.unwrap();
    }
    for id in ["d", "c", "b", "a"] {
        inbox.settle(scope, &key(id), &parked("unknown_order"), &[], stage.after(10)).await.unwrap();
    }
    let waiting = |limit: usize| async move {
        let entries = inbox.parked(scope, None, limit).await.unwrap();
        assert!(entries.iter().all(|entry| entry.state == parked("unknown_order")));
        entries.into_iter().map(|entry| entry.key.id).collect::<Vec<_>>()
    };
    assert_eq!(eventually(|| waiting(10), |ids| ids.len() == 4).await, ["a", "b", "c", "d"]);
    assert_eq!(waiting(2).await, ["a", "b"]);
    let second = inbox.load(scope, &key("b")).await.unwrap().unwrap();
    let rest = inbox.parked(scope, Some(&second), 10).await.unwrap();
    assert_eq!(rest.into_iter().map(|entry| entry.key.id).collect::<Vec<_>>(), ["c", "d"], "what comes after it");
    inbox.settle(scope, &key("a"), &InboxState::Received, &[], stage.after(11)).await.unwrap();
    inbox.settle(scope, &key("c"), &InboxState::Done, &[], stage.after(11)).await.unwrap();
    assert_eq!(eventually(|| waiting(10), |ids| ids.len() == 2).await, ["b", "d"]);
    inbox.settle(scope, &key("a"), &parked("unknown_order"), &[], stage.after(12)).await.unwrap();
    assert_eq!(eventually(|| waiting(10), |ids| ids.len() == 3).await, ["a", "b", "d"]);
}

// req: X-08
/// The body goes; the hash, and what became of it, stay.
pub async fn bodies_are_forgotten_fates_are_not(ports: &Ports) {
    let stage = Stage::set();
    let (scope, inbox) = (&stage.ours, &ports.inbox);
    let entries: Vec<InboxEntry> = (0..20).map(|at| entry(&stage, &format!("w{at}"), "{\"email\":\"anna@example.com\"}", 0)).collect();
    for entry in &entries {
        inbox.receive(scope, entry).await.unwrap();
    }
    inbox.settle(scope, &key("w0"), &InboxState::Done, &[], stage.after(1)).await.unwrap();
    let mut keys: Vec<InboxKey> = entries[..19].iter().map(|entry| entry.key.clone()).collect();
    keys.push(key("never received"));
    for forgotten in [19, 0] {
        assert_eq!(inbox.forget_bodies(scope, &keys).await, Ok(forgotten));
    }
    for (at, before) in entries.iter().enumerate() {
        let after = inbox.load(scope, &before.key).await.unwrap().unwrap();
        let body = if at < 19 { String::new() } else { before.body.clone() };
        let state = if at == 0 { InboxState::Done } else { InboxState::Received };
        assert_eq!(after, InboxEntry { body, state, ..before.clone() });
        assert!(matches!(inbox.receive(scope, before).await, Ok(Received::Again(_))), "the hash still tells");
    }
    assert_eq!(inbox.load(scope, &key("never received")).await, Ok(None));
    // What is still needed of a body can stay without the rest of it; what is gone is gone.
    let last = &entries[19];
    assert_eq!(inbox.replace_body(scope, &last.key, "less").await, Ok(true));
    assert_eq!(inbox.load(scope, &last.key).await, Ok(Some(InboxEntry { body: "less".into(), ..last.clone() })));
    for gone in [&entries[0].key, &key("never received")] {
        assert_eq!(inbox.replace_body(scope, gone, "more").await, Ok(false));
    }
    assert_eq!(inbox.replace_body(&stage.theirs, &last.key, "theirs").await, Ok(false));
}

// req: X-03
/// Sixty-four deliveries of one webhook.
pub async fn of_64_deliveries_one_is_new(ports: &Ports) {
    let stage = Stage::set();
    let received = race(64, |_| {
        let (ports, scope, entry) = (ports.clone(), stage.ours.clone(), entry(&stage, "w1", "{}", 0));
        async move { patiently(|| ports.inbox.receive(&scope, &entry)).await }
    })
    .await;
    let new = received.iter().filter(|received| **received == Received::New).count();
    let again = received.iter().filter(|received| **received == Received::Again(InboxState::Received)).count();
    assert_eq!((new, again), (1, 63));
}

// req: X-03
/// Another tenant's webhook does not exist.
pub async fn entries_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let inbox = &ports.inbox;
    let first = entry(&stage, "w1", "{}", 0);
    inbox.receive(&stage.ours, &first).await.unwrap();
    inbox.settle(&stage.ours, &first.key, &parked("unknown_order"), &[], stage.after(1)).await.unwrap();
    assert_eq!(inbox.load(&stage.theirs, &first.key).await, Ok(None));
    assert_eq!(inbox.settle(&stage.theirs, &first.key, &InboxState::Done, &[], stage.after(1)).await, Ok(false));
    assert_eq!(inbox.forget_bodies(&stage.theirs, std::slice::from_ref(&first.key)).await, Ok(0));
    assert_eq!(inbox.parked(&stage.theirs, None, 10).await, Ok(Vec::new()));
    let ours = eventually(|| async { inbox.parked(&stage.ours, None, 10).await.unwrap() }, |entries| entries.len() == 1).await;
    assert_eq!(ours[0].body, "{}");
    assert_eq!(inbox.receive(&stage.theirs, &first).await, Ok(Received::New));
}
