//! A shop's own lines to its customers: what goes out by them. What comes back, and what is forgotten, has rooms of its own.

use crate::door::{Knock, knock};
use crate::house::{API, House, config, correlation, owner};
use crate::rest::{call, get, order, post};
use app::channels::HeardAs;
use app::ports::{AddressStore, Clock, Message, MessageId, MessageState, MessageStore, SendError, TenantStore};
use app::tenant::{Lines, MetaPage, Secret, TelegramBot, TenantConfig, TwilioAccount, WhatsappNumber};
use base64::Engine;
use contracts::Envelope;
use contracts::queue::HookReceived;
use domain::ids::OrderId;
use domain::notify::Channel::{self, Email, Facebook, Instagram, Sms, Telegram, Whatsapp};
use domain::notify::MessageKind;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;

mod back;
mod forgotten;

const PHONE: &str = "+48600100200";

fn lines() -> Lines {
    let page = || MetaPage {
        page_id: "10650011223344".into(),
        token: Secret::new("EAAP-token"),
        app_secret: Some(Secret::new("page-app-secret")),
        verify_token: Some(Secret::new("page-verify-token")),
        ..MetaPage::default()
    };
    Lines {
        sms: Some(TwilioAccount {
            account_sid: "ACDEMODEMODEMODEMODEMODEMODEMODEMO".into(),
            auth_token: Secret::new("twilio-token"),
            from: "+15005550006".into(),
            ..TwilioAccount::default()
        }),
        whatsapp: Some(WhatsappNumber {
            phone_number_id: "106540352242922".into(),
            token: Secret::new("EAAG-token"),
            app_secret: Some(Secret::new("whatsapp-app-secret")),
            verify_token: Some(Secret::new("whatsapp-verify-token")),
            ..WhatsappNumber::default()
        }),
        telegram: Some(TelegramBot {
            token: Secret::new("123456789:AAbbCC"),
            webhook_secret: Some(Secret::new("telegram-secret")),
            ..TelegramBot::default()
        }),
        instagram: Some(page()),
        facebook: Some(page()),
        push: None,
    }
}

/// A shop with every line, which writes by these ways.
async fn shop(channels: &[Channel], change: impl Fn(&mut TenantConfig)) -> House {
    let house = House::new().await;
    let mut next = TenantConfig { version: 2, ..config() };
    next.notify.lines = lines();
    next.notify.channels = channels.to_vec();
    change(&mut next);
    assert_eq!(next.faults(), []);
    assert!(house.world.tenants().save(&house.scope, &next, 1).await.unwrap());
    house
}

fn id(number: &str) -> OrderId {
    OrderId::parse(number).unwrap()
}

async fn place(house: &House, number: &str, customer: Value) {
    let mut body = order(number);
    body["customer"] = customer;
    let placed = post(house, "/v1/orders", &[("idempotency-key", number)], body).await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    house.settle().await;
}

fn sarah(consent: &[&str]) -> Value {
    json!({ "name": "Sarah Connor", "email": "sarah@example.com", "phone": PHONE, "chats": { "telegram": "42", "instagram": "254" }, "consent": consent })
}

/// What is known of the messages about an order, by channel: channel, masked recipient, state, reason.
async fn history(house: &House, number: &str) -> Vec<(String, String, String, Option<String>)> {
    let timeline = get(house, &format!("/v1/orders/{number}/timeline")).await.body;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |message: &Value| {
        (text(&message["channel"]), text(&message["to"]), text(&message["state"]), message["reason"].as_str().map(str::to_owned))
    };
    let messages = timeline["messages"].as_array().unwrap().iter().filter(|message| message["channel"] != "slack");
    let mut history: Vec<_> = messages.map(row).collect();
    history.sort();
    history
}

fn texts(house: &House) -> Vec<(Channel, String)> {
    house.world.sent_texts().into_iter().map(|(channel, _, text)| (channel, text)).collect()
}

