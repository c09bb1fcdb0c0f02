//! A line over days with both axes: orders or revenue a day.

use super::frame::Frame;
use super::scale::{Scale, Tenths, ticks};
use super::{Chart, POINTS_MAX, Table, Unit, number};
use jiff::civil::Date;
use maud::{Markup, html};

/// The value of one day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DayPoint {
    /// The day; points come oldest first.
    pub day: Date,
    /// In the chart's unit.
    pub value: i64,
}

const WIDTH: i128 = 640;
const HEIGHT: i128 = 220;
const LEFT: i128 = 56;
const RIGHT: i128 = 16;
const TOP: i128 = 12;
const BOTTOM: i128 = 28;
/// Up to here every point gets a dot with its value as a tooltip.
const DOTS_MAX: usize = 93;
const DAY_LABELS_MAX: i128 = 6;

/// The course of a value over days. The vertical axis always holds zero, so that a small change does not
/// look like a collapse; days without a point leave their space. `id` must be unique on the page.
pub fn line(id: &str, title: &str, unit: Unit, points: &[DayPoint]) -> Chart {
    let points = &points[points.len().saturating_sub(POINTS_MAX)..];
    let desc = describe(unit, points);
    let frame = Frame { id, class: "chart-days", width: WIDTH, height: HEIGHT, title, desc: &desc };
    let svg = match (points.first(), points.last()) {
        (Some(first), Some(last)) => frame.draw(&content(unit, points, first.day, last.day)),
        _ => frame.draw_empty(),
    };
    Chart { svg, table: table(title, unit, points) }
}

pub(super) fn table(title: &str, unit: Unit, points: &[DayPoint]) -> Table {
    let rows = points.iter().map(|point| [point.day.to_string(), number::full(point.value.into(), unit)]).collect();
    Table::new(title, ["Day", "Value"], rows)
}

/// What the picture says, in a sentence.
pub(super) fn describe(unit: Unit, points: &[DayPoint]) -> String {
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return "No data yet.".to_owned();
    };
    let value = |point: &DayPoint| number::full(point.value.into(), unit);
    let low = points.iter().min_by_key(|point| point.value).unwrap_or(first);
    let high = points.iter().max_by_key(|point| point.value).unwrap_or(first);
    if points.len() == 1 {
        return format!("{} on {}.", value(first), first.day);
    }
    format!(
        "{} days from {} to {}: lowest {} on {}, highest {} on {}, latest {}.",
        points.len(),
        first.day,
        last.day,
        value(low),
        low.day,
        value(high),
        high.day,
        value(last)
    )
}

struct Plot {
    across: Scale,
    up: Scale,
    start: Date,
}

impl Plot {
    fn x(&self, day: Date) -> Tenths {
        Tenths::pixels(LEFT) + self.across.place(days_between(self.start, day))
    }

    fn y(&self, value: i128) -> Tenths {
        Tenths::pixels(HEIGHT - BOTTOM) - self.up.place(value)
    }
}

fn days_between(from: Date, to: Date) -> i128 {
    i128::from(to.duration_since(from).as_hours() / 24)
}

fn content(unit: Unit, points: &[DayPoint], first: Date, last: Date) -> Markup {
    let values = points.iter().map(|point| i128::from(point.value));
    let ticks = ticks(values.clone().min().unwrap_or(0), values.max().unwrap_or(0));
    let plot = Plot {
        across: Scale { low: 0, high: days_between(first, last).max(0), length: Tenths::pixels(WIDTH - LEFT - RIGHT) },
        up: Scale {
            low: ticks.first().copied().unwrap_or(0),
            high: ticks.last().copied().unwrap_or(1),
            length: Tenths::pixels(HEIGHT - TOP - BOTTOM),
        },
        start: first,
    };
    html! {
        (grid(unit, &plot, &ticks))
        (days(&plot, last))
        (course(unit, &plot, points))
    }
}

fn grid(unit: Unit, plot: &Plot, ticks: &[i128]) -> Markup {
    html! {
        @for tick in ticks {
            @let y = plot.y(*tick);
            line class=(if *tick == 0 { "chart-axis" } else { "chart-grid" }) x1=(LEFT) y1=(y) x2=(WIDTH - RIGHT) y2=(y)
                stroke="currentColor" stroke-opacity=(if *tick == 0 { "0.5" } else { "0.15" }) {}
            text class="chart-label" x=(LEFT - 8) y=(y) fill="currentColor" font-size="12" text-anchor="end"
                dy="0.35em" { (number::compact(*tick, unit)) }
        }
    }
}

fn days(plot: &Plot, last: Date) -> Markup {
    let span = days_between(plot.start, last).max(0);
    let step = (span + DAY_LABELS_MAX - 1) / DAY_LABELS_MAX;
    let labels: Vec<(Date, &str)> = (0..=span)
        .step_by(step.max(1) as usize)
        .filter_map(|offset| plot.start.checked_add(jiff::Span::new().try_days(offset as i64).ok()?).ok())
        .map(|day| (day, anchor(day, plot.start, last)))
        .collect();
    html! {
        @for (day, anchor) in labels {
            text class="chart-label" x=(plot.x(day)) y=(HEIGHT - 8) fill="currentColor" font-size="12"
                text-anchor=(anchor) { (day.strftime("%b %-d").to_string()) }
        }
    }
}

/// The first and the last label stay inside the picture.
fn anchor(day: Date, first: Date, last: Date) -> &'static str {
    match (day == first, day == last) {
        (true, false) => "start",
        (false, true) => "end",
        _ => "middle",
    }
}

fn course(unit: Unit, plot: &Plot, points: &[DayPoint]) -> Markup {
    let places: Vec<(Tenths, Tenths)> = points.iter().map(|p| (plot.x(p.day), plot.y(p.value.into()))).collect();
    let drawn: Vec<String> = places.iter().map(|(x, y)| format!("{x},{y}")).collect();
    let drawn = drawn.join(" ");
    html! {
        @if let [(first, _), .., (last, _)] = places[..] {
            @let zero = plot.y(0);
            polygon class="chart-area" points={ (first) "," (zero) " " (drawn) " " (last) "," (zero) }
                fill="currentColor" fill-opacity="0.12" {}
            polyline class="chart-line" points=(drawn) fill="none" stroke="currentColor" stroke-width="2"
                stroke-linejoin="round" stroke-linecap="round" {}
        }
        @if places.len() <= DOTS_MAX {
            @for ((x, y), point) in places.iter().zip(points) {
                circle class="chart-dot" cx=(x) cy=(y) r="3" fill="currentColor" {
                    title { (point.day) ": " (number::full(point.value.into(), unit)) }
                }
            }
        }
    }
}
