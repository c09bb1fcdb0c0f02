//! What happens in warehouses and at carriers, told as events: one vocabulary for shops, warehouses and carriers, and no word of a customer.
//!
//! An event has the name that its source gives it. It is stored under that name before it is answered, so that it counts once however often it
//! is sent, and of its body only what is read here: whatever else a sender puts into it, nobody's data is kept.

use crate::commerce::Commerce;
use crate::error::{Error, Result};
use crate::json;
use crate::loose::{self, Loose, Reader};
use crate::ports::InboxKey;
use crate::receive::{Receipt, Receive, Refused};
use crate::scope::TenantScope;
use crate::tenant::{HookEndpoint, TenantConfig};
use domain::exception::Reason;
use domain::ids::{CorrelationId, EventId, OrderId, SourceId};
use domain::order::Fault;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Largest body, in bytes.
pub const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Under which name they wait; no endpoint of a shop's has it.
pub const ENDPOINT: &str = "events";
/// Longest id and type of an event, in characters.
const ID_CHARS_MAX: usize = 128;
const TYPE_CHARS_MAX: usize = 64;
/// Longest name of ours for one.
const OWN_ID_MAX: usize = 100;

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IngestedEvent {
    /// The source's name for it.
    pub event_id: String,
    /// What: a word of [`domain::order::Vocabulary::Events`], if it is a known one.
    pub event_type: String,
    /// To which order.
    pub order_id: OrderId,
    /// When.
    pub occurred_at: Timestamp,
    /// Who says so.
    pub source: SourceId,
    /// The source's own version counter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sequence: Option<u64>,
    /// What is wrong, of an event that says that something is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
}

/// As senders write it. Unknown fields are their business.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Wire {
    event_id: Option<Loose>,
    event_type: Option<Loose>,
    order_id: Option<Loose>,
    occurred_at: Option<Loose>,
    source: Option<Loose>,
    sequence: Option<Loose>,
    /// What is wrong, by the names that senders have for it; of any type, for other events have reasons of other kinds.
    reason_code: Option<Value>,
    exception_code: Option<Value>,
    reason: Option<Value>,
}

impl IngestedEvent {
    /// Reads a body. Who says so is `by`, if the body does not say. All the faults at once.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(body: &str, by: Option<&SourceId>) -> Result<IngestedEvent, Refused> {
        let wire: Wire = loose::object(body).map_err(|why| Refused::whole(&why))?;
        let mut reader = Reader::default();
        let event_id = reader.text("event_id", &wire.event_id, true);
        let event_type = reader.text("event_type", &wire.event_type, true);
        let order = reader.text("order_id", &wire.order_id, true);
        let occurred_at = reader.text("occurred_at", &wire.occurred_at, true);
        let source = reader.text("source", &wire.source, false);
        let sequence = reader.text("sequence", &wire.sequence, false);
        let short = |text: &String, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
        if event_id.as_ref().is_some_and(|id| !short(id, ID_CHARS_MAX)) {
            reader.fault("event_id", "too_long", "at most 128 printable characters");
        }
        if event_type.as_ref().is_some_and(|kind| !short(kind, TYPE_CHARS_MAX)) {
            reader.fault("event_type", "too_long", "at most 64 printable characters");
        }
        let order_id = reader.order("order_id", order.as_deref());
        let occurred_at = reader.moment("occurred_at", occurred_at.as_deref());
        let said = reader.parsed("source", "bad_source", source.as_deref(), |text| SourceId::parse(text).map_err(|why| why.to_string()));
        let sequence = reader.counter("sequence", sequence.as_deref());
        // A word of their own for it says as much as none.
        let words = [&wire.reason_code, &wire.exception_code, &wire.reason];
        let reason = words.into_iter().flatten().filter_map(Value::as_str).find_map(|word| Reason::of(word.trim()));
        let faults = reader.faults;
        // A sender whose signature says who it is speaks for nobody else.
        let source = match (by, said) {
            (Some(by), _) => Some(by.clone()),
            (None, Some(said)) => Some(said),
            // What could not be read is no other name.
            (None, None) => SourceId::parse(ENDPOINT).ok().filter(|_| source.is_none()),
        };
        match (event_id, event_type, order_id, occurred_at, source) {
            (Some(event_id), Some(event_type), Some(order_id), Some(occurred_at), Some(source)) if faults.is_empty() => {
                Ok(IngestedEvent { event_id, event_type, order_id, occurred_at, source, sequence, reason })
            }
            (_, event_type, ..) => Err(Refused::of(faults, order.as_deref(), event_type.as_deref())),
        }
    }

    /// Whether a body is meant to be one, of an endpoint that may send either.
    pub fn is_meant(body: &str) -> bool {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Kind {
            event_type: Option<serde::de::IgnoredAny>,
            status: Option<serde::de::IgnoredAny>,
        }
        let kind: Kind = serde_json::from_str(loose::without_mark(body)).unwrap_or_default();
        kind.event_type.is_some() && kind.status.is_none()
    }

    /// What it is called here: one name of one source.
    fn own_id(&self) -> String {
        let plain = format!("{}:{}", self.source, self.event_id);
        let fits = plain.len() <= OWN_ID_MAX && EventId::parse(&plain).is_ok();
        if fits { plain } else { hex::encode(Sha256::digest(plain.as_bytes())) }
    }
}

impl Receive {
    /// Takes an event in that somebody with a key tells.
    ///
    /// # Errors
    /// `Invalid` with all faults, `EventDiffers` for a known id with another content, `Retryable`: nothing was promised, send it again.
    pub async fn event(&self, scope: &TenantScope, body: &[u8], correlation: &CorrelationId) -> Result<Receipt> {
        self.take_event(scope, ENDPOINT, None, body, correlation).await
    }

