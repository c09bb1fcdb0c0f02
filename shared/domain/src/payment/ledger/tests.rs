use super::*;
use crate::money::Currency;
use crate::order::{PaymentStatus, Track};
use crate::payment::Released;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_754_700_000 + second).unwrap()
}

fn eur(minor: i64) -> Money {
    Money::new(minor, Currency::EUR)
}

fn empty(total: i64) -> Ledger {
    Ledger::new(TenantId::parse("demo").unwrap(), OrderId::parse("1001").unwrap(), eur(total))
}

fn named(text: &str) -> ProviderReference {
    ProviderReference::parse(text).unwrap()
}

fn ok(reference: &str, minor: i64) -> Outcome {
    Outcome::Ok { reference: named(reference), amount: eur(minor), expires_at: None }
}

fn declined(soft: bool) -> Outcome {
    Outcome::Declined { code: if soft { "insufficient_funds" } else { "stolen_card" }.into(), soft, reference: None }
}

fn authorize(minor: i64) -> Wish {
    Wish::Authorize { provider: Provider::Paypal, amount: eur(minor), by: By::Customer }
}

/// Begins and records; its number.
fn begun(ledger: &mut Ledger, wish: Wish, now: Timestamp) -> u32 {
    let operation = ledger.begin(wish, now).unwrap();
    let n = operation.n;
    ledger.record(operation).unwrap();
    n
}

/// The same, and it happens.
fn done(ledger: &mut Ledger, wish: Wish, now: Timestamp) -> u32 {
    let n = begun(ledger, wish, now);
    let minor = ledger.operation(n).unwrap().amount.minor;
    ledger.settle(n, &ok(&format!("ref-{n}"), minor), now).unwrap();
    n
}

fn authorized(total: i64) -> Ledger {
    let mut ledger = empty(total);
    done(&mut ledger, authorize(total), at(0));
    ledger
}

fn permutations(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![vec![]];
    }
    let mut all = Vec::new();
    for shorter in permutations(n - 1) {
        for place in 0..=shorter.len() {
            let mut longer = shorter.clone();
            longer.insert(place, n - 1);
            all.push(longer);
        }
    }
    all
}

// req: S2-46
#[test]
fn an_order_is_authorized_once_and_for_no_more_than_it_costs() {
    let mut ledger = empty(10_000);
    assert_eq!(ledger.status(at(0)), PaymentStatus::Pending);
    for (wish, why) in [
        (authorize(0), LedgerRejection::NotPositive),
        (authorize(-1), LedgerRejection::NotPositive),
        (authorize(10_001), LedgerRejection::MoreThanTotal(eur(10_000))),
        (
            Wish::Authorize { provider: Provider::Stripe, amount: Money::new(1, Currency::USD), by: By::Customer },
            LedgerRejection::WrongCurrency(Currency::EUR),
        ),
        (Wish::Authorize { provider: Provider::Stripe, amount: eur(1), by: By::Clock }, LedgerRejection::NoRetry),
    ] {
        assert_eq!(ledger.begin(wish, at(0)), Err(why));
    }
    let operation = ledger.begin(authorize(10_000), at(0)).unwrap();
    assert_eq!(operation.key.as_str(), "demo#1001#authorize#1");
    assert_eq!(ledger.begin(authorize(10_000), at(0)).unwrap(), operation, "until it is recorded, it is the same one");
    assert_eq!(ledger.record(operation.clone()), Ok(Settled::Changed));
    assert_eq!(ledger.record(operation.clone()), Ok(Settled::Unchanged));
    assert_eq!(ledger.record(Operation { amount: eur(1), ..operation }), Err(SettleRejection::Taken(1)));
    assert_eq!(ledger.begin(authorize(10_000), at(1)), Err(LedgerRejection::StillOpen(1)));
    ledger.settle(1, &ok("A-1", 10_000), at(2)).unwrap();
    assert_eq!(ledger.status(at(2)), PaymentStatus::Authorized);
    assert_eq!(ledger.begin(authorize(1), at(3)), Err(LedgerRejection::MoreThanTotal(eur(0))));
    assert_eq!(ledger.open_to_capture(at(3)), eur(10_000));
}

