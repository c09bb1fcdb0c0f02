//! Parcels that carriers carry, told as stories.

use super::labels::labelled;
use super::*;
use jiff::civil::date;

fn sees(order: &mut Order, parcel: &str, (code, scanned): (&str, i64), minute: i64) -> Vec<String> {
    let seen = Sighting {
        code: Some(code.into()),
        at: Some(at(scanned)),
        place: Some("Austin, US".into()),
        incident: None,
        expected: None,
        pushed: false,
    };
    does_at(order, FulfilCommand::See { id: FulfilmentId::parse(parcel).unwrap(), seen }, minute).unwrap()
}

// req: S2-63, S2-65
#[test]
fn one_parcel_takes_its_order_along() {
    let mut order = labelled();
    let announced = ["Parcel p1: pending, Austin, US (MP)", "carrier-ups reported news", "Parcel unknown to pending"];
    assert_eq!(sees(&mut order, "p1", ("MP", 5), 10), announced, "a printed label is not in transit");
    assert_eq!(
        sees(&mut order, "p1", ("I", 60), 70),
        [
            "Parcel p1: in transit, Austin, US (I)",
            "carrier-ups reported news",
            "ready_to_ship to shipped, says carrier-ups",
            "Warehouse labelled to shipped",
            "Parcel pending to in_transit"
        ],
        "what was scanned has left, whoever forgot to say so"
    );
    assert_eq!(sees(&mut order, "p1", ("I", 60), 130), [""; 0], "nothing new");
    assert_eq!(sees(&mut order, "p1", ("MP", 5), 131), [""; 0], "a late word");
    assert_eq!(sees(&mut order, "p1", ("X", 140), 150)[3], "Known to be late");
    let arrived = sees(&mut order, "p1", ("D", 200), 201);
    assert_eq!(arrived[2], "shipped to delivered, says carrier-ups");
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Delivered, TrackingStatus::Delivered));
    assert_eq!((order.tracks.fulfilment, order.parcels_due()), (FulfilmentStatus::Delivered, None), "nobody asks any more");
}

// req: S2-65
#[test]
fn a_word_that_nobody_knows_is_kept_and_moves_nothing() {
    let mut order = labelled();
    sees(&mut order, "p1", ("MP", 5), 10);
    let before = order.tracks;
    assert_eq!(sees(&mut order, "p1", ("ZZ", 60), 70), ["Parcel p1: pending, Austin, US (ZZ)"]);
    assert_eq!(order.tracks, before);
    assert_eq!(order.consignments[0].way.as_ref().unwrap().code.as_deref(), Some("ZZ"));
}

/// Two parcels: the order has arrived when both have.
// req: S2-05, S2-65
#[test]
fn the_parcel_that_is_furthest_behind_speaks_for_the_order() {
    let mut order = order();
    does_at(&mut order, send(&[(0, 2)], "1Z1"), 1).unwrap();
    sees(&mut order, "p1", ("D", 50), 60);
    assert_eq!(
        (order.tracks.status, order.tracks.tracking),
        (OrderStatus::PartiallyShipped, TrackingStatus::Unknown),
        "three pots are still here"
    );
    does_at(&mut order, send(&[(2, 3)], "1Z2"), 61).unwrap();
    sees(&mut order, "p2", ("I", 70), 80);
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Shipped, TrackingStatus::InTransit));
    sees(&mut order, "p2", ("D", 90), 100);
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Delivered, TrackingStatus::Delivered));
}

#[test]
fn the_latest_day_of_all_parcels_is_the_promised_one() {
    let mut order = labelled();
    let seen = |day| Sighting { code: None, at: None, place: None, incident: None, expected: Some(day), pushed: true };
    let id = FulfilmentId::parse("p1").unwrap();
    let told = does_at(&mut order, FulfilCommand::See { id: id.clone(), seen: seen(date(2025, 8, 14)) }, 10).unwrap();
    assert_eq!(told[3..], ["Promised for 2025-08-14"]);
    assert_eq!(does_at(&mut order, FulfilCommand::See { id, seen: seen(date(2025, 8, 14)) }, 11).unwrap(), [""; 0]);
    // Who tells by itself is asked once a day.
    assert_eq!(order.parcels_due(), Some(at(10 + 24 * 60)));
}

