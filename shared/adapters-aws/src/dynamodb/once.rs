//! Once-records.
//!
//! A row is `FREE`, `IN_PROGRESS` (with a lease) or `DONE` (with an expiry), and keeps its fence through all of
//! them: were a released row deleted, the next claim would get a number that an older claimant may still hold.

use super::item::{Row, Write, moment, number, text};
use super::{Dynamo, Table, Transacted, Written, keys, outbox};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{Claim, OnceDone, OnceKey, OnceStore, PortError, PortResult};
use async_trait::async_trait;
use contracts::Envelope;
use jiff::{SignedDuration, Timestamp};

const FREE: &str = "FREE";
const IN_PROGRESS: &str = "IN_PROGRESS";
const DONE: &str = "DONE";

/// A claim that nobody completed is dropped by the table this long after its lease.
const DEAD_CLAIM_KEPT: SignedDuration = SignedDuration::from_hours(24);

/// Nobody's: never made, given back, its lease over or its answer expired. Needs `:free`, `:busy`, `:done`, `:now`.
const NOBODYS: &str = "attribute_not_exists(PK) OR #state = :free OR (#state = :busy AND #lease_until <= :now) \
    OR (#state = :done AND #expires_at <= :now)";

fn with_states(write: Write) -> Write {
    write.text(":free", FREE).text(":busy", IN_PROGRESS).text(":done", DONE)
}

/// The write that makes a record done, alone or in an order's commit.
pub(super) fn finish(scope: &TenantScope, done: OnceDone<'_>, now: Timestamp) -> Write {
    let change = "SET #state = :done, #request_hash = :request_hash, #response = :response, #expires_at = :expires_at, #ttl = :ttl, \
        #fence = if_not_exists(#fence, :zero) REMOVE #lease_until";
    let write = Write::update(keys::once(scope, done.key), change)
        .text(":done", DONE)
        .text(":request_hash", done.request_hash)
        .text(":response", done.response)
        .moment(":expires_at", done.expires_at)
        .expires(":ttl", done.expires_at)
        .number(":zero", 0);
    match done.fence {
        Some(fence) => write.when("#state = :busy AND #fence = :fence").text(":busy", IN_PROGRESS).number(":fence", fence),
        None => with_states(write.when(NOBODYS)).moment(":now", now),
    }
}

/// [`OnceStore`] in the ops table.
#[derive(Clone)]
pub struct DynamoOnce(pub(super) Dynamo);

#[async_trait]
impl OnceStore for DynamoOnce {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        let Some(row) = self.0.get("read a once-record", Table::Ops, keys::once(scope, key)).await? else { return Ok(None) };
        if text(&row, "state")? != DONE || moment(&row, "expires_at")? <= now {
            return Ok(None);
        }
        Ok(Some((text(&row, "request_hash")?.to_owned(), text(&row, "response")?.to_owned())))
    }

    /// One write. If its answer is lost and the SDK asks again, we find our own claim and say busy: safe, and
    /// over when the lease is.
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim> {
        let change = "SET #state = :busy, #lease_until = :lease_until, #request_hash = :request_hash, #ttl = :ttl, \
            #fence = if_not_exists(#fence, :zero) + :one REMOVE #response, #expires_at";
        let lease_until = now + lease;
        let write = with_states(Write::update(keys::once(scope, key), change).when(NOBODYS))
            .moment(":now", now)
            .moment(":lease_until", lease_until)
            .text(":request_hash", request_hash)
            .expires(":ttl", lease_until + DEAD_CLAIM_KEPT)
            .number(":zero", 0)
            .number(":one", 1);
        match self.0.write("claim a once-record", Table::Ops, &write).await? {
            Written::Done(row) => Ok(Claim::Mine { fence: number(&row, "fence")? }),
            Written::Refused(Some(row)) => taken(&row),
            Written::Refused(None) => Err(PortError::Retryable("claim a once-record: it changed meanwhile".into())),
        }
    }

    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let write = finish(scope, done, now);
        let Some(row) = outbox::loose_row(scope, publish, now)? else {
            return Ok(matches!(self.0.write("complete a once-record", Table::Ops, &write).await?, Written::Done(_)));
        };
        let writes = [(Table::Ops, write), (Table::Outbox, row)];
        Ok(matches!(self.0.transact("complete a once-record", &writes).await?, Transacted::Done))
    }

    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        let write = Write::update(keys::once(scope, key), "SET #state = :free REMOVE #lease_until")
            .when("#state = :busy AND #fence = :fence")
            .text(":free", FREE)
            .text(":busy", IN_PROGRESS)
            .number(":fence", fence);
        Ok(matches!(self.0.write("release a once-record", Table::Ops, &write).await?, Written::Done(_)))
    }
}

fn taken(row: &Row) -> PortResult<Claim> {
    match text(row, "state")? {
        DONE => Ok(Claim::Done { request_hash: text(row, "request_hash")?.to_owned(), response: text(row, "response")?.to_owned() }),
        IN_PROGRESS => Ok(Claim::Busy { until: moment(row, "lease_until")? }),
        _ => Err(corrupt("state")),
    }
}
