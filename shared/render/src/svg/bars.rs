//! Horizontal bars, one a row, with their names and values written out.

use super::frame::{Frame, shortened};
use super::scale::{Scale, Tenths};
use super::{Chart, Table, Unit, number};
use domain::kpi::StatusCount;
use domain::order::Label;
use maud::{Markup, html};

/// At most this many bars; what comes after them is summed into one more, "Other".
pub const BARS_MAX: usize = 30;

/// One bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// What it is called.
    pub name: String,
    /// How long it is, in the chart's unit.
    pub value: i64,
    /// A class for its colour, for example from [`status_class`]; empty for the text's colour.
    pub class: String,
}

impl From<&StatusCount> for Bar {
    fn from(row: &StatusCount) -> Bar {
        let value = i64::try_from(row.count).unwrap_or(i64::MAX);
        Bar { name: row.label.text().to_owned(), value, class: status_class(row.label) }
    }
}

/// The class that carries a status's colour: "status-in-transit".
pub fn status_class(label: Label) -> String {
    format!("status-{}", label.text().to_ascii_lowercase().replace(' ', "-"))
}

const WIDTH: i128 = 480;
const ROW: i128 = 28;
const BAR: i128 = 18;
const NAME: i128 = 160;
const VALUE: i128 = 90;
const GAP: i128 = 8;
const NAME_CHARACTERS_MAX: usize = 20;

struct Row<'a> {
    name: String,
    value: i128,
    class: &'a str,
}

/// Bars in the given sequence, from zero: to the right, and to the left where negative. `id` must be unique
/// on the page.
pub fn bars(id: &str, title: &str, unit: Unit, bars: &[Bar]) -> Chart {
    let rows = rows(bars);
    let desc = describe(unit, &rows);
    let height = ROW * rows.len().max(2) as i128;
    let frame = Frame { id, class: "chart-bars", width: WIDTH, height, title, desc: &desc };
    let svg = if rows.is_empty() { frame.draw_empty() } else { frame.draw(&content(unit, &rows)) };
    let cells = rows.iter().map(|row| [row.name.clone(), number::full(row.value, unit)]).collect();
    Chart { svg, table: Table::new(title, ["Name", "Value"], cells) }
}

fn rows(bars: &[Bar]) -> Vec<Row<'_>> {
    let (shown, rest) = bars.split_at(bars.len().min(BARS_MAX));
    let mut rows: Vec<Row<'_>> =
        shown.iter().map(|bar| Row { name: bar.name.clone(), value: bar.value.into(), class: &bar.class }).collect();
    if !rest.is_empty() {
        let value = rest.iter().map(|bar| i128::from(bar.value)).sum();
        rows.push(Row { name: format!("Other ({})", rest.len()), value, class: "" });
    }
    rows
}

fn describe(unit: Unit, rows: &[Row<'_>]) -> String {
    if rows.is_empty() {
        return "No data yet.".to_owned();
    }
    let parts: Vec<String> = rows.iter().map(|row| format!("{} {}", row.name, number::full(row.value, unit))).collect();
    format!("{}.", parts.join(", "))
}

fn content(unit: Unit, rows: &[Row<'_>]) -> Markup {
    let low = rows.iter().map(|row| row.value).min().unwrap_or(0).min(0);
    let high = rows.iter().map(|row| row.value).max().unwrap_or(0).max(0);
    // All zero: no bar is longer than another, and none is drawn half-way.
    let high = if high == low { low + 1 } else { high };
    let left = Tenths::pixels(NAME + GAP);
    let scale = Scale { low, high, length: Tenths::pixels(WIDTH - NAME - VALUE - 2 * GAP) };
    let zero = left + scale.place(0);
    html! {
        @for (index, row) in rows.iter().enumerate() {
            @let top = ROW * index as i128;
            @let middle = Tenths::pixels(top + ROW / 2);
            @let end = left + scale.place(row.value);
            text class="chart-label" x=(NAME) y=(middle) fill="currentColor" font-size="13" text-anchor="end"
                dy="0.35em" { (shortened(&row.name, NAME_CHARACTERS_MAX)) }
            rect class={ "chart-bar " (row.class) } x=(zero.min(end)) y=(top + (ROW - BAR) / 2)
                width=(zero.max(end) - zero.min(end)) height=(BAR) rx="3" fill="currentColor" {
                title { (row.name) ": " (number::full(row.value, unit)) }
            }
            text class="chart-value" x=(zero.max(end) + Tenths::pixels(GAP)) y=(middle) fill="currentColor"
                font-size="13" dy="0.35em" { (short_value(row.value, unit)) }
        }
        line class="chart-axis" x1=(zero) y1="0" x2=(zero) y2=(ROW * rows.len() as i128) stroke="currentColor"
            stroke-opacity="0.4" {}
    }
}

/// Every digit while there is room, else the short form; the table has every digit always.
fn short_value(value: i128, unit: Unit) -> String {
    let full = number::full(value, unit);
    if full.len() <= 12 { full } else { number::compact(value, unit) }
}
