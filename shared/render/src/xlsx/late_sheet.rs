//! A list of late orders with filters, and totals that follow the filters.

use super::cells::Sheet;
use super::palette;
use super::style::Styles;
use crate::RenderError;
use domain::kpi::LateOrder;
use domain::money::{Currency, Money};
use domain::order::Label;
use rust_xlsxwriter::{ColNum, ConditionalFormatDataBar, Format, RowNum};
use std::collections::BTreeMap;

pub(super) struct Content<'a> {
    pub(super) title: String,
    /// What an empty list says.
    pub(super) none: &'static str,
    /// How many orders there are; the list may be cut.
    pub(super) total: u64,
    pub(super) orders: &'a [LateOrder],
}

const HEADER: RowNum = 2;
const FIRST: RowNum = 3;
const ORDER: ColNum = 0;
const CUSTOMER: ColNum = 1;
const STATUS: ColNum = 2;
const ETA: ColNum = 3;
const DAYS_LATE: ColNum = 4;
const PLACED: ColNum = 5;
const AGE: ColNum = 6;
const AMOUNT: ColNum = 7;
const CURRENCY: ColNum = 8;
const OWNER: ColNum = 9;
const UPDATED: ColNum = 10;

#[derive(Clone, Copy)]
enum Holds {
    Text,
    Number,
    Date,
}

const COLUMNS: [(&str, Holds); 11] = [
    ("Order", Holds::Text),
    ("Customer", Holds::Text),
    ("Status", Holds::Text),
    ("ETA", Holds::Date),
    ("Days late", Holds::Number),
    ("Placed", Holds::Date),
    ("Age (days)", Holds::Number),
    ("Amount", Holds::Number),
    ("Currency", Holds::Text),
    ("Owner", Holds::Text),
    ("Last update", Holds::Date),
];

pub(super) fn write(mut sheet: Sheet<'_>, styles: &Styles, content: &Content<'_>) -> Result<(), RenderError> {
    let listed = content.orders.len() as u64;
    let title = if listed < content.total {
        format!("{} (the {listed} most overdue of {})", content.title, content.total)
    } else {
        content.title.clone()
    };
    sheet.raw.merge_range(0, ORDER, 0, UPDATED, &title, &styles.title)?;
    for (col, (name, holds)) in COLUMNS.into_iter().enumerate() {
        let format = match holds {
            Holds::Text => &styles.header,
            Holds::Number => &styles.header_number,
            Holds::Date => &styles.header_center,
        };
        sheet.text(styles, HEADER, col as ColNum, name, format)?;
        // The filter's button covers the end of the name.
        sheet.measure(col as ColNum, name.len() + 2);
    }
    sheet.raw.set_freeze_panes(FIRST, 1)?.set_repeat_rows(HEADER, HEADER)?;
    if content.orders.is_empty() {
        sheet.raw.write_string_with_format(FIRST, ORDER, content.none, &styles.note)?;
        return sheet.finish(FIRST + 1);
    }
    let mut looks = Looks { styles, statuses: BTreeMap::new(), money: BTreeMap::new() };
    for (index, late) in content.orders.iter().enumerate() {
        line(&mut sheet, &mut looks, FIRST + index as RowNum, late)?;
    }
    let last = FIRST + listed as RowNum - 1;
    sheet.raw.autofilter(HEADER, ORDER, last, UPDATED)?;
    totals(&mut sheet, styles, content.orders, last)?;
    let bar = ConditionalFormatDataBar::new().set_fill_color(palette::LATENESS).set_solid_fill(true);
    sheet.raw.add_conditional_format(FIRST, DAYS_LATE, last, DAYS_LATE, &bar)?;
    sheet.finish(FIRST)
}

/// Formats that depend on the row, made once each.
struct Looks<'a> {
    styles: &'a Styles,
    statuses: BTreeMap<Label, Format>,
    money: BTreeMap<u32, Format>,
}

fn line(sheet: &mut Sheet<'_>, looks: &mut Looks<'_>, row: RowNum, late: &LateOrder) -> Result<(), RenderError> {
    let (styles, order) = (looks.styles, &late.order);
    sheet.text(styles, row, ORDER, &order.number, &styles.text)?;
    sheet.text(styles, row, CUSTOMER, &order.customer, &styles.text)?;
    let status = looks.statuses.entry(order.label).or_insert_with(|| styles.status(order.label));
    sheet.text(styles, row, STATUS, order.label.text(), status)?;
    for (col, day) in [(ETA, order.eta), (PLACED, order.placed_on), (UPDATED, order.last_update)] {
        match day {
            Some(day) => sheet.date(row, col, day, &styles.date)?,
            None => blank(sheet, row, col, &styles.date)?,
        }
    }
    sheet.number(row, DAYS_LATE, late.days_late, &styles.number)?;
    match late.age_days {
        Some(days) => sheet.number(row, AGE, days, &styles.number)?,
        None => blank(sheet, row, AGE, &styles.number)?,
    }
    match order.total {
        Some(total) => {
            let exponent = total.currency.exponent();
            let format = looks.money.entry(exponent).or_insert_with(|| styles.money(exponent));
            sheet.decimal(row, AMOUNT, &total.decimal(), total.minor.into(), format)?;
            sheet.text(styles, row, CURRENCY, total.currency.code(), &styles.text)?;
        }
        None => {
            blank(sheet, row, AMOUNT, &styles.number)?;
            blank(sheet, row, CURRENCY, &styles.text)?;
        }
    }
    match &order.owner {
        Some(owner) => sheet.text(styles, row, OWNER, owner, &styles.text),
        None => blank(sheet, row, OWNER, &styles.text),
    }
}

fn blank(sheet: &mut Sheet<'_>, row: RowNum, col: ColNum, format: &Format) -> Result<(), RenderError> {
    sheet.raw.write_blank(row, col, format)?;
    Ok(())
}

/// Row 2, above the list so that it stays in sight: how many orders the filters leave, how late the worst of
/// them is, and what they are worth together if they share a currency.
fn totals(sheet: &mut Sheet<'_>, styles: &Styles, orders: &[LateOrder], last: RowNum) -> Result<(), RenderError> {
    let (first, last) = (FIRST + 1, last + 1);
    for col in ORDER..=UPDATED {
        blank(sheet, HEADER - 1, col, &styles.header)?;
    }
    let (count, worst) = (orders.len(), orders.iter().map(|late| late.days_late).max().unwrap_or(0));
    let shown = format!("=SUBTOTAL(103,A{first}:A{last})");
    sheet.formula(HEADER - 1, ORDER, &shown, &count.to_string(), &styles.orders_shown)?;
    let days = format!("=SUBTOTAL(104,E{first}:E{last})");
    sheet.formula(HEADER - 1, DAYS_LATE, &days, &worst.to_string(), &styles.days_shown)?;
    if let Some((currency, sum)) = single_currency_sum(orders) {
        let formula = format!("=SUBTOTAL(109,H{first}:H{last})");
        let format = styles.money_shown(currency.exponent());
        sheet.formula(HEADER - 1, AMOUNT, &formula, &sum.decimal(), &format)?;
        sheet.text(styles, HEADER - 1, CURRENCY, currency.code(), &styles.header)?;
    }
    Ok(())
}

fn single_currency_sum(orders: &[LateOrder]) -> Option<(Currency, Money)> {
    let mut amounts = orders.iter().filter_map(|late| late.order.total);
    let first = amounts.next()?;
    let sum = amounts.try_fold(first, |sum, amount| sum.checked_add(amount)).ok()?;
    Some((first.currency, sum))
}
