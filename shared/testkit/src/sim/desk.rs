//! The functions: the real use cases behind the real batch runner, one invocation at a time or several
//! interleaved, any of which may die.

use super::faults::Faults;
use super::ports::Ports;
use super::queue::Message;
use super::rng::Rng;
use super::story::{Errand, Hook, Request, Wish};
use app::Provenance;
use app::apply::{Alongside, Applied, Apply};
use app::measure::Measure;
use app::notify::Notify;
use app::place::{Place, Placed};
use app::ports::{Clock, InboxKey, OrderStore, OutboxRow, Parking, PortResult, Queue, Random};
use app::process::Process;
use app::receive::{Receipt, Receive};
use app::relay::{Relay, Swept};
use app::signature::Headers;
use app::{Error, TenantScope};
use async_trait::async_trait;
use aws_lambda_events::dynamodb::{Event as StreamEvent, EventRecord};
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use contracts::Envelope;
use contracts::queue::{BadMessage, HookReceived};
use domain::order::{Cause, ChangeStatus, Command, CorrectStatus, Order, Rejection, progress};
use runtime::batch::{Outcome, sqs, stream};
use std::cell::RefCell;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};

/// What lies on the hooks queue.
#[derive(Debug, Clone)]
pub enum HookBody {
    /// One of ours, as it was read when it was sent.
    Ours(Rc<HookReceived>),
    /// Anything else.
    Raw(Rc<str>),
}

/// An event that was published, with its place in the list of all of them.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its place.
    pub index: u32,
    /// The event.
    pub event: Rc<Envelope>,
}

/// One invocation of a function.
pub enum Job {
    /// `POST /v1/orders`.
    Place {
        /// The request.
        request: Rc<Request>,
        /// Its place in the list of all requests.
        index: usize,
    },
    /// `POST /v1/hooks/{tenant}/{endpoint}`.
    Receive {
        /// The webhook.
        hook: Rc<Hook>,
        /// Its place in the list of all webhooks.
        index: usize,
        /// The shop's name in the address.
        tenant: TenantScope,
        /// The endpoint's name in the address.
        endpoint: String,
        /// The signature.
        headers: Rc<Headers>,
    },
    /// `POST /v1/orders/{id}/...`.
    Staff(Rc<Errand>),
    /// `POST /v1/inbox/{endpoint}/{id}/replay`.
    Replay {
        /// Whose.
        scope: TenantScope,
        /// Which.
        key: InboxKey,
    },
    /// A batch of the hooks queue.
    Process(Vec<Message<HookBody>>),
    /// A batch of the notify queue.
    Notify(Vec<Message<Published>>),
    /// A batch of the metrics queue.
    Measure(Vec<Message<Published>>),
    /// A batch of the outbox's stream.
    Relay(Vec<Arc<OutboxRow>>),
    /// The sweep.
    Sweep,
}

impl Job {
    /// Its name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Job::Place { .. } => "place",
            Job::Receive { .. } => "receive",
            Job::Staff(_) => "staff",
            Job::Replay { .. } => "replay",
            Job::Process(_) => "process",
            Job::Notify(_) => "notify",
            Job::Measure(_) => "measure",
            Job::Relay(_) => "relay",
            Job::Sweep => "sweep",
        }
    }

    /// Records that it hands to a handler.
    pub fn deliveries(&self) -> usize {
        match self {
            Job::Process(batch) => batch.len(),
            Job::Notify(batch) | Job::Measure(batch) => batch.len(),
            Job::Relay(rows) => rows.len(),
            _ => 1,
        }
    }

    /// It comes in over HTTP.
    pub fn is_http(&self) -> bool {
        self.has_credential() || matches!(self, Job::Receive { .. })
    }

    /// It passes the authorizer; a webhook's signature is its own.
    pub fn has_credential(&self) -> bool {
        matches!(self, Job::Place { .. } | Job::Staff(_) | Job::Replay { .. })
    }
}

