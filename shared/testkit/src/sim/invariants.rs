//! What must be true when a world has come to rest, whatever it has been through.
//!
//! Each check takes the promise literally and recomputes it from the other end: orders from their histories,
//! tracks from what the senders said, events from commits, figures from orders.

use super::story::{Ending, Hook, Letter};
use super::world::{Failure, World};
use app::measure::{DAYS, LABELS, MOVES, deltas};
use app::ports::{Delta, InboxEntry, InboxKey, InboxState, Message, MessageId, MessageState, MetricStore};
use app::publish::of_commit;
use contracts::{Envelope, Payload};
use domain::ids::{EventId, OrderId};
use domain::order::{Claim, Fact, Label, Order, OrderEvent, OrderStatus, Recorded, StatusClaim, Track, Tracks};
use futures::FutureExt;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet};

/// The invariants that are checked at rest, each in a sentence.
pub const INVARIANTS: [(&str, &str); 10] = [
    ("I5", "a 2xx to a webhook means a durable inbox row, later processed or visibly parked"),
    ("I6", "whatever the order of arrival, with duplicates, the state is the same"),
    ("I7", "status moves only along declared edges"),
    ("I8", "committed means published at least once, nothing else is published, and figures count each once"),
    ("I9", "at most one message per event, channel and recipient, to the right one, and none forgotten"),
    ("I10", "one idempotency key: one order, one answer"),
    ("I11", "exactly the records that failed are reported"),
    ("I15", "once the faults stop, everything drains in bounded time"),
    ("I17", "nothing of one tenant in anything of another"),
    ("I22", "an audit entry per state change, without gaps, from which the order can be rebuilt"),
];

struct Ledger {
    order: Order,
    history: Vec<Recorded>,
    /// The label after each commit.
    labels: Vec<Label>,
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
    requests(world, &books);
    webhooks(world, &books);
    histories(world, &books);
    tracks(world, &books);
    published(world, &books);
    figures(world, &books);
    messages(world, &books);
    promises(world, &books);
    if world.seed.is_multiple_of(4) {
        tenants(world);
    }
    garbage(world);
}

fn open(world: &mut World) -> Books {
    let mut books = Books { ledgers: Vec::new(), inbox: Vec::new() };
    for shop in 0..world.shops.len() {
        let scope = world.shops[shop].scope.clone();
        let zone = world.shops[shop].config.zone();
        let mut ledgers = Vec::new();
        for order in world.memory.all_orders(&scope) {
            let history = world.memory.history(&scope, &order.id);
            let (mut labels, mut expected) = (Vec::new(), Vec::new());
            let mut replayed: Option<Order> = None;
            for recorded in &history {
                let before = replayed.as_ref().map(Order::label);
                let after = match replayed.take() {
                    Some(mut order) => {
                        order.apply_commit(&recorded.events, recorded.at);
                        Some(order)
                    }
                    None => recorded.events.first().and_then(|event| Order::born(event, None, recorded.at)).map(|mut order| {
                        order.apply_commit(&recorded.events[1..], recorded.at);
                        order
                    }),
                };
                let Some(after) = after else {
                    world.fail("I22", Some((shop, order.id.clone())), "the history does not begin with a placement".to_owned());
                    break;
                };
                labels.push(after.label());
                expected.extend(of_commit(scope.tenant(), before, &after, recorded, &zone));
                replayed = Some(after);
            }
            let mut head = order.clone();
            head.contact = None;
            if replayed.as_ref() != Some(&head) {
                world.fail("I22", Some((shop, order.id.clone())), format!("replayed {replayed:?}, stored {head:?}"));
            }
            ledgers.push(Ledger { order, history, labels, expected });
        }
        books.ledgers.push(ledgers);
        books.inbox.push(world.memory.inbox_entries(&scope).into_iter().map(|entry| (entry.key.clone(), entry)).collect());
    }
    books
}

