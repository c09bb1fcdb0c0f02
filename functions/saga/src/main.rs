//! Wiring of the sagas' worker.

use adapters_aws::{Aws, Dynamo, SqsParking, Table, Tables};
use adapters_http::adviser::HttpAdviser;
use adapters_http::payment::HttpGateways;
use app::apply::Apply;
use app::cashier::Cashier;
use app::exchange::Exchange;
use app::place::Place;
use app::saga::Sagas;
use app::steady::SteadyGateways;
use app::stock::{MoveStock, Purchases};
use aws_lambda_events::sqs::SqsEvent;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, SystemRandom, deadline};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Inventory, Table::Metrics], |name| settings.required(name));
    let (double, base) = (settings.url("PAYMENTS_URL"), settings.required_url("PUBLIC_URL"));
    let platforms = settings.url("PLATFORMS_URL");
    let dead_letters = settings.required("DLQ_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock = Arc::new(SystemClock);
    let apply = Apply { orders: Arc::new(db.orders()), clock: clock.clone() };
    let gateways = Arc::new(SteadyGateways::new(Arc::new(HttpGateways::new(double, clock.clone())), clock.clone()));
    let adviser = Arc::new(HttpAdviser::new(platforms, clock.clone()));
    let place = Place { orders: apply.orders.clone(), once: Arc::new(db.once()), clock: clock.clone(), random: Arc::new(SystemRandom) };
    let stock = MoveStock { stock: Arc::new(db.stock()), clock };
    let sagas = Sagas {
        exchange: Exchange { place, apply: apply.clone() },
        cashier: Cashier { apply: apply.clone(), gateways, metrics: Arc::new(db.metrics()), base },
        apply,
        purchases: Purchases::new(Arc::new(db.purchases()), stock.clone(), Arc::new(db.metrics())),
        stock,
        adviser,
        tenants: Arc::new(db.tenants()),
    };
    let parking = SqsParking::new(aws, dead_letters);
    let (sagas, parking) = (&sagas, &parking);
    run(service_fn(|event: LambdaEvent<SqsEvent>| async move {
        let until = deadline(&event.context);
        Ok::<_, Error>(saga::handle(sagas, parking, event.payload, Some(until)).await)
    }))
    .await
}
