//! What was acknowledged to senders.

use super::{Books, entry, is_forgotten};
use crate::world::World;
use app::ports::InboxState;
use app::receive::read;
use domain::ids::OrderId;

/// I5: what was acknowledged is there, word for word, and is applied or parked for the right reason.
pub(super) fn webhooks(world: &mut World, books: &Books) {
    for at in 0..world.sent.len() {
        let hook = world.sent[at].hook.clone();
        let Some(receipt) = world.sent[at].receipt.clone() else {
            if !hook.letter.is_refused() {
                world.fail("I5", None, format!("webhook {} of {} was never taken in", hook.id, hook.order));
            }
            continue;
        };
        let order = OrderId::parse(&hook.order).ok().map(|id| (hook.shop, id));
        let Some(entry) = entry(world, books, &hook, &receipt) else {
            world.fail("I5", order, format!("webhook {} was acknowledged and is not in the inbox", hook.id));
            continue;
        };
        // Of one that waits for a person, what it says of the order stays.
        let nameless = || read(&hook.body).is_ok_and(|report| report.without_customer() == entry.body);
        let forgotten = (entry.body.is_empty() || nameless()) && is_forgotten(world, hook.shop, &hook.customers_order);
        if entry.body != hook.body && !forgotten {
            world.fail("I5", order.clone(), format!("webhook {} is not in the inbox as it was sent", hook.id));
        }
        let right = match (&entry.state, hook.letter.parked_as()) {
            (InboxState::Done, None) => true,
            (InboxState::Parked { code, reason }, Some(expected)) if code == expected => !reason.is_empty(),
            // There is nobody to compare an address with any more.
            (InboxState::Done, Some("email_mismatch")) => is_forgotten(world, hook.shop, &hook.customers_order),
            // It waited for somebody, named who was forgotten meanwhile, and can no longer be replayed.
            (InboxState::Parked { code, .. }, _) => code == "unreadable" && forgotten,
            _ => false,
        };
        if !right {
            world.fail("I5", order, format!("{:?} webhook {} of {} ended as {:?}", hook.letter, hook.id, hook.order, entry.state));
        }
    }
}

/// I5, for what is no message at all: it is parked with a reason, not lost.
pub(super) fn garbage(world: &mut World) {
    let parked = world.lot.parked();
    let silent = parked.iter().filter(|(_, reason)| reason.is_empty()).count();
    if (parked.len() as u64) < world.garbage || silent > 0 {
        let text = format!("{} unreadable messages, {} parked, {silent} of them without a reason", world.garbage, parked.len());
        world.fail("I5", None, text);
    }
}
