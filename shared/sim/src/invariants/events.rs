//! What was published.

use super::Books;
use crate::story::Letter;
use crate::world::World;
use app::ports::{InboxKey, InboxState};
use contracts::{Envelope, Payload};
use domain::ids::EventId;
use domain::price::{GUARDRAIL_BPS, PriceTag, within_guardrail};
use domain::shipping::manifest::ManifestState;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// What events of manifests are about.
const MANIFEST: &str = "job:manifest-";

/// I8: everything committed is on the bus as the commit says, and nothing else is.
pub(super) fn published(world: &mut World, books: &Books) {
    let mut accounted: HashSet<&EventId> = HashSet::new();
    for shop in 0..books.ledgers.len() {
        for ledger in &books.ledgers[shop] {
            for event in &ledger.expected {
                accounted.insert(&event.id);
                let found = world.by_id.get(&event.id).map(|index| world.events[*index as usize].event.clone());
                match found {
                    None => world.fail("I8", Some((shop, ledger.order.id.clone())), format!("{} was never published", event.id)),
                    Some(found) if *found != *event => {
                        let text = format!("{} says {:?}, the commit says {:?}", event.id, found.payload, event.payload);
                        world.fail("I8", Some((shop, ledger.order.id.clone())), text);
                    }
                    Some(_) => {}
                }
            }
        }
    }
    let refused: HashSet<String> = world
        .sent
        .iter()
        .filter(|sent| sent.hook.letter == Letter::Malformed)
        .map(|sent| {
            let endpoint = &world.shops[sent.hook.shop].senders[sent.hook.sender].endpoint;
            format!("hook:{endpoint}:{}", &hex::encode(Sha256::digest(&sent.hook.body))[..16])
        })
        .collect();
    let mut parked: HashSet<(usize, &str, &str, &str)> = HashSet::new();
    let events = world.events.clone();
    for published in &events {
        let event = &published.event;
        let shop = world.shops.iter().position(|shop| *shop.scope.tenant() == event.tenant);
        let known = match (&event.payload, shop) {
            (_, None) => false,
            (Payload::ReportReady(_) | Payload::AttentionDigest(_), Some(_)) => true,
            (_, Some(shop)) if event.subject.starts_with(MANIFEST) => is_of_a_manifest(world, shop, event),
            (Payload::JobFailed(_) | Payload::JobRecovered(_), Some(_)) => world.faults.renders_failed() > 0,
            // Each mark on a level is at most one word of it.
            (Payload::StockLow(fallen) | Payload::StockReorderSuggested(fallen), Some(shop)) => {
                let levels = world.memory.stock_levels(&world.shops[shop].scope);
                let level = levels.iter().find(|level| level.sku == fallen.sku && level.location == fallen.location);
                level.is_some_and(|level| (1..=level.grades).contains(&event.aggregateversion))
            }
            // Nobody approves a draft here, and another line of one is no news.
            (Payload::PurchaseChanged(changed), Some(shop)) => {
                let drafts = world.memory.purchase_orders(&world.shops[shop].scope);
                event.aggregateversion == 1 && drafts.iter().any(|draft| draft.id.as_str() == changed.purchase_id)
            }
            // Each change of a tag is at most one word of it, and what it says is within the bounds.
            (Payload::PriceChanged(changed), Some(shop)) => {
                let tags = world.memory.price_tags(&world.shops[shop].scope);
                let tag = tags.iter().find(|tag| tag.sku.as_str() == changed.sku);
                changed.cause == "rule" && tag.is_some_and(|tag| event.aggregateversion <= tag.version && within(changed.price.minor, tag))
            }
            // It is off, or was: each change of an endpoint is at most one word of it.
            (Payload::WebhookDisabled(off), Some(shop)) => {
                let endpoints = world.memory.all_endpoints(&world.shops[shop].scope);
                endpoints.iter().any(|one| one.id.as_str() == off.endpoint && event.aggregateversion <= one.version)
            }
            (Payload::HookRejected(_), Some(_)) => refused.contains(&event.subject),
            (Payload::HookParked(told), Some(shop)) => {
                parked.insert((shop, &told.endpoint, &told.inbox_id, &told.code));
                let key = InboxKey { endpoint: told.endpoint.clone(), id: told.inbox_id.clone() };
                books.inbox[shop].contains_key(&key)
            }
            _ => accounted.contains(&event.id),
        };
        if !known {
            world.fail("I8", None, format!("{} was published and nothing was committed for it", event.id));
        }
    }
    for shop in 0..world.shops.len() {
        let scope = world.shops[shop].scope.clone();
        for manifest in world.memory.all_manifests(&scope) {
            let subject = format!("{MANIFEST}{}", manifest.id);
            let tells =
                matches!(manifest.state, ManifestState::Made | ManifestState::NotNeeded | ManifestState::Failed | ManifestState::Unsure);
            if tells && !world.by_id.contains_key(&EventId::of_event(scope.tenant(), &subject, manifest.version, 0)) {
                world.fail("I8", None, format!("{} is {} and nobody was told", manifest.id, manifest.state.as_str()));
            }
        }
        for draft in world.memory.purchase_orders(&scope) {
            if !world.by_id.contains_key(&EventId::of_event(scope.tenant(), &format!("purchase:{}", draft.id), 1, 0)) {
                world.fail("I8", None, format!("{} was drafted and nobody was told", draft.id));
            }
        }
    }
    for (shop, inbox) in books.inbox.iter().enumerate() {
        for (key, entry) in inbox {
            if let InboxState::Parked { code, .. } = &entry.state
                && !parked.contains(&(shop, key.endpoint.as_str(), key.id.as_str(), code.as_str()))
            {
                world.fail("I8", None, format!("webhook {} is parked as {code} and nobody was told", key.id));
            }
        }
    }
}

/// Somebody was sent to it, or it has come to what is told of it. Nobody settles one by hand here.
fn is_of_a_manifest(world: &World, shop: usize, event: &Envelope) -> bool {
    let manifests = world.memory.all_manifests(&world.shops[shop].scope);
    let Some(manifest) = manifests.iter().find(|one| event.subject.strip_prefix(MANIFEST) == Some(one.id.as_str())) else { return false };
    match &event.payload {
        Payload::ManifestDue(_) => event.aggregateversion <= manifest.version,
        Payload::ManifestClosed(closed) => event.aggregateversion == manifest.version && closed.state == manifest.state.as_str(),
        Payload::JobFailed(_) => {
            event.aggregateversion == manifest.version && matches!(manifest.state, ManifestState::Failed | ManifestState::Unsure)
        }
        _ => false,
    }
}

fn within(price_minor: i64, tag: &PriceTag) -> bool {
    within_guardrail(tag.list_minor, price_minor, GUARDRAIL_BPS) == price_minor && tag.cost_minor.is_none_or(|cost| cost <= price_minor)
}
