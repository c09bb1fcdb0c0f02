//! An order's way through checks, reviews and stock, over the API and through the handlers.

use crate::house::{House, config, identity, owner};
use crate::rest::{Answer, call, get, post};
use app::Scopes;
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::order::{Role, SagaRules};
use jiff::SignedDuration;
use serde_json::{Value, json};

/// A shop that has its orders taken through here, with so many mugs and pots.
pub async fn shop(rules: SagaRules, mugs: i64, pots: i64) -> House {
    let house = House::new().await;
    let workflow = SagaRules { enabled: true, ..rules };
    let next = TenantConfig { version: 2, workflow, requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    for (sku, by) in [("MUG", mugs), ("POT", pots)] {
        let moved =
            post(&house, &format!("/v1/inventory/{sku}/adjust"), &[], json!({ "location": "main", "by": by, "reference": "opening" }))
                .await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    house.settle().await;
    house
}

pub fn order(number: &str, items: &[(&str, u32, &str)]) -> Value {
    let items: Vec<Value> =
        items.iter().map(|(sku, quantity, price)| json!({ "sku": sku, "quantity": quantity, "unit_price": price })).collect();
    json!({
        "number": number, "currency": "EUR", "country": "DE", "items": items,
        "customer": { "name": "Ada Example", "email": format!("ada{number}@example.com") },
    })
}

async fn places(house: &House, number: &str, items: &[(&str, u32, &str)]) {
    let key = format!("key-{number}");
    let placed = post(house, "/v1/orders", &[("idempotency-key", &key)], order(number, items)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
}

async fn stands(house: &House, number: &str) -> Value {
    let read = get(house, &format!("/v1/orders/{number}")).await;
    assert_eq!(read.status, 200, "{}", read.body);
    read.body
}

async fn free(house: &House, sku: &str) -> (i64, i64) {
    let level = &get(house, &format!("/v1/inventory/{sku}")).await.body[0];
    (level["available"].as_i64().unwrap(), level["reserved"].as_i64().unwrap())
}

async fn decides(house: &House, who: &str, number: &str, review: &str, approve: bool) -> Answer {
    let mut identity = owner();
    who.clone_into(&mut identity.principal);
    let path = format!("/v1/orders/{number}/reviews/{review}/decide");
    let answer = call(house, Some(identity), "POST", &path, &[], json!({ "approve": approve, "comment": "looked at it" })).await;
    house.settle().await;
    answer
}

trait Refuses {
    /// A refusal, and why it is one.
    fn refuses(&self, status: u16, what: &str);
    /// The faults as "field code".
    fn faults(&self) -> Vec<String>;
}

impl Refuses for Answer {
    #[track_caller]
    fn refuses(&self, status: u16, what: &str) {
        assert_eq!(self.status, status, "{what}: {}", self.body);
    }

    fn faults(&self) -> Vec<String> {
        let faults = self.body["errors"].as_array().into_iter().flatten();
        faults.map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
    }
}

// req: S2-14, S2-36
#[tokio::test]
async fn a_good_order_is_confirmed_with_its_stock_set_aside_and_leaves_with_it() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 2, "9.50"), ("POT", 1, "20.00")]).await;
    let placed = stands(&house, "2001").await;
    assert_eq!((&placed["status"], &placed["workflow"]["step"]), (&json!("processing"), &json!("dispatch")), "{placed}");
    assert_eq!(placed["workflow"]["fraud"], json!({ "score": 0, "level": "low", "points": [] }));
    assert_eq!(placed["workflow"]["held"][0], json!({ "sku": "MUG", "location": "main", "quantity": 2 }));
    assert_eq!((free(&house, "MUG").await, free(&house, "POT").await), ((8, 2), (4, 1)));
    let moved = post(&house, "/v1/orders/2001/status", &[], json!({ "status": "shipped" })).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    house.settle().await;
    assert_eq!((free(&house, "MUG").await, free(&house, "POT").await), ((8, 0), (4, 0)));
    assert_eq!(stands(&house, "2001").await["workflow"]["ended"], "completed");
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body;
    let events: Vec<&str> = timeline["timeline"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    for event in ["screened", "stock_held", "workflow_step", "stock_shipped", "workflow_ended"] {
        assert!(events.contains(&event), "{event} in {events:?}");
    }
}

