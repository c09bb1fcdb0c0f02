//! Every port of a world in one place, so that faults and bugs can be put around them.

use crate::faults::{Faults, Faulty};
use app::ports::*;
use async_trait::async_trait;
use std::sync::{Arc, Mutex, PoisonError};
use testkit::bank::Bank;
use testkit::depot::Depot;
use testkit::listeners::Listeners;
use testkit::memory::MemoryWorld;

/// The ports that the use cases are built over.
#[derive(Clone)]
pub struct Ports {
    /// Orders.
    pub orders: Arc<dyn OrderStore>,
    /// What rules decided.
    pub decisions: Arc<dyn DecisionStore>,
    /// What was done.
    pub once: Arc<dyn OnceStore>,
    /// Webhooks.
    pub inbox: Arc<dyn InboxStore>,
    /// What waits to be published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Where it is published.
    pub bus: Arc<dyn Bus>,
    /// The hooks queue.
    pub queue: Arc<dyn Queue>,
    /// The dead-letter queue, for records no retry can help.
    pub parking: Arc<dyn Parking>,
    /// What was sent.
    pub messages: Arc<dyn MessageStore>,
    /// What is known of addresses.
    pub addresses: Arc<dyn AddressStore>,
    /// E-mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages and chats with customers.
    pub texter: Arc<dyn Texter>,
    /// The team's chat.
    pub chat: Arc<dyn TeamChat>,
    /// Rate buckets.
    pub buckets: Arc<dyn RateBuckets>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// Read models.
    pub metrics: Arc<dyn MetricStore>,
    /// Reports.
    pub reports: Arc<dyn ReportStore>,
    /// What people have to decide.
    pub reviews: Arc<dyn ReviewStore>,
    /// What is wrong with orders.
    pub exceptions: Arc<dyn ExceptionStore>,
    /// Stock.
    pub stock: Arc<dyn StockStore>,
    /// Orders with suppliers.
    pub purchases: Arc<dyn PurchaseStore>,
    /// What carriers collect.
    pub manifests: Arc<dyn ManifestStore>,
    /// Prices.
    pub prices: Arc<dyn PriceStore>,
    /// What is to happen to orders.
    pub timers: Arc<dyn TimerIndex>,
    /// Payment providers.
    pub gateways: Arc<dyn Gateways>,
    /// Carriers.
    pub carriers: Arc<dyn Carriers>,
    /// Webhooks to others.
    pub webhooks: Arc<dyn WebhookStore>,
    /// Whoever is told by webhook.
    pub listeners: Arc<dyn WebhookCaller>,
    /// API keys; nobody asks for any in these worlds.
    pub keys: Arc<dyn KeyStore>,
}

impl Ports {
    /// The in-memory ports.
    pub fn of(memory: &MemoryWorld, lot: &Lot, bank: &Bank, depot: &Depot, listeners: &Listeners) -> Ports {
        Ports {
            orders: Arc::new(memory.orders()),
            decisions: Arc::new(memory.decisions()),
            once: Arc::new(memory.once()),
            inbox: Arc::new(memory.inbox()),
            outbox: Arc::new(memory.outbox()),
            bus: Arc::new(memory.bus()),
            queue: Arc::new(memory.queue()),
            parking: Arc::new(lot.clone()),
            messages: Arc::new(memory.messages()),
            addresses: Arc::new(memory.addresses()),
            mailer: Arc::new(memory.mailer()),
            texter: Arc::new(memory.texts()),
            chat: Arc::new(memory.chat()),
            buckets: Arc::new(memory.buckets()),
            tenants: Arc::new(memory.tenants()),
            metrics: Arc::new(memory.metrics()),
            reports: Arc::new(memory.reports()),
            reviews: Arc::new(memory.reviews()),
            exceptions: Arc::new(memory.exceptions()),
            stock: Arc::new(memory.stock()),
            purchases: Arc::new(memory.purchases()),
            manifests: Arc::new(memory.manifests()),
            prices: Arc::new(memory.prices()),
            timers: Arc::new(memory.timers()),
            gateways: Arc::new(bank.clone()),
            carriers: Arc::new(depot.clone()),
            webhooks: Arc::new(memory.webhooks()),
            listeners: Arc::new(listeners.clone()),
            keys: Arc::new(memory.keys()),
        }
    }

    /// The same ports behind a plan of faults.
    #[must_use]
    pub fn faulty(self, faults: &Arc<Faults>) -> Ports {
        Ports {
            orders: Arc::new(Faulty::new(self.orders, faults)),
            decisions: Arc::new(Faulty::new(self.decisions, faults)),
            once: Arc::new(Faulty::new(self.once, faults)),
            inbox: Arc::new(Faulty::new(self.inbox, faults)),
            outbox: Arc::new(Faulty::new(self.outbox, faults)),
            bus: Arc::new(Faulty::new(self.bus, faults)),
            queue: Arc::new(Faulty::new(self.queue, faults)),
            parking: Arc::new(Faulty::new(self.parking, faults)),
            messages: Arc::new(Faulty::new(self.messages, faults)),
            addresses: Arc::new(Faulty::new(self.addresses, faults)),
            mailer: Arc::new(Faulty::new(self.mailer, faults)),
            texter: Arc::new(Faulty::new(self.texter, faults)),
            chat: Arc::new(Faulty::new(self.chat, faults)),
            buckets: Arc::new(Faulty::new(self.buckets, faults)),
            tenants: Arc::new(Faulty::new(self.tenants, faults)),
            metrics: Arc::new(Faulty::new(self.metrics, faults)),
            reports: Arc::new(Faulty::new(self.reports, faults)),
            reviews: Arc::new(Faulty::new(self.reviews, faults)),
            exceptions: Arc::new(Faulty::new(self.exceptions, faults)),
            stock: Arc::new(Faulty::new(self.stock, faults)),
            purchases: Arc::new(Faulty::new(self.purchases, faults)),
            manifests: Arc::new(Faulty::new(self.manifests, faults)),
            prices: Arc::new(Faulty::new(self.prices, faults)),
            timers: Arc::new(Faulty::new(self.timers, faults)),
            webhooks: Arc::new(Faulty::new(self.webhooks, faults)),
            // They misbehave by themselves.
            gateways: self.gateways,
            carriers: self.carriers,
            listeners: self.listeners,
            keys: self.keys,
        }
    }
}

/// The dead-letter queue of records that were parked with a reason.
#[derive(Debug, Clone, Default)]
pub struct Lot(Arc<Mutex<Vec<(String, String)>>>);

impl Lot {
    /// What is parked: record and reason.
    pub fn parked(&self) -> Vec<(String, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Parking for Lot {
    async fn park(&self, body: &str, reason: &str) -> PortResult<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push((body.to_owned(), reason.to_owned()));
        Ok(())
    }
}
