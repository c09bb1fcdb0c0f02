//! Cell formats, made once per workbook.

use super::palette::{self, shade};
use domain::order::Label;
use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};

pub(super) struct Styles {
    pub(super) title: Format,
    pub(super) separator: Format,
    pub(super) header: Format,
    pub(super) header_center: Format,
    pub(super) header_number: Format,
    pub(super) text: Format,
    pub(super) wrapped: Format,
    pub(super) term: Format,
    pub(super) number: Format,
    pub(super) percent: Format,
    pub(super) change: Format,
    pub(super) change_points: Format,
    pub(super) date: Format,
    pub(super) note: Format,
    pub(super) orders_shown: Format,
    pub(super) days_shown: Format,
    cell: Format,
}

impl Styles {
    pub(super) fn new() -> Styles {
        let plain = Format::new().set_font_color(palette::TEXT).set_align(FormatAlign::VerticalCenter);
        let cell = plain.clone().set_border(FormatBorder::Thin).set_border_color(palette::BORDER);
        let left = cell.clone().set_align(FormatAlign::Left).set_indent(1);
        let right = cell.clone().set_align(FormatAlign::Right).set_indent(1);
        let header = cell.clone().set_bold().set_background_color(palette::HEADER);
        let shown = header.clone().set_align(FormatAlign::Left).set_indent(1);
        Styles {
            title: plain.clone().set_bold().set_font_size(14).set_align(FormatAlign::Left),
            separator: plain.clone().set_background_color(palette::SEPARATOR),
            header: header.clone().set_align(FormatAlign::Left).set_indent(1),
            header_center: header.clone().set_align(FormatAlign::Center),
            header_number: header.set_align(FormatAlign::Right).set_indent(1),
            wrapped: left.clone().set_text_wrap(),
            term: left.clone().set_bold(),
            text: left,
            number: right.clone().set_num_format("#,##0"),
            percent: right.clone().set_num_format("0.0\"%\""),
            change: right.clone().set_num_format("+#,##0;-#,##0;±0"),
            change_points: right.set_num_format("+0.0;-0.0;±0.0"),
            date: cell.clone().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Center),
            note: plain.set_italic(),
            orders_shown: shown.clone().set_num_format("#,##0\" shown\""),
            days_shown: shown.set_num_format("\"max \"#,##0").set_align(FormatAlign::Right),
            cell,
        }
    }

    /// The status's name on its colour.
    pub(super) fn status(&self, label: Label) -> Format {
        let shade = shade(label);
        self.cell
            .clone()
            .set_bold()
            .set_align(FormatAlign::Left)
            .set_indent(1)
            .set_background_color(Color::RGB(shade.fill))
            .set_font_color(Color::RGB(shade.ink))
    }

    /// A count with the status's shape at the left edge of the cell. The value stays a plain number.
    pub(super) fn count(&self, label: Label) -> Format {
        self.number.clone().set_num_format(format!("\"{}\"* #,##0", shade(label).shape))
    }

    /// Money with this many decimals.
    pub(super) fn money(&self, exponent: u32) -> Format {
        self.number.clone().set_num_format(money_format(exponent))
    }

    /// A sum of money above a list.
    pub(super) fn money_shown(&self, exponent: u32) -> Format {
        self.header_number.clone().set_num_format(money_format(exponent))
    }

    /// Text that a spreadsheet would take for a formula if somebody edited the cell keeps its apostrophe.
    pub(super) fn guarded(&self, format: &Format) -> Format {
        format.clone().set_quote_prefix()
    }
}

fn money_format(exponent: u32) -> String {
    match exponent {
        0 => "#,##0".to_owned(),
        decimals => format!("#,##0.{}", "0".repeat(decimals as usize)),
    }
}
