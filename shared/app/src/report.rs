//! The daily report: figures from the read model, the open orders from their index, one file in the bucket.

use crate::error::{Error, Result};
use crate::measure::LABELS;
use crate::ports::{
    Claim, Clock, MetricStore, OnceDone, OnceKey, OnceStore, OrderQuery, OrderStore, OrderSummary, OutboxStore, Point, ReportStore,
    TenantStore,
};
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::{Envelope, Payload, job};
use domain::ids::{CorrelationId, TenantId};
use domain::kpi::{DailyKpi, KpiBuilder, KpiOrder, OrderValue, slack_summary};
use domain::money::{Currency, Money};
use domain::order::Label;
use jiff::SignedDuration;
use jiff::civil::Date;
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

/// Turns figures into a file.
pub type Render = dyn Fn(&DailyKpi, &TenantConfig) -> std::result::Result<Vec<u8>, String> + Send + Sync;

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
    /// The file format.
    pub render: Arc<Render>,
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

    /// Makes the report of one day, unless it is made; `again` makes it anew.
    ///
    /// The file may be written more than once, by runs that die or are presumed dead; the team is told in the same
    /// transaction in which the day is done, so once.
    pub async fn daily(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        day: Date,
        again: bool,
        correlation: &CorrelationId,
    ) -> Result<Made> {
        let key = format!("daily/{day}.xlsx");
        if again {
            return match self.make(scope, config, day, &key, correlation).await? {
                Ok((event, summary)) => {
                    self.outbox.add(scope, &[event], self.clock.now()).await?;
                    Ok(Made::Report { key, summary })
                }
                Err(reason) => self.failed(scope, day, reason, correlation).await,
            };
        }
        let once = OnceKey::new("report", "daily", &day.to_string());
        let now = self.clock.now();
        let fence = match self.once.claim(scope, &once, "", now, LEASE).await? {
            Claim::Mine { fence } => fence,
            Claim::Done { response, .. } => return Ok(Made::Before { key: response }),
            Claim::Busy { .. } => return Ok(Made::Busy),
        };
        match self.make(scope, config, day, &key, correlation).await {
            Ok(Ok((event, summary))) => {
                let done = OnceDone { key: &once, request_hash: "", response: &key, fence: Some(fence), expires_at: now + KEPT_FOR };
                let ours = self.once.complete(scope, done, &[event], self.clock.now()).await?;
                Ok(if ours { Made::Report { key, summary } } else { Made::Busy })
            }
            Ok(Err(reason)) => {
                let failed = self.failed(scope, day, reason, correlation).await?;
                self.once.release(scope, &once, fence).await?;
                Ok(failed)
            }
            Err(error) => {
                // The next run need not wait for the lease to end. If this fails as well, it does.
                let given_back = self.once.release(scope, &once, fence).await;
                tracing::warn!(trace_id = %correlation, %error, ?given_back, "a report could not be made");
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
        key: &str,
        correlation: &CorrelationId,
    ) -> Result<std::result::Result<(Envelope, String), String>> {
        let kpi = self.figures(scope, config, day).await?;
        let bytes = match (self.render)(&kpi, config) {
            Ok(bytes) => bytes,
            Err(reason) => return Ok(Err(reason)),
        };
        let json = serde_json::to_vec_pretty(&kpi).map_err(|why| Error::Fatal(why.to_string()))?;
        self.reports.put(scope, &format!("daily/{day}.json"), json, "application/json").await?;
        let sheet = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
        self.reports.put(scope, key, bytes, sheet).await?;
        let summary = slack_summary(&kpi);
        let payload =
            Payload::ReportReady(job::v1::ReportReady { report: "daily".into(), day, key: key.to_owned(), summary: summary.clone() });
        // The same event for the same figures: making a report again tells the team again only if it says
        // something else.
        let version =
            summary.bytes().fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)) >> 1;
        let event = envelope(scope.tenant(), &format!("report:daily:{day}"), version, 0, self.clock.now(), correlation, payload);
        Ok(Ok((event, summary)))
    }

    async fn failed(&self, scope: &TenantScope, day: Date, reason: String, correlation: &CorrelationId) -> Result<Made> {
        let payload = Payload::JobFailed(job::v1::JobFailed { job: "daily report".into(), reason: reason.clone() });
        let event = envelope(scope.tenant(), &format!("job:daily:{day}"), 0, 0, self.clock.now(), correlation, payload);
        self.outbox.add(scope, &[event], self.clock.now()).await?;
        Ok(Made::Failed { reason })
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
