//! What is wrong with orders: opened by deadlines, by what is told and by people, worked on by urgency, counted as it happens.

use crate::house::{House, config, correlation, identity};
use crate::rest::{Answer, call, get, order, post};
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::exception::ExceptionRules;
use domain::order::{Role, SagaRules};
use domain::sla::SlaRules;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const START: &str = "2025-08-11T08:00:00Z";

/// A warehouse that has deadlines and exceptions, on a Monday at eight.
async fn warehouse() -> House {
    let house = House::new().await;
    let next = TenantConfig {
        version: 2,
        sla: SlaRules { enabled: true, ..SlaRules::default() },
        exceptions: ExceptionRules { enabled: true, ..ExceptionRules::default() },
        requests_per_minute: 100_000,
        ..config()
    };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house.settle().await;
    house.clock.advance(START.parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    house
}

async fn places(house: &House, number: &str, price: &str) {
    let mut body = order(number);
    body["items"] = json!([{ "sku": "MUG", "name": "Mug", "quantity": 1, "unit_price": price }]);
    body["total"] = json!(price);
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
}

/// A warehouse or a carrier says something that happened so many minutes after eight.
async fn tells(house: &House, number: &str, kind: &str, minute: i64, reason: Option<&str>) {
    let at = START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
    if at > house.clock_now() {
        house.clock.advance(at.duration_since(house.clock_now()));
    }
    let id = format!("{number}-{kind}-{minute}");
    let mut body = json!({ "event_id": id, "event_type": kind, "order_id": number, "occurred_at": at, "source": "wms" });
    if let Some(reason) = reason {
        body["reason_code"] = json!(reason);
    }
    let taken = post(house, "/v1/ingest/events", &[], body).await;
    assert_eq!(taken.status, 202, "{}", taken.body);
    house.settle().await;
}

fn posts(house: &House) -> Vec<String> {
    house.world.posts().into_iter().map(|(_, text)| text).collect()
}

/// Time passes, and the timers look.
async fn at(house: &House, minute: i64) {
    let then = START.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute);
    house.clock.advance(then.duration_since(house.clock_now()));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
}

async fn board(house: &House, query: &str) -> Vec<(String, String, String, i64)> {
    let found = get(house, &format!("/v1/exceptions{query}")).await;
    assert_eq!(found.status, 200, "{query}: {}", found.body);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = |one: &Value| (text(&one["order_id"]), text(&one["exception_id"]), text(&one["status"]), one["priority"].as_i64().unwrap());
    found.body["exceptions"].as_array().unwrap().iter().map(line).collect()
}

fn row(order: &str, exception: &str, status: &str, priority: i64) -> (String, String, String, i64) {
    (order.into(), exception.into(), status.into(), priority)
}

async fn acts(house: &House, order: &str, exception: &str, body: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{order}/exceptions/{exception}"), &[], body).await;
    house.settle().await;
    answer
}

async fn figures(house: &House) -> Value {
    get(house, "/v1/analytics/exceptions?days=30").await.body
}

// req: S4-23, S4-24, S4-26, S4-31
#[tokio::test]
async fn an_order_that_nobody_picks_is_on_the_board_and_leaves_it_when_it_is_picked() {
    let house = warehouse().await;
    places(&house, "7001", "10.00").await;
    tells(&house, "7001", "order_paid", 0, None).await;
    at(&house, 120).await;
    assert_eq!(board(&house, "").await, []);
    at(&house, 121).await;
    assert_eq!(board(&house, "").await, [row("7001", "pick-delay-1", "open", 50)]);
    // Half an hour later the team hears that nobody has taken it on, once.
    let told = |house: &House| posts(house).into_iter().filter(|text| text.contains("Picking is late")).collect::<Vec<_>>();
    assert_eq!(told(&house), [] as [String; 0]);
    at(&house, 152).await;
    at(&house, 153).await;
    let said = told(&house);
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("*Order 7001*") && said[0].contains("nobody has taken it on"), "{said:?}");
    let shown = get(&house, "/v1/orders/7001").await.body["exceptions"][0].clone();
    assert_eq!((&shown["code"], &shown["severity"], &shown["bucket"]), (&json!("PICK_DELAY"), &json!("medium"), &json!("standard")));
    assert!(shown["client_note"].as_str().unwrap().contains("longer than usual"), "{shown}");
    tells(&house, "7001", "pick_completed", 170, None).await;
    assert_eq!(board(&house, "").await, []);
    assert_eq!(board(&house, "?state=ended").await[0].1, "pick-delay-1");
    let shown = get(&house, "/v1/orders/7001").await.body["exceptions"][0].clone();
    assert_eq!((&shown["status"], &shown["resolution"], &shown["in_time"]), (&json!("resolved"), &json!("by_itself"), &json!(true)));
    let timeline = get(&house, "/v1/orders/7001/timeline").await.body.to_string();
    assert!(timeline.contains("Picking is late: picking was due 2025-08-11 10:00 UTC") && timeline.contains("pick-delay-1 over by itself"));
    // Two days later it cannot come back.
    at(&house, 170 + 48 * 60 + 1).await;
    let pick =
        |body: &Value| body["exceptions"].as_array().unwrap().iter().find(|one| one["code"] == "PICK_DELAY").unwrap()["status"].clone();
    assert_eq!(pick(&get(&house, "/v1/orders/7001").await.body), "closed");
}

