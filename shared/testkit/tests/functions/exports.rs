//! The daily export: what a day was, as JSON Lines, for whatever a shop analyses its data with.

use crate::door::{Knock, knock};
use crate::house::{House, config, correlation, owner};
use app::export::{Export, Exported};
use app::ports::{Claim, Clock, OnceKey, OnceStore, ReportStore, TenantStore};
use app::tenant::{ExportSettings, TenantConfig};
use contracts::Payload;
use contracts::export::{FigureRow, OrderRow, schemas};
use domain::order::Vocabulary;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde_json::Value;

const DAY: Date = date(2025, 8, 9);

async fn exporting() -> House {
    let house = House::new().await;
    let config = TenantConfig { version: 2, export: ExportSettings { daily: true }, ..config() };
    assert!(house.world.tenants().save(&house.scope, &config, 1).await.unwrap());
    house.settle().await;
    house
}

fn export(house: &House) -> Export {
    house.jobs().export
}

async fn rows(house: &House, table: &str, day: Date) -> Vec<String> {
    let mut keys = house.world.reports().list(&house.scope, &format!("export/{table}/day={day}/"), 99).await.unwrap();
    keys.sort();
    let mut rows = Vec::new();
    for key in keys {
        let text = house.world.reports().get(&house.scope, &key).await.unwrap().unwrap();
        rows.extend(String::from_utf8(text).unwrap().lines().map(str::to_owned));
    }
    rows
}

async fn orders(house: &House, day: Date) -> Vec<OrderRow> {
    let mut orders: Vec<OrderRow> = rows(house, "orders", day).await.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    orders.sort_by(|a, b| a.order_id.cmp(&b.order_id));
    orders
}

async fn delivered(house: &House, number: &str) {
    house.hear(number, "arrived", Vocabulary::Sheet.read("Delivered").unwrap().claim, false).await;
}

// req: S2-81
#[tokio::test]
async fn a_day_is_exported_once_as_it_ended() {
    let house = exporting().await;
    assert_eq!(house.morning().await, ["Export 2025-08-06", "Export 2025-08-07", "Export 2025-08-08"], "the last three days");
    assert_eq!(rows(&house, "orders", DAY).await, Vec::<String>::new(), "it is not over");
    house.clock.advance(SignedDuration::from_hours(24));
    delivered(&house, "1001").await;
    house.settle().await;
    assert_eq!(house.morning().await, ["Export 2025-08-09"]);
    assert_eq!(house.morning().await, Vec::<String>::new(), "once");
    let twice = export(&house).daily(&house.scope, &config(), DAY, &correlation()).await.unwrap();
    assert_eq!(twice, Exported::Before, "a message that comes twice");
    let as_it_ended = orders(&house, DAY).await;
    let stood: Vec<(&str, &str)> = as_it_ended.iter().map(|row| (row.order_id.as_str(), row.status.as_str())).collect();
    assert_eq!(stood.len(), 3);
    assert!(stood.iter().all(|(_, status)| *status != "delivered"), "{stood:?}: it was delivered the day after");
    assert!(as_it_ended.iter().all(|row| row.units == row.lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>()));
    assert!(as_it_ended.iter().all(|row| row.delivered_on.is_none()), "{as_it_ended:?}");
    // The next day holds what changed on it, and nothing else.
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(house.morning().await, ["Export 2025-08-10"]);
    let next = orders(&house, date(2025, 8, 10)).await;
    let stood: Vec<_> = next.iter().map(|row| (row.order_id.as_str(), row.status.as_str(), row.delivered_on)).collect();
    assert_eq!(stood, [("1001", "delivered", Some(date(2025, 8, 10)))]);
    assert!(
        next[0].version > as_it_ended.iter().find(|row| row.order_id == "1001").unwrap().version,
        "the later row is the higher version"
    );
    // Made anew it says the same, in the same order.
    let before = rows(&house, "orders", DAY).await;
    let made = export(&house).now(&house.scope, &config(), DAY).await.unwrap();
    assert_eq!(rows(&house, "orders", DAY).await, before);
    let counted: Vec<FigureRow> = rows(&house, "figures", DAY).await.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(made, Exported::Made { day: DAY, orders: 3, figures: counted.len() });
    let of_the_shop =
        |field: &str| counted.iter().find(|row| (row.series.as_str(), row.point.as_str()) == ("day", "") && row.field == field);
    assert_eq!(of_the_shop("orders").map(|row| row.value), Some(3), "{counted:?}");
}

