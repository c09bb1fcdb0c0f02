//! Photos of an order, as whoever packs it adds and sees them.

use crate::browser::{Browser, Page, now, stocked};
use crate::shop::Shop;
use app::photos::PICTURE_BYTES_MAX;
use axum::body::Body;
use domain::ids::OrderId;
use domain::order::{Command, Role};
use http::StatusCode;

const OURS: (&str, &str) = ("origin", "http://localhost:8080");

/// A photograph that says who took it.
fn photograph(shows: &str) -> Vec<u8> {
    let parts = [&b"\xFF\xD8\xFF\xFE\0\x05Ann\xFF\xDA\0\x06scan"[..], shows.as_bytes(), b"\xFF\xD9"];
    parts.concat()
}

async fn send(browser: &Browser, path: &str, token: &str, origin: (&str, &str), body: Vec<u8>) -> Page {
    let request = browser.request("POST", path).header(origin.0, origin.1).header("content-type", "image/jpeg");
    browser.send(request.header("x-console-token", token).header("x-console-fragment", "1").body(Body::from(body)).unwrap()).await
}

async fn add(browser: &Browser, path: &str, body: Vec<u8>) -> Page {
    send(browser, path, &browser.token, OURS, body).await
}

const PACKING: &str = "/console/orders/1002/photos/packing";

/// Where the first picture of a page is.
fn picture_of(text: &str) -> String {
    text.split("img src=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

// req: S1-36
#[tokio::test]
async fn a_photo_is_added_and_shown_by_a_way_of_our_own() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let dialog = browser.ok("/console/orders/1002/dialog").await;
    assert!(dialog.contains("Add photo of packing") && dialog.contains("Add photo of shipping") && dialog.contains("None yet"), "{dialog}");
    let added = add(&browser, PACKING, photograph("a box")).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.text);
    let src = picture_of(&added.text);
    assert!(src.starts_with("/console/orders/1002/photos/") && src.ends_with(".jpg"), "{src}");
    assert!(added.text.starts_with("<div class=\"photos\"") && !added.text.contains("<html"), "{}", added.text);
    let again = add(&browser, PACKING, photograph("a box")).await;
    assert_eq!(again.text.matches("<img").count(), 1, "the same picture is one");
    for path in ["/console/orders/1002/dialog", "/console/orders/1002"] {
        assert_eq!(picture_of(&browser.ok(path).await), src, "{path}");
    }
    let link = format!("<a href=\"{src}\">Photo of packing</a>");
    assert!(browser.ok("/console/orders/1002").await.contains(&link), "the timeline leads to it");

    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    let shown = reader.get(&src).await;
    let headers = (shown.status, shown.header("content-type"), shown.header("cache-control"), shown.header("x-content-type-options"));
    assert_eq!(headers, (StatusCode::OK, "image/jpeg", "private, max-age=900", "nosniff"));
    assert!(shown.text.contains("a box") && !shown.text.contains("Ann"), "{}", shown.text);
    assert!(!reader.ok("/console/orders/1002").await.contains("Add photo"));
    assert_eq!(add(&reader, PACKING, photograph("x")).await.status, StatusCode::FORBIDDEN);

    let other = Shop::open_in(shop.world.clone(), "other", now()).await;
    let stranger = Browser::signed_in(&other, Role::Owner).await;
    assert_eq!(stranger.get(&src).await.status, StatusCode::NOT_FOUND);
    assert_eq!(add(&stranger, PACKING, photograph("x")).await.status, StatusCode::NOT_FOUND);
    for name in ["gone.jpg", "..", "%2e%2e%2f1001", "packing"] {
        let page = browser.get(&format!("/console/orders/1002/photos/{name}")).await;
        assert_eq!(page.status, StatusCode::NOT_FOUND, "{name}");
    }
    assert_eq!(Browser::of(&shop).get(&src).await.status, StatusCode::SEE_OTHER, "to the door");

    shop.command("1002", &Command::EraseContact).await;
    assert_eq!(browser.get(&src).await.status, StatusCode::NOT_FOUND);
    let page = browser.ok("/console/orders/1002").await;
    assert!(!page.contains("<img") && !page.contains("Add photo") && page.contains("Photo of packing"), "{page}");
}

// req: S1-36
#[tokio::test]
async fn a_picture_needs_the_page_it_is_sent_from() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let other = Browser::signed_in(&shop, Role::Operator).await;
    let evil = ("origin", "https://evil.example");
    let good = browser.token.as_str();
    for (token, origin) in [("", OURS), (other.token.as_str(), OURS), (good, evil), (good, ("origin", "null"))] {
        let refused = send(&browser, PACKING, token, origin, photograph("x")).await;
        assert_eq!((refused.status, refused.header("content-type")), (StatusCode::FORBIDDEN, "application/problem+json"), "{token}");
    }
    assert_eq!(send(&Browser::of(&shop), PACKING, good, OURS, photograph("x")).await.status, StatusCode::UNAUTHORIZED);
    for (path, body, status, said) in [
        (PACKING, b"GIF89a".to_vec(), StatusCode::UNPROCESSABLE_ENTITY, "this is no JPEG, PNG or WebP picture"),
        (PACKING, vec![0xFF; PICTURE_BYTES_MAX + 1], StatusCode::PAYLOAD_TOO_LARGE, "at most 4 MB"),
        ("/console/orders/404/photos/packing", photograph("x"), StatusCode::NOT_FOUND, "order"),
        ("/console/orders/1002/photos/selfie", photograph("x"), StatusCode::NOT_FOUND, "kind of photo"),
    ] {
        let refused = add(&browser, path, body).await;
        assert_eq!(refused.status, status, "{path}: {}", refused.text);
        assert!(refused.text.contains(said), "{path}: {}", refused.text);
    }
    assert!(shop.world.order(&shop.scope(), &OrderId::parse("1002").unwrap()).unwrap().photos.is_empty());
}
