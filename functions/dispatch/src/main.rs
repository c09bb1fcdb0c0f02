//! Wiring of the parcels' worker.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, Table, Tables};
use adapters_http::carrier::HttpCarriers;
use app::apply::Apply;
use app::dispatch::Dispatch;
use app::ports::Clock;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, deadline};
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
    let dispatch = Dispatch {
        apply: Apply { orders: Arc::new(db.orders()), clock: clock.clone() },
        carriers: Arc::new(HttpCarriers::new(double.as_deref(), &clock)),
        files: Arc::new(S3Reports::new(aws.clone(), bucket)),
        tenants: Arc::new(db.tenants()),
        metrics: Arc::new(db.metrics()),
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (dispatch, parking) = (&dispatch, &parking);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let until = deadline(&event.context);
        Ok::<_, Error>(dispatch::handle(dispatch, parking, event.payload, Some(until)).await)
    }))
    .await
}
