//! The second way to prove that an order is one's own.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, identity};
use app::Scopes;
use domain::order::Role;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::memory::MemoryWorld;

async fn post(house: &House, path: &str, body: Value) -> Answer {
    let authenticate = app::auth::Authenticate { keys: Arc::new(MemoryWorld::new().keys()), tokens: None, clock: house.clock.clone() };
    let router = ask::router(Arc::new(house.ask(None)), Arc::new(ask::Chat { key: None, authenticate }));
    let body = body.to_string();
    let identity = Some(identity("demo", Role::Service, Scopes::ASK));
    knock(router, Knock { path, body: body.as_bytes(), identity, ip: "203.0.113.7", ..Knock::default() }).await
}

async fn wish(house: &House, order: &str) -> Answer {
    post(house, "/v1/ask/code", json!({ "order_id": order })).await
}

async fn tell(house: &House, order: &str, code: &str) -> Answer {
    post(house, "/v1/ask", json!({ "question": "", "order_id": order, "code": code })).await
}

fn mailed(house: &House) -> Vec<(String, String)> {
    let code = |text: &str| text.split(|c: char| !c.is_ascii_digit()).find(|word| word.len() == 6).unwrap().to_owned();
    house.world.sent_mails().iter().map(|mail| (mail.to.expose().to_owned(), code(&mail.text))).collect()
}

// req: S0-14
#[tokio::test(start_paused = true)]
async fn a_code_goes_to_the_address_on_file_and_opens_once() {
    let house = House::new().await;
    let sent = wish(&house, "#1001").await;
    assert_eq!(sent.status, 200, "{}", sent.body);
    let mails = mailed(&house);
    let [(to, code)] = &mails[..] else { panic!("{mails:?}") };
    assert_eq!(to, "john.smith@example.com");
    let answer = tell(&house, "1001", &format!(" {} {} ", &code[..3], &code[3..])).await;
    assert_eq!((&answer.body["order_id"], &answer.body["status"]), (&json!("1001"), &json!("Delayed")));
    assert_eq!(tell(&house, "1001", code).await.body["order_id"], Value::Null, "used");
}

// req: S0-13, S0-14
#[tokio::test(start_paused = true)]
async fn nobody_learns_from_codes_which_orders_there_are() {
    let house = House::new().await;
    let mut seen: Option<(u16, String)> = None;
    for order in ["1001", "9999"] {
        let asked_at = tokio::time::Instant::now();
        let answer = wish(&house, order).await;
        assert_eq!(asked_at.elapsed().as_secs(), ask::CODE_AFTER.as_secs(), "as long for all");
        let said = (answer.status, answer.body["reply"].as_str().unwrap().replace(order, "N"));
        assert_eq!(*seen.get_or_insert_with(|| said.clone()), said);
    }
    assert_eq!(mailed(&house).len(), 1);
    let (unknown, wrong) = (tell(&house, "9999", "123456").await, tell(&house, "1001", "abc").await);
    assert_eq!(
        (unknown.status, &unknown.body["reply"], &unknown.body["needs"]),
        (wrong.status, &wrong.body["reply"], &wrong.body["needs"])
    );
    // Somebody else's shop, somebody else's order.
    let code = mailed(&house)[0].1.clone();
    assert_eq!(tell(&house, "1002", &code).await.body["order_id"], Value::Null);
}

// req: S0-14
#[tokio::test(start_paused = true)]
async fn codes_cannot_be_guessed_or_flooded() {
    let house = House::new().await;
    for _ in 0..5 {
        assert_eq!(wish(&house, "1001").await.status, 200);
    }
    assert_eq!(mailed(&house).len(), 1, "one mail in two minutes");
    wish(&house, "1002").await.refuses(429, "six wishes");
    let code = mailed(&house)[0].1.clone();
    for guess in ["000000", "111111", "222222", "333333", "44444"] {
        assert_eq!(tell(&house, "1001", guess).await.body["order_id"], Value::Null);
    }
    tell(&house, "1001", &code).await.refuses(429, "the right one came too late");
    // The quarter of an hour after the one it was made in is its last.
    house.clock.advance(SignedDuration::from_mins(31));
    assert_eq!(tell(&house, "1001", &code).await.body["order_id"], Value::Null);
    for (body, fault) in
        [(json!({}), ""), (json!({ "order_id": "1 0 0 1" }), "order_id"), (json!({ "order_id": 7 }), ""), (json!({ "order": "1" }), "")]
    {
        let refused = post(&house, "/v1/ask/code", body.clone()).await;
        assert!(matches!(refused.status, 400 | 422) && refused.faults()[0].starts_with(fault), "{body}: {}", refused.body);
    }
    let reader = identity("demo", Role::Readonly, Scopes { read: true, ..Scopes::default() });
    let told = house.codes().send(&reader, "c", "1001", None, &crate::house::correlation()).await;
    assert!(matches!(told, Err(app::Error::Forbidden { .. })));
}

// req: S0-14
#[tokio::test(start_paused = true)]
async fn a_new_code_is_another_one_and_only_what_was_mailed_opens() {
    let house = House::new().await;
    wish(&house, "1001").await;
    let first = mailed(&house)[0].1.clone();
    // The same key and the same moment, but nobody asked here.
    let elsewhere = House::new().await;
    assert_eq!(tell(&elsewhere, "1001", &first).await.body["order_id"], Value::Null, "never mailed");
    assert_eq!(tell(&house, "1001", &first).await.body["order_id"], json!("1001"));
    house.clock.advance(SignedDuration::from_mins(2));
    wish(&house, "1001").await;
    let second = mailed(&house)[1].1.clone();
    assert_ne!(first, second, "the first is used up");
    assert_eq!(tell(&house, "1001", &second).await.body["order_id"], json!("1001"));
    for _ in 0..10 {
        house.clock.advance(SignedDuration::from_mins(16));
        wish(&house, "1001").await;
    }
    assert_eq!(mailed(&house).len(), 5, "a day has five");
}

// req: S0-14
#[tokio::test(start_paused = true)]
async fn what_is_refused_anyway_is_refused_at_once() {
    let house = House::new().await;
    for _ in 0..5 {
        wish(&house, "9999").await;
    }
    let asked_at = tokio::time::Instant::now();
    wish(&house, "9999").await.refuses(429, "six wishes");
    assert!(asked_at.elapsed() < ask::CODE_AFTER);
}
