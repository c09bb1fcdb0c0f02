//! What stock has to do with an order: what is set aside for it, what has left with it, and what has to move because of how it stands.
//!
//! Pieces are counted by unit: of two lines of one unit nobody knows which piece is whose.

use super::{Allocation, HOLD_MAX, Rest, Saga, StockMove};
use crate::order::fulfilling::Consignment;
use crate::order::{Order, OrderStatus};
use std::collections::BTreeMap;

/// Pieces by unit.
type Pieces<'a> = BTreeMap<&'a str, u32>;

fn add<'a>(pieces: &mut Pieces<'a>, sku: &'a str, quantity: u32) {
    let sum = pieces.entry(sku).or_default();
    *sum = sum.saturating_add(quantity);
}

/// Takes so many away, as far as they are there; how many that were.
fn take(pieces: &mut Pieces<'_>, sku: &str, quantity: u32) -> u32 {
    let Some(here) = pieces.get_mut(sku) else { return 0 };
    let taken = quantity.min(*here);
    *here -= taken;
    taken
}

/// What is of one place is noted once.
pub(in crate::order) fn note_down(noted: &mut Vec<Allocation>, more: &Allocation) {
    match noted.iter_mut().find(|one| one.sku == more.sku && one.location == more.location) {
        _ if more.quantity == 0 => {}
        Some(one) => one.quantity = one.quantity.saturating_add(more.quantity),
        None => noted.push(more.clone()),
    }
}

/// Piece by piece, from wherever it was noted.
pub(super) fn take_off(noted: &mut Vec<Allocation>, off: &Allocation) {
    let mut open = off.quantity;
    for one in noted.iter_mut().filter(|one| one.sku == off.sku && one.location == off.location) {
        let taken = open.min(one.quantity);
        (open, one.quantity) = (open - taken, one.quantity - taken);
    }
    noted.retain(|one| one.quantity > 0);
}

/// As much as one commit moves, if there is anything.
fn some(how: StockMove, what: &[Allocation]) -> Option<(StockMove, Vec<Allocation>)> {
    (!what.is_empty()).then(|| (how, what.iter().take(HOLD_MAX).cloned().collect()))
}

impl Order {
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

    /// What has to be set aside, and neither is nor has left: pieces by unit.
    pub fn to_reserve(&self) -> BTreeMap<String, u32> {
        let mut open = self.needed();
        let known = self.saga.iter().flat_map(|saga| saga.held.iter().chain(&saga.left)).map(|one| (one.sku.as_str(), one.quantity));
        for (sku, quantity) in known.chain(self.gone_unnoted()) {
            take(&mut open, sku, quantity);
        }
        open.into_iter().filter(|(_, open)| *open > 0).map(|(sku, open)| (sku.to_owned(), open)).collect()
    }

    /// What stock has to move because of how it stands, as much as one commit moves. That does not depend on whether its way is over.
    pub(in crate::order) fn settlement(&self) -> Option<(StockMove, Vec<Allocation>)> {
        let saga = self.saga.as_ref()?;
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

    /// What it takes to send all that is to be sent: what was lost on its way is sent once more.
    fn needed(&self) -> Pieces<'_> {
        let mut needed = self.wanted_units();
        for (sku, lost) in self.taken_by(|one| one.lost) {
            needed.entry(sku).and_modify(|needed| *needed = needed.saturating_add(lost));
        }
        needed
    }

    /// What parcels have taken with them, each so many times.
    fn taken_by(&self, times: impl Fn(&Consignment) -> u32) -> Pieces<'_> {
        let mut taken = Pieces::new();
        for one in &self.consignments {
            let times = times(one);
            for part in one.work.parts.iter().filter(|_| times > 0) {
                if let Some(line) = self.lines.get(part.line) {
                    add(&mut taken, &line.sku, part.quantity.saturating_mul(times));
                }
            }
        }
        taken
    }

    /// Pieces that nobody has to look for any more: they have left and that is noted, or they have come back.
    fn noted<'a>(&'a self, saga: &'a Saga) -> Pieces<'a> {
        let mut noted = Pieces::new();
        saga.left.iter().for_each(|one| add(&mut noted, &one.sku, one.quantity));
        self.lines.iter().zip(self.come_back()).for_each(|(line, back)| add(&mut noted, &line.sku, back));
        noted
    }

    /// Pieces that have left with parcels and are noted nowhere: nothing was set aside for them.
    fn gone_unnoted(&self) -> Pieces<'_> {
        let Some(saga) = &self.saga else { return Pieces::new() };
        let mut unnoted = self.taken_by(Consignment::departures);
        for (sku, known) in self.noted(saga).into_iter().chain(saga.held.iter().map(|held| (held.sku.as_str(), held.quantity))) {
            take(&mut unnoted, sku, known);
        }
        unnoted
    }

    /// What is set aside beyond what is to be sent, because lines were called off: the last that was set aside goes first.
    fn to_give_back(&self, saga: &Saga) -> Vec<Allocation> {
        if self.cancelled.is_empty() {
            return Vec::new();
        }
        let (mut needed, mut over) = (self.needed(), Pieces::new());
        for one in &saga.left {
            take(&mut needed, &one.sku, one.quantity);
        }
        for one in &saga.held {
            let kept = take(&mut needed, &one.sku, one.quantity);
            add(&mut over, &one.sku, one.quantity - kept);
        }
        let spare = saga.held.iter().rev().map(|one| Allocation { quantity: take(&mut over, &one.sku, one.quantity), ..one.clone() });
        spare.filter(|one| one.quantity > 0).collect()
    }

    /// What has left with parcels and is still noted as set aside: from where the parcel left first, then from anywhere.
    fn gone_with_parcels(&self, saga: &Saga) -> Vec<Allocation> {
        let (mut noted, mut held, mut gone) = (self.noted(saga), saga.held.clone(), Vec::new());
        for one in self.consignments.iter().filter(|one| one.departures() > 0) {
            held.sort_by_key(|held| held.location != one.work.from.as_str());
            for part in &one.work.parts {
                let Some(line) = self.lines.get(part.line) else { continue };
                let quantity = part.quantity.saturating_mul(one.departures());
                let mut open = quantity - take(&mut noted, &line.sku, quantity);
                for from in held.iter_mut().filter(|from| from.sku == line.sku) {
                    let taken = open.min(from.quantity);
                    (open, from.quantity) = (open - taken, from.quantity - taken);
                    note_down(&mut gone, &Allocation { quantity: taken, ..from.clone() });
                }
            }
        }
        gone
    }

    /// What is noted as gone and has left with no parcel: it had not left after all.
    fn still_here(&self, saga: &Saga) -> Vec<Allocation> {
        let mut gone = self.taken_by(Consignment::departures);
        for (line, back) in self.lines.iter().zip(self.come_back()) {
            take(&mut gone, &line.sku, back);
        }
        let here =
            saga.left.iter().map(|one| Allocation { quantity: one.quantity - take(&mut gone, &one.sku, one.quantity), ..one.clone() });
        here.filter(|one| one.quantity > 0).collect()
    }
}
