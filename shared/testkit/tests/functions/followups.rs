//! Messages on a person's word, later ones, and what customers say to them.

use crate::house::{House, config, correlation, identity};
use crate::rest::{Answer, call, get, order, post};
use app::Scopes;
use app::ports::{MessageState, TenantStore};
use app::tenant::{FollowUpRules, Governor, TenantConfig};
use app::timers::Ran;
use axum::body::Body;
use axum::extract::Request;
use domain::ids::OrderId;
use domain::notify::{MessageKind, QuietHours};
use domain::order::{Order, Role, Vocabulary};
use jiff::SignedDuration;
use serde_json::{Value, json};
use tower::ServiceExt;

fn stands(house: &House, number: &str) -> Order {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap()).unwrap()
}

async fn saves(house: &House, version: u64, change: impl Fn(&mut TenantConfig)) {
    let mut next = TenantConfig { version, ..config() };
    change(&mut next);
    assert!(house.world.tenants().save(&house.scope, &next, version - 1).await.unwrap());
}

/// Whatever is due happens, and what follows from it is delivered.
async fn tick(house: &House) -> Ran {
    let ran = house.timers().run(&correlation()).await.unwrap();
    house.settle().await;
    ran
}

fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

async fn schedule(house: &House, body: Value) -> Answer {
    post(house, "/v1/orders/schedule-followup", &[("idempotency-key", "f1")], body).await
}

fn subjects(house: &House) -> Vec<String> {
    house.world.sent_mails().into_iter().map(|mail| mail.subject).collect()
}

async fn says(house: &House, number: &str, word: &str) {
    house.hear(number, &format!("{number}-{word}"), Vocabulary::Shop.read(word).unwrap().claim, true).await;
    house.settle().await;
}

/// Three days later, to the second, exactly once, however often the clock ticks.
// req: S1-16
#[tokio::test]
async fn a_follow_up_is_sent_once() {
    let house = House::new().await;
    let wish = json!({ "order_id": "1002", "delay_hours": 72, "message": "Did the mug arrive in one piece?" });
    let set = schedule(&house, wish.clone()).await;
    assert_eq!((set.status, &set.body["scheduled_for"]), (201, &json!("2025-08-12T10:00:01Z")), "{}", set.body);
    house.clock.advance(hours(1));
    assert_eq!(schedule(&house, wish).await.body, set.body, "the same key is the same follow-up");
    assert_eq!(tick(&house).await, Ran::default());
    house.clock.advance(hours(71));
    assert_eq!(tick(&house).await, Ran::default(), "71:59:59.999");
    house.clock.advance(SignedDuration::from_secs(1));
    let again = async || house.timers().run(&correlation()).await;
    let (one, other) = tokio::join!(again(), again());
    assert_eq!(one.unwrap().fired + other.unwrap().fired, 1, "two ticks at once");
    house.settle().await;
    assert_eq!(tick(&house).await, Ran::default());
    let mails = house.world.sent_mails();
    assert_eq!((mails.len(), mails[0].subject.as_str()), (1, "How was your order 1002?"));
    assert!(mails[0].text.contains("\n\nDid the mug arrive in one piece?\n\n"), "{}", mails[0].text);
    let timeline = get(&house, "/v1/orders/1002/progress").await.body;
    assert_eq!(timeline["notifications"][0]["kind"], "follow_up", "{timeline}");
}

