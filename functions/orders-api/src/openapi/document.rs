//! The OpenAPI 3.1 document, generated from the handlers. Only this test makes it; what is served is the committed
//! file, so the deployed binary carries no generator.

use crate::routes::{
    analytics, attention, audit, backtest, batches, bulk, cancellations, decisions, docs, exceptions, exports, files, fulfilments, imports,
    inbox, ingest, keys, labels, manifests, notify, orders, payments, photos, prices, privacy, purchases, quotes, reports, returns,
    reviews, rules, saleor, settings, sheet, stats, stock, webhooks, why,
};
use std::path::Path;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "OrderFlow API",
        description = "Orders, status webhooks, where-is-my-order answers, figures and settings. Errors are application/problem+json (RFC 9457) and say what to do next. What API Gateway refuses before any function sees it has its own body, {\"message\": ...}: 403 without a valid credential, 404 for a path outside /v1, 413 above 10 MB, 429 above the stage's throttle.",
        license(name = "MIT", identifier = "MIT")
    ),
    paths(
        orders::create, orders::list, orders::read, orders::timeline, audit::read, orders::progress, photos::add, photos::list, why::why, attention::list, bulk::start, bulk::read, orders::change, orders::correct, orders::update_status, orders::auto_progress, cancellations::create,
        decisions::undo, decisions::of_order, decisions::review, decisions::list, decisions::accuracy, decisions::review_queue, decisions::replay,
        reviews::list, reviews::open, reviews::claim, reviews::decide,
        exceptions::list, exceptions::open, exceptions::act, exceptions::many, exceptions::figures,
        fulfilments::create, fulfilments::step, fulfilments::tracking, labels::create, labels::read, labels::track,
        manifests::list, manifests::create, manifests::read, manifests::settle, quotes::quote, batches::list, batches::create, batches::read,
        returns::create, returns::list, returns::step,
        payments::success, payments::read, payments::check, payments::retry, payments::capture, payments::refund,
        notify::notify, notify::send, notify::schedule, notify::cancel,
        imports::orders, files::take, files::read, stats::stats, stats::orders, analytics::performance, analytics::sla, analytics::business, analytics::inventory, reports::list, reports::make, exports::list, exports::make, sheet::read, sheet::sync, saleor::read, saleor::sync, ingest::take, inbox::parked, inbox::replay, inbox::dismiss, stock::list, stock::read, stock::adjust, stock::count, purchases::list, purchases::create, purchases::read, purchases::change, purchases::approve, purchases::cancel, purchases::receive,
        prices::list, prices::write, prices::read, prices::look, prices::accept, prices::dismiss, backtest::read,
        settings::read, settings::write, rules::read, rules::write, rules::look, keys::list, keys::create, keys::revoke, privacy::export, privacy::erase, privacy::reopen, docs::health,
        webhooks::event_types, webhooks::list, webhooks::create, webhooks::read, webhooks::change, webhooks::remove, webhooks::rotate, webhooks::test, webhooks::replay, webhooks::deliveries,
        ask, ask_code, hook, payment_hook
    ),
    modifiers(&Bearer),
    security(("bearer" = [])),
)]
struct Document;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API key (of_...) or a JWT of the configured issuer"))
            .build();
        document.components.get_or_insert_with(Default::default).add_security_scheme("bearer", SecurityScheme::Http(scheme));
    }
}

/// Answers "where is my order?" in the customer's words.
///
/// A publishable key is enough. Unknown orders and wrong addresses get the same answer. The script /widget.js
/// puts a chat that asks here on a web page; /chat is the same chat as a page of its own.
#[utoipa::path(post, path = "/v1/ask", tag = "ask",
    request_body(content = Object, example = json!({"question": "Where is my order 1001? Email: john.smith@example.com"})),
    responses((status = 200, description = "The answer, or what is still needed", body = Object,
               example = json!({"reply": "Your order #1001 is in transit ...", "order_id": "1001", "status": "In Transit", "eta": "2025-08-10", "needs": [], "trace_id": "0198..."})),
              (status = 422, description = "The question is too long or not JSON"), (status = 429, description = "Too many attempts; Retry-After says when")))]
