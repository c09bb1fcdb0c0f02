//! Every state against every command, as one table that people read and a snapshot guards.

use super::fact::{Claim, Fact, StatusClaim};
use super::*;
use crate::ids::EventId;
use crate::money::{Currency, Money};
use crate::notify::{Channel, MessageKind};
use crate::order::placement::{Draft, DraftLine, Given, check};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_754_700_000 + second).unwrap()
}

pub(super) fn draft() -> Draft {
    Draft {
        number: Some("1001".into()),
        currency: "USD".into(),
        customer_name: "Sinéad O’Brien".into(),
        lines: vec![DraftLine { sku: "SKU-1".into(), name: "Mug".into(), quantity: 2, unit_price: "29.99".into(), ..Default::default() }],
        ..Default::default()
    }
}

pub(super) fn given() -> Given<'static> {
    Given {
        channel: SourceId::parse("api").unwrap(),
        generated: OrderId::numbered(jiff::civil::date(2025, 8, 9), 7),
        tracks: Tracks::default(),
        notify: true,
        saga: false,
        charges: None,
        payments: None,
        items_required: true,
        now: at(0),
    }
}

pub(super) fn order_in(status: OrderStatus) -> Order {
    let placement = check(&draft(), given()).unwrap();
    let events = decide(None, &Command::Place(Box::new(placement.clone())), at(0)).unwrap();
    let mut order = Order::born(&events[0], Some(placement.contact), at(0)).unwrap();
    order.version = 1;
    order.tracks.status = status;
    order.log = FactLog::starting_at(order.tracks, None);
    order
}

pub(super) fn change(to: OrderStatus) -> Command {
    Command::Change(ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: true })
}

pub(super) fn correct(to: OrderStatus, role: Role) -> Command {
    Command::Correct(CorrectStatus { to, reason: "counted again".into(), role })
}

fn hear(to: OrderStatus) -> Command {
    let claim = Claim { status: Some(StatusClaim::Is(to)), ..Claim::default() };
    let fact =
        Fact { id: EventId::parse("e1").unwrap(), source: SourceId::parse("shop").unwrap(), sequence: None, occurred_at: at(1), claim };
    Command::Hear { fact, notify: true }
}

/// What became of a command, in a few characters.
fn outcome(order: &Order, command: &Command) -> String {
    match decide(Some(order), command, at(2)) {
        Err(Rejection::NotAllowed { .. }) => "no".into(),
        Err(Rejection::ManagerRequired) => "manager".into(),
        Err(Rejection::AlreadyPlaced { .. }) => "exists".into(),
        Err(other) => format!("{other:?}"),
        Ok(events) => {
            let mut after = order.clone();
            after.apply_commit(&events, at(2));
            let moved = after.tracks.status != order.tracks.status;
            let how = events.iter().find_map(|event| match event {
                OrderEvent::StatusChanged { via, .. } if via.is_empty() => Some(""),
                OrderEvent::StatusChanged { .. } => Some("+"),
                OrderEvent::StatusCorrected { .. } | OrderEvent::StatusUndone { .. } => Some("!"),
                OrderEvent::Reconciled { .. } => Some("~"),
                _ => None,
            });
            match (moved, how) {
                (true, Some(mark)) => format!("{}{mark}", after.tracks.status),
                (false, None) if events.is_empty() => "same".into(),
                (false, None) => "heard".into(),
                odd => panic!("moved without an event, or an event without a move: {odd:?}"),
            }
        }
    }
}

// req: S1-02
#[test]
fn every_state_against_every_command() {
    let mut table = String::from(
        "What becomes of an order (rows) when it is asked or told to be something (columns).\n\
         no = refused, and the answer lists what is allowed; same = nothing changes; heard = kept in the history, not followed;\n\
         + = steps in between implied; ! = overruled by a manager.\n",
    );
    type Make = fn(OrderStatus) -> Command;
    let kinds: [(&str, Make); 3] =
        [("a person asks", change), ("a source says", hear), ("a manager corrects", |to| correct(to, Role::Manager))];
    for (title, make) in kinds {
        table += &format!("\n{title}\n{:<18}", "");
        for to in OrderStatus::ALL {
            table += &format!(" {:<18}", to.as_str());
        }
        table = table.trim_end().to_owned() + "\n";
        for from in OrderStatus::ALL {
            table += &format!("{:<18}", from.as_str());
            for to in OrderStatus::ALL {
                table += &format!(" {:<18}", outcome(&order_in(*from), &make(*to)));
            }
            table = table.trim_end().to_owned() + "\n";
        }
    }
    insta::assert_snapshot!("state_command_matrix", table);
}

