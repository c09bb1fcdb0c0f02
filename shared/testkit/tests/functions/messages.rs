//! Messages to customers and teams, privacy, reports.

use crate::house::{House, correlation, owner};
use app::apply::Alongside;
use app::ports::{OrderStore, SendError};
use app::privacy::address;
use app::report::{Made, Wanted};
use app::signature::Headers;
use contracts::Payload;
use domain::ids::OrderId;
use domain::order::{Command, OrderStatus};
use hmac::{Hmac, KeyInit, Mac};
use jiff::SignedDuration;
use sha2::Sha256;

fn signed(body: &str) -> Headers {
    let mac = Hmac::<Sha256>::new_from_slice(crate::house::HOOK_SECRET.as_bytes()).unwrap().chain_update(body).finalize().into_bytes();
    Headers(vec![("x-signature".into(), mac.iter().map(|byte| format!("{byte:02x}")).collect())])
}

pub async fn hook(house: &House, body: &str) -> Result<app::receive::Receipt, app::Error> {
    house.receive().run("demo", "order-status", &signed(body), body.as_bytes(), &correlation()).await
}

pub fn report(status: &str) -> String {
    format!(r#"{{"orderId":"1003","status":"{status}","email":"eve@example.com","customer":"John Smith","eta":"2025-08-20"}}"#)
}

// req: S0-24, S0-26, S0-27, S0-28, S0-30
#[tokio::test]
async fn one_change_is_one_mail_and_one_post_however_often_it_comes() {
    let house = House::new().await;
    house.settle().await;
    assert!(house.world.sent_mails().is_empty(), "an import tells nobody");
    let receipt = hook(&house, &report("Shipped")).await.unwrap();
    for _ in 0..2 {
        assert_eq!(hook(&house, &report("Shipped")).await.unwrap().event_id, receipt.event_id);
    }
    house.settle().await;
    assert!(hook(&house, &report("Shipped")).await.unwrap().again);
    house.settle().await;
    let mails = house.world.sent_mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.expose(), "eve@example.com");
    assert_eq!(mails[0].subject, "Order Status Update - Order 1003");
    assert!(mails[0].text.ends_with("Kind regards,\nCustomer Care Team"), "{}", mails[0].text);
    let posts = house.world.posts();
    assert_eq!(posts.len(), 1);
    assert!(
        posts[0].1.starts_with(":truck: *ORDER UPDATE*") && posts[0].1.contains("| #1003 | Shipped | ETA: 2025-08-20"),
        "{}",
        posts[0].1
    );
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    assert_eq!(order.tracks.status, OrderStatus::Shipped);
}

/// A source whose news the customer hears elsewhere moves the order and is silent, whichever track it moves.
// req: S0-30
#[tokio::test]
async fn what_a_silent_source_says_is_told_to_nobody() {
    use domain::order::Vocabulary;
    let mut moved = 0;
    for vocabulary in Vocabulary::ALL {
        for word in vocabulary.words() {
            let house = House::new().await;
            house.settle().await;
            let before = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap().label();
            house.hear("1003", "e1", vocabulary.read(word).unwrap().claim, false).await;
            house.settle().await;
            assert_eq!(house.world.sent_mails(), [], "{vocabulary:?} {word}");
            moved += u32::from(house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap().label() != before);
        }
    }
    assert!(moved > 20, "{moved}");
}

// req: S0-25, S0-29
#[tokio::test]
async fn an_invalid_payload_is_refused_whole_and_told_once_a_minute() {
    let house = House::new().await;
    let bad = r#"{"orderId":"","status":"","email":"someone@"}"#;
    for _ in 0..3 {
        let Err(app::Error::Invalid(faults)) = hook(&house, bad).await else { panic!("accepted") };
        let fields: Vec<&str> = faults.iter().map(|fault| fault.field.as_str()).collect();
        assert_eq!(fields, ["orderId", "status", "email"]);
    }
    house.settle().await;
    let posts = house.world.posts();
    assert_eq!(posts.len(), 1);
    assert!(posts[0].1.contains("*Invalid payload in Order Status*") && !posts[0].1.contains("someone@"), "{}", posts[0].1);
    assert!(house.world.sent_mails().is_empty());
    house.clock.advance(SignedDuration::from_secs(61));
    assert!(hook(&house, bad).await.is_err());
    house.settle().await;
    assert_eq!(house.world.posts().len(), 2);
}

