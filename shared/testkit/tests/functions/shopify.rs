//! Shopify's webhooks: through the door, the inbox and the worker.

use crate::door::{Answer, Knock, knock};
use crate::house::House;
use crate::rest::{get, post};
use app::ports::{InboxState, TenantStore};
use app::tenant::{Secret, ShopifySettings, TenantConfig};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::ids::OrderId;
use domain::order::{Order, OrderStatus, PaymentStatus, TrackingStatus};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const PATH: &str = "/v1/hooks/demo/shopify";
const SHOP: &str = "my-shop.myshopify.com";
const SECRET: &str = "made-up-client-secret-of-the-app";
const OLD_SECRET: &str = "made-up-client-secret-before-it";

pub fn settings() -> ShopifySettings {
    ShopifySettings {
        enabled: true,
        shop: SHOP.into(),
        secrets: vec![Secret::new(SECRET), Secret::new(OLD_SECRET)],
        notify: false,
        number_prefix: String::new(),
        test_orders: false,
    }
}

/// A shop's orders come from Shopify from now on.
pub async fn joins(house: &House, shopify: ShopifySettings) {
    let known = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    let next = TenantConfig { version: known.version + 1, shopify: Some(shopify), ..known.clone() };
    assert!(house.world.tenants().save(&house.scope, &next, known.version).await.unwrap());
}

async fn shop_with(shopify: ShopifySettings) -> House {
    let house = House::new().await;
    joins(&house, shopify).await;
    house
}

async fn shop() -> House {
    shop_with(settings()).await
}

fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    STANDARD.encode(mac.finalize().into_bytes())
}

async fn send(house: &House, topic: &str, shop: &str, signature: &str, body: &[u8]) -> Answer {
    let headers = [
        ("x-shopify-hmac-sha256", signature),
        ("x-shopify-topic", topic),
        ("x-shopify-shop-domain", shop),
        ("x-shopify-event-id", "98880550-7158-44d4-b7cd-2c97c8a091b5"),
    ];
    knock(house.hooks(), Knock { path: PATH, headers: &headers, body, ..Knock::default() }).await
}

async fn says(house: &House, topic: &str, body: &Value) -> Answer {
    let body = body.to_string().into_bytes();
    let answer = send(house, topic, SHOP, &signature(SECRET, &body), &body).await;
    house.settle().await;
    answer
}

/// An order as the Admin API writes it.
fn told(at: &str) -> Value {
    json!({
        "id": 450_789_469_u64, "admin_graphql_api_id": "gid://shopify/Order/450789469", "name": "#1501", "order_number": 1501, "test": false,
        "created_at": "2025-08-09T04:00:00-04:00", "processed_at": "2025-08-09T03:59:58-04:00", "updated_at": at, "cancelled_at": null,
        "financial_status": "paid", "fulfillment_status": null, "fulfillments": [], "currency": "EUR", "taxes_included": false,
        "total_price": "69.78", "subtotal_price": "55.08", "total_tax": "4.80", "total_discounts": "5.00", "total_tip_received": "0.00",
        "shipping_lines": [{ "id": 1, "title": "Standard", "price": "9.90", "discounted_price": "9.90" }],
        "line_items": [
            { "id": 466_157_049_u64, "variant_id": 39_072_856, "sku": "MUG", "title": "Mug", "variant_title": "blue", "quantity": 2, "price": "29.99",
              "requires_shipping": true },
            { "id": 518_995_019_u64, "variant_id": 49_148_385, "sku": "", "title": "Song", "variant_title": null, "quantity": 1, "price": "0.10",
              "requires_shipping": false },
        ],
        "email": "ann@example.com", "phone": null, "customer_locale": "pt-BR",
        "customer": { "id": 207_119_551, "first_name": "Ann", "last_name": "Example", "email": "ann@example.com", "phone": null },
        "shipping_address": { "first_name": "Ann", "last_name": "Example", "company": null, "address1": "Prosta 51", "address2": "m. 4", "city": "Warszawa",
            "zip": "00-838", "province": null, "province_code": null, "country": "Poland", "country_code": "PL", "phone": "+48 600 100 200" },
        "billing_address": null,
    })
}

