//! Where parcels leave from: which warehouse is best for an order, and when it gets the order out.

use super::calendar::Calendar;
use super::route::Point;
use crate::ids::LocationId;
use crate::order::{Fault, Order};
use crate::shipping::address;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// From the moment somebody takes an order on until it can leave.
pub const HANDLING: SignedDuration = SignedDuration::from_hours(2);
/// Holidays of a warehouse, of all years together.
const HOLIDAYS_MAX: usize = 400;
/// Regions that a warehouse is the one for.
const REGIONS_MAX: usize = 300;
/// Warehouses of a shop.
pub const WAREHOUSES_MAX: usize = 100;

/// A place that orders leave from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warehouse {
    /// The location that its stock is kept under.
    pub id: LocationId,
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// Regions of its country that it is the one for ("CA"). None: those that no other warehouse is for.
    #[serde(default)]
    pub serves: BTreeSet<String>,
    /// Where it is, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Point>,
    /// Open orders that it can have at once.
    pub capacity: u32,
    /// Its zones, in which orders are picked together.
    pub zones: Vec<String>,
    /// IANA name: its hours are those of its own clock.
    pub time_zone: String,
    /// It opens.
    pub opens: Time,
    /// It closes; later the same day.
    pub closes: Time,
    /// What is taken on by then leaves the same day. Not said: whatever can be handled before it closes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cut_off: Option<Time>,
    /// The days it works.
    #[serde(default)]
    pub days: Calendar,
}

/// Why a warehouse ships on no day.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoShipDate {
    /// Its time zone has no such name.
    #[error("{0} is no time zone: use an IANA name such as America/New_York")]
    UnknownZone(String),
    /// No day within a year is worked.
    #[error("it does not work on any day of the next year")]
    NeverOpen,
    /// A day without this hour, or beyond the calendar.
    #[error("that moment cannot be told")]
    OutOfTime,
}

/// When an order leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShipDate {
    /// The moment it can leave.
    pub at: Timestamp,
    /// That day, where the warehouse is.
    pub day: Date,
    /// Ordered until then, it leaves on that day: what a customer is shown.
    pub cut_off: Timestamp,
}

