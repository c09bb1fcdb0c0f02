//! Orders in a table: a shop's sheet, an export of sales lines, whatever has a header and one column for the
//! order's number.
//!
//! Reading is strict and complete: every row becomes part of an order or is listed with all its faults. Which
//! column is which is found by its header, however it is written.

mod columns;
mod countries;
mod read;

pub use columns::{Column, Columns, HeaderFault};
pub use countries::code as country;
pub use read::{BadRow, Reading, Sheet, SheetOrder, read};

/// A table as it was read from a file or a web service: every cell as text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Table {
    /// Names of the columns.
    pub header: Vec<String>,
    /// What stands under them.
    pub rows: Vec<TableRow>,
}

/// One row of a table. It may have fewer or more cells than the header.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TableRow {
    /// Its line in the file, from 1; the header usually is 1.
    pub line: u64,
    /// Its cells.
    pub cells: Vec<String>,
}
