//! From where orders leave, and when: New York and Los Angeles, through the handlers.

use crate::house::{House, config};
use crate::labels::shipping;
use crate::rest::{get, post};
use app::ports::TenantStore;
use app::tenant::{Origin, ShippingSettings, TenantConfig};
use domain::ids::LocationId;
use domain::order::SagaRules;
use domain::shipping::{CarrierName, Tariff, warehouse};
use jiff::Timestamp;
use serde_json::{Value, json};

/// A shop that sends from both coasts, and has so many mugs at each, at a moment.
async fn coasts(now: &str, ny: i64, la: i64) -> House {
    let house = House::new().await;
    house.clock.advance(now.parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    let shipping = shipping(&CarrierName::ALL);
    let origin = |name: &str| Origin { location: LocationId::parse(name).unwrap(), ..shipping.origins[0].clone() };
    let shipping = ShippingSettings {
        warehouses: warehouse::defaults(),
        tariff: Some(Tariff::default()),
        origins: vec![origin("ny"), origin("la")],
        ..shipping
    };
    let workflow = SagaRules { enabled: true, ..SagaRules::default() };
    let next = TenantConfig { version: 2, workflow, shipping, requests_per_minute: 10_000, ..config() };
    assert_eq!(warehouse::faults(&next.shipping.warehouses), []);
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    for (location, by) in [("ny", ny), ("la", la)] {
        let moved = json!({ "location": location, "by": by, "reference": format!("opening-{location}") });
        assert_eq!(post(&house, "/v1/inventory/MUG/adjust", &[], moved).await.status, 200);
    }
    house.settle().await;
    house
}

async fn places(house: &House, number: &str, (city, region, code): (&str, &str, &str), mugs: u32) -> Value {
    let order = json!({
        "number": number, "currency": "USD", "country": "US",
        "shipping_address": { "street": ["12 Long Street"], "city": city, "region": region, "postal_code": code, "country": "US" },
        "items": [{ "sku": "MUG", "quantity": mugs, "unit_price": "9.50" }],
        "customer": { "name": "Ada Example", "email": format!("ada{number}@example.com"), "phone": "+15550100001" },
    });
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
    get(house, &format!("/v1/orders/{number}")).await.body
}

const LA: (&str, &str, &str) = ("Beverly Hills", "CA", "90210");
const NJ: (&str, &str, &str) = ("Newark", "NJ", "07102");

/// "ny 3": what is set aside where.
async fn held(house: &House) -> Vec<String> {
    let levels = get(house, "/v1/inventory/MUG").await.body;
    let reserved = |level: &Value| (level["location"].as_str().unwrap().to_owned(), level["reserved"].as_i64().unwrap());
    levels.as_array().unwrap().iter().map(reserved).filter(|one| one.1 > 0).map(|(place, pieces)| format!("{place} {pieces}")).collect()
}

// req: S2-57
#[tokio::test]
async fn california_is_sent_from_los_angeles_and_new_jersey_from_new_york() {
    let house = coasts("2025-08-15T19:00:00Z", 10, 10).await;
    places(&house, "2001", LA, 3).await;
    assert_eq!(held(&house).await, ["la 3"]);
    places(&house, "2002", NJ, 2).await;
    assert_eq!(held(&house).await, ["la 3", "ny 2"]);
    places(&house, "2003", LA, 8).await;
    assert_eq!(held(&house).await, ["la 3", "ny 10"], "one parcel from afar rather than two");
    places(&house, "2004", LA, 7).await;
    assert_eq!(held(&house).await, ["la 10", "ny 10"]);
}

/// Each coast's orders are picked there, those that leave on one day together; what lies on both is in no batch.
// req: S2-56, S2-57
#[tokio::test]
async fn a_batch_is_of_one_coast_and_one_day() {
    let house = coasts("2025-08-15T19:00:00Z", 10, 8).await;
    places(&house, "2001", LA, 2).await;
    places(&house, "2002", NJ, 2).await;
    places(&house, "2003", LA, 12).await;
    assert_eq!(held(&house).await, ["la 8", "ny 8"]);
    let queue = get(&house, "/v1/pick-batches").await.body;
    assert_eq!(queue["waiting"], json!({ "la": 1, "ny": 1 }));
    let said: Vec<(&Value, &Value, &Value)> =
        queue["next"].as_array().unwrap().iter().map(|batch| (&batch["location"], &batch["collected_at"], &batch["orders"])).collect();
    // New York closes at ten in the evening there, Los Angeles at eleven.
    let expected =
        [(json!("la"), json!("2025-08-16T06:00:00Z"), json!(["2001"])), (json!("ny"), json!("2025-08-16T02:00:00Z"), json!(["2002"]))];
    assert!(said.len() == 2 && expected.iter().all(|(at, by, orders)| said.contains(&(at, by, orders))), "{queue}");
    // Confirmed after the last call on Friday: it leaves on Monday, with others of Monday.
    house.clock.advance("2025-08-16T05:00:00Z".parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    places(&house, "2004", NJ, 1).await;
    let batches = get(&house, "/v1/pick-batches").await.body["next"].clone();
    let of_monday = batches.as_array().unwrap().iter().find(|batch| batch["orders"] == json!(["2004"])).unwrap();
    assert_eq!(of_monday["collected_at"], "2025-08-19T02:00:00Z", "{batches}");
}

/// Two hours after it was taken on, as long as somebody is there to do it; and a label says that day to its carrier.
// req: S2-58
#[tokio::test]
async fn an_order_leaves_when_its_warehouse_works() {
    // Friday noon in Los Angeles.
    let house = coasts("2025-08-15T19:00:00Z", 10, 10).await;
    let order = places(&house, "2001", LA, 3).await;
    assert_eq!((&order["leaves_at"], &order["leaves_on"]), (&json!("2025-08-15T21:00:00Z"), &json!("2025-08-15")), "{order}");
    // After the last call at nine in the evening: Monday, two hours after it opens at seven.
    house.clock.advance("2025-08-16T05:00:00Z".parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    let order = places(&house, "2002", LA, 3).await;
    assert_eq!((&order["leaves_at"], &order["leaves_on"]), (&json!("2025-08-18T16:00:00Z"), &json!("2025-08-18")));
    let packed = post(&house, "/v1/orders/2002/fulfill", &[], json!({ "packed": true })).await;
    assert_eq!((packed.status, &packed.body["shipments"][0]["location"]), (201, &json!("la")), "{}", packed.body);
    let asked = post(&house, "/v1/orders/2002/fulfilments/p1/labels", &[], json!({ "carrier": "usps", "service": "standard" })).await;
    assert_eq!(asked.status, 202, "{}", asked.body);
    house.settle().await;
    let label = get(&house, "/v1/orders/2002/fulfilments/p1/labels").await.body;
    assert_eq!(label["why"][0], "USPS standard: 8.84 USD, 2025-08-23: the cheapest in time", "five days after Monday");
    let pile = get(&house, "/v1/manifests").await.body["waiting"][0].clone();
    assert_eq!((&pile["location"], &pile["parcels"], &pile["later"]), (&json!("la"), &json!(0), &json!(1)), "{pile}");
    assert_eq!(post(&house, "/v1/manifests", &[], json!({})).await.body["manifests"], json!([]), "nothing goes before Monday");
    house.clock.advance("2025-08-18T16:00:00Z".parse::<Timestamp>().unwrap().duration_since(house.clock_now()));
    assert_eq!(post(&house, "/v1/manifests", &[], json!({})).await.body["manifests"][0]["day"], "2025-08-18");
    // What has left leaves no more.
    assert_eq!(post(&house, "/v1/orders/2002/status", &[], json!({ "status": "shipped" })).await.body["leaves_at"], Value::Null);
}

// req: S2-57, S2-58, S2-60, S2-61
#[tokio::test]
async fn a_checkout_learns_from_where_until_when_and_for_how_much() {
    let house = coasts("2025-08-15T19:00:00Z", 10, 2).await;
    let ask = json!({ "country": "US", "region": "CA", "items": [{ "sku": "MUG", "quantity": 2 }, { "sku": "SONG", "quantity": 1 }] });
    let quoted = post(&house, "/v1/shipping-quotes", &[], ask).await;
    assert_eq!(quoted.status, 200, "{}", quoted.body);
    let said = |name: &str| quoted.body[name].clone();
    assert_eq!((said("from"), said("leaves"), said("order_by")), (json!("la"), json!("2025-08-15"), json!("2025-08-16T04:00:00Z")));
    assert_eq!((said("weight_g"), said("in_time")), (json!(1700), json!(true)));
    let usps = json!({ "carrier": "usps", "service": "standard", "price": "8.84", "currency": "USD", "arrives": "2025-08-20" });
    assert_eq!(quoted.body["offers"][0], usps);
    assert_eq!(quoted.body["offers"].as_array().unwrap().len(), 10);
    assert_eq!(
        quoted.body["places"][0],
        json!({ "location": "la", "points": 68, "why": { "distance": 0, "stock": 68, "hours": 0 } }),
        "no stock of a song is kept"
    );
    let by = json!({ "country": "US", "region": "CA", "items": [{ "sku": "MUG", "quantity": 5 }], "by": "2025-08-16" });
    let quoted = post(&house, "/v1/shipping-quotes", &[], by).await.body;
    let first = &quoted["offers"][0];
    assert_eq!((&quoted["from"], &first["carrier"], &first["service"]), (&json!("ny"), &json!("ups"), &json!("overnight")), "{quoted}");
    assert_eq!(house.depot.asked(), 0, "no carrier is asked");
    // Los Angeles has most of it and would be the best; New York has all of it, and sends it.
    let house = coasts("2025-08-15T19:00:00Z", 10, 9).await;
    let most = json!({ "country": "US", "region": "CA", "items": [{ "sku": "MUG", "quantity": 10 }] });
    let quoted = post(&house, "/v1/shipping-quotes", &[], most).await.body;
    assert_eq!((&quoted["places"][0]["location"], &quoted["from"]), (&json!("la"), &json!("ny")), "{quoted}");
    places(&house, "2001", LA, 10).await;
    assert_eq!(held(&house).await, ["ny 10"]);
}

/// A shop that has said nothing of its places and its prices is quoted no price, and its order would leave today.
// req: S2-61
#[tokio::test]
async fn who_has_no_price_list_quotes_no_price() {
    let house = House::new().await;
    let ask = json!({ "country": "DE", "items": [{ "sku": "MUG", "quantity": 1 }] });
    let quoted = post(&house, "/v1/shipping-quotes", &[], ask).await;
    let today = house.clock_now().to_zoned(config().zone()).date().to_string();
    assert_eq!((quoted.status, &quoted.body["offers"], &quoted.body["in_time"]), (200, &json!([]), &json!(false)), "{}", quoted.body);
    assert_eq!((&quoted.body["leaves"], &quoted.body["from"], &quoted.body["order_by"]), (&json!(today), &Value::Null, &Value::Null));
}

#[tokio::test]
async fn bad_questions_are_the_askers_fault() {
    let house = coasts("2025-08-15T19:00:00Z", 1, 1).await;
    for (ask, faults) in [
        (json!({ "country": "US", "region": "CALIF", "items": [] }), vec!["region", "items", "items"]),
        (
            json!({ "country": "US", "items": [{ "sku": "", "quantity": 1 }, { "sku": "MUG", "quantity": 0 }], "by": "soon" }),
            vec!["items[0].sku", "items[1].quantity", "by"],
        ),
        (
            json!({ "country": "US", "items": [{ "sku": "MUG", "quantity": 4_000_000_000u32, "weight_g": 4_000_000_000u32 }] }),
            vec!["items"],
        ),
        (json!({ "country": "US", "items": [{ "sku": "MUG", "quantity": -1 }] }), vec!["items[0].quantity"]),
        (json!({ "items": [{ "sku": "MUG", "quantity": 1 }] }), vec!["country"]),
        (json!({ "country": "usa", "region": "CA", "items": [{ "sku": "MUG", "quantity": 1 }] }), vec!["country"]),
    ] {
        let answer = post(&house, "/v1/shipping-quotes", &[], ask.clone()).await;
        let found: Vec<&str> = answer.body["errors"].as_array().unwrap().iter().map(|fault| fault["field"].as_str().unwrap()).collect();
        assert_eq!((answer.status, found), (422, faults), "{ask}");
    }
    let mut settings = config();
    settings.shipping.warehouses = warehouse::defaults();
    settings.shipping.warehouses[1].time_zone = "Mars/Olympus".into();
    assert_eq!(settings.faults().iter().map(|fault| fault.field.as_str()).collect::<Vec<_>>(), ["shipping.warehouses[1].time_zone"]);
}
