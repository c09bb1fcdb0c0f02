//! Telling the customer of an order, and the team of what they heard.

use super::words::{Saying, customer_message};
use super::{About, Draft, Notify, Told, Via, number, reference};
use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{Mail, Message, MessageState};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::Envelope;
use contracts::order::v1::{LabelChanged, NotifyRequested};
use domain::ids::{OrderId, TimerId};
use domain::notify::{MessageKind, Sent, slack_order_line, too_many};
use domain::order::timers::MORNING;
use domain::order::{Actor, Command, ERASED, Label, Order, OrderEvent, Timer, Wake};
use domain::pii::mask_email;
use jiff::Timestamp;
use std::future::ready as at_once;

/// Commits of an order that are looked through for the words of a message.
const HISTORY_MAX: usize = 100;

impl Notify {
    pub(super) async fn order_news(
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
                let why_not = match self.may_send(scope, config, event, &order, MessageKind::Status).await? {
                    None => self.in_the_morning(scope, config, event, &order, changed.from.as_deref()).await?,
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
    pub(super) async fn on_request(
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
                let no_reason = order.no_follow_up().filter(|_| kind == MessageKind::FollowUp);
                let why_not = if wordless {
                    Some("its words are gone".to_owned())
                } else if let Some(why) = no_reason {
                    Some(format!("the customer is not asked: {}", why.text()))
                } else if !kind.is_true_of(order.label()) {
                    Some(format!("it no longer holds: the order is {}", order.label().text()))
                } else if wish.waited && !config.notify.rules.at(order.label()).email {
                    Some(format!("the shop's rules send no e-mail at {}", order.label().text()))
                } else {
                    self.may_send(scope, config, event, &order, kind).await?
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

    /// Why a message to the customer would be one too many, if it would. One that somebody else is about to send counts if it
    /// was claimed before ours.
    async fn may_send(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        event: &Envelope,
        order: &Order,
        kind: MessageKind,
    ) -> Result<Option<String>> {
        if kind != MessageKind::Delay && config.governor.per_day == 0 {
            return Ok(None);
        }
        let Some(dossier) = self.orders.dossier(scope, &order.id, 1).await? else { return Ok(None) };
        let now = self.clock.now();
        let customers = || dossier.messages.iter().filter(|message| message.id.channel == "email");
        let ours = customers().find(|message| message.id.event == event.id).map(|message| (message.at, message.id.clone()));
        let counts = |message: &&Message| match message.state {
            _ if message.id.event == event.id => false,
            MessageState::Sent { .. } | MessageState::Unknown => true,
            MessageState::Sending { lease_until } => {
                now < lease_until && ours.as_ref().is_some_and(|ours| (message.at, &message.id) < (ours.0, &ours.1))
            }
            MessageState::Failed { .. } | MessageState::Suppressed { .. } => false,
        };
        let sent: Vec<Sent> = customers().filter(counts).map(|message| Sent { at: message.at, kind: message.kind }).collect();
        Ok(too_many(kind, &sent, config.governor.per_day, now))
    }

    /// In quiet hours the customer is told when they end, how the order stands then, unless that is what they know: `from`,
    /// before the first of what waits. Why not now, if it is so.
    async fn in_the_morning(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        event: &Envelope,
        order: &Order,
        from: Option<&str>,
    ) -> Result<Option<String>> {
        let Some(until) = config.quiet_until(order, self.clock.now()) else { return Ok(None) };
        let id = TimerId::parse(MORNING).map_err(|why| Error::Fatal(why.to_string()))?;
        let unless = match order.timer(&id) {
            Some(Timer { wake: Wake::Tell { unless }, .. }) => *unless,
            _ => from.and_then(|word| Label::ALL.into_iter().find(|label| label.text() == word)),
        };
        let timer = Timer { id, at: until, wake: Wake::Tell { unless } };
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
        let waits = order.timers.iter().any(|timer| matches!(timer.wake, Wake::Tell { .. }));
        if !mailed? || (order.told && !waits) {
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
        // The link is the customer's alone: whoever reads the timeline could vote with it.
        let hidden = saying.survey.map(|_| "[link]");
        let kept =
            customer_message(order, config, Saying { survey: hidden, ..saying }, now).map_or_else(String::new, |(_, shown)| shown.text);
        let draft = Draft {
            kind: saying.kind,
            channel: "email",
            recipient: to.expose().to_owned(),
            shown_as: mask_email(to.expose()),
            text: format!("{}\n\n{kept}", content.subject),
        };
        let reference = reference(event, &draft.recipient);
        let mail = Mail { from, to: to.clone(), subject: content.subject, text: content.text, date: now, reference, files: Vec::new() };
        Some((draft, mail))
    }
}