#[expect(dead_code, reason = "the ask function serves it; it is described here so that there is one document")]
fn ask() {}

/// Mails a code to the address on file of an order, for customers who no longer know which address they used.
///
/// The answer is the same whether there is such an order or not. Send the code as `code` with `order_id` to /v1/ask.
#[utoipa::path(post, path = "/v1/ask/code", tag = "ask",
    request_body(content = Object, example = json!({"order_id": "1001", "language": "en"})),
    responses((status = 200, description = "What to tell the customer", body = Object), (status = 422, description = "No order number"), (status = 429, description = "Too many; Retry-After says when")))]
#[expect(dead_code, reason = "the ask function serves it; it is described here so that there is one document")]
fn ask_code() {}

/// Takes a status webhook: verified, stored, answered; applied behind a queue.
#[utoipa::path(post, path = "/v1/hooks/{tenant}/{endpoint}", tag = "webhooks", security(()),
    params(("tenant" = String, Path, description = "Tenant"), ("endpoint" = String, Path, description = "Endpoint name from the settings"),
           ("webhook-id" = Option<String>, Header, description = "Standard Webhooks"), ("webhook-timestamp" = Option<String>, Header, description = "Standard Webhooks"),
           ("webhook-signature" = Option<String>, Header, description = "Standard Webhooks"), ("x-signature" = Option<String>, Header, description = "HMAC-SHA256 of the body, hex or base64")),
    request_body(content = Object, example = json!({"orderId": "1001", "status": "Shipped", "email": "john.smith@example.com", "customer": "John Smith", "eta": "2025-08-10"})),
    responses((status = 202, description = "Stored", body = Object, example = json!({"event_id": "msg_2Lh9", "duplicate": false})),
              (status = 401, description = "Unknown endpoint or bad signature"), (status = 413, description = "More than 256 KiB"), (status = 422, description = "Every fault of the content")))]
#[expect(dead_code, reason = "the status-webhook function serves it; it is described here so that there is one document")]
fn hook() {}

/// Takes a payment provider's webhook: verified by the provider's own scheme, found its order, answered; looked up behind a queue.
///
/// Nothing that it says of money is believed: it only says what the provider is asked about.
#[utoipa::path(post, path = "/v1/payments/{tenant}/{provider}", tag = "webhooks", security(()),
    params(("tenant" = String, Path, description = "Tenant"), ("provider" = String, Path, description = "stripe, paypal, razorpay or payu")),
    request_body(content = Object, description = "As the provider sends it"),
    responses((status = 200, description = "Taken in", body = Object, example = json!({"events": 1, "orders": 1, "unknown": 0})),
              (status = 401, description = "Unknown shop or provider, or bad signature"), (status = 413, description = "More than 256 KiB"), (status = 503, description = "Send it again")))]
#[expect(dead_code, reason = "the status-webhook function serves it; it is described here so that there is one document")]
fn payment_hook() {}

#[test]
fn the_committed_document_is_the_generated_one() {
    let generated = Document::openapi().to_pretty_json().unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/openapi.json");
    if std::env::var_os("UPDATE_GENERATED").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == generated, "docs/openapi.json has drifted: run `make generate`");
}

/// A parameter of a path stands in it, all that stands in one are described, and a plain request needs nothing else.
#[test]
fn parameters_are_where_they_say() {
    let document: serde_json::Value = serde_json::from_str(super::DOCUMENT).unwrap();
    for (path, verbs) in document["paths"].as_object().unwrap() {
        let mut wanted: Vec<&str> = path.split('{').skip(1).map(|rest| rest.split('}').next().unwrap()).collect();
        wanted.sort_unstable();
        for (verb, operation) in verbs.as_object().unwrap() {
            let all: Vec<_> = operation["parameters"].as_array().into_iter().flatten().collect();
            let mut in_path: Vec<&str> =
                all.iter().filter(|given| given["in"] == "path").map(|given| given["name"].as_str().unwrap()).collect();
            in_path.sort_unstable();
            assert_eq!(in_path, wanted, "{verb} {path}");
            assert!(!all.iter().any(|given| given["in"] == "query" && given["required"] == true), "{verb} {path}");
        }
    }
}
