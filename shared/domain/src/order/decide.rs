//! The one function that says what follows from a command.

use super::cancelling;
use super::clocks;
use super::command::{ChangeStatus, Command, CorrectStatus, Role};
use super::event::{Cause, OrderEvent};
use super::exceptions;
use super::fact::{Fact, Heard, StatusClaim, Tracks};
use super::fulfilling;
use super::paying;
use super::photo::{PHOTOS_MAX, PhotoKind};
use super::rejection::Rejection;
use super::returning;
use super::review::{self, ReviewCommand, ReviewEvent, ReviewOutcome};
use super::saga::{self, SagaCommand};
use super::status::{OrderStatus, Track};
use super::timers::{AFTER_DELIVERY, Cancelled, MORNING, TEXT_CHARS_MAX, TIMERS_MAX, Timer, Wake};
use super::watch::{Concern, WatchRules, Watched};
use super::{Contact, Label, NotifyWish, Order};
use crate::hash::fnv1a;
use crate::ids::{DecisionId, PhotoId, TimerId};
use crate::notify::{Channel, MessageKind};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

/// How far ahead of us a sender's clock may be.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(10);

/// The same wish to tell the customer the same within this is one wish: a double click, a retry after a lost
/// reply.
pub const NOTIFY_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);

/// For so many days after the promised one a customer is told by itself that it has passed. An old order that is imported is no news.
pub const LATE_IS_NEWS_DAYS: u32 = 7;

/// A correction that takes an order back within this says that the rule was wrong which had moved it.
pub const OVERRULED_WITHIN: SignedDuration = SignedDuration::from_hours(72);

/// How long a person may take back what a rule did.
pub const UNDO_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// What follows from a command: events, or why not. No events means that nothing changes (a fact heard
/// before, a status it has already).
pub fn decide(order: Option<&Order>, command: &Command, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let mut events = asked(order, command, now)?;
    // A worker may have come to give back the rest of what an order held.
    let decided = |event: &OrderEvent| {
        let of_money = matches!(event, OrderEvent::PaymentChanged { .. } | OrderEvent::Money { .. });
        of_money || matches!(event, OrderEvent::Review { event: ReviewEvent::Decided { .. } })
    };
    // What has left with a parcel, or is not sent any more, is not set aside any more.
    let of_goods = |event: &OrderEvent| match event {
        OrderEvent::LinesCancelled { .. } => true,
        OrderEvent::Fulfilment { event } => !event.is_aside(),
        _ => false,
    };
    let may_end = events.iter().any(|event| event.moves() || decided(event) || of_goods(event))
        || matches!(command, Command::Saga(SagaCommand::Proceed { .. }));
    let concerns = |order: &&Order| !order.timers.is_empty() && !events.is_empty() || may_end;
    if let Some(order) = order.filter(concerns) {
        let mut after = order.clone();
        events.iter().for_each(|event| after.evolve(event, now));
        if may_end {
            let rest_off = calls_off_rest(order, command, &events);
            if rest_off && after.tracks.status == OrderStatus::Shipped {
                let off = fulfilling::rest_called_off(&after);
                off.iter().for_each(|event| after.evolve(event, now));
                events.extend(off);
            }
            let stocked = events.iter().any(|event| matches!(event, OrderEvent::Saga { event } if event.stock().is_some()));
            let followed = saga::follow(&after, (rest_off, stocked), now);
            followed.iter().for_each(|event| after.evolve(event, now));
            events.extend(followed);
        }
        // Of less than it was, more may be paid than it seemed.
        if events.iter().any(|event| matches!(event, OrderEvent::LinesCancelled { .. })) {
            let restated = paying::restated(&after, now);
            restated.iter().for_each(|event| after.evolve(event, now));
            events.extend(restated);
        }
        // What was to happen later may have lost its reason.
        events.extend(after.idle_timers());
    }
    Ok(events)
}

/// Part of it has left, and the rest is called off.
fn calls_off_rest(order: &Order, command: &Command, events: &[OrderEvent]) -> bool {
    let off = match command {
        // All that could be called off by line is all that is left of it.
        Command::CancelLines { .. } => !events.iter().any(|event| matches!(event, OrderEvent::LinesCancelled { .. })),
        Command::Change(change) => change.to == OrderStatus::Cancelled,
        Command::Hear { fact, .. } => matches!(fact.claim.status, Some(StatusClaim::Is(OrderStatus::Cancelled) | StatusClaim::Refunded)),
        _ => false,
    };
    off && order.tracks.status == OrderStatus::PartiallyShipped
}

