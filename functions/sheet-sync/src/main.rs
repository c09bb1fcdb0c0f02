//! Wiring of the reader of sheets and Saleors.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsParking, SqsQueue, Table, Tables};
use adapters_http::saleor::SaleorGraphQl;
use adapters_http::sheets::{self, GoogleSheets};
use app::apply::Apply;
use app::commerce::take::TakeIn;
use app::place::Place;
use app::ports::{Clock, Queue};
use app::saleor::sync::SyncSaleor;
use app::sheet::file::ImportFile;
use app::sheet::sync::SyncSheet;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::{SystemClock, SystemRandom, correlation};
use serde_json::Value;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Inventory], |name| settings.required(name));
    let (bucket, dead_letters) = (settings.required("BUCKET_REPORTS"), settings.required("DLQ_URL"));
    let queue = settings.required("QUEUE_SHEET_URL");
    let base = settings.url("SHEETS_BASE_URL").unwrap_or_else(|| sheets::BASE.to_owned());
    let token_url = settings.url("SHEETS_SIGN_IN_URL").unwrap_or_else(|| sheets::TOKEN_URL.to_owned());
    let double = settings.url("SALEOR_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let place = Place { orders: Arc::new(db.orders()), once: Arc::new(db.once()), clock: clock.clone(), random: Arc::new(SystemRandom) };
    let files = Arc::new(S3Reports::new(aws.clone(), bucket));
    let queue: Arc<dyn Queue> = Arc::new(SqsQueue::new(aws.clone(), queue));
    let import = ImportFile {
        place: place.clone(),
        files: files.clone(),
        queue: queue.clone(),
        tenants: Arc::new(db.tenants()),
        clock: clock.clone(),
    };
    let saleor = SyncSaleor {
        api: Arc::new(SaleorGraphQl::new(double)),
        take: TakeIn { apply: Apply { orders: place.orders.clone(), clock: clock.clone() }, place: place.clone() },
        files: files.clone(),
        once: Arc::new(db.once()),
        outbox: Arc::new(db.outbox()),
        tenants: Arc::new(db.tenants()),
        queue,
    };
    let sync = SyncSheet {
        source: Arc::new(GoogleSheets::new(base, token_url, clock.clone())),
        place,
        files,
        once: Arc::new(db.once()),
        outbox: Arc::new(db.outbox()),
        tenants: Arc::new(db.tenants()),
        clock,
    };
    let parking = SqsParking::new(aws, dead_letters);
    run(service_fn(|event: LambdaEvent<Value>| sheet_sync::handle(&sync, &import, &saleor, &parking, event.payload, correlation()))).await
}
