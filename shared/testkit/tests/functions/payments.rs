//! How orders are paid: over the API, through the worker and the providers' door.

use crate::house::{House, config, correlation, identity, owner};
use crate::rest::{Answer, call, get, post};
use crate::signing::send;
use app::Scopes;
use app::ports::{GatewayAccount, Gateways, Source, StripeAccount, TenantStore, ToAuthorize};
use app::tenant::{PaymentSettings, Secret, TenantConfig};
use contracts::Payload;
use domain::money::{Currency, Money};
use domain::order::{Command, MoneyCommand, Role, SagaRules};
use domain::payment::{By, OutsideKind, PaymentKey, Provider, Wish};
use jiff::SignedDuration;
use serde_json::{Value, json};
use testkit::bank::{Bank, Fate, SIGNATURE};

pub fn stripe() -> GatewayAccount {
    GatewayAccount::Stripe(StripeAccount { secret_key: Secret::new("sk_test_demo"), webhook_secrets: vec![Secret::new("whsec_demo")] })
}

/// A shop that collects its money, with a hundred mugs.
pub async fn shop() -> House {
    let house = House::new().await;
    let payments = PaymentSettings { enabled: true, accounts: vec![stripe()], ..PaymentSettings::default() };
    let workflow = SagaRules { enabled: true, high_value_over: 0, ..SagaRules::default() };
    let next = TenantConfig { version: 2, payments, workflow, requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    let stocked = post(&house, "/v1/inventory/MUG/adjust", &[], json!({ "location": "main", "by": 100, "reference": "opening" })).await;
    assert_eq!(stocked.status, 200, "{}", stocked.body);
    house.settle().await;
    house
}

fn order(number: &str, method: &str) -> Value {
    json!({
        "number": number, "currency": "EUR", "country": "DE", "payment_method": method,
        "items": [{ "sku": "MUG", "quantity": 2, "unit_price": "25.00" }],
        "customer": { "name": "Ada Example", "email": format!("ada{number}@example.com") },
    })
}

async fn places_body(house: &House, body: Value) -> Answer {
    let key = format!("key-{}", body["number"].as_str().unwrap());
    let placed = post(house, "/v1/orders", &[("idempotency-key", &key)], body).await;
    house.settle().await;
    placed
}

pub async fn places(house: &House, number: &str, method: &str) {
    let placed = places_body(house, order(number, method)).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
}

pub async fn payment(house: &House, number: &str) -> Value {
    get(house, &format!("/v1/orders/{number}/payment")).await.body
}

/// "processing authorized 1 ok, 2 declined".
pub async fn stands(house: &House, number: &str) -> String {
    let status = get(house, &format!("/v1/orders/{number}")).await.body["status"].as_str().unwrap().to_owned();
    let paid = payment(house, number).await;
    let operations: Vec<String> = paid["operations"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|one| format!("{} {}", one["kind"].as_str().unwrap(), one["state"].as_str().unwrap()))
        .collect();
    format!("{status} {}: {}", paid["status"].as_str().unwrap(), operations.join(", "))
}

pub async fn moves(house: &House, number: &str, status: &str) {
    let moved = post(house, &format!("/v1/orders/{number}/status"), &[], json!({ "status": status })).await;
    assert_eq!(moved.status, 200, "{}", moved.body);
    house.settle().await;
}

async fn refunds(house: &House, number: &str, key: &str, body: Value) -> Answer {
    let answer = post(house, &format!("/v1/orders/{number}/refunds"), &[("idempotency-key", key)], body).await;
    house.settle().await;
    answer
}

/// Time passes, and whoever is due looks.
pub async fn later(house: &House, minutes: i64) {
    house.clock.advance(SignedDuration::from_secs(minutes * 60 + 1));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
}

/// Captured and refunded are what the bank says. Invariant I1.
pub async fn agrees(house: &House, number: &str) {
    let paid = payment(house, number).await;
    let minor = |name: &str| Money::parse(paid[name]["amount"].as_str().unwrap(), Currency::EUR).unwrap().minor;
    assert_eq!(
        (minor("captured"), minor("refunded")),
        (house.bank.sum("demo", number, "capture"), house.bank.sum("demo", number, "refund")),
        "{paid}"
    );
}

async fn reports(house: &House, tenant: &str, body: &[u8]) -> (u16, Value) {
    let answer = send(house, &format!("/v1/payments/{tenant}/stripe"), &[SIGNATURE], body).await;
    house.settle().await;
    (answer.status, answer.body)
}

/// Whose order is run here hears of each milestone, in their language, with its amount.
// req: S2-70, S2-71, S2-23
#[tokio::test]
async fn customers_hear_of_milestones_in_their_language() {
    let house = shop().await;
    let german = |number: &str, quantity: u32| {
        let mut body = order(number, "credit_card");
        (body["customer"]["locale"], body["items"][0]["quantity"]) = (json!("de-DE"), json!(quantity));
        body
    };
    for (number, quantity) in [("2001", 2), ("2002", 90), ("2003", 90)] {
        assert_eq!(places_body(&house, german(number, quantity)).await.status, 201);
    }
    moves(&house, "2001", "shipped").await;
    moves(&house, "2001", "delivered").await;
    // Nobody hears from a shop more often than it wants in a day.
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(refunds(&house, "2001", "back", json!({})).await.status, 202);
    let told = |number: &str| {
        let mails = house.world.sent_mails().into_iter().filter(|mail| mail.subject.contains(number));
        mails.map(|mail| (mail.subject, mail.text)).unzip::<String, String, Vec<_>, Vec<_>>()
    };
    let (subjects, texts) = told("2001");
    let milestones =
        ["Bestellbestätigung", "Zahlung bestätigt", "Ihre Bestellung wurde versandt", "Bestellung zugestellt", "Erstattung veranlasst"];
    assert_eq!(subjects, milestones.map(|milestone| format!("{milestone} - Bestellung #2001")));
    assert!(texts[1].contains("Ihre Zahlung über 50,00 EUR ist bestätigt."), "{}", texts[1]);
    assert!(texts[4].contains("Wir haben 50,00 EUR auf dem Weg der Zahlung zurückerstattet."), "{}", texts[4]);
    let (subjects, texts) = told("2003");
    assert_eq!(subjects, ["Bestellbestätigung", "Artikel nicht vorrätig"].map(|milestone| format!("{milestone} - Bestellung #2003")));
    assert!(texts[1].contains("derzeit nicht vorrätig"), "{}", texts[1]);
}

// req: S2-01, S2-46, S2-47
#[tokio::test]
async fn an_order_is_promised_confirmed_sent_and_captured() {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok");
    let paid = payment(&house, "2001").await;
    assert_eq!(
        (&paid["method"], &paid["collected"], &paid["total"]),
        (&json!("credit_card"), &json!(true), &json!({ "amount": "50.00", "currency": "EUR" }))
    );
    assert_eq!(paid["operations"][0]["key"], "demo#2001#authorize#1");
    moves(&house, "2001", "shipped").await;
    assert_eq!(stands(&house, "2001").await, "shipped captured: authorize ok, capture ok");
    assert_eq!(get(&house, "/v1/orders/2001").await.body["workflow"]["ended"], "completed");
    agrees(&house, "2001").await;
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    for event in ["payment_began", "payment_settled", "payment_changed"] {
        assert!(timeline.contains(event), "{event}");
    }
}

// req: S2-51
#[tokio::test]
async fn money_goes_back_once_and_never_more_than_was_taken() {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    let early = refunds(&house, "2001", "k0", json!({})).await;
    assert_eq!((early.status, early.body["type"].as_str().unwrap().rsplit('#').next()), (409, Some("not-refundable")), "{}", early.body);
    moves(&house, "2001", "shipped").await;
    let wish = json!({ "amount": "20.00", "reason": "Scratched" });
    for _ in 0..3 {
        let answer = refunds(&house, "2001", "k1", wish.clone()).await;
        assert_eq!(answer.status, 202, "{}", answer.body);
    }
    assert_eq!(stands(&house, "2001").await, "shipped partially_refunded: authorize ok, capture ok, refund ok");
    assert_eq!(refunds(&house, "2001", "k1", json!({ "amount": "21.00" })).await.status, 422, "the key was used for another one");
    for (amount, status) in [("30.01", 409), ("0", 409), ("-1", 409), ("1.001", 422), ("1e9", 422), ("", 422)] {
        assert_eq!(refunds(&house, "2001", &format!("k-{amount}"), json!({ "amount": amount })).await.status, status, "{amount}");
    }
    assert_eq!(post(&house, "/v1/orders/2001/refunds", &[], json!({})).await.status, 422, "no key");
    let operator = identity("demo", Role::Operator, Scopes { read: true, write: true, ..Scopes::default() });
    let path = "/v1/orders/2001/refunds";
    assert_eq!(call(&house, Some(operator), "POST", path, &[("idempotency-key", "k2")], json!({})).await.status, 403);
    assert_eq!(refunds(&house, "2001", "k3", json!({})).await.status, 202);
    assert_eq!(payment(&house, "2001").await["status"], "refunded");
    agrees(&house, "2001").await;
}

// req: S2-49, S2-46
#[tokio::test]
async fn lost_answers_are_looked_up_and_nothing_happens_twice() {
    let house = shop().await;
    house.bank.will(|word, _| if word == "look_up" { Fate::Done } else { Fate::DoneInSilence });
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok");
    moves(&house, "2001", "shipped").await;
    assert_eq!(refunds(&house, "2001", "k1", json!({ "amount": "5.00" })).await.status, 202);
    assert_eq!(stands(&house, "2001").await, "shipped partially_refunded: authorize ok, capture ok, refund ok");
    assert_eq!(house.bank.entries().len(), 3);
    agrees(&house, "2001").await;
}

// req: S2-49
#[tokio::test]
async fn a_bank_that_says_nothing_is_asked_every_five_minutes_and_believed_after_fifteen() {
    let house = shop().await;
    house.bank.will(|_, _| Fate::Silence);
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "pending pending: authorize unknown");
    let asked = house.bank.asked();
    later(&house, 1).await;
    assert_eq!(house.bank.asked(), asked, "not every minute");
    later(&house, 5).await;
    assert!(house.bank.asked() > asked);
    house.bank.will(|_, _| Fate::Done);
    later(&house, 15).await;
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok", "it never came there, and who says so is there again");
    assert_eq!(house.bank.entries().len(), 1, "asked for by the same name");
}

