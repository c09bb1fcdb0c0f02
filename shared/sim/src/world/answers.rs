//! What clients, senders and staff do with the answers they get.

use super::{Promise, World};
use crate::functions::wire::Reply;
use crate::story::{Ending, Errand, Letter, Request, Wish};
use domain::ids::{CorrelationId, OrderId};
use domain::order::{OrderStatus, Track};
use serde::Deserialize;
use serde_json::Value;
use std::rc::Rc;

impl World {
    pub(super) fn placed(&mut self, request: &Request, index: usize, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        let closed = match (request.ends, reply.status) {
            _ if reply.is_worth_another_try() => false,
            (Ending::Placed | Ending::Contested, 201) => {
                match self.asked[index].response.clone() {
                    None => self.first_answer(index, &reply),
                    Some(first) if first != reply.body => {
                        let text = format!("one key, two answers: {} and {}", String::from_utf8_lossy(&first), reply.text());
                        self.fail("I10", None, text);
                    }
                    Some(_) => {}
                }
                // Some clients did not hear us, or do not listen.
                !self.rng.per_mille(200)
            }
            (Ending::Contested, 409) if reply.problem() == "already-placed" && self.asked[index].order.is_none() => {
                self.asked[index].refused = true;
                true
            }
            (Ending::Taken, 409 | 422) if matches!(reply.problem().as_str(), "already-placed" | "invalid") => {
                self.asked[index].refused = true;
                true
            }
            (Ending::KeyReused, 422) if reply.problem() == "key-reused" => {
                self.asked[index].refused = true;
                true
            }
            (ends, status) => {
                self.fail("I10", None, format!("a request that must end {ends:?} was answered {status}: {}", reply.text()));
                true
            }
        };
        if closed {
            self.open_requests.retain(|open| *open != index);
        }
    }

    fn first_answer(&mut self, index: usize, reply: &Reply) {
        let request = self.asked[index].request.clone();
        self.asked[index].response = Some(reply.body.clone());
        let Some(id) = reply.json()["order_id"].as_str().and_then(|number| OrderId::parse(number).ok()) else {
            return self.fail("I10", None, format!("no order number: {}", reply.text()));
        };
        self.asked[index].order = Some(id.clone());
        if !self.asked[index].told {
            self.tell_story(request.shop, id.as_str(), request.customer.email.as_deref());
        }
        self.knows(request.shop, id, request.customer.clone());
        match self.rng.below(100) {
            0..=3 => {
                if let Some(clash) = self.shops[request.shop].clash(&request) {
                    self.ask(clash, true);
                }
            }
            4..=6 => self.ask(request.stolen_key(), true),
            _ => {}
        }
    }

    pub(super) fn received(&mut self, index: usize, reply: Option<Reply>) {
        #[derive(Deserialize)]
        struct Receipt {
            event_id: String,
        }
        let Some(reply) = reply else { return };
        let (hook, tries) = (self.sent[index].hook.clone(), self.sent[index].tries);
        let dated = self.shops[hook.shop].senders[hook.sender].dates_its_signatures();
        let closed = match (hook.letter, reply.status) {
            _ if reply.is_worth_another_try() => false,
            (Letter::Malformed, 400 | 422) | (Letter::Forged, 401) => tries > 1,
            (Letter::Impostor, 422) if reply.problem() == "key-reused" => true,
            (letter, 202) if !letter.is_refused() => {
                if self.sent[index].receipt.is_none() {
                    let receipt = serde_json::from_slice::<Receipt>(&reply.body).map(|receipt| receipt.event_id);
                    self.sent[index].receipt = receipt.ok();
                    if self.rng.per_mille(20)
                        && let Some(impostor) = self.shops[hook.shop].impostor(&hook)
                    {
                        self.send_hook(impostor);
                    }
                }
                !self.rng.per_mille(150)
            }
            // Our clock is wrong: the sender's date looks stale to us. It keeps trying.
            (_, 401) if dated && self.jump_ms != 0 => false,
            (letter, status) => {
                let text = format!("{letter:?} webhook {} of {} was answered {status}: {}", hook.id, hook.order, reply.text());
                self.fail("I5", None, text);
                true
            }
        };
        if closed {
            self.open_hooks.retain(|open| *open != index);
        }
    }

    pub(super) fn worked(&mut self, errand: Rc<Errand>, reply: Option<Reply>) {
        let Some(reply) = reply else { return self.errands.push((errand, 0)) };
        match reply.status {
            200 => self.promised(&errand, &reply),
            // That the customer will be told, now or later: what becomes of it is I9's.
            201 | 202 => self.goes_on(&errand),
            // Somebody else was faster: they look at it again before they decide.
            409 if reply.problem() == "stale" => {}
            _ if reply.is_worth_another_try() => self.errands.push((errand, 0)),
            // What they may not do, or what the order cannot become.
            403 | 404 | 409 => {}
            status => {
                self.fail("I22", Some((errand.shop, errand.order.clone())), format!("staff were answered {status}: {}", reply.text()))
            }
        }
    }

    /// Who has packed something mostly wants a label for it.
    fn goes_on(&mut self, errand: &Errand) {
        let packs = matches!(errand.wish, Wish::Pack | Wish::PackOne { leaves: false });
        if packs && self.rng.per_mille(700) {
            self.errand_serial += 1;
            let correlation = CorrelationId::parse(&format!("staff-{}", self.errand_serial)).expect("a token");
            let next = Errand { wish: Wish::Label { again: false }, if_version: None, note: None, correlation, ..errand.clone() };
            self.errands.push((Rc::new(next), 0));
        }
    }

    fn promised(&mut self, errand: &Errand, reply: &Reply) {
        let told = reply.json();
        let (word, moved) = match errand.wish {
            Wish::Change { .. } | Wish::Correct { .. } => (&told["status"], false),
            Wish::Undo => (&told["status"], true),
            Wish::Fulfil => (&told["new_status"], told["new_status"] != told["old_status"]),
            Wish::Progress => (&told["new_status"], told["progressed"] == Value::Bool(true)),
            Wish::Notify
            | Wish::Remind
            | Wish::FollowUp
            | Wish::Photo
            | Wish::Review { .. }
            | Wish::Escalate
            | Wish::Mend { .. }
            | Wish::Capture
            | Wish::Pack
            | Wish::PackOne { .. }
            | Wish::CallOff { .. }
            | Wish::Label { .. }
            | Wish::Step { .. }
            | Wish::Track
            | Wish::SendBack { .. }
            | Wish::Replace
            | Wish::TakeIn { .. }
            | Wish::Refund { .. } => {
                return;
            }
        };
        let about = (errand.shop, errand.order.clone());
        let Some(status) = word.as_str().and_then(OrderStatus::from_word) else {
            return self.fail("I22", Some(about), format!("staff were told no status: {}", reply.text()));
        };
        let correlation = errand.correlation.clone();
        self.promised.push(Promise { shop: about.0, order: about.1, version: reply.version, status, moved, correlation });
    }

    pub(super) fn replayed(&mut self, reply: Option<Reply>) {
        let Some(reply) = reply else { return };
        if !(reply.status == 202 || reply.is_worth_another_try()) {
            self.fail("I5", None, format!("a webhook that was taken in cannot be replayed: {} {}", reply.status, reply.text()));
        }
    }
}
