//! Golden days, and what lanes are worth.

use super::*;
use crate::order::matrix::order_in;
use crate::spread::COUNTED_MIN;
use jiff::civil::date;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

fn moment(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn berlin() -> TimeZone {
    TimeZone::get("Europe/Berlin").unwrap()
}

fn lane(country: &str) -> Lane {
    Lane::new(Some(country), None)
}

/// So many arrivals from one stage.
fn arrive(ways: &mut Ways, lane: &Lane, stage: Stage, arrived_at: Timestamp, took_s: impl IntoIterator<Item = i64>) {
    for took_s in took_s {
        let journey = Journey { lane: lane.clone(), took_s: BTreeMap::from([(stage, took_s)]), longest_gap_s: None };
        let (point, fields) = Ways::counters(&journey, arrived_at);
        ways.add(&point, fields.into_iter().map(|field| (field, 1)).collect());
    }
}

/// An order to this country that entered its status then.
fn order_to(country: &str, status: OrderStatus, entered: Timestamp) -> Order {
    let mut order = order_in(status);
    order.country = Some(country.to_owned());
    order.stages = crate::order::Stages::default();
    order.stages.moved(status, entered);
    order
}

fn by_lane(day: Date, latest: Date, orders: i64) -> Option<Expected> {
    Some(Expected { day, latest: Some(latest), basis: Basis::Lane, orders })
}

fn usual(day: Date) -> Option<Expected> {
    Some(Expected { day, latest: None, basis: Basis::UsualDays, orders: 0 })
}

/// What the customer has chosen says more than what others of their country got.
// req: S2-22, S2-62
#[test]
fn by_method() {
    use crate::shipping::ShippingMethod as M;
    let (now, zone) = (moment("2025-08-09T10:00:00Z"), TimeZone::UTC);
    let mut known = Ways::default();
    arrive(&mut known, &lane("DE"), Stage::Shipped, now, [9 * DAY; 20]);
    let expected = |status, method, days_ago: i64| {
        let order = order_to("DE", status, now - SignedDuration::from_hours(24 * days_ago));
        Order { shipping_method: Some(method), ..order }.expected(now, &zone, &known).map(|found| (found.day, found.basis))
    };
    for (method, shipped, processing) in [(M::Overnight, 10, 11), (M::Express, 11, 12), (M::Standard, 14, 15)] {
        assert_eq!(expected(OrderStatus::Shipped, method, 0), Some((date(2025, 8, shipped), Basis::Method)), "{method:?}");
        assert_eq!(expected(OrderStatus::Processing, method, 0), Some((date(2025, 8, processing), Basis::Method)), "{method:?}");
    }
    assert_eq!(expected(OrderStatus::Shipped, M::Express, 1), Some((date(2025, 8, 10), Basis::Method)), "it left yesterday");
    assert_eq!(expected(OrderStatus::Shipped, M::Express, 6), Some((date(2025, 8, 9), Basis::Method)), "never a day that has passed");
    assert_eq!(expected(OrderStatus::Shipped, M::Pickup, 0).map(|found| found.1), Some(Basis::Lane), "nobody knows when they come");
    let promised = {
        let mut order = order_to("DE", OrderStatus::Shipped, now);
        (order.shipping_method, order.tracks.eta) = (Some(M::Express), Some(date(2025, 8, 20)));
        order.expected(now, &zone, &known).map(|found| found.basis)
    };
    assert_eq!(promised, Some(Basis::Promise));
}

// req: S1-12, S1-39
#[test]
fn fallback_321() {
    let (now, zone) = (moment("2025-08-09T10:00:00Z"), TimeZone::UTC);
    let expected = |status: OrderStatus, eta: Option<Date>, ways: &Ways| {
        let mut order = order_to("DE", status, now);
        order.tracks.eta = eta;
        order.expected(now, &zone, ways)
    };
    let mut known = Ways::default();
    for (stage, days) in [(Stage::Pending, 6), (Stage::Processing, 5), (Stage::Shipped, 4)] {
        arrive(&mut known, &lane("DE"), stage, now, [days * DAY; 20]);
    }
    let promised = date(2025, 8, 1);
    let promise = Some(Expected { day: promised, latest: None, basis: Basis::Promise, orders: 0 });
    // Half of those within a bound: 6 days lie between 5 and 7, 5 between 4 and 5, 4 between 3 and 4.
    let table = [
        (OrderStatus::Pending, 12, (15, 16)),
        (OrderStatus::Processing, 11, (13, 14)),
        (OrderStatus::ReadyToShip, 11, (13, 14)),
        (OrderStatus::Shipped, 10, (12, 13)),
    ];
    for (status, day, (p50, p90)) in table {
        assert_eq!(expected(status, None, &Ways::default()), usual(date(2025, 8, day)), "{status}");
        assert_eq!(expected(status, None, &known), by_lane(date(2025, 8, p50), date(2025, 8, p90), 20), "{status}");
        assert_eq!(expected(status, Some(promised), &known), promise, "late is late");
    }
    assert_eq!(expected(OrderStatus::OnHold, None, &known), usual(date(2025, 8, 12)), "who holds it knows how long");
    assert_eq!(expected(OrderStatus::PartiallyShipped, None, &Ways::default()), usual(date(2025, 8, 10)));
    for closed in [OrderStatus::Delivered, OrderStatus::Cancelled, OrderStatus::Returned, OrderStatus::Failed] {
        assert_eq!(expected(closed, Some(now.to_zoned(zone.clone()).date()), &known), None);
    }
    let mut arrived = order_to("DE", OrderStatus::Shipped, now);
    arrived.tracks.tracking = TrackingStatus::Delivered;
    assert_eq!(arrived.expected(now, &zone, &known), None, "its carrier has handed it over");
}

// req: S1-12, S1-39
#[test]
fn nineteen_say_nothing_and_twenty_do() {
    let now = moment("2025-08-09T10:00:00Z");
    let mut ways = Ways::default();
    let expected = |country, ways: &Ways| order_to(country, OrderStatus::Shipped, now).expected(now, &TimeZone::UTC, ways);
    arrive(&mut ways, &lane("DE"), Stage::Shipped, now, [2 * DAY; 19]);
    assert_eq!(expected("DE", &ways), usual(date(2025, 8, 10)));
    arrive(&mut ways, &lane("PL"), Stage::Shipped, now, [9 * DAY]);
    // Twenty in all: the whole shop speaks for every lane, also for one that nobody has taken.
    assert_eq!(expected("DE", &ways), by_lane(date(2025, 8, 11), date(2025, 8, 11), 20));
    assert_eq!(expected("US", &ways), by_lane(date(2025, 8, 11), date(2025, 8, 11), 20));
    arrive(&mut ways, &lane("PL"), Stage::Shipped, now, [9 * DAY; 19]);
    assert_eq!(expected("PL", &ways), by_lane(date(2025, 8, 17), date(2025, 8, 19), 20), "seven to ten days");
    arrive(&mut ways, &lane("DE"), Stage::Shipped, now, [2 * DAY]);
    assert_eq!(expected("DE", &ways), by_lane(date(2025, 8, 11), date(2025, 8, 11), 20), "the slow lane has no say in the fast one");
    // A carrier that few have come by yet: its country speaks.
    let dhl = Lane::new(Some("DE"), Some("DHL"));
    arrive(&mut ways, &dhl, Stage::Shipped, now, [DAY / 2; 19]);
    assert_eq!(ways.estimate(&dhl, Stage::Shipped, now, 0).unwrap().orders, 39);
    arrive(&mut ways, &dhl, Stage::Shipped, now, [DAY / 2]);
    assert_eq!(ways.estimate(&dhl, Stage::Shipped, now, 0), Some(Estimate { p50_s: 10 * HOUR, p90_s: 41_760, orders: 20 }));
    assert_eq!(ways.estimate(&lane("DE"), Stage::Pending, now, 0), None, "each stage has its own");
    assert_eq!(COUNTED_MIN, 20);
}

// req: S1-12
#[test]
fn old_months_are_forgotten() {
    let mut ways = Ways::default();
    arrive(&mut ways, &lane("DE"), Stage::Shipped, moment("2025-05-01T00:00:00Z"), [2 * DAY; 20]);
    let known = |now: &str| ways.estimate(&lane("DE"), Stage::Shipped, moment(now), 0).is_some();
    assert!(known("2025-05-01T00:00:00Z") && known("2025-08-31T23:59:59Z"));
    assert!(!known("2025-09-01T00:00:00Z") && !known("2025-04-30T23:59:59Z"));
}

// req: S1-12
#[test]
fn the_time_that_has_passed_counts() {
    let sent = moment("2025-08-01T10:00:00Z");
    let mut ways = Ways::default();
    // Nine of ten within two days, the rest within a week.
    arrive(&mut ways, &lane("DE"), Stage::Shipped, sent, (0..100).map(|n| if n < 90 { 2 * DAY - n } else { 7 * DAY - n }));
    let order = order_to("DE", OrderStatus::Shipped, sent);
    let after = |hours: i64| {
        let now = sent + SignedDuration::from_hours(hours);
        let expected = order.expected(now, &TimeZone::UTC, &ways).unwrap();
        assert!(expected.day >= now.to_zoned(TimeZone::UTC).date() && expected.latest.is_none_or(|latest| latest >= expected.day));
        (expected.day.day(), expected.latest.map(|latest| latest.day()), expected.basis)
    };
    assert_eq!(after(0), (3, Some(3), Basis::Lane));
    // Who has waited for two days is one of the slow ones: five to seven days.
    assert_eq!(after(48), (7, Some(8), Basis::Lane));
    assert_eq!(after(6 * 24), (7, Some(8), Basis::Lane));
    // Less than one of them waited so long; nobody knows, and tomorrow comes first.
    for hours in [7 * 24, 30 * 24] {
        let tomorrow = (sent + SignedDuration::from_hours(hours + 24)).to_zoned(TimeZone::UTC).date().day();
        assert_eq!(after(hours), (tomorrow, None, Basis::UsualDays));
    }
    // Where others have waited as long, they say what became of it.
    arrive(&mut ways, &lane("US"), Stage::Shipped, sent, [20 * DAY; 20]);
    let now = sent + SignedDuration::from_hours(8 * 24);
    assert_eq!(order.expected(now, &TimeZone::UTC, &ways), by_lane(date(2025, 8, 18), date(2025, 8, 21), 120));
    // A clock that was set back by ten days: it counts as just sent.
    let back = sent - SignedDuration::from_hours(240);
    let fresh = order_to("DE", OrderStatus::Shipped, back).expected(back, &TimeZone::UTC, &ways);
    assert_eq!(order.expected(back, &TimeZone::UTC, &ways), fresh);
}

// req: S1-12
#[test]
fn days_are_the_shops_also_when_its_clocks_change() {
    let mut ways = Ways::default();
    let sent = moment("2025-03-29T11:30:00Z");
    // 36 to 48 hours: half of them within 42.
    arrive(&mut ways, &lane("DE"), Stage::Shipped, sent, [40 * HOUR; 20]);
    let order = order_to("DE", OrderStatus::Shipped, sent);
    // 12:30 and 42 hours are 7:30 on the day after the next by the sun, and 8:30 by the clock that has been set forward.
    assert_eq!(order.expected(sent, &berlin(), &ways).unwrap().day, date(2025, 3, 31));
    let late = moment("2025-03-29T04:30:00Z");
    let order = order_to("DE", OrderStatus::Shipped, late);
    // 5:30 and 42 hours: 23:30 on the 30th by the sun, 0:30 on the 31st by the clock.
    assert_eq!(order.expected(late, &berlin(), &ways).unwrap().day, date(2025, 3, 31));
    assert_eq!(order.expected(late, &TimeZone::UTC, &ways).unwrap().day, date(2025, 3, 30));
    let back = moment("2025-10-25T04:30:00Z");
    let mut ways = Ways::default();
    arrive(&mut ways, &lane("DE"), Stage::Shipped, back, [40 * HOUR; 20]);
    // 6:30 and 42 hours: 0:30 on the 27th by the sun, 23:30 on the 26th by the clock that has been set back.
    assert_eq!(order_to("DE", OrderStatus::Shipped, back).expected(back, &berlin(), &ways).unwrap().day, date(2025, 10, 26));
}

// req: S1-39
#[test]
fn an_order_is_held_against_what_was_known_when_it_left() {
    let mut ways = Ways::default();
    let (july, august) = (moment("2025-07-31T12:00:00Z"), moment("2025-08-20T12:00:00Z"));
    arrive(&mut ways, &lane("DE"), Stage::Shipped, july, (1..=100).map(|n| n * 4 * DAY / 100));
    assert_eq!(ways.calibration(july), Calibration::default(), "nothing was known when they left");
    // In August everything takes twice as long: half of it what all of July did.
    arrive(&mut ways, &lane("DE"), Stage::Shipped, august, (1..=100).map(|n| n * 8 * DAY / 100));
    let held = ways.calibration(august);
    assert_eq!((held.orders, held.by_p50), (100, 25));
    assert!((44..=46).contains(&held.by_p90), "{held:?}");
    // What leaves in one month and arrives in the next is held against what was known when it left.
    let mut ways = Ways::default();
    arrive(&mut ways, &lane("DE"), Stage::Shipped, moment("2025-07-15T00:00:00Z"), [DAY; 20]);
    arrive(&mut ways, &lane("DE"), Stage::Shipped, moment("2025-08-02T00:00:00Z"), [5 * DAY]);
    assert_eq!(ways.calibration(august).orders, 0, "it left in July");
    arrive(&mut ways, &lane("DE"), Stage::Shipped, moment("2025-08-07T00:00:00Z"), [5 * DAY, DAY / 2]);
    assert_eq!(ways.calibration(august), Calibration { orders: 2, by_p50: 1, by_p90: 1 });
    assert_eq!(Ways::held_since(august).to_string(), "2024-12");
}

/// What a forecast of this quantile costs where `took_s` came.
fn pinball(took_s: i64, forecast_s: i64, quantile: f64) -> f64 {
    let missed = (took_s - forecast_s) as f64 / DAY as f64;
    if missed >= 0.0 { missed * quantile } else { -missed * (1.0 - quantile) }
}

/// Numbers from 0 to 1 that are the same each time (a linear congruence).
fn luck(seed: &mut u64) -> f64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as f64 / (1u64 << 31) as f64
}

