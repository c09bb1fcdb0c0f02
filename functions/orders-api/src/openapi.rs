//! The OpenAPI 3.1 document, generated from the handlers, and the page that shows it to people.

use crate::routes::{docs, imports, inbox, keys, notify, orders, privacy, reports, settings, sheet, stats, stock};
use maud::{DOCTYPE, html};
use serde_json::Value;
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
        orders::create, orders::list, orders::read, orders::timeline, orders::change, orders::correct, orders::update_status, orders::auto_progress,
        notify::notify,
        imports::orders, stats::stats, reports::list, sheet::read, sheet::sync, inbox::parked, inbox::replay, stock::read, stock::adjust,
        settings::read, settings::write, keys::list, keys::create, keys::revoke, privacy::export, privacy::erase, docs::health,
        ask, hook
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

/// The document as JSON.
pub fn document() -> String {
    Document::openapi().to_pretty_json().unwrap_or_default()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111827;background:#fff}\
h2{margin-top:2.5rem;text-transform:capitalize}section{border:1px solid #d9dce3;border-radius:.6rem;padding:.8rem 1.1rem;margin:.8rem 0}\
code{font:14px ui-monospace,monospace}.verb{display:inline-block;min-width:4.2rem;font-weight:700}h3{margin:0;font-size:1rem}p{margin:.35rem 0}\
table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}\
@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#111827}section{border-color:#374151}a{color:#93c5fd}}";

/// Verb, path and description of one operation.
type Operation = (String, String, Value);

/// The reference as a page.
pub fn page() -> String {
    let document: Value = serde_json::from_str(&document()).unwrap_or_default();
    let mut tags: Vec<(String, Vec<Operation>)> = Vec::new();
    for (path, verbs) in document["paths"].as_object().into_iter().flatten() {
        for (verb, operation) in verbs.as_object().into_iter().flatten() {
            let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
            let entry = (verb.to_uppercase(), path.clone(), operation.clone());
            match tags.iter_mut().find(|known| known.0 == tag) {
                Some(known) => known.1.push(entry),
                None => tags.push((tag, vec![entry])),
            }
        }
    }
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    html! {
        (DOCTYPE)
        html lang="en" {
            head { meta charset="utf-8"; meta name="viewport" content="width=device-width"; title { "OrderFlow API" } style { (maud::PreEscaped(STYLE)) } }
            body {
                main {
                    h1 { "OrderFlow API" }
                    p { (text(&document["info"]["description"])) " The machine-readable document is " a href="/openapi.json" { "/openapi.json" } "." }
                    p { "Send " code { "Authorization: Bearer of_…" } " with every request that is not marked as open." }
                    @for (tag, operations) in &tags {
                        h2 { (tag) }
                        @for (verb, path, operation) in operations {
                            section {
                                h3 { span.verb { (verb) } code { (path) } }
                                p { (text(&operation["summary"])) }
                                @if let Some(more) = operation["description"].as_str() { p { (more) } }
                                table { tbody {
                                    @for parameter in operation["parameters"].as_array().into_iter().flatten() {
                                        tr { td { code { (text(&parameter["name"])) } } td { (text(&parameter["in"])) } td { (text(&parameter["description"])) } }
                                    }
                                    @for (status, response) in operation["responses"].as_object().into_iter().flatten() {
                                        tr { td { code { (status) } } td { "answer" } td { (text(&response["description"])) } }
                                    }
                                } }
                            }
                        }
                    }
                    h2 id="problems" { "Problems" }
                    p { "Errors are " code { "application/problem+json" } ": " code { "type" } ", " code { "title" } ", " code { "status" } ", " code { "detail" }
                        " (what to do next), " code { "errors" } " (every fault of the input) and " code { "trace_id" } "." }
                }
            }
        }
    }
    .into_string()
}
