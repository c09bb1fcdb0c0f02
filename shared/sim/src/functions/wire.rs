//! What goes over the wires between the functions, as API Gateway, SQS, EventBridge and DynamoDB Streams
//! deliver it.

use super::job::{HookMessage, Published};
use crate::queue::Message;
use crate::story::{Errand, Wish};
use app::Identity;
use app::ports::OutboxRow;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::response::Response;
use contracts::Envelope;
use domain::ids::{CorrelationId, TenantId};
use domain::order::Track;
use runtime::http::Origin;
use serde_json::{Value, json};
use std::fmt::Write;
use std::rc::Rc;
use std::sync::Arc;

/// Largest answer that is read.
const ANSWER_BYTES_MAX: usize = 1 << 22;

/// A request to one of the functions behind the API.
pub struct Call<'a> {
    /// What is done.
    pub verb: &'a str,
    /// Path with its query.
    pub path: &'a str,
    /// Whom the authorizer let in.
    pub who: Option<&'a Identity>,
    /// Ties what follows to it.
    pub correlation: &'a CorrelationId,
    /// Headers.
    pub headers: &'a [(String, String)],
    /// Body.
    pub body: Bytes,
}

impl Call<'_> {
    /// As the runtime hands it to a router.
    pub fn into_request(self) -> Request {
        let mut request = Request::builder().method(self.verb).uri(self.path);
        for (name, value) in self.headers {
            request = request.header(name.as_str(), value.as_str());
        }
        let mut request = request.body(Body::from(self.body)).expect("a good request");
        let origin = Origin::new("192.0.2.1", self.correlation.clone());
        request.extensions_mut().insert(origin);
        if let Some(who) = self.who {
            request.extensions_mut().insert(who.clone());
        }
        request
    }
}

/// What a client is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// The version in its `ETag`.
    pub version: Option<u64>,
    /// Body.
    pub body: Bytes,
}

impl Reply {
    /// Reads a response to its end.
    pub async fn of(response: Response) -> Reply {
        let status = response.status().as_u16();
        let tag = response.headers().get("etag").and_then(|tag| tag.to_str().ok());
        let version = tag.and_then(|tag| tag.trim_matches('"').parse().ok());
        let body = axum::body::to_bytes(response.into_body(), ANSWER_BYTES_MAX).await.unwrap_or_default();
        Reply { status, version, body }
    }

    /// A 2xx.
    pub fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body.
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// The kind of problem ("invalid", "stale"); nothing for a 2xx.
    pub fn problem(&self) -> String {
        if self.is_ok() {
            return String::new();
        }
        let body = self.json();
        body["type"].as_str().and_then(|kind| kind.rsplit('#').next()).unwrap_or_default().to_owned()
    }

    /// The very same request may work later.
    pub fn is_worth_another_try(&self) -> bool {
        match self.status {
            429 | 503 => true,
            409 => self.problem() == "stale",
            _ => false,
        }
    }
}

/// A picture with what a camera writes beside it.
fn picture(errand: &Errand) -> Bytes {
    // Some packers press twice.
    let shows = errand.correlation.as_str().bytes().last().unwrap_or_default() / 2;
    let parts = [&b"\xFF\xD8\xFF\xFE\0\x06 GPS\xFF\xDA\0\x06scan"[..], errand.order.as_str().as_bytes(), &[shows], b"\xFF\xD9"];
    Bytes::from(parts.concat())
}

