//! One invocation of a function, and how it ended.

use super::wire::{Reply, StreamRecord};
use crate::queue::Message;
use crate::story::{Chunk, Erasure, Errand, Hook, Request, StockWish};
use app::ports::InboxKey;
use app::signature::Headers;
use contracts::Envelope;
use contracts::queue::HookReceived;
use domain::ids::{CorrelationId, TenantId};
use serde_json::Value;
use std::rc::Rc;

/// What lies on the hooks queue.
#[derive(Debug, Clone)]
pub struct HookMessage {
    /// As it lies there.
    pub body: Rc<str>,
    /// What it says, if it is one of ours.
    pub ours: Option<Rc<HookReceived>>,
}

/// An event that was published, with its place in the list of all of them.
#[derive(Debug, Clone)]
pub struct Published {
    /// Its place.
    pub index: u32,
    /// The event.
    pub event: Rc<Envelope>,
    /// As the bus delivers it to a queue.
    pub body: Rc<str>,
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
        /// Path.
        path: String,
        /// The signature.
        headers: Rc<Headers>,
    },
    /// `POST /v1/payments/{tenant}/{provider}`.
    Bank(Rc<BankNews>),
    /// `POST /v1/orders/{id}/...`.
    Staff(Rc<Errand>),
    /// `POST /v1/imports/orders`.
    Import {
        /// Some rows of a sheet.
        chunk: Rc<Chunk>,
        /// By which run of the import.
        run: usize,
    },
    /// `POST /v1/privacy/erase`.
    Erase {
        /// The wish.
        erasure: Rc<Erasure>,
        /// Its place in the list of all of them.
        index: usize,
    },
    /// `POST /v1/inventory/{sku}/adjust`.
    Stock {
        /// The wish.
        wish: Rc<StockWish>,
        /// Its place in the list of all of them.
        index: usize,
    },
    /// `POST /v1/inbox/{endpoint}/{id}/replay`.
    Replay {
        /// In which shop.
        shop: usize,
        /// By whom.
        who: app::Identity,
        /// Which.
        key: InboxKey,
    },
    /// A batch of the hooks queue.
    Process(Vec<Message<HookMessage>>),
    /// A batch of the notify queue.
    Notify(Vec<Message<Published>>),
    /// A batch of the metrics queue.
    Measure(Vec<Message<Published>>),
    /// A batch of the saga queue.
    Saga(Vec<Message<Published>>),
    /// A carrier's webhook.
    Push(Rc<BankNews>),
    /// `POST /v1/manifests`.
    HandOver {
        /// By whom.
        who: app::Identity,
    },
    /// Manifests are asked for by the clock.
    Collect,
    /// A batch of the dispatch queue.
    Dispatch(Vec<Message<Published>>),
    /// A batch of the webhooks queue: events, and what is to be done for endpoints, as they lie there.
    Tell(Vec<Message<Rc<str>>>),
    /// What endpoints have not taken is looked at.
    TellAgain,
    /// A batch of the outbox's stream.
    Relay(Vec<Rc<StreamRecord>>),
    /// The sweep.
    Sweep,
    /// A shop's open orders are looked at.
    Watch(Rc<TenantId>),
    /// What is due happens.
    Timers,
    /// The schedule of the daily report, or a report on demand.
    Report(Rc<ReportCall>),
}

/// A webhook of a payment provider, or of a carrier.
#[derive(Debug)]
pub struct BankNews {
    /// Where it is sent to.
    pub path: String,
    /// What it says.
    pub body: Vec<u8>,
    /// Somebody else has written it.
    pub forged: bool,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
}

/// An invocation of the report function.
#[derive(Debug)]
pub struct ReportCall {
    /// What it is invoked with.
    pub event: Value,
    /// Ties what follows to it.
    pub correlation: CorrelationId,
    /// How often it is tried once more.
    pub tries_left: u32,
}

impl Job {
    /// Its name in traces.
    pub fn name(&self) -> &'static str {
        match self {
            Job::Place { .. } => "place",
            Job::Receive { .. } => "receive",
            Job::Bank(_) => "bank",
            Job::Push(_) => "push",
            Job::HandOver { .. } => "hand over",
            Job::Collect => "collect",
            Job::Staff(_) => "staff",
            Job::Replay { .. } => "replay",
            Job::Process(_) => "process",
            Job::Notify(_) => "notify",
            Job::Measure(_) => "measure",
            Job::Saga(_) => "saga",
            Job::Dispatch(_) => "dispatch",
            Job::Tell(_) => "tell",
            Job::TellAgain => "tell again",
            Job::Relay(_) => "relay",
            Job::Sweep => "sweep",
            Job::Watch(_) => "watch",
            Job::Timers => "timers",
            Job::Report(_) => "report",
            Job::Import { .. } => "import",
            Job::Erase { .. } => "erase",
            Job::Stock { .. } => "stock",
        }
    }

    /// Records that it hands to a handler.
    pub fn deliveries(&self) -> usize {
        match self {
            Job::Process(batch) => batch.len(),
            Job::Notify(batch) | Job::Measure(batch) | Job::Saga(batch) | Job::Dispatch(batch) => batch.len(),
            Job::Tell(batch) => batch.len(),
            Job::Relay(records) => records.len(),
            _ => 1,
        }
    }

    /// It comes in over HTTP.
    pub fn is_http(&self) -> bool {
        self.has_credential() || matches!(self, Job::Receive { .. } | Job::Bank(_) | Job::Push(_))
    }

    /// It passes the authorizer; a webhook's signature is its own.
    pub fn has_credential(&self) -> bool {
        match self {
            Job::Place { .. }
            | Job::Staff(_)
            | Job::Import { .. }
            | Job::Erase { .. }
            | Job::Replay { .. }
            | Job::Stock { .. }
            | Job::HandOver { .. } => true,
            Job::Receive { .. }
            | Job::Bank(_)
            | Job::Push(_)
            | Job::Collect
            | Job::Process(_)
            | Job::Notify(_)
            | Job::Measure(_)
            | Job::Saga(_)
            | Job::Dispatch(_)
            | Job::Tell(_)
            | Job::TellAgain
            | Job::Relay(_)
            | Job::Sweep
            | Job::Watch(_)
            | Job::Timers
            | Job::Report(_) => false,
        }
    }
}

/// How an invocation ended that did not die.
pub enum Answer {
    /// Over HTTP.
    Http(Reply),
    /// A batch: the ids that are to come again.
    Batch(Vec<String>),
    /// What a function answered that is invoked with a JSON event.
    Said(Result<Value, String>),
}
