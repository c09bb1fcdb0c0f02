//! Open orders whose time has come.

use crate::house::{House, config, correlation};
use crate::samples::Lot;
use app::ports::{OrderQuery, OrderStore, TenantStore};
use app::tenant::TenantConfig;
use app::watch::{Ran, Watch};
use domain::ids::OrderId;
use domain::order::progress::{Mode, ProgressRules};
use domain::order::{Command, Order, OrderEvent, OrderStatus, Vocabulary, WatchRules};
use jiff::SignedDuration;
use serde_json::json;

async fn run(house: &House) -> Ran {
    match house.watch().one(house.scope.tenant(), &correlation()).await.unwrap() {
        Watch::Ran(ran) => ran,
        other => panic!("{other:?}"),
    }
}

async fn saves(house: &House, version: u64, change: impl Fn(&mut TenantConfig)) {
    let mut next = TenantConfig { version, ..config() };
    change(&mut next);
    assert!(house.world.tenants().save(&house.scope, &next, version - 1).await.unwrap());
}

fn order(house: &House, number: &str) -> Order {
    house.world.order(&house.scope, &OrderId::parse(number).unwrap()).unwrap()
}

fn posts(house: &House) -> Vec<String> {
    house.world.posts().into_iter().map(|(_, text)| text).filter(|text| text.contains(":eyes:")).collect()
}

async fn pay(house: &House, number: &str) {
    house.hear(number, &format!("paid-{number}"), Vocabulary::Events.read("order_paid").unwrap().claim, true).await;
}

/// However often the schedule fires, a deadline is raised once and the team hears of it once (I16).
// req: S1-42, S1-43, S1-45, S1-47
#[tokio::test]
async fn what_waits_too_long_is_raised_once_and_told_once() {
    let house = House::whose_first_order_is("Shipped").await;
    house.clock.advance(SignedDuration::from_hours(72));
    for round in 0..3 {
        let ran = run(&house).await;
        assert_eq!((ran.raised, ran.waiting, ran.progressed), (if round == 0 { 2 } else { 0 }, 2, 0));
        house.settle().await;
        house.clock.advance(SignedDuration::from_mins(30));
    }
    assert_eq!(
        posts(&house),
        [":eyes: *2 more orders need a person* (2 in all)\n• #1001: 2 days past the promised day\n• #1003: Nobody has begun for 72.0 h"]
    );
    // Another deadline of an order that was raised before is news, and so is another order.
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(run(&house).await.raised, 2);
    house.settle().await;
    let told = posts(&house);
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told[1].starts_with(":eyes: *2 more orders need a person* (3 in all)") && told[1].contains("no carrier scan"), "{}", told[1]);
    // It is in the order's history, published, and no news of the order itself.
    let raised = order(&house, "1003");
    assert!(raised.updated_at < raised.raised_at.unwrap());
    let id = OrderId::parse("1003").unwrap();
    let dossier = house.world.orders().dossier(&house.scope, &id, 50).await.unwrap().unwrap();
    let entries = dossier.history.iter().flat_map(|commit| &commit.events);
    assert_eq!(entries.filter(|event| matches!(event, OrderEvent::AttentionRaised { .. })).count(), 1);
    assert_eq!(Order::replay(&dossier.history).map(|order| order.raised), Some(raised.raised));
}

/// Two machines' clocks differ: what was raised by the one that is ahead is told once by the other.
// req: S1-42
#[tokio::test]
async fn an_order_that_was_raised_by_a_clock_ahead_is_told_once() {
    let house = House::whose_first_order_is("Shipped").await;
    house.clock.advance(SignedDuration::from_hours(72) + SignedDuration::from_mins(10));
    let raise = Command::Raise { rules: config().watch_rules(), zone: config().zone() };
    house.command("1001", raise).await;
    house.clock.advance(SignedDuration::from_mins(-10));
    for _ in 0..3 {
        run(&house).await;
        house.settle().await;
        house.clock.advance(SignedDuration::from_mins(2));
    }
    assert_eq!(posts(&house).len(), 1, "{:?}", posts(&house));
    assert!(posts(&house)[0].starts_with(":eyes: *2 more orders need a person* (2 in all)"));
}

