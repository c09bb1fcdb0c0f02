//! Webhook endpoints, as pages.

use crate::browser::{Browser, now};
use crate::shop::Shop;
use app::ports::{Delivery, DeliveryState, Try, WebhookStore};
use domain::ids::EventId;
use domain::order::Role;
use http::StatusCode;
use jiff::SignedDuration;

const FIELDS: [(&str, &str); 4] = [
    ("url", "https://shop.example/told"),
    ("description", "Back <office>"),
    ("event-order.shipped", "on"),
    ("event-order.delivered", "on"),
];

async fn open() -> (Shop, Browser) {
    let shop = Shop::open("lumen", now()).await;
    let browser = Browser::signed_in(&shop, Role::Owner).await;
    (shop, browser)
}

// req: S2-73
#[tokio::test]
async fn an_endpoint_is_made_and_its_secret_is_shown_once() {
    let (shop, browser) = open().await;
    assert!(browser.ok("/console/webhooks").await.contains("Nobody is told anything yet"));
    let made = browser.post("/console/webhooks", &FIELDS).await;
    let endpoint = shop.world.all_endpoints(&shop.scope()).remove(0);
    let secret = endpoint.keys[0].secret.expose().to_owned();
    assert!(made.status == StatusCode::OK && made.text.contains(&secret), "{}", made.text);
    assert_eq!(endpoint.events.iter().map(|one| one.as_str()).collect::<Vec<_>>(), ["order.delivered", "order.shipped"]);
    let page = format!("/console/webhooks/{}", endpoint.id);
    for path in ["/console/webhooks", &page] {
        let seen = browser.ok(path).await;
        assert!(seen.contains("Back &lt;office&gt;") && seen.contains("https://shop.example/told") && !seen.contains(&secret), "{path}");
    }
    let tested = browser.post(&page, &[("do", "test")]).await;
    assert_eq!(tested.location(), format!("{page}?flash=webhook-tested"));
    assert!(shop.world.take_queued().is_some_and(|message| message.contains("\"webhook\":\"try\"")));
    assert!(browser.ok(&page).await.contains("on its way"));
    let replayed = browser.post(&page, &[("do", "replay"), ("hours", "48"), ("all", "on")]).await;
    assert_eq!(replayed.location(), format!("{page}?flash=webhook-replayed"));
    let asked = shop.world.take_queued().unwrap();
    let from = now() - SignedDuration::from_hours(48);
    assert!(asked.contains("\"which\":\"all\"") && asked.contains(&format!("\"from\":\"{from}\"")), "{asked}");
    assert_eq!(browser.post(&page, &[("do", "off")]).await.location(), format!("{page}?flash=webhook-saved"));
    for word in ["test", "replay"] {
        let off = browser.post(&page, &[("do", word), ("hours", "48")]).await;
        assert_eq!(off.location(), format!("{page}?flash=webhook-off"), "{word}");
    }
    assert_eq!(browser.post(&page, &[("do", "on")]).await.location(), format!("{page}?flash=webhook-saved"));
    let families =
        [("url", "https://other.example/"), ("event-stock.*", "on"), ("event-stock.low.v1", "on"), ("event-order.shipped", "on")];
    assert_eq!(browser.post(&page, &families).await.location(), format!("{page}?flash=webhook-saved"));
    assert!(browser.ok(&page).await.contains("order.shipped, stock.*"));
    let everything = [("url", "https://other.example/"), ("event-*", "on"), ("event-order.shipped", "on")];
    assert_eq!(browser.post(&page, &everything).await.location(), format!("{page}?flash=webhook-saved"));
    assert!(browser.ok(&page).await.contains("everything"));
    // What a program has made stays, whatever people change beside it.
    let rare = [("url", "https://other.example/"), ("event-stock.low.*", "on"), ("event-order.shipped", "on")];
    assert_eq!(browser.post(&page, &rare).await.location(), format!("{page}?flash=webhook-saved"));
    assert!(browser.ok(&page).await.contains("name=\"event-stock.low.*\""));
    let rotated = browser.post(&page, &[("do", "rotate")]).await;
    assert!(rotated.status == StatusCode::OK && rotated.text.contains("whsec_") && !rotated.text.contains(&secret));
    assert_eq!(browser.post(&page, &[("do", "rotate")]).await.status, StatusCode::OK);
    assert_eq!(browser.post(&page, &[("do", "rotate")]).await.location(), format!("{page}?flash=many-secrets"));
    for bad in [&[("url", "http://x"), ("event-*", "on")][..], &[("url", "https://x.example")]] {
        assert_eq!(browser.post(&page, bad).await.location(), format!("{page}?flash=bad-webhook"));
        assert_eq!(browser.post("/console/webhooks", bad).await.location(), "/console/webhooks?flash=bad-webhook");
    }
    assert_eq!(browser.post(&page, &[("do", "remove")]).await.location(), "/console/webhooks?flash=webhook-removed");
    assert_eq!(browser.get(&page).await.status, StatusCode::NOT_FOUND);
}

// req: S2-73
#[tokio::test]
async fn what_became_of_what_it_was_told() {
    let (shop, browser) = open().await;
    browser.post("/console/webhooks", &FIELDS).await;
    let endpoint = shop.world.all_endpoints(&shop.scope()).remove(0).id;
    let states = [
        (DeliveryState::Delivered, "delivered"),
        (DeliveryState::Waiting { next_at: now() + SignedDuration::from_mins(7) }, "1 of 8 tries, next in 7 min"),
        (DeliveryState::Waiting { next_at: now() + SignedDuration::from_hours(9) }, "next in 9 h"),
        (DeliveryState::Failed, "given up"),
        (DeliveryState::Held, "kept until it is sent again"),
    ];
    for (n, (state, _)) in states.iter().enumerate() {
        let why = (n == 1).then(|| "no answer in time".to_owned());
        let one = Delivery {
            id: EventId::parse(&format!("e{n}")).unwrap(),
            endpoint: endpoint.clone(),
            at: now() - SignedDuration::from_mins(5),
            kind: "order.shipped".into(),
            subject: "1001".into(),
            body: "{}".into(),
            state: state.clone(),
            round: 0,
            tried: 1,
            tries: vec![Try { at: now(), took_ms: 31, status: why.is_none().then_some(500), why }],
            version: 1,
        };
        shop.world.webhooks().save_delivery(&shop.scope(), &one, 0).await.unwrap();
    }
    let page = browser.ok(&format!("/console/webhooks/{endpoint}")).await;
    for (_, words) in states {
        assert!(page.contains(words), "{words}");
    }
    assert!(page.contains("HTTP 500") && page.contains("no answer in time") && page.contains("31 ms"));
}

/// Whoever may only work on orders does not see where all of them are told.
// req: S2-73
#[tokio::test]
async fn endpoints_are_for_admins() {
    let (shop, owner) = open().await;
    owner.post("/console/webhooks", &FIELDS).await;
    let id = shop.world.all_endpoints(&shop.scope()).remove(0).id;
    let operator = Browser::signed_in(&shop, Role::Operator).await;
    assert!(!operator.ok("/console").await.contains("/console/webhooks"));
    for path in ["/console/webhooks".to_owned(), format!("/console/webhooks/{id}")] {
        assert_eq!(operator.get(&path).await.status, StatusCode::FORBIDDEN, "{path}");
        assert_eq!(operator.post(&path, &FIELDS).await.status, StatusCode::FORBIDDEN, "{path}");
    }
}
