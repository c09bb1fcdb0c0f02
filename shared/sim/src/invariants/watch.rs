//! Orders that need a person, counted once more from the orders.

use super::Books;
use crate::world::World;
use contracts::Payload;
use domain::order::{Concern, Order, OrderEvent, Watched};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// I16: an order that waits too long is raised, once for each deadline, and the team hears of it once.
pub(super) fn watch(world: &mut World, books: &Books) {
    let Some(watched_at) = world.watched_at else { return };
    for shop in 0..world.shops.len() {
        let config = world.shops[shop].config.clone();
        let (rules, zone) = (config.watch_rules(), config.zone());
        let (mut commits, mut last): (u64, Option<Timestamp>) = (0, None);
        for ledger in &books.ledgers[shop] {
            let about = Some((shop, ledger.order.id.clone()));
            let mut raised: BTreeSet<(Concern, Timestamp)> = BTreeSet::new();
            for recorded in &ledger.history {
                for event in &recorded.events {
                    let OrderEvent::AttentionRaised { concerns } = event else { continue };
                    commits += 1;
                    for held in concerns {
                        // What has failed may move and fail again; what was late may be said not to be done after all.
                        let again = matches!(held.concern, Concern::Failed | Concern::DeliveryFailed | Concern::SlaMissed);
                        if !raised.insert((held.concern, held.basis)) && !again {
                            world.fail("I16", about.clone(), format!("{} of {} was raised twice", held.concern.code(), held.at));
                        }
                    }
                }
            }
            // As the order was known then: what a carrier says a day later was no reason yet. The contact is no part of the history.
            let known = ledger.history.iter().rposition(|recorded| recorded.at <= watched_at).map_or(0, |last| last + 1);
            let Some(known) = Order::replay(&ledger.history[..known]) else { continue };
            let known = Order { contact: ledger.order.contact.clone(), ..known };
            let concerns = Watched::of(&known).concerns(&rules, &zone, watched_at);
            for held in &concerns {
                if !raised.contains(&(held.concern, held.basis)) {
                    world.fail("I16", about.clone(), format!("{} of {} was never raised", held.concern.code(), held.at));
                }
            }
            // Whoever needs a person no longer need not be told of.
            if !concerns.is_empty() {
                last = last.max(ledger.order.raised_at);
            }
        }
        let tenant = world.shops[shop].scope.tenant().clone();
        let digests = world.events.iter().filter(|published| published.event.tenant == tenant).filter_map(|published| {
            let Payload::AttentionDigest(digest) = &published.event.payload else { return None };
            Some((published.event.time, digest.new))
        });
        let digests: Vec<(Timestamp, u64)> = digests.collect();
        let (told, heard) = (digests.iter().map(|digest| digest.1).sum::<u64>(), digests.iter().map(|digest| digest.0).max());
        if told > commits {
            let text = format!("{} was told of {told} orders that need a person; {commits} were raised", world.shops[shop].canary);
            world.fail("I16", None, text);
        }
        // A clock that was set forward made some of these moments.
        if last.is_some() && heard.is_none() {
            world.fail("I16", None, format!("{} was never told of orders that were raised", world.shops[shop].canary));
        }
    }
}
