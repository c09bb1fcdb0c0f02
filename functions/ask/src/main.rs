//! Wiring of the ask function.

use adapters_aws::{Aws, Dynamo, Table, Tables};
use adapters_http::llm::OpenAiCompatible;
use app::answer::Ask;
use app::ports::Llm;
use app::recent::RecentSettings;
use app::tenant::Secret;
use runtime::settings::Settings;
use runtime::system::SystemClock;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Orders, Table::Ops], |name| settings.required(name));
    let model = (settings.url("LLM_BASE_URL"), settings.optional("LLM_MODEL"), settings.optional("LLM_API_KEY"));
    settings.check()?;
    // Without all three, rules and templates answer.
    let llm = match model {
        (Some(base), Some(model), Some(key)) => Some(Arc::new(OpenAiCompatible::new(base, model, Secret::new(key))) as Arc<dyn Llm>),
        _ => None,
    };
    let db = Dynamo::new(Aws::new(), tables);
    let clock = Arc::new(SystemClock);
    let ask = Ask {
        lookup: Arc::new(db.lookup()),
        buckets: Arc::new(db.buckets()),
        tenants: Arc::new(RecentSettings::new(Arc::new(db.tenants()), clock.clone())),
        llm,
        clock,
    };
    runtime::http::serve(ask::router(Arc::new(ask))).await
}
