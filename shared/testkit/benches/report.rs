//! What a day's report costs: `cargo bench -p testkit --bench report -- 100000`.
//!
//! Reads that many open orders from an index that answers at once, a tenth of them late and a fourteenth delayed, and makes
//! workbook, list and figures as the function does. Prints one line of JSON: seconds, and the process's peak memory.

#![allow(clippy::disallowed_methods, reason = "measures time")]

use app::TenantScope;
use app::ports::*;
use app::report::{Documents, Made, Report, Wanted};
use app::tenant::TenantConfig;
use async_trait::async_trait;
use domain::ids::{CorrelationId, OrderId, SourceId, TenantId};
use domain::kpi::{Comparison, DailyKpi};
use domain::money::Currency;
use domain::order::{Label, Order, OrderStatus};
use futures::FutureExt;
use jiff::{Timestamp, ToSpan};
use kpi_report::Printed;
use serde_json::json;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use testkit::memory::{FakeClock, MemoryWorld};

/// Open orders that are made when they are asked for.
struct Index(usize);

impl Index {
    fn order(at: usize) -> OrderSummary {
        let placed_at: Timestamp = "2025-08-01T10:00:00Z".parse().expect("a time");
        let late = at.is_multiple_of(10);
        let label = if at.is_multiple_of(14) { Label::Delayed } else { Label::InTransit };
        OrderSummary {
            id: OrderId::parse(&format!("ORD-{at:08}")).expect("a number"),
            status: OrderStatus::Shipped,
            label,
            customer: Some(format!("Customer Żółć {at}")),
            channel: SourceId::parse("web").expect("a channel"),
            total_minor: 5_998,
            currency: Currency::EUR,
            placed_at,
            status_since: placed_at,
            updated_at: placed_at,
            delayed_since: None,
            untold: false,
            quiet: None,
            pressing: None,
            raised: Default::default(),
            raised_at: None,
            money_lost: false,
            to_pick: None,
            news_at: None,
            eta: Some("2025-08-09".parse::<jiff::civil::Date>().expect("a day").saturating_add((if late { -3 } else { 3 }).days())),
        }
    }
}

#[async_trait]
impl OrderStore for Index {
    async fn load(&self, _: &TenantScope, _: &OrderId) -> PortResult<Option<Order>> {
        Ok(None)
    }
    async fn find(&self, _: &TenantScope, _: &SourceId, _: &str) -> PortResult<Option<OrderId>> {
        Ok(None)
    }
    async fn dossier(&self, _: &TenantScope, _: &OrderId, _: usize) -> PortResult<Option<Dossier>> {
        Ok(None)
    }
    async fn commit(&self, _: &TenantScope, _: Commit<'_>) -> Result<(), CommitError> {
        Err(CommitError::Conflict)
    }
    async fn reschedule(&self, _: &TenantScope, _: &OrderId, _: u64, _: Timestamp) -> PortResult<bool> {
        Ok(false)
    }
    async fn forget_words(&self, _: &TenantScope, _: &OrderId) -> PortResult<()> {
        Ok(())
    }
    async fn page(&self, _: &TenantScope, _: &OrderQuery, after: Option<&PageKey>, limit: usize) -> PortResult<Page> {
        let from: usize = after.map_or(0, |key| key.0.parse().expect("our own key"));
        let to = (from + limit).min(self.0);
        Ok(Page { orders: (from..to).map(Index::order).collect(), next: (to < self.0).then(|| PageKey(to.to_string())) })
    }
}

/// Makes the files and notes how long each took.
struct Timed(Printed, Mutex<[f64; 2]>);

impl Documents for Timed {
    fn workbook(&self, kpi: &DailyKpi, comparison: &Comparison) -> Result<Vec<u8>, String> {
        let began = Instant::now();
        let made = self.0.workbook(kpi, comparison);
        self.1.lock().expect("one at a time")[0] = began.elapsed().as_secs_f64();
        made
    }
    fn delayed(&self, kpi: &DailyKpi, shop: &str) -> Result<Vec<u8>, String> {
        let began = Instant::now();
        let made = self.0.delayed(kpi, shop);
        self.1.lock().expect("one at a time")[1] = began.elapsed().as_secs_f64();
        made
    }
}

fn peak_mib() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    kib.unwrap_or(f64::NAN) / 1024.0
}

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1_000);
    let world = MemoryWorld::new();
    let scope = TenantScope::of_own_message(&TenantId::parse("demo").expect("a tenant"));
    let documents = Arc::new(Timed(Printed::default(), Mutex::default()));
    let report = Report {
        orders: Arc::new(Index(count)),
        metrics: Arc::new(world.metrics()),
        reports: Arc::new(world.reports()),
        once: Arc::new(world.once()),
        outbox: Arc::new(world.outbox()),
        tenants: Arc::new(world.tenants()),
        clock: Arc::new(FakeClock::at("2025-08-09T10:00:00Z".parse().expect("a time"))),
        decisions: Arc::new(world.decisions()),
        documents: documents.clone(),
    };
    let (config, day) = (TenantConfig::default(), "2025-08-09".parse().expect("a day"));
    let correlation = CorrelationId::parse("bench").expect("a token");
    let began = Instant::now();
    let made = report.daily(&scope, &config, Wanted::AsOf(day), &correlation).now_or_never().expect("nothing waits").expect("a report");
    let seconds = began.elapsed().as_secs_f64();
    assert!(matches!(made, Made::Report { .. }), "{made:?}");
    let [workbook, list] = *documents.1.lock().expect("one at a time");
    println!("{}", json!({ "orders": count, "seconds": seconds, "workbook": workbook, "list": list, "peak_mib": peak_mib() }));
}
