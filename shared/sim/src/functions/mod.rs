//! The functions: their real handlers, wired to a world's ports as each one's `main.rs` wires it to AWS.

pub mod job;
pub mod run;
pub mod wire;

use crate::bugs::{self, Bug};
use crate::ports::Ports;
use crate::story::{Shelf, StockWish};
use app::TenantScope;
use app::apply::{Alongside, Apply};
use app::bulk::{Bulk, Steps};
use app::cashier::Cashier;
use app::channels::{Heard, Listen};
use app::commerce::take::TakeIn;
use app::context::{Context, Provenance};
use app::cursor::Cursors;
use app::dispatch::Dispatch;
use app::dispatch::collection::Collection;
use app::dispatch::door::HearCarriers;
use app::exchange::Exchange;
use app::floor::Floor;
use app::measure::Measure;
use app::notify::{CustomerPages, Notify};
use app::parked::Parked;
use app::payments::door::HearPayments;
use app::place::Place;
use app::ports::{Clock, Parking, Queue, Random};
use app::prices::Prices;
use app::privacy::Privacy;
use app::process::Process;
use app::progress::AutoProgress;
use app::pseudonym::Pseudonyms;
use app::receive::Receive;
use app::relay::Relay;
use app::report::{Documents, Report, Wanted};
use app::saga::Sagas;
use app::saleor::door::HearSaleor;
use app::shopify::door::HearShopify;
use app::steady::{SteadyCarriers, SteadyGateways};
use app::stock::{Count, MoveStock, Purchases};
use app::survey::{CustomerLinks, Survey};
use app::tenant::{Secret, TenantConfig};
use app::timers::RunTimers;
use app::watch::WatchOrders;
use app::webhooks::{Deliver, Endpoints};
use app::wishes::Wishes;
use aws_lambda_events::sqs::SqsBatchResponse;
use axum::Router;
use axum::body::Bytes;
use contracts::queue::HookReceived;
use domain::ids::{CorrelationId, OrderId};
use domain::kpi::DailyKpi;
use domain::order::{Actor, Command, Fact};
use jiff::Timestamp;
use job::{Answer, Job};
use orders_api::Desk;
use serde_json::{Value, json};
use status_webhook::Hooks;
use std::sync::Arc;
use testkit::adviser::ScriptedAdviser;
use testkit::bank::SIGNATURE;
use testkit::depot;
use testkit::memory::MemoryWorld;
use testkit::saleor::Saleor;
use tower::ServiceExt;
use wire::{Call, Reply};

/// All functions over one world.
pub struct Functions {
    api: Router,
    hooks: Router,
    heard: Heard,
    process: Process,
    steps: Steps,
    notify: Notify,
    measure: Measure,
    relay: Relay,
    jobs: kpi_report::Jobs,
    watch: WatchOrders,
    timers: RunTimers,
    sagas: Sagas,
    dispatch: dispatch::Jobs,
    deliver: Deliver,
    queue: Arc<dyn Queue>,
    clock: Arc<dyn Clock>,
    parking: Arc<dyn Parking>,
    replays: CorrelationId,
    apply: Apply,
    bug: Option<Bug>,
}

