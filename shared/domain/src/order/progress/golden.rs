//! Decisions, each by hand.

use super::*;
use crate::money::Currency;

const HOUR: i64 = 3_600;

fn seen(status: OrderStatus, in_state_s: i64) -> Features {
    Features {
        status,
        payment: PaymentStatus::Captured,
        fulfilment: FulfilmentStatus::Labelled,
        tracking: TrackingStatus::Unknown,
        age_s: in_state_s + HOUR,
        in_state_s,
        changes: 2,
        lines: 1,
        units: 2,
        total_minor: 5_998,
        currency: Currency::parse("USD").unwrap(),
        delayed: false,
        kept_by_person: false,
        in_workflow: false,
        stock: Stock::Untracked,
        usual_s: None,
    }
}

fn opinion(should_progress: bool, confidence: u8) -> Opinion {
    Opinion { should_progress, confidence, reason: Some("As a model said.".into()) }
}

/// Does it move, how sure is the rule, which gates are closed.
type Expected = (bool, u8, &'static [&'static str]);

struct Case {
    name: &'static str,
    seen: Features,
    rules: ProgressRules,
    record: TrackRecord,
    opinion: Option<Opinion>,
    expected: Expected,
}

fn cases() -> Vec<Case> {
    let rules = ProgressRules::default();
    let pending = |hours: i64| seen(OrderStatus::Pending, hours * HOUR);
    let processing = |hours: i64| seen(OrderStatus::Processing, hours * HOUR);
    let unpaid = |payment| Features { payment, ..pending(25) };
    let bare = |tracking| Features { fulfilment: FulfilmentStatus::Pending, tracking, ..processing(49) };
    let stock = |stock| Features { stock, ..pending(25) };
    let second = ProgressRules { second_opinion: true, ..rules };
    let limited = ProgressRules { max_total: 50, ..rules };
    let new = TrackRecord::default();
    let case = |name, seen, rules, record, opinion, expected| Case { name, seen, rules, record, opinion, expected };
    let plain = |name, seen, expected| case(name, seen, rules, new, None, expected);
    vec![
        plain("pending a day, paid", pending(25), (true, 95, &[])),
        plain("one second short", seen(OrderStatus::Pending, 24 * HOUR - 1), (false, 0, &["age"])),
        plain("to the second", seen(OrderStatus::Pending, 24 * HOUR), (true, 95, &[])),
        plain("authorised is paid", unpaid(PaymentStatus::Authorized), (true, 95, &[])),
        plain("part of it captured is paid", unpaid(PaymentStatus::PartiallyCaptured), (true, 95, &[])),
        plain("nobody has paid", unpaid(PaymentStatus::Pending), (false, 0, &["paid"])),
        plain("the payment failed", unpaid(PaymentStatus::Failed), (false, 0, &["paid"])),
        plain("the money went back", unpaid(PaymentStatus::Refunded), (false, 0, &["paid"])),
        plain("disputed", unpaid(PaymentStatus::Disputed), (false, 0, &["paid"])),
        plain("the authorisation ran out", unpaid(PaymentStatus::Expired), (false, 0, &["paid"])),
        plain("young and unpaid", Features { payment: PaymentStatus::Pending, ..pending(1) }, (false, 0, &["age", "paid"])),
        plain("in stock", stock(Stock::Enough), (true, 95, &[])),
        plain("out of stock", stock(Stock::Short { sku: "MUG".into(), available: 1, ordered: 2 }), (false, 0, &["stock"])),
        plain("nobody looked at stock", stock(Stock::Unasked), (true, 95, &[])),
        plain("it is being checked and set aside", Features { in_workflow: true, ..pending(25) }, (false, 0, &["workflow"])),
        plain("a person has undone it", Features { kept_by_person: true, ..pending(25) }, (false, 0, &["person"])),
        plain("late, which is no reason to wait", Features { delayed: true, ..pending(25) }, (true, 95, &[])),
        plain("labelled two days", processing(48), (true, 95, &[])),
        plain("labelled, a second short", seen(OrderStatus::Processing, 48 * HOUR - 1), (false, 0, &["age"])),
        plain("48 h old and no label", bare(TrackingStatus::Unknown), (false, 0, &["label_or_scan"])),
        plain("a label that is only printed elsewhere", bare(TrackingStatus::Pending), (false, 0, &["label_or_scan"])),
        plain("scanned by the carrier", bare(TrackingStatus::PickedUp), (true, 95, &[])),
        plain("its parcel was cancelled", bare(TrackingStatus::Cancelled), (false, 0, &["label_or_scan"])),
        plain(
            "unpaid but labelled: payment was judged before",
            Features { payment: PaymentStatus::Pending, ..processing(49) },
            (true, 95, &[]),
        ),
        plain("labelled, and the money went back", Features { payment: PaymentStatus::Refunded, ..processing(49) }, (false, 0, &["paid"])),
        plain("labelled, and disputed", Features { payment: PaymentStatus::Disputed, ..processing(49) }, (false, 0, &["paid"])),
        plain("labelled, and voided", Features { payment: PaymentStatus::Voided, ..processing(49) }, (false, 0, &["paid"])),
        plain("packed, and in work for two days", seen(OrderStatus::ReadyToShip, 48 * HOUR), (true, 95, &[])),
        plain("packed, a second short", seen(OrderStatus::ReadyToShip, 48 * HOUR - 1), (false, 0, &["age"])),
        plain(
            "packed, without a label",
            Features { fulfilment: FulfilmentStatus::Pending, ..seen(OrderStatus::ReadyToShip, 99 * HOUR) },
            (false, 0, &["label_or_scan"]),
        ),
        plain(
            "packed, and disputed",
            Features { payment: PaymentStatus::Disputed, ..seen(OrderStatus::ReadyToShip, 99 * HOUR) },
            (false, 0, &["paid"]),
        ),
        plain("shipped", seen(OrderStatus::Shipped, 99 * HOUR), (false, 0, &[])),
        case("worth more than the shop leaves to rules", pending(25), limited, new, None, (false, 0, &["value"])),
        case("worth just that", Features { total_minor: 5_000, ..pending(25) }, limited, new, None, (true, 95, &[])),
        case("a rule people overrule", pending(25), rules, TrackRecord { decided: 100, overruled: 30 }, None, (false, 0, &["confidence"])),
        case("a rule people trust", pending(25), rules, TrackRecord { decided: 1_000, overruled: 0 }, None, (true, 99, &[])),
        case("a model agrees, a little", pending(25), second, new, Some(opinion(true, 85)), (true, 85, &[])),
        case("a model does not", pending(25), second, new, Some(opinion(false, 0)), (false, 0, &["second_opinion"])),
    ]
}

