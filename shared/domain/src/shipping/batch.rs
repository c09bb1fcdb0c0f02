//! Which orders a warehouse works on next: fifty at once, from one zone, for one collection.
//!
//! An order's turn is a moment, not a class: an urgent one is due when it comes in, an ordinary one five hours later, and what a
//! carrier collects soon is due before that. So an order that has waited goes before urgent ones that come after it, and none
//! waits for ever.

use super::method::ShippingMethod;
use crate::ids::{LocationId, OrderId};
use crate::money::Money;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What of an order waits to be picked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToPick {
    /// Where it lies.
    pub from: LocationId,
    /// How the customer wants it.
    pub method: ShippingMethod,
}

/// Orders of a batch.
pub const BATCH_SIZE: usize = 50;
/// Orders that are looked at in one run; what is beyond waits for the next, five minutes later.
pub const WAITING_MAX: usize = 10_000;
/// What a step of priority is worth.
pub const STEP: SignedDuration = SignedDuration::from_hours(1);
/// So long before a carrier collects, whatever goes with it is due.
pub const LEAD: SignedDuration = SignedDuration::from_hours(2);
/// Above this, in major units of the order's currency, an order goes before others.
const VALUABLE_MAJOR: i64 = 500;

/// An order that waits to be picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingOrder {
    /// Which.
    pub order: OrderId,
    /// How the customer wants it.
    pub method: ShippingMethod,
    /// What it is worth.
    pub total: Money,
    /// The zone of the warehouse that it lies in.
    pub zone: String,
    /// When its carrier collects next.
    pub cut_off: Option<Timestamp>,
    /// Since when it waits.
    pub since: Timestamp,
}

/// How urgent: 0 is the most.
pub fn priority(method: ShippingMethod, total: Money) -> u8 {
    match method {
        ShippingMethod::Overnight | ShippingMethod::SameDay => 0,
        ShippingMethod::Express => 1,
        _ if total.minor > total.currency.minor_per_major().saturating_mul(VALUABLE_MAJOR) => 3,
        ShippingMethod::Standard | ShippingMethod::Pickup | ShippingMethod::Digital => 5,
    }
}

impl WaitingOrder {
    /// When its turn is.
    pub fn due(&self, now: Timestamp) -> Timestamp {
        let by_priority = self.since.saturating_add(STEP * i32::from(priority(self.method, self.total))).unwrap_or(Timestamp::MAX);
        // A collection that has been missed makes nothing more urgent: it goes with the next.
        match self.cut_off.filter(|cut_off| *cut_off >= now) {
            Some(cut_off) => by_priority.min(cut_off.saturating_sub(LEAD).unwrap_or(Timestamp::MIN)),
            None => by_priority,
        }
    }
}

/// Orders that are picked together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// Where.
    pub zone: String,
    /// When what is in it is collected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Timestamp>,
    /// At most [`BATCH_SIZE`], the most urgent first.
    pub orders: Vec<OrderId>,
}

