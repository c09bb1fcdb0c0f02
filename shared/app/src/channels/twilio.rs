//! What Twilio reports: <https://www.twilio.com/docs/usage/webhooks/webhooks-security>,
//! <https://www.twilio.com/docs/messaging/guides/outbound-message-status-in-status-callbacks>.

use super::{Incoming, ReceiptState, brief, kept, reference};
use crate::signature::Headers;
use crate::tenant::Secret;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

/// Fields of a form. Twilio sends about thirty.
const FIELDS_MAX: usize = 200;

fn fields(body: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(body).take(FIELDS_MAX).map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

/// HMAC-SHA1 over the address as it was called and the form's fields in alphabetical order, as Twilio signs.
pub(super) fn is_signed(token: &Secret, url: &str, headers: &Headers, body: &[u8]) -> bool {
    let Some(given) = headers.one("x-twilio-signature").and_then(|given| STANDARD.decode(given).ok()) else { return false };
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(token.expose().as_bytes()) else { return false };
    let mut fields = fields(body);
    fields.sort();
    mac.update(url.as_bytes());
    for (name, value) in &fields {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac.verify_slice(&given).is_ok()
}

/// A receipt, if it says something about delivery, or a text message.
pub(super) fn read(body: &[u8], about: Option<&str>) -> Vec<Incoming> {
    let fields = fields(body);
    let of = |name: &str| fields.iter().find(|field| field.0 == name).map(|field| field.1.as_str()).filter(|value| !value.is_empty());
    let Some(id) = of("MessageSid") else { return Vec::new() };
    let provider_id = brief(id);
    match (of("MessageStatus"), about, of("From"), of("Body")) {
        (Some(status), Some(about), _, _) => {
            let state = match status {
                "delivered" => ReceiptState::Delivered,
                "read" => ReceiptState::Opened,
                "undelivered" | "failed" => ReceiptState::Bounced,
                _ => return Vec::new(),
            };
            let error = of("ErrorCode").map(|code| format!("Twilio could not deliver it: error {}", brief(code)));
            let reason = error.filter(|_| state == ReceiptState::Bounced);
            reference(about).map(|about| Incoming::Receipt { about, state, provider_id, reason }).into_iter().collect()
        }
        (None, _, Some(from), text) => vec![Incoming::Reply { from: brief(from), text: kept(text.unwrap_or_default()), id: provider_id }],
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of Twilio's own documentation.
    // req: S1-29
    #[test]
    fn signatures_are_checked_as_twilio_makes_them() {
        let token = Secret::new("12345");
        let url = "https://example.com/myapp.php?foo=1&bar=2";
        let body = b"CallSid=CA1234567890ABCDE&Caller=%2B14158675310&Digits=1234&From=%2B14158675310&To=%2B18005551212";
        let signed = |signature: &str| Headers(vec![("x-twilio-signature".into(), signature.into())]);
        assert!(is_signed(&token, url, &signed("L/OH5YylLD5NRKLltdqwSvS0BnU="), body));
        assert!(!is_signed(&token, "https://example.com/myapp.php?foo=1", &signed("L/OH5YylLD5NRKLltdqwSvS0BnU="), body));
        assert!(!is_signed(&Secret::new("12346"), url, &signed("L/OH5YylLD5NRKLltdqwSvS0BnU="), body));
        assert!(!is_signed(&token, url, &signed("L/OH5YylLD5NRKLltdqwSvS0BnU="), b"CallSid=CA1234567890ABCDF"));
        for odd in ["", "not base64!", "AAAA"] {
            assert!(!is_signed(&token, url, &signed(odd), body), "{odd}");
        }
        assert!(!is_signed(&token, url, &Headers(Vec::new()), body));
    }

    // req: S1-27, S1-29
    #[test]
    fn receipts_and_replies_are_told_apart() {
        let receipt = |status: &str| read(format!("MessageSid=SM1&MessageStatus={status}&ErrorCode=30006").as_bytes(), Some("1001/e/r"));
        let one = |state, reason: Option<&str>| {
            vec![Incoming::Receipt { about: "1001/e/r".into(), state, provider_id: "SM1".into(), reason: reason.map(str::to_owned) }]
        };
        assert_eq!(receipt("delivered"), one(ReceiptState::Delivered, None));
        assert_eq!(receipt("undelivered"), one(ReceiptState::Bounced, Some("Twilio could not deliver it: error 30006")));
        for silent in ["queued", "sent", "accepted", "nonsense"] {
            assert_eq!(receipt(silent), [], "{silent}");
        }
        assert_eq!(read(b"MessageSid=SM1&MessageStatus=delivered", None), [], "about nothing of ours");
        let reply = read("MessageSid=SM2&From=%2B48600100200&Body=Kiedy+b\u{119}dzie%3F&SmsStatus=received".as_bytes(), None);
        let expected = Incoming::Reply { from: "+48600100200".into(), text: "Kiedy b\u{119}dzie?".into(), id: "SM2".into() };
        assert_eq!(reply, [expected]);
        assert_eq!(read(b"\xff\xfe&&&=", None), []);
    }
}
