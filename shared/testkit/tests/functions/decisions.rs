//! The ledger of decisions: what rules did, on what evidence, what people thought of it, and what other rules would do.

use crate::house::{House, config, correlation, identity, owner};
use crate::rest::{call, get, post};
use app::Scopes;
use app::model::Model;
use app::ports::{Clock, DecisionStore, Outcome, PortError, ReportStore, StockStore, TenantStore};
use app::tenant::TenantConfig;
use app::watch::{Ran, Watch, WatchOrders};
use domain::ids::OrderId;
use domain::order::progress::{Mode, ProgressRules};
use domain::order::{Order, OrderStatus, Role, Vocabulary};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::memory::ScriptedLlm;

fn order(house: &House, number: &str) -> Order {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap()).unwrap()
}

/// 1003 is pending, paid for, and its day is over.
async fn ready() -> House {
    let house = House::whose_first_order_is("Delivered").await;
    house.hear("1003", "paid", Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    house.settle().await;
    house.clock.advance(SignedDuration::from_hours(25));
    house
}

async fn saves(house: &House, version: u64, progress: ProgressRules) {
    let next = TenantConfig { version, progress, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, version - 1).await.unwrap());
}

async fn run(watch: &WatchOrders, house: &House) -> Ran {
    match watch.one(house.scope.tenant(), &correlation()).await.unwrap() {
        Watch::Ran(ran) => ran,
        other => panic!("{other:?}"),
    }
}

async fn progress(house: &House, number: &str) -> Value {
    let answer = post(house, &format!("/v1/orders/{number}/auto-progress"), &[], Value::Null).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.body
}

