//! From lines of a file to orders.

use super::columns::{Columns, separator};
use super::{Reading, countries, retail};
use crate::Failed;
use crate::generate::{Spec, generate, write_csv};
use domain::money::{Currency, Money};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

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
}

/// The fourteen orders of the sample sheet.
const SAMPLE: &str = include_str!("../../../../shared/domain/fixtures/orderflow_orders.csv");
/// The day the sample sheet is from.
const SAMPLE_DAY: Date = jiff::civil::date(2025, 8, 9);

#[derive(Debug, Clone)]
struct Item {
    sku: String,
    name: String,
    quantity: i64,
    unit_price: String,
}

#[derive(Debug, Clone)]
struct Draft {
    line: u64,
    number: String,
    customer: String,
    email: Option<String>,
    status: Option<String>,
    eta: Option<Date>,
    placed: Option<DateTime>,
    currency: String,
    country: Option<String>,
    items: Vec<Item>,
}

/// Reads orders from CSV text. Lines of one order may stand anywhere in the file.
pub fn parse(text: &str, reading: &Reading, today: Date) -> Result<Vec<Row>, Failed> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let zone = TimeZone::get(&reading.time_zone).map_err(|_| format!("unknown time zone {}", reading.time_zone))?;
    let mut reader = csv::ReaderBuilder::new().delimiter(separator(text)).flexible(true).trim(csv::Trim::All).from_reader(text.as_bytes());
    let columns = Columns::find(reader.headers()?)?;
    let mut drafts: Vec<Draft> = Vec::new();
    let mut known: HashMap<String, usize> = HashMap::new();
    for record in reader.records() {
        let record = record.map_err(|why| format!("not a CSV file: {why}"))?;
        take(&record, &columns, reading, &mut drafts, &mut known)?;
    }
    if drafts.is_empty() {
        return Err("the file has no orders".into());
    }
    let newest = drafts.iter().filter_map(|draft| draft.placed).max().map(|placed| placed.date());
    let shift = match newest.filter(|_| reading.as_if_today) {
        // Yesterday, because later today has not happened yet.
        Some(newest) => newest.until(today.yesterday()?)?,
        None => Span::new(),
    };
    // Without a status column the file is a sales export, and "today" is its last day.
    let as_of = newest.filter(|_| columns.status.is_none()).unwrap_or(today);
    let take = reading.limit.unwrap_or(usize::MAX);
    drafts.into_iter().rev().take(take).rev().map(|draft| row(draft, as_of, shift, &zone)).collect()
}

fn take(
    record: &csv::StringRecord,
    columns: &Columns,
    reading: &Reading,
    drafts: &mut Vec<Draft>,
    known: &mut HashMap<String, usize>,
) -> Result<(), Failed> {
    let line = record.position().map_or(0, csv::Position::line);
    let text =
        |column: Option<usize>| column.and_then(|at| record.get(at)).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let Some(number) = text(Some(columns.order)) else { return Ok(()) };
    // As a number is kept: `OrderId::written`. What is none is told by the API, with its row.
    let number = number.trim_start_matches('#').replace('/', "-");
    let at = *known.entry(number.clone()).or_insert_with(|| {
        let customer_id = text(columns.customer_id);
        let named = text(columns.customer).or_else(|| customer_id.as_ref().map(|id| format!("Customer {id}")));
        drafts.push(Draft {
            line,
            customer: named.unwrap_or_else(|| "Guest".to_owned()),
            email: text(columns.email).or_else(|| customer_id.map(|id| format!("c{id}@example.com"))),
            status: text(columns.status),
            eta: text(columns.eta).and_then(|eta| day(&eta)),
            placed: text(columns.placed_at).and_then(|placed| moment(&placed)),
            currency: text(columns.currency).unwrap_or_else(|| reading.currency.clone()),
            country: text(columns.country).and_then(|country| countries::code(&country)),
            items: Vec::new(),
            number,
        });
        drafts.len() - 1
    });
    let quantity = text(columns.quantity).map_or(Ok(1), |quantity| quantity.parse::<f64>().map(|quantity| quantity as i64));
    let quantity = quantity.map_err(|_| format!("line {line}: the quantity is not a number"))?.abs();
    let Some(sku) = text(columns.sku) else { return Ok(()) };
    let price = text(columns.unit_price).unwrap_or_else(|| "0".to_owned());
    // Corrections of the books (negative prices, no pieces) are not things somebody ordered.
    if quantity == 0 || price.starts_with('-') {
        return Ok(());
    }
    let currency = Currency::parse(&drafts[at].currency)?;
    drafts[at].items.push(Item {
        sku: sku.replace(' ', "-"),
        name: text(columns.product).unwrap_or_default(),
        quantity,
        unit_price: rounded(&price, currency),
    });
    Ok(())
}

/// A price with no more decimals than its currency has: exports write 0.001 for "nothing".
fn rounded(price: &str, currency: Currency) -> String {
    match Money::parse(price, currency) {
        Ok(money) => money.decimal(),
        Err(_) => {
            let (whole, fraction) = price.split_once('.').unwrap_or((price, ""));
            let cut: String = fraction.chars().take(currency.exponent() as usize).collect();
            if cut.is_empty() { whole.to_owned() } else { format!("{whole}.{cut}") }
        }
    }
}

fn day(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().or_else(|| Date::strptime("%d.%m.%Y", text).ok()).or_else(|| moment(text).map(|moment| moment.date()))
}

