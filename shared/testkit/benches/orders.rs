//! What an operator waits for: `cargo bench -p testkit --bench orders`.
//!
//! The API's own handlers over the DynamoDB adapter, with 100,000 open orders in an emulator of it in this process: the time is
//! the function's own and the emulator's, without a network. Prints one line of JSON: milliseconds by step, at the median and at
//! the ninety-fifth percentile. `make bench` holds them to their limits.

#![allow(clippy::disallowed_methods, clippy::unwrap_used, reason = "measures time")]

#[path = "../../adapters-aws/tests/support/mod.rs"]
mod support;

use app::apply::Apply;
use app::bulk::Bulk;
use app::cursor::Cursors;
use app::notify::{Saying, content};
use app::parked::Parked;
use app::place::Place;
use app::privacy::Privacy;
use app::progress::AutoProgress;
use app::pseudonym::Pseudonyms;
use app::receive::Receive;
use app::stock::{Count, MoveStock, Purchases};
use app::survey::{CustomerLinks, Survey};
use app::tenant::{Secret, TenantConfig};
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use app::{Identity, Scopes, TenantScope};
use axum::Router;
use axum::body::Body;
use axum::extract::Request;
use domain::ids::{CorrelationId, OrderId, TenantId};
use domain::notify::Channel;
use domain::order::Role;
use jiff::SignedDuration;
use runtime::http::Origin;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::embedded::Embedded;
use testkit::conformance::{Ports, samples};
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};
use tower::ServiceExt;

/// Open orders, of which the oldest [`WAITING`] need a person.
const OPEN: usize = 100_000;
const WAITING: usize = 500;
const ROUNDS: usize = 300;
const NOW: &str = "2025-08-09T10:00:00Z";

fn desk(ports: &Ports, memory: &MemoryWorld, clock: &Arc<FakeClock>) -> orders_api::Desk {
    let (queue, reports) = (Arc::new(memory.queue()), Arc::new(memory.reports()));
    let random = Arc::new(FakeRandom::seeded(8));
    let apply = Apply { orders: ports.orders.clone(), clock: clock.clone() };
    let stock = MoveStock { stock: ports.stock.clone(), clock: clock.clone() };
    orders_api::Desk {
        bulk: Bulk { once: ports.once.clone(), queue: queue.clone(), clock: clock.clone(), random: random.clone() },
        place: Place { orders: ports.orders.clone(), once: ports.once.clone(), clock: clock.clone(), random: random.clone() },
        auto: AutoProgress::new(apply.clone(), ports.decisions.clone(), ports.stock.clone(), ports.metrics.clone()),
        survey: Survey {
            links: CustomerLinks::new(Secret::new("a-key-for-links-of-enough-length")),
            apply: apply.clone(),
            tenants: ports.tenants.clone(),
            buckets: ports.buckets.clone(),
        },
        privacy: Privacy {
            apply: apply.clone(),
            inbox: ports.inbox.clone(),
            files: reports.clone(),
            addresses: ports.addresses.clone(),
            pseudonyms: Pseudonyms::new(Secret::new("an-address-key-for-benches-of-enough-length")),
        },
        apply,
        orders: ports.orders.clone(),
        receive: Receive::new(
            ports.tenants.clone(),
            (ports.inbox.clone(), ports.outbox.clone()),
            ports.buckets.clone(),
            queue.clone(),
            clock.clone(),
        ),
        parked: Parked { inbox: ports.inbox.clone(), queue: queue.clone(), clock: clock.clone() },
        sheets: queue.clone(),
        wishes: Wishes { queue: queue.clone(), buckets: ports.buckets.clone(), reports: reports.clone(), clock: clock.clone() },
        metrics: ports.metrics.clone(),
        reports,
        reviews: Arc::new(memory.reviews()),
        exceptions: Arc::new(memory.exceptions()),
        count: Count { stock: stock.clone(), outbox: ports.outbox.clone() },
        prices: app::prices::Prices { store: ports.prices.clone(), clock: clock.clone() },
        floor: app::floor::Floor::new(
            Apply { orders: ports.orders.clone(), clock: clock.clone() },
            ports.stock.clone(),
            ports.manifests.clone(),
            (ports.reports.clone().unwrap(), ports.once.clone()),
            random.clone(),
        ),
        purchases: Purchases::new(ports.purchases.clone(), stock.clone(), ports.metrics.clone()),
        stock,
        webhooks: Endpoints::new(ports.webhooks.clone(), queue, clock.clone(), random.clone()),
        tenants: ports.tenants.clone(),
        mail_identity: None,
        keys: ports.keys.clone(),
        buckets: ports.buckets.clone(),
        cursors: Cursors::new(Secret::new("a-cursor-key-for-benches-of-enough-length")),
        clock: clock.clone(),
        random,
    }
}

