//! Prices: what the shop says of them, what is proposed, who accepts that, and what it would have meant.

use crate::house::{House, config, correlation, identity, owner};
use crate::rest::{Answer, call, get, post};
use app::Scopes;
use app::ports::{Clock, MetricStore, TenantStore};
use app::prices::{DailyPrices, PRICE_RULE};
use app::stock::sold;
use contracts::{Payload, stock};
use domain::ids::EventId;
use domain::order::Role;
use domain::price::PriceRules;
use jiff::civil::date;
use jiff::{SignedDuration, ToSpan};
use serde_json::{Value, json};

async fn pricing(rules: PriceRules) -> House {
    let house = House::new().await;
    let config = app::tenant::TenantConfig { version: 2, pricing: rules, ..config() };
    assert!(house.world.tenants().save(&house.scope, &config, 1).await.unwrap());
    house.settle().await;
    house
}

const ON: PriceRules = PriceRules { enabled: true, max_change_bps: 1_000, accept_up_to_bps: 0 };

fn daily(house: &House) -> DailyPrices {
    house.jobs().prices
}

async fn put(house: &House, body: Value) -> Answer {
    call(house, Some(owner()), "PUT", "/v1/prices", &[], body).await
}

async fn listed(house: &House, prices: Value) {
    let answer = put(house, json!({ "currency": "EUR", "prices": prices })).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// So many pieces leave on each of the last five weeks' days, the last week's apart.
async fn sells(house: &House, sku: &str, before: u32, last_week: u32) {
    let now = house.clock.now();
    for back in 1..=35 {
        let at = now - SignedDuration::from_hours(24 * back);
        let quantity = if back <= 7 { last_week } else { before };
        let lines = vec![stock::v1::MovedLine { sku: sku.into(), location: "main".into(), quantity }];
        let moved = stock::v1::Moved { how: "shipped".into(), lines, order_id: "1001".into() };
        let id = EventId::parse(&format!("sold:{}:{back}", sku.replace(['/', '#'], "-"))).unwrap();
        house.world.metrics().count(&house.scope, &id, &sold(&moved, at), now).await.unwrap();
    }
}

fn price<'a>(answer: &'a Answer, field: &str) -> &'a str {
    answer.body[field].as_str().unwrap_or_default()
}

fn news(house: &House) -> Vec<(String, String, String)> {
    let events = house.world.outbox_rows().into_iter().flat_map(|row| row.events);
    let changed = events.filter_map(|event| match event.payload {
        Payload::PriceChanged(changed) => Some((changed.sku, changed.price.amount, changed.cause)),
        _ => None,
    });
    changed.collect()
}

