//! Queues and the stream with poison in them: exactly what is bad comes again or is put aside, the rest is done.

use crate::house::House;
use crate::samples::Lot;
use crate::signing::signed;
use app::TenantScope;
use app::ports::{Delta, MetricStore, OutboxStore, Point, PortError, PortResult, TenantStore};
use app::tenant::TenantConfig;
use async_trait::async_trait;
use aws_lambda_events::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use contracts::{Envelope, Payload};
use domain::ids::{EventId, OrderId, TenantId};
use domain::order::OrderStatus;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// A store that does not answer for the tenant "down".
struct Down<P: ?Sized>(Arc<P>);

const DOWN: &str = "down";

fn up(tenant: &TenantId) -> PortResult<()> {
    if tenant.as_str() == DOWN { Err(PortError::Retryable("throttled".into())) } else { Ok(()) }
}

#[async_trait]
impl TenantStore for Down<dyn TenantStore> {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        up(tenant)?;
        self.0.config(tenant).await
    }
    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        self.0.save(scope, config, before_version).await
    }
    async fn all(&self) -> PortResult<Vec<TenantId>> {
        self.0.all().await
    }
}

#[async_trait]
impl MetricStore for Down<dyn MetricStore> {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        up(scope.tenant())?;
        self.0.count(scope, event, deltas, now).await
    }
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        self.0.series(scope, series, from, to).await
    }
}

fn batch(bodies: impl IntoIterator<Item = String>) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (n, body) in bodies.into_iter().enumerate() {
        let mut message = SqsMessage::default();
        message.message_id = Some(format!("m{n}"));
        message.body = Some(body);
        event.records.push(message);
    }
    event
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Worker {
    Processor,
    Notifier,
    Metrics,
}

const WORKERS: [Worker; 3] = [Worker::Processor, Worker::Notifier, Worker::Metrics];

impl Worker {
    async fn work(self, house: &House, lot: &Lot, event: SqsEvent) -> SqsBatchResponse {
        match self {
            Worker::Processor => order_processor::handle(&house.process(), &house.heard(), &house.steps(), lot, event).await,
            Worker::Notifier => {
                let notify = house.notify();
                let notify = app::notify::Notify { tenants: Arc::new(Down::<dyn TenantStore>(notify.tenants)), ..notify };
                notifier::handle(&notify, lot, event, jiff::Timestamp::MAX).await
            }
            Worker::Metrics => {
                let measure = house.measure();
                let measure = app::measure::Measure { metrics: Arc::new(Down::<dyn MetricStore>(measure.metrics)), ..measure };
                metrics::handle(&measure, lot, event).await
            }
        }
    }

