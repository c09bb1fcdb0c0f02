//! Wiring of the webhooks to others.

use adapters_aws::{Aws, Dynamo, SqsParking, SqsQueue, Table, Tables};
use adapters_http::webhook::Webhooks;
use app::webhooks::Deliver;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, correlation};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Ops, Table::Outbox], |name| settings.required(name));
    let (queue, dead_letters) = (settings.required("QUEUE_WEBHOOKS_URL"), settings.required("DLQ_URL"));
    let double = settings.url("PLATFORMS_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock = Arc::new(SystemClock);
    let deliver = Deliver {
        store: Arc::new(db.webhooks()),
        caller: Arc::new(Webhooks::patient(clock.clone(), double)),
        queue: Arc::new(SqsQueue::new(aws.clone(), queue)),
        clock,
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (deliver, parking) = (&deliver, &parking);
    run(service_fn(|event: LambdaEvent<Value>| webhook_out::handle(deliver, parking, event.payload, correlation()))).await
}
