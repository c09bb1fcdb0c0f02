//! What happens next: the seed draws who acts, and whom they act with.

use super::{Asked, Kind, Sent, World};
use crate::functions::job::{HookMessage, Job};
use crate::functions::run::{alone, interleaved};
use crate::story::{Customer, Errand, Hook, Letter, Request, Wish};
use app::ports::InboxKey;
use domain::ids::OrderId;
use domain::order::{FulfilmentStatus, Order, OrderStatus, Return, ReturnKind, ReturnState};
use std::rc::Rc;

/// How far the functions' clocks jump.
const JUMP_MS: i64 = 600_000;

/// Names of an order's first returns.
const RETURNS: [&str; 6] = ["r1", "r2", "r3", "r4", "r5", "r6"];

const KINDS: [(Kind, u32); 26] = [
    (Kind::Place, 70),
    (Kind::Receive, 300),
    (Kind::Process, 180),
    (Kind::Staff, 50),
    (Kind::Import, 40),
    (Kind::Erase, 12),
    (Kind::Stock, 60),
    (Kind::Schedule, 11),
    (Kind::Report, 3),
    (Kind::Watch, 6),
    (Kind::Timers, 8),
    (Kind::Relay, 170),
    (Kind::Notify, 100),
    (Kind::Measure, 90),
    (Kind::Saga, 60),
    (Kind::Bank, 25),
    (Kind::Dispatch, 40),
    (Kind::Depot, 25),
    (Kind::Collect, 24),
    (Kind::Tell, 60),
    (Kind::TellAgain, 6),
    (Kind::Sweep, 8),
    (Kind::Replay, 8),
    (Kind::Redrive, 8),
    (Kind::Garbage, 4),
    (Kind::Jump, 12),
];

/// What somebody does next who has an order in their hands: what comes next, or they think better of it.
fn in_hand(order: &Order, luck: usize) -> Option<(&'static str, Wish)> {
    use FulfilmentStatus as F;
    if matches!(order.tracks.status, OrderStatus::Delivered | OrderStatus::Completed | OrderStatus::ReturnRequested) {
        let owed = |one: &Return| one.kind == ReturnKind::Exchange && one.state == ReturnState::Received && one.replacement.is_none();
        if let Some(name) = order.returns.iter().position(owed).and_then(|at| RETURNS.get(at)).filter(|_| luck < 5) {
            return Some((name, Wish::Replace));
        }
        let open = order.returns.iter().position(|one| one.state.is_open());
        return match open.and_then(|at| RETURNS.get(at)) {
            Some(name) => Some((name, Wish::TakeIn { sellable: luck < 7, here: luck != 8 })),
            None => (luck < 6).then_some(("p1", Wish::SendBack { exchange: luck < 3 })),
        };
    }
    order.contact.as_ref()?.address.as_ref()?;
    let last = order.consignments.last();
    let parcel = if order.consignments.len() == 2 { "p2" } else { "p1" };
    match last.map(|one| one.work.status) {
        Some(F::Packed) => Some((parcel, Wish::Label { again: false })),
        Some(F::Labelled) if luck == 0 => Some((parcel, Wish::Label { again: true })),
        Some(F::Labelled) if luck < 3 => Some((parcel, Wish::Change { to: OrderStatus::Cancelled })),
        Some(F::Labelled) => Some((parcel, Wish::Step { leaves: luck < 6 })),
        Some(F::Shipped) if order.tracks.status == OrderStatus::PartiallyShipped && luck < 6 => Some(match luck {
            0 | 1 => (parcel, Wish::CallOff { line: 0 }),
            2 => (parcel, Wish::Change { to: OrderStatus::Cancelled }),
            _ => (parcel, Wish::Pack),
        }),
        Some(F::Shipped) => Some((parcel, Wish::Track)),
        None | Some(F::Cancelled) if order.tracks.status == OrderStatus::Processing => Some(match luck {
            0 => (parcel, Wish::CallOff { line: 0 }),
            1 => (parcel, Wish::PackOne { leaves: true }),
            2 => (parcel, Wish::PackOne { leaves: false }),
            _ => (parcel, Wish::Pack),
        }),
        _ => None,
    }
}

impl World {
    /// Takes so many steps.
    pub fn run(&mut self, steps: usize) {
        for _ in 0..steps {
            self.step();
        }
    }

