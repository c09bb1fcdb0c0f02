//! What comes back, over the API: announced, received, on its shelf, and paid back.

use crate::house::{House, identity};
use crate::payments::{agrees, later, moves, payment, places, shop, stands};
use crate::rest::{Answer, call, get, post};
use app::Scopes;
use domain::order::Role;
use serde_json::{Value, json};
use testkit::bank::Fate;

async fn returns(house: &House, number: &str, headers: &[(&str, &str)], body: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{number}/returns"), headers, body).await;
    house.settle().await;
    answer
}

async fn steps(house: &House, number: &str, name: &str, body: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{number}/returns/{name}"), &[], body).await;
    house.settle().await;
    answer
}

fn mugs(quantity: u32, reason: &str) -> Value {
    json!({ "items": [{ "sku": "MUG", "quantity": quantity, "reason": reason }] })
}

async fn free(house: &House) -> i64 {
    get(house, "/v1/inventory/MUG").await.body[0]["available"].as_i64().unwrap()
}

/// A paid order of two mugs at 25.00 that has arrived.
async fn arrived() -> House {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    for status in ["shipped", "delivered"] {
        moves(&house, "2001", status).await;
    }
    house
}

// req: S2-05, S2-07
#[tokio::test]
async fn what_comes_back_is_on_its_shelf_and_paid_back() {
    let house = arrived().await;
    assert_eq!(free(&house).await, 98);
    let key = [("idempotency-key", "back-1")];
    for _ in 0..2 {
        let opened = returns(&house, "2001", &key, mugs(1, "changed_mind")).await;
        assert_eq!((opened.status, &opened.body["status"]), (201, &json!("return_requested")), "{}", opened.body);
        assert_eq!(opened.body["returns"].as_array().unwrap().len(), 1, "the same request, sent twice");
    }
    assert_eq!(returns(&house, "2001", &key, mugs(2, "late")).await.status, 422, "the key of another one");
    let posts = house.world.posts();
    assert!(posts.iter().any(|(_, text)| text.contains("return r1 for refund: 1 MUG (changed mind)")), "{posts:?}");
    assert_eq!(steps(&house, "2001", "r1", json!({ "step": "approve" })).await.body["returns"][0]["state"], "approved");
    let here = steps(&house, "2001", "r1", json!({ "step": "receive" })).await;
    assert_eq!((here.status, &here.body["status"]), (200, &json!("delivered")), "{}", here.body);
    let one = &here.body["returns"][0];
    assert_eq!((&one["state"], &one["refund"]), (&json!("received"), &json!("25.00 EUR")));
    assert_eq!(one["arrived"], json!([{ "line": 0, "sku": "MUG", "quantity": 1, "sellable": true }]));
    assert_eq!(here.body["returnable"], json!([{ "line": 0, "sku": "MUG", "quantity": 1 }]));
    assert_eq!(stands(&house, "2001").await, "delivered partially_refunded: authorize ok, capture ok, refund ok");
    assert_eq!(free(&house).await, 99);
    agrees(&house, "2001").await;
    // The rest of it is something else.
    assert_eq!(returns(&house, "2001", &[], mugs(1, "wrong_item")).await.status, 201);
    let other = json!({ "step": "receive", "arrived": [{ "sku": "MUG", "quantity": 1 }] });
    let last = steps(&house, "2001", "r2", other).await;
    assert_eq!((&last.body["status"], &last.body["returnable"]), (&json!("returned"), &json!([])), "{}", last.body);
    assert_eq!(stands(&house, "2001").await, "returned refunded: authorize ok, capture ok, refund ok, refund ok");
    assert_eq!(free(&house).await, 99, "what is not a mug is not sold as one");
    agrees(&house, "2001").await;
    // Two others have left. req: S2-69
    let stats = get(&house, "/v1/orders/stats").await.body;
    assert_eq!((&stats["return_rate"]["value"], &stats["return_rate"]["n"]), (&json!(0.333), &json!(3)), "{stats}");
    assert_eq!(stats["fulfilment_accuracy"]["value"], 0.667, "{stats}");
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    for event in ["return_opened", "return_decided", "return_received", "stock_returned", "refund_asked"] {
        assert!(timeline.contains(event), "{event}");
    }
}

