use super::*;
use proptest::prelude::*;

fn line(quantity: u32, kind: LineKind) -> Line {
    Line { sku: "SKU".to_owned(), name: "Thing".to_owned(), quantity, unit_price_minor: 100, kind, handling: Default::default() }
}

fn lines() -> Vec<Line> {
    vec![line(2, LineKind::Physical), line(1, LineKind::Digital), line(3, LineKind::Physical)]
}

const fn share(line: usize, quantity: u32) -> Share {
    Share { line, quantity }
}

fn fulfilment(parts: Vec<Share>, is_drawn: bool) -> Fulfilment {
    Fulfilment::new(FulfilmentId::parse("F1").unwrap(), LocationId::parse("ny").unwrap(), parts, is_drawn)
}

fn through(start: Fulfilment, steps: &[Step]) -> Result<Fulfilment, Refusal> {
    steps.iter().try_fold(start, |at, step| at.after(*step))
}

// req: S2-59
#[test]
fn all_of_an_order_once() {
    let lines = lines();
    let everything = parts(&lines, &[], &Ask::Everything).unwrap();
    assert_eq!(everything, [share(0, 2), share(2, 3)], "a download is not packed");
    let first = fulfilment(everything, false);
    assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Everything), Err(Refusal::NothingOpen));
    let called_off = first.after(Step::Cancel).unwrap();
    assert_eq!(open(&lines, &[called_off]), [2, 0, 3], "what was called off is open again");
    assert_eq!(parts(&[line(1, LineKind::Digital)], &[], &Ask::Everything), Err(Refusal::NothingOpen));
}

// req: S2-59
#[test]
fn a_part_and_then_the_rest() {
    let lines = lines();
    let asked = Ask::Parts(vec![share(2, 1), share(0, 1), share(2, 1)]);
    let first = fulfilment(parts(&lines, &[], &asked).unwrap(), false);
    assert_eq!(first.parts, [share(0, 1), share(2, 2)], "two shares of a line are one");
    assert_eq!(open(&lines, std::slice::from_ref(&first)), [1, 0, 1]);
    assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Everything), Ok(vec![share(0, 1), share(2, 1)]));
    for (asked, refusal) in [
        (vec![share(0, 2)], Refusal::TooMany { line: 0, asked: 2, open: 1 }),
        (vec![share(0, u32::MAX), share(0, u32::MAX)], Refusal::TooMany { line: 0, asked: 8_589_934_590, open: 1 }),
        (vec![share(1, 1)], Refusal::Digital { line: 1 }),
        (vec![share(9, 1)], Refusal::NoSuchLine { line: 9 }),
        (vec![share(0, 0)], Refusal::NoQuantity),
        (vec![], Refusal::NoQuantity),
    ] {
        assert_eq!(parts(&lines, std::slice::from_ref(&first), &Ask::Parts(asked)), Err(refusal));
    }
    let many = vec![fulfilment(vec![share(9, 1)], false); FULFILMENTS_MAX];
    assert_eq!(parts(&lines, &many, &Ask::Everything), Err(Refusal::TooManyFulfilments));
}

