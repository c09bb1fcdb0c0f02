//! Nothing of one shop reaches another, on any route with any verb.

use crate::door::{Knock, knock};
use crate::house::{House, config, identity, owner};
use crate::rest::{call, order, post};
use app::ports::{Random, TenantStore};
use app::tenant::TenantConfig;
use app::{Identity, Scopes, TenantScope};
use domain::ids::TenantId;
use domain::order::Role;
use serde_json::{Value, json};
use testkit::memory::FakeRandom;

/// Stands in everything of the other shop that could be shown.
const CANARY: &str = "Quetzalcoatl";
const CALLS: usize = 10_000;

fn stranger() -> Identity {
    identity("other", Role::Owner, Scopes::ALL)
}

/// Two shops; the other one has orders, decisions, messages, follow-ups, a photo, a bulk job, keys and settings of its own.
async fn two_shops() -> (House, Vec<String>) {
    let house = House::new().await;
    let other = TenantScope::of_own_message(&TenantId::parse("other").unwrap());
    let settings = TenantConfig { version: 1, shop_name: format!("{CANARY} Ltd"), ..config() };
    assert!(house.world.tenants().save(&other, &settings, 0).await.unwrap());
    let theirs = async |verb: &str, path: &str, headers: &[(&str, &str)], body: Value| {
        call(&house, Some(stranger()), verb, path, headers, body).await
    };
    for number in ["8001", "8002"] {
        let mut order = order(number);
        order["customer"]["name"] = json!(CANARY);
        order["external_id"] = json!(format!("{CANARY}-{number}"));
        assert_eq!(theirs("POST", "/v1/orders", &[("idempotency-key", number)], order).await.status, 201);
    }
    let decided = theirs("POST", "/v1/orders/8001/auto-progress", &[], Value::Null).await.body;
    let wish = json!({ "order_id": "8001", "message": format!("{CANARY}?") });
    let planned = theirs("POST", "/v1/orders/schedule-followup", &[], wish).await.body;
    let bulk = json!({ "order_ids": ["8002"], "action": "cancel" });
    let job = theirs("POST", "/v1/orders/bulk-action", &[("idempotency-key", "b")], bulk).await.body;
    let key = theirs("POST", "/v1/keys", &[], json!({ "name": CANARY, "scopes": { "read": true } })).await.body;
    let picture = crate::photos::photograph("theirs");
    let photo = crate::door::rest(&house, Some(stranger()), "POST", "/v1/orders/8001/photos/packing", &[], &picture).await.body;
    // The job itself is another test's.
    while house.world.take_queued().is_some() {}
    house.settle().await;
    let named = |body: &Value, field: &str| body[field].as_str().unwrap_or_default().to_owned();
    let names = vec![
        "8001".to_owned(),
        "8002".to_owned(),
        named(&decided, "decision_id"),
        named(&planned, "followup_id"),
        named(&job, "job_id"),
        named(&key, "id"),
        named(&photo, "photo_id"),
        "other".to_owned(),
        format!("{CANARY}-8001"),
        "order-status".to_owned(),
        "../8001".to_owned(),
    ];
    assert!(names.iter().all(|name| !name.is_empty()), "{names:?}");
    (house, names)
}

/// Every path of the document with every verb, its places filled with names of the other shop's things.
// req: S1-59
#[tokio::test]
async fn fuzz() {
    let (house, names) = two_shops().await;
    let document: Value = serde_json::from_str(orders_api::openapi::DOCUMENT).unwrap();
    let paths: Vec<String> = document["paths"].as_object().unwrap().keys().filter(|path| path.starts_with("/v1/")).cloned().collect();
    assert!(paths.len() > 30, "{paths:?}");
    let before = house.world.everything(&TenantScope::of_own_message(&TenantId::parse("other").unwrap()));
    let luck = FakeRandom::seeded(59);
    let draw = |of: usize| usize::try_from(luck.u64() % of as u64).unwrap();
    let router = runtime::http::finish(orders_api::router(house.desk()));
    let me = Identity { principal: "fuzz".into(), ..owner() };
    // Nobody is told to come back later.
    let unhurried = TenantConfig { version: 2, requests_per_minute: 1_000_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &unhurried, 1).await.unwrap());
    let (mut found, mut shown) = (0, 0);
    for number in 0..CALLS {
        let verb = ["GET", "POST", "PUT", "DELETE"][draw(4)];
        let template = &paths[draw(paths.len())];
        let mut path = String::new();
        for (at, part) in template.split('/').enumerate() {
            let name = &names[draw(names.len())];
            let filled = if part.starts_with('{') { name.as_str() } else { part };
            path += &format!("{}{filled}", if at == 0 { "" } else { "/" });
        }
        let name = &names[draw(names.len())];
        let body = json!({ "order_id": name, "order_ids": [name], "action": "cancel", "type": "delay", "new_status": "processing",
            "status": "processing", "tenant": "other", "reason": "because", "agrees": true, "email": "ann@example.com", "rules": {} });
        let body = if draw(10) < 7 { body.to_string() } else { String::new() };
        let key = format!("fuzz-{number}");
        let headers = [("x-tenant-id", "other"), ("idempotency-key", key.as_str()), ("content-type", "application/json")];
        let request = Knock { verb, path: &path, headers: &headers, body: body.as_bytes(), identity: Some(me.clone()), ..Knock::default() };
        let answer = knock(router.clone(), request).await;
        let text = String::from_utf8_lossy(&answer.bytes).replace(&path, "");
        let text = names.iter().fold(text, |text, name| text.replace(name.as_str(), ""));
        assert!(!text.contains(CANARY), "{verb} {path} {body}: {text}");
        assert!(answer.status < 500, "{verb} {path} {body}: {}", answer.status);
        // A path that names one of their orders names nothing.
        if path.starts_with("/v1/orders/800") {
            found += 1;
            assert!(matches!(answer.status, 400..=499), "{verb} {path}: {}", answer.status);
            shown += usize::from(answer.status == 404);
        }
    }
    assert!(found > 400 && shown > 80, "{found} {shown}");
    let after = house.world.everything(&TenantScope::of_own_message(&TenantId::parse("other").unwrap()));
    assert_eq!(without_queues(&after), without_queues(&before), "nothing of theirs has changed");
}