// req: S2-78
#[tokio::test]
async fn a_price_is_proposed_accepted_and_changes_no_order_that_was_placed() {
    let house = pricing(ON).await;
    let placed = get(&house, "/v1/orders/1001").await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00", "cost": "12.00" }, { "sku": "POT", "list": "10.00" }])).await;
    let said = [("MUG", "30.00", "listed"), ("POT", "10.00", "listed")];
    assert_eq!(news(&house), said.map(|(sku, price, cause)| (sku.to_owned(), price.to_owned(), cause.to_owned())));
    sells(&house, "MUG", 2, 4).await;
    sells(&house, "POT", 2, 2).await;
    assert_eq!(house.morning().await, ["Prices 2025-08-09"]);
    assert_eq!(house.morning().await, Vec::<String>::new(), "once a day");
    let twice = daily(&house).daily(&house.scope, &config_of(&house).await, date(2025, 8, 9), &correlation()).await.unwrap();
    assert_eq!(twice, None, "a message that comes twice");
    let list = get(&house, "/v1/prices").await;
    let mug = &list.body["prices"][0];
    assert_eq!((&mug["sku"], &mug["price"], &mug["proposal"]["price"]), (&json!("MUG"), &json!("30.00"), &json!("31.20")));
    assert_eq!(mug["proposal"]["why"], json!([{ "reason": "demand", "bps": 400, "pace": 200 }]));
    assert_eq!(list.body["prices"].as_array().unwrap().len(), 1);
    house.settle().await;
    let told: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("Prices")).collect();
    assert_eq!(told, ["*Prices* of 2 SKUs were looked at: the rule changed 0, 1 wait to be decided: `GET /v1/prices?state=proposed`"]);
    // A proposal is no price; only who may write decides, and only about what they saw.
    assert_eq!(price(&get(&house, "/v1/prices/MUG").await, "price"), "30.00");
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    assert_eq!(call(&house, Some(reader), "POST", "/v1/prices/MUG/accept", &[], Value::Null).await.status, 403);
    assert_eq!(post(&house, "/v1/prices/MUG/accept", &[("if-match", "\"1\"")], Value::Null).await.status, 409);
    let accepted = post(&house, "/v1/prices/MUG/accept", &[("if-match", "\"2\"")], Value::Null).await;
    assert_eq!((accepted.status, price(&accepted, "price"), price(&accepted, "list")), (200, "31.20", "30.00"));
    assert_eq!(accepted.etag.as_deref(), Some("\"3\""));
    let again = post(&house, "/v1/prices/MUG/accept", &[], Value::Null).await;
    assert_eq!((again.status, &again.body["errors"][0]["code"]), (422, &json!("nothing_proposed")));
    assert_eq!(news(&house), [("MUG".to_owned(), "31.20".to_owned(), "accepted".to_owned())]);
    assert_eq!(get(&house, "/v1/orders/1001").await.body, placed.body, "what was ordered keeps its price");
}

// req: S2-78
#[tokio::test]
async fn what_is_turned_down_stays_so_and_a_rule_accepts_what_is_small() {
    let house = pricing(ON).await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00" }])).await;
    sells(&house, "MUG", 2, 4).await;
    house.morning().await;
    assert_eq!(post(&house, "/v1/prices/MUG/dismiss", &[], Value::Null).await.status, 200);
    let found = daily(&house).look(&house.scope, &config_of(&house).await, &correlation()).await.unwrap();
    assert_eq!((found.looked, found.waiting), (1, 0), "not again within a week");
    let house = pricing(PriceRules { accept_up_to_bps: 400, ..ON }).await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00" }, { "sku": "PAN", "list": "30.00", "market": "60.00" }])).await;
    sells(&house, "MUG", 2, 4).await;
    sells(&house, "PAN", 2, 4).await;
    let found = daily(&house).look(&house.scope, &config_of(&house).await, &correlation()).await.unwrap();
    assert_eq!((found.looked, found.accepted, found.waiting), (2, 1, 1), "8 % is for a person");
    let mug = get(&house, "/v1/prices/MUG").await;
    assert_eq!((price(&mug, "price"), price(&mug, "decided_by")), ("31.20", PRICE_RULE));
    assert!(news(&house).contains(&("MUG".into(), "31.20".into(), "rule".into())));
    let found = daily(&house).look(&house.scope, &config_of(&house).await, &correlation()).await.unwrap();
    assert_eq!((found.accepted, found.waiting), (0, 1), "it does not climb");
}

async fn config_of(house: &House) -> app::tenant::TenantConfig {
    house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap()
}

