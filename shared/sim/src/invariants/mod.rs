//! What must be true when a world has come to rest, whatever it has been through.
//!
//! Each check takes the promise literally and recomputes it from the other end: orders from their histories,
//! tracks from what the senders said, events from commits, figures from orders.

mod clocks;
mod erasure;
mod events;
mod exceptions;
mod exports;
mod figures;
mod histories;
mod ledger;
mod messages;
mod money;
mod parcels;
mod prices;
mod reports;
mod requests;
mod returns;
mod stock;
mod tenants;
mod timers;
mod told;
mod tracks;
mod watch;
mod webhooks;

use crate::story::Hook;
use crate::world::World;
use app::ports::{InboxEntry, InboxKey};
use app::publish::of_commit;
use contracts::Envelope;
use domain::order::{Label, Order, OrderStatus, Recorded};
use std::collections::HashMap;

/// The invariants that are checked at rest, each in a sentence.
pub const INVARIANTS: [(&str, &str); 26] = [
    ("I1", "an operation on money happens once; what an order says was taken and given back is what the provider says"),
    ("I2", "stock is never below zero and is what came less what left, each movement and hold once"),
    ("I3", "every saga comes as far as it can without a person or a parcel, in bounded time once the faults stop"),
    ("I4", "an order whose saga is over holds nothing"),
    ("I5", "a 2xx to a webhook means a durable inbox row, later processed or visibly parked"),
    ("I6", "whatever the order of arrival, with duplicates, the state is the same"),
    ("I7", "status moves only along declared edges"),
    ("I8", "committed means published at least once, nothing else is published, and figures count each once"),
    ("I9", "at most one message per event, channel and recipient, to the right one, and none forgotten"),
    ("I10", "one idempotency key: one order, one answer"),
    ("I11", "exactly the records that failed are reported"),
    ("I14", "a payment provider that is away is asked no more than a few times a minute, however much is wanted of it"),
    ("I15", "once the faults stop, everything drains in bounded time"),
    (
        "I16",
        "a schedule that fires once, twice or beside itself: one report and one summary a day, with the orders' figures; an order that waits too long is raised once",
    ),
    ("I17", "nothing of one tenant in anything of another"),
    ("I22", "an audit entry per state change, without gaps, from which the order can be rebuilt"),
    ("import", "the same sheet in any number of runs: each row is in, and another run changes nothing"),
    ("ledger", "each step of a rule stands in the ledger with its evidence and with what people thought of it, and nothing else does"),
    ("timers", "what is to happen later happens once, not before its time, and not if it has lost its reason"),
    ("exceptions", "one exception of a reason is open, what is due of it is done, and the board shows what orders have"),
    ("clocks", "what nobody has done in time is missed although nothing comes, and not before; what came late sets it right"),
    ("export", "each order that changed on an exported day stands there once, as it stood when the day ended, and nobody's name does"),
    ("prices", "small changes of prices are made by the rule, once each and published, within the bounds; larger ones wait for a person"),
    ("returns", "no more comes back than was ordered, each return arrives once, and only what is as good as new goes back on its shelf"),
    ("told", "every endpoint that wants to know is told what happened, each thing under one id and in one wording, and nothing else"),
    ("erasure", "no word and no photo of a forgotten customer is kept anywhere, and nothing is sent to them"),
];

struct Ledger {
    order: Order,
    history: Vec<Recorded>,
    /// The label after each commit.
    labels: Vec<Label>,
    /// The status after each commit.
    statuses: Vec<OrderStatus>,
    expected: Vec<Envelope>,
}

struct Books {
    /// By shop.
    ledgers: Vec<Vec<Ledger>>,
    inbox: Vec<HashMap<InboxKey, InboxEntry>>,
}

/// Checks everything; what is broken is added to the world's failures.
pub fn check(world: &mut World) {
    let books = open(world);
    requests::requests(world, &books);
    requests::promises(world, &books);
    webhooks::webhooks(world, &books);
    webhooks::garbage(world);
    histories::histories(world, &books);
    tracks::tracks(world, &books);
    events::published(world, &books);
    figures::figures(world, &books);
    messages::messages(world, &books);
    stock::stock(world, &books);
    stock::sagas(world, &books);
    money::money(world, &books);
    parcels::parcels(world, &books);
    parcels::collected(world, &books);
    returns::returns(world, &books);
    erasure::erasure(world, &books);
    ledger::ledger(world, &books);
    timers::timers(world, &books);
    clocks::clocks(world, &books);
    exceptions::exceptions(world, &books);
    reports::reports(world, &books);
    exports::exports(world, &books);
    prices::prices(world);
    watch::watch(world, &books);
    told::told(world);
    if world.seed.is_multiple_of(4) {
        tenants::tenants(world);
    }
}

fn open(world: &mut World) -> Books {
    let mut books = Books { ledgers: Vec::new(), inbox: Vec::new() };
    for shop in 0..world.shops.len() {
        let scope = world.shops[shop].scope.clone();
        let zone = world.shops[shop].config.zone();
        let mut ledgers = Vec::new();
        for order in world.memory.all_orders(&scope) {
            let history = world.memory.history(&scope, &order.id);
            let (mut labels, mut statuses, mut expected) = (Vec::new(), Vec::new(), Vec::new());
            let mut replayed: Option<Order> = None;
            for recorded in &history {
                let before = replayed.clone();
                let after = match replayed.take() {
                    Some(mut order) => {
                        order.apply_commit(&recorded.events, recorded.at);
                        Some(order)
                    }
                    None => Order::placed(&recorded.events, None, recorded.at),
                };
                let Some(after) = after else {
                    world.fail("I22", Some((shop, order.id.clone())), "the history does not begin with a placement".to_owned());
                    break;
                };
                labels.push(after.label());
                statuses.push(after.tracks.status);
                expected.extend(of_commit(scope.tenant(), before.as_ref(), &after, recorded, &zone));
                replayed = Some(after);
            }
            let mut head = order.clone();
            head.contact = None;
            match app::audit::verify(&order, &history) {
                Ok(audit) if audit.findings.is_empty() && audit.sealed_from == Some(1) => {}
                audit => world.fail("I22", Some((shop, order.id.clone())), format!("its seals do not hold: {audit:?}")),
            }
            head.seal = None;
            if replayed.as_ref() != Some(&head) {
                world.fail("I22", Some((shop, order.id.clone())), format!("replayed {replayed:?}, stored {head:?}"));
            }
            ledgers.push(Ledger { order, history, labels, statuses, expected });
        }
        books.ledgers.push(ledgers);
        books.inbox.push(world.memory.inbox_entries(&scope).into_iter().map(|entry| (entry.key.clone(), entry)).collect());
    }
    books
}

fn entry<'a>(world: &World, books: &'a Books, hook: &Hook, receipt: &str) -> Option<&'a InboxEntry> {
    let endpoint = world.shops[hook.shop].senders[hook.sender].endpoint.clone();
    books.inbox[hook.shop].get(&InboxKey { endpoint, id: receipt.to_owned() })
}

/// The order is of somebody who asked to be forgotten: what is left of it is less.
fn is_forgotten(world: &World, shop: usize, order: &str) -> bool {
    // What replaces something that came back is called after it.
    let is_of = |id: &str| order.strip_prefix(id).is_some_and(|rest| rest.is_empty() || rest.starts_with("-r"));
    let mut theirs = world.known.iter().filter(|known| known.shop == shop && is_of(known.id.as_str()));
    theirs.any(|known| world.is_forgotten(&known.customer))
}
