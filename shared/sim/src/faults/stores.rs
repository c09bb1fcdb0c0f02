//! Faults around what remembers.

use super::{Broken, Draw, Faulty, meet};
use crate::cost::Call;
use app::TenantScope;
use app::ports::*;
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{DecisionId, EventId, ManifestId, OrderId, PurchaseId, Sku, SourceId, TenantId, WebhookEndpointId};
use domain::order::Order;
use domain::order::saga::StockMove;
use domain::price::PriceTag;
use domain::shipping::CarrierName;
use domain::shipping::manifest::{Manifest, Pile, WaitingParcel};
use domain::stock::StockGrade;
use domain::stock::count::Found;
use domain::stock::purchase::{PurchaseOrder, Supply};
use jiff::{SignedDuration, Timestamp};

#[async_trait]
impl OrderStore for Faulty<dyn OrderStore> {
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>> {
        meet!(self, OrderLoad, 1, self.port.load(scope, id))
    }
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>> {
        meet!(self, OrderFind, 1, self.port.find(scope, channel, external_id))
    }
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>> {
        meet!(self, OrderDossier, 1, self.port.dossier(scope, id, limit))
    }
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError> {
        let reference = commit.before_version == 0 && commit.order.external_id.is_some();
        let beside = [
            !commit.publish.is_empty(),
            commit.once.is_some(),
            commit.inbox.is_some(),
            reference,
            commit.decision.is_some(),
            commit.judged.is_some(),
        ];
        let shelves: usize = commit.recorded.stock().map(|(how, _)| if how == StockMove::Ship { 3 } else { 2 }).sum();
        let items = 2
            + beside.iter().filter(|there| **there).count()
            + shelves
            + commit.recorded.reviews().len()
            + commit.recorded.exceptions().len();
        meet!(self, OrderCommit, items, self.port.commit(scope, commit.clone()))
    }
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool> {
        meet!(self, OrderReschedule, 1, self.port.reschedule(scope, id, version, due))
    }
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()> {
        meet!(self, OrderForget, 1, self.port.forget_words(scope, id))
    }
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        meet!(self, OrderPage, 1, self.port.page(scope, query, after, limit))
    }
}

#[async_trait]
impl DecisionStore for Faulty<dyn DecisionStore> {
    async fn record(&self, scope: &TenantScope, decision: &DecisionRecord) -> PortResult<bool> {
        meet!(self, DecisionRecord, 1, self.port.record(scope, decision))
    }
    async fn decision(&self, scope: &TenantScope, order: &OrderId, id: &DecisionId) -> PortResult<Option<DecisionRecord>> {
        meet!(self, DecisionRead, 1, self.port.decision(scope, order, id))
    }
    async fn of_order(&self, scope: &TenantScope, order: &OrderId, limit: usize) -> PortResult<Vec<DecisionRecord>> {
        meet!(self, DecisionRead, 1, self.port.of_order(scope, order, limit))
    }
    async fn page(
        &self,
        scope: &TenantScope,
        before: Option<Timestamp>,
        after: Option<&PageKey>,
        limit: usize,
    ) -> PortResult<DecisionPage> {
        meet!(self, DecisionRead, 1, self.port.page(scope, before, after, limit))
    }
}

#[async_trait]
impl ReviewStore for Faulty<dyn ReviewStore> {
    async fn page(&self, scope: &TenantScope, which: ReviewsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ReviewPage> {
        meet!(self, ReviewsRead, 1, self.port.page(scope, which, after, limit))
    }
}

#[async_trait]
impl ExceptionStore for Faulty<dyn ExceptionStore> {
    async fn page(&self, scope: &TenantScope, which: ExceptionsOf, after: Option<&PageKey>, limit: usize) -> PortResult<ExceptionPage> {
        meet!(self, ExceptionsRead, 1, self.port.page(scope, which, after, limit))
    }
}

#[async_trait]
impl TimerIndex for Faulty<dyn TimerIndex> {
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueTimer>, Option<PageKey>)> {
        meet!(self, TimersDue, 1, self.port.due(now, after, limit))
    }
}