impl Functions {
    /// Wires them.
    pub fn new(
        ports: &Ports,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        documents: Arc<dyn Documents>,
        bug: Option<Bug>,
    ) -> Functions {
        let apply = Apply { orders: ports.orders.clone(), clock: clock.clone() };
        let bulk = Bulk { once: ports.once.clone(), queue: ports.queue.clone(), clock: clock.clone(), random: random.clone() };
        let auto = AutoProgress::new(apply.clone(), ports.decisions.clone(), ports.stock.clone(), ports.metrics.clone());
        let links = CustomerLinks::new(Secret::new("a-survey-key-of-the-simulated-house"));
        let pseudonyms = Pseudonyms::new(Secret::new("an-address-key-of-the-simulated-house"));
        let stock = MoveStock { stock: ports.stock.clone(), clock: clock.clone() };
        let purchases = Purchases::new(ports.purchases.clone(), stock.clone(), ports.metrics.clone());
        let (stocked, collected, files) = (ports.stock.clone(), ports.manifests.clone(), ports.reports.clone());
        let floor = Floor::new(apply.clone(), stocked, collected, (files, ports.once.clone()), random.clone());
        let place = Place { orders: ports.orders.clone(), once: ports.once.clone(), clock: clock.clone(), random: random.clone() };
        let boxes = (ports.inbox.clone(), ports.outbox.clone());
        let receive = Receive::new(ports.tenants.clone(), boxes, ports.buckets.clone(), ports.queue.clone(), clock.clone());
        let desk = Desk {
            receive: receive.clone(),
            auto: auto.clone(),
            survey: Survey { links: links.clone(), apply: apply.clone(), tenants: ports.tenants.clone(), buckets: ports.buckets.clone() },
            bulk,
            place: place.clone(),
            privacy: Privacy {
                apply: apply.clone(),
                inbox: ports.inbox.clone(),
                files: ports.reports.clone(),
                addresses: ports.addresses.clone(),
                pseudonyms: pseudonyms.clone(),
            },
            apply: apply.clone(),
            orders: ports.orders.clone(),
            parked: Parked { inbox: ports.inbox.clone(), queue: ports.queue.clone(), clock: clock.clone() },
            sheets: ports.queue.clone(),
            wishes: Wishes {
                queue: ports.queue.clone(),
                buckets: ports.buckets.clone(),
                reports: ports.reports.clone(),
                clock: clock.clone(),
            },
            metrics: ports.metrics.clone(),
            reports: ports.reports.clone(),
            reviews: ports.reviews.clone(),
            exceptions: ports.exceptions.clone(),
            stock: stock.clone(),
            count: Count { stock: stock.clone(), outbox: ports.outbox.clone() },
            floor: floor.clone(),
            prices: Prices { store: ports.prices.clone(), clock: clock.clone() },
            purchases: purchases.clone(),
            webhooks: Endpoints::new(ports.webhooks.clone(), ports.queue.clone(), clock.clone(), random.clone()),
            tenants: ports.tenants.clone(),
            mail_identity: None,
            keys: ports.keys.clone(),
            buckets: ports.buckets.clone(),
            cursors: Cursors::new(Secret::new("a-cursor-key-of-the-simulated-house")),
            clock: clock.clone(),
            random,
        };
        let listen = Listen {
            tenants: ports.tenants.clone(),
            inbox: ports.inbox.clone(),
            queue: ports.queue.clone(),
            buckets: ports.buckets.clone(),
            pseudonyms: pseudonyms.clone(),
            clock: clock.clone(),
            base: "https://api.example".to_owned(),
        };
        let carriers = HearCarriers {
            apply: apply.clone(),
            tenants: ports.tenants.clone(),
            carriers: ports.carriers.clone(),
            manifests: ports.manifests.clone(),
        };
        let steady = Arc::new(SteadyCarriers::new(ports.carriers.clone(), clock.clone()));
        let payments = HearPayments { apply: apply.clone(), tenants: ports.tenants.clone(), gateways: ports.gateways.clone() };
        // Nobody in this world has a Saleor.
        let shopify = HearShopify { receive: receive.clone() };
        let hooks = Hooks { saleor: HearSaleor { receive, keys: Arc::new(Saleor::default()) }, shopify };
        let commerce = TakeIn { apply: apply.clone(), place: place.clone() };
        Functions {
            api: runtime::http::finish(orders_api::router(Arc::new(desk))),
            hooks: runtime::http::finish(status_webhook::router(Arc::new(hooks), Arc::new(listen), Arc::new(payments), Arc::new(carriers))),
            steps: Steps { auto: auto.clone(), once: ports.once.clone(), tenants: ports.tenants.clone() },
            heard: Heard {
                apply: apply.clone(),
                inbox: ports.inbox.clone(),
                messages: ports.messages.clone(),
                addresses: ports.addresses.clone(),
                pseudonyms: pseudonyms.clone(),
                outbox: ports.outbox.clone(),
                tenants: ports.tenants.clone(),
                buckets: ports.buckets.clone(),
                clock: clock.clone(),
            },
            process: Process {
                apply: apply.clone(),
                commerce,
                inbox: ports.inbox.clone(),
                tenants: ports.tenants.clone(),
                clock: clock.clone(),
            },
            relay: Relay { outbox: ports.outbox.clone(), bus: ports.bus.clone(), clock: clock.clone() },
            measure: Measure { metrics: ports.metrics.clone(), clock: clock.clone() },
            notify: Notify {
                orders: bug.map_or_else(|| ports.orders.clone(), |bug| bug.in_notifier(ports.orders.clone())),
                messages: ports.messages.clone(),
                tenants: ports.tenants.clone(),
                addresses: ports.addresses.clone(),
                pseudonyms,
                mailer: ports.mailer.clone(),
                texter: ports.texter.clone(),
                chat: ports.chat.clone(),
                reports: ports.reports.clone(),
                inbox: ports.inbox.clone(),
                clock: clock.clone(),
                default_from: None,
                pages: Some(CustomerPages { links: links.clone(), base: "https://api.example".to_owned() }),
            },
            sagas: Sagas {
                apply: apply.clone(),
                stock,
                purchases,
                adviser: Arc::new(ScriptedAdviser::default()),
                cashier: Cashier {
                    apply: apply.clone(),
                    gateways: Arc::new(SteadyGateways::new(ports.gateways.clone(), clock.clone())),
                    metrics: ports.metrics.clone(),
                    base: "https://api.example".to_owned(),
                },
                exchange: Exchange { place: place.clone(), apply: apply.clone() },
                tenants: ports.tenants.clone(),
            },
            dispatch: dispatch::Jobs {
                dispatch: Dispatch {
                    apply: apply.clone(),
                    carriers: steady.clone(),
                    files: ports.reports.clone(),
                    tenants: ports.tenants.clone(),
                    metrics: ports.metrics.clone(),
                    manifests: ports.manifests.clone(),
                },
                collection: Collection {
                    manifests: floor.manifests.clone(),
                    orders: ports.orders.clone(),
                    carriers: steady,
                    files: ports.reports.clone(),
                    tenants: ports.tenants.clone(),
                    once: ports.once.clone(),
                },
            },
            deliver: Deliver {
                store: ports.webhooks.clone(),
                caller: ports.listeners.clone(),
                queue: ports.queue.clone(),
                clock: clock.clone(),
            },
            timers: RunTimers {
                index: ports.timers.clone(),
                apply: apply.clone(),
                tenants: ports.tenants.clone(),
                metrics: ports.metrics.clone(),
            },
            watch: WatchOrders { auto, once: ports.once.clone(), files: ports.reports.clone(), tenants: ports.tenants.clone() },
            queue: ports.queue.clone(),
            jobs: kpi_report::Jobs::of(
                Report {
                    orders: ports.orders.clone(),
                    metrics: ports.metrics.clone(),
                    reports: ports.reports.clone(),
                    once: ports.once.clone(),
                    outbox: ports.outbox.clone(),
                    tenants: ports.tenants.clone(),
                    clock: clock.clone(),
                    decisions: ports.decisions.clone(),
                    documents,
                },
                ports.prices.clone(),
                ports.stock.clone(),
                ports.queue.clone(),
            ),
            clock,
            parking: ports.parking.clone(),
            replays: CorrelationId::parse("replay").expect("a token"),
            apply,
            bug,
        }
    }

