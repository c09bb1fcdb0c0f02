//! Labels and parcels: over the API, through the worker and the carriers' door.

use crate::house::{House, config, correlation};
use crate::rest::{Answer, get, post};
use crate::signing::send;
use app::ports::{CarrierAccount, ReportStore, TenantStore};
use app::tenant::{AccountWith, Origin, Secret, ShippingSettings, TenantConfig};
use domain::ids::{LocationId, TrackingNumber};
use domain::shipping::{AddressDraft, CarrierName};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use testkit::depot::{Fate, Push, SIGNATURE};

pub fn shipping(carriers: &[CarrierName]) -> ShippingSettings {
    let account = |carrier: &CarrierName| AccountWith {
        manifest_at: None,
        carrier: *carrier,
        account: CarrierAccount {
            client_id: "made-up".into(),
            client_secret: Secret::new("made-up-secret"),
            number: "MADEUP".into(),
            push_secrets: Vec::new(),
            mailer: None,
            tracking_key: None,
        },
    };
    let address = AddressDraft {
        street: vec!["1 Depot Road".into()],
        city: "Newark".into(),
        region: Some("NJ".into()),
        postal_code: Some("07102".into()),
        country: "US".into(),
    };
    let location = LocationId::parse("main").unwrap();
    let origin = Origin { location, name: "Packing Desk".into(), company: None, phone: "+1 555 010 0000".into(), address };
    ShippingSettings { accounts: carriers.iter().map(account).collect(), origins: vec![origin], ..ShippingSettings::default() }
}

pub async fn sends_with(carriers: &[CarrierName]) -> House {
    let house = House::new().await;
    let next = TenantConfig { version: 2, shipping: shipping(carriers), requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house
}

/// A shop with accounts everywhere, and an order of three pieces that is packed.
pub async fn packed(number: &str) -> House {
    let house = sends_with(&CarrierName::ALL).await;
    packs(&house, number).await;
    house
}

pub async fn packs(house: &House, number: &str) {
    packs_with(house, number, json!({})).await;
}

pub async fn packs_with(house: &House, number: &str, more: Value) {
    let mut order = json!({
        "number": number, "currency": "USD", "country": "US",
        "shipping_address": { "street": ["12 Long Street"], "city": "Beverly Hills", "region": "CA", "postal_code": "90210", "country": "US" },
        "items": [{ "sku": "MUG", "quantity": 3, "unit_price": "9.50" }],
        "customer": { "name": "Ada Example", "email": "ada@example.com", "phone": "+15550100001" },
    });
    order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], order).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    assert_eq!(post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": "processing" })).await.status, 200);
    let packed = post(house, &format!("/v1/orders/{number}/fulfill"), &[], json!({ "packed": true })).await;
    assert_eq!((packed.status, &packed.body["shipments"][0]["status"]), (201, &json!("packed")), "{}", packed.body);
    house.settle().await;
}

pub async fn asks(house: &House, number: &str, wish: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{number}/fulfilments/p1/labels"), &[], wish).await;
    house.settle().await;
    answer
}

pub async fn label(house: &House, number: &str) -> Value {
    get(house, &format!("/v1/orders/{number}/fulfilments/p1/labels")).await.body
}

/// "bought usps" or "failed": how it stands, and with whom.
async fn stands(house: &House, number: &str) -> String {
    let label = label(house, number).await;
    [&label["status"], &label["carrier"]].into_iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" ")
}

pub async fn later(house: &House, minutes: i64) {
    house.clock.advance(SignedDuration::from_secs(minutes * 60 + 1));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
}

async fn status(house: &House, number: &str) -> Value {
    get(house, &format!("/v1/orders/{number}")).await.body["status"].clone()
}

fn sold(house: &House) -> usize {
    house.depot.sales().iter().filter(|sale| !sale.void).count()
}

