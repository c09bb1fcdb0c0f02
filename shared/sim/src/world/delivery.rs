//! What was written is carried to where it is delivered from: the stream of the outbox, the bus, the queues.

use super::World;
use crate::bugs::Bug;
use crate::functions::job::{HookMessage, Published};
use crate::functions::wire::{StreamRecord, delivered};
use crate::rules::Hearers;
use contracts::outgoing::Outgoing;
use contracts::queue::{HookReceived, ReportAsked, WebhookAsked};
use contracts::{Envelope, Payload};
use std::rc::Rc;

/// Failures of one stream record before it goes to the on-failure queue and is left to the sweep.
const STREAM_TRIES_MAX: u32 = 4;

impl World {
    pub(super) fn relayed(&mut self, records: Vec<Rc<StreamRecord>>, done: usize) {
        let all = records.len();
        for record in &records[..done] {
            if self.rng.per_mille(self.profile.twice / 4) {
                self.stream.push_back(record.clone());
            }
        }
        if done == all {
            self.stream_tries = 0;
            return;
        }
        self.stream_tries = if done == 0 { self.stream_tries + 1 } else { 1 };
        for record in records.into_iter().skip(done).rev() {
            self.stream.push_front(record);
        }
        if self.stream_tries > STREAM_TRIES_MAX {
            // To the on-failure queue; the row itself still waits in the outbox.
            self.stream.pop_front();
            self.stream_tries = 0;
        }
    }

    /// Carries what the functions wrote to where it is delivered from.
    pub(super) fn collect(&mut self) {
        while let Some(body) = self.memory.take_queued() {
            if WebhookAsked::read(&body).is_ok() {
                self.webhooks_queue.send(body.into());
                continue;
            }
            match HookReceived::read(&body) {
                Ok(message) => {
                    let message = HookMessage { body: body.into(), ours: Some(Rc::new(message)) };
                    self.hooks_queue.send(message);
                }
                Err(_) if ReportAsked::read(&body).is_ok() => self.report_asked(&body),
                Err(why) => self.fail("I5", None, format!("an unreadable message of our own: {why}")),
            }
        }
        for row in self.memory.take_stream(usize::MAX) {
            if !self.rng.per_mille(self.profile.stream_loss) {
                self.stream.push_back(Rc::new(StreamRecord::of(row)));
            }
        }
        for event in self.memory.take_published() {
            self.published(event);
        }
    }

    fn published(&mut self, event: Envelope) {
        let published = match self.by_id.get(&event.id) {
            Some(index) => {
                let known = self.events[*index as usize].clone();
                // A job that is done again says so again, at another time; a webhook that is parked by two at once is
                // parked on behalf of both.
                let said_again = !of_an_order(&event) && known.event.payload == event.payload;
                if *known.event != event && !said_again {
                    let text =
                        format!("event {} was published with two contents: {:?} and {:?}", event.id, known.event.payload, event.payload);
                    self.fail("I8", None, text);
                }
                known
            }
            None => {
                let body = delivered(&event).into();
                let published = Published { index: self.events.len() as u32, event: Rc::new(event), body };
                self.by_id.insert(published.event.id.clone(), published.index);
                self.events.push(published.clone());
                published
            }
        };
        let again = self.rng.per_mille(self.profile.twice);
        let payload = &published.event.payload;
        let hearers = Hearers::of(payload);
        let times = if again { 2 } else { 1 };
        for _ in 0..times {
            if hearers.metrics {
                self.metrics_queue.send(published.clone());
            }
            if hearers.saga && self.bug != Some(Bug::SagaUnheard) {
                self.saga_queue.send(published.clone());
            }
            if hearers.dispatch {
                self.dispatch_queue.send(published.clone());
            }
            if Outgoing::is_offered(&published.event) {
                self.webhooks_queue.send(published.body.clone());
            }
            let is_unheard = matches!(payload, Payload::OrderContactErased(_)) && self.bug == Some(Bug::ErasureUnheard);
            if hearers.notify && !is_unheard {
                self.notify_queue.send(published.clone());
            }
        }
    }
}

/// It was published by an order's commit: what it says was said once and for all.
fn of_an_order(event: &Envelope) -> bool {
    matches!(event.payload.source(), "orderflow.orders" | "orderflow.sagas" | "orderflow.reviews" | "orderflow.parcels")
        || matches!(event.payload, Payload::StockMoved(_))
}