// req: S2-07
#[tokio::test]
async fn who_names_an_amount_hears_if_there_is_less() {
    let house = arrived().await;
    returns(&house, "2001", &[], mugs(2, "defective")).await;
    let receive = |amount: &str| json!({ "step": "receive", "refund_amount": amount });
    for (amount, status) in [("50.01", 409), ("0", 409), ("-1", 409), ("12.345", 422), ("ten", 422), ("", 422)] {
        let refused = steps(&house, "2001", "r1", receive(amount)).await;
        assert_eq!(refused.status, status, "{amount}: {}", refused.body);
    }
    assert_eq!(steps(&house, "2001", "r1", receive("40.00")).await.status, 200);
    assert_eq!(payment(&house, "2001").await["refunded"]["amount"], "40.00");
    assert_eq!(get(&house, "/v1/orders/2001").await.body["status"], "returned", "all of it is here");
    agrees(&house, "2001").await;
}

/// Goodwill was given before: what goes back for the goods is what there still is.
// req: S2-07, S2-51
#[tokio::test]
async fn no_more_goes_back_than_was_taken() {
    let house = arrived().await;
    let goodwill = post(&house, "/v1/orders/2001/refunds", &[("idempotency-key", "g")], json!({ "amount": "30.00" })).await;
    assert_eq!(goodwill.status, 202, "{}", goodwill.body);
    house.settle().await;
    returns(&house, "2001", &[], mugs(2, "damaged")).await;
    let here = steps(&house, "2001", "r1", json!({ "step": "receive" })).await;
    assert_eq!(here.body["returns"][0]["refund"], "20.00 EUR", "{}", here.body);
    assert_eq!(payment(&house, "2001").await["status"], "refunded");
    agrees(&house, "2001").await;
}

/// Twenty people receive the same parcel.
// req: S2-51
#[tokio::test]
async fn a_return_arrives_once() {
    let house = arrived().await;
    returns(&house, "2001", &[], mugs(1, "other")).await;
    let all = futures::future::join_all((0..20).map(|_| steps(&house, "2001", "r1", json!({ "step": "receive" })))).await;
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    house.settle().await;
    assert_eq!((payment(&house, "2001").await["refunded"]["amount"].clone(), free(&house).await), (json!("25.00"), 99));
    agrees(&house, "2001").await;
}

/// Nobody knows yet whether its money was taken: the return stays open until that is known.
// req: S2-07, S2-51
#[tokio::test]
async fn what_is_being_taken_is_not_given_back_yet() {
    for fate in [Fate::Silence, Fate::Declined { soft: true }] {
        let house = shop().await;
        places(&house, "2001", "credit_card").await;
        house.bank.will(move |_, _| fate);
        moves(&house, "2001", "shipped").await;
        assert_eq!(returns(&house, "2001", &[], mugs(2, "undeliverable")).await.status, 201);
        let refused = steps(&house, "2001", "r1", json!({ "step": "receive" })).await;
        assert_eq!(
            (refused.status, refused.body["detail"].as_str().map(|why| why.contains("not been taken yet"))),
            (409, Some(true)),
            "{}",
            refused.body
        );
        assert_eq!(get(&house, "/v1/orders/2001/returns").await.body["returns"][0]["state"], "requested");
        house.bank.will(|_, _| Fate::Done);
        for _ in 0..4 {
            later(&house, 31).await;
        }
        let here = steps(&house, "2001", "r1", json!({ "step": "receive" })).await;
        assert_eq!((here.status, &here.body["returns"][0]["refund"]), (200, &json!("50.00 EUR")), "{fate:?}: {}", here.body);
        assert_eq!(payment(&house, "2001").await["refunded"]["amount"], "50.00");
        agrees(&house, "2001").await;
    }
}

/// What comes back is not late, however long ago it was promised.
// req: S2-17
#[tokio::test]
async fn who_has_it_does_not_wait_for_it() {
    let house = House::new().await;
    house.import("3001", "Delivered", "ann@example.com", "2025-08-01").await;
    assert_eq!(returns(&house, "3001", &[], mugs(1, "late")).await.status, 201);
    let order = get(&house, "/v1/orders/3001").await.body;
    assert_eq!((order["status"].as_str(), order.get("days_late")), (Some("return_requested"), None), "{order}");
    let cases = get(&house, "/v1/orders/requiring-attention").await.body.to_string();
    assert!(!cases.contains("3001"), "{cases}");
    // One that was imported as delivered has left, too, before something of it comes back.
    steps(&house, "3001", "r1", json!({ "step": "receive", "refund": "none" })).await;
    let rate = &get(&house, "/v1/orders/stats").await.body["return_rate"];
    assert_eq!((&rate["value"], &rate["n"]), (&json!(0.333), &json!(3)), "{rate}");
}

