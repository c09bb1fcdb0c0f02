//! The daily report: figures from the read model, the open orders from their index, one file in the bucket.

use crate::error::{Error, Result};
use crate::measure::LABELS;
use crate::ports::{
    Claim, Clock, MetricStore, OnceDone, OnceKey, OnceStore, OrderQuery, OrderStore, OrderSummary, OutboxStore, Point, Queue, ReportStore,
    TenantStore,
};
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::job::v1::ReportReady;
use contracts::queue::ReportAsked;
use contracts::{Envelope, Payload};
use domain::ids::{CorrelationId, TenantId};
use domain::kpi::{Comparison, DailyKpi, Headline, KpiBuilder, KpiOrder, OrderValue, slack_comparison, slack_summary};
use domain::money::{Currency, Money};
use domain::order::Label;
use jiff::civil::Date;
use jiff::{SignedDuration, ToSpan};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// A report job is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(16);
/// How long "this day's report is made" is remembered.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);
/// Rows read from the index at once.
const PAGE: usize = 500;
/// Open orders that a report looks at one by one.
pub const OPEN_ORDERS_MAX: usize = 200_000;

/// As alerts name it.
const JOB: Job<'_> = Job { name: "daily report", subject: "job:daily" };
/// Where it is remembered what the team was told of the last run.
const TROUBLE: &str = "jobs/daily-report.json";
/// The report that is a workbook of the day's figures.
pub const DAILY: &str = "daily";
/// The report that is a document of the delayed orders.
pub const DELAYED: &str = "delayed";

/// Turns figures into files.
pub trait Documents: Send + Sync {
    /// The day's workbook.
    ///
    /// # Errors
    /// Why it cannot be made, for the team to read.
    fn workbook(&self, kpi: &DailyKpi, comparison: &Comparison) -> std::result::Result<Vec<u8>, String>;
    /// The list of delayed orders, to print.
    ///
    /// # Errors
    /// The same.
    fn delayed(&self, kpi: &DailyKpi, shop: &str) -> std::result::Result<Vec<u8>, String>;
}

/// The key of a day's workbook.
pub fn workbook_key(day: Date) -> String {
    format!("daily/{day}.xlsx")
}

/// The key of a day's list of delayed orders.
pub fn delayed_key(day: Date) -> String {
    format!("daily/delayed-{day}.pdf")
}

/// The key of a day's figures.
fn figures_key(day: Date) -> String {
    format!("daily/{day}.json")
}

/// A finished report, as its key says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// [`DAILY`] or [`DELAYED`].
    pub report: &'static str,
    /// Of which day.
    pub day: Date,
    /// Where it is.
    pub key: String,
}

impl Filed {
    /// None for a file that is no report.
    fn read(key: String) -> Option<Filed> {
        let name = key.strip_prefix("daily/")?;
        let (report, day) = match name.strip_suffix(".xlsx") {
            Some(day) => (DAILY, day),
            None => (DELAYED, name.strip_prefix("delayed-")?.strip_suffix(".pdf")?),
        };
        let day = day.parse().ok()?;
        Some(Filed { report, day, key })
    }
}

/// The newest reports, at most `limit`, newest day first.
///
/// # Errors
/// `Retryable`.
pub async fn filed(reports: &dyn ReportStore, scope: &TenantScope, limit: usize) -> Result<Vec<Filed>> {
    let mut found: Vec<Filed> = Vec::new();
    // A day has three files: figures, workbook, list. Lists sort after all the days, so both ends are read.
    for prefix in ["daily/2", "daily/delayed-"] {
        let keys = reports.list(scope, prefix, limit * 2).await?;
        found.extend(keys.into_iter().filter_map(Filed::read));
    }
    found.sort_by(|a, b| b.day.cmp(&a.day).then(a.report.cmp(b.report)));
    found.truncate(limit);
    Ok(found)
}

