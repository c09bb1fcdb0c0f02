//! A deterministic simulator: the real use cases over the in-memory ports, in a world that delivers twice,
//! late and out of order, throttles, loses replies, and kills processes between any two calls.
//!
//! One seed decides everything, so `sim --seed N` replays a failure step by step. No thread, no wall clock.

pub mod bill;
pub mod bugs;
pub mod cost;
pub mod faults;
pub mod functions;
pub mod invariants;
pub mod ports;
pub mod prices;
pub mod queue;
pub mod rng;
pub mod rules;
pub mod scenario;
pub mod story;
pub mod world;

pub use bugs::Bug;
pub use faults::{Draw, Rates};
pub use story::Wish;
pub use world::{Failure, Kind, Profile, Stats, World};

use std::fmt::Write;

/// How a seed ended.
#[derive(Debug, Clone)]
pub struct Report {
    /// Which.
    pub seed: u64,
    /// What it went through.
    pub stats: Stats,
    /// Promises that were broken; none, if all is well.
    pub failures: Vec<Failure>,
    /// The failures as text, with the last events of the orders they are about.
    pub text: String,
    /// A hash over everything that was left: the same for every run of the same seed.
    pub digest: u64,
    /// Every step, if it was traced.
    pub trace: Vec<String>,
}

/// How to run a seed.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Steps before peace.
    pub steps: usize,
    /// A bug to plant.
    pub bug: Option<Bug>,
    /// Write every step down.
    pub trace: bool,
}

/// Runs a seed: so many steps, then peace, then the invariants.
pub fn run(seed: u64, options: Options) -> Report {
    let mut world = match options.bug {
        None => World::new(seed),
        Some(bug) => World::with_bug(seed, bug),
    };
    if options.trace {
        world.trace();
    }
    world.run(options.steps);
    world.drain();
    report(world)
}

/// Orders of one world of [`load`]: what a world checks in the end grows faster than its orders.
pub const LOAD_ORDERS: usize = 50;

/// Has so many orders placed in one world, one after the other through all handlers, with the duplicates, throttling and deaths of an ordinary day, and
/// lets it come to rest. Every order that was accepted has to be there, counted and told of: the invariants say so.
pub fn load(seed: u64, orders: usize) -> Report {
    let ordinary = Profile {
        rates: Rates { throttle: 5, lost: 2, crash: 1, bus_entry: 2, refused: 2, unknown: 2, render: 0 },
        twice: 20,
        ..Profile::CALM
    };
    let mut world = World::with(seed, ordinary, None);
    for _ in 0..orders {
        world.wish_order();
        world.turn(Kind::Place);
        world.run(LOAD_STEPS);
    }
    world.drain();
    report(world)
}

/// Other things that happen between two orders.
const LOAD_STEPS: usize = 3;

/// Checks a world that has come to rest.
pub fn report(mut world: World) -> Report {
    invariants::check(&mut world);
    let text = world.failures.iter().map(|failure| in_words(&world, failure)).collect();
    Report {
        seed: world.seed,
        stats: world.stats(),
        digest: digest(&world),
        trace: world.traced().to_vec(),
        text,
        failures: world.failures,
    }
}

/// The first seed of a range that shows a bug, with what it broke.
pub fn hunt(bug: Bug, seeds: std::ops::Range<u64>, steps: usize) -> Option<(u64, Failure)> {
    seeds.into_iter().find_map(|seed| {
        let report = run(seed, Options { steps, bug: Some(bug), trace: false });
        report.failures.into_iter().next().map(|failure| (seed, failure))
    })
}

fn in_words(world: &World, failure: &Failure) -> String {
    let sentence = invariants::INVARIANTS.iter().find(|(name, _)| *name == failure.invariant).map_or("", |(_, sentence)| sentence);
    let mut text = format!("seed {}: {} ({sentence})\n  {}\n", world.seed, failure.invariant, failure.text);
    if let Some((shop, id)) = &failure.order {
        let history = world.memory.history(&world.shops[*shop].scope, id);
        let _ = writeln!(text, "  the last events of order {id} of {}:", world.shops[*shop].canary);
        for recorded in &history[history.len().saturating_sub(8)..] {
            for event in &recorded.events {
                let _ = writeln!(text, "    v{} {} {}: {}", recorded.version, recorded.at, recorded.actor.in_words(), event.in_words());
            }
        }
    }
    text
}

/// FNV-1a over what is left.
fn digest(world: &World) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut eat = |text: &str| {
        for byte in text.bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    };
    for shop in &world.shops {
        for order in world.memory.all_orders(&shop.scope) {
            eat(order.id.as_str());
            eat(&format!("{} {:?} {}", order.version, order.tracks, order.updated_at));
        }
    }
    for published in &world.events {
        eat(published.event.id.as_str());
    }
    let stats = world.stats();
    eat(&format!("{} {} {} {}", stats.deliveries, stats.commits, stats.faults, stats.calls));
    hash
}
