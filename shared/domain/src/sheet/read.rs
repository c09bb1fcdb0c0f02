//! From rows to orders.

use super::columns::{Column, Columns, HeaderFault};
use super::{Table, TableRow, countries};
use crate::ids::{OrderId, SourceId};
use crate::money::{Currency, Money};
use crate::order::placement::{Draft, DraftLine, Given, check};
use crate::order::{Fault, Tracks, Vocabulary};
use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use std::collections::HashMap;

/// What a table doesn't say.
#[derive(Debug, Clone)]
pub struct Reading {
    /// Currency of rows that have none.
    pub currency: Currency,
    /// Time zone of times that have none.
    pub zone: TimeZone,
}

/// One order of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetOrder {
    /// The first line it stands in.
    pub line: u64,
    /// In the table's words; none if the table has no such column.
    pub status: Option<String>,
    /// The rest. It always has a number.
    pub draft: Draft,
}

impl SheetOrder {
    /// Its number.
    pub fn number(&self) -> &str {
        self.draft.number.as_deref().unwrap_or_default()
    }

    /// Everything that would be refused if it were taken in now: a status that these words don't have, and what
    /// [`check`] finds.
    pub fn faults(&self, vocabulary: Vocabulary, channel: &SourceId, now: Timestamp) -> Vec<Fault> {
        let mut faults = Vec::new();
        if let Some(word) = &self.status
            && vocabulary.read(word).is_none()
        {
            faults.push(Fault::new("status", "unknown_status", format!("one of: {}", vocabulary.words().join(", "))));
        }
        // A table's orders have numbers of their own, so the one we would make up is never used.
        let generated = OrderId::numbered(now.to_zoned(TimeZone::UTC).date(), 0);
        let tracks = Tracks::default();
        let given = Given::imported(channel.clone(), generated, tracks, now);
        faults.extend(check(&self.draft, given).err().unwrap_or_default());
        faults
    }
}

/// A row that is not taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRow {
    /// Its line.
    pub line: u64,
    /// Its order, if it says.
    pub number: Option<String>,
    /// What of it cannot be read.
    pub faults: Vec<Fault>,
    /// The rest of it, if it is the first row of an order.
    pub rest: Option<SheetOrder>,
}

impl BadRow {
    /// Everything wrong with it: what cannot be read, and what would be refused of the rest.
    pub fn all_faults(mut self, vocabulary: Vocabulary, channel: &SourceId, now: Timestamp) -> Vec<Fault> {
        for fault in self.rest.iter().flat_map(|rest| rest.faults(vocabulary, channel, now)) {
            if !self.faults.iter().any(|known| known.field.eq_ignore_ascii_case(&fault.field)) {
                self.faults.push(fault);
            }
        }
        self.faults
    }
}

/// What a table holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its orders, in the order of their first lines.
    pub orders: Vec<SheetOrder>,
    /// Rows that are not taken in. An order with a bad line is left out whole: half of it would be another order.
    pub bad: Vec<BadRow>,
    /// Columns that were not read.
    pub unknown_columns: Vec<String>,
}

/// Reads orders from a table. Lines of one order may stand anywhere in it.
///
/// # Errors
/// A header without an order number, or with one name twice.
pub fn read(table: &Table, reading: &Reading) -> Result<Sheet, HeaderFault> {
    let columns = Columns::find(&table.header)?;
    let mut reader = Reader { columns: &columns, reading, orders: Vec::new(), known: HashMap::new(), bad: Vec::new() };
    for row in &table.rows {
        reader.take(row);
    }
    let Reader { mut orders, bad, .. } = reader;
    let spoilt: std::collections::HashSet<&str> = bad.iter().filter_map(|row| row.number.as_deref()).collect();
    orders.retain(|order| !spoilt.contains(order.number()));
    Ok(Sheet { orders, bad, unknown_columns: columns.unknown })
}

struct Reader<'a> {
    columns: &'a Columns,
    reading: &'a Reading,
    orders: Vec<SheetOrder>,
    known: HashMap<String, usize>,
    bad: Vec<BadRow>,
}