// req: S2-78
#[tokio::test]
async fn prices_are_listed_whole_or_refused() {
    let house = pricing(PriceRules::default()).await;
    let one = |price: Value| json!({ "currency": "EUR", "prices": [price] });
    for (bad, faults) in [
        (json!({ "currency": "EURO", "prices": [] }), vec!["currency unknown_currency"]),
        (json!({ "currency": "EUR", "prices": [] }), vec!["prices out_of_range"]),
        (one(json!({ "sku": "a b", "list": "-1" })), vec!["prices[0].list bad_amount", "prices[0].sku bad_sku"]),
        (one(json!({ "sku": "A", "list": "0" })), vec!["prices[0].list bad_amount"]),
        (one(json!({ "sku": "A", "list": "1.001" })), vec!["prices[0].list bad_amount"]),
        (one(json!({ "sku": "A", "list": "99999999999999999999" })), vec!["prices[0].list bad_amount"]),
        (
            one(json!({ "sku": "A", "list": "1", "cost": "x", "market": "0" })),
            vec!["prices[0].cost bad_amount", "prices[0].market bad_amount"],
        ),
        (
            json!({ "currency": "EUR", "prices": [{ "sku": "A", "list": "1" }, { "sku": "A", "list": "2" }] }),
            vec!["prices[1].sku duplicate"],
        ),
        (one(json!({ "sku": "A", "list": "1", "vat": "19" })), vec!["prices[0].vat unknown_field"]),
        (json!({ "currency": "EUR", "prices": vec![json!({ "sku": "A", "list": "1" }); 101] }), vec!["prices out_of_range"]),
    ] {
        let refused = put(&house, bad.clone()).await;
        assert_eq!(refused.status, 422, "{bad}");
        let found: Vec<String> = refused.body["errors"]
            .as_array()
            .unwrap()
            .iter()
            .map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect();
        assert!(faults.iter().all(|fault| found.iter().any(|one| one == fault)), "{bad}: {found:?}");
    }
    assert_eq!(get(&house, "/v1/prices?state=settled").await.body, json!({ "prices": [] }), "nothing was stored");
    assert_eq!(get(&house, "/v1/prices/A").await.status, 404);
    assert_eq!(get(&house, "/v1/prices?state=all").await.status, 422);
    let wish = post(&house, "/v1/price-proposals", &[], Value::Null).await;
    assert_eq!((wish.status, &wish.body["errors"][0]["code"]), (422, &json!("switched_off")));
    assert_eq!(house.morning().await, Vec::<String>::new(), "nobody asked");
}

// req: S2-78
#[tokio::test]
async fn prices_can_be_looked_at_now() {
    let house = pricing(ON).await;
    listed(&house, json!([{ "sku": "MUG/1#2", "list": "30.00" }])).await;
    sells(&house, "MUG/1#2", 4, 1).await;
    assert_eq!(post(&house, "/v1/price-proposals", &[], Value::Null).await.status, 202);
    house.report_asked(&house.world.take_queued().unwrap()).await;
    let mug = get(&house, "/v1/prices/MUG%2F1%232").await;
    assert_eq!(mug.body["proposal"]["price"], "28.80");
    assert_eq!(post(&house, "/v1/prices/MUG%2F1%232/accept", &[], Value::Null).await.status, 200);
}

// req: S2-78
#[tokio::test]
async fn a_backtest_says_what_it_would_have_meant() {
    let house = pricing(ON).await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00", "cost": "12.00" }])).await;
    sells(&house, "MUG", 2, 4).await;
    house.clock.advance(SignedDuration::from_hours(24 * 7));
    let now = house.clock.now();
    let (lines, order_id) = (vec![stock::v1::MovedLine { sku: "MUG".into(), location: "main".into(), quantity: 28 }], "1001".into());
    let moved = stock::v1::Moved { how: "shipped".into(), lines, order_id };
    let at = now.checked_sub(24.hours()).unwrap();
    house.world.metrics().count(&house.scope, &EventId::parse("late").unwrap(), &sold(&moved, at), now).await.unwrap();
    let found = get(&house, "/v1/analytics/prices?days=8").await;
    let eur = &found.body["currencies"]["EUR"];
    assert_eq!((&eur["weeks"], &eur["up"], &eur["down"], &eur["mean_change_pct"]), (&json!(1), &json!(1), &json!(0), &json!("4.00")));
    assert_eq!((&eur["revenue"], &eur["margin"]), (&json!("840.00"), &json!("504.00")));
    // 28 at 31.20, of which 4 % stay away.
    assert_eq!(eur["would_have_been"][1], json!({ "elasticity": "1.00", "revenue": "838.65", "margin": "516.09" }));
    assert_eq!(get(&house, "/v1/analytics/prices?days=91").await.status, 422);
    let week = get(&house, "/v1/analytics/prices?days=7").await;
    assert_eq!(week.body["currencies"]["EUR"]["weeks"], 0, "today is not over, so of seven days none is a week");
}

