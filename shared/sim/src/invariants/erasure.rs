//! Customers who asked to be forgotten.

use super::{Books, Ledger};
use crate::world::World;
use app::ports::{InboxEntry, InboxState, ReportStore};
use contracts::Payload;
use futures::FutureExt;

/// No word of a forgotten customer stands in any table, no address of theirs points to an order of theirs, and nothing went to
/// them after they were told so.
pub(super) fn erasure(world: &mut World, books: &Books) {
    for shop in 0..world.shops.len() {
        let about: Vec<usize> = (0..world.forgotten.len()).filter(|at| world.forgotten[*at].erasure.shop == shop).collect();
        if about.is_empty() {
            continue;
        }
        let kept = world.memory.everything_but_inbox(&world.shops[shop].scope);
        for id in world.memory.orders_of_addresses(&world.shops[shop].scope) {
            if world.memory.order(&world.shops[shop].scope, &id).is_none_or(|order| order.contact.is_none()) {
                world.fail("erasure", Some((shop, id.clone())), format!("an address still points to {id}"));
            }
        }
        for at in about {
            let customer = world.forgotten[at].erasure.customer.clone();
            let words = [Some(customer.token.as_str()), customer.phone.as_deref()];
            let said = |text: &str| words.iter().flatten().any(|word| text.contains(word));
            if world.forgotten[at].done.is_none() {
                world.fail("erasure", None, format!("{} was never forgotten", customer.token));
            }
            if said(&kept) {
                let line = kept.lines().find(|line| said(line)).unwrap_or_default();
                let from = line.find(customer.token.as_str()).unwrap_or(0).saturating_sub(200);
                let text: String = line.chars().skip(from).take(400).collect();
                world.fail("erasure", None, format!("{} is still named: ... {text}", customer.token));
            }
            let parked_before = &world.forgotten[at].parked_before;
            let named: Vec<&InboxEntry> = books.inbox[shop].values().filter(|entry| said(&entry.body)).collect();
            // A webhook about no order of ours, from after the erasure, waits for an order that may yet come.
            let about_nobody = |entry: &InboxEntry| matches!(&entry.state, InboxState::Parked { code, .. } if code == "unknown_order");
            let wrong = named.iter().find(|entry| !about_nobody(entry) || parked_before.contains(&entry.key));
            if let Some(entry) = wrong {
                let text = format!("{} is still named by webhook {} ({:?})", customer.token, entry.key.id, entry.state);
                world.fail("erasure", None, text);
            }
        }
    }
    photos(world, books);
    afterwards(world);
    reports(world);
}

/// A photo that an order remembers lies in the bucket, and none of an order whose customer is forgotten.
fn photos(world: &mut World, books: &Books) {
    for shop in 0..world.shops.len() {
        let (store, scope) = (world.memory.reports(), world.shops[shop].scope.clone());
        let kept = store.list(&scope, "photos/", usize::MAX).now_or_never().and_then(Result::ok).unwrap_or_default();
        for Ledger { order, .. } in &books.ledgers[shop] {
            let about = || Some((shop, order.id.clone()));
            let home = format!("photos/of-{}/", order.id);
            if let Some(key) = kept.iter().find(|key| order.contact.is_none() && key.starts_with(&home)) {
                world.fail("erasure", about(), format!("{key} is still there"));
            }
            if let Some(photo) = order.photos.iter().find(|photo| !kept.contains(&format!("{home}{}", photo.name))) {
                world.fail("erasure", about(), format!("the photo {} was never stored", photo.name));
            }
        }
    }
}

fn afterwards(world: &mut World) {
    let mails = world.memory.sent_mails();
    let mut late = Vec::new();
    for (outgoing, mail) in world.faults.mails().iter().zip(&mails) {
        for forgotten in &world.forgotten {
            let theirs = forgotten.erasure.customer.email.as_deref() == Some(mail.to.expose());
            if theirs && forgotten.done.is_some_and(|done| outgoing.group > done) {
                late.push(format!("{} got a mail after they were forgotten: {outgoing:?}", forgotten.erasure.customer.token));
            }
        }
    }
    for text in late {
        world.fail("erasure", None, text);
    }
}

/// Events carry no personal data at any time.
fn reports(world: &mut World) {
    let named = world.events.iter().find(|published| {
        let names = |text: &str| world.known.iter().any(|known| text.contains(&known.customer.token));
        !matches!(published.event.payload, Payload::HookRejected(_)) && names(&published.body)
    });
    if let Some(event) = named.map(|published| published.event.id.clone()) {
        world.fail("erasure", None, format!("event {event} names a customer"));
    }
}
