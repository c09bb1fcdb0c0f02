//! Service levels of an order as the API shows them.

use domain::order::SlaClock;
use domain::sla::Factor;
use jiff::Timestamp;
use serde::Serialize;

/// A clock of an order.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct SlaView {
    /// Which: "pick", "pack", "scan", "ship", "carrier" or "delivery".
    pub sla: &'static str,
    /// "running", "at_risk", "kept", "missed" or "void".
    pub state: &'static str,
    /// Since when it runs.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub started_at: Timestamp,
    /// The last moment that is in time.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub due_at: Timestamp,
    /// When it was done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = DateTime))]
    pub ended_at: Option<Timestamp>,
    /// Seconds until it is due, or that were left when it was done; negative if it is late.
    pub left_s: i64,
    /// Seconds it has by the settings, before anything made it longer.
    pub target_s: i64,
    /// What made it longer: "weekend", "holiday", "busy", "peak", "oversized", "hazmat", "fragile".
    pub factors: Vec<&'static str>,
    /// Seconds for which the order was on hold meanwhile; they are added.
    pub held_s: i64,
}

impl SlaView {
    /// As it stands now.
    pub fn of(clock: &SlaClock, now: Timestamp) -> SlaView {
        SlaView {
            sla: clock.sla.as_str(),
            state: clock.state().as_str(),
            started_at: clock.started_at,
            due_at: clock.due_at,
            ended_at: clock.ended_at,
            left_s: clock.left(now).as_secs(),
            target_s: clock.target_s,
            factors: clock.factors.iter().copied().map(Factor::as_str).collect(),
            held_s: clock.held_s,
        }
    }
}
