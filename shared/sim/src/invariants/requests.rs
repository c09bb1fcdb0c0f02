//! What clients and staff were answered.

use super::Books;
use crate::story::Ending;
use crate::world::World;
use domain::ids::OrderId;
use domain::order::returning::exchange::CHANNEL;
use std::collections::BTreeSet;

/// I10: the same key, the same answer; and exactly the orders that somebody was to have, one a number.
pub(super) fn requests(world: &mut World, books: &Books) {
    let mut wished: Vec<BTreeSet<OrderId>> = vec![BTreeSet::new(); world.shops.len()];
    for sheet in &world.sheets {
        wished[sheet.shop].extend(sheet.rows.iter().filter(|row| !row.bad).map(|row| row.number.clone()));
    }
    for at in 0..world.asked.len() {
        let (request, refused) = (world.asked[at].request.clone(), world.asked[at].refused);
        match (request.ends, world.asked[at].order.clone()) {
            (Ending::Placed | Ending::Contested, Some(number)) => {
                let found = books.ledgers[request.shop].iter().find(|ledger| ledger.order.id == number);
                let ours = found.is_some_and(|ledger| ledger.history.first().is_some_and(|first| first.correlation == request.correlation));
                if !ours {
                    world.fail("I10", None, format!("the answer was {number}, but that order is not this request's"));
                }
                if !wished[request.shop].insert(number.clone()) && request.ends == Ending::Placed && !world.is_listed(request.shop, &number)
                {
                    world.fail("I10", None, format!("two requests were answered {number}"));
                }
            }
            (Ending::Contested, None) if refused => {}
            (Ending::Placed | Ending::Contested, None) => {
                world.fail("I10", None, format!("request {} was never answered", request.correlation));
            }
            (Ending::Taken | Ending::KeyReused, _) if refused => {}
            (Ending::Taken | Ending::KeyReused, _) => {
                world.fail("I10", None, format!("request {} should have been refused", request.correlation));
            }
        }
    }
    for (shop, wished) in wished.into_iter().enumerate() {
        // What replaces something that comes back is asked for with its return.
        let ledgers = books.ledgers[shop].iter().filter(|ledger| ledger.order.channel.as_str() != CHANNEL);
        let placed: BTreeSet<OrderId> = ledgers.map(|ledger| ledger.order.id.clone()).collect();
        if placed != wished {
            let (more, less): (Vec<_>, Vec<_>) = (placed.difference(&wished).collect(), wished.difference(&placed).collect());
            world.fail("I10", None, format!("{} has {more:?}, which nobody asked for, and not {less:?}", world.shops[shop].canary));
        }
    }
}

/// I22: what staff were told is in the history, at the version they were told.
pub(super) fn promises(world: &mut World, books: &Books) {
    for promise in world.promised.clone() {
        let ledger = books.ledgers[promise.shop].iter().find(|ledger| ledger.order.id == promise.order);
        let made = ledger.is_some_and(|ledger| {
            // What people are told leaves our own asides out.
            let mut counted = ledger.history.iter().zip(&ledger.statuses).filter(|(recorded, _)| !recorded.is_aside());
            let told = match promise.version {
                None => true,
                Some(version) => {
                    (version as usize).checked_sub(1).and_then(|at| counted.nth(at)).map(|(_, status)| *status) == Some(promise.status)
                }
            };
            told && (!promise.moved || ledger.history.iter().any(|recorded| recorded.correlation == promise.correlation))
        });
        if !made {
            let text = format!(
                "{} was told {} at version {:?}; the history knows nothing of it",
                promise.correlation, promise.status, promise.version
            );
            world.fail("I22", Some((promise.shop, promise.order)), text);
        }
    }
}
