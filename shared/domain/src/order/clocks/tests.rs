use super::*;
use crate::ids::{EventId, SourceId};
use crate::order::event::{Cause, OrderEvent};
use crate::order::testing::{at, basket, given, placed};
use crate::order::{ChangeStatus, Command, CorrectStatus, Fact, Role, Vocabulary, decide};
use crate::sla::SlaRules;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn rules() -> SlaRules {
    // The day of these stories is a Saturday.
    SlaRules { enabled: true, days: crate::shipping::Calendar::every_day(), ..SlaRules::default() }
}

fn order() -> Order {
    placed(&basket(), given()).unwrap()
}

fn fact(word: &str, minute: i64) -> Fact {
    Fact {
        id: EventId::parse(&format!("{word}-{minute}")).unwrap(),
        source: SourceId::parse("wms").unwrap(),
        sequence: None,
        occurred_at: at(minute),
        claim: Vocabulary::Events.read(word).unwrap().claim,
    }
}

/// A commit as the suite makes one: what was decided, and what follows for clocks.
fn commit(order: &mut Order, events: Vec<OrderEvent>, rules: &SlaRules, now: Timestamp) {
    let mut after = order.clone();
    events.iter().for_each(|event| after.evolve(event, now));
    let follows = clocked((Some(order), &after), &events, rules, &TimeZone::UTC, now).map(|event| OrderEvent::Sla { event });
    let events: Vec<OrderEvent> = events.into_iter().chain(follows).collect();
    assert!(events.len() <= crate::order::Recorded::MAX_EVENTS, "{events:?}");
    order.apply_commit(&events, now);
}

fn hear(order: &mut Order, word: &str, minute: i64, heard_at: i64) {
    let events = decide(Some(order), &Command::Hear { fact: fact(word, minute), notify: false }, at(heard_at)).unwrap();
    commit(order, events, &rules(), at(heard_at));
}

fn does(order: &mut Order, command: &Command, minute: i64) {
    let events = decide(Some(order), command, at(minute)).unwrap();
    commit(order, events, &rules(), at(minute));
}

fn change(to: OrderStatus) -> Command {
    Command::Change(ChangeStatus { to, cause: Cause::Asked { note: None }, notify: false, implied_steps: true })
}

fn ticked(order: &mut Order, placed: &BTreeMap<Timestamp, u64>, now: Timestamp) {
    if let Some(event) = tick(order, &rules(), &TimeZone::UTC, placed, now) {
        order.apply_commit(&[OrderEvent::Sla { event }], now);
    }
}

fn state(order: &Order, sla: Sla) -> Option<SlaState> {
    order.clock(sla).map(SlaClock::state)
}

fn seconds(minute: i64, second: i64) -> Timestamp {
    at(minute) + SignedDuration::from_secs(second)
}

/// Lets time pass without a word, as the timers do: whenever something is due.
fn wait(order: &mut Order, until: Timestamp) {
    while let Some(due) = order.clocks_due().filter(|due| *due <= until) {
        let before = order.clone();
        ticked(order, &BTreeMap::new(), due);
        assert_ne!(*order, before, "what is due changes something");
    }
}

// req: S4-36, S4-37, S4-38, S4-39, S4-43
#[test]
fn a_clock_runs_out_although_nothing_comes() {
    for (words, sla, target_min) in [
        (&["order_paid"][..], Sla::Pick, 120),
        (&["order_paid", "pick_completed"], Sla::Pack, 180),
        (&["order_paid", "pick_completed"], Sla::Scan, 270),
        (&["order_paid", "pick_completed", "pack_completed"], Sla::Ship, 1_440),
        (&["order_paid"], Sla::Delivery, 4_320),
    ] {
        let mut order = order();
        for (minute, word) in (0..).zip(words) {
            hear(&mut order, word, minute, minute);
        }
        let started = i64::try_from(words.len()).unwrap() - 1;
        let (last, over) = (seconds(started + target_min, 0), seconds(started + target_min, 1));
        assert_eq!(order.clock(sla).map(|clock| clock.due_at), Some(last), "{sla}");
        let mut late = order.clone();
        wait(&mut order, seconds(started + target_min, -1));
        assert_eq!(state(&order, sla), Some(SlaState::AtRisk), "{sla}: 1 s to go, and a warning before");
        wait(&mut order, last);
        assert_eq!(state(&order, sla), Some(SlaState::AtRisk), "{sla}: the last moment is in time");
        wait(&mut order, over);
        assert_eq!(state(&order, sla), Some(SlaState::Missed), "{sla}: nobody has said anything");
        // A tick that comes a day late says both at once, and one that comes again says nothing.
        ticked(&mut late, &BTreeMap::new(), over + SignedDuration::from_hours(24));
        assert_eq!(state(&late, sla), Some(SlaState::Missed));
        assert_eq!(tick(&late, &rules(), &TimeZone::UTC, &BTreeMap::new(), over + SignedDuration::from_hours(24)), None);
    }
}

