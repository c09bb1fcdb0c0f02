//! What was sent to whom: beside its order, or in the ops table if it is about none.

use super::item::{Row, Write, moment, number, text, text_opt};
use super::{Dynamo, Table, Written, keys};
use crate::error::corrupt;
use app::TenantScope;
use app::ports::{Message, MessageClaim, MessageId, MessageState, MessageStore, PortError, PortResult};
use async_trait::async_trait;
use domain::ids::EventId;
use domain::notify::MessageKind;
use jiff::{SignedDuration, Timestamp};

/// The lease of a claim whose message does not say.
const LEASE: SignedDuration = SignedDuration::from_mins(2);
/// How long messages about no order are kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);

const SENDING: &str = "SENDING";
const SENT: &str = "SENT";
const DELIVERED: &str = "DELIVERED";
const OPENED: &str = "OPENED";
const BOUNCED: &str = "BOUNCED";
const FAILED: &str = "FAILED";
const REFUSED: &str = "REFUSED";
const SUPPRESSED: &str = "SUPPRESSED";
const UNKNOWN: &str = "UNKNOWN";

/// Word, detail, and the moment until which somebody is presumed to be sending.
fn words(state: &MessageState) -> (&'static str, &str, Option<Timestamp>) {
    match state {
        MessageState::Sending { lease_until } => (SENDING, "", Some(*lease_until)),
        MessageState::Sent { provider_id } => (SENT, provider_id, None),
        MessageState::Delivered { provider_id } => (DELIVERED, provider_id, None),
        MessageState::Opened { provider_id } => (OPENED, provider_id, None),
        MessageState::Bounced { reason } => (BOUNCED, reason, None),
        MessageState::Failed { reason } => (FAILED, reason, None),
        MessageState::Refused { reason } => (REFUSED, reason, None),
        MessageState::Suppressed { reason } => (SUPPRESSED, reason, None),
        MessageState::Unknown => (UNKNOWN, "", None),
    }
}

fn state_of(row: &Row) -> PortResult<MessageState> {
    let detail = || text_opt(row, "detail").unwrap_or_default().to_owned();
    Ok(match text(row, "state")? {
        SENDING => MessageState::Sending { lease_until: moment(row, "lease_until")? },
        SENT => MessageState::Sent { provider_id: detail() },
        DELIVERED => MessageState::Delivered { provider_id: detail() },
        OPENED => MessageState::Opened { provider_id: detail() },
        BOUNCED => MessageState::Bounced { reason: detail() },
        FAILED => MessageState::Failed { reason: detail() },
        REFUSED => MessageState::Refused { reason: detail() },
        SUPPRESSED => MessageState::Suppressed { reason: detail() },
        UNKNOWN => MessageState::Unknown,
        _ => return Err(corrupt("state")),
    })
}

/// A message as it was stored.
pub(super) fn message_of(row: &Row) -> PortResult<Message> {
    let event = EventId::parse(text(row, "event")?).map_err(|_| corrupt("event"))?;
    let id = MessageId { event, channel: text(row, "channel")?.to_owned(), recipient: text(row, "recipient")?.to_owned() };
    Ok(Message {
        id,
        at: moment(row, "at")?,
        to: text(row, "to")?.to_owned(),
        kind: text_opt(row, "kind").and_then(MessageKind::of_code).unwrap_or_default(),
        text: text(row, "text")?.to_owned(),
        state: state_of(row)?,
        attempts: number(row, "attempts")?,
    })
}

/// [`MessageStore`] in the orders and ops tables.
#[derive(Clone)]
pub struct DynamoMessages(pub(super) Dynamo);

fn place(scope: &TenantScope, subject: &str, id: &MessageId) -> (Table, keys::Key) {
    match keys::message(scope, subject, id) {
        keys::MessagePlace::Orders(key) => (Table::Orders, key),
        keys::MessagePlace::Ops(key) => (Table::Ops, key),
    }
}

