//! How often a carrier is asked for a parcel, and which parcels are stuck.
//!
//! A carrier that pushes needs no asking; of others, what moves is asked about each hour, what does not less and less often, and
//! what has arrived not at all.

use crate::order::{Track, TrackingStatus};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// From buying the label, and after each answer that had news.
pub const FIRST: SignedDuration = SignedDuration::from_hours(1);
/// Between two askings while it is on its way.
pub const SLOWEST: SignedDuration = SignedDuration::from_hours(6);
/// Between two askings when nothing has been heard of it for [`QUIET_AFTER`], or the carrier tells us by itself.
pub const SLOWEST_QUIET: SignedDuration = SignedDuration::from_hours(24);
/// Nothing heard for so long: it will not change within the hour.
pub const QUIET_AFTER: SignedDuration = SignedDuration::from_hours(3 * 24);
/// Nothing heard for so long: nobody is asked any more.
pub const EXPIRES_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// A parcel that is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Followed {
    /// Where it stands.
    pub status: TrackingStatus,
    /// When its label was bought.
    pub since: Timestamp,
    /// When it was last scanned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Timestamp>,
    /// When its carrier was last asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_at: Option<Timestamp>,
    /// How often it was asked without news since the last news; failures count.
    #[serde(default)]
    pub in_vain: u32,
    /// Whether its carrier tells us by itself.
    #[serde(default)]
    pub pushed: bool,
}

impl Followed {
    /// A parcel whose label has just been bought.
    pub const fn new(since: Timestamp) -> Followed {
        Followed { status: TrackingStatus::Pending, since, scanned_at: None, asked_at: None, in_vain: 0, pushed: false }
    }

    /// When it was last heard of.
    fn heard_at(&self) -> Timestamp {
        self.scanned_at.map_or(self.since, |scanned| scanned.max(self.since))
    }

    /// What an asking has brought: where it stands now and when it was last scanned, or nothing.
    #[must_use]
    pub fn asked(self, now: Timestamp, answer: Option<(TrackingStatus, Option<Timestamp>)>) -> Followed {
        let asked = Followed { asked_at: Some(now), ..self };
        match answer {
            Some((status, scanned_at)) if status != self.status || scanned_at > self.scanned_at => {
                Followed { status, scanned_at: scanned_at.max(self.scanned_at), in_vain: 0, ..asked }
            }
            _ => Followed { in_vain: self.in_vain.saturating_add(1), ..asked },
        }
    }

    /// When its carrier is to be asked next; none if it has come to an end, or nobody has heard of it for thirty days.
    pub fn next_poll(&self) -> Option<Timestamp> {
        let ended = self.status.next().is_empty() || self.status == TrackingStatus::Expired;
        if ended {
            return None;
        }
        let (last, heard) = (self.asked_at.unwrap_or(self.since), self.heard_at());
        let is_quiet = last.duration_since(heard) >= QUIET_AFTER;
        let wait = if is_quiet || self.pushed {
            SLOWEST_QUIET
        } else {
            // 1, 2, 4, then 6 hours.
            (FIRST * (1 << self.in_vain.min(3))).min(SLOWEST)
        };
        let next = last.checked_add(wait).ok()?;
        (next.duration_since(heard) < EXPIRES_AFTER).then_some(next)
    }

    /// When it counts as lost sight of; none if it has come to an end.
    pub fn expires_at(&self) -> Option<Timestamp> {
        let goes_on = !self.status.next().is_empty() && self.status != TrackingStatus::Expired;
        if goes_on { self.heard_at().checked_add(EXPIRES_AFTER).ok() } else { None }
    }

