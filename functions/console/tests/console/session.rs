//! Signing in, staying in, leaving.

use crate::browser::{Browser, now, stocked};
use crate::shop::Shop;
use app::Scopes;
use app::ports::KeyStore;
use axum::body::Body;
use console::pages::login::WRONG_KEYS;
use console::session::{self, Session, Sessions};
use domain::order::Role;
use http::{StatusCode, header};
use jiff::SignedDuration;

#[tokio::test]
async fn nobody_sees_anything_without_a_session() {
    let shop = stocked().await;
    let browser = Browser::of(&shop);
    for path in
        ["/console", "/console/orders?status=open", "/console/orders/1001", "/console/ask", "/console/attention", "/console/nowhere"]
    {
        let page = browser.get(path).await;
        assert_eq!(page.location(), format!("/console/login?next={}", console::form::encode(path)));
        assert!(page.text.is_empty());
    }
    for path in ["/console/orders/1001/status", "/console/orders/1001/auto-progress", "/console/ask", "/console/orders", "/console/logout"]
    {
        let page = browser.post(path, &[("to", "delivered")]).await;
        assert!(page.location().starts_with("/console/login?next="), "{path}");
    }
    assert!(browser.ok("/console/login").await.contains("Sign in to OrderFlow"));
    // A script's fragment is refused plainly instead of being led to a page.
    let request = browser.request("GET", "/console/attention").header("x-console-fragment", "1").body(Body::empty()).unwrap();
    assert_eq!(browser.send(request).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_key_opens_a_session_and_the_cookie_is_careful() {
    let shop = stocked().await;
    let key = shop.key(Role::Operator, Scopes::of_role(Role::Operator)).await;
    let browser = Browser::of(&shop);
    let page = browser.post("/console/login", &[("key", &key), ("next", "/console/orders/1001")]).await;
    assert_eq!(page.location(), "/console/orders/1001");
    let cookie = page.header("set-cookie");
    assert!(cookie.starts_with("of_session=") && !cookie.contains(&key), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Max-Age=28800; HttpOnly; SameSite=Strict"), "{cookie}");
    let elsewhere = browser.request("POST", "/console/login").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    let elsewhere = elsewhere.header("origin", "https://ops.example.com").body(Body::from(format!("key={key}"))).unwrap();
    let mut public = elsewhere;
    public.headers_mut().insert("host", "ops.example.com".parse().unwrap());
    assert!(browser.send(public).await.header("set-cookie").ends_with("; Secure"));
    // Nobody is sent away from the console.
    for next in ["https://evil.example", "//evil.example", "/console\\@evil"] {
        assert_eq!(browser.post("/console/login", &[("key", &key), ("next", next)]).await.location(), "/console");
    }
}

#[tokio::test]
async fn bad_and_weak_keys_stay_outside() {
    let shop = stocked().await;
    let browser = Browser::of(&shop);
    let weak = shop.key(Role::Service, Scopes::ASK).await;
    let customer = shop.key(Role::Customer, Scopes::ALL).await;
    for (key, why) in
        [("", "bad-key"), ("of_demo_nonsense", "bad-key"), ("a.jwt.token", "bad-key"), (weak.as_str(), "weak-key"), (&customer, "weak-key")]
    {
        let page = browser.post("/console/login", &[("key", key)]).await;
        assert_eq!(page.location(), format!("/console/login?flash={why}&next=%2Fconsole"));
        assert!(page.headers.get("set-cookie").is_none());
    }
    assert!(browser.ok("/console/login?flash=bad-key").await.contains("That key does not open this console"));
    // From another site the form is refused even with a good key.
    let key = shop.key(Role::Operator, Scopes::of_role(Role::Operator)).await;
    let page = browser.post_raw("/console/login", &[("key", &key)], &[("origin", "https://evil.example")]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn forged_expired_and_revoked_sessions_are_none() {
    let shop = stocked().await;
    let mut browser = Browser::signed_in(&shop, Role::Operator).await;
    browser.ok("/console").await;
    let good = browser.cookie.clone();
    // Forged: another tenant's name under our signature, and a session signed with another key.
    let sessions = Sessions::new(app::tenant::Secret::new("another key of at least thirty-two chars"));
    let forged = Session { tenant: shop.tenant.clone(), key_hash: "0".repeat(64), issued_at: now(), nonce: "n".into() };
    for bad in [format!("{good}x"), format!("of_session={}", sessions.seal(&forged).unwrap()), "of_session=a.b".to_owned()] {
        browser.cookie = bad;
        let page = browser.get("/console").await;
        assert!(page.location().starts_with("/console/login"));
        assert!(page.header("set-cookie").starts_with("of_session=; "), "the bad cookie is taken away");
    }
    // Revoked: at once, not when the session ends.
    browser.cookie = good;
    browser.ok("/console").await;
    for mut key in shop.world.keys().keys(&shop.scope()).await.unwrap() {
        key.revoked_at = Some(now());
        shop.world.keys().save(&shop.scope(), &key).await.unwrap();
    }
    assert!(browser.get("/console").await.location().starts_with("/console/login"));
    // Expired.
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    shop.clock.advance(session::LIFETIME - SignedDuration::from_secs(1));
    browser.ok("/console").await;
    shop.clock.advance(SignedDuration::from_secs(1));
    assert!(browser.get("/console").await.location().starts_with("/console/login"));
}

#[tokio::test]
async fn signing_out_takes_the_cookie_away() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Readonly).await;
    let page = browser.post("/console/logout", &[]).await;
    assert_eq!(page.location(), "/console/login?flash=signed-out");
    assert!(page.header("set-cookie").starts_with("of_session=; Path=/; Max-Age=0"));
    // Whoever kept a copy of the cookie has nothing; another session of the same person goes on.
    assert_eq!(browser.get("/console").await.location(), "/console/login?next=%2Fconsole&flash=expired");
    assert_eq!(browser.post("/console/logout", &[]).await.location(), "/console/login?next=%2Fconsole&flash=expired");
    Browser::signed_in(&shop, Role::Readonly).await.ok("/console").await;
    assert!(browser.ok("/console/login?flash=expired").await.contains("Your session has ended"));
}

#[tokio::test]
async fn wrong_keys_are_counted_by_address() {
    let shop = stocked().await;
    let key = shop.key(Role::Operator, Scopes::of_role(Role::Operator)).await;
    let browser = Browser::of(&shop);
    // A key of a shop there is, of one there is not, and no key at all: the same answer, and the same count.
    let wrong = [format!("{key}x"), "of_nobody_0000000000000000000000000000000000000000000".to_owned(), "hunter2".to_owned()];
    for at in 0..WRONG_KEYS.count as usize {
        assert_eq!(browser.post("/console/login", &[("key", &key)]).await.location(), "/console", "the right one is not counted");
        let page = browser.post("/console/login", &[("key", &wrong[at % 3])]).await;
        assert_eq!(page.location(), "/console/login?flash=bad-key&next=%2Fconsole");
    }
    for key in [&wrong[0], &wrong[1], &key] {
        let page = browser.post("/console/login", &[("key", key)]).await;
        assert_eq!((page.status, page.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "900"));
        assert!(page.text.contains("Too many requests") && page.headers.get("set-cookie").is_none());
    }
    // Another address is not this one.
    let elsewhere = browser.from("198.51.100.7");
    assert_eq!(elsewhere.post("/console/login", &[("key", &key)]).await.location(), "/console");
    shop.clock.advance(WRONG_KEYS.window);
    assert_eq!(browser.post("/console/login", &[("key", &key)]).await.location(), "/console");
}

#[tokio::test]
async fn a_link_from_elsewhere_finds_the_session() {
    let shop = stocked().await;
    let browser = Browser::of(&shop);
    let come = |path: &'static str| {
        let request = browser.request("GET", path).header("sec-fetch-site", "cross-site").header("sec-fetch-mode", "navigate");
        browser.send(request.body(Body::empty()).unwrap())
    };
    let page = come("/console/orders/1001").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(r#"<meta http-equiv="refresh" content="0;url=/console/orders/1001">"#), "{}", page.text);
    assert!(!page.text.contains("John"));
}

#[tokio::test]
async fn too_many_requests_have_to_wait() {
    let mut shop = Shop::open("demo", now()).await;
    shop.config.requests_per_minute = 5;
    let scope = shop.scope();
    assert!(app::ports::TenantStore::save(&shop.world.tenants(), &scope, &shop.config, 1).await.unwrap());
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    for _ in 0..5 {
        browser.ok("/console/ask").await;
    }
    let page = browser.get("/console/ask").await;
    assert_eq!(page.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(!page.header("retry-after").is_empty());
}
