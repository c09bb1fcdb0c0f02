//! By when orders have to be how far.

use super::Books;
use crate::world::World;
use domain::order::{OrderEvent, OrderStatus, SlaClock};
use jiff::SignedDuration;

/// A clock that jumps is ahead of the world's by at most this.
const JUMP: SignedDuration = SignedDuration::from_mins(11);

/// What nobody has done in time is missed although nothing comes, and not before; what is said of it follows from when things happened.
pub(super) fn clocks(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            let (order, about) = (&ledger.order, Some((shop, ledger.order.id.clone())));
            for (recorded, event) in ledger.history.iter().flat_map(|recorded| recorded.events.iter().map(move |event| (recorded, event))) {
                let OrderEvent::Sla { event } = event else { continue };
                let early = |clock: &&SlaClock| clock.missed && clock.ended_at.is_none() && recorded.at + JUMP < clock.due_at;
                if let Some(clock) = event.clocks.iter().find(early) {
                    world.fail("clocks", about.clone(), format!("{} was missed at {}, due {}", clock.sla, recorded.at, clock.due_at));
                }
            }
            // The timers have run when everything was at rest.
            let now = world.now();
            if let Some(due) = order.clocks_due().filter(|due| *due <= now) {
                world.fail("clocks", about.clone(), format!("nobody has looked since {due}: {:?}", order.clocks));
            }
            for clock in &order.clocks {
                let reached = order.milestones.reached(clock.sla.to());
                if clock.ended_at != reached || order.milestones.start(clock.sla.from()) != Some(clock.started_at) {
                    world.fail("clocks", about.clone(), format!("{clock:?} does not follow from {:?}", order.milestones));
                }
                let is_over = matches!(order.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed | OrderStatus::Returned);
                if clock.void != (is_over && reached.is_none()) {
                    world.fail("clocks", about.clone(), format!("{clock:?} of an order that is {}", order.tracks.status));
                }
            }
        }
    }
}
