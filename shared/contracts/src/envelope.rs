//! The envelope every event travels in: CloudEvents 1.0 attributes plus ours.

use crate::{hook, job, order, parcel, payment, returns, review, saga, stock};
use domain::ids::{CorrelationId, EventId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One event as it is stored in the outbox and put on the bus (as the `detail` of the entry).
///
/// `Source` of the entry is [`Envelope::source`], `DetailType` is [`Payload::detail_type`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// CloudEvents version; always "1.0".
    pub specversion: SpecVersion,
    /// Unique for ever; what consumers deduplicate on. `{tenant}:{aggregate}:{version}:{index}`.
    pub id: EventId,
    /// "orderflow.orders", "orderflow.sagas", "orderflow.payments", "orderflow.returns", "orderflow.reviews", "orderflow.stock", "orderflow.hooks", "orderflow.jobs".
    pub source: String,
    /// What the event is about: the order's number, the endpoint, the job.
    pub subject: String,
    /// When it was committed.
    pub time: Timestamp,
    /// Whose event it is.
    pub tenant: TenantId,
    /// The aggregate's version after the commit, so that consumers can tell old from new.
    pub aggregateversion: u64,
    /// Ties it to the request that caused it.
    pub correlationid: CorrelationId,
    /// The event or message that caused it, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub causationid: Option<EventId>,
    /// What happened, as `type` and `data`.
    #[serde(flatten)]
    pub payload: Payload,
}

/// The one CloudEvents version there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum SpecVersion {
    /// 1.0
    #[serde(rename = "1.0")]
    V1,
}