// req: S2-61, S2-68
#[tokio::test]
async fn the_cheapest_label_is_bought_stored_and_shown() {
    let house = packed("2001").await;
    let wanted = asks(&house, "2001", json!({})).await;
    assert_eq!((wanted.status, &wanted.body["shipments"][0]["label"]["status"]), (202, &json!("wanted")), "{}", wanted.body);
    let label = label(&house, "2001").await;
    assert_eq!((&label["status"], &label["carrier"], &label["price"]), (&json!("bought"), &json!("usps"), &json!("8.84 USD")), "{label}");
    assert_eq!(label["why"][0], "USPS standard: 8.84 USD, 2025-08-14: the cheapest in time");
    assert!(label["url"].as_str().unwrap().contains("labels/of-2001/"), "{label}");
    let files = house.world.reports().list(&house.scope, "labels/of-2001/", 10).await.unwrap();
    assert_eq!(files, [format!("labels/of-2001/{}.pdf", label["reference"].as_str().unwrap())]);
    // A second wish is the same label.
    assert_eq!(asks(&house, "2001", json!({ "carrier": "ups" })).await.status, 202);
    assert_eq!((sold(&house), status(&house, "2001").await), (1, json!("ready_to_ship")));
    // And another one is another.
    assert_eq!(asks(&house, "2001", json!({ "carrier": "ups", "again": true })).await.status, 202);
    assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("bought ups", 1), "the first was given back");
    let left = house.world.reports().list(&house.scope, "labels/of-2001/", 10).await.unwrap();
    assert_eq!(left.len(), 1, "and its paper thrown away");
}

/// A promise is kept if anybody can, and a service that is named is the promise.
// req: S2-61
#[tokio::test]
async fn fast_enough_for_the_promised_day() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({ "service": "overnight", "weight_g": 1700 })).await;
    let label = label(&house, "2001").await;
    assert_eq!((&label["carrier"], &label["service"], &label["price"]), (&json!("ups"), &json!("overnight"), &json!("36.84 USD")));
    packs(&house, "2002").await;
    asks(&house, "2002", json!({ "carrier": "dhl", "service": "standard" })).await;
    let failed = crate::labels::label(&house, "2002").await;
    assert_eq!(
        (&failed["status"], &failed["problem"]),
        (&json!("failed"), &json!("no carrier of the shop offers that service for this way"))
    );
    let told = house.world.posts().into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("\n");
    assert!(told.contains("*Order 2002*, parcel p1: no label can be bought: no carrier of the shop"), "{told}");
}

/// The label is sold and the answer lost: nobody buys another, and once the carrier can say so, it is found.
// req: S2-68
#[tokio::test]
async fn a_lost_answer_is_found_out() {
    for prints_again in [true, false] {
        let house = packed("2001").await;
        house.depot.prints_again(prints_again);
        house.depot.will(|word| if word == "buy" { Fate::DoneInSilence } else { Fate::Done });
        asks(&house, "2001", json!({ "carrier": "ups" })).await;
        assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("trying ups", 1));
        house.depot.will(|_| Fate::Done);
        for _ in 0..3 {
            asks(&house, "2001", json!({ "carrier": "ups" })).await;
            later(&house, 9).await;
        }
        assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("trying ups", 1), "27 minutes are too early to know");
        later(&house, 5).await;
        assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("bought ups", 1));
        // What cannot be printed again was given back, and another one bought.
        assert_eq!(house.depot.sales().len(), if prints_again { 1 } else { 2 });
    }
}

/// Nobody heard anything, and nothing was sold: the second try is the first label.
// req: S2-68
#[tokio::test]
async fn a_silence_in_which_nothing_was_sold_ends_with_one_label() {
    let house = packed("2001").await;
    house.depot.will(|word| if word == "buy" { Fate::Silence } else { Fate::Done });
    asks(&house, "2001", json!({ "carrier": "ups" })).await;
    house.depot.will(|_| Fate::Done);
    later(&house, 31).await;
    assert_eq!((stands(&house, "2001").await.as_str(), house.depot.sales().len()), ("bought ups", 1));
}

