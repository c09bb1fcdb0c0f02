//! Events as they arrive in a queue behind an EventBridge rule.

use contracts::{Envelope, Payload};
use serde::Deserialize;

/// What was in a queue message.
#[derive(Debug)]
pub enum Read {
    /// One of our events.
    Ours(Box<Envelope>),
    /// Well-formed, of a type this release does not know: a newer producer was deployed first.
    Unknown(String),
    /// Not an event.
    Unreadable(String),
}

#[derive(Deserialize)]
struct Entry<'a> {
    #[serde(borrow)]
    detail: &'a serde_json::value::RawValue,
}

#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: String,
    specversion: String,
}

/// Reads a queue message: an EventBridge event with our envelope as its detail, or the bare envelope.
pub fn read(body: &str) -> Read {
    let detail = serde_json::from_str::<Entry>(body).map_or(body, |entry| entry.detail.get());
    let malformed = match serde_json::from_str(detail) {
        Ok(envelope) => return Read::Ours(Box::new(envelope)),
        Err(why) => why,
    };
    match serde_json::from_str::<Kind>(detail) {
        Ok(kind) if kind.specversion == "1.0" && !Payload::TYPES.contains(&kind.kind.as_str()) => Read::Unknown(kind.kind),
        Ok(kind) => Read::Unreadable(format!("a malformed {}: {malformed}", kind.kind)),
        Err(why) => Read::Unreadable(format!("not an event of ours: {why}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENT: &str = r#"{"specversion":"1.0","id":"demo:1001:1:0","source":"orderflow.orders","subject":"1001","time":"2025-08-09T10:00:00Z","tenant":"demo","aggregateversion":1,"correlationid":"c1","type":"order.delay_changed.v1","data":{"order_id":"1001","delayed":true}}"#;

    #[test]
    fn events_come_bare_or_wrapped() {
        assert!(matches!(read(EVENT), Read::Ours(event) if event.id.as_str() == "demo:1001:1:0"));
        let wrapped =
            format!(r#"{{"version":"0","id":"x","detail-type":"order.delay_changed.v1","source":"orderflow.orders","detail":{EVENT}}}"#);
        assert!(matches!(read(&wrapped), Read::Ours(_)));
    }

    #[test]
    fn what_is_not_ours_is_told_apart() {
        let newer = EVENT.replace("order.delay_changed.v1", "order.teleported.v3");
        assert!(matches!(read(&newer), Read::Unknown(kind) if kind == "order.teleported.v3"));
        let malformed = EVENT.replace("\"delayed\":true", "\"delayed\":\"maybe\"");
        for bad in ["", "hello", "{}", "[]", "null", "{\"detail\":7}", &malformed] {
            assert!(matches!(read(bad), Read::Unreadable(_)), "{bad}");
        }
        // Additive fields are fine.
        let grown = EVENT.replace("\"delayed\":true", "\"delayed\":true,\"by_days\":3");
        assert!(matches!(read(&grown), Read::Ours(_)));
    }
}