/// Whoever takes parcels in need not be who gives money away.
// req: S2-07
#[tokio::test]
async fn money_goes_back_when_a_manager_says_so() {
    let house = arrived().await;
    let operator = identity("demo", Role::Operator, Scopes::ALL);
    let as_operator = |path: &'static str, body: Value| call(&house, Some(operator.clone()), "POST", path, &[], body);
    assert_eq!(as_operator("/v1/orders/2001/returns", mugs(1, "other")).await.status, 201);
    for body in [
        json!({ "step": "receive" }),
        json!({ "step": "receive", "refund": "lines_and_shipping" }),
        json!({ "step": "receive", "arrived": [], "refund_amount": "50.00" }),
    ] {
        let refused = as_operator("/v1/orders/2001/returns/r1", body).await;
        assert!(refused.status == 403 && refused.body["detail"].as_str().unwrap().contains("manager"), "{}", refused.body);
    }
    let here = as_operator("/v1/orders/2001/returns/r1", json!({ "step": "receive", "refund": "none" })).await;
    assert_eq!((here.status, here.body["returns"][0].get("refund")), (200, None), "{}", here.body);
    house.settle().await;
    assert_eq!((payment(&house, "2001").await["refunded"]["amount"].clone(), free(&house).await), (json!("0.00"), 99));
}

/// The answer to it was lost.
#[tokio::test]
async fn a_step_that_is_sent_twice_is_answered_twice() {
    let house = arrived().await;
    returns(&house, "2001", &[], mugs(1, "late")).await;
    let key = [("idempotency-key", "in-1")];
    for _ in 0..2 {
        let here = post(&house, "/v1/orders/2001/returns/r1", &key, json!({ "step": "receive" })).await;
        assert_eq!((here.status, here.body["returns"][0]["state"].as_str()), (200, Some("received")), "{}", here.body);
        house.settle().await;
    }
    assert_eq!(payment(&house, "2001").await["refunded"]["amount"], "25.00");
    assert_eq!(post(&house, "/v1/orders/2001/returns/r1", &key, json!({ "step": "withdraw" })).await.status, 422);
    agrees(&house, "2001").await;
}

// req: S2-05, S2-17
#[tokio::test]
async fn bad_returns_are_refused_with_advice() {
    let house = arrived().await;
    places(&house, "2002", "credit_card").await;
    let early = returns(&house, "2002", &[], mugs(1, "other")).await;
    assert_eq!((early.status, early.body["type"].as_str().unwrap().rsplit('#').next()), (409, Some("not-returned")), "{}", early.body);
    for (body, field) in [
        (json!({}), "items"),
        (json!({ "items": [{ "sku": "MUG", "quantity": 1 }] }), "items[0].reason"),
        (mugs(1, "because"), "items[0].reason"),
        (json!({ "items": [{ "sku": "POT", "quantity": 1, "reason": "other" }] }), "items[0]"),
        (json!({ "items": [{ "quantity": 1, "reason": "other" }] }), "items[0]"),
        (json!({ "items": [{ "line": 0, "quantity": -1, "reason": "other" }] }), "items[0].quantity"),
        (json!({ "items": [{ "line": 0, "quantity": 1, "reason": "other" }], "kind": "swap" }), "kind"),
        (json!({ "items": [{ "line": 0, "quantity": 1, "reason": "other" }], "who": "me" }), "who"),
    ] {
        let refused = returns(&house, "2001", &[], body.clone()).await;
        assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}: {}", refused.body);
    }
    for (body, detail) in [
        (mugs(3, "other"), "line 0: 3 to come back, 2 can"),
        (mugs(0, "other"), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (json!({ "items": [] }), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (json!({ "items": [{ "line": 7, "quantity": 1, "reason": "other" }] }), "line 7: 1 to come back, 0 can"),
    ] {
        let refused = returns(&house, "2001", &[], body.clone()).await;
        assert_eq!((refused.status, refused.body["detail"].as_str()), (409, Some(detail)), "{body}");
    }
    let note = json!({ "items": [{ "line": 0, "quantity": 1, "reason": "other" }], "note": "x".repeat(501) });
    assert_eq!(returns(&house, "2001", &[], note).await.status, 422);
    for name in ["r1", "R1", "..", "r999999999999999999"] {
        assert_eq!(steps(&house, "2001", name, json!({ "step": "approve" })).await.status, 404, "{name}");
    }
    returns(&house, "2001", &[], mugs(1, "other")).await;
    for (body, field) in [
        (json!({ "step": "burn" }), "step"),
        (json!({ "step": "receive", "refund": "half" }), "refund"),
        (json!({ "step": "receive", "refund": "none", "refund_amount": "1.00" }), "refund_amount"),
        (json!({ "step": "receive", "arrived": [{ "sku": "POT", "quantity": 1 }] }), "arrived[0]"),
        (json!({ "step": "receive", "note": "here" }), "note"),
        (json!({ "step": "approve", "refund_amount": "10.00" }), "refund_amount"),
        (json!({ "step": "refuse", "arrived": [] }), "arrived"),
    ] {
        let refused = steps(&house, "2001", "r1", body.clone()).await;
        assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}: {}", refused.body);
    }
    let reader = identity("demo", Role::Readonly, Scopes { read: true, ..Scopes::default() });
    let seen = call(&house, Some(reader.clone()), "GET", "/v1/orders/2001/returns", &[], Value::Null).await;
    assert_eq!((seen.status, seen.body["returns"][0]["items"][0]["reason"].as_str()), (200, Some("other")));
    for path in ["/v1/orders/2001/returns", "/v1/orders/2001/returns/r1"] {
        assert_eq!(call(&house, Some(reader.clone()), "POST", path, &[], json!({ "step": "approve" })).await.status, 403, "{path}");
    }
    let stranger = identity("elsewhere", Role::Owner, Scopes::ALL);
    assert_eq!(call(&house, Some(stranger), "GET", "/v1/orders/2001/returns", &[], Value::Null).await.status, 404);
}