/// The next batches, at most so many. Each begins with the order whose turn it is and is filled up with others of its zone and
/// collection. Digital goods are in none. An order that is named twice is taken once.
pub fn batches(waiting: &[WaitingOrder], now: Timestamp, batches_max: usize) -> Vec<Batch> {
    let mut turns: Vec<(Timestamp, &WaitingOrder)> =
        waiting.iter().filter(|each| each.method.needs_fulfilment()).map(|each| (each.due(now), each)).collect();
    turns.sort_by(|a, b| (a.0, a.1.since, &a.1.order).cmp(&(b.0, b.1.since, &b.1.order)));
    turns.truncate(WAITING_MAX);
    let mut seen = std::collections::BTreeSet::new();
    // Batches that are open, and those that began first, in that order.
    let mut open: BTreeMap<(&str, Option<Timestamp>), usize> = BTreeMap::new();
    let mut made: Vec<Batch> = Vec::new();
    for (_, each) in turns {
        if !seen.insert(&each.order) {
            continue;
        }
        let group = (each.zone.as_str(), each.cut_off.filter(|cut_off| *cut_off >= now));
        let at = match open.get(&group) {
            Some(at) if made[*at].orders.len() < BATCH_SIZE => *at,
            _ => {
                made.push(Batch { zone: each.zone.clone(), cut_off: group.1, orders: Vec::new() });
                open.insert(group, made.len() - 1);
                made.len() - 1
            }
        };
        made[at].orders.push(each.order.clone());
    }
    made.truncate(batches_max);
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use proptest::prelude::*;

    const NOW: Timestamp = Timestamp::constant(1_754_640_000, 0);

    fn order(name: impl std::fmt::Display, method: ShippingMethod, total_minor: i64, waited_min: i64) -> WaitingOrder {
        WaitingOrder {
            order: OrderId::parse(&name.to_string()).unwrap(),
            method,
            total: Money::new(total_minor, Currency::USD),
            zone: "A".to_owned(),
            cut_off: None,
            since: NOW - SignedDuration::from_mins(waited_min),
        }
    }

    fn names(batch: &Batch) -> Vec<&str> {
        batch.orders.iter().map(OrderId::as_str).collect()
    }

    // req: S2-56
    #[test]
    fn priorities_are_as_the_source_has_them() {
        use ShippingMethod::{Express, Overnight, Pickup, SameDay, Standard};
        let usd = |minor| Money::new(minor, Currency::USD);
        for (method, minor, expected) in
            [(Overnight, 100, 0), (SameDay, 100, 0), (Express, 90_000, 1), (Standard, 50_001, 3), (Standard, 50_000, 5), (Pickup, 100, 5)]
        {
            assert_eq!(priority(method, usd(minor)), expected, "{method:?} {minor}");
        }
        let yen = Currency::parse("JPY").unwrap();
        assert_eq!(priority(Standard, Money::new(501, yen)), 3, "in units of its own currency");
    }

    // req: S2-56
    #[test]
    fn fifty_at_once_the_urgent_first() {
        use ShippingMethod::{Digital, Express, Overnight, Standard};
        let mut waiting: Vec<WaitingOrder> = (0..119).map(|at| order(format!("n{at:03}"), Standard, 1_000, 10)).collect();
        waiting.extend([
            order("valuable", Standard, 50_001, 0),
            order("express", Express, 1_000, 0),
            order("overnight", Overnight, 1_000, 0),
        ]);
        waiting.push(order("download", Digital, 1_000, 600));
        waiting.push(order("overnight", Overnight, 1_000, 0));
        let made = batches(&waiting, NOW, 10);
        assert_eq!(made.iter().map(|batch| batch.orders.len()).collect::<Vec<_>>(), [50, 50, 22]);
        let ordinary: Vec<String> = (0..47).map(|at| format!("n{at:03}")).collect();
        let expected: Vec<&str> = ["overnight", "express", "valuable"].into_iter().chain(ordinary.iter().map(String::as_str)).collect();
        assert_eq!(names(&made[0]), expected);
        assert_eq!(batches(&waiting, NOW, 1).len(), 1);
    }

    // req: S2-56
    #[test]
    fn by_zone_and_collection() {
        use ShippingMethod::{Express, Standard};
        let soon = Some(NOW + SignedDuration::from_mins(90));
        let missed = Some(NOW - SignedDuration::from_secs(1));
        let waiting = [
            order("1", Standard, 100, 0),
            WaitingOrder { cut_off: soon, ..order("2", Standard, 100, 0) },
            WaitingOrder { zone: "B".to_owned(), ..order("3", Express, 100, 0) },
            WaitingOrder { cut_off: missed, ..order("4", Standard, 100, 1) },
        ];
        let made = batches(&waiting, NOW, 10);
        let said: Vec<_> = made.iter().map(|batch| (batch.zone.as_str(), batch.cut_off, names(batch))).collect();
        assert_eq!(
            said,
            [("A", soon, vec!["2"]), ("B", None, vec!["3"]), ("A", None, vec!["4", "1"])],
            "what is collected soon goes first"
        );
    }

    /// One batch every five minutes, and more urgent orders than it holds: the ordinary one still gets its turn.
    // req: S2-56
    #[test]
    fn nobody_starves() {
        let mut waiting = vec![order("patient", ShippingMethod::Standard, 100, 0)];
        for tick in 0..100 {
            let now = NOW + SignedDuration::from_mins(5 * tick);
            let urgent = (0..60).map(|at| WaitingOrder { since: now, ..order(format!("u{tick}-{at}"), ShippingMethod::Overnight, 100, 0) });
            waiting.extend(urgent);
            let batch = batches(&waiting, now, 1).remove(0);
            assert_eq!(batch.orders.len(), BATCH_SIZE);
            if names(&batch).contains(&"patient") {
                // Five hours of its own, and what had piled up before it by then.
                assert!((60..=75).contains(&tick), "after {tick} batches");
                return;
            }
            waiting.retain(|each| !batch.orders.contains(&each.order));
        }
        panic!("it starved");
    }

    proptest! {
        #[test]
        fn everybody_once_and_in_turn(orders in prop::collection::vec((0usize..6, 0i64..100_000, 0i64..600, 0usize..3, prop::option::of(-60i64..600)), 0..150)) {
            let waiting: Vec<WaitingOrder> = orders
                .into_iter()
                .enumerate()
                .map(|(at, (method, minor, waited, zone, cut_off))| WaitingOrder {
                    zone: ["A", "B", "C"][zone].to_owned(),
                    cut_off: cut_off.map(|minutes| NOW + SignedDuration::from_mins(minutes)),
                    ..order(at, ShippingMethod::ALL[method], minor, waited)
                })
                .collect();
            let made = batches(&waiting, NOW, usize::MAX);
            let mut all: Vec<&OrderId> = made.iter().flat_map(|batch| &batch.orders).collect();
            let count = all.len();
            all.sort();
            all.dedup();
            prop_assert_eq!(all.len(), count);
            prop_assert_eq!(count, waiting.iter().filter(|each| each.method.needs_fulfilment()).count());
            let due = |id: &OrderId| waiting.iter().find(|each| &each.order == id).unwrap().due(NOW);
            for batch in &made {
                prop_assert!((1..=BATCH_SIZE).contains(&batch.orders.len()));
                prop_assert!(batch.orders.windows(2).all(|pair| due(&pair[0]) <= due(&pair[1])));
            }
            prop_assert!(made.windows(2).all(|pair| due(&pair[0].orders[0]) <= due(&pair[1].orders[0])), "the most urgent batch first");
        }
    }
}
