//! What goes wrong between a use case and the world: throttling, lost replies, and death between any two
//! calls. Every port is wrapped in [`Faulty`], and every call asks the one [`Faults`] plan what happens to it.

mod services;
mod stores;

use crate::cost::Call;
use crate::rng::Rng;
use app::ports::{CommitError, PortError, SendError};
use domain::ids::EventId;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};

/// What happens to one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Draw {
    /// It works.
    Go,
    /// Refused before anything happened; the caller is told.
    Throttle,
    /// It happened; the caller is told that it failed.
    LostReply,
    /// The process dies before it happens.
    CrashBefore,
    /// It happened and the process dies before it hears of it.
    CrashAfter,
}

impl Draw {
    /// Everything that can go wrong.
    pub const FAULTS: [Draw; 4] = [Draw::Throttle, Draw::LostReply, Draw::CrashBefore, Draw::CrashAfter];
}

/// How often what goes wrong, per mille of calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rates {
    /// Throttled.
    pub throttle: u32,
    /// Replies lost.
    pub lost: u32,
    /// Processes killed (half of them before the call's effect, half after).
    pub crash: u32,
    /// Entries of a `PutEvents` call refused one by one.
    pub bus_entry: u32,
    /// Mails and posts refused for good.
    pub refused: u32,
    /// Mails and posts of whose fate the provider says nothing; half of them went out.
    pub unknown: u32,
    /// Reports that cannot be rendered.
    pub render: u32,
}

struct Plan {
    rng: Rng,
    rates: Rates,
    /// Faults at given calls, counted from the plan's start; first things first.
    script: Vec<(u64, Draw)>,
    calls: u64,
    injected: u64,
    counts: [u64; Call::COUNT],
    items: [u64; Call::COUNT],
    /// Invocations that were begun, together with those that ran beside them.
    group: u64,
    /// The event that each invocation of the running group has claimed a message of.
    claimed: Vec<Option<EventId>>,
    mails: Vec<Outgoing>,
    texts: Vec<Outgoing>,
    posts: Vec<Outgoing>,
    renders_failed: u64,
}

/// A mail or a post that went out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// The event it tells of; none if nothing was claimed before it.
    pub event: Option<EventId>,
    /// The group of invocations in which it went out.
    pub group: u64,
}

/// The plan, shared by all ports of a world.
pub struct Faults {
    plan: Mutex<Plan>,
    interleaved: AtomicBool,
    yielded: AtomicBool,
    turn: AtomicUsize,
}

