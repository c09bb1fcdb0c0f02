//! Death, throttling and lost replies at every port call of every use case, and death at every two.

use crate::{at_rest, ready_to_process};
use domain::order::OrderStatus;
use sim::{Draw, Kind, Profile, Wish, World};
use testkit::listeners::Reaction;

/// Nothing goes wrong by itself, and everything is done that can be.
const BUSY: Profile = Profile { staff: true, imports: true, erasures: true, stock: true, reports: true, listeners: 1, ..Profile::CALM };

/// A use case, brought to where it is next.
struct Case {
    name: &'static str,
    kind: Kind,
    ready: fn(u64) -> World,
    /// Port calls that it makes at least; a number that shrinks means that something is no longer covered.
    calls: u64,
    /// Seeds, each of which makes it do something else.
    seeds: usize,
}

fn empty(seed: u64) -> World {
    World::with(seed, BUSY, None)
}

fn wished(seed: u64) -> World {
    let mut world = empty(seed);
    world.wish_order();
    world
}

fn placed(seed: u64) -> World {
    let mut world = wished(seed);
    world.turn(Kind::Place);
    world.advance(120_000);
    world
}

/// Somebody is about to add a photo.
fn packed(seed: u64) -> World {
    let mut world = placed(seed);
    world.wish_photo();
    world
}

fn published(seed: u64) -> World {
    let mut world = placed(seed);
    world.turn(Kind::Relay);
    world
}

fn due(seed: u64) -> World {
    let mut world = placed(seed);
    world.advance(7_200_000);
    world
}

fn received(seed: u64) -> World {
    ready_to_process(empty(seed))
}

/// The customer has mail, and a webhook has named them.
fn told(seed: u64) -> World {
    let mut world = received(seed);
    for kind in [Kind::Process, Kind::Relay, Kind::Notify, Kind::Measure] {
        world.turn(kind);
    }
    world
}

/// The same, and their order is erased while another webhook and another mail about it are on their way.
fn erased(seed: u64) -> World {
    let mut world = received(seed);
    for kind in [Kind::Relay, Kind::Erase] {
        world.turn(kind);
    }
    world
}

/// The customer has mail, and their order has photos.
fn pictured(seed: u64) -> World {
    let mut world = told(seed);
    for _ in 0..20 {
        world.wish_photo();
        world.turn(Kind::Staff);
    }
    world
}

/// The same, and they are forgotten while the event of it is on its way and another photo comes.
fn unpictured(seed: u64) -> World {
    let mut world = pictured(seed);
    for kind in [Kind::Erase, Kind::Relay, Kind::Staff] {
        world.turn(kind);
    }
    world
}

/// An order is packed, and a label for it wanted.
fn boxed(seed: u64) -> World {
    let mut world = published(seed);
    for kind in [Kind::Saga, Kind::Relay, Kind::Saga, Kind::Relay] {
        world.turn(kind);
    }
    for wish in [Wish::Change { to: OrderStatus::Processing }, Wish::Pack, Wish::Label { again: false }] {
        world.wish(wish);
        world.turn(Kind::Staff);
    }
    world.turn(Kind::Relay);
    world
}

/// It has its label, and is called off.
fn off(seed: u64) -> World {
    let mut world = boxed(seed);
    world.turn(Kind::Dispatch);
    world.wish(Wish::Change { to: OrderStatus::Cancelled });
    for kind in [Kind::Staff, Kind::Relay] {
        world.turn(kind);
    }
    world
}

/// Whoever is told by webhook does not take it.
fn refused(seed: u64) -> World {
    let world = published(seed);
    world.listeners.will(|_| Reaction::Says(500));
    world
}

/// They say that they are gone.
fn gone(seed: u64) -> World {
    let world = published(seed);
    world.listeners.will(|_| Reaction::Says(410));
    world
}

/// The same, and it is time to try again.
fn untold(seed: u64) -> World {
    let mut world = refused(seed);
    world.turn(Kind::Tell);
    world.advance(600_000);
    world
}

fn listed(seed: u64) -> World {
    let mut world = empty(seed);
    world.wish_import((seed % 3) as usize, 4);
    world
}

/// The sheet is in, and one of its rows has changed since.
fn edited(seed: u64) -> World {
    let mut world = listed(seed);
    while world.is_importing() {
        world.turn(Kind::Import);
    }
    world.wish_import((seed % 3) as usize, 0);
    world
}

