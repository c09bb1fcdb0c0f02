//! Telling people: each thing once, to the right one.
//!
//! A message is claimed before it is sent and settled after. If we die in between, nobody knows whether it
//! went out: the next delivery finds the dead claim, marks it unknown, and a person decides. Sending it
//! again would be telling somebody twice; forgetting it would be telling nobody.

use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{
    Attachment, Clock, InboxStore, Mail, Mailer, Message, MessageClaim, MessageId, MessageState, MessageStore, OrderStore, PortError,
    PortResult, ReportStore, SendError, TeamChat, TenantStore,
};
use crate::privacy::forget_traces;
use crate::report::DELAYED;
use crate::scope::TenantScope;
use crate::survey::SurveyLinks;
use crate::tenant::{DelayedSettings, SlackBot, TenantConfig};
use contracts::job::v1::ReportReady;
use contracts::order::v1::{LabelChanged, NotifyRequested};
use contracts::{Envelope, Payload};
use domain::ask::Lang;
use domain::email::Email;
use domain::ids::{OrderId, TimerId};
use domain::notify::{
    Beside, EmailContent, MessageKind, NotifyRules, Sent, StatusFacts, letter, slack_attention, slack_invalid_payload, slack_order_line,
    too_many,
};
use domain::order::timers::MORNING;
use domain::order::{Actor, Command, ERASED, Label, Order, OrderEvent, Timer, Wake};
use domain::pii::mask_email;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::future::ready as at_once;
use std::sync::Arc;

