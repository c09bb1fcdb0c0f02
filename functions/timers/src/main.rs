//! Wiring of the timers.

use adapters_aws::{Aws, Dynamo, Table, Tables};
use app::apply::Apply;
use app::timers::RunTimers;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, correlation};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Inventory, Table::Metrics], |name| settings.required(name));
    settings.check()?;
    let db = Dynamo::new(Aws::new(), tables);
    let apply = Apply { orders: Arc::new(db.orders()), clock: Arc::new(SystemClock) };
    let timers = RunTimers { index: Arc::new(db.timers()), apply, tenants: Arc::new(db.tenants()), metrics: Arc::new(db.metrics()) };
    run(service_fn(|_: LambdaEvent<Value>| timers::handle(&timers, correlation()))).await
}
