//! The numbers of a chart as an HTML table.

use maud::{Markup, html};

/// A caption, column names and rows; the first cell of a row names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What it is about.
    pub caption: String,
    /// Column names.
    pub head: Vec<String>,
    /// Cells, as many as there are column names.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    pub(super) fn new(caption: &str, head: [&str; 2], rows: Vec<[String; 2]>) -> Table {
        Table { caption: caption.to_owned(), head: head.map(str::to_owned).to_vec(), rows: rows.into_iter().map(Vec::from).collect() }
    }

    /// The table with header cells that screen readers announce.
    pub fn html(&self) -> Markup {
        html! {
            table class="chart-data" {
                caption { (self.caption) }
                thead { tr { @for name in &self.head { th scope="col" { (name) } } } }
                tbody {
                    @for row in &self.rows {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } } @else { td { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}
