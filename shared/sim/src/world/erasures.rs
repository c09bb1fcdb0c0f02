//! Customers who are forgotten.

use super::World;
use crate::functions::job::Job;
use crate::functions::wire::Reply;
use crate::story::{Customer, Erasure};
use app::ports::{InboxKey, InboxState};
use std::rc::Rc;

/// An erasure and what became of it.
pub struct Forgotten {
    /// The wish.
    pub erasure: Rc<Erasure>,
    /// The group of invocations in which it was first answered with a 2xx.
    pub done: Option<u64>,
    /// Webhooks that were parked when it was asked for.
    pub parked_before: Vec<InboxKey>,
}

impl World {
    /// Somebody wants to be forgotten, or asks again.
    pub(super) fn erase(&mut self) -> Option<Job> {
        if !self.profile.erasures {
            return None;
        }
        if self.open_erasures.is_empty() || self.rng.per_mille(300) {
            self.wish_erasure();
        }
        if self.open_erasures.is_empty() {
            return None;
        }
        let index = self.open_erasures[self.rng.below(self.open_erasures.len())];
        Some(self.ask_erasure(index))
    }

    pub(super) fn ask_erasure(&self, index: usize) -> Job {
        Job::Erase { erasure: self.forgotten[index].erasure.clone(), index }
    }

    /// A customer asks who waits for nothing: an order that is still on its way in would bring them back.
    pub fn wish_erasure(&mut self) {
        if self.known.is_empty() {
            return;
        }
        let known = &self.known[self.rng.below(self.known.len())];
        let (shop, customer, order) = (known.shop, known.customer.clone(), known.id.clone());
        if self.is_forgotten(&customer) || self.is_expected(&customer) {
            return;
        }
        let Some(erasure) = self.shops[shop].erasure(shop, (&customer, &order), self.forgotten.len()) else { return };
        let parked = self.memory.inbox_entries(&self.shops[shop].scope).into_iter();
        let parked_before = parked.filter(|entry| matches!(entry.state, InboxState::Parked { .. })).map(|entry| entry.key).collect();
        self.open_erasures.push(self.forgotten.len());
        self.forgotten.push(Forgotten { erasure: Rc::new(erasure), done: None, parked_before });
    }

    /// They asked to be forgotten.
    pub fn is_forgotten(&self, customer: &Customer) -> bool {
        self.forgotten.iter().any(|forgotten| forgotten.erasure.customer.token == customer.token)
    }

    fn is_expected(&self, customer: &Customer) -> bool {
        let asked = self.asked.iter().any(|asked| asked.request.customer.token == customer.token && asked.is_open());
        let rows = self.sheets.iter().flat_map(|sheet| &sheet.rows);
        asked || rows.filter(|row| !row.bad).any(|row| row.customer.token == customer.token && !row.known)
    }

    pub(super) fn erased(&mut self, index: usize, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        match reply.status {
            200 => {
                let group = self.faults.group();
                self.forgotten[index].done.get_or_insert(group);
                self.open_erasures.retain(|open| *open != index);
            }
            _ if reply.is_worth_another_try() => {}
            status => self.fail("erasure", None, format!("a wish to be forgotten was answered {status}: {}", reply.text())),
        }
    }
}