impl Reader<'_> {
    fn cell<'r>(&self, row: &'r TableRow, column: Column) -> Option<&'r str> {
        let text = self.columns.at(column).and_then(|at| row.cells.get(at))?.trim();
        (!text.is_empty()).then_some(text)
    }

    fn take(&mut self, row: &TableRow) {
        if row.cells.iter().all(|cell| cell.trim().is_empty()) {
            return;
        }
        let mut faults = Vec::new();
        // As a number is kept: `OrderId::written`. What is none is listed with its row.
        let number = self.cell(row, Column::Order).map(|number| number.trim_start_matches('#').replace('/', "-"));
        let Some(number) = number.filter(|number| !number.is_empty()) else {
            faults.push(Fault::new(Column::Order.name(), "required", "the row has no order number"));
            self.bad.push(BadRow { line: row.line, number: None, faults, rest: None });
            return;
        };
        let currency = self.currency(row, &mut faults);
        let item = self.item(row, currency, &mut faults);
        let mut rest = None;
        match self.known.get(&number).copied() {
            Some(at) if self.columns.has(Column::Sku) => self.orders[at].draft.lines.extend(item),
            Some(at) => {
                let message = format!("order {number} stands in line {} already", self.orders[at].line);
                faults.push(Fault::new(Column::Order.name(), "duplicate", message));
                self.bad.push(BadRow { line: row.line, number: None, faults, rest: None });
                return;
            }
            None => {
                let order = self.order(row, &number, currency, item, &mut faults);
                rest = Some(order.clone()).filter(|_| !faults.is_empty());
                self.known.insert(number.clone(), self.orders.len());
                self.orders.push(order);
            }
        }
        if !faults.is_empty() {
            self.bad.push(BadRow { line: row.line, number: Some(number), faults, rest });
        }
    }

    fn order(&self, row: &TableRow, number: &str, currency: Currency, item: Option<DraftLine>, faults: &mut Vec<Fault>) -> SheetOrder {
        let mut read = |column: Column, code: &str, wanted: &str, good: bool| {
            if !good {
                faults.push(Fault::new(column.name(), code, wanted));
            }
        };
        let status = self.cell(row, Column::Status).map(str::to_owned);
        read(Column::Status, "required", "the row has no status", status.is_some() || !self.columns.has(Column::Status));
        let eta_text = self.cell(row, Column::Eta).filter(|text| !text.eq_ignore_ascii_case("n/a") && *text != "-");
        let eta = eta_text.and_then(day);
        read(Column::Eta, "bad_date", "a date such as 2025-08-10 or 10.08.2025", eta.is_some() || eta_text.is_none());
        let placed_text = self.cell(row, Column::PlacedAt);
        let placed_at = placed_text.and_then(|text| moment(text, &self.reading.zone));
        read(Column::PlacedAt, "bad_time", "a time such as 2025-08-10 14:30 or 10.08.2025", placed_at.is_some() || placed_text.is_none());
        let customer_id = self.cell(row, Column::CustomerId);
        let named = self.cell(row, Column::Customer).map(str::to_owned).or_else(|| customer_id.map(|id| format!("Customer {id}")));
        let email = self.cell(row, Column::Email).map(str::to_owned);
        let draft = Draft {
            number: Some(number.to_owned()),
            currency: currency.code().to_owned(),
            customer_name: named.unwrap_or_else(|| "Guest".to_owned()),
            email,
            country: self.cell(row, Column::Country).and_then(countries::code),
            lines: item.into_iter().collect(),
            placed_at,
            eta,
            ..Draft::default()
        };
        SheetOrder { line: row.line, status, draft }
    }

    fn currency(&self, row: &TableRow, faults: &mut Vec<Fault>) -> Currency {
        let Some(text) = self.cell(row, Column::Currency) else { return self.reading.currency };
        Currency::parse(&text.to_uppercase()).unwrap_or_else(|why| {
            faults.push(Fault::new(Column::Currency.name(), "unknown_currency", why.to_string()));
            self.reading.currency
        })
    }

    /// The row's position, if it has one. Corrections of the books (negative prices, no pieces) are not things
    /// somebody ordered.
    fn item(&self, row: &TableRow, currency: Currency, faults: &mut Vec<Fault>) -> Option<DraftLine> {
        let sku = self.cell(row, Column::Sku)?;
        let price = self.cell(row, Column::UnitPrice).unwrap_or("0");
        let Some(quantity) = pieces(self.cell(row, Column::Quantity).unwrap_or("1")) else {
            faults.push(Fault::new(Column::Quantity.name(), "bad_quantity", "a whole number of pieces"));
            return None;
        };
        if quantity == 0 || price.starts_with('-') {
            return None;
        }
        let Some(unit_price) = amount(price, currency) else {
            faults.push(Fault::new(Column::UnitPrice.name(), "bad_amount", "a decimal number such as 12.50"));
            return None;
        };
        let name = self.cell(row, Column::Product).unwrap_or_default().to_owned();
        Some(DraftLine { sku: sku.replace(' ', "-"), name, quantity, unit_price, ..DraftLine::default() })
    }
}

/// Pieces of a line: "6", "6.0", and "-6" of a cancelled one.
fn pieces(text: &str) -> Option<i64> {
    let whole = text.strip_prefix('-').unwrap_or(text);
    let whole = whole.split_once('.').map_or(Some(whole), |(whole, rest)| rest.bytes().all(|b| b == b'0').then_some(whole))?;
    whole.parse::<u32>().ok().map(i64::from)
}