// req: S2-15
#[tokio::test]
async fn an_order_that_is_called_off_gives_everything_back() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 8, "9.50")]).await;
    assert_eq!(free(&house, "MUG").await, (2, 8));
    let cancelled = post(&house, "/v1/orders/2001/status", &[], json!({ "status": "cancelled" })).await;
    assert_eq!(cancelled.status, 200, "{}", cancelled.body);
    assert_eq!(free(&house, "MUG").await, (10, 0), "in the very commit");
    assert_eq!(stands(&house, "2001").await["workflow"]["ended"], "compensated");
}

/// A thousand buyers, ten mugs.
// req: S2-36
#[tokio::test]
async fn of_a_thousand_buyers_ten_get_one() {
    let house = shop(SagaRules::default(), 10, 1).await;
    for number in 0..1_000 {
        let body = order(&format!("B{number}"), &[("MUG", 1, "9.50")]);
        let placed = post(&house, "/v1/orders", &[("idempotency-key", &format!("k{number}"))], body).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
    }
    house.settle().await;
    assert_eq!(free(&house, "MUG").await, (0, 10));
    let confirmed = get(&house, "/v1/orders?status=processing&limit=100").await.body["orders"].as_array().unwrap().len();
    let reviews = get(&house, "/v1/reviews?limit=200").await.body;
    assert_eq!((confirmed, reviews["reviews"].as_array().unwrap().len()), (10, 200), "the others wait for a person");
    assert!(reviews["next_cursor"].is_string());
}

// req: S2-29, S2-31
#[tokio::test]
async fn a_review_is_listed_claimed_and_decided_once() {
    let house = shop(SagaRules { four_eyes_over: 2_000, ..SagaRules::default() }, 100, 5).await;
    places(&house, "2001", &[("MUG", 1, "1000.01")]).await;
    places(&house, "2002", &[("MUG", 1, "2000.01")]).await;
    let posts = house.world.posts().len();
    assert!(posts >= 2, "the team is told of both");
    let list = get(&house, "/v1/reviews").await.body;
    let reviews = list["reviews"].as_array().unwrap();
    assert_eq!(reviews.len(), 2, "{list}");
    let first = &reviews[0];
    assert_eq!((&first["order_id"], &first["review_id"], &first["type"]), (&json!("2001"), &json!("high-value-1"), &json!("HIGH_VALUE")));
    assert_eq!((&first["priority"], &first["total"], &first["score"]), (&json!("high"), &json!("1000.01"), &json!(40)));
    assert_eq!((&reviews[1]["needs"], stands(&house, "2001").await["status"].clone()), (&json!(2), json!("on_hold")));
    // Nobody goes round it.
    let around = post(&house, "/v1/orders/2001/status", &[], json!({ "status": "processing" })).await;
    around.refuses(409, "under review");
    assert!(around.body["type"].as_str().unwrap().ends_with("under-review"), "{}", around.body);
    let mut bob = owner();
    "bob".clone_into(&mut bob.principal);
    let claimed = call(&house, Some(bob), "POST", "/v1/orders/2001/reviews/high-value-1/claim", &[], Value::Null).await;
    assert_eq!((claimed.status, &claimed.body["assigned_to"]), (200, &json!("bob")), "{}", claimed.body);
    decides(&house, "ann", "2001", "high-value-1", true).await.refuses(409, "bob works on it");
    let decided = decides(&house, "bob", "2001", "high-value-1", true).await;
    assert_eq!((decided.status, &decided.body["decision"], &decided.body["reviewed_by"]), (200, &json!("approved"), &json!("bob")));
    let again = decides(&house, "bob", "2001", "high-value-1", true).await;
    assert_eq!((again.status, again.body), (200, decided.body), "the same answer twice is one");
    decides(&house, "bob", "2001", "high-value-1", false).await.refuses(409, "decided otherwise");
    decides(&house, "bob", "2001", "fraud-9", true).await.refuses(404, "no such review");
    assert_eq!(stands(&house, "2001").await["workflow"]["step"], "dispatch", "it goes on by itself");
    // Two have to say yes to this one, and one no is enough.
    assert_eq!(decides(&house, "bob", "2002", "high-value-1", true).await.body["approved_by"], json!(["bob"]));
    assert_eq!(
        decides(&house, "bob", "2002", "high-value-1", true).await.body["approved_by"],
        json!(["bob"]),
        "twice the same person is one"
    );
    assert_eq!(decides(&house, "ann", "2002", "high-value-1", false).await.body["decision"], "rejected");
    assert_eq!((&stands(&house, "2002").await["status"], free(&house, "MUG").await), (&json!("cancelled"), (99, 1)));
    let decided = get(&house, "/v1/reviews?state=decided").await.body;
    let orders: Vec<&Value> = decided["reviews"].as_array().unwrap().iter().map(|review| &review["order_id"]).collect();
    assert_eq!(orders.len(), 2);
    get(&house, "/v1/reviews?state=all").await.refuses(422, "no such state");
}

