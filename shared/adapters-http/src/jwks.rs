//! Tokens of an identity provider, checked against its published keys (JWKS, RFC 7517; JWT BCP, RFC 8725).

use crate::client::{Client, text};
use app::ports::{PortError, PortResult, TokenVerifier};
use app::{Identity, Scopes};
use async_trait::async_trait;
use domain::ids::TenantId;
use domain::order::Role;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::Mutex;

/// Keys are read again after this.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// An unknown key id makes us look again, but not more often than this: ids cost an attacker nothing.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// A provider that does not answer is left alone this long: every try costs a caller up to three seconds.
const REST_AFTER_FAILURE: SignedDuration = SignedDuration::from_secs(10);
/// Keys that cannot be read again are good this long: a provider's bad hour must not lock everybody out.
const STALE_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Time limit of one reading.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(3);
/// No token is good for longer than a day, whatever its issuer says: people who have left are out by then.
const LIFE_S_MAX: i64 = 86_400;
/// Clock skew allowed for `exp` and `nbf`.
const LEEWAY_S: i64 = 60;

/// The published keys of somebody who signs.
pub(crate) struct Keys {
    client: Client,
    url: String,
    whose: &'static str,
    known: Mutex<Known>,
}

/// Verifies tokens of one issuer for one audience.
pub struct Jwks {
    keys: Keys,
    issuer: String,
    audience: String,
}

/// What is known of somebody's keys.
#[derive(Default)]
struct Known {
    /// The keys, and when they were read.
    keys: Option<(Timestamp, JwkSet)>,
    /// When reading them last failed.
    failed_at: Option<Timestamp>,
}

impl Known {
    /// A key, if the keys were read less than so long ago.
    fn key(&self, kid: &str, now: Timestamp, within: SignedDuration) -> Option<&Jwk> {
        let (read_at, keys) = self.keys.as_ref()?;
        keys.find(kid).filter(|_| now.duration_since(*read_at) < within)
    }
}

/// The claims we read. Times are whole seconds; anything else is no time.
#[derive(Debug, Deserialize)]
struct Claims {
    sub: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    tenant: String,
    role: Role,
}

impl Jwks {
    /// Of an issuer that publishes its keys at `url`.
    pub fn new(url: impl Into<String>, issuer: impl Into<String>, audience: impl Into<String>) -> Jwks {
        let keys = Keys::new(Client::new(TIMEOUT), url, "identity provider's keys");
        Jwks { keys, issuer: issuer.into(), audience: audience.into() }
    }
}

impl Keys {
    /// Published at `url`. In errors they are called what `whose` says.
    pub(crate) fn new(client: Client, url: impl Into<String>, whose: &'static str) -> Keys {
        Keys { client, url: url.into(), whose, known: Mutex::default() }
    }

    /// A key by its id; none if there is no such key.
    ///
    /// # Errors
    /// `Retryable` if they cannot be read.
    pub(crate) async fn key(&self, kid: &str, now: Timestamp) -> PortResult<Option<Jwk>> {
        let mut known = self.known.lock().await;
        if let Some(key) = known.key(kid, now, FRESH_FOR) {
            return Ok(Some(key.clone()));
        }
        let just_read =
            known.keys.as_ref().is_some_and(|(read_at, keys)| keys.find(kid).is_none() && now.duration_since(*read_at) < LOOK_AGAIN_AFTER);
        if just_read {
            return Ok(None);
        }
        let resting = known.failed_at.is_some_and(|failed_at| now.duration_since(failed_at) < REST_AFTER_FAILURE);
        let fetched = if resting { Err(self.failed("did not answer a moment ago")) } else { self.fetch().await };
        match fetched {
            Ok(keys) => {
                let key = keys.find(kid).cloned();
                *known = Known { keys: Some((now, keys)), failed_at: None };
                Ok(key)
            }
            Err(why) => {
                if !resting {
                    known.failed_at = Some(now);
                }
                known.key(kid, now, STALE_FOR).map(|key| Some(key.clone())).ok_or(why)
            }
        }
    }

