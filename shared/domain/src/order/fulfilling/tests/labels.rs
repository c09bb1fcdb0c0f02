//! Labels, told as stories.

use super::*;
use crate::ids::TenantId;
use crate::money::{Currency, Money};
use crate::order::Contact;
use crate::order::fulfilling::labels::{self, LABELS_MAX};
use crate::shipping::{AddressDraft, Quote, Service};
use jiff::civil::date;
use proptest::prelude::*;

const WISH: LabelWish = LabelWish { carrier: None, service: None, weight_g: 1_700, size: None };

fn p1() -> FulfilmentId {
    FulfilmentId::parse("p1").unwrap()
}

/// An order whose first parcel, of everything, is packed.
pub(super) fn packed() -> Order {
    let mut order = order();
    let address = AddressDraft { country: "US".into(), city: "Austin".into(), ..AddressDraft::default() };
    let contact: Contact = serde_json::from_value(serde_json::json!({ "name": "Ada Example" })).unwrap();
    order.contact = Some(Contact { address: Some(address), ..contact });
    let open = FulfilCommand::Open {
        ask: Ask::Everything,
        from: None,
        carriage: None,
        followed: None,
        begins: Begins::Packed,
        checked_bps: 0,
        notify: true,
    };
    assert_eq!(does(&mut order, open).unwrap()[0], "Parcel p1 is packed at main");
    order
}

fn label(command: LabelCommand) -> FulfilCommand {
    FulfilCommand::Label { id: p1(), command }
}

fn ask(wish: LabelWish, again: bool) -> FulfilCommand {
    label(LabelCommand::Ask { wish, tenant: TenantId::parse("demo").unwrap(), again })
}

fn latest(order: &Order) -> &ParcelLabel {
    order.consignments[0].label().unwrap()
}

fn tries(order: &Order, carrier: CarrierName) -> FulfilCommand {
    let quote = Quote {
        carrier,
        service: Service::Standard,
        code: None,
        price: Money::new(884, Currency::USD),
        arrives: date(2025, 8, 13),
        latest: None,
    };
    let reference = latest(order).reference.clone();
    label(LabelCommand::Try { reference, quote, leaves: date(2025, 8, 8), why: vec!["the cheapest".into()] })
}

fn settles(order: &Order, outcome: LabelOutcome) -> FulfilCommand {
    label(LabelCommand::Settle { reference: latest(order).reference.clone(), outcome })
}

pub(super) fn bought(number: &str) -> LabelOutcome {
    LabelOutcome::Bought {
        number: TrackingNumber::parse(number).unwrap(),
        price: Some(Money::new(884, Currency::USD)),
        file: "l.pdf".into(),
        followed: true,
        usual_gap_s: Some(129_600),
    }
}

/// A packed order with a label of UPS.
pub(super) fn labelled() -> Order {
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let tried = tries(&order, CarrierName::Ups);
    does_at(&mut order, tried, 3).unwrap();
    let sold = settles(&order, bought("1Z1"));
    does_at(&mut order, sold, 4).unwrap();
    order
}

fn work(order: &Order, minute: i64) -> Option<LabelWork> {
    order.label_work(at(minute)).map(|(_, _, work)| work)
}

// req: S2-68, S2-61
#[test]
fn a_label_is_written_down_then_bought_and_the_parcel_is_ready() {
    let mut order = packed();
    assert_eq!(does_at(&mut order, ask(WISH, false), 2).unwrap(), ["Label wanted for parcel p1 of 1700 g, by whoever is best"]);
    assert_eq!(does_at(&mut order, ask(WISH, false), 2).unwrap(), [""; 0], "a second wish is the same label");
    assert_eq!((work(&order, 2), latest(&order).reference.as_str()), (Some(LabelWork::Buy), "1001-p1-ced4f45f-1"));
    let revision = order.revision();
    let tried = tries(&order, CarrierName::Usps);
    assert_eq!(does_at(&mut order, tried.clone(), 3).unwrap(), ["USPS is asked for a label for parcel p1: standard, 8.84 USD"]);
    assert_eq!(does_at(&mut order, tried, 3).unwrap(), [""; 0], "somebody else is at it");
    assert_eq!((work(&order, 3), order.revision()), (None, revision), "what we do is nobody's news");
    let sold = settles(&order, bought("9205"));
    let told = does_at(&mut order, sold.clone(), 4).unwrap();
    assert_eq!(
        told,
        [
            "Label for parcel p1 bought for 8.84 USD: 9205",
            "Parcel p1 goes by USPS as 9205",
            "Parcel p1 is labelled",
            "Warehouse packed to labelled",
            "processing to ready_to_ship, by rule: every parcel has its label"
        ]
    );
    assert_eq!(does_at(&mut order, sold, 5).unwrap(), [""; 0], "told twice");
    assert_eq!((latest(&order).state, work(&order, 9_999)), (LabelState::Bought, None));
}

