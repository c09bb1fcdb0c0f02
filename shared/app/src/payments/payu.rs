//! PayU: <https://developers.payu.com/europe/docs/payment-flows/lifecycle/#notifications>.

use super::{key, names, parsed, verified, word};
use crate::ports::{GatewayNews, GatewayTopic};
use crate::signature::{Headers, Verified};
use crate::tenant::Secret;
use jiff::Timestamp;
use md5::Md5;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// `openpayu-signature: sender=checkout;signature=...;algorithm=MD5;content=DOCUMENT`: a hash of the body and the second key, hex. PayU chooses
/// the algorithm, MD5 unless it is asked for another. It is no strong proof, and none is needed: a notification only says what to look up.
pub fn verify(second_keys: &[Secret], headers: &Headers, body: &[u8]) -> Option<Verified> {
    let header = headers.one("openpayu-signature").or_else(|| headers.one("x-openpayu-signature"))?;
    let (mut signature, mut algorithm) = (None, None);
    for (name, value) in header.split(';').filter_map(|part| part.split_once('=')) {
        let place = match name.trim() {
            "signature" => &mut signature,
            "algorithm" => &mut algorithm,
            _ => continue,
        };
        if place.replace(value.trim()).is_some() {
            return None;
        }
    }
    let given = hex::decode(signature?).ok()?;
    let good = second_keys.iter().map(Secret::expose).filter(|secret| !secret.is_empty()).any(|secret| {
        let expected = match algorithm {
            Some("MD5") => Md5::new().chain_update(body).chain_update(secret).finalize().to_vec(),
            Some("SHA-256" | "SHA256" | "SHA_256") => Sha256::new().chain_update(body).chain_update(secret).finalize().to_vec(),
            _ => return false,
        };
        expected.ct_eq(&given).into()
    });
    good.then(|| verified(body, None))
}

/// Notifications of orders and of refunds.
pub fn read(body: &[u8]) -> Vec<GatewayNews> {
    let Some(said) = parsed(body) else { return Vec::new() };
    let at = |text: &serde_json::Value| text.as_str().and_then(|text| text.parse::<Timestamp>().ok());
    let (order, refund) = (&said["order"], &said["refund"]);
    let news = if refund.is_object() {
        GatewayNews {
            id: None,
            word: format!("refund.{}", word(&refund["status"])),
            topic: GatewayTopic::Refund,
            key: key(&refund["extRefundId"]),
            names: names([&refund["refundId"], &said["orderId"]]),
            at: at(&refund["statusDateTime"]),
        }
    } else {
        GatewayNews {
            id: None,
            word: format!("order.{}", word(&order["status"])),
            topic: GatewayTopic::Payment,
            key: key(&order["extOrderId"]),
            names: names([&order["orderId"]]),
            at: at(&said["localReceiptDateTime"]),
        }
    };
    if news.names.is_empty() { Vec::new() } else { vec![news] }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "demo-second-key";
    const BODY: &[u8] = br#"{"order":{"orderId":"WZHF5FFDRJ140731GUEST000P01","extOrderId":"demo#1001#authorize#1","status":"COMPLETED"},"localReceiptDateTime":"2025-08-09T10:00:00.000+02:00"}"#;

    fn with(header: String) -> Headers {
        Headers(vec![("openpayu-signature".into(), header)])
    }

    fn md5(key: &str, body: &[u8]) -> String {
        hex::encode(Md5::new().chain_update(body).chain_update(key).finalize())
    }

    fn sha256(key: &str, body: &[u8]) -> String {
        hex::encode(Sha256::new().chain_update(body).chain_update(key).finalize())
    }

    // req: S2-52
    #[test]
    fn a_notification_is_signed_with_the_second_key() {
        let keys = [Secret::new("new-second-key"), Secret::new(KEY)];
        let header = |signature: &str, algorithm: &str| {
            with(format!("sender=checkout;signature={signature};algorithm={algorithm};content=DOCUMENT"))
        };
        assert!(verify(&keys, &header(&md5(KEY, BODY), "MD5"), BODY).is_some());
        assert!(verify(&keys, &header(&sha256(KEY, BODY), "SHA-256"), BODY).is_some());
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(verify(&keys, &header(&md5(KEY, BODY), "MD5"), &changed).is_none(), "byte {at}");
        }
        assert!(verify(&keys[..1], &header(&md5(KEY, BODY), "MD5"), BODY).is_none());
        assert!(verify(&keys, &header(&md5(KEY, BODY), "SHA-256"), BODY).is_none());
        assert!(verify(&keys, &header(&md5(KEY, BODY), "none"), BODY).is_none());
        assert!(verify(&[Secret::new("")], &header(&md5("", BODY), "MD5"), BODY).is_none());
        let good = md5(KEY, BODY);
        for odd in [
            String::new(),
            "signature=;algorithm=MD5".into(),
            format!("signature={good}"),
            format!("signature={good};signature={good};algorithm=MD5"),
        ] {
            assert!(verify(&keys, &with(odd.clone()), BODY).is_none(), "{odd}");
        }
    }

    // req: S2-52
    #[test]
    fn notifications_name_what_has_to_be_looked_up() {
        let news = read(BODY);
        assert_eq!(news[0].key.as_ref().unwrap().as_str(), "demo#1001#authorize#1");
        assert_eq!((news[0].word.as_str(), news[0].names[0].as_str()), ("order.COMPLETED", "WZHF5FFDRJ140731GUEST000P01"));
        assert_eq!(news[0].at, "2025-08-09T08:00:00Z".parse().ok());
        let refund =
            br#"{"orderId":"O1","extOrderId":"x","refund":{"refundId":"912128","extRefundId":"demo#1001#refund#3","status":"FINALIZED"}}"#;
        let news = read(refund);
        assert_eq!(
            (news[0].topic, news[0].key.as_ref().unwrap().as_str(), news[0].names.len()),
            (GatewayTopic::Refund, "demo#1001#refund#3", 2)
        );
        for odd in [&b"{}"[..], b"{\"order\":{}}", b"", b"[1]"] {
            assert!(read(odd).is_empty());
        }
    }
}
