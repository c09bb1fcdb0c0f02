//! Behind the queue: a stored webhook becomes a fact of an order, or is parked with its reason.

use crate::apply::{Alongside, Applied, Apply};
use crate::commerce::door::UNREADABLE;
use crate::commerce::take::{Stuck, TakeIn, Taken};
use crate::commerce::{Commerce, CommerceOrder};
use crate::context::{Context, Provenance};
use crate::error::{Error, Result};
use crate::ingest::{self, IngestedEvent};
use crate::json;
use crate::ports::{Clock, InboxEntry, InboxKey, InboxState, InboxStore, TenantStore};
use crate::privacy;
use crate::publish::envelope;
use crate::receive::{StatusReport, read, source_of};
use crate::scope::TenantScope;
use crate::shopify::Wish;
use contracts::queue::HookReceived;
use contracts::{Payload, hook};
use domain::email::Email;
use domain::exception::Reason;
use domain::ids::{EventId, OrderId, SourceId};
use domain::order::{Actor, Claim, Command, Fact, Vocabulary};
use jiff::Timestamp;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The use case.
#[derive(Clone)]
pub struct Process {
    /// Orders.
    pub apply: Apply,
    /// Orders that Saleor and Shopify tell of.
    pub commerce: TakeIn,
    /// Webhooks.
    pub inbox: Arc<dyn InboxStore>,
    /// Vocabularies.
    pub tenants: Arc<dyn TenantStore>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Processed {
    /// The order heard it.
    Applied,
    /// Settled before.
    Again,
    /// Waits for a person.
    Parked {
        /// Why, machine-readable.
        code: &'static str,
    },
}

impl Processed {
    fn of(applied: &Applied) -> Processed {
        if applied.events.is_empty() { Processed::Again } else { Processed::Applied }
    }
}

struct Park {
    code: &'static str,
    reason: String,
}

impl Process {
    /// Applies what waits in the inbox.
    ///
    /// # Errors
    /// `Retryable`: leave it on the queue. Everything a retry cannot mend is parked instead.
    pub async fn run(&self, message: &HookReceived) -> Result<Processed> {
        let scope = TenantScope::of_own_message(&message.tenant);
        let key = InboxKey { endpoint: message.endpoint.clone(), id: message.inbox_id.clone() };
        let Some(entry) = self.inbox.load(&scope, &key).await? else {
            // The row was written before the message was sent: not seeing it is a matter of time.
            return Err(Error::Retryable(format!("inbox entry {} of {} is not there", key.id, key.endpoint)));
        };
        if let Some(commerce) = Commerce::of_endpoint(&entry.key.endpoint) {
            if entry.body.is_empty() {
                if matches!(&entry.state, InboxState::Parked { code, .. } if code == UNREADABLE) {
                    // There is nothing to try again: a person dismisses it.
                    return Ok(Processed::Parked { code: UNREADABLE });
                }
                // It waited for a person, and its customer was forgotten; or it has been taken in.
                self.inbox.settle(&scope, &key, &InboxState::Done, &[], self.clock.now()).await?;
                return Ok(Processed::Again);
            }
            // A plain endpoint may have had this name before.
            if let Ok(theirs) = serde_json::from_str::<CommerceOrder>(&entry.body) {
                return self.take_in(&scope, &entry, (commerce, &theirs), message).await;
            }
            if let Ok(wish) = serde_json::from_str::<Wish>(&entry.body) {
                return self.see_to(&scope, &entry, (commerce, &wish), message).await;
            }
        }
        let processed = if entry.state == InboxState::Done {
            Processed::Again
        } else {
            match self.hear(&scope, &entry, message).await? {
                // Whoever erases the contact after this finds the webhook in the order's history.
                Ok(applied) if applied.order.contact.is_some() => return Ok(Processed::of(&applied)),
                Ok(applied) => Processed::of(&applied),
                Err(park) => self.park(&scope, &entry, message, park).await?,
            }
        };
        self.forget_if_erased(&scope, &entry, &processed).await?;
        Ok(processed)
    }

