//! A whole suite in memory: one shop, two endpoints, the sample sheet's first orders.

use app::answer::Ask;
use app::apply::{Alongside, Apply};
use app::auth::Authenticate;
use app::bulk::{Bulk, Steps};
use app::cashier::Cashier;
use app::channels::{Heard, Listen};
use app::code::Codes;
use app::commerce::take::TakeIn;
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
use app::ports::{Clock, Gateways, InboxState, InboxStore, Llm, OutboxStore, TenantStore};
use app::privacy::Privacy;
use app::process::Process;
use app::progress::AutoProgress;
use app::pseudonym::Pseudonyms;
use app::receive::Receive;
use app::relay::Relay;
use app::report::Report;
use app::saga::Sagas;
use app::saleor::door::HearSaleor;
use app::shopify::door::HearShopify;
use app::stock::{Count, MoveStock, Purchases};
use app::survey::{CustomerLinks, Survey};
use app::tenant::{HookEndpoint, NotifySettings, Secret, SignatureScheme, TenantConfig};
use app::timers::RunTimers;
use app::watch::WatchOrders;
use app::webhooks::{Deliver, Endpoints, NewEndpoint};
use app::wishes::Wishes;
use app::{Context, Identity, Provenance, Scopes, TenantScope};
use domain::ids::{CorrelationId, EventId, OrderId, SourceId, TenantId};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{Actor, Claim, Command, Fact, Role, Vocabulary};
use jiff::Timestamp;
use status_webhook::Hooks;
use std::sync::Arc;
use testkit::adviser::ScriptedAdviser;
use testkit::bank::Bank;
use testkit::depot::Depot;
use testkit::listeners::Listeners;
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};
use testkit::saleor::Saleor;

pub const HOOK_SECRET: &str = "sample-secret-of-the-demo-shop";
pub const CARRIER_SECRET: &str = "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
pub const API: &str = "https://api.shop.example";
pub const SLACK: &str = "https://hooks.slack.com/services/T000/B000/demo";

pub struct House {
    pub world: MemoryWorld,
    pub clock: Arc<FakeClock>,
    pub scope: TenantScope,
    pub random: Arc<FakeRandom>,
    /// Every payment provider.
    pub bank: Bank,
    /// How they are asked; every time, unless a story says otherwise.
    pub gateways: Arc<dyn Gateways>,
    pub adviser: ScriptedAdviser,
    pub depot: Depot,
    /// The shop's Saleor.
    pub saleor: Saleor,
    /// Whoever is told by webhook.
    pub listeners: Listeners,
}

pub fn identity(tenant: &str, role: Role, scopes: Scopes) -> Identity {
    Identity { tenant: TenantId::parse(tenant).unwrap(), principal: "key_test".into(), role, scopes }
}

pub fn owner() -> Identity {
    identity("demo", Role::Owner, Scopes::ALL)
}

pub fn correlation() -> CorrelationId {
    CorrelationId::parse("trace-1").unwrap()
}

pub fn config() -> TenantConfig {
    let endpoint = |name: &str, scheme, secret: &str, vocabulary| HookEndpoint {
        name: name.into(),
        scheme,
        secrets: vec![Secret::new(secret)],
        vocabulary,
        notify: true,
    };
    TenantConfig {
        version: 1,
        shop_name: "Demo Shop".into(),
        hooks: vec![
            endpoint("order-status", SignatureScheme::Hmac, HOOK_SECRET, Vocabulary::Sheet),
            endpoint("carrier", SignatureScheme::StandardWebhooks, CARRIER_SECRET, Vocabulary::Sheet),
        ],
        notify: NotifySettings {
            email: true,
            from: Some("orders@shop.example".into()),
            slack_webhook: Some(Secret::new(SLACK)),
            ..NotifySettings::default()
        },
        ..TenantConfig::default()
    }
}