/// The moves that the eighteen-word systems make, told in their words, leave an order where they say it is.
// req: S2-20
#[test]
fn every_arc_of_the_eighteen_words_is_followed() {
    const ARCS: [(&str, &[&str]); 6] = [
        ("pending", &["processing", "cancelled", "on_hold"]),
        ("processing", &["ready_to_ship", "shipped", "cancelled"]),
        ("ready_to_ship", &["shipped", "cancelled"]),
        ("shipped", &["in_transit", "delivered"]),
        ("in_transit", &["delivered", "returned"]),
        ("delivered", &["returned", "refunded"]),
    ];
    for (from, all) in ARCS {
        for to in all {
            let mut tracks = Vocabulary::Workflow.birth(from, at(0)).unwrap();
            if *to == "refunded" {
                tracks.payment = PaymentStatus::Captured;
            }
            let mut order = order_in(tracks.status);
            (order.tracks, order.log) = (tracks, FactLog::starting_at(tracks, None));
            let claim = Vocabulary::Workflow.read(to).unwrap().claim;
            let fact = Fact {
                id: EventId::parse("e1").unwrap(),
                source: SourceId::parse("shop").unwrap(),
                sequence: None,
                occurred_at: at(1),
                claim,
            };
            let events = decide(Some(&order), &Command::Hear { fact, notify: true }, at(2)).unwrap();
            order.apply_commit(&events, at(2));
            assert_eq!(Vocabulary::Workflow.word_for(&order.tracks), Some(*to), "from {from}: {events:?}");
        }
    }
}

// req: S1-02
#[test]
fn a_refusal_lists_what_is_allowed() {
    let refused = decide(Some(&order_in(OrderStatus::Shipped)), &change(OrderStatus::Pending), at(1)).unwrap_err();
    assert_eq!(refused.to_string(), "an order that is shipped cannot become pending; it can become: delivered, returned");
    let Rejection::NotAllowed { allowed, .. } = refused else { panic!() };
    assert_eq!(allowed, vec![OrderStatus::Delivered, OrderStatus::Returned]);
}

#[test]
fn commands_other_than_moves() {
    let order = order_in(OrderStatus::Shipped);
    assert_eq!(outcome(&order, &correct(OrderStatus::Pending, Role::Operator)), "manager");
    let short = Command::Correct(CorrectStatus { to: OrderStatus::Pending, reason: " x ".into(), role: Role::Owner });
    assert_eq!(decide(Some(&order), &short, at(1)), Err(Rejection::ReasonRequired));
    assert_eq!(decide(None, &change(OrderStatus::Shipped), at(1)), Err(Rejection::NotPlaced));
    let placement = check(&draft(), given()).unwrap();
    assert_eq!(outcome(&order, &Command::Place(Box::new(placement))), "exists");
    let Command::Hear { mut fact, .. } = hear(OrderStatus::Delivered) else { panic!() };
    fact.occurred_at = at(2) + jiff::SignedDuration::from_secs(601);
    assert_eq!(decide(Some(&order), &Command::Hear { fact, notify: true }, at(2)), Err(Rejection::FromTheFuture));
    let erased = decide(Some(&order), &Command::EraseContact, at(1)).unwrap();
    let mut after = order.clone();
    after.apply_commit(&erased, at(1));
    assert_eq!(after.contact, None);
    assert_eq!(decide(Some(&after), &Command::EraseContact, at(1)), Ok(vec![]));
    // Whoever was forgotten is not known again by what they write.
    let reply = Command::Reply { channel: Channel::Sms, text: "I am Ann".into() };
    assert_eq!((decide(Some(&order), &reply, at(1)).unwrap().len(), decide(Some(&after), &reply, at(1))), (1, Ok(vec![])));
}

pub(super) fn photo_id(number: u8) -> crate::ids::PhotoId {
    crate::ids::PhotoId::parse(&format!("{number}.jpg")).unwrap()
}

