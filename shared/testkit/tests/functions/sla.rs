//! By when orders have to be how far: clocks that start, stop and run out.

use crate::house::{House, config, correlation};
use crate::rest::{call, get, order, post};
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::ids::{EventId, SourceId};
use domain::order::{Fact, Vocabulary};
use domain::sla::SlaRules;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

const PAID_AT: &str = "2025-08-11T08:00:00Z";

async fn saves(house: &House, version: u64, rules: SlaRules) {
    let next = TenantConfig { version, sla: rules, requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, version - 1).await.unwrap());
}

/// A warehouse whose orders have deadlines, on a Monday at eight.
async fn warehouse(rules: SlaRules) -> House {
    let house = House::new().await;
    saves(&house, 2, rules).await;
    house.settle().await;
    house.clock.advance(PAID_AT.parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    house
}

fn rules() -> SlaRules {
    SlaRules { enabled: true, ..SlaRules::default() }
}

async fn places(house: &House, number: &str, change: impl Fn(&mut Value)) {
    let mut body = order(number);
    change(&mut body);
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
}

/// The warehouse says something that happened so many minutes after eight.
async fn says(house: &House, number: &str, word: &str, minute: i64) {
    let fact = Fact {
        id: EventId::parse(&format!("{number}-{word}-{minute}")).unwrap(),
        source: SourceId::parse("wms").unwrap(),
        sequence: None,
        occurred_at: PAID_AT.parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minute),
        claim: Vocabulary::Events.read(word).unwrap().claim,
    };
    // Nothing is said before it happens.
    if fact.occurred_at > house.clock_now() {
        house.clock.advance(fact.occurred_at.duration_since(house.clock_now()));
    }
    house.hear_fact(number, fact).await;
    house.settle().await;
}

/// Time passes, and the timers look.
async fn at(house: &House, minute: i64, second: i64) {
    let then = PAID_AT.parse::<Timestamp>().unwrap() + SignedDuration::from_secs(minute * 60 + second);
    house.clock.advance(then.duration_since(house.clock_now()));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
}

async fn clock(house: &House, number: &str, sla: &str) -> Value {
    let shown = get(house, &format!("/v1/orders/{number}")).await.body;
    shown["sla"].as_array().into_iter().flatten().find(|clock| clock["sla"] == sla).cloned().unwrap_or_default()
}

async fn figures(house: &House) -> Value {
    get(house, "/v1/analytics/sla?days=30").await.body["sla"].clone()
}

// req: S4-36, S4-44
#[tokio::test]
async fn nobody_picks_and_the_deadline_passes_by_itself() {
    let house = warehouse(rules()).await;
    places(&house, "7001", |_| {}).await;
    assert_eq!(clock(&house, "7001", "pick").await, Value::Null, "nobody has paid");
    says(&house, "7001", "order_paid", 0).await;
    let pick = clock(&house, "7001", "pick").await;
    assert_eq!((&pick["state"], &pick["due_at"], &pick["left_s"]), (&json!("running"), &json!("2025-08-11T10:00:00Z"), &json!(7_200)));
    at(&house, 96, 1).await;
    assert_eq!(clock(&house, "7001", "pick").await["state"], "at_risk", "80 of 100 of its time");
    assert_eq!(figures(&house).await, json!({}));
    at(&house, 119, 59).await;
    assert_eq!(clock(&house, "7001", "pick").await["state"], "at_risk");
    at(&house, 120, 1).await;
    let pick = clock(&house, "7001", "pick").await;
    assert_eq!((&pick["state"], &pick["left_s"]), (&json!("missed"), &json!(-1)));
    let figures = figures(&house).await;
    assert_eq!(
        (&figures["pick"]["n"], &figures["pick"]["breached"]),
        (&json!(1), &json!(1)),
        "it counts although it is still open: {figures}"
    );
    assert_eq!(figures["pick"]["in_time"]["value"], 0.0);
    // It stands among what needs a person, and the team hears of it.
    let waits = get(&house, "/v1/orders/requiring-attention").await.body;
    let case =
        waits["orders"].as_array().into_iter().flatten().find(|case| case["order_id"] == "7001").unwrap_or_else(|| panic!("{waits}"));
    assert_eq!(case["reasons"][0]["code"], "sla_missed", "{case}");
    house.watch().one(house.scope.tenant(), &correlation()).await.unwrap();
    house.settle().await;
    let posts: Vec<String> = house.world.posts().into_iter().map(|(_, text)| text).collect();
    assert!(posts.iter().any(|text| text.contains("#7001: Picking is 0.0 h late")), "{posts:?}");
    // A tick that comes again says nothing again.
    let before = get(&house, "/v1/orders/7001").await.body;
    at(&house, 121, 1).await;
    assert_eq!(get(&house, "/v1/orders/7001").await.body["version"], before["version"]);
}

