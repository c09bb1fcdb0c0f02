//! What is published of what is wrong with an order.

use super::amount;
use contracts::Payload;
use contracts::order::v1;
use domain::exception::Severity;
use domain::ids::ExceptionId;
use domain::order::exceptions::Step;
use domain::order::{Exception, ExceptionEvent, Order, OrderEvent};
use jiff::Timestamp;

/// Exceptions that stand otherwise than before; and what their order is counted for, if it costs something else now.
pub(super) fn changed(before: Option<&Order>, order: &Order, events: &[OrderEvent]) -> Option<Payload> {
    let happened: Vec<&ExceptionEvent> = events
        .iter()
        .filter_map(|event| if let OrderEvent::Exceptions { changes } = event { Some(changes) } else { None })
        .flatten()
        .collect();
    let (worst_was, worst) = (before.and_then(Order::worst), order.worst());
    let (owed_was, owed) = (before.map_or_else(|| order.owed(), Order::owed), order.owed());
    if happened.is_empty() && (worst.is_none() || owed_was == owed) {
        return None;
    }
    let mut ids: Vec<&ExceptionId> = happened.iter().map(|event| event.id()).collect();
    ids.sort_unstable();
    ids.dedup();
    let change = |id: &ExceptionId| change(before.and_then(|before| before.exception(id)), order.exception(id)?, &happened);
    let word = |severity: Option<Severity>| severity.map(|severity| severity.as_str().to_owned());
    Some(Payload::OrderExceptionsChanged(v1::ExceptionsChanged {
        order_id: order.id.to_string(),
        exceptions: ids.into_iter().filter_map(change).collect(),
        worst_was: word(worst_was),
        worst: word(worst),
        owed_was_minor: owed_was.minor,
        owed: amount(owed.minor, owed.currency),
        carrier: crate::ports::carrier(order),
        location: crate::ports::location(order),
    }))
}

fn change(was: Option<&Exception>, is: &Exception, happened: &[&ExceptionEvent]) -> Option<v1::ExceptionChange> {
    let reached = happened.iter().filter_map(|event| match event {
        ExceptionEvent::Reached { id, step } if *id == is.id => Some(word(*step).to_owned()),
        _ => None,
    });
    let after = |at: Timestamp| at.duration_since(is.opened_at).as_secs().max(0);
    let is_new = |was: Option<Timestamp>, is: Option<Timestamp>| is.filter(|_| was.is_none()).map(after);
    let ended = |exception: &Exception| exception.resolved.as_ref().map(|resolved| resolved.at);
    Some(v1::ExceptionChange {
        id: is.id.to_string(),
        code: is.reason.code().to_owned(),
        severity: is.severity.as_str().to_owned(),
        from: was.map(|was| was.status.as_str().to_owned()),
        to: is.status.as_str().to_owned(),
        why: is.why.clone(),
        opened_at: is.opened_at,
        due_at: is.due_at,
        count: is.count,
        count_was: was.map_or(0, |was| was.count),
        resolution: is.resolved.as_ref().map(|resolved| resolved.how.as_str().to_owned()),
        responded_after_s: is_new(was.and_then(|was| was.responded_at), is.responded_at),
        resolved_after_s: is_new(was.and_then(ended), ended(is)),
        seen_in_time: is.seen_in_time.filter(|_| was.is_none_or(|was| was.seen_in_time.is_none())),
        in_time: is.in_time.filter(|_| was.is_none_or(|was| was.in_time.is_none())),
        reached: reached.collect(),
        escalated: is.escalated,
    })
}

const fn word(step: Step) -> &'static str {
    match step {
        Step::Team => "team",
        Step::Customer => "customer",
        Step::Escalate => "escalate",
        Step::Late => "late",
        Step::Close => "close",
    }
}
