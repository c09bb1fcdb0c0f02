//! Bugs to be found: each breaks one promise in one place. A simulator that cannot find them proves nothing.

mod books;
mod inbox;
mod money;
mod orders;
mod outgoing;

pub(crate) use orders::hear_again;

use crate::ports::Ports;
use app::TenantScope;
use app::ports::OrderStore;
use books::{AskedAgain, BadFiles, CountsAgain, EveryCurrency, LooseStock, PriceUnsaid, StickyPile, ToldFirst};
use inbox::BadInbox;
use money::BadGateways;
use orders::{BadOrders, ReadOnce};
use outgoing::{BadMessages, EagerBus, ForeignSettings, HopefulBus, LastAddress, NeverForgets, NeverSwept};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use testkit::memory::MemoryWorld;

macro_rules! bugs {
    ($($name:ident = $text:literal;)+) => {
        /// A planted bug.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Bug { $(#[doc = $text] $name,)+ }

        impl Bug {
            /// Every bug.
            pub const ALL: &'static [Bug] = &[$(Bug::$name,)+];
            /// What is broken.
            pub const fn text(self) -> &'static str { match self { $(Bug::$name => $text,)+ } }
        }
    };
}

bugs! {
    VersionUnchecked = "a commit is not conditional on the order's version";
    ConflictIgnored = "a lost race counts as success";
    OnceNotWritten = "the once-record is not written with the order";
    AnswerNotKept = "the once-record is written without the answer";
    OnceExpiresAtOnce = "the once-record expires at once";
    InboxNotSettled = "the inbox entry is not settled with the commit";
    StepsForgotten = "the history forgets implied steps";
    HistoryShortened = "the history keeps one event of each commit";
    OutboxSkipped = "now and then a commit leaves its outbox row out";
    BusEntriesIgnored = "entries that PutEvents refused count as published";
    RemovedBeforePublished = "outbox rows are removed before they are published";
    NeverSwept = "the sweep finds nothing";
    CountedAgain = "events are counted without looking whether they were";
    AlwaysSend = "a message's claim always says: send it";
    ClaimNotStored = "a message is sent without its claim being stored";
    DeadClaimSentAgain = "a message whose sender died is sent again";
    AcknowledgedUnstored = "a webhook is acknowledged although storing it failed";
    NotQueuedAgain = "a webhook that was stored but not queued counts as done";
    ArrivalTime = "a fact counts from when it arrived, not from when it happened";
    ForeignBody = "the inbox looks an entry up without the tenant";
    ForeignSettings = "settings are cached without the tenant";
    FailuresSwallowed = "a batch reports nothing although records failed";
    ParkedSilently = "a parked webhook is published nowhere";
    SendsToEverybody = "a mail goes to the last customer's address";
    RowsHeardAgain = "a row of an import is heard again although it changes nothing";
    OwnReferenceForeign = "an import takes a lost race for its own order as another's";
    PlacedOver = "a new order is put in the place of one with its number";
    WordsKept = "an erasure leaves notes and message texts";
    BodiesKept = "an erasure leaves the webhooks that name the customer";
    PhotosKept = "an erasure leaves the photos";
    PhotosUnstored = "an order remembers photos that were not stored";
    ExportShortened = "a file of an export loses its first row";
    PriceUnsaid = "a price changes and nobody is told";
    AddressesKept = "an erasure leaves what addresses were written to about";
    ContactRevived = "a commit writes back the contact it read long ago";
    ErasureUnheard = "nobody sweeps up after an erasure that was cut off or overtaken";
    OrdersCached = "the notifier caches the orders it reads";
    MovedAgain = "a movement of stock does not know its own reference";
    HeldTwice = "what is set aside is taken off the shelf twice";
    ReleasedTwice = "what is given back is counted twice";
    SagaUnheard = "nobody hears that a step of a saga waits";
    ReportToldFirst = "the team is told of a report before the day is done";
    ReportClaimShared = "everybody's claim to make a report is theirs";
    DecisionUnwritten = "an order is moved by a rule and the decision is not kept";
    JudgementUnwritten = "what people thought of a decision is not kept";
    TimersForgotten = "an order's timers are left out of their index";
    PaidUnderNewNames = "a provider is asked under a new name each time";
    SilenceIsNo = "no answer of a provider counts as a no";
    PileNotTaken = "what goes onto a manifest stays on its pile";
    EveryCurrency = "orders are counted under every currency of their label";
}