// req: S1-39
#[test]
fn pinball_beats_median() {
    // Fast, usual and slow, each with a long tail; nine months, 120 orders a month and lane.
    let lanes = [("DE", 1.2), ("PL", 2.5), ("US", 7.0)];
    let (mut seed, mut ways) = (20_250_809, Ways::default());
    let (mut of_lane, mut of_all, mut of_median) = ([0.0; 2], [0.0; 2], 0.0);
    let mut orders = 0i64;
    for month in 1..=9 {
        let sent = date(2025, month, 2).to_zoned(TimeZone::UTC).unwrap().timestamp();
        let mut arrived = Vec::new();
        for _ in 0..120 {
            for (country, days) in lanes {
                let took_s = (days * (0.5 + luck(&mut seed) + 1.5 * luck(&mut seed).powi(6)) * DAY as f64) as i64;
                arrived.push((lane(country), took_s));
            }
        }
        for (lane, took_s) in &arrived {
            let all = Lane::default();
            let (Some(own), Some(all)) = (ways.estimate(lane, Stage::Shipped, sent, 0), ways.estimate(&all, Stage::Shipped, sent, 0))
            else {
                continue;
            };
            orders += 1;
            for (at, (quantile, own, all)) in [(0.5, own.p50_s, all.p50_s), (0.9, own.p90_s, all.p90_s)].into_iter().enumerate() {
                of_lane[at] += pinball(*took_s, own, quantile);
                of_all[at] += pinball(*took_s, all, quantile);
            }
            of_median += pinball(*took_s, all.p50_s, 0.9);
        }
        // Known only after all of the month was foretold.
        for (lane, took_s) in arrived {
            let arrived_at = sent + SignedDuration::from_secs(took_s);
            arrive(&mut ways, &lane, Stage::Shipped, arrived_at, [took_s]);
        }
    }
    let mean = |loss: f64| loss / orders as f64;
    let (lane, all, median) = (of_lane.map(mean), of_all.map(mean), mean(of_median));
    assert!(orders > 2_500 && lane[0] < 0.5 * all[0] && lane[1] < 0.7 * all[1] && lane[1] < 0.5 * median, "{lane:?} {all:?} {median}");
    let held = ways.calibration(moment("2025-09-30T00:00:00Z"));
    let share = |part: i64| part as f64 / held.orders as f64;
    assert!(held.orders > 900 && (share(held.by_p50) - 0.5).abs() < 0.06 && (share(held.by_p90) - 0.9).abs() < 0.04, "{held:?}");
}

