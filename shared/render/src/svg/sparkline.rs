//! A line without axes, the size of a word, for cards.

use super::frame::Frame;
use super::scale::{Scale, Tenths};
use super::{Chart, DayPoint, POINTS_MAX, Unit, line};
use maud::{Markup, html};

const WIDTH: i128 = 120;
const HEIGHT: i128 = 32;
/// Room for the dot at the end.
const MARGIN: i128 = 3;

/// The shape of the last days, between their own lowest and highest value. `id` must be unique on the page.
pub fn sparkline(id: &str, title: &str, unit: Unit, points: &[DayPoint]) -> Chart {
    let points = &points[points.len().saturating_sub(POINTS_MAX)..];
    let desc = line::describe(unit, points);
    let frame = Frame { id, class: "chart-spark", width: WIDTH, height: HEIGHT, title, desc: &desc };
    let svg = if points.is_empty() { frame.draw(&rest()) } else { frame.draw(&curve(points)) };
    Chart { svg, table: line::table(title, unit, points) }
}

/// No data: a line at rest, too small for words.
fn rest() -> Markup {
    let middle = Tenths::pixels(HEIGHT / 2);
    html! {
        line class="chart-axis" x1=(MARGIN) y1=(middle) x2=(WIDTH - MARGIN) y2=(middle) stroke="currentColor"
            stroke-opacity="0.4" stroke-dasharray="2 3" {}
    }
}

fn curve(points: &[DayPoint]) -> Markup {
    let values = points.iter().map(|point| i128::from(point.value));
    let (low, high) = (values.clone().min().unwrap_or(0), values.clone().max().unwrap_or(0));
    let across = Scale { low: 0, high: points.len() as i128 - 1, length: Tenths::pixels(WIDTH - 2 * MARGIN) };
    let up = Scale { low, high, length: Tenths::pixels(HEIGHT - 2 * MARGIN) };
    let places: Vec<(Tenths, Tenths)> = values
        .enumerate()
        .map(|(index, value)| {
            let x = Tenths::pixels(MARGIN) + across.place(index as i128);
            (x, Tenths::pixels(HEIGHT - MARGIN) - up.place(value))
        })
        .collect();
    let drawn: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    html! {
        @if places.len() > 1 {
            polyline class="chart-line" points=(drawn.join(" ")) fill="none" stroke="currentColor" stroke-width="1.5"
                stroke-linejoin="round" stroke-linecap="round" {}
        }
        @if let Some((x, y)) = places.last() {
            circle class="chart-dot" cx=(x) cy=(y) r="2.5" fill="currentColor" {}
        }
    }
}
