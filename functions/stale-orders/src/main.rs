//! Wiring of the watch over open orders.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, SqsQueue, Table, Tables};
use app::watch::WatchOrders;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, correlation};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Outbox, Table::Ops], |name| settings.required(name));
    let (bucket, dead_letters) = (settings.required("BUCKET_REPORTS"), settings.required("DLQ_URL"));
    let queue = settings.required("QUEUE_STALE_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let watch = WatchOrders {
        orders: Arc::new(db.orders()),
        once: Arc::new(db.once()),
        files: Arc::new(S3Reports::new(aws.clone(), bucket)),
        tenants: Arc::new(db.tenants()),
        clock: Arc::new(SystemClock),
    };
    let queue = SqsQueue::new(aws.clone(), queue);
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<Value>| stale_orders::handle(&watch, &queue, &parking, event.payload, correlation()))).await
}
