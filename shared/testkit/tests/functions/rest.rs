//! The REST API over its router.

use crate::house::{House, identity, owner};
use app::{Identity, Scopes};
use axum::body::Body;
use axum::extract::Request;
use domain::order::Role;
use serde_json::{Value, json};
use tower::ServiceExt;

pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Value,
}

pub async fn call(house: &House, identity: Option<Identity>, verb: &str, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let mut request = Request::builder().method(verb).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let mut request = request.body(Body::from(bytes)).unwrap();
    if let Some(identity) = identity {
        request.extensions_mut().insert(identity);
    }
    let response = runtime::http::finish(orders_api::router(house.desk())).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let etag = response.headers().get("etag").map(|value| value.to_str().unwrap().to_owned());
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
    Answer { status, etag, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) }
}

pub async fn get(house: &House, path: &str) -> Answer {
    call(house, Some(owner()), "GET", path, &[], Value::Null).await
}

pub async fn post(house: &House, path: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    call(house, Some(owner()), "POST", path, headers, body).await
}

pub fn order(number: &str) -> Value {
    json!({ "number": number, "currency": "USD", "customer": { "name": "Ann", "email": "ann@example.com" },
            "items": [{ "sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "29.99", "total_price": "59.98" }], "total": "59.98" })
}

// req: S1-01
#[tokio::test]
async fn an_order_is_updated_in_the_shops_words() {
    let house = House::new().await;
    let body = json!({ "order_id": "1003", "new_status": "processing", "notify_customer": true, "note": "checked", "auto_message": true });
    let updated = post(&house, "/v1/orders/update-status", &[], body).await;
    assert_eq!(updated.status, 200, "{}", updated.body);
    assert_eq!(
        (&updated.body["old_status"], &updated.body["new_status"], &updated.body["success"]),
        (&json!("pending"), &json!("processing"), &json!(true))
    );
    assert_eq!(updated.body["notification_sent"], true);
    assert!(updated.body["notification_message"].as_str().unwrap().contains("1003"));
    assert!(updated.body["timestamp"].is_string() && updated.body.get("external_id").is_some());
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), 1);
    let quiet = json!({ "order_id": "1003", "new_status": "shipped", "notify_customer": false });
    assert_eq!(post(&house, "/v1/demo/orders/update-status", &[], quiet).await.body["notification_sent"], false);
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), 1, "nobody is told who is not to be");
    let done = post(&house, "/v1/orders/update-status", &[], json!({ "order_id": "1003", "new_status": "fulfilled" })).await;
    assert_eq!(done.body["new_status"], "completed");
    let elsewhere = json!({ "order_id": "1003", "new_status": "processing" });
    assert_eq!(post(&house, "/v1/other/orders/update-status", &[], elsewhere).await.status, 404);
}

// req: S1-02, S2-02
#[tokio::test]
async fn illegal_and_stale_moves_are_refused_with_what_is_possible() {
    let house = House::new().await;
    let refused = post(&house, "/v1/orders/1002/status", &[], json!({ "status": "pending" })).await;
    assert_eq!((refused.status, &refused.body["allowed"]), (409, &json!(["delivered", "returned"])));
    let etag = get(&house, "/v1/orders/1003").await.etag.unwrap();
    assert_eq!(post(&house, "/v1/orders/1003/status", &[("if-match", &etag)], json!({ "status": "processing" })).await.status, 200);
    let stale = post(&house, "/v1/orders/1003/status", &[("if-match", &etag)], json!({ "status": "shipped" })).await;
    assert_eq!((stale.status, &stale.body["current_version"]), (409, &json!(2)));
    let operator = identity("demo", Role::Operator, Scopes::of_role(Role::Operator));
    let correction = json!({ "status": "pending", "reason": "picked the wrong order" });
    let forbidden = call(&house, Some(operator), "POST", "/v1/orders/1002/correct", &[], correction.clone()).await;
    assert_eq!(forbidden.status, 403);
    assert_eq!(post(&house, "/v1/orders/1002/correct", &[], correction).await.body["status"], "pending");
}