/// Somebody has asked the bank and died, or is still at it. A bank that then refuses and does not say what it knows has not said that nothing
/// has happened: its refusal is of the second request. Found by seeds 7466 and 13270 of the simulator.
// req: S2-49
#[tokio::test]
async fn a_refusal_says_nothing_of_what_somebody_else_has_asked_for() {
    let house = shop().await;
    let placed = post(&house, "/v1/orders", &[("idempotency-key", "k")], order("2001", "credit_card")).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let due = house.world.take_published().into_iter().find(|event| matches!(event.payload, Payload::SagaDue(_))).unwrap();
    let no_time = house.clock_now() + SignedDuration::from_secs(1);
    assert!(house.sagas().run(&due, Some(no_time)).await.is_err(), "there is no time to ask for it");
    assert_eq!(stands(&house, "2001").await, "pending pending: ", "so it is not written down either");
    let wish = Wish::Authorize { provider: Provider::Stripe, amount: Money::new(5_000, Currency::EUR), by: By::Customer };
    house.command("2001", Command::Money(MoneyCommand::Begin { wish, why: Vec::new() })).await;
    assert_eq!(stands(&house, "2001").await, "pending pending: authorize sent");
    let key = PaymentKey::parse("demo#2001#authorize#1").unwrap();
    let wish = ToAuthorize {
        key: &key,
        amount: Money::new(5_000, Currency::EUR),
        source: Source::Hosted,
        description: "Order 2001",
        return_url: "https://shop.example",
        notify_url: None,
        customer_ip: None,
        resumed: None,
    };
    house.bank.of(&stripe()).authorize(&wish).await.unwrap();
    house.bank.will(|word, _| if word == "look_up" { Fate::Silence } else { Fate::Refused });
    house.sagas().run(&due, None).await.unwrap();
    assert_eq!(stands(&house, "2001").await, "pending pending: authorize sent", "whoever wrote it down asks for it, for a minute");
    house.clock.advance(SignedDuration::from_secs(61));
    house.sagas().run(&due, None).await.unwrap();
    assert_eq!(stands(&house, "2001").await, "pending pending: authorize unknown");
    house.bank.will(|_, _| Fate::Done);
    later(&house, 5).await;
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok");
    assert_eq!(house.bank.entries().len(), 1);
}

