//! What was to happen later.

use super::Books;
use crate::world::World;
use domain::ids::TimerId;
use domain::notify::MessageKind;
use domain::order::{Cancelled, Order, OrderEvent, Timer};
use jiff::SignedDuration;
use std::collections::BTreeMap;

/// A clock that jumps is ahead of the world's by at most this.
const JUMP: SignedDuration = SignedDuration::from_mins(11);

pub(super) fn timers(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            let about = Some((shop, ledger.order.id.clone()));
            let mut set: BTreeMap<&TimerId, &Timer> = BTreeMap::new();
            for recorded in &ledger.history {
                for event in &recorded.events {
                    match event {
                        OrderEvent::TimerSet { timer } => {
                            set.insert(&timer.id, timer);
                        }
                        OrderEvent::TimersCancelled { ids, .. } => set.retain(|id, _| !ids.contains(id)),
                        OrderEvent::TimerFired { id } => match set.remove(id) {
                            None => world.fail("timers", about.clone(), format!("{id} fired, and was not to")),
                            Some(timer) if recorded.at + JUMP < timer.at => {
                                world.fail("timers", about.clone(), format!("{id} fired at {}, before {}", recorded.at, timer.at));
                            }
                            Some(_) => {}
                        },
                        _ => {}
                    }
                }
                let fired = recorded.events.iter().filter(|event| matches!(event, OrderEvent::TimerFired { .. })).count();
                let told = recorded.events.iter().filter(|event| matches!(event, OrderEvent::NotifyRequested { .. })).count();
                if fired > 0 && told != fired {
                    world.fail("timers", about.clone(), format!("{fired} fired and {told} led to a message in one commit"));
                }
            }
            let mut order: Option<Order> = None;
            for recorded in &ledger.history {
                let asks = |event: &OrderEvent| matches!(event, OrderEvent::NotifyRequested { kind: MessageKind::FollowUp, .. });
                let nothing = order.as_ref().and_then(Order::no_follow_up).filter(|why| *why != Cancelled::Erased);
                if let Some(why) = nothing.filter(|_| recorded.events.iter().any(asks)) {
                    world.fail("timers", about.clone(), format!("asked how it was, and {}", why.text()));
                }
                match &mut order {
                    None => order = Order::replay(std::slice::from_ref(recorded)),
                    Some(order) => order.apply_commit(&recorded.events, recorded.at),
                }
                // The contact is no part of the history.
                if let Some(order) = &mut order {
                    order.contact = ledger.order.contact.clone();
                }
            }
            let left: Vec<TimerId> = set.into_keys().cloned().collect();
            let standing: Vec<TimerId> = ledger.order.timers.iter().map(|timer| timer.id.clone()).collect();
            let same = left.len() == standing.len() && standing.iter().all(|id| left.contains(id));
            // Whoever watched let every hour come.
            if !same || (world.watched_at.is_some() && !standing.is_empty()) {
                world.fail("timers", about.clone(), format!("{left:?} are left by the history, {standing:?} by the order"));
            }
            let asked = |event: &&OrderEvent| matches!(event, OrderEvent::NotifyRequested { kind: MessageKind::FollowUp, text: None, .. });
            let by_rule = ledger.history.iter().flat_map(|recorded| &recorded.events).filter(asked).count();
            if by_rule > 1 {
                world.fail("timers", about, format!("the customer was asked {by_rule} times how it was"));
            }
        }
    }
}