/// The outbox, the bus and the queues are everybody's.
fn without_queues(text: &str) -> Vec<&str> {
    text.lines().filter(|line| line.contains(CANARY) && !line.contains("\"demo\"")).collect()
}

// req: S1-60
#[tokio::test]
async fn somebody_elses_project_is_not_there() {
    let (house, _) = two_shops().await;
    let body = json!({ "order_id": "8001", "new_status": "processing" });
    let refused = post(&house, "/v1/other/orders/update-status", &[], body).await;
    assert_eq!((refused.status, &refused.body["detail"]), (404, &json!("Project not found or access denied")), "{}", refused.body);
    let missing = post(&house, "/v1/orders/8001/status", &[], json!({ "status": "processing" })).await;
    assert_eq!(missing.status, 404);
}

// req: S1-63, S2-87
#[tokio::test]
async fn who_comes_too_often_waits() {
    let house = House::new().await;
    let strict = TenantConfig { version: 2, requests_per_minute: 3, ..config() };
    assert!(house.world.tenants().save(&house.scope, &strict, 1).await.unwrap());
    let ask = async || {
        let request = Knock { verb: "GET", path: "/v1/orders", identity: Some(owner()), ..Knock::default() };
        knock(orders_api::router(house.desk()), request).await
    };
    for left in ["2", "1", "0"] {
        let answer = ask().await;
        let said =
            (answer.status, answer.header("ratelimit-limit"), answer.header("ratelimit-remaining"), answer.header("ratelimit-policy"));
        assert_eq!(said, (200, "3", left, "3;w=60"));
    }
    let answer = ask().await;
    answer.refuses(429, "a fourth");
    assert_eq!((answer.header("ratelimit-remaining"), answer.header("retry-after")), ("0", "60"));
    house.clock.advance(jiff::SignedDuration::from_secs(61));
    assert_eq!(ask().await.status, 200);
    // A burst of two hundred passes at once, and the next one waits.
    let wide = TenantConfig { version: 3, requests_per_minute: 200, ..config() };
    assert!(house.world.tenants().save(&house.scope, &wide, 2).await.unwrap());
    house.clock.advance(jiff::SignedDuration::from_secs(61));
    for _ in 0..200 {
        assert_eq!(ask().await.status, 200);
    }
    ask().await.refuses(429, "the 201st");
}

/// Each change has an entry, without gaps, with who and when, and the entries alone give the order.
// req: S1-62
#[tokio::test]
async fn audit_is_complete() {
    let house = House::new().await;
    for (status, note) in [("processing", "picked"), ("on_hold", "size?"), ("processing", "size is 9"), ("shipped", "left")] {
        assert_eq!(post(&house, "/v1/orders/1003/status", &[], json!({ "status": status, "note": note })).await.status, 200);
        house.clock.advance(jiff::SignedDuration::from_mins(5));
        house.settle().await;
    }
    let id = domain::ids::OrderId::parse("1003").unwrap();
    let (stands, history) = (house.world.order(&house.scope, &id).unwrap(), house.world.history(&house.scope, &id));
    assert_eq!(history.iter().map(|entry| entry.version).collect::<Vec<_>>(), (1..=stands.version).collect::<Vec<_>>());
    assert!(history.is_sorted_by_key(|entry| entry.at));
    let replayed = domain::order::Order::replay(&history).unwrap();
    assert_eq!(replayed, domain::order::Order { contact: None, ..stands });
    let shown = crate::rest::get(&house, "/v1/orders/1003/timeline").await.body;
    let moves = shown["timeline"].as_array().unwrap().iter().filter(|entry| entry["event"] == "status_changed");
    assert_eq!(moves.map(|entry| entry["actor"].as_str().unwrap()).collect::<Vec<_>>(), ["key_test"; 4]);
}
