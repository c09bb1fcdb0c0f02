use crate::sample;
use calamine::{Data, DataType, Range, Reader, Xlsx};
use domain::kpi::{Comparison, DailyKpi, Headline, LISTED_MAX, daily};
use domain::money::{Currency, Money};
use domain::order::Label;
use jiff::civil::date;
use proptest::prelude::*;
use std::io::{Cursor, Read};

fn book(kpi: &DailyKpi) -> Vec<u8> {
    render::xlsx::daily(kpi, &Comparison::default()).expect("a workbook")
}

fn sheet(bytes: &[u8], name: &str) -> Range<Data> {
    let mut workbook = Xlsx::new(Cursor::new(bytes)).expect("an xlsx file");
    workbook.worksheet_range(name).expect("the sheet")
}

fn part(bytes: &[u8], name: &str) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut text = String::new();
    archive.by_name(name).expect("the part").read_to_string(&mut text).expect("UTF-8");
    text
}

fn at(range: &Range<Data>, cell: &str) -> Data {
    let (col, row) = cell.split_at(1);
    let position = (row.parse::<u32>().expect("a row") - 1, u32::from(col.as_bytes()[0] - b'A'));
    range.get_value(position).cloned().unwrap_or_default()
}

fn text(range: &Range<Data>, cell: &str) -> String {
    at(range, cell).to_string()
}

// req: S0-37
#[test]
fn first_sheet_reads_as_laid_out() {
    let bytes = book(&sample::kpi(date(2025, 8, 9)));
    let workbook = Xlsx::new(Cursor::new(&bytes[..])).unwrap();
    assert_eq!(workbook.sheet_names(), ["Daily", "SLA misses", "Definitions", "Delayed orders"]);
    let daily = sheet(&bytes, "Daily");
    let column = |letter: char| (1..=15).map(|row| text(&daily, &format!("{letter}{row}"))).collect::<Vec<_>>();
    assert_eq!(
        column('A'),
        [
            "Daily Logistics Report - 2025-08-09",
            "",
            "Metric",
            "Total orders",
            "Delayed %",
            "SLA misses",
            "",
            "Status",
            "Delayed",
            "Delivered",
            "In Transit",
            "Received",
            "Shipped",
            "",
            "Total"
        ]
    );
    assert_eq!(column('B'), ["", "", "Value", "14", "21.4", "2", "", "Count", "3", "2", "3", "1", "5", "", "14"]);
    assert!(at(&daily, "B5").is_float(), "a number, not a text");
}