// req: S1-16
#[tokio::test]
async fn cancel_on_refund() {
    for (word, why) in [("refunded", "the money went back"), ("cancelled", "the order came to nothing")] {
        let house = House::new().await;
        assert_eq!(schedule(&house, json!({ "order_id": "1003", "delay_hours": 1 })).await.status, 201);
        if word == "refunded" {
            house.hear("1003", "paid", Vocabulary::Events.read("order_paid").unwrap().claim, false).await;
            let claim = domain::order::Claim { payment: Some(domain::order::PaymentStatus::Refunded), ..Default::default() };
            house.hear("1003", "refund", claim, false).await;
        } else {
            assert_eq!(post(&house, "/v1/orders/1003/status", &[], json!({ "status": "cancelled", "notify": false })).await.status, 200);
        }
        house.clock.advance(hours(2));
        assert_eq!(tick(&house).await, Ran::default(), "{word}");
        assert!(stands(&house, "1003").timers.is_empty() && subjects(&house).iter().all(|subject| !subject.starts_with("How was")));
        let timeline = get(&house, "/v1/orders/1003/timeline").await.body.to_string();
        assert!(timeline.contains(why), "{timeline}");
    }
    // By a person, and with the customer.
    let house = House::new().await;
    let set = schedule(&house, json!({ "order_id": "1003", "message": "Is Eve content?" })).await.body;
    assert_eq!(set["scheduled_for"], "2025-08-12T10:00:01Z", "72 hours, if nobody says");
    let path = format!("/v1/orders/1003/followups/{}", set["followup_id"].as_str().unwrap());
    assert_eq!(call(&house, Some(crate::house::owner()), "DELETE", &path, &[], Value::Null).await.status, 204);
    assert_eq!(call(&house, Some(crate::house::owner()), "DELETE", &path, &[], Value::Null).await.status, 404);
    let wish = json!({ "order_id": "1003", "message": "Is Eve content?" });
    assert_eq!(schedule(&house, wish.clone()).await.body, set, "the same request, which was cancelled");
    assert!(stands(&house, "1003").timers.is_empty());
    assert_eq!(post(&house, "/v1/orders/schedule-followup", &[("idempotency-key", "f2")], wish).await.status, 201);
    assert_eq!(get(&house, "/v1/orders/1003").await.body["followups"][0]["message"], "Is Eve content?");
    let eve = app::privacy::address("eve@example.com").unwrap().into();
    house.privacy().erase(&crate::house::owner(), &config(), &eve, &correlation()).await.unwrap();
    house.settle().await;
    assert!(stands(&house, "1003").timers.is_empty());
    assert!(!house.world.everything(&house.scope).contains("Is Eve content"), "words of ours that may name them");
}

// req: S1-16
#[tokio::test]
async fn a_follow_up_that_cannot_be_is_refused() {
    let house = House::new().await;
    let refused = async |body: Value| {
        let answer = post(&house, "/v1/orders/schedule-followup", &[], body).await;
        (answer.status, answer.body["errors"][0]["field"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(refused(json!({ "order_id": "1002", "delay_hours": -1 })).await, (422, "delay_hours".into()));
    assert_eq!(refused(json!({ "order_id": "1002", "delay_hours": 8_761 })).await, (422, "delay_hours".into()));
    assert_eq!(refused(json!({ "order_id": "1002", "delay_hours": "soon" })).await.0, 422);
    assert_eq!(refused(json!({ "order_id": "9999" })).await.0, 404);
    for message in ["", " ", "a\u{0}b", &"x".repeat(1_001)] {
        assert_eq!(refused(json!({ "order_id": "1002", "message": message })).await.0, 422, "{message:?}");
    }
    for number in 0..8 {
        assert_eq!(refused(json!({ "order_id": "1002", "delay_hours": number + 1 })).await.0, 201);
    }
    assert_eq!(refused(json!({ "order_id": "1002" })).await.0, 409, "a ninth");
    let mut nameless = order("1004");
    nameless["customer"] = json!({ "name": "Ann" });
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "n")], nameless).await.status, 201);
    assert_eq!(refused(json!({ "order_id": "1004" })).await.0, 409, "nobody to write to");
}

