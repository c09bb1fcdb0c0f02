//! The warehouse: what comes, what goes, what is held for orders.

use super::shop::Shop;
use crate::rng::Rng;
use app::Identity;
use domain::ids::{CorrelationId, OrderId};

/// Where something lies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Shelf {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: &'static str,
}

impl Shelf {
    /// Where they may be.
    pub const LOCATIONS: [&str; 2] = ["main", "annex"];
}

/// What happens to a shelf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// `POST /v1/inventory/{sku}/adjust`.
    Adjust {
        /// How many came or left.
        by: i64,
        /// Unique.
        reference: String,
    },
    /// A quantity is held for an order.
    Hold {
        /// For which.
        order: OrderId,
        /// How many.
        quantity: u32,
    },
    /// A hold is given back.
    Release {
        /// Whose.
        order: OrderId,
    },
}

/// A change that somebody wants, until it is answered.
#[derive(Debug, Clone)]
pub struct StockWish {
    /// In which shop.
    pub shop: usize,
    /// Who wants it.
    pub client: Identity,
    /// Where.
    pub shelf: Shelf,
    /// What.
    pub change: Change,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

impl Shop {
    /// Something that happens in the warehouse. A few orders compete for what there is, and mostly what is given
    /// back is one of these holds.
    pub fn stock_wish(&self, index: usize, holds: &[(Shelf, OrderId)], serial: u64, rng: &mut Rng) -> StockWish {
        let mut shelf = Shelf { sku: format!("{}-{}", self.canary, rng.below(2)), location: rng.pick(&Shelf::LOCATIONS) };
        let mut order = OrderId::parse(&format!("H{}", rng.below(6))).expect("a token");
        let change = match rng.below(10) {
            0..=4 => Change::Adjust { by: rng.pick(&[5, 3, 1, -1, -2, -4, -7]), reference: format!("delivery-{serial}") },
            5..=7 => Change::Hold { order, quantity: 1 + rng.below(4) as u32 },
            _ => {
                if !holds.is_empty() && rng.per_mille(800) {
                    (shelf, order) = holds[rng.below(holds.len())].clone();
                }
                Change::Release { order }
            }
        };
        let correlation = CorrelationId::parse(&format!("stock-{serial}")).expect("a token");
        StockWish { shop: index, client: self.client.clone(), shelf, change, correlation }
    }
}
