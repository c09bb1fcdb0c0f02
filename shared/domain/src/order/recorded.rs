//! A commit of an order's history.

use super::command::Actor;
use super::event::{Cause, OrderEvent};
use super::exceptions::ExceptionEvent;
use super::fulfilling::FulfilEvent;
use super::paying::MoneyEvent;
use super::saga::{Allocation, StockMove};
use super::timers::{Timer, Wake};
use crate::ids::{CorrelationId, ExceptionId, ReviewId};
use crate::shipping::CarrierName;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One commit of an order's history: what happened, when, by whom, because of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// The order's version after it; commits count from 1 without gaps.
    pub version: u64,
    /// When we committed it.
    pub at: Timestamp,
    /// Who did it.
    pub actor: Actor,
    /// Ties it to the request that caused it.
    pub correlation: CorrelationId,
    /// What happened, in order; at most [`Recorded::MAX_EVENTS`].
    pub events: Vec<OrderEvent>,
    /// Made of the seal before and of this commit, words aside, so that an altered one is found. None of commits from before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<String>,
}

/// What stands where words were.
pub const ERASED: &str = "[erased]";

impl Recorded {
    /// Nothing in it changes anything of the order.
    pub fn is_aside(&self) -> bool {
        !self.events.is_empty() && self.events.iter().all(OrderEvent::is_aside)
    }

    /// Most events one commit may hold, so that one outbox row is one `PutEvents` call.
    pub const MAX_EVENTS: usize = 10;

    /// What of stock moves with it.
    pub fn stock(&self) -> impl Iterator<Item = (StockMove, &Allocation)> {
        let moved = self.events.iter().filter_map(|event| if let OrderEvent::Saga { event } = event { event.stock() } else { None });
        moved.flat_map(|(how, stock)| stock.iter().map(move |allocation| (how, allocation)))
    }

    /// What providers call what it has news of, part by part: by these names they report about the order later.
    pub fn payment_names(&self) -> Vec<&str> {
        let outcomes = self.events.iter().filter_map(|event| match event {
            OrderEvent::Money { event: MoneyEvent::Settled { outcome, .. } } => outcome.reference(),
            _ => None,
        });
        let mut names: Vec<&str> = outcomes.flat_map(|reference| reference.as_str().split('/')).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// What carriers call the parcels that were handed to them: by these numbers they report about the order later.
    pub fn parcel_numbers(&self) -> Vec<(CarrierName, &str)> {
        let handed = self.events.iter().filter_map(|event| match event {
            OrderEvent::Fulfilment { event: FulfilEvent::Handed { carriage, followed: Some(carrier), .. } } => {
                Some((*carrier, carriage.number.as_str()))
            }
            _ => None,
        });
        handed.collect()
    }

    /// The reviews that it changes, each once.
    pub fn reviews(&self) -> Vec<&ReviewId> {
        let changed =
            self.events.iter().filter_map(|event| if let OrderEvent::Review { event } = event { Some(event.review()) } else { None });
        let mut changed: Vec<&ReviewId> = changed.collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// The exceptions that it changes, each once.
    pub fn exceptions(&self) -> Vec<&ExceptionId> {
        let changes =
            self.events.iter().filter_map(|event| if let OrderEvent::Exceptions { changes } = event { Some(changes) } else { None });
        let mut changed: Vec<&ExceptionId> = changes.flatten().map(ExceptionEvent::id).collect();
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// Forgets what people wrote; what rules wrote has no names in it and stays. True if there was anything.
    pub fn forget_words(&mut self) -> bool {
        let mut found = false;
        for event in &mut self.events {
            if let OrderEvent::Exceptions { changes } = event {
                for words in changes.iter_mut().filter_map(ExceptionEvent::words).filter(|words| *words != ERASED) {
                    *words = ERASED.to_owned();
                    found = true;
                }
                continue;
            }
            let words = match event {
                OrderEvent::StatusChanged { cause: Cause::Asked { note: Some(note) } | Cause::Rule { note: Some(note), .. }, .. } => note,
                OrderEvent::StatusUndone { note: Some(note), .. } | OrderEvent::DecisionJudged { note: Some(note), .. } => note,
                OrderEvent::NotifyRequested { text: Some(text), .. }
                | OrderEvent::Replied { text, .. }
                | OrderEvent::TimerSet { timer: Timer { wake: Wake::FollowUp { text: Some(text) }, .. } } => text,
                OrderEvent::StatusCorrected { reason, .. } => reason,
                OrderEvent::LinesCancelled { note: Some(note), .. } => note,
                OrderEvent::Review { event } => match event.words() {
                    Some(words) => words,
                    None => continue,
                },
                OrderEvent::Money { event } => match event.words() {
                    Some(words) => words,
                    None => continue,
                },
                OrderEvent::Return { event } => match event.words() {
                    Some(words) => words,
                    None => continue,
                },
                _ => continue,
            };
            if words != ERASED {
                *words = ERASED.to_owned();
                found = true;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::status::OrderStatus;

    // req: X-08
    #[test]
    fn only_words_of_people_are_forgotten() {
        let moved = |cause| OrderEvent::StatusChanged {
            from: OrderStatus::Pending,
            to: OrderStatus::Processing,
            via: Vec::new(),
            cause,
            decided: true,
            notify: false,
        };
        let asked = |note: Option<&str>| moved(Cause::Asked { note: note.map(str::to_owned) });
        let ruled = |note: Option<&str>| {
            let (rule, reason) = ("auto_progress".to_owned(), "payment is captured".to_owned());
            moved(Cause::Rule { rule, reason, confidence: 100, note: note.map(str::to_owned), decision: None })
        };
        let corrected = |reason: &str| OrderEvent::StatusCorrected {
            from: OrderStatus::Shipped,
            to: OrderStatus::Processing,
            reason: reason.to_owned(),
            overrules: None,
        };
        let mut recorded = Recorded {
            seal: None,
            version: 1,
            at: "2025-08-09T10:00:00Z".parse().unwrap(),
            actor: Actor::Rule { name: "r".into() },
            correlation: CorrelationId::parse("c").unwrap(),
            events: vec![asked(Some("Anna called")), asked(None), ruled(Some("Anna waits")), ruled(None), corrected("Anna insisted")],
        };
        assert!(recorded.forget_words());
        assert_eq!(recorded.events, [asked(Some(ERASED)), asked(None), ruled(Some(ERASED)), ruled(None), corrected(ERASED)]);
        assert!(!recorded.forget_words(), "safe to repeat");
    }
}
