//! How often, and when, a customer is written to about an order.

use super::MessageKind;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

/// Within this, messages are counted.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Hours of a day in which nobody is to be woken: from the first to before the second, past midnight if need be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuietHours {
    /// 0 to 23.
    pub from: u8,
    /// 0 to 23.
    pub until: u8,
}

impl QuietHours {
    /// When they end, if it is one of them where the customer is. An hour that the clocks leave out ends with the next one.
    pub fn until(&self, now: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        let local = now.to_zoned(zone.clone());
        let hour = u8::try_from(local.hour()).ok()?;
        let quiet = if self.from < self.until { (self.from..self.until).contains(&hour) } else { hour >= self.from || hour < self.until };
        if !quiet {
            return None;
        }
        let day = if hour < self.until { local.date() } else { local.date().checked_add(1.day()).ok()? };
        let end = day.at(i8::try_from(self.until).ok()?, 0, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
        (end > now).then_some(end)
    }
}

/// A message that went out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sent {
    /// When.
    pub at: Timestamp,
    /// What of.
    pub kind: MessageKind,
}

/// Why another message is one too many, if it is: `per_day` of them a day about one order (0 = no limit), and one reminder.
/// What the shop's people write themselves is theirs to judge.
pub fn too_many(kind: MessageKind, sent: &[Sent], per_day: u32, now: Timestamp) -> Option<String> {
    let today = || sent.iter().filter(|sent| now.duration_since(sent.at) < DAY);
    if kind == MessageKind::Delay && today().any(|sent| sent.kind == MessageKind::Delay) {
        return Some("cap: they were reminded less than 24 hours ago".to_owned());
    }
    let full = per_day > 0 && kind != MessageKind::Custom && today().count() >= per_day as usize;
    full.then(|| format!("cap: {per_day} messages about an order within 24 hours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    // req: S1-16
    #[test]
    fn quiet_hours_end_where_the_customer_is() {
        let night = QuietHours { from: 21, until: 8 };
        let zone = TimeZone::get("Europe/Warsaw").unwrap();
        let until = |now: &str| night.until(at(now), &zone).map(|end| end.to_string());
        assert_eq!(until("2025-08-09T18:59:59Z"), None, "20:59:59");
        assert_eq!(until("2025-08-09T19:00:00Z").as_deref(), Some("2025-08-10T06:00:00Z"));
        assert_eq!(until("2025-08-10T05:59:59Z").as_deref(), Some("2025-08-10T06:00:00Z"));
        assert_eq!(until("2025-08-10T06:00:00Z"), None, "8:00:00");
        let noon = QuietHours { from: 12, until: 13 };
        assert_eq!(noon.until(at("2025-08-09T12:30:00Z"), &TimeZone::UTC), Some(at("2025-08-09T13:00:00Z")));
        // The night on which the clocks go forward is an hour shorter, the other an hour longer.
        assert_eq!(until("2025-03-29T23:00:00Z").as_deref(), Some("2025-03-30T06:00:00Z"));
        assert_eq!(until("2025-10-25T23:00:00Z").as_deref(), Some("2025-10-26T07:00:00Z"));
        // An hour that is left out: quiet until 2, and there is no 2 o'clock.
        let short = QuietHours { from: 22, until: 2 };
        assert_eq!(short.until(at("2025-03-30T00:30:00Z"), &zone), Some(at("2025-03-30T01:00:00Z")));
    }

    // req: S1-31
    #[test]
    fn one_reminder_a_day_and_not_too_many_messages() {
        let now = at("2025-08-09T12:00:00Z");
        let sent = |hours: i64, kind| Sent { at: now - SignedDuration::from_hours(hours), kind };
        let (delay, status) = (MessageKind::Delay, MessageKind::Status);
        assert!(too_many(delay, &[sent(23, delay)], 0, now).is_some_and(|why| why.starts_with("cap: ")));
        assert_eq!(too_many(delay, &[sent(24, delay), sent(1, status)], 0, now), None);
        assert_eq!(too_many(status, &[sent(1, status), sent(25, status)], 2, now), None);
        assert!(too_many(status, &[sent(1, status), sent(2, delay)], 2, now).is_some());
        assert_eq!(too_many(MessageKind::Custom, &[sent(1, status), sent(2, delay)], 2, now), None);
        assert_eq!(too_many(status, &[sent(1, status); 99], 0, now), None);
    }
}
