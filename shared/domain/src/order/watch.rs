//! What an open order must not lack for too long. A deadline passes because nothing happened, so nothing has to arrive
//! for an order to need a person: the moment at which it will is known from how it stands, and [`Watched::due`] is it.

use super::{Label, Order, OrderStatus};
use crate::sla::Sla;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// How long is too long, in hours; 0 = does not matter. And what becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct WatchRules {
    /// Pending, since the customer placed it.
    pub pending_after_h: u32,
    /// In processing without any news.
    pub processing_after_h: u32,
    /// In any other open state without any news.
    pub stale_after_h: u32,
    /// Placed, and the customer has heard nothing.
    pub contact_after_h: u32,
    /// A parcel on its way that nobody scans, as long as it is not known how long others of its lane go without one ([`Quiet`]).
    pub stuck_after_h: u32,
    /// A customer whose promised day has passed is told so before they ask.
    pub tell_late: bool,
    /// Clocks are run. No setting of its own: it follows from those of service levels.
    #[serde(skip, default = "are_run")]
    pub clocks: bool,
}

const fn are_run() -> bool {
    true
}

impl Default for WatchRules {
    fn default() -> Self {
        WatchRules::DEFAULT
    }
}

impl WatchRules {
    /// Those of a shop that has said nothing.
    pub const DEFAULT: WatchRules = WatchRules {
        pending_after_h: 48,
        processing_after_h: 48,
        stale_after_h: 96,
        contact_after_h: 24,
        stuck_after_h: 72,
        tell_late: false,
        clocks: true,
    };
    /// Longest wait that can be set, in hours: a year.
    pub const HOURS_MAX: u32 = 8_760;

    /// The waits by name.
    pub const fn named(&self) -> [(&'static str, u32); 5] {
        [
            ("pending_after_h", self.pending_after_h),
            ("processing_after_h", self.processing_after_h),
            ("stale_after_h", self.stale_after_h),
            ("contact_after_h", self.contact_after_h),
            ("stuck_after_h", self.stuck_after_h),
        ]
    }
}

/// Why an order needs a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// The carrier could not hand it over.
    DeliveryFailed,
    /// It could not be carried out.
    Failed,
    /// The promised day has passed.
    Overdue,
    /// A source says it is late.
    Delayed,
    /// It is not as far as it has to be by now.
    SlaMissed,
    /// Its carrier has a parcel of it, and nobody has scanned that for longer than usual.
    ParcelStuck,
    /// Nobody has begun.
    PendingTooLong,
    /// Begun, and no news since.
    ProcessingTooLong,
    /// No news in any other state.
    Stale,
    /// The customer has heard nothing.
    NoCustomerContact,
}

impl Concern {
    /// All, the most urgent first.
    pub const ALL: [Concern; 10] = [
        Concern::DeliveryFailed,
        Concern::Failed,
        Concern::Overdue,
        Concern::Delayed,
        Concern::SlaMissed,
        Concern::ParcelStuck,
        Concern::PendingTooLong,
        Concern::ProcessingTooLong,
        Concern::Stale,
        Concern::NoCustomerContact,
    ];

    /// On the wire and in addresses.
    pub const fn code(self) -> &'static str {
        match self {
            Concern::DeliveryFailed => "delivery_failed",
            Concern::Failed => "failed",
            Concern::Overdue => "overdue",
            Concern::Delayed => "delayed",
            Concern::SlaMissed => "sla_missed",
            Concern::ParcelStuck => "parcel_stuck",
            Concern::PendingTooLong => "pending_too_long",
            Concern::ProcessingTooLong => "processing_too_long",
            Concern::Stale => "stale",
            Concern::NoCustomerContact => "no_customer_contact",
        }
    }

    /// From the wire.
    pub fn of(code: &str) -> Option<Concern> {
        Concern::ALL.into_iter().find(|concern| concern.code() == code)
    }

    /// For people, as a heading or on a filter.
    pub const fn text(self) -> &'static str {
        match self {
            Concern::DeliveryFailed => "Delivery failed",
            Concern::Failed => "Failed",
            Concern::Overdue => "Past promised day",
            Concern::Delayed => "Delayed",
            Concern::SlaMissed => "SLA missed",
            Concern::ParcelStuck => "Parcel stuck",
            Concern::PendingTooLong => "Pending too long",
            Concern::ProcessingTooLong => "Stuck in processing",
            Concern::Stale => "No news",
            Concern::NoCustomerContact => "Customer not told",
        }
    }
}

/// A concern, and the moment after which it holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deadline {
    /// Which.
    pub concern: Concern,
    /// It holds after this moment, not at it.
    pub at: Timestamp,
    /// The moment it rests on, which no rule moves: the same concern with the same basis is the same.
    pub basis: Timestamp,
}