#[tokio::test]
async fn carriers_that_are_away_are_asked_again_and_those_that_refuse_passed_over() {
    let house = packed("2001").await;
    house.depot.will(|word| if word == "rates" { Fate::Away } else { Fate::Done });
    asks(&house, "2001", json!({})).await;
    assert_eq!(stands(&house, "2001").await, "wanted");
    house.depot.will(|_| Fate::Done);
    later(&house, 3).await;
    assert_eq!(stands(&house, "2001").await, "bought usps");
    packs(&house, "2002").await;
    let mut refusals = 2;
    house.depot.will(move |word| {
        refusals -= i32::from(word == "buy");
        if word == "buy" && refusals >= 0 { Fate::Refused } else { Fate::Done }
    });
    asks(&house, "2002", json!({})).await;
    assert_eq!(stands(&house, "2002").await, "bought fedex", "the third cheapest");
    packs(&house, "2003").await;
    house.depot.will(|word| if word == "buy" { Fate::Refused } else { Fate::Done });
    asks(&house, "2003", json!({})).await;
    assert_eq!((stands(&house, "2003").await.as_str(), sold(&house)), ("failed", 2));
}

// req: S2-68
#[tokio::test]
async fn the_label_of_what_is_called_off_is_given_back_when_the_carrier_is_there_again() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({})).await;
    house.depot.will(|_| Fate::Away);
    let off = post(&house, "/v1/orders/2001/status", &[], json!({ "status": "cancelled" })).await;
    assert_eq!(off.status, 200, "{}", off.body);
    house.settle().await;
    assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("bought usps", 1));
    house.depot.will(|_| Fate::Done);
    later(&house, 16).await;
    assert_eq!((stands(&house, "2001").await.as_str(), sold(&house)), ("voided usps", 0));
    assert!(label(&house, "2001").await.get("url").is_none());
}

// req: S2-68, S2-90
#[tokio::test]
async fn labels_are_forgotten_with_their_customer() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({})).await;
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "email": "ada@example.com" })).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    house.settle().await;
    assert_eq!(house.world.reports().list(&house.scope, "labels/of-2001/", 10).await.unwrap(), [""; 0]);
    let again = asks(&house, "2001", json!({ "again": true })).await;
    assert_eq!((again.status, &again.body["type"]), (409, &json!("/docs/problems#no-shipping-address")), "{}", again.body);
}

async fn pushes(house: &House, headers: &[(&str, &str)], path: &str, number: &str, code: &str) -> (u16, Value) {
    let at: Timestamp = house.clock_now();
    let push = Push { number: TrackingNumber::parse(number).unwrap(), code: code.into(), at };
    let answer = send(house, path, headers, &serde_json::to_vec(&push).unwrap()).await;
    house.settle().await;
    (answer.status, answer.body)
}

// req: S2-63, S2-64, S2-65, X-17
#[tokio::test]
async fn carriers_tell_by_themselves_if_it_is_them() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({ "carrier": "ups" })).await;
    let number = label(&house, "2001").await["tracking_number"].as_str().unwrap().to_owned();
    for (headers, path) in
        [(&[][..], "/v1/carriers/demo/ups"), (&[SIGNATURE], "/v1/carriers/nobody/ups"), (&[SIGNATURE], "/v1/carriers/demo/inpost")]
    {
        assert_eq!(pushes(&house, headers, path, &number, "D").await.0, 401, "{path}");
    }
    assert_eq!(status(&house, "2001").await, "ready_to_ship");
    let told = |parcels, news, unknown| (200, json!({ "parcels": parcels, "news": news, "unknown": unknown }));
    // The number of a parcel of UPS says nothing at FedEx's door.
    assert_eq!(pushes(&house, &[SIGNATURE], "/v1/carriers/demo/fedex", &number, "DL").await, told(1, 0, 1));
    assert_eq!(pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", "1ZUNKNOWN", "D").await, told(1, 0, 1));
    house.clock.advance(SignedDuration::from_secs(60));
    assert_eq!(pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", &number, "I").await, told(1, 1, 0));
    assert_eq!(pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", &number, "I").await, told(1, 0, 0), "the same again");
    assert_eq!(status(&house, "2001").await, "shipped");
    let garbage = send(&house, "/v1/carriers/demo/ups", &[SIGNATURE], b"not json").await;
    assert_eq!(garbage.status, 422, "{}", garbage.body);
    house.clock.advance(SignedDuration::from_secs(60));
    pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", &number, "D").await;
    assert_eq!(status(&house, "2001").await, "delivered");
}

// req: S2-64
#[tokio::test]
async fn a_carrier_is_asked_each_hour_and_when_somebody_wants_to_know() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({ "carrier": "ups" })).await;
    let number = TrackingNumber::parse(label(&house, "2001").await["tracking_number"].as_str().unwrap()).unwrap();
    let asked = house.depot.asked();
    later(&house, 30).await;
    assert_eq!(house.depot.asked(), asked, "not yet");
    house.depot.sees(&number, "I", house.clock_now());
    later(&house, 31).await;
    assert_eq!((house.depot.asked(), status(&house, "2001").await), (asked + 1, json!("shipped")));
    house.depot.sees(&number, "D", house.clock_now());
    house.clock.advance(SignedDuration::from_mins(1));
    let wanted = post(&house, "/v1/orders/2001/fulfilments/p1/track", &[], json!(null)).await;
    house.settle().await;
    assert_eq!((wanted.status, status(&house, "2001").await), (202, json!("delivered")), "{}", wanted.body);
    let asked = house.depot.asked();
    later(&house, 24 * 60).await;
    assert_eq!(house.depot.asked(), asked, "nobody asks for what has arrived");
}

