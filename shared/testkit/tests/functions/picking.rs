//! Who goes for what: batches of orders, over the API.

use crate::house::{House, config, identity};
use crate::rest::{call, get, order, post};
use app::Scopes;
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::order::Role;
use futures::future::join_all;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn shop() -> House {
    let house = House::new().await;
    let next = TenantConfig { version: 2, requests_per_minute: 100_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house
}

/// An order that is confirmed.
async fn confirmed(house: &House, number: &str, more: Value) {
    let mut body = order(number);
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": "processing" })).await.status, 200);
}

async fn queue(house: &House) -> Value {
    get(house, "/v1/pick-batches").await.body
}

fn ids(batch: &Value) -> Vec<&str> {
    batch["orders"].as_array().unwrap().iter().map(|order| order["order_id"].as_str().unwrap_or_else(|| order.as_str().unwrap())).collect()
}

// req: S2-56
#[tokio::test]
async fn fifty_at_once_the_urgent_first() {
    let house = shop().await;
    for number in 0..53 {
        confirmed(&house, &format!("n{number:03}"), json!({})).await;
        house.clock.advance(SignedDuration::from_secs(1));
    }
    confirmed(&house, "express", json!({ "shipping_method": "express" })).await;
    confirmed(&house, "overnight", json!({ "shipping_method": "overnight" })).await;
    let before = queue(&house).await;
    assert_eq!((&before["waiting"], &before["more"]), (&json!({ "main": 55 }), &json!(false)));
    assert_eq!(before["next"].as_array().unwrap().iter().map(|batch| ids(batch).len()).collect::<Vec<_>>(), [50, 5]);
    let taken = post(&house, "/v1/pick-batches", &[], json!({})).await;
    assert_eq!(taken.status, 201, "{}", taken.body);
    assert_eq!(ids(&taken.body)[..3], ["overnight", "express", "n000"]);
    assert_eq!(ids(&taken.body), ids(&before["next"][0]));
    assert!(taken.body["orders"].as_array().unwrap().iter().all(|order| order["status"] == "picking"));
    let pieces = |body: &Value| body["to_fetch"].as_array().unwrap().iter().map(|sum| sum["quantity"].as_u64().unwrap()).sum::<u64>();
    let of_orders = taken.body["orders"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|order| order["lines"].as_array().unwrap())
        .map(|line| line["quantity"].as_u64().unwrap())
        .sum::<u64>();
    assert_eq!(pieces(&taken.body), of_orders, "what is fetched is what goes into the parcels");
    assert_eq!(get(&house, "/v1/orders/n000").await.body["tracks"]["fulfilment"], "picking");
    // Packed, it is fetched no more.
    let scanned = get(&house, "/v1/orders/n000/tracking").await.body["shipments"][0].clone();
    for item in scanned["items"].as_array().unwrap() {
        let scan = json!({ "step": "scan", "line": item["line"], "quantity": item["quantity"] });
        assert_eq!(post(&house, "/v1/orders/n000/fulfilments/p1", &[], scan).await.status, 200);
    }
    assert_eq!(post(&house, "/v1/orders/n000/fulfilments/p1", &[], json!({ "step": "pack" })).await.status, 200);
    let read = get(&house, &format!("/v1/pick-batches/{}", taken.body["id"].as_str().unwrap())).await.body;
    assert!(pieces(&read) < pieces(&taken.body));
    let after = queue(&house).await;
    assert_eq!(
        (&after["waiting"]["main"], &after["taken"][0]["id"], &after["taken"][0]["orders"]),
        (&json!(5), &taken.body["id"], &json!(50))
    );
    assert_eq!(post(&house, "/v1/pick-batches", &[], json!({ "location": "elsewhere" })).await.status, 204);
    assert_eq!(ids(&post(&house, "/v1/pick-batches", &[], json!({ "location": "main" })).await.body).len(), 5);
    assert_eq!(post(&house, "/v1/pick-batches", &[], json!({})).await.status, 204, "nothing waits");
}

/// Nobody gets an order that another has, and a wish that is sent twice is one batch.
// req: S2-56
#[tokio::test]
async fn an_order_is_in_one_batch() {
    let house = shop().await;
    for number in 0..60 {
        confirmed(&house, &format!("n{number:03}"), json!({})).await;
    }
    let key = [("idempotency-key", "first")];
    let taken = join_all((0..4).map(|_| post(&house, "/v1/pick-batches", &key, json!({})))).await;
    assert!(taken.iter().all(|one| one.status == 503 || (one.status == 201 && one.body["id"] == taken[0].body["id"])), "one plans it");
    assert_eq!(taken[0].status, 201);
    let mut all: Vec<String> = ids(&taken[0].body).into_iter().map(str::to_owned).collect();
    let others = join_all((0..4).map(|_| post(&house, "/v1/pick-batches", &[], json!({})))).await;
    for other in others.iter().filter(|other| other.status == 201) {
        all.extend(ids(&other.body).into_iter().map(str::to_owned));
    }
    let count = all.len();
    all.sort();
    all.dedup();
    assert_eq!((all.len(), count), (60, 60), "each once");
    let again = post(&house, "/v1/pick-batches", &key, json!({})).await;
    assert_eq!(ids(&again.body), ids(&taken[0].body), "the same wish");
    let elsewhere = post(&house, "/v1/pick-batches", &key, json!({ "location": "elsewhere" })).await;
    assert_eq!(elsewhere.status, 204, "of another place it is another wish");
    let asked_again = post(&house, "/v1/pick-batches", &key, json!({ "location": "elsewhere" })).await;
    assert_eq!(asked_again.status, 204, "and it may be asked again at once");
}

/// What is checked, on hold, being worked on, or nothing to carry waits for nobody.
// req: S2-56
#[tokio::test]
async fn what_nobody_may_pick_is_in_no_batch() {
    let house = shop().await;
    for number in ["a", "b", "c", "d"] {
        confirmed(&house, number, json!({})).await;
    }
    assert_eq!(post(&house, "/v1/orders/a/fulfill", &[], json!({ "packed": true })).await.status, 201);
    assert_eq!(post(&house, "/v1/orders/b/status", &[], json!({ "status": "on_hold" })).await.status, 200);
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "e")], order("e")).await;
    assert_eq!(placed.status, 201);
    assert_eq!(ids(&queue(&house).await["next"][0]), ["c", "d"]);
    // It was called off after somebody had looked.
    assert_eq!(post(&house, "/v1/orders/c/status", &[], json!({ "status": "cancelled" })).await.status, 200);
    assert_eq!(ids(&post(&house, "/v1/pick-batches", &[], json!({})).await.body), ["d"]);
}

