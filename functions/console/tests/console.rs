//! The console as a browser meets it: over the real router, use cases and memory ports.

#![allow(clippy::unwrap_used, reason = "what cannot be set up should stop at once")]

mod shop;

use app::Scopes;
use app::ports::{Clock, KeyStore};
use axum::Router;
use axum::body::Body;
use console::policy::CONTENT_SECURITY_POLICY;
use console::session::{self, Session, Sessions};
use domain::ids::OrderId;
use domain::order::{OrderStatus, Role, Track};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use shop::{PAST, Past, SIGNING_KEY, Shop, Step};
use std::sync::Arc;
use tower::ServiceExt;

fn now() -> Timestamp {
    "2025-08-09T10:00:00Z".parse().unwrap()
}

/// A browser with (perhaps) a session.
struct Browser {
    router: Router,
    cookie: String,
    token: String,
}

struct Page {
    status: StatusCode,
    headers: http::HeaderMap,
    text: String,
}

impl Page {
    async fn of(response: Response<Body>) -> Page {
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        Page { status: parts.status, headers: parts.headers, text }
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.header("location")
    }
}

impl Browser {
    fn of(shop: &Shop) -> Browser {
        let router = runtime::http::finish(console::router(Arc::new(shop.console())));
        Browser { router, cookie: String::new(), token: String::new() }
    }

    /// Signs in with a new key of this role.
    async fn signed_in(shop: &Shop, role: Role) -> Browser {
        let key = shop.key(role, Scopes::of_role(role)).await;
        let mut browser = Browser::of(shop);
        let page = browser.post("/console/login", &[("key", &key)]).await;
        assert_eq!(page.location(), "/console");
        browser.keep(&page);
        let sessions = Sessions::new(app::tenant::Secret::new(SIGNING_KEY));
        let session = sessions.open(browser.cookie.strip_prefix("of_session=").unwrap(), shop.clock.now()).unwrap();
        browser.token = sessions.form_token(&session).unwrap();
        browser
    }

    fn keep(&mut self, page: &Page) {
        self.cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    }

    async fn send(&self, request: Request<Body>) -> Page {
        Page::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let builder = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        if self.cookie.is_empty() { builder } else { builder.header("cookie", &self.cookie) }
    }

    async fn get(&self, path: &str) -> Page {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    async fn ok(&self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page.text
    }

    /// Posts a form of our own page.
    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        fields.push(("token", &self.token));
        self.post_raw(path, &fields, &[("origin", "http://localhost:8080")]).await
    }

