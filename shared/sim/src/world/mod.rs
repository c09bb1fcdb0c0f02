//! A world: shops and their surroundings, the queues, the stream and the bus between the functions, and a
//! clock that only the seed moves.

mod answers;
mod bank;
mod delivery;
mod depot;
mod erasures;
mod imports;
pub(crate) mod listeners;
mod outcomes;
mod peace;
mod profile;
mod reports;
mod steps;
mod stock;
mod watch;

pub use erasures::Forgotten;
pub use profile::{Failure, Profile, Stats};
pub use stock::Stocked;

use crate::bugs::Bug;
use crate::cost::Usage;
use crate::faults::Faults;
use crate::functions::Functions;
use crate::functions::job::{HookMessage, Published, ReportCall};
use crate::functions::wire::StreamRecord;
use crate::ports::{Lot, Ports};
use crate::queue::SimQueue;
use crate::rng::Rng;
use crate::story::{Customer, Ending, Errand, Hook, Request, Sheet, Shop};
use app::TenantScope;
use app::ports::{Clock, PriceStore, TenantStore};
use app::report::Documents;
use app::signature::Headers;
use axum::body::Bytes;
use domain::ids::{CorrelationId, EventId, OrderId};
use domain::kpi::{Comparison, DailyKpi, slack_summary};
use domain::order::OrderStatus;
use futures::FutureExt;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;
use std::sync::Arc;
use testkit::bank::Bank;
use testkit::depot::Depot;
use testkit::listeners::Listeners;
use testkit::memory::{FakeClock, FakeRandom, MemoryWorld};

/// 2025-08-09T10:00:00Z, in milliseconds.
const START_MS: i64 = 1_754_733_600_000;
/// Failures that are kept; one bug breaks many promises.
const FAILURES_MAX: usize = 12;

/// Prints figures in words, when it can.
pub(crate) struct Printer(pub(crate) Arc<Faults>);

impl Documents for Printer {
    fn workbook(&self, kpi: &DailyKpi, _: &Comparison) -> Result<Vec<u8>, String> {
        self.0.render().map(|()| slack_summary(kpi).into_bytes())
    }

    fn delayed(&self, kpi: &DailyKpi, shop: &str) -> Result<Vec<u8>, String> {
        Ok(format!("{shop}: {}", kpi.delayed).into_bytes())
    }
}

/// A request and what became of it.
pub struct Asked {
    /// The request.
    pub request: Rc<Request>,
    /// The first answer with a 2xx.
    pub response: Option<Bytes>,
    /// The order's number in it.
    pub order: Option<OrderId>,
    /// It was refused for good.
    pub refused: bool,
    /// Its carrier talks of it already.
    told: bool,
}

impl Asked {
    /// It may still lead to an order.
    fn is_open(&self) -> bool {
        matches!(self.request.ends, Ending::Placed | Ending::Contested) && self.order.is_none() && !self.refused
    }
}

/// A webhook and what became of it.
pub struct Sent {
    /// The webhook.
    pub hook: Rc<Hook>,
    /// The inbox id of the first 2xx.
    pub receipt: Option<String>,
    signed: Option<(i64, Rc<Headers>)>,
    tries: u32,
}

/// An order that a client knows of.
pub struct Known {
    /// Which shop.
    pub shop: usize,
    /// Its number.
    pub id: OrderId,
    /// Whose.
    pub customer: Rc<Customer>,
    staffed: bool,
    told_more: bool,
}

/// What a member of staff was told.
#[derive(Debug, Clone)]
pub struct Promise {
    /// Which shop.
    pub shop: usize,
    /// Which order.
    pub order: OrderId,
    /// At this version, if they were told which.
    pub version: Option<u64>,
    /// It has this status.
    pub status: OrderStatus,
    /// They moved it there.
    pub moved: bool,
    /// Under this id.
    pub correlation: CorrelationId,
}

/// What can happen in a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A client places an order, or asks again.
    Place,
    /// A sender reports.
    Receive,
    /// Staff work on an order.
    Staff,
    /// A sheet is imported.
    Import,
    /// Somebody wants to be forgotten.
    Erase,
    /// Stock moves.
    Stock,
    /// The schedule of the daily report fires, or what failed is tried once more.
    Schedule,
    /// A shop's open orders are looked at.
    Watch,
    /// What is due happens.
    Timers,
    /// Somebody asks for a report.
    Report,
    /// The hooks queue delivers.
    Process,
    /// The outbox's stream delivers.
    Relay,
    /// The notify queue delivers.
    Notify,
    /// The metrics queue delivers.
    Measure,
    /// The saga queue delivers.
    Saga,
    /// The dispatch queue delivers.
    Dispatch,
    /// The webhooks queue delivers.
    Tell,
    /// What endpoints have not taken is looked at.
    TellAgain,
    /// Carriers see parcels.
    Depot,
    /// Carriers are told what they collect.
    Collect,
    /// A payment provider has news.
    Bank,
    /// The sweep runs.
    Sweep,
    /// Somebody replays a webhook.
    Replay,
    /// A dead-letter queue is redriven.
    Redrive,
    /// Garbage turns up.
    Garbage,
    /// The functions' clock jumps.
    Jump,
}