// req: S2-78
#[tokio::test]
async fn what_is_unsaid_stays_and_null_takes_it_away() {
    let house = pricing(ON).await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00", "cost": "29.00", "market": "31.00" }])).await;
    listed(&house, json!([{ "sku": "MUG", "list": "30.00" }])).await;
    let mug = get(&house, "/v1/prices/MUG").await;
    assert_eq!((price(&mug, "cost"), price(&mug, "market"), &mug.body["version"]), ("29.00", "31.00", &json!(1)), "nothing has changed");
    listed(&house, json!([{ "sku": "MUG", "list": "32.00", "market": null }])).await;
    let mug = get(&house, "/v1/prices/MUG").await;
    assert_eq!((price(&mug, "list"), price(&mug, "cost"), mug.body.get("market")), ("32.00", "29.00", None));
    // Slower than ever, it is still not proposed below cost.
    sells(&house, "MUG", 9, 1).await;
    house.morning().await;
    assert_eq!(get(&house, "/v1/prices/MUG").await.body["proposal"]["price"], "30.72");
    listed(&house, json!([{ "sku": "MUG", "list": "32.00", "cost": "31.50" }])).await;
    daily(&house).look(&house.scope, &config_of(&house).await, &correlation()).await.unwrap();
    assert_eq!(get(&house, "/v1/prices/MUG").await.body["proposal"]["price"], "31.50");
}

// req: S2-78
#[tokio::test]
async fn what_is_new_or_never_sold_here_is_not_made_cheaper() {
    let house = pricing(ON).await;
    listed(&house, json!([{ "sku": "VASE", "list": "30.00" }])).await;
    let stocked = post(&house, "/v1/inventory/VASE/adjust", &[], json!({ "location": "main", "by": 900, "reference": "d-1" })).await;
    assert_eq!(stocked.status, 200);
    let waiting = async || daily(&house).look(&house.scope, &config_of(&house).await, &correlation()).await.unwrap().waiting;
    sells(&house, "MUG", 2, 2).await;
    assert_eq!(waiting().await, 0, "it was listed today");
    house.clock.advance(SignedDuration::from_hours(24 * 36));
    assert_eq!(waiting().await, 0, "nothing at all was sold here in five weeks");
    let now = house.clock.now();
    let lines = vec![stock::v1::MovedLine { sku: "MUG".into(), location: "main".into(), quantity: 1 }];
    let moved = stock::v1::Moved { how: "shipped".into(), lines, order_id: "1001".into() };
    let yesterday = now - SignedDuration::from_hours(24);
    house.world.metrics().count(&house.scope, &EventId::parse("late").unwrap(), &sold(&moved, yesterday), now).await.unwrap();
    assert_eq!(waiting().await, 1, "other things sell, this one does not");
    assert_eq!(get(&house, "/v1/prices/VASE").await.body["proposal"]["price"], "29.10");
}

// req: S2-78
#[tokio::test]
async fn a_proposal_of_other_rules_is_not_accepted() {
    for rules in [PriceRules { enabled: false, ..ON }, PriceRules { max_change_bps: 300, ..ON }] {
        let house = pricing(ON).await;
        listed(&house, json!([{ "sku": "MUG", "list": "30.00" }])).await;
        sells(&house, "MUG", 2, 4).await;
        house.morning().await;
        let config = app::tenant::TenantConfig { version: 3, pricing: rules, ..config() };
        assert!(house.world.tenants().save(&house.scope, &config, 2).await.unwrap());
        let refused = post(&house, "/v1/prices/MUG/accept", &[], Value::Null).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["code"]), (422, &json!("rules_changed")), "{rules:?}");
        assert_eq!(price(&get(&house, "/v1/prices/MUG").await, "price"), "30.00");
        assert_eq!(post(&house, "/v1/prices/MUG/dismiss", &[], Value::Null).await.status, 200);
    }
}