// req: S2-64
#[test]
fn what_nearly_all_go_without_a_scan_is_known_by_lane() {
    let now = moment("2025-08-20T00:00:00Z");
    let mut ways = Ways::default();
    let mut arrives = |lane: Lane, gap_s: i64, count: usize| {
        for _ in 0..count {
            let (point, fields) = Ways::counters(&Journey { lane: lane.clone(), took_s: BTreeMap::new(), longest_gap_s: Some(gap_s) }, now);
            ways.add(&point, fields.into_iter().map(|field| (field, 1)).collect());
        }
    };
    let by = |carrier| Lane::new(Some("PL"), Some(carrier));
    arrives(by("dhl"), DAY, 19);
    arrives(by("ups"), 2 * DAY, 100);
    assert_eq!(
        ways.usual_gap_s(&by("ups"), now),
        Some(129_600 + (172_800 - 129_600) * 95 / 100),
        "95 of 100, exact to the width of a bound"
    );
    assert!(ways.usual_gap_s(&by("dhl"), now).is_some_and(|gap_s| gap_s > DAY), "too few came that way: by its country");
    assert_eq!(Ways::default().usual_gap_s(&by("ups"), now), None);
    assert_eq!(ways.usual_gap_s(&by("ups"), moment("2026-08-20T00:00:00Z")), None, "long ago");
}

