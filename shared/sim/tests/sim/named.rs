//! Scenarios with a name.

use crate::{STEPS, at_rest, ready_to_process};
use app::ports::InboxState;
use sim::functions::job::Job;
use sim::{Draw, Kind, Profile, Rates, World};

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
    let mut world = ready_to_process(World::calm(7));
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
    world.run(450);
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
            let heard = |order: &domain::order::Order| {
                let shop = world.shops.iter().find(|shop| world.memory.order(&shop.scope, &order.id).as_ref() == Some(order));
                let history = shop.map(|shop| world.memory.history(&shop.scope, &order.id)).unwrap_or_default();
                let events = history.iter().flat_map(|recorded| &recorded.events);
                events.filter(|event| matches!(event, domain::order::OrderEvent::FactHeard { .. })).count()
            };
            all.map(|order| (order.id.clone(), heard(&order), order.tracks)).collect::<Vec<_>>()
        };
        let before = orders(&world);
        assert!(before.iter().any(|(_, heard, _)| *heard > 3), "{before:?}");
        world.advance(36 * 24 * 3_600_000);
        world.send_all_again();
        world.drain();
        assert_eq!(world.failures, []);
        assert_eq!(orders(&world), before, "seed {seed}");
    }
}

/// A little or a lot goes wrong.
fn rough(seed: u64) -> Rates {
    if seed.is_multiple_of(2) { Rates::default() } else { Rates { throttle: 40, lost: 60, crash: 40, ..Rates::default() } }
}

/// The same rows in four runs at once, beside webhooks about them and a client who places one of them: one order a
/// row, no row refused, and another run changes nothing.
// req: S0-19
#[test]
fn runs_of_one_import_side_by_side_agree() {
    for seed in 0..30 {
        let mut world = World::with(seed, Profile { rates: rough(seed), imports: true, ..Profile::CALM }, None);
        world.wish_import(0, 6);
        (0..4).for_each(|_| world.wish_order());
        world.advance(7_200_000);
        while world.turn(Kind::Receive) {}
        let mut jobs = Vec::new();
        for kind in [Kind::Import, Kind::Import, Kind::Place, Kind::Process, Kind::Place] {
            let Some(job) = world.job(kind) else { continue };
            if let Job::Import { chunk, run } = &job {
                jobs.extend((0..3).map(|_| Job::Import { chunk: chunk.clone(), run: *run }));
            }
            jobs.push(job);
        }
        world.run_interleaved(jobs);
        at_rest(world, &format!("imports side by side {seed}"));
    }
}

/// Somebody is forgotten while a webhook is processed and a mail is sent about them, and another webhook comes in.
// req: X-08
#[test]
fn an_erasure_races_with_everything_about_its_order() {
    for seed in 0..60 {
        let mut world = World::with(seed, Profile { rates: rough(seed / 2), erasures: true, staff: true, ..Profile::CALM }, None);
        world.wish_order();
        world.turn(Kind::Place);
        world.turn(Kind::Relay);
        world.advance(7_200_000);
        for _ in 0..3 {
            world.turn(Kind::Receive);
        }
        world.wish_photo();
        let kinds = [Kind::Erase, Kind::Process, Kind::Notify, Kind::Staff, Kind::Receive, Kind::Erase];
        let jobs: Vec<_> = kinds.into_iter().filter_map(|kind| world.job(kind)).collect();
        world.run_interleaved(jobs);
        at_rest(world, &format!("erasure {seed}"));
    }
}

/// The same movement sent 64 times at once moves once.
// req: X-03
#[test]
fn sixty_four_deliveries_of_one_movement_move_once() {
    for seed in 0..12 {
        let mut world = World::with(seed, Profile { rates: rough(seed), stock: true, ..Profile::CALM }, None);
        let Some(Job::Stock { wish, index }) = world.job(Kind::Stock) else { panic!("nothing to move") };
        world.run_interleaved((0..64).map(|_| Job::Stock { wish: wish.clone(), index }).collect());
        at_rest(world, &format!("stock {seed}"));
    }
}

/// A schedule that fires never, once, or three times beside itself, killed at times: one report and one summary.
#[test]
fn a_schedule_makes_one_report_however_it_fires() {
    for seed in 0..24 {
        let mut world = World::with(seed, Profile { rates: rough(seed / 4), reports: true, ..Profile::CALM }, None);
        for _ in 0..3 {
            world.wish_order();
            world.turn(Kind::Place);
        }
        let jobs: Vec<_> = (0..seed % 4).filter_map(|_| world.job(Kind::Schedule)).collect();
        world.run_interleaved(jobs);
        // The figures change, and the schedule fires again.
        world.wish_order();
        world.turn(Kind::Place);
        world.advance(1_200_000);
        world.turn(Kind::Schedule);
        let report = at_rest(world, &format!("reports {seed}"));
        assert!(report.stats.usage.files >= 4.0, "two shops' hours have come: {:?}", report.stats);
    }
}

/// Whatever happens to one shop's report, the others get theirs in the same run.
#[test]
fn a_shop_whose_report_fails_does_not_hold_up_the_others() {
    for call in 0.. {
        let mut world = World::with(9, Profile { reports: true, ..Profile::CALM }, None);
        world.advance(7_200_000);
        world.faults.script([(call, Draw::Throttle)]);
        assert!(world.turn(Kind::Schedule));
        if world.faults.unmet() > 0 {
            assert!(call > 20, "three reports take more than {call} calls");
            return;
        }
        let made = world.memory.outbox_rows().len();
        // The first call asks who there is; without an answer there is nobody to make a report for.
        assert!(made >= 2 || call == 0, "call {call}: {made} of three reports were made");
        at_rest(world, &format!("call {call}"));
    }
}
