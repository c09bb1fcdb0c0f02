//! Telling people: each thing once, to the right one.
//!
//! A message is claimed before it is sent and settled after. If we die in between, nobody knows whether it
//! went out: the next delivery finds the dead claim, marks it unknown, and a person decides. Sending it
//! again would be telling somebody twice; forgetting it would be telling nobody.

mod customers;
mod reports;
mod ways;
mod words;

pub use reports::LINK_VALID_FOR;
pub use ways::{Content, Way, content, customer_message, not_agreed, ways};
pub use words::{CustomerPages, Preview, PreviewMail, Saying, preview};

use crate::channels::{Incoming, channel_of};
use crate::error::{Error, Result};
use crate::ports::{
    Address, AddressStore, Attachment, Clock, InboxKey, InboxState, InboxStore, Mail, Mailer, Message, MessageClaim, MessageId,
    MessageState, MessageStore, OrderStore, PortResult, ReportStore, SendError, Taken, TeamChat, TenantStore, Text, Texter,
};
use crate::privacy::{Stores, forget_traces};
use crate::pseudonym::Pseudonyms;
use crate::scope::TenantScope;
use crate::shopify::WishKind;
use crate::tenant::{Account, SlackBot, TeamLine, TenantConfig};
use contracts::order::v1::ExceptionChange;
use contracts::{Envelope, Payload};
use domain::exception::{Reason, Severity};
use domain::ids::OrderId;
use domain::notify::{
    Channel, MessageKind, slack_attention, slack_count, slack_draft, slack_exceptions, slack_invalid_event, slack_invalid_payload,
    slack_label, slack_privacy, slack_reply, slack_return, slack_returned, slack_review, slack_stock, slack_stranger, slack_stuck,
    slack_unpaid, slack_webhook_off,
};
use domain::order::saga::Ended;
use domain::payment::Provider;
use domain::webhook::OffBecause;
use jiff::{SignedDuration, Timestamp};
use std::future::ready as at_once;
use std::sync::Arc;

/// A sender that has not reported after this is presumed dead. Longer than the function may run.
pub const LEASE: SignedDuration = SignedDuration::from_secs(180);
/// What one message may take, file and all. With less time left none is begun: a sender that is stopped in the act
/// leaves a message of which nobody knows whether it went out.
pub const SEND_TIME: SignedDuration = SignedDuration::from_secs(30);
/// The use case.
#[derive(Clone)]
pub struct Notify {
    /// Orders, for their facts.
    pub orders: Arc<dyn OrderStore>,
    /// What was sent.
    pub messages: Arc<dyn MessageStore>,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// Where customers do not want to be written to.
    pub addresses: Arc<dyn AddressStore>,
    /// What stands for addresses.
    pub pseudonyms: Pseudonyms,
    /// E-mail.
    pub mailer: Arc<dyn Mailer>,
    /// Text messages and chats with customers.
    pub texter: Arc<dyn Texter>,
    /// Slack and Discord.
    pub chat: Arc<dyn TeamChat>,
    /// Links to reports; photos, deleted with the customer they may show.
    pub reports: Arc<dyn ReportStore>,
    /// Webhooks, forgotten with the customer they name.
    pub inbox: Arc<dyn InboxStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The sender for tenants that have not chosen one.
    pub default_from: Option<String>,
    /// Pages that customers are given links to, if there are any.
    pub pages: Option<CustomerPages>,
}

/// What one event led to: message by message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Sent now.
    pub sent: usize,
    /// Settled before, or not to be sent.
    pub settled: usize,
}

#[derive(Clone)]
struct Draft {
    kind: MessageKind,
    channel: Channel,
    recipient: String,
    shown_as: String,
    text: String,
}

/// A few words to somebody.
struct Note {
    to: String,
    title: String,
    text: String,
    language: &'static str,
    reference: String,
    receipts: Option<String>,
}

enum Via<'a> {
    Mail(Mail),
    Note(Account<'a>, Note),
    Chat(TeamLine<'a>, String),
    File(&'a SlackBot, Attachment),
    /// Not this way: whoever it is for does not want it, for this reason.
    Closed(String),
    /// Not at all: newer news is on its way.
    Overtaken,
    /// Not at all, for this reason.
    Not(String),
}

/// What became of a message, as far as whoever wants it sent has to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Delivered {
    /// It went out, now or before.
    Told,
    /// Not this way; another may do.
    Refused,
    /// It is not to be sent, or nobody knows whether it was.
    Settled,
}

/// What a message is about.
#[derive(Clone, Copy)]
struct About<'a> {
    event: &'a Envelope,
    /// No message is begun that might not end before this.
    until: Timestamp,
    /// The order whose customer it names, if it names one.
    named: Option<&'a OrderId>,
}

