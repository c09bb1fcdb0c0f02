//! A world: shops and their surroundings, the queues, the stream and the bus between the functions, and a
//! clock that only the seed moves.

mod outcomes;
mod peace;
mod steps;

use super::bugs::Bug;
use super::cost::Usage;
use super::desk::{Desk, HookBody, Published};
use super::faults::{Faults, Rates};
use super::ports::{Lot, Ports};
use super::queue::SimQueue;
use super::rng::Rng;
use super::story::{Errand, Hook, Request, Shop};
use crate::memory::{FakeClock, FakeRandom, MemoryWorld};
use app::TenantScope;
use app::ports::{OutboxRow, TenantStore};
use app::signature::Headers;
use domain::ids::{CorrelationId, EventId, OrderId};
use futures::FutureExt;
use jiff::Timestamp;
use std::collections::{HashMap, VecDeque};
use std::rc::Rc;
use std::sync::Arc;

/// 2025-08-09T10:00:00Z, in milliseconds.
const START_MS: i64 = 1_754_733_600_000;
/// Failures that are kept; one bug breaks many promises.
const FAILURES_MAX: usize = 12;

/// How rough a world is, per mille.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Profile {
    /// What goes wrong between a use case and its ports.
    pub rates: Rates,
    /// Messages that are delivered once more.
    pub twice: u32,
    /// Steps in which several invocations run interleaved.
    pub interleaved: u32,
    /// Stream records that are never delivered.
    pub stream_loss: u32,
    /// The functions' clock jumps by ten minutes now and then.
    pub jumps: bool,
    /// Garbage turns up on the hooks queue.
    pub garbage: bool,
    /// Staff work on orders.
    pub staff: bool,
    /// Everybody crowds round so many orders.
    pub orders_max: usize,
}

impl Profile {
    /// Nothing goes wrong.
    pub const CALM: Profile = Profile {
        rates: Rates { throttle: 0, lost: 0, crash: 0, bus_entry: 0, refused: 0, unknown: 0 },
        twice: 0,
        interleaved: 0,
        stream_loss: 0,
        jumps: false,
        garbage: false,
        staff: false,
        orders_max: usize::MAX,
    };

    /// Every seed is rough in its own way, so that rare faults do not hide behind frequent ones.
    pub fn drawn(rng: &mut Rng) -> Profile {
        let mut often = |choices: &[u32]| rng.pick(choices);
        Profile {
            rates: Rates {
                throttle: often(&[0, 10, 50, 300]),
                lost: often(&[0, 10, 60]),
                crash: often(&[0, 10, 40]),
                bus_entry: often(&[0, 20, 100]),
                refused: often(&[0, 50]),
                unknown: often(&[0, 50]),
            },
            twice: often(&[0, 50, 250]),
            interleaved: often(&[0, 100, 400]),
            stream_loss: often(&[0, 20]),
            jumps: often(&[0, 1]) == 1,
            garbage: often(&[0, 1]) == 1,
            staff: true,
            orders_max: often(&[2, 1000, 1000]) as usize,
        }
    }
}

/// A promise that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Which invariant.
    pub invariant: &'static str,
    /// What was seen.
    pub text: String,
    /// The order it is about.
    pub order: Option<(usize, OrderId)>,
}

/// What a world has been through.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Stats {
    /// Handler invocations for one record each.
    pub deliveries: u64,
    /// Invocations of functions.
    pub invocations: u64,
    /// Invocations that died.
    pub deaths: u64,
    /// Requests over HTTP.
    pub http: u64,
    /// Those that passed the authorizer.
    pub with_credential: u64,
    /// Commits of orders.
    pub commits: u64,
    /// Orders.
    pub orders: u64,
    /// Faults injected.
    pub faults: u64,
    /// Calls of ports.
    pub calls: u64,
    /// Messages that came back from a dead-letter queue.
    pub redriven: u64,
    /// What was used, in units that are billed.
    pub usage: Usage,
}