/// Everything that was looked at is kept with what was decided, and can be read.
// req: S1-03, S1-04
#[tokio::test]
async fn every_decision_stands_in_the_ledger() {
    let house = House::whose_first_order_is("Delivered").await;
    let waits = progress(&house, "1003").await;
    assert_eq!((&waits["progressed"], &waits["decision"]["confidence"], &waits["undo_until"]), (&json!(false), &json!(0.0), &Value::Null));
    progress(&house, "1003").await;
    house.hear("1003", "paid", Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    house.clock.advance(SignedDuration::from_hours(25));
    let moved = progress(&house, "1003").await;
    assert_eq!((&moved["progressed"], &moved["decision"]["confidence"]), (&json!(true), &json!(0.95)), "{moved}");
    assert_eq!(moved["undo_until"], "2025-08-10T11:15:01Z");
    let ledger = get(&house, "/v1/orders/1003/decisions").await.body;
    let entries = ledger["decisions"].as_array().unwrap();
    let outcomes: Vec<&Value> = entries.iter().map(|entry| &entry["outcome"]).collect();
    assert_eq!(outcomes, ["moved", "waiting"], "the same decision on the same order is kept once: {ledger}");
    assert_eq!(entries[0]["decision_id"], moved["decision_id"]);
    assert_eq!((&entries[0]["inputs"]["payment"], &entries[0]["inputs"]["in_state_s"]), (&json!("captured"), &json!(90_000)));
    assert_eq!((&entries[0]["settings_version"], &entries[0]["actor"]), (&json!(1), &json!("key_test")));
    let gates = entries[1]["decision"]["gates"].as_array().unwrap();
    assert!(gates.iter().all(|gate| gate["open"] == false), "{gates:?}");
    // Where no rule leads on there is nothing to keep; where there is no order, nothing at all.
    assert_eq!(progress(&house, "1001").await["decision"]["reason"], "no rule moves an order on from delivered");
    assert_eq!(get(&house, "/v1/orders/1001/decisions").await.body["decisions"], json!([]));
    assert_eq!(get(&house, "/v1/orders/9999/decisions").await.status, 404);
    // All of them, newest first, a page at a time.
    let first = get(&house, "/v1/decisions?limit=1").await.body;
    let next = first["next_cursor"].as_str().unwrap();
    let second = get(&house, &format!("/v1/decisions?limit=1&cursor={next}")).await.body;
    assert_eq!((&first["decisions"][0]["outcome"], &second["decisions"][0]["outcome"]), (&json!("moved"), &json!("waiting")));
    assert_eq!((&second["next_cursor"], get(&house, "/v1/decisions?cursor=made-up").await.status), (&Value::Null, 422));
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    let theirs = call(&house, Some(stranger), "GET", "/v1/decisions", &[], Value::Null).await;
    assert_eq!(theirs.body["decisions"], json!([]));
}

/// The customer hears nothing of it, and the rule does not do it again.
// req: S1-03
#[tokio::test]
async fn a_step_is_undone() {
    let house = ready().await;
    progress(&house, "1003").await;
    house.settle().await;
    let mails = house.world.sent_mails().len();
    house.clock.advance(SignedDuration::from_mins(14));
    let undone = post(&house, "/v1/orders/1003/undo", &[], json!({ "note": "packed elsewhere" })).await;
    assert_eq!((undone.status, &undone.body["status"]), (200, &json!("pending")), "{}", undone.body);
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), mails, "nobody is told");
    let again = post(&house, "/v1/orders/1003/undo", &[], Value::Null).await;
    assert_eq!((again.status, &again.body["title"]), (409, &json!("This cannot be undone")), "{}", again.body);
    let held = progress(&house, "1003").await;
    assert!(held["decision"]["reason"].as_str().unwrap().contains("a person has undone this"), "{held}");
    let ledger = get(&house, "/v1/orders/1003/decisions").await.body;
    let moved = ledger["decisions"].as_array().unwrap().iter().find(|entry| entry["outcome"] == "moved").unwrap().clone();
    assert_eq!((&moved["judgement"]["verdict"], &moved["judgement"]["by"]), (&json!("undone"), &json!("key_test")));
    let timeline = get(&house, "/v1/orders/1003/timeline").await.body.to_string();
    assert!(timeline.contains("processing back to pending, undoing what a rule had done: packed elsewhere"), "{timeline}");
    saves(&house, 2, ProgressRules { mode: Mode::Auto, ..ProgressRules::default() }).await;
    assert_eq!(run(&house.watch(), &house).await.progressed, 0);
    // Too late, and never a rule's.
    let house = ready().await;
    progress(&house, "1003").await;
    house.clock.advance(SignedDuration::from_secs(15 * 60 + 1));
    assert_eq!(post(&house, "/v1/orders/1003/undo", &[], Value::Null).await.status, 409);
    assert_eq!(post(&house, "/v1/orders/1001/undo", &[], json!({ "why": "x" })).await.status, 422);
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    assert_eq!(call(&house, Some(reader), "POST", "/v1/orders/1003/undo", &[], Value::Null).await.status, 403);
}

/// It is decided and kept what would have happened, once; nothing happens.
// req: S1-47
#[tokio::test]
async fn a_shop_may_only_watch_its_rules() {
    let house = ready().await;
    saves(&house, 2, ProgressRules { mode: Mode::Shadow, ..ProgressRules::default() }).await;
    let before = order(&house, "1003");
    for _ in 0..3 {
        assert_eq!(run(&house.watch(), &house).await.progressed, 0);
        house.clock.advance(SignedDuration::from_mins(30));
    }
    assert_eq!(order(&house, "1003"), before);
    let ledger = house.world.decisions().of_order(&house.scope, &before.id, 10).await.unwrap();
    assert_eq!(ledger.iter().map(|entry| entry.outcome).collect::<Vec<_>>(), [Outcome::Shadow]);
    let why = get(&house, "/v1/orders/1003/why").await.body;
    assert!(why["progress"]["summary"].as_str().unwrap().contains("only watches its rules"), "{why}");
    assert_eq!(why["progress"]["ledger"][0]["outcome"], "shadow");
}

