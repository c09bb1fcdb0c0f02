//! Razorpay: <https://razorpay.com/docs/webhooks/validate-test/>, <https://razorpay.com/docs/webhooks/payloads/payments/>.

use super::{KEY_NAME, amount, key, names, parsed, verified, word};
use crate::ports::{GatewayNews, GatewayTopic};
use crate::signature::{Headers, Verified, is_hmac_sha256};
use crate::tenant::Secret;
use domain::payment::DisputeState;
use jiff::Timestamp;
use serde_json::Value;

/// `x-razorpay-signature`: HMAC-SHA256 of the body, hex. The id and the time of the event are not signed, so they prove nothing.
pub fn verify(secrets: &[Secret], headers: &Headers, body: &[u8]) -> Option<Verified> {
    let given = hex::decode(headers.one("x-razorpay-signature")?).ok()?;
    is_hmac_sha256(secrets, &[body], &given).then(|| verified(body, None))
}

/// Events of payments, orders, refunds and disputes: one event, and the entities that it contains.
pub fn read(body: &[u8]) -> Vec<GatewayNews> {
    let Some(event) = parsed(body) else { return Vec::new() };
    let entity = |name: &str| &event["payload"][name]["entity"];
    let (payment, order, refund, dispute) = (entity("payment"), entity("order"), entity("refund"), entity("dispute"));
    let word = word(&event["event"]);
    let topic = match word.split('.').next() {
        Some("refund") => GatewayTopic::Refund,
        Some("payment") if word.starts_with("payment.dispute.") => {
            let state = match word.rsplit('.').next() {
                Some("won") => DisputeState::Won,
                Some("lost") => DisputeState::Lost,
                _ => DisputeState::Opened,
            };
            GatewayTopic::Dispute { state, amount: amount(&dispute["amount"], &dispute["currency"]) }
        }
        Some("payment" | "order") => GatewayTopic::Payment,
        _ => return Vec::new(),
    };
    let noted = |entity: &Value| key(&entity["notes"][KEY_NAME]);
    let key = if topic == GatewayTopic::Refund { noted(refund) } else { noted(payment).or_else(|| noted(order)) };
    let found = names([&dispute["id"], &refund["id"], &payment["id"], &refund["payment_id"], &payment["order_id"], &order["id"]]);
    if found.is_empty() {
        return Vec::new();
    }
    let at = event["created_at"].as_i64().and_then(|second| Timestamp::from_second(second).ok());
    vec![GatewayNews { id: None, word, topic, key, names: found, at }]
}

#[cfg(test)]
mod tests {
    use super::*;
    use hmac::{Hmac, KeyInit, Mac};
    use serde_json::json;
    use sha2::Sha256;

    const SECRET: &str = "demo-secret";
    const BODY: &[u8] = br#"{"event":"payment.authorized"}"#;

    fn signed(secret: &str, body: &[u8]) -> Headers {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap().chain_update(body).finalize();
        Headers(vec![("x-razorpay-signature".into(), hex::encode(mac.into_bytes()))])
    }

    // req: S2-52
    #[test]
    fn the_body_is_signed_and_nothing_else_is() {
        let both = [Secret::new("new-secret"), Secret::new(SECRET)];
        assert_eq!(verify(&both, &signed(SECRET, BODY), BODY).unwrap().signed_id, None);
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(verify(&both, &signed(SECRET, BODY), &changed).is_none(), "byte {at}");
        }
        assert!(verify(&both[..1], &signed(SECRET, BODY), BODY).is_none());
        assert!(verify(&[Secret::new("")], &signed("", BODY), BODY).is_none());
        for odd in ["", "zz", "00"] {
            assert!(verify(&both, &Headers(vec![("x-razorpay-signature".into(), odd.into())]), BODY).is_none(), "{odd}");
        }
        let twice = Headers([signed(SECRET, BODY).0, signed(SECRET, BODY).0].concat());
        assert!(verify(&both, &twice, BODY).is_none());
    }

    // req: S2-52
    #[test]
    fn events_name_what_has_to_be_looked_up() {
        let read_one =
            |event: &str, payload: Value| read(json!({"event": event, "created_at": 1, "payload": payload}).to_string().as_bytes());
        let payment = json!({"entity": {"id": "pay_1", "order_id": "order_1", "notes": {"orderflow_key": "demo#1001#authorize#1"}}});
        let news = read_one("payment.captured", json!({"payment": payment}));
        assert_eq!(news[0].key.as_ref().unwrap().as_str(), "demo#1001#authorize#1");
        assert_eq!(news[0].names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["pay_1", "order_1"]);
        let refund = json!({"entity": {"id": "rfnd_1", "payment_id": "pay_1", "notes": {"orderflow_key": "demo#1001#refund#3"}}});
        let news = read_one("refund.processed", json!({"refund": refund, "payment": payment}));
        assert_eq!((news[0].topic, news[0].key.as_ref().unwrap().as_str()), (GatewayTopic::Refund, "demo#1001#refund#3"));
        let dispute = json!({"entity": {"id": "disp_1", "amount": 100, "currency": "INR"}});
        let news = read_one("payment.dispute.lost", json!({"dispute": dispute, "payment": payment}));
        assert!(matches!(news[0].topic, GatewayTopic::Dispute { state: DisputeState::Lost, amount: Some(_) }));
        assert!(read_one("subscription.charged", json!({"payment": payment})).is_empty());
        assert!(read_one("payment.captured", json!({"payment": {"entity": {"notes": []}}})).is_empty());
        assert!(read(b"{").is_empty());
    }
}
