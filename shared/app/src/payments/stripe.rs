//! Stripe: <https://docs.stripe.com/webhooks#verify-manually>, <https://docs.stripe.com/api/events/types>.

use super::{KEY_NAME, amount, key, names, parsed, verified, word};
use crate::ports::{GatewayNews, GatewayTopic};
use crate::signature::{Headers, TIMESTAMP_TOLERANCE, Verified, is_hmac_sha256};
use crate::tenant::Secret;
use domain::payment::DisputeState;
use jiff::Timestamp;
use serde_json::Value;

/// Signatures in one header that are looked at. Stripe sends one for each secret.
const SIGNATURES_MAX: usize = 8;

/// `stripe-signature: t=...,v1=...,v1=...`: HMAC-SHA256 over time, point and body, hex. Other schemes than `v1` are not believed.
pub fn verify(secrets: &[Secret], headers: &Headers, body: &[u8], now: Timestamp) -> Option<Verified> {
    let header = headers.one("stripe-signature")?;
    let mut stamp = None;
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|part| part.split_once('=')) {
        match name.trim() {
            // Two times would leave open which one is signed.
            "t" if stamp.is_some() => return None,
            "t" => stamp = Some(value),
            "v1" if signatures.len() < SIGNATURES_MAX => signatures.extend(hex::decode(value).ok()),
            _ => {}
        }
    }
    let stamp = stamp.filter(|stamp| !stamp.is_empty() && stamp.len() <= 12 && stamp.bytes().all(|b| b.is_ascii_digit()))?;
    let sent = Timestamp::from_second(stamp.parse().ok()?).ok()?;
    if now.duration_since(sent).abs() > TIMESTAMP_TOLERANCE {
        return None;
    }
    let good = signatures.iter().any(|given| is_hmac_sha256(secrets, &[stamp.as_bytes(), b".", body], given));
    // The event's id is in the body, and so is signed.
    good.then(|| verified(body, parsed(body).and_then(|event| event["id"].as_str().map(str::to_owned))))
}

/// Where a dispute of Stripe's stands. A warning that was closed has cost nothing.
pub fn dispute_state(dispute: &Value) -> DisputeState {
    match dispute["status"].as_str() {
        Some("won" | "warning_closed" | "prevented") => DisputeState::Won,
        Some("lost") => DisputeState::Lost,
        _ => DisputeState::Opened,
    }
}

