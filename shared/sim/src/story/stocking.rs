//! The warehouse: what comes and what goes by hand.

use super::shop::Shop;
use crate::rng::Rng;
use app::Identity;
use domain::ids::CorrelationId;

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

/// A change that somebody wants, until it is answered.
#[derive(Debug, Clone)]
pub struct StockWish {
    /// In which shop.
    pub shop: usize,
    /// Who wants it.
    pub client: Identity,
    /// Where.
    pub shelf: Shelf,
    /// How many came or left.
    pub by: i64,
    /// Unique.
    pub reference: String,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

impl Shop {
    /// Something that happens in the warehouse.
    pub fn stock_wish(&self, index: usize, serial: u64, rng: &mut Rng) -> StockWish {
        let shelf = Shelf { sku: format!("{}-{}", self.canary, rng.below(4)), location: rng.pick(&Shelf::LOCATIONS) };
        let by = rng.pick(&[9, 5, 3, 1, -1, -2, -4, -7]);
        let correlation = CorrelationId::parse(&format!("stock-{serial}")).expect("a token");
        StockWish { shop: index, client: self.client.clone(), shelf, by, reference: format!("delivery-{serial}"), correlation }
    }
}
