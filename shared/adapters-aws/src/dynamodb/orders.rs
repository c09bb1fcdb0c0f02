//! Orders: a head, its history and its messages in one partition, three indexes beside it.
//!
//! # What a commit costs
//!
//! A transaction writes every row twice (prepare, commit): two units a kilobyte. To head and history themselves
//! a new order adds the outbox row (2, for it stays under a kilobyte), the once-record (2), the reference if the
//! channel has its own id (2), and one unit for each index it is in. `tests/cost.rs` holds us to it.
//!
//! # Why the list index is keyed by status
//!
//! "All orders" and "all with this status" could be two indexes (one more unit on every creation, two on every
//! later commit, for ever), or one index by shard with the status as a filter (reading a page of the three
//! failed orders of a million would read the million). Keyed by status and shard, a page of one status is
//! [`keys::STATUS_SHARDS`] queries, and a page of all is the merge of 12 x 2: two dozen queries of half a read
//! unit each, eight at a time. Reads cost a fifth of writes and lists are read far less often than orders change, so
//! this is the cheapest of the three. The status spreads the writes already; two shards each give one shop 2,000
//! moves a second into the same status.

use super::item::{Row, Write, document, text, to_json};
use super::{
    AT_ONCE, Dynamo, Index, Query, Range, Table, Transacted, Written, decisions, exceptions, inbox, keys, messages, once, outbox, reviews,
    stock,
};
use app::TenantScope;
use app::ports::{
    Commit, CommitError, Dossier, ExceptionEntry, InboxState, OrderQuery, OrderStore, OrderSummary, Page, PageKey, PortError, PortResult,
    ReviewEntry, outside_names,
};
use app::privacy::customer_of;
use async_trait::async_trait;
use contracts::stored::Stored;
use domain::ids::{OrderId, SourceId};
use domain::order::saga::StockMove;
use domain::order::{ERASED, Order, OrderStatus, Recorded, Track};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use std::collections::{HashSet, VecDeque};

/// Largest JSON of an order or of a commit. A row takes 400 KB, and the head carries a summary and index keys.
const DOC_BYTES_MAX: usize = 350 * 1024;
/// Messages that a dossier's first read leaves room for; a longer list takes another read.
const MESSAGES_EXPECTED: usize = 32;
/// Rows a shard's first read takes at least, so that an uneven spread seldom needs a second.
const SHARD_ROWS_MIN: usize = 10;

/// [`OrderStore`] in the orders table.
#[derive(Clone)]
pub struct DynamoOrders(pub(super) Dynamo);

/// In the order in which a commit reports what was in its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Inbox,
    Once,
    Reference,
    Head,
    History,
    Decision,
    Outbox,
    Review,
    Exception,
    /// What is held, and what leaves.
    Shelf,
    /// How much is free.
    Free,
}

fn sized(what: &str, doc: String) -> PortResult<String> {
    if doc.len() > DOC_BYTES_MAX {
        return Err(PortError::Fatal(format!("{what} is larger than {DOC_BYTES_MAX} bytes")));
    }
    Ok(doc)
}

fn head(scope: &TenantScope, commit: &Commit<'_>) -> PortResult<Write> {
    let order = commit.order;
    let mut head = Write::put(keys::head(scope, &order.id))
        .number("version", order.version)
        .document(Stored::Order, sized("the order", to_json("an order", order)?)?)
        .text("summary", to_json("a summary", &OrderSummary::of(order))?);
    let listed = keys::status_row(scope, order.tracks.status, &order.id, order.updated_at);
    head = head.text("GSI3PK", listed.pk).text("GSI3SK", listed.sk);
    if let Some(due) = commit.due {
        let open = keys::open_row(scope, &order.id, due);
        head = head.text("GSI1PK", open.pk).text("GSI1SK", open.sk);
    }
    if let Some(due) = commit.timer {
        let timer = keys::timer_row(scope, &order.id, due);
        head = head.text("GSI4PK", timer.pk).text("GSI4SK", timer.sk);
    }
    if let Some(customer) = order.contact.as_ref().and_then(|contact| customer_of(scope.tenant(), contact)) {
        let theirs = keys::customer_row(scope, &customer, &order.id, order.placed_at);
        head = head.text("GSI2PK", theirs.pk).text("GSI2SK", theirs.sk);
    }
    Ok(match commit.before_version {
        0 => head.when("attribute_not_exists(PK)"),
        before => head.when("#version = :before").number(":before", before),
    })
}

