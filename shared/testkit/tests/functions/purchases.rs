//! What is ordered with suppliers, what is counted, and what the figures say of it.

use crate::house::{House, correlation, identity, owner};
use crate::rest::{Answer, call, get, post};
use app::Scopes;
use app::ports::{Clock, OrderStore, PurchaseStore, StockStore, TenantStore};
use contracts::{Payload, stock};
use domain::ids::{EventId, PurchaseId, Sku};
use domain::order::Role;
use domain::order::saga::StockMove;
use domain::stock::ReorderRules;
use domain::stock::purchase::PurchaseCommand;
use jiff::ToSpan;
use serde_json::{Value, json};
use testkit::conformance::samples::{begun, mugs, then};

async fn moved(house: &House, sku: &str, by: i64, reference: &str) -> Value {
    let body = json!({ "location": "main", "by": by, "reference": reference });
    let moved = post(house, &format!("/v1/inventory/{sku}/adjust"), &[], body).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    moved.body
}

async fn orders_by_itself() -> House {
    let house = House::new().await;
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    next.version += 1;
    next.stock.reorder.auto = true;
    assert_eq!(next.faults(), []);
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    house
}

async fn level(house: &House, sku: &str) -> Value {
    get(house, &format!("/v1/inventory/{sku}")).await.body[0].clone()
}

fn draft_of(list: &Answer) -> String {
    list.body["purchase_orders"][0]["id"].as_str().unwrap().to_owned()
}

/// Five are left: 95 are put on a draft, which a person approves; two deliveries bring them.
// req: S2-40
#[tokio::test]
async fn what_falls_to_the_limit_is_drafted_approved_and_received() {
    let house = orders_by_itself().await;
    moved(&house, "MUG", 12, "delivery-1").await;
    moved(&house, "MUG", -7, "sale-1").await;
    house.settle().await;
    let list = get(&house, "/v1/purchase-orders").await;
    let id = draft_of(&list);
    assert_eq!(list.body["purchase_orders"].as_array().map(Vec::len), Some(1));
    let order = get(&house, &format!("/v1/purchase-orders/{id}")).await;
    let wanted = json!({ "sku": "MUG", "quantity": 95, "received": 0, "outstanding": 95,
        "why": { "quantity": 95, "point": 5, "safety": 0, "up_to": 100, "available": 5, "on_order": 0 } });
    assert_eq!((&order.body["lines"][0], &order.body["status"]), (&wanted, &json!("draft")));
    assert_eq!(level(&house, "MUG").await["on_order"], 95);
    let said: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("drafted")).collect();
    assert_eq!(said, [format!(":memo: *Purchase order {id}* for main is drafted: look through its lines and approve it, or cancel it")]);
    // Another thing falls on the same day: another line. What is on its way is not ordered again.
    moved(&house, "CUP", 2, "delivery-2").await;
    moved(&house, "MUG", -3, "sale-2").await;
    house.settle().await;
    let order = get(&house, &format!("/v1/purchase-orders/{id}")).await;
    assert_eq!((order.body["lines"][1]["sku"].clone(), order.body["lines"][1]["quantity"].clone()), (json!("CUP"), json!(98)));
    assert_eq!(order.body["lines"].as_array().map(Vec::len), Some(2));
    // A person takes the cups off, and approves the rest.
    let path = |what: &str| format!("/v1/purchase-orders/{id}/{what}");
    let version = order.etag.clone().unwrap();
    let lines = json!({ "lines": [{ "sku": "CUP", "quantity": 0 }] });
    let changed = post(&house, &path("lines"), &[("if-match", &version)], lines.clone()).await;
    assert_eq!((changed.status, level(&house, "CUP").await["on_order"].clone()), (200, json!(0)));
    let lines = json!({ "lines": [{ "sku": "CUP", "quantity": 7 }] });
    assert_eq!(post(&house, &path("lines"), &[("if-match", &version)], lines).await.status, 409, "it has changed");
    let early = json!({ "reference": "dn-1", "lines": [{ "sku": "MUG", "quantity": 90 }] });
    let refused = post(&house, &path("receive"), &[], early.clone()).await;
    assert_eq!((refused.status, refused.body["detail"].clone()), (409, json!("the purchase order is draft; it has to be ordered")));
    for _ in 0..2 {
        let ordered = post(&house, &path("approve"), &[], Value::Null).await;
        assert_eq!((ordered.status, ordered.body["status"].clone()), (200, json!("ordered")));
        let due = house.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date().saturating_add(7.days());
        assert_eq!(ordered.body["expected_on"], json!(due.to_string()));
    }
    for _ in 0..2 {
        let received = post(&house, &path("receive"), &[], early.clone()).await;
        assert_eq!((received.status, received.body["lines"][0]["outstanding"].clone()), (200, json!(5)), "{}", received.body);
    }
    let level = level(&house, "MUG").await;
    assert_eq!((&level["available"], &level["on_order"], &level["grade"]), (&json!(92), &json!(5), &json!("enough")));
    let last = json!({ "reference": "dn-2", "lines": [{ "sku": "MUG", "quantity": 4 }], "last": true });
    assert_eq!(post(&house, &path("receive"), &[], last).await.body["status"], "received");
    assert!(get(&house, "/v1/purchase-orders").await.body["purchase_orders"].as_array().unwrap().is_empty());
    assert_eq!(draft_of(&get(&house, "/v1/purchase-orders?state=closed").await), id);
    house.settle().await;
    assert_eq!(post(&house, &path("cancel"), &[], Value::Null).await.status, 409, "it is here");
}

