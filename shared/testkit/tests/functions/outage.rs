//! A payment provider that is away for an hour, and comes back. Invariant I14.

use crate::house::{House, config, correlation};
use crate::payments::{later, places, shop, stands, stripe};
use crate::rest::{get, post};
use app::ports::{Gateway, GatewayAccount, Gateways, PaypalAccount, TenantStore};
use app::steady::{FAILURES_MAX, SteadyGateways};
use app::tenant::{PaymentSettings, Secret, TenantConfig};
use domain::order::SagaRules;
use domain::payment::Provider;
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use testkit::bank::{Bank, Fate};

/// Orders of a minute, and minutes of the outage.
const A_MINUTE: usize = 3;
const MINUTES: usize = 60;

/// A minute passes; how often the provider was asked in it.
async fn minute(house: &House, n: usize, orders: usize) -> usize {
    let before = house.bank.asked();
    for order in 0..orders {
        places(house, &format!("{}", 10_000 + n * 100 + order), "credit_card").await;
    }
    house.clock.advance(SignedDuration::from_mins(1));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
    house.bank.asked() - before
}

// req: S2-44
#[tokio::test]
async fn a_provider_that_is_away_is_asked_less_than_usual_and_not_rushed_at_when_it_is_back() {
    let mut house = shop().await;
    house.gateways = Arc::new(SteadyGateways::new(house.gateways.clone(), house.clock.clone()));
    let stocked = post(&house, "/v1/inventory/MUG/adjust", &[], json!({ "location": "main", "by": 10_000, "reference": "more" })).await;
    assert_eq!(stocked.status, 200, "{}", stocked.body);
    house.bank.will(|_, _| Fate::Silence);
    let mut asked = 0;
    for n in 0..MINUTES {
        asked += minute(&house, n, A_MINUTE).await;
    }
    let offered = A_MINUTE * MINUTES;
    assert!(asked * 10 <= offered * 11, "{asked} calls for {offered} payments");
    assert!(asked <= FAILURES_MAX + 2 * MINUTES, "a try a minute, whatever is offered: {asked}");
    // It is back: new orders are paid at once, and those that waited one after another.
    house.bank.will(|_, _| Fate::Done);
    let mut most = 0;
    for n in MINUTES..MINUTES * 3 {
        most = most.max(minute(&house, n, A_MINUTE).await);
    }
    assert!(most <= 6 * A_MINUTE, "{most} calls in a minute");
    for n in 0..MINUTES * 3 {
        let number = format!("{}", 10_000 + n * 100);
        assert!(stands(&house, &number).await.starts_with("processing authorized: "), "{number}: {}", stands(&house, &number).await);
        crate::payments::agrees(&house, &number).await;
    }
}

/// Stripe at one bank, everybody else at another.
struct Two {
    stripe: Bank,
    others: Bank,
}

impl Gateways for Two {
    fn of(&self, account: &GatewayAccount) -> Arc<dyn Gateway> {
        if account.provider() == Provider::Stripe { self.stripe.of(account) } else { self.others.of(account) }
    }
}

/// A shop with accounts at Stripe and PayPal, of which PayPal is away.
async fn without_paypal() -> (House, Bank) {
    let mut house = shop().await;
    let paypal = PaypalAccount {
        client_id: "client".into(),
        client_secret: Secret::new("fake-secret"),
        webhook_id: "WH-1".into(),
        is_sandbox: true,
    };
    let payments =
        PaymentSettings { enabled: true, accounts: vec![stripe(), GatewayAccount::Paypal(paypal)], ..PaymentSettings::default() };
    let workflow = SagaRules { enabled: true, high_value_over: 0, ..SagaRules::default() };
    let next = TenantConfig { version: 3, payments, workflow, requests_per_minute: 10_000, ..config() };
    assert!(house.world.tenants().save(&house.scope, &next, 2).await.unwrap());
    let paypal = Bank::that(|_, _| Fate::Silence);
    let two = Two { stripe: house.bank.clone(), others: paypal.clone() };
    house.gateways = Arc::new(SteadyGateways::new(Arc::new(two), house.clock.clone()));
    for n in 0..3 {
        places(&house, &format!("{}", 2_000 + n), "paypal").await;
    }
    (house, paypal)
}

/// Who can only be paid by somebody who is away waits for them, and is not told that nobody takes it.
// req: S2-44
#[tokio::test]
async fn one_provider_that_is_away_calls_no_order_off() {
    let (house, paypal) = without_paypal().await;
    let asked = paypal.asked();
    places(&house, "3001", "paypal").await;
    places(&house, "3002", "credit_card").await;
    assert_eq!(stands(&house, "3001").await, "pending pending: ");
    assert_eq!(stands(&house, "3002").await, "processing authorized: authorize ok", "others are asked meanwhile");
    assert_eq!(paypal.asked(), asked, "nobody rushes at it");
    // Longer than anybody may take to pay, and nobody was there to be asked.
    for _ in 0..12 {
        later(&house, 15).await;
    }
    assert_eq!(stands(&house, "3001").await.split(':').next(), Some("pending pending"), "{}", stands(&house, "3001").await);
    let timeline = get(&house, "/v1/orders/3001/timeline").await.body.to_string();
    assert!(timeline.contains("does not answer at the moment") && !timeline.contains("No payment provider takes it"), "{timeline}");
    paypal.will(|_, _| Fate::Done);
    for _ in 0..6 {
        later(&house, 15).await;
    }
    for number in ["2000", "2001", "2002", "3001"] {
        assert_eq!(stands(&house, number).await, "processing authorized: authorize ok", "{number}");
    }
}

/// A wait has an end: a day until it makes no sense any more to wait, and a day for what was asked for and nobody knows what became of.
#[tokio::test]
async fn nobody_is_waited_for_for_ever() {
    let (house, _) = without_paypal().await;
    places(&house, "3001", "paypal").await;
    assert_eq!(stands(&house, "3001").await, "pending pending: ");
    for _ in 0..23 * 4 {
        later(&house, 15).await;
    }
    assert!(stands(&house, "3001").await.starts_with("pending "), "{}", stands(&house, "3001").await);
    for _ in 0..27 * 4 {
        later(&house, 15).await;
    }
    assert!(stands(&house, "3001").await.starts_with("cancelled "), "{}", stands(&house, "3001").await);
}
