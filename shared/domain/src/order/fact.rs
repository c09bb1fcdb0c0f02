//! What the outside world says about an order, and how contradicting or late words are merged.
//!
//! Delivery is at least once and out of order. An order therefore keeps the facts it was told since its
//! last human decision and computes its tracks as a fold over them in one fixed order,
//! (provider version, time, source, id). Whatever order they arrive in, and however often, the result is
//! the same; a late fact lengthens the history and usually changes nothing.

use super::status::{FulfilmentStatus, OrderStatus, PaymentStatus, Track, TrackingStatus};
use crate::exception::Reason;
use crate::ids::{EventId, SourceId};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

/// What one message claims. Everything is optional: a carrier knows nothing of payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Claim {
    /// The order track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<StatusClaim>,
    /// The payment track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub payment: Option<PaymentStatus>,
    /// The fulfilment track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fulfilment: Option<FulfilmentStatus>,
    /// The tracking track.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tracking: Option<TrackingStatus>,
    /// Late or, explicitly, no longer late.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delayed: Option<bool>,
    /// The day it is promised for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<Date>,
    /// Its carrier has said on a manifest that it takes it. The parcel may still lie in the house.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub manifested: bool,
    /// Something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exception: Option<Reason>,
}

/// A claim about the order track.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusClaim {
    /// This status.
    Is(OrderStatus),
    /// "Refunded" in vocabularies that know one status only: cancelled if it never shipped, else returned.
    Refunded,
}

/// One message from outside, as the order keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// The source's own event id, or the hash of what it signed. Two facts with one id are one fact.
    pub id: EventId,
    /// Who says it.
    pub source: SourceId,
    /// The source's own version counter, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// When it happened, by the source's word; else when we received it.
    pub occurred_at: Timestamp,
    /// What it says.
    pub claim: Claim,
}

/// The one order in which facts are applied: provider version, time, source, id.
type Key<'a> = (Option<u64>, Timestamp, &'a SourceId, &'a EventId);

impl Fact {
    fn key(&self) -> Key<'_> {
        (self.sequence, self.occurred_at, &self.source, &self.id)
    }
}

/// Why an order counts as late.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delay {
    /// Since when it is known.
    pub since: Timestamp,
}

/// The four tracks with the two facts that belong to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracks {
    /// Where the order stands.
    pub status: OrderStatus,
    /// Where the money stands.
    pub payment: PaymentStatus,
    /// Where the warehouse stands.
    pub fulfilment: FulfilmentStatus,
    /// What the carrier says.
    pub tracking: TrackingStatus,
    /// Set while the order is known to be late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed: Option<Delay>,
    /// The promised day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<Date>,
}

impl Default for Tracks {
    fn default() -> Self {
        Tracks {
            status: OrderStatus::Pending,
            payment: PaymentStatus::Pending,
            fulfilment: FulfilmentStatus::Pending,
            tracking: TrackingStatus::Unknown,
            delayed: None,
            eta: None,
        }
    }
}

fn follow<T: Track>(current: &mut T, to: T) {
    if *current != to && current.way_to(to).is_some() {
        *current = to;
    }
}

impl Tracks {
    /// Applies one claim. A claim that no declared way leads to is heard and not followed.
    pub fn apply(&mut self, claim: &Claim, at: Timestamp, all_digital: bool) {
        // What goes back is handed over to the shop, which is no delivery.
        let came_back = self.tracking == TrackingStatus::ReturnToSender && claim.tracking == Some(TrackingStatus::Delivered);
        if came_back {
            return;
        }
        let to = match claim.status {
            Some(StatusClaim::Is(status)) => Some(status),
            Some(StatusClaim::Refunded) if self.status.has_shipped() => Some(OrderStatus::Returned),
            Some(StatusClaim::Refunded) => Some(OrderStatus::Cancelled),
            None => None,
        };
        if let Some(to) = to {
            let rest_only = self.status == OrderStatus::PartiallyShipped && to == OrderStatus::Cancelled;
            if all_digital && self.status == OrderStatus::Processing && to == OrderStatus::Delivered {
                self.status = to;
            } else if rest_only {
                // What has left cannot be called off: the rest is, and the order closes as shipped.
                self.status = OrderStatus::Shipped;
            } else {
                follow(&mut self.status, to);
            }
        }
        if let Some(to) = claim.payment {
            follow(&mut self.payment, to);
        }
        if let Some(to) = claim.fulfilment {
            follow(&mut self.fulfilment, to);
        }
        if let Some(to) = claim.tracking {
            follow(&mut self.tracking, to);
        }
        match claim.delayed {
            Some(true) if self.delayed.is_none() && self.status.is_open() => self.delayed = Some(Delay { since: at }),
            Some(false) => self.delayed = None,
            _ => {}
        }
        if !self.status.is_open() {
            self.delayed = None;
        }
        if claim.eta.is_some() {
            self.eta = claim.eta;
        }
    }
}