fn asked(order: Option<&Order>, command: &Command, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    match (order, command) {
        (None, Command::Place(placement)) => Ok(placement.as_events()),
        (Some(order), Command::Place(_)) => Err(Rejection::AlreadyPlaced { id: order.id.clone() }),
        (None, _) => Err(Rejection::NotPlaced),
        (Some(order), Command::Hear { fact, notify }) => hear(order, fact, *notify, now),
        (Some(order), Command::Change(change)) => change_status(order, change),
        (Some(order), Command::Correct(correction)) => correct(order, correction, now),
        (Some(order), Command::Undo { note }) => undo(order, note.as_ref(), now),
        (Some(order), Command::Judge { decision, agrees, note }) => judge(order, decision, *agrees, note.as_ref()),
        (Some(order), Command::Reply { channel, text }) => Ok(reply(order, *channel, text)),
        (Some(order), Command::AddPhoto { kind, photo }) => add_photo(order, *kind, photo),
        (Some(order), Command::Notify { by, kind, text }) => notify(order, by, (*kind, text.as_ref()), now),
        (Some(order), Command::Set { timer }) => set(order, timer),
        (Some(order), Command::Cancel { timer, why }) => {
            order.timer(timer).ok_or(Rejection::NoSuchTimer)?;
            Ok(vec![OrderEvent::TimersCancelled { ids: vec![timer.clone()], why: *why }])
        }
        (Some(order), Command::Wake { timer }) => Ok(wake(order, timer, now)),
        (Some(order), Command::Rate { score }) => rate(order, *score),
        (Some(order), Command::Raise { rules, zone }) => Ok(raise(order, rules, zone, now)),
        (Some(order), Command::Tick { rules, zone, placed }) => {
            Ok(clocks::tick(order, rules, zone, placed, now).map(|event| OrderEvent::Sla { event }).into_iter().collect())
        }
        (Some(order), Command::Told { channel }) => {
            let told = (!order.told || order.untold).then(|| OrderEvent::CustomerTold { channel: channel.clone() });
            Ok(told.into_iter().chain(no_longer_waits(order)).collect())
        }
        (Some(order), Command::Lost { channel, kind, not_by, again, told }) => Ok(lost(order, (*channel, *kind), not_by, *again, *told)),
        (Some(order), Command::Saga(SagaCommand::Proceed { facts, rules })) => Ok(saga::proceed(order, facts, rules, now)),
        (Some(order), Command::Saga(SagaCommand::Nudge)) => Ok(saga::nudge(order, now)),
        (Some(order), Command::Fulfil(command)) => fulfilling::fulfil(order, command, now),
        (Some(order), Command::CancelLines { lines, note, notify }) => {
            cancelling::cancel_lines(order, lines, (note.as_deref(), *notify), now)
        }
        (Some(order), Command::Return(command)) => returning::give_back(order, command, now),
        (Some(order), Command::Money(command)) => paying::money(order, command, now),
        (Some(order), Command::Review(command)) => reviewed(order, command, now),
        (Some(order), Command::Exception(command)) => exceptions::decide(order, command, now),
        (Some(order), Command::EraseContact) => Ok(if order.contact.is_some() { vec![OrderEvent::ContactErased] } else { Vec::new() }),
    }
}

/// A yes lets it go on, if nothing else holds it back; a no ends it, where that is what was asked.
fn reviewed(order: &Order, command: &ReviewCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let said = review::decide(order, command, now)?;
    let mut after = order.clone();
    said.iter().for_each(|event| after.reviewed(event, now));
    let follows = said.iter().flat_map(|event| {
        let kind = after.review(event.review()).map(|review| (review.kind, review.exception.is_some()));
        match (event, kind) {
            (ReviewEvent::Decided { outcome: ReviewOutcome::Approved, .. }, Some(kind)) => saga::approved(&after, kind, now),
            (ReviewEvent::Decided { outcome: ReviewOutcome::Rejected, .. }, Some(kind)) => saga::rejected(&after, kind, now),
            _ => Vec::new(),
        }
    });
    let follows: Vec<OrderEvent> = follows.collect();
    Ok(said.into_iter().map(|event| OrderEvent::Review { event }).chain(follows).collect())
}

