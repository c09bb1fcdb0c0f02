//! What was paid for a part of an order.

use crate::order::Order;

/// What was paid for so many of each line, in minor units: their prices with their share of tax and discount, without what it cost to
/// send them. It grows with the quantities, and for all of an order it is all that was paid for its goods, so that any number of returns
/// adds up to that.
pub fn worth_of(order: &Order, quantities: &[u32]) -> i64 {
    let totals = &order.totals;
    let goods: i128 = order.lines.iter().zip(quantities).map(|(line, q)| i128::from(line.unit_price_minor) * i128::from(*q)).sum();
    let all: i128 = order.lines.iter().map(|line| i128::from(line.unit_price_minor) * i128::from(line.quantity)).sum();
    if all <= 0 {
        return 0;
    }
    // Rounded down, towards what the shop keeps; the last part gets the rest.
    let on_top = i128::from(totals.tax_minor) - i128::from(totals.discount_minor);
    let share = (on_top * goods).div_euclid(all);
    i64::try_from((goods + share).max(0)).unwrap_or(i64::MAX)
}
