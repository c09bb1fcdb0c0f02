//! What an order costs, counted from the calls that its use cases really made.
//!
//! Prices are list prices of us-east-1 in US dollars as of 2025-11, on-demand and without free tiers. Items
//! are taken to be under 1 KB for writes and 4 KB for reads, which orders of a few lines are; a write inside
//! a transaction counts twice, as DynamoDB bills it.

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
    /// Queue requests per call; every message is sent, received and deleted.
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
    /// What people wrote about an order is forgotten: read and written row by row, of which there are few.
    OrderForget = "orders.forget_words", Billed::Writes(4.0);
    /// A list.
    OrderPage = "orders.page", Billed::Reads(1.0);
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
    /// A level is read.
    StockRead = "stock.read", Billed::Reads(1.0);
    /// A file is stored.
    ReportPut = "reports.put", Billed::Files;
    /// A file is read, or a link to it is signed.
    ReportRead = "reports.read", Billed::Free;
}

/// Per million write units.
const WRITE_UNITS: f64 = 0.625;
/// Per million read units.
const READ_UNITS: f64 = 0.125;
/// Per million events on the bus.
const EVENTS: f64 = 1.0;
/// Per million queue requests.
const QUEUE_REQUESTS: f64 = 0.40;
/// Per million mails.
const MAILS: f64 = 100.0;
/// Per million files written.
const FILES: f64 = 5.0;
/// Per million requests to the HTTP API.
const HTTP_REQUESTS: f64 = 1.0;
/// Per million invocations, with 15 ms of 256 MB on Arm each.
const INVOCATIONS: f64 = 0.20 + 0.015 * 0.25 * 13.333_4;

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
                Billed::Queue => usage.queue += 3.0 * count,
                Billed::Mail => usage.mails += count,
                Billed::Files => usage.files += count,
                Billed::Free => {}
            }
        }
        usage
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

    /// In US dollars.
    pub fn dollars(&self) -> f64 {
        let millionths = self.writes * WRITE_UNITS
            + self.reads * READ_UNITS
            + self.events * EVENTS
            + self.queue * QUEUE_REQUESTS
            + self.mails * MAILS
            + self.files * FILES
            + self.http * HTTP_REQUESTS
            + self.invocations * INVOCATIONS;
        millionths / 1e6
    }

    /// As a table, per order.
    pub fn per_order(&self, orders: u64) -> String {
        use std::fmt::Write;
        let share = |units: f64| units / orders.max(1) as f64;
        let mut text = String::new();
        for (name, units, price) in [
            ("DynamoDB write units", self.writes, WRITE_UNITS),
            ("DynamoDB read units", self.reads, READ_UNITS),
            ("bus events", self.events, EVENTS),
            ("queue requests", self.queue, QUEUE_REQUESTS),
            ("mails", self.mails, MAILS),
            ("files", self.files, FILES),
            ("HTTP requests", self.http, HTTP_REQUESTS),
            ("invocations", self.invocations, INVOCATIONS),
        ] {
            let _ = writeln!(text, "  {name:<22} {:>8.1}   ${:.7}", share(units), share(units * price / 1e6));
        }
        let _ = write!(text, "  {:<22} {:>8}   ${:.7}", "an order costs", "", share(self.dollars()));
        text
    }
}
