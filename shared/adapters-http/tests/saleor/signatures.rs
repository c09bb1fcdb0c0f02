//! `Saleor-Signature` as Saleor makes it (PyJWT's detached RS256), with every byte changed, by strangers' keys, and on a bad day.

use crate::double::{Double, Says};
use adapters_http::saleor::SaleorSignatures;
use app::ports::{PortError, SaleorKeys};
use app::tenant::SaleorSettings;
use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use std::sync::LazyLock;

const BODY: &[u8] = br#"{"__typename":"OrderCreated","order":{"id":"T3JkZXI6MQ==","number":"1"}}"#;

fn rsa() -> EncodingKey {
    let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    // The library reads PKCS#1 by `from_rsa_der` and PKCS#8 by PEM.
    let text = base64::engine::general_purpose::STANDARD.encode(der.as_ref());
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    let label = concat!("PRIVATE", " ", "KEY");
    EncodingKey::from_rsa_pem(format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n")).as_bytes()).unwrap()
}

/// Saleor's key, its next one, and a stranger's.
static KEYS: LazyLock<[EncodingKey; 3]> = LazyLock::new(|| [rsa(), rsa(), rsa()]);

fn now() -> Timestamp {
    "2026-11-25T10:00:00Z".parse().unwrap()
}

fn jwk(key: &EncodingKey, kid: &str) -> Value {
    let mut public = serde_json::to_value(Jwk::from_encoding_key(key, Algorithm::RS256).unwrap()).unwrap();
    (public["kid"], public["use"], public["alg"]) = (json!(kid), json!("sig"), json!("RS256"));
    public
}

fn key_set(keys: &[Value]) -> Says {
    Says::Raw(200, json!({ "keys": keys }))
}

fn header(kid: &str) -> Value {
    json!({ "alg": "RS256", "b64": false, "crit": ["b64"], "kid": kid, "typ": "JWT" })
}

fn signed_by(key: &EncodingKey, header: &Value, body: &[u8]) -> String {
    let head = URL_SAFE_NO_PAD.encode(header.to_string());
    let message = [head.as_bytes(), b".", body].concat();
    format!("{head}..{}", crypto::sign(&message, key, Algorithm::RS256).unwrap())
}

fn signed(kid: &str) -> String {
    signed_by(&KEYS[0], &header(kid), BODY)
}

struct Rig {
    double: Double,
    signatures: SaleorSignatures,
    account: SaleorSettings,
}

impl Rig {
    async fn with(keys: impl IntoIterator<Item = Says>) -> Rig {
        let double = Double::whose_keys_are(keys).await;
        let (signatures, account) = (SaleorSignatures::new(Some(double.base.clone())), double.account());
        Rig { double, signatures, account }
    }

    async fn at(&self, signature: &str, body: &[u8], at: Timestamp) -> Result<bool, PortError> {
        self.signatures.is_signed(&self.account, signature, body, at).await
    }

    async fn holds(&self, signature: &str, body: &[u8]) -> bool {
        self.at(signature, body, now()).await.unwrap()
    }
}

async fn one_key() -> Rig {
    Rig::with([key_set(&[jwk(&KEYS[0], "k1")])]).await
}

// req: S2-76
#[tokio::test]
async fn what_saleor_signs_is_heard_and_its_keys_are_read_once() {
    let rig = one_key().await;
    for _ in 0..3 {
        assert!(rig.holds(&signed("k1"), BODY).await);
    }
    assert_eq!(rig.double.keys_read(), 1);
    assert_eq!(rig.at(&signed("k1"), BODY, now() + SignedDuration::from_mins(11)).await, Ok(true));
    assert_eq!(rig.double.keys_read(), 2, "keys are not for ever");
    let empty = signed_by(&KEYS[0], &header("k1"), b"");
    assert!(rig.holds(&empty, b"").await && !rig.holds(&empty, BODY).await);
}

/// Each bit of the body and of the signature, one after the other, and each character of the header as another one.
// req: S2-76
#[tokio::test]
async fn any_changed_byte_is_refused() {
    let rig = one_key().await;
    let good = signed("k1");
    for at in 0..BODY.len() {
        let mut body = BODY.to_vec();
        body[at] ^= 1 << (at % 8);
        assert!(!rig.holds(&good, &body).await, "byte {at} of the body");
    }
    for body in [&BODY[1..], &BODY[..BODY.len() - 1], &[BODY, b"\n"].concat(), &[b"\xef\xbb\xbf", BODY].concat(), b""] {
        assert!(!rig.holds(&good, body).await);
    }
    let mut tried = 0;
    for at in 0..good.len() {
        for other in [b'A', b'B', b'_', b'.', b'=', b'+', b' '] {
            let mut changed = good.clone().into_bytes();
            if changed[at] == other {
                continue;
            }
            changed[at] = other;
            assert!(!rig.holds(std::str::from_utf8(&changed).unwrap(), BODY).await, "character {at} as {}", char::from(other));
            tried += 1;
        }
    }
    assert!(tried > 2_500, "{tried}");
    // The last character of a signature holds four bits that say nothing: they are nothing.
    let last = good.len() - 1;
    for other in b'A'..=b'Z' {
        let changed = format!("{}{}", &good[..last], char::from(other));
        assert!(changed == good || !rig.holds(&changed, BODY).await, "{changed}");
    }
    assert_eq!(rig.double.keys_read(), 1, "forged headers with other ids of keys make nobody look again");
}

// req: S2-76
#[tokio::test]
async fn headers_cannot_choose_the_key_or_the_algorithm() {
    let rig = one_key().await;
    let with = |change: (&str, Value)| {
        let mut header = header("k1");
        header[change.0] = change.1;
        header
    };
    let own = jwk(&KEYS[2], "k1");
    let forged = [
        with(("alg", json!("none"))),
        with(("alg", json!("HS256"))),
        with(("alg", json!("RS384"))),
        with(("alg", json!("PS256"))),
        with(("alg", json!("rs256"))),
        with(("alg", json!(["RS256"]))),
        with(("kid", Value::Null)),
        with(("kid", json!(""))),
        with(("kid", json!("../../k1"))),
        with(("kid", json!("x".repeat(201)))),
        with(("b64", json!(true))),
        with(("b64", Value::Null)),
        with(("crit", json!([]))),
        with(("crit", json!(["b64", "exp"]))),
        with(("jwk", own.clone())),
        with(("jku", json!("https://evil.example/jwks.json"))),
        with(("x5u", json!("https://evil.example/cert"))),
        with(("x5c", json!(["MII"]))),
    ];
    for header in forged {
        // Signed by the right key, so that nothing but the header is wrong.
        assert!(!rig.holds(&signed_by(&KEYS[0], &header, BODY), BODY).await, "{header}");
    }
    assert!(!rig.holds(&signed_by(&KEYS[2], &header("k1"), BODY), BODY).await, "a stranger's key under Saleor's id");
    // RS256 to HS256: the public key is no secret, so it must not work as one.
    let public = jwk(&KEYS[0], "k1");
    for secret in [public.to_string(), public["n"].as_str().unwrap().to_owned(), String::new()] {
        for alg in ["HS256", "RS256"] {
            let head = URL_SAFE_NO_PAD.encode(with(("alg", json!(alg))).to_string());
            let message = [head.as_bytes(), b".", BODY].concat();
            let tag = crypto::sign(&message, &EncodingKey::from_secret(secret.as_bytes()), Algorithm::HS256).unwrap();
            assert!(!rig.holds(&format!("{head}..{tag}"), BODY).await, "{alg}");
        }
    }
    let good = signed("k1");
    let parts: Vec<&str> = good.split('.').collect();
    let attached = format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(BODY), parts[2]);
    let unsigned = format!("{}..", parts[0]);
    for text in [
        "",
        ".",
        "..",
        "a..b",
        &good[..good.len() - 2],
        &format!("{good}.x"),
        &attached,
        &unsigned,
        &format!(" {good}"),
        &"x".repeat(4_000),
    ] {
        assert!(!rig.holds(text, BODY).await, "{text}");
    }
}

