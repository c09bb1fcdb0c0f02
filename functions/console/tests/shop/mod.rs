//! A shop with a past: orders placed, moved, reported and told about over the last thirty days, through the
//! real use cases over memory ports.

// Each of the binaries that share this module uses another part of it.
#![allow(dead_code)]

use app::answer::Ask;
use app::apply::{Alongside, Apply};
use app::auth::{Authenticate, make_key};
use app::cashier::Cashier;
use app::cursor::Cursors;
use app::exchange::Exchange;
use app::floor::Floor;
use app::measure::Measure;
use app::parked::Parked;
use app::place::{Idempotency, Place};
use app::ports::{Clock, KeyStore, Message, MessageId, MessageState, MessageStore, OnceKey, Random, TenantStore};
use app::progress::AutoProgress;
use app::saga::Sagas;
use app::stock::{Count, MoveStock, Purchases};
use app::tenant::{Secret, TenantConfig};
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use app::{Context, Provenance};
use app::{Scopes, TenantScope};
use console::Console;
use console::session::Sessions;
use domain::ids::{CorrelationId, EventId, OrderId, SourceId, TenantId};
use domain::order::placement::{Draft, DraftLine};
use domain::order::{
    Actor, Cause, ChangeStatus, Claim, Command, Fact, FulfilmentStatus, OrderStatus, PaymentStatus, Role, SagaRules, StatusClaim,
    TrackingStatus, WatchRules,
};
use jiff::{SignedDuration, Timestamp, ToSpan};
use secrecy::ExposeSecret;
use std::sync::Arc;
use testkit::adviser::ScriptedAdviser;
use testkit::bank::Bank;
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};

/// Signs cursors and sessions in tests.
pub const SIGNING_KEY: &str = "a key of at least thirty-two characters";

/// A shop in memory.
pub struct Shop {
    /// What it remembers.
    pub world: MemoryWorld,
    /// Its time.
    pub clock: FakeClock,
    /// Its luck.
    pub random: FakeRandom,
    /// Its name.
    pub tenant: TenantId,
    /// Its settings.
    pub config: TenantConfig,
    /// Its payment providers.
    pub bank: Bank,
}

fn correlation(text: &str) -> CorrelationId {
    CorrelationId::parse(text).unwrap()
}

fn principal() -> Actor {
    Actor::Principal { id: "key_anna".into(), role: Role::Operator }
}