// req: S2-03
#[tokio::test]
async fn an_order_is_shown_as_it_was() {
    let house = House::new().await;
    let moments = [("processing", 10), ("shipped", 20), ("delivered", 30)];
    for (status, minute) in moments {
        house.clock.set("2025-08-09T11:00:00Z".parse::<jiff::Timestamp>().unwrap() + jiff::SignedDuration::from_mins(minute));
        let moved = post(&house, "/v1/orders/1003/status", &[], json!({ "status": status })).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    let at = |time: &'static str| get(&house, Box::leak(format!("/v1/orders/1003?at={time}").into_boxed_str()));
    for (time, status) in [
        ("2025-08-09T11:09:59Z", "pending"),
        ("2025-08-09T11:10:00Z", "processing"),
        ("2025-08-09T13:25:00%2B02:00", "shipped"),
        ("2025-08-09T11:30:00Z", "delivered"),
    ] {
        let then = at(time).await;
        assert_eq!((then.status, &then.body["status"], then.etag), (200, &json!(status), None), "{time}: {}", then.body);
    }
    let now = get(&house, "/v1/orders/1003").await;
    assert_eq!((&at("2025-08-09T11:30:00Z").await.body, now.etag.is_some()), (&now.body, true), "nothing is missing of it");
    assert_eq!(at("2024-01-01T00:00:00Z").await.status, 404, "there was no such order yet");
    for (bad, code) in [("yesterday", "bad_time"), ("2025-08-10T00:00:00Z", "in_the_future"), ("", "bad_time")] {
        let refused = at(bad).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["code"]), (422, &json!(code)), "{bad}");
    }
    assert_eq!(get(&house, "/v1/orders/1003?when=2025-08-09T11:30:00Z").await.status, 422);
    assert_eq!(get(&house, "/v1/orders/9999?at=2025-08-09T11:30:00Z").await.status, 404);
    // Who was forgotten is not in the past either.
    let eve = app::privacy::address("eve@example.com").unwrap().into();
    house.privacy().erase(&owner(), &crate::house::config(), &eve, &crate::house::correlation()).await.unwrap();
    let then = at("2025-08-09T11:10:00Z").await.body;
    assert!(then["customer"].is_null() && then["email"].is_null() && !then.to_string().contains("eve@"), "{then}");
}

// req: S1-03
#[tokio::test]
async fn rules_move_an_order_on_evidence_never_on_age_alone() {
    let house = House::new().await;
    let path = "/v1/orders/1003/auto-progress?reason=morning+round";
    let early = post(&house, path, &[], Value::Null).await;
    assert_eq!((&early.body["progressed"], &early.body["automated"]), (&json!(false), &json!(true)), "{}", early.body);
    house.clock.advance(jiff::SignedDuration::from_hours(25));
    let unpaid = post(&house, path, &[], Value::Null).await;
    assert_eq!(unpaid.body["progressed"], false);
    assert!(unpaid.body["decision"]["reason"].as_str().unwrap().contains("payment is pending"), "{}", unpaid.body);
    pay(&house).await;
    let moved = post(&house, path, &[], Value::Null).await;
    assert_eq!((&moved.body["old_status"], &moved.body["new_status"]), (&json!("pending"), &json!("processing")), "{}", moved.body);
    let timeline = get(&house, "/v1/orders/1003/timeline").await.body;
    let last = timeline["timeline"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(last["automated"], true);
    assert!(last["text"].as_str().unwrap().contains("morning round"), "{last}");
}

#[tokio::test]
async fn a_customer_is_told_on_a_persons_word() {
    let house = House::new().await;
    let path = "/v1/orders/1002/notify";
    let asked = post(&house, path, &[], Value::Null).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    let said = |answer: &Answer, field: &str| answer.body[field].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        (said(&asked, "label"), said(&asked, "channel"), said(&asked, "to")),
        ("In Transit".into(), "email".into(), "a***@example.com".into())
    );
    assert_eq!((said(&asked, "subject"), &asked.body["requested"]), ("Order Status Update - Order 1002".into(), &json!(true)));
    house.settle().await;
    let mails = house.world.sent_mails();
    assert_eq!((mails.len(), mails[0].text.clone()), (1, said(&asked, "text")), "they read what was shown");
    // A retry after a lost reply, and one that insists on the version it saw.
    let again = post(&house, path, &[], Value::Null).await;
    assert_eq!((again.status, &again.body["requested"]), (202, &json!(false)));
    assert_eq!(post(&house, path, &[("if-match", "\"1\"")], Value::Null).await.status, 409);
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), 1);
    let timeline = get(&house, "/v1/orders/1002/timeline").await.body;
    let mut wishes = timeline["timeline"].as_array().unwrap().iter().filter(|entry| entry["event"] == "notify_requested");
    let last = wishes.next_back().unwrap().clone();
    assert_eq!((&last["event"], &last["text"]), (&json!("notify_requested"), &json!("Customer to be told: In Transit")), "{last}");
    assert_eq!((&last["actor"], timeline["messages"].as_array().unwrap().len()), (&json!("key_test"), 1));
    // Nobody to tell, nothing to tell of, and nobody who may.
    let mut nameless = order("1004");
    nameless["customer"] = json!({ "name": "Ann" });
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "n")], nameless).await.status, 201);
    let refused = post(&house, "/v1/orders/1004/notify", &[], Value::Null).await;
    assert_eq!((refused.status, &refused.body["title"]), (409, &json!("The customer cannot be told")));
    assert_eq!(post(&house, "/v1/orders/9999/notify", &[], Value::Null).await.status, 404);
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    assert_eq!(call(&house, Some(reader), "POST", path, &[], Value::Null).await.status, 403);
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    assert_eq!(call(&house, Some(stranger), "POST", path, &[], Value::Null).await.status, 404);
}

