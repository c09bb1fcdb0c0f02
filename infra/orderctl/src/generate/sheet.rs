//! Orders as a shop would export them: one row a position.

use super::DemoOrder;
use domain::money::Money;
use std::io::Write;

/// The column names, as the import knows them.
pub const HEADER: [&str; 13] =
    ["OrderID", "Customer", "Email", "Status", "ETA", "PlacedAt", "Currency", "SKU", "Product", "Quantity", "UnitPrice", "City", "Country"];

/// Writes the header and the orders; returns how many orders there were.
pub fn write_csv<W: Write>(out: W, orders: impl IntoIterator<Item = DemoOrder>) -> Result<u64, csv::Error> {
    let mut sheet = csv::Writer::from_writer(out);
    sheet.write_record(HEADER)?;
    let mut count = 0;
    for order in orders {
        let eta = order.eta.map(|eta| eta.to_string()).unwrap_or_default();
        let placed_at = order.placed_at.to_string();
        for line in &order.lines {
            let quantity = line.quantity.to_string();
            let price = Money::new(line.unit_price_minor, order.currency).decimal();
            sheet.write_record([
                order.number.as_str(),
                &order.customer.name,
                &order.customer.email,
                order.word.text(),
                &eta,
                &placed_at,
                order.currency.code(),
                &line.sku,
                &line.name,
                &quantity,
                &price,
                order.customer.city,
                order.customer.country,
            ])?;
        }
        count += 1;
    }
    sheet.flush()?;
    Ok(count)
}
