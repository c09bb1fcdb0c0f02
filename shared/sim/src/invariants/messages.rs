//! Who was told what.

use super::{Books, is_forgotten};
use crate::faults::Outgoing;
use crate::world::{Failure, World};
use app::notify::ways;
use app::ports::{Message, MessageId, MessageState};
use contracts::Payload;
use domain::ids::OrderId;
use std::collections::HashMap;

/// I9: who was told what, how often, and whether anybody was forgotten.
pub(super) fn messages(world: &mut World, books: &Books) {
    let (mails, texts, posts) = (world.memory.sent_mails(), world.memory.sent_texts(), world.memory.posts());
    let (mailed, texted, posted) = (world.faults.mails(), world.faults.texts(), world.faults.posts());
    if mails.len() != mailed.len() || texts.len() != texted.len() || posts.len() != posted.len() {
        let text = format!(
            "{} mails, {} booked; {} texts, {} booked; {} posts, {} booked",
            mails.len(),
            mailed.len(),
            texts.len(),
            texted.len(),
            posts.len(),
            posted.len()
        );
        world.fail("I9", None, text);
        return;
    }
    let mut times: HashMap<(u32, &str), u32> = HashMap::new();
    let mut broken: Vec<Failure> = Vec::new();
    let fail = |invariant, order, text| Failure { invariant, text, order };
    // What goes out without having been claimed tells of nothing that we know.
    let told = |outgoing: &Outgoing| {
        let index = *world.by_id.get(outgoing.event.as_ref()?)?;
        let event = &world.events[index as usize].event;
        let shop = world.shops.iter().position(|shop| shop.scope.tenant() == &event.tenant)?;
        Some((index, event, shop))
    };
    for (outgoing, mail) in mailed.iter().zip(&mails) {
        let known = told(outgoing).and_then(|(index, event, shop)| {
            let ledger = books.ledgers[shop].iter().find(|ledger| ledger.order.id.as_str() == event.subject)?;
            Some((index, event, shop, ledger))
        });
        let Some((index, event, shop, ledger)) = known else {
            broken.push(fail("I9", None, format!("a mail that tells of nothing went out: {outgoing:?}")));
            continue;
        };
        let about = Some((shop, ledger.order.id.clone()));
        let on_file = ledger.order.contact.as_ref().and_then(|contact| contact.email.as_ref());
        if on_file != Some(&mail.to) && !is_forgotten(world, shop, ledger.order.id.as_str()) {
            broken.push(fail("I9", about.clone(), format!("{} went to somebody who is not on file", event.id)));
        }
        let foreign = |name: &str| name != world.shops[shop].canary && (mail.text.contains(name) || mail.subject.contains(name));
        if world.shops.iter().any(|shop| foreign(shop.canary)) {
            broken.push(fail("I17", about.clone(), format!("the mail of {} names another tenant", event.id)));
        }
        let sent = times.entry((index, "email")).or_default();
        *sent += 1;
        if *sent > 1 {
            broken.push(fail("I9", about, format!("{} was mailed {sent} times", event.id)));
        }
    }
    for (outgoing, (channel, to, text)) in texted.iter().zip(&texts) {
        let known = told(outgoing).and_then(|(index, event, shop)| {
            let ledger = books.ledgers[shop].iter().find(|ledger| ledger.order.id.as_str() == event.subject)?;
            Some((index, event, shop, ledger))
        });
        let Some((index, event, shop, ledger)) = known else {
            broken.push(fail("I9", None, format!("a text that tells of nothing went out: {outgoing:?}")));
            continue;
        };
        let about = Some((shop, ledger.order.id.clone()));
        let agreed = ledger.order.contact.as_ref().and_then(|contact| contact.reach(*channel));
        if agreed != Some(to.as_str()) && !is_forgotten(world, shop, ledger.order.id.as_str()) {
            broken.push(fail("I9", about.clone(), format!("{} went to somebody who has not agreed to it", event.id)));
        }
        if !text.ends_with(&format!("-{} shop", world.shops[shop].canary)) || text.chars().count() > 150 {
            broken.push(fail("I17", about.clone(), format!("the text of {} is not this shop's: {text:?}", event.id)));
        }
        let sent = times.entry((index, channel.name())).or_default();
        *sent += 1;
        if *sent > 1 {
            broken.push(fail("I9", about, format!("{} was texted {sent} times", event.id)));
        }
    }
    for (outgoing, (webhook, text)) in posted.iter().zip(&posts) {
        let Some((index, event, shop)) = told(outgoing) else {
            broken.push(fail("I9", None, format!("a post that tells of nothing went out: {outgoing:?}")));
            continue;
        };
        let about = OrderId::parse(&event.subject).ok().map(|id| (shop, id));
        let ours = world.shops[shop].config.notify.slack_webhook.as_ref().is_some_and(|secret| secret.expose() == webhook);
        if !ours {
            broken.push(fail("I9", about.clone(), format!("{} was posted to a channel of another tenant", event.id)));
        }
        if world.shops.iter().any(|other| other.canary != world.shops[shop].canary && text.contains(other.canary)) {
            broken.push(fail("I17", about.clone(), format!("the post of {} names another tenant", event.id)));
        }
        let sent = times.entry((index, "slack")).or_default();
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
            let ways: Vec<&str> = ways(&ledger.order, &world.shops[shop].config).iter().map(|way| way.channel.name()).collect();
            for event in &ledger.expected {
                // News goes to the customer and the team, and what is newer may overtake it; a wish that the customer
                // be told goes to them alone and is always carried out.
                let (posted, word) = match &event.payload {
                    Payload::OrderLabelChanged(changed) if changed.notify => (notify.slack_webhook.is_some(), Some(&changed.to)),
                    Payload::OrderNotifyRequested(_) => (false, None),
                    _ => continue,
                };
                // Whom to tell is forgotten: what died on the way to them stays as it was.
                if is_forgotten(world, shop, id.as_str()) {
                    continue;
                }
                let tag = world.by_id.get(&event.id).copied().unwrap_or(u32::MAX);
                let later = &ledger.labels[(event.aggregateversion as usize).min(ledger.labels.len())..];
                let superseded = word.is_some_and(|word| later.iter().any(|label| label.text() != word));
                let state_on = |channel: &str| {
                    told.iter().find(|(id, _)| id.event == event.id && id.channel == channel).map(|(_, message)| &message.state)
                };
                // A way that is refused leads to the next one; nothing goes by those after the one that was taken.
                let taken = ways.iter().position(|way| !matches!(state_on(way), Some(MessageState::Refused { .. }))).unwrap_or(ways.len());
                let to_customer = ways.iter().take(taken + 1).copied();
                for way in ways.iter().skip(taken + 1) {
                    if state_on(way).is_some() || times.contains_key(&(tag, *way)) {
                        let text = format!("{} went by {way} though {} had taken it", event.id, ways[taken]);
                        broken.push(fail("I9", Some((shop, id.clone())), text));
                    }
                }
                for channel in to_customer.chain(posted.then_some("slack")) {
                    let sent = times.get(&(tag, channel)).copied().unwrap_or(0);
                    let state = state_on(channel);
                    let right = match state {
                        Some(MessageState::Sent { .. } | MessageState::Delivered { .. } | MessageState::Opened { .. }) => sent == 1,
                        Some(MessageState::Bounced { .. }) => sent == 1,
                        Some(MessageState::Suppressed { .. } | MessageState::Refused { .. }) => sent == 0,
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
