//! Which column is which. Headers are trimmed and compared without case, blanks, dashes and underscores.

use std::fmt;

/// A column that means something to us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Column {
    /// The order's number; the only one a table must have.
    Order,
    /// The customer's name.
    Customer,
    /// The customer's number in the shop.
    CustomerId,
    /// The customer's e-mail.
    Email,
    /// The status, in the shop's words.
    Status,
    /// The promised day.
    Eta,
    /// When it was placed.
    PlacedAt,
    /// ISO 4217.
    Currency,
    /// Stock-keeping unit of the line.
    Sku,
    /// Its name.
    Product,
    /// Pieces.
    Quantity,
    /// Price of one.
    UnitPrice,
    /// Where to.
    Country,
}

/// What each column may be called, without blanks, dashes and underscores. Where a table has several, the name
/// that stands first here counts.
const NAMES: [(Column, &[&str]); 13] = [
    (Column::Order, &["orderid", "ordernumber", "orderno", "order", "invoiceno", "invoice", "number", "name"]),
    (Column::Customer, &["customer", "customername", "client"]),
    (Column::CustomerId, &["customerid", "clientid"]),
    (Column::Email, &["email", "emailaddress", "customeremail", "mail"]),
    (Column::Status, &["status", "orderstatus", "state"]),
    (Column::Eta, &["eta", "promised", "deliverydate", "estimateddelivery"]),
    (Column::PlacedAt, &["placedat", "orderdate", "invoicedate", "createdat", "date"]),
    (Column::Currency, &["currency"]),
    (Column::Sku, &["sku", "stockcode", "productcode"]),
    (Column::Product, &["product", "productname", "description", "item"]),
    (Column::Quantity, &["quantity", "qty"]),
    (Column::UnitPrice, &["unitprice", "price"]),
    (Column::Country, &["country"]),
];

impl Column {
    /// What we call it.
    pub const fn name(self) -> &'static str {
        match self {
            Column::Order => "OrderID",
            Column::Customer => "Customer",
            Column::CustomerId => "CustomerID",
            Column::Email => "Email",
            Column::Status => "Status",
            Column::Eta => "ETA",
            Column::PlacedAt => "OrderDate",
            Column::Currency => "Currency",
            Column::Sku => "SKU",
            Column::Product => "Product",
            Column::Quantity => "Quantity",
            Column::UnitPrice => "UnitPrice",
            Column::Country => "Country",
        }
    }
}

/// Why a header is no header of orders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderFault {
    /// No column holds the order's number.
    #[error("no column for the order number; call it OrderID")]
    NoOrder,
    /// Two columns have the same name, so nobody can say which one counts.
    #[error("two columns are called {0:?}; rename or remove one")]
    Twice(String),
}

/// Positions of the columns of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns {
    at: [Option<usize>; NAMES.len()],
    /// Headers that mean nothing to us, as they are written. Their cells are not read.
    pub unknown: Vec<String>,
}

fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// Finds the columns in a header.
    ///
    /// # Errors
    /// No order number, or one name twice.
    pub fn find<S: AsRef<str>>(header: &[S]) -> Result<Columns, HeaderFault> {
        let plain: Vec<String> = header.iter().map(|name| plain(name.as_ref())).collect();
        let known = |name: &str| NAMES.iter().any(|(_, names)| names.contains(&name));
        for (at, name) in plain.iter().enumerate() {
            if known(name) && plain[..at].contains(name) {
                return Err(HeaderFault::Twice(header[at].as_ref().trim().to_owned()));
            }
        }
        let at = NAMES.map(|(_, names)| names.iter().find_map(|name| plain.iter().position(|header| header == name)));
        let unknown = |(at, name): (usize, &String)| (!name.is_empty() && !known(name)).then(|| header[at].as_ref().trim().to_owned());
        let columns = Columns { at, unknown: plain.iter().enumerate().filter_map(unknown).collect() };
        if columns.has(Column::Order) { Ok(columns) } else { Err(HeaderFault::NoOrder) }
    }

    /// Where a column is.
    pub fn at(&self, column: Column) -> Option<usize> {
        NAMES.iter().position(|(known, _)| *known == column).and_then(|index| self.at[index])
    }

    /// Is there such a column?
    pub fn has(&self, column: Column) -> bool {
        self.at(column).is_some()
    }
}

impl fmt::Display for Column {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // req: S0-19
    #[test]
    fn headers_are_found_however_they_are_written() {
        let columns = Columns::find(&[" ORDER id", "e-mail", "Status ", "unit_price", "", "Warehouse note"]).unwrap();
        let found = [Column::Order, Column::Email, Column::Status, Column::UnitPrice, Column::Sku].map(|column| columns.at(column));
        assert_eq!(found, [Some(0), Some(1), Some(2), Some(3), None]);
        assert_eq!(columns.unknown, ["Warehouse note"]);
        let both = Columns::find(&["Name", "Order Number"]).unwrap();
        assert_eq!(both.at(Column::Order), Some(1), "the plainer name counts");
    }

    #[test]
    fn a_header_that_cannot_be_read_says_what_to_do() {
        assert_eq!(Columns::find(&["foo"]), Err(HeaderFault::NoOrder));
        assert_eq!(Columns::find::<&str>(&[]), Err(HeaderFault::NoOrder));
        assert_eq!(Columns::find(&["OrderID", "Status", " status"]), Err(HeaderFault::Twice("status".into())));
        assert!(Columns::find(&["OrderID", "note", "note"]).is_ok(), "what we don't read may stand twice");
    }
}
