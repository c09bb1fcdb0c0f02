//! A part of an order is called off on its page.

use crate::browser::{Browser, now, status};
use crate::shop::Shop;
use domain::order::placement::{Draft, DraftLine};
use domain::order::{OrderStatus, Role};
use http::StatusCode;

// req: S2-12
#[tokio::test]
async fn a_part_is_called_off_on_the_page() {
    let shop = Shop::open("lumen", now()).await;
    let line = |sku: &str, quantity, price: &str| DraftLine {
        sku: sku.into(),
        name: format!("<{sku}>"),
        quantity,
        unit_price: price.into(),
        ..DraftLine::default()
    };
    shop.place(&Draft {
        number: Some("3001".into()),
        currency: "EUR".into(),
        customer_name: "Ada Example".into(),
        email: Some("ada@example.com".into()),
        lines: vec![line("LAMP", 2, "40.00"), line("BULB", 3, "5.00")],
        ..Draft::default()
    })
    .await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let page = browser.ok("/console/orders/3001").await;
    assert!(page.contains("Call off a part") && page.contains("of 3 × BULB") && !page.contains("As ordered"), "{page}");
    let path = "/console/orders/3001/cancellations";
    let off = [("version", "1"), ("line-0", "1"), ("line-1", "0"), ("note", "rang"), ("notify", "on")];
    assert_eq!(browser.post(path, &off).await.location(), "/console/orders/3001?flash=part-called-off");
    assert_eq!(browser.post(path, &off).await.location(), "/console/orders/3001?flash=stale", "an old page");
    let page = browser.ok("/console/orders/3001?flash=part-called-off").await;
    for shown in [
        "1 called off",
        "As ordered",
        "−40.00 EUR",
        "55.00 EUR",
        "Called off: 1 of line 1 (40.00 EUR less): rang",
        "what the order costs now",
    ] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    // As it was then, nothing can be done about it.
    let then = browser.ok("/console/orders/3001?at=2025-08-09T10:00:00Z").await;
    assert!(then.contains("1 called off") && !then.contains("Call off a part"), "{then}");
    for (line, many) in [("line-0", "2"), ("line-0", "-1"), ("line-0", "many"), ("line-7", "1"), ("note", "only words")] {
        let bad = browser.post(path, &[("version", "2"), (line, many)]).await;
        assert_eq!(bad.location(), "/console/orders/3001?flash=bad-cancellation", "{line} {many}");
    }
    let card = [("version", "2"), ("line-0", "1"), ("note", "4111 1111 1111 1111")];
    assert_eq!(browser.post(path, &card).await.location(), "/console/orders/3001?flash=bad-cancellation");
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/orders/3001").await.contains("Call off a part"));
    assert_eq!(reader.post(path, &off).await.status, StatusCode::FORBIDDEN);
    // All that is left of it is the order.
    let rest = [("version", "2"), ("line-0", "1"), ("line-1", "3")];
    assert_eq!(browser.post(path, &rest).await.location(), "/console/orders/3001?flash=part-called-off");
    assert_eq!(status(&shop, "3001"), OrderStatus::Cancelled);
}
