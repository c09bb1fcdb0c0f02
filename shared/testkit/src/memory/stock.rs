use super::MemoryWorld;
use super::outbox::write_outbox;
use app::TenantScope;
use app::ports::{CommitError, PageKey, PortError, PortResult, StockLevel, StockPage, StockPlace, StockStore};
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::OrderId;
use domain::order::saga::StockMove;
use domain::order::{Order, Recorded};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use domain::stock::purchase::Supply;
use jiff::Timestamp;
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Level {
    available: i64,
    reserved: i64,
    grade: StockGrade,
    grades: u64,
    on_order: i64,
    counts: BTreeMap<String, Found>,
    holds: BTreeMap<OrderId, u32>,
    moves: BTreeMap<String, i64>,
}

impl Level {
    pub(super) fn as_level(&self, place: &(String, String)) -> StockLevel {
        StockLevel {
            sku: place.0.clone(),
            location: place.1.clone(),
            available: self.available,
            reserved: self.reserved,
            grade: self.grade,
            grades: self.grades,
            on_order: self.on_order,
        }
    }

    /// What a purchase order does to it.
    pub(super) fn supply(&mut self, supply: &Supply, reference: &str) {
        self.on_order += supply.on_order;
        if supply.arrived > 0 {
            self.available += i64::from(supply.arrived);
            self.moves.insert(reference.to_owned(), i64::from(supply.arrived));
        }
    }

    pub(super) fn moves(&self) -> impl Iterator<Item = (&str, i64)> {
        self.moves.iter().map(|(reference, by)| (reference.as_str(), *by))
    }

    pub(super) fn holds(&self) -> impl Iterator<Item = (&OrderId, u32)> {
        self.holds.iter().map(|(order, quantity)| (order, *quantity))
    }
}

/// What is in the way of what a commit does to stock.
pub(super) fn refusal(stock: &BTreeMap<(String, String), Level>, order: &Order, recorded: &Recorded) -> Option<CommitError> {
    recorded.stock().find_map(|(how, what)| {
        let level = stock.get(&place(&what.sku, &what.location));
        let held = level.and_then(|level| level.holds.get(&order.id)).copied().unwrap_or(0);
        let before = order.held_before(how, what);
        match how {
            StockMove::Hold | StockMove::Release | StockMove::Ship if held != before => Some(CommitError::Conflict),
            StockMove::Hold | StockMove::Take if level.is_none_or(|level| level.available < i64::from(what.quantity)) => {
                Some(CommitError::StockChanged)
            }
            StockMove::Hold | StockMove::Take => None,
            StockMove::Return => level.is_none().then_some(CommitError::Conflict),
            StockMove::Release | StockMove::Ship => None,
        }
    })
}

/// Does to stock what a commit says; nothing was in its way.
pub(super) fn follow(stock: &mut BTreeMap<(String, String), Level>, order: &Order, recorded: &Recorded) {
    for (how, what) in recorded.stock() {
        let level = stock.entry(place(&what.sku, &what.location)).or_default();
        let quantity = i64::from(what.quantity);
        match order.held(&what.sku, &what.location) {
            0 => level.holds.remove(&order.id),
            held => level.holds.insert(order.id.clone(), held),
        };
        match how {
            StockMove::Hold => {
                level.available -= quantity;
                level.reserved += quantity;
            }
            StockMove::Release => {
                level.available += quantity;
                level.reserved -= quantity;
            }
            StockMove::Ship => {
                level.reserved -= quantity;
                level.moves.insert(format!("#{}#{}", order.id, recorded.version), -quantity);
            }
            StockMove::Take => {
                level.available -= quantity;
                level.moves.insert(format!("#{}#{}", order.id, recorded.version), -quantity);
            }
            StockMove::Return => {
                level.available += quantity;
                level.moves.insert(format!("#{}#{}", order.id, recorded.version), quantity);
            }
        }
    }
}

/// [`StockStore`] in memory.
#[derive(Clone)]
pub struct MemoryStock(pub(super) MemoryWorld);

fn place(sku: &str, location: &str) -> (String, String) {
    (sku.to_owned(), location.to_owned())
}