// req: S2-52, S2-37
#[tokio::test]
async fn the_customer_confirms_and_the_webhook_only_says_so() {
    let house = shop().await;
    house.bank.will(|_, _| Fate::Asks);
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "pending requires_action: authorize requires_action");
    let paid = payment(&house, "2001").await;
    assert_eq!(paid["action"], json!({ "provider": "stripe", "reference": "authorize_1", "url": "https://bank.example/pay" }));
    assert!(paid["pay_until"].is_string());
    let key = PaymentKey::parse("demo#2001#authorize#1").unwrap();
    // Whoever forges it, or sends it early, moves nothing.
    assert_eq!(send(&house, "/v1/payments/demo/stripe", &[], &Bank::webhook(&key)).await.status, 401);
    assert_eq!(send(&house, "/v1/payments/demo/paypal", &[SIGNATURE], &Bank::webhook(&key)).await.status, 401, "no such account");
    assert_eq!(send(&house, "/v1/payments/nobody/stripe", &[SIGNATURE], &Bank::webhook(&key)).await.status, 401);
    assert_eq!(reports(&house, "demo", &Bank::webhook(&key)).await, (200, json!({ "events": 1, "orders": 1, "unknown": 0 })));
    assert_eq!(stands(&house, "2001").await, "pending requires_action: authorize requires_action");
    assert!(house.bank.finishes(&key));
    reports(&house, "demo", &Bank::webhook(&key)).await;
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok");
    assert!(payment(&house, "2001").await["action"].is_null());
    let again = reports(&house, "demo", &Bank::webhook(&key)).await;
    assert_eq!(again.0, 200);
    for (body, unknown) in
        [("{\"key\":\"demo#9999#authorize#1\"}", 0), ("{\"key\":\"other#2001#authorize#1\"}", 1), ("{\"name\":\"x\"}", 1)]
    {
        let (status, told) = reports(&house, "demo", body.as_bytes()).await;
        assert_eq!((status, &told["orders"], &told["unknown"]), (200, &json!(0), &json!(unknown)), "{body}");
    }
}

