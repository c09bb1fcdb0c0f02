//! Telling the customer of an order, and the team of what they heard.

use super::words::{Saying, spoken};
use super::{
    About, Content, CustomerPages, Delivered, Draft, Note, Notify, Told, Via, Way, busy, content, not_agreed, number, receipt_reference,
    reference, ways,
};
use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ports::{Address, Mail, MailReceipts, Message, MessageState};
use crate::scope::TenantScope;
use crate::tenant::TenantConfig;
use contracts::Envelope;
use contracts::order::v1::{LabelChanged, NotifyRequested};
use domain::ids::{OrderId, TimerId};
use domain::notify::{Channel, MessageKind, QuietHours, Sent, slack_order_line, too_many};
use domain::order::timers::MORNING;
use domain::order::{Actor, Command, ERASED, Label, Order, OrderEvent, Timer, Wake};
use jiff::Timestamp;
use std::future::ready as at_once;

/// Commits of an order that are looked through for the words of a message.
const HISTORY_MAX: usize = 100;
/// When nobody is told by themselves that they wait, in a shop that has said nothing of quiet hours.
const NIGHT: QuietHours = QuietHours { from: 21, until: 8 };

/// When a message to a customer is not sent after all.
enum Check<'a> {
    /// News: something newer may be on its way, or it is night.
    News {
        overtaken: bool,
        /// The word before it.
        from: Option<&'a str>,
    },
    /// A wish.
    Wish(&'a NotifyRequested),
}

/// One message, whichever way it goes.
#[derive(Clone, Copy)]
struct Errand<'a> {
    scope: &'a TenantScope,
    config: &'a TenantConfig,
    about: About<'a>,
    order: &'a Order,
    saying: Saying<'a>,
    check: &'a Check<'a>,
}

fn is_to_customer(message: &Message) -> bool {
    Channel::of_customer(&message.id.channel).is_some()
}

