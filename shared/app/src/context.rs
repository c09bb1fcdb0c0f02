//! What every change needs to know about itself.

use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use domain::ids::CorrelationId;
use domain::order::{Actor, Order};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Who asks, and why, for the history.
#[derive(Debug, Clone)]
pub struct Provenance {
    /// Who.
    pub actor: Actor,
    /// Ties everything that follows to the request.
    pub correlation: CorrelationId,
}

/// Whose data, under which settings, on whose behalf.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Whose data.
    pub scope: &'a TenantScope,
    /// Under which settings.
    pub config: &'a TenantConfig,
    /// On whose behalf.
    pub by: &'a Provenance,
}

impl Context<'_> {
    /// When an open order has to be looked at, by the shop's rules: it will need a person, or moves on by itself.
    pub fn due(&self, order: &Order) -> Option<Timestamp> {
        self.config.due(order)
    }

    /// The shop's time zone.
    pub fn zone(&self) -> TimeZone {
        self.config.zone()
    }
}