/// A price with no more decimals than its currency has: exports write 0.001 for "nothing".
fn amount(text: &str, currency: Currency) -> Option<String> {
    if let Ok(money) = Money::parse(text, currency) {
        return Some(money.decimal());
    }
    let (whole, fraction) = text.split_once('.')?;
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    let cut = &fraction[..fraction.len().min(currency.exponent() as usize)];
    Some(if cut.is_empty() { whole.to_owned() } else { format!("{whole}.{cut}") })
}

/// Days since the last day of 1899, as spreadsheets count them; the fraction is the time of day.
fn serial(text: &str) -> Option<DateTime> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) {
        return None;
    }
    // 1954 to 2119: other numbers are no days.
    let days: i64 = whole.parse().ok().filter(|days| (20_000..80_000).contains(days))?;
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let seconds = fraction.parse::<i64>().ok()?.checked_mul(86_400)?.checked_add(scale / 2)? / scale;
    let midnight = jiff::civil::date(1899, 12, 30).at(0, 0, 0, 0);
    midnight.checked_add(jiff::SignedDuration::from_secs(days * 86_400 + seconds)).ok()
}

/// A day, as sheets write it: 2025-08-10, 10.08.2025, a spreadsheet's own number, or the day of a time. Never
/// 08/10/2025, which is two days.
fn day(text: &str) -> Option<Date> {
    if let Some(at) = serial(text) {
        return Some(at.date());
    }
    let written = text.parse::<Date>().ok().or_else(|| Date::strptime("%d.%m.%Y", text).ok());
    written
        .or_else(|| local(text).map(DateTime::date))
        .or_else(|| text.parse::<Timestamp>().ok().map(|at| at.to_zoned(TimeZone::UTC).date()))
}

fn local(text: &str) -> Option<DateTime> {
    let formats = ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"];
    text.parse::<DateTime>().ok().or_else(|| formats.iter().find_map(|format| DateTime::strptime(format, text).ok()))
}

