//! What follows from an invocation, or from its death: answers are compared with earlier ones, messages
//! come again, and what was written is carried to where it is delivered from.

use super::World;
use crate::functions::job::{Answer, HookMessage, Job, Published};
use crate::queue::{Message, SimQueue};
use app::TenantScope;
use app::measure::deltas;
use app::ports::{InboxKey, InboxState, MessageState};
use domain::ids::OrderId;
use std::collections::BTreeSet;

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
        let reply = match &answer {
            Some(Answer::Http(reply)) => Some(reply.clone()),
            _ => None,
        };
        let second = self.second();
        match (job, answer) {
            (Job::Place { request, index }, _) => self.placed(&request, index, reply),
            (Job::Receive { index, .. }, _) => self.received(index, reply),
            (Job::Bank(news), _) => self.heard_bank(&news, reply),
            (Job::Push(news), _) => self.heard_depot(&news, reply),
            (Job::HandOver { .. }, _) => self.handed_over(reply),
            (Job::Staff(errand), _) => self.worked(errand, reply),
            (Job::Import { chunk, run }, _) => self.imported(&chunk, run, reply),
            (Job::Erase { index, .. }, _) => self.erased(index, reply),
            (Job::Stock { index, .. }, answer) => self.moved(index, answer),
            (Job::Replay { .. }, _) => self.replayed(reply),
            (Job::Process(batch), answer) => {
                let again = self.comes_again("hooks", &batch, answer, World::is_processed);
                give_back(&mut self.hooks_queue, batch, again, second);
            }
            (Job::Notify(batch), answer) => {
                let again = self.comes_again("notify", &batch, answer, World::is_told);
                give_back(&mut self.notify_queue, batch, again, second);
            }
            (Job::Measure(batch), answer) => {
                let again = self.comes_again("metrics", &batch, answer, World::is_counted);
                give_back(&mut self.metrics_queue, batch, again, second);
            }
            (Job::Saga(batch), answer) => {
                let again = self.comes_again("saga", &batch, answer, |_, _| true);
                give_back(&mut self.saga_queue, batch, again, second);
            }
            (Job::Dispatch(batch), answer) => {
                let again = self.comes_again("dispatch", &batch, answer, |_, _| true);
                give_back(&mut self.dispatch_queue, batch, again, second);
            }
            (Job::Tell(batch), answer) => {
                let again = self.comes_again("webhooks", &batch, answer, |_, _| true);
                give_back(&mut self.webhooks_queue, batch, again, second);
            }
            (Job::Relay(records), answer) => {
                let done = first_failure(answer, records.len());
                self.relayed(records, done);
            }
            (Job::Sweep | Job::Watch(_) | Job::Timers | Job::TellAgain | Job::Collect, _) => {}
            (Job::Report(call), answer) => self.reported(&call, answer),
        }
    }

    /// The places of the messages that come again; `None` if the batch was never answered. I11: those are
    /// messages of this batch, the others are done, and where nothing went wrong all of them are.
    fn comes_again<T>(
        &mut self,
        queue: &'static str,
        batch: &[Message<T>],
        answer: Option<Answer>,
        is_done: impl Fn(&World, &T) -> bool,
    ) -> Option<Vec<usize>> {
        let Some(Answer::Batch(ids)) = answer else { return None };
        let again: BTreeSet<usize> = ids.iter().filter_map(|id| id.parse().ok()).filter(|at| *at < batch.len()).collect();
        if again.len() != ids.len() {
            self.fail("I11", None, format!("{queue}: of {} records {ids:?} were reported", batch.len()));
        }
        for (at, message) in batch.iter().enumerate() {
            if !again.contains(&at) && !is_done(self, &message.body) {
                self.fail("I11", None, format!("{queue}: record {at} of {} is not done and was not reported", batch.len()));
            }
        }
        // A bank may be busy, or a carrier, and somebody else may be asking it.
        let may_wait = matches!(queue, "notify" | "dispatch") || (queue == "saga" && self.profile.bank > 0);
        if self.went_well && !may_wait && !again.is_empty() {
            self.fail("I11", None, format!("{queue}: nothing went wrong, and {ids:?} were reported"));
        }
        Some(again.into_iter().collect())
    }

    fn is_processed(&self, message: &HookMessage) -> bool {
        let Some(hook) = &message.ours else { return true };
        let scope = TenantScope::of_own_message(&hook.tenant);
        let key = InboxKey { endpoint: hook.endpoint.clone(), id: hook.inbox_id.clone() };
        self.memory.inbox_state(&scope, &key).is_some_and(|state| state != InboxState::Received)
    }

    fn is_counted(&self, published: &Published) -> bool {
        let event = &published.event;
        deltas(event).is_empty() || self.memory.was_counted(&TenantScope::of_own_message(&event.tenant), &event.id)
    }

    fn is_told(&self, published: &Published) -> bool {
        let event = &published.event;
        let scope = TenantScope::of_own_message(&event.tenant);
        let order = OrderId::parse(&event.subject).ok().and_then(|id| self.memory.order(&scope, &id));
        if order.is_some_and(|order| order.contact.is_none()) {
            // Whom to tell is forgotten; what died on the way to them stays as it was.
            return true;
        }
        let about = self.memory.messages_about(&scope, &event.subject);
        let mut of_it = about.iter().filter(|message| message.id.event == event.id);
        of_it.all(|message| !matches!(message.state, MessageState::Failed { .. } | MessageState::Sending { .. }))
    }
}

