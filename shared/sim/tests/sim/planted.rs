//! Planted bugs prove the simulator.

use crate::STEPS;
use sim::bugs::SEEDS_MAX;
use sim::{Bug, Options, hunt, run};

fn every_bug_is_found(half: usize) {
    for bug in Bug::ALL.iter().skip(half).step_by(2) {
        let found = hunt(*bug, 0..SEEDS_MAX, STEPS);
        let (seed, failure) = found.unwrap_or_else(|| panic!("{bug:?} ({}) is not found in {SEEDS_MAX} seeds", bug.text()));
        println!("{bug:?}: seed {seed} breaks {}", failure.invariant);
    }
}

#[test]
fn planted_bugs_are_found() {
    assert!(Bug::ALL.len() >= 20);
    every_bug_is_found(0);
}

#[test]
fn the_other_planted_bugs_are_found() {
    every_bug_is_found(1);
}

/// The failures' text is what somebody needs who has never seen the simulator.
#[test]
fn a_failure_names_its_seed_and_shows_the_order() {
    let (seed, _) = hunt(Bug::ArrivalTime, 0..SEEDS_MAX, STEPS).unwrap();
    let report = run(seed, Options { steps: STEPS, bug: Some(Bug::ArrivalTime), trace: true });
    let text = &report.text;
    assert!(text.contains(&format!("seed {seed}: I6 (")) && text.contains("the last events of order"), "{text}");
    assert!(report.trace.len() > STEPS / 2 && report.trace.iter().any(|line| line.contains("---- peace")));
}