// req: S4-36, S4-37, S4-38, S4-39, S4-43
#[tokio::test]
async fn each_stage_has_its_time_and_late_words_set_it_right() {
    let house = warehouse(rules()).await;
    places(&house, "7001", |_| {}).await;
    says(&house, "7001", "order_paid", 0).await;
    says(&house, "7001", "pick_completed", 60).await;
    assert_eq!(clock(&house, "7001", "pick").await["state"], "kept");
    at(&house, 60 + 270, 1).await;
    let states = |figures: &Value| {
        ["pick", "pack", "scan", "ship", "carrier", "delivery"]
            .map(|sla| (figures[sla]["n"].as_i64().unwrap_or(0), figures[sla]["breached"].as_i64().unwrap_or(0)))
    };
    assert_eq!(states(&figures(&house).await), [(1, 0), (1, 1), (1, 1), (0, 0), (0, 0), (0, 0)]);
    // It had been packed; only the word of it was lost.
    says(&house, "7001", "pack_completed", 100).await;
    assert_eq!(states(&figures(&house).await), [(1, 0), (1, 0), (1, 0), (0, 0), (0, 0), (0, 0)], "what was thought before is taken back");
    says(&house, "7001", "manifested", 400).await;
    says(&house, "7001", "picked_up", 500).await;
    let carrier = clock(&house, "7001", "carrier").await;
    assert_eq!(carrier["due_at"], "2025-08-18T23:59:59.999999999Z", "five working days from Monday");
    says(&house, "7001", "delivered", 72 * 60 + 1).await;
    assert_eq!(states(&figures(&house).await), [(1, 0), (1, 0), (1, 0), (1, 0), (0, 0), (1, 1)], "72 hours and a minute");
    // What is done before its day counts when its day comes: until then only those would count that were early.
    at(&house, 8 * 24 * 60, 0).await;
    assert_eq!(figures(&house).await["carrier"]["n"], 1);
}

// req: S4-41
#[tokio::test]
async fn what_makes_work_longer_is_shown() {
    let house = warehouse(SlaRules { busy_over: 2, ..rules() }).await;
    let fragile = |body: &mut Value| body["items"][0]["handling"] = json!(["fragile", "hazmat"]);
    places(&house, "7001", fragile).await;
    says(&house, "7001", "order_paid", 0).await;
    let pick = clock(&house, "7001", "pick").await;
    assert_eq!(
        (&pick["factors"], &pick["target_s"], &pick["left_s"]),
        (&json!(["hazmat", "fragile"]), &json!(7_200), &json!(7_200 * 24 / 10))
    );
    assert_eq!(get(&house, "/v1/orders/7001").await.body["items"][0]["handling"], json!(["hazmat", "fragile"]));
    // Three orders in an hour are busy here.
    places(&house, "7002", |_| {}).await;
    places(&house, "7003", |_| {}).await;
    says(&house, "7003", "order_paid", 0).await;
    at(&house, 96, 1).await;
    let pick = clock(&house, "7003", "pick").await;
    assert_eq!((&pick["state"], &pick["factors"], &pick["due_at"]), (&json!("running"), &json!(["busy"]), &json!("2025-08-11T10:36:00Z")));
    let unknown = post(&house, "/v1/orders", &[("idempotency-key", "x")], {
        let mut body = order("7004");
        body["items"][0]["handling"] = json!(["heavy"]);
        body
    })
    .await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["code"]), (422, &json!("unknown_handling")), "{}", unknown.body);
}

/// A shop that runs no clocks has none, and one that stops running them is left in peace.
#[tokio::test]
async fn clocks_can_be_switched_off() {
    let house = warehouse(SlaRules::default()).await;
    places(&house, "7001", |_| {}).await;
    says(&house, "7001", "order_paid", 0).await;
    assert_eq!(get(&house, "/v1/orders/7001").await.body.get("sla"), None);
    saves(&house, 3, rules()).await;
    says(&house, "7001", "pick_started", 1).await;
    assert_eq!(clock(&house, "7001", "pick").await["started_at"], "2025-08-11T08:01:00Z", "from when they are run");
    saves(&house, 4, SlaRules::default()).await;
    at(&house, 130, 0).await;
    assert_eq!(get(&house, "/v1/orders/7001").await.body.get("sla"), None);
    assert_eq!(figures(&house).await, json!({}));
}

#[tokio::test]
async fn settings_that_could_not_be_meant_are_refused() {
    let house = House::new().await;
    let mut settings = get(&house, "/v1/settings").await.body;
    assert_eq!((&settings["sla"]["enabled"], &settings["sla"]["pick_min"]), (&json!(false), &json!(120)));
    settings["sla"]["pick_min"] = json!(525_601);
    settings["sla"]["hours"] = json!({ "opens": "17:00:00", "closes": "09:00:00" });
    settings["sla"]["factors"]["weekend"] = json!(99);
    let refused = call(&house, Some(crate::house::owner()), "PUT", "/v1/settings", &[], settings.clone()).await;
    let fields: Vec<&str> = refused.body["errors"].as_array().unwrap().iter().filter_map(|fault| fault["field"].as_str()).collect();
    assert_eq!((refused.status, fields), (422, vec!["sla.pick_min", "sla.hours", "sla.factors.weekend"]));
    settings["sla"] = json!({ "enabled": true, "pick_minutes": 10 });
    let unknown = call(&house, Some(crate::house::owner()), "PUT", "/v1/settings", &[], settings).await;
    assert_eq!((unknown.status, &unknown.body["errors"][0]["field"]), (422, &json!("sla.pick_minutes")), "{}", unknown.body);
}
