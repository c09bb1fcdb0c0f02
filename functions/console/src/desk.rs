//! Everything the pages need.

use crate::session::Sessions;
use app::answer::Ask;
use app::auth::Authenticate;
use app::cursor::Cursors;
use app::floor::Floor;
use app::parked::Parked;
use app::ports::{
    Clock, ExceptionStore, KeyStore, MetricStore, OrderStore, Queue, Random, RateBuckets, ReportStore, ReviewStore, TenantStore,
};
use app::prices::Prices;
use app::progress::AutoProgress;
use app::stock::{Count, Purchases};
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use std::sync::Arc;

/// The use cases and ports behind the pages.
pub struct Console {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Changes, by people and by rule.
    pub auto: AutoProgress,
    /// "Where is my order?"
    pub ask: Ask,
    /// Figures.
    pub metrics: Arc<dyn MetricStore>,
    /// Files.
    pub reports: Arc<dyn ReportStore>,
    /// Reports to be made now.
    pub wishes: Wishes,
    /// Sheets to be read now.
    pub sheet_queue: Arc<dyn Queue>,
    /// What people have to decide.
    pub reviews: Arc<dyn ReviewStore>,
    /// What is wrong with orders.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// What waits for somebody.
    pub parked: Parked,
    /// Counting stock, and what there is of it.
    pub count: Count,
    /// Orders with suppliers.
    pub purchases: Purchases,
    /// What is picked, collected, and from where.
    pub floor: Floor,
    /// Prices.
    pub prices: Prices,
    /// Webhooks to others.
    pub webhooks: Endpoints,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// API keys, looked at again on every request.
    pub keys: Arc<dyn KeyStore>,
    /// Signing in.
    pub authenticate: Authenticate,
    /// Limits.
    pub buckets: Arc<dyn RateBuckets>,
    /// Pages of lists.
    pub cursors: Cursors,
    /// Session cookies.
    pub sessions: Sessions,
    /// The console's address as browsers know it, if a proxy hides it from us ("https://ops.example.com").
    pub public_url: Option<String>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Secrets.
    pub random: Arc<dyn Random>,
}
