//! Wiring of the authorizer.

use adapters_aws::{Aws, Dynamo, Table, Tables};
use adapters_http::jwks::Jwks;
use app::auth::Authenticate;
use app::ports::TokenVerifier;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use runtime::settings::Settings;
use runtime::system::SystemClock;
use std::sync::Arc;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    runtime::telemetry::init();
    let mut settings = Settings::from_env();
    let tables = Tables::named([Table::Ops], |name| settings.required(name));
    let issuer = (settings.url("JWKS_URL"), settings.optional("JWT_ISSUER"), settings.optional("JWT_AUDIENCE"));
    settings.check()?;
    // Without an issuer only API keys are known.
    let tokens = match issuer {
        (Some(url), Some(issuer), Some(audience)) => Some(Arc::new(Jwks::new(url, issuer, audience)) as Arc<dyn TokenVerifier>),
        _ => None,
    };
    let db = Dynamo::new(Aws::new(), tables);
    let authenticate = Authenticate { keys: Arc::new(db.keys()), tokens, clock: Arc::new(SystemClock) };
    run(service_fn(|event: LambdaEvent<authorizer::Request>| authorizer::handle(&authenticate, event.payload))).await
}