impl Delivered {
    /// Of a message that is settled.
    fn of(state: &MessageState) -> Delivered {
        match state {
            state if state.is_told() => Delivered::Told,
            MessageState::Refused { .. } => Delivered::Refused,
            _ => Delivered::Settled,
        }
    }
}

/// What of an exception the team hears of: that nobody has taken it on, that it is escalated, and at once of what is critical.
fn is_for_team(change: &ExceptionChange) -> bool {
    let is_open = !matches!(change.to.as_str(), "resolved" | "closed");
    let is_new = change.from.as_deref().is_none_or(|from| from == "resolved");
    let reached = change.reached.iter().any(|step| step == "team" || step == "escalate");
    is_open && (reached || is_new && change.severity == Severity::Critical.as_str())
}

/// "Picking is late (medium): picking was due 10:00; escalated, to resolve by 12:00".
fn exception_line(change: &ExceptionChange, due: &str) -> String {
    let what = Reason::of(&change.code).map_or("Something", |reason| reason.text());
    let stands = if change.escalated { "escalated" } else { "nobody has taken it on" };
    format!("{what} ({}): {}. {stands}, to be resolved by {due}", change.severity, change.why)
}

/// A moment as the shop's clocks show it.
fn local(at: Timestamp, config: &TenantConfig) -> String {
    at.to_zoned(config.zone()).strftime("%Y-%m-%d %H:%M").to_string()
}

impl<'a> Via<'a> {
    fn unless(self, overtaken: bool) -> Via<'a> {
        if overtaken { Via::Overtaken } else { self }
    }
}

