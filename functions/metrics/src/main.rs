//! Wiring of the read models' counter.

use adapters_aws::{Aws, Dynamo, SqsParking, Table, Tables};
use app::measure::Measure;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::SystemClock;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Metrics], |name| settings.required(name));
    let dead_letters = settings.required("DLQ_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let measure = Measure { metrics: Arc::new(db.metrics()), clock: Arc::new(SystemClock) };
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async { Ok::<_, Error>(metrics::handle(&measure, &parking, event.payload).await) })).await
}
