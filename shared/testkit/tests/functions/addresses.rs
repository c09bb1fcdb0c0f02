//! Where parcels go, and what comes on top of the goods, over the API.

use crate::house::{House, config, owner};
use crate::rest::{Answer, get, post};
use app::ports::TenantStore;
use app::tenant::TenantConfig;
use domain::money::Currency;
use domain::shipping::tax::{ChargeRules, RegionTax, TaxRules};
use serde_json::{Value, json};

fn order(number: &str, currency: &str, address: Value) -> Value {
    let mut body = json!({
        "number": number, "currency": currency,
        "customer": { "name": "Ada Example", "email": "ada@example.com" },
        "items": [{ "sku": "MUG", "quantity": 2, "unit_price": "29.99" }],
    });
    if !address.is_null() {
        body["shipping_address"] = address;
    }
    body
}

fn warsaw() -> Value {
    json!({ "street": ["ul. Prosta 51", "m. 4"], "city": "Warszawa", "postal_code": "00-838", "country": "PL" })
}

async fn places(house: &House, body: Value) -> Answer {
    let key = format!("key-{}", body["number"].as_str().unwrap());
    post(house, "/v1/orders", &[("idempotency-key", &key)], body).await
}

async fn placed(house: &House, body: Value) -> Value {
    let number = body["number"].as_str().unwrap().to_owned();
    let answer = places(house, body).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    get(house, &format!("/v1/orders/{number}")).await.body
}

async fn faults(house: &House, body: Value) -> Vec<String> {
    let answer = places(house, body).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    let faults = answer.body["errors"].as_array().unwrap().iter();
    faults.map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap())).collect()
}

