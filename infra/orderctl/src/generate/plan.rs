//! How many orders each day gets.

use super::random::Random;
use jiff::civil::{Date, Time, Weekday, time};
use jiff::{Span, Timestamp, tz::TimeZone};

/// What to make up.
#[derive(Debug, Clone)]
pub struct Spec {
    /// Another seed is another shop.
    pub seed: u64,
    /// How many orders, exactly.
    pub orders: u32,
    /// Today: no order is younger.
    pub as_of: Date,
    /// The time of day, in UTC, at which it is `as_of`: no order of today is younger.
    pub as_of_time: Time,
    /// How many days the orders are spread over, today included; at least 1.
    pub days: u16,
    /// The first order's number; the others follow.
    pub first_number: u64,
}

impl Spec {
    /// Orders from 20001 on over the 60 days up to `as_of`, 06:00 UTC.
    pub fn new(seed: u64, orders: u32, as_of: Date) -> Spec {
        Spec { seed, orders, as_of, as_of_time: time(6, 0, 0, 0), days: 60, first_number: 20_001 }
    }

    /// The moment that is "now" for these orders.
    pub fn now(&self) -> Timestamp {
        self.as_of.to_datetime(self.as_of_time).to_zoned(TimeZone::UTC).map(|now| now.timestamp()).unwrap_or(Timestamp::MAX)
    }
}

/// One day of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlannedDay {
    /// Which.
    pub day: Date,
    /// How many orders are placed on it.
    pub orders: u32,
    /// Sales broke down that day: the truth to measure a detector against.
    pub drop: bool,
}

/// How busy each hour (UTC) is: quiet nights, a bump at noon, a peak in the evening.
pub(super) const HOURS: [u64; 24] = [9, 5, 3, 2, 2, 4, 10, 20, 32, 42, 48, 52, 56, 52, 48, 46, 48, 54, 64, 72, 70, 58, 38, 20];

/// The days of a specification, oldest first. Their orders sum up to what was asked for.
pub fn plan(spec: &Spec) -> Vec<PlannedDay> {
    let count = i64::from(spec.days.max(1));
    let weighed: Vec<(Date, u64, bool)> =
        (0..count).rev().map(|back| spec.as_of.saturating_sub(Span::new().days(back))).map(|day| weigh(spec, day)).collect();
    let shares = share(spec.orders, &weighed.iter().map(|(_, weight, _)| *weight).collect::<Vec<_>>());
    weighed.into_iter().zip(shares).map(|((day, _, drop), orders)| PlannedDay { day, orders, drop }).collect()
}

fn weigh(spec: &Spec, day: Date) -> (Date, u64, bool) {
    let mut random = Random::of(spec.seed, "day", days_since_epoch(day));
    let mut weight = 1_000;
    if matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
        weight = weight * 13 / 10;
    }
    if matches!(day.month(), 11 | 12) {
        weight = weight * 15 / 10;
    }
    weight = weight * random.between(700, 1_300) as u64 / 1_000;
    let drop = random.in_thousand(50);
    let depth = random.between(300, 600) as u64;
    if drop {
        weight = weight * depth / 1_000;
    }
    if day == spec.as_of {
        let minutes = u64::from(spec.as_of_time.hour().unsigned_abs()) * 60 + u64::from(spec.as_of_time.minute().unsigned_abs());
        let passed: u64 = HOURS.iter().enumerate().map(|(hour, share)| share * minutes.saturating_sub(60 * hour as u64).min(60)).sum();
        weight = weight * passed / (60 * HOURS.iter().sum::<u64>());
    }
    (day, weight, drop)
}

pub(super) fn days_since_epoch(day: Date) -> u64 {
    (day.duration_since(Date::MIN).as_hours() / 24).unsigned_abs()
}

/// Splits a whole by weights, largest remainders first, so that the parts sum up to it.
fn share(whole: u32, weights: &[u64]) -> Vec<u32> {
    let sum = weights.iter().sum::<u64>().max(1);
    let exact: Vec<(u64, u64)> = weights.iter().map(|weight| (u64::from(whole) * weight, sum)).collect();
    let mut parts: Vec<u32> = exact.iter().map(|(product, sum)| (product / sum) as u32).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|index| std::cmp::Reverse((exact[*index].0 % sum, *index)));
    let left = whole - parts.iter().sum::<u32>();
    for index in order.into_iter().cycle().take(left as usize) {
        parts[index] += 1;
    }
    parts
}
