//! What comes back by a shop's lines: receipts, replies, and who is believed.

use super::*;
use domain::notify::QuietHours;

pub(super) struct Outside<'a> {
    pub(super) house: &'a House,
}

impl Outside<'_> {
    pub(super) async fn knock(&self, path: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
        let router = self.house.hooks();
        knock(router, Knock { path, headers, body, ..Knock::default() }).await.status
    }

    /// As Twilio signs.
    pub(super) async fn twilio(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
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
    pub(super) async fn meta(&self, channel: &str, secret: &str, body: &Value) -> u16 {
        let body = body.to_string();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body.as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        self.knock(&format!("/v1/channels/demo/{channel}"), &[("x-hub-signature-256", &signature)], body.as_bytes()).await
    }

    pub(super) async fn says(&self, from: &str, text: &str, id: &str) -> u16 {
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

/// Who has heard how it stands by now is not told again what was lost before.
// req: S1-28, S1-33
#[tokio::test]
async fn what_newer_news_has_overtaken_is_not_said_again() {
    let house = shop(&[Sms, Whatsapp], |_| {}).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms", "whatsapp"])).await;
    let first = house.world.messages_about(&house.scope, "2001").into_iter().find(|message| message.id.channel == "sms").unwrap();
    house.clock.advance(jiff::SignedDuration::from_mins(5));
    let wish = json!({ "order_id": "2001", "new_status": "processing", "notify_customer": true });
    assert_eq!(post(&house, "/v1/orders/update-status", &[], wish).await.status, 200);
    house.settle().await;
    let path = format!("/v1/channels/demo/sms?about=2001/{}/{}", first.id.event, first.id.recipient);
    assert_eq!(outside.twilio(&path, &[("MessageSid", "SM1"), ("MessageStatus", "undelivered")]).await, 200);
    house.settle().await;
    assert_eq!(texts(&house).iter().map(|text| text.0).collect::<Vec<_>>(), [Sms, Sms]);
    assert!(!house.world.order(&house.scope, &id("2001")).unwrap().untold);
}

/// What is lost at night is said again in the morning, by the way that has not lost it, and of what it was about.
// req: S1-28, S1-33
#[tokio::test]
async fn what_is_lost_at_night_waits_for_the_morning() {
    let night = |config: &mut TenantConfig| config.governor.quiet = Some(QuietHours { from: 21, until: 8 });
    let house = shop(&[Sms, Whatsapp], night).await;
    let outside = Outside { house: &house };
    place(&house, "2001", sarah(&["sms", "whatsapp"])).await;
    house.clock.advance(jiff::SignedDuration::from_mins(5));
    let wish = json!({ "order_id": "2001", "type": "confirmation" });
    assert!(post(&house, "/v1/orders/notify", &[], wish).await.status < 300);
    house.settle().await;
    let sent =
        house.world.messages_about(&house.scope, "2001").into_iter().find(|message| message.kind == MessageKind::Confirmation).unwrap();
    house.clock.advance(jiff::SignedDuration::from_hours(12));
    let path = format!("/v1/channels/demo/sms?about=2001/{}/{}", sent.id.event, sent.id.recipient);
    assert_eq!(outside.twilio(&path, &[("MessageSid", "SM1"), ("MessageStatus", "undelivered")]).await, 200);
    house.settle().await;
    assert_eq!(texts(&house).iter().map(|text| text.0).collect::<Vec<_>>(), [Sms, Sms], "it is night");
    house.clock.advance(jiff::SignedDuration::from_hours(11));
    house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
    assert_eq!(texts(&house).iter().map(|text| text.0).collect::<Vec<_>>(), [Sms, Sms, Whatsapp]);
    let again = house.world.messages_about(&house.scope, "2001").into_iter().find(|message| message.id.channel == "whatsapp").unwrap();
    assert_eq!(again.kind, MessageKind::Confirmation);
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
    // What a platform repeats is one message.
    for n in (0..60).flat_map(|n| [n, n]) {
        outside.says(PHONE, &format!("hello {n}"), &format!("SM{n}")).await;
    }
    assert!(!house.world.everything(&house.scope).contains("hello 55"), "what is not taken is not kept either");
    let written = || async { get(&house, "/v1/orders/2001/timeline?limit=100").await.body.to_string().matches("Customer wrote").count() };
    assert_eq!(written().await, 50);
    outside.says(PHONE, "STOP", "SMS").await;
    place(&house, "2002", sarah(&["sms"])).await;
    assert_eq!((written().await, history(&house, "2002").await[0].2.as_str()), (51, "refused"));
    // Wishes are kept to, and not all written down.
    for n in 0..30 {
        outside.says(PHONE, if n % 2 == 0 { "START" } else { "STOP" }, &format!("SW{n}")).await;
        house.clock.advance(jiff::SignedDuration::from_secs(1));
    }
    place(&house, "2003", sarah(&["sms"])).await;
    assert_eq!((written().await, history(&house, "2003").await[0].2.as_str()), (60, "refused"), "ten of them");
    let all = get(&house, "/v1/orders/2002/timeline?limit=100").await.body.to_string().matches("Customer wrote").count();
    assert_eq!(all, 0, "nobody was written to about it");
    for n in 0..110 {
        outside.says(&format!("+1555000{n:04}"), "buy now", &format!("SP{n}")).await;
    }
    let parked = get(&house, "/v1/inbox").await.body;
    assert_eq!(parked.as_array().unwrap().len(), 100);
    let first = format!("/v1/inbox/{}/{}", parked[0]["endpoint"].as_str().unwrap(), parked[0]["id"].as_str().unwrap());
    for status in [204, 204] {
        assert_eq!(call(&house, Some(owner()), "DELETE", &first, &[], Value::Null).await.status, status);
    }
    assert_eq!(call(&house, Some(owner()), "DELETE", "/v1/inbox/@sms/nothing", &[], Value::Null).await.status, 404);
    assert_eq!(house.world.inbox_entries(&house.scope).iter().filter(|entry| entry.body.contains("buy now")).count(), 99);
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
        let router = house.hooks();
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
