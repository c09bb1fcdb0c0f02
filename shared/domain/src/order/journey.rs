//! The way of an order to its customer: which lane it takes, and when it entered which stage.

use super::{Order, OrderStatus};
use crate::shipping::CarrierName;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Longest carrier name in a lane, in bytes.
const CARRIER_LEN_MAX: usize = 40;
/// Nothing is carried in less.
const CARRIED_MIN: SignedDuration = SignedDuration::from_mins(15);
/// Stands for what is not known.
const UNKNOWN: &str = "-";

/// Where an order stands on its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Nobody has begun.
    Pending,
    /// It is being prepared, or packed and waiting.
    Processing,
    /// It has left.
    Shipped,
}

impl Stage {
    /// Every stage, in the order in which they are met.
    pub const ALL: [Stage; 3] = [Stage::Pending, Stage::Processing, Stage::Shipped];

    /// The stage that a status belongs to; none where the order has arrived, has come to nothing or waits for a person.
    pub const fn of(status: OrderStatus) -> Option<Stage> {
        match status {
            OrderStatus::Pending => Some(Stage::Pending),
            // Until the rest has left, the order has not.
            OrderStatus::Processing | OrderStatus::ReadyToShip | OrderStatus::PartiallyShipped => Some(Stage::Processing),
            OrderStatus::Shipped => Some(Stage::Shipped),
            OrderStatus::OnHold | OrderStatus::Failed => None,
            OrderStatus::Delivered | OrderStatus::Completed | OrderStatus::ReturnRequested => None,
            OrderStatus::Returned | OrderStatus::Cancelled => None,
        }
    }

    /// Its word on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Stage::Pending => "pending",
            Stage::Processing => "processing",
            Stage::Shipped => "shipped",
        }
    }

    /// Reads a word.
    pub fn from_word(word: &str) -> Option<Stage> {
        Stage::ALL.into_iter().find(|stage| stage.as_str() == word)
    }
}

/// When an order entered each stage of its way, as far as we saw it enter.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Stages(BTreeMap<Stage, Timestamp>);

impl Stages {
    /// Of an order that we hear of as it stands. When one that is in work already came there, nobody has told us.
    pub fn born(status: OrderStatus, placed_at: Timestamp, at: Timestamp) -> Stages {
        let entered = (status == OrderStatus::Pending).then(|| (Stage::Pending, placed_at.min(at)));
        Stages(entered.into_iter().collect())
    }

    /// Is none known?
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// When it entered a stage.
    pub fn entered(&self, stage: Stage) -> Option<Timestamp> {
        self.0.get(&stage).copied()
    }

    /// It moved on. The time on hold belongs to the stage in which it was held.
    pub(super) fn moved(&mut self, to: OrderStatus, at: Timestamp) {
        self.put_at(to);
        if let Some(stage) = Stage::of(to) {
            self.0.entry(stage).or_insert(at);
        }
    }

    /// It is put where somebody says that it was all along: nobody saw it get there.
    pub(super) fn put_at(&mut self, to: OrderStatus) {
        match Stage::of(to) {
            Some(stage) => self.0.retain(|other, _| *other <= stage),
            None if to == OrderStatus::OnHold => {}
            None => self.0.clear(),
        }
    }
}

/// What orders have in common that take equally long.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Lane {
    /// Where to: ISO 3166-1 alpha-2.
    country: Option<String>,
    /// Who carries it, in lower-case letters and digits.
    carrier: Option<String>,
}

impl Lane {
    /// By country and carrier. What is no country code or no name counts as unknown.
    pub fn new(country: Option<&str>, carrier: Option<&str>) -> Lane {
        let country = country.filter(|code| code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase()));
        let carrier = carrier.map(|name| name.trim().to_lowercase().replace(' ', "-"));
        let plain = |name: &String| {
            let named = name.chars().any(char::is_alphanumeric) && name.len() <= CARRIER_LEN_MAX;
            named && name.chars().all(|c| c.is_alphanumeric() || c == '-')
        };
        Lane { country: country.map(str::to_owned), carrier: carrier.filter(plain) }
    }

    /// Of an order. Its carrier is known once its labels are bought, if that is one for all of them.
    pub fn of(order: &Order) -> Lane {
        Lane::new(order.country.as_deref(), order.carrier().map(CarrierName::as_str))
    }

    /// "DE/dhl"; a dash for what is not known.
    pub fn code(&self) -> String {
        format!("{}{}", self.country_prefix(), self.carrier.as_deref().unwrap_or(UNKNOWN))
    }

    /// What the codes of all lanes to its country begin with: "DE/".
    pub fn country_prefix(&self) -> String {
        format!("{}/", self.country.as_deref().unwrap_or(UNKNOWN))
    }

    /// Where to.
    pub fn country(&self) -> Option<&str> {
        self.country.as_deref()
    }

    /// Who carries it.
    pub fn carrier(&self) -> Option<&str> {
        self.carrier.as_deref()
    }
}

/// How an order came to its customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Journey {
    /// By which lane.
    pub lane: Lane,
    /// Seconds from entering each stage to being handed over.
    pub took_s: BTreeMap<Stage, i64>,
    /// The longest time between two scans of one of its parcels, in seconds; none if no parcel was scanned twice.
    pub longest_gap_s: Option<i64>,
}

