//! What a shop says at which status.

use crate::door::{Answer, Knock, knock};
use crate::house::{House, identity, owner};
use crate::messages::{hook, report};
use app::Scopes;
use domain::order::Role;
use serde_json::{Value, json};

async fn call(house: &House, verb: &str, path: &str, body: &Value) -> Answer {
    let body = body.to_string();
    let knocked = Knock { verb, path, body: body.as_bytes(), identity: Some(owner()), ..Knock::default() };
    knock(orders_api::router(house.desk()), knocked).await
}

fn own(subject: &str, text: &str) -> Value {
    json!({ "Shipped": { "wording": { "en": { "subject": subject, "text": text } } } })
}

// req: S0-31
#[tokio::test]
async fn rules_come_out_as_they_went_in_and_are_followed() {
    let house = House::new().await;
    house.settle().await;
    let first = call(&house, "GET", "/v1/notify-rules", &Value::Null).await.body;
    assert_eq!((&first["rules"], first["statuses"].as_array().unwrap().len()), (&json!({}), 18));
    let rules = own("{shop}: {order} is {status}", "Hi {customer}, it comes on {eta}.");
    let saved = call(&house, "PUT", "/v1/notify-rules", &json!({ "version": first["version"], "rules": rules })).await;
    assert_eq!(saved.status, 200, "{}", saved.body);
    let read = call(&house, "GET", "/v1/notify-rules", &Value::Null).await.body;
    assert_eq!((&read, &read["rules"]["Shipped"]["wording"]), (&saved.body, &rules["Shipped"]["wording"]));
    assert_eq!(read["rules"]["Shipped"]["email"], true, "what is not said is as it was");
    let stale = call(&house, "PUT", "/v1/notify-rules", &json!({ "version": first["version"], "rules": {} })).await;
    stale.refuses(409, "somebody was faster");
    hook(&house, &report("Shipped")).await.unwrap();
    house.settle().await;
    let mails = house.world.sent_mails();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "Demo Shop: 1003 is Shipped"));
    assert!(mails[0].text.ends_with("it comes on 2025-08-20."), "{}", mails[0].text);
}

// req: S0-31
#[tokio::test]
async fn a_misspelled_rule_is_refused_and_not_taken_for_none() {
    let house = House::new().await;
    let rules = json!({
        "Cancelled": { "mail": false }, "Shipped": { "email": "no", "wording": { "en": { "subject": "s", "text": "t", "html": "h" } } },
    });
    let put = call(&house, "PUT", "/v1/notify-rules", &json!({ "version": 1, "rules": rules })).await;
    let mut faults = put.refuses(422, "all of it").faults();
    faults.sort();
    assert_eq!(
        faults,
        ["rules.Cancelled.mail unknown_field", "rules.Shipped.email wrong_type", "rules.Shipped.wording.en.html unknown_field"]
    );
    let look =
        call(&house, "POST", "/v1/notify-rules/preview", &json!({ "order_id": "1001", "rules": { "Shipped": { "slak": true } } })).await;
    assert_eq!(look.refuses(422, "the same").faults(), ["rules.Shipped.slak unknown_field"]);
}

/// What is shown is what would be sent: nothing where mails are off, nothing where there is no place to post.
// req: S0-31
#[tokio::test]
async fn a_look_shows_nothing_that_would_not_be_sent() {
    use app::ports::TenantStore;
    use app::tenant::{NotifySettings, TenantConfig};
    let house = House::new().await;
    let config = crate::house::config();
    let silent =
        TenantConfig { version: 2, notify: NotifySettings { email: false, slack_webhook: None, ..config.notify.clone() }, ..config };
    assert!(house.world.tenants().save(&house.scope, &silent, 1).await.unwrap());
    let shown = call(&house, "POST", "/v1/notify-rules/preview", &json!({ "order_id": "1001" })).await.body;
    assert!(shown["messages"].as_array().unwrap().iter().all(|message| message.as_object().unwrap().len() == 1), "{shown}");
}

