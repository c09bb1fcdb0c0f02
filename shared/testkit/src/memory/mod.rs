//! In-memory twins of every port, over one shared [`MemoryWorld`].
//!
//! They keep typed clones, no JSON, and check precisely what the tables check: a commit is atomic under one
//! lock and refuses with the same error in the same precedence. `conformance` holds both to it.

mod decisions;
mod exceptions;
mod fake;
mod inbox;
mod manifests;
mod messages;
mod once;
mod orders;
mod outbox;
mod prices;
mod purchases;
mod reviews;
mod sheets;
mod shop;
mod stock;
mod timers;
mod webhooks;

pub use decisions::MemoryDecisions;
pub use exceptions::MemoryExceptions;
pub use fake::{FakeClock, FakeRandom, ScriptedLlm};
pub use inbox::MemoryInbox;
pub use manifests::MemoryManifests;
pub use messages::{MemoryAddresses, MemoryChat, MemoryMailer, MemoryMessages, MemoryTexts};
pub use once::MemoryOnce;
pub use orders::MemoryOrders;
pub use outbox::{MemoryBus, MemoryOutbox, MemoryQueue};
pub use prices::MemoryPrices;
pub use purchases::MemoryPurchases;
pub use reviews::MemoryReviews;
pub use sheets::FakeSheet;
pub use shop::{MemoryBuckets, MemoryKeys, MemoryMetrics, MemoryReports, MemoryTenants, MemoryWordings};
pub use stock::MemoryStock;
pub use timers::MemoryTimers;
pub use webhooks::MemoryWebhooks;

use app::TenantScope;
use app::ports::{
    Address, ApiKey, DecisionRecord, Delivery, DeliveryKey, ExceptionEntry, InboxEntry, InboxKey, InboxState, Mail, Message, MessageId,
    MessageState, OnceKey, OutboxKey, OutboxRow, ReviewEntry, SendError, StockLevel, WebhookEndpoint, WordingKey,
};
use app::tenant::TenantConfig;
use contracts::Envelope;
use domain::ids::{
    DecisionId, EventId, ExceptionId, ManifestId, OrderId, PurchaseId, ReviewId, Sku, SourceId, TenantId, WebhookEndpointId,
};
use domain::notify::Channel;
use domain::order::{Order, Recorded};
use domain::price::PriceTag;
use domain::shipping::manifest::{Manifest, WaitingParcel};
use domain::stock::purchase::PurchaseOrder;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Everything the ports remember. Cheap to clone: all clones are the same world.
#[derive(Clone, Default)]
pub struct MemoryWorld {
    state: Arc<Mutex<State>>,
}

/// One tenant's rows, so that no lookup can see another's.
#[derive(Default)]
struct Shop {
    orders: HashMap<OrderId, StoredOrder>,
    refs: HashMap<(SourceId, String), OrderId>,
    decisions: BTreeMap<(OrderId, DecisionId), DecisionRecord>,
    reviews: BTreeMap<(OrderId, ReviewId), ReviewEntry>,
    exceptions: BTreeMap<(OrderId, ExceptionId), ExceptionEntry>,
    once: HashMap<OnceKey, once::OnceRecord>,
    inbox: HashMap<InboxKey, inbox::StoredEntry>,
    /// By subject: an order's number, `hook:...`, `job:...`.
    messages: HashMap<String, BTreeMap<MessageId, Message>>,
    addresses: HashMap<Address, messages::KnownAddress>,
    buckets: HashMap<String, shop::Bucket>,
    wordings: HashMap<WordingKey, (String, Timestamp)>,
    config: Option<TenantConfig>,
    keys: BTreeMap<String, ApiKey>,
    counted: HashMap<EventId, Timestamp>,
    series: HashMap<String, BTreeMap<String, BTreeMap<String, i64>>>,
    reports: BTreeMap<String, shop::Report>,
    stock: BTreeMap<(String, String), stock::Level>,
    purchases: BTreeMap<PurchaseId, PurchaseOrder>,
    prices: BTreeMap<Sku, PriceTag>,
    piles: BTreeMap<manifests::Place, WaitingParcel>,
    manifests: BTreeMap<ManifestId, Manifest>,
    endpoints: BTreeMap<WebhookEndpointId, WebhookEndpoint>,
    deliveries: BTreeMap<DeliveryKey, Delivery>,
}

struct StoredOrder {
    order: Order,
    /// Its place among the open ones.
    due: Option<Timestamp>,
    /// When the first of its timers is due.
    timer: Option<Timestamp>,
    history: Vec<Recorded>,
}

