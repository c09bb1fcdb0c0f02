//! Orders: heads, histories, lists.

use super::{DecisionRecord, InboxKey, Judgement, Message, OnceDone, PortError, PortResult};
use crate::scope::TenantScope;
use async_trait::async_trait;
use contracts::Envelope;
use domain::ids::{DecisionId, OrderId, SourceId};
use domain::order::{Concern, Label, Order, OrderStatus, PaymentStatus, Pressing, Quiet, Recorded, Watched};
use domain::shipping::CarrierName;
use domain::shipping::batch::ToPick;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The orders of a tenant.
#[async_trait]
pub trait OrderStore: Send + Sync {
    /// An order by number.
    async fn load(&self, scope: &TenantScope, id: &OrderId) -> PortResult<Option<Order>>;
    /// An order's number by the channel's own id. Strongly consistent.
    async fn find(&self, scope: &TenantScope, channel: &SourceId, external_id: &str) -> PortResult<Option<OrderId>>;
    /// An order with its newest `limit` commits (oldest first) and its messages: one query.
    async fn dossier(&self, scope: &TenantScope, id: &OrderId, limit: usize) -> PortResult<Option<Dossier>>;
    /// All of it or nothing: head (guarded by version), history, reference, outbox row, once-record.
    async fn commit(&self, scope: &TenantScope, commit: Commit<'_>) -> Result<(), CommitError>;
    /// Replaces what people wrote or were sent about an order (notes in its history, texts and recipients of
    /// its messages) by `[erased]`. Safe to repeat.
    async fn forget_words(&self, scope: &TenantScope, id: &OrderId) -> PortResult<()>;
    /// Moves an order to another place among the open ones, if it still has this version: the shop's rules have changed.
    async fn reschedule(&self, scope: &TenantScope, id: &OrderId, version: u64, due: Timestamp) -> PortResult<bool>;
    /// Summaries, newest first; open ones most urgent first.
    async fn page(&self, scope: &TenantScope, query: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page>;
}

/// The channel under which [`OrderStore::find`] knows what payment providers call an order's operations.
pub fn payment_channel() -> Option<SourceId> {
    SourceId::parse("payment-names").ok()
}

/// The channel under which [`OrderStore::find`] knows what carriers call an order's parcels.
pub fn parcel_channel() -> Option<SourceId> {
    SourceId::parse("parcel-numbers").ok()
}

/// What a carrier calls a parcel, as [`OrderStore::find`] knows it: two carriers may use one number.
pub fn parcel_name(carrier: CarrierName, number: &str) -> String {
    format!("{}:{number}", carrier.as_str())
}

/// Is it a name of a channel that we use ourselves?
pub fn is_our_channel(channel: &SourceId) -> bool {
    [payment_channel(), parcel_channel()].into_iter().flatten().any(|ours| ours == *channel)
}

/// What providers and carriers call what a commit has news of, as [`OrderStore::find`] knows it: a commit writes these names, too.
pub fn outside_names(recorded: &Recorded) -> Vec<(SourceId, String)> {
    let of_payments = payment_channel()
        .into_iter()
        .flat_map(|channel| recorded.payment_names().into_iter().map(move |name| (channel.clone(), name.to_owned())));
    let of_parcels = parcel_channel().into_iter().flat_map(|channel| {
        recorded.parcel_numbers().into_iter().map(move |(carrier, number)| (channel.clone(), parcel_name(carrier, number)))
    });
    of_payments.chain(of_parcels).collect()
}

/// One step of an order: everything that becomes true together. What its events set aside, give back or send of stock moves
/// with it, and so do the rows of its reviews.
#[derive(Debug, Clone)]
pub struct Commit<'a> {
    /// The order after it. Its version is `before_version + 1`.
    pub order: &'a Order,
    /// The version it must have now; 0 = it must not exist.
    pub before_version: u64,
    /// When it has to be looked at; none if it is closed ([`crate::tenant::TenantConfig::due`]).
    pub due: Option<Timestamp>,
    /// When the first of its timers is due; none if it has none.
    pub timer: Option<Timestamp>,
    /// The history entry.
    pub recorded: &'a Recorded,
    /// What to publish; one outbox row. May be empty.
    pub publish: &'a [Envelope],
    /// A once-record that becomes done with it.
    pub once: Option<OnceDone<'a>>,
    /// The inbox entry that becomes done with it.
    pub inbox: Option<&'a InboxKey>,
    /// The decision that it carries out.
    pub decision: Option<&'a DecisionRecord>,
    /// The decision that it judges.
    pub judged: Option<(&'a DecisionId, &'a Judgement)>,
}

/// Why a commit did not happen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommitError {
    /// The order exists already, or has another version. Load and decide again.
    #[error("the order has changed")]
    Conflict,
    /// The channel's own id belongs to another order.
    #[error("the external id is taken")]
    ExternalIdTaken,
    /// The once-record is done already or belongs to somebody else: the effect has happened, or will.
    #[error("done already")]
    OnceTaken,
    /// The inbox entry is done already.
    #[error("inbox entry is done already")]
    InboxDone,
    /// Less is free than was to be set aside. Look what is there, and decide again.
    #[error("the stock has changed")]
    StockChanged,
    /// The store did not answer well. It may or may not have happened; the guards make a retry safe.
    #[error(transparent)]
    Port(#[from] PortError),
}

/// An order with what happened to it and what was sent about it.
#[derive(Debug, Clone, PartialEq)]
pub struct Dossier {
    /// The order.
    pub order: Order,
    /// Its newest commits, oldest first.
    pub history: Vec<Recorded>,
    /// Messages, oldest first.
    pub messages: Vec<Message>,
}

/// An order's past is not read if it has changed more than [`Dossier::PAST_MAX`] times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("order {0} has changed more than {max} times; its past is not read", max = Dossier::PAST_MAX)]
pub struct PastUnread(OrderId);

impl Dossier {
    /// Commits of one order that are read to find what it was.
    pub const PAST_MAX: usize = 1_000;

