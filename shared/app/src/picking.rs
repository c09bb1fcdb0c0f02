//! Who goes for what: orders that wait to be picked, taken fifty at a time, from one place, for one collection.
//!
//! What a batch is to hold is written down before any order is touched, and each order says by itself which batch it is in. So a batch whose
//! maker dies is finished by asking for it again, and an order that two people wanted is in one.

use crate::apply::{Alongside, Apply};
use crate::context::Context;
use crate::error::{Error, Result};
use crate::json;
use crate::ports::{Claim, OnceKey, OnceStore, OrderQuery, OrderSummary, Random, ReportStore};
use crate::scope::TenantScope;
use domain::ids::{BatchId, FulfilmentId, LocationId, OrderId};
use domain::money::Money;
use domain::order::{Command, FulfilCommand, FulfilmentStatus, OrderStatus};
use domain::shipping::batch::{Batch, WAITING_MAX, WaitingOrder, batches};
use futures::stream::{self, StreamExt, TryStreamExt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Batches that are shown before they are taken.
pub const SHOWN_MAX: usize = 20;
/// Orders changed, or looked at, at once.
const AT_ONCE: usize = 8;
/// Orders on a page of the list.
const PAGE: usize = 1_000;
/// Plans of one batch, if others are faster with all of its orders.
const TRIES: usize = 3;
/// How long planning one may take.
const PLANNING_TIME: SignedDuration = SignedDuration::from_secs(30);
/// Characters of a hash that name a batch.
const NAME_CHARS: usize = 24;
/// Where batches are kept.
const HOME: &str = "batches/";

/// A batch that somebody has taken, as it was written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// Its name.
    pub id: BatchId,
    /// Where its orders lie.
    pub location: LocationId,
    /// What it was to hold, the most urgent first. Somebody else may have been faster with some of them.
    pub orders: Vec<OrderId>,
    /// When what is in it is collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub collected_at: Option<Timestamp>,
    /// Who took it.
    pub taken_by: String,
    /// When.
    pub taken_at: Timestamp,
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
    /// More orders are at work than are looked at, the latest first.
    pub more: bool,
}

/// The use case.
#[derive(Clone)]
pub struct Picking {
    /// The way into an order.
    pub apply: Apply,
    /// Where batches are kept.
    pub files: Arc<dyn ReportStore>,
    /// Wishes that are carried out.
    pub once: Arc<dyn OnceStore>,
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

    async fn waiting(&self, context: Context<'_>) -> Result<(Vec<WaitingOrder>, bool)> {
        let (mut waiting, mut looked) = (Vec::new(), 0);
        for status in [OrderStatus::PartiallyShipped, OrderStatus::Processing] {
            let (query, mut after) = (OrderQuery::Status(status), None);
            loop {
                let page = self.apply.orders.page(context.scope, &query, after.as_ref(), PAGE).await?;
                looked += page.orders.len();
                waiting.extend(page.orders.iter().filter_map(|summary| waits(context, summary)));
                after = page.next;
                if after.is_none() {
                    break;
                }
                if looked >= WAITING_MAX {
                    return Ok((waiting, true));
                }
            }
        }
        Ok((waiting, false))
    }

    /// Takes the next batch, of a place or of any: work on its orders begins. None if nothing waits. The same `wish` for the same place is the
    /// same batch.
    ///
    /// # Errors
    /// `Retryable`: ask again with the same wish, and it is finished.
    pub async fn take(&self, context: Context<'_>, location: Option<&LocationId>, wish: Option<&str>) -> Result<Option<PickBatch>> {
        let place = location.map(LocationId::as_str).unwrap_or_default();
        let Some(wish) = wish.map(|wish| OnceKey::new("pick-batch", wish, place)) else {
            // Others may have been faster with all of it: the list follows within moments.
            for _ in 0..TRIES {
                let id = format!("{}-{:08x}", self.apply.clock.now().strftime("%Y%m%dT%H%M%S"), self.random.u64() >> 32);
                let Some(planned) = self.plan(context, location, &id).await? else { return Ok(None) };
                let taken = self.begin(context, planned).await?;
                if !taken.orders.is_empty() {
                    return Ok(Some(taken));
                }
            }
            return Ok(None);
        };
        let id = BatchId::parse(&wish.0[..NAME_CHARS]).map_err(|why| Error::Fatal(why.to_string()))?;
        // One of those who want the same at once plans it; the others follow.
        let claim = self.once.claim(context.scope, &wish, "", self.apply.clock.now(), PLANNING_TIME).await?;
        let known: Option<Taken> = json::recall(&*self.files, context.scope, &key(&id)).await?;
        let planned = match (known, claim) {
            (Some(known), _) => Some(known),
            (None, Claim::Mine { fence }) => {
                let planned = self.plan(context, location, id.as_str()).await?;
                if planned.is_none() {
                    // Whoever asks again may find something. If it is no longer ours, somebody else is looking.
                    self.once.release(context.scope, &wish, fence).await?;
                }
                planned
            }
            (None, _) => return Err(Error::Retryable("the same batch is being taken".into())),
        };
        let Some(planned) = planned else { return Ok(None) };
        self.begin(context, planned).await.map(Some)
    }