// req: S2-52
#[tokio::test]
async fn what_somebody_refunds_at_the_providers_own_pages_is_found_by_the_providers_name() {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    moves(&house, "2001", "shipped").await;
    let capture = PaymentKey::parse("demo#2001#capture#2").unwrap();
    house.bank.outside(&capture, OutsideKind::Refund, Money::new(1_000, Currency::EUR));
    let body = json!({ "name": "capture_2", "topic": "refund" }).to_string();
    assert_eq!(reports(&house, "demo", body.as_bytes()).await.1["orders"], 1);
    let paid = payment(&house, "2001").await;
    assert_eq!((&paid["status"], &paid["refunded"]["amount"]), (&json!("partially_refunded"), &json!("10.00")));
    assert_eq!(paid["outside"][0]["what"], "refund");
    // A charge has the key of its authorization.
    house.bank.outside(&capture, OutsideKind::Refund, Money::new(500, Currency::EUR));
    let body = json!({ "key": "demo#2001#authorize#1", "topic": "refund" }).to_string();
    reports(&house, "demo", body.as_bytes()).await;
    assert_eq!(payment(&house, "2001").await["refunded"]["amount"], "15.00");
}

// req: S2-50, S2-37
#[tokio::test]
async fn who_has_no_money_is_tried_again_and_the_shelf_gets_its_mugs_back_in_the_end() {
    let house = shop().await;
    house.bank.will(|_, _| Fate::Declined { soft: true });
    let mut body = order("2001", "credit_card");
    body["payment"] = json!({ "provider": "stripe", "token": "pm_1" });
    assert_eq!(places_body(&house, body).await.status, 201);
    let held = async || get(&house, "/v1/inventory/MUG").await.body[0]["reserved"].as_i64().unwrap();
    assert_eq!((stands(&house, "2001").await.as_str(), held().await), ("pending failed: authorize declined", 2));
    for tries in 2..=4 {
        later(&house, 30).await;
        assert_eq!(payment(&house, "2001").await["operations"].as_array().unwrap().len(), tries);
    }
    later(&house, 30).await;
    assert_eq!(held().await, 0);
    assert!(stands(&house, "2001").await.starts_with("cancelled failed"));
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body;
    let events: Vec<&str> = timeline["timeline"].as_array().unwrap().iter().map(|entry| entry["event"].as_str().unwrap()).collect();
    assert_eq!(events.iter().filter(|event| **event == "payment_given_up").count(), 1, "{events:?}");
}

