//! What comes back, told as stories.

use super::*;
use crate::ids::TenantId;
use crate::order::event::{Cause, OrderEvent};
use crate::order::paying::PayRules;
use crate::order::placement::{Collecting, Draft, Given, Line, LineKind};
use crate::order::rejection::Rejection;
use crate::order::saga::{Allocation, SagaEvent, Step};
use crate::order::testing::{at, basket, given, placed};
use crate::order::{ChangeStatus, Command, Order, PaymentStatus, Tracks, decide};
use proptest::prelude::*;

fn order_in(status: OrderStatus) -> Order {
    placed(&basket(), Given { tracks: Tracks { status, ..Tracks::default() }, ..given() }).unwrap()
}

fn does(order: &mut Order, command: ReturnCommand) -> Result<Vec<String>, Rejection> {
    let events = decide(Some(order), &Command::Return(command), at(1))?;
    let json: Vec<OrderEvent> = serde_json::from_value(serde_json::to_value(&events).unwrap()).unwrap();
    assert_eq!(json, events);
    if !events.is_empty() {
        order.apply_commit(&events, at(1));
    }
    Ok(events.iter().map(OrderEvent::in_words).collect())
}

fn opens(lines: &[(usize, u32)]) -> ReturnCommand {
    let line = |(line, quantity): &(usize, u32)| ReturnLine { line: *line, quantity: *quantity, reason: ReturnReason::ChangedMind };
    ReturnCommand::Open { kind: ReturnKind::Refund, lines: lines.iter().map(line).collect(), approved: false, note: None, notify: true }
}

fn id(text: &str) -> ReturnId {
    ReturnId::parse(text).unwrap()
}

fn decides(name: &str, state: ReturnState) -> ReturnCommand {
    ReturnCommand::Decide { id: id(name), state, note: None, notify: true }
}

fn receives(name: &str, arrived: Option<&[(usize, u32, bool)]>, refund: Refunded) -> ReturnCommand {
    let one = |(line, quantity, sellable): &(usize, u32, bool)| Arrived { line: *line, quantity: *quantity, sellable: *sellable };
    ReturnCommand::Receive { id: id(name), arrived: arrived.map(|all| all.iter().map(one).collect()), refund, notify: true }
}

// req: S2-05, S2-17
#[test]
fn a_part_comes_back_and_then_the_rest() {
    let mut order = order_in(OrderStatus::Delivered);
    assert_eq!(order.returnable(), [3, 0, 2], "nobody sends a song back");
    let opened = does(&mut order, opens(&[(0, 1), (2, 1)])).unwrap();
    assert_eq!(opened, ["Return r1 for refund: 1 of line 1 (changed mind), 1 of line 3 (changed mind)", "delivered to return_requested"]);
    assert_eq!(order.returnable(), [2, 0, 1]);
    assert_eq!(does(&mut order, decides("r1", ReturnState::Approved)).unwrap(), ["Return r1 is approved"]);
    assert_eq!(does(&mut order, decides("r1", ReturnState::Approved)), Ok(Vec::new()), "twice is once");
    let received = does(&mut order, receives("r1", Some(&[(0, 1, true)]), Refunded::Lines)).unwrap();
    assert_eq!(received, ["Return r1 is here: 1 of line 1, as good as new; 10.26 EUR goes back", "return_requested to delivered"]);
    assert_eq!((order.returnable(), order.come_back()), (vec![2, 0, 2], vec![1, 0, 0]), "what has not come can still come");
    does(&mut order, opens(&[(0, 2), (2, 2)])).unwrap();
    let last = does(&mut order, receives("r2", Some(&[(0, 2, false), (2, 2, true)]), Refunded::WithShipping)).unwrap();
    assert_eq!(
        last,
        [
            "Return r2 is here: 2 of line 1, not to be sold again; 2 of line 3, as good as new; 36.84 EUR goes back",
            "return_requested to returned"
        ]
    );
    assert_eq!(order.returnable(), [0, 0, 0]);
    let refused = does(&mut order, opens(&[(0, 1)])).unwrap_err().to_string();
    assert_eq!(refused, "line 0: 1 to come back, 0 can");
}

