//! The door for webhooks: verify the raw bytes, store, queue, answer. The work is done behind the queue.

use crate::error::{Error, Result};
use crate::ingest::IngestedEvent;
use crate::json;
use crate::loose::{self, Loose, Reader};
use crate::ports::{
    Allowance, Clock, InboxEntry, InboxKey, InboxState, InboxStore, Limit, OutboxStore, Queue, RateBuckets, Received, TenantStore,
};
use crate::publish::envelope;
use crate::scope::TenantScope;
use crate::signature::{Headers, Verified, verify};
use crate::tenant::{HookEndpoint, Secret, SignatureScheme};
use contracts::queue::HookReceived;
use contracts::{Payload, hook};
use domain::email::Email;
use domain::ids::{CorrelationId, EventId, OrderId, SourceId, TenantId};
use domain::order::{Fault, Vocabulary, placement::limits};
use domain::pii::mask_email;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use std::sync::Arc;

/// Largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 256 * 1024;
/// Longest field of a refused report that is shown to the team, in characters.
const BRIEF_CHARS_MAX: usize = 64;

/// The use case.
#[derive(Clone)]
pub struct Receive {
    /// Endpoints and their secrets.
    pub tenants: Arc<dyn TenantStore>,
    /// Where webhooks are kept.
    pub inbox: Arc<dyn InboxStore>,
    /// Where refusals are published.
    pub outbox: Arc<dyn OutboxStore>,
    /// Keeps a broken sender from flooding the team's channel.
    pub buckets: Arc<dyn RateBuckets>,
    /// Who does the work.
    pub queue: Arc<dyn Queue>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}

impl Receive {
    /// With an inbox and an outbox, and the queue of whoever does the work.
    pub fn new(
        tenants: Arc<dyn TenantStore>,
        (inbox, outbox): (Arc<dyn InboxStore>, Arc<dyn OutboxStore>),
        buckets: Arc<dyn RateBuckets>,
        queue: Arc<dyn Queue>,
        clock: Arc<dyn Clock>,
    ) -> Receive {
        Receive { tenants, inbox, outbox, buckets, queue, clock }
    }
}

/// What the sender gets for a 2xx.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The inbox id.
    pub event_id: String,
    /// It had come before.
    pub again: bool,
}

/// A status report as shops send it. Unknown fields are their business.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Wire {
    #[serde(alias = "order_id")]
    order_id: Option<Loose>,
    status: Option<Loose>,
    email: Option<Loose>,
    customer: Option<Loose>,
    eta: Option<Loose>,
    #[serde(alias = "occurred_at")]
    occurred_at: Option<Loose>,
    sequence: Option<Loose>,
}

/// A status report whose fields hold what they should.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReport {
    /// Whose.
    pub order_id: OrderId,
    /// In the sender's words.
    pub status: String,
    /// The customer's address, to be compared with the one on file.
    pub email: Email,
    /// The promised day.
    pub eta: Option<Date>,
    /// When it happened, if the sender says.
    pub occurred_at: Option<Timestamp>,
    /// The sender's version counter.
    pub sequence: Option<u64>,
}

/// Stands in a stored report where its customer's address was; nobody has it.
pub const NOBODY: &str = "erased@erased.invalid";

impl StatusReport {
    /// The report as a body that names nobody and says the same of the order.
    pub fn without_customer(&self) -> String {
        serde_json::json!({
            "orderId": self.order_id,
            "status": self.status,
            "email": NOBODY,
            "eta": self.eta,
            "occurredAt": self.occurred_at,
            "sequence": self.sequence,
        })
        .to_string()
    }
}

/// A report that was refused, with what can be said of it without giving anybody away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// All faults.
    pub faults: Vec<Fault>,
    pub(crate) order_id: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) email_masked: Option<String>,
    /// It is an event, which names no customer.
    pub(crate) event: bool,
}

impl Refused {
    /// Nothing of it can be read.
    pub(crate) fn whole(why: &str) -> Refused {
        let faults = vec![Fault::new("", "bad_json", format!("the body must be one JSON object: {why}"))];
        Refused { faults, order_id: None, status: None, email_masked: None, event: false }
    }

    /// Some of an event can.
    pub(crate) fn of(faults: Vec<Fault>, order: Option<&str>, status: Option<&str>) -> Refused {
        Refused { faults, order_id: order.map(brief), status: status.map(brief), email_masked: None, event: true }
    }
}