macro_rules! payloads {
    ($($(#[$doc:meta])* $variant:ident($body:ty) = $name:literal from $source:literal;)+) => {
        /// Every event we publish.
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        #[serde(tag = "type", content = "data")]
        pub enum Payload { $($(#[$doc])* #[serde(rename = $name)] $variant($body),)+ }

        impl Payload {
            /// The event's type and version, as EventBridge rules match it.
            pub const fn detail_type(&self) -> &'static str { match self { $(Self::$variant(_) => $name,)+ } }
            /// Every type this release knows.
            pub const TYPES: &'static [&'static str] = &[$($name),+];
            /// Who publishes it.
            pub const fn source(&self) -> &'static str { match self { $(Self::$variant(_) => $source,)+ } }
            /// The JSON Schema of every payload, by detail type.
            pub fn schemas() -> Vec<(&'static str, schemars::Schema)> {
                vec![$(($name, schemars::schema_for!($body)),)+]
            }
        }
    };
}

payloads! {
    /// An order was placed.
    OrderPlaced(order::v1::Placed) = "order.placed.v1" from "orderflow.orders";
    /// The order track moved.
    OrderStatusChanged(order::v1::StatusChanged) = "order.status_changed.v1" from "orderflow.orders";
    /// The word people see changed; what notifications hang on.
    OrderLabelChanged(order::v1::LabelChanged) = "order.label_changed.v1" from "orderflow.orders";
    /// The payment track moved.
    OrderPaymentChanged(order::v1::TrackChanged) = "order.payment_changed.v1" from "orderflow.orders";
    /// The fulfilment track moved.
    OrderFulfilmentChanged(order::v1::TrackChanged) = "order.fulfilment_changed.v1" from "orderflow.orders";
    /// The tracking track moved.
    OrderTrackingChanged(order::v1::TrackChanged) = "order.tracking_changed.v1" from "orderflow.orders";
    /// The order is late, or no longer late.
    OrderDelayChanged(order::v1::DelayChanged) = "order.delay_changed.v1" from "orderflow.orders";
    /// The promised day changed.
    OrderEtaChanged(order::v1::EtaChanged) = "order.eta_changed.v1" from "orderflow.orders";
    /// Somebody asked that the customer be told where the order stands.
    OrderNotifyRequested(order::v1::NotifyRequested) = "order.notify_requested.v1" from "orderflow.orders";
    /// Nothing happened for too long, or something went wrong: a person is to look.
    OrderAttentionRaised(order::v1::AttentionRaised) = "order.attention_raised.v1" from "orderflow.orders";
    /// Clocks of the order started, stopped or ran out.
    OrderSlaChanged(order::v1::SlaChanged) = "order.sla_changed.v1" from "orderflow.orders";
    /// Something is wrong with an order, or was done about that.
    OrderExceptionsChanged(order::v1::ExceptionsChanged) = "order.exceptions_changed.v1" from "orderflow.orders";
    /// A message has reached the customer: the first about this order.
    OrderCustomerTold(order::v1::CustomerTold) = "order.customer_told.v1" from "orderflow.orders";
    /// The customer wrote back.
    OrderCustomerReplied(order::v1::CustomerReplied) = "order.customer_replied.v1" from "orderflow.orders";
    /// A provider says what became of a message.
    OrderMessageReceipt(order::v1::MessageReceipt) = "order.message_receipt.v1" from "orderflow.orders";
    /// The customer said how it was.
    OrderRated(order::v1::Rated) = "order.rated.v1" from "orderflow.orders";
    /// A part of the order is not sent any more; the rest of it goes on.
    OrderLinesCancelled(order::v1::LinesCancelled) = "order.lines_cancelled.v1" from "orderflow.orders";
    /// A person judged what a rule had decided.
    OrderDecisionJudged(order::v1::DecisionJudged) = "order.decision_judged.v1" from "orderflow.orders";
    /// The customer's data was erased.
    OrderContactErased(order::v1::ContactErased) = "order.contact_erased.v1" from "orderflow.orders";
    /// A signed webhook was refused for its content.
    HookRejected(hook::v1::Rejected) = "hook.rejected.v1" from "orderflow.hooks";
    /// A webhook was accepted and could not be applied; it waits for somebody.
    HookParked(hook::v1::Parked) = "hook.parked.v1" from "orderflow.hooks";
    /// An endpoint of the shop's is told nothing more until somebody switches it on again.
    WebhookDisabled(hook::v1::EndpointDisabled) = "webhook.disabled.v1" from "orderflow.hooks";
    /// A report is in the bucket.
    ReportReady(job::v1::ReportReady) = "report.ready.v1" from "orderflow.jobs";
    /// Orders that need a person, for the team; once for each that came to need one.
    AttentionDigest(job::v1::AttentionDigest) = "attention.digest.v1" from "orderflow.jobs";
    /// A scheduled job failed.
    JobFailed(job::v1::JobFailed) = "job.failed.v1" from "orderflow.jobs";
    /// A job that had failed is well again.
    JobRecovered(job::v1::JobRecovered) = "job.recovered.v1" from "orderflow.jobs";
    /// Little is left of a SKU at a location.
    StockLow(stock::v1::Fallen) = "stock.low.v1" from "orderflow.stock";
    /// So little is left of a SKU at a location that more should be ordered.
    StockReorderSuggested(stock::v1::Fallen) = "stock.reorder_suggested.v1" from "orderflow.stock";
    /// Stock was set aside for an order, given back, or has left with it.
    StockMoved(stock::v1::Moved) = "stock.moved.v1" from "orderflow.stock";
    /// What lies on some shelves was counted.
    StockCounted(stock::v1::Counted) = "stock.counted.v1" from "orderflow.stock";
    /// An order with a supplier has come a step further.
    PurchaseChanged(stock::v1::PurchaseChanged) = "purchase.changed.v1" from "orderflow.stock";
    /// What something is offered for has changed.
    PriceChanged(stock::v1::PriceChanged) = "price.changed.v1" from "orderflow.stock";
    /// A step of an order's way waits for its worker.
    SagaDue(saga::v1::Due) = "saga.due.v1" from "orderflow.sagas";
    /// Points were added up that speak against an order.
    SagaScreened(saga::v1::Screened) = "saga.screened.v1" from "orderflow.sagas";
    /// An order's way is over.
    SagaEnded(saga::v1::Ended) = "saga.ended.v1" from "orderflow.sagas";
    /// There is news of something that was asked of a payment provider.
    PaymentSettled(payment::v1::Settled) = "payment.settled.v1" from "orderflow.payments";
    /// Money went back, or is contested, without our asking.
    PaymentReturned(payment::v1::Returned) = "payment.returned.v1" from "orderflow.payments";
    /// An order came to nothing because nobody has paid it.
    PaymentFailed(payment::v1::Failed) = "payment.failed.v1" from "orderflow.payments";
    /// A label is to be bought or given back, or a carrier is to be asked where a parcel is.
    ParcelDue(parcel::v1::Due) = "parcel.due.v1" from "orderflow.parcels";
    /// A label was bought for a parcel.
    ParcelLabelBought(parcel::v1::LabelBought) = "parcel.label_bought.v1" from "orderflow.parcels";
    /// A label cannot be had, or cannot be given back: a person has to look.
    ParcelLabelFailed(parcel::v1::LabelFailed) = "parcel.label_failed.v1" from "orderflow.parcels";
    /// A label was given back, or was never bought after all.
    ParcelLabelVoided(parcel::v1::LabelVoided) = "parcel.label_voided.v1" from "orderflow.parcels";
    /// A carrier is to be told what it collects.
    ManifestDue(parcel::v1::ManifestDue) = "manifest.due.v1" from "orderflow.parcels";
    /// A carrier has been told what it collects, or had known it before, or makes no manifest of it.
    ManifestClosed(parcel::v1::ManifestClosed) = "manifest.closed.v1" from "orderflow.parcels";
    /// Somebody wants to send something back.
    ReturnOpened(returns::v1::Opened) = "return.opened.v1" from "orderflow.returns";
    /// Somebody has said whether something may come back, or that it will not.
    ReturnDecided(returns::v1::Decided) = "return.decided.v1" from "orderflow.returns";
    /// What was sent back is here.
    ReturnReceived(returns::v1::Received) = "return.received.v1" from "orderflow.returns";
    /// An order was placed that replaces what comes back.
    ReturnReplaced(returns::v1::Replaced) = "return.replaced.v1" from "orderflow.returns";
    /// A person has to decide something about an order.
    ReviewOpened(review::v1::Opened) = "review.opened.v1" from "orderflow.reviews";
    /// A review was decided.
    ReviewDecided(review::v1::Decided) = "review.decided.v1" from "orderflow.reviews";
    /// The time for a review is up, and nobody has decided it.
    ReviewOverdue(review::v1::Overdue) = "review.overdue.v1" from "orderflow.reviews";
}
