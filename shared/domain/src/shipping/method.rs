//! How a customer wants to have it.

use super::calendar::Calendar;
use super::rates::Service;
use crate::order::TrackingStatus;
use jiff::{ToSpan, civil::Date};
use serde::{Deserialize, Serialize};

/// What the customer chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShippingMethod {
    /// Five days.
    #[default]
    Standard,
    /// Two days.
    Express,
    /// The next day.
    Overnight,
    /// The day it leaves, by a courier of the shop's.
    SameDay,
    /// They come for it.
    Pickup,
    /// Nothing leaves the house.
    Digital,
}

impl ShippingMethod {
    /// Every method.
    pub const ALL: [ShippingMethod; 6] = [Self::Standard, Self::Express, Self::Overnight, Self::SameDay, Self::Pickup, Self::Digital];

    /// Its word.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Express => "express",
            Self::Overnight => "overnight",
            Self::SameDay => "same_day",
            Self::Pickup => "pickup",
            Self::Digital => "digital",
        }
    }

    /// From its word.
    pub fn from_word(word: &str) -> Option<ShippingMethod> {
        Self::ALL.into_iter().find(|method| method.as_str() == word)
    }

    /// Is there anything to pick and pack? Digital goods have no fulfilment at all.
    pub const fn needs_fulfilment(self) -> bool {
        !matches!(self, Self::Digital)
    }

    /// The carriers' service that does it; none if no carrier is asked.
    pub const fn service(self) -> Option<Service> {
        match self {
            Self::Standard => Some(Service::Standard),
            Self::Express => Some(Service::Express),
            Self::Overnight => Some(Service::Overnight),
            Self::SameDay | Self::Pickup | Self::Digital => None,
        }
    }

    /// Where the parcel stands once the warehouse has let go of it. Of those that a carrier has, it is the carrier that says so.
    pub const fn handed_over(self) -> TrackingStatus {
        match self {
            Self::Standard | Self::Express | Self::Overnight => TrackingStatus::Pending,
            Self::SameDay => TrackingStatus::OutForDelivery,
            Self::Pickup => TrackingStatus::ReadyForPickup,
            Self::Digital => TrackingStatus::Delivered,
        }
    }

    /// Days from leaving the house to the customer's door; none if it is the customer who comes.
    pub const fn days(self) -> Option<u8> {
        match self {
            Self::Overnight => Some(1),
            Self::Express => Some(2),
            Self::Standard => Some(5),
            Self::SameDay | Self::Digital => Some(0),
            Self::Pickup => None,
        }
    }

    /// The day it should arrive that leaves on this one.
    ///
    /// What shops promise are calendar days. A carrier that does not drive on Sundays counts its own ([`DayCount::Worked`]).
    pub fn eta(self, leaves: Date, count: &DayCount) -> Option<Date> {
        arrives(leaves, self.days()?, count)
    }
}

/// Which days count.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// All of them.
    #[default]
    Calendar,
    /// Those on which a carrier drives.
    Worked(Calendar),
}

/// The day that comes so many days after one.
pub fn arrives(leaves: Date, days: u8, count: &DayCount) -> Option<Date> {
    match count {
        DayCount::Calendar => leaves.checked_add(i64::from(days).days()).ok(),
        DayCount::Worked(calendar) => calendar.add(leaves, days),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    // req: S2-22
    #[test]
    fn six_methods_and_what_each_needs() {
        use ShippingMethod::{Digital, Express, Overnight, Pickup, SameDay, Standard};
        for (method, word, service, packed, handed) in [
            (Standard, "standard", Some(Service::Standard), true, TrackingStatus::Pending),
            (Express, "express", Some(Service::Express), true, TrackingStatus::Pending),
            (Overnight, "overnight", Some(Service::Overnight), true, TrackingStatus::Pending),
            (SameDay, "same_day", None, true, TrackingStatus::OutForDelivery),
            (Pickup, "pickup", None, true, TrackingStatus::ReadyForPickup),
            (Digital, "digital", None, false, TrackingStatus::Delivered),
        ] {
            assert_eq!(ShippingMethod::from_word(word), Some(method));
            assert_eq!(serde_json::to_string(&method).unwrap(), format!("\"{word}\""));
            assert_eq!(
                (method.as_str(), method.service(), method.needs_fulfilment(), method.handed_over()),
                (word, service, packed, handed)
            );
        }
        assert_eq!(ShippingMethod::from_word("drone"), None);
    }

    // req: S2-62
    #[test]
    fn eta_by_method() {
        let friday = date(2025, 8, 8);
        let worked = DayCount::Worked(Calendar::default());
        for (method, by_calendar, by_work) in [
            (ShippingMethod::Overnight, Some(date(2025, 8, 9)), Some(date(2025, 8, 11))),
            (ShippingMethod::Express, Some(date(2025, 8, 10)), Some(date(2025, 8, 12))),
            (ShippingMethod::Standard, Some(date(2025, 8, 13)), Some(date(2025, 8, 15))),
            (ShippingMethod::SameDay, Some(friday), Some(friday)),
            (ShippingMethod::Digital, Some(friday), Some(friday)),
            (ShippingMethod::Pickup, None, None),
        ] {
            assert_eq!((method.eta(friday, &DayCount::Calendar), method.eta(friday, &worked)), (by_calendar, by_work), "{method:?}");
        }
        assert_eq!(ShippingMethod::Standard.eta(Date::MAX, &DayCount::Calendar), None);
    }
}