// req: S2-17
#[test]
fn somebody_thinks_better_of_it_or_may_not() {
    for state in [ReturnState::Withdrawn, ReturnState::Refused] {
        let mut order = order_in(OrderStatus::Delivered);
        does(&mut order, opens(&[(0, 1)])).unwrap();
        does(&mut order, opens(&[(2, 1)])).unwrap();
        assert_eq!(does(&mut order, decides("r1", state)).unwrap(), [format!("Return r1 is {}", state.code())], "the other one is open");
        let last = does(&mut order, decides("r2", state)).unwrap();
        assert_eq!(last[1], "return_requested to delivered");
        assert_eq!(order.returnable(), [3, 0, 2]);
        for command in [decides("r1", ReturnState::Approved), receives("r1", None, Refunded::Lines)] {
            let over = does(&mut order, command).unwrap_err().to_string();
            assert_eq!(over, format!("return r1 is {}: nothing more comes of it; open another one", state.code()));
        }
    }
}

// req: S2-05
#[test]
fn what_cannot_come_back_is_refused_with_advice() {
    use OrderStatus as S;
    for status in [S::Pending, S::OnHold, S::Processing, S::ReadyToShip, S::PartiallyShipped, S::Cancelled, S::Failed] {
        assert!(matches!(does(&mut order_in(status), opens(&[(0, 1)])), Err(Rejection::Return(ReturnRefusal::NotOut(_)))), "{status}");
    }
    let mut order = order_in(S::Delivered);
    let refused = [
        (opens(&[]), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (opens(&[(0, 0)]), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (opens(&[(0, 4)]), "line 0: 4 to come back, 3 can"),
        (opens(&[(0, 2), (0, 2)]), "line 0: 4 to come back, 3 can"),
        (opens(&[(0, u32::MAX), (0, u32::MAX)]), "line 0: 8589934590 to come back, 3 can"),
        (opens(&[(1, 1)]), "line 1: 1 to come back, 0 can"),
        (opens(&[(9, 1)]), "line 9: 1 to come back, 0 can"),
        (decides("r1", ReturnState::Approved), "this order has no such return"),
        (receives("r1", None, Refunded::Nothing), "this order has no such return"),
    ];
    for (command, text) in refused {
        assert_eq!(does(&mut order, command).unwrap_err().to_string(), text);
    }
    does(&mut order, opens(&[(0, 1)])).unwrap();
    let arrived = [
        (&[(0, 2, true)][..], "line 0: 2 arrived, 1 were announced; open another return for the rest"),
        (&[(0, 1, true), (0, 1, false)], "line 0: 2 arrived, 1 were announced; open another return for the rest"),
        (&[(2, 1, true)], "line 2: 1 arrived, 0 were announced; open another return for the rest"),
        (&[(0, 0, true)], "a return has 1 to 28 lines, each with a quantity of at least 1"),
    ];
    for (what, text) in arrived {
        assert_eq!(does(&mut order, receives("r1", Some(what), Refunded::Lines)).unwrap_err().to_string(), text);
    }
    let nothing = does(&mut order, receives("r1", Some(&[]), Refunded::Lines)).unwrap();
    assert_eq!(nothing, ["Return r1 is here: nothing", "return_requested to delivered"], "an empty box");
    for _ in 1..RETURNS_MAX {
        does(&mut order, opens(&[(0, 1)])).unwrap();
        let open = order.returns.last().unwrap().id.clone();
        does(&mut order, decides(open.as_str(), ReturnState::Withdrawn)).unwrap();
    }
    assert_eq!(does(&mut order, opens(&[(0, 1)])).unwrap_err().to_string(), "an order has at most 20 returns");
}

// req: S2-17
#[test]
fn the_money_of_an_exchange_stays() {
    let mut order = order_in(OrderStatus::Completed);
    let lines = vec![ReturnLine { line: 0, quantity: 1, reason: ReturnReason::WrongItem }];
    let open =
        ReturnCommand::Open { kind: ReturnKind::Exchange, lines, approved: true, note: Some("  blue, please ".into()), notify: true };
    assert_eq!(
        does(&mut order, open).unwrap(),
        ["Return r1 for exchange, agreed to: 1 of line 1 (wrong item): blue, please", "completed to return_requested"]
    );
    assert_eq!(does(&mut order, receives("r1", None, Refunded::Lines)), Err(Rejection::Return(ReturnRefusal::ExchangeRefunds)));
    let here = does(&mut order, receives("r1", None, Refunded::Nothing)).unwrap();
    assert_eq!(here[0], "Return r1 is here: 1 of line 1, not to be sold again", "who knows what they had got instead");
    assert_eq!(order.returns[0].refund, None);
}

/// A parcel that nobody would take is on its way back: the order has left, and is not said to have arrived.
#[test]
fn what_comes_back_before_it_arrived() {
    let mut order = order_in(OrderStatus::Shipped);
    assert_eq!(does(&mut order, opens(&[(0, 3), (2, 2)])).unwrap().len(), 1, "it moves when it is here");
    assert_eq!(does(&mut order, receives("r1", None, Refunded::Lines)).unwrap()[1], "shipped to returned");
}

// req: S2-36
#[test]
fn what_can_be_sold_again_goes_back_where_it_came_from() {
    let mut order = order_in(OrderStatus::Processing);
    let held = |sku: &str, location: &str, quantity| Allocation { sku: sku.into(), location: location.into(), quantity };
    let stock = vec![held("mug", "la", 2), held("mug", "ny", 1), held("pot", "ny", 2)];
    for event in [SagaEvent::Began { table: 1 }, SagaEvent::Held { stock: stock.clone(), advised: false }, SagaEvent::Shipped { stock }] {
        order.evolve(&OrderEvent::Saga { event }, at(0));
    }
    order.evolve(&OrderEvent::Saga { event: SagaEvent::Ended { how: crate::order::saga::Ended::Completed } }, at(0));
    for to in [OrderStatus::Shipped, OrderStatus::Delivered] {
        let change = ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: false };
        let events = decide(Some(&order), &Command::Change(change), at(0)).unwrap();
        order.apply_commit(&events, at(0));
    }
    does(&mut order, opens(&[(0, 3), (2, 2)])).unwrap();
    let here = does(&mut order, receives("r1", Some(&[(0, 2, true), (0, 1, false), (2, 1, true)]), Refunded::Nothing)).unwrap();
    assert_eq!(here[1], "Back on the shelf: 2 mug at la, 1 pot at ny");
    assert_eq!(order.saga.as_ref().unwrap().left, [held("pot", "ny", 1)], "what is broken is nowhere");
    does(&mut order, opens(&[(2, 1)])).unwrap();
    assert_eq!(does(&mut order, receives("r2", None, Refunded::Nothing)).unwrap()[1], "Back on the shelf: 1 pot at ny");
}

/// Who announces it before it arrived, and whom a source has come before.
// req: S2-05
#[test]
fn whatever_way_it_came_to_be_back() {
    let mut order = order_in(OrderStatus::Shipped);
    let ReturnCommand::Open { kind, lines, note, notify, .. } = opens(&[(0, 3), (2, 2)]) else { panic!() };
    does(&mut order, ReturnCommand::Open { kind, lines, approved: true, note, notify }).unwrap();
    let arrives = |to| Command::Change(ChangeStatus { to, implied_steps: false, cause: Cause::Asked { note: None }, notify: false });
    let events = decide(Some(&order), &arrives(OrderStatus::Delivered), at(1)).unwrap();
    order.apply_commit(&events, at(1));
    let events = decide(Some(&order), &Command::Return(receives("r1", None, Refunded::Lines)), at(1)).unwrap();
    let [_, OrderEvent::StatusChanged { from, to, via, notify, .. }] = &events[..] else { panic!("{events:?}") };
    assert_eq!((*from, &via[..], *to, *notify), (OrderStatus::Delivered, &[OrderStatus::ReturnRequested][..], OrderStatus::Returned, true));
    // A sheet has said that it is back.
    let mut order = order_in(OrderStatus::Returned);
    assert_eq!(does(&mut order, opens(&[(0, 3), (2, 2)])).unwrap().len(), 1);
    assert_eq!(does(&mut order, receives("r1", None, Refunded::Lines)).unwrap().len(), 1, "it stands as it is");
}

/// That it stands as delivered again is not said to who has had it all the time.
#[test]
fn nobody_hears_twice_that_it_has_arrived() {
    for end in [decides("r1", ReturnState::Refused), decides("r1", ReturnState::Withdrawn), receives("r1", None, Refunded::Lines)] {
        let mut order = order_in(OrderStatus::Delivered);
        does(&mut order, opens(&[(0, 1)])).unwrap();
        let events = decide(Some(&order), &Command::Return(end), at(1)).unwrap();
        let Some(OrderEvent::StatusChanged { to, notify, .. }) = events.last() else { panic!("{events:?}") };
        assert_eq!((*to, *notify), (OrderStatus::Delivered, false));
    }
}

// req: S2-07
#[test]
fn what_goes_back_has_a_memory() {
    let mut order = order_in(OrderStatus::Delivered);
    for _ in 0..2 {
        does(&mut order, opens(&[(0, 1)])).unwrap();
    }
    let refund = |order: &Order, n: usize| (order.returns[n].refund.map(|money| money.minor), order.returns[n].shipping_minor);
    does(&mut order, receives("r1", None, Refunded::WithShipping)).unwrap();
    does(&mut order, receives("r2", None, Refunded::WithShipping)).unwrap();
    assert_eq!((refund(&order, 0), refund(&order, 1)), ((Some(1526), 500), (Some(1027), 0)), "shipping goes back once");
    // Of 48.13 that were paid, 25.53 are said to be given back.
    does(&mut order, opens(&[(0, 1), (2, 2)])).unwrap();
    let most = Money::new(4813 - 2553 + 1, order.totals.currency);
    for amount in [most, Money::new(100, crate::money::Currency::parse("USD").unwrap()), Money::new(0, order.totals.currency)] {
        let more = does(&mut order, receives("r3", None, Refunded::Amount(amount)));
        assert!(matches!(more, Err(Rejection::Money(_))), "{more:?}");
    }
    order.tracks.payment = PaymentStatus::Refunded;
    does(&mut order, receives("r3", None, Refunded::WithShipping)).unwrap();
    assert_eq!(refund(&order, 2), (None, 0), "another system has given it back");
    for status in [PaymentStatus::Voided, PaymentStatus::Failed, PaymentStatus::Expired, PaymentStatus::Chargeback] {
        let mut order = order_in(OrderStatus::Delivered);
        order.tracks.payment = status;
        does(&mut order, opens(&[(0, 1)])).unwrap();
        does(&mut order, receives("r1", None, Refunded::Lines)).unwrap();
        assert_eq!(refund(&order, 0), (None, 0), "{status}: nobody has paid");
    }
}

/// Who did not take the parcel has not paid the driver; who sends it back has.
// req: S2-07
#[test]
fn cash_goes_back_to_who_has_paid_it() {
    for (status, refund) in [(OrderStatus::Shipped, None), (OrderStatus::Returned, None), (OrderStatus::Delivered, Some(1026))] {
        let (tenant, rules) = (TenantId::parse("demo").unwrap(), PayRules::default());
        let payments = Some(Collecting { tenant: &tenant, enabled: true, offers: &[], rules });
        let given = Given { tracks: Tracks { status, ..Tracks::default() }, payments, ..given() };
        let mut order = placed(&Draft { payment_method: Some("cash_on_delivery".into()), ..basket() }, given).unwrap();
        for _ in 0..2 {
            does(&mut order, opens(&[(0, 1)])).unwrap();
        }
        does(&mut order, receives("r1", None, Refunded::Lines)).unwrap();
        assert_eq!(order.returns[0].refund.map(|money| money.minor), refund, "{status}");
        let named = Money::new(500, order.totals.currency);
        does(&mut order, receives("r2", None, Refunded::Amount(named))).unwrap();
        assert_eq!(order.returns[1].refund, Some(named), "{status}: whoever names an amount knows better");
    }
}

/// One mug leaves in a parcel of ours, and the shop's own system says that all has been sent.
// req: S2-05
#[test]
fn what_left_without_a_parcel_comes_back_too() {
    let mut order = order_in(OrderStatus::Processing);
    let held = |sku: &str, quantity| Allocation { sku: sku.into(), location: "la".into(), quantity };
    let stock = vec![held("mug", 3), held("pot", 2)];
    for event in [SagaEvent::Began { table: 1 }, SagaEvent::Held { stock, advised: false }, SagaEvent::Entered { step: Step::Dispatch }] {
        order.evolve(&OrderEvent::Saga { event }, at(0));
    }
    let parcel = crate::order::FulfilCommand::Open {
        ask: crate::shipping::fulfilment::Ask::Parts(vec![crate::shipping::fulfilment::Share { line: 0, quantity: 1 }]),
        from: None,
        carriage: None,
        followed: None,
        begins: crate::order::Begins::Left,
        checked_bps: 0,
        notify: false,
    };
    let shipped = ChangeStatus { to: OrderStatus::Shipped, implied_steps: false, cause: Cause::Asked { note: None }, notify: false };
    for command in [Command::Fulfil(parcel), Command::Change(shipped)] {
        assert_eq!(order.returnable(), [0, 0, 0], "not all of it has left");
        let events = decide(Some(&order), &command, at(0)).unwrap();
        order.apply_commit(&events, at(0));
    }
    assert_eq!(order.saga.as_ref().unwrap().left.len(), 2, "stock has left for all of it");
    assert_eq!(order.returnable(), [3, 0, 2]);
}

// req: S2-69
#[test]
fn what_was_packed_wrong_shows_and_is_not_sold_again() {
    use ReturnReason as R;
    for (reason, fault, sellable) in [
        (R::WrongItem, true, false),
        (R::MissingItem, true, false),
        (R::WrongQuantity, true, false),
        (R::Damaged, false, false),
        (R::Defective, false, false),
        (R::NotAsDescribed, false, true),
        (R::ChangedMind, false, true),
        (R::Late, false, true),
        (R::Undeliverable, false, true),
        (R::Other, false, true),
    ] {
        let mut order = order_in(OrderStatus::Delivered);
        let lines = vec![ReturnLine { line: 0, quantity: 1, reason }];
        does(&mut order, ReturnCommand::Open { kind: ReturnKind::Refund, lines, approved: true, note: None, notify: true }).unwrap();
        assert!(!order.returns[0].shows_packing_fault(), "nobody has seen it");
        does(&mut order, receives("r1", None, Refunded::Lines)).unwrap();
        assert_eq!((order.returns[0].shows_packing_fault(), order.returns[0].arrived[0].sellable), (fault, sellable), "{}", reason.code());
    }
    let mut order = order_in(OrderStatus::Delivered);
    let lines = vec![ReturnLine { line: 0, quantity: 1, reason: R::MissingItem }];
    does(&mut order, ReturnCommand::Open { kind: ReturnKind::Refund, lines, approved: true, note: None, notify: true }).unwrap();
    does(&mut order, receives("r1", Some(&[]), Refunded::Nothing)).unwrap();
    assert!(order.returns[0].shows_packing_fault(), "what was missing does not come");
}

/// What people write is forgotten with their customer.
// req: X-08
#[test]
fn words_are_forgotten() {
    let mut order = order_in(OrderStatus::Delivered);
    let lines = vec![ReturnLine { line: 0, quantity: 1, reason: ReturnReason::Other }];
    let open = |note: &str| ReturnCommand::Open {
        kind: ReturnKind::Refund,
        lines: lines.clone(),
        approved: false,
        note: Some(note.into()),
        notify: true,
    };
    for bad in ["a\u{0}b", &"x".repeat(501), "my card is 4242 4242 4242 4242"] {
        assert_eq!(does(&mut order, open(bad)), Err(Rejection::BadText));
    }
    let mut events = decide(Some(&order), &Command::Return(open("Anna called")), at(1)).unwrap();
    let OrderEvent::Return { event } = &mut events[0] else { panic!("{events:?}") };
    assert_eq!(event.words().map(|words| words.as_str()), Some("Anna called"));
    order.contact = None;
    does(&mut order, open("Anna called")).unwrap();
    let events = decide(Some(&order), &Command::Return(open("again")), at(1)).unwrap();
    assert!(!serde_json::to_string(&events).unwrap().contains("again"), "of who is forgotten nothing is written down");
}

proptest! {
    /// However the pieces come back, what goes back adds up to what was paid for the goods, never more, and each part is worth something.
    // req: S2-07, S2-51
    #[test]
    fn parts_add_up_to_the_whole(
        lines in proptest::collection::vec((1u32..6, 1i64..100_000), 1..6),
        tax in 0i64..50_000, off in 0i64..50_000, order_of in proptest::collection::vec(0usize..1000, 0..40),
    ) {
        let mut order = order_in(OrderStatus::Delivered);
        let model = order.lines[0].clone();
        order.lines = lines.iter().map(|(quantity, price)| super::super::Line { quantity: *quantity, unit_price_minor: *price, ..model.clone() }).collect();
        let goods: i64 = lines.iter().map(|(quantity, price)| i64::from(*quantity) * price).sum();
        let off = off.min(goods);
        (order.totals.tax_minor, order.totals.discount_minor) = (tax, off);
        let mut pieces: Vec<usize> = lines.iter().enumerate().flat_map(|(line, (quantity, _))| std::iter::repeat_n(line, *quantity as usize)).collect();
        for (at, with) in order_of.iter().enumerate() {
            let (at, with) = (at % pieces.len(), with % pieces.len());
            pieces.swap(at, with);
        }
        let mut back = vec![0u32; lines.len()];
        let (mut before, mut sum) = (0, 0);
        for line in pieces {
            back[line] += 1;
            let after = worth_of(&order, &back);
            prop_assert!(after >= before);
            sum += after - before;
            before = after;
        }
        prop_assert_eq!(sum, goods + tax - off);
    }
}

fn line(sku: &str, quantity: u32) -> Line {
    Line {
        sku: sku.into(),
        name: sku.to_uppercase(),
        quantity,
        unit_price_minor: 0,
        kind: LineKind::Physical,
        handling: Default::default(),
    }
}

fn replaces(name: &str, lines: Option<&[Line]>) -> ReturnCommand {
    ReturnCommand::Replace { id: id(name), lines: lines.map(<[Line]>::to_vec) }
}

fn exchanges(order: &mut Order, lines: &[(usize, u32)], approved: bool) {
    let ReturnCommand::Open { lines, .. } = opens(lines) else { panic!() };
    let kind = ReturnKind::Exchange;
    does(order, ReturnCommand::Open { kind, lines, approved, note: None, notify: true }).unwrap();
}

/// Before it is here or after, once, and by what is wanted: the same, or something else.
// req: S2-05, S2-17
#[test]
fn something_is_sent_in_its_place() {
    let mut order = order_in(OrderStatus::Delivered);
    exchanges(&mut order, &[(0, 2), (2, 1)], true);
    let asked = does(&mut order, replaces("r1", None)).unwrap();
    assert_eq!(asked, ["To be sent in the place of return r1: 2 mug, 1 pot"]);
    assert_eq!(does(&mut order, replaces("r1", None)), Ok(Vec::new()), "twice is once");
    let other = does(&mut order, replaces("r1", Some(&[line("cup", 1)]))).unwrap_err().to_string();
    assert!(other.contains("something else is sent in the place of return r1 already"), "{other}");
    let one = order.to_replace().unwrap().clone();
    assert_eq!((order.replacement_due(), order.next_timer()), (Some(at(16)), Some(at(16))));
    let draft = order.replacement(&one.id, &one.replacement.as_ref().unwrap().lines, true).unwrap();
    assert_eq!((draft.number.as_deref(), draft.external_id.as_deref()), (Some("1001-r1"), Some("1001/r1")));
    let made = placed(&draft, given()).unwrap();
    assert_eq!((made.totals.total_minor, made.lines.len(), made.contact.unwrap().name.as_str()), (0, 2, "Ada Example"));
    let unnamed = order.replacement(&one.id, &one.replacement.as_ref().unwrap().lines, false).unwrap();
    assert_eq!((unnamed.number, unnamed.external_id.as_deref()), (None, Some("1001/r1")));
    // Nobody came: somebody is sent to look.
    let late = decide(Some(&order), &Command::Return(ReturnCommand::Wake), at(16)).unwrap();
    assert_eq!(late[0].in_words(), "What is sent in the place of return r1 takes too long and is begun again");
    assert_eq!(decide(Some(&order), &Command::Return(ReturnCommand::Wake), at(15)), Ok(Vec::new()), "not yet");
    // Each time a little later, and in the end each day.
    let mut waits = order.clone();
    let mut minute = 16;
    let mut pauses = Vec::new();
    for _ in 0..9 {
        waits.apply_commit(&decide(Some(&waits), &Command::Return(ReturnCommand::Wake), at(minute)).unwrap(), at(minute));
        let due = waits.replacement_due().unwrap();
        pauses.push(due.duration_since(at(minute)).as_mins());
        minute += pauses[pauses.len() - 1];
    }
    assert_eq!(pauses, [30, 60, 120, 240, 480, 960, 1920, 1920, 1920]);
    let by = crate::ids::OrderId::parse("1001-r1").unwrap();
    for _ in 0..2 {
        does(&mut order, ReturnCommand::Replaced { id: id("r1"), by: by.clone() }).unwrap();
    }
    assert_eq!(order.returns[0].replacement.as_ref().unwrap().by, Some(by));
    assert_eq!((order.to_replace(), order.replacement_due(), order.next_timer()), (None, None, None));
    // What has arrived since is what it is.
    assert_eq!(does(&mut order, receives("r1", Some(&[(0, 1, true)]), Refunded::Nothing)).unwrap().len(), 2);
    assert_eq!(order.same_again(&order.returns[0]).iter().map(|line| line.quantity).collect::<Vec<_>>(), [1]);
}

// req: S2-05
#[test]
fn what_cannot_be_replaced_is_refused_with_advice() {
    let mut order = order_in(OrderStatus::Delivered);
    does(&mut order, opens(&[(0, 1)])).unwrap();
    exchanges(&mut order, &[(0, 1)], false);
    exchanges(&mut order, &[(2, 1)], true);
    let many = vec![line("mug", 1); LINES_MAX + 1];
    for (command, text) in [
        (
            replaces("r1", None),
            "return r1 is for the money: nothing is sent in its place; refund nothing and place an order, or open an exchange",
        ),
        (replaces("r2", None), "return r2 is not agreed to yet: approve it first"),
        (replaces("r3", Some(&[])), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (replaces("r3", Some(&[line("mug", 0)])), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (replaces("r3", Some(&many)), "a return has 1 to 28 lines, each with a quantity of at least 1"),
        (replaces("r9", None), "this order has no such return"),
    ] {
        assert_eq!(does(&mut order, command).unwrap_err().to_string(), text);
    }
    does(&mut order, decides("r2", ReturnState::Withdrawn)).unwrap();
    let over = does(&mut order, replaces("r2", None)).unwrap_err().to_string();
    assert_eq!(over, "return r2 is withdrawn: nothing more comes of it; open another one");
    // Whoever is forgotten gets nothing, also if that was asked for before.
    does(&mut order, replaces("r3", None)).unwrap();
    let mut forgotten = Order { contact: None, ..order.clone() };
    assert_eq!(forgotten.replacement(&id("r3"), &[line("pot", 1)], true), None);
    let why = "its customer was forgotten".to_owned();
    let told = does(&mut forgotten, ReturnCommand::CannotReplace { id: id("r3"), why }).unwrap();
    assert_eq!(told, ["Nothing can be sent in the place of return r3: its customer was forgotten"]);
    assert_eq!(forgotten.to_replace(), None);
    assert_eq!(does(&mut forgotten, replaces("r3", None)), Err(ReturnRefusal::Forgotten.into()));
}
