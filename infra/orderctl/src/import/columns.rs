//! Which column is which. Headers are trimmed and compared without case, blanks, dashes and underscores.

use crate::Failed;

/// Positions of the columns we know; a file has some of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    pub order: usize,
    pub customer: Option<usize>,
    pub customer_id: Option<usize>,
    pub email: Option<usize>,
    pub status: Option<usize>,
    pub eta: Option<usize>,
    pub placed_at: Option<usize>,
    pub currency: Option<usize>,
    pub sku: Option<usize>,
    pub product: Option<usize>,
    pub quantity: Option<usize>,
    pub unit_price: Option<usize>,
    pub country: Option<usize>,
}

fn plain(header: &str) -> String {
    header.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

impl Columns {
    /// Finds the columns in a header.
    pub fn find(headers: &csv::StringRecord) -> Result<Columns, Failed> {
        let headers: Vec<String> = headers.iter().map(plain).collect();
        let at = |names: &[&str]| headers.iter().position(|header| names.contains(&header.as_str()));
        let order = at(&["orderid", "order", "ordernumber", "orderno", "number", "invoiceno", "invoice", "name"]);
        let order = order.ok_or("no column for the order number; call it OrderID")?;
        Ok(Columns {
            order,
            customer: at(&["customer", "customername", "client"]),
            customer_id: at(&["customerid", "clientid"]),
            email: at(&["email", "emailaddress", "customeremail", "mail"]),
            status: at(&["status", "orderstatus", "state"]),
            eta: at(&["eta", "promised", "deliverydate", "estimateddelivery"]),
            placed_at: at(&["placedat", "orderdate", "invoicedate", "createdat", "date"]),
            currency: at(&["currency"]),
            sku: at(&["sku", "stockcode", "productcode"]),
            product: at(&["product", "productname", "description", "item"]),
            quantity: at(&["quantity", "qty"]),
            unit_price: at(&["unitprice", "price"]),
            country: at(&["country"]),
        })
    }
}

/// The separator a header uses.
pub fn separator(text: &str) -> u8 {
    let header = text.lines().next().unwrap_or_default();
    [b'\t', b';', b','].into_iter().max_by_key(|separator| header.bytes().filter(|byte| byte == separator).count()).unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_found_however_they_are_written() {
        let columns = Columns::find(&csv::StringRecord::from(vec![" ORDER id", "e-mail", "Status ", "unit_price"])).unwrap();
        assert_eq!((columns.order, columns.email, columns.status, columns.unit_price, columns.sku), (0, Some(1), Some(2), Some(3), None));
        assert!(Columns::find(&csv::StringRecord::from(vec!["foo"])).is_err());
        assert_eq!((separator("a;b;c\n"), separator("a\tb"), separator("a,b;c,d"), separator("")), (b';', b'\t', b',', b','));
    }
}
