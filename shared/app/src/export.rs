//! The daily export: what a day's orders and figures were, as JSON Lines in the bucket, for whatever a shop analyses its data with.
//!
//! A day is exported from the orders' own histories, so it says the same whenever it is made. Nothing in it says who an order is for, so an
//! erasure has nothing to look for there.

use crate::changed::{Changed, dossiers};
use crate::error::Result;
use crate::json;
use crate::measure::{CHANNELS, COUNTED, DAYS, LEFT, MOVES, PAYMENTS, RATINGS};
use crate::ports::{Claim, Clock, MetricStore, OnceDone, OnceKey, OnceStore, OrderStore, OutboxStore, ReportStore, TenantStore};
use crate::report::CHANGED_ORDERS_MAX;
use crate::scope::TenantScope;
use crate::stock::{SOLD, demand};
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::export::{FigureRow, LineRow, OrderRow};
use domain::ids::{CorrelationId, OrderId};
use domain::order::{Order, Track};
use futures::TryStreamExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use std::sync::Arc;

/// An export is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// How long "this day is exported" is remembered.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);
/// What was begun before the day ended is written by then.
const SETTLED_AFTER: SignedDuration = SignedDuration::from_mins(10);
/// Days that are made up for, if the schedule was not there on some.
const DAYS_BACK: i64 = 3;
/// Rows of one file.
pub const PART_ROWS: usize = 10_000;
/// Files of one day, and of one month.
const FILES_MAX: usize = 10_000;
/// What a day's files hold together is made in memory, so that nothing is overwritten by a day that cannot be made.
pub const BYTES_MAX: usize = 256 * 1024 * 1024;
/// The orders of a day.
pub const ORDERS: &str = "orders";
/// The figures of a day.
pub const FIGURES: &str = "figures";
/// What there is.
const TABLES: [&str; 2] = [ORDERS, FIGURES];

/// As alerts name it.
const JOB: Job<'_> = Job { name: "daily export", subject: "job:export" };
/// Where it is remembered what the team was told.
const TROUBLE: &str = "jobs/daily-export.json";

fn folder(table: &str, day: Date) -> String {
    format!("export/{table}/day={day}/")
}

/// A file of an export, as its key says.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ExportedFile {
    /// Of which day.
    pub day: Date,
    /// [`ORDERS`] or [`FIGURES`].
    pub table: &'static str,
    /// Where it is.
    pub key: String,
}

impl ExportedFile {
    /// None for a key that is no such file's.
    fn read(key: String) -> Option<ExportedFile> {
        let (table, rest) = key.strip_prefix("export/")?.split_once("/day=")?;
        let (day, part) = rest.split_once('/')?;
        let file = ExportedFile::named(table, day.parse().ok()?, part)?;
        (file.key == key).then_some(file)
    }

    /// By its parts; none for one that no export can have.
    pub fn named(table: &str, day: Date, part: &str) -> Option<ExportedFile> {
        let table = TABLES.into_iter().find(|known| *known == table)?;
        let number = part.strip_prefix("part-")?.strip_suffix(".jsonl")?;
        (number.len() == 5 && number.bytes().all(|b| b.is_ascii_digit())).then(|| {
            let key = format!("{}{part}", folder(table, day));
            ExportedFile { day, table, key }
        })
    }

    /// Its name within its day.
    pub fn part(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or_default()
    }
}

/// The files of this month and the last, or of one day; the newest day first, at most `limit`.
///
/// # Errors
/// `Retryable`.
pub async fn exported(
    reports: &dyn ReportStore,
    scope: &TenantScope,
    (today, only): (Date, Option<Date>),
    limit: usize,
) -> Result<Vec<ExportedFile>> {
    let days = match only {
        Some(day) => vec![day.to_string()],
        None => [today, today.saturating_sub(1.month())].map(|day| day.strftime("%Y-%m").to_string()).into(),
    };
    let mut files = Vec::new();
    for table in TABLES {
        for days in &days {
            // The files that were stored last need not be of the latest days.
            let keys = reports.list(scope, &format!("export/{table}/day={days}"), FILES_MAX).await?;
            files.extend(keys.into_iter().filter_map(ExportedFile::read));
        }
    }
    files.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| b.table.cmp(a.table)).then_with(|| a.key.cmp(&b.key)));
    files.truncate(limit);
    Ok(files)
}

/// The days before today that are over, by the shop's clock and by that of the figures, and may not be exported yet.
pub(crate) fn days_over(config: &TenantConfig, today: Date, now: Timestamp) -> Vec<Date> {
    let zone = config.zone();
    let ends = |day: Date, zone: &TimeZone| bounds(day, zone).map_or(Timestamp::MAX, |(_, end)| end);
    let days = (1..=DAYS_BACK).rev().map(|back| today.saturating_sub(back.days()));
    days.filter(|day| ends(*day, &zone).max(ends(*day, &TimeZone::UTC)).saturating_add(SETTLED_AFTER).is_ok_and(|settled| now >= settled))
        .collect()
}

/// Under which name it is remembered that a day is exported.
pub(crate) fn daily_key(day: Date) -> OnceKey {
    OnceKey::new("export", "daily", &day.to_string())
}

