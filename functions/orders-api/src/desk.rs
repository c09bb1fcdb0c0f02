//! The use cases this function serves, and admission to them.

use app::apply::Apply;
use app::bulk::Bulk;
use app::cursor::Cursors;
use app::floor::Floor;
use app::parked::Parked;
use app::place::Place;
use app::ports::{
    Allowance, Clock, ExceptionStore, KeyStore, Limit, MetricStore, OrderStore, Queue, Random, RateBuckets, ReportStore, ReviewStore,
    TenantStore,
};
use app::prices::Prices;
use app::privacy::Privacy;
use app::progress::AutoProgress;
use app::receive::Receive;
use app::stock::{Count, MoveStock, Purchases};
use app::survey::Survey;
use app::tenant::TenantConfig;
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use app::{Context, Error, Identity, Provenance, Scopes, TenantScope};
use jiff::SignedDuration;
use runtime::http::{Origin, Quota};
use std::sync::Arc;

/// Everything the routes need.
pub struct Desk {
    /// New orders.
    pub place: Place,
    /// Changes.
    pub apply: Apply,
    /// Changes by rule.
    pub auto: AutoProgress,
    /// What customers say of their orders.
    pub survey: Survey,
    /// Many changes at once.
    pub bulk: Bulk,
    /// Privacy requests.
    pub privacy: Privacy,
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// Events that are told with a key.
    pub receive: Receive,
    /// What waits for somebody.
    pub parked: Parked,
    /// Sheets to be read now.
    pub sheets: Arc<dyn Queue>,
    /// Reports to be made now.
    pub wishes: Wishes,
    /// Figures.
    pub metrics: Arc<dyn MetricStore>,
    /// Files.
    pub reports: Arc<dyn ReportStore>,
    /// What people have to decide.
    pub reviews: Arc<dyn ReviewStore>,
    /// What is wrong with orders.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// Stock, and moving it.
    pub stock: MoveStock,
    /// Counting it.
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
    /// The address or domain that mails may come from; anything, if it is not said.
    pub mail_identity: Option<String>,
    /// API keys.
    pub keys: Arc<dyn KeyStore>,
    /// Limits.
    pub buckets: Arc<dyn RateBuckets>,
    /// Cursors.
    pub cursors: Cursors,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Secrets.
    pub random: Arc<dyn Random>,
}

/// A caller who may go on.
pub struct Admitted {
    /// Who.
    pub identity: Identity,
    /// Whose data.
    pub scope: TenantScope,
    /// How they want it.
    pub config: TenantConfig,
    /// As the author of changes.
    pub by: Provenance,
}

impl Admitted {
    /// What their changes need to know.
    pub fn context(&self) -> Context<'_> {
        Context { scope: &self.scope, config: &self.config, by: &self.by }
    }
}

impl Desk {
    /// Lets a caller in: the right scope, and not too often.
    pub async fn admit(
        &self,
        identity: Identity,
        origin: &Origin,
        needs: &'static str,
        allowed: impl Fn(&Scopes) -> bool,
    ) -> Result<Admitted, Error> {
        identity.require(needs, allowed)?;
        let scope = TenantScope::of(&identity);
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let limit = Limit { count: config.requests_per_minute, window: SignedDuration::from_mins(1) };
        let bucket = format!("requests:{}", identity.principal);
        let allowance = self.buckets.take(&scope, &bucket, 1, limit, self.clock.now()).await?;
        let left = if let Allowance::Allowed { left } = allowance { left } else { 0 };
        origin.limits.say(Quota { limit: limit.count, window_s: 60, left });
        allowance.or_wait()?;
        let by = Provenance { actor: identity.actor(), correlation: origin.correlation.clone() };
        Ok(Admitted { identity, scope, config, by })
    }
}