/// Nobody has heard what became of a try: the carrier is asked by its reference once it can know, and meanwhile nobody buys.
// req: S2-68
#[test]
fn silence_is_no_answer() {
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let tried = tries(&order, CarrierName::Ups);
    does_at(&mut order, tried.clone(), 3).unwrap();
    assert_eq!((work(&order, 32), order.parcels_due()), (None, Some(at(33))));
    assert_eq!(does_at(&mut order, FulfilCommand::Wake, 33).unwrap(), ["Time to see to the label for parcel p1"]);
    assert_eq!(does_at(&mut order, FulfilCommand::Wake, 34).unwrap(), [""; 0], "somebody has been sent");
    assert_eq!((work(&order, 34), order.parcels_due(), latest(&order).unsure), (Some(LabelWork::Buy), Some(at(48)), true));
    does_at(&mut order, tried, 35).unwrap();
    assert_eq!((work(&order, 64), work(&order, 65)), (None, Some(LabelWork::Buy)), "each try has its own time");
    // It was sold by the first try, and this carrier prints nothing twice: another is bought, and this one given back.
    let lost = settles(&order, LabelOutcome::Lost { number: TrackingNumber::parse("1Z1").unwrap() });
    let told = does_at(&mut order, lost, 66).unwrap();
    assert_eq!(told, ["Label for parcel p1 bought: 1Z1", "Label wanted for parcel p1 of 1700 g, by whoever is best"]);
    assert_eq!(order.consignments[0].work.status, FulfilmentStatus::Packed, "with no label that can be printed");
    let works: Vec<(String, LabelWork)> =
        order.label_works().map(|(_, label, _, work)| (label.reference.as_str()[17..].to_owned(), work)).collect();
    assert_eq!(works, [("1".to_owned(), LabelWork::Void), ("2".to_owned(), LabelWork::Buy)]);
}

// req: S2-68
#[test]
fn who_does_not_want_to_carry_it_is_passed_over_unless_they_were_named() {
    let refused = LabelOutcome::Refused { why: "too long".into(), unsure: false };
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let tried = tries(&order, CarrierName::Usps);
    does_at(&mut order, tried, 3).unwrap();
    let no = settles(&order, refused.clone());
    assert_eq!(does_at(&mut order, no.clone(), 4).unwrap(), ["USPS does not take parcel p1: too long"]);
    assert_eq!((work(&order, 4), &latest(&order).refused[..]), (Some(LabelWork::Buy), &[CarrierName::Usps][..]));
    assert!(!latest(&order).unsure, "the next carrier has never been asked");
    // Nobody is left.
    assert_eq!(does_at(&mut order, no, 5).unwrap(), ["Label for parcel p1: too long"]);
    assert_eq!((latest(&order).state, work(&order, 9_999)), (LabelState::Failed, None));
    // A person may try anew.
    let named = LabelWish { carrier: Some(CarrierName::Ups), ..WISH };
    assert_eq!(does_at(&mut order, ask(named, false), 6).unwrap(), ["Label wanted for parcel p1 of 1700 g, by UPS"]);
    let tried = tries(&order, CarrierName::Ups);
    does_at(&mut order, tried, 7).unwrap();
    let no = settles(&order, refused);
    does_at(&mut order, no, 8).unwrap();
    assert_eq!(latest(&order).state, LabelState::Failed);
}

#[test]
fn a_carrier_that_is_away_is_asked_less_and_less_often_and_then_given_up() {
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let (mut minute, mut pauses) = (2, Vec::new());
    while latest(&order).state != LabelState::Failed {
        let tried = tries(&order, CarrierName::Ups);
        assert_eq!(does_at(&mut order, tried, minute).unwrap().len(), 1);
        let away = settles(&order, LabelOutcome::Away { why: "503".into(), unsure: false });
        does_at(&mut order, away, minute).unwrap();
        let Some(due) = latest(&order).not_before.filter(|_| latest(&order).state == LabelState::Wanted) else { break };
        assert_eq!((order.parcels_due(), work(&order, minute)), (Some(due), None));
        let next = due.duration_since(at(0)).as_mins();
        pauses.push(next - minute);
        minute = next;
    }
    assert_eq!((pauses, latest(&order).problem.as_deref()), (vec![1, 2, 4, 8, 16, 32, 64, 128], Some("503")));
}

