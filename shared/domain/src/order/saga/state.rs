//! What an order knows of its own way.

use super::table::WORKER;
use super::{Allocation, Ended, HOLD_MAX, Rest, Runs, Saga, SagaEvent, Step, StockMove, Table};
use crate::order::{Order, OrderStatus};
use jiff::Timestamp;
use std::collections::BTreeMap;

fn chunk(stock: &[Allocation]) -> Vec<Allocation> {
    stock.iter().take(HOLD_MAX).cloned().collect()
}

/// What is of one place is noted once.
fn note_down(noted: &mut Vec<Allocation>, more: &Allocation) {
    match noted.iter_mut().find(|one| one.sku == more.sku && one.location == more.location) {
        Some(one) => one.quantity = one.quantity.saturating_add(more.quantity),
        None => noted.push(more.clone()),
    }
}

/// Piece by piece, from wherever it was noted.
fn take_off(noted: &mut Vec<Allocation>, off: &Allocation) {
    let mut open = off.quantity;
    for one in noted.iter_mut().filter(|one| one.sku == off.sku && one.location == off.location) {
        let taken = open.min(one.quantity);
        (open, one.quantity) = (open - taken, one.quantity - taken);
    }
    noted.retain(|one| one.quantity > 0);
}

impl Order {
    /// Its saga, if that is not over.
    pub fn running(&self) -> Option<&Saga> {
        self.saga.as_ref().filter(|saga| saga.ended.is_none())
    }

    /// It is still being checked and set aside: no other rule moves it on, and nothing of it is sent.
    pub fn is_in_workflow(&self) -> bool {
        self.running().is_some_and(|saga| saga.step < Step::Dispatch)
    }

    /// It came to nothing.
    pub fn is_called_off(&self) -> bool {
        matches!(self.tracks.status, OrderStatus::Cancelled | OrderStatus::Failed)
    }

    pub(in crate::order) fn has_left(&self) -> bool {
        self.tracks.status.has_shipped() && self.tracks.status != OrderStatus::PartiallyShipped
    }

    /// What stock has to move because of how it stands, as much as one commit moves. That does not depend on whether its way is over.
    pub(in crate::order) fn settlement(&self) -> Option<(StockMove, Vec<Allocation>)> {
        let saga = self.saga.as_ref()?;
        let some = |how: StockMove, what: &[Allocation]| (!what.is_empty()).then(|| (how, chunk(what)));
        match saga.rest {
            Some(Rest::Unknown) => return None,
            Some(Rest::Left) => return some(StockMove::Ship, &saga.held),
            Some(Rest::Kept) => return some(StockMove::Release, &saga.held),
            None => {}
        }
        if self.is_called_off() {
            return some(StockMove::Release, &saga.held).or_else(|| some(StockMove::Return, &self.still_here(saga)));
        }
        let spare = some(StockMove::Release, &self.to_give_back(saga));
        if spare.is_some() || self.has_left() {
            return spare.or_else(|| some(StockMove::Ship, &saga.held));
        }
        let gone = some(StockMove::Ship, &self.gone_with_parcels(saga));
        // What somebody says has left in part may have left in parcels that nobody knows.
        let is_known = self.tracks.status != OrderStatus::PartiallyShipped;
        gone.or_else(|| some(StockMove::Return, &self.still_here(saga)).filter(|_| is_known))
    }

    /// What is set aside beyond what is to be sent, because lines were called off: the last that was set aside goes first.
    fn to_give_back(&self, saga: &Saga) -> Vec<Allocation> {
        if self.cancelled.is_empty() {
            return Vec::new();
        }
        let mut needed = self.wanted_units();
        let mut over: BTreeMap<&str, u32> = BTreeMap::new();
        for (sku, lost) in self.lost_on_the_way() {
            needed.entry(sku).and_modify(|needed| *needed = needed.saturating_add(lost));
        }
        for one in &saga.left {
            needed.entry(&one.sku).and_modify(|needed| *needed = needed.saturating_sub(one.quantity));
        }
        for one in &saga.held {
            let needed = needed.entry(&one.sku).or_default();
            let kept = one.quantity.min(*needed);
            *needed -= kept;
            *over.entry(&one.sku).or_default() += one.quantity - kept;
        }
        let mut spare = Vec::new();
        for one in saga.held.iter().rev() {
            let Some(open) = over.get_mut(one.sku.as_str()) else { continue };
            let quantity = one.quantity.min(*open);
            *open -= quantity;
            if quantity > 0 {
                spare.push(Allocation { quantity, ..one.clone() });
            }
        }
        spare
    }

