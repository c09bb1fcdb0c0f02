//! Wiring of the console.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsQueue, Table, Tables};
use app::answer::Ask;
use app::apply::Apply;
use app::auth::Authenticate;
use app::cursor::Cursors;
use app::floor::Floor;
use app::parked::Parked;
use app::ports::{Clock, Random};
use app::prices::Prices;
use app::progress::AutoProgress;
use app::stock::{Count, MoveStock, Purchases};
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use console::session::Sessions;
use console::{Console, router};
use runtime::{Settings, SystemClock, SystemRandom};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory], |name| settings.required(name));
    // One key signs both; what is signed says what it is for.
    let signing_key = settings.secret("CURSOR_KEY");
    let public_url = settings.url("PUBLIC_URL");
    let bucket = settings.required("BUCKET_REPORTS");
    let (sheets, reports) = (settings.required("QUEUE_SHEET_URL"), settings.required("QUEUE_REPORTS_URL"));
    let (hooks, webhooks) = (settings.required("QUEUE_HOOKS_URL"), settings.required("QUEUE_WEBHOOKS_URL"));
    let double = settings.url("PLATFORMS_URL");
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let (clock, random): (Arc<dyn Clock>, Arc<dyn Random>) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let orders = Arc::new(db.orders());
    let (tenants, keys, buckets) = (Arc::new(db.tenants()), Arc::new(db.keys()), Arc::new(db.buckets()));
    let files = Arc::new(S3Reports::new(aws.clone(), bucket));
    let wishes = Wishes {
        queue: Arc::new(SqsQueue::new(aws.clone(), reports)),
        buckets: buckets.clone(),
        reports: files.clone(),
        clock: clock.clone(),
    };
    let apply = Apply { orders: orders.clone(), clock: clock.clone() };
    let (wordings, once) = (Arc::new(db.wordings()), Arc::new(db.once()));
    let stock = MoveStock { stock: Arc::new(db.stock()), clock: clock.clone() };
    let floor = Floor::new(apply.clone(), stock.stock.clone(), Arc::new(db.manifests()), (files.clone(), once), random.clone());
    let console = Console {
        orders: orders.clone(),
        auto: AutoProgress::new(apply, Arc::new(db.decisions()), Arc::new(db.stock()), Arc::new(db.metrics())),
        // Operators get the rules' own words: they are quick, and cost nothing.
        ask: Ask { orders, buckets: buckets.clone(), tenants: tenants.clone(), codes: None, llm: None, wordings, clock: clock.clone() },
        metrics: Arc::new(db.metrics()),
        wishes,
        sheet_queue: Arc::new(SqsQueue::new(aws.clone(), sheets)),
        reviews: Arc::new(db.reviews()),
        exceptions: Arc::new(db.exceptions()),
        parked: Parked { inbox: Arc::new(db.inbox()), queue: Arc::new(SqsQueue::new(aws.clone(), hooks)), clock: clock.clone() },
        count: Count { stock: stock.clone(), outbox: Arc::new(db.outbox()) },
        floor,
        prices: Prices { store: Arc::new(db.prices()), clock: Arc::new(SystemClock) },
        purchases: Purchases::new(Arc::new(db.purchases()), stock, Arc::new(db.metrics())),
        webhooks: Endpoints::new(Arc::new(db.webhooks()), Arc::new(SqsQueue::new(aws, webhooks)), clock.clone(), random.clone())
            .with_double(double),
        reports: files,
        tenants,
        keys: keys.clone(),
        authenticate: Authenticate { keys, tokens: None, clock: clock.clone() },
        buckets,
        cursors: Cursors::new(signing_key.clone()),
        sessions: Sessions::new(signing_key),
        public_url,
        clock,
        random,
    };
    runtime::http::serve(router(Arc::new(console))).await
}
