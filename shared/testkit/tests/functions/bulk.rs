//! The same step for many orders.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, identity, owner};
use crate::samples::Lot;
use app::{Identity, Scopes};
use aws_lambda_events::sqs::SqsEvent;
use domain::ids::OrderId;
use domain::order::{Actor, OrderStatus, Role, Vocabulary};
use jiff::SignedDuration;
use serde_json::{Value, json};

const PATH: &str = "/v1/orders/bulk-action";

async fn call(house: &House, who: Identity, (verb, path): (&str, &str), headers: &[(&str, &str)], body: &Value) -> Answer {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    let knocked = Knock { verb, path, headers, body: body.as_bytes(), identity: Some(who), ..Knock::default() };
    knock(orders_api::router(house.desk()), knocked).await
}

async fn bulk(house: &House, body: &Value) -> Answer {
    call(house, owner(), ("POST", PATH), &[], body).await
}

/// The queue delivers everything, some of it twice.
async fn deliver(house: &House) {
    while let Some(body) = house.world.take_queued() {
        for _ in 0..2 {
            let records = json!({ "Records": [{ "messageId": "m", "body": body, "eventSource": "aws:sqs" }] });
            let event: SqsEvent = serde_json::from_value(records).unwrap();
            let answer = order_processor::handle(&house.process(), &house.heard(), &house.steps(), &Lot::default(), event).await;
            assert!(answer.batch_item_failures.is_empty());
        }
    }
}

async fn stands(house: &House, started: &Answer) -> Value {
    let path = format!("{PATH}/{}", started.body["job_id"].as_str().unwrap());
    let answer = call(house, owner(), ("GET", &path), &[], &Value::Null).await;
    assert_eq!((answer.status, started.header("location")), (200, path.as_str()), "{}", answer.body);
    answer.body
}

fn counts(job: &Value) -> (u64, u64, u64, u64) {
    let number = |field: &str| job[field].as_u64().unwrap();
    (number("total"), number("successful"), number("failed"), number("pending"))
}

fn status(house: &House, number: &str) -> OrderStatus {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap()).unwrap().tracks.status
}

async fn many(house: &House) -> Vec<String> {
    let numbers: Vec<String> = (3001..3098).map(|number| number.to_string()).collect();
    for number in &numbers {
        house.import(number, "Received", "ann@example.com", "2025-08-20").await;
    }
    numbers
}

// req: S1-14
#[tokio::test]
async fn of_a_hundred_orders_each_has_its_own_result() {
    let house = House::new().await;
    let mut numbers = many(&house).await;
    numbers.extend(["404", "no such number", "1002"].map(str::to_owned));
    let begun = bulk(&house, &json!({ "order_ids": numbers, "action": "cancel", "confirm": true })).await;
    assert_eq!((begun.status, counts(&begun.body)), (202, (100, 0, 0, 100)), "{}", begun.body);
    deliver(&house).await;
    let job = stands(&house, &begun).await;
    assert_eq!((counts(&job), &job["action"]), ((100, 97, 3, 0), &json!("cancel")));
    let results = job["results"].as_array().unwrap();
    assert_eq!(results[0], json!({ "order_id": "3001", "success": true, "old_status": "pending", "new_status": "cancelled" }));
    assert_eq!(results[97], json!({ "order_id": "404", "success": false, "reason": "there is no such order" }));
    assert_eq!(results[98]["reason"], "there is no such order");
    assert!(results[99]["reason"].as_str().unwrap().contains("it can become: delivered, returned"), "{}", results[99]);
    assert_eq!((status(&house, "3050"), status(&house, "1002")), (OrderStatus::Cancelled, OrderStatus::Shipped));
    // It is the person's doing, once.
    let order = house.world.order(&house.scope, &OrderId::parse("3001").unwrap()).unwrap();
    assert_eq!(order.version, 2, "delivered twice, done once");
    let timeline = call(&house, owner(), ("GET", "/v1/orders/3001/timeline"), &[], &Value::Null).await.body;
    let last = timeline["timeline"].as_array().unwrap().last().unwrap().clone();
    let Actor::Principal { id, .. } = owner().actor() else { panic!() };
    assert_eq!((&last["actor"], &last["automated"]), (&json!(id), &json!(false)), "{last}");
}

// req: S1-14
#[tokio::test]
async fn a_hundred_and_one_are_too_many() {
    let house = House::new().await;
    let numbers: Vec<String> = (0..101).map(|number| number.to_string()).collect();
    let refused = bulk(&house, &json!({ "order_ids": numbers, "action": "progress", "confirm": true })).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.body["errors"][0]["message"], "Maximum 100 orders per bulk operation");
    assert!(house.world.take_queued().is_none());
    for (body, fault) in [
        (json!({ "order_ids": [], "action": "cancel" }), "order_ids required"),
        (json!({ "order_ids": ["1", " 1 "], "action": "cancel" }), "order_ids[1] duplicate"),
        (json!({ "order_ids": [""], "action": "cancel" }), "order_ids[0] bad_number"),
        (json!({ "order_ids": ["x".repeat(129)], "action": "cancel" }), "order_ids[0] bad_number"),
        (json!({ "order_ids": ["1"], "action": "explode" }), "action unknown_action"),
        (json!({ "order_ids": [7], "action": "cancel" }), "order_ids[0] wrong_type"),
        (json!({ "order_ids": ["1"], "action": "cancel", "force": true }), "force unknown_field"),
    ] {
        assert_eq!(bulk(&house, &body).await.refuses(422, &body.to_string()).faults(), [fault]);
    }
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    let body = json!({ "order_ids": ["1003"], "action": "cancel" });
    call(&house, reader, ("POST", PATH), &[], &body).await.refuses(403, "who may only read");
}