// req: S2-48
#[tokio::test]
async fn a_cancelled_order_gives_its_promise_back_and_what_was_taken_too() {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    moves(&house, "2001", "cancelled").await;
    assert_eq!(stands(&house, "2001").await, "cancelled voided: authorize ok, void ok");
    places(&house, "2002", "credit_card").await;
    assert_eq!(post(&house, "/v1/orders/2002/payment/capture", &[], json!({})).await.status, 202);
    house.settle().await;
    moves(&house, "2002", "cancelled").await;
    assert_eq!(stands(&house, "2002").await, "cancelled refunded: authorize ok, capture ok, refund ok");
    agrees(&house, "2002").await;
    assert_eq!(post(&house, "/v1/orders/2002/payment/capture", &[], json!({})).await.status, 409);
    assert_eq!(post(&house, "/v1/orders/2002/payment/retry", &[], json!({})).await.status, 409);
}

// req: S2-55, S2-01
#[tokio::test]
async fn methods_that_nobody_is_asked_for_and_orders_that_name_none() {
    let house = shop().await;
    places(&house, "2001", "cash_on_delivery").await;
    assert_eq!(stands(&house, "2001").await, "processing pending: ");
    places(&house, "2002", "bank_transfer").await;
    assert_eq!(stands(&house, "2002").await, "pending pending: ");
    let refused = post(&house, "/v1/orders/2002/payment/capture", &[], json!({})).await;
    assert_eq!(refused.status, 409, "{}", refused.body);
    let mut plain = order("2003", "");
    plain.as_object_mut().unwrap().remove("payment_method");
    assert_eq!(places_body(&house, plain).await.status, 201);
    assert_eq!(get(&house, "/v1/orders/2003").await.body["status"], "processing", "somebody else sees to its money");
    assert_eq!(get(&house, "/v1/orders/2003/payment").await.status, 404);
    let wrong = places_body(&house, order("2004", "paypal")).await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(wrong.body.to_string().contains("no_provider"), "{}", wrong.body);
    let mut card = order("2005", "credit_card");
    card["payment"] = json!({ "provider": "stripe", "token": "4242424242424242" });
    let card = places_body(&house, card).await;
    assert!(card.status == 422 && card.body.to_string().contains("card_number"), "{}", card.body);
}

// req: S2-53
#[tokio::test]
async fn tokens_and_secrets_are_shown_to_nobody_and_forgotten_with_their_customer() {
    let house = shop().await;
    let mut body = order("2001", "credit_card");
    body["payment"] = json!({ "provider": "stripe", "token": "pm_secret_1", "customer_ip": "203.0.113.7" });
    assert_eq!(places_body(&house, body).await.status, 201);
    for path in ["/v1/orders/2001", "/v1/orders/2001/payment", "/v1/orders/2001/timeline"] {
        let shown = get(&house, path).await.body.to_string();
        assert!(!shown.contains("pm_secret_1") && !shown.contains("203.0.113.7"), "{path}");
    }
    let published =
        serde_json::to_string(&house.world.outbox_rows().iter().flat_map(|row| row.events.clone()).collect::<Vec<_>>()).unwrap();
    assert!(!published.contains("pm_secret_1"));
    let settings = get(&house, "/v1/settings").await.body;
    assert_eq!(settings["payments"]["accounts"][0]["secret_key"], "(set)");
    assert_eq!(settings["payments"]["accounts"][0]["webhook_secrets"], json!(["(set)"]));
    let mut same = settings.clone();
    same["shop_name"] = json!("Another name");
    let saved = call(&house, Some(owner()), "PUT", "/v1/settings", &[], same).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let kept = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    assert_eq!(kept.payments.accounts, [stripe()], "what is sent back unchanged stays");
}