#[async_trait]
impl WebhookStore for Faulty<dyn WebhookStore> {
    async fn endpoints(&self, scope: &TenantScope) -> PortResult<Vec<WebhookEndpoint>> {
        meet!(self, WebhookRead, 1, self.port.endpoints(scope))
    }
    async fn endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<Option<WebhookEndpoint>> {
        meet!(self, WebhookRead, 1, self.port.endpoint(scope, id))
    }
    async fn add_endpoint(&self, scope: &TenantScope, endpoint: &WebhookEndpoint, most: usize) -> PortResult<bool> {
        meet!(self, WebhookWrite, 1, self.port.add_endpoint(scope, endpoint, most))
    }
    async fn save_endpoint(
        &self,
        scope: &TenantScope,
        endpoint: &WebhookEndpoint,
        before: u64,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        meet!(self, WebhookWrite, 1, self.port.save_endpoint(scope, endpoint, before, publish, now))
    }
    async fn remove_endpoint(&self, scope: &TenantScope, id: &WebhookEndpointId) -> PortResult<()> {
        meet!(self, WebhookWrite, 1, self.port.remove_endpoint(scope, id))
    }
    async fn delivery(&self, scope: &TenantScope, key: &DeliveryKey) -> PortResult<Option<Delivery>> {
        meet!(self, WebhookRead, 1, self.port.delivery(scope, key))
    }
    async fn save_delivery(&self, scope: &TenantScope, delivery: &Delivery, before: u64) -> PortResult<bool> {
        meet!(self, WebhookWrite, 1, self.port.save_delivery(scope, delivery, before))
    }
    async fn deliveries(&self, scope: &TenantScope, query: &DeliveryQuery, limit: usize) -> PortResult<Vec<Delivery>> {
        meet!(self, WebhookRead, 1, self.port.deliveries(scope, query, limit))
    }
    async fn due(&self, now: Timestamp, after: Option<&PageKey>, limit: usize) -> PortResult<(Vec<DueDelivery>, Option<PageKey>)> {
        meet!(self, WebhookDue, 1, self.port.due(now, after, limit))
    }
}

#[async_trait]
impl OnceStore for Faulty<dyn OnceStore> {
    async fn done(&self, scope: &TenantScope, key: &OnceKey, now: Timestamp) -> PortResult<Option<(String, String)>> {
        meet!(self, OnceDone, 1, self.port.done(scope, key, now))
    }
    async fn claim(
        &self,
        scope: &TenantScope,
        key: &OnceKey,
        request_hash: &str,
        now: Timestamp,
        lease: SignedDuration,
    ) -> PortResult<Claim> {
        meet!(self, OnceClaim, 1, self.port.claim(scope, key, request_hash, now, lease))
    }
    async fn complete(&self, scope: &TenantScope, done: OnceDone<'_>, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        let items = 1 + usize::from(!publish.is_empty());
        meet!(self, OnceComplete, items, self.port.complete(scope, done, publish, now))
    }
    async fn release(&self, scope: &TenantScope, key: &OnceKey, fence: u64) -> PortResult<bool> {
        meet!(self, OnceComplete, 1, self.port.release(scope, key, fence))
    }
}

#[async_trait]
impl InboxStore for Faulty<dyn InboxStore> {
    async fn receive(&self, scope: &TenantScope, entry: &InboxEntry) -> PortResult<Received> {
        meet!(self, InboxReceive, 1, self.port.receive(scope, entry))
    }
    async fn load(&self, scope: &TenantScope, key: &InboxKey) -> PortResult<Option<InboxEntry>> {
        meet!(self, InboxLoad, 1, self.port.load(scope, key))
    }
    async fn settle(
        &self,
        scope: &TenantScope,
        key: &InboxKey,
        state: &InboxState,
        publish: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        let items = 1 + usize::from(!publish.is_empty());
        meet!(self, InboxSettle, items, self.port.settle(scope, key, state, publish, now))
    }
    async fn parked(&self, scope: &TenantScope, after: Option<&InboxEntry>, limit: usize) -> PortResult<Vec<InboxEntry>> {
        meet!(self, InboxParked, 1, self.port.parked(scope, after, limit))
    }
    async fn forget_bodies(&self, scope: &TenantScope, keys: &[InboxKey]) -> PortResult<usize> {
        meet!(self, InboxForget, keys.len(), self.port.forget_bodies(scope, keys))
    }
    async fn replace_body(&self, scope: &TenantScope, key: &InboxKey, body: &str) -> PortResult<bool> {
        meet!(self, InboxForget, 1, self.port.replace_body(scope, key, body))
    }
}

#[async_trait]
impl OutboxStore for Faulty<dyn OutboxStore> {
    async fn add(&self, scope: &TenantScope, events: &[Envelope], now: Timestamp) -> PortResult<()> {
        meet!(self, OutboxAdd, 1, self.port.add(scope, events, now))
    }
    async fn waiting(&self, before: Timestamp, limit: usize) -> PortResult<Vec<OutboxRow>> {
        meet!(self, OutboxWaiting, 1, self.port.waiting(before, limit))
    }
    async fn published(&self, keys: &[OutboxKey]) -> PortResult<()> {
        meet!(self, OutboxPublished, keys.len(), self.port.published(keys))
    }
}

