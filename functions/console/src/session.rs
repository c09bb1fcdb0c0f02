//! The signed session cookie and the token that every form carries.
//!
//! A session is stateless and short: it names the API key it was opened with, by hash, and every request
//! loads that key again. What the key may do, and whether it is revoked, is therefore never older than the
//! request itself, and the cookie holds no right of its own. The hash is no credential: it is SHA-256 of 256
//! random bits.

use app::Error;
use app::ports::Limit;
use app::tenant::Secret;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ids::TenantId;
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderMap;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// The cookie's name.
pub const COOKIE: &str = "of_session";
/// A working day; then the key must be shown again.
pub const LIFETIME: SignedDuration = SignedDuration::from_hours(8);
/// The end of a session, which comes once: a bucket of its own with room for nothing else, for as long as
/// its cookie would be good.
pub const END: Limit = Limit { count: 1, window: LIFETIME };
/// How far another machine's clock may be ahead of ours.
const SKEW: SignedDuration = SignedDuration::from_mins(1);
/// Longest cookie that is looked at.
const COOKIE_BYTES_MAX: usize = 1_024;

/// What the cookie says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Whose data.
    pub tenant: TenantId,
    /// SHA-256 of the API key, hex.
    pub key_hash: String,
    /// Since when.
    pub issued_at: Timestamp,
    /// Tells two sessions of one key apart; the forms' token is made of it.
    pub nonce: String,
}

/// The hash under which an API key is stored.
pub fn key_hash(key: &str) -> String {
    hex::encode(Sha256::digest(key.as_bytes()))
}

/// Signs sessions and reads them.
#[derive(Clone)]
pub struct Sessions {
    key: Secret,
}

impl Session {
    /// Where its end is written down.
    pub fn end_bucket(&self) -> String {
        format!("session-end:{}", self.nonce)
    }
}

impl Sessions {
    /// With a key of at least 32 characters. The same key may sign other things: what is signed here says
    /// what it is for.
    pub fn new(key: Secret) -> Sessions {
        Sessions { key }
    }

    fn mac(&self, purpose: &str, what: &[u8]) -> Result<Hmac<Sha256>, Error> {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.key.expose().as_bytes()).map_err(|_| Error::Fatal("session key".into()))?;
        mac.update(b"orderflow console ");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac.update(what);
        Ok(mac)
    }

    /// The cookie's value.
    pub fn seal(&self, session: &Session) -> Result<String, Error> {
        let payload = serde_json::to_vec(session).map_err(|why| Error::Fatal(why.to_string()))?;
        let tag = self.mac("session", &payload)?.finalize().into_bytes();
        Ok(format!("{}.{}", URL_SAFE_NO_PAD.encode(payload), URL_SAFE_NO_PAD.encode(tag)))
    }

    /// Reads a cookie's value. Forged, mangled, expired and from the future all look like none.
    pub fn open(&self, text: &str, now: Timestamp) -> Option<Session> {
        let (payload, tag) = Some(text).filter(|text| text.len() <= COOKIE_BYTES_MAX)?.split_once('.')?;
        let (payload, tag) = (URL_SAFE_NO_PAD.decode(payload).ok()?, URL_SAFE_NO_PAD.decode(tag).ok()?);
        // Compares in constant time.
        self.mac("session", &payload).ok()?.verify_slice(&tag).ok()?;
        let session: Session = serde_json::from_slice(&payload).ok()?;
        let age = now.duration_since(session.issued_at);
        (age < LIFETIME && age > -SKEW).then_some(session)
    }

    /// What every form of this session carries.
    pub fn form_token(&self, session: &Session) -> Result<String, Error> {
        Ok(hex::encode(&self.mac("form", session.nonce.as_bytes())?.finalize().into_bytes()[..16]))
    }

    /// Is it this session's?
    pub fn is_form_token(&self, session: &Session, text: &str) -> bool {
        self.form_token(session).is_ok_and(|token| token.as_bytes().ct_eq(text.as_bytes()).into())
    }
}

/// The session cookie's value in a request.
pub fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(http::header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    all.flat_map(|line| line.split(';')).find_map(|pair| pair.trim().strip_prefix(COOKIE)?.strip_prefix('='))
}

/// `Set-Cookie` for a new session.
pub fn set(value: &str, secure: bool) -> String {
    line(value, LIFETIME.as_secs(), secure)
}

/// `Set-Cookie` that takes it away.
pub fn clear(secure: bool) -> String {
    line("", 0, secure)
}

fn line(value: &str, seconds: i64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{COOKIE}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(key: &str) -> Sessions {
        Sessions::new(Secret::new(key.repeat(32)))
    }

    fn session(issued_at: Timestamp) -> Session {
        Session { tenant: TenantId::parse("demo").unwrap(), key_hash: key_hash("k"), issued_at, nonce: "n".into() }
    }

    #[test]
    fn a_session_holds_for_eight_hours_and_under_one_key() {
        let start: Timestamp = "2025-08-09T10:00:00Z".parse().unwrap();
        let sealed = sessions("a").seal(&session(start)).unwrap();
        assert_eq!(sessions("a").open(&sealed, start), Some(session(start)));
        assert!(sessions("a").open(&sealed, start + LIFETIME - SignedDuration::from_secs(1)).is_some());
        assert_eq!(sessions("a").open(&sealed, start + LIFETIME), None, "expired");
        assert_eq!(sessions("a").open(&sealed, start - SignedDuration::from_hours(1)), None, "from the future");
        assert_eq!(sessions("b").open(&sealed, start), None, "another key");
        for at in 0..sealed.len() {
            let mut forged = sealed.clone().into_bytes();
            forged[at] = if forged[at] == b'A' { b'B' } else { b'A' };
            let forged = String::from_utf8(forged).unwrap();
            // The last character of each part has bits that mean nothing, which a strict decoder refuses.
            assert_eq!(sessions("a").open(&forged, start), None, "forged at {at}");
        }
        for bad in ["", ".", "a.b", &"x".repeat(5_000)] {
            assert_eq!(sessions("a").open(bad, start), None);
        }
    }

    #[test]
    fn a_form_token_belongs_to_one_session() {
        let start: Timestamp = "2025-08-09T10:00:00Z".parse().unwrap();
        let (one, other) = (session(start), Session { nonce: "m".into(), ..session(start) });
        let token = sessions("a").form_token(&one).unwrap();
        assert!(sessions("a").is_form_token(&one, &token));
        assert!(!sessions("a").is_form_token(&other, &token));
        assert!(!sessions("b").is_form_token(&one, &token));
        assert!(!sessions("a").is_form_token(&one, ""));
    }

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        headers.append(http::header::COOKIE, "a=1; of_session_old=2".parse().unwrap());
        assert_eq!(cookie(&headers), None);
        headers.append(http::header::COOKIE, "of_session=x.y; b=3".parse().unwrap());
        assert_eq!(cookie(&headers), Some("x.y"));
        assert_eq!(set("v", true), "of_session=v; Path=/; Max-Age=28800; HttpOnly; SameSite=Strict; Secure");
        assert_eq!(clear(false), "of_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict");
    }
}
