//! Wiring of the REST API.

use adapters_aws::{Aws, Dynamo, S3Reports, SqsQueue, Table, Tables};
use app::apply::Apply;
use app::bulk::Bulk;
use app::cursor::Cursors;
use app::floor::Floor;
use app::parked::Parked;
use app::place::Place;
use app::prices::Prices;
use app::privacy::Privacy;
use app::progress::AutoProgress;
use app::pseudonym::Pseudonyms;
use app::receive::Receive;
use app::stock::{Count, MoveStock, Purchases};
use app::survey::{CustomerLinks, Survey};
use app::webhooks::Endpoints;
use app::wishes::Wishes;
use orders_api::{Desk, router};
use runtime::{Settings, SystemClock, SystemRandom};
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables =
        Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Metrics, Table::Inventory], |name| settings.required(name));
    let (hooks, sheets) = (settings.required("QUEUE_HOOKS_URL"), settings.required("QUEUE_SHEET_URL"));
    let (bucket, reports) = (settings.required("BUCKET_REPORTS"), settings.required("QUEUE_REPORTS_URL"));
    let (webhooks, double) = (settings.required("QUEUE_WEBHOOKS_URL"), settings.url("PLATFORMS_URL"));
    // One key signs both; what is signed says what it is for.
    let (mail_identity, signing_key) = (settings.optional("MAIL_IDENTITY"), settings.secret("CURSOR_KEY"));
    let (cursors, pseudonyms) = (Cursors::new(signing_key.clone()), Pseudonyms::new(settings.secret("ADDRESS_KEY")));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let queue = |url: String| Arc::new(SqsQueue::new(aws.clone(), url));
    let (clock, random) = (Arc::new(SystemClock), Arc::new(SystemRandom));
    let apply = Apply { orders: Arc::new(db.orders()), clock: clock.clone() };
    let (files, buckets) = (Arc::new(S3Reports::new(aws.clone(), bucket)), Arc::new(db.buckets()));
    let wishes = Wishes { queue: queue(reports), buckets: buckets.clone(), reports: files.clone(), clock: clock.clone() };
    let (tenants, outbox) = (Arc::new(db.tenants()), Arc::new(db.outbox()));
    let survey =
        Survey { links: CustomerLinks::new(signing_key), apply: apply.clone(), tenants: tenants.clone(), buckets: buckets.clone() };
    let (hooks, stock) = (queue(hooks), MoveStock { stock: Arc::new(db.stock()), clock: clock.clone() });
    let (inbox, addresses, once) = (Arc::new(db.inbox()), Arc::new(db.addresses()), Arc::new(db.once()));
    let floor = Floor::new(apply.clone(), stock.stock.clone(), Arc::new(db.manifests()), (files.clone(), once), random.clone());
    let desk = Desk {
        auto: AutoProgress::new(apply.clone(), Arc::new(db.decisions()), Arc::new(db.stock()), Arc::new(db.metrics())),
        survey,
        bulk: Bulk { once: Arc::new(db.once()), queue: hooks.clone(), clock: clock.clone(), random: random.clone() },
        wishes,
        place: Place { orders: Arc::new(db.orders()), once: Arc::new(db.once()), clock: clock.clone(), random: random.clone() },
        privacy: Privacy { apply: apply.clone(), inbox: inbox.clone(), files: files.clone(), addresses, pseudonyms },
        apply,
        orders: Arc::new(db.orders()),
        receive: Receive::new(tenants.clone(), (inbox.clone(), outbox.clone()), buckets.clone(), hooks.clone(), clock.clone()),
        parked: Parked { inbox, queue: hooks, clock: clock.clone() },
        sheets: queue(sheets),
        metrics: Arc::new(db.metrics()),
        reports: files,
        reviews: Arc::new(db.reviews()),
        exceptions: Arc::new(db.exceptions()),
        count: Count { stock: stock.clone(), outbox },
        floor,
        prices: Prices { store: Arc::new(db.prices()), clock: Arc::new(SystemClock) },
        purchases: Purchases::new(Arc::new(db.purchases()), stock.clone(), Arc::new(db.metrics())),
        stock,
        webhooks: Endpoints::new(Arc::new(db.webhooks()), queue(webhooks), clock.clone(), random.clone()).with_double(double),
        tenants,
        mail_identity,
        keys: Arc::new(db.keys()),
        buckets,
        cursors,
        clock,
        random,
    };
    runtime::http::serve(router(Arc::new(desk))).await
}