#[async_trait]
impl MessageStore for DynamoMessages {
    /// One write for a message that is ours to send. A claim that died is marked by a second one, which only
    /// holds of exactly the claim we saw: two late deliveries cannot both find it.
    async fn claim(&self, scope: &TenantScope, subject: &str, message: &Message, now: Timestamp) -> PortResult<MessageClaim> {
        let (table, key) = place(scope, subject, &message.id);
        let lease_until = match message.state {
            MessageState::Sending { lease_until } => lease_until,
            _ => now + LEASE,
        };
        let mut change = "SET #state = :sending, #lease_until = :lease_until, #attempts = if_not_exists(#attempts, :zero) + :one, \
            #event = :event, #channel = :channel, #recipient = :recipient, #at = if_not_exists(#at, :at), #to = :to, #text = :text, #kind = :kind"
            .to_owned();
        if table == Table::Ops {
            change.push_str(", #ttl = :ttl");
        }
        change.push_str(" REMOVE #detail");
        let mut claim = Write::update(key.clone(), change)
            .when("attribute_not_exists(PK) OR #state = :failed")
            .text(":sending", SENDING)
            .text(":failed", FAILED)
            .moment(":lease_until", lease_until)
            .number(":zero", 0)
            .number(":one", 1)
            .text(":event", message.id.event.as_str())
            .text(":channel", &message.id.channel)
            .text(":recipient", &message.id.recipient)
            .moment(":at", message.at)
            .text(":to", &message.to)
            .text(":kind", message.kind.code())
            .text(":text", &message.text);
        if table == Table::Ops {
            claim = claim.expires(":ttl", now + KEPT);
        }
        let known = match self.0.write("claim a message", table, &claim).await? {
            Written::Done(row) => return Ok(MessageClaim::Send { attempt: number(&row, "attempts")? }),
            Written::Refused(Some(row)) => row,
            Written::Refused(None) => return Err(PortError::Retryable("claim a message: it changed meanwhile".into())),
        };
        match state_of(&known)? {
            MessageState::Sending { lease_until } if now < lease_until => Ok(MessageClaim::Busy { until: lease_until }),
            MessageState::Sending { .. } => {
                let attempt: u32 = number(&known, "attempts")?;
                if self.0.settle_message(table, key, attempt, &MessageState::Unknown).await? {
                    return Ok(MessageClaim::Settled(MessageState::Unknown));
                }
                Err(PortError::Retryable("claim a message: it changed meanwhile".into()))
            }
            settled => Ok(MessageClaim::Settled(settled)),
        }
    }

    async fn settle(&self, scope: &TenantScope, subject: &str, id: &MessageId, attempt: u32, to: &MessageState) -> PortResult<bool> {
        let (table, key) = place(scope, subject, id);
        self.0.settle_message(table, key, attempt, to).await
    }

    /// Written only over the state it was seen in: of two receipts at once, the one that says more stays.
    async fn receipt(&self, scope: &TenantScope, subject: &str, id: &MessageId, to: &MessageState) -> PortResult<Option<Message>> {
        let (table, key) = place(scope, subject, id);
        let Some(row) = self.0.get("load a message", table, key.clone()).await? else { return Ok(None) };
        let message = message_of(&row)?;
        let known = &message.state;
        if !known.may_become(to) {
            return Ok(known.was_handed_over().then_some(message));
        }
        let (word, detail, _) = words(to);
        let write = Write::update(key, "SET #state = :state, #detail = :detail REMOVE #lease_until")
            .when("#state = :known")
            .text(":state", word)
            .text(":detail", detail)
            .text(":known", words(known).0);
        match self.0.write("take a receipt", table, &write).await? {
            Written::Done(_) => Ok(Some(Message { state: to.clone(), ..message })),
            Written::Refused(_) => Err(PortError::Retryable("take a receipt: the message changed meanwhile".into())),
        }
    }
}

impl Dynamo {
    async fn settle_message(&self, table: Table, key: keys::Key, attempt: u32, to: &MessageState) -> PortResult<bool> {
        let (word, detail, lease) = words(to);
        let change = match lease {
            Some(_) => "SET #state = :state, #detail = :detail, #lease_until = :lease_until",
            None => "SET #state = :state, #detail = :detail REMOVE #lease_until",
        };
        let mut write = Write::update(key, change)
            .when("#state = :sending AND #attempts = :attempt")
            .text(":state", word)
            .text(":detail", detail)
            .text(":sending", SENDING)
            .number(":attempt", attempt);
        if let Some(until) = lease {
            write = write.moment(":lease_until", until);
        }
        Ok(matches!(self.write("settle a message", table, &write).await?, Written::Done(_)))
    }
}
