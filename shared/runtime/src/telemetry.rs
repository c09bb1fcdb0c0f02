//! Logs: one JSON object a line, and metrics in the embedded metric format on the same stream.

use serde_json::json;
use std::collections::BTreeMap;

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

/// Writes numbers in CloudWatch's embedded metric format. `dimensions` must be few and of few values.
pub fn metric(namespace: &str, dimensions: &[(&str, &str)], values: &[(&str, f64, &str)], now: jiff::Timestamp) {
    let names: Vec<&str> = dimensions.iter().map(|dimension| dimension.0).collect();
    let metrics: Vec<_> = values.iter().map(|(name, _, unit)| json!({ "Name": name, "Unit": unit })).collect();
    let mut line: BTreeMap<String, serde_json::Value> = BTreeMap::new();
    line.insert(
        "_aws".into(),
        json!({ "Timestamp": now.as_millisecond(), "CloudWatchMetrics": [{ "Namespace": namespace, "Dimensions": [names], "Metrics": metrics }] }),
    );
    for (name, value) in dimensions {
        line.insert((*name).into(), json!(value));
    }
    for (name, value, _) in values {
        line.insert((*name).into(), json!(value));
    }
    println!("{}", serde_json::Value::Object(line.into_iter().collect()));
}
