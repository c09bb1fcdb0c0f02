//! Webhooks to others: which endpoints are told what happens, how they are, what they were told, and telling them again.

use super::Params;
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::{Fields, Posted};
use crate::format::ago;
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::ports::{Delivery, DeliveryQuery, DeliveryState, Try, WebhookEndpoint};
use app::webhooks::{Change, NewEndpoint, OLD_KEY_SIGNS};
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use contracts::outgoing::types;
use contracts::queue::Replayed;
use domain::webhook::{EventFilter, OffBecause, TRIES_MAX};
use http::Uri;
use jiff::{SignedDuration, Timestamp};
use maud::{Markup, html};
use std::sync::Arc;

/// Deliveries that are shown, the newest.
const SHOWN: usize = 30;

/// `GET /console/webhooks`
pub async fn show(State(console): State<Arc<Console>>, visitor: Visitor, uri: Uri) -> Response {
    let result = list(&console, &visitor, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/webhooks`: makes one. The page that answers shows its secret, once.
pub async fn make(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(made(&console, &posted).await)
}

/// `GET /console/webhooks/{id}`
pub async fn read(State(console): State<Arc<Console>>, Path(id): Path<String>, visitor: Visitor, uri: Uri) -> Response {
    let result = one(&console, &visitor, &id, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/webhooks/{id}`: tries it out, changes it, sends again what it has missed.
pub async fn settle(State(console): State<Arc<Console>>, Path(id): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(settled(&console, &id, &posted).await)
}

/// An endpoint is told everything that happens in the shop.
fn require_admin(visitor: &Visitor) -> Result<(), Error> {
    if visitor.identity.scopes.admin { Ok(()) } else { Err(Error::Forbidden { needs: "admin" }) }
}

/// The first words of the events' names: "order", "stock".
fn families() -> Vec<&'static str> {
    let mut families: Vec<&str> = types().map(family_of).collect();
    families.sort_unstable();
    families.dedup();
    families
}

fn family_of(kind: &str) -> &str {
    kind.split('.').next().unwrap_or(kind)
}

/// What is ticked. What stands for several is enough for those.
fn ticked(fields: &Fields) -> Vec<String> {
    let all: Vec<&str> = fields.beginning("event-").collect();
    let is_in = |kind: &str, whole: &str| whole.strip_suffix('*').is_some_and(|start| kind != whole && kind.starts_with(start));
    let kept = all.iter().filter(|kind| !all.iter().any(|whole| is_in(kind, whole)));
    kept.map(|kind| (*kind).to_owned()).collect()
}

/// Filters of an endpoint that the form has no box for by itself: a program has made them.
fn others(endpoint: Option<&WebhookEndpoint>) -> Vec<&str> {
    let known = |filter: &str| {
        filter == "*" || types().any(|kind| kind == filter) || families().iter().any(|family| filter == format!("{family}.*"))
    };
    endpoint.iter().flat_map(|endpoint| &endpoint.events).map(EventFilter::as_str).filter(|filter| !known(filter)).collect()
}

fn href(id: &str, flash: Flash) -> String {
    format!("/console/webhooks/{id}?flash={}", flash.code())
}

async fn made(console: &Console, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    require_admin(visitor)?;
    let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
    let wanted = NewEndpoint { url: text("url"), description: text("description"), events: ticked(fields) };
    match console.webhooks.make(&visitor.scope, &wanted).await {
        Ok(endpoint) => Ok(with_secret(visitor, &endpoint, "It is told what happens from now on").into_response()),
        Err(Error::Invalid(_)) => Ok(see_other(&format!("/console/webhooks?flash={}", Flash::BadWebhook.code()))),
        Err(other) => Err(other),
    }
}

async fn settled(console: &Console, id: &str, posted: &Posted) -> Result<Response, Error> {
    let (visitor, fields) = (&posted.visitor, &posted.fields);
    require_admin(visitor)?;
    let (scope, webhooks) = (&visitor.scope, &console.webhooks);
    let flash = match fields.get("do").unwrap_or_default() {
        "test" => webhooks.test(scope, id, &visitor.correlation).await.map(|_| Flash::WebhookTested),
        "rotate" => {
            let endpoint = match webhooks.rotate(scope, id).await {
                Err(Error::Invalid(_)) => return Ok(see_other(&href(id, Flash::ManySecrets))),
                rotated => rotated?,
            };
            let hours = OLD_KEY_SIGNS.as_hours();
            return Ok(with_secret(visitor, &endpoint, &format!("The old secret signs beside it for {hours} hours")).into_response());
        }
        "remove" => {
            webhooks.remove(scope, id).await?;
            return Ok(see_other(&format!("/console/webhooks?flash={}", Flash::WebhookRemoved.code())));
        }
        switch @ ("on" | "off") => {
            let change = Change { enabled: Some(switch == "on"), ..Change::default() };
            webhooks.change(scope, id, &change).await.map(|_| Flash::WebhookSaved)
        }
        "replay" => {
            let hours =
                fields.get("hours").and_then(|hours| hours.parse().ok()).filter(|hours| (1..=Delivery::KEPT.as_hours()).contains(hours));
            let Some(hours) = hours else { return Ok(see_other(&href(id, Flash::BadWebhook))) };
            let from = visitor.now - SignedDuration::from_hours(hours);
            let which = if fields.ticked("all") { Replayed::All } else { Replayed::Undelivered };
            webhooks.replay(scope, id, (from, None), which, &visitor.correlation).await.map(|()| Flash::WebhookReplayed)
        }
        _ => {
            let text = |name: &str| fields.get(name).unwrap_or_default().to_owned();
            let change =
                Change { url: Some(text("url")), description: Some(text("description")), events: Some(ticked(fields)), enabled: None };
            match webhooks.change(scope, id, &change).await {
                Err(Error::Invalid(_)) => Ok(Flash::BadWebhook),
                changed => changed.map(|_| Flash::WebhookSaved),
            }
        }
    };
    match flash {
        Ok(flash) => Ok(see_other(&href(id, flash))),
        Err(Error::Invalid(_)) => Ok(see_other(&href(id, Flash::WebhookOff))),
        Err(other) => Err(other),
    }
}

/// How an endpoint is, in a word and its colour.
fn state(endpoint: &WebhookEndpoint) -> Markup {
    let (class, text) = match (endpoint.health.off, endpoint.health.failing_since) {
        (Some((_, OffBecause::Asked)), _) => ("state", "off"),
        (Some((_, OffBecause::Gone)), _) => ("state bad", "switched off: it answered that it is gone"),
        (Some((_, OffBecause::Failing)), _) => ("state bad", "switched off: it took nothing for five days"),
        (None, Some(_)) => ("state bad", "takes nothing at present"),
        (None, None) => ("state good", "on"),
    };
    html! { span class=(class) { (text) } }
}

async fn list(console: &Console, visitor: &Visitor, uri: &Uri) -> Result<Markup, Error> {
    require_admin(visitor)?;
    let endpoints = console.webhooks.list(&visitor.scope).await?;
    let body = html! {
        div class="title" {
            h1 { "Webhooks" }
            p class="muted" { "Addresses of yours that are told what happens" }
        }
        section class="card wide" aria-labelledby="endpoints-title" {
            div class="card-head" { h2 id="endpoints-title" { "Endpoints" } @if !endpoints.is_empty() { span class="muted" { (endpoints.len()) } } }
            @if endpoints.is_empty() {
                div class="empty" {
                    p class="empty-title" { "Nobody is told anything yet" }
                    p class="muted" { "Add an address below: it gets a signed message whenever an order moves." }
                }
            } @else {
                table class="orders inbox" {
                    caption class="visually-hidden" { "Endpoints" }
                    thead { tr { th scope="col" { "Endpoint" } th scope="col" { "Told of" } th scope="col" { "State" } } }
                    tbody { @for endpoint in &endpoints { (row(endpoint)) } }
                }
            }
        }
        section class="card" aria-labelledby="add-title" {
            div class="card-head" { h2 id="add-title" { "Add an endpoint" } }
            form class="words" method="post" action="/console/webhooks" {
                (token(visitor))
                (fields(None))
                p class="row" { button class="button primary" type="submit" { (icons::TICK.beside()) "Add" } }
            }
            p class="hint" {
                "Messages follow " a href="https://www.standardwebhooks.com/" rel="noreferrer" { "Standard Webhooks" }
                ": verify the signature over the raw body, answer 2xx within 30 seconds, and tell repetitions by their webhook-id."
            }
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Webhooks", here: Here::Webhooks, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn row(endpoint: &WebhookEndpoint) -> Markup {
    html! {
        tr {
            th scope="row" {
                a href={ "/console/webhooks/" (endpoint.id) } { @if endpoint.description.is_empty() { (endpoint.id) } @else { (endpoint.description) } }
                br; span class="muted" { (endpoint.url) }
            }
            td { (wants(endpoint)) }
            td { (state(endpoint)) }
        }
    }
}

fn wants(endpoint: &WebhookEndpoint) -> Markup {
    let all: Vec<&str> = endpoint.events.iter().map(|filter| filter.as_str()).collect();
    html! {
        @if all == ["*"] { "everything" }
        @else if all.len() > 4 { (all[..3].join(", ")) " and " (all.len() - 3) " more" }
        @else { (all.join(", ")) }
    }
}

/// Where, what for, and which events.
fn fields(endpoint: Option<&WebhookEndpoint>) -> Markup {
    let has = |filter: &str| endpoint.is_some_and(|endpoint| endpoint.events.iter().any(|one| one.as_str() == filter));
    html! {
        label for="url" { "Address" }
        input id="url" name="url" type="url" required maxlength="500" placeholder="https://shop.example/orderflow" value=[endpoint.map(|one| one.url.as_str())];
        label for="description" { "What it is for" }
        input id="description" name="description" maxlength="120" placeholder="The shop's back office" value=[endpoint.map(|one| one.description.as_str())];
        fieldset class="events" {
            legend { "Told of" }
            (event("*", "Everything, and what is new in later releases", has("*"), true))
            @for family in families() {
                (event(&format!("{family}.*"), &format!("All that begins with {family}"), has(&format!("{family}.*")), true))
                @for kind in types().filter(|kind| family_of(kind) == family) { (event(kind, kind, has(kind), false)) }
            }
            @for filter in others(endpoint) { (event(filter, filter, true, true)) }
        }
    }
}

fn event(kind: &str, shown: &str, on: bool, whole: bool) -> Markup {
    html! { label class=(if whole { "check whole" } else { "check" }) { input type="checkbox" name={ "event-" (kind) } value="on" checked[on]; (shown) } }
}

fn with_secret(visitor: &Visitor, endpoint: &WebhookEndpoint, what: &str) -> Markup {
    let secret = endpoint.keys.first().map(|key| key.secret.expose()).unwrap_or_default();
    let body = html! {
        div class="title" { h1 { "The secret" } p class="muted" { (endpoint.url) } }
        section class="card" aria-labelledby="secret-title" {
            div class="card-head" { h2 id="secret-title" { "Copy it now" } }
            p { "Messages are signed with it. It is shown this once. " (what) "." }
            pre class="pre" { code { (secret) } }
            p { a class="button primary" href={ "/console/webhooks/" (endpoint.id) } { "I have it" } }
        }
    };
    Page { title: "Secret", here: Here::Webhooks, look: Look::Calm, visitor: Some(visitor), flash: None }.draw(&body)
}

async fn one(console: &Console, visitor: &Visitor, id: &str, uri: &Uri) -> Result<Markup, Error> {
    require_admin(visitor)?;
    let endpoint = console.webhooks.load(&visitor.scope, id).await?;
    let query =
        DeliveryQuery { endpoint: endpoint.id.clone(), from: Timestamp::UNIX_EPOCH, to: visitor.now, newest_first: true, after: None };
    let deliveries = console.webhooks.deliveries(&visitor.scope, &query, SHOWN).await?;
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/webhooks" { "Webhooks" } " / " (endpoint.id) }
        div class="title" {
            h1 { @if endpoint.description.is_empty() { "Endpoint" } @else { (endpoint.description) } }
            p class="muted" { (endpoint.url) }
        }
        div class="halves" {
            (health(visitor, &endpoint))
            (again(visitor, &endpoint))
        }
        (told(visitor, &deliveries))
        details class="card asking" {
            summary { "Change it" }
            form class="words" method="post" action={ "/console/webhooks/" (endpoint.id) } {
                (token(visitor))
                (fields(Some(&endpoint)))
                p class="row" { button class="button primary" type="submit" { (icons::TICK.beside()) "Save" } }
            }
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Ok(Page { title: "Webhook", here: Here::Webhooks, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn health(visitor: &Visitor, endpoint: &WebhookEndpoint) -> Markup {
    let on = endpoint.health.is_on();
    html! {
        section class="card" aria-labelledby="health-title" {
            div class="card-head" { h2 id="health-title" { "How it is" } }
            dl class="facts" {
                dt { "State" } dd { (state(endpoint)) }
                dt { "Told of" } dd { (wants(endpoint)) }
                @if let Some(since) = endpoint.health.failing_since { dt { "Has taken nothing since" } dd { (ago(since, visitor.now, &visitor.zone())) } }
                dt { "Made" } dd { (ago(endpoint.created_at, visitor.now, &visitor.zone())) }
            }
            form class="words" method="post" action={ "/console/webhooks/" (endpoint.id) } {
                (token(visitor))
                p class="row" {
                    @if on { button class="button primary" type="submit" name="do" value="test" { (icons::SEND.beside()) "Send a test" } }
                    @if on { button class="button" type="submit" name="do" value="off" { "Switch off" } }
                    @else { button class="button primary" type="submit" name="do" value="on" { "Switch on" } }
                    button class="button" type="submit" name="do" value="rotate" { (icons::LOCK.beside()) "New secret" }
                    button class="button danger" type="submit" name="do" value="remove" { "Remove" }
                }
            }
        }
    }
}

fn again(visitor: &Visitor, endpoint: &WebhookEndpoint) -> Markup {
    html! {
        section class="card" aria-labelledby="again-title" {
            div class="card-head" { h2 id="again-title" { "Send again" } }
            p { "What is not taken is tried " (TRIES_MAX) " times, with growing pauses. After that, or when it was off, send it again here." }
            form class="words" method="post" action={ "/console/webhooks/" (endpoint.id) } {
                (token(visitor))
                label for="hours" { "How many hours back" }
                input id="hours" name="hours" type="number" min="1" max=(Delivery::KEPT.as_hours()) value="24" inputmode="numeric";
                (event_all())
                p class="row" { button class="button" type="submit" name="do" value="replay" disabled[!endpoint.health.is_on()] { (icons::BACK.beside()) "Send again" } }
            }
        }
    }
}

fn event_all() -> Markup {
    html! { label class="check" { input type="checkbox" name="all" value="on"; "Also what it has taken, under the same ids" } }
}

fn told(visitor: &Visitor, deliveries: &[Delivery]) -> Markup {
    html! {
        section class="card wide" aria-labelledby="told-title" {
            div class="card-head" { h2 id="told-title" { "What it was told" } @if deliveries.len() == SHOWN { span class="muted" { "the last " (SHOWN) } } }
            @if deliveries.is_empty() {
                div class="empty" { p class="empty-title" { "Nothing yet" } p class="muted" { "Send a test to see what comes of it." } }
            } @else {
                table class="orders inbox" {
                    caption class="visually-hidden" { "Deliveries, newest first" }
                    thead { tr { th scope="col" { "Happened" } th scope="col" { "Event" } th scope="col" { "Delivery" } th scope="col" class="roomy" { "Last answer" } } }
                    tbody {
                        @for one in deliveries {
                            tr {
                                td class="when" { (ago(one.at, visitor.now, &visitor.zone())) }
                                th scope="row" { (one.kind) br; span class="muted" { (one.subject) } }
                                td { (fate(visitor, one)) }
                                td class="roomy" { @match one.tries.last() { Some(last) => (answer(last)), None => span class="muted" { "none yet" } } }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn fate(visitor: &Visitor, one: &Delivery) -> Markup {
    let tries = one.tried;
    html! {
        @match one.state {
            DeliveryState::Delivered => span class="state good" { "delivered" },
            DeliveryState::Waiting { .. } if tries == 0 => span class="state" { "on its way" },
            DeliveryState::Waiting { next_at } => { span class="state bad" { "not taken" } br; span class="muted" { (tries) " of " (TRIES_MAX) " tries, next " (soon(next_at, visitor.now)) } },
            DeliveryState::Failed => { span class="state bad" { "given up" } br; span class="muted" { (tries) " tries" } },
            DeliveryState::Held => span class="state" { "kept until it is sent again" },
        }
    }
}

/// "in 5 min".
fn soon(at: Timestamp, now: Timestamp) -> String {
    let minutes = at.duration_since(now).as_mins().max(0);
    match minutes {
        0 => "in a moment".to_owned(),
        1..=119 => format!("in {minutes} min"),
        _ => format!("in {} h", minutes / 60),
    }
}

fn answer(last: &Try) -> Markup {
    html! {
        @match (last.status, &last.why) {
            (Some(status), _) => { "HTTP " (status) },
            (None, Some(why)) => (why),
            (None, None) => "none",
        }
        span class="muted" { " · " (last.took_ms) " ms" }
    }
}