    /// Runs one invocation.
    pub async fn perform(&self, job: &Job) -> Answer {
        match job {
            Job::Place { request, .. } => {
                let headers = [("idempotency-key".to_owned(), request.key.clone())];
                let call = Call {
                    verb: "POST",
                    path: "/v1/orders",
                    who: Some(&request.client),
                    correlation: &request.correlation,
                    headers: &headers,
                    body: request.body.clone(),
                };
                call_of(&self.api, call).await
            }
            Job::Receive { hook, path, headers, .. } => {
                let body = Bytes::copy_from_slice(hook.body.as_bytes());
                call_of(&self.hooks, Call { verb: "POST", path, who: None, correlation: &hook.correlation, headers: &headers.0, body })
                    .await
            }
            Job::Bank(news) | Job::Push(news) => {
                let signed = [SIGNATURE, depot::SIGNATURE].map(|(name, value)| (name.to_owned(), value.to_owned()));
                let headers = if news.forged { &[][..] } else { &signed[..] };
                let body = Bytes::copy_from_slice(&news.body);
                call_of(&self.hooks, Call { verb: "POST", path: &news.path, who: None, correlation: &news.correlation, headers, body })
                    .await
            }
            Job::Staff(errand) => {
                let (path, headers, body) = wire::errand(errand);
                let call =
                    Call { verb: "POST", path: &path, who: Some(&errand.who), correlation: &errand.correlation, headers: &headers, body };
                call_of(&self.api, call).await
            }
            Job::Import { chunk, .. } => {
                let (path, body) = ("/v1/imports/orders", chunk.body.clone());
                let call = Call { verb: "POST", path, who: Some(&chunk.client), correlation: &chunk.correlation, headers: &[], body };
                let answer = call_of(&self.api, call).await;
                if self.bug == Some(Bug::RowsHeardAgain) {
                    bugs::hear_again(&self.apply, chunk, self.clock.now()).await;
                }
                answer
            }
            Job::Erase { erasure, .. } => {
                let (path, body) = ("/v1/privacy/erase", erasure.body.clone());
                call_of(
                    &self.api,
                    Call { verb: "POST", path, who: Some(&erasure.who), correlation: &erasure.correlation, headers: &[], body },
                )
                .await
            }
            Job::Stock { wish, .. } => self.stock(wish).await,
            Job::Replay { who, key, .. } => {
                let path = format!("/v1/inbox/{}/{}/replay", key.endpoint, key.id);
                let call = Call { verb: "POST", path: &path, who: Some(who), correlation: &self.replays, headers: &[], body: Bytes::new() };
                call_of(&self.api, call).await
            }
            Job::HandOver { who } => {
                let body = Bytes::from_static(b"{}");
                let call = Call { verb: "POST", path: "/v1/manifests", who: Some(who), correlation: &self.replays, headers: &[], body };
                call_of(&self.api, call).await
            }
            Job::Collect => {
                let said = dispatch::handle(&self.dispatch, &*self.parking, json!({}), None, self.replays.clone()).await;
                Answer::Said(said.map_err(|why| why.to_string()))
            }
            Job::Process(batch) => {
                self.batch(order_processor::handle(&self.process, &self.heard, &self.steps, &*self.parking, wire::hooks(batch)).await)
            }
            Job::Notify(batch) => self.batch(notifier::handle(&self.notify, &*self.parking, wire::events(batch), Timestamp::MAX).await),
            Job::Measure(batch) => self.batch(metrics::handle(&self.measure, &*self.parking, wire::events(batch)).await),
            Job::Saga(batch) => self.batch(saga::handle(&self.sagas, &*self.parking, wire::events(batch), None).await),
            Job::Dispatch(batch) => {
                let records = serde_json::to_value(wire::events(batch)).unwrap_or_default();
                let said = dispatch::handle(&self.dispatch, &*self.parking, records, None, self.replays.clone()).await;
                self.said(said)
            }
            Job::Tell(batch) => {
                let records = wire::bodies(batch);
                let said = webhook_out::handle(&self.deliver, &*self.parking, records, self.replays.clone()).await;
                self.said(said)
            }
            Job::TellAgain => {
                let said = webhook_out::handle(&self.deliver, &*self.parking, json!({}), self.replays.clone()).await;
                Answer::Said(said.map_err(|why| why.to_string()))
            }
            Job::Relay(records) => self.relay(wire::stream(records)).await,
            Job::Sweep => self.relay(json!({ "sweep": true })).await,
            Job::Watch(tenant) => {
                let event = wire::watch(tenant);
                let said = stale_orders::handle(&self.watch, &*self.queue, &*self.parking, event, self.replays.clone()).await;
                Answer::Said(said.map_err(|why| why.to_string()))
            }
            Job::Timers => Answer::Said(timers::handle(&self.timers, self.replays.clone()).await.map_err(|why| why.to_string())),
            Job::Report(call) => {
                let said = kpi_report::handle(&self.jobs, &*self.parking, call.event.clone(), call.correlation.clone()).await;
                Answer::Said(said.map_err(|why| why.to_string()))
            }
        }
    }