#[derive(Default)]
struct State {
    shops: HashMap<TenantId, Shop>,
    /// Rate buckets of nobody's.
    unverified: HashMap<String, shop::Bucket>,
    outbox: BTreeMap<OutboxKey, Arc<OutboxRow>>,
    stream: VecDeque<Arc<OutboxRow>>,
    bus: Vec<Envelope>,
    bus_refusals: VecDeque<Option<String>>,
    queue: VecDeque<String>,
    mails: Vec<Mail>,
    texts: Vec<(Channel, String, String)>,
    text_answers: VecDeque<Option<SendError>>,
    mail_answers: VecDeque<Option<SendError>>,
    posts: Vec<(String, String)>,
    uploads: Vec<(String, app::ports::Attachment)>,
    post_answers: VecDeque<Option<SendError>>,
    commits: u64,
    reports_stored: u64,
}

impl State {
    fn shop(&self, scope: &TenantScope) -> Option<&Shop> {
        self.shops.get(scope.tenant())
    }

    fn shop_mut(&mut self, scope: &TenantScope) -> &mut Shop {
        shop_mut(&mut self.shops, scope)
    }
}

/// Borrows only the map, so that a commit can write to the outbox beside it.
fn shop_mut<'a>(shops: &'a mut HashMap<TenantId, Shop>, scope: &TenantScope) -> &'a mut Shop {
    if !shops.contains_key(scope.tenant()) {
        shops.insert(scope.tenant().clone(), Shop::default());
    }
    shops.get_mut(scope.tenant()).expect("inserted above")
}

impl MemoryWorld {
    /// An empty world.
    pub fn new() -> MemoryWorld {
        MemoryWorld::default()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The order store.
    pub fn orders(&self) -> MemoryOrders {
        MemoryOrders(self.clone())
    }

    /// The ledger of decisions.
    pub fn decisions(&self) -> MemoryDecisions {
        MemoryDecisions(self.clone())
    }

    /// What people have to decide.
    pub fn reviews(&self) -> MemoryReviews {
        MemoryReviews(self.clone())
    }

    /// What is wrong with orders.
    pub fn exceptions(&self) -> MemoryExceptions {
        MemoryExceptions(self.clone())
    }

    /// The once-records.
    pub fn once(&self) -> MemoryOnce {
        MemoryOnce(self.clone())
    }

    /// The inbox.
    pub fn inbox(&self) -> MemoryInbox {
        MemoryInbox(self.clone())
    }

    /// The outbox.
    pub fn outbox(&self) -> MemoryOutbox {
        MemoryOutbox(self.clone())
    }

    /// The event bus.
    pub fn bus(&self) -> MemoryBus {
        MemoryBus(self.clone())
    }

    /// The queue between the webhook and its worker.
    pub fn queue(&self) -> MemoryQueue {
        MemoryQueue(self.clone())
    }

    /// The messages.
    pub fn messages(&self) -> MemoryMessages {
        MemoryMessages(self.clone())
    }

    /// The mailer.
    pub fn mailer(&self) -> MemoryMailer {
        MemoryMailer(self.clone())
    }

    /// What is known of addresses.
    pub fn addresses(&self) -> MemoryAddresses {
        MemoryAddresses(self.clone())
    }

    /// Short messages.
    pub fn texts(&self) -> MemoryTexts {
        MemoryTexts(self.clone())
    }

    /// The team chat.
    pub fn chat(&self) -> MemoryChat {
        MemoryChat(self.clone())
    }

    /// The rate buckets.
    pub fn buckets(&self) -> MemoryBuckets {
        MemoryBuckets(self.clone())
    }

    /// What models have said.
    pub fn wordings(&self) -> MemoryWordings {
        MemoryWordings(self.clone())
    }

    /// The tenants' settings.
    pub fn tenants(&self) -> MemoryTenants {
        MemoryTenants(self.clone())
    }

    /// The API keys.
    pub fn keys(&self) -> MemoryKeys {
        MemoryKeys(self.clone())
    }

    /// The read models.
    pub fn metrics(&self) -> MemoryMetrics {
        MemoryMetrics(self.clone())
    }

    /// The reports.
    pub fn reports(&self) -> MemoryReports {
        MemoryReports(self.clone())
    }

    /// What is to happen to orders.
    pub fn timers(&self) -> MemoryTimers {
        MemoryTimers(self.clone())
    }

    /// The stock.
    pub fn stock(&self) -> MemoryStock {
        MemoryStock(self.clone())
    }

    /// Orders with suppliers.
    pub fn purchases(&self) -> MemoryPurchases {
        MemoryPurchases(self.clone())
    }

    /// What carriers collect.
    pub fn manifests(&self) -> MemoryManifests {
        MemoryManifests(self.clone())
    }

    /// Prices.
    pub fn prices(&self) -> MemoryPrices {
        MemoryPrices(self.clone())
    }

    /// Webhooks to others.
    pub fn webhooks(&self) -> MemoryWebhooks {
        MemoryWebhooks(self.clone())
    }
}

/// Looking inside, for tests.
impl MemoryWorld {
    /// An order as it stands.
    pub fn order(&self, scope: &TenantScope, id: &OrderId) -> Option<Order> {
        self.lock().shop(scope)?.orders.get(id).map(|stored| stored.order.clone())
    }