// req: S1-04, S1-05, S1-06, S1-07
#[test]
fn golden() {
    let cases = cases();
    assert!(cases.len() >= 30);
    for Case { name, seen, rules, record, opinion, expected } in cases {
        let decision = consider(&seen, &rules, record, opinion.as_ref());
        let closed: Vec<&str> = decision.gates.iter().filter(|gate| !gate.open).map(|gate| gate.name.as_str()).collect();
        assert_eq!((decision.should_progress, decision.confidence, closed.as_slice()), expected, "{name}: {decision:#?}");
        assert!(!decision.reason.is_empty(), "{name}");
    }
}

/// An order is never shipped by age alone, however old it is and whatever the shop and a model say.
// req: S1-04, S1-07
#[test]
fn rule_48h_without_label_only_flags() {
    for hours in [48, 480, 48_000] {
        let old = Features { fulfilment: FulfilmentStatus::Pending, ..seen(OrderStatus::Processing, hours * HOUR) };
        let eager = ProgressRules { processing_after_h: 0, min_confidence: 0, second_opinion: true, ..ProgressRules::default() };
        let decision = consider(&old, &eager, TrackRecord { decided: 9_999, overruled: 0 }, Some(&opinion(true, 100)));
        assert_eq!((decision.should_progress, decision.confidence), (false, 0), "{decision:?}");
    }
}