/// The warehouses unless a shop has its own: New York and Los Angeles.
pub fn defaults() -> Vec<Warehouse> {
    let warehouse = |id: &str, at, serves: &[&str], capacity, zones: &[&str], time_zone: &str, opens, closes| {
        Some(Warehouse {
            id: LocationId::parse(id).ok()?,
            country: "US".to_owned(),
            serves: serves.iter().map(ToString::to_string).collect(),
            at: Some(at),
            capacity,
            zones: zones.iter().map(ToString::to_string).collect(),
            time_zone: time_zone.to_owned(),
            opens: Time::constant(opens, 0, 0, 0),
            closes: Time::constant(closes, 0, 0, 0),
            cut_off: None,
            days: Calendar::default(),
        })
    };
    let (new_york, los_angeles) = (Point::of_degrees(40.71, -74.01), Point::of_degrees(34.05, -118.24));
    [
        warehouse("ny", new_york, &[], 10_000, &["A", "B", "C", "D"], "America/New_York", 6, 22),
        warehouse("la", los_angeles, &["CA", "WA", "OR", "NV", "AZ"], 8_000, &["A", "B", "C"], "America/Los_Angeles", 7, 23),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// What is wrong with a shop's warehouses, all of it.
pub fn faults(warehouses: &[Warehouse]) -> Vec<Fault> {
    let mut faults = Vec::new();
    if warehouses.len() > WAREHOUSES_MAX {
        faults.push(Fault::new("warehouses", "too_many", format!("at most {WAREHOUSES_MAX}")));
    }
    let mut known = BTreeSet::new();
    for (at, warehouse) in warehouses.iter().take(WAREHOUSES_MAX).enumerate() {
        let mut fault =
            |field: &str, code: &str, message: &str| faults.push(Fault::new(format!("warehouses[{at}].{field}"), code, message));
        if !known.insert(&warehouse.id) {
            fault("id", "taken", "each warehouse needs a name of its own");
        }
        if warehouse.country.len() != 2 || !warehouse.country.bytes().all(|b| b.is_ascii_uppercase()) {
            fault("country", "bad_country", "two upper-case letters, as in US");
        }
        if TimeZone::get(&warehouse.time_zone).is_err() {
            fault("time_zone", "bad_time_zone", "an IANA name such as America/New_York");
        }
        if warehouse.opens >= warehouse.closes {
            fault("closes", "out_of_range", "must be after it opens, on the same day");
        }
        if warehouse.cut_off.is_some_and(|cut_off| cut_off < warehouse.opens || cut_off > warehouse.closes) {
            fault("cut_off", "out_of_range", "must be while it is open");
        }
        if warehouse.capacity == 0 {
            fault("capacity", "out_of_range", "at least 1");
        }
        if !warehouse.days.worked.contains(&true) {
            fault("days.worked", "required", "at least one day of the week");
        }
        if warehouse.days.holidays.len() > HOLIDAYS_MAX || warehouse.serves.len() > REGIONS_MAX {
            fault("days.holidays", "too_many", "at most 400 holidays and 300 regions");
        }
        let good_zone = |zone: &String| (1..=20).contains(&zone.chars().count()) && !zone.chars().any(char::is_control);
        if warehouse.zones.len() > 50 || !warehouse.zones.iter().all(good_zone) {
            fault("zones", "bad_zone", "at most 50 names of 1 to 20 characters");
        }
    }
    Fault::listed(faults, 0)
}

impl Warehouse {
    fn zone(&self) -> Result<TimeZone, NoShipDate> {
        TimeZone::get(&self.time_zone).map_err(|_| NoShipDate::UnknownZone(self.time_zone.clone()))
    }

    /// The last moment of a day's work at which an order is taken on that still leaves that day.
    fn last_call(&self) -> Time {
        self.cut_off.unwrap_or_else(|| self.closes.saturating_sub(HANDLING)).max(self.opens)
    }

    fn moment(&self, day: Date, time: Time, zone: &TimeZone) -> Result<Timestamp, NoShipDate> {
        // An hour that a clock skips or repeats is the first that can be meant.
        let zoned = day.to_datetime(time).to_zoned(zone.clone()).map_err(|_| NoShipDate::OutOfTime)?;
        Ok(zoned.timestamp())
    }

    /// When an order leaves that is taken on at a moment: two hours later if somebody is there to do it until the cut-off, else two
    /// hours after the warehouse opens next.
    pub fn ship_date(&self, taken_on: Timestamp) -> Result<ShipDate, NoShipDate> {
        let zone = self.zone()?;
        let local = taken_on.to_zoned(zone.clone());
        let today = local.date();
        let in_time = self.days.works_on(today) && local.time() <= self.last_call();
        let day = if in_time { today } else { self.days.next_after(today).ok_or(NoShipDate::NeverOpen)? };
        let opens = self.moment(day, self.opens, &zone)?;
        let begins = taken_on.max(opens);
        let handled = begins.checked_add(HANDLING).map_err(|_| NoShipDate::OutOfTime)?;
        // With a late cut-off, whoever is there hurries: what leaves on a day has left when the door closes.
        let at = handled.min(self.moment(day, self.closes, &zone)?).max(begins);
        Ok(ShipDate { at, day, cut_off: self.moment(day, self.last_call(), &zone)? })
    }

    /// Until when everything that leaves on a day has to be ready: it closes then.
    pub fn last_collection(&self, day: Date) -> Result<Timestamp, NoShipDate> {
        self.moment(day, self.closes, &self.zone()?)
    }

    /// Minutes until it is open; 0 if it is.
    fn opens_in_min(&self, now: Timestamp) -> Option<i64> {
        let zone = self.zone().ok()?;
        let local = now.to_zoned(zone.clone());
        let (today, time) = (local.date(), local.time());
        if self.days.works_on(today) && (self.opens..self.closes).contains(&time) {
            return Some(0);
        }
        let day = if self.days.works_on(today) && time < self.opens { today } else { self.days.next_after(today)? };
        let opens = self.moment(day, self.opens, &zone).ok()?;
        Some(opens.duration_since(now).as_mins().max(0))
    }
}

/// Where an order goes, for choosing a warehouse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Destination {
    /// ISO 3166-1 alpha-2.
    pub country: String,
    /// State or province.
    pub region: Option<String>,
    /// If that is known.
    pub at: Option<Point>,
}

impl Destination {
    /// Where an order goes, as far as that is known.
    pub fn of(order: &Order) -> Destination {
        let written = order.contact.as_ref().and_then(|contact| contact.address.as_ref());
        let checked = written.and_then(|address| address::check(address).ok()).map(|checked| checked.address);
        Destination {
            country: order.country.clone().unwrap_or_default(),
            region: checked.and_then(|address| address.region().map(str::to_owned)),
            at: None,
        }
    }
}

/// How a warehouse stands at the moment.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Standing {
    /// Pieces of the order that it has.
    pub pieces_available: u32,
    /// Orders that wait there.
    pub open_orders: u32,
}

