//! What follows from a wish for a label, a try, and a carrier's answer.

use super::super::{Carriage, Consignment, FulfilEvent};
use super::{
    ATTEMPTS_MAX, LABELS_MAX, LabelCommand, LabelEvent, LabelOutcome, LabelState, LabelWish, LabelWork, ORDER_LABELS_MAX, ParcelLabel,
    WHY_CHARS_MAX, WHY_LINES_MAX, happens,
};
use crate::hash::fnv1a;
use crate::ids::{LabelReference, TenantId};
use crate::order::Order;
use crate::order::rejection::Rejection;
use crate::order::status::{FulfilmentStatus, Track};
use crate::shipping::ShippingMethod;
use crate::shipping::fulfilment::{Check, Refusal, Step};
use crate::shipping::rates::CarrierName;
use crate::shipping::weight::PARCEL_MAX_G;
use jiff::Timestamp;

fn short(text: &str) -> String {
    text.chars().take(WHY_CHARS_MAX).collect()
}

/// Why a person has to look, of a label that somebody may have sold.
fn given_up(label: &ParcelLabel, carrier: CarrierName, why: &str) -> String {
    short(&format!("{} may have sold {}: look for it there ({why})", carrier.title(), label.reference))
}

/// What a carrier knows a label by: readable, and no other shop's with the same carrier account has it too.
fn reference(order: &Order, tenant: &TenantId, one: &Consignment, n: usize) -> Result<LabelReference, Rejection> {
    let name = [tenant.as_str(), order.id.as_str(), one.work.id.as_str()].join("/");
    let hash = fnv1a(name.bytes());
    let short: String = order.id.as_str().chars().take(14).collect();
    let text = format!("{short}-{}-{:08x}-{n}", one.work.id, hash >> 32);
    LabelReference::parse(&text).map_err(|_| Rejection::NoSuchFulfilment)
}

/// What follows from a command, before the order moves by it.
pub(in crate::order::fulfilling) fn label(
    order: &Order,
    one: &Consignment,
    command: &LabelCommand,
    now: Timestamp,
) -> Result<Vec<FulfilEvent>, Rejection> {
    match command {
        LabelCommand::Ask { wish, tenant, again } => ask(order, one, (*wish, tenant), *again),
        LabelCommand::Try { reference, quote, leaves, why } => {
            let wanted = one.label_of(reference).filter(|label| one.wants(label, order.is_called_off()));
            // Whoever else is at it has written it down first.
            let due = wanted.filter(|label| label.work(true).is_some_and(|(at, work)| at <= now && work == LabelWork::Buy));
            if let Some(label) = due.filter(|label| label.attempts >= ATTEMPTS_MAX) {
                let why = match label.unsure {
                    true => given_up(label, quote.carrier, "nobody has heard the end of any try"),
                    false => short(label.problem.as_deref().unwrap_or("it was tried too often")),
                };
                return Ok(vec![happens(one, label, LabelEvent::Failed { why })]);
            }
            let why = why.iter().take(WHY_LINES_MAX).map(|line| short(line)).collect();
            let trying = LabelEvent::Trying { quote: quote.clone(), leaves: *leaves, why };
            Ok(due.map(|label| happens(one, label, trying)).into_iter().collect())
        }
        LabelCommand::Settle { reference, outcome } => {
            settle(order, one, one.label_of(reference).ok_or(Rejection::NoSuchFulfilment)?, outcome)
        }
    }
}