#[tokio::test]
async fn settings_that_could_not_collect_are_refused() {
    let house = shop().await;
    let version = get(&house, "/v1/settings").await.body["version"].clone();
    let with = async |payments: Value| {
        let mut settings = get(&house, "/v1/settings").await.body;
        settings["version"] = version.clone();
        settings["payments"] = payments;
        let answer = call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings).await;
        answer.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| format!("{} {}", fault["field"].as_str().unwrap(), fault["code"].as_str().unwrap()))
            .collect::<Vec<_>>()
    };
    let sim = json!({ "provider": "sim" });
    assert_eq!(with(json!({ "accounts": [sim, sim] })).await, ["payments.accounts[1].provider duplicate"]);
    assert_eq!(with(json!({ "unpaid_after_s": 5 })).await, ["payments.unpaid_after_s out_of_range"]);
    assert_eq!(with(json!({ "unpaid_after": 1800 })).await, ["payments.unpaid_after unknown_field"]);
    let stripe = |key: &str| json!({ "accounts": [{ "provider": "stripe", "secret_key": key, "webhook_secrets": [] }] });
    assert_eq!(with(stripe("")).await, ["payments.stripe.secret_key bad_secret"]);
    let paypal = json!({ "accounts": [{ "provider": "paypal", "client_id": "a b", "client_secret": "(set)", "webhook_id": "W" }] });
    assert_eq!(with(paypal).await, ["payments.paypal.client_secret required", "payments.accounts[0].client_id bad_id"]);
    let two = json!({ "accounts": [{ "provider": "stripe", "secret_key": "(set)", "webhook_secrets": ["(set)", "whsec_new"] }] });
    assert_eq!(with(two).await, [] as [&str; 0]);
    let version = get(&house, "/v1/settings").await.body["version"].clone();
    let mut settings = get(&house, "/v1/settings").await.body;
    settings["version"] = version;
    settings["payments"]["accounts"][0]["webhook_secrets"] = json!(["(set)"]);
    let refused = call(&house, Some(owner()), "PUT", "/v1/settings", &[], settings).await;
    assert_eq!(refused.body["errors"][0]["field"], "payments.stripe.webhook_secrets", "which of the two? {}", refused.body);
}

// req: S2-54, S2-45
#[tokio::test]
async fn success_is_counted_once_per_order_and_decides_who_is_asked_next() {
    let house = shop().await;
    let payments = PaymentSettings { enabled: true, accounts: vec![GatewayAccount::Sim, stripe()], ..PaymentSettings::default() };
    let known = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    let next = TenantConfig { version: 3, payments, ..known };
    assert!(house.world.tenants().save(&house.scope, &next, 2).await.unwrap());
    // The demonstration costs nothing, and declines everything.
    house.bank.will(|_, _| Fate::Declined { soft: false });
    for number in 0..20 {
        places(&house, &format!("3{number:03}"), "credit_card").await;
    }
    house.bank.will(|_, _| Fate::Done);
    let success = get(&house, "/v1/payments/success?days=1").await.body;
    assert_eq!(
        (&success["tried"], &success["succeeded"], &success["success_percent"]),
        (&json!(20), &json!(0), &json!("0.0")),
        "{success}"
    );
    assert_eq!(success["providers"][0]["declines"], json!({ "no": 20 }));
    places(&house, "4001", "credit_card").await;
    assert_eq!(payment(&house, "4001").await["operations"][0]["provider"], "stripe", "the other one is well");
    // What the clock tries again is one with the first try.
    house.bank.will(|_, _| Fate::Declined { soft: true });
    let mut body = order("4002", "credit_card");
    body["payment"] = json!({ "provider": "stripe", "token": "pm_1" });
    assert_eq!(places_body(&house, body).await.status, 201);
    house.bank.will(|_, _| Fate::Done);
    later(&house, 30).await;
    let stripe = get(&house, "/v1/payments/success").await.body["providers"][1].clone();
    assert_eq!((&stripe["tried"], &stripe["succeeded"]), (&json!(2), &json!(2)), "{stripe}");
    assert_eq!(get(&house, "/v1/payments/success?days=0").await.status, 422);
}

