//! Wiring of the watch over open orders.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, SqsQueue, Table, Tables};
use adapters_http::llm::connect;
use app::apply::Apply;
use app::model::Model;
use app::progress::AutoProgress;
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
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory], |name| settings.required(name));
    let (bucket, dead_letters) = (settings.required("BUCKET_REPORTS"), settings.required("DLQ_URL"));
    let queue = settings.required("QUEUE_STALE_URL");
    let model = (settings.url("LLM_BASE_URL"), settings.optional("LLM_MODEL"), settings.optional("LLM_API_KEY"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock = Arc::new(SystemClock);
    let apply = Apply { orders: Arc::new(db.orders()), clock: clock.clone() };
    let mut auto = AutoProgress::new(apply, Arc::new(db.decisions()), Arc::new(db.stock()), Arc::new(db.metrics()));
    let llm = connect(model.0, model.1, model.2, clock.clone());
    auto.model = Some(Model { llm, buckets: Arc::new(db.buckets()), clock });
    let watch = WatchOrders {
        auto,
        once: Arc::new(db.once()),
        files: Arc::new(S3Reports::new(aws.clone(), bucket)),
        tenants: Arc::new(db.tenants()),
    };
    let queue = SqsQueue::new(aws.clone(), queue);
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<Value>| stale_orders::handle(&watch, &queue, &parking, event.payload, correlation()))).await
}