    /// What the order was at a moment, with what happened at that very moment: see [`Dossier::before`].
    ///
    /// # Errors
    /// If the history does not reach back to the beginning.
    pub fn at(&self, moment: Timestamp) -> Result<Option<Order>, PastUnread> {
        match self.history.first() {
            // Placed before we heard of it: how it stood until then nobody said.
            Some(first) if first.version == 1 && first.at > moment => Ok(None),
            _ => self.before(moment.saturating_add(SignedDuration::from_nanos(1)).unwrap_or(moment)),
        }
    }

    /// What the order was before a moment; none if there was no such order. One that was placed before we heard of it
    /// is taken for what it was when we did. Needs a dossier of [`Dossier::PAST_MAX`]
    /// commits. Who it is for and its photos are today's, so that what was erased stays so.
    ///
    /// # Errors
    /// If the history does not reach back to the beginning.
    pub fn before(&self, end: Timestamp) -> Result<Option<Order>, PastUnread> {
        let Dossier { order: now, history, .. } = self;
        if history.first().is_none_or(|first| first.version != 1) {
            return Err(PastUnread(now.id.clone()));
        }
        // Two clocks may differ: what follows on something later is later, whatever its own clock said.
        let known = history.iter().rposition(|commit| commit.at < end).map_or(0, |last| last + 1);
        let known = known.max(usize::from(now.placed_at < end));
        let kept = |mut order: Order| {
            order.photos.retain(|photo| now.photos.contains(photo));
            Order { contact: now.contact.clone(), ..order }
        };
        Ok(Order::replay(&history[..known]).map(kept))
    }

