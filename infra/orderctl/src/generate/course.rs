//! How far an order has come: decided by its age, with the mishaps that real ones have.

use super::people::Country;
use super::plan::{PlannedDay, Spec};
use super::random::Random;
use jiff::civil::Date;
use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};

/// A status word, as a shop's sheet has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Word {
    /// Nothing has happened yet.
    Received,
    /// Being packed.
    Processing,
    /// Waits for a person.
    OnHold,
    /// Handed to the carrier.
    Shipped,
    /// Scanned on the way.
    InTransit,
    /// On the last vehicle.
    OutForDelivery,
    /// Later than promised, and known to be.
    Delayed,
    /// Handed over.
    Delivered,
    /// Closed a week after delivery.
    Completed,
    /// Called off.
    Cancelled,
    /// Sent back.
    Returned,
}

impl Word {
    /// As it is written: "In Transit".
    pub const fn text(self) -> &'static str {
        match self {
            Word::Received => "Received",
            Word::Processing => "Processing",
            Word::OnHold => "On Hold",
            Word::Shipped => "Shipped",
            Word::InTransit => "In Transit",
            Word::OutForDelivery => "Out For Delivery",
            Word::Delayed => "Delayed",
            Word::Delivered => "Delivered",
            Word::Completed => "Completed",
            Word::Cancelled => "Cancelled",
            Word::Returned => "Returned",
        }
    }

    /// The carrier has, or had, the parcel.
    pub const fn has_left(self) -> bool {
        !matches!(self, Word::Received | Word::Processing | Word::OnHold | Word::Cancelled)
    }
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) word: Word,
    pub(super) eta: Option<Date>,
}

/// Delayed orders are this old.
const DELAYED_DAYS: std::ops::RangeInclusive<i64> = 3..=16;
/// Share of all orders that should be delayed now, in thousandths.
const DELAYED_SHARE: u64 = 30;
/// Share of the orders of that age that may be delayed at most, in thousandths: where a long history dilutes
/// them, fewer delays are more credible than a shop in ruins.
const DELAYED_SHARE_MAX: u64 = 250;
const CANCELLED_SHARE: u64 = 40;
const RETURNED_SHARE: u64 = 30;
const ON_HOLD_SHARE: u64 = 20;
const DAY: i64 = 24 * 60;

/// How many in a thousand orders of [`DELAYED_DAYS`] are delayed, so that about 3 % of all are.
pub(super) fn delay_share(spec: &Spec, days: &[PlannedDay]) -> u64 {
    let age = |day: Date| spec.as_of.duration_since(day).as_hours() / 24;
    let count = |orders: &mut dyn Iterator<Item = &PlannedDay>| orders.map(|day| u64::from(day.orders)).sum::<u64>();
    let all = count(&mut days.iter());
    let of_age = count(&mut days.iter().filter(|day| DELAYED_DAYS.contains(&age(day.day))));
    // Some of the drawn ones are cancelled before they can be late.
    (all * DELAYED_SHARE * 1_000 / (1_000 - CANCELLED_SHARE) / of_age.max(1)).min(DELAYED_SHARE_MAX)
}

/// Where an order placed then stands at the specification's "now".
pub(super) fn standing(spec: &Spec, placed_at: Timestamp, country: &Country, delay: u64, random: &mut Random) -> Standing {
    let placed_on = day_of(placed_at);
    let minutes = spec.now().duration_since(placed_at).as_mins();
    let promised = after(placed_on, random.between(country.promise_days.0, country.promise_days.1));
    let age_days = spec.as_of.duration_since(placed_on).as_hours() / 24;
    if random.in_thousand(CANCELLED_SHARE) && minutes >= random.between(30, 2 * DAY) {
        return Standing { word: Word::Cancelled, eta: None };
    }
    if DELAYED_DAYS.contains(&age_days) && random.in_thousand(delay) {
        return delayed(spec, promised, random);
    }
    let packed = random.between(3 * 60, 30 * 60);
    if minutes < packed {
        return before_leaving(minutes, packed, promised, random);
    }
    let late_by = [-1, 0, 1, 2, 3][random.weighted(&[200, 640, 90, 45, 25])];
    let arrival = after(promised, late_by).max(after(placed_on, 1));
    let word = if spec.as_of < arrival {
        if minutes < packed + 14 * 60 { Word::Shipped } else { Word::InTransit }
    } else {
        arrived(spec, arrival, random)
    };
    Standing { word, eta: Some(promised) }
}

/// Known to be late: with the old promise still standing, or a new one for the days to come.
fn delayed(spec: &Spec, promised: Date, random: &mut Random) -> Standing {
    let renewed = random.in_thousand(400) || promised >= spec.as_of;
    let eta = if renewed { after(spec.as_of.max(promised), random.between(1, 4)) } else { promised };
    Standing { word: Word::Delayed, eta: Some(eta) }
}

fn before_leaving(minutes: i64, packed: i64, promised: Date, random: &mut Random) -> Standing {
    if random.in_thousand(ON_HOLD_SHARE) {
        return Standing { word: Word::OnHold, eta: None };
    }
    let word = if minutes * 5 < packed * 2 { Word::Received } else { Word::Processing };
    // The shop hasn't always promised a day yet.
    let silent = word == Word::Received && random.in_thousand(200);
    Standing { word, eta: (!silent).then_some(promised) }
}

fn arrived(spec: &Spec, arrival: Date, random: &mut Random) -> Word {
    let since_days = spec.as_of.duration_since(arrival).as_hours() / 24;
    let door_hour = random.between(9, 19);
    let returned_after = random.between(4, 14);
    if since_days == 0 && i64::from(spec.as_of_time.hour()) < door_hour {
        Word::OutForDelivery
    } else if random.in_thousand(RETURNED_SHARE) && since_days >= returned_after {
        Word::Returned
    } else if since_days >= 7 {
        Word::Completed
    } else {
        Word::Delivered
    }
}

pub(super) fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::UTC).date()
}

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().days(days))
}

/// The moment this many seconds into a day, in UTC.
pub(super) fn moment(day: Date, seconds: i64) -> Timestamp {
    let midnight = day.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()).unwrap_or(Timestamp::MAX);
    midnight.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}