/// The facts since the last human decision, and the tracks as they were then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FactLog {
    /// The tracks before the first fact.
    pub base: Tracks,
    /// A person decided then; older facts are history and change nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<Timestamp>,
    /// Where the newest of the facts that are folded into the base stood; what stands before it comes too late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folded_to: Option<Place>,
    facts: Vec<Fact>,
}

/// A fact's place in the one order in which facts are applied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Place {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sequence: Option<u64>,
    occurred_at: Timestamp,
    source: SourceId,
    id: EventId,
}

impl Place {
    fn key(&self) -> Key<'_> {
        (self.sequence, self.occurred_at, &self.source, &self.id)
    }
}

/// How a fact was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Heard {
    /// New, and the latest.
    InOrder,
    /// New, but something later had been heard before it.
    Late,
    /// New, but older than the last human decision, or than facts that are long folded: kept in the history only.
    Superseded,
}

impl FactLog {
    /// Facts an order keeps. The oldest are folded into the base beyond that.
    pub const MAX_FACTS: usize = 48;

    /// A log that starts from these tracks.
    pub fn starting_at(base: Tracks, decided_at: Option<Timestamp>) -> FactLog {
        FactLog { base, decided_at, folded_to: None, facts: Vec::new() }
    }

    /// The facts in the order they are applied.
    pub fn facts(&self) -> &[Fact] {
        &self.facts
    }

    /// Has this very fact been heard?
    pub fn knows(&self, id: &EventId, source: &SourceId) -> bool {
        self.facts.iter().any(|fact| fact.id == *id && fact.source == *source)
    }

    /// When the newest happened that a source has told of.
    pub fn newest_of(&self, source: &SourceId) -> Option<Timestamp> {
        let folded = self.folded_to.iter().filter(|place| place.source == *source).map(|place| place.occurred_at);
        self.facts.iter().filter(|fact| fact.source == *source).map(|fact| fact.occurred_at).chain(folded).max()
    }

    /// How this fact would be taken in; `None` if it has been heard.
    pub fn hear(&self, fact: &Fact) -> Option<Heard> {
        if self.knows(&fact.id, &fact.source) {
            return None;
        }
        let folded = self.folded_to.as_ref().is_some_and(|place| fact.key() <= place.key());
        if folded || self.decided_at.is_some_and(|decided| fact.occurred_at <= decided) {
            return Some(Heard::Superseded);
        }
        match self.facts.last() {
            Some(last) if last.key() > fact.key() => Some(Heard::Late),
            _ => Some(Heard::InOrder),
        }
    }

    /// Takes a fact in at its place.
    pub fn insert(&mut self, fact: Fact, all_digital: bool) {
        let at = self.facts.partition_point(|known| known.key() < fact.key());
        self.facts.insert(at, fact);
        while self.facts.len() > Self::MAX_FACTS {
            let oldest = self.facts.remove(0);
            self.base.apply(&oldest.claim, oldest.occurred_at, all_digital);
            let Fact { id, source, sequence, occurred_at, .. } = oldest;
            self.folded_to = Some(Place { sequence, occurred_at, source, id });
        }
    }

    /// A step of our own: from here on everything that is said counts from these tracks, whenever it was meant to have happened. What
    /// was heard stays known, so that it is not heard again.
    pub(super) fn rebase(&mut self, base: Tracks) {
        self.base = base;
        self.facts.iter_mut().for_each(|fact| fact.claim = Claim::default());
    }

