//! Wiring of the webhook door.

use adapters_aws::{Aws, Dynamo, SqsQueue, Table, Tables};
use adapters_http::carrier::HttpCarriers;
use adapters_http::payment::HttpGateways;
use adapters_http::saleor::SaleorSignatures;
use app::apply::Apply;
use app::channels::Listen;
use app::dispatch::door::HearCarriers;
use app::payments::door::HearPayments;
use app::ports::Clock;
use app::pseudonym::Pseudonyms;
use app::receive::Receive;
use app::saleor::door::HearSaleor;
use app::shopify::door::HearShopify;
use runtime::settings::Settings;
use runtime::system::SystemClock;
use status_webhook::Hooks;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Outbox, Table::Ops, Table::Inventory], |name| settings.required(name));
    let (double, carriers) = (settings.url("PAYMENTS_URL"), settings.url("CARRIERS_URL"));
    let saleor = settings.url("SALEOR_URL");
    let hooks = settings.required("QUEUE_HOOKS_URL");
    let base = settings.url("PUBLIC_URL").unwrap_or_default();
    let pseudonyms = Pseudonyms::new(settings.secret("ADDRESS_KEY"));
    settings.check()?;
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let queue = Arc::new(SqsQueue::new(aws, hooks));
    let listen = Listen {
        tenants: Arc::new(db.tenants()),
        inbox: Arc::new(db.inbox()),
        queue: queue.clone(),
        buckets: Arc::new(db.buckets()),
        pseudonyms,
        clock: Arc::new(SystemClock),
        base,
    };
    let (inbox, outbox) = (Arc::new(db.inbox()), Arc::new(db.outbox()));
    let receive = Receive::new(Arc::new(db.tenants()), (inbox, outbox), Arc::new(db.buckets()), queue, Arc::new(SystemClock));
    let shopify = HearShopify { receive: receive.clone() };
    let hooks = Hooks { saleor: HearSaleor { receive, keys: Arc::new(SaleorSignatures::new(saleor)) }, shopify };
    let payments = HearPayments {
        apply: Apply { orders: Arc::new(db.orders()), clock: Arc::new(SystemClock) },
        tenants: Arc::new(db.tenants()),
        gateways: Arc::new(HttpGateways::new(double, Arc::new(SystemClock))),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let carriers = HearCarriers {
        apply: payments.apply.clone(),
        tenants: payments.tenants.clone(),
        carriers: Arc::new(HttpCarriers::new(carriers.as_deref(), &clock)),
        manifests: Arc::new(db.manifests()),
    };
    runtime::http::serve(status_webhook::router(Arc::new(hooks), Arc::new(listen), Arc::new(payments), Arc::new(carriers))).await
}
