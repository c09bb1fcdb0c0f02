//! A shop's own lines to its customers: what goes out by them, and what comes back.

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
use std::sync::Arc;

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

struct Outside<'a> {
    house: &'a House,
}

impl Outside<'_> {
    async fn knock(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let router = status_webhook::router(Arc::new(self.house.receive()), Arc::new(self.house.listen()));
        knock(router, Knock { path, headers, body, ..Knock::default() }).await.status
    }

    /// As Twilio signs.
    async fn twilio(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let mut sorted = fields.to_vec();
        sorted.sort_unstable();
        let mut mac = Hmac::<Sha1>::new_from_slice(b"twilio-token").unwrap();
        mac.update(format!("{API}{path}").as_bytes());
        sorted.iter().for_each(|(name, value)| mac.update(format!("{name}{value}").as_bytes()));
        let signature = base64::engine::general_purpose::STANDARD.encode(mac.finalize().into_bytes());
        let headers = [("x-twilio-signature", signature.as_str()), ("content-type", "application/x-www-form-urlencoded")];
        self.knock(path, &headers, body.as_bytes()).await
    }

    /// As Meta signs.
    async fn meta(&self, channel: &str, secret: &str, body: &Value) -> u16 {
        let body = body.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        self.knock(&format!("/v1/channels/demo/{channel}"), &[("x-hub-signature-256", &signature)], body.as_bytes()).await
    }

    async fn says(&self, from: &str, text: &str, id: &str) -> u16 {
        let status =
            self.twilio("/v1/channels/demo/sms", &[("MessageSid", id), ("From", from), ("Body", text), ("SmsStatus", "received")]).await;
        self.house.settle().await;
        status
    }
}