async fn pay(house: &House) {
    let claim = domain::order::Vocabulary::Events.read("order_paid").unwrap().claim;
    house.hear("1003", "pay-1", claim, true).await;
}

/// Invariant I10: 64 simultaneous deliveries, one order, one answer.
#[tokio::test]
async fn an_idempotency_key_means_one_order() {
    let house = House::new().await;
    let all = (0..64).map(|_| post(&house, "/v1/orders", &[("idempotency-key", "k1")], order("5001")));
    let answers = futures::future::join_all(all).await;
    assert!(answers.iter().all(|answer| answer.status == 201 && answer.body == answers[0].body), "{}", answers[0].body);
    assert_eq!(house.world.all_orders(&house.scope).len(), 4);
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "k1")], order("5002")).await.status, 422);
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "k2")], order("5001")).await.status, 409);
    assert_eq!(post(&house, "/v1/orders", &[], order("5003")).await.status, 422);
    let intruder = identity("other", Role::Owner, Scopes::ALL);
    let theirs = call(&house, Some(intruder), "POST", "/v1/orders", &[("idempotency-key", "k1")], order("5001")).await;
    assert_eq!(theirs.status, 201, "keys and numbers are each tenant's own");
}

/// Each of these draws the numbers of the one before it first.
// req: S2-11
#[tokio::test]
async fn a_number_that_another_order_has_is_not_given_twice() {
    let house = House::new().await;
    let mut numbers = Vec::new();
    for key in ["n1", "n2", "n3", "n2"] {
        let mut body = order("");
        body.as_object_mut().unwrap().remove("number");
        let placed = post(&house, "/v1/orders", &[("idempotency-key", key)], body).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        numbers.push(placed.body["order_id"].as_str().unwrap().to_owned());
    }
    assert_eq!(numbers[3], numbers[1], "the same request is the same order");
    assert!(numbers.iter().all(|number| number.starts_with("ORD-20250809-")), "{numbers:?}");
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 3);
}

#[tokio::test]
async fn the_body_cannot_say_what_only_we_know() {
    let house = House::new().await;
    for (field, value) in [
        ("role", json!("owner")),
        ("tenant_id", json!("other")),
        ("status", json!("delivered")),
        ("paid", json!(true)),
        ("version", json!(9)),
    ] {
        let mut body = order("6001");
        body[field] = value;
        let refused = post(&house, "/v1/orders", &[("idempotency-key", "k")], body).await;
        assert_eq!(refused.status, 422, "{field}");
    }
    for (path, value) in [
        ("quantity", json!(0)),
        ("quantity", json!(-1)),
        ("quantity", json!(i64::MAX)),
        ("quantity", json!(1.5)),
        ("unit_price", json!(29.99)),
        ("unit_price", json!("NaN")),
    ] {
        let mut body = order("6001");
        body["items"][0][path] = value.clone();
        assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "k")], body).await.status, 422, "{path} {value}");
    }
}

// req: S2-86
#[tokio::test]
async fn another_tenants_orders_are_not_there() {
    let house = House::new().await;
    let stranger = || Some(identity("other", Role::Owner, Scopes::ALL));
    for path in ["/v1/orders/1001", "/v1/orders/1001/timeline"] {
        let answer = call(&house, stranger(), "GET", path, &[], Value::Null).await;
        let missing = call(&house, stranger(), "GET", &path.replace("1001", "9999"), &[], Value::Null).await;
        assert_eq!((answer.status, &answer.body["detail"]), (404, &missing.body["detail"]), "{path}");
    }
    let list = call(&house, stranger(), "GET", "/v1/orders", &[], Value::Null).await;
    assert_eq!(list.body["orders"], json!([]));
    assert_eq!(call(&house, None, "GET", "/v1/orders", &[], Value::Null).await.status, 401);
}

