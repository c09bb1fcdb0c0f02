//! What is wrong with a file, found without sending anything.

use super::{Row, Rows};
use crate::Failed;
use domain::ids::SourceId;
use domain::order::{Fault, Vocabulary};
use jiff::Timestamp;
use serde_json::json;

/// Whose words these are.
pub fn vocabulary(name: &str) -> Result<Vocabulary, Failed> {
    let known = Vocabulary::ALL;
    serde_json::from_value(json!(name)).map_err(|_| format!("unknown vocabulary; one of: {known:?}").to_lowercase().into())
}

/// Every row that can't be taken in, in the order of their lines, as sentences.
pub fn faults(rows: &Rows, vocabulary: Vocabulary, channel: &SourceId, now: Timestamp) -> Vec<String> {
    let refused = |row: &Row| (row.line, Some(row.checked.number().to_owned()), row.checked.faults(vocabulary, channel, now));
    let bad = rows.bad.iter().map(|row| (row.line, row.number.clone(), row.faults.clone()));
    let mut all: Vec<(u64, Option<String>, Vec<Fault>)> = rows.good.iter().map(refused).chain(bad).collect();
    all.retain(|(_, _, faults)| !faults.is_empty());
    all.sort_by_key(|(line, ..)| *line);
    all.into_iter().map(|(line, number, faults)| sentence(line, number.as_deref(), &faults)).collect()
}

fn sentence(line: u64, number: Option<&str>, faults: &[Fault]) -> String {
    let faults: Vec<String> = faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect();
    let order = number.map(|number| format!(", order {number}")).unwrap_or_default();
    format!("line {line}{order}: {}", faults.join("; "))
}

#[cfg(test)]
mod tests {
    use super::super::{Reading, rows};
    use super::*;
    use app::sheet::table;

    #[test]
    fn every_bad_row_is_named_in_the_order_of_the_file() {
        let text = "OrderID,Status,Email,ETA\n1,Shipped,a@b.co,\n,Shipped,,\n3,Lost in space,b@b.co,\n4,Shipped,c(at)b.co,soon\n5,Shipped,c(at)b.co,\n";
        let reading = Reading { currency: "USD".into(), time_zone: "UTC".into(), as_if_today: false, limit: None };
        let rows = rows(&table::text(text).unwrap(), &reading, jiff::civil::date(2025, 8, 9)).unwrap();
        let now = "2025-08-09T10:00:00Z".parse().unwrap();
        let faults = faults(&rows, Vocabulary::Sheet, &SourceId::parse("sheet").unwrap(), now);
        assert_eq!(faults.len(), 4, "{faults:?}");
        assert_eq!(faults[0], "line 3: OrderID: the row has no order number");
        assert!(faults[1].starts_with("line 4, order 3: status: one of: "), "{}", faults[1]);
        assert_eq!(faults[2], "line 5, order 4: ETA: a date such as 2025-08-10 or 10.08.2025");
        assert!(faults[3].starts_with("line 6, order 5: customer.email: "), "{}", faults[3]);
        assert!(vocabulary("klingon").unwrap_err().to_string().contains("sheet"));
    }
}
