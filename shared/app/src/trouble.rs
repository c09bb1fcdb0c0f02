//! Trouble with a job that a person has to mend: they are told once, and once more when it is mended.

use crate::error::Result;
use crate::ports::OutboxStore;
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::{Payload, job};
use domain::ids::CorrelationId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What somebody was told of, and since when it lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// Since when.
    pub since: Timestamp,
    /// In words.
    pub reason: String,
}

/// A job as its alerts name it.
#[derive(Debug, Clone, Copy)]
pub struct Job<'a> {
    /// In words: "daily report".
    pub name: &'a str,
    /// What its events are about: "job:daily".
    pub subject: &'a str,
}

impl Job<'_> {
    /// Compares how the job stands with what is known, publishes what is news, and gives what is to be remembered.
    ///
    /// The same reason again is no news; another one is.
    ///
    /// # Errors
    /// `Retryable` if it could not be published; then nothing is to be remembered.
    pub async fn tell(
        &self,
        (scope, outbox): (&TenantScope, &dyn OutboxStore),
        before: Option<Trouble>,
        reason: Option<String>,
        now: Timestamp,
        correlation: &CorrelationId,
    ) -> Result<Option<Trouble>> {
        let payload = match (&reason, &before) {
            (Some(reason), Some(known)) if known.reason == *reason => None,
            (Some(reason), _) => Some(Payload::JobFailed(job::v1::JobFailed { job: self.name.into(), reason: reason.clone() })),
            (None, Some(known)) => Some(Payload::JobRecovered(job::v1::JobRecovered { job: self.name.into(), failing_since: known.since })),
            (None, None) => None,
        };
        let trouble = reason.map(|reason| Trouble { since: before.map_or(now, |known| known.since), reason });
        if let Some(payload) = payload {
            // Two events of one moment are two events.
            let index = usize::from(trouble.is_none());
            let moment = u64::try_from(now.as_millisecond()).unwrap_or(0);
            let event = envelope(scope.tenant(), self.subject, moment, index, now, correlation, payload);
            outbox.add(scope, &[event], now).await?;
        }
        Ok(trouble)
    }
}