// req: S1-12
#[test]
fn what_is_stored_is_read_back() {
    let took_s = BTreeMap::from([(Stage::Pending, 3 * DAY), (Stage::Processing, 2 * DAY), (Stage::Shipped, DAY + 1)]);
    let journey = Journey { lane: lane("PL"), took_s, longest_gap_s: None };
    let (point, fields) = Ways::counters(&journey, moment("2025-08-02T00:00:00Z"));
    assert_eq!(point, "2025-08/PL/-");
    assert_eq!(fields, ["pending:within:259200", "processing:within:172800", "shipped:2025-07:within:108000"]);
    let mut ways = Ways::default();
    for odd in ["", "2025-08", "2025-13/PL/-", "x/y/z"] {
        ways.add(odd, BTreeMap::from([("pending:within:900".to_owned(), 99)]));
    }
    assert_eq!(ways, Ways::default());
    ways.add(&point, fields.iter().map(|field| (field.clone(), i64::MAX)).collect());
    ways.add(&point, BTreeMap::from([("shipped".to_owned(), 1), ("shipped:".to_owned(), 1), (fields[2].clone(), i64::MAX)]));
    assert!(ways.estimate(&lane("PL"), Stage::Shipped, moment("2025-08-02T00:00:00Z"), 0).is_some(), "no sum overflows");
    assert!(ways.calibration(moment("2025-09-02T00:00:00Z")).orders >= 0);
    assert_eq!(Month::parse("2025-01").map(|month| month.back(1).to_string()), Some("2024-12".to_owned()));
}
