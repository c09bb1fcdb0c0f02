//! Events of shops, warehouses and carriers.

use crate::house::{House, config, identity, owner};
use crate::rest::{Answer, call, get, order, post};
use crate::signing::{hex_tag, send};
use app::Scopes;
use app::ports::TenantStore;
use app::tenant::{HookEndpoint, IngestSettings, Secret, SignatureScheme, TenantConfig};
use domain::order::{Role, Vocabulary};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tower::ServiceExt;

const START: &str = "2025-08-11T08:00:00Z";
const CARRIER: &str = "a-carriers-secret-of-enough-length";

async fn warehouse() -> House {
    let house = House::new().await;
    let wms = HookEndpoint {
        name: "parcels".into(),
        scheme: SignatureScheme::Hmac,
        secrets: vec![Secret::new(CARRIER)],
        vocabulary: Vocabulary::Events,
        notify: false,
    };
    let next = TenantConfig { version: 2, hooks: vec![wms], requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house.settle().await;
    house.clock.advance(START.parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "7001")], order("7001")).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
    house.clock.advance(SignedDuration::from_hours(48));
    house
}

fn event(id: &str, kind: &str, minute: i64) -> Value {
    let at = START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
    json!({ "event_id": id, "event_type": kind, "order_id": "7001", "occurred_at": at, "source": "wms" })
}

async fn tells(house: &House, body: Value) -> Answer {
    call(house, Some(owner()), "POST", "/v1/ingest/events", &[], body).await
}

async fn knock_raw(house: &House, body: String) -> (u16, Value) {
    let mut request = axum::extract::Request::builder().method("POST").uri("/v1/ingest/events").body(axum::body::Body::from(body)).unwrap();
    request.extensions_mut().insert(owner());
    let response = runtime::http::finish(orders_api::router(house.desk())).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 16).await.unwrap();
    (status, serde_json::from_slice(&bytes).unwrap_or_default())
}

async fn tracks(house: &House) -> Value {
    house.settle().await;
    get(house, "/v1/orders/7001").await.body["tracks"].clone()
}

// req: S4-13, S4-17, S4-18
#[tokio::test]
async fn a_warehouse_and_a_carrier_tell_an_order_from_end_to_end() {
    let house = warehouse().await;
    let steps = [
        ("order_paid", ["pending", "captured", "pending", "unknown"]),
        ("pick_started", ["processing", "captured", "picking", "unknown"]),
        ("pick_completed", ["processing", "captured", "picked", "unknown"]),
        ("pack_started", ["processing", "captured", "picked", "unknown"]),
        ("pack_completed", ["processing", "captured", "packed", "unknown"]),
        ("ship_label_printed", ["ready_to_ship", "captured", "labelled", "pending"]),
        ("label_created", ["ready_to_ship", "captured", "labelled", "pending"]),
        ("manifested", ["ready_to_ship", "captured", "labelled", "pending"]),
        ("exception_reported", ["ready_to_ship", "captured", "labelled", "pending"]),
        ("pickup_scheduled", ["ready_to_ship", "captured", "labelled", "pending"]),
        ("picked_up", ["shipped", "captured", "shipped", "picked_up"]),
        ("shipment_dispatched", ["shipped", "captured", "shipped", "picked_up"]),
        ("package_shipped", ["shipped", "captured", "shipped", "picked_up"]),
        ("in_transit", ["shipped", "captured", "shipped", "in_transit"]),
        ("out_for_delivery", ["shipped", "captured", "shipped", "out_for_delivery"]),
        ("delivery_failed", ["shipped", "captured", "shipped", "delivery_failed"]),
        ("delivered", ["delivered", "captured", "delivered", "delivered"]),
    ];
    for (minute, (kind, expected)) in (0..).zip(steps) {
        let taken = tells(&house, event(&format!("e-{minute}"), kind, minute)).await;
        assert_eq!((taken.status, &taken.body["event_id"]), (202, &json!(format!("wms:e-{minute}"))), "{}", taken.body);
        let found = tracks(&house).await;
        let found = ["order", "payment", "fulfilment", "tracking"].map(|track| found[track].as_str().unwrap_or_default().to_owned());
        assert_eq!(found, expected, "{kind}");
    }
    assert!(house.world.sent_mails().iter().all(|mail| !mail.subject.contains("elivered")), "the shop writes to its customers itself");
}