const FIRST: &str = "2025-08-09T05:00:00-04:00";

/// Later, with these fields.
fn then(minute: u32, fields: Value) -> Value {
    let mut order = told(&format!("2025-08-09T05:{minute:02}:00-04:00"));
    for (name, value) in fields.as_object().unwrap() {
        order[name] = value.clone();
    }
    order
}

fn sent(minute: u32, word: &str, shipment: &str) -> Value {
    then(minute, json!({ "fulfillment_status": word, "fulfillments": [{ "status": "success", "shipment_status": shipment }] }))
}

fn order(house: &House, number: &str) -> Option<Order> {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap())
}

fn posts(house: &House) -> Vec<String> {
    house.world.posts().into_iter().map(|post| post.1).collect()
}

// req: S3-46
#[tokio::test]
async fn an_order_that_is_placed_there_is_an_order_here_to_the_last_cent() {
    let house = shop().await;
    assert_eq!(says(&house, "orders/create", &told(FIRST)).await.status, 202);
    let order = order(&house, "1501").unwrap();
    assert_eq!((order.channel.as_str(), order.external_id.as_deref()), ("shopify", Some("450789469")));
    assert_eq!((order.tracks.status, order.tracks.payment), (OrderStatus::Pending, PaymentStatus::Captured));
    let totals = order.totals;
    assert_eq!(
        (totals.subtotal_minor, totals.shipping_minor, totals.tax_minor, totals.discount_minor, totals.total_minor),
        (6_008, 990, 480, 500, 6_978)
    );
    let lines: Vec<_> =
        order.lines.iter().map(|line| (line.sku.as_str(), line.name.as_str(), line.quantity, line.unit_price_minor)).collect();
    assert_eq!(lines, [("MUG", "Mug, blue", 2, 2_999), ("49148385", "Song", 1, 10)], "Shopify's id stands in for a unit that there is not");
    assert_eq!(order.placed_at.to_string(), "2025-08-09T07:59:58Z");
    let contact = order.contact.unwrap();
    assert_eq!(
        (contact.name.as_str(), contact.email.unwrap().expose(), contact.phone.as_deref(), contact.locale.as_deref()),
        ("Ann Example", "ann@example.com", Some("+48600100200"), Some("pt-BR"))
    );
    assert_eq!(contact.address.unwrap().postal_code.as_deref(), Some("00-838"));
    // What it said is kept with the order, where it can be erased, and nowhere else.
    let entries = house.world.inbox_entries(&house.scope);
    assert!(entries.len() == 1 && entries[0].body.is_empty() && entries[0].state == InboxState::Done, "{entries:?}");
    assert_eq!(house.world.sent_mails().len(), 0, "Shopify writes to its customers by itself");
}

/// Where prices hold their tax, tips and duties are paid, and shipping is free: the total stands.
// req: S3-46
#[tokio::test]
async fn what_else_is_paid_adds_up() {
    let house = shop().await;
    let gross = then(
        0,
        json!({
            "taxes_included": true, "total_tax": "11.23", "total_price": "67.08", "total_tip_received": "2.00",
            "original_total_duties_set": { "shop_money": { "amount": "5.00", "currency_code": "EUR" } },
        }),
    );
    says(&house, "orders/create", &gross).await;
    let totals = order(&house, "1501").unwrap().totals;
    // 60.08 + 9.90 + 2.00 + 5.00 - 9.90, the shipping that a voucher pays.
    assert_eq!((totals.shipping_minor, totals.tax_minor, totals.discount_minor, totals.total_minor), (1_690, 0, 990, 6_708));
    let yen = json!({ "id": 2, "name": "#1502", "currency": "JPY", "total_price": "1200", "total_tax": "100.00", "shipping_lines": [],
        "line_items": [{ "id": 7, "sku": "MUG", "title": "Mug", "quantity": 1, "price": "1100" }] });
    says(&house, "orders/create", &then(0, yen)).await;
    assert_eq!(order(&house, "1502").unwrap().totals.total_minor, 1_200);
}

