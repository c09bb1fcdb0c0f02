//! Invoices without statuses: a line-level sales export, where a leading C marks a cancelled invoice.
//!
//! Such a file says what was sold, not how far each order got. For a demo the rest is derived, by rules that
//! depend on nothing but the invoice itself and its age in days.

use jiff::ToSpan;
use jiff::civil::Date;

/// A stable number from an invoice number (FNV-1a), for shares without randomness.
fn spread(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 7
}

/// The status word and the promised day of an invoice.
pub fn derived(number: &str, placed: Date, today: Date) -> (&'static str, Date) {
    let spread = spread(number);
    let promised = placed.saturating_add(i64::try_from(3 + spread % 4).unwrap_or(3).days());
    if number.starts_with(['C', 'c']) {
        return ("Cancelled", promised);
    }
    let age = today.since(placed).map_or(0, |span| span.get_days());
    let word = match (age, spread % 100) {
        (0, _) => "Received",
        (1, _) => "Processing",
        (2, share) => {
            if share < 60 {
                "Shipped"
            } else {
                "Processing"
            }
        }
        (3..=5, share) => {
            if share < 6 {
                "Delayed"
            } else {
                "In Transit"
            }
        }
        (6..=9, share) => {
            if share < 4 {
                "Delayed"
            } else if share < 25 {
                "In Transit"
            } else {
                "Delivered"
            }
        }
        (10..=30, share) => {
            if share < 1 {
                "Delayed"
            } else {
                "Delivered"
            }
        }
        (_, share) => {
            if share < 90 {
                "Completed"
            } else {
                "Delivered"
            }
        }
    };
    (word, promised)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn the_rules_depend_on_the_invoice_alone() {
        let today = date(2011, 8, 31);
        assert_eq!(derived("C536379", date(2011, 8, 1), today).0, "Cancelled");
        assert_eq!(derived("536365", today, today).0, "Received");
        assert_eq!(derived("536365", date(2010, 12, 1), today), derived("536365", date(2010, 12, 1), today));
        let words: std::collections::BTreeSet<_> = (0..40)
            .flat_map(|back| (0..50).map(move |n| (back, n)))
            .map(|(back, n)| derived(&format!("5{n}"), today.saturating_sub(i64::from(back).days()), today).0)
            .collect();
        assert_eq!(
            words.into_iter().collect::<Vec<_>>(),
            ["Completed", "Delayed", "Delivered", "In Transit", "Processing", "Received", "Shipped"]
        );
    }
}