/// What happens to an order, hours after it was placed.
#[derive(Clone, Copy)]
pub enum Step {
    /// A person moves it.
    To(OrderStatus, &'static str),
    /// The shop's payment provider captures.
    Paid,
    /// The warehouse labels it.
    Labelled,
    /// The carrier reports.
    Parcel(TrackingStatus),
    /// The carrier says it is late.
    Late,
    /// The shop's system says so.
    Shop(OrderStatus),
    /// A mail about it went out.
    Mail(&'static str),
}

/// An order of the past.
pub struct Past {
    /// Number.
    pub number: &'static str,
    /// Customer.
    pub name: &'static str,
    /// Address.
    pub email: &'static str,
    /// How long ago it was placed, in hours.
    pub hours_ago: i64,
    /// Days from then to the promised day; none if zero.
    pub eta_days: i64,
    /// Name of the thing, pieces, price each.
    pub items: &'static [(&'static str, i64, &'static str)],
    /// What happened, at which hour after it was placed.
    pub steps: &'static [(i64, Step)],
}

impl Shop {
    /// A shop without orders.
    pub async fn open(name: &str, now: Timestamp) -> Shop {
        let world = MemoryWorld::new();
        Shop::open_in(world, name, now).await
    }

    /// A shop beside others.
    pub async fn open_in(world: MemoryWorld, name: &str, now: Timestamp) -> Shop {
        let tenant = TenantId::parse(name).unwrap();
        // No notifier runs here that would tell customers.
        let watch = WatchRules { contact_after_h: 0, ..WatchRules::default() };
        let config = TenantConfig {
            version: 1,
            shop_name: "Studio Lumen".into(),
            time_zone: "Europe/Warsaw".into(),
            watch,
            ..TenantConfig::default()
        };
        let shop = Shop { world, clock: FakeClock::at(now), random: FakeRandom::seeded(7), tenant, config, bank: Bank::default() };
        assert!(shop.world.tenants().save(&shop.scope(), &shop.config, 0).await.unwrap());
        shop
    }

    /// Its scope.
    pub fn scope(&self) -> TenantScope {
        TenantScope::of_own_message(&self.tenant)
    }

    /// A new key of this role.
    pub async fn key(&self, role: Role, scopes: Scopes) -> String {
        let new = make_key(&self.scope(), "test", role, scopes, &self.random, &self.clock);
        self.world.keys().save(&self.scope(), &new.key).await.unwrap();
        new.text.expose_secret().to_owned()
    }

    /// The console over this shop's world.
    pub fn console(&self) -> Console {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let orders = Arc::new(self.world.orders());
        let (buckets, tenants, keys) = (Arc::new(self.world.buckets()), Arc::new(self.world.tenants()), Arc::new(self.world.keys()));
        Console {
            orders: orders.clone(),
            auto: AutoProgress::new(
                Apply { orders: orders.clone(), clock: clock.clone() },
                Arc::new(self.world.decisions()),
                Arc::new(self.world.stock()),
                Arc::new(self.world.metrics()),
            ),
            ask: Ask {
                orders,
                buckets: buckets.clone(),
                tenants: tenants.clone(),
                codes: None,
                llm: None,
                wordings: Arc::new(self.world.wordings()),
                clock: clock.clone(),
            },
            count: Count { stock: self.stock(), outbox: Arc::new(self.world.outbox()) },
            prices: self.prices(),
            floor: Floor::new(
                Apply { orders: Arc::new(self.world.orders()), clock: Arc::new(self.clock.clone()) },
                Arc::new(self.world.stock()),
                Arc::new(self.world.manifests()),
                (Arc::new(self.world.reports()), Arc::new(self.world.once())),
                Arc::new(FakeRandom::seeded(5)),
            ),
            purchases: self.purchases(),
            metrics: Arc::new(self.world.metrics()),
            reports: Arc::new(self.world.reports()),
            wishes: Wishes {
                queue: Arc::new(self.world.queue()),
                buckets: buckets.clone(),
                reports: Arc::new(self.world.reports()),
                clock: clock.clone(),
            },
            sheet_queue: Arc::new(self.world.queue()),
            reviews: Arc::new(self.world.reviews()),
            exceptions: Arc::new(self.world.exceptions()),
            webhooks: Endpoints::new(
                Arc::new(self.world.webhooks()),
                Arc::new(self.world.queue()),
                clock.clone(),
                Arc::new(self.random.clone()),
            ),
            parked: Parked { inbox: Arc::new(self.world.inbox()), queue: Arc::new(self.world.queue()), clock: clock.clone() },
            tenants,
            keys: keys.clone(),
            authenticate: Authenticate { keys, tokens: None, clock: clock.clone() },
            buckets,
            cursors: Cursors::new(Secret::new(SIGNING_KEY)),
            sessions: Sessions::new(Secret::new(SIGNING_KEY)),
            public_url: None,
            clock,
            random: Arc::new(self.random.clone()),
        }
    }

    fn placing(&self) -> Place {
        Place {
            orders: Arc::new(self.world.orders()),
            once: Arc::new(self.world.once()),
            clock: Arc::new(self.clock.clone()),
            random: Arc::new(self.random.clone()),
        }
    }

    /// Places an order now.
    pub async fn place(&self, draft: &Draft) {
        let place = self.placing();
        let number = draft.number.clone().unwrap();
        let by = Provenance {
            actor: Actor::Principal { id: "key_shop".into(), role: Role::Service },
            correlation: correlation(&format!("place-{number}")),
        };
        let idempotency = Idempotency { key: OnceKey::new("place", "test", &number), request_hash: number };
        let channel = SourceId::parse("instagram").unwrap();
        place
            .run(Context { scope: &self.scope(), config: &self.config, by: &by }, draft, &channel, &idempotency, |_| String::new())
            .await
            .unwrap();
    }

    /// Lives through an order of the past; the clock is back at `now` afterwards.
    pub async fn live(&self, past: &Past) {
        let now = self.clock.now();
        let placed = now - SignedDuration::from_hours(past.hours_ago);
        self.clock.set(placed);
        let eta = (past.eta_days != 0).then(|| self.config.today(placed).saturating_add(past.eta_days.days()));
        let line = |(name, quantity, price): &(&str, i64, &str)| DraftLine {
            sku: name.to_uppercase().replace(' ', "-"),
            name: (*name).into(),
            quantity: *quantity,
            unit_price: (*price).into(),
            ..DraftLine::default()
        };
        let draft = Draft {
            number: Some(past.number.into()),
            currency: "EUR".into(),
            customer_name: past.name.into(),
            email: Some(past.email.into()),
            country: Some("PL".into()),
            lines: past.items.iter().map(line).collect(),
            shipping: Some("4.90".into()),
            placed_at: Some(placed),
            eta,
            ..Draft::default()
        };
        self.place(&draft).await;
        for (hour, step) in past.steps {
            self.clock.set(placed + SignedDuration::from_hours(*hour));
            self.step(past.number, *hour, *step).await;
        }
        self.clock.set(now);
    }

    /// Does one step to an order now.
    pub async fn step(&self, number: &str, hour: i64, step: Step) {
        let claim = |claim: Claim, source: &str| {
            let fact = Fact {
                id: EventId::parse(&format!("{source}-{number}-{hour}")).unwrap(),
                source: SourceId::parse(source).unwrap(),
                sequence: None,
                occurred_at: self.clock.now(),
                claim,
            };
            (Command::Hear { fact, notify: true }, Actor::Source { source: SourceId::parse(source).unwrap() })
        };
        let (command, actor) = match step {
            Step::To(to, note) => {
                let note = (!note.is_empty()).then(|| note.to_owned());
                (Command::Change(ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note }, notify: true }), principal())
            }
            Step::Paid => claim(Claim { payment: Some(PaymentStatus::Captured), ..Claim::default() }, "stripe"),
            Step::Labelled => claim(Claim { fulfilment: Some(FulfilmentStatus::Labelled), ..Claim::default() }, "warehouse"),
            Step::Parcel(status) => claim(Claim { tracking: Some(status), ..Claim::default() }, "inpost"),
            Step::Late => claim(Claim { delayed: Some(true), ..Claim::default() }, "inpost"),
            Step::Shop(status) => claim(Claim { status: Some(StatusClaim::Is(status)), ..Claim::default() }, "shopify"),
            Step::Mail(text) => return self.mail(number, hour, text).await,
        };
        let apply = Apply { orders: Arc::new(self.world.orders()), clock: Arc::new(self.clock.clone()) };
        let by = Provenance { actor, correlation: correlation(&format!("01989c3e-{number}-{hour}")) };
        let id = OrderId::parse(number).unwrap();
        apply.run(Context { scope: &self.scope(), config: &self.config, by: &by }, &id, &command, Alongside::default()).await.unwrap();
    }

