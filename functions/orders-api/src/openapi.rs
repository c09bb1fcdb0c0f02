//! The OpenAPI 3.1 document, and the page that shows it to people.

use maud::{DOCTYPE, html};
use serde_json::Value;

#[cfg(test)]
mod document;

/// The document as JSON: generated from the handlers by `make generate`, committed, and held by a test.
pub const DOCUMENT: &str = include_str!("../../../docs/openapi.json");

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#111827;background:#fff}\
h2{margin-top:2.5rem;text-transform:capitalize}section{border:1px solid #d9dce3;border-radius:.6rem;padding:.8rem 1.1rem;margin:.8rem 0}\
code{font:14px ui-monospace,monospace;overflow-wrap:anywhere}.verb{display:inline-block;min-width:4.2rem;font-weight:700}h3{margin:0;font-size:1rem}p{margin:.35rem 0}\
p,td{overflow-wrap:anywhere}table{border-collapse:collapse}td{padding:.1rem .8rem .1rem 0;vertical-align:top}\
@media(prefers-color-scheme:dark){body{color:#e5e7eb;background:#111827}section{border-color:#374151}a{color:#93c5fd}}";

/// Verb, path and description of one operation.
type Operation = (String, String, Value);

/// The reference as a page.
pub fn page() -> String {
    let document: Value = serde_json::from_str(DOCUMENT).unwrap_or_default();
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