// req: S2-01, S2-22, S2-62
#[tokio::test]
async fn a_label_is_bought_for_what_the_customer_has_chosen() {
    let house = sends_with(&CarrierName::ALL).await;
    packs_with(&house, "2001", json!({ "shipping_method": "express" })).await;
    let shown = get(&house, "/v1/orders/2001").await.body;
    assert_eq!(shown["shipping_method"], "express", "{shown}");
    assert_eq!(get(&house, "/v1/orders/2001/progress").await.body["eta"]["basis"], "method");
    asks(&house, "2001", json!({})).await;
    assert_eq!(label(&house, "2001").await["service"], "express");
    packs_with(&house, "2002", json!({ "shipping_method": "express" })).await;
    asks(&house, "2002", json!({ "service": "standard" })).await;
    assert_eq!(label(&house, "2002").await["service"], "standard", "somebody knows better");
    let tomorrow = house.clock_now().to_zoned(jiff::tz::TimeZone::UTC).date().tomorrow().unwrap();
    packs_with(&house, "2003", json!({ "shipping_method": "standard", "eta": tomorrow })).await;
    asks(&house, "2003", json!({})).await;
    assert_eq!(label(&house, "2003").await["service"], "overnight", "a promised day is kept");
    for (method, code) in [("drone", "unknown_method"), ("digital", "not_digital"), ("", "unknown_method")] {
        let order = json!({
            "currency": "USD", "shipping_method": method, "items": [{ "sku": "MUG", "quantity": 1, "unit_price": "9.50" }],
            "customer": { "name": "Ada Example" },
        });
        let refused = post(&house, "/v1/orders", &[("idempotency-key", "method")], order).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["code"]), (422, &json!(code)), "{method}: {}", refused.body);
    }
}

/// DHL's tracking is another account than that of its labels, and without it nobody asks in vain.
// req: S2-64
#[tokio::test]
async fn a_carrier_that_cannot_be_asked_is_not() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({ "carrier": "dhl" })).await;
    assert_eq!(stands(&house, "2001").await, "bought dhl");
    let asked = house.depot.asked();
    later(&house, 24 * 60).await;
    assert_eq!(house.depot.asked(), asked);
}

/// Twenty-one parcels that went a day without a scan are what the next one is held against.
// req: S2-64
#[tokio::test]
async fn a_parcel_that_nobody_scans_is_raised_when_nearly_all_others_had_been() {
    let house = sends_with(&CarrierName::ALL).await;
    let number_of = async |order: &str| {
        packs(&house, order).await;
        asks(&house, order, json!({ "carrier": "ups" })).await;
        label(&house, order).await["tracking_number"].as_str().unwrap().to_owned()
    };
    let push = async |number: &str, code: &str| pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", number, code).await;
    let mut numbers = Vec::new();
    for n in 0..21 {
        numbers.push(number_of(&format!("30{n:02}")).await);
    }
    for (hours, code) in [(1, "I"), (20, "OT"), (1, "D")] {
        house.clock.advance(SignedDuration::from_hours(hours));
        for number in &numbers {
            push(number, code).await;
        }
    }
    let number = number_of("3100").await;
    house.clock.advance(SignedDuration::from_hours(1));
    push(&number, "I").await;
    let stuck = async || {
        house.watch().one(house.scope.tenant(), &correlation()).await.unwrap();
        let cases = get(&house, "/v1/orders/requiring-attention?reason=parcel_stuck").await.body;
        cases["orders"].as_array().unwrap().iter().map(|case| case["reasons"].clone()).collect::<Vec<_>>()
    };
    house.clock.advance(SignedDuration::from_hours(20));
    assert_eq!(stuck().await, [json!(null); 0], "others waited so long");
    house.clock.advance(SignedDuration::from_hours(4));
    let held = stuck().await;
    assert_eq!(held.len(), 1, "{held:?}");
    assert_eq!(held[0][0]["text"], "Nobody has scanned a parcel of it for 24.0 h", "{held:?}");
    push(&number, "OT").await;
    assert_eq!(stuck().await, [json!(null); 0], "it moves again");
}

