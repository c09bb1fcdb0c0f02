//! Asking a language model, within what it may cost and how long it may take.

use crate::ports::{Allowance, Clock, Fields, Limit, Llm, Prompt, RateBuckets};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;

/// How long a model is waited for; adapters hold themselves to it. It is asked only if that much time is left.
pub const LLM_TIME: SignedDuration = SignedDuration::from_secs(3);
/// What one call takes of the day's budget; prompt and answer are bounded below it.
const TOKENS_PER_CALL: u32 = 600;

/// A model, where there is one.
#[derive(Clone)]
pub struct Model {
    /// None: nobody is asked.
    pub llm: Option<Arc<dyn Llm>>,
    /// The day's budget.
    pub buckets: Arc<dyn RateBuckets>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Model {
    /// What it says, if it can be expected to answer in what is left of the time and of the shop's budget for the day.
    /// `purse` names what it is for: each purpose has the budget to itself.
    pub async fn say(
        &self,
        (scope, config): (&TenantScope, &TenantConfig),
        purse: &str,
        until: Timestamp,
        prompt: &Prompt,
    ) -> Option<Fields> {
        let llm = self.llm.as_ref()?;
        if llm.rests() || self.clock.now() + LLM_TIME > until || !self.affords(scope, config, purse).await {
            return None;
        }
        let said = llm.complete(prompt).await;
        said.inspect_err(|why| tracing::warn!(tenant = %scope.tenant(), %why, "done without a model")).ok()
    }

    /// Takes one call's worth from the day's budget.
    async fn affords(&self, scope: &TenantScope, config: &TenantConfig, purse: &str) -> bool {
        let limit = Limit { count: config.llm_tokens_per_day, window: SignedDuration::from_hours(24) };
        let taken = self.buckets.take(scope, purse, TOKENS_PER_CALL, limit, self.clock.now()).await;
        matches!(taken, Ok(Allowance::Allowed { .. }))
    }
}
