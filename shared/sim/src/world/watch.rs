//! Watching over open orders, by a schedule that fires whenever it likes.

use super::World;
use crate::functions::job::Job;
use std::rc::Rc;

impl World {
    /// The queue has some shop watched.
    pub(super) fn watch(&mut self) -> Option<Job> {
        if !self.profile.watches {
            return None;
        }
        let shop = self.rng.below(self.shops.len());
        Some(self.watch_of(shop))
    }

    /// A shop is watched.
    pub(super) fn watch_of(&self, shop: usize) -> Job {
        Job::Watch(Rc::new(self.shops[shop].scope.tenant().clone()))
    }
}
