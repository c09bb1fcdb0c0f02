//! The simulator proves the suite, and planted bugs prove the simulator.

use app::ports::InboxState;
use testkit::sim::bugs::SEEDS_MAX;
use testkit::sim::{Bug, Draw, Kind, Options, Profile, Rates, Report, World, hunt, report, run};

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

// ------------------------------------------------------------------------------------------- the search

/// All invariants under duplicates, reordering, throttling, lost replies, crashes and clock jumps.
/// Three tests, so that two cores share them.
fn search(seeds: std::ops::Range<u64>) {
    let mut met = testkit::sim::Stats::default();
    for seed in seeds {
        let report = run(seed, quiet(STEPS));
        hold(&report);
        met = met.plus(report.stats);
    }
    // A search in which nothing went wrong would have proved nothing.
    assert!(met.deaths > 100 && met.faults > 1000 && met.redriven > 50 && met.orders > 200, "{met:?}");
}

// req: X-05 X-06 X-07
#[test]
fn a_hundred_seeds_hold() {
    search(0..100);
}

// req: X-05 X-06 X-07
#[test]
fn another_hundred_seeds_hold() {
    search(100..200);
}

// req: X-05 X-06 X-07
#[test]
fn a_third_hundred_seeds_hold() {
    search(200..300);
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

// -------------------------------------------------------------------------------------- the planted bugs

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

// ----------------------------------------------------------------------------------- death at every call

/// A world with one order whose carrier has one thing to say, brought to where a use case is next.
fn ready_for(kind: Kind) -> World {
    let mut world = World::calm(7);
    world.wish_order();
    if kind == Kind::Place {
        return world;
    }
    assert!(world.turn(Kind::Place));
    if matches!(kind, Kind::Relay | Kind::Notify | Kind::Measure | Kind::Sweep) {
        if matches!(kind, Kind::Notify | Kind::Measure) {
            assert!(world.turn(Kind::Relay));
        }
        world.advance(120_000);
        return world;
    }
    world.advance(7_200_000);
    if kind == Kind::Process {
        assert!(world.turn(Kind::Receive));
    }
    world
}

/// Lets every fault happen at every port call of one invocation, one at a time.
fn at_every_call(kind: Kind) -> u64 {
    for call in 0.. {
        for fault in Draw::FAULTS {
            let mut world = ready_for(kind);
            world.faults.script([(call, fault)]);
            assert!(world.turn(kind), "{kind:?} has nothing to do");
            if world.faults.unmet() > 0 {
                return call;
            }
            at_rest(world, &format!("{kind:?}: {fault:?} at call {call}"));
        }
    }
    unreachable!("an invocation makes finitely many calls")
}

// req: X-05
#[test]
fn a_process_may_die_at_any_call() {
    // As many port calls as each makes; a number that shrinks means that a case is no longer covered.
    for (kind, calls) in [
        (Kind::Place, 2),
        (Kind::Receive, 3),
        (Kind::Process, 5),
        (Kind::Relay, 2),
        (Kind::Sweep, 3),
        (Kind::Notify, 5),
        (Kind::Measure, 1),
    ] {
        let seen = at_every_call(kind);
        assert!(seen >= calls, "{kind:?} made {seen} calls, {calls} were expected");
    }
}

/// One order's whole life, from the request to the last counted event, killed at any two calls.
// req: X-05
#[test]
fn processes_may_die_at_any_two_calls() {
    let life = |faults: &[(u64, Draw)]| {
        let mut world = World::calm(11);
        world.wish_order();
        world.faults.script(faults.iter().copied());
        for kind in [Kind::Place, Kind::Relay, Kind::Receive, Kind::Process, Kind::Relay, Kind::Notify, Kind::Measure] {
            world.turn(kind);
            world.advance(7_200_000);
        }
        let calls = world.faults.calls();
        let unmet = world.faults.unmet();
        (world, calls, unmet)
    };
    let (world, calls, _) = life(&[]);
    at_rest(world, "nothing goes wrong");
    assert!(calls >= 18, "{calls}");
    let deaths = [Draw::CrashBefore, Draw::CrashAfter];
    for first in 0..calls {
        for second in (first + 1..calls + 4).step_by(2) {
            let (one, two) = (deaths[(first % 2) as usize], deaths[(second / 2 % 2) as usize]);
            let (world, _, _) = life(&[(first, one), (second, two)]);
            at_rest(world, &format!("{one:?} at {first}, {two:?} at {second}"));
        }
    }
}

// ---------------------------------------------------------------------------------- named requirements

/// What was committed is published although the relay died, the stream lost it and the bus was down.
// req: X-05
#[test]
fn what_was_committed_is_published_although_the_relay_is_killed() {
    for fault in [Draw::CrashBefore, Draw::CrashAfter, Draw::LostReply, Draw::Throttle] {
        for call in 0..2 {
            let profile = Profile { stream_loss: 1000, ..Profile::CALM };
            let mut world = World::with(3, profile, None);
            world.wish_order();
            assert!(world.turn(Kind::Place));
            let rows = world.memory.outbox_rows();
            assert_eq!(rows.len(), 1, "the outbox row came with the commit");
            assert!(!world.turn(Kind::Relay), "the stream has lost it");
            world.advance(120_000);
            world.faults.script([(call + 1, fault)]);
            world.turn(Kind::Sweep);
            let gone = world.memory.outbox_rows().is_empty();
            let published = rows[0].events.iter().all(|event| world.by_id.contains_key(&event.id));
            assert!(published || !gone, "removed without having been published");
            world.turn(Kind::Sweep);
            assert!(world.memory.outbox_rows().is_empty(), "the next sweep finds it");
            assert!(rows[0].events.iter().all(|event| world.by_id.contains_key(&event.id)));
            at_rest(world, &format!("{fault:?} at call {call}"));
        }
    }
}

/// A message that cannot be processed goes to the dead-letter queue after three receives, and a redrive,
/// even a second one, processes it.
// req: X-07
#[test]
fn a_poison_message_is_dead_after_three_receives_and_processed_after_a_redrive() {
    let mut world = ready_for(Kind::Process);
    let entry = |world: &World| {
        let entries = world.shops.iter().flat_map(|shop| world.memory.inbox_entries(&shop.scope));
        entries.map(|entry| entry.state).collect::<Vec<_>>()
    };
    assert_eq!(entry(&world), [InboxState::Received], "acknowledged, so it is stored");
    world.faults.set_rates(Rates { throttle: 1000, ..Rates::default() });
    for receive in 1..=3 {
        assert!(world.hooks_queue.dead.is_empty(), "receive {receive}");
        assert!(world.turn(Kind::Process), "receive {receive}");
        world.advance(200_000);
    }
    assert_eq!(world.hooks_queue.dead.len(), 1);
    assert!(world.hooks_queue.is_empty());
    assert_eq!(entry(&world), [InboxState::Received], "nothing is lost meanwhile");
    world.faults.off();
    assert_eq!(world.redrive(), 1);
    assert!(world.turn(Kind::Process));
    assert_eq!(entry(&world), [InboxState::Done]);
    let commits = world.memory.commits();
    assert_eq!(world.hooks_queue.redrive_again(), 1, "and once more, after the fact");
    assert!(world.turn(Kind::Process));
    assert_eq!(world.memory.commits(), commits, "it changes nothing");
    at_rest(world, "redriven twice");
}

/// Garbage among good messages: the good ones are done, the garbage is parked with its reason.
// req: X-06 X-07
#[test]
fn garbage_is_parked_and_its_neighbours_are_done() {
    let mut world = World::with(5, Profile { garbage: true, ..Profile::CALM }, None);
    world.wish_order();
    assert!(world.turn(Kind::Place));
    world.advance(7_200_000);
    while world.turn(Kind::Receive) {}
    for _ in 0..5 {
        world.turn(Kind::Garbage);
    }
    while world.turn(Kind::Process) {}
    let parked = world.lot.parked();
    assert_eq!(parked.len(), 5);
    assert!(parked.iter().all(|(_, reason)| reason.starts_with("not a message of ours")), "{parked:?}");
    assert!(world.hooks_queue.is_empty() && world.hooks_queue.dead.is_empty());
    at_rest(world, "garbage");
}

/// The same request 64 times at once, in 50 interleavings with and without faults: one order, one answer.
#[test]
fn sixty_four_deliveries_of_one_request_make_one_order() {
    for seed in 0..50 {
        let rates = if seed % 2 == 0 { Rates::default() } else { Rates { throttle: 50, lost: 100, crash: 50, ..Rates::default() } };
        let mut world = World::with(seed, Profile { rates, ..Profile::CALM }, None);
        world.wish_order();
        let jobs: Vec<_> = (0..64).filter_map(|_| world.again(0)).collect();
        assert_eq!(jobs.len(), 64);
        world.run_interleaved(jobs);
        at_rest(world, &format!("race {seed}"));
    }
}

/// A third of all calls throttled for an hour: nothing is lost and the backlog drains (I15).
#[test]
fn an_hour_of_throttling_loses_nothing() {
    let rates = Rates { throttle: 300, ..Rates::default() };
    let mut world = World::with(21, Profile { rates, twice: 50, ..Profile::CALM }, None);
    world.run(400);
    let report = at_rest(world, "throttled");
    assert!(report.stats.faults > 300 && report.stats.orders > 5, "{:?}", report.stats);
}

/// Every webhook comes once more after its inbox entry and all once-records have expired, whether or not
/// they were deleted: the orders know what they have heard (I13).
#[test]
fn webhooks_that_come_again_after_everything_expired_change_nothing() {
    for seed in 0..10 {
        let mut world = World::calm(seed);
        world.run(STEPS);
        world.drain();
        let orders = |world: &World| {
            let all = world.shops.iter().flat_map(|shop| world.memory.all_orders(&shop.scope));
            all.map(|order| (order.id.clone(), order.version, order.tracks)).collect::<Vec<_>>()
        };
        let before = orders(&world);
        assert!(before.iter().any(|(_, version, _)| *version > 3), "{before:?}");
        world.advance(36 * 24 * 3_600_000);
        world.send_all_again();
        world.drain();
        assert_eq!(world.failures, []);
        assert_eq!(orders(&world), before, "seed {seed}");
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