/// Nobody is asked about an order that came to nothing: not when it is planned, not when it is due, not when it is sent.
// req: S1-16
#[tokio::test]
async fn whose_order_came_to_nothing_is_not_asked() {
    let house = House::new().await;
    assert_eq!(post(&house, "/v1/orders/1001/correct", &[], json!({ "status": "cancelled", "reason": "lost at sea" })).await.status, 200);
    let refused = schedule(&house, json!({ "order_id": "1001" })).await;
    assert_eq!((refused.status, &refused.body["title"]), (409, &json!("The customer is not asked")), "{}", refused.body);
    // Due, and then the order is cancelled before the message is written.
    assert_eq!(schedule(&house, json!({ "order_id": "1003", "delay_hours": 0 })).await.status, 201);
    house.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(house.timers().run(&correlation()).await.unwrap().fired, 1);
    assert_eq!(post(&house, "/v1/orders/1003/status", &[], json!({ "status": "cancelled", "notify": false })).await.status, 200);
    house.settle().await;
    assert!(subjects(&house).iter().all(|subject| !subject.starts_with("How was")), "{:?}", subjects(&house));
    let messages = house.world.messages_about(&house.scope, "1003");
    let reason = "the customer is not asked: the order came to nothing";
    assert!(messages.iter().any(|message| message.state == MessageState::Suppressed { reason: reason.into() }), "{messages:?}");
}

/// A retry is no second wish, whatever has become of the first.
// req: S1-15, S1-16
#[tokio::test]
async fn a_retry_writes_to_nobody_twice() {
    let house = House::new().await;
    let wish = json!({ "order_id": "1002", "delay_hours": 0 });
    let set = schedule(&house, wish.clone()).await.body;
    house.clock.advance(SignedDuration::from_millis(1));
    assert_eq!(tick(&house).await.fired, 1);
    assert_eq!(schedule(&house, wish).await.body, set, "it has been sent");
    assert_eq!(tick(&house).await, Ran::default());
    assert_eq!(schedule(&house, json!({ "order_id": "1002", "delay_hours": 1 })).await.status, 422, "another wish under the key");
    let note = async |key: &str, text: &str| {
        let body = json!({ "order_id": "1002", "type": "custom", "message": text });
        let headers: &[(&str, &str)] = if key.is_empty() { &[] } else { &[("idempotency-key", key)] };
        let answer = post(&house, "/v1/orders/notify", headers, body).await;
        house.settle().await;
        (answer.status, answer.body["requested"].clone())
    };
    assert_eq!(note("n1", "It is red.").await, (202, json!(true)));
    house.clock.advance(hours(1));
    assert_eq!(note("n1", "It is red.").await.0, 202);
    assert_eq!(note("n1", "It is blue.").await.0, 422);
    assert_eq!(note("", "It is blue.").await, (202, json!(true)));
    assert_eq!(note("", "It is blue.").await, (202, json!(false)), "pressed twice");
    assert_eq!(note("", "It is green.").await, (202, json!(true)));
    assert_eq!(subjects(&house).iter().filter(|subject| subject.starts_with("About")).count(), 3);
    assert!(!house.world.everything(&house.scope).contains("\"text\":\"Dear"), "no answer with a name in it is kept");
}

/// A delivery that was none asks nobody; the real one does.
// req: S1-17
#[tokio::test]
async fn a_delivery_that_is_taken_back_asks_nobody() {
    let house = House::new().await;
    saves(&house, 2, |config| config.follow_up.enabled = true).await;
    assert_eq!(post(&house, "/v1/orders/1002/status", &[], json!({ "status": "delivered" })).await.status, 200);
    assert_eq!(post(&house, "/v1/orders/1002/correct", &[], json!({ "status": "shipped", "reason": "wrong house" })).await.status, 200);
    assert!(stands(&house, "1002").timers.is_empty());
    assert_eq!(post(&house, "/v1/orders/1002/status", &[], json!({ "status": "delivered" })).await.status, 200);
    assert_eq!(stands(&house, "1002").timers.len(), 1);
    // A shop that has switched it off does not ask what it has planned.
    saves(&house, 3, |_| {}).await;
    house.clock.advance(hours(73));
    assert_eq!((tick(&house).await, stands(&house, "1002").timers.len()), (Ran::default(), 0));
}

async fn visit(house: &House, verb: &str, path: &str, body: &str) -> (u16, String) {
    let request = Request::builder().method(verb).uri(path).body(Body::from(body.to_owned())).unwrap();
    let response = runtime::http::finish(orders_api::router(house.desk())).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, String::from_utf8(bytes.to_vec()).unwrap())
}