/// How an invocation ended that did not die.
pub enum Answer {
    /// An order, or why not.
    Placed(Result<Placed, Error>),
    /// A receipt, or why not.
    Received(Result<Receipt, Error>),
    /// A changed order, or why not.
    Changed(Result<Box<Applied>, Error>),
    /// Queued again, or why not.
    Replayed(Result<(), Error>),
    /// A batch.
    Batch(Reported),
    /// A stream batch: the first record to come again.
    Stream(Option<usize>),
    /// A sweep.
    Swept(Result<Swept, Error>),
}

/// What a batch reported.
#[derive(Debug, Default)]
pub struct Reported {
    /// The messages that come again, by their place in the batch.
    pub again: Vec<usize>,
    /// Those that should have been reported and were not, or the other way round (I11).
    pub wrong: Option<String>,
}

/// All functions over one world.
pub struct Desk {
    place: Place,
    receive: Receive,
    process: Process,
    relay: Relay,
    measure: Measure,
    notify: Notify,
    apply: Apply,
    queue: Arc<dyn Queue>,
    parking: Arc<dyn Parking>,
    orders: Arc<dyn OrderStore>,
    clock: Arc<dyn Clock>,
    faults: Arc<Faults>,
    /// A planted bug: the batch answers that all went well.
    pub(super) swallows_failures: bool,
}

impl Desk {
    /// Wires the use cases.
    pub fn new(ports: &Ports, clock: Arc<dyn Clock>, random: Arc<dyn Random>, faults: &Arc<Faults>) -> Desk {
        let apply = Apply { orders: ports.orders.clone(), clock: clock.clone() };
        Desk {
            place: Place { orders: ports.orders.clone(), once: ports.once.clone(), clock: clock.clone(), random },
            receive: Receive {
                tenants: ports.tenants.clone(),
                inbox: ports.inbox.clone(),
                outbox: ports.outbox.clone(),
                buckets: ports.buckets.clone(),
                queue: ports.queue.clone(),
                clock: clock.clone(),
            },
            process: Process { apply: apply.clone(), inbox: ports.inbox.clone(), tenants: ports.tenants.clone(), clock: clock.clone() },
            relay: Relay { outbox: ports.outbox.clone(), bus: ports.bus.clone(), clock: clock.clone() },
            measure: Measure { metrics: ports.metrics.clone(), clock: clock.clone() },
            notify: Notify {
                orders: ports.orders.clone(),
                messages: ports.messages.clone(),
                tenants: ports.tenants.clone(),
                mailer: ports.mailer.clone(),
                chat: ports.chat.clone(),
                reports: ports.reports.clone(),
                clock: clock.clone(),
                default_from: None,
            },
            apply,
            queue: ports.queue.clone(),
            parking: ports.parking.clone(),
            orders: ports.orders.clone(),
            clock,
            faults: faults.clone(),
            swallows_failures: false,
        }
    }

    /// Runs one invocation.
    pub async fn perform(&self, job: &Job) -> Answer {
        match job {
            Job::Place { request, .. } => Answer::Placed(self.place(request).await),
            Job::Receive { hook, tenant, endpoint, headers, .. } => {
                let tenant = tenant.tenant().as_str();
                Answer::Received(self.receive.run(tenant, endpoint, headers, hook.body.as_bytes(), &hook.correlation).await)
            }
            Job::Staff(errand) => Answer::Changed(self.staff(errand).await.map(Box::new)),
            Job::Replay { scope, key } => Answer::Replayed(self.replay(scope, key).await),
            Job::Process(batch) => {
                let handle = |at: usize| async move {
                    match &batch[at].body {
                        HookBody::Ours(message) => self.process_one(message).await,
                        HookBody::Raw(body) => match HookReceived::read(body) {
                            Ok(message) => self.process_one(&message).await,
                            Err(why @ BadMessage::TooNew(_)) => Outcome::Retry(why.to_string()),
                            Err(why @ BadMessage::Unreadable(_)) => Outcome::Park(why.to_string()),
                        },
                    }
                };
                let text = |at: usize| match &batch[at].body {
                    HookBody::Ours(_) => String::new(),
                    HookBody::Raw(body) => body.to_string(),
                };
                let raw = batch.iter().any(|message| matches!(message.body, HookBody::Raw(_)));
                let texts = if raw { (0..batch.len()).map(text).collect() } else { Vec::new() };
                Answer::Batch(self.batch(batch.len(), texts, handle).await)
            }
            Job::Notify(batch) => {
                let handle = |at: usize| {
                    let published = &batch[at].body;
                    let told = Tagged { faults: &self.faults, tag: published.index, inner: Box::pin(self.notify.run(&published.event)) };
                    async move { Outcome::from(told.await.map(drop)) }
                };
                Answer::Batch(self.batch(batch.len(), Vec::new(), handle).await)
            }
            Job::Measure(batch) => {
                let handle = |at: usize| async move { Outcome::from(self.measure.run(&batch[at].body.event).await.map(drop)) };
                Answer::Batch(self.batch(batch.len(), Vec::new(), handle).await)
            }
            Job::Relay(rows) => Answer::Stream(self.relay(rows).await),
            Job::Sweep => Answer::Swept(self.relay.sweep().await),
        }
    }

