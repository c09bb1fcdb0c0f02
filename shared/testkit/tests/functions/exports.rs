//! The daily export: what a day was, as JSON Lines, for whatever a shop analyses its data with.

use crate::door::{Knock, knock};
use crate::house::{House, config, correlation, owner};
use crate::samples::Lot;
use app::export::{Export, Exported};
use app::ports::{ReportStore, TenantStore};
use app::tenant::{ExportSettings, TenantConfig};
use contracts::export::{FigureRow, OrderRow, schemas};
use domain::order::Vocabulary;
use jiff::SignedDuration;
use jiff::civil::{Date, date};
use serde_json::{Value, json};

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
    assert_eq!(export(&house).due(&correlation()).await.unwrap().len(), 3, "the days before have no orders");
    assert_eq!(rows(&house, "orders", DAY).await, Vec::<String>::new(), "it is not over");
    house.clock.advance(SignedDuration::from_hours(24));
    delivered(&house, "1001").await;
    house.settle().await;
    let made = export(&house).due(&correlation()).await.unwrap();
    let [(_, Exported::Made { day: DAY, orders: 3, figures })] = made[..] else { panic!("{made:?}") };
    assert_eq!(export(&house).due(&correlation()).await.unwrap(), [], "once");
    let as_it_ended = orders(&house, DAY).await;
    let stood: Vec<(&str, &str)> = as_it_ended.iter().map(|row| (row.order_id.as_str(), row.status.as_str())).collect();
    assert!(stood.iter().all(|(_, status)| *status != "delivered"), "{stood:?}: it was delivered the day after");
    assert!(as_it_ended.iter().all(|row| row.units == row.lines.iter().map(|line| u64::from(line.quantity)).sum::<u64>()));
    let counted: Vec<FigureRow> = rows(&house, "figures", DAY).await.iter().map(|row| serde_json::from_str(row).unwrap()).collect();
    assert_eq!(counted.len(), figures);
    // The next day holds what changed on it, and nothing else.
    house.clock.advance(SignedDuration::from_hours(24));
    export(&house).due(&correlation()).await.unwrap();
    let next = orders(&house, date(2025, 8, 10)).await;
    let stood: Vec<(&str, &str)> = next.iter().map(|row| (row.order_id.as_str(), row.status.as_str())).collect();
    assert_eq!(stood, [("1001", "delivered")]);
    assert!(
        next[0].version > as_it_ended.iter().find(|row| row.order_id == "1001").unwrap().version,
        "the later row is the higher version"
    );
    // Made anew it says the same.
    export(&house).now(&house.scope, &config(), DAY, &correlation()).await.unwrap();
    assert_eq!(orders(&house, DAY).await, as_it_ended);
}

// req: S2-81
#[tokio::test]
async fn nothing_in_it_says_who_an_order_is_for_and_every_row_keeps_its_schema() {
    let house = exporting().await;
    house.clock.advance(SignedDuration::from_hours(24));
    export(&house).due(&correlation()).await.unwrap();
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
    assert_eq!(export(&house).due(&correlation()).await.unwrap(), [], "nobody asked");
    let house = exporting().await;
    let midnight = TenantConfig { version: 3, report_hour: 0, export: ExportSettings { daily: true }, ..config() };
    assert!(house.world.tenants().save(&house.scope, &midnight, 2).await.unwrap());
    house.clock.set("2025-08-10T00:05:00Z".parse().unwrap());
    let days = async || {
        let made = export(&house).due(&correlation()).await.unwrap();
        made.into_iter()
            .map(|(_, one)| match one {
                Exported::Made { day, .. } => day.to_string(),
                other => format!("{other:?}"),
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(days().await, ["2025-08-07", "2025-08-08"], "what was begun before midnight may still be under way");
    house.clock.set("2025-08-10T00:15:00Z".parse().unwrap());
    assert_eq!(days().await, ["2025-08-09"]);
    // A schedule that was not there for some days makes up for them.
    house.clock.set("2025-08-13T06:00:00Z".parse().unwrap());
    assert_eq!(days().await, ["2025-08-10", "2025-08-11", "2025-08-12"]);
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
        let event = json!({ "Records": [{ "messageId": "a", "body": house.world.take_queued().unwrap(), "eventSource": "aws:sqs" }] });
        let said = kpi_report::handle(&house.jobs(), &Lot::default(), event, correlation()).await.unwrap();
        assert_eq!(said, json!({ "batchItemFailures": [] }));
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
}

// req: S2-81
#[tokio::test]
async fn a_day_of_many_orders_is_several_files() {
    let house = House::new().await;
    house.clock.advance(SignedDuration::from_hours(24));
    let made = Export { part_rows: 2, ..export(&house) }.now(&house.scope, &config(), DAY, &correlation()).await.unwrap();
    let Exported::Made { orders, .. } = made else { panic!("{made:?}") };
    assert_eq!(orders, 3);
    let mut keys = house.world.reports().list(&house.scope, "export/orders/", 99).await.unwrap();
    keys.sort();
    assert_eq!(keys, [0, 1].map(|n| format!("export/orders/day=2025-08-09/part-{n:05}.jsonl")));
    assert_eq!(rows(&house, "orders", DAY).await.len(), 3);
}