/// The shop's rule asks once, three days after the parcel has arrived; one tap answers, and reaches the figures.
// req: S1-17, S1-37, S1-73
#[tokio::test]
async fn one_vote_per_order() {
    let house = House::new().await;
    saves(&house, 2, |config| config.follow_up = FollowUpRules { enabled: true, ..FollowUpRules::default() }).await;
    says(&house, "1002", "delivered").await;
    assert_eq!(stands(&house, "1002").timers.len(), 1);
    // What was known before is news to nobody, and asks nobody.
    says(&house, "1002", "delivered").await;
    house.clock.advance(hours(72) + SignedDuration::from_secs(1));
    assert_eq!(tick(&house).await.fired, 1);
    let mail = house.world.sent_mails().pop().unwrap();
    assert!(mail.text.contains("How was your order? We'd love to hear! 💬"), "{}", mail.text);
    let link = mail.text.split_whitespace().find(|word| word.starts_with("https://api.shop.example/survey/demo/1002/")).unwrap().to_owned();
    let path = link.trim_start_matches("https://api.shop.example");
    // Programs look at links in mails; that is no vote.
    let (status, page) = visit(&house, "GET", path, "").await;
    assert!(status == 200 && page.contains("How was your order?") && page.matches("<button").count() == 5, "{page}");
    assert_eq!(stands(&house, "1002").rating, None);
    assert_eq!(visit(&house, "POST", path, "score=6").await.0, 422);
    let (status, page) = visit(&house, "POST", path, "score=4").await;
    assert!(status == 200 && page.contains("You gave order 1002 4 of 5"), "{page}");
    let (_, page) = visit(&house, "POST", path, "score=1").await;
    assert!(page.contains("4 of 5"), "the first vote stands: {page}");
    house.settle().await;
    let stats = get(&house, "/v1/orders/stats").await.body;
    assert_eq!(stats["satisfaction"], json!({ "value": 4.0, "n": 1, "formula": "sum of scores / votes, 90 days" }), "{stats}");
    // Nobody votes for somebody else.
    for bad in [path.replace("1002", "1001"), format!("{path}0"), path.replace("demo", "other"), "/survey/a/b/c".to_owned()] {
        assert_eq!(visit(&house, "POST", &bad, "score=5").await.0, 404, "{bad}");
    }
    // Once an order: a return that was withdrawn does not ask again.
    house.command("1002", domain::order::Command::Rate { score: 2 }).await;
    for status in ["return_requested", "delivered"] {
        assert_eq!(post(&house, "/v1/orders/1002/status", &[], json!({ "status": status })).await.status, 200);
    }
    assert!(stands(&house, "1002").timers.is_empty());
}

/// Only a shop that wants it asks, and only about what its customer was told of.
// req: S1-17
#[tokio::test]
async fn nobody_is_asked_unasked() {
    let house = House::new().await;
    says(&house, "1002", "delivered").await;
    assert!(stands(&house, "1002").timers.is_empty(), "it is off");
    saves(&house, 2, |config| config.follow_up.enabled = true).await;
    house.hear("1001", "silent", Vocabulary::Shop.read("delivered").unwrap().claim, false).await;
    assert!(stands(&house, "1001").timers.is_empty(), "a source whose news the customer hears elsewhere");
}

