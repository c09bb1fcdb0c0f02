//! Carriers that misbehave, and pushes that may get lost, come twice, late, or be somebody else's.

use super::World;
use crate::functions::job::{BankNews, Job};
use crate::functions::wire::Reply;
use crate::rng::Rng;
use domain::ids::CorrelationId;
use domain::shipping::CarrierName;
use jiff::SignedDuration;
use std::rc::Rc;
use testkit::depot::{Depot, Fate, Push};

/// What goes wrong at a carrier.
const TROUBLES: [Fate; 6] = [Fate::DoneInSilence, Fate::DoneInSilence, Fate::Silence, Fate::Away, Fate::Away, Fate::Refused];
/// Words of a parcel's life, in each carrier's own.
const WORDS: [(CarrierName, [&str; 5]); 4] = [
    (CarrierName::Fedex, ["OC", "PU", "IT", "OD", "DL"]),
    (CarrierName::Ups, ["MP", "P", "I", "OT", "D"]),
    (CarrierName::Usps, ["Pre-Shipment", "Accepted", "In Transit", "Out for Delivery", "Delivered"]),
    (CarrierName::Dhl, ["pre-transit", "transit", "transit", "transit", "delivered"]),
];
/// Times of peace in which every carrier can say what it has sold, and takes back what nobody wants: longer than a try takes to settle.
const TIMES_OF_PEACE: usize = 16;

/// Carriers at which so many requests in a thousand meet trouble.
pub(super) fn rough(mut rng: Rng, rate: u32) -> Depot {
    let prints_again = rng.per_mille(700);
    let depot = Depot::that(move |_| if rng.per_mille(rate) { rng.pick(&TROUBLES) } else { Fate::Done });
    depot.prints_again(prints_again);
    depot
}

impl World {
    /// A carrier sees a parcel, and mostly says so.
    pub(super) fn hear_depot(&mut self) -> Option<Job> {
        let sales = self.depot.sales();
        if sales.is_empty() {
            return None;
        }
        let sale = &sales[self.rng.below(sales.len())];
        let words = WORDS.iter().find(|(carrier, _)| *carrier == sale.carrier)?.1;
        // Nobody hands over what was given back.
        let code = words[self.rng.below(if sale.void { 1 } else { words.len() })];
        let late = SignedDuration::from_mins(self.rng.below(90) as i64);
        let at = self.clock_now() - late;
        self.depot.sees(&sale.number, code, at);
        let has_account = |shop: &&crate::story::Shop| shop.config.shipping.account(sale.carrier).is_some();
        let shops: Vec<_> = self.shops.iter().filter(has_account).collect();
        let tenant = shops[self.rng.below(shops.len())].scope.tenant();
        self.bank_serial += 1;
        let correlation = CorrelationId::parse(&format!("depot-{}", self.bank_serial)).expect("a token");
        let forged = self.rng.per_mille(100);
        let body = serde_json::to_vec(&Push { number: sale.number.clone(), code: code.to_owned(), at }).unwrap_or_default();
        let path = format!("/v1/carriers/{tenant}/{}", sale.carrier.as_str());
        let push = Job::Push(Rc::new(BankNews { path, body, forged, correlation }));
        // Some carriers only answer when they are asked.
        self.rng.per_mille(600).then_some(push)
    }

    /// A shop hands over what waits, or its clock does.
    pub(super) fn hand_over(&mut self) -> Option<Job> {
        let waits = |shop: &&crate::story::Shop| !self.memory.all_waiting(&shop.scope).is_empty();
        let shops: Vec<_> = self.shops.iter().filter(waits).map(|shop| shop.client.clone()).collect();
        if shops.is_empty() {
            return None;
        }
        let who = shops[self.rng.below(shops.len())].clone();
        Some(if self.rng.per_mille(300) { Job::Collect } else { Job::HandOver { who } })
    }

    pub(super) fn handed_over(&mut self, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        if !(reply.status == 202 || reply.is_worth_another_try()) {
            self.fail("I5", None, format!("what waits could not be handed over: {} {}", reply.status, reply.text()));
        }
    }

    pub(super) fn heard_depot(&mut self, news: &BankNews, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        let expected = if news.forged { 401 } else { 200 };
        if reply.status != expected && !reply.is_worth_another_try() {
            self.fail("I5", None, format!("a carrier's push (forged: {}) was answered {}: {}", news.forged, reply.status, reply.text()));
        }
    }

    /// The carriers behave.
    pub(super) fn calm_depot(&mut self) {
        self.depot.will(|_| Fate::Done);
    }

    /// Time passes until what was sold is known, and what nobody wants is given back.
    pub(super) fn settle_parcels(&mut self) {
        for _ in 0..TIMES_OF_PEACE {
            self.advance(SignedDuration::from_mins(16).as_millis() as i64);
            self.run_alone(Job::Timers);
            self.empty_queues();
        }
    }
}