fn ask(order: &Order, one: &Consignment, (wish, tenant): (LabelWish, &TenantId), again: bool) -> Result<Vec<FulfilEvent>, Rejection> {
    use FulfilmentStatus as F;
    if one.label().is_some_and(ParcelLabel::is_live) && !again {
        return Ok(Vec::new());
    }
    if !matches!(one.work.status, F::Packed | F::Labelled) {
        return Err(Rejection::Fulfilment(Refusal::NotFromHere { at: one.work.status, possible: one.work.status.next().to_vec() }));
    }
    if matches!(one.work.check, Check::Due | Check::Failed) {
        return Err(Rejection::Fulfilment(Refusal::CheckDue));
    }
    let of_order: usize = order.consignments.iter().map(|one| one.labels.len()).sum();
    if one.labels.len() >= LABELS_MAX || of_order >= ORDER_LABELS_MAX {
        return Err(Rejection::TooManyLabels);
    }
    if !(1..=PARCEL_MAX_G).contains(&wish.weight_g) {
        return Err(Rejection::BadWeight);
    }
    // Who it goes to is forgotten: nobody can address it.
    if order.contact.as_ref().and_then(|contact| contact.address.as_ref()).is_none() {
        return Err(Rejection::NoShippingAddress);
    }
    // What the customer has chosen, unless somebody knows better; a promised day is kept, whatever that takes.
    let chosen = order.shipping_method.filter(|_| order.tracks.eta.is_none()).and_then(ShippingMethod::service);
    let wish = LabelWish { service: wish.service.or(chosen), ..wish };
    let reference = reference(order, tenant, one, one.labels.len() + 1)?;
    Ok(vec![FulfilEvent::Label { id: one.work.id.clone(), reference, event: LabelEvent::Asked { wish } }])
}

fn settle(order: &Order, one: &Consignment, label: &ParcelLabel, outcome: &LabelOutcome) -> Result<Vec<FulfilEvent>, Rejection> {
    let is_wanted = one.wants(label, order.is_called_off());
    let event = |event| vec![happens(one, label, event)];
    let carrier = label.quote.as_ref().map(|quote| quote.carrier);
    // What may have been sold is never bought elsewhere, and never forgotten.
    let fails = |why: &str, unsure: bool| {
        let why = carrier.filter(|_| unsure).map_or_else(|| short(why), |carrier| given_up(label, carrier, why));
        event(LabelEvent::Failed { why })
    };
    Ok(match (label.state, outcome) {
        (LabelState::Trying | LabelState::Wanted, LabelOutcome::Bought { number, price, file, followed, usual_gap_s }) => {
            let mut events = event(LabelEvent::Bought { number: number.clone(), price: *price, file: Some(file.clone()) });
            let goes = is_wanted.then(|| Carriage::of(carrier?, number)).flatten();
            if let Some(carriage) = goes {
                let id = one.work.id.clone();
                let followed = carrier.filter(|_| *followed);
                events.push(FulfilEvent::Handed { id: id.clone(), carriage, followed, usual_gap_s: *usual_gap_s });
                if one.work.after(Step::Label).is_ok() {
                    events.push(FulfilEvent::Stepped { id, step: Step::Label });
                }
            }
            events
        }
        (LabelState::Trying | LabelState::Wanted, LabelOutcome::Lost { number }) => {
            let mut events = event(LabelEvent::Bought { number: number.clone(), price: None, file: None });
            let next = label.reference.as_str().rsplit_once('-').map(|(name, _)| format!("{name}-{}", one.labels.len() + 1));
            let next = next.and_then(|name| LabelReference::parse(&name).ok()).filter(|_| is_wanted && one.labels.len() < LABELS_MAX);
            // It cannot be printed: another one is bought, and this one given back.
            events.extend(next.map(|reference| FulfilEvent::Label {
                id: one.work.id.clone(),
                reference,
                event: LabelEvent::Asked { wish: label.wish },
            }));
            events
        }
        (LabelState::Trying | LabelState::Wanted | LabelState::Bought, LabelOutcome::Away { why, unsure }) => match label.attempts {
            ATTEMPTS_MAX.. => fails(why, *unsure),
            _ => event(LabelEvent::PutOff { why: short(why), unsure: *unsure }),
        },
        (LabelState::Trying, LabelOutcome::Refused { why, unsure: false })
            if is_wanted && label.wish.carrier.is_none() && carrier.is_some() =>
        {
            carrier.map(|carrier| event(LabelEvent::Refused { carrier, why: short(why) })).unwrap_or_default()
        }
        (LabelState::Trying | LabelState::Wanted | LabelState::Bought, LabelOutcome::Refused { why, unsure }) => fails(why, *unsure),
        // It is void, also if the parcel was scanned, or is wanted again, while the carrier was asked.
        (LabelState::Trying | LabelState::Wanted | LabelState::Bought, LabelOutcome::Voided { how }) => {
            event(LabelEvent::Voided { how: short(how) })
        }
        _ => Vec::new(),
    })
}
