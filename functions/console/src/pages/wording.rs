//! What customers and the team are told at which status, and in which words: switches, words, and a look at a real order.

use super::{Params, order_id};
use crate::desk::Console;
use crate::flash::Flash;
use crate::form::Posted;
use crate::icons::{self, pill};
use crate::layout::{Here, Look, Page, token};
use crate::visitor::{Visitor, see_other};
use app::Error;
use app::notify::{Preview, preview};
use app::tenant::with_rules;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use domain::notify::{NotifyRules, PLACEHOLDERS, Tongue, Wording};
use domain::order::Label;
use http::Uri;
use maud::{Markup, html};
use std::sync::Arc;

/// `GET /console/messages`
pub async fn show(visitor: Visitor, uri: Uri) -> Response {
    list(&visitor, &uri).into_response()
}

/// `POST /console/messages`: the switches.
pub async fn switch(State(console): State<Arc<Console>>, posted: Posted) -> Response {
    posted.visitor.answer(switched(&console, &posted).await)
}

/// `GET /console/messages/{status}`: the words at one status.
pub async fn edit(State(console): State<Arc<Console>>, Path(status): Path<String>, visitor: Visitor, uri: Uri) -> Response {
    let result = words(&console, &visitor, &status, &uri).await.map(IntoResponse::into_response);
    visitor.answer(result)
}

/// `POST /console/messages/{status}`: other words, or the standard ones again.
pub async fn save(State(console): State<Arc<Console>>, Path(status): Path<String>, posted: Posted) -> Response {
    posted.visitor.answer(saved(&console, &status, &posted).await)
}

fn may_set(visitor: &Visitor) -> bool {
    visitor.identity.scopes.admin
}

fn require_set(visitor: &Visitor) -> Result<(), Error> {
    if may_set(visitor) { Ok(()) } else { Err(Error::Forbidden { needs: "admin" }) }
}

fn label_of(status: &str) -> Result<Label, Error> {
    Label::ALL.into_iter().find(|label| slug(*label) == status).ok_or(Error::NotFound("status"))
}

/// A status in an address: "in-transit".
fn slug(label: Label) -> String {
    label.text().to_lowercase().replace(' ', "-")
}

fn tongue_of(tag: Option<&str>) -> Tongue {
    tag.and_then(Tongue::of_tag).unwrap_or_default()
}

async fn keep(console: &Console, posted: &Posted, rules: NotifyRules) -> Result<Flash, Error> {
    let visitor = &posted.visitor;
    let seen = posted.fields.get("version").and_then(|version| version.parse().ok()).unwrap_or_default();
    match with_rules(&*console.tenants, &visitor.scope, &visitor.config, rules, seen).await {
        Ok(_) => Ok(Flash::RulesSaved),
        Err(Error::Stale { .. }) => Ok(Flash::RulesStale),
        Err(Error::Invalid(_)) => Ok(Flash::BadWords),
        Err(error) => Err(error),
    }
}

async fn switched(console: &Console, posted: &Posted) -> Result<Response, Error> {
    require_set(&posted.visitor)?;
    let mut rules = posted.visitor.config.notify.rules.clone();
    for label in Label::ALL {
        let mut rule = rules.at(label);
        (rule.email, rule.slack) =
            (posted.fields.ticked(&format!("email-{}", slug(label))), posted.fields.ticked(&format!("slack-{}", slug(label))));
        if rule == domain::notify::Rule::default() {
            rules.0.remove(label.text());
        } else {
            rules.0.insert(label.text().to_owned(), rule);
        }
    }
    let flash = keep(console, posted, rules).await?;
    Ok(see_other(&format!("/console/messages?flash={}", flash.code())))
}

async fn saved(console: &Console, status: &str, posted: &Posted) -> Result<Response, Error> {
    require_set(&posted.visitor)?;
    let (label, tongue) = (label_of(status)?, tongue_of(posted.fields.get("lang")));
    let mut rules = posted.visitor.config.notify.rules.clone();
    let mut rule = rules.at(label);
    if posted.fields.ticked("ours") {
        rule.wording.remove(tongue.tag());
    } else {
        // Browsers end lines with two characters.
        let field = |name: &str| posted.fields.get(name).unwrap_or_default().replace("\r\n", "\n");
        rule.wording.insert(tongue.tag().to_owned(), Wording { subject: field("subject"), text: field("text") });
    }
    rules.0.insert(label.text().to_owned(), rule);
    let flash = keep(console, posted, rules).await?;
    Ok(see_other(&format!("/console/messages/{status}?lang={}&flash={}", tongue.tag(), flash.code())))
}