const CASES: [Case; 27] = [
    Case { name: "place", kind: Kind::Place, ready: wished, calls: 4, seeds: 1 },
    Case { name: "receive", kind: Kind::Receive, ready: due, calls: 3, seeds: 1 },
    Case { name: "process", kind: Kind::Process, ready: received, calls: 5, seeds: 1 },
    Case { name: "process, erased", kind: Kind::Process, ready: erased, calls: 7, seeds: 1 },
    Case { name: "relay", kind: Kind::Relay, ready: placed, calls: 2, seeds: 1 },
    Case { name: "sweep", kind: Kind::Sweep, ready: placed, calls: 3, seeds: 1 },
    Case { name: "notify", kind: Kind::Notify, ready: published, calls: 6, seeds: 1 },
    Case { name: "notify, erased", kind: Kind::Notify, ready: erased, calls: 4, seeds: 4 },
    Case { name: "measure", kind: Kind::Measure, ready: published, calls: 1, seeds: 1 },
    Case { name: "staff", kind: Kind::Staff, ready: placed, calls: 4, seeds: 4 },
    Case { name: "photo", kind: Kind::Staff, ready: packed, calls: 7, seeds: 4 },
    Case { name: "replay", kind: Kind::Replay, ready: received, calls: 4, seeds: 1 },
    Case { name: "import", kind: Kind::Import, ready: listed, calls: 4, seeds: 3 },
    Case { name: "import, edited", kind: Kind::Import, ready: edited, calls: 3, seeds: 4 },
    Case { name: "erase", kind: Kind::Erase, ready: told, calls: 12, seeds: 1 },
    Case { name: "erase, with photos", kind: Kind::Erase, ready: pictured, calls: 14, seeds: 1 },
    Case { name: "notify, without photos", kind: Kind::Notify, ready: unpictured, calls: 4, seeds: 4 },
    Case { name: "dispatch", kind: Kind::Dispatch, ready: boxed, calls: 9, seeds: 2 },
    Case { name: "dispatch, called off", kind: Kind::Dispatch, ready: off, calls: 7, seeds: 2 },
    Case { name: "tell", kind: Kind::Tell, ready: published, calls: 3, seeds: 2 },
    Case { name: "tell, refused", kind: Kind::Tell, ready: refused, calls: 5, seeds: 2 },
    Case { name: "tell, gone", kind: Kind::Tell, ready: gone, calls: 5, seeds: 2 },
    Case { name: "tell, the second time", kind: Kind::Tell, ready: untold, calls: 4, seeds: 2 },
    Case { name: "tell again", kind: Kind::TellAgain, ready: untold, calls: 3, seeds: 1 },
    Case { name: "stock", kind: Kind::Stock, ready: empty, calls: 1, seeds: 6 },
    Case { name: "schedule", kind: Kind::Schedule, ready: told, calls: 14, seeds: 1 },
    Case { name: "report", kind: Kind::Report, ready: told, calls: 6, seeds: 2 },
];

impl Case {
    /// The first seeds in which there is something to do.
    fn seeds(&self) -> Vec<u64> {
        (0..).filter(|seed| (self.ready)(*seed).turn(self.kind)).take(self.seeds).collect()
    }

    /// Lets every fault happen at every port call of one invocation, one at a time. How many calls it makes.
    fn at_every_call(&self, seed: u64) -> u64 {
        for call in 0.. {
            for fault in Draw::FAULTS {
                let mut world = (self.ready)(seed);
                world.faults.script([(call, fault)]);
                assert!(world.turn(self.kind), "{} has nothing to do", self.name);
                if world.faults.unmet() > 0 {
                    return call;
                }
                at_rest(world, &format!("{} in seed {seed}: {fault:?} at call {call}", self.name));
            }
        }
        unreachable!("an invocation makes finitely many calls")
    }

    /// Kills one invocation, and the one that goes on where it stopped.
    fn at_every_two_calls(&self, seed: u64, calls: u64) {
        let deaths = [Draw::CrashBefore, Draw::CrashAfter];
        for first in 0..calls {
            for second in (first % 2..calls + 2).step_by(2) {
                let (one, two) = (deaths[(first % 2) as usize], deaths[(second / 2 % 2) as usize]);
                let mut world = (self.ready)(seed);
                for (call, death) in [(first, one), (second, two)] {
                    world.faults.script([(call, death)]);
                    world.turn(self.kind);
                    world.advance(200_000);
                }
                at_rest(world, &format!("{} in seed {seed}: {one:?} at call {first}, then {two:?} at call {second}", self.name));
            }
        }
    }

    fn enumerate(&self) {
        let seeds = self.seeds();
        let calls: Vec<u64> = seeds.iter().map(|seed| self.at_every_call(*seed)).collect();
        let most = calls.iter().copied().max().unwrap_or(0);
        assert!(most >= self.calls, "{} made {calls:?} calls, {} were expected", self.name, self.calls);
        self.at_every_two_calls(seeds[0], calls[0]);
    }
}

/// Two halves, so that two cores share them.
fn every_case(half: usize) {
    CASES.iter().skip(half).step_by(2).for_each(Case::enumerate);
}

// req: X-05
#[test]
fn a_process_may_die_at_any_call() {
    every_case(0);
}

// req: X-05
#[test]
fn another_process_may_die_at_any_call() {
    every_case(1);
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