/// How many records of a stream's batch are done.
fn first_failure(answer: Option<Answer>, len: usize) -> usize {
    let Some(Answer::Said(Ok(said))) = answer else { return 0 };
    match said["batchItemFailures"].as_array().and_then(|failures| failures.first()) {
        None => len,
        Some(failure) => failure["itemIdentifier"].as_str().and_then(|at| at.parse().ok()).unwrap_or(0).min(len),
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
        Job::Place { request, .. } => format!("{} {:?} {:?}", request.client.tenant, request.number, request.ends),
        Job::Receive { hook, path, .. } => format!("{path} {} {} of {} ({:?})", hook.id, hook.word, hook.order, hook.letter),
        Job::Bank(news) | Job::Push(news) => format!("{} {} (forged: {})", news.path, String::from_utf8_lossy(&news.body), news.forged),
        Job::Staff(errand) => format!("{} {} {:?}", errand.who.tenant, errand.order, errand.wish),
        Job::Import { chunk, run } => format!("{} rows {:?} in run {run}", chunk.client.tenant, chunk.rows),
        Job::Erase { erasure, .. } => format!("{} {}", erasure.who.tenant, erasure.customer.token),
        Job::Stock { wish, .. } => format!("{} {:?} {:+} {}", wish.client.tenant, wish.shelf, wish.by, wish.reference),
        Job::Report(call) => call.event.to_string(),
        Job::Watch(tenant) => tenant.to_string(),
        Job::Replay { who, key, .. } => format!("{} {} {}", who.tenant, key.endpoint, key.id),
        Job::Process(batch) => {
            let ids = batch.iter().map(|message| match &message.body.ours {
                Some(hook) => format!("{}/{}/{}", hook.tenant, hook.endpoint, &hook.inbox_id[..hook.inbox_id.len().min(12)]),
                None => message.body.body.to_string(),
            });
            ids.collect::<Vec<_>>().join(" ")
        }
        Job::Notify(batch) | Job::Measure(batch) | Job::Saga(batch) | Job::Dispatch(batch) => {
            batch.iter().map(|message| message.body.event.id.to_string()).collect::<Vec<_>>().join(" ")
        }
        Job::Tell(batch) => batch.iter().map(|message| message.body.to_string()).collect::<Vec<_>>().join(" "),
        Job::Relay(records) => records.iter().map(|record| record.row.key.place.clone()).collect::<Vec<_>>().join(" "),
        Job::HandOver { who } => who.tenant.to_string(),
        Job::Sweep | Job::Timers | Job::TellAgain | Job::Collect => String::new(),
    };
    let ended = match answer {
        None => "DIED".to_owned(),
        Some(Answer::Http(reply)) => format!("{} {}", reply.status, reply.text()),
        Some(Answer::Batch(again)) => format!("again {again:?}"),
        Some(Answer::Said(said)) => format!("{said:?}"),
    };
    format!("{about} -> {ended}")
}