impl Order {
    /// How it came to its customer, if it is handed over at this moment; none if nobody saw it on its way, or if there was
    /// nothing to carry. Nobody carries a parcel in a quarter of an hour: whoever says so tells both at once, later. `arrived` is it as
    /// it stands then: what its parcels' last scans say is noted with that.
    pub fn journey(&self, arrived: &Order, delivered_at: Timestamp) -> Option<Journey> {
        if self.stages.is_empty() || self.all_digital() {
            return None;
        }
        if self.stages.entered(Stage::Shipped).is_some_and(|left| delivered_at.duration_since(left) < CARRIED_MIN) {
            return None;
        }
        // A clock that was set back makes no way shorter than nothing.
        let took = |(stage, entered): (&Stage, &Timestamp)| (*stage, delivered_at.duration_since(*entered).as_secs().max(0));
        let took_s = self.stages.0.iter().map(took).collect();
        Some(Journey { lane: Lane::of(arrived), took_s, longest_gap_s: arrived.longest_gap_s() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::matrix::order_in;
    use crate::order::{Cause, OrderEvent, Track};

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_754_700_000 + hour * 3_600).unwrap()
    }

    fn step(from: OrderStatus, to: OrderStatus) -> OrderEvent {
        OrderEvent::StatusChanged { from, to, via: Vec::new(), cause: Cause::Asked { note: None }, decided: true, notify: false }
    }

    fn walked(steps: &[(OrderStatus, i64)]) -> Order {
        let mut order = order_in(OrderStatus::Pending);
        for (to, hour) in steps {
            let event = step(order.tracks.status, *to);
            order.evolve(&event, at(*hour));
        }
        order
    }

    fn took(order: &Order, hour: i64) -> Vec<(Stage, i64)> {
        order.journey(order, at(hour)).into_iter().flat_map(|journey| journey.took_s).map(|(stage, s)| (stage, s / 3_600)).collect()
    }

    // req: S1-12
    #[test]
    fn every_open_stage_is_timed_from_when_it_was_first_entered() {
        use OrderStatus as S;
        let all = [(Stage::Pending, 50), (Stage::Processing, 40), (Stage::Shipped, 20)];
        assert_eq!(took(&walked(&[(S::Processing, 10), (S::ReadyToShip, 20), (S::Shipped, 30)]), 50), all);
        assert_eq!(took(&walked(&[(S::Processing, 10), (S::OnHold, 12), (S::Processing, 29), (S::Shipped, 30)]), 50), all);
        assert_eq!(took(&walked(&[(S::Processing, 10), (S::PartiallyShipped, 15), (S::Shipped, 30)]), 50), all);
        assert_eq!(
            took(&walked(&[(S::Shipped, 30)]), 50),
            [(Stage::Pending, 50), (Stage::Shipped, 20)],
            "what was jumped over is not known"
        );
        assert_eq!(took(&walked(&[(S::Failed, 10), (S::Pending, 20)]), 50), [(Stage::Pending, 30)], "tried again");
        assert_eq!(took(&walked(&[(S::Shipped, 30), (S::Delivered, 50)]), 60), [], "it has arrived already");
        assert_eq!(took(&walked(&[(S::Shipped, 50)]), 50), [], "both were told at once, afterwards");
        assert_eq!(took(&walked(&[(S::Processing, 10)]), 5), [(Stage::Pending, 5), (Stage::Processing, 0)], "the clock was set back");
    }

    #[test]
    fn nobody_saw_a_correction_happen() {
        use OrderStatus as S;
        let mut order = walked(&[(S::Processing, 10), (S::Shipped, 30)]);
        let correct = |from, to| OrderEvent::StatusCorrected { from, to, reason: "wrong order".into(), overrules: None };
        order.evolve(&correct(S::Shipped, S::Processing), at(31));
        assert_eq!(took(&order, 50), [(Stage::Pending, 50), (Stage::Processing, 40)]);
        order.evolve(&correct(S::Processing, S::Shipped), at(32));
        assert_eq!(took(&order, 50), [(Stage::Pending, 50), (Stage::Processing, 40)], "when it left is not known");
        order.evolve(&step(S::Shipped, S::Delivered), at(50));
        order.evolve(&correct(S::Delivered, S::Shipped), at(51));
        assert_eq!(took(&order, 60), [], "no order counts twice");
        for status in OrderStatus::ALL {
            assert_eq!(Stage::of(*status).is_some(), !matches!(status.rank(), None | Some(6..)), "{status}");
        }
    }

    #[test]
    fn what_was_heard_of_late_is_timed_as_far_as_it_is_known() {
        assert_eq!(Stages::born(OrderStatus::Pending, at(-48), at(0)).entered(Stage::Pending), Some(at(-48)));
        assert_eq!(Stages::born(OrderStatus::Pending, at(9), at(0)).entered(Stage::Pending), Some(at(0)), "dated ahead");
        assert!(Stages::born(OrderStatus::Shipped, at(-48), at(0)).is_empty());
    }

    #[test]
    fn lanes_have_plain_codes() {
        let code = |country, carrier| Lane::new(country, carrier).code();
        assert_eq!(code(Some("DE"), Some(" DHL Paket ")), "DE/dhl-paket");
        assert_eq!(code(None, None), "-/-");
        for odd in ["de", "DEU", "", "D/"] {
            assert_eq!(code(Some(odd), None), "-/-", "{odd}");
        }
        for odd in ["", "-", "a/b", "a:b", "ab\u{0}", &"x".repeat(41)] {
            assert_eq!(code(Some("PL"), Some(odd)), "PL/-", "{odd}");
        }
    }
}