/// The main figures of a day's report; none if there is no report.
///
/// # Errors
/// `Retryable`.
pub async fn headline(reports: &dyn ReportStore, scope: &TenantScope, day: Date) -> Result<Option<Headline>> {
    let figures = reports.get(scope, &figures_key(day)).await?;
    Ok(figures.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
}

/// Has a report made now, behind a queue: the figures as they are when its turn comes.
///
/// # Errors
/// `Invalid` for a day that has not begun, `Retryable`.
pub async fn ask(queue: &dyn Queue, scope: &TenantScope, day: Option<Date>, today: Date, correlation: &CorrelationId) -> Result<()> {
    if day.is_some_and(|day| day > today || day < today - 366.days()) {
        let why = "a day of the last year, such as 2025-08-10";
        return Err(Error::Invalid(vec![domain::order::Fault::new("day", "out_of_range", why)]));
    }
    let message = ReportAsked { v: ReportAsked::VERSION, tenant: scope.tenant().clone(), day, correlation: correlation.clone() };
    let message = serde_json::to_string(&message).map_err(|why| Error::Fatal(why.to_string()))?;
    queue.send(&message).await?;
    Ok(())
}

/// The use case.
#[derive(Clone)]
pub struct Report {
    /// The open orders.
    pub orders: Arc<dyn OrderStore>,
    /// The figures.
    pub metrics: Arc<dyn MetricStore>,
    /// The files.
    pub reports: Arc<dyn ReportStore>,
    /// What was made.
    pub once: Arc<dyn OnceStore>,
    /// What is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Time zones and hours.
    pub tenants: Arc<dyn TenantStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The file formats.
    pub documents: Arc<dyn Documents>,
}

/// What a run did for one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Made {
    /// A report, under this key.
    Report {
        /// Object key.
        key: String,
        /// The figures in words.
        summary: String,
    },
    /// It was made before.
    Before {
        /// Object key.
        key: String,
    },
    /// Somebody else is making it.
    Busy,
    /// It is not time yet.
    NotDue,
    /// It failed; the team is told.
    Failed {
        /// Why.
        reason: String,
    },
}

impl Report {
    /// Makes every report that is due: the tenant's hour has come and today's report is not made yet. A
    /// schedule that fires late, twice or at once with itself makes each report once.
    ///
    /// # Errors
    /// The first one, after every other tenant had its turn: run it again, what is made stays made.
    pub async fn due(&self, correlation: &CorrelationId) -> Result<Vec<(TenantId, Made)>> {
        let (mut made, mut first) = (Vec::new(), None);
        for tenant in self.tenants.all().await? {
            match self.due_of(&tenant, correlation).await {
                Ok(Some(outcome)) => made.push((tenant, outcome)),
                Ok(None) => {}
                Err(error) => {
                    tracing::error!(trace_id = %correlation, tenant = %tenant, %error, "a report was not made");
                    first = first.or(Some(error));
                }
            }
        }
        first.map_or(Ok(made), Err)
    }

    async fn due_of(&self, tenant: &TenantId, correlation: &CorrelationId) -> Result<Option<Made>> {
        let Some(config) = self.tenants.config(tenant).await? else { return Ok(None) };
        let local = self.clock.now().to_zoned(config.zone());
        if u8::try_from(local.hour()).unwrap_or(0) < config.report_hour {
            return Ok(Some(Made::NotDue));
        }
        self.daily(&TenantScope::of_own_message(tenant), &config, local.date(), false, correlation).await.map(Some)
    }