    /// What another system says of an order. Once it stands there it is kept nowhere else: it names the customer.
    async fn take_in(
        &self,
        scope: &TenantScope,
        entry: &InboxEntry,
        (commerce, theirs): (Commerce, &CommerceOrder),
        message: &HookReceived,
    ) -> Result<Processed> {
        if entry.state == InboxState::Done {
            self.inbox.forget_bodies(scope, std::slice::from_ref(&entry.key)).await?;
            return Ok(Processed::Again);
        }
        let (config, channel) = (self.tenants.config(scope.tenant()).await?.unwrap_or_default(), commerce.channel()?);
        let Some(account) = commerce.account(&config) else {
            let reason = format!("{} has been switched off; switch it on and replay", commerce.title());
            return self.park(scope, entry, message, Park { code: "endpoint_removed", reason }).await;
        };
        let by = Provenance { actor: Actor::Source { source: channel.clone() }, correlation: message.correlation.clone() };
        let context = Context { scope, config: &config, by: &by };
        let took = match self.commerce.run(context, account, theirs, Some(&entry.key)).await? {
            Ok(took) => took,
            Err(Stuck { code, reason }) => {
                let parked = self.park(scope, entry, message, Park { code, reason }).await?;
                // Read after it was parked: whoever erases the contact after this finds it among what waits.
                if let Some(id) = self.apply.orders.find(scope, &channel, &theirs.id).await?
                    && self.apply.orders.load(scope, &id).await?.is_some_and(|order| order.contact.is_none())
                {
                    self.inbox.replace_body(scope, &entry.key, &json::text(&theirs.without_customer())?).await?;
                }
                return Ok(parked);
            }
        };
        // The order may have known it.
        self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], self.clock.now()).await?;
        self.inbox.forget_bodies(scope, std::slice::from_ref(&entry.key)).await?;
        Ok(if took.what == Taken::Nothing { Processed::Again } else { Processed::Applied })
    }

    /// What a customer wishes to become of their data: who is to be forgotten is, and the rest is for a person to see to.
    async fn see_to(
        &self,
        scope: &TenantScope,
        entry: &InboxEntry,
        (commerce, wish): (Commerce, &Wish),
        message: &HookReceived,
    ) -> Result<Processed> {
        if entry.state != InboxState::Received {
            return Ok(Processed::Again);
        }
        let channel = commerce.channel()?;
        let mut known = Vec::new();
        for theirs in &wish.orders {
            known.extend(self.apply.orders.find(scope, &channel, theirs).await?);
        }
        let numbers: Vec<String> = known.iter().map(ToString::to_string).collect();
        if let Some((code, reason)) = wish.privacy.for_a_person(&numbers) {
            return self.park(scope, entry, message, Park { code, reason }).await;
        }
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let by = Provenance { actor: Actor::Source { source: channel }, correlation: message.correlation.clone() };
        let context = Context { scope, config: &config, by: &by };
        for id in &known {
            privacy::erase_contact(&self.apply, &*self.inbox, context, id).await?;
        }
        // Those that wait to be taken in are orders all the same, of nobody.
        privacy::forget_waiting(&*self.inbox, scope, commerce, &wish.orders).await?;
        self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], self.clock.now()).await?;
        Ok(if known.is_empty() { Processed::Again } else { Processed::Applied })
    }

    /// What comes in about a customer who was forgotten names them again. The order is read after the webhook is
    /// settled, so whoever erases the contact after that finds it.
    async fn forget_if_erased(&self, scope: &TenantScope, entry: &InboxEntry, processed: &Processed) -> Result<()> {
        let Ok(report) = read(&entry.body) else { return Ok(()) };
        let order = self.apply.orders.load(scope, &report.order_id).await?;
        if order.is_none_or(|order| order.contact.is_some()) {
            return Ok(());
        }
        match processed {
            // It is still to be applied once somebody has mended what is in its way.
            Processed::Parked { .. } => {
                self.inbox.replace_body(scope, &entry.key, &report.without_customer()).await?;
            }
            _ => {
                self.inbox.forget_bodies(scope, std::slice::from_ref(&entry.key)).await?;
            }
        }
        Ok(())
    }

    async fn hear(&self, scope: &TenantScope, entry: &InboxEntry, message: &HookReceived) -> Result<std::result::Result<Applied, Park>> {
        let park = |code, reason: String| Ok(Err(Park { code, reason }));
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let endpoint = config.hook(&entry.key.endpoint);
        let by_key = entry.key.endpoint == ingest::ENDPOINT;
        if endpoint.is_none() && !by_key {
            return park("endpoint_removed", format!("the endpoint {} has been removed; add it again and replay", entry.key.endpoint));
        }
        let Some(report) = Told::read(entry) else {
            return park("unreadable", "the stored body can no longer be read".into());
        };
        let vocabulary = endpoint.map_or(Vocabulary::Events, |endpoint| endpoint.vocabulary);
        let Some(reading) = vocabulary.read(&report.word) else {
            let known = vocabulary.words().join(", ");
            return park("unknown_status", format!("{} is none of: {known}. Add an alias or correct the sender, then replay", report.what));
        };
        let fact = report.fact(entry, reading.claim)?;
        let source = fact.source.clone();
        match self.apply.orders.load(scope, &report.order_id).await? {
            None => return park("unknown_order", format!("there is no order {}; import it, then replay", report.order_id)),
            Some(order) => {
                let on_file = order.contact.as_ref().and_then(|contact| contact.email.as_ref());
                if report.email.as_ref().zip(on_file).is_some_and(|(said, email)| said != email) {
                    return park("email_mismatch", "the address differs from the one on file; nobody was written to".into());
                }
            }
        }
        let by = Provenance { actor: Actor::Source { source }, correlation: message.correlation.clone() };
        let notify = endpoint.map_or(config.ingest.notify, |endpoint| endpoint.notify);
        let command = Command::Hear { fact, notify };
        let with = Alongside { inbox: Some(&entry.key), ..Alongside::default() };
        match self.apply.run(Context { scope, config: &config, by: &by }, &report.order_id, &command, with).await {
            Ok(applied) if applied.events.is_empty() => {
                // The order knew it; the entry is done all the same.
                self.inbox.settle(scope, &entry.key, &InboxState::Done, &[], self.clock.now()).await?;
                Ok(Ok(applied))
            }
            Ok(applied) => Ok(Ok(applied)),
            Err(Error::Rejected(rejection)) => park("refused", rejection.to_string()),
            Err(other) => Err(other),
        }
    }

    async fn park(&self, scope: &TenantScope, entry: &InboxEntry, message: &HookReceived, park: Park) -> Result<Processed> {
        let now = self.clock.now();
        let payload = Payload::HookParked(hook::v1::Parked {
            endpoint: entry.key.endpoint.clone(),
            inbox_id: entry.key.id.clone(),
            code: park.code.to_owned(),
            reason: park.reason.clone(),
        });
        let subject = format!("hook:{}:{}", entry.key.endpoint, entry.body_hash.get(..16).unwrap_or_default());
        // Replayed, it may be parked again for another reason: that is another event, with another id.
        let told = Sha256::digest(format!("{}\n{}", park.code, park.reason));
        let index = usize::from(u16::from_be_bytes([told[0], told[1]])) + 1;
        let received_at = u64::try_from(entry.received_at.as_millisecond()).unwrap_or(0);
        let event = envelope(scope.tenant(), &subject, received_at, index, now, &message.correlation, payload);
        let state = InboxState::Parked { code: park.code.to_owned(), reason: park.reason };
        if entry.state == state {
            return Ok(Processed::Parked { code: park.code });
        }
        self.inbox.settle(scope, &entry.key, &state, &[event], now).await?;
        Ok(Processed::Parked { code: park.code })
    }
}

