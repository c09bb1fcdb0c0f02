//! Which open orders need a person, and why.

use app::ports::OrderQuery;
use app::ports::{OrderStore, OrderSummary};
use app::{Error, TenantScope};
use domain::order::{Label, OrderStatus};
use jiff::{SignedDuration, Timestamp, civil::Date};

/// An order that waits longer than this is stuck.
pub const STUCK_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// Open orders looked at for one page, the longest waiting first.
pub const LOOKED_AT_MAX: usize = 300;
const PAGE: usize = 100;

/// Why an order needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A source says it is late.
    Delayed,
    /// Days past the promised day.
    Overdue {
        /// How many.
        days: i32,
    },
    /// Nobody has touched it for this long.
    Pending {
        /// How long.
        waited: SignedDuration,
    },
    /// In work for this long.
    Processing {
        /// How long.
        waited: SignedDuration,
    },
    /// The carrier tried and failed, or the order could not be carried out.
    Failed {
        /// The carrier, or we?
        delivery: bool,
    },
}

/// Kinds of reasons, for filtering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// [`Reason::Delayed`].
    Delayed,
    /// [`Reason::Overdue`].
    Overdue,
    /// [`Reason::Pending`].
    Pending,
    /// [`Reason::Processing`].
    Processing,
    /// [`Reason::Failed`].
    Failed,
}

impl Kind {
    /// All, as the filter shows them.
    pub const ALL: [Kind; 5] = [Kind::Delayed, Kind::Overdue, Kind::Pending, Kind::Processing, Kind::Failed];

    /// In an address.
    pub const fn code(self) -> &'static str {
        match self {
            Kind::Delayed => "delayed",
            Kind::Overdue => "overdue",
            Kind::Pending => "pending",
            Kind::Processing => "processing",
            Kind::Failed => "failed",
        }
    }

    /// On the filter.
    pub const fn text(self) -> &'static str {
        match self {
            Kind::Delayed => "Delayed",
            Kind::Overdue => "Past promised day",
            Kind::Pending => "Pending too long",
            Kind::Processing => "Stuck in processing",
            Kind::Failed => "Failed",
        }
    }

    /// From an address.
    pub fn of(code: Option<&str>) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| Some(kind.code()) == code)
    }
}

impl Reason {
    /// Its kind.
    pub const fn kind(self) -> Kind {
        match self {
            Reason::Delayed => Kind::Delayed,
            Reason::Overdue { .. } => Kind::Overdue,
            Reason::Pending { .. } => Kind::Pending,
            Reason::Processing { .. } => Kind::Processing,
            Reason::Failed { .. } => Kind::Failed,
        }
    }

    /// In words.
    pub fn text(self) -> String {
        match self {
            Reason::Delayed => "Reported late".to_owned(),
            Reason::Overdue { days: 1 } => "1 day past the promised day".to_owned(),
            Reason::Overdue { days } => format!("{days} days past the promised day"),
            Reason::Pending { waited } => format!("Nobody has touched it for {}", crate::format::age(waited)),
            Reason::Processing { waited } => format!("In processing for {}", crate::format::age(waited)),
            Reason::Failed { delivery: true } => "The carrier could not hand it over".to_owned(),
            Reason::Failed { delivery: false } => "It could not be carried out".to_owned(),
        }
    }
}

/// Why an order needs a person; empty if it is on track.
pub fn reasons(order: &OrderSummary, now: Timestamp, today: Date) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if !order.status.is_open() {
        return reasons;
    }
    if order.label == Label::Delayed {
        reasons.push(Reason::Delayed);
    }
    if matches!(order.label, Label::DeliveryFailed | Label::Failed) {
        reasons.push(Reason::Failed { delivery: order.label == Label::DeliveryFailed });
    }
    if let Some(eta) = order.eta.filter(|eta| *eta < today) {
        reasons.push(Reason::Overdue { days: eta.until(today).map_or(1, |span| span.get_days()) });
    }
    let waited = now.duration_since(order.status_since);
    if waited > STUCK_AFTER {
        match order.status {
            OrderStatus::Pending => reasons.push(Reason::Pending { waited }),
            OrderStatus::Processing => reasons.push(Reason::Processing { waited }),
            _ => {}
        }
    }
    reasons
}

/// An order with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What lists show.
    pub order: OrderSummary,
    /// Never empty.
    pub reasons: Vec<Reason>,
}

/// The queue.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// The longest waiting first.
    pub cases: Vec<Case>,
    /// More open orders exist than were looked at.
    pub more: bool,
}

impl Queue {
    /// Looks through the open orders.
    pub async fn load(orders: &dyn OrderStore, scope: &TenantScope, now: Timestamp, today: Date) -> Result<Queue, Error> {
        let mut queue = Queue::default();
        let (mut after, mut looked_at) = (None, 0);
        loop {
            let page = orders.page(scope, &OrderQuery::Open, after.as_ref(), PAGE).await?;
            looked_at += page.orders.len();
            let cases = page.orders.into_iter().map(|order| Case { reasons: reasons(&order, now, today), order });
            queue.cases.extend(cases.filter(|case| !case.reasons.is_empty()));
            after = page.next;
            if after.is_none() || looked_at >= LOOKED_AT_MAX {
                queue.more = after.is_some();
                return Ok(queue);
            }
        }
    }

    /// Orders with a reason of this kind.
    pub fn of(&self, kind: Option<Kind>) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| kind.is_none_or(|kind| case.reasons.iter().any(|reason| reason.kind() == kind)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::ids::{OrderId, SourceId};
    use domain::money::Currency;

    #[test]
    fn a_reason_is_a_fact_about_an_open_order() {
        let now: Timestamp = "2025-08-09T10:00:00Z".parse().unwrap();
        let today = jiff::civil::date(2025, 8, 9);
        let order = |status, label, waited_h: i64, eta| OrderSummary {
            id: OrderId::parse("1001").unwrap(),
            status,
            label,
            customer: None,
            channel: SourceId::parse("api").unwrap(),
            total_minor: 1,
            currency: Currency::EUR,
            placed_at: now,
            status_since: now - SignedDuration::from_hours(waited_h),
            updated_at: now,
            eta,
        };
        let kinds = |order: OrderSummary| reasons(&order, now, today).into_iter().map(Reason::kind).collect::<Vec<_>>();
        assert_eq!(kinds(order(OrderStatus::Pending, Label::Received, 48, Some(today))), []);
        assert_eq!(kinds(order(OrderStatus::Pending, Label::Received, 49, None)), [Kind::Pending]);
        assert_eq!(kinds(order(OrderStatus::Processing, Label::Processing, 72, None)), [Kind::Processing]);
        assert_eq!(kinds(order(OrderStatus::Shipped, Label::Shipped, 500, None)), []);
        let yesterday = today.yesterday().unwrap();
        assert_eq!(kinds(order(OrderStatus::Shipped, Label::Delayed, 1, Some(yesterday))), [Kind::Delayed, Kind::Overdue]);
        assert_eq!(kinds(order(OrderStatus::Shipped, Label::DeliveryFailed, 1, None)), [Kind::Failed]);
        assert_eq!(kinds(order(OrderStatus::Delivered, Label::Delivered, 500, Some(yesterday))), []);
        assert_eq!(Reason::Overdue { days: 1 }.text(), "1 day past the promised day");
        assert_eq!(Reason::Pending { waited: SignedDuration::from_mins(72 * 60 + 30) }.text(), "Nobody has touched it for 72.5h");
    }
}
