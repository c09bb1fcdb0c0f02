//! The authorizer in front of credentials that somebody made up. Tokens have their own tests beside their
//! verifier, `adapters_http::jwks`.

use crate::house::{House, identity, owner};
use app::auth::{Authenticate, make_key};
use app::ports::{Clock, KeyStore, PortError, PortResult, TokenVerifier};
use app::{Identity, Scopes};
use authorizer::{Request, Response};
use domain::order::Role;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::memory::FakeRandom;

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