/// Path, headers and body of staff's work on an order.
pub fn errand(errand: &Errand) -> (String, Vec<(String, String)>, Bytes) {
    let (order, note) = (&errand.order, &errand.note);
    let (path, body) = match errand.wish {
        Wish::Change { to } => (format!("/v1/orders/{order}/status"), json!({ "status": to.as_str(), "note": note })),
        Wish::Fulfil => ("/v1/orders/update-status".to_owned(), json!({ "order_id": order, "new_status": "fulfilled", "note": note })),
        Wish::Correct { to } => {
            let reason = note.as_deref().unwrap_or("the parcel came back");
            (format!("/v1/orders/{order}/correct"), json!({ "status": to.as_str(), "reason": reason }))
        }
        Wish::Undo => (format!("/v1/orders/{order}/undo"), note.as_ref().map_or(Value::Null, |note| json!({ "note": note }))),
        Wish::Notify => (format!("/v1/orders/{order}/notify"), Value::Null),
        Wish::Remind => ("/v1/orders/notify".to_owned(), json!({ "order_id": order, "type": "delay" })),
        Wish::FollowUp => {
            let wish = json!({ "order_id": order, "delay_hours": 1, "message": note.as_deref().unwrap_or("Did it fit?") });
            ("/v1/orders/schedule-followup".to_owned(), wish)
        }
        Wish::Progress => {
            let asked = note.as_deref().map(|note| format!("?reason={}", note.replace(' ', "+")));
            (format!("/v1/orders/{order}/auto-progress{}", asked.unwrap_or_default()), Value::Null)
        }
        Wish::Review { approve } => {
            (format!("/v1/orders/{order}/reviews/{}/decide", errand.review), json!({ "approve": approve, "comment": note }))
        }
        Wish::Mend { .. } if errand.review.is_empty() => {
            (format!("/v1/orders/{order}/exceptions"), json!({ "code": "OTHER", "note": note }))
        }
        Wish::Mend { act } => {
            let (note, to) = (note.as_deref().unwrap_or("seen to"), (act == "assign").then_some("me"));
            (format!("/v1/orders/{order}/exceptions/{}", errand.review), json!({ "action": act, "note": note, "to": to }))
        }
        Wish::Escalate => {
            (format!("/v1/orders/{order}/reviews"), json!({ "type": "CS_ESCALATION", "reason": note.as_deref().unwrap_or("please call") }))
        }
        Wish::Capture => (format!("/v1/orders/{order}/payment/capture"), Value::Null),
        Wish::Pack => (format!("/v1/orders/{order}/fulfill"), json!({ "packed": true })),
        Wish::PackOne { leaves } => {
            let items = json!([{ "line": 0, "quantity": 1 }]);
            (format!("/v1/orders/{order}/fulfill"), json!({ "items": items, "packed": !leaves }))
        }
        Wish::CallOff { line } => {
            let items = json!([{ "line": line, "quantity": 1 }]);
            (format!("/v1/orders/{order}/cancellations"), json!({ "items": items, "note": note }))
        }
        Wish::Label { again } => (format!("/v1/orders/{order}/fulfilments/{}/labels", errand.parcel), json!({ "again": again })),
        Wish::Step { leaves } => {
            let step = if leaves { "hand_over" } else { "cancel" };
            (format!("/v1/orders/{order}/fulfilments/{}", errand.parcel), json!({ "step": step }))
        }
        Wish::Track => (format!("/v1/orders/{order}/fulfilments/{}/track", errand.parcel), Value::Null),
        Wish::Replace => (format!("/v1/orders/{order}/returns/{}", errand.parcel), json!({ "step": "replace" })),
        Wish::SendBack { exchange } => {
            let reason = if errand.if_version.is_some() { "wrong_item" } else { "changed_mind" };
            let items = json!([{ "line": 0, "quantity": 1, "reason": reason }]);
            let kind = if exchange { "exchange" } else { "refund" };
            let approved = exchange || reason == "wrong_item";
            (format!("/v1/orders/{order}/returns"), json!({ "items": items, "kind": kind, "note": note, "approved": approved }))
        }
        Wish::TakeIn { sellable, here } => {
            let body = if here {
                json!({ "step": "receive", "arrived": [{ "line": 0, "quantity": 1, "sellable": sellable }] })
            } else {
                json!({ "step": "withdraw", "note": note })
            };
            (format!("/v1/orders/{order}/returns/{}", errand.parcel), body)
        }
        Wish::Refund { minor } => {
            let amount = minor.map(|minor| format!("{}.{:02}", minor / 100, minor % 100));
            let body = json!({ "amount": amount, "reason": note });
            let headers = vec![("idempotency-key".to_owned(), errand.correlation.to_string())];
            return (format!("/v1/orders/{order}/refunds"), headers, Bytes::from(body.to_string()));
        }
        Wish::Photo => return (format!("/v1/orders/{order}/photos/packing"), Vec::new(), picture(errand)),
    };
    let headers = errand.if_version.map(|version| ("if-match".to_owned(), format!("\"{version}\"")));
    let body = if body.is_null() { Bytes::new() } else { Bytes::from(body.to_string()) };
    (path, headers.into_iter().collect(), body)
}

