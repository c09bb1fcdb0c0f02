//! What people decide, on its page and on the order's.

use crate::browser::{Browser, status};
use crate::shop::Shop;
use domain::order::placement::{Draft, DraftLine};
use domain::order::{OrderStatus, Role, SagaRules};
use http::StatusCode;
use jiff::SignedDuration;

/// Two orders wait for a person, and one does not.
async fn waiting() -> Shop {
    let mut shop = Shop::open("lumen", "2025-08-09T10:00:00Z".parse().unwrap()).await;
    shop.takes_through(SagaRules { four_eyes_over: 5_000, ..SagaRules::default() }).await;
    for (number, name, price) in [("3001", "Ada <Example>", "1000.01"), ("3002", "Liam O’Brien", "5000.01"), ("3003", "Ida Berg", "12.00")]
    {
        let line = DraftLine { sku: "LAMP".into(), name: "Lamp".into(), quantity: 1, unit_price: price.into(), ..DraftLine::default() };
        shop.place(&Draft {
            number: Some(number.into()),
            currency: "EUR".into(),
            customer_name: name.into(),
            email: Some(format!("c{number}@example.com")),
            country: Some("PL".into()),
            billing_country: Some("US".into()),
            lines: vec![line],
            ..Draft::default()
        })
        .await;
        shop.clock.set("2025-08-09T10:00:00Z".parse::<jiff::Timestamp>().unwrap() + SignedDuration::from_mins(1));
    }
    shop.go_on().await;
    shop
}

// req: S2-31, S2-32
#[tokio::test]
async fn reviews_stand_with_their_evidence_and_are_decided() {
    let shop = waiting().await;
    let ann = Browser::signed_in(&shop, Role::Operator).await;
    let page = ann.ok("/console/reviews").await;
    for shown in [
        "High value: order",
        "3001",
        "3002",
        "1000.01 EUR is more than 1000",
        "+25",
        "goes to PL, the bill to US",
        "needs 2 people",
        "1 × LAMP",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("3003"), "nothing speaks against that one");
    let decide = [("review", "high-value-1"), ("do", "approve"), ("comment", "rang <them>"), ("from", "reviews")];
    let done = ann.post("/console/orders/3001/reviews", &decide).await;
    assert_eq!(done.location(), "/console/reviews?flash=approved");
    assert_eq!(status(&shop, "3001"), OrderStatus::Pending, "a worker takes it on from here");
    let half = ann.post("/console/orders/3002/reviews", &decide).await;
    assert_eq!(half.location(), "/console/reviews?flash=half-approved");
    let bob = Browser::signed_in(&shop, Role::Manager).await;
    let claimed = bob.post("/console/orders/3002/reviews", &[("review", "high-value-1"), ("do", "claim")]).await;
    assert_eq!(claimed.location(), "/console/orders/3002?flash=review-claimed");
    let taken = ann.post("/console/orders/3002/reviews", &[("review", "high-value-1"), ("do", "reject")]).await;
    assert_eq!(taken.location(), "/console/orders/3002?flash=review-taken");
    let over = bob.post("/console/orders/3001/reviews", &[("review", "high-value-1"), ("do", "reject")]).await;
    assert_eq!(over.location(), "/console/orders/3001?flash=review-over");
    let rejected = bob.post("/console/orders/3002/reviews", &[("review", "high-value-1"), ("do", "reject"), ("from", "reviews")]).await;
    assert_eq!(rejected.location(), "/console/reviews?flash=rejected");
    assert_eq!(status(&shop, "3002"), OrderStatus::Cancelled);
    assert!(ann.ok("/console/reviews").await.contains("Nothing to decide"));
    let decided = ann.ok("/console/reviews?state=decided").await;
    assert!(decided.contains("approved") && decided.contains("rejected"), "{decided}");
    let order = ann.ok("/console/orders/3001").await;
    assert!(order.contains("rang &lt;them&gt;") && order.contains("Checks and reviews"), "{order}");
}

#[tokio::test]
async fn nobody_goes_round_a_review_and_who_may_only_read_decides_nothing() {
    let shop = waiting().await;
    let ann = Browser::signed_in(&shop, Role::Operator).await;
    let moved = ann.post("/console/orders/3001/status", &[("to", "processing")]).await;
    assert_eq!(moved.location(), "/console/orders/3001?flash=under-review");
    let asked = ann.post("/console/orders/3003/reviews", &[("kind", "CS_ESCALATION"), ("comment", "call her")]).await;
    assert_eq!(asked.location(), "/console/orders/3003?flash=review-opened");
    let asked = ann.post("/console/orders/3003/reviews", &[("kind", "QC")]).await;
    assert_eq!(asked.location(), "/console/orders/3003?flash=no-reason");
    for fields in
        [[("kind", "HOLIDAY"), ("comment", "x")], [("review", "x y"), ("do", "approve")], [("review", "fraud-1"), ("do", "approve")]]
    {
        assert_eq!(ann.post("/console/orders/3003/reviews", &fields).await.status, StatusCode::NOT_FOUND, "{fields:?}");
    }
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    let page = reader.ok("/console/reviews").await;
    assert!(page.contains("3001") && !page.contains("Approve"), "{page}");
    let refused = reader.post("/console/orders/3001/reviews", &[("review", "high-value-1"), ("do", "approve")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
}
