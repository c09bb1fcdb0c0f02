//! Stock levels and holds, orders with suppliers, and prices.

use super::{PageKey, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{PurchaseId, Sku};
use domain::price::PriceTag;
use domain::stock::StockGrade;
use domain::stock::count::Found;
use domain::stock::purchase::{PurchaseOrder, Supply};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Stock of one SKU at one location. `available + reserved = on hand`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockLevel {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// Free to promise; never negative.
    pub available: i64,
    /// Promised to orders.
    pub reserved: i64,
    /// How much that was, when it was last looked at.
    pub grade: StockGrade,
    /// So often that has changed; the fence.
    pub grades: u64,
    /// Ordered with suppliers, or drafted, and not here yet.
    pub on_order: i64,
}

impl StockLevel {
    /// On the shelf.
    pub const fn on_hand(&self) -> i64 {
        self.available.saturating_add(self.reserved)
    }
}

/// Where something lies, and how much that was when it was last looked at.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StockPlace {
    /// Unit.
    pub sku: String,
    /// Where.
    pub location: String,
    /// How much that was.
    pub grade: StockGrade,
}

/// Part of the list of what a shop has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StockPage {
    /// What there is least of first.
    pub levels: Vec<StockLevel>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// Stock, changed by single conditional writes only: by hand here, and with the commits of orders
/// ([`super::OrderStore::commit`]), which set it aside, give it back and send it.
#[async_trait]
pub trait StockStore: Send + Sync {
    /// One level.
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>>;
    /// All levels of a SKU.
    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>>;
    /// Adds to (or takes from) what is free, once per reference. `None` if it would go below zero.
    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>>;
    /// Marks a level with another grade, together with the events that say so, if it was not marked since it was read and what
    /// is free is still between the least and the most of that grade. False if not.
    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        to: (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
    /// Part of the list of all levels, or of those of a grade: what is to be reordered first, then what is low, then the rest; each by SKU.
    /// It follows the levels within moments.
    async fn page(&self, scope: &TenantScope, grade: Option<StockGrade>, after: Option<&PageKey>, limit: usize) -> PortResult<StockPage>;
    /// The same list without the numbers, which costs little.
    async fn places(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<StockPlace>>;
    /// Holds what was counted against the level, and corrects it, once per reference. What was found, by the first call if there were several, and the
    /// level now.
    async fn count(
        &self,
        scope: &TenantScope,
        shelf: (&str, &str),
        counted: u32,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<(Found, StockLevel)>;
}

/// Part of a list of purchase orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PurchasePage {
    /// The rows.
    pub orders: Vec<PurchaseOrder>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// Orders with suppliers.
#[async_trait]
pub trait PurchaseStore: Send + Sync {
    /// One of them.
    async fn load(&self, scope: &TenantScope, id: &PurchaseId) -> PortResult<Option<PurchaseOrder>>;
    /// Part of the list of those that are open, or of those that are not; the latest first. It follows within moments.
    async fn page(&self, scope: &TenantScope, open: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PurchasePage>;
    /// Stores one as it is now, what the change does to the levels at its location, and the events that say so; all or nothing. False if the one
    /// stored is not of the version before.
    async fn save(
        &self,
        scope: &TenantScope,
        order: &PurchaseOrder,
        supplies: &[Supply],
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool>;
}

/// Part of a list of prices.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PricePage {
    /// By SKU.
    pub tags: Vec<PriceTag>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// Prices.
#[async_trait]
pub trait PriceStore: Send + Sync {
    /// One of them.
    async fn load(&self, scope: &TenantScope, sku: &Sku) -> PortResult<Option<PriceTag>>;
    /// Part of the list of those with a proposal, or of those without. It follows within moments.
    async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PricePage>;
    /// Stores one as it is now and the events that say so; all or nothing. False if the one stored is not of the version before.
    async fn save(&self, scope: &TenantScope, tag: &PriceTag, events: &[Envelope], now: Timestamp) -> PortResult<bool>;
}