/// The use case.
#[derive(Clone)]
pub struct Export {
    /// Orders, and their histories.
    pub orders: Arc<dyn OrderStore>,
    /// Figures.
    pub metrics: Arc<dyn MetricStore>,
    /// Files.
    pub reports: Arc<dyn ReportStore>,
    /// What was exported.
    pub once: Arc<dyn OnceStore>,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Time zones and wishes.
    pub tenants: Arc<dyn TenantStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// Rows of one file: [`PART_ROWS`].
    pub part_rows: usize,
    /// Bytes of a day: [`BYTES_MAX`].
    pub bytes_max: usize,
}

/// What a run did with one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Exported {
    /// It is there.
    Made {
        /// Which.
        day: Date,
        /// Orders that changed on it.
        orders: usize,
        /// Figures of it.
        figures: usize,
    },
    /// It was exported before.
    Before,
    /// Somebody else is making it.
    Busy,
    /// It cannot be made. Whatever was there of it still is.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Export {
    /// Exports one day because it is over, once. What cannot be exported is told to the team and not tried again by itself.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn daily(&self, scope: &TenantScope, config: &TenantConfig, day: Date, correlation: &CorrelationId) -> Result<Exported> {
        let (once, now) = (daily_key(day), self.clock.now());
        let fence = match self.once.claim(scope, &once, "", now, LEASE).await? {
            Claim::Mine { fence } => fence,
            Claim::Done { .. } => return Ok(Exported::Before),
            Claim::Busy { .. } => return Ok(Exported::Busy),
        };
        let made = match self.now(scope, config, day).await {
            Ok(made @ (Exported::Made { .. } | Exported::Failed { .. })) => made,
            other => {
                // Whoever asks next need not wait for the lease to end. If this fails as well, they do.
                let given_back = self.once.release(scope, &once, fence).await;
                tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), %day, ?given_back, "a day is not exported yet");
                return other;
            }
        };
        let reason = match &made {
            Exported::Failed { reason } => Some(format!("{day}: {reason}")),
            _ => None,
        };
        self.told(scope, reason, correlation).await?;
        let done = OnceDone { key: &once, request_hash: "", response: "", fence: Some(fence), expires_at: now + KEPT_FOR };
        self.once.complete(scope, done, &[], self.clock.now()).await?;
        Ok(made)
    }

    /// Exports one day anew, because somebody wants it. Of a day that is not over, what there is.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn now(&self, scope: &TenantScope, config: &TenantConfig, day: Date) -> Result<Exported> {
        // One run at a time writes a day's files, whoever wants them.
        let once = OnceKey::new("export", "files", &day.to_string());
        let Claim::Mine { fence } = self.once.claim(scope, &once, "", self.clock.now(), LEASE).await? else { return Ok(Exported::Busy) };
        let made = self.files(scope, &config.zone(), day).await;
        self.once.release(scope, &once, fence).await?;
        made
    }

    /// Tells the team of trouble once, and once more when it is over.
    async fn told(&self, scope: &TenantScope, reason: Option<String>, correlation: &CorrelationId) -> Result<()> {
        let before: Option<Trouble> = json::recall(&*self.reports, scope, TROUBLE).await?.flatten();
        let trouble = JOB.tell((scope, &*self.outbox), before.clone(), reason, self.clock.now(), correlation).await?;
        if trouble != before {
            json::remember(&*self.reports, scope, TROUBLE, &trouble).await?;
        }
        Ok(())
    }

    async fn files(&self, scope: &TenantScope, zone: &TimeZone, day: Date) -> Result<Exported> {
        let failed = |reason: String| Ok(Exported::Failed { reason });
        let Some((start, end)) = bounds(day, zone) else { return failed("no clock knows that day".to_owned()) };
        let mut changed = Changed::since(&*self.orders, &*self.clock, scope, start);
        let mut ids: Vec<OrderId> = Vec::new();
        while let Some(found) = changed.next().await? {
            ids.extend(found);
            if ids.len() > CHANGED_ORDERS_MAX {
                return failed(format!("more than {CHANGED_ORDERS_MAX} orders have changed since; export a day that is nearer"));
            }
        }
        // The same day is the same files, whoever makes them.
        ids.sort_unstable();
        let (mut orders, mut figures) = (Rows::new(self), Rows::new(self));
        let mut dossiers = dossiers(&*self.orders, scope, ids);
        while let Some(dossier) = dossiers.try_next().await? {
            let Some(dossier) = dossier else { continue };
            let then = match dossier.before(end) {
                // One that has only been noted on since needs no past, however long it is.
                Err(_) if dossier.order.updated_at < end => Some(dossier.order.clone()),
                Err(unread) => return failed(unread.to_string()),
                Ok(then) => then,
            };
            if let Some(order) = then.filter(|order| (start..end).contains(&order.updated_at)) {
                orders.add(&row(&order, dossier.delivered_at(&order), zone))?;
            }
            if orders.bytes > self.bytes_max {
                return failed(format!("its orders are more than {} bytes", self.bytes_max));
            }
        }
        for figure in self.figures(scope, day).await? {
            figures.add(&figure)?;
        }
        let made = Exported::Made { day, orders: orders.count, figures: figures.count };
        for (table, rows) in [(ORDERS, orders), (FIGURES, figures)] {
            self.write(scope, &folder(table, day), rows.parts).await?;
        }
        Ok(made)
    }

    /// Stores a folder's files and takes away what an earlier export has left.
    async fn write(&self, scope: &TenantScope, folder: &str, parts: Vec<Vec<u8>>) -> Result<()> {
        let mut written = Vec::with_capacity(parts.len());
        for (number, part) in parts.into_iter().enumerate() {
            let key = format!("{folder}part-{number:05}.jsonl");
            self.reports.put(scope, &key, part, "application/x-ndjson").await?;
            written.push(key);
        }
        for key in self.reports.list(scope, folder, FILES_MAX).await? {
            if !written.contains(&key) {
                self.reports.delete(scope, &key).await?;
            }
        }
        Ok(())
    }

    /// What was counted of a day: by the shop's own days where they are counted so, by UTC otherwise.
    async fn figures(&self, scope: &TenantScope, day: Date) -> Result<Vec<FigureRow>> {
        let mut figures = Vec::new();
        let name = day.to_string();
        for series in [DAYS, CHANNELS, MOVES, RATINGS, PAYMENTS, LEFT, COUNTED] {
            for counted in self.metrics.series(scope, series, &name, &format!("{name}/~")).await? {
                let point = counted.point.split_once('/').map_or("", |(_, of)| of);
                let row = |(field, value)| FigureRow { series: series.to_owned(), point: point.to_owned(), field, value };
                figures.extend(counted.fields.into_iter().map(row));
            }
        }
        for (sku, days) in demand::between(&*self.metrics, scope, (day, day), None).await? {
            let pieces = days.into_values().sum();
            figures.push(FigureRow { series: SOLD.to_owned(), point: sku, field: "pieces".to_owned(), value: pieces });
        }
        Ok(figures)
    }
}

