//! The console's forms, paths and cookies as somebody sends them who is no browser.

#![allow(clippy::unwrap_used, reason = "what cannot be set up should stop at once")]

mod shop;

use app::Scopes;
use axum::Router;
use axum::body::Body;
use domain::ids::OrderId;
use domain::order::{OrderStatus, Role};
use http::{HeaderMap, Request};
use jiff::Timestamp;
use shop::{PAST, SIGNING_KEY, Shop};
use std::sync::Arc;
use tower::ServiceExt;

struct Client {
    router: Router,
    cookie: String,
    token: String,
}

struct Answer {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// Headers and a body.
type Form<'a> = (&'a [(&'a str, &'a str)], &'a [u8]);

const OURS: [(&str, &str); 2] = [("origin", "http://localhost:8080"), ("content-type", "application/x-www-form-urlencoded")];

impl Client {
    async fn of(shop: &Shop) -> Client {
        let router = runtime::http::finish(console::router(Arc::new(shop.console())));
        let mut client = Client { router, cookie: String::new(), token: String::new() };
        let key = shop.key(Role::Owner, Scopes::ALL).await;
        let answer = client.send("POST", "/console/login", &OURS, format!("key={key}").as_bytes()).await;
        client.cookie = answer.header("set-cookie").split(';').next().unwrap().to_owned();
        let sessions = console::session::Sessions::new(app::tenant::Secret::new(SIGNING_KEY));
        let session = sessions.open(client.cookie.strip_prefix("of_session=").unwrap(), now()).unwrap();
        client.token = sessions.form_token(&session).unwrap();
        client
    }

    async fn send(&self, verb: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut request = Request::builder().method(verb).uri(path).header("host", "localhost:8080").header("cookie", &self.cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_vec())).unwrap()).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 22).await.unwrap();
        let answer = Answer { status, headers, text: String::from_utf8(bytes.to_vec()).unwrap() };
        assert!(status < 500, "{verb} {path}: {status} {}", answer.text);
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{verb} {path}");
        answer
    }

    async fn post(&self, path: &str, form: &str) -> Answer {
        self.send("POST", path, &OURS, format!("token={}&{form}", self.token).as_bytes()).await
    }
}

fn now() -> Timestamp {
    "2025-08-09T10:00:00Z".parse().unwrap()
}

async fn stocked() -> Shop {
    let shop = Shop::open("demo", now()).await;
    for past in PAST {
        shop.live(past).await;
    }
    shop.count().await;
    shop
}

#[tokio::test]
async fn no_path_and_no_query_is_a_crash() {
    let shop = stocked().await;
    let client = Client::of(&shop).await;
    let long = "9".repeat(8_000);
    for path in [
        "/console/orders/%00",
        "/console/orders/%2e%2e",
        "/console/orders/..%2f..%2fetc",
        "/console/orders/%ff",
        "/console/orders/1001%0d%0aset-cookie:x",
        "/console/orders/%E2%80%AE1001",
        "/console/orders/%3Cscript%3E",
        "/console/assets/..%2f..%2fCargo.toml",
        "/console/assets/%ff",
        "/console/nothing",
        "/console//",
        &format!("/console/orders/{long}"),
    ] {
        let answer = client.send("GET", path, &[], b"").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
        assert!(!answer.text.contains("<script>"), "{path}");
    }
    for query in [
        "status=lost",
        "status=%FF",
        "customer=x",
        &format!("customer={}", "g".repeat(64)),
        "cursor=AAAA",
        "cursor=%00",
        "status=open&customer=x",
        "flash=%3Cscript%3E",
        "flash=moved&flash=x",
        "status=<script>alert(1)</script>",
        &format!("cursor={long}"),
        "limit=1e9",
        "=&&=",
    ] {
        let answer = client.send("GET", &format!("/console/orders?{}", query.replace('<', "%3C").replace('>', "%3E")), &[], b"").await;
        assert!(matches!(answer.status, 200 | 422), "{query}: {}", answer.status);
        assert!(!answer.text.contains("<script>alert"), "{query}");
    }
    for (verb, path, allowed) in [
        ("PUT", "/console/orders", "GET,HEAD,POST"),
        ("DELETE", "/console/orders/1001", "GET,HEAD"),
        ("GET", "/console/orders/1001/status", "POST"),
        ("POST", "/console", "GET,HEAD"),
        ("TRACE", "/console/login", "GET,HEAD,POST"),
    ] {
        let answer = client.send(verb, path, &[], b"").await;
        let mut told: Vec<&str> = answer.header("allow").split(',').collect();
        told.sort_unstable();
        assert_eq!((answer.status, told.join(",").as_str()), (405, allowed), "{verb} {path}");
    }
}