/// What a team may see of a field that was refused: short, on one line, and never an address in the wrong place.
fn brief(text: &str) -> String {
    let text: String = text.chars().filter(|c| !c.is_control()).take(BRIEF_CHARS_MAX).collect();
    if text.contains('@') { mask_email(&text) } else { text }
}

/// A day, alone or at the head of a time ("2025-08-10", "2025-08-10T09:30:00Z", "2025-08-10 09:30").
fn day(text: &str) -> Option<Date> {
    let (day, rest) = text.split_at_checked(10).unwrap_or((text, ""));
    if rest.is_empty() || rest.starts_with(['T', ' ']) { day.parse().ok() } else { None }
}

/// Reads a body. All the faults at once.
pub fn read(body: &str) -> Result<StatusReport, Refused> {
    let wire: Wire = loose::object(body).map_err(|why| Refused::whole(&why))?;
    let mut reader = Reader::default();
    let order_text = reader.text("orderId", &wire.order_id, true);
    let status = reader.text("status", &wire.status, true);
    let email_text = reader.text("email", &wire.email, true);
    let customer = reader.text("customer", &wire.customer, false);
    let eta = reader.text("eta", &wire.eta, false).filter(|eta| !eta.eq_ignore_ascii_case("n/a"));
    let occurred_at = reader.text("occurredAt", &wire.occurred_at, false);
    let sequence = reader.text("sequence", &wire.sequence, false);

    let order_id = reader.order("orderId", order_text.as_deref());
    let email = reader.parsed("email", "bad_email", email_text.as_deref(), |text| Email::parse(text).map_err(|why| why.to_string()));
    if status.as_ref().is_some_and(|status| status.chars().count() > 64 || status.chars().any(char::is_control)) {
        reader.fault("status", "too_long", "at most 64 printable characters");
    }
    if customer.as_ref().is_some_and(|name| name.chars().count() > limits::NAME_CHARS_MAX) {
        reader.fault("customer", "too_long", format!("at most {} characters", limits::NAME_CHARS_MAX));
    }
    let eta = reader.parsed("eta", "bad_date", eta.as_deref(), |text| day(text).ok_or_else(|| "a date such as 2025-08-10".to_owned()));
    let occurred_at = reader.moment("occurredAt", occurred_at.as_deref());
    let sequence = reader.counter("sequence", sequence.as_deref());
    let faults = reader.faults;
    match (order_id, status.clone(), email) {
        (Some(order_id), Some(status), Some(email)) if faults.is_empty() => {
            Ok(StatusReport { order_id, status, email, eta, occurred_at, sequence })
        }
        _ => Err(Refused {
            faults,
            order_id: order_text.as_deref().map(brief),
            status: status.as_deref().map(brief),
            email_masked: email_text.as_deref().map(mask_email),
            event: false,
        }),
    }
}

impl Receive {
    /// Takes a webhook in.
    ///
    /// # Errors
    /// `Unauthenticated` for an unknown endpoint and a bad signature alike, `Invalid` with all faults,
    /// `KeyReused` for a known id with another body, `Retryable`: nothing was promised, send it again.
    pub async fn run(&self, tenant: &str, endpoint: &str, headers: &Headers, body: &[u8], correlation: &CorrelationId) -> Result<Receipt> {
        let now = self.clock.now();
        let (scope, endpoint, verified) = self.verified(tenant, endpoint, headers, body, now).await?;
        // Warehouses and carriers know no customer.
        if endpoint.vocabulary == Vocabulary::Events && std::str::from_utf8(body).is_ok_and(IngestedEvent::is_meant) {
            return self.signed_event(&scope, &endpoint, body, correlation).await;
        }
        let checked = std::str::from_utf8(body).map_err(|_| Refused::whole("it is not UTF-8")).and_then(|text| read(text).map(|_| text));
        let text = match checked {
            Ok(text) => text,
            Err(refused) => {
                let faults = refused.faults.clone();
                self.tell_team(&scope, &endpoint.name, refused, &verified.body_hash, now, correlation).await?;
                return Err(Error::Invalid(faults));
            }
        };
        let key = InboxKey { endpoint: endpoint.name.clone(), id: inbox_id(&verified) };
        self.keep(&scope, key, verified.body_hash, text.to_owned(), correlation).await
    }

