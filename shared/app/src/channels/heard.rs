//! Behind the queue: a receipt becomes part of its message, a reply part of its order.

use super::{Incoming, ReceiptState, channel_of, ses};
use crate::apply::{Alongside, Apply};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::notify::ways;
use crate::ports::{
    AddressStore, Allowance, Clock, InboxEntry, InboxKey, InboxState, InboxStore, Limit, Message, MessageId, MessageState, MessageStore,
    OnceDone, OnceKey, OutboxStore, RateBuckets, TenantStore,
};
use crate::pseudonym::Pseudonyms;
use crate::publish::envelope;
use crate::scope::TenantScope;
use contracts::order::v1::MessageReceipt;
use contracts::queue::HookReceived;
use contracts::{Envelope, Payload, hook};
use domain::ids::{CorrelationId, EventId, OrderId, SourceId};
use domain::notify::{Channel, Wish, wish};
use domain::order::{Actor, Command};
use jiff::SignedDuration;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Of people who were written to about no order: whoever wants to can write to a number or a bot, what they write waits for weeks
/// beside the webhooks that need somebody, and an erasure looks through all of it.
const STRANGERS: Limit = Limit { count: 100, window: SignedDuration::from_hours(24) };

/// Wishes of one address that are written down. Each is kept to.
const WISHES: Limit = Limit { count: 10, window: SignedDuration::from_hours(24) };
/// So long a message that was lost is remembered as such; no provider repeats itself for longer.
const LOST_ONCE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The use case.
#[derive(Clone)]
pub struct Heard {
    /// Orders.
    pub apply: Apply,
    /// What came in.
    pub inbox: Arc<dyn InboxStore>,
    /// What was sent.
    pub messages: Arc<dyn MessageStore>,
    /// Whose address is whose.
    pub addresses: Arc<dyn AddressStore>,
    /// What stands for addresses.
    pub pseudonyms: Pseudonyms,
    /// Settings.
    pub tenants: Arc<dyn TenantStore>,
    /// How much strangers may write.
    pub buckets: Arc<dyn RateBuckets>,
    /// Where what providers say is published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeardAs {
    /// A message's state.
    Receipt,
    /// A customer's word on an order.
    Reply,
    /// A wish for no more messages, or for messages again.
    Wish(Wish),
    /// It is about no message of ours.
    Nothing,
    /// Settled before.
    Again,
    /// Nobody knows whose it is; it waits for a person.
    Parked,
}

impl Heard {
    /// Whether a message on the hooks queue is for this.
    pub fn is_meant(message: &HookReceived) -> bool {
        channel_of(&message.endpoint).is_some()
    }

    /// Takes in what waits in the inbox. What a customer wrote is not kept there once it stands in their order.
    ///
    /// # Errors
    /// `Retryable`: leave it on the queue.
    pub async fn run(&self, message: &HookReceived) -> Result<HeardAs> {
        let scope = TenantScope::of_own_message(&message.tenant);
        let channel = channel_of(&message.endpoint).ok_or_else(|| Error::Fatal(format!("no channel {}", message.endpoint)))?;
        let key = InboxKey { endpoint: message.endpoint.clone(), id: message.inbox_id.clone() };
        let Some(entry) = self.inbox.load(&scope, &key).await? else {
            return Err(Error::Retryable(format!("inbox entry {} of {} is not there", key.id, key.endpoint)));
        };
        if entry.state == InboxState::Done {
            self.inbox.forget_bodies(&scope, std::slice::from_ref(&key)).await?;
            return Ok(HeardAs::Again);
        }
        // It waited for a person, and whoever wrote it was forgotten.
        if entry.body.is_empty() {
            self.inbox.settle(&scope, &key, &InboxState::Done, &[], self.clock.now()).await?;
            return Ok(HeardAs::Nothing);
        }
        let incoming: Incoming = serde_json::from_str(&entry.body).map_err(|why| Error::Fatal(why.to_string()))?;
        let heard = match &incoming {
            Incoming::Receipt { about, state, provider_id, reason } => {
                let state = state_of(*state, provider_id, reason.as_deref());
                let told = self.receipt(&scope, channel, about, &state, &message.correlation).await?;
                let heard = if told.is_some() { HeardAs::Receipt } else { HeardAs::Nothing };
                self.inbox.settle(&scope, &key, &InboxState::Done, told.as_slice(), self.clock.now()).await?;
                heard
            }
            Incoming::Reply { from, text, .. } => self.reply(&scope, channel, (from, text), &entry, message).await?,
        };
        if heard != HeardAs::Parked {
            self.inbox.forget_bodies(&scope, std::slice::from_ref(&key)).await?;
        }
        Ok(heard)
    }

