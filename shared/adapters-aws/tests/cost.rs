//! What things cost, in capacity units as DynamoDB counts them. Writes cost five times as much as reads, so it is
//! the writes that are held to a number. `make bench` puts what is printed here into its table.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a test against a real clock")]

mod support;

use app::answer::{Ask, Question};
use app::place::{Idempotency, Place};
use app::ports::{OnceKey, OrderQuery};
use app::tenant::TenantConfig;
use app::{Context, Identity, Provenance, Scopes, TenantScope};
use domain::ids::{CorrelationId, SourceId, TenantId};
use domain::order::placement::{Draft, DraftLine};
use domain::order::saga::StockMove;
use domain::order::{Actor, OrderEvent, OrderStatus, Role};
use std::sync::Arc;
use support::embedded::{Call, Embedded};
use testkit::conformance::{Ports, samples};
use testkit::memory::{FakeClock, FakeRandom};

struct Shop {
    embedded: Embedded,
    ports: Ports,
    scope: TenantScope,
    now: jiff::Timestamp,
}

impl Shop {
    async fn open() -> Shop {
        let (embedded, aws, tables) = Embedded::start().await;
        let scope = TenantScope::of_own_message(&TenantId::parse("studio-lumen").unwrap());
        Shop { embedded, ports: support::ports_over(&aws, tables, None), scope, now: jiff::Timestamp::now() }
    }

    fn calls(&self, operation: &str) -> Vec<Call> {
        let calls = self.embedded.take_calls();
        assert!(calls.iter().all(|call| call.operation == operation), "{calls:?}");
        calls
    }
}

/// Bytes of a row as DynamoDB counts them: names and texts; numbers take little.
fn row_bytes(row: &serde_json::Value) -> usize {
    let attributes = row.as_object().unwrap();
    attributes.iter().map(|(name, value)| name.len() + value["S"].as_str().map_or(8, str::len)).sum()
}

/// The rows a transaction put, by sort key, with their size.
fn rows_put(call: &Call) -> Vec<(String, usize)> {
    let items = call.request["TransactItems"].as_array().unwrap();
    let rows = items.iter().map(|item| &item["Put"]["Item"]).filter(|row| row.is_object());
    rows.map(|row| (row["SK"]["S"].as_str().unwrap().to_owned(), row_bytes(row))).collect()
}

/// Holds a figure to its limit and prints it for `make bench`.
#[track_caller]
fn held(what: &str, measured: f64, limit: f64) {
    println!("cost: {what}: {measured} of {limit}");
    assert!(measured <= limit, "{what}: {measured}, at most {limit}");
}

/// Twice a kilobyte, because a transaction writes twice.
fn transacted(bytes: usize) -> f64 {
    2.0 * (bytes as f64 / 1024.0).ceil()
}

/// Units beside the order's own two rows.
fn beside_head_and_history(call: &Call) -> f64 {
    let own: f64 = rows_put(call).iter().filter(|(sk, _)| sk == "HEAD" || sk.len() == 14).map(|(_, bytes)| transacted(*bytes)).sum();
    call.units() - own
}

/// An order with everything that the API takes, as it takes it.
fn draft(external_id: Option<&str>) -> Draft {
    let line = |sku: &str, name: &str| DraftLine {
        sku: sku.into(),
        name: name.into(),
        quantity: 2,
        unit_price: "29.99".into(),
        ..DraftLine::default()
    };
    Draft {
        external_id: external_id.map(str::to_owned),
        currency: "PLN".into(),
        customer_name: "Katarzyna Wiśniewska-Kowalczyk".into(),
        email: Some("katarzyna.wisniewska@example.com".into()),
        phone: Some("+48600700800".into()),
        locale: Some("pl-PL".into()),
        country: Some("PL".into()),
        lines: vec![
            line("MUG-BLUE-330", "Blue mug, 330 ml"),
            line("LAMP-OAK-2", "Oak desk lamp"),
            line("TEA-EARL-100", "Earl Grey, 100 g"),
        ],
        shipping: Some("14.99".into()),
        eta: Some("2025-08-12".parse().unwrap()),
        ..Draft::default()
    }
}