/// What nobody has heard of yet. A customer whose promised day has passed hears it before they ask, if the shop wants that: once for a
/// promise, and of none that is older than anybody still waits for.
fn raise(order: &Order, rules: &WatchRules, zone: &TimeZone, now: Timestamp) -> Vec<OrderEvent> {
    let mut concerns = Watched::of(order).concerns(rules, zone, now);
    concerns.retain(|held| order.raised.get(&held.concern) != Some(&held.basis));
    if concerns.is_empty() {
        return Vec::new();
    }
    let (label, kind) = (order.label(), MessageKind::Delay);
    let days = order.days_late(now.to_zoned(zone.clone()).date());
    let is_news = concerns.iter().any(|held| held.concern == Concern::Overdue) && days.is_some_and(|days| days <= LATE_IS_NEWS_DAYS);
    let is_reachable = order.contact.as_ref().is_some_and(Contact::is_reachable);
    let wish = OrderEvent::NotifyRequested { label, kind, text: None, waited: false, not_by: Vec::new(), by_rule: true };
    let tells = rules.tell_late && is_news && is_reachable && order.is_promised() && waits_for_us(label);
    std::iter::once(OrderEvent::AttentionRaised { concerns }).chain(tells.then_some(wish)).collect()
}

/// Is it the shop, or its carrier, that the customer waits for? Who has heard already that it is late, could fetch it, or is being looked into,
/// is not told that we are working on it.
pub(super) const fn waits_for_us(label: Label) -> bool {
    matches!(
        label,
        Label::Received
            | Label::Processing
            | Label::ReadyToShip
            | Label::PartlyShipped
            | Label::Shipped
            | Label::InTransit
            | Label::OutForDelivery
            | Label::DeliveryFailed
    )
}

/// It is said again as the order stands now, as long as it is still so and nothing newer has reached them; words of the shop's own
/// are a person's to say again.
fn lost(order: &Order, (channel, kind): (Channel, MessageKind), not_by: &[Channel], again: bool, told: bool) -> Vec<OrderEvent> {
    if order.contact.is_none() {
        return Vec::new();
    }
    let label = order.label();
    let holds = kind != MessageKind::Custom && kind.is_true_of(label) && (kind != MessageKind::FollowUp || order.no_follow_up().is_none());
    let wish = OrderEvent::NotifyRequested { label, kind, text: None, waited: false, not_by: not_by.to_vec(), by_rule: true };
    std::iter::once(OrderEvent::NotReached { channel, told }).chain((again && holds && !told).then_some(wish)).collect()
}

pub(super) fn hear(order: &Order, fact: &Fact, notify: bool, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    if fact.occurred_at > now + CLOCK_SKEW {
        return Err(Rejection::FromTheFuture);
    }
    let Some(heard) = order.log.hear(fact) else { return Ok(Vec::new()) };
    let fact = &held_to(order, fact);
    let mut events = vec![OrderEvent::FactHeard { fact: fact.clone(), heard, notify }];
    if heard == Heard::Superseded {
        return Ok(events);
    }
    let digital = order.all_digital();
    let mut log = order.log.clone();
    log.insert(fact.clone(), digital);
    let mut after = log.fold(digital);
    after.payment = paying::collected(order).unwrap_or(after.payment);
    // What is done in the house is not taken back by who looks on.
    if !order.consignments.is_empty() && order.tracks.fulfilment.way_to(after.fulfilment).is_none() {
        after.fulfilment = order.tracks.fulfilment;
    }
    differences(&order.tracks, &after, digital, fact, notify, &mut events);
    Ok(events)
}

/// What of a fact counts while people decide: money, warehouse and parcel go their way, but the order can only wait, end, or turn
/// out to have left.
fn held_to(order: &Order, fact: &Fact) -> Fact {
    let passes = |to: OrderStatus| to.has_shipped() || matches!(to, OrderStatus::OnHold | OrderStatus::Cancelled | OrderStatus::Failed);
    let moves_on = matches!(fact.claim.status, Some(StatusClaim::Is(to)) if !passes(to));
    let mut fact = fact.clone();
    // Money is never believed from a webhook: the provider is asked.
    if paying::collected(order).is_some() {
        fact.claim.payment = None;
    }
    if moves_on && !order.held_back_by().is_empty() {
        fact.claim.status = None;
    }
    fact
}