/// Without the rule nothing is drafted; whoever heard it twice drafts once.
// req: S2-40, S2-82
#[tokio::test]
async fn a_draft_is_made_only_where_it_is_wanted_and_once() {
    let house = House::new().await;
    moved(&house, "MUG", 3, "delivery-1").await;
    house.settle().await;
    assert!(get(&house, "/v1/purchase-orders").await.body["purchase_orders"].as_array().unwrap().is_empty());
    let house = orders_by_itself().await;
    moved(&house, "MUG", 3, "delivery-1").await;
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let events = house.world.take_published();
    for _ in 0..3 {
        let heard = events.iter().map(|event| {
            let sagas = house.sagas();
            async move { sagas.run(event, None).await.unwrap() }
        });
        futures::future::join_all(heard).await;
    }
    let drafts = house.world.purchase_orders(&house.scope);
    assert_eq!(drafts.iter().map(|order| (order.lines.len(), order.pieces())).collect::<Vec<_>>(), [(1, 97)]);
}

/// Four a day for four weeks: a week needs 28, so at 28 the next is due. What lies there is raised as the limits say, so the shop's limit is 40.
// req: S2-40, S2-09
#[tokio::test]
async fn what_sells_is_ordered_before_it_is_few() {
    let house = orders_by_itself().await;
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    next.version += 1;
    next.stock.low_at = 28;
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    for day in 1..=28i64 {
        let line = stock::v1::MovedLine { sku: "MUG".into(), location: "main".into(), quantity: 4 };
        let moved = stock::v1::Moved { order_id: format!("9{day}"), how: "shipped".into(), lines: vec![line] };
        let at = house.clock.now() - jiff::SignedDuration::from_hours(24 * day);
        let subject = format!("9{day}");
        let event = app::publish::envelope(house.scope.tenant(), &subject, 3, 0, at, &correlation(), Payload::StockMoved(moved));
        assert!(house.measure().run(&event).await.unwrap());
    }
    moved(&house, "MUG", 200, "delivery-1").await;
    moved(&house, "IDLE", 70, "delivery-1").await;
    moved(&house, "MUG", -172, "sale-1").await;
    house.settle().await;
    let why = get(&house, "/v1/purchase-orders").await.body["purchase_orders"][0]["lines"][0]["why"].clone();
    assert_eq!(why, json!({ "quantity": 72, "point": 28, "safety": 0, "up_to": 100, "available": 28, "on_order": 0 }));
    let figures = get(&house, "/v1/analytics/inventory?days=29").await;
    assert_eq!(figures.status, 200, "{}", figures.body);
    let seller = &figures.body["turnover"][0];
    assert_eq!(
        (&seller["sku"], &seller["sold"], &seller["on_hand"], &seller["on_order"]),
        (&json!("MUG"), &json!(112), &json!(28), &json!(72))
    );
    // 112 in 29 days: 28 last 7 days; 112 · 365 / (29 · 28) = 50.34 times a year.
    assert_eq!((&seller["cover_days"], &seller["turns_per_year"]), (&json!(7), &json!("50.34")));
    assert_eq!(figures.body["places"], json!({ "enough": 1, "low": 1 }));
    assert_eq!((&figures.body["low"][0]["sku"], &figures.body["idle"][0]["sku"]), (&json!("MUG"), &json!("IDLE")));
    assert_eq!(get(&house, "/v1/analytics/inventory?days=91").await.status, 422);
}

