//! What is sent in the place of what comes back: an order of its own that costs nothing.
//!
//! That it is wanted is a commit of the order whose return it is for ([`ReturnCommand::Replace`]); a worker places it under a name that follows
//! from that return, so that it is placed once, and notes which it is ([`ReturnCommand::Replaced`]).

use super::{LINES_MAX, Return, ReturnCommand, ReturnEvent, ReturnKind, ReturnRefusal, ReturnState};
use crate::ids::{OrderId, ReturnId};
use crate::money::Money;
use crate::order::event::OrderEvent;
use crate::order::placement::{Draft, DraftLine, Line, LineKind};
use crate::order::rejection::Rejection;
use crate::order::{Order, ShippingMethod};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// The channel of orders that replace something.
pub const CHANNEL: &str = "exchange";
/// Somebody looks for a replacement that has not been placed, after this.
const LOOK_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// Times that this is doubled: to a day and a half.
const LOOKS_MAX: u8 = 7;

/// What is sent in the place of what comes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replacement {
    /// What; it costs nothing.
    pub lines: Vec<Line>,
    /// Since when it is waited for.
    pub since: Timestamp,
    /// How often somebody was sent to look.
    #[serde(default, skip_serializing_if = "is_never")]
    pub looked: u8,
    /// As which order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<OrderId>,
}

/// What the order that replaces a return is called by its channel.
pub fn replacement_name(order: &Order, id: &ReturnId) -> String {
    format!("{}/{id}", order.id)
}