/// Every kind that holds of the order is sent, and none that does not.
// req: S1-15
#[tokio::test]
async fn each_type_has_its_message() {
    let house = House::new().await;
    let send = async |number: &str, kind: &str, message: Option<&str>| {
        let mut body = json!({ "order_id": number, "type": kind });
        if let Some(message) = message {
            body["message"] = json!(message);
        }
        post(&house, "/v1/orders/notify", &[], body).await
    };
    assert_eq!(send("1003", "confirmation", None).await.status, 202);
    assert_eq!(send("1003", "delay", None).await.body["subject"], "Your order 1003 takes a little longer");
    assert_eq!(send("1003", "custom", Some("It is gift-wrapped.")).await.status, 202);
    assert_eq!(send("1002", "shipped", None).await.status, 202);
    for (number, kind) in [("1003", "shipped"), ("1003", "processing"), ("1003", "delivered"), ("1002", "delivered")] {
        let refused = send(number, kind, None).await;
        assert_eq!((refused.status, &refused.body["title"]), (409, &json!("It would not be true")), "{kind}: {}", refused.body);
    }
    assert_eq!(send("1003", "telegram", None).await.status, 400);
    assert_eq!(send("1003", "custom", None).await.status, 422);
    assert_eq!(send("1003", "delay", Some("hurry")).await.status, 422);
    house.settle().await;
    let sent = house.world.messages_about(&house.scope, "1003");
    let kinds: Vec<MessageKind> = sent.iter().map(|message| message.kind).collect();
    assert_eq!(kinds.len(), 3, "one item each: {sent:?}");
    for kind in [MessageKind::Confirmation, MessageKind::Delay, MessageKind::Custom] {
        assert!(kinds.contains(&kind), "{kinds:?}");
    }
    let custom = house.world.sent_mails().into_iter().find(|mail| mail.subject == "About your order 1003").unwrap();
    assert!(custom.text.contains("\n\nIt is gift-wrapped.\n\nKind regards,\nDemo Shop"), "{}", custom.text);
    says(&house, "1002", "delivered").await;
    assert_eq!(send("1002", "delivered", None).await.status, 202);
    let reader = identity("demo", Role::Readonly, Scopes::of_role(Role::Readonly));
    let body = json!({ "order_id": "1003", "type": "delay" });
    assert_eq!(call(&house, Some(reader), "POST", "/v1/orders/notify", &[], body).await.status, 403);
}

// req: S1-31
#[tokio::test]
async fn a_second_reminder_within_a_day_is_suppressed() {
    let house = House::new().await;
    let remind = async || {
        let answer = post(&house, "/v1/orders/notify", &[], json!({ "order_id": "1003", "type": "delay" })).await;
        house.settle().await;
        answer.status
    };
    assert_eq!(remind().await, 202);
    house.clock.advance(hours(23));
    assert_eq!(remind().await, 202);
    let states = || house.world.messages_about(&house.scope, "1003").into_iter().map(|message| message.state).collect::<Vec<_>>();
    let capped = |state: &MessageState| matches!(state, MessageState::Suppressed { reason } if reason.starts_with("cap: "));
    assert_eq!((states().len(), states().iter().filter(|state| capped(state)).count()), (2, 1), "{:?}", states());
    house.clock.advance(hours(2));
    assert_eq!(remind().await, 202);
    assert_eq!(states().iter().filter(|state| matches!(state, MessageState::Sent { .. })).count(), 2);
    // And not too many messages of any kind.
    saves(&house, 2, |config| config.governor.per_day = 1).await;
    says(&house, "1003", "processing").await;
    assert!(states().iter().any(|state| matches!(state, MessageState::Suppressed { reason } if reason.contains("1 messages about"))));
}

