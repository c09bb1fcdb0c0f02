//! Wiring of the parcels' worker.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, Table, Tables};
use adapters_http::carrier::HttpCarriers;
use app::apply::Apply;
use app::dispatch::Dispatch;
use app::dispatch::collection::Collection;
use app::dispatch::manifests::Manifests;
use app::ports::Clock;
use app::steady::SteadyCarriers;
use dispatch::Jobs;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, correlation, deadline};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory], |name| settings.required(name));
    let (double, bucket) = (settings.url("CARRIERS_URL"), settings.required("BUCKET_REPORTS"));
    let dead_letters = settings.required("DLQ_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let carriers = Arc::new(SteadyCarriers::new(Arc::new(HttpCarriers::new(double.as_deref(), &clock)), clock.clone()));
    let (files, manifests) = (Arc::new(S3Reports::new(aws.clone(), bucket)), Arc::new(db.manifests()));
    let jobs = Jobs {
        dispatch: Dispatch {
            apply: Apply { orders: Arc::new(db.orders()), clock: clock.clone() },
            carriers: carriers.clone(),
            files: files.clone(),
            tenants: Arc::new(db.tenants()),
            metrics: Arc::new(db.metrics()),
            manifests: manifests.clone(),
        },
        collection: Collection {
            manifests: Manifests { store: manifests, clock },
            orders: Arc::new(db.orders()),
            carriers,
            files,
            tenants: Arc::new(db.tenants()),
            once: Arc::new(db.once()),
        },
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (jobs, parking) = (&jobs, &parking);
    run(service_fn(|event: LambdaEvent<Value>| async move {
        let until = deadline(&event.context);
        dispatch::handle(jobs, parking, event.payload, Some(until), correlation()).await
    }))
    .await
}