    /// Takes an event in that came signed to an endpoint of the shop's.
    pub(crate) async fn signed_event(
        &self,
        scope: &TenantScope,
        endpoint: &HookEndpoint,
        body: &[u8],
        correlation: &CorrelationId,
    ) -> Result<Receipt> {
        let by = SourceId::parse(&endpoint.name).map_err(|why| Error::Fatal(why.to_string()))?;
        self.take_event(scope, &endpoint.name, Some(&by), body, correlation).await
    }

    async fn take_event(
        &self,
        scope: &TenantScope,
        endpoint: &str,
        by: Option<&SourceId>,
        body: &[u8],
        correlation: &CorrelationId,
    ) -> Result<Receipt> {
        let now = self.clock.now();
        let config = self.tenants.config(scope.tenant()).await?.unwrap_or_default();
        let read = std::str::from_utf8(body).map_err(|_| Refused::whole("it is not UTF-8")).and_then(|text| IngestedEvent::read(text, by));
        let read = read.and_then(|event| match by {
            None if is_taken(&event.source, &config) => {
                let fault = Fault::new("source", "taken", "somebody else tells under this name: give this one a name of its own");
                Err(Refused::of(vec![fault], Some(event.order_id.as_str()), Some(&event.event_type)))
            }
            _ => Ok(event),
        });
        let event = match read {
            Ok(event) => event,
            Err(refused) => {
                let refused = Refused { event: true, ..refused };
                let faults = refused.faults.clone();
                self.tell_team(scope, endpoint, refused, &hex::encode(Sha256::digest(body)), now, correlation).await?;
                return Err(Error::Invalid(faults));
            }
        };
        let hash = content_hash(body);
        let key = InboxKey { endpoint: endpoint.to_owned(), id: event.own_id() };
        match self.keep(scope, key, hash.clone(), json::text(&event)?, correlation).await {
            Err(Error::KeyReused) => {
                let fault = Fault::new("event_id", "reused", format!("{} has told something else under this id", event.source));
                let refused = Refused::of(vec![fault], Some(event.order_id.as_str()), Some(&event.event_type));
                self.tell_team(scope, endpoint, refused, &hash, now, correlation).await?;
                Err(Error::EventDiffers)
            }
            kept => kept,
        }
    }
}

/// The same content is the same event, in whatever order its fields stand. What nests deeper than we read is told apart byte by byte.
fn content_hash(body: &[u8]) -> String {
    let text = loose::without_mark(std::str::from_utf8(body).unwrap_or_default());
    let canonical = serde_json::from_str::<serde_json::Value>(text).map(|content| content.to_string());
    hex::encode(Sha256::digest(canonical.as_deref().unwrap_or(text).as_bytes()))
}

/// Names that others speak under: whoever has a key may not speak as somebody whose word is proved by a signature, or by its origin.
fn is_taken(source: &SourceId, config: &TenantConfig) -> bool {
    let name = source.as_str();
    let ours = ["api", "sheet"].contains(&name) || Commerce::of_endpoint(name).is_some() || name.starts_with("carrier-");
    ours || config.hook(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(body: &str) -> Vec<String> {
        let refused = IngestedEvent::read(body, None).unwrap_err();
        refused.faults.iter().map(|fault| format!("{} {}", fault.field, fault.code)).collect()
    }

    // req: S4-13
    #[test]
    fn an_event_says_which_what_whose_and_when() {
        let body = r#"{"event_id":"e-1","event_type":"pick_completed","order_id":1001,"occurred_at":"2025-08-11T09:00:00Z","source":"wms-1","sequence":"7","data":{"who":"Ann"}}"#;
        let event = IngestedEvent::read(body, None).unwrap();
        assert_eq!((event.order_id.as_str(), event.source.as_str(), event.sequence), ("1001", "wms-1", Some(7)));
        assert_eq!(event.own_id(), "wms-1:e-1");
        assert!(!serde_json::to_string(&event).unwrap().contains("Ann"), "nobody's name is kept");
        assert_eq!(codes("{}"), ["event_id required", "event_type required", "order_id required", "occurred_at required"]);
        let wrong = r#"{"event_id":[],"event_type":"x","order_id":"a b","occurred_at":"yesterday","source":"A B","sequence":-1}"#;
        assert_eq!(
            codes(wrong),
            ["event_id wrong_type", "order_id bad_number", "occurred_at bad_time", "source bad_source", "sequence out_of_range"]
        );
        assert_eq!((codes("[]"), codes("nonsense")), (vec![" bad_json".to_owned()], vec![" bad_json".to_owned()]));
        let carrier = SourceId::parse("carrier").unwrap();
        assert_eq!(IngestedEvent::read(body, Some(&carrier)).unwrap().source, carrier, "whoever signs speaks for nobody else");
        assert!(IngestedEvent::is_meant(body) && !IngestedEvent::is_meant(r#"{"orderId":"1001"}"#) && !IngestedEvent::is_meant("["));
    }

    #[test]
    fn ids_that_are_no_ids_of_ours_have_names_all_the_same() {
        let event = |id: &str| {
            let body =
                serde_json::json!({ "event_id": id, "event_type": "delivered", "order_id": "1001", "occurred_at": "2025-08-11T09:00:00Z" });
            IngestedEvent::read(&body.to_string(), None).unwrap().own_id()
        };
        assert_eq!(event("a-1"), "events:a-1");
        assert_eq!(event("ä/ 1").len(), 64);
        assert_ne!(event("ä/ 1"), event("ä/ 2"));
    }
}
