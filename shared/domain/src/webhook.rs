//! Webhooks to others: which events an endpoint wants, when a delivery is tried again, and when an endpoint is given up.
//!
//! The schedule is the one of Standard Webhooks
//! (<https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md>).

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Time between a try that failed and the next one.
const SCHEDULE: [SignedDuration; 7] = [
    SignedDuration::from_secs(5),
    SignedDuration::from_mins(5),
    SignedDuration::from_mins(30),
    SignedDuration::from_hours(2),
    SignedDuration::from_hours(5),
    SignedDuration::from_hours(10),
    SignedDuration::from_hours(10),
];
/// Tries of a delivery, with the first.
pub const TRIES_MAX: usize = SCHEDULE.len() + 1;
/// An endpoint may ask for more time than the schedule gives it, up to this.
const PATIENCE_MAX: SignedDuration = SignedDuration::from_hours(10);
/// An endpoint that has taken nothing for so long is switched off.
const GIVEN_UP_AFTER: SignedDuration = SignedDuration::from_hours(5 * 24);
/// Failures that lie further apart than this have nothing to do with each other.
const UNRELATED_AFTER: SignedDuration = SignedDuration::from_hours(48);
/// How exactly the last failure is kept: each change is a write.
const NOTED_EVERY: SignedDuration = SignedDuration::from_hours(1);

/// Which events an endpoint wants: one by name ("order.shipped"), all that begin alike ("order.*"), or all ("*").
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventFilter(String);

impl EventFilter {
    /// Reads one. It must want something that there is.
    pub fn parse<'a>(text: &str, offered: impl IntoIterator<Item = &'a str>) -> Option<EventFilter> {
        let filter = EventFilter(text.to_owned());
        offered.into_iter().any(|kind| filter.wants(kind)).then_some(filter)
    }

    /// Does it want events of this type?
    pub fn wants(&self, kind: &str) -> bool {
        match self.0.strip_suffix('*') {
            Some("") => true,
            Some(family) => family.ends_with('.') && kind.starts_with(family),
            None => self.0 == kind,
        }
    }

    /// As it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What came of asking an endpoint to take a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    /// It answered.
    Answer {
        /// HTTP status.
        status: u16,
        /// It wants to be left alone for so long.
        retry_after: Option<SignedDuration>,
    },
    /// It did not: why.
    Nothing(String),
}

/// What becomes of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// It was taken.
    Taken,
    /// It is tried again.
    Again {
        /// After so long.
        after: SignedDuration,
    },
    /// It was tried as often as the schedule says.
    Exhausted,
    /// The endpoint is there no more (410), and wants nothing more.
    Gone,
}

/// What becomes of a delivery after its `tries`-th try, counted from 1.
pub fn next(tries: u32, heard: &Heard) -> Next {
    let wanted = match heard {
        Heard::Answer { status: 200..=299, .. } => return Next::Taken,
        Heard::Answer { status: 410, .. } => return Next::Gone,
        Heard::Answer { retry_after, .. } => retry_after.unwrap_or_default(),
        Heard::Nothing(_) => SignedDuration::ZERO,
    };
    let scheduled = usize::try_from(tries.saturating_sub(1)).ok().and_then(|tried| SCHEDULE.get(tried));
    scheduled.map_or(Next::Exhausted, |after| Next::Again { after: (*after).max(wanted.min(PATIENCE_MAX)) })
}

/// Why an endpoint is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OffBecause {
    /// A person switched it off.
    Asked,
    /// It said that it is there no more.
    Gone,
    /// It has taken nothing for five days.
    Failing,
}

impl OffBecause {
    /// As it is written.
    pub const fn as_str(self) -> &'static str {
        match self {
            OffBecause::Asked => "asked",
            OffBecause::Gone => "gone",
            OffBecause::Failing => "failing",
        }
    }
}

/// How an endpoint is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Health {
    /// It has taken nothing since then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// When it last failed, to the hour.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failed_at: Option<Timestamp>,
    /// It is off since then, because.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub off: Option<(Timestamp, OffBecause)>,
    /// A person last said then that it is well: by switching it on, or by another address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub well_since: Option<Timestamp>,
}

impl Health {
    /// Is it told anything?
    pub fn is_on(&self) -> bool {
        self.off.is_none()
    }