// req: S4-14
#[tokio::test]
async fn an_event_counts_once_and_its_id_means_one_thing() {
    let house = warehouse().await;
    let paid = event("e-1", "order_paid", 0);
    let answers = futures::future::join_all((0..100).map(|_| tells(&house, paid.clone()))).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    assert_eq!(answers.iter().filter(|answer| answer.body["duplicate"] == false).count(), 1);
    house.settle().await;
    let heard = |timeline: &Value| timeline.to_string().matches("fact_heard").count();
    assert_eq!(heard(&get(&house, "/v1/orders/7001/timeline").await.body), 1);
    // The same content in another order of fields is the same; another content is not, and the team hears of it.
    let shuffled =
        format!(r#"{{ "source": "wms", "occurred_at": "{START}", "order_id": "7001", "event_type": "order_paid", "event_id": "e-1" }}"#);
    let again = tells(&house, serde_json::from_str(&shuffled).unwrap()).await;
    assert_eq!((again.status, &again.body["duplicate"]), (202, &json!(true)), "{}", again.body);
    let differs = tells(&house, event("e-1", "order_cancelled", 0)).await;
    assert_eq!((differs.status, &differs.body["type"]), (409, &json!("/docs/problems#event-differs")), "{}", differs.body);
    house.settle().await;
    assert!(house.world.posts().iter().any(|(_, text)| text.contains("event_id")), "{:?}", house.world.posts());
    assert_eq!(tracks(&house).await["order"], "pending");
    // A mark before the text says nothing; what nests deeper than anybody reads is told apart all the same.
    let marked = format!("\u{feff}{paid}");
    let raw = async |body: String| {
        let answer = knock_raw(&house, body).await;
        (answer.0, answer.1["duplicate"].clone())
    };
    assert_eq!(raw(marked).await, (202, json!(true)));
    let deep = |n: usize| {
        let mut body = event("e-deep", "fulfillment_update", 3).to_string();
        body.truncate(body.len() - 1);
        format!("{body},\"data\":{}{n}{}}}", "[".repeat(200), "]".repeat(200))
    };
    assert_eq!(raw(deep(1)).await, (202, json!(false)));
    assert_eq!(raw(deep(1)).await, (202, json!(true)));
    assert_eq!(raw(deep(2)).await.0, 409);
    // Another source has ids of its own, and nobody speaks in another's name.
    for source in ["shopify", "saleor", "sheet", "api", "carrier-ups", "parcels"] {
        let mut posing = event("e-9", "order_cancelled", 1);
        posing["source"] = json!(source);
        let refused = tells(&house, posing).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["code"]), (422, &json!("taken")), "{source}: {}", refused.body);
    }
    let mut other = event("e-1", "pick_started", 1);
    other["source"] = json!("wms-2");
    assert_eq!(tells(&house, other).await.body["duplicate"], false);
}

// req: S4-13, S4-15
#[tokio::test]
async fn what_is_no_event_says_why() {
    let house = warehouse().await;
    let missing = tells(&house, json!({ "source": "wms" })).await;
    let fields: Vec<&str> = missing.body["errors"].as_array().unwrap().iter().filter_map(|fault| fault["field"].as_str()).collect();
    assert_eq!((missing.status, fields), (422, vec!["event_id", "event_type", "order_id", "occurred_at"]));
    let elsewhere = call(&house, Some(owner()), "POST", "/v1/ingest/events", &[("x-tenant-id", "other")], event("e", "delivered", 0)).await;
    assert_eq!((elsewhere.status, &elsewhere.body["errors"][0]["code"]), (422, &json!("wrong_tenant")));
    let own = call(&house, Some(owner()), "POST", "/v1/ingest/events", &[("x-tenant-id", "demo")], event("e", "order_paid", 0)).await;
    assert_eq!(own.status, 202, "{}", own.body);
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    assert_eq!(call(&house, Some(reader), "POST", "/v1/ingest/events", &[], event("f", "order_paid", 0)).await.status, 403);
    // A mebibyte is taken, whatever fills it, and a byte more is not.
    let filled = |bytes: usize| {
        let mut body = event("big", "fulfillment_update", 1);
        body["data"] = json!("");
        let rest = bytes - body.to_string().len();
        body["data"] = json!("x".repeat(rest));
        assert_eq!(body.to_string().len(), bytes);
        body
    };
    assert_eq!(tells(&house, filled(1_048_576)).await.status, 202);
    assert_eq!(tells(&house, filled(1_048_577)).await.status, 413);
}