    /// Ten good messages, and one that has to come again.
    async fn messages(self, house: &House) -> (Vec<String>, String) {
        for second in 0..10 {
            let at = format!("2025-08-09T09:00:{second:02}Z");
            let body = format!(r#"{{"orderId":"1003","status":"Shipped","email":"eve@example.com","occurredAt":"{at}"}}"#);
            assert_eq!(signed(house, &body).await.status, 202);
        }
        let queued: Vec<String> = std::iter::from_fn(|| house.world.take_queued()).collect();
        if self == Worker::Processor {
            let missing = queued[0].replace("\"inbox_id\":\"", "\"inbox_id\":\"not-there-yet-");
            return (queued, missing);
        }
        let events: Vec<String> = ten_events(house).iter().map(|event| serde_json::to_string(event).unwrap()).collect();
        let down = events[0].replace("\"demo\"", "\"down\"").replace("demo:", "down:");
        (events, down)
    }
}

/// Label changes of ten orders.
fn ten_events(house: &House) -> Vec<Envelope> {
    let placed = house.world.outbox_rows().into_iter().flat_map(|row| row.events);
    let news = placed.filter(|event| matches!(event.payload, Payload::OrderLabelChanged(_))).collect::<Vec<_>>();
    (0..10)
        .map(|n| {
            let event = news[n % news.len()].clone();
            Envelope { id: EventId::parse(&format!("{}-{n}", event.id)).unwrap(), ..event }
        })
        .collect()
}

fn failed(response: &SqsBatchResponse) -> Vec<&str> {
    response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
}

/// Invariant I11 through the handlers: for each of the 1,024 subsets of bad records among ten, exactly those
/// come again if they may work later, and exactly those are put aside with a reason if they never will.
// req: X-06, X-07
#[tokio::test]
async fn exactly_the_bad_ones_of_a_batch_fail() {
    for worker in WORKERS {
        let house = House::new().await;
        let (good, later) = worker.messages(&house).await;
        for mask in 0u32..1 << 10 {
            let bad = |n: usize| mask & (1 << n) != 0;
            for (poison, comes_again) in [(later.as_str(), true), ("{\"poison\":", false)] {
                let lot = Lot::default();
                let bodies = (0..10).map(|n| if bad(n) { poison.to_owned() } else { good[n].clone() });
                let response = worker.work(&house, &lot, batch(bodies)).await;
                let ids: Vec<String> = (0..10).filter(|n| bad(*n)).map(|n| format!("m{n}")).collect();
                assert_eq!(
                    failed(&response),
                    if comes_again { ids.iter().map(String::as_str).collect() } else { Vec::new() },
                    "{worker:?} {mask:010b}"
                );
                assert_eq!(lot.reasons().len(), if comes_again { 0 } else { ids.len() }, "{worker:?} {mask:010b}");
                assert!(lot.reasons().iter().all(|reason| reason.len() > 20));
            }
        }
    }
}

/// Whatever stands in a queue, it is put aside with its reason; what cannot be put aside stays where it is.
// req: X-07
#[tokio::test]
async fn no_record_is_a_crash_and_none_is_lost() {
    for worker in WORKERS {
        let house = House::new().await;
        let (good, _) = worker.messages(&house).await;
        let poison = [
            String::new(),
            " ".into(),
            "null".into(),
            "true".into(),
            "7".into(),
            "\"x\"".into(),
            "[]".into(),
            "{}".into(),
            "\u{feff}{}".into(),
            "{\"v\":".into(),
            "\u{0}".into(),
            "[".repeat(250_000),
            "{\"detail\":".repeat(20_000),
            format!("{{\"detail\":{}}}", "[".repeat(100_000)),
            good[0].replace(':', ";"),
            good[0][..good[0].len() / 2].to_owned(),
            good[0].replacen("\"demo\"", "\"DEMO/../x\"", 1),
            good[0].replacen("\"demo\"", "\"demo#O#1003\"", 1),
            good[0].replacen("\"demo\"", "null", 1),
            good[0].replacen("trace-1", "a b\\r\\nc", 1),
        ];
        for body in poison {
            let shown: String = body.chars().take(60).collect();
            let lot = Lot::default();
            let response = worker.work(&house, &lot, batch([good[1].clone(), body.clone(), good[2].clone()])).await;
            assert_eq!((failed(&response), lot.reasons().len()), (Vec::new(), 1), "{worker:?}: {shown}");
            let full = Lot::full();
            assert_eq!(failed(&worker.work(&house, &full, batch([body])).await), ["m0"], "{worker:?}: it stays on the queue: {shown}");
        }
        let mut bare = SqsEvent::default();
        bare.records.push(SqsMessage::default());
        let lot = Lot::default();
        worker.work(&house, &lot, bare).await;
        assert_eq!(lot.reasons().len(), 1, "{worker:?}: neither id nor body");
    }
}

/// A producer or a consumer may be the first to be deployed.
#[tokio::test]
async fn older_and_newer_messages_are_told_apart() {
    let house = House::new().await;
    let (good, _) = Worker::Processor.messages(&house).await;
    for (change, comes_again, parked) in [
        ("\"v\":1", vec![], 0),
        ("\"v\":1,\"hint\":\"of a later release\"", vec![], 0),
        ("\"v\":2", vec!["m0"], 0),
        ("\"v\":99999999999", vec!["m0"], 0),
        ("\"version\":1", vec![], 1),
        ("\"v\":\"1\"", vec![], 1),
        ("\"v\":-1", vec![], 1),
        ("\"v\":1.5", vec![], 1),
        ("\"v\":1,\"v\":1", vec![], 1),
    ] {
        let lot = Lot::default();
        let response = Worker::Processor.work(&house, &lot, batch([good[0].replacen("\"v\":1", change, 1)])).await;
        assert_eq!((failed(&response), lot.reasons().len()), (comes_again, parked), "{change}");
    }
    for worker in [Worker::Notifier, Worker::Metrics] {
        let (events, _) = worker.messages(&house).await;
        let wrapped = |detail: &str| format!(r#"{{"version":"0","id":"x","detail-type":"d","source":"s","detail":{detail}}}"#);
        for (event, parked) in [
            (wrapped(&events[0]), 0),
            (events[0].replacen("order.label_changed.v1", "order.label_changed.v2", 1), 0),
            (events[0].replacen("order.label_changed.v1", "order.teleported.v1", 1), 0),
            (events[0].replacen("\"data\":{", "\"data\":{\"mood\":\"good\",", 1), 0),
            (events[0].replacen("\"specversion\":\"1.0\"", "\"specversion\":\"2.0\"", 1), 1),
            (events[0].replacen("\"specversion\":\"1.0\",", "", 1), 1),
            (events[0].replacen("\"type\":\"order.label_changed.v1\"", "\"type\":7", 1), 1),
            (events[0].replacen("\"to\":", "\"towards\":", 1), 1),
            (events[0].replacen("\"aggregateversion\":", "\"aggregateversion\":-", 1), 1),
            (events[0].replacen("\"minor\":5998", "\"minor\":9223372036854775808", 1), 1),
            (events[0].replacen("\"minor\":5998", "\"minor\":59.98", 1), 1),
            (wrapped("null"), 1),
            (wrapped("\"text\""), 1),
        ] {
            let lot = Lot::default();
            let response = worker.work(&house, &lot, batch([event.clone()])).await;
            assert_eq!((failed(&response), lot.reasons().len()), (Vec::new(), parked), "{worker:?} {event}");
        }
    }
}

/// Sums at the edge of what we count stay there; they do not wrap round.
#[tokio::test]
async fn figures_do_not_wrap_round() {
    let house = House::new().await;
    let (events, _) = Worker::Metrics.messages(&house).await;
    for (n, minor) in [i64::MIN, i64::MIN, i64::MAX, i64::MAX, i64::MIN].into_iter().enumerate() {
        let event = events[0].replacen("\"minor\":5998", &format!("\"minor\":{minor}"), 1).replacen(
            "\"data\":{",
            "\"data\":{\"from\":\"Shipped\",",
            1,
        );
        let event = event.replacen("\"id\":\"demo:", &format!("\"id\":\"demo:x{n}:"), 1);
        let lot = Lot::default();
        let response = Worker::Metrics.work(&house, &lot, batch([event])).await;
        assert_eq!((failed(&response), lot.reasons()), (Vec::new(), Vec::new()));
    }
}

// req: X-06
#[tokio::test]
async fn the_same_message_ten_times_in_a_batch_is_one() {
    let house = House::new().await;
    house.settle().await;
    let report = r#"{"orderId":"1003","status":"Shipped","email":"eve@example.com"}"#;
    signed(&house, report).await;
    let message = house.world.take_queued().unwrap();
    let lot = Lot::default();
    let response = Worker::Processor.work(&house, &lot, batch(std::iter::repeat_n(message.clone(), 10))).await;
    assert_eq!((failed(&response), lot.reasons().len()), (Vec::new(), 0));
    let id = OrderId::parse("1003").unwrap();
    assert_eq!(house.world.order(&house.scope, &id).unwrap().version, 2, "heard once");
    let events: Vec<String> =
        house.world.outbox_rows().into_iter().flat_map(|row| row.events).map(|event| serde_json::to_string(&event).unwrap()).collect();
    for worker in [Worker::Notifier, Worker::Metrics] {
        for event in &events {
            let response = worker.work(&house, &lot, batch(std::iter::repeat_n(event.clone(), 10))).await;
            assert!(failed(&response).is_empty());
        }
    }
    assert_eq!((house.world.sent_mails().len(), house.world.posts().len()), (1, 1));
    let labels = house.world.metrics().series(&house.scope, app::measure::LABELS, "", "~").await.unwrap();
    let shipped = labels.iter().find(|point| point.point == "Shipped").unwrap();
    assert_eq!((shipped.fields["orders"], shipped.fields["value:USD"]), (1, 5998));
    // Replayed from the bus's archive weeks later, events still count once.
    house.clock.advance(SignedDuration::from_hours(40 * 24));
    for event in &events {
        Worker::Metrics.work(&house, &lot, batch([event.clone()])).await;
    }
    assert_eq!(house.world.metrics().series(&house.scope, app::measure::LABELS, "", "~").await.unwrap(), labels);
    // Redriven after newer news, a message still changes nothing.
    house.settle().await;
    signed(&house, &report.replace("Shipped", "Delivered")).await;
    house.settle().await;
    house.clock.advance(SignedDuration::from_hours(14 * 24));
    Worker::Processor.work(&house, &lot, batch([message])).await;
    assert_eq!(house.world.order(&house.scope, &id).unwrap().tracks.status, OrderStatus::Delivered);
    assert_eq!(house.world.sent_mails().len(), 2, "shipped and delivered, each once");
}

/// A row that the bus will not have stays; those behind it leave.
// req: X-05
#[tokio::test]
async fn a_row_the_bus_refuses_holds_up_nobody() {
    let house = House::new().await;
    let rows = house.world.outbox_rows();
    assert_eq!(rows.len(), 3);
    house.clock.advance(SignedDuration::from_mins(5));
    house.world.script_bus([Some("too large".to_owned())]);
    let swept = house.relay().sweep().await.unwrap();
    assert_eq!((swept.published, swept.failed), (2, 1));
    assert_eq!(house.world.outbox_rows().len(), 1, "it was refused, not lost");
    let swept = house.relay().sweep().await.unwrap();
    assert_eq!((swept.published, swept.failed), (1, 0));
    assert!(house.world.outbox().waiting(app::ports::Clock::now(house.clock.as_ref()), 10).await.unwrap().is_empty());
}