/// Who sleeps is told in the morning, once, how the order stands then.
// req: S1-16
#[tokio::test]
async fn nobody_is_woken() {
    let house = House::new().await;
    saves(&house, 2, |config| {
        config.time_zone = "Europe/Warsaw".into();
        config.governor = Governor { quiet: Some(QuietHours { from: 21, until: 8 }), ..Governor::default() };
    })
    .await;
    // 22:00 in Warsaw.
    house.clock.advance(hours(10));
    let mails = house.world.sent_mails().len();
    says(&house, "1003", "processing").await;
    house.clock.advance(hours(1));
    says(&house, "1003", "shipped").await;
    assert_eq!((house.world.sent_mails().len(), stands(&house, "1003").timers.len()), (mails, 1));
    let reasons = house.world.messages_about(&house.scope, "1003");
    assert!(
        reasons.iter().any(
            |message| matches!(&message.state, MessageState::Suppressed { reason } if reason.contains("told at 2025-08-10T06:00:00Z"))
        ),
        "{reasons:?}"
    );
    assert_eq!(tick(&house).await, Ran::default());
    // A person who insists wakes them all the same, and then nobody tells it again.
    house.clock.advance(hours(9));
    assert_eq!(tick(&house).await.fired, 1);
    let sent = house.world.sent_mails();
    assert_eq!((sent.len(), sent.last().unwrap().text.contains("has been shipped")), (mails + 1, true), "one message, of how it stands");
    // What they were told in the meantime is not told again, and neither is what was taken back.
    house.clock.advance(hours(13));
    house.import("1005", "Received", "ann@example.com", "2025-08-20").await;
    says(&house, "1005", "shipped").await;
    assert_eq!(stands(&house, "1005").timers.len(), 1, "22 o'clock");
    house.clock.advance(hours(11) + SignedDuration::from_secs(20));
    says(&house, "1005", "delivered").await;
    assert_eq!((house.world.sent_mails().len(), tick(&house).await), (mails + 2, Ran::default()), "at once, and only once");
    house.clock.advance(hours(14));
    assert_eq!(post(&house, "/v1/orders/1002/correct", &[], json!({ "status": "delivered", "reason": "signed for" })).await.status, 200);
    assert_eq!(post(&house, "/v1/orders/1002/status", &[], json!({ "status": "completed" })).await.status, 200);
    house.settle().await;
    assert_eq!(stands(&house, "1002").timers.len(), 1);
    assert_eq!(
        post(&house, "/v1/orders/1002/correct", &[], json!({ "status": "delivered", "reason": "not closed yet" })).await.status,
        200
    );
    house.clock.advance(hours(10));
    assert_eq!((tick(&house).await.fired, house.world.sent_mails().len()), (0, mails + 2), "it stands where it stood");
    // A customer elsewhere: it is 14:00 in New York when it is 20:00 in Warsaw, and 2:00 when it is 8:00.
    let mut there = order("1009");
    there["customer"]["time_zone"] = json!("America/New_York");
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "ny")], there.clone()).await.status, 201);
    house.settle().await;
    assert_eq!((house.world.sent_mails().len(), stands(&house, "1009").timers.len()), (mails + 2, 1), "it is night there");
    let told = post(&house, "/v1/orders/1009/notify", &[], Value::Null).await;
    house.settle().await;
    assert_eq!((told.status, house.world.sent_mails().len(), stands(&house, "1009").timers.len()), (202, mails + 3, 0));
    there["customer"]["time_zone"] = json!("Mars/Olympus");
    let refused = post(&house, "/v1/orders", &[("idempotency-key", "mars")], there).await;
    assert_eq!((refused.status, &refused.body["errors"][0]["field"]), (422, &json!("customer.time_zone")), "{}", refused.body);
}

