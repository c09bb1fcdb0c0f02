//! Wiring of the outbox relay.

use adapters_aws::{Aws, Dynamo, EventBridgeBus, Table, Tables};
use app::relay::Relay;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::SystemClock;
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Outbox], |name| settings.required(name));
    let bus = settings.required("BUS_NAME");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let relay = Relay { outbox: Arc::new(db.outbox()), bus: Arc::new(EventBridgeBus::new(aws, bus)), clock: Arc::new(SystemClock) };
    run(service_fn(|event: LambdaEvent<Value>| outbox_relay::handle(&relay, event.payload))).await
}
