//! What came in and waits for a person: what strangers wrote, and webhooks that could not be applied.

use super::Params;
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::format::ago;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::parked::{LISTED_MAX, Waiting};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/inbox`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = draw(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/inbox`: has one tried again, or dismisses it.
pub async fn settle(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &posted).await)
}

async fn settled(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    visitor.require_write()?;
    let (endpoint, id) = (fields.get("endpoint").unwrap_or_default(), fields.get("id").unwrap_or_default());
    let flash = if fields.ticked("dismiss") {
        console.parked.dismiss(&visitor.scope, endpoint, id).await?;
        Flash::Dismissed
    } else {
        console.parked.replay(&visitor.scope, endpoint, id, &visitor.correlation).await?;
        Flash::TriedAgain
    };
    Ok(see_other(&format!("/console/inbox?flash={}", flash.code())))
}

async fn draw(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    let waiting = console.parked.list(&visitor.scope).await?;
    let (written, hooks): (Vec<&Waiting>, Vec<&Waiting>) = waiting.iter().partition(|waiting| waiting.written.is_some());
    let body = html! {
        div class="title" {
            h1 { "Inbox" }
            p class="muted" {
                "What came in and waits for somebody"
                @if waiting.len() == LISTED_MAX { " · the oldest " (LISTED_MAX) }
            }
        }
        (list(visitor, "written", "Messages", "Nobody waits for an answer", "Who writes and was written to about an order is found there.", &written))
        (list(visitor, "hooks", "Webhooks", "Every webhook has been applied", "One that names an order that is not here yet would wait for it.", &hooks))
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Inbox", here: Here::Inbox, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn list(visitor: &Visitor, id: &str, title: &str, none: &str, hint: &str, waiting: &[&Waiting]) -> Markup {
    html! {
        section class="card wide" aria-labelledby={ (id) "-title" } {
            div class="card-head" { h2 id={ (id) "-title" } { (title) } @if !waiting.is_empty() { span class="muted" { (waiting.len()) } } }
            @if waiting.is_empty() {
                div class="empty" { p class="empty-title" { (none) } p class="muted" { (hint) } }
            } @else {
                table class="orders inbox" {
                    caption class="visually-hidden" { (title) " that wait" }
                    thead { tr { th scope="col" { "Came" } th scope="col" { "From" } th scope="col" { "What" } @if visitor.may_write() { th scope="col" { "Do" } } } }
                    tbody { @for waiting in waiting { (row(visitor, waiting)) } }
                }
            }
        }
    }
}

fn row(visitor: &Visitor, waiting: &Waiting) -> Markup {
    html! {
        tr {
            td class="when" { (ago(waiting.received_at, visitor.now, &visitor.zone())) }
            th scope="row" {
                @match &waiting.written {
                    Some(written) => { (written.from) br; span class="muted" { (written.channel.title()) } }
                    None => { (waiting.key.endpoint) br; code class="muted" { (waiting.code) } }
                }
            }
            td {
                @match &waiting.written {
                    Some(written) if written.text.is_empty() => span class="muted" { "A message without words" },
                    Some(written) => p class="said" { (written.text) },
                    None => (waiting.reason),
                }
            }
            @if visitor.may_write() { td { (actions(visitor, waiting)) } }
        }
    }
}

fn actions(visitor: &Visitor, waiting: &Waiting) -> Markup {
    let what = waiting.written.as_ref().map_or(waiting.key.endpoint.as_str(), |written| written.from.as_str());
    html! {
        form method="post" action="/console/inbox" class="row" {
            (token(visitor))
            input type="hidden" name="endpoint" value=(waiting.key.endpoint);
            input type="hidden" name="id" value=(waiting.key.id);
            button class="button" type="submit" title="Once its order is here" {
                "Try again" span class="visually-hidden" { ": " (what) }
            }
            button class="button quiet" type="submit" name="dismiss" value="yes" title="It is about nothing: it is forgotten" {
                "Dismiss" span class="visually-hidden" { ": " (what) }
            }
        }
    }
}
