//! Counting one day.

use super::Percent;
use crate::money::{Currency, Money};
use crate::order::Label;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// At most this many orders are listed per sheet; the counts are always of all orders, and the most overdue
/// are the ones kept. Far below a worksheet's 1,048,576 rows, far above what a person reads.
pub const LISTED_MAX: usize = 50_000;

/// One order, as far as the figures need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KpiOrder {
    /// The number people use for it.
    pub number: String,
    /// The customer's name, for the lists.
    pub customer: String,
    /// The word people see as its status.
    pub label: Label,
    /// The promised day, in the tenant's time zone.
    pub eta: Option<Date>,
    /// The day it was placed, in the tenant's time zone; a shop's sheet may not say.
    pub placed_on: Option<Date>,
    /// What it costs; a shop's sheet may not say.
    pub total: Option<Money>,
    /// Who has it: a carrier, a warehouse, a colleague.
    pub owner: Option<String>,
    /// The day something last happened to it.
    pub last_update: Option<Date>,
}

impl KpiOrder {
    /// Says "delayed" by its own status, whatever the calendar says.
    pub fn is_delayed(&self) -> bool {
        self.label == Label::Delayed
    }

    /// Still owed to the customer. The source's rule is "status does not contain delivered", over a
    /// vocabulary in which nothing else ends an order; here a closed, called-off or returned order is not
    /// owed either.
    pub fn is_awaited(&self) -> bool {
        !matches!(
            self.label,
            Label::Delivered
                | Label::Completed
                | Label::ReturnRequested
                | Label::Returned
                | Label::Cancelled
                | Label::Refunded
                | Label::Failed
        )
    }

    /// The promised day has passed and the order is still awaited. On the promised day itself it is not late.
    pub fn misses_promise(&self, as_of: Date) -> bool {
        self.is_awaited() && self.eta.is_some_and(|eta| eta < as_of)
    }

    fn counts_as_sold(&self) -> bool {
        !matches!(self.label, Label::Cancelled | Label::Failed | Label::Refunded | Label::Returned)
    }
}

/// How many orders carry one status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusCount {
    /// The status.
    pub label: Label,
    /// Orders with it, never 0.
    pub count: u64,
}

/// What the orders of one currency are worth together, without cancelled, failed, refunded and returned ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderValue {
    /// ISO 4217.
    pub currency: Currency,
    /// How many orders.
    pub orders: u64,
    /// Their sum in minor units; wider than one amount because a million large orders overflow 64 bits.
    /// A string on the wire.
    #[serde(with = "wide")]
    pub total_minor: i128,
}

impl OrderValue {
    /// "1234.50", with exactly the currency's decimals.
    pub fn decimal(&self) -> String {
        let exponent = self.currency.exponent() as usize;
        let sign = if self.total_minor < 0 { "-" } else { "" };
        let digits = format!("{:0>width$}", self.total_minor.unsigned_abs(), width = exponent + 1);
        let (whole, fraction) = digits.split_at(digits.len() - exponent);
        if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
    }
}

mod wide {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &i128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i128, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// An order on one of the two lists: late by its promised day, or delayed by its own status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LateOrder {
    /// The order itself.
    pub order: KpiOrder,
    /// Days since the promised day; 0 if that day has not passed or is not known.
    pub days_late: u32,
    /// Days since it was placed, if that is known.
    pub age_days: Option<u32>,
}

/// The figures of one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DailyKpi {
    /// The day they are for.
    pub as_of: Date,
    /// All orders.
    pub total: u64,
    /// Orders still awaited by their customers.
    pub awaited: u64,
    /// Orders whose status says "delayed".
    pub delayed: u64,
    /// Their share of all orders.
    pub delayed_pct: Percent,
    /// Orders awaited past their promised day. All of them, also when the list below is cut.
    pub sla_missed: u64,
    /// Their share of all orders: lateness by the calendar, beside `delayed_pct`, lateness by the status.
    pub late_by_eta_pct: Percent,
    /// Awaited orders without a promised day: nobody can be late on these, so they are shown on their own.
    pub without_eta: u64,
    /// Counts by status, sorted by the status's name.
    pub by_status: Vec<StatusCount>,
    /// Order value by currency, sorted by code.
    pub value: Vec<OrderValue>,
    /// The orders of `sla_missed`, most overdue first; at most [`LISTED_MAX`].
    pub sla_misses: Vec<LateOrder>,
    /// The orders of `delayed`, most overdue first; at most [`LISTED_MAX`].
    pub delayed_orders: Vec<LateOrder>,
}

impl DailyKpi {
    /// The figures alone: nobody's name.
    #[must_use]
    pub fn without_lists(&self) -> DailyKpi {
        DailyKpi { sla_misses: Vec::new(), delayed_orders: Vec::new(), ..self.clone() }
    }

    /// How many orders have this status.
    pub fn count(&self, label: Label) -> u64 {
        self.by_status.iter().find(|row| row.label == label).map_or(0, |row| row.count)
    }
}