/// The world.
pub struct World {
    /// What replays it.
    pub seed: u64,
    /// How rough it is.
    pub profile: Profile,
    /// Everything the ports remember.
    pub memory: MemoryWorld,
    /// What goes wrong.
    pub faults: Arc<Faults>,
    /// The tenants.
    pub shops: Vec<Shop>,
    /// Placements.
    pub asked: Vec<Asked>,
    /// Webhooks.
    pub sent: Vec<Sent>,
    /// Orders that clients know of.
    pub known: Vec<Known>,
    /// What staff were told.
    pub promised: Vec<Promise>,
    /// Sheets that are imported.
    pub sheets: Vec<Sheet>,
    /// Customers who asked to be forgotten.
    pub forgotten: Vec<Forgotten>,
    /// What was wanted in the warehouses.
    pub stocked: Vec<Stocked>,
    /// Reports that somebody had made anew, by shop and day.
    pub remade: HashSet<(usize, Date)>,
    /// Open orders were looked at once more when all was quiet, at this moment.
    pub watched_at: Option<Timestamp>,
    /// Reports that there must be, by shop and day.
    pub reports_due: Vec<(usize, Date)>,
    /// The functions' clock jumped.
    pub jumped: bool,
    /// Everything that was published, once each.
    pub events: Vec<Published>,
    /// Where in `events`.
    pub by_id: HashMap<EventId, u32>,
    /// Records that were parked with a reason.
    pub lot: Lot,
    /// Promises found broken on the way.
    pub failures: Vec<Failure>,
    /// The hooks queue.
    pub hooks_queue: SimQueue<HookMessage>,
    /// The notify queue.
    pub notify_queue: SimQueue<Published>,
    /// The metrics queue.
    pub metrics_queue: SimQueue<Published>,
    /// The saga queue.
    pub saga_queue: SimQueue<Published>,
    /// The dispatch queue.
    pub dispatch_queue: SimQueue<Published>,
    /// The webhooks queue.
    pub webhooks_queue: SimQueue<Rc<str>>,
    /// The payment providers of all shops.
    pub bank: Bank,
    /// Where labels are bought.
    pub depot: Depot,
    /// Whoever is told by webhook.
    pub listeners: Listeners,
    /// There is somebody who is.
    pub has_listeners: bool,
    /// Garbage sent.
    pub garbage: u64,
    bank_serial: u64,
    bug: Option<Bug>,
    functions: Rc<Functions>,
    clock: FakeClock,
    rng: Rng,
    now_ms: i64,
    jump_ms: i64,
    open_requests: Vec<usize>,
    open_hooks: Vec<usize>,
    errands: Vec<(Rc<Errand>, u32)>,
    errand_serial: u64,
    runs: Vec<imports::Run>,
    runs_started: u64,
    chunks: u64,
    open_erasures: Vec<usize>,
    open_stock: Vec<usize>,
    failed_reports: Vec<Rc<ReportCall>>,
    report_calls: u64,
    /// Several invocations are drawn to run side by side.
    crowded: bool,
    /// Nothing went wrong in the invocation that ran last.
    went_well: bool,
    stream: VecDeque<Rc<StreamRecord>>,
    stream_tries: u32,
    stats: Stats,
    trace: Option<Vec<String>>,
}

impl World {
    /// A world as its seed draws it.
    pub fn new(seed: u64) -> World {
        let mut rng = Rng::seeded(seed);
        let profile = Profile::drawn(&mut rng);
        World::with(seed, profile, None)
    }

    /// A world with a bug in it.
    pub fn with_bug(seed: u64, bug: Bug) -> World {
        let mut rng = Rng::seeded(seed);
        let profile = Profile::drawn(&mut rng);
        World::with(seed, profile, Some(bug))
    }

    /// A world in which nothing goes wrong that is not asked for.
    pub fn calm(seed: u64) -> World {
        World::with(seed, Profile::CALM, None)
    }