fn parts(scope: &TenantScope, commit: &Commit<'_>) -> PortResult<Vec<(Part, Table, Write)>> {
    let (order, now) = (commit.order, commit.recorded.at);
    let mut parts = Vec::with_capacity(6);
    if let Some(key) = commit.inbox {
        parts.push((Part::Inbox, Table::Ops, inbox::settle(scope, key, &InboxState::Done, now)));
    }
    if let Some(done) = commit.once {
        parts.push((Part::Once, Table::Ops, once::finish(scope, done, now)));
    }
    if let (0, Some(external)) = (commit.before_version, &order.external_id) {
        let reference = Write::put(keys::reference(scope, &order.channel, external)).text("order", order.id.as_str());
        parts.push((Part::Reference, Table::Orders, reference.when("attribute_not_exists(PK)")));
    }
    for (channel, name) in outside_names(commit.recorded) {
        let named = Write::put(keys::reference(scope, &channel, &name)).text("order", order.id.as_str());
        parts.push((Part::Reference, Table::Orders, named));
    }
    parts.push((Part::Head, Table::Orders, head(scope, commit)?));
    let history = Write::put(keys::event(scope, &order.id, commit.recorded.version))
        .document(Stored::Commit, sized("the commit", to_json("a commit", commit.recorded)?)?)
        .when("attribute_not_exists(PK)");
    parts.push((Part::History, Table::Orders, history));
    if let Some(decision) = commit.decision {
        parts.push((Part::Decision, Table::Orders, decisions::entry(scope, decision)?));
    }
    if let Some((decision, judgement)) = commit.judged {
        parts.push((Part::Decision, Table::Orders, decisions::judged(scope, &order.id, decision, judgement)?));
    }
    for id in commit.recorded.reviews() {
        if let Some(review) = order.review(id) {
            parts.push((Part::Review, Table::Orders, reviews::entry(scope, &ReviewEntry::of(order, review))?));
        }
    }
    for exception in commit.recorded.exceptions().into_iter().filter_map(|id| order.exception(id)) {
        parts.push((Part::Exception, Table::Orders, exceptions::entry(scope, &ExceptionEntry::of(order, exception))?));
    }
    for (how, what) in commit.recorded.stock() {
        let mut writes = stock::moved(scope, order, how, what, now);
        let level = writes.pop().map(|level| {
            (if matches!(how, StockMove::Hold | StockMove::Take) { Part::Free } else { Part::Shelf }, Table::Inventory, level)
        });
        parts.extend(writes.into_iter().map(|write| (Part::Shelf, Table::Inventory, write)));
        parts.extend(level);
    }
    if let Some(row) = outbox::commit_row(scope, order.id.as_str(), order.version, commit.publish, now)? {
        parts.push((Part::Outbox, Table::Outbox, row));
    }
    Ok(parts)
}

fn refusal(part: Part) -> CommitError {
    match part {
        Part::Inbox => CommitError::InboxDone,
        Part::Once => CommitError::OnceTaken,
        Part::Reference => CommitError::ExternalIdTaken,
        Part::Free => CommitError::StockChanged,
        Part::Head | Part::History | Part::Decision | Part::Outbox | Part::Review | Part::Exception | Part::Shelf => CommitError::Conflict,
    }
}

