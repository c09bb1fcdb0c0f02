//! `events/samples/<function>/*.json` through the handlers, good ones and bad ones. What becomes of each is
//! one snapshot that reads as documentation.

use crate::house::House;
use axum::Router;
use lambda_http::request::{LambdaRequest, RequestContext};
use lambda_http::{Body, RequestExt};
use serde_json::Value;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tower::ServiceExt;

fn samples(function: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../events/samples").join(function);
    let mut files: Vec<PathBuf> = Vec::new();
    for folder in [root.clone(), root.join("bad")] {
        files.extend(
            std::fs::read_dir(&folder)
                .unwrap()
                .map(|entry| entry.unwrap().path())
                .filter(|path| path.extension().is_some_and(|e| e == "json")),
        );
    }
    files.sort();
    assert!(files.len() > 1, "{function} has samples");
    files
        .into_iter()
        .map(|path| (path.strip_prefix(&root).unwrap().display().to_string(), std::fs::read_to_string(&path).unwrap()))
        .collect()
}

/// A request as API Gateway delivers it, the way the runtime hands it to the router.
fn request(sample: &str) -> axum::extract::Request {
    let event: LambdaRequest = serde_json::from_str(sample).unwrap();
    let request = lambda_http::Request::from(runtime::gateway::readable(event));
    let context: Option<RequestContext> = request.request_context_ref().cloned();
    let (mut parts, body) = request.into_parts();
    if let Some(context) = context {
        parts.extensions.insert(context);
    }
    let bytes = match body {
        Body::Text(text) => text.into_bytes(),
        Body::Binary(bytes) => bytes,
        _ => Vec::new(),
    };
    axum::extract::Request::from_parts(parts, axum::body::Body::from(bytes))
}

/// Status, content type and body of the answer to an event of API Gateway.
pub async fn answer(router: Router, event: &str) -> (u16, String, Value) {
    let response = runtime::http::finish(router).oneshot(request(event)).await.unwrap();
    let status = response.status().as_u16();
    let kind = response.headers().get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("-").to_owned();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, kind, serde_json::from_slice(&body).unwrap_or_default())
}

async fn through(router: Router, function: &str, table: &mut String) {
    for (name, sample) in samples(function) {
        let (status, kind, body) = answer(router.clone(), &sample).await;
        let faults: Vec<String> = body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|fault| format!("{} {}", fault["field"].as_str().unwrap_or(""), fault["code"].as_str().unwrap_or("")))
            .collect();
        let said = body["title"].as_str().or(body["status"].as_str()).unwrap_or_default();
        let _ = writeln!(table, "{function:<15} {name:<38} {status} {said} {}", faults.join(", "));
        assert!(status < 500, "{function}/{name}: {status}");
        // A question may be odd and still be answered; what only an order can refuse is accepted and parked.
        let parked = ["bad/unknown-status.json", "bad/from-the-future.json"].contains(&name.as_str());
        let answered = function == "ask" || parked;
        if name.starts_with("bad/") && !answered {
            assert!((400..500).contains(&status), "{function}/{name}: {status}");
        }
        if status >= 400 {
            assert_eq!(kind, "application/problem+json", "{function}/{name}");
            assert!(body["trace_id"].is_string() && body["detail"].is_string(), "{function}/{name}: {body}");
        }
        if !name.starts_with("bad/") {
            assert!(status < 300, "{function}/{name}: {status} {body}");
        }
    }
}

// req: X-04
#[tokio::test]
async fn http_functions() {
    let mut table = String::new();
    let house = House::new().await;
    through(ask::router(Arc::new(house.ask(None)), Arc::new(house.chat(None))), "ask", &mut table).await;
    let house = crate::saleor::shop(crate::saleor::settings()).await;
    crate::shopify::joins(&house, crate::shopify::settings()).await;
    through(house.hooks(), "status-webhook", &mut table).await;
    let house = House::whose_first_order_is("Received").await;
    through(orders_api::router(house.desk()), "orders-api", &mut table).await;
    let lines: Vec<&str> = table.lines().map(str::trim_end).collect();
    insta::assert_snapshot!("http_samples", lines.join("\n"));
}

/// Where records go that no retry can help.
#[derive(Default)]
pub struct Lot {
    reasons: std::sync::Mutex<Vec<String>>,
    full: bool,
}

impl Lot {
    /// One that takes nothing.
    pub fn full() -> Lot {
        Lot { full: true, ..Lot::default() }
    }

    pub fn reasons(&self) -> Vec<String> {
        self.reasons.lock().unwrap().clone()
    }
}

#[async_trait::async_trait]
impl app::ports::Parking for Lot {
    async fn park(&self, _: &str, reason: &str) -> app::ports::PortResult<()> {
        if self.full {
            return Err(app::ports::PortError::Retryable("the queue does not answer".into()));
        }
        self.reasons.lock().unwrap().push(reason.to_owned());
        Ok(())
    }
}

/// What became of a batch: how many records, which come again, what was parked and why.
fn told(batch: &aws_lambda_events::sqs::SqsEvent, response: &aws_lambda_events::sqs::SqsBatchResponse, lot: &Lot) -> String {
    let reasons: Vec<String> = lot.reasons().iter().map(|reason| reason.chars().take(70).collect()).collect();
    format!("{} record(s), {} come again, parked: {reasons:?}", batch.records.len(), response.batch_item_failures.len())
}