/// Each has read the ledger as it was when the winner before them had written, as a version check makes them.
// req: S2-47
#[test]
fn of_sixty_four_racing_captures_one_begins() {
    let ledger = authorized(10_000);
    let intents: Vec<Operation> = (0..64).map(|_| ledger.begin(Wish::Capture { of: 1, amount: eur(10_000) }, at(10)).unwrap()).collect();
    let mut stored = ledger;
    let mut won = 0;
    for intent in intents {
        let fresh = stored.begin(Wish::Capture { of: 1, amount: eur(10_000) }, at(10));
        match fresh {
            Ok(_) => {
                won += 1;
                stored.record(intent).unwrap();
            }
            Err(why) => assert_eq!(why, LedgerRejection::MoreThanAuthorized(eur(0))),
        }
    }
    assert_eq!(won, 1);
    stored.settle(2, &Outcome::Unknown, at(20)).unwrap();
    assert_eq!(stored.begin(Wish::Capture { of: 1, amount: eur(1) }, at(20)), Err(LedgerRejection::MoreThanAuthorized(eur(0))));
    stored.settle(2, &declined(true), at(30)).unwrap();
    assert!(stored.begin(Wish::Capture { of: 1, amount: eur(10_000) }, at(30)).is_ok(), "what was declined is free again");
}

// req: S2-07, S2-51
#[test]
fn refunds_never_exceed_what_was_captured() {
    let mut ledger = authorized(10_000);
    let capture = done(&mut ledger, Wish::Capture { of: 1, amount: eur(6_000) }, at(1));
    assert_eq!(ledger.status(at(1)), PaymentStatus::PartiallyCaptured);
    assert_eq!(ledger.begin(Wish::Refund { of: capture, amount: eur(6_001) }, at(2)), Err(LedgerRejection::MoreThanCaptured(eur(6_000))));
    assert_eq!(ledger.begin(Wish::Refund { of: 1, amount: eur(1) }, at(2)), Err(LedgerRejection::NoSuchOperation(1)));
    assert_eq!(ledger.begin(Wish::Refund { of: 9, amount: eur(1) }, at(2)), Err(LedgerRejection::NoSuchOperation(9)));
    let first = begun(&mut ledger, Wish::Refund { of: capture, amount: eur(6_000) }, at(2));
    assert_eq!(ledger.begin(Wish::Refund { of: capture, amount: eur(1) }, at(2)), Err(LedgerRejection::MoreThanCaptured(eur(0))));
    ledger.settle(first, &declined(false), at(3)).unwrap();
    done(&mut ledger, Wish::Refund { of: capture, amount: eur(2_000) }, at(4));
    assert_eq!((ledger.refunded(), ledger.refundable()), (eur(2_000), eur(4_000)));
    assert_eq!(ledger.status(at(4)), PaymentStatus::PartiallyRefunded);
    let second = done(&mut ledger, Wish::Capture { of: 1, amount: eur(4_000) }, at(5));
    assert_eq!(ledger.refund_plan(eur(5_000)), Some(vec![(second, eur(4_000)), (capture, eur(1_000))]));
    assert_eq!(ledger.refund_plan(eur(8_001)), None);
    assert_eq!(ledger.refund_plan(eur(0)), None);
    for (of, amount) in ledger.refund_plan(eur(8_000)).unwrap() {
        done(&mut ledger, Wish::Refund { of, amount }, at(6));
    }
    assert_eq!(ledger.status(at(6)), PaymentStatus::Refunded);
    assert_eq!(ledger.begin(authorize(1), at(7)), Err(LedgerRejection::Closed));
}

// req: S2-48
#[test]
fn a_promise_holds_seven_days() {
    let ledger = authorized(10_000);
    let end = at(7 * 24 * 3_600);
    let before = at(7 * 24 * 3_600 - 1);
    assert_eq!((ledger.status(before), ledger.status(end)), (PaymentStatus::Authorized, PaymentStatus::Expired));
    assert_eq!(ledger.next_due(before), Some(end));
    assert_eq!(ledger.begin(Wish::Capture { of: 1, amount: eur(1) }, end), Err(LedgerRejection::NotLive(1)));
    assert_eq!(ledger.begin(Wish::Void { of: 1 }, end), Err(LedgerRejection::NotLive(1)));
    assert_eq!(ledger.open_to_capture(end), eur(0));
    assert!(ledger.begin(authorize(10_000), end).is_ok(), "the customer may promise it again");

    let mut shorter = empty(100);
    let n = begun(&mut shorter, authorize(100), at(0));
    let outcome = Outcome::Ok { reference: named("A"), amount: eur(100), expires_at: Some(at(60)) };
    shorter.settle(n, &outcome, at(0)).unwrap();
    assert_eq!(shorter.status(at(60)), PaymentStatus::Expired, "the provider knows better");

    let mut told = authorized(100);
    told.settle(1, &Outcome::Released(Release::Expired), at(5)).unwrap();
    assert_eq!(told.operation(1).unwrap().released, Some(Released { at: at(5), how: Release::Expired }));
    assert_eq!(told.status(at(6)), PaymentStatus::Expired);
}

