//! What a person may do, and may not.

use crate::browser::{Browser, status, stocked};
use crate::shop::PAST;
use app::Scopes;
use axum::body::Body;
use domain::ids::OrderId;
use domain::order::{OrderStatus, Role, Track};
use http::StatusCode;

#[tokio::test]
async fn a_form_needs_its_token_and_its_origin() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let good = browser.token.clone();
    let ours = ("origin", "http://localhost:8080");
    let path = "/console/orders/1002/status";
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("", &[ours]),
        ("0123456789abcdef0123456789abcdef", &[ours]),
        (&good, &[("origin", "https://evil.example")]),
        (&good, &[("origin", "null")]),
        (&good, &[]),
    ];
    for (token, headers) in cases {
        let page = browser.post_raw(path, &[("to", "processing"), ("token", token)], headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token} {headers:?}");
        assert!(page.text.contains("Trace id"));
    }
    // Another session's token is none.
    let other = Browser::signed_in(&shop, Role::Operator).await;
    let page = browser.post_raw(path, &[("to", "processing"), ("token", &other.token)], &[ours]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
    // Too large, and not a form at all.
    let page = browser.post(path, &[("note", &"x".repeat(20_000))]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request =
        browser.request("POST", path).header(ours.0, ours.1).header("content-type", "application/json").body(Body::from("{}")).unwrap();
    assert_eq!(browser.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // All in order.
    let page = browser.post(path, &[("to", "processing"), ("note", "Packed with <care>"), ("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=moved");
    assert_eq!(status(&shop, "1002"), OrderStatus::Processing);
    let text = browser.ok("/console/orders/1002?flash=moved").await;
    assert!(text.contains("The order has moved on"));
    assert!(text.contains("Packed with &lt;care&gt;"));
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Readonly).await;
    for path in ["/console/orders/1002/status", "/console/orders/1002/auto-progress", "/console/orders/1002/notify"] {
        let page = browser.post(path, &[("to", "processing")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
    let text = browser.ok("/console/orders/1002").await;
    assert!(!text.contains("Next step") && !text.contains("auto-progress") && !text.contains("/notify"), "nothing to press is shown");
    assert!(!browser.ok("/console").await.contains("/auto-progress"));
    // A read-only role with a key that says more is still read-only.
    let key = shop.key(Role::Readonly, Scopes::ALL).await;
    let mut sly = Browser::of(&shop);
    let page = sly.post("/console/login", &[("key", &key)]).await;
    sly.keep(&page);
    let text = sly.ok("/console/orders/1002").await;
    assert!(!text.contains("Next step"));
}

#[tokio::test]
async fn the_rules_move_an_order_only_when_their_gates_are_open() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    // The evidence stands on the page before the button is pressed.
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("pending for 73.0 h of 24 h") && text.contains("payment is captured"));
    let page = browser.post("/console/orders/1002/auto-progress", &[("version", "2"), ("notify", "on")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=progressed");
    assert_eq!(status(&shop, "1002"), OrderStatus::Processing);
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("Rule auto progress: pending for 73.0 h of 24 h; payment is captured (confidence 95 %)"));
    // For a quarter of an hour it can be taken back.
    assert!(text.contains("a rule moved it from") && text.contains("/console/orders/1002/undo"));
    let page = browser.post("/console/orders/1002/undo", &[]).await;
    assert_eq!((page.location(), status(&shop, "1002")), ("/console/orders/1002?flash=undone", OrderStatus::Pending));
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("a person has undone this") && text.contains("undone by key_") && !text.contains("/console/orders/1002/undo"));
    assert_eq!(browser.post("/console/orders/1002/undo", &[]).await.location(), "/console/orders/1002?flash=not-undone");
    // Nobody has paid for 1004.
    let text = browser.ok("/console/orders/1004").await;
    assert!(text.contains("payment is pending") && text.contains("disabled"));
    let page = browser.post("/console/orders/1004/auto-progress", &[("version", "1")]).await;
    assert_eq!(page.location(), "/console/orders/1004?flash=not-due");
    assert_eq!(status(&shop, "1004"), OrderStatus::Pending);
    // Pressed twice: the second time the page is old.
    let page = browser.post("/console/orders/1002/auto-progress", &[("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=stale");
}

#[tokio::test]
async fn only_allowed_steps_are_offered_and_carried_out() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    for past in PAST {
        let order = shop.world.order(&shop.scope(), &OrderId::parse(past.number).unwrap()).unwrap();
        let text = browser.ok(&format!("/console/orders/{}", past.number)).await;
        for to in OrderStatus::ALL {
            let offered = text.contains(&format!(r#"name="to" value="{to}""#));
            assert_eq!(offered, order.allowed().contains(to), "{} {to}", past.number);
        }
    }
    let page = browser.post("/console/orders/1002/status", &[("to", "delivered"), ("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=not-allowed");
    let page = browser.post("/console/orders/1002/status", &[("to", "processing"), ("version", "1")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=stale");
    let page = browser.post("/console/orders/1002/status", &[("to", "processing"), ("note", &"x".repeat(501))]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=note-too-long");
    for fields in [[("to", "teleported"), ("version", "2")], [("to", "processing"), ("version", "two")]] {
        assert_eq!(browser.post("/console/orders/1002/status", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
}

#[tokio::test]
async fn the_customer_is_told_again_on_request() {
    let mut shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/orders/1001").await;
    let preview = text.split("What they will read").nth(1).unwrap();
    assert!(preview.contains("Order Status Update - Order 1001") && preview.contains("your order #1001"), "the words are shown first");
    let version = text.split(r#"name="version" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let path = "/console/orders/1001/notify";
    assert_eq!(browser.post(path, &[("version", &version)]).await.location(), "/console/orders/1001?flash=told");
    assert_eq!(browser.post(path, &[("version", &version)]).await.location(), "/console/orders/1001?flash=stale", "pressed twice");
    assert_eq!(browser.post(path, &[]).await.location(), "/console/orders/1001?flash=told-before", "within a minute");
    let text = browser.ok("/console/orders/1001?flash=told").await;
    assert!(text.contains("The message is on its way") && text.contains("Customer to be told: Delayed"));
    assert_eq!(browser.post("/console/orders/404/notify", &[]).await.status, StatusCode::NOT_FOUND);
    // A shop that writes to nobody says so, before and after.
    shop.config.notify.email = false;
    assert!(app::ports::TenantStore::save(&shop.world.tenants(), &shop.scope(), &shop.config, 1).await.unwrap());
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("Messages to customers are switched off") && !text.contains("What they will read"));
    assert_eq!(browser.post("/console/orders/1002/notify", &[]).await.location(), "/console/orders/1002?flash=nobody-to-tell");
}