    /// Writes down what a batch is to hold.
    async fn plan(&self, context: Context<'_>, location: Option<&LocationId>, id: &str) -> Result<Option<Taken>> {
        let now = self.apply.clock.now();
        let bad = |why: domain::ids::BadId| Error::Fatal(why.to_string());
        let (mut waiting, _) = self.waiting(context).await?;
        waiting.retain(|one| location.is_none_or(|location| one.zone == location.as_str()));
        let Some(batch) = batches(&waiting, now, 1).into_iter().next() else { return Ok(None) };
        let planned = Taken {
            id: BatchId::parse(id).map_err(bad)?,
            location: LocationId::parse(&batch.zone).map_err(bad)?,
            orders: batch.orders,
            collected_at: batch.cut_off,
            taken_by: context.by.actor.in_words(),
            taken_at: now,
        };
        json::remember(&*self.files, context.scope, &key(&planned.id), &planned).await?;
        Ok(Some(planned))
    }

    /// Tells its orders. Told twice, they are in it once.
    async fn begin(&self, context: Context<'_>, planned: Taken) -> Result<PickBatch> {
        let pick = Command::Fulfil(FulfilCommand::Pick {
            batch: planned.id.clone(),
            from: planned.location.clone(),
            checked_bps: context.config.workflow.checked_bps,
        });
        let pick = &pick;
        let told = stream::iter(planned.orders.clone()).map(|order| async move {
            match self.apply.run(context, &order, pick, Alongside::default()).await {
                // Somebody else was faster, or a person has to decide first.
                Ok(_) | Err(Error::Rejected(_) | Error::NotFound(_) | Error::Stale { .. }) => Ok(()),
                Err(why) => Err(why),
            }
        });
        told.buffered(AT_ONCE).try_collect::<Vec<()>>().await?;
        self.shown(context.scope, planned).await
    }

    /// A batch, as its orders stand.
    ///
    /// # Errors
    /// `NotFound`, `Retryable`.
    pub async fn read(&self, scope: &TenantScope, id: &BatchId) -> Result<PickBatch> {
        let kept: Taken = json::recall(&*self.files, scope, &key(id)).await?.ok_or(Error::NotFound("batch"))?;
        self.shown(scope, kept).await
    }

    /// The batches that were taken last, newest first.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn taken(&self, scope: &TenantScope, limit: usize) -> Result<Vec<Taken>> {
        let keys = self.files.list(scope, HOME, limit).await?;
        let kept = stream::iter(keys).map(|key| async move { json::recall::<Taken>(&*self.files, scope, &key).await }).buffered(AT_ONCE);
        let kept: Vec<Option<Taken>> = kept.try_collect().await?;
        Ok(kept.into_iter().flatten().collect())
    }

    async fn shown(&self, scope: &TenantScope, kept: Taken) -> Result<PickBatch> {
        let Taken { id, location, orders, collected_at, taken_by, taken_at } = kept;
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
fn waits(context: Context<'_>, summary: &OrderSummary) -> Option<WaitingOrder> {
    let to_pick = summary.to_pick.as_ref()?;
    let collected =
        |warehouse: &domain::shipping::Warehouse| warehouse.last_collection(warehouse.ship_date(summary.status_since).ok()?.day).ok();
    Some(WaitingOrder {
        order: summary.id.clone(),
        method: to_pick.method,
        total: Money::new(summary.total_minor, summary.currency),
        // A place is one zone: nobody says where within it something lies.
        zone: to_pick.from.to_string(),
        cut_off: context.config.shipping.warehouse(&to_pick.from).and_then(collected),
        since: summary.status_since,
    })
}