// req: S2-76
#[tokio::test]
async fn a_key_for_something_else_proves_nothing() {
    let with = |name: &str, value: Value| {
        let mut key = jwk(&KEYS[0], "k1");
        key[name] = value;
        key
    };
    for key in [
        with("use", json!("enc")),
        with("alg", json!("RS512")),
        with("key_ops", json!(["sign"])),
        json!({ "kty": "oct", "kid": "k1", "k": "c2VjcmV0", "alg": "HS256" }),
    ] {
        let rig = Rig::with([key_set(std::slice::from_ref(&key))]).await;
        assert!(!rig.holds(&signed("k1"), BODY).await, "{key}");
    }
}

/// A new key is found at once, and ids that nobody has cost one look a minute.
// req: S2-76
#[tokio::test]
async fn an_unknown_key_is_looked_for_once_a_minute() {
    let rig = Rig::with([key_set(&[jwk(&KEYS[0], "k1")]), key_set(&[jwk(&KEYS[0], "k1"), jwk(&KEYS[1], "k2")])]).await;
    assert!(rig.holds(&signed("k1"), BODY).await);
    let next = signed_by(&KEYS[1], &header("k2"), BODY);
    let after = |seconds| now() + SignedDuration::from_secs(seconds);
    assert_eq!((rig.at(&next, BODY, after(30)).await, rig.double.keys_read()), (Ok(false), 1), "looked a moment ago");
    assert_eq!((rig.at(&next, BODY, after(61)).await, rig.double.keys_read()), (Ok(true), 2));
    for n in 0..100 {
        let forged = signed_by(&KEYS[2], &header(&format!("nobody-{n}")), BODY);
        assert_eq!(rig.at(&forged, BODY, after(62)).await, Ok(false));
    }
    assert_eq!(rig.double.keys_read(), 2);
    // Withdrawn, it is good no longer than ten minutes.
    let withdrawn = Rig::with([key_set(&[jwk(&KEYS[0], "k1")]), key_set(&[])]).await;
    assert!(withdrawn.holds(&signed("k1"), BODY).await);
    assert_eq!(withdrawn.at(&signed("k1"), BODY, after(601)).await, Ok(false));
}