    /// The tracks after all facts.
    pub fn fold(&self, all_digital: bool) -> Tracks {
        let mut tracks = self.base;
        for fact in &self.facts {
            tracks.apply(&fact.claim, fact.occurred_at, all_digital);
        }
        tracks
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::order::alias::Vocabulary;
    use proptest::prelude::*;

    fn fact(n: usize, word: &str, second: i64) -> Fact {
        Fact {
            id: EventId::parse(&format!("e{n}")).unwrap(),
            source: SourceId::parse("shop").unwrap(),
            sequence: None,
            occurred_at: Timestamp::from_second(second).unwrap(),
            claim: Vocabulary::Events.read(word).unwrap().claim,
        }
    }

    fn heard_in(order: &[usize], facts: &[Fact]) -> FactLog {
        let mut log = FactLog::starting_at(Tracks::default(), None);
        for index in order {
            if log.hear(&facts[*index]).is_some() {
                log.insert(facts[*index].clone(), false);
            }
        }
        log
    }

    fn permutations(n: usize) -> Vec<Vec<usize>> {
        if n == 0 {
            return vec![vec![]];
        }
        let mut all = Vec::new();
        for shorter in permutations(n - 1) {
            for at in 0..=shorter.len() {
                let mut longer = shorter.clone();
                longer.insert(at, n - 1);
                all.push(longer);
            }
        }
        all
    }

    /// Invariant I6, for six events of one order: all 720 orders of arrival, each with every event twice.
    #[test]
    fn every_arrival_order_gives_the_same_state() {
        for words in [
            ["order_paid", "pick_completed", "pack_completed", "label_created", "in_transit", "delivered"],
            ["order_paid", "order_cancelled", "picked_up", "delivery_failed", "returned", "delivered"],
            ["order_created", "out_for_delivery", "in_transit", "delivered", "order_cancelled", "order_paid"],
        ] {
            let facts: Vec<Fact> = words.iter().enumerate().map(|(n, word)| fact(n, word, 100 + n as i64)).collect();
            let orders = permutations(6);
            assert_eq!(orders.len(), 720);
            let expected = heard_in(&orders[0], &facts);
            for order in &orders {
                let twice: Vec<usize> = order.iter().chain(order.iter().rev()).copied().collect();
                let log = heard_in(&twice, &facts);
                assert_eq!(log.fold(false), expected.fold(false), "{order:?}");
                assert_eq!(log.facts(), expected.facts());
            }
        }
    }

    #[test]
    fn a_late_word_does_not_move_an_order_back() {
        let facts = [fact(0, "in_transit", 10), fact(1, "delivered", 20)];
        let log = heard_in(&[1, 0], &facts);
        assert_eq!(log.fold(false).status, OrderStatus::Delivered);
        let mut only = FactLog::starting_at(Tracks::default(), None);
        only.insert(facts[1].clone(), false);
        assert_eq!(only.hear(&facts[0]), Some(Heard::Late));
        assert_eq!(only.hear(&facts[1]), None);
    }

    #[test]
    fn what_a_person_decided_outranks_older_words() {
        let decided = Timestamp::from_second(50).unwrap();
        let log = FactLog::starting_at(Tracks::default(), Some(decided));
        assert_eq!(log.hear(&fact(0, "delivered", 50)), Some(Heard::Superseded));
        assert_eq!(log.hear(&fact(0, "delivered", 51)), Some(Heard::InOrder));
    }

    #[test]
    fn the_log_stays_bounded() {
        let mut log = FactLog::starting_at(Tracks::default(), None);
        for n in 0..500 {
            log.insert(fact(n, if n < 400 { "pick_started" } else { "delivered" }, n as i64), false);
        }
        assert_eq!(log.facts().len(), FactLog::MAX_FACTS);
        assert_eq!(log.fold(false).status, OrderStatus::Delivered);
        assert_eq!(log.base.fulfilment, FulfilmentStatus::Delivered);
    }

    /// What is folded has an order too: a word from before it cannot be put in its place any more, so it changes
    /// nothing, instead of being applied after what it preceded.
    #[test]
    fn a_word_older_than_what_is_folded_comes_too_late() {
        let mut log = FactLog::starting_at(Tracks::default(), None);
        for n in 0..=FactLog::MAX_FACTS {
            log.insert(fact(n, "in_transit", 10 + n as i64), false);
        }
        assert_eq!(log.hear(&fact(900, "order_cancelled", 9)), Some(Heard::Superseded));
        assert_eq!(log.hear(&fact(0, "in_transit", 10)), Some(Heard::Superseded), "told again after it was folded");
        let between = Fact { source: SourceId::parse("warehouse").unwrap(), ..fact(901, "in_transit", 10) };
        assert_eq!(log.hear(&between), Some(Heard::Late));
        log.insert(between, false);
        assert_eq!((log.facts().len(), log.facts()[0].id.as_str()), (FactLog::MAX_FACTS, "e1"));
    }

    proptest! {
        #[test]
        // req: S2-25
        fn any_facts_in_any_order(picks in prop::collection::vec((0usize..22, 0i64..8), 1..12), seed in any::<u64>()) {
            let words = Vocabulary::Events.words();
            let facts: Vec<Fact> = picks.iter().enumerate().map(|(n, (word, second))| fact(n, words[*word], *second)).collect();
            let straight: Vec<usize> = (0..facts.len()).collect();
            let mut shuffled = straight.clone();
            let mut state = seed;
            for at in (1..shuffled.len()).rev() {
                state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
                shuffled.swap(at, (state >> 33) as usize % (at + 1));
            }
            prop_assert_eq!(heard_in(&straight, &facts).fold(false), heard_in(&shuffled, &facts).fold(false));
        }
    }
}