// req: S2-68
#[tokio::test]
async fn bad_wishes_are_refused_with_advice() {
    let house = packed("2001").await;
    for (wish, field, code) in [
        (json!({ "carrier": "inpost" }), "carrier", "unknown_carrier"),
        (json!({ "service": "teleport" }), "service", "unknown_service"),
        (json!({ "size": { "length_mm": 0, "width_mm": 1, "height_mm": 1 } }), "size", "bad_size"),
        (json!({ "weight": 5 }), "weight", "unknown_field"),
    ] {
        let refused = asks(&house, "2001", wish.clone()).await;
        let fault = &refused.body["errors"][0];
        assert_eq!((refused.status, &fault["field"], &fault["code"]), (422, &json!(field), &json!(code)), "{wish} {}", refused.body);
    }
    for weight in [0, 70_001] {
        assert_eq!(asks(&house, "2001", json!({ "weight_g": weight })).await.status, 422);
    }
    for path in ["/v1/orders/2001/fulfilments/p9/labels", "/v1/orders/9999/fulfilments/p1/labels", "/v1/orders/2001/fulfilments/%2F/labels"]
    {
        assert_eq!(post(&house, path, &[], json!({})).await.status, 404, "{path}");
    }
    assert_eq!(get(&house, "/v1/orders/2001/fulfilments/p1/labels").await.status, 404, "none was asked for");
    assert_eq!(post(&house, "/v1/orders/2001/fulfilments/p1/track", &[], json!(null)).await.status, 409);
    // Nobody to ask.
    let lonely = sends_with(&[]).await;
    packs(&lonely, "2001").await;
    asks(&lonely, "2001", json!({})).await;
    assert!(label(&lonely, "2001").await["problem"].as_str().unwrap().contains("shipping.accounts"));
    assert_eq!(house.depot.sales(), []);
}

/// What was asked for twenty times at the same moment is bought once.
// req: S2-68
#[tokio::test]
async fn a_race_buys_one_label() {
    let house = packed("2001").await;
    let wishes = (0..20).map(|_| post(&house, "/v1/orders/2001/fulfilments/p1/labels", &[], json!({ "carrier": "ups" })));
    let answers = futures::future::join_all(wishes).await;
    assert!(answers.iter().all(|answer| answer.status == 202));
    house.settle().await;
    assert_eq!((house.depot.sales().len(), stands(&house, "2001").await.as_str()), (1, "bought ups"));
}

/// Sold, the answer lost, and then the carrier refuses to say so: nobody else is asked, and a person is told.
// req: S2-68
#[tokio::test]
async fn what_may_have_been_sold_is_not_bought_elsewhere() {
    let house = packed("2001").await;
    house.depot.will(|word| if word == "buy" { Fate::DoneInSilence } else { Fate::Done });
    asks(&house, "2001", json!({})).await;
    house.depot.will(|word| if word == "find" { Fate::Refused } else { Fate::Done });
    later(&house, 31).await;
    let label = label(&house, "2001").await;
    assert_eq!((&label["status"], sold(&house)), (&json!("failed"), 1), "{label}");
    assert!(label["problem"].as_str().unwrap().starts_with("USPS may have sold 2001-p1-"), "{label}");
    assert!(house.world.posts().iter().any(|(_, text)| text.contains("may have sold")));
    // So it is if its customer is forgotten meanwhile, or the account goes.
    packs(&house, "2002").await;
    house.depot.will(|word| if word == "buy" { Fate::DoneInSilence } else { Fate::Done });
    asks(&house, "2002", json!({})).await;
    house.depot.will(|_| Fate::Done);
    let saved = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    let without = TenantConfig { version: saved.version + 1, shipping: shipping(&[CarrierName::Ups]), ..saved.clone() };
    assert!(house.world.tenants().save(&house.scope, &without, saved.version).await.unwrap());
    later(&house, 31).await;
    assert_eq!((stands(&house, "2002").await.as_str(), sold(&house)), ("failed usps", 2), "nothing was bought at UPS");
}

