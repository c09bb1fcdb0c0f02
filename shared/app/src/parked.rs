//! What came in and waits for a person: webhooks that could not be applied, and what strangers wrote.

use crate::channels::{Incoming, channel_of};
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Clock, InboxEntry, InboxKey, InboxState, InboxStore, Queue};
use crate::scope::TenantScope;
use contracts::queue::HookReceived;
use domain::ids::{CorrelationId, EventId, SourceId};
use domain::notify::Channel;
use jiff::Timestamp;
use std::sync::Arc;

/// So many are listed, the oldest.
pub const LISTED_MAX: usize = 100;

/// The use case.
#[derive(Clone)]
pub struct Parked {
    /// Where they wait.
    pub inbox: Arc<dyn InboxStore>,
    /// Who tries again.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// Something that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Names it.
    pub key: InboxKey,
    /// When it came.
    pub received_at: Timestamp,
    /// Why it waits, machine-readable.
    pub code: String,
    /// Why, and what to do.
    pub reason: String,
    /// What somebody wrote who was written to about no order.
    pub written: Option<Written>,
}

/// A message of a stranger's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// By which channel.
    pub channel: Channel,
    /// Who, as the platform calls them.
    pub from: String,
    /// What.
    pub text: String,
}

impl Waiting {
    fn of(entry: InboxEntry) -> Option<Waiting> {
        let written = channel_of(&entry.key.endpoint).and_then(|channel| match serde_json::from_str(&entry.body) {
            Ok(Incoming::Reply { from, text, .. }) => Some(Written { channel, from, text }),
            _ => None,
        });
        let InboxState::Parked { code, reason } = entry.state else { return None };
        Some(Waiting { key: entry.key, received_at: entry.received_at, code, reason, written })
    }
}

impl Parked {
    /// The oldest, at most [`LISTED_MAX`].
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn list(&self, scope: &TenantScope) -> Result<Vec<Waiting>> {
        self.page(scope, None).await
    }

    /// Those that came in after one, which may have been settled since.
    ///
    /// # Errors
    /// `NotFound` if there is no such one, `Retryable`.
    pub async fn behind(&self, scope: &TenantScope, endpoint: &str, id: &str) -> Result<Vec<Waiting>> {
        let after = self.load(scope, endpoint, id).await?;
        self.page(scope, Some(&after)).await
    }

    async fn page(&self, scope: &TenantScope, after: Option<&InboxEntry>) -> Result<Vec<Waiting>> {
        Ok(self.inbox.parked(scope, after, LISTED_MAX).await?.into_iter().filter_map(Waiting::of).collect())
    }

    /// Has it tried again, for example after its order was imported. What was applied stays applied.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn replay(&self, scope: &TenantScope, endpoint: &str, id: &str, correlation: &CorrelationId) -> Result<()> {
        let InboxEntry { key, .. } = self.load(scope, endpoint, id).await?;
        json::send(&*self.queue, &HookReceived::stored(scope.tenant(), &key.endpoint, &key.id, correlation)).await
    }

    /// It is about nothing: it no longer waits, and what it said is forgotten. Only what waits can be dismissed.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn dismiss(&self, scope: &TenantScope, endpoint: &str, id: &str) -> Result<()> {
        let entry = self.load(scope, endpoint, id).await?;
        if let InboxState::Parked { .. } = entry.state {
            // Forgotten first: whoever dies in between still finds it waiting.
            self.inbox.forget_bodies(scope, std::slice::from_ref(&entry.key)).await?;
            self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], self.clock.now()).await?;
        }
        Ok(())
    }

    /// What could be no entry's name is not there; a store need not be asked.
    async fn load(&self, scope: &TenantScope, endpoint: &str, id: &str) -> Result<InboxEntry> {
        let is_endpoint = SourceId::parse(endpoint).is_ok() || channel_of(endpoint).is_some();
        if !is_endpoint || EventId::parse(id).is_err() {
            return Err(Error::NotFound("webhook"));
        }
        let key = InboxKey { endpoint: endpoint.to_owned(), id: id.to_owned() };
        self.inbox.load(scope, &key).await?.ok_or(Error::NotFound("webhook"))
    }
}
