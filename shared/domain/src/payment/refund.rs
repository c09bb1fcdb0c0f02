//! When money may go back.

use crate::order::{OrderStatus, PaymentStatus};

/// Whether an order's money may be refunded. The order must have been worked on, and be nobody's open question: one that waits,
/// is held or has failed is called off first, and then refunded. Something must have been taken, and not be contested: who
/// refunds what the bank has already given back pays twice.
pub const fn may_refund(order: OrderStatus, payment: PaymentStatus) -> bool {
    let order_allows = match order {
        OrderStatus::Processing
        | OrderStatus::ReadyToShip
        | OrderStatus::PartiallyShipped
        | OrderStatus::Shipped
        | OrderStatus::Delivered
        | OrderStatus::Completed
        | OrderStatus::ReturnRequested
        | OrderStatus::Returned
        | OrderStatus::Cancelled => true,
        OrderStatus::Pending | OrderStatus::OnHold | OrderStatus::Failed => false,
    };
    let payment_allows = matches!(payment, PaymentStatus::PartiallyCaptured | PaymentStatus::Captured | PaymentStatus::PartiallyRefunded);
    order_allows && payment_allows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Track;

    // req: S2-51, S2-07
    #[test]
    fn refund_allowed_states() {
        let mut table = String::new();
        for order in OrderStatus::ALL {
            let allowed: Vec<_> =
                PaymentStatus::ALL.iter().filter(|payment| may_refund(*order, **payment)).map(|payment| payment.as_str()).collect();
            let allowed = if allowed.is_empty() { "(never)".to_owned() } else { allowed.join(", ") };
            table.push_str(&format!("{:<20} {allowed}\n", order.as_str()));
        }
        assert_eq!((OrderStatus::ALL.len(), PaymentStatus::ALL.len()), (12, 12));
        insta::assert_snapshot!("refund_allowed_states", table);
    }
}