impl Stats {
    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Stats) -> Stats {
        Stats {
            deliveries: self.deliveries + other.deliveries,
            invocations: self.invocations + other.invocations,
            deaths: self.deaths + other.deaths,
            http: self.http + other.http,
            with_credential: self.with_credential + other.with_credential,
            commits: self.commits + other.commits,
            orders: self.orders + other.orders,
            faults: self.faults + other.faults,
            calls: self.calls + other.calls,
            redriven: self.redriven + other.redriven,
            usage: self.usage.plus(other.usage),
        }
    }
}

/// A request and what became of it.
pub struct Asked {
    /// The request.
    pub request: Rc<Request>,
    /// The first answer with a 2xx.
    pub response: Option<String>,
    /// It was refused for good.
    pub refused: bool,
    /// Its carrier talks of it already.
    told: bool,
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
    staffed: bool,
    told_more: bool,
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
    /// The hooks queue delivers.
    Process,
    /// The outbox's stream delivers.
    Relay,
    /// The notify queue delivers.
    Notify,
    /// The metrics queue delivers.
    Measure,
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
    /// Changes that staff were told had been made.
    pub promised: Vec<(usize, OrderId, CorrelationId)>,
    /// Everything that was published, once each.
    pub events: Vec<Published>,
    /// Where in `events`.
    pub by_id: HashMap<EventId, u32>,
    /// Records that were parked with a reason.
    pub lot: Lot,
    /// Promises found broken on the way.
    pub failures: Vec<Failure>,
    /// The hooks queue.
    pub hooks_queue: SimQueue<HookBody>,
    /// The notify queue.
    pub notify_queue: SimQueue<Published>,
    /// The metrics queue.
    pub metrics_queue: SimQueue<Published>,
    /// Garbage sent.
    pub garbage: u64,
    desk: Rc<Desk>,
    clock: FakeClock,
    rng: Rng,
    now_ms: i64,
    jump_ms: i64,
    open_requests: Vec<usize>,
    open_hooks: Vec<usize>,
    errands: Vec<(Rc<Errand>, u32)>,
    errand_serial: u64,
    stream: VecDeque<Arc<OutboxRow>>,
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
        }
        let lot = Lot::default();
        let mut ports = Ports::of(&memory, &lot);
        if let Some(bug) = bug {
            ports = bug.below(ports, &memory, &scopes);
        }
        ports = ports.faulty(&faults);
        if let Some(bug) = bug {
            ports = bug.above(ports, &memory, &scopes);
        }
        let random = Arc::new(FakeRandom::seeded(rng.next()));
        let mut desk = Desk::new(&ports, Arc::new(clock.clone()), random, &faults);
        desk.swallows_failures = bug == Some(Bug::FailuresSwallowed);
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
            events: Vec::new(),
            by_id: HashMap::new(),
            lot,
            failures: Vec::new(),
            hooks_queue: SimQueue::new("hooks"),
            notify_queue: SimQueue::new("notify"),
            metrics_queue: SimQueue::new("metrics"),
            garbage: 0,
            desk: Rc::new(desk),
            clock,
            rng,
            now_ms: START_MS,
            jump_ms: 0,
            open_requests: Vec::new(),
            open_hooks: Vec::new(),
            errands: Vec::new(),
            errand_serial: 0,
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
        let from_the_bus = self.notify_queue.ever() + self.metrics_queue.ever();
        let usage = usage.plus(Usage::at_the_door(self.stats.with_credential)).plus(Usage::of_messages(from_the_bus));
        Stats {
            commits: self.memory.commits(),
            orders: self.known.len() as u64,
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

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms).expect("in range")
    }

    /// Moves time on.
    pub fn advance(&mut self, milliseconds: i64) {
        self.now_ms += milliseconds;
        self.clock.set(Timestamp::from_millisecond(self.now_ms + self.jump_ms).expect("in range"));
    }
}
