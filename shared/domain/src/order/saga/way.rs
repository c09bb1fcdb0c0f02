//! Forward: as far as what is known leads.

use super::allocate::{Short, Supply, allocate, better};
use super::{Allocation, Ended, Facts, Free, HOLD_MAX, RULE, SHORT, SagaEvent, SagaRules, Step, Table};
use crate::fraud::{FraudAdvice, Past, RiskLevel, Suspect, assess};
use crate::ids::LocationId;
use crate::order::desk::Desk;
use crate::order::event::{Cause, OrderEvent};
use crate::order::review::{ReviewEvent, ReviewKind, ReviewOutcome};
use crate::order::{Order, OrderStatus};
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

impl Desk {
    pub(super) fn goes(&mut self, event: SagaEvent) {
        self.happens(OrderEvent::Saga { event });
    }

    /// Moves the order track, if that is a declared move and nothing holds it back.
    pub(super) fn moves(&mut self, to: OrderStatus, reason: &str, notify: bool) {
        let from = self.order.tracks.status;
        if from == to || !self.order.allowed().contains(&to) {
            return;
        }
        // What has left cannot be called off: the rest is.
        let rest_only = (from, to) == (OrderStatus::PartiallyShipped, OrderStatus::Cancelled);
        let to = if rest_only { OrderStatus::Shipped } else { to };
        let cause = Cause::Rule { rule: RULE.to_owned(), reason: reason.to_owned(), confidence: 100, note: None, decision: None };
        self.happens(OrderEvent::StatusChanged { from, to, via: Vec::new(), cause, decided: false, notify });
    }

    /// Waits for people. That somebody looks at an order is nothing its customer has to hear; that it waits for goods is.
    fn waits(&mut self, reason: &str, notify: bool) {
        self.moves(OrderStatus::OnHold, reason, notify);
    }

    /// The step behind one.
    pub(super) fn behind(&self, step: Step) -> Option<Step> {
        Table::of(self.order.running()?.table).after(step).map(|row| row.step)
    }

    /// Has people decide, unless they are asked already; false if that cannot be.
    pub(super) fn asks(&mut self, kind: ReviewKind, reason: String, (needs, due_at): (u8, Timestamp)) -> bool {
        if self.order.open_reviews().any(|review| review.kind == kind && review.exception.is_none()) {
            return true;
        }
        match self.order.new_review(kind, reason, needs, self.now, due_at) {
            Some(review) => {
                self.happens(OrderEvent::Review { event: ReviewEvent::Opened { review: Box::new(review), note: None } });
                true
            }
            None => {
                self.goes(SagaEvent::Ended { how: Ended::NeedsHuman });
                false
            }
        }
    }

    fn terms(&self, rules: &SagaRules) -> (u8, Timestamp) {
        let needs = if SagaRules::is_over(&self.order, rules.four_eyes_over) { 2 } else { 1 };
        let due = self.now.checked_add(SignedDuration::from_hours(i64::from(rules.review_within_h))).unwrap_or(Timestamp::MAX);
        (needs, due)
    }

    /// What speaks against it; true if it may go on at once.
    fn screens(&mut self, past: Past, advice: Option<&FraudAdvice>, rules: &SagaRules) -> bool {
        let order = &self.order;
        let (total, ships_to, billed_to) = (order.totals.total(), order.country.as_deref(), order.billing_country.as_deref());
        let mut score = 0;
        if rules.fraud.enabled {
            let assessment = assess(&Suspect { total, ships_to, billed_to, past, advice }, &rules.fraud);
            score = assessment.score;
            self.goes(SagaEvent::Screened { assessment });
        }
        if rules.fraud.refuse_at > 0 && score >= rules.fraud.refuse_at {
            self.moves(OrderStatus::Cancelled, &format!("{score} points, {} or more are refused", rules.fraud.refuse_at), true);
            return false;
        }
        let (mut held, terms) = (false, self.terms(rules));
        if rules.fraud.enabled && score >= rules.fraud.review_at {
            held |= self.asks(ReviewKind::Fraud, format!("{score} points of 100, {}", RiskLevel::of(score).code()), terms);
        }
        if SagaRules::is_over(&self.order, rules.high_value_over) {
            let reason = format!("{} {} is more than {}", total.decimal(), total.currency.code(), rules.high_value_over);
            held |= self.asks(ReviewKind::HighValue, reason, terms);
        }
        if held {
            self.waits("a person has to decide first", false);
        }
        !held && self.order.running().is_some()
    }

    /// Somebody has said that it is to go on with what there is.
    fn is_overridden(&self) -> bool {
        let approved = |review: &crate::order::Review| {
            review.kind == ReviewKind::InventoryOverride
                && review.exception.is_none()
                && review.decided.as_ref().is_some_and(|decided| decided.outcome == ReviewOutcome::Approved)
        };
        self.order.reviews.iter().any(approved)
    }

