//! Is this webhook from who it says it is? Checked over the raw bytes, before anything is parsed.

use crate::tenant::{HookEndpoint, Secret, SignatureScheme};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};
use standardwebhooks::Webhook;
use subtle::ConstantTimeEq;

/// How far a signed timestamp may be from our clock, either way.
pub const TIMESTAMP_TOLERANCE: SignedDuration = SignedDuration::from_mins(5);

/// A request's headers, names in lower case, in the order they came; a name may occur twice.
#[derive(Debug, Clone, Default)]
pub struct Headers(pub Vec<(String, String)>);

impl Headers {
    /// The value of a header that must occur exactly once.
    pub fn one(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|header| header.0 == name).map(|header| header.1.as_str());
        let first = values.next()?;
        if values.next().is_some() || first.is_empty() { None } else { Some(first) }
    }
}

/// What a good signature proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// The sender's id for the message, if it is covered by the signature. Anything else in a header
    /// proves nothing: a replay could come under any id.
    pub signed_id: Option<String>,
    /// SHA-256 of the body, hex.
    pub body_hash: String,
}

/// Verifies a request. `None` for every reason alike.
pub fn verify(endpoint: &HookEndpoint, headers: &Headers, body: &[u8], now: Timestamp) -> Option<Verified> {
    let body_hash = hex::encode(Sha256::digest(body));
    match endpoint.scheme {
        SignatureScheme::StandardWebhooks => {
            let id = headers.one("webhook-id")?;
            let stamp = headers.one("webhook-timestamp")?;
            let signatures = headers.one("webhook-signature")?;
            let plain = !stamp.is_empty() && stamp.len() <= 12 && stamp.bytes().all(|b| b.is_ascii_digit());
            let seconds: i64 = stamp.parse().ok().filter(|_| plain)?;
            let sent = Timestamp::from_second(seconds).ok()?;
            if now.duration_since(sent).abs() > TIMESTAMP_TOLERANCE || id.len() > 256 {
                return None;
            }
            let good = endpoint.secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty()).any(|secret| {
                let expected = Webhook::new(secret).and_then(|signer| signer.sign(id, seconds, body));
                let Ok(expected) = expected else { return false };
                signatures.split(' ').take(8).any(|given| given.as_bytes().ct_eq(expected.as_bytes()).into())
            });
            good.then(|| Verified { signed_id: Some(id.to_owned()), body_hash })
        }
        SignatureScheme::Hmac => {
            let given = decode(headers.one("x-signature")?)?;
            is_hmac_sha256(&endpoint.secrets, &[body], &given).then_some(Verified { signed_id: None, body_hash })
        }
    }
}

/// Does one of these secrets give this signature of the parts, one behind the other? No secret means nobody can have signed, not that nobody
/// needs to.
pub fn is_hmac_sha256(secrets: &[Secret], parts: &[&[u8]], given: &[u8]) -> bool {
    secrets.iter().map(Secret::expose).filter(|secret| !secret.is_empty()).any(|secret| {
        let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
        mac.is_ok_and(|mut mac| {
            parts.iter().for_each(|part| mac.update(part));
            mac.verify_slice(given).is_ok()
        })
    })
}