/// Every topic that is listened to, signed and not.
// req: S3-46, S4-16
#[tokio::test]
async fn shopify_topics() {
    let house = shop().await;
    let privacy = |name: &str| json!({ "shop_id": 954_889, "shop_domain": SHOP, name: [450_789_469_u64], "customer": { "id": 1, "email": "ann@example.com" } });
    for (topic, body, ignored) in [
        ("orders/create", told(FIRST), Value::Null),
        ("orders/updated", then(1, json!({ "financial_status": "partially_refunded" })), Value::Null),
        ("orders/fulfilled", sent(2, "fulfilled", "in_transit"), Value::Null),
        ("orders/cancelled", then(3, json!({ "cancelled_at": FIRST, "id": 3, "name": "#1503" })), Value::Null),
        ("customers/data_request", privacy("orders_requested"), Value::Null),
        ("customers/redact", privacy("orders_to_redact"), Value::Null),
        ("shop/redact", json!({ "shop_id": 954_889, "shop_domain": SHOP }), Value::Null),
        (
            "products/update",
            json!({ "id": 788, "title": "Mug", "admin_graphql_api_id": "gid://shopify/Product/788" }),
            json!("products/update"),
        ),
    ] {
        let bytes = body.to_string().into_bytes();
        for bad in ["", "AAAA", "not base64 at all", &signature("somebody-elses-secret", &bytes), &signature("", &bytes)] {
            assert_eq!(send(&house, topic, SHOP, bad, &bytes).await.status, 401, "{topic} by {bad:?}");
        }
        let signed = signature(SECRET, &bytes);
        assert_eq!(send(&house, topic, "other-shop.myshopify.com", &signed, &bytes).await.status, 401, "{topic} of another shop");
        let taken = says(&house, topic, &body).await;
        assert_eq!((taken.status, &taken.body["ignored"]), (202, &ignored), "{topic}");
        assert_eq!(says(&house, topic, &body).await.body["duplicate"], true, "{topic}");
    }
    let stands = |number: &str| order(&house, number).unwrap().tracks;
    assert_eq!((stands("1501").status, stands("1501").tracking), (OrderStatus::Shipped, TrackingStatus::InTransit));
    assert_eq!((stands("1501").payment, stands("1503").status), (PaymentStatus::PartiallyRefunded, OrderStatus::Cancelled));
}

// req: S3-46
#[tokio::test]
async fn no_byte_may_differ_and_a_secret_may_be_rotated() {
    let house = shop().await;
    let body = json!({ "shop_id": 954_889, "shop_domain": SHOP }).to_string().into_bytes();
    let signed = signature(SECRET, &body);
    for at in 0..body.len() {
        let mut other = body.clone();
        other[at] ^= 1;
        assert_eq!(send(&house, "shop/redact", SHOP, &signed, &other).await.status, 401, "byte {at}");
    }
    for at in 0..signed.len() {
        let mut other = signed.clone().into_bytes();
        other[at] ^= 1;
        let other = String::from_utf8(other).unwrap();
        assert_eq!(send(&house, "shop/redact", SHOP, &other, &body).await.status, 401, "byte {at} of the signature");
    }
    assert_eq!(send(&house, "shop/redact", SHOP, &signature(OLD_SECRET, &body), &body).await.status, 202);
    // Another shop's app is not this shop's.
    let foreign = json!({ "shop_id": 1, "shop_domain": "other-shop.myshopify.com" }).to_string().into_bytes();
    assert_eq!(send(&house, "shop/redact", SHOP, &signature(SECRET, &foreign), &foreign).await.status, 401);
}

