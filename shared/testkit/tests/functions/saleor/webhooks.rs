//! Saleor's webhooks: through the door, the inbox and the worker.

use super::{SaleorSettings, order, settings, shop, stands};
use crate::door::{Answer, Knock, knock};
use crate::house::{House, correlation, owner};
use crate::signing::nothing_happened;
use app::ports::{InboxState, TenantStore};
use app::saleor::door::HearSaleor;
use app::signature::Headers;
use app::tenant::TenantConfig;
use domain::order::{OrderStatus, PaymentStatus};
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::saleor::SIGNATURE;

const PATH: &str = "/v1/hooks/demo/saleor";

/// An order as the subscription of docs/saleor.md has Saleor tell of it.
fn told(kind: &str, status: &str, at: &str) -> Value {
    let amount = |amount: f64| json!({ "amount": amount });
    json!({
        "__typename": kind, "issuedAt": at,
        "order": {
            "id": "T3JkZXI6YzhmY2FjMTg=", "number": "501", "status": status, "created": "2025-08-09T08:00:00.123456+00:00", "updatedAt": at,
            "chargeStatus": "FULL", "authorizeStatus": "NONE", "totalRefunded": amount(0.0),
            "userEmail": "ann@example.com", "languageCodeEnum": "PT_BR",
            "shippingAddress": {
                "firstName": "Ann", "lastName": "Example", "companyName": "", "streetAddress1": "Prosta 51", "streetAddress2": "m. 4", "city": "Warszawa",
                "cityArea": "", "postalCode": "00-838", "country": { "code": "PL" }, "countryArea": "", "phone": "+48 600 100 200",
            },
            "billingAddress": null,
            "lines": [
                {
                    "id": "T3JkZXJMaW5lOjE=", "productSku": "MUG", "productVariantId": "UHI6MQ==", "productName": "Mug", "variantName": "blue", "quantity": 2,
                    "isShippingRequired": true, "unitPrice": { "net": amount(29.99) },
                },
                {
                    "id": "T3JkZXJMaW5lOjI=", "productSku": null, "productVariantId": "UHI6Mg==", "productName": "Song", "variantName": "", "quantity": 1,
                    "isShippingRequired": false, "unitPrice": { "net": amount(0.1) },
                },
            ],
            "shippingPrice": { "net": amount(9.9) },
            "total": { "gross": { "amount": 74.78, "currency": "EUR" }, "tax": amount(4.8) },
        },
    })
}

const FIRST: &str = "2025-08-09T09:00:00.123456+00:00";

async fn hook(house: &House, body: &[u8]) -> Answer {
    let headers =
        [("saleor-signature", SIGNATURE), ("saleor-event", "order_created"), ("saleor-api-url", "https://elsewhere.example/graphql/")];
    knock(house.hooks(), Knock { path: PATH, headers: &headers, body, ..Knock::default() }).await
}

async fn says(house: &House, kind: &str, status: &str, at: &str) -> Answer {
    let answer = hook(house, told(kind, status, at).to_string().as_bytes()).await;
    house.settle().await;
    answer
}

// req: S2-76
#[tokio::test]
async fn an_order_that_is_placed_there_is_an_order_here_to_the_last_cent() {
    let house = shop(settings()).await;
    assert_eq!(says(&house, "OrderCreated", "UNFULFILLED", FIRST).await.status, 202);
    let order = order(&house, "501").await.unwrap();
    assert_eq!((order.channel.as_str(), order.external_id.as_deref()), ("saleor", Some("T3JkZXI6YzhmY2FjMTg=")));
    assert_eq!((order.tracks.status, order.tracks.payment), (OrderStatus::Processing, PaymentStatus::Captured));
    let totals = order.totals;
    // 59.98 + 0.10 + 9.90 + 4.80 = 74.78, whatever binary fractions make of 0.1 and 29.99.
    assert_eq!(
        (totals.subtotal_minor, totals.shipping_minor, totals.tax_minor, totals.discount_minor, totals.total_minor),
        (6_008, 990, 480, 0, 7_478)
    );
    let lines: Vec<_> =
        order.lines.iter().map(|line| (line.sku.as_str(), line.name.as_str(), line.quantity, line.unit_price_minor)).collect();
    assert_eq!(lines, [("MUG", "Mug, blue", 2, 2_999), ("UHI6Mg==", "Song", 1, 10)], "Saleor's id stands in for a unit that there is not");
    assert_eq!(order.placed_at.to_string(), "2025-08-09T08:00:00.123456Z");
    let contact = order.contact.unwrap();
    let address = contact.address.unwrap();
    assert_eq!(
        (contact.name.as_str(), contact.email.unwrap().expose(), contact.phone.as_deref()),
        ("Ann Example", "ann@example.com", Some("+48600100200"))
    );
    assert_eq!((contact.locale.as_deref(), order.country.as_deref()), (Some("pt-BR"), Some("PL")));
    assert_eq!((address.street, address.postal_code.as_deref()), (vec!["Prosta 51".to_owned(), "m. 4".to_owned()], Some("00-838")));
    // What it said is kept with the order, where it can be erased, and nowhere else.
    let entries = house.world.inbox_entries(&house.scope);
    assert!(entries.len() == 1 && entries[0].body.is_empty() && entries[0].state == InboxState::Done, "{entries:?}");
    assert_eq!(house.world.sent_mails().len(), 0);
}

