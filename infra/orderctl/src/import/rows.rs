//! From tables to orders as the API takes them.

use super::{Reading, retail};
use crate::Failed;
use crate::generate::{Spec, generate, write_csv};
use app::sheet::table;
use domain::money::Currency;
use domain::order::placement::Draft;
use domain::sheet::{self, BadRow, Sheet, SheetOrder, Table};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::Serialize;
use serde_json::{Value, json};

/// One order as the API takes it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    /// Status word.
    pub status: String,
    /// The order.
    pub order: Value,
    /// First line of the file it came from, for messages.
    #[serde(skip)]
    pub line: u64,
    /// The order again, to be checked without asking anybody.
    #[serde(skip)]
    pub checked: SheetOrder,
}

/// The fourteen orders of the sample sheet.
const SAMPLE: &str = include_str!("../../../../shared/domain/fixtures/orderflow_orders.csv");
/// The day the sample sheet is from.
const SAMPLE_DAY: Date = jiff::civil::date(2025, 8, 9);

/// What a file holds: orders to send, and rows that nobody can send.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// To send.
    pub good: Vec<Row>,
    /// To correct.
    pub bad: Vec<BadRow>,
    /// Columns that were not read.
    pub unknown_columns: Vec<String>,
}

/// Reads orders from a table.
pub fn rows(table: &Table, reading: &Reading, today: Date) -> Result<Rows, Failed> {
    let zone = TimeZone::get(&reading.time_zone).map_err(|_| format!("unknown time zone {}", reading.time_zone))?;
    let gaps = sheet::Reading { currency: Currency::parse(&reading.currency)?, zone: zone.clone() };
    let Sheet { orders, bad, unknown_columns } = sheet::read(table, &gaps)?;
    let local = |at: Timestamp| at.to_zoned(zone.clone()).date();
    let newest = orders.iter().filter_map(|order| order.draft.placed_at).max().map(local);
    let shift = match newest.filter(|_| reading.as_if_today) {
        // Yesterday, because later today has not happened yet.
        Some(newest) => newest.until(today.yesterday()?)?,
        None => Span::new(),
    };
    // Without a status column the file is a sales export, and "today" is its last day.
    let as_of = newest.filter(|_| orders.iter().all(|order| order.status.is_none())).unwrap_or(today);
    let skipped = orders.len().saturating_sub(reading.limit.unwrap_or(usize::MAX));
    let good = orders.into_iter().skip(skipped).map(|order| row(order, as_of, shift, &zone)).collect::<Result<_, _>>()?;
    Ok(Rows { good, bad, unknown_columns })
}

fn row(order: SheetOrder, as_of: Date, shift: Span, zone: &TimeZone) -> Result<Row, Failed> {
    let SheetOrder { line, status, draft } = order;
    let number = draft.number.as_deref().unwrap_or_default();
    let placed_on = draft.placed_at.map_or(as_of, |placed| placed.to_zoned(zone.clone()).date());
    let (word, promised) = retail::derived(number, placed_on, as_of);
    let eta = draft.eta.or_else(|| status.is_none().then_some(promised));
    let placed_at = draft.placed_at.map(|placed| placed.to_zoned(zone.clone()).saturating_add(shift).timestamp());
    let status = status.unwrap_or_else(|| word.to_owned());
    let draft = Draft { eta: eta.map(|eta| eta.saturating_add(shift)), placed_at, ..draft };
    Ok(Row { order: json(&draft), checked: SheetOrder { line, status: Some(status.clone()), draft }, status, line })
}

fn json(draft: &Draft) -> Value {
    let items: Vec<Value> = draft
        .lines
        .iter()
        .map(|item| json!({ "sku": item.sku, "name": item.name, "quantity": item.quantity, "unit_price": item.unit_price }))
        .collect();
    json!({
        "number": draft.number,
        "currency": draft.currency,
        "customer": { "name": draft.customer_name, "email": draft.email },
        "country": draft.country,
        "items": items,
        "placed_at": draft.placed_at,
        "eta": draft.eta,
    })
}

