//! Why an order has not moved on, why its customer was not told, why it needs a person: what support is asked most.

use super::Answer;
use super::orders::order_id;
use crate::desk::Desk;
use crate::view::{DecisionView, LedgerEntry, MessageView, ReasonView};
use app::Error;
use app::attention::Case;
use app::notify::{not_agreed, ways};
use app::ports::{DecisionRecord, Dossier, OrderSummary, Outcome};
use app::tenant::TenantConfig;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::notify::Channel;
use domain::order::progress::{Decision, Mode};
use domain::order::{Track, Watched};
use jiff::Timestamp;
use runtime::http::{Caller, Origin, Segments};
use serde::Serialize;
use std::sync::Arc;

/// Messages looked at, the newest.
const HISTORY_MAX: usize = 50;
/// Decisions shown, the newest.
const LEDGER_MAX: usize = 5;

/// The reasons.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct Why {
    /// Order number.
    pub order_id: String,
    /// Status.
    pub status: &'static str,
    /// The word people see.
    pub label: &'static str,
    /// Why it did or did not move on by itself.
    pub progress: WhyProgress,
    /// Why its customer was or was not told.
    pub notification: WhyNotification,
    /// Why it needs a person, the most urgent first; empty if it needs none.
    pub attention: Vec<ReasonView>,
}

/// Why an order moves on by itself, or does not.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WhyProgress {
    /// In words.
    #[cfg_attr(test, schema(example = "waiting: payment is pending"))]
    pub summary: String,
    /// Orders of this shop move on by themselves.
    pub by_itself: bool,
    /// What the rules say now, with each gate and what it saw.
    pub decision: DecisionView,
    /// What they said before, the newest first.
    pub ledger: Vec<LedgerEntry>,
}

/// Why a customer hears of an order, or does not.
#[derive(Debug, Serialize)]
#[cfg_attr(test, derive(utoipa::ToSchema))]
pub struct WhyNotification {
    /// In words.
    #[cfg_attr(test, schema(example = "the customer's data was erased"))]
    pub summary: String,
    /// A message has reached them.
    pub told: bool,
    /// What keeps the next message from them; empty if nothing does.
    pub obstacles: Vec<String>,
    /// Messages to them that were not sent, each with its reason.
    pub unsent: Vec<MessageView>,
}

/// Says why an order stands where it stands: why it has not progressed, why nobody was told, why it waits for somebody.
#[cfg_attr(test, utoipa::path(get, path = "/v1/orders/{id}/why", tag = "orders", params(("id" = String, Path, description = "Order number")),
    responses((status = 200, description = "The reasons", body = Why), (status = 404, description = "No such order"))))]
pub async fn why(State(desk): State<Arc<Desk>>, caller: Caller, origin: Origin, Segments(id): Segments<String>) -> Answer<Response> {
    let admitted = desk.admit(caller.0, &origin, "read", |scopes| scopes.read).await?;
    let dossier = desk.orders.dossier(&admitted.scope, &order_id(&id)?, HISTORY_MAX).await.map_err(Error::from)?;
    let dossier = dossier.ok_or(Error::NotFound("order"))?;
    let considered = desk.auto.consider(admitted.context(), &dossier.order).await?;
    let ledger = desk.auto.decisions.of_order(&admitted.scope, &dossier.order.id, LEDGER_MAX).await.map_err(Error::from)?;
    let progress = progress(&considered.decision, &ledger, &admitted.config);
    Ok(axum::Json(Why::of(&dossier, progress, &admitted.config, desk.clock.now())).into_response())
}

impl Why {
    fn of(dossier: &Dossier, progress: WhyProgress, config: &TenantConfig, now: Timestamp) -> Why {
        let order = &dossier.order;
        let concerns = Watched::of(order).concerns(&config.watch_rules(), &config.zone(), now);
        let (case, today) = (Case { order: OrderSummary::of(order), concerns }, config.today(now));
        Why {
            order_id: order.id.to_string(),
            status: order.tracks.status.as_str(),
            label: order.label().text(),
            progress,
            notification: notification(dossier, config),
            attention: ReasonView::all(&case, now, today),
        }
    }
}

fn progress(decision: &Decision, ledger: &[DecisionRecord], config: &TenantConfig) -> WhyProgress {
    let held_back = ledger.first().filter(|entry| entry.outcome == Outcome::Waiting).map(|entry| entry.decision.reason.as_str());
    let summary = match (decision.should_progress, config.progress.mode) {
        (false, _) => decision.reason.clone(),
        // It could, as far as can be seen from here; a second opinion is asked only when its turn comes.
        (true, Mode::Auto) if config.progress.second_opinion && held_back.is_some() => held_back.unwrap_or_default().to_owned(),
        (true, Mode::Auto) => format!("it moves on within half an hour: {}", decision.reason),
        (true, Mode::Shadow) => {
            format!("it would move on ({}), but the shop only watches its rules (progress.mode is shadow)", decision.reason)
        }
        (true, Mode::Off) => format!(
            "it could move on ({}), but orders move on by themselves only with progress.mode auto in the settings; POST auto-progress moves it now",
            decision.reason
        ),
    };
    let by_itself = config.progress.mode == Mode::Auto;
    WhyProgress { summary, by_itself, decision: DecisionView::of(decision), ledger: ledger.iter().map(LedgerEntry::of).collect() }
}

fn notification(dossier: &Dossier, config: &TenantConfig) -> WhyNotification {
    let order = &dossier.order;
    let theirs = || dossier.messages.iter().filter(|message| Channel::of_customer(&message.id.channel).is_some());
    let told = theirs().any(|message| message.state.is_told());
    let mut obstacles = Vec::new();
    let open = config.notify.open();
    if open.is_empty() {
        obstacles.push("messages to customers are switched off: notify.email and notify.channels in the settings".to_owned());
    }
    if order.contact.is_none() {
        obstacles.push("the customer's data was erased".to_owned());
    } else if ways(order, config).is_empty() {
        let by = open.iter().map(|channel| channel.title()).collect::<Vec<_>>().join(", ");
        obstacles.push(match not_agreed(order, config) {
            Some(way) => format!("they have not agreed to be written to by {}", way.channel.title()),
            None => format!("there is no address on file for any way that the shop has open ({by})"),
        });
    }
    if !config.notify.rules.at(order.label()).email {
        obstacles.push(format!("the shop's rules send no message at {}: see /v1/notify-rules", order.label().text()));
    }
    let is_sent = |message: &&app::ports::Message| message.state.is_told();
    let unsent: Vec<MessageView> = theirs().filter(|message| !is_sent(message)).map(MessageView::of).collect();
    // What was told since is not in the way any more.
    let last_sent = theirs().filter(is_sent).map(|message| message.at).max();
    let last_unsent = unsent.last().filter(|message| last_sent.is_none_or(|sent| message.at > sent));
    let summary = match (obstacles.first(), last_unsent, told) {
        (Some(obstacle), _, _) => obstacle.clone(),
        (None, Some(last), _) => {
            let reason = last.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            format!("the last message that did not go out is {}{reason}", last.state)
        }
        (None, None, true) => "every message went out".to_owned(),
        (None, None, false) => "nothing was to be told yet: the order came from an import, or its first message is on its way".to_owned(),
    };
    WhyNotification { summary, told, obstacles, unsent }
}