/// A sender that has not reported after this is presumed dead. Longer than the function may run.
pub const LEASE: SignedDuration = SignedDuration::from_secs(180);
/// What one message may take, file and all. With less time left none is begun: a sender that is stopped in the act
/// leaves a message of which nobody knows whether it went out.
pub const SEND_TIME: SignedDuration = SignedDuration::from_secs(30);
/// Commits of an order that are looked through for the words of a message.
const HISTORY_MAX: usize = 100;
/// How long the link to a report works.
pub const LINK_VALID_FOR: SignedDuration = SignedDuration::from_hours(24);

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

    /// A report goes to the team's chat, as a file if we may post files there and as a link if not, and by mail to whom
    /// the shop has named. A list of nothing is worth a mail only to whoever said so.
    async fn report_news(&self, scope: &TenantScope, config: &TenantConfig, about: About<'_>, ready: &ReportReady) -> Result<Told> {
        let (event, notify, reports) = (about.event, &config.notify, &config.reports);
        let is_list = ready.report == DELAYED;
        let empty = ready.orders == Some(0);
        let recipients = match (is_list, empty && !reports.delayed.also_when_none) {
            (false, _) => &reports.recipients[..],
            (true, false) => &reports.delayed.recipients[..],
            (true, true) => &[],
        };
        let webhook = notify.slack_webhook.as_ref().filter(|_| !is_list);
        let mut told = Told::default();
        if webhook.is_none() && recipients.is_empty() {
            return Ok(told);
        }
        // A file that is gone, or too large to be carried, is a link.
        let bytes = match self.reports.get(scope, &ready.key).await {
            Ok(bytes) => bytes.unwrap_or_default(),
            Err(PortError::Fatal(why)) => {
                tracing::warn!(trace_id = %event.correlationid, tenant = %scope.tenant(), why, "a report goes out as a link");
                Vec::new()
            }
            Err(why) => return Err(why.into()),
        };
        let file = Attachment { name: file_name(ready), content_type: content_type(ready), bytes: Arc::new(bytes) };
        let carried = (1..=Mail::FILES_BYTES_MAX).contains(&file.bytes.len());
        let link = self.reports.link(scope, &ready.key, LINK_VALID_FOR).await?;
        let mut waiting = Ok(());
        if let Some(webhook) = webhook {
            let linked = format!("{}\n<{link}|Download the report> (works for 24 hours)", ready.summary);
            let (recipient, text, via) = match &notify.slack_bot {
                Some(bot) if !file.bytes.is_empty() => (bot.channel.clone(), ready.summary.clone(), Via::File(bot, file.clone())),
                _ => (webhook.expose().to_owned(), linked, Via::Chat(&webhook.0)),
            };
            let draft = Draft { kind: MessageKind::Status, channel: "slack", recipient, shown_as: "Slack".into(), text };
            waiting = self.deliver(scope, about, draft, at_once(Ok(via)), &mut told).await.map(drop);
        }
        let Some(from) = notify.from.clone().or_else(|| self.default_from.clone()) else {
            if !recipients.is_empty() {
                tracing::warn!(trace_id = %event.correlationid, tenant = %scope.tenant(), "no sender is set: the report is not mailed");
            }
            return waiting.map(|()| told);
        };
        let (subject, words) = report_words(config, event, ready);
        for address in recipients {
            let to = Email::parse(address).map_err(|why| Error::Fatal(why.to_string()))?;
            let files: Vec<Attachment> = if carried && !empty { vec![file.clone()] } else { Vec::new() };
            let text = match empty || carried {
                true => words.clone(),
                false => format!("{words}\n\nIt is too large for a mail: {link}\n(The link works for 24 hours.)"),
            };
            let draft = Draft {
                kind: MessageKind::Status,
                channel: "email",
                recipient: address.clone(),
                shown_as: mask_email(address),
                text: format!("{subject}\n\n{words}"),
            };
            let reference = reference(event, &draft.recipient);
            let mail = Mail { from: from.clone(), to, subject: subject.clone(), text, date: self.clock.now(), reference, files };
            // One address that SES does not take keeps nobody else from the report.
            let mailed = self.deliver(scope, about, draft, at_once(Ok(Via::Mail(mail))), &mut told).await.map(drop);
            waiting = waiting.and(mailed);
        }
        waiting.map(|()| told)
    }

    async fn order_news(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        (event, until): (&Envelope, Timestamp),
        changed: &LabelChanged,
    ) -> Result<Told> {
        let mut told = Told::default();
        let order = self.order(scope, &changed.order_id).await?;
        let about = self.about(scope, (event, until), &order).await?;
        // Something newer has happened that has its own event: this one is history, not news. It is settled
        // as such rather than skipped, so that an attempt that died before is not left open for ever.
        let overtaken = order.version > event.aggregateversion && order.label().text() != changed.to;
        let rule = config.notify.rules.at(order.label());
        let mut waiting = Ok(());
        if let Some((draft, mail)) = self.customer_mail(config, event, &order, Saying::default()).filter(|_| rule.email) {
            let via = async {
                if overtaken {
                    return Ok(Via::Overtaken);
                }
                let why_not = match self.may_send(scope, config, &order, MessageKind::Status).await? {
                    None => self.in_the_morning(scope, config, event, &order).await?,
                    why_not => why_not,
                };
                Ok(why_not.map_or(Via::Mail(mail), Via::Not))
            };
            let mailed = self.deliver(scope, about, draft, via, &mut told).await;
            waiting = self.remember(scope, config, event, &order, mailed).await;
        }
        if let Some(webhook) = config.notify.slack_webhook.as_ref().filter(|_| rule.slack) {
            let contact = order.contact.as_ref();
            let name = contact.map_or("-", |contact| contact.name.as_str());
            let email = contact.and_then(|contact| contact.email.as_ref());
            let text = slack_order_line(order.id.as_str(), name, email, order.label(), order.tracks.eta);
            let draft = Draft {
                kind: MessageKind::Status,
                channel: "slack",
                recipient: webhook.expose().to_owned(),
                shown_as: "Slack".into(),
                text,
            };
            // A channel that is down does not keep the others from being told.
            let slack = self.deliver(scope, about, draft, at_once(Ok(Via::Chat(&webhook.0).unless(overtaken))), &mut told).await.map(drop);
            waiting = waiting.and(slack);
        }
        waiting.map(|()| told)
    }

    /// A person wants the customer to be told, or the time for it has come. It is for them alone, not for the team, and
    /// it tells how the order stands now: what happened since the wish may have been silent.
    async fn on_request(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        (event, until): (&Envelope, Timestamp),
        wish: &NotifyRequested,
    ) -> Result<Told> {
        let mut told = Told::default();
        let kind = MessageKind::of_code(&wish.kind).ok_or_else(|| Error::Fatal(format!("a message of kind {}", wish.kind)))?;
        let order = self.order(scope, &wish.order_id).await?;
        let about = self.about(scope, (event, until), &order).await?;
        let text = match kind {
            MessageKind::Custom | MessageKind::FollowUp => self.own_words(scope, &order.id, event.aggregateversion).await?,
            _ => None,
        };
        let survey = self.survey.as_ref().filter(|_| kind == MessageKind::FollowUp);
        let survey = survey.map(|survey| survey.links.link(&survey.base, scope.tenant(), &order.id));
        let saying = Saying { kind, text: text.as_deref(), survey: survey.as_deref() };
        if let Some((draft, mail)) = self.customer_mail(config, event, &order, saying) {
            let wordless = kind == MessageKind::Custom && text.is_none();
            let via = async {
                let why_not = match kind.is_true_of(order.label()) {
                    _ if wordless => Some("its words are gone".to_owned()),
                    false => Some(format!("it no longer holds: the order is {}", order.label().text())),
                    true => self.may_send(scope, config, &order, kind).await?,
                };
                Ok(why_not.map_or(Via::Mail(mail), Via::Not))
            };
            let mailed = self.deliver(scope, about, draft, via, &mut told).await;
            self.remember(scope, config, event, &order, mailed).await?;
        }
        Ok(told)
    }

    /// The words that stand in an order's history and in no event.
    async fn own_words(&self, scope: &TenantScope, id: &OrderId, version: u64) -> Result<Option<String>> {
        let dossier = self.orders.dossier(scope, id, HISTORY_MAX).await?;
        let commit = dossier.and_then(|dossier| dossier.history.into_iter().find(|commit| commit.version == version));
        let words = commit.into_iter().flat_map(|commit| commit.events).find_map(|event| match event {
            OrderEvent::NotifyRequested { text, .. } => text,
            _ => None,
        });
        Ok(words.filter(|text| text != ERASED))
    }

    /// Why a message to the customer would be one too many, if it would.
    async fn may_send(&self, scope: &TenantScope, config: &TenantConfig, order: &Order, kind: MessageKind) -> Result<Option<String>> {
        if kind != MessageKind::Delay && config.governor.per_day == 0 {
            return Ok(None);
        }
        let Some(dossier) = self.orders.dossier(scope, &order.id, 1).await? else { return Ok(None) };
        let customers = dossier.messages.iter().filter(|message| message.id.channel == "email");
        let sent: Vec<Sent> = customers
            .filter(|message| matches!(message.state, MessageState::Sent { .. } | MessageState::Unknown))
            .map(|message| Sent { at: message.at, kind: message.kind })
            .collect();
        Ok(too_many(kind, &sent, config.governor.per_day, self.clock.now()))
    }

    /// In quiet hours the customer is told when they end, how the order stands then. Why not now, if it is so.
    async fn in_the_morning(&self, scope: &TenantScope, config: &TenantConfig, event: &Envelope, order: &Order) -> Result<Option<String>> {
        let Some(until) = config.quiet_until(order, self.clock.now()) else { return Ok(None) };
        let id = TimerId::parse(MORNING).map_err(|why| Error::Fatal(why.to_string()))?;
        let timer = Timer { id, at: until, wake: Wake::Tell };
        self.command(scope, config, event, order, &Command::Set { timer }).await?;
        Ok(Some(format!("quiet hours: told at {until:.0}")))
    }

    async fn command(&self, scope: &TenantScope, config: &TenantConfig, event: &Envelope, order: &Order, command: &Command) -> Result<()> {
        let by = Provenance { actor: Actor::Rule { name: "notifier".to_owned() }, correlation: event.correlationid.clone() };
        let apply = Apply { orders: self.orders.clone(), clock: self.clock.clone() };
        apply.run(Context { scope, config, by: &by }, &order.id, command, Alongside::default()).await?;
        Ok(())
    }

    /// An order whose customer has heard of it is no longer watched for that. If this fails, the event comes again:
    /// the message is settled then, and only this is done.
    async fn remember(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        event: &Envelope,
        order: &Order,
        mailed: Result<bool>,
    ) -> Result<()> {
        if !mailed? || !order.untold {
            return Ok(());
        }
        self.command(scope, config, event, order, &Command::Told { channel: "email".to_owned() }).await
    }

    async fn order(&self, scope: &TenantScope, number_said: &str) -> Result<Order> {
        let id = number(number_said)?;
        let order = self.orders.load(scope, &id).await?;
        order.ok_or_else(|| Error::Fatal(format!("order {id} of an event is not there")))
    }

    async fn about<'a>(&self, scope: &TenantScope, (event, until): (&'a Envelope, Timestamp), order: &'a Order) -> Result<About<'a>> {
        if order.contact.is_none() {
            // An attempt before this one may have died with the customer's name in its hands.
            self.orders.forget_words(scope, &order.id).await?;
        }
        Ok(About { event, until, named: order.contact.as_ref().map(|_| &order.id) })
    }

    fn customer_mail(&self, config: &TenantConfig, event: &Envelope, order: &Order, saying: Saying<'_>) -> Option<(Draft, Mail)> {
        let now = self.clock.now();
        let (to, content) = customer_message(order, config, saying, now)?;
        let from = config.notify.from.clone().or_else(|| self.default_from.clone())?;
        let draft = Draft {
            kind: saying.kind,
            channel: "email",
            recipient: to.expose().to_owned(),
            shown_as: mask_email(to.expose()),
            text: format!("{}\n\n{}", content.subject, content.text),
        };
        let reference = reference(event, &draft.recipient);
        let mail = Mail { from, to: to.clone(), subject: content.subject, text: content.text, date: now, reference, files: Vec::new() };
        Some((draft, mail))
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

/// What people see a report's file called.
fn file_name(ready: &ReportReady) -> String {
    if ready.report == DELAYED { format!("delayed-orders-{}.pdf", ready.day) } else { format!("daily-report-{}.xlsx", ready.day) }
}

fn content_type(ready: &ReportReady) -> &'static str {
    if ready.report == DELAYED { "application/pdf" } else { "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" }
}