/// A card form at which somebody enters a wrong card, and another one a moment later.
// req: S2-50, S2-52
#[tokio::test]
async fn what_was_declined_may_succeed_a_moment_later() {
    let house = shop().await;
    house.bank.will(|_, _| Fate::Declined { soft: false });
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "pending failed: authorize declined");
    let key = PaymentKey::parse("demo#2001#authorize#1").unwrap();
    assert!(house.bank.mends(&key));
    assert_eq!(reports(&house, "demo", &Bank::webhook(&key)).await.1["orders"], 1);
    assert_eq!(stands(&house, "2001").await, "processing authorized: authorize ok");
}

// req: S2-48
#[tokio::test]
async fn a_refund_that_is_refused_is_tried_again_later_and_then_a_person_looks() {
    let house = shop().await;
    places(&house, "2001", "credit_card").await;
    assert_eq!(post(&house, "/v1/orders/2001/payment/capture", &[], json!({})).await.status, 202);
    house.settle().await;
    house.bank.will(|_, _| Fate::Declined { soft: false });
    moves(&house, "2001", "cancelled").await;
    assert_eq!(stands(&house, "2001").await, "cancelled captured: authorize ok, capture ok, refund declined");
    later(&house, 31).await;
    later(&house, 31).await;
    let paid = payment(&house, "2001").await;
    assert_eq!(paid["operations"].as_array().unwrap().len(), 5, "{paid}");
    later(&house, 31).await;
    assert_eq!(payment(&house, "2001").await["operations"].as_array().unwrap().len(), 5);
    let reviews = get(&house, "/v1/reviews").await.body;
    assert!(reviews.to_string().contains("its money could not be given back"), "{reviews}");
}

/// A source says that it has left, while it is still being checked.
#[tokio::test]
async fn what_leaves_before_it_is_paid_is_said() {
    let house = shop().await;
    let workflow = SagaRules { enabled: true, high_value_over: 1, ..SagaRules::default() };
    let known = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    assert!(house.world.tenants().save(&house.scope, &TenantConfig { version: 3, workflow, ..known }, 2).await.unwrap());
    places(&house, "2001", "credit_card").await;
    assert_eq!(stands(&house, "2001").await, "on_hold pending: ");
    let claim =
        domain::order::Claim { status: Some(domain::order::StatusClaim::Is(domain::order::OrderStatus::Shipped)), ..Default::default() };
    house.hear("2001", "e1", claim, false).await;
    house.settle().await;
    assert_eq!(get(&house, "/v1/orders/2001").await.body["workflow"]["ended"], "needs_human");
    assert!(get(&house, "/v1/reviews").await.body.to_string().contains("its money could not be taken"));
}

#[tokio::test]
async fn time_on_hold_does_not_count_and_another_providers_token_is_shown_to_nobody() {
    let house = shop().await;
    house.bank.will(|_, _| Fate::Declined { soft: false });
    let mut body = order("2001", "credit_card");
    body["payment"] = json!({ "provider": "stripe", "token": "pm_1" });
    assert_eq!(places_body(&house, body).await.status, 201);
    moves(&house, "2001", "on_hold").await;
    later(&house, 60).await;
    assert!(stands(&house, "2001").await.starts_with("on_hold"));
    moves(&house, "2001", "pending").await;
    later(&house, 20).await;
    assert!(stands(&house, "2001").await.starts_with("pending"));
    let retry = post(&house, "/v1/orders/2001/payment/retry", &[], json!({ "provider": "paypal" })).await;
    assert_eq!(retry.status, 202, "{}", retry.body);
    let stored = app::ports::OrderStore::load(&house.world.orders(), &house.scope, &domain::ids::OrderId::parse("2001").unwrap()).await;
    let contact = stored.unwrap().unwrap().contact.unwrap();
    assert_eq!(contact.means.unwrap().token, None);
}