#[test]
fn a_promise_that_runs_out_while_it_is_taken_has_not_run_out() {
    let mut ledger = authorized(100);
    let late = at(7 * 24 * 3_600 - 1);
    let n = begun(&mut ledger, Wish::Capture { of: 1, amount: eur(100) }, late);
    let after = at(7 * 24 * 3_600 + 5);
    assert_eq!(ledger.status(after), PaymentStatus::Authorized);
    ledger.settle(n, &ok("C", 100), after).unwrap();
    assert_eq!(ledger.status(after), PaymentStatus::Captured);
}

// req: S2-48
#[test]
fn a_promise_is_given_back_for_good_and_not_while_it_is_taken() {
    let mut ledger = authorized(10_000);
    let capture = begun(&mut ledger, Wish::Capture { of: 1, amount: eur(4_000) }, at(1));
    assert_eq!(ledger.begin(Wish::Void { of: 1 }, at(1)), Err(LedgerRejection::StillOpen(capture)));
    ledger.settle(capture, &ok("C", 4_000), at(2)).unwrap();
    let void = begun(&mut ledger, Wish::Void { of: 1 }, at(3));
    assert_eq!(ledger.operation(void).unwrap().amount, eur(6_000));
    assert_eq!(ledger.begin(Wish::Capture { of: 1, amount: eur(1) }, at(3)), Err(LedgerRejection::StillOpen(void)));
    assert_eq!(ledger.begin(Wish::Void { of: 1 }, at(3)), Err(LedgerRejection::StillOpen(void)));
    ledger.settle(void, &ok("A", 6_000), at(4)).unwrap();
    assert_eq!(ledger.status(at(4)), PaymentStatus::Captured, "what was given back on purpose is not waited for");
    assert_eq!(ledger.begin(Wish::Capture { of: 1, amount: eur(1) }, at(5)), Err(LedgerRejection::NotLive(1)));

    let mut whole = authorized(100);
    done(&mut whole, Wish::Void { of: 1 }, at(1));
    assert_eq!(whole.status(at(1)), PaymentStatus::Voided);
    assert_eq!(whole.begin(authorize(100), at(2)), Err(LedgerRejection::Closed));
}

#[test]
fn a_customer_who_turns_back_may_try_another_way() {
    let mut ledger = empty(100);
    let first = begun(&mut ledger, authorize(100), at(0));
    assert_eq!(
        ledger.begin(Wish::Void { of: first }, at(0)),
        Err(LedgerRejection::StillOpen(first)),
        "nobody knows yet if there is anything"
    );
    ledger.settle(first, &Outcome::RequiresAction { reference: Some(named("PP-1")) }, at(1)).unwrap();
    assert_eq!(ledger.status(at(1)), PaymentStatus::RequiresAction);
    done(&mut ledger, Wish::Void { of: first }, at(2));
    assert_eq!(ledger.status(at(2)), PaymentStatus::Failed);
    done(&mut ledger, authorize(100), at(3));
    assert_eq!(ledger.status(at(3)), PaymentStatus::Authorized);
}

// req: S2-49
#[test]
fn whoever_does_not_answer_is_asked_and_not_assumed() {
    let mut ledger = empty(100);
    let n = begun(&mut ledger, authorize(100), at(0));
    assert!(ledger.to_ask(at(899)).is_empty());
    assert_eq!(ledger.next_due(at(0)), Some(at(900)));
    assert_eq!(ledger.to_ask(at(900)).iter().map(|one| one.n).collect::<Vec<_>>(), [n]);
    ledger.settle(n, &Outcome::Unknown, at(900)).unwrap();
    assert_eq!(ledger.to_ask(at(900)).len(), 1);
    assert_eq!(ledger.begin(authorize(100), at(2_000)), Err(LedgerRejection::StillOpen(n)), "no second one while nobody knows");
    ledger.settle(n, &ok("A", 100), at(2_001)).unwrap();
    assert!(ledger.to_ask(at(2_001)).is_empty());
}

