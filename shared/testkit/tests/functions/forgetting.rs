//! Customers who are forgotten while others still write about them.

use crate::house::{House, config, correlation, owner};
use crate::messages::{hook, report};
use crate::stale::Stale;
use app::notify::Notify;
use app::ports::{InboxState, Message, MessageId, MessageState, MessageStore};
use app::privacy::{Erased, address};
use contracts::Payload;
use domain::ids::{EventId, OrderId};
use jiff::SignedDuration;
use std::sync::Arc;

async fn forget_eve(house: &House) -> Erased {
    house.privacy().erase(&owner(), &config(), &address("eve@example.com").unwrap().into(), &correlation()).await.unwrap()
}

fn named(house: &House) -> bool {
    let everything = house.world.everything(&house.scope);
    everything.contains("eve@example.com") || everything.contains("Eve rang")
}

/// A carrier does not know that its customer was forgotten and goes on naming them.
// req: X-08
#[tokio::test]
async fn a_webhook_about_somebody_forgotten_is_heard_and_its_body_is_not_kept() {
    let house = House::new().await;
    hook(&house, &report("Shipped")).await.unwrap();
    assert_eq!(forget_eve(&house).await, Erased { orders: 1, webhooks: 0 }, "it waits in the queue");
    house.settle().await;
    assert!(!named(&house), "processed after the erasure");
    for word in ["In Transit", "teleported"] {
        hook(&house, &report(word)).await.unwrap();
        assert!(named(&house), "it has to be kept until it is processed");
        house.settle().await;
        assert!(!named(&house), "{word}");
    }
    let entries = house.world.inbox_entries(&house.scope);
    let states = |wanted: fn(&InboxState) -> bool| entries.iter().filter(|entry| wanted(&entry.state)).count();
    assert_eq!(states(|state| *state == InboxState::Done), 2);
    assert_eq!(states(|state| matches!(state, InboxState::Parked { code, .. } if code == "unknown_status")), 1);
    assert!(house.world.sent_mails().is_empty());
}

/// Who had read the contact before it was erased may write it down after. The event of the erasure comes later
/// still, and sweeps up.
// req
#[tokio::test]
async fn what_is_written_during_an_erasure_is_forgotten_when_its_event_arrives() {
    let house = House::new().await;
    house.settle().await;
    assert_eq!(forget_eve(&house).await.orders, 1);
    let now = house.clock_now();
    let id = MessageId { event: EventId::parse("e:1").unwrap(), channel: "email".into(), recipient: "ab".into() };
    let state = MessageState::Sending { lease_until: now + SignedDuration::from_secs(90) };
    let message = Message {
        id,
        at: now,
        to: "e***@example.com".into(),
        kind: domain::notify::MessageKind::Status,
        text: "Eve rang".into(),
        state,
        attempts: 1,
    };
    house.world.messages().claim(&house.scope, "1003", &message, now).await.unwrap();
    assert!(named(&house));
    house.settle().await;
    assert!(!named(&house));
}

/// The notifier read the order before its customer was forgotten.
// req: X-08
#[tokio::test]
async fn a_message_that_was_about_to_leave_stays_and_is_forgotten() {
    let house = House::new().await;
    house.settle().await;
    hook(&house, &report("Shipped")).await.unwrap();
    while let Some(body) = house.world.take_queued() {
        house.process().run(&contracts::queue::HookReceived::read(&body).unwrap()).await.unwrap();
    }
    let number = OrderId::parse("1003").unwrap();
    let before = house.world.order(&house.scope, &number);
    let published = house.world.take_stream(usize::MAX).into_iter().flat_map(|row| row.events.clone());
    let news = published.filter(|event| matches!(event.payload, Payload::OrderLabelChanged(_))).last().unwrap();
    forget_eve(&house).await;
    let orders = Arc::new(Stale::reading_first(house.world.orders(), before));
    let told = Notify { orders, ..house.notify() }.run(&news, jiff::Timestamp::MAX).await.unwrap();
    assert_eq!((told.sent, told.settled), (0, 2));
    assert!(house.world.sent_mails().is_empty() && house.world.posts().is_empty());
    let messages = house.world.messages_about(&house.scope, "1003");
    assert_eq!(messages.len(), 2);
    let forgotten = |message: &Message| message.text == "[erased]" && matches!(message.state, MessageState::Suppressed { .. });
    assert!(messages.iter().all(forgotten), "{messages:?}");
}

/// What somebody wrote when they asked the rules is their word, not the rule's.
// req: X-08
#[tokio::test]
async fn a_reason_given_to_a_rule_is_forgotten_with_the_notes() {
    let house = House::new().await;
    house.clock.advance(SignedDuration::from_hours(25));
    let claim = domain::order::Vocabulary::Events.read("order_paid").unwrap().claim;
    house.hear("1003", "pay-1", claim, false).await;
    let order = house.world.order(&house.scope, &OrderId::parse("1003").unwrap()).unwrap();
    let by = app::Provenance { actor: owner().actor(), correlation: correlation() };
    let context = app::Context { scope: &house.scope, config: &config(), by: &by };
    let wish = app::progress::Wish { note: Some("Eve rang".into()), ..Default::default() };
    assert!(house.auto().run(context, &order, wish).await.unwrap().moved());
    let undo = domain::order::Command::Undo { note: Some("Eve rang again".into()) };
    house.command("1003", undo).await;
    assert!(named(&house));
    forget_eve(&house).await;
    assert!(!named(&house));
    let history = house.world.history(&house.scope, &order.id);
    let words = history.iter().flat_map(|commit| &commit.events).map(domain::order::OrderEvent::in_words).collect::<Vec<_>>();
    assert!(words.iter().any(|text| text.contains("payment is captured") && text.ends_with("(asked: [erased])")), "{words:?}");
}
