//! Logs: one JSON object a line.

use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// One JSON object a line: "level", "target", "fields" with "message" and whatever was said beside it. The platform knows the time.
fn lines<S, W>(to: W) -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + 'static,
{
    tracing_subscriber::fmt::layer().json().with_target(true).with_current_span(true).without_time().with_writer(to)
}

/// Sets logging up. Level by `LOG_LEVEL` (default "info"); libraries at "warn".
pub fn init() {
    let level = std::env::var("LOG_LEVEL").unwrap_or_else(|_| "info".to_owned());
    // By prefix: the SDK's crates all begin with "aws".
    const LIBRARIES: &str = "aws=warn,h2=warn,hyper=warn,reqwest=warn,rustls=warn,lambda=warn,tower=warn";
    let targets = |level: &str| format!("{level},{LIBRARIES}").parse::<Targets>();
    let filter = targets(&level).or_else(|_| targets("info")).unwrap_or_default();
    let started = tracing_subscriber::registry().with(filter).with(lines(std::io::stdout)).try_init();
    // A second call (tests) keeps the first subscriber.
    drop(started);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    /// The queries that template.yaml saves ask for these fields.
    // req: S2-103
    #[test]
    fn a_line_is_an_object_with_the_fields_that_queries_ask_for() {
        let written = Arc::new(Mutex::new(Vec::new()));
        let shared = written.clone();
        let logs = tracing_subscriber::registry().with(lines(move || Shared(shared.clone())));
        tracing::subscriber::with_default(logs, || {
            tracing::error!(trace_id = "t-1", tenant = "demo", order = "1001", error = "two\nlines \"quoted\"", "it did not work");
            tracing::info!(trace_id = "t-1", "it did");
        });
        let text = String::from_utf8(written.lock().unwrap().clone()).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(
            lines[0],
            serde_json::json!({
                "level": "ERROR", "target": "runtime::telemetry::tests",
                "fields": { "message": "it did not work", "trace_id": "t-1", "tenant": "demo", "order": "1001", "error": "two\nlines \"quoted\"" },
            })
        );
        assert_eq!((&lines[1]["level"], &lines[1]["fields"]["message"]), (&"INFO".into(), &"it did".into()));
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