// req: S1-77
#[tokio::test]
async fn confirm_over_20() {
    let house = House::new().await;
    let numbers = |many: usize| (1..=many).map(|number| number.to_string()).collect::<Vec<_>>();
    let refused = bulk(&house, &json!({ "order_ids": numbers(21), "action": "cancel" })).await;
    assert_eq!(refused.refuses(422, "not confirmed").faults(), ["confirm confirm_required"]);
    assert_eq!(bulk(&house, &json!({ "order_ids": numbers(20), "action": "cancel" })).await.status, 202);
    assert_eq!(bulk(&house, &json!({ "order_ids": numbers(21), "action": "cancel", "confirm": true })).await.status, 202);
}

// req: S1-14
#[tokio::test]
async fn the_same_key_is_the_same_job() {
    let house = House::new().await;
    let (headers, body) = ([("idempotency-key", "monday")], json!({ "order_ids": ["1003"], "action": "fulfill" }));
    let first = call(&house, owner(), ("POST", PATH), &headers, &body).await;
    // The messages are lost; whoever asks again with the same key has them sent again.
    while house.world.take_queued().is_some() {}
    let second = call(&house, owner(), ("POST", PATH), &headers, &body).await;
    assert_eq!(first.body["job_id"], second.body["job_id"]);
    let other = json!({ "order_ids": ["1003"], "action": "cancel" });
    call(&house, owner(), ("POST", PATH), &headers, &other).await.refuses(422, "another wish");
    deliver(&house).await;
    assert_eq!((status(&house, "1003"), counts(&stands(&house, &first).await)), (OrderStatus::Completed, (1, 1, 0, 0)));
    let third = call(&house, owner(), ("POST", PATH), &headers, &body).await;
    assert_eq!((third.status, counts(&third.body)), (200, (1, 1, 0, 0)), "done: the answer has it all");
    // Another tenant's job is not there, whatever its id.
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    let path = format!("{PATH}/{}", first.body["job_id"].as_str().unwrap());
    call(&house, stranger, ("GET", &path), &[], &Value::Null).await.refuses(404, "another tenant's");
}

// req: S1-14
#[tokio::test]
async fn notify_flag_honoured() {
    for (notify, mails) in [(true, 1), (false, 0)] {
        let house = House::new().await;
        house.settle().await;
        bulk(&house, &json!({ "order_ids": ["1003"], "action": "cancel", "notify_customers": notify })).await;
        deliver(&house).await;
        house.settle().await;
        assert_eq!(house.world.sent_mails().len(), mails);
    }
}

/// The rules decide on each order, as they do on one.
// req: S1-14
#[tokio::test]
async fn progress_is_the_rules_own_decision() {
    let house = House::new().await;
    house.import("3001", "Received", "ann@example.com", "2025-08-20").await;
    house.hear("3001", "paid", Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    house.clock.advance(SignedDuration::from_hours(25));
    let begun = bulk(&house, &json!({ "order_ids": ["1003", "3001", "1002"], "action": "progress" })).await;
    deliver(&house).await;
    let job = stands(&house, &begun).await;
    let results = job["results"].as_array().unwrap();
    assert!(results[0]["reason"].as_str().unwrap().contains("payment is pending"), "{job}");
    assert_eq!((&results[1]["new_status"], status(&house, "3001")), (&json!("processing"), OrderStatus::Processing));
    assert!(results[2]["reason"].as_str().unwrap().contains("no rule moves an order on from shipped"), "{job}");
}

/// Whoever waits has the results in the answer.
#[tokio::test(start_paused = true)]
async fn an_answer_can_wait_for_the_results() {
    let house = House::new().await;
    let path = format!("{PATH}?wait=25");
    let body = json!({ "order_ids": ["1003"], "action": "cancel" });
    let works = async {
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        deliver(&house).await;
    };
    let (answer, ()) = tokio::join!(call(&house, owner(), ("POST", &path), &[], &body), works);
    assert_eq!((answer.status, counts(&answer.body)), (200, (1, 1, 0, 0)));
    let nobody_works = json!({ "order_ids": ["1002"], "action": "cancel" });
    assert_eq!(call(&house, owner(), ("POST", &path), &[], &nobody_works).await.status, 202);
    for bad in ["26", "-1", "x"] {
        let path = format!("{PATH}?wait={bad}");
        call(&house, owner(), ("POST", &path), &[], &body).await.refuses(422, bad);
    }
}

/// A key that was used last week makes a new job, which does its work.
// req: S1-14
#[tokio::test]
async fn a_key_of_last_week_is_a_new_job() {
    let house = House::new().await;
    let (headers, body) = ([("idempotency-key", "weekly")], json!({ "order_ids": ["#1003"], "action": "cancel" }));
    let first = call(&house, owner(), ("POST", PATH), &headers, &body).await;
    deliver(&house).await;
    assert_eq!(stands(&house, &first).await["results"][0]["order_id"], "1003");
    // The job is forgotten a moment before its steps.
    house.clock.advance(SignedDuration::from_hours(7 * 24));
    let second = call(&house, owner(), ("POST", PATH), &headers, &body).await;
    assert_eq!((second.status, counts(&second.body)), (202, (1, 0, 0, 1)), "{}", second.body);
    let twice = json!({ "order_ids": ["1003", "#1003"], "action": "cancel" });
    assert_eq!(bulk(&house, &twice).await.refuses(422, "one order, two ways").faults(), ["order_ids[1] duplicate"]);
}