    /// Whether a message on the hooks queue is SES's.
    pub fn is_mail(body: &str) -> bool {
        ses::is_meant(body)
    }

    /// Takes in what SES says of a mail. Only the rule on the account's bus may put it on the queue.
    ///
    /// # Errors
    /// `Retryable`, and `Fatal` for what cannot be read.
    pub async fn mail(&self, body: &str) -> Result<HeardAs> {
        let Some(report) = ses::read(body)? else { return Ok(HeardAs::Nothing) };
        let scope = TenantScope::of_own_message(&report.tenant);
        for (address, why) in &report.refused {
            let address = self.pseudonyms.address(scope.tenant(), Channel::Email, address);
            self.addresses.refuse(&scope, &address, Some(why), self.clock.now()).await?;
        }
        let Some(state) = report.state else { return Ok(HeardAs::Receipt) };
        let state = state_of(state, &report.provider_id, report.reason.as_deref());
        let named: String = report.provider_id.chars().filter(char::is_ascii_alphanumeric).take(60).collect();
        let correlation = CorrelationId::parse(&format!("ses-{named}")).map_err(|why| Error::Fatal(why.to_string()))?;
        let told = self.receipt(&scope, Channel::Email, &report.about, &state, &correlation).await?;
        if let Some(event) = &told {
            self.outbox.add(&scope, std::slice::from_ref(event), self.clock.now()).await?;
        }
        Ok(if told.is_some() { HeardAs::Receipt } else { HeardAs::Nothing })
    }

    /// What is to be published of a receipt; none if there is no such message.
    async fn receipt(
        &self,
        scope: &TenantScope,
        channel: Channel,
        about: &str,
        state: &MessageState,
        correlation: &CorrelationId,
    ) -> Result<Option<Envelope>> {
        let Some((order, id)) = named(about, channel) else { return Ok(None) };
        let Some(message) = self.messages.receipt(scope, order.as_str(), &id, state).await? else { return Ok(None) };
        if matches!((state, &message.state), (MessageState::Bounced { .. }, MessageState::Bounced { .. })) {
            self.lost(scope, &order, channel, (&message, about), correlation).await?;
        }
        let payload = Payload::OrderMessageReceipt(MessageReceipt {
            order_id: order.to_string(),
            channel: channel.name().to_owned(),
            kind: message.kind.code().to_owned(),
            state: state.word().to_owned(),
        });
        // The same receipt of the same message is the same event, whoever brings it and however often.
        let name = hex::encode(Sha256::digest(format!("{about}\n{}", state.word())));
        let subject = format!("receipt:{}", &name[..40]);
        let event = envelope(scope.tenant(), order.as_str(), 0, 0, self.clock.now(), correlation, payload);
        Ok(Some(Envelope { id: EventId::of_event(scope.tenant(), &subject, 0, 0), ..event }))
    }

    /// It is said again by the next way that is open, once. If there is none, the order waits for somebody to find one.
    async fn lost(
        &self,
        scope: &TenantScope,
        order: &OrderId,
        channel: Channel,
        (message, about): (&Message, &str),
        correlation: &CorrelationId,
    ) -> Result<()> {
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let Some(dossier) = self.apply.orders.dossier(scope, order, 1).await? else { return Ok(()) };
        let to_customer = || dossier.messages.iter().filter_map(|other| Some((other, Channel::of_customer(&other.id.channel)?)));
        let is_lost = |other: &Message| matches!(other.state, MessageState::Bounced { .. });
        let not_by: BTreeSet<Channel> =
            to_customer().filter(|(other, _)| is_lost(other)).map(|(_, channel)| channel).chain([channel]).collect();
        let told = to_customer().any(|(other, _)| other.state.is_told() && other.at >= message.at);
        let again = ways(&dossier.order, &config).iter().any(|way| !not_by.contains(&way.channel));
        let command = Command::Lost { channel, kind: message.kind, not_by: not_by.into_iter().collect(), again, told };
        let by = Provenance { actor: Actor::Rule { name: "receipts".to_owned() }, correlation: correlation.clone() };
        // SES and carriers of text messages repeat themselves.
        let key = OnceKey::new("lost", order.as_str(), about);
        let once = OnceDone { key: &key, request_hash: "", response: "", fence: None, expires_at: self.clock.now() + LOST_ONCE };
        let with = Alongside { once: Some(once), ..Alongside::default() };
        match self.apply.run(Context { scope, config: &config, by: &by }, order, &command, with).await {
            Ok(_) | Err(Error::NotFound(_) | Error::Rejected(_)) => Ok(()),
            Err(other) => Err(other),
        }
    }