/// However its webhooks come in, and however often, the order ends where the last of them says.
// req: S3-46
#[tokio::test]
async fn the_order_in_which_they_arrive_does_not_matter() {
    let story =
        [told(FIRST), sent(10, "partial", "in_transit"), sent(20, "fulfilled", "out_for_delivery"), sent(30, "fulfilled", "delivered")];
    for code in 0..256_usize {
        let arrivals: Vec<usize> = (0..4).map(|place| (code >> (2 * place)) & 3).chain(0..4).collect();
        let house = shop().await;
        for said in &arrivals {
            assert_eq!(says(&house, "orders/updated", &story[*said]).await.status, 202);
        }
        let tracks = order(&house, "1501").unwrap().tracks;
        assert_eq!((tracks.status, tracks.tracking), (OrderStatus::Delivered, TrackingStatus::Delivered), "{arrivals:?}");
    }
}

/// A 4xx would be sent again eight times, and end the subscription.
// req: S3-46
#[tokio::test]
async fn what_cannot_be_read_is_answered_well_and_told_the_team() {
    let house = shop().await;
    let bad = then(0, json!({ "total_price": "a lot", "updated_at": "yesterday" }));
    for body in [bad.clone(), json!({ "admin_graphql_api_id": "gid://shopify/Order/1" })] {
        let taken = says(&house, "orders/create", &body).await;
        assert_eq!((taken.status, &taken.body["ignored"]), (202, &json!("unreadable")), "{body}");
    }
    for garbage in [&b"[]"[..], b"null", b"\xff\xfe", b"{\"a\":", b"{}", b""] {
        let taken = send(&house, "orders/create", SHOP, &signature(SECRET, garbage), garbage).await;
        assert_eq!(taken.status, 202, "{garbage:?}");
    }
    house.settle().await;
    assert_eq!(posts(&house).len(), 1, "once a minute: {:?}", posts(&house));
    assert!(posts(&house)[0].contains("1501"), "{:?}", posts(&house));
    assert!(order(&house, "1501").is_none());
    // Each waits for a person, by its number and what is wrong with it, and names nobody.
    let entries = house.world.inbox_entries(&house.scope);
    let reason = |state: &InboxState| match state {
        InboxState::Parked { code, reason } if code == "unreadable" => Some(reason.clone()),
        // An empty object is no order, and nothing else that is known.
        _ => None,
    };
    let reasons: Vec<String> = entries.iter().filter_map(|entry| reason(&entry.state)).collect();
    assert_eq!(reasons.len(), 7, "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason.starts_with("order 1501: order.updated_at a time")), "{reasons:?}");
    assert!(entries.len() == 8 && entries.iter().all(|entry| entry.body.is_empty()));
    for entry in entries {
        assert_eq!(post(&house, &format!("/v1/inbox/shopify/{}/replay", entry.key.id), &[], Value::Null).await.status, 202);
    }
    house.settle().await;
    let still = house.inbox_states().iter().filter(|state| *state == "parked unreadable").count();
    assert_eq!(still, 7, "there is nothing to try again: {:?}", house.inbox_states());
    let huge = vec![b' '; 5 * 1024 * 1024 + 1];
    assert_eq!(send(&house, "orders/create", SHOP, &signature(SECRET, &huge), &huge).await.status, 413);
    // A word that Shopify may bring one day waits for a person, with all that is needed to take it in then.
    says(&house, "orders/create", &then(0, json!({ "fulfillment_status": "teleported" }))).await;
    assert!(house.inbox_states().contains(&"parked unknown_status".to_owned()), "{:?}", house.inbox_states());
    // What does not add up is not placed; of an order that is known its news are heard all the same.
    let cheap = json!({ "id": 5, "name": "#1505", "total_price": "1000.00" });
    says(&house, "orders/create", &then(0, cheap)).await;
    assert!(house.inbox_states().contains(&"parked invalid".to_owned()) && order(&house, "1505").is_none(), "{:?}", house.inbox_states());
    says(&house, "orders/create", &then(0, json!({ "id": 6, "name": "#1506" }))).await;
    says(&house, "orders/updated", &then(1, json!({ "id": 6, "name": "#1506", "total_price": "1000.00", "cancelled_at": FIRST }))).await;
    assert_eq!(order(&house, "1506").unwrap().tracks.status, OrderStatus::Cancelled);
}

/// An order that is first heard of late, after it was edited, or with a tip, is what it is then.
// req: S3-46
#[tokio::test]
async fn the_first_word_is_how_it_stands_then() {
    let house = shop().await;
    let line = |sku: &str, quantity: u32, now: u32| json!({ "id": 1, "sku": sku, "title": sku, "quantity": quantity, "current_quantity": now, "price": "10.00", "requires_shipping": true });
    let edited = json!({
        "line_items": [line("MUG", 3, 1), line("CUP", 1, 0)], "total_tax": "0.00", "current_total_tax": "0.00", "shipping_lines": [],
        "total_price": "40.00", "current_total_price": "10.00",
    });
    says(&house, "orders/updated", &then(0, edited.clone())).await;
    let known = order(&house, "1501").unwrap();
    let lines: Vec<_> = known.lines.iter().map(|line| (line.sku.as_str(), line.quantity)).collect();
    assert_eq!((lines, known.totals.total_minor, known.totals.discount_minor), (vec![("MUG", 1)], 1_000, 0));
    // What was given back was ordered all the same.
    let mut refunded = then(0, edited);
    (refunded["id"], refunded["name"], refunded["financial_status"]) = (json!(2), json!("#1502"), json!("refunded"));
    says(&house, "orders/updated", &refunded).await;
    assert_eq!(order(&house, "1502").unwrap().totals.total_minor, 4_000);
    let mut tip = line("TIP", 1, 1);
    (tip["price"], tip["tip_payment_gateway"]) = (json!("3.00"), Value::Null);
    let tipped = json!({ "id": 3, "name": "#1503", "line_items": [line("MUG", 2, 2), tip], "total_tax": "0.00", "shipping_lines": [],
        "total_price": "23.00", "total_tip_received": "3.00" });
    says(&house, "orders/create", &then(0, tipped)).await;
    let totals = order(&house, "1503").unwrap().totals;
    assert_eq!((totals.subtotal_minor, totals.shipping_minor, totals.discount_minor, totals.total_minor), (2_000, 300, 0, 2_300));
}

/// What is older than what is known says nothing, also if all that is known is how the order came.
// req: S3-46
#[tokio::test]
async fn news_from_before_its_birth_is_none() {
    let house = shop().await;
    // Its parcel was called off: it is open again.
    let reopened = then(20, json!({ "fulfillments": [{ "status": "cancelled", "shipment_status": "in_transit" }] }));
    says(&house, "orders/updated", &reopened).await;
    says(&house, "orders/fulfilled", &sent(10, "fulfilled", "in_transit")).await;
    let tracks = order(&house, "1501").unwrap().tracks;
    assert_eq!((tracks.status, tracks.tracking), (OrderStatus::Pending, TrackingStatus::Unknown));
    says(&house, "orders/fulfilled", &sent(30, "fulfilled", "in_transit")).await;
    assert_eq!(order(&house, "1501").unwrap().tracks.status, OrderStatus::Shipped);
    assert_eq!(house.inbox_states(), ["done"; 3]);
}

/// What no row of the store could hold waits for a person, instead of being sent for ever; and a long wish is seen to in parts.
// req: S3-46, X-08
#[tokio::test]
async fn what_is_too_much_for_one_row_is_kept_in_parts_or_put_aside() {
    let house = shop().await;
    let wordy = |at: usize| json!({ "id": at, "sku": format!("MUG-{at}"), "title": "ń".repeat(200), "quantity": 1, "price": "1.00" });
    let long = json!({ "line_items": (0..900).map(wordy).collect::<Vec<_>>(), "total_price": "900.00" });
    assert_eq!(says(&house, "orders/create", &then(0, long)).await.body["ignored"], "unreadable");
    says(&house, "orders/create", &told(FIRST)).await;
    let redact = |orders: usize| {
        // The one that is here is the last.
        let mut named: Vec<u64> = (1..orders as u64).collect();
        named.push(450_789_469);
        json!({ "shop_id": 1, "shop_domain": SHOP, "customer": { "id": 1 }, "orders_to_redact": named })
    };
    assert_eq!(says(&house, "customers/redact", &redact(2_001)).await.body["ignored"], "unreadable");
    assert!(order(&house, "1501").unwrap().contact.is_some());
    let taken = says(&house, "customers/redact", &redact(250)).await;
    assert_eq!((taken.status, &taken.body["duplicate"]), (202, &json!(false)));
    assert!(order(&house, "1501").unwrap().contact.is_none(), "in the third part");
    let states = house.inbox_states();
    let count = |word: &str| states.iter().filter(|state| *state == word).count();
    assert_eq!((count("parked unreadable"), count("done"), states.len()), (2, 4, 6), "{states:?}");
    let again = says(&house, "customers/redact", &redact(250)).await;
    assert_eq!((&again.body["duplicate"], house.inbox_states().len()), (&json!(true), 6));
}

/// Where no Shopify is set up the name is one like any other, and so is its limit.
// req: S3-46
#[tokio::test]
async fn nobody_else_may_send_as_much() {
    let house = House::new().await;
    let huge = vec![b' '; 256 * 1024 + 1];
    for tenant in ["demo", "nobody", "%20"] {
        let path = format!("/v1/hooks/{tenant}/shopify");
        assert_eq!(knock(house.hooks(), Knock { path: &path, body: &huge, ..Knock::default() }).await.status, 413, "{tenant}");
        assert_eq!(knock(house.hooks(), Knock { path: &path, body: b"{}", ..Knock::default() }).await.status, 401, "{tenant}");
    }
}

/// Two of three parcels have arrived: the order has not.
// req: S3-46
#[tokio::test]
async fn nothing_has_arrived_before_all_of_it_has() {
    let house = shop().await;
    let parcels = |words: [&str; 2]| {
        let all: Vec<Value> = words.iter().map(|word| json!({ "status": "success", "shipment_status": word })).collect();
        let gift = json!({ "status": "success", "shipment_status": null, "line_items": [{ "requires_shipping": false }] });
        json!({ "fulfillment_status": "fulfilled", "fulfillments": [all[0], gift, all[1], { "status": "failure" }] })
    };
    says(&house, "orders/updated", &then(1, parcels(["delivered", "in_transit"]))).await;
    let tracks = order(&house, "1501").unwrap().tracks;
    assert_eq!((tracks.status, tracks.tracking), (OrderStatus::Shipped, TrackingStatus::InTransit));
    says(&house, "orders/updated", &then(2, parcels(["delivered", "delivered"]))).await;
    assert_eq!(order(&house, "1501").unwrap().tracks.status, OrderStatus::Delivered);
}

/// Who was forgotten does not come back with what waited for a person; and a shop that has switched it off still hears who is to be.
// req: S3-46, X-08
#[tokio::test]
async fn what_waits_is_forgotten_too_and_nothing_of_it_is_lost() {
    let house = shop().await;
    let strange = then(0, json!({ "fulfillment_status": "teleported" }));
    says(&house, "orders/create", &strange).await;
    says(&house, "orders/create", &then(1, json!({ "id": 2, "name": "#1502" }))).await;
    says(&house, "orders/updated", &then(2, json!({ "id": 2, "name": "#1502", "fulfillment_status": "teleported" }))).await;
    joins(&house, ShopifySettings { enabled: false, ..settings() }).await;
    assert_eq!(says(&house, "orders/create", &then(3, json!({ "id": 4, "name": "#1504" }))).await.body["ignored"], "switched off");
    let wish = json!({ "shop_id": 1, "shop_domain": SHOP, "customer": { "id": 1, "email": "ann@example.com" }, "orders_to_redact": [450_789_469_u64, 2] });
    assert_eq!(says(&house, "customers/redact", &wish).await.status, 202);
    assert!(order(&house, "1502").unwrap().contact.is_none());
    let kept = format!("{:?}", house.world.inbox_entries(&house.scope));
    assert!(!kept.contains("ann@example.com") && !kept.contains("Prosta 51"), "{kept}");
    assert_eq!(kept.matches("teleported").count(), 2, "what they say of the orders waits still: {kept}");
}

// req: S3-46
#[tokio::test]
async fn orders_that_try_the_shop_out_are_left_alone_unless_they_are_wanted() {
    let test = then(0, json!({ "test": true }));
    let house = shop().await;
    assert_eq!(says(&house, "orders/create", &test).await.body["ignored"], "test order");
    assert!(order(&house, "1501").is_none());
    let house = shop_with(ShopifySettings { test_orders: true, number_prefix: "T-".into(), ..settings() }).await;
    assert_eq!(says(&house, "orders/create", &test).await.body["ignored"], Value::Null);
    assert!(order(&house, "T-1501").is_some());
}

// req: S3-46, X-08
#[tokio::test]
async fn who_is_to_be_forgotten_is_and_who_asks_is_seen_to_by_a_person() {
    let house = shop().await;
    says(&house, "orders/create", &told(FIRST)).await;
    says(&house, "orders/create", &then(0, json!({ "id": 2, "name": "#1502" }))).await;
    let wish = |name: &str| json!({ "shop_id": 954_889, "shop_domain": SHOP, "customer": { "id": 1, "email": "ann@example.com" }, name: [450_789_469_u64, 99] });
    let request = |mut body: Value| {
        body["data_request"] = json!({ "id": 9_999 });
        body
    };
    says(&house, "customers/data_request", &request(wish("orders_requested"))).await;
    assert_eq!(posts(&house).len(), 1);
    assert!(posts(&house)[0].contains("wants a copy of their data (orders 1501)"), "{:?}", posts(&house));
    let waiting = get(&house, "/v1/inbox").await.body;
    let entry =
        &waiting["webhooks"].as_array().or(waiting["entries"].as_array()).or(waiting.as_array()).unwrap_or_else(|| panic!("{waiting}"))[0];
    assert_eq!(entry["code"], "data_request", "{waiting}");
    assert!(!format!("{:?}", house.world.inbox_entries(&house.scope)).contains("ann@example.com"), "the wish names nobody");
    says(&house, "customers/redact", &wish("orders_to_redact")).await;
    assert!(order(&house, "1501").unwrap().contact.is_none() && order(&house, "1502").unwrap().contact.is_some());
    // What comes in later about them is applied and names nobody either.
    says(&house, "orders/updated", &sent(40, "fulfilled", "in_transit")).await;
    let known = order(&house, "1501").unwrap();
    assert!(known.tracks.status == OrderStatus::Shipped && known.contact.is_none());
    assert!(!house.world.everything_but_inbox(&house.scope).replace("1502", "").contains("Prosta 51") || order(&house, "1502").is_some());
    says(&house, "shop/redact", &json!({ "shop_id": 954_889, "shop_domain": SHOP })).await;
    assert!(posts(&house)[1].contains("the shop has removed the app"), "{:?}", posts(&house));
}

// req: S3-46, S2-82
#[tokio::test]
async fn its_secrets_go_in_and_never_come_out() {
    let house = shop().await;
    let mut shown = get(&house, "/v1/settings").await.body;
    assert_eq!(shown["shopify"]["secrets"], json!(["(set)", "(set)"]));
    shown["shopify"]["notify"] = json!(true);
    let put = |body: Value| crate::rest::call(&house, Some(crate::house::owner()), "PUT", "/v1/settings", &[], body);
    assert_eq!(put(shown.clone()).await.status, 200);
    let kept = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap().shopify.unwrap();
    assert_eq!((kept.secrets.len(), kept.secrets[0].expose(), kept.notify), (2, SECRET, true));
    shown["version"] = json!(3);
    shown["shopify"]["secrets"] = json!(["(set)"]);
    assert_eq!(put(shown).await.status, 422, "nobody can say which of them is meant");
    assert_eq!(post(&house, "/v1/hooks/none", &[], Value::Null).await.status, 404);
}