/// Subject and text of a report's mail.
fn report_words(config: &TenantConfig, event: &Envelope, ready: &ReportReady) -> (String, String) {
    if ready.report != DELAYED {
        return (format!("Daily report of {}, {}", config.shop_name, ready.day), ready.summary.replace('*', ""));
    }
    let subject = config.reports.delayed.subject.as_deref().unwrap_or(DelayedSettings::SUBJECT);
    let date = event.time.to_zoned(config.zone()).strftime("%d.%m.%Y %H:%M:%S").to_string();
    let today = config.today(event.time) == ready.day;
    let text = match (ready.orders, today) {
        (Some(0), true) => "No order is delayed today.".to_owned(),
        (Some(0), false) => format!("No order is delayed as of {}.", ready.day),
        (_, true) => "Attached is today's report of delayed orders.".to_owned(),
        (_, false) => format!("Attached is the report of delayed orders as of {}.", ready.day),
    };
    (subject.replace("{date}", &date), text)
}

fn number(text: &str) -> Result<OrderId> {
    OrderId::parse(text).map_err(|why| Error::Fatal(why.to_string()))
}

fn busy(until: Timestamp) -> Error {
    Error::Retryable(format!("another delivery is sending this until {until}"))
}

/// What is to be said to a customer.
#[derive(Debug, Clone, Copy, Default)]
pub struct Saying<'a> {
    /// What of.
    pub kind: MessageKind,
    /// In the shop's words.
    pub text: Option<&'a str>,
    /// Where they say how it was.
    pub survey: Option<&'a str>,
}