    async fn stock(&self, wish: &StockWish) -> Answer {
        let StockWish { shelf: Shelf { sku, location }, by, reference, .. } = wish;
        let path = format!("/v1/inventory/{sku}/adjust");
        let body = json!({ "location": location, "by": by, "reference": reference });
        let body = Bytes::from(body.to_string());
        call_of(&self.api, Call { verb: "POST", path: &path, who: Some(&wish.client), correlation: &wish.correlation, headers: &[], body })
            .await
    }

    /// A request over HTTP, to the API or to the door for what comes in.
    pub async fn call(&self, call: Call<'_>) -> Reply {
        let router = if call.who.is_some() { &self.api } else { &self.hooks };
        match call_of(router, call).await {
            Answer::Http(reply) => reply,
            _ => unreachable!("routers answer over HTTP"),
        }
    }

    /// A source says something of an order, and nobody is told.
    pub async fn hear(&self, scope: &TenantScope, id: &OrderId, fact: Fact) {
        let by = Provenance { actor: Actor::Source { source: fact.source.clone() }, correlation: self.replays.clone() };
        let config = self.process.tenants.config(scope.tenant()).await.ok().flatten().unwrap_or_default();
        let command = Command::Hear { fact, notify: false };
        let heard = self.apply.run(Context { scope, config: &config, by: &by }, id, &command, Alongside::default()).await;
        assert!(heard.is_ok(), "{heard:?}");
    }