/// Hex or base64, with or without `sha256=`.
fn decode(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("sha256=").unwrap_or(text);
    let bytes = if text.len() == 64 { hex::decode(text).ok() } else { STANDARD.decode(text).ok() }?;
    (bytes.len() == 32).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::order::Vocabulary;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const BODY: &[u8] = br#"{"orderId":"1001","status":"Shipped","email":"a@b.co"}"#;

    fn now() -> Timestamp {
        Timestamp::from_second(1_754_700_000).unwrap()
    }

    fn endpoint(scheme: SignatureScheme, secrets: &[&str]) -> HookEndpoint {
        let secrets = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        HookEndpoint { name: "order-status".into(), scheme, secrets, vocabulary: Vocabulary::Sheet, notify: true }
    }

    fn signed(secret: &str, id: &str, seconds: i64, body: &[u8]) -> Headers {
        let signature = Webhook::new(secret).unwrap().sign(id, seconds, body).unwrap();
        Headers(vec![
            ("webhook-id".into(), id.into()),
            ("webhook-timestamp".into(), seconds.to_string()),
            ("webhook-signature".into(), signature),
        ])
    }

    #[test]
    fn standard_webhooks() {
        let at = now().as_second();
        let endpoint = endpoint(SignatureScheme::StandardWebhooks, &[SECRET]);
        let good = signed(SECRET, "msg_1", at, BODY);
        assert_eq!(verify(&endpoint, &good, BODY, now()).unwrap().signed_id.as_deref(), Some("msg_1"));
        for off in [-300, 300] {
            assert!(verify(&endpoint, &signed(SECRET, "m", at + off, BODY), BODY, now()).is_some(), "{off}");
        }
        for off in [-301, 301] {
            assert!(verify(&endpoint, &signed(SECRET, "m", at + off, BODY), BODY, now()).is_none(), "{off}");
        }
        // Any changed byte of what is signed is refused (I21).
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 1;
            assert!(verify(&endpoint, &good, &changed, now()).is_none(), "byte {at}");
        }
        let alter = |name: &str, value: &str| {
            let mut headers = good.clone();
            headers.0.iter_mut().filter(|header| header.0 == name).for_each(|header| header.1 = value.into());
            headers
        };
        for (name, value) in [
            ("webhook-id", "msg_2"),
            ("webhook-id", ""),
            ("webhook-timestamp", "soon"),
            ("webhook-timestamp", "-1"),
            ("webhook-timestamp", "99999999999999999999"),
            ("webhook-signature", ""),
            ("webhook-signature", "v1,"),
            ("webhook-signature", "v1a,abc"),
        ] {
            assert!(verify(&endpoint, &alter(name, value), BODY, now()).is_none(), "{name}: {value}");
        }
        for name in ["webhook-id", "webhook-timestamp", "webhook-signature"] {
            let mut missing = good.clone();
            missing.0.retain(|header| header.0 != name);
            assert!(verify(&endpoint, &missing, BODY, now()).is_none(), "without {name}");
            let mut twice = good.clone();
            let again = twice.0.iter().find(|header| header.0 == name).cloned().unwrap();
            twice.0.push(again);
            assert!(verify(&endpoint, &twice, BODY, now()).is_none(), "two {name}");
        }
        // Several signatures in one header is how the standard rotates secrets.
        let both = format!("v1,AAAA {}", good.one("webhook-signature").unwrap());
        assert!(verify(&endpoint, &alter("webhook-signature", &both), BODY, now()).is_some());
    }

    #[test]
    fn both_secrets_hold_during_a_rotation_and_the_old_one_not_after() {
        let new = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let old = signed(SECRET, "m", now().as_second(), BODY);
        assert!(verify(&endpoint(SignatureScheme::StandardWebhooks, &[new, SECRET]), &old, BODY, now()).is_some());
        assert!(verify(&endpoint(SignatureScheme::StandardWebhooks, &[new]), &old, BODY, now()).is_none());
    }

    #[test]
    fn plain_hmac() {
        let secret = "a-secret-of-enough-length";
        let endpoint = endpoint(SignatureScheme::Hmac, &[secret]);
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(BODY);
        let tag = mac.finalize().into_bytes();
        let with = |value: String| Headers(vec![("x-signature".into(), value)]);
        for form in [hex::encode(tag), format!("sha256={}", hex::encode(tag)), STANDARD.encode(tag), hex::encode(tag).to_uppercase()] {
            let verified = verify(&endpoint, &with(form.clone()), BODY, now()).unwrap();
            assert_eq!(verified.signed_id, None, "{form}");
        }
        for bad in [String::new(), "sha256=".into(), hex::encode(&tag[..31]), "zz".repeat(32), STANDARD.encode(&tag[..16])] {
            assert!(verify(&endpoint, &with(bad.clone()), BODY, now()).is_none(), "{bad}");
        }
        let twice = Headers(vec![("x-signature".into(), hex::encode(tag)), ("x-signature".into(), hex::encode(tag))]);
        assert!(verify(&endpoint, &twice, BODY, now()).is_none());
        assert!(verify(&endpoint, &Headers::default(), BODY, now()).is_none());
    }

    #[test]
    fn no_secret_verifies_nothing() {
        for secrets in [&[][..], &[""][..]] {
            let endpoint = endpoint(SignatureScheme::Hmac, secrets);
            let mac = Hmac::<Sha256>::new_from_slice(b"").unwrap().chain_update(BODY).finalize().into_bytes();
            assert!(verify(&endpoint, &Headers(vec![("x-signature".into(), hex::encode(mac))]), BODY, now()).is_none());
        }
    }
}