/// That nobody can say is not a no: Saleor has to come again.
// req: S2-76
#[tokio::test]
async fn keys_that_cannot_be_read_are_a_failure_and_not_a_no() {
    for says in [
        Says::Text(503, String::new()),
        Says::Text(302, String::new()),
        Says::Text(404, String::new()),
        Says::Text(200, "<html>".into()),
        Says::Raw(200, json!({ "keys": 7 })),
        Says::Text(200, format!(r#"{{"keys":[],"padding":"{}"}}"#, "x".repeat(100_000))),
    ] {
        let rig = Rig::with([says, key_set(&[jwk(&KEYS[0], "k1")])]).await;
        assert!(matches!(rig.at(&signed("k1"), BODY, now()).await, Err(PortError::Retryable(_))));
        assert!(
            matches!(rig.at(&signed("k1"), BODY, now() + SignedDuration::from_secs(5)).await, Err(PortError::Retryable(_))),
            "left alone"
        );
        assert_eq!(rig.double.keys_read(), 1);
        assert_eq!(rig.at(&signed("k1"), BODY, now() + SignedDuration::from_secs(11)).await, Ok(true));
    }
    // A bad hour locks nobody out whose key is known.
    let rig = Rig::with([key_set(&[jwk(&KEYS[0], "k1")]), Says::Text(503, String::new())]).await;
    assert!(rig.holds(&signed("k1"), BODY).await);
    assert_eq!(rig.at(&signed("k1"), BODY, now() + SignedDuration::from_mins(30)).await, Ok(true));
}

/// Keys are asked of the host of the API, on the open net, and of nobody else.
// req: S2-76
#[tokio::test]
async fn keys_are_read_from_the_open_net_alone() {
    let open = SaleorSignatures::new(None);
    let double = Double::whose_keys_are([key_set(&[jwk(&KEYS[0], "k1")])]).await;
    for url in [
        double.account().api_url.as_str(),
        "https://127.0.0.1/graphql/",
        "https://169.254.169.254/graphql/",
        "https://[::ffff:10.0.0.1]/graphql/",
        "https://2130706433/graphql/",
        "https://localhost:1/graphql/",
        "http://shop.saleor.example/graphql/",
        "not an address",
    ] {
        let account = SaleorSettings { api_url: url.into(), ..double.account() };
        assert!(matches!(open.is_signed(&account, &signed("k1"), BODY, now()).await, Err(PortError::Retryable(_))), "{url}");
    }
    let elsewhere = SaleorSignatures::new(Some(double.base.clone()));
    let account = SaleorSettings { api_url: format!("{}.evil.example/graphql/", double.base), ..double.account() };
    assert!(elsewhere.is_signed(&account, &signed("k1"), BODY, now()).await.is_err());
    assert_eq!(double.keys_read(), 0);
}

/// Two shops with one function: each is proved by its own Saleor.
// req: S2-76
#[tokio::test]
async fn one_shops_keys_are_not_anothers() {
    let (one, other) = (one_key().await, Rig::with([key_set(&[jwk(&KEYS[1], "k1")])]).await);
    let both = SaleorSignatures::new(Some("http://127.0.0.1".into()));
    let port = |rig: &Rig| rig.account.clone();
    // Doubles have different ports, which are no paths under one base: so each is asked by its own.
    assert!(both.is_signed(&port(&one), &signed("k1"), BODY, now()).await.is_err());
    assert!(one.holds(&signed("k1"), BODY).await);
    assert!(!other.holds(&signed("k1"), BODY).await, "signed by another Saleor under the same id");
    assert!(other.holds(&signed_by(&KEYS[1], &header("k1"), BODY), BODY).await);
}
