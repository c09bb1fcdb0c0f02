//! The simulator proves the suite, and planted bugs prove the simulator.

mod deaths;
mod events;
mod life;
mod named;
mod planted;
mod scenarios;
mod search;

use sim::{Kind, Options, Report, World, report};

const STEPS: usize = 60;

fn quiet(steps: usize) -> Options {
    Options { steps, bug: None, trace: false }
}

fn hold(report: &Report) {
    assert!(report.failures.is_empty(), "replay with: make sim SEED={} ARGS='--steps {STEPS} --trace'\n{}", report.seed, report.text);
}

/// Brings a world to rest and checks everything.
fn at_rest(mut world: World, what: &str) -> Report {
    world.drain();
    let report = report(world);
    assert!(report.failures.is_empty(), "{what}\n{}", report.text);
    report
}

/// A world with one order whose carrier has said one thing that waits in the hooks queue.
fn ready_to_process(mut world: World) -> World {
    world.wish_order();
    assert!(world.turn(Kind::Place));
    world.advance(7_200_000);
    assert!(world.turn(Kind::Receive));
    world
}