    /// Makes the reports of one day, unless they are made; `again` makes them anew.
    ///
    /// The files may be written more than once, by runs that die or are presumed dead; the team is told in the same
    /// transaction in which the day is done, so once.
    pub async fn daily(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        day: Date,
        again: bool,
        correlation: &CorrelationId,
    ) -> Result<Made> {
        let key = workbook_key(day);
        let once = OnceKey::new("report", "daily", &day.to_string());
        let now = self.clock.now();
        let fence = match self.once.claim(scope, &once, "", now, LEASE).await? {
            Claim::Mine { fence } => Some(fence),
            Claim::Done { .. } if again => None,
            Claim::Done { response, .. } => return Ok(Made::Before { key: response }),
            Claim::Busy { .. } => return Ok(Made::Busy),
        };
        match self.make(scope, config, day, correlation).await {
            Ok(Ok((events, summary))) => {
                match fence {
                    None => self.outbox.add(scope, &events, self.clock.now()).await?,
                    Some(fence) => {
                        let expires_at = now + KEPT_FOR;
                        let done = OnceDone { key: &once, request_hash: "", response: &key, fence: Some(fence), expires_at };
                        if !self.once.complete(scope, done, &events, self.clock.now()).await? {
                            return Ok(Made::Busy);
                        }
                    }
                }
                self.told(scope, None, correlation).await?;
                Ok(Made::Report { key, summary })
            }
            Ok(Err(reason)) => {
                self.told(scope, Some(reason.clone()), correlation).await?;
                if let Some(fence) = fence {
                    self.once.release(scope, &once, fence).await?;
                }
                Ok(Made::Failed { reason })
            }
            Err(error) => {
                if let Some(fence) = fence {
                    // The next run need not wait for the lease to end. If this fails as well, it does.
                    let given_back = self.once.release(scope, &once, fence).await;
                    tracing::warn!(trace_id = %correlation, %error, ?given_back, "a report could not be made");
                }
                Err(error)
            }
        }
    }

    /// Stores the files; what to tell the team, or why there is nothing to tell.
    async fn make(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        day: Date,
        correlation: &CorrelationId,
    ) -> Result<std::result::Result<(Vec<Envelope>, String), String>> {
        let kpi = self.figures(scope, config, day).await?;
        let comparison = self.comparison(scope, day).await?;
        let files = self
            .documents
            .workbook(&kpi, &comparison)
            .and_then(|workbook| Ok((workbook, self.documents.delayed(&kpi, &config.shop_name)?)));
        let (workbook, delayed) = match files {
            Ok(files) => files,
            Err(reason) => return Ok(Err(reason)),
        };
        let json = serde_json::to_vec_pretty(&kpi).map_err(|why| Error::Fatal(why.to_string()))?;
        self.reports.put(scope, &figures_key(day), json, "application/json").await?;
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        self.reports.put(scope, &workbook_key(day), workbook, sheet).await?;
        self.reports.put(scope, &delayed_key(day), delayed, "application/pdf").await?;
        let compared = slack_comparison(&kpi, &comparison);
        let summary = [slack_summary(&kpi), compared].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        let list = match kpi.delayed {
            1 => "1 delayed order".to_owned(),
            delayed => format!("{delayed} delayed orders"),
        };
        let ready = |report: &str, key: String, summary: &str, orders| ReportReady {
            report: report.into(),
            day,
            key,
            summary: summary.into(),
            orders,
        };
        let events = [ready(DAILY, workbook_key(day), &summary, None), ready(DELAYED, delayed_key(day), &list, Some(kpi.delayed))];
        let now = self.clock.now();
        let envelopes = events.into_iter().map(|ready| {
            let subject = format!("report:{}:{day}", ready.report);
            envelope(scope.tenant(), &subject, version_of(&ready.summary), 0, now, correlation, Payload::ReportReady(ready))
        });
        Ok(Ok((envelopes.collect(), summary)))
    }

    /// The days that a report is compared with, as their own reports left them.
    async fn comparison(&self, scope: &TenantScope, day: Date) -> Result<Comparison> {
        let mut earlier = Vec::new();
        for days in [1, 7] {
            let Ok(then) = day.checked_sub(days.days()) else { continue };
            // What cannot be read is not compared with.
            earlier.extend(headline(&*self.reports, scope, then).await?);
        }
        Ok(Comparison::pick(day, earlier))
    }

    /// Tells the team of trouble once, and once more when it is over.
    async fn told(&self, scope: &TenantScope, reason: Option<String>, correlation: &CorrelationId) -> Result<()> {
        let known = self.reports.get(scope, TROUBLE).await?;
        let before: Option<Trouble> = known.and_then(|bytes| serde_json::from_slice(&bytes).ok()).flatten();
        let trouble = JOB.tell((scope, &*self.outbox), before.clone(), reason, self.clock.now(), correlation).await?;
        if trouble != before {
            let bytes = serde_json::to_vec(&trouble).map_err(|why| Error::Fatal(why.to_string()))?;
            self.reports.put(scope, TROUBLE, bytes, "application/json").await?;
        }
        Ok(())
    }

