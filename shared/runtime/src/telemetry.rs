//! Logs: one JSON object a line.

/// Sets logging up. Level by `LOG_LEVEL` (default "info"); libraries at "warn".
pub fn init() {
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    // By prefix: the SDK's crates all begin with "aws".
    let filter = format!("{level},aws=warn,h2=warn,hyper=warn,reqwest=warn,rustls=warn,lambda=warn,tower=warn");
    let filter = tracing_subscriber::EnvFilter::try_new(filter).unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let started =
        tracing_subscriber::fmt().json().with_env_filter(filter).with_target(true).with_current_span(true).without_time().try_init();
    // A second call (tests) keeps the first subscriber.
    drop(started);
}