// req: S2-50
#[test]
fn soft_declines_are_tried_three_more_times_half_an_hour_apart() {
    let mut ledger = empty(100);
    let mut now = 0;
    let n = begun(&mut ledger, authorize(100), at(now));
    ledger.settle(n, &declined(true), at(now)).unwrap();
    let again = Wish::Authorize { provider: Provider::Paypal, amount: eur(100), by: By::Clock };
    for _ in 0..RETRIES_MAX {
        assert_eq!(ledger.retry(), Retry::At(at(now + 1_800)));
        assert_eq!(ledger.begin(again, at(now + 1_799)), Err(LedgerRejection::TooSoon(at(now + 1_800))));
        now += 1_800;
        let n = begun(&mut ledger, again, at(now));
        ledger.settle(n, &declined(true), at(now)).unwrap();
        assert_eq!(ledger.status(at(now)), PaymentStatus::Failed);
    }
    assert_eq!(ledger.retry(), Retry::Exhausted);
    assert_eq!(ledger.begin(again, at(now + 9_999)), Err(LedgerRejection::NoRetry));
    assert!(ledger.begin(authorize(100), at(now + 1)).is_ok(), "the customer may still pay with another card");

    let mut hard = empty(100);
    let n = begun(&mut hard, authorize(100), at(0));
    hard.settle(n, &declined(false), at(0)).unwrap();
    assert_eq!((hard.retry(), hard.begin(again, at(9_999))), (Retry::Never, Err(LedgerRejection::NoRetry)));
}

#[test]
fn somebody_who_tries_card_after_card_is_stopped() {
    let mut ledger = empty(100);
    for _ in 0..Ledger::MAX_AUTHORIZATIONS {
        let n = begun(&mut ledger, authorize(100), at(0));
        ledger.settle(n, &declined(false), at(0)).unwrap();
    }
    assert_eq!(ledger.begin(authorize(100), at(1)), Err(LedgerRejection::TooManyAttempts));
}

#[test]
fn the_ledger_is_bounded() {
    let mut ledger = authorized(1_000_000);
    while ledger.operations().len() < Ledger::MAX_OPERATIONS {
        done(&mut ledger, Wish::Capture { of: 1, amount: eur(1) }, at(1));
    }
    assert_eq!(ledger.begin(Wish::Capture { of: 1, amount: eur(1) }, at(1)), Err(LedgerRejection::Full));
    for n in 0..Ledger::MAX_OUTSIDE {
        ledger.hear(outside(2, &format!("re-{n}"), OutsideKind::Refund, 1, 1)).unwrap();
    }
    assert_eq!(ledger.hear(outside(2, "one-more", OutsideKind::Refund, 1, 1)), Err(SettleRejection::Full));
}

#[test]
fn an_order_that_costs_less_promises_less() {
    let mut ledger = empty(10_000);
    ledger.set_total(eur(4_000)).unwrap();
    assert_eq!(ledger.begin(authorize(4_001), at(0)), Err(LedgerRejection::MoreThanTotal(eur(4_000))));
    assert_eq!(ledger.set_total(Money::new(1, Currency::USD)), Err(SettleRejection::WrongCurrency(Currency::EUR)));
    assert_eq!(ledger.set_total(eur(-1)), Err(SettleRejection::OutOfRange));
    let mut promised = authorized(10_000);
    promised.set_total(eur(4_000)).unwrap();
    assert_eq!(promised.discrepancies(at(1)), [], "what is left of the promise ends by itself");
    done(&mut promised, Wish::Capture { of: 1, amount: eur(4_000) }, at(1));
    assert_eq!(promised.status(at(1)), PaymentStatus::Captured);
}

#[test]
fn providers_take_parts_as_they_can() {
    for (provider, part, second) in [
        (Provider::Paypal, Ok(()), Ok(())),
        (Provider::Stripe, Ok(()), Err(LedgerRejection::MoreThanAuthorized(eur(0)))),
        (Provider::Payu, Ok(()), Err(LedgerRejection::MoreThanAuthorized(eur(0)))),
        (Provider::Razorpay, Err(LedgerRejection::OnlyWhole(eur(100))), Err(LedgerRejection::OnlyWhole(eur(100)))),
    ] {
        let mut ledger = empty(100);
        done(&mut ledger, Wish::Authorize { provider, amount: eur(100), by: By::Customer }, at(0));
        let wish = Wish::Capture { of: 1, amount: eur(40) };
        assert_eq!(ledger.begin(wish, at(1)).map(|_| ()), part, "{provider}");
        if part.is_ok() {
            done(&mut ledger, wish, at(1));
        }
        assert_eq!(ledger.begin(wish, at(2)).map(|_| ()), second, "{provider}");
    }
}

