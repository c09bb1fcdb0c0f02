use super::*;
use crate::money::{Currency, Money};
use crate::order::Label;
use jiff::civil::{Date, date};
use proptest::prelude::*;

fn label(word: &str) -> Label {
    Label::ALL.into_iter().find(|label| label.text() == word).unwrap_or_else(|| panic!("no status {word}"))
}

fn order(number: &str, label: Label, eta: Option<Date>) -> KpiOrder {
    KpiOrder {
        number: number.to_owned(),
        customer: "Jo Doe".to_owned(),
        label,
        eta,
        placed_on: None,
        total: None,
        owner: None,
        last_update: None,
    }
}

/// The 14 orders of the sample sheet.
fn sample() -> Vec<KpiOrder> {
    include_str!("../../fixtures/orderflow_orders.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            let [number, customer, status, eta, _email] = cells[..] else { panic!("five cells: {line}") };
            KpiOrder { customer: customer.to_owned(), ..order(number, label(status), Some(eta.parse().unwrap())) }
        })
        .collect()
}

// req: S0-33
#[test]
fn total_is_the_number_of_rows() {
    assert_eq!(daily(date(2025, 8, 9), sample()).total, 14);
    assert_eq!(daily(date(2025, 8, 9), []).total, 0);
}

// req: S0-34
#[test]
fn delayed_share_of_the_sample_is_21_4() {
    let kpi = daily(date(2025, 8, 9), sample());
    assert_eq!((kpi.delayed, kpi.delayed_pct.to_string()), (3, "21.4".to_owned()));
    assert_eq!(kpi.late_by_eta_pct.to_string(), "14.3");
}

// req: S0-34
#[test]
fn one_delayed_of_fourteen_is_7_1() {
    let rows = sample().into_iter().enumerate().map(|(index, mut row)| {
        if row.is_delayed() && index > 0 {
            row.label = Label::Shipped;
        }
        row
    });
    assert_eq!(daily(date(2025, 8, 9), rows).delayed_pct.to_string(), "7.1");
}

// req: S0-34
#[test]
fn shares_round_half_to_even_without_floats() {
    for (part, whole, expected) in [
        (0, 0, "0.0"),
        (5, 0, "0.0"),
        (0, 7, "0.0"),
        (7, 7, "100.0"),
        (9, 7, "100.0"),
        (1, 16, "6.2"),
        (3, 16, "18.8"),
        (1, 2_000, "0.0"),
        (3, 2_000, "0.2"),
        (1_999, 2_000, "100.0"),
        (u64::MAX, u64::MAX, "100.0"),
        (u64::MAX / 2, u64::MAX, "50.0"),
    ] {
        assert_eq!(Percent::of(part, whole).to_string(), expected, "{part} of {whole}");
    }
}

// req: S0-35
#[test]
fn misses_of_the_sample_on_three_days() {
    for (day, expected) in [(9, 2), (10, 5), (11, 7)] {
        let kpi = daily(date(2025, 8, day), sample());
        assert_eq!(kpi.sla_missed, expected, "2025-08-{day:02}");
        assert_eq!(kpi.sla_misses.len() as u64, expected);
    }
    let first = &daily(date(2025, 8, 11), sample()).sla_misses[0];
    assert_eq!((first.order.number.as_str(), first.days_late), ("1004", 4));
}

// req: S0-35
#[test]
fn a_miss_needs_a_passed_promise_and_an_awaited_order() {
    let (yesterday, today) = (date(2025, 8, 9), date(2025, 8, 10));
    assert!(order("1", Label::Shipped, Some(yesterday)).misses_promise(today));
    assert!(!order("1", Label::Shipped, Some(today)).misses_promise(today), "not late on the day itself");
    assert!(!order("1", Label::Shipped, None).misses_promise(today));
    for over in [Label::Delivered, Label::Completed, Label::Cancelled, Label::Returned, Label::Refunded] {
        assert!(!order("1", over, Some(yesterday)).misses_promise(today), "{over:?}");
    }
    assert!(order("1", Label::DeliveryFailed, Some(yesterday)).misses_promise(today));
}

// req: S0-36
#[test]
fn statuses_of_the_sample_sorted_by_name() {
    let kpi = daily(date(2025, 8, 9), sample());
    let rows: Vec<(&str, u64)> = kpi.by_status.iter().map(|row| (row.label.text(), row.count)).collect();
    assert_eq!(rows, [("Delayed", 3), ("Delivered", 2), ("In Transit", 3), ("Received", 1), ("Shipped", 5)]);
}

// req: S0-39
#[test]
fn slack_lines_of_the_sample() {
    assert_eq!(
        slack_summary(&daily(date(2025, 8, 9), sample())),
        "*Daily Logistics Report* - 2025-08-09\n\
         • Total orders: *14*\n\
         • Delayed %: *21.4%*\n\
         • SLA misses: *2*\n\
         • By status: Delayed: 3, Delivered: 2, In Transit: 3, Received: 1, Shipped: 5"
    );
    assert!(slack_summary(&daily(date(2025, 8, 9), [])).ends_with("• SLA misses: *0*\n• By status: none"));
}

