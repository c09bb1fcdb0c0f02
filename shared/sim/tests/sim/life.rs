//! What a plain order's whole life takes of DynamoDB, counted by an emulator that bills as AWS does: the functions' handlers over
//! the real adapters, from `POST /v1/orders` to the parcel at the customer's door.

#[path = "../../../adapters-aws/tests/support/mod.rs"]
mod support;

use app::ports::Clock;
use app::report::Documents;
use app::tenant::{HookEndpoint, Secret, SignatureScheme, TenantConfig};
use app::{Identity, Scopes, TenantScope};
use axum::body::Bytes;
use contracts::Envelope;
use domain::ids::{CorrelationId, TenantId};
use domain::kpi::{Comparison, DailyKpi};
use domain::order::{Role, Vocabulary};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use sim::functions::Functions;
use sim::functions::job::{Answer, HookMessage, Job, Published};
use sim::functions::wire::Call;
use sim::ports::{Lot, Ports};
use sim::queue::Message;
use sim::rules::Hearers;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;
use support::embedded::Embedded;
use testkit::bank::Bank;
use testkit::depot::Depot;
use testkit::listeners::Listeners;
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};

const SECRET: &str = "a-secret-of-the-warehouse";

/// No report is printed here.
struct NoPaper;

impl Documents for NoPaper {
    fn workbook(&self, _: &DailyKpi, _: &Comparison) -> Result<Vec<u8>, String> {
        Err("no paper".into())
    }

    fn delayed(&self, _: &DailyKpi, _: &str) -> Result<Vec<u8>, String> {
        Err("no paper".into())
    }
}

struct Shop {
    embedded: Embedded,
    memory: MemoryWorld,
    functions: Functions,
    clock: FakeClock,
    owner: Identity,
}

/// What a step took: write units and read units.
#[derive(Debug, Default, Clone, Copy)]
struct Units {
    writes: f64,
    reads: f64,
}

impl Shop {
    async fn open(config: TenantConfig) -> Shop {
        let (embedded, aws, tables) = Embedded::start().await;
        let stores = support::ports_over(&aws, tables, None);
        let memory = MemoryWorld::new();
        let lot = Lot::default();
        let ports = Ports {
            orders: stores.orders,
            decisions: stores.decisions,
            reviews: stores.reviews,
            once: stores.once,
            inbox: stores.inbox,
            outbox: stores.outbox,
            messages: stores.messages,
            addresses: stores.addresses,
            buckets: stores.buckets,
            tenants: stores.tenants,
            metrics: stores.metrics,
            timers: stores.timers,
            stock: stores.stock,
            purchases: stores.purchases,
            prices: stores.prices,
            webhooks: stores.webhooks,
            ..Ports::of(&memory, &lot, &Bank::default(), &Depot::default(), &Listeners::default())
        };
        let tenant = TenantId::parse("studio-lumen").expect("a slug");
        let scope = TenantScope::of_own_message(&tenant);
        assert_eq!(ports.tenants.save(&scope, &config, 0).await, Ok(true));
        let clock = FakeClock::at("2025-08-12T10:00:00Z".parse().expect("a time"));
        let functions = Functions::new(&ports, Arc::new(clock.clone()), Arc::new(FakeRandom::seeded(1)), Arc::new(NoPaper), None);
        let owner = Identity { tenant, principal: "key_0123456789abcdef".into(), role: Role::Owner, scopes: Scopes::ALL };
        Shop { embedded, memory, functions, clock, owner }
    }

    async fn post(&self, path: &str, body: &Value, headers: &[(String, String)], who: Option<&Identity>) {
        let correlation = CorrelationId::parse("0198f3a1b2c37d4e8f90a1b2c3d4e5f6").expect("a token");
        let call = Call { verb: "POST", path, who, correlation: &correlation, headers, body: Bytes::from(body.to_string()) };
        let reply = self.functions.call(call).await;
        assert!(reply.status < 300, "{path}: {} {}", reply.status, String::from_utf8_lossy(&reply.body));
    }

    async fn places(&self, number: &str) {
        let line = |sku: &str, name: &str| json!({ "sku": sku, "name": name, "quantity": 2, "unit_price": "29.99" });
        let body = json!({
            "number": number, "currency": "EUR", "country": "PL", "placed_at": self.clock.now().to_string(),
            "customer": { "name": "Katarzyna Kowalczyk", "email": "katarzyna@example.com", "phone": "+48600700800" },
            "items": [line("MUG-BLUE-330", "Blue mug, 330 ml"), line("LAMP-OAK-2", "Oak desk lamp")],
        });
        self.post("/v1/orders", &body, &[("idempotency-key".into(), number.into())], Some(&self.owner)).await;
    }

    async fn hears(&self, number: &str, status: &str) {
        let body = json!({ "orderId": number, "status": status, "email": "katarzyna@example.com", "trackingNumber": "1Z999AA10123456784" });
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
        mac.update(body.to_string().as_bytes());
        let signature = format!("sha256={}", hex::encode(mac.finalize().into_bytes()));
        self.post("/v1/hooks/studio-lumen/warehouse", &body, &[("x-signature".into(), signature)], None).await;
    }

    /// Everything that waits goes where the template's rules send it.
    async fn settle(&self) {
        let mut index = 0;
        loop {
            while let Some(body) = self.memory.take_queued() {
                let body = HookMessage { ours: contracts::queue::HookReceived::read(&body).ok().map(Rc::new), body: body.into() };
                self.batch(Job::Process(vec![message(body)])).await;
            }
            // The sweep leaves what is fresh to the stream.
            self.clock.advance(jiff::SignedDuration::from_mins(2));
            let Answer::Said(Ok(_)) = self.functions.perform(&Job::Sweep).await else { panic!("the sweep failed") };
            let events = self.memory.take_published();
            if events.is_empty() {
                return;
            }
            for event in events {
                index += 1;
                let body: Rc<str> = sim::functions::wire::delivered(&event).into();
                let published = || vec![message(Published { index, event: Rc::new(event.clone()), body: body.clone() })];
                for job in heard_by(&event) {
                    self.batch(job(published())).await;
                }
            }
        }
    }

