//! Webhooks to others: over the API, from the queue, and from the schedule.

use crate::house::{House, correlation, identity};
use crate::rest::{Answer, call, get, post};
use crate::samples::Lot;
use app::Scopes;
use app::ports::{Delivery, DeliveryState, WebhookEndpoint, WebhookStore};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use contracts::queue::WebhookAsked;
use domain::ids::WebhookEndpointId;
use domain::order::Role;
use futures::FutureExt;
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::listeners::Reaction;

async fn made(house: &House, events: &[&str]) -> Answer {
    let body = json!({ "url": "https://shop.example/told", "description": "Back office", "events": events });
    let answer = post(house, "/v1/webhook-endpoints", &[], body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer
}

fn id_of(answer: &Answer) -> String {
    answer.body["id"].as_str().unwrap().to_owned()
}

/// The function is handed these records. The ids of those that come again.
async fn handed(house: &House, bodies: impl IntoIterator<Item = String>) -> Vec<String> {
    handed_beside(house, &Lot::default(), bodies).await
}

async fn handed_beside(house: &House, lot: &Lot, bodies: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut event = SqsEvent::default();
    for (n, body) in bodies.into_iter().enumerate() {
        let mut message = SqsMessage::default();
        (message.message_id, message.body) = (Some(n.to_string()), Some(body));
        event.records.push(message);
    }
    let event = serde_json::to_value(event).unwrap();
    let said = webhook_out::handle(&house.deliver(), lot, event, correlation()).await.unwrap();
    said["batchItemFailures"].as_array().unwrap().iter().map(|one| one["itemIdentifier"].as_str().unwrap().to_owned()).collect()
}

/// Everything that was published since is told.
async fn tell(house: &House) {
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let bodies: Vec<String> = house.world.take_published().iter().map(|event| serde_json::to_string(event).unwrap()).collect();
    assert_eq!(handed(house, bodies).await, Vec::<String>::new());
}

/// What was asked of the function itself is done.
async fn asked(house: &House) -> usize {
    let bodies: Vec<String> = std::iter::from_fn(|| house.world.take_queued()).collect();
    assert!(bodies.iter().all(|body| WebhookAsked::is_meant(body) && WebhookAsked::read(body).is_ok()), "{bodies:?}");
    let count = bodies.len();
    assert_eq!(handed(house, bodies).await, Vec::<String>::new());
    count
}

async fn sweep(house: &House) -> Value {
    webhook_out::handle(&house.deliver(), &Lot::default(), json!({ "time": "2025-08-09T10:00:00Z" }), correlation()).await.unwrap()
}

fn deliveries(house: &House) -> Vec<Delivery> {
    house.world.all_deliveries(&house.scope)
}

async fn ship(house: &House) {
    moves(house, "1003", &["processing", "shipped"]).await;
}

async fn moves(house: &House, number: &str, statuses: &[&str]) {
    for status in statuses {
        let moved = post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": status, "notify": false })).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
}

// req: S2-73
#[tokio::test]
async fn what_happens_is_told_signed_and_once() {
    let house = House::new().await;
    tell(&house).await;
    let endpoint = made(&house, &["order.shipped", "order.status_changed.v1"]).await;
    assert!(endpoint.body["secret"].as_str().unwrap().starts_with("whsec_"), "{}", endpoint.body);
    let id = id_of(&endpoint);
    let read = get(&house, &format!("/v1/webhook-endpoints/{id}")).await;
    assert_eq!((read.status, read.body.get("secret"), &read.body["enabled"]), (200, None, &json!(true)), "shown once");
    ship(&house).await;
    let again: Vec<_> = house.world.outbox_rows().iter().flat_map(|row| row.events.clone()).collect();
    tell(&house).await;
    // The queue delivers at least once.
    handed(&house, again.iter().map(|event| serde_json::to_string(event).unwrap())).await;
    let calls = house.listeners.calls();
    let mut ids: Vec<&str> = calls.iter().map(|call| call.id.as_str()).collect();
    ids.sort_unstable();
    let shipped = calls.iter().find(|call| call.id.as_str().ends_with(":order.shipped")).unwrap();
    assert_eq!(ids.len(), 3, "{ids:?}");
    assert_eq!((shipped.url.as_str(), shipped.keys), ("https://shop.example/told", 1));
    let said: Value = serde_json::from_str(&shipped.body).unwrap();
    assert_eq!(
        (&said["type"], &said["data"]["order_id"], &said["data"]["to"]),
        (&json!("order.shipped"), &json!("1003"), &json!("shipped"))
    );
    assert!(!shipped.body.contains("eve@"), "{}", shipped.body);
    let page = get(&house, &format!("/v1/webhook-endpoints/{id}/deliveries?limit=1")).await;
    assert_eq!(page.body["deliveries"].as_array().unwrap().len(), 1, "{}", page.body);
    let next = page.body["next_cursor"].as_str().unwrap();
    let rest = get(&house, &format!("/v1/webhook-endpoints/{id}/deliveries?cursor={next}")).await;
    let (first, second) = (&page.body["deliveries"][0], &rest.body["deliveries"][0]);
    assert_ne!(first["id"], second["id"]);
    assert_eq!((&first["state"], &first["tries"][0]["status"]), (&json!("delivered"), &json!(204)));
    assert_eq!((first["subject"].as_str(), rest.body.get("next_cursor")), (Some("1003"), None));
}

/// Eight tries at the documented times, and then no more; the order of their times does not depend on the queue.
// req: S2-73
#[tokio::test]
async fn what_is_not_taken_is_tried_again_by_the_schedule_and_then_given_up() {
    let house = House::new().await;
    tell(&house).await;
    made(&house, &["order.shipped"]).await;
    house.listeners.will(|_| Reaction::Says(500));
    ship(&house).await;
    tell(&house).await;
    for (tries, wait_s) in [(1, 5), (2, 300), (3, 1_800), (4, 7_200), (5, 18_000), (6, 36_000), (7, 36_000)] {
        let delivery = &deliveries(&house)[0];
        let next_at = house.clock_now() + SignedDuration::from_secs(wait_s);
        assert_eq!((delivery.tried, &delivery.state), (tries, &DeliveryState::Waiting { next_at }));
        // What waits longer than a queue keeps a message comes back from the index.
        if wait_s > 900 {
            assert_eq!(house.world.queued(), Vec::<String>::new());
            house.clock.set(next_at + SignedDuration::from_secs(59));
            assert_eq!(sweep(&house).await["brought_back"], 0, "not before its time");
        }
        house.clock.set(next_at + SignedDuration::from_secs(61));
        if wait_s > 900 {
            assert_eq!(sweep(&house).await["brought_back"], 1);
            assert_eq!(sweep(&house).await["brought_back"], 0, "it is on its way");
        }
        assert_eq!(asked(&house).await, 1);
    }
    let delivery = &deliveries(&house)[0];
    assert_eq!((delivery.tried, &delivery.state, delivery.tries.len()), (8, &DeliveryState::Failed, 8));
    house.clock.advance(SignedDuration::from_hours(100));
    assert_eq!(sweep(&house).await["brought_back"], 0);
    assert_eq!(house.listeners.calls().len(), 8);
}

/// A message that the queue lost, or delivered twice, changes nothing.
// req: S2-73
#[tokio::test]
async fn what_the_queue_loses_comes_back_and_what_it_repeats_is_passed_over() {
    let house = House::new().await;
    tell(&house).await;
    made(&house, &["order.shipped"]).await;
    house.listeners.script([Reaction::Away, Reaction::Busy(600)]);
    ship(&house).await;
    tell(&house).await;
    assert!(house.world.take_queued().is_some(), "lost");
    house.clock.advance(SignedDuration::from_secs(70));
    assert_eq!(sweep(&house).await["brought_back"], 1);
    let message = house.world.take_queued().unwrap();
    handed(&house, [message.clone(), message.clone()]).await;
    assert_eq!(house.listeners.calls().len(), 2, "both at the same time, in one batch: one of them is written down");
    let delivery = &deliveries(&house)[0];
    let next_at = house.clock_now() + SignedDuration::from_secs(600);
    assert_eq!((delivery.tried, &delivery.state), (2, &DeliveryState::Waiting { next_at }), "as long as it asked for");
    handed(&house, [message]).await;
    assert_eq!(house.listeners.calls().len(), 2, "of an earlier version");
    asked(&house).await;
    assert_eq!(deliveries(&house)[0].state, DeliveryState::Delivered);
    let why: Vec<Option<String>> = deliveries(&house)[0].tries.iter().map(|one| one.why.clone()).collect();
    assert_eq!(why, [Some("no answer in time".to_owned()), None, None]);
}

// req: S2-73
#[tokio::test]
async fn an_endpoint_that_is_gone_is_switched_off_and_the_team_is_told() {
    let house = House::new().await;
    tell(&house).await;
    let id = id_of(&made(&house, &["order.*"]).await);
    house.listeners.will(|_| Reaction::Says(410));
    ship(&house).await;
    tell(&house).await;
    let path = format!("/v1/webhook-endpoints/{id}");
    let off = get(&house, &path).await.body;
    assert_eq!((&off["enabled"], &off["off_because"]), (&json!(false), &json!("gone")));
    // It is told nothing, and nothing is lost.
    let before = house.listeners.calls().len();
    house.listeners.will(|_| Reaction::Says(204));
    moves(&house, "1003", &["delivered"]).await;
    let events: Vec<_> = house.world.outbox_rows().into_iter().flat_map(|row| row.events).collect();
    house.settle().await;
    handed(&house, events.iter().map(|event| serde_json::to_string(event).unwrap())).await;
    let posts = house.world.posts();
    let told: Vec<&String> = posts.iter().map(|(_, text)| text).filter(|text| text.contains("Webhook switched off")).collect();
    assert_eq!(told.len(), 1, "{posts:?}");
    assert!(told[0].contains("Back office") && told[0].contains("410"), "{}", told[0]);
    assert_eq!(house.listeners.calls().len(), before);
    for (verb, what) in [("test", Value::Null), ("replay", json!({ "from": "2025-08-01T00:00:00Z" }))] {
        let refused = post(&house, &format!("{path}/{verb}"), &[], what).await;
        assert_eq!((refused.status, refused.body["errors"][0]["code"].as_str()), (422, Some("is_off")), "{}", refused.body);
    }
    let on = call(&house, Some(crate::house::owner()), "PATCH", &path, &[], json!({ "enabled": true })).await;
    assert_eq!((on.status, &on.body["enabled"]), (200, &json!(true)));
    let replayed = post(&house, &format!("{path}/replay"), &[], json!({ "from": "2025-08-01T00:00:00Z" })).await;
    assert_eq!(replayed.status, 202);
    while asked(&house).await > 0 {}
    assert!(deliveries(&house).iter().all(|one| one.state == DeliveryState::Delivered), "{:?}", deliveries(&house));
    assert!(deliveries(&house).iter().any(|one| one.kind == "order.delivered"), "what happened while it was off");
}

// req: S2-73
#[tokio::test]
async fn a_replay_sends_what_was_not_taken_or_all_of_a_time() {
    let house = House::new().await;
    house.world.take_stream(usize::MAX);
    let id = id_of(&made(&house, &["order.shipped"]).await);
    house.listeners.script([Reaction::Says(500)]);
    // More than a page.
    for n in 0..150 {
        house.import(&format!("R-{n}"), "Received", "ann@example.com", "2025-08-14").await;
        moves(&house, &format!("R-{n}"), &["processing", "shipped"]).await;
        house.clock.advance(SignedDuration::from_secs(1));
    }
    tell(&house).await;
    while house.world.take_queued().is_some() {}
    let path = format!("/v1/webhook-endpoints/{id}/replay");
    let from = "2025-08-09T00:00:00Z";
    assert_eq!(post(&house, &path, &[], json!({ "from": from })).await.status, 202);
    while asked(&house).await > 0 {}
    assert_eq!(house.listeners.calls().len(), 151, "the one that was not taken");
    assert_eq!(post(&house, &path, &[], json!({ "from": from, "all": true })).await.status, 202);
    while asked(&house).await > 0 {}
    assert_eq!(house.listeners.calls().len(), 301, "all of them once more, under their ids");
    let ids: std::collections::HashSet<String> = house.listeners.calls().iter().map(|call| call.id.to_string()).collect();
    assert_eq!(ids.len(), 150);
    let last = deliveries(&house).iter().map(|one| one.at).max().unwrap();
    assert_eq!(post(&house, &path, &[], json!({ "from": last, "to": last, "all": true })).await.status, 202);
    while asked(&house).await > 0 {}
    assert_eq!(house.listeners.calls().len(), 302, "both ends are in");
    let back = post(&house, &path, &[], json!({ "from": "2025-08-10T00:00:00Z", "to": "2025-08-09T00:00:00Z" })).await;
    assert_eq!((back.status, back.body["errors"][0]["field"].as_str()), (422, Some("to")));
}

/// A cursor goes with its time; a replay ends the one before it, and goes on in pages that leave room for what happens meanwhile.
// req: S2-73
#[tokio::test]
async fn one_replay_at_a_time() {
    let house = House::new().await;
    house.world.take_stream(usize::MAX);
    let id = id_of(&made(&house, &["order.placed.v1"]).await);
    for n in 0..120 {
        house.import(&format!("R-{n}"), "Received", "ann@example.com", "2025-08-14").await;
    }
    tell(&house).await;
    let deliveries = format!("/v1/webhook-endpoints/{id}/deliveries");
    let page = get(&house, &format!("{deliveries}?limit=5&from=2025-08-01T00:00:00Z")).await;
    let cursor = page.body["next_cursor"].as_str().unwrap();
    assert_eq!(get(&house, &format!("{deliveries}?limit=5&cursor={cursor}&from=2025-08-02T00:00:00Z")).await.status, 422);
    assert_eq!(get(&house, &format!("{deliveries}?limit=5&cursor={cursor}&from=2025-08-01T00:00:00Z")).await.status, 200);
    let path = format!("/v1/webhook-endpoints/{id}/replay");
    for _ in 0..3 {
        assert_eq!(post(&house, &path, &[], json!({ "from": "2025-08-01T00:00:00Z", "all": true })).await.status, 202);
    }
    while asked(&house).await > 0 {}
    assert_eq!(house.listeners.calls().len(), 240, "once each, whoever pressed three times");
}

/// Whoever switches an endpoint on while somebody still sees it off misses nothing.
// req: S2-73
#[tokio::test]
async fn what_was_asked_for_before_an_endpoint_was_off_finds_it_on_again() {
    let house = House::new().await;
    tell(&house).await;
    let id = id_of(&made(&house, &["order.shipped"]).await);
    house.listeners.script([Reaction::Says(410)]);
    ship(&house).await;
    tell(&house).await;
    let path = format!("/v1/webhook-endpoints/{id}");
    assert_eq!(get(&house, &path).await.body["enabled"], false);
    let mut held = deliveries(&house).remove(0);
    assert_eq!(held.state, DeliveryState::Held);
    let on = call(&house, Some(crate::house::owner()), "PATCH", &path, &[], json!({ "enabled": true })).await;
    assert_eq!(on.status, 200);
    let before = held.version;
    (held.version, held.state) = (before + 1, DeliveryState::Waiting { next_at: house.clock_now() });
    assert_eq!(house.world.webhooks().save_delivery(&house.scope, &held, before).await, Ok(true));
    house.clock.advance(SignedDuration::from_secs(90));
    sweep(&house).await;
    asked(&house).await;
    assert_eq!(deliveries(&house)[0].state, DeliveryState::Delivered);
}

/// What was heard at an old address, or before somebody mended it, says nothing of how it is.
// req: S2-73
#[tokio::test]
async fn another_address_is_another_chance() {
    let house = House::new().await;
    tell(&house).await;
    let id = id_of(&made(&house, &["order.*"]).await);
    let path = format!("/v1/webhook-endpoints/{id}");
    house.listeners.will(|_| Reaction::Says(500));
    ship(&house).await;
    tell(&house).await;
    assert!(get(&house, &path).await.body["failing_since"].is_string());
    let moved = json!({ "url": "https://other.example/told" });
    let moved = call(&house, Some(crate::house::owner()), "PATCH", &path, &[], moved).await;
    assert_eq!((moved.status, moved.body.get("failing_since")), (200, None), "{}", moved.body);
    house.listeners.will(|_| Reaction::Says(204));
    asked(&house).await;
    assert!(house.listeners.calls().last().unwrap().url.contains("other.example"), "at once");
}

/// It is given another address while the old one is being called, which says that it is gone: what was not taken there is told at the new one.
// req: S2-73
#[tokio::test]
async fn an_old_address_that_is_gone_holds_nothing_back() {
    let house = House::new().await;
    tell(&house).await;
    let id = id_of(&made(&house, &["order.shipped"]).await);
    let (store, scope, clock) = (house.world.webhooks(), house.scope.clone(), house.clock.clone());
    let endpoint = WebhookEndpointId::parse(&id).unwrap();
    house.listeners.will(move |url| {
        if url.contains("other.example") {
            return Reaction::Says(204);
        }
        clock.advance(SignedDuration::from_secs(1));
        let now = app::ports::Clock::now(&*clock);
        let known = store.endpoint(&scope, &endpoint).now_or_never().unwrap().unwrap().unwrap();
        let (url, health) = ("https://other.example/told".to_owned(), known.health.moved(now));
        let moved = WebhookEndpoint { url, health, version: known.version + 1, ..known.clone() };
        assert_eq!(store.save_endpoint(&scope, &moved, known.version, &[], now).now_or_never(), Some(Ok(true)));
        Reaction::Says(410)
    });
    ship(&house).await;
    tell(&house).await;
    while asked(&house).await > 0 {}
    let told: Vec<(String, bool)> = house.listeners.calls().iter().map(|call| (call.url.clone(), call.taken)).collect();
    assert_eq!(told.len(), 2, "{told:?}");
    assert_eq!(told[1], ("https://other.example/told".to_owned(), true));
    assert!(deliveries(&house).iter().all(|one| one.state == DeliveryState::Delivered));
    assert_eq!(get(&house, &format!("/v1/webhook-endpoints/{id}")).await.body["enabled"], true);
}

/// Hundreds wait: all of them come back in one sweep.
// req: S2-73
#[tokio::test]
async fn a_sweep_brings_all_of_them_back() {
    let house = House::new().await;
    house.world.take_stream(usize::MAX);
    made(&house, &["order.placed.v1"]).await;
    house.listeners.will(|_| Reaction::Away);
    for n in 0..350 {
        house.import(&format!("S-{n}"), "Received", "ann@example.com", "2025-08-14").await;
    }
    tell(&house).await;
    while house.world.take_queued().is_some() {}
    house.clock.advance(SignedDuration::from_mins(5));
    assert_eq!(sweep(&house).await["brought_back"], 350);
    assert_eq!(sweep(&house).await["brought_back"], 0);
    house.listeners.will(|_| Reaction::Says(200));
    assert_eq!(asked(&house).await, 350);
    assert!(deliveries(&house).iter().all(|one| one.state == DeliveryState::Delivered));
}

// req: S2-73
#[tokio::test]
async fn an_endpoint_is_tried_out_and_its_secret_replaced() {
    let house = House::new().await;
    let endpoint = made(&house, &["order.shipped"]).await;
    let path = format!("/v1/webhook-endpoints/{}", id_of(&endpoint));
    let tested = post(&house, &format!("{path}/test"), &[], Value::Null).await;
    assert_eq!((tested.status, &tested.body["type"], &tested.body["state"]), (202, &json!("webhook.test"), &json!("waiting")));
    assert_eq!(asked(&house).await, 1);
    let said: Value = serde_json::from_str(&house.listeners.calls()[0].body).unwrap();
    assert_eq!(said["type"], "webhook.test");
    let rotated = post(&house, &format!("{path}/secret"), &[], Value::Null).await;
    assert!(rotated.status == 200 && rotated.body["secret"] != endpoint.body["secret"], "{}", rotated.body);
    post(&house, &format!("{path}/test"), &[], Value::Null).await;
    asked(&house).await;
    assert_eq!(house.listeners.calls()[1].keys, 2, "for a day by both");
    assert_eq!(post(&house, &format!("{path}/secret"), &[], Value::Null).await.status, 200);
    let fourth = post(&house, &format!("{path}/secret"), &[], Value::Null).await;
    assert_eq!((fourth.status, fourth.body["errors"][0]["code"].as_str()), (422, Some("too_many_secrets")), "none is pushed out");
    house.clock.advance(SignedDuration::from_hours(24));
    post(&house, &format!("{path}/test"), &[], Value::Null).await;
    asked(&house).await;
    assert_eq!(house.listeners.calls()[2].keys, 1);
    assert_eq!(call(&house, Some(crate::house::owner()), "DELETE", &path, &[], Value::Null).await.status, 204);
    assert_eq!(get(&house, &path).await.status, 404);
}

// req: S2-73
#[tokio::test]
async fn bad_endpoints_are_refused_with_every_fault() {
    let house = House::new().await;
    let fields = |answer: &Answer| {
        answer.body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let long = format!("https://shop.example/{}", "a".repeat(500));
    for url in [
        "http://shop.example/x",
        "https://",
        "ftp://shop.example",
        "//shop.example",
        "https://shop.example/a b",
        &long,
        "http://localhost:9/",
        "https://localhost/",
        "https://127.0.0.1/",
        "https://8.8.8.8/",
        "https://[::1]/",
        "https://169.254.169.254/",
        "https://user:pass@shop.example/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://127.0.0.0x1/",
        "https://shop.example/#x",
        "https://shop.example:99999/",
        "https://shop.example:0/",
        "https://.example/",
        "https://shop..example/",
        "https://shop.example\\@x/",
    ] {
        let refused = post(&house, "/v1/webhook-endpoints", &[], json!({ "url": url, "events": ["*"] })).await;
        assert_eq!((refused.status, fields(&refused)), (422, vec!["url".to_owned()]), "{url}");
    }
    let all = json!({ "url": "x", "description": "a\u{0}", "events": ["order.shipped", "order.teleported", "stock"] });
    let refused = post(&house, "/v1/webhook-endpoints", &[], all).await;
    assert_eq!(fields(&refused), ["url", "description", "events[1]", "events[2]"]);
    for events in [json!([]), json!(vec!["order.*"; 51])] {
        let refused = post(&house, "/v1/webhook-endpoints", &[], json!({ "url": "https://a.example", "events": events })).await;
        assert_eq!((refused.status, fields(&refused)), (422, vec!["events".to_owned()]));
    }
    for body in
        [json!({}), json!([]), json!({ "url": 7, "events": "x" }), json!({ "url": "https://a.example", "events": ["*"], "secret": "mine" })]
    {
        assert_eq!(post(&house, "/v1/webhook-endpoints", &[], body.clone()).await.status, 422, "{body}");
    }
    for n in 0..16 {
        let url = format!("https://shop.example/{n}");
        assert_eq!(post(&house, "/v1/webhook-endpoints", &[], json!({ "url": url, "events": ["*"] })).await.status, 201);
    }
    let many = post(&house, "/v1/webhook-endpoints", &[], json!({ "url": "https://a.example", "events": ["*"] })).await;
    assert_eq!((many.status, many.body["errors"][0]["code"].as_str()), (422, Some("too_many")));
    for id in ["nobody", "whe_ffff", "..", "WHE", &"a".repeat(99)] {
        assert_eq!(get(&house, &format!("/v1/webhook-endpoints/{id}")).await.status, 404, "{id}");
    }
    let list = get(&house, "/v1/webhook-endpoints").await;
    let id = list.body[0]["id"].as_str().unwrap();
    for query in
        ["limit=0", "limit=x", "from=yesterday", "to=2025", "from=2025-08-10T00:00:00Z&to=2025-08-09T00:00:00Z", "cursor=AAAA", "who=me"]
    {
        let refused = get(&house, &format!("/v1/webhook-endpoints/{id}/deliveries?{query}")).await;
        assert_eq!(refused.status, 422, "{query}: {}", refused.body);
    }
    for query in ["from=-009999-06-01T00:00:00Z&to=-000001-01-01T00:00:00Z", "from=9999-01-01T00:00:00Z", "to=0001-01-01T00:00:00Z"] {
        let none = get(&house, &format!("/v1/webhook-endpoints/{id}/deliveries?{query}")).await;
        assert_eq!((none.status, &none.body["deliveries"]), (200, &json!([])), "{query}");
    }
}

/// An endpoint sees everything that happens in a shop: only whoever may change settings may make one.
// req: S2-74
#[tokio::test]
async fn the_catalogue_is_for_all_and_endpoints_are_for_admins() {
    let house = House::new().await;
    made(&house, &["*"]).await;
    let reader = identity("demo", Role::Readonly, Scopes { read: true, write: true, ..Scopes::default() });
    let types = call(&house, Some(reader.clone()), "GET", "/v1/event-types", &[], Value::Null).await;
    let names: Vec<&str> = types.body["event_types"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert!(
        types.status == 200 && ["order.shipped", "order.placed.v1", "webhook.test"].iter().all(|name| names.contains(name)),
        "{names:?}"
    );
    for (verb, path) in
        [("GET", "/v1/webhook-endpoints"), ("GET", "/v1/webhook-endpoints/whe_1"), ("POST", "/v1/webhook-endpoints/whe_1/test")]
    {
        assert_eq!(call(&house, Some(reader.clone()), verb, path, &[], Value::Null).await.status, 403, "{verb} {path}");
    }
    let stranger = identity("elsewhere", Role::Owner, Scopes::ALL);
    let theirs = call(&house, Some(stranger), "GET", "/v1/webhook-endpoints", &[], Value::Null).await;
    assert_eq!((theirs.status, theirs.body), (200, json!([])), "nobody sees another shop's");
}

/// Whatever lies on the queue: what is not ours is parked, what is of a later release waits, the rest is done.
// req: S2-73, X-07
#[tokio::test]
async fn garbage_on_the_queue_is_parked_and_news_of_a_later_release_waits() {
    let house = House::new().await;
    made(&house, &["*"]).await;
    let tries = |v: u64| json!({ "v": v, "tenant": "demo", "endpoint": "whe_1", "webhook": "try", "at": "2025-08-09T10:00:00Z", "id": "e", "round": 0, "tried": 1, "correlation": "c" });
    let bodies = ["", "hello", "{}", "[]", "{\"v\":", "{\"v\":1}", "{\"v\":1,\"webhook\":\"dance\"}"].map(str::to_owned);
    let (parked, later) = (bodies.len(), tries(2).to_string());
    // Serde sorts keys; ours are written in the order of the struct.
    let ours = format!("{{\"v\":1,{}", &tries(1).to_string()[1..].replace(",\"v\":1", ""));
    let later = format!("{{\"v\":2,{}", &later[1..].replace(",\"v\":2", ""));
    let lot = Lot::default();
    let again = handed_beside(&house, &lot, bodies.into_iter().chain([ours, later])).await;
    assert_eq!(again, [(parked + 1).to_string()]);
    assert_eq!(lot.reasons().len(), parked);
}