// req
#[tokio::test]
async fn queue_functions() {
    let mut table = String::new();
    for function in ["order-processor", "notifier", "metrics", "saga", "dispatch"] {
        // What the clock sends is no batch, and stands with the other schedules'.
        for (name, sample) in samples(function).into_iter().filter(|(name, _)| !name.contains("tick")) {
            // What is not even a batch never reaches a handler: the runtime answers an error and the queue keeps it.
            let Ok(batch) = serde_json::from_str::<aws_lambda_events::sqs::SqsEvent>(&sample) else {
                let _ = writeln!(table, "{function:<16} {name:<34} not a batch");
                continue;
            };
            let house = House::new().await;
            let lot = Lot::default();
            let response = match function {
                "order-processor" => order_processor::handle(&house.process(), &house.heard(), &house.steps(), &lot, batch.clone()).await,
                "notifier" => notifier::handle(&house.notify(), &lot, batch.clone(), jiff::Timestamp::MAX).await,
                "saga" => saga::handle(&house.sagas(), &lot, batch.clone(), None).await,
                "dispatch" => {
                    let records = serde_json::to_value(&batch).unwrap();
                    let said = dispatch::handle(&house.parcels(), &lot, records, None, crate::house::correlation()).await;
                    serde_json::from_value(said.unwrap()).unwrap()
                }
                _ => metrics::handle(&house.measure(), &lot, batch.clone()).await,
            };
            let _ = writeln!(table, "{function:<16} {name:<34} {}", told(&batch, &response, &lot));
        }
    }
    insta::assert_snapshot!("queue_samples", table);
}

// req: X-04
#[tokio::test]
async fn other_functions() {
    let mut table = String::new();
    for (name, sample) in samples("authorizer") {
        let house = House::new().await;
        let request = serde_json::from_str(&sample).unwrap();
        let response = authorizer::handle(&house.authenticate(), request).await.unwrap();
        let _ = writeln!(table, "authorizer       {name:<38} authorized: {}", response.is_authorized);
        assert!(!response.is_authorized, "no sample holds a key that this shop has made");
    }
    for (name, sample) in samples("kpi-report") {
        let house = House::new().await;
        let event: Value = serde_json::from_str(&sample).unwrap_or_default();
        let said = match kpi_report::handle(&house.jobs(), &Lot::default(), event, crate::house::correlation()).await {
            Ok(said) => said.to_string().chars().take(80).collect(),
            Err(why) => format!("error: {why}"),
        };
        let _ = writeln!(table, "kpi-report       {name:<38} {said}");
    }
    for (name, sample) in samples("dispatch").into_iter().filter(|(name, _)| name.contains("tick")) {
        let (house, event) = (House::new().await, serde_json::from_str(&sample).unwrap());
        let said = dispatch::handle(&house.parcels(), &Lot::default(), event, None, crate::house::correlation()).await.unwrap();
        let _ = writeln!(table, "dispatch         {name:<38} {said}");
    }
    for (name, sample) in samples("sheet-sync") {
        let house = crate::saleor::shop(crate::saleor::settings()).await;
        let (event, lot) = (serde_json::from_str(&sample).unwrap_or_default(), Lot::default());
        let sync = crate::sheet::sync_of(&house, &testkit::memory::FakeSheet::of(""));
        let (import, saleor) = (crate::sheet::import_of(&house), crate::saleor::sync_of(&house));
        let said = match sheet_sync::handle(&sync, &import, &saleor, &lot, event, crate::house::correlation()).await {
            Ok(said) => said.to_string(),
            Err(why) => format!("error: {why}"),
        };
        let _ = writeln!(table, "sheet-sync       {name:<38} {said}, {} parked", lot.reasons().len());
    }
    for (name, sample) in samples("stale-orders") {
        let house = House::new().await;
        let (event, lot) = (serde_json::from_str(&sample).unwrap_or_default(), Lot::default());
        let (watch, queue) = (house.watch(), house.world.queue());
        let said = match stale_orders::handle(&watch, &queue, &lot, event, crate::house::correlation()).await {
            Ok(said) => said.to_string(),
            Err(why) => format!("error: {why}"),
        };
        let _ = writeln!(table, "stale-orders     {name:<38} {said}, {} parked", lot.reasons().len());
    }
    for (name, sample) in samples("webhook-out") {
        let house = House::new().await;
        house.one_endpoint().await;
        let (event, lot) = (serde_json::from_str(&sample).unwrap_or_default(), Lot::default());
        let said = match webhook_out::handle(&house.deliver(), &lot, event, crate::house::correlation()).await {
            Ok(said) => said.to_string(),
            Err(why) => format!("error: {why}"),
        };
        let _ =
            writeln!(table, "webhook-out      {name:<38} {said}, {} told, {} parked", house.listeners.calls().len(), lot.reasons().len());
    }
    for (name, _) in samples("timers") {
        let house = House::new().await;
        let said = match timers::handle(&house.timers(), crate::house::correlation()).await {
            Ok(said) => said.to_string(),
            Err(why) => format!("error: {why}"),
        };
        let _ = writeln!(table, "timers           {name:<38} {said}");
    }
    for (name, sample) in samples("outbox-relay") {
        let house = House::new().await;
        let event: Value = serde_json::from_str(&sample).unwrap_or_default();
        let said = match outbox_relay::handle(&house.relay(), event).await {
            Ok(said) => said.to_string(),
            Err(why) => format!("error: {why}"),
        };
        let _ = writeln!(table, "outbox-relay     {name:<38} {said}, {} published", house.world.published().len());
    }
    insta::assert_snapshot!("other_samples", table);
}
