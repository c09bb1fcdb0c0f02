//! A shop's adviser: heard where it has something to say, and never waited for.

use crate::house::{House, config, owner};
use crate::rest::{call, get, post};
use app::ports::TenantStore;
use app::tenant::{AdviserSettings, Secret, TenantConfig};
use domain::fraud::{FraudAdvice, FraudRules};
use domain::order::SagaRules;
use domain::order::saga::Allocation;
use serde_json::{Value, json};

fn settings() -> AdviserSettings {
    let (url, key) = ("https://crew.example/api/crew/".to_owned(), Secret::new("crew-key"));
    AdviserSettings { enabled: true, url, key, ..AdviserSettings::default() }
}

async fn shop(adviser: AdviserSettings) -> House {
    let house = House::new().await;
    let fraud = FraudRules { review_at: 40, ..FraudRules::default() };
    let workflow = SagaRules { enabled: true, fraud, ..SagaRules::default() };
    let next = TenantConfig { version: 2, workflow, adviser, ..config() };
    assert_eq!(next.faults(), []);
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house
}

async fn stocks(house: &House, location: &str, skus: &[(&str, i64)]) {
    for (sku, pieces) in skus {
        let body = json!({ "location": location, "by": pieces, "reference": "opening" });
        assert_eq!(post(house, &format!("/v1/inventory/{sku}/adjust"), &[], body).await.status, 200);
    }
}

async fn places(house: &House, number: &str, skus: &[&str]) -> Value {
    let items: Vec<Value> = skus.iter().map(|sku| json!({ "sku": sku, "quantity": 1, "unit_price": "5.00" })).collect();
    let customer = json!({ "name": "Ada Example", "email": "ada@example.com", "phone": "+48500100200" });
    let body = json!({ "number": number, "currency": "EUR", "country": "DE", "items": items, "customer": customer });
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
    get(house, &format!("/v1/orders/{number}")).await.body
}

async fn story(house: &House, number: &str) -> String {
    get(house, &format!("/v1/orders/{number}/timeline")).await.body.to_string()
}

/// Its score counts half; what it says stands with the review. Who the customer is it is not told.
// req: S2-79
#[tokio::test]
async fn an_adviser_counts_beside_our_own_points() {
    let house = shop(settings()).await;
    stocks(&house, "main", &[("MUG", 9)]).await;
    house.adviser.thinks(FraudAdvice { score: 80, reasons: vec!["card seen at other shops".into()] });
    let order = places(&house, "1", &["MUG"]).await;
    assert_eq!(order["status"], "on_hold", "{order}");
    assert!(story(&house, "1").await.contains("the adviser says 80 of 100: card seen at other shops"));
    let asked = serde_json::to_string(&house.adviser.asked()).unwrap();
    assert!(asked.contains("\"order_id\":\"1\"") && asked.contains("\"total\":\"5.00\""), "{asked}");
    for personal in ["Ada", "ada@", "+48500100200"] {
        assert!(!asked.contains(personal), "{personal} in {asked}");
    }
    house.adviser.thinks(FraudAdvice { score: 79, reasons: Vec::new() });
    assert_eq!(places(&house, "2", &["MUG"]).await["status"], "processing", "39 points");
}

/// One that does not answer in time has said nothing: our own points stand, and the order goes on.
// req: S2-79, S2-77
#[tokio::test]
async fn remote_scorer_timeout_uses_local() {
    let house = shop(settings()).await;
    stocks(&house, "main", &[("MUG", 9)]).await;
    assert_eq!(places(&house, "1", &["MUG"]).await["status"], "processing");
    assert_eq!(house.adviser.asked().len(), 1);
    assert!(!story(&house, "1").await.contains("adviser"));
}

// req: S2-77, S2-82
#[tokio::test]
async fn one_that_is_switched_off_is_not_asked() {
    for off in [
        AdviserSettings { enabled: false, ..settings() },
        AdviserSettings { fraud: false, routing: false, ..settings() },
        AdviserSettings::default(),
    ] {
        let house = shop(off).await;
        stocks(&house, "main", &[("MUG", 1)]).await;
        stocks(&house, "annex", &[("POT", 1)]).await;
        house.adviser.thinks(FraudAdvice { score: 100, reasons: Vec::new() });
        assert_eq!(places(&house, "1", &["MUG", "POT"]).await["status"], "processing");
        assert_eq!(house.adviser.asked(), []);
    }
}

