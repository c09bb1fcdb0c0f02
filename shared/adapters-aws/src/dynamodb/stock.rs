//! Stock: a level per unit and location, the holds on it and the movements that made it.
//!
//! A level only ever changes together with the hold or movement that explains it, on a condition; nothing is
//! read, changed and written back.

use super::item::{Row, Write, number, text, text_opt};
use super::outbox::loose_row;
use super::{AT_ONCE, CONFLICT_TRIES, Dynamo, Index, Query, Range, Table, Transacted, keys, pause};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{PageKey, PortError, PortResult, StockLevel, StockPage, StockPlace, StockStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::order::Order;
use domain::order::saga::{Allocation, StockMove};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;

const HELD: &str = "HELD";
const RELEASED: &str = "RELEASED";
const SHIPPED: &str = "SHIPPED";

/// [`StockStore`] in the inventory table.
#[derive(Clone)]
pub struct DynamoStock(pub(super) Dynamo);

fn level_of(row: &Row, sku: &str) -> PortResult<StockLevel> {
    let location = text(row, "SK")?.strip_prefix(keys::LEVEL_PREFIX).unwrap_or_default();
    Ok(StockLevel {
        sku: sku.to_owned(),
        location: keys::text_of(location),
        available: number(row, "available")?,
        reserved: number(row, "reserved")?,
        grade: text_opt(row, "grade").map_or(Some(StockGrade::Enough), StockGrade::from_word).ok_or_else(|| corrupt("grade"))?,
        grades: if row.contains_key("grades") { number(row, "grades")? } else { 0 },
        on_order: if row.contains_key("on_order") { number(row, "on_order")? } else { 0 },
    })
}

/// Changes of a level that may be the first of it: so it has all its numbers, and its place in the list.
pub(super) fn first(scope: &TenantScope, sku: &str, location: &str, add: &str) -> Write {
    let listed = keys::stock_row(scope, sku, location, StockGrade::Enough);
    let list = "SET #GSI1PK = if_not_exists(#GSI1PK, :pk), #GSI1SK = if_not_exists(#GSI1SK, :sk)";
    let level = Write::update(keys::level(scope, sku, location), format!("ADD {add}, #reserved :zero {list}"));
    level.number(":zero", 0).text(":pk", listed.pk).text(":sk", listed.sk)
}

fn found_of(row: &Row) -> PortResult<Found> {
    Ok(Found { expected: number(row, "expected")?, counted: number(row, "counted")?, corrected: number(row, "by")? })
}

/// What one move of an order's commit writes: the hold, the level, and the movement of what leaves. The level comes last. `order` is as it
/// stands after the commit: a hold is written as it was and will be, so that nothing is given back or sent that was not held.
pub(super) fn moved(scope: &TenantScope, order: &Order, how: StockMove, what: &Allocation, now: Timestamp) -> Vec<Write> {
    let Allocation { sku, location, quantity } = what;
    let key = keys::hold(scope, sku, location, &order.id);
    let (before, after) = (order.held_before(how, what), order.held(sku, location));
    let level = |change: &str| Write::update(keys::level(scope, sku, location), change).number(":q", *quantity);
    let becomes = |state: &str| {
        let changed = if after == 0 { "SET #state = :state, #at = :at" } else { "SET #quantity = :after, #at = :at" };
        let hold = Write::update(key.clone(), changed)
            .when("#state = :held AND #quantity = :before")
            .text(":held", HELD)
            .moment(":at", now)
            .number(":before", before);
        if after == 0 { hold.text(":state", state) } else { hold.number(":after", after) }
    };
    let moves = |by: i64| {
        Write::put(keys::moved_with(scope, sku, location, (&order.id, order.version)))
            .number("by", by)
            .moment("at", now)
            .when("attribute_not_exists(PK)")
    };
    match how {
        StockMove::Take => vec![moves(-i64::from(*quantity)), level("SET #available = #available - :q").when("#available >= :q")],
        StockMove::Return => vec![moves(i64::from(*quantity)), level("SET #available = #available + :q").when("attribute_exists(PK)")],
        StockMove::Hold if before > 0 => {
            vec![becomes(HELD), level("SET #available = #available - :q, #reserved = #reserved + :q").when("#available >= :q")]
        }
        StockMove::Hold => vec![
            Write::put(key.clone())
                .text("state", HELD)
                .number("quantity", *quantity)
                .moment("at", now)
                .when("attribute_not_exists(PK) OR #state <> :held")
                .text(":held", HELD),
            level("SET #available = #available - :q, #reserved = #reserved + :q").when("#available >= :q"),
        ],
        StockMove::Release => {
            vec![becomes(RELEASED), level("SET #available = #available + :q, #reserved = #reserved - :q").when("#reserved >= :q")]
        }
        StockMove::Ship => {
            vec![becomes(SHIPPED), moves(-i64::from(*quantity)), level("SET #reserved = #reserved - :q").when("#reserved >= :q")]
        }
    }
}

#[async_trait]
impl StockStore for DynamoStock {
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>> {
        let row = self.0.get("read a stock level", Table::Inventory, keys::level(scope, sku, location)).await?;
        row.map(|row| level_of(&row, sku)).transpose()
    }

    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>> {
        let range = Range::Prefix(keys::LEVEL_PREFIX.to_owned());
        let query = Query { range, ..Query::of(keys::sku(scope, sku)) };
        let rows = self.0.query_all("read stock levels", Table::Inventory, query).await?;
        let mut levels: Vec<StockLevel> = rows.iter().map(|row| level_of(row, sku)).collect::<PortResult<_>>()?;
        levels.sort_by(|a, b| a.location.cmp(&b.location));
        Ok(levels)
    }

    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>> {
        let moved =
            Write::put(keys::movement(scope, sku, location, reference)).number("by", by).moment("at", now).when("attribute_not_exists(PK)");
        let level = first(scope, sku, location, "#available :by").number(":by", by);
        let level = if by < 0 {
            level.when("#available >= :needed").number(":needed", by.unsigned_abs())
        } else {
            // A sum that could no longer be read as a number is refused rather than stored.
            level.when("attribute_not_exists(#available) OR #available <= :room").number(":room", i64::MAX - by)
        };
        let writes = [(Table::Inventory, moved), (Table::Inventory, level)];
        match self.0.transact("adjust stock", &writes).await? {
            Transacted::Done => {}
            Transacted::Refused(failed) if failed.first().is_some_and(Option::is_some) => {}
            Transacted::Refused(_) if by < 0 => return Ok(None),
            Transacted::Refused(_) => return Err(PortError::Fatal("more stock than can be counted".into())),
        }
        self.level(scope, sku, location).await
    }

    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        (grade, (least, most)): (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let fence = if level.grades == 0 { "attribute_not_exists(#grades)" } else { "#grades = :grades" };
        let listed = keys::stock_row(scope, &level.sku, &level.location, grade);
        let change = "SET #grade = :grade, #grades = :next, #GSI1PK = :pk, #GSI1SK = :sk";
        let mut mark = Write::update(keys::level(scope, &level.sku, &level.location), change)
            .text(":pk", listed.pk)
            .text(":sk", listed.sk)
            .when(format!("{fence} AND #available BETWEEN :least AND :most"))
            .text(":grade", grade.as_str())
            .number(":next", level.grades + 1)
            .number(":least", least)
            .number(":most", most);
        if level.grades > 0 {
            mark = mark.number(":grades", level.grades);
        }
        let told = loose_row(scope, events, now)?.map(|row| (Table::Outbox, row));
        let writes: Vec<_> = std::iter::once((Table::Inventory, mark)).chain(told).collect();
        Ok(matches!(self.0.transact("grade a stock level", &writes).await?, Transacted::Done))
    }

    async fn page(&self, scope: &TenantScope, grade: Option<StockGrade>, after: Option<&PageKey>, limit: usize) -> PortResult<StockPage> {
        let start = grade.map(keys::stock_of_grade);
        if after.is_some_and(|after| keys::stock_of(&after.0).is_none() || start.as_ref().is_some_and(|start| !after.0.starts_with(start)))
        {
            return Err(PortError::Fatal("not a page key of this list".into()));
        }
        let range = match (after, start) {
            // The next character after the one that ends a grade.
            (Some(after), Some(start)) => Range::Between(keys::behind(&after.0), start.replace('#', "$")),
            (Some(after), None) => Range::Above(after.0.clone()),
            (None, Some(start)) => Range::Prefix(start),
            (None, None) => Range::Whole,
        };
        let query = Query { range, limit: Some(limit), ..Query::index(Index::Gsi1, keys::stock(scope)) };
        let sk_name = query.sk_name;
        let (rows, last) = self.0.query("list stock", Table::Inventory, query).await?;
        let next = rows.last().filter(|_| last.is_some()).map(|row| text(row, sk_name)).transpose()?;
        let next = next.map(|place| PageKey(place.to_owned()));
        let places = rows.iter().map(|row| place_of(text(row, sk_name)?)).collect::<PortResult<Vec<_>>>()?;
        let levels: Vec<Option<StockLevel>> = stream::iter(places)
            .map(|place| async move { self.level(scope, &place.sku, &place.location).await })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        Ok(StockPage { levels: levels.into_iter().flatten().collect(), next })
    }

    async fn places(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<StockPlace>> {
        let mut places = Vec::new();
        let mut start = None;
        loop {
            let left = limit - places.len();
            let query = Query { limit: Some(left), start, ..Query::index(Index::Gsi1, keys::stock(scope)) };
            let sk_name = query.sk_name;
            let (rows, last) = self.0.query("list what there is", Table::Inventory, query).await?;
            for row in &rows {
                places.push(place_of(text(row, sk_name)?)?);
            }
            start = last;
            if start.is_none() || places.len() >= limit {
                return Ok(places);
            }
        }
    }

    async fn count(
        &self,
        scope: &TenantScope,
        (sku, location): (&str, &str),
        counted: u32,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<(Found, StockLevel)> {
        for lost in 0..CONFLICT_TRIES {
            let before = self.level(scope, sku, location).await?;
            let (available, reserved) = before.as_ref().map_or((0, 0), |level| (level.available, level.reserved));
            let found = Found::of(available, reserved, counted);
            let moved = Write::put(keys::counted_by(scope, sku, location, reference))
                .number("by", found.corrected)
                .number("expected", found.expected)
                .number("counted", found.counted)
                .moment("at", now)
                .when("attribute_not_exists(PK)");
            let level = first(scope, sku, location, "#available :by").number(":by", found.corrected);
            let level = match before {
                Some(_) => level
                    .when("#available = :available AND #reserved = :reserved")
                    .number(":available", available)
                    .number(":reserved", reserved),
                None => level.when("attribute_not_exists(PK)"),
            };
            let known = match self.0.transact("count stock", &[(Table::Inventory, moved), (Table::Inventory, level)]).await? {
                Transacted::Done => Some(found),
                Transacted::Refused(failed) => failed.into_iter().next().flatten().map(|row| found_of(&row)).transpose()?,
            };
            if let Some(found) = known {
                let level = self.level(scope, sku, location).await?.ok_or_else(|| corrupt("level"))?;
                return Ok((found, level));
            }
            pause(lost).await;
        }
        Err(PortError::Retryable(format!("the stock of {sku} at {location} changes all the time")))
    }
}

fn place_of(place: &str) -> PortResult<StockPlace> {
    let (grade, sku, location) = keys::stock_of(place).ok_or_else(|| corrupt("GSI1SK"))?;
    Ok(StockPlace { sku, location, grade })
}
