//! The authorizer in front of credentials that somebody made up. Tokens have their own tests beside their
//! verifier, `adapters_http::jwks`.

use crate::door::{Knock, knock};
use crate::house::{House, identity, owner};
use app::auth::{Authenticate, make_key};
use app::ports::{Clock, KeyStore, PortError, PortResult, TokenVerifier};
use app::{Identity, Scopes, TenantScope};
use authorizer::{Request, Response};
use domain::ids::TenantId;
use domain::order::Role;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use testkit::memory::{FakeRandom, MemoryKeys};

fn request(headers: Value) -> Request {
    serde_json::from_value(json!({ "version": "2.0", "type": "REQUEST", "headers": headers, "identitySource": null })).unwrap()
}

async fn decide(authenticate: &Authenticate, headers: Value) -> Result<Response, lambda_runtime::Error> {
    authorizer::handle(authenticate, request(headers)).await
}

fn as_identity(response: &Response) -> Identity {
    serde_json::from_str(response.context["identity"].as_str().unwrap()).unwrap()
}

/// A key of the shop, and its text.
async fn key(house: &House, scopes: Scopes) -> (app::ports::ApiKey, String) {
    let made = make_key(&house.scope, "page", Role::Service, scopes, &FakeRandom::seeded(3), house.clock.as_ref());
    house.world.keys().save(&house.scope, &made.key).await.unwrap();
    (made.key, app::tenant::Secret(made.text).expose().to_owned())
}