/// The events that lead from one set of tracks to another.
fn differences(before: &Tracks, after: &Tracks, digital: bool, fact: &Fact, notify: bool, events: &mut Vec<OrderEvent>) {
    if before.status != after.status {
        let (from, to) = (before.status, after.status);
        let shortcut = digital && from == OrderStatus::Processing && to == OrderStatus::Delivered;
        let way = if shortcut { Some(vec![to]) } else { from.way_to(to) };
        events.push(match way {
            Some(mut way) => {
                way.pop();
                let cause = Cause::Fact { source: fact.source.clone() };
                OrderEvent::StatusChanged { from, to, via: way, cause, decided: false, notify }
            }
            None => OrderEvent::Reconciled { from, to, source: fact.source.clone() },
        });
    }
    if before.payment != after.payment {
        events.push(OrderEvent::PaymentChanged { from: before.payment, to: after.payment });
    }
    if before.fulfilment != after.fulfilment {
        events.push(OrderEvent::FulfilmentChanged { from: before.fulfilment, to: after.fulfilment });
    }
    if before.tracking != after.tracking {
        events.push(OrderEvent::TrackingChanged { from: before.tracking, to: after.tracking });
    }
    match (before.delayed, after.delayed) {
        (was, Some(delay)) if was != Some(delay) => events.push(OrderEvent::DelayNoticed { since: delay.since }),
        (Some(_), None) => events.push(OrderEvent::DelayCleared),
        _ => {}
    }
    if before.eta != after.eta {
        events.push(OrderEvent::EtaChanged { from: before.eta, to: after.eta });
    }
}

pub(super) fn change_status(order: &Order, change: &ChangeStatus) -> Result<Vec<OrderEvent>, Rejection> {
    let from = order.tracks.status;
    if from == change.to {
        return Ok(Vec::new());
    }
    let allowed = order.allowed();
    let held_back = order.held_back_by();
    if !held_back.is_empty() && !allowed.contains(&change.to) {
        return Err(Rejection::UnderReview { kinds: held_back });
    }
    let leaves = change.to.has_shipped() || change.to == OrderStatus::ReadyToShip;
    if leaves && order.is_in_workflow() {
        return Err(Rejection::StillChecked);
    }
    let implied = || if change.implied_steps { from.way_to(change.to) } else { None };
    let via = if allowed.contains(&change.to) {
        Vec::new()
    } else if let Some(mut way) = implied() {
        way.pop();
        way
    } else {
        return Err(Rejection::NotAllowed { from, to: change.to, allowed });
    };
    // What has left cannot be called off: the rest is, and the order closes as shipped.
    let rest_only = from == OrderStatus::PartiallyShipped && change.to == OrderStatus::Cancelled;
    let to = if rest_only { OrderStatus::Shipped } else { change.to };
    Ok(vec![OrderEvent::StatusChanged { from, to, via, cause: change.cause.clone(), decided: true, notify: change.notify }])
}

fn correct(order: &Order, correction: &CorrectStatus, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    if correction.role < Role::Manager {
        return Err(Rejection::ManagerRequired);
    }
    let reason = correction.reason.trim();
    if !(3..=500).contains(&reason.chars().count()) {
        return Err(Rejection::ReasonRequired);
    }
    if order.tracks.status == correction.to {
        return Ok(Vec::new());
    }
    let held_back = order.held_back_by();
    if !held_back.is_empty() && !matches!(correction.to, OrderStatus::OnHold | OrderStatus::Cancelled | OrderStatus::Failed) {
        return Err(Rejection::UnderReview { kinds: held_back });
    }
    // A step that was right may be followed by others: only going back soon says that it was wrong.
    let back = correction.to.percent() < order.tracks.status.percent() || correction.to == OrderStatus::OnHold;
    let overruled = order.standing().filter(|ruled| back && now.duration_since(ruled.at) <= OVERRULED_WITHIN);
    let overrules = overruled.map(|ruled| ruled.decision.clone());
    Ok(vec![OrderEvent::StatusCorrected { from: order.tracks.status, to: correction.to, reason: reason.to_owned(), overrules }])
}