/// Who pays elsewhere is paid back elsewhere: the event says how much.
// req: S2-07
#[tokio::test]
async fn what_is_paid_elsewhere_goes_back_elsewhere() {
    let house = House::new().await;
    house.import("3001", "Delivered", "ann@example.com", "2025-08-14").await;
    returns(&house, "3001", &[], mugs(1, "not_as_described")).await;
    let here = steps(&house, "3001", "r1", json!({ "step": "receive" })).await;
    assert_eq!((here.status, &here.body["returns"][0]["refund"]), (200, &json!("29.99 USD")), "{}", here.body);
    let exchange = json!({ "items": [{ "line": 0, "quantity": 1, "reason": "wrong_item" }], "kind": "exchange", "approved": true });
    assert_eq!(returns(&house, "3001", &[], exchange).await.body["returns"][1]["state"], "approved");
    let refused = steps(&house, "3001", "r2", json!({ "step": "receive", "refund": "lines" })).await;
    assert!(refused.status == 409 && refused.body["detail"].as_str().unwrap().contains("exchange"), "{}", refused.body);
    let here = steps(&house, "3001", "r2", json!({ "step": "receive" })).await;
    assert_eq!((here.status, here.body["returns"][1].get("refund")), (200, None), "{}", here.body);
}

/// What comes back for something else is replaced by an order of its own: placed once, set aside, sent, and paid by nobody.
// req: S2-05, S2-17
#[tokio::test]
async fn something_is_sent_in_the_place_of_what_comes_back() {
    let house = arrived().await;
    let exchange = json!({ "items": [{ "sku": "MUG", "quantity": 1, "reason": "damaged" }], "kind": "exchange", "approved": true });
    assert_eq!(returns(&house, "2001", &[], exchange).await.status, 201);
    for _ in 0..2 {
        let asked = steps(&house, "2001", "r1", json!({ "step": "replace" })).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
    }
    let one = get(&house, "/v1/orders/2001/returns").await.body["returns"][0].clone();
    assert_eq!(one["replacement"], json!({ "order_id": "2001-r1", "items": [{ "sku": "MUG", "quantity": 1 }] }), "{one}");
    let other = get(&house, "/v1/orders/2001-r1").await.body;
    assert_eq!(
        (&other["status"], &other["total"], &other["channel"]),
        (&json!("processing"), &json!("0.00"), &json!("exchange")),
        "{other}"
    );
    assert_eq!((&other["email"], &other["country"]), (&json!("ada2001@example.com"), &json!("DE")));
    assert_eq!(free(&house).await, 97, "one more is set aside");
    let told = house.world.sent_mails().iter().filter(|mail| mail.subject.contains("2001-r1")).count();
    assert!(told > 0, "whoever gets it hears of it");
    moves(&house, "2001-r1", "shipped").await;
    assert_eq!(get(&house, "/v1/orders/2001-r1/payment").await.status, 404, "nobody pays it");
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    assert_eq!(timeline.matches("return_replaced").count(), 1, "{timeline}");
    // It is here: broken, and the money stays.
    steps(&house, "2001", "r1", json!({ "step": "receive" })).await;
    assert_eq!((payment(&house, "2001").await["refunded"]["amount"].clone(), free(&house).await), (json!("0.00"), 97));
    // The other one comes back for something else, which is called something else.
    house.import("2001-r2", "Delivered", "bob@example.com", "2025-08-14").await;
    let exchange = json!({ "items": [{ "sku": "MUG", "quantity": 1, "reason": "changed_mind" }], "kind": "exchange", "approved": true });
    assert_eq!(returns(&house, "2001", &[], exchange).await.status, 201);
    let asked =
        steps(&house, "2001", "r2", json!({ "step": "replace", "items": [{ "sku": "BOWL", "name": "Bowl", "quantity": 2 }] })).await;
    let by = asked.body["returns"][1]["replacement"]["order_id"].clone();
    assert_eq!(asked.status, 200, "{}", asked.body);
    let by =
        if by.is_null() { get(&house, "/v1/orders/2001/returns").await.body["returns"][1]["replacement"]["order_id"].clone() } else { by };
    assert!(by.as_str().unwrap().starts_with("ORD-"), "another order has that number: {by}");
    let other = get(&house, &format!("/v1/orders/{}", by.as_str().unwrap())).await.body;
    assert_eq!((&other["items"][0]["sku"], &other["items"][0]["name"]), (&json!("BOWL"), &json!("Bowl")));
}