// req: S4-36, S4-37, S4-38
#[test]
fn each_word_that_ends_a_stage_stops_its_clock() {
    for (ends, sla) in [
        ("pick_completed", Sla::Pick),
        ("pack_completed", Sla::Pack),
        ("pack_completed", Sla::Scan),
        ("manifested", Sla::Ship),
        ("picked_up", Sla::Ship),
        ("shipment_dispatched", Sla::Ship),
        ("delivered", Sla::Carrier),
        ("delivered", Sla::Delivery),
    ] {
        let mut order = order();
        for (minute, word) in ["order_paid", "pick_completed", "pack_completed"].into_iter().enumerate() {
            hear(&mut order, word, minute as i64, minute as i64);
        }
        if sla == Sla::Carrier {
            hear(&mut order, "picked_up", 5, 5);
        }
        hear(&mut order, ends, 10, 10);
        assert_eq!(state(&order, sla), Some(SlaState::Kept), "{ends} ends {sla}");
    }
    let mut order = order();
    for (word, minute) in [("order_paid", 0), ("pick_completed", 1), ("pack_completed", 2), ("label_created", 3)] {
        hear(&mut order, word, minute, minute);
    }
    assert_eq!(state(&order, Sla::Ship), Some(SlaState::Running), "paper alone hands nothing over");
}

// req: S4-39
#[test]
fn a_scan_that_comes_after_all_sets_it_right() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    hear(&mut order, "pick_completed", 10, 10);
    wait(&mut order, at(1_000));
    assert_eq!((state(&order, Sla::Pack), state(&order, Sla::Scan)), (Some(SlaState::Missed), Some(SlaState::Missed)));
    // It was packed in time; only word of it was late.
    hear(&mut order, "pack_completed", 100, 1_001);
    assert_eq!((state(&order, Sla::Pack), state(&order, Sla::Scan)), (Some(SlaState::Kept), Some(SlaState::Kept)));
    assert_eq!(order.clock(Sla::Ship).map(|clock| clock.started_at), Some(at(100)));
}

#[test]
fn what_was_done_too_late_was_missed_whenever_that_is_heard() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    hear(&mut order, "pick_completed", 121, 121);
    assert_eq!(state(&order, Sla::Pick), Some(SlaState::Missed), "nobody had looked in between");
    assert!(order.clock(Sla::Pick).unwrap().missed);
}

#[test]
fn time_on_hold_is_nobodys() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    does(&mut order, &change(OrderStatus::OnHold), 100);
    assert_eq!(order.clocks_due(), None, "nothing is missed while it waits for somebody else");
    wait(&mut order, at(10_000));
    assert_eq!(state(&order, Sla::Pick), Some(SlaState::Running));
    does(&mut order, &change(OrderStatus::Processing), 700);
    let pick = order.clock(Sla::Pick).unwrap();
    assert_eq!((pick.due_at, pick.held_s), (at(720), 600 * 60), "twenty minutes were left");
    wait(&mut order, seconds(720, 1));
    assert_eq!(state(&order, Sla::Pick), Some(SlaState::Missed));
}

/// A hold excuses what it kept from being done, and nothing else.
#[test]
fn a_hold_after_the_deadline_excuses_nothing() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    wait(&mut order, at(121));
    does(&mut order, &change(OrderStatus::OnHold), 125);
    does(&mut order, &change(OrderStatus::Processing), 400);
    assert_eq!(order.clock(Sla::Pick).map(|clock| (clock.due_at, clock.state())), Some((at(120), SlaState::Missed)));
    hear(&mut order, "pick_completed", 123, 401);
    assert_eq!(state(&order, Sla::Pick), Some(SlaState::Missed), "it was late before it was held");
}