#[async_trait]
impl StockStore for MemoryStock {
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>> {
        let state = self.0.lock();
        let place = place(sku, location);
        Ok(state.shop(scope).and_then(|shop| shop.stock.get(&place)).map(|level| level.as_level(&place)))
    }

    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>> {
        let state = self.0.lock();
        let Some(shop) = state.shop(scope) else { return Ok(Vec::new()) };
        let from = shop.stock.range((sku.to_owned(), String::new())..);
        Ok(from.take_while(|(place, _)| place.0 == sku).map(|(place, level)| level.as_level(place)).collect())
    }

    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        _now: Timestamp,
    ) -> PortResult<Option<StockLevel>> {
        let mut state = self.0.lock();
        let stock = &mut state.shop_mut(scope).stock;
        let place = place(sku, location);
        let known = stock.get(&place);
        if known.is_some_and(|level| level.moves.contains_key(reference)) {
            return Ok(known.map(|level| level.as_level(&place)));
        }
        let available = known.map_or(0, |level| level.available).checked_add(by);
        let available = available.ok_or_else(|| PortError::Fatal("more stock than can be counted".into()))?;
        if available < 0 && by < 0 {
            return Ok(None);
        }
        let level = stock.entry(place.clone()).or_default();
        level.available = available;
        level.moves.insert(reference.to_owned(), by);
        Ok(Some(level.as_level(&place)))
    }

    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        (grade, (least, most)): (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let mut state = self.0.lock();
        let known = state.shop_mut(scope).stock.get_mut(&place(&level.sku, &level.location));
        let Some(known) = known.filter(|known| known.grades == level.grades && (least..=most).contains(&known.available)) else {
            return Ok(false);
        };
        (known.grade, known.grades) = (grade, level.grades + 1);
        if let Some(first) = events.first() {
            write_outbox(&mut state, scope, &first.subject, first.aggregateversion, Some(&first.id), events, now);
        }
        Ok(true)
    }

    async fn page(&self, scope: &TenantScope, grade: Option<StockGrade>, after: Option<&PageKey>, limit: usize) -> PortResult<StockPage> {
        let state = self.0.lock();
        let mut rows = listed(state.shop(scope).map(|shop| &shop.stock));
        rows.retain(|row| grade.is_none_or(|grade| row.1.grade == grade));
        if let Some(after) = after {
            let known = after.0.split_once('#').filter(|(rank, _)| matches!(*rank, "0" | "1" | "2"));
            known.ok_or_else(|| PortError::Fatal("not a page key of this list".into()))?;
            rows.retain(|row| row.0 > after.0);
        }
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| PageKey(row.0.clone()));
        Ok(StockPage { levels: rows.into_iter().map(|row| row.1).collect(), next })
    }

    async fn places(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<StockPlace>> {
        let state = self.0.lock();
        let rows = listed(state.shop(scope).map(|shop| &shop.stock)).into_iter().take(limit);
        Ok(rows.map(|(_, level)| StockPlace { sku: level.sku, location: level.location, grade: level.grade }).collect())
    }

    async fn count(
        &self,
        scope: &TenantScope,
        (sku, location): (&str, &str),
        counted: u32,
        reference: &str,
        _now: Timestamp,
    ) -> PortResult<(Found, StockLevel)> {
        let mut state = self.0.lock();
        let place = place(sku, location);
        let level = state.shop_mut(scope).stock.entry(place.clone()).or_default();
        if let Some(found) = level.counts.get(reference) {
            return Ok((*found, level.as_level(&place)));
        }
        let found = Found::of(level.available, level.reserved, counted);
        level.available += found.corrected;
        level.moves.insert(format!("##{reference}"), found.corrected);
        level.counts.insert(reference.to_owned(), found);
        Ok((found, level.as_level(&place)))
    }
}

/// By place, the least first.
fn listed(stock: Option<&BTreeMap<(String, String), Level>>) -> Vec<(String, StockLevel)> {
    let rank = |grade: StockGrade| match grade {
        StockGrade::Reorder => 0,
        StockGrade::Low => 1,
        StockGrade::Enough => 2,
    };
    let all = stock.into_iter().flatten().map(|(place, level)| level.as_level(place));
    let mut rows: Vec<_> = all.map(|level| (format!("{}#{}#{}", rank(level.grade), level.sku, level.location), level)).collect();
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    rows
}
