//! What people, and time, do to what is wrong with an order.

use super::follow::{Word, begins};
use super::{Exception, ExceptionCommand, ExceptionEvent, ExceptionStatus, NOTE_CHARS_MAX, Origin, Resolution, Step};
use crate::exception::{ExceptionRules, Reason};
use crate::ids::ExceptionId;
use crate::notify::MessageKind;
use crate::order::Order;
use crate::order::decide::waits_for_us;
use crate::order::event::OrderEvent;
use crate::order::placement::Contact;
use crate::order::rejection::Rejection;
use jiff::Timestamp;

fn known<'a>(order: &'a Order, id: &ExceptionId) -> Result<&'a Exception, Rejection> {
    order.exception(id).ok_or(Rejection::NoSuchException)
}

/// Whether it goes there now. What is there already stays; from where no way leads there it is refused.
fn goes(exception: &Exception, to: ExceptionStatus) -> Result<bool, Rejection> {
    if exception.status == to {
        return Ok(false);
    }
    if exception.status.next().contains(&to) { Ok(true) } else { Err(Rejection::ExceptionIs { status: exception.status, to }) }
}

fn note(text: Option<&String>) -> Result<Option<String>, Rejection> {
    let Some(text) = text.map(|text| text.trim()).filter(|text| !text.is_empty()) else { return Ok(None) };
    let is_sayable = text.chars().count() <= NOTE_CHARS_MAX && text.chars().all(|c| !c.is_control() || c == '\n');
    if is_sayable { Ok(Some(text.to_owned())) } else { Err(Rejection::BadText) }
}

/// What follows from a command about exceptions.
pub(in crate::order) fn decide(order: &Order, command: &ExceptionCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let changes = match command {
        ExceptionCommand::Tick { rules } => return Ok(tick(order, rules, now)),
        ExceptionCommand::Open { reason, note, by, rules } => opens(order, *reason, (by, note.as_ref()), rules, now)?,
        command => person(order, command, now)?.into_iter().collect(),
    };
    Ok(if changes.is_empty() { Vec::new() } else { vec![OrderEvent::Exceptions { changes }] })
}

/// A person says that something is wrong: if that is known it is so now whatever it looks like, and what they write is kept with it.
fn opens(
    order: &Order,
    reason: Reason,
    (by, text): (&str, Option<&String>),
    rules: &ExceptionRules,
    now: Timestamp,
) -> Result<Vec<ExceptionEvent>, Rejection> {
    if !rules.enabled {
        return Err(Rejection::ExceptionsOff);
    }
    let (text, why) = (note(text)?, format!("{by} says so"));
    let Some(open) = order.open_exceptions().find(|exception| exception.reason == reason) else {
        let word = Word { origin: Origin::Asked { by: by.to_owned() }, why, signs: Vec::new(), note: text };
        return Ok(begins(order, reason, word, rules, now).into_iter().collect());
    };
    let id = open.id.clone();
    let repeated = (!open.said).then(|| ExceptionEvent::Repeated { id: id.clone(), signs: Vec::new(), why, said: true });
    let noted = text.map(|note| ExceptionEvent::Noted { id, by: by.to_owned(), note });
    Ok(repeated.into_iter().chain(noted).collect())
}

