//! The first sheet: fixed figures on the left, more figures and the chart on the right.

use super::cells::Sheet;
use super::palette::shade;
use super::style::Styles;
use super::{SHEET_DAILY, palette};
use crate::RenderError;
use domain::kpi::{Comparison, DailyKpi, Headline};
use rust_xlsxwriter::{Chart, ChartAxis, ChartFont, ChartFormat, ChartLine, ChartPoint, ChartSolidFill, ColNum, Color, RowNum};

const STATUS_HEADER: RowNum = 7;
const FIRST_STATUS: RowNum = 8;
/// Column D; column C is a gutter.
const MORE: ColNum = 3;
/// Column G; column F is a gutter.
const CHART: ColNum = 6;
const GUTTER_PIXELS: u32 = 21;
/// A row of 22 points on screen.
const ROW_PIXELS: u32 = 29;
/// Excel's limit, in characters.
const ALT_TEXT_MAX: usize = 255;

pub(super) fn write(mut sheet: Sheet<'_>, styles: &Styles, kpi: &DailyKpi, comparison: &Comparison) -> Result<(), RenderError> {
    let left = fixed_figures(&mut sheet, styles, kpi)?;
    let right = more_figures(&mut sheet, styles, kpi, comparison)?;
    for gutter in [MORE - 1, CHART - 1] {
        sheet.raw.set_column_width_pixels(gutter, GUTTER_PIXELS)?;
    }
    if !kpi.by_status.is_empty() {
        sheet.raw.insert_chart(2, CHART, &status_chart(kpi))?;
    }
    sheet.finish(left.max(right))
}

/// Columns A and B, to the row after the last.
fn fixed_figures(sheet: &mut Sheet<'_>, styles: &Styles, kpi: &DailyKpi) -> Result<RowNum, RenderError> {
    let title = format!("Daily Logistics Report - {}", kpi.as_of);
    sheet.measure(0, title.len());
    sheet.raw.merge_range(0, 0, 0, 1, &title, &styles.title)?;
    separator(sheet, styles, 1)?;
    header(sheet, styles, 2, 0, "Metric", "Value")?;
    for (row, name) in [(3, "Total orders"), (4, "Delayed %"), (5, "SLA misses")] {
        sheet.text(styles, row, 0, name, &styles.text)?;
    }
    sheet.number(3, 1, kpi.total, &styles.number)?;
    let pct = kpi.delayed_pct;
    sheet.decimal(4, 1, &pct.to_string(), pct.tenths().into(), &styles.percent)?;
    sheet.number(5, 1, kpi.sla_missed, &styles.number)?;
    separator(sheet, styles, 6)?;
    header(sheet, styles, STATUS_HEADER, 0, "Status", "Count")?;
    let mut row = FIRST_STATUS;
    for status in &kpi.by_status {
        sheet.text(styles, row, 0, status.label.text(), &styles.status(status.label))?;
        sheet.number(row, 1, status.count, &styles.count(status.label))?;
        row += 1;
    }
    if kpi.by_status.is_empty() {
        sheet.text(styles, row, 0, "No orders on this day.", &styles.note)?;
        return Ok(row + 1);
    }
    separator(sheet, styles, row)?;
    sheet.text(styles, row + 1, 0, "Total", &styles.header)?;
    let sum = format!("=SUM(B{}:B{row})", FIRST_STATUS + 1);
    sheet.raw.write_formula_with_format(
        row + 1,
        1,
        rust_xlsxwriter::Formula::new(sum).set_result(kpi.total.to_string()),
        &styles.header_number,
    )?;
    Ok(row + 2)
}

/// Columns D and E, to the row after the last.
fn more_figures(sheet: &mut Sheet<'_>, styles: &Styles, kpi: &DailyKpi, comparison: &Comparison) -> Result<RowNum, RenderError> {
    header(sheet, styles, 2, MORE, "More figures", "Value")?;
    let counts = [("Awaited by customers", kpi.awaited), ("Delayed orders", kpi.delayed), ("Awaited without an ETA", kpi.without_eta)];
    let mut row = 3;
    for (name, count) in counts {
        sheet.text(styles, row, MORE, name, &styles.text)?;
        sheet.number(row, MORE + 1, count, &styles.number)?;
        row += 1;
    }
    let late = kpi.late_by_eta_pct;
    sheet.text(styles, row, MORE, "Late by ETA %", &styles.text)?;
    sheet.decimal(row, MORE + 1, &late.to_string(), late.tenths().into(), &styles.percent)?;
    row += 1;
    for value in &kpi.value {
        sheet.text(styles, row, MORE, &format!("Order value, {}", value.currency), &styles.text)?;
        let format = styles.money(value.currency.exponent());
        sheet.decimal(row, MORE + 1, &value.decimal(), value.total_minor, &format)?;
        row += 1;
    }
    for (name, then) in [("yesterday", comparison.yesterday), ("same weekday", comparison.same_weekday)] {
        if let Some(then) = then {
            row = changes(sheet, styles, row, name, kpi, &then)?;
        }
    }
    Ok(row)
}