    /// Gives an order a command now.
    pub async fn command(&self, number: &str, command: &Command) {
        let apply = Apply { orders: Arc::new(self.world.orders()), clock: Arc::new(self.clock.clone()) };
        let by = self.by_hand();
        let context = Context { scope: &self.scope(), config: &self.config, by: &by };
        apply.run(context, &OrderId::parse(number).unwrap(), command, Alongside::default()).await.unwrap();
    }

    async fn mail(&self, number: &str, hour: i64, text: &str) {
        let id = MessageId { event: EventId::parse(&format!("{number}:{hour}")).unwrap(), channel: "email".into(), recipient: "r".into() };
        let lease_until = self.clock.now() + SignedDuration::from_mins(2);
        let (state, to) = (MessageState::Sending { lease_until }, "a***@example.com".to_owned());
        let message = Message {
            id: id.clone(),
            at: self.clock.now(),
            to,
            kind: domain::notify::MessageKind::Status,
            text: text.into(),
            state,
            attempts: 0,
        };
        self.world.messages().claim(&self.scope(), number, &message, self.clock.now()).await.unwrap();
        let sent = MessageState::Sent { provider_id: "mail-1".into() };
        assert!(self.world.messages().settle(&self.scope(), number, &id, 1, &sent).await.unwrap());
    }

    /// Orders that are placed from now on are taken through here.
    pub async fn takes_through(&mut self, workflow: SagaRules) {
        let before = self.config.version;
        self.config = TenantConfig { version: before + 1, workflow: SagaRules { enabled: true, ..workflow }, ..self.config.clone() };
        assert!(self.world.tenants().save(&self.scope(), &self.config, before).await.unwrap());
    }

