//! The ledger of decisions, compared with what the orders went through.

use super::Books;
use crate::world::World;
use app::ports::{DecisionRecord, Outcome};
use domain::ids::{DecisionId, OrderId};
use domain::order::progress::Mode;
use domain::order::{Cause, OrderEvent, OrderStatus};
use std::collections::BTreeMap;

/// What a history says of a decision: where it led from, how sure it was.
type Step = (OrderStatus, u8);

pub(super) fn ledger(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        let scope = world.shops[shop].scope.clone();
        let mode = world.shops[shop].config.progress.mode;
        let mut kept: BTreeMap<(OrderId, DecisionId), DecisionRecord> = BTreeMap::new();
        for entry in world.memory.all_decisions(&scope) {
            let wrong = match entry.outcome {
                Outcome::Moved => !entry.decision.should_progress,
                Outcome::Shadow => !entry.decision.should_progress || mode != Mode::Shadow,
                Outcome::Waiting => entry.decision.should_progress,
            };
            if wrong {
                let text = format!("{} stands in the ledger as {:?}, mode {mode:?}: {:?}", entry.id, entry.outcome, entry.decision);
                world.fail("ledger", Some((shop, entry.order.clone())), text);
            }
            if entry.outcome == Outcome::Moved {
                kept.insert((entry.order.clone(), entry.id.clone()), entry);
            } else if entry.judgement.is_some() {
                world.fail("ledger", Some((shop, entry.order.clone())), format!("{} moved nothing and was judged", entry.id));
            }
        }
        for ledger in &books.ledgers[shop] {
            let order = &ledger.order.id;
            for (decision, step) in steps(ledger.history.iter().flat_map(|recorded| &recorded.events)) {
                let entry = kept.remove(&(order.clone(), decision.clone()));
                let found = entry.as_ref().map(|entry| (entry.features.status, entry.decision.confidence));
                if found != Some(step) {
                    world.fail(
                        "ledger",
                        Some((shop, order.clone())),
                        format!("{decision} moved it as {step:?}, the ledger says {found:?}"),
                    );
                }
                let judged = entry.and_then(|entry| entry.judgement).map(|judgement| judgement.verdict);
                let remembered = ledger.order.ruled.iter().find(|ruled| ruled.decision == *decision);
                if let Some(ruled) = remembered.filter(|ruled| ruled.verdict != judged) {
                    let text = format!("{decision} was {:?}, the ledger says {judged:?}", ruled.verdict);
                    world.fail("ledger", Some((shop, order.clone())), text);
                }
            }
        }
        for (order, decision) in kept.into_keys() {
            world.fail("ledger", Some((shop, order)), format!("{decision} stands in the ledger and moved nothing"));
        }
    }
}

fn steps<'a>(events: impl Iterator<Item = &'a OrderEvent>) -> impl Iterator<Item = (&'a DecisionId, Step)> {
    events.filter_map(|event| match event {
        OrderEvent::StatusChanged { from, cause: Cause::Rule { confidence, decision: Some(decision), .. }, .. } => {
            Some((decision, (*from, *confidence)))
        }
        _ => None,
    })
}
