//! What comes next, and how far the order has come.

use super::{Order, OrderStatus, PaymentStatus};

impl OrderStatus {
    /// The next step of an order that goes well; none where it ends, or where a person decides.
    pub const fn usual_next(self) -> Option<OrderStatus> {
        match self {
            OrderStatus::Pending => Some(OrderStatus::Processing),
            OrderStatus::Processing | OrderStatus::ReadyToShip | OrderStatus::PartiallyShipped => Some(OrderStatus::Shipped),
            OrderStatus::Shipped => Some(OrderStatus::Delivered),
            OrderStatus::Delivered => Some(OrderStatus::Completed),
            OrderStatus::ReturnRequested => Some(OrderStatus::Returned),
            OrderStatus::OnHold | OrderStatus::Completed | OrderStatus::Returned | OrderStatus::Cancelled | OrderStatus::Failed => None,
        }
    }
}

impl Order {
    /// Progress in percent as customers see it: none where the money went back or the order came to nothing.
    pub fn percent(&self) -> u8 {
        if self.tracks.payment == PaymentStatus::Refunded { 0 } else { self.tracks.status.percent() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Track;
    use crate::order::matrix::order_in;

    // req: S1-11
    #[test]
    fn next_chain() {
        let mut way = vec![OrderStatus::Pending];
        while let Some(next) = way.last().and_then(|status| status.usual_next()) {
            assert!(way.last().is_some_and(|status| status.can_become(next)), "{way:?} -> {next}");
            way.push(next);
        }
        assert_eq!(
            way,
            [OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Completed]
        );
        for status in OrderStatus::ALL {
            assert!(status.usual_next().is_none_or(|next| status.can_become(next)), "{status}");
        }
    }

    // req: S1-10
    #[test]
    fn table() {
        let percent = |status| order_in(status).percent();
        let steps = [OrderStatus::Pending, OrderStatus::Processing, OrderStatus::Shipped, OrderStatus::Delivered, OrderStatus::Completed];
        assert_eq!(steps.map(percent), [25, 50, 75, 100, 100]);
        assert_eq!(percent(OrderStatus::Cancelled), 0);
        assert!((50..75).contains(&percent(OrderStatus::PartiallyShipped)));
        let mut refunded = order_in(OrderStatus::Shipped);
        refunded.tracks.payment = PaymentStatus::Refunded;
        assert_eq!(refunded.percent(), 0);
    }
}