fn moment(text: &str) -> Option<DateTime> {
    let instant = || text.parse::<Timestamp>().ok().map(|at| at.to_zoned(TimeZone::UTC).datetime());
    instant()
        .or_else(|| text.parse::<DateTime>().ok())
        .or_else(|| DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok())
        .or_else(|| DateTime::strptime("%Y-%m-%d %H:%M", text).ok())
        .or_else(|| text.parse::<Date>().ok().map(|day| day.at(12, 0, 0, 0)))
}

fn row(draft: Draft, as_of: Date, shift: Span, zone: &TimeZone) -> Result<Row, Failed> {
    let placed_on = draft.placed.map_or(as_of, |placed| placed.date());
    let (word, promised) = retail::derived(&draft.number, placed_on, as_of);
    let eta = draft.eta.or_else(|| draft.status.is_none().then_some(promised));
    let status = draft.status.unwrap_or_else(|| word.to_owned());
    let placed_at = match draft.placed {
        Some(placed) => Some(placed.saturating_add(shift).to_zoned(zone.clone())?.timestamp()),
        None => None,
    };
    let items: Vec<Value> = draft
        .items
        .iter()
        .map(|item| json!({ "sku": item.sku, "name": item.name, "quantity": item.quantity, "unit_price": item.unit_price }))
        .collect();
    let order = json!({
        "number": draft.number,
        "currency": draft.currency,
        "customer": { "name": draft.customer, "email": draft.email },
        "country": draft.country,
        "items": items,
        "placed_at": placed_at,
        "eta": eta.map(|eta| eta.saturating_add(shift)),
    });
    Ok(Row { status, order, line: draft.line })
}

/// A demo shop: the fourteen orders of the sample sheet, as if it were from today, and made-up ones.
pub fn demo(orders: u32, seed: u64, today: Date) -> Result<Vec<Row>, Failed> {
    let reading = Reading { currency: "USD".into(), time_zone: "UTC".into(), as_if_today: false, limit: None };
    let mut rows = parse(SAMPLE, &reading, SAMPLE_DAY)?;
    let shift = SAMPLE_DAY.until(today)?;
    for row in &mut rows {
        let eta = row.order["eta"].as_str().and_then(day).map(|eta| eta.saturating_add(shift));
        row.order["eta"] = json!(eta);
        let placed = today.saturating_sub(4.days()).at(9, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        row.order["placed_at"] = json!(placed);
    }
    let mut csv = Vec::new();
    write_csv(&mut csv, generate(&Spec::new(seed, orders, today)))?;
    rows.extend(parse(&String::from_utf8(csv)?, &reading, today)?);
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn reading() -> Reading {
        Reading { currency: "GBP".into(), time_zone: "UTC".into(), as_if_today: false, limit: None }
    }

    #[test]
    fn a_sales_export_becomes_orders() {
        let text = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n\
            536365,85123A,WHITE HOLDER,6,2010-12-01 08:26:00,2.55,17850,United Kingdom\n\
            C536379,D,Discount,-1,2010-12-01 09:41:00,27.50,14527,Eire\n\
            536365,71053,\"LANTERN, WHITE\",6,2010-12-01 08:26:00,3.39,17850,United Kingdom\n\
            536366,X,Adjust,1,2010-12-02 08:28:00,-11062.06,,Unspecified\n";
        let rows = parse(text, &reading(), date(2025, 1, 1)).unwrap();
        assert_eq!(rows.len(), 3);
        assert_eq!(rows[0].order["items"].as_array().unwrap().len(), 2);
        assert_eq!(rows[0].order["items"][1]["name"], "LANTERN, WHITE");
        assert_eq!(rows[0].order["customer"], json!({ "name": "Customer 17850", "email": "c17850@example.com" }));
        assert_eq!(rows[0].order["placed_at"], "2010-12-01T08:26:00Z");
        assert_eq!((rows[1].status.as_str(), &rows[1].order["items"][0]["quantity"]), ("Cancelled", &json!(1)));
        assert_eq!((&rows[2].order["customer"]["name"], &rows[2].order["country"]), (&json!("Guest"), &Value::Null));
        assert_eq!(rows[2].order["items"], json!([]));
        let mut alive = reading();
        alive.as_if_today = true;
        let moved = parse(text, &alive, date(2025, 1, 1)).unwrap();
        assert_eq!(moved[0].order["placed_at"], "2024-12-30T08:26:00Z");
        assert_eq!(moved[0].status, rows[0].status, "moving dates changes no status");
    }

    // req: S0-19, S0-20
    #[test]
    fn a_shops_sheet_becomes_orders() {
        let rows = parse(SAMPLE, &reading(), SAMPLE_DAY).unwrap();
        assert_eq!(rows.len(), 14);
        let first = &rows[0];
        assert_eq!((first.status.as_str(), &first.order["number"], &first.order["eta"]), ("Delayed", &json!("1001"), &json!("2025-08-10")));
        assert_eq!(first.order["customer"]["email"], "john.smith@example.com");
        let odd = parse(" orderid ;E-Mail;STATUS;eta\n#7;a@b.co;Shipped;24.12.2025\n", &reading(), SAMPLE_DAY).unwrap();
        assert_eq!((&odd[0].order["number"], &odd[0].order["eta"]), (&json!("7"), &json!("2025-12-24")));
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
        for bad in ["", "a,b\n1,2\n", "OrderID\n", "OrderID,Quantity,SKU\n1,many,X\n"] {
            assert!(parse(bad, &reading(), SAMPLE_DAY).is_err(), "{bad:?}");
        }
    }
}
