//! The search: many seeds, every invariant.

use crate::{STEPS, hold, quiet};
use sim::{LOAD_ORDERS, Stats, load, run};

/// All invariants under duplicates, reordering, throttling, lost replies, crashes and clock jumps.
/// Three tests, so that two cores share them.
fn search(seeds: std::ops::Range<u64>) {
    let mut met = Stats::default();
    for seed in seeds {
        let report = run(seed, quiet(STEPS));
        hold(&report);
        met = met.plus(report.stats);
    }
    // A search in which nothing went wrong would have proved nothing.
    assert!(met.deaths > 100 && met.faults > 1000 && met.redriven > 40 && met.orders > 200, "{met:?}");
}

// req, S2-99
#[test]
fn a_hundred_seeds_hold() {
    search(0..100);
}

// req, S2-99
#[test]
fn another_hundred_seeds_hold() {
    search(100..200);
}

// req, S2-99
#[test]
fn a_third_hundred_seeds_hold() {
    search(200..300);
}

/// What `make load` does with fifty thousand.
// req: S2-95
#[test]
fn of_many_orders_none_is_lost() {
    let mut met = Stats::default();
    for seed in 0..4 {
        let report = load(seed, LOAD_ORDERS);
        hold(&report);
        met = met.plus(report.stats);
    }
    // Not every order is one that its shop takes.
    assert!(met.orders >= 180 && met.faults > 10 && met.deaths > 0, "{met:?}");
}

#[test]
fn a_seed_replays_to_the_last_event() {
    for seed in 0..8 {
        let (first, again) = (run(seed, quiet(STEPS)), run(seed, quiet(STEPS)));
        assert_eq!(first.digest, again.digest, "seed {seed}");
        assert_eq!(first.stats, again.stats, "seed {seed}");
    }
    assert_ne!(run(1, quiet(STEPS)).digest, run(2, quiet(STEPS)).digest);
}
