//! The tracking page: numbers, the queue with its filters, an order in a dialog.

use super::browser::{Browser, Page, now, stocked};
use super::shop::{Past, Shop, Step};
use app::measure::LANES;
use app::ports::{Delta, MetricStore};
use axum::body::Body;
use domain::ids::EventId;
use domain::order::OrderStatus;
use domain::order::Role;
use http::StatusCode;

async fn known(browser: &Browser, path: &str, tag: &str) -> Page {
    browser.send(browser.request("GET", path).header("if-none-match", tag).body(Body::empty()).unwrap()).await
}

// req: S1-48, S1-49, S1-50, S1-51, S1-56
#[tokio::test]
async fn the_tracking_page_shows_what_needs_somebody() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/order-tracking").await;
    assert!(text.contains("Orders Requiring Attention"), "{text}");
    let card = |id: &str| {
        let card = text.split(&format!(r#"id="{id}""#)).nth(1).unwrap();
        card.split(r#"class="stat-value">"#).nth(1).unwrap().split('<').next().unwrap().parse::<usize>().unwrap()
    };
    let orders = shop.world.all_orders(&shop.scope());
    let of = |words: &[&str]| orders.iter().filter(|order| words.contains(&order.label().text())).count();
    assert_eq!(
        [card("stat-total"), card("stat-pending"), card("stat-processing"), card("stat-fulfilled")],
        [orders.len(), of(&["Received"]), of(&["Processing", "Ready To Ship"]), of(&["Delivered", "Completed"])]
    );
    for id in ["view-1002", "auto-1002", "tell-1002"] {
        assert_eq!(text.matches(&format!(r#"id="{id}""#)).count(), 1, "{id}");
    }
    // Filters narrow it; what nobody could mean shows all.
    let pending = browser.ok("/order-tracking?status=pending").await;
    assert!(pending.contains("view-1002") && pending.contains(r#"<option value="pending" selected>"#));
    let processing = browser.ok("/order-tracking?status=processing").await;
    assert!(!processing.contains("view-1002"));
    let reason = browser.ok("/order-tracking?reason=pending_too_long&age=48").await;
    assert!(reason.contains("view-1002") && reason.contains("/console/tracking?reason=pending_too_long&amp;age=48"));
    let none = browser.ok("/order-tracking?status=pending&age=168").await;
    assert!(none.contains("No order matches") && !none.contains("All orders are on track"));
    for odd in ["status=%00", "reason=x", "age=-1", "age=99999999999999999999", "status=pending&status=shipped", "order=%3Cscript%3E"] {
        assert!(browser.ok(&format!("/order-tracking?{odd}")).await.contains("Orders Requiring Attention"), "{odd}");
    }
    let empty = super::shop::Shop::open("quiet", now()).await;
    let quiet = Browser::signed_in(&empty, Role::Operator).await.ok("/order-tracking").await;
    assert!(quiet.contains("All orders are on track! 🎉"), "{quiet}");
}

// req: S1-52, S1-58
#[tokio::test]
async fn an_order_is_shown_in_a_dialog() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let text = browser.ok("/console/orders/1002/dialog").await;
    assert!(
        text.contains("25 %") && text.contains("Current: <strong>Pending</strong>") && text.contains("Next: <strong>Processing</strong>"),
        "{text}"
    );
    assert!(text.contains("Notifications sent: 0") && text.contains("Auto-Progress Order") && text.contains("Notify Customer"));
    let moved = browser.post("/console/orders/1002/auto-progress", &[("from", "tracking"), ("notify", "on")]).await;
    assert_eq!(moved.location(), "/order-tracking?flash=progressed&order=1002");
    let text = browser.ok("/console/orders/1002/dialog").await;
    assert!(text.contains("50 %") && text.contains("(Auto)") && text.contains("payment is captured"), "{text}");
    let page = browser.ok("/order-tracking?flash=progressed&order=1002").await;
    assert!(page.contains("/console/orders/1002/undo") && page.contains("data-fades"));
    assert_eq!(browser.get("/console/orders/404/dialog").await.status, StatusCode::NOT_FOUND);
    let reader = Browser::signed_in(&shop, Role::Readonly).await.ok("/console/orders/1005/dialog").await;
    assert!(!reader.contains("<form"), "nothing to press");
}

// req: S1-55
#[tokio::test]
async fn what_has_not_changed_is_not_sent_again() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let first = browser.get("/console/tracking?status=pending").await;
    let tag = first.header("etag").to_owned();
    let again = known(&browser, "/console/tracking?status=pending", &tag).await;
    assert_eq!((again.status, again.text.as_str()), (StatusCode::NOT_MODIFIED, ""));
    browser.post("/console/orders/1002/auto-progress", &[]).await;
    let moved = known(&browser, "/console/tracking?status=pending", &tag).await;
    assert_eq!(moved.status, StatusCode::OK);
}

/// The colours of the rows, and every pair of ink and ground can be read, in light and in dark.
// req: S1-54
#[test]
fn badges_have_their_colours_and_can_be_read() {
    let css = include_str!("../../assets/console.css");
    let hue = |label: &str| {
        let rule = css.lines().find(|line| line.contains(&format!(".status-{label}")) && line.contains("--hue:")).unwrap_or_default();
        rule.split("--hue: var(--").nth(1).unwrap_or_default().split(')').next().unwrap_or_default().to_owned()
    };
    let expected = [
        ("received", "amber"),
        ("processing", "blue"),
        ("shipped", "violet"),
        ("completed", "green"),
        ("delivered", "green"),
        ("cancelled", "red"),
        ("failed", "red"),
    ];
    for (label, colour) in expected {
        assert_eq!(hue(label), colour, "{label}");
    }
    let (light, dark) = css.split_once("prefers-color-scheme: dark").unwrap();
    for (scheme, css) in [("light", light), ("dark", dark)] {
        for colour in ["amber", "blue", "violet", "green", "red"] {
            let value = |name: &str| {
                let hex = css.split(&format!("--{colour}-{name}: #")).nth(1).unwrap_or_else(|| panic!("{scheme} {colour}-{name}"));
                u32::from_str_radix(&hex[..6], 16).unwrap()
            };
            let contrast = contrast(value("ink"), value("bg"));
            assert!(contrast >= 4.5, "{scheme} {colour}: {contrast:.2}");
        }
    }
}

/// WCAG 2.2, relative luminance.
fn contrast(one: u32, other: u32) -> f64 {
    let luminance = |colour: u32| {
        let channel = |shift: u32| {
            let share = f64::from((colour >> shift) & 0xff) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    };
    let (a, b) = (luminance(one), luminance(other));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

async fn arrivals(shop: &Shop, point: &str, field: &str, by: i64) {
    let event = EventId::parse(&format!("{point}:{field}").replace('/', ".")).unwrap();
    let delta = Delta { series: LANES.into(), point: point.into(), field: field.into(), by };
    assert!(shop.world.metrics().count(&shop.scope(), &event, &[delta], now()).await.unwrap());
}

// req: S1-12, S1-39
#[tokio::test]
async fn the_day_it_should_arrive_says_what_it_rests_on() {
    let shop = stocked().await;
    let items: &[(&str, i64, &str)] = &[("Brass desk lamp", 1, "129.00")];
    let steps: &[(i64, Step)] = &[(1, Step::Paid), (8, Step::Shop(OrderStatus::Shipped))];
    shop.live(&Past { number: "3001", name: "Ida Berg", email: "ida@example.com", hours_ago: 32, eta_days: 0, items, steps }).await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let dialog = browser.ok("/console/orders/3001/dialog").await;
    assert!(dialog.contains("Expected: <strong>") && dialog.contains("(the usual days)") && !dialog.contains("latest by"), "{dialog}");
    let front = browser.ok("/console").await;
    assert!(front.contains("No order has arrived yet whose lane was known when it left."), "{front}");
    let month = |back: i32| domain::order::Month::of(now()).back(back).to_string();
    let (last, this) = (month(1), month(0));
    arrivals(&shop, &format!("{last}/PL/-"), &format!("shipped:{last}:within:259200"), 40).await;
    arrivals(&shop, &format!("{this}/PL/-"), &format!("shipped:{this}:within:216000"), 182).await;
    arrivals(&shop, &format!("{this}/PL/-"), &format!("shipped:{this}:within:604800"), 48).await;
    let dialog = browser.ok("/console/orders/3001/dialog").await;
    assert!(dialog.contains(", latest by <strong>") && dialog.contains("(as long as 270 orders of this lane have taken)"), "{dialog}");
    let front = browser.ok("/console").await;
    assert!(front.contains("Promised by P90: held <strong>79%</strong> of 230") && front.contains("By P50: 79%"), "{front}");
    let promised = browser.ok("/console/orders/1001/dialog").await;
    assert!(promised.contains("(as promised)") && !promised.contains("latest by"), "{promised}");
}