/// I10: the same key, the same answer, and exactly one order per key that was to have one.
fn requests(world: &mut World, books: &Books) {
    let mut wished = vec![0; world.shops.len()];
    for at in 0..world.asked.len() {
        let request = world.asked[at].request.clone();
        match (request.ends, world.asked[at].response.clone()) {
            (Ending::Placed, Some(number)) => {
                wished[request.shop] += 1;
                let found = books.ledgers[request.shop].iter().find(|ledger| ledger.order.id.as_str() == number);
                let ours = found.is_some_and(|ledger| ledger.history.first().is_some_and(|first| first.correlation == request.correlation));
                if !ours {
                    world.fail("I10", None, format!("the answer was {number}, but that order is not this request's"));
                }
            }
            (Ending::Placed, None) => world.fail("I10", None, format!("request {} was never answered", request.correlation)),
            (Ending::Taken | Ending::KeyReused, _) => {
                if !world.asked[at].refused {
                    world.fail("I10", None, format!("request {} should have been refused", request.correlation));
                }
            }
        }
    }
    for (shop, wished) in wished.into_iter().enumerate() {
        let placed = books.ledgers[shop].len();
        if placed != wished {
            world.fail("I10", None, format!("{} asked for {wished} orders and has {placed}", world.shops[shop].canary));
        }
    }
}

fn entry<'a>(world: &World, books: &'a Books, hook: &Hook, receipt: &str) -> Option<&'a InboxEntry> {
    let endpoint = world.shops[hook.shop].senders[hook.sender].endpoint.clone();
    books.inbox[hook.shop].get(&InboxKey { endpoint, id: receipt.to_owned() })
}

/// I5: what was acknowledged is there, word for word, and is applied or parked for the right reason.
fn webhooks(world: &mut World, books: &Books) {
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
        if entry.body != hook.body {
            world.fail("I5", order.clone(), format!("webhook {} is not in the inbox as it was sent", hook.id));
        }
        let right = match (&entry.state, hook.letter.parked_as()) {
            (InboxState::Done, None) => true,
            (InboxState::Parked { code, reason }, Some(expected)) => code == expected && !reason.is_empty(),
            _ => false,
        };
        if !right {
            world.fail("I5", order, format!("{:?} webhook {} of {} ended as {:?}", hook.letter, hook.id, hook.order, entry.state));
        }
    }
}

/// I7 and I22: versions without gaps, every commit says something, every move is declared.
fn histories(world: &mut World, books: &Books) {
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
        OrderEvent::StatusCorrected { from, to, .. } | OrderEvent::Reconciled { from, to, .. } => (*from, *to, None),
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
fn tracks(world: &mut World, books: &Books) {
    let mut said: HashMap<(usize, String), Vec<Fact>> = HashMap::new();
    for sent in &world.sent {
        let hook = &sent.hook;
        let (Letter::Good, Some(receipt)) = (hook.letter, &sent.receipt) else { continue };
        let (Some(entry), Some(claim)) = (entry(world, books, hook, receipt), claimed(world, hook)) else { continue };
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
                    let facts = said.remove(&(shop, order.id.to_string())).unwrap_or_default();
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
                    folded(base.tracks, facts.collect(), digital)
                }
            };
            if expected != order.tracks {
                world.fail("I6", Some((shop, order.id.clone())), format!("should be {expected:?}, is {:?}", order.tracks));
            }
        }
    }
}

fn is_decision(event: &OrderEvent) -> bool {
    matches!(event, OrderEvent::StatusChanged { decided: true, .. } | OrderEvent::StatusCorrected { .. })
}

