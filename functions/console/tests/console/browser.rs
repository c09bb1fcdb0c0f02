//! A browser over the real router, use cases and memory ports.

use crate::shop::{PAST, SIGNING_KEY, Shop};
use app::Scopes;
use app::ports::Clock;
use axum::Router;
use axum::body::Body;
use console::session::Sessions;
use domain::ids::OrderId;
use domain::order::{OrderStatus, Role};
use http::{Request, Response, StatusCode, header};
use http_body_util::BodyExt;
use jiff::Timestamp;
use runtime::http::Origin;
use std::sync::Arc;
use tower::ServiceExt;

pub fn now() -> Timestamp {
    "2025-08-09T10:00:00Z".parse().unwrap()
}

/// A browser with (perhaps) a session.
pub struct Browser {
    router: Router,
    pub cookie: String,
    pub token: String,
    ip: &'static str,
}

pub struct Page {
    pub status: StatusCode,
    pub headers: http::HeaderMap,
    pub text: String,
}

impl Page {
    async fn of(response: Response<Body>) -> Page {
        let (parts, body) = response.into_parts();
        let text = String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned();
        Page { status: parts.status, headers: parts.headers, text }
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    pub fn location(&self) -> &str {
        assert_eq!(self.status, StatusCode::SEE_OTHER, "{}", self.text);
        self.header("location")
    }
}

impl Browser {
    pub fn of(shop: &Shop) -> Browser {
        let router = runtime::http::finish(console::router(Arc::new(shop.console())));
        Browser { router, cookie: String::new(), token: String::new(), ip: "203.0.113.7" }
    }

    /// The same browser at another address on the net.
    pub fn from(&self, ip: &'static str) -> Browser {
        Browser { router: self.router.clone(), cookie: self.cookie.clone(), token: self.token.clone(), ip }
    }

    /// Signs in with a new key of this role.
    pub async fn signed_in(shop: &Shop, role: Role) -> Browser {
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

    pub fn keep(&mut self, page: &Page) {
        self.cookie = page.header("set-cookie").split(';').next().unwrap().to_owned();
    }

    pub async fn send(&self, request: Request<Body>) -> Page {
        Page::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub fn request(&self, method: &str, path: &str) -> http::request::Builder {
        let origin = Origin::new(self.ip, runtime::system::correlation());
        let builder = Request::builder().method(method).uri(path).header("host", "localhost:8080").extension(origin);
        if self.cookie.is_empty() { builder } else { builder.header("cookie", &self.cookie) }
    }

    pub async fn get(&self, path: &str) -> Page {
        self.send(self.request("GET", path).body(Body::empty()).unwrap()).await
    }

    pub async fn ok(&self, path: &str) -> String {
        let page = self.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}: {}", page.text);
        page.text
    }

    /// Posts a form of our own page.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        fields.push(("token", &self.token));
        self.post_raw(path, &fields, &[("origin", "http://localhost:8080")]).await
    }

    pub async fn post_raw(&self, path: &str, fields: &[(&str, &str)], headers: &[(&str, &str)]) -> Page {
        let encode = |(name, value): &(&str, &str)| format!("{name}={}", console::form::encode(value));
        let body = fields.iter().map(encode).collect::<Vec<_>>().join("&");
        let mut request = self.request("POST", path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body)).unwrap()).await
    }
}

pub async fn stocked() -> Shop {
    let shop = Shop::open("demo", now()).await;
    for past in PAST {
        shop.live(past).await;
    }
    shop.count().await;
    shop
}

pub fn status(shop: &Shop, number: &str) -> OrderStatus {
    shop.world.order(&shop.scope(), &OrderId::parse(number).unwrap()).unwrap().tracks.status
}
