//! What an order knows of what comes back.

use super::{Arrived, Return, ReturnEvent, ReturnState};
use crate::ids::ReturnId;
use crate::order::fulfilling::Consignment;
use crate::order::placement::{Line, LineKind};
use crate::order::saga::{Allocation, note_down};
use crate::order::status::{OrderStatus, Track};
use crate::order::{FulfilmentStatus, Order};
use crate::shipping::fulfilment::Share;
use jiff::Timestamp;
use std::collections::BTreeMap;

impl Order {
    /// A return by name.
    pub fn return_of(&self, id: &ReturnId) -> Option<&Return> {
        self.returns.iter().find(|one| one.id == *id)
    }

    /// How many of each line have left, once all has left that will: what stock has left for it; where nothing is known of stock, what its
    /// parcels hold, if one has left; else somebody's word is that all of it was sent.
    fn out(&self) -> Vec<u32> {
        let mut out: Vec<u32> = vec![0; self.lines.len()];
        if !self.has_left() {
            return out;
        }
        if let Some(of_stock) = self.out_of_stock() {
            return of_stock;
        }
        if self.consignments.iter().any(Consignment::has_left) {
            let off = |status| matches!(status, FulfilmentStatus::Cancelled | FulfilmentStatus::Failed);
            for Share { line, quantity } in self.consignments.iter().filter(|one| !off(one.work.status)).flat_map(|one| &one.work.parts) {
                out.iter_mut().skip(*line).take(1).for_each(|out| *out = out.saturating_add(*quantity));
            }
            return out;
        }
        let sent = |(line, wanted): (&Line, u32)| if line.kind == LineKind::Digital { 0 } else { wanted };
        self.lines.iter().zip(self.wanted()).map(sent).collect()
    }

    /// How many of each line stock has left for, also those that are back on their shelf. The lines of a unit have it in their order.
    fn out_of_stock(&self) -> Option<Vec<u32>> {
        let left = &self.saga.as_ref()?.left;
        let mut gone: BTreeMap<&str, u32> = BTreeMap::new();
        let back = self.lines.iter().zip(self.come_back()).map(|(line, back)| (line.sku.as_str(), back));
        for (sku, quantity) in left.iter().map(|one| (one.sku.as_str(), one.quantity)).chain(back) {
            let known = gone.entry(sku).or_default();
            *known = known.saturating_add(quantity);
        }
        let mut out: Vec<u32> = vec![0; self.lines.len()];
        for (line, out) in self.lines.iter().zip(&mut out) {
            let Some(open) = gone.get_mut(line.sku.as_str()) else { continue };
            *out = line.quantity.min(*open);
            *open -= *out;
        }
        out.iter().any(|one| *one > 0).then_some(out)
    }

    /// How many of each line can still come back.
    pub fn returnable(&self) -> Vec<u32> {
        let held = |line: usize| self.returns.iter().map(|one| one.of_line(line)).fold(0, u32::saturating_add);
        self.out().into_iter().enumerate().map(|(line, out)| out.saturating_sub(held(line))).collect()
    }

    /// How many of each line have come back.
    pub fn come_back(&self) -> Vec<u32> {
        let received = || self.returns.iter().filter(|one| one.state == ReturnState::Received);
        (0..self.lines.len()).map(|line| received().map(|one| one.of_line(line)).fold(0, u32::saturating_add)).collect()
    }

    /// How many of each line nobody has: they were called off, or have come back.
    pub(super) fn gone(&self) -> Vec<u32> {
        self.cancelled().into_iter().zip(self.come_back()).map(|(off, back)| off.saturating_add(back)).collect()
    }

    pub(in crate::order) fn came_back(&mut self, event: &ReturnEvent, at: Timestamp) {
        if let ReturnEvent::Opened { id, kind, lines, approved, .. } = event {
            let state = if *approved { ReturnState::Approved } else { ReturnState::Requested };
            let (id, lines) = (id.clone(), lines.clone());
            let (arrived, refund, replacement) = (Vec::new(), None, None);
            let (kind, shipping_minor, opened_at, since) = (*kind, 0, at, at);
            self.returns.push(Return { id, kind, lines, state, arrived, refund, shipping_minor, replacement, opened_at, since });
            return;
        }
        if let ReturnEvent::Received { arrived, .. } = event {
            self.lose(arrived);
        }
        let Some(one) = self.returns.iter_mut().find(|one| one.id == *event.id()) else { return };
        if one.is_replaced(event, at) {
            return;
        }
        match event {
            ReturnEvent::Decided { state, .. } => one.state = *state,
            ReturnEvent::Received { arrived, refund, shipping_minor, .. } => {
                (one.state, one.arrived, one.refund) = (ReturnState::Received, arrived.clone(), *refund);
                one.shipping_minor = *shipping_minor;
            }
            _ => {}
        }
        one.since = at;
    }

    /// What is broken is nowhere: no correction puts it back on a shelf. It is taken from the end of what has left, what can be sold again
    /// from the beginning.
    fn lose(&mut self, arrived: &[Arrived]) {
        let Some(saga) = &mut self.saga else { return };
        for one in arrived.iter().filter(|one| !one.sellable) {
            let Some(line) = self.lines.get(one.line) else { continue };
            let mut open = one.quantity;
            for from in saga.left.iter_mut().rev().filter(|from| from.sku == line.sku) {
                let taken = open.min(from.quantity);
                (open, from.quantity) = (open - taken, from.quantity - taken);
            }
        }
        saga.left.retain(|one| one.quantity > 0);
    }

    /// Something has come back: a person has decided what of its money does.
    pub fn has_come_back(&self) -> bool {
        self.returns.iter().any(Return::holds_anything)
    }

    /// Where its returns lead it, and on which way: somebody wants to send something back, nobody does any more, or all of it is here.
    pub(super) fn led_back_to(&self) -> Option<Vec<OrderStatus>> {
        let from = self.tracks.status;
        if !self.has_left() {
            return None;
        }
        let is_open = self.returns.iter().any(|one| one.state.is_open());
        let back = self.come_back();
        let is_back = back.iter().zip(self.out()).all(|(back, out)| *back >= out) && back.iter().any(|back| *back > 0);
        let to = match (is_open, is_back) {
            (true, _) if matches!(from, OrderStatus::Shipped | OrderStatus::Returned) => return None,
            (true, _) => OrderStatus::ReturnRequested,
            (false, true) => OrderStatus::Returned,
            (false, false) if from == OrderStatus::ReturnRequested => OrderStatus::Delivered,
            (false, false) => return None,
        };
        if to == from { None } else { from.way_to(to) }
    }

    /// Where of what left with it so much is put back on the shelf: where it came from.
    pub(super) fn shelved(&self, arrived: &[Arrived]) -> Vec<Allocation> {
        let mut left: Vec<Allocation> = self.saga.iter().flat_map(|saga| saga.left.iter().cloned()).collect();
        let mut back: Vec<Allocation> = Vec::new();
        for one in arrived.iter().filter(|one| one.sellable) {
            let Some(line) = self.lines.get(one.line) else { continue };
            let mut open = one.quantity;
            for from in left.iter_mut().filter(|from| from.sku == line.sku) {
                let taken = open.min(from.quantity);
                (open, from.quantity) = (open - taken, from.quantity - taken);
                note_down(&mut back, &Allocation { quantity: taken, ..from.clone() });
            }
        }
        back
    }
}