// req: S2-68
#[test]
fn what_is_not_wanted_is_given_back() {
    let mut order = labelled();
    let step = FulfilCommand::Step { id: p1(), step: Step::Cancel, carriage: None, followed: None, notify: false };
    does_at(&mut order, step, 5).unwrap();
    assert_eq!((work(&order, 5), order.parcels_due()), (Some(LabelWork::Void), Some(at(20))));
    let away = settles(&order, LabelOutcome::Away { why: "503".into(), unsure: false });
    does_at(&mut order, away, 6).unwrap();
    assert_eq!((work(&order, 6), work(&order, 7)), (None, Some(LabelWork::Void)));
    let void = settles(&order, LabelOutcome::Voided { how: "the carrier gives the money back".into() });
    assert_eq!(does_at(&mut order, void, 7).unwrap(), ["Label for parcel p1 is void: the carrier gives the money back"]);
    assert_eq!((work(&order, 9_999), order.parcels_due()), (None, None), "nobody asks where it is");
    // A whole order that is called off while its carrier has not answered.
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let tried = tries(&order, CarrierName::Ups);
    does_at(&mut order, tried, 3).unwrap();
    order.tracks.status = OrderStatus::Cancelled;
    assert_eq!((work(&order, 32), work(&order, 33)), (None, Some(LabelWork::FindOut)));
    // The answer came after all: it is ours, and not handed to anybody.
    let sold = settles(&order, bought("1Z1"));
    assert_eq!(does_at(&mut order, sold, 4).unwrap(), ["Label for parcel p1 bought for 8.84 USD: 1Z1"]);
    assert_eq!(work(&order, 4), Some(LabelWork::Void));
}

/// The carrier has taken it back, and scans the parcel before we hear of that: it is void all the same.
#[test]
fn what_was_given_back_is_void_whatever_was_seen_meanwhile() {
    let mut order = labelled();
    order.tracks.status = OrderStatus::Failed;
    assert_eq!(work(&order, 30), Some(LabelWork::Void));
    let seen = Sighting { code: Some("P".into()), at: Some(at(29)), place: None, incident: None, expected: None, pushed: true };
    does_at(&mut order, FulfilCommand::See { id: p1(), seen }, 31).unwrap();
    assert_eq!(work(&order, 31), None, "it has left after all");
    let void = settles(&order, LabelOutcome::Voided { how: "void".into() });
    assert_eq!(does_at(&mut order, void, 32).unwrap(), ["Label for parcel p1 is void: void"]);
}

#[test]
fn another_label_takes_the_place_of_the_first() {
    let mut order = labelled();
    does_at(&mut order, ask(LabelWish { weight_g: 2_500, ..WISH }, true), 5).unwrap();
    let works = |order: &Order| order.label_works().map(|(_, _, _, work)| work).collect::<Vec<_>>();
    assert_eq!(works(&order), [LabelWork::Buy], "the first is good until there is another");
    let tried = tries(&order, CarrierName::Fedex);
    does_at(&mut order, tried, 6).unwrap();
    let sold = settles(&order, bought("7949"));
    let told = does_at(&mut order, sold, 7).unwrap();
    assert_eq!(told, ["Label for parcel p1 bought for 8.84 USD: 7949", "Parcel p1 goes by FedEx as 7949"]);
    assert_eq!(works(&order), [LabelWork::Void]);
    assert_eq!(order.consignments[0].way.as_ref().unwrap().carrier, CarrierName::Fedex);
    for n in order.consignments[0].labels.len()..LABELS_MAX {
        does_at(&mut order, ask(WISH, true), 8 + n as i64).unwrap();
    }
    assert_eq!(does_at(&mut order, ask(WISH, true), 30), Err(Rejection::TooManyLabels));
}

