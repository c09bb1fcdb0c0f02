//! What happened to an order, what was sent about it, and how far it has come.

use super::{OrderView, PhotoView};
use app::photos::Linked;
use app::ports::{Dossier, Message, MessageState};
use app::tenant::TenantConfig;
use domain::order::{Basis, Cause, Expected, OrderEvent, Track};
use jiff::{Timestamp, civil::Date};
use serde::Serialize;

/// What happened to an order, and what was sent about it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Timeline {
    /// The order as it stands.
    pub order: OrderView,
    /// What happened, oldest first.
    pub timeline: Vec<Entry>,
    /// Messages, oldest first.
    pub messages: Vec<MessageView>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Entry {
    /// Version after it.
    pub version: u64,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
    /// What, machine-readable.
    pub event: &'static str,
    /// What, in words.
    pub text: String,
    /// The photo that was added, with a link; none once the customer is forgotten.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub photo: Option<PhotoView>,
    /// Who.
    pub actor: String,
    /// No person was involved.
    pub automated: bool,
    /// Finds the logs.
    pub trace_id: String,
}

/// A message.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct MessageView {
    /// "email", "slack".
    pub channel: String,
    /// Masked.
    pub to: String,
    /// What it is about: "status", "confirmation", "delay", "custom", "follow_up" and so on.
    pub kind: &'static str,
    /// What it says.
    pub text: String,
    /// "sending", "sent", "delivered", "opened", "bounced", "failed" (is tried again), "refused", "suppressed", "unknown".
    pub state: String,
    /// Why, if it was not sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When.
    #[cfg_attr(test, schema(value_type = String, format = DateTime))]
    pub at: Timestamp,
}

impl MessageView {
    /// Of a message.
    pub fn of(message: &Message) -> MessageView {
        let reason = match &message.state {
            MessageState::Unknown => Some("the sender died in the act; it may have gone out"),
            state => state.reason(),
        };
        MessageView {
            channel: message.id.channel.clone(),
            to: message.to.clone(),
            kind: message.kind.code(),
            text: message.text.clone(),
            state: message.state.word().to_owned(),
            reason: reason.map(str::to_owned),
            at: message.at,
        }
    }
}

impl Timeline {
    /// Of a dossier, with links to the order's photos.
    pub fn of(dossier: &Dossier, (config, now): (&TenantConfig, Timestamp), photos: &[Linked]) -> Timeline {
        Timeline {
            order: OrderView::of(&dossier.order, config, now),
            timeline: entries(dossier, photos),
            messages: dossier.messages.iter().map(MessageView::of).collect(),
        }
    }
}

/// How far an order has come.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct OrderProgress {
    /// Number.
    pub order_id: String,
    /// The channel's own id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    /// Status.
    pub status: &'static str,
    /// The word people see.
    #[cfg_attr(test, schema(example = "In Transit"))]
    pub label: &'static str,
    /// In percent.
    pub progress: u8,
    /// The next step of an order that goes well; none where it ends or a person decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_status: Option<&'static str>,
    /// Where a person may move it now.
    pub allowed: Vec<&'static str>,
    /// The day it should arrive; none if it has, or will not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub eta: Option<EtaView>,
    /// Days past the promised day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days_late: Option<u32>,
    /// What happened, oldest first; at most the newest 200 changes.
    pub timeline: Vec<Entry>,
    /// Messages, oldest first.
    pub notifications: Vec<MessageView>,
}

/// The day an order should arrive.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct EtaView {
    /// The likely day, in the shop's time zone: half of the orders that waited as long had arrived by then, if it rests on
    /// their lane.
    #[cfg_attr(test, schema(value_type = String, format = Date))]
    pub day: Date,
    /// By this day nine of ten had; only lanes know it. No promise: nothing is late by it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(test, schema(value_type = Option<String>, format = Date))]
    pub latest_day: Option<Date>,
    /// What it rests on: "promise" of the shop or its carrier, "method" (from leaving the house: overnight a day, express two, standard
    /// five), "lane" (how long the shop's orders to that country have taken
    /// from here) or "usual_days" (3 from pending, 2 from processing, 1 from shipped).
    #[cfg_attr(test, schema(value_type = String, example = "promise"))]
    pub basis: Basis,
    /// How many orders a lane's day rests on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub orders: Option<i64>,
}

impl EtaView {
    fn of(expected: Expected) -> EtaView {
        let Expected { day, latest, basis, orders } = expected;
        EtaView { day, latest_day: latest, basis, orders: (basis == Basis::Lane).then_some(orders) }
    }
}

impl OrderProgress {
    /// Of a dossier, with when the order should arrive and links to its photos.
    pub fn of(dossier: &Dossier, today: Date, expected: Option<Expected>, photos: &[Linked]) -> OrderProgress {
        let order = &dossier.order;
        OrderProgress {
            order_id: order.id.to_string(),
            external_id: order.external_id.clone(),
            status: order.tracks.status.as_str(),
            label: order.label().text(),
            progress: order.percent(),
            next_status: order.tracks.status.usual_next().map(Track::as_str),
            allowed: order.allowed().into_iter().map(Track::as_str).collect(),
            eta: expected.map(EtaView::of),
            days_late: order.days_late(today),
            timeline: entries(dossier, photos),
            notifications: dossier.messages.iter().map(MessageView::of).collect(),
        }
    }
}

/// What happened, in the versions that people know: our own asides are in the one before them.
fn entries(dossier: &Dossier, photos: &[Linked]) -> Vec<Entry> {
    let shown = dossier.history.iter().filter(|commit| commit.is_aside()).count();
    let mut asides = dossier.order.asides.saturating_sub(u64::try_from(shown).unwrap_or(u64::MAX));
    let mut entries = Vec::new();
    for commit in &dossier.history {
        asides += u64::from(commit.is_aside());
        entries.extend(commit.events.iter().map(|event| Entry {
            version: commit.version.saturating_sub(asides),
            at: commit.at,
            event: event.name(),
            text: event.in_words(),
            photo: photo(event, photos),
            actor: commit.actor.in_words(),
            automated: commit.actor.is_automatic() || matches!(event, OrderEvent::StatusChanged { cause: Cause::Rule { .. }, .. }),
            trace_id: commit.correlation.to_string(),
        }));
    }
    entries
}

fn photo(event: &OrderEvent, photos: &[Linked]) -> Option<PhotoView> {
    let OrderEvent::PhotoAdded { kind, photo } = event else { return None };
    photos.iter().find(|linked| linked.photo.kind == *kind && linked.photo.name == *photo).map(PhotoView::of)
}
