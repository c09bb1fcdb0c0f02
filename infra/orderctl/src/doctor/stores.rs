//! The tables, each by one small read of the kind that functions do.

use super::{Finding, asked};
use app::TenantScope;
use app::ports::{Clock, MetricStore, OrderStore, OutboxStore, PortResult, StockStore, TenantStore};
use domain::ids::{OrderId, TenantId};
use jiff::{SignedDuration, Timestamp};
use runtime::settings::Settings;
use std::sync::Arc;

/// Rows in the outbox from which on nothing seems to be published.
const WAITING_MAX: usize = 500;
const SLOW_FIX: &str = "look for throttled requests of the table in CloudWatch, and run orderctl in the stack's own region";

/// What the tables are read by.
pub(super) struct Stores {
    pub(super) tenants: Arc<dyn TenantStore>,
    pub(super) outbox: Arc<dyn OutboxStore>,
    pub(super) orders: Arc<dyn OrderStore>,
    pub(super) metrics: Arc<dyn MetricStore>,
    pub(super) stock: Arc<dyn StockStore>,
    pub(super) clock: Arc<dyn Clock>,
}

/// What a table says. One that is not named was found missing already.
fn heard<T>(name: &str, setting: &str, (said, took): (Option<PortResult<T>>, SignedDuration), well: impl FnOnce(T) -> Finding) -> Finding {
    let fix = || format!("check the credentials and {setting}");
    match said {
        Some(Ok(read)) => well(read).took(took, SLOW_FIX),
        Some(Err(why)) => Finding::wrong(name, why.to_string(), fix()).took(took, ""),
        None => Finding::wrong(name, "no answer", fix()).took(took, ""),
    }
}

/// Reads from each table that is named.
pub(super) async fn check(stores: &Stores, set: &Settings) -> Vec<Finding> {
    let is_set = |setting: &str| set.optional(setting).is_some();
    let clock = stores.clock.as_ref();
    let mut found = Vec::new();
    // Whoever is called so: reading what is not there costs half a unit.
    let (Ok(nobody), Ok(nothing)) = (TenantId::parse("doctor"), OrderId::parse("doctor")) else { return found };
    let scope = TenantScope::of_own_message(&nobody);
    let answers = |name: &'static str| move |()| Finding::well(name, "answers");
    if is_set("TABLE_OPS") {
        let said = asked(clock, stores.tenants.all()).await;
        let well = |all: Vec<TenantId>| match all.len() {
            0 => Finding::wrong("settings table", "answers, and knows no tenant", "run orderctl bootstrap --tenant NAME"),
            count => Finding::well("settings table", format!("answers; {count} tenant(s)")),
        };
        found.push(heard("settings table", "TABLE_OPS", said, well));
    }
    if is_set("TABLE_ORDERS") {
        let said = asked(clock, async { stores.orders.load(&scope, &nothing).await.map(|_| ()) }).await;
        found.push(heard("orders table", "TABLE_ORDERS", said, answers("orders table")));
    }
    if is_set("TABLE_METRICS") {
        let said = asked(clock, async { stores.metrics.series(&scope, "doctor", "", "~").await.map(|_| ()) }).await;
        found.push(heard("metrics table", "TABLE_METRICS", said, answers("metrics table")));
    }
    if is_set("TABLE_INVENTORY") {
        let said = asked(clock, async { stores.stock.levels(&scope, "doctor").await.map(|_| ()) }).await;
        found.push(heard("inventory table", "TABLE_INVENTORY", said, answers("inventory table")));
    }
    if is_set("TABLE_OUTBOX") {
        let said = asked(clock, stores.outbox.waiting(Timestamp::MAX, WAITING_MAX)).await;
        let well = |rows: Vec<_>| match rows.len() {
            WAITING_MAX.. => Finding::wrong(
                "outbox",
                format!("{WAITING_MAX} rows or more are waiting"),
                "look at the outbox-relay function's log, mend it, then run orderctl redrive outbox",
            ),
            count => Finding::well("outbox", format!("{count} row(s) waiting")),
        };
        found.push(heard("outbox", "TABLE_OUTBOX", said, well));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Is;
    use super::*;
    use app::ports::{Delta, Point, PortError};
    use app::tenant::TenantConfig;
    use async_trait::async_trait;
    use domain::ids::EventId;
    use runtime::system::SystemClock;
    use testkit::memory::MemoryWorld;

    const TABLES: [(&str, &str); 5] =
        [("TABLE_OPS", "o"), ("TABLE_ORDERS", "o"), ("TABLE_METRICS", "m"), ("TABLE_INVENTORY", "i"), ("TABLE_OUTBOX", "b")];

    struct Gone;

    #[async_trait]
    impl MetricStore for Gone {
        async fn count(&self, _: &TenantScope, _: &EventId, _: &[Delta], _: Timestamp) -> PortResult<bool> {
            Err(PortError::Fatal("ResourceNotFoundException".into()))
        }

        async fn series(&self, _: &TenantScope, _: &str, _: &str, _: &str) -> PortResult<Vec<Point>> {
            Err(PortError::Fatal("ResourceNotFoundException".into()))
        }
    }

    fn stores(world: &MemoryWorld) -> Stores {
        Stores {
            tenants: Arc::new(world.tenants()),
            outbox: Arc::new(world.outbox()),
            orders: Arc::new(world.orders()),
            metrics: Arc::new(world.metrics()),
            stock: Arc::new(world.stock()),
            clock: Arc::new(SystemClock),
        }
    }

    // req: S2-104
    #[tokio::test]
    async fn each_table_is_read_and_named_with_its_setting_if_it_fails() {
        let world = MemoryWorld::new();
        let tenant = TenantId::parse("demo").unwrap();
        let all = Settings::from_pairs(TABLES);
        let found = check(&stores(&world), &all).await;
        assert_eq!((found[0].is, found[0].fix.as_str()), (Is::Wrong, "run orderctl bootstrap --tenant NAME"));
        let scope = TenantScope::of_own_message(&tenant);
        world.tenants().save(&scope, &TenantConfig { version: 1, ..TenantConfig::default() }, 0).await.unwrap();
        let found = check(&stores(&world), &all).await;
        assert!(found.len() == 5 && found.iter().all(|one| one.is == Is::Well && one.said.ends_with(" ms")), "{found:?}");
        assert!(found[0].said.starts_with("answers; 1 tenant(s); "), "{found:?}");

        let found = check(&Stores { metrics: Arc::new(Gone), ..stores(&world) }, &all).await;
        let wrong: Vec<&Finding> = found.iter().filter(|one| one.is == Is::Wrong).collect();
        assert_eq!((wrong.len(), wrong[0].name.as_str()), (1, "metrics table"));
        assert!(wrong[0].said.contains("ResourceNotFoundException") && wrong[0].fix == "check the credentials and TABLE_METRICS");
        assert_eq!(check(&stores(&world), &Settings::from_pairs([])).await, [], "what is not named was found missing already");
    }
}