    /// Is what happens kept for it, to be sent when it is on again? For a month, unless a person switched it off.
    pub fn is_kept_for(&self, now: Timestamp) -> bool {
        const KEPT: SignedDuration = SignedDuration::from_hours(30 * 24);
        self.off.is_none_or(|(at, why)| why != OffBecause::Asked && now.duration_since(at) <= KEPT)
    }

    /// As good as new, by a person's word.
    pub fn well(now: Timestamp) -> Health {
        Health { well_since: Some(now), ..Health::default() }
    }

    /// At another address: what was heard at the old one says nothing of this one.
    #[must_use]
    pub fn moved(self, now: Timestamp) -> Health {
        Health { off: self.off, ..Health::well(now) }
    }

    /// Switched on, as if it had never failed, or off, by a person.
    #[must_use]
    pub fn switched(self, on: bool, now: Timestamp) -> Health {
        match (on, self.off) {
            (true, Some(_)) => Health::well(now),
            (false, None | Some((_, OffBecause::Gone | OffBecause::Failing))) => Health { off: Some((now, OffBecause::Asked)), ..self },
            _ => self,
        }
    }

    /// How it is after a try that began at `began`; the same, mostly, so that few tries are written down: at most two an hour, whatever
    /// they come to.
    #[must_use]
    pub fn after(self, next: Next, began: Timestamp, now: Timestamp) -> Health {
        // What was heard before somebody mended it says nothing of how it is.
        if !self.is_on() || self.well_since.is_some_and(|since| began < since) {
            return self;
        }
        match next {
            // When it last failed is kept: the next failure within the hour is not written down again.
            Next::Taken => Health { failing_since: None, ..self },
            Next::Gone => Health { off: Some((now, OffBecause::Gone)), ..self },
            Next::Again { .. } | Next::Exhausted => {
                let just_failed = |last: Timestamp| now.duration_since(last) < NOTED_EVERY;
                if self.failing_since.is_none() && self.failed_at.is_some_and(just_failed) {
                    return self;
                }
                let related = self.failed_at.is_some_and(|last| now.duration_since(last) <= UNRELATED_AFTER);
                let since = self.failing_since.filter(|_| related).unwrap_or(now);
                let noted = self.failed_at.filter(|last| related && now.duration_since(*last) < NOTED_EVERY);
                let off = (now.duration_since(since) >= GIVEN_UP_AFTER).then_some((now, OffBecause::Failing));
                Health { failing_since: Some(since), failed_at: noted.or(Some(now)), off, ..self }
            }
        }
    }
}

