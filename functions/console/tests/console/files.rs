//! Reports, the shop's sheet and the inbox, as pages.

use crate::browser::{Browser, now, stocked};
use crate::shop::Shop;
use app::ports::{InboxEntry, InboxKey, InboxState, InboxStore, ReportStore, SheetSettings, TenantStore};
use app::tenant::{Secret, TenantConfig};
use domain::order::Role;
use http::StatusCode;
use serde_json::json;

async fn file(shop: &Shop, key: &str, text: &str) {
    shop.world.reports().put(&shop.scope(), key, text.as_bytes().to_vec(), "text/plain").await.unwrap();
}

// req: S0-32
#[tokio::test]
async fn reports_are_listed_opened_and_asked_for() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    assert!(browser.ok("/console/reports").await.contains("No report yet"));
    for day in ["2025-08-08", "2025-08-09"] {
        let figures = json!({ "as_of": day, "total": 14, "delayed_pct": "21.4", "sla_missed": 2 });
        file(&shop, &format!("daily/{day}.json"), &figures.to_string()).await;
        file(&shop, &format!("daily/{day}.xlsx"), "PK").await;
        file(&shop, &format!("daily/delayed-{day}.pdf"), "%PDF").await;
    }
    let page = browser.ok("/console/reports").await;
    let links: Vec<&str> = page.split(r#"href="/console/reports/"#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(links, ["2025-08-09/daily", "2025-08-09/delayed", "2025-08-08/daily", "2025-08-08/delayed"]);
    let opened = browser.get("/console/reports/2025-08-09/delayed").await;
    assert_eq!(opened.location(), "memory://reports/demo/daily/delayed-2025-08-09.pdf?valid_for=300");
    for path in ["/console/reports/yesterday/daily", "/console/reports/2025-08-09/salaries", "/console/reports/..%2F..%2Fother/daily"] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (day, flash) in [("", "report-asked"), ("2025-08-01", "report-asked"), ("2025-08-10", "bad-day"), ("tomorrow", "bad-day")] {
        assert_eq!(browser.post("/console/reports", &[("day", day)]).await.location(), format!("/console/reports?flash={flash}"), "{day}");
    }
    let queued: Vec<String> = std::iter::from_fn(|| shop.world.take_queued()).collect();
    assert!(queued.len() == 2 && queued[1].contains(r#""day":"2025-08-01""#), "{queued:?}");
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/reports").await.contains("Make a report now"));
    assert_eq!(reader.post("/console/reports", &[]).await.status, StatusCode::FORBIDDEN);
    let other = Shop::open_in(shop.world.clone(), "other", now()).await;
    assert!(Browser::signed_in(&other, Role::Owner).await.ok("/console/reports").await.contains("No report yet"));
}

// req: S0-19
#[tokio::test]
async fn the_sheet_shows_what_is_to_be_corrected() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    assert!(!browser.ok("/console").await.contains("/console/sheet"), "no sheet, no page of it");
    assert_eq!(browser.get("/console/sheet").await.status, StatusCode::NOT_FOUND);
    let sheet = SheetSettings {
        enabled: true,
        spreadsheet_id: "1AbCdEfGhIjKlMn".into(),
        worksheet: None,
        service_account: Secret::new("CANARY"),
        currency: "EUR".into(),
    };
    let config = TenantConfig { sheet: Some(sheet), version: 2, ..shop.config.clone() };
    assert!(shop.world.tenants().save(&shop.scope(), &config, shop.config.version).await.unwrap());
    let page = browser.ok("/console/sheet").await;
    assert!(page.contains("Not read yet") && page.contains("Nothing is read yet") && !page.contains("CANARY"), "{page}");
    let fault = json!({ "field": "eta", "code": "bad_date", "message": "a date such as 2025-08-10 <b>" });
    let status = json!({ "at": "2025-08-09T09:55:00Z", "orders": 14, "placed": 2, "updated": 1, "refused_total": 1,
        "refused": [{ "line": 7, "number": "1006", "errors": [fault] }], "unknown_columns": ["Notes"] });
    file(&shop, "sheet/memory.json", &json!({ "status": status, "rows": {} }).to_string()).await;
    let page = browser.ok("/console/sheet").await;
    for said in ["5 min ago", "1006", "a date such as 2025-08-10 &lt;b&gt;", "Columns that are not read: Notes"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(browser.post("/console/sheet", &[]).await.location(), "/console/sheet?flash=sheet-asked");
    assert!(shop.world.take_queued().is_some_and(|message| message.contains("demo")));
}

// req: S2-75, S3-46
#[tokio::test]
async fn other_shop_systems_show_how_they_stand() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    assert!(!browser.ok("/console").await.contains("/console/shops"), "none, no page of them");
    assert_eq!(browser.get("/console/shops").await.status, StatusCode::NOT_FOUND);
    let saleor = json!({ "enabled": true, "api_url": "https://mugs.saleor.cloud/graphql/", "token": "CANARY" });
    let shopify = json!({ "enabled": false, "shop": "mugs.myshopify.com", "secrets": ["CANARY-of-the-app", "CANARY-before-it"] });
    let config = TenantConfig {
        saleor: serde_json::from_value(saleor).unwrap(),
        shopify: serde_json::from_value(shopify).unwrap(),
        version: 2,
        ..shop.config.clone()
    };
    assert!(shop.world.tenants().save(&shop.scope(), &config, shop.config.version).await.unwrap());
    let page = browser.ok("/console/shops").await;
    for said in [
        "https://mugs.saleor.cloud",
        "not yet",
        "Nothing is compared yet",
        "mugs.myshopify.com",
        "switched off",
        "/v1/hooks/",
        "two secrets",
    ] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("CANARY"));
    parked(&shop, "shopify", "h1", "{}", "data_request").await;
    let why = "it has left here, and was called off <b>there</b>";
    let open = json!({ "1001": { "here": "shipped", "there": "CANCELED", "why": why, "since": "2025-08-09T08:00:00Z" } });
    let memory = json!({ "at": "2025-08-09T09:55:00Z", "read": 14, "placed": 2, "updated": 1, "told": 3, "open": open });
    file(&shop, "saleor/memory.json", &memory.to_string()).await;
    let page = browser.ok("/console/shops").await;
    let said =
        ["5 min ago", "14 read, 2 new, 1 changed, 3 told there", "1 in the inbox", "called off &lt;b&gt;there", "/console/orders/1001"];
    for said in said {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert_eq!(browser.post("/console/shops", &[]).await.location(), "/console/shops?flash=saleor-asked");
    assert!(shop.world.take_queued().is_some_and(|message| message.contains(r#""saleor":true"#)));
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/shops").await.contains("Compare now"));
    assert_eq!(reader.post("/console/shops", &[]).await.status, StatusCode::FORBIDDEN);
}

async fn parked(shop: &Shop, endpoint: &str, id: &str, body: &str, code: &str) {
    let key = InboxKey { endpoint: endpoint.into(), id: id.into() };
    let entry = InboxEntry { key: key.clone(), body_hash: id.into(), body: body.into(), received_at: now(), state: InboxState::Received };
    let (inbox, scope) = (shop.world.inbox(), shop.scope());
    inbox.receive(&scope, &entry).await.unwrap();
    let state = InboxState::Parked { code: code.into(), reason: "import order 1099, then try again".into() };
    inbox.settle(&scope, &key, &state, &[], now()).await.unwrap();
}

// req: S1-29, S1-41
#[tokio::test]
async fn what_found_no_order_waits_in_the_inbox() {
    let shop = stocked().await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    let page = browser.ok("/console/inbox").await;
    assert!(page.contains("Nobody waits for an answer") && page.contains("Every webhook has been applied"), "{page}");
    let nav = page.split("<nav").nth(1).unwrap().split("</nav>").next().unwrap();
    assert_eq!(nav.matches("<a href=").count(), 8, "{nav}");
    let said = json!({ "kind": "reply", "from": "+15551234567", "text": "Where is <my> parcel?", "id": "SM1" });
    parked(&shop, "@sms", "a1", &said.to_string(), "unknown_sender").await;
    parked(&shop, "order-status", "b2", "{}", "unknown_order").await;
    let page = browser.ok("/console/inbox").await;
    for shown in ["+15551234567", "Where is &lt;my&gt; parcel?", "SMS", "unknown_order", "import order 1099"] {
        assert!(page.contains(shown), "{shown}: {page}");
    }
    let again = browser.post("/console/inbox", &[("endpoint", "order-status"), ("id", "b2")]).await;
    assert_eq!(again.location(), "/console/inbox?flash=tried-again");
    assert!(shop.world.take_queued().is_some_and(|message| message.contains(r#""inbox_id":"b2""#)));
    let gone = browser.post("/console/inbox", &[("endpoint", "@sms"), ("id", "a1"), ("dismiss", "yes")]).await;
    assert_eq!(gone.location(), "/console/inbox?flash=dismissed");
    assert!(!browser.ok("/console/inbox").await.contains("parcel?"));
    assert!(shop.world.inbox_entries(&shop.scope()).iter().all(|entry| !entry.body.contains("parcel")), "forgotten");
    for (endpoint, id) in [("order-status", "c3"), ("../x", "b2"), ("@fax", "b2"), ("", "")] {
        let nothing = browser.post("/console/inbox", &[("endpoint", endpoint), ("id", id)]).await;
        assert_eq!(nothing.status, StatusCode::NOT_FOUND, "{endpoint} {id}");
    }
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/inbox").await.contains("Try again"));
    assert_eq!(reader.post("/console/inbox", &[("endpoint", "order-status"), ("id", "b2")]).await.status, StatusCode::FORBIDDEN);
}