#[tokio::test]
async fn no_form_is_a_crash_and_none_that_is_odd_moves_an_order() {
    let shop = stocked().await;
    let client = Client::of(&shop).await;
    let pending = PAST.iter().find(|past| status(&shop, past.number) == OrderStatus::Pending).unwrap().number;
    let path = format!("/console/orders/{pending}/status");
    let good = format!("token={}&to=processing", client.token);
    let other: [Form<'_>; 8] = [
        (&OURS, b""),
        (&OURS, b"%ff%fe=%00&token"),
        (&OURS, b"to=processing"),
        (&OURS, b"token=%00&to=processing"),
        (&[OURS[0], ("content-type", "application/json")], br#"{"to":"processing"}"#),
        (&[OURS[0], ("content-type", "multipart/form-data; boundary=x")], b"--x--"),
        (&[OURS[0]], good.as_bytes()),
        (&[("origin", "https://evil.example"), OURS[1]], good.as_bytes()),
    ];
    for (headers, body) in other {
        let answer = client.send("POST", &path, headers, body).await;
        assert!((400..500).contains(&answer.status), "{headers:?}: {}", answer.status);
    }
    let large = format!("{good}&note={}", "x".repeat(10 << 20));
    assert_eq!(client.send("POST", &path, &OURS, large.as_bytes()).await.status, 413);
    for form in [
        "",
        "to=",
        "to=teleported",
        "to=processing%00",
        "to=%E2%80%AEgnissecorp",
        "to=processing&version=x",
        "to=processing&version=-1",
        "to=processing&version=99999999999999999999",
    ] {
        assert_eq!(client.post(&path, form).await.status, 422, "{form}");
    }
    for form in ["to=processing&version=99", &format!("to=processing&note={}", "x".repeat(501)), "to=delivered"] {
        let answer = client.post(&path, form).await;
        assert_eq!(answer.status, 303, "{form}");
        assert!(answer.header("location").contains("flash="), "{form}");
    }
    assert_eq!(status(&shop, pending), OrderStatus::Pending, "nothing has moved it");
    for path in [
        "/console/orders/%00/status",
        "/console/orders/9999/status",
        "/console/orders/..%2f1001/status",
        "/console/orders/%ff/auto-progress",
    ] {
        let answer = client.post(path, "to=processing").await;
        assert!(matches!(answer.status, 400 | 404), "{path}: {}", answer.status);
    }
}

#[tokio::test]
async fn what_is_searched_and_asked_is_never_believed() {
    let shop = stocked().await;
    let client = Client::of(&shop).await;
    for q in
        ["%00", "..", "%3Cscript%3E", "a%40b", "a%40b.co%0d%0aset-cookie:x", "%E2%80%AE1001", &"9".repeat(10_000), "T%23demo%23O%231001"]
    {
        let answer = client.post("/console/orders", &format!("q={q}")).await;
        assert_eq!(answer.status, 303, "{q}");
        let to = answer.header("location");
        assert!(to.starts_with("/console/orders?flash=") && answer.headers.get("set-cookie").is_none(), "{q}: {to}");
    }
    for question in
        ["", "%00", "%FF", "%3Cscript%3Ealert(1)%3C/script%3E+order+1001", "order+1001+%E2%80%AEjohn%40x.io", &"x".repeat(2_000)]
    {
        let answer = client.post("/console/ask", &format!("question={question}")).await;
        assert!(matches!(answer.status, 200 | 400 | 422), "{question}: {}", answer.status);
        assert!(!answer.text.contains("<script>alert"), "{question}");
    }
    assert_eq!(client.post("/console/ask", &format!("question={}", "x".repeat(2_001))).await.status, 422);
    for next in
        ["https://evil.example", "//evil.example", "/console%0d%0aset-cookie:x=y", "/console/%5cevil.example", "javascript:alert(1)"]
    {
        let key = shop.key(Role::Owner, Scopes::ALL).await;
        let answer = client.send("POST", "/console/login", &OURS, format!("key={key}&next={next}").as_bytes()).await;
        assert_eq!((answer.status, answer.header("location")), (303, "/console"), "{next}");
        assert!(!answer.header("set-cookie").contains("x=y"), "{next}");
    }
}

/// A cookie is one of ours or none, whatever it looks like.
#[tokio::test]
async fn odd_cookies_are_no_session() {
    let shop = stocked().await;
    let client = Client::of(&shop).await;
    let value = client.cookie.strip_prefix("of_session=").unwrap().to_owned();
    let (payload, tag) = value.split_once('.').unwrap();
    for cookie in [
        "".to_owned(),
        "of_session".into(),
        "of_session=".into(),
        "of_session=.".into(),
        format!("of_session={payload}"),
        format!("of_session={payload}."),
        format!("of_session=.{tag}"),
        format!("of_session={value}.{tag}"),
        format!("of_session={payload}.{payload}"),
        format!("of_session=\"{value}\""),
        format!("OF_SESSION={value}"),
        format!("x{}", client.cookie),
        format!("of_session={}", "A".repeat(8_000)),
        format!("of_session=x; of_session={value}"),
        "of_session=%00".into(),
        "a=b; ; =;of_session=x.y".into(),
    ] {
        let odd = Client { router: client.router.clone(), cookie: cookie.clone(), token: client.token.clone() };
        let answer = odd.send("GET", "/console/orders", &[], b"").await;
        assert_eq!(answer.status, 303, "{cookie}");
        assert!(answer.header("location").starts_with("/console/login"), "{cookie}");
    }
    assert_eq!(client.send("GET", "/console/orders", &[], b"").await.status, 200);
}

fn status(shop: &Shop, number: &str) -> OrderStatus {
    shop.world.order(&shop.scope(), &OrderId::parse(number).unwrap()).unwrap().tracks.status
}

/// `events/samples/console` through the router, as API Gateway delivers them.
// req: X-04
#[tokio::test]
async fn no_sample_is_a_crash() {
    let shop = stocked().await;
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples/console");
    let mut seen = 0;
    for folder in [root.clone(), root.join("bad")] {
        for file in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file()) {
            let event = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
            let request = lambda_http::Request::from(runtime::gateway::readable(event));
            let (parts, body) = request.into_parts();
            let request = Request::from_parts(parts, Body::from(body.to_vec()));
            let router = runtime::http::finish(console::router(Arc::new(shop.console())));
            let response = router.oneshot(request).await.unwrap();
            assert!(response.status().as_u16() < 500, "{}: {}", file.display(), response.status());
            assert!(!response.headers().contains_key("set-cookie") || folder == root, "{}: nobody is signed in by it", file.display());
            seen += 1;
        }
    }
    assert!(seen > 8, "{seen}");
}
