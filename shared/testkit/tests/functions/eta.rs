//! When orders should arrive: from events to counters, from counters to days, and whether they came by then.

use crate::house::House;
use crate::rest::{get, order, post};
use app::measure::{LANES, deltas};
use app::ports::{Clock, MetricStore};
use contracts::{Envelope, Payload};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn place(house: &House, number: &str, country: &str) {
    let mut new = order(number);
    new["country"] = json!(country);
    assert_eq!(post(house, "/v1/orders", &[("idempotency-key", number)], new).await.status, 201);
}

async fn to(house: &House, number: &str, status: &str) {
    let moved = post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": status })).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
}

/// So many orders, each 10 hours new, 20 in work and then on the way for so long.
async fn arrive(house: &House, first: u32, many: u32, country: &str, way: SignedDuration) {
    let numbers: Vec<String> = (first..first + many).map(|number| number.to_string()).collect();
    for number in &numbers {
        place(house, number, country).await;
    }
    for (status, after) in [("processing", hours(10)), ("shipped", hours(20)), ("delivered", way)] {
        house.clock.advance(after);
        for number in &numbers {
            to(house, number, status).await;
        }
    }
    house.settle().await;
}

async fn eta(house: &House, number: &str) -> Value {
    get(house, &format!("/v1/orders/{number}/progress")).await.body["eta"].clone()
}

async fn lanes(house: &House) -> BTreeMap<String, BTreeMap<String, i64>> {
    let points = house.world.metrics().series(&house.scope, LANES, "", "~").await.unwrap();
    points.into_iter().map(|point| (point.point, point.fields)).collect()
}

// req: S1-12, S1-39
#[tokio::test]
async fn a_lane_says_when_an_order_should_arrive() {
    let house = House::new().await;
    place(&house, "3000", "DE").await;
    assert_eq!(eta(&house, "3000").await, json!({ "day": "2025-08-12", "basis": "usual_days" }), "nobody has come that way");
    arrive(&house, 3001, 19, "DE", hours(40)).await;
    arrive(&house, 3101, 20, "US", hours(9 * 24)).await;
    place(&house, "3200", "DE").await;
    assert_eq!(eta(&house, "3200").await["orders"], 39, "nineteen are too few: all orders speak");
    arrive(&house, 3301, 1, "DE", hours(40)).await;
    let today = house.clock.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    for (number, status, after) in [("3400", "pending", 0), ("3401", "processing", 0), ("3402", "shipped", 24)] {
        place(&house, number, "DE").await;
        if status != "pending" {
            to(&house, number, "processing").await;
        }
        if status == "shipped" {
            to(&house, number, "shipped").await;
        }
        house.clock.advance(hours(after));
        let eta = eta(&house, number).await;
        assert_eq!((&eta["basis"], &eta["orders"]), (&json!("lane"), &json!(20)), "{status}: {eta}");
        let day = |field: &str| eta[field].as_str().unwrap().parse::<jiff::civil::Date>().unwrap();
        assert!(day("day") > today && day("latest_day") >= day("day"), "{status}: {eta}");
    }
    // A promise comes first, and only it makes an order late.
    let mut promised = order("3500");
    promised["country"] = json!("DE");
    promised["eta"] = json!("2025-12-24");
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "3500")], promised).await.status, 201);
    assert_eq!(eta(&house, "3500").await, json!({ "day": "2025-12-24", "basis": "promise" }));
    house.clock.advance(hours(60 * 24));
    let waited = get(&house, "/v1/orders/3402/progress").await.body;
    assert_eq!((&waited["eta"]["basis"], &waited["days_late"]), (&json!("usual_days"), &Value::Null), "beyond every count: {waited}");
}

// req: S1-39
#[tokio::test]
async fn what_was_expected_is_held_against_what_came() {
    let house = House::new().await;
    let none = get(&house, "/v1/orders/stats").await.body;
    let formula = "arrived by the P90 known when it left / arrived, 3 months";
    assert_eq!(none["eta_p90_held"], json!({ "value": null, "n": 0, "formula": formula }));
    // August teaches: half a day to four days. Nothing was known when these left.
    for (first, way) in [(4001, 12), (4011, 36), (4021, 60), (4031, 84)] {
        arrive(&house, first, 10, "DE", hours(way)).await;
    }
    assert_eq!(get(&house, "/v1/orders/stats").await.body["eta_p90_held"]["n"], 0);
    house.clock.advance(hours(31 * 24));
    // September is held against it: 14 in time, 6 far too late.
    arrive(&house, 5001, 14, "DE", hours(24)).await;
    arrive(&house, 5101, 6, "DE", hours(8 * 24)).await;
    let stats = get(&house, "/v1/orders/stats").await.body;
    assert_eq!(stats["eta_p90_held"], json!({ "value": 0.7, "n": 20, "formula": formula }));
    assert_eq!((&stats["eta_p50_held"]["value"], &stats["eta_p50_held"]["n"]), (&json!(0.7), &json!(20)), "{stats}");
}

// req: S1-12, S1-39
#[tokio::test]
async fn an_arrival_counts_once() {
    let house = House::new().await;
    place(&house, "6001", "PL").await;
    for (status, after) in [("processing", 10), ("shipped", 20), ("delivered", 24)] {
        house.clock.advance(hours(after));
        to(&house, "6001", status).await;
    }
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let mut events = house.world.published();
    house.settle().await;
    let counted = lanes(&house).await;
    let fields = [("pending:within:216000", 1), ("processing:within:172800", 1), ("shipped:2025-08:within:86400", 1)];
    let fields: BTreeMap<String, i64> = fields.into_iter().map(|(field, count)| (field.to_owned(), count)).collect();
    assert_eq!(counted, BTreeMap::from([("2025-08/PL/-".to_owned(), fields)]));
    // Every event comes again, in another order, and once more after a crash.
    events.reverse();
    let mut arrivals = 0;
    for event in &events {
        arrivals += usize::from(deltas(event).iter().any(|delta| delta.series == LANES));
        assert!(!house.measure().run(event).await.unwrap(), "{}", event.id);
    }
    assert_eq!((arrivals, lanes(&house).await), (1, counted.clone()));
    // Taken back and delivered once more: it has come to its customer once.
    let corrected = post(&house, "/v1/orders/6001/correct", &[], json!({ "status": "shipped", "reason": "the wrong parcel" })).await;
    assert_eq!(corrected.status, 200, "{}", corrected.body);
    house.clock.advance(hours(24));
    to(&house, "6001", "delivered").await;
    house.settle().await;
    assert_eq!(lanes(&house).await, counted);
    // An event of an older release knows nothing of journeys.
    let old = events.iter().find(|event| matches!(&event.payload, Payload::OrderStatusChanged(changed) if changed.journey.is_some()));
    let mut old = serde_json::to_value(old.unwrap()).unwrap();
    old["data"].as_object_mut().unwrap().remove("journey");
    let old: Envelope = serde_json::from_value(old).unwrap();
    assert!(deltas(&old).iter().all(|delta| delta.series != LANES));
}
