//! Orders to which something is to happen, of all tenants, by when.

use super::{PageKey, PortResult};
use async_trait::async_trait;
use domain::ids::{OrderId, TenantId};
use jiff::Timestamp;

/// An order one of whose timers is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// Whose.
    pub tenant: TenantId,
    /// Which.
    pub order: OrderId,
    /// Since when.
    pub at: Timestamp,
}

/// The index that commits keep ([`super::Commit::timer`]). It follows its table within moments, so what it says is to be
/// looked at, not believed.
#[async_trait]
pub trait TimerIndex: Send + Sync {
    /// Those that are due, the longest first, and where to go on.
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueTimer>, Option<PageKey>)>;
}