    /// Nobody has heard of it for thirty days, and it has not come to an end.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        !self.status.next().is_empty() && self.status != TrackingStatus::Expired && now.duration_since(self.heard_at()) >= EXPIRES_AFTER
    }

    /// Its last scan, if its carrier has it and should scan it again. A parcel that nobody has collected yet, that waits for its
    /// customer, or that has arrived is not waited for.
    pub fn quiet_since(&self) -> Option<Timestamp> {
        use TrackingStatus::{DeliveryDelayed, DeliveryFailed, InTransit, OnHold, OutForDelivery, PickedUp};
        let is_moving = matches!(self.status, PickedUp | InTransit | DeliveryDelayed | OnHold | OutForDelivery | DeliveryFailed);
        self.scanned_at.filter(|_| is_moving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use TrackingStatus::{Delivered, Expired, InTransit, Pending, ReadyForPickup};
    use proptest::prelude::*;

    const BOUGHT: Timestamp = Timestamp::constant(1_754_640_000, 0);

    fn hours(parcel: &Followed) -> Option<i64> {
        parcel.next_poll().map(|next| next.duration_since(BOUGHT).as_hours())
    }

    fn at(hour: i64) -> Timestamp {
        BOUGHT + SignedDuration::from_hours(hour)
    }

    // req: S2-64
    #[test]
    fn poll_backoff() {
        let mut parcel = Followed::new(BOUGHT);
        let mut asked = Vec::new();
        // Nobody collects it: 1, 2, 4, 6, 6, ... hours, and after three days once a day, until thirty days have passed.
        while let Some(next) = parcel.next_poll() {
            asked.push(next.duration_since(BOUGHT).as_hours());
            parcel = parcel.asked(next, Some((Pending, None)));
        }
        assert_eq!(asked[..6], [1, 3, 7, 13, 19, 25]);
        let quiet = asked.iter().position(|hour| *hour >= 72).unwrap();
        assert!(asked[quiet + 1..].windows(2).all(|pair| pair[1] - pair[0] == 24), "{asked:?}");
        assert!(asked.len() < 50 && *asked.last().unwrap() < 30 * 24, "{asked:?}");
        assert!(parcel.has_expired(at(30 * 24)) && !parcel.has_expired(at(30 * 24 - 1)));
    }

    // req: S2-64
    #[test]
    fn news_are_asked_for_each_hour_and_none_after_it_has_arrived() {
        let parcel = Followed::new(BOUGHT);
        assert_eq!(hours(&parcel), Some(1));
        let parcel = parcel.asked(at(1), Some((InTransit, Some(at(1)))));
        assert_eq!(hours(&parcel), Some(2), "it moves");
        let parcel = parcel.asked(at(2), Some((InTransit, Some(at(1)))));
        assert_eq!(hours(&parcel), Some(4), "nothing new");
        let parcel = parcel.asked(at(4), None);
        assert_eq!(hours(&parcel), Some(8), "no answer");
        let parcel = parcel.asked(at(8), Some((InTransit, Some(at(7)))));
        assert_eq!(hours(&parcel), Some(9), "scanned again");
        assert_eq!(hours(&Followed { pushed: true, ..parcel }), Some(32), "its carrier tells us");
        let arrived = parcel.asked(at(9), Some((Delivered, Some(at(9)))));
        assert_eq!(hours(&arrived), None);
        for status in TrackingStatus::ALL.iter().filter(|status| status.next().is_empty()) {
            assert_eq!(Followed { status: *status, ..parcel }.next_poll(), None, "{status}");
        }
        assert_eq!(Followed { status: Expired, ..parcel }.next_poll(), None, "a late scan is pushed, or nobody hears of it");
    }

    // req: S2-64
    #[test]
    fn only_what_a_carrier_has_is_waited_for() {
        let parcel = Followed { status: InTransit, scanned_at: Some(at(0)), ..Followed::new(BOUGHT) };
        assert_eq!(parcel.quiet_since(), Some(at(0)));
        for status in [Pending, Delivered, ReadyForPickup, Expired] {
            assert_eq!(Followed { status, ..parcel }.quiet_since(), None, "{status}");
        }
        assert_eq!(Followed { scanned_at: None, ..parcel }.quiet_since(), None);
    }

    proptest! {
        #[test]
        fn asking_never_goes_back_and_ends(answers in prop::collection::vec(prop::option::of((0usize..13, prop::option::of(0i64..2_000))), 0..300)) {
            let mut parcel = Followed::new(BOUGHT);
            let mut answers = answers.into_iter();
            for _ in 0..5_000 {
                let Some(next) = parcel.next_poll() else { return Ok(()) };
                let last = parcel.asked_at.unwrap_or(parcel.since);
                prop_assert!(next.duration_since(last) >= FIRST && next.duration_since(last) <= SLOWEST_QUIET);
                let answer = answers.next().flatten().map(|(status, scanned)| (TrackingStatus::ALL[status], scanned.map(at).filter(|scanned| *scanned <= next)));
                parcel = parcel.asked(next, answer);
            }
            prop_assert!(false, "it goes on for ever");
        }
    }
}
