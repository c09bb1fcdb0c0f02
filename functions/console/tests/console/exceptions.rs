//! What is wrong with orders, on the board and on the order's page.

use crate::browser::{Browser, now};
use crate::shop::Shop;
use domain::exception::{ExceptionRules, Reason};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Command, ExceptionCommand, Role};
use http::StatusCode;
use jiff::SignedDuration;

/// Three orders, of which two have something wrong with them.
async fn troubled() -> Shop {
    let mut shop = Shop::open("lumen", now()).await;
    shop.works_on_exceptions(ExceptionRules { enabled: true, ..ExceptionRules::default() }).await;
    for (number, price) in [("3001", "1000.00"), ("3002", "20.00"), ("3003", "12.00")] {
        let line = DraftLine { sku: "LAMP".into(), name: "Lamp".into(), quantity: 1, unit_price: price.into(), ..DraftLine::default() };
        shop.place(&Draft {
            number: Some(number.into()),
            currency: "EUR".into(),
            customer_name: "Ada Example".into(),
            lines: vec![line],
            ..Draft::default()
        })
        .await;
    }
    for (number, reason) in [("3001", Reason::DamagedPackage), ("3002", Reason::SystemError), ("3001", Reason::Other)] {
        let rules = Box::new(ExceptionRules { enabled: true, ..ExceptionRules::default() });
        let open = ExceptionCommand::Open { reason, note: Some("it <fell>".into()), by: "wms".into(), rules };
        shop.command(number, &Command::Exception(open)).await;
    }
    shop
}

// req: S4-24, S4-27
#[tokio::test]
async fn the_board_shows_the_most_urgent_first_and_many_are_worked_on_at_once() {
    let shop = troubled().await;
    let ann = Browser::signed_in(&shop, Role::Operator).await;
    let page = ann.ok("/console/exceptions").await;
    let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text} in {page}"));
    assert!(place("System error") < place("Damaged") && place("Damaged") < place("Something else"), "100, then 75 and 60 with worth");
    for shown in ["critical", "4.0h left", "wms says so", "pick:3001/damaged-package-1"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    assert!(!page.contains("3003"), "nothing is wrong with that one");
    let both = [("pick:3001/damaged-package-1", "on"), ("pick:3002/system-error-1", "on"), ("do", "start"), ("view", "all")];
    assert_eq!(ann.post("/console/exceptions", &both).await.location(), "/console/exceptions?view=all&flash=exceptions-done");
    let mine = ann.ok("/console/exceptions?view=mine").await;
    assert!(mine.contains("Damaged") && mine.contains("System error") && !mine.contains("Something else"), "{mine}");
    assert!(ann.ok("/console/exceptions?view=critical_urgent").await.contains("System error"));
    let half = [("pick:3001/damaged-package-1", "on"), ("pick:3001/damaged-package-9", "on"), ("do", "resolve"), ("view", "mine")];
    assert_eq!(ann.post("/console/exceptions", &half).await.location(), "/console/exceptions?view=mine&flash=exceptions-half");
    let none = [("do", "resolve"), ("view", "nonsense")];
    assert_eq!(ann.post("/console/exceptions", &none).await.location(), "/console/exceptions?view=all&flash=none-chosen");
    let ended = ann.ok("/console/exceptions?view=ended").await;
    assert!(ended.contains("Damaged") && ended.contains("resolved"), "{ended}");
}

#[tokio::test]
async fn an_orders_page_shows_what_is_wrong_and_takes_reports() {
    let shop = troubled().await;
    let ann = Browser::signed_in(&shop, Role::Operator).await;
    let page = ann.ok("/console/orders/3001").await;
    for shown in ["Exceptions", "Damaged", "Your parcel was damaged", "it &lt;fell&gt;", "Report something"] {
        assert!(page.contains(shown), "{shown} in {page}");
    }
    let report = [("reason", "ADDRESS_ERROR"), ("note", "no such street")];
    assert_eq!(ann.post("/console/orders/3003/exceptions", &report).await.location(), "/console/orders/3003?flash=exception-opened");
    let resolve = [("pick:3003/address-error-1", "on"), ("from", "3003"), ("do", "resolve"), ("note", "asked them")];
    assert_eq!(ann.post("/console/exceptions", &resolve).await.location(), "/console/orders/3003?flash=exceptions-done");
    let page = ann.ok("/console/orders/3003").await;
    assert!(page.contains("Take up again") && page.contains("asked them"), "{page}");
    let again = [("pick:3003/address-error-1", "on"), ("from", "3003"), ("do", "reopen")];
    assert_eq!(ann.post("/console/exceptions", &again).await.location(), "/console/orders/3003?flash=exceptions-done");
    let long = "x".repeat(1_001);
    let note = [("pick:3003/address-error-1", "on"), ("from", "3003"), ("do", "note"), ("note", long.as_str())];
    assert_eq!(ann.post("/console/exceptions", &note).await.location(), "/console/orders/3003?flash=note-too-long");
    assert_eq!(ann.post("/console/orders/3003/exceptions", &[("reason", "LATE")]).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_may_only_read_does_nothing_and_late_ones_look_late() {
    let shop = troubled().await;
    let eve = Browser::signed_in(&shop, Role::Readonly).await;
    let page = eve.ok("/console/exceptions").await;
    assert!(page.contains("System error") && !page.contains("pick:"), "{page}");
    let refused = eve.post("/console/exceptions", &[("pick:3002/system-error-1", "on"), ("do", "resolve")]).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    shop.count().await;
    let figures = eve.ok("/console/figures").await;
    for shown in ["Resolved in time", "at risk now, in 2 orders", "System error"] {
        assert!(figures.contains(shown), "{shown} in {figures}");
    }
    shop.clock.set(now() + SignedDuration::from_hours(6));
    assert!(eve.ok("/console/exceptions").await.contains("2.0h late"));
    let calm = Shop::open("calm", now()).await;
    let page = Browser::signed_in(&calm, Role::Operator).await.ok("/console/exceptions").await;
    assert!(page.contains("exceptions.enabled in the settings"), "{page}");
}