// req: S0-39
#[test]
fn slack_compares_with_the_right_days_only() {
    let today = daily(date(2025, 8, 11), sample());
    let day = |as_of| Headline::from(&daily(as_of, sample().into_iter().skip(1)));
    let picked =
        Comparison::pick(today.as_of, [day(date(2025, 8, 9)), day(date(2025, 8, 10)), day(date(2025, 8, 4)), day(date(2024, 8, 11))]);
    assert_eq!(
        slack_comparison(&today, &picked),
        "• vs yesterday: orders +1, delayed +6.0 pp, SLA misses +2\n\
         • vs same weekday: orders +1, delayed +6.0 pp, SLA misses +7"
    );
    assert_eq!(slack_comparison(&today, &Comparison::default()), "");
    let same = Comparison { yesterday: Some(Headline::from(&today)), same_weekday: None };
    assert_eq!(slack_comparison(&today, &same), "• vs yesterday: orders ±0, delayed ±0.0 pp, SLA misses ±0");
    assert_eq!(Comparison::pick(Date::MIN, []), Comparison::default());
}

#[test]
fn value_is_summed_by_currency_without_what_was_called_off() {
    let priced = |label, minor, currency| {
        let total = Some(Money::new(minor, currency));
        KpiOrder { total, ..order("1", label, None) }
    };
    let kpi = daily(
        date(2025, 8, 9),
        [
            priced(Label::Shipped, 1_999, Currency::EUR),
            priced(Label::Delivered, 1, Currency::EUR),
            priced(Label::Cancelled, 500, Currency::EUR),
            priced(Label::Received, i64::MAX, Currency::USD),
            priced(Label::Received, i64::MAX, Currency::USD),
        ],
    );
    let shown: Vec<String> = kpi.value.iter().map(|sum| format!("{} {} {}", sum.currency, sum.orders, sum.decimal())).collect();
    assert_eq!(shown, ["EUR 2 20.00", "USD 2 184467440737095516.14"]);
    assert_eq!(kpi.without_eta, 3);
}

#[test]
fn ages_and_lateness_are_never_negative() {
    let mut early = order("1", Label::Delayed, Some(date(2025, 8, 20)));
    early.placed_on = Some(date(2025, 8, 15));
    let kpi = daily(date(2025, 8, 9), [early]);
    assert_eq!((kpi.delayed_orders[0].days_late, kpi.delayed_orders[0].age_days), (0, Some(0)));
}

#[test]
fn lists_keep_the_most_overdue_and_counts_keep_all() {
    let many = 2 * LISTED_MAX + 10;
    let start = date(2020, 1, 1);
    let rows = (0..many).rev().map(|index| {
        let eta = start.checked_add(jiff::Span::new().days((index % 1_000) as i64)).unwrap();
        order(&index.to_string(), Label::Delayed, Some(eta))
    });
    let kpi = daily(date(2025, 8, 9), rows);
    assert_eq!((kpi.sla_missed, kpi.sla_misses.len()), (many as u64, LISTED_MAX));
    assert_eq!(kpi.sla_misses[0].order.number, "0");
    assert!(kpi.sla_misses.is_sorted_by_key(|late| late.order.eta));
}

#[test]
fn figures_survive_the_wire() {
    let mut rows = sample();
    rows[0].total = Some(Money::new(1_999, Currency::EUR));
    let kpi = daily(date(2025, 8, 11), rows);
    let text = serde_json::to_string(&kpi).unwrap();
    assert!(text.contains(r#""delayed_pct":"21.4""#), "{text}");
    assert_eq!(serde_json::from_str::<DailyKpi>(&text).unwrap(), kpi);
    for bad in ["\"21\"", "\"100.1\"", "\"-1.0\"", "\"1.25\"", "\"\"", "\"99999.0\"", "21.4"] {
        assert!(serde_json::from_str::<Percent>(bad).is_err(), "{bad}");
    }
}

fn any_order() -> impl Strategy<Value = KpiOrder> {
    (0usize..Label::ALL.len(), proptest::option::of(1i8..28), 0u32..10_000)
        .prop_map(|(label, day, number)| order(&number.to_string(), Label::ALL[label], day.map(|day| date(2025, 8, day))))
}

proptest! {
    #[test]
    fn figures_agree_with_each_other(mut rows in proptest::collection::vec(any_order(), 0..60), day in 1i8..28) {
        let kpi = daily(date(2025, 8, day), rows.clone());
        prop_assert_eq!(kpi.by_status.iter().map(|row| row.count).sum::<u64>(), kpi.total);
        prop_assert_eq!(kpi.count(Label::Delayed), kpi.delayed);
        prop_assert_eq!(kpi.sla_misses.len() as u64, kpi.sla_missed);
        prop_assert!(kpi.sla_missed + kpi.without_eta <= kpi.awaited && kpi.awaited <= kpi.total);
        prop_assert!(kpi.sla_misses.iter().all(|late| late.days_late > 0));
        rows.sort_by(|a, b| b.number.cmp(&a.number).then(a.label.cmp(&b.label)).then(a.eta.cmp(&b.eta)));
        let shuffled = daily(date(2025, 8, day), rows);
        prop_assert_eq!(&shuffled.by_status, &kpi.by_status);
        prop_assert_eq!(shuffled.sla_missed, kpi.sla_missed);
    }
}