    /// Everything that waits goes where it goes, in order and once: for stories in which nothing goes wrong.
    pub async fn settle(&self, memory: &MemoryWorld) {
        while let Some(body) = memory.take_queued() {
            let Ok(message) = HookReceived::read(&body) else {
                // It is for the reports' queue.
                let event = json!({ "Records": [{ "messageId": "asked", "body": body, "eventSource": "aws:sqs" }] });
                kpi_report::handle(&self.jobs, &*self.parking, event, self.replays.clone()).await.expect("nothing goes wrong");
                continue;
            };
            if Heard::is_meant(&message) {
                self.heard.run(&message).await.expect("nothing goes wrong");
            } else {
                self.process.run(&message).await.expect("nothing goes wrong");
            }
        }
        for row in memory.take_stream(usize::MAX) {
            self.relay.publish(&row).await.expect("nothing goes wrong");
        }
        for event in memory.take_published() {
            self.measure.run(&event).await.expect("nothing goes wrong");
            self.notify.run(&event, Timestamp::MAX).await.expect("nothing goes wrong");
        }
    }

    /// The figures of a day as the report would show them now.
    pub async fn figures(&self, scope: &TenantScope, config: &TenantConfig, wanted: Wanted) -> app::Result<Result<DailyKpi, String>> {
        self.jobs.report.figures(scope, config, wanted).await
    }

    async fn relay(&self, event: Value) -> Answer {
        Answer::Said(outbox_relay::handle(&self.relay, event).await.map_err(|why| why.to_string()))
    }

    /// A batch's answer as a function gives it that is started by a schedule, too. A batch is always answered.
    fn said<E: std::fmt::Debug>(&self, said: Result<Value, E>) -> Answer {
        let said = said.expect("a batch is answered");
        self.batch(serde_json::from_value(said).expect("by what comes again"))
    }

    fn batch(&self, response: SqsBatchResponse) -> Answer {
        let again = response.batch_item_failures.into_iter().map(|failure| failure.item_identifier);
        Answer::Batch(if self.bug == Some(Bug::FailuresSwallowed) { Vec::new() } else { again.collect() })
    }
}

async fn call_of(router: &Router, call: Call<'_>) -> Answer {
    match router.clone().oneshot(call.into_request()).await {
        Ok(response) => Answer::Http(Reply::of(response).await),
        Err(never) => match never {},
    }
}
