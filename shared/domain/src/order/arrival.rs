//! When an order should arrive: on the promised day, else after as long as its lane has taken lately, else after the usual
//! days. Only a promise is one: what lanes say makes no order late.

use super::journey::{Journey, Lane, Stage};
use super::{Order, OrderStatus, TrackingStatus};
use crate::shipping::method::DayCount;
use crate::spread;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::RangeInclusive;

#[cfg(test)]
mod eta;

/// Whole months, beside the one that runs, that an estimate rests on.
const MONTHS: i32 = 3;
/// Months that estimates are held against, the one that runs included.
const HELD_MONTHS: i32 = 3;
/// Nobody waits longer: what left earlier and arrives now is held against no estimate.
const WAY_MONTHS_MAX: i32 = 3;

/// What gaps between scans are counted under.
const GAP: &str = "gap";

/// What an expected day rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// The shop or its carrier has promised it.
    Promise,
    /// The customer has chosen how to have it: overnight takes a day from leaving the house, express two, standard five.
    Method,
    /// Nobody has: half of the orders of this lane that waited as long had arrived by then.
    Lane,
    /// Too few have come that way: three days from a new order, two from one in work, one from one that is on its way.
    UsualDays,
}

/// The day an order should arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Expected {
    /// The likely day, in the shop's time zone.
    pub day: Date,
    /// Nine of ten had arrived by this day; only lanes know it.
    pub latest: Option<Date>,
    /// What it rests on.
    pub basis: Basis,
    /// How many orders that rests on; only lanes have any.
    pub orders: i64,
}

/// A month in UTC, as figures are kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Month(i32);

impl Month {
    /// That a moment falls into.
    pub fn of(at: Timestamp) -> Month {
        let day = at.to_zoned(TimeZone::UTC).date();
        Month(i32::from(day.year()) * 12 + i32::from(day.month()) - 1)
    }

    /// Reads "2025-08".
    pub fn parse(text: &str) -> Option<Month> {
        let (year, month) = text.split_once('-')?;
        let (year, month) = (year.parse::<i16>().ok()?, month.parse::<i32>().ok()?);
        (1..=12).contains(&month).then(|| Month(i32::from(year) * 12 + month - 1))
    }

    /// So many months before.
    #[must_use]
    pub const fn back(self, months: i32) -> Month {
        Month(self.0 - months)
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.div_euclid(12), self.0.rem_euclid(12) + 1)
    }
}

/// How long half, and nine of ten, take from entering a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Seconds.
    pub p50_s: i64,
    /// Seconds.
    pub p90_s: i64,
    /// How many orders it rests on.
    pub orders: i64,
}

/// Whether orders came when their lane's quantiles, as they were when they left, had said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Calibration {
    /// Orders that arrived and had an estimate when they left.
    pub orders: i64,
    /// Of them, those that came by the P50; exact to the width of a bound of [`spread`].
    pub by_p50: i64,
    /// By the P90.
    pub by_p90: i64,
}

/// How long orders took, by the month in which they arrived and by lane.
///
/// Stored as a read model: a point is a month and a lane ("2025-08/DE/-"), its fields count durations ([`spread`]) from
/// entering each stage ("pending:within:86400"). Those from leaving the house also name the month in which that was
/// ("shipped:2025-07:within:86400"), so that what was known then can be told from what came after. "gap:within:86400" counts the
/// longest time between two scans of an order's parcels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ways(BTreeMap<(Month, String), BTreeMap<String, i64>>);

/// Which orders count: those of the lane, of its country, or all.
fn levels(lane: &str) -> [&str; 3] {
    [lane, lane.find('/').map_or(lane, |slash| &lane[..=slash]), ""]
}

fn is_of(lane: &str, level: &str) -> bool {
    lane == level || ((level.is_empty() || level.ends_with('/')) && lane.starts_with(level))
}

impl Ways {
    /// The point and the fields that one more arrival counts for.
    pub fn counters(journey: &Journey, arrived_at: Timestamp) -> (String, Vec<String>) {
        let field = |(stage, took_s): (&Stage, &i64)| match stage {
            Stage::Shipped => {
                let left = arrived_at.checked_sub(SignedDuration::from_secs(*took_s)).unwrap_or(arrived_at);
                format!("{}:{}:{}", stage.as_str(), Month::of(left), spread::field(*took_s))
            }
            Stage::Pending | Stage::Processing => format!("{}:{}", stage.as_str(), spread::field(*took_s)),
        };
        let gap = journey.longest_gap_s.map(|gap_s| format!("{GAP}:{}", spread::field(gap_s)));
        (format!("{}/{}", Month::of(arrived_at), journey.lane.code()), journey.took_s.iter().map(field).chain(gap).collect())
    }

