//! Prices and the daily export, as pages.

use crate::browser::{Browser, now};
use crate::shop::Shop;
use app::Context;
use app::ports::{PriceStore, ReportStore, TenantStore};
use app::tenant::TenantConfig;
use domain::ids::Sku;
use domain::money::{Currency, Money};
use domain::order::Role;
use domain::price::{Listed, PriceRules, PriceTag, Said, Signals};
use http::StatusCode;

const ON: PriceRules = PriceRules { enabled: true, max_change_bps: 1_000, accept_up_to_bps: 0 };

/// A shop that wants prices proposed, or does not.
async fn open(rules: PriceRules) -> (Shop, Browser) {
    let mut shop = Shop::open("lumen", now()).await;
    let before = shop.config.version;
    shop.config = TenantConfig { version: before + 1, pricing: rules, ..shop.config.clone() };
    assert!(shop.world.tenants().save(&shop.scope(), &shop.config, before).await.unwrap());
    let browser = Browser::signed_in(&shop, Role::Operator).await;
    (shop, browser)
}

fn sku(name: &str) -> Sku {
    Sku::parse(name).unwrap()
}

async fn tag(shop: &Shop, name: &str) -> PriceTag {
    shop.world.prices().load(&shop.scope(), &sku(name)).await.unwrap().unwrap()
}

/// Something at 30.00 that others sell for 36.00, with a proposal.
async fn proposed(shop: &Shop, name: &str) -> PriceTag {
    let eur = |minor| Money::new(minor, Currency::parse("EUR").unwrap());
    let listed = Listed { list: eur(3_000), cost: Said::Unsaid, market: Said::Amount(eur(3_600)) };
    let (scope, by) = (shop.scope(), shop.by_hand());
    let context = Context { scope: &scope, config: &shop.config, by: &by };
    let listed = shop.prices().list(context, &sku(name), listed).await.unwrap();
    let waiting = listed.look(&Signals::default(), &ON, now()).unwrap();
    assert!(shop.world.prices().save(&scope, &waiting, &[], now()).await.unwrap());
    waiting
}

// req: S2-78
#[tokio::test]
async fn a_proposal_is_decided_by_who_has_seen_it() {
    let (shop, browser) = open(ON).await;
    assert!(browser.ok("/console/prices").await.contains("Nothing is proposed"));
    proposed(&shop, "MUG<1>").await;
    let page = browser.ok("/console/prices").await;
    assert!(page.contains("MUG&lt;1&gt;") && page.contains("31.20 EUR") && page.contains("+4.0 %"), "{page}");
    assert!(page.contains("Others ask more: 36.00 EUR") && !page.contains("MUG<1>"), "{page}");
    let path = "/console/prices/MUG%3C1%3E";
    for bad in [
        vec![("do", "accept")],
        vec![("do", "accept"), ("version", "")],
        vec![("do", "accept"), ("version", "-2")],
        vec![("do", "accept"), ("version", "1")],
        vec![("do", "accept"), ("version", "3")],
        vec![("do", "give away"), ("version", "2")],
        vec![("version", "2")],
    ] {
        assert_eq!(browser.post(path, &bad).await.location(), "/console/prices?flash=price-stale", "{bad:?}");
    }
    assert_eq!(tag(&shop, "MUG<1>").await.version, 2, "nobody has decided anything");
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/prices").await.contains("value=\"accept\""));
    let accept = [("do", "accept"), ("version", "2")];
    assert_eq!(reader.post(path, &accept).await.status, StatusCode::FORBIDDEN);
    assert_eq!(reader.post("/console/prices", &[]).await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post(path, &accept).await.location(), "/console/prices?flash=price-accepted");
    assert_eq!(browser.post(path, &accept).await.location(), "/console/prices?flash=price-stale", "it was decided");
    assert_eq!(tag(&shop, "MUG<1>").await.price_minor, 3_120);
    assert!(browser.ok("/console/prices?state=settled").await.contains("+4.0 % of list"));
    proposed(&shop, "POT").await;
    assert_eq!(
        browser.post("/console/prices/POT", &[("do", "dismiss"), ("version", "2")]).await.location(),
        "/console/prices?flash=price-dismissed"
    );
    assert_eq!(tag(&shop, "POT").await.price_minor, 3_000);
    for (gone, status) in [("/console/prices/NONE", StatusCode::NOT_FOUND), ("/console/prices/a%20b", StatusCode::NOT_FOUND)] {
        assert_eq!(browser.post(gone, &accept).await.status, status, "{gone}");
    }
}