/// Events of payments, refunds and disputes.
pub fn read(body: &[u8]) -> Vec<GatewayNews> {
    let Some(event) = parsed(body) else { return Vec::new() };
    let object = &event["data"]["object"];
    let topic = match object["object"].as_str() {
        Some("payment_intent" | "charge") => GatewayTopic::Payment,
        Some("refund") => GatewayTopic::Refund,
        Some("dispute") => GatewayTopic::Dispute { state: dispute_state(object), amount: amount(&object["amount"], &object["currency"]) },
        _ => return Vec::new(),
    };
    vec![GatewayNews {
        id: event["id"].as_str().map(str::to_owned),
        word: word(&event["type"]),
        topic,
        key: key(&object["metadata"][KEY_NAME]),
        names: names([&object["id"], &object["payment_intent"], &object["charge"]]),
        at: event["created"].as_i64().and_then(|second| Timestamp::from_second(second).ok()),
    }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use serde_json::json;
    use sha2::Sha256;

    const SECRET: &str = "whsec_demo";
    const BODY: &[u8] = br#"{"id":"evt_1","type":"payment_intent.succeeded","created":1754700000,"data":{"object":{"object":"payment_intent","id":"pi_1"}}}"#;

    fn now() -> Timestamp {
        Timestamp::from_second(1_754_700_000).unwrap()
    }

    fn signature(secret: &str, stamp: &str, body: &[u8]) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        hex::encode(mac.chain_update(stamp).chain_update(".").chain_update(body).finalize().into_bytes())
    }

    fn with(header: String) -> Headers {
        Headers(vec![("stripe-signature".into(), header)])
    }

    fn secrets(all: &[&str]) -> Vec<Secret> {
        all.iter().map(|secret| Secret::new(*secret)).collect()
    }

    // req: S2-52
    #[test]
    fn a_signature_holds_five_minutes_either_way() {
        for (off, holds) in [(0, true), (300, true), (-300, true), (301, false), (-301, false)] {
            let stamp = (now().as_second() + off).to_string();
            let header = with(format!("t={stamp},v1={}", signature(SECRET, &stamp, BODY)));
            assert_eq!(verify(&secrets(&[SECRET]), &header, BODY, now()).is_some(), holds, "{off}");
        }
    }

    #[test]
    fn any_changed_byte_is_refused() {
        let stamp = now().as_second().to_string();
        let header = with(format!("t={stamp},v1={}", signature(SECRET, &stamp, BODY)));
        assert_eq!(verify(&secrets(&[SECRET]), &header, BODY, now()).unwrap().signed_id.as_deref(), Some("evt_1"));
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(verify(&secrets(&[SECRET]), &header, &changed, now()).is_none(), "byte {at}");
        }
        assert!(verify(&secrets(&["whsec_other"]), &header, BODY, now()).is_none());
        assert!(verify(&secrets(&["whsec_new", SECRET]), &header, BODY, now()).is_some(), "during a rotation");
        assert!(verify(&secrets(&[]), &header, BODY, now()).is_none());
    }

    #[test]
    fn headers_that_leave_something_open_are_refused() {
        let stamp = now().as_second().to_string();
        let good = signature(SECRET, &stamp, BODY);
        for odd in [
            String::new(),
            format!("v1={good}"),
            format!("t={stamp}"),
            format!("t={stamp},v1="),
            format!("t={stamp},v0={good}"),
            format!("t={stamp},t={stamp},v1={good}"),
            format!("t=soon,v1={good}"),
            format!("t=-1,v1={good}"),
            format!("t=99999999999999,v1={good}"),
            format!("t={stamp},v1={}", &good[..62]),
            format!("t={stamp},v1=zz{}", &good[2..]),
        ] {
            assert!(verify(&secrets(&[SECRET]), &with(odd.clone()), BODY, now()).is_none(), "{odd}");
        }
        let twice = Headers(vec![with(format!("t={stamp},v1={good}")).0[0].clone(); 2]);
        assert!(verify(&secrets(&[SECRET]), &twice, BODY, now()).is_none());
        assert!(verify(&secrets(&[""]), &with(format!("t={stamp},v1={}", signature("", &stamp, BODY))), BODY, now()).is_none());
        assert!(verify(&secrets(&[SECRET]), &with(format!("t={stamp},v1={},v1={good}", "0".repeat(64))), BODY, now()).is_some());
    }

    // req: S2-52
    #[test]
    fn events_name_what_has_to_be_looked_up() {
        let read_one = |kind: &str, object: serde_json::Value| {
            read(json!({"id": "evt_1", "type": kind, "created": 1, "data": {"object": object}}).to_string().as_bytes())
        };
        let news = read_one(
            "payment_intent.succeeded",
            json!({"object": "payment_intent", "id": "pi_1", "metadata": {"orderflow_key": "demo#1001#authorize#1"}}),
        );
        assert_eq!(news[0].key.as_ref().unwrap().as_str(), "demo#1001#authorize#1");
        assert_eq!((news[0].topic, news[0].names[0].as_str(), news[0].at), (GatewayTopic::Payment, "pi_1", Timestamp::from_second(1).ok()));
        let news = read_one(
            "refund.updated",
            json!({"object": "refund", "id": "re_1", "payment_intent": "pi_1", "charge": "ch_1", "metadata": {}}),
        );
        assert_eq!((news[0].topic, news[0].names.len()), (GatewayTopic::Refund, 3));
        let news = read_one(
            "charge.dispute.closed",
            json!({"object": "dispute", "id": "du_1", "status": "lost", "amount": 500, "currency": "eur", "payment_intent": "pi_1"}),
        );
        let GatewayTopic::Dispute { state, amount } = news[0].topic else { panic!("{news:?}") };
        assert_eq!((state, amount.unwrap().decimal()), (DisputeState::Lost, "5.00".to_owned()));
        assert!(read_one("customer.created", json!({"object": "customer", "id": "cus_1"})).is_empty());
        for odd in [&b""[..], b"null", b"[]", b"{}", b"\xff\xfe", br#"{"data":{"object":7}}"#] {
            assert!(read(odd).is_empty());
        }
    }
}
