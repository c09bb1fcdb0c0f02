//! The daily report: figures from the read model, the open orders from their index, one file in the bucket.

mod figures;
mod weekly;

pub use figures::{CHANGED_ORDERS_MAX, Wanted};

use crate::error::Result;
use crate::json;
use crate::ledger::monday_of;
use crate::ports::{
    Claim, Clock, DecisionStore, MetricStore, OnceDone, OnceKey, OnceStore, OrderStore, OutboxStore, ReportStore, TenantStore,
};
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use crate::trouble::{Job, Trouble};
use contracts::job::v1::ReportReady;
use contracts::{Envelope, Payload};
use domain::ids::{CorrelationId, TenantId};
use domain::kpi::{Comparison, DailyKpi, Headline, slack_comparison, slack_summary};
use jiff::civil::{Date, Weekday};
use jiff::{SignedDuration, ToSpan};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A report job is presumed dead after this. Longer than the function may run.
const LEASE: SignedDuration = SignedDuration::from_mins(6);
/// How long "this day's report is made" is remembered.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(24 * 400);
/// Open orders that a report looks at one by one.
pub const OPEN_ORDERS_MAX: usize = 1_000_000;

/// As alerts name it.
const JOB: Job<'_> = Job { name: "daily report", subject: "job:daily" };
const JOB_PAST: Job<'_> = Job { name: "report of a past day", subject: "job:past" };
/// Where it is remembered what the team was told of the last run.
const TROUBLE: &str = "jobs/daily-report.json";
const TROUBLE_PAST: &str = "jobs/past-report.json";
/// The report that is a workbook of the day's figures.
pub const DAILY: &str = "daily";
/// The report that is a document of the delayed orders.
pub const DELAYED: &str = "delayed";
/// The weekly report of what rules decided.
pub const DECISIONS: &str = "decisions";

/// The daily look at prices.
pub const PRICES: &str = "prices";

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

/// The key of the review of the week that ended before a Monday.
pub fn decisions_key(monday: Date) -> String {
    format!("weekly/decisions-{monday}.json")
}

