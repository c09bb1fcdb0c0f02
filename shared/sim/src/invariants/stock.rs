//! Stock, added up once more from what the warehouses were told.

use crate::story::{Change, Shelf};
use crate::world::World;
use domain::ids::OrderId;
use std::collections::HashMap;

/// I2: what lies on a shelf is what came less what left, every movement once, and every hold has an owner.
pub(super) fn stock(world: &mut World) {
    for shop in 0..world.shops.len() {
        let (scope, canary) = (world.shops[shop].scope.clone(), world.shops[shop].canary);
        let (moves, holds) = (world.memory.stock_moves(&scope), world.memory.stock_holds(&scope));
        let mut told: HashMap<(&Shelf, &str), (i64, bool)> = HashMap::new();
        let mut asked: HashMap<(&Shelf, &OrderId), Vec<(&Change, bool)>> = HashMap::new();
        let mut broken = Vec::new();
        for stocked in world.stocked.iter().filter(|stocked| stocked.wish.shop == shop) {
            let shelf = &stocked.wish.shelf;
            match &stocked.wish.change {
                Change::Adjust { by, reference } => {
                    told.insert((shelf, reference), (*by, stocked.done));
                }
                change @ (Change::Hold { order, .. } | Change::Release { order }) => {
                    asked.entry((shelf, order)).or_default().push((change, stocked.done));
                }
            }
        }
        for level in world.memory.stock_levels(&scope) {
            let here = |sku: &str, location: &str| level.sku == sku && level.location == location;
            let told = told.iter().filter(|((shelf, _), (_, done))| here(&shelf.sku, shelf.location) && *done);
            let on_hand: i64 = told.map(|(_, (by, _))| by).sum();
            let held: i64 = holds.iter().filter(|(sku, location, ..)| here(sku, location)).map(|(.., quantity)| i64::from(*quantity)).sum();
            if level.available + level.reserved != on_hand || level.reserved != held {
                broken.push(format!("{level:?} of {canary}: {on_hand} came and stayed, {held} are held"));
            }
        }
        for (sku, location, reference, by) in &moves {
            let known = told.iter().find(|((shelf, known), _)| shelf.sku == *sku && shelf.location == *location && known == reference);
            if known.is_none_or(|(_, known)| *known != (*by, true)) {
                broken.push(format!("{reference} moved {by} of {sku} at {location}, and {known:?} was answered"));
            }
        }
        for (sku, location, order, quantity) in &holds {
            let owners = asked.iter().find(|((shelf, known), _)| shelf.sku == *sku && shelf.location == *location && *known == order);
            let hold = Change::Hold { order: order.clone(), quantity: *quantity };
            if owners.is_none_or(|(_, asked)| !asked.contains(&(&hold, true))) {
                broken.push(format!("{quantity} of {sku} at {location} are held for {order}, which nobody was told"));
            }
        }
        for ((shelf, order), asked) in &asked {
            let released = asked.iter().any(|(change, _)| matches!(change, Change::Release { .. }));
            let held = asked.iter().any(|(change, done)| *done && matches!(change, Change::Hold { .. }));
            let found = holds.iter().any(|(sku, location, known, _)| shelf.sku == *sku && shelf.location == *location && known == *order);
            if held && !released && !found {
                broken.push(format!("{shelf:?} was held for {order} and is not"));
            }
        }
        for text in broken {
            world.fail("I2", None, text);
        }
    }
}
