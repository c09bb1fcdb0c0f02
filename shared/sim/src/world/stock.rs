//! The warehouse.

use super::World;
use crate::functions::job::{Answer, Holding, Job};
use crate::story::{Change, Shelf, StockWish};
use app::ports::{PortError, Reserved};
use std::rc::Rc;

/// A change of stock and what became of it.
pub struct Stocked {
    /// The wish.
    pub wish: Rc<StockWish>,
    /// Some answer said that it was done.
    pub done: bool,
    /// Its place among the answers.
    pub answered: Option<u64>,
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
        let mut holds = Vec::new();
        for (sku, location, order, _) in self.memory.stock_holds(&self.shops[shop].scope) {
            let location = Shelf::LOCATIONS.into_iter().find(|known| *known == location).unwrap_or_default();
            holds.push((Shelf { sku, location }, order));
        }
        let wish = self.shops[shop].stock_wish(shop, &holds, self.stocked.len() as u64, &mut self.rng);
        self.open_stock.push(self.stocked.len());
        self.stocked.push(Stocked { wish: Rc::new(wish), done: false, answered: None });
    }

    pub(super) fn moved(&mut self, index: usize, answer: Option<Answer>) {
        let change = self.stocked[index].wish.change.clone();
        let done = match (&change, answer) {
            (_, None) => return self.check_shelves(),
            (Change::Adjust { .. }, Some(Answer::Http(reply))) if reply.is_worth_another_try() => return self.check_shelves(),
            (Change::Adjust { .. }, Some(Answer::Http(reply))) => match (reply.status, reply.problem().as_str()) {
                (200, _) => true,
                (409, "out-of-stock") => false,
                (status, _) => return self.fail("I2", None, format!("a movement was answered {status}: {}", reply.text())),
            },
            (_, Some(Answer::Held(Err(PortError::Retryable(_))))) => return self.check_shelves(),
            (_, Some(Answer::Held(Ok(Holding::Asked(Reserved::Held | Reserved::Again) | Holding::GivenBack(true))))) => true,
            (_, Some(Answer::Held(Ok(_)))) => false,
            (change, _) => return self.fail("I2", None, format!("{change:?} was answered with something else")),
        };
        self.stock_answers += 1;
        let (answers, stocked) = (self.stock_answers, &mut self.stocked[index]);
        stocked.done |= done;
        stocked.answered = Some(answers);
        // Some did not hear us, or do not listen.
        if !self.rng.per_mille(150) {
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
