//! Telling people: each thing once, to the right one.
//!
//! A message is claimed before it is sent and settled after. If we die in between, nobody knows whether it
//! went out: the next delivery finds the dead claim, marks it unknown, and a person decides. Sending it
//! again would be telling somebody twice; forgetting it would be telling nobody.

mod customers;
mod reports;
mod words;

pub use reports::LINK_VALID_FOR;
pub use words::{Preview, PreviewMail, Saying, SurveyAt, customer_message, preview};

use crate::error::{Error, Result};
use crate::ports::{
    Attachment, Clock, InboxStore, Mail, Mailer, Message, MessageClaim, MessageId, MessageState, MessageStore, OrderStore, PortResult,
    ReportStore, SendError, TeamChat, TenantStore,
};
use crate::privacy::forget_traces;
use crate::scope::TenantScope;
use crate::tenant::SlackBot;
use contracts::{Envelope, Payload};
use domain::ids::OrderId;
use domain::notify::{MessageKind, slack_attention, slack_invalid_payload};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
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
    /// E-mail.
    pub mailer: Arc<dyn Mailer>,
    /// Slack.
    pub chat: Arc<dyn TeamChat>,
    /// Links to reports.
    pub reports: Arc<dyn ReportStore>,
    /// Webhooks, forgotten with the customer they name.
    pub inbox: Arc<dyn InboxStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// The sender for tenants that have not chosen one.
    pub default_from: Option<String>,
    /// Where customers say how it was, if they are given a link to it.
    pub survey: Option<SurveyAt>,
}

/// What one event led to: message by message.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Told {
    /// Sent now.
    pub sent: usize,
    /// Settled before, or not to be sent.
    pub settled: usize,
}

struct Draft {
    kind: MessageKind,
    channel: &'static str,
    recipient: String,
    shown_as: String,
    text: String,
}

enum Via<'a> {
    Mail(Mail),
    Chat(&'a secrecy::SecretString),
    File(&'a SlackBot, Attachment),
    /// Not at all: newer news is on its way.
    Overtaken,
    /// Not at all, for this reason.
    Not(String),
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
                forget_traces(&*self.orders, &*self.inbox, &scope, &number(&erased.order_id)?).await?;
                return Ok(Told::default());
            }
            Payload::HookRejected(refused) => {
                slack_invalid_payload(refused.order_id.as_deref(), refused.status.as_deref(), refused.email_masked.as_deref())
            }
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
        if let Some(webhook) = &config.notify.slack_webhook {
            let draft = Draft {
                kind: MessageKind::Status,
                channel: "slack",
                recipient: webhook.expose().to_owned(),
                shown_as: "Slack".into(),
                text: team,
            };
            self.deliver(&scope, About { event, until, named: None }, draft, at_once(Ok(Via::Chat(&webhook.0))), &mut told).await?;
        }
        Ok(told)
    }

    /// Whether it went out, now or before. How it goes out is decided once it is ours to send.
    async fn deliver<'v>(
        &self,
        scope: &TenantScope,
        about: About<'_>,
        draft: Draft,
        via: impl Future<Output = Result<Via<'v>>> + Send,
        told: &mut Told,
    ) -> Result<bool> {
        let About { event, until, named } = about;
        let now = self.clock.now();
        if now + SEND_TIME > until {
            return Err(Error::Retryable("no time is left to send it".into()));
        }
        let recipient = recipient_key(&draft.recipient);
        let message = Message {
            id: MessageId { event: event.id.clone(), channel: draft.channel.to_owned(), recipient },
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
                return Ok(matches!(state, MessageState::Sent { .. }));
            }
            MessageClaim::Busy { until } => return Err(busy(until)),
        };
        let forgotten = self.is_forgotten(scope, named).await;
        let via = if matches!(forgotten, Ok(false)) { via.await } else { Ok(Via::Overtaken) };
        let outcome = match (&forgotten, &via) {
            (Err(why), _) => Err(SendError::NotSent(why.to_string())),
            (Ok(true), _) => Err(SendError::Refused("the customer was forgotten".to_owned())),
            (Ok(false), Err(why)) => Err(SendError::NotSent(why.to_string())),
            (Ok(false), Ok(Via::Mail(mail))) => self.mailer.send(mail).await,
            (Ok(false), Ok(Via::Chat(webhook))) => self.chat.post(webhook, &message.text).await.map(|()| String::new()),
            (Ok(false), Ok(Via::File(bot, file))) => self.chat.upload(&bot.token.0, &bot.channel, file, &message.text).await,
            (Ok(false), Ok(Via::Not(reason))) => Err(SendError::Refused(reason.clone())),
            (Ok(false), Ok(Via::Overtaken)) => Err(SendError::Refused("overtaken by newer news".to_owned())),
        };
        let (state, result) = match outcome {
            Ok(provider_id) => {
                told.sent += 1;
                (MessageState::Sent { provider_id }, Ok(true))
            }
            Err(SendError::NotSent(reason)) => (MessageState::Failed { reason: reason.clone() }, Err(Error::Retryable(reason))),
            Err(SendError::Refused(reason)) => {
                told.settled += 1;
                tracing::warn!(trace_id = %event.correlationid, channel = message.id.channel, reason, "a message was not sent");
                (MessageState::Suppressed { reason }, Ok(false))
            }
            Err(SendError::Unknown(reason)) => {
                told.settled += 1;
                tracing::warn!(trace_id = %event.correlationid, channel = message.id.channel, reason, "a message may not have been sent");
                (MessageState::Unknown, Ok(false))
            }
        };
        self.messages.settle(scope, &event.subject, &message.id, attempt, &state).await?;
        if let (Ok(true), Some(id)) = (forgotten, named) {
            self.orders.forget_words(scope, id).await?;
        }
        result
    }

    async fn is_forgotten(&self, scope: &TenantScope, named: Option<&OrderId>) -> PortResult<bool> {
        let Some(id) = named else { return Ok(false) };
        Ok(self.orders.load(scope, id).await?.is_some_and(|order| order.contact.is_none()))
    }
}

/// A recipient without their address.
fn recipient_key(recipient: &str) -> String {
    hex::encode(Sha256::digest(recipient.as_bytes()))[..16].to_owned()
}

fn reference(event: &Envelope, recipient: &str) -> String {
    format!("{}.{}", event.id, recipient_key(recipient)).replace(|c: char| !c.is_ascii_alphanumeric(), ".")
}

fn number(text: &str) -> Result<OrderId> {
    OrderId::parse(text).map_err(|why| Error::Fatal(why.to_string()))
}

fn busy(until: Timestamp) -> Error {
    Error::Retryable(format!("another delivery is sending this until {until}"))
}
