//! What is sent together, told as stories.

mod following;
mod labels;

use super::*;
use crate::ids::SourceId;
use crate::order::placement::{Draft, DraftLine, Given};
use crate::order::testing::{at, given, placed};
use crate::order::{Command, Tracks, decide};
use crate::shipping::fulfilment::Ask;

/// Two mugs, three pots and a song, being prepared.
fn order() -> Order {
    let line =
        |sku: &str, quantity, digital| DraftLine { sku: sku.into(), quantity, unit_price: "5".into(), digital, ..DraftLine::default() };
    let draft = Draft {
        currency: "EUR".into(),
        customer_name: "Ada Example".into(),
        lines: vec![line("mug", 2, false), line("song", 1, true), line("pot", 3, false)],
        ..Draft::default()
    };
    let tracks = Tracks { status: OrderStatus::Processing, ..Tracks::default() };
    let order = placed(&draft, Given { tracks, ..given() }).unwrap();
    Order { contact: None, ..order }
}

fn does(order: &mut Order, command: FulfilCommand) -> Result<Vec<String>, Rejection> {
    does_at(order, command, 1)
}

fn does_at(order: &mut Order, command: FulfilCommand, minute: i64) -> Result<Vec<String>, Rejection> {
    let events = decide(Some(order), &Command::Fulfil(command), at(minute))?;
    let json: Vec<OrderEvent> = serde_json::from_value(serde_json::to_value(&events).unwrap()).unwrap();
    assert_eq!(json, events);
    if !events.is_empty() {
        order.apply_commit(&events, at(minute));
    }
    Ok(events.iter().map(OrderEvent::in_words).collect())
}

fn opens(ask: Ask, has_left: bool) -> FulfilCommand {
    FulfilCommand::Open {
        ask,
        from: None,
        carriage: Carriage::parse("UPS", "1Z1"),
        followed: None,
        begins: if has_left { Begins::Left } else { Begins::ToPick },
        checked_bps: 0,
        notify: true,
    }
}

fn some(parts: &[(usize, u32)]) -> Ask {
    Ask::Parts(parts.iter().map(|(line, quantity)| Share { line: *line, quantity: *quantity }).collect())
}

// req: S2-05
#[test]
fn everything_leaves_at_once_and_a_second_time_is_refused() {
    let mut order = order();
    assert_eq!(
        does(&mut order, opens(Ask::Everything, true)).unwrap(),
        ["Parcel p1 has left main", "Parcel p1 goes by UPS as 1Z1", "Warehouse pending to shipped", "processing to shipped"]
    );
    assert_eq!(does(&mut order, opens(Ask::Everything, true)), Err(Rejection::Fulfilment(Refusal::NothingOpen)));
    assert_eq!(order.consignments[0].work.parts.len(), 2, "nobody packs a song");
}

/// What no carrier has waits for its customer, or is with the shop's own courier.
// req: S2-22
#[test]
fn what_no_carrier_has_says_where_it_is_by_the_chosen_method() {
    use crate::shipping::ShippingMethod as M;
    let left = |carriage| FulfilCommand::Open {
        ask: Ask::Everything,
        from: None,
        carriage,
        followed: None,
        begins: Begins::Left,
        checked_bps: 0,
        notify: true,
    };
    let by = |method, carriage| {
        let mut order = Order { shipping_method: method, ..order() };
        does(&mut order, left(carriage)).unwrap();
        let (left, id) = ((order.tracks.status, order.tracks.tracking), FulfilmentId::parse("p1").unwrap());
        does(&mut order, FulfilCommand::Step { id, step: Step::Deliver, carriage: None, followed: None, notify: true }).unwrap();
        assert_eq!((order.tracks.status, order.label()), (OrderStatus::Delivered, crate::order::Label::Delivered), "{method:?}");
        left
    };
    for (method, tracking) in [
        (None, TrackingStatus::Unknown),
        (Some(M::Express), TrackingStatus::Unknown),
        (Some(M::SameDay), TrackingStatus::OutForDelivery),
        (Some(M::Pickup), TrackingStatus::ReadyForPickup),
    ] {
        assert_eq!(by(method, None), (OrderStatus::Shipped, tracking), "{method:?}");
    }
    assert_eq!(by(Some(M::Pickup), Carriage::parse("UPS", "1Z1")).1, TrackingStatus::Unknown, "a carrier has it after all");
}

// req: S2-05
#[test]
fn parts_leave_one_after_the_other() {
    let mut order = order();
    let first = does(&mut order, opens(some(&[(0, 1)]), true)).unwrap();
    assert_eq!(first[2], "processing to partially_shipped");
    assert_eq!(order.open_to_send(), [1, 0, 3]);
    let refused = [
        (some(&[(0, 2)]), "line 0: 2 asked for, 1 open"),
        (some(&[(1, 1)]), "line 1 is digital: there is nothing to pack"),
        (some(&[(7, 1)]), "line 7 is not part of it"),
        (some(&[(0, 0)]), "a quantity must be at least 1"),
    ];
    for (ask, text) in refused {
        assert_eq!(does(&mut order, opens(ask, true)).unwrap_err().to_string(), text);
    }
    let last = does(&mut order, opens(Ask::Everything, true)).unwrap();
    assert_eq!((last[3].as_str(), order.tracks.status), ("partially_shipped to shipped", OrderStatus::Shipped));
}

