//! What browsers may do with the pages and may keep of them.

use crate::browser::{Browser, stocked};
use crate::shop::PAST;
use console::policy::CONTENT_SECURITY_POLICY;
use domain::order::Role;
use http::StatusCode;

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
