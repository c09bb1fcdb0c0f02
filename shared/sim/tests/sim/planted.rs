//! Planted bugs prove the simulator.

use crate::STEPS;
use sim::bugs::SEEDS_MAX;
use sim::{Bug, Options, hunt, run};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Which seed showed which bug last. One that no longer does is looked for from the first seed on, which takes its time:
/// `UPDATE_GENERATED=1` writes down what was found.
fn remembered() -> (PathBuf, BTreeMap<String, u64>) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sim/planted.txt");
    let text = std::fs::read_to_string(&path).unwrap_or_default();
    let seeds = text.lines().filter_map(|line| line.split_once(' ')).filter_map(|(bug, seed)| Some((bug.to_owned(), seed.parse().ok()?)));
    (path, seeds.collect())
}

#[test]
fn planted_bugs_are_found() {
    assert!(Bug::ALL.len() >= 20);
    let (path, before) = remembered();
    let mut found = BTreeMap::new();
    for bug in Bug::ALL {
        let name = format!("{bug:?}");
        // A rule's step that somebody judges, just when that is lost, takes a longer story.
        let steps = if matches!(bug, Bug::JudgementUnwritten) { 300 } else { STEPS };
        let again = before.get(&name).and_then(|seed| hunt(*bug, *seed..seed + 1, steps));
        let (seed, failure) = again
            .or_else(|| hunt(*bug, 0..SEEDS_MAX, steps))
            .unwrap_or_else(|| panic!("{bug:?} ({}) is not found in {SEEDS_MAX} seeds", bug.text()));
        println!("{bug:?}: seed {seed} breaks {}", failure.invariant);
        found.insert(name, seed);
    }
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        let text: String = found.iter().map(|(bug, seed)| format!("{bug} {seed}\n")).collect();
        std::fs::write(path, text).unwrap();
    }
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