// req: S2-28, S2-30, S2-32
#[tokio::test]
async fn what_is_suspicious_is_reviewed_with_every_point() {
    let rules = SagaRules { high_value_over: 0, ..SagaRules::default() };
    let house = shop(rules, 100, 5).await;
    let mut body = order("2001", &[("MUG", 1, "1000.01")]);
    body["billing_country"] = json!("US");
    body["placed_at"] = json!("2025-08-09T03:00:00Z");
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "k1")], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
    let fraud = stands(&house, "2001").await["workflow"]["fraud"].clone();
    assert_eq!((&fraud["score"], &fraud["level"]), (&json!(75), &json!("critical")), "{fraud}");
    let signals: Vec<&Value> = fraud["points"].as_array().unwrap().iter().map(|point| &point["signal"]).collect();
    assert_eq!(signals, ["large", "very_large", "country_mismatch", "unusual_hour"]);
    // Three orders of one customer within the hour.
    let mut last = Value::Null;
    for number in ["3001", "3002", "3003"] {
        let mut body = order(number, &[("MUG", 1, "1.00")]);
        body["customer"]["email"] = json!("same@example.com");
        post(&house, "/v1/orders", &[("idempotency-key", number)], body).await;
        house.settle().await;
        last = stands(&house, number).await["workflow"]["fraud"].clone();
    }
    assert_eq!((&last["score"], &last["points"][0]["reason"]), (&json!(30), &json!("3 orders of this customer within an hour")));
}

// req: S2-34
#[tokio::test]
async fn an_escalation_stands_with_its_order_and_holds_nothing_back() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 1, "9.50")]).await;
    let wish = json!({ "type": "CS_ESCALATION", "reason": "Ada rang twice" });
    let opened = post(&house, "/v1/orders/2001/reviews", &[], wish.clone()).await;
    assert_eq!((opened.status, &opened.body["review_id"], &opened.body["reason"]), (201, &json!("cs-escalation-1"), &json!("asked for")));
    house.settle().await;
    assert!(house.world.posts().iter().any(|(_, text)| text.contains("waits for a cs escalation review")), "the team is told");
    let again = post(&house, "/v1/orders/2001/reviews", &[], wish).await;
    assert_eq!((again.status, again.body), (201, opened.body), "one of a kind is open");
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body;
    let words = timeline["timeline"].as_array().unwrap().last().unwrap()["text"].clone();
    assert_eq!(words, "To be reviewed (Customer service): asked for: Ada rang twice");
    let shipped = post(&house, "/v1/orders/2001/status", &[], json!({ "status": "shipped" })).await;
    assert_eq!(shipped.status, 200, "{}", shipped.body);
    // Whoever is forgotten is not to be found in what somebody wrote about them.
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": "2001" })).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    let after = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    assert!(!after.contains("Ada rang"), "{after}");
    for (body, fault) in [
        (json!({ "type": "HOLIDAY", "reason": "x" }), "type unknown_type"),
        (json!({ "type": "QC", "reason": "x", "due_at": "2020-01-01T00:00:00Z" }), "due_at out_of_range"),
        (json!({ "type": "QC" }), "reason required"),
    ] {
        assert_eq!(post(&house, "/v1/orders/2001/reviews", &[], body).await.faults(), [fault]);
    }
}