/// A photo is no news of the order, comes once, and goes with the customer.
// req: S1-36, X-08
#[test]
fn an_order_has_photos_until_its_customer_is_forgotten() {
    let mut order = order_in(OrderStatus::Processing);
    let (revision, moved) = (order.revision(), order.updated_at);
    let add = |order: &Order, kind, number| decide(Some(order), &Command::AddPhoto { kind, photo: photo_id(number) }, at(2));
    assert_eq!(decide(None, &Command::AddPhoto { kind: PhotoKind::Packing, photo: photo_id(0) }, at(2)), Err(Rejection::NotPlaced));
    for number in 0..photo::PHOTOS_MAX as u8 - 1 {
        let events = add(&order, PhotoKind::Packing, number).unwrap();
        assert_eq!(events[0].in_words(), "Photo of packing");
        order.apply_commit(&events, at(2));
        assert_eq!(add(&order, PhotoKind::Packing, number), Ok(vec![]), "the same again");
    }
    let also = add(&order, PhotoKind::Shipping, 0).unwrap();
    order.apply_commit(&also, at(3));
    assert_eq!((order.revision(), order.updated_at, order.photos.len()), (revision, moved, photo::PHOTOS_MAX));
    assert_eq!(order.photos.last(), Some(&Photo { kind: PhotoKind::Shipping, name: photo_id(0), at: at(3) }));
    assert_eq!(add(&order, PhotoKind::Shipping, 1), Err(Rejection::TooManyPhotos));
    let erased = decide(Some(&order), &Command::EraseContact, at(4)).unwrap();
    order.apply_commit(&erased, at(4));
    assert_eq!(order.photos, []);
    assert_eq!(add(&order, PhotoKind::Packing, 0), Err(Rejection::PhotosForgotten));
}

/// The wish is a commit of its own; whoever has no address, or whose shop writes to nobody, is not told.
#[test]
fn a_customer_is_told_again_on_a_persons_word() {
    let notify = Command::Notify { by: vec![Channel::Email], kind: MessageKind::Status, text: None };
    let mut order = order_in(OrderStatus::Shipped);
    assert_eq!(decide(Some(&order), &notify, at(2)), Err(Rejection::NoAddress));
    assert_eq!(decide(None, &notify, at(2)), Err(Rejection::NotPlaced));
    order.contact.as_mut().unwrap().email = Some(crate::email::Email::parse("sinead@example.com").unwrap());
    assert_eq!(
        decide(Some(&order), &Command::Notify { by: Vec::new(), kind: MessageKind::Status, text: None }, at(2)),
        Err(Rejection::MessagesOff)
    );
    let told = decide(Some(&order), &notify, at(2)).unwrap();
    assert_eq!(
        told,
        [OrderEvent::NotifyRequested {
            label: Label::Shipped,
            kind: MessageKind::Status,
            text: None,
            waited: false,
            not_by: Vec::new(),
            by_rule: false
        }]
    );
    assert_eq!(told[0].in_words(), "Customer to be told: Shipped");
    order.apply_commit(&told, at(2));
    assert_eq!((order.tracks.status, order.version), (OrderStatus::Shipped, 2), "nothing but the wish is new");
    // Within a minute, by whichever clock, it is the same wish; later, or about something else, it is another.
    for again in [at(2), at(61), at(-57)] {
        assert_eq!(decide(Some(&order), &notify, again), Ok(vec![]));
    }
    for again in [at(62), at(-58)] {
        assert_eq!(decide(Some(&order), &notify, again), Ok(told.clone()));
    }
    let delivered = decide(Some(&order), &change(OrderStatus::Delivered), at(3)).unwrap();
    order.apply_commit(&delivered, at(3));
    assert_eq!(
        decide(Some(&order), &notify, at(4)),
        Ok(vec![OrderEvent::NotifyRequested {
            label: Label::Delivered,
            kind: MessageKind::Status,
            text: None,
            waited: false,
            not_by: Vec::new(),
            by_rule: false,
        }])
    );
    order.contact = None;
    assert_eq!(decide(Some(&order), &notify, at(100)), Err(Rejection::NoAddress), "erased");
}