    /// The shop works on what goes wrong.
    pub async fn works_on_exceptions(&mut self, exceptions: domain::exception::ExceptionRules) {
        let before = self.config.version;
        self.config = TenantConfig { version: before + 1, exceptions, ..self.config.clone() };
        assert!(self.world.tenants().save(&self.scope(), &self.config, before).await.unwrap());
    }

    /// Somebody of the shop's, as the author of a change.
    pub fn by_hand(&self) -> Provenance {
        Provenance { actor: principal(), correlation: correlation("a-command") }
    }

    /// Stock, and moving it.
    pub fn stock(&self) -> MoveStock {
        MoveStock { stock: Arc::new(self.world.stock()), clock: Arc::new(self.clock.clone()) }
    }

    /// Orders with suppliers.
    pub fn prices(&self) -> app::prices::Prices {
        app::prices::Prices { store: Arc::new(self.world.prices()), clock: Arc::new(self.clock.clone()) }
    }

    pub fn purchases(&self) -> Purchases {
        Purchases::new(Arc::new(self.world.purchases()), self.stock(), Arc::new(self.world.metrics()))
    }

    /// What waits for a worker goes on, as the sagas' function does it.
    pub async fn go_on(&self) {
        let clock: Arc<dyn Clock> = Arc::new(self.clock.clone());
        let sagas = Sagas {
            exchange: Exchange { place: self.placing(), apply: Apply { orders: Arc::new(self.world.orders()), clock: clock.clone() } },
            apply: Apply { orders: Arc::new(self.world.orders()), clock: clock.clone() },
            stock: self.stock(),
            purchases: self.purchases(),
            adviser: Arc::new(ScriptedAdviser::default()),
            cashier: Cashier {
                apply: Apply { orders: Arc::new(self.world.orders()), clock },
                gateways: Arc::new(self.bank.clone()),
                metrics: Arc::new(self.world.metrics()),
                base: "https://api.example".to_owned(),
            },
            tenants: Arc::new(self.world.tenants()),
        };
        for row in self.world.outbox_rows() {
            for event in row.events.iter().filter(|event| event.tenant == self.tenant) {
                sagas.run(event, None).await.unwrap();
            }
        }
    }

    /// Counts everything that happened, as the read models' function does.
    pub async fn count(&self) {
        let measure = Measure { metrics: Arc::new(self.world.metrics()), clock: Arc::new(self.clock.clone()) };
        for row in self.world.outbox_rows() {
            for event in row.events.iter().filter(|event| event.tenant == self.tenant) {
                measure.run(event).await.unwrap();
            }
        }
    }

    /// The orders that the pages are looked at with.
    pub async fn stock_up(&self) {
        for past in PAST {
            self.live(past).await;
        }
        self.crowd().await;
        self.count().await;
    }

    /// Many delivered orders, so that charts have a shape.
    async fn crowd(&self) {
        const NAMES: [&str; 8] =
            ["Zofia Wójcik", "Liam O’Brien", "Noah Schmidt", "Emma Rossi", "Jan Kowalski", "Chloé Martin", "Mateo García", "Ida Berg"];
        for index in 0..140u64 {
            let luck = self.random.u64();
            let hours_ago = 60 + i64::try_from(luck % (29 * 24 - 60)).unwrap();
            let weekend = (hours_ago / 24) % 7 < 2;
            if weekend && !luck.is_multiple_of(3) {
                continue;
            }
            let number: &'static str = Box::leak(format!("{}", 2000 + index).into_boxed_str());
            let name = NAMES[usize::try_from(luck >> 20).unwrap_or(0) % NAMES.len()];
            let price: &'static str = Box::leak(format!("{}.90", 19 + luck % 120).into_boxed_str());
            let items: &'static [(&'static str, i64, &'static str)] = Box::leak(Box::new([("Linen lampshade", 1, price)]));
            let steps: &'static [(i64, Step)] = match luck % 17 {
                0 => &[(2, Step::Paid), (9, Step::To(OrderStatus::Cancelled, "Customer changed their mind"))],
                1 | 2 => &[(1, Step::Paid), (8, Step::Shop(OrderStatus::Shipped)), (20, Step::Parcel(TrackingStatus::InTransit))],
                3 => &[(1, Step::Paid), (8, Step::Shop(OrderStatus::Shipped)), (40, Step::Shop(OrderStatus::Completed))],
                _ => &[(1, Step::Paid), (8, Step::Shop(OrderStatus::Shipped)), (50, Step::Parcel(TrackingStatus::Delivered))],
            };
            self.live(&Past { number, name, email: "someone@example.com", hours_ago, eta_days: 40, items, steps }).await;
        }
    }
}

