//! A day's figures: what is closed from the read model, what is open one by one, and for a day that is over, what has
//! changed since from each order's own history.

use super::{OPEN_ORDERS_MAX, Report};
use crate::changed::{Changed, PAGE, PASSES_MAX, dossiers};
use crate::error::Result;
use crate::measure::LABELS;
use crate::ports::{OrderQuery, OrderSummary, PageKey, Point};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use domain::ids::OrderId;
use domain::kpi::{DailyKpi, KpiBuilder, KpiOrder, OrderValue};
use domain::money::{Currency, Money};
use domain::order::Label;
use futures::TryStreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, HashMap, HashSet};

/// Orders whose histories are read for one report.
pub const CHANGED_ORDERS_MAX: usize = 100_000;

/// Of which day a report is, and which orders it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// The orders as they are, measured against this day.
    AsOf(Date),
    /// The orders as they stood when this day ended, in the shop's time zone. An order that was placed by then and
    /// came to us later is shown as it came.
    Past(Date),
}

impl Wanted {
    /// A day that is over is shown as it ended.
    pub fn of(day: Date, today: Date) -> Wanted {
        if day < today { Wanted::Past(day) } else { Wanted::AsOf(day) }
    }

    /// The day.
    pub fn day(self) -> Date {
        let (Wanted::AsOf(day) | Wanted::Past(day)) = self;
        day
    }
}

impl Report {
    /// The figures, or why there can be none.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn figures(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        wanted: Wanted,
    ) -> Result<std::result::Result<DailyKpi, String>> {
        let mut count =
            Count { report: self, scope, config, builder: KpiBuilder::new(wanted.day()), moved: HashSet::new(), closed: HashMap::new() };
        let end = match wanted {
            Wanted::AsOf(_) => None,
            // A day so long ago that its end is no time: there was nothing.
            Wanted::Past(day) => {
                let next = day.tomorrow().and_then(|next| next.to_zoned(config.zone()));
                Some(next.map_or(Timestamp::MIN, |next| next.timestamp()))
            }
        };
        if let Some(end) = end
            && let Err(reason) = count.changed_since(end).await?
        {
            return Ok(Err(reason));
        }
        let open = match count.open(end).await? {
            Ok(open) => open,
            Err(reason) => return Ok(Err(reason)),
        };
        for point in self.metrics.series(scope, LABELS, "", "~").await? {
            let Some(label) = Label::ALL.into_iter().find(|label| label.text() == point.point) else { continue };
            if !closed(label) {
                continue;
            }
            // A refunded order may still be open (money back, parcel under way): those were counted above.
            let counted = Counted::of(&point).less(open.get(&label)).less(count.closed.get(&label));
            count.builder.add_counted(label, counted.orders, counted.values());
        }
        Ok(Ok(count.builder.finish()))
    }
}

/// One run's count.
struct Count<'a> {
    report: &'a Report,
    scope: &'a TenantScope,
    config: &'a TenantConfig,
    builder: KpiBuilder,
    /// Orders that changed since the day ended.
    moved: HashSet<OrderId>,
    /// Those of them that are closed now: the read model holds them under what they are, not what they were.
    closed: HashMap<Label, Counted>,
}

impl Count<'_> {
    /// Counts the orders that changed since a moment as they were then. Who moves later and stays open is counted with the open ones.
    async fn changed_since(&mut self, end: Timestamp) -> Result<std::result::Result<(), String>> {
        let mut changed = Changed::since(&*self.report.orders, &*self.report.clock, self.scope, end);
        while let Some(ids) = changed.next().await? {
            if let Err(reason) = self.back_then(ids, end).await? {
                return Ok(Err(reason));
            }
        }
        Ok(Ok(()))
    }

    /// Counts orders as they were at a moment, from their histories.
    async fn back_then(&mut self, orders: Vec<OrderId>, end: Timestamp) -> Result<std::result::Result<(), String>> {
        let fresh: Vec<OrderId> = orders.into_iter().filter(|id| self.moved.insert(id.clone())).collect();
        if self.moved.len() > CHANGED_ORDERS_MAX {
            return Ok(Err(format!("more than {CHANGED_ORDERS_MAX} orders have changed since; report a day that is nearer")));
        }
        let mut dossiers = dossiers(&*self.report.orders, self.scope, fresh);
        while let Some(dossier) = dossiers.try_next().await? {
            let Some(dossier) = dossier else { continue };
            let now = &dossier.order;
            if !now.tracks.status.is_open() {
                self.closed.entry(now.label()).or_default().add(now.totals.currency, 1, now.totals.total_minor);
            }
            match dossier.before(end) {
                Ok(Some(order)) => self.builder.add(row(OrderSummary::of(&order), self.config)),
                Ok(None) => {}
                Err(reason) => return Ok(Err(reason.to_string())),
            }
        }
        Ok(Ok(()))
    }

    /// Counts the open orders that have not moved since; all that are open now, by label.
    async fn open(&mut self, end: Option<Timestamp>) -> Result<std::result::Result<HashMap<Label, Counted>, String>> {
        // An order that moves meanwhile may stand behind us then: look again until there is none that we have not seen.
        let mut passes = 1;
        let mut seen: HashSet<OrderId> = HashSet::new();
        let mut open: HashMap<Label, Counted> = HashMap::new();
        let (mut after, mut found): (Option<PageKey>, bool) = (None, false);
        loop {
            let before = seen.len();
            let page = self.report.orders.page(self.scope, &OrderQuery::Open, after.as_ref(), PAGE).await?;
            let mut late = Vec::new();
            for summary in page.orders {
                if !seen.insert(summary.id.clone()) {
                    continue;
                }
                open.entry(summary.label).or_default().add(summary.currency, 1, summary.total_minor);
                if end.is_some_and(|end| summary.updated_at >= end) {
                    late.push(summary.id);
                } else {
                    self.builder.add(row(summary, self.config));
                }
            }
            if let Some(end) = end
                && let Err(reason) = self.back_then(late, end).await?
            {
                return Ok(Err(reason));
            }
            after = page.next;
            if seen.len() > OPEN_ORDERS_MAX {
                return Ok(Err(format!("more than {OPEN_ORDERS_MAX} orders are open; close those that are over")));
            }
            found |= seen.len() > before;
            if after.is_none() {
                if !found || passes == PASSES_MAX || seen.len() <= PAGE {
                    return Ok(Ok(open));
                }
                (passes, found) = (passes + 1, false);
            }
        }
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
