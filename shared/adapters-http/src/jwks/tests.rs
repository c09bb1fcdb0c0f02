//! Tokens and key sets as an attacker, or a bad day, would have them.

use super::*;
use crate::double::{Answer, double};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{AlgorithmParameters, OctetKeyParameters, OctetKeyType};
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
    verifier.keys.known.lock().await.keys = Some((now(), JwkSet { keys: vec![jwk("ES256")] }));
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

// req: S1-61, S2-84
#[tokio::test]
async fn everything_else_does_not() {
    let at = now().as_second();
    let mut day = claims();
    day["exp"] = json!(at + 86_400);
    assert!(verify(&token(&header(), &day)).await.is_some(), "a day is as long as one may be good");
    let changes = [
        ("exp", json!(at - 61)),
        ("exp", json!(at + 86_400 + 61)),
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

// req: S1-61
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
    let mut for_signing = jwk("ES256");
    for_signing.common.key_operations = Some(vec![KeyOperations::Sign]);
    for key in [for_encryption, for_signing, jwk("RS256")] {
        assert_eq!(identity(&good, &key, "https://id.example", "orderflow", now()), None);
    }
}

/// As Microsoft Entra ID publishes its keys.
#[tokio::test]
async fn a_key_that_names_no_algorithm_is_used_as_its_type_is() {
    let good = token(&header(), &claims());
    let mut bare = jwk("ES256");
    bare.common.key_algorithm = None;
    assert!(identity(&good, &bare, "https://id.example", "orderflow", now()).is_some());
    let bare = |key: Value| algorithm(&serde_json::from_value(key).unwrap());
    assert_eq!(bare(json!({ "kty": "RSA", "kid": "k", "use": "sig", "n": "AQAB", "e": "AQAB" })), Some(Algorithm::RS256));
    assert_eq!(bare(json!({ "kty": "EC", "kid": "k", "crv": "P-384", "x": "AA", "y": "AA" })), None);
    assert_eq!(bare(json!({ "kty": "oct", "kid": "k", "k": "AQAB" })), None, "a shared secret is no public key");
}

#[tokio::test]
async fn unknown_key_ids_do_not_hammer_the_provider() {
    let verifier = verifier().await;
    // The address refuses connections: an attempt to read it would be an error, not a "no".
    assert_eq!(verifier.keys.key("unknown", now() + SignedDuration::from_secs(59)).await, Ok(None));
    assert!(verifier.keys.key("unknown", now() + SignedDuration::from_secs(61)).await.is_err());
    assert!(verifier.keys.key("k1", now() + SignedDuration::from_mins(9)).await.unwrap().is_some());
}

/// A provider that gives these answers, one a request.
async fn provider(answers: impl IntoIterator<Item = Answer>) -> (Jwks, crate::double::Seen) {
    let (base, seen) = double(answers).await;
    let verifier = Jwks::new(format!("{base}/keys"), "https://id.example", "orderflow");
    let keys = Keys { client: Client::new(Duration::from_millis(200)), ..verifier.keys };
    (Jwks { keys, ..verifier }, seen)
}

fn key_set(keys: Value) -> Answer {
    Answer::says("200 OK", json!({ "keys": keys }).to_string())
}

fn ours() -> Value {
    serde_json::to_value(jwk("ES256")).unwrap()
}

async fn verified(verifier: &Jwks, at: Timestamp) -> PortResult<Option<String>> {
    let good = token(&header(), &claims());
    Ok(verifier.verify(&good, at).await?.map(|identity| identity.principal))
}

#[tokio::test]
async fn a_provider_that_is_down_slow_or_talks_rubbish_is_a_failure_not_a_no() {
    let huge = format!(r#"{{"keys":[],"padding":"{}"}}"#, "x".repeat(100_000));
    let rubbish = [
        Answer::Silent,
        Answer::Endless,
        Answer::says("500 Oops", "{}"),
        Answer::says("302 Found", ""),
        Answer::says("200 OK", ""),
        Answer::says("200 OK", "<html>"),
        Answer::says("200 OK", r#"{"keys":7}"#),
        Answer::says("200 OK", "[".repeat(50_000)),
        Answer::says("200 OK", huge),
    ];
    for answer in rubbish {
        let shown = format!("{answer:?}").chars().take(40).collect::<String>();
        let (verifier, _) = provider([answer]).await;
        assert!(matches!(verified(&verifier, now()).await, Err(PortError::Retryable(_))), "{shown}");
    }
    let nobody = Jwks::new("http://127.0.0.1:1/keys", "https://id.example", "orderflow");
    assert!(verified(&nobody, now()).await.is_err());
}

#[tokio::test]
async fn keys_we_cannot_use_do_not_hide_the_one_we_can() {
    let strangers = json!([
        { "kty": "OKP", "crv": "Ed25519", "x": "AAAA", "kid": "k0", "alg": "EdDSA" },
        { "kty": "LMS", "kid": "k1x", "pub": "?" },
        { "kty": "RSA", "kid": "k2", "alg": "RSA-OAEP", "use": "enc", "n": "AQAB", "e": "AQAB" },
        ours(),
    ]);
    let (verifier, _) = provider([key_set(strangers)]).await;
    assert_eq!(verified(&verifier, now()).await, Ok(Some("user:u1".into())));
}

#[tokio::test]
async fn known_keys_outlive_a_bad_hour_and_the_provider_is_left_alone() {
    let bad = || Answer::says("503 Busy", "");
    let (verifier, seen) = provider([key_set(json!([ours()])), bad(), bad(), key_set(json!([]))]).await;
    let after = |minutes: i64, seconds: i64| now() + SignedDuration::from_secs(60 * minutes + seconds);
    let lasting = {
        let mut claims = claims();
        claims["exp"] = json!(now().as_second() + 86_400);
        token(&header(), &claims)
    };
    let allowed = |at: Timestamp| {
        let (verifier, token) = (&verifier, &lasting);
        async move { verifier.verify(token, at).await.map(|found| found.is_some()) }
    };
    assert_eq!(allowed(after(0, 0)).await, Ok(true));
    assert_eq!((allowed(after(11, 0)).await, seen.count()), (Ok(true), 2), "stale, and the provider is down");
    for second in 1..10 {
        assert_eq!(allowed(after(11, second)).await, Ok(true));
        assert!(verifier.keys.key("unknown", after(11, second)).await.is_err(), "nobody can say");
    }
    assert_eq!(seen.count(), 2, "not asked again for ten seconds, whoever comes");
    assert_eq!((allowed(after(11, 10)).await, seen.count()), (Ok(true), 3));
    assert_eq!((allowed(after(12, 0)).await, seen.count()), (Ok(false), 4), "it answers again, and has revoked the key");
}

#[tokio::test]
async fn stale_keys_are_good_for_an_hour_and_no_longer() {
    let (verifier, _) = provider([key_set(json!([ours()])), Answer::says("503 Busy", ""), Answer::says("503 Busy", "")]).await;
    assert!(verifier.keys.key("k1", now()).await.unwrap().is_some());
    assert!(verifier.keys.key("k1", now() + SignedDuration::from_mins(59)).await.unwrap().is_some());
    assert!(verifier.keys.key("k1", now() + SignedDuration::from_mins(60)).await.is_err());
}

/// RS256 to HS256: the public key is no secret, so it must not work as one.
#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let public = jwk("ES256");
    let as_pem = serde_json::to_vec(&public).unwrap();
    let AlgorithmParameters::EllipticCurve(curve) = &public.algorithm else { panic!("an elliptic curve") };
    for secret in [as_pem.as_slice(), curve.x.as_bytes(), b""] {
        let mut header = Header::new(Algorithm::HS256);
        header.kid = Some("k1".into());
        let forged = encode(&header, &claims(), &EncodingKey::from_secret(secret)).unwrap();
        assert_eq!(verify(&forged).await, None);
        assert_eq!(identity(&forged, &public, "https://id.example", "orderflow", now()), None, "even past the header's check");
    }
    let mut symmetric = public;
    symmetric.algorithm = AlgorithmParameters::OctetKey(OctetKeyParameters { key_type: OctetKeyType::Octet, value: "c2VjcmV0".into() });
    symmetric.common.key_algorithm = Some(KeyAlgorithm::HS256);
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("k1".into());
    let token = encode(&header, &claims(), &EncodingKey::from_secret(b"secret")).unwrap();
    assert_eq!(identity(&token, &symmetric, "https://id.example", "orderflow", now()), None, "a secret in a public key set proves nothing");
}

#[tokio::test]
async fn a_claim_that_stands_there_twice_is_no_claim() {
    let signed = |claims: &str| {
        let header = URL_SAFE_NO_PAD.encode(serde_json::to_string(&header()).unwrap());
        let message = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &private(), Algorithm::ES256).unwrap();
        format!("{message}.{signature}")
    };
    let good = claims().to_string();
    assert!(verify(&signed(&good)).await.is_some(), "signed by hand");
    for (name, value) in
        [("tenant", "\"other\""), ("role", "\"owner\""), ("sub", "\"u2\""), ("exp", "1"), ("iss", "\"x\""), ("aud", "\"x\"")]
    {
        for twice in [good.replacen('{', &format!("{{\"{name}\":{value},"), 1), good.replace('}', &format!(",\"{name}\":{value}}}"))] {
            assert_eq!(verify(&signed(&twice)).await, None, "{twice}");
        }
    }
    for bad in ["", "{}", "[]", "null", "\u{feff}{}", &"[".repeat(100_000), &format!("{{\"x\":{}", "[".repeat(50_000))] {
        assert_eq!(verify(&signed(bad)).await, None);
    }
}
