//! Where orders stand, told once more from what the senders said.

use super::{Books, entry};
use crate::story::{Hook, Sheet};
use crate::world::World;
use app::ports::InboxState;
use domain::ids::EventId;
use domain::order::{Cause, Claim, Fact, Order, OrderEvent, OrderStatus, Recorded, StatusClaim, Track, Tracks};
use std::collections::HashMap;

/// The claim of a word, read from the sender's side.
fn claimed(world: &World, hook: &Hook) -> Option<Claim> {
    let vocabulary = world.shops[hook.shop].senders[hook.sender].vocabulary;
    let reading = vocabulary.read(hook.word)?;
    Some(Claim { eta: hook.eta, ..reading.claim })
}

/// The tracks after facts in their canonical order, told once more here.
fn folded(mut base: Tracks, mut facts: Vec<Fact>, digital: bool) -> Tracks {
    facts.sort_by(|a, b| {
        (a.sequence, a.occurred_at, a.source.as_str(), a.id.as_str()).cmp(&(b.sequence, b.occurred_at, b.source.as_str(), b.id.as_str()))
    });
    for fact in &facts {
        let Claim { status, .. } = fact.claim;
        debug_assert!(!matches!(status, Some(StatusClaim::Is(status)) if !OrderStatus::ALL.contains(&status)));
        base.apply(&fact.claim, fact.occurred_at, digital);
    }
    base
}

/// I6: an order that no person touched stands where the senders' words lead; one that somebody touched
/// stands where the words since then lead.
pub(super) fn tracks(world: &mut World, books: &Books) {
    let mut said: HashMap<(usize, String), Vec<Fact>> = HashMap::new();
    for sent in &world.sent {
        let hook = &sent.hook;
        let Some(receipt) = &sent.receipt else { continue };
        let (Some(entry), Some(claim)) = (entry(world, books, hook, receipt), claimed(world, hook)) else { continue };
        if entry.state != InboxState::Done {
            continue;
        }
        let Ok(id) = EventId::parse(receipt) else { continue };
        let source = world.shops[hook.shop].senders[hook.sender].source.clone();
        let occurred_at = hook.occurred_at.unwrap_or(entry.received_at);
        let fact = Fact { id, source, sequence: hook.sequence, occurred_at, claim };
        said.entry((hook.shop, hook.order.clone())).or_default().push(fact);
    }
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            let (order, digital) = (&ledger.order, ledger.order.all_digital());
            let decided = ledger.history.iter().rposition(|recorded| recorded.events.iter().any(is_decision));
            let expected = match decided {
                None => {
                    let Some(OrderEvent::Placed { tracks, .. }) = ledger.history.first().and_then(|first| first.events.first()) else {
                        continue;
                    };
                    let mut facts = said.remove(&(shop, order.id.to_string())).unwrap_or_default();
                    // What counts of a word while people decide is for the order to say.
                    for fact in &mut facts {
                        if let Some(kept) = recorded(&ledger.history).find(|kept| kept.id == fact.id && kept.source == fact.source) {
                            fact.claim = kept.claim;
                        }
                    }
                    facts.extend(listed(&ledger.history));
                    folded(*tracks, facts, digital)
                }
                Some(at) => {
                    let Some(base) = Order::replay(&ledger.history[..=at]) else { continue };
                    // A decision silences what was said before it; a step of a saga does not.
                    let decided_at = base.log.decided_at;
                    let facts =
                        recorded(&ledger.history[at + 1..]).filter(|fact| decided_at.is_none_or(|decided| fact.occurred_at > decided));
                    folded(base.tracks, facts.cloned().collect(), digital)
                }
            };
            // Where providers are asked, no sender's word moves the money: what does is I1's.
            let governed = order.paying.as_ref().is_some_and(|paying| paying.governs());
            let expected = Tracks { payment: if governed { order.tracks.payment } else { expected.payment }, ..expected };
            // Where parcels are made up here, how far that is is for them to say: what they are held against is I4's.
            let fulfilment = if order.consignments.is_empty() { expected.fulfilment } else { order.tracks.fulfilment };
            let expected = Tracks { fulfilment, ..expected };
            if expected != order.tracks {
                world.fail("I6", Some((shop, order.id.clone())), format!("should be {expected:?}, is {:?}", order.tracks));
            }
        }
    }
}

/// Every word as the history has it.
fn recorded(history: &[Recorded]) -> impl Iterator<Item = &Fact> {
    history.iter().flat_map(|recorded| &recorded.events).filter_map(|event| match event {
        OrderEvent::FactHeard { fact, .. } => Some(fact),
        _ => None,
    })
}

/// What the sheets said, and what carriers' words mean for the whole: only the history knows when that was.
fn listed(history: &[Recorded]) -> impl Iterator<Item = Fact> {
    let is_ours = |fact: &&Fact| fact.source.as_str() == Sheet::CHANNEL || fact.source.as_str().starts_with("carrier-");
    recorded(history).filter(is_ours).cloned()
}

/// A person's decision, or a step of a saga: what comes after it counts from where it led.
fn is_decision(event: &OrderEvent) -> bool {
    matches!(
        event,
        OrderEvent::StatusChanged { decided: true, .. }
            | OrderEvent::StatusChanged { cause: Cause::Rule { .. }, .. }
            | OrderEvent::StatusCorrected { .. }
            | OrderEvent::StatusUndone { .. }
    )
}