    /// The first month that [`Order::expected`] looks at.
    pub fn since(now: Timestamp) -> Month {
        Month::of(now).back(MONTHS)
    }

    /// The first month that [`Ways::calibration`] looks at.
    pub fn held_since(now: Timestamp) -> Month {
        Month::of(now).back(HELD_MONTHS - 1 + WAY_MONTHS_MAX + MONTHS)
    }

    /// Takes a stored point in. What is no point of ours is left out.
    pub fn add(&mut self, point: &str, fields: BTreeMap<String, i64>) {
        let Some((month, lane)) = point.split_once('/').and_then(|(month, lane)| Some((Month::parse(month)?, lane))) else { return };
        let sum = self.0.entry((month, lane.to_owned())).or_default();
        for (field, by) in fields {
            let count = sum.entry(field).or_default();
            *count = count.saturating_add(by);
        }
    }

    /// Durations from a stage, or gaps, of those that arrived in these months.
    fn durations(&self, level: &str, kind: &str, months: &RangeInclusive<Month>) -> BTreeMap<String, i64> {
        let mut sum: BTreeMap<String, i64> = BTreeMap::new();
        let points = self.0.range((*months.start(), String::new())..).take_while(|((month, _), _)| months.contains(month));
        for (field, count) in points.filter(|((_, lane), _)| is_of(lane, level)).flat_map(|(_, fields)| fields) {
            let Some(rest) = field.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':')) else { continue };
            let within = if kind == Stage::Shipped.as_str() { rest.split_once(':').map(|(_, within)| within) } else { Some(rest) };
            if let Some(within) = within {
                let counted = sum.entry(within.to_owned()).or_default();
                *counted = counted.saturating_add(*count);
            }
        }
        sum
    }

    /// By the narrowest lane that enough have come by. Of those only who waited longer than `elapsed_s` count.
    fn estimate_in(&self, months: &RangeInclusive<Month>, lane: &str, stage: Stage, elapsed_s: i64) -> Option<Estimate> {
        levels(lane).into_iter().find_map(|level| {
            let durations = self.durations(level, stage.as_str(), months);
            let at = |percent| spread::quantile_beyond(&durations, percent, elapsed_s);
            Some(Estimate { p50_s: at(50)?, p90_s: at(90)?, orders: spread::total(&durations) })
        })
    }

    /// How long an order of this lane takes from entering a stage in which it has been for `elapsed_s` seconds; none if too
    /// few have come that way, or if none of them has waited so long.
    pub fn estimate(&self, lane: &Lane, stage: Stage, now: Timestamp, elapsed_s: i64) -> Option<Estimate> {
        let months = Ways::since(now)..=Month::of(now);
        self.estimate_in(&months, &lane.code(), stage, elapsed_s)
    }

    /// Seconds that 95 of 100 orders of this lane went without a scan at most; none if too few of them were followed.
    pub fn usual_gap_s(&self, lane: &Lane, now: Timestamp) -> Option<i64> {
        let months = Ways::since(now)..=Month::of(now);
        levels(&lane.code()).into_iter().find_map(|level| spread::quantile(&self.durations(level, GAP, &months), 95))
    }

    /// How long an order takes that leaves in this month, by those that had arrived before it.
    fn known_before(&self, month: Month, lane: &str) -> Option<Estimate> {
        self.estimate_in(&(month.back(MONTHS)..=month.back(1)), lane, Stage::Shipped, 0)
    }

    /// Whether orders that arrived in these last months came when it was to be expected as they left. Each is held against
    /// what was known before the month in which it left, so nothing is held against what it taught itself.
    pub fn calibration(&self, now: Timestamp) -> Calibration {
        let (from, upto) = (Month::of(now).back(HELD_MONTHS - 1), Month::of(now));
        let mut left_in: BTreeMap<(Month, &str), BTreeMap<String, i64>> = BTreeMap::new();
        for ((arrived, lane), fields) in self.0.range((from, String::new())..) {
            for (field, count) in fields.iter().filter(|_| *arrived <= upto) {
                let shipped = field.strip_prefix(Stage::Shipped.as_str()).and_then(|rest| rest.strip_prefix(':'));
                let Some((month, within)) = shipped.and_then(|rest| rest.split_once(':')) else { continue };
                let Some(month) = Month::parse(month).filter(|month| *month >= from.back(WAY_MONTHS_MAX)) else { continue };
                *left_in.entry((month, lane)).or_default().entry(within.to_owned()).or_default() += count;
            }
        }
        let (mut orders, mut p50, mut p90) = (0i64, 0i64, 0i64);
        for ((month, lane), durations) in left_in {
            let Some(estimate) = self.known_before(month, lane) else { continue };
            orders = orders.saturating_add(spread::total(&durations));
            p50 = p50.saturating_add(spread::within(&durations, estimate.p50_s));
            p90 = p90.saturating_add(spread::within(&durations, estimate.p90_s));
        }
        Calibration { orders, by_p50: (p50 + 500) / 1_000, by_p90: (p90 + 500) / 1_000 }
    }
}

