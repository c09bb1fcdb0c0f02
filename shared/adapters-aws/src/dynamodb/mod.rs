//! The five tables.

mod addresses;
mod buckets;
mod decisions;
mod due;
mod exceptions;
mod inbox;
mod item;
mod keys;
mod keys_store;
mod manifests;
mod messages;
mod metrics;
mod once;
mod orders;
mod outbox;
mod prices;
mod purchases;
mod reviews;
mod stock;
mod tenants;
mod timers;
mod webhooks;
mod wordings;

pub use addresses::DynamoAddresses;
pub use buckets::DynamoBuckets;
pub use decisions::DynamoDecisions;
pub use exceptions::DynamoExceptions;
pub use inbox::DynamoInbox;
pub use keys_store::DynamoKeys;
pub use manifests::DynamoManifests;
pub use messages::DynamoMessages;
pub use metrics::DynamoMetrics;
pub use once::DynamoOnce;
pub use orders::DynamoOrders;
pub use outbox::{DynamoOutbox, from_stream_image};
pub use prices::DynamoPrices;
pub use purchases::DynamoPurchases;
pub use reviews::DynamoReviews;
pub use stock::DynamoStock;
pub use tenants::DynamoTenants;
pub use timers::DynamoTimers;
pub use webhooks::DynamoWebhooks;
pub use wordings::DynamoWordings;

use crate::clients::Aws;
use crate::error::port_error;
use app::ports::{PortError, PortResult};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::CancellationReason;
use item::{Failure, Row, Write, key_row, s};
use keys::Key;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

/// The names of the tables. A function has only those it needs; using another one is an error that says so.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tables {
    /// Orders with their history and messages.
    pub orders: String,
    /// What waits to be published.
    pub outbox: String,
    /// Once-records, inbox, rate buckets, settings, keys.
    pub ops: String,
    /// Counters.
    pub metrics: String,
    /// Stock.
    pub inventory: String,
}

impl Tables {
    /// Reads the names of the tables a function uses, each from its own setting (`TABLE_ORDERS`, ...).
    pub fn named<const N: usize>(used: [Table; N], mut setting: impl FnMut(&'static str) -> String) -> Tables {
        let mut tables = Tables::default();
        for table in used {
            match table {
                Table::Orders => tables.orders = setting("TABLE_ORDERS"),
                Table::Outbox => tables.outbox = setting("TABLE_OUTBOX"),
                Table::Ops => tables.ops = setting("TABLE_OPS"),
                Table::Metrics => tables.metrics = setting("TABLE_METRICS"),
                Table::Inventory => tables.inventory = setting("TABLE_INVENTORY"),
            }
        }
        tables
    }
}

/// One of the tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Table {
    /// Orders with their history and messages.
    Orders,
    /// What waits to be published.
    Outbox,
    /// Once-records, inbox, rate buckets, settings, keys.
    Ops,
    /// Counters.
    Metrics,
    /// Stock.
    Inventory,
}

impl Table {
    /// All of them.
    pub const ALL: [Table; 5] = [Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory];
}

/// The tables with their client; the ports are made from it.
#[derive(Clone)]
pub struct Dynamo {
    aws: Arc<Aws>,
    tables: Arc<Tables>,
}

/// What became of one conditional write.
enum Written {
    /// Done; the row as it is now.
    Done(Row),
    /// Its condition did not hold of this row (none: there is no row).
    Refused(Option<Row>),
}

/// What became of a transaction.
enum Transacted {
    /// All of it happened.
    Done,
    /// None of it did. By position: did this condition fail, and of which row?
    Refused(Vec<Option<Row>>),
}

/// Tries of a write that met somebody else's transaction on the same row. Only the SDK's other errors are
/// retried by the SDK; this one it leaves to us.
const CONFLICT_TRIES: u32 = 5;

/// Full jitter below 20, 40, 80, 160 ms.
async fn pause(lost: u32) {
    let ceiling = 20u64 << lost.min(4);
    let random = RandomState::new().hash_one(lost);
    tokio::time::sleep(Duration::from_millis(1 + random % ceiling)).await;
}

