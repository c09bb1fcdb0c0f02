//! A worksheet that remembers how wide its text is, and writes foreign text as text only.

use super::style::Styles;
use crate::RenderError;
use jiff::civil::Date;
use rust_xlsxwriter::{ColNum, ExcelDateTime, Format, Formula, RowNum, Workbook, Worksheet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// What a cell may hold, in UTF-16 units.
const CELL_UNITS_MAX: usize = 32_767;
/// Ends a text that had to be cut.
const CUT_MARK: &str = "… [cut]";
/// Points. The writer counts in pixels, so the package is corrected afterwards.
pub(super) const ROW_HEIGHT: f64 = 22.0;
const WIDTH_MAX: usize = 42;
const WIDTH_PADDING: usize = 3;
/// One character of the default font at 100 %. A width of n * 7 pixels is stored as exactly n.
const PIXELS_PER_CHARACTER: u32 = 7;
/// Above this a float no longer holds every whole number.
const EXACT_MAX: i128 = 1 << 53;

pub(super) struct Sheet<'a> {
    pub(super) raw: &'a mut Worksheet,
    widths: BTreeMap<ColNum, usize>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(workbook: &'a mut Workbook, name: &str) -> Result<Sheet<'a>, RenderError> {
        let raw = workbook.add_worksheet();
        raw.set_name(name)?.set_screen_gridlines(false).set_landscape().set_paper_size(9);
        raw.set_print_fit_to_pages(1, 0).set_footer("&L&A&RPage &P of &N");
        Ok(Sheet { raw, widths: BTreeMap::new() })
    }

    /// Text of any origin: never a formula, never a link, cut if it does not fit a cell.
    pub(super) fn text(&mut self, styles: &Styles, row: RowNum, col: ColNum, text: &str, format: &Format) -> Result<(), RenderError> {
        let text = cell_text(text);
        self.measure(col, text.chars().count());
        if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
            self.raw.write_string_with_format(row, col, text, &styles.guarded(format))?;
        } else {
            self.raw.write_string_with_format(row, col, text, format)?;
        }
        Ok(())
    }

    /// A whole number. Beyond what a float holds exactly it is written as digits, not rounded.
    pub(super) fn number(&mut self, row: RowNum, col: ColNum, value: impl Into<i128>, format: &Format) -> Result<(), RenderError> {
        let value = value.into();
        self.decimal(row, col, &value.to_string(), value, format)
    }

    /// A decimal number given as text, with its digits as a whole number to judge its size by.
    pub(super) fn decimal(&mut self, row: RowNum, col: ColNum, text: &str, digits: i128, format: &Format) -> Result<(), RenderError> {
        self.measure(col, text.len() + text.trim_start_matches('-').len() / 4);
        match text.parse::<f64>() {
            Ok(value) if digits.abs() <= EXACT_MAX => self.raw.write_number_with_format(row, col, value, format)?,
            _ => self.raw.write_string_with_format(row, col, text, format)?,
        };
        Ok(())
    }

    /// A day, as a date where the format has one (from 1900 on).
    pub(super) fn date(&mut self, row: RowNum, col: ColNum, date: Date, format: &Format) -> Result<(), RenderError> {
        self.measure(col, 10);
        match excel_date(date) {
            Some(day) => self.raw.write_datetime_with_format(row, col, &day, format)?,
            None => self.raw.write_string_with_format(row, col, date.to_string(), format)?,
        };
        Ok(())
    }

    /// A formula of ours with the value it has now, for readers that don't calculate.
    pub(super) fn formula(&mut self, row: RowNum, col: ColNum, formula: &str, result: &str, format: &Format) -> Result<(), RenderError> {
        self.raw.write_formula_with_format(row, col, Formula::new(formula).set_result(result), format)?;
        self.measure(col, result.len() + 6);
        Ok(())
    }

    pub(super) fn measure(&mut self, col: ColNum, characters: usize) {
        let width = self.widths.entry(col).or_default();
        *width = (*width).max(characters);
    }

    /// Gives every column the width of its longest text plus a little, and the first rows their height.
    pub(super) fn finish(self, rows: RowNum) -> Result<(), RenderError> {
        for (col, characters) in self.widths {
            let width = WIDTH_MAX.min(characters + WIDTH_PADDING) as u32;
            self.raw.set_column_width_pixels(col, width * PIXELS_PER_CHARACTER)?;
        }
        for row in 0..rows {
            self.raw.set_row_height(row, ROW_HEIGHT)?;
        }
        Ok(())
    }
}

pub(super) fn excel_date(date: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(date.year()).ok()?;
    ExcelDateTime::from_ymd(year, date.month().unsigned_abs(), date.day().unsigned_abs()).ok()
}

/// Text that a cell can hold: characters that XML can't carry become U+FFFD, and what is too long is cut and
/// marked.
fn cell_text(text: &str) -> Cow<'_, str> {
    let illegal = |c: char| (c.is_control() && !matches!(c, '\n' | '\t' | '\r')) || matches!(c, '\u{FFFE}' | '\u{FFFF}');
    let clean: Cow<'_, str> = if text.contains(illegal) { Cow::Owned(text.replace(illegal, "\u{FFFD}")) } else { Cow::Borrowed(text) };
    // A character has at most two units, so a short text needs no counting.
    if clean.len() <= CELL_UNITS_MAX || clean.encode_utf16().count() <= CELL_UNITS_MAX {
        return clean;
    }
    let mut left = CELL_UNITS_MAX - CUT_MARK.encode_utf16().count();
    let kept = clean.chars().take_while(|c| {
        let fits = c.len_utf16() <= left;
        left = left.saturating_sub(c.len_utf16());
        fits
    });
    let mut cut: String = kept.collect();
    cut.push_str(CUT_MARK);
    Cow::Owned(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_with_a_mark_and_fits() {
        for unit in ["a", "ż", "😀", "\u{1}"] {
            let cut = cell_text(&unit.repeat(40_000)).into_owned();
            let units = cut.encode_utf16().count();
            assert!((CELL_UNITS_MAX - 1..=CELL_UNITS_MAX).contains(&units), "{unit:?}: {units}");
            assert!(cut.ends_with(CUT_MARK));
        }
        let fits = "a".repeat(CELL_UNITS_MAX);
        assert_eq!(cell_text(&fits), fits.as_str());
    }

    #[test]
    fn what_xml_cannot_carry_is_replaced() {
        assert_eq!(cell_text("a\u{0}b\u{1b}c\u{FFFE}\n\t"), "a\u{FFFD}b\u{FFFD}c\u{FFFD}\n\t");
    }
}
