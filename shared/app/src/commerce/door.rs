//! What the doors for other systems' webhooks have in common.

use super::Commerce;
use crate::error::Result;
use crate::ports::{InboxEntry, InboxKey, InboxState, Received};
use crate::receive::{Receipt, Receive};
use crate::scope::TenantScope;

/// What became of a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heard {
    /// What the sender gets.
    pub receipt: Receipt,
    /// What it tells of, if no order here follows from it: it was noted, and that was all.
    pub ignored: Option<String>,
}

/// The name of a webhook: both systems repeat one byte by byte, and sign nothing else.
pub(crate) fn key_of(commerce: Commerce, body_hash: &str) -> InboxKey {
    InboxKey { endpoint: commerce.endpoint().to_owned(), id: body_hash.to_owned() }
}

/// The code of what cannot be read.
pub(crate) const UNREADABLE: &str = "unreadable";

/// It waits for a person, and nothing of what it says is kept but the reason.
pub(crate) async fn put_aside(receive: &Receive, scope: &TenantScope, key: InboxKey, body_hash: String, reason: String) -> Result<Heard> {
    let (inbox, now) = (&receive.inbox, receive.clock.now());
    let entry = InboxEntry { key: key.clone(), body_hash, body: String::new(), received_at: now, state: InboxState::Received };
    let received = inbox.receive(scope, &entry).await?;
    if matches!(received, Received::New | Received::Again(InboxState::Received)) {
        inbox.settle(scope, &key, &InboxState::Parked { code: UNREADABLE.to_owned(), reason }, &[], now).await?;
    }
    Ok(Heard { receipt: Receipt { event_id: key.id, again: received != Received::New }, ignored: Some(UNREADABLE.to_owned()) })
}

/// That it came is known, and nothing of what it says is kept.
pub(crate) async fn note(receive: &Receive, scope: &TenantScope, key: InboxKey, body_hash: String, kind: String) -> Result<Heard> {
    let (inbox, now) = (&receive.inbox, receive.clock.now());
    let entry = InboxEntry { key: key.clone(), body_hash, body: String::new(), received_at: now, state: InboxState::Received };
    let again = inbox.receive(scope, &entry).await? != Received::New;
    inbox.settle(scope, &key, &InboxState::Done, &[], now).await?;
    Ok(Heard { receipt: Receipt { event_id: key.id, again }, ignored: Some(kind) })
}