// req: S2-76
#[tokio::test]
async fn a_duplicate_counts_once_and_so_does_the_same_state_by_another_webhook() {
    let house = shop(settings()).await;
    assert_eq!(says(&house, "OrderCreated", "UNFULFILLED", FIRST).await.body["duplicate"], false);
    for _ in 0..3 {
        let again = says(&house, "OrderCreated", "UNFULFILLED", FIRST).await;
        assert_eq!((again.status, &again.body["duplicate"]), (202, &json!(true)));
    }
    assert_eq!((house.inbox_states().as_slice(), order(&house, "501").await.unwrap().version), (["done".to_owned()].as_slice(), 1));
    let later = "2025-08-09T09:30:00+00:00";
    says(&house, "OrderFulfilled", "FULFILLED", later).await;
    let sent = order(&house, "501").await.unwrap();
    assert_eq!(sent.tracks.status, OrderStatus::Shipped);
    // One state, told by another kind of event with another time of sending.
    let mut same = told("OrderUpdated", "FULFILLED", later);
    same["issuedAt"] = json!("2025-08-09T09:31:00+00:00");
    assert_eq!(hook(&house, same.to_string().as_bytes()).await.status, 202);
    house.settle().await;
    assert_eq!(order(&house, "501").await.unwrap().version, sent.version, "the same fact");
    assert_eq!(house.inbox_states().len(), 3);
}

/// All 24 orders in which four webhooks can come.
// req: S2-76
#[tokio::test]
async fn whatever_comes_first_the_latest_word_stands() {
    let words = [("UNCONFIRMED", "08:30"), ("UNFULFILLED", "09:00"), ("PARTIALLY_FULFILLED", "09:10"), ("FULFILLED", "09:20")];
    let mut orders: Vec<Vec<usize>> = vec![vec![]];
    for _ in 0..4 {
        let longer =
            |order: &Vec<usize>| (0..4).filter(|n| !order.contains(n)).map(|n| [order.as_slice(), &[n]].concat()).collect::<Vec<_>>();
        orders = orders.iter().flat_map(longer).collect();
    }
    assert_eq!(orders.len(), 24);
    for arrivals in orders {
        let house = shop(settings()).await;
        for at in &arrivals {
            let (word, time) = words[*at];
            assert_eq!(says(&house, "OrderUpdated", word, &format!("2025-08-09T{time}:00+00:00")).await.status, 202);
        }
        assert_eq!(stands(&house, "501").await, "shipped", "{arrivals:?}");
        assert!(house.inbox_states().iter().all(|state| state == "done"), "{arrivals:?}");
    }
}

// req: S2-76
#[tokio::test]
async fn an_unknown_status_waits_for_a_person_and_can_be_replayed() {
    let house = shop(settings()).await;
    assert_eq!(says(&house, "OrderCreated", "TELEPORTED", FIRST).await.status, 202);
    assert_eq!((house.inbox_states(), stands(&house, "501").await.as_str()), (vec!["parked unknown_status".to_owned()], "not here"));
    // A number that came in another way is another order: neither is touched.
    let mut taken = told("OrderCreated", "CANCELED", FIRST);
    taken["order"]["number"] = json!("1002");
    assert_eq!(hook(&house, taken.to_string().as_bytes()).await.status, 202);
    house.settle().await;
    assert_eq!(stands(&house, "1002").await, "shipped");
    let inbox = crate::rest::get(&house, "/v1/inbox").await.body;
    let entry = inbox.as_array().unwrap().iter().find(|one| one["code"] == "number_taken").unwrap().clone();
    assert!(entry["reason"].as_str().unwrap().contains("set saleor.number_prefix, then replay"), "{entry}");
    let config = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    let prefixed = TenantConfig { version: 3, saleor: Some(SaleorSettings { number_prefix: "S-".into(), ..settings() }), ..config };
    assert!(house.world.tenants().save(&house.scope, &prefixed, 2).await.unwrap());
    let replay = format!("/v1/inbox/saleor/{}/replay", entry["id"].as_str().unwrap());
    assert_eq!(crate::rest::post(&house, &replay, &[], json!({})).await.status, 202);
    house.settle().await;
    assert_eq!(stands(&house, "S-1002").await, "cancelled");
}