/// A demo shop: the fourteen orders of the sample sheet, as if it were from today, and made-up ones.
pub fn demo(orders: u32, seed: u64, today: Date) -> Result<Vec<Row>, Failed> {
    let reading = Reading { currency: "USD".into(), time_zone: "UTC".into(), as_if_today: false, limit: None };
    let mut good = rows(&table::text(SAMPLE)?, &reading, SAMPLE_DAY)?.good;
    let shift = SAMPLE_DAY.until(today)?;
    for row in &mut good {
        let eta = row.order["eta"].as_str().and_then(|eta| eta.parse::<Date>().ok()).map(|eta| eta.saturating_add(shift));
        row.order["eta"] = json!(eta);
        let placed = today.saturating_sub(4.days()).at(9, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        row.order["placed_at"] = json!(placed);
    }
    let mut csv = Vec::new();
    write_csv(&mut csv, generate(&Spec::new(seed, orders, today)))?;
    good.extend(rows(&table::read(&csv, None)?, &reading, today)?.good);
    Ok(good)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn reading() -> Reading {
        Reading { currency: "GBP".into(), time_zone: "UTC".into(), as_if_today: false, limit: None }
    }

    fn parse(text: &str, reading: &Reading, today: Date) -> Result<Vec<Row>, Failed> {
        Ok(rows(&table::text(text)?, reading, today)?.good)
    }

    #[test]
    fn the_status_and_day_of_a_sales_export_are_derived_and_its_dates_may_move() {
        let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
            536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
            C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,Eire\n\
            536365,71053,\"LANTERN, WHITE\",6,2010-12-01 08:26:00,3.39,17850,United Kingdom\n\
            536366,X,Adjust,1,2010-12-02 08:28:00,-11062.06,,Unspecified\n";
        let rows = parse(text, &reading(), date(2025, 1, 1)).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].order["items"].as_array().unwrap().len(), 2);
        assert_eq!(rows[0].order["items"][1]["name"], "LANTERN, WHITE");
        assert_eq!(rows[0].order["customer"], json!({ "name": "Customer 17850", "email": null }));
        assert_eq!(rows[0].order["placed_at"], "2010-12-01T08:26:00Z");
        assert_eq!((rows[1].status.as_str(), &rows[1].order["items"][0]["quantity"]), ("Cancelled", &json!(1)));
        assert_eq!((&rows[2].order["customer"]["name"], &rows[2].order["country"]), (&json!("Guest"), &Value::Null));
        assert_eq!(rows[2].order["items"], json!([]));
        let mut alive = reading();
        alive.as_if_today = true;
        let moved = parse(text, &alive, date(2025, 1, 1)).unwrap();
        assert_eq!(moved[0].order["placed_at"], "2024-12-30T08:26:00Z");
        assert_eq!(moved[0].status, rows[0].status, "moving dates changes no status");
        alive.limit = Some(1);
        assert_eq!(parse(text, &alive, date(2025, 1, 1)).unwrap().len(), 1);
    }

    // req: S0-19, S0-20
    #[test]
    fn the_sample_sheet_becomes_fourteen_orders() {
        let rows = parse(SAMPLE, &reading(), SAMPLE_DAY).unwrap();
        assert_eq!(rows.len(), 14);
        let first = &rows[0];
        assert_eq!((first.status.as_str(), &first.order["number"], &first.order["eta"]), ("Delayed", &json!("1001"), &json!("2025-08-10")));
        assert_eq!(first.order["customer"]["email"], "john.smith@example.com");
    }

    #[test]
    fn the_demo_is_the_same_for_the_same_day() {
        let day = date(2026, 3, 1);
        let rows = demo(50, 1, day).unwrap();
        assert_eq!(rows.len(), 64);
        assert_eq!(rows, demo(50, 1, day).unwrap());
        assert_eq!(rows[0].order["eta"], "2026-03-02");
    }

    #[test]
    fn what_is_not_a_list_of_orders_says_so() {
        for bad in ["", "a,b\n1,2\n", "OrderID\n"] {
            assert!(parse(bad, &reading(), SAMPLE_DAY).is_err(), "{bad:?}");
        }
        let rows = rows(&table::text("OrderID,Quantity,SKU,Note\n1,many,X,\n2,1,X,\n").unwrap(), &reading(), SAMPLE_DAY).unwrap();
        assert_eq!((rows.good.len(), rows.bad.len(), rows.bad[0].line, rows.unknown_columns), (1, 1, 2, vec!["Note".to_owned()]));
    }
}