/// Thirteen places, more than we try all choices of: we find three parcels, and it knows of two.
// req: S2-77
#[tokio::test]
async fn a_proposal_is_followed_only_if_it_is_better() {
    let order = ["A", "B", "C", "D", "E", "F"];
    let at = |location: &str, skus: &[&str]| -> Vec<Allocation> {
        skus.iter().map(|sku| Allocation { sku: (*sku).into(), location: location.into(), quantity: 1 }).collect()
    };
    let two = [at("x", &["A", "B", "C"]), at("y", &["D", "E", "F"])].concat();
    let more_than_there_is = [at("c", &["A", "B", "C"]), at("f", &["D", "E", "F"])].concat();
    for (proposed, followed) in
        [(Some(two.clone()), true), (Some(more_than_there_is), false), (Some(two[..5].to_vec()), false), (None, false)]
    {
        let house = shop(settings()).await;
        stocks(&house, "t", &[("A", 1), ("B", 1), ("D", 1), ("E", 1)]).await;
        stocks(&house, "x", &[("A", 1), ("B", 1), ("C", 1)]).await;
        stocks(&house, "y", &[("D", 1), ("E", 1), ("F", 1)]).await;
        stocks(&house, "c", &[("C", 50)]).await;
        stocks(&house, "f", &[("F", 50)]).await;
        for n in 0..8 {
            stocks(&house, &format!("z{n}"), &[("A", 1)]).await;
        }
        if let Some(proposed) = proposed {
            house.adviser.proposes(proposed);
        }
        assert_eq!(places(&house, "1", &order).await["status"], "processing");
        let held: std::collections::BTreeSet<String> = house.world.stock_holds(&house.scope).into_iter().map(|held| held.1).collect();
        let wanted: &[&str] = if followed { &["x", "y"] } else { &["c", "f", "t"] };
        assert_eq!(held.iter().map(String::as_str).collect::<Vec<_>>(), wanted);
        assert_eq!(story(&house, "1").await.contains("as the adviser proposed"), followed);
    }
}

/// What one location has whole needs no advice.
// req: S2-77
#[tokio::test]
async fn nobody_is_asked_what_there_is_no_choice_of() {
    let house = shop(AdviserSettings { fraud: false, ..settings() }).await;
    stocks(&house, "main", &[("MUG", 9), ("POT", 9)]).await;
    stocks(&house, "annex", &[("MUG", 9)]).await;
    places(&house, "1", &["MUG", "POT"]).await;
    assert_eq!(house.adviser.asked(), []);
}

// req: S2-77
#[tokio::test]
async fn settings_that_could_not_work_are_refused_and_the_key_stays_inside() {
    let faults = |adviser: AdviserSettings| -> Vec<String> {
        TenantConfig { adviser, ..config() }.faults().into_iter().map(|fault| fault.field).collect()
    };
    for url in ["", "http://crew.example", "https://127.0.0.1", "https://crew", "https://u:p@crew.example", "https://crew.example/#x"] {
        assert_eq!(faults(AdviserSettings { url: url.into(), ..settings() }), ["adviser.url"], "{url}");
    }
    assert_eq!(faults(AdviserSettings { key: Secret::default(), ..settings() }), ["adviser.key"]);
    assert_eq!(faults(AdviserSettings { enabled: false, url: "x".into(), ..settings() }), Vec::<String>::new());
    let house = shop(settings()).await;
    let mut shown = get(&house, "/v1/settings").await.body;
    assert_eq!((&shown["adviser"]["key"], &shown["adviser"]["url"]), (&json!("(set)"), &json!("https://crew.example/api/crew/")));
    // Whoever may change settings cannot have the key sent elsewhere.
    for (url, status) in
        [("https://crew.example/v2", 200), ("https://evil.example/api/crew/", 422), ("https://crew.example.evil.example", 422)]
    {
        shown["adviser"]["url"] = json!(url);
        shown["version"] = get(&house, "/v1/settings").await.body["version"].clone();
        let saved = call(&house, Some(owner()), "PUT", "/v1/settings", &[], shown.clone()).await;
        assert_eq!(saved.status, status, "{url}: {}", saved.body);
        if status == 422 {
            assert_eq!(saved.body["errors"][0]["field"], "adviser.key");
        }
    }
}