/// A moment. A day without a time is its noon, the time least likely to be on another day elsewhere.
fn moment(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant);
    }
    if let Some(at) = serial(text) {
        let at = if text.contains('.') { at } else { at.date().at(12, 0, 0, 0) };
        return at.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp());
    }
    let civil = day(text).filter(|_| text.len() <= 10).map(|day| day.at(12, 0, 0, 0)).or_else(|| local(text))?;
    civil.to_zoned(zone.clone()).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn table(text: &str) -> Table {
        let mut lines = text
            .lines()
            .enumerate()
            .map(|(at, line)| TableRow { line: at as u64 + 1, cells: line.split('|').map(str::to_owned).collect() });
        Table { header: lines.next().map(|row| row.cells).unwrap_or_default(), rows: lines.collect() }
    }

    fn sheet(text: &str) -> Sheet {
        let reading = Reading { currency: Currency::parse("GBP").unwrap(), zone: TimeZone::get("Europe/Warsaw").unwrap() };
        read(&table(text), &reading).unwrap()
    }

    fn bad(text: &str) -> Vec<(u64, String)> {
        let faults = |row: BadRow| {
            (row.line, row.faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>().join(", "))
        };
        sheet(text).bad.into_iter().map(faults).collect()
    }

    // req: S0-19
    #[test]
    fn a_shops_sheet_becomes_orders() {
        let sheet = sheet("OrderID|Customer|Status|ETA|Email\n#1001|John Smith|Delayed|10.08.2025|john@x.io\n|||\n1002||Shipped||\n");
        assert_eq!(sheet.bad, []);
        let [first, second] = sheet.orders.as_slice() else { panic!("{sheet:?}") };
        assert_eq!(
            (first.number(), first.line, first.status.as_deref(), first.draft.eta),
            ("1001", 2, Some("Delayed"), Some(date(2025, 8, 10)))
        );
        assert_eq!((second.draft.customer_name.as_str(), &second.draft.email, second.draft.eta), ("Guest", &None, None));
    }

    #[test]
    fn a_sales_export_becomes_orders() {
        let sheet = sheet(
            "InvoiceNo|StockCode|Description|Quantity|InvoiceDate|UnitPrice|CustomerID|Country\n\
             536365|85123A|WHITE HOLDER|6|2010-12-01 08:26:00|2.55|17850|United Kingdom\n\
             C536379|D|Discount|-1|2010-12-01 09:41:00|27.50|14527|Eire\n\
             536365|71053|LANTERN|6.0|2010-12-01 08:26:00|3.39|17850|United Kingdom\n\
             536366|X|Adjust|1|2010-12-02 08:28:00|-11062.06||Unspecified\n\
             536367|PADS|Pads|1|2010-12-02|0.001||\n",
        );
        assert_eq!((sheet.bad.len(), sheet.orders.len()), (0, 4));
        let first = &sheet.orders[0].draft;
        assert_eq!((first.lines.len(), first.customer_name.as_str(), first.email.as_deref()), (2, "Customer 17850", None));
        assert_eq!(first.placed_at.unwrap().to_string(), "2010-12-01T07:26:00Z", "in the shop's zone");
        assert_eq!((first.country.as_deref(), sheet.orders[0].status.as_deref()), (Some("GB"), None));
        assert_eq!(sheet.orders[1].draft.lines[0].quantity, 1);
        assert_eq!(sheet.orders[2].draft.lines, [], "a correction of the books is no piece of an order");
        assert_eq!(sheet.orders[3].draft.lines[0].unit_price, "0.00");
        assert_eq!(sheet.orders[3].draft.placed_at.unwrap().to_string(), "2010-12-02T11:00:00Z");
    }

    #[test]
    fn days_are_read_as_sheets_write_them() {
        let expected = Some(date(2025, 8, 10));
        for text in ["2025-08-10", "20250810", "10.08.2025", "45879", "45879.6", "2025-08-10 14:30", "2025-08-10T14:30:00Z"] {
            assert_eq!(day(text), expected, "{text}");
        }
        for text in ["08/10/2025", "10-08-2025", "2025", "99999999999999999999", "45879.", ".5", "soon"] {
            assert_eq!(day(text), None, "{text}");
        }
        let moment = |text: &str| moment(text, &TimeZone::UTC).map(|at| at.to_string());
        assert_eq!(moment("45879.604166667"), Some("2025-08-10T14:30:00Z".into()));
        assert_eq!(moment("45879"), Some("2025-08-10T12:00:00Z".into()));
    }

    /// Every row is taken in or named, and an order with a bad line is left out whole.
    #[test]
    fn every_bad_row_is_listed_with_all_its_faults() {
        let text = "OrderID|Status|ETA|OrderDate|Currency\n\
                    1|Shipped|08/10/2025|yesterday|ZZZ\n\
                    |Shipped|||\n\
                    2||||\n\
                    3|Shipped|n/a||eur\n\
                    3|Delivered|||\n";
        let expected = [
            (2, "Currency unknown_currency, ETA bad_date, OrderDate bad_time"),
            (3, "OrderID required"),
            (4, "Status required"),
            (6, "OrderID duplicate"),
        ];
        assert_eq!(bad(text), expected.map(|(line, faults)| (line, faults.to_owned())));
        let sheet = sheet(text);
        assert_eq!(sheet.orders.iter().map(SheetOrder::number).collect::<Vec<_>>(), ["3"], "the first row of a number counts");
        assert_eq!((sheet.orders[0].status.as_deref(), sheet.orders[0].draft.currency.as_str()), (Some("Shipped"), "EUR"));
        let lines = "OrderID|SKU|Quantity|UnitPrice\n1|A|2|3\n1|B|many|3\n2|C|1|1,50\n2|D|99999999999|1\n";
        let expected = [(3, "Quantity bad_quantity"), (4, "UnitPrice bad_amount"), (5, "Quantity bad_quantity")];
        assert_eq!(bad(lines), expected.map(|(line, faults)| (line, faults.to_owned())));
        assert_eq!(super::super::read(&table(lines), &Reading { currency: Currency::EUR, zone: TimeZone::UTC }).unwrap().orders, []);
    }

    #[test]
    fn columns_we_do_not_know_are_named_and_short_rows_are_read() {
        let sheet = sheet("OrderID|Warehouse|Status\n7|Berlin|Shipped\n8\n");
        assert_eq!(sheet.unknown_columns, ["Warehouse"]);
        assert_eq!((sheet.orders.len(), sheet.bad.len(), sheet.bad[0].line), (1, 1, 3));
    }

    #[test]
    fn what_would_be_refused_is_known_before() {
        let sheet = sheet("OrderID|Status|Email|Customer\n1|Shipped|a@b.co|Ann\nno blanks|Teleported|nobody|Ann\n");
        let channel = SourceId::parse("sheet").unwrap();
        let now = "2025-08-09T10:00:00Z".parse().unwrap();
        let faults = |at: usize| {
            let faults = sheet.orders[at].faults(Vocabulary::Sheet, &channel, now);
            faults.into_iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(faults(0), Vec::<String>::new());
        assert_eq!(faults(1), ["status unknown_status", "number bad_number", "customer.email bad_email"]);
    }
}
