//! Do the doubles look? Each request that the adapters make is changed in every way that a carrier would refuse; a double that takes
//! a mutant proves nothing.

use crate::bench::{Bench, number, parcel, purchase};
use crate::double::{SCHEMAS, faults};
use domain::shipping::rates::CarrierName;
use jiff::civil::date;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// What may be left out.
const OPTIONAL: [&str; 15] = [
    "dimensions",
    "Dimensions",
    "ReferenceNumber",
    "companyName",
    "stateOrProvinceCode",
    "StateProvinceCode",
    "PostalCode",
    "ResidentialAddressIndicator",
    "Phone",
    "secondaryAddress",
    "ZIPPlus4",
    "firm",
    "provinceCode",
    "addressLine2",
    "addressLine3",
];

/// What is there and may be empty: DHL wants a postal code of countries that have none, and a tag of UPS means something by being there.
const MAY_BE_EMPTY: [&str; 2] = ["postalCode", "NegotiatedRatesIndicator"];

/// The bodies that the adapters send, by schema.
async fn bodies() -> BTreeMap<&'static str, Value> {
    let bench = Bench::new().await;
    for carrier in CarrierName::ALL {
        let desk = bench.carrier(carrier);
        desk.rates(&bench.account, &parcel()).await.unwrap();
        let label = desk.buy_label(&bench.account, &purchase("1001.F1")).await.unwrap();
        desk.find_label(&bench.account, &label.reference, parcel().leaves).await.unwrap();
        desk.manifest(&bench.account, &parcel().from, date(2025, 8, 8), &[number("9205500000000000000001")]).await.unwrap();
        desk.track(&bench.account, &label.tracking_number).await.unwrap();
        desk.void_label(&bench.account, &label.tracking_number).await.unwrap();
    }
    bench.double.assert_clean();
    let at = |path: &str| bench.double.calls(path)[0].json();
    [
        ("fedex_rate", "/rate/v1/rates/quotes"),
        ("fedex_ship", "POST /fedex/ship/v1/shipments"),
        ("fedex_cancel", "/shipments/cancel"),
        ("fedex_close", "/endofday/"),
        ("fedex_track", "/trackingnumbers"),
        ("fedex_reference", "/referencenumbers"),
        ("ups_rate", "/rating/"),
        ("ups_ship", "/v2409/ship"),
        ("ups_recovery", "/recovery"),
        ("usps_payment", "/payment-authorization"),
        ("usps_options", "/options/search"),
        ("usps_label", "POST /usps/labels/v3/label"),
        ("usps_scan_form", "/scan-form"),
        ("dhl_rate", "/dhl/rates"),
        ("dhl_ship", "POST /dhl/shipments"),
    ]
    .map(|(schema, path)| (schema, at(path)))
    .into_iter()
    .collect()
}

/// Every place in a body, as JSON pointers.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, field)| places(field, &format!("{at}/{name}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(nth, item)| places(item, &format!("{at}/{nth}"), found)),
        _ => {}
    }
}

/// Ways to spoil one place, with what was done.
fn mutants(body: &Value, at: &str) -> Vec<(String, Value)> {
    let mut made = Vec::new();
    let mut with = |what: &str, change: &dyn Fn(&mut Value)| {
        let mut mutant = body.clone();
        change(mutant.pointer_mut(at).unwrap());
        made.push((format!("{what} at {at}"), mutant));
    };
    match body.pointer(at).unwrap() {
        Value::Object(fields) => {
            with("something unheard of", &|value| value["unheardOf"] = json!(1));
            with("a text for an object", &|value| *value = json!("x"));
            for name in fields.keys().filter(|name| !OPTIONAL.contains(&name.as_str())) {
                with(&format!("{name} left out"), &|value| {
                    value.as_object_mut().unwrap().remove(name);
                });
            }
        }
        Value::Array(_) => {
            with("an empty list", &|value| *value = json!([]));
            with("an object for a list", &|value| *value = json!({}));
            with("something else in a list", &|value| *value = json!([true]));
        }
        Value::String(text) => {
            with("a number for a text", &|value| *value = json!(7));
            with("a text without end", &|value| *value = json!("9".repeat(600)));
            if !text.is_empty() && !MAY_BE_EMPTY.iter().any(|name| at.ends_with(name)) {
                with("nothing for a text", &|value| *value = json!(""));
            }
        }
        Value::Number(_) => {
            with("a text for a number", &|value| *value = json!("7"));
            with("less than nothing", &|value| *value = json!(-1));
            with("nothing", &|value| *value = json!(0));
        }
        Value::Bool(_) => with("a text for yes or no", &|value| *value = json!("true")),
        Value::Null => with("a number for nothing", &|value| *value = json!(7)),
    }
    made
}

#[tokio::test]
async fn every_mutant_is_rejected() {
    let bodies = bodies().await;
    assert_eq!(bodies.len(), SCHEMAS.len());
    let (mut tried, mut survived) = (0, Vec::new());
    for (schema, body) in &bodies {
        assert_eq!(faults(schema, body), Vec::<String>::new());
        let mut found = Vec::new();
        places(body, "", &mut found);
        for (what, mutant) in found.iter().flat_map(|at| mutants(body, at)) {
            tried += 1;
            if faults(schema, &mutant).is_empty() {
                survived.push(format!("{schema}: {what}"));
            }
        }
    }
    assert!(tried > 1_000, "{tried}");
    assert_eq!(survived, Vec::<String>::new(), "of {tried}");
}