    /// Pieces that nobody has to look for any more: they have left and that is noted, or they have come back.
    fn noted(&self, saga: &Saga) -> BTreeMap<String, u32> {
        let mut noted: BTreeMap<String, u32> = BTreeMap::new();
        let back = self.lines.iter().zip(self.come_back()).map(|(line, back)| (&line.sku, back));
        for (sku, quantity) in saga.left.iter().map(|one| (&one.sku, one.quantity)).chain(back) {
            let sum = noted.entry(sku.clone()).or_default();
            *sum = sum.saturating_add(quantity);
        }
        noted
    }

    /// What has left with parcels and is still noted as set aside: from where the parcel left first, then from anywhere.
    fn gone_with_parcels(&self, saga: &Saga) -> Vec<Allocation> {
        let (mut noted, mut held, mut gone) = (self.noted(saga), saga.held.clone(), Vec::<Allocation>::new());
        for one in self.consignments.iter().filter(|one| one.departures() > 0) {
            for part in &one.work.parts {
                let Some(line) = self.lines.get(part.line) else { continue };
                let known = noted.entry(line.sku.clone()).or_default();
                let quantity = part.quantity.saturating_mul(one.departures());
                let mut open = quantity.saturating_sub(*known);
                *known = known.saturating_sub(quantity);
                let is_near = |held: &Allocation| held.location == one.work.from.as_str();
                held.sort_by_key(|held| !is_near(held));
                for from in held.iter_mut().filter(|from| from.sku == line.sku) {
                    let taken = open.min(from.quantity);
                    (open, from.quantity) = (open - taken, from.quantity - taken);
                    match gone.iter_mut().find(|known| known.sku == from.sku && known.location == from.location) {
                        _ if taken == 0 => {}
                        Some(known) => known.quantity = known.quantity.saturating_add(taken),
                        None => gone.push(Allocation { quantity: taken, ..from.clone() }),
                    }
                }
            }
        }
        gone
    }

    /// What is noted as gone and has left with no parcel: it had not left after all.
    fn still_here(&self, saga: &Saga) -> Vec<Allocation> {
        let mut gone: BTreeMap<&str, u32> = BTreeMap::new();
        for (part, times) in self.consignments.iter().flat_map(|one| one.work.parts.iter().map(|part| (part, one.departures()))) {
            let Some(line) = self.lines.get(part.line) else { continue };
            let sum = gone.entry(&line.sku).or_default();
            *sum = sum.saturating_add(part.quantity.saturating_mul(times));
        }
        for (line, back) in self.lines.iter().zip(self.come_back()) {
            gone.entry(&line.sku).and_modify(|gone| *gone = gone.saturating_sub(back));
        }
        let mut here = Vec::new();
        for one in &saga.left {
            let gone = gone.entry(&one.sku).or_default();
            let away = one.quantity.min(*gone);
            *gone -= away;
            if one.quantity > away {
                here.push(Allocation { quantity: one.quantity - away, ..one.clone() });
            }
        }
        here
    }

    /// The step at which a worker is needed, if one is.
    pub fn saga_work(&self) -> Option<Step> {
        let saga = self.saga.as_ref()?;
        if self.settlement().is_some() {
            return Some(saga.step);
        }
        if saga.ended.is_some() || self.is_called_off() {
            return None;
        }
        if self.has_left() {
            // It left before anything was set aside.
            return (saga.step <= Step::Reserve).then_some(saga.step);
        }
        let waits = self.tracks.status == OrderStatus::OnHold || !self.held_back_by().is_empty();
        let works = Table::of(saga.table).row(saga.step).is_some_and(|row| row.runs == Runs::Worker);
        (works && !waits).then_some(saga.step)
    }

    /// How many of a unit are set aside for it at a place.
    pub fn held(&self, sku: &str, location: &str) -> u32 {
        let held = self.saga.iter().flat_map(|saga| &saga.held).filter(|held| held.sku == sku && held.location == location);
        held.map(|held| held.quantity).fold(0, u32::saturating_add)
    }

    /// How many were, before what has just moved there. Of a commit each place is moved once.
    pub fn held_before(&self, how: StockMove, moved: &Allocation) -> u32 {
        let after = self.held(&moved.sku, &moved.location);
        match how {
            StockMove::Hold => after.saturating_sub(moved.quantity),
            StockMove::Release | StockMove::Ship => after.saturating_add(moved.quantity),
            StockMove::Take | StockMove::Return => after,
        }
    }

    /// When somebody has to look for what became of a step.
    pub fn saga_due(&self) -> Option<Timestamp> {
        self.saga_work().and(self.saga.as_ref()?.due)
    }

    /// What has to be set aside, and neither is nor has left: pieces by unit.
    pub fn to_reserve(&self) -> BTreeMap<String, u32> {
        let mut wanted: BTreeMap<String, u32> = self.wanted_units().into_iter().map(|(sku, quantity)| (sku.to_owned(), quantity)).collect();
        for (sku, lost) in self.lost_on_the_way() {
            wanted.entry(sku.to_owned()).and_modify(|open| *open = open.saturating_add(lost));
        }
        for known in self.saga.iter().flat_map(|saga| saga.held.iter().chain(&saga.left)) {
            if let Some(open) = wanted.get_mut(&known.sku) {
                *open = open.saturating_sub(known.quantity);
            }
        }
        for (sku, unnoted) in self.gone_unnoted() {
            wanted.entry(sku).and_modify(|open| *open = open.saturating_sub(unnoted));
        }
        wanted.retain(|_, open| *open > 0);
        wanted
    }