#[async_trait]
impl MessageStore for Faulty<dyn MessageStore> {
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim> {
        self.faults.claims(&message.id.event);
        meet!(self, MessageClaim, 1, self.port.claim(scope, subject, message, now))
    }
    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, state: &MessageState) -> PortResult<bool> {
        meet!(self, MessageSettle, 1, self.port.settle(scope, subject, id, attempt, state))
    }
    async fn receipt(&self, scope: &TenantScope, subject: &str, id: &MessageId, state: &MessageState) -> PortResult<Option<Message>> {
        meet!(self, MessageReceipt, 1, self.port.receipt(scope, subject, id, state))
    }
}

#[async_trait]
impl AddressStore for Faulty<dyn AddressStore> {
    async fn reached(&self, scope: &TenantScope, address: &Address, now: Timestamp) -> PortResult<Reached> {
        meet!(self, AddressRead, 1, self.port.reached(scope, address, now))
    }
    async fn about(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        meet!(self, AddressWrite, 1, self.port.about(scope, address, order, now))
    }
    async fn answers_from(&self, scope: &TenantScope, address: &Address, other: &Address) -> PortResult<()> {
        meet!(self, AddressWrite, 1, self.port.answers_from(scope, address, other))
    }
    async fn refuse(&self, scope: &TenantScope, address: &Address, why: Option<&str>, at: Timestamp) -> PortResult<()> {
        meet!(self, AddressWrite, 1, self.port.refuse(scope, address, why, at))
    }
    async fn forget(&self, scope: &TenantScope, address: &Address, order: &OrderId, now: Timestamp) -> PortResult<()> {
        meet!(self, AddressWrite, 1, self.port.forget(scope, address, order, now))
    }
}

#[async_trait]
impl RateBuckets for Faulty<dyn RateBuckets> {
    async fn take(&self, scope: &TenantScope, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        meet!(self, BucketTake, 1, self.port.take(scope, bucket, amount, limit, now))
    }
    async fn take_unverified(&self, bucket: &str, amount: u32, limit: Limit, now: Timestamp) -> PortResult<Allowance> {
        meet!(self, BucketTake, 1, self.port.take_unverified(bucket, amount, limit, now))
    }
    async fn give_back(&self, scope: &TenantScope, bucket: &str, amount: u32, now: Timestamp) -> PortResult<()> {
        meet!(self, BucketTake, 1, self.port.give_back(scope, bucket, amount, now))
    }
}

#[async_trait]
impl TenantStore for Faulty<dyn TenantStore> {
    async fn config(&self, tenant: &TenantId) -> PortResult<Option<TenantConfig>> {
        meet!(self, TenantConfig, 1, self.port.config(tenant))
    }
    async fn save(&self, scope: &TenantScope, config: &TenantConfig, before_version: u64) -> PortResult<bool> {
        // Settings are saved by nobody in these worlds.
        self.port.save(scope, config, before_version).await
    }
    async fn all(&self) -> PortResult<Vec<TenantId>> {
        meet!(self, TenantsAll, 1, self.port.all())
    }
}

#[async_trait]
impl MetricStore for Faulty<dyn MetricStore> {
    async fn count(&self, scope: &TenantScope, event: &EventId, deltas: &[Delta], now: Timestamp) -> PortResult<bool> {
        meet!(self, MetricCount, 1 + deltas.len(), self.port.count(scope, event, deltas, now))
    }
    async fn series(&self, scope: &TenantScope, series: &str, from: &str, to: &str) -> PortResult<Vec<Point>> {
        meet!(self, MetricSeries, 1, self.port.series(scope, series, from, to))
    }
}

