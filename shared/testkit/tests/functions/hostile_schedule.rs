//! Schedules that fire twice, late, at once, in odd hours and on odd days; and a shop that breaks its report.

use crate::house::{House, config, correlation};
use crate::samples::Lot;
use app::TenantScope;
use app::ports::{PortError, PortResult, ReportStore, TenantStore};
use app::report::{Documents, Made, Report};
use app::tenant::TenantConfig;
use async_trait::async_trait;
use contracts::Payload;
use domain::ids::TenantId;
use domain::kpi::{Comparison, DailyKpi};
use jiff::civil::{Date, date};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::Arc;

fn scope(tenant: &str) -> TenantScope {
    TenantScope::of_own_message(&TenantId::parse(tenant).unwrap())
}

/// A shop beside the demo shop.
async fn shop(house: &House, tenant: &str, zone: &str, report_hour: u8) {
    let config = TenantConfig { time_zone: zone.into(), report_hour, hooks: Vec::new(), ..config() };
    assert!(house.world.tenants().save(&scope(tenant), &config, 0).await.unwrap());
}

fn at(house: &House, time: &str) {
    house.clock.set(time.parse::<Timestamp>().unwrap());
}

async fn made(house: &House, tenant: &str) -> Made {
    let all = house.report().due(&correlation()).await.unwrap();
    all.into_iter().find(|(of, _)| of.as_str() == tenant).unwrap().1
}

fn ready(house: &House) -> usize {
    let events = house.world.outbox_rows().into_iter().flat_map(|row| row.events);
    events.filter(|event| matches!(&event.payload, Payload::ReportReady(ready) if ready.report == "daily")).count()
}

/// Invariant I16: a schedule that fires never, once, twice or at once with itself: one report a day.
#[tokio::test]
async fn one_report_a_day_however_often_the_schedule_fires() {
    let house = House::new().await;
    let runs = futures::future::join_all((0..8).map(|_| async { house.report().due(&correlation()).await.unwrap().remove(0).1 })).await;
    assert_eq!(runs.iter().filter(|made| matches!(made, Made::Report { .. })).count(), 1);
    assert!(runs.iter().all(|made| matches!(made, Made::Report { .. } | Made::Before { .. } | Made::Busy)), "{runs:?}");
    assert_eq!(ready(&house), 1);
    // It did not fire for three days: yesterday's report is yesterday's, today's is made.
    house.clock.advance(SignedDuration::from_hours(72));
    assert!(matches!(made(&house, "demo").await, Made::Report { key, .. } if key == "daily/2025-08-12.xlsx"));
}

/// Local days have 23, 24 or 25 hours, and some local hours never come or come twice.
#[tokio::test]
async fn every_local_day_has_its_report_once() {
    for (zone, hour, first) in [
        ("Europe/Warsaw", 2, date(2025, 3, 29)),
        ("Europe/Warsaw", 2, date(2025, 10, 25)),
        ("America/Sao_Paulo", 0, date(2018, 11, 3)),
        ("Australia/Lord_Howe", 2, date(2025, 4, 5)),
        ("Asia/Kathmandu", 6, date(2024, 2, 28)),
        ("Pacific/Apia", 6, date(2011, 12, 28)),
        ("Pacific/Kiritimati", 23, date(2024, 12, 30)),
        ("Pacific/Pago_Pago", 0, date(2025, 1, 30)),
        ("UTC", 23, date(2099, 12, 30)),
        ("UTC", 6, date(2100, 2, 27)),
    ] {
        let house = House::new().await;
        shop(&house, "odd", zone, hour).await;
        let time_zone = jiff::tz::TimeZone::get(zone).unwrap();
        let start = first.to_zoned(time_zone.clone()).unwrap().timestamp();
        let mut reports: Vec<Date> = Vec::new();
        let mut local_days: Vec<Date> = Vec::new();
        // Every quarter of an hour, as the schedule fires, for five days.
        for quarter in 0..5 * 96 {
            let now = start + SignedDuration::from_mins(15 * quarter);
            house.clock.set(now);
            let local = now.to_zoned(time_zone.clone());
            if local_days.last() != Some(&local.date()) && u8::try_from(local.hour()).unwrap() >= hour {
                local_days.push(local.date());
            }
            if let Made::Report { key, .. } = made(&house, "odd").await {
                assert!(u8::try_from(local.hour()).unwrap() >= hour, "{zone}: too early, {local}");
                reports.push(key.trim_start_matches("daily/").trim_end_matches(".xlsx").parse().unwrap());
            }
        }
        assert_eq!(reports, local_days, "{zone}: each day that came to its hour, once");
        assert!(reports.len() >= 4, "{zone}: {reports:?}");
    }
}

/// Draws nothing.
struct NoFont;