/// The key of what people were told of a day's reports.
fn told_key(day: Date) -> String {
    format!("jobs/daily-report-{day}.json")
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
    // A day has three files: figures, workbook, list.
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
    /// What rules decided.
    pub decisions: Arc<dyn DecisionStore>,
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
        let Some(today) = config.morning(self.clock.now()) else { return Ok(Some(Made::NotDue)) };
        let scope = TenantScope::of_own_message(tenant);
        let made = self.daily(&scope, &config, Wanted::AsOf(today), correlation).await;
        // Whoever could not on Monday does so with the first report after it.
        if today.weekday() == Weekday::Monday || matches!(made, Ok(Made::Report { .. })) {
            let filed = weekly::review(self, &scope, &config, monday_of(today), correlation).await;
            return made.and_then(|made| filed.map(|()| Some(made)));
        }
        made.map(Some)
    }

    /// Makes the reports of one day, unless they are made.
    ///
    /// The files may be written more than once, by runs that die or are presumed dead; the team is told in the same
    /// transaction in which the day is done, so once.
    ///
    /// # Errors
    /// `Retryable`, and `Fatal` for stored data that can't be read; the team is told of the latter.
    pub async fn daily(&self, scope: &TenantScope, config: &TenantConfig, wanted: Wanted, correlation: &CorrelationId) -> Result<Made> {
        let day = wanted.day();
        let once = OnceKey::new("report", "daily", &day.to_string());
        let now = self.clock.now();
        let fence = match self.once.claim(scope, &once, "", now, LEASE).await? {
            Claim::Mine { fence } => fence,
            Claim::Done { response, .. } => {
                // A run that died after it was done may not have said that all is well again.
                self.told(scope, wanted, None, correlation).await?;
                return Ok(Made::Before { key: response });
            }
            Claim::Busy { .. } => return Ok(Made::Busy),
        };
        let key = workbook_key(day);
        let (made, finished) = match self.make(scope, config, wanted, correlation).await {
            Ok(Ok(news)) => {
                let done = OnceDone { key: &once, request_hash: "", response: &key, fence: Some(fence), expires_at: now + KEPT_FOR };
                let ours = self.once.complete(scope, done, &news.events, self.clock.now()).await?;
                (Ok(Ok(news)), ours)
            }
            other => {
                // The next run need not wait for the lease to end. If this fails as well, it does.
                let given_back = self.once.release(scope, &once, fence).await;
                tracing::warn!(trace_id = %correlation, tenant = %scope.tenant(), ?given_back, "a report could not be made");
                (other, true)
            }
        };
        if finished { self.settled(scope, wanted, made, correlation).await } else { Ok(Made::Busy) }
    }

    /// Makes the reports of one day because somebody wants them now, whether they are made or not. What the schedule
    /// owes that day it still owes.
    ///
    /// # Errors
    /// As [`Report::daily`].
    pub async fn now(&self, scope: &TenantScope, config: &TenantConfig, wanted: Wanted, correlation: &CorrelationId) -> Result<Made> {
        let day = wanted.day();
        let (scheduled, asked) = (OnceKey::new("report", "daily", &day.to_string()), OnceKey::new("report", "asked", &day.to_string()));
        // One run at a time writes a day's files: the schedule's claim while the day is not done, one of our own after.
        let mut claimed = (&scheduled, self.once.claim(scope, &scheduled, "", self.clock.now(), LEASE).await?);
        if matches!(claimed.1, Claim::Done { .. }) {
            claimed = (&asked, self.once.claim(scope, &asked, "", self.clock.now(), LEASE).await?);
        }
        let (once, Claim::Mine { fence }) = claimed else { return Ok(Made::Busy) };
        let made = self.make(scope, config, wanted, correlation).await;
        let published = match &made {
            Ok(Ok(news)) if !news.events.is_empty() => self.outbox.add(scope, &news.events, self.clock.now()).await,
            _ => Ok(()),
        };
        self.once.release(scope, once, fence).await?;
        published?;
        self.settled(scope, wanted, made, correlation).await
    }

    /// Remembers what people were told, and tells them of trouble and its end.
    async fn settled(
        &self,
        scope: &TenantScope,
        wanted: Wanted,
        made: Result<std::result::Result<News, String>>,
        correlation: &CorrelationId,
    ) -> Result<Made> {
        let day = wanted.day();
        match made {
            Ok(Ok(news)) => {
                json::remember(&*self.reports, scope, &told_key(day), &news.told).await?;
                self.told(scope, wanted, None, correlation).await?;
                Ok(Made::Report { key: workbook_key(day), summary: news.summary })
            }
            Ok(Err(reason)) => {
                self.told(scope, wanted, Some(reason.clone()), correlation).await?;
                Ok(Made::Failed { reason })
            }
            // It passes by itself; the next run sees.
            Err(error) if error.is_retryable() => Err(error),
            Err(error) => {
                let reason =
                    format!("something is wrong with the stored data or a right is missing; the log of trace {correlation} says what");
                self.told(scope, wanted, Some(reason), correlation).await?;
                Err(error)
            }
        }
    }

    /// Stores the files; what is new in them, or why there are none.
    async fn make(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        wanted: Wanted,
        correlation: &CorrelationId,
    ) -> Result<std::result::Result<News, String>> {
        let day = wanted.day();
        let kpi = match self.figures(scope, config, wanted).await? {
            Ok(kpi) => kpi,
            Err(reason) => return Ok(Err(reason)),
        };
        let comparison = self.comparison(scope, day).await?;
        let files =
            self.documents.workbook(&kpi, &comparison).and_then(|book| Ok((book, self.documents.delayed(&kpi, &config.shop_name)?)));
        let (workbook, delayed) = match files {
            Ok(files) => files,
            Err(reason) => return Ok(Err(reason)),
        };
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        self.reports.put(scope, &workbook_key(day), workbook, sheet).await?;
        self.reports.put(scope, &delayed_key(day), delayed, "application/pdf").await?;
        let compared = slack_comparison(&kpi, &comparison);
        let summary = [slack_summary(&kpi), compared].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("\n");
        let list = match kpi.delayed {
            1 => "1 delayed order".to_owned(),
            delayed => format!("{delayed} delayed orders"),
        };
        let listed: Vec<&str> = kpi.delayed_orders.iter().map(|late| late.order.number.as_str()).collect();
        let mut told: Told = json::recall(&*self.reports, scope, &told_key(day)).await?.unwrap_or_default();
        let reports = [
            (fingerprint(&summary), ready(DAILY, day, workbook_key(day), &summary, None)),
            (fingerprint(&listed.join(" ")), ready(DELAYED, day, delayed_key(day), &list, Some(kpi.delayed))),
        ];
        let now = self.clock.now();
        let mut events = Vec::new();
        for (print, ready) in reports {
            let before = told.entry(ready.report.clone()).or_default();
            if before.times > 0 && before.print == print {
                continue;
            }
            // A run that dies before this is remembered says the same again under the same id.
            *before = ToldReport { print, times: before.times + 1 };
            let (subject, version) = (format!("report:{}:{day}", ready.report), u64::from(before.times) << 32 | u64::from(print));
            events.push(envelope(scope.tenant(), &subject, version, 0, now, correlation, Payload::ReportReady(ready)));
        }
        // Names stand in the files that people get, and in no other.
        json::remember(&*self.reports, scope, &figures_key(day), &kpi.without_lists()).await?;
        Ok(Ok(News { events, told, summary }))
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
    async fn told(&self, scope: &TenantScope, wanted: Wanted, reason: Option<String>, correlation: &CorrelationId) -> Result<()> {
        // Whether a past day can be made says nothing of the daily report.
        let (job, kept_at) = match wanted {
            Wanted::AsOf(_) => (JOB, TROUBLE),
            Wanted::Past(_) => (JOB_PAST, TROUBLE_PAST),
        };
        let before: Option<Trouble> = json::recall(&*self.reports, scope, kept_at).await?.flatten();
        let trouble = job.tell((scope, &*self.outbox), before.clone(), reason, self.clock.now(), correlation).await?;
        if trouble != before {
            json::remember(&*self.reports, scope, kept_at, &trouble).await?;
        }
        Ok(())
    }
}

fn ready(report: &str, day: Date, key: String, summary: &str, orders: Option<u64>) -> ReportReady {
    ReportReady { report: report.into(), day, key, summary: summary.into(), orders }
}

/// FNV-1a. Stable for ever: it is kept.
fn fingerprint(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// What a run has to say.
struct News {
    events: Vec<Envelope>,
    told: Told,
    summary: String,
}

/// What people were told of a day's reports: they hear of one again only if it says something else.
type Told = BTreeMap<String, ToldReport>;

#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
struct ToldReport {
    print: u32,
    times: u32,
}