#[tokio::test]
async fn what_may_have_gone_out_is_not_repeated_and_what_did_not_is() {
    let house = House::new().await;
    house.settle().await;
    hook(&house, &report("Shipped")).await.unwrap();
    while let Some(body) = house.world.take_queued() {
        house.process().run(&contracts::queue::HookReceived::read(&body).unwrap()).await.unwrap();
    }
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let events = house.world.take_published();
    let news = events.iter().find(|event| matches!(event.payload, Payload::OrderLabelChanged(_))).unwrap();
    house.world.script_mailer([Some(SendError::NotSent("throttled".into())), Some(SendError::Unknown("timed out".into()))]);
    assert!(house.notify().run(news, jiff::Timestamp::MAX).await.unwrap_err().is_retryable());
    for _ in 0..3 {
        assert!(house.notify().run(news, jiff::Timestamp::MAX).await.is_ok());
    }
    assert_eq!(house.world.sent_mails().len(), 1, "it went out, though nobody heard so");
    assert_eq!(house.world.posts().len(), 1, "Slack was told at the first try and not again");
}

/// The customer is told how the order stands when the message is written, once for each wish; the team is not.
#[tokio::test]
async fn a_person_can_have_the_customer_told_again() {
    let house = House::new().await;
    house.settle().await;
    let id = OrderId::parse("1003").unwrap();
    let by = app::Provenance { actor: owner().actor(), correlation: correlation() };
    let config = crate::house::config();
    let context = app::Context { scope: &house.scope, config: &config, by: &by };
    let wish = Command::Notify { by: vec![domain::notify::Channel::Email], kind: domain::notify::MessageKind::Status, text: None };
    let apply = house.apply();
    assert_eq!(apply.run(context, &id, &wish, Alongside::default()).await.unwrap().events.len(), 1);
    assert_eq!(apply.run(context, &id, &wish, Alongside::default()).await.unwrap().events, [], "a double click");
    for row in house.world.take_stream(usize::MAX) {
        house.relay().publish(&row).await.unwrap();
    }
    let events = house.world.take_published();
    let [asked] = events.as_slice() else { panic!("{events:?}") };
    assert_eq!(asked.payload.detail_type(), "order.notify_requested.v1");
    // It moves on before the message is written, and nobody is to be told of that.
    house.hear("1003", "quiet", domain::order::Vocabulary::Sheet.read("Shipped").unwrap().claim, false).await;
    for _ in 0..3 {
        house.notify().run(asked, jiff::Timestamp::MAX).await.unwrap();
    }
    let mails = house.world.sent_mails();
    assert_eq!(mails.len(), 1);
    assert_eq!(mails[0].to.expose(), "eve@example.com");
    assert!(mails[0].text.contains("has been shipped"), "{}", mails[0].text);
    assert!(house.world.posts().is_empty(), "the team did not ask");
    let dossier = house.world.orders().dossier(&house.scope, &id, 10).await.unwrap().unwrap();
    assert!(dossier.history.iter().any(|commit| commit.actor == owner().actor() && commit.events[0].name() == "notify_requested"));
    assert_eq!(dossier.messages.len(), 1);
    // Who was forgotten in between is written to no more.
    house.clock.advance(SignedDuration::from_mins(2));
    assert_eq!(apply.run(context, &id, &wish, Alongside::default()).await.unwrap().events.len(), 1);
    house.privacy().erase(&owner(), &config, &address("eve@example.com").unwrap().into(), &correlation()).await.unwrap();
    house.settle().await;
    assert_eq!(house.world.sent_mails().len(), 1);
}

// req: S0-18
#[tokio::test]
async fn addresses_are_masked_where_people_look() {
    let house = House::new().await;
    hook(&house, &report("Shipped")).await.unwrap();
    house.settle().await;
    let dossier = house.world.orders().dossier(&house.scope, &OrderId::parse("1003").unwrap(), 10).await.unwrap().unwrap();
    let mail = dossier.messages.iter().find(|message| message.id.channel == "email").unwrap();
    assert_eq!(mail.to, "e***@example.com");
    assert!(!format!("{:?}", dossier.order.contact).contains("eve@example.com"), "Debug masks, so logs do");
}

