//! Which open orders need a person now, and why. The index of open orders is kept by the moment at which each will
//! need one, so looking costs as much as is found, however many orders are open.

use crate::error::Result;
use crate::ports::{OrderQuery, OrderStore, OrderSummary, PageKey};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use domain::order::watch::Deadline;
use domain::order::{Concern, OrderStatus, WatchRules};
use jiff::{SignedDuration, Timestamp, civil::Date};

/// Rows that one look reads at most, where a filter leaves little of what it reads.
const LOOKED_AT_MAX: usize = 1_000;

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only orders with this status.
    pub status: Option<OrderStatus>,
    /// Only orders with this concern.
    pub concern: Option<Concern>,
    /// Instead of the shop's own rules for pending orders and those in processing, in hours.
    pub max_age_h: Option<u32>,
}

impl Filter {
    fn rules(&self, config: &TenantConfig) -> WatchRules {
        let rules = config.watch_rules();
        let hours = |ours: u32| self.max_age_h.unwrap_or(ours);
        WatchRules { pending_after_h: hours(rules.pending_after_h), processing_after_h: hours(rules.processing_after_h), ..rules }
    }

    /// How far the index has to be read: it is kept by the shop's own rules, and these may be stricter.
    fn until(&self, config: &TenantConfig, now: Timestamp) -> Timestamp {
        let (ours, theirs) = (config.watch_rules(), self.rules(config));
        let longer = |ours: u32, theirs: u32| match ours {
            // By our rules it is never due.
            0 if theirs > 0 => None,
            _ => Some(ours.saturating_sub(theirs)),
        };
        let pending = longer(ours.pending_after_h, theirs.pending_after_h);
        let hours = pending.zip(longer(ours.processing_after_h, theirs.processing_after_h)).map(|(a, b)| a.max(b));
        hours.and_then(|hours| now.checked_add(SignedDuration::from_hours(i64::from(hours))).ok()).unwrap_or(Timestamp::MAX)
    }

    fn takes(&self, case: &Case) -> bool {
        self.status.is_none_or(|status| case.order.status == status)
            && self.concern.map_or(!case.concerns.is_empty(), |concern| case.concerns.iter().any(|held| held.concern == concern))
    }
}

/// An order that needs a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// What lists show.
    pub order: OrderSummary,
    /// Why, the most urgent first; never empty.
    pub concerns: Vec<Deadline>,
}

impl Case {
    /// How long it has waited: a pending order since it was placed, any other since its last news.
    pub fn age(&self, now: Timestamp) -> SignedDuration {
        let since = if self.order.status == OrderStatus::Pending { self.order.placed_at } else { self.order.last_news() };
        now.duration_since(since)
    }

    /// A concern in words.
    pub fn words(&self, concern: Concern, now: Timestamp, today: Date) -> String {
        let waited = hours(self.age(now));
        match concern {
            Concern::DeliveryFailed => "The carrier could not hand it over".to_owned(),
            Concern::Failed => "It could not be carried out".to_owned(),
            Concern::Overdue => match self.order.eta.and_then(|eta| eta.until(today).ok()).map_or(1, |span| span.get_days()) {
                1 => "1 day past the promised day".to_owned(),
                days => format!("{days} days past the promised day"),
            },
            Concern::Delayed => "Reported late".to_owned(),
            Concern::SlaMissed => self.order.pressing.map_or_else(
                || "Not as far as it has to be".to_owned(),
                |pressing| format!("{} is {} h late", pressing.sla.text(), hours(now.duration_since(pressing.due_at))),
            ),
            Concern::ParcelStuck => {
                let silent = self.order.quiet.map_or(SignedDuration::ZERO, |quiet| now.duration_since(quiet.since));
                format!("Nobody has scanned a parcel of it for {} h", hours(silent))
            }
            Concern::PendingTooLong => format!("Nobody has begun for {waited} h"),
            Concern::ProcessingTooLong => format!("No news in processing for {waited} h"),
            Concern::Stale => format!("No news for {waited} h: {}", self.order.watched().missing()),
            Concern::NoCustomerContact => {
                format!("The customer has heard nothing for {} h", hours(now.duration_since(self.order.placed_at)))
            }
        }
    }
}

/// Hours with one decimal, rounded down: 48 hours and a second are not more than 48.0.
pub fn hours(time: SignedDuration) -> String {
    let tenths = time.as_secs().div_euclid(360);
    format!("{}.{}", tenths.div_euclid(10), tenths.rem_euclid(10))
}

/// Orders that need a person, those first that have needed one longest.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Queue {
    /// At most as many as were asked for; a filter may leave fewer although there are more.
    pub cases: Vec<Case>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

impl Queue {
    /// Looks.
    ///
    /// # Errors
    /// `Retryable`.
    pub async fn load(
        orders: &dyn OrderStore,
        (scope, config): (&TenantScope, &TenantConfig),
        filter: &Filter,
        (after, limit): (Option<&PageKey>, usize),
        now: Timestamp,
    ) -> Result<Queue> {
        let (rules, zone) = (filter.rules(config), config.zone());
        let due = OrderQuery::Due(filter.until(config, now));
        let mut queue = Queue { cases: Vec::new(), next: after.cloned() };
        let mut looked_at = 0;
        loop {
            let page = orders.page(scope, &due, queue.next.as_ref(), limit - queue.cases.len()).await?;
            looked_at += page.orders.len();
            // The index may still be in the order of earlier rules; what is shown holds by today's.
            let cases = page.orders.into_iter().map(|order| Case { concerns: order.watched().concerns(&rules, &zone, now), order });
            queue.cases.extend(cases.filter(|case| filter.takes(case)));
            queue.next = page.next;
            // Half a page is worth showing: the other half could take many small reads.
            if queue.next.is_none() || queue.cases.len() > limit / 2 || looked_at >= LOOKED_AT_MAX {
                return Ok(queue);
            }
        }
    }

    /// Orders with this concern; all, if none is said.
    pub fn of(&self, concern: Option<Concern>) -> impl Iterator<Item = &Case> {
        self.cases.iter().filter(move |case| concern.is_none_or(|concern| case.concerns.iter().any(|held| held.concern == concern)))
    }
}