/// What no order follows from is noted, said to be ignored, and not kept.
// req: S2-76
#[tokio::test]
async fn product_events_are_taken_and_said_to_be_ignored() {
    let house = shop(settings()).await;
    for (body, kind) in [
        (json!({ "__typename": "ProductCreated", "product": { "id": "UHI6MQ==", "name": "Mug" } }), "ProductCreated"),
        (json!({ "__typename": "ProductUpdated", "issuedAt": FIRST, "product": { "id": "UHI6MQ==" } }), "ProductUpdated"),
        (json!({ "product": { "id": "UHI6MQ==" } }), "product"),
        (json!({ "__typename": "CustomerUpdated", "user": { "email": "ann@example.com" } }), "CustomerUpdated"),
    ] {
        for again in [false, true] {
            let answer = hook(&house, body.to_string().as_bytes()).await;
            assert_eq!((answer.status, &answer.body["ignored"], &answer.body["duplicate"]), (202, &json!(kind), &json!(again)), "{body}");
        }
    }
    assert!(house.world.queued().is_empty(), "nobody has anything to do");
    let entries = house.world.inbox_entries(&house.scope);
    assert!(entries.len() == 4 && entries.iter().all(|entry| entry.body.is_empty() && entry.state == InboxState::Done));
}

// req: S2-76
#[tokio::test]
async fn what_cannot_be_read_is_refused_with_every_fault() {
    let house = shop(settings()).await;
    let mut bad = told("OrderCreated", "UNFULFILLED", FIRST);
    bad["order"]["number"] = json!("50 1");
    bad["order"]["created"] = json!("yesterday");
    bad["order"]["lines"][0]["quantity"] = json!(0);
    bad["order"]["lines"][1]["unitPrice"]["net"]["amount"] = json!("0.1");
    bad["order"]["shippingPrice"] = Value::Null;
    let answer = hook(&house, bad.to_string().as_bytes()).await;
    let faults = [
        "order.number bad_number",
        "order.created bad_time",
        "order.shippingPrice.net.amount required",
        "order.lines[0].quantity out_of_range",
    ];
    assert_eq!(answer.refuses(422, "bad").faults()[..4], faults);
    assert_eq!(answer.faults()[4], "order.lines[1].unitPrice.net.amount bad_amount", "a text is no number");
    for (what, change, fault) in [
        ("total too large", ("/order/total/gross/amount", json!(75.78)), "order.total.gross.amount does_not_add_up"),
        ("no such currency", ("/order/total/gross/currency", json!("XXY")), "order.total.gross.currency unknown_currency"),
        ("part of a cent", ("/order/shippingPrice/net/amount", json!(9.999)), "order.shippingPrice.net.amount bad_amount"),
        ("negative", ("/order/shippingPrice/net/amount", json!(-9.9)), "order.shippingPrice.net.amount out_of_range"),
        ("huge", ("/order/lines/0/unitPrice/net/amount", json!(1e300)), "order.lines[0].unitPrice.net.amount bad_amount"),
        ("no order", ("/order", Value::Null), "order required"),
    ] {
        let mut body = told("OrderCreated", "UNFULFILLED", FIRST);
        *body.pointer_mut(change.0).unwrap() = change.1;
        assert_eq!(hook(&house, body.to_string().as_bytes()).await.refuses(422, what).faults(), [fault], "{what}");
    }
    let incomplete = json!({ "__typename": "OrderCreated", "order": null, "errors": [{ "message": "permission" }] });
    assert_eq!(hook(&house, incomplete.to_string().as_bytes()).await.refuses(422, "incomplete").faults(), [" incomplete"]);
    for body in
        [&b"[]"[..], b"", b"{", b"\xff\xfe", b"null", b"{\"order\":7}", &b"[".repeat(200_000), b"{\"order\":{\"id\":\"a\",\"id\":\"b\"}}"]
    {
        hook(&house, body).await.refuses(400, &String::from_utf8_lossy(&body[..body.len().min(30)]));
    }
    nothing_happened(&house);
}

