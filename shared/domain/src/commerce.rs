//! An order that a shop keeps in another system, too: what the two have in common.

use crate::order::OrderStatus;

/// Nothing of it has left, and nobody has called it off.
pub(crate) const fn is_at_home(ours: OrderStatus) -> bool {
    matches!(ours, OrderStatus::Pending | OrderStatus::OnHold | OrderStatus::Processing | OrderStatus::ReadyToShip)
}

/// What of a total is no goods and no shipping, in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sums {
    /// On top of the net prices.
    pub tax_minor: i64,
    /// Taken off all of it.
    pub discount_minor: i64,
}

/// Makes prices, tax and total of one order agree to the last minor unit.
///
/// They round the price of a piece, the price of a line and the tax each by itself, and may have taken a discount off the whole order
/// that no line shows. The total is what the customer pays, so it stands: what is missing is a discount, and what is left over is tax
/// that rounding has hidden, as long as it is not more than rounding can hide.
///
/// # Errors
/// What the parts come to, if that is less than the total by more than rounding, or more than can be counted.
pub fn sums(pieces: &[(u32, i64)], shipping_minor: i64, tax_minor: i64, total_minor: i64) -> Result<Sums, i64> {
    let goods = pieces.iter().try_fold(0i64, |sum, (quantity, unit)| sum.checked_add(unit.checked_mul(i64::from(*quantity))?));
    let parts = goods.and_then(|goods| goods.checked_add(shipping_minor)?.checked_add(tax_minor)).ok_or(i64::MAX)?;
    let left_over = total_minor.checked_sub(parts).ok_or(i64::MAX)?;
    // Half a minor unit for every piece, and for each line and the shipping one of the tax.
    let hidden = pieces.iter().map(|(quantity, _)| i64::from(*quantity)).fold(0i64, i64::saturating_add);
    let hidden = hidden.saturating_add(i64::try_from(pieces.len()).unwrap_or(i64::MAX)).saturating_add(2);
    match left_over {
        _ if left_over <= 0 => Ok(Sums { tax_minor, discount_minor: -left_over }),
        _ if left_over <= hidden => Ok(Sums { tax_minor: tax_minor + left_over, discount_minor: 0 }),
        _ => Err(parts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    // req: S2-76
    #[test]
    fn a_total_is_kept_to_the_last_cent() {
        let of = |pieces: &[(u32, i64)], shipping, tax, total| sums(pieces, shipping, tax, total).map(|s| (s.tax_minor, s.discount_minor));
        // Two mugs of 29.99 net: 59.98 + 9.99 + 4.80 = 74.77.
        assert_eq!(of(&[(2, 2_999)], 999, 480, 7_477), Ok((480, 0)));
        // A voucher of five off the whole order.
        assert_eq!(of(&[(2, 2_999)], 999, 480, 6_977), Ok((480, 500)));
        // Three of 10.00 gross at 23 %: 8.13 net each, 24.39 net, 5.61 tax; or 5.60 with a cent hidden.
        assert_eq!(of(&[(3, 813)], 0, 561, 3_000), Ok((561, 0)));
        assert_eq!(of(&[(3, 813)], 0, 560, 3_000), Ok((561, 0)));
        assert_eq!(of(&[(3, 814)], 0, 561, 3_000), Ok((561, 3)));
        // More than rounding can hide is no rounding.
        assert_eq!(of(&[(1, 1_000)], 0, 0, 1_005), Err(1_000));
        assert_eq!(of(&[(1, 1_000)], 0, 0, 1_004), Ok((4, 0)));
        assert_eq!(of(&[(u32::MAX, i64::MAX)], 0, 0, 1), Err(i64::MAX));
        assert_eq!(of(&[], 0, 0, 0), Ok((0, 0)));
    }

    proptest! {
        // req: S2-76
        #[test]
        fn the_parts_come_to_the_total(
            pieces in prop::collection::vec((1u32..50, 0i64..100_000), 0..8), shipping in 0i64..5_000, tax in 0i64..50_000, off in -60i64..60_000,
        ) {
            let goods: i64 = pieces.iter().map(|(quantity, unit)| i64::from(*quantity) * unit).sum();
            let total = (goods + shipping + tax - off).max(0);
            if let Ok(Sums { tax_minor, discount_minor }) = sums(&pieces, shipping, tax, total) {
                prop_assert!(tax_minor >= tax && discount_minor >= 0);
                prop_assert_eq!(goods + shipping + tax_minor - discount_minor, total);
            } else {
                prop_assert!(total > goods + shipping + tax);
            }
        }
    }
}