#[test]
fn a_hold_counts_whenever_the_clock_turns_out_to_have_started() {
    let mut late = order();
    does(&mut late, &change(OrderStatus::Processing), 50);
    does(&mut late, &change(OrderStatus::OnHold), 60);
    does(&mut late, &change(OrderStatus::Processing), 90);
    // A person has decided meanwhile: what is older than that is history.
    hear(&mut late, "order_paid", 100, 101);
    let pick = late.clock(Sla::Pick).unwrap();
    assert_eq!((pick.started_at, pick.due_at, pick.held_s), (at(50), at(200), 30 * 60));
    // What is done while it is held is held until then.
    let mut done = order();
    hear(&mut done, "order_paid", 0, 0);
    does(&mut done, &change(OrderStatus::OnHold), 100);
    hear(&mut done, "pick_completed", 150, 150);
    assert_eq!(done.clock(Sla::Pick).map(|clock| (clock.due_at, clock.state())), Some((at(170), SlaState::Kept)));
}

#[test]
fn what_is_paid_at_the_door_is_no_less_urgent() {
    let mut order = order();
    hear(&mut order, "pick_started", 0, 0);
    wait(&mut order, at(130));
    hear(&mut order, "pick_completed", 140, 140);
    hear(&mut order, "picked_up", 200, 200);
    hear(&mut order, "order_paid", 4_500, 4_500);
    hear(&mut order, "delivered", 4_500, 4_501);
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Delivery)), (Some(SlaState::Missed), Some(SlaState::Missed)));
}

/// Clocks that are switched on, or on again, begin with what happens from then on.
#[test]
fn what_happened_while_no_clock_was_run_starts_none() {
    let off = SlaRules { enabled: false, ..rules() };
    let heard_by = |order: &mut Order, rules: &SlaRules, word: &str, minute: i64| {
        let events = decide(Some(order), &Command::Hear { fact: fact(word, minute), notify: false }, at(minute)).unwrap();
        commit(order, events, rules, at(minute));
    };
    let mut shipped = order();
    heard_by(&mut shipped, &off, "pick_completed", 0);
    heard_by(&mut shipped, &off, "picked_up", 10);
    hear(&mut shipped, "order_paid", 500, 500);
    assert_eq!(shipped.clocks, [], "it had left before anybody said that it is paid");
    hear(&mut shipped, "delivered", 600, 600);
    assert_eq!(shipped.clocks, []);
    // Off for a while, and picked meanwhile.
    let mut picked = order();
    hear(&mut picked, "order_paid", 0, 0);
    heard_by(&mut picked, &off, "pick_completed", 200);
    assert_eq!(picked.clocks, [], "with the first word after they are switched off they are gone");
    hear(&mut picked, "pack_completed", 300, 300);
    assert_eq!(picked.clocks.iter().map(|clock| clock.sla).collect::<Vec<_>>(), [Sla::Ship]);
}

#[test]
fn what_was_missed_when_they_are_switched_off_stays_missed_and_is_not_due() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    wait(&mut order, at(130));
    let off = SlaRules { enabled: false, ..rules() };
    let event = tick(&order, &off, &TimeZone::UTC, &BTreeMap::new(), at(140)).unwrap();
    order.apply_commit(&[OrderEvent::Sla { event }], at(140));
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Delivery), order.pressing()), (Some(SlaState::Missed), None, None));
    assert_eq!(tick(&order, &off, &TimeZone::UTC, &BTreeMap::new(), at(141)), None);
}

#[test]
fn what_counts_for_nothing_stops_no_clock() {
    let mut corrected = order();
    hear(&mut corrected, "order_paid", 0, 0);
    does(&mut corrected, &change(OrderStatus::Shipped), 10);
    let correction = CorrectStatus { to: OrderStatus::Processing, reason: "wrong order".into(), role: Role::Manager };
    does(&mut corrected, &Command::Correct(correction), 20);
    hear(&mut corrected, "picked_up", 15, 30);
    assert_eq!(
        (state(&corrected, Sla::Pick), state(&corrected, Sla::Carrier)),
        (Some(SlaState::Running), None),
        "said before the correction"
    );
    // What goes back is handed over to the shop, which is no delivery.
    let mut back = order();
    for (word, minute) in [("order_paid", 0), ("pick_completed", 1), ("pack_completed", 2), ("picked_up", 3), ("returned", 100)] {
        hear(&mut back, word, minute, minute);
    }
    hear(&mut back, "delivered", 200, 200);
    assert_eq!((state(&back, Sla::Carrier), state(&back, Sla::Delivery)), (Some(SlaState::Void), Some(SlaState::Void)));
}