    async fn place(&self, request: &Request) -> Result<Placed, Error> {
        let by = Provenance { actor: request.actor.clone(), correlation: request.correlation.clone() };
        let respond = |order: &Order| order.id.to_string();
        let Request { scope, config, draft, channel, idempotency, .. } = request;
        self.place.run(app::Context { scope, config, by: &by }, draft, channel, idempotency, respond).await
    }

    async fn staff(&self, errand: &Errand) -> Result<Applied, Error> {
        let by = Provenance { actor: errand.actor.clone(), correlation: errand.correlation.clone() };
        let mut with = Alongside::default();
        let command = match &errand.wish {
            Wish::Change { to, implied, if_unchanged } => {
                if *if_unchanged {
                    with.if_version = self.orders.load(&errand.scope, &errand.order).await?.map(|order| order.version);
                }
                let cause = Cause::Asked { note: None };
                Command::Change(ChangeStatus { to: *to, implied_steps: *implied, cause, notify: true })
            }
            Wish::Correct { to, role } => {
                Command::Correct(CorrectStatus { to: *to, reason: "the parcel came back".to_owned(), role: *role })
            }
            Wish::Progress => {
                let order = self.orders.load(&errand.scope, &errand.order).await?.ok_or(Error::NotFound("order"))?;
                let decision = progress::consider(&order, &errand.config.progress, self.clock.now());
                with.if_version = Some(order.version);
                Command::Change(decision.as_change(true).ok_or(Error::Rejected(Rejection::NotPlaced))?)
            }
            Wish::Notify => Command::Notify { enabled: errand.config.notify.email },
        };
        self.apply.run(app::Context { scope: &errand.scope, config: &errand.config, by: &by }, &errand.order, &command, with).await
    }

    async fn replay(&self, scope: &TenantScope, key: &InboxKey) -> Result<(), Error> {
        let correlation = domain::ids::CorrelationId::parse("replay").map_err(|why| Error::Fatal(why.to_string()))?;
        let message = HookReceived {
            v: HookReceived::VERSION,
            tenant: scope.tenant().clone(),
            endpoint: key.endpoint.clone(),
            inbox_id: key.id.clone(),
            correlation,
        };
        let message = serde_json::to_string(&message).map_err(|why| Error::Fatal(why.to_string()))?;
        Ok(self.queue.send(&message).await?)
    }

    async fn process_one(&self, message: &HookReceived) -> Outcome {
        Outcome::from(self.process.run(message).await.map(drop))
    }