impl Notify {
    pub(super) async fn order_news(
        &self,
        scope: &TenantScope,
        config: &TenantConfig,
        (event, until): (&Envelope, Timestamp),
        changed: &LabelChanged,
    ) -> Result<Told> {
        let mut told = Told::default();
        let order = &self.order(scope, &changed.order_id).await?;
        let about = self.about(scope, (event, until), order).await?;
        // Something newer has happened that has its own event: this one is history, not news. It is settled
        // as such rather than skipped, so that an attempt that died before is not left open for ever.
        let overtaken = order.version > event.aggregateversion && order.label().text() != changed.to;
        let rule = config.notify.rules.at(order.label());
        let mut waiting = Ok(());
        if rule.email {
            let check = &Check::News { overtaken, from: changed.from.as_deref() };
            let link = self.link(scope, order, MessageKind::Status);
            let saying = Saying { link: link.as_deref(), ..Saying::default() };
            let errand = Errand { scope, config, about, order, saying, check };
            waiting = self.to_customer(errand, &mut told).await;
        }
        if rule.slack {
            let contact = order.contact.as_ref();
            let name = contact.map_or("-", |contact| contact.name.as_str());
            let email = contact.and_then(|contact| contact.email.as_ref());
            let text = slack_order_line(order.id.as_str(), name, email, order.label(), order.tracks.eta);
            // A channel that is down does not keep the others from being told.
            waiting = waiting.and(self.to_team(scope, config, about, &text, overtaken, &mut told).await);
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
        let order = &self.order(scope, &wish.order_id).await?;
        let about = self.about(scope, (event, until), order).await?;
        let text = match kind {
            MessageKind::Custom | MessageKind::FollowUp => self.own_words(scope, &order.id, event.aggregateversion).await?,
            _ => None,
        };
        let link = self.link(scope, order, kind);
        let saying = Saying { kind, text: text.as_deref(), link: link.as_deref() };
        self.to_customer(Errand { scope, config, about, order, saying, check: &Check::Wish(wish) }, &mut told).await?;
        Ok(told)
    }

    /// The page that goes with a message.
    fn link(&self, scope: &TenantScope, order: &Order, kind: MessageKind) -> Option<String> {
        let CustomerPages { links, base } = self.pages.as_ref()?;
        match kind.at(order.label()) {
            MessageKind::FollowUp => Some(links.survey(base, scope.tenant(), &order.id)),
            MessageKind::Shipped => Some(links.track(base, scope.tenant(), &order.id)),
            _ => None,
        }
    }

    /// By the first way that takes it.
    async fn to_customer(&self, errand: Errand<'_>, told: &mut Told) -> Result<()> {
        let Errand { scope, config, about, order, .. } = errand;
        let ways = ways(order, config);
        if let Some(way) = not_agreed(order, config).filter(|_| ways.is_empty())
            && let Some((draft, _)) = self.message(&errand, &way)
        {
            let why = format!("they have not agreed to be written to by {}", way.channel.title());
            self.deliver(scope, about, draft, at_once(Ok(Via::Not(why))), told).await?;
        }
        // What was lost goes by another way, if there is one.
        let lost = |way: &Way| matches!(errand.check, Check::Wish(wish) if wish.not_by.iter().any(|name| name == way.channel.name()));
        for way in ways.into_iter().filter(|way| !lost(way)) {
            let Some((draft, via)) = self.message(&errand, &way) else { continue };
            let decided = async {
                if let Some(why) = self.why_not(&errand, &way).await? {
                    return Ok(Via::Not(why));
                }
                let (address, now) = (self.address(scope, &way), self.clock.now());
                if let Some(refused) = self.addresses.reached(scope, &address, now).await?.refused {
                    return Ok(Via::Closed(refused));
                }
                // What they write back is about this order, even if nobody knows later whether this went out.
                if way.channel != Channel::Email {
                    self.addresses.about(scope, &address, &order.id, now).await?;
                    if self.forgets(scope, about.named, &address).await? {
                        return Ok(Via::Not("the customer was forgotten".to_owned()));
                    }
                }
                Ok(via)
            };
            match self.deliver(scope, about, draft, decided, told).await? {
                Delivered::Told => return self.remember(&errand, &way).await,
                Delivered::Settled => return Ok(()),
                Delivered::Refused => {}
            }
        }
        Ok(())
    }

    /// Why it is not to be sent, if it is not.
    async fn why_not(&self, errand: &Errand<'_>, way: &Way) -> Result<Option<String>> {
        let Errand { scope, config, about, order, saying, .. } = *errand;
        let kind = saying.kind;
        let messages = self.orders.dossier(scope, &order.id, 1).await?.map(|dossier| dossier.messages).unwrap_or_default();
        // The shop may have chosen other ways since.
        let ours = self.message_id(scope, about.event, way.channel, &way.to);
        let others = messages.iter().filter(|message| is_to_customer(message) && message.id.event == about.event.id && message.id != ours);
        for message in others {
            match message.state {
                MessageState::Sending { lease_until } if self.clock.now() < lease_until => return Err(busy(lease_until)),
                MessageState::Sending { .. } | MessageState::Unknown => return Ok(Some("it may have gone out another way".to_owned())),
                ref state if state.is_told() || matches!(state, MessageState::Bounced { .. }) => {
                    return Ok(Some("it went out another way".to_owned()));
                }
                _ => {}
            }
        }
        let may_send = || self.may_send(errand, &messages);
        let why = match errand.check {
            Check::News { overtaken: true, .. } => Some("overtaken by newer news".to_owned()),
            Check::News { from, .. } => match may_send() {
                None => return self.in_the_morning(errand, *from).await,
                why_not => why_not,
            },
            Check::Wish(_) if kind == MessageKind::Custom && saying.text.is_none() => Some("its words are gone".to_owned()),
            Check::Wish(wish) => match order.no_follow_up().filter(|_| kind == MessageKind::FollowUp) {
                Some(why) => Some(format!("the customer is not asked: {}", why.text())),
                None if !kind.is_true_of(order.label()) => Some(format!("it no longer holds: the order is {}", order.label().text())),
                None if wish.waited && kind == MessageKind::Status && !config.notify.rules.at(order.label()).email => {
                    Some(format!("the shop's rules send no message at {}", order.label().text()))
                }
                None => match may_send() {
                    // Nobody has asked for it now.
                    None if wish.by_rule && !wish.waited => return self.in_the_morning(errand, None).await,
                    why_not => why_not,
                },
            },
        };
        Ok(why)
    }

    /// The words that stand in an order's history and in no event.
    async fn own_words(&self, scope: &TenantScope, id: &OrderId, version: u64) -> Result<Option<String>> {
        let wished = |event| if let OrderEvent::NotifyRequested { text, .. } = event { text } else { None };
        self.words_of(scope, id, version, wished).await
    }

    /// What a customer wrote.
    pub(super) async fn reply_of(&self, scope: &TenantScope, id: &OrderId, version: u64) -> Result<Option<String>> {
        let said = |event| if let OrderEvent::Replied { text, .. } = event { Some(text) } else { None };
        self.words_of(scope, id, version, said).await
    }

    async fn words_of(
        &self,
        scope: &TenantScope,
        id: &OrderId,
        version: u64,
        of: impl Fn(OrderEvent) -> Option<String>,
    ) -> Result<Option<String>> {
        let dossier = self.orders.dossier(scope, id, HISTORY_MAX).await?;
        let commit = dossier.and_then(|dossier| dossier.history.into_iter().find(|commit| commit.version == version));
        Ok(commit.into_iter().flat_map(|commit| commit.events).find_map(of).filter(|text| text != ERASED))
    }

    /// Why a message to the customer would be one too many, if it would. One that somebody else is about to send counts if it
    /// was claimed before ours.
    fn may_send(&self, errand: &Errand<'_>, messages: &[Message]) -> Option<String> {
        let Errand { config, about, saying: Saying { kind, .. }, .. } = *errand;
        if kind != MessageKind::Delay && config.governor.per_day == 0 {
            return None;
        }
        let (now, event) = (self.clock.now(), &about.event.id);
        let customers = || messages.iter().filter(|message| is_to_customer(message));
        let is_ours = |message: &&Message| message.id.event == *event && matches!(message.state, MessageState::Sending { .. });
        let ours = customers().find(is_ours).map(|message| (message.at, message.id.clone()));
        let counts = |message: &&Message| match message.state {
            _ if message.id.event == *event => false,
            MessageState::Sending { lease_until } => {
                now < lease_until && ours.as_ref().is_some_and(|ours| (message.at, &message.id) < (ours.0, &ours.1))
            }
            MessageState::Unknown => true,
            ref state => state.is_told(),
        };
        let sent: Vec<Sent> = customers().filter(counts).map(|message| Sent { at: message.at, kind: message.kind }).collect();
        too_many(kind, &sent, config.governor.per_day, now)
    }

    /// In quiet hours the customer is told when they end, how the order stands then, unless that is what they know: `from`,
    /// before the first of what waits. Why not now, if it is so.
    async fn in_the_morning(&self, errand: &Errand<'_>, from: Option<&str>) -> Result<Option<String>> {
        let Errand { config, order, saying, .. } = *errand;
        // What a rule found at midnight is no reason to wake anybody, also where a shop has said nothing of the night.
        let is_late = saying.kind == MessageKind::Delay && matches!(errand.check, Check::Wish(_));
        let Some(until) = config.quiet_until(order, self.clock.now(), is_late.then_some(NIGHT)) else { return Ok(None) };
        let id = TimerId::parse(MORNING).map_err(|why| Error::Fatal(why.to_string()))?;
        let unless = from.and_then(|word| Label::ALL.into_iter().find(|label| label.text() == word));
        let lost = |name: &String| Channel::of_customer(name);
        let mut not_by: Vec<Channel> = match errand.check {
            Check::Wish(wish) => wish.not_by.iter().filter_map(lost).collect(),
            Check::News { .. } => Vec::new(),
        };
        let wake = match order.timer(&id) {
            // One message tells of all that waits; of two kinds, how it stands.
            Some(Timer { wake: Wake::Tell { unless, kind, not_by: others }, .. }) => {
                not_by.extend(others.iter().filter(|other| !not_by.contains(other)).copied().collect::<Vec<_>>());
                let kind = if *kind == saying.kind { *kind } else { MessageKind::Status };
                Wake::Tell { unless: *unless, kind, not_by }
            }
            _ => Wake::Tell { unless, kind: saying.kind, not_by },
        };
        let timer = Timer { id, at: until, wake };
        self.command(errand, &Command::Set { timer }).await?;
        Ok(Some(format!("quiet hours: told at {until:.0}")))
    }

    async fn command(&self, errand: &Errand<'_>, command: &Command) -> Result<()> {
        let Errand { scope, config, about, order, .. } = *errand;
        let by = Provenance { actor: Actor::Rule { name: "notifier".to_owned() }, correlation: about.event.correlationid.clone() };
        let apply = Apply { orders: self.orders.clone(), clock: self.clock.clone() };
        apply.run(Context { scope, config, by: &by }, &order.id, command, Alongside::default()).await?;
        Ok(())
    }

    /// An order whose customer has heard of it is no longer watched for that. If this fails, the event comes again: the message is settled then, and only this is done.
    async fn remember(&self, errand: &Errand<'_>, way: &Way) -> Result<()> {
        let order = errand.order;
        let waits = order.timers.iter().any(|timer| matches!(timer.wake, Wake::Tell { .. }));
        if order.told && !order.untold && !waits {
            return Ok(());
        }
        self.command(errand, &Command::Told { channel: way.channel.name().to_owned() }).await
    }

    fn address(&self, scope: &TenantScope, way: &Way) -> Address {
        self.pseudonyms.address(scope.tenant(), way.channel, &way.to)
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

    /// What goes by a way, and what is kept of it; none if there is no sender for it.
    fn message<'a>(&self, errand: &Errand<'a>, way: &Way) -> Option<(Draft, Via<'a>)> {
        let Errand { scope, config, about: About { event, .. }, order, saying, .. } = *errand;
        let now = self.clock.now();
        let said = content(order, config, way.channel, saying, now);
        // The link is the customer's alone: whoever reads the timeline could vote with it.
        let kept = content(order, config, way.channel, Saying { link: saying.link.map(|_| "[link]"), ..saying }, now);
        let text = kept.subject().map_or_else(|| kept.text().to_owned(), |subject| format!("{subject}\n\n{}", kept.text()));
        let draft = Draft { kind: saying.kind, channel: way.channel, recipient: way.to.clone(), shown_as: way.masked(), text };
        let via = match said {
            Content::Mail(said) => {
                let from = config.notify.from.clone().or_else(|| self.default_from.clone())?;
                let to = order.contact.as_ref()?.email.clone()?;
                let reference = reference(event, &self.address(scope, way));
                let receipts =
                    Some(MailReceipts { tenant: scope.tenant().clone(), about: receipt_reference(event, &self.address(scope, way)) });
                Via::Mail(Mail { from, to, subject: said.subject, text: said.text, date: now, reference, files: Vec::new(), receipts })
            }
            Content::Short(text) => {
                let reference = receipt_reference(event, &self.address(scope, way));
                let base = self.pages.as_ref().map(|pages| pages.base.trim_end_matches('/'));
                let receipts = base.map(|base| format!("{base}/v1/channels/{}/{}?about={reference}", scope.tenant(), way.channel.name()));
                let (title, language) = (config.shop_name.clone(), spoken(order, config).tag());
                Via::Note(
                    config.notify.lines.account(way.channel)?,
                    Note { to: way.to.clone(), title, text, language, reference, receipts },
                )
            }
        };
        Some((draft, via))
    }
}