impl Deadline {
    /// Does it hold?
    pub fn has_passed(&self, now: Timestamp) -> bool {
        now > self.at
    }
}

/// A parcel that its carrier has, and that waits to be scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quiet {
    /// Its last scan.
    pub since: Timestamp,
    /// Seconds that 95 of 100 orders of its lane went without a scan at most, as far as that was known when its label was bought.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usual_s: Option<i64>,
}

impl Quiet {
    /// When it counts as stuck, if that takes this long where nothing is known.
    pub fn until(self, hours: u32) -> Timestamp {
        match self.usual_s {
            Some(usual_s) => self.since.checked_add(SignedDuration::from_secs(usual_s)).map_or(NEVER, |at| at.min(NEVER)),
            None => later(self.since, hours),
        }
    }
}

/// What has to be done next by a service level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pressing {
    /// Which.
    pub sla: Sla,
    /// The last moment that is in time.
    pub due_at: Timestamp,
    /// When its clock started, which is the same whatever makes it longer.
    pub started_at: Timestamp,
}

impl Pressing {
    /// Of an order; nothing while it is on hold.
    pub fn of(order: &Order) -> Option<Pressing> {
        let pressing = order.pressing().filter(|_| order.tracks.status != OrderStatus::OnHold)?;
        Some(Pressing { sla: pressing.sla, due_at: pressing.due_at, started_at: pressing.started_at })
    }

    /// What tells it from others of the order. Clocks may start together: a nanosecond for each tells those apart.
    fn basis(&self) -> Timestamp {
        self.started_at.checked_add(SignedDuration::from_nanos(self.sla as i64)).unwrap_or(self.started_at)
    }
}

/// What of an order is watched: as much as a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Watched {
    /// Status.
    pub status: OrderStatus,
    /// The word people see.
    pub label: Label,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When there was last news of it.
    pub news_at: Timestamp,
    /// The promised day.
    pub eta: Option<Date>,
    /// Since when it is known to be late.
    pub delayed_since: Option<Timestamp>,
    /// The customer is to hear of it, and has not.
    pub untold: bool,
    /// Of its parcels that wait to be scanned, the one that is stuck first.
    pub quiet: Option<Quiet>,
    /// Of what its service levels want, what is due first.
    pub pressing: Option<Pressing>,
}

impl Watched {
    /// What of an order is watched.
    pub fn of(order: &Order) -> Watched {
        Watched {
            status: order.tracks.status,
            label: order.label(),
            placed_at: order.placed_at,
            news_at: order.last_news(),
            eta: order.tracks.eta,
            delayed_since: order.tracks.delayed.map(|delay| delay.since),
            untold: order.untold && order.contact.as_ref().is_some_and(|contact| contact.is_reachable()),
            quiet: order.quiet(),
            pressing: Pressing::of(order),
        }
    }

    /// Everything that will need a person if nothing happens. Nothing for an order that is nobody's work.
    fn visit(&self, rules: &WatchRules, zone: &TimeZone, mut hold: impl FnMut(Deadline)) {
        if !self.status.is_open() {
            return;
        }
        // What has failed fails again only after it has moved; the order forgets then that it was raised.
        let mut failed = |concern| hold(Deadline { concern, at: self.news_at, basis: self.placed_at });
        match self.label {
            Label::DeliveryFailed => failed(Concern::DeliveryFailed),
            Label::Failed => failed(Concern::Failed),
            _ => {}
        }
        if let Some(since) = self.delayed_since {
            hold(Deadline { concern: Concern::Delayed, at: since, basis: since });
        }
        if let Some((at, basis)) =
            self.eta.filter(|_| self.status.is_awaited()).and_then(|eta| Some((end_of(eta, zone)?, end_of(eta, &TimeZone::UTC)?)))
        {
            hold(Deadline { concern: Concern::Overdue, at, basis });
        }
        if let Some(quiet) = self.quiet.filter(|_| rules.stuck_after_h > 0) {
            hold(Deadline { concern: Concern::ParcelStuck, at: quiet.until(rules.stuck_after_h), basis: quiet.since });
        }
        if let Some(pressing) = self.pressing.filter(|_| rules.clocks) {
            hold(Deadline { concern: Concern::SlaMissed, at: pressing.due_at, basis: pressing.basis() });
        }
        let mut after = |concern, since: Timestamp, hours: u32| {
            if hours > 0 {
                hold(Deadline { concern, at: later(since, hours), basis: since });
            }
        };
        match self.status {
            OrderStatus::Pending => after(Concern::PendingTooLong, self.placed_at, rules.pending_after_h),
            OrderStatus::Processing => after(Concern::ProcessingTooLong, self.news_at, rules.processing_after_h),
            _ => after(Concern::Stale, self.news_at, rules.stale_after_h),
        }
        if self.untold {
            after(Concern::NoCustomerContact, self.placed_at, rules.contact_after_h);
        }
    }