    /// Stores a webhook and has it worked on.
    pub(crate) async fn keep(
        &self,
        scope: &TenantScope,
        key: InboxKey,
        body_hash: String,
        body: String,
        correlation: &CorrelationId,
    ) -> Result<Receipt> {
        let entry = InboxEntry { key: key.clone(), body_hash, body, received_at: self.clock.now(), state: InboxState::Received };
        let again = match self.inbox.receive(scope, &entry).await? {
            Received::New => false,
            Received::Different => return Err(Error::KeyReused),
            // Settled: nothing to do. Not settled: we may have died before queueing it, so queue it again.
            Received::Again(InboxState::Done | InboxState::Parked { .. }) => return Ok(Receipt { event_id: key.id, again: true }),
            Received::Again(InboxState::Received) => true,
        };
        let message = HookReceived::stored(scope.tenant(), &key.endpoint, &key.id, correlation);
        json::send(&*self.queue, &message).await?;
        Ok(Receipt { event_id: key.id, again })
    }

    async fn verified(
        &self,
        tenant: &str,
        endpoint: &str,
        headers: &Headers,
        body: &[u8],
        now: Timestamp,
    ) -> Result<(TenantScope, HookEndpoint, Verified)> {
        let tenant = TenantId::parse(tenant).map_err(|_| Error::Unauthenticated)?;
        let config = self.tenants.config(&tenant).await?;
        let Some(endpoint) = config.as_ref().and_then(|config| config.hook(endpoint)) else {
            // Nobody shall hear from how long it takes which endpoints there are.
            verify(&no_endpoint(headers), headers, body, now);
            return Err(Error::Unauthenticated);
        };
        let verified = verify(endpoint, headers, body, now).ok_or(Error::Unauthenticated)?;
        // The signature proves that the tenant's own sender speaks.
        Ok((TenantScope::of_own_message(&tenant), endpoint.clone(), verified))
    }

    /// One alert a minute and tenant; the rest are in the sender's own 422s.
    pub(crate) async fn tell_team(
        &self,
        scope: &TenantScope,
        endpoint: &str,
        refused: Refused,
        body_hash: &str,
        now: Timestamp,
        correlation: &CorrelationId,
    ) -> Result<()> {
        let limit = Limit { count: 1, window: SignedDuration::from_mins(1) };
        if let Allowance::Denied { .. } = self.buckets.take(scope, "hook-alert", 1, limit, now).await? {
            return Ok(());
        }
        let payload = Payload::HookRejected(hook::v1::Rejected {
            endpoint: endpoint.to_owned(),
            faults: refused.faults.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect(),
            order_id: refused.order_id,
            status: refused.status,
            email_masked: refused.email_masked,
            event: refused.event,
        });
        let subject = format!("hook:{endpoint}:{}", body_hash.get(..16).unwrap_or_default());
        let event = envelope(scope.tenant(), &subject, u64::try_from(now.as_millisecond()).unwrap_or(0), 0, now, correlation, payload);
        self.outbox.add(scope, &[event], now).await?;
        Ok(())
    }
}

/// Stands in for an endpoint that is not there: one of the kind that the request is meant for.
fn no_endpoint(headers: &Headers) -> HookEndpoint {
    let standard = headers.one("webhook-signature").is_some();
    HookEndpoint {
        name: String::new(),
        scheme: if standard { SignatureScheme::StandardWebhooks } else { SignatureScheme::Hmac },
        // Nobody signs with this, and if they did it would open nothing.
        secrets: vec![Secret::new("bm9ib2R5LXNpZ25zLXdpdGgtdGhpcy1rZXk=")],
        vocabulary: Vocabulary::Sheet,
        notify: false,
    }
}

/// What an entry is called: the sender's id where the signature covers it, else the hash of what was
/// signed. A sender's id that could not be one of our ids is hashed as well.
fn inbox_id(verified: &Verified) -> String {
    use sha2::{Digest, Sha256};
    match &verified.signed_id {
        None => verified.body_hash.clone(),
        Some(id) if id.len() <= 100 && EventId::parse(id).is_ok() => id.clone(),
        Some(id) => hex::encode(Sha256::digest(id.as_bytes())),
    }
}

/// The source under which an endpoint's facts are kept.
pub fn source_of(endpoint: &str) -> Option<SourceId> {
    SourceId::parse(endpoint).ok()
}
