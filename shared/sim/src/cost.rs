//! What an order costs, counted from the calls that its use cases really made.
//!
//! Items are taken to be under 1 KB for writes and 4 KB for reads, which orders of a few lines are; a write inside
//! a transaction counts twice, as DynamoDB bills it.

use crate::prices;

macro_rules! calls {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $unit:expr;)+) => {
        /// A kind of port call.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Call { $($(#[$doc])* $name,)+ }

        impl Call {
            /// Every kind.
            pub const ALL: &'static [Call] = &[$(Call::$name,)+];
            /// How many kinds there are.
            pub const COUNT: usize = Call::ALL.len();
            /// Its name in reports.
            pub const fn name(self) -> &'static str { match self { $(Call::$name => $text,)+ } }
            /// What it is billed as.
            const fn billed(self) -> Billed { match self { $(Call::$name => $unit,)+ } }
        }
    };
}

/// What a call is billed as.
#[derive(Clone, Copy)]
enum Billed {
    /// Read units per call.
    Reads(f64),
    /// Write units per call.
    Writes(f64),
    /// A write unit per item.
    EachWrite,
    /// Twice per item, and so many index writes per call.
    Transaction(f64),
    /// Events on the bus, per item.
    Events,
    /// A message on a queue per call.
    Queue,
    /// Mails per call.
    Mail,
    /// Files per call.
    Files,
    /// Nothing that is billed.
    Free,
}

calls! {
    /// An order by number.
    OrderLoad = "orders.load", Billed::Reads(1.0);
    /// By the channel's id.
    OrderFind = "orders.find", Billed::Reads(1.0);
    /// With history and messages.
    OrderDossier = "orders.dossier", Billed::Reads(2.0);
    /// One step of an order: head, history, outbox and what stands beside it; the list index moves (two
    /// writes), the open and the customer's index follow (one each).
    OrderCommit = "orders.commit", Billed::Transaction(4.0);
    /// To another place among the open ones.
    OrderReschedule = "orders.reschedule", Billed::Writes(4.0);
    /// What people wrote about an order is forgotten: read and written row by row, of which there are few.
    OrderForget = "orders.forget_words", Billed::Writes(4.0);
    /// A list.
    OrderPage = "orders.page", Billed::Reads(1.0);
    /// What a rule decided and nothing came of.
    DecisionRecord = "decisions.record", Billed::Writes(3.0);
    /// The ledger.
    DecisionRead = "decisions.read", Billed::Reads(1.0);
    /// What people have to decide.
    ReviewsRead = "reviews.page", Billed::Reads(1.0);
    /// What is wrong with orders.
    ExceptionsRead = "exceptions.page", Billed::Reads(1.0);
    /// What is to happen to orders.
    TimersDue = "timers.due", Billed::Reads(2.0);
    /// An earlier answer.
    OnceDone = "once.done", Billed::Reads(1.0);
    /// A claim before an outside effect.
    OnceClaim = "once.claim", Billed::Writes(1.0);
    /// Its end.
    OnceComplete = "once.complete", Billed::Transaction(0.0);
    /// A webhook comes in.
    InboxReceive = "inbox.receive", Billed::Writes(1.0);
    /// Its worker reads it.
    InboxLoad = "inbox.load", Billed::Reads(1.0);
    /// It is parked, or found to be known.
    InboxSettle = "inbox.settle", Billed::Transaction(0.0);
    /// What waits for a person.
    InboxParked = "inbox.parked", Billed::Reads(1.0);
    /// Bodies are forgotten.
    InboxForget = "inbox.forget_bodies", Billed::EachWrite;
    /// An event of no order.
    OutboxAdd = "outbox.add", Billed::Writes(1.0);
    /// The sweep.
    OutboxWaiting = "outbox.waiting", Billed::Reads(0.5);
    /// A row leaves.
    OutboxPublished = "outbox.published", Billed::Writes(1.0);
    /// `PutEvents`.
    BusPublish = "bus.publish", Billed::Events;
    /// A message on a queue.
    QueueSend = "queue.send", Billed::Queue;
    /// A record no retry can help.
    Park = "parking.park", Billed::Queue;
    /// Before a message goes out.
    MessageClaim = "messages.claim", Billed::Writes(1.0);
    /// After it.
    MessageSettle = "messages.settle", Billed::Writes(1.0);
    /// What is known of an address is read.
    AddressRead = "addresses.reached", Billed::Reads(1.0);
    /// What is known of an address changes.
    AddressWrite = "addresses.write", Billed::Writes(1.0);
    /// A receipt.
    MessageReceipt = "messages.receipt", Billed::Writes(1.0);
    /// A short message.
    TextSend = "texter.text", Billed::Free;
    /// A mail.
    MailSend = "mailer.send", Billed::Mail;
    /// A post to the team.
    ChatPost = "chat.post", Billed::Free;
    /// A rate bucket.
    BucketTake = "buckets.take", Billed::Writes(1.0);
    /// A tenant's settings.
    TenantConfig = "tenants.config", Billed::Reads(0.5);
    /// All tenants.
    TenantsAll = "tenants.all", Billed::Reads(0.5);
    /// An event is counted.
    MetricCount = "metrics.count", Billed::Transaction(0.0);
    /// A read model is read.
    MetricSeries = "metrics.series", Billed::Reads(1.0);
    /// A level changes with what explains it.
    StockMove = "stock.move", Billed::Transaction(0.0);
    /// Parcels are laid onto a carrier's pile, or taken from it.
    PileWrite = "piles.write", Billed::EachWrite;
    /// What waits for a carrier, or a manifest, is read.
    ManifestRead = "manifests.read", Billed::Reads(1.0);
    /// A manifest changes, with what keeps another from being made beside it.
    ManifestWrite = "manifests.write", Billed::Transaction(0.0);
    /// A level is read.
    StockRead = "stock.read", Billed::Reads(1.0);
    /// Endpoints, or a delivery, are read.
    WebhookRead = "webhooks.read", Billed::Reads(0.5);
    /// An endpoint or a delivery changes.
    WebhookWrite = "webhooks.write", Billed::Writes(1.5);
    /// What is to be told again.
    WebhookDue = "webhooks.due", Billed::Reads(2.0);
    /// A file is stored.
    ReportPut = "reports.put", Billed::Files;
    /// A file is read, or a link to it is signed.
    ReportRead = "reports.read", Billed::Free;
    /// A file is deleted, which S3 does for nothing.
    ReportDelete = "reports.delete", Billed::Free;
}

