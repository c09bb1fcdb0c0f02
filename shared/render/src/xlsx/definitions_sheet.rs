//! The third sheet: what each figure means, so that nobody has to ask.

use super::cells::Sheet;
use super::palette::shade;
use super::style::Styles;
use crate::RenderError;
use domain::order::Label;
use rust_xlsxwriter::RowNum;

/// What fits a line of the widest column, allowing for words that wrap early.
const LINE_CHARACTERS: usize = 40;
const LINE_PIXELS: u32 = 20;
const PADDING_PIXELS: u32 = 8;
const ROW_PIXELS: u32 = 29;

const DEFINITIONS: [(&str, &str); 10] = [
    ("Total orders", "All orders known on the day of the report."),
    ("Delayed %", "Orders whose status is Delayed, as a share of all orders; one decimal, halves to the even digit."),
    (
        "SLA misses",
        "Orders with an ETA before the day of the report that the customer still awaits. On the ETA itself an order is not late.",
    ),
    ("Late by ETA %", "SLA misses as a share of all orders: lateness by the calendar, beside Delayed %, lateness by status."),
    ("Awaited", "Not delivered, completed, returned (or on its way back), cancelled, refunded or failed."),
    ("Awaited without an ETA", "No day was promised, so these can't be counted as late."),
    ("Order value", "Sum of order totals by currency, without cancelled, failed, refunded and returned orders."),
    ("Days late", "Days from the ETA to the day of the report; 0 while the ETA has not passed."),
    ("Age (days)", "Days from placing the order to the day of the report."),
    ("Day of the report", "A calendar day in the shop's own time zone."),
];

pub(super) fn write(mut sheet: Sheet<'_>, styles: &Styles) -> Result<(), RenderError> {
    sheet.raw.set_print_fit_to_pages(1, 1);
    sheet.raw.merge_range(0, 0, 0, 1, "Definitions", &styles.title)?;
    sheet.text(styles, 2, 0, "Figure", &styles.header)?;
    sheet.text(styles, 2, 1, "Meaning", &styles.header)?;
    let mut row: RowNum = 3;
    for (term, meaning) in DEFINITIONS {
        sheet.text(styles, row, 0, term, &styles.term)?;
        sheet.text(styles, row, 1, meaning, &styles.wrapped)?;
        let lines = meaning.len().div_ceil(LINE_CHARACTERS) as u32;
        sheet.raw.set_row_height_pixels(row, (lines * LINE_PIXELS + PADDING_PIXELS).max(ROW_PIXELS))?;
        row += 1;
    }
    row += 1;
    sheet.text(styles, row, 0, "Status", &styles.header)?;
    sheet.text(styles, row, 1, "Sign beside its count", &styles.header)?;
    for label in Label::ALL {
        row += 1;
        sheet.text(styles, row, 0, label.text(), &styles.status(label))?;
        sheet.text(styles, row, 1, &shade(label).shape.to_string(), &styles.text)?;
    }
    sheet.raw.set_freeze_panes(3, 0)?;
    sheet.finish(3)?;
    Ok(())
}