fn draft(number: &str, customer: &str, item: &str, email: &str, eta: &str) -> Draft {
    let line = DraftLine { sku: "MUG".into(), name: item.into(), quantity: 2, unit_price: "29.99".into(), ..DraftLine::default() };
    Draft {
        number: Some(number.into()),
        currency: "USD".into(),
        customer_name: customer.into(),
        email: Some(email.into()),
        lines: vec![line],
        eta: Some(eta.parse().unwrap()),
        ..Draft::default()
    }
}

impl House {
    pub async fn new() -> House {
        House::whose_first_order_is("Delayed").await
    }

    pub async fn whose_first_order_is(status: &str) -> House {
        let world = MemoryWorld::new();
        let clock = Arc::new(FakeClock::at("2025-08-09T10:00:01Z".parse::<Timestamp>().unwrap()));
        let tenant = TenantId::parse("demo").unwrap();
        let scope = TenantScope::of_own_message(&tenant);
        assert!(world.tenants().save(&scope, &config(), 0).await.unwrap());
        let bank = Bank::default();
        let house = House {
            world,
            clock,
            scope,
            random: Arc::new(FakeRandom::seeded(11)),
            gateways: Arc::new(bank.clone()),
            bank,
            adviser: ScriptedAdviser::default(),
            depot: Depot::default(),
            saleor: Saleor::default(),
            listeners: Listeners::default(),
        };
        for (number, status, email, eta) in [
            ("1001", status, "john.smith@example.com", "2025-08-10"),
            ("1002", "In Transit", "anna@example.com", "2025-08-12"),
            ("1003", "Received", "eve@example.com", "2025-08-14"),
        ] {
            house.import(number, status, email, eta).await;
        }
        house
    }

    pub async fn import(&self, number: &str, status: &str, email: &str, eta: &str) {
        self.placed_elsewhere(status, &draft(number, "John Smith", "Mug", email, eta)).await;
    }

    /// An order whose customer and item are called whatever somebody thought of.
    pub async fn import_named(&self, number: &str, customer: &str, item: &str, email: &str) {
        self.placed_elsewhere("Shipped", &draft(number, customer, item, email, "2025-08-30")).await;
    }

    /// An order in another currency.
    pub async fn import_in(&self, number: &str, currency: &str, status: &str) {
        let draft = Draft { currency: currency.into(), ..draft(number, "John Smith", "Mug", "ann@example.com", "2025-08-14") };
        self.placed_elsewhere(status, &draft).await;
    }

    /// Another shop in the same world, with an order 1001 that is this one's to the letter.
    pub async fn beside(&self, tenant: &str, status: &str) -> TenantScope {
        let scope = TenantScope::of_own_message(&TenantId::parse(tenant).unwrap());
        assert!(self.world.tenants().save(&scope, &config(), 0).await.unwrap());
        self.placed_elsewhere_at(&scope, status, &draft("1001", "John Smith", "Mug", "john.smith@example.com", "2025-08-10")).await;
        scope
    }

    async fn placed_elsewhere(&self, status: &str, draft: &Draft) {
        self.placed_elsewhere_at(&self.scope, status, draft).await;
    }

    async fn placed_elsewhere_at(&self, scope: &TenantScope, status: &str, draft: &Draft) {
        let by = Provenance { actor: owner().actor(), correlation: correlation() };
        let channel = SourceId::parse("sheet").unwrap();
        self.place().import(Context { scope, config: &config(), by: &by }, draft, status, Vocabulary::Sheet, &channel).await.unwrap();
    }

    pub fn place(&self) -> Place {
        let world = &self.world;
        Place {
            orders: Arc::new(world.orders()),
            once: Arc::new(world.once()),
            clock: self.clock.clone(),
            random: Arc::new(FakeRandom::seeded(7)),
        }
    }

    pub fn apply(&self) -> Apply {
        Apply { orders: Arc::new(self.world.orders()), clock: self.clock.clone() }
    }