/// I8: everything committed is on the bus as the commit says, and nothing else is.
fn published(world: &mut World, books: &Books) {
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

type Figures = BTreeMap<String, BTreeMap<String, i64>>;

fn add(figures: &mut Figures, delta: &Delta) {
    *figures.entry(delta.point.clone()).or_default().entry(delta.field.clone()).or_default() += delta.by;
}

fn without_zeros(mut figures: Figures) -> Figures {
    figures.values_mut().for_each(|fields| fields.retain(|_, value| *value != 0));
    figures.retain(|_, fields| !fields.is_empty());
    figures
}

/// I8, the consumer's half: every figure equals a recount, from the orders where that is possible.
fn figures(world: &mut World, books: &Books) {
    for shop in 0..books.ledgers.len() {
        let scope = world.shops[shop].scope.clone();
        let mut expected: HashMap<String, Figures> = HashMap::new();
        for ledger in &books.ledgers[shop] {
            for delta in ledger.expected.iter().flat_map(deltas) {
                add(expected.entry(delta.series.clone()).or_default(), &delta);
            }
        }
        let mut labels = Figures::new();
        for ledger in &books.ledgers[shop] {
            let (order, fields) = (&ledger.order, labels.entry(ledger.order.label().text().to_owned()).or_default());
            *fields.entry("orders".to_owned()).or_default() += 1;
            *fields.entry(format!("value:{}", order.totals.currency.code())).or_default() += order.totals.total_minor;
        }
        expected.insert(LABELS.to_owned(), labels);
        for series in [LABELS, DAYS, MOVES, app::measure::CHANNELS] {
            let counted = world.memory.metrics().series(&scope, series, "", "\u{10ffff}").now_or_never();
            let counted: Figures =
                counted.and_then(Result::ok).unwrap_or_default().into_iter().map(|point| (point.point, point.fields)).collect();
            let (counted, recounted) = (without_zeros(counted), without_zeros(expected.remove(series).unwrap_or_default()));
            if counted != recounted {
                let text = format!("{} of {}: counted {counted:?}, recounted {recounted:?}", series, world.shops[shop].canary);
                world.fail("I8", None, text);
            }
        }
    }
}

/// I9: who was told what, how often, and whether anybody was forgotten.
fn messages(world: &mut World, books: &Books) {
    let (mails, posts) = (world.memory.sent_mails(), world.memory.posts());
    let (mail_tags, post_tags) = (world.faults.mail_tags(), world.faults.post_tags());
    if mails.len() != mail_tags.len() || posts.len() != post_tags.len() {
        let text = format!("{} mails, {} booked; {} posts, {} booked", mails.len(), mail_tags.len(), posts.len(), post_tags.len());
        world.fail("I9", None, text);
        return;
    }
    let mut times: HashMap<(u32, &str), u32> = HashMap::new();
    let mut broken: Vec<Failure> = Vec::new();
    let fail = |invariant, order, text| Failure { invariant, text, order };
    let shop_of = |world: &World, tag: u32| {
        let event = &world.events.get(tag as usize)?.event;
        world.shops.iter().position(|shop| shop.scope.tenant() == &event.tenant)
    };
    for (tag, mail) in mail_tags.iter().zip(&mails) {
        let Some(shop) = shop_of(world, *tag) else { continue };
        let event = &world.events[*tag as usize].event;
        let Some(ledger) = books.ledgers[shop].iter().find(|ledger| ledger.order.id.as_str() == event.subject) else { continue };
        let about = Some((shop, ledger.order.id.clone()));
        let on_file = ledger.order.contact.as_ref().and_then(|contact| contact.email.as_ref());
        if on_file != Some(&mail.to) {
            broken.push(fail("I9", about.clone(), format!("{} went to somebody who is not on file", event.id)));
        }
        let foreign = |name: &str| name != world.shops[shop].canary && (mail.text.contains(name) || mail.subject.contains(name));
        if world.shops.iter().any(|shop| foreign(shop.canary)) {
            broken.push(fail("I17", about.clone(), format!("the mail of {} names another tenant", event.id)));
        }
        let sent = times.entry((*tag, "email")).or_default();
        *sent += 1;
        if *sent > 1 {
            broken.push(fail("I9", about, format!("{} was mailed {sent} times", event.id)));
        }
    }
    for (tag, (webhook, text)) in post_tags.iter().zip(&posts) {
        let Some(shop) = shop_of(world, *tag) else { continue };
        let event = &world.events[*tag as usize].event;
        let about = OrderId::parse(&event.subject).ok().map(|id| (shop, id));
        let ours = world.shops[shop].config.notify.slack_webhook.as_ref().is_some_and(|secret| secret.expose() == webhook);
        if !ours {
            broken.push(fail("I9", about.clone(), format!("{} was posted to a channel of another tenant", event.id)));
        }
        if world.shops.iter().any(|other| other.canary != world.shops[shop].canary && text.contains(other.canary)) {
            broken.push(fail("I17", about.clone(), format!("the post of {} names another tenant", event.id)));
        }
        let sent = times.entry((*tag, "slack")).or_default();
        *sent += 1;
        if *sent > 1 {
            broken.push(fail("I9", about, format!("{} was posted {sent} times", event.id)));
        }
    }
    for shop in 0..books.ledgers.len() {
        let (scope, notify) = (world.shops[shop].scope.clone(), world.shops[shop].config.notify.clone());
        for ledger in &books.ledgers[shop] {
            let id = &ledger.order.id;
            let told: HashMap<MessageId, Message> =
                world.memory.messages_about(&scope, id.as_str()).into_iter().map(|message| (message.id.clone(), message)).collect();
            let mailed = ledger.order.contact.as_ref().is_some_and(|contact| contact.email.is_some()) && notify.email;
            for event in &ledger.expected {
                // News goes to the customer and the team, and what is newer may overtake it; a wish that the customer
                // be told goes to them alone and is always carried out.
                let (posted, word) = match &event.payload {
                    Payload::OrderLabelChanged(changed) if changed.notify => (notify.slack_webhook.is_some(), Some(&changed.to)),
                    Payload::OrderNotifyRequested(_) => (false, None),
                    _ => continue,
                };
                for (channel, wanted) in [("email", mailed), ("slack", posted)] {
                    if !wanted {
                        continue;
                    }
                    let tag = world.by_id.get(&event.id).copied().unwrap_or(u32::MAX);
                    let sent = times.get(&(tag, channel)).copied().unwrap_or(0);
                    let state =
                        told.iter().find(|(id, _)| id.event == event.id && id.channel == channel).map(|(_, message)| &message.state);
                    let later = &ledger.labels[(event.aggregateversion as usize).min(ledger.labels.len())..];
                    let superseded = word.is_some_and(|word| later.iter().any(|label| label.text() != word));
                    let right = match state {
                        Some(MessageState::Sent { .. }) => sent == 1,
                        Some(MessageState::Suppressed { .. }) => sent == 0,
                        Some(MessageState::Unknown) => sent <= 1,
                        // Overtaken by newer news between two attempts; nobody settles these any more.
                        // Everything was delivered in the end: nothing may still be under way or waiting to be tried.
                        Some(MessageState::Failed { .. } | MessageState::Sending { .. }) => false,
                        None => superseded && sent == 0,
                    };
                    if !right {
                        let text = format!("{} by {channel}: {state:?}, went out {sent} times, superseded: {superseded}", event.id);
                        broken.push(fail("I9", Some((shop, id.clone())), text));
                    }
                }
            }
        }
    }
    for Failure { invariant, text, order } in broken {
        world.fail(invariant, order, text);
    }
}

/// I22: what staff were told had changed is in the history, once.
fn promises(world: &mut World, books: &Books) {
    for (shop, order, correlation) in world.promised.clone() {
        let ledger = books.ledgers[shop].iter().find(|ledger| ledger.order.id == order);
        let entries = ledger.map_or(0, |ledger| ledger.history.iter().filter(|recorded| recorded.correlation == correlation).count());
        if entries == 0 {
            world.fail("I22", Some((shop, order)), format!("{correlation} was told of a change that is not in the history"));
        }
    }
}

/// I17: no canary of one tenant in anything that is kept of another.
fn tenants(world: &mut World) {
    for shop in 0..world.shops.len() {
        let everything = world.memory.everything(&world.shops[shop].scope.clone());
        for other in 0..world.shops.len() {
            let canary = world.shops[other].canary;
            if other != shop && everything.contains(canary) {
                world.fail("I17", None, format!("{canary} turns up in what is kept of {}", world.shops[shop].canary));
            }
        }
    }
}

/// I5, for what is no message at all: it is parked with a reason, not lost.
fn garbage(world: &mut World) {
    let parked = world.lot.parked();
    let silent = parked.iter().filter(|(_, reason)| reason.is_empty()).count();
    if (parked.len() as u64) < world.garbage || silent > 0 {
        let text = format!("{} unreadable messages, {} parked, {silent} of them without a reason", world.garbage, parked.len());
        world.fail("I5", None, text);
    }
}