/// Of two parcels one is with its carrier.
#[test]
fn one_parcel_does_not_speak_for_all() {
    use crate::ids::LocationId;
    use crate::order::{Begins, FulfilCommand};
    use crate::shipping::fulfilment::{Ask, Share};
    let mut order = order();
    does(&mut order, &change(OrderStatus::Processing), 0);
    let open = |line, begins| FulfilCommand::Open {
        ask: Ask::Parts(vec![Share { line, quantity: 2 }]),
        from: LocationId::parse("main").ok(),
        carriage: None,
        followed: None,
        begins,
        checked_bps: 0,
        notify: false,
    };
    does(&mut order, &Command::Fulfil(open(0, Begins::Left)), 10);
    let mut seen = fact("in_transit", 20);
    // As we say it ourselves of one parcel of several.
    (seen.claim.status, seen.claim.fulfilment) = (None, None);
    let events = decide(Some(&order), &Command::Hear { fact: seen, notify: false }, at(20)).unwrap();
    commit(&mut order, events, &rules(), at(20));
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Carrier)), (Some(SlaState::Running), None), "{:?}", order.milestones);
}

#[test]
fn a_busy_hour_stays_busy_when_late_words_come() {
    let mut order = order();
    hear(&mut order, "order_paid", 5, 5);
    let hour = order.hours_to_look_at(&rules(), at(101))[0];
    ticked(&mut order, &BTreeMap::from([(hour, 101)]), at(101));
    hear(&mut order, "pick_started", 4, 110);
    let pick = order.clock(Sla::Pick).unwrap();
    assert_eq!((pick.started_at, pick.due_at, pick.factors.as_slice()), (at(4), at(160), &[Factor::Busy][..]));
}

#[test]
fn an_order_that_was_packed_by_decision_can_be_put_back() {
    let mut order = order();
    does(&mut order, &change(OrderStatus::Processing), 0);
    does(&mut order, &change(OrderStatus::ReadyToShip), 30);
    assert_eq!(state(&order, Sla::Ship), Some(SlaState::Running));
    let correction = CorrectStatus { to: OrderStatus::Processing, reason: "it is not".into(), role: Role::Manager };
    does(&mut order, &Command::Correct(correction), 40);
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Ship)), (Some(SlaState::Running), None));
}

#[test]
fn an_order_that_comes_to_nothing_keeps_no_one_waiting() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    does(&mut order, &change(OrderStatus::Cancelled), 60);
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Delivery)), (Some(SlaState::Void), Some(SlaState::Void)));
    assert_eq!(order.clocks_due(), None);
    let mut late = self::order();
    hear(&mut late, "order_paid", 0, 0);
    wait(&mut late, at(130));
    does(&mut late, &change(OrderStatus::Cancelled), 140);
    assert_eq!((state(&late, Sla::Pick), state(&late, Sla::Delivery)), (Some(SlaState::Missed), Some(SlaState::Void)));
}

#[test]
fn what_people_do_in_the_house_counts_as_what_machines_report() {
    let mut order = order();
    does(&mut order, &change(OrderStatus::Processing), 0);
    assert_eq!(order.clock(Sla::Pick).map(|clock| clock.started_at), Some(at(0)), "nobody says anything of its money");
    does(&mut order, &change(OrderStatus::Shipped), 90);
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Delivery)), (Some(SlaState::Kept), Some(SlaState::Running)));
    let correction = CorrectStatus { to: OrderStatus::Processing, reason: "wrong order".into(), role: Role::Manager };
    does(&mut order, &Command::Correct(correction), 95);
    assert_eq!((state(&order, Sla::Pick), state(&order, Sla::Carrier)), (Some(SlaState::Running), None), "it has not left");
}

#[test]
fn money_that_is_heard_of_later_starts_the_clock_when_it_came() {
    let mut order = order();
    hear(&mut order, "pick_started", 30, 30);
    assert_eq!(order.clock(Sla::Pick).map(|clock| clock.due_at), Some(at(150)));
    hear(&mut order, "order_paid", 5, 40);
    assert_eq!(order.clock(Sla::Pick).map(|clock| clock.due_at), Some(at(125)));
}

