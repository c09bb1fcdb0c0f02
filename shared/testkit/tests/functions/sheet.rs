//! A shop's own sheet as the source of its orders, through the function's handler.

use crate::house::{House, config, correlation};
use crate::samples::Lot;
use app::ports::{ReportStore, SheetError, SheetSettings, TenantStore};
use app::sheet::SheetStatus;
use app::sheet::file::ImportFile;
use app::sheet::sync::SyncSheet;
use app::tenant::{Secret, TenantConfig};
use domain::ids::OrderId;
use serde_json::{Value, json};
use std::sync::Arc;
use testkit::memory::FakeSheet;

const SHEET: &str = "OrderID|Customer|Status|ETA|Email\n\
                     2001|Ann|Received|2025-08-14|ann@example.com\n\
                     2002|Bob|Shipped|45882|bob@example.com\n";

struct Shop {
    house: House,
    sheet: FakeSheet,
}

fn settings() -> SheetSettings {
    SheetSettings {
        spreadsheet_id: "1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms".into(),
        worksheet: None,
        service_account: Secret::new("{}"),
        enabled: true,
        currency: "EUR".into(),
    }
}

pub fn sync_of(house: &House, sheet: &FakeSheet) -> SyncSheet {
    let world = &house.world;
    SyncSheet {
        source: Arc::new(sheet.clone()),
        place: house.place(),
        files: Arc::new(world.reports()),
        once: Arc::new(world.once()),
        outbox: Arc::new(world.outbox()),
        tenants: Arc::new(world.tenants()),
        clock: house.clock.clone(),
    }
}

pub fn import_of(house: &House) -> ImportFile {
    let world = &house.world;
    ImportFile {
        place: house.place(),
        files: Arc::new(world.reports()),
        queue: Arc::new(world.queue()),
        tenants: Arc::new(world.tenants()),
        clock: house.clock.clone(),
    }
}

fn batch(bodies: &[&str]) -> Value {
    let record = |(at, body): (usize, &&str)| json!({ "messageId": format!("m{}", at + 1), "body": body, "eventSource": "aws:sqs" });
    json!({ "Records": bodies.iter().enumerate().map(record).collect::<Vec<_>>() })
}

impl Shop {
    async fn with(text: &str) -> Shop {
        let house = House::new().await;
        let config = TenantConfig { version: 2, sheet: Some(settings()), ..config() };
        assert!(house.world.tenants().save(&house.scope, &config, 1).await.unwrap());
        Shop { house, sheet: FakeSheet::of(text) }
    }

    async fn call(&self, event: Value) -> Value {
        let (sync, import, saleor) = (sync_of(&self.house, &self.sheet), import_of(&self.house), crate::saleor::sync_of(&self.house));
        sheet_sync::handle(&sync, &import, &saleor, &Lot::default(), event, correlation()).await.unwrap()
    }

    /// The schedule fires, and everything that follows from it happens; how the sheet stands then.
    async fn tick(&self) -> Value {
        let answer = self.call(json!({ "time": "2025-08-09T10:05:00Z" })).await;
        assert_eq!(answer, json!({ "sheets": ["demo"] }));
        let body = self.house.world.take_queued().unwrap();
        self.call(batch(&[&body])).await;
        self.house.settle().await;
        let now = self.status().await;
        json!({
            "orders": now.orders, "placed": now.placed, "updated": now.updated, "waiting": now.waiting, "refused": now.refused_total,
            "error": now.error,
        })
    }

    async fn status(&self) -> SheetStatus {
        SyncSheet::status(&self.house.world.reports(), &self.house.scope).await.unwrap()
    }

    async fn label(&self, number: &str) -> String {
        use app::ports::OrderStore;
        let id = OrderId::parse(number).unwrap();
        self.house.world.orders().load(&self.house.scope, &id).await.unwrap().unwrap().label().text().to_owned()
    }

    fn posts(&self) -> Vec<String> {
        self.house.world.posts().into_iter().map(|(_, text)| text).collect()
    }
}