fn list(visitor: &Visitor, uri: &Uri) -> Markup {
    let rules = &visitor.config.notify.rules;
    let fixed = !may_set(visitor);
    let body = html! {
        div class="title" {
            h1 { "Messages" }
            p class="muted" { "What customers and the team hear of, status by status" }
        }
        form class="card wide" method="post" action="/console/messages" {
            (token(visitor))
            input type="hidden" name="version" value=(visitor.config.version);
            table class="orders" {
                caption class="visually-hidden" { "Messages by status" }
                thead {
                    tr { th scope="col" { "Status" } th scope="col" { "E-mail" span class="roomy" { " to the customer" } } th scope="col" { "Slack" span class="roomy" { " to the team" } } th scope="col" class="number-cell" { "Words" } }
                }
                tbody {
                    @for label in Label::ALL {
                        @let rule = rules.at(label);
                        tr {
                            th scope="row" { (pill(label)) }
                            td { (tick(&format!("email-{}", slug(label)), rule.email, fixed, &format!("E-mail at {}", label.text()))) }
                            td { (tick(&format!("slack-{}", slug(label)), rule.slack, fixed, &format!("Slack at {}", label.text()))) }
                            td class="number-cell" {
                                a href={ "/console/messages/" (slug(label)) } {
                                    @if rule.wording.is_empty() { "standard" } @else { "your own" }
                                    span class="visually-hidden" { ", at " (label.text()) }
                                }
                            }
                        }
                    }
                }
            }
            @if !fixed { p class="card-foot" { button class="button primary" type="submit" { (icons::TICK.beside()) "Save" } } }
        }
    };
    let flash = Flash::of(Params::of(uri).get("flash"));
    Page { title: "Messages", here: Here::Messages, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body)
}

fn tick(name: &str, on: bool, fixed: bool, what: &str) -> Markup {
    html! { input type="checkbox" name=(name) value="on" checked[on] disabled[fixed] aria-label=(what); }
}

async fn words(console: &Console, visitor: &Visitor, status: &str, uri: &Uri) -> Result<Markup, Error> {
    let (label, params) = (label_of(status)?, Params::of(uri));
    let tongue = tongue_of(params.get("lang"));
    let rules = &visitor.config.notify.rules;
    let own = rules.0.get(label.text()).and_then(|rule| rule.wording.get(tongue.tag()));
    let number = params.get("order");
    let order = match number.map(order_id) {
        Some(Ok(id)) => console.orders.load(&visitor.scope, &id).await?,
        _ => None,
    };
    let shown = order.map(|order| preview(&order, &visitor.config, rules, Some(tongue), visitor.now));
    let shown = shown.and_then(|all| all.into_iter().find(|shown| shown.status == label.text()));
    let body = html! {
        nav class="crumbs" aria-label="You are here" { a href="/console/messages" { "Messages" } " / " (label.text()) }
        div class="title" {
            h1 { (label.text()) }
            p class="muted" { "What the customer and the team are told at this status" }
        }
        div class="chips" role="group" aria-label="Language" {
            @for one in Tongue::ALL {
                a class="chip" href={ "/console/messages/" (status) "?lang=" (one.tag()) } aria-current=[(one == tongue).then_some("page")] { (one.name()) }
            }
        }
        div class="halves" {
            (editor(visitor, status, tongue, own))
            (look(status, tongue, number, shown.as_ref()))
        }
    };
    let flash = Flash::of(params.get("flash"));
    Ok(Page { title: label.text(), here: Here::Messages, look: Look::Calm, visitor: Some(visitor), flash }.draw(&body))
}

fn editor(visitor: &Visitor, status: &str, tongue: Tongue, own: Option<&Wording>) -> Markup {
    html! {
        section class="card" aria-labelledby="words-title" {
            div class="card-head" {
                h2 id="words-title" { "Words of your own" }
                span class="muted" { @if own.is_some() { "in use" } @else { "none: the standard words are used" } }
            }
            @if may_set(visitor) {
                form class="words" method="post" action={ "/console/messages/" (status) } {
                    (token(visitor))
                    input type="hidden" name="version" value=(visitor.config.version);
                    input type="hidden" name="lang" value=(tongue.tag());
                    label for="subject" { "Subject" }
                    input id="subject" name="subject" maxlength="150" value=[own.map(|own| &own.subject)];
                    label for="text" { "Text" }
                    textarea id="text" name="text" rows="9" maxlength="5000" { @if let Some(own) = own { (own.text) } }
                    p class="hint" { "These stand for something of the order: " @for name in PLACEHOLDERS { code { (name) } " " } }
                    div class="row" {
                        button class="button primary" type="submit" { (icons::TICK.beside()) "Save" }
                        @if own.is_some() { button class="button" type="submit" name="ours" value="on" formnovalidate { "Back to the standard words" } }
                    }
                }
            } @else if let Some(own) = own {
                p { b { (own.subject) } }
                p class="pre" { (own.text) }
            }
        }
    }
}

fn look(status: &str, tongue: Tongue, number: Option<&str>, shown: Option<&Preview>) -> Markup {
    html! {
        section class="card" aria-labelledby="look-title" {
            div class="card-head" { h2 id="look-title" { "How it looks" } span class="muted" { "on a real order; nothing is sent" } }
            form class="inline" method="get" action={ "/console/messages/" (status) } {
                input type="hidden" name="lang" value=(tongue.tag());
                div class="field" { label for="order" { "Order number" } input id="order" name="order" value=[number]; }
                button class="button" type="submit" { (icons::GLASS.beside()) "Show" }
            }
            @match (shown, number) {
                (Some(shown), _) => {
                    @match &shown.email {
                        Some(mail) => { p { b { (mail.subject) } } p class="pre" { (mail.text) } },
                        None => p class="muted" { "No e-mail at this status." },
                    }
                    @match &shown.slack {
                        Some(text) => { p class="muted" { "Slack" } p class="pre" { (text) } },
                        None => p class="muted" { "No Slack post at this status." },
                    }
                },
                (None, Some(number)) => p class="muted" { "There is no order " (number) "." },
                (None, None) => {},
            }
        }
    }
}