// req: S2-64
#[test]
fn carriers_are_asked_by_the_clock_and_a_parcel_that_nobody_sees_is_lost() {
    let mut order = labelled();
    assert_eq!(order.parcels_due(), Some(at(4 + 60)));
    assert_eq!(does_at(&mut order, FulfilCommand::Wake, 63).unwrap(), [""; 0], "too early");
    let revision = order.revision();
    assert_eq!(does_at(&mut order, FulfilCommand::Wake, 64).unwrap(), ["The carrier is asked where parcel p1 is"]);
    assert_eq!((order.parcels_to_ask(at(65)).count(), order.parcels_to_ask(at(85)).count(), order.revision()), (1, 0, revision));
    let mut asked = 1;
    let mut last = 64;
    while let Some(due) = order.parcels_due() {
        last = due.duration_since(at(0)).as_mins();
        let told = does_at(&mut order, FulfilCommand::Wake, last).unwrap();
        assert!(!told.is_empty(), "{last}");
        asked += 1;
        if told[0] == "Parcel p1: expired" {
            break;
        }
    }
    assert_eq!((last, asked, order.tracks.tracking), (4 + 30 * 24 * 60, 41, TrackingStatus::Expired));
    assert_eq!(order.parcels_due(), None);
    let poll = FulfilCommand::Poll { id: FulfilmentId::parse("p1").unwrap() };
    assert_eq!(does_at(&mut order, poll, last + 1).unwrap(), [""; 0], "nobody asks for what is lost");
    // A late scan revives it.
    assert_eq!(sees(&mut order, "p1", ("I", last), last + 5)[0], "Parcel p1: in transit, Austin, US (I)");
}

#[test]
fn only_what_an_account_can_be_asked_about_is_followed() {
    let mut order = order();
    does(&mut order, opens(Ask::Everything, true)).unwrap();
    assert_eq!((order.consignments[0].way.clone(), order.parcels_due()), (None, None));
    let poll = FulfilCommand::Poll { id: FulfilmentId::parse("p1").unwrap() };
    assert_eq!(does(&mut order, poll), Err(Rejection::NotFollowed));
}

/// Nobody has seen it before it was there.
// req: S2-65
#[test]
fn the_first_word_may_be_the_last() {
    let mut order = labelled();
    let told = sees(&mut order, "p1", ("D", 60), 70);
    assert_eq!(told[2], "ready_to_ship to delivered (by way of shipped), says carrier-ups");
    // Also while nobody works on it, and whatever the house has forgotten to say.
    let mut order = super::labels::packed();
    let hand = Carriage::parse("UPS", "1Z1");
    order.consignments[0].went(
        &FulfilEvent::Handed {
            id: FulfilmentId::parse("p1").unwrap(),
            carriage: hand.unwrap(),
            followed: Some(CarrierName::Ups),
            usual_gap_s: None,
        },
        at(2),
    );
    sees(&mut order, "p1", ("D", 60), 70);
    assert_eq!((order.tracks.status, order.consignments[0].work.status), (OrderStatus::Delivered, FulfilmentStatus::Delivered));
}

fn send(parts: &[(usize, u32)], number: &str) -> FulfilCommand {
    FulfilCommand::Open {
        ask: some(parts),
        from: None,
        carriage: Carriage::parse("UPS", number),
        followed: Some(CarrierName::Ups),
        begins: Begins::Left,
        checked_bps: 0,
        notify: true,
    }
}

/// One has arrived and the other goes back, or is lost: the order has not arrived.
// req: S2-65
#[test]
fn what_does_not_arrive_is_not_said_to_have() {
    let mut order = order();
    does_at(&mut order, send(&[(0, 2)], "1Z1"), 1).unwrap();
    does_at(&mut order, send(&[(2, 3)], "1Z2"), 1).unwrap();
    sees(&mut order, "p2", ("I", 10), 11);
    sees(&mut order, "p1", ("D", 20), 21);
    sees(&mut order, "p2", ("RS", 30), 31);
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Shipped, TrackingStatus::InTransit));
}

/// One is late and the other is not: the order is late until no parcel of it is.
#[test]
fn one_late_parcel_makes_the_order_late() {
    let mut order = order();
    does_at(&mut order, send(&[(0, 2)], "1Z1"), 1).unwrap();
    does_at(&mut order, send(&[(2, 3)], "1Z2"), 1).unwrap();
    sees(&mut order, "p1", ("X", 10), 11);
    assert!(order.tracks.delayed.is_some());
    let told = sees(&mut order, "p2", ("I", 20), 21);
    assert!(order.tracks.delayed.is_some() && !told.contains(&"No longer late".to_owned()), "{told:?}");
    sees(&mut order, "p1", ("I", 30), 31);
    assert!(order.tracks.delayed.is_none());
}

/// An estimate of a carrier's moves no promise.
#[test]
fn a_promise_is_the_shops() {
    let mut order = labelled();
    order.tracks.eta = Some(date(2025, 8, 12));
    order.log.base.eta = order.tracks.eta;
    let seen = Sighting {
        code: Some("I".into()),
        at: Some(at(60)),
        place: None,
        incident: None,
        expected: Some(date(2025, 8, 20)),
        pushed: false,
    };
    does_at(&mut order, FulfilCommand::See { id: FulfilmentId::parse("p1").unwrap(), seen }, 61).unwrap();
    assert_eq!(
        (order.tracks.eta, order.consignments[0].way.as_ref().unwrap().expected),
        (Some(date(2025, 8, 12)), Some(date(2025, 8, 20)))
    );
}