impl Bug {
    /// Plants it in the stores, below the faults.
    #[must_use]
    pub fn below(self, mut ports: Ports, memory: &MemoryWorld, shops: &[TenantScope]) -> Ports {
        match self {
            Bug::VersionUnchecked
            | Bug::OnceNotWritten
            | Bug::AnswerNotKept
            | Bug::OnceExpiresAtOnce
            | Bug::InboxNotSettled
            | Bug::OutboxSkipped
            | Bug::StepsForgotten
            | Bug::PlacedOver
            | Bug::WordsKept
            | Bug::ContactRevived
            | Bug::DecisionUnwritten
            | Bug::JudgementUnwritten
            | Bug::TimersForgotten
            | Bug::HeldTwice
            | Bug::ReleasedTwice
            | Bug::HistoryShortened => {
                ports.orders = Arc::new(BadOrders::new(ports.orders, self, memory));
            }
            Bug::CountedAgain => ports.metrics = Arc::new(CountsAgain { inner: ports.metrics, calls: AtomicU64::new(0) }),
            Bug::ArrivalTime | Bug::ForeignBody | Bug::ParkedSilently | Bug::BodiesKept => {
                ports.inbox = Arc::new(BadInbox { inner: ports.inbox, bug: self, shops: shops.to_vec() });
            }
            Bug::NeverSwept => ports.outbox = Arc::new(NeverSwept(ports.outbox)),
            Bug::AlwaysSend | Bug::ClaimNotStored | Bug::DeadClaimSentAgain => {
                ports.messages = Arc::new(BadMessages { inner: ports.messages, bug: self });
            }
            Bug::ForeignSettings => ports.tenants = Arc::new(ForeignSettings { inner: ports.tenants, shops: shops.to_vec() }),
            Bug::PileNotTaken => ports.manifests = Arc::new(StickyPile(ports.manifests)),
            Bug::MovedAgain => ports.stock = Arc::new(LooseStock { inner: ports.stock, calls: AtomicU64::new(0) }),
            Bug::ReportClaimShared => ports.once = Arc::new(AskedAgain { inner: ports.once, calls: AtomicU64::new(0) }),
            Bug::PhotosKept | Bug::PhotosUnstored | Bug::ExportShortened => {
                ports.reports = Arc::new(BadFiles { inner: ports.reports, bug: self })
            }
            Bug::PriceUnsaid => ports.prices = Arc::new(PriceUnsaid(ports.prices)),
            Bug::AddressesKept => ports.addresses = Arc::new(NeverForgets(ports.addresses)),
            Bug::PaidUnderNewNames | Bug::SilenceIsNo => {
                ports.gateways = Arc::new(BadGateways { inner: ports.gateways, bug: self, calls: Arc::default() });
            }
            Bug::EveryCurrency => ports.metrics = Arc::new(EveryCurrency(ports.metrics)),
            _ => {}
        }
        ports
    }

    /// Plants it in how the use cases see the stores, above the faults.
    #[must_use]
    pub fn above(self, mut ports: Ports, memory: &MemoryWorld, shops: &[TenantScope]) -> Ports {
        match self {
            Bug::ConflictIgnored | Bug::OwnReferenceForeign => {
                ports.orders = Arc::new(BadOrders::new(ports.orders, self, memory));
            }
            Bug::BusEntriesIgnored => ports.bus = Arc::new(HopefulBus(ports.bus)),
            Bug::RemovedBeforePublished => {
                ports.bus = Arc::new(EagerBus { inner: ports.bus, outbox: ports.outbox.clone(), memory: memory.clone() });
            }
            Bug::AcknowledgedUnstored | Bug::NotQueuedAgain => {
                ports.inbox = Arc::new(BadInbox { inner: ports.inbox, bug: self, shops: shops.to_vec() });
            }
            Bug::ReportToldFirst => ports.once = Arc::new(ToldFirst { inner: ports.once, outbox: ports.outbox.clone() }),
            Bug::SendsToEverybody => ports.mailer = Arc::new(LastAddress { inner: ports.mailer, last: std::sync::Mutex::default() }),
            _ => {}
        }
        ports
    }

    /// Plants it in how the notifier sees orders.
    pub(crate) fn in_notifier(self, orders: Arc<dyn OrderStore>) -> Arc<dyn OrderStore> {
        if self == Bug::OrdersCached { Arc::new(ReadOnce::new(orders)) } else { orders }
    }
}

/// How long every planted bug may stay hidden, in seeds.
pub const SEEDS_MAX: u64 = 10_000;