/// Receipts come twice and in any order; the message shows the furthest it has come, and each is counted once.
// req: S1-27, S1-28
#[tokio::test]
async fn receipts_show_in_the_history_and_are_counted() {
    let house = shop(&[Sms, Whatsapp], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms"])).await;
    place(&house, "2002", sarah(&["whatsapp"])).await;
    let reference = |number: &str| {
        let message = house.world.messages_about(&house.scope, number).into_iter().find(|message| message.id.channel != "slack").unwrap();
        format!("{number}/{}/{}", message.id.event, message.id.recipient)
    };
    let path = format!("/v1/channels/demo/sms?about={}", reference("2001"));
    for status in ["sent", "delivered", "delivered"] {
        assert_eq!(outside.twilio(&path, &[("MessageSid", "SM1"), ("MessageStatus", status)]).await, 200);
        house.settle().await;
    }
    assert_eq!(history(&house, "2001").await[0].2, "delivered");
    let statuses = |status: &str| {
        let status = json!({ "id": "wamid.A", "status": status, "biz_opaque_callback_data": reference("2002") });
        json!({ "entry": [{ "changes": [{ "value": { "metadata": { "phone_number_id": "106540352242922" }, "statuses": [status] } }] }] })
    };
    for status in ["read", "delivered", "sent", "read"] {
        assert_eq!(outside.meta("whatsapp", "whatsapp-app-secret", &statuses(status)).await, 200);
        house.settle().await;
    }
    assert_eq!(history(&house, "2002").await[0].2, "opened", "it does not go back");
    place(&house, "2003", sarah(&["sms"])).await;
    let path = format!("/v1/channels/demo/sms?about={}", reference("2003"));
    outside.twilio(&path, &[("MessageSid", "SM3"), ("MessageStatus", "undelivered"), ("ErrorCode", "30006")]).await;
    house.settle().await;
    let bounced = history(&house, "2003").await;
    assert_eq!((bounced[0].2.as_str(), bounced[0].3.as_deref()), ("bounced", Some("Twilio could not deliver it: error 30006")));
    // A receipt for nothing of ours changes nothing, and is taken all the same.
    for about in ["2001/e/0123456789abcdef", "nonsense", "9999/demo:9999:1:0/0123456789abcdef"] {
        let path = format!("/v1/channels/demo/sms?about={about}");
        assert_eq!(outside.twilio(&path, &[("MessageSid", "SM9"), ("MessageStatus", "delivered")]).await, 200);
        house.settle().await;
    }
    let stats = get(&house, "/v1/orders/stats").await.body;
    assert_eq!(stats["delivery_rate"]["value"], 0.667, "{stats}");
    let rows = stats["deliveries"].as_array().unwrap();
    let row = |channel: &str| rows.iter().find(|row| row["channel"] == channel).unwrap();
    assert_eq!((&row("sms")["delivered"], &row("sms")["bounced"]), (&json!(1), &json!(1)));
    assert_eq!((&row("whatsapp")["delivered"], &row("whatsapp")["opened"]), (&json!(1), &json!(1)));
}

/// What did not arrive goes by the next way, once; when there is none left, somebody has to find one.
// req: S1-28, S1-33
#[tokio::test]
async fn a_message_that_bounces_later_goes_another_way() {
    let house = shop(&[Sms, Whatsapp], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms", "whatsapp"])).await;
    let reference = |channel: &str| {
        let messages = house.world.messages_about(&house.scope, "2001");
        let message = messages.into_iter().find(|message| message.id.channel == channel).unwrap();
        format!("2001/{}/{}", message.id.event, message.id.recipient)
    };
    let path = format!("/v1/channels/demo/sms?about={}", reference("sms"));
    for id in ["SM1", "SM1", "SM2"] {
        assert_eq!(outside.twilio(&path, &[("MessageSid", id), ("MessageStatus", "undelivered"), ("ErrorCode", "30003")]).await, 200);
        house.settle().await;
    }
    let states = |rows: Vec<(String, String, String, Option<String>)>| rows.into_iter().map(|row| (row.0, row.2)).collect::<Vec<_>>();
    let of = |channel: &str, state: &str| (channel.to_owned(), state.to_owned());
    assert_eq!(states(history(&house, "2001").await), [of("sms", "bounced"), of("whatsapp", "sent")]);
    assert_eq!(texts(&house).iter().map(|text| text.0).collect::<Vec<_>>(), [Sms, Whatsapp], "once");
    let order = house.world.order(&house.scope, &id("2001")).unwrap();
    assert!(order.told && !order.untold);
    let status =
        json!({ "id": "wamid.A", "status": "failed", "errors": [{ "code": 131026 }], "biz_opaque_callback_data": reference("whatsapp") });
    let body =
        json!({ "entry": [{ "changes": [{ "value": { "metadata": { "phone_number_id": "106540352242922" }, "statuses": [status] } }] }] });
    assert_eq!(outside.meta("whatsapp", "whatsapp-app-secret", &body).await, 200);
    house.settle().await;
    assert_eq!(states(history(&house, "2001").await), [of("sms", "bounced"), of("whatsapp", "bounced")]);
    let order = house.world.order(&house.scope, &id("2001")).unwrap();
    assert!(order.untold, "they have to be told some other way");
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    assert!(timeline.contains("A message by WhatsApp did not reach the customer"), "{timeline}");
}

/// WhatsApp calls some people by another number than one dials: STOP from there is a STOP.
// req: S1-30
#[tokio::test]
async fn whoever_answers_from_another_number_is_heard() {
    let house = shop(&[Whatsapp], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", json!({ "name": "Eva", "phone": "+525512345678", "consent": ["whatsapp"] })).await;
    let says = |text: &str, id: &str| {
        let message = json!({ "from": "5215512345678", "id": id, "type": "text", "text": { "body": text } });
        json!({ "entry": [{ "changes": [{ "value": { "metadata": { "phone_number_id": "106540352242922" }, "messages": [message] } }] }] })
    };
    for (text, id) in [("When does it come?", "w1"), ("STOP", "w2")] {
        assert_eq!(outside.meta("whatsapp", "whatsapp-app-secret", &says(text, id)).await, 200);
        house.settle().await;
    }
    assert!(get(&house, "/v1/orders/2001/timeline").await.body.to_string().contains("When does it come?"));
    place(&house, "2002", json!({ "name": "Eva", "phone": "+525512345678", "consent": ["whatsapp"] })).await;
    assert_eq!((texts(&house).len(), history(&house, "2002").await[0].2.as_str()), (1, "refused"));
}

/// One address fills no history, strangers fill no inbox, and STOP is never one too many.
// req: S1-29, S1-30
#[tokio::test]
async fn what_one_may_write_has_an_end() {
    let house = shop(&[Sms], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms"])).await;
    for n in 0..60 {
        outside.says(PHONE, &format!("hello {n}"), &format!("SM{n}")).await;
    }
    let written = || async { get(&house, "/v1/orders/2001/timeline?limit=100").await.body.to_string().matches("Customer wrote").count() };
    assert_eq!(written().await, 50);
    outside.says(PHONE, "STOP", "SMS").await;
    place(&house, "2002", sarah(&["sms"])).await;
    assert_eq!((written().await, history(&house, "2002").await[0].2.as_str()), (51, "refused"));
    for n in 0..70 {
        outside.says(&format!("+1555000{n:04}"), "buy now", &format!("SP{n}")).await;
    }
    let parked = get(&house, "/v1/inbox").await.body;
    assert_eq!(parked.as_array().unwrap().len(), 60);
    let first = format!("/v1/inbox/{}/{}", parked[0]["endpoint"].as_str().unwrap(), parked[0]["id"].as_str().unwrap());
    for status in [204, 204] {
        assert_eq!(call(&house, Some(owner()), "DELETE", &first, &[], Value::Null).await.status, status);
    }
    assert_eq!(call(&house, Some(owner()), "DELETE", "/v1/inbox/@sms/nothing", &[], Value::Null).await.status, 404);
    assert_eq!(house.world.inbox_entries(&house.scope).iter().filter(|entry| entry.body.contains("buy now")).count(), 59);
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

/// What a customer writes stands in their order, goes to the team, and is counted; STOP is kept to.
// req: S1-29, S1-30
#[tokio::test]
async fn customers_write_back() {
    let house = shop(&[Sms, Email], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms"])).await;
    assert_eq!(outside.says(PHONE, "Can you leave it <here>?", "SM1").await, 200);
    assert_eq!(outside.says(PHONE, "Can you leave it <here>?", "SM1").await, 200, "Twilio sends it again");
    let said = "Customer wrote by SMS: Can you leave it <here>?";
    let timeline = get(&house, "/v1/orders/2001/timeline").await.body.to_string();
    assert_eq!(timeline.matches(said).count(), 1, "{timeline}");
    let posts: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("wrote by")).collect();
    assert_eq!(posts, [":speech_balloon: *Order 2001*: the customer wrote by SMS\n>Can you leave it &lt;here&gt;?"]);
    let stats = get(&house, "/v1/orders/stats").await.body;
    assert_eq!(stats["response_rate"]["value"], 1.0, "{stats}");
    // The body is not kept beside the order's history.
    assert!(house.world.inbox_entries(&house.scope).iter().all(|entry| entry.body.is_empty()), "kept twice");
    assert_eq!(outside.says(PHONE, " Stop! ", "SM2").await, 200);
    place(&house, "2002", sarah(&["sms"])).await;
    let kept = Some("they have asked for no more messages".to_owned());
    assert_eq!(history(&house, "2002").await[1], ("sms".into(), "***00".into(), "refused".into(), kept));
    assert_eq!((texts(&house).len(), house.world.sent_mails().len()), (1, 1), "by e-mail, which they have not stopped");
    assert_eq!(outside.says("+49600100200", "START", "SM3").await, 200, "another number");
    place(&house, "2003", sarah(&["sms"])).await;
    assert_eq!(texts(&house).len(), 1);
    outside.says(PHONE, "start", "SM4").await;
    place(&house, "2004", sarah(&["sms"])).await;
    assert_eq!(texts(&house).len(), 2);
    // Somebody whom nobody has written to waits for a person.
    assert_eq!(outside.says("+15551234567", "Where is my parcel?", "SM5").await, 200);
    let parked = get(&house, "/v1/inbox").await.body;
    let (entry, message) = (&parked[0], json!({ "channel": "sms", "from": "+15551234567", "text": "Where is my parcel?" }));
    assert_eq!((&entry["code"], &entry["message"]), (&json!("unknown_sender"), &message), "{parked}");
    let posts: Vec<String> = house.world.posts().into_iter().map(|post| post.1).filter(|text| text.contains("No order")).collect();
    assert!(posts.len() == 1 && posts[0].contains("***67 wrote by SMS") && !posts[0].contains("parcel"), "{posts:?}");
    // Their order comes in, and what they wrote finds it.
    place(&house, "2005", json!({ "name": "Tom", "phone": "+15551234567", "consent": ["sms"] })).await;
    let replay = format!("/v1/inbox/{}/{}/replay", entry["endpoint"].as_str().unwrap(), entry["id"].as_str().unwrap());
    assert_eq!(post(&house, &replay, &[], Value::Null).await.status, 202);
    house.settle().await;
    assert!(get(&house, "/v1/orders/2005/timeline").await.body.to_string().contains("Where is my parcel?"));
    assert_eq!(get(&house, "/v1/inbox").await.body, json!([]));
    // Erased with everything else that they wrote.
    let address = app::privacy::address("sarah@example.com").unwrap().into();
    house.privacy().erase(&owner(), &config(), &address, &correlation()).await.unwrap();
    house.settle().await;
    assert!(!get(&house, "/v1/orders/2001/timeline").await.body.to_string().contains("leave it"));
}

/// Nobody but the platform is believed.
// req: S1-29
#[tokio::test]
async fn only_signed_reports_are_taken() {
    let house = shop(&[Sms, Whatsapp, Telegram, Instagram, Facebook], |_| {}).await;
    let outside = Outside { house: &house };
    let update = json!({ "update_id": 7, "message": { "chat": { "id": 42 }, "text": "hello" } }).to_string();
    let telegram = |secret: &'static str| {
        let (outside, update) = (&outside, &update);
        async move { outside.knock("/v1/channels/demo/telegram", &[("x-telegram-bot-api-secret-token", secret)], update.as_bytes()).await }
    };
    assert_eq!((telegram("telegram-secret").await, telegram("telegram-secreT").await), (200, 401));
    let messaging =
        json!({ "object": "page", "entry": [{ "messaging": [{ "sender": { "id": "254" }, "message": { "mid": "m1", "text": "hi" } }] }] });
    for (channel, secret, status) in [
        ("instagram", "page-app-secret", 200),
        ("facebook", "page-app-secret", 200),
        ("whatsapp", "page-app-secret", 401),
        ("whatsapp", "whatsapp-app-secret", 200),
        ("push", "page-app-secret", 401),
        ("email", "page-app-secret", 401),
        ("slack", "page-app-secret", 401),
    ] {
        assert_eq!(outside.meta(channel, secret, &messaging).await, status, "{channel} {secret}");
    }
    assert_eq!(outside.twilio("/v1/channels/demo/sms", &[("MessageSid", "SM1"), ("From", "+1"), ("Body", "x")]).await, 200);
    for path in ["/v1/channels/other/sms", "/v1/channels/DEMO/sms", "/v1/channels/demo/fax"] {
        assert_eq!(outside.twilio(path, &[("MessageSid", "SM1")]).await, 401, "{path}");
    }
    for body in [&b"\xff\xfe"[..], b"{", b"", b"[[[[[[[[["] {
        assert_eq!(outside.knock("/v1/channels/demo/sms", &[("x-twilio-signature", "AAAA")], body).await, 401);
        let status = outside.knock("/v1/channels/demo/telegram", &[("x-telegram-bot-api-secret-token", "telegram-secret")], body).await;
        assert!(matches!(status, 400 | 422), "{status} {body:?}");
    }
    let asked = |query: &'static str| {
        let router = status_webhook::router(Arc::new(house.receive()), Arc::new(house.listen()));
        async move { knock(router, Knock { verb: "GET", path: query, ..Knock::default() }).await }
    };
    let good = asked("/v1/channels/demo/whatsapp?hub.mode=subscribe&hub.verify_token=whatsapp-verify-token&hub.challenge=1158201444").await;
    assert_eq!((good.status, good.text().as_str()), (200, "1158201444"));
    for bad in [
        "/v1/channels/demo/whatsapp?hub.mode=subscribe&hub.verify_token=guess&hub.challenge=1",
        "/v1/channels/demo/whatsapp?hub.mode=unsubscribe&hub.verify_token=whatsapp-verify-token&hub.challenge=1",
        "/v1/channels/demo/whatsapp?hub.mode=subscribe&hub.verify_token=whatsapp-verify-token&hub.challenge=%3Cscript%3E",
        "/v1/channels/demo/sms?hub.mode=subscribe&hub.verify_token=&hub.challenge=1",
        "/v1/channels/demo/whatsapp",
    ] {
        assert_eq!(asked(bad).await.status, 401, "{bad}");
    }
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

/// Everything that is kept of a shop, but for what is deliberately named.
fn kept(house: &House) -> String {
    house.world.everything(&house.scope)
}

/// Somebody who has given no e-mail address has the same rights: any of their orders names them.
// req: X-08, S1-30
#[tokio::test]
async fn a_customer_without_an_address_is_exported_and_forgotten_by_an_order() {
    let house = shop(&[Sms, Telegram], |_| {}).await;
    let by_phone = |name: &str, phone: &str| json!({ "name": name, "phone": phone, "consent": ["sms"] });
    let by_chat = |name: &str| json!({ "name": name, "chats": { "telegram": "4242" }, "consent": ["telegram"] });
    place(&house, "2001", by_phone("Rosa Klebb", PHONE)).await;
    place(&house, "2002", by_phone("Rosa Klebb", "48600100200")).await;
    place(&house, "2003", by_phone("Vesper Lynd", "+48600100201")).await;
    place(&house, "2004", by_chat("Honey Ryder")).await;
    place(&house, "2005", by_chat("Honey Ryder")).await;
    place(&house, "2006", sarah(&["sms"])).await;
    let numbers = |exported: &Value| {
        let orders = exported["orders"].as_array().unwrap().iter();
        let mut numbers: Vec<String> = orders.map(|order| order["order"]["id"].as_str().unwrap().to_owned()).collect();
        numbers.sort();
        numbers
    };
    for (number, theirs) in [("2001", &["2001", "2002"][..]), ("2005", &["2004", "2005"]), ("2006", &["2006"])] {
        let exported = post(&house, "/v1/privacy/export", &[], json!({ "order_id": number })).await;
        assert_eq!(
            (exported.status, numbers(&exported.body).as_slice(), &exported.body["more"]),
            (200, &theirs.iter().map(|number| (*number).to_owned()).collect::<Vec<_>>()[..], &json!(false)),
            "{number}"
        );
    }
    for (number, name, orders) in [("2002", "Rosa Klebb", 2), ("2004", "Honey Ryder", 2), ("2006", "Sarah Connor", 1)] {
        assert!(kept(&house).contains(name), "{name}");
        let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": number })).await;
        assert_eq!((erased.status, &erased.body["orders"]), (200, &json!(orders)), "{}", erased.body);
        house.settle().await;
        assert!(!kept(&house).contains(name), "{name}");
        let again = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": number })).await;
        assert_eq!((again.status, &again.body["orders"]), (200, &json!(0)), "safe to repeat");
    }
    assert!(!kept(&house).contains("sarah@example.com") && kept(&house).contains("Vesper Lynd"), "others stay");
    let exported = post(&house, "/v1/privacy/export", &[], json!({ "order_id": "2001" })).await;
    assert_eq!((numbers(&exported.body), exported.body.to_string().contains("Rosa")), (vec!["2001".to_owned()], false));
    for (path, body, status, fault) in [
        ("erase", json!({ "order_id": "9999" }), 404, ""),
        ("erase", json!({}), 422, "email required"),
        ("export", json!({ "email": null, "order_id": null }), 422, "email required"),
        ("export", json!({ "email": "a@example.com", "order_id": "2001" }), 422, "order_id one_of"),
        ("erase", json!({ "order_id": "20 01" }), 404, ""),
        ("erase", json!({ "order_id": 2001 }), 422, "order_id wrong_type"),
        ("erase", json!({ "phone": PHONE }), 422, "phone unknown_field"),
    ] {
        let answer = post(&house, &format!("/v1/privacy/{path}"), &[], body.clone()).await;
        let told = answer.body["errors"][0]["field"]
            .as_str()
            .map(|field| format!("{field} {}", answer.body["errors"][0]["code"].as_str().unwrap()));
        assert_eq!((answer.status, told.unwrap_or_default().as_str()), (status, fault), "{body}: {}", answer.body);
    }
}

/// The order that names a customer is the last of theirs to be erased: a call that dies before finds the others by it again.
// req
#[tokio::test]
async fn the_order_that_names_a_customer_is_erased_last() {
    let house = shop(&[Sms], |_| {}).await;
    for number in ["2001", "2002", "2003"] {
        place(&house, number, json!({ "name": "Rosa Klebb", "phone": PHONE, "consent": ["sms"] })).await;
    }
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": "2002" })).await;
    assert_eq!(erased.body["orders"], 3, "{}", erased.body);
    let events = house.world.take_stream(usize::MAX).into_iter().flat_map(|row| row.events.clone());
    let gone: Vec<String> =
        events.filter(|event| event.payload.detail_type() == "order.contact_erased.v1").map(|event| event.subject).collect();
    assert_eq!((gone.len(), gone[2].as_str()), (3, "2002"), "{gone:?}");
}

/// Nothing that somebody forgotten writes is kept with an order; what they wish is.
// req: X-08, S1-29, S1-30
#[tokio::test]
async fn what_somebody_forgotten_writes_is_not_kept_with_their_order() {
    let house = shop(&[Sms], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms"])).await;
    let address = house.pseudonyms().address(house.scope.tenant(), Sms, PHONE);
    let addresses = house.world.addresses();
    let reached = || async { addresses.reached(&house.scope, &address, house.clock_now()).await.unwrap() };
    assert_eq!(reached().await.order, Some(id("2001")));
    let history = |house: &House| house.world.history(&house.scope, &id("2001")).len();
    // It is on the queue when they are forgotten, and found where the notifier had looked just before.
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    assert_eq!(reached().await, app::ports::Reached::default(), "nobody is known there any more");
    house.settle().await;
    addresses.about(&house.scope, &address, &id("2001"), house.clock_now()).await.unwrap();
    let before = history(&house);
    outside.says(PHONE, "My name is Sarah, ring me", "SM1").await;
    assert_eq!(history(&house), before);
    assert!(!kept(&house).contains("My name is Sarah"), "{}", kept(&house));
    outside.says(PHONE, "STOP", "SM2").await;
    assert!(reached().await.refused.is_some() && history(&house) == before);
    assert!(
        house.world.inbox_entries(&house.scope).iter().all(|entry| entry.body.is_empty() && entry.state == app::ports::InboxState::Done)
    );
    // Forgotten once more, the wish stays.
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    let known = reached().await;
    assert_eq!((known.order, known.refused.is_some()), (None, true));
}

/// A customer whom WhatsApp knows by another number is forgotten by both; that they want no more messages is kept to.
// req: X-08, S1-30
#[tokio::test]
async fn somebody_with_two_numbers_is_forgotten_by_both() {
    let house = shop(&[Whatsapp], |_| {}).await;
    let mexican = || json!({ "name": "Elektra King", "phone": "+525512345678", "consent": ["whatsapp"] });
    place(&house, "2001", mexican()).await;
    let address = |who: &str| house.pseudonyms().address(house.scope.tenant(), Whatsapp, who);
    let addresses = house.world.addresses();
    let (dialled, answering) = (address("+525512345678"), address("5215512345678"));
    let reached = |address: app::ports::Address| {
        let (addresses, house) = (&addresses, &house);
        async move { addresses.reached(&house.scope, &address, house.clock_now()).await.unwrap() }
    };
    assert_eq!((reached(dialled.clone()).await.order, reached(answering.clone()).await.order), (Some(id("2001")), Some(id("2001"))));
    addresses.refuse(&house.scope, &answering, Some("STOP"), house.clock_now()).await.unwrap();
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "order_id": "2001" })).await;
    assert_eq!(erased.body["orders"], 1, "{}", erased.body);
    for known in [reached(dialled).await, reached(answering).await] {
        assert_eq!((known.order, known.refused.is_some()), (None, true));
    }
    let sent = texts(&house).len();
    place(&house, "2002", mexican()).await;
    assert_eq!(texts(&house).len(), sent);
    let opened = post(&house, "/v1/privacy/reopen", &[], json!({ "channel": "whatsapp", "address": "+52 55 1234 5678" })).await;
    assert_eq!(opened.body, json!({ "was_refused": true, "reason": "STOP" }));
    place(&house, "2003", mexican()).await;
    assert_eq!(texts(&house).len(), sent + 1);
}

/// What somebody wrote before anybody wrote to them waits for a person; it is theirs all the same.
// req: X-08, S1-29
#[tokio::test]
async fn replies_that_wait_for_a_person_are_forgotten_with_whoever_wrote_them() {
    let house = shop(&[Email], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&[])).await;
    outside.says("48 600 100 200", "I am Sarah of Elm Street", "SM1").await;
    outside.says("+48600100201", "I am somebody else", "SM2").await;
    let telegram =
        |from: u32| json!({ "update_id": from, "message": { "chat": { "id": from }, "text": format!("chat of {from}") } }).to_string();
    for from in [42, 43] {
        let proof = [("x-telegram-bot-api-secret-token", "telegram-secret")];
        assert_eq!(outside.knock("/v1/channels/demo/telegram", &proof, telegram(from).as_bytes()).await, 200);
    }
    house.settle().await;
    let parked = house.world.inbox_entries(&house.scope);
    assert_eq!(parked.iter().filter(|entry| !entry.body.is_empty()).count(), 4);
    let erased = post(&house, "/v1/privacy/erase", &[], json!({ "email": "sarah@example.com" })).await;
    assert_eq!(erased.body, json!({ "orders": 1, "webhooks": 2 }));
    let left = kept(&house);
    assert!(!left.contains("Elm Street") && !left.contains("chat of 42"), "{left}");
    assert!(left.contains("I am somebody else") && left.contains("chat of 43"));
    // The queue may bring it again: what is gone is done with.
    let gone = house.world.inbox_entries(&house.scope).into_iter().filter(|entry| entry.body.is_empty());
    for entry in gone {
        let (endpoint, inbox_id) = (entry.key.endpoint.clone(), entry.key.id.clone());
        let again =
            HookReceived { v: HookReceived::VERSION, tenant: house.scope.tenant().clone(), endpoint, inbox_id, correlation: correlation() };
        assert_eq!(house.heard().run(&again).await.unwrap(), HeardAs::Nothing);
        let now = house.world.inbox_entries(&house.scope).into_iter().find(|now| now.key == entry.key).unwrap();
        assert_eq!(now.state, app::ports::InboxState::Done);
    }
}

/// Nothing that stays after an erasure is found by trying all numbers there are.
// req: X-08
#[tokio::test]
async fn what_stands_for_a_number_is_not_its_hash() {
    use sha2::Digest;
    let house = shop(&[Sms], |_| {}).await;
    place(&house, "2001", sarah(&["sms"])).await;
    house.privacy().erase(&owner(), &config(), &app::privacy::Whose::Order(id("2001")), &correlation()).await.unwrap();
    house.settle().await;
    let left = format!("{} {:?}", kept(&house), house.world.messages_about(&house.scope, "2001"));
    assert!(left.contains("erased"));
    for written in [PHONE, &PHONE[1..]] {
        let hash = hex::encode(Sha256::digest(written));
        assert!(!left.contains(written) && !left.contains(&hash[..16]), "{written}");
    }
}

/// An address that came back for good, or a phone whose owner asks for messages again, is written to again when an admin says so.
// req: S1-28, S1-30
#[tokio::test]
async fn an_admin_takes_back_that_an_address_is_refused() {
    let house = shop(&[Email], |_| {}).await;
    let mailed = |house: &House| house.world.sent_mails().len();
    let refuse = |channel: Channel, who: &str| (house.pseudonyms().address(house.scope.tenant(), channel, who), house.world.addresses());
    let (address, addresses) = refuse(Email, "sarah@example.com");
    addresses.refuse(&house.scope, &address, Some("mail to them comes back for good"), house.clock_now()).await.unwrap();
    place(&house, "2001", sarah(&[])).await;
    assert_eq!(mailed(&house), 0);
    let reopen = |channel: &'static str, address: &'static str| {
        let house = &house;
        async move { post(house, "/v1/privacy/reopen", &[], json!({ "channel": channel, "address": address })).await }
    };
    let done = reopen("email", "Sarah@Example.com").await;
    assert_eq!((done.status, done.body), (200, json!({ "was_refused": true, "reason": "mail to them comes back for good" })));
    assert_eq!(reopen("email", "sarah@example.com").await.body, json!({ "was_refused": false }), "safe to repeat");
    place(&house, "2002", sarah(&[])).await;
    assert_eq!(mailed(&house), 1);
    for (channel, address, fault) in [
        ("slack", "x", "channel"),
        ("fax", "x", "channel"),
        ("email", "sarah", "address"),
        ("sms", "no number", "address"),
        ("telegram", "two words", "address"),
        ("telegram", "", "address"),
    ] {
        let refused = reopen(channel, address).await;
        assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!(fault)), "{}", refused.body);
        assert!(address.len() < 3 || !refused.body.to_string().contains(address), "an address is not repeated");
    }
}