/// Every mail from a sender that the installation has no right to would be refused by the mail service.
#[tokio::test]
async fn a_sender_that_is_not_the_installations_is_refused_when_it_is_saved() {
    let house = House::new().await;
    let mut settings = call(&house, "GET", "/v1/settings", &Value::Null).await.body;
    for (from, ok) in [
        ("orders@shop.example", true),
        ("Demo Shop <Orders@EU.Shop.Example>", true),
        ("orders@notshop.example", false),
        ("Demo <orders@shop.example.evil.test>", false),
        ("orders@shop.test", false),
    ] {
        settings["notify"]["from"] = json!(from);
        let put = call(&house, "PUT", "/v1/settings", &settings).await;
        if ok {
            assert_eq!(put.status, 200, "{from}: {}", put.body);
            settings["version"] = put.body["version"].clone();
        } else {
            assert_eq!(put.refuses(422, from).faults(), ["notify.from foreign_sender"]);
        }
    }
}

// req: S0-31
#[tokio::test]
async fn a_rule_that_is_off_sends_nothing() {
    for (rule, mails, posts) in
        [(json!({ "email": false }), 0, 1), (json!({ "slack": false }), 1, 0), (json!({ "email": false, "slack": false }), 0, 0)]
    {
        let house = House::new().await;
        house.settle().await;
        let saved = call(&house, "PUT", "/v1/notify-rules", &json!({ "version": 1, "rules": { "Shipped": rule } })).await;
        assert_eq!(saved.status, 200, "{}", saved.body);
        hook(&house, &report("Shipped")).await.unwrap();
        house.settle().await;
        assert_eq!((house.world.sent_mails().len(), house.world.posts().len()), (mails, posts), "{rule}");
        // A person's own wish is not a rule's to refuse.
        let told = call(&house, "POST", "/v1/orders/1003/notify", &Value::Null).await;
        assert_eq!(told.status, 202, "{}", told.body);
        house.settle().await;
        assert_eq!(house.world.sent_mails().len(), mails + 1);
    }
}

// req: S0-31
#[tokio::test]
async fn every_message_can_be_looked_at_on_a_real_order_and_nothing_is_sent() {
    let house = House::new().await;
    house.settle().await;
    let look = async |body: Value| call(&house, "POST", "/v1/notify-rules/preview", &body).await;
    let shown = look(json!({ "order_id": "1001", "rules": own("{order}!", "Dear {customer}"), "language": "en" })).await.body;
    let messages = shown["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 18);
    let at = |status: &str| messages.iter().find(|message| message["status"] == status).unwrap();
    assert_eq!(at("Shipped")["email"], json!({ "subject": "1001!", "text": "Dear John Smith" }));
    assert!(
        at("Delivered")["email"]["subject"] == "Order Status Update - Order 1001"
            && at("Delayed")["slack"].as_str().unwrap().contains("ORDER DELAYED")
    );
    let polish = look(json!({ "order_id": "1001", "language": "pl" })).await.body;
    assert!(polish["messages"][0]["email"]["subject"].as_str().unwrap().starts_with("Aktualizacja"), "{polish}");
    assert!(house.world.sent_mails().is_empty() && house.world.posts().is_empty());
    look(json!({ "order_id": "9999" })).await.refuses(404, "no such order");
    let faults = look(json!({ "order_id": "1001", "rules": own("", "{x}"), "language": "tlh" })).await.refuses(422, "all of it").faults();
    assert_eq!(
        faults,
        ["rules.Shipped.wording.en.subject bad_text", "rules.Shipped.wording.en.text unknown_placeholder", "language unknown_language"]
    );
    let clerk = identity("demo", Role::Operator, Scopes { read: true, write: true, ..Scopes::default() });
    let knocked =
        Knock { verb: "PUT", path: "/v1/notify-rules", body: br#"{"version":1,"rules":{}}"#, identity: Some(clerk), ..Knock::default() };
    knock(orders_api::router(house.desk()), knocked).await.refuses(403, "settings are the admin's");
}
