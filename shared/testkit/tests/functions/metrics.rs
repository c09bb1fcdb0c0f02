//! How quick the suite is, in percentiles that are near what was measured.

use crate::house::{House, correlation};
use crate::workflow;
use app::analytics::{Span, performance};
use app::measure::Measure;
use app::ports::Clock;
use contracts::order::v1;
use contracts::{Envelope, Payload};
use domain::order::SagaRules;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use testkit::memory::MemoryWorld;

const SAMPLES: usize = 10_000;

/// Numbers evenly in [0, 1), the same each time (SplitMix64).
fn even(seed: u64) -> impl FnMut() -> f64 {
    let mut state = seed;
    move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Durations in milliseconds as they are met: even, with a long tail, in two heaps, over nine orders of magnitude.
fn distributions() -> [(&'static str, Vec<i64>); 5] {
    let mut even = even(92);
    let mut draw =
        |shape: &dyn Fn(f64, f64) -> f64| -> Vec<i64> { (0..SAMPLES).map(|_| shape(even(), even())).map(|ms| ms as i64).collect() };
    [
        ("even", draw(&|u, _| 200.0 + u * 5_000.0)),
        ("exponential", draw(&|u, _| -800.0 * (1.0 - u).ln())),
        ("log-normal", draw(&|u, v| (6.5 + 0.9 * (-2.0 * (1.0 - u).ln()).sqrt() * (std::f64::consts::TAU * v).cos()).exp())),
        ("two heaps", draw(&|u, v| if u < 0.94 { 300.0 + v * 200.0 } else { 3_600_000.0 + v * 86_400_000.0 })),
        ("all magnitudes", draw(&|u, _| 10_f64.powf(u * 9.0))),
    ]
}

fn event(index: usize, ms: i64) -> Envelope {
    let changed = v1::StatusChanged {
        order_id: index.to_string(),
        from: "pending".into(),
        to: "processing".into(),
        via: Vec::new(),
        cause: "rule".into(),
        automated: true,
        after_s: None,
        confirmed_after_ms: Some(ms),
        confidence: None,
        journey: None,
    };
    let at: Timestamp = "2025-08-09T10:00:00Z".parse().unwrap();
    let tenant = domain::ids::TenantId::parse("demo").unwrap();
    app::publish::envelope(&tenant, &index.to_string(), 2, 0, at, &correlation(), Payload::OrderStatusChanged(changed))
}

/// Against the very samples: the one at the same rank, and no more than a hundredth away, however they are spread.
// req: S2-92
#[tokio::test]
async fn quantiles() {
    for (called, samples) in distributions() {
        let house = House::new().await;
        let world = MemoryWorld::new();
        let measure = Measure { metrics: Arc::new(world.metrics()), clock: house.clock.clone() };
        for (index, ms) in samples.iter().enumerate() {
            let event = event(index, *ms);
            assert!(measure.run(&event).await.unwrap());
            // What comes twice is counted once.
            assert!(index % 1_000 > 0 || !measure.run(&event).await.unwrap());
        }
        let span = Span::back(1, house.clock.now(), &jiff::tz::TimeZone::UTC);
        let found = performance(&world.metrics(), &house.scope, &span).await.unwrap().confirmed;
        let mut exact = samples;
        exact.sort_unstable();
        assert_eq!(found.orders, 10_000);
        for (percent, read) in [50, 95, 99].into_iter().zip(found.within_ms) {
            let (read, exact) = (read.unwrap(), exact[(SAMPLES * percent).div_ceil(100) - 1]);
            assert!((read - exact).abs() * 100 < exact.max(1), "{called}, p{percent}: read {read} ms, was {exact} ms");
        }
    }
}

// req: S2-92, S2-08
#[tokio::test]
async fn an_order_that_is_confirmed_says_how_long_it_took_and_no_other_does() {
    let house = workflow::shop(SagaRules::default(), 1_000, 1).await;
    let confirmed = async || crate::rest::get(&house, "/v1/analytics/performance").await.body["confirmed"].clone();
    // Moved by hand, it was not confirmed by us; what was imported has no workflow.
    assert_eq!(confirmed().await["n"], 0);
    for number in 0..20 {
        let number = format!("5{number:03}");
        let body = workflow::order(&number, &[("MUG", 1, "10.00")]);
        let placed = crate::rest::post(&house, "/v1/orders", &[("idempotency-key", &number)], body).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        house.clock.advance(SignedDuration::from_millis(1_500));
        house.settle().await;
    }
    let said = confirmed().await;
    assert_eq!(said["n"], 20, "{said}");
    for name in ["p50_ms", "p95_ms", "p99_ms"] {
        let ms = said[name].as_i64().unwrap();
        assert!((ms - 1_500).abs() <= 15, "{said}");
    }
}