// req: S0-37
#[test]
fn first_sheet_has_the_exact_geometry() {
    let bytes = book(&sample::kpi(date(2025, 8, 9)));
    let xml = part(&bytes, "xl/worksheets/sheet1.xml");
    assert!(xml.contains(r#"<mergeCell ref="A1:B1"/>"#));
    // The title is the longest text of column A (35 characters), "Value" and "Count" of column B.
    assert!(xml.contains(r#"<col min="1" max="1" width="38" customWidth="1"/>"#), "{xml}");
    assert!(xml.contains(r#"<col min="2" max="2" width="8" customWidth="1"/>"#), "{xml}");
    let rows = xml.matches("<row ").count();
    assert_eq!(rows, 15);
    assert_eq!(xml.matches(r#" ht="22" customHeight="1""#).count(), rows);
    let styles = part(&bytes, "xl/styles.xml");
    assert!(styles.contains(r#"<font><b/><sz val="14"/><color rgb="FF111827"/>"#), "bold 14 title: {styles}");
}

// req: S0-38
#[test]
fn palette_is_in_the_styles() {
    let bytes = book(&sample::kpi(date(2025, 8, 9)));
    let styles = part(&bytes, "xl/styles.xml");
    for colour in ["EDF2FF", "F6F7FB", "111827", "34C759", "FF6B6B", "FFD166", "7AA8FF", "FFB020", "D9DCE3", "FFFFFF"] {
        assert!(styles.contains(&format!("rgb=\"FF{colour}\"")), "{colour}");
    }
    assert!(styles.contains(r#"<font><b/><sz val="11"/><color rgb="FFFFFFFF"/>"#), "white bold: {styles}");
}

// req: S0-38
#[test]
fn yellow_is_readable_and_no_status_depends_on_colour() {
    for label in [Label::InTransit, Label::Shipped] {
        let shade = render::xlsx::shade(label);
        let contrast = contrast(shade.fill, shade.ink);
        assert!(contrast >= 4.5, "{label:?}: {contrast:.2}");
    }
    let given = [Label::Delivered, Label::Delayed, Label::InTransit, Label::Received, Label::Shipped];
    for label in Label::ALL.into_iter().filter(|label| !given.contains(label)) {
        let shade = render::xlsx::shade(label);
        assert!(contrast(shade.fill, shade.ink) >= 4.5, "{label:?}");
    }
    let shapes: std::collections::BTreeSet<char> = Label::ALL.map(|label| render::xlsx::shade(label).shape).into();
    assert_eq!(shapes.len(), Label::ALL.len(), "a shape each");
    let styles = part(&book(&sample::kpi(date(2025, 8, 9))), "xl/styles.xml");
    assert!(styles.contains("▲"), "the shapes are in the number formats");
}

/// WCAG 2 contrast ratio of two 0xRRGGBB colours.
fn contrast(a: u32, b: u32) -> f64 {
    let channel = |value: u32| {
        let share = f64::from(value & 0xFF) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    };
    let luminance = |rgb: u32| 0.2126 * channel(rgb >> 16) + 0.7152 * channel(rgb >> 8) + 0.0722 * channel(rgb);
    let (light, dark) = (luminance(a).max(luminance(b)), luminance(a).min(luminance(b)));
    (light + 0.05) / (dark + 0.05)
}

// req: S0-35
#[test]
fn second_sheet_lists_the_misses_most_overdue_first() {
    for (day, numbers) in [
        (9, vec!["1004", "1002"]),
        (10, vec!["1004", "1002", "1005", "1006", "1008"]),
        (11, vec!["1004", "1002", "1005", "1006", "1008", "1001", "1009"]),
    ] {
        let bytes = book(&sample::kpi(date(2025, 8, day)));
        let misses = sheet(&bytes, "SLA misses");
        let listed: Vec<String> = (4..4 + numbers.len()).map(|row| text(&misses, &format!("A{row}"))).collect();
        assert_eq!(listed, numbers);
        assert_eq!(at(&misses, "A2").as_i64(), Some(numbers.len() as i64), "the count above the list");
        assert_eq!(misses.height(), 3 + numbers.len());
        let xml = part(&bytes, "xl/worksheets/sheet2.xml");
        assert!(xml.contains(&format!(r#"<autoFilter ref="A3:K{}"/>"#, 3 + numbers.len())));
    }
}

// req: S0-37
#[test]
fn delayed_orders_have_their_own_sheet_with_totals() {
    let mut orders = sample::orders();
    for order in &mut orders {
        order.total = Some(Money::new(1_050, Currency::EUR));
        order.placed_on = Some(date(2025, 8, 1));
        order.owner = Some("DHL".to_owned());
    }
    let bytes = book(&daily(date(2025, 8, 11), orders));
    let delayed = sheet(&bytes, "Delayed orders");
    let row = |row: u32| "ABCEGHIJ".chars().map(|col| text(&delayed, &format!("{col}{row}"))).collect::<Vec<_>>();
    assert_eq!(row(3), ["Order", "Customer", "Status", "Days late", "Age (days)", "Amount", "Currency", "Owner"]);
    assert_eq!(row(4), ["1004", "Piotr Wiśniewski", "Delayed", "4", "10", "10.5", "EUR", "DHL"]);
    assert_eq!(delayed.height(), 6);
    // 45,876 days after the spreadsheet epoch.
    assert!(matches!(at(&delayed, "D4"), Data::DateTime(day) if day.as_f64() == 45_876.0), "2025-08-07 as a date");
    assert_eq!((text(&delayed, "E2"), text(&delayed, "H2"), text(&delayed, "I2")), s3("4", "31.5", "EUR"));
    assert!(part(&bytes, "xl/worksheets/sheet4.xml").contains("SUBTOTAL(109,H4:H6)"));
}

fn s3(a: &str, b: &str, c: &str) -> (String, String, String) {
    (a.to_owned(), b.to_owned(), c.to_owned())
}

// req: S0-37
#[test]
fn there_is_a_chart_of_statuses_and_definitions() {
    let bytes = book(&sample::kpi(date(2025, 8, 9)));
    let chart = part(&bytes, "xl/charts/chart1.xml");
    assert!(chart.contains("Daily!$A$9:$A$13") && chart.contains("Daily!$B$9:$B$13"));
    assert!(part(&bytes, "xl/drawings/drawing1.xml").contains("Orders by status: Delayed 3, Delivered 2"));
    let definitions = sheet(&bytes, "Definitions");
    assert_eq!(text(&definitions, "A5"), "Delayed %");
    assert!(definitions.height() > 20);
}

#[test]
fn money_of_several_currencies_is_never_added_up() {
    let mut orders = sample::orders();
    for (index, order) in orders.iter_mut().enumerate() {
        let currency = ["EUR", "JPY", "KWD"][index % 3];
        order.total = Some(Money::new(123_456, Currency::parse(currency).unwrap()));
    }
    let bytes = book(&daily(date(2025, 8, 11), orders));
    let misses = sheet(&bytes, "SLA misses");
    assert_eq!(text(&misses, "H2"), "");
    let amounts: Vec<(String, String)> = (4..7).map(|row| (text(&misses, &format!("H{row}")), text(&misses, &format!("I{row}")))).collect();
    assert!(amounts.contains(&("123456".into(), "JPY".into())), "{amounts:?}");
    let daily = sheet(&bytes, "Daily");
    assert_eq!((text(&daily, "D8"), text(&daily, "D10")), ("Order value, EUR".into(), "Order value, KWD".into()));
}

#[test]
fn amounts_too_large_for_a_float_keep_every_digit() {
    let mut orders = sample::orders();
    orders[0].total = Some(Money::new(i64::MAX, Currency::EUR));
    let bytes = book(&daily(date(2025, 8, 11), orders));
    assert_eq!(at(&sheet(&bytes, "Daily"), "E8"), Data::String("92233720368547758.07".to_owned()));
}

#[test]
fn comparison_is_shown_with_signs() {
    let kpi = sample::kpi(date(2025, 8, 11));
    let then = Headline { as_of: date(2025, 8, 10), total: 20, sla_missed: 5, ..Headline::from(&kpi) };
    let comparison = Comparison { yesterday: Some(then), same_weekday: None };
    let bytes = render::xlsx::daily(&kpi, &comparison).unwrap();
    let daily = sheet(&bytes, "Daily");
    let rows: Vec<(String, String)> = (8..11).map(|row| (text(&daily, &format!("D{row}")), text(&daily, &format!("E{row}")))).collect();
    let expected = [("Orders vs yesterday", "-6"), ("Delayed, points vs yesterday", "0"), ("SLA misses vs yesterday", "2")];
    assert_eq!(rows, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
    assert!(part(&bytes, "xl/styles.xml").contains("+#,##0;-#,##0;±0"));
}

// Bad input: cells starting with = + - @, control characters, markup.
#[test]
fn typed_text_is_never_a_formula() {
    let hostile = [
        "=HYPERLINK(\"http://example.com\",\"x\")",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1+1",
        "{=1+1}",
        "http://example.com/",
        "</t></si><f>1+1</f>",
        "_x003D_1+1",
        "a\u{0}b\u{1b}",
    ];
    let mut orders = sample::orders();
    orders.truncate(1);
    for text in hostile {
        let mut order = orders[0].clone();
        order.customer = text.to_owned();
        order.number = text.to_owned();
        order.owner = Some(text.to_owned());
        orders.push(order);
    }
    let bytes = book(&daily(date(2025, 8, 11), orders));
    let delayed = sheet(&bytes, "Delayed orders");
    let read: Vec<String> = (4..15).map(|row| text(&delayed, &format!("B{row}"))).collect();
    for text in &hostile[..9] {
        assert!(read.iter().any(|cell| cell == text), "{text:?} in {read:?}");
    }
    assert!(read.contains(&"a\u{FFFD}b\u{FFFD}".to_owned()));
    for name in ["xl/worksheets/sheet2.xml", "xl/worksheets/sheet4.xml"] {
        let xml = part(&bytes, name);
        assert_eq!(xml.matches("<f>").count(), xml.matches("<f>SUBTOTAL(").count());
        assert!(!xml.contains("<hyperlink"));
    }
    assert!(part(&bytes, "xl/styles.xml").contains("quotePrefix=\"1\""));
}

// Bad input: cells over 32,767 characters.
#[test]
fn long_cells_are_cut_with_a_mark_and_columns_stay_narrow() {
    let mut orders = sample::orders();
    orders[0].customer = "ż".repeat(50_000);
    let bytes = book(&daily(date(2025, 8, 11), orders));
    let delayed = sheet(&bytes, "Delayed orders");
    let cell = (4..7).map(|row| text(&delayed, &format!("B{row}"))).find(|cell| cell.len() > 1_000).unwrap();
    assert_eq!(cell.chars().count(), 32_767);
    assert!(cell.ends_with("… [cut]"));
    assert!(part(&bytes, "xl/worksheets/sheet4.xml").contains(r#"<col min="2" max="2" width="42""#));
}

// req: S0-37
#[test]
fn an_empty_day_still_gives_a_report() {
    let bytes = book(&daily(date(2025, 8, 9), []));
    let daily = sheet(&bytes, "Daily");
    let cells = ["B4", "B5", "B6", "A9"].map(|cell| text(&daily, cell));
    assert_eq!(cells, ["0", "0", "0", "No orders on this day."]);
    assert_eq!(text(&sheet(&bytes, "SLA misses"), "A4"), "No awaited order is past its promised day.");
    assert_eq!(text(&sheet(&bytes, "Delayed orders"), "A4"), "No order is marked as delayed.");
}

#[test]
fn a_cut_list_says_so() {
    let mut kpi = sample::kpi(date(2025, 8, 11));
    kpi.sla_missed = LISTED_MAX as u64 + 1;
    let title = text(&sheet(&book(&kpi), "SLA misses"), "A1");
    assert_eq!(title, "SLA misses - 2025-08-11 (the 7 most overdue of 50001)");
}

#[test]
fn same_figures_same_bytes() {
    let kpi = sample::kpi(date(2025, 8, 9));
    let bytes = book(&kpi);
    assert_eq!(book(&kpi), bytes);
    assert_ne!(book(&sample::kpi(date(2025, 8, 10))), bytes);
    // No clock anywhere: the package's entries carry the zip epoch, the document the report's day.
    let mut archive = zip::ZipArchive::new(Cursor::new(&bytes)).unwrap();
    for index in 0..archive.len() {
        let modified = archive.by_index(index).unwrap().last_modified().unwrap();
        assert_eq!((modified.year(), modified.month(), modified.day()), (1980, 1, 1));
    }
    let core = part(&bytes, "docProps/core.xml");
    assert_eq!(core.matches("2025-08-09T00:00:00Z").count(), 2, "{core}");
}

#[test]
fn days_outside_the_spreadsheet_calendar_are_text() {
    let mut orders = sample::orders();
    orders[0].eta = Some(date(1066, 10, 14));
    let bytes = book(&daily(date(2025, 8, 11), orders.clone()));
    assert_eq!(text(&sheet(&bytes, "SLA misses"), "D4"), "1066-10-14");
    assert!(render::xlsx::daily(&daily(date(-5, 1, 1), orders), &Comparison::default()).is_ok());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    // Bad input: whatever a customer is called, the workbook opens and says so.
    #[test]
    fn any_name_survives(name in "\\PC{0,40}", number in "[ -~]{1,12}") {
        let mut orders = sample::orders();
        orders.truncate(1);
        orders[0].customer = name.clone();
        orders[0].number = number.clone();
        let delayed = sheet(&book(&daily(date(2025, 8, 11), orders)), "Delayed orders");
        prop_assert_eq!(text(&delayed, "B4"), name);
        prop_assert_eq!(text(&delayed, "A4"), number);
    }
}