// req: S2-35
#[tokio::test]
async fn what_did_not_pass_the_check_does_not_leave() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 1, "9.50")]).await;
    post(&house, "/v1/orders/2001/reviews", &[], json!({ "type": "QC", "reason": "the handle is off" })).await;
    post(&house, "/v1/orders/2001/status", &[], json!({ "status": "shipped" })).await.refuses(409, "not before the check");
    assert_eq!(decides(&house, "ann", "2001", "qc-1", true).await.status, 200);
    assert_eq!(post(&house, "/v1/orders/2001/status", &[], json!({ "status": "shipped" })).await.status, 200);
}

// req: S2-31
#[tokio::test]
async fn a_review_whose_time_is_up_is_said_once_and_a_lost_step_is_begun_again() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 1, "1000.01")]).await;
    // Placed, and its message is lost.
    let body = order("2002", &[("MUG", 1, "9.50")]);
    post(&house, "/v1/orders", &[("idempotency-key", "k2")], body).await;
    house.world.take_stream(usize::MAX);
    house.settle().await;
    assert_eq!(stands(&house, "2002").await["workflow"]["step"], "screen");
    house.clock.advance(SignedDuration::from_mins(16));
    assert_eq!(house.timers().run(&crate::house::correlation()).await.unwrap().fired, 1);
    house.settle().await;
    assert_eq!(stands(&house, "2002").await["workflow"]["step"], "dispatch");
    house.clock.advance(SignedDuration::from_hours(24));
    let posts = house.world.posts().len();
    assert_eq!(house.timers().run(&crate::house::correlation()).await.unwrap().fired, 1);
    house.settle().await;
    assert_eq!(house.world.posts().len(), posts + 1, "the team hears that nobody has decided");
    assert_eq!(house.timers().run(&crate::house::correlation()).await.unwrap().fired, 0);
    let reviews = get(&house, "/v1/reviews").await.body;
    assert_eq!((&reviews["reviews"][0]["overdue"], reviews["reviews"].as_array().unwrap().len()), (&json!(true), 1));
}

// req: S2-82
#[tokio::test]
async fn a_shop_that_does_not_want_it_has_orders_as_before() {
    let house = House::new().await;
    places(&house, "2001", &[("MUG", 1, "1000.01")]).await;
    let placed = stands(&house, "2001").await;
    assert_eq!((&placed["status"], &placed["workflow"], &placed["reviews"]), (&json!("pending"), &Value::Null, &Value::Null));
    let off = SagaRules { reserve_stock: false, ..SagaRules::default() };
    let house = shop(off, 10, 5).await;
    places(&house, "2001", &[("MUG", 20, "1.00")]).await;
    assert_eq!((&stands(&house, "2001").await["status"], free(&house, "MUG").await), (&json!("processing"), (10, 0)));
}

// req: S2-85
#[tokio::test]
async fn only_those_who_may_change_orders_decide() {
    let house = shop(SagaRules::default(), 10, 5).await;
    places(&house, "2001", &[("MUG", 1, "1000.01")]).await;
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    let path = "/v1/orders/2001/reviews/high-value-1/decide";
    call(&house, Some(reader), "POST", path, &[], json!({ "approve": true })).await.refuses(403, "a reader");
    let stranger = identity("other", Role::Owner, Scopes::ALL);
    call(&house, Some(stranger), "POST", path, &[], json!({ "approve": true })).await.refuses(404, "another shop's");
}

// req: S1-38, S2-39
#[tokio::test]
async fn what_orders_take_is_said_when_little_is_left() {
    let house = shop(SagaRules::default(), 12, 5).await;
    let posts = house.world.posts().len();
    places(&house, "2001", &[("MUG", 2, "9.50")]).await;
    let said: Vec<String> = house.world.posts()[posts..].iter().map(|(_, text)| text.clone()).collect();
    assert!(said.iter().any(|text| text.contains("*MUG is low*: 10 pieces are left at main")), "{said:?}");
    let level = &get(&house, "/v1/inventory/MUG").await.body[0];
    assert_eq!(level["grade"], "low");
    post(&house, "/v1/orders/2001/status", &[], json!({ "status": "cancelled" })).await;
    house.settle().await;
    assert_eq!(get(&house, "/v1/inventory/MUG").await.body[0]["grade"], "enough", "given back, it is enough again");
}
