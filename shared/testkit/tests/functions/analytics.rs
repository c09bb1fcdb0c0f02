//! Figures of how a shop does: recounted from its orders.

use crate::house::{House, config};
use crate::rest::{get, post};
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use jiff::SignedDuration;
use serde_json::{Value, json};

async fn places(house: &House, number: &str, currency: &str, price: &str) {
    let body = json!({
        "number": number, "currency": currency, "items": [{ "sku": "MUG", "quantity": 2, "unit_price": price }],
        "customer": { "name": "Ada Example", "email": format!("ada{number}@example.com") },
    });
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
}

async fn shop() -> House {
    let house = House::new().await;
    let next = TenantConfig { version: 2, requests_per_minute: 10_000, time_zone: "Europe/Warsaw".into(), ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house.settle().await;
    house
}

// req: S2-93
#[tokio::test]
async fn business_figures_are_a_recount_of_the_orders() {
    let house = shop().await;
    for number in 2_001..2_004 {
        places(&house, &number.to_string(), "EUR", "24.95").await;
    }
    places(&house, "3001", "JPY", "5000").await;
    places(&house, "3002", "KWD", "1.005").await;
    house.settle().await;
    let orders = get(&house, "/v1/orders?limit=100").await.body["orders"].as_array().unwrap().clone();
    let figures = get(&house, "/v1/analytics/business?days=7").await.body;
    assert_eq!(figures["orders"], orders.len(), "{figures}");
    let per = |currency: &str| orders.iter().filter(|order| order["currency"] == currency).count();
    for (currency, total, each) in [("EUR", "149.70", "49.90"), ("JPY", "10000", "10000"), ("KWD", "2.010", "2.010")] {
        let earned = &figures["revenue"][currency];
        assert_eq!(earned["orders"], per(currency), "{earned}");
        assert_eq!((earned["total"].as_str(), earned["average_order_value"].as_str()), (Some(total), Some(each)), "{earned}");
    }
    // Noon in Warsaw on the seventh day: six days and twelve hours.
    assert_eq!((&figures["from"], &figures["to"]), (&json!("2025-08-03"), &json!("2025-08-09")));
    assert_eq!(figures["revenue"]["JPY"]["per_hour"], "64", "{figures}");
    let minutes = 156.0 * 60.0;
    let expected = (orders.len() as f64 / minutes * 10_000.0).round() / 10_000.0;
    assert_eq!(figures["orders_per_minute"]["value"].as_f64(), Some(expected), "{figures}");
    // Nobody has said a thing, so there is nothing to say.
    assert_eq!((&figures["customer_satisfaction"]["value"], &figures["customer_satisfaction"]["n"]), (&Value::Null, &json!(0)));
    assert_eq!(get(&house, "/v1/analytics/business?days=1").await.body["orders"], orders.len());
}

// req: S2-08
#[tokio::test]
async fn performance_says_how_long_and_how_often() {
    let house = shop().await;
    let moved = async |number: &str, status: &str| {
        let answer = post(&house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": status })).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    let numbers: Vec<String> = (0..20).map(|number| format!("4{number:03}")).collect();
    for number in &numbers {
        places(&house, number, "EUR", "10.00").await;
    }
    let before = get(&house, "/v1/analytics/performance").await.body;
    assert_eq!((&before["stays"]["pending"], &before["automated"]["value"]), (&Value::Null, &Value::Null), "{before}");
    house.clock.advance(SignedDuration::from_mins(90));
    for number in &numbers[..19] {
        moved(number, "processing").await;
    }
    house.settle().await;
    let few = &get(&house, "/v1/analytics/performance").await.body["stays"]["pending"];
    assert_eq!(few, &json!({ "n": 19, "p50_s": null, "p95_s": null, "p99_s": null }), "of so few nothing is said");
    house.clock.advance(SignedDuration::from_hours(9));
    moved(&numbers[19], "processing").await;
    house.settle().await;
    let figures = get(&house, "/v1/analytics/performance?days=1").await.body;
    let stay = &figures["stays"]["pending"];
    let of = |name: &str| stay[name].as_i64().unwrap();
    assert_eq!(of("n"), 20);
    // An hour and a half is between one hour and two, ten and a half between eight and twelve.
    assert!((3_600..=7_200).contains(&of("p50_s")) && of("p50_s") <= of("p95_s") && (28_800..=43_200).contains(&of("p99_s")), "{stay}");
    assert_eq!((&figures["automated"]["n"], &figures["automated"]["value"]), (&json!(20), &json!(0.0)), "{figures}");
    assert_eq!(figures["payments"], json!({}));
}

// req: S2-08
#[tokio::test]
async fn payments_are_among_it() {
    let house = crate::payments::shop().await;
    crate::payments::places(&house, "2001", "credit_card").await;
    let paid = &get(&house, "/v1/analytics/performance").await.body["payments"]["stripe"];
    assert_eq!((&paid["value"], &paid["n"]), (&json!(1.0), &json!(1)), "{paid}");
}
