//! What of an order is sent together, over the API.

use crate::house::{House, config};
use crate::rest::{Answer, get, post};
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::order::SagaRules;
use serde_json::{Value, json};

async fn processing(house: &House, number: &str) {
    let order = json!({
        "number": number, "currency": "EUR", "country": "DE",
        "items": [{ "sku": "MUG", "quantity": 2, "unit_price": "9.50" }, { "sku": "SONG", "quantity": 1, "unit_price": "1", "digital": true }, { "sku": "POT", "quantity": 3, "unit_price": "5" }],
        "customer": { "name": "Ada Example", "email": "ada@example.com" },
    });
    assert_eq!(post(house, "/v1/orders", &[("idempotency-key", number)], order).await.status, 201);
    let moved = post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": "processing" })).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    house.settle().await;
}

async fn fulfils(house: &House, number: &str, body: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{number}/fulfill"), &[], body).await;
    house.settle().await;
    answer
}

async fn status(house: &House, number: &str) -> Value {
    get(house, &format!("/v1/orders/{number}")).await.body["status"].clone()
}

// req: S2-05, S2-06
#[tokio::test]
async fn an_order_leaves_in_two_parcels_and_no_third() {
    let house = House::new().await;
    processing(&house, "2001").await;
    let first =
        json!({ "items": [{ "sku": "MUG", "quantity": 1 }], "carrier": "UPS", "tracking_number": "1Z999AA10123456784", "warehouse": "ny" });
    let answer = fulfils(&house, "2001", first).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert_eq!(answer.body["open"], json!([{ "line": 0, "sku": "MUG", "quantity": 1 }, { "line": 2, "sku": "POT", "quantity": 3 }]));
    assert_eq!(status(&house, "2001").await, "partially_shipped");
    let refused = fulfils(&house, "2001", json!({ "items": [{ "line": 0, "quantity": 2 }] })).await;
    assert_eq!((refused.status, &refused.body["detail"]), (409, &json!("line 0: 2 asked for, 1 open")), "{}", refused.body);
    assert_eq!(fulfils(&house, "2001", json!({})).await.status, 201);
    assert_eq!(status(&house, "2001").await, "shipped");
    let again = fulfils(&house, "2001", json!({})).await;
    assert_eq!(again.status, 409, "{}", again.body);
    let tracking = get(&house, "/v1/orders/2001/tracking").await.body;
    let shipment = &tracking["shipments"][0];
    assert_eq!(
        (&shipment["carrier"], &shipment["tracking_number"], &shipment["location"], &shipment["status"]),
        (&json!("UPS"), &json!("1Z999AA10123456784"), &json!("ny"), &json!("shipped"))
    );
    assert_eq!(
        (&tracking["label"], &tracking["open"], tracking["shipments"].as_array().unwrap().len()),
        (&json!("Shipped"), &json!([]), 2)
    );
}

// req: S2-05
#[tokio::test]
async fn a_request_that_comes_again_sends_no_second_parcel() {
    let house = House::new().await;
    processing(&house, "2001").await;
    let read = get(&house, "/v1/orders/2001").await.body["version"].as_u64().unwrap().to_string();
    let sends = async |headers: &[(&str, &str)], quantity: u32| {
        let body = json!({ "items": [{ "sku": "POT", "quantity": quantity }] });
        let answer = post(&house, "/v1/orders/2001/fulfill", headers, body).await;
        house.settle().await;
        (answer.status, answer.body["shipments"].as_array().map_or_else(|| answer.body["title"].clone(), |all| json!(all.len())))
    };
    assert_eq!(sends(&[("idempotency-key", "parcel")], 1).await, (201, json!(1)));
    assert_eq!(sends(&[("idempotency-key", "parcel")], 1).await, (201, json!(1)), "the same request, sent twice");
    assert_eq!(sends(&[("idempotency-key", "parcel")], 2).await, (422, json!("Idempotency key reused")), "the key of another one");
    assert_eq!(sends(&[("if-match", &read)], 1).await, (409, json!("It has changed")), "the order has moved on since it was read");
    assert_eq!(sends(&[], 1).await, (201, json!(2)), "another parcel of the same");
    let now = get(&house, "/v1/orders/2001").await.body["version"].as_u64().unwrap().to_string();
    assert_eq!(sends(&[("if-match", &now)], 1).await, (201, json!(3)));
    assert_eq!(sends(&[("if-match", &now)], 1).await, (409, json!("It has changed")));
}