/// By TLS, without a password, and a name with a dot in it: a number could be of any net. Names are looked at when they are called.
pub fn is_callable(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("https://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').map_or((authority, None), |(host, port)| (host, Some(port)));
    let labels: Vec<&str> = host.split('.').collect();
    let is_label = |label: &&str| {
        (1..=63).contains(&label.len()) && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') && !label.starts_with('-')
    };
    let is_name =
        labels.len() > 1 && labels.iter().all(is_label) && labels.last().is_some_and(|last| last.bytes().any(|b| b.is_ascii_alphabetic()));
    is_name
        && !labels.last().is_some_and(|last| last.starts_with("0x"))
        && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0))
        && url.bytes().all(|b| b.is_ascii_graphic())
        && !url.contains(['#', '@', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn answer(status: u16) -> Heard {
        Heard::Answer { status, retry_after: None }
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_754_733_600 + hours * 3600).unwrap()
    }

    // req: S2-73
    #[test]
    fn the_schedule_is_the_documented_one() {
        let waits: Vec<i64> = (1..=7)
            .map(|tries| match next(tries, &answer(500)) {
                Next::Again { after } => after.as_secs(),
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(waits, [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000], "5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 10 h");
        assert_eq!(next(8, &answer(500)), Next::Exhausted, "eight tries in 27 h 35 min");
        assert_eq!(next(u32::MAX, &Heard::Nothing("no such host".into())), Next::Exhausted);
    }

    // req: S2-73
    #[test]
    fn what_answers_mean() {
        for status in [200, 201, 202, 204, 299] {
            assert_eq!(next(1, &answer(status)), Next::Taken, "{status}");
        }
        for status in [100, 199, 300, 301, 302, 400, 401, 404, 408, 409, 429, 500, 503, 599] {
            assert!(matches!(next(1, &answer(status)), Next::Again { .. }), "{status}");
        }
        assert_eq!(next(1, &answer(410)), Next::Gone);
        let busy = |wants| next(1, &Heard::Answer { status: 429, retry_after: Some(SignedDuration::from_secs(wants)) });
        assert_eq!(busy(120), Next::Again { after: SignedDuration::from_secs(120) });
        assert_eq!(busy(1), Next::Again { after: SignedDuration::from_secs(5) }, "not sooner than the schedule");
        assert_eq!(busy(i64::MAX), Next::Again { after: SignedDuration::from_hours(10) }, "nor never");
        assert_eq!(busy(i64::MIN), Next::Again { after: SignedDuration::from_secs(5) });
    }

    // req: S2-74
    #[test]
    fn filters_want_what_they_say() {
        let offered = ["order.shipped", "order.delivered", "stock.low.v1"];
        let parse = |text: &str| EventFilter::parse(text, offered);
        for (text, wanted) in [("*", 3), ("order.*", 2), ("order.shipped", 1), ("stock.low.*", 1)] {
            let filter = parse(text).unwrap();
            assert_eq!(offered.iter().filter(|kind| filter.wants(kind)).count(), wanted, "{text}");
        }
        for nothing in ["", "order", "order*", "ord*", "order.", "*.shipped", "**", "orders.*", "ORDER.*", "order.shipped "] {
            assert_eq!(parse(nothing), None, "{nothing}");
        }
    }

    // req: S2-73
    #[test]
    fn an_endpoint_that_takes_nothing_for_five_days_is_switched_off() {
        let fail = Next::Again { after: SignedDuration::from_secs(5) };
        let mut health = Health::default();
        for hour in 0..120 {
            health = health.after(fail, at(hour), at(hour));
            assert!(health.is_on() && health.failing_since == Some(at(0)), "hour {hour}");
        }
        assert_eq!(health.after(fail, at(120), at(120)).off, Some((at(120), OffBecause::Failing)));
        assert_eq!(health.after(Next::Taken, at(120), at(120)).failing_since, None, "one that is taken makes good for all");
        assert_eq!(health.after(fail, at(200), at(200)).failing_since, Some(at(200)), "two bad days in two weeks are no bad fortnight");
        assert_eq!(Health::default().after(Next::Gone, at(1), at(1)).off, Some((at(1), OffBecause::Gone)), "410 is believed at once");
        // A try that was on its way when it was switched off does not switch it on.
        let off = Health { off: Some((at(0), OffBecause::Asked)), ..Health::default() };
        assert_eq!(off.after(Next::Taken, at(1), at(1)), off);
        // Nor does one that began before somebody mended it switch it off.
        let well = Health::well(at(5));
        assert_eq!(well.after(Next::Gone, at(4), at(6)), well);
        assert!(!well.after(Next::Gone, at(5), at(6)).is_on());
    }

    #[test]
    fn what_is_kept_for_an_endpoint_that_is_off() {
        let off = |why| Health { off: Some((at(0), why)), ..Health::default() };
        assert!(Health::default().is_kept_for(at(0)));
        assert!(!off(OffBecause::Asked).is_kept_for(at(1)), "nobody wants it");
        for why in [OffBecause::Gone, OffBecause::Failing] {
            assert!(off(why).is_kept_for(at(720)) && !off(why).is_kept_for(at(721)), "{why:?}");
        }
    }

    proptest! {
        /// Few tries are written down, whatever they come to: at most two an hour.
        // req: S2-73
        #[test]
        fn few_tries_are_written_down(tries in proptest::collection::vec((0i64..20, any::<bool>()), 1..200)) {
            let (mut health, mut now, mut changes) = (Health::default(), at(0), 0);
            for (step, taken) in &tries {
                now += SignedDuration::from_mins(*step);
                let after = health.after(if *taken { Next::Taken } else { Next::Exhausted }, now, now);
                changes += i64::from(after != health);
                health = after;
            }
            prop_assert!(changes <= 2 + 2 * tries.iter().map(|(step, _)| step).sum::<i64>() / 60);
        }
    }
}
