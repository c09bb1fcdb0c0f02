//! Tokens of an identity provider, checked against its published keys (JWKS, RFC 7517; JWT BCP, RFC 8725).

use crate::client::{Client, text};
use app::ports::{PortError, PortResult, TokenVerifier};
use app::{Identity, Scopes};
use async_trait::async_trait;
use domain::ids::TenantId;
use domain::order::Role;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, KeyOperations, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use std::time::Duration;
use tokio::sync::Mutex;

/// Keys are read again after this.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// An unknown key id makes us look again, but not more often than this: ids cost an attacker nothing.
const LOOK_AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(1);
/// Clock skew allowed for `exp` and `nbf`.
const LEEWAY_S: i64 = 60;

/// Verifies tokens of one issuer for one audience.
pub struct Jwks {
    client: Client,
    url: String,
    issuer: String,
    audience: String,
    keys: Mutex<Option<(Timestamp, JwkSet)>>,
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
        let client = Client::new(Duration::from_secs(3));
        Jwks { client, url: url.into(), issuer: issuer.into(), audience: audience.into(), keys: Mutex::new(None) }
    }

    async fn key(&self, kid: &str, now: Timestamp) -> PortResult<Option<Jwk>> {
        let mut cached = self.keys.lock().await;
        if let Some((read_at, keys)) = cached.as_ref() {
            let age = now.duration_since(*read_at);
            match keys.find(kid) {
                Some(key) if age < FRESH_FOR => return Ok(Some(key.clone())),
                None if age < LOOK_AGAIN_AFTER => return Ok(None),
                _ => {}
            }
        }
        let keys = self.fetch().await?;
        let key = keys.find(kid).cloned();
        *cached = Some((now, keys));
        Ok(key)
    }

    async fn fetch(&self) -> PortResult<JwkSet> {
        let failed = |why: &str| PortError::Retryable(format!("identity provider's keys: {why}"));
        let client = self.client.get().await.map_err(|_| failed("no client"))?;
        let response = client.get(&self.url).send().await.map_err(|_| failed("unreachable"))?;
        if !response.status().is_success() {
            return Err(failed("refused"));
        }
        let body = text(response).await.map_err(|_| failed("broke off"))?;
        serde_json::from_str(&body).map_err(|_| failed("not a key set"))
    }
}

