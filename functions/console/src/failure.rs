//! When a page cannot be shown: what happened, what to do, and the id that finds the logs.

use crate::layout::{Here, Look, Page};
use crate::visitor::Visitor;
use app::Error;
use axum::response::{IntoResponse, Response};
use domain::ids::CorrelationId;
use http::{HeaderValue, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use runtime::Problem;

/// The page for an error, with the console around it if somebody is signed in.
pub fn page(visitor: Option<&Visitor>, correlation: &CorrelationId, error: Error) -> Response {
    let problem = Problem::from(error);
    if let Some(cause) = &problem.cause {
        tracing::error!(trace_id = %correlation, status = problem.status, cause, "page failed");
    }
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let faults = problem.errors.iter().map(|fault| format!("{}: {}", fault.field, fault.message)).collect::<Vec<_>>();
    let mut response = respond(visitor, correlation, status, problem.title, &sentence(&problem.detail), &faults);
    if let Some(seconds) = problem.retry_after_s {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// The page for a status that no use case gave.
pub fn plain(correlation: &CorrelationId, status: StatusCode, advice: &str) -> Response {
    respond(None, correlation, status, status.canonical_reason().unwrap_or("Error"), advice, &[])
}

fn sentence(detail: &str) -> String {
    let mut letters = detail.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    let dot = if detail.ends_with('.') { "" } else { "." };
    format!("{first}{}{dot}", letters.as_str())
}

fn respond(
    visitor: Option<&Visitor>,
    correlation: &CorrelationId,
    status: StatusCode,
    title: &'static str,
    detail: &str,
    faults: &[String],
) -> Response {
    let body = html! {
        section class="card failure" {
            p class="failure-code" aria-hidden="true" { (status.as_u16()) }
            h1 { (title) }
            p { (detail) }
            @if !faults.is_empty() { ul { @for fault in faults { li { (fault) } } } }
            p class="muted" { "Trace id " code { (correlation) } }
            p { a class="button" href="/console" { "Back to the dashboard" } }
        }
    };
    let page = Page { title, here: Here::Elsewhere, look: Look::Calm, visitor, flash: None };
    (status, page.draw(&body)).into_response()
}

/// Asks the browser to come again from a page of ours, so that it brings the strict session cookie along.
pub fn knock(here: &str) -> Response {
    let page: Markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="refresh" content={ "0;url=" (here) };
                title { "OrderFlow" }
            }
            body { p { a href=(here) { "Continue to OrderFlow" } } }
        }
    };
    page.into_response()
}
