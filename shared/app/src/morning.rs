//! What else a shop's morning brings, beside its report: the days that are over are exported, its prices are looked at. Each is a message of its own, so
//! that no shop waits for another's, and none of them for the reports.

use crate::each::ask_each;
use crate::error::Result;
use crate::export;
use crate::ports::{Clock, OnceKey, OnceStore, Queue, TenantStore};
use crate::prices;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::queue::{ReportAsked, Wished};
use domain::ids::{CorrelationId, TenantId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::sync::Arc;

/// The use case.
#[derive(Clone)]
pub struct Morning {
    /// Who wants what, and when their morning is.
    pub tenants: Arc<dyn TenantStore>,
    /// What is done.
    pub once: Arc<dyn OnceStore>,
    /// Where the messages wait.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Morning {
    /// Asks for everything that is due and not done; whose it is. What is asked for twice is done once.
    ///
    /// # Errors
    /// `Retryable`: the next tick asks for all again.
    pub async fn ask(&self, correlation: &CorrelationId) -> Result<Vec<TenantId>> {
        let now = self.clock.now();
        let wanted = async |tenant: &TenantId, config: &TenantConfig| {
            let scope = TenantScope::of_own_message(tenant);
            let mut messages = Vec::new();
            for (what, day, key) in due(config, now) {
                if self.once.done(&scope, &key, now).await?.is_none() {
                    let (tenant, correlation) = (tenant.clone(), correlation.clone());
                    messages.push(ReportAsked { v: ReportAsked::VERSION, tenant, day: Some(day), what, scheduled: true, correlation });
                }
            }
            Ok(messages)
        };
        ask_each((&*self.tenants, &*self.queue), wanted).await
    }
}

/// What is due of a shop by now, and under which name it is remembered that it is done.
fn due(config: &TenantConfig, now: Timestamp) -> Vec<(Wished, Date, OnceKey)> {
    let Some(today) = config.morning(now) else { return Vec::new() };
    let exports = if config.export.daily { export::days_over(config, today, now) } else { Vec::new() };
    let exports = exports.into_iter().map(|day| (Wished::Export, day, export::daily_key(day)));
    let prices = config.pricing.enabled.then(|| (Wished::Prices, today, prices::daily_key(today)));
    exports.chain(prices).collect()
}
