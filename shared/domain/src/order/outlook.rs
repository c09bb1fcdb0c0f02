//! What comes next, and when the order should arrive.

use super::{Order, OrderStatus, PaymentStatus};
use jiff::ToSpan;
use jiff::civil::Date;
use serde::Serialize;

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

/// What an expected day rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The shop or its carrier has promised it.
    Promise,
    /// Nobody has: three days from a new order, two from one in work, one from one that is on its way.
    UsualDays,
}

/// The day an order should arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// In the shop's time zone.
    pub day: Date,
    /// What it rests on.
    pub basis: Basis,
}

impl Order {
    /// Progress in percent as customers see it: none where the money went back or the order came to nothing.
    pub fn percent(&self) -> u8 {
        if self.tracks.payment == PaymentStatus::Refunded { 0 } else { self.tracks.status.percent() }
    }

    /// The day it should arrive; none if it has, or will not. A promise that has passed stays what it is: it is late, and no
    /// estimate makes it less so.
    pub fn expected(&self, today: Date) -> Option<Expected> {
        let days = match self.tracks.status {
            OrderStatus::Pending | OrderStatus::OnHold => 3,
            OrderStatus::Processing | OrderStatus::ReadyToShip => 2,
            OrderStatus::PartiallyShipped | OrderStatus::Shipped => 1,
            _ => return None,
        };
        let promised = self.tracks.eta.map(|day| Expected { day, basis: Basis::Promise });
        promised.or_else(|| Some(Expected { day: today.checked_add(days.days()).ok()?, basis: Basis::UsualDays }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::Track;
    use crate::order::matrix::order_in;
    use jiff::civil::date;

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

    // req: S1-12
    #[test]
    fn fallback_321() {
        let today = date(2025, 8, 9);
        let expected = |status: OrderStatus, eta: Option<Date>| {
            let mut order = order_in(status);
            order.tracks.eta = eta;
            order.expected(today)
        };
        for (status, day) in [(OrderStatus::Pending, 12), (OrderStatus::Processing, 11), (OrderStatus::Shipped, 10)] {
            assert_eq!(expected(status, None), Some(Expected { day: date(2025, 8, day), basis: Basis::UsualDays }));
            let promised = date(2025, 8, 1);
            assert_eq!(expected(status, Some(promised)), Some(Expected { day: promised, basis: Basis::Promise }), "late is late");
        }
        for closed in [OrderStatus::Delivered, OrderStatus::Cancelled, OrderStatus::Returned, OrderStatus::Failed] {
            assert_eq!(expected(closed, Some(today)), None);
        }
    }
}
