//! What has come back, held against what has left.

use super::Books;
use crate::world::World;
use domain::ids::OrderId;
use domain::order::returning::exchange::CHANNEL;
use domain::order::{OrderEvent, ReturnEvent, ReturnState, SagaEvent};
use std::collections::BTreeMap;

/// No more of a line comes back than was ordered, each return arrives once, and what is said to be back on a shelf came back as good as new.
pub(super) fn returns(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for (order, text) in replacements(books, shop) {
            world.fail("returns", Some((shop, order)), text);
        }
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

/// What is sent in the place of a return is one order, that costs nothing and says what it is for; nothing waits for it at rest, and who is
/// forgotten is forgotten there, too.
fn replacements(books: &Books, shop: usize) -> Vec<(OrderId, String)> {
    let mut broken = Vec::new();
    let mut said: BTreeMap<String, OrderId> = BTreeMap::new();
    for book in &books.ledgers[shop] {
        let order = &book.order;
        for one in &order.returns {
            let Some(replacement) = &one.replacement else { continue };
            match &replacement.by {
                None => broken.push((order.id.clone(), format!("return {} waits for what is sent in its place", one.id))),
                Some(by) => _ = said.insert(format!("{}/{}", order.id, one.id), by.clone()),
            }
        }
    }
    for order in books.ledgers[shop].iter().map(|book| &book.order).filter(|order| order.channel.as_str() == CHANNEL) {
        let about = order.external_id.clone().unwrap_or_default();
        if said.remove(&about).as_ref() != Some(&order.id) {
            broken.push((order.id.clone(), format!("it replaces {about}, which says nothing of it")));
        }
        if order.totals.total_minor != 0 {
            broken.push((order.id.clone(), format!("it replaces something and costs {}", order.totals.total_minor)));
        }
        let replaced = about.split_once('/').and_then(|(id, _)| books.ledgers[shop].iter().find(|book| book.order.id.as_str() == id));
        if replaced.is_some_and(|book| book.order.contact.is_none()) && order.contact.is_some() {
            broken.push((order.id.clone(), format!("whoever ordered {about} was forgotten, and not here")));
        }
    }
    broken.extend(said.into_iter().map(|(about, by)| (by, format!("{about} says that it is replaced by it, and it is not there"))));
    broken
}