/// What a stored webhook says of an order: a status report of a shop's, or an event of a warehouse or a carrier.
struct Told {
    order_id: OrderId,
    /// In the sender's words.
    word: String,
    /// What those are called in what they send.
    what: &'static str,
    source: SourceId,
    /// The customer's address, if they say one.
    email: Option<Email>,
    eta: Option<Date>,
    occurred_at: Option<Timestamp>,
    sequence: Option<u64>,
    /// What is wrong, if they say so.
    reason: Option<Reason>,
}

impl Told {
    fn read(entry: &InboxEntry) -> Option<Told> {
        if let Ok(event) = serde_json::from_str(&entry.body) {
            let IngestedEvent { event_type, order_id, occurred_at, source, sequence, reason, .. } = event;
            let (word, what) = (event_type, "the event_type");
            return Some(Told { order_id, word, what, source, email: None, eta: None, occurred_at: Some(occurred_at), sequence, reason });
        }
        let StatusReport { order_id, status, email, eta, occurred_at, sequence } = read(&entry.body).ok()?;
        let (word, what, source) = (status, "the status", source_of(&entry.key.endpoint)?);
        Some(Told { order_id, word, what, source, email: Some(email), eta, occurred_at, sequence, reason: None })
    }

    fn fact(&self, entry: &InboxEntry, claim: Claim) -> Result<Fact> {
        let id = EventId::parse(&entry.key.id).map_err(|why| Error::Fatal(why.to_string()))?;
        let occurred_at = self.occurred_at.unwrap_or(entry.received_at);
        // Only what says that something is wrong has a reason.
        let exception = claim.exception.map(|unsaid| self.reason.unwrap_or(unsaid));
        let claim = Claim { eta: self.eta, exception, ..claim };
        Ok(Fact { id, source: self.source.clone(), sequence: self.sequence, occurred_at, claim })
    }
}