// req: S2-81
#[tokio::test]
async fn nothing_in_it_says_who_an_order_is_for_and_every_row_keeps_its_schema() {
    let house = exporting().await;
    house.clock.advance(SignedDuration::from_hours(24));
    house.morning().await;
    let schema = |name: &str| -> Value {
        let text = schemas().into_iter().find(|(file, _)| *file == name).unwrap().1;
        serde_json::from_str(&text).unwrap()
    };
    for (table, name) in [("orders", "orders.v1.json"), ("figures", "figures.v1.json")] {
        let validator = jsonschema::validator_for(&schema(name)).unwrap();
        let rows = rows(&house, table, DAY).await;
        assert!(!rows.is_empty(), "{table}");
        for row in &rows {
            let value: Value = serde_json::from_str(row).unwrap();
            assert!(validator.is_valid(&value), "{table}: {row}");
            assert!(!row.contains('@') && !row.contains("John") && !row.contains("Smith"), "{row}");
        }
        let mut stranger: Value = serde_json::from_str(&rows[0]).unwrap();
        let first = schema(name)["required"][0].as_str().unwrap().to_owned();
        stranger.as_object_mut().unwrap().remove(&first);
        assert!(!validator.is_valid(&stranger), "{table} without {first}");
    }
}

// req: S2-81
#[tokio::test]
async fn shops_that_do_not_want_it_and_days_that_just_ended_are_left() {
    let house = House::new().await;
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(house.morning().await, Vec::<String>::new(), "nobody asked");
    for (zone, ended, settled) in [
        ("UTC", "2025-08-10T00:05:00Z", "2025-08-10T00:15:00Z"),
        // The figures' day ends with that of UTC, hours after the shop's own.
        ("Asia/Tokyo", "2025-08-09T21:00:00Z", "2025-08-10T00:15:00Z"),
        // And there it has ended long before.
        ("America/Los_Angeles", "2025-08-10T07:05:00Z", "2025-08-10T07:15:00Z"),
    ] {
        let house = exporting().await;
        let midnight =
            TenantConfig { version: 3, report_hour: 0, time_zone: zone.into(), export: ExportSettings { daily: true }, ..config() };
        assert!(house.world.tenants().save(&house.scope, &midnight, 2).await.unwrap());
        house.clock.set(ended.parse().unwrap());
        let days = house.morning().await;
        assert_eq!(days.last().map(String::as_str), Some("Export 2025-08-08"), "{zone}: what was begun before may be under way");
        house.clock.set(settled.parse().unwrap());
        assert_eq!(house.morning().await, ["Export 2025-08-09"], "{zone}");
    }
    // A schedule that was not there for some days makes up for them.
    let house = exporting().await;
    house.morning().await;
    house.clock.set("2025-08-13T06:00:00Z".parse().unwrap());
    assert_eq!(house.morning().await, ["Export 2025-08-10", "Export 2025-08-11", "Export 2025-08-12"]);
}

// req: S2-81
#[tokio::test]
async fn a_day_that_cannot_be_made_leaves_what_there_is_and_is_told_once() {
    let house = exporting().await;
    house.clock.advance(SignedDuration::from_hours(24));
    house.morning().await;
    let (before, told) = (rows(&house, "orders", DAY).await, house.world.outbox_rows().len());
    let tight = || Export { bytes_max: 100, ..export(&house) };
    let anew = tight().now(&house.scope, &config(), DAY).await.unwrap();
    assert!(matches!(&anew, Exported::Failed { reason } if reason.contains("100 bytes")), "{anew:?}");
    assert_eq!(rows(&house, "orders", DAY).await, before, "nothing was overwritten");
    assert_eq!(house.world.outbox_rows().len(), told, "whoever asked for it sees that there is nothing new");
    delivered(&house, "1001").await;
    house.settle().await;
    let day = date(2025, 8, 10);
    house.clock.advance(SignedDuration::from_hours(24));
    assert!(matches!(tight().daily(&house.scope, &config(), day, &correlation()).await.unwrap(), Exported::Failed { .. }));
    assert_eq!(house.morning().await, Vec::<String>::new(), "it is not tried again and again");
    let news = |house: &House| -> Vec<String> {
        let events = house.world.outbox_rows().into_iter().flat_map(|row| row.events);
        events
            .filter_map(|event| match event.payload {
                Payload::JobFailed(failed) => Some(failed.reason),
                Payload::JobRecovered(back) => Some(back.job),
                _ => None,
            })
            .collect()
    };
    assert_eq!(news(&house), ["2025-08-10: its orders are more than 100 bytes"]);
    assert!(matches!(export(&house).now(&house.scope, &config(), day).await.unwrap(), Exported::Made { orders: 1, .. }), "by hand");
    house.clock.advance(SignedDuration::from_hours(24));
    assert_eq!(house.morning().await, ["Export 2025-08-11"]);
    assert_eq!(news(&house).last().map(String::as_str), Some("daily export"), "it works again");
    // Two at once do not write one day's files.
    let lock = OnceKey::new("export", "files", "2025-08-11");
    assert!(matches!(
        house.world.once().claim(&house.scope, &lock, "", house.clock.now(), SignedDuration::from_mins(6)).await.unwrap(),
        Claim::Mine { .. }
    ));
    assert_eq!(export(&house).now(&house.scope, &config(), date(2025, 8, 11)).await.unwrap(), Exported::Busy);
}