/// The first way that the shop has open, that reaches the customer, and that they have agreed to.
// req: S1-19, S1-21, S1-23, S1-30, S1-33
#[tokio::test]
async fn a_message_goes_by_the_best_way_that_is_agreed() {
    let house = shop(&[Whatsapp, Sms, Telegram, Email], |_| {}).await;
    place(&house, "2001", sarah(&["sms", "telegram"])).await;
    assert_eq!(texts(&house), [(Sms, "Hi Sarah! Order #2001 received. -Demo Shop".to_owned())], "WhatsApp was not agreed to");
    assert_eq!(history(&house, "2001").await, [("sms".into(), "***00".into(), "sent".into(), None)]);
    place(&house, "2002", sarah(&["whatsapp"])).await;
    assert_eq!(texts(&house)[1..], [(Whatsapp, "Hey Sarah! 👋 We have your order #2002! 📦".to_owned())]);
    place(&house, "2003", sarah(&[])).await;
    assert_eq!((texts(&house).len(), house.world.sent_mails().len()), (2, 1), "an e-mail address that came with an order is enough");
    // Their language.
    let mut polish = sarah(&["telegram"]);
    polish["locale"] = "pl-PL".into();
    place(&house, "2004", polish).await;
    assert_eq!(texts(&house)[2..], [(Telegram, "Hej Sarah! ✨ Zamówienie #2004 przyjęte! 💙".to_owned())]);
    let told = get(&house, "/v1/orders/2004/why").await.body;
    assert_eq!(told["notification"]["told"], true, "{told}");
}

/// Nobody is written to where they have not agreed, and the order says why.
// req: S1-30
#[tokio::test]
async fn without_consent_nobody_is_written_to() {
    let house = shop(&[Whatsapp, Telegram], |_| {}).await;
    place(&house, "2001", sarah(&["sms"])).await;
    assert_eq!((texts(&house).len(), house.world.sent_mails().len()), (0, 0));
    let why = Some("they have not agreed to be written to by WhatsApp".to_owned());
    assert_eq!(history(&house, "2001").await, [("whatsapp".into(), "***00".into(), "suppressed".into(), why)]);
    let why = get(&house, "/v1/orders/2001/why").await.body;
    assert_eq!(why["notification"]["obstacles"], json!(["they have not agreed to be written to by WhatsApp"]), "{why}");
    let asked = post(&house, "/v1/orders/2001/notify", &[], Value::Null).await;
    assert_eq!(asked.status, 409, "{}", asked.body);
    for (customer, fault) in [
        (json!({ "name": "A", "chats": { "carrier_pigeon": "7" } }), "customer.chats"),
        (json!({ "name": "A", "chats": { "telegram": "not one word" } }), "customer.chats"),
        (json!({ "name": "A", "consent": ["slack"] }), "customer.consent"),
    ] {
        let mut body = order("2009");
        body["customer"] = customer;
        let refused = post(&house, "/v1/orders", &[("idempotency-key", "bad")], body).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(fault)), "{}", refused.body);
    }
}