    /// How what came in stands: "done", "parked unknown_status".
    pub fn inbox_states(&self) -> Vec<String> {
        let state = |state: &InboxState| match state {
            InboxState::Parked { code, .. } => format!("parked {code}"),
            InboxState::Done => "done".to_owned(),
            InboxState::Received => "received".to_owned(),
        };
        self.world.inbox_entries(&self.scope).iter().map(|entry| state(&entry.state)).collect()
    }

    /// A payment gateway says something about an order.
    pub async fn hear(&self, number: &str, event: &str, claim: Claim, notify: bool) {
        let source = SourceId::parse("gateway").unwrap();
        let occurred_at = self.clock.now();
        let fact = Fact { id: EventId::parse(event).unwrap(), source, sequence: None, occurred_at, claim };
        self.command(number, Command::Hear { fact, notify }).await;
    }

    /// Somebody says something about an order, and nobody is told.
    pub async fn hear_fact(&self, number: &str, fact: Fact) {
        self.command(number, Command::Hear { fact, notify: false }).await;
    }

    pub async fn command(&self, number: &str, command: Command) {
        let source = SourceId::parse("gateway").unwrap();
        let by = Provenance { actor: Actor::Source { source }, correlation: correlation() };
        let saved = self.world.tenants().config(self.scope.tenant()).await.unwrap().unwrap();
        let context = Context { scope: &self.scope, config: &saved, by: &by };
        self.apply().run(context, &OrderId::parse(number).unwrap(), &command, Alongside::default()).await.unwrap();
    }

    pub fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    pub fn payments(&self) -> HearPayments {
        HearPayments { apply: self.apply(), tenants: Arc::new(self.world.tenants()), gateways: Arc::new(self.bank.clone()) }
    }

    pub fn carriers(&self) -> HearCarriers {
        HearCarriers {
            apply: self.apply(),
            tenants: Arc::new(self.world.tenants()),
            carriers: Arc::new(self.depot.clone()),
            manifests: Arc::new(self.world.manifests()),
        }
    }

    /// Who buys labels and asks carriers.
    pub fn dispatch(&self) -> Dispatch {
        Dispatch {
            apply: self.apply(),
            carriers: Arc::new(self.depot.clone()),
            files: Arc::new(self.world.reports()),
            tenants: Arc::new(self.world.tenants()),
            metrics: Arc::new(self.world.metrics()),
            manifests: Arc::new(self.world.manifests()),
        }
    }

    /// What is picked, collected, and from where.
    pub fn floor(&self) -> Floor {
        let (stock, manifests, files) = (self.world.stock(), self.world.manifests(), self.world.reports());
        Floor::new(
            self.apply(),
            Arc::new(stock),
            Arc::new(manifests),
            (Arc::new(files), Arc::new(self.world.once())),
            Arc::new(FakeRandom::seeded(9)),
        )
    }

    /// Who tells carriers what they collect.
    pub fn collection(&self) -> Collection {
        Collection {
            manifests: self.floor().manifests,
            orders: Arc::new(self.world.orders()),
            carriers: Arc::new(self.depot.clone()),
            files: Arc::new(self.world.reports()),
            tenants: Arc::new(self.world.tenants()),
            once: Arc::new(self.world.once()),
        }
    }

    /// All that the dispatch function does.
    pub fn parcels(&self) -> dispatch::Jobs {
        dispatch::Jobs { dispatch: self.dispatch(), collection: self.collection() }
    }

    /// The door for webhooks.
    pub fn hooks(&self) -> axum::Router {
        let saleor = HearSaleor { receive: self.receive(), keys: Arc::new(self.saleor.clone()) };
        let hooks = Hooks { saleor, shopify: HearShopify { receive: self.receive() } };
        status_webhook::router(Arc::new(hooks), Arc::new(self.listen()), Arc::new(self.payments()), Arc::new(self.carriers()))
    }

    /// Who takes in what Saleor says.
    pub fn take_in(&self) -> TakeIn {
        TakeIn { apply: self.apply(), place: self.place() }
    }

