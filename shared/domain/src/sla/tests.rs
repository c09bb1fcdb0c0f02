use super::*;
use crate::order::testing::{basket, given, placed};
use crate::order::{Order, placement::DraftLine};
use crate::shipping::{Calendar, ShippingMethod};
use jiff::Timestamp;
use jiff::civil::{Time, date};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

fn order(handling: &[&str]) -> Order {
    let mut draft = basket();
    draft.lines[0].handling = handling.iter().map(ToString::to_string).collect();
    placed(&draft, given()).unwrap()
}

fn zoned(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn warsaw() -> TimeZone {
    TimeZone::get("Europe/Warsaw").unwrap()
}

fn minutes(rules: &SlaRules, order: &Order, sla: Sla, start: &str) -> i64 {
    let (start, zone) = (zoned(start), warsaw());
    let factors = rules.factors(sla, order, start, &zone);
    let due = rules.due(sla, start, rules.target_s(sla, order).unwrap(), &factors, &zone);
    due.duration_since(start).as_secs() / 60
}

// req: S4-36, S4-37, S4-38, S4-39, S4-43
#[test]
fn targets_unless_the_shop_says_otherwise() {
    let (rules, order) = (SlaRules::default(), order(&[]));
    for (sla, expected) in [(Sla::Pick, 120), (Sla::Pack, 180), (Sla::Scan, 270), (Sla::Ship, 1_440), (Sla::Delivery, 72 * 60)] {
        assert_eq!(minutes(&rules, &order, sla, "2025-08-12T08:00:00Z"), expected, "{sla}, on a Tuesday");
    }
    let warned = rules.warn_at(zoned("2025-08-12T08:00:00Z"), zoned("2025-08-12T10:00:00Z"));
    assert_eq!(warned, zoned("2025-08-12T09:36:00Z"), "80 of 100");
}

// req: S4-41
#[test]
fn circumstances_make_work_take_longer_but_no_more_than_three_times() {
    let holidays = BTreeSet::from([date(2025, 8, 15), date(2025, 8, 17)]);
    let days = Calendar { holidays, ..Calendar::default() };
    let peaks = vec![DayRange { from: date(2025, 8, 13), until: date(2025, 8, 13) }];
    let rules = SlaRules { days, peaks, ..SlaRules::default() };
    let (tuesday, wednesday, friday, saturday, sunday) =
        ("2025-08-12T08:00:00Z", "2025-08-13T08:00:00Z", "2025-08-15T08:00:00Z", "2025-08-16T08:00:00Z", "2025-08-17T08:00:00Z");
    for (handling, start, expected, why) in [
        (&[][..], tuesday, 120, "nothing"),
        (&[], saturday, 180, "weekend: 1.5"),
        (&[], friday, 240, "holiday: 2.0"),
        (&[], sunday, 240, "a holiday on a Sunday is a holiday, not both"),
        (&[], wednesday, 168, "peak: 1.4"),
        (&["oversized"], tuesday, 180, "1.5"),
        (&["hazmat"], tuesday, 240, "2.0"),
        (&["fragile"], tuesday, 144, "1.2"),
        (&["fragile", "hazmat"], tuesday, 288, "1.2 x 2.0"),
        (&["oversized"], saturday, 270, "1.5 x 1.5"),
        (&["oversized", "hazmat"], friday, 360, "2.0 x 1.5 x 2.0 is 6, and the most is 3"),
    ] {
        assert_eq!(minutes(&rules, &order(handling), Sla::Pick, start), expected, "{handling:?} {why}");
    }
    assert_eq!(minutes(&rules, &order(&["hazmat"]), Sla::Delivery, friday), 72 * 60, "what a customer was promised is not stretched");
    assert_eq!(stretched(120, &[Factor::Busy], &FactorPercents::default()), 156, "busy: 1.3");
    assert_eq!(stretched(i64::MAX, &Factor::ALL, &FactorPercents::default()), i64::MAX);
}

// req: S4-40
#[test]
fn carriers_have_working_days_by_service() {
    let days = Calendar { holidays: BTreeSet::from([date(2025, 8, 15)]), ..Calendar::default() };
    let rules = SlaRules { days, ..SlaRules::default() };
    let due = |method, start: &str| {
        let order = Order { shipping_method: method, ..order(&[]) };
        let target_s = rules.target_s(Sla::Carrier, &order)?;
        Some(rules.due(Sla::Carrier, zoned(start), target_s, &[], &warsaw()).to_zoned(warsaw()).strftime("%F %T").to_string())
    };
    use ShippingMethod as M;
    for (method, start, expected) in [
        (None, "2025-08-04T08:00:00Z", Some("2025-08-11 23:59:59")),
        (Some(M::Standard), "2025-08-11T08:00:00Z", Some("2025-08-19 23:59:59")),
        (Some(M::Express), "2025-08-13T08:00:00Z", Some("2025-08-18 23:59:59")),
        (Some(M::Overnight), "2025-08-14T08:00:00Z", Some("2025-08-18 23:59:59")),
        (Some(M::Overnight), "2025-08-11T22:30:00Z", Some("2025-08-13 23:59:59")),
        (Some(M::SameDay), "2025-08-11T08:00:00Z", Some("2025-08-19 23:59:59")),
        (Some(M::Pickup), "2025-08-11T08:00:00Z", None),
        (Some(M::Digital), "2025-08-11T08:00:00Z", None),
    ] {
        assert_eq!(due(method, start).as_deref(), expected, "{method:?} from {start}");
    }
}

/// Only working hours count, where a shop has said which; also on days when the clocks change, and on a leap day.
#[test]
fn working_hours() {
    let at = |hour| Time::constant(hour, 0, 0, 0);
    let days = Calendar { holidays: BTreeSet::from([date(2025, 12, 25)]), ..Calendar::default() };
    let rules = SlaRules { hours: Some(Hours { opens: at(9), closes: at(17) }), days, ..SlaRules::default() };
    let due = |start: &str| {
        let order = order(&[]);
        let start: jiff::Zoned = start.parse().unwrap();
        let factors = rules.factors(Sla::Pick, &order, start.timestamp(), &warsaw());
        assert_eq!(factors, [], "days that are not worked do not count anyway");
        rules.due(Sla::Pick, start.timestamp(), 7_200, &factors, &warsaw()).to_zoned(warsaw()).strftime("%F %H:%M").to_string()
    };
    for (start, expected) in [
        ("2025-08-12T10:00:00[Europe/Warsaw]", "2025-08-12 12:00"),
        ("2025-08-12T15:00:00[Europe/Warsaw]", "2025-08-12 17:00"),
        ("2025-08-12T16:30:00[Europe/Warsaw]", "2025-08-13 10:30"),
        ("2025-08-15T16:30:00[Europe/Warsaw]", "2025-08-18 10:30"),
        ("2025-08-16T03:00:00[Europe/Warsaw]", "2025-08-18 11:00"),
        ("2025-12-24T16:00:00[Europe/Warsaw]", "2025-12-26 10:00"),
        ("2025-10-24T16:00:00[Europe/Warsaw]", "2025-10-27 10:00"),
        ("2028-02-28T16:00:00[Europe/Warsaw]", "2028-02-29 10:00"),
    ] {
        assert_eq!(due(start), expected, "{start}");
    }
    // A day on which the clocks go back in working hours has one more of them.
    let hours = Hours { opens: at(1), closes: at(5) };
    let autumn: jiff::Zoned = "2025-10-26T01:00:00[Europe/Warsaw]".parse().unwrap();
    let after = hours.after(autumn.timestamp(), 5 * 3_600, &Calendar::every_day(), &warsaw()).unwrap();
    assert_eq!(after.to_zoned(warsaw()).strftime("%F %H:%M").to_string(), "2025-10-26 05:00");
    let never = Calendar { worked: [false; 7], ..Calendar::default() };
    assert_eq!(hours.after(autumn.timestamp(), 60, &never, &warsaw()), None);
}

#[test]
fn targets_that_could_not_be_meant_are_refused() {
    assert_eq!(SlaRules::default().faults(), []);
    let field = |rules: SlaRules| rules.faults().into_iter().map(|fault| fault.field).collect::<Vec<_>>();
    assert_eq!(field(SlaRules { pick_min: 525_601, ..SlaRules::default() }), ["sla.pick_min"]);
    assert_eq!(field(SlaRules { warn_at_percent: 0, ..SlaRules::default() }), ["sla.warn_at_percent"]);
    assert_eq!(
        field(SlaRules { days: Calendar { worked: [false; 7], ..Calendar::default() }, ..SlaRules::default() }),
        ["sla.days.worked"]
    );
    let hours = Hours { opens: Time::constant(17, 0, 0, 0), closes: Time::constant(9, 0, 0, 0) };
    assert_eq!(field(SlaRules { hours: Some(hours), ..SlaRules::default() }), ["sla.hours"]);
    let peaks = vec![DayRange { from: date(2025, 8, 2), until: date(2025, 8, 1) }];
    assert_eq!(field(SlaRules { peaks, ..SlaRules::default() }), ["sla.peaks"]);
    let factors = FactorPercents { weekend: 99, fragile: 301, ..FactorPercents::default() };
    assert_eq!(field(SlaRules { factors, ..SlaRules::default() }), ["sla.factors.weekend", "sla.factors.fragile"]);
    let carrier_days = CarrierDays { standard: 61, ..CarrierDays::default() };
    assert_eq!(field(SlaRules { carrier_days, ..SlaRules::default() }), ["sla.carrier_days"]);
    for sla in Sla::ALL {
        assert_eq!(Sla::from_word(sla.as_str()), Some(sla));
    }
    let mut draft = basket();
    draft.lines = vec![DraftLine { handling: vec!["heavy".into()], ..draft.lines[0].clone() }];
    assert_eq!(placed(&draft, given()), Err(vec![("items[0].handling".to_owned(), "unknown_handling".to_owned())]));
}