/// Another one was wanted and cannot be had: the first is still there.
#[test]
fn a_label_that_cannot_be_replaced_stays_good() {
    let mut order = labelled();
    does_at(&mut order, ask(LabelWish { carrier: Some(CarrierName::Dhl), ..WISH }, true), 5).unwrap();
    let reference = order.consignments[0].labels[1].reference.clone();
    let refused = LabelOutcome::Refused { why: "no such service".into(), unsure: false };
    does_at(&mut order, label(LabelCommand::Settle { reference, outcome: refused }), 6).unwrap();
    assert_eq!((latest(&order).state, latest(&order).number.as_ref().unwrap().as_str()), (LabelState::Bought, "1Z1"));
    assert_eq!(work(&order, 9_999), None);
}

/// It has left under the first label, while another one was wanted: that is not bought any more, or given back.
#[test]
fn what_has_left_needs_no_other_label() {
    let mut order = labelled();
    does_at(&mut order, ask(WISH, true), 5).unwrap();
    let step = |step| FulfilCommand::Step { id: p1(), step, carriage: None, followed: None, notify: false };
    does_at(&mut order, step(Step::HandOver), 6).unwrap();
    assert_eq!(order.label_works().count(), 0, "nobody was asked for it yet");
    // By somebody else's number: the label that was bought is on no parcel.
    let mut order = labelled();
    let elsewhere = Carriage::parse("InPost", "6120");
    let leaves = FulfilCommand::Step { id: p1(), step: Step::HandOver, carriage: elsewhere, followed: None, notify: false };
    does_at(&mut order, leaves, 6).unwrap();
    assert_eq!((work(&order, 6), order.consignments[0].carriage.as_ref().unwrap().carrier.as_str()), (Some(LabelWork::Void), "InPost"));
}

/// A carrier that may have sold it, and refuses to say so, or to sell it again: nobody else is asked, and a person is told.
#[test]
fn what_may_have_been_sold_is_not_bought_elsewhere() {
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let tried = tries(&order, CarrierName::Fedex);
    does_at(&mut order, tried.clone(), 3).unwrap();
    does_at(&mut order, tried, 33).unwrap();
    let refused = settles(&order, LabelOutcome::Refused { why: "no right to track".into(), unsure: true });
    let told = does_at(&mut order, refused, 34).unwrap();
    assert_eq!(told, ["Label for parcel p1: FedEx may have sold 1001-p1-ced4f45f-1: look for it there (no right to track)"]);
    assert_eq!((latest(&order).state, work(&order, 9_999)), (LabelState::Failed, None));
}

/// Whatever a carrier answers, or does not: it ends, and the pauses grow.
#[test]
fn nothing_is_tried_for_ever() {
    for outcome in [None, Some(false), Some(true)] {
        let mut order = packed();
        does_at(&mut order, ask(WISH, false), 2).unwrap();
        let (mut minute, mut commits) = (2, 0);
        while latest(&order).state != LabelState::Failed {
            assert!(commits < 60, "{outcome:?} {:?}", latest(&order));
            if work(&order, minute) == Some(LabelWork::Buy) {
                // A carrier whose offers cannot be had, one that never answers, one that is away.
                if outcome != Some(false) {
                    let tried = tries(&order, CarrierName::Ups);
                    does_at(&mut order, tried, minute).unwrap();
                }
                if let Some(unsure) = outcome {
                    let away = settles(&order, LabelOutcome::Away { why: "503".into(), unsure });
                    does_at(&mut order, away, minute).unwrap();
                }
                commits += 1;
            }
            minute = order.parcels_due().map_or(minute, |due| due.duration_since(at(0)).as_mins().max(minute + 1));
            does_at(&mut order, FulfilCommand::Wake, minute).unwrap();
        }
        assert!((6..=12).contains(&commits), "{outcome:?} {commits}");
    }
}

/// A webhook that says something older than the label is heard.
#[test]
fn a_label_silences_nobody() {
    let order = labelled();
    assert_eq!((order.tracks.status, order.log.decided_at), (OrderStatus::ReadyToShip, None));
}

