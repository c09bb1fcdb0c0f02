//! Wiring of the hooks queue's worker.

use adapters_aws::{Aws, Dynamo, SqsParking, Table, Tables};
use app::apply::Apply;
use app::bulk::Steps;
use app::channels::Heard;
use app::commerce::take::TakeIn;
use app::place::Place;
use app::process::Process;
use app::progress::AutoProgress;
use app::pseudonym::Pseudonyms;
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, SystemRandom};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory], |name| settings.required(name));
    let dead_letters = settings.required("DLQ_URL");
    let pseudonyms = Pseudonyms::new(settings.secret("ADDRESS_KEY"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock = Arc::new(SystemClock);
    let apply = Apply { orders: Arc::new(db.orders()), clock: clock.clone() };
    let auto = AutoProgress::new(apply.clone(), Arc::new(db.decisions()), Arc::new(db.stock()), Arc::new(db.metrics()));
    let steps = Steps { auto, once: Arc::new(db.once()), tenants: Arc::new(db.tenants()) };
    let heard = Heard {
        apply: apply.clone(),
        inbox: Arc::new(db.inbox()),
        messages: Arc::new(db.messages()),
        addresses: Arc::new(db.addresses()),
        pseudonyms,
        outbox: Arc::new(db.outbox()),
        tenants: Arc::new(db.tenants()),
        buckets: Arc::new(db.buckets()),
        clock: clock.clone(),
    };
    let place = Place { orders: apply.orders.clone(), once: Arc::new(db.once()), clock: clock.clone(), random: Arc::new(SystemRandom) };
    let commerce = TakeIn { apply: apply.clone(), place };
    let process = Process { apply, commerce, inbox: Arc::new(db.inbox()), tenants: Arc::new(db.tenants()), clock };
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async {
        Ok::<_, Error>(order_processor::handle(&process, &heard, &steps, &parking, event.payload).await)
    }))
    .await
}