/// Requests of a message: it is sent, received and deleted, by itself at worst.
const REQUESTS_EACH: f64 = 3.0;
/// An invocation's share of time and memory: 15 ms of 256 MB, nearly all of it waiting for DynamoDB.
const GIGABYTE_SECONDS_EACH: f64 = 0.015 * 0.25;
/// What an invocation leaves in the logs, in kilobytes: a line or two of ours, and Lambda's own three.
const LOG_KILOBYTES_EACH: f64 = 1.2;

/// What was used, in units that are billed.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Usage {
    /// DynamoDB write units.
    pub writes: f64,
    /// DynamoDB read units.
    pub reads: f64,
    /// Events on the bus.
    pub events: f64,
    /// Queue requests.
    pub queue: f64,
    /// Mails.
    pub mails: f64,
    /// Files written.
    pub files: f64,
    /// HTTP requests.
    pub http: f64,
    /// Invocations of functions.
    pub invocations: f64,
}

impl Usage {
    /// From counted calls and the items they carried.
    pub fn of(calls: &[u64; Call::COUNT], items: &[u64; Call::COUNT]) -> Usage {
        let mut usage = Usage::default();
        for call in Call::ALL {
            let (count, items) = (calls[*call as usize] as f64, items[*call as usize] as f64);
            match call.billed() {
                Billed::Reads(units) => usage.reads += count * units,
                Billed::Writes(units) => usage.writes += count * units,
                Billed::EachWrite => usage.writes += items,
                Billed::Transaction(index) => usage.writes += 2.0 * items + count * index,
                Billed::Events => usage.events += items,
                Billed::Queue => usage.queue += REQUESTS_EACH * count,
                Billed::Mail => usage.mails += count,
                Billed::Files => usage.files += count,
                Billed::Free => {}
            }
        }
        usage
    }

    /// What messages take that the bus puts on queues.
    pub fn of_messages(messages: u64) -> Usage {
        Usage { queue: REQUESTS_EACH * messages as f64, ..Usage::default() }
    }

    /// What requests with a credential take before their use case: the authorizer with its read of the key, the
    /// tenant's settings, and the caller's bucket.
    pub fn at_the_door(requests: u64) -> Usage {
        let requests = requests as f64;
        Usage { invocations: requests, reads: 2.0 * requests, writes: requests, ..Usage::default() }
    }

    /// The sum of two.
    #[must_use]
    pub fn plus(self, other: Usage) -> Usage {
        Usage {
            writes: self.writes + other.writes,
            reads: self.reads + other.reads,
            events: self.events + other.events,
            queue: self.queue + other.queue,
            mails: self.mails + other.mails,
            files: self.files + other.files,
            http: self.http + other.http,
            invocations: self.invocations + other.invocations,
        }
    }

    /// What is billed by use: a name, how much, and dollars per million.
    pub fn lines(&self) -> [(&'static str, f64, f64); 9] {
        [
            ("DynamoDB write units", self.writes, prices::WRITE_UNITS),
            ("DynamoDB read units", self.reads, prices::READ_UNITS),
            ("bus events", self.events, prices::EVENTS),
            ("queue requests", self.queue, prices::QUEUE_REQUESTS),
            ("mails", self.mails, prices::MAILS),
            ("files", self.files, prices::FILES),
            ("HTTP requests", self.http, prices::HTTP_REQUESTS),
            ("invocations", self.invocations, prices::INVOCATION_REQUESTS + GIGABYTE_SECONDS_EACH * prices::GIGABYTE_SECONDS),
            ("kilobytes of logs", self.invocations * LOG_KILOBYTES_EACH, prices::LOG_KILOBYTES),
        ]
    }

    /// As a table, per order.
    pub fn per_order(&self, orders: u64) -> String {
        use std::fmt::Write;
        let orders = orders.max(1) as f64;
        let (mut text, mut total) = (String::new(), 0.0);
        for (name, units, price) in self.lines() {
            let dollars = units / orders * price / 1e6;
            total += dollars;
            let _ = writeln!(text, "  {name:<22} {:>8.1}   ${dollars:.7}", units / orders);
        }
        let _ = write!(text, "  {:<22} {:>8}   ${total:.7}", "an order costs", "");
        text
    }
}