    async fn reply(
        &self,
        scope: &TenantScope,
        channel: Channel,
        (from, text): (&str, &str),
        entry: &InboxEntry,
        cause: &HookReceived,
    ) -> Result<HeardAs> {
        let (address, now) = (self.pseudonyms.address(scope.tenant(), channel, from), self.clock.now());
        let known = self.addresses.reached(scope, &address, now).await?;
        let wished = wish(channel, text);
        match wished {
            Some(Wish::Stop) => {
                self.addresses.refuse(scope, &address, Some("they have asked for no more messages"), entry.received_at).await?
            }
            Some(Wish::Start) => self.addresses.refuse(scope, &address, None, entry.received_at).await?,
            None => {}
        }
        // That it was said stands in the order, though not a thousand times.
        let is_said_again = wished.is_some() && {
            let bucket = format!("wishes:{}:{}", channel.name(), address.key);
            matches!(self.buckets.take(scope, &bucket, 1, WISHES, now).await?, Allowance::Denied { .. })
        };
        let Some(order) = known.order.filter(|_| !is_said_again) else {
            if wished.is_some() {
                self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], self.clock.now()).await?;
                return Ok(wished.map_or(HeardAs::Nothing, HeardAs::Wish));
            }
            return self.park(scope, channel, entry, cause).await;
        };
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let source = SourceId::parse(channel.name()).map_err(|why| Error::Fatal(why.to_string()))?;
        let by = Provenance { actor: Actor::Source { source }, correlation: cause.correlation.clone() };
        let command = Command::Reply { channel, text: text.to_owned() };
        let with = Alongside { inbox: Some(&entry.key), ..Alongside::default() };
        match self.apply.run(Context { scope, config: &config, by: &by }, &order, &command, with).await {
            // Their customer was forgotten: what they write is not kept, what they wish is.
            Ok(applied) if applied.order.contact.is_none() => {
                self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], now).await?;
                Ok(wished.map_or(HeardAs::Nothing, HeardAs::Wish))
            }
            Ok(_) => Ok(wished.map_or(HeardAs::Reply, HeardAs::Wish)),
            Err(Error::NotFound(_) | Error::Rejected(_)) => self.park(scope, channel, entry, cause).await,
            Err(other) => Err(other),
        }
    }

    async fn park(&self, scope: &TenantScope, channel: Channel, entry: &InboxEntry, cause: &HookReceived) -> Result<HeardAs> {
        let code = "unknown_sender".to_owned();
        let reason = format!("somebody wrote by {} who was not written to about any order; see the message in the inbox", channel.title());
        let state = InboxState::Parked { code: code.clone(), reason: reason.clone() };
        if entry.state != state {
            let now = self.clock.now();
            if let Allowance::Denied { .. } = self.buckets.take(scope, "strangers", 1, STRANGERS, now).await? {
                tracing::warn!(trace_id = %cause.correlation, channel = channel.name(), "too many unknown senders write; a message is not kept");
                self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], now).await?;
                return Ok(HeardAs::Nothing);
            }
            let (endpoint, inbox_id) = (entry.key.endpoint.clone(), entry.key.id.clone());
            let payload = Payload::HookParked(hook::v1::Parked { endpoint, inbox_id, code, reason });
            let subject = format!("hook:{}:{}", entry.key.endpoint, entry.body_hash.get(..16).unwrap_or_default());
            let received_at = u64::try_from(entry.received_at.as_millisecond()).unwrap_or(0);
            let event = envelope(scope.tenant(), &subject, received_at, 1, self.clock.now(), &cause.correlation, payload);
            self.inbox.settle(scope, &entry.key, &state, &[event], self.clock.now()).await?;
        }
        Ok(HeardAs::Parked)
    }
}

fn state_of(state: ReceiptState, provider_id: &str, reason: Option<&str>) -> MessageState {
    match state {
        ReceiptState::Delivered => MessageState::Delivered { provider_id: provider_id.to_owned() },
        ReceiptState::Opened => MessageState::Opened { provider_id: provider_id.to_owned() },
        ReceiptState::Bounced => MessageState::Bounced { reason: reason.unwrap_or("the provider could not deliver it").to_owned() },
    }
}

/// The message that a reference names: `{order}/{event}/{recipient}`.
fn named(about: &str, channel: Channel) -> Option<(OrderId, MessageId)> {
    let mut parts = about.split('/');
    let (order, event, recipient) = (parts.next()?, parts.next()?, parts.next()?);
    let is_key = recipient.len() == 16 && recipient.bytes().all(|b| b.is_ascii_hexdigit());
    if parts.next().is_some() || !is_key {
        return None;
    }
    let id = MessageId { event: EventId::parse(event).ok()?, channel: channel.name().to_owned(), recipient: recipient.to_owned() };
    Some((OrderId::parse(order).ok()?, id))
}