    /// Webhooks to others.
    pub fn endpoints(&self) -> Endpoints {
        Endpoints::new(Arc::new(self.world.webhooks()), Arc::new(self.world.queue()), self.clock.clone(), self.random.clone())
    }

    /// Somebody wants to be told everything.
    pub async fn one_endpoint(&self) {
        let wanted = NewEndpoint { url: "https://shop.example/told".into(), events: vec!["*".into()], ..NewEndpoint::default() };
        self.endpoints().make(&self.scope, &wanted).await.unwrap();
    }

    /// Who tells them.
    pub fn deliver(&self) -> Deliver {
        Deliver {
            store: Arc::new(self.world.webhooks()),
            caller: Arc::new(self.listeners.clone()),
            queue: Arc::new(self.world.queue()),
            clock: self.clock.clone(),
        }
    }

    pub fn stock(&self) -> MoveStock {
        MoveStock { stock: Arc::new(self.world.stock()), clock: self.clock.clone() }
    }

    pub fn prices(&self) -> app::prices::Prices {
        app::prices::Prices { store: Arc::new(self.world.prices()), clock: self.clock.clone() }
    }

    pub fn purchases(&self) -> Purchases {
        Purchases::new(Arc::new(self.world.purchases()), self.stock(), Arc::new(self.world.metrics()))
    }

    pub fn sagas(&self) -> Sagas {
        let cashier = Cashier {
            apply: self.apply(),
            gateways: self.gateways.clone(),
            metrics: Arc::new(self.world.metrics()),
            base: "https://api.example".into(),
        };
        let adviser = Arc::new(self.adviser.clone());
        Sagas {
            apply: self.apply(),
            stock: self.stock(),
            purchases: self.purchases(),
            adviser,
            cashier,
            exchange: Exchange { place: self.place(), apply: self.apply() },
            tenants: Arc::new(self.world.tenants()),
        }
    }

    pub fn privacy(&self) -> Privacy {
        let world = &self.world;
        let (inbox, files, addresses) = (Arc::new(world.inbox()), Arc::new(world.reports()), Arc::new(world.addresses()));
        Privacy { apply: self.apply(), inbox, files, addresses, pseudonyms: self.pseudonyms() }
    }

    pub fn pseudonyms(&self) -> Pseudonyms {
        Pseudonyms::new(Secret::new("an-address-key-for-tests-of-enough-length"))
    }

    pub fn codes(&self) -> Codes {
        Codes {
            orders: Arc::new(self.world.orders()),
            buckets: Arc::new(self.world.buckets()),
            tenants: Arc::new(self.world.tenants()),
            mailer: Arc::new(self.world.mailer()),
            clock: self.clock.clone(),
            key: Secret::new("a-code-key-for-tests-of-enough-length"),
            default_from: None,
        }
    }

    pub fn ask(&self, llm: Option<Arc<dyn Llm>>) -> Ask {
        Ask {
            orders: Arc::new(self.world.orders()),
            buckets: Arc::new(self.world.buckets()),
            tenants: Arc::new(self.world.tenants()),
            codes: Some(self.codes()),
            llm,
            wordings: Arc::new(self.world.wordings()),
            clock: self.clock.clone(),
        }
    }

    pub fn chat(&self, key: Option<String>) -> ask::Chat {
        ask::Chat { key, authenticate: self.authenticate() }
    }

    pub fn auto(&self) -> AutoProgress {
        let world = &self.world;
        AutoProgress::new(self.apply(), Arc::new(world.decisions()), Arc::new(world.stock()), Arc::new(world.metrics()))
    }

    pub fn steps(&self) -> Steps {
        Steps { auto: self.auto(), once: Arc::new(self.world.once()), tenants: Arc::new(self.world.tenants()) }
    }

    pub fn watch(&self) -> WatchOrders {
        WatchOrders {
            auto: self.auto(),
            once: Arc::new(self.world.once()),
            files: Arc::new(self.world.reports()),
            tenants: Arc::new(self.world.tenants()),
        }
    }