impl Dynamo {
    /// Over these tables.
    pub fn new(aws: Arc<Aws>, tables: Tables) -> Dynamo {
        Dynamo { aws, tables: Arc::new(tables) }
    }

    /// Orders.
    pub fn orders(&self) -> DynamoOrders {
        DynamoOrders(self.clone())
    }

    /// The ledger of decisions.
    pub fn decisions(&self) -> DynamoDecisions {
        DynamoDecisions(self.clone())
    }

    /// What people have to decide.
    pub fn reviews(&self) -> DynamoReviews {
        DynamoReviews(self.clone())
    }

    /// What is wrong with orders.
    pub fn exceptions(&self) -> DynamoExceptions {
        DynamoExceptions(self.clone())
    }

    /// Once-records.
    pub fn once(&self) -> DynamoOnce {
        DynamoOnce(self.clone())
    }

    /// The inbox.
    pub fn inbox(&self) -> DynamoInbox {
        DynamoInbox(self.clone())
    }

    /// The outbox.
    pub fn outbox(&self) -> DynamoOutbox {
        DynamoOutbox(self.clone())
    }

    /// Messages.
    pub fn messages(&self) -> DynamoMessages {
        DynamoMessages(self.clone())
    }

    /// What is known of addresses.
    pub fn addresses(&self) -> DynamoAddresses {
        DynamoAddresses(self.clone())
    }

    /// Rate buckets.
    pub fn buckets(&self) -> DynamoBuckets {
        DynamoBuckets(self.clone())
    }

    /// What models have said.
    pub fn wordings(&self) -> DynamoWordings {
        DynamoWordings(self.clone())
    }

    /// Settings.
    pub fn tenants(&self) -> DynamoTenants {
        DynamoTenants(self.clone())
    }

    /// API keys.
    pub fn keys(&self) -> DynamoKeys {
        DynamoKeys(self.clone())
    }

    /// Counters.
    pub fn metrics(&self) -> DynamoMetrics {
        DynamoMetrics(self.clone())
    }

    /// What is to happen to orders.
    pub fn timers(&self) -> DynamoTimers {
        DynamoTimers(self.clone())
    }

    /// Stock.
    pub fn stock(&self) -> DynamoStock {
        DynamoStock(self.clone())
    }

    /// What carriers collect.
    pub fn manifests(&self) -> DynamoManifests {
        DynamoManifests(self.clone())
    }

    /// Orders with suppliers.
    pub fn purchases(&self) -> DynamoPurchases {
        DynamoPurchases(self.clone())
    }

    /// Prices.
    pub fn prices(&self) -> DynamoPrices {
        DynamoPrices(self.clone())
    }

    /// Webhooks to others.
    pub fn webhooks(&self) -> DynamoWebhooks {
        DynamoWebhooks(self.clone())
    }

    fn table(&self, table: Table) -> PortResult<&str> {
        let (name, variable) = match table {
            Table::Orders => (&self.tables.orders, "TABLE_ORDERS"),
            Table::Outbox => (&self.tables.outbox, "TABLE_OUTBOX"),
            Table::Ops => (&self.tables.ops, "TABLE_OPS"),
            Table::Metrics => (&self.tables.metrics, "TABLE_METRICS"),
            Table::Inventory => (&self.tables.inventory, "TABLE_INVENTORY"),
        };
        if name.is_empty() { Err(PortError::Fatal(format!("{variable} is not set for this function"))) } else { Ok(name) }
    }

    /// One row, as of the last write.
    async fn get(&self, what: &str, table: Table, key: Key) -> PortResult<Option<Row>> {
        let call = self.aws.dynamodb().await.get_item().table_name(self.table(table)?).set_key(Some(key_row(key))).consistent_read(true);
        let answer = call.send().await.map_err(|error| port_error(what, &error))?;
        Ok(answer.item)
    }