impl Order {
    /// Days from now that an order takes of which nobody knows more; none if it has arrived, or will not.
    const fn usual_days(&self) -> Option<i64> {
        match self.tracks.status {
            // No shop has said so yet, but its carrier has.
            _ if matches!(self.tracks.tracking, TrackingStatus::Delivered | TrackingStatus::ReturnToSender) => None,
            OrderStatus::Pending | OrderStatus::OnHold => Some(3),
            OrderStatus::Processing | OrderStatus::ReadyToShip => Some(2),
            OrderStatus::PartiallyShipped | OrderStatus::Shipped => Some(1),
            OrderStatus::Delivered | OrderStatus::Completed | OrderStatus::ReturnRequested => None,
            OrderStatus::Returned | OrderStatus::Cancelled | OrderStatus::Failed => None,
        }
    }

    /// The stage whose durations say when it should arrive: nobody has promised a day, and there is something to carry.
    fn awaited_in(&self) -> Option<Stage> {
        let chosen = matches!(self.shipping_method, Some(method) if method.days().is_some());
        let awaited = self.usual_days().is_some() && self.tracks.eta.is_none() && !chosen && !self.all_digital();
        Stage::of(self.tracks.status).filter(|_| awaited)
    }

    /// Whether [`Order::expected`] looks at lanes at all.
    pub fn asks_its_lane(&self) -> bool {
        self.awaited_in().is_some()
    }

    /// The day it should arrive; none if it has, or will not. A promise that has passed stays what it is: it is late, and no
    /// estimate makes it less so. An estimate is never a day that has passed.
    pub fn expected(&self, now: Timestamp, zone: &TimeZone, ways: &Ways) -> Option<Expected> {
        let usual = self.usual_days()?;
        if let Some(day) = self.tracks.eta {
            return Some(Expected { day, latest: None, basis: Basis::Promise, orders: 0 });
        }
        self.by_method(now, zone).or_else(|| self.by_lane(now, zone, ways)).or_else(|| {
            let day = now.to_zoned(zone.clone()).date().checked_add(usual.days()).ok()?;
            Some(Expected { day, latest: None, basis: Basis::UsualDays, orders: 0 })
        })
    }

    fn by_method(&self, now: Timestamp, zone: &TimeZone) -> Option<Expected> {
        let (today, usual) = (now.to_zoned(zone.clone()).date(), self.usual_days()?);
        // The last of the usual days is the way itself.
        let leaves = match self.stages.entered(Stage::Shipped) {
            Some(left) => left.to_zoned(zone.clone()).date(),
            None => today.checked_add((usual - 1).days()).ok()?,
        };
        let day = self.shipping_method?.eta(leaves, &DayCount::Calendar)?.max(today);
        Some(Expected { day, latest: None, basis: Basis::Method, orders: 0 })
    }

    fn by_lane(&self, now: Timestamp, zone: &TimeZone, ways: &Ways) -> Option<Expected> {
        let stage = self.awaited_in()?;
        let entered = self.stages.entered(stage).unwrap_or(self.status_since);
        // A clock that was set back makes nothing arrive before it was sent.
        let elapsed_s = now.duration_since(entered).as_secs().max(0);
        let estimate = ways.estimate(&Lane::of(self), stage, now, elapsed_s)?;
        let day = |took_s: i64| {
            let arrives = now.checked_add(SignedDuration::from_secs(took_s - elapsed_s)).ok()?;
            Some(arrives.to_zoned(zone.clone()).date())
        };
        Some(Expected { day: day(estimate.p50_s)?, latest: Some(day(estimate.p90_s)?), basis: Basis::Lane, orders: estimate.orders })
    }
}