/// Places it by the use case and gives its one transaction.
async fn place(shop: &Shop, external_id: Option<&str>) -> Call {
    let clock = Arc::new(FakeClock::at(shop.now));
    let (orders, once) = (shop.ports.orders.clone(), shop.ports.once.clone());
    let place = Place { orders, once, clock, random: Arc::new(FakeRandom::seeded(7)) };
    let config = TenantConfig { time_zone: "Europe/Warsaw".into(), ..TenantConfig::default() };
    let actor = Actor::Principal { id: "key_0123456789abcdef".into(), role: Role::Service };
    let by = Provenance { actor, correlation: CorrelationId::parse("0198f3a1b2c37d4e8f90a1b2c3d4e5f6").unwrap() };
    let context = Context { scope: &shop.scope, config: &config, by: &by };
    let key = OnceKey::new("POST /v1/orders", "key_0123456789abcdef", external_id.unwrap_or("order-1"));
    let idempotency = Idempotency { key, request_hash: "0".repeat(64) };
    let respond = |order: &domain::order::Order| {
        format!(r#"{{"order_id":"{}","status":"pending","total":"194.93","currency":"PLN","version":1}}"#, order.id)
    };
    place.run(context, &draft(external_id), &SourceId::parse("instagram").unwrap(), &idempotency, respond).await.unwrap();
    let mut calls = shop.embedded.take_calls();
    assert_eq!(calls.iter().map(|call| call.operation.as_str()).collect::<Vec<_>>(), ["GetItem", "TransactWriteItems"]);
    calls.remove(1)
}

// req: X-10
#[tokio::test]
async fn placing_an_order_costs_at_most_eight_units_beside_its_own_rows() {
    let shop = Shop::open().await;
    let call = place(&shop, None).await;
    println!("placed: {} units, rows {:?}", call.units(), rows_put(&call));
    held("write units to place an order, beside its own rows", beside_head_and_history(&call), 8.0);
}

// docs/adr/0004-three-names-three-rows.md says why this is one more.
// req: X-10
#[tokio::test]
async fn an_order_with_a_key_and_a_channels_own_id_costs_nine() {
    let shop = Shop::open().await;
    let call = place(&shop, Some("17902837465012345")).await;
    println!("placed: {} units, rows {:?}", call.units(), rows_put(&call));
    held("the same with the channel's own id (ADR 0004)", beside_head_and_history(&call), 9.0);
}

// req: X-10
#[tokio::test]
async fn a_channels_own_id_costs_two_units_more() {
    let shop = Shop::open().await;
    let by = |id: &str, external| samples::placed_by(&shop.scope, id, "anna@example.com", external, shop.now);
    let mut units = Vec::new();
    for (id, external) in [("1001", None), ("1002", Some(("sheet", "row-2")))] {
        shop.ports.orders.commit(&shop.scope, by(id, external).commit()).await.unwrap();
        units.push(beside_head_and_history(&shop.calls("TransactWriteItems")[0]));
    }
    assert_eq!(units, [5.0, 7.0]);
}

// req: X-10
#[tokio::test]
async fn a_move_costs_what_it_writes() {
    let shop = Shop::open().await;
    let first = samples::placed(&shop.scope, "1001", shop.now);
    shop.ports.orders.commit(&shop.scope, first.commit()).await.unwrap();
    shop.embedded.take_calls();
    let moved = samples::moved(&shop.scope, &first.order, OrderStatus::Processing, None, shop.now);
    shop.ports.orders.commit(&shop.scope, moved.commit()).await.unwrap();
    let call = &shop.calls("TransactWriteItems")[0];
    println!("moved: {} units, rows {:?}", call.units(), rows_put(call));
    held("write units to move an order, beside its own rows", beside_head_and_history(call), 9.0);
}

// req: X-10
#[tokio::test]
async fn reading_an_order_is_one_call() {
    let shop = Shop::open().await;
    let mut order = samples::placed(&shop.scope, "1001", shop.now);
    shop.ports.orders.commit(&shop.scope, order.commit()).await.unwrap();
    for _ in 0..100 {
        let next = samples::then(&shop.scope, &order.order, vec![OrderEvent::DelayNoticed { since: shop.now }], shop.now);
        shop.ports.orders.commit(&shop.scope, next.commit()).await.unwrap();
        order = next;
    }
    shop.embedded.take_calls();
    let dossier = shop.ports.orders.dossier(&shop.scope, &order.order.id, 50).await.unwrap().unwrap();
    assert_eq!((dossier.history.len(), dossier.order.version), (50, 101));
    let calls = shop.calls("Query");
    println!("dossier of 50 commits: {} units", calls[0].units());
    held("queries for a page of an order's progress", calls.len() as f64, 1.0);
    shop.ports.orders.load(&shop.scope, &order.order.id).await.unwrap().unwrap();
    let calls = shop.calls("GetItem");
    println!("load: {} units", calls[0].units());
    assert_eq!((calls.len(), calls[0].units()), (1, 1.0));
}

// req: X-10
#[tokio::test]
async fn a_page_costs_a_few_half_units() {
    let shop = Shop::open().await;
    for at in 0..400 {
        let id = format!("{}", 1_000 + at);
        let first = samples::placed(&shop.scope, &id, shop.now + jiff::SignedDuration::from_secs(at));
        shop.ports.orders.commit(&shop.scope, first.commit()).await.unwrap();
    }
    shop.embedded.take_calls();
    let queries = [
        ("all", OrderQuery::All, 60),
        ("one status", OrderQuery::Status(OrderStatus::Pending), 4),
        ("an empty status", OrderQuery::Status(OrderStatus::Failed), 2),
        ("open", OrderQuery::Open, 24),
    ];
    for (name, query, calls_max) in queries {
        let page = shop.ports.orders.page(&shop.scope, &query, None, 50).await.unwrap();
        let calls = shop.calls("Query");
        let units: f64 = calls.iter().map(Call::units).sum();
        println!("a page of 50 of {name}: {} calls, {units} units, {} rows", calls.len(), page.orders.len());
        assert!(calls.len() <= calls_max, "{name}: {} calls", calls.len());
        assert!(units <= 40.0, "{name}: {units} units");
    }
}

// req: X-10
#[tokio::test]
async fn small_things_are_one_small_write() {
    let shop = Shop::open().await;
    let limit = app::ports::Limit { count: 10, window: jiff::SignedDuration::from_mins(1) };
    let mut writes = Vec::new();
    for _ in 0..3 {
        shop.ports.buckets.take(&shop.scope, "ask", 1, limit, shop.now).await.unwrap();
        writes.push(shop.calls("UpdateItem").len());
    }
    assert_eq!(writes, [1, 1, 1], "opening the window and inside it");

    let event = domain::ids::EventId::parse("demo:1001:1:0").unwrap();
    let delta = |field: &str| app::ports::Delta { series: "day".into(), point: "2025-08-09".into(), field: field.into(), by: 1 };
    shop.ports.metrics.count(&shop.scope, &event, &[delta("orders"), delta("units"), delta("revenue:EUR")], shop.now).await.unwrap();
    let calls = shop.calls("TransactWriteItems");
    println!("an event counted: {} units", calls[0].units());
    assert_eq!((calls.len(), calls[0].units()), (1, 4.0), "one row for the event, one for the point");

    shop.ports.stock.adjust(&shop.scope, "MUG", "a", 5, "r1", shop.now).await.unwrap();
    let order = samples::begun(&shop.scope, "1001", shop.now);
    shop.ports.orders.commit(&shop.scope, order.commit()).await.unwrap();
    shop.embedded.take_calls();
    let told = samples::then(&shop.scope, &order.order, vec![OrderEvent::DelayCleared], shop.now);
    shop.ports.orders.commit(&shop.scope, told.commit()).await.unwrap();
    let without = shop.calls("TransactWriteItems")[0].units();
    let held = samples::then(&shop.scope, &told.order, vec![OrderEvent::DelayCleared, samples::mugs(StockMove::Hold, 1)], shop.now);
    shop.ports.orders.commit(&shop.scope, held.commit()).await.unwrap();
    let calls = shop.calls("TransactWriteItems");
    assert_eq!((calls.len(), calls[0].units() - without), (1, 4.0), "a hold and its level, with the commit that says so");
}

// req: X-10
#[tokio::test]
async fn settled_webhooks_leave_the_index() {
    use app::ports::{InboxEntry, InboxKey, InboxState};
    let shop = Shop::open().await;
    let key = InboxKey { endpoint: "shop".into(), id: "w1".into() };
    let (body_hash, state) = ("h".to_owned(), InboxState::Received);
    let entry = InboxEntry { key: key.clone(), body_hash, body: "{}".into(), received_at: shop.now, state };
    shop.ports.inbox.receive(&shop.scope, &entry).await.unwrap();
    let parked = InboxState::Parked { code: "unknown_order".into(), reason: "import it".into() };
    for (state, reads) in [(parked, 2), (InboxState::Done, 1)] {
        shop.ports.inbox.settle(&shop.scope, &key, &state, &[], shop.now).await.unwrap();
        shop.embedded.take_calls();
        shop.ports.inbox.parked(&shop.scope, None, 10).await.unwrap();
        assert_eq!(shop.embedded.take_calls().len(), reads, "the index, and what it lists");
    }
}

// req: X-10
#[tokio::test]
async fn a_question_reads_one_order_and_counts_itself() {
    let shop = Shop::open().await;
    let step = samples::placed_by(&shop.scope, "1001", "john.smith@example.com", None, shop.now);
    shop.ports.orders.commit(&shop.scope, step.commit()).await.unwrap();
    let (orders, buckets, tenants) = (shop.ports.orders.clone(), shop.ports.buckets.clone(), shop.ports.tenants.clone());
    let ask = Ask {
        orders,
        buckets,
        tenants,
        codes: None,
        llm: None,
        wordings: shop.ports.wordings.clone(),
        clock: Arc::new(FakeClock::at(shop.now)),
    };
    let publishable = Identity {
        principal: "key_0123456789abcdef".into(),
        tenant: shop.scope.tenant().clone(),
        role: Role::Service,
        scopes: Scopes::ASK,
    };
    let question = Question { question: "Where is order 1001? john.smith@example.com".into(), order_id: None, email: None, code: None };
    let correlation = CorrelationId::parse("0198f3a1b2c37d4e8f90a1b2c3d4e5f6").unwrap();
    let ask_once = async || {
        shop.embedded.take_calls();
        let answer = ask.run(&publishable, "198.51.100.7", &question, &correlation).await.unwrap();
        assert_eq!(answer.order_id.as_deref(), Some("1001"));
        shop.embedded.take_calls()
    };
    let calls = ask_once().await;
    let of = |operation: &str| calls.iter().filter(|call| call.operation == operation).count();
    assert_eq!(
        (of("GetItem"), of("UpdateItem")),
        (2, 3),
        "settings and order; the question, the attempt, and back; also the first of a day"
    );
    held("calls of a question, the settings included", calls.len() as f64, 5.0);
    held("units of a question", calls.iter().map(Call::units).sum(), 5.0);
}