    /// The figures of a day: what is closed from the read model, what is open one by one.
    pub async fn figures(&self, scope: &TenantScope, config: &TenantConfig, day: Date) -> Result<DailyKpi> {
        let mut builder = KpiBuilder::new(day);
        let mut after = None;
        let mut seen = 0;
        let mut open: HashMap<Label, Counted> = HashMap::new();
        loop {
            let page = self.orders.page(scope, &OrderQuery::Open, after.as_ref(), PAGE).await?;
            seen += page.orders.len();
            for summary in page.orders {
                open.entry(summary.label).or_default().add(summary.currency, 1, summary.total_minor);
                builder.add(row(summary, config));
            }
            after = page.next;
            if after.is_none() || seen >= OPEN_ORDERS_MAX {
                break;
            }
        }
        for point in self.metrics.series(scope, LABELS, "", "~").await? {
            let Some(label) = Label::ALL.into_iter().find(|label| label.text() == point.point) else { continue };
            if !closed(label) {
                continue;
            }
            // A refunded order may still be open (money back, parcel under way): those were counted above.
            let counted = Counted::of(&point).less(open.get(&label));
            builder.add_counted(label, counted.orders, counted.values());
        }
        Ok(builder.finish())
    }
}

/// The same event for the same figures: making a report again tells people again only if it says something else.
fn version_of(summary: &str) -> u64 {
    summary.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 1
}

/// Orders of one label, and by currency how many and what they are worth.
#[derive(Debug, Clone, Default)]
struct Counted {
    orders: u64,
    by_currency: BTreeMap<Currency, (u64, i64)>,
}

impl Counted {
    fn add(&mut self, currency: Currency, orders: u64, minor: i64) {
        self.orders += orders;
        let (count, sum) = self.by_currency.entry(currency).or_default();
        *count += orders;
        *sum += minor;
    }

    fn of(point: &Point) -> Counted {
        let number = |field: &str| point.fields.get(field).copied().unwrap_or(0);
        // Events may be counted out of order, so a figure can dip below zero for a moment.
        let orders = |field: &str| u64::try_from(number(field)).unwrap_or(0);
        let currencies = point.fields.keys().filter_map(|field| Currency::parse(field.strip_prefix("orders:")?).ok());
        let of_currency =
            |currency: Currency| (orders(&format!("orders:{}", currency.code())), number(&format!("value:{}", currency.code())));
        Counted { orders: orders("orders"), by_currency: currencies.map(|currency| (currency, of_currency(currency))).collect() }
    }

    fn less(mut self, others: Option<&Counted>) -> Counted {
        let Some(others) = others else { return self };
        self.orders = self.orders.saturating_sub(others.orders);
        for (currency, (orders, minor)) in &others.by_currency {
            if let Some((count, sum)) = self.by_currency.get_mut(currency) {
                *count = count.saturating_sub(*orders);
                *sum -= minor;
            }
        }
        self
    }

    fn values(&self) -> impl Iterator<Item = OrderValue> {
        let of_currency = |(currency, (orders, minor)): (&Currency, &(u64, i64))| OrderValue {
            currency: *currency,
            orders: *orders,
            total_minor: i128::from(*minor),
        };
        self.by_currency.iter().map(of_currency)
    }
}

/// Labels that orders have which are no longer in the index of open ones. The others are open by definition:
/// see [`domain::order::OrderStatus::is_open`].
fn closed(label: Label) -> bool {
    matches!(label, Label::Delivered | Label::Completed | Label::Returned | Label::Cancelled | Label::Refunded)
}

fn row(summary: OrderSummary, config: &TenantConfig) -> KpiOrder {
    let day = |at: jiff::Timestamp| Some(at.to_zoned(config.zone()).date());
    KpiOrder {
        number: summary.id.to_string(),
        customer: summary.customer.unwrap_or_default(),
        label: summary.label,
        eta: summary.eta,
        placed_on: day(summary.placed_at),
        total: Some(Money::new(summary.total_minor, summary.currency)),
        owner: None,
        last_update: day(summary.updated_at),
    }
}
