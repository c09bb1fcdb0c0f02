//! How fast the rules are: `cargo bench -p testkit --bench decide`.
//!
//! One order's life is eight facts in order; one iteration decides and applies them all, so its throughput
//! is in events heard. The target is 500,000 events a second on one core.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use domain::ask::{AskFacts, Lang, Plan, compose, plan, verify};
use domain::ids::{EventId, OrderId, SourceId};
use domain::order::placement::{Draft, DraftLine, Given, check};
use domain::order::{Command, Fact, Label, Order, Tracks, Vocabulary, decide};
use jiff::{SignedDuration, Timestamp};
use std::hint::black_box;

const WORDS: [&str; 8] =
    ["order_paid", "pick_started", "pack_completed", "label_created", "picked_up", "in_transit", "out_for_delivery", "delivered"];

fn start() -> Timestamp {
    Timestamp::from_second(1_754_733_600).expect("in range")
}

fn draft() -> Draft {
    let line = DraftLine { sku: "MUG-1".into(), name: "Mug".into(), quantity: 2, unit_price: "12.50".into(), ..DraftLine::default() };
    Draft {
        number: Some("1001".into()),
        currency: "EUR".into(),
        customer_name: "Ada Example".into(),
        email: Some("ada@example.com".into()),
        lines: vec![line.clone(), DraftLine { sku: "MUG-2".into(), ..line }],
        ..Draft::default()
    }
}

fn given() -> Given<'static> {
    Given {
        channel: SourceId::parse("api").expect("a slug"),
        generated: OrderId::parse("ORD-20250809-00000000").expect("a token"),
        tracks: Tracks::default(),
        notify: true,
        saga: false,
        charges: None,
        payments: None,
        now: start(),
        items_required: true,
    }
}

fn placed() -> Order {
    let placement = check(&draft(), given()).expect("a good draft");
    let contact = placement.contact.clone();
    let events = decide(None, &Command::Place(Box::new(placement)), start()).expect("a new order");
    Order::born(&events[0], Some(contact), start()).expect("born")
}

fn facts() -> Vec<Command> {
    let fact = |(at, word): (usize, &&str)| Fact {
        id: EventId::parse(&format!("evt-{at}")).expect("a token"),
        source: SourceId::parse("carrier").expect("a slug"),
        sequence: None,
        occurred_at: start() + SignedDuration::from_mins(at as i64),
        claim: Vocabulary::Events.read(word).expect("a known word").claim,
    };
    WORDS.iter().enumerate().map(fact).map(|fact| Command::Hear { fact, notify: true }).collect()
}

fn order(criterion: &mut Criterion) {
    let (order, facts) = (placed(), facts());
    let now = start() + SignedDuration::from_hours(1);
    let mut group = criterion.benchmark_group("order");
    // Each fact becomes itself and what follows from it.
    let events: usize = {
        let mut order = order.clone();
        let mut count = 0;
        for command in &facts {
            let events = decide(Some(&order), command, now).expect("a fact is never refused");
            order.apply_commit(&events, now);
            count += events.len();
        }
        count
    };
    group.throughput(Throughput::Elements(events as u64));
    group.bench_function("decide and evolve, a life of eight facts", |bencher| {
        bencher.iter(|| {
            let mut order = order.clone();
            for command in &facts {
                let events = decide(Some(black_box(&order)), black_box(command), now).expect("a fact is never refused");
                order.apply_commit(&events, now);
            }
            order
        });
    });
    group.throughput(Throughput::Elements(1));
    group.bench_function("check a draft and place it", |bencher| {
        bencher.iter(|| {
            let placement = check(black_box(&draft()), given()).expect("a good draft");
            decide(None, &Command::Place(Box::new(placement)), start()).expect("a new order")
        });
    });
    group.finish();
}

fn ask(criterion: &mut Criterion) {
    let facts = AskFacts {
        number: "1001".into(),
        label: Label::Shipped,
        eta: Some(jiff::civil::date(2025, 8, 12)),
        delayed: false,
        days_late: None,
        today: jiff::civil::date(2025, 8, 9),
        carrier: Some("DHL".into()),
        tracking_url: Some("https://track.example/1001".into()),
    };
    let question = "Hi, where is my order 1001? It should have been here by now. My e-mail is ada@example.com, thanks!";
    let mut group = criterion.benchmark_group("ask");
    group.bench_function("plan", |bencher| bencher.iter(|| plan(black_box(question), None, None)));
    group.bench_function("compose", |bencher| bencher.iter(|| compose(black_box(&facts), Lang::En, question)));
    let answer = compose(&facts, Lang::En, question);
    group.bench_function("verify", |bencher| bencher.iter(|| verify(black_box(&answer), &facts)));
    assert!(matches!(plan(question, None, None), Plan::Lookup { .. }), "both facts are in the question");
    group.finish();
}

criterion_group!(benches, order, ask);
criterion_main!(benches);