fn outside(of: u32, reference: &str, kind: OutsideKind, minor: i64, second: i64) -> Outside {
    Outside { provider: Provider::Paypal, reference: named(reference), of, kind, amount: eur(minor), at: at(second) }
}

#[test]
fn refunds_at_the_providers_own_pages_count_and_ours_only_once() {
    let mut ledger = authorized(100);
    done(&mut ledger, Wish::Capture { of: 1, amount: eur(100) }, at(1));
    assert_eq!(ledger.hear(outside(2, "re-elsewhere", OutsideKind::Refund, 30, 2)), Ok(Settled::Changed));
    assert_eq!(ledger.hear(outside(2, "re-elsewhere", OutsideKind::Refund, 30, 3)), Ok(Settled::Unchanged));
    assert_eq!((ledger.refunded(), ledger.refundable()), (eur(30), eur(70)));
    // A webhook of our own refund overtakes the answer, so nobody knows yet whose it is.
    let n = begun(&mut ledger, Wish::Refund { of: 2, amount: eur(70) }, at(4));
    ledger.hear(outside(2, "re-ours", OutsideKind::Refund, 70, 5)).unwrap();
    ledger.settle(n, &ok("re-ours", 70), at(6)).unwrap();
    assert_eq!((ledger.refunded(), ledger.discrepancies(at(6))), (eur(100), vec![]));
    assert_eq!(ledger.hear(outside(1, "x", OutsideKind::Refund, 1, 1)), Err(SettleRejection::NoSuchOperation(1)));
    assert_eq!(ledger.hear(outside(9, "x", OutsideKind::Refund, 1, 1)), Err(SettleRejection::NoSuchOperation(9)));
}

#[test]
fn what_is_contested_is_not_refunded_as_well() {
    let mut ledger = authorized(100);
    done(&mut ledger, Wish::Capture { of: 1, amount: eur(100) }, at(1));
    let dispute = |state, second| outside(2, "dp-1", OutsideKind::Dispute(state), 100, second);
    ledger.hear(dispute(DisputeState::Opened, 2)).unwrap();
    assert_eq!((ledger.status(at(2)), ledger.refundable()), (PaymentStatus::Disputed, eur(0)));
    assert_eq!(ledger.begin(Wish::Refund { of: 2, amount: eur(1) }, at(2)), Err(LedgerRejection::MoreThanCaptured(eur(0))));
    let mut lost = ledger.clone();
    ledger.hear(dispute(DisputeState::Won, 3)).unwrap();
    assert_eq!(ledger.hear(dispute(DisputeState::Opened, 2)), Ok(Settled::Unchanged), "late");
    assert_eq!((ledger.status(at(3)), ledger.refundable()), (PaymentStatus::Captured, eur(100)));
    lost.hear(dispute(DisputeState::Lost, 3)).unwrap();
    assert_eq!((lost.status(at(3)), lost.refundable()), (PaymentStatus::Chargeback, eur(0)));
}

#[test]
fn what_was_done_stays_done() {
    let mut ledger = authorized(100);
    let before = ledger.clone();
    for late in [
        Outcome::Unknown,
        Outcome::Cancelled,
        Outcome::Pending { reference: Some(named("other")) },
        Outcome::RequiresAction { reference: None },
        declined(false),
        declined(true),
        ok("ref-1", 100),
    ] {
        assert_eq!(ledger.settle(1, &late, at(9)), Ok(Settled::Unchanged), "{late:?}");
    }
    assert_eq!(ledger, before);
    assert_eq!(ledger.operation(1).unwrap().reference(), Some(&named("ref-1")));
}

