//! Asking about an order.

use crate::browser::{Browser, stocked};
use domain::order::Role;
use http::StatusCode;

#[tokio::test]
async fn the_chat_asks_for_what_is_missing_and_answers() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/ask").await;
    for said in [
        "Track orders with natural language",
        "Hi! Please provide your order number and e-mail, and I’ll check its status.",
        "Your message is processed securely. We only use your email to verify your order.",
        r#"aria-live="polite""#,
    ] {
        assert!(text.contains(said), "{said}");
    }
    // Without a script: what was understood travels in hidden fields.
    let page = browser.post("/console/ask", &[("question", "Where is 1001?")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(r#"name="order_id" value="1001""#), "{}", page.text);
    let page = browser.post("/console/ask", &[("question", "john@example.com"), ("order_id", "1001")]).await;
    assert!(page.text.contains("Delayed") && page.text.contains(r#"href="/console/orders/1001""#), "{}", page.text);
    // With one: the same as JSON.
    let fields = [("question", "Is it late?"), ("order_id", "1001"), ("email", "john@example.com"), ("token", &browser.token)];
    let headers = [("origin", "http://localhost:8080"), ("accept", "application/json")];
    let page = browser.post_raw("/console/ask", &fields, &headers).await;
    let said: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!((said["status"].as_str(), said["link"].as_str()), (Some("Delayed"), Some("/console/orders/1001")));
    assert_eq!(said["known"]["order_id"], "1001");
    // A wrong address says nothing about the order.
    let page = browser.post("/console/ask", &[("question", "Where is 1001? maria@example.com")]).await;
    assert!(!page.text.contains("Delayed") && !page.text.contains(r#"href="/console/orders/1001""#));
    let page = browser.post("/console/ask", &[("question", &"x".repeat(2_001))]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}