    /// When we heard that an order of this past had arrived, if it has; none if it came to us so.
    pub fn delivered_at(&self, order: &Order) -> Option<Timestamp> {
        let commits = self.history.iter().filter(|commit| commit.version <= order.version);
        let heard = commits.rev().find(|commit| commit.events.iter().any(|event| event.enters(OrderStatus::Delivered)));
        heard.filter(|_| order.tracks.status.has_arrived()).map(|commit| commit.at)
    }
}

/// Which orders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderQuery {
    /// All, by the time of the last change.
    All,
    /// Those with this status, by the time of the last change.
    Status(OrderStatus),
    /// Those that are somebody's work, by the time at which they need a person, most urgent first.
    Open,
    /// Those of them that need one at this moment.
    Due(Timestamp),
    /// One customer's, by the time they were placed.
    Customer(CustomerKey),
}

/// A customer without their address: SHA-256 of tenant and case-folded e-mail, in hex; of whom there is none, of their phone
/// or first chat.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CustomerKey(pub String);

/// Where a page ended: opaque to everyone but the store that made it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageKey(pub String);

/// Part of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The rows.
    pub orders: Vec<OrderSummary>,
    /// Where to go on; none at the end.
    pub next: Option<PageKey>,
}

/// What a list shows of an order. Lives in the indexes, so it is small.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderSummary {
    /// Number.
    pub id: OrderId,
    /// Status.
    pub status: OrderStatus,
    /// The word people see.
    pub label: Label,
    /// Customer's name; none after erasure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<String>,
    /// Where it came from.
    pub channel: SourceId,
    /// Minor units.
    pub total_minor: i64,
    /// ISO 4217.
    pub currency: domain::money::Currency,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When it last moved.
    pub status_since: Timestamp,
    /// When anything last changed.
    pub updated_at: Timestamp,
    /// The promised day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eta: Option<jiff::civil::Date>,
    /// Since when it is known to be late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delayed_since: Option<Timestamp>,
    /// The customer is to hear of it, and has not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub untold: bool,
    /// Of its parcels that wait to be scanned, the one that is stuck first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quiet: Option<Quiet>,
    /// Of what its service levels want, what is due first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pressing: Option<Pressing>,
    /// Its money went back, or was claimed back.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub money_lost: bool,
    /// What of it waits to be picked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_pick: Option<ToPick>,
    /// When there was last news of it, if something else has changed since.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub news_at: Option<Timestamp>,
    /// Concerns that were raised, each with what it rested on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub raised: BTreeMap<Concern, Timestamp>,
    /// When one was last raised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub raised_at: Option<Timestamp>,
}

impl OrderSummary {
    /// When there was last news of it.
    pub fn last_news(&self) -> Timestamp {
        self.news_at.unwrap_or(self.updated_at)
    }

    /// What of it is watched.
    pub fn watched(&self) -> Watched {
        Watched {
            status: self.status,
            label: self.label,
            placed_at: self.placed_at,
            news_at: self.last_news(),
            eta: self.eta,
            delayed_since: self.delayed_since,
            untold: self.untold,
            quiet: self.quiet,
            pressing: self.pressing,
        }
    }

    /// The summary of an order.
    pub fn of(order: &Order) -> OrderSummary {
        let watched = Watched::of(order);
        OrderSummary {
            id: order.id.clone(),
            status: order.tracks.status,
            label: order.label(),
            customer: order.contact.as_ref().map(|contact| contact.name.clone()),
            channel: order.channel.clone(),
            total_minor: order.totals.total_minor,
            currency: order.totals.currency,
            placed_at: order.placed_at,
            status_since: order.status_since,
            updated_at: order.updated_at,
            eta: order.tracks.eta,
            delayed_since: order.tracks.delayed.map(|delay| delay.since),
            untold: watched.untold,
            quiet: watched.quiet,
            pressing: watched.pressing,
            money_lost: matches!(order.tracks.payment, PaymentStatus::Refunded | PaymentStatus::Disputed | PaymentStatus::Chargeback),
            to_pick: order.to_pick(),
            news_at: order.news_at,
            raised: order.raised.clone(),
            raised_at: order.raised_at,
        }
    }
}