/// A way that is refused leads to the next one; one that nobody knows of does not.
// req: S1-33
#[tokio::test]
async fn a_refused_message_goes_another_way() {
    let house = shop(&[Sms, Telegram, Email], |_| {}).await;
    house.world.script_texts([Some(SendError::Refused("Twilio answered 400, error 21211".into())), None]);
    place(&house, "2001", sarah(&["sms", "telegram"])).await;
    let refused = |why: &str| ("sms".to_owned(), "***00".to_owned(), "refused".to_owned(), Some(why.to_owned()));
    assert_eq!(
        history(&house, "2001").await,
        [refused("Twilio answered 400, error 21211"), ("telegram".into(), "***".into(), "sent".into(), None)]
    );
    // A number that has sent STOP to the network is not tried again.
    house.world.script_texts([Some(SendError::Unwanted("Twilio answered 400, error 21610".into())), None]);
    place(&house, "2002", sarah(&["sms", "telegram"])).await;
    place(&house, "2003", sarah(&["sms", "telegram"])).await;
    assert_eq!(history(&house, "2003").await[0], refused("the provider says that they do not want it"));
    assert_eq!(texts(&house).iter().map(|text| text.0).collect::<Vec<_>>(), [Telegram, Telegram, Telegram]);
    // It may have gone out: it is not sent by another way as well.
    house.world.script_texts([Some(SendError::Unknown("no answer in time".into()))]);
    place(&house, "2004", sarah(&["telegram"])).await;
    let unknown = history(&house, "2004").await;
    assert_eq!((unknown.len(), unknown[0].2.as_str(), house.world.sent_mails().len()), (1, "unknown", 0), "{unknown:?}");
    // What cannot be sent now is sent later, once, by the same way.
    house.world.script_texts([Some(SendError::NotSent("Telegram answered 503".into()))]);
    let mut body = order("2005");
    body["customer"] = sarah(&["telegram"]);
    post(&house, "/v1/orders", &[("idempotency-key", "2005")], body).await;
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let placed = house.world.take_published().into_iter().find(|event| event.payload.detail_type() == "order.label_changed.v1").unwrap();
    let notify = house.notify();
    assert!(notify.run(&placed, jiff::Timestamp::MAX).await.unwrap_err().is_retryable());
    for _ in 0..2 {
        notify.run(&placed, jiff::Timestamp::MAX).await.unwrap();
    }
    let sent = history(&house, "2005").await;
    assert_eq!((sent.len(), sent[0].2.as_str()), (1, "sent"), "{sent:?}");
    // The shop prefers e-mail from now on: what has gone out is not sent again by it.
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    next.version += 1;
    next.notify.channels = vec![Email];
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    notify.run(&placed, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!(house.world.sent_mails().len(), 0);
}

/// A sender died with one way in its hands, and the shop has changed its ways since: nobody is told twice.
// req: S1-33
#[tokio::test]
async fn a_way_that_may_have_been_taken_is_not_taken_again_by_another() {
    let house = shop(&[Sms, Email], |_| {}).await;
    let mut body = order("2001");
    body["customer"] = sarah(&["sms"]);
    post(&house, "/v1/orders", &[("idempotency-key", "2001")], body).await;
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let is_news = |event: &Envelope| event.subject == "2001" && event.payload.detail_type() == "order.label_changed.v1";
    let placed = house.world.take_published().into_iter().find(is_news).unwrap();
    let now = house.clock.now();
    let dying = Message {
        id: MessageId { event: placed.id.clone(), channel: "sms".into(), recipient: "0123456789abcdef".into() },
        at: now,
        to: "***00".into(),
        kind: MessageKind::Status,
        text: "Hi Sarah!".into(),
        state: MessageState::Sending { lease_until: now + jiff::SignedDuration::from_mins(3) },
        attempts: 1,
    };
    house.world.messages().claim(&house.scope, "2001", &dying, now).await.unwrap();
    let mut next = house.world.tenants().config(house.scope.tenant()).await.unwrap().unwrap();
    next.version += 1;
    next.notify.channels = vec![Email];
    assert!(house.world.tenants().save(&house.scope, &next, next.version - 1).await.unwrap());
    assert!(house.notify().run(&placed, jiff::Timestamp::MAX).await.unwrap_err().is_retryable(), "somebody is at it");
    house.clock.advance(jiff::SignedDuration::from_mins(4));
    house.notify().run(&placed, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!((texts(&house).len(), house.world.sent_mails().len()), (0, 0));
}

/// Whoever has the link sees how far it has come, and nothing of the customer.
// req: S1-23
#[tokio::test]
async fn a_customer_follows_their_order() {
    let house = shop(&[Sms], |_| {}).await;
    place(&house, "2001", sarah(&["sms"])).await;
    for word in ["processing", "shipped"] {
        let wish = json!({ "order_id": "2001", "new_status": word, "notify_customer": word == "shipped" });
        let moved = post(&house, "/v1/orders/update-status", &[], wish).await;
        assert_eq!(moved.status, 200, "{}", moved.body);
    }
    house.settle().await;
    let link = house.survey().links.track(API, house.scope.tenant(), &id("2001"));
    assert_eq!(texts(&house)[1].1, format!("Hi Sarah! Order #2001 on its way. Track: {link} -Demo Shop"));
    let path = link.strip_prefix(API).unwrap().to_owned();
    let page = |path: String| {
        let router = orders_api::router(house.desk());
        async move { knock(router, Knock { verb: "GET", path: &path, ..Knock::default() }).await }
    };
    let shown = page(path.clone()).await;
    assert_eq!(shown.status, 200);
    assert!(shown.text().contains("Order 2001") && shown.text().contains("aria-current=\"step\">On its way"), "{}", shown.text());
    assert!(!shown.text().contains("Sarah") && !shown.text().contains("sarah@"), "{}", shown.text());
    for wrong in [path.replace("2001", "1001"), path.replace("track", "survey"), format!("{path}0"), path.replace("demo", "other")] {
        assert_eq!(page(wrong.clone()).await.status, 404, "{wrong}");
    }
}