    pub fn receive(&self) -> Receive {
        let world = &self.world;
        let boxes: (Arc<dyn InboxStore>, Arc<dyn OutboxStore>) = (Arc::new(world.inbox()), Arc::new(world.outbox()));
        Receive::new(Arc::new(world.tenants()), boxes, Arc::new(world.buckets()), Arc::new(world.queue()), self.clock.clone())
    }

    pub fn listen(&self) -> Listen {
        Listen {
            tenants: Arc::new(self.world.tenants()),
            inbox: Arc::new(self.world.inbox()),
            queue: Arc::new(self.world.queue()),
            buckets: Arc::new(self.world.buckets()),
            pseudonyms: self.pseudonyms(),
            clock: self.clock.clone(),
            base: API.to_owned(),
        }
    }

    pub fn heard(&self) -> Heard {
        Heard {
            apply: self.apply(),
            inbox: Arc::new(self.world.inbox()),
            messages: Arc::new(self.world.messages()),
            addresses: Arc::new(self.world.addresses()),
            pseudonyms: self.pseudonyms(),
            outbox: Arc::new(self.world.outbox()),
            tenants: Arc::new(self.world.tenants()),
            buckets: Arc::new(self.world.buckets()),
            clock: self.clock.clone(),
        }
    }

    pub fn process(&self) -> Process {
        Process {
            apply: self.apply(),
            commerce: self.take_in(),
            inbox: Arc::new(self.world.inbox()),
            tenants: Arc::new(self.world.tenants()),
            clock: self.clock.clone(),
        }
    }

    pub fn relay(&self) -> Relay {
        Relay { outbox: Arc::new(self.world.outbox()), bus: Arc::new(self.world.bus()), clock: self.clock.clone() }
    }

    pub fn measure(&self) -> Measure {
        Measure { metrics: Arc::new(self.world.metrics()), clock: self.clock.clone() }
    }

    pub fn notify(&self) -> Notify {
        Notify {
            orders: Arc::new(self.world.orders()),
            messages: Arc::new(self.world.messages()),
            tenants: Arc::new(self.world.tenants()),
            addresses: Arc::new(self.world.addresses()),
            pseudonyms: self.pseudonyms(),
            mailer: Arc::new(self.world.mailer()),
            texter: Arc::new(self.world.texts()),
            chat: Arc::new(self.world.chat()),
            reports: Arc::new(self.world.reports()),
            inbox: Arc::new(self.world.inbox()),
            clock: self.clock.clone(),
            default_from: None,
            pages: Some(CustomerPages { links: self.survey().links, base: format!("{API}/") }),
        }
    }

    pub fn survey(&self) -> Survey {
        Survey {
            links: CustomerLinks::new(Secret::new("a-survey-key-for-tests-of-enough-length")),
            apply: self.apply(),
            tenants: Arc::new(self.world.tenants()),
            buckets: Arc::new(self.world.buckets()),
        }
    }

    pub fn timers(&self) -> RunTimers {
        RunTimers {
            index: Arc::new(self.world.timers()),
            apply: self.apply(),
            tenants: Arc::new(self.world.tenants()),
            metrics: Arc::new(self.world.metrics()),
        }
    }

    pub fn report(&self) -> Report {
        Report {
            orders: Arc::new(self.world.orders()),
            metrics: Arc::new(self.world.metrics()),
            reports: Arc::new(self.world.reports()),
            once: Arc::new(self.world.once()),
            outbox: Arc::new(self.world.outbox()),
            tenants: Arc::new(self.world.tenants()),
            clock: self.clock.clone(),
            decisions: Arc::new(self.world.decisions()),
            documents: Arc::new(kpi_report::Printed::default()),
        }
    }

    pub fn jobs_of(&self, report: Report) -> kpi_report::Jobs {
        kpi_report::Jobs::of(report, Arc::new(self.world.prices()), Arc::new(self.world.stock()), Arc::new(self.world.queue()))
    }