    /// When the order will need a person, or has begun to. An open order that nothing will ever be wrong with (rules
    /// that are all off) is due at the end of time: lists of open orders still hold it.
    pub fn due(&self, rules: &WatchRules, zone: &TimeZone) -> Option<Timestamp> {
        let mut first = NEVER;
        self.visit(rules, zone, |deadline| first = first.min(deadline.at));
        self.status.is_open().then_some(first)
    }

    /// What needs a person now, the most urgent first.
    pub fn concerns(&self, rules: &WatchRules, zone: &TimeZone, now: Timestamp) -> Vec<Deadline> {
        let mut passed = Vec::new();
        self.visit(rules, zone, |deadline| {
            if deadline.has_passed(now) {
                passed.push(deadline);
            }
        });
        passed.sort_by_key(|deadline| deadline.concern);
        passed
    }

    /// The event that has not come, for people.
    pub fn missing(&self) -> &'static str {
        match self.label {
            Label::Received => "nobody has begun",
            Label::OnHold => "no decision",
            Label::Processing => "not sent",
            Label::ReadyToShip => "not handed to a carrier",
            Label::PartlyShipped => "the rest was not sent",
            Label::ReadyForPickup => "not picked up",
            Label::OutForDelivery => "no delivery",
            Label::ReturnRequested => "no return",
            _ => "no carrier scan",
        }
    }
}

/// The end of time, as far as keys go: they hold four digits of a year.
pub(crate) const NEVER: Timestamp = Timestamp::constant(253_402_207_200, 0);

fn later(since: Timestamp, hours: u32) -> Timestamp {
    since.checked_add(SignedDuration::from_hours(i64::from(hours))).map_or(NEVER, |at| at.min(NEVER))
}

