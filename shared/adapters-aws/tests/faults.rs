//! Answers that get lost, calls that do not arrive, stores that are busy: nothing happens twice, nothing is said
//! to have happened that has not.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test against a real clock")]

mod support;

use app::TenantScope;
use app::ports::{Allowance, Claim, CommitError, Delta, Limit, MessageClaim, PortError};
use app::ports::{Message, MessageId, MessageState};
use domain::ids::{EventId, TenantId};
use domain::order::saga::StockMove;
use jiff::{SignedDuration, Timestamp};
use support::embedded::{Embedded, Fault};
use testkit::conformance::{Ports, samples};

async fn shop() -> (Embedded, Ports, TenantScope, Timestamp) {
    let (embedded, aws, tables) = Embedded::start().await;
    let scope = TenantScope::of_own_message(&TenantId::parse("demo").unwrap());
    (embedded, support::ports_over(&aws, tables, None), scope, Timestamp::now())
}

const TRANSACTION: &str = "TransactWriteItems";

// req: X-05
#[tokio::test]
async fn a_commit_whose_answer_was_lost_once_is_answered_again() {
    let (embedded, ports, scope, now) = shop().await;
    let step = samples::placed(&scope, "1001", now);
    embedded.script(TRANSACTION, [Fault::AnswerLost, Fault::AnswerLost]);
    assert_eq!(ports.orders.commit(&scope, step.commit()).await, Ok(()), "the same token, the same answer");
    assert_eq!(ports.orders.load(&scope, &step.order.id).await, Ok(Some(step.order)));
    assert_eq!(ports.outbox.waiting(now + SignedDuration::from_secs(1), 10).await.unwrap().len(), 1);
}

// req: X-05
#[tokio::test]
async fn a_commit_whose_answers_were_all_lost_is_found_by_its_record() {
    let (embedded, ports, scope, now) = shop().await;
    let step = samples::placed(&scope, "1001", now);
    let key = samples::once_key("request");
    embedded.script(TRANSACTION, [Fault::AnswerLost; 3]);
    let commit = || step.with(Some(samples::once(&key, "answer", None, now)), None);
    let unknown = ports.orders.commit(&scope, commit()).await;
    assert!(matches!(unknown, Err(CommitError::Port(PortError::Retryable(_)))), "{unknown:?}");
    assert_eq!(ports.orders.commit(&scope, commit()).await, Err(CommitError::OnceTaken), "it had happened");
    assert_eq!(ports.once.done(&scope, &key, now).await, Ok(Some(("hash".into(), "answer".into()))));
    assert_eq!(ports.outbox.waiting(now + SignedDuration::from_secs(1), 10).await.unwrap().len(), 1);
}

// req: X-05
#[tokio::test]
async fn a_commit_that_never_arrived_has_not_happened() {
    let (embedded, ports, scope, now) = shop().await;
    let step = samples::placed(&scope, "1001", now);
    for fault in [Fault::NotSent, Fault::Throttled] {
        embedded.script(TRANSACTION, [fault; 3]);
        let lost = ports.orders.commit(&scope, step.commit()).await;
        assert!(matches!(lost, Err(CommitError::Port(PortError::Retryable(_)))), "{lost:?}");
        assert_eq!(ports.orders.load(&scope, &step.order.id).await, Ok(None));
    }
    embedded.script(TRANSACTION, [Fault::Throttled, Fault::NotSent]);
    assert_eq!(ports.orders.commit(&scope, step.commit()).await, Ok(()));
}

// req: X-03
#[tokio::test]
async fn somebody_elses_transaction_is_waited_for_a_little() {
    let (embedded, ports, scope, now) = shop().await;
    let step = samples::placed(&scope, "1001", now);
    embedded.script(TRANSACTION, [Fault::Conflict; 4]);
    assert_eq!(ports.orders.commit(&scope, step.commit()).await, Ok(()));
    let next = samples::moved(&scope, &step.order, domain::order::OrderStatus::Processing, None, now);
    embedded.script(TRANSACTION, [Fault::Conflict; 5]);
    let busy = ports.orders.commit(&scope, next.commit()).await;
    assert!(matches!(&busy, Err(CommitError::Port(PortError::Retryable(why))) if why.contains("TransactionConflict")), "{busy:?}");
    let limit = Limit { count: 5, window: SignedDuration::from_mins(1) };
    embedded.script("UpdateItem", [Fault::Conflict; 4]);
    assert_eq!(ports.buckets.take(&scope, "ask", 1, limit, now).await, Ok(Allowance::Allowed { left: 4 }));
}