// req: S4-17, S4-23, S4-24
#[tokio::test]
async fn what_warehouses_report_is_read_by_its_code() {
    let house = warehouse().await;
    places(&house, "7001", "10.00").await;
    for (minute, code) in
        [(1, Some("damaged-package")), (2, Some("ADDRESS_ERROR")), (3, Some("it fell")), (4, None), (5, Some("DAMAGED_PACKAGE"))]
    {
        tells(&house, "7001", "exception_reported", minute, code).await;
    }
    tells(&house, "7001", "pick_started", 6, Some("SYSTEM_ERROR")).await;
    let shown = get(&house, "/v1/orders/7001").await.body["exceptions"].clone();
    let found: Vec<(&str, u64)> =
        shown.as_array().unwrap().iter().map(|one| (one["code"].as_str().unwrap(), one["count"].as_u64().unwrap())).collect();
    assert_eq!(found, [("OTHER", 2), ("ADDRESS_ERROR", 1), ("DAMAGED_PACKAGE", 2)], "only what says that something is wrong has a reason");
    assert_eq!(board(&house, "?code=OTHER").await, [row("7001", "other-1", "open", 50)]);
    assert_eq!(board(&house, "?severity=high").await.len(), 2);
    let figures = figures(&house).await;
    assert_eq!(figures["opened"], json!({ "OTHER": 1, "ADDRESS_ERROR": 1, "DAMAGED_PACKAGE": 1 }));
    assert_eq!(figures["open"], json!({ "medium": 1, "high": 2 }));
}