/// When a day begins and ends there.
fn bounds(day: Date, zone: &TimeZone) -> Option<(Timestamp, Timestamp)> {
    let begins = |day: Date| day.to_zoned(zone.clone()).ok().map(|at| at.timestamp());
    Some((begins(day)?, begins(day.tomorrow().ok()?)?))
}

fn row(order: &Order, delivered_at: Option<Timestamp>, zone: &TimeZone) -> OrderRow {
    let line = |(line, cancelled): (&domain::order::Line, u32)| {
        let (quantity, unit_price_minor) = (line.quantity, line.unit_price_minor);
        LineRow { sku: line.sku.clone(), quantity, cancelled, unit_price_minor }
    };
    let (tracks, totals) = (&order.tracks, &order.totals);
    OrderRow {
        order_id: order.id.to_string(),
        version: order.version,
        channel: order.channel.to_string(),
        status: tracks.status.as_str().to_owned(),
        label: order.label().text().to_owned(),
        payment: tracks.payment.as_str().to_owned(),
        fulfilment: tracks.fulfilment.as_str().to_owned(),
        tracking: tracks.tracking.as_str().to_owned(),
        placed_at: order.placed_at,
        placed_on: order.placed_at.to_zoned(zone.clone()).date(),
        status_since: order.status_since,
        updated_at: order.updated_at,
        eta: tracks.eta,
        delivered_on: delivered_at.map(|at| at.to_zoned(zone.clone()).date()),
        delayed_since: tracks.delayed.map(|delay| delay.since),
        country: order.country.clone(),
        carrier: order.consignments.iter().find_map(|one| one.carriage.as_ref()).map(|carriage| carriage.carrier.clone()),
        paid_by: order.paying.as_ref().map(|paying| paying.method.word().to_owned()),
        currency: totals.currency.code().to_owned(),
        subtotal_minor: totals.subtotal_minor,
        discount_minor: totals.discount_minor,
        shipping_minor: totals.shipping_minor,
        tax_minor: totals.tax_minor,
        owed_minor: order.owed().minor,
        total_minor: totals.total_minor,
        units: order.wanted().into_iter().map(u64::from).sum(),
        lines: order.lines.iter().zip(order.cancelled()).map(line).collect(),
        returns: u32::try_from(order.returns.len()).unwrap_or(u32::MAX),
        rating: order.rating,
    }
}

/// The rows of a table's day, file by file.
struct Rows {
    parts: Vec<Vec<u8>>,
    part_rows: usize,
    count: usize,
    bytes: usize,
}

impl Rows {
    fn new(export: &Export) -> Rows {
        Rows { parts: Vec::new(), part_rows: export.part_rows.max(1), count: 0, bytes: 0 }
    }

    fn add(&mut self, row: &impl Serialize) -> Result<()> {
        if self.count.is_multiple_of(self.part_rows) {
            self.parts.push(Vec::new());
        }
        let text = json::text(row)?;
        self.count += 1;
        self.bytes += text.len() + 1;
        if let Some(part) = self.parts.last_mut() {
            part.extend_from_slice(text.as_bytes());
            part.push(b'\n');
        }
        Ok(())
    }
}