    /// Some rows of a partition.
    async fn query(&self, what: &str, table: Table, query: Query<'_>) -> PortResult<(Vec<Row>, Option<Row>)> {
        let mut condition = format!("{} = :pk", query.pk_name);
        let mut call = self
            .aws
            .dynamodb()
            .await
            .query()
            .table_name(self.table(table)?)
            .set_index_name(query.index.map(str::to_owned))
            .set_consistent_read(query.index.is_none().then_some(true))
            .set_limit(query.limit.map(|limit| i32::try_from(limit).unwrap_or(i32::MAX)))
            .scan_index_forward(query.ascending)
            .set_exclusive_start_key(query.start)
            .expression_attribute_values(":pk", s(query.pk));
        match query.range {
            Range::Whole => {}
            Range::Prefix(prefix) => {
                condition.push_str(&format!(" AND begins_with({}, :sk)", query.sk_name));
                call = call.expression_attribute_values(":sk", s(prefix));
            }
            Range::Below(end) => {
                condition.push_str(&format!(" AND {} < :sk", query.sk_name));
                call = call.expression_attribute_values(":sk", s(end));
            }
            Range::Above(end) => {
                condition.push_str(&format!(" AND {} > :sk", query.sk_name));
                call = call.expression_attribute_values(":sk", s(end));
            }
            Range::Between(from, to) => {
                condition.push_str(&format!(" AND {} BETWEEN :sk AND :to", query.sk_name));
                call = call.expression_attribute_values(":sk", s(from)).expression_attribute_values(":to", s(to));
            }
        }
        let answer = call.key_condition_expression(condition).send().await.map_err(|error| port_error(what, &error))?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }

    /// All rows of a partition in a range.
    async fn query_all(&self, what: &str, table: Table, query: Query<'_>) -> PortResult<Vec<Row>> {
        let mut rows = Vec::new();
        let mut start = None;
        loop {
            let (more, last) = self.query(what, table, Query { start, ..query.clone() }).await?;
            rows.extend(more);
            start = last;
            if start.is_none() {
                return Ok(rows);
            }
        }
    }

    /// One write. The row as it is after an update, or as it was when the condition failed, comes back at no cost.
    async fn write(&self, what: &str, table: Table, write: &Write) -> PortResult<Written> {
        let mut lost = 0;
        loop {
            match write.send(self.aws.dynamodb().await, self.table(table)?, what).await {
                Ok(row) => return Ok(Written::Done(row)),
                Err(Failure::Condition(row)) => return Ok(Written::Refused(row)),
                Err(Failure::Conflict(_)) if lost + 1 < CONFLICT_TRIES => {
                    pause(lost).await;
                    lost += 1;
                }
                Err(Failure::Conflict(error) | Failure::Other(error)) => return Err(error),
            }
        }
    }

    /// All of these writes or none.
    ///
    /// The SDK gives every call its own `ClientRequestToken` and keeps it over its retries, so an answer that
    /// was lost on the way is given again within ten minutes instead of being refused by our own conditions.
    /// A call that is made anew later (the queue delivers again) has a new token, and then the conditions do
    /// refuse it: the caller finds its own once-record, inbox entry or version there and knows that it won.
    async fn transact(&self, what: &str, writes: &[(Table, Write)]) -> PortResult<Transacted> {
        let mut lost = 0;
        loop {
            let mut items = Vec::with_capacity(writes.len());
            for (table, write) in writes {
                items.push(write.within(self.table(*table)?)?);
            }
            let sent = self.aws.dynamodb().await.transact_write_items().set_transact_items(Some(items)).send().await;
            let error = match sent {
                Ok(_) => return Ok(Transacted::Done),
                Err(error) => error,
            };
            let reasons = match &error {
                SdkError::ServiceError(refused) => match refused.err() {
                    TransactWriteItemsError::TransactionCanceledException(cancelled) => cancelled.cancellation_reasons(),
                    _ => return Err(port_error(what, &error)),
                },
                _ => return Err(port_error(what, &error)),
            };
            match verdict(reasons) {
                Verdict::Refused => {
                    let failed = |reason: &CancellationReason| reason.code() == Some(CONDITION_FAILED);
                    let rows = reasons.iter().map(|reason| failed(reason).then(|| reason.item.clone().unwrap_or_default()));
                    return Ok(Transacted::Refused(rows.collect()));
                }
                Verdict::Later(_) if lost + 1 < CONFLICT_TRIES => {
                    pause(lost).await;
                    lost += 1;
                }
                Verdict::Later(code) => return Err(PortError::Retryable(format!("{what}: {code}"))),
                Verdict::Never(code) => return Err(PortError::Fatal(format!("{what}: {code}"))),
            }
        }
    }
}