    /// Pieces that have left with parcels and are noted nowhere: nothing was set aside for them.
    fn gone_unnoted(&self) -> BTreeMap<String, u32> {
        let Some(saga) = &self.saga else { return BTreeMap::new() };
        let mut unnoted: BTreeMap<String, u32> = BTreeMap::new();
        for (part, times) in self.consignments.iter().flat_map(|one| one.work.parts.iter().map(|part| (part, one.departures()))) {
            let Some(line) = self.lines.get(part.line) else { continue };
            let sum = unnoted.entry(line.sku.clone()).or_default();
            *sum = sum.saturating_add(part.quantity.saturating_mul(times));
        }
        for (sku, known) in self.noted(saga) {
            unnoted.entry(sku).and_modify(|open| *open = open.saturating_sub(known));
        }
        for held in &saga.held {
            unnoted.entry(held.sku.clone()).and_modify(|open| *open = open.saturating_sub(held.quantity));
        }
        unnoted.retain(|_, open| *open > 0);
        unnoted
    }

    /// Pieces that left with parcels which never came to anybody: they are not what is to be sent.
    fn lost_on_the_way(&self) -> BTreeMap<&str, u32> {
        let mut lost: BTreeMap<&str, u32> = BTreeMap::new();
        for one in &self.consignments {
            for part in one.work.parts.iter().filter(|_| one.lost > 0) {
                let Some(line) = self.lines.get(part.line) else { continue };
                let sum = lost.entry(&line.sku).or_default();
                *sum = sum.saturating_add(part.quantity.saturating_mul(one.lost));
            }
        }
        lost
    }

    /// The order track has moved, by whomever.
    pub(in crate::order) fn saga_moved(&mut self, to: OrderStatus) {
        if let Some(saga) = &mut self.saga {
            saga.paused = None;
            saga.partly |= to == OrderStatus::PartiallyShipped;
        }
    }

    pub(in crate::order) fn went(&mut self, event: &SagaEvent, at: Timestamp) {
        let later = at.checked_add(WORKER).ok();
        if let SagaEvent::Began { table } = event {
            let first = Table::of(*table).first();
            self.saga = Some(Saga {
                table: *table,
                step: first.step,
                since: at,
                due: first.deadline.and(later),
                assessment: None,
                held: Vec::new(),
                left: Vec::new(),
                paused: None,
                partly: false,
                rest: None,
                ended: None,
            });
            return;
        }
        let Some(saga) = &mut self.saga else { return };
        let deadline = |step: Step| Table::of(saga.table).row(step).and_then(|row| row.deadline).and(later);
        match event {
            SagaEvent::Began { .. } => {}
            SagaEvent::Screened { assessment } => saga.assessment = Some(assessment.clone()),
            SagaEvent::Entered { step } => (saga.due, saga.step, saga.since) = (deadline(*step), *step, at),
            SagaEvent::Reopened { step } => {
                (saga.due, saga.step, saga.since) = (deadline(*step), *step, at);
                (saga.ended, saga.partly, saga.rest) = (None, false, None);
            }
            SagaEvent::Nudged { .. } => saga.due = later,
            SagaEvent::Held { stock, .. } => stock.iter().for_each(|more| note_down(&mut saga.held, more)),
            SagaEvent::Released { stock } => stock.iter().for_each(|back| take_off(&mut saga.held, back)),
            SagaEvent::Shipped { stock } => {
                stock.iter().for_each(|gone| take_off(&mut saga.held, gone));
                stock.iter().for_each(|gone| note_down(&mut saga.left, gone));
            }
            SagaEvent::Taken { stock } => stock.iter().for_each(|gone| note_down(&mut saga.left, gone)),
            SagaEvent::Returned { stock } => stock.iter().for_each(|back| take_off(&mut saga.left, back)),
            SagaEvent::Rest { rest } => saga.rest = Some(*rest),
            SagaEvent::Ended { how } => (saga.ended, saga.due) = (Some(*how), None),
        }
        // What is left to be moved is looked for like any other step.
        if event.stock().is_some() && self.settlement().is_some() {
            self.saga.iter_mut().for_each(|saga| saga.due = later);
        }
    }

    /// Its way has ended well or was taken back, and nothing is left of it.
    pub(super) fn was_over(&self) -> bool {
        self.saga.as_ref().is_some_and(|saga| matches!(saga.ended, Some(Ended::Compensated | Ended::Completed)))
    }
}