struct Api {
    router: Router,
    who: Identity,
}

impl Api {
    async fn call(&self, verb: &str, path: &str, body: Option<Value>) -> Duration {
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        let mut request = Request::builder().method(verb).uri(path).body(body).unwrap();
        request.extensions_mut().insert(Origin::new("203.0.113.7", CorrelationId::parse("bench").unwrap()));
        request.extensions_mut().insert(self.who.clone());
        let began = Instant::now();
        let response = self.router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let took = began.elapsed();
        assert!(status.is_success(), "{verb} {path}: {status} {}", String::from_utf8_lossy(&bytes));
        took
    }
}

fn row(mut times: Vec<Duration>) -> Value {
    times.sort_unstable();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    json!({ "p50_ms": at(50), "p95_ms": at(95) })
}

// req: S1-65, S1-66, S1-67, S1-68
#[tokio::main(flavor = "current_thread")]
async fn main() {
    let (embedded, aws, tables) = Embedded::start().await;
    let ports = support::ports_over(&aws, tables, None);
    let tenant = TenantId::parse("demo").unwrap();
    let scope = TenantScope::of_own_message(&tenant);
    let config = TenantConfig { version: 1, requests_per_minute: 10_000_000, ..TenantConfig::default() };
    assert!(ports.tenants.save(&scope, &config, 0).await.unwrap());
    let now: jiff::Timestamp = NOW.parse().unwrap();
    // A pending order needs a person after 48 hours.
    let newest_waiting = now - SignedDuration::from_hours(48);
    for n in 0..OPEN {
        let at = newest_waiting + SignedDuration::from_secs(n as i64 - WAITING as i64);
        let step = samples::placed(&scope, &n.to_string(), at);
        ports.orders.commit(&scope, step.commit()).await.unwrap();
        embedded.take_calls();
    }
    let memory = MemoryWorld::new();
    let clock = Arc::new(FakeClock::at(now));
    let api = Api {
        router: runtime::http::finish(orders_api::router(Arc::new(desk(&ports, &memory, &clock)))),
        who: Identity { tenant, principal: "bench".into(), role: Role::Owner, scopes: Scopes::ALL },
    };
    let mut figures = Map::new();
    let mut measured: [(&str, Vec<Duration>); 5] =
        ["update", "progress", "attention", "decision", "message"].map(|name| (name, Vec::new()));
    let order = ports.orders.load(&scope, &OrderId::parse("7").unwrap()).await.unwrap().unwrap();
    for round in 0..ROUNDS {
        let id = WAITING + round;
        let wish = json!({ "order_id": id.to_string(), "new_status": "processing", "notify_customer": true });
        measured[0].1.push(api.call("POST", "/v1/orders/update-status", Some(wish)).await);
        measured[1].1.push(api.call("GET", &format!("/v1/orders/{id}/progress"), None).await);
        measured[2].1.push(api.call("GET", "/v1/orders/requiring-attention", None).await);
        measured[3].1.push(api.call("POST", &format!("/v1/orders/{round}/auto-progress"), None).await);
        let began = Instant::now();
        for channel in [Channel::Email, Channel::Sms, Channel::Whatsapp, Channel::Instagram] {
            std::hint::black_box(content(&order, &config, channel, Saying::default(), now));
        }
        measured[4].1.push(began.elapsed());
        embedded.take_calls();
    }
    for (name, times) in measured {
        figures.insert(name.to_owned(), row(times));
    }
    println!("{}", Value::Object(figures));
}