fn changes(
    sheet: &mut Sheet<'_>,
    styles: &Styles,
    row: RowNum,
    name: &str,
    kpi: &DailyKpi,
    then: &Headline,
) -> Result<RowNum, RenderError> {
    for (offset, what) in ["Orders", "Delayed, points", "SLA misses"].into_iter().enumerate() {
        sheet.text(styles, row + offset as RowNum, MORE, &format!("{what} vs {name}"), &styles.text)?;
    }
    let change = |now: u64, then: u64| i128::from(now) - i128::from(then);
    sheet.number(row, MORE + 1, change(kpi.total, then.total), &styles.change)?;
    let tenths = i32::from(kpi.delayed_pct.tenths()) - i32::from(then.delayed_pct.tenths());
    sheet.raw.write_number_with_format(row + 1, MORE + 1, f64::from(tenths) / 10.0, &styles.change_points)?;
    sheet.number(row + 2, MORE + 1, change(kpi.sla_missed, then.sla_missed), &styles.change)?;
    Ok(row + 3)
}

fn header(sheet: &mut Sheet<'_>, styles: &Styles, row: RowNum, col: ColNum, name: &str, value: &str) -> Result<(), RenderError> {
    sheet.text(styles, row, col, name, &styles.header)?;
    sheet.text(styles, row, col + 1, value, &styles.header_number)
}

fn separator(sheet: &mut Sheet<'_>, styles: &Styles, row: RowNum) -> Result<(), RenderError> {
    for col in 0..2 {
        sheet.raw.write_blank(row, col, &styles.separator)?;
    }
    Ok(())
}

/// Bars in the statuses' colours, named on the axis and with their numbers: colour is never the only sign.
fn status_chart(kpi: &DailyKpi) -> Chart {
    let last = FIRST_STATUS + kpi.by_status.len() as RowNum - 1;
    let points: Vec<ChartPoint> = kpi
        .by_status
        .iter()
        .map(|status| {
            let fill = ChartSolidFill::new().set_color(Color::RGB(shade(status.label).fill)).to_owned();
            ChartPoint::new().set_format(ChartFormat::new().set_solid_fill(&fill))
        })
        .collect();
    let mut font = ChartFont::new();
    font.set_color(palette::TEXT).set_size(10);
    let mut labels = rust_xlsxwriter::ChartDataLabel::new();
    labels.show_value().set_font(&font).set_num_format("#,##0");
    let mut chart = Chart::new_bar();
    chart
        .add_series()
        .set_categories((SHEET_DAILY, FIRST_STATUS, 0, last, 0))
        .set_values((SHEET_DAILY, FIRST_STATUS, 1, last, 1))
        .set_name("Orders")
        .set_points(&points)
        .set_data_label(&labels)
        .set_gap(45);
    let mut title_font = ChartFont::new();
    title_font.set_color(palette::TEXT).set_size(12).set_bold();
    chart.title().set_name("Orders by status").set_font(&title_font);
    chart.legend().set_hidden();
    chart.chart_area().set_format(ChartFormat::new().set_border(ChartLine::new().set_color(palette::BORDER)));
    // In a bar chart the categories run along the vertical axis, from below unless reversed.
    axis(chart.y_axis().set_reverse().set_major_gridlines(false), &font);
    chart.x_axis().set_hidden(true).set_major_gridlines(false).set_min(0);
    chart.set_alt_text(alt_text(kpi));
    let rows = (kpi.by_status.len() as u32 + 3).max(9);
    chart.set_width(520).set_height(rows * ROW_PIXELS);
    chart
}

/// The chart in words: the whole table if it fits, else where to find it.
fn alt_text(kpi: &DailyKpi) -> String {
    let rows: Vec<String> = kpi.by_status.iter().map(|row| format!("{} {}", row.label.text(), row.count)).collect();
    let whole = format!("Orders by status: {}", rows.join(", "));
    if whole.chars().count() <= ALT_TEXT_MAX {
        return whole;
    }
    format!("Orders by status, {} statuses; the same numbers are in columns A and B.", rows.len())
}

fn axis(axis: &mut ChartAxis, font: &ChartFont) {
    axis.set_font(font).set_format(ChartFormat::new().set_line(ChartLine::new().set_color(palette::BORDER)));
    axis.set_major_tick_type(rust_xlsxwriter::ChartAxisTickType::None);
}