/// Requests that one call makes at the same time, at most.
const AT_ONCE: usize = 8;

const CONDITION_FAILED: &str = "ConditionalCheckFailed";

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Refused,
    Later(String),
    Never(String),
}

/// A condition that failed is the answer, whatever else was in the way; a bug outranks bad luck.
fn verdict(reasons: &[CancellationReason]) -> Verdict {
    let codes = || reasons.iter().filter_map(CancellationReason::code).filter(|code| *code != "None");
    if codes().any(|code| code == CONDITION_FAILED) {
        return Verdict::Refused;
    }
    let passing = ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"];
    match codes().find(|code| !passing.contains(code)) {
        Some(code) => Verdict::Never(code.to_owned()),
        None => Verdict::Later(codes().next().unwrap_or("cancelled").to_owned()),
    }
}

/// Which rows of a partition.
#[derive(Debug, Clone)]
enum Range {
    Whole,
    Prefix(String),
    Below(String),
    Above(String),
    Between(String, String),
}

/// A query of one partition of a table or an index.
#[derive(Debug, Clone)]
struct Query<'a> {
    index: Option<&'a str>,
    pk_name: &'a str,
    sk_name: &'a str,
    pk: String,
    range: Range,
    ascending: bool,
    limit: Option<usize>,
    start: Option<Row>,
}

impl Query<'_> {
    /// Of the table itself, oldest first, consistent.
    fn of(pk: String) -> Query<'static> {
        Query { index: None, pk_name: "PK", sk_name: "SK", pk, range: Range::Whole, ascending: true, limit: None, start: None }
    }

    /// Of an index; it follows the table within moments.
    fn index(index: Index, pk: String) -> Query<'static> {
        let (index, pk_name, sk_name) = match index {
            Index::Gsi1 => ("GSI1", "GSI1PK", "GSI1SK"),
            Index::Gsi2 => ("GSI2", "GSI2PK", "GSI2SK"),
            Index::Gsi3 => ("GSI3", "GSI3PK", "GSI3SK"),
            Index::Gsi4 => ("GSI4", "GSI4PK", "GSI4SK"),
        };
        Query { index: Some(index), pk_name, sk_name, ..Query::of(pk) }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Index {
    Gsi1,
    Gsi2,
    Gsi3,
    Gsi4,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reasons(codes: &[&str]) -> Vec<CancellationReason> {
        codes.iter().map(|code| CancellationReason::builder().code(*code).build()).collect()
    }

    #[test]
    fn what_a_cancelled_transaction_means() {
        assert_eq!(verdict(&reasons(&["None", CONDITION_FAILED, "TransactionConflict"])), Verdict::Refused);
        assert_eq!(verdict(&reasons(&["None", "TransactionConflict"])), Verdict::Later("TransactionConflict".into()));
        assert_eq!(verdict(&reasons(&["ThrottlingError", "ValidationError"])), Verdict::Never("ValidationError".into()));
        assert_eq!(verdict(&[]), Verdict::Later("cancelled".into()));
    }

    #[test]
    fn a_missing_table_name_says_which() {
        let dynamo = Dynamo::new(Aws::new(), Tables::default());
        assert_eq!(dynamo.table(Table::Ops), Err(PortError::Fatal("TABLE_OPS is not set for this function".into())));
    }
}