#[async_trait]
impl StockStore for Faulty<dyn StockStore> {
    async fn level(&self, scope: &TenantScope, sku: &str, location: &str) -> PortResult<Option<StockLevel>> {
        meet!(self, StockRead, 1, self.port.level(scope, sku, location))
    }
    async fn levels(&self, scope: &TenantScope, sku: &str) -> PortResult<Vec<StockLevel>> {
        meet!(self, StockRead, 1, self.port.levels(scope, sku))
    }
    async fn adjust(
        &self,
        scope: &TenantScope,
        sku: &str,
        location: &str,
        by: i64,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<Option<StockLevel>> {
        meet!(self, StockMove, 2, self.port.adjust(scope, sku, location, by, reference, now))
    }
    async fn grade(
        &self,
        scope: &TenantScope,
        level: &StockLevel,
        to: (StockGrade, (i64, i64)),
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        meet!(self, StockMove, 2, self.port.grade(scope, level, to, events, now))
    }
    async fn page(&self, scope: &TenantScope, grade: Option<StockGrade>, after: Option<&PageKey>, limit: usize) -> PortResult<StockPage> {
        meet!(self, StockRead, 1, self.port.page(scope, grade, after, limit))
    }
    async fn places(&self, scope: &TenantScope, limit: usize) -> PortResult<Vec<StockPlace>> {
        meet!(self, StockRead, 1, self.port.places(scope, limit))
    }
    async fn count(
        &self,
        scope: &TenantScope,
        shelf: (&str, &str),
        counted: u32,
        reference: &str,
        now: Timestamp,
    ) -> PortResult<(Found, StockLevel)> {
        meet!(self, StockMove, 2, self.port.count(scope, shelf, counted, reference, now))
    }
}

#[async_trait]
impl PurchaseStore for Faulty<dyn PurchaseStore> {
    async fn load(&self, scope: &TenantScope, id: &PurchaseId) -> PortResult<Option<PurchaseOrder>> {
        meet!(self, StockRead, 1, self.port.load(scope, id))
    }
    async fn page(&self, scope: &TenantScope, open: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PurchasePage> {
        meet!(self, StockRead, 1, self.port.page(scope, open, after, limit))
    }
    async fn save(
        &self,
        scope: &TenantScope,
        order: &PurchaseOrder,
        supplies: &[Supply],
        events: &[Envelope],
        now: Timestamp,
    ) -> PortResult<bool> {
        meet!(self, StockMove, 1 + supplies.len(), self.port.save(scope, order, supplies, events, now))
    }
}

#[async_trait]
impl ManifestStore for Faulty<dyn ManifestStore> {
    async fn lay(&self, scope: &TenantScope, parcel: &WaitingParcel, now: Timestamp) -> PortResult<()> {
        meet!(self, PileWrite, 1, self.port.lay(scope, parcel, now))
    }
    async fn waiting(&self, scope: &TenantScope, carrier: CarrierName, limit: usize) -> PortResult<Vec<WaitingParcel>> {
        meet!(self, ManifestRead, 1, self.port.waiting(scope, carrier, limit))
    }
    async fn take(&self, scope: &TenantScope, parcels: &[WaitingParcel]) -> PortResult<()> {
        meet!(self, PileWrite, parcels.len(), self.port.take(scope, parcels))
    }
    async fn open(&self, scope: &TenantScope) -> PortResult<Vec<(Pile, ManifestId)>> {
        meet!(self, ManifestRead, 1, self.port.open(scope))
    }
    async fn add(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        meet!(self, ManifestWrite, 2, self.port.add(scope, manifest, publish, now))
    }
    async fn load(&self, scope: &TenantScope, id: &ManifestId) -> PortResult<Option<Manifest>> {
        meet!(self, ManifestRead, 1, self.port.load(scope, id))
    }
    async fn page(&self, scope: &TenantScope, after: Option<&PageKey>, limit: usize) -> PortResult<ManifestPage> {
        meet!(self, ManifestRead, 1, self.port.page(scope, after, limit))
    }
    async fn save(&self, scope: &TenantScope, manifest: &Manifest, publish: &[Envelope], now: Timestamp) -> PortResult<bool> {
        meet!(self, ManifestWrite, 2, self.port.save(scope, manifest, publish, now))
    }
}

#[async_trait]
impl PriceStore for Faulty<dyn PriceStore> {
    async fn load(&self, scope: &TenantScope, sku: &Sku) -> PortResult<Option<PriceTag>> {
        meet!(self, StockRead, 1, self.port.load(scope, sku))
    }
    async fn page(&self, scope: &TenantScope, waiting: bool, after: Option<&PageKey>, limit: usize) -> PortResult<PricePage> {
        meet!(self, StockRead, 1, self.port.page(scope, waiting, after, limit))
    }
    async fn save(&self, scope: &TenantScope, tag: &PriceTag, events: &[Envelope], now: Timestamp) -> PortResult<bool> {
        meet!(self, StockMove, 1, self.port.save(scope, tag, events, now))
    }
}

#[async_trait]
impl ReportStore for Faulty<dyn ReportStore> {
    async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String> {
        meet!(self, ReportPut, 1, self.port.put(scope, key, bytes.clone(), content_type))
    }
    async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
        meet!(self, ReportRead, 1, self.port.get(scope, key))
    }
    async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
        meet!(self, ReportRead, 1, self.port.list(scope, prefix, limit))
    }
    async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
        meet!(self, ReportRead, 1, self.port.link(scope, key, valid_for))
    }
    async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
        meet!(self, ReportDelete, 1, self.port.delete(scope, key))
    }
}
