//! The daily export: what a day's orders and figures were, as JSON Lines in the bucket, for whatever a shop analyses its data with.
//!
//! A day is exported from the orders' own histories, so it says the same whenever it is made. Nothing in it says who an order is for, so an
//! erasure has nothing to look for there.

use crate::error::{Error, Result};
use crate::json;
use crate::measure::{CHANNELS, COUNTED, DAYS, LEFT, MOVES, PAYMENTS, RATINGS};
use crate::ports::{Claim, Clock, MetricStore, OnceDone, OnceKey, OnceStore, OrderStore, OutboxStore, ReportStore, TenantStore};
use crate::report::CHANGED_ORDERS_MAX;
use crate::report::changed::{Changed, dossiers};
use crate::scope::TenantScope;
use crate::stock::{SOLD, demand};
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::export::{FigureRow, LineRow, OrderRow};
use domain::ids::{CorrelationId, TenantId};
use domain::order::{Order, Track};
use futures::TryStreamExt;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use std::collections::BTreeSet;
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
/// Files of one day.
const PARTS_MAX: usize = 1_000;
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
            let keys = reports.list(scope, &format!("export/{table}/day={days}"), limit).await?;
            files.extend(keys.into_iter().filter_map(ExportedFile::read));
        }
    }
    files.sort_by(|a, b| b.day.cmp(&a.day).then_with(|| b.table.cmp(a.table)).then_with(|| a.key.cmp(&b.key)));
    files.truncate(limit);
    Ok(files)
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
    /// Somebody else is making it.
    Busy,
    /// It cannot be made; the team is told.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Export {
    /// Exports the days that are over and are not exported, for every shop that wants it and whose hour has come.
    ///
    /// # Errors
    /// The first one, after every other shop had its turn: run it again, what is made stays made.
    pub async fn due(&self, correlation: &CorrelationId) -> Result<Vec<(TenantId, Exported)>> {
        let (mut made, mut first) = (Vec::new(), None);
        for tenant in self.tenants.all().await? {
            match self.due_of(&tenant, correlation).await {
                Ok(days) => made.extend(days.into_iter().map(|day| (tenant.clone(), day))),
                Err(error) => {
                    tracing::error!(trace_id = %correlation, tenant = %tenant, %error, "a day was not exported");
                    first = first.or(Some(error));
                }
            }
        }
        first.map_or(Ok(made), Err)
    }

    async fn due_of(&self, tenant: &TenantId, correlation: &CorrelationId) -> Result<Vec<Exported>> {
        let Some(config) = self.tenants.config(tenant).await?.filter(|config| config.export.daily) else { return Ok(Vec::new()) };
        let now = self.clock.now();
        let local = now.to_zoned(config.zone());
        if u8::try_from(local.hour()).unwrap_or(0) < config.report_hour {
            return Ok(Vec::new());
        }
        let scope = TenantScope::of_own_message(tenant);
        let mut made = Vec::new();
        for back in (1..=DAYS_BACK).rev() {
            let day = local.date().saturating_sub(back.days());
            if bounds(day, &config.zone()).is_none_or(|(_, end)| now < end + SETTLED_AFTER) {
                continue;
            }
            let once = OnceKey::new("export", "daily", &day.to_string());
            let Claim::Mine { fence } = self.once.claim(&scope, &once, "", now, LEASE).await? else { continue };
            let outcome = self.make(&scope, &config, day, correlation).await;
            if let Ok(Exported::Made { .. }) = outcome {
                let done = OnceDone { key: &once, request_hash: "", response: "", fence: Some(fence), expires_at: now + KEPT_FOR };
                self.once.complete(&scope, done, &[], self.clock.now()).await?;
            } else {
                let given_back = self.once.release(&scope, &once, fence).await;
                tracing::warn!(trace_id = %correlation, tenant = %tenant, ?given_back, "a day could not be exported");
            }
            made.push(outcome?);
        }
        Ok(made)
    }

    /// Exports one day anew, because somebody wants it. Of a day that is not over, what there is.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn now(&self, scope: &TenantScope, config: &TenantConfig, day: Date, correlation: &CorrelationId) -> Result<Exported> {
        let once = OnceKey::new("export", "asked", &day.to_string());
        let Claim::Mine { fence } = self.once.claim(scope, &once, "", self.clock.now(), LEASE).await? else { return Ok(Exported::Busy) };
        let made = self.make(scope, config, day, correlation).await;
        self.once.release(scope, &once, fence).await?;
        made
    }

    /// Writes a day's files, and tells the team of trouble and its end.
    async fn make(&self, scope: &TenantScope, config: &TenantConfig, day: Date, correlation: &CorrelationId) -> Result<Exported> {
        let made = self.files(scope, &config.zone(), day).await?;
        let reason = match &made {
            Exported::Failed { reason } => Some(reason.clone()),
            _ => None,
        };
        let before: Option<Trouble> = json::recall(&*self.reports, scope, TROUBLE).await?.flatten();
        let trouble = JOB.tell((scope, &*self.outbox), before.clone(), reason, self.clock.now(), correlation).await?;
        if trouble != before {
            json::remember(&*self.reports, scope, TROUBLE, &trouble).await?;
        }
        Ok(made)
    }

    async fn files(&self, scope: &TenantScope, zone: &TimeZone, day: Date) -> Result<Exported> {
        let Some((start, end)) = bounds(day, zone) else { return Ok(Exported::Failed { reason: format!("{day} is no day") }) };
        let mut orders = Part::new(self, scope, ORDERS, day);
        let mut changed = Changed::since(&*self.orders, &*self.clock, scope, start);
        while let Some(ids) = changed.next().await? {
            if changed.count() > CHANGED_ORDERS_MAX {
                let reason = format!("more than {CHANGED_ORDERS_MAX} orders have changed since {day}; export a day that is nearer");
                return Ok(Exported::Failed { reason });
            }
            let mut dossiers = dossiers(&*self.orders, scope, ids);
            while let Some(dossier) = dossiers.try_next().await? {
                let Some(dossier) = dossier else { continue };
                let then = match dossier.before(end) {
                    // One that has only been noted on since needs no past, however long it is.
                    Err(_) if dossier.order.updated_at < end => Ok(Some(dossier.order)),
                    then => then,
                };
                match then {
                    Ok(Some(order)) if (start..end).contains(&order.updated_at) => orders.add(&row(&order, zone)).await?,
                    Ok(_) => {}
                    Err(unread) => return Ok(Exported::Failed { reason: unread.to_string() }),
                }
            }
        }
        let orders = orders.finish().await?;
        let mut figures = Part::new(self, scope, FIGURES, day);
        for figure in self.figures(scope, day).await? {
            figures.add(&figure).await?;
        }
        Ok(Exported::Made { day, orders, figures: figures.finish().await? })
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

fn row(order: &Order, zone: &TimeZone) -> OrderRow {
    let line =
        |line: &domain::order::Line| LineRow { sku: line.sku.clone(), quantity: line.quantity, unit_price_minor: line.unit_price_minor };
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
        delayed_since: tracks.delayed.map(|delay| delay.since),
        country: order.country.clone(),
        carrier: order.consignments.iter().find_map(|one| one.carriage.as_ref()).map(|carriage| carriage.carrier.clone()),
        paid_by: order.paying.as_ref().map(|paying| paying.method.word().to_owned()),
        currency: totals.currency.code().to_owned(),
        subtotal_minor: totals.subtotal_minor,
        discount_minor: totals.discount_minor,
        shipping_minor: totals.shipping_minor,
        tax_minor: totals.tax_minor,
        total_minor: totals.total_minor,
        units: order.lines.iter().map(|line| u64::from(line.quantity)).sum(),
        lines: order.lines.iter().map(line).collect(),
        returns: u32::try_from(order.returns.len()).unwrap_or(u32::MAX),
        rating: order.rating,
    }
}

