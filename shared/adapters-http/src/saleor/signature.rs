//! `Saleor-Signature`: a JWS (RFC 7515) by RS256 whose payload is the body as it came, not encoded and not in the header (RFC 7797):
//! <https://docs.saleor.io/developer/extending/webhooks/payload-signature>.

use super::Reach;
use crate::jwks::{self, Keys, algorithm};
use app::ports::{PortError, PortResult, SaleorKeys};
use app::tenant::SaleorSettings;
use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde::Deserialize;
use serde::de::IgnoredAny;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Saleors whose keys are kept at a time.
const KEPT_MAX: usize = 256;
/// Longest id of a key.
const KID_BYTES_MAX: usize = 200;

/// Checks signatures against the keys that each Saleor publishes.
pub struct SaleorSignatures {
    reach: Reach,
    known: Mutex<HashMap<String, Arc<Keys>>>,
}

/// The protected header. Anything else in it is no business of ours.
#[derive(Deserialize)]
struct Protected {
    alg: String,
    kid: String,
    #[serde(default)]
    crit: Vec<String>,
    #[serde(default)]
    b64: Option<bool>,
    jku: Option<IgnoredAny>,
    jwk: Option<IgnoredAny>,
    x5u: Option<IgnoredAny>,
    x5c: Option<IgnoredAny>,
}

impl Protected {
    /// The id of the key, if it is the one kind of signature that Saleor makes. Keys that a signature brings along are a stranger's word.
    fn key(self) -> Option<String> {
        let brings = self.jku.is_some() || self.jwk.is_some() || self.x5u.is_some() || self.x5c.is_some();
        let is_theirs = self.alg == "RS256" && self.b64 == Some(false) && self.crit == ["b64"];
        (is_theirs && !brings && (1..=KID_BYTES_MAX).contains(&self.kid.len())).then_some(self.kid)
    }
}

impl SaleorSignatures {
    /// On the open net; and at a double's, if there is one.
    pub fn new(double: Option<String>) -> SaleorSignatures {
        SaleorSignatures { reach: Reach { double }, known: Mutex::default() }
    }

    fn keys_of(&self, account: &SaleorSettings) -> PortResult<Arc<Keys>> {
        let origin = account.origin();
        let Some(url) = self.reach.url(&format!("{origin}/.well-known/jwks.json")) else {
            return Err(PortError::Retryable("Saleor's keys: saleor.api_url must lead to the open net".into()));
        };
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT_MAX && !known.contains_key(origin) {
            known.clear();
        }
        let keys = || Arc::new(Keys::new(self.reach.client(jwks::TIMEOUT), url.as_str(), "Saleor's keys"));
        Ok(known.entry(origin.to_owned()).or_insert_with(keys).clone())
    }
}

#[async_trait]
impl SaleorKeys for SaleorSignatures {
    async fn is_signed(&self, account: &SaleorSettings, signature: &str, body: &[u8], now: Timestamp) -> PortResult<bool> {
        let mut parts = signature.split('.');
        let (Some(header), Some(""), Some(signed), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            return Ok(false);
        };
        let read = URL_SAFE_NO_PAD.decode(header).ok().and_then(|json| serde_json::from_slice::<Protected>(&json).ok());
        let Some(kid) = read.and_then(Protected::key) else { return Ok(false) };
        let Some(key) = self.keys_of(account)?.key(&kid, now).await? else { return Ok(false) };
        // The one algorithm the key is for: the header has agreed, and has no other say in it.
        let Some(decoding) = (algorithm(&key) == Some(Algorithm::RS256)).then(|| DecodingKey::from_jwk(&key).ok()).flatten() else {
            return Ok(false);
        };
        let message = [header.as_bytes(), b".", body].concat();
        Ok(crypto::verify(signed, &message, &decoding, Algorithm::RS256).unwrap_or(false))
    }
}