// req: S2-19, S2-59
#[test]
fn from_the_shelf_to_the_carrier() {
    use Step::{Allocate, Cancel, Check as Look, Deliver, HandOver, Label, Pack, PickAgain, Repack, Retry, Scan, StartPicking};
    let start = || fulfilment(vec![share(0, 2), share(2, 1)], false);
    let scans = [Scan { line: 0, quantity: 1 }, Scan { line: 2, quantity: 1 }, Scan { line: 0, quantity: 1 }];
    let picking = through(start(), &[Allocate, StartPicking]).unwrap();
    assert_eq!(picking.after(Pack).unwrap_err().to_string(), "it is picking: that leads to picked, cancelled, failed");
    let half = through(picking.clone(), &scans[..2]).unwrap();
    assert_eq!((half.status, half.is_picked()), (FulfilmentStatus::Picking, false));
    assert_eq!(half.after(Scan { line: 0, quantity: 2 }), Err(Refusal::TooMany { line: 0, asked: 2, open: 1 }));
    assert_eq!(half.after(Scan { line: 1, quantity: 1 }), Err(Refusal::NoSuchLine { line: 1 }));
    assert_eq!(half.after(Scan { line: 0, quantity: 0 }), Err(Refusal::NoQuantity));
    let picked = through(picking, &scans).unwrap();
    assert_eq!(picked.status, FulfilmentStatus::Picked);
    let gone = through(picked.clone(), &[Pack, Label, HandOver, Deliver]).unwrap();
    assert_eq!(gone.status, FulfilmentStatus::Delivered);
    assert!(gone.after(Cancel).is_err() && picked.after(HandOver).is_err());
    assert_eq!(picked.after(Look { good: true }), Err(Refusal::NoCheck), "it was not drawn");

    // Drawn: no label before it was looked at.
    let drawn = Fulfilment { check: Check::Due, ..picked };
    let packed = drawn.after(Pack).unwrap();
    assert_eq!(packed.after(Label), Err(Refusal::CheckDue));
    assert_eq!(through(packed.clone(), &[Look { good: true }, Label]).unwrap().status, FulfilmentStatus::Labelled);
    let bad = packed.after(Look { good: false }).unwrap();
    assert_eq!((bad.status, bad.check), (FulfilmentStatus::QcFailed, Check::Failed));
    assert!([Label, HandOver, Pack, StartPicking].iter().all(|step| bad.after(*step).is_err()), "it does not leave");
    assert_eq!(through(bad.clone(), &[Repack, Label]), Err(Refusal::CheckDue), "and is looked at again");
    let again = through(bad.clone(), &[Repack, Look { good: true }, Label]).unwrap();
    assert_eq!(again.status, FulfilmentStatus::Labelled);
    let anew = bad.after(PickAgain).unwrap();
    assert_eq!((anew.status, anew.picked.as_slice(), anew.check), (FulfilmentStatus::Picking, &[0, 0][..], Check::Due));
    assert_eq!(through(anew, &[Step::Fail, Retry]).unwrap(), Fulfilment { check: Check::Due, ..start() });
    assert!(packed.after(Repack).is_err() && packed.after(PickAgain).is_err());
}

/// Every state and every step, as a table that is read in reviews.
// req: S2-19
#[test]
fn step_matrix() {
    let steps = [
        ("allocate", Step::Allocate),
        ("start_picking", Step::StartPicking),
        ("scan the last", Step::Scan { line: 0, quantity: 1 }),
        ("pack", Step::Pack),
        ("check: good", Step::Check { good: true }),
        ("check: bad", Step::Check { good: false }),
        ("repack", Step::Repack),
        ("pick_again", Step::PickAgain),
        ("label", Step::Label),
        ("hand_over", Step::HandOver),
        ("deliver", Step::Deliver),
        ("take_back", Step::TakeBack),
        ("fail", Step::Fail),
        ("retry", Step::Retry),
        ("cancel", Step::Cancel),
    ];
    let mut table = String::new();
    for drawn in [false, true] {
        table += if drawn { "drawn for a check\n" } else { "not drawn\n" };
        for status in FulfilmentStatus::ALL {
            let at = Fulfilment { status: *status, ..fulfilment(vec![share(0, 1)], drawn) };
            let leads = |(name, step): &(&str, Step)| {
                let next = at.after(*step).ok()?;
                let check = if next.check == at.check { String::new() } else { format!(", {:?}", next.check) };
                Some(format!("{name} -> {}{check}", next.status))
            };
            let all: Vec<String> = steps.iter().filter_map(leads).collect();
            table += &format!("  {:<10} {}\n", status.as_str(), if all.is_empty() { "(final)".to_owned() } else { all.join("; ") });
        }
    }
    insta::assert_snapshot!("fulfilment_steps", table);
}

