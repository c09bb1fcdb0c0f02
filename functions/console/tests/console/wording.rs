//! What is said at which status, as pages.

use crate::browser::{Browser, stocked};
use domain::order::Role;
use http::StatusCode;

// req: S0-31
#[tokio::test]
async fn an_admin_switches_messages_and_writes_their_words() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Owner).await;
    let page = browser.ok("/console/messages").await;
    assert_eq!(page.matches(r#"type="checkbox""#).count(), 36);
    let version = |page: &str| page.split(r#"name="version" value=""#).nth(1).unwrap().split('"').next().unwrap().to_owned();
    let seen = version(&page);
    let sent = browser.post("/console/messages", &[("version", &seen), ("email-shipped", "on"), ("slack-delayed", "on")]).await;
    assert_eq!(sent.location(), "/console/messages?flash=rules-saved");
    let page = browser.ok("/console/messages").await;
    assert_eq!(page.matches(" checked").count(), 2, "{page}");
    let stale = browser.post("/console/messages", &[("version", &seen)]).await;
    assert_eq!(stale.location(), "/console/messages?flash=rules-stale");
    let seen = version(&page);
    let words = [("version", seen.as_str()), ("lang", "en"), ("subject", "{order} <b>"), ("text", "Hi {customer},\r\nyours is {status}.")];
    let saved = browser.post("/console/messages/shipped", &words).await;
    assert_eq!(saved.location(), "/console/messages/shipped?lang=en&flash=rules-saved");
    let page = browser.ok("/console/messages/shipped?lang=en&order=1001").await;
    assert!(page.contains("<b>1001 &lt;b&gt;</b>") && page.contains("yours is Shipped."), "{page}");
    let bad = [("version", version(&page)), ("lang", "en".into()), ("subject", "{oder}".into()), ("text", "x".into())];
    let bad: Vec<(&str, &str)> = bad.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/console/messages/shipped", &bad).await.location(), "/console/messages/shipped?lang=en&flash=bad-words");
    let ours = [("version", version(&page)), ("lang", "en".into()), ("ours", "on".to_owned())];
    let ours: Vec<(&str, &str)> = ours.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(browser.post("/console/messages/shipped", &ours).await.location(), "/console/messages/shipped?lang=en&flash=rules-saved");
    assert!(browser.ok("/console/messages/shipped?order=1001").await.contains("Order Status Update - Order 1001"));
    assert!(browser.ok("/console/messages/shipped?order=9999").await.contains("There is no order 9999."));
    assert_eq!(browser.get("/console/messages/flying").await.status, StatusCode::NOT_FOUND);
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/messages").await.contains(">Save<"));
    assert_eq!(reader.post("/console/messages", &[]).await.status, StatusCode::FORBIDDEN);
}
