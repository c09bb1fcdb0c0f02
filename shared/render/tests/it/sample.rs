//! The 14-row sample sheet as figures.

use domain::kpi::{DailyKpi, KpiOrder, daily};
use domain::order::Label;
use jiff::civil::Date;

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
