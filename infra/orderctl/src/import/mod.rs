//! Importing orders: read a file, group its lines into orders, send them in batches that may be repeated.

mod dry;
mod retail;
mod rows;
mod send;

pub use dry::{faults, vocabulary};
pub use rows::{Row, Rows, demo, rows};
pub use send::{Target, deliver};

use crate::Failed;
use app::sheet::table;
use domain::sheet::Table;
use jiff::civil::Date;
use std::io::Read;
use std::path::Path;

/// How a file is to be read.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Currency of rows that have none.
    pub currency: String,
    /// Time zone of times that have none.
    pub time_zone: String,
    /// Move all dates so that the newest order is from yesterday.
    pub as_if_today: bool,
    /// At most so many orders.
    pub limit: Option<usize>,
}

/// The day it is, in UTC.
pub fn today() -> Date {
    use app::ports::Clock;
    runtime::system::SystemClock.now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// The table in a file, of a workbook the worksheet of this name, else the first; "-" is standard input.
pub fn read_file(path: &Path, worksheet: Option<&str>) -> Result<Table, Failed> {
    let mut bytes = Vec::new();
    if path.as_os_str() == "-" {
        std::io::stdin().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path).map_err(|why| format!("{} cannot be read: {why}", path.display()))?;
    }
    Ok(table::read(&bytes, worksheet)?)
}
