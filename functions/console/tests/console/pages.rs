//! What the pages show.

use crate::browser::{Browser, now, stocked};
use crate::shop::{Past, Shop, Step};
use axum::body::Body;
use domain::order::{OrderStatus, Role};
use http::StatusCode;

// req: S1-56
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
    for path in ["/console/orders/1001/status", "/console/orders/1001/auto-progress", "/console/orders/1001/notify"] {
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
    // Who has needed a person longest comes first.
    let queue = text.split(r#"id="attention""#).nth(1).unwrap().split("</section>").next().unwrap();
    let numbers: Vec<&str> = queue.split(r#"id="case-"#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(numbers, ["1001", "1005", "1002", "1003", "1004"]);
    for said in
        ["73.0h ago", "Nobody has begun for 73.0 h", "No news in processing for 65.0 h", "2 days past the promised day", "Reported late"]
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

// req: S1-55
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

// req: S2-03
#[tokio::test]
async fn an_order_is_shown_as_it_was_after_each_change() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/orders/1001").await;
    let links: Vec<&str> = text.split(r#"href="/console/orders/1001?at="#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links.len(), 7);
    let then = browser.ok(&format!("/console/orders/1001?at={}", links[6])).await;
    for said in ["As it was on", "25 %", "john@example.com", "Back to today", "Placed by instagram"] {
        assert!(then.contains(said), "{said} in {then}");
    }
    for later in ["/console/orders/1001/status", "Shade checked", "days late", "Hi John, your order"] {
        assert!(!then.contains(later), "{later} in {then}");
    }
    let now = browser.ok(&format!("/console/orders/1001?at={}", links[0])).await;
    assert!(now.contains("75 %") && now.contains("Known to be late") && !now.contains("/console/orders/1001/status"));
    for nothing in ["soon", "9999-01-01T00:00:00Z", "2020-01-01T00:00:00Z"] {
        assert_eq!(browser.get(&format!("/console/orders/1001?at={nothing}")).await.status, StatusCode::NOT_FOUND, "{nothing}");
    }
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

// req: S1-50, S1-58
#[tokio::test]
async fn a_row_of_the_queue_has_its_three_buttons_and_leads_back_to_it() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console").await;
    for id in ["view-1002", "auto-1002", "tell-1002"] {
        assert_eq!(text.matches(&format!(r#"id="{id}""#)).count(), 1, "{id}");
    }
    let told = browser.post("/console/orders/1002/notify", &[("from", "queue")]).await;
    assert_eq!(told.location(), "/console?flash=told");
    let moved = browser.post("/console/orders/1002/auto-progress", &[("from", "queue"), ("notify", "on")]).await;
    assert_eq!(moved.location(), "/console?flash=progressed&order=1002");
    let after = browser.ok("/console?flash=progressed").await;
    assert!(!after.contains("case-1002") && after.contains("class=\"flash"), "the row has left, and the page says what was done");
    // What was just done can be taken back from here; a made-up order offers nothing.
    let offered = browser.ok("/console?flash=progressed&order=1002").await;
    assert!(offered.contains("data-fades") && offered.contains("/console/orders/1002/undo"));
    for other in ["404", "%3Cb%3E", "1005"] {
        assert!(!browser.ok(&format!("/console?flash=progressed&order={other}")).await.contains("data-fades"), "{other}");
    }
    let undone = browser.post("/console/orders/1002/undo", &[("from", "queue")]).await;
    assert_eq!(undone.location(), "/console?flash=undone");
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    let read = reader.ok("/console").await;
    assert!(read.contains("view-1005") && !read.contains("tell-1005") && !read.contains("auto-1005"));
}

// req: S2-08, S2-93
#[tokio::test]
async fn figures_of_some_days() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(browser.ok("/console").await.contains(r#"href="/console/figures""#));
    let text = browser.ok("/console/figures").await;
    for said in [
        "What came in",
        "Per order",
        "How long orders stay",
        "From placed to confirmed",
        "Moves that nobody had to make",
        r#"days=30" aria-current="page""#,
    ] {
        assert!(text.contains(said), "{said}");
    }
    let week = browser.ok("/console/figures?days=7").await;
    assert!(week.contains(r#"days=7" aria-current="page""#));
    for odd in ["0", "366", "x", "-1", "99999999999"] {
        assert!(browser.ok(&format!("/console/figures?days={odd}")).await.contains(r#"days=30" aria-current="page""#), "{odd}");
    }
    let other = Shop::open_in(shop.world.clone(), "other", now()).await;
    let empty = Browser::signed_in(&other, Role::Owner).await.ok("/console/figures").await;
    assert!(empty.contains("No orders in these days.") && empty.contains("No order has moved on in these days."));
    assert!(empty.contains("No order was confirmed by itself in these days."));
}
