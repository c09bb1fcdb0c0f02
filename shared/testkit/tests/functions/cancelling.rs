//! What is called off by line, over the API: not sent, free again, and neither taken nor kept.

use crate::house::{House, identity};
use crate::payments::{agrees, moves, payment, places, shop, stands};
use crate::rest::{Answer, call, get, post};
use app::Scopes;
use app::ports::TenantStore;
use domain::order::Role;
use domain::order::saga::SagaRules;
use serde_json::{Value, json};

async fn cancels(house: &House, headers: &[(&str, &str)], body: Value) -> Answer {
    let answer = post(house, "/v1/orders/2001/cancellations", headers, body).await;
    house.settle().await;
    answer
}

fn mugs(quantity: i64) -> Value {
    json!({ "items": [{ "sku": "MUG", "quantity": quantity }], "note": "Ada called" })
}

async fn sends(house: &House, body: Value) {
    let sent = post(house, "/v1/orders/2001/fulfill", &[], body).await;
    assert_eq!(sent.status, 201, "{}", sent.body);
    house.settle().await;
}

/// How many mugs are free, and how many are set aside.
async fn shelf(house: &House) -> (i64, i64) {
    let level = &get(house, "/v1/inventory/MUG").await.body[0];
    (level["available"].as_i64().unwrap(), level["reserved"].as_i64().unwrap())
}

/// A paid order of two mugs at 25.00.
async fn paid() -> House {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    assert_eq!((stands(&house, "2001").await.as_str(), shelf(&house).await), ("processing authorized: authorize ok", (98, 2)));
    house
}

// req: S2-05, S2-12
#[tokio::test]
async fn one_of_two_is_called_off_and_the_other_leaves() {
    let house = paid().await;
    let key = [("idempotency-key", "off-1")];
    for _ in 0..2 {
        let off = cancels(&house, &key, mugs(1)).await;
        assert_eq!((off.status, off.body["status"].as_str()), (200, Some("processing")), "{}", off.body);
        let item = &off.body["items"][0];
        assert_eq!((&item["quantity"], &item["cancelled"], &item["cancellable"]), (&json!(2), &json!(1), &json!(1)));
        assert_eq!((&off.body["total"], &off.body["cancelled"], &off.body["owed"]), (&json!("50.00"), &json!("25.00"), &json!("25.00")));
    }
    assert_eq!(cancels(&house, &key, mugs(2)).await.status, 422, "the key of another one");
    assert_eq!(shelf(&house).await, (99, 1));
    // The customer hears of it once, in words that fit. req: S2-70
    let mails: Vec<_> = house.world.sent_mails().into_iter().filter(|mail| mail.subject.contains("has changed")).collect();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("it is not sent, and you do not pay for it. The total is 25.00 EUR."), "{}", mails[0].text);
    sends(&house, json!({})).await;
    assert_eq!(stands(&house, "2001").await, "shipped captured: authorize ok, capture ok");
    assert_eq!((payment(&house, "2001").await["captured"]["amount"].clone(), shelf(&house).await), (json!("25.00"), (99, 0)));
    assert_eq!(payment(&house, "2001").await["discrepancies"], json!([]));
    agrees(&house, "2001").await;
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    assert!(
        timeline.contains("lines_cancelled") && timeline.contains("Called off: 1 of line 1 (25.00 EUR less): Ada called"),
        "{timeline}"
    );
    let back = cancels(&house, &[], mugs(1)).await;
    assert_eq!((back.status, back.body["type"].as_str().unwrap().rsplit('#').next()), (409, Some("not-cancelled")), "{}", back.body);
}

// req: S2-07, S2-28
#[tokio::test]
async fn what_was_taken_for_it_goes_back_by_itself() {
    let house = paid().await;
    assert_eq!(post(&house, "/v1/orders/2001/payment/capture", &[], Value::Null).await.status, 202);
    house.settle().await;
    assert_eq!(cancels(&house, &[], mugs(1)).await.status, 200);
    assert_eq!(stands(&house, "2001").await, "processing partially_refunded: authorize ok, capture ok, refund ok");
    assert_eq!(payment(&house, "2001").await["refunded"]["amount"], "25.00");
    agrees(&house, "2001").await;
    // All of the rest is the order.
    let off = cancels(&house, &[], mugs(1)).await;
    assert_eq!((off.status, off.body["status"].as_str()), (200, Some("cancelled")), "{}", off.body);
    assert_eq!(stands(&house, "2001").await, "cancelled refunded: authorize ok, capture ok, refund ok, refund ok");
    assert_eq!(shelf(&house).await, (100, 0));
    agrees(&house, "2001").await;
}

/// By line or as a whole: what has left is paid, and the rest is free again.
// req: S2-05, S2-42
#[tokio::test]
async fn the_rest_is_called_off_when_half_has_left() {
    for by_line in [true, false] {
        let house = paid().await;
        sends(&house, json!({ "items": [{ "sku": "MUG", "quantity": 1 }] })).await;
        assert_eq!((stands(&house, "2001").await.as_str(), shelf(&house).await), ("partially_shipped authorized: authorize ok", (98, 1)));
        if by_line {
            assert_eq!(cancels(&house, &[], mugs(1)).await.body["status"], "shipped");
        } else {
            moves(&house, "2001", "cancelled").await;
        }
        assert_eq!(stands(&house, "2001").await, "shipped captured: authorize ok, capture ok");
        assert_eq!((payment(&house, "2001").await["captured"]["amount"].clone(), shelf(&house).await), (json!("25.00"), (99, 0)));
        let order = get(&house, "/v1/orders/2001").await.body;
        assert_eq!((&order["owed"], &order["items"][0]["cancelled"], order.get("reviews")), (&json!("25.00"), &json!(1), None), "{order}");
        agrees(&house, "2001").await;
    }
}