/// The rows of a table's day on their way into files.
struct Part<'a> {
    export: &'a Export,
    scope: &'a TenantScope,
    folder: String,
    text: Vec<u8>,
    rows: usize,
    written: BTreeSet<String>,
}

impl<'a> Part<'a> {
    fn new(export: &'a Export, scope: &'a TenantScope, table: &str, day: Date) -> Part<'a> {
        Part { export, scope, folder: folder(table, day), text: Vec::new(), rows: 0, written: BTreeSet::new() }
    }

    async fn add(&mut self, row: &impl Serialize) -> Result<()> {
        serde_json::to_writer(&mut self.text, row).map_err(|why| Error::Fatal(why.to_string()))?;
        self.text.push(b'\n');
        self.rows += 1;
        if self.rows.is_multiple_of(self.export.part_rows) { self.write().await } else { Ok(()) }
    }

    async fn write(&mut self) -> Result<()> {
        let key = format!("{}part-{:05}.jsonl", self.folder, self.written.len());
        self.export.reports.put(self.scope, &key, std::mem::take(&mut self.text), "application/x-ndjson").await?;
        self.written.insert(key);
        Ok(())
    }

    /// Writes the last file and takes away what an earlier export has left; how many rows there are.
    async fn finish(mut self) -> Result<usize> {
        if !self.text.is_empty() {
            self.write().await?;
        }
        for key in self.export.reports.list(self.scope, &self.folder, PARTS_MAX).await? {
            if !self.written.contains(&key) {
                self.export.reports.delete(self.scope, &key).await?;
            }
        }
        Ok(self.rows)
    }
}