#[test]
fn no_label_for_what_cannot_go() {
    let mut begun = order();
    does(&mut begun, opens(Ask::Everything, false)).unwrap();
    assert!(matches!(does(&mut begun, ask(WISH, false)), Err(Rejection::Fulfilment(Refusal::NotFromHere { .. }))));
    for weight_g in [0, 70_001] {
        assert_eq!(does(&mut packed(), ask(LabelWish { weight_g, ..WISH }, false)), Err(Rejection::BadWeight));
    }
    let mut nowhere = packed();
    nowhere.contact.as_mut().unwrap().address = None;
    assert_eq!(does(&mut nowhere, ask(WISH, false)), Err(Rejection::NoShippingAddress));
    let mut unchecked = packed();
    unchecked.consignments[0].work.check = crate::shipping::fulfilment::Check::Due;
    assert_eq!(does(&mut unchecked, ask(WISH, false)), Err(Rejection::Fulfilment(Refusal::CheckDue)));
    let unknown = FulfilCommand::Label {
        id: FulfilmentId::parse("p9").unwrap(),
        command: LabelCommand::Ask { wish: WISH, tenant: TenantId::parse("demo").unwrap(), again: false },
    };
    assert_eq!(does(&mut packed(), unknown), Err(Rejection::NoSuchFulfilment));
}

proptest! {
    /// Whatever happens in whatever order: at most one label is wanted, what is at the carrier's unwanted is being given back, and the
    /// history replays to the head.
    #[test]
    fn at_most_one_label_is_wanted(picks in prop::collection::vec((0usize..9, 0i64..40), 1..40)) {
        let mut order = packed();
        order.contact.as_mut().unwrap().name = "Ada Example".into();
        let mut minute = 2;
        for (what, later) in picks {
            minute += later;
            let Some(reference) = order.consignments[0].labels.get(what % 3).map(|label| label.reference.clone()) else {
                let _ = does_at(&mut order, ask(WISH, false), minute);
                continue;
            };
            let settle = |outcome| label(LabelCommand::Settle { reference: reference.clone(), outcome });
            let command = match what {
                0 => ask(WISH, false),
                1 => ask(WISH, true),
                2 | 3 => tries(&order, CarrierName::Ups),
                4 => settle(bought("1Z1")),
                5 => settle(LabelOutcome::Away { why: "503".into(), unsure: false }),
                6 => settle(LabelOutcome::Lost { number: TrackingNumber::parse("1Z9").unwrap() }),
                7 => settle(LabelOutcome::Voided { how: "void".into() }),
                _ => FulfilCommand::Wake,
            };
            let events = decide(Some(&order), &Command::Fulfil(command), at(minute)).unwrap_or_default();
            prop_assert!(events.len() <= crate::order::Recorded::MAX_EVENTS);
            order.apply_commit(&events, at(minute));
            let one = &order.consignments[0];
            let wanted = |bought: bool| one.labels.iter().filter(|label| one.wants(label, false) && label.is_live() && (label.state == LabelState::Bought) == bought).count();
            prop_assert!(wanted(true) <= 1 && wanted(false) <= 1);
            // What may have been sold is not bought elsewhere.
            prop_assert!(one.labels.iter().all(|label| !label.unsure || label.quote.is_some()));
            for label in one.labels.iter().filter(|label| label.state == LabelState::Bought && !one.wants(label, false)) {
                prop_assert!(order.label_works().any(|(_, other, _, work)| other.reference == label.reference && work == LabelWork::Void));
            }
            // What waits for a carrier, or for us, is looked at some time.
            if one.labels.iter().any(|label| matches!(label.state, LabelState::Trying | LabelState::Wanted) && one.wants(label, false)) {
                prop_assert!(order.parcels_due().is_some());
            }
        }
    }
}

/// What was refused and tried too often was never sold, and is not said to have been.
#[test]
fn only_what_may_have_been_sold_is_said_to_have_been() {
    let mut order = packed();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    order.consignments[0].labels[0].attempts = labels::ATTEMPTS_MAX;
    order.consignments[0].labels[0].problem = Some("USPS: too long".into());
    let tried = tries(&order, CarrierName::Ups);
    assert_eq!(does_at(&mut order, tried, 3).unwrap(), ["Label for parcel p1: USPS: too long"]);
}

/// An order is kept in one row.
#[test]
fn an_order_has_so_many_labels() {
    let mut order = packed();
    let other = order.consignments[0].clone();
    does_at(&mut order, ask(WISH, false), 2).unwrap();
    let label = latest(&order).clone();
    for _ in 0..10 {
        order.consignments.push(Consignment { labels: vec![label.clone(); 10], ..other.clone() });
    }
    assert_eq!(does_at(&mut order, ask(WISH, true), 3), Err(Rejection::TooManyLabels));
}