fn sqs<'a>(bodies: impl Iterator<Item = &'a str>) -> SqsEvent {
    let mut event = SqsEvent::default();
    for (at, body) in bodies.enumerate() {
        let mut message = SqsMessage::default();
        message.message_id = Some(at.to_string());
        message.body = Some(body.to_owned());
        event.records.push(message);
    }
    event
}

/// A batch of the hooks queue. A message's id is its place.
pub fn hooks(batch: &[Message<HookMessage>]) -> SqsEvent {
    sqs(batch.iter().map(|message| &*message.body.body))
}

/// A batch of a queue behind the bus. A message's id is its place.
pub fn events(batch: &[Message<Published>]) -> SqsEvent {
    sqs(batch.iter().map(|message| &*message.body.body))
}

/// A batch of the webhooks queue, as the runtime hands it over. A message's id is its place.
pub fn bodies(batch: &[Message<Rc<str>>]) -> Value {
    serde_json::to_value(sqs(batch.iter().map(|message| &*message.body))).expect("a batch is JSON")
}

/// An event as a rule puts it into a queue.
pub fn delivered(event: &Envelope) -> String {
    let detail = serde_json::to_string(event).expect("events are JSON");
    let mut body = String::with_capacity(detail.len() + 256);
    let (kind, source) = (event.payload.detail_type(), event.payload.source());
    let _ = write!(
        body,
        r#"{{"version":"0","id":"{}","detail-type":"{kind}","source":"{source}","account":"123456789012","time":"{}","region":"eu-central-1","resources":[],"detail":{detail}}}"#,
        event.id, event.time,
    );
    body
}

/// A new row of the outbox as its table's stream delivers it.
#[derive(Debug)]
pub struct StreamRecord {
    /// The row.
    pub row: Arc<OutboxRow>,
    record: Value,
}

impl StreamRecord {
    /// The record of a row.
    pub fn of(row: Arc<OutboxRow>) -> StreamRecord {
        let events = serde_json::to_string(&row.events).expect("events are JSON");
        let (shard, place) = (&row.key.shard, &row.key.place);
        let record = json!({
            "eventID": place,
            "eventName": "INSERT",
            "eventVersion": "1.1",
            "eventSource": "aws:dynamodb",
            "awsRegion": "eu-central-1",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_754_733_601,
                "Keys": { "PK": { "S": shard }, "SK": { "S": place } },
                "SizeBytes": events.len(),
                "StreamViewType": "NEW_IMAGE",
                "NewImage": { "PK": { "S": shard }, "SK": { "S": place }, "events": { "S": events } },
            },
        });
        StreamRecord { row, record }
    }
}

/// A batch of the outbox's stream. A record's number is its place.
pub fn stream(records: &[std::rc::Rc<StreamRecord>]) -> Value {
    let numbered = records.iter().enumerate().map(|(at, record)| {
        let mut record = record.record.clone();
        record["dynamodb"]["SequenceNumber"] = json!(at.to_string());
        record
    });
    json!({ "Records": numbered.collect::<Vec<_>>() })
}

/// A message that has a shop's open orders looked at.
pub fn watch(tenant: &TenantId) -> Value {
    let body = json!({ "v": 1, "tenant": tenant, "correlation": "watch" }).to_string();
    json!({ "Records": [{ "messageId": "0", "body": body, "eventSource": "aws:sqs" }] })
}
