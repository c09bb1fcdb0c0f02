//! What follows from an invocation, or from its death: answers are compared with earlier ones, messages
//! come again, and what was written is carried to where it is delivered from.

use super::{Known, World};
use crate::sim::desk::{Answer, HookBody, Job, Published};
use crate::sim::queue::{Message, SimQueue};
use crate::sim::story::{Ending, Errand, Letter, Request};
use app::Error;
use app::apply::Applied;
use app::ports::OutboxRow;
use contracts::queue::HookReceived;
use contracts::{Envelope, Payload};
use domain::ids::OrderId;
use domain::order::OrderEvent;
use std::rc::Rc;
use std::sync::Arc;

/// Failures of one stream record before it goes to the on-failure queue and is left to the sweep.
const STREAM_TRIES_MAX: u32 = 4;

impl World {
    pub(super) fn settle(&mut self, job: Job, answer: Option<Answer>) {
        self.stats.deliveries += job.deliveries() as u64;
        self.stats.invocations += 1;
        self.stats.http += u64::from(job.is_http());
        self.stats.with_credential += u64::from(job.has_credential());
        self.stats.deaths += u64::from(answer.is_none());
        if self.trace.is_some() {
            let line = format!("{} {:<8} {}", self.now(), job.name(), described(&job, answer.as_ref()));
            self.note(|| line);
        }
        let second = self.second();
        match (job, answer) {
            (Job::Place { request, index }, answer) => self.placed(&request, index, answer),
            (Job::Receive { index, .. }, answer) => self.received(index, answer),
            (Job::Staff(errand), Some(Answer::Changed(result))) => self.changed(errand, result),
            (Job::Staff(errand), _) => self.errands.push((errand, 0)),
            (Job::Process(batch), answer) => {
                let again = self.reported("hooks", answer);
                give_back(&mut self.hooks_queue, batch, again, second);
            }
            (Job::Notify(batch), answer) => {
                let again = self.reported("notify", answer);
                give_back(&mut self.notify_queue, batch, again, second);
            }
            (Job::Measure(batch), answer) => {
                let again = self.reported("metrics", answer);
                give_back(&mut self.metrics_queue, batch, again, second);
            }
            (Job::Relay(rows), answer) => {
                let done = match answer {
                    Some(Answer::Stream(None)) => rows.len(),
                    Some(Answer::Stream(Some(at))) => at.min(rows.len()),
                    _ => 0,
                };
                self.relayed(rows, done);
            }
            (Job::Replay { .. } | Job::Sweep, _) => {}
        }
    }

    fn reported(&mut self, queue: &'static str, answer: Option<Answer>) -> Option<Vec<usize>> {
        let Some(Answer::Batch(reported)) = answer else { return None };
        if let Some(wrong) = reported.wrong {
            self.fail("I11", None, format!("{queue}: {wrong}"));
        }
        Some(reported.again)
    }

    fn relayed(&mut self, rows: Vec<Arc<OutboxRow>>, done: usize) {
        let all = rows.len();
        for row in &rows[..done] {
            if self.rng.per_mille(self.profile.twice / 4) {
                self.stream.push_back(row.clone());
            }
        }
        if done == all {
            self.stream_tries = 0;
            return;
        }
        self.stream_tries = if done == 0 { self.stream_tries + 1 } else { 1 };
        for row in rows.into_iter().skip(done).rev() {
            self.stream.push_front(row);
        }
        if self.stream_tries > STREAM_TRIES_MAX {
            // To the on-failure queue; the row itself still waits in the outbox.
            self.stream.pop_front();
            self.stream_tries = 0;
        }
    }

    fn placed(&mut self, request: &Request, index: usize, answer: Option<Answer>) {
        let Some(Answer::Placed(result)) = answer else { return };
        let closed = match (request.ends, result) {
            (_, Err(error)) if error.is_retryable() => false,
            (Ending::Placed, Ok(placed)) => {
                let first = self.asked[index].response.clone();
                match first {
                    None => self.first_answer(index, placed.response),
                    Some(first) if first != placed.response => {
                        self.fail("I10", None, format!("one key, two answers: {first} and {}", placed.response));
                    }
                    Some(_) => {}
                }
                // Some clients did not hear us, or do not listen.
                !self.rng.per_mille(200)
            }
            (Ending::Taken, Err(Error::Invalid(_) | Error::Rejected(_))) | (Ending::KeyReused, Err(Error::KeyReused)) => {
                self.asked[index].refused = true;
                true
            }
            (ends, result) => {
                let said = result.map_or_else(|error| error.to_string(), |placed| placed.response);
                self.fail("I10", None, format!("a request that must end {ends:?} was answered: {said}"));
                true
            }
        };
        if closed {
            self.open_requests.retain(|open| *open != index);
        }
    }