/// The customer is forgotten while the carrier prints: no paper stays.
// req: S2-90, X-08
#[tokio::test]
async fn a_label_that_an_erasure_overtakes_is_deleted() {
    let house = packed("2001").await;
    house.depot.will(|word| if word == "buy" { Fate::DoneInSilence } else { Fate::Done });
    asks(&house, "2001", json!({ "carrier": "ups" })).await;
    house.depot.will(|_| Fate::Done);
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "email": "ada@example.com" })).await;
    assert_eq!(erased.status, 200, "{}", erased.body);
    house.settle().await;
    later(&house, 31).await;
    assert_eq!(house.world.reports().list(&house.scope, "labels/of-2001/", 10).await.unwrap(), [""; 0]);
    assert!(label(&house, "2001").await["problem"].as_str().unwrap().contains("may have sold"));
}

// req: S2-68
#[tokio::test]
async fn a_wish_that_comes_again_is_one_wish() {
    let house = packed("2001").await;
    asks(&house, "2001", json!({})).await;
    let again = async || {
        let path = "/v1/orders/2001/fulfilments/p1/labels";
        let answer = post(&house, path, &[("idempotency-key", "another")], json!({ "carrier": "ups", "again": true })).await;
        house.settle().await;
        (answer.status, house.depot.sales().len())
    };
    assert_eq!((again().await, again().await), ((202, 2), (202, 2)));
}

/// What people write as a number is what the carrier is asked for.
// req: S2-64
#[tokio::test]
async fn a_parcel_that_is_handed_over_by_hand_is_followed() {
    let house = packed("2001").await;
    let step = json!({ "step": "label", "carrier": "ups", "tracking_number": "1z 999-aa1" });
    let labelled = post(&house, "/v1/orders/2001/fulfilments/p1", &[], step).await;
    assert_eq!((labelled.status, &labelled.body["shipments"][0]["tracking_number"]), (200, &json!("1Z999AA1")), "{}", labelled.body);
    house.settle().await;
    house.clock.advance(SignedDuration::from_secs(60));
    pushes(&house, &[SIGNATURE], "/v1/carriers/demo/ups", "1Z999AA1", "D").await;
    assert_eq!(status(&house, "2001").await, "delivered");
}

/// Whatever a carrier repeats of a customer is in no history, no event and no message.
// req: S2-90
#[tokio::test]
async fn what_a_carrier_repeats_of_a_customer_is_left_out() {
    let house = packed("2001").await;
    house.depot.will(|word| if word == "buy" { Fate::Refused } else { Fate::Done });
    house.depot.refuses_with("ShipTo: ADA EXAMPLE, 12 Long Street, Beverly Hills 90210, ada@example.com, +15550100001 is not served");
    asks(&house, "2001", json!({ "carrier": "ups" })).await;
    let label = label(&house, "2001").await;
    assert_eq!(label["problem"], "ShipTo: … …, 12 … …, … … …, …@….…, +… is not served", "{label}");
    let told = house.world.posts().into_iter().map(|(_, text)| text).find(|text| text.contains("no label can be bought")).unwrap();
    assert!(!told.to_lowercase().contains("example") && told.contains("is not served"), "{told}");
}

/// Amounts that cannot be compared: the shop hears what to set.
// req: S2-61
#[tokio::test]
async fn offers_in_another_currency_say_what_to_set() {
    let house = packed("2001").await;
    house.depot.sells_in(domain::money::Currency::EUR);
    asks(&house, "2001", json!({})).await;
    let problem = label(&house, "2001").await["problem"].clone();
    assert_eq!(problem, "carriers offer in EUR, and offers are compared in USD: set shipping.currency in the settings");
}
