//! What happens on a warehouse's floor, as people ask for it: what to pick, what carriers collect, and from where something would leave.

use crate::apply::Apply;
use crate::dispatch::manifests::Manifests;
use crate::picking::Picking;
use crate::ports::{ManifestStore, OnceStore, Random, ReportStore, StockStore};
use crate::quotes::Quotes;
use std::sync::Arc;

/// The use cases.
#[derive(Clone)]
pub struct Floor {
    /// Who goes for what.
    pub picking: Picking,
    /// What carriers collect.
    pub manifests: Manifests,
    /// What carriage would cost.
    pub quotes: Quotes,
}

impl Floor {
    /// Over these ports.
    pub fn new(
        apply: Apply,
        stock: Arc<dyn StockStore>,
        manifests: Arc<dyn ManifestStore>,
        (files, once): (Arc<dyn ReportStore>, Arc<dyn OnceStore>),
        random: Arc<dyn Random>,
    ) -> Floor {
        let clock = apply.clock.clone();
        Floor {
            picking: Picking { apply, files, once, random },
            manifests: Manifests { store: manifests, clock: clock.clone() },
            quotes: Quotes { stock, clock },
        }
    }
}