impl Replacement {
    /// When somebody looks next, if it has not been placed by then: twice as late each time, and each day in the end.
    fn due(&self) -> Option<Timestamp> {
        let pause = LOOK_AFTER.checked_mul(1 << self.looked.min(LOOKS_MAX)).unwrap_or(SignedDuration::MAX);
        self.since.checked_add(pause).ok().filter(|_| self.by.is_none())
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_never(times: &u8) -> bool {
    *times == 0
}

impl Return {
    /// Takes in what becomes of its replacement; false if the event says nothing of that.
    pub(super) fn is_replaced(&mut self, event: &ReturnEvent, at: Timestamp) -> bool {
        match (event, &mut self.replacement) {
            (ReturnEvent::ReplacementAsked { lines, .. }, replacement) => {
                *replacement = Some(Replacement { lines: lines.clone(), since: at, looked: 0, by: None });
            }
            (ReturnEvent::ReplacementLate { .. }, Some(replacement)) => {
                (replacement.since, replacement.looked) = (at, replacement.looked.saturating_add(1));
            }
            (ReturnEvent::Replaced { by, .. }, Some(replacement)) => (replacement.since, replacement.by) = (at, Some(by.clone())),
            (ReturnEvent::NotReplaced { .. }, replacement) => *replacement = None,
            (event, _) => return matches!(event, ReturnEvent::ReplacementLate { .. } | ReturnEvent::Replaced { .. }),
        }
        true
    }
}

impl Order {
    /// A return whose replacement has not been placed.
    pub fn to_replace(&self) -> Option<&Return> {
        self.returns.iter().find(|one| one.replacement.as_ref().is_some_and(|replacement| replacement.by.is_none()))
    }

    /// When somebody has to look for that, by time alone.
    pub fn replacement_due(&self) -> Option<Timestamp> {
        self.returns.iter().filter_map(|one| one.replacement.as_ref()?.due()).min()
    }

    /// What is sent in the place of a return, if nobody says what: as much of the same as has arrived, or is to.
    pub fn same_again(&self, one: &Return) -> Vec<Line> {
        let pieces = |at: usize| match one.state {
            ReturnState::Received => one.arrived.iter().filter(|arrived| arrived.line == at).map(|arrived| arrived.quantity).sum::<u32>(),
            _ => one.lines.iter().filter(|line| line.line == at).map(|line| line.quantity).sum(),
        };
        let lines = self.lines.iter().enumerate().map(|(at, line)| (line, pieces(at))).filter(|(_, quantity)| *quantity > 0);
        lines.map(|(line, quantity)| Line { quantity, unit_price_minor: 0, kind: LineKind::Physical, ..line.clone() }).collect()
    }

    /// The order that replaces a return, as somebody would describe it; none of a customer who is forgotten. `own_name` if it is named after the
    /// return.
    pub fn replacement(&self, id: &ReturnId, lines: &[Line], own_name: bool) -> Option<Draft> {
        let contact = self.contact.as_ref()?;
        let name = format!("{}-{id}", self.id);
        // What has to be minded about a thing has to be minded about another of it.
        let known = |sku: &str| self.lines.iter().find(|line| line.sku == sku);
        let handling =
            |sku: &str| known(sku).map(|line| line.handling.iter().map(|one| one.as_str().to_owned()).collect()).unwrap_or_default();
        let line = |line: &Line| DraftLine {
            sku: line.sku.clone(),
            name: line.name.clone(),
            quantity: i64::from(line.quantity),
            unit_price: Money::new(0, self.totals.currency).decimal(),
            handling: handling(&line.sku),
            ..DraftLine::default()
        };
        Some(Draft {
            number: Some(name).filter(|name| own_name && OrderId::parse(name).is_ok()),
            external_id: Some(replacement_name(self, id)),
            currency: self.totals.currency.code().to_owned(),
            customer_name: contact.name.clone(),
            email: contact.email.as_ref().map(|email| email.expose().to_owned()),
            phone: contact.phone.clone(),
            locale: contact.locale.clone(),
            time_zone: contact.time_zone.clone(),
            chats: contact.chats.iter().map(|(channel, id)| (channel.name().to_owned(), id.clone())).collect(),
            consent: contact.consent.iter().map(|channel| channel.name().to_owned()).collect(),
            country: self.country.clone(),
            billing_country: self.billing_country.clone(),
            shipping_address: contact.address.clone(),
            shipping_method: self.shipping_method.map(|method| ShippingMethod::as_str(method).to_owned()),
            lines: lines.iter().map(line).collect(),
            ..Draft::default()
        })
    }
}

/// Events of a command about a replacement.
pub(super) fn replace(order: &Order, command: &ReturnCommand, now: Timestamp) -> Result<Vec<OrderEvent>, Rejection> {
    let of = |id: &ReturnId| order.return_of(id).ok_or(Rejection::NoSuchReturn);
    let event = match command {
        ReturnCommand::Replace { id, lines } => {
            let one = of(id)?;
            let lines = lines.clone().unwrap_or_else(|| order.same_again(one));
            match &one.replacement {
                Some(known) if known.lines == lines => None,
                Some(_) => return Err(ReturnRefusal::Replaced(id.clone()).into()),
                None => {
                    may_replace(order, one, &lines)?;
                    Some(ReturnEvent::ReplacementAsked { id: id.clone(), lines })
                }
            }
        }
        ReturnCommand::Replaced { id, by } => {
            let waits = of(id)?.replacement.as_ref().is_some_and(|replacement| replacement.by.is_none());
            waits.then(|| ReturnEvent::Replaced { id: id.clone(), by: by.clone() })
        }
        ReturnCommand::CannotReplace { id, why } => {
            let waits = of(id)?.replacement.as_ref().is_some_and(|replacement| replacement.by.is_none());
            waits.then(|| ReturnEvent::NotReplaced { id: id.clone(), why: why.clone() })
        }
        ReturnCommand::Wake => {
            let is_late = |one: &&Return| one.replacement.as_ref().and_then(Replacement::due).is_some_and(|due| due <= now);
            order.returns.iter().find(is_late).map(|one| ReturnEvent::ReplacementLate { id: one.id.clone() })
        }
        ReturnCommand::Open { .. } | ReturnCommand::Decide { .. } | ReturnCommand::Receive { .. } => None,
    };
    Ok(event.map(|event| OrderEvent::Return { event }).into_iter().collect())
}

fn may_replace(order: &Order, one: &Return, lines: &[Line]) -> Result<(), Rejection> {
    match one.state {
        _ if one.kind == ReturnKind::Refund => return Err(ReturnRefusal::NoExchange(one.id.clone()).into()),
        ReturnState::Approved | ReturnState::Received => {}
        ReturnState::Requested => return Err(ReturnRefusal::NotAgreed(one.id.clone()).into()),
        state => return Err(ReturnRefusal::Over { id: one.id.clone(), state }.into()),
    }
    if lines.is_empty() || lines.len() > LINES_MAX || lines.iter().any(|line| line.quantity == 0) {
        return Err(ReturnRefusal::Empty.into());
    }
    if order.contact.is_none() {
        return Err(ReturnRefusal::Forgotten.into());
    }
    Ok(())
}