#[async_trait]
impl OrderStore for DynamoOrders {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        let row = self.0.get("load an order", Table::Orders, keys::head(scope, id)).await?;
        row.map(|row| document(&row, Stored::Order)).transpose()
    }

    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        let row = self.0.get("find an order", Table::Orders, keys::reference(scope, channel, external_id)).await?;
        let parse = |row: Row| OrderId::parse(text(&row, "order")?).map_err(|why| PortError::Fatal(why.to_string()));
        row.map(parse).transpose()
    }

    /// Newest first, the partition holds messages, the head, the commits, then the decisions; so one read from that end has
    /// all of it, however long the history is.
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        let (mut order, mut history, mut sent) = (None, Vec::new(), Vec::new());
        let mut start = None;
        loop {
            let query = Query {
                ascending: false,
                limit: Some(limit.saturating_add(1 + MESSAGES_EXPECTED)),
                start,
                ..Query::of(keys::order_partition(scope, id.as_str()))
            };
            let (rows, last) = self.0.query("read an order's dossier", Table::Orders, query).await?;
            for row in &rows {
                match text(row, "SK")? {
                    keys::HEAD => order = Some(document::<Order>(row, Stored::Order)?),
                    sk if sk.starts_with(keys::EVENT_PREFIX) && history.len() < limit => {
                        history.push(document::<Recorded>(row, Stored::Commit)?)
                    }
                    sk if sk.starts_with(keys::MESSAGE_PREFIX) => sent.push(messages::message_of(row)?),
                    _ => {}
                }
            }
            start = last;
            if start.is_none() || (order.is_some() && history.len() >= limit) {
                break;
            }
        }
        history.reverse();
        sent.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
        Ok(order.map(|order| Dossier { order, history, messages: sent }))
    }

    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        if commit.order.version != commit.before_version + 1 || commit.recorded.version != commit.order.version {
            return Err(PortError::Fatal("a commit must make exactly one version".into()).into());
        }
        let (mut order, mut writes) = (Vec::new(), Vec::new());
        for (part, table, write) in parts(scope, &commit)? {
            order.push(part);
            writes.push((table, write));
        }
        match self.0.transact("commit an order", &writes).await? {
            Transacted::Done => Ok(()),
            Transacted::Refused(failed) => {
                let first = order.iter().zip(&failed).find(|(_, failed)| failed.is_some());
                Err(first.map_or(CommitError::Conflict, |(part, _)| refusal(*part)))
            }
        }
    }

    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        let partition = keys::order_partition(scope, id.as_str());
        for prefix in [keys::EVENT_PREFIX, keys::MESSAGE_PREFIX] {
            let query = Query { range: Range::Prefix(prefix.to_owned()), ..Query::of(partition.clone()) };
            for row in self.0.query_all("read an order's words", Table::Orders, query).await? {
                let key = keys::Key { pk: partition.clone(), sk: text(&row, "SK")?.to_owned() };
                let forget = if prefix == keys::MESSAGE_PREFIX {
                    Some(Write::update(key, "SET #text = :erased, #to = :erased").text(":erased", ERASED))
                } else {
                    let mut recorded: Recorded = document(&row, Stored::Commit)?;
                    let change = |doc| {
                        Write::update(key, "SET #doc = :doc, #schema_v = :v").text(":doc", doc).number(":v", Stored::Commit.version())
                    };
                    recorded.forget_words().then(|| to_json("a commit", &recorded)).transpose()?.map(change)
                };
                if let Some(write) = forget {
                    self.0.write("forget an order's words", Table::Orders, &write.when("attribute_exists(PK)")).await?;
                }
            }
        }
        Ok(())
    }

    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        let open = keys::open_row(scope, id, due);
        let write = Write::update(keys::head(scope, id), "SET #GSI1PK = :pk, #GSI1SK = :sk")
            .when("#version = :version AND attribute_exists(GSI1PK)")
            .text(":pk", open.pk)
            .text(":sk", open.sk)
            .number(":version", version);
        Ok(matches!(self.0.write("reschedule an order", Table::Orders, &write).await?, Written::Done(_)))
    }

    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        if after.is_some_and(|after| !after.0.contains('#')) {
            return Err(PortError::Fatal("not a page key of this store".into()));
        }
        let mut merge = Merge::of(scope, query, after.map(|after| after.0.clone()), limit);
        let mut rows: Vec<(String, OrderSummary)> = Vec::with_capacity(limit + 1);
        let mut seen = HashSet::new();
        while rows.len() <= limit {
            merge.refill(&self.0).await?;
            let Some((place, summary)) = merge.next() else { break };
            let summary: OrderSummary = serde_json::from_str(&summary).map_err(|_| crate::error::corrupt("summary"))?;
            // An order that moves while we read may stand in two shards for a moment.
            if seen.insert(summary.id.clone()) {
                rows.push((place, summary));
            }
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|(place, _)| PageKey(place.clone()));
        Ok(Page { orders: rows.into_iter().map(|(_, summary)| summary).collect(), next })
    }
}

/// One partition of an index, read as far as the merge needs it.
struct Shard {
    pk: String,
    /// Rows the next read takes: few at first, for most shards give only some of a page.
    chunk: usize,
    /// Sort key and summary, next one first.
    rows: VecDeque<(String, String)>,
    /// The last sort key that was read; reading goes on behind it.
    read_to: Option<String>,
    more: bool,
}

/// Several partitions of an index as one sorted list. Every row carries its place in the whole list as its sort
/// key, so a page ends at a place rather than at one place per shard.
struct Merge {
    index: Index,
    ascending: bool,
    /// Sort keys are below this.
    until: Option<String>,
    limit: usize,
    shards: Vec<Shard>,
}