// req: S2-05, S2-59
#[tokio::test]
async fn work_is_done_step_by_step_and_bad_input_is_told() {
    let house = House::new().await;
    processing(&house, "2001").await;
    assert_eq!(fulfils(&house, "2001", json!({ "shipped": false })).await.body["shipments"][0]["status"], "pending");
    let step = async |body: Value| {
        let answer = post(&house, "/v1/orders/2001/fulfilments/p1", &[], body).await;
        (answer.status, answer.body)
    };
    for (body, expected) in [
        (json!({ "step": "allocate" }), "allocated"),
        (json!({ "step": "start_picking" }), "picking"),
        (json!({ "step": "scan", "line": 0, "quantity": 2 }), "picking"),
        (json!({ "step": "scan", "line": 2, "quantity": 3 }), "picked"),
        (json!({ "step": "pack" }), "packed"),
        (json!({ "step": "label", "carrier": "DHL", "tracking_number": "JJD0099" }), "labelled"),
    ] {
        let (code, answer) = step(body.clone()).await;
        assert_eq!((code, &answer["shipments"][0]["status"]), (200, &json!(expected)), "{body}: {answer}");
    }
    assert_eq!(status(&house, "2001").await, "ready_to_ship");
    assert_eq!(step(json!({ "step": "pack" })).await.0, 409);
    assert_eq!(step(json!({ "step": "hand_over" })).await.0, 200);
    assert_eq!(status(&house, "2001").await, "shipped");
    for (body, code) in [
        (json!({ "step": "fly" }), 422),
        (json!({ "step": "scan" }), 422),
        (json!({ "step": "check" }), 422),
        (json!({ "step": "deliver", "carrier": "DHL" }), 422),
        (json!({}), 422),
    ] {
        assert_eq!(step(body.clone()).await.0, code, "{body}");
    }
    assert_eq!(post(&house, "/v1/orders/2001/fulfilments/p9", &[], json!({ "step": "pack" })).await.status, 404);
    assert_eq!(fulfils(&house, "9999", json!({})).await.status, 404);
    processing(&house, "2002").await;
    for body in [
        json!({ "items": [] }),
        json!({ "items": [{ "sku": "NO", "quantity": 1 }] }),
        json!({ "items": [{ "sku": "MUG", "quantity": -1 }] }),
        json!({ "carrier": "UPS" }),
        json!({ "carrier": "UPS", "tracking_number": "" }),
        json!({ "warehouse": "New York" }),
        json!({ "line": 1 }),
    ] {
        assert_eq!(fulfils(&house, "2002", body.clone()).await.status, 422, "{body}");
    }
    assert_eq!(fulfils(&house, "2002", json!({ "items": [{ "sku": "SONG", "quantity": 1 }] })).await.status, 409, "nobody packs a song");
}

// req: S2-05
#[tokio::test]
async fn nothing_is_sent_of_what_is_still_checked_and_stock_leaves_with_the_last_parcel() {
    let house = House::new().await;
    let workflow = SagaRules { enabled: true, ..SagaRules::default() };
    assert!(house.world.tenants().save(&house.scope, &TenantConfig { version: 2, workflow, ..config() }, 1).await.unwrap());
    let stocked = post(&house, "/v1/inventory/MUG/adjust", &[], json!({ "location": "ny", "by": 5, "reference": "opening" })).await;
    assert_eq!(stocked.status, 200, "{}", stocked.body);
    let order = json!({ "number": "3001", "currency": "EUR", "items": [{ "sku": "MUG", "quantity": 2, "unit_price": "9.50" }], "customer": { "name": "Ada", "email": "ada@example.com" } });
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "k")], order).await.status, 201);
    assert_eq!(fulfils(&house, "3001", json!({})).await.status, 409, "it is still being checked");
    let sent = fulfils(&house, "3001", json!({})).await;
    assert_eq!((sent.status, &sent.body["shipments"][0]["location"]), (201, &json!("ny")), "where it was set aside: {}", sent.body);
    let level = get(&house, "/v1/inventory/MUG").await.body[0].clone();
    assert_eq!((&level["available"], &level["reserved"]), (&json!(3), &json!(0)), "{level}");
}