/// The figures of `orders` on `as_of`.
pub fn daily<I: IntoIterator<Item = KpiOrder>>(as_of: Date, orders: I) -> DailyKpi {
    let mut builder = KpiBuilder::new(as_of);
    for order in orders {
        builder.add(order);
    }
    builder.finish()
}

/// Counts orders as they come, page by page, in any sequence.
#[derive(Debug)]
pub struct KpiBuilder {
    as_of: Date,
    total: u64,
    awaited: u64,
    delayed: u64,
    sla_missed: u64,
    without_eta: u64,
    by_status: BTreeMap<&'static str, StatusCount>,
    value: BTreeMap<Currency, OrderValue>,
    sla_misses: LateList,
    delayed_orders: LateList,
}

impl KpiBuilder {
    /// Nothing counted yet.
    pub fn new(as_of: Date) -> KpiBuilder {
        KpiBuilder {
            as_of,
            total: 0,
            awaited: 0,
            delayed: 0,
            sla_missed: 0,
            without_eta: 0,
            by_status: BTreeMap::new(),
            value: BTreeMap::new(),
            sla_misses: LateList::default(),
            delayed_orders: LateList::default(),
        }
    }

    /// Counts one order.
    pub fn add(&mut self, order: KpiOrder) {
        self.total += 1;
        self.awaited += u64::from(order.is_awaited());
        self.without_eta += u64::from(order.is_awaited() && order.eta.is_none());
        let row = StatusCount { label: order.label, count: 0 };
        self.by_status.entry(order.label.text()).or_insert(row).count += 1;
        if let Some(total) = order.total.filter(|_| order.counts_as_sold()) {
            let empty = OrderValue { currency: total.currency, orders: 0, total_minor: 0 };
            let sum = self.value.entry(total.currency).or_insert(empty);
            sum.orders += 1;
            sum.total_minor += i128::from(total.minor);
        }
        let (misses, delayed) = (order.misses_promise(self.as_of), order.is_delayed());
        self.sla_missed += u64::from(misses);
        self.delayed += u64::from(delayed);
        if misses {
            self.sla_misses.push(self.late(order.clone()));
        }
        if delayed {
            self.delayed_orders.push(self.late(order));
        }
    }

    /// Counts orders that nobody waits for any more without looking at each: a read model knows how many
    /// there are and, by currency, what they are worth. Only for labels that [`KpiOrder::is_awaited`] excludes and
    /// that are not [`Label::Delayed`]; others must be added one by one.
    pub fn add_counted(&mut self, label: Label, count: u64, values: impl IntoIterator<Item = OrderValue>) {
        if count == 0 {
            return;
        }
        self.total += count;
        let row = StatusCount { label, count: 0 };
        self.by_status.entry(label.text()).or_insert(row).count += count;
        if matches!(label, Label::Cancelled | Label::Failed | Label::Refunded | Label::Returned) {
            return;
        }
        for value in values.into_iter().filter(|value| value.orders > 0) {
            let empty = OrderValue { currency: value.currency, orders: 0, total_minor: 0 };
            let sum = self.value.entry(value.currency).or_insert(empty);
            sum.orders += value.orders;
            sum.total_minor += value.total_minor;
        }
    }

    fn late(&self, order: KpiOrder) -> LateOrder {
        let since = |day: Date| u32::try_from(self.as_of.duration_since(day).as_hours() / 24).unwrap_or(0);
        LateOrder { days_late: order.eta.map_or(0, since), age_days: order.placed_on.map(since), order }
    }

    /// The figures of everything counted.
    pub fn finish(self) -> DailyKpi {
        DailyKpi {
            as_of: self.as_of,
            total: self.total,
            awaited: self.awaited,
            delayed: self.delayed,
            delayed_pct: Percent::of(self.delayed, self.total),
            sla_missed: self.sla_missed,
            late_by_eta_pct: Percent::of(self.sla_missed, self.total),
            without_eta: self.without_eta,
            by_status: self.by_status.into_values().collect(),
            value: self.value.into_values().collect(),
            sla_misses: self.sla_misses.finish(),
            delayed_orders: self.delayed_orders.finish(),
        }
    }
}

/// The most overdue orders seen so far. It lets the vector grow to twice the limit before it cuts, so the
/// sorting stays cheap per order.
#[derive(Debug, Default)]
struct LateList(Vec<LateOrder>);

impl LateList {
    fn push(&mut self, order: LateOrder) {
        self.0.push(order);
        if self.0.len() >= 2 * LISTED_MAX {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.0.sort_by(|a, b| {
            let key = |late: &LateOrder| (late.order.eta.is_none(), late.order.eta, late.order.number.len());
            key(a).cmp(&key(b)).then_with(|| a.order.number.cmp(&b.order.number))
        });
        self.0.truncate(LISTED_MAX);
    }

    fn finish(mut self) -> Vec<LateOrder> {
        self.cut();
        self.0
    }
}