// req: S2-81
#[tokio::test]
async fn a_day_can_be_had_anew_and_leaves_no_file_of_before() {
    let house = House::new().await;
    house.settle().await;
    let api = orders_api::router(house.desk());
    let ask = async |body: &str| {
        let knocked = Knock { verb: "POST", path: "/v1/exports", body: body.as_bytes(), identity: Some(owner()), ..Knock::default() };
        knock(api.clone(), knocked).await
    };
    for (bad, fault) in [
        (r#"{"day":"2025-08-10"}"#, "day out_of_range"),
        (r#"{"day":"2024-08-01"}"#, "day out_of_range"),
        (r#"{"day":"2025-02-30"}"#, "day bad_date"),
        ("{}", "day required"),
        (r#"{"day":"2025-08-01","table":"orders"}"#, "table unknown_field"),
    ] {
        assert_eq!(ask(bad).await.refuses(422, bad).faults(), [fault], "{bad}");
    }
    let reports = house.world.reports();
    for (key, stays) in [
        ("export/orders/day=2025-08-09/part-00001.jsonl", false),
        ("export/orders/day=2025-08-08/part-00000.jsonl", true),
        ("export/orders/day=2025-08-09x/part-00000.jsonl", true),
    ] {
        reports.put(&house.scope, key, b"{}\n".to_vec(), "application/x-ndjson").await.unwrap();
        if stays {
            continue;
        }
        assert_eq!(ask(r#"{"day":"2025-08-09"}"#).await.status, 202);
        house.report_asked(&house.world.take_queued().unwrap()).await;
        assert_eq!(reports.get(&house.scope, key).await.unwrap(), None, "it was of an earlier export");
        assert_eq!(orders(&house, DAY).await.len(), 3, "of today what there is");
    }
    let list = async |query: &str| {
        let path = format!("/v1/exports{query}");
        let list = knock(api.clone(), Knock { verb: "GET", path: &path, identity: Some(owner()), ..Knock::default() }).await;
        let rows = list.body.as_array().unwrap_or_else(|| panic!("{query}: {}", list.body)).clone();
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let of_the_day = ["export/orders/day=2025-08-09/part-00000.jsonl", "export/figures/day=2025-08-09/part-00000.jsonl"];
    assert_eq!(list("?day=2025-08-09").await, of_the_day);
    assert_eq!(list("").await[..2], of_the_day, "the newest first");
    assert_eq!(list("?day=2025-07-09").await, Vec::<String>::new());
    // A day of before that is exported anew is stored last and still is not the latest.
    house.clock.advance(SignedDuration::from_hours(1));
    reports.put(&house.scope, "export/orders/day=2025-08-01/part-00000.jsonl", b"{}\n".to_vec(), "application/x-ndjson").await.unwrap();
    assert_eq!(list("").await[..2], of_the_day);
}

// req: S2-81
#[tokio::test]
async fn a_day_of_many_orders_is_several_files() {
    let house = House::new().await;
    house.clock.advance(SignedDuration::from_hours(24));
    let made = Export { part_rows: 2, ..export(&house) }.now(&house.scope, &config(), DAY).await.unwrap();
    let Exported::Made { orders, .. } = made else { panic!("{made:?}") };
    assert_eq!(orders, 3);
    let mut keys = house.world.reports().list(&house.scope, "export/orders/", 99).await.unwrap();
    keys.sort();
    assert_eq!(keys, [0, 1].map(|n| format!("export/orders/day=2025-08-09/part-{n:05}.jsonl")));
    assert_eq!(rows(&house, "orders", DAY).await.len(), 3);
}