// req: S4-41
#[test]
fn a_busy_hour_is_looked_at_before_anybody_is_late() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    let hour = at(0).round(jiff::TimestampRound::new().smallest(jiff::Unit::Hour).mode(jiff::RoundMode::Trunc)).unwrap();
    assert_eq!(order.hours_to_look_at(&rules(), at(95)), [] as [Timestamp; 0]);
    assert_eq!(order.hours_to_look_at(&rules(), at(96)), [hour]);
    let mut as_usual = order.clone();
    ticked(&mut as_usual, &BTreeMap::from([(hour, 100)]), at(96));
    assert_eq!((state(&as_usual, Sla::Pick), as_usual.clock(Sla::Pick).unwrap().due_at), (Some(SlaState::AtRisk), at(120)));
    ticked(&mut order, &BTreeMap::from([(hour, 101)]), at(96));
    let pick = order.clock(Sla::Pick).unwrap();
    assert_eq!((pick.state(), pick.due_at, pick.factors.as_slice()), (SlaState::Running, at(156), &[Factor::Busy][..]));
    assert_eq!(order.hours_to_look_at(&rules(), at(130)), [] as [Timestamp; 0], "once is enough");
    wait(&mut order, seconds(156, 1));
    assert_eq!(state(&order, Sla::Pick), Some(SlaState::Missed));
}

#[test]
fn a_clock_keeps_the_rules_that_it_was_started_by_until_there_are_none() {
    let mut order = order();
    hear(&mut order, "order_paid", 0, 0);
    let stricter = SlaRules { pick_min: 10, ..rules() };
    let events = decide(Some(&order), &Command::Hear { fact: fact("pick_started", 5), notify: false }, at(5)).unwrap();
    commit(&mut order, events, &stricter, at(5));
    assert_eq!(order.clock(Sla::Pick).map(|clock| clock.due_at), Some(at(120)));
    let off = SlaRules { enabled: false, ..rules() };
    let event = tick(&order, &off, &TimeZone::UTC, &BTreeMap::new(), at(200)).unwrap();
    assert_eq!(event.gone, [Sla::Pick, Sla::Delivery]);
    order.apply_commit(&[OrderEvent::Sla { event }], at(200));
    assert_eq!((order.clocks_due(), tick(&order, &off, &TimeZone::UTC, &BTreeMap::new(), at(201))), (None, None));
}

#[test]
fn an_order_that_is_old_when_it_comes_has_none() {
    use crate::order::{PaymentStatus, Tracks};
    let born = |placed_at| {
        let tracks = Tracks { payment: PaymentStatus::Captured, ..Tracks::default() };
        let draft = crate::order::placement::Draft { placed_at: Some(placed_at), ..basket() };
        let placement = crate::order::placement::check(&draft, crate::order::placement::Given { tracks, ..given() }).unwrap();
        let events = decide(None, &Command::Place(Box::new(placement)), at(0)).unwrap();
        let order = Order::placed(&events, None, at(0)).unwrap();
        clocked((None, &order), &events, &rules(), &TimeZone::UTC, at(0))
            .map(|event| event.clocks.iter().map(|clock| clock.sla).collect::<Vec<_>>())
    };
    assert_eq!(born(at(-24 * 60)), Some(vec![Sla::Pick, Sla::Delivery]));
    assert_eq!(born(at(-24 * 60 - 1)), None);
}

const WORDS: [&str; 8] =
    ["order_paid", "pick_started", "pick_completed", "pack_completed", "manifested", "picked_up", "in_transit", "delivered"];

proptest! {
    // req: S4-20
    #[test]
    fn the_order_in_which_words_come_does_not_matter(
        minutes in prop::collection::vec(0_i64..6_000, WORDS.len()),
        arrivals in Just((0..WORDS.len()).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0_usize..WORDS.len(), 0..4),
    ) {
        let heard_in = |arrivals: &[usize]| {
            let mut order = order();
            for (n, index) in arrivals.iter().enumerate() {
                hear(&mut order, WORDS[*index], minutes[*index], 6_000 + n as i64);
            }
            wait(&mut order, at(60_000));
            order
        };
        let straight = heard_in(&(0..WORDS.len()).collect::<Vec<_>>());
        let shuffled: Vec<usize> = arrivals.iter().copied().chain(again).collect();
        let shuffled = heard_in(&shuffled);
        prop_assert_eq!(&straight.milestones, &shuffled.milestones);
        let states = |order: &Order| order.clocks.iter().map(|clock| (clock.sla, clock.started_at, clock.due_at, clock.ended_at, clock.state())).collect::<Vec<_>>();
        prop_assert_eq!(states(&straight), states(&shuffled));
        for clock in &straight.clocks {
            prop_assert!(!clock.is_running() || clock.missed, "{:?}", clock);
        }
    }
}