/// What nobody understands, or is about no order, waits for a person and is counted by its reason; nothing of it is lost.
#[tokio::test]
async fn unknown_words_and_orders_wait() {
    let house = warehouse().await;
    assert_eq!(tells(&house, event("e-1", "drone_landed", 0)).await.status, 202);
    let mut nobody = event("e-2", "pick_completed", 5);
    nobody["order_id"] = json!("7002");
    assert_eq!(tells(&house, nobody).await.status, 202);
    house.settle().await;
    let waiting = get(&house, "/v1/inbox").await.body;
    let mut codes: Vec<(&str, &str)> =
        waiting.as_array().unwrap().iter().filter_map(|one| Some((one["id"].as_str()?, one["code"].as_str()?))).collect();
    codes.sort_unstable();
    assert_eq!(codes, [("wms:e-1", "unknown_status"), ("wms:e-2", "unknown_order")]);
    assert!(waiting.to_string().contains("the event_type is none of: order_created"), "{waiting}");
    // Its order comes after all, and the event is replayed.
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "7002")], order("7002")).await;
    assert_eq!(placed.status, 201);
    assert_eq!(post(&house, "/v1/inbox/events/wms:e-2/replay", &[], Value::Null).await.status, 202);
    house.settle().await;
    assert_eq!(get(&house, "/v1/orders/7002").await.body["tracks"]["fulfilment"], "picked");
}

// req: S4-20
#[tokio::test]
async fn the_order_in_which_events_come_does_not_matter() {
    let kinds = ["order_paid", "pick_completed", "pack_completed", "picked_up", "delivered"];
    let mut found = Vec::new();
    for turn in 0..kinds.len() {
        let house = warehouse().await;
        for at in 0..kinds.len() {
            let index = (at * 3 + turn) % kinds.len();
            tells(&house, event(kinds[index], kinds[index], i64::try_from(index).unwrap())).await;
            house.settle().await;
        }
        found.push(tracks(&house).await);
    }
    assert!(found.iter().all(|tracks| *tracks == found[0] && tracks["order"] == "delivered"), "{found:?}");
}

/// The same, signed, at an endpoint of the shop's: there the endpoint says who speaks.
// req: S4-18
#[tokio::test]
async fn a_carrier_that_signs_needs_no_key_and_no_customer() {
    let house = warehouse().await;
    let body = event("c-1", "in_transit", 10).to_string();
    for (secret, status) in [("another-secret-of-enough-length", 401), (CARRIER, 202)] {
        let tag = hex_tag(secret, body.as_bytes());
        let answer = send(&house, "/v1/hooks/demo/parcels", &[("x-signature", tag.as_str())], body.as_bytes()).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    assert_eq!(tracks(&house).await["tracking"], "in_transit");
    let timeline = get(&house, "/v1/orders/7001/timeline").await.body;
    assert!(timeline.to_string().contains("parcels reported news"), "{timeline}");
}

/// A shop that wants its customers to hear of it says so.
#[tokio::test]
async fn customers_are_told_where_the_shop_wants_it() {
    let house = warehouse().await;
    let next = TenantConfig { version: 3, ingest: IngestSettings { notify: true }, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 2).await.unwrap());
    let before = house.world.sent_mails().len();
    tells(&house, event("e-1", "picked_up", 10)).await;
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), before + 1);
}