/// What speaks against a warehouse, in points; the fewer the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Score {
    /// 0 for whom it is the one, 50 for others of its country, 100 abroad; plus a point every 50 km, at most 100.
    pub distance: u32,
    /// Two points for each percent of the pieces that it does not have.
    pub stock: u32,
    /// Half a point for each percent of its capacity that is taken; 200 if it is full.
    pub load: u32,
    /// A point for each half hour until it opens, at most 100.
    pub hours: u32,
}

impl Score {
    /// All of it.
    pub const fn total(self) -> u32 {
        self.distance + self.stock + self.load + self.hours
    }
}

/// A warehouse among others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ranked {
    /// Which.
    pub id: LocationId,
    /// Why it stands where it stands.
    pub score: Score,
}

fn percent(part: u32, whole: u32) -> u32 {
    if whole == 0 { 0 } else { u32::try_from(u64::from(part.min(whole)) * 100 / u64::from(whole)).unwrap_or(100) }
}

fn score(warehouse: &Warehouse, all: &[Warehouse], to: &Destination, pieces: u32, standing: Standing, now: Timestamp) -> Score {
    let served = |region: &str, by: &Warehouse| by.country == to.country && by.serves.contains(region);
    let by_region = match &to.region {
        _ if warehouse.country != to.country => 100,
        Some(region) if served(region, warehouse) => 0,
        Some(region) if warehouse.serves.is_empty() && !all.iter().any(|other| served(region, other)) => 0,
        None if warehouse.serves.is_empty() => 0,
        _ => 50,
    };
    let km = warehouse.at.zip(to.at).map_or(0, |(from, to)| from.metres_to(to) / 1_000);
    let load = if standing.open_orders >= warehouse.capacity { 200 } else { percent(standing.open_orders, warehouse.capacity) / 2 };
    let closed_min = warehouse.opens_in_min(now).unwrap_or(i64::MAX);
    Score {
        distance: by_region + u32::try_from(km / 50).unwrap_or(100).min(100),
        stock: 2 * (100 - percent(standing.pieces_available, pieces.max(1))),
        load,
        hours: u32::try_from(closed_min / 30).unwrap_or(100).min(100),
    }
}