#[test]
fn news_that_cannot_be_is_refused() {
    let mut ledger = authorized(100);
    let capture = done(&mut ledger, Wish::Capture { of: 1, amount: eur(100) }, at(1));
    let before = ledger.clone();
    let dollars = Outcome::Ok { reference: named("A"), amount: Money::new(100, Currency::USD), expires_at: None };
    assert_eq!(ledger.settle(1, &dollars, at(2)), Err(SettleRejection::WrongCurrency(Currency::EUR)));
    assert_eq!(ledger.settle(1, &ok("A", -1), at(2)), Err(SettleRejection::OutOfRange));
    assert_eq!(ledger.settle(1, &ok("A", i64::MAX), at(2)), Err(SettleRejection::OutOfRange));
    assert_eq!(ledger.settle(7, &ok("A", 1), at(2)), Err(SettleRejection::NoSuchOperation(7)));
    assert_eq!(ledger.settle(capture, &Outcome::Released(Release::Voided), at(2)), Err(SettleRejection::NotAnAuthorization(capture)));
    assert_eq!(ledger, before);
}

#[test]
fn what_a_provider_did_differently_is_shown() {
    let mut ledger = empty(100);
    let n = begun(&mut ledger, authorize(100), at(0));
    ledger.settle(n, &ok("A", 60), at(0)).unwrap();
    assert_eq!(ledger.discrepancies(at(1)), [Discrepancy::OtherAmount(1)]);
    assert_eq!(ledger.open_to_capture(at(1)), eur(60));
    let capture = begun(&mut ledger, Wish::Capture { of: 1, amount: eur(60) }, at(1));
    ledger.settle(capture, &ok("C", 90), at(2)).unwrap();
    assert!(ledger.discrepancies(at(2)).contains(&Discrepancy::CapturedMoreThanAuthorized));
    ledger.hear(outside(capture, "re", OutsideKind::Refund, 91, 3)).unwrap();
    assert!(ledger.discrepancies(at(3)).contains(&Discrepancy::ReturnedMoreThanCaptured));

    // A provider that declines, and later says that it has the money.
    let mut twice = empty(100);
    let first = begun(&mut twice, authorize(100), at(0));
    twice.settle(first, &declined(true), at(1)).unwrap();
    done(&mut twice, authorize(100), at(2));
    twice.settle(first, &ok("A-late", 100), at(3)).unwrap();
    assert_eq!(twice.discrepancies(at(3)), [Discrepancy::AuthorizedMoreThanTotal]);
    assert_eq!(twice.begin(authorize(1), at(3)), Err(LedgerRejection::MoreThanTotal(eur(0))));
}

fn told_of(news: Result<Settled, SettleRejection>) {
    assert!(news.is_ok());
}

/// Six pieces of news, in all 720 orders, each twice.
// req: S2-52
#[test]
fn every_arrival_order_gives_the_same_ledger() {
    let mut base = authorized(10_000);
    begun(&mut base, Wish::Capture { of: 1, amount: eur(4_000) }, at(1));
    begun(&mut base, Wish::Capture { of: 1, amount: eur(6_000) }, at(1));
    let told: [&dyn Fn(&mut Ledger); 6] = [
        &|ledger| told_of(ledger.settle(2, &Outcome::Unknown, at(5))),
        &|ledger| told_of(ledger.settle(2, &Outcome::Pending { reference: Some(named("C-pending")) }, at(6))),
        &|ledger| told_of(ledger.settle(2, &ok("C-2", 4_000), at(7))),
        &|ledger| told_of(ledger.settle(3, &declined(true), at(8))),
        &|ledger| told_of(ledger.settle(3, &ok("C-3", 6_000), at(9))),
        &|ledger| told_of(ledger.hear(outside(2, "dp", OutsideKind::Dispute(DisputeState::Opened), 4_000, 10))),
    ];
    let orders = permutations(6);
    assert_eq!(orders.len(), 720);
    let told_in = |order: &[usize]| {
        let mut ledger = base.clone();
        for one in order.iter().chain(order.iter().rev()) {
            told[*one](&mut ledger);
        }
        ledger
    };
    let expected = told_in(&orders[0]);
    assert_eq!((expected.captured(), expected.status(at(20))), (eur(10_000), PaymentStatus::Disputed));
    for order in &orders {
        assert_eq!(told_in(order), expected, "{order:?}");
    }
}