// req: S2-05
#[tokio::test]
async fn bad_replacements_are_refused_with_advice() {
    let house = arrived().await;
    returns(&house, "2001", &[], mugs(1, "other")).await;
    let exchange = json!({ "items": [{ "sku": "MUG", "quantity": 1, "reason": "other" }], "kind": "exchange" });
    returns(&house, "2001", &[], exchange).await;
    for (name, text) in [("r1", "for the money"), ("r2", "approve it first")] {
        let refused = steps(&house, "2001", name, json!({ "step": "replace" })).await;
        assert!(refused.status == 409 && refused.body["detail"].as_str().unwrap().contains(text), "{}", refused.body);
    }
    steps(&house, "2001", "r2", json!({ "step": "approve" })).await;
    for (body, field) in [
        (json!({ "step": "replace", "items": [{ "sku": "", "quantity": 1 }] }), "items[0].sku"),
        (json!({ "step": "replace", "items": [{ "sku": "x".repeat(65), "quantity": 1 }] }), "items[0].sku"),
        (json!({ "step": "replace", "items": [{ "sku": "MUG", "quantity": 100_001 }] }), "items[0].quantity"),
        (json!({ "step": "replace", "items": [{ "sku": "MUG", "quantity": -1 }] }), "items[0].quantity"),
        (json!({ "step": "replace", "items": [] }), "items"),
        (json!({ "step": "replace", "note": "here" }), "note"),
        (json!({ "step": "replace", "refund": "none" }), "refund"),
        (json!({ "step": "approve", "items": [{ "sku": "MUG", "quantity": 1 }] }), "items"),
    ] {
        let refused = steps(&house, "2001", "r2", body.clone()).await;
        assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}: {}", refused.body);
    }
    assert_eq!(get(&house, "/v1/orders/2001-r2").await.status, 404);
}

/// Its worker died: the order is placed by the next, once; and whoever was forgotten meanwhile gets nothing.
// req: S2-51
#[tokio::test]
async fn a_replacement_whose_worker_died_is_placed_once() {
    for forgotten in [false, true] {
        let house = arrived().await;
        let exchange = json!({ "items": [{ "sku": "MUG", "quantity": 1, "reason": "other" }], "kind": "exchange", "approved": true });
        returns(&house, "2001", &[], exchange).await;
        // Nobody hears of it.
        let asked = post(&house, "/v1/orders/2001/returns/r1", &[], json!({ "step": "replace" })).await;
        assert_eq!(asked.status, 200, "{}", asked.body);
        house.world.take_stream(usize::MAX);
        if forgotten {
            house.command("2001", domain::order::Command::EraseContact).await;
            house.world.take_stream(usize::MAX);
        }
        assert_eq!(get(&house, "/v1/orders/2001-r1").await.status, 404);
        for _ in 0..3 {
            later(&house, 16).await;
        }
        let one = get(&house, "/v1/orders/2001/returns").await.body["returns"][0].clone();
        if forgotten {
            assert_eq!(one.get("replacement"), None, "{one}");
            let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
            assert!(timeline.contains("Nothing can be sent in the place of return r1: its customer was forgotten"), "{timeline}");
        } else {
            assert_eq!(one["replacement"]["order_id"], "2001-r1", "{one}");
            assert_eq!(get(&house, "/v1/orders/2001-r1").await.body["status"], "processing");
        }
    }
}
