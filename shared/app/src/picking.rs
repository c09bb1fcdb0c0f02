//! Who goes for what: orders that wait to be picked, taken fifty at a time, from one place, for one collection.
//!
//! What a batch is to hold is written down before any order is touched, and each order says by itself which batch it is in. So a batch whose
//! maker dies is finished by asking for it again, and an order that two people wanted is in one.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{OrderQuery, OrderSummary, Random, ReportStore};
use crate::scope::TenantScope;
use domain::ids::{BatchId, FulfilmentId, LocationId, OrderId};
use domain::money::Money;
use domain::order::{Command, FulfilCommand, FulfilmentStatus, OrderStatus};
use domain::shipping::batch::{Batch, WAITING_MAX, Waiting, batches};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Batches that are shown before they are taken.
pub const SHOWN_MAX: usize = 20;
/// Orders changed, or looked at, at once.
const AT_ONCE: usize = 8;
/// Orders on a page of the list.
const PAGE: usize = 1_000;
/// Where batches are kept.
const HOME: &str = "batches/";

/// A batch that somebody has taken, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    id: BatchId,
    location: LocationId,
    orders: Vec<OrderId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    collected_at: Option<Timestamp>,
    taken_by: String,
    taken_at: Timestamp,
}

/// An order of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picked {
    /// Which.
    pub order: OrderId,
    /// Its parcel.
    pub parcel: FulfilmentId,
    /// How far that is.
    pub status: FulfilmentStatus,
    /// How much of what: SKU, name, pieces.
    pub lines: Vec<(String, String, u32)>,
}

/// So much of something, for several orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    /// What.
    pub sku: String,
    /// As people call it.
    pub name: String,
    /// Pieces.
    pub quantity: u32,
    /// For so many orders.
    pub orders: u32,
}

/// A batch that somebody has taken, as its orders stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PickBatch {
    /// Which.
    pub id: BatchId,
    /// Where.
    pub location: LocationId,
    /// When what is in it is collected.
    pub collected_at: Option<Timestamp>,
    /// Who took it.
    pub taken_by: String,
    /// When.
    pub taken_at: Timestamp,
    /// Its orders, the most urgent first. One that somebody else was faster with is not there.
    pub orders: Vec<Picked>,
    /// What to fetch, by SKU: pieces that are not packed yet.
    pub to_fetch: Vec<Sum>,
}

/// What waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// The next batches, at most [`SHOWN_MAX`], the most urgent first.
    pub next: Vec<Batch>,
    /// Orders that wait, by place.
    pub waiting: BTreeMap<String, usize>,
    /// More orders wait than are looked at.
    pub more: bool,
}

/// The use case.
#[derive(Clone)]
pub struct Picking {
    /// The way into an order.
    pub apply: Apply,
    /// Where batches are kept.
    pub files: Arc<dyn ReportStore>,
    /// Names.
    pub random: Arc<dyn Random>,
}

fn key(id: &BatchId) -> String {
    format!("{HOME}{id}.json")
}