fn undo(order: &Order, note: Option<&String>, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let ruled = order.standing().ok_or(Rejection::NothingToUndo)?;
    // A clock that was set back makes no time longer than it is.
    if now.duration_since(ruled.at) > UNDO_WITHIN {
        return Err(Rejection::UndoTooLate);
    }
    let (from, to, decision) = (order.tracks.status, ruled.from, ruled.decision.clone());
    Ok(vec![OrderEvent::StatusUndone { from, to, decision, note: note.cloned() }])
}

fn judge(order: &Order, decision: &DecisionId, agrees: bool, note: Option<&String>) -> Result<Vec<OrderEvent>, Rejection> {
    let ruled = order.ruled.iter().find(|ruled| ruled.decision == *decision).ok_or(Rejection::NoSuchDecision)?;
    match ruled.verdict {
        None => Ok(vec![OrderEvent::DecisionJudged { decision: decision.clone(), agrees, note: note.cloned() }]),
        Some(verdict) if verdict.agrees() == agrees => Ok(Vec::new()),
        Some(_) => Err(Rejection::JudgedBefore),
    }
}

fn set(order: &Order, timer: &Timer) -> Result<Vec<OrderEvent>, Rejection> {
    if order.contact.as_ref().is_none_or(|contact| !contact.is_reachable()) {
        return Err(Rejection::NoAddress);
    }
    if let Wake::FollowUp { text } = &timer.wake {
        if let Some(why) = order.no_follow_up() {
            return Err(Rejection::NoFollowUp { why });
        }
        text.as_deref().map_or(Ok(()), is_sayable)?;
    }
    let ours = matches!(timer.id.as_str(), AFTER_DELIVERY | MORNING);
    match order.timer(&timer.id) {
        Some(known) if known == timer => Ok(Vec::new()),
        None if !ours && order.set_by_people() >= TIMERS_MAX => Err(Rejection::TooManyTimers),
        _ => Ok(vec![OrderEvent::TimerSet { timer: timer.clone() }]),
    }
}

/// Nothing, if it is not to happen any more, or not yet: whoever comes late or twice does no harm.
fn wake(order: &Order, id: &TimerId, now: Timestamp) -> Vec<OrderEvent> {
    let Some(timer) = order.timer(id).filter(|timer| timer.at <= now) else { return Vec::new() };
    let label = order.label();
    let cancelled = |why| vec![OrderEvent::TimersCancelled { ids: vec![id.clone()], why }];
    let (kind, text, waited) = match &timer.wake {
        Wake::Tell { unless, .. } if *unless == Some(label) => return cancelled(Cancelled::Overtaken),
        Wake::Tell { kind, .. } => (*kind, None, true),
        Wake::FollowUp { text } => match order.no_follow_up() {
            Some(why) => return cancelled(why),
            None => (MessageKind::FollowUp, text.clone(), false),
        },
    };
    let not_by = if let Wake::Tell { not_by, .. } = &timer.wake { not_by.clone() } else { Vec::new() };
    vec![OrderEvent::TimerFired { id: id.clone() }, OrderEvent::NotifyRequested { label, kind, text, waited, not_by, by_rule: false }]
}

fn rate(order: &Order, score: u8) -> Result<Vec<OrderEvent>, Rejection> {
    if !(1..=5).contains(&score) {
        return Err(Rejection::BadScore);
    }
    // One order, one vote: the first stands.
    Ok(if order.rating.is_some() { Vec::new() } else { vec![OrderEvent::Rated { score }] })
}

/// What they write is kept, as far as it can be shown. A digit in answer to the question how it was is a vote.
/// Whoever was forgotten is not to be known again by what they write.
fn reply(order: &Order, channel: Channel, text: &str) -> Vec<OrderEvent> {
    if order.contact.is_none() {
        return Vec::new();
    }
    let shown: String = text.trim().chars().map(|c| if c.is_control() && c != '\n' { ' ' } else { c }).take(TEXT_CHARS_MAX).collect();
    let vote = match shown.as_str() {
        "1" | "2" | "3" | "4" | "5" if order.asked && order.rating.is_none() => shown.parse().ok(),
        _ => None,
    };
    let text = if shown.is_empty() { "(a message without words)".to_owned() } else { shown };
    let replied = OrderEvent::Replied { channel, text, first: !order.replied };
    std::iter::once(replied).chain(vote.map(|score| OrderEvent::Rated { score })).collect()
}

