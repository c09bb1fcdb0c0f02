//! What a shop can have made now that is made every day: a report, an export, a look at its prices.

use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Clock, Limit, Queue, RateBuckets, ReportStore};
use crate::report::headline;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::queue::{ReportAsked, Wished};
use domain::ids::CorrelationId;
use domain::order::Fault;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use std::sync::Arc;

/// Having something made now, behind a queue.
#[derive(Clone)]
pub struct Wishes {
    /// Where the wish waits.
    pub queue: Arc<dyn Queue>,
    /// So many of each a minute: [`WISHES`].
    pub buckets: Arc<dyn RateBuckets>,
    /// What there is.
    pub reports: Arc<dyn ReportStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// A report reads every open order, an export every one that changed, so neither is asked for more often than this.
pub const WISHES: Limit = Limit { count: 2, window: SignedDuration::from_mins(1) };

impl Wishes {
    /// The figures of today as they are when the wish's turn comes, or of a past day as it ended. A past day that has
    /// its report keeps it.
    ///
    /// # Errors
    /// `Invalid` for a day that cannot have a report or has one, `TooMany`, `Retryable`.
    pub async fn report(&self, scope: &TenantScope, config: &TenantConfig, day: Option<Date>, correlation: &CorrelationId) -> Result<()> {
        let today = day.map_or(Ok(None), |day| self.of_the_last_year(config, day).map(Some))?;
        if let Some(day) = day.filter(|day| today.is_some_and(|today| *day < today))
            && headline(&*self.reports, scope, day).await?.is_some()
        {
            return Err(day_fault("exists", "that day has its report; it stays as it was"));
        }
        self.ask(scope, (day, Wished::Report), correlation).await
    }

    /// The export of a day, anew if it was made; of today up to now.
    ///
    /// # Errors
    /// `Invalid` for a day that cannot have one, `TooMany`, `Retryable`.
    pub async fn export(&self, scope: &TenantScope, config: &TenantConfig, day: Date, correlation: &CorrelationId) -> Result<()> {
        self.of_the_last_year(config, day)?;
        self.ask(scope, (Some(day), Wished::Export), correlation).await
    }

    /// A look at the prices, if the shop wants any proposed.
    ///
    /// # Errors
    /// `Invalid` if it does not, `TooMany`, `Retryable`.
    pub async fn prices(&self, scope: &TenantScope, config: &TenantConfig, correlation: &CorrelationId) -> Result<()> {
        if !config.pricing.enabled {
            return Err(Error::Invalid(vec![Fault::new("pricing.enabled", "switched_off", "switch it on in the settings first")]));
        }
        self.ask(scope, (None, Wished::Prices), correlation).await
    }

    /// Today, if a day is one of the last year.
    fn of_the_last_year(&self, config: &TenantConfig, day: Date) -> Result<Date> {
        let today = config.today(self.clock.now());
        let is_one = day <= today && day >= today - 366.days();
        if is_one { Ok(today) } else { Err(day_fault("out_of_range", "a day of the last year, such as 2025-08-10")) }
    }

    async fn ask(&self, scope: &TenantScope, (day, what): (Option<Date>, Wished), correlation: &CorrelationId) -> Result<()> {
        let bucket = match what {
            Wished::Report => "report-wish",
            Wished::Export => "export-wish",
            Wished::Prices => "price-wish",
        };
        self.buckets.take(scope, bucket, 1, WISHES, self.clock.now()).await?.or_wait()?;
        let (tenant, correlation) = (scope.tenant().clone(), correlation.clone());
        json::send(&*self.queue, &ReportAsked { v: ReportAsked::VERSION, tenant, day, what, scheduled: false, correlation }).await
    }
}

fn day_fault(code: &str, rule: &str) -> Error {
    Error::Invalid(vec![Fault::new("day", code, rule)])
}