/// Accuracy is what people let stand, with what it rests on; without decisions there is no number.
// req: S1-71, S1-73
#[tokio::test]
async fn accuracy() {
    let house = ready().await;
    let measured = async || get(&house, "/v1/decisions/accuracy").await.body;
    let none = measured().await;
    assert_eq!(none["rules"][0]["accuracy"], json!({ "value": null, "n": 0, "formula": "1 - overruled / moved" }), "{none}");
    for number in 0..4 {
        let id = format!("30{number:02}");
        house.import(&id, "Received", "ann@example.com", "2025-08-20").await;
        house.hear(&id, &format!("paid-{id}"), Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    }
    house.clock.advance(SignedDuration::from_hours(25));
    let mut decisions = Vec::new();
    for number in 0..4 {
        let moved = progress(&house, &format!("30{number:02}")).await;
        assert_eq!(moved["progressed"], true, "{moved}");
        decisions.push(moved["decision_id"].as_str().unwrap().to_owned());
    }
    house.settle().await;
    let right = measured().await;
    assert_eq!((&right["rules"][0]["accuracy"]["value"], &right["rules"][0]["brier"]["value"]), (&json!(1.0), &json!(0.0025)), "{right}");
    let review = async |number: usize, agrees: bool| {
        let path = format!("/v1/orders/30{number:02}/decisions/{}/review", decisions[number]);
        post(&house, &path, &[], json!({ "agrees": agrees, "note": "looked at it" })).await
    };
    assert_eq!(review(0, true).await.body["judgement"]["verdict"], "agreed");
    assert_eq!(review(1, false).await.body["judgement"]["verdict"], "disagreed");
    assert_eq!((review(1, false).await.status, review(1, true).await.status), (200, 409), "a judgement stands");
    assert_eq!(post(&house, "/v1/orders/3002/undo", &[], Value::Null).await.status, 200);
    let correction = json!({ "status": "pending", "reason": "the stock is gone" });
    assert_eq!(post(&house, "/v1/orders/3001/correct", &[], correction).await.status, 200);
    assert_eq!(post(&house, "/v1/orders/3000/decisions/nothing/review", &[], json!({ "agrees": true })).await.status, 404);
    house.settle().await;
    let mixed = measured().await;
    let rule = &mixed["rules"][0];
    assert_eq!(
        (&rule["accuracy"]["value"], &rule["accuracy"]["n"]),
        (&json!(0.5), &json!(4)),
        "3001 was overruled twice and counts once: {mixed}"
    );
    assert_eq!((&rule["agreement"]["value"], &rule["agreement"]["n"]), (&json!(0.5), &json!(2)));
    // (2 x 0.05^2 + 2 x 0.95^2) / 4
    assert_eq!((&rule["brier"]["value"], &rule["confidence"]), (&json!(0.4525), &json!(0.87)));
    // Four by rule; one correction and one undo by people; 1001 and 1002 never moved.
    assert_eq!(mixed["auto_progress_rate"]["n"], 6, "{mixed}");
    assert_eq!(mixed["auto_progress_rate"]["value"], 0.667);
    assert_eq!(rule["mean_hours"]["value"], 25.0);
    assert_eq!(get(&house, "/v1/decisions/accuracy?months=25").await.status, 422);
}

/// A rule that people overrule too often stops by itself.
// req: S1-05, S1-47
#[tokio::test]
async fn a_rule_that_is_wrong_too_often_stops() {
    let house = House::whose_first_order_is("Delivered").await;
    for number in 0..5 {
        let id = format!("40{number:02}");
        house.import(&id, "Received", "ann@example.com", "2025-08-20").await;
        house.hear(&id, &format!("paid-{id}"), Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    }
    house.clock.advance(SignedDuration::from_hours(25));
    for number in 0..4 {
        let id = format!("40{number:02}");
        progress(&house, &id).await;
        assert_eq!(post(&house, &format!("/v1/orders/{id}/undo"), &[], Value::Null).await.status, 200);
        house.settle().await;
    }
    let stopped = progress(&house, "4004").await;
    assert_eq!(stopped["progressed"], false);
    assert!(stopped["decision"]["reason"].as_str().unwrap().contains("confidence is 79 % of at least 80 %"), "{stopped}");
}

// req: S1-04, S1-05
#[tokio::test]
async fn what_is_out_of_stock_waits() {
    let house = ready().await;
    let stock = house.world.stock();
    let now = house.clock.now();
    stock.adjust(&house.scope, "MUG", "main", 1, "first", now).await.unwrap().unwrap();
    let short = progress(&house, "1003").await;
    assert!(short["decision"]["reason"].as_str().unwrap().contains("MUG: 1 in stock of 2 ordered"), "{short}");
    stock.adjust(&house.scope, "MUG", "annex", 1, "second", now).await.unwrap().unwrap();
    assert_eq!(progress(&house, "1003").await["progressed"], true);
}

/// A model is asked once about an order as it stands. Its no holds the order back; its silence does until it speaks.
// req: S1-04
#[tokio::test]
async fn a_second_opinion_can_only_hold_back() {
    let house = ready().await;
    saves(&house, 2, ProgressRules { mode: Mode::Auto, second_opinion: true, ..ProgressRules::default() }).await;
    let watching = |llm: &Arc<ScriptedLlm>| {
        let mut watch = house.watch();
        let model = Model { llm: Some(llm.clone()), buckets: Arc::new(house.world.buckets()), clock: house.clock.clone() };
        watch.auto.model = Some(model);
        watch
    };
    let llm = Arc::new(ScriptedLlm::saying([Err(PortError::Retryable("not the answer that was asked for".into())), Ok("what?".into())]));
    assert_eq!(run(&watching(&llm), &house).await.progressed, 0, "no answer");
    house.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(run(&watching(&llm), &house).await.progressed, 0, "not an answer");
    house.clock.advance(SignedDuration::from_mins(30));
    assert_eq!(run(&watching(&llm), &house).await.progressed, 0, "it is not asked again");
    assert_eq!((llm.prompts().len(), order(&house, "1003").tracks.status), (2, OrderStatus::Pending));
    let question = llm.prompts()[0].user.clone();
    assert!(question.contains("\"payment\":\"captured\"") && !question.contains("eve@"), "{question}");
    let why = get(&house, "/v1/orders/1003/why").await.body;
    assert!(why["progress"]["summary"].as_str().unwrap().contains("the second opinion does not agree"), "{why}");
    // A person decides without it.
    assert_eq!(progress(&house, "1003").await["progressed"], true);
}

/// Twenty of a week's decisions, the same whenever they are drawn.
// req: S1-77
#[tokio::test]
async fn a_weeks_decisions_are_sampled() {
    let house = House::whose_first_order_is("Delivered").await;
    for number in 0..25 {
        let id = format!("50{number:02}");
        house.import(&id, "Received", "ann@example.com", "2025-08-20").await;
        house.hear(&id, &format!("paid-{id}"), Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    }
    house.clock.advance(SignedDuration::from_hours(25));
    for number in 0..25 {
        progress(&house, &format!("50{number:02}")).await;
    }
    assert_eq!(get(&house, "/v1/decisions/sample").await.body["decisions"], json!([]), "the week is not over");
    house.clock.advance(SignedDuration::from_hours(24));
    let drawn = get(&house, "/v1/decisions/sample").await.body;
    let ids = |page: &Value| page["decisions"].as_array().unwrap().iter().map(|entry| entry["order_id"].to_string()).collect::<Vec<_>>();
    assert_eq!((ids(&drawn).len(), get(&house, "/v1/decisions/sample").await.body), (20, drawn.clone()));
    let first = &drawn["decisions"][0];
    let path = format!("/v1/orders/{}/decisions/{}/review", first["order_id"].as_str().unwrap(), first["decision_id"].as_str().unwrap());
    assert_eq!(post(&house, &path, &[], json!({ "agrees": true })).await.status, 200);
    let next = get(&house, "/v1/decisions/sample").await.body;
    assert_eq!(ids(&next), ids(&drawn), "the same ones, judged or not");
    assert_eq!(next["decisions"][0]["judgement"]["verdict"], "agreed");
    // It is Monday after six: the week is filed, and the team is told, once.
    for _ in 0..3 {
        house.report().due(&correlation()).await.unwrap();
        house.settle().await;
    }
    let filed = house.world.reports().get(&house.scope, "weekly/decisions-2025-08-11.json").await.unwrap().unwrap();
    let filed: Value = serde_json::from_slice(&filed).unwrap();
    let counts = ["moved", "overruled", "agreed", "not_looked_at"].map(|name| filed[name].as_u64().unwrap());
    assert_eq!((counts, filed["sample"].as_array().unwrap().len()), ([25, 0, 1, 24], 20), "{filed}");
    assert_eq!((&filed["from"], &filed["sample"][0]["verdict"]), (&json!("2025-08-04T00:00:00Z"), &json!("agreed")));
    let posts: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("decisions")).collect();
    let said = "*Last week's decisions*: rules moved orders on 25 times; people overruled 0 (0%) and agreed with 1. 19 of them wait to be looked at: `GET /v1/decisions/sample`";
    assert_eq!(posts, [said]);
    // Once a week, on Monday or, if nobody was there, with the first report after it.
    let weeks = || async { house.world.reports().list(&house.scope, "weekly/", 9).await.unwrap() };
    house.clock.advance(SignedDuration::from_hours(24));
    house.report().due(&correlation()).await.unwrap();
    assert_eq!(weeks().await.len(), 1);
    house.clock.advance(SignedDuration::from_hours(24 * 7));
    house.report().due(&correlation()).await.unwrap();
    assert_eq!(weeks().await, ["weekly/decisions-2025-08-18.json", "weekly/decisions-2025-08-11.json"]);
}

/// Other rules are tried on the past before they are saved.
// req: S1-74
#[tokio::test]
async fn rules_are_tried_before_they_are_saved() {
    let house = ready().await;
    house.clock.advance(SignedDuration::from_hours(5));
    assert_eq!(post(&house, "/v1/orders/1003/status", &[], json!({ "status": "processing" })).await.status, 200);
    house.import("1004", "Received", "ann@example.com", "2025-08-20").await;
    house.hear("1004", "paid-4", Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
    house.clock.advance(SignedDuration::from_hours(10));
    assert_eq!(post(&house, "/v1/orders/1004/status", &[], json!({ "status": "cancelled" })).await.status, 200);
    house.clock.advance(SignedDuration::from_hours(1));
    let tried = post(&house, "/v1/decisions/replay", &[], json!({ "rules": { "pending_after_h": 4 } })).await;
    assert_eq!((tried.status, &tried.body["orders"], &tried.body["more"]), (200, &json!(4), &json!(false)), "{}", tried.body);
    let step = |which: &str| tried.body[which]["steps"][0].clone();
    let (current, proposed) = (step("current"), step("proposed"));
    assert_eq!((&current["would_move"], &current["went_that_way"], &current["hours_sooner"]["value"]), (&json!(1), &json!(1), &json!(6.0)));
    assert_eq!((&proposed["would_move"], &proposed["hours_sooner"]["value"]), (&json!(2), &json!(26.0)), "{proposed}");
    assert_eq!((&proposed["went_elsewhere"], &proposed["examples"]), (&json!(1), &json!([["1004", "cancelled"]])));
    assert_eq!(order(&house, "1003").tracks.status, OrderStatus::Processing, "nothing changes");
    for bad in [json!({ "pending_after_h": 9_000 }), json!({ "pending_after_h": "x" }), json!({ "mode": "yolo" }), json!({ "speed": 9 })] {
        let refused = post(&house, "/v1/decisions/replay", &[], json!({ "rules": bad })).await;
        assert_eq!(refused.status, 422, "{}", refused.body);
    }
    // What cannot be tried cannot be saved either.
    let mut settings = call(&house, Some(owner()), "GET", "/v1/settings", &[], Value::Null).await.body;
    settings["progress"]["min_confidence"] = json!(101);
    let refused = call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("progress.min_confidence")), "{}", refused.body);
}
