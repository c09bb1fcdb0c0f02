use crate::sample;
use domain::kpi::daily;
use domain::money::Currency;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use render::svg::{BARS_MAX, Bar, Chart, DayPoint, POINTS_MAX, Unit, bars, line, sparkline};

const EUR: Unit = Unit::Money(Currency::EUR);

fn points(values: &[i64]) -> Vec<DayPoint> {
    let start = date(2025, 7, 1);
    let day = |index: usize| start.checked_add(jiff::Span::new().days(index as i64)).expect("a day");
    values.iter().enumerate().map(|(index, value)| DayPoint { day: day(index), value: *value }).collect()
}

fn bar(name: &str, value: i64) -> Bar {
    Bar { name: name.to_owned(), value, class: String::new() }
}

/// Well-formed, named, described, and with nothing a strict policy would block.
fn check(chart: &Chart) -> String {
    let svg = chart.svg.clone().into_string();
    assert!(svg.starts_with("<svg xmlns=") && svg.ends_with("</svg>"), "{svg}");
    assert!(svg.contains(r#"role="img" aria-labelledby=""#) && svg.contains("<title id=") && svg.contains("<desc id="));
    for forbidden in ["style=", "<style", "<script", " onclick", "NaN", "inf", "href"] {
        assert!(!svg.contains(forbidden), "{forbidden} in {svg}");
    }
    for tag in ["svg", "text", "rect", "line", "circle", "polyline", "polygon", "title", "desc"] {
        let opened = svg.matches(&format!("<{tag} ")).count() + svg.matches(&format!("<{tag}>")).count();
        assert_eq!(opened, svg.matches(&format!("</{tag}>")).count(), "{tag} is closed: {svg}");
    }
    assert_eq!(chart.table.rows.iter().filter(|row| row.len() != chart.table.head.len()).count(), 0);
    svg
}

#[test]
fn bars_of_the_sample_are_named_valued_and_classed() {
    let kpi = daily(date(2025, 8, 9), sample::orders());
    let rows: Vec<Bar> = kpi.by_status.iter().map(Bar::from).collect();
    let chart = bars("status", "Orders by status", Unit::Count, &rows);
    let svg = check(&chart);
    assert!(svg.contains(r#"class="chart-bar status-in-transit""#));
    assert!(svg.contains("<desc id=\"chart-status-desc\">Delayed 3, Delivered 2, In Transit 3, Received 1, Shipped 5.</desc>"));
    assert_eq!(chart.table.rows[2], ["In Transit", "3"]);
    let table = chart.table.html().into_string();
    assert!(table.contains("<caption>Orders by status</caption>") && table.contains("<th scope=\"row\">Shipped</th><td>5</td>"));
    assert!(chart.figure().into_string().contains("<summary>Show the numbers</summary>"));
}

#[test]
fn no_point_and_one_point_are_drawn_calmly() {
    for chart in [line("a", "Orders", Unit::Count, &[]), bars("b", "Orders", Unit::Count, &[])] {
        assert!(check(&chart).contains("No data yet</text>"));
        assert!(chart.table.rows.is_empty());
    }
    assert!(check(&sparkline("c", "Orders", Unit::Count, &[])).contains("stroke-dasharray"));
    let one = points(&[42]);
    for chart in [line("a", "Orders", Unit::Count, &one), sparkline("b", "Orders", Unit::Count, &one)] {
        let svg = check(&chart);
        assert!(svg.contains("<circle") && !svg.contains("<polyline"), "{svg}");
        assert!(svg.contains("42 on 2025-07-01."));
    }
    check(&bars("d", "Orders", Unit::Count, &[bar("Zero", 0)]));
}

#[test]
fn line_has_axes_and_says_its_extremes() {
    let chart = line("revenue", "Revenue a day", EUR, &points(&[120_000, 90_050, 240_000, 180_000]));
    let svg = check(&chart);
    for label in [">Jul 1<", ">Jul 4<", ">1k<", ">2k<", ">0<"] {
        assert!(svg.contains(label), "{label} in {svg}");
    }
    assert!(svg.contains("lowest 900.50 EUR on 2025-07-02, highest 2,400.00 EUR on 2025-07-03, latest 1,800.00 EUR."));
    assert_eq!(chart.table.rows[1], ["2025-07-02", "900.50 EUR"]);
}

#[test]
fn negative_bars_go_left_of_zero() {
    let svg = check(&bars("x", "Change", Unit::Count, &[bar("Up", 10), bar("Down", -10)]));
    // Names end at 160, the plot has 214 pixels from 168: zero is in the middle.
    assert!(svg.contains(r#"x="275" y="5" width="107""#), "{svg}");
    assert!(svg.contains(r#"x="168" y="33" width="107""#), "{svg}");
}

// Bad input: HTML in names.
#[test]
fn names_are_escaped_and_long_ones_shortened() {
    let svg = check(&bars("x\" y", "<b>&\"", Unit::Count, &[bar("</text><script>alert(1)</script> and more", 1)]));
    assert!(svg.contains("&lt;/text&gt;&lt;script&gt;aler…"), "{svg}");
    assert!(svg.contains("<title id=\"chart-x--y-title\">&lt;b&gt;&amp;&quot;</title>"), "{svg}");
}

#[test]
fn there_are_limits() {
    let many: Vec<Bar> = (0..BARS_MAX + 5).map(|index| bar(&format!("Row {index}"), 2)).collect();
    let chart = bars("x", "Many", Unit::Count, &many);
    check(&chart);
    assert_eq!(chart.table.rows.len(), BARS_MAX + 1);
    assert_eq!(chart.table.rows[BARS_MAX], ["Other (5)", "10"]);
    let long = line("x", "Long", Unit::Count, &points(&vec![1; POINTS_MAX + 5]));
    assert_eq!(long.table.rows.len(), POINTS_MAX);
    assert!(!check(&long).contains("<circle"));
}

#[test]
fn same_points_same_picture() {
    let draw = || check(&line("x", "Orders", Unit::Count, &points(&[1, 5, 3])));
    assert_eq!(draw(), draw());
}

proptest! {
    // Bad input: huge and negative numbers, days in any order and era.
    #[test]
    fn any_numbers_are_drawn_inside(values in proptest::collection::vec(any::<i64>(), 0..40), year in -9_998i16..9_998) {
        let days = points(&values);
        check(&line("x", "Any", EUR, &days));
        check(&sparkline("x", "Any", EUR, &days));
        let rows: Vec<Bar> = values.iter().map(|value| bar("Any", *value)).collect();
        check(&bars("x", "Any", EUR, &rows));
        let mut jumbled = days;
        if let Some(first) = jumbled.first_mut() {
            first.day = Date::new(year, 1, 1).unwrap();
        }
        jumbled.reverse();
        check(&line("x", "Jumbled", Unit::Count, &jumbled));
    }
}