impl Faults {
    /// A plan in which nothing goes wrong yet.
    pub fn new(rng: Rng) -> Arc<Faults> {
        let plan = Plan {
            rng,
            rates: Rates::default(),
            script: Vec::new(),
            calls: 0,
            injected: 0,
            counts: [0; Call::COUNT],
            items: [0; Call::COUNT],
            group: 0,
            claimed: Vec::new(),
            mails: Vec::new(),
            texts: Vec::new(),
            posts: Vec::new(),
            renders_failed: 0,
        };
        Arc::new(Faults {
            plan: Mutex::new(plan),
            interleaved: AtomicBool::new(false),
            yielded: AtomicBool::new(false),
            turn: AtomicUsize::new(0),
        })
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on, this often.
    pub fn set_rates(&self, rates: Rates) {
        self.plan().rates = rates;
    }

    /// From now on nothing goes wrong.
    pub fn off(&self) {
        let mut plan = self.plan();
        plan.rates = Rates::default();
        plan.script.clear();
    }

    /// Exactly these faults, each at the n-th call from now (the first is 0).
    pub fn script(&self, faults: impl IntoIterator<Item = (u64, Draw)>) {
        let mut plan = self.plan();
        let from = plan.calls;
        plan.script = faults.into_iter().map(|(call, draw)| (from + call, draw)).collect();
        plan.script.sort_by_key(|(call, _)| std::cmp::Reverse(*call));
    }

    /// Scripted faults that no call has met yet.
    pub fn unmet(&self) -> usize {
        self.plan().script.len()
    }

    /// Calls of all ports so far.
    pub fn calls(&self) -> u64 {
        self.plan().calls
    }

    /// Faults so far.
    pub fn injected(&self) -> u64 {
        self.plan().injected
    }

    /// Calls by kind, and the items they wrote or carried.
    pub fn counts(&self) -> ([u64; Call::COUNT], [u64; Call::COUNT]) {
        let plan = self.plan();
        (plan.counts, plan.items)
    }

    /// Whether every call gives way to the other invocations first.
    pub fn interleave(&self, on: bool) {
        self.interleaved.store(on, Ordering::Relaxed);
    }

    /// Did the future that has just been polled give way (rather than die)?
    pub fn take_yielded(&self) -> bool {
        self.yielded.swap(false, Ordering::Relaxed)
    }

    /// So many invocations begin, side by side.
    pub fn begin(&self, invocations: usize) {
        self.turn.store(0, Ordering::Relaxed);
        let mut plan = self.plan();
        plan.group += 1;
        plan.claimed.clear();
        plan.claimed.resize(invocations, None);
    }

    /// This one of them runs now.
    pub fn turn_of(&self, invocation: usize) {
        self.turn.store(invocation, Ordering::Relaxed);
    }

    /// The group of invocations that was begun last.
    pub fn group(&self) -> u64 {
        self.plan().group
    }

    /// The mails that went out, in the order they did.
    pub fn mails(&self) -> Vec<Outgoing> {
        self.plan().mails.clone()
    }

    /// The short messages that went out, in the order they did.
    pub fn texts(&self) -> Vec<Outgoing> {
        self.plan().texts.clone()
    }

    /// The posts that went out, in the order they did.
    pub fn posts(&self) -> Vec<Outgoing> {
        self.plan().posts.clone()
    }

    fn draw(&self, call: Call, items: u64) -> Draw {
        let mut plan = self.plan();
        let at = plan.calls;
        plan.calls += 1;
        plan.counts[call as usize] += 1;
        plan.items[call as usize] += items;
        if plan.script.last().is_some_and(|(scripted, _)| *scripted <= at) {
            plan.injected += 1;
            return plan.script.pop().map_or(Draw::Go, |(_, draw)| draw);
        }
        let rates = plan.rates;
        let any = rates.throttle + rates.lost + rates.crash;
        if any == 0 {
            return Draw::Go;
        }
        let drawn = plan.rng.below(2000) as u32;
        if drawn >= 2 * any {
            return Draw::Go;
        }
        plan.injected += 1;
        match drawn {
            _ if drawn < 2 * rates.throttle => Draw::Throttle,
            _ if drawn < 2 * (rates.throttle + rates.lost) => Draw::LostReply,
            _ if drawn < 2 * (rates.throttle + rates.lost) + rates.crash => Draw::CrashBefore,
            _ => Draw::CrashAfter,
        }
    }

    fn chance(&self, rate: impl Fn(&Rates) -> u32) -> bool {
        let mut plan = self.plan();
        let rate = rate(&plan.rates);
        let hit = rate > 0 && plan.rng.per_mille(rate);
        plan.injected += u64::from(hit);
        hit
    }

    /// Whether a report can be rendered now.
    pub fn render(&self) -> Result<(), String> {
        if !self.chance(|rates| rates.render) {
            return Ok(());
        }
        self.plan().renders_failed += 1;
        Err("the sheet cannot be written".to_owned())
    }

    /// Reports that could not be rendered.
    pub fn renders_failed(&self) -> u64 {
        self.plan().renders_failed
    }

    async fn give_way(&self) {
        if self.interleaved.load(Ordering::Relaxed) {
            GiveWay { faults: self, given: false }.await;
        }
    }

    /// The running invocation claims a message of this event; what goes out next is that message.
    fn claims(&self, event: &EventId) {
        let turn = self.turn.load(Ordering::Relaxed);
        if let Some(claimed) = self.plan().claimed.get_mut(turn) {
            *claimed = Some(event.clone());
        }
    }

    fn goes_out(&self, book: impl Fn(&mut Plan) -> &mut Vec<Outgoing>) {
        let turn = self.turn.load(Ordering::Relaxed);
        let mut plan = self.plan();
        let outgoing = Outgoing { event: plan.claimed.get(turn).cloned().flatten(), group: plan.group };
        book(&mut plan).push(outgoing);
    }
}

struct GiveWay<'a> {
    faults: &'a Faults,
    given: bool,
}

impl Future for GiveWay<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.given {
            return Poll::Ready(());
        }
        self.given = true;
        self.faults.yielded.store(true, Ordering::Relaxed);
        Poll::Pending
    }
}

/// Errors that a broken connection can look like.
trait Broken {
    fn throttled() -> Self;
    fn lost() -> Self;
}

impl Broken for PortError {
    fn throttled() -> Self {
        PortError::Retryable("throttled".to_owned())
    }
    fn lost() -> Self {
        PortError::Retryable("the reply was lost".to_owned())
    }
}

impl Broken for CommitError {
    fn throttled() -> Self {
        CommitError::Port(PortError::throttled())
    }
    fn lost() -> Self {
        CommitError::Port(PortError::lost())
    }
}

impl Broken for SendError {
    fn throttled() -> Self {
        SendError::NotSent("throttled".to_owned())
    }
    fn lost() -> Self {
        SendError::Unknown("the reply was lost".to_owned())
    }
}

/// A port whose calls meet the plan.
pub struct Faulty<P: ?Sized> {
    port: Arc<P>,
    faults: Arc<Faults>,
}

impl<P: ?Sized> Faulty<P> {
    /// Wraps a port.
    pub fn new(port: Arc<P>, faults: &Arc<Faults>) -> Faulty<P> {
        Faulty { port, faults: faults.clone() }
    }
}

macro_rules! meet {
    ($self:ident, $call:ident, $items:expr, $effect:expr) => {{
        $self.faults.give_way().await;
        match $self.faults.draw(Call::$call, $items as u64) {
            Draw::Go => $effect.await,
            Draw::Throttle => Err(Broken::throttled()),
            Draw::LostReply => {
                let _ = $effect.await;
                Err(Broken::lost())
            }
            // A dead process never comes back to its future; whoever polls it sees it pending and drops it.
            Draw::CrashBefore => std::future::pending().await,
            Draw::CrashAfter => {
                let _ = $effect.await;
                std::future::pending().await
            }
        }
    }};
}

use meet;