    /// Sets aside what is needed; true if that is all of it, or all there is and somebody has said that it will do.
    fn reserves(&mut self, levels: &[Free], facts: &Facts, rules: &SagaRules) -> bool {
        let (ranking, proposed) = (&*facts.ranking, facts.proposed.as_deref());
        let supply = if self.is_overridden() { Supply::WhatThereIs } else { Supply::All };
        match allocate(&self.order.to_reserve(), levels, ranking, supply) {
            Ok(found) => {
                let better = proposed.and_then(|proposed| better(&found, proposed, levels));
                let advised = better.is_some();
                let (stock, all) = whole_units(better.unwrap_or(found));
                if !stock.is_empty() {
                    self.goes(SagaEvent::Held { stock, advised });
                }
                all
            }
            Err(Short { sku, wanted, available }) => {
                let terms = self.terms(rules);
                if self.asks(ReviewKind::InventoryOverride, format!("{available} of {wanted} {sku} {SHORT}"), terms) {
                    self.waits("there is not enough in stock", true);
                }
                false
            }
        }
    }

    /// Work on it may begin; true if it may.
    pub(super) fn confirms(&mut self) -> bool {
        self.moves(OrderStatus::Processing, "checked, and set aside as far as stock is kept", true);
        !matches!(self.order.tracks.status, OrderStatus::Pending | OrderStatus::OnHold)
    }

    /// It has left, and nothing is left to be done but to take its money, if that is our business: `follow` sees to that, or has a person do it.
    fn has_all_left(&mut self) {
        let owed = self.order.has_to_capture(self.now) || self.order.has_failed_to_capture(self.now);
        self.goes(if owed { SagaEvent::Entered { step: Step::Capture } } else { SagaEvent::Ended { how: Ended::Completed } });
    }

    /// It left before anything was set aside: it is taken off the shelf as far as it is known there.
    fn takes(&mut self, levels: &[Free], ranking: &[LocationId]) {
        let found = allocate(&self.order.to_reserve(), levels, ranking, Supply::WhatThereIs).unwrap_or_default();
        let (stock, all) = whole_units(found);
        if !stock.is_empty() {
            self.goes(SagaEvent::Taken { stock });
        }
        if all {
            self.has_all_left();
        }
    }
}

/// As much as one commit moves, without parting a unit: what is held of one at one place is held once. And whether that is all.
fn whole_units(found: Vec<Allocation>) -> (Vec<Allocation>, bool) {
    let mut by_unit: BTreeMap<String, Vec<Allocation>> = BTreeMap::new();
    for allocation in found {
        by_unit.entry(allocation.sku.clone()).or_default().push(allocation);
    }
    let mut taken: Vec<Allocation> = Vec::new();
    for unit in by_unit.into_values() {
        if taken.len() + unit.len() > HOLD_MAX {
            return (taken, false);
        }
        taken.extend(unit);
    }
    (taken, true)
}

/// Takes an order on as far as what is known leads.
pub(in crate::order) fn proceed(order: &Order, facts: &Facts, rules: &SagaRules, now: Timestamp) -> Vec<OrderEvent> {
    // What has to be given back is, whatever else is known.
    if order.saga_work().is_none() || order.settlement().is_some() {
        return Vec::new();
    }
    let mut way = Desk::of(order, now);
    if order.has_left() {
        match &facts.levels {
            _ if !rules.reserve_stock => way.has_all_left(),
            Some(levels) => way.takes(levels, &facts.ranking),
            None => {}
        }
        return way.events;
    }
    let began = order.saga.as_ref().map(|saga| saga.step);
    let mut at = began;
    while let Some(step) = at {
        let done = match step {
            Step::Screen => match facts.past {
                Some(past) => way.screens(past, facts.advice.as_ref(), rules),
                None => break,
            },
            Step::Review => way.order.held_back_by().is_empty(),
            Step::Reserve if !rules.reserve_stock || way.order.to_reserve().is_empty() => true,
            Step::Reserve => match &facts.levels {
                Some(levels) => way.reserves(levels, facts, rules),
                None => break,
            },
            Step::Authorize => way.order.is_promised(),
            Step::Confirm => way.confirms(),
            Step::Dispatch | Step::Capture => false,
        };
        // What waits for people waits where they are asked.
        let asked = step == Step::Screen && way.order.running().is_some() && !way.order.held_back_by().is_empty();
        if !done && !asked {
            break;
        }
        at = way.behind(step);
    }
    if let Some(step) = at.filter(|_| way.order.running().is_some() && at != began) {
        way.goes(SagaEvent::Entered { step });
    }
    way.events
}