// req: X-03
#[tokio::test]
async fn a_claim_whose_answer_was_lost_is_busy_until_its_lease_ends() {
    let (embedded, ports, scope, now) = shop().await;
    let minute = SignedDuration::from_mins(1);
    embedded.script("UpdateItem", [Fault::AnswerLost]);
    let claim = ports.once.claim(&scope, &samples::once_key("k"), "hash", now, minute).await;
    assert_eq!(claim, Ok(Claim::Busy { until: now + minute }), "perhaps ours, perhaps not: nobody acts on it");
    let claim = ports.once.claim(&scope, &samples::once_key("k"), "hash", now + minute, minute).await;
    assert!(matches!(claim, Ok(Claim::Mine { .. })));

    let id = MessageId { event: EventId::parse("e:1").unwrap(), channel: "email".into(), recipient: "ab".into() };
    let state = MessageState::Sending { lease_until: now + minute };
    let message = Message {
        id,
        at: now,
        to: "a***@example.com".into(),
        kind: domain::notify::MessageKind::Status,
        text: "x".into(),
        state,
        attempts: 1,
    };
    embedded.script("UpdateItem", [Fault::AnswerLost]);
    let claim = ports.messages.claim(&scope, "1001", &message, now).await;
    assert_eq!(claim, Ok(MessageClaim::Busy { until: now + minute }));
}

// req: X-03
#[tokio::test]
async fn counts_and_holds_survive_lost_answers() {
    let (embedded, ports, scope, now) = shop().await;
    let event = EventId::parse("e:1").unwrap();
    let deltas = [Delta { series: "day".into(), point: "2025-08-09".into(), field: "orders".into(), by: 1 }];
    embedded.script(TRANSACTION, [Fault::AnswerLost; 3]);
    assert!(matches!(ports.metrics.count(&scope, &event, &deltas, now).await, Err(PortError::Retryable(_))));
    assert_eq!(ports.metrics.count(&scope, &event, &deltas, now).await, Ok(false), "counted before");
    let days = ports.metrics.series(&scope, "day", "2025-08-09", "2025-08-09").await.unwrap();
    assert_eq!(days[0].fields["orders"], 1);

    ports.stock.adjust(&scope, "MUG", "a", 5, "r1", now).await.unwrap();
    let order = samples::begun(&scope, "1001", now);
    ports.orders.commit(&scope, order.commit()).await.unwrap();
    let held = samples::then(&scope, &order.order, vec![samples::mugs(StockMove::Hold, 2)], now);
    embedded.script(TRANSACTION, [Fault::AnswerLost; 3]);
    assert!(matches!(ports.orders.commit(&scope, held.commit()).await, Err(CommitError::Port(PortError::Retryable(_)))));
    assert_eq!(ports.orders.commit(&scope, held.commit()).await, Err(CommitError::Conflict), "it has happened");
    let level = ports.stock.level(&scope, "MUG", "a").await.unwrap().unwrap();
    assert_eq!((level.available, level.reserved), (3, 2));
}

// req: X-03
#[tokio::test]
async fn errors_name_the_operation_and_never_the_content() {
    let (embedded, ports, scope, now) = shop().await;
    embedded.script("GetItem", [Fault::Throttled; 3]);
    let error = ports.orders.load(&scope, &samples::number("1001")).await;
    assert_eq!(error, Err(PortError::Retryable("load an order: ThrottlingException (400)".into())));
    let huge = "x".repeat(500_000);
    let key = app::ports::InboxKey { endpoint: "shop".into(), id: "w1".into() };
    let state = app::ports::InboxState::Received;
    let entry = app::ports::InboxEntry { key, body_hash: "h".into(), body: huge, received_at: now, state };
    let error = ports.inbox.receive(&scope, &entry).await;
    assert_eq!(error, Err(PortError::Fatal("receive a webhook: ValidationException (400)".into())));
}
