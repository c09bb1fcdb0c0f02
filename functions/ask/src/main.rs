//! Wiring of the ask function.

use adapters_aws::{Aws, Dynamo, Table, Tables};
use adapters_http::llm::OpenAiCompatible;
use app::answer::Ask;
use app::auth::Authenticate;
use app::ports::{Clock, Llm};
use app::recent::RecentSettings;
use app::steady::Steady;
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
    let model = (settings.url("LLM_BASE_URL"), settings.optional("LLM_MODEL"), settings.optional("LLM_API_KEY"));
    settings.check()?;
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    // Without all three, rules and templates answer.
    let llm = match model {
        (Some(base), Some(model), Some(key)) => {
            let model = Arc::new(OpenAiCompatible::new(base, model, Secret::new(key)));
            Some(Arc::new(Steady::new(model, clock.clone())) as Arc<dyn Llm>)
        }
        _ => None,
    };
    let db = Dynamo::new(Aws::new(), tables);
    let authenticate = Authenticate { keys: Arc::new(db.keys()), tokens: None, clock: clock.clone() };
    let tenants = Arc::new(RecentSettings::new(Arc::new(db.tenants()), clock.clone()));
    let ask = Ask { orders: Arc::new(db.orders()), buckets: Arc::new(db.buckets()), tenants, llm, clock };
    let chat = Chat { key, authenticate };
    runtime::http::serve(ask::router(Arc::new(ask), Arc::new(chat))).await
}
