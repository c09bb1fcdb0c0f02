//! Wiring of the daily report.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, SqsQueue, Table, Tables};
use app::report::Report;
use kpi_report::{Jobs, Printed};
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
    let (bucket, queue, dead_letters) =
        (settings.required("BUCKET_REPORTS"), settings.required("QUEUE_REPORTS_URL"), settings.required("DLQ_URL"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let report = Report {
        orders: Arc::new(db.orders()),
        metrics: Arc::new(db.metrics()),
        reports: Arc::new(S3Reports::new(aws.clone(), bucket)),
        once: Arc::new(db.once()),
        outbox: Arc::new(db.outbox()),
        tenants: Arc::new(db.tenants()),
        clock: Arc::new(SystemClock),
        decisions: Arc::new(db.decisions()),
        documents: Arc::new(Printed::default()),
    };
    let queue = Arc::new(SqsQueue::new(aws.clone(), queue));
    let jobs = Jobs::of(report, Arc::new(db.prices()), Arc::new(db.stock()), queue);
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<Value>| kpi_report::handle(&jobs, &parking, event.payload, correlation()))).await
}