    async fn fetch(&self) -> PortResult<JwkSet> {
        let client = self.client.get().await.map_err(|_| self.failed("no client"))?;
        let response = client.get(&self.url).send().await.map_err(|_| self.failed("unreachable"))?;
        if !response.status().is_success() {
            return Err(self.failed("refused"));
        }
        let body = text(response).await.map_err(|_| self.failed("broke off"))?;
        serde_json::from_str(&body).map_err(|_| self.failed("not a key set"))
    }

    fn failed(&self, why: &str) -> PortError {
        PortError::Retryable(format!("{}: {why}", self.whose))
    }
}

/// The one algorithm a key is for. The token has no say in it beyond agreeing.
///
/// Where the key does not say (Microsoft Entra ID's do not), its type does: RS256 is what a bare RSA key is used for,
/// and only ES256 fits the curve P-256.
pub(crate) fn algorithm(key: &Jwk) -> Option<Algorithm> {
    if key.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return None;
    }
    if key.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return None;
    }
    match (key.common.key_algorithm, &key.algorithm) {
        (Some(KeyAlgorithm::RS256), _) | (None, AlgorithmParameters::RSA(_)) => Some(Algorithm::RS256),
        (Some(KeyAlgorithm::ES256), _) => Some(Algorithm::ES256),
        (None, AlgorithmParameters::EllipticCurve(curve)) if curve.curve == EllipticCurve::P256 => Some(Algorithm::ES256),
        _ => None,
    }
}

/// Checks a token with one key.
fn identity(token: &str, key: &Jwk, issuer: &str, audience: &str, now: Timestamp) -> Option<Identity> {
    let algorithm = algorithm(key)?;
    let mut validation = Validation::new(algorithm);
    validation.set_issuer(&[issuer]);
    validation.set_audience(&[audience]);
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    // The library would read the system's clock; ours is checked below.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    let decoding = DecodingKey::from_jwk(key).ok()?;
    let claims = decode::<Claims>(token, &decoding, &validation).ok()?.claims;
    let now = now.as_second();
    let far_away = now.checked_add(LIFE_S_MAX + LEEWAY_S)?;
    let in_time = claims.exp > now - LEEWAY_S && claims.exp <= far_away && claims.nbf.is_none_or(|from| from <= now + LEEWAY_S);
    let known_role = !matches!(claims.role, Role::Customer | Role::Service);
    let named = !claims.sub.is_empty() && claims.sub.len() <= 128 && !claims.sub.chars().any(char::is_control);
    if !in_time || !known_role || !named {
        return None;
    }
    let tenant = TenantId::parse(&claims.tenant).ok()?;
    Some(Identity { tenant, principal: format!("user:{}", claims.sub), role: claims.role, scopes: Scopes::of_role(claims.role) })
}

#[async_trait]
impl TokenVerifier for Jwks {
    async fn verify(&self, token: &str, now: Timestamp) -> PortResult<Option<Identity>> {
        let Ok(header) = decode_header(token) else { return Ok(None) };
        let plain = header.typ.as_deref().is_none_or(|typ| typ.eq_ignore_ascii_case("jwt") || typ.eq_ignore_ascii_case("at+jwt"));
        // Keys that a token brings along (jwk, jku, x5u, x5c) are a stranger's word; so are extensions.
        let bare = header.jwk.is_none() && header.jku.is_none() && header.x5u.is_none() && header.x5c.is_none() && header.crit.is_none();
        let (Some(kid), true) = (header.kid.as_deref(), plain && bare) else { return Ok(None) };
        let Some(key) = self.keys.key(kid, now).await? else { return Ok(None) };
        if algorithm(&key) != Some(header.alg) {
            return Ok(None);
        }
        Ok(identity(token, &key, &self.issuer, &self.audience, now))
    }
}

#[cfg(test)]
mod tests;
