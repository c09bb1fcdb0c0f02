//! The chat's page and script, as a browser gets them.

use crate::house::House;
use app::Scopes;
use app::auth::make_key;
use app::ports::KeyStore;
use axum::body::Body;
use axum::extract::Request;
use domain::order::Role;
use secrecy::ExposeSecret;
use std::sync::Arc;
use testkit::memory::FakeRandom;
use tower::ServiceExt;

struct Page {
    headers: axum::http::HeaderMap,
    text: String,
}

impl Page {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

async fn get(house: &House, key: Option<&str>, path: &str) -> Page {
    let router = ask::router(Arc::new(house.ask(None)), Arc::new(house.chat(key.map(str::to_owned))));
    let request = Request::builder().uri(path).body(Body::empty()).unwrap();
    let response = runtime::http::finish(router).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    Page { headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
}

async fn key(house: &House, scopes: Scopes) -> String {
    let made = make_key(&house.scope, "web page", Role::Service, scopes, &FakeRandom::seeded(3), house.clock.as_ref());
    house.world.keys().save(&house.scope, &made.key).await.unwrap();
    made.text.expose_secret().to_owned()
}

// req: S0-21
#[tokio::test]
async fn the_page_has_its_words_before_any_script_runs() {
    let house = House::new().await;
    for path in ["/", "/chat"] {
        let page = get(&house, None, path).await;
        for said in ["<title>OrderStatusAI</title>", "Track orders with natural language", "<noscript>"] {
            assert!(page.text.contains(said), "{path}: {said}");
        }
        assert_eq!(page.header("content-security-policy"), ask::chat::CONTENT_SECURITY_POLICY);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        let text = page.text.to_lowercase();
        assert!(!text.contains("<style") && !text.contains(" style=") && !text.contains("javascript:"), "{text}");
        assert!(!["onload=", "onclick=", "onerror="].iter().any(|handler| text.contains(handler)), "{text}");
        assert_eq!(text.matches("<script").count(), text.matches("<script src=\"/widget.js\"").count());
    }
}

// req: S0-21, S0-22
#[tokio::test]
async fn the_script_is_all_that_a_shop_embeds() {
    let house = House::new().await;
    let script = get(&house, None, "/widget.js").await;
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(script.header("cross-origin-resource-policy"), "cross-origin");
    assert!(script.header("cache-control").starts_with("public, max-age=3600"));
    assert!(!script.text.contains("{{"), "everything is filled in");
    for said in [
        "Hi! Please provide your order number and e-mail, and I’ll check its status.",
        "Your message is processed securely. We only use your email to verify your order.",
        "Track orders with natural language",
        "Gdzie jest moje zamówienie?",
        "#ff7c6e",
        "#7aa8ff",
        "#ffd66e",
        "#ff7c2e",
        "#eaf0ff",
        "prefers-color-scheme: dark",
        "prefers-reduced-motion: reduce",
    ] {
        assert!(script.text.contains(said), "{said}");
    }
    // Whatever comes from outside is text, and nothing is left behind on the customer's machine.
    for unsafe_or_kept in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(", "Storage", ".cookie"] {
        assert!(!script.text.contains(unsafe_or_kept), "{unsafe_or_kept}");
    }
    assert!(script.text.len() < 32 * 1024, "{} bytes", script.text.len());
    let style = get(&house, None, "/chat.css").await;
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
}

/// A key that may do more than ask would be given away; one that opens nothing helps nobody.
#[tokio::test]
async fn only_a_publishable_key_is_shown_to_everybody() {
    let house = House::new().await;
    let publishable = key(&house, Scopes::ASK).await;
    assert!(get(&house, Some(&publishable), "/").await.text.contains(&format!("data-key=\"{publishable}\"")));
    let secret = key(&house, Scopes { read: true, ..Scopes::ASK }).await;
    for hidden in [secret.as_str(), "of_demo_unknown", "\"><script>", ""] {
        let text = get(&house, Some(hidden), "/").await.text;
        assert!(!text.contains("data-key") && (hidden.is_empty() || !text.contains(hidden)), "{hidden}");
    }
}