// req: S4-26, S4-27, S4-42
#[tokio::test]
async fn the_most_urgent_comes_first_and_is_worked_on() {
    let house = warehouse().await;
    for (number, price) in [("7001", "10.00"), ("7002", "900.00"), ("7003", "10.00")] {
        places(&house, number, price).await;
    }
    let open = async |number: &str, code: &str| {
        let opened = post(&house, &format!("/v1/orders/{number}/exceptions"), &[], json!({ "code": code, "note": "seen by me" })).await;
        house.settle().await;
        (opened.status, opened.body["exception_id"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(open("7001", "OTHER").await, (201, "other-1".into()));
    assert_eq!(open("7001", "OTHER").await, (201, "other-1".into()), "said twice");
    assert_eq!(open("7002", "OTHER").await, (201, "other-1".into()));
    house.clock.advance(SignedDuration::from_mins(60));
    assert_eq!(open("7003", "SYSTEM_ERROR").await, (201, "system-error-1".into()));
    let first = |rows: Vec<(String, String, String, i64)>| rows.into_iter().map(|row| row.0).collect::<Vec<_>>();
    assert_eq!(first(board(&house, "").await), ["7003", "7002", "7001"], "critical, then what is worth more");
    assert_eq!(first(board(&house, "?bucket=critical_urgent").await), ["7003"]);
    let critical = posts(&house).into_iter().filter(|text| text.contains("System error (critical)")).count();
    assert_eq!(critical, 1, "at once");
    // Pages go on where they ended, whatever opens meanwhile.
    let page = get(&house, "/v1/exceptions?limit=1").await.body;
    let cursor = page["next_cursor"].as_str().unwrap().to_owned();
    let next = get(&house, &format!("/v1/exceptions?limit=5&cursor={cursor}")).await.body;
    assert_eq!(next["exceptions"].as_array().unwrap().len(), 2);
    assert_eq!(get(&house, &format!("/v1/exceptions?bucket=standard&cursor={cursor}")).await.status, 422, "a cursor of another list");

    let seen = acts(&house, "7003", "system-error-1", json!({ "action": "acknowledge" })).await;
    assert_eq!((seen.status, &seen.body["status"]), (200, &json!("acknowledged")));
    let given = acts(&house, "7002", "other-1", json!({ "action": "assign", "to": "me" })).await;
    assert!(given.body["assigned_to"].is_string(), "{}", given.body);
    assert_eq!(first(board(&house, "?assigned_to=me").await), ["7002"]);
    assert_eq!(first(board(&house, "?assigned_to=nobody").await), ["7003", "7001"]);
    for (order, exception, body, expected) in [
        ("7003", "system-error-1", json!({ "action": "start" }), (200, "in_progress")),
        ("7003", "system-error-1", json!({ "action": "acknowledge" }), (200, "in_progress")),
        ("7003", "system-error-1", json!({ "action": "close" }), (409, "")),
        ("7003", "system-error-1", json!({ "action": "resolve", "note": "restarted" }), (200, "resolved")),
        ("7003", "system-error-1", json!({ "action": "resolve" }), (200, "resolved")),
        ("7003", "system-error-1", json!({ "action": "start" }), (409, "")),
        ("7003", "system-error-1", json!({ "action": "reopen", "note": "it fails again" }), (200, "in_progress")),
        ("7003", "system-error-2", json!({ "action": "start" }), (404, "")),
        ("7009", "other-1", json!({ "action": "start" }), (404, "")),
        ("7001", "other-1", json!({ "action": "dance" }), (422, "")),
        ("7001", "other-1", json!({ "action": "note" }), (422, "")),
        ("7001", "other-1", json!({ "action": "note", "note": "x".repeat(1_001) }), (422, "")),
        ("7001", "other-1", json!({ "action": "assign", "to": "" }), (422, "")),
        ("7001", "Other-1", json!({ "action": "start" }), (404, "")),
    ] {
        let answer = acts(&house, order, exception, body.clone()).await;
        let status = answer.body["status"].as_str().unwrap_or_default();
        assert_eq!((answer.status, if answer.status == 200 { status } else { "" }), expected, "{order} {body}: {}", answer.body);
    }
    let many = json!({ "action": "resolve", "exceptions": [
        { "order_id": "7001", "exception_id": "other-1" }, { "order_id": "7002", "exception_id": "other-9" },
        { "order_id": "7002", "exception_id": "other-1" } ] });
    let done = post(&house, "/v1/exceptions/bulk-action", &[], many).await;
    let statuses: Vec<&Value> = done.body["results"].as_array().unwrap().iter().map(|one| &one["status"]).collect();
    assert_eq!(statuses, [&json!("resolved"), &Value::Null, &json!("resolved")], "{}", done.body);
    assert!(done.body["results"][1]["error"].as_str().unwrap().contains("no such exception"));
    let none = post(&house, "/v1/exceptions/bulk-action", &[], json!({ "action": "resolve", "exceptions": [] })).await;
    assert_eq!(none.status, 422);
    house.settle().await;
    // Four hours: the one that was taken up again has its time anew, and that is over.
    at(&house, 60 + 241).await;
    let figures = figures(&house).await;
    assert_eq!((&figures["resolved_in_time"]["value"], &figures["resolved_in_time"]["n"]), (&json!(0.75), &json!(4)), "{figures}");
    assert_eq!((&figures["seen_in_time"]["n"], &figures["open"]), (&json!(4), &json!({ "critical": 1 })));
    assert_eq!((&figures["resolution_rate"]["value"], &figures["resolution_rate"]["n"]), (&json!(0.75), &json!(4)));
}

// req: S4-42, S4-46
#[tokio::test]
async fn what_nobody_answers_counts_when_its_time_is_up_and_what_is_at_risk_follows_the_order() {
    let house = warehouse().await;
    places(&house, "7001", "100.00").await;
    places(&house, "7002", "50.00").await;
    tells(&house, "7001", "exception_reported", 1, Some("DAMAGED_PACKAGE")).await;
    tells(&house, "7002", "exception_reported", 1, Some("OTHER")).await;
    let risk = async || figures(&house).await["revenue_at_risk"].clone();
    let total = |body: Value| body["total"].as_str().unwrap().to_owned();
    let (large, small) = (total(get(&house, "/v1/orders/7001").await.body), total(get(&house, "/v1/orders/7002").await.body));
    let cents = |text: &str| text.replace('.', "").parse::<i64>().unwrap();
    let euros = |cents: i64| format!("{}.{:02}", cents / 100, cents % 100);
    let expected = euros(cents(&large) * 50 / 100 + cents(&small) * 20 / 100);
    assert_eq!(risk().await[0]["at_risk"], json!(expected), "{}", risk().await);
    assert_eq!(risk().await[0]["orders"], json!({ "high": 1, "medium": 1 }));
    // Something worse on the same order counts it once, by the worst.
    tells(&house, "7002", "exception_reported", 2, Some("SYSTEM_ERROR")).await;
    assert_eq!(risk().await[0]["orders"], json!({ "high": 1, "critical": 1 }));
    at(&house, 242).await;
    let late = figures(&house).await;
    assert_eq!((&late["resolved_in_time"]["value"], &late["resolved_in_time"]["n"]), (&json!(0.0), &json!(2)), "{late}");
    at(&house, 243).await;
    let late = figures(&house).await;
    assert_eq!((&late["resolved_in_time"]["n"], &late["seen_in_time"]["value"]), (&json!(3), &json!(0.0)));
    for (order, exception) in [("7001", "damaged-package-1"), ("7002", "other-1"), ("7002", "system-error-1")] {
        assert_eq!(acts(&house, order, exception, json!({ "action": "resolve" })).await.status, 200);
    }
    let over = figures(&house).await;
    assert_eq!((&over["revenue_at_risk"], &over["open"]), (&json!([]), &json!({})), "{over}");
    assert_eq!((&over["resolved_in_time"]["value"], &over["resolved_in_time"]["n"]), (&json!(0.0), &json!(3)), "too late is too late");
}

// req: S4-35
#[tokio::test]
async fn a_stock_mismatch_is_decided_by_a_person_before_anything_leaves() {
    let house = warehouse().await;
    let next = TenantConfig {
        version: 3,
        exceptions: ExceptionRules { enabled: true, ..ExceptionRules::default() },
        workflow: SagaRules { review_within_h: 2, ..SagaRules::default() },
        requests_per_minute: 100_000,
        ..config()
    };
    assert!(house.world.tenants().save(&house.scope, &next, 2).await.unwrap());
    places(&house, "7001", "10.00").await;
    tells(&house, "7001", "exception_reported", 1, Some("STOCK_MISMATCH")).await;
    let shown = get(&house, "/v1/orders/7001").await.body;
    assert_eq!(shown["reviews"][0]["type"], "INVENTORY_OVERRIDE", "{shown}");
    assert_eq!(shown["exceptions"][0]["review_id"], shown["reviews"][0]["review_id"]);
    assert_eq!(shown["exceptions"].as_array().unwrap().len(), 1, "it is no shortage besides");
    let refused = acts(&house, "7001", "stock-mismatch-1", json!({ "action": "resolve" })).await;
    assert_eq!((refused.status, refused.body["type"].as_str().unwrap().contains("under-review")), (409, true), "{}", refused.body);
    let review = shown["reviews"][0]["review_id"].as_str().unwrap().to_owned();
    let decided = post(&house, &format!("/v1/orders/7001/reviews/{review}/decide"), &[], json!({ "approve": true })).await;
    assert_eq!(decided.status, 200, "{}", decided.body);
    let shown = get(&house, "/v1/orders/7001").await.body["exceptions"][0].clone();
    assert_eq!((&shown["status"], &shown["resolution"]), (&json!("resolved"), &json!("reviewed")));
}

#[tokio::test]
async fn only_those_who_may_change_orders_work_on_them_and_each_shop_sees_its_own() {
    let house = warehouse().await;
    places(&house, "7001", "10.00").await;
    tells(&house, "7001", "exception_reported", 1, None).await;
    let reader = identity("demo", Role::Readonly, app::Scopes { read: true, ..app::Scopes::default() });
    for (path, body) in [
        ("/v1/orders/7001/exceptions", json!({ "code": "OTHER" })),
        ("/v1/orders/7001/exceptions/other-1", json!({ "action": "resolve" })),
        ("/v1/exceptions/bulk-action", json!({ "action": "resolve", "exceptions": [{ "order_id": "7001", "exception_id": "other-1" }] })),
    ] {
        assert_eq!(call(&house, Some(reader.clone()), "POST", path, &[], body).await.status, 403, "{path}");
    }
    assert_eq!(call(&house, Some(reader), "GET", "/v1/exceptions", &[], Value::Null).await.status, 200);
    let other = identity("other", Role::Owner, app::Scopes::ALL);
    let theirs = call(&house, Some(other), "GET", "/v1/exceptions", &[], Value::Null).await;
    assert_eq!((theirs.status, theirs.body["exceptions"].as_array().unwrap().len()), (200, 0));
    for bad in ["state=x", "code=LATE", "severity=bad", "bucket=all", "limit=0", "cursor=x", "max=1"] {
        let refused = get(&house, &format!("/v1/exceptions?{bad}")).await;
        assert!(matches!(refused.status, 400 | 422), "{bad}: {}", refused.body);
    }
    let off = TenantConfig { version: 3, requests_per_minute: 100_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &off, 2).await.unwrap());
    house.clock.advance(SignedDuration::from_hours(1));
    let refused = post(&house, "/v1/orders/7001/exceptions", &[], json!({ "code": "PICK_DELAY" })).await;
    assert_eq!((refused.status, refused.body["type"].as_str().unwrap().contains("exceptions-off")), (409, true), "{}", refused.body);
    let bad = post(&house, "/v1/orders/7001/exceptions", &[], json!({ "code": "LATE" })).await;
    assert_eq!((bad.status, bad.body.to_string().contains("PICK_DELAY")), (422, true));
}