async fn with_charges(charges: ChargeRules) -> House {
    let house = House::new().await;
    let next = TenantConfig { version: 2, charges, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house
}

// req: S2-13
#[tokio::test]
async fn an_address_is_kept_as_it_was_written_and_says_the_country() {
    let house = House::new().await;
    let read = placed(&house, order("8001", "EUR", warsaw())).await;
    assert_eq!(read["shipping_address"], warsaw());
    assert_eq!((&read["country"], &read["did_you_mean"], &read["address_doubts"]), (&json!("PL"), &Value::Null, &Value::Null));

    let mut sloppy = warsaw();
    (sloppy["city"], sloppy["postal_code"]) = (json!("Warszawa  "), json!("00838"));
    let read = placed(&house, order("8002", "EUR", sloppy.clone())).await;
    assert_eq!((&read["shipping_address"], &read["did_you_mean"]), (&sloppy, &warsaw()), "proposed, not altered");

    let box_in_york = json!({ "street": ["PO Box 12"], "city": "New York", "region": "CA", "postal_code": "10001", "country": "US" });
    let read = placed(&house, order("8003", "USD", box_in_york)).await;
    let doubts = read["address_doubts"].to_string();
    assert!(doubts.contains("post box") && doubts.contains("lies in NY"), "{doubts}");
}

// req: S2-13
#[tokio::test]
async fn all_that_is_wrong_with_an_address_is_said_at_once() {
    let house = House::new().await;
    let bad = json!({ "street": ["", "a\u{202e}b"], "city": " ", "postal_code": "OO-838", "country": "PL" });
    let mut body = order("8004", "EUR", bad);
    body["billing_address"] = json!({ "street": ["1 High St"], "city": "London", "postal_code": "SW1A 1AA", "country": "UK" });
    let mut found = faults(&house, body).await;
    found.sort();
    assert_eq!(
        found,
        [
            "billing_address.country bad_country",
            "shipping_address.city required",
            "shipping_address.postal_code bad_postal_code",
            "shipping_address.street[0] required",
            "shipping_address.street[1] hidden_character",
        ]
    );
    let mut torn = order("8005", "EUR", warsaw());
    torn["country"] = json!("DE");
    assert_eq!(faults(&house, torn.clone()).await, ["country does_not_match"]);
    torn["shipping_address"]["zip"] = json!("1");
    torn["shipping_address"]["street"] = json!("ul. Prosta 51");
    assert_eq!(faults(&house, torn).await, ["shipping_address.street wrong_type", "shipping_address.zip unknown_field"]);
}

fn stored(house: &House) -> String {
    serde_json::to_string(&house.world.all_orders(&house.scope)).unwrap()
}

#[tokio::test]
async fn who_is_forgotten_lives_nowhere() {
    let house = House::new().await;
    let mut body = order("8006", "EUR", warsaw());
    body["billing_address"] = json!({ "street": ["Hauptstr. 1"], "city": "Berlin", "postal_code": "10115", "country": "DE" });
    let read = placed(&house, body).await;
    assert_eq!(read["billing_address"]["city"], "Berlin");
    assert!(stored(&house).contains("Prosta") && stored(&house).contains("Hauptstr"));
    let ada = app::privacy::address("ada@example.com").unwrap().into();
    house.privacy().erase(&owner(), &config(), &ada, &crate::house::correlation()).await.unwrap();
    let read = get(&house, "/v1/orders/8006").await.body;
    assert_eq!((&read["shipping_address"], &read["billing_address"], &read["country"]), (&Value::Null, &Value::Null, &json!("PL")));
    assert!(!stored(&house).contains("Prosta") && !stored(&house).contains("Hauptstr"), "{}", stored(&house));
}

fn totals(read: &Value) -> [&str; 4] {
    ["subtotal", "tax", "shipping", "total"].map(|part| read[part].as_str().unwrap_or_default())
}

// req: S2-16
#[tokio::test]
async fn tax_and_shipping_come_on_top_where_the_sender_says_nothing_of_them() {
    let on = ChargeRules { enabled: true, currency: Some(Currency::USD), ..ChargeRules::default() };
    let house = with_charges(on.clone()).await;
    assert_eq!(totals(&placed(&house, order("8101", "USD", Value::Null)).await), ["59.98", "4.80", "9.99", "74.77"]);
    assert_eq!(totals(&placed(&house, order("8102", "EUR", Value::Null)).await)[3], "59.98", "the amounts are in dollars");
    let mut said = order("8103", "USD", Value::Null);
    said["tax"] = json!("0.00");
    assert_eq!(totals(&placed(&house, said).await), ["59.98", "0.00", "0.00", "59.98"], "said is said");
    let mut checked = order("8104", "USD", Value::Null);
    checked["total"] = json!("59.98");
    assert_eq!(faults(&house, checked).await, ["total does_not_add_up"], "a total that was shown to somebody is the order's");

    let place = |country: &str, region: Option<&str>, tax_bps, shipping_flat_minor| RegionTax {
        country: country.into(),
        region: region.map(str::to_owned),
        tax_bps,
        shipping_flat_minor,
    };
    let regions = vec![place("PL", None, 2_300, Some(499)), place("US", None, 600, None), place("US", Some("OR"), 0, None)];
    let regional = with_charges(ChargeRules { tax: TaxRules { regions, ..TaxRules::default() }, ..on }).await;
    assert_eq!(totals(&placed(&regional, order("8105", "USD", warsaw())).await), ["59.98", "13.80", "4.99", "78.77"]);
    for (number, region) in [("8107", "OR"), ("8108", "Oregon"), ("8109", " or")] {
        let portland = json!({ "street": ["1 Main St"], "city": "Portland", "region": region, "postal_code": "97201", "country": "US" });
        assert_eq!(totals(&placed(&regional, order(number, "USD", portland)).await), ["59.98", "0.00", "9.99", "69.97"], "{region}");
    }
    let mut download = order("8110", "USD", Value::Null);
    download["items"][0]["digital"] = json!(true);
    download["billing_address"] = warsaw();
    assert_eq!(totals(&placed(&regional, download).await), ["59.98", "13.80", "0.00", "73.78"], "taxed where its bill goes");

    let off = House::new().await;
    assert_eq!(totals(&placed(&off, order("8106", "USD", Value::Null)).await), ["59.98", "0.00", "0.00", "59.98"], "until a shop wants it");
}