impl Merge {
    fn of(scope: &TenantScope, query: &OrderQuery, after: Option<String>, limit: usize) -> Merge {
        let of_status = |status: OrderStatus| (0..keys::STATUS_SHARDS).map(move |shard| keys::status(scope, status, shard));
        let open = || (0..keys::OPEN_SHARDS).map(|shard| keys::open(scope, shard)).collect();
        let (index, partitions): (Index, Vec<String>) = match query {
            OrderQuery::All => (Index::Gsi3, OrderStatus::ALL.iter().flat_map(|status| of_status(*status)).collect()),
            OrderQuery::Status(status) => (Index::Gsi3, of_status(*status).collect()),
            OrderQuery::Open | OrderQuery::Due(_) => (Index::Gsi1, open()),
            OrderQuery::Customer(key) => (Index::Gsi2, vec![keys::customer(scope, key)]),
        };
        let ascending = matches!(query, OrderQuery::Open | OrderQuery::Due(_));
        let until = if let OrderQuery::Due(now) = query { Some(keys::before(*now)) } else { None };
        let chunk = if partitions.len() == 1 { limit + 1 } else { (limit * 2 / partitions.len()).max(SHARD_ROWS_MIN).min(limit + 1) };
        let shard = |pk| Shard { pk, chunk, rows: VecDeque::new(), read_to: after.clone(), more: true };
        Merge { index, ascending, until, limit, shards: partitions.into_iter().map(shard).collect() }
    }

    /// Reads on in every partition whose rows are used up. A few at a time: each parallel request of a function
    /// that just started is one more connection to set up.
    async fn refill(&mut self, dynamo: &Dynamo) -> PortResult<()> {
        let (index, ascending, until, limit) = (self.index, self.ascending, self.until.as_deref(), self.limit);
        let empty = self.shards.iter_mut().filter(|shard| shard.rows.is_empty() && shard.more);
        let reads: Vec<_> = empty.map(|shard| shard.read(dynamo, index, ascending, until, limit)).collect();
        stream::iter(reads).buffer_unordered(AT_ONCE).try_collect::<()>().await
    }

    fn next(&mut self) -> Option<(String, String)> {
        let ascending = self.ascending;
        let filled = self.shards.iter_mut().filter(|shard| !shard.rows.is_empty());
        let first =
            if ascending { filled.min_by(|a, b| a.place().cmp(&b.place())) } else { filled.max_by(|a, b| a.place().cmp(&b.place())) };
        first?.rows.pop_front()
    }
}

impl Shard {
    fn place(&self) -> Option<&str> {
        self.rows.front().map(|(place, _)| place.as_str())
    }

    async fn read(&mut self, dynamo: &Dynamo, index: Index, ascending: bool, until: Option<&str>, limit: usize) -> PortResult<()> {
        // A clock that was set back: what was read lies ahead of now.
        if let (Some(from), Some(until)) = (&self.read_to, until)
            && from.as_str() >= until
        {
            self.more = false;
        }
        while self.rows.is_empty() && self.more {
            let range = match (&self.read_to, until, ascending) {
                (None, None, _) => Range::Whole,
                (None, Some(until), _) => Range::Below(until.to_owned()),
                (Some(from), Some(until), _) => Range::Between(keys::behind(from), until.to_owned()),
                (Some(end), None, true) => Range::Above(end.clone()),
                (Some(end), None, false) => Range::Below(end.clone()),
            };
            let query = Query { range, ascending, limit: Some(self.chunk), ..Query::index(index, self.pk.clone()) };
            let sk_name = query.sk_name;
            let (rows, last) = dynamo.query("list orders", Table::Orders, query).await?;
            for row in &rows {
                self.rows.push_back((text(row, sk_name)?.to_owned(), text(row, "summary")?.to_owned()));
            }
            self.more = last.is_some() && !rows.is_empty();
            self.chunk = limit + 1;
            self.read_to = self.rows.back().map(|(place, _)| place.clone()).or(self.read_to.take());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_come_in_one_order() {
        let all = [Part::Inbox, Part::Once, Part::Reference, Part::Head, Part::History];
        let errors = all.map(refusal);
        let expected =
            [CommitError::InboxDone, CommitError::OnceTaken, CommitError::ExternalIdTaken, CommitError::Conflict, CommitError::Conflict];
        assert_eq!(errors, expected);
    }
}