fn person(order: &Order, command: &ExceptionCommand, now: Timestamp) -> Result<Option<ExceptionEvent>, Rejection> {
    let moves = |id: &ExceptionId, to| Ok::<_, Rejection>((goes(known(order, id)?, to)?, id.clone()));
    Ok(match command {
        ExceptionCommand::Acknowledge { id, by } => {
            // Who works on it has seen it.
            if known(order, id)?.status == ExceptionStatus::InProgress {
                return Ok(None);
            }
            let (moves, id) = moves(id, ExceptionStatus::Acknowledged)?;
            moves.then(|| ExceptionEvent::Acknowledged { id, by: by.clone() })
        }
        ExceptionCommand::Assign { id, to, by } => {
            let exception = known(order, id)?;
            if !exception.status.is_open() {
                return Err(Rejection::ExceptionIs { status: exception.status, to: ExceptionStatus::InProgress });
            }
            let event = ExceptionEvent::Assigned { id: id.clone(), to: to.clone(), by: by.clone() };
            (exception.assigned != *to).then_some(event)
        }
        ExceptionCommand::Start { id, by } => {
            let exception = known(order, id)?;
            if !exception.status.is_open() {
                return Err(Rejection::ExceptionIs { status: exception.status, to: ExceptionStatus::InProgress });
            }
            // Whoever works on what somebody else has taken over has it from then on.
            let works = exception.status == ExceptionStatus::InProgress && exception.assigned.as_ref() == Some(by);
            (!works).then(|| ExceptionEvent::Started { id: id.clone(), by: by.clone() })
        }
        ExceptionCommand::Note { id, by, note: text } => {
            known(order, id)?;
            let text = note(Some(text))?.ok_or(Rejection::BadText)?;
            Some(ExceptionEvent::Noted { id: id.clone(), by: by.clone(), note: text })
        }
        ExceptionCommand::Resolve { id, by, note: text } => {
            let text = note(text.as_ref())?;
            let exception = known(order, id)?;
            let waits = exception.review.as_ref().is_some_and(|review| order.review(review).is_some_and(|review| review.is_open()));
            if waits && exception.status.is_open() {
                return Err(Rejection::ExceptionWaitsForReview);
            }
            let (moves, id) = moves(id, ExceptionStatus::Resolved)?;
            moves.then(|| ExceptionEvent::Resolved { id, how: Resolution::Person, by: Some(by.clone()), note: text })
        }
        ExceptionCommand::Reopen { id, by, note: text, rules } => {
            let text = note(text.as_ref())?;
            let exception = known(order, id)?;
            if exception.status.is_open() {
                return Ok(None);
            }
            if !exception.may_reopen(now) {
                return Err(Rejection::ExceptionIs { status: ExceptionStatus::Closed, to: ExceptionStatus::InProgress });
            }
            let (why, signs) = (exception.why.clone(), exception.signs.clone());
            let again =
                begins(order, exception.reason, Word { origin: Origin::Asked { by: by.clone() }, why, signs, note: text }, rules, now);
            again.filter(|event| event.id() == id)
        }
        ExceptionCommand::Close { id, by } => {
            let (moves, id) = moves(id, ExceptionStatus::Closed)?;
            moves.then(|| ExceptionEvent::Closed { id, by: Some(by.clone()) })
        }
        ExceptionCommand::Open { .. } | ExceptionCommand::Tick { .. } => None,
    })
}

/// What has come due. The customer hears only while they still wait for the shop, and the shop still wants it.
fn tick(order: &Order, rules: &ExceptionRules, now: Timestamp) -> Vec<OrderEvent> {
    let due = |exception: &Exception| {
        let mut due: Vec<_> = exception.plan.iter().filter(|planned| planned.at <= now).copied().collect();
        due.sort_by_key(|planned| (planned.at, planned.step));
        due.into_iter().map(|planned| ExceptionEvent::Reached { id: exception.id.clone(), step: planned.step }).collect::<Vec<_>>()
    };
    let changes: Vec<ExceptionEvent> = order.exceptions.iter().flat_map(due).collect();
    if changes.is_empty() {
        return Vec::new();
    }
    let label = order.label();
    let is_reachable = order.contact.as_ref().is_some_and(Contact::is_reachable);
    let tells = rules.enabled
        && rules.customer_after_min > 0
        && changes.iter().any(|change| matches!(change, ExceptionEvent::Reached { step: Step::Customer, .. }));
    let kind = MessageKind::Delay;
    let wish = OrderEvent::NotifyRequested { label, kind, text: None, waited: false, not_by: Vec::new(), by_rule: true };
    let wish = (tells && is_reachable && waits_for_us(label)).then_some(wish);
    std::iter::once(OrderEvent::Exceptions { changes }).chain(wish).collect()
}