/// Warehouses for an order of so many pieces, the best first; ties go to the name, so that the same order always goes the same way.
/// Warehouses beyond [`WAREHOUSES_MAX`] are not looked at.
pub fn rank(warehouses: &[(Warehouse, Standing)], to: &Destination, pieces: u32, now: Timestamp) -> Vec<Ranked> {
    let warehouses = &warehouses[..warehouses.len().min(WAREHOUSES_MAX)];
    let all: Vec<Warehouse> = warehouses.iter().map(|(warehouse, _)| warehouse.clone()).collect();
    let mut ranked: Vec<Ranked> = warehouses
        .iter()
        .map(|(warehouse, standing)| Ranked { id: warehouse.id.clone(), score: score(warehouse, &all, to, pieces, *standing, now) })
        .collect();
    ranked.sort_by(|a, b| a.score.total().cmp(&b.score.total()).then_with(|| a.id.cmp(&b.id)));
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn standing(pieces_available: u32, open_orders: u32) -> Standing {
        Standing { pieces_available, open_orders }
    }

    fn best(region: &str, ny: Standing, la: Standing, now: &str) -> String {
        let [first, second] = <[Warehouse; 2]>::try_from(defaults()).unwrap();
        let to = Destination { country: "US".to_owned(), region: Some(region.to_owned()), at: None };
        rank(&[(first, ny), (second, la)], &to, 3, at(now))[0].id.to_string()
    }

    // req: S2-57
    #[test]
    fn california_is_served_from_los_angeles_and_new_jersey_from_new_york() {
        let full = standing(3, 100);
        for now in ["2025-08-08T15:00:00Z", "2025-08-08T03:00:00Z", "2025-08-09T12:00:00Z"] {
            for (region, from) in [("CA", "la"), ("WA", "la"), ("OR", "la"), ("NV", "la"), ("AZ", "la"), ("NJ", "ny"), ("TX", "ny")] {
                assert_eq!(best(region, full, full, now), from, "{region} {now}");
            }
        }
        let noon = "2025-08-08T19:00:00Z";
        assert_eq!(best("CA", full, standing(0, 100), noon), "ny", "what is not there cannot leave");
        assert_eq!(best("CA", full, standing(3, 8_000), noon), "ny", "Los Angeles is full");
        assert_eq!(best("NJ", standing(3, 9_999), full, noon), "ny", "nearly full is not full");
    }

    // req: S2-57
    #[test]
    fn the_score_says_why() {
        let [ny, la] = <[Warehouse; 2]>::try_from(defaults()).unwrap();
        let to = Destination { country: "US".to_owned(), region: Some("CA".to_owned()), at: Some(Point::of_degrees(37.77, -122.42)) };
        let ranked = rank(&[(ny, standing(3, 5_000)), (la, standing(2, 800))], &to, 3, at("2025-08-08T12:00:00Z"));
        assert_eq!(ranked[0].id.as_str(), "la");
        assert_eq!(ranked[0].score, Score { distance: 11, stock: 68, load: 5, hours: 4 }, "559 km, two of three, opens at seven");
        assert_eq!(ranked[1].score, Score { distance: 132, stock: 0, load: 25, hours: 0 }, "4,129 km");
        let abroad = Destination { country: "DE".to_owned(), ..Destination::default() };
        let ranked =
            rank(&defaults().into_iter().map(|each| (each, standing(1, 0))).collect::<Vec<_>>(), &abroad, 1, at("2025-08-08T16:00:00Z"));
        assert_eq!(ranked.iter().map(|each| each.score.distance).collect::<Vec<_>>(), [100, 100]);
        assert_eq!(ranked[0].id.as_str(), "la", "the same score: by name");
    }

    // req: S2-57
    #[test]
    fn defaults_are_as_the_source_has_them() {
        let [ny, la] = <[Warehouse; 2]>::try_from(defaults()).unwrap();
        assert_eq!((ny.capacity, ny.zones.join(""), ny.opens.hour(), ny.closes.hour()), (10_000, "ABCD".to_owned(), 6, 22));
        assert_eq!((la.capacity, la.zones.join(""), la.opens.hour(), la.closes.hour()), (8_000, "ABC".to_owned(), 7, 23));
        assert_eq!(faults(&[ny.clone(), la.clone()]), []);
        let bad = Warehouse {
            country: "usa".to_owned(),
            time_zone: "Mars/Olympus".to_owned(),
            opens: ny.closes,
            cut_off: Some(Time::midnight()),
            capacity: 0,
            days: Calendar { worked: [false; 7], ..Calendar::default() },
            zones: vec![String::new()],
            ..ny.clone()
        };
        let found: Vec<String> = faults(&[ny, bad]).into_iter().map(|fault| fault.field).collect();
        let fields = ["id", "country", "time_zone", "closes", "cut_off", "capacity", "days.worked", "zones"];
        assert_eq!(found, fields.map(|field| format!("warehouses[1].{field}")));
    }

    // req: S2-58
    #[test]
    fn ship_date_table() {
        let [mut ny, mut la] = <[Warehouse; 2]>::try_from(defaults()).unwrap();
        for warehouse in [&mut ny, &mut la] {
            warehouse.days.holidays = BTreeSet::from([date(2025, 9, 1), date(2025, 12, 25)]);
        }
        // (warehouse, taken on, leaves, that day there, cut-off)
        for (warehouse, taken_on, leaves, day, cut_off) in [
            // New York, before its cut-off at 20:00: two hours later.
            (&ny, "2025-08-06T14:00:00Z", "2025-08-06T16:00:00Z", date(2025, 8, 6), "2025-08-07T00:00:00Z"),
            // At the cut-off, to the second.
            (&ny, "2025-08-07T00:00:00Z", "2025-08-07T02:00:00Z", date(2025, 8, 6), "2025-08-07T00:00:00Z"),
            // A second later: the next day, two hours after it opens at six.
            (&ny, "2025-08-07T00:00:01Z", "2025-08-07T12:00:00Z", date(2025, 8, 7), "2025-08-08T00:00:00Z"),
            // Before it opens: the same day.
            (&ny, "2025-08-06T07:00:00Z", "2025-08-06T12:00:00Z", date(2025, 8, 6), "2025-08-07T00:00:00Z"),
            // Friday evening after the cut-off: Monday.
            (&ny, "2025-08-09T01:00:00Z", "2025-08-11T12:00:00Z", date(2025, 8, 11), "2025-08-12T00:00:00Z"),
            // Saturday at noon: Monday.
            (&ny, "2025-08-09T16:00:00Z", "2025-08-11T12:00:00Z", date(2025, 8, 11), "2025-08-12T00:00:00Z"),
            // The Friday before Labor Day: Tuesday.
            (&ny, "2025-08-30T03:00:00Z", "2025-09-02T12:00:00Z", date(2025, 9, 2), "2025-09-03T00:00:00Z"),
            // On Christmas: the day after.
            (&ny, "2025-12-25T15:00:00Z", "2025-12-26T13:00:00Z", date(2025, 12, 26), "2025-12-27T01:00:00Z"),
            // Los Angeles, the same moment at which New York has closed: it has until 21:00 there.
            (&la, "2025-08-07T00:00:01Z", "2025-08-07T02:00:01Z", date(2025, 8, 6), "2025-08-07T04:00:00Z"),
            // Los Angeles after its cut-off: two hours after it opens at seven.
            (&la, "2025-08-07T04:00:01Z", "2025-08-07T16:00:00Z", date(2025, 8, 7), "2025-08-08T04:00:00Z"),
            // Los Angeles, on Labor Day: Tuesday.
            (&la, "2025-09-01T18:00:00Z", "2025-09-02T16:00:00Z", date(2025, 9, 2), "2025-09-03T04:00:00Z"),
            // The Sunday on which the clocks are put forward: Monday at nine, by the new time.
            (&la, "2025-03-09T18:00:00Z", "2025-03-10T16:00:00Z", date(2025, 3, 10), "2025-03-11T04:00:00Z"),
        ] {
            let expected = ShipDate { at: at(leaves), day, cut_off: at(cut_off) };
            assert_eq!(warehouse.ship_date(at(taken_on)), Ok(expected), "{} {taken_on}", warehouse.id);
        }
        let early = Warehouse { cut_off: Some(Time::constant(14, 0, 0, 0)), ..ny.clone() };
        assert_eq!(early.ship_date(at("2025-08-06T18:00:01Z")).map(|ship| ship.day), Ok(date(2025, 8, 7)), "by a cut-off of its own");
        let late = Warehouse { cut_off: Some(Time::constant(21, 30, 0, 0)), ..ny.clone() };
        let hurried = late.ship_date(at("2025-08-07T01:29:00Z")).map(|ship| (ship.at, ship.day));
        assert_eq!(hurried, Ok((at("2025-08-07T02:00:00Z"), date(2025, 8, 6))), "by closing time");
        let never = Warehouse { days: Calendar { worked: [false; 7], ..Calendar::default() }, ..ny.clone() };
        assert_eq!(never.ship_date(at("2025-08-06T14:00:00Z")), Err(NoShipDate::NeverOpen));
        let nowhere = Warehouse { time_zone: "Mars/Olympus".to_owned(), ..ny.clone() };
        assert_eq!(nowhere.ship_date(at("2025-08-06T14:00:00Z")), Err(NoShipDate::UnknownZone("Mars/Olympus".to_owned())));
        assert!(ny.ship_date(Timestamp::MAX).is_err());
    }
}