    /// A world.
    pub fn with(seed: u64, profile: Profile, bug: Option<Bug>) -> World {
        let mut rng = Rng::seeded(seed ^ 0x5eed);
        let memory = MemoryWorld::new();
        let faults = Faults::new(rng.fork());
        faults.set_rates(profile.rates);
        let clock = FakeClock::at(Timestamp::from_millisecond(START_MS).expect("in range"));
        let shops: Vec<Shop> = (0..Shop::COUNT).map(Shop::number).collect();
        let scopes: Vec<TenantScope> = shops.iter().map(|shop| shop.scope.clone()).collect();
        for shop in &shops {
            let saved = memory.tenants().save(&shop.scope, &shop.config, 0).now_or_never();
            assert_eq!(saved, Some(Ok(true)), "settings are saved");
            for tag in shop.price_tags(clock.now()) {
                let saved = memory.prices().save(&shop.scope, &tag, &[], clock.now()).now_or_never();
                assert_eq!(saved, Some(Ok(true)), "prices are saved");
            }
        }
        let lot = Lot::default();
        let bank = bank::rough(rng.fork(), profile.bank);
        let depot = depot::rough(rng.fork(), profile.carriers);
        let listeners = listeners::rough(rng.fork(), profile.listeners);
        if profile.listeners > 0 {
            listeners::tell(&memory, &shops);
        }
        let mut ports = Ports::of(&memory, &lot, &bank, &depot, &listeners);
        if let Some(bug) = bug {
            ports = bug.below(ports, &memory, &scopes);
        }
        ports = ports.faulty(&faults);
        if let Some(bug) = bug {
            ports = bug.above(ports, &memory, &scopes);
        }
        let random = Arc::new(FakeRandom::seeded(rng.next()));
        // The real one takes milliseconds and is tested where it is; what matters here is that it may fail.
        let documents = Arc::new(Printer(faults.clone()));
        let functions = Functions::new(&ports, Arc::new(clock.clone()), random, documents, bug);
        World {
            seed,
            profile,
            memory,
            faults,
            shops,
            asked: Vec::new(),
            sent: Vec::new(),
            known: Vec::new(),
            promised: Vec::new(),
            sheets: Vec::new(),
            forgotten: Vec::new(),
            stocked: Vec::new(),
            remade: HashSet::new(),
            reports_due: Vec::new(),
            watched_at: None,
            jumped: false,
            events: Vec::new(),
            by_id: HashMap::new(),
            lot,
            failures: Vec::new(),
            hooks_queue: SimQueue::new("hooks"),
            notify_queue: SimQueue::new("notify"),
            metrics_queue: SimQueue::new("metrics"),
            saga_queue: SimQueue::new("saga"),
            dispatch_queue: SimQueue::new("dispatch"),
            webhooks_queue: SimQueue::new("webhooks"),
            bank,
            depot,
            listeners,
            has_listeners: profile.listeners > 0,
            garbage: 0,
            bank_serial: 0,
            bug,
            functions: Rc::new(functions),
            clock,
            rng,
            now_ms: START_MS,
            jump_ms: 0,
            open_requests: Vec::new(),
            open_hooks: Vec::new(),
            errands: Vec::new(),
            errand_serial: 0,
            runs: Vec::new(),
            runs_started: 0,
            chunks: 0,
            open_erasures: Vec::new(),
            open_stock: Vec::new(),
            failed_reports: Vec::new(),
            report_calls: 0,
            crowded: false,
            went_well: false,
            stream: VecDeque::new(),
            stream_tries: 0,
            stats: Stats::default(),
            trace: None,
        }
    }

    /// Writes down every step from now on.
    pub fn trace(&mut self) {
        self.trace = Some(Vec::new());
    }

    /// What was written down.
    pub fn traced(&self) -> &[String] {
        self.trace.as_deref().unwrap_or_default()
    }

    /// What it has been through.
    pub fn stats(&self) -> Stats {
        let (calls, items) = self.faults.counts();
        let usage = Usage { http: self.stats.http as f64, invocations: self.stats.invocations as f64, ..Usage::of(&calls, &items) };
        let from_the_bus = self.notify_queue.ever() + self.metrics_queue.ever() + self.saga_queue.ever() + self.dispatch_queue.ever();
        let from_the_bus = from_the_bus + self.webhooks_queue.ever();
        let usage = usage.plus(Usage::at_the_door(self.stats.with_credential)).plus(Usage::of_messages(from_the_bus));
        Stats {
            commits: self.memory.commits(),
            orders: self.known.len() as u64,
            labels: self.depot.sales().len() as u64,
            voided: self.depot.sales().iter().filter(|sale| sale.void).count() as u64,
            faults: self.faults.injected(),
            calls: self.faults.calls(),
            usage,
            ..self.stats
        }
    }

    fn note(&mut self, line: impl FnOnce() -> String) {
        if let Some(lines) = &mut self.trace {
            lines.push(line());
        }
    }

    /// A promise was broken.
    pub(super) fn fail(&mut self, invariant: &'static str, order: Option<(usize, OrderId)>, text: String) {
        self.note(|| format!("    BROKEN {invariant}: {text}"));
        if self.failures.len() < FAILURES_MAX {
            self.failures.push(Failure { invariant, text, order });
        }
    }

    /// The second it really is.
    fn second(&self) -> i64 {
        self.now_ms.div_euclid(1000)
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms).expect("in range")
    }

    /// The time that the functions see.
    pub(crate) fn clock_now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A client knows of an order.
    fn knows(&mut self, shop: usize, id: OrderId, customer: Rc<Customer>) {
        if !self.known.iter().any(|known| known.shop == shop && known.id == id) {
            let staffed = self.rng.per_mille(400);
            self.known.push(Known { shop, id, customer, staffed, told_more: false });
        }
    }

    /// Moves time on.
    pub fn advance(&mut self, milliseconds: i64) {
        self.now_ms += milliseconds;
        self.clock.set(Timestamp::from_millisecond(self.now_ms + self.jump_ms).expect("in range"));
    }
}
