//! Webhooks as they came in.

use super::item::{Row, Write, moment, text};
use super::{AT_ONCE, Dynamo, Index, Query, Range, Table, Transacted, Written, keys, outbox};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{InboxEntry, InboxKey, InboxState, InboxStore, PortError, PortResult, Received};
use async_trait::async_trait;
use contracts::Envelope;
use futures::future::try_join_all;
use jiff::{SignedDuration, Timestamp};

/// How long an entry is kept after it came in or was last settled.
const KEPT: SignedDuration = SignedDuration::from_hours(35 * 24);

const RECEIVED: &str = "RECEIVED";
const DONE: &str = "DONE";
const PARKED: &str = "PARKED";

/// There, and not done yet.
const WAITING: &str = "attribute_exists(PK) AND #state <> :done";

/// The write that settles an entry, alone, with what it publishes or in an order's commit.
pub(super) fn settle(scope: &TenantScope, key: &InboxKey, to: &InboxState, now: Timestamp) -> Write {
    let at = keys::inbox(scope, key);
    let write = match to {
        InboxState::Parked { code, reason } => {
            let change = "SET #state = :state, #code = :code, #reason = :reason, #expires_at = :expires_at, #ttl = :ttl, #GSI1PK = :parked";
            let write = Write::update(at, change).text(":state", PARKED).text(":parked", keys::parked(scope));
            write.text(":code", code).text(":reason", reason)
        }
        InboxState::Received | InboxState::Done => {
            let change = "SET #state = :state, #expires_at = :expires_at, #ttl = :ttl REMOVE #code, #reason, #GSI1PK";
            Write::update(at, change).text(":state", if *to == InboxState::Done { DONE } else { RECEIVED })
        }
    };
    write.when(WAITING).text(":done", DONE).moment(":expires_at", now + KEPT).expires(":ttl", now + KEPT)
}

fn state_of(row: &Row) -> PortResult<InboxState> {
    match text(row, "state")? {
        RECEIVED => Ok(InboxState::Received),
        DONE => Ok(InboxState::Done),
        PARKED => Ok(InboxState::Parked { code: text(row, "code")?.to_owned(), reason: text(row, "reason")?.to_owned() }),
        _ => Err(corrupt("state")),
    }
}

fn entry_of(row: &Row) -> PortResult<InboxEntry> {
    Ok(InboxEntry {
        key: InboxKey { endpoint: text(row, "endpoint")?.to_owned(), id: text(row, "id")?.to_owned() },
        body_hash: text(row, "body_hash")?.to_owned(),
        body: text(row, "body")?.to_owned(),
        received_at: moment(row, "received_at")?,
        state: state_of(row)?,
    })
}

/// [`InboxStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoInbox(pub(super) Dynamo);

#[async_trait]
impl InboxStore for DynamoInbox {
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received> {
        let expires_at = entry.received_at + KEPT;
        // GSI1SK stands ready; the entry enters the index when parking adds GSI1PK.
        let mut write = Write::put(keys::inbox(scope, &entry.key))
            .text("endpoint", &entry.key.endpoint)
            .text("id", &entry.key.id)
            .text("body_hash", &entry.body_hash)
            .text("body", &entry.body)
            .moment("received_at", entry.received_at)
            .moment("expires_at", expires_at)
            .expires("ttl", expires_at)
            .text("GSI1SK", keys::parked_row(&entry.key, entry.received_at))
            .when("attribute_not_exists(PK) OR #expires_at <= :now")
            .moment(":now", entry.received_at);
        write = match &entry.state {
            InboxState::Received => write.text("state", RECEIVED),
            InboxState::Done => write.text("state", DONE),
            InboxState::Parked { code, reason } => {
                write.text("state", PARKED).text("code", code).text("reason", reason).text("GSI1PK", keys::parked(scope))
            }
        };
        match self.0.write("receive a webhook", Table::Ops, &write).await? {
            Written::Done(_) => Ok(Received::New),
            Written::Refused(Some(row)) if text(&row, "body_hash")? == entry.body_hash => Ok(Received::Again(state_of(&row)?)),
            Written::Refused(Some(_)) => Ok(Received::Different),
            Written::Refused(None) => Err(PortError::Retryable("receive a webhook: it changed meanwhile".into())),
        }
    }

    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>> {
        let row = self.0.get("load a webhook", Table::Ops, keys::inbox(scope, key)).await?;
        row.as_ref().map(entry_of).transpose()
    }

    async fn settle(&self, scope: &TenantScope, key: &InboxKey, to: &InboxState, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let settled = settle(scope, key, to, now);
        let Some(row) = outbox::loose_row(scope, publish, now)? else {
            return Ok(matches!(self.0.write("settle a webhook", Table::Ops, &settled).await?, Written::Done(_)));
        };
        let writes = [(Table::Ops, settled), (Table::Outbox, row)];
        Ok(matches!(self.0.transact("settle a webhook", &writes).await?, Transacted::Done))
    }

    async fn parked(&self, scope: &TenantScope, after: Option<&InboxEntry>, limit: usize) -> PortResult<Vec<InboxEntry>> {
        let mut entries = Vec::new();
        let mut start = None;
        let above = after.map(|after| keys::parked_row(&after.key, after.received_at));
        loop {
            let range = above.clone().map_or(Range::Whole, Range::Above);
            let query = Query { range, limit: Some(limit.max(1)), start, ..Query::index(Index::Gsi1, keys::parked(scope)) };
            let (rows, last) = self.0.query("list parked webhooks", Table::Ops, query).await?;
            for rows in rows.chunks(AT_ONCE) {
                let keys = rows.iter().map(|row| Ok(keys::Key { pk: text(row, "PK")?.to_owned(), sk: text(row, "SK")?.to_owned() }));
                let keys: Vec<keys::Key> = keys.collect::<PortResult<_>>()?;
                let found = try_join_all(keys.into_iter().map(|key| self.0.get("load a parked webhook", Table::Ops, key))).await?;
                for row in found.iter().flatten() {
                    let entry = entry_of(row)?;
                    // The index follows the table within moments: it may still list what was settled since.
                    if matches!(entry.state, InboxState::Parked { .. }) && entries.len() < limit {
                        entries.push(entry);
                    }
                }
            }
            start = last;
            if start.is_none() || entries.len() >= limit {
                return Ok(entries);
            }
        }
    }

    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        let mut forgotten = 0;
        for keys in keys.chunks(AT_ONCE) {
            let written = try_join_all(keys.iter().map(|key| async move {
                let at = keys::inbox(scope, key);
                let write = Write::update(at, "SET #body = :empty").when("attribute_exists(PK) AND #body <> :empty").text(":empty", "");
                self.0.write("forget a webhook", Table::Ops, &write).await
            }))
            .await?;
            forgotten += written.iter().filter(|written| matches!(written, Written::Done(_))).count();
        }
        Ok(forgotten)
    }

    async fn replace_body(&self, scope: &TenantScope, key: &InboxKey, body: &str) -> PortResult<bool> {
        let write = Write::update(keys::inbox(scope, key), "SET #body = :body")
            .when("attribute_exists(PK) AND #body <> :empty")
            .text(":body", body)
            .text(":empty", "");
        Ok(matches!(self.0.write("replace a webhook's body", Table::Ops, &write).await?, Written::Done(_)))
    }
}
