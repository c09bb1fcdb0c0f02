//! Telling people once.

use super::samples::placed;
use super::{Ports, Stage, patiently, race};
use app::ports::{ADDRESS_KNOWN_FOR, Address, Message, MessageClaim, MessageId, MessageState, Reached};
use domain::ids::{EventId, OrderId};
use domain::notify::Channel;

fn id(event: &str) -> MessageId {
    MessageId { event: EventId::parse(event).expect("a good id"), channel: "email".into(), recipient: "0123456789abcdef".into() }
}

fn message(stage: &Stage, event: &str, after: i64) -> Message {
    let state = MessageState::Sending { lease_until: stage.after(after + 90) };
    Message {
        id: id(event),
        at: stage.after(after),
        to: "a***@example.com".into(),
        kind: domain::notify::MessageKind::Delay,
        text: "Your order".into(),
        state,
        attempts: 1,
    }
}

// req: X-03
/// Claimed by one, settled once; about an order or about anything else.
pub async fn a_message_is_claimed_sent_and_settled(ports: &Ports) {
    let stage = Stage::set();
    let (scope, messages) = (&stage.ours, &ports.messages);
    for subject in ["1001", "hook:shop:00ff", "job:daily:2025-08-09", "report:daily:2025-08-09"] {
        let first = message(&stage, "e:1", 0);
        assert_eq!(messages.claim(scope, subject, &first, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
        let busy = MessageClaim::Busy { until: stage.after(90) };
        assert_eq!(messages.claim(scope, subject, &message(&stage, "e:1", 89), stage.after(89)).await, Ok(busy), "{subject}");
        let sent = MessageState::Sent { provider_id: "p-1".into() };
        assert_eq!(messages.settle(scope, subject, &first.id, 2, &sent).await, Ok(false), "not our attempt");
        assert_eq!(messages.settle(scope, subject, &first.id, 1, &sent).await, Ok(true));
        assert_eq!(messages.settle(scope, subject, &first.id, 1, &MessageState::Unknown).await, Ok(false), "settled before");
        let again = messages.claim(scope, subject, &message(&stage, "e:1", 500), stage.after(500)).await;
        assert_eq!(again, Ok(MessageClaim::Settled(sent)));
        // Another channel, recipient or event is another message.
        let mut other = message(&stage, "e:1", 0);
        other.id.channel = "slack".into();
        assert_eq!(messages.claim(scope, subject, &other, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
        other.id.recipient = "fedcba9876543210".into();
        assert_eq!(messages.claim(scope, subject, &other, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
        assert_eq!(messages.claim(scope, subject, &message(&stage, "e:2", 0), stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
        assert_eq!(messages.settle(scope, subject, &id("never"), 1, &MessageState::Unknown).await, Ok(false));
    }
    let first = placed(scope, "1001", stage.now);
    ports.orders.commit(scope, first.commit()).await.unwrap();
    let dossier = ports.orders.dossier(scope, &first.order.id, 10).await.unwrap().unwrap();
    assert_eq!(dossier.messages.len(), 4, "the order remembers its own messages only");
    let told = dossier.messages.iter().find(|message| message.id == id("e:1")).unwrap();
    let state = MessageState::Sent { provider_id: "p-1".into() };
    assert_eq!(*told, Message { state, ..message(&stage, "e:1", 0) });
}

// req: X-03
/// What did not go out is tried again, with a new number.
pub async fn a_failed_message_is_tried_again(ports: &Ports) {
    let stage = Stage::set();
    let (scope, messages) = (&stage.ours, &ports.messages);
    let first = message(&stage, "e:1", 0);
    for attempt in 1..4 {
        let now = stage.after(i64::from(attempt) * 10);
        let claim = messages.claim(scope, "1001", &message(&stage, "e:1", i64::from(attempt) * 10), now).await;
        assert_eq!(claim, Ok(MessageClaim::Send { attempt }));
        let failed = MessageState::Failed { reason: "throttled".into() };
        assert_eq!(messages.settle(scope, "1001", &first.id, attempt, &failed).await, Ok(true));
    }
    assert_eq!(messages.claim(scope, "1001", &message(&stage, "e:1", 50), stage.after(50)).await, Ok(MessageClaim::Send { attempt: 4 }));
    assert_eq!(messages.settle(scope, "1001", &first.id, 3, &MessageState::Unknown).await, Ok(false), "an earlier attempt");
    let suppressed = MessageState::Suppressed { reason: "no consent".into() };
    assert_eq!(messages.settle(scope, "1001", &first.id, 4, &suppressed).await, Ok(true));
    assert_eq!(messages.claim(scope, "1001", &first, stage.after(60)).await, Ok(MessageClaim::Settled(suppressed)));
    ports.orders.commit(scope, placed(scope, "1001", stage.now).commit()).await.unwrap();
    let dossier = ports.orders.dossier(scope, &super::samples::number("1001"), 10).await.unwrap().unwrap();
    assert_eq!((dossier.messages[0].at, dossier.messages[0].attempts), (stage.after(10), 4), "since when, how often");
}

// req: X-03
/// Nobody knows whether it went out, so nobody sends it again by themselves.
pub async fn a_dead_sender_leaves_an_unknown_message(ports: &Ports) {
    let stage = Stage::set();
    let (scope, messages) = (&stage.ours, &ports.messages);
    let first = message(&stage, "e:1", 0);
    assert_eq!(messages.claim(scope, "1001", &first, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
    let dead = messages.claim(scope, "1001", &message(&stage, "e:1", 90), stage.after(90)).await;
    assert_eq!(dead, Ok(MessageClaim::Settled(MessageState::Unknown)));
    let sent = MessageState::Sent { provider_id: "p".into() };
    assert_eq!(messages.settle(scope, "1001", &first.id, 1, &sent).await, Ok(false), "too late");
    assert_eq!(messages.claim(scope, "1001", &first, stage.after(91)).await, Ok(MessageClaim::Settled(MessageState::Unknown)));
}

// req: S1-27, X-03
/// What says less than is known changes nothing; a receipt tells of a message that nobody knew of, and of none that was not sent.
pub async fn receipts_come_twice_and_in_any_order(ports: &Ports) {
    let stage = Stage::set();
    let (scope, messages) = (&stage.ours, &ports.messages);
    let first = message(&stage, "e:1", 0);
    let delivered = || MessageState::Delivered { provider_id: "p-1".into() };
    let opened = || MessageState::Opened { provider_id: "p-1".into() };
    let bounced = || MessageState::Bounced { reason: "no such number".into() };
    let state = |found: Option<Message>| found.map(|message| message.state);
    let taken = async |state: MessageState| messages.receipt(scope, "1001", &first.id, &state).await.unwrap();
    assert_eq!(taken(delivered()).await, None, "no such message");
    assert_eq!(messages.claim(scope, "1001", &first, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
    assert_eq!(state(taken(delivered()).await), Some(delivered()), "faster than whoever sent it");
    let sent = MessageState::Sent { provider_id: "p-1".into() };
    assert_eq!(messages.settle(scope, "1001", &first.id, 1, &sent).await, Ok(false), "it is known to have arrived");
    let again = messages.claim(scope, "1001", &first, stage.after(500)).await;
    assert_eq!(again, Ok(MessageClaim::Settled(delivered())));
    assert_eq!(state(taken(opened()).await), Some(opened()));
    for late in [delivered(), opened(), bounced()] {
        assert_eq!(state(taken(late).await), Some(opened()));
    }
    let other = message(&stage, "e:2", 0);
    assert_eq!(messages.claim(scope, "1001", &other, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
    let refused = MessageState::Refused { reason: "no".into() };
    assert_eq!(messages.settle(scope, "1001", &other.id, 1, &refused).await, Ok(true));
    assert_eq!(messages.receipt(scope, "1001", &other.id, &delivered()).await, Ok(None), "it was never handed over");
    assert_eq!(messages.claim(scope, "1001", &other, stage.now).await, Ok(MessageClaim::Settled(refused)));
    let dead = message(&stage, "e:3", 0);
    assert_eq!(messages.claim(scope, "1001", &dead, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
    assert_eq!(messages.claim(scope, "1001", &dead, stage.after(91)).await, Ok(MessageClaim::Settled(MessageState::Unknown)));
    assert_eq!(state(messages.receipt(scope, "1001", &dead.id, &bounced()).await.unwrap()), Some(bounced()), "now it is known");
}

// req: S1-30, X-08
/// What is known of an address is one tenant's, on one channel; what it was written to about is not known for ever, what it has
/// refused is.
pub async fn addresses_are_remembered_and_refused(ports: &Ports) {
    let stage = Stage::set();
    let (scope, addresses) = (&stage.ours, &ports.addresses);
    let (now, later) = (stage.now, stage.now + ADDRESS_KNOWN_FOR);
    let phone = Address { channel: Channel::Sms, key: "00112233445566ff".into() };
    assert_eq!(addresses.reached(scope, &phone, now).await, Ok(Reached::default()));
    let (first, second) = (super::samples::number("1001"), super::samples::number("1002"));
    let known = |refused: Option<&str>, order: Option<&OrderId>| Ok(Reached { refused: refused.map(str::to_owned), order: order.cloned() });
    addresses.about(scope, &phone, &first, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, stage.after(1)).await, known(None, Some(&first)));
    assert_eq!(addresses.reached(scope, &phone, later).await, known(None, None), "too long ago, whether or not it is gone");
    addresses.refuse(scope, &phone, Some("STOP"), stage.after(10)).await.unwrap();
    addresses.refuse(scope, &phone, None, stage.after(9)).await.unwrap();
    addresses.about(scope, &phone, &second, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, later).await, known(Some("STOP"), Some(&second)), "it is kept for good");
    for other in [Address { channel: Channel::Whatsapp, ..phone.clone() }, Address { key: "00112233445566fe".into(), ..phone.clone() }] {
        assert_eq!(addresses.reached(scope, &other, now).await, known(None, None));
    }
    assert_eq!(addresses.reached(&stage.theirs, &phone, now).await, known(None, None));
    for _ in 0..2 {
        addresses.refuse(scope, &phone, None, stage.after(20)).await.unwrap();
    }
    addresses.refuse(scope, &phone, Some("STOP"), stage.after(19)).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(None, Some(&second)));
    assert_eq!(addresses.reached(scope, &phone, later + jiff::SignedDuration::from_secs(20)).await, known(None, None));
    // Whoever answers from another address is refused there, for good, until they want messages again.
    let other = Address { key: "00112233445566fd".into(), ..phone.clone() };
    addresses.answers_from(scope, &phone, &other).await.unwrap();
    addresses.about(scope, &phone, &second, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(None, Some(&second)));
    addresses.refuse(scope, &other, Some("STOP"), stage.after(30)).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, later + ADDRESS_KNOWN_FOR).await, known(Some("STOP"), Some(&second)));
    addresses.refuse(scope, &phone, None, stage.after(29)).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(Some("STOP"), Some(&second)), "before the last wish");
    addresses.refuse(scope, &phone, None, stage.after(31)).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(None, Some(&second)));
    assert_eq!(addresses.reached(scope, &other, now).await, known(None, None));
}

// req: X-08
/// Whoever is forgotten is not known by what they were written to about; that they want no more messages is.
pub async fn addresses_forget_an_order_and_no_refusal(ports: &Ports) {
    let stage = Stage::set();
    let (scope, addresses, now) = (&stage.ours, &ports.addresses, stage.now);
    let phone = Address { channel: Channel::Sms, key: "00112233445566aa".into() };
    let (first, second) = (super::samples::number("1001"), super::samples::number("1002"));
    let known = |refused: Option<&str>, order: Option<&OrderId>| Ok(Reached { refused: refused.map(str::to_owned), order: order.cloned() });
    addresses.forget(scope, &phone, &first, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(None, None), "nothing was known");
    addresses.about(scope, &phone, &second, now).await.unwrap();
    addresses.forget(scope, &phone, &first, now).await.unwrap();
    addresses.forget(&stage.theirs, &phone, &second, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now).await, known(None, Some(&second)), "another order, another tenant");
    for _ in 0..2 {
        addresses.forget(scope, &phone, &second, now).await.unwrap();
        assert_eq!(addresses.reached(scope, &phone, now).await, known(None, None));
    }
    addresses.about(scope, &phone, &first, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, stage.after(1)).await, known(None, Some(&first)), "they have ordered again");
    addresses.refuse(scope, &phone, Some("STOP"), now).await.unwrap();
    addresses.forget(scope, &phone, &first, now).await.unwrap();
    assert_eq!(addresses.reached(scope, &phone, now + ADDRESS_KNOWN_FOR).await, known(Some("STOP"), None));
    // Also where they answer from: the order is forgotten at both, and that they want no more messages at neither.
    let (dialled, other) =
        (Address { key: "00112233445566ab".into(), ..phone.clone() }, Address { key: "00112233445566ac".into(), ..phone });
    for refuses in [false, true] {
        addresses.answers_from(scope, &dialled, &other).await.unwrap();
        for address in [&dialled, &other] {
            addresses.about(scope, address, &first, now).await.unwrap();
        }
        let why = refuses.then_some("STOP");
        if refuses {
            addresses.refuse(scope, &other, why, now).await.unwrap();
        }
        addresses.forget(scope, &dialled, &first, now).await.unwrap();
        for address in [&dialled, &other] {
            assert_eq!(addresses.reached(scope, address, now).await, known(why, None));
        }
    }
}

// req: X-03
/// Sixty-four deliveries of one event, one message.
pub async fn of_64_senders_one_sends(ports: &Ports) {
    let stage = Stage::set();
    let claims = race(64, |_| {
        let (ports, scope, now, message) = (ports.clone(), stage.ours.clone(), stage.now, message(&stage, "e:1", 0));
        async move { patiently(|| ports.messages.claim(&scope, "1001", &message, now)).await }
    })
    .await;
    let sending = claims.iter().filter(|claim| **claim == MessageClaim::Send { attempt: 1 }).count();
    let busy = claims.iter().filter(|claim| **claim == MessageClaim::Busy { until: stage.after(90) }).count();
    assert_eq!((sending, busy), (1, 63));
}

// req: X-03
/// Another tenant's message does not exist.
pub async fn messages_are_their_tenants_own(ports: &Ports) {
    let stage = Stage::set();
    let messages = &ports.messages;
    for subject in ["1001", "hook:shop:1"] {
        let first = message(&stage, "e:1", 0);
        assert_eq!(messages.claim(&stage.ours, subject, &first, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
        assert_eq!(messages.settle(&stage.theirs, subject, &first.id, 1, &MessageState::Unknown).await, Ok(false));
        assert_eq!(messages.claim(&stage.theirs, subject, &first, stage.now).await, Ok(MessageClaim::Send { attempt: 1 }));
    }
}
