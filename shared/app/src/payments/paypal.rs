//! PayPal: <https://developer.paypal.com/api/rest/webhooks/event-names/>. Its signatures need a certificate that has to be fetched, so they are
//! checked by the adapter; here is what they are made over, and what a webhook is about.

use super::{key, names, parsed, word};
use crate::ports::{GatewayNews, GatewayTopic};
use crate::signature::{Headers, TIMESTAMP_TOLERANCE};
use domain::money::{Currency, Money};
use domain::payment::DisputeState;
use jiff::Timestamp;
use serde_json::Value;

/// What PayPal signs, and by whose certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transmission {
    /// `id|time|webhook|crc32 of the body`.
    pub signed: String,
    /// The signature, base64.
    pub signature: String,
    /// Where the certificate is.
    pub certificate_url: String,
    /// Its id, which is signed.
    pub id: String,
}

/// Longest header of a signature's, in bytes.
const HEADER_BYTES_MAX: usize = 1_000;

/// Reads a webhook's headers. A time that is off by more than five minutes is refused, as is an algorithm other than PayPal's one. It repeats
/// a delivery with a new time.
pub fn transmission(webhook_id: &str, headers: &Headers, crc32: u32, now: Timestamp) -> Option<Transmission> {
    let one = |name: &str| headers.one(name).filter(|value| value.len() <= HEADER_BYTES_MAX);
    let (id, time) = (one("paypal-transmission-id")?, one("paypal-transmission-time")?);
    let sent: Timestamp = time.parse().ok()?;
    let is_plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && b != b'|');
    let is_near = now.duration_since(sent).abs() <= TIMESTAMP_TOLERANCE;
    if one("paypal-auth-algo")? != "SHA256withRSA" || !is_near || !is_plain(id) || !is_plain(time) || webhook_id.is_empty() {
        return None;
    }
    Some(Transmission {
        signed: format!("{id}|{time}|{webhook_id}|{crc32}"),
        signature: one("paypal-transmission-sig")?.to_owned(),
        certificate_url: one("paypal-cert-url")?.to_owned(),
        id: id.to_owned(),
    })
}

/// Events of orders, authorizations, captures, refunds and disputes.
pub fn read(body: &[u8]) -> Vec<GatewayNews> {
    let Some(event) = parsed(body) else { return Vec::new() };
    let resource = &event["resource"];
    let word = word(&event["event_type"]);
    let topic = match word.split_once('.') {
        Some(("CUSTOMER", rest)) if rest.starts_with("DISPUTE.") => dispute(resource),
        Some(("PAYMENT", "CAPTURE.REFUNDED" | "CAPTURE.REVERSED")) => GatewayTopic::Refund,
        Some(("PAYMENT", rest)) if rest.starts_with("REFUND.") => GatewayTopic::Refund,
        Some(("PAYMENT", rest)) if rest.starts_with("AUTHORIZATION.") || rest.starts_with("CAPTURE.") => GatewayTopic::Payment,
        Some(("CHECKOUT", rest)) if rest.starts_with("ORDER.") => GatewayTopic::Payment,
        _ => return Vec::new(),
    };
    let unit = &resource["purchase_units"][0];
    let related = &resource["supplementary_data"]["related_ids"];
    let disputed = &resource["disputed_transactions"][0]["seller_transaction_id"];
    // A link "up" leads from a refund to its capture, and from a capture to its authorization.
    let links = resource["links"].as_array().into_iter().flatten().take(10);
    let up = links.filter(|link| link["rel"] == "up").filter_map(|link| link["href"].as_str()?.rsplit('/').next()).next();
    let mut names = names([
        &resource["id"],
        &resource["dispute_id"],
        &related["capture_id"],
        &related["authorization_id"],
        &related["order_id"],
        disputed,
    ]);
    names.extend(super::names([&Value::from(up)]).into_iter().filter(|name| !names.contains(name)).collect::<Vec<_>>());
    if names.is_empty() {
        return Vec::new();
    }
    // Captures have the number of their invoice, everything else what is custom; a capture's custom id is its order's.
    let named = [&resource["invoice_id"], &resource["custom_id"], &unit["custom_id"]];
    vec![GatewayNews {
        id: event["id"].as_str().map(str::to_owned),
        word,
        topic,
        key: named.into_iter().find_map(key),
        names,
        at: event["create_time"].as_str().and_then(|time| time.parse().ok()),
    }]
}

/// Where a dispute of PayPal's stands. Who paid in the end if it was "resolved with payout" PayPal does not say, so that stays open for a person.
pub fn dispute_state(dispute: &Value) -> DisputeState {
    match dispute["dispute_outcome"]["outcome_code"].as_str() {
        Some("RESOLVED_SELLER_FAVOUR" | "CANCELED_BY_BUYER" | "DENIED") => DisputeState::Won,
        Some("RESOLVED_BUYER_FAVOUR" | "ACCEPTED") => DisputeState::Lost,
        _ => DisputeState::Opened,
    }
}

