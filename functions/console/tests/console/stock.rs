//! Stock and purchase orders, as pages.

use crate::browser::{Browser, now};
use crate::shop::Shop;
use app::Context;
use app::ports::{PurchaseStore, StockStore};
use app::stock::NewPurchase;
use domain::ids::{LocationId, PurchaseId, Sku};
use domain::order::Role;
use http::StatusCode;

async fn open() -> (Shop, Browser) {
    let shop = Shop::open("lumen", now()).await;
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    (shop, browser)
}

async fn there(shop: &Shop, sku: &str) -> Option<(i64, i64)> {
    let level = shop.world.stock().level(&shop.scope(), sku, "main").await.unwrap();
    level.map(|level| (level.available, level.on_order))
}

// req: S2-09, S2-43
#[tokio::test]
async fn a_shelf_is_counted_and_stands_in_the_list() {
    let (shop, browser) = open().await;
    assert!(browser.ok("/console/stock").await.contains("Stock appears with its first delivery"));
    let count = [("sku", "MUG<1>"), ("location", "main"), ("counted", "4"), ("reference", "console:1")];
    for _ in 0..2 {
        assert_eq!(browser.post("/console/stock", &count).await.location(), "/console/stock?flash=counted");
    }
    let other: Vec<_> = count.iter().map(|field| if field.0 == "counted" { ("counted", "9") } else { *field }).collect();
    assert_eq!(browser.post("/console/stock", &other).await.location(), "/console/stock?flash=counted-before");
    assert_eq!(there(&shop, "MUG<1>").await, Some((4, 0)));
    let page = browser.ok("/console/stock").await;
    assert!(page.contains("MUG&lt;1&gt;") && page.contains("reorder") && !page.contains("MUG<1>"), "{page}");
    assert!(browser.ok("/console/stock?grade=low").await.contains("Nothing here"));
    shop.count().await;
    assert!(browser.ok("/console/stock").await.contains("0.0 %"), "the books knew nothing of it");
    for bad in [("counted", "-1"), ("counted", "many"), ("sku", ""), ("location", "MAIN"), ("reference", "")] {
        let fields: Vec<_> = count.iter().map(|field| if field.0 == bad.0 { bad } else { *field }).collect();
        assert_eq!(browser.post("/console/stock", &fields).await.location(), "/console/stock?flash=bad-count", "{bad:?}");
    }
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/stock").await.contains("Count a shelf"));
    assert_eq!(reader.post("/console/stock", &count).await.status, StatusCode::FORBIDDEN);
}

// req: S2-40
#[tokio::test]
async fn a_draft_is_changed_approved_and_received() {
    let (shop, browser) = open().await;
    assert!(browser.ok("/console/purchases").await.contains("stock.reorder.auto"));
    let lines = [("MUG", 95), ("CUP", 5)].map(|(sku, pieces)| (Sku::parse(sku).unwrap(), pieces)).to_vec();
    let (id, location) = (PurchaseId::parse("PO:1").unwrap(), LocationId::parse("main").unwrap());
    let wanted = NewPurchase { id: id.clone(), location, supplier: Some("Clay & Co".into()), lines };
    let (scope, by) = (shop.scope(), shop.by_hand());
    let context = Context { scope: &scope, config: &shop.config, by: &by };
    shop.purchases().make(context, wanted).await.unwrap();
    let page = "/console/purchases/PO%3A1";
    assert!(browser.ok("/console/purchases").await.contains(page));
    let seen = browser.ok(page).await;
    assert!(seen.contains("Clay &amp; Co") && seen.contains("name=\"quantity-1\""), "{seen}");
    let change = [("do", "change"), ("version", "1"), ("quantity-0", "90"), ("quantity-1", "0")];
    assert_eq!(browser.post(page, &change).await.location(), format!("{page}?flash=purchase-saved"));
    assert_eq!((there(&shop, "MUG").await, there(&shop, "CUP").await), (Some((0, 90)), Some((0, 0))));
    let stale = [("do", "approve"), ("version", "1")];
    assert_eq!(browser.post(page, &stale).await.location(), format!("{page}?flash=purchase-stale"));
    assert_eq!(browser.post(page, &[("do", "approve"), ("version", "2")]).await.location(), format!("{page}?flash=purchase-saved"));
    let seen = browser.ok(page).await;
    assert!(seen.contains("Comes now") && seen.contains("Expected"), "{seen}");
    for bad in [[("received-0", "x"), ("reference", "dn-1")], [("received-0", "4"), ("reference", "")]] {
        assert_eq!(browser.post(page, &bad).await.location(), format!("{page}?flash=bad-purchase"));
    }
    let delivery = [("do", "receive"), ("received-0", "80"), ("reference", "dn-1"), ("last", "on")];
    for _ in 0..2 {
        assert_eq!(browser.post(page, &delivery).await.location(), format!("{page}?flash=purchase-saved"));
    }
    assert_eq!(there(&shop, "MUG").await, Some((80, 0)));
    assert!(browser.ok("/console/purchases?state=closed").await.contains("received"));
    assert_eq!(browser.post(page, &[("do", "cancel"), ("version", "4")]).await.location(), format!("{page}?flash=bad-purchase"));
    assert_eq!(browser.get("/console/purchases/PO%202").await.status, StatusCode::NOT_FOUND);
    let stored = shop.world.purchases().load(&scope, &id).await.unwrap().unwrap();
    assert_eq!(stored.version, 4);
}