impl Notify {
    /// Tells whoever is to be told of an event.
    ///
    /// # Errors
    /// `Retryable` if anything could not be sent yet, for want of time also; what was sent is not sent again.
    pub async fn run(&self, event: &Envelope, until: Timestamp) -> Result<Told> {
        let scope = TenantScope::of_own_message(&event.tenant);
        let config = self.tenants.config(&event.tenant).await?.unwrap_or_default();
        let team = match &event.payload {
            Payload::OrderLabelChanged(changed) if changed.notify => {
                return self.order_news(&scope, &config, (event, until), changed).await;
            }
            Payload::OrderNotifyRequested(wish) => return self.on_request(&scope, &config, (event, until), wish).await,
            // Whoever had read the contact before it was erased has written by now.
            Payload::OrderContactErased(erased) => {
                let (orders, inbox, files) = (&*self.orders, &*self.inbox, &*self.reports);
                let stores = Stores { orders, inbox, files, addresses: &*self.addresses };
                forget_traces(stores, &scope, &number(&erased.order_id)?, self.clock.now()).await?;
                return Ok(Told::default());
            }
            Payload::OrderCustomerReplied(replied) => {
                let id = number(&replied.order_id)?;
                let said = self.reply_of(&scope, &id, event.aggregateversion).await?.unwrap_or_default();
                let by = Channel::of_customer(&replied.channel).map_or("a message", Channel::title);
                let about = About { event, until, named: Some(&id) };
                let mut told = Told::default();
                self.to_team(&scope, &config, about, &slack_reply(id.as_str(), by, &said), false, &mut told).await?;
                return Ok(told);
            }
            Payload::HookParked(parked) if WishKind::is_code(&parked.code) => slack_privacy(&parked.reason),
            Payload::HookParked(parked) => match self.stranger(&scope, parked).await? {
                Some(text) => text,
                None => return Ok(Told::default()),
            },
            Payload::HookRejected(refused) if refused.event => {
                slack_invalid_event(refused.order_id.as_deref(), refused.status.as_deref(), &refused.faults)
            }
            Payload::HookRejected(refused) => {
                slack_invalid_payload(refused.order_id.as_deref(), refused.status.as_deref(), refused.email_masked.as_deref())
            }
            Payload::StockLow(fallen) => slack_stock(&fallen.sku, &fallen.location, fallen.available, fallen.limit, false),
            Payload::StockReorderSuggested(fallen) => slack_stock(&fallen.sku, &fallen.location, fallen.available, fallen.limit, true),
            Payload::PurchaseChanged(changed) if changed.status == "draft" && changed.by_rule => {
                slack_draft(&changed.purchase_id, &changed.location)
            }
            Payload::StockCounted(counted) if counted.missing > 0 => slack_count(&counted.reference, counted.missing),
            Payload::ReviewOpened(opened) => {
                let total = format!("{} {}", opened.total.amount, opened.total.currency);
                slack_review(&opened.order_id, &opened.kind, &total, &local(opened.due_at, &config), false)
            }
            Payload::SagaEnded(ended) if ended.how == Ended::NeedsHuman.code() => slack_stuck(&ended.order_id),
            Payload::PaymentFailed(failed) => {
                let amount = format!("{} {}", failed.amount.amount, failed.amount.currency);
                slack_unpaid(&failed.order_id, &amount, failed.tries, failed.code.as_deref())
            }
            Payload::ParcelLabelFailed(failed) => slack_label(&failed.order_id, &failed.parcel, failed.bought, &failed.why),
            Payload::PaymentReturned(back) => {
                let provider = Provider::from_word(&back.provider).map_or("The provider", Provider::title);
                slack_returned(&back.order_id, provider, &back.what, &format!("{} {}", back.amount.amount, back.amount.currency))
            }
            Payload::ReviewOverdue(overdue) => slack_review(&overdue.order_id, &overdue.kind, "", &local(overdue.due_at, &config), true),
            Payload::OrderExceptionsChanged(changed) if config.exceptions.enabled => {
                let telling = changed.exceptions.iter().filter(|change| is_for_team(change));
                let lines: Vec<String> = telling.map(|change| exception_line(change, &local(change.due_at, &config))).collect();
                if lines.is_empty() {
                    return Ok(Told::default());
                }
                slack_exceptions(&changed.order_id, &lines)
            }
            Payload::ReturnOpened(back) => {
                let what: Vec<String> =
                    back.lines.iter().map(|one| format!("{} {} ({})", one.quantity, one.sku, one.reason.replace('_', " "))).collect();
                slack_return(&back.order_id, &back.name, &back.kind, &what.join(", "))
            }
            Payload::WebhookDisabled(off) => slack_webhook_off(&off.endpoint, &off.description, off.why == OffBecause::Gone.as_str()),
            Payload::JobFailed(failed) => {
                format!(":rotating_light: *Job failed: {}*\n{}\nTrace: {}", failed.job, failed.reason, event.correlationid)
            }
            Payload::JobRecovered(well) => {
                format!(":white_check_mark: *Job works again: {}*\nIt had been failing since {:.0}.", well.job, well.failing_since)
            }
            Payload::AttentionDigest(digest) => {
                let orders = digest.orders.iter().map(|order| (order.order_id.as_str(), order.reasons.as_slice()));
                slack_attention(digest.new, digest.waiting, orders)
            }
            Payload::ReportReady(ready) => return self.report_news(&scope, &config, About { event, until, named: None }, ready).await,
            _ => return Ok(Told::default()),
        };
        let mut told = Told::default();
        self.to_team(&scope, &config, About { event, until, named: None }, &team, false, &mut told).await?;
        Ok(told)
    }

    /// What to tell the team of somebody who writes and has no order here; none if it is no such thing, or is settled.
    async fn stranger(&self, scope: &TenantScope, parked: &contracts::hook::v1::Parked) -> Result<Option<String>> {
        let Some(channel) = channel_of(&parked.endpoint) else { return Ok(None) };
        let key = InboxKey { endpoint: parked.endpoint.clone(), id: parked.inbox_id.clone() };
        let entry = self.inbox.load(scope, &key).await?;
        let waits = entry.filter(|entry| matches!(entry.state, InboxState::Parked { .. }));
        let Some(Ok(Incoming::Reply { from, .. })) = waits.map(|entry| serde_json::from_str(&entry.body)) else { return Ok(None) };
        Ok(Some(slack_stranger(&Way { channel, to: from }.masked(), channel.title())))
    }

    /// To every chat of the team's. One that is down does not keep the others from being told.
    async fn to_team(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        about: About<'_>,
        text: &str,
        overtaken: bool,
        told: &mut Told,
    ) -> Result<()> {
        let mut result = Ok(());
        for line in config.notify.team() {
            let draft = Draft {
                kind: MessageKind::Status,
                channel: line.chat,
                recipient: line.address.expose().to_owned(),
                shown_as: line.chat.title().into(),
                text: text.to_owned(),
            };
            let via = self.chat_via(scope, about, line).unless(overtaken);
            let posted = self.deliver(scope, about, draft, at_once(Ok(via)), told).await.map(drop);
            result = result.and(posted);
        }
        result
    }