/// A thousand shelves in two counts, five of them wrong: 99.5 %.
// req: S2-43, S2-09
#[tokio::test]
async fn a_count_corrects_the_books_and_says_how_good_they_were() {
    let house = House::new().await;
    for n in 0..1_000 {
        house.stock().stock.adjust(&house.scope, &format!("S{n}"), "main", 20, "r1", house.clock.now()).await.unwrap();
    }
    // Both halves go by one reference, and each counts.
    for half in 0..2 {
        let line = |n: i64| json!({ "sku": format!("S{n}"), "location": "main", "counted": if n % 200 == 0 { 17 } else { 20 } });
        let lines: Vec<Value> = (half * 500..half * 500 + 500).map(line).collect();
        let body = json!({ "reference": "2026-w48", "lines": lines });
        let first = post(&house, "/v1/inventory-counts", &[], body.clone()).await;
        let again = post(&house, "/v1/inventory-counts", &[], body).await;
        assert_eq!((first.status, &first.body), (200, &again.body), "the same count says the same");
        let wrong = &first.body["lines"][if half == 0 { 0 } else { 100 }];
        assert_eq!((&wrong["expected"], &wrong["corrected"], &wrong["level"]["available"]), (&json!(20), &json!(-3), &json!(17)));
    }
    house.settle().await;
    let figures = get(&house, "/v1/analytics/inventory").await;
    let accuracy = &figures.body["accuracy"];
    assert_eq!((&accuracy["value"], &accuracy["n"]), (&json!(0.995), &json!(1_000)), "{accuracy}");
    // More is promised than lies there: the team hears of it.
    let now = house.clock.now();
    house.world.stock().adjust(&house.scope, "MUG", "a", 20, "r1", now).await.unwrap();
    let first = begun(&house.scope, "9001", now);
    house.world.orders().commit(&house.scope, first.commit()).await.unwrap();
    let held = then(&house.scope, &first.order, vec![mugs(StockMove::Hold, 20)], now);
    house.world.orders().commit(&house.scope, held.commit()).await.unwrap();
    let body = json!({ "reference": "w49", "lines": [{ "sku": "MUG", "location": "a", "counted": 18 }] });
    let counted = post(&house, "/v1/inventory-counts", &[], body).await;
    assert_eq!((&counted.body["lines"][0]["missing"], &counted.body["lines"][0]["corrected"]), (&json!(2), &json!(0)), "{}", counted.body);
    house.settle().await;
    let said: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("Count")).collect();
    assert_eq!(said, [":rotating_light: *Count w49*: 2 pieces that are promised to orders could not be found; decide who goes without"]);
}