    /// One step: some time passes and something happens.
    pub fn step(&mut self) {
        let wait = self.rng.between(0, 30_000);
        self.advance(wait);
        let width = if self.rng.per_mille(self.profile.interleaved) { 2 + self.rng.below(3) } else { 1 };
        if width == 1 {
            if let Some(job) = self.draw() {
                self.run_alone(job);
            }
            return;
        }
        let mut jobs = Vec::with_capacity(8);
        self.crowded = true;
        while jobs.len() < width {
            let Some(job) = self.draw() else { break };
            match &job {
                // An impatient client: the same request eight times at once.
                Job::Place { request, index } => jobs.extend((0..7).map(|_| Job::Place { request: request.clone(), index: *index })),
                Job::Import { chunk, run } => jobs.push(Job::Import { chunk: chunk.clone(), run: *run }),
                Job::Erase { erasure, index } => jobs.push(Job::Erase { erasure: erasure.clone(), index: *index }),
                Job::Stock { wish, index } => jobs.push(Job::Stock { wish: wish.clone(), index: *index }),
                Job::Report(call) => jobs.push(Job::Report(call.clone())),
                Job::Watch(tenant) => jobs.push(Job::Watch(tenant.clone())),
                Job::Timers => jobs.push(Job::Timers),
                Job::HandOver { who } => jobs.push(Job::HandOver { who: who.clone() }),
                Job::Collect => jobs.push(Job::Collect),
                _ => {}
            }
            jobs.push(job);
        }
        self.crowded = false;
        self.run_interleaved(jobs);
    }

    /// Something of a kind happens, if it can. False if it cannot.
    pub fn turn(&mut self, kind: Kind) -> bool {
        match self.job(kind) {
            Some(job) => {
                self.run_alone(job);
                true
            }
            None => false,
        }
    }

    pub(super) fn run_alone(&mut self, job: Job) {
        let faults = self.faults.injected();
        let answer = alone(&self.functions, &self.faults, &job);
        self.went_well = self.faults.injected() == faults;
        self.settle(job, answer);
        self.collect();
    }

    /// Runs several invocations at once.
    pub fn run_interleaved(&mut self, jobs: Vec<Job>) {
        let functions = self.functions.clone();
        let answers = interleaved(&functions, &self.faults, &jobs, &mut self.rng);
        self.went_well = false;
        for (job, answer) in jobs.into_iter().zip(answers) {
            self.settle(job, answer);
        }
        self.collect();
    }

    fn draw(&mut self) -> Option<Job> {
        const TOTAL: u32 = {
            let (mut total, mut at) = (0, 0);
            while at < KINDS.len() {
                total += KINDS[at].1;
                at += 1;
            }
            total
        };
        let mut rest = self.rng.below(TOTAL as usize) as u32;
        let mut at = 0;
        while rest >= KINDS[at].1 {
            rest -= KINDS[at].1;
            at += 1;
        }
        // What cannot happen gives its turn to what comes next.
        (0..KINDS.len()).find_map(|further| self.job(KINDS[(at + further) % KINDS.len()].0))
    }