/// The rest is called off: what of it was made up is called off with it, and the order arrives without it.
#[test]
fn the_rest_that_was_called_off_keeps_nobody_waiting() {
    use crate::order::{Cause, ChangeStatus};
    let mut order = order();
    does_at(&mut order, send(&[(0, 2)], "1Z1"), 1).unwrap();
    does_at(&mut order, opens(some(&[(2, 2)]), false), 2).unwrap();
    let off = ChangeStatus { to: OrderStatus::Cancelled, implied_steps: false, cause: Cause::Asked { note: None }, notify: false };
    let events = decide(Some(&order), &Command::Change(off), at(3)).unwrap();
    order.apply_commit(&events, at(3));
    assert_eq!((order.tracks.status, order.consignments[1].work.status), (OrderStatus::Shipped, FulfilmentStatus::Cancelled));
    sees(&mut order, "p1", ("D", 50), 60);
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Delivered, TrackingStatus::Delivered));
}

/// A scan from the future makes no later one a late one.
#[test]
fn a_carriers_clock_that_is_ahead_silences_nobody() {
    let mut order = labelled();
    sees(&mut order, "p1", ("I", 14 * 60), 70);
    assert_eq!(order.consignments[0].way.as_ref().unwrap().followed.scanned_at, Some(at(70)));
    sees(&mut order, "p1", ("D", 100), 101);
    assert_eq!(order.tracks.status, OrderStatus::Delivered);
}

/// A person has just decided, by a clock that is ahead: what the carrier says next counts all the same.
#[test]
fn a_persons_clock_that_is_ahead_silences_no_carrier() {
    let mut order = labelled();
    let leaves =
        FulfilCommand::Step { id: FulfilmentId::parse("p1").unwrap(), step: Step::HandOver, carriage: None, followed: None, notify: false };
    does_at(&mut order, leaves, 75).unwrap();
    sees(&mut order, "p1", ("D", 70), 71);
    assert_eq!((order.tracks.status, order.tracks.tracking), (OrderStatus::Delivered, TrackingStatus::Delivered));
}

/// Who asks again and again is asked for once a minute.
#[test]
fn a_carrier_is_not_asked_twice_within_a_minute() {
    let mut order = labelled();
    let poll = || FulfilCommand::Poll { id: FulfilmentId::parse("p1").unwrap() };
    assert_eq!(does_at(&mut order, poll(), 10).unwrap().len(), 1);
    assert_eq!(does_at(&mut order, poll(), 10).unwrap(), [""; 0]);
    assert_eq!(does_at(&mut order, poll(), 11).unwrap().len(), 1);
}

/// How long it went without a scan is noted with it, and counts when it has arrived.
// req: S2-64
#[test]
fn the_longest_gap_between_scans_is_known() {
    let mut order = labelled();
    let quiet = |order: &Order| order.quiet().map(|quiet| (quiet.since, quiet.usual_s));
    sees(&mut order, "p1", ("MP", 5), 10);
    assert_eq!(quiet(&order), None, "nobody has collected it");
    for (code, scanned, heard) in [("I", 60, 70), ("I", 360, 370), ("I", 90, 380), ("OT", 400, 410)] {
        sees(&mut order, "p1", (code, scanned), heard);
    }
    assert_eq!(quiet(&order), Some((at(400), Some(129_600))));
    assert_eq!(order.consignments[0].way.as_ref().unwrap().longest_gap_s, 300 * 60, "from 60 to 360, and a late word is none");
    let arrives = |scanned, heard| {
        let mut arrived = order.clone();
        sees(&mut arrived, "p1", ("D", scanned), heard);
        assert_eq!(quiet(&arrived), None);
        order.journey(&arrived, at(heard)).map(|journey| (journey.lane.code(), journey.longest_gap_s))
    };
    assert_eq!(arrives(500, 990), Some(("-/ups".to_owned(), Some(300 * 60))), "when it was heard of is no scan");
    assert_eq!(arrives(900, 990), Some(("-/ups".to_owned(), Some(500 * 60))), "the last way counts, too");
}

/// Why it is kept is told until it gets on.
// req: S2-06, S2-65
#[test]
fn what_keeps_a_parcel_is_known_as_long_as_something_does() {
    use crate::shipping::Incident;
    let mut order = labelled();
    let mut says = |code: &str, minute: i64, incident| {
        let seen = Sighting { code: Some(code.into()), at: Some(at(minute)), place: None, incident, expected: None, pushed: false };
        let told = does_at(&mut order, FulfilCommand::See { id: FulfilmentId::parse("p1").unwrap(), seen }, minute).unwrap();
        (told.first().cloned(), order.consignments[0].way.as_ref().unwrap().incident)
    };
    let weather = Some(Incident::Weather);
    assert_eq!(says("I", 60, weather), (Some("Parcel p1: in transit (I)".into()), None), "it gets on");
    assert_eq!(says("X", 90, weather), (Some("Parcel p1: delivery delayed, the weather (X)".into()), weather));
    assert_eq!(says("X", 120, None).1, weather, "scanned again, and nothing new is said of why");
    assert_eq!(says("X", 150, Some(Incident::ConsigneeRefused)).1, Some(Incident::ConsigneeRefused));
    assert_eq!(says("O", 200, None).1, None, "it gets on");
}
