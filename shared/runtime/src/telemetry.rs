//! Logs: one JSON object a line.

use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Sets logging up. Level by `LOG_LEVEL` (default "info"); libraries at "warn".
pub fn init() {
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    // By prefix: the SDK's crates all begin with "aws".
    const LIBRARIES: &str = "aws=warn,h2=warn,hyper=warn,reqwest=warn,rustls=warn,lambda=warn,tower=warn";
    let targets = |level: &str| format!("{level},{LIBRARIES}").parse::<Targets>();
    let filter = targets(&level).or_else(|_| targets("info")).unwrap_or_default();
    let lines = tracing_subscriber::fmt::layer().json().with_target(true).with_current_span(true).without_time();
    let started = tracing_subscriber::registry().with(filter).with(lines).try_init();
    // A second call (tests) keeps the first subscriber.
    drop(started);
}