#[tokio::test]
async fn bad_wishes_and_others() {
    let house = shop().await;
    confirmed(&house, "a", json!({})).await;
    let reader = || Some(identity(house.scope.tenant().as_str(), Role::Readonly, Scopes::of_role(Role::Readonly)));
    assert_eq!(call(&house, reader(), "POST", "/v1/pick-batches", &[], json!({})).await.status, 403);
    assert_eq!(call(&house, reader(), "GET", "/v1/pick-batches", &[], Value::Null).await.status, 200);
    for wish in [json!({ "location": "No Where" }), json!({ "place": "main" }), json!({ "location": 7 })] {
        assert_eq!(post(&house, "/v1/pick-batches", &[], wish.clone()).await.status, 422, "{wish}");
    }
    let long = "k".repeat(201);
    assert_eq!(post(&house, "/v1/pick-batches", &[("idempotency-key", &long)], json!({})).await.status, 422);
    for name in ["none", "%2e%2e%2fsecret", "a%2fb"] {
        assert_eq!(get(&house, &format!("/v1/pick-batches/{name}")).await.status, 404, "{name}");
    }
    let taken = post(&house, "/v1/pick-batches", &[], json!({})).await.body;
    let theirs = identity("another", Role::Owner, Scopes::of_role(Role::Owner));
    let seen = call(&house, Some(theirs), "GET", &format!("/v1/pick-batches/{}", taken["id"].as_str().unwrap()), &[], Value::Null).await;
    assert_eq!(seen.status, 404, "another shop's");
}
