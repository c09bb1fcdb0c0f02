//! A shop's targets, and the deadline that follows from one.

use super::Sla;
use super::factor::{Factor, FactorPercents, PERCENT_MAX, stretched};
use super::hours::Hours;
use crate::order::watch::{NEVER, end_of};
use crate::order::{Fault, Order};
use crate::shipping::rates::Service;
use crate::shipping::{Calendar, Handling, ShippingMethod};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Longest target, in minutes: a year.
const MINUTES_MAX: u32 = 525_600;
/// Most working days that a carrier may have.
const CARRIER_DAYS_MAX: u8 = 60;
/// Seasons that a shop may name, and holidays.
const PEAKS_MAX: usize = 50;
const HOLIDAYS_MAX: usize = 400;

/// Working days that carriers have, by service; 0 = does not matter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CarrierDays {
    /// Standard.
    pub standard: u8,
    /// Express.
    pub express: u8,
    /// Overnight.
    pub overnight: u8,
}

impl Default for CarrierDays {
    fn default() -> Self {
        CarrierDays { standard: 5, express: 2, overnight: 1 }
    }
}

/// Days of a season, both ends among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRange {
    /// Its first day.
    pub from: Date,
    /// Its last.
    pub until: Date,
}

/// What a shop has promised, or has been promised by its warehouse and carriers. A clock keeps the rules that it was started by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SlaRules {
    /// Clocks are run.
    pub enabled: bool,
    /// Minutes from paid to picked; 0 = does not matter, as for all of these.
    pub pick_min: u32,
    /// Minutes from picked to packed.
    pub pack_min: u32,
    /// Minutes from picked to anything more: then a scan is missing.
    pub scan_min: u32,
    /// Minutes from packed to being with its carrier.
    pub ship_min: u32,
    /// Minutes from paid to delivered.
    pub delivery_min: u32,
    /// Working days from being with its carrier to delivered.
    pub carrier_days: CarrierDays,
    /// When so much of its time has gone, in percent, a clock is at risk.
    pub warn_at_percent: u8,
    /// The hours that count for work in the house. Not said: all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hours: Option<Hours>,
    /// The days that are worked, in the house and by carriers.
    pub days: Calendar,
    /// Seasons in which work takes longer.
    pub peaks: Vec<DayRange>,
    /// More orders than this in an hour make work take longer; 0 = does not matter.
    pub busy_over: u32,
    /// How much longer circumstances make work.
    pub factors: FactorPercents,
}

impl Default for SlaRules {
    fn default() -> Self {
        SlaRules {
            enabled: false,
            pick_min: 120,
            pack_min: 180,
            scan_min: 270,
            ship_min: 1_440,
            delivery_min: 4_320,
            carrier_days: CarrierDays::default(),
            warn_at_percent: 80,
            hours: None,
            days: Calendar::default(),
            peaks: Vec::new(),
            busy_over: 100,
            factors: FactorPercents::default(),
        }
    }
}

impl SlaRules {
    /// Seconds that this order has for it, before anything makes it longer; for [`Sla::Carrier`] as if every day was worked. None if it does
    /// not matter.
    pub fn target_s(&self, sla: Sla, order: &Order) -> Option<i64> {
        // What nobody sends has none of these, and what its customer comes for has no carrier.
        if order.all_digital() || order.shipping_method == Some(ShippingMethod::Digital) {
            return None;
        }
        let is_fetched = order.shipping_method == Some(ShippingMethod::Pickup);
        let minutes = match sla {
            Sla::Pick => self.pick_min,
            Sla::Pack => self.pack_min,
            Sla::Scan => self.scan_min,
            Sla::Ship => self.ship_min,
            Sla::Delivery => self.delivery_min,
            Sla::Carrier => u32::from(self.carrier_days(order)) * 24 * 60,
        };
        let matters = minutes > 0 && !(is_fetched && matches!(sla, Sla::Carrier | Sla::Delivery));
        matters.then(|| i64::from(minutes) * 60)
    }

    fn carrier_days(&self, order: &Order) -> u8 {
        let bought = order.consignments.iter().flat_map(|one| &one.labels).filter_map(|label| label.quote.as_ref()).next_back();
        let service = bought.map(|quote| quote.service).or_else(|| order.shipping_method.and_then(ShippingMethod::service));
        match service.unwrap_or(Service::Standard) {
            Service::Overnight => self.carrier_days.overnight,
            Service::Express => self.carrier_days.express,
            Service::Standard => self.carrier_days.standard,
        }
    }