fn add_photo(order: &Order, kind: PhotoKind, photo: &PhotoId) -> Result<Vec<OrderEvent>, Rejection> {
    if order.contact.is_none() {
        return Err(Rejection::PhotosForgotten);
    }
    if order.photos.iter().any(|known| known.kind == kind && known.name == *photo) {
        return Ok(Vec::new());
    }
    if order.photos.len() >= PHOTOS_MAX {
        return Err(Rejection::TooManyPhotos);
    }
    Ok(vec![OrderEvent::PhotoAdded { kind, photo: photo.clone() }])
}

/// What waited for the morning need not be told any more.
fn no_longer_waits(order: &Order) -> Option<OrderEvent> {
    let waits = order.timers.iter().filter(|timer| matches!(timer.wake, Wake::Tell { .. }));
    let ids: Vec<TimerId> = waits.map(|timer| timer.id.clone()).collect();
    (!ids.is_empty()).then_some(OrderEvent::TimersCancelled { ids, why: Cancelled::Overtaken })
}

/// Tells one text from another (FNV-1a); 0 for none. Not for secrets.
pub(super) fn fingerprint(text: Option<&str>) -> u64 {
    text.map_or(0, |text| fnv1a(text.bytes()))
}

fn is_sayable(text: &str) -> Result<(), Rejection> {
    let printable = text.chars().all(|c| !c.is_control() || c == '\n');
    let length = text.trim().chars().count();
    if (1..=TEXT_CHARS_MAX).contains(&length) && printable { Ok(()) } else { Err(Rejection::BadText) }
}

fn notify(
    order: &Order,
    by: &[Channel],
    (kind, text): (MessageKind, Option<&String>),
    now: Timestamp,
) -> Result<Vec<OrderEvent>, Rejection> {
    if by.is_empty() {
        return Err(Rejection::MessagesOff);
    }
    if order.contact.as_ref().is_none_or(|contact| by.iter().all(|channel| contact.reach(*channel).is_none())) {
        return Err(Rejection::NoAddress);
    }
    let label = order.label();
    match (kind, text) {
        (MessageKind::Custom, None) => return Err(Rejection::BadText),
        (MessageKind::Custom, Some(text)) => is_sayable(text)?,
        _ if !kind.is_true_of(label) => return Err(Rejection::NotSo { kind, label }),
        _ => {}
    }
    let words = fingerprint(text.map(String::as_str));
    let same = |wish: &NotifyWish| {
        (wish.label, wish.kind, wish.words) == (label, kind, words) && now.duration_since(wish.at).abs() < NOTIFY_AGAIN_AFTER
    };
    if order.notify_wish.as_ref().is_some_and(same) {
        return Ok(Vec::new());
    }
    let text = text.filter(|_| kind == MessageKind::Custom).cloned();
    let mut events = vec![OrderEvent::NotifyRequested { label, kind, text, waited: false, not_by: Vec::new(), by_rule: false }];
    // Whoever hears now where it stands need not hear it in the morning.
    if kind == MessageKind::Status || kind == MessageKind::of(label) {
        events.extend(no_longer_waits(order));
    }
    Ok(events)
}

/// What the customer would be told of these events: the new word, if it changed and they are to be told.
/// `before` is the label the order had.
pub fn news(before: Option<Label>, after: Label, events: &[OrderEvent]) -> Option<Label> {
    let told = events.iter().any(|event| match event {
        OrderEvent::Placed { notify, .. } | OrderEvent::StatusChanged { notify, .. } => *notify,
        OrderEvent::DelayNoticed { .. } | OrderEvent::TrackingChanged { .. } | OrderEvent::DelayCleared => true,
        // Their money is on its way back, whoever has sent it.
        OrderEvent::PaymentChanged { to: super::PaymentStatus::Refunded, .. } => true,
        _ => false,
    });
    // A source whose news the customer hears elsewhere is silent whatever it moves.
    let silent = events.iter().any(|event| matches!(event, OrderEvent::FactHeard { notify: false, .. }));
    (told && !silent && before != Some(after)).then_some(after)
}
