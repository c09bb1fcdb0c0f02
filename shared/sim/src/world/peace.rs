//! The end of all faults: from here a world must come to rest.

use super::{Profile, World};
use crate::functions::job::Job;
use app::ports::InboxState;
use testkit::listeners::Reaction;

/// Rounds in which a world that is left in peace must come to rest.
const DRAIN_ROUNDS_MAX: usize = 60;

impl World {
    /// Everything that went wrong stops; everybody who waits for an answer gets it, what is dead is redriven
    /// (twice), and every queue is emptied. Sheets are imported from end to end until another run may change
    /// nothing, and the schedule of the reports fires twice. Fails if that takes more than a bounded number of rounds.
    pub fn drain(&mut self) {
        self.faults.off();
        self.outage_was_quiet();
        self.calm_bank();
        self.calm_depot();
        self.listeners.will(|_| Reaction::Says(204));
        let Profile { reports, watches, listeners, .. } = std::mem::replace(&mut self.profile, Profile::CALM);
        self.jump_ms = 0;
        self.note(|| "---- peace".to_owned());
        self.come_to_rest(|world, round| {
            let mut busy = false;
            if round == 3 {
                let mut again = world.hooks_queue.redrive_again() + world.notify_queue.redrive_again();
                again += world.metrics_queue.redrive_again() + world.saga_queue.redrive_again() + world.dispatch_queue.redrive_again();
                again += world.webhooks_queue.redrive_again();
                busy |= again > 0;
            }
            if round < 2 || round == 5 {
                busy |= world.replay_parked();
            }
            busy || round <= 5
        });
        self.settle_money();
        self.come_to_rest(|_, _| false);
        self.settle_parcels();
        self.come_to_rest(|_, _| false);
        if !self.sheets.is_empty() {
            // What waited for a row is heard when it is in, and may be older than what the sheet says.
            self.import_everything();
            self.come_to_rest(|world, round| round == 0 && world.replay_parked());
            self.import_everything();
            self.import_everything_again();
        }
        if reports {
            self.make_what_is_due();
            self.expect_reports();
        }
        if watches {
            for _ in 0..2 {
                for shop in 0..self.shops.len() {
                    let job = self.watch_of(shop);
                    self.run_alone(job);
                }
            }
            self.watched_at = Some(self.now());
            // Who is told that it is late waits for the morning, if it is night by now.
            self.come_to_rest(|_, _| false);
            // Every follow-up's hour comes, and every night ends.
            for _ in 0..26 {
                self.advance(3_600_000);
                self.run_alone(Job::Timers);
                self.run_alone(Job::Timers);
                // What they have asked for is done at once, not a day later.
                self.empty_queues();
            }
        }
        if reports || watches || !self.sheets.is_empty() {
            self.come_to_rest(|_, _| false);
        }
        if listeners > 0 {
            self.tell_what_waits();
            self.tell_what_was_missed();
        }
        // What has become due meanwhile, to the minute.
        self.advance(61_000);
        self.run_alone(Job::Timers);
        self.empty_queues();
    }

    /// Rounds of peace, until nothing waits any more. `more` does something after each and says whether that, or
    /// the number of the round, asks for another one.
    pub(super) fn come_to_rest(&mut self, more: impl Fn(&mut World, usize) -> bool) {
        for round in 0..DRAIN_ROUNDS_MAX {
            self.advance(600_000);
            self.answer_everybody();
            self.empty_queues();
            let mut busy = self.redrive() > 0;
            busy |= more(self, round);
            busy |= !self.open_requests.is_empty() || !self.open_hooks.is_empty() || !self.stream.is_empty();
            busy |= !self.open_erasures.is_empty() || !self.open_stock.is_empty();
            busy |= !(self.hooks_queue.is_empty() && self.notify_queue.is_empty());
            busy |= !(self.metrics_queue.is_empty() && self.saga_queue.is_empty() && self.dispatch_queue.is_empty());
            busy |= !self.webhooks_queue.is_empty();
            busy |= !self.memory.outbox_rows().is_empty();
            if !busy {
                return;
            }
        }
        let waiting = format!(
            "after {DRAIN_ROUNDS_MAX} rounds of peace there wait: {} requests, {} webhooks, {} erasures, {} movements, {} + {} outbox rows, \
             {} + {} + {} + {} + {} + {} messages",
            self.open_requests.len(),
            self.open_hooks.len(),
            self.open_erasures.len(),
            self.open_stock.len(),
            self.stream.len(),
            self.memory.outbox_rows().len(),
            self.hooks_queue.len(),
            self.notify_queue.len(),
            self.metrics_queue.len(),
            self.saga_queue.len(),
            self.dispatch_queue.len(),
            self.webhooks_queue.len(),
        );
        self.fail("I15", None, waiting);
    }

    fn answer_everybody(&mut self) {
        for index in std::mem::take(&mut self.open_requests) {
            self.open_requests.push(index);
            let job = Job::Place { request: self.asked[index].request.clone(), index };
            self.run_alone(job);
        }
        for index in std::mem::take(&mut self.open_erasures) {
            self.open_erasures.push(index);
            let job = self.ask_erasure(index);
            self.run_alone(job);
        }
        for index in std::mem::take(&mut self.open_stock) {
            self.open_stock.push(index);
            self.run_alone(Job::Stock { wish: self.stocked[index].wish.clone(), index });
        }
        let mut at = 0;
        while at < self.open_hooks.len() {
            let index = self.open_hooks[at];
            if self.sent[index].hook.due <= self.second() {
                let job = self.post(index);
                self.run_alone(job);
            }
            // Answered hooks leave the list, and the next takes their place.
            if self.open_hooks.get(at) == Some(&index) {
                at += 1;
            }
        }
    }

    pub(super) fn empty_queues(&mut self) {
        loop {
            let now = self.second();
            let mut idle = true;
            let batch = self.hooks_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Process(batch));
            }
            let limit = self.stream.len().min(10);
            if limit > 0 {
                idle = false;
                let rows = self.stream.drain(..limit).collect();
                self.run_alone(Job::Relay(rows));
            }
            let batch = self.notify_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Notify(batch));
            }
            let batch = self.metrics_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Measure(batch));
            }
            let batch = self.saga_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Saga(batch));
            }
            let batch = self.dispatch_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Dispatch(batch));
            }
            let batch = self.webhooks_queue.receive_all(10, now);
            if !batch.is_empty() {
                idle = false;
                self.run_alone(Job::Tell(batch));
            }
            if idle {
                break;
            }
        }
        self.run_alone(Job::Sweep);
    }

    fn replay_parked(&mut self) -> bool {
        let mut any = false;
        for shop in 0..self.shops.len() {
            let who = self.shops[shop].client.clone();
            for entry in self.memory.inbox_entries(&self.shops[shop].scope) {
                if matches!(entry.state, InboxState::Parked { .. }) {
                    any = true;
                    self.run_alone(Job::Replay { shop, who: who.clone(), key: entry.key });
                }
            }
        }
        any
    }
}
