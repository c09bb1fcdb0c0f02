//! The daily report as an Excel workbook.
//!
//! Four sheets: the figures with a chart, the missed promises, the definitions, and the delayed orders.
//! The layout of the first is fixed by the report it replaces, down to widths and colours.

mod cells;
mod daily_sheet;
mod definitions_sheet;
mod late_sheet;
mod package;
mod palette;
mod style;

pub use palette::{Shade, shade};

use crate::RenderError;
use cells::Sheet;
use domain::kpi::{Comparison, DailyKpi};
use jiff::civil::Date;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};
use style::Styles;

/// Name of the first sheet.
pub const SHEET_DAILY: &str = "Daily";
/// Name of the second sheet.
pub const SHEET_MISSES: &str = "SLA misses";
/// Name of the third sheet.
pub const SHEET_DEFINITIONS: &str = "Definitions";
/// Name of the fourth sheet.
pub const SHEET_DELAYED: &str = "Delayed orders";

/// The content type of what [`daily`] returns.
pub const CONTENT_TYPE: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The workbook of one day. Days to compare with that aren't known are left out.
///
/// The bytes depend on the arguments only: the document's own timestamps are the report's day.
pub fn daily(kpi: &DailyKpi, comparison: &Comparison) -> Result<Vec<u8>, RenderError> {
    let styles = Styles::new();
    let mut workbook = Workbook::new();
    workbook.set_properties(&properties(kpi.as_of)?);
    daily_sheet::write(Sheet::new(&mut workbook, SHEET_DAILY)?, &styles, kpi, comparison)?;
    let misses = late_sheet::Content {
        title: format!("SLA misses - {}", kpi.as_of),
        none: "No awaited order is past its promised day.",
        total: kpi.sla_missed,
        orders: &kpi.sla_misses,
    };
    late_sheet::write(Sheet::new(&mut workbook, SHEET_MISSES)?, &styles, &misses)?;
    definitions_sheet::write(Sheet::new(&mut workbook, SHEET_DEFINITIONS)?, &styles)?;
    let delayed = late_sheet::Content {
        title: format!("Delayed orders - {}", kpi.as_of),
        none: "No order is marked as delayed.",
        total: kpi.delayed,
        orders: &kpi.delayed_orders,
    };
    late_sheet::write(Sheet::new(&mut workbook, SHEET_DELAYED)?, &styles, &delayed)?;
    package::with_exact_row_heights(workbook.save_to_buffer()?)
}

fn properties(as_of: Date) -> Result<DocProperties, RenderError> {
    let day = cells::excel_date(as_of).unwrap_or(ExcelDateTime::from_ymd(1900, 1, 1)?);
    Ok(DocProperties::new().set_title(format!("Daily Logistics Report - {as_of}")).set_author("OrderFlow").set_creation_datetime(&day))
}
