//! The post office: what was committed is published at least once.

use crate::error::Result;
use crate::ports::{Bus, Clock, OutboxRow, OutboxStore};
use jiff::SignedDuration;
use std::sync::Arc;

/// A row this old was missed by the stream.
pub const SWEEP_AFTER: SignedDuration = SignedDuration::from_secs(60);
/// Rows one sweep takes.
pub const SWEEP_ROWS_MAX: usize = 500;

/// The use case.
#[derive(Clone)]
pub struct Relay {
    /// What waits.
    pub outbox: Arc<dyn OutboxStore>,
    /// Where it goes.
    pub bus: Arc<dyn Bus>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Relay {
    /// Publishes one row and removes it. The row stays unless every event of it was accepted: then all of
    /// them are published again, which consumers do not mind.
    pub async fn publish(&self, row: &OutboxRow) -> Result<()> {
        let results = self.bus.publish(&row.events).await?;
        if results.len() != row.events.len() {
            return Err(crate::Error::Retryable(format!("the bus answered {} of {} events", results.len(), row.events.len())));
        }
        if let Some(Err(why)) = results.iter().find(|result| result.is_err()) {
            return Err(crate::Error::Retryable(format!("the bus refused an event: {why}")));
        }
        self.outbox.published(std::slice::from_ref(&row.key)).await?;
        Ok(())
    }

    /// Publishes what the stream missed. Returns how many rows went out; a row that fails stays for the
    /// next sweep and does not hold up the others.
    pub async fn sweep(&self) -> Result<Swept> {
        let before = self.clock.now() - SWEEP_AFTER;
        let rows = self.outbox.waiting(before, SWEEP_ROWS_MAX).await?;
        let mut swept = Swept { published: 0, failed: 0 };
        for row in rows {
            match self.publish(&row).await {
                Ok(()) => swept.published += 1,
                Err(why) => {
                    tracing::warn!(place = row.key.place, %why, "an outbox row stays");
                    swept.failed += 1;
                }
            }
        }
        Ok(swept)
    }
}

/// What a sweep did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swept {
    /// Rows that went out.
    pub published: usize,
    /// Rows that stay.
    pub failed: usize,
}