/// The one algorithm a key is for. The token has no say in it beyond agreeing.
fn algorithm(key: &Jwk) -> Option<Algorithm> {
    if key.common.public_key_use.as_ref().is_some_and(|used| *used != PublicKeyUse::Signature) {
        return None;
    }
    if key.common.key_operations.as_ref().is_some_and(|operations| !operations.contains(&KeyOperations::Verify)) {
        return None;
    }
    match key.common.key_algorithm? {
        KeyAlgorithm::RS256 => Some(Algorithm::RS256),
        KeyAlgorithm::ES256 => Some(Algorithm::ES256),
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
    let far_away = now.checked_add(400 * 86_400)?;
    let in_time = claims.exp > now - LEEWAY_S && claims.exp < far_away && claims.nbf.is_none_or(|from| from <= now + LEEWAY_S);
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
        let Some(key) = self.key(kid, now).await? else { return Ok(None) };
        if algorithm(&key) != Some(header.alg) {
            return Ok(None);
        }
        Ok(identity(token, &key, &self.issuer, &self.audience, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    /// One key for this run of the tests.
    fn private() -> EncodingKey {
        use aws_lc_rs::{rand::SystemRandom, signature::ECDSA_P256_SHA256_FIXED_SIGNING, signature::EcdsaKeyPair};
        static KEY: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let made = || EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap().as_ref().to_vec();
        EncodingKey::from_ec_der(KEY.get_or_init(made))
    }

    fn jwk(alg: &str) -> Jwk {
        let mut jwk = Jwk::from_encoding_key(&private(), Algorithm::ES256).unwrap();
        jwk.common.key_id = Some("k1".into());
        jwk.common.key_algorithm = Some(alg.parse().unwrap());
        jwk
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_754_700_000).unwrap()
    }

    fn claims() -> Value {
        json!({ "sub": "u1", "iss": "https://id.example", "aud": "orderflow", "exp": now().as_second() + 900, "tenant": "demo", "role": "operator" })
    }

    fn header() -> Header {
        let mut header = Header::new(Algorithm::ES256);
        header.kid = Some("k1".into());
        header
    }

    fn token(header: &Header, claims: &Value) -> String {
        encode(header, claims, &private()).unwrap()
    }

    async fn verifier() -> Jwks {
        let verifier = Jwks::new("http://127.0.0.1:1/none", "https://id.example", "orderflow");
        *verifier.keys.lock().await = Some((now(), JwkSet { keys: vec![jwk("ES256")] }));
        verifier
    }

    async fn verify(token: &str) -> Option<Identity> {
        verifier().await.verify(token, now()).await.unwrap()
    }

    #[tokio::test]
    async fn a_good_token_gives_an_identity() {
        let identity = verify(&token(&header(), &claims())).await.unwrap();
        assert_eq!((identity.tenant.as_str(), identity.principal.as_str(), identity.role), ("demo", "user:u1", Role::Operator));
        assert!(identity.scopes.write && !identity.scopes.admin);
    }

    #[tokio::test]
    async fn everything_else_does_not() {
        let at = now().as_second();
        let changes = [
            ("exp", json!(at - 61)),
            ("exp", json!(1e18)),
            ("exp", json!(at as f64 + 0.5)),
            ("exp", json!("tomorrow")),
            ("exp", json!(i64::MAX)),
            ("exp", Value::Null),
            ("nbf", json!(at + 61)),
            ("iss", json!("https://id.example.evil")),
            ("aud", json!("other")),
            ("aud", json!([])),
            ("sub", json!("")),
            ("tenant", json!("DEMO/../x")),
            ("role", json!("root")),
            ("role", json!("service")),
        ];
        for (name, value) in changes {
            let mut claims = claims();
            claims[name] = value.clone();
            assert_eq!(verify(&token(&header(), &claims)).await, None, "{name}: {value}");
        }
        for missing in ["exp", "iss", "aud", "sub", "tenant", "role"] {
            let mut claims = claims();
            claims.as_object_mut().unwrap().remove(missing);
            assert_eq!(verify(&token(&header(), &claims)).await, None, "without {missing}");
        }
    }

    #[tokio::test]
    async fn headers_cannot_choose_the_key_or_the_algorithm() {
        let good = token(&header(), &claims());
        let parts: Vec<&str> = good.split('.').collect();
        let with = |header: Value| format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), parts[1], parts[2]);
        for forged in [
            json!({ "alg": "none", "kid": "k1" }),
            json!({ "alg": "HS256", "kid": "k1" }),
            json!({ "alg": "RS256", "kid": "k1" }),
            json!({ "alg": "ES256" }),
            json!({ "alg": "ES256", "kid": "k2" }),
            json!({ "alg": "ES256", "kid": "../../k1" }),
            json!({ "alg": "ES256", "kid": "k1", "typ": "jose" }),
        ] {
            assert_eq!(verify(&with(forged.clone())).await, None, "{forged}");
        }
        let mut bringing = header();
        bringing.jku = Some("https://evil.example/keys".into());
        assert_eq!(verify(&token(&bringing, &claims())).await, None, "jku");
        let mut bringing = header();
        bringing.jwk = Some(jwk("ES256"));
        assert_eq!(verify(&token(&bringing, &claims())).await, None, "jwk");
        for text in ["", ".", "..", "a.b.c", &good[..good.len() - 2], &format!("{good}.x"), &format!("{}.{}.", parts[0], parts[1])] {
            assert_eq!(verify(text).await, None, "{text}");
        }
    }

    #[tokio::test]
    async fn keys_for_other_uses_do_not_count() {
        let good = token(&header(), &claims());
        let mut for_encryption = jwk("ES256");
        for_encryption.common.public_key_use = Some(PublicKeyUse::Encryption);
        let mut without_alg = jwk("ES256");
        without_alg.common.key_algorithm = None;
        let mut for_signing = jwk("ES256");
        for_signing.common.key_operations = Some(vec![KeyOperations::Sign]);
        for key in [for_encryption, without_alg, for_signing, jwk("RS256")] {
            assert_eq!(identity(&good, &key, "https://id.example", "orderflow", now()), None);
        }
    }

    #[tokio::test]
    async fn unknown_key_ids_do_not_hammer_the_provider() {
        let verifier = verifier().await;
        // The address refuses connections: an attempt to read it would be an error, not a "no".
        assert_eq!(verifier.key("unknown", now() + SignedDuration::from_secs(59)).await, Ok(None));
        assert!(verifier.key("unknown", now() + SignedDuration::from_secs(61)).await.is_err());
        assert!(verifier.key("k1", now() + SignedDuration::from_mins(9)).await.unwrap().is_some());
    }
}