impl Picking {
    /// What waits to be picked, and how it would be taken.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn queue(&self, context: Context<'_>) -> Result<Queue> {
        let now = self.apply.clock.now();
        let (waiting, more) = self.waiting(context).await?;
        let mut by_place: BTreeMap<String, usize> = BTreeMap::new();
        for one in waiting.iter().filter(|one| one.method.needs_fulfilment()) {
            *by_place.entry(one.zone.clone()).or_default() += 1;
        }
        Ok(Queue { next: batches(&waiting, now, SHOWN_MAX), waiting: by_place, more })
    }

    async fn waiting(&self, context: Context<'_>) -> Result<(Vec<Waiting>, bool)> {
        let mut waiting = Vec::new();
        for status in [OrderStatus::Processing, OrderStatus::PartiallyShipped] {
            let (query, mut after) = (OrderQuery::Status(status), None);
            loop {
                let page = self.apply.orders.page(context.scope, &query, after.as_ref(), PAGE).await?;
                waiting.extend(page.orders.iter().filter_map(|summary| waits(context, summary)));
                if waiting.len() >= WAITING_MAX {
                    return Ok((waiting, page.next.is_some()));
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        Ok((waiting, false))
    }

    /// Takes the next batch, of a place or of any: work on its orders begins. None if nothing waits. The same `wish` twice is the same batch.
    ///
    /// # Errors
    /// `Retryable`: ask again with the same wish, and it is finished.
    pub async fn take(&self, context: Context<'_>, location: Option<&LocationId>, wish: Option<&str>) -> Result<Option<PickBatch>> {
        let now = self.apply.clock.now();
        let id = self.name(context.scope, wish, now)?;
        let known: Option<Kept> = if wish.is_some() { json::recall(&*self.files, context.scope, &key(&id)).await? } else { None };
        let kept = match known {
            Some(known) => known,
            None => {
                let (waiting, _) = self.waiting(context).await?;
                let here: Vec<Waiting> =
                    waiting.into_iter().filter(|one| location.is_none_or(|location| one.zone == location.as_str())).collect();
                let Some(batch) = batches(&here, now, 1).into_iter().next() else { return Ok(None) };
                let location = LocationId::parse(&batch.zone).map_err(|why| Error::Fatal(why.to_string()))?;
                let taken_by = context.by.actor.in_words();
                let kept = Kept { id, location, orders: batch.orders, collected_at: batch.cut_off, taken_by, taken_at: now };
                json::remember(&*self.files, context.scope, &key(&kept.id), &kept).await?;
                kept
            }
        };
        let pick = Command::Fulfil(FulfilCommand::Pick {
            batch: kept.id.clone(),
            from: kept.location.clone(),
            checked_bps: context.config.workflow.checked_bps,
        });
        let pick = &pick;
        let taken = stream::iter(kept.orders.clone()).map(|order| async move {
            match self.apply.run(context, &order, pick, Alongside::default()).await {
                // Somebody else was faster, or a person has to decide first.
                Ok(_) | Err(Error::Rejected(_) | Error::NotFound(_)) => Ok(()),
                Err(why) => Err(why),
            }
        });
        taken.buffered(AT_ONCE).try_collect::<Vec<()>>().await?;
        self.shown(context.scope, kept).await.map(Some)
    }

    fn name(&self, scope: &TenantScope, wish: Option<&str>, now: Timestamp) -> Result<BatchId> {
        let name = match wish {
            Some(wish) => {
                let mut hash = Sha256::new();
                for part in [scope.tenant().as_str(), wish] {
                    hash.update((part.len() as u64).to_be_bytes());
                    hash.update(part);
                }
                hex::encode(&hash.finalize()[..12])
            }
            None => format!("{:08x}", self.random.u64() >> 32),
        };
        let name = if wish.is_some() { name } else { format!("{}-{name}", now.strftime("%Y%m%dT%H%M%S")) };
        BatchId::parse(&name).map_err(|why| Error::Fatal(why.to_string()))
    }

    /// A batch, as its orders stand.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn read(&self, scope: &TenantScope, id: &BatchId) -> Result<PickBatch> {
        let kept: Kept = json::recall(&*self.files, scope, &key(id)).await?.ok_or(Error::NotFound("batch"))?;
        self.shown(scope, kept).await
    }

    /// The batches that were taken last, newest first.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn taken(&self, scope: &TenantScope, limit: usize) -> Result<Vec<BatchId>> {
        let keys = self.files.list(scope, HOME, limit).await?;
        let name = |key: String| BatchId::parse(key.strip_prefix(HOME)?.strip_suffix(".json")?).ok();
        Ok(keys.into_iter().filter_map(name).collect())
    }

    async fn shown(&self, scope: &TenantScope, kept: Kept) -> Result<PickBatch> {
        let Kept { id, location, orders, collected_at, taken_by, taken_at } = kept;
        let loaded = stream::iter(orders).map(|order| async move { self.apply.orders.load(scope, &order).await }).buffered(AT_ONCE);
        let loaded: Vec<_> = loaded.try_collect().await?;
        let mut picked = Vec::new();
        let mut sums: BTreeMap<String, Sum> = BTreeMap::new();
        for order in loaded.into_iter().flatten() {
            let Some(one) = order.consignments.iter().find(|one| one.work.batch.as_ref() == Some(&id)) else { continue };
            let line = |part: &domain::shipping::Share| {
                order.lines.get(part.line).map(|line| (line.sku.clone(), line.name.clone(), part.quantity))
            };
            let lines: Vec<(String, String, u32)> = one.work.parts.iter().filter_map(line).collect();
            if one.work.status == FulfilmentStatus::Picking {
                for (sku, name, quantity) in &lines {
                    let new = || Sum { sku: sku.clone(), name: name.clone(), quantity: 0, orders: 0 };
                    let sum = sums.entry(sku.clone()).or_insert_with(new);
                    sum.quantity = sum.quantity.saturating_add(*quantity);
                    sum.orders += 1;
                }
            }
            picked.push(Picked { order: order.id.clone(), parcel: one.work.id.clone(), status: one.work.status, lines });
        }
        Ok(PickBatch { id, location, collected_at, taken_by, taken_at, orders: picked, to_fetch: sums.into_values().collect() })
    }
}

/// An order of a list, if something of it waits to be picked.
fn waits(context: Context<'_>, summary: &OrderSummary) -> Option<Waiting> {
    let to_pick = summary.to_pick.as_ref()?;
    let collected =
        |warehouse: &domain::shipping::Warehouse| warehouse.last_collection(warehouse.ship_date(summary.status_since).ok()?.day).ok();
    Some(Waiting {
        order: summary.id.clone(),
        method: to_pick.method,
        total: Money::new(summary.total_minor, summary.currency),
        // A place is one zone: nobody says where within it something lies.
        zone: to_pick.from.to_string(),
        cut_off: context.config.shipping.warehouse(&to_pick.from).and_then(collected),
        since: summary.status_since,
    })
}
