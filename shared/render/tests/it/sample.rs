//! The 14-row sample sheet as figures.

use domain::kpi::{DailyKpi, KpiOrder, daily};
use domain::money::{Currency, Money};
use domain::order::Label;
use jiff::civil::{Date, date};

pub fn orders() -> Vec<KpiOrder> {
    include_str!("../../../domain/fixtures/orderflow_orders.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            KpiOrder {
                number: cells[0].to_owned(),
                customer: cells[1].to_owned(),
                label: Label::ALL.into_iter().find(|label| label.text() == cells[2]).expect("known status"),
                eta: Some(cells[3].parse().expect("date")),
                placed_on: None,
                total: None,
                owner: None,
                last_update: None,
            }
        })
        .collect()
}

pub fn kpi(as_of: Date) -> DailyKpi {
    daily(as_of, orders())
}

/// Delayed orders of customers all over the world, some with names that don't fit a line.
pub fn many_delayed(count: usize) -> DailyKpi {
    let names = [
        "Zażółć Gęślą Jaźń",
        "Ελένη Παπαδοπούλου",
        "Дмитрий Александрович Преображенский-Воскресенский",
        "محمد عبد الله الأنصاري",
        "דוד כהן",
        "O’Brien & Söhne <b>GmbH</b> & Co. KG, Abteilung für besondere Lieferungen",
        "Wolfeschlegelsteinhausenbergerdorff",
    ];
    let orders = (0..count).map(|index| KpiOrder {
        number: format!("ORD-20250801-{index:08}"),
        customer: names[(index + index / 7) % names.len()].to_owned(),
        label: Label::Delayed,
        eta: (index % 11 != 0).then(|| date(2025, 8, 1 + (index % 14) as i8)),
        placed_on: Some(date(2025, 7, 20)),
        total: Some(Money::new(1_999 + index as i64 * 37, Currency::EUR)),
        owner: None,
        last_update: None,
    });
    daily(date(2025, 8, 11), orders)
}