/// A run that dies after it raised orders, or after it told the team: nobody goes unmentioned, nobody is told twice.
// req: S1-42
#[tokio::test]
async fn a_run_that_dies_leaves_nobody_out() {
    use app::ports::{Claim, OnceKey, OnceStore};
    let house = House::whose_first_order_is("Shipped").await;
    house.clock.advance(SignedDuration::from_hours(72));
    // Somebody died in the act of telling: the claim is not given back.
    let key = OnceKey::new("watch", "digest", "");
    let now = app::ports::Clock::now(&*house.clock);
    let claim = house.world.once().claim(&house.scope, &key, "", now, SignedDuration::from_mins(6)).await.unwrap();
    assert!(matches!(claim, Claim::Mine { .. }));
    let failed = house.watch().one(house.scope.tenant(), &correlation()).await;
    assert!(failed.is_err_and(|why| why.is_retryable()), "the queue brings it again");
    assert!(order(&house, "1003").raised_at.is_some());
    house.clock.advance(SignedDuration::from_mins(30));
    let ran = run(&house).await;
    assert_eq!((ran.raised, ran.waiting), (0, 2));
    house.settle().await;
    assert!(posts(&house)[0].starts_with(":eyes: *2 more"), "{:?}", posts(&house));
    // The memory is lost: the digests themselves know how far they came.
    use app::ports::ReportStore;
    house.world.reports().put(&house.scope, "jobs/watch.json", b"{broken".to_vec(), "application/json").await.unwrap();
    house.clock.advance(SignedDuration::from_mins(30));
    run(&house).await;
    house.settle().await;
    assert_eq!(posts(&house).len(), 1);
}

// req: S1-06, S1-47
#[tokio::test]
async fn orders_move_on_by_themselves_only_where_the_shop_wants_it() {
    let house = House::whose_first_order_is("Delivered").await;
    pay(&house, "1003").await;
    house.clock.advance(SignedDuration::from_hours(25));
    assert_eq!(run(&house).await.progressed, 0, "the policy is off");
    assert_eq!(order(&house, "1003").tracks.status, OrderStatus::Pending);
    saves(&house, 2, |config| config.progress = ProgressRules { mode: Mode::Auto, ..ProgressRules::default() }).await;
    let ran = run(&house).await;
    assert_eq!((ran.rescheduled, ran.progressed, ran.more), (2, 1, false));
    let moved = order(&house, "1003");
    assert_eq!(moved.tracks.status, OrderStatus::Processing);
    assert_eq!((run(&house).await.progressed, run(&house).await.rescheduled), (0, 0));
    // Age alone never ships: without a label it becomes a person's.
    house.clock.advance(SignedDuration::from_hours(49));
    let ran = run(&house).await;
    assert_eq!((ran.progressed, order(&house, "1003").tracks.status), (0, OrderStatus::Processing));
    assert!(order(&house, "1003").raised.keys().any(|concern| concern.code() == "processing_too_long"));
}

/// Exactly when the time is up, and not before.
// req: S1-06
#[tokio::test]
async fn rule_24h() {
    let house = House::whose_first_order_is("Delivered").await;
    pay(&house, "1003").await;
    saves(&house, 2, |config| config.progress.mode = Mode::Auto).await;
    run(&house).await;
    house.clock.advance(SignedDuration::from_secs(24 * 3600 - 1));
    assert_eq!(run(&house).await.progressed, 0, "23:59:59");
    house.clock.advance(SignedDuration::from_millis(1_001));
    assert_eq!(run(&house).await.progressed, 1, "24:00:00");
}

/// Stricter rules find orders that had time left by the old ones; laxer ones let go of others.
// req: S1-74
#[tokio::test]
async fn other_rules_move_orders_at_once() {
    let house = House::whose_first_order_is("Delivered").await;
    house.clock.advance(SignedDuration::from_hours(30));
    assert_eq!(run(&house).await.waiting, 0);
    let hours = |pending_after_h| move |config: &mut TenantConfig| config.watch = WatchRules { pending_after_h, ..WatchRules::default() };
    saves(&house, 2, hours(20)).await;
    let ran = run(&house).await;
    assert_eq!((ran.rescheduled, ran.waiting, ran.raised), (2, 1, 1), "the two open ones");
    saves(&house, 3, hours(90)).await;
    assert_eq!(run(&house).await.waiting, 0);
    let due = house.world.orders().page(&house.scope, &OrderQuery::Due(app::ports::Clock::now(&*house.clock)), None, 10).await.unwrap();
    assert_eq!(due.orders, []);
}

