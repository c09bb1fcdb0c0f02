//! The list of delayed orders.

use super::Fonts;
use super::table::{Align, Cell, Column, TableDocument, WIDTH};
use crate::RenderError;
use domain::kpi::{DailyKpi, LateOrder};

/// Orders that one document lists: sixty-odd pages. The most overdue come first, and the workbook has them all.
pub const ROWS_MAX: usize = 2_000;

/// Dark enough on white for a reader who needs contrast.
const RED: u32 = 0xB9_1C1C;
const GREY: u32 = 0x4B_5563;

const COLUMNS: [Column; 5] = [
    Column { title: "Order", width: 128.0, align: Align::Left },
    Column { title: "Customer", width: 121.0, align: Align::Left },
    Column { title: "ETA", width: 66.0, align: Align::Left },
    Column { title: "Days late", width: 58.0, align: Align::Right },
    Column { title: "Amount", width: 78.0, align: Align::Right },
];

const _: () = {
    let mut width = 0.0;
    let mut at = 0;
    while at < COLUMNS.len() {
        width += COLUMNS[at].width;
        at += 1;
    }
    assert!(width == WIDTH, "the columns fill the page");
};

/// The orders that are delayed on a day, as a PDF.
///
/// The bytes depend on the arguments only.
///
/// # Errors
/// `Pdf` if the writer refuses the document.
pub fn delayed(kpi: &DailyKpi, shop: &str, fonts: &Fonts) -> Result<Vec<u8>, RenderError> {
    document(kpi, shop).render(fonts)
}

fn document(kpi: &DailyKpi, shop: &str) -> TableDocument<'static> {
    let listed = kpi.delayed_orders.len().min(ROWS_MAX);
    let mut lead = format!("{} · {shop}\n{}", kpi.as_of, share(kpi));
    if (listed as u64) < kpi.delayed {
        lead.push_str(&format!(" The {listed} most overdue are listed here."));
    }
    let rows = kpi.delayed_orders[..listed].iter().map(row).collect();
    TableDocument {
        title: "Delayed orders".to_owned(),
        lead,
        footer: format!("{shop} · delayed orders of {}", kpi.as_of),
        language: "en",
        day: kpi.as_of,
        columns: &COLUMNS,
        rows,
    }
}

fn share(kpi: &DailyKpi) -> String {
    match kpi.delayed {
        0 => "No order is delayed.".to_owned(),
        1 => format!("1 of {} orders is delayed ({} %).", kpi.total, kpi.delayed_pct),
        delayed => format!("{delayed} of {} orders are delayed ({} %).", kpi.total, kpi.delayed_pct),
    }
}

fn row(late: &LateOrder) -> Vec<Cell> {
    let order = &late.order;
    let (days, ink) = if late.days_late > 0 { (late.days_late.to_string(), RED) } else { ("–".to_owned(), GREY) };
    let amount = order.total.map_or_else(|| "–".to_owned(), |total| format!("{} {}", total.decimal(), total.currency.code()));
    vec![
        Cell::new(order.number.clone()),
        Cell::new(if order.customer.is_empty() { "–" } else { &order.customer }),
        Cell::new(order.eta.map_or_else(|| "none".to_owned(), |day| day.to_string())),
        Cell::new(days).bold().ink(ink),
        Cell::new(amount),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::kpi::{KpiOrder, daily};
    use domain::order::Label;
    use jiff::civil::date;

    #[test]
    fn a_list_that_is_cut_says_so_and_keeps_the_most_overdue() {
        let order = |index: usize| KpiOrder {
            number: format!("{index}"),
            customer: String::new(),
            label: Label::Delayed,
            eta: Some(date(2025, 8, if index < 5 { 1 } else { 9 })),
            placed_on: None,
            total: None,
            owner: None,
            last_update: None,
        };
        let document = document(&daily(date(2025, 8, 11), (0..ROWS_MAX + 1).rev().map(order)), "Shop");
        assert_eq!(document.rows.len(), ROWS_MAX);
        assert_eq!(document.rows[0][0].text, "0");
        assert_eq!(document.lead, "2025-08-11 · Shop\n2001 of 2001 orders are delayed (100.0 %). The 2000 most overdue are listed here.");
    }
}