    fn first_answer(&mut self, index: usize, response: String) {
        let request = self.asked[index].request.clone();
        self.asked[index].response = Some(response.clone());
        let Ok(id) = OrderId::parse(&response) else {
            return self.fail("I10", None, format!("not an order number: {response}"));
        };
        let staffed = self.rng.per_mille(400);
        self.known.push(Known { shop: request.shop, id, staffed, told_more: false });
        if !self.asked[index].told {
            self.tell_story(request.shop, &response, request.email());
        }
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

    fn received(&mut self, index: usize, answer: Option<Answer>) {
        let Some(Answer::Received(result)) = answer else { return };
        let (letter, hook, tries) = (self.sent[index].hook.letter, self.sent[index].hook.clone(), self.sent[index].tries);
        let dated = self.shops[hook.shop].senders[hook.sender].dates_its_signatures();
        let closed = match (letter, result) {
            (_, Err(error)) if error.is_retryable() => false,
            (Letter::Malformed, Err(Error::Invalid(_))) | (Letter::Forged, Err(Error::Unauthenticated)) => tries > 1,
            (Letter::Impostor, Err(Error::KeyReused)) => true,
            (letter, Ok(receipt)) if !letter.is_refused() => {
                if self.sent[index].receipt.is_none() {
                    self.sent[index].receipt = Some(receipt.event_id);
                    if self.rng.per_mille(20)
                        && let Some(impostor) = self.shops[hook.shop].impostor(&hook)
                    {
                        self.send_hook(impostor);
                    }
                }
                !self.rng.per_mille(150)
            }
            // Our clock is wrong: the sender's date looks stale to us. It keeps trying.
            (_, Err(Error::Unauthenticated)) if dated && self.jump_ms != 0 => false,
            (letter, result) => {
                let said = result.map_or_else(|error| error.to_string(), |receipt| format!("2xx {}", receipt.event_id));
                self.fail("I5", None, format!("{letter:?} webhook {} of {} was answered: {said}", hook.id, hook.order));
                true
            }
        };
        if closed {
            self.open_hooks.retain(|open| *open != index);
        }
    }

    fn changed(&mut self, errand: Rc<Errand>, result: Result<Box<Applied>, Error>) {
        match result {
            Ok(applied) if !applied.events.is_empty() => {
                self.promised.push((errand.shop, errand.order.clone(), errand.correlation.clone()));
            }
            Err(error) if error.is_retryable() => self.errands.push((errand, 0)),
            Ok(_) | Err(_) => {}
        }
    }

    /// Carries what the functions wrote to where it is delivered from.
    pub(super) fn collect(&mut self) {
        while let Some(body) = self.memory.take_queued() {
            match HookReceived::read(&body) {
                Ok(message) => {
                    let message = HookBody::Ours(Rc::new(message));
                    self.hooks_queue.send(message);
                }
                Err(why) => self.fail("I5", None, format!("an unreadable message of our own: {why}")),
            }
        }
        for row in self.memory.take_stream(usize::MAX) {
            if !self.rng.per_mille(self.profile.stream_loss) {
                self.stream.push_back(row);
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
                if *known.event != event {
                    let text =
                        format!("event {} was published with two contents: {:?} and {:?}", event.id, known.event.payload, event.payload);
                    self.fail("I8", None, text);
                }
                known
            }
            None => {
                let published = Published { index: self.events.len() as u32, event: Rc::new(event) };
                self.by_id.insert(published.event.id.clone(), published.index);
                self.events.push(published.clone());
                published
            }
        };
        let again = self.rng.per_mille(self.profile.twice);
        let payload = &published.event.payload;
        if payload.detail_type().starts_with("order.") {
            self.metrics_queue.send(published.clone());
            if again {
                self.metrics_queue.send(published.clone());
            }
        }
        if matches!(
            payload,
            Payload::OrderLabelChanged(_)
                | Payload::OrderNotifyRequested(_)
                | Payload::HookRejected(_)
                | Payload::JobFailed(_)
                | Payload::ReportReady(_)
        ) {
            if again {
                self.notify_queue.send(published.clone());
            }
            self.notify_queue.send(published);
        }
    }
}

fn give_back<T: Clone>(queue: &mut SimQueue<T>, batch: Vec<Message<T>>, again: Option<Vec<usize>>, now: i64) {
    for (at, message) in batch.into_iter().enumerate() {
        // A batch whose invocation died was not answered: all of it comes again.
        if again.as_ref().is_none_or(|again| again.contains(&at)) {
            queue.comes_again(message, now);
        }
    }
}

fn described(job: &Job, answer: Option<&Answer>) -> String {
    let about = match job {
        Job::Place { request, .. } => format!("{} {:?} {:?}", request.scope.tenant(), request.draft.number, request.ends),
        Job::Receive { hook, tenant, .. } => format!("{} {} {} of {} ({:?})", tenant.tenant(), hook.id, hook.word, hook.order, hook.letter),
        Job::Staff(errand) => format!("{} {} {:?}", errand.scope.tenant(), errand.order, errand.wish),
        Job::Replay { scope, key } => format!("{} {} {}", scope.tenant(), key.endpoint, key.id),
        Job::Process(batch) => {
            let ids = batch.iter().map(|message| match &message.body {
                HookBody::Ours(hook) => format!("{}/{}/{}", hook.tenant, hook.endpoint, &hook.inbox_id[..hook.inbox_id.len().min(12)]),
                HookBody::Raw(body) => body.to_string(),
            });
            ids.collect::<Vec<_>>().join(" ")
        }
        Job::Notify(batch) | Job::Measure(batch) => {
            batch.iter().map(|message| message.body.event.id.to_string()).collect::<Vec<_>>().join(" ")
        }
        Job::Relay(rows) => rows.iter().map(|row| row.key.place.clone()).collect::<Vec<_>>().join(" "),
        Job::Sweep => String::new(),
    };
    let ended = match answer {
        None => "DIED".to_owned(),
        Some(Answer::Placed(result)) => format!("{result:?}"),
        Some(Answer::Received(result)) => format!("{result:?}"),
        Some(Answer::Changed(Ok(applied))) => {
            let events: Vec<String> = applied.events.iter().map(OrderEvent::in_words).collect();
            format!("v{} {events:?}", applied.order.version)
        }
        Some(Answer::Changed(Err(error))) => error.to_string(),
        Some(Answer::Replayed(result)) => format!("{result:?}"),
        Some(Answer::Batch(reported)) => format!("again {:?}", reported.again),
        Some(Answer::Stream(first)) => format!("again from {first:?}"),
        Some(Answer::Swept(result)) => format!("{result:?}"),
    };
    format!("{about} -> {ended}")
}
