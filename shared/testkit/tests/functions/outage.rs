//! A payment provider that is away for an hour, and comes back. Invariant I14.

use crate::house::{House, correlation};
use crate::payments::{places, shop, stands};
use crate::rest::post;
use app::steady::{FAILURES_MAX, SteadyGateways};
use jiff::SignedDuration;
use serde_json::json;
use std::sync::Arc;
use testkit::bank::Fate;

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