    fn chat_via<'v>(&self, scope: &TenantScope, about: About<'_>, line: TeamLine<'v>) -> Via<'v> {
        Via::Chat(line, reference(about.event, &self.pseudonyms.address(scope.tenant(), line.chat, line.address.expose())))
    }

    /// How it goes out is decided once it is ours to send.
    async fn deliver<'v>(
        &self,
        scope: &TenantScope,
        about: About<'_>,
        draft: Draft,
        via: impl Future<Output = Result<Via<'v>>> + Send,
        told: &mut Told,
    ) -> Result<Delivered> {
        let About { event, until, named } = about;
        let now = self.clock.now();
        if now + SEND_TIME > until {
            return Err(Error::Retryable("no time is left to send it".into()));
        }
        let message = Message {
            id: self.message_id(scope, event, draft.channel, &draft.recipient),
            at: now,
            to: draft.shown_as,
            kind: draft.kind,
            text: draft.text,
            state: MessageState::Sending { lease_until: now + LEASE },
            attempts: 1,
        };
        let attempt = match self.messages.claim(scope, &event.subject, &message, now).await? {
            MessageClaim::Send { attempt } => attempt,
            MessageClaim::Settled(state) => {
                told.settled += 1;
                return Ok(Delivered::of(&state));
            }
            MessageClaim::Busy { until } => return Err(busy(until)),
        };
        let forgotten = self.is_forgotten(scope, named).await;
        let via = if matches!(forgotten, Ok(false)) { via.await } else { Ok(Via::Overtaken) };
        let not = |why: &str| Err(Unsent::Decided(why.to_owned()));
        let outcome = match (&forgotten, &via) {
            (Err(why), _) => Err(Unsent::By(SendError::NotSent(why.to_string()))),
            (Ok(true), _) => not("the customer was forgotten"),
            (Ok(false), Err(why)) => Err(Unsent::By(SendError::NotSent(why.to_string()))),
            (Ok(false), Ok(Via::Not(reason))) => not(reason),
            (Ok(false), Ok(Via::Overtaken)) => not("overtaken by newer news"),
            (Ok(false), Ok(via)) => self.send(via, &message.text).await.map_err(Unsent::By),
        };
        let (state, result) = match outcome {
            Ok(Taken { id: provider_id, known_as }) => {
                told.sent += 1;
                if let Some(known_as) = known_as {
                    self.answers_from(scope, about, (&draft.channel, &draft.recipient), &known_as).await;
                }
                (MessageState::Sent { provider_id }, Ok(Delivered::Told))
            }
            Err(Unsent::Decided(reason)) => {
                told.settled += 1;
                tracing::info!(trace_id = %event.correlationid, channel = message.id.channel, reason, "a message was not sent");
                (MessageState::Suppressed { reason }, Ok(Delivered::Settled))
            }
            Err(Unsent::By(SendError::NotSent(reason))) => (MessageState::Failed { reason: reason.clone() }, Err(Error::Retryable(reason))),
            Err(Unsent::By(refusal @ (SendError::Refused(_) | SendError::Unwanted(_)))) => {
                told.settled += 1;
                let reason = refusal.to_string();
                tracing::warn!(trace_id = %event.correlationid, channel = message.id.channel, reason, "a message was refused");
                // Known before it is settled: whoever dies in between asks the provider once more.
                let closed = match refusal {
                    SendError::Unwanted(_) => self.close(scope, draft.channel, &draft.recipient).await,
                    _ => Ok(()),
                };
                match closed {
                    Ok(()) => (MessageState::Refused { reason }, Ok(Delivered::Refused)),
                    Err(why) => (MessageState::Failed { reason: why.to_string() }, Err(why)),
                }
            }
            Err(Unsent::By(SendError::Unknown(reason))) => {
                told.settled += 1;
                tracing::warn!(trace_id = %event.correlationid, channel = message.id.channel, reason, "a message may not have been sent");
                (MessageState::Unknown, Ok(Delivered::Settled))
            }
        };
        let is_ours = self.messages.settle(scope, &event.subject, &message.id, attempt, &state).await?;
        let result = match result {
            // A receipt was faster, and may say that it did not arrive.
            Ok(Delivered::Told) if !is_ours => match self.messages.claim(scope, &event.subject, &message, now).await? {
                MessageClaim::Settled(state) => Ok(Delivered::of(&state)),
                MessageClaim::Send { .. } | MessageClaim::Busy { .. } => Ok(Delivered::Settled),
            },
            result => result,
        };
        if let (Ok(true), Some(id)) = (forgotten, named) {
            self.orders.forget_words(scope, id).await?;
        }
        result
    }

    /// Nobody is written to where they do not want it.
    async fn close(&self, scope: &TenantScope, channel: Channel, to: &str) -> Result<()> {
        let address = self.pseudonyms.address(scope.tenant(), channel, to);
        let why = Some("the provider says that they do not want it");
        Ok(self.addresses.refuse(scope, &address, why, self.clock.now()).await?)
    }

    /// They may say STOP from an address that is not the one we know. That it could not be remembered is no reason to tell them
    /// twice.
    async fn answers_from(&self, scope: &TenantScope, about: About<'_>, (channel, to): (&Channel, &str), known_as: &str) {
        let address_of = |who: &str| self.pseudonyms.address(scope.tenant(), *channel, who);
        let (address, other, now) = (address_of(to), address_of(known_as), self.clock.now());
        let Some(order) = about.named.filter(|_| address != other) else { return };
        let remembered = async {
            self.addresses.answers_from(scope, &address, &other).await?;
            self.addresses.about(scope, &other, order, now).await?;
            self.forgets(scope, Some(order), &address).await
        };
        if let Err(error) = remembered.await {
            tracing::warn!(trace_id = %about.event.correlationid, %error, "where a customer answers from was not remembered");
        }
    }

    async fn send(&self, via: &Via<'_>, text: &str) -> Result<Taken, SendError> {
        let taken = |id: String| Taken { id, known_as: None };
        match via {
            Via::Mail(mail) => self.mailer.send(mail).await.map(taken),
            Via::Note(account, note) => {
                let text = Text {
                    to: &note.to,
                    title: &note.title,
                    text: &note.text,
                    language: note.language,
                    reference: &note.reference,
                    receipts: note.receipts.as_deref(),
                };
                self.texter.text(*account, text).await
            }
            Via::Chat(line, reference) => self.chat.post(*line, reference, text).await.map(|()| taken(String::new())),
            Via::File(bot, file) => self.chat.upload(&bot.token.0, &bot.channel, file, text).await.map(taken),
            Via::Closed(why) | Via::Not(why) => Err(SendError::Refused(why.clone())),
            Via::Overtaken => Err(SendError::Refused(String::new())),
        }
    }

    /// Whether the customer of an order is forgotten; then also that an address was written to about it.
    async fn forgets(&self, scope: &TenantScope, named: Option<&OrderId>, address: &Address) -> PortResult<bool> {
        let Some(id) = named else { return Ok(false) };
        let is_forgotten = self.is_forgotten(scope, named).await?;
        if is_forgotten {
            self.addresses.forget(scope, address, id, self.clock.now()).await?;
        }
        Ok(is_forgotten)
    }

    fn message_id(&self, scope: &TenantScope, event: &Envelope, channel: Channel, recipient: &str) -> MessageId {
        let recipient = self.pseudonyms.recipient(scope.tenant(), channel, recipient);
        MessageId { event: event.id.clone(), channel: channel.name().to_owned(), recipient }
    }

    async fn is_forgotten(&self, scope: &TenantScope, named: Option<&OrderId>) -> PortResult<bool> {
        let Some(id) = named else { return Ok(false) };
        Ok(self.orders.load(scope, id).await?.is_some_and(|order| order.contact.is_none()))
    }
}

/// Why a message did not go out.
enum Unsent {
    /// We decided so.
    Decided(String),
    /// The provider, or the way to it.
    By(SendError),
}

/// Names a message to whoever gives receipts for it.
fn receipt_reference(event: &Envelope, recipient: &Address) -> String {
    format!("{}/{}/{}", event.subject, event.id, recipient.key)
}

fn reference(event: &Envelope, recipient: &Address) -> String {
    format!("{}.{}", event.id, recipient.key).replace(|c: char| !c.is_ascii_alphanumeric(), ".")
}

fn number(text: &str) -> Result<OrderId> {
    OrderId::parse(text).map_err(|why| Error::Fatal(why.to_string()))
}

fn busy(until: Timestamp) -> Error {
    Error::Retryable(format!("another delivery is sending this until {until}"))
}