    /// An invocation of a kind, if there is any to make.
    pub fn job(&mut self, kind: Kind) -> Option<Job> {
        let (now, twice) = (self.second(), self.profile.twice);
        match kind {
            Kind::Place => {
                if self.asked.len() < self.profile.orders_max && (self.open_requests.is_empty() || self.rng.per_mille(400)) {
                    self.wish_order();
                }
                if self.open_requests.is_empty() {
                    return None;
                }
                let at = self.rng.below(self.open_requests.len());
                let index = *self.open_requests.get(at)?;
                Some(Job::Place { request: self.asked[index].request.clone(), index })
            }
            Kind::Receive => {
                if self.open_hooks.is_empty() {
                    self.tell_more();
                }
                for _ in 0..4 {
                    if self.open_hooks.is_empty() {
                        return None;
                    }
                    let at = self.rng.below(self.open_hooks.len());
                    let index = self.open_hooks[at];
                    if self.sent[index].hook.due <= now {
                        return Some(self.post(index));
                    }
                }
                None
            }
            Kind::Staff => self.errand(),
            Kind::Import => self.import(),
            Kind::Erase => self.erase(),
            Kind::Stock => self.stock(),
            Kind::Schedule => self.fire(),
            Kind::Report => self.report_on_demand(),
            Kind::Watch => self.watch(),
            Kind::Timers => self.profile.watches.then_some(Job::Timers),
            Kind::Process => {
                let limit = 1 + self.rng.below(10);
                let batch = self.hooks_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Process(batch))
            }
            Kind::Notify => {
                let limit = 1 + self.rng.below(10);
                let batch = self.notify_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Notify(batch))
            }
            Kind::Measure => {
                let limit = 1 + self.rng.below(10);
                let batch = self.metrics_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Measure(batch))
            }
            Kind::Saga => {
                let limit = 1 + self.rng.below(10);
                let batch = self.saga_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Saga(batch))
            }
            Kind::Dispatch => {
                let limit = 1 + self.rng.below(5);
                let batch = self.dispatch_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Dispatch(batch))
            }
            Kind::Tell => {
                let limit = 1 + self.rng.below(10);
                let batch = self.webhooks_queue.receive(limit, now, twice, &mut self.rng);
                (!batch.is_empty()).then_some(Job::Tell(batch))
            }
            Kind::TellAgain => Some(Job::TellAgain),
            Kind::Depot => self.hear_depot(),
            Kind::Collect => self.hand_over(),
            Kind::Bank => self.hear_bank(),
            Kind::Relay => {
                let limit = (1 + self.rng.below(10)).min(self.stream.len());
                (limit > 0).then(|| Job::Relay(self.stream.drain(..limit).collect()))
            }
            Kind::Sweep => Some(Job::Sweep),
            Kind::Replay => {
                if self.sent.is_empty() {
                    return None;
                }
                let at = self.rng.below(self.sent.len());
                let (hook, receipt) = (&self.sent[at].hook, self.sent[at].receipt.clone()?);
                let shop = &self.shops[hook.shop];
                let key = InboxKey { endpoint: shop.senders[hook.sender].endpoint.clone(), id: receipt };
                Some(Job::Replay { shop: hook.shop, who: shop.client.clone(), key })
            }
            Kind::Redrive => {
                self.redrive();
                None
            }
            Kind::Garbage => {
                if self.profile.garbage {
                    self.send_garbage();
                }
                None
            }
            Kind::Jump => {
                if self.profile.jumps {
                    self.jump_ms = self.rng.pick(&[0, 0, JUMP_MS, -JUMP_MS]);
                    self.jumped = true;
                    self.advance(0);
                }
                None
            }
        }
    }

    /// A client wishes to place an order.
    pub fn wish_order(&mut self) {
        let (shop, now) = (self.rng.below(self.shops.len()), self.now());
        let again = self.known_customer(shop);
        let mut request = self.shops[shop].request(shop, again, now, &mut self.rng);
        self.contest(&mut request);
        // A shop's own number is known before we hear of the order, and so its carrier may be faster.
        let told = request.number.clone().filter(|_| self.rng.per_mille(200));
        if let Some(number) = &told {
            self.tell_story(shop, number, request.customer.email.as_deref());
        }
        self.ask(request, told.is_some());
    }

    /// Somebody who ordered here before orders again, unless they asked to be forgotten.
    fn known_customer(&mut self, shop: usize) -> Option<Rc<Customer>> {
        if self.known.is_empty() || !self.rng.per_mille(150) {
            return None;
        }
        let known = &self.known[self.rng.below(self.known.len())];
        (known.shop == shop && !self.is_forgotten(&known.customer)).then(|| known.customer.clone())
    }

    pub(super) fn ask(&mut self, request: Request, told: bool) {
        self.open_requests.push(self.asked.len());
        self.asked.push(Asked { request: Rc::new(request), response: None, order: None, refused: false, told });
    }

    /// A request is delivered once more.
    pub fn again(&self, index: usize) -> Option<Job> {
        Some(Job::Place { request: self.asked.get(index)?.request.clone(), index })
    }

    pub(super) fn tell_story(&mut self, shop: usize, order: &str, email: Option<&str>) {
        let now = self.now();
        for hook in self.shops[shop].storyline(shop, order, email, now, &mut self.rng) {
            self.send_hook(hook);
        }
    }

    /// Every webhook that was taken in is sent once more.
    pub fn send_all_again(&mut self) {
        self.open_hooks = (0..self.sent.len()).filter(|at| self.sent[*at].receipt.is_some()).collect();
    }

    /// Some orders have a longer story. It stays shorter than what an order's log holds, beyond which the
    /// oldest facts are settled for good.
    fn tell_more(&mut self) {
        if self.known.is_empty() {
            return;
        }
        let at = self.rng.below(self.known.len());
        let known = &mut self.known[at];
        if std::mem::replace(&mut known.told_more, true) {
            return;
        }
        let (shop, id, customer) = (known.shop, known.id.clone(), known.customer.clone());
        self.tell_story(shop, id.as_str(), customer.email.as_deref());
    }

    pub(super) fn send_hook(&mut self, hook: Hook) {
        self.open_hooks.push(self.sent.len());
        self.sent.push(Sent { hook: Rc::new(hook), receipt: None, signed: None, tries: 0 });
    }

    pub(super) fn post(&mut self, index: usize) -> Job {
        let second = self.second();
        let sent = &mut self.sent[index];
        let hook = sent.hook.clone();
        let shop = &self.shops[hook.shop];
        let sender = &shop.senders[hook.sender];
        sent.tries += 1;
        // Signing is the sender's work, not ours: once, and again when a dated signature has grown stale.
        let stale = |signed: i64| sender.dates_its_signatures() && (second - signed).abs() > 120;
        let headers = match &sent.signed {
            Some((signed, headers)) if !stale(*signed) => headers.clone(),
            _ => {
                let text = if hook.letter == Letter::Forged { "{}" } else { &hook.body };
                let headers = Rc::new(sender.sign(&hook.id, second, text));
                sent.signed = Some((second, headers.clone()));
                headers
            }
        };
        let path = format!("/v1/hooks/{}/{}", shop.scope.tenant(), sender.endpoint);
        Job::Receive { index, path, headers, hook }
    }

    fn errand(&mut self) -> Option<Job> {
        if !self.profile.staff {
            return None;
        }
        if !self.errands.is_empty() && self.rng.per_mille(500) {
            let at = self.rng.below(self.errands.len());
            self.errands[at].1 += 1;
            let errand = self.errands[at].0.clone();
            let writes_too_late = errand.note.is_some() && self.is_crowded_or_forgotten(errand.shop, &errand.order);
            if self.errands[at].1 > 3 || writes_too_late {
                self.errands.swap_remove(at);
            }
            return (!writes_too_late).then_some(Job::Staff(errand));
        }
        if self.known.is_empty() {
            return None;
        }
        // Who has something in hand is more likely to do something.
        let mut at = self.rng.below(self.known.len());
        for _ in 0..2 {
            let known = &self.known[at];
            let order = self.memory.order(&self.shops[known.shop].scope, &known.id);
            if known.staffed && order.as_ref().and_then(|order| in_hand(order, 9)).is_some() {
                break;
            }
            at = self.rng.below(self.known.len());
        }
        let known = &self.known[at];
        if !known.staffed {
            return None;
        }
        self.errand_serial += 1;
        let shop = &self.shops[known.shop];
        let order = self.memory.order(&shop.scope, &known.id);
        let version = order.as_ref().map_or(0, |order| order.version);
        let mut errand = shop.errand(known.shop, &known.id, version, self.errand_serial, &mut self.rng);
        if let Some(open) = order.as_ref().and_then(|order| order.open_reviews().find(|review| review.kind.decides_order())) {
            errand.review = open.id.to_string();
            // Whoever finds something to decide mostly does.
            if self.rng.per_mille(500) {
                errand.wish = Wish::Review { approve: self.rng.per_mille(700) };
            }
        }
        if matches!(errand.wish, Wish::Mend { .. }) {
            let wrong = order.as_ref().map(|order| order.exceptions.as_slice()).unwrap_or_default();
            errand.review = wrong.last().map(|exception| exception.id.to_string()).unwrap_or_default();
        }
        // What is in hand is seen to.
        let (sees, luck) = (self.rng.per_mille(750), self.rng.below(10));
        let next = order.as_ref().filter(|_| sees).and_then(|order| in_hand(order, luck));
        if let Some((parcel, wish)) = next {
            (errand.parcel, errand.wish) = (parcel, wish);
        }
        if self.rng.per_mille(400) && !self.is_crowded_or_forgotten(errand.shop, &errand.order) {
            errand.note = Some(format!("{} rang", self.known[at].customer.token));
        }
        // Photos are of interest where customers are forgotten.
        if self.profile.erasures && self.errand_serial.is_multiple_of(4) {
            (errand.wish, errand.note) = (Wish::Photo, None);
        }
        Some(Job::Staff(Rc::new(errand)))
    }

    /// Somebody is to add a photo of the first order.
    pub fn wish_photo(&mut self) {
        self.wish(Wish::Photo);
    }

    /// Somebody is to do something about the first order.
    pub fn wish(&mut self, wish: Wish) {
        let Some(known) = self.known.first() else { return };
        self.errand_serial += 1;
        let errand = self.shops[known.shop].errand(known.shop, &known.id, 0, self.errand_serial, &mut self.rng);
        self.errands.push((Rc::new(Errand { wish, if_version: None, note: None, parcel: "p1", ..errand }), 0));
    }

    /// What is written about a customer after, or while, they are forgotten is not for us to find.
    fn is_crowded_or_forgotten(&self, shop: usize, order: &OrderId) -> bool {
        let known = self.known.iter().find(|known| known.shop == shop && known.id == *order);
        self.crowded || known.is_some_and(|known| self.is_forgotten(&known.customer))
    }

    fn send_garbage(&mut self) {
        let body = match self.rng.below(3) {
            0 => "not json".to_owned(),
            1 => r#"{"v":1}"#.to_owned(),
            _ => "[]".to_owned(),
        };
        self.garbage += 1;
        self.hooks_queue.send(HookMessage { body: body.into(), ours: None });
    }

    /// Redrives every dead-letter queue. Returns how many messages came back.
    pub fn redrive(&mut self) -> usize {
        let mut count = self.hooks_queue.redrive() + self.notify_queue.redrive();
        count += self.metrics_queue.redrive() + self.saga_queue.redrive() + self.dispatch_queue.redrive() + self.webhooks_queue.redrive();
        self.stats.redriven += count as u64;
        count
    }
}
