//! Wiring of the ask function.

use adapters_aws::{Aws, Dynamo, SesMailer, Table, Tables};
use adapters_http::llm::connect;
use app::answer::Ask;
use app::auth::Authenticate;
use app::code::Codes;
use app::ports::{Clock, Mail};
use app::recent::RecentSettings;
use app::tenant::Secret;
use ask::Chat;
use runtime::settings::Settings;
use runtime::system::SystemClock;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Ops], |name| settings.required(name));
    let key = settings.optional("CHAT_PUBLISHABLE_KEY");
    let (code_key, default_from) = (settings.optional("CODE_KEY"), settings.optional("MAIL_FROM"));
    let model = (settings.url("LLM_BASE_URL"), settings.optional("LLM_MODEL"), settings.optional("LLM_API_KEY"));
    settings.check()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let llm = connect(model.0, model.1, model.2, clock.clone());
    let aws = Aws::new();
    let db = Dynamo::new(aws.clone(), tables);
    let authenticate = Authenticate { keys: Arc::new(db.keys()), tokens: None, clock: clock.clone() };
    let tenants = Arc::new(RecentSettings::new(Arc::new(db.tenants()), clock.clone()));
    let (orders, buckets) = (Arc::new(db.orders()), Arc::new(db.buckets()));
    // Codes are short and hold no file: nothing is ever composed.
    let mailer = SesMailer::new(aws, Arc::new(|_: &Mail| Err("no files".to_owned())));
    // A slow mail must not tell that there is one.
    let mailer = Arc::new(mailer.within(ask::CODE_AFTER * 3 / 4));
    let codes = code_key.map(|key| Codes {
        orders: orders.clone(),
        buckets: buckets.clone(),
        tenants: tenants.clone(),
        mailer,
        clock: clock.clone(),
        key: Secret::new(key),
        default_from,
    });
    let wordings = Arc::new(db.wordings());
    let ask = Ask { orders, buckets, tenants, codes, llm, wordings, clock };
    let chat = Chat { key, authenticate };
    runtime::http::serve(ask::router(Arc::new(ask), Arc::new(chat))).await
}