// req: S0-19, S0-50
#[tokio::test]
async fn an_edited_cell_tells_the_customer_and_nothing_else_does() {
    let shop = Shop::with(SHEET).await;
    let first = shop.tick().await;
    assert_eq!((&first["orders"], &first["placed"], &first["updated"]), (&json!(2), &json!(2), &json!(0)), "{first}");
    assert_eq!(shop.label("2002").await, "Shipped");
    assert_eq!(shop.house.world.sent_mails(), [], "orders that were there before are no news");
    for _ in 0..2 {
        let again = shop.tick().await;
        assert_eq!((&again["placed"], &again["updated"], &again["waiting"]), (&json!(0), &json!(0), &json!(0)), "{again}");
    }
    shop.sheet.holds(&SHEET.replace("Ann|Received", "Ann|Delayed (weather)"));
    let edited = shop.tick().await;
    assert_eq!((&edited["placed"], &edited["updated"]), (&json!(0), &json!(1)), "{edited}");
    let mails = shop.house.world.sent_mails();
    assert_eq!((mails.len(), mails[0].to.expose(), shop.label("2001").await.as_str()), (1, "ann@example.com", "Delayed"));
    shop.tick().await;
    assert_eq!(shop.house.world.sent_mails().len(), 1, "told once");
}

/// People are told what to mend, once, and that it is mended.
// req: S0-41
#[tokio::test]
async fn what_a_person_has_to_mend_is_said_once_and_so_is_that_it_is_mended() {
    let shop = Shop::with(SHEET).await;
    shop.tick().await;
    shop.sheet.gives(Err(SheetError::Refused("Google does not accept the service account's key".into())));
    for _ in 0..3 {
        let failed = shop.tick().await;
        assert_eq!(failed["error"], "Google does not accept the service account's key");
    }
    let posts = shop.posts();
    assert_eq!(posts.len(), 1, "{posts:?}");
    assert!(posts[0].contains("*Job failed: sheet import*\nGoogle does not accept"), "{}", posts[0]);
    assert_eq!(shop.status().await.trouble.unwrap().since.to_string(), "2025-08-09T10:00:01Z");
    shop.sheet.holds(SHEET);
    shop.tick().await;
    shop.tick().await;
    let posts = shop.posts();
    assert_eq!(posts.len(), 2, "{posts:?}");
    assert!(posts[1].contains("*Job works again: sheet import*"), "{}", posts[1]);
    assert_eq!(shop.status().await.trouble, None);
}

#[tokio::test]
async fn a_line_that_is_broken_for_a_moment_is_no_alert() {
    let shop = Shop::with(SHEET).await;
    shop.sheet.gives(Err(SheetError::Retryable("Google Sheets answered 503".into())));
    assert_eq!(shop.tick().await["error"], "Google Sheets answered 503");
    assert_eq!(shop.posts(), Vec::<String>::new());
    shop.sheet.holds(SHEET);
    assert_eq!(shop.tick().await["placed"], 2);
}

#[tokio::test]
async fn bad_rows_are_listed_and_the_rest_is_taken_in() {
    let shop = Shop::with(&format!("{SHEET}2003|Eve|Teleported||eve@example.com\n|Nobody|Shipped||\n2001|Ann|Delivered||\n")).await;
    let first = shop.tick().await;
    assert_eq!((&first["placed"], &first["refused"]), (&json!(2), &json!(3)), "{first}");
    let status = shop.status().await;
    assert_eq!(status.refused.iter().map(|row| row.line).collect::<Vec<_>>(), [4, 5, 6]);
    assert_eq!(status.refused[0].errors[0].code, "unknown_status");
    shop.tick().await;
    let posts = shop.posts();
    assert_eq!(posts.len(), 1, "the same rows are told of once: {posts:?}");
    assert!(posts[0].contains("3 rows to correct: line 4: status one of:"), "{}", posts[0]);
    shop.sheet.holds("Order|Customer\n1|Ann\n");
    assert_eq!(shop.tick().await["refused"], 0, "no status column: every order is new");
    shop.sheet.holds("Status|status\nShipped|Shipped\n");
    assert_eq!(shop.tick().await["error"], "two columns are called \"status\"; rename or remove one");
}