/// Whose promised day has passed hears it, if they wait for us, can be reached, and may still wait for it.
// req: S2-66
#[test]
fn who_is_told_that_it_is_late() {
    use crate::order::OrderStatus as S;
    use crate::order::TrackingStatus as T;
    let rules = |tell_late| WatchRules { tell_late, ..WatchRules::default() };
    let promised = jiff::civil::date(2025, 8, 9);
    let order = |status, tracking, delayed: bool| {
        let mut order = order_in(status);
        (order.tracks.tracking, order.tracks.eta) = (tracking, Some(promised));
        order.tracks.delayed = delayed.then_some(Delay { since: at(0) });
        order.contact =
            order.contact.map(|contact| Contact { email: Some(crate::email::Email::parse("ann@example.com").unwrap()), ..contact });
        order
    };
    let told = |order: &Order, tell_late, days: i64| {
        let now =
            promised.at(12, 0, 0, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp() + jiff::SignedDuration::from_hours(24 * days);
        let events = decide(Some(order), &Command::Raise { rules: rules(tell_late), zone: jiff::tz::TimeZone::UTC }, now).unwrap();
        events.iter().filter(|event| matches!(event, OrderEvent::NotifyRequested { kind: MessageKind::Delay, by_rule: true, .. })).count()
    };
    for (status, tracking, delayed, expected) in [
        (S::Pending, T::Unknown, false, 1),
        (S::Processing, T::Unknown, false, 1),
        (S::Shipped, T::InTransit, false, 1),
        (S::Shipped, T::DeliveryFailed, false, 1),
        (S::Shipped, T::ReadyForPickup, false, 0),
        (S::Shipped, T::DeliveryDelayed, false, 0),
        (S::Shipped, T::InTransit, true, 0),
        (S::OnHold, T::Unknown, false, 0),
        (S::ReturnRequested, T::Delivered, false, 0),
        (S::Delivered, T::Delivered, false, 0),
        (S::Failed, T::Unknown, false, 0),
        (S::Cancelled, T::Unknown, false, 0),
    ] {
        assert_eq!(told(&order(status, tracking, delayed), true, 1), expected, "{status} {tracking} {delayed}");
    }
    let waits = order(S::Shipped, T::InTransit, false);
    let days: Vec<usize> = [0, 1, 7, 8].into_iter().map(|days| told(&waits, true, days)).collect();
    assert_eq!((days, told(&waits, false, 1)), (vec![0, 1, 1, 0], 0));
    let nobody = Order { contact: waits.contact.clone().map(|contact| Contact { email: None, ..contact }), ..waits.clone() };
    assert_eq!((told(&nobody, true, 1), told(&Order { contact: None, ..waits }, true, 1)), (0, 0), "nobody to be told");
}

#[test]
fn the_rest_of_a_half_shipped_order_can_be_cancelled() {
    for command in [change(OrderStatus::Cancelled), hear(OrderStatus::Cancelled)] {
        assert_eq!(outcome(&order_in(OrderStatus::PartiallyShipped), &command), "shipped");
    }
}

#[test]
fn downloads_need_no_parcel() {
    let mut order = order_in(OrderStatus::Processing);
    order.lines[0].kind = LineKind::Digital;
    assert_eq!(outcome(&order, &change(OrderStatus::Delivered)), "delivered");
    assert!(order.allowed().contains(&OrderStatus::Delivered));
    assert_eq!(outcome(&order_in(OrderStatus::Processing), &change(OrderStatus::Delivered)), "no");
}

#[test]
fn a_late_contradiction_is_reconciled_in_the_open() {
    let mut order = order_in(OrderStatus::Pending);
    let Command::Hear { fact: shipped, .. } = hear(OrderStatus::Shipped) else { panic!() };
    let Command::Hear { fact: mut cancelled, .. } = hear(OrderStatus::Cancelled) else { panic!() };
    cancelled.id = EventId::parse("e0").unwrap();
    cancelled.occurred_at = at(0);
    for fact in [shipped, cancelled] {
        let events = decide(Some(&order), &Command::Hear { fact, notify: true }, at(3)).unwrap();
        order.apply_commit(&events, at(3));
        if order.tracks.status == OrderStatus::Cancelled {
            assert!(events.iter().any(|e| matches!(e, OrderEvent::Reconciled { .. })), "{events:?}");
        }
    }
    assert_eq!(order.tracks.status, OrderStatus::Cancelled, "it was called off before the parcel was announced");
}

#[test]
fn faults_come_all_at_once() {
    let bad = Draft {
        number: Some("10 01".into()),
        currency: "EURO".into(),
        customer_name: " ".into(),
        phone: Some("call me".into()),
        locale: Some("x".into()),
        country: Some("Poland".into()),
        lines: vec![DraftLine { sku: "".into(), name: "a\u{0}b".into(), quantity: 0, unit_price: "1".into(), ..Default::default() }],
        placed_at: Some(at(100_000)),
        external_id: Some(String::new()),
        ..Draft::default()
    };
    let fields: Vec<String> = check(&bad, given()).unwrap_err().into_iter().map(|fault| fault.field).collect();
    assert_eq!(
        fields,
        [
            "currency",
            "number",
            "external_id",
            "customer.name",
            "customer.phone",
            "customer.locale",
            "country",
            "items[0].sku",
            "items[0].name",
            "items[0].quantity",
            "placed_at"
        ]
    );
}

#[test]
fn sums_are_ours_and_a_wrong_one_is_refused_with_both() {
    let mut ok = draft();
    ok.tax = Some("4.80".into());
    ok.shipping = Some("9.99".into());
    ok.total = Some("74.77".into());
    ok.lines[0].total_price = Some("59.98".into());
    assert_eq!(check(&ok, given()).unwrap().totals.total(), Money::new(7477, Currency::USD));
    ok.total = Some("64.97".into());
    let faults = check(&ok, given()).unwrap_err();
    assert_eq!(faults[0].message, "we make it 74.77, you say 64.97");
    for (quantity, price) in [(-1, "1"), (i64::MAX, "1"), (1, "-1"), (1, "1e400"), (1, "NaN"), (100_000, "8999999999999")] {
        let mut bad = draft();
        bad.lines[0].quantity = quantity;
        bad.lines[0].unit_price = price.into();
        assert!(check(&bad, given()).is_err(), "{quantity} x {price}");
    }
    assert_eq!(check(&draft(), given()).unwrap().contact.name, "Sinéad O’Brien", "names are kept as they are");
}

/// An order is kept as one row of at most 400 KB, with room for what the store puts beside it.
#[test]
fn the_largest_order_that_is_accepted_fits_into_its_row() {
    let largest = |name: &str| {
        let line =
            DraftLine { sku: "\"".repeat(64), name: name.into(), quantity: 100_000, unit_price: "0.01".into(), ..Default::default() };
        let name = "\u{10348}".repeat(200);
        Draft { customer_name: name.clone(), external_id: Some(name[..512].into()), lines: vec![line; 1_000], ..draft() }
    };
    let placement = check(&largest(&"\\".repeat(38)), given()).unwrap();
    let events = decide(None, &Command::Place(Box::new(placement.clone())), at(0)).unwrap();
    let mut order = Order::born(&events[0], Some(placement.contact), at(0)).unwrap();
    for n in 0..FactLog::MAX_FACTS {
        let (id, source) = (format!("{n:0>160}"), "s".repeat(32));
        let claim = Claim { eta: Some(jiff::civil::date(2025, 8, 9)), delayed: Some(true), ..Claim::default() };
        let (id, source) = (EventId::parse(&id).unwrap(), SourceId::parse(&source).unwrap());
        order.log.insert(Fact { id, source, sequence: Some(u64::MAX), occurred_at: at(n as i64), claim }, false);
    }
    let bytes = serde_json::to_string(&order).unwrap().len();
    assert!((280_000..320 * 1024).contains(&bytes), "{bytes}");
    let faults = check(&largest(&"\\".repeat(39)), given()).unwrap_err();
    assert_eq!(faults.iter().map(|fault| (fault.field.as_str(), fault.code.as_str())).collect::<Vec<_>>(), [("items", "too_large")]);
}

#[test]
fn more_faults_than_anybody_reads_are_counted_not_listed() {
    let bad = DraftLine { quantity: -1, unit_price: "x".into(), ..Default::default() };
    let faults = check(&Draft { lines: vec![bad; 1_000], ..draft() }, given()).unwrap_err();
    assert_eq!(faults.len(), Fault::LISTED_MAX + 1);
    assert_eq!(faults.last().map(|fault| (fault.code.as_str(), fault.message.as_str())), Some(("more", "2900 more; correct these first")));
}