    /// The schedule of the morning asks, and what it asks for is done: "Export 2025-08-09".
    pub async fn morning(&self) -> Vec<String> {
        self.jobs().morning.ask(&correlation()).await.unwrap();
        let mut done = Vec::new();
        while let Some(body) = self.world.take_queued() {
            let asked = contracts::queue::ReportAsked::read(&body).unwrap();
            assert!(asked.scheduled, "{body}");
            done.push(format!("{:?} {}", asked.what, asked.day.unwrap()));
            self.report_asked(&body).await;
        }
        done
    }

    /// A message on the queue of reports is handled.
    pub async fn report_asked(&self, body: &str) {
        let event = serde_json::json!({ "Records": [{ "messageId": "a", "body": body, "eventSource": "aws:sqs" }] });
        let said = kpi_report::handle(&self.jobs(), &crate::samples::Lot::default(), event, correlation()).await.unwrap();
        assert_eq!(said, serde_json::json!({ "batchItemFailures": [] }), "{body}");
    }

    pub fn jobs(&self) -> kpi_report::Jobs {
        self.jobs_of(self.report())
    }

    pub fn authenticate(&self) -> Authenticate {
        Authenticate { keys: Arc::new(self.world.keys()), tokens: None, clock: self.clock.clone() }
    }

    pub fn desk(&self) -> Arc<orders_api::Desk> {
        let world = &self.world;
        Arc::new(orders_api::Desk {
            bulk: Bulk {
                once: Arc::new(self.world.once()),
                queue: Arc::new(self.world.queue()),
                clock: self.clock.clone(),
                random: self.random.clone(),
            },
            place: self.place(),
            apply: self.apply(),
            auto: self.auto(),
            survey: self.survey(),
            privacy: self.privacy(),
            orders: Arc::new(world.orders()),
            receive: self.receive(),
            parked: Parked { inbox: Arc::new(world.inbox()), queue: Arc::new(world.queue()), clock: self.clock.clone() },
            sheets: Arc::new(world.queue()),
            wishes: Wishes {
                queue: Arc::new(world.queue()),
                buckets: Arc::new(world.buckets()),
                reports: Arc::new(world.reports()),
                clock: self.clock.clone(),
            },
            metrics: Arc::new(world.metrics()),
            reports: Arc::new(world.reports()),
            reviews: Arc::new(world.reviews()),
            exceptions: Arc::new(world.exceptions()),
            stock: self.stock(),
            count: Count { stock: self.stock(), outbox: Arc::new(world.outbox()) },
            floor: self.floor(),
            prices: self.prices(),
            purchases: self.purchases(),
            webhooks: self.endpoints(),
            tenants: Arc::new(world.tenants()),
            mail_identity: Some("shop.example".to_owned()),
            keys: Arc::new(world.keys()),
            buckets: Arc::new(world.buckets()),
            cursors: Cursors::new(Secret::new("a-cursor-key-for-tests-of-enough-length")),
            clock: self.clock.clone(),
            random: Arc::new(FakeRandom::seeded(8)),
        })
    }

    /// Everything that waits goes where it goes: hooks queue, outbox, bus, notifier, read models.
    pub async fn settle(&self) {
        while let Some(body) = self.world.take_queued() {
            let message = contracts::queue::HookReceived::read(&body).unwrap();
            if Heard::is_meant(&message) {
                self.heard().run(&message).await.unwrap();
            } else {
                self.process().run(&message).await.unwrap();
            }
        }
        // What follows may lead to more.
        loop {
            for row in self.world.take_stream(usize::MAX) {
                self.relay().publish(&row).await.unwrap();
            }
            let published = self.world.take_published();
            if published.is_empty() {
                break;
            }
            for event in published {
                self.measure().run(&event).await.unwrap();
                self.sagas().run(&event, None).await.unwrap();
                self.dispatch().run(&event, None).await.unwrap();
                self.collection().run(&event, None).await.unwrap();
                self.notify().run(&event, jiff::Timestamp::MAX).await.unwrap();
            }
        }
    }
}