#[tokio::test]
async fn a_shop_may_ask_for_it_now_even_if_it_is_switched_off() {
    let shop = Shop::with(SHEET).await;
    let off = TenantConfig { version: 3, sheet: Some(SheetSettings { enabled: false, ..settings() }), ..config() };
    assert!(shop.house.world.tenants().save(&shop.house.scope, &off, 2).await.unwrap());
    assert_eq!(shop.call(json!({ "time": "2025-08-09T10:05:00Z" })).await, json!({ "sheets": [] }));
    let body = json!({ "v": 1, "tenant": "demo", "correlation": "c1" }).to_string();
    let (newer, scheduled) = (body.replace("\"v\":1", "\"v\":2"), body.replace("\"v\":1", "\"v\":1,\"scheduled\":true"));
    shop.call(batch(&[&scheduled])).await;
    assert_eq!(shop.status().await.at, None, "switched off between the tick and its turn");
    let answer = shop.call(batch(&[&body, "no json", &newer])).await;
    assert_eq!(answer["batchItemFailures"], json!([{ "itemIdentifier": "m3" }]), "a newer message waits, garbage is parked");
    assert_eq!(shop.status().await.placed, 2);
}

/// Only who waits for it has it read after a run that may have begun too early.
#[tokio::test]
async fn a_tick_while_a_run_is_at_it_is_dropped_and_a_wish_comes_again() {
    use app::ports::{Clock, OnceKey, OnceStore};
    use jiff::SignedDuration;
    let shop = Shop::with(SHEET).await;
    let key = OnceKey::new("sheet", "sync", "");
    let now = shop.house.clock.now();
    shop.house.world.once().claim(&shop.house.scope, &key, "", now, SignedDuration::from_mins(6)).await.unwrap();
    let wish = json!({ "v": 1, "tenant": "demo", "correlation": "c1" }).to_string();
    let tick = wish.replace("\"v\":1", "\"v\":1,\"scheduled\":true");
    let answer = shop.call(batch(&[&tick, &wish])).await;
    assert_eq!(answer["batchItemFailures"], json!([{ "itemIdentifier": "m2" }]));
}

/// The memory of what rows said may be lost: everything is looked at again, and nothing happens twice.
#[tokio::test]
async fn a_lost_memory_repeats_nothing() {
    let shop = Shop::with(SHEET).await;
    shop.tick().await;
    shop.house.world.reports().put(&shop.house.scope, "sheet/memory.json", b"{broken".to_vec(), "application/json").await.unwrap();
    let again = shop.tick().await;
    assert_eq!((&again["placed"], &again["updated"]), (&json!(0), &json!(0)), "{again}");
    assert_eq!(shop.house.world.sent_mails(), []);
}

#[tokio::test]
async fn the_api_shows_how_it_stands_has_it_read_now_and_keeps_its_key() {
    use crate::door::{Knock, knock};
    let shop = Shop::with(SHEET).await;
    let go = async |verb, path, body: &str| {
        let knocked = Knock { verb, path, body: body.as_bytes(), identity: Some(crate::house::owner()), ..Knock::default() };
        knock(orders_api::router(shop.house.desk()), knocked).await
    };
    shop.tick().await;
    let stands = go("GET", "/v1/sheet", "").await;
    assert_eq!((stands.status, &stands.body["orders"], &stands.body["placed"]), (200, &json!(2), &json!(2)));
    assert_eq!(go("POST", "/v1/sheet/sync", "").await.status, 202);
    let asked = shop.house.world.take_queued().unwrap();
    assert_eq!(contracts::queue::SheetAsked::read(&asked).unwrap().tenant.as_str(), "demo");
    let mut settings = go("GET", "/v1/settings", "").await.body;
    assert_eq!(settings["sheet"]["service_account"], "(set)", "the key goes in and never comes out");
    settings["sheet"]["worksheet"] = json!("Orders");
    assert_eq!(go("PUT", "/v1/settings", &settings.to_string()).await.status, 200);
    let kept = shop.house.world.tenants().config(shop.house.scope.tenant()).await.unwrap().unwrap().sheet.unwrap();
    assert_eq!((kept.service_account.expose(), kept.worksheet.as_deref()), ("{}", Some("Orders")));
    settings["version"] = json!(3);
    settings["sheet"]["spreadsheet_id"] = json!("../../etc");
    assert_eq!(go("PUT", "/v1/settings", &settings.to_string()).await.status, 422);
}