/// Orders with stories.
pub const PAST: &[Past] = &[
    Past {
        number: "1001",
        name: "John Smith",
        email: "john@example.com",
        hours_ago: 150,
        eta_days: 4,
        items: &[("Brass desk lamp", 1, "129.00"), ("Smoked glass shade", 2, "24.50"), ("E27 filament bulb", 3, "6.90")],
        steps: &[
            (1, Step::Paid),
            (2, Step::Mail("Hi John, thank you for your order 1001. We are on it.")),
            (20, Step::To(OrderStatus::Processing, "Shade checked by hand, one replaced")),
            (44, Step::Labelled),
            (46, Step::To(OrderStatus::Shipped, "")),
            (47, Step::Mail("Hi John, your order 1001 is on its way.")),
            (60, Step::Parcel(TrackingStatus::InTransit)),
            (98, Step::Late),
        ],
    },
    Past {
        number: "1002",
        name: "Maria Nowak",
        email: "maria@example.com",
        hours_ago: 73,
        eta_days: 6,
        items: &[("Linen lampshade", 2, "39.90")],
        steps: &[(1, Step::Paid)],
    },
    Past {
        number: "1003",
        name: "Oliver Bennett",
        email: "oliver@example.com",
        hours_ago: 96,
        eta_days: 9,
        items: &[("Oak floor lamp", 1, "349.00")],
        steps: &[(1, Step::Paid), (30, Step::To(OrderStatus::Processing, "Waits for the oak base")), (31, Step::Labelled)],
    },
    Past {
        number: "1004",
        name: "Ana Lima",
        email: "ana@example.com",
        hours_ago: 60,
        eta_days: 7,
        items: &[("E27 filament bulb", 12, "6.90")],
        steps: &[],
    },
    Past {
        number: "1005",
        name: "Henrik Larsen",
        email: "henrik@example.com",
        hours_ago: 170,
        eta_days: 6,
        items: &[("Paper pendant", 1, "79.00")],
        steps: &[
            (1, Step::Paid),
            (20, Step::To(OrderStatus::Processing, "")),
            (40, Step::To(OrderStatus::Shipped, "")),
            (60, Step::Parcel(TrackingStatus::InTransit)),
            (120, Step::Parcel(TrackingStatus::DeliveryFailed)),
        ],
    },
    Past {
        number: "1006",
        name: "Aiko Tanaka",
        email: "aiko@example.com",
        hours_ago: 50,
        eta_days: 5,
        items: &[("Brass desk lamp", 1, "129.00")],
        steps: &[
            (1, Step::Paid),
            (10, Step::To(OrderStatus::Processing, "")),
            (20, Step::To(OrderStatus::Shipped, "")),
            (30, Step::Parcel(TrackingStatus::OutForDelivery)),
        ],
    },
    Past {
        number: "1007",
        name: "Lucas Dubois",
        email: "lucas@example.com",
        hours_ago: 5,
        eta_days: 7,
        items: &[("Smoked glass shade", 1, "24.50")],
        steps: &[(1, Step::Paid)],
    },
    Past {
        number: "1008",
        name: "Wei Chen",
        email: "wei@example.com",
        hours_ago: 30,
        eta_days: 8,
        items: &[("Paper pendant", 3, "79.00")],
        steps: &[(1, Step::Paid), (20, Step::To(OrderStatus::Processing, "")), (28, Step::To(OrderStatus::ReadyToShip, ""))],
    },
    Past {
        number: "1009",
        name: "Fatima Zahra",
        email: "fatima@example.com",
        hours_ago: 26,
        eta_days: 8,
        items: &[("Oak floor lamp", 1, "349.00"), ("E27 filament bulb", 2, "6.90")],
        steps: &[(3, Step::To(OrderStatus::OnHold, "Address incomplete; asked the customer"))],
    },
    Past {
        number: "1010",
        name: "Tom Becker",
        email: "tom@example.com",
        hours_ago: 2,
        eta_days: 7,
        items: &[("Linen lampshade", 1, "39.90")],
        steps: &[],
    },
];