    async fn batch(&self, job: Job) {
        let Answer::Batch(again) = self.functions.perform(&job).await else { panic!("{} is no batch", job.name()) };
        assert!(again.is_empty(), "{} wants to come again", job.name());
    }

    /// What was used since the last look.
    fn used(&self, step: &str) -> Units {
        let (reads, writes): (Vec<_>, Vec<_>) =
            self.embedded.take_calls().into_iter().partition(|call| matches!(call.operation.as_str(), "GetItem" | "Query"));
        let sum = |calls: &[support::embedded::Call]| calls.iter().map(support::embedded::Call::units).sum();
        let units = Units { writes: sum(&writes), reads: sum(&reads) };
        println!("{step}: {units:?}, by table {:?}", by_table(&writes));
        writes.iter().for_each(|call| println!("  {} {}: {}", call.units(), call.operation, rows_of(call).join(", ")));
        units
    }
}

/// What a call writes, row by row, with the bytes of what is put.
fn rows_of(call: &support::embedded::Call) -> Vec<String> {
    let of = |what: &str, row: &Value| {
        let key = if row["Key"].is_object() { &row["Key"] } else { &row["Item"] };
        let bytes: usize =
            row["Item"].as_object().into_iter().flatten().map(|(name, value)| name.len() + value["S"].as_str().map_or(8, str::len)).sum();
        format!("{what} {} {} {bytes}", key["PK"]["S"].as_str().unwrap_or_default(), key["SK"]["S"].as_str().unwrap_or_default())
    };
    match call.request["TransactItems"].as_array() {
        Some(items) => items
            .iter()
            .flat_map(|item| ["Put", "Update", "Delete", "ConditionCheck"].map(|what| (what, &item[what])))
            .filter(|(_, row)| row.is_object())
            .map(|(what, row)| of(what, row))
            .collect(),
        None => vec![of("", &call.request)],
    }
}

fn by_table(calls: &[support::embedded::Call]) -> BTreeMap<String, f64> {
    let mut by = BTreeMap::new();
    for call in calls {
        let items = call.consumed.as_array().cloned().unwrap_or_else(|| vec![call.consumed.clone()]);
        for item in items {
            let table = item["TableName"].as_str().unwrap_or_default().trim_start_matches("t-");
            *by.entry(table.to_owned()).or_default() += item["CapacityUnits"].as_f64().unwrap_or_default();
        }
    }
    by
}

fn message<T>(body: T) -> Message<T> {
    Message { id: 0, body, receives: 1, visible_at: i64::MIN }
}

type Queued = fn(Vec<Message<Published>>) -> Job;

/// The queues that an event goes to of those that a plain order's life meets.
fn heard_by(event: &Envelope) -> impl Iterator<Item = Queued> {
    let Hearers { metrics, saga, notify, .. } = Hearers::of(&event.payload);
    let queues: [(bool, Queued); 3] = [(metrics, Job::Measure), (saga, Job::Saga), (notify, Job::Notify)];
    queues.into_iter().filter(|(hears, _)| *hears).map(|(_, queue)| queue)
}

/// What it is to be one day, and what it may take until then: mostly what is counted for the figures, and the order's own commits.
const AIM: f64 = 60.0;
const LIMIT: f64 = 175.0;
/// Reads cost a fifth of writes.
const READS_LIMIT: f64 = 165.0;

fn config() -> TenantConfig {
    let warehouse = HookEndpoint {
        name: "warehouse".into(),
        scheme: SignatureScheme::Hmac,
        secrets: vec![Secret::new(SECRET)],
        vocabulary: Vocabulary::Sheet,
        notify: true,
    };
    let mut config = TenantConfig { shop_name: "Studio Lumen".into(), hooks: vec![warehouse], ..TenantConfig::default() };
    config.notify.from = Some("orders@lumen.example".into());
    config.workflow.enabled = true;
    config
}

// req: X-10
#[tokio::test]
async fn a_plain_orders_whole_life_is_billed_by_the_emulator() {
    let shop = Shop::open(config()).await;
    for sku in ["MUG-BLUE-330", "LAMP-OAK-2"] {
        let body = json!({ "location": "main", "by": 500, "reference": "opening" });
        shop.post(&format!("/v1/inventory/{sku}/adjust"), &body, &[], Some(&shop.owner)).await;
    }
    shop.settle().await;
    shop.embedded.take_calls();
    shop.places("1001").await;
    let mut life = vec![shop.used("placed")];
    shop.settle().await;
    life.push(shop.used("checked, set aside, confirmed"));
    for word in ["Shipped", "Delivered"] {
        shop.clock.advance(jiff::SignedDuration::from_hours(24));
        shop.hears("1001", word).await;
        shop.settle().await;
        life.push(shop.used(word));
    }
    assert_eq!(shop.memory.sent_mails().len(), 4, "the customer has heard of each step");
    let (writes, reads) = life.iter().fold((0.0, 0.0), |(writes, reads), units| (writes + units.writes, reads + units.reads));
    println!("cost: write units of a plain order's whole life, two SKUs from stock, four mails: {writes} of {AIM}");
    assert!(writes <= LIMIT, "{writes} write units");
    assert!(reads <= READS_LIMIT, "{reads} read units");
}
