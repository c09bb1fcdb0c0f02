//! Histories: without gaps, along declared moves.

use super::Books;
use crate::world::World;
use domain::order::{OrderEvent, OrderStatus, Recorded, Track};

/// I7 and I22: versions without gaps, every commit says something, every move is declared.
pub(super) fn histories(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            let about = Some((shop, ledger.order.id.clone()));
            let digital = ledger.order.all_digital();
            let mut status = None;
            for (at, recorded) in ledger.history.iter().enumerate() {
                if recorded.version != at as u64 + 1 || recorded.events.is_empty() || recorded.events.len() > Recorded::MAX_EVENTS {
                    let text = format!("commit {} has version {} and {} events", at + 1, recorded.version, recorded.events.len());
                    world.fail("I22", about.clone(), text);
                }
                for event in &recorded.events {
                    if let Err(text) = walk(&mut status, event, digital) {
                        world.fail("I7", about.clone(), format!("version {}: {text}", recorded.version));
                    }
                }
            }
            if ledger.order.version != ledger.history.len() as u64 {
                let text = format!("version {} after {} commits", ledger.order.version, ledger.history.len());
                world.fail("I22", about, text);
            }
        }
    }
}

fn walk(status: &mut Option<OrderStatus>, event: &OrderEvent, digital: bool) -> Result<(), String> {
    let (from, to, via) = match event {
        OrderEvent::Placed { tracks, .. } => {
            *status = Some(tracks.status);
            return Ok(());
        }
        OrderEvent::StatusChanged { from, to, via, .. } => (*from, *to, Some(via.as_slice())),
        OrderEvent::StatusCorrected { from, to, .. }
        | OrderEvent::StatusUndone { from, to, .. }
        | OrderEvent::Reconciled { from, to, .. } => (*from, *to, None),
        _ => return Ok(()),
    };
    if *status != Some(from) {
        return Err(format!("a move from {from} when it was {status:?}"));
    }
    *status = Some(to);
    let Some(via) = via else { return Ok(()) };
    let mut at = from;
    for step in via.iter().chain([&to]) {
        let shortcut = digital && at == OrderStatus::Processing && *step == OrderStatus::Delivered;
        if !at.can_become(*step) && !shortcut {
            return Err(format!("{at} to {step} is not declared"));
        }
        at = *step;
    }
    Ok(())
}