/// Who asked for more than there is may have what there is.
// req: S2-36
#[tokio::test]
async fn what_is_short_is_called_off_and_the_rest_goes_on() {
    let house = shop().await;
    let taken = json!({ "location": "main", "by": -99, "reference": "stolen" });
    assert_eq!(post(&house, "/v1/inventory/MUG/adjust", &[], taken).await.status, 200);
    places(&house, "2001", "credit_card").await;
    let order = get(&house, "/v1/orders/2001").await.body;
    assert_eq!((&order["status"], &order["reviews"][0]["type"]), (&json!("on_hold"), &json!("INVENTORY_OVERRIDE")), "{order}");
    assert_eq!(cancels(&house, &[], mugs(1)).await.status, 200);
    assert_eq!((stands(&house, "2001").await.as_str(), shelf(&house).await), ("processing authorized: authorize ok", (0, 1)));
    assert_eq!(payment(&house, "2001").await["authorized"]["amount"], "25.00");
    agrees(&house, "2001").await;
}

/// Twenty people call off the same mug.
// req: S2-51
#[tokio::test]
async fn no_more_is_called_off_than_there_is() {
    let house = paid().await;
    let seen = get(&house, "/v1/orders/2001").await.body["version"].to_string();
    let (tag, house) = (format!("\"{seen}\""), &house);
    let match_it = [("if-match", tag.as_str())];
    let all = futures::future::join_all((0..20).map(|_| cancels(house, &match_it, mugs(1)))).await;
    let statuses: Vec<u16> = all.iter().map(|answer| answer.status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    assert_eq!(shelf(house).await, (99, 1));
    agrees(house, "2001").await;
}

// req: S2-05
#[tokio::test]
async fn bad_cancellations_are_refused_with_advice() {
    let house = paid().await;
    for (body, field) in [
        (json!({}), "items"),
        (json!({ "items": [] }), "items"),
        (json!({ "items": vec![json!({ "line": 0, "quantity": 1 }); 101] }), "items"),
        (json!({ "items": [{ "sku": "POT", "quantity": 1 }] }), "items[0]"),
        (json!({ "items": [{ "quantity": 1 }] }), "items[0]"),
        (mugs(-1), "items[0].quantity"),
        (json!({ "items": [{ "line": 0, "quantity": 1.5 }] }), "items[0].quantity"),
        (json!({ "items": [{ "line": 0, "quantity": 1 }], "refund": true }), "refund"),
    ] {
        let refused = cancels(&house, &[], body.clone()).await;
        assert_eq!((refused.status, refused.body["errors"][0]["field"].as_str()), (422, Some(field)), "{body}: {}", refused.body);
    }
    for (body, detail) in [
        (
            mugs(3),
            "line 0: 3 to call off, 2 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
        (mugs(0), "1 to 100 lines are called off at once, each with a quantity of at least 1"),
        (
            json!({ "items": [{ "line": 7, "quantity": 1 }] }),
            "line 7: 1 to call off, 0 can; what is in a parcel is called off with the parcel, and what has left comes back as a return",
        ),
    ] {
        let refused = cancels(&house, &[], body.clone()).await;
        assert_eq!((refused.status, refused.body["detail"].as_str()), (409, Some(detail)), "{body}");
    }
    let long = json!({ "items": [{ "line": 0, "quantity": 1 }], "note": "x".repeat(501) });
    assert_eq!(cancels(&house, &[], long).await.status, 422);
    assert_eq!(cancels(&house, &[("if-match", "\"99\"")], mugs(1)).await.status, 409);
    let reader = identity("demo", Role::Readonly, Scopes { read: true, ..Scopes::default() });
    let stranger = identity("elsewhere", Role::Owner, Scopes::ALL);
    for (who, status) in [(reader, 403), (stranger, 404)] {
        assert_eq!(call(&house, Some(who), "POST", "/v1/orders/2001/cancellations", &[], mugs(1)).await.status, status);
    }
    assert_eq!(
        (stands(&house, "2001").await.as_str(), shelf(&house).await),
        ("processing authorized: authorize ok", (98, 2)),
        "nothing happened"
    );
}

/// An order that nobody takes through checks and stock says what of it is off, and no more.
// req: S2-12
#[tokio::test]
async fn an_order_that_is_only_followed_loses_a_line() {
    let house = House::new().await;
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    (next.version, next.workflow) = (next.version + 1, SagaRules::default());
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    let order = json!({ "number": "2001", "currency": "EUR", "customer": { "name": "Ada Example", "email": "ada@example.com" },
        "items": [{ "sku": "MUG", "name": "Mug", "quantity": 2, "unit_price": "25.00" }, { "sku": "POT", "name": "Pot", "quantity": 1, "unit_price": "9.00" }] });
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "p")], order).await.status, 201);
    house.settle().await;
    let off = cancels(&house, &[], json!({ "items": [{ "sku": "POT", "quantity": 1 }], "notify_customer": false })).await;
    assert_eq!((off.status, &off.body["owed"], &off.body["items"][1]["cancelled"]), (200, &json!("50.00"), &json!(1)), "{}", off.body);
    assert!(house.world.sent_mails().iter().all(|mail| !mail.subject.contains("has changed")));
}