// req: S2-59
#[test]
fn who_is_checked_is_drawn_by_name() {
    let drawn = |rate_bps| {
        let one = FulfilmentId::parse("F1").unwrap();
        (0..100_000).filter(|order| is_drawn(&order.to_string(), &one, rate_bps)).count()
    };
    assert_eq!((drawn(0), drawn(10_000)), (0, 100_000));
    for (rate_bps, about) in [(100, 1_000), (500, 5_000), (1_000, 10_000), (5_000, 50_000)] {
        assert!(drawn(rate_bps).abs_diff(about) < 400, "{rate_bps}: {}", drawn(rate_bps));
    }
    let named = |order: &str, id: &str| is_drawn(order, &FulfilmentId::parse(id).unwrap(), 5_000);
    assert!((0..20).all(|_| named("1001", "F1") == named("1001", "F1")), "the same each time");
    let seconds = (0..10_000).filter(|order| named(&order.to_string(), "F1") != named(&order.to_string(), "F2")).count();
    assert!(seconds.abs_diff(5_000) < 250, "two of one order have nothing to do with each other: {seconds}");
}

// req: S2-69
#[test]
fn one_wrong_of_a_hundred_is_99_percent() {
    use ReturnReason::{ChangedMind, Damaged, Defective, Late, MissingItem, NotAsDescribed, Other, WrongItem, WrongQuantity};
    let said = |fulfilled, reasons: &[ReturnReason]| accuracy(fulfilled, reasons).map(|share| share.to_string());
    assert_eq!(said(100, &[WrongItem]).as_deref(), Some("99.0"));
    assert_eq!(said(100, &[WrongItem, ChangedMind, Damaged, Defective, NotAsDescribed, Late, Other]).as_deref(), Some("99.0"));
    assert_eq!(said(100, &[WrongItem, MissingItem, WrongQuantity]).as_deref(), Some("97.0"));
    assert_eq!(said(100, &[]).as_deref(), Some("100.0"));
    assert_eq!(said(1, &[WrongItem; 3]).as_deref(), Some("0.0"));
    assert_eq!(said(0, &[]), None);
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0usize..3, 0u32..4).prop_map(|(line, quantity)| Step::Scan { line, quantity }),
        1 => any::<bool>().prop_map(|good| Step::Check { good }),
        6 => prop::sample::select(vec![
            Step::Allocate, Step::StartPicking, Step::Pack, Step::Repack, Step::PickAgain, Step::Label, Step::HandOver, Step::Deliver,
            Step::TakeBack, Step::Fail, Step::Retry, Step::Cancel,
        ]),
    ]
}

proptest! {
    #[test]
    fn nothing_unchecked_or_unscanned_gets_a_label(steps in prop::collection::vec(step(), 0..60), drawn in any::<bool>()) {
        let mut at = fulfilment(vec![share(0, 2), share(2, 3)], drawn);
        for step in steps {
            let Ok(next) = at.after(step) else { continue };
            prop_assert!(next.status == at.status || at.status.can_become(next.status));
            prop_assert!(next.parts.iter().zip(&next.picked).all(|(part, picked)| *picked <= part.quantity));
            if next.status == FulfilmentStatus::Labelled {
                prop_assert!(next.is_picked());
                let allowed = next.check == Check::Passed || (!drawn && next.check == Check::NotDrawn);
                prop_assert!(allowed, "{:?}", next.check);
            }
            at = next;
        }
    }

    #[test]
    fn never_more_than_was_ordered(asks in prop::collection::vec((prop::collection::vec((0usize..4, 0u32..4), 0..4), any::<bool>()), 0..12)) {
        let lines = lines();
        let mut all: Vec<Fulfilment> = Vec::new();
        for (asked, cancelled) in asks {
            let asked = asked.into_iter().map(|(line, quantity)| share(line, quantity)).collect();
            if let Ok(parts) = parts(&lines, &all, &Ask::Parts(asked)) {
                let mut new = fulfilment(parts, false);
                if cancelled {
                    new = new.after(Step::Cancel).unwrap();
                }
                all.push(new);
            }
        }
        for (at, line) in lines.iter().enumerate() {
            let sent: u32 = all.iter().filter(|each| each.status != FulfilmentStatus::Cancelled).flat_map(|each| &each.parts).filter(|part| part.line == at).map(|part| part.quantity).sum();
            prop_assert!(sent <= line.quantity);
        }
    }
}
