//! The warehouse.

use super::World;
use crate::functions::job::{Answer, Job};
use crate::story::StockWish;
use std::rc::Rc;

/// A change of stock and what became of it.
pub struct Stocked {
    /// The wish.
    pub wish: Rc<StockWish>,
    /// Some answer said that it was done.
    pub done: bool,
    /// The last try had no answer.
    pub unsure: bool,
}

impl World {
    /// Something happens in the warehouse, or is asked for again.
    pub(super) fn stock(&mut self) -> Option<Job> {
        if !self.profile.stock {
            return None;
        }
        if self.open_stock.is_empty() || self.rng.per_mille(600) {
            self.wish_stock();
        }
        let index = self.open_stock[self.rng.below(self.open_stock.len())];
        Some(Job::Stock { wish: self.stocked[index].wish.clone(), index })
    }

    /// Somebody in a warehouse wants something.
    pub fn wish_stock(&mut self) {
        let shop = self.rng.below(self.shops.len());
        let wish = self.shops[shop].stock_wish(shop, self.stocked.len() as u64, &mut self.rng);
        self.open_stock.push(self.stocked.len());
        self.stocked.push(Stocked { wish: Rc::new(wish), done: false, unsure: false });
    }

    /// No answer came: it may have moved, and is asked for again.
    fn nobody_knows(&mut self, index: usize) {
        self.stocked[index].unsure = true;
        if !self.open_stock.contains(&index) {
            self.open_stock.push(index);
        }
        self.check_shelves();
    }

    pub(super) fn moved(&mut self, index: usize, answer: Option<Answer>) {
        let done = match answer {
            None => return self.nobody_knows(index),
            Some(Answer::Http(reply)) if reply.is_worth_another_try() => return self.nobody_knows(index),
            Some(Answer::Http(reply)) => match (reply.status, reply.problem().as_str()) {
                (200, _) => true,
                (409, "out-of-stock") => false,
                (status, _) => return self.fail("I2", None, format!("a movement was answered {status}: {}", reply.text())),
            },
            Some(_) => return self.fail("I2", None, "a movement was answered with something else".to_owned()),
        };
        self.stocked[index].done |= done;
        // A refusal speaks for one request, and not for another of which nobody knows: whoever wants to know asks again.
        let unsure = std::mem::take(&mut self.stocked[index].unsure);
        // Some did not hear us, or do not listen.
        if !self.rng.per_mille(150) && (done || !unsure) {
            self.open_stock.retain(|open| *open != index);
        }
        self.check_shelves();
    }

    /// I2, at any time: nothing is below zero.
    fn check_shelves(&mut self) {
        for shop in 0..self.shops.len() {
            for level in self.memory.stock_levels(&self.shops[shop].scope) {
                if level.available < 0 || level.reserved < 0 {
                    self.fail("I2", None, format!("below zero: {level:?}"));
                }
            }
        }
    }
}