    /// What makes it take longer for this order, if its clock starts at this moment. How busy the hour was is known when it is over.
    pub fn factors(&self, sla: Sla, order: &Order, start: Timestamp, zone: &TimeZone) -> Vec<Factor> {
        if !sla.is_work() {
            return Vec::new();
        }
        let day = start.to_zoned(zone.clone()).date();
        let handling: BTreeSet<Handling> =
            order.lines.iter().zip(order.wanted()).filter(|(_, wanted)| *wanted > 0).flat_map(|(line, _)| line.handling.clone()).collect();
        let holds = |factor: &Factor| match factor {
            // Where only working hours count, other days do not count anyway.
            Factor::Holiday => self.hours.is_none() && self.days.holidays.contains(&day),
            Factor::Weekend => self.hours.is_none() && !self.days.holidays.contains(&day) && !self.days.works_on(day),
            Factor::Peak => self.peaks.iter().any(|peak| (peak.from..=peak.until).contains(&day)),
            Factor::Oversized => handling.contains(&Handling::Oversized),
            Factor::Hazmat => handling.contains(&Handling::Hazmat),
            Factor::Fragile => handling.contains(&Handling::Fragile),
            Factor::Busy => false,
        };
        Factor::ALL.into_iter().filter(holds).collect()
    }

    /// The last moment at which it is in time.
    pub fn due(&self, sla: Sla, start: Timestamp, target_s: i64, factors: &[Factor], zone: &TimeZone) -> Timestamp {
        let plain = |seconds: i64| start.checked_add(SignedDuration::from_secs(seconds)).ok();
        let due = match (sla, self.hours) {
            (Sla::Carrier, _) => {
                let days = u8::try_from(target_s / (24 * 60 * 60)).unwrap_or(u8::MAX);
                self.days.add(start.to_zoned(zone.clone()).date(), days).and_then(|day| end_of(day, zone))
            }
            (Sla::Delivery, _) => plain(target_s),
            (_, Some(hours)) => hours.after(start, stretched(target_s, factors, &self.factors), &self.days, zone),
            (_, None) => plain(stretched(target_s, factors, &self.factors)),
        };
        due.map_or(NEVER, |at| at.min(NEVER))
    }

    /// When so much of the time has gone that it may not be enough.
    pub fn warn_at(&self, start: Timestamp, due: Timestamp) -> Timestamp {
        let gone = due.duration_since(start).as_secs().max(0) * i64::from(self.warn_at_percent) / 100;
        start.checked_add(SignedDuration::from_secs(gone)).map_or(due, |at| at.min(due))
    }

    /// Everything that is wrong with it, by its place under `sla`.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        let mut fault = |field: &str, code: &str, text: &str| faults.push(Fault::new(format!("sla.{field}"), code, text));
        let targets = [
            ("pick_min", self.pick_min),
            ("pack_min", self.pack_min),
            ("scan_min", self.scan_min),
            ("ship_min", self.ship_min),
            ("delivery_min", self.delivery_min),
        ];
        for (field, _) in targets.into_iter().filter(|(_, minutes)| *minutes > MINUTES_MAX) {
            fault(field, "out_of_range", "0 (does not matter) to 525600 minutes");
        }
        let CarrierDays { standard, express, overnight } = self.carrier_days;
        if [standard, express, overnight].into_iter().any(|days| days > CARRIER_DAYS_MAX) {
            fault("carrier_days", "out_of_range", "0 (does not matter) to 60 working days");
        }
        if !(1..=100).contains(&self.warn_at_percent) {
            fault("warn_at_percent", "out_of_range", "1 to 100 percent of the time");
        }
        if self.hours.is_some_and(|hours| hours.opens >= hours.closes) {
            fault("hours", "out_of_range", "opens before it closes, on the same day");
        }
        if !self.days.worked.contains(&true) {
            fault("days.worked", "required", "at least one day of the week is worked");
        }
        if self.days.holidays.len() > HOLIDAYS_MAX {
            fault("days.holidays", "too_many", "at most 400");
        }
        if self.peaks.len() > PEAKS_MAX || self.peaks.iter().any(|peak| peak.until < peak.from) {
            fault("peaks", "out_of_range", "at most 50, each from a day until the same day or a later one");
        }
        for factor in Factor::ALL {
            if !(100..=PERCENT_MAX).contains(&self.factors.of(factor)) {
                fault(&format!("factors.{}", factor.as_str()), "out_of_range", "100 (no longer) to 300 percent");
            }
        }
        faults
    }
}