impl Documents for NoFont {
    fn workbook(&self, _: &DailyKpi, _: &Comparison) -> Result<Vec<u8>, String> {
        Ok(Vec::new())
    }
    fn delayed(&self, _: &DailyKpi, _: &str) -> Result<Vec<u8>, String> {
        Err("no such font".to_owned())
    }
}

/// A shop whose report cannot be made, for whatever reason, keeps no other from theirs; and once the reason is
/// gone, its own is made at the next turn.
#[tokio::test]
async fn one_shops_trouble_is_not_anothers() {
    struct Broken(Arc<dyn ReportStore>);
    #[async_trait]
    impl ReportStore for Broken {
        async fn put(&self, scope: &TenantScope, key: &str, bytes: Vec<u8>, content_type: &str) -> PortResult<String> {
            if scope.tenant().as_str() == "a-broken-shop" {
                return Err(PortError::Retryable("the bucket is busy".into()));
            }
            self.0.put(scope, key, bytes, content_type).await
        }
        async fn get(&self, scope: &TenantScope, key: &str) -> PortResult<Option<Vec<u8>>> {
            self.0.get(scope, key).await
        }
        async fn list(&self, scope: &TenantScope, prefix: &str, limit: usize) -> PortResult<Vec<String>> {
            self.0.list(scope, prefix, limit).await
        }
        async fn link(&self, scope: &TenantScope, key: &str, valid_for: SignedDuration) -> PortResult<String> {
            self.0.link(scope, key, valid_for).await
        }
        async fn delete(&self, scope: &TenantScope, key: &str) -> PortResult<()> {
            self.0.delete(scope, key).await
        }
    }
    let house = House::new().await;
    shop(&house, "a-broken-shop", "UTC", 6).await;
    shop(&house, "z-last", "UTC", 6).await;
    let report = house.report();
    let broken = Report { reports: Arc::new(Broken(report.reports.clone())), ..report.clone() };
    let told = kpi_report::handle(&house.jobs_of(broken), &Lot::default(), json!({}), correlation()).await;
    assert!(told.is_err(), "Lambda hears of it, so that it tries again and the alarm rings");
    for (tenant, expected) in [("demo", 3), ("z-last", 3), ("a-broken-shop", 0)] {
        assert_eq!(house.world.reports().list(&scope(tenant), "daily/", 10).await.unwrap().len(), expected, "{tenant}");
    }
    assert!(matches!(made(&house, "a-broken-shop").await, Made::Report { .. }), "not busy until the lease is over");
    assert!(matches!(made(&house, "demo").await, Made::Before { .. }));
    // A file that cannot be drawn is told to the team and tried again, too.
    at(&house, "2025-08-10T10:00:00Z");
    let unreadable = Report { documents: Arc::new(NoFont), ..report };
    let rows = kpi_report::handle(&house.jobs_of(unreadable), &Lot::default(), json!({}), correlation()).await.unwrap();
    assert!(rows["reports"].as_array().unwrap().iter().all(|row| row["failed"] == "no such font"), "{rows}");
    assert!(matches!(made(&house, "demo").await, Made::Report { .. }));
}

#[tokio::test]
async fn a_request_for_a_report_is_whole_or_refused() {
    let house = House::new().await;
    for bad in [
        json!([]),
        json!("now"),
        json!({ "tenant": "DEMO" }),
        json!({ "tenant": 7 }),
        json!({ "tenant": "nobody" }),
        json!({ "tenant": "demo", "day": "2025-02-30" }),
        json!({ "tenant": "demo", "day": "yesterday" }),
        json!({ "tenant": "demo", "again": "yes" }),
    ] {
        assert!(kpi_report::handle(&house.jobs(), &Lot::default(), bad.clone(), correlation()).await.is_err(), "{bad}");
    }
    assert_eq!(ready(&house), 0);
    for day in ["2024-02-29", "1900-01-01", "9999-12-31", "-009999-01-01", "0000-01-01"] {
        let answer =
            kpi_report::handle(&house.jobs(), &Lot::default(), json!({ "tenant": "demo", "day": day }), correlation()).await.unwrap();
        assert!(answer["reports"][0]["made"].is_string(), "{answer}");
    }
}

#[tokio::test]
async fn a_shop_without_orders_gets_an_empty_report() {
    let house = House::new().await;
    shop(&house, "empty", "UTC", 0).await;
    let Made::Report { summary, .. } = made(&house, "empty").await else { panic!("none") };
    assert!(summary.contains("Total orders: *0*") && summary.contains("Delayed %: *0.0%*") && !summary.contains("NaN"), "{summary}");
    let stored: Value =
        serde_json::from_slice(&house.world.reports().get(&scope("empty"), "daily/2025-08-09.json").await.unwrap().unwrap()).unwrap();
    assert_eq!(stored["total"], 0);
}