// req: S2-84
#[tokio::test]
async fn a_key_is_good_whole_and_alone() {
    let house = House::new().await;
    let authenticate = house.authenticate();
    let (stored, text) = key(&house, Scopes::ASK).await;
    for headers in [
        json!({ "x-api-key": text }),
        json!({ "X-Api-Key": format!(" {text} ") }),
        json!({ "authorization": format!("Bearer {text}") }),
        json!({ "Authorization": format!("bearer   {text}"), "x-api-key": text }),
    ] {
        let response = decide(&authenticate, headers.clone()).await.unwrap();
        assert!(response.is_authorized, "{headers}");
        assert_eq!(as_identity(&response), Identity { principal: stored.id.clone(), ..identity("demo", Role::Service, Scopes::ASK) });
    }
    let secret = text.rsplit_once('_').unwrap().1;
    let mut forged: Vec<String> = (0..text.len())
        .map(|at| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        })
        .collect();
    forged.extend([
        String::new(),
        "of_".into(),
        "of_demo".into(),
        "of_demo_".into(),
        "of__".into(),
        text[..text.len() - 1].into(),
        format!("{text}x"),
        format!("{text} {text}"),
        format!("of_other_{secret}"),
        format!("of_DEMO_{secret}"),
        format!("of_demo#O_{secret}"),
        format!("of_demo\0_{secret}"),
        format!("of_{}_{secret}", "d".repeat(41)),
        stored.hash.clone(),
        stored.id.clone(),
        text.to_uppercase(),
        "o".repeat(9_000),
        "of_demo_ключ".into(),
        "' OR 1=1 --".into(),
    ]);
    for credential in forged {
        for headers in [json!({ "x-api-key": credential }), json!({ "authorization": format!("Bearer {credential}") })] {
            let response = decide(&authenticate, headers).await.unwrap();
            assert_eq!(response, Response { is_authorized: false, context: json!({}) }, "{credential}");
        }
    }
    for headers in [
        json!(null),
        json!({}),
        json!({ "authorization": text }),
        json!({ "authorization": format!("Basic {text}") }),
        json!({ "authorization": format!("Bearer{text}") }),
        json!({ "authorization": format!("Bearer {text},Bearer {text}") }),
        json!({ "authorization": "Bearer x", "x-api-key": text }),
        json!({ "authorization": "Basic x", "x-api-key": text }),
        json!({ "cookie": format!("x-api-key={text}") }),
        json!({ "x-api-key": "", "x-tenant-id": "demo", "x-identity": "{}" }),
    ] {
        assert!(!decide(&authenticate, headers.clone()).await.unwrap().is_authorized, "{headers}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_none_at_once() {
    let house = House::new().await;
    let authenticate = house.authenticate();
    let (stored, text) = key(&house, Scopes::ALL).await;
    let headers = || json!({ "x-api-key": text });
    assert!(decide(&authenticate, headers()).await.unwrap().is_authorized);
    let revoked = app::ports::ApiKey { revoked_at: Some(house.clock.now()), ..stored };
    house.world.keys().save(&house.scope, &revoked).await.unwrap();
    assert!(!decide(&authenticate, headers()).await.unwrap().is_authorized);
}

/// The keys of a shop, with every note of a use, and no notes at all if they fail.
struct Watched {
    keys: MemoryKeys,
    notes: Mutex<Vec<Date>>,
    fails: bool,
}

impl Watched {
    fn noted(&self) -> Vec<Date> {
        self.notes.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl KeyStore for Watched {
    async fn key(&self, tenant: &TenantId, hash: &str) -> PortResult<Option<app::ports::ApiKey>> {
        self.keys.key(tenant, hash).await
    }

    async fn keys(&self, scope: &TenantScope) -> PortResult<Vec<app::ports::ApiKey>> {
        self.keys.keys(scope).await
    }

    async fn save(&self, scope: &TenantScope, key: &app::ports::ApiKey) -> PortResult<()> {
        self.keys.save(scope, key).await
    }

    async fn used(&self, tenant: &TenantId, hash: &str, day: Date) -> PortResult<()> {
        self.notes.lock().unwrap().push(day);
        if self.fails { Err(PortError::Retryable("throttled".into())) } else { self.keys.used(tenant, hash, day).await }
    }
}

/// One note a day, and none that anybody is kept out for.
// req: S2-84
#[tokio::test]
async fn when_a_key_was_last_used_is_known_to_the_day() {
    let house = House::new().await;
    let (stored, text) = key(&house, Scopes::ASK).await;
    let watched = |fails| Arc::new(Watched { keys: house.world.keys(), notes: Mutex::default(), fails });
    let asks = async |keys: &Arc<Watched>, text: &str| {
        let authenticate = Authenticate { keys: keys.clone(), ..house.authenticate() };
        decide(&authenticate, json!({ "x-api-key": text })).await.unwrap().is_authorized
    };
    let shown = async || {
        let listed = crate::rest::get(&house, "/v1/keys").await.body;
        listed.as_array().unwrap().iter().find(|key| key["id"] == stored.id.as_str()).unwrap()["last_used_on"].clone()
    };
    assert_eq!(shown().await, Value::Null, "nobody has used it yet");
    let failing = watched(true);
    assert!(asks(&failing, &text).await && asks(&failing, &text).await, "whoever cannot be noted is let in");
    assert_eq!((failing.noted().len(), shown().await), (2, Value::Null));

    let keys = watched(false);
    for _ in 0..50 {
        assert!(asks(&keys, &text).await);
    }
    assert_eq!((keys.noted(), shown().await), (vec![date(2025, 8, 9)], json!("2025-08-09")));
    house.clock.advance(jiff::SignedDuration::from_hours(24));
    assert!(asks(&keys, &text).await && asks(&keys, &text).await);
    assert_eq!((keys.noted().len(), shown().await), (2, json!("2025-08-10")));
    let forged = format!("{}x", &text[..text.len() - 1]);
    assert!(!asks(&keys, &forged).await);
    house.clock.advance(jiff::SignedDuration::from_hours(24));
    let revoked =
        app::ports::ApiKey { revoked_at: Some(house.clock.now()), ..house.world.keys().keys(&house.scope).await.unwrap().remove(0) };
    house.world.keys().save(&house.scope, &revoked).await.unwrap();
    assert!(!asks(&keys, &text).await);
    assert_eq!((keys.noted().len(), shown().await), (2, json!("2025-08-10")), "whoever is not let in has not used it");
}

/// Nothing that is kept of a key lets anybody in.
// req: S2-84
#[tokio::test]
async fn a_key_is_kept_as_its_hash() {
    let house = House::new().await;
    let (stored, text) = key(&house, Scopes::ALL).await;
    let kept = house.world.keys().keys(&house.scope).await.unwrap();
    assert_eq!((kept.len(), kept[0].hash.len()), (1, 64));
    assert!(!serde_json::to_string(&kept).unwrap().contains(text.rsplit('_').next().unwrap()));
    assert!(!house.world.everything(&house.scope).contains(&text));
    for credential in [&stored.hash, &format!("of_demo_{}", stored.hash)] {
        assert!(!decide(&house.authenticate(), json!({ "x-api-key": credential })).await.unwrap().is_authorized);
    }
}

/// So many requests a minute as the shop says, for each who calls: a thousand, or ten thousand.
// req: S2-84
#[tokio::test]
async fn each_caller_has_a_limit_of_their_own() {
    use app::ports::TenantStore;
    let house = House::new().await;
    let desk = orders_api::router(house.desk());
    let calls = async |principal: &str| {
        let identity = Identity { principal: principal.into(), ..owner() };
        let answer = knock(desk.clone(), Knock { verb: "GET", path: "/v1/keys", identity: Some(identity), ..Knock::default() }).await;
        (answer.status, answer.header("ratelimit").to_owned())
    };
    for (version, limit) in [(1, 1_000_u32), (2, 10_000)] {
        let config = app::tenant::TenantConfig { version: version + 1, requests_per_minute: limit, ..crate::house::config() };
        assert!(house.world.tenants().save(&house.scope, &config, version).await.unwrap());
        house.clock.advance(jiff::SignedDuration::from_mins(2));
        for call in 0..limit {
            assert_eq!(calls("key_1").await.0, 200, "{call} of {limit}");
        }
        let (status, said) = calls("key_1").await;
        assert_eq!(status, 429, "{said}");
        assert_eq!(calls("key_2").await.0, 200, "another's is untouched");
    }
}

// req: S2-84
#[tokio::test]
async fn whoever_shows_nothing_is_told_401() {
    let house = House::new().await;
    let answer = knock(orders_api::router(house.desk()), Knock { verb: "GET", path: "/v1/keys", ..Knock::default() }).await;
    answer.refuses(401, "nobody");
}

/// A token says whose it is; a verifier that is down is an error for the client to come back from, not a "no",
/// and never a "yes".
#[tokio::test]
async fn tokens_are_the_verifiers_business() {
    struct Says(PortResult<Option<Identity>>);
    #[async_trait::async_trait]
    impl TokenVerifier for Says {
        async fn verify(&self, _: &str, _: Timestamp) -> PortResult<Option<Identity>> {
            self.0.clone()
        }
    }
    let house = House::new().await;
    let with = |answer| Authenticate { tokens: Some(Arc::new(Says(answer))), ..house.authenticate() };
    let headers = || json!({ "authorization": "Bearer eyJhbGciOiJub25lIn0.e30." });
    assert!(!decide(&with(Ok(None)), headers()).await.unwrap().is_authorized);
    assert!(decide(&with(Err(PortError::Retryable("down".into()))), headers()).await.is_err());
    let response = decide(&with(Ok(Some(owner()))), headers()).await.unwrap();
    assert_eq!((response.is_authorized, as_identity(&response)), (true, owner()));
    // Without an issuer no token is known.
    assert!(!decide(&house.authenticate(), headers()).await.unwrap().is_authorized);
}

/// What a function believes of its caller comes from the authorizer's context alone, and must be whole.
#[tokio::test]
async fn a_context_that_is_not_ours_is_nobodys() {
    let house = House::new().await;
    let good = serde_json::to_string(&owner()).unwrap();
    let status = |authorizer: Value| {
        let event = json!({
            "version": "2.0", "routeKey": "ANY /v1/{proxy+}", "rawPath": "/v1/orders", "rawQueryString": "", "isBase64Encoded": false,
            "headers": { "host": "api.example", "x-identity": good, "identity": good, "authorization": "Bearer of_demo_x" },
            "requestContext": {
                "accountId": "1", "apiId": "a", "domainName": "api.example", "requestId": "r", "routeKey": "ANY /v1/{proxy+}", "stage": "$default", "timeEpoch": 0,
                "authorizer": authorizer,
                "http": { "method": "GET", "path": "/v1/orders", "protocol": "HTTP/1.1", "sourceIp": "203.0.113.7", "userAgent": "x" }
            }
        });
        let router = orders_api::router(house.desk());
        async move { crate::samples::answer(router, &event.to_string()).await.0 }
    };
    assert_eq!(status(json!({ "lambda": { "identity": good } })).await, 200);
    for nobody in [
        json!(null),
        json!({}),
        json!({ "lambda": null }),
        json!({ "lambda": { "identity": "" } }),
        json!({ "lambda": { "identity": "{}" } }),
        json!({ "lambda": { "identity": { "tenant": "demo" } } }),
        json!({ "lambda": { "identity": good.replace("owner", "root") } }),
        json!({ "lambda": { "identity": good.replace("demo", "DEMO/../x") } }),
        json!({ "jwt": { "claims": { "identity": good }, "scopes": null } }),
    ] {
        assert_eq!(status(nobody.clone()).await, 401, "{nobody}");
    }
}