    /// Hands a batch to the real runner and compares what it reports with what the handlers said. A record's
    /// body is its place in the batch, so that no text has to be read again.
    async fn batch<Fut: Future<Output = Outcome>>(&self, len: usize, texts: Vec<String>, handle: impl Fn(usize) -> Fut) -> Reported {
        let mut event = SqsEvent::default();
        event.records.reserve(len);
        for at in 0..len {
            let mut message = SqsMessage::default();
            message.message_id = Some(at.to_string());
            message.body = Some(at.to_string());
            event.records.push(message);
        }
        let expected = RefCell::new(Vec::new());
        let parking = NotedParking { parking: &*self.parking, texts, failed: AtomicU32::new(0) };
        let (handle, expected_now) = (&handle, &expected);
        let response = sqs(event, &parking, |body| async move {
            let at = body.parse().unwrap_or(usize::MAX);
            let outcome = handle(at).await;
            match outcome {
                Outcome::Done => {}
                Outcome::Retry(_) => expected_now.borrow_mut().push(at),
                Outcome::Park(_) => {}
            }
            if self.swallows_failures { Outcome::Done } else { outcome }
        })
        .await;
        let failed_parks = parking.failed.load(Ordering::Relaxed);
        let mut expected = expected.into_inner();
        expected.extend((0..len).filter(|at| *at < 32 && failed_parks & (1 << at) != 0));
        expected.sort_unstable();
        let mut again: Vec<usize> =
            response.batch_item_failures.iter().map(|failure| failure.item_identifier.parse().unwrap_or(usize::MAX)).collect();
        again.sort_unstable();
        let wrong = (again != expected).then(|| format!("of {len} records {expected:?} failed and {again:?} were reported"));
        Reported { again, wrong }
    }

    async fn relay(&self, rows: &[Arc<OutboxRow>]) -> Option<usize> {
        let mut event = StreamEvent::default();
        for at in 0..rows.len() {
            let mut record = EventRecord::default();
            record.change.sequence_number = Some(at.to_string());
            event.records.push(record);
        }
        let response = stream(event, |record| async move {
            let at = record.change.sequence_number.as_deref().and_then(|text| text.parse::<usize>().ok()).unwrap_or(usize::MAX);
            Outcome::from(self.relay.publish(&rows[at]).await)
        })
        .await;
        response.batch_item_failures.first()?.item_identifier.as_deref()?.parse().ok()
    }
}

/// Remembers which records could not be parked.
struct NotedParking<'a> {
    parking: &'a dyn Parking,
    texts: Vec<String>,
    failed: AtomicU32,
}

#[async_trait]
impl Parking for NotedParking<'_> {
    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        let at: usize = body.parse().unwrap_or_default();
        let text = self.texts.get(at).map_or(body, String::as_str);
        let result = self.parking.park(text, reason).await;
        if result.is_err() {
            self.failed.fetch_or(1 << (at % 32), Ordering::Relaxed);
        }
        result
    }
}

/// Books every mail and post of an invocation under the event it is about.
struct Tagged<'a, F> {
    faults: &'a Faults,
    tag: u32,
    inner: Pin<Box<F>>,
}

impl<F: Future> Future for Tagged<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<F::Output> {
        self.faults.set_tag(self.tag);
        self.inner.as_mut().poll(context)
    }
}

/// Runs an invocation by itself. `None`: it died.
pub fn alone(desk: &Desk, job: &Job) -> Option<Answer> {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(desk.perform(job)).as_mut().poll(&mut context) {
        Poll::Ready(answer) => Some(answer),
        Poll::Pending => None,
    }
}

/// An invocation on its way.
type Running<'a> = Pin<Box<dyn Future<Output = Answer> + 'a>>;

/// Runs several at once: whose turn it is at every port call is drawn.
pub fn interleaved(desk: &Desk, faults: &Faults, jobs: &[Job], rng: &mut Rng) -> Vec<Option<Answer>> {
    let mut context = Context::from_waker(Waker::noop());
    let mut answers: Vec<Option<Answer>> = jobs.iter().map(|_| None).collect();
    let mut running: Vec<(usize, Running<'_>)> = Vec::with_capacity(jobs.len());
    for (at, job) in jobs.iter().enumerate() {
        running.push((at, Box::pin(desk.perform(job))));
    }
    faults.interleave(true);
    while !running.is_empty() {
        let turn = rng.below(running.len());
        let (at, future) = &mut running[turn];
        match future.as_mut().poll(&mut context) {
            Poll::Ready(answer) => {
                answers[*at] = Some(answer);
                drop(running.swap_remove(turn));
            }
            Poll::Pending if faults.take_yielded() => {}
            // Pending without having given way: it died.
            Poll::Pending => drop(running.swap_remove(turn)),
        }
    }
    faults.interleave(false);
    answers
}