// req: S2-05
#[test]
fn who_has_read_an_older_order_learns_that_a_parcel_was_sent_since() {
    let mut order = order();
    let read = order.revision();
    does(&mut order, opens(some(&[(2, 1)]), true)).unwrap();
    let after_first = order.revision();
    does(&mut order, opens(some(&[(2, 1)]), true)).unwrap();
    assert!(read < after_first && after_first < order.revision(), "a second parcel moves no status, but it is news");
}

// req: S2-59
#[test]
fn an_order_is_delivered_when_its_last_parcel_is() {
    let mut order = order();
    does(&mut order, opens(some(&[(0, 2)]), true)).unwrap();
    let deliver = |order: &mut Order, id: &str| {
        let id = FulfilmentId::parse(id).unwrap();
        does(order, FulfilCommand::Step { id, step: Step::Deliver, carriage: None, followed: None, notify: true }).unwrap();
        order.tracks.status
    };
    assert_eq!(deliver(&mut order, "p1"), OrderStatus::PartiallyShipped, "the pots are still to come");
    does(&mut order, opens(Ask::Everything, true)).unwrap();
    assert_eq!(order.tracks.status, OrderStatus::Shipped);
    assert_eq!(deliver(&mut order, "p2"), OrderStatus::Delivered);
}

/// A carrier's word later does not take back what was done in the house.
#[test]
fn news_of_the_parcel_leaves_the_work_where_it_is() {
    use crate::order::{Claim, Fact, TrackingStatus};
    let mut order = order();
    does(&mut order, opens(Ask::Everything, false)).unwrap();
    let id = FulfilmentId::parse("p1").unwrap();
    does(&mut order, FulfilCommand::Step { id, step: Step::Allocate, carriage: None, followed: None, notify: false }).unwrap();
    let fact = Fact {
        id: crate::ids::EventId::parse("e1").unwrap(),
        source: SourceId::parse("ups").unwrap(),
        sequence: None,
        occurred_at: at(1),
        claim: Claim { tracking: Some(TrackingStatus::Pending), ..Claim::default() },
    };
    let events = decide(Some(&order), &Command::Hear { fact, notify: false }, at(1)).unwrap();
    order.apply_commit(&events, at(1));
    assert_eq!((order.tracks.fulfilment, order.tracks.tracking), (FulfilmentStatus::Allocated, TrackingStatus::Pending));
}

// req: S2-19, S2-59
#[test]
fn it_is_picked_packed_labelled_and_handed_over_step_by_step() {
    let mut order = order();
    does(&mut order, opens(Ask::Everything, false)).unwrap();
    let id = FulfilmentId::parse("p1").unwrap();
    let step =
        |order: &mut Order, step| does(order, FulfilCommand::Step { id: id.clone(), step, carriage: None, followed: None, notify: true });
    step(&mut order, Step::Allocate).unwrap();
    step(&mut order, Step::StartPicking).unwrap();
    step(&mut order, Step::Scan { line: 0, quantity: 2 }).unwrap();
    assert_eq!(
        step(&mut order, Step::Scan { line: 0, quantity: 1 }).unwrap_err().to_string(),
        "line 0: 1 asked for, 0 open",
        "the same piece twice"
    );
    step(&mut order, Step::Scan { line: 2, quantity: 3 }).unwrap();
    step(&mut order, Step::Pack).unwrap();
    assert_eq!(order.tracks.status, OrderStatus::Processing);
    step(&mut order, Step::Label).unwrap();
    assert_eq!((order.tracks.status, order.tracks.fulfilment), (OrderStatus::ReadyToShip, FulfilmentStatus::Labelled));
    step(&mut order, Step::HandOver).unwrap();
    assert_eq!((order.tracks.status, order.tracks.fulfilment), (OrderStatus::Shipped, FulfilmentStatus::Shipped));
    assert!(step(&mut order, Step::HandOver).is_err());
}

#[test]
fn what_is_drawn_for_a_check_does_not_leave_before_and_what_is_called_off_is_open_again() {
    let mut order = order();
    let checked = |has_left| FulfilCommand::Open {
        ask: Ask::Everything,
        from: None,
        carriage: None,
        followed: None,
        begins: if has_left { Begins::Left } else { Begins::ToPick },
        checked_bps: 10_000,
        notify: false,
    };
    assert_eq!(does(&mut order, checked(true)), Err(Rejection::Fulfilment(Refusal::CheckDue)));
    does(&mut order, checked(false)).unwrap();
    let id = FulfilmentId::parse("p1").unwrap();
    assert_eq!(order.open_to_send(), [0, 0, 0]);
    does(&mut order, FulfilCommand::Step { id, step: Step::Cancel, carriage: None, followed: None, notify: false }).unwrap();
    assert_eq!(order.open_to_send(), [2, 0, 3]);
    let unknown =
        FulfilCommand::Step { id: FulfilmentId::parse("p9").unwrap(), step: Step::Pack, carriage: None, followed: None, notify: false };
    assert_eq!(does(&mut order, unknown), Err(Rejection::NoSuchFulfilment));
}

#[test]
fn nothing_leaves_of_an_order_that_is_not_worked_on() {
    for status in [OrderStatus::Pending, OrderStatus::OnHold, OrderStatus::Cancelled, OrderStatus::Delivered] {
        let mut order = order();
        order.tracks.status = status;
        assert_eq!(does(&mut order, opens(Ask::Everything, true)), Err(Rejection::NotToFulfil { status }));
    }
    assert_eq!(Carriage::parse("", "1"), None);
    assert_eq!(Carriage::parse("UPS", &"1".repeat(65)), None);
    assert_eq!(Carriage::parse("UPS\n", "1Z 999").map(|carriage| carriage.number), Some("1Z 999".into()));
}