    async fn post_raw(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let encode = |(name, value): &(&str, &str)| format!("{name}={}", console::form::encode(value));
        let body = fields.iter().map(encode).collect::<Vec<_>>().join("&");
        let mut request = self.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}

async fn stocked() -> Shop {
    let shop = Shop::open("demo", now()).await;
    for past in PAST {
        shop.live(past).await;
    }
    shop.count().await;
    shop
}

fn status(shop: &Shop, number: &str) -> OrderStatus {
    shop.world.order(&shop.scope(), &OrderId::parse(number).unwrap()).unwrap().tracks.status
}

// ------------------------------------------------------------------------------------------- the session

#[tokio::test]
async fn nobody_sees_anything_without_a_session() {
    let shop = stocked().await;
    let browser = Browser::of(&shop);
    assert_eq!(browser.get("/").await.location(), "/console");
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
    assert!(cookie.ends_with("; Path=/console; Max-Age=28800; HttpOnly; SameSite=Strict"), "{cookie}");
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
    assert!(page.header("set-cookie").starts_with("of_session=; Path=/console; Max-Age=0"));
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

// ------------------------------------------------------------------------------------------------- forms

#[tokio::test]
async fn a_form_needs_its_token_and_its_origin() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let good = browser.token.clone();
    let ours = ("origin", "http://localhost:8080");
    let path = "/console/orders/1002/status";
    let cases: [(&str, &[(&str, &str)]); 5] = [
        ("", &[ours]),
        ("0123456789abcdef0123456789abcdef", &[ours]),
        (&good, &[("origin", "https://evil.example")]),
        (&good, &[("origin", "null")]),
        (&good, &[]),
    ];
    for (token, headers) in cases {
        let page = browser.post_raw(path, &[("to", "processing"), ("token", token)], headers).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{token} {headers:?}");
        assert!(page.text.contains("Trace id"));
    }
    // Another session's token is none.
    let other = Browser::signed_in(&shop, Role::Operator).await;
    let page = browser.post_raw(path, &[("to", "processing"), ("token", &other.token)], &[ours]).await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
    // Too large, and not a form at all.
    let page = browser.post(path, &[("note", &"x".repeat(20_000))]).await;
    assert_eq!(page.status, StatusCode::PAYLOAD_TOO_LARGE);
    let request =
        browser.request("POST", path).header(ours.0, ours.1).header("content-type", "application/json").body(Body::from("{}")).unwrap();
    assert_eq!(browser.send(request).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    // All in order.
    let page = browser.post(path, &[("to", "processing"), ("note", "Packed with <care>"), ("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=moved");
    assert_eq!(status(&shop, "1002"), OrderStatus::Processing);
    let text = browser.ok("/console/orders/1002?flash=moved").await;
    assert!(text.contains("The order has moved on"));
    assert!(text.contains("Packed with &lt;care&gt;"));
}

#[tokio::test]
async fn who_may_only_read_changes_nothing() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Readonly).await;
    for path in ["/console/orders/1002/status", "/console/orders/1002/auto-progress"] {
        let page = browser.post(path, &[("to", "processing")]).await;
        assert_eq!(page.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
    let text = browser.ok("/console/orders/1002").await;
    assert!(!text.contains("Next step") && !text.contains("auto-progress"), "nothing to press is shown");
    assert!(!browser.ok("/console").await.contains("/auto-progress"));
    // A read-only role with a key that says more is still read-only.
    let key = shop.key(Role::Readonly, Scopes::ALL).await;
    let mut sly = Browser::of(&shop);
    let page = sly.post("/console/login", &[("key", &key)]).await;
    sly.keep(&page);
    let text = sly.ok("/console/orders/1002").await;
    assert!(!text.contains("Next step"));
}

#[tokio::test]
async fn the_rules_move_an_order_only_when_their_gates_are_open() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    // The evidence stands on the page before the button is pressed.
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("pending for 73.0 h of 24 h") && text.contains("payment is captured"));
    let page = browser.post("/console/orders/1002/auto-progress", &[("version", "2"), ("notify", "on")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=progressed");
    assert_eq!(status(&shop, "1002"), OrderStatus::Processing);
    let text = browser.ok("/console/orders/1002").await;
    assert!(text.contains("Rule auto progress: pending for 73.0 h of 24 h; payment is captured (confidence 100 %)"));
    // Nobody has paid for 1004.
    let text = browser.ok("/console/orders/1004").await;
    assert!(text.contains("payment is pending") && text.contains("disabled"));
    let page = browser.post("/console/orders/1004/auto-progress", &[("version", "1")]).await;
    assert_eq!(page.location(), "/console/orders/1004?flash=not-due");
    assert_eq!(status(&shop, "1004"), OrderStatus::Pending);
    // Pressed twice: the second time the page is old.
    let page = browser.post("/console/orders/1002/auto-progress", &[("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=stale");
}

#[tokio::test]
async fn only_allowed_steps_are_offered_and_carried_out() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    for past in PAST {
        let order = shop.world.order(&shop.scope(), &OrderId::parse(past.number).unwrap()).unwrap();
        let text = browser.ok(&format!("/console/orders/{}", past.number)).await;
        for to in OrderStatus::ALL {
            let offered = text.contains(&format!(r#"name="to" value="{to}""#));
            assert_eq!(offered, order.allowed().contains(to), "{} {to}", past.number);
        }
    }
    let page = browser.post("/console/orders/1002/status", &[("to", "delivered"), ("version", "2")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=not-allowed");
    let page = browser.post("/console/orders/1002/status", &[("to", "processing"), ("version", "1")]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=stale");
    let page = browser.post("/console/orders/1002/status", &[("to", "processing"), ("note", &"x".repeat(501))]).await;
    assert_eq!(page.location(), "/console/orders/1002?flash=note-too-long");
    for fields in [[("to", "teleported"), ("version", "2")], [("to", "processing"), ("version", "two")]] {
        assert_eq!(browser.post("/console/orders/1002/status", &fields).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    }
    assert_eq!(status(&shop, "1002"), OrderStatus::Pending);
}

// ------------------------------------------------------------------------------------------------- pages

#[tokio::test]
async fn another_tenants_order_is_not_there() {
    let shop = stocked().await;
    let other = Shop::open_in(shop.world.clone(), "other", now()).await;
    let browser = Browser::signed_in(&other, Role::Owner).await;
    for path in ["/console/orders/1001", "/console/orders/9999", "/console/orders/..%2F1001", "/console/orders/%00", "/console/nowhere"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!page.text.contains("John"), "{path}");
    }
    for path in ["/console/orders/1001/status", "/console/orders/1001/auto-progress"] {
        assert_eq!(browser.post(path, &[("to", "delivered")]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(browser.post("/console/orders", &[("q", "1001")]).await.location(), "/console/orders?flash=no-order");
    let list = browser.post("/console/orders", &[("q", "john@example.com")]).await;
    assert!(!browser.ok(list.location()).await.contains("John"));
    let text = browser.ok("/console").await;
    assert!(text.contains("All orders are on track! 🎉") && text.contains("No orders yet"));
}

#[tokio::test]
async fn the_dashboard_shows_figures_and_what_needs_a_person() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console").await;
    for (card, value) in [("total", 10), ("received", 4), ("processing", 1), ("in-transit", 0), ("delayed", 1), ("delivered", 0)] {
        let card = text.split(&format!(r#"id="stat-{card}""#)).nth(1).unwrap();
        let shown = card.split(r#"<span class="stat-value">"#).nth(1).unwrap().split('<').next().unwrap();
        assert_eq!(shown, value.to_string());
    }
    // The longest waiting in its status first.
    let queue = text.split(r#"id="attention""#).nth(1).unwrap().split("</section>").next().unwrap();
    let numbers: Vec<&str> = queue.split(r#"id="case-"#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(numbers, ["1005", "1001", "1002", "1003", "1004"]);
    for said in ["73.0h ago", "Nobody has touched it for 73.0h", "In processing for 66.0h", "2 days past the promised day", "Reported late"]
    {
        assert!(queue.contains(said), "{said}");
    }
    let late = browser.ok("/console?reason=delayed").await;
    let queue = late.split(r#"id="attention""#).nth(1).unwrap().split("</section>").next().unwrap();
    assert!(queue.contains("case-1001") && !queue.contains("case-1002"));
    // Every picture has its numbers.
    assert_eq!(text.matches("<svg xmlns").count(), text.matches(r#"<table class="chart-data">"#).count());
    assert!(text.contains("Orders per day") && text.contains("Revenue per day in EUR"));
}

#[tokio::test]
async fn the_queue_is_sent_again_only_when_it_changed() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let first = browser.get("/console/attention").await;
    assert_eq!(first.status, StatusCode::OK);
    assert!(first.text.contains("Orders requiring attention") && !first.text.contains("<html"));
    let tag = first.header("etag").to_owned();
    let again = |tag: String| browser.request("GET", "/console/attention").header("if-none-match", tag).body(Body::empty()).unwrap();
    let second = browser.send(again(tag.clone())).await;
    assert_eq!((second.status, second.text.as_str(), second.header("etag")), (StatusCode::NOT_MODIFIED, "", tag.as_str()));
    assert_eq!(second.header("cache-control"), "private, no-cache");
    shop.step("1002", 90, Step::To(OrderStatus::Processing, "")).await;
    let third = browser.send(again(tag.clone())).await;
    assert_eq!(third.status, StatusCode::OK);
    assert!(third.header("etag") != tag && !third.text.contains("case-1002"));
}

#[tokio::test]
async fn lists_are_filtered_paged_and_searched() {
    let shop = stocked().await;
    for index in 0..60 {
        let number: &'static str = Box::leak(format!("3{index:03}").into_boxed_str());
        let items = &[("Bulb", 1, "1.00")];
        shop.live(&Past { number, name: "Crowd", email: "crowd@example.com", hours_ago: 40, eta_days: 0, items, steps: &[] }).await;
    }
    let browser = Browser::signed_in(&shop, Role::Readonly).await;
    let numbers = |text: &str| -> Vec<String> {
        text.split(r#"<th scope="row"><a class="number""#).skip(1).map(|rest| rest.split(['>', '<']).nth(1).unwrap().to_owned()).collect()
    };
    let mut seen = Vec::new();
    let mut path = "/console/orders".to_owned();
    loop {
        let text = browser.ok(&path).await;
        seen.extend(numbers(&text));
        let Some(next) = text.split(r#"rel="next" href=""#).nth(1) else { break };
        path = next.split('"').next().unwrap().replace("&amp;", "&");
    }
    let mut unique = seen.clone();
    unique.sort();
    unique.dedup();
    assert_eq!((seen.len(), unique.len()), (70, 70));
    // A cursor belongs to its filter.
    let cursor = path.split("cursor=").nth(1).unwrap();
    for bad in [
        format!("/console/orders?status=open&cursor={cursor}"),
        "/console/orders?cursor=nonsense".into(),
        "/console/orders?status=lost".into(),
    ] {
        assert_eq!(browser.get(&bad).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{bad}");
    }
    assert_eq!(numbers(&browser.ok("/console/orders?status=processing").await), ["1003"]);
    assert!(browser.ok("/console/orders?status=failed").await.contains("No order has this status now"));
    // Search: a number leads to its order; an address never stands in an address bar.
    assert_eq!(browser.post("/console/orders", &[("q", " #1001 ")]).await.location(), "/console/orders/1001");
    assert_eq!(browser.post("/console/orders", &[("q", "not@an@address")]).await.location(), "/console/orders?flash=bad-email");
    let found = browser.post("/console/orders", &[("q", "John@Example.com")]).await;
    assert!(found.location().starts_with("/console/orders?customer=") && !found.location().contains("ohn"));
    assert_eq!(numbers(&browser.ok(found.location()).await), ["1001"]);
}

#[tokio::test]
async fn an_order_shows_where_it_stands_and_what_happened() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/orders/1001").await;
    for said in [
        "75 %",
        r#"<li class="step now" aria-current="step">"#,
        "Brass desk lamp",
        "203.60 EUR",
        "john@example.com",
        "Show 3 more changes",
        "Shade checked by hand, one replaced",
        "key_anna",
        "webhook inpost",
        "01989c3e-1001-98",
        "Hi John, your order 1001 is on its way.",
        "a***@example.com",
        "2 days late",
    ] {
        assert!(text.contains(said), "{said}");
    }
    let at = |needle: &str| text.find(needle).unwrap();
    assert!(
        at("Known to be late") < at("Processing → <strong>Shipped") && at("Shipped</strong>") < at("Placed by instagram"),
        "newest first"
    );
    // Every entry's picture has a name.
    assert_eq!(
        text.matches(r#"<span class="entry-icon"><svg class="icon" viewBox="0 0 24 24" width="16" height="16" role="img""#).count(),
        7
    );
    let text = browser.ok("/console/orders/1009").await;
    assert!(text.contains("On Hold") && text.contains("Address incomplete; asked the customer"));
}

#[tokio::test]
async fn what_people_write_is_shown_and_never_run() {
    let shop = Shop::open("demo", now()).await;
    let evil = r#"<script>alert("1")</script>'"&"#;
    let items: &'static [(&str, i64, &str)] = &[(r#"Lamp "><img src=x onerror=alert(1)>"#, 1, "1.00")];
    let steps: &'static [(i64, Step)] = &[(1, Step::To(OrderStatus::OnHold, "<b>note</b> \" '")), (2, Step::Mail("<i>mail</i>"))];
    shop.live(&Past { number: "66", name: evil, email: "evil@example.com", hours_ago: 60, eta_days: 1, items, steps }).await;
    shop.count().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    for path in ["/console", "/console/attention", "/console/orders", "/console/orders/66"] {
        let text = browser.ok(path).await;
        assert!(!text.contains("<script>alert") && !text.contains("<img") && !text.contains("<b>") && !text.contains("<i>mail"), "{path}");
        assert!(text.contains("&lt;script&gt;alert(&quot;1&quot;)"), "{path}");
    }
    for path in ["/console?reason=%22%3E%3Cscript%3E", "/console?flash=%3Cscript%3E", "/console/orders?flash=%3Cscript%3E"] {
        assert!(!browser.ok(path).await.contains("<script>"), "{path}");
    }
    let page = browser.post("/console/ask", &[("question", "<script>alert(1)</script> 66"), ("email", "\"><script>")]).await;
    assert!(!page.text.contains("<script>"), "{}", page.text);
}

#[tokio::test]
async fn no_page_has_inline_code_or_style_and_each_has_the_policy() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let mut pages = Vec::new();
    let mut paths: Vec<String> = PAST.iter().map(|past| format!("/console/orders/{}", past.number)).collect();
    let fixed = [
        "/console",
        "/console/attention",
        "/console/orders",
        "/console/orders?status=open",
        "/console/ask",
        "/console/login",
        "/console/gone",
        "/console/orders/404",
    ];
    paths.extend(fixed.map(str::to_owned));
    for path in &paths {
        pages.push((path.clone(), browser.get(path).await));
    }
    pages.push(("ask".into(), browser.post("/console/ask", &[("question", "Where is 1001? john@example.com")]).await));
    for (path, page) in &pages {
        assert_eq!(page.header("content-security-policy"), CONTENT_SECURITY_POLICY, "{path}");
        assert_eq!(page.header("x-content-type-options"), "nosniff", "{path}");
        let text = page.text.to_lowercase();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("javascript:"), "{path}");
        assert_eq!(text.matches("<script").count(), text.matches(r#"<script src="/console/assets/console."#).count(), "{path}");
        let handlers = ["onclick", "onload", "onerror", "onsubmit", "onchange", "onfocus", "oninput", "onkeydown", "onmouseover"];
        assert!(handlers.iter().all(|handler| !text.contains(&format!(" {handler}="))), "{path}");
        if text.contains("<html") {
            for needed in [r#"<html lang="en">"#, "<main id=\"main\"", r##"class="skip" href="#main""##, "<h1>"] {
                assert!(text.contains(needed), "{path}: {needed}");
            }
            assert_eq!(text.matches("<h1").count(), 1, "{path}");
            assert_eq!(text.matches("<table").count(), text.matches("<caption").count(), "{path}");
        }
        // Ids are unique.
        let mut ids: Vec<&str> = text.split(r#" id=""#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(count, ids.len(), "{path}");
    }
}

#[tokio::test]
async fn assets_are_kept_for_ever_under_their_hash() {
    let shop = stocked().await;
    let browser = Browser::of(&shop);
    let login = browser.ok("/console/login").await;
    let hrefs: Vec<&str> = login.split('"').filter(|part| part.starts_with("/console/assets/")).collect();
    assert_eq!(hrefs.len(), 3);
    for href in hrefs {
        let page = browser.get(href).await;
        assert_eq!((page.status, page.header("cache-control")), (StatusCode::OK, "public, max-age=31536000, immutable"), "{href}");
        assert!(!page.header("content-type").is_empty() && !page.text.is_empty());
    }
    let old = browser.get("/console/assets/console.0123456789ab.css").await;
    assert_eq!((old.status, old.header("cache-control")), (StatusCode::OK, "no-cache"));
    assert_eq!(browser.get("/console/assets/passwd").await.status, StatusCode::NOT_FOUND);
}

// -------------------------------------------------------------------------------------------------- chat

#[tokio::test]
async fn the_chat_asks_for_what_is_missing_and_answers() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/ask").await;
    for said in [
        "Track orders with natural language",
        "Hi! Please provide your order number and e-mail, and I’ll check its status.",
        "Your message is processed securely. We only use your email to verify your order.",
        r#"aria-live="polite""#,
    ] {
        assert!(text.contains(said), "{said}");
    }
    // Without a script: what was understood travels in hidden fields.
    let page = browser.post("/console/ask", &[("question", "Where is 1001?")]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text.contains(r#"name="order_id" value="1001""#), "{}", page.text);
    let page = browser.post("/console/ask", &[("question", "john@example.com"), ("order_id", "1001")]).await;
    assert!(page.text.contains("Delayed") && page.text.contains(r#"href="/console/orders/1001""#), "{}", page.text);
    // With one: the same as JSON.
    let fields = [("question", "Is it late?"), ("order_id", "1001"), ("email", "john@example.com"), ("token", &browser.token)];
    let headers = [("origin", "http://localhost:8080"), ("accept", "application/json")];
    let page = browser.post_raw("/console/ask", &fields, &headers).await;
    let said: serde_json::Value = serde_json::from_str(&page.text).unwrap();
    assert_eq!((said["status"].as_str(), said["link"].as_str()), (Some("Delayed"), Some("/console/orders/1001")));
    assert_eq!(said["known"]["order_id"], "1001");
    // A wrong address says nothing about the order.
    let page = browser.post("/console/ask", &[("question", "Where is 1001? maria@example.com")]).await;
    assert!(!page.text.contains("Delayed") && !page.text.contains(r#"href="/console/orders/1001""#));
    let page = browser.post("/console/ask", &[("question", &"x".repeat(2_001))]).await;
    assert_eq!(page.status, StatusCode::UNPROCESSABLE_ENTITY);
}

// ------------------------------------------------------------------------------------------------ colours

/// Relative luminance of "#rrggbb", by WCAG 2.
fn luminance(hex: &str) -> f64 {
    let channel = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * channel(1) + 0.7152 * channel(3) + 0.0722 * channel(5)
}

#[test]
fn ink_and_ground_have_contrast_by_day_and_by_night() {
    let css = include_str!("../assets/console.css");
    let tokens = |block: &str| -> std::collections::BTreeMap<String, String> {
        let declarations = block.split(['{', ';', '}']).filter_map(|part| part.trim().strip_prefix("--")?.split_once(": "));
        declarations
            .filter(|(_, value)| value.len() == 7 && value.starts_with('#'))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    };
    let day = tokens(css.split(":root {").nth(1).unwrap().split('}').next().unwrap());
    let mut night = day.clone();
    night.extend(tokens(css.split(":root {").nth(2).unwrap().split('}').next().unwrap()));
    assert!(night["bg"] != day["bg"]);
    let pairs = [
        ("ink", "bg"),
        ("ink", "card"),
        ("ink", "raised"),
        ("muted", "bg"),
        ("muted", "card"),
        ("muted", "raised"),
        ("link", "bg"),
        ("link", "card"),
        ("link", "raised"),
        ("accent-ink", "accent"),
        ("good", "card"),
        ("good", "good-bg"),
        ("bad", "card"),
        ("bad", "raised"),
        ("bad", "bad-bg"),
        ("amber-ink", "card"),
        ("amber-ink", "raised"),
        ("blue-ink", "blue-bg"),
        ("violet-ink", "violet-bg"),
        ("teal-ink", "teal-bg"),
        ("amber-ink", "amber-bg"),
        ("yellow-ink", "yellow-bg"),
        ("red-ink", "red-bg"),
        ("green-ink", "green-bg"),
        ("plum-ink", "plum-bg"),
        ("slate-ink", "slate-bg"),
    ];
    for (name, tokens) in [("day", &day), ("night", &night)] {
        for (ink, ground) in pairs {
            let (a, b) = (luminance(&tokens[ink]), luminance(&tokens[ground]));
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 4.5, "{name}: {ink} on {ground} has {contrast:.2}");
        }
    }
    // The palette of the statuses.
    for (token, value) in [("green", "#34c759"), ("red", "#ff6b6b"), ("yellow", "#ffd166"), ("blue", "#7aa8ff"), ("amber", "#ffb020")] {
        assert_eq!(day[token], value);
    }
    let motion = css.split("prefers-reduced-motion: reduce").nth(1).unwrap();
    assert!(motion.contains("animation: none !important; transition: none !important"));
}