// req: S2-04
#[tokio::test]
async fn lists_page_through_everything_once() {
    let house = House::new().await;
    for n in 0..247 {
        house.import(&format!("7{n:03}"), "Received", "p@example.com", "2025-09-01").await;
        house.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    let mut seen = Vec::new();
    let mut path = "/v1/orders?limit=17".to_owned();
    loop {
        let page = get(&house, &path).await;
        assert_eq!(page.status, 200, "{}", page.body);
        seen.extend(page.body["orders"].as_array().unwrap().iter().map(|row| row["order_id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page.body["next_cursor"].as_str() else { break };
        assert_eq!(get(&house, &format!("/v1/orders?status=pending&cursor={cursor}")).await.status, 422, "bound to its filter");
        let stranger = identity("other", Role::Owner, Scopes::ALL);
        let foreign = call(&house, Some(stranger), "GET", &format!("/v1/orders?limit=17&cursor={cursor}"), &[], Value::Null).await;
        assert_eq!(foreign.status, 422, "and to its tenant");
        path = format!("/v1/orders?limit=17&cursor={cursor}");
    }
    let unique: std::collections::BTreeSet<_> = seen.iter().collect();
    assert_eq!((seen.len(), unique.len()), (250, 250));
    assert_eq!(get(&house, "/v1/orders?status=shipped").await.body["orders"].as_array().unwrap().len(), 2);
    assert_eq!(get(&house, "/v1/orders?email=p@example.com&limit=200").await.body["orders"].as_array().unwrap().len(), 200);
    assert_eq!(get(&house, "/v1/orders?open=true&limit=200").await.body["orders"].as_array().unwrap().len(), 200);
    for bad in ["limit=0", "limit=-1", "limit=1000000000", "cursor=AAAA", "status=lost", "colour=red", "status=pending&open=true"] {
        assert_eq!(get(&house, &format!("/v1/orders?{bad}")).await.status, 422, "{bad}");
    }
}

#[tokio::test]
async fn settings_keep_their_secrets() {
    let house = House::new().await;
    let mut settings = get(&house, "/v1/settings").await.body;
    assert!(!settings.to_string().contains("sample-secret") && !settings.to_string().contains("hooks.slack.com"));
    settings["shop_name"] = json!("Renamed");
    let saved = call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings.clone()).await;
    assert_eq!((saved.status, &saved.body["version"]), (200, &json!(2)), "{}", saved.body);
    assert_eq!(call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings.clone()).await.status, 409, "an old version");
    let kept = app::ports::TenantStore::config(&house.world.tenants(), house.scope.tenant()).await.unwrap().unwrap();
    assert_eq!((kept.hooks[0].secrets[0].expose(), kept.shop_name.as_str()), (crate::house::HOOK_SECRET, "Renamed"));
    settings["version"] = json!(2);
    settings["time_zone"] = json!("Mars/Olympus");
    settings["hooks"][0]["secrets"] = json!([""]);
    let refused = call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings).await;
    assert_eq!((refused.status, refused.body["errors"].as_array().unwrap().len()), (422, 2));
    let operator = identity("demo", Role::Operator, Scopes::of_role(Role::Operator));
    assert_eq!(call(&house, Some(operator), "GET", "/v1/settings", &[], Value::Null).await.status, 403);
}

// req: S2-10, S2-12
// req: S1-76
#[tokio::test]
async fn the_document_describes_every_route() {
    let house = House::new().await;
    let document = call(&house, None, "GET", "/openapi.json", &[], Value::Null).await.body;
    assert_eq!(document["openapi"], "3.1.0");
    let description = document["info"]["description"].as_str().unwrap();
    assert!(description.contains("403 without a valid credential"), "the gateway's own refusals are no problem documents: {description}");
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() >= 20, "{}", paths.len());
    for (path, verbs) in paths {
        for (verb, operation) in verbs.as_object().unwrap() {
            assert!(operation["summary"].is_string(), "{verb} {path}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(
                responses.values().all(|response| response["description"].as_str().is_some_and(|text| !text.is_empty())),
                "{verb} {path}"
            );
            if !["/v1/ask", "/v1/ask/code", "/v1/hooks/{tenant}/{endpoint}", "/v1/payments/{tenant}/{provider}"].contains(&path.as_str()) {
                let status = call(&house, None, &verb.to_uppercase(), &path.replace(['{', '}'], ""), &[], Value::Null).await.status;
                assert!(status != 405 && status != 404, "{verb} {path} is described and not served: {status}");
            }
        }
    }
    assert_eq!(call(&house, None, "GET", "/health", &[], Value::Null).await.body["status"], "ok");
    assert_eq!(call(&house, None, "GET", "/docs", &[], Value::Null).await.status, 200);
    assert_eq!(call(&house, Some(owner()), "TRACE", "/v1/orders", &[], Value::Null).await.status, 405);
}