// req: X-08
#[tokio::test]
async fn a_customer_is_forgotten_everywhere() {
    let house = House::new().await;
    hook(&house, &report("Shipped")).await.unwrap();
    let lost = r#"{"orderId":"77777","status":"Shipped","email":"eve@example.com"}"#;
    hook(&house, lost).await.unwrap();
    house.settle().await;
    assert!(house.world.everything(&house.scope).contains("eve@example.com"));
    let email = address("Eve@example.com").unwrap().into();
    let exported = house.privacy().export(&owner(), &email, None).await.unwrap();
    assert_eq!(exported.orders.len(), 1);
    let erased = house.privacy().erase(&owner(), &crate::house::config(), &email, &correlation()).await.unwrap();
    assert_eq!((erased.orders, erased.webhooks), (1, 2));
    house.settle().await;
    assert!(!house.world.everything(&house.scope).contains("eve@example.com"));
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    assert_eq!((order.contact, order.totals.total_minor), (None, 5998), "the money stays in the books");
    let again = house.privacy().erase(&owner(), &crate::house::config(), &email, &correlation()).await.unwrap();
    assert_eq!(again.orders, 0);
    assert!(house.world.order(&house.scope, &OrderId::parse("1001").unwrap()).unwrap().contact.is_some(), "others stay");
}

#[tokio::test]
async fn the_daily_report_is_made_once() {
    let house = House::new().await;
    house.settle().await;
    let made = house.report().due(&correlation()).await.unwrap();
    let [(tenant, Made::Report { key, summary })] = made.as_slice() else { panic!("{made:?}") };
    assert_eq!((tenant.as_str(), key.as_str()), ("demo", "daily/2025-08-09.xlsx"));
    assert!(summary.contains("• Total orders: *3*") && summary.contains("• Delayed %: *33.3%*"), "{summary}");
    house.settle().await;
    assert_eq!(house.world.posts().len(), 1);
    for _ in 0..2 {
        let again = house.report().due(&correlation()).await.unwrap();
        assert!(matches!(again[0].1, Made::Before { .. }), "{again:?}");
    }
    house.settle().await;
    assert_eq!(house.world.posts().len(), 1, "a schedule that fires three times tells once");
}

#[tokio::test]
async fn a_refunded_order_is_counted_once_open_or_closed() {
    use domain::order::{Label, Vocabulary};
    let house = House::new().await;
    // 1003 has not shipped, so it is called off; 1002 is under way and stays open.
    for (number, vocabulary) in [("1003", Vocabulary::Shop), ("1002", Vocabulary::Workflow)] {
        house.hear(number, "refund", vocabulary.read("refunded").unwrap().claim, false).await;
    }
    house.settle().await;
    let kpi =
        house.report().figures(&house.scope, &crate::house::config(), Wanted::AsOf(jiff::civil::date(2025, 8, 9))).await.unwrap().unwrap();
    assert_eq!((kpi.total, kpi.count(Label::Refunded), kpi.count(Label::Delayed)), (3, 2, 1));
}

/// Each currency has its own orders, and an order that is open under a closed label is not counted twice.
#[tokio::test]
async fn a_report_counts_each_order_under_its_own_currency() {
    use domain::order::{Label, Vocabulary};
    let house = House::new().await;
    for (number, currency, word) in [("2001", "EUR", "Delivered"), ("2002", "EUR", "Delivered"), ("2003", "PLN", "Delivered")] {
        house.import_in(number, currency, word).await;
    }
    // The carrier has handed it over; the shop has not closed it yet, so it is still open.
    house.hear("1002", "handed-over", Vocabulary::Events.read("in_transit").unwrap().claim, false).await;
    let tracking = Some(domain::order::TrackingStatus::Delivered);
    house.hear("1002", "scanned", domain::order::Claim { tracking, ..Default::default() }, false).await;
    house.settle().await;
    let kpi =
        house.report().figures(&house.scope, &crate::house::config(), Wanted::AsOf(jiff::civil::date(2025, 8, 9))).await.unwrap().unwrap();
    assert_eq!((kpi.total, kpi.count(Label::Delivered)), (6, 4));
    let values: Vec<_> = kpi.value.iter().map(|value| (value.currency.code(), value.orders, value.decimal())).collect();
    assert_eq!(values, [("EUR", 2, "119.96".to_owned()), ("PLN", 1, "59.98".to_owned()), ("USD", 3, "179.94".to_owned())]);
}