// req: S2-78
#[tokio::test]
async fn prices_are_looked_at_where_the_shop_wants_it() {
    let (shop, browser) = open(ON).await;
    assert_eq!(browser.post("/console/prices", &[]).await.location(), "/console/prices?flash=prices-asked");
    assert!(shop.world.take_queued().is_some_and(|body| body.contains(r#""what":"prices""#)));
    let (shop, browser) = open(PriceRules::default()).await;
    assert!(browser.ok("/console/prices").await.contains("pricing.enabled"));
    assert_eq!(browser.post("/console/prices", &[]).await.location(), "/console/prices?flash=prices-off");
    assert_eq!(shop.world.take_queued(), None);
    // What was proposed before it was switched off is no longer what the shop wants.
    proposed(&shop, "MUG").await;
    assert_eq!(
        browser.post("/console/prices/MUG", &[("do", "accept"), ("version", "2")]).await.location(),
        "/console/prices?flash=price-stale"
    );
    assert_eq!(tag(&shop, "MUG").await.price_minor, 3_000);
}

// req: S2-81
#[tokio::test]
async fn exports_are_listed_opened_and_asked_for() {
    let (shop, browser) = open(ON).await;
    assert!(browser.ok("/console/reports").await.contains("Nothing is exported yet"));
    for key in ["orders/day=2025-08-08", "orders/day=2025-08-09", "figures/day=2025-08-09"] {
        let key = format!("export/{key}/part-00000.jsonl");
        shop.world.reports().put(&shop.scope(), &key, b"{}\n".to_vec(), "application/x-ndjson").await.unwrap();
    }
    let page = browser.ok("/console/reports").await;
    let links: Vec<&str> = page.split(r#"href="/console/exports/"#).skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let file = "part-00000.jsonl";
    assert_eq!(links, ["2025-08-09/orders", "2025-08-09/figures", "2025-08-08/orders"].map(|day| format!("{day}/{file}")));
    let opened = browser.get(&format!("/console/exports/2025-08-09/orders/{file}")).await;
    assert_eq!(opened.location(), "memory://reports/lumen/export/orders/day=2025-08-09/part-00000.jsonl?valid_for=300");
    for path in [
        "/console/exports/yesterday/orders/part-00000.jsonl",
        "/console/exports/2025-08-09/customers/part-00000.jsonl",
        "/console/exports/2025-08-09/orders/part-0.jsonl",
        "/console/exports/2025-08-09/orders/part-00000.jsonl.gz",
        "/console/exports/2025-08-09/orders/..%2F..%2F..%2Fdaily%2F2025-08-09.json",
        "/console/exports/..%2F..%2Fother/orders/part-00000.jsonl",
    ] {
        assert_eq!(browser.get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    for (day, flash) in
        [("2025-08-01", "export-asked"), ("2025-08-20", "bad-export-day"), ("", "bad-export-day"), ("now", "bad-export-day")]
    {
        assert_eq!(browser.post("/console/exports", &[("day", day)]).await.location(), format!("/console/reports?flash={flash}"), "{day}");
    }
    let queued: Vec<String> = std::iter::from_fn(|| shop.world.take_queued()).collect();
    assert!(queued.len() == 1 && queued[0].contains(r#""day":"2025-08-01","what":"export""#), "{queued:?}");
    let reader = Browser::signed_in(&shop, Role::Readonly).await;
    assert!(!reader.ok("/console/reports").await.contains("Export it"));
    assert_eq!(reader.post("/console/exports", &[("day", "2025-08-01")]).await.status, StatusCode::FORBIDDEN);
}
