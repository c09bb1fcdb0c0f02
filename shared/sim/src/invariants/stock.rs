//! Stock, added up once more from what the warehouses were told and what orders say they did.

use super::Books;
use crate::world::World;
use domain::ids::OrderId;
use domain::order::saga::{Ended, Rest, StockMove};
use domain::order::{Order, OrderStatus};
use std::collections::BTreeMap;

/// Where something lies, or of which order it is.
type Place = (String, String);

/// I2: what lies on a shelf is what came less what left, every movement once, and what is held is held for an order that says so.
// req: S2-42
pub(super) fn stock(world: &mut World, books: &Books) {
    for shop in 0..world.shops.len() {
        let (scope, canary) = (world.shops[shop].scope.clone(), world.shops[shop].canary);
        let mut broken = Vec::new();
        // What must have moved, by place and reference, and what must be held, by place and order.
        let mut moved: BTreeMap<(Place, String), i64> = BTreeMap::new();
        for stocked in world.stocked.iter().filter(|stocked| stocked.wish.shop == shop && stocked.done) {
            let place = (stocked.wish.shelf.sku.clone(), stocked.wish.shelf.location.to_owned());
            moved.insert((place, stocked.wish.reference.clone()), stocked.wish.by);
        }
        let mut held: BTreeMap<(Place, OrderId), i64> = BTreeMap::new();
        for ledger in &books.ledgers[shop] {
            let id = &ledger.order.id;
            let stock = ledger.history.iter().flat_map(|recorded| recorded.stock().map(move |(how, what)| (recorded.version, how, what)));
            for (version, how, what) in stock {
                let (place, quantity) = ((what.sku.clone(), what.location.clone()), i64::from(what.quantity));
                let (held_by, on_hand_by) = match how {
                    StockMove::Hold => (quantity, 0),
                    StockMove::Release => (-quantity, 0),
                    StockMove::Ship => (-quantity, -quantity),
                    StockMove::Take => (0, -quantity),
                    StockMove::Return => (0, quantity),
                };
                *held.entry((place.clone(), id.clone())).or_default() += held_by;
                if on_hand_by != 0 {
                    *moved.entry((place, format!("#{id}#{version}"))).or_default() += on_hand_by;
                }
            }
        }
        held.retain(|_, quantity| *quantity != 0);
        let found: BTreeMap<(Place, OrderId), i64> = world
            .memory
            .stock_holds(&scope)
            .into_iter()
            .map(|(sku, at, order, quantity)| (((sku, at), order), i64::from(quantity)))
            .collect();
        if found != held {
            broken.push(format!("{found:?} are held in {canary}, and orders say {held:?}"));
        }
        for level in world.memory.stock_levels(&scope) {
            let here = |place: &Place| place.0 == level.sku && place.1 == level.location;
            let on_hand: i64 = moved.iter().filter(|((place, _), _)| here(place)).map(|(_, by)| by).sum();
            let reserved: i64 = held.iter().filter(|((place, _), _)| here(place)).map(|(_, quantity)| quantity).sum();
            if level.available + level.reserved != on_hand || level.reserved != reserved {
                broken.push(format!("{level:?} of {canary}: {on_hand} came and stayed, {reserved} are held"));
            }
        }
        let found: BTreeMap<(Place, String), i64> =
            world.memory.stock_moves(&scope).into_iter().map(|(sku, at, reference, by)| (((sku, at), reference), by)).collect();
        if found != moved {
            broken.push(format!("{found:?} moved in {canary}, and {moved:?} were told"));
        }
        broken.extend(on_their_way(world, &scope, canary));
        for text in broken {
            world.fail("I2", None, text);
        }
    }
}

/// What is on its way is what open purchase orders wait for, and nothing is drafted twice: nobody approves a draft in these worlds.
fn on_their_way(world: &World, scope: &app::TenantScope, canary: &str) -> Vec<String> {
    let mut waited: BTreeMap<Place, i64> = BTreeMap::new();
    let mut broken = Vec::new();
    for order in world.memory.purchase_orders(scope) {
        for line in &order.lines {
            let place = (line.sku.to_string(), order.location.to_string());
            if waited.insert(place, i64::from(line.outstanding())).is_some() {
                broken.push(format!("{} is on two drafts of {canary}", line.sku));
            }
        }
    }
    for level in world.memory.stock_levels(scope) {
        let wanted = waited.remove(&(level.sku.clone(), level.location.clone())).unwrap_or(0);
        if level.on_order != wanted {
            broken.push(format!("{level:?} of {canary}: purchase orders wait for {wanted}"));
        }
    }
    if !waited.is_empty() {
        broken.push(format!("{waited:?} are ordered for no shelf of {canary}"));
    }
    broken
}

/// What is called off, or has left with a parcel, is not set aside any more.
fn held_for_nobody(order: &Order) -> Option<String> {
    let saga = order.saga.as_ref().filter(|saga| saga.rest.is_none())?;
    let mut needed: BTreeMap<&str, i64> = BTreeMap::new();
    for ((line, off), back) in order.lines.iter().zip(order.cancelled()).zip(order.come_back()) {
        *needed.entry(&line.sku).or_default() += i64::from(line.quantity) - i64::from(off) + i64::from(back);
    }
    for part in order.consignments.iter().filter(|one| one.has_left()).flat_map(|one| &one.work.parts) {
        *needed.entry(&order.lines[part.line].sku).or_default() -= i64::from(part.quantity);
    }
    for one in &saga.held {
        *needed.entry(&one.sku).or_default() -= i64::from(one.quantity);
    }
    let over: Vec<_> = needed.into_iter().filter(|(_, left)| *left < 0).collect();
    (!over.is_empty()).then(|| format!("{:?} are held beyond what is to be sent: {over:?}", saga.held))
}

/// I3 and I4: at rest every order has come as far as it can without a person or a parcel, and one that is called off holds nothing.
pub(super) fn sagas(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            let order = &ledger.order;
            let Some(saga) = &order.saga else { continue };
            let about = Some((shop, order.id.clone()));
            if let Some(step) = order.saga_work() {
                world.fail("I3", about.clone(), format!("it waits for a worker at {}", step.code()));
            }
            let asks = saga.rest == Some(Rest::Unknown);
            let over = matches!(order.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed);
            if over && order.running().is_some() {
                world.fail("I3", about.clone(), format!("{} and its way goes on: {saga:?}", order.tracks.status));
            }
            // What a person says has left with it is not back, whatever else became of the order.
            let left_anyway = saga.rest == Some(Rest::Left) || order.consignments.iter().any(|one| one.departures() > 0);
            if over && !asks && !(saga.held.is_empty() && (saga.left.is_empty() || left_anyway)) {
                world.fail("I4", about.clone(), format!("it is called off, and has {:?} and {:?}", saga.held, saga.left));
            }
            let left = order.tracks.status.has_shipped() && order.tracks.status != OrderStatus::PartiallyShipped;
            if left && !asks && !saga.held.is_empty() {
                world.fail("I4", about.clone(), format!("it has left, and holds {:?}", saga.held));
            }
            if let Some(text) = held_for_nobody(order) {
                world.fail("I4", about.clone(), text);
            }
            // Nothing waits for nobody.
            let waits = asks || saga.ended == Some(Ended::NeedsHuman) || !order.held_back_by().is_empty() || order.pay_until().is_some();
            if order.tracks.status == OrderStatus::Pending && !waits {
                world.fail("I3", about, format!("it is pending, and nobody has anything to do: {saga:?}"));
            }
        }
    }
}