/// A second opinion lowers what the rules think, or leaves it; nothing it says raises it.
// req: S1-04
#[test]
fn an_opinion_only_holds_back() {
    let rules = ProgressRules { second_opinion: true, ..ProgressRules::default() };
    for case in cases() {
        let alone = consider(&case.seen, &rules, case.record, None);
        for (should, confidence) in [(true, 0), (true, 50), (true, 100), (false, 0), (false, 100)] {
            let both = consider(&case.seen, &rules, case.record, Some(&opinion(should, confidence)));
            assert!(!both.should_progress || alone.should_progress, "{}", case.name);
            assert!(both.confidence <= alone.confidence, "{}", case.name);
        }
    }
}

/// A label does not make an order wait anew, nor is what comes off a hold sent at once.
// req: S1-05, S1-07
#[test]
fn packing_is_part_of_the_work() {
    use crate::order::{Cause, OrderEvent};
    let mut order = crate::order::matrix::order_in(OrderStatus::Pending);
    let begun = order.placed_at;
    let mut goes = |to, hour: i64| {
        let (from, cause) = (order.tracks.status, Cause::Asked { note: None });
        let moved = OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: false, notify: false };
        order.evolve(&moved, begun + SignedDuration::from_hours(hour));
        order.tracks.fulfilment = FulfilmentStatus::Labelled;
        (due(&order, &ProgressRules::default()).map(|due| due.duration_since(begun).as_hours()), order.clone())
    };
    assert_eq!(goes(OrderStatus::Processing, 10).0, Some(58));
    let (due, packed) = goes(OrderStatus::ReadyToShip, 30);
    let seen = Features::of(&packed, Stock::Untracked, None, begun + SignedDuration::from_hours(58));
    let decision = consider(&seen, &ProgressRules::default(), TrackRecord::default(), None);
    assert_eq!((due, decision.next_status, decision.should_progress), (Some(58), Some(OrderStatus::Shipped), true));
    assert_eq!(decision.reason, "processing for 48.0 h of 48 h; fulfilment is labelled, tracking is unknown");
    goes(OrderStatus::OnHold, 40);
    assert_eq!(goes(OrderStatus::ReadyToShip, 90).0, Some(138));
}

// req: S1-05
#[test]
fn features_from_events() {
    let mut order = crate::order::matrix::order_in(OrderStatus::Pending);
    let placed = order.placed_at;
    let now = placed + SignedDuration::from_hours(30);
    order.evolve(&crate::order::OrderEvent::PaymentChanged { from: PaymentStatus::Pending, to: PaymentStatus::Captured }, placed);
    let seen = Features::of(&order, Stock::Untracked, Some(6 * HOUR), now);
    assert_eq!((seen.age_s, seen.in_state_s, seen.payment), (30 * HOUR, 30 * HOUR, PaymentStatus::Captured));
    let decision = consider(&seen, &ProgressRules::default(), TrackRecord { decided: 12, overruled: 1 }, None);
    assert_eq!(decision.reason, "pending for 30.0 h of 24 h; payment is captured");
    let evidence = decision.evidence.join(" | ");
    assert!(evidence.contains("placed 30.0 h ago") && evidence.contains("of 12 such decisions here, people overruled 1"), "{evidence}");
    assert!(evidence.contains("half of this shop's orders leave pending within 6.0 h"), "{evidence}");
    let json = serde_json::to_string(&seen).unwrap();
    assert_eq!(serde_json::from_str::<Features>(&json).unwrap(), seen, "it can be decided again: {json}");
    assert!(order.contact.is_some_and(|contact| !json.contains(&contact.name)), "nothing personal");
}
