//! An order with what happens to it in one commit.

use super::Order;
use super::event::OrderEvent;
use jiff::Timestamp;

/// Each event is seen by what is decided after it.
pub(super) struct Desk {
    pub order: Order,
    pub events: Vec<OrderEvent>,
    pub now: Timestamp,
}

impl Desk {
    pub fn of(order: &Order, now: Timestamp) -> Desk {
        Desk { order: order.clone(), events: Vec::new(), now }
    }

    pub fn happens(&mut self, event: OrderEvent) {
        self.order.evolve(&event, self.now);
        self.events.push(event);
    }

    pub fn all_happen(&mut self, events: impl IntoIterator<Item = OrderEvent>) {
        events.into_iter().for_each(|event| self.happens(event));
    }
}