/// One message a shop; a run that overlaps another is dropped.
// req: S1-42
#[tokio::test]
async fn a_tick_sends_every_shop_to_be_watched() {
    let house = House::new().await;
    let handle = async |event| {
        let (queue, lot) = (house.world.queue(), Lot::default());
        stale_orders::handle(&house.watch(), &queue, &lot, event, correlation()).await.unwrap()
    };
    assert_eq!(handle(json!({ "time": "2025-08-09T10:30:00Z" })).await, json!({ "shops": 1 }));
    let body = house.world.take_queued().unwrap();
    let batch = json!({ "Records": [{ "messageId": "m1", "body": body, "eventSource": "aws:sqs" }] });
    assert_eq!(handle(batch.clone()).await["batchItemFailures"], json!([]));
    use app::ports::{OnceKey, OnceStore};
    let now = app::ports::Clock::now(&*house.clock);
    house.world.once().claim(&house.scope, &OnceKey::new("watch", "run", ""), "", now, SignedDuration::from_mins(6)).await.unwrap();
    assert_eq!(handle(batch).await["batchItemFailures"], json!([]), "somebody is at it");
    let stranger = domain::ids::TenantId::parse("nobody").unwrap();
    assert_eq!(house.watch().one(&stranger, &correlation()).await.unwrap(), Watch::None);
}

/// Other rules, another time zone or a press of the notify button make no new concern of one that the team knows.
// req: S1-74
#[tokio::test]
async fn what_was_raised_is_not_raised_again_because_rules_change() {
    let house = House::whose_first_order_is("Shipped").await;
    house.clock.advance(SignedDuration::from_hours(97));
    assert_eq!(run(&house).await.raised, 3);
    saves(&house, 2, |config| config.watch = WatchRules { pending_after_h: 24, stale_after_h: 20, ..WatchRules::default() }).await;
    assert_eq!(run(&house).await.raised, 0);
    saves(&house, 3, |config| config.time_zone = "Pacific/Tongatapu".into()).await;
    assert_eq!(run(&house).await.raised, 0);
    // Telling the customer is no news of the order: it stays where it was.
    let waiting = run(&house).await.waiting;
    house
        .command(
            "1002",
            domain::order::Command::Notify {
                by: vec![domain::notify::Channel::Email],
                kind: domain::notify::MessageKind::Status,
                text: None,
            },
        )
        .await;
    let ran = run(&house).await;
    assert_eq!((ran.raised, ran.waiting), (0, waiting));
    house.settle().await;
    assert_eq!(posts(&house).len(), 1, "{:?}", posts(&house));
}

/// A parcel that comes back to the customer's door and fails again is another failure.
// req: S1-45
#[tokio::test]
async fn a_second_failure_is_raised_again() {
    let house = House::whose_first_order_is("Shipped").await;
    let hear = async |event: &str, word: &str| {
        let claim = Vocabulary::Workflow.read(word).unwrap_or_else(|| panic!("{word}")).claim;
        house.hear("1001", event, claim, true).await;
        house.clock.advance(SignedDuration::from_mins(5));
        run(&house).await.raised
    };
    use domain::order::{Claim, TrackingStatus};
    let track = async |event: &str, tracking| {
        house.hear("1001", event, Claim { tracking: Some(tracking), ..Claim::default() }, true).await;
        house.clock.advance(SignedDuration::from_mins(5));
        run(&house).await.raised
    };
    assert_eq!(track("f1", TrackingStatus::DeliveryFailed).await, 1);
    assert_eq!(hear("p1", "payment_captured").await, 0, "news of something else");
    assert_eq!(track("o1", TrackingStatus::OutForDelivery).await, 0);
    assert_eq!(track("f2", TrackingStatus::DeliveryFailed).await, 1);
}
