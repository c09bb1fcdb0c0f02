//! Small charts for the console, as inline SVG.
//!
//! Every chart has a title and a description for screen readers, and hands back the table behind it, so that
//! no number exists only as a picture. There are no scripts and no `style` attributes (a strict
//! content-security policy holds): shapes take `currentColor` unless a class of the stylesheet says
//! otherwise, which is also what makes dark mode work.
//!
//! Classes to style: `chart`, `chart-bar` (with `status-…`), `chart-line`, `chart-area`, `chart-dot`,
//! `chart-grid`, `chart-axis`, `chart-label`, `chart-value`, `chart-empty`, `chart-figure`, `chart-data`.
//!
//! Positions are computed in tenths of a pixel with whole numbers, so the largest amounts neither overflow
//! nor lose digits.

mod bars;
mod frame;
mod line;
mod number;
mod scale;
mod sparkline;
mod table;

pub use bars::{BARS_MAX, Bar, bars, status_class};
pub use line::{DayPoint, line};
pub use sparkline::sparkline;
pub use table::Table;

use domain::money::Currency;
use maud::{Markup, html};

/// At most this many points are drawn; earlier ones are left out of the picture and of the table.
pub const POINTS_MAX: usize = 1_000;

/// What the numbers of a chart count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Things: orders, messages.
    Count,
    /// Minor units of a currency.
    Money(Currency),
}

/// A picture and the numbers behind it.
#[derive(Debug, Clone)]
pub struct Chart {
    /// The `<svg>` element.
    pub svg: Markup,
    /// The same data as a table.
    pub table: Table,
}

impl Chart {
    /// The picture with its table folded away below it.
    pub fn figure(&self) -> Markup {
        html! {
            figure class="chart-figure" {
                (self.svg)
                details {
                    summary { "Show the numbers" }
                    (self.table.html())
                }
            }
        }
    }
}
