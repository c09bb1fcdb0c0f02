//! What is wrong with orders, and the board of it.

use super::Books;
use crate::world::World;
use app::ports::{ExceptionEntry, ExceptionStore, ExceptionsOf};
use domain::exception::Reason;
use domain::ids::{ExceptionId, OrderId};
use domain::order::{Exception, ExceptionStatus};
use futures::FutureExt;
use std::collections::BTreeMap;

/// One exception of a reason is open, what was due of each is done, and the board shows them as their orders have them.
pub(super) fn exceptions(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        let scope = world.shops[shop].scope.clone();
        let page = |which| world.memory.exceptions().page(&scope, which, None, usize::MAX / 2).now_or_never().and_then(Result::ok);
        let rows = [ExceptionsOf::Open, ExceptionsOf::Ended].into_iter().filter_map(page).flat_map(|page| page.exceptions);
        let mut board: BTreeMap<(OrderId, ExceptionId), ExceptionEntry> =
            rows.map(|row| ((row.order.clone(), row.exception.id.clone()), row)).collect();
        let now = world.now();
        for ledger in &books.ledgers[shop] {
            let (order, about) = (&ledger.order, Some((shop, ledger.order.id.clone())));
            for reason in Reason::ALL {
                let open = order.open_exceptions().filter(|exception| exception.reason == reason).count();
                if open > 1 {
                    world.fail("exceptions", about.clone(), format!("{open} of {reason} are open"));
                }
            }
            // The timers have run when everything was at rest.
            if let Some(due) = order.exceptions_due().filter(|due| *due <= now) {
                world.fail("exceptions", about.clone(), format!("nobody has looked since {due}: {:?}", order.exceptions));
            }
            for exception in &order.exceptions {
                let row = board.remove(&(order.id.clone(), exception.id.clone())).map(|row| row.exception);
                if row.as_ref() != Some(exception) {
                    world.fail("exceptions", about.clone(), format!("the board shows {row:?} of {exception:?}"));
                }
                if is_odd(exception) {
                    world.fail("exceptions", about.clone(), format!("{exception:?} does not add up"));
                }
            }
        }
        // What an order has forgotten had ended.
        if let Some(row) = board.values().find(|row| row.exception.status.is_open()) {
            world.fail("exceptions", Some((shop, row.order.clone())), format!("the board shows {row:?}, which no order has"));
        }
    }
}

/// It is over if it was resolved, and only then; and nothing is planned for what is closed.
fn is_odd(exception: &Exception) -> bool {
    let closed = exception.status == ExceptionStatus::Closed;
    exception.status.is_open() == exception.resolved.is_some() || closed && !exception.plan.is_empty() || exception.count == 0
}