// req: S2-52
#[test]
fn news_finds_the_operations_that_it_may_be_about() {
    let mut ledger = empty(10_000);
    let first = begun(&mut ledger, authorize(10_000), at(0));
    ledger.settle(first, &ok("ORDER/AUTH", 10_000), at(0)).unwrap();
    let capture = begun(&mut ledger, Wish::Capture { of: first, amount: eur(6_000) }, at(1));
    let by = |names: &[&str], key: Option<&str>| {
        let names: Vec<_> = names.iter().map(|name| named(name)).collect();
        let key = key.map(|key| PaymentKey::parse(key).unwrap());
        ledger.concerned(Provider::Paypal, key.as_ref(), &names)
    };
    assert_eq!(by(&["AUTH"], None), [first, capture]);
    assert_eq!(by(&["ORDER"], None), [first, capture]);
    assert_eq!(by(&["ORDER/AUTH"], None), [first, capture]);
    assert_eq!(by(&[], Some("demo#1001#capture#2")), [capture]);
    assert_eq!(by(&["AUT", "x"], Some("demo#1002#capture#2")), Vec::<u32>::new());
    assert_eq!(ledger.concerned(Provider::Stripe, None, &[named("AUTH")]), Vec::<u32>::new(), "another provider's name");
}

#[test]
fn a_ledger_is_stored_and_read_again() {
    let mut ledger = authorized(10_000);
    done(&mut ledger, Wish::Capture { of: 1, amount: eur(10_000) }, at(1));
    let n = begun(&mut ledger, Wish::Refund { of: 2, amount: eur(5) }, at(2));
    ledger.settle(n, &declined(true), at(3)).unwrap();
    ledger.hear(outside(2, "dp", OutsideKind::Dispute(DisputeState::Won), 4_000, 10)).unwrap();
    let json = serde_json::to_string(&ledger).unwrap();
    assert_eq!(serde_json::from_str::<Ledger>(&json).unwrap(), ledger);
    assert_eq!(ledger.operation_of(&PaymentKey::parse("demo#1001#refund#3").unwrap()).map(|one| one.n), Some(3));
}

/// Somebody pays with two cards, and a capture of the first comes to nothing after the second was promised.
#[test]
fn what_a_capture_that_fails_leaves_promised_is_counted() {
    let mut ledger = empty(10_000);
    let by_stripe = |minor| Wish::Authorize { provider: Provider::Stripe, amount: eur(minor), by: By::Customer };
    done(&mut ledger, by_stripe(5_000), at(0));
    let capture = ledger.begin(Wish::Capture { of: 1, amount: eur(1) }, at(1)).unwrap();
    ledger.record(capture).unwrap();
    assert_eq!(ledger.begin(by_stripe(5_001), at(1)), Err(LedgerRejection::MoreThanTotal(eur(5_000))));
    done(&mut ledger, by_stripe(5_000), at(1));
    ledger.settle(2, &declined(false), at(2)).unwrap();
    assert_eq!(ledger.discrepancies(at(2)), []);
}

fn any_outcome() -> impl Strategy<Value = Outcome> {
    let reference = || prop::sample::select(vec!["A", "B", "C"]).prop_map(named);
    prop_oneof![
        Just(Outcome::Unknown),
        Just(Outcome::Cancelled),
        prop::option::of(reference()).prop_map(|reference| Outcome::RequiresAction { reference }),
        prop::option::of(reference()).prop_map(|reference| Outcome::Pending { reference }),
        (any::<bool>(), prop::sample::select(vec!["x", "y"]), prop::option::of(reference()))
            .prop_map(|(soft, code, reference)| Outcome::Declined { code: code.to_owned(), soft, reference }),
        (reference(), 0i64..20_000, prop::option::of(0i64..100)).prop_map(|(reference, minor, end)| Outcome::Ok {
            reference,
            amount: eur(minor),
            expires_at: end.map(at),
        }),
        prop_oneof![Just(Release::Voided), Just(Release::Expired)].prop_map(Outcome::Released),
    ]
}

#[derive(Debug, Clone)]
enum Move {
    Wish(u8, u32, i64),
    Answer(u32, u8),
    Wait(i64),
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0u8..6, 1u32..12, 1i64..12_000).prop_map(|(kind, of, minor)| Move::Wish(kind, of, minor)),
        4 => (1u32..12, 0u8..6).prop_map(|(n, how)| Move::Answer(n, how)),
        1 => (1i64..200_000).prop_map(Move::Wait),
    ]
}