fn dispute(resource: &Value) -> GatewayTopic {
    let state = dispute_state(resource);
    let said = &resource["dispute_amount"];
    let amount = said["currency_code"].as_str().and_then(|code| Currency::parse(code).ok()).and_then(|currency| {
        let value = said["value"].as_str()?;
        Money::parse(value, currency).ok()
    });
    GatewayTopic::Dispute { state, amount }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn now() -> Timestamp {
        "2025-08-09T10:00:00Z".parse().unwrap()
    }

    fn headers() -> Headers {
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        Headers(vec![
            header("paypal-transmission-id", "69cd13f0-d67a-11e5-baa3-778b53f4ae55"),
            header("paypal-transmission-time", "2025-08-09T09:58:00Z"),
            header("paypal-transmission-sig", "AAAA"),
            header("paypal-cert-url", "https://api.paypal.com/v1/notifications/certs/CERT-1"),
            header("paypal-auth-algo", "SHA256withRSA"),
        ])
    }

    // req: S2-52
    #[test]
    fn the_id_the_time_our_webhook_and_a_sum_of_the_body_are_signed() {
        let read = transmission("1JE4291016473214C", &headers(), 2_771_810_304, now()).unwrap();
        assert_eq!(read.signed, "69cd13f0-d67a-11e5-baa3-778b53f4ae55|2025-08-09T09:58:00Z|1JE4291016473214C|2771810304");
        let alter = |name: &str, value: &str| {
            let mut headers = headers();
            headers.0.iter_mut().filter(|header| header.0 == name).for_each(|header| header.1 = value.into());
            headers
        };
        for (name, value) in [
            ("paypal-auth-algo", "SHA1withRSA"),
            ("paypal-auth-algo", "none"),
            ("paypal-transmission-time", "2025-08-09T09:54:59Z"),
            ("paypal-transmission-time", "2025-08-09T10:05:01Z"),
            ("paypal-transmission-time", "soon"),
            ("paypal-transmission-id", "a|b"),
            ("paypal-transmission-id", ""),
            ("paypal-transmission-sig", ""),
        ] {
            assert_eq!(transmission("1JE4291016473214C", &alter(name, value), 1, now()), None, "{name}: {value}");
        }
        assert_eq!(transmission("", &headers(), 1, now()), None);
        assert_eq!(transmission("1JE4291016473214C", &alter("paypal-transmission-id", &"x".repeat(1_001)), 1, now()), None);
        let mut twice = headers();
        twice.0.push(twice.0[0].clone());
        assert_eq!(transmission("1JE4291016473214C", &twice, 1, now()), None);
    }

    // req: S2-52
    #[test]
    fn events_name_what_has_to_be_looked_up() {
        let read_one = |word: &str, resource: Value| {
            read(
                json!({"id": "WH-1", "event_type": word, "create_time": "2025-08-09T09:58:00Z", "resource": resource})
                    .to_string()
                    .as_bytes(),
            )
        };
        let news = read_one("CHECKOUT.ORDER.APPROVED", json!({"id": "5O1", "purchase_units": [{"custom_id": "demo#1001#authorize#1"}]}));
        assert_eq!((news[0].topic, news[0].key.as_ref().unwrap().as_str()), (GatewayTopic::Payment, "demo#1001#authorize#1"));
        let capture = json!({
            "id": "2GG", "invoice_id": "demo#1001#capture#2", "custom_id": "demo#1001#authorize#1",
            "supplementary_data": {"related_ids": {"order_id": "5O1", "authorization_id": "0VF"}},
        });
        let news = read_one("PAYMENT.CAPTURE.COMPLETED", capture);
        assert_eq!(news[0].key.as_ref().unwrap().as_str(), "demo#1001#capture#2");
        assert_eq!(news[0].names.iter().map(|name| name.as_str()).collect::<Vec<_>>(), ["2GG", "0VF", "5O1"]);
        let refund = json!({
            "id": "1JU", "custom_id": "demo#1001#refund#3",
            "links": [{"rel": "self", "href": "x/1JU"}, {"rel": "up", "href": "https://api.paypal.com/v2/payments/captures/2GG"}],
        });
        let news = read_one("PAYMENT.CAPTURE.REFUNDED", refund);
        assert_eq!((news[0].topic, news[0].names[1].as_str()), (GatewayTopic::Refund, "2GG"));
        let dispute = json!({
            "dispute_id": "PP-D-1", "status": "RESOLVED", "dispute_outcome": {"outcome_code": "RESOLVED_BUYER_FAVOUR"},
            "dispute_amount": {"currency_code": "EUR", "value": "5.00"}, "disputed_transactions": [{"seller_transaction_id": "2GG"}],
        });
        let news = read_one("CUSTOMER.DISPUTE.RESOLVED", dispute);
        assert!(matches!(news[0].topic, GatewayTopic::Dispute { state: DisputeState::Lost, amount: Some(_) }));
        assert_eq!(news[0].names.len(), 2);
        assert!(read_one("BILLING.PLAN.CREATED", json!({"id": "P-1"})).is_empty());
        assert!(read_one("PAYMENT.CAPTURE.COMPLETED", json!({})).is_empty());
        assert!(read(b"nonsense").is_empty());
    }
}
