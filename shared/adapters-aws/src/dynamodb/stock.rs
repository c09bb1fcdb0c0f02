//! Stock: a level per unit and location, the holds on it and the movements that made it.
//!
//! A level only ever changes together with the hold or movement that explains it, on a condition; nothing is
//! read, changed and written back.

use super::item::{Row, Write, number, text, text_opt};
use super::outbox::loose_row;
use super::{Dynamo, Query, Range, Table, Transacted, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{PortError, PortResult, StockLevel, StockStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::OrderId;
use domain::order::saga::{Allocation, StockMove};
use domain::stock::StockGrade;
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
    })
}

/// What one move of an order's commit writes: the hold, the level, and the movement of what leaves. The level comes last.
pub(super) fn moved(
    scope: &TenantScope,
    (order, version): (&OrderId, u64),
    how: StockMove,
    what: &Allocation,
    now: Timestamp,
) -> Vec<Write> {
    let Allocation { sku, location, quantity } = what;
    let key = keys::hold(scope, sku, location, order);
    let level = |change: &str| Write::update(keys::level(scope, sku, location), change).number(":q", *quantity);
    let ends = |state: &str| {
        Write::update(key.clone(), "SET #state = :state, #at = :at")
            .when("#state = :held AND #quantity = :q")
            .text(":state", state)
            .text(":held", HELD)
            .moment(":at", now)
            .number(":q", *quantity)
    };
    let moves = |by: i64| {
        Write::put(keys::moved_with(scope, sku, location, (order, version)))
            .number("by", by)
            .moment("at", now)
            .when("attribute_not_exists(PK)")
    };
    match how {
        StockMove::Take => vec![moves(-i64::from(*quantity)), level("SET #available = #available - :q").when("#available >= :q")],
        StockMove::Return => vec![moves(i64::from(*quantity)), level("SET #available = #available + :q").when("attribute_exists(PK)")],
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
            vec![ends(RELEASED), level("SET #available = #available + :q, #reserved = #reserved - :q").when("#reserved >= :q")]
        }
        StockMove::Ship => {
            vec![ends(SHIPPED), moves(-i64::from(*quantity)), level("SET #reserved = #reserved - :q").when("#reserved >= :q")]
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
        let level =
            Write::update(keys::level(scope, sku, location), "ADD #available :by, #reserved :zero").number(":by", by).number(":zero", 0);
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
        let mut mark = Write::update(keys::level(scope, &level.sku, &level.location), "SET #grade = :grade, #grades = :next")
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
}