/// A customer hears that the promised day has passed: before they ask, once for a promise, and not at night.
// req: S2-66
#[tokio::test]
async fn a_broken_promise_is_said_before_they_ask() {
    // The house's second order is late, too, when its own day has passed.
    let is_of_it = |subject: &str| subject.contains("takes a little longer") && !subject.contains("1002");
    let late = |house: &House| house.world.sent_mails().iter().filter(|mail| is_of_it(&mail.subject)).count();
    let watched = async |house: &House| {
        house.watch().one(house.scope.tenant(), &correlation()).await.unwrap();
        house.settle().await;
    };
    let ours = QuietHours { from: 21, until: 8 };
    // A shop that has said nothing of the night wakes nobody either.
    for (wanted, quiet) in [(false, None), (true, Some(ours)), (true, None)] {
        let house = House::whose_first_order_is("Shipped").await;
        saves(&house, 2, |config| {
            config.watch.tell_late = wanted;
            config.time_zone = "Europe/Warsaw".into();
            config.governor = Governor { quiet, ..Governor::default() };
        })
        .await;
        let one = usize::from(wanted);
        // Promised by the 10th; it is one in the morning of the 11th.
        house.clock.advance(hours(37));
        for _ in 0..2 {
            watched(&house).await;
        }
        assert_eq!((late(&house), stands(&house, "1001").timers.len()), (0, one), "it is night");
        house.clock.advance(hours(8));
        assert_eq!((tick(&house).await.fired, late(&house)), (one, one), "{:?}", house.world.sent_mails());
        for _ in 0..3 {
            house.clock.advance(hours(12));
            watched(&house).await;
            tick(&house).await;
        }
        assert_eq!(late(&house), one, "once for a promise");
        // At noon of the 13th: an order of last month is no news, one of yesterday is.
        house.clock.advance(hours(15));
        house.import("1077", "Shipped", "ann@example.com", "2025-07-14").await;
        watched(&house).await;
        let old = stands(&house, "1077");
        assert_eq!((late(&house), old.raised_at.is_some(), &old.notify_wish), (one, true, &None));
        house.import("1078", "Shipped", "ann@example.com", "2025-08-12").await;
        watched(&house).await;
        assert_eq!(late(&house), 2 * one);
        // It arrives in the night after the promise: nobody is told in the morning that it is late.
        house.import("1079", "Shipped", "ann@example.com", "2025-08-13").await;
        house.clock.advance(hours(15));
        watched(&house).await;
        assert_eq!(stands(&house, "1079").timers.len(), one);
        house.import("1079", "Delivered", "ann@example.com", "2025-08-13").await;
        house.clock.advance(hours(8));
        tick(&house).await;
        assert_eq!(late(&house), 2 * one, "it has come");
    }
}

/// A follow-up that is due at night waits, too.
// req: S1-16
#[tokio::test]
async fn a_follow_up_waits_for_the_morning() {
    let house = House::new().await;
    saves(&house, 2, |config| config.governor.quiet = Some(QuietHours { from: 12, until: 14 })).await;
    assert_eq!(schedule(&house, json!({ "order_id": "1002", "delay_hours": 3 })).await.status, 201);
    house.clock.advance(hours(3) + SignedDuration::from_secs(1));
    assert_eq!(tick(&house).await, Ran { postponed: 1, ..Ran::default() });
    assert_eq!(tick(&house).await, Ran::default());
    house.clock.advance(hours(1));
    assert_eq!(tick(&house).await.fired, 1);
    assert_eq!(subjects(&house).iter().filter(|subject| subject.starts_with("How was")).count(), 1);
}

/// Figures with what they rest on, equal to a recount.
// req: S1-18, S1-70, S1-72
#[tokio::test]
async fn stats_are_measured() {
    let house = House::new().await;
    assert_eq!(post(&house, "/v1/orders", &[("idempotency-key", "s")], order("2001")).await.status, 201);
    house.settle().await;
    house.clock.advance(hours(10));
    says(&house, "2001", "processing").await;
    house.clock.advance(hours(20));
    says(&house, "2001", "shipped").await;
    let stats = get(&house, "/v1/orders/stats").await.body;
    let total = house.world.all_orders(&house.scope).len();
    assert_eq!((&stats["total_orders"], &stats["recent_orders_7days"]), (&json!(total), &json!(total)), "{stats}");
    let by_status: i64 = stats["orders_by_status"].as_object().unwrap().values().filter_map(Value::as_i64).sum();
    assert_eq!(by_status, total as i64);
    let told = house.world.all_orders(&house.scope).into_iter().filter(|order| {
        house.world.messages_about(&house.scope, order.id.as_str()).iter().any(|message| matches!(message.state, MessageState::Sent { .. }))
    });
    assert_eq!((&stats["orders_with_notifications"], &stats["notification_rate"]["value"]), (&json!(told.count()), &json!(0.25)));
    assert_eq!(stats["processing_hours"], json!({ "value": 30.0, "n": 1, "formula": "mean hours in pending + mean hours in processing" }));
    assert_eq!(stats["status_distribution"]["Shipped"]["value"], 0.25, "{stats}");
    assert_eq!(stats["satisfaction"]["value"], Value::Null, "nobody has said anything");
}
