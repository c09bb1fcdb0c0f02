//! Where orders stand, told once more from what the senders said.

use super::{Books, entry};
use crate::story::{Hook, Sheet};
use crate::world::World;
use app::ports::InboxState;
use domain::ids::EventId;
use domain::order::{Claim, Fact, Order, OrderEvent, OrderStatus, Recorded, StatusClaim, Track, Tracks};
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
                    facts.extend(listed(&ledger.history));
                    facts.extend(own(&ledger.history));
                    folded(*tracks, facts, digital)
                }
                Some(at) => {
                    let Some(base) = Order::replay(&ledger.history[..=at]) else { continue };
                    let decided_at = ledger.history[at].at;
                    let since = ledger.history[at + 1..].iter().flat_map(|recorded| &recorded.events);
                    let facts = since.filter_map(|event| match event {
                        OrderEvent::FactHeard { fact, .. } if fact.occurred_at > decided_at => Some(fact.clone()),
                        _ => None,
                    });
                    let own = own(&ledger.history).into_iter().filter(|fact| !base.log.knows(&fact.id, &fact.source));
                    let after = |fact: &Fact| version_of(fact).is_some_and(|version| version > base.version);
                    folded(base.tracks, facts.chain(own.filter(after)).collect(), digital)
                }
            };
            if expected != order.tracks {
                world.fail("I6", Some((shop, order.id.clone())), format!("should be {expected:?}, is {:?}", order.tracks));
            }
        }
    }
}

/// What the sheets said: only the history knows when that was.
fn listed(history: &[Recorded]) -> impl Iterator<Item = Fact> {
    history.iter().flat_map(|recorded| &recorded.events).filter_map(|event| match event {
        OrderEvent::FactHeard { fact, .. } if fact.source.as_str() == Sheet::CHANNEL => Some(fact.clone()),
        _ => None,
    })
}

/// Steps of our own, with the places they took among the words of others.
fn own(history: &[Recorded]) -> Vec<Fact> {
    let (mut order, mut found): (Option<Order>, Vec<Fact>) = (None, Vec::new());
    for (at, recorded) in history.iter().enumerate() {
        order = match order.take() {
            None => Order::replay(&history[..=at]),
            Some(mut order) => {
                order.apply_commit(&recorded.events, recorded.at);
                Some(order)
            }
        };
        let facts = order.iter().flat_map(|order| order.log.facts()).filter(|fact| fact.source.as_str() == "saga");
        for fact in facts {
            if !found.iter().any(|known| known.id == fact.id) {
                found.push(fact.clone());
            }
        }
    }
    found
}

/// "saga:{version}:{status}".
fn version_of(fact: &Fact) -> Option<u64> {
    fact.id.as_str().split(':').nth(1)?.parse().ok()
}

fn is_decision(event: &OrderEvent) -> bool {
    matches!(event, OrderEvent::StatusChanged { decided: true, .. } | OrderEvent::StatusCorrected { .. } | OrderEvent::StatusUndone { .. })
}