/// What the provider would have done, decided once for each operation, so that it never contradicts itself.
fn answer(ledger: &Ledger, n: u32, how: u8) -> Option<Outcome> {
    let operation = ledger.operation(n).filter(|one| !ledger.is_ended(one))?;
    let succeeds = !n.is_multiple_of(3);
    Some(match how {
        0 => Outcome::Unknown,
        1 => Outcome::Pending { reference: None },
        2 if operation.kind == Kind::Authorize && operation.state.rank() < 3 => Outcome::RequiresAction { reference: None },
        _ if succeeds => ok(&format!("r{n}"), operation.amount.minor),
        _ => declined(n.is_multiple_of(2)),
    })
}

proptest! {
    /// The rule of the house: whatever is begun and however it ends, nobody takes more than was promised or gives back more than was taken,
    /// not even if everything that is open succeeds; and the status moves only where the table says.
    // req: S2-18
    #[test]
    fn money_is_conserved(moves in prop::collection::vec(any_move(), 1..60), provider in 0usize..4) {
        let mut ledger = empty(10_000);
        let mut second = 0;
        let mut status = ledger.status(at(0));
        for one in moves {
            match one {
                Move::Wait(seconds) => second += seconds,
                Move::Wish(kind, of, minor) => {
                    let wish = match kind {
                        0 => Wish::Authorize { provider: Provider::ALL[provider], amount: eur(minor), by: By::Customer },
                        1 => Wish::Authorize { provider: Provider::ALL[provider], amount: eur(minor), by: By::Clock },
                        2 | 3 => Wish::Capture { of, amount: eur(minor) },
                        4 => Wish::Void { of },
                        _ => Wish::Refund { of, amount: eur(minor) },
                    };
                    if let Ok(operation) = ledger.begin(wish, at(second)) {
                        ledger.record(operation).unwrap();
                    }
                }
                Move::Answer(n, how) => {
                    if let Some(outcome) = answer(&ledger, n, how) {
                        ledger.settle(n, &outcome, at(second)).unwrap();
                    }
                }
            }
            let mut worst = ledger.clone();
            for open in ledger.operations().iter().filter(|one| one.state.is_open()) {
                worst.settle(open.n, &ok("late", open.amount.minor), at(second)).unwrap();
            }
            for ledger in [&ledger, &worst] {
                prop_assert!(ledger.captured().minor <= ledger.authorized().minor);
                prop_assert!(ledger.captured().minor <= ledger.total().minor);
                prop_assert!(ledger.refunded().minor <= ledger.captured().minor);
                prop_assert!(ledger.refundable().minor <= ledger.captured().minor - ledger.refunded().minor);
                prop_assert_eq!(ledger.discrepancies(at(second)), vec![]);
            }
            let next = ledger.status(at(second));
            // One of two promises runs out while the other is being made: that it ran out is what the order shows in between.
            let passes_expired = status == PaymentStatus::Authorized && (next == PaymentStatus::Pending || PaymentStatus::Pending.can_become(next));
            let is_declared = status == next || status.way_to(next).is_some() || passes_expired;
            // An order goes on showing that the customer has to act until it is known what came of it.
            let waits = (status, next) == (PaymentStatus::RequiresAction, PaymentStatus::Pending);
            prop_assert!(is_declared || waits, "{:?} -> {:?}", status, next);
            status = if is_declared { next } else { status };
        }
    }

    /// Any news, even of a provider that contradicts itself, in any order and twice.
    #[test]
    fn news_is_joined(news in prop::collection::vec((1u32..4, any_outcome(), 0i64..5), 1..12), seed in any::<u64>()) {
        let mut base = empty(10_000);
        begun(&mut base, authorize(10_000), at(0));
        base.settle(1, &ok("A", 10_000), at(0)).unwrap();
        begun(&mut base, Wish::Capture { of: 1, amount: eur(100) }, at(0));
        begun(&mut base, Wish::Capture { of: 1, amount: eur(200) }, at(0));
        let told = |order: &mut dyn Iterator<Item = usize>| {
            let mut ledger = base.clone();
            for index in order {
                let (n, outcome, second) = &news[index];
                let _ = ledger.settle(*n, outcome, at(*second));
            }
            ledger
        };
        let mut shuffled: Vec<usize> = (0..news.len()).collect();
        let mut state = seed;
        for place in (1..shuffled.len()).rev() {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            shuffled.swap(place, (state >> 33) as usize % (place + 1));
        }
        let straight = told(&mut (0..news.len()));
        let twice = told(&mut shuffled.iter().copied().chain(shuffled.iter().rev().copied()));
        prop_assert_eq!(&straight, &twice);
        prop_assert!(straight.captured().minor >= 0);
    }
}