    /// All orders of a tenant, by number.
    pub fn all_orders(&self, scope: &TenantScope) -> Vec<Order> {
        let state = self.lock();
        let mut orders: Vec<Order> =
            state.shop(scope).into_iter().flat_map(|shop| shop.orders.values()).map(|stored| stored.order.clone()).collect();
        orders.sort_by(|a, b| a.id.cmp(&b.id));
        orders
    }

    /// The whole history of an order, oldest first.
    pub fn history(&self, scope: &TenantScope, id: &OrderId) -> Vec<Recorded> {
        self.lock().shop(scope).and_then(|shop| shop.orders.get(id)).map(|stored| stored.history.clone()).unwrap_or_default()
    }

    /// What is kept of what models have said.
    pub fn all_wordings(&self, scope: &TenantScope) -> Vec<String> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.wordings.values()).map(|(words, _)| words.clone()).collect()
    }

    /// Everything in the ledger of decisions, by order.
    pub fn all_decisions(&self, scope: &TenantScope) -> Vec<DecisionRecord> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.decisions.values()).cloned().collect()
    }

    /// Commits so far, of all tenants.
    pub fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Rows that were not published yet, oldest first.
    pub fn outbox_rows(&self) -> Vec<OutboxRow> {
        self.lock().outbox.values().map(|row| (**row).clone()).collect()
    }

    /// Takes up to `limit` new rows off the outbox's stream, in the order they were written, as the relay
    /// function gets them. The rows stay in the outbox until they are published.
    pub fn take_stream(&self, limit: usize) -> Vec<Arc<OutboxRow>> {
        let mut state = self.lock();
        let take = limit.min(state.stream.len());
        state.stream.drain(..take).collect()
    }

    /// What is on the bus, in order.
    pub fn published(&self) -> Vec<Envelope> {
        self.lock().bus.clone()
    }

    /// Takes everything off the bus.
    pub fn take_published(&self) -> Vec<Envelope> {
        std::mem::take(&mut self.lock().bus)
    }

    /// The bus refuses the next event (`Some(why)`) or accepts it (`None`); one entry per event.
    pub fn script_bus(&self, answers: impl IntoIterator<Item = Option<String>>) {
        self.lock().bus_refusals.extend(answers);
    }

    /// What waits in the queue.
    pub fn queued(&self) -> Vec<String> {
        self.lock().queue.iter().cloned().collect()
    }

    /// Takes the oldest message off the queue.
    pub fn take_queued(&self) -> Option<String> {
        self.lock().queue.pop_front()
    }

    /// Every mail that went out. A mail whose fate the caller does not know is here too.
    pub fn sent_mails(&self) -> Vec<Mail> {
        self.lock().mails.clone()
    }

    /// The next mails end like this; `None` is success. [`SendError::Unknown`] goes out all the same.
    pub fn script_mailer(&self, answers: impl IntoIterator<Item = Option<SendError>>) {
        self.lock().mail_answers.extend(answers);
    }

    /// Every short message, as (channel, recipient, text).
    pub fn sent_texts(&self) -> Vec<(Channel, String, String)> {
        self.lock().texts.clone()
    }

    /// The next short messages end like this; `None` is success. [`SendError::Unknown`] goes out all the same.
    pub fn script_texts(&self, answers: impl IntoIterator<Item = Option<SendError>>) {
        self.lock().text_answers.extend(answers);
    }

    /// Every post, as (address, text).
    pub fn posts(&self) -> Vec<(String, String)> {
        self.lock().posts.clone()
    }

    /// Files posted to a team's chat: channel and file.
    pub fn uploads(&self) -> Vec<(String, app::ports::Attachment)> {
        self.lock().uploads.clone()
    }

    /// The next posts end like this; `None` is success. [`SendError::Unknown`] goes out all the same.
    pub fn script_chat(&self, answers: impl IntoIterator<Item = Option<SendError>>) {
        self.lock().post_answers.extend(answers);
    }

    /// The messages about a subject (an order's number, `hook:...`, `job:...`), oldest first.
    pub fn messages_about(&self, scope: &TenantScope, subject: &str) -> Vec<Message> {
        let state = self.lock();
        let Some(shop) = state.shop(scope) else { return Vec::new() };
        let mut messages: Vec<Message> = shop.messages.get(subject).into_iter().flat_map(|found| found.values()).cloned().collect();
        orders::oldest_first(&mut messages);
        messages
    }

    /// The orders that addresses were last written to about.
    pub fn orders_of_addresses(&self, scope: &TenantScope) -> Vec<OrderId> {
        let state = self.lock();
        let Some(shop) = state.shop(scope) else { return Vec::new() };
        shop.addresses.values().filter_map(|known| known.reached.order.clone()).collect()
    }

    /// What became of one message.
    pub fn message_state(&self, scope: &TenantScope, subject: &str, id: &MessageId) -> Option<MessageState> {
        self.lock().shop(scope)?.messages.get(subject)?.get(id).map(|message| message.state.clone())
    }

    /// Everything in the inbox, by name.
    pub fn inbox_entries(&self, scope: &TenantScope) -> Vec<InboxEntry> {
        let state = self.lock();
        let mut entries: Vec<InboxEntry> =
            state.shop(scope).into_iter().flat_map(|shop| shop.inbox.values()).map(|stored| stored.entry.clone()).collect();
        entries.sort_by(|a, b| a.key.cmp(&b.key));
        entries
    }

    /// What became of a webhook.
    pub fn inbox_state(&self, scope: &TenantScope, key: &InboxKey) -> Option<InboxState> {
        self.lock().shop(scope)?.inbox.get(key).map(|stored| stored.entry.state.clone())
    }

    /// Whether an event was counted into the read models.
    pub fn was_counted(&self, scope: &TenantScope, event: &EventId) -> bool {
        self.lock().shop(scope).is_some_and(|shop| shop.counted.contains_key(event))
    }

    /// All webhook endpoints.
    pub fn all_endpoints(&self, scope: &TenantScope) -> Vec<WebhookEndpoint> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.endpoints.values()).cloned().collect()
    }

    /// All deliveries to webhook endpoints.
    pub fn all_deliveries(&self, scope: &TenantScope) -> Vec<Delivery> {
        self.lock().shop(scope).into_iter().flat_map(|shop| shop.deliveries.values()).cloned().collect()
    }

    /// All stock levels, by SKU and location.
    pub fn stock_levels(&self, scope: &TenantScope) -> Vec<StockLevel> {
        let state = self.lock();
        state.shop(scope).into_iter().flat_map(|shop| &shop.stock).map(|(place, level)| level.as_level(place)).collect()
    }

    /// Every movement of stock, as (SKU, location, reference, by).
    pub fn stock_moves(&self, scope: &TenantScope) -> Vec<(String, String, String, i64)> {
        let state = self.lock();
        let places = state.shop(scope).into_iter().flat_map(|shop| &shop.stock);
        places
            .flat_map(|((sku, location), level)| {
                level.moves().map(|(reference, by)| (sku.clone(), location.clone(), reference.to_owned(), by))
            })
            .collect()
    }

    /// Everything that is held for orders, as (SKU, location, order, quantity).
    pub fn stock_holds(&self, scope: &TenantScope) -> Vec<(String, String, OrderId, u32)> {
        let state = self.lock();
        let places = state.shop(scope).into_iter().flat_map(|shop| &shop.stock);
        places
            .flat_map(|((sku, location), level)| {
                level.holds().map(|(order, quantity)| (sku.clone(), location.clone(), order.clone(), quantity))
            })
            .collect()
    }

    /// All text the world keeps about a tenant in its tables, for searching it for what should not be there.
    pub fn everything(&self, scope: &TenantScope) -> String {
        use std::fmt::Write;
        let mut text = self.everything_but_inbox(scope);
        for stored in self.lock().shop(scope).into_iter().flat_map(|shop| shop.inbox.values()) {
            let _ = writeln!(text, "{:?}", stored.entry);
        }
        text
    }

    /// The same without the webhooks as they came in, which [`MemoryWorld::inbox_entries`] gives one by one.
    pub fn everything_but_inbox(&self, scope: &TenantScope) -> String {
        use std::fmt::Write;
        let state = self.lock();
        let mut text = String::new();
        if let Some(shop) = state.shop(scope) {
            for stored in shop.orders.values() {
                // As the tables have them: what is shown to people is masked.
                let order = serde_json::to_string(&stored.order).unwrap_or_default();
                let history = serde_json::to_string(&stored.history).unwrap_or_default();
                let _ = writeln!(text, "{order}\n{history}");
            }
            let _ = writeln!(text, "{:?}\n{:?}\n{:?}\n{:?}", shop.refs, shop.once, shop.messages, shop.series);
            let _ = writeln!(text, "{:?}\n{:?}", shop.decisions, shop.addresses);
            let _ = writeln!(text, "{:?}\n{:?}\n{:?}", shop.buckets.keys(), shop.counted.keys(), shop.stock);
            let _ = writeln!(text, "{:?}\n{:?}\n{:?}", shop.endpoints, shop.deliveries, shop.wordings.values());
        }
        let _ = writeln!(text, "{:?}\n{:?}\n{:?}", state.outbox, state.bus, state.queue);
        text
    }
}
