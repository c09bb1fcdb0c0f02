//! The chat: the same answers a customer gets. It works by posting the form; the script only makes it feel
//! like a conversation.

use super::order_href;
use crate::desk::Console;
use crate::failure;
use crate::form::{Fields, Posted};
use crate::format::emphasised;
use crate::icons;
use crate::layout::{Here, Look, Page, token};
use crate::visitor::Visitor;
use app::Error;
use app::answer::{Answer, Question};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::ask::{ChatWords, Lang, QUESTION_CHARS_MAX, emails, order_candidates};
use domain::ids::OrderId;
use http::{HeaderMap, header};
use maud::{Markup, html};
use serde::Serialize;
use std::sync::Arc;

/// What the conversation knows so far, so that nobody has to say it twice.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
struct Known {
    order_id: Option<String>,
    email: Option<String>,
}

impl Known {
    /// What stands in the question goes before what was said earlier.
    fn after(question: &str, fields: &Fields) -> Known {
        let earlier = |name: &str| fields.get(name).map(str::to_owned);
        Known {
            order_id: order_candidates(question).into_iter().next().or_else(|| earlier("order_id")),
            // Any of several may be the right one.
            email: Some(emails(question).join(" ")).filter(|emails| !emails.is_empty()).or_else(|| earlier("email")),
        }
    }
}

/// One turn of the conversation.
struct Turn {
    question: String,
    answer: Answer,
    known: Known,
}

/// `GET /console/ask`
pub async fn show(visitor: Visitor) -> Response {
    let page = draw(&visitor, None);
    page.into_response()
}

/// `POST /console/ask`: answers at once instead of sending the browser on, because a question holds an
/// address and must not stand in a URL. Asking changes nothing, so reloading is harmless.
pub async fn answer(State(console): State<Arc<Console>>, headers: HeaderMap, posted: Posted) -> Response {
    let json = headers.get(header::ACCEPT).is_some_and(|accept| accept == "application/json");
    match (turn(&console, &posted).await, json) {
        (Ok(turn), true) => axum::Json(Said::of(&turn)).into_response(),
        (Ok(turn), false) => draw(&posted.visitor, Some(&turn)).into_response(),
        (Err(error), true) => runtime::Problem::from(error).into_response(),
        (Err(error), false) => failure::page(Some(&posted.visitor), &posted.visitor.correlation, error),
    }
}

async fn turn(console: &Console, posted: &Posted) -> Result<Turn, Error> {
    let visitor = &posted.visitor;
    let question = posted.fields.get("question").unwrap_or_default().to_owned();
    let known = Known::after(&question, &posted.fields);
    // A number in the question itself is read by the rules; one from before only if there is none.
    let earlier = |value: &Option<String>, in_question: bool| if in_question { None } else { value.clone() };
    let asked = Question {
        order_id: earlier(&known.order_id, !order_candidates(&question).is_empty()),
        email: earlier(&known.email, !emails(&question).is_empty()),
        question: question.clone(),
        code: None,
    };
    let answer = console.ask.run(&visitor.identity, &visitor.identity.principal, &asked, &visitor.correlation).await?;
    // Of several numbers in a question, the one that was found is the one that is talked about.
    let order_id = answer.order_id.clone().or(known.order_id);
    Ok(Turn { question, answer, known: Known { order_id, ..known } })
}

/// A turn as the script gets it.
#[derive(Debug, Serialize)]
struct Said<'a> {
    reply: &'a str,
    link: Option<String>,
    status: Option<&'a str>,
    known: &'a Known,
    trace_id: &'a str,
}

impl Said<'_> {
    fn of(turn: &Turn) -> Said<'_> {
        Said {
            reply: &turn.answer.reply,
            link: link(&turn.answer),
            status: turn.answer.status.as_deref(),
            known: &turn.known,
            trace_id: &turn.answer.trace_id,
        }
    }
}

fn link(answer: &Answer) -> Option<String> {
    answer.order_id.as_deref().and_then(|id| OrderId::parse(id).ok()).map(|id| order_href(&id))
}

fn draw(visitor: &Visitor, turn: Option<&Turn>) -> Markup {
    let known = turn.map(|turn| turn.known.clone()).unwrap_or_default();
    let words = ChatWords::of(Lang::En);
    let body = html! {
        div class="chat-page" {
            div class="chat-head" {
                h1 { "Ask about an order" }
                p { (words.line) }
            }
            section class="card sheet chat" aria-label="Conversation" {
                div class="log" id="log" role="log" aria-live="polite" aria-label="Conversation" tabindex="0" {
                    (bubble("them", &html! { p { (words.greeting) } }))
                    @if let Some(turn) = turn {
                        (bubble("me", &html! { p { (turn.question) } }))
                        (bubble("them", &html! {
                            p { (emphasised(&turn.answer.reply)) }
                            @if let Some(href) = link(&turn.answer) { p { a href=(href) { "Open the order" } } }
                        }))
                    }
                }
                form class="composer" id="ask" method="post" action="/console/ask" data-ask {
                    (token(visitor))
                    input type="hidden" name="order_id" value=[known.order_id];
                    input type="hidden" name="email" value=[known.email];
                    label class="visually-hidden" for="question" { "Your question" }
                    textarea id="question" name="question" rows="1" required maxlength=(QUESTION_CHARS_MAX) autofocus
                        placeholder="Where is 1001? john@example.com" {}
                    button class="send" type="submit" { (icons::SEND.named("Send")) }
                }
            }
            p class="tip" {
                (icons::LOCK.beside())
                span { (words.tip) }
            }
        }
    };
    Page { title: "Ask about an order", here: Here::Ask, look: Look::Glass, visitor: Some(visitor), flash: None }.draw(&body)
}

fn bubble(class: &str, content: &Markup) -> Markup {
    html! {
        div class={ "bubble " (class) } {
            span class="visually-hidden" { (if class == "me" { "You:" } else { "OrderFlow:" }) }
            (content)
        }
    }
}