/// A subscription of one kind of event comes in another envelope.
// req: S2-76
#[tokio::test]
async fn a_filtered_subscription_is_read_as_well() {
    let house = shop(settings()).await;
    let body = json!({ "data": { "orderCancelled": { "order": told("", "CANCELED", FIRST)["order"] } } });
    assert_eq!(hook(&house, body.to_string().as_bytes()).await.status, 202);
    house.settle().await;
    assert_eq!(stands(&house, "501").await, "cancelled");
    let product = json!({ "data": { "productVariantOutOfStockInChannel": { "productVariant": { "id": "x" } } } });
    assert_eq!(hook(&house, product.to_string().as_bytes()).await.body["ignored"], "productVariantOutOfStockInChannel");
}

// req: S2-76
#[tokio::test]
async fn only_the_shops_own_saleor_is_heard_and_only_while_it_is_switched_on() {
    let house = shop(settings()).await;
    let body = told("OrderCreated", "UNFULFILLED", FIRST).to_string();
    let knocked = async |headers: &[(&str, &str)], path: &str| {
        knock(house.hooks(), Knock { path, headers, body: body.as_bytes(), ..Knock::default() }).await
    };
    let first = knocked(&[], PATH).await;
    let long = "x".repeat(5_000);
    for headers in [
        vec![("saleor-signature", "")],
        vec![("saleor-signature", "a..b")],
        vec![("saleor-signature", long.as_str())],
        vec![("saleor-signature", SIGNATURE), ("saleor-signature", SIGNATURE)],
        vec![("x-saleor-signature", SIGNATURE)],
        vec![("x-signature", SIGNATURE)],
    ] {
        let answer = knocked(&headers, PATH).await;
        assert_eq!(answer.refuses(401, &format!("{headers:?}")).bytes, first.bytes);
    }
    let good = [("saleor-signature", SIGNATURE)];
    for path in ["/v1/hooks/nobody/saleor", "/v1/hooks/demo/Saleor", "/v1/hooks/demo/saleor2", "/v1/hooks/saleor"] {
        assert_eq!(knocked(&good, path).await.refuses(401, path).bytes, first.bytes, "{path}");
    }
    nothing_happened(&house);
    // The tenant may come in a header, which Saleor lets a webhook have.
    assert_eq!(knocked(&[("saleor-signature", SIGNATURE), ("x-tenant-id", "demo")], "/v1/hooks/saleor").await.status, 202);
    let off = shop(SaleorSettings { enabled: false, ..settings() }).await;
    hook(&off, body.as_bytes()).await.refuses(401, "switched off");
    nothing_happened(&off);
}

/// Saleor repeats what is answered by a 5xx, and nothing else: a signature that nobody can check is not refused.
// req: S2-76
#[tokio::test]
async fn keys_that_cannot_be_read_make_saleor_come_again() {
    let house = shop(settings()).await;
    let body = told("OrderCreated", "UNFULFILLED", FIRST).to_string();
    let hear = HearSaleor { receive: house.receive(), keys: Arc::new(house.saleor.clone()) };
    let headers = Headers(vec![("saleor-signature".into(), SIGNATURE.into())]);
    house.saleor.keeps_its_keys(true);
    let refused = hear.run("demo", "saleor", &headers, body.as_bytes(), &correlation()).await.unwrap_err();
    assert!(matches!(refused, app::Error::Retryable(_)), "{refused:?}");
    nothing_happened(&house);
    house.saleor.keeps_its_keys(false);
    assert!(!hear.run("demo", "saleor", &headers, body.as_bytes(), &correlation()).await.unwrap().receipt.again);
}

/// Who was forgotten is not named again by what Saleor says later.
// req: S2-76, X-08
#[tokio::test]
async fn a_customer_who_was_forgotten_stays_so() {
    let house = shop(settings()).await;
    says(&house, "OrderCreated", "UNFULFILLED", FIRST).await;
    // Their data waits for a person, too.
    says(&house, "OrderUpdated", "TELEPORTED", "2025-08-09T09:10:00+00:00").await;
    let named = |house: &House| house.world.everything(&house.scope).contains("ann@example.com");
    assert!(named(&house));
    let whose = app::privacy::address("ann@example.com").unwrap().into();
    let config = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    let erased = house.privacy().erase(&owner(), &config, &whose, &correlation()).await.unwrap();
    assert_eq!((erased.orders, named(&house)), (1, false));
    for (word, at) in [("FULFILLED", "09:20"), ("TELEPORTED", "09:30")] {
        says(&house, "OrderUpdated", word, &format!("2025-08-09T{at}:00+00:00")).await;
        assert!(!named(&house), "{word}");
    }
    assert_eq!((stands(&house, "501").await.as_str(), order(&house, "501").await.unwrap().contact), ("shipped", None));
}