/// Where customers say how it was.
#[derive(Debug, Clone)]
pub struct SurveyAt {
    /// Signs links.
    pub links: SurveyLinks,
    /// The API's address as customers know it.
    pub base: String,
}

/// What the customer of an order reads, and where; none if they cannot be written to.
pub fn customer_message<'a>(
    order: &'a Order,
    config: &TenantConfig,
    saying: Saying<'_>,
    now: Timestamp,
) -> Option<(&'a Email, EmailContent)> {
    let contact = order.contact.as_ref().filter(|_| config.notify.email)?;
    let to = contact.email.as_ref()?;
    let beside = Beside { text: saying.text, survey: saying.survey };
    Some((to, letter(saying.kind, &status_facts(order, config, now), &config.notify.rules, language(order, config), beside)))
}

/// The customer's language, else the shop's.
fn language(order: &Order, config: &TenantConfig) -> Lang {
    let theirs = order.contact.as_ref().and_then(|contact| contact.locale.as_deref());
    Lang::of_locale(theirs.unwrap_or(&config.locale))
}

fn status_facts(order: &Order, config: &TenantConfig, now: Timestamp) -> StatusFacts {
    StatusFacts {
        order_id: order.id.to_string(),
        customer: order.contact.as_ref().map(|contact| contact.name.clone()),
        label: order.label(),
        eta: order.tracks.eta,
        today: config.today(now),
        shop_name: config.shop_name.clone(),
    }
}

/// What would be sent about an order if it came to a status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// At which.
    pub status: &'static str,
    /// To the customer; none if the rules or the settings say none, or there is no address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<PreviewMail>,
    /// To the team; none if the rules say none, or there is nowhere to post.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slack: Option<String>,
}

/// An e-mail that would be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PreviewMail {
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
}

/// What these rules would say of an order at every status, in the customer's language or the one given. Nothing is sent.
pub fn preview(order: &Order, config: &TenantConfig, rules: &NotifyRules, lang: Option<Lang>, now: Timestamp) -> Vec<Preview> {
    let lang = lang.unwrap_or_else(|| language(order, config));
    let contact = order.contact.as_ref();
    let (name, email) = (contact.map_or("-", |contact| contact.name.as_str()), contact.and_then(|contact| contact.email.as_ref()));
    let at = |label: Label| {
        let (rule, facts) = (rules.at(label), StatusFacts { label, ..status_facts(order, config, now) });
        let mail = || {
            let content = rules.email(&facts, lang);
            PreviewMail { subject: content.subject, text: content.text }
        };
        Preview {
            status: label.text(),
            email: (rule.email && config.notify.email && email.is_some()).then(mail),
            slack: (rule.slack && config.notify.slack_webhook.is_some())
                .then(|| slack_order_line(order.id.as_str(), name, email, label, order.tracks.eta)),
        }
    };
    Label::ALL.into_iter().map(at).collect()
}