// req: S2-09
#[tokio::test]
async fn the_list_begins_with_the_least_and_pages() {
    let house = House::new().await;
    for (sku, pieces) in [("MUG", 50), ("CUP", 8), ("HAT", 2), ("BAG", 11)] {
        moved(&house, sku, pieces, "r1").await;
    }
    let (mut seen, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = get(&house, &format!("/v1/inventory?limit=1{cursor}")).await;
        assert_eq!(page.status, 200, "{}", page.body);
        seen.extend(page.body["levels"].as_array().unwrap().iter().map(|level| level["sku"].as_str().unwrap().to_owned()));
        let Some(next) = page.body["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    assert_eq!(seen, ["HAT", "CUP", "BAG", "MUG"]);
    let low = get(&house, "/v1/inventory?grade=low").await;
    assert_eq!(low.body["levels"].as_array().map(Vec::len), Some(1));
    let swapped = get(&house, &format!("/v1/inventory?grade=low{cursor}")).await;
    assert_eq!((swapped.status, get(&house, "/v1/inventory?grade=none").await.status), (422, 422));
}

#[tokio::test]
async fn bad_input_is_the_senders_fault_and_says_all_of_it() {
    let house = House::new().await;
    let fields = |answer: &Answer| -> Vec<String> {
        assert_eq!(answer.status, 422, "{}", answer.body);
        let faults = answer.body["errors"].as_array().unwrap().iter();
        faults.map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
    };
    let bad = json!({ "id": "no spaces", "location": "Main!", "lines": [{ "sku": "a b", "quantity": 1 }] });
    let refused = post(&house, "/v1/purchase-orders", &[], bad).await;
    assert_eq!(fields(&refused), ["id bad_id", "location bad_location", "lines[0].sku bad_sku"]);
    let make = |lines: Value| json!({ "id": "PO-1", "location": "main", "supplier": "Clay & Co", "lines": lines });
    for (lines, fault) in [
        (json!([]), "lines out_of_range"),
        (json!([{ "sku": "MUG", "quantity": 1 }, { "sku": "MUG", "quantity": 2 }]), "lines out_of_range"),
        (json!([{ "sku": "MUG", "quantity": 1_000_001 }]), "lines out_of_range"),
        (Value::Array((0..26).map(|n| json!({ "sku": format!("S{n}"), "quantity": 1 })).collect()), "lines out_of_range"),
    ] {
        assert_eq!(fields(&post(&house, "/v1/purchase-orders", &[], make(lines)).await), [fault]);
    }
    let none = make(json!([{ "sku": "MUG", "quantity": 3 }, { "sku": "CUP", "quantity": 0 }]));
    assert_eq!(fields(&post(&house, "/v1/purchase-orders", &[], none).await), ["lines[1].quantity out_of_range"]);
    let good = make(json!([{ "sku": "MUG", "quantity": 3 }]));
    for _ in 0..2 {
        let made = post(&house, "/v1/purchase-orders", &[], good.clone()).await;
        assert_eq!((made.status, made.etag.as_deref()), (201, Some("\"1\"")), "{}", made.body);
    }
    assert_eq!(fields(&post(&house, "/v1/purchase-orders", &[], make(json!([{ "sku": "CUP", "quantity": 3 }]))).await), ["id taken"]);
    assert_eq!(level(&house, "MUG").await["on_order"], 3);
    post(&house, "/v1/purchase-orders/PO-1/approve", &[], Value::Null).await;
    let foreign = json!({ "reference": "dn-1", "lines": [{ "sku": "HAT", "quantity": 1 }] });
    assert_eq!(fields(&post(&house, "/v1/purchase-orders/PO-1/receive", &[], foreign).await), ["lines out_of_range"]);
    let nothing = json!({ "reference": "dn-1", "lines": [] });
    assert_eq!(fields(&post(&house, "/v1/purchase-orders/PO-1/receive", &[], nothing).await), ["lines out_of_range"]);
    for path in ["/v1/purchase-orders/PO-2", "/v1/purchase-orders/no%20such"] {
        assert_eq!(get(&house, path).await.status, 404, "{path}");
    }
    let twice = json!({ "reference": "w1", "lines": [{ "sku": "MUG", "location": "main", "counted": 1 }, { "sku": "MUG", "location": "main", "counted": 2 }] });
    assert_eq!(fields(&post(&house, "/v1/inventory-counts", &[], twice).await), ["lines[1] duplicate"]);
    let odd = json!({ "reference": "", "lines": [{ "sku": "", "location": "MAIN", "counted": 1 }] });
    let counted = post(&house, "/v1/inventory-counts", &[], odd).await;
    assert_eq!(fields(&counted), ["reference bad_reference", "lines[0].sku bad_sku", "lines[0].location bad_location"]);
    let many: Vec<Value> = (0..501).map(|n| json!({ "sku": format!("S{n}"), "location": "main", "counted": 1 })).collect();
    let counted = post(&house, "/v1/inventory-counts", &[], json!({ "reference": "w1", "lines": many })).await;
    assert_eq!(fields(&counted), ["lines out_of_range"]);
    // Whoever may only read changes nothing.
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    let path = "/v1/purchase-orders/PO-1/cancel";
    assert_eq!(call(&house, Some(reader), "POST", path, &[], Value::Null).await.status, 403);
    assert_eq!(call(&house, Some(owner()), "POST", path, &[("if-match", "\"1\"")], Value::Null).await.status, 409);
}

/// Whoever died after a delivery was booked, and before the shelf was looked at, has it looked at by asking again.
// req: S2-40
#[tokio::test]
async fn a_delivery_that_is_booked_twice_is_graded() {
    let house = House::new().await;
    moved(&house, "MUG", 3, "r1").await;
    let made = json!({ "id": "PO-1", "location": "main", "lines": [{ "sku": "MUG", "quantity": 50 }] });
    assert_eq!(post(&house, "/v1/purchase-orders", &[], made).await.status, 201);
    let ordered = post(&house, "/v1/purchase-orders/PO-1/approve", &[], Value::Null).await;
    assert_eq!(ordered.status, 200);
    let id = PurchaseId::parse("PO-1").unwrap();
    let known = house.world.purchases().load(&house.scope, &id).await.unwrap().unwrap();
    let lines = vec![(Sku::parse("MUG").unwrap(), 50)];
    let command = PurchaseCommand::Receive { reference: EventId::parse("dn-1").unwrap(), lines, last: false };
    let (next, supplies) = known.apply(command, house.clock.now()).unwrap();
    assert!(house.world.purchases().save(&house.scope, &next, &supplies, &[], house.clock.now()).await.unwrap());
    assert_eq!(level(&house, "MUG").await["grade"], "reorder", "nobody has looked");
    let again = json!({ "reference": "dn-1", "lines": [{ "sku": "MUG", "quantity": 50 }] });
    assert_eq!(post(&house, "/v1/purchase-orders/PO-1/receive", &[], again).await.status, 200);
    let level = level(&house, "MUG").await;
    assert_eq!((&level["grade"], &level["available"]), (&json!("enough"), &json!(53)));
}

/// The longest name of a place, on a day with many drafts.
// req: S2-40
#[tokio::test]
async fn a_draft_of_any_place_and_day_has_a_number() {
    let house = orders_by_itself().await;
    let place = "a".repeat(32);
    for n in 0..12 {
        let body = json!({ "location": place, "by": 1, "reference": "r1" });
        assert_eq!(post(&house, &format!("/v1/inventory/S{n}/adjust"), &[], body).await.status, 200);
        house.settle().await;
        let id = draft_of(&get(&house, "/v1/purchase-orders").await);
        assert!(id.ends_with(&format!("-{}", n + 1)), "{id}");
        assert_eq!(post(&house, &format!("/v1/purchase-orders/{id}/cancel"), &[], Value::Null).await.status, 200);
    }
}

// req: S2-40
#[tokio::test]
async fn settings_that_make_no_sense_are_refused() {
    let house = House::new().await;
    let mut config = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    config.stock.reorder = ReorderRules { auto: true, max_stock: 0, lead_days: 8, lead_days_max: 7 };
    let fields: Vec<String> = config.faults().into_iter().map(|fault| fault.field).collect();
    assert_eq!(fields, ["stock.reorder.max_stock", "stock.reorder.lead_days_max"]);
}
