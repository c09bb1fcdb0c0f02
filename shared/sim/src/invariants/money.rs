//! Money, added up once more at the providers.

use super::Books;
use crate::world::World;
use domain::order::{MoneyEvent, OrderEvent, PaymentStatus};
use domain::payment::{Kind, Operation, PaymentKey, State};
use std::collections::BTreeSet;
use testkit::bank::Stands;

/// I1: what an order says was promised, taken and given back is what the provider says; each operation happened once, no more was taken than
/// promised and no more given back than taken; nothing is left open, and an order that was called off has given its money back.
pub(super) fn money(world: &mut World, books: &Books) {
    let entries = world.bank.entries();
    let mut known: BTreeSet<PaymentKey> = BTreeSet::new();
    let now = world.clock_now();
    for shop in 0..books.ledgers.len() {
        let tenant = world.shops[shop].scope.tenant().to_string();
        for book in &books.ledgers[shop] {
            let order = &book.order;
            let Some(paying) = order.paying.as_deref().filter(|paying| paying.governs()) else { continue };
            let ledger = &paying.ledger;
            let mut broken = Vec::new();
            for one in ledger.operations() {
                known.insert(one.key.clone());
                let there = entries.get(&one.key);
                let agrees = match (&one.state, there.map(|entry| entry.stands)) {
                    (State::Ok { amount }, Some(Stands::Done)) => there.is_some_and(|entry| entry.amount == *amount),
                    (State::Declined { .. } | State::Cancelled, Some(Stands::Declined { .. })) => true,
                    (State::Cancelled, None | Some(Stands::Off)) => true,
                    // A promise that was called off before anybody knew that its customer had confirmed it.
                    (State::RequiresAction | State::Pending, Some(Stands::Off)) => !ledger.is_open(one),
                    (State::RequiresAction | State::Pending, Some(Stands::Done)) => {
                        !ledger.is_open(one) && there.is_some_and(|entry| world.bank.is_voided(&entry.reference))
                    }
                    _ => false,
                };
                if !agrees {
                    broken.push(format!("{} is {:?}, and the bank has {there:?}", one.key, one.state));
                }
                if ledger.is_open(one) {
                    broken.push(format!("{} is open for ever", one.key));
                }
            }
            let of_bank = |word: &str| world.bank.sum(&tenant, order.id.as_str(), word);
            let (authorized, captured, refunded) = (ledger.authorized().minor, ledger.captured().minor, ledger.refunded().minor);
            if (captured, refunded) != (of_bank("capture"), of_bank("refund")) {
                let (taken, back) = (of_bank("capture"), of_bank("refund"));
                broken.push(format!("it says {captured} and {refunded}; the bank says {taken} and {back}"));
            }
            let off = order.is_called_off();
            let tried = |kind: fn(Kind) -> bool| {
                ledger
                    .operations()
                    .iter()
                    .filter(|one| kind(one.kind) && matches!(one.state, State::Declined { .. } | State::Cancelled))
                    .count()
                    >= 3
            };
            // Lines may have been called off since: what was taken for them has gone back, and nothing else.
            let counted = |one: &&Operation| paying.spares.contains(&one.n);
            let spared: i64 = ledger.operations().iter().filter(counted).map(|one| one.done_minor()).sum();
            let over = captured - refunded - ledger.total().minor;
            let keeps = off || paying.elsewhere || tried(|kind| matches!(kind, Kind::Refund { .. }));
            if ledger.total() != order.owed() || spared > order.spared().minor || (over > 0 && !keeps) {
                broken.push(format!(
                    "{} is owed of {}, {captured} were taken and {spared} given back for it",
                    order.owed(),
                    ledger.total()
                ));
            }
            if captured > authorized || captured > order.totals.total_minor || refunded > captured {
                broken.push(format!("of {authorized} promised {captured} were taken, and {refunded} given back"));
            }
            if !ledger.operations().is_empty() && ledger.status(now) != order.tracks.payment {
                broken.push(format!("it is {} and its ledger says {}", order.tracks.payment, ledger.status(now)));
            }
            if let Some(work) = order.money_work(now) {
                broken.push(format!("{work:?} waits for a worker"));
            }
            let nothing_left = order.saga.as_ref().is_none_or(|saga| saga.left.is_empty() && !saga.partly);
            if off
                && nothing_left
                // What came back was settled when it did.
                && !order.has_come_back()
                && !paying.elsewhere
                && ledger.refundable().minor > 0
                && !tried(|kind| matches!(kind, Kind::Refund { .. }))
            {
                broken.push(format!("it is called off, and {} were kept", ledger.refundable()));
            }
            // What was taken of a promise was taken for good: its rest has gone back with that.
            let taken = |of: u32| ledger.operations().iter().any(|one| one.kind == Kind::Capture { of } && one.done_minor() > 0);
            if off && ledger.live_authorization(now).is_some_and(|one| !taken(one.n)) && !tried(|kind| matches!(kind, Kind::Void { .. })) {
                broken.push("it is called off, and a promise still holds".to_owned());
            }
            // Who was told once that money goes back has not been told twice.
            let asked = book.history.iter().filter(|recorded| {
                recorded.events.iter().any(|event| matches!(event, OrderEvent::Money { event: MoneyEvent::RefundAsked { .. } }))
            });
            let mut by = BTreeSet::new();
            for recorded in asked {
                if !by.insert(recorded.correlation.clone()) {
                    broken.push(format!("{} was refunded twice", recorded.correlation));
                }
            }
            let paid = !matches!(order.tracks.payment, PaymentStatus::Pending);
            if ledger.operations().is_empty() && paid {
                broken.push(format!("nobody was asked, and it is {}", order.tracks.payment));
            }
            for text in broken {
                world.fail("I1", Some((shop, order.id.clone())), text);
            }
        }
    }
    for key in entries.keys().filter(|key| !known.contains(*key)) {
        world.fail("I1", None, format!("the bank has {key}, and no order knows of it"));
    }
}
