//! What has come back, held against what has left.

use super::Books;
use crate::world::World;
use domain::order::{OrderEvent, ReturnEvent, ReturnState, SagaEvent};
use std::collections::BTreeMap;

/// No more of a line comes back than was ordered, each return arrives once, and what is said to be back on a shelf came back as good as new.
pub(super) fn returns(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for book in &books.ledgers[shop] {
            let mut broken = Vec::new();
            let order = &book.order;
            for (line, (back, ordered)) in order.come_back().iter().zip(&order.lines).enumerate() {
                if *back > ordered.quantity {
                    broken.push(format!("{back} of line {line} came back, {} were ordered", ordered.quantity));
                }
            }
            let mut arrivals: BTreeMap<&str, usize> = BTreeMap::new();
            for recorded in &book.history {
                let mut good: BTreeMap<&str, u32> = BTreeMap::new();
                let mut returned = None;
                for event in &recorded.events {
                    match event {
                        OrderEvent::Return { event: ReturnEvent::Received { id, arrived, .. } } => {
                            *arrivals.entry(id.as_str()).or_default() += 1;
                            returned = Some(id);
                            for one in arrived.iter().filter(|one| one.sellable) {
                                *good.entry(order.lines[one.line].sku.as_str()).or_default() += one.quantity;
                            }
                        }
                        OrderEvent::Saga { event: SagaEvent::Returned { stock } } if returned.is_some() => {
                            for one in stock {
                                let known = good.entry(one.sku.as_str()).or_default();
                                if one.quantity > *known {
                                    broken
                                        .push(format!("{} {} went back on the shelf, {known} were as good as new", one.quantity, one.sku));
                                }
                                *known = known.saturating_sub(one.quantity);
                            }
                        }
                        _ => {}
                    }
                }
            }
            broken.extend(arrivals.iter().filter(|(_, times)| **times > 1).map(|(id, times)| format!("return {id} arrived {times} times")));
            let received = order.returns.iter().filter(|one| one.state == ReturnState::Received).count();
            if received != arrivals.len() {
                broken.push(format!("{received} returns have arrived, the history knows of {}", arrivals.len()));
            }
            for text in broken {
                world.fail("returns", Some((shop, order.id.clone())), text);
            }
        }
    }
}