/// The last moment of a day where the shop is.
pub(crate) fn end_of(day: Date, zone: &TimeZone) -> Option<Timestamp> {
    let next = day.tomorrow().ok()?.to_zoned(zone.clone()).ok()?;
    next.timestamp().checked_sub(SignedDuration::from_nanos(1)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const RULES: WatchRules = WatchRules::DEFAULT;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn order(status: OrderStatus, label: Label) -> Watched {
        let placed_at = at("2025-08-01T10:00:00Z");
        Watched { status, label, placed_at, news_at: placed_at, eta: None, delayed_since: None, untold: false, quiet: None, pressing: None }
    }

    fn codes(order: &Watched, now: &str) -> Vec<&'static str> {
        order.concerns(&RULES, &TimeZone::UTC, at(now)).iter().map(|deadline| deadline.concern.code()).collect()
    }

    // req: S1-13, S1-43
    #[test]
    fn pending_counts_from_the_order_and_only_beyond_the_hour() {
        let pending = Watched { news_at: at("2025-08-02T09:00:00Z"), ..order(OrderStatus::Pending, Label::Received) };
        assert_eq!(codes(&pending, "2025-08-03T10:00:00Z"), [] as [&str; 0], "48 h and 0 s");
        assert_eq!(codes(&pending, "2025-08-03T10:00:01Z"), ["pending_too_long"]);
        assert_eq!(pending.due(&RULES, &TimeZone::UTC), Some(at("2025-08-03T10:00:00Z")));
    }

    // req: S1-13, S1-44
    #[test]
    fn processing_counts_from_the_last_news() {
        let processing = Watched { news_at: at("2025-08-02T10:00:00Z"), ..order(OrderStatus::Processing, Label::Processing) };
        assert_eq!(codes(&processing, "2025-08-04T10:00:00Z"), [] as [&str; 0]);
        assert_eq!(codes(&processing, "2025-08-04T10:00:01Z"), ["processing_too_long"]);
    }

    // req: S1-45
    #[test]
    fn all_states() {
        use super::super::Track;
        for status in OrderStatus::ALL {
            let found = codes(&order(*status, Label::Shipped), "2025-08-05T10:00:01Z");
            let expected: &[&str] = match status {
                OrderStatus::Pending => &["pending_too_long"],
                OrderStatus::Processing => &["processing_too_long"],
                open if open.is_open() => &["stale"],
                _ => &[],
            };
            assert_eq!(found, expected, "{status}");
            assert_eq!(order(*status, Label::Shipped).due(&RULES, &TimeZone::UTC).is_some(), status.is_open());
        }
        assert_eq!(codes(&order(OrderStatus::Shipped, Label::Shipped), "2025-08-05T10:00:00Z"), [] as [&str; 0], "96 h and 0 s");
        assert_eq!(order(OrderStatus::Shipped, Label::InTransit).missing(), "no carrier scan");
    }

    // req: S2-64
    #[test]
    fn a_parcel_is_stuck_when_nearly_all_others_had_been_scanned() {
        let since = at("2025-08-02T10:00:00Z");
        let shipped = |usual_s| Watched { quiet: Some(Quiet { since, usual_s }), ..order(OrderStatus::Shipped, Label::InTransit) };
        assert_eq!(codes(&shipped(None), "2025-08-05T10:00:00Z"), [] as [&str; 0], "72 h and 0 s");
        assert_eq!(codes(&shipped(None), "2025-08-05T10:00:01Z"), ["parcel_stuck", "stale"]);
        let known = shipped(Some(36 * 3_600));
        assert_eq!(codes(&known, "2025-08-03T22:00:00Z"), [] as [&str; 0]);
        assert_eq!(codes(&known, "2025-08-03T22:00:01Z"), ["parcel_stuck"]);
        assert_eq!(known.due(&RULES, &TimeZone::UTC), Some(at("2025-08-03T22:00:00Z")));
        let off = WatchRules { stuck_after_h: 0, ..RULES };
        assert_eq!(known.due(&off, &TimeZone::UTC), Some(at("2025-08-05T10:00:00Z")), "only as an order without news");
        let arrived = Watched { status: OrderStatus::Delivered, ..known };
        assert_eq!(arrived.due(&RULES, &TimeZone::UTC), None);
    }

    // req: S1-46
    #[test]
    fn a_customer_who_has_heard_nothing_for_a_day() {
        let untold = Watched { untold: true, ..order(OrderStatus::Pending, Label::Received) };
        assert_eq!(codes(&untold, "2025-08-02T10:00:00Z"), [] as [&str; 0]);
        assert_eq!(codes(&untold, "2025-08-02T10:00:01Z"), ["no_customer_contact"]);
        assert_eq!(codes(&untold, "2025-08-04T00:00:00Z"), ["pending_too_long", "no_customer_contact"]);
        let off = WatchRules { contact_after_h: 0, ..RULES };
        assert_eq!(untold.due(&off, &TimeZone::UTC), Some(at("2025-08-03T10:00:00Z")));
    }

    /// A promised day ends when it ends in the shop, also on the day the clocks change.
    #[test]
    fn the_promised_day_ends_in_the_shop() {
        let zone = TimeZone::get("Europe/Warsaw").unwrap();
        let promised = Watched { eta: Some(date(2025, 10, 26)), ..order(OrderStatus::Shipped, Label::Shipped) };
        let fresh = Watched { news_at: at("2025-10-26T00:00:00Z"), ..promised };
        let found = |now: &str| fresh.concerns(&RULES, &zone, at(now)).len();
        assert_eq!((found("2025-10-26T22:59:59Z"), found("2025-10-26T23:00:00Z")), (0, 1));
    }

    #[test]
    fn what_is_known_to_be_wrong_is_due_at_once() {
        let failed = order(OrderStatus::Shipped, Label::DeliveryFailed);
        assert_eq!(codes(&failed, "2025-08-01T10:00:01Z"), ["delivery_failed"]);
        let late = Watched { delayed_since: Some(at("2025-08-01T12:00:00Z")), ..order(OrderStatus::Shipped, Label::Delayed) };
        assert_eq!(codes(&late, "2025-08-01T12:00:01Z"), ["delayed"]);
    }

    #[test]
    fn nothing_is_ever_due_beyond_what_a_key_can_say() {
        let off = WatchRules {
            pending_after_h: 0,
            processing_after_h: 0,
            stale_after_h: 0,
            contact_after_h: 0,
            stuck_after_h: 0,
            tell_late: false,
            clocks: true,
        };
        assert_eq!(order(OrderStatus::Pending, Label::Received).due(&off, &TimeZone::UTC), Some(NEVER));
        assert!(NEVER.to_string().starts_with("9999-12-30"));
        let far = Watched { placed_at: Timestamp::MAX, ..order(OrderStatus::Pending, Label::Received) };
        assert_eq!(far.due(&RULES, &TimeZone::UTC), Some(NEVER));
        let last = Watched { eta: Some(Date::MAX), ..order(OrderStatus::Shipped, Label::Shipped) };
        assert_eq!(last.due(&RULES, &TimeZone::UTC), Some(at("2025-08-05T10:00:00Z")));
        for concern in Concern::ALL {
            assert_eq!(Concern::of(concern.code()), Some(concern));
        }
    }
}
